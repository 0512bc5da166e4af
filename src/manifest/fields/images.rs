//! `images`: what `kustomize edit set image` writes, in the entries that stand there.
//!
//! An entry becomes what the word says and no more: parts that the word leaves out are taken away, as kustomize does, and
//! that is warned of. `*` keeps a part.

use super::open::Open;
use super::replicas::remove;
use super::words::{already, check, usage};
use super::{Request, Verb};
use crate::error::{Error, Hint, Kind};
use crate::image::{is_digest, is_tag};
use crate::yaml::{AliasPolicy, New, NodeId, Op, Text};

/// The parts of an entry besides its name, with their keys; `*` keeps what is there, the empty text is no such part.
type Parts = [(&'static str, String); 3];

/// Plans entries to be set, or to go.
///
/// # Errors
/// `Kind::Usage` for words that are no images, `Kind::NotFound` for a name without an entry.
pub(super) fn plan(open: &mut Open<'_>, request: &Request) -> Result<(), Error> {
    check(&request.words, "image")?;
    if request.verb == Verb::Remove {
        return remove(open, &request.words, "images");
    }
    let mut wanted: Vec<(String, Parts)> = Vec::new();
    for word in &request.words {
        let (name, parts) = parse(word)?;
        if wanted.iter().any(|(other, _)| *other == name) {
            return Err(usage(
                format!("the image `{name}` is given twice"),
                "give each image one version",
            ));
        }
        wanted.push((name, parts));
    }
    let list = open.tree.get(open.root, "images");
    let items = open.items(list, "images")?;
    let mut fresh: Vec<(String, Parts)> = Vec::new();
    for (name, parts) in wanted {
        let own: Vec<NodeId> = items
            .iter()
            .copied()
            .filter(|&it| open.text_in(it, "name") == name)
            .collect();
        for &item in &own {
            change(open, item, (&name, &parts))?;
        }
        if own.is_empty() {
            let parts = parts.map(|(key, text)| (key, if text == "*" { String::new() } else { text }));
            for (key, text) in parts.iter().filter(|(_, text)| !text.is_empty()) {
                open.note(None, &format!("images[name={name}].{key}"), (None, Some(text)));
            }
            fresh.push((name, parts));
        }
    }
    let root = open.root;
    let items = fresh.iter().map(|(name, parts)| {
        let first = ("name", New::Text(Text::Str(name)));
        let parts = parts.iter().filter(|(_, text)| !text.is_empty());
        let rest = parts.map(|(key, text)| (*key, New::Text(Text::Str(text))));
        New::Map(std::iter::once(first).chain(rest).collect())
    });
    open.add_items((root, "images"), items.collect())
}

/// Makes one entry say what was asked for. A part that takes the place of another is written where that one stands.
fn change(open: &mut Open<'_>, item: NodeId, (name, parts): (&str, &Parts)) -> Result<(), Error> {
    let mut gone: Vec<(&'static str, NodeId, String)> = Vec::new();
    let mut added: Vec<(&'static str, &str)> = Vec::new();
    let mut same = true;
    for (key, text) in parts {
        let there = open.in_map(item, key);
        let from = there.map(|it| open.text(it).to_owned());
        match (there, &from, text.as_str()) {
            (_, _, "*") | (None, _, "") => {}
            (Some(at), Some(from), "") if !from.is_empty() => gone.push((key, at, from.clone())),
            (Some(at), Some(from), to) if from != to && !to.is_empty() => {
                same = false;
                open.note(Some(at), &format!("images[name={name}].{key}"), (Some(from), Some(to)));
                open.edit(Op::Set {
                    at,
                    to: Text::Str(to),
                    alias: AliasPolicy::Refuse,
                })?;
            }
            (Some(_), _, _) => {}
            (None, _, to) => added.push((key, to)),
        }
    }
    if same && gone.is_empty() && added.is_empty() {
        open.warn(already(format!("the entry of `{name}` says that already")).at(open.place(item)));
        return Ok(());
    }
    for (key, at, from) in gone {
        open.note(Some(at), &format!("images[name={name}].{key}"), (Some(&from), None));
        if key == "newName" {
            let message = format!("`newName: {from}` of `{name}` goes away: the word does not name it");
            let keep = parts.iter().find(|(key, text)| *key != "newName" && !text.is_empty());
            let sign = if keep.is_some_and(|(key, _)| *key == "digest") {
                '@'
            } else {
                ':'
            };
            let keep = keep.map_or(String::new(), |(_, text)| format!("{sign}{text}"));
            let warning = Error::new(Kind::Refused, "name-lost", message).at(open.place(at));
            open.warn(warning.hint(Hint::Say(format!("type `{name}=*{keep}` to keep it"))));
        }
        // a tag that a digest replaces, or the other way round, keeps its line and the comments of it
        let pair = |other: &str| matches!((key, other), ("newTag", "digest") | ("digest", "newTag"));
        match (added.iter().position(|(other, _)| pair(other)), open.tree.key_of(at)) {
            (Some(index), Some(own)) => {
                let (other, to) = added.remove(index);
                open.note(None, &format!("images[name={name}].{other}"), (None, Some(to)));
                open.edit(Op::Rename { key: own, to: other })?;
                open.edit(Op::Set {
                    at,
                    to: Text::Str(to),
                    alias: AliasPolicy::Refuse,
                })?;
            }
            _ => open.edit(Op::Remove { child: at })?,
        }
    }
    for (key, to) in added {
        open.note(None, &format!("images[name={name}].{key}"), (None, Some(to)));
        let map = open.tree.resolve(item);
        let after = (key == "newName").then(|| open.in_map(item, "name")).flatten();
        open.edit(Op::InsertKey {
            map,
            key,
            value: New::Text(Text::Str(to)),
            after,
        })?;
    }
    Ok(())
}

/// Takes `NAME[=NEWNAME][:TAG][@DIGEST]` apart.
///
/// Source: kustomize 5.5, `kustomize/commands/edit/set/setimage.go` and `api/internal/image/image.go`.
fn parse(word: &str) -> Result<(String, Parts), Error> {
    let (key, value) = match word.split_once('=') {
        Some((key, value)) => (Some(key), value),
        None => (None, word),
    };
    let (name, tag, digest) = split(value);
    let wrong = |message: String| {
        Err(usage(
            message,
            "type NAME=NEWNAME, NAME:TAG, NAME=NEWNAME:TAG, NAME@DIGEST or NAME:TAG@DIGEST; `*` keeps a part",
        ))
    };
    let named = |text: &str| !text.is_empty() && !text.contains(|c: char| c.is_whitespace() || c.is_control());
    let marked = value.contains('@') && digest.is_empty();
    let stands = match (key, tag.is_empty() && digest.is_empty()) {
        (Some(key), nothing) => named(key) && (named(name) || (name.is_empty() && !nothing)),
        (None, nothing) => named(name) && !nothing,
    };
    if !stands || name.contains('@') || name.contains('=') {
        return wrong(format!("`{word}` does not say what becomes of an image"));
    }
    if !(tag.is_empty() || tag == "*" || is_tag(tag)) {
        return wrong(format!("`{tag}` is no tag"));
    }
    if marked || !(digest.is_empty() || digest == "*" || is_digest(digest)) {
        return wrong(format!("`{digest}` is no digest"));
    }
    let (name, new_name) = match key {
        Some(key) => (key, name),
        None => (name, ""),
    };
    let parts = [
        ("newName", new_name.to_owned()),
        ("newTag", tag.to_owned()),
        ("digest", digest.to_owned()),
    ];
    Ok((name.to_owned(), parts))
}

/// Takes an image apart into name, tag and digest; a `:` before the first `/` belongs to the registry.
fn split(image: &str) -> (&str, &str, &str) {
    let (rest, digest) = image.split_once('@').unwrap_or((image, ""));
    let from = rest.find('/').filter(|&at| at > 0).unwrap_or(0);
    let colon = rest.get(from..).and_then(|it| it.find(':')).map(|at| at + from);
    match colon.and_then(|at| Some((rest.get(..at)?, rest.get(at + 1..)?))) {
        Some((name, tag)) => (name, tag, digest),
        None => (rest, "", digest),
    }
}
