//! Deprecated fields, written as the fields that took their place. Every value and every comment stays as it is written.
//!
//! The order of items is the one in which a build takes them, so that it gives the same: `patchesStrategicMerge` come before
//! `patches`, `patchesJson6902` behind. (kustomize puts both behind.) Nothing is sorted, and no `apiVersion` is added.
//!
//! Source: kustomize 5.5, `api/types/kustomization.go`, `FixKustomization` and `FixKustomizationPreMarshalling`.

use super::Planned;
use super::open::Open;
use crate::error::{Error, Hint, Kind};
use crate::manifest::kustomization::join;
use crate::manifest::rendered::Sources;
use crate::yaml::{Home, NodeId, NodeKind, Op, Recast, Shape};

/// Plans the deprecated fields of a kustomization to be replaced.
///
/// # Errors
/// `Kind::Refused` for a label that both `commonLabels` and `labels` have, and for what the editor cannot move exactly.
pub(crate) fn fix<'s>(sources: &'s Sources<'s>, file: &'s str) -> Result<Planned, Error> {
    let mut open = Open::of(sources, file)?;
    rename(&mut open, ("bases", "resources"))?;
    patches(&mut open)?;
    labels(&mut open)?;
    rename(&mut open, ("imageTags", "images"))?;
    env_files(&mut open)?;
    left_alone(&mut open);
    open.planned()
}

/// The pair of a deprecated key; one that holds nothing is taken out at once.
fn deprecated(open: &mut Open<'_>, key: &str) -> Result<Option<NodeId>, Error> {
    let Some(value) = open.tree.get(open.root, key) else {
        return Ok(None);
    };
    let resolved = open.tree.resolve(value);
    let empty = match open.tree.kind(resolved) {
        NodeKind::Seq => open.tree.items(resolved).next().is_none(),
        NodeKind::Map => open.tree.entries(resolved).next().is_none(),
        _ => open.tree.is_null(resolved),
    };
    if empty {
        open.note(Some(value), key, (Some(key), None));
        open.edit(Op::Remove { child: value })?;
    }
    Ok((!empty).then_some(value))
}

/// Where a list goes: behind the list that is there, else it is that list from now on.
fn behind<'a>(there: Option<NodeId>, name: &'a str) -> Home<'a> {
    there.map_or(Home::Here(name), Home::Behind)
}

fn recast(
    open: &mut Open<'_>,
    (pair, from, to): (NodeId, &str, &str),
    (home, shape): (Home<'_>, Shape<'_>),
) -> Result<(), Error> {
    open.note(Some(pair), from, (Some(from), Some(to)));
    let to = Recast { home, shape };
    open.edit(Op::Recast { pair, to })
}

fn rename(open: &mut Open<'_>, (from, to): (&str, &str)) -> Result<(), Error> {
    let Some(pair) = deprecated(open, from)? else {
        return Ok(());
    };
    let items = open.items(Some(pair), from)?.len();
    let home = behind(open.tree.get(open.root, to), to);
    recast(open, (pair, from, to), (home, Shape::Items(vec![None; items])))
}

fn patches(open: &mut Open<'_>) -> Result<(), Error> {
    let there = open.tree.get(open.root, "patches");
    let merge = deprecated(open, "patchesStrategicMerge")?;
    let json = deprecated(open, "patchesJson6902")?;
    if let Some(pair) = merge {
        let items = open.items(Some(pair), "patchesStrategicMerge")?;
        let keys = items.iter().map(|&it| Some(key_of_patch(open, it)));
        let shape = Shape::Items(keys.collect());
        let home = there.map_or(Home::Here("patches"), Home::Before);
        recast(open, (pair, "patchesStrategicMerge", "patches"), (home, shape))?;
    }
    if let Some(pair) = json {
        let items = open.items(Some(pair), "patchesJson6902")?.len();
        let home = behind(there.or(merge), "patches");
        let shape = Shape::Items(vec![None; items]);
        recast(open, (pair, "patchesJson6902", "patches"), (home, shape))?;
    }
    Ok(())
}

/// Tells whether an item of `patchesStrategicMerge` is a file or the patch itself.
fn key_of_patch(open: &Open<'_>, item: NodeId) -> &'static str {
    let text = open.text(item);
    let file = join(open.directory(), text).is_some_and(|path| open.sources.has_file(&path));
    let inline = text.contains('\n') || text.contains(": ") || text.trim_start().starts_with('{');
    if !file && inline { "patch" } else { "path" }
}

fn labels(open: &mut Open<'_>) -> Result<(), Error> {
    let Some(pair) = deprecated(open, "commonLabels")? else {
        return Ok(());
    };
    let there = open.tree.get(open.root, "labels");
    let mut known = Vec::new();
    for entry in open.items(there, "labels")? {
        known.extend(open.pairs(open.in_map(entry, "pairs"), "pairs")?);
    }
    for (key, _) in open.pairs(Some(pair), "commonLabels")? {
        let name = open.text(key);
        if let Some(&(other, _)) = known.iter().find(|(other, _)| open.text(*other) == name) {
            let message = format!("the label `{name}` stands in `commonLabels` and in `labels`");
            let (line, _) = open.tree.pos(other);
            return Err(Error::new(Kind::Refused, "label-twice", message)
                .at(open.place(key))
                .hint(Hint::Say(format!(
                    "the other one stands in line {line}; take one of them out"
                ))));
        }
    }
    let shape = Shape::Item {
        key: "pairs",
        beside: ("includeSelectors", "true"),
    };
    recast(open, (pair, "commonLabels", "labels"), (behind(there, "labels"), shape))
}

/// `env` of a generator is one file; `envs` has taken its place.
fn env_files(open: &mut Open<'_>) -> Result<(), Error> {
    for list in ["configMapGenerator", "secretGenerator"] {
        for (at, entry) in open.items(open.field(list), list)?.into_iter().enumerate() {
            let Some(pair) = open.in_map(entry, "env").filter(|&it| !open.tree.is_null(it)) else {
                continue;
            };
            let home = behind(open.in_map(entry, "envs"), "envs");
            let path = format!("{list}[{at}].env");
            recast(open, (pair, &path, "envs"), (home, Shape::Single))?;
        }
    }
    Ok(())
}

/// Warns of deprecated fields that cannot be replaced without a look at other files.
fn left_alone(open: &mut Open<'_>) {
    let advice = [
        (
            "vars",
            "write `replacements` by hand: a conversion can change what is built, and files of resources",
        ),
        (
            "helmChartInflationGenerator",
            "write `helmCharts` by hand: the fields of a chart are others",
        ),
    ];
    for (key, advice) in advice {
        if let Some(there) = open.tree.get(open.root, key) {
            let warning = Error::new(
                Kind::Refused,
                "deprecated-field",
                format!("`{key}` is deprecated and stays"),
            );
            let warning = warning.at(open.place(there)).hint(Hint::Say(advice.into()));
            open.warn(warning);
        }
    }
}
