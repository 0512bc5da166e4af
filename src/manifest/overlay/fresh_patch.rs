//! A patch for an object that the overlay has none for yet, called and registered as the other patches are.

use super::add::{Growth, Order};
use super::generator::add_item;
use super::patch::Doc;
use super::typing::Leaf;
use super::way::Way;
use super::{Ask, Draft};
use crate::error::{Error, Hint, Kind, Place};
use crate::manifest::kustomization::{FILE_NAMES, directory_of, in_directory, join};
use crate::manifest::rendered::{Object, Sources};
use crate::yaml::{self, DocSel, ListIndent, New, NodeId, NodeKind, Step, Text, Tree};

/// The kustomization of a directory.
pub(super) fn kustomization_of(draft: &Draft<'_>, directory: &str) -> Option<String> {
    kustomization_in(draft.sources(), directory)
}

fn kustomization_in(sources: &Sources<'_>, directory: &str) -> Option<String> {
    let mut files = FILE_NAMES.iter().map(|name| in_directory(directory, name));
    files.find(|file| sources.has_file(file))
}

/// What an object is called by what the overlay builds on; that is the name that a patch of it uses.
pub(super) fn name_below(object: &Object) -> String {
    let below = object.inherited.as_ref();
    let name = below.and_then(|root| root.get("metadata")?.get("name")?.text());
    match (name, object.formerly.first()) {
        (Some(name), _) => name.to_owned(),
        (None, Some(first)) => first.name.clone(),
        (None, None) => object.id.name.clone(),
    }
}

/// Makes the patch, registers it, and returns its file.
///
/// # Errors
/// What the editor will not do, such as a kustomization that cannot get the patch.
pub(super) fn make(
    draft: &mut Draft<'_>,
    (ask, object): (&Ask<'_>, &Object),
    (way, leaf): (&Way, &Leaf),
) -> Result<String, Error> {
    let kustomization = kustomization_of(draft, ask.directory).ok_or_else(|| {
        let message = format!(
            "`{}` holds no kustomization",
            super::find::shown_directory(ask.directory)
        );
        Error::new(Kind::Refused, "not-a-kustomization", message)
            .at(Place::file(ask.directory))
            .hint(Hint::Say("an overlay is a directory with a kustomization.yaml".into()))
    })?;
    let tree = draft.sources().tree(&kustomization)?;
    let styles = Styles::of(draft, ask);
    let path = styles.path_for(draft, (ask, object));
    let file = in_directory(ask.directory, &path);
    draft.write(&file, header(object, &styles).into_bytes());
    let doc = Doc::of_file(draft, (&file, 1))?.with_lists(lists_like(draft, object));
    let beneath = object.inherited.as_ref().unwrap_or(&object.root);
    let growth = Growth::of((object, beneath), (way, leaf), Order::AsRendered);
    growth.add_to(draft, &doc)?;
    if tree.source().contains("\r\n") {
        let text = String::from_utf8_lossy(&draft.sources().read(&file)?).replace('\n', "\r\n");
        draft.write(&file, text.into_bytes());
    }
    let edit = match styles.list {
        List::StrategicMerge => add_item(
            &tree,
            (&kustomization, "patchesStrategicMerge"),
            New::Text(Text::Str(&path)),
        ),
        List::Patches => add_item(
            &tree,
            (&kustomization, "patches"),
            New::Map(vec![("path", New::Text(Text::Str(&path)))]),
        ),
    }?;
    draft.edit(&kustomization, &tree, vec![edit])?;
    Ok(file)
}

/// What a patch says about its object before it says anything else.
fn header(object: &Object, styles: &Styles) -> String {
    let id = &object.id;
    let version = match id.group.is_empty() {
        true => id.version.clone(),
        false => format!("{}/{}", id.group, id.version),
    };
    let start = if styles.starts_with_dashes { "---\n" } else { "" };
    let namespace = object.inherited.as_ref().and_then(|root| {
        let text = root.get("metadata")?.get("namespace")?.text()?;
        Some(format!("  namespace: {}\n", yaml::write_string(text)))
    });
    format!(
        "{start}apiVersion: {version}\nkind: {}\nmetadata:\n  name: {}\n{}",
        id.kind,
        yaml::write_string(&name_below(object)),
        namespace.unwrap_or_default()
    )
}

/// How the lists of the object itself are indented.
fn lists_like(draft: &Draft<'_>, object: &Object) -> ListIndent {
    let file = &object.root.file;
    let Ok(tree) = draft.sources().tree(file) else {
        return ListIndent::default();
    };
    let is_flush = |node: NodeId| {
        let key = tree.key_of(node)?;
        (tree.kind(node) == NodeKind::Seq && !tree.is_flow(node)).then(|| tree.pos(node).1 == tree.pos(key).1)
    };
    match tree.nodes().find_map(is_flush) {
        Some(true) => ListIndent::Flush,
        _ => ListIndent::Indented,
    }
}

/// The list that names patches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum List {
    Patches,
    StrategicMerge,
}

/// A patch that is there: how it is called, and for what.
struct Known {
    /// Relative to its kustomization.
    path: String,
    kind: String,
    name: String,
}

/// How patches are written here.
struct Styles {
    list: List,
    /// The overlay's own first, then those of the others.
    known: Vec<Known>,
    starts_with_dashes: bool,
}

impl Styles {
    fn of(draft: &Draft<'_>, ask: &Ask<'_>) -> Styles {
        let mut styles = Styles {
            list: List::Patches,
            known: Vec::new(),
            starts_with_dashes: false,
        };
        let mut lists = (0usize, 0usize);
        let mut dashes = (0usize, 0usize);
        let sources = draft.sources();
        for directory in std::iter::once(ask.directory).chain(ask.peers.iter().map(String::as_str)) {
            let Some(tree) = kustomization_in(sources, directory).and_then(|file| sources.tree(&file).ok()) else {
                continue;
            };
            for (path, list) in registered(&tree) {
                match list {
                    List::Patches => lists.0 += 1,
                    List::StrategicMerge => lists.1 += 1,
                }
                let Some(patch) = join(directory, &path).and_then(|file| sources.tree(&file).ok()) else {
                    continue;
                };
                match patch.source().starts_with("---") {
                    true => dashes.1 += 1,
                    false => dashes.0 += 1,
                }
                styles.known.extend(known(&patch, path));
            }
            // What the overlay itself does is enough.
            if directory == ask.directory && has_list(&tree, "patches") {
                lists.0 += 1_000_000;
            }
        }
        styles.starts_with_dashes = dashes.1 > dashes.0;
        if lists.1 > lists.0 {
            styles.list = List::StrategicMerge;
        }
        styles
    }

    /// The path of the new patch, relative to the kustomization.
    fn path_for(&self, draft: &Draft<'_>, (ask, object): (&Ask<'_>, &Object)) -> String {
        let name = name_below(object);
        let kind = object.id.kind.to_lowercase();
        let is_free = |path: &String| !draft.sources().has_file(&in_directory(ask.directory, path));
        // Where another environment has a patch for the same object, this one is called the same.
        let same = self
            .known
            .iter()
            .find(|it| it.kind == object.id.kind && it.name == name);
        if let Some(path) = same
            .map(|it| it.path.clone())
            .filter(|path| !path.contains("..") && is_free(path))
        {
            return path;
        }
        let mut patterns: Vec<(String, usize)> = Vec::new();
        for pattern in self.known.iter().filter_map(Known::pattern) {
            match patterns.iter_mut().find(|(it, _)| *it == pattern) {
                Some((_, count)) => *count += 1,
                None => patterns.push((pattern, 1)),
            }
        }
        let best = patterns
            .iter()
            .rev()
            .max_by_key(|(_, count)| *count)
            .map(|(pattern, _)| pattern.clone());
        let pattern = best.unwrap_or_else(|| {
            let directory = self.known.first().and_then(|it| it.path.rsplit_once('/'));
            let directory = directory
                .map(|(directory, _)| directory)
                .filter(|it| !it.contains(".."));
            in_directory(directory.unwrap_or_default(), "{name}-{kind}-patch.yaml")
        });
        let path = pattern.replace("{name}", &name).replace("{kind}", &kind);
        let numbered = (2..).map(|number| path.replacen(".y", &format!("-{number}.y"), 1));
        std::iter::once(path.clone())
            .chain(numbered)
            .find(is_free)
            .unwrap_or(path)
    }
}

impl Known {
    /// The path with the name of its object taken out: `patches/{name}-{kind}.yaml`; none if it has no name in it.
    fn pattern(&self) -> Option<String> {
        if self.path.contains("..") {
            return None;
        }
        let (directory, file) = self.path.rsplit_once('/').unwrap_or(("", &self.path));
        let (stem, ending) = file.rsplit_once('.')?;
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

fn has_list(tree: &Tree, name: &str) -> bool {
    let path = yaml::Path::default().join(Step::Key(name.to_owned()));
    tree.find(DocSel::Only, &path).is_ok()
}

/// The files that a kustomization names as strategic merge patches.
fn registered(tree: &Tree) -> Vec<(String, List)> {
    let mut found = Vec::new();
    for (name, list) in [
        ("patches", List::Patches),
        ("patchesStrategicMerge", List::StrategicMerge),
    ] {
        let path = yaml::Path::default().join(Step::Key(name.to_owned()));
        let Ok(seq) = tree.find(DocSel::Only, &path) else {
            continue;
        };
        if tree.kind(seq) != NodeKind::Seq {
            continue;
        }
        for item in tree.items(seq) {
            let node = match list {
                List::Patches if tree.kind(item) == NodeKind::Map => tree.get(item, "path"),
                List::Patches => None,
                List::StrategicMerge => Some(item),
            };
            let text = node.map(|node| tree.text(tree.resolve(node)));
            found.extend(
                text.filter(|text| !text.contains('\n'))
                    .map(|text| (text.to_owned(), list)),
            );
        }
    }
    found
}

/// How often a kustomization names a file as a patch.
pub(super) fn times_named(tree: &Tree, (kustomization, file): (&str, &str)) -> usize {
    let directory = directory_of(kustomization);
    let lists = ["patches", "patchesStrategicMerge", "patchesJson6902"];
    let lists = lists.iter().filter_map(|name| {
        let path = yaml::Path::default().join(Step::Key((*name).to_owned()));
        tree.find(DocSel::Only, &path)
            .ok()
            .filter(|seq| tree.kind(*seq) == NodeKind::Seq)
    });
    let named = |item: &NodeId| {
        let path = match tree.kind(*item) {
            NodeKind::Map => tree.get(*item, "path"),
            _ => Some(*item),
        };
        path.is_some_and(|path| join(directory, tree.text(tree.resolve(path))).as_deref() == Some(file))
    };
    lists.map(|seq| tree.items(seq).filter(named).count()).sum()
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
