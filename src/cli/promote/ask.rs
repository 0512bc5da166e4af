//! What a promotion asks on a terminal: FROM and TO, what is carried, which rules are lifted, and whether it is meant.

use std::cell::RefCell;
use std::collections::BTreeSet;

use super::show::short;
use super::{Pair, PromoteArgs};
use crate::change::promotion::Picked;
use crate::change::set::ChangeSet;
use crate::cli::{Context, guide, look, rules};
use crate::config::model::{RuleName, StrategyName};
use crate::error::{Error, Hint, Kind};
use crate::image::Name;
use crate::ops::promote::{PromoteRequest, State};
use crate::strategy::hop::{Ask, Dependencies};
use crate::ui::prompt::{self, Question, Ticked};

/// What was answered so far. A promotion may be begun again, and nobody is asked twice.
#[derive(Default)]
pub(super) struct Answers {
    allow: RefCell<BTreeSet<RuleName>>,
    /// What is carried; none if that was not asked.
    carried: RefCell<Option<Carried>>,
    dependencies: RefCell<Option<Dependencies>>,
    /// In place of a name that fits several: what was typed, and what is meant.
    meant: RefCell<Vec<(String, Name)>>,
    /// Environments that it was agreed to promote to.
    agreed: RefCell<BTreeSet<String>>,
}

/// What is carried of what could be.
#[derive(Clone, Debug)]
enum Carried {
    Everything,
    Images(Vec<Name>),
    Changes(Vec<String>),
}

impl Answers {
    /// What is asked for, with the answers.
    pub(super) fn applied(&self, request: &PromoteRequest) -> PromoteRequest {
        let mut request = request.clone();
        self.apply(&mut request.ask);
        request
    }

    fn apply(&self, ask: &mut Ask) {
        ask.allow.extend(self.allow.borrow().iter().copied());
        match &*self.carried.borrow() {
            Some(Carried::Images(images)) => ask.images.clone_from(images),
            Some(Carried::Changes(changes)) => ask.changes.clone_from(changes),
            Some(Carried::Everything) | None => {}
        }
        if let Some(dependencies) = *self.dependencies.borrow() {
            ask.dependencies = dependencies;
        }
        for (typed, meant) in &*self.meant.borrow() {
            for image in ask.images.iter_mut().filter(|image| image.as_str() == typed) {
                *image = meant.clone();
            }
        }
    }

    /// Answers a refusal by asking.
    ///
    /// # Errors
    /// The refusal where it cannot be answered; [`Kind::Interrupted`] if it is not to be done.
    pub(super) fn answer(&self, context: &Context, refusal: Error) -> Result<(), Error> {
        if !context.ui.can_prompt() {
            return Err(refusal);
        }
        match refusal.code {
            "needs-changes" if self.dependencies.borrow().is_none() => {
                context.ui.show_refusal(&refusal);
                let question = Question {
                    text: "take that along?",
                    instead: refusal.hints,
                };
                if prompt::confirm(&context.ui, &question)? != Some(true) {
                    return Err(prompt::cancelled());
                }
                context.typed.switch("--with-dependencies");
                self.dependencies.replace(Some(Dependencies::Along));
            }
            "image-ambiguous" => {
                let (typed, meant) = guide::full_name(context, refusal)?;
                context.typed.instead(&typed, meant.as_str());
                self.meant.borrow_mut().push((typed, meant));
            }
            _ => {
                let again = Error {
                    kind: Kind::Refused,
                    ..refusal.clone()
                };
                let rule = rules::ask(context, refusal)?;
                // A rule that is lifted and refuses all the same is not to be asked about for ever.
                if !self.allow.borrow_mut().insert(rule) {
                    return Err(again);
                }
            }
        }
        Ok(())
    }

    /// Says whether to ask what is carried: nothing was named, and somebody is there to choose.
    pub(super) fn wants_choice(&self, context: &Context, args: &PromoteArgs) -> bool {
        let is_named = !args.images.is_empty() || !args.change.is_empty() || args.all || args.through.is_some();
        !is_named && !context.manner.dry_run && !context.ui.agrees() && self.carried.borrow().is_none()
    }

    /// Asks what is carried of a plan of everything.
    ///
    /// # Errors
    /// [`Kind::Interrupted`] if nothing is.
    pub(super) fn choose(&self, context: &Context, strategy: StrategyName, plans: &[&ChangeSet]) -> Result<(), Error> {
        let carried = match strategy {
            StrategyName::FanOut => changes(context, plans)?,
            StrategyName::Chain | StrategyName::Trunk => images(context, strategy, plans)?,
        };
        match &carried {
            None => {}
            Some(Carried::Everything) => context.typed.switch("--all"),
            Some(Carried::Images(images)) => images.iter().for_each(|it| context.typed.argument(it.as_str())),
            Some(Carried::Changes(ids)) => ids.iter().for_each(|id| context.typed.flag("--change", id)),
        }
        self.carried.replace(carried);
        Ok(())
    }

    /// Asks whether it is meant, once for every target.
    ///
    /// # Errors
    /// [`Kind::Interrupted`] if it is not.
    pub(super) fn agree(&self, context: &Context, (from, to): (&str, &str)) -> Result<(), Error> {
        if self.agreed.borrow().contains(to) {
            return Ok(());
        }
        match prompt::confirm_write(&context.ui, &format!("promote {from} to {to}?"))? {
            Some(true) => {
                self.agreed.borrow_mut().insert(to.to_owned());
                Ok(())
            }
            _ => Err(prompt::cancelled()),
        }
    }

    /// Whether it was agreed to already.
    pub(super) fn has_agreed(&self, to: &str) -> bool {
        self.agreed.borrow().contains(to)
    }
}

/// Asks which changes are carried, oldest first; none if there is no choice.
fn changes(context: &Context, plans: &[&ChangeSet]) -> Result<Option<Carried>, Error> {
    let promotions = plans.iter().filter_map(|plan| plan.facts.promotion.as_deref());
    let all = promotions.flat_map(|it| &it.changes);
    let mut ids: Vec<String> = Vec::new();
    let mut entries: Vec<String> = Vec::new();
    for it in all.filter(|it| it.picked != Picked::Left) {
        let id = short(&it.id).trim_start_matches('#').to_owned();
        if !ids.contains(&id) {
            entries.push(format!("{}  {} ({})", short(&it.id), it.title, it.author));
            ids.push(id);
        }
    }
    let chosen = some_of(context, ("which changes?", "--change ID"), &entries)?;
    Ok(chosen.map(|chosen| match chosen.len() == ids.len() {
        true => Carried::Everything,
        false => Carried::Changes(chosen.into_iter().map(|at| ids[at].clone()).collect()),
    }))
}

/// Asks which versions are carried; none if there is no choice.
fn images(context: &Context, strategy: StrategyName, plans: &[&ChangeSet]) -> Result<Option<Carried>, Error> {
    let mut found: Vec<(&str, Vec<String>)> = Vec::new();
    for site in plans.iter().flat_map(|plan| &plan.facts.sites) {
        let step = format!("{} -> {}", site.from.as_deref().unwrap_or("no version"), site.to);
        match found.iter_mut().find(|(image, _)| *image == site.image) {
            Some((_, steps)) if steps.contains(&step) => {}
            Some((_, steps)) => steps.push(step),
            None => found.push((&site.image, vec![step])),
        }
    }
    let last = |image: &str| image.rsplit('/').next().unwrap_or(image).to_owned();
    let names: Vec<String> = found
        .iter()
        .map(|(image, _)| {
            let is_twin = |(other, _): &&(&str, Vec<String>)| last(other) == last(image);
            match found.iter().filter(is_twin).count() {
                1 => last(image),
                _ => (*image).to_owned(),
            }
        })
        .collect();
    let width = names.iter().map(|name| name.chars().count()).max().unwrap_or_default();
    let rows = names.iter().zip(&found);
    let entries: Vec<String> = rows
        .map(|(name, (_, steps))| format!("{name:width$}  {}", steps.join(", ")))
        .collect();
    let Some(chosen) = some_of(context, ("which versions?", "IMAGE"), &entries)? else {
        return Ok(None);
    };
    if chosen.len() == names.len() {
        return Ok(Some(Carried::Everything));
    }
    // Some of the versions are another promotion than everything.
    if strategy == StrategyName::Chain {
        context
            .ui
            .talk("not all of them: versions are copied, and no branch is merged");
    }
    let images = chosen.into_iter().map(|at| Name::parse(&names[at]));
    Ok(Some(Carried::Images(images.collect::<Result<_, _>>()?)))
}

/// Asks which of several; none where there are no two to choose from.
fn some_of(context: &Context, (text, instead): (&str, &str), entries: &[String]) -> Result<Option<Vec<usize>>, Error> {
    if entries.len() < 2 {
        return Ok(None);
    }
    let question = Question {
        text,
        instead: vec![
            Hint::Flag(instead.into(), "names them".into()),
            Hint::Flag("--all".into(), "takes all of them".into()),
        ],
    };
    let chosen = prompt::multi_select(&context.ui, &question, entries, Ticked::All)?;
    match chosen.filter(|chosen| !chosen.is_empty()) {
        Some(chosen) => Ok(Some(chosen)),
        None => Err(prompt::cancelled()),
    }
}

/// Returns where a promotion comes from and goes to; asks for what is missing, where somebody can answer.
///
/// # Errors
/// [`Kind::Refused`] where an answer is needed and nobody can be asked; [`Kind::Usage`] for `--through` without a next hop.
pub(super) fn pair(context: &Context, args: &PromoteArgs) -> Result<Pair, Error> {
    let (from, at) = match &args.from {
        Some(typed) => state(typed)?,
        None => (choose(context, "promote from?", None)?, State::Now),
    };
    let to = match (&args.to, &args.through) {
        (Some(to), _) => to.clone(),
        (None, Some(_)) => next(context, &from)?,
        (None, None) => choose(context, "promote to?", Some(&from))?,
    };
    Ok(Pair { from, at, to })
}

/// Divides `FROM@REV`.
fn state(typed: &str) -> Result<(String, State), Error> {
    match typed.split_once('@') {
        None => Ok((typed.to_owned(), State::Now)),
        Some((from, "soaked")) => Ok((from.to_owned(), State::Soaked)),
        Some((from, revision)) if !revision.is_empty() => Ok((from.to_owned(), State::At(revision.to_owned()))),
        Some((from, _)) => {
            let message = format!("`{typed}` names no state of `{from}`");
            Err(Error::new(Kind::Usage, "usage", message).hint(Hint::Say(format!("{from}@REV, or {from}@soaked"))))
        }
    }
}

fn names(context: &Context) -> Result<Vec<String>, Error> {
    let environments = look::world(context)?.environments_by_name();
    Ok(environments.list.into_iter().map(|it| it.name).collect())
}

fn next(context: &Context, from: &str) -> Result<String, Error> {
    let names = names(context)?;
    let at = names.iter().position(|name| name == from);
    at.and_then(|at| names.get(at + 1)).cloned().ok_or_else(|| {
        let message = format!("no environment comes after `{from}`");
        Error::new(Kind::Usage, "usage", message).hint(Hint::Found(names.clone()))
    })
}

/// Asks for an environment; `after` is the one that it goes from.
fn choose(context: &Context, text: &str, after: Option<&String>) -> Result<String, Error> {
    if !context.ui.can_prompt() {
        return Err(
            Error::new(Kind::Refused, "nothing-to-promote", "a promotion needs FROM and TO")
                .hint(Hint::Run("rakops promote stg prd".into())),
        );
    }
    let chosen = guide::environment(context, text, after.map_or(&[], std::slice::from_ref))?;
    context.typed.argument(&chosen);
    Ok(chosen)
}
