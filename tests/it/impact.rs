//! `rakops impact`: which environments a change reaches.

use serde_json::{Value, json};

use crate::harness::Sandbox;
use crate::harness::trial::{FEATURE, application};

fn sandbox() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.shop_on_argo();
    sandbox
}

/// Asks about a change, and returns the environments and the kind.
#[track_caller]
fn ask(sandbox: &Sandbox, words: &[&str]) -> (Vec<String>, String) {
    let output = sandbox
        .rakops(["impact", "-o", "json"].iter().chain(words))
        .run()
        .expect(0)
        .json();
    let reached = output["environments"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|it| it["reached"] == true);
    let names = reached.map(|it| it["name"].as_str().unwrap().to_owned()).collect();
    (names, output["kind"].as_str().unwrap().to_owned())
}

fn all() -> Vec<String> {
    ["dev", "stg", "prd"].map(str::to_owned).into()
}

/// Commits one file on a branch of its own, cut from `main`.
fn change(sandbox: &Sandbox, branch: &str, files: &[(&str, &str)]) {
    sandbox.git(["switch", "--quiet", "--create", branch, "main"]);
    sandbox.files(files);
    sandbox.commit_all("a change");
}

#[test]
fn a_change_of_the_base_is_shared_and_names_its_way() {
    let sandbox = sandbox();
    sandbox.git(["switch", "--quiet", FEATURE]);
    let output = sandbox.rakops(["impact", "-o", "json"]).run().expect(0).json();
    assert_eq!(
        output,
        json!({
            "schema": "rakops/v1", "command": "impact", "range": "main...feature/base", "kind": "shared",
            "environments": (["dev", "stg", "prd"]).map(|name| json!({
                "name": name, "reached": true,
                "through": ["base/api.yaml", "base/kustomization.yaml", format!("overlays/{name}/kustomization.yaml")],
            })),
            "files": [{"file": "base/api.yaml", "change": "changed", "kind": "shared", "environments": ["dev", "stg", "prd"]}],
            "files_without_environment": [], "warnings": [],
        })
    );
    let text = sandbox.rakops(["impact"]).run().expect(0);
    assert_eq!(text.stdout(), "base/api.yaml\tshared\tdev,stg,prd\n");
    assert_eq!(
        text.stderr,
        "main...feature/base is a shared change: it reaches dev, stg, prd\n"
    );
    let names = sandbox.rakops(["impact", "-o", "name", "--exit-code"]).run().expect(1);
    assert_eq!(names.stdout(), "dev\nstg\nprd\n");
}

#[test]
fn a_change_of_an_overlay_reaches_its_environment_and_a_readme_none() {
    let sandbox = sandbox();
    change(
        &sandbox,
        "one",
        &[("overlays/stg/extra.yaml", "a: 1\n"), ("README.md", "hello\n")],
    );
    let output = sandbox.rakops(["impact", "-o", "json"]).run().expect(0).json();
    assert_eq!(
        (&output["kind"], &output["files_without_environment"]),
        (&"overlay".into(), &json!(["README.md"]))
    );
    assert_eq!(
        output["environments"][1],
        json!({"name": "stg", "reached": true, "through": ["overlays/stg/extra.yaml"]})
    );
    assert_eq!(
        output["environments"][0],
        json!({"name": "dev", "reached": false, "through": []})
    );
    change(&sandbox, "two", &[("README.md", "hello\n")]);
    let output = sandbox.rakops(["impact", "--exit-code"]).run().expect(0);
    assert_eq!(
        (output.stdout(), output.stderr.contains("reaches no environment")),
        ("", true)
    );
}

#[test]
fn every_way_of_a_kustomization_and_of_an_application_is_followed() {
    let sandbox = sandbox();
    sandbox.files(&[
        (
            "overlays/dev/kustomization.yaml",
            "resources: [../../base]\ncomponents: [../../components/tls]\npatches: [{path: ../../patches/p.yaml}]\n\
             configMapGenerator: [{name: c, files: [key=../../config/c.env]}]\nhelmCharts: [{name: x, valuesFile: ../../helm/x.yaml}]\n",
        ),
        ("components/tls/kustomization.yaml", "kind: Component\n"),
        ("patches/p.yaml", "a: 1\n"),
        ("config/c.env", "A=1\n"),
        ("helm/x.yaml", "a: 1\n"),
        ("charts/api/Chart.yaml", "name: api\n"),
        ("charts/api/values.yaml", "a: 1\n"),
        ("charts/api/values-prd.yaml", "a: 2\n"),
        ("charts/api/templates/x.yaml", "a: 2\n"),
    ]);
    for environment in ["stg", "prd"] {
        let values = format!("charts/api\n    helm: {{valueFiles: [values.yaml, values-{environment}.yaml]}}");
        let text = application(environment).replace(&format!("overlays/{environment}"), &values);
        sandbox.file(&format!("argocd/api-{environment}.yaml"), text.replace("shop-", "api-"));
    }
    sandbox.commit_all("all ways");
    sandbox.git(["push", "--quiet", "origin", "main"]);
    for (number, (file, expected)) in [
        ("components/tls/kustomization.yaml", vec!["dev"]),
        ("patches/p.yaml", vec!["dev"]),
        ("config/c.env", vec!["dev"]),
        ("helm/x.yaml", vec!["dev"]),
        ("charts/api/values.yaml", vec!["stg", "prd"]),
        ("charts/api/templates/x.yaml", vec!["stg", "prd"]),
        ("charts/api/values-prd.yaml", vec!["prd"]),
        ("argocd/api-stg.yaml", vec!["stg"]),
        ("argocd/prd.yaml", vec!["prd"]),
    ]
    .into_iter()
    .enumerate()
    {
        let text = format!("{}# more\n", sandbox.show(&format!("main:{file}")));
        change(&sandbox, &format!("change-{number}"), &[(file, &text)]);
        assert_eq!(ask(&sandbox, &[]).0, expected, "{file}");
    }
}

#[test]
fn a_file_that_is_gone_reaches_what_it_reached_before() {
    let sandbox = sandbox();
    sandbox.git(["switch", "--quiet", "--create", "gone"]);
    sandbox.git(["rm", "--quiet", "base/web.yaml"]);
    sandbox.file("base/kustomization.yaml", "resources:\n- api.yaml\n");
    sandbox.commit_all("no web any more");
    let output = sandbox.rakops(["impact", "-o", "json"]).run().expect(0).json();
    let gone = output["files"]
        .as_array()
        .unwrap()
        .iter()
        .find(|it| it["file"] == "base/web.yaml")
        .unwrap();
    assert_eq!((&gone["change"], &gone["kind"]), (&"deleted".into(), &"shared".into()));
}

#[test]
fn a_range_is_what_git_says_and_one_revision_is_since_it_left_the_default_branch() {
    let sandbox = sandbox();
    sandbox.change_on_main("overlays/dev/kustomization.yaml", "1.4.1", "1.5.0");
    assert_eq!(ask(&sandbox, &[FEATURE]), (all(), "shared".into()));
    assert_eq!(ask(&sandbox, &["main...feature/base"]), (all(), "shared".into()));
    // On the default branch: the last commit.
    assert_eq!(ask(&sandbox, &[]), (vec!["dev".into()], "overlay".into()));
    assert_eq!(ask(&sandbox, &["main"]), (vec!["dev".into()], "overlay".into()));
    assert_eq!(ask(&sandbox, &["main~1..main"]), (vec!["dev".into()], "overlay".into()));
    assert_eq!(ask(&sandbox, &["main..main"]), (vec![], "none".into()));
    let two = sandbox
        .rakops(["impact", "main..feature/base", "-o", "json"])
        .run()
        .expect(0)
        .json();
    assert_eq!(two["files"].as_array().unwrap().len(), 2, "{two}");
    let output = sandbox.rakops(["impact", "nothing"]).run().expect(5);
    assert!(
        output.stderr.starts_with("error[revision-not-found]"),
        "{}",
        output.all()
    );
}

#[test]
fn a_directory_in_no_repository_has_no_changes() {
    let sandbox = Sandbox::new();
    sandbox.file("base/kustomization.yaml", "resources: []\n");
    let output = sandbox.rakops(["impact"]).run().expect(5);
    assert!(output.stderr.contains("lies in no git repository"), "{}", output.all());
    assert!(!output.stderr.contains("--commit"), "{}", output.all());
}

#[test]
fn the_first_commit_of_all_is_a_change_too() {
    let sandbox = Sandbox::new();
    sandbox.shop();
    assert_eq!(ask(&sandbox, &[]), (all(), "shared".into()));
}

#[test]
fn what_is_not_committed_counts_only_where_it_is_asked_for() {
    let sandbox = sandbox();
    sandbox.file("overlays/prd/kustomization.yaml", "resources: [../../base]\n");
    sandbox.file("overlays/dev/new.yaml", "a: 1\n");
    let (names, _) = ask(&sandbox, &["-w"]);
    assert_eq!(names, ["dev", "prd"]);
    assert!(!ask(&sandbox, &[]).0.contains(&"prd".to_owned()) || ask(&sandbox, &[]).0 == all());
    let _ = sandbox.rakops(["impact", "-w", "main..main"]).run().expect(2);
}

#[test]
fn a_head_of_no_branch_is_looked_at_as_any_other() {
    let sandbox = sandbox();
    sandbox.git(["switch", "--quiet", "--detach", FEATURE]);
    assert_eq!(ask(&sandbox, &[]), (all(), "shared".into()));
    sandbox.git(["branch", "--quiet", "-D", FEATURE, "main"]);
    assert_eq!(ask(&sandbox, &["main...HEAD"]), (all(), "shared".into()));
}

#[test]
fn a_shallow_clone_says_what_to_fetch() {
    let sandbox = sandbox();
    let url = format!("file://{}", sandbox.remote_path().display());
    sandbox.git_in(
        sandbox.root(),
        ["clone", "--quiet", "--depth=1", "--branch", FEATURE, &url, "shallow"],
    );
    let clone = sandbox.root().join("shallow");
    let impact = |code| sandbox.rakops(["impact"]).cwd(&clone).run().expect(code);
    let first = impact(5);
    assert!(
        first.stderr.contains("git fetch origin main:refs/remotes/origin/main"),
        "{}",
        first.all()
    );
    sandbox.git_in(
        &clone,
        [
            "fetch",
            "--quiet",
            "--depth=1",
            "origin",
            "main:refs/remotes/origin/main",
        ],
    );
    let second = impact(5);
    assert!(
        second.stderr.contains("git fetch --unshallow origin"),
        "{}",
        second.all()
    );
    sandbox.git_in(&clone, ["fetch", "--quiet", "--unshallow", "origin"]);
    assert!(impact(0).stdout().contains("base/api.yaml\tshared"));
}

#[test]
fn a_remote_repository_is_looked_at_with_no_checkout() {
    let sandbox = sandbox();
    let url = format!("file://{}", sandbox.remote_path().display());
    let of = |range: &str| {
        let words = ["impact", range, "--repo", &url, "-o", "name"];
        sandbox
            .rakops(words)
            .cwd(sandbox.root().join("tmp"))
            .run()
            .expect(0)
            .stdout()
            .to_owned()
    };
    assert_eq!(of(FEATURE), "dev\nstg\nprd\n");
    assert_eq!(of("main...feature/base"), "dev\nstg\nprd\n");
    assert_eq!(of("main~1..main"), "dev\nstg\nprd\n");
    let output = sandbox.rakops(["impact", "-w", "--repo", &url]).run().expect(2);
    assert!(output.stderr.contains("no work tree"), "{}", output.all());
}

#[test]
fn what_the_configuration_calls_shared_is_shared() {
    let sandbox = sandbox();
    sandbox.file(
        "rakops.yaml",
        "check: {shared: {paths: [policies, 'charts/*/values.yaml']}}\n",
    );
    sandbox.commit_all("configuration");
    sandbox.git(["push", "--quiet", "origin", "main"]);
    change(
        &sandbox,
        "policy",
        &[("policies/a/b.rego", "x\n"), ("charts/x/values.yaml", "a: 1\n")],
    );
    let output = sandbox.rakops(["impact", "-o", "json"]).run().expect(0).json();
    let kinds: Vec<&Value> = output["files"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| &it["kind"])
        .collect();
    assert_eq!(kinds, ["shared", "shared"]);
}

#[test]
fn under_a_strategy_with_branches_a_change_is_for_those_that_follow_its_branch() {
    let sandbox = sandbox();
    sandbox.file(
        "rakops.yaml",
        "strategy: chain\nenvironments:\n- {name: dev, branch: develop, path: '.'}\n- {name: prd, branch: main, path: '.'}\n",
    );
    sandbox.commit_all("configuration");
    sandbox.git(["push", "--quiet", "origin", "main"]);
    change(&sandbox, "develop", &[("base/web.yaml", "a: 1\n")]);
    assert_eq!(ask(&sandbox, &[]), (vec!["dev".into()], "overlay".into()));
    // A branch of nobody's goes on to all of them.
    change(&sandbox, "feature/x", &[("base/web.yaml", "a: 1\n")]);
    assert_eq!(ask(&sandbox, &[]), (vec!["dev".into(), "prd".into()], "shared".into()));
}

#[test]
fn a_configuration_that_could_not_be_read_before_stops_nobody_who_repairs_it() {
    let sandbox = sandbox();
    sandbox.file("rakops.yaml", "nonsense: true\n");
    sandbox.commit_all("broken");
    sandbox.git(["push", "--quiet", "origin", "main"]);
    change(
        &sandbox,
        "repair",
        &[("rakops.yaml", "strategy: trunk\n"), ("base/web.yaml", "a: 1\n")],
    );
    let output = sandbox.rakops(["impact"]).run().expect(0);
    assert!(output.stdout().contains("base/web.yaml\tshared"), "{}", output.all());
    assert!(
        output.stderr.contains("the old side is not looked at"),
        "{}",
        output.all()
    );
}

#[test]
fn a_server_that_leaves_out_what_is_not_asked_for_is_asked_for_it() {
    let sandbox = sandbox();
    sandbox.git_at_remote(&["config", "uploadpack.allowFilter", "true"]);
    sandbox.git_at_remote(&["config", "uploadpack.allowAnySHA1InWant", "true"]);
    sandbox.change_on_main("overlays/dev/kustomization.yaml", "1.4.1", "1.5.0");
    let url = format!("file://{}", sandbox.remote_path().display());
    let run = |words: &[&str], code| {
        let all = words.iter().copied().chain(["--repo", url.as_str()]);
        sandbox.rakops(all).cwd(sandbox.root().join("tmp")).run().expect(code)
    };
    assert_eq!(run(&["impact", FEATURE, "-o", "name"], 0).stdout(), "dev\nstg\nprd\n");
    assert!(run(&["check", FEATURE], 1).stdout().contains("untried"));
    assert!(
        run(&["track", "dev", FEATURE, "-n"], 3)
            .stderr
            .contains("error[stale-branch]")
    );
    let _ = run(&["track", "stg", FEATURE, "-n"], 0);
}
