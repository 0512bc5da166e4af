//! Places that were named one by one, as `FILE:PATH`: for a tag that has no repository beside it.

use super::{BumpRequest, DigestChoice};
use crate::change::set::{ChangeSet, FileChange, SiteChange, Unchanged};
use crate::error::{Error, Hint, Kind};
use crate::image::{BumpWord, Reference, Version};
use crate::ops::world::World;
use crate::ops::yaml::parse_path;
use crate::yaml::{self, DocSel, NodeId, Op, Path, Text, Tree};

struct Opened {
    file: String,
    tree: Tree,
    places: Vec<(NodeId, String)>,
}

/// Plans the edits of the places that were named.
///
/// # Errors
/// [`Kind::Usage`] if not exactly one image was named; [`Kind::NotFound`] for a place that is not there.
pub(super) fn plan(world: &World, request: &BumpRequest) -> Result<ChangeSet, Error> {
    let [word] = request.words.as_slice() else {
        return Err(Error::new(
            Kind::Usage,
            "one-image",
            "`--at` sets the version of exactly one image",
        ));
    };
    let mut files: Vec<Opened> = Vec::new();
    let mut change_set = ChangeSet::default();
    for place in &request.at {
        let (file, path) = divide(place)?;
        let file = world.snapshot.enter(&world.directory, file)?;
        let index = match files.iter().position(|opened| opened.file == file) {
            Some(index) => index,
            None => {
                let tree = yaml::parse(world.snapshot.read(&file)?, yaml::Limits::default())
                    .map_err(|refusal| refusal.into_error(&file))?;
                files.push(Opened {
                    file,
                    tree,
                    places: Vec::new(),
                });
                files.len() - 1
            }
        };
        let opened = &mut files[index];
        let node = opened
            .tree
            .find(DocSel::Only, &path)
            .map_err(|problem| problem.into_error(&opened.file))?;
        let old = opened.tree.text(opened.tree.resolve(node)).to_owned();
        let new = replaced(&old, word, request.digest)?;
        if new == old {
            change_set.facts.unchanged.push(Unchanged {
                image: word.name.to_string(),
                version: word.version.to_string(),
                sites: 1,
            });
            continue;
        }
        let (line, column) = opened.tree.pos(node);
        change_set.facts.sites.push(SiteChange {
            file: opened.file.clone(),
            line,
            column,
            image: word
                .rename
                .as_ref()
                .map_or_else(|| word.name.to_string(), ToString::to_string),
            from: Some(old).filter(|old| !old.is_empty()),
            to: word.version.to_string(),
            locator: "declared",
            environments: Vec::new(),
        });
        opened.places.push((node, new));
    }
    for Opened { file, tree, places } in files {
        let mut edits = Vec::new();
        for (node, text) in &places {
            let op = Op::Set {
                at: *node,
                to: Text::Str(text),
                alias: request.alias,
            };
            edits.push(tree.plan(op).map_err(|refusal| refusal.into_error(&file))?);
        }
        let verified = tree.apply(edits).map_err(|refusal| refusal.into_error(&file))?;
        if !verified.splices().is_empty() {
            change_set.files.push(FileChange::Edit {
                path: file,
                before: Box::new(tree),
                after: verified,
            });
        }
    }
    change_set.files.sort_by(|a, b| a.path().cmp(b.path()));
    Ok(change_set)
}

/// Divides `FILE:PATH` at the last `:` that a path can follow; a file's name may hold one.
fn divide(place: &str) -> Result<(&str, Path), Error> {
    place
        .split_once(':')
        .filter(|(file, path)| !file.is_empty() && !path.is_empty())
        .map_or_else(
            || {
                Err(Error::new(
                    Kind::Usage,
                    "not-a-place",
                    format!("`{place}` is not of the form FILE:PATH"),
                )
                .hint(Hint::Say("for example: charts/api/values.yaml:image.tag".into())))
            },
            |(file, path)| Ok((file, parse_path(path)?)),
        )
}

/// The new text of a scalar: its reference with another version, or the version alone.
fn replaced(old: &str, word: &BumpWord, digest: DigestChoice) -> Result<String, Error> {
    let had_digest = old.contains("@sha256:") || old.starts_with("sha256:");
    if had_digest && word.version.digest.is_none() && digest == DigestChoice::Refuse {
        return Err(Error::new(
            Kind::Refused,
            "half-version",
            format!(
                "the value there is pinned to a digest, and `{}` brings none",
                word.version
            ),
        )
        .hint(Hint::Flag("--drop-digest".into(), "pins to the tag alone".into())));
    }
    let version = &word.version;
    let is_reference = old.contains('/') || (old.contains(':') && !old.starts_with("sha256:"));
    match Reference::parse(old) {
        Ok(reference) if is_reference => {
            let name = word.rename.as_ref().unwrap_or(&reference.repository);
            Ok(match version {
                Version { tag: Some(_), .. } => format!("{name}:{version}"),
                _ => format!("{name}@{version}"),
            })
        }
        _ => Ok(version.to_string()),
    }
}
