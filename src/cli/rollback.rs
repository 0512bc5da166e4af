//! `rakops rollback`.

use std::cell::{Cell, RefCell};

use clap::Args;

use super::landing::{self, Asked, Lander, LandingArgs, TokenArgs, Usual};
use super::promote::show;
use super::rules::{self, Lifted};
use super::{Context, Outcome, ci, guide};
use crate::change::set::ChangeSet;
use crate::error::{Error, Hint};
use crate::image::Name;
use crate::landing::Landed;
use crate::ops::land::Ground;
use crate::ops::rollback::{self, Far, RollbackRequest, Step, What};
use crate::ops::standing::Tips;
use crate::ui::prompt;

/// Go back to what an environment ran before
///
/// Takes back the last landing that changed a version there, with the settings that came along. A second rollback goes back
/// one landing more. A pull request is opened unless another landing is named.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  rakops rollback prd                   the last landing that changed a version
  rakops rollback prd api               the last one that changed this image's
  rakops rollback prd --steps 2         the last two
  rakops rollback prd --to 1f3c9ab      to what it ran at this commit
  rakops rollback prd -n                only show it")]
pub(super) struct RollbackArgs {
    /// The environment
    #[arg(value_name = "ENV")]
    environment: String,

    /// Take back versions of these images only
    #[arg(value_name = "IMAGE")]
    images: Vec<String>,

    /// Take back so many landings (1 if absent; on a terminal, asked for)
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..), conflicts_with = "to")]
    steps: Option<u16>,

    /// Go back to what was there at this commit of the environment's branch
    #[arg(long, value_name = "REV")]
    to: Option<String>,

    /// Take back versions, and leave the settings that came with them
    #[arg(long)]
    versions_only: bool,

    /// Read the branches that are here, and fetch nothing
    #[arg(long)]
    local: bool,

    /// Lift these rules
    #[arg(long, value_name = "RULE", value_parser = rules::parser(), value_delimiter = ',')]
    allow: Vec<Lifted>,

    #[command(flatten)]
    landing: LandingArgs,

    #[command(flatten)]
    token: TokenArgs,
}

pub(super) fn run(context: &Context, args: &RollbackArgs) -> Result<Outcome, Error> {
    let images = args.images.iter().map(|name| Name::parse(name));
    let request = RefCell::new(RollbackRequest {
        environment: args.environment.clone(),
        images: images.collect::<Result<Vec<Name>, _>>()?,
        far: match &args.to {
            Some(revision) => Far::To(revision.clone()),
            None => Far::Steps(args.steps.map_or(1, usize::from)),
        },
        what: if args.versions_only {
            What::Versions
        } else {
            What::Whole
        },
        tips: if args.local { Tips::Local } else { Tips::Remote },
    });
    let asked = Asked {
        usual: Usual::PullRequest,
        landing: &args.landing,
        token: &args.token,
        allow_protected: rules::protected(&args.allow),
        unchecked: rules::unchecked(&args.allow),
    };
    // It may be begun again, and nobody is asked twice.
    let is_open = Cell::new(args.to.is_none() && args.steps.is_none());
    let is_agreed = Cell::new(context.manner.dry_run || context.ui.agrees());
    let landed = landing::land(context, &asked, &|ground, lander| {
        if is_open.take() && !is_agreed.get() {
            let far = choose(context, (ground, lander), &request.borrow())?;
            request.borrow_mut().far = far;
        }
        let request = request.borrow().clone();
        let step = context.ui.begin("reading history", None);
        let look = rollback::look(ground, &lander.order, &request)?;
        // A bar must be gone before a question is asked.
        step.ended(&format!("read the history of {}", request.environment));
        for step in &look.steps {
            context
                .ui
                .talk(format!("takes back {} {}", step.commit.short(), step.title));
        }
        if !is_agreed.get() {
            let planned = rollback::run(ground, (&look, &request), &|work| lander.preview(ground, work))?;
            let plans: Vec<&ChangeSet> = planned.iter().map(|one| &one.change_set).collect();
            show::story(context, (&plans, show::Sites::Told));
            let question = format!("roll {} back?", args.environment);
            if prompt::confirm_write(&context.ui, &question)? != Some(true) {
                return Err(prompt::cancelled());
            }
            is_agreed.set(true);
        }
        rollback::run(ground, (&look, &request), &|work| lander.run(ground, work))
    })?;
    let plans: Vec<&ChangeSet> = landed.iter().map(|one| &one.change_set).collect();
    ci::outputs::tell(context, &plans, &landed)?;
    show::plans(context, &plans, &landed)?;
    landing::say(context, &landed)?;
    Ok(if landed.iter().any(Landed::has_changed) {
        Outcome::Changed
    } else {
        Outcome::Done
    })
}

/// So many landings are offered.
const OFFERED: usize = 20;

/// Asks how far back it goes: to before which landing.
///
/// # Errors
/// [`crate::error::Kind::Interrupted`] if the person leaves.
fn choose(
    context: &Context,
    (ground, lander): (&Ground, &Lander<'_>),
    request: &RollbackRequest,
) -> Result<Far, Error> {
    let mut wide = request.clone();
    wide.far = Far::Steps(OFFERED);
    let steps = match rollback::look(ground, &lander.order, &wide) {
        Ok(look) => look.steps,
        // Older landings are not to stop a step that goes back to before the last.
        Err(_) => return Ok(request.far.clone()),
    };
    if steps.len() < 2 {
        return Ok(request.far.clone());
    }
    let entries: Vec<String> = steps.iter().map(described).collect();
    let text = format!("go back to before which landing on {}?", request.environment);
    let instead = [
        Hint::Flag("--steps N".into(), "takes back so many".into()),
        Hint::Flag("--to REV".into(), "goes back to a commit".into()),
    ];
    let count = guide::one_of(context, (&text, &instead), &entries)? + 1;
    context.typed.flag("--steps", &count.to_string());
    Ok(Far::Steps(count))
}

/// `3c1e4f5a6b  Bump api to 1.4.2  (api 1.4.1, web 2.0.0)`: a landing, and what ran before it.
fn described(step: &Step) -> String {
    let mut before: Vec<String> = Vec::new();
    for it in &step.moves {
        let full = it.site.image.to_string();
        let name = full.rsplit('/').next().unwrap_or(&full);
        let said = match it.before.is_none() {
            true => format!("{name} without a version"),
            false => format!("{name} {}", it.before),
        };
        if !before.contains(&said) {
            before.push(said);
        }
    }
    let before = match before.is_empty() {
        true => String::new(),
        false => format!("  (before: {})", before.join(", ")),
    };
    format!("{}  {}{before}", step.commit.short(), step.title)
}
