//! Patches: where they stand, and the objects that they are laid over.
//!
//! Source: kustomize 5.5, `api/internal/builtins/PatchTransformer.go`, `PatchStrategicMergeTransformer.go`,
//! `PatchJson6902Transformer.go`, `ApplySmPatch` in `api/resource/resource.go` and `api/resmap/reswrangler.go`.

use super::build::{Build, Kustomization, fault, objects};
use super::item::{Item, id_of};
use super::json_patch;
use super::merge;
use super::read::{Lines, Reader};
use super::select::Target;
use super::value::{Data, Value};
use super::{Gone, Layer, LayerKind, PatchPlace};
use crate::error::{Error, Hint, Kind};
use crate::manifest::kustomization::join;
use crate::yaml::{self, NodeId};

/// What a patch holds.
enum Patch {
    /// Objects with the number of their document.
    Merge(Vec<(u32, Value)>),
    Json(Value),
}

/// Lays `patchesStrategicMerge` over the objects.
pub(super) fn merge_lists(build: &mut Build<'_>, it: &Kustomization, items: &mut Vec<Item>) -> Result<(), Error> {
    const LIST: &str = "patchesStrategicMerge";
    for (number, entry) in it.list(LIST) {
        let is_inline = entry.word().contains('\n');
        let file = join(&it.directory, entry.word()).filter(|_| !is_inline);
        let patch = match (file, it.node(LIST, number, None)) {
            (Some(path), _) => load(build, &path, entry)?,
            (None, Some(node)) => inline(it, node, (entry, |reader| reader))?,
            (None, None) => None,
        };
        let place = place_of(it, (LIST, number), Some(entry.word()).filter(|_| !is_inline));
        if let Some(Patch::Merge(patches)) = patch {
            for (document, patch) in patches {
                by_name(
                    build,
                    it,
                    (
                        &PatchPlace {
                            document,
                            ..place.clone()
                        },
                        &patch,
                    ),
                    items,
                )?;
            }
        }
    }
    Ok(())
}

/// Lays `patches` over the objects.
pub(super) fn patches(build: &mut Build<'_>, it: &Kustomization, items: &mut Vec<Item>) -> Result<(), Error> {
    const LIST: &str = "patches";
    for (number, entry) in it.list(LIST) {
        let Some((patch, place)) = entry_of(build, it, (LIST, number), entry)? else {
            continue;
        };
        let target = entry.get("target").filter(|it| it.is_map());
        let options = Options::of(entry);
        match (patch, target) {
            (Patch::Json(operations), target) => {
                let Some(target) = target else {
                    let message = "a JSON patch needs a `target`".to_owned();
                    return Err(fault(Kind::Refused, "patch-target", (message, entry)));
                };
                json((build, it), (&place, &operations), &read_target(target)?, items)?;
            }
            (Patch::Merge(patches), None) => {
                for (document, patch) in patches {
                    let place = PatchPlace {
                        document,
                        ..place.clone()
                    };
                    by_name_with(build, it, (&place, &patch, options), items)?;
                }
            }
            (Patch::Merge(patches), Some(target)) => {
                if patches.len() > 1 {
                    let message = "a patch with a `target` holds one document only".to_owned();
                    return Err(fault(Kind::Refused, "patch-target", (message, entry)));
                }
                let target = read_target(target)?;
                let fitting: Vec<usize> = (0..)
                    .zip(items.iter())
                    .filter(|(_, it)| target.fits(it))
                    .map(|it| it.0)
                    .collect();
                for (document, patch) in patches {
                    let place = PatchPlace {
                        document,
                        fits: fitting.len(),
                        ..place.clone()
                    };
                    lay(build, it, (&place, &patch, options), (items, Fitting::Target(&fitting)))?;
                }
            }
        }
    }
    Ok(())
}

/// Applies `patchesJson6902`.
pub(super) fn json_lists(build: &mut Build<'_>, it: &Kustomization, items: &mut [Item]) -> Result<(), Error> {
    const LIST: &str = "patchesJson6902";
    for (number, entry) in it.list(LIST) {
        let (Some(target), Some((Patch::Json(operations), place))) =
            (entry.get("target"), entry_of(build, it, (LIST, number), entry)?)
        else {
            continue;
        };
        json((build, it), (&place, &operations), &read_target(target)?, items)?;
    }
    Ok(())
}

fn read_target(target: &Value) -> Result<Target, Error> {
    Target::of(target).map_err(|bad| fault(Kind::Refused, "patch-target", (bad.message, &bad.at)))
}

/// `path` is none for a patch that stands in the kustomization.
fn place_of(it: &Kustomization, (list, item): (&'static str, usize), path: Option<&str>) -> PatchPlace {
    let file = path.and_then(|path| join(&it.directory, path));
    PatchPlace {
        file: file.unwrap_or_else(|| it.file.as_ref().to_owned()),
        document: 1,
        list,
        item,
        is_inline: path.is_none(),
        fits: 1,
    }
}

/// The patch of an entry with `path` or `patch`.
fn entry_of(
    build: &mut Build<'_>,
    it: &Kustomization,
    (list, number): (&'static str, usize),
    entry: &Value,
) -> Result<Option<(Patch, PatchPlace)>, Error> {
    let (path, text) = (entry.get("path"), entry.get("patch"));
    let patch = match (path, text) {
        (Some(path), _) if !path.word().is_empty() => match join(&it.directory, path.word()) {
            Some(file) => load(build, &file, path)?,
            None => {
                build.pass_over(super::BlindWhy::Missing, path);
                None
            }
        },
        (_, Some(text)) => match it.node(list, number, Some("patch")) {
            Some(node) if list == "patches" => inline(it, node, (text, |reader| reader.trimmed()))?,
            Some(node) => inline(it, node, (text, |reader| reader))?,
            None => None,
        },
        _ => None,
    };
    let place = place_of(it, (list, number), path.map(Value::word).filter(|it| !it.is_empty()));
    Ok(patch.map(|patch| (patch, place)))
}

/// Reads a patch from a file.
fn load(build: &mut Build<'_>, path: &str, named: &Value) -> Result<Option<Patch>, Error> {
    let tree = build.tree(path, named)?;
    Ok(tree.and_then(|tree| patch_of(&Reader::new(&tree, &path.into(), Lines::File))))
}

/// What is done with the end of an inline text.
type TextEnd = for<'t> fn(Reader<'t>) -> Reader<'t>;

/// Reads a patch that stands in the kustomization.
fn inline(it: &Kustomization, node: NodeId, (text, end): (&Value, TextEnd)) -> Result<Option<Patch>, Error> {
    if let Ok(inner) = it.tree.inner(node) {
        let reader = Reader::new(inner.tree(), &it.file, Lines::Block(&inner, &it.tree));
        return Ok(patch_of(&end(reader)));
    }
    let tree = yaml::parse(text.word().as_bytes().to_vec(), yaml::Limits::default()).map_err(|refusal| {
        let message = format!("this patch is no YAML: {}", refusal.why);
        fault(Kind::Refused, "patch-unreadable", (message, text))
    })?;
    Ok(patch_of(&Reader::new(
        &tree,
        &it.file,
        Lines::Scalar(text.line, text.column),
    )))
}

fn patch_of(reader: &Reader<'_>) -> Option<Patch> {
    let first = reader.documents().into_iter().next()?.1;
    match first.data {
        Data::Seq(_) => Some(Patch::Json(first)),
        _ => Some(Patch::Merge(objects(reader))),
    }
}

/// What a patch may change besides.
#[derive(Clone, Copy, Default)]
struct Options {
    name: Option<Allowed>,
    kind: Option<Allowed>,
}

#[derive(Clone, Copy)]
struct Allowed;

impl Options {
    fn of(entry: &Value) -> Options {
        let allows = |key| {
            let value = entry.get("options").and_then(|it| it.get(key));
            value.is_some_and(Value::is_true).then_some(Allowed)
        };
        Options {
            name: allows("allowNameChange"),
            kind: allows("allowKindChange"),
        }
    }
}

/// Places of the objects that a patch is for.
#[derive(Clone, Copy)]
enum Fitting<'p> {
    /// By what the patch calls them.
    Name(&'p [usize]),
    /// By its `target`.
    Target(&'p [usize]),
}

type MergePatch<'p> = (&'p PatchPlace, &'p Value, Options);

fn by_name(
    build: &Build<'_>,
    it: &Kustomization,
    (place, patch): (&PatchPlace, &Value),
    items: &mut Vec<Item>,
) -> Result<(), Error> {
    by_name_with(build, it, (place, patch, Options::default()), items)
}

/// Lays a patch over the one object that has, or had, its name.
fn by_name_with(
    build: &Build<'_>,
    it: &Kustomization,
    patch: MergePatch<'_>,
    items: &mut Vec<Item>,
) -> Result<(), Error> {
    let id = id_of(patch.1);
    let fits = |item: &Item| item.ids().iter().any(|it| it.is_same(&id));
    let fitting: Vec<usize> = (0..)
        .zip(items.iter())
        .filter(|(_, item)| fits(item))
        .map(|it| it.0)
        .collect();
    match fitting.len() {
        1 => lay(build, it, patch, (items, Fitting::Name(&fitting))),
        0 if !build.blind.is_empty() => Ok(()),
        0 => {
            let message = format!("the build has no object `{}/{}` for this patch", id.kind, id.name);
            let names = items.iter().map(Item::id).filter(|it| it.kind == id.kind);
            let names: Vec<String> = names.map(|it| format!("{}/{}", it.kind, it.name)).collect();
            let error = fault(Kind::NotFound, "patch-target", (message, patch.1));
            Err(match names.is_empty() {
                true => error,
                false => error.hint(Hint::Found(names)),
            })
        }
        many => {
            let message = format!(
                "this patch is for `{}/{}`, and {many} objects have that name",
                id.kind, id.name
            );
            Err(fault(Kind::Refused, "patch-target", (message, patch.1)))
        }
    }
}

/// Lays a strategic merge patch over objects; those that it deletes are taken out.
fn lay(
    build: &Build<'_>,
    it: &Kustomization,
    (place, patch, options): MergePatch<'_>,
    (items, fitting): (&mut Vec<Item>, Fitting<'_>),
) -> Result<(), Error> {
    let mut deleted = Vec::new();
    let (Fitting::Name(places) | Fitting::Target(places)) = fitting;
    let is_flat = place.list == "patchesStrategicMerge" || matches!(fitting, Fitting::Target(_));
    for &at in places {
        let Some(item) = items.get_mut(at) else {
            continue;
        };
        if options.name.is_some() || options.kind.is_some() {
            item.remember();
        }
        let before = item.root.clone();
        let (patch_line, patch_column) = (patch.line, patch.column);
        let mut patch = patch.clone().in_layer(item.layers.len());
        if is_flat {
            flatten(&mut patch);
        }
        let merged = merge::merge(item.root.clone(), patch)
            .map_err(|misfit| fault(Kind::Refused, "patch-misfit", (misfit.message, &misfit.at)))?;
        let Some(merged) = merged else {
            build.gone.borrow_mut().push(Gone {
                id: item.id(),
                file: place.file.clone(),
                line: patch_line,
                column: patch_column,
            });
            deleted.push(at);
            continue;
        };
        item.root = merged;
        keep(&mut item.root, &before, "apiVersion");
        if options.kind.is_none() {
            keep(&mut item.root, &before, "kind");
        }
        if let (Some(metadata), Some(was)) = (item.root.get_mut("metadata"), before.get("metadata")) {
            if options.name.is_none() {
                keep(metadata, was, "name");
            }
            keep(metadata, was, "namespace");
        }
        push(build, item, LayerKind::Merge(place.clone()), (it, before));
    }
    for at in deleted.into_iter().rev() {
        items.remove(at);
    }
    Ok(())
}

/// kustomize reads labels and annotations of such patches as texts first: null is the text `null`, and a mapping of none is
/// not there.
fn flatten(patch: &mut Value) {
    let Some(metadata) = patch.get_mut("metadata") else {
        return;
    };
    for field in ["labels", "annotations"] {
        let Some(mut told) = metadata.take(field) else {
            continue;
        };
        if let Data::Map(entries) = &mut told.data {
            for (_, value) in entries.iter_mut() {
                *value = value.saying(value.text().unwrap_or_default());
            }
            if !told.entries().is_empty() {
                metadata.set(field, told);
            }
        }
    }
}

/// Gives an entry back what it had before.
fn keep(map: &mut Value, before: &Value, key: &str) {
    match before.get(key) {
        Some(value) => map.set(key, value.clone()),
        None => {
            map.take(key);
        }
    }
}

fn push(build: &Build<'_>, item: &mut Item, kind: LayerKind, (it, before): (&Kustomization, Value)) {
    item.layers.push(Layer {
        kind,
        kustomization: it.file.as_ref().to_owned(),
        before: build.is_asked().then_some(before),
    });
}

/// Applies JSON operations to every object that the target means.
fn json(
    (build, it): (&Build<'_>, &Kustomization),
    (place, operations): (&PatchPlace, &Value),
    target: &Target,
    items: &mut [Item],
) -> Result<(), Error> {
    let fits = items.iter().filter(|item| target.fits(item)).count();
    for item in items.iter_mut().filter(|item| target.fits(item)) {
        // of the two lists only this one has kustomize remember names
        if place.list == "patches" {
            item.remember();
        }
        let before = item.root.clone();
        let layer = item.layers.len();
        if item.is_annotated
            && let Some(metadata) = item.root.get_mut("metadata")
            && metadata.get("annotations").is_none()
        {
            let empty = metadata.with(Data::Map(Vec::new()));
            metadata.set("annotations", empty);
        }
        json_patch::apply(&mut item.root, &operations.clone().in_layer(layer))
            .map_err(|failure| fault(Kind::Refused, "patch-misfit", (failure.message, &failure.at)))?;
        let kind = LayerKind::Json(PatchPlace { fits, ..place.clone() });
        push(build, item, kind, (it, before));
    }
    Ok(())
}
