//! A patch for an object that the overlay has none for yet, called and registered as the other patches are.

use super::add::{Growth, Order};
use super::generator::add_item;
use super::patch::Doc;
use super::styles::{Form, Styles};
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

pub(super) fn kustomization_in(sources: &Sources<'_>, directory: &str) -> Option<String> {
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
    let (mut path, taken) = styles.path_for(draft, (ask, object));
    let mut file = in_directory(ask.directory, &path);
    draft.write(&file, header(object, &styles).into_bytes());
    let doc = Doc::of_file(draft, (&file, 1))?.with_lists(lists_like(draft, object));
    let beneath = object.inherited.as_ref().unwrap_or(&object.root);
    Growth::of((object, beneath), (way, leaf), Order::AsRendered).add_to(draft, &doc)?;
    let mut text = String::from_utf8_lossy(&draft.sources().read(&file)?).into_owned();
    if tree.source().contains("\r\n") && styles.form != Form::Inline {
        text = text.replace('\n', "\r\n");
    }
    let is_left_over = |other: &&String| {
        let other = in_directory(ask.directory, other);
        let same = draft
            .sources()
            .read(&other)
            .is_ok_and(|bytes| *bytes == *text.as_bytes());
        same && times_named(&tree, (&kustomization, &other)) == 0
    };
    // A run that was killed has made it, and nothing names it yet.
    if let Some(other) = taken.iter().find(is_left_over) {
        draft.forget(&file);
        path.clone_from(other);
        file = in_directory(ask.directory, &path);
    }
    let named = match styles.form {
        Form::Inline => {
            draft.forget(&file);
            let below = name_below(object);
            let mut entry = vec![("patch", New::Lines(text.trim_end()))];
            if styles.says_target {
                let name = New::Text(Text::Str(&below));
                let kind = New::Text(Text::Str(&object.id.kind));
                entry.push(("target", New::Map(vec![("kind", kind), ("name", name)])));
            }
            let edit = add_item(&tree, (&kustomization, "patches"), New::Map(entry))?;
            draft.edit(&kustomization, &tree, vec![edit])?;
            return Ok(kustomization);
        }
        Form::OlderFile => ("patchesStrategicMerge", New::Text(Text::Str(&path))),
        Form::File => ("patches", New::Map(vec![("path", New::Text(Text::Str(&path)))])),
    };
    if text.contains("\r\n") && !taken.contains(&path) {
        draft.write(&file, text.into_bytes());
    }
    let edit = add_item(&tree, (&kustomization, named.0), named.1)?;
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
    let start = if styles.starts_with_dashes && styles.form != Form::Inline {
        "---\n"
    } else {
        ""
    };
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
