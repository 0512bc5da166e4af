//! What kustomize makes of two environments: after a promotion both run the same.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;

use super::content::Layout;
use crate::harness::Sandbox;

/// Renders FROM's overlay of one tree and TO's of another, and compares what they run. Returns how many pairs were compared:
/// none where kustomize is not here.
pub(crate) fn compared(
    sandbox: &Sandbox,
    (theirs, layout, from): (&BTreeMap<String, String>, Layout, usize),
    (ours, to): (&BTreeMap<String, String>, usize),
) -> Result<usize, String> {
    let one = images(sandbox, "rendered-from", (theirs, &layout.directory(from)))?;
    let other = images(sandbox, "rendered-to", (ours, &layout.directory(to)))?;
    match (one, other) {
        (Some(one), Some(other)) if one == other => Ok(1),
        (Some(one), Some(other)) => Err(format!("rendered, they run {one:?} and {other:?}")),
        _ => Ok(0),
    }
}

fn images(
    sandbox: &Sandbox,
    name: &str,
    (files, overlay): (&BTreeMap<String, String>, &str),
) -> Result<Option<BTreeSet<String>>, String> {
    let root = sandbox.root().join(name);
    let _ = std::fs::remove_dir_all(&root);
    for (path, text) in files {
        let path = root.join(path);
        std::fs::create_dir_all(path.parent().unwrap_or(&root)).unwrap();
        std::fs::write(path, text).unwrap();
    }
    let Some(output) = kustomize(&root.join(overlay)) else {
        return Ok(None);
    };
    let (succeeded, text) = output;
    if !succeeded {
        return Err(format!("kustomize cannot render {overlay}: {text}"));
    }
    let lines = text.lines().map(|line| line.trim_start_matches([' ', '-']));
    Ok(Some(
        lines
            .filter_map(|line| line.strip_prefix("image: "))
            .map(str::to_owned)
            .collect(),
    ))
}

fn kustomize(directory: &Path) -> Option<(bool, String)> {
    [&["kubectl", "kustomize"] as &[&str], &["kustomize", "build"]]
        .iter()
        .find_map(|words| {
            let output = Command::new(words[0]).args(&words[1..]).arg(directory).output().ok()?;
            let text = if output.status.success() {
                output.stdout
            } else {
                output.stderr
            };
            Some((output.status.success(), String::from_utf8_lossy(&text).into_owned()))
        })
}
