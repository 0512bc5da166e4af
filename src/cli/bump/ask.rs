//! The questions that a bump asks on a terminal.

use crate::cli::{Context, guide, rules};
use crate::error::{Error, Hint, Kind};
use crate::image::BumpWord;
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
    if !context.ui.can_prompt() {
        return Err(error);
    }
    match error.code {
        "image-ambiguous" => image(context, error, request),
        "several-environments" => environments(context, error, request),
        "half-version" => half(context, &error, request),
        _ => {
            let again = error.clone();
            match request.allow.insert(rules::ask(context, error)?) {
                true => Ok(()),
                false => Err(again),
            }
        }
    }
}

/// A short name fits several images.
fn image(context: &Context, error: Error, request: &mut BumpRequest) -> Result<(), Error> {
    let again = error.clone();
    let (typed, meant) = guide::full_name(context, error)?;
    let Some(word) = request.words.iter_mut().find(|word| word.name.as_str() == typed) else {
        return Err(again);
    };
    let said = context
        .typed
        .words()
        .into_iter()
        .filter_map(|said| said.into_string().ok());
    let same = |said: &String| *said == word.to_string() || BumpWord::parse(said).is_ok_and(|it| it == *word);
    let said = { said }.find(same);
    word.name = meant;
    if let Some(said) = said {
        context.typed.instead(&said, &word.to_string());
    }
    Ok(())
}

/// More environments would be reached than anybody named.
fn environments(context: &Context, error: Error, request: &mut BumpRequest) -> Result<(), Error> {
    let found = error.hints.iter().find_map(|hint| match hint {
        Hint::Found(names) => Some(names.clone()),
        _ => None,
    });
    let Some(names) = found else { return Err(error) };
    let text = format!("{}; in which ones?", error.message);
    let question = Question {
        text: &text,
        instead: error.hints,
    };
    let chosen = prompt::multi_select(&context.ui, &question, &names, Ticked::None)?.unwrap_or_default();
    if chosen.is_empty() {
        return Err(prompt::cancelled());
    }
    let names: Vec<String> = chosen.into_iter().map(|index| names[index].clone()).collect();
    names.iter().for_each(|name| context.typed.flag("--env", name));
    request.scope = Scope::Environments {
        names,
        shared: Shared::Keep,
    };
    Ok(())
}

/// A site has tag and digest, and the new version has no digest.
fn half(context: &Context, error: &Error, request: &mut BumpRequest) -> Result<(), Error> {
    let ways = ["ask the registry for the digest", "take the digest away", "stop"].map(str::to_owned);
    let text = format!("{}; what then?", error.message);
    match guide::one_of(context, (&text, &error.hints), &ways)? {
        0 if request.digests == Digests::AsPinned => {
            request.digests = Digests::Asked;
            context.typed.switch("--resolve-digest");
        }
        1 => {
            request.digest = DigestChoice::Drop;
            context.typed.switch("--drop-digest");
        }
        _ => return Err(prompt::cancelled()),
    }
    Ok(())
}
