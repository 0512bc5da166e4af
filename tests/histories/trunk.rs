//! Generated histories of trunk: bumps, hotfixes, rollbacks, settings and edits of the base, then a promotion. Production must
//! have staging's versions, every other byte must be as before, and a second promotion must change nothing.

use std::fmt::Write as _;
use std::io::Write as _;
use std::process::{Command, Stdio};

use super::dice::Dice;
use crate::harness::Sandbox;

const APPS: usize = 3;
const ENVIRONMENTS: [&str; 3] = ["dev", "stg", "prd"];
const STG: usize = 1;
const PRD: usize = 2;

/// What one environment's overlay of one app says.
#[derive(Clone)]
struct Overlay {
    version: String,
    pool: usize,
    replicas: usize,
}

impl Overlay {
    fn text(&self, app: usize) -> String {
        format!(
            "# app {app}, by hand\nresources: [../../base]\nimages:\n- name: ghcr.io/acme/app{app}\n  newTag: '{}'   # pinned\nreplicas:\n- {{name: app{app}, count: {}}}\n\
             configMapGenerator:\n- name: app\n  literals:\n  - POOL={}\n",
            self.version, self.replicas, self.pool
        )
    }
}

/// A history as it is written, and what it has come to.
struct History {
    stream: String,
    time: u64,
    overlays: Vec<Vec<Overlay>>,
    /// What production ran, by app, newest last.
    ran: Vec<Vec<String>>,
}

impl History {
    fn file(app: usize, environment: usize) -> String {
        format!(
            "apps/app{app}/overlays/{}/kustomization.yaml",
            ENVIRONMENTS[environment]
        )
    }

    fn commit(&mut self, message: &str, files: &[(String, String)]) {
        self.time += 3_600;
        let head = format!(
            "commit refs/heads/main\ncommitter Ann <ann@example.com> {} +0000\ndata {}\n{message}\n",
            self.time,
            message.len()
        );
        self.stream.push_str(&head);
        for (path, text) in files {
            write!(self.stream, "M 644 inline {path}\ndata {}\n{text}\n", text.len()).unwrap();
        }
    }

    fn begin() -> History {
        let first = Overlay {
            version: "1.0.0".into(),
            pool: 1,
            replicas: 1,
        };
        let mut history = History {
            stream: String::new(),
            time: 1_760_000_000,
            overlays: vec![vec![first; ENVIRONMENTS.len()]; APPS],
            ran: vec![vec!["1.0.0".to_owned()]; APPS],
        };
        let config = "strategy: trunk\nenvironments:\n- {name: dev, path: 'apps/*/overlays/dev'}\n- {name: stg, path: 'apps/*/overlays/stg'}\n\
                      - {name: prd, path: 'apps/*/overlays/prd', protected: false}\n";
        let mut files = vec![("rakops.yaml".to_owned(), config.to_owned())];
        for app in 0..APPS {
            let base = format!("apps/app{app}/base");
            files.push((format!("{base}/kustomization.yaml"), "resources: [app.yaml]\n".into()));
            files.push((format!("{base}/app.yaml"), History::deployment(app, 0)));
            files.extend(
                (0..ENVIRONMENTS.len()).map(|it| (History::file(app, it), history.overlays[app][it].text(app))),
            );
        }
        history.commit("begin", &files);
        history
    }

    fn deployment(app: usize, edits: usize) -> String {
        format!(
            "apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: app{app}}}\nspec:\n  template:\n    spec:\n      containers:\n      \
             - name: main\n        image: ghcr.io/acme/app{app}:0.9.0\n        args: [serve, '{edits}']\n"
        )
    }

    fn set(&mut self, (app, environment): (usize, usize), message: &str) {
        let file = (
            History::file(app, environment),
            self.overlays[app][environment].text(app),
        );
        self.commit(message, &[file]);
    }

    fn step(&mut self, dice: &mut Dice, number: usize) {
        let (app, environment) = (dice.below(APPS), dice.below(ENVIRONMENTS.len()));
        match dice.below(6) {
            0 | 1 => {
                self.overlays[app][environment].version = format!("1.{}.{}", 1 + dice.below(4), dice.below(3));
                self.set((app, environment), "bump");
            }
            2 => {
                self.overlays[app][PRD].version = format!("1.{}.0-fix{number}", dice.below(4));
                self.set((app, PRD), "hotfix");
            }
            3 => {
                let before = self.ran[app].iter().rev().nth(1).cloned();
                self.overlays[app][PRD].version = before.unwrap_or_else(|| "1.0.0".into());
                self.set((app, PRD), "roll back by hand");
            }
            4 => {
                let overlay = &mut self.overlays[app][environment];
                (overlay.pool, overlay.replicas) = (dice.below(9), 1 + dice.below(5));
                self.set((app, environment), "settings");
            }
            _ => {
                let file = format!("apps/app{app}/base/app.yaml");
                self.commit("edit the base", &[(file, History::deployment(app, number))]);
            }
        }
        let now = self.overlays[app][PRD].version.clone();
        if self.ran[app].last() != Some(&now) {
            self.ran[app].push(now);
        }
    }
}

fn judge(seed: u64) {
    let mut dice = Dice::new(seed ^ 0x5eed);
    let mut history = History::begin();
    for number in 0..4 + dice.below(14) {
        history.step(&mut dice, number);
    }
    let sandbox = Sandbox::new();
    sandbox.repository();
    let mut import = Command::new("git")
        .args(["fast-import", "--quiet"])
        .current_dir(sandbox.dir())
        .env_clear()
        .envs(sandbox.env())
        .stdin(Stdio::piped())
        .spawn()
        .unwrap();
    import
        .stdin
        .take()
        .unwrap()
        .write_all(history.stream.as_bytes())
        .unwrap();
    assert!(import.wait().unwrap().success());
    sandbox.git(["reset", "--quiet", "--hard", "main"]);
    let again = format!("again: RAKOPS_HISTORY={seed} cargo test --test it histories::trunk");
    let words = [
        "promote",
        "stg",
        "prd",
        "--commit",
        "--allow",
        "downgrade,overwrite,rolled-back",
    ];
    let output = sandbox.rakops(words).run();
    assert_eq!(output.code, 0, "{again}\n{}", output.all());
    let mut expected: Vec<String> = Vec::new();
    for app in 0..APPS {
        let carried = Overlay {
            version: history.overlays[app][STG].version.clone(),
            ..history.overlays[app][PRD].clone()
        };
        let there = sandbox.read(&History::file(app, PRD));
        assert_eq!(there, carried.text(app), "{again}");
        if carried.version != history.overlays[app][PRD].version {
            expected.push(History::file(app, PRD));
        }
    }
    let changed = match expected.is_empty() {
        true => String::new(),
        false => sandbox.git(["diff", "--name-only", "HEAD~1", "HEAD"]),
    };
    assert_eq!(changed.lines().collect::<Vec<_>>(), expected, "{again}");
    let tip = sandbox.tip("main");
    let _ = sandbox.rakops(words).run().expect(0);
    assert_eq!(sandbox.tip("main"), tip, "{again}");
}

/// Plays and judges them in two threads.
pub(crate) fn judge_trunk(seeds: &std::ops::Range<u64>) {
    std::thread::scope(|scope| {
        for half in 0..2 {
            let seeds = seeds.clone();
            scope.spawn(move || seeds.filter(|seed| seed % 2 == half).for_each(judge));
        }
    });
}
