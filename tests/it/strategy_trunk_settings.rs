//! `rakops promote` under trunk: settings that are declared go along, and those that came with a version are named.
//!
//! Source: PROMOTION.md, sections 2 and 6.

use crate::harness::Sandbox;
use crate::harness::cmd::Output;

const CONFIG: &str = "\
strategy: trunk
environments:
- {name: stg}
- {name: prd, protected: false}
";

fn kustomization(version: &str, literals: &str) -> String {
    format!(
        "resources: [../../base]\nimages:\n- name: ghcr.io/acme/api\n  newTag: {version}\nconfigMapGenerator:\n- name: app\n  literals:\n{literals}"
    )
}

/// stg and prd have the same; then a landing brings a version and what it needs to stg.
fn shop(config: &str) -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.repository();
    let both = kustomization("1.4.1", "  - DB_POOL=10   # measured\n  - HOST=x.example\n");
    sandbox.files(&[
        ("rakops.yaml", config),
        ("base/kustomization.yaml", "resources: [api.yaml]\n"),
        (
            "base/api.yaml",
            "kind: Deployment\nmetadata: {name: api}\nspec:\n  template:\n    spec:\n      containers:\n      - {name: api, image: 'ghcr.io/acme/api:1.4.0'}\n",
        ),
        ("overlays/stg/kustomization.yaml", &both),
        ("overlays/prd/kustomization.yaml", &both.replace("x.example", "prd.example")),
        ("overlays/stg/settings.env", "LEVEL=info\n"),
        ("overlays/prd/settings.env", "LEVEL=info\n"),
    ]);
    sandbox.commit_all("a shop");
    sandbox.file(
        "overlays/stg/kustomization.yaml",
        kustomization(
            "1.4.2",
            "  - DB_POOL=20   # measured\n  - HOST=x.example\n  - CACHE=on\n",
        ),
    );
    sandbox.file("overlays/stg/settings.env", "LEVEL=debug\nNEW=1\n");
    sandbox.commit_all("1.4.2 and what it needs");
    sandbox
}

#[track_caller]
fn promote(sandbox: &Sandbox, words: &[&str], code: i32) -> Output {
    let all = ["promote", "stg", "prd"].iter().chain(words).chain(&["--commit", "-y"]);
    sandbox.rakops(all).run().expect(code)
}

fn prd(sandbox: &Sandbox) -> String {
    sandbox.show("main:overlays/prd/kustomization.yaml")
}

#[test]
fn what_came_with_the_version_is_named_with_the_selector_that_carries_it() {
    let sandbox = shop(CONFIG);
    let output = promote(&sandbox, &[], 0);
    for line in [
        "came with api 1.4.2, not carried: ConfigMap/app data.DB_POOL",
        "came with api 1.4.2, not carried: ConfigMap/app data.CACHE",
        "came with api 1.4.2, not carried: settings.env LEVEL",
        "came with api 1.4.2, not carried: settings.env NEW",
    ] {
        assert!(output.stderr.contains(line), "{line}: {}", output.all());
    }
    // The landing did not touch it.
    assert!(!output.stderr.contains("data.HOST"), "{}", output.all());
    assert!(prd(&sandbox).contains("DB_POOL=10   # measured"));
    let json = shop(CONFIG);
    let json = json
        .rakops(["promote", "stg", "prd", "-n", "--commit", "-o", "json"])
        .run()
        .expect(0)
        .json();
    assert_eq!(json["companions"][0]["came_with"], "api 1.4.2");
    assert_eq!(json["companions"][0]["carried"], false);
}

#[test]
fn a_selector_that_was_named_carries_it() {
    let sandbox = shop(CONFIG);
    let words = [
        "--also-settings",
        "ConfigMap/app data.DB_POOL",
        "--also-settings",
        "ConfigMap/app data.CACHE",
        "--also-settings",
        "settings.env LEVEL",
    ];
    let output = promote(&sandbox, &words, 0);
    let wanted = kustomization(
        "1.4.2",
        "  - DB_POOL=20   # measured\n  - HOST=prd.example\n  - CACHE=on\n",
    );
    assert_eq!(prd(&sandbox), wanted);
    assert_eq!(sandbox.show("main:overlays/prd/settings.env"), "LEVEL=debug\n");
    assert!(!output.stderr.contains("not carried: ConfigMap"), "{}", output.all());
    assert!(
        output.stderr.contains("not carried: settings.env NEW"),
        "{}",
        output.all()
    );
}

#[test]
fn declared_settings_and_files_go_along_every_time_and_what_from_dropped_is_dropped() {
    let config =
        format!("{CONFIG}promote:\n  settings: ['ConfigMap/app data.DB_*', 'overlays/{{env}}/settings.env']\n");
    let sandbox = shop(&config);
    promote(&sandbox, &[], 0);
    assert!(prd(&sandbox).contains("DB_POOL=20   # measured") && !prd(&sandbox).contains("CACHE"));
    assert_eq!(sandbox.show("main:overlays/prd/settings.env"), "LEVEL=debug\nNEW=1\n");
    let before = sandbox.tip("main");
    promote(&sandbox, &[], 0);
    assert_eq!(sandbox.tip("main"), before);
    sandbox.git(["reset", "--hard", "--quiet", "main"]);
    let without = sandbox
        .read("overlays/stg/kustomization.yaml")
        .replace("  - DB_POOL=20   # measured\n", "");
    sandbox.file("overlays/stg/kustomization.yaml", without);
    sandbox.commit_all("no pool any more");
    promote(&sandbox, &[], 0);
    assert!(!prd(&sandbox).contains("DB_POOL"), "{}", prd(&sandbox));
    assert!(prd(&sandbox).contains("HOST=prd.example"));
}

#[test]
fn companions_that_stay_behind_refuse_where_the_configuration_says_so_or_nobody_looks() {
    let config = format!("{CONFIG}promote: {{companions: refuse}}\n");
    let sandbox = shop(&config);
    let refused = promote(&sandbox, &[], 3);
    assert!(refused.stderr.contains("error[companions]"), "{}", refused.stderr);
    assert!(
        refused.stderr.contains("--also-settings 'ConfigMap/app data.DB_POOL'"),
        "{}",
        refused.stderr
    );
    let words = [
        "--also-settings",
        "ConfigMap/app data.*",
        "--also-settings",
        "settings.env *",
    ];
    promote(&sandbox, &words, 0);
}

#[test]
fn a_selector_that_selects_nothing_is_an_error() {
    let sandbox = shop(CONFIG);
    let missing = promote(&sandbox, &["--also-settings", "ConfigMap/app data.NOTHING"], 5);
    assert!(
        missing.stderr.contains("error[setting-not-found]"),
        "{}",
        missing.stderr
    );
    let bad = promote(&sandbox, &["--also-settings", "ConfigMap/app"], 2);
    assert!(bad.stderr.contains("error[bad-selector]"), "{}", bad.stderr);
}

#[test]
fn a_setting_without_a_place_in_the_target_is_refused_and_nothing_is_written() {
    let sandbox = shop(CONFIG);
    sandbox.file(
        "overlays/stg/hpa.yaml",
        "kind: HorizontalPodAutoscaler\nmetadata: {name: api}\nspec: {maxReplicas: 3}\n",
    );
    sandbox.commit_all("an autoscaler");
    let before = sandbox.tip("main");
    let refused = promote(
        &sandbox,
        &["--also-settings", "HorizontalPodAutoscaler/api spec.maxReplicas"],
        3,
    );
    assert!(refused.stderr.contains("error[no-place]"), "{}", refused.stderr);
    assert_eq!(sandbox.tip("main"), before);
    // The whole file has a place.
    promote(&sandbox, &["--also-settings", "overlays/{env}/hpa.yaml"], 0);
    assert_eq!(
        sandbox.show("main:overlays/prd/hpa.yaml"),
        sandbox.show("main:overlays/stg/hpa.yaml")
    );
}
