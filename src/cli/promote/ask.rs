//! FROM and TO: as typed, or chosen on a terminal.

use super::{Pair, PromoteArgs};
use crate::cli::{Context, look};
use crate::error::{Error, Hint, Kind};
use crate::ops::promote::State;
use crate::ui::prompt::{self, Question};

/// Returns where a promotion comes from and goes to; asks for what is missing, where somebody can answer.
///
/// # Errors
/// [`Kind::Refused`] where an answer is needed and nobody can be asked; [`Kind::Usage`] for `--through` without a next hop.
pub(super) fn pair(context: &Context, args: &PromoteArgs) -> Result<Pair, Error> {
    let (from, at) = match &args.from {
        Some(typed) => state(typed)?,
        None => (choose(context, "promote from?", &[])?, State::Now),
    };
    let to = match (&args.to, &args.through) {
        (Some(to), _) => to.clone(),
        (None, Some(_)) => next(context, &from)?,
        (None, None) => choose(context, "promote to?", std::slice::from_ref(&from))?,
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

fn choose(context: &Context, text: &str, without: &[String]) -> Result<String, Error> {
    let missing = || {
        Error::new(Kind::Refused, "nothing-to-promote", "a promotion needs FROM and TO")
            .hint(Hint::Run("rakops promote stg prd".into()))
    };
    if !context.ui.can_prompt() {
        return Err(missing());
    }
    let mut names = names(context)?;
    names.retain(|name| !without.contains(name));
    if names.is_empty() {
        return Err(missing());
    }
    let question = Question {
        text,
        instead: vec![Hint::Run("rakops promote stg prd".into())],
    };
    let chosen = prompt::select(&context.ui, &question, &names)?.ok_or_else(prompt::cancelled)?;
    Ok(names.swap_remove(chosen))
}
