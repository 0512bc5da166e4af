//! `replicas`: how many of a workload run.

use super::open::Open;
use super::words::{already, check, missing, usage};
use super::{Request, Verb};
use crate::error::Error;
use crate::yaml::{New, Op, Text};

/// Plans counts to be set, or entries to go.
///
/// # Errors
/// `Kind::Usage` for words that are not `NAME=COUNT`, `Kind::NotFound` for a name without an entry.
pub(super) fn plan(open: &mut Open<'_>, request: &Request) -> Result<(), Error> {
    check(&request.words, "name")?;
    match request.verb {
        Verb::Remove => remove(open, &request.words, "replicas"),
        Verb::Add | Verb::Set => set(open, &request.words),
    }
}

fn set(open: &mut Open<'_>, words: &[String]) -> Result<(), Error> {
    let list = open.tree.get(open.root, "replicas");
    let items = open.items(list, "replicas")?;
    let mut wanted: Vec<(&str, &str)> = Vec::new();
    for word in words {
        let (name, count) = parse(word)?;
        if wanted.iter().any(|(other, _)| *other == name) {
            return Err(usage(
                format!("`{name}` is given two counts"),
                "give each name one count",
            ));
        }
        wanted.push((name, count));
    }
    let mut fresh = Vec::new();
    for (name, count) in wanted {
        let path = format!("replicas[name={name}].count");
        let own: Vec<_> = items
            .iter()
            .copied()
            .filter(|&it| open.text_in(it, "name") == name)
            .collect();
        if own.is_empty() {
            open.note(None, &path, (None, Some(count)));
            let name = ("name", New::Text(Text::Str(name)));
            fresh.push(New::Map(vec![name, ("count", New::Text(Text::Bare(count)))]));
        }
        for item in own {
            let there = open.in_map(item, "count");
            let from = there.map(|it| open.text(it).to_owned());
            if from.as_deref() == Some(count) {
                open.warn(already(format!("`{name}` has {count} replicas already")));
                continue;
            }
            open.note(there, &path, (from.as_deref(), Some(count)));
            open.set_text((item, "count"), Text::Bare(count))?;
        }
    }
    let root = open.root;
    open.add_items((root, "replicas"), fresh)
}

/// Takes `NAME=COUNT` apart.
fn parse(word: &str) -> Result<(&str, &str), Error> {
    let (name, count) = word.split_once('=').unwrap_or((word, ""));
    let number = count
        .parse::<u32>()
        .ok()
        .filter(|it| it.to_string() == count && *it <= i32::MAX as u32);
    match (name.is_empty(), number) {
        (false, Some(_)) => Ok((name, count)),
        _ => Err(usage(
            format!("`{word}` does not say how many replicas of what"),
            "type NAME=COUNT, such as `api=3`",
        )),
    }
}

/// Plans the entries of `images` or `replicas` with these names to go.
///
/// # Errors
/// `Kind::NotFound` for a name without an entry.
pub(super) fn remove(open: &mut Open<'_>, words: &[String], key: &'static str) -> Result<(), Error> {
    let list = open.field(key);
    let items = open.items(list, key)?;
    let mut gone = Vec::new();
    for word in words {
        let own: Vec<_> = items
            .iter()
            .copied()
            .filter(|&it| open.text_in(it, "name") == word)
            .collect();
        if own.is_empty() {
            let known: Vec<&str> = items.iter().map(|&it| open.text_in(it, "name")).collect();
            return Err(missing(
                format!("`{key}` of `{}` has no entry `{word}`", open.file),
                word,
                &known,
            ));
        }
        for &item in &own {
            let what = open.tree.written(item).to_owned();
            open.note(Some(item), &format!("{key}[name={word}]"), (Some(&what), None));
        }
        gone.extend(own);
    }
    match list {
        Some(list) => open.remove(list, &gone),
        None => gone.into_iter().try_for_each(|child| open.edit(Op::Remove { child })),
    }
}
