//! `rakops demo STRATEGY`: each walk shows what is hard with git alone, and then what rakops does there.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use crate::harness::golden::project;
use crate::harness::{Sandbox, advice};

/// What one walk printed, and where it happened.
struct Walk {
    sandbox: Sandbox,
    text: String,
    shop: PathBuf,
}

fn walk(strategy: &str) -> Walk {
    let sandbox = Sandbox::new();
    let output = sandbox.rakops(["demo", strategy, "--into", "."]).run().expect(0);
    assert!(!output.stderr.contains("error"), "{}", output.stderr);
    let text = output.stdout().to_owned();
    let home = sandbox.dir().read_dir().unwrap().flatten().next().unwrap().path();
    let shop = home.join("shop");
    assert!(text.contains(&format!("cd {}", shop.display())), "{text}");
    sandbox.git_in(&home.join("manifests.git"), ["fsck", "--strict"]);
    advice::assert_can_be_typed(&text);
    Walk { sandbox, text, shop }
}

impl Walk {
    /// Each part stands behind the one before it.
    fn shows(&self, parts: &[&str]) {
        let mut rest = self.text.as_str();
        for part in parts {
            let Some(at) = rest.find(part) else {
                panic!("`{part}` is missing, or not in its place, in\n{}", self.text);
            };
            rest = &rest[at + part.len()..];
        }
    }

    /// A file as the remote has it on a branch.
    fn there(&self, branch: &str, path: &str) -> String {
        let spec = format!("{branch}:{path}");
        self.sandbox
            .git_in(&self.shop.join("../manifests.git"), ["show", &spec])
    }
}

#[test]
fn the_walk_through_fan_out_finds_the_forgotten_merge_and_carries_it() {
    let walk = walk("fan-out");
    walk.shows(&[
        "$ git merge -q --no-ff --no-edit feature/log\n",
        "$ git grep -h LOG_LEVEL develop staging main -- base/api.yaml\n",
        "value: \"info\"",
        "$ rakops drift\n",
        "a newer change has passed it",
        "(exit 1)\n",
        "$ rakops promote stg prd -n\n",
        "+          - {name: LOG_LEVEL, value: \"warn\"}\n",
        "$ rakops promote stg prd --push\n",
        " landed on main\n",
        "Rakops-Promoted: stg -> prd ",
        "Rakops-Change: ",
        "$ rakops drift\n",
        "nothing was forgotten\n",
        "$ rakops promote stg prd --push\n",
        "prd runs what stg runs already\n",
    ]);
    assert!(walk.there("main", "base/api.yaml").contains("value: \"warn\""));
    assert!(
        walk.there("main", "overlays/prd/kustomization.yaml")
            .contains("newTag: 1.4.1        # approved")
    );
}

#[test]
fn the_walk_through_chain_shows_the_merges_takes_the_train_and_carries_a_hotfix_back() {
    let walk = walk("chain");
    walk.shows(&[
        "$ git log --oneline origin/main..main\n",
        "Run the worker every ten minutes\n",
        "$ rakops promote dev stg -n\n",
        "rides along: ",
        "$ rakops promote dev stg --through prd --push\n",
        " landed on staging\n",
        " landed on main\n",
        "$ rakops drift\n",
        "was never carried back",
        "repair: rakops promote prd stg --backport\n(exit 1)\n",
        "$ rakops promote prd dev --backport --push\n",
        " landed on develop\n",
        "$ rakops drift\n",
        "nothing was forgotten\n",
    ]);
    for branch in ["develop", "staging", "main"] {
        assert!(
            walk.there(branch, "base/worker.yaml")
                .contains("restartPolicy: OnFailure")
        );
        assert!(walk.there(branch, "base/api.yaml").contains("value: \"warn\""));
    }
    assert!(
        walk.there("main", "overlays/prd/kustomization.yaml")
            .contains("newTag: 1.4.2        # approved")
    );
    let proposed = walk.text.split("Go on playing:").nth(1).unwrap();
    let mut shown = String::new();
    for (_, line) in proposed.lines().filter_map(|line| line.split_once("rakops ")) {
        let shop = walk.shop.display().to_string();
        let args = ["-C", &shop].into_iter().chain(line.split(' ')).collect::<Vec<_>>();
        let ended = walk.sandbox.rakops(args).run().expect(0);
        shown += ended.stdout();
        shown += &ended.stderr;
    }
    assert!(
        shown.contains("would update overlays/stg/kustomization.yaml:8:13  ghcr.io/acme/api 1.4.2 -> 1.5.0"),
        "what is proposed shows something\n{shown}"
    );
}

#[test]
fn the_walk_through_trunk_tries_a_change_of_base_and_ends_the_trial_in_one_commit() {
    let walk = walk("trunk");
    walk.shows(&[
        "$ git grep -n targetRevision main -- argocd\n",
        "$ rakops impact feature/log\nbase/api.yaml\tshared\tdev,stg,prd\n",
        "error[untried]",
        "(exit 1)\n",
        "$ rakops track dev feature/log --push\n",
        "dev is on a trial: it follows feature/log\n",
        "$ rakops promote dev stg --push\n",
        "stg follows feature/log instead of main\n",
        "$ rakops promote stg prd --push\n",
        "dev follows main instead of feature/log\nstg follows main instead of feature/log\n",
        " 3 files changed, 3 insertions(+), 3 deletions(-)\n",
        "$ rakops track --list\ndev\tmain\t",
        "$ rakops promote stg prd api --push\n",
    ]);
    assert!(walk.there("main", "base/api.yaml").contains("value: \"warn\""));
    for environment in ["dev", "stg", "prd"] {
        let object = walk.there("main", &format!("argocd/{environment}.yaml"));
        assert!(object.contains("targetRevision: main   #"), "{object}");
    }
}

#[test]
fn a_walk_through_a_strategy_is_the_same_on_every_day() {
    let told = |strategy: &str| {
        let walk = walk(strategy);
        let home = walk.shop.parent().unwrap().to_string_lossy().into_owned();
        walk.text.replace(&home, "SANDBOX")
    };
    // Patterns are other names of the same.
    for (name, pattern) in [("fan-out", "1"), ("chain", "pattern2"), ("trunk", "3")] {
        assert_eq!(told(name), told(pattern));
    }
}

#[test]
fn a_strategy_that_is_none_is_a_wrong_word() {
    let output = Sandbox::new().rakops(["demo", "pattern4"]).run().expect(2);
    assert!(
        output.stderr.contains("[possible values: fan-out, chain, trunk]"),
        "{}",
        output.stderr
    );
}

/// Pages whose blocks show what the walks print.
const QUOTING: &[&str] = &[
    "drift.md",
    "strategy-fan-out.md",
    "strategy-chain.md",
    "strategy-trunk.md",
    "strategies.ja.md",
];

/// A line with one tab between columns, as on a pipe.
fn on_a_pipe(line: &str) -> String {
    let columns = line.trim_start().split("  ").map(str::trim).filter(|it| !it.is_empty());
    columns.collect::<Vec<_>>().join("\t")
}

/// Headings of tables are on a terminal only.
fn is_heading(line: &str) -> bool {
    line.contains("  ") && line.chars().all(|it| it.is_ascii_uppercase() || it == ' ')
}

#[test]
fn the_guides_quote_the_walks() {
    let told: BTreeSet<String> = ["fan-out", "chain", "trunk"]
        .iter()
        .flat_map(|strategy| walk(strategy).text.lines().map(on_a_pipe).collect::<Vec<_>>())
        .collect();
    let mut complaints = Vec::new();
    for page in QUOTING {
        let text = fs::read_to_string(project().join("docs/guide").join(page)).unwrap();
        let mut within = false;
        for (number, line) in (1..).zip(text.lines()) {
            if let Some(kind) = line.strip_prefix("```") {
                within = matches!(kind, "console" | "text");
            } else if within && !line.is_empty() && !line.starts_with("$ ") && !is_heading(line) {
                let is_told = told.contains(&on_a_pipe(line));
                if !is_told {
                    complaints.push(format!("{page}:{number}: no walk prints `{line}`"));
                }
            }
        }
    }
    assert!(complaints.is_empty(), "\n{}", complaints.join("\n"));
}
