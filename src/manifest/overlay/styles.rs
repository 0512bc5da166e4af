//! How patches are called, where they stand, and how a kustomization names them: as the others here do.

use super::fresh_patch::{kustomization_in, name_below};
use super::{Ask, Draft};
use crate::manifest::kustomization::{in_directory, join};
use crate::manifest::rendered::Object;
use crate::yaml::{self, DocSel, NodeId, NodeKind, Step, Tree};

/// Where a patch stands, and the list that names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// In a file that `patches:` names.
    File,
    /// In a file that `patchesStrategicMerge:` names.
    OlderFile,
    /// In the kustomization itself, in `patches:`.
    Inline,
}

/// A patch that is there: how it is called, and for what.
struct Known {
    /// Relative to its kustomization, as it would be called in this overlay.
    path: String,
    kind: String,
    name: String,
}

/// How patches are written here.
pub(super) struct Styles {
    pub(super) form: Form,
    /// The overlay's own first, then those of the others.
    known: Vec<Known>,
    pub(super) starts_with_dashes: bool,
    /// Whether patches in the kustomization say their target, too.
    pub(super) says_target: bool,
}

impl Styles {
    /// Looks at the patches of the overlay; where it has none, those of the others count.
    pub(super) fn of(draft: &Draft<'_>, ask: &Ask<'_>) -> Styles {
        let mut styles = Styles {
            form: Form::File,
            known: Vec::new(),
            starts_with_dashes: false,
            says_target: false,
        };
        let mut ways: Vec<Registered> = Vec::new();
        let mut dashes = (0usize, 0usize);
        let mut is_told = false;
        let sources = draft.sources();
        for directory in std::iter::once(ask.directory).chain(ask.peers.iter().map(String::as_str)) {
            let Some(tree) = kustomization_in(sources, directory).and_then(|file| sources.tree(&file).ok()) else {
                continue;
            };
            let found = registered(&tree);
            for path in found.iter().filter_map(|it| it.path.as_ref()) {
                let Some(patch) = join(directory, path).and_then(|file| sources.tree(&file).ok()) else {
                    continue;
                };
                match patch.source().starts_with("---") {
                    true => dashes.1 += 1,
                    false => dashes.0 += 1,
                }
                styles
                    .known
                    .extend(known(&patch, path_here(path, (directory, ask.directory))));
            }
            if !is_told {
                ways.extend(found);
            }
            // What the overlay itself does is enough.
            is_told = is_told || (directory == ask.directory && !ways.is_empty());
        }
        styles.starts_with_dashes = dashes.1 > dashes.0;
        let count = |form: Form| ways.iter().filter(|it| it.form == form).count();
        // Of as many of each the one that is not deprecated, in a file.
        for form in [Form::Inline, Form::OlderFile, Form::File] {
            if count(form) >= count(styles.form) {
                styles.form = form;
            }
        }
        styles.says_target = ways.iter().any(|it| it.says_target);
        styles
    }

    /// The path of the new patch, relative to the kustomization; and those that it would have if no file had them yet.
    pub(super) fn path_for(&self, draft: &Draft<'_>, (ask, object): (&Ask<'_>, &Object)) -> (String, Vec<String>) {
        let name = name_below(object);
        let kind = object.id.kind.to_lowercase();
        let is_free = |path: &String| !draft.sources().has_file(&in_directory(ask.directory, path));
        // Where another environment has a patch for the same object, this one is called the same.
        let same = self
            .known
            .iter()
            .find(|it| it.kind == object.id.kind && it.name == name);
        let same = same.map(|it| it.path.clone());
        let same = same.filter(|path| !path.contains("..") && !path.ends_with(".json"));
        let mut taken = Vec::new();
        match same {
            Some(path) if is_free(&path) => return (path, taken),
            Some(path) => taken.push(path),
            None => {}
        }
        let pattern = self.pattern().unwrap_or_else(|| {
            let directory = self.known.first().and_then(|it| it.path.rsplit_once('/'));
            let directory = directory
                .map(|(directory, _)| directory)
                .filter(|it| !it.contains(".."));
            in_directory(directory.unwrap_or_default(), "{name}-{kind}-patch.yaml")
        });
        let path = pattern.replace("{name}", &name).replace("{kind}", &kind);
        let (stem, ending) = path.rsplit_once('.').unwrap_or((path.as_str(), "yaml"));
        let numbered = (2..100).map(|number| format!("{stem}-{number}.{ending}"));
        for candidate in std::iter::once(path.clone()).chain(numbered) {
            if is_free(&candidate) {
                return (candidate, taken);
            }
            taken.push(candidate);
        }
        (path, taken)
    }

    /// What most patches are called, with the names of their objects taken out: the overlay's own count first.
    fn pattern(&self) -> Option<String> {
        let mut patterns: Vec<(String, usize)> = Vec::new();
        for pattern in self.known.iter().filter_map(Known::pattern) {
            match patterns.iter_mut().find(|(it, _)| *it == pattern) {
                Some((_, count)) => *count += 1,
                None => patterns.push((pattern, 1)),
            }
        }
        let best = patterns.iter().rev().max_by_key(|(_, count)| *count);
        best.map(|(pattern, _)| pattern.clone())
    }
}

/// A path of another overlay, with that overlay's own name replaced by this one's.
fn path_here(path: &str, (theirs, ours): (&str, &str)) -> String {
    let last = |directory: &str| directory.rsplit('/').next().unwrap_or_default().to_owned();
    let (theirs, ours) = (last(theirs), last(ours));
    match theirs.is_empty() || ours.is_empty() {
        true => path.to_owned(),
        false => replace_word(path, &theirs, &ours).unwrap_or_else(|| path.to_owned()),
    }
}

impl Known {
    /// The path with the name of its object taken out: `patches/{name}-{kind}.yaml`; none if it has no name in it.
    fn pattern(&self) -> Option<String> {
        if self.path.contains("..") {
            return None;
        }
        let (directory, file) = self.path.rsplit_once('/').unwrap_or(("", &self.path));
        let (stem, ending) = file
            .rsplit_once('.')
            .filter(|(_, ending)| matches!(*ending, "yaml" | "yml"))?;
        let stem = replace_word(stem, &self.name, "{name}")?;
        let kind = self.kind.to_lowercase();
        let stem = replace_word(&stem, &kind, "{kind}").unwrap_or(stem);
        Some(in_directory(directory, &format!("{stem}.{ending}")))
    }
}

/// Replaces a word that stands by itself between other characters than letters and digits.
fn replace_word(text: &str, word: &str, by: &str) -> Option<String> {
    let at = text.find(word)?;
    let (before, behind) = (&text[..at], &text[at + word.len()..]);
    let is_free = |c: Option<char>| c.is_none_or(|c| !c.is_alphanumeric());
    (is_free(before.chars().next_back()) && is_free(behind.chars().next())).then(|| format!("{before}{by}{behind}"))
}

/// How a kustomization names a strategic merge patch.
struct Registered {
    form: Form,
    /// None for a patch in the kustomization itself.
    path: Option<String>,
    says_target: bool,
}

fn registered(tree: &Tree) -> Vec<Registered> {
    let list = |name: &str| {
        let path = yaml::Path::default().join(Step::Key(name.to_owned()));
        let seq = tree.find(DocSel::Only, &path).ok();
        let seq = seq.filter(|seq| tree.kind(*seq) == NodeKind::Seq);
        seq.map(|seq| tree.items(seq).collect::<Vec<NodeId>>())
            .unwrap_or_default()
    };
    let of_file = |node: NodeId, form: Form| {
        let text = tree.text(tree.resolve(node));
        (!text.contains('\n')).then(|| Registered {
            form,
            path: Some(text.to_owned()),
            says_target: false,
        })
    };
    let mut found = Vec::new();
    for item in list("patches")
        .into_iter()
        .filter(|item| tree.kind(*item) == NodeKind::Map)
    {
        if let Some(path) = tree.get(item, "path") {
            found.extend(of_file(path, Form::File));
        }
        // A list of operations is another thing.
        let is_merge = |text: &str| !text.trim_start().starts_with(['-', '[']);
        let inline = tree.get(item, "patch").filter(|patch| is_merge(tree.text(*patch)));
        if inline.is_some_and(|patch| tree.kind(patch) == NodeKind::Literal) {
            found.push(Registered {
                form: Form::Inline,
                path: None,
                says_target: tree.get(item, "target").is_some(),
            });
        }
    }
    let older = list("patchesStrategicMerge");
    found.extend(older.into_iter().filter_map(|item| of_file(item, Form::OlderFile)));
    found
}

/// What a patch is for, if it is a strategic merge patch of one object.
fn known(patch: &Tree, path: String) -> Option<Known> {
    let root = patch.documents().first()?.root()?;
    let text = |map: NodeId, key: &str| {
        let node = (patch.kind(map) == NodeKind::Map)
            .then(|| patch.get(map, key))
            .flatten()?;
        Some(patch.text(patch.resolve(node)).to_owned())
    };
    let metadata = (patch.kind(root) == NodeKind::Map)
        .then(|| patch.get(root, "metadata"))
        .flatten()?;
    Some(Known {
        path,
        kind: text(root, "kind")?,
        name: text(metadata, "name")?,
    })
}
