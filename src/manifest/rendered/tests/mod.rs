//! Renderings judged by `kubectl kustomize`, and the places that values come from.

mod cases;
mod judge;
mod places;
mod random;
mod real;

use std::path::Path;

use super::{Rendering, Sources, render};
use crate::error::Error;
use crate::snapshot::Snapshot;

/// Renders a directory of files on disk.
pub(super) fn rendering_on_disk(root: &Path, directory: &str) -> Result<Rendering, Error> {
    let snapshot = Snapshot::of_work_tree(root, Default::default);
    render(&Sources::of(&snapshot), directory)
}

/// Writes files: each begins with a line `## PATH`.
#[expect(clippy::disallowed_methods, reason = "a test makes files as other programs do")]
pub(super) fn write(root: &Path, text: &str) {
    for part in text.split("## ").skip(1) {
        let (path, content) = part.split_once('\n').unwrap();
        let path = root.join(path.trim());
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, content).unwrap();
    }
}

/// Renders files as [`write`] takes them.
pub(super) fn rendering(text: &str, directory: &str) -> Result<Rendering, Error> {
    let root = tempfile::tempdir().unwrap();
    write(root.path(), text);
    rendering_on_disk(root.path(), directory)
}
