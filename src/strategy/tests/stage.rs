//! A repository with a branch for each environment, and hops between them.

use std::collections::BTreeMap;

use crate::change::set::ChangeSet;
use crate::config::environments::Environments;
use crate::config::infer::Layout;
use crate::config::load;
use crate::error::Error;
use crate::git::names::Oid;
use crate::git::tests::bench::{Bench, Way};
use crate::snapshot::{CommitView, Snapshot};
use crate::strategy::hop::{Ask, Hop, Stand, Told};
use crate::strategy::named;

/// The usual configuration: three environments, each with a branch and an overlay.
pub(crate) const CONFIG: &str = "strategy: chain
environments:
  - {name: dev, branch: develop, path: overlays/dev}
  - {name: stg, branch: staging, path: overlays/stg}
  - {name: prd, branch: main, path: overlays/prd}
";

/// A stage, and what is asked for on it.
pub(crate) struct Stage {
    pub(crate) bench: Bench,
    /// The directory of the repository.
    pub(crate) name: &'static str,
    pub(crate) ask: Ask,
    pub(crate) told: BTreeMap<Oid, Told>,
    /// Seconds since 1970.
    pub(crate) now: i64,
}

impl Stage {
    /// `develop`, `staging` and `main` at one commit with these files.
    pub(crate) fn new(files: &[(&str, &str)]) -> Stage {
        Stage::with(CONFIG, files)
    }

    pub(crate) fn with(config: &str, files: &[(&str, &str)]) -> Stage {
        let bench = Bench::new();
        let files: Vec<(&str, &str)> = files.iter().copied().chain([("rakops.yaml", config)]).collect();
        bench.repository("r", &files);
        bench.run("r", "branch develop");
        bench.run("r", "branch staging");
        Stage {
            bench,
            name: "r",
            ask: Ask::default(),
            told: BTreeMap::new(),
            now: 4_000_000_000,
        }
    }

    pub(crate) fn git(&self, words: &str) -> String {
        self.bench.run(self.name, words)
    }

    pub(crate) fn on(&self, branch: &str) -> &Stage {
        self.git(&format!("switch --quiet {branch}"));
        self
    }

    /// Commits files on the branch that is checked out.
    pub(crate) fn put(&self, message: &str, files: &[(&str, &str)]) -> Oid {
        for (path, text) in files {
            self.bench.write(&format!("{}/{path}", self.name), text);
        }
        self.bench.commit(self.name, message)
    }

    pub(crate) fn tip(&self, revision: &str) -> Oid {
        self.bench.tip(self.name, revision)
    }

    pub(crate) fn show(&self, what: &str) -> String {
        self.git(&format!("show {what}"))
    }

    fn run(&self, args: &[&str]) {
        let done = self.bench.git(self.name).run(args, None, &[]).unwrap();
        assert!(done.is_success(), "git {args:?}: {}{}", done.text(), done.stderr);
    }

    /// Merges into the branch that is checked out, with a commit of its own.
    pub(crate) fn merge(&self, what: &str, message: &str) -> Oid {
        self.run(&["merge", "--quiet", "--no-ff", "-m", message, what]);
        self.tip("HEAD")
    }

    /// The same with one parent.
    pub(crate) fn squash(&self, what: &str, message: &str) -> Oid {
        self.run(&["merge", "--quiet", "--squash", what]);
        self.run(&["commit", "--quiet", "-m", message]);
        self.tip("HEAD")
    }

    /// Reverts a commit, by git's own words; of a merge its first parent is the main line.
    pub(crate) fn revert(&self, what: &Oid) -> Oid {
        let parents = self.git(&format!("rev-list --parents -1 {what}"));
        match parents.split(' ').count() {
            3 => self.run(&["revert", "--no-edit", "-m", "1", what.as_str()]),
            _ => self.run(&["revert", "--no-edit", what.as_str()]),
        }
        self.tip("HEAD")
    }

    fn look(&self, id: &Oid) -> Result<Snapshot, Error> {
        Snapshot::of_commit(CommitView {
            repository: self.bench.open(self.name, Way::Library),
            commit: id.clone(),
            promised_by: None,
        })
    }

    /// Calls `with` with the hop from one environment to another, of the branches' tips.
    pub(crate) fn hop<T>(&self, (from, to): (&str, &str), with: impl FnOnce(&Hop<'_>) -> T) -> T {
        self.hop_through((from, to, Way::Library), with)
    }

    pub(crate) fn hop_through<T>(&self, (from, to, way): (&str, &str, Way), with: impl FnOnce(&Hop<'_>) -> T) -> T {
        let repository = self.bench.open(self.name, way);
        let git = self.bench.git(self.name);
        let tip = |name: &str| match name {
            "dev" => self.tip("develop"),
            "stg" => self.tip("staging"),
            _ => self.tip("main"),
        };
        let (from_tip, to_tip) = (tip(from), tip(to));
        let (from_files, to_files) = (self.look(&from_tip).unwrap(), self.look(&to_tip).unwrap());
        let loaded = load::load(&to_files, None).unwrap();
        let environments = Environments::of(&loaded, &Layout::default());
        let tips: BTreeMap<String, Oid> = environments
            .list
            .iter()
            .map(|it| (it.name.clone(), tip(&it.name)))
            .collect();
        let hop = Hop {
            repository: &repository,
            git: &git,
            view: &|id| self.look(id),
            from: Stand {
                environments: environments.named(from).unwrap(),
                snapshot: &from_files,
                commit: &from_tip,
            },
            to: Stand {
                environments: environments.named(to).unwrap(),
                snapshot: &to_files,
                commit: &to_tip,
            },
            environments: &environments,
            loaded: &loaded,
            tips: &tips,
            ask: &self.ask,
            told: &self.told,
            own: Some("acme/manifests"),
            now: self.now,
        };
        with(&hop)
    }

    /// Plans a promotion as the configuration of TO says.
    pub(crate) fn plan(&self, from: &str, to: &str) -> Result<ChangeSet, Error> {
        self.hop((from, to), |hop| {
            let strategy = hop.loaded.config.strategy.unwrap();
            named(strategy).unwrap().plan_promotion(hop)
        })
    }
}
