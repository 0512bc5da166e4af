//! `rakops audit` from git alone, what it writes, and what it refuses.

use serde_json::Value;

use crate::harness::Sandbox;
use crate::harness::forges::Bench;
use crate::harness::forges::github::GitHub;

const DEPLOYMENT: &str = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: api}\nspec:\n  replicas: 3\n  template:\n    spec:\n      \
                          containers:\n      - name: main\n        image: ghcr.io/acme/api:1.0.0\n";

fn overlay(version: &str) -> String {
    format!("resources: [../../base]\nimages:\n- name: ghcr.io/acme/api\n  newTag: {version}\n")
}

fn application(environment: &str, revision: &str) -> String {
    format!(
        "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata:\n  name: m-{environment}\nspec:\n  source:\n    repoURL: \
         https://github.com/acme/m.git\n    path: overlays/{environment}\n    targetRevision: {revision}\n"
    )
}

/// A repository of its own without a forge; production and staging build on one base.
fn repository() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.git(["init", "--quiet", "--initial-branch", "main"]);
    sandbox.file("base/kustomization.yaml", "resources: [deployment.yaml]\n");
    sandbox.file("base/deployment.yaml", DEPLOYMENT);
    for environment in ["stg", "prd"] {
        sandbox.file(&format!("overlays/{environment}/kustomization.yaml"), overlay("1.4.1"));
    }
    commit(&sandbox, "begin");
    sandbox
}

fn commit(sandbox: &Sandbox, words: &str) -> String {
    sandbox.advance(86_400);
    sandbox.commit_all(words)
}

fn rows(sandbox: &Sandbox, words: &[&str]) -> Vec<Value> {
    let common = ["audit", "--since", "2000-01-01", "--no-forge", "-o", "json"];
    let output = sandbox.rakops(common.iter().chain(words).copied()).run().expect(0);
    output.json()["rows"].as_array().unwrap().clone()
}

fn titles(rows: &[Value]) -> Vec<&str> {
    rows.iter().map(|row| row["title"].as_str().unwrap()).collect()
}

#[test]
fn a_row_is_what_reached_the_environment_through_the_builds_of_the_time() {
    let sandbox = repository();
    sandbox.file("overlays/prd/kustomization.yaml", overlay("1.4.2"));
    commit(&sandbox, "prd alone");
    sandbox.file("base/deployment.yaml", DEPLOYMENT.replace("replicas: 3", "replicas: 5"));
    commit(&sandbox, "shared");
    sandbox.file("overlays/stg/kustomization.yaml", overlay("1.5.0"));
    commit(&sandbox, "stg alone");
    sandbox.file("README.md", "nobody builds this\n");
    commit(&sandbox, "nothing");
    // From now on production builds on nothing shared.
    sandbox.file("overlays/prd/deployment.yaml", DEPLOYMENT);
    sandbox.file(
        "overlays/prd/kustomization.yaml",
        overlay("1.4.2").replace("../../base", "deployment.yaml"),
    );
    commit(&sandbox, "apart");
    sandbox.file("base/deployment.yaml", DEPLOYMENT.replace("replicas: 3", "replicas: 7"));
    commit(&sandbox, "not shared any more");
    let rows = rows(&sandbox, &["prd"]);
    assert_eq!(titles(&rows), ["apart", "shared", "prd alone", "begin"]);
    let image = &rows[2]["images"][0];
    assert_eq!((&image["from"], &image["to"]), (&"1.4.1".into(), &"1.4.2".into()));
    let setting = &rows[1]["settings"][0];
    assert_eq!(
        (&setting["selector"], &setting["from"], &setting["to"]),
        (&"Deployment/api spec.replicas".into(), &"3".into(), &"5".into())
    );
    assert_eq!(rows[1]["gaps"], serde_json::json!(["approval-unknown"]));
}

#[test]
fn what_comes_by_switching_to_another_branch_and_back_is_told() {
    let sandbox = repository();
    sandbox.git(["remote", "add", "origin", "https://github.com/acme/m.git"]);
    sandbox.file("argocd/stg.yaml", application("stg", "main"));
    commit(&sandbox, "follow main");
    sandbox.git(["switch", "--quiet", "--create", "feature/x"]);
    sandbox.file("overlays/stg/kustomization.yaml", overlay("2.0.0"));
    commit(&sandbox, "trial");
    sandbox.git(["switch", "--quiet", "main"]);
    sandbox.file("argocd/stg.yaml", application("stg", "feature/x"));
    let switch = commit(&sandbox, "switch");
    sandbox.file("base/deployment.yaml", DEPLOYMENT.replace("replicas: 3", "replicas: 5"));
    commit(&sandbox, "while away");
    let away = rows(&sandbox, &["stg", "--local"]);
    assert_eq!(titles(&away)[..2], ["trial", "switch"], "{away:#?}");
    assert_eq!(away[0]["through"], switch.as_str());
    let tracks = &away[1]["tracks"][0];
    assert_eq!((&tracks["from"], &tracks["to"]), (&"main".into(), &"feature/x".into()));
    assert!(!titles(&away).contains(&"while away"));

    sandbox.file("argocd/stg.yaml", application("stg", "main"));
    commit(&sandbox, "back");
    let back = rows(&sandbox, &["stg", "--local"]);
    assert!(titles(&back).contains(&"while away"), "{back:#?}");
    sandbox.git(["branch", "-D", "feature/x"]);
    let words = ["audit", "stg", "--since", "2000-01-01", "--no-forge", "--local"];
    let output = sandbox.rakops(words).run().expect(0);
    assert!(
        output.stderr.contains("not known: what stg followed"),
        "{}",
        output.all()
    );
}

#[test]
fn a_false_date_hides_no_change_and_a_span_has_both_ends() {
    let sandbox = repository();
    sandbox.file("overlays/prd/kustomization.yaml", overlay("1.4.2"));
    commit(&sandbox, "second");
    let all = rows(&sandbox, &["prd"]);
    let at = all[0]["at"].as_str().unwrap().to_owned();
    let of = |words: &[&str]| {
        let common = ["audit", "prd", "--no-forge", "-o", "json"];
        let output = sandbox.rakops(common.iter().chain(words).copied()).run().expect(0);
        output.json()["rows"].as_array().unwrap().len()
    };
    assert_eq!(of(&["--since", &at]), 1);
    assert_eq!(of(&["--since", &at[..10], "--until", &at[..10]]), 1);
    assert_eq!(of(&["--since", "2000-01-01", "--until", "2000-12-31"]), 0);
    for words in [["--since", "yesterday"], ["--since", "2026-02-30"]] {
        sandbox
            .rakops(["audit", "prd"].iter().chain(&words).copied())
            .run()
            .expect(2);
    }
    let words = ["audit", "--since", "2026-10-02", "--until", "2026-10-01"];
    sandbox.rakops(words).run().expect(2);
}

#[test]
fn a_report_is_written_in_four_forms_and_nothing_in_it_is_markup_or_a_formula() {
    let sandbox = repository();
    sandbox.file("overlays/prd/kustomization.yaml", overlay("1.4.2"));
    commit(&sandbox, "=HYPERLINK(\"x\")<script>alert(1)</script>|`@acme/all`");
    sandbox.git([
        "commit",
        "--quiet",
        "--amend",
        "--no-edit",
        "--author",
        "Anna <anna@example.com>",
    ]);
    let mut words = vec!["audit", "prd", "--since", "2000-01-01", "--no-forge"];
    let files = ["r.html", "r.md", "r.csv", "r.jsonl"];
    words.extend(files.iter().flat_map(|file| ["--write", *file]));
    sandbox.rakops(words).run().expect(0);
    let [html, markdown, csv, lines] = files.map(|file| sandbox.read(file));
    assert!(html.contains("&lt;script&gt;") && !html.contains("<script"), "{html}");
    assert!(!html.contains("src=") && html.contains("What is not known"), "{html}");
    assert!(markdown.contains("| `image api 1.4.1 -> 1.4.2` |"), "{markdown}");
    for (form, text) in [("html", &html), ("md", &markdown), ("csv", &csv)] {
        let who = if form == "md" { "committed by" } else { "committer" };
        assert!(text.contains("Anna") && text.contains(who), "{form}: {text}");
        let by_owner = if form == "csv" {
            "unknown,unknown"
        } else {
            "by code owners: unknown"
        };
        assert!(text.contains(by_owner), "{form}: {text}");
    }
    assert!(csv.contains("\"'=HYPERLINK(\"\"x\"\")"), "{csv}");
    let parsed: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!((&parsed[0]["command"], parsed.len()), (&"audit".into(), 3));
    let words = ["audit", "prd", "--since", "1d", "--no-forge", "--write", "none/r.csv"];
    let output = sandbox.rakops(words).run().expect(5);
    assert!(output.stderr.contains("mkdir -p none"), "{}", output.all());
    let words = ["audit", "prd", "--since", "1d", "--no-forge", "--write", "r.pdf"];
    let output = sandbox.rakops(words).run().expect(2);
    assert!(output.stderr.contains(".jsonl"), "{}", output.all());
}

#[test]
fn what_is_required_and_cannot_be_known_is_not_met() {
    let sandbox = repository();
    let words = [
        "audit",
        "prd",
        "--since",
        "2000-01-01",
        "--no-forge",
        "--require",
        "approved",
    ];
    let output = sandbox.rakops(words).run().expect(1);
    assert!(
        output.stderr.contains("1 change lacks what is required"),
        "{}",
        output.all()
    );
    assert!(output.stderr.contains(" lacks approved: begin"), "{}", output.all());
    assert!(output.stderr.contains("read from git alone"), "{}", output.all());
    let empty = [
        "audit",
        "prd",
        "--since",
        "2000-01-01",
        "--until",
        "2000-12-31",
        "--no-forge",
        "--require",
        "approved",
    ];
    sandbox.rakops(empty).run().expect(0);
}

#[test]
fn without_a_token_nothing_is_asked_and_the_way_on_is_named() {
    let bench = Bench::shop(GitHub);
    let output = bench
        .rakops(["audit", "prd", "--since", "30d"].into_iter())
        .env("RAKOPS_GITHUB_TOKEN", "")
        .run()
        .expect(4);
    assert!(output.stderr.contains("--no-forge"), "{}", output.all());
    assert_eq!(bench.forge.count("POST", "/"), 0);
}

#[test]
fn a_shallow_clone_without_a_remote_to_ask_is_refused_with_the_remedy() {
    let sandbox = repository();
    commit(&sandbox, "empty");
    sandbox.file("overlays/prd/kustomization.yaml", overlay("1.4.2"));
    commit(&sandbox, "second");
    let from = format!("file://{}", sandbox.dir().display());
    sandbox.git(["clone", "--quiet", "--depth", "1", &from, "shallow"]);
    let words = [
        "-C",
        "shallow",
        "audit",
        "prd",
        "--since",
        "1d",
        "--local",
        "--no-forge",
    ];
    let output = sandbox.rakops(words).run().expect(3);
    assert!(output.stderr.contains("--unshallow"), "{}", output.all());
}

#[test]
fn answers_are_kept_with_hashes_that_can_be_checked_again() {
    let bench = Bench::shop(GitHub);
    let words = [
        "audit",
        "prd",
        "--since",
        "2000-01-01",
        "--keep-answers",
        "raw",
        "-o",
        "json",
    ];
    let document = bench.rakops(words.into_iter()).run().expect(0).json();
    assert!(!document["answers"].as_array().unwrap().is_empty());
    let sums = bench.sandbox.read("raw/SHA256SUMS");
    for line in sums.lines() {
        let (_, file) = line.split_once("  ").unwrap();
        assert!(bench.sandbox.dir().join("raw").join(file).is_file(), "{file}");
    }
    let checked = std::process::Command::new("sha256sum")
        .args(["--check", "--quiet", "SHA256SUMS"])
        .current_dir(bench.sandbox.dir().join("raw"))
        .status();
    match checked {
        Ok(status) => assert!(status.success()),
        Err(_) => eprintln!("skipped in part: there is no sha256sum here"),
    }
    let all = format!("{sums}{}", bench.sandbox.read("raw/answers.jsonl"));
    assert!(!all.contains(crate::harness::forges::TOKEN));
}

#[test]
fn no_value_of_a_secret_is_in_any_report() {
    let sandbox = repository();
    let secret = |value: &str| {
        format!("apiVersion: v1\nkind: Secret\nmetadata: {{name: login}}\nstringData:\n  password: {value}-in-object\n")
    };
    let kustomization = |value: &str| {
        format!(
            "{}- name: other\n  newTag: \"1\"\nsecretGenerator:\n- name: a\n  literals: [key={value}-in-literal]\n- name: b\n  envs: \
             [b.env]\n- name: c\n  files: [.dockerconfigjson=docker.json, app.yaml]\n",
            overlay("1.4.1").replace("../../base", "../../base, secret.yaml")
        )
    };
    for (value, words) in [("marker-one", "planted"), ("marker-two", "changed")] {
        sandbox.file(
            "overlays/prd/docker.json",
            format!("{{\"auths\": {{\"r.example\": {{\"auth\": \"{value}-in-json\"}}}}}}\n"),
        );
        sandbox.file("overlays/prd/app.yaml", format!("users: [{value}-in-item]\n"));
        sandbox.file("overlays/prd/secret.yaml", secret(value));
        sandbox.file("overlays/prd/kustomization.yaml", kustomization(value));
        sandbox.file("overlays/prd/b.env", format!("TOKEN={value}-in-line\n"));
        commit(&sandbox, words);
    }
    let files = ["r.html", "r.md", "r.csv", "r.jsonl"];
    let mut words = vec![
        "audit",
        "prd",
        "--since",
        "2000-01-01",
        "--no-forge",
        "-v",
        "-o",
        "json",
    ];
    words.extend(files.iter().flat_map(|file| ["--write", *file]));
    let output = sandbox.rakops(words).run().expect(0);
    let all = files.map(|file| sandbox.read(file)).concat() + &output.all();
    assert!(all.contains("Secret/login stringData.password"), "{all}");
    assert!(!all.contains("marker-"), "{all}");
    let difference = sandbox
        .rakops(["diff", "stg", "prd", "--local", "-o", "json"])
        .run()
        .all();
    assert!(difference.contains("docker.json"), "{difference}");
    assert!(!difference.contains("marker-"), "{difference}");
}

#[test]
fn a_remote_that_was_mistyped_is_no_reason_to_read_old_branches() {
    let sandbox = repository();
    for command in [
        &["audit", "--since", "2000-01-01", "--no-forge"][..],
        &["status"],
        &["drift"],
    ] {
        let words = command.iter().copied().chain(["--remote", "orign"]);
        let output = sandbox.rakops(words).run().expect(5);
        assert!(output.stderr.starts_with("error[no-remote]"), "{}", output.all());
    }
    let output = sandbox.rakops(["-C", "nowhere", "status"]).run().expect(5);
    assert!(
        output.stderr.starts_with("error[directory-not-found]"),
        "{}",
        output.all()
    );
}

#[test]
fn a_gate_over_a_time_that_has_not_come_does_not_pass() {
    let sandbox = repository();
    for since in ["2999-01-01", "2999-01-01T00:00:00Z", "2026-01-01T00:00:00+99:00"] {
        let words = ["audit", "prd", "--no-forge", "--require", "approved", "--since", since];
        sandbox.rakops(words).run().expect(2);
    }
}
