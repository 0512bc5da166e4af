//! The commands that are harmed, each in a repository of its own.

use super::ground::Ground;
use crate::harness::Sandbox;
use crate::harness::forges::Bench;
use crate::harness::forges::github::GitHub;
use crate::harness::train::{file, overlay};

/// A scenario by its name.
pub(super) type Scenario = (&'static str, fn(&'static str) -> Ground);

/// All of them.
pub(super) const ALL: &[Scenario] = &[
    ("bump of three files", bump_files),
    ("bump --commit on the branch that is checked out", bump_commit),
    ("bump --commit onto another branch", bump_onto),
    ("bump --push", bump_push),
    ("bump --repo --push", bump_repo),
    ("bump --pr", bump_pr),
    ("promote --pr", promote_pr),
    ("overlay set that makes a file", overlay_set),
    ("promote by trunk", promote_trunk),
    ("promote by chain", promote_chain),
    ("promote by fan-out", promote_fan_out),
];

/// A repository with a remote, where `acme/api` stands in three files of `dev`.
fn three_files() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.repository();
    let text = "kind: Deployment\nmetadata: {name: api}\nspec:\n  template:\n    spec:\n      containers:\n      \
                - name: api\n        image: acme/api:1.0.0   # by a robot\n";
    for name in ["one", "two", "deep/three"] {
        sandbox.file(
            &format!("overlays/dev/{name}.yaml"),
            text.replace("name: api}", &format!("name: {}}}", name.replace('/', "-"))),
        );
    }
    sandbox.file(
        "overlays/dev/kustomization.yaml",
        "resources: [one.yaml, two.yaml, deep/three.yaml]\n",
    );
    sandbox.file("overlays/prd/kustomization.yaml", "resources: []\n");
    sandbox.commit_all("everything at 1.0.0");
    sandbox.git(["branch", "release"]);
    sandbox.remote();
    sandbox
}

const BUMP: [&str; 4] = ["bump", "acme/api=1.1.0", "--env", "dev"];

fn bump(name: &'static str, words: &[&str]) -> Ground {
    Ground::new(name, three_files(), &[&BUMP, words].concat())
}

fn bump_files(name: &'static str) -> Ground {
    bump(name, &[])
}

fn bump_commit(name: &'static str) -> Ground {
    bump(name, &["--commit"])
}

fn bump_onto(name: &'static str) -> Ground {
    bump(name, &["--commit", "--onto", "release"])
}

fn bump_push(name: &'static str) -> Ground {
    bump(name, &["--push", "--onto", "main", "--timeout", "5s"])
}

fn bump_repo(name: &'static str) -> Ground {
    let sandbox = three_files();
    let url = format!("file://{}", sandbox.root().join("remote.git").display());
    Ground::new(
        name,
        sandbox,
        &[
            &BUMP,
            &["--push", "--onto", "main", "--timeout", "5s", "--repo", &url][..],
        ]
        .concat(),
    )
}

/// A request with a label and a reviewer, so that something is done after it was opened.
fn bump_pr(name: &'static str) -> Ground {
    let words = "bump api=1.4.2 --env stg --label deploy --reviewer anna --pr --timeout 5s";
    let words: Vec<&str> = words.split(' ').collect();
    Ground::at_forge(name, Bench::shop(GitHub), &words)
}

fn promote_pr(name: &'static str) -> Ground {
    let bench = Bench::with_branches(GitHub, "fan-out");
    bench
        .sandbox
        .put(("staging", "Add one"), &[("base/one.yaml", "a: 1\n")]);
    let bump = [(&*file("stg"), &*overlay("1.1.0"))];
    bench.sandbox.put(("staging", "bump stg"), &bump);
    let words = [
        "promote",
        "stg",
        "prd",
        "--label",
        "deploy",
        "--pr",
        "-y",
        "--timeout",
        "5s",
    ];
    Ground::at_forge(name, bench, &words)
}

fn overlay_set(name: &'static str) -> Ground {
    let sandbox = Sandbox::new();
    sandbox.settings("", &[]);
    // A patch is called and kept as those of another environment are.
    sandbox.files(&[
        (
            "overlays/stg/kustomization.yaml",
            "resources: [../../base]\npatches:\n- path: patches/api-scale.yaml\n",
        ),
        (
            "overlays/stg/patches/api-scale.yaml",
            "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: api\nspec:\n  replicas: 1\n",
        ),
    ]);
    sandbox.commit_all("stg");
    let words = ["overlay", "set", "prd", "Deployment/api", "spec.replicas=5"];
    Ground::new(name, sandbox, &words)
}

fn promote_trunk(name: &'static str) -> Ground {
    let sandbox = Sandbox::new();
    sandbox.repository();
    sandbox.files(&[
        (
            "rakops.yaml",
            "strategy: trunk\nenvironments:\n- {name: dev}\n- {name: stg}\n- {name: prd, protected: false}\n",
        ),
        ("base/kustomization.yaml", "resources: [api.yaml]\n"),
        (
            "base/api.yaml",
            "kind: Deployment\nmetadata: {name: api}\nspec:\n  template:\n    spec:\n      containers:\n      \
             - {name: api, image: 'ghcr.io/acme/api:1.0.0'}\n",
        ),
        (&file("dev"), &overlay("1.2.0")),
        (&file("stg"), &overlay("1.1.0")),
        (&file("prd"), &overlay("1.0.0")),
    ]);
    sandbox.commit_all("a shop");
    sandbox.remote();
    Ground::new(
        name,
        sandbox,
        &["promote", "stg", "prd", "--push", "-y", "--timeout", "5s"],
    )
}

/// A shop with a branch for each environment, and a feature and a version that `main` lacks.
fn train(name: &'static str, strategy: &str) -> Ground {
    let sandbox = Sandbox::new();
    sandbox.branches(strategy);
    sandbox.put(("staging", "Add one"), &[("base/one.yaml", "a: 1\n")]);
    sandbox.put(("staging", "bump stg"), &[(&file("stg"), &overlay("1.1.0"))]);
    Ground::new(
        name,
        sandbox,
        &["promote", "stg", "prd", "--push", "-y", "--timeout", "5s"],
    )
}

fn promote_chain(name: &'static str) -> Ground {
    train(name, "chain")
}

fn promote_fan_out(name: &'static str) -> Ground {
    train(name, "fan-out")
}
