//! `bump` with no words, on a terminal: images are chosen, then a version of each from the registry.

use super::ask::no_word;
use crate::change::render;
use crate::change::set::ChangeSet;
use crate::cli::Context;
use crate::error::{Error, Hint};
use crate::image::{BumpWord, Name, Policy, Repository, is_tag, newest_first};
use crate::manifest::order;
use crate::ops::bump::{BumpRequest, Scope};
use crate::ops::images::{self, ImagesRequest, Row};
use crate::ops::runs;
use crate::ops::world::World;
use crate::registry::{Freshness, Registries};
use crate::ui::prompt::{self, Question, Ticked};
use crate::ui::style;

/// The last entry of a list of versions.
const ANOTHER: &str = "another...";
/// How many versions are offered; older ones can be typed.
const OFFERED: usize = 200;

/// An image that can be chosen.
struct Choice {
    /// Full name, as written.
    image: String,
    /// Versions with the environments that run them, as the sites have them.
    runs: Vec<(String, Vec<String>)>,
}

/// Asks which images get which versions.
///
/// # Errors
/// [`crate::error::Kind::Refused`] where nobody can be asked; as reading the files.
pub(super) fn words(
    context: &Context,
    (world, request): (&World, &BumpRequest),
    registries: &Registries<'_>,
) -> Result<Vec<BumpWord>, Error> {
    if !context.ui.can_prompt() {
        return Err(no_word());
    }
    let environments = match &request.scope {
        Scope::Environments { names, .. } => names.clone(),
        Scope::Unsaid | Scope::All => Vec::new(),
    };
    let asked = ImagesRequest {
        paths: request.paths.clone(),
        environments,
        ..ImagesRequest::default()
    };
    let mut choices = choices(images::find(world, &asked, &|| {})?.rows);
    tell_what_runs(&mut choices, (world, &asked.environments))?;
    if choices.is_empty() {
        return Err(no_word());
    }
    let shown: Vec<String> = choices.iter().map(described).collect();
    let question = Question {
        text: "which images?",
        instead: instead(),
    };
    let chosen = prompt::multi_select(&context.ui, &question, &shown, Ticked::None)?.ok_or_else(prompt::cancelled)?;
    if chosen.is_empty() {
        return Err(prompt::cancelled());
    }
    let chosen = chosen.into_iter().map(|index| &choices[index]);
    let words = chosen.map(|choice| word(context, (world, choice), registries));
    let words = words.collect::<Result<Vec<BumpWord>, Error>>()?;
    words.iter().for_each(|word| context.typed.argument(&word.to_string()));
    Ok(words)
}

fn instead() -> Vec<Hint> {
    vec![Hint::Run("rakops bump IMAGE=VERSION".into())]
}

fn choices(rows: Vec<Row>) -> Vec<Choice> {
    let mut choices: Vec<Choice> = Vec::new();
    for row in rows {
        let version = match (&row.tag, &row.digest) {
            (Some(tag), _) => tag.clone(),
            (None, Some(digest)) => digest.clone(),
            (None, None) => "no version".to_owned(),
        };
        let index = match choices.iter().position(|known| known.image == row.image) {
            Some(index) => index,
            None => {
                choices.push(Choice {
                    image: row.image,
                    runs: Vec::new(),
                });
                choices.len() - 1
            }
        };
        let runs = &mut choices[index].runs;
        let at = match runs.iter().position(|(known, _)| *known == version) {
            Some(at) => at,
            None => {
                runs.push((version, Vec::new()));
                runs.len() - 1
            }
        };
        for environment in row.environments {
            if !runs[at].1.contains(&environment) {
                runs[at].1.push(environment);
            }
        }
    }
    choices.sort_by(|a, b| a.image.cmp(&b.image));
    choices
}

/// Puts the versions that take effect in place of those that merely stand somewhere.
fn tell_what_runs(choices: &mut [Choice], (world, wanted): (&World, &[String])) -> Result<(), Error> {
    let runs = runs::runs(world, &|| {})?;
    for choice in choices {
        let Ok(image) = Repository::parse(&choice.image) else {
            continue;
        };
        let mut effective: Vec<(String, Vec<String>)> = Vec::new();
        for run in runs
            .iter()
            .filter(|run| run.image.same_as(&image) && !run.version.is_none())
        {
            let is_wanted = |name: &&String| wanted.is_empty() || wanted.contains(name);
            let names: Vec<String> = run.environments.iter().filter(is_wanted).cloned().collect();
            let version = run.version.tag.clone().unwrap_or_else(|| run.version.to_string());
            if !names.is_empty() || wanted.is_empty() {
                effective.push((version, names));
            }
        }
        if !effective.is_empty() {
            choice.runs = effective;
        }
    }
    Ok(())
}

/// `ghcr.io/acme/api  1.4.1 (dev), 1.4.0 (stg, prd)`
fn described(choice: &Choice) -> String {
    let runs: Vec<String> = choice.runs.iter().map(|run| marked(&run.0, &run.1)).collect();
    format!("{}  {}", choice.image, runs.join(", "))
}

fn marked(version: &str, environments: &[String]) -> String {
    match environments {
        [] => version.to_owned(),
        names => format!("{version} ({})", names.join(", ")),
    }
}

/// A version to choose, marked if it runs.
fn offered(tag: &str, choice: &Choice) -> String {
    match choice.runs.iter().find(|(version, _)| version == tag) {
        None => tag.to_owned(),
        Some((_, environments)) if environments.is_empty() => format!("{tag} (in use)"),
        Some((_, environments)) => marked(tag, environments),
    }
}

fn word(context: &Context, (world, choice): (&World, &Choice), registries: &Registries<'_>) -> Result<BumpWord, Error> {
    let text = format!("which version of {}?", choice.image);
    let question = Question {
        text: &text,
        instead: instead(),
    };
    let name = Name::parse(&choice.image)?;
    let mut tags = match tags((world, choice), registries) {
        Ok(tags) => tags,
        Err(error) => {
            let line = format!("the versions of {} are not known: {}", choice.image, error.message);
            context.ui.talk(line);
            Vec::new()
        }
    };
    if !tags.is_empty() {
        // What runs is there to be seen, even if the policy or its age leaves it out.
        let running = choice.runs.iter().map(|(version, _)| version);
        let left_out: Vec<String> = running.filter(|it| is_tag(it) && !tags.contains(it)).cloned().collect();
        tags.extend(left_out);
        let mut entries: Vec<String> = tags.iter().map(|tag| offered(tag, choice)).collect();
        entries.push(ANOTHER.to_owned());
        let chosen = prompt::select(&context.ui, &question, &entries)?.ok_or_else(prompt::cancelled)?;
        if let Some(tag) = tags.get(chosen) {
            return Ok(BumpWord::parse(&format!("{name}={tag}"))?);
        }
    }
    let version = prompt::input(&context.ui, &question)?.ok_or_else(prompt::cancelled)?;
    Ok(BumpWord::parse(&format!("{name}={}", version.trim()))?)
}

/// The versions that count, newest first.
fn tags((world, choice): (&World, &Choice), registries: &Registries<'_>) -> Result<Vec<String>, Error> {
    let image = Repository::parse(&choice.image)?;
    let policy = order::policy(&world.loaded.config.images, &image)?;
    // Times are not asked for here: such tags stand in natural order.
    let policy = policy.filter(|policy| !policy.is_by_time());
    let mut tags = registries.tags(&image, Freshness::Recent)?.names;
    tags.retain(|tag| policy.as_ref().is_none_or(|policy: &Policy| policy.matches(tag)));
    tags.sort_unstable_by(|a, b| newest_first(policy.as_ref(), a, b));
    tags.truncate(OFFERED);
    Ok(tags)
}

/// Shows what was chosen, and asks whether it is meant.
///
/// # Errors
/// [`crate::error::Kind::Interrupted`] if it is not.
pub(super) fn confirm(context: &Context, change_set: &ChangeSet) -> Result<(), Error> {
    if context.manner.dry_run || change_set.is_empty() {
        return Ok(());
    }
    context.ui.styled(&style::diff(&render::unified(change_set)))?;
    match prompt::confirm_write(&context.ui, "make this change?")? {
        Some(true) => Ok(()),
        _ => Err(prompt::cancelled()),
    }
}
