//! Whether what was worked out of commits stays right: ids say what is in them, and little else counts.

use std::fs;
use std::path::{Path, PathBuf};

use super::open::Repository;
use super::program::Git;

/// Sections of git's settings that say how trees are compared and merged.
const SECTIONS: [&str; 3] = ["core.", "diff.", "merge."];

impl Repository {
    /// Everything besides ids that an answer about commits depends on, as text to be compared: the version of git, its settings,
    /// and attributes of files that stand outside of commits. None where ids do not say what is in commits: history ends at a
    /// boundary, which a fetch moves, or commits are replaced (`git help replace`).
    pub(crate) fn circumstances(&self, git: &Git) -> Option<String> {
        if self.is_shallow() || self.is_rewritten() {
            return None;
        }
        let counts = |(key, _): &&(String, String)| SECTIONS.iter().any(|section| key.starts_with(section));
        let settings: Vec<&(String, String)> = git.settings().iter().filter(counts).collect();
        let attributes = self.attributes(git)?;
        Some(format!("{:?} {settings:?} {attributes:?}", git.version().ok()?))
    }

    /// Whether git shows other commits than there are, by replacements or grafts (`git help replace`).
    pub(super) fn is_rewritten(&self) -> bool {
        let common = self.common_directory();
        let packed = || fs::read(common.join("packed-refs")).unwrap_or_default();
        common.join("refs/replace").is_dir()
            || common.join("info/grafts").exists()
            || memchr::memmem::find(&packed(), b"refs/replace/").is_some()
    }

    /// The attributes that stand outside of commits: they say whether git compares a file by its lines, and how it merges. Those of a
    /// work tree are the ones that its index knows; a bare repository may take them from its `HEAD`.
    fn attributes(&self, git: &Git) -> Option<Vec<(PathBuf, String)>> {
        let mut files = vec![self.common_directory().join("info/attributes")];
        // Source: `git help config`, `core.attributesFile`.
        let global = [
            "config",
            "--type=path",
            "--default",
            "~/.config/git/attributes",
            "core.attributesFile",
        ];
        files.push(PathBuf::from(git.run(&global, None, &[]).ok()?.text()));
        let directories = git
            .variable("XDG_CONFIG_HOME")
            .map(|it| Path::new(it).join("git/attributes"));
        files.extend(directories);
        let known = ["ls-files", "--full-name", "-z", "--", ":(top,glob)**/.gitattributes"];
        let known = git.run(&known, None, &[]).ok()?;
        let head = match known.is_success() {
            true => String::new(),
            false => git.run(&["rev-parse", "HEAD"], None, &[]).ok()?.text(),
        };
        files.push(self.root().join(".gitattributes"));
        let text = String::from_utf8_lossy(&known.stdout).into_owned();
        files.extend(
            text.split('\0')
                .filter(|path| !path.is_empty())
                .map(|path| self.root().join(path)),
        );
        let mut read: Vec<(PathBuf, String)> = files
            .into_iter()
            .map(|file| {
                let text = fs::read_to_string(&file).unwrap_or_default();
                (file, text)
            })
            .collect();
        read.push((PathBuf::from("HEAD"), head));
        Some(read)
    }
}
