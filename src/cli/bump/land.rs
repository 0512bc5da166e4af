//! A bump that lands in git.

use std::cell::{Cell, RefCell};

use super::{BumpArgs, Rule, ask, choose, how_verified, open, request, show, tell_age};
use crate::cli::landing::{self, Asked, Lander, Usual};
use crate::cli::{Context, Outcome};
use crate::error::Error;
use crate::landing::Landed;
use crate::landing::pull_request::Unchecked;
use crate::ops::answers::Answers;
use crate::ops::bump::contested::{Asking, Contested};
use crate::ops::bump::{BumpRequest, Latest, Scope};
use crate::ops::land::{Ground, Protected, Whose, Work};

/// Lands the bump in git, on commits as they are on its branches.
pub(super) fn land(context: &Context, args: &BumpArgs) -> Result<Outcome, Error> {
    let request = RefCell::new(request(context, args)?);
    let is_chosen = request.borrow().words.is_empty() && request.borrow().latest == Latest::No;
    if is_chosen && !context.ui.can_prompt() {
        return Err(ask::no_word());
    }
    // It may be begun again, and nobody is asked twice.
    let is_agreed = Cell::new(!is_chosen || context.manner.dry_run || context.ui.agrees());
    let allow_protected = match args.allow.contains(&Rule::Protected) {
        true => Protected::Allowed,
        false => Protected::Refused,
    };
    let asked = Asked {
        usual: Usual::WorkTree,
        landing: &args.landing,
        token: &args.token,
        allow_protected,
        unchecked: match args.allow.contains(&Rule::JobToken) {
            true => Unchecked::Allowed,
            false => Unchecked::Refused,
        },
    };
    let landed = landing::land(context, &asked, &|ground, lander| {
        let say = |line: &str| context.ui.talk(line);
        let registries = open(context, args, (&ground.look, &request.borrow()), &say)?;
        let asking = Asking {
            answers: &Answers::new(&registries),
            verify: how_verified(args),
        };
        if request.borrow().words.is_empty() && is_chosen {
            let words = choose::words(context, (&ground.look, &request.borrow()), &registries)?;
            request.borrow_mut().words = words;
        }
        loop {
            let now = request.borrow().clone();
            let lands = match is_agreed.get() {
                true => Lands::Now,
                false => Lands::Shown,
            };
            match attempt(context, (&now, ground, asking), (lander, lands)) {
                Ok(planned) if lands == Lands::Shown => {
                    for one in &planned {
                        choose::confirm(context, &one.change_set)?;
                    }
                    is_agreed.set(true);
                }
                Ok(landed) => {
                    tell_age(context, asking.answers);
                    return Ok(landed);
                }
                Err(error) => ask::answer(context, error, &mut request.borrow_mut())?,
            }
        }
    })?;
    show::landed(context, &landed)?;
    Ok(if landed.iter().any(Landed::has_changed) {
        Outcome::Changed
    } else {
        Outcome::Done
    })
}

/// Whether something lands, or is only looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Lands {
    Now,
    Shown,
}

/// One landing of the request as it is now.
fn attempt(
    context: &Context,
    (request, ground, asking): (&BumpRequest, &Ground, Asking<'_>),
    (lander, lands): (&Lander<'_>, Lands),
) -> Result<Vec<Landed>, Error> {
    let step = context.ui.begin("landing", None);
    let source = lander.order.source.as_ref();
    let source = source.map(|source| (source, lander.ancestry()));
    let contested = Contested::new((request, ground), source, asking);
    let environments = match &request.scope {
        Scope::Environments { names, .. } => names.as_slice(),
        Scope::Unsaid | Scope::All => &[],
    };
    let work = Work {
        command: "bump",
        from: None,
        environments,
        whose: Whose::Own,
        subjects: Vec::new(),
        plan: &|world, target, side| contested.plan(world, (target, side), &|| step.advance(1)),
    };
    let landed = match lands {
        Lands::Now => lander.run(ground, &work),
        Lands::Shown => lander.preview(ground, &work),
    };
    step.done("read", "file");
    landed
}
