//! What landing tests have in common: a checkout that must not be touched, hooks, rivals, other layouts of checkouts.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use super::Sandbox;
use super::cmd::Cmd;

/// Every file of a checkout with its bytes and its time, and what git keeps beside them: index, HEAD, settings.
pub(crate) type Print = BTreeMap<String, (Vec<u8>, SystemTime)>;

/// What `main:overlays/dev/kustomization.yaml` of the shop is called.
pub(crate) const DEV: &str = "overlays/dev/kustomization.yaml";

impl Sandbox {
    /// The shop with a remote; `release` is a branch that is not checked out.
    pub(crate) fn shop_with_remote(&self) -> &Sandbox {
        self.shop();
        self.git(["branch", "release"]);
        self.remote();
        self
    }

    /// Bumps the API in `dev`; the words say how it lands.
    pub(crate) fn bump(&self, version: &str, words: &[&str]) -> Cmd<'_> {
        let assignment = format!("api={version}");
        let mut all = vec!["bump", assignment.as_str(), "--env", "dev"];
        all.extend(words);
        self.rakops(all)
    }

    /// The repository that all push to.
    pub(crate) fn remote_path(&self) -> PathBuf {
        self.root().join("remote.git")
    }

    /// Runs git in the remote.
    #[track_caller]
    pub(crate) fn git_at_remote(&self, words: &[&str]) -> String {
        self.git_in(&self.remote_path(), words)
    }

    /// The commit of a branch at the remote.
    #[track_caller]
    pub(crate) fn remote_tip(&self, branch: &str) -> String {
        let id = self.git_at_remote(&["rev-parse", &format!("refs/heads/{branch}")]);
        id.trim().to_owned()
    }

    /// The commit of a revision here.
    #[track_caller]
    pub(crate) fn tip(&self, revision: &str) -> String {
        self.git(["rev-parse", revision]).trim().to_owned()
    }

    /// How many commits a branch of the remote has.
    #[track_caller]
    pub(crate) fn remote_commits(&self, branch: &str) -> usize {
        let count = self.git_at_remote(&["rev-list", "--count", branch]);
        count.trim().parse().unwrap()
    }

    /// Commits on a branch of the remote as somebody else: the file gets a line more, and nothing is checked out.
    pub(crate) fn rival(&self, branch: &str, file: &str) -> String {
        let clone = self.root().join("rival");
        if !clone.exists() {
            let (from, to) = (self.remote_path(), clone.to_string_lossy().into_owned());
            self.git_in(self.root(), ["clone", "--quiet", &from.to_string_lossy(), &to]);
        }
        self.git_in(&clone, ["fetch", "--quiet", "origin"]);
        self.git_in(&clone, ["checkout", "--quiet", "--detach", &format!("origin/{branch}")]);
        let path = clone.join(file);
        let mut text = fs::read_to_string(&path).unwrap_or_default();
        text.push_str("# by somebody else\n");
        fs::write(&path, text).unwrap();
        self.advance(60);
        self.git_in(&clone, ["add", "--all"]);
        self.git_in(&clone, ["commit", "--quiet", "--message", "somebody else"]);
        self.git_in(
            &clone,
            ["push", "--quiet", "origin", &format!("HEAD:refs/heads/{branch}")],
        );
        self.git_in(&clone, ["rev-parse", "HEAD"]).trim().to_owned()
    }

    /// Everything in the work directory that landing somewhere else must leave alone.
    pub(crate) fn print(&self) -> Print {
        self.print_of(&self.dir())
    }

    /// The same of another checkout.
    pub(crate) fn print_of(&self, checkout: &Path) -> Print {
        let mut print = Print::new();
        take(checkout, "", &mut print);
        for name in ["index", "HEAD", "config", "shallow"] {
            let path = checkout.join(".git").join(name);
            if let Ok(bytes) = fs::read(&path) {
                let time = fs::metadata(&path).unwrap().modified().unwrap();
                print.insert(format!(".git/{name}"), (bytes, time));
            }
        }
        print
    }

    /// Fails the test if a private reference is left in a repository.
    #[track_caller]
    pub(crate) fn expect_no_private_references(&self) {
        let left = self.git(["for-each-ref", "refs/rakops"]);
        assert_eq!(left, "", "references that are left");
        let left = self.git_at_remote(&["for-each-ref", "refs/rakops"]);
        assert_eq!(left, "", "references at the remote");
    }

    /// A hook of a repository; `git` is the directory that holds `hooks`.
    pub(crate) fn hook(&self, git: &Path, name: &str, script: &str) {
        let path = git.join("hooks").join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        }
    }
}

fn take(directory: &Path, prefix: &str, print: &mut Print) {
    for entry in fs::read_dir(directory).unwrap().flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        if name == ".git" {
            continue;
        }
        let (path, relative) = (entry.path(), format!("{prefix}{name}"));
        let facts = fs::symlink_metadata(&path).unwrap();
        if facts.is_dir() {
            take(&path, &format!("{relative}/"), print);
        } else {
            let bytes = fs::read(&path).unwrap_or_default();
            print.insert(relative, (bytes, facts.modified().unwrap()));
        }
    }
}
