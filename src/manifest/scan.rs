//! Reads a repository: every kustomization, and every file that mentions what is looked for.
//!
//! Read, search for the names as bytes, parse only what mentions one, in parallel: most files are never parsed.

pub(crate) mod names;

use std::collections::BTreeSet;

use memchr::memmem::Finder;

use super::graph::Graph;
use super::kustomization::{FILE_NAMES, Kustomization, directory_of, in_directory, is_kustomization};
use super::locate::{self, Declared, Sought};
use super::site::Site;
use super::terraform::{self, is_terraform};
use crate::error::Error;
use crate::snapshot::{Snapshot, Walk, Walked};
use crate::yaml::{NodeKind, Tree, Why};

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
pub(crate) type Make<'m, T> = dyn Fn(&str, Tree, Vec<Site>) -> Option<T> + Sync + 'm;

struct Seen<T> {
    found: Option<T>,
    kustomization: Option<Kustomization>,
    blind: Option<(String, Error)>,
    skipped: Option<Skipped>,
}

/// Reads the repository and keeps what `make` makes of each file that has sites; it is called from several threads.
pub(crate) fn scan<T: Send>(snapshot: &Snapshot, query: &Query<'_>, make: &Make<'_, T>) -> Scan<T> {
    let reader = Reader::new(query, make);
    let walk = Walk {
        // A kustomization outside of the paths still says what an edit inside them reaches.
        below: &[],
        wanted: &|path| is_kustomization(path) || (may_be_yaml(path, query.declared) && lies_below(query.below, path)),
        on_read: query.on_read,
    };
    let walked = snapshot.walk(&walk, &|path, bytes| reader.look(path, bytes));
    let mut gathered = Gathered::default();
    gathered.take(walked, query.below);
    gathered.into_scan()
}

/// Where reading begins that stays near some environments.
pub(crate) struct Near<'a> {
    /// Directories and files to begin below.
    pub(crate) starts: &'a [String],
    /// Says which of the files below them belong to the environments.
    pub(crate) belongs: &'a (dyn Fn(&str) -> bool + Sync),
}

/// Reads some environments and what their builds read, and nothing else: one round for them, one more for each step away.
///
/// What else builds on the files outside of the environments' own directories is not known then.
pub(crate) fn scan_near<T: Send>(
    snapshot: &Snapshot,
    (query, near): (&Query<'_>, &Near<'_>),
    make: &Make<'_, T>,
) -> Scan<T> {
    let reader = Reader::new(query, make);
    let mut gathered = Gathered::default();
    let is_there = |path: &String| path.is_empty() || snapshot.has_directory(path) || snapshot.has_file(path);
    let starts: Vec<String> = near.starts.iter().filter(|path| is_there(path)).cloned().collect();
    let mut seen: BTreeSet<String> = BTreeSet::new();
    if !starts.is_empty() {
        let walk = Walk {
            below: &starts,
            wanted: &|path| (is_kustomization(path) || may_be_yaml(path, query.declared)) && (near.belongs)(path),
            on_read: query.on_read,
        };
        seen.extend(snapshot.list(&walk));
        gathered.take(
            snapshot.walk(&walk, &|path, bytes| reader.look(path, bytes)),
            query.below,
        );
    }
    let mut followed = 0;
    while followed < gathered.kustomizations.len() {
        let next: Vec<String> = gathered.kustomizations[followed..]
            .iter()
            .flat_map(|kustomization| named_by(snapshot, kustomization))
            .filter(|path| seen.insert(path.clone()))
            .collect();
        followed = gathered.kustomizations.len();
        if next.is_empty() {
            break;
        }
        let walk = Walk {
            below: &next,
            wanted: &|path| is_kustomization(path) || may_be_yaml(path, query.declared),
            on_read: query.on_read,
        };
        gathered.take(
            snapshot.walk(&walk, &|path, bytes| reader.look(path, bytes)),
            query.below,
        );
    }
    gathered.into_scan()
}

/// The files that a build of a kustomization reads, as far as it names them itself; of a directory, its kustomization.
fn named_by(snapshot: &Snapshot, kustomization: &Kustomization) -> Vec<String> {
    let mut files = Vec::new();
    for path in kustomization.builds.iter().chain(&kustomization.components) {
        match snapshot.has_directory(path) {
            true => {
                let inside = FILE_NAMES.iter().map(|name| in_directory(path, name));
                files.extend(inside.filter(|file| snapshot.has_file(file)));
            }
            false => files.push(path.clone()),
        }
    }
    files.extend(kustomization.patches.iter().chain(&kustomization.reads).cloned());
    files.retain(|file| snapshot.has_file(file));
    files
}

/// What is made of each file.
struct Reader<'q, T> {
    query: &'q Query<'q>,
    make: &'q Make<'q, T>,
    finders: Vec<Finder<'q>>,
}

impl<'q, T: Send> Reader<'q, T> {
    fn new(query: &'q Query<'q>, make: &'q Make<'q, T>) -> Reader<'q, T> {
        Reader {
            query,
            make,
            finders: query.mentions.iter().map(|name| Finder::new(*name)).collect(),
        }
    }

    fn look(&self, path: &str, bytes: &mut Vec<u8>) -> Option<Seen<T>> {
        let kustomization = is_kustomization(path);
        let inside = !kustomization || lies_below(self.query.below, path);
        let mentioned = inside
            && (self.finders.is_empty()
                || self.query.declared.names(path)
                // A file that was named by itself is read, whatever it holds.
                || self.query.below.iter().any(|named| named == path)
                || self.finders.iter().any(|finder| mentions(bytes, finder)));
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
        match terraform::parse(path, std::mem::take(bytes)) {
            Ok(tree) => {
                if kustomization {
                    seen.kustomization = Kustomization::of(path, &tree);
                }
                if mentioned && (has_yaml_name(path) || is_structured(&tree)) {
                    let sought = Sought {
                        declared: self.query.declared,
                        mentions: &self.finders,
                    };
                    let sites = locate::sites_of(path, &tree, sought);
                    if !sites.is_empty() {
                        seen.found = (self.make)(path, tree, sites);
                    }
                }
            }
            Err(refusal) => {
                let nature = match refusal.why {
                    Why::Nul | Why::NotUtf8 { .. } => Nature::Opaque,
                    _ if is_terraform(path) => Nature::Broken,
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
    }
}

/// What was read so far.
struct Gathered<T> {
    scan: Scan<T>,
    kustomizations: Vec<Kustomization>,
}

impl<T> Default for Gathered<T> {
    fn default() -> Gathered<T> {
        Gathered {
            scan: Scan {
                found: Vec::new(),
                graph: Graph::default(),
                blind: Vec::new(),
                skipped: Vec::new(),
                unreadable: Vec::new(),
            },
            kustomizations: Vec::new(),
        }
    }
}

impl<T> Gathered<T> {
    fn take(&mut self, walked: Walked<Seen<T>>, below: &[String]) {
        let unreadable = walked.unreadable.into_iter().filter(|(path, _)| concerns(below, path));
        self.scan.unreadable.extend(unreadable.map(|(_, error)| error));
        for (_, seen) in walked.found {
            self.scan.found.extend(seen.found);
            self.kustomizations.extend(seen.kustomization);
            self.scan.blind.extend(seen.blind);
            self.scan.skipped.extend(seen.skipped);
        }
    }

    fn into_scan(mut self) -> Scan<T> {
        let unread = self.scan.blind.iter().map(|(path, _)| directory_of(path).to_owned());
        self.scan.graph = Graph::new(self.kustomizations).knowing_of(unread.collect());
        self.scan
    }
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
    extension(path).is_none_or(|extension| matches!(extension, "yaml" | "yml" | "json"))
        || is_terraform(path)
        || declared.names(path)
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
