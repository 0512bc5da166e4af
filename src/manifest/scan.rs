//! Reads a repository: every kustomization, and every file that mentions what is looked for.
//!
//! Read, search for the names as bytes, parse only what mentions one, in parallel: most files are never parsed.

use memchr::memmem::Finder;

use super::graph::Graph;
use super::kustomization::{Kustomization, is_kustomization};
use super::locate::{self, Declared};
use super::site::Site;
use crate::error::Error;
use crate::snapshot::{Snapshot, Walk};
use crate::yaml::{self, NodeKind, Tree, Why};

/// What is looked for.
pub(crate) struct Query<'a> {
    /// Files and directories to look below; the empty list means everything.
    pub(crate) below: &'a [String],
    /// Last segments of the images' names; the empty list means every image.
    pub(crate) mentions: &'a [&'a str],
    /// Paths from the configuration.
    pub(crate) declared: &'a Declared,
    /// Hears of every file that has been read; called from several threads.
    pub(crate) on_read: &'a (dyn Fn() + Sync),
}

/// What was found. Files are sorted by path.
pub(crate) struct Scan<T> {
    /// What the caller made of each file that mentions an image.
    pub(crate) found: Vec<T>,
    /// All kustomizations of the repository, outside of `below` too: they say what an edit reaches.
    pub(crate) graph: Graph,
    /// Kustomizations that could not be read: what they reach is not known.
    pub(crate) blind: Vec<(String, Error)>,
    /// Files that mention an image and could not be parsed.
    pub(crate) skipped: Vec<Skipped>,
    /// Files and directories that could not be read.
    pub(crate) unreadable: Vec<Error>,
}

/// A file that mentions an image and could not be parsed.
#[derive(Debug)]
pub(crate) struct Skipped {
    pub(crate) file: String,
    /// Where and why.
    pub(crate) error: Error,
    pub(crate) nature: Nature,
}

/// Why nobody need be surprised, or should be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Nature {
    /// Meant to be YAML.
    Broken,
    /// Holds `{{`, or lies among a chart's templates: not meant to be YAML yet.
    Template,
    /// Encrypted, or in another encoding, or not known to be YAML at all.
    Opaque,
}

/// What a caller makes of a file and its sites; nothing, if they are not what it looks for.
type Make<'m, T> = dyn Fn(&str, Tree, Vec<Site>) -> Option<T> + Sync + 'm;

struct Seen<T> {
    found: Option<T>,
    kustomization: Option<Kustomization>,
    blind: Option<(String, Error)>,
    skipped: Option<Skipped>,
}

/// Reads the repository and keeps what `make` makes of each file that has sites; it is called from several threads.
pub(crate) fn scan<T: Send>(snapshot: &Snapshot, query: &Query<'_>, make: &Make<'_, T>) -> Scan<T> {
    let finders: Vec<Finder<'_>> = query.mentions.iter().map(|name| Finder::new(*name)).collect();
    let walk = Walk {
        // A kustomization outside of the paths still says what an edit inside them reaches.
        below: &[],
        wanted: &|path| is_kustomization(path) || (may_be_yaml(path, query.declared) && lies_below(query.below, path)),
        on_read: query.on_read,
    };
    let look = |path: &str, bytes: &mut Vec<u8>| {
        let kustomization = is_kustomization(path);
        let inside = !kustomization || lies_below(query.below, path);
        let mentioned = inside
            && (finders.is_empty()
                || query.declared.names(path)
                // A file that was named by itself is read, whatever it holds.
                || query.below.iter().any(|named| named == path)
                || finders.iter().any(|finder| mentions(bytes, finder)));
        if bytes.is_empty() || !(mentioned || kustomization) {
            return None;
        }
        let template = memchr::memmem::find(bytes, b"{{").is_some();
        let mut seen = Seen {
            found: None,
            kustomization: None,
            blind: None,
            skipped: None,
        };
        match yaml::parse(std::mem::take(bytes), yaml::Limits::default()) {
            Ok(tree) => {
                if kustomization {
                    seen.kustomization = Kustomization::of(path, &tree);
                }
                if mentioned && (has_yaml_name(path) || is_structured(&tree)) {
                    let sites = locate::sites(path, &tree, query.declared);
                    if !sites.is_empty() {
                        seen.found = make(path, tree, sites);
                    }
                }
            }
            Err(refusal) => {
                let nature = match refusal.why {
                    Why::Nul | Why::NotUtf8 { .. } => Nature::Opaque,
                    _ if !has_yaml_name(path) => Nature::Opaque,
                    _ if template || path.split('/').any(|part| part == "templates") => Nature::Template,
                    _ => Nature::Broken,
                };
                let error = refusal.into_error(path);
                if kustomization {
                    seen.blind = Some((path.to_owned(), error.clone()));
                }
                if mentioned {
                    seen.skipped = Some(Skipped {
                        file: path.to_owned(),
                        error,
                        nature,
                    });
                }
            }
        }
        Some(seen)
    };
    let walked = snapshot.walk(&walk, &look);
    let mut scan = Scan {
        found: Vec::new(),
        graph: Graph::default(),
        blind: Vec::new(),
        skipped: Vec::new(),
        unreadable: walked
            .unreadable
            .into_iter()
            .filter(|(path, _)| concerns(query.below, path))
            .map(|(_, error)| error)
            .collect(),
    };
    let mut kustomizations = Vec::new();
    for (_, seen) in walked.found {
        scan.found.extend(seen.found);
        kustomizations.extend(seen.kustomization);
        scan.blind.extend(seen.blind);
        scan.skipped.extend(seen.skipped);
    }
    scan.graph = Graph::new(kustomizations);
    scan
}

/// Tells whether `bytes` hold the name as the last segment of a repository could stand there: not as a part of a longer
/// name, and not as a key. `app` is not mentioned by `app.kubernetes.io/name` or `app: web`.
fn mentions(bytes: &[u8], finder: &Finder<'_>) -> bool {
    let in_name = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-');
    finder.find_iter(bytes).any(|at| {
        let rest = &bytes[at + finder.needle().len()..];
        let is_longer = at.checked_sub(1).is_some_and(|before| in_name(bytes[before]));
        let goes_on = match rest {
            [b':', after, ..] => after.is_ascii_whitespace(),
            [b':'] => true,
            [b'.', after, ..] => in_name(*after),
            [next, ..] => in_name(*next) && *next != b'.',
            [] => false,
        };
        !is_longer && !goes_on
    })
}

/// Tells whether `path` is one of `below`, or lies in one of them.
pub(crate) fn lies_below(below: &[String], path: &str) -> bool {
    below.is_empty()
        || below.iter().any(|directory| {
            directory.is_empty()
                || path
                    .strip_prefix(directory.as_str())
                    .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        })
}

/// Tells whether a file or directory lies in `below`, or holds some of it.
fn concerns(below: &[String], path: &str) -> bool {
    lies_below(below, path) || below.iter().any(|inside| lies_below(&[path.to_owned()], inside))
}

fn extension(path: &str) -> Option<&str> {
    let name = path.rsplit('/').next().unwrap_or(path);
    name.rsplit_once('.').map(|(_, extension)| extension)
}

fn has_yaml_name(path: &str) -> bool {
    is_kustomization(path) || matches!(extension(path), Some("yaml" | "yml" | "json"))
}

/// Files of these names are read; those without an extension may turn out to be YAML.
fn may_be_yaml(path: &str, declared: &Declared) -> bool {
    extension(path).is_none_or(|extension| matches!(extension, "yaml" | "yml" | "json")) || declared.names(path)
}

/// A file whose name says nothing counts as YAML only if it holds a mapping or a sequence.
fn is_structured(tree: &Tree) -> bool {
    tree.documents()
        .first()
        .and_then(|document| document.root())
        .is_some_and(|root| matches!(tree.kind(root), NodeKind::Map | NodeKind::Seq))
}

#[cfg(test)]
mod tests {
    use memchr::memmem::Finder;

    use super::mentions;

    #[test]
    fn a_name_is_told_from_a_key_and_from_a_longer_name() {
        let app = Finder::new("app");
        for text in [
            "image: acme/app:1",
            "\"acme/app\"",
            "name: app",
            "app@sha256:0",
            "x: [app]",
            "acme/app\r\n",
            "see app.",
            "app",
        ] {
            assert!(mentions(text.as_bytes(), &app), "{text}");
        }
        for text in [
            "app: web",
            "app.kubernetes.io/name: x",
            "my-app",
            "apps/v1",
            "app:",
            "happy",
            "app_1",
            "app-x: 1",
        ] {
            assert!(!mentions(text.as_bytes(), &app), "{text}");
        }
    }
}
