//! Copies an environment: its files under another name, and its name inside of them replaced where it names the environment.
//!
//! A name is replaced where it stands as a word of its own in a value: `namespace: stg`, `namePrefix: stg-`, `ENV=stg`. Host names,
//! addresses and images stay, because what they name is not made by copying; so do comments, and paths that lead elsewhere.
//! Start reading at [`copy`].

mod text;

#[cfg(test)]
mod tests;

pub(crate) use text::{names, renamed};

use crate::error::{Error, Kind, Place};
use crate::manifest::kustomization::{directory_of, is_kustomization, join};
use crate::yaml::{self, AliasPolicy, Edit, NodeId, NodeKind, Op, Text, Tree};

/// The two names.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Names<'n> {
    pub(crate) from: &'n str,
    pub(crate) to: &'n str,
}

/// A value that says the new name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Adjusted {
    /// From 1, in the file that is copied.
    pub(crate) line: u32,
    /// In characters, from 1.
    pub(crate) column: u32,
    pub(crate) path: String,
    pub(crate) from: String,
    pub(crate) to: String,
}

/// A file under another name.
#[derive(Clone, Debug, Default)]
pub(crate) struct Copied {
    pub(crate) bytes: Vec<u8>,
    pub(crate) adjusted: Vec<Adjusted>,
    /// Lines, from 1, on which the old name stands that was left alone, with what stands there where that may be told.
    pub(crate) left: Vec<(u32, Option<String>)>,
}

impl Copied {
    /// A file that stays as it is, and of which nothing is told but lines: it holds what is secret.
    pub(crate) fn as_it_is(bytes: Vec<u8>, names: Names<'_>) -> Copied {
        let mut copied = with_left(
            Copied {
                bytes,
                ..Copied::default()
            },
            names,
        );
        copied.left.iter_mut().for_each(|(_, text)| *text = None);
        copied
    }
}

/// Copies one file. `is_copied` tells whether a path is copied, too: then what refers to it follows.
///
/// # Errors
/// What the editor will not do; [`Kind::Refused`] for YAML that cannot be read.
pub(crate) fn copy(
    (file, bytes): (&str, Vec<u8>),
    names: Names<'_>,
    is_copied: &dyn Fn(&str) -> bool,
) -> Result<Copied, Error> {
    let name = file.rsplit('/').next().unwrap_or(file);
    let is_yaml = is_kustomization(file) || [".yaml", ".yml", ".json"].iter().any(|it| name.ends_with(it));
    let copied = match (is_yaml, std::str::from_utf8(&bytes)) {
        (true, Ok(_)) => return yaml(file, bytes, (names, is_copied)),
        (false, Ok(text)) if is_lines(name) => lines(text, names),
        (_, Ok(_)) => Copied {
            bytes,
            ..Copied::default()
        },
        (_, Err(_)) => {
            let message = format!("`{file}` is no text, and cannot be copied into a new environment");
            return Err(Error::new(Kind::Refused, "not-text", message).at(Place::file(file)));
        }
    };
    Ok(with_left(copied, names))
}

fn is_lines(name: &str) -> bool {
    name == "env"
        || [".env", ".properties", ".conf", ".ini", ".txt"]
            .iter()
            .any(|it| name.ends_with(it))
}

/// Finds where the old name still stands.
fn with_left(mut copied: Copied, names: Names<'_>) -> Copied {
    let text = String::from_utf8_lossy(&copied.bytes);
    let left = (1..)
        .zip(text.lines())
        .filter(|(_, line)| text::names(line, names.from));
    copied.left = left
        .map(|(number, line)| (number, Some(line.trim().to_owned())))
        .collect();
    copied
}

fn lines(text: &str, names: Names<'_>) -> Copied {
    let mut copied = Copied::default();
    let mut out = String::with_capacity(text.len());
    for (number, line) in (1..).zip(text.split_inclusive('\n')) {
        let value = line
            .split_once('=')
            .filter(|(key, _)| !key.trim_start().starts_with('#'));
        let Some((key, value)) = value else {
            out.push_str(line);
            continue;
        };
        let ending = &value[value.trim_end().len()..];
        let value = value.trim_end();
        let to = text::renamed(value, names);
        if let Some(to) = &to {
            copied.adjusted.push(Adjusted {
                line: number,
                column: 1,
                path: key.trim().to_owned(),
                from: value.to_owned(),
                to: to.clone(),
            });
        }
        out.push_str(&format!("{key}={}{ending}", to.as_deref().unwrap_or(value)));
    }
    copied.bytes = out.into_bytes();
    copied
}

fn yaml(file: &str, bytes: Vec<u8>, (names, is_copied): (Names<'_>, &dyn Fn(&str) -> bool)) -> Result<Copied, Error> {
    let tree = yaml::parse(bytes, yaml::Limits::default()).map_err(|refusal| refusal.into_error(file))?;
    let mut copied = Copied::default();
    let paths = is_kustomization(file).then(|| Paths {
        directory: directory_of(file),
        is_copied,
    });
    let mut edits: Vec<Edit> = Vec::new();
    let secret = secret_lines(&tree, is_kustomization(file));
    for node in tree.nodes().filter(|node| tree.is_scalar(*node) && !tree.is_key(*node)) {
        let (line, column) = tree.pos(node);
        if secret.contains(&line) {
            continue;
        }
        if tree.kind(node) == NodeKind::Literal && tree.text(node).contains('\n') {
            if let Some((edit, more)) = block(&tree, node, names) {
                edits.push(edit);
                copied.adjusted.extend(more);
            }
            continue;
        }
        let Some(to) = new_text(&tree, node, (names, paths.as_ref())) else {
            continue;
        };
        let op = Op::Set {
            at: node,
            to: Text::Str(&to),
            alias: AliasPolicy::Refuse,
        };
        // What the editor does not touch, such as a template, is left and told.
        let Ok(edit) = tree.plan(op) else { continue };
        edits.push(edit);
        copied.adjusted.push(Adjusted {
            line,
            column,
            path: tree.path_of(node).to_string(),
            from: tree.text(node).to_owned(),
            to,
        });
    }
    let verified = tree.apply(edits).map_err(|refusal| refusal.into_error(file))?;
    copied.bytes = verified.into_bytes();
    let copied = with_left(copied, names);
    Ok(Copied {
        left: copied
            .left
            .into_iter()
            .map(|(line, text)| (line, text.filter(|_| !secret.contains(&line))))
            .collect(),
        ..copied
    })
}

/// The lines, from 1, on which values of Secrets stand.
fn secret_lines(tree: &Tree, is_kustomization: bool) -> std::collections::BTreeSet<u32> {
    let mut lines = std::collections::BTreeSet::new();
    let mut take = |node: NodeId| {
        let (first, _) = tree.pos(node);
        let breaks = tree.written(node).matches('\n').count() as u32;
        lines.extend(first..=first + breaks);
    };
    for root in tree.documents().iter().filter_map(|it| it.root()) {
        if tree.kind(root) != NodeKind::Map {
            continue;
        }
        let is_secret = tree.get(root, "kind").is_some_and(|kind| tree.text(kind) == "Secret");
        let names: &[&str] = match (is_secret, is_kustomization) {
            (true, _) => &["data", "stringData"],
            (_, true) => &["secretGenerator"],
            _ => &[],
        };
        for value in names.iter().filter_map(|name| tree.get(root, name)) {
            // Names of a generator are no secret; its literals are.
            let is_told = |node: NodeId| is_kustomization && !tree.path_of(node).to_string().contains("literals");
            for node in tree.nodes().filter(|node| tree.is_scalar(*node) && !tree.is_key(*node)) {
                let span = tree.span(node);
                let outer = tree.span(value);
                if outer.start <= span.start && span.end <= outer.end && !is_told(node) {
                    take(node);
                }
            }
        }
    }
    lines
}

/// The values of YAML in a literal block, such as a patch.
fn block(tree: &Tree, node: NodeId, names: Names<'_>) -> Option<(Edit, Vec<Adjusted>)> {
    let inner = tree.inner(node).ok()?;
    let inside = inner.tree();
    let mut edits = Vec::new();
    let mut adjusted = Vec::new();
    for value in inside.nodes().filter(|it| inside.is_scalar(*it) && !inside.is_key(*it)) {
        let Some(to) = new_text(inside, value, (names, None)) else {
            continue;
        };
        let op = Op::Set {
            at: value,
            to: Text::Str(&to),
            alias: AliasPolicy::Refuse,
        };
        edits.push(inside.plan(op).ok()?);
        let (line, column) = inner.pos(tree, value);
        adjusted.push(Adjusted {
            line,
            column,
            path: format!("{} {}", tree.path_of(node), inside.path_of(value)),
            from: inside.text(value).to_owned(),
            to,
        });
    }
    if edits.is_empty() {
        return None;
    }
    Some((tree.plan_inner_edits(&inner, edits).ok()?, adjusted))
}

/// How paths of a kustomization are looked at.
struct Paths<'p> {
    directory: &'p str,
    is_copied: &'p dyn Fn(&str) -> bool,
}

/// What a scalar is to say instead; none if it stays.
fn new_text(tree: &Tree, node: NodeId, (names, paths): (Names<'_>, Option<&Paths<'_>>)) -> Option<String> {
    let text = tree.text(node);
    if !text::names(text, names.from) {
        return None;
    }
    let is_path = text.contains('/')
        || text
            .rsplit_once('.')
            .is_some_and(|(_, ending)| matches!(ending, "yaml" | "yml" | "json" | "env" | "properties"));
    match (paths, is_path) {
        // `files: [KEY=PATH]` names a path behind a key.
        (Some(paths), true) => {
            let (key, path) = match text.split_once('=') {
                Some((key, path)) => (format!("{key}="), path),
                None => (String::new(), text),
            };
            let target = join(paths.directory, path)?;
            (paths.is_copied)(&target).then(|| format!("{key}{}", text::replaced(path, names)))
        }
        (None, true) => None,
        (_, false) => text::renamed(text, names),
    }
}
