//! Which question an argument is asked by, and what can be chosen.

use clap::Arg;
use clap::builder::PossibleValue;

use super::{Answer, Asking};
use crate::cli::{Context, look};
use crate::error::{Error, Hint};
use crate::image::Name;
use crate::manifest::overlay::{Target, Told, Which};
use crate::ops::images::{self, ImagesRequest};
use crate::ops::overlay::{Scope, Shared, get, list};
use crate::ops::{standing, yaml};
use crate::snapshot::{Snapshot, Walk};
use crate::ui::prompt::{self, Question};

/// The last entry of a list, for what is not in it.
const ANOTHER: &str = "another...";

/// Asks for an argument.
///
/// # Errors
/// [`crate::error::Kind::Interrupted`] if the person leaves; as reading what can be chosen.
pub(super) fn answer(asking: &Asking<'_>, arg: &Arg) -> Result<Answer, Error> {
    let text = text(asking.command, arg);
    let value = value_name(arg);
    let mut flag = None;
    let word = match value.as_str() {
        _ if !arg.get_possible_values().is_empty() => possible(asking, (&text, &arg.get_possible_values()))?,
        "FROM" | "ENV" => environment(asking.context, &text, &[])?,
        "TO" => {
            let from = asking.said("from").cloned();
            environment(asking.context, &text, from.as_slice())?
        }
        "IMAGE" => image(asking, &text)?,
        "KIND/NAME" => object(asking, &text)?,
        "PATH" if asking.said("file").is_some() => value_of_file(asking, &text)?.0,
        "PATH" => field(asking, &text)?,
        "PATH=VALUE" => assignment(asking, &text)?,
        "FILE" => file(asking, &text)?,
        "NAME=QUANTITY" => {
            let sides = ["limits: what it gets at most", "requests: what it gets at least"];
            let sides = sides.map(str::to_owned);
            let at = one_of(asking.context, ("limits or requests?", &[]), &sides)?;
            flag = Some(["--limits", "--requests"][at.min(1)]);
            typed_line(asking.context, (&text, &[]))?
        }
        _ => typed_line(asking.context, (&text, &[]))?,
    };
    Ok(Answer { word, flag })
}

/// The question: one clause, with a question mark.
fn text(command: &str, arg: &Arg) -> String {
    let known = match (command, arg.get_id().as_str()) {
        ("diff", "from") => "compare which environment?",
        ("diff", "to") => "with which one?",
        ("audit", "since") => "since when, such as 2026-10-01 or 30d?",
        ("ci init", "kind") => "what does the repository hold?",
        ("overlay new", "name") => "what is the new environment called?",
        ("overlay new", "from") => "which environment is it made from?",
        ("overlay replicas", "count") => "how many replicas?",
        ("overlay env-var", "variables" | "assignments" | "words") => "which variable, as KEY=VALUE?",
        ("overlay resources", "requests") => "how much, such as memory=1Gi?",
        ("overlay add" | "overlay remove", "what") => "which field of the kustomization?",
        ("pr comment", "key") => "which key tells the comment from others?",
        ("pr comment", "body") => "what does the comment say?",
        ("terraform gate", "root") => "which directory is applied?",
        (_, "file") => "which file?",
        _ => match value_name(arg).as_str() {
            "ENV" => "which environment?",
            "IMAGE" => "which image?",
            "KIND/NAME" => "which object?",
            "PATH" | "PATH=VALUE" => "which field?",
            "KEY=VALUE" => "which variable, as KEY=VALUE?",
            _ => "",
        },
    };
    match known {
        "" => format!("which {}?", value_name(arg).to_lowercase()),
        known => known.to_owned(),
    }
}

fn value_name(arg: &Arg) -> String {
    let names = arg.get_value_names().and_then(<[_]>::first);
    names.map_or_else(|| arg.get_id().to_string(), ToString::to_string)
}

/// Asks for one of some entries; returns its place.
///
/// # Errors
/// [`crate::error::Kind::Interrupted`] if the person leaves; [`crate::error::Kind::Refused`] if nobody can be asked.
pub(in crate::cli) fn one_of(
    context: &Context,
    (text, instead): (&str, &[Hint]),
    entries: &[String],
) -> Result<usize, Error> {
    let question = Question {
        text,
        instead: instead.to_vec(),
    };
    prompt::select(&context.ui, &question, entries)?.ok_or_else(prompt::cancelled)
}

/// Asks for a line of text.
///
/// # Errors
/// As [`one_of`].
pub(in crate::cli) fn typed_line(context: &Context, (text, instead): (&str, &[Hint])) -> Result<String, Error> {
    let question = Question {
        text,
        instead: instead.to_vec(),
    };
    prompt::input(&context.ui, &question)?.ok_or_else(prompt::cancelled)
}

/// Asks for an environment, in promotion order; what comes after `from` stands first, and `from` itself is left out.
///
/// # Errors
/// As [`one_of`]; as reading the configuration; [`crate::error::Kind::Config`] where no answer would do, as there is none.
pub(in crate::cli) fn environment(context: &Context, text: &str, from: &[String]) -> Result<String, Error> {
    let environments = look::world(context)?.environments_by_name();
    if environments.list.is_empty() {
        return Err(standing::no_environments());
    }
    let mut names: Vec<String> = environments.list.into_iter().map(|it| it.name).collect();
    if let Some(at) = names.iter().position(|name| from.contains(name)) {
        names.rotate_left(at);
        names.retain(|name| !from.contains(name));
    }
    chosen(context, text, names)
}

/// One of some names; where there is none, what is typed.
fn chosen(context: &Context, text: &str, mut names: Vec<String>) -> Result<String, Error> {
    match names.is_empty() {
        true => typed_line(context, (text, &[])),
        false => {
            let at = one_of(context, (text, &[]), &names)?;
            Ok(names.swap_remove(at))
        }
    }
}

/// Asks which image is meant by a name that fits several; returns what was typed, and the full name.
///
/// # Errors
/// The refusal where it does not say what there is, or nobody can be asked; as [`one_of`].
pub(in crate::cli) fn full_name(context: &Context, refusal: Error) -> Result<(String, Name), Error> {
    let found = refusal.hints.iter().find_map(|hint| match hint {
        Hint::Found(names) => Some(names.clone()),
        _ => None,
    });
    let typed = refusal.message.split('`').nth(1).map(str::to_owned);
    let (Some(names), Some(typed), true) = (found, typed, context.ui.can_prompt()) else {
        return Err(refusal);
    };
    let text = format!("{}; which one?", refusal.message);
    let at = one_of(context, (&text, &refusal.hints), &names)?;
    Ok((typed, Name::parse(&names[at])?))
}

fn possible(asking: &Asking<'_>, (text, values): (&str, &[PossibleValue])) -> Result<String, Error> {
    let values: Vec<&PossibleValue> = values.iter().filter(|value| !value.is_hide_set()).collect();
    let width = values
        .iter()
        .map(|value| value.get_name().len())
        .max()
        .unwrap_or_default();
    let entries: Vec<String> = values
        .iter()
        .map(|value| match value.get_help() {
            Some(help) => format!("{:width$}  {}", value.get_name(), lower(&help.to_string())),
            None => value.get_name().to_owned(),
        })
        .collect();
    let at = one_of(asking.context, (text, &[]), &entries)?;
    Ok(values[at].get_name().to_owned())
}

/// Help as one clause of a list.
fn lower(help: &str) -> String {
    let mut chars = help.chars();
    let first = chars.next();
    let rest = help.split(' ').next().unwrap_or_default().chars().skip(1);
    // `GNU`, `PowerShell` and the `Z` of a shell are names.
    let is_word = |first: &char| match rest.clone().count() {
        0 => *first == 'A',
        _ => rest.clone().all(|letter| !letter.is_uppercase()),
    };
    match first.filter(is_word) {
        Some(first) => first.to_lowercase().chain(chars).collect(),
        None => help.to_owned(),
    }
}

fn image(asking: &Asking<'_>, text: &str) -> Result<String, Error> {
    let world = look::world(asking.context)?;
    let found = images::find(&world, &ImagesRequest::default(), &|| {})?;
    let mut names: Vec<String> = found.rows.into_iter().map(|row| row.image).collect();
    names.sort();
    names.dedup();
    chosen(asking.context, text, names)
}

/// Which overlay is meant, as far as the words say it.
fn scope(asking: &Asking<'_>) -> Scope {
    Scope {
        environment: asking.said("environment").cloned().unwrap_or_default(),
        path: asking.said("path").cloned(),
        shared: Shared::Refused,
    }
}

fn object(asking: &Asking<'_>, text: &str) -> Result<String, Error> {
    let world = look::world(asking.context)?;
    chosen(asking.context, text, list::objects(&world, &scope(asking))?)
}

/// A field that the overlay sets, with what it says.
fn field(asking: &Asking<'_>, text: &str) -> Result<String, Error> {
    let typed = asking.said("what").or_else(|| asking.said("object"));
    let told = match typed.and_then(|typed| Target::parse(typed).ok()) {
        Some(target) => {
            let world = look::world(asking.context)?;
            get::get(&world, &scope(asking), (&target, &[]), Which::Own)?
        }
        None => Vec::new(),
    };
    // A version is set by `bump`: there is no field of it to take away.
    let is_version = |it: &&Told| asking.command == "overlay unset" && it.path.ends_with(".image");
    let told = told.iter().filter(|it| !is_version(it));
    with_another(asking, text, told.map(|it| (it.path.clone(), value(it))))
}

fn value(told: &Told) -> String {
    match told.is_secret {
        true => "(hidden)".to_owned(),
        false => told.value.text.lines().next().unwrap_or_default().to_owned(),
    }
}

/// One of some paths, each with what it says, or another.
fn with_another(
    asking: &Asking<'_>,
    text: &str,
    paths: impl Iterator<Item = (String, String)>,
) -> Result<String, Error> {
    let paths: Vec<(String, String)> = paths.collect();
    let width = paths
        .iter()
        .map(|(path, _)| path.chars().count())
        .max()
        .unwrap_or_default();
    let mut entries: Vec<String> = paths
        .iter()
        .map(|(path, value)| format!("{path:width$}  {value}").trim_end().to_owned())
        .collect();
    if !entries.is_empty() {
        entries.push(ANOTHER.to_owned());
        let at = one_of(asking.context, (text, &[]), &entries)?;
        if let Some((path, _)) = paths.get(at) {
            return Ok(path.clone());
        }
    }
    let path = typed_line(asking.context, ("the path of the field?", &[]))?;
    Ok(yaml::parse_path(&path)?.to_string())
}

/// Files of YAML below the directory.
fn file(asking: &Asking<'_>, text: &str) -> Result<String, Error> {
    let context = asking.context;
    let is_yaml = |path: &str| path.ends_with(".yaml") || path.ends_with(".yml");
    let walk = Walk {
        below: &[],
        wanted: &is_yaml,
        on_read: &|| {},
    };
    let snapshot = match context.place.repo {
        Some(_) => look::world(context)?.snapshot,
        None => Snapshot::of_work_tree(&context.place.resolve(&context.process).directory, Default::default),
    };
    let mut files = snapshot.list(&walk);
    files.retain(|path| is_yaml(path));
    chosen(context, text, files)
}

/// A value of a file of YAML, with what it says.
fn value_of_file(asking: &Asking<'_>, text: &str) -> Result<(String, String), Error> {
    let context = asking.context;
    let file = asking.said("file").cloned().unwrap_or_default();
    let tree = match (file.as_str(), &context.place.repo) {
        ("-", _) => None,
        (file, Some(_)) => Some(yaml::read_in(&look::world(context)?, file)?),
        (file, None) => Some(yaml::open(&context.place.resolve(&context.process).directory, file)?.tree),
    };
    // Of several documents the words do not tell which one a path is of.
    let values = tree.filter(|tree| tree.documents().len() == 1).map(|tree| {
        let leaf = |node: &_| tree.is_scalar(*node) && !tree.is_key(*node);
        let said = |node| {
            (
                tree.path_of(node).to_string(),
                tree.text(node).lines().next().unwrap_or_default().to_owned(),
            )
        };
        tree.nodes().filter(leaf).map(said).collect::<Vec<_>>()
    });
    let values = values.unwrap_or_default();
    let path = with_another(asking, text, values.iter().cloned())?;
    let now = values.into_iter().find(|(known, _)| *known == path);
    Ok((path, now.map(|(_, value)| value).unwrap_or_default()))
}

/// A value of a file, and what it is to be.
fn assignment(asking: &Asking<'_>, text: &str) -> Result<String, Error> {
    let (path, now) = value_of_file(asking, text)?;
    let shown = match now.as_str() {
        "" => String::new(),
        now => format!(" (now {now})"),
    };
    let value = typed_line(asking.context, (&format!("new value of {path}{shown}?"), &[]))?;
    Ok(format!("{path}={value}"))
}
