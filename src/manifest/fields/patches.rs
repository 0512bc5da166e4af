//! `patches`.

use super::open::Open;
use super::words::{already, missing, usage};
use super::{PatchWords, Request, Target, Verb, glob};
use crate::error::{Error, Hint};
use crate::manifest::kustomization::join;
use crate::yaml::{self, New, NodeId, Text};

impl Target {
    /// Its keys as kustomize writes them, each with the flag for it.
    fn keys(&self) -> [(&'static str, &'static str, &str); 7] {
        [
            ("group", "--group", &self.group),
            ("version", "--version", &self.version),
            ("kind", "--kind", &self.kind),
            ("name", "--name", &self.name),
            ("namespace", "--namespace", &self.namespace),
            ("labelSelector", "--label-selector", &self.label_selector),
            ("annotationSelector", "--annotation-selector", &self.annotation_selector),
        ]
    }
}

/// Plans a patch to be added or removed; what is to be removed must be named with its whole target.
///
/// # Errors
/// `Kind::Usage` for words that name no patch, `Kind::NotFound` for files and entries that are not there.
pub(super) fn plan(open: &mut Open<'_>, request: &Request) -> Result<(), Error> {
    let words = &request.options.patch;
    if let Some(word) = request.words.first() {
        return Err(usage(
            format!("`{word}` is no part of a patch"),
            format!("type --path {word}, or --patch with the text of the patch"),
        ));
    }
    match (words.path.is_empty(), words.patch.is_empty(), request.verb) {
        (false, false, _) => Err(usage("`--path` and `--patch` are given both", "give one of them")),
        (true, true, Verb::Add) => Err(usage("no patch is given", "type --path FILE or --patch TEXT")),
        (true, true, _) if words.target == Target::default() => Err(usage(
            "nothing says which patch",
            "type --path FILE or --patch TEXT, and the target as it stands there",
        )),
        (_, _, Verb::Remove) => remove(open, words),
        (_, _, Verb::Add) => add(open, words),
        (_, _, Verb::Set) => Err(usage(
            "a patch is added or removed",
            "edit its file, or remove the entry and add another",
        )),
    }
}

/// Tells whether an entry is what the words say, no more and no less.
///
/// Source: kustomize 5.5, `api/types/patch.go`, `Equals`.
fn equals(open: &Open<'_>, item: NodeId, words: &PatchWords) -> bool {
    let target = open.in_map(item, "target");
    let said = |key| target.map_or("", |it| open.text_in(it, key));
    open.text_in(item, "path") == words.path
        && open.text_in(item, "patch") == words.patch
        && open.in_map(item, "options").is_none()
        && target.is_some_and(|it| !open.tree.is_null(it)) == (words.target != Target::default())
        && words.target.keys().iter().all(|(key, _, wanted)| said(key) == *wanted)
}

fn add(open: &mut Open<'_>, words: &PatchWords) -> Result<(), Error> {
    let items = open.items(open.field("patches"), "patches")?;
    if let Some(&there) = items.iter().find(|&&it| equals(open, it, words)) {
        let note = already("that patch is listed already").at(open.place(there));
        open.warn(note);
        return Ok(());
    }
    let mut entry: Vec<(&str, New<'_>)> = Vec::new();
    if words.patch.is_empty() {
        check_file(open, &words.path)?;
        entry.push(("path", New::Text(Text::Str(&words.path))));
    } else {
        yaml::parse(words.patch.clone().into_bytes(), yaml::Limits::default()).map_err(|refusal| {
            let error = refusal.into_error("--patch");
            usage(
                "the text of the patch is no YAML",
                "give a strategic merge patch or a list of JSON 6902 operations",
            )
            .because(error.message)
        })?;
        entry.push(("patch", New::Lines(&words.patch)));
    }
    let keys = words.target.keys();
    let target = keys
        .iter()
        .filter(|(_, _, it)| !it.is_empty())
        .map(|(key, _, it)| (*key, New::Text(Text::Str(it))));
    let target: Vec<(&str, New<'_>)> = target.collect();
    if !target.is_empty() {
        entry.push(("target", New::Map(target)));
    }
    let shown = if words.patch.is_empty() {
        &words.path
    } else {
        &words.patch
    };
    open.note(None, "patches", (None, Some(shown)));
    let root = open.root;
    open.add_items((root, "patches"), vec![New::Map(entry)])
}

fn check_file(open: &Open<'_>, path: &str) -> Result<(), Error> {
    if join(open.directory(), path).is_some_and(|it| open.sources.has_file(&it)) {
        return Ok(());
    }
    let folder = path
        .rsplit_once('/')
        .map_or("*".to_owned(), |(folder, _)| format!("{folder}/*"));
    let beside = glob::list(open.sources, open.directory(), &folder);
    let own = open.file.rsplit('/').next().unwrap_or(open.file);
    let beside: Vec<&str> = beside.iter().map(String::as_str).filter(|it| *it != own).collect();
    Err(missing(
        format!("there is no file `{path}` beside `{}`", open.file),
        path,
        &beside,
    ))
}

fn remove(open: &mut Open<'_>, words: &PatchWords) -> Result<(), Error> {
    let list = open.field("patches");
    let items = open.items(list, "patches")?;
    let gone: Vec<NodeId> = items.iter().copied().filter(|&it| equals(open, it, words)).collect();
    let (Some(list), false) = (list, gone.is_empty()) else {
        return Err(unlisted(open, &items, words));
    };
    for &item in &gone {
        let was = shown(open, item);
        open.note(Some(item), "patches", (Some(&was), None));
    }
    open.remove(list, &gone)
}

/// An entry as flags: what removes it.
fn shown(open: &Open<'_>, item: NodeId) -> String {
    let mut parts = Vec::new();
    match open.text_in(item, "path") {
        "" => parts.push("--patch TEXT".to_owned()),
        path => parts.push(format!("--path {path}")),
    }
    if let Some(target) = open.in_map(item, "target") {
        for (key, flag, _) in Target::default().keys() {
            let value = open.text_in(target, key);
            if !value.is_empty() {
                parts.push(format!("{flag} {value}"));
            }
        }
    }
    parts.join(" ")
}

fn unlisted(open: &Open<'_>, items: &[NodeId], words: &PatchWords) -> Error {
    let same_file = |it: &&NodeId| !words.path.is_empty() && open.text_in(**it, "path") == words.path;
    let near: Vec<String> = items.iter().filter(same_file).map(|&it| shown(open, it)).collect();
    let message = format!("`patches` of `{}` has no such entry", open.file);
    if near.is_empty() {
        let known: Vec<String> = items.iter().map(|&it| shown(open, it)).collect();
        let known: Vec<&str> = known.iter().map(String::as_str).collect();
        return missing(message, &format!("--path {}", words.path), &known);
    }
    missing(message, "", &[])
        .hint(Hint::Nearest(near))
        .hint(Hint::Say("the target must be named as it stands there".into()))
}
