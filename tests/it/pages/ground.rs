//! The places where the blocks of pages run.

use std::fs;
use std::path::{Path, PathBuf};

use crate::harness::Sandbox;
use crate::harness::forges::github::GitHub;
use crate::harness::forges::gitlab::GitLab;
use crate::harness::forges::shelf::Shelf;
use crate::harness::forges::{Fake, REPOSITORY, Speaks, TOKEN};
use crate::harness::golden::project;

/// 2026-01-06, 09:00 UTC: the day after the demos have played.
const AFTER_THE_DEMO: u64 = 1_767_690_000;

/// A sandbox with what its pages see around it.
pub(super) struct Ground {
    pub(super) sandbox: Sandbox,
    /// Where the next command runs.
    pub(super) directory: PathBuf,
    /// What commands of the page have set, and what its forge needs.
    pub(super) variables: Vec<(String, String)>,
    /// What is shown in place of an address on the loopback.
    pub(super) shown: Vec<(String, String)>,
    forge: Option<Fake>,
    /// Whether files of the page wait for their commit.
    is_dirty: bool,
}

impl Ground {
    /// The place of this name:
    ///
    /// | name | holds |
    /// |---|---|
    /// | `shop` | the shop of `rakops demo` before anything has happened, as a repository |
    /// | `shop on GitHub` | the same with a remote and a forge in front of it |
    /// | `GitHub`, `GitLab` | an empty repository on such a forge |
    /// | `fan-out`, `chain`, `trunk` | what `rakops demo` of this name leaves |
    /// | `empty` | an empty directory |
    pub(super) fn named(name: &str) -> Ground {
        let mut ground = Ground::empty();
        match name {
            "empty" => {}
            "shop" => ground.shop(),
            "shop on GitHub" => {
                ground.shop();
                ground.on(GitHub, "github.com");
            }
            "GitHub" | "GitLab" => {
                ground.sandbox.repository();
                ground.sandbox.file(".gitignore", "");
                ground.sandbox.commit_all("Begin");
                match name {
                    "GitHub" => ground.on(GitHub, "github.com"),
                    _ => ground.on(GitLab, "gitlab.com"),
                }
            }
            "fan-out" | "chain" | "trunk" => ground.demo(name),
            other => panic!("no sandbox is named `{other}`; tests/it/pages/ground.rs has them"),
        }
        ground
    }

    fn empty() -> Ground {
        let sandbox = Sandbox::new();
        sandbox.advance(AFTER_THE_DEMO - sandbox.now());
        let directory = sandbox.dir();
        let shown = vec![(directory.to_string_lossy().into_owned(), "~".to_owned())];
        Ground {
            sandbox,
            directory,
            variables: Vec::new(),
            shown,
            forge: None,
            is_dirty: false,
        }
    }

    /// The shop as `rakops demo` builds it, before anything has happened there.
    fn shop(&mut self) {
        self.sandbox.repository();
        copy(&project().join("src/ops/demo/shop"), &self.directory);
        self.sandbox.commit_all("A small shop");
    }

    /// Puts a remote and a forge before the repository; the page sees it under `host`.
    fn on(&mut self, speaks: impl Speaks + 'static, host: &str) {
        let (kind, variable) = (speaks.kind(), speaks.variable());
        let bare = self.sandbox.remote().path().to_path_buf();
        let forge = Fake::start(speaks, Shelf::new(bare.clone(), self.sandbox.env()));
        let url = format!("http://{}", forge.address);
        self.shown.insert(0, (url.clone(), format!("https://{host}")));
        self.shown.insert(
            0,
            (
                bare.to_string_lossy().into_owned(),
                format!("https://{host}/{REPOSITORY}.git"),
            ),
        );
        self.variables = [
            ("RAKOPS_FORGE_URL", url.as_str()),
            ("RAKOPS_FORGE_KIND", kind),
            ("RAKOPS_FORGE_REPOSITORY", REPOSITORY),
            (variable, TOKEN),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .into();
        self.forge = Some(forge);
    }

    fn demo(&mut self, strategy: &str) {
        self.sandbox.rakops(["demo", strategy, "--into", "."]).run().expect(0);
        let made = fs::read_dir(&self.directory).unwrap().flatten().next().unwrap();
        self.directory = made.path().join("shop");
        self.shown
            .insert(0, (self.directory.to_string_lossy().into_owned(), "~/shop".to_owned()));
    }

    /// Writes a file of the page.
    pub(super) fn file(&mut self, path: &str, contents: &str) {
        let file = self.directory.join(path);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, contents).unwrap();
        self.is_dirty = true;
    }

    /// Commits and pushes what the page has written since the last block.
    pub(super) fn settle(&mut self) {
        if !self.is_dirty || !self.directory.join(".git").exists() {
            return;
        }
        self.sandbox.commit_all("Files of this page");
        if !self.sandbox.git(["remote"]).is_empty() {
            self.sandbox.git(["push", "--quiet"]);
        }
        self.is_dirty = false;
    }
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap().flatten() {
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}
