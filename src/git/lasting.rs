//! Whether what was worked out of commits stays right: ids say what is in them, and little else counts.

use std::fs;

use super::open::Repository;
use super::program::Git;

/// Sections of git's settings that say how trees are compared and merged.
const SECTIONS: [&str; 3] = ["core.", "diff.", "merge."];

impl Repository {
    /// Everything besides ids that an answer about commits depends on, as text to be compared: the version of git, its settings,
    /// and attributes of files that stand outside of commits. None where ids do not say what is in commits: history ends at a
    /// boundary, which a fetch moves, or commits are replaced (`git help replace`).
    pub(crate) fn circumstances(&self, git: &Git) -> Option<String> {
        let common = self.common_directory();
        let names =
            |file: &str, what: &str| fs::read_to_string(common.join(file)).is_ok_and(|text| text.contains(what));
        let is_replaced = common.join("refs/replace").is_dir() || names("packed-refs", "refs/replace/");
        if self.is_shallow() || is_replaced || common.join("info/grafts").exists() {
            return None;
        }
        let counts = |(key, _): &&(String, String)| SECTIONS.iter().any(|section| key.starts_with(section));
        let settings: Vec<&(String, String)> = git.settings().iter().filter(counts).collect();
        let attributes = [common.join("info/attributes"), self.root().join(".gitattributes")];
        let attributes = attributes.map(|file| fs::read_to_string(file).unwrap_or_default());
        Some(format!("{:?} {settings:?} {attributes:?}", git.version().ok()?))
    }
}
