//! A directory with a home of its own, and repositories in it.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use crate::git::names::{BranchName, Oid};
use crate::git::open::Repository;
use crate::git::program::{Git, Manner, MayAsk};
use crate::git::write::{NewCommit, Sign};

/// A directory that goes away with the test.
pub(crate) struct Bench {
    directory: tempfile::TempDir,
}

/// Which way inside is tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    Library,
    Program,
}

pub(crate) const WAYS: [Way; 2] = [Way::Library, Way::Program];

impl Bench {
    pub(crate) fn new() -> Bench {
        let bench = Bench {
            directory: tempfile::tempdir().unwrap(),
        };
        bench.write(
            "gitconfig",
            "[user]\n\tname = Ann Example\n\temail = ann@example.com\n[init]\n\tdefaultBranch = main\n[protocol \"file\"]\n\tallow = always\n",
        );
        bench
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.directory.path().canonicalize().unwrap().join(name)
    }

    #[expect(clippy::disallowed_methods, reason = "files of a test")]
    pub(crate) fn write(&self, name: &str, text: impl AsRef<[u8]>) {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    /// The same for a name that need not be UTF-8.
    #[expect(clippy::disallowed_methods, reason = "files of a test")]
    pub(crate) fn write_raw(&self, name: &std::ffi::OsStr, text: impl AsRef<[u8]>) {
        std::fs::write(self.path("").join(name), text).unwrap();
    }

    /// A program of the test.
    #[cfg(unix)]
    pub(crate) fn script(&self, name: &str, text: &str) -> PathBuf {
        use std::os::unix::fs::PermissionsExt;
        self.write(name, format!("#!/bin/sh\n{text}\n"));
        let path = self.path(name);
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
        path
    }

    pub(crate) fn manner(&self) -> Manner {
        let home = self.path("").to_string_lossy().into_owned();
        let set = [
            ("HOME", home.clone()),
            ("XDG_CONFIG_HOME", home.clone()),
            ("GNUPGHOME", self.path("gpg").to_string_lossy().into_owned()),
            (
                "GIT_CONFIG_GLOBAL",
                self.path("gitconfig").to_string_lossy().into_owned(),
            ),
            ("GIT_CONFIG_NOSYSTEM", "1".into()),
            ("GIT_CEILING_DIRECTORIES", home),
        ];
        Manner {
            may_ask: MayAsk::No,
            time_limit: Duration::from_secs(60),
            variables: BTreeMap::from(set.map(|(name, value)| (name.to_owned(), value))),
        }
    }

    pub(crate) fn git(&self, name: &str) -> Git {
        Git::new(&self.path(name), self.manner())
    }

    /// Runs git, which must succeed; words are split at blanks.
    #[track_caller]
    pub(crate) fn run(&self, name: &str, words: &str) -> String {
        let args: Vec<&str> = words.split(' ').collect();
        let done = self.git(name).run(&args, None, &[]).unwrap();
        assert!(done.is_success(), "git {words}: {}", done.stderr);
        done.text()
    }

    /// A repository with one commit that holds these files, on `main`.
    pub(crate) fn repository(&self, name: &str, files: &[(&str, &str)]) -> Git {
        self.repository_of(name, files, "")
    }

    pub(crate) fn repository_of(&self, name: &str, files: &[(&str, &str)], option: &str) -> Git {
        std::fs::create_dir_all(self.path(name)).unwrap();
        self.run(name, format!("init --quiet {option}").trim_end());
        for (path, text) in files {
            self.write(&format!("{name}/{path}"), text);
        }
        self.commit(name, "first");
        self.git(name)
    }

    /// Commits everything in a work tree.
    pub(crate) fn commit(&self, name: &str, message: &str) -> Oid {
        self.run(name, "add --all");
        let git = self.git(name);
        let made = git.run(&["commit", "--quiet", "--allow-empty", "-m", message], None, &[]);
        assert!(made.as_ref().unwrap().is_success(), "{made:?}");
        self.tip(name, "HEAD")
    }

    /// A bare clone, to push to.
    pub(crate) fn bare(&self, name: &str, of: &str) -> PathBuf {
        let path = self.path(name).to_string_lossy().into_owned();
        self.run(of, &format!("clone --quiet --bare . {path}"));
        self.run(name, "config uploadpack.allowFilter true");
        self.run(name, "config uploadpack.allowAnySHA1InWant true");
        self.path(name)
    }

    /// A clone with `origin`.
    pub(crate) fn clone_of(&self, bare: &str, name: &str, option: &str) -> Git {
        let (from, to) = (self.path(bare), self.path(name));
        let words = format!("clone --quiet {option} file://{} {}", from.display(), to.display());
        self.run("", &words.replace("  ", " "));
        self.git(name)
    }

    #[track_caller]
    pub(crate) fn tip(&self, name: &str, revision: &str) -> Oid {
        Oid::parse(&self.run(name, &format!("rev-parse {revision}"))).unwrap()
    }

    pub(crate) fn open(&self, name: &str, way: Way) -> Repository {
        let git = self.git(name);
        match way {
            Way::Library => Repository::open_with(&self.path(name), &git).unwrap(),
            Way::Program => Repository::open_through_program(&self.path(name), &git).unwrap(),
        }
    }

    /// Commits files onto `parent` as rakops does, without moving anything.
    pub(crate) fn build(&self, repository: &Repository, parent: &Oid, files: &[(&str, &str)]) -> Oid {
        let base = repository.commit(parent).unwrap().unwrap();
        let files: Vec<(String, Vec<u8>)> = files
            .iter()
            .map(|(path, text)| ((*path).to_owned(), text.as_bytes().to_vec()))
            .collect();
        let tree = repository.write_tree(&base.tree, &files).unwrap();
        let git = Git::new(repository.root(), self.manner());
        repository.write_commit(&git, &plain(tree, parent)).unwrap()
    }

    /// Has git check every object.
    #[track_caller]
    pub(crate) fn fsck(&self, name: &str) {
        let checked = self
            .git(name)
            .run(&["fsck", "--strict", "--no-dangling"], None, &[])
            .unwrap();
        assert!(checked.is_success(), "{}{}", checked.text(), checked.stderr);
    }
}

/// A commit with a usual message.
pub(crate) fn plain(tree: Oid, parent: &Oid) -> NewCommit {
    NewCommit {
        tree,
        parents: vec![parent.clone()],
        message: "Change it".into(),
        author: None,
        sign: Sign::AsConfigured,
        fallback: None,
    }
}

pub(crate) fn branch(name: &str) -> BranchName {
    BranchName::parse(name).unwrap()
}
