//! The questions that a bump asks on a terminal.

use crate::cli::Context;
use crate::config::model::RuleName;
use crate::error::{Error, Hint, Kind};
use crate::image::Name;
use crate::ops::bump::{BumpRequest, DigestChoice, Digests, Scope, Shared};
use crate::ui::prompt::{self, Question, Ticked};

/// No image was named, and none could be asked for.
pub(super) fn no_word() -> Error {
    Error::new(Kind::Refused, "nothing-to-bump", "no image was named")
        .hint(Hint::Run("rakops bump IMAGE=VERSION".into()))
        .hint(Hint::Run("rakops images".into()))
}

/// Answers a refusal by asking, where it can be answered; gives it back otherwise.
pub(super) fn answer(context: &Context, error: Error, request: &mut BumpRequest) -> Result<(), Error> {
    let found = error.hints.iter().find_map(|hint| match hint {
        Hint::Found(names) => Some(names.clone()),
        _ => None,
    });
    match (error.code, found) {
        _ if !context.ui.can_prompt() => Err(error),
        ("image-ambiguous", Some(names)) => {
            let question = Question {
                text: &error.message,
                instead: error.hints.clone(),
            };
            let chosen = prompt::select(&context.ui, &question, &names)?.ok_or_else(prompt::cancelled)?;
            let name = Name::parse(&names[chosen])?;
            let short = names[chosen].rsplit('/').next().unwrap_or_default();
            match request.words.iter_mut().find(|word| word.name.last_segment() == short) {
                Some(word) => word.name = name,
                None => return Err(error),
            }
            Ok(())
        }
        ("several-environments", Some(names)) => {
            let question = Question {
                text: &error.message,
                instead: error.hints.clone(),
            };
            let chosen =
                prompt::multi_select(&context.ui, &question, &names, Ticked::None)?.ok_or_else(prompt::cancelled)?;
            if chosen.is_empty() {
                return Err(prompt::cancelled());
            }
            let names = chosen.into_iter().map(|index| names[index].clone()).collect();
            request.scope = Scope::Environments {
                names,
                shared: Shared::Keep,
            };
            Ok(())
        }
        ("half-version", _) => {
            let question = Question {
                text: &error.message,
                instead: error.hints.clone(),
            };
            let ways = ["take the digest away", "ask the registry for the digest", "stop"].map(str::to_owned);
            match prompt::select(&context.ui, &question, &ways)? {
                Some(0) => request.digest = DigestChoice::Drop,
                Some(1) if request.digests == Digests::AsPinned => request.digests = Digests::Asked,
                _ => return Err(prompt::cancelled()),
            }
            Ok(())
        }
        // A rule, which `-y` does not lift: whoever may be asked is asked about this one alone.
        ("downgrade" | "owned", _) => {
            let text = format!("{}; do it all the same?", error.message);
            let question = Question {
                text: &text,
                instead: error.hints.clone(),
            };
            let rule = match error.code {
                "owned" => RuleName::Owned,
                _ => RuleName::Downgrade,
            };
            match prompt::confirm(&context.ui, &question)? {
                Some(true) if request.allow.insert(rule) => Ok(()),
                _ => Err(prompt::cancelled()),
            }
        }
        _ => Err(error),
    }
}
