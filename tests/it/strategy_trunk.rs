//! `rakops promote` under trunk: versions are copied between directories, slot by slot.
//!
//! Source: PROMOTION.md, sections 1, 2, 6 and 7.

use crate::harness::Sandbox;
use crate::harness::cmd::Output;

const CONFIG: &str = "\
strategy: trunk
environments:
- {name: dev}
- {name: stg}
- {name: prd, protected: false}
";

const BASE: &str = "\
kind: Deployment
metadata: {name: api}
spec:
  template:
    spec:
      containers:
      - {name: api, image: 'ghcr.io/acme/api:1.4.0'}
";

/// An overlay that pins the API in a list of entries.
fn overlay(entries: &str) -> String {
    format!("resources: [../../base]\n# what runs here\nimages:\n{entries}")
}

fn entry(version: &str) -> String {
    format!("- name: ghcr.io/acme/api\n  newTag: {version}   # by hand\n")
}

/// A repository with a base, and what stg and prd pin.
fn shop(stg: &str, prd: &str) -> Sandbox {
    with(CONFIG, &[], (stg, prd))
}

fn with(config: &str, files: &[(&str, &str)], (stg, prd): (&str, &str)) -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.repository();
    sandbox.files(&[
        ("rakops.yaml", config),
        ("base/kustomization.yaml", "resources: [api.yaml]\n"),
        ("base/api.yaml", BASE),
        ("overlays/dev/kustomization.yaml", "resources: [../../base]\n"),
        ("overlays/stg/kustomization.yaml", stg),
        ("overlays/prd/kustomization.yaml", prd),
    ]);
    sandbox.files(files);
    sandbox.commit_all("a shop");
    sandbox
}

const PRD: &str = "overlays/prd/kustomization.yaml";

/// Promotes stg to prd in a commit here.
#[track_caller]
fn promote(sandbox: &Sandbox, words: &[&str], code: i32) -> Output {
    let all = ["promote", "stg", "prd"].iter().chain(words).chain(&["--commit", "-y"]);
    sandbox.rakops(all).run().expect(code)
}

/// What prd's kustomization is on `main`.
fn prd(sandbox: &Sandbox) -> String {
    sandbox.show(&format!("main:{PRD}"))
}

#[test]
fn the_version_moves_and_every_other_byte_stays() {
    let sandbox = shop(&overlay(&entry("1.4.2")), &overlay(&entry("1.4.1")));
    promote(&sandbox, &[], 0);
    assert_eq!(prd(&sandbox), overlay(&entry("1.4.2")));
    let changed = sandbox.git(["diff", "--stat", "main^", "main"]);
    assert!(
        changed.contains("1 file changed, 1 insertion(+), 1 deletion(-)"),
        "{changed}"
    );
    let message = sandbox.git(["log", "-1", "--format=%B"]);
    assert!(
        message.contains("Rakops-Image: prd ghcr.io/acme/api 1.4.1 -> 1.4.2"),
        "{message}"
    );
    // Versions alone never become a merge base.
    assert!(!message.contains("Rakops-Promoted"), "{message}");
    let before = sandbox.tip("main");
    let again = promote(&sandbox, &[], 0);
    assert_eq!(sandbox.tip("main"), before, "{}", again.all());
}

#[test]
fn a_shared_file_is_left_alone_and_an_entry_is_added_in_the_overlay() {
    let sandbox = shop(&overlay(&entry("1.4.2")), "resources: [../../base]\n");
    promote(&sandbox, &[], 0);
    assert_eq!(
        prd(&sandbox),
        "resources: [../../base]\nimages:\n- name: ghcr.io/acme/api\n  newTag: 1.4.2\n"
    );
    assert_eq!(sandbox.show("main:base/api.yaml"), BASE);
}

#[test]
fn an_entry_that_renames_and_pins_nothing_gets_the_version_and_keeps_the_name() {
    let renames = overlay("- name: ghcr.io/acme/api\n  newName: mirror.example/api\n");
    let sandbox = shop(&overlay(&entry("1.4.2")), &renames);
    promote(&sandbox, &[], 0);
    assert_eq!(prd(&sandbox), format!("{renames}  newTag: 1.4.2\n"));
}

#[test]
fn the_name_belongs_to_the_environment_unless_it_is_asked_for() {
    let stg = overlay("- name: ghcr.io/acme/api\n  newName: stg.example/api\n  newTag: 1.4.2\n");
    let own = overlay("- name: ghcr.io/acme/api\n  newName: prd.example/api\n  newTag: 1.4.1\n");
    let sandbox = shop(&stg, &own);
    promote(&sandbox, &["-n"], 0);
    promote(&sandbox, &[], 0);
    assert_eq!(prd(&sandbox), own.replace("1.4.1", "1.4.2"));
    promote(&sandbox, &["--with-name"], 0);
    assert_eq!(prd(&sandbox), stg);
}

const TWO: &str = "\
kind: Deployment
metadata: {name: worker}
spec:
  template:
    spec:
      containers:
      - {name: worker, image: 'ghcr.io/acme/api:1.4.0'}
";

fn patch(name: &str, image: &str) -> String {
    TWO.replace("worker", name).replace("ghcr.io/acme/api:1.4.0", image)
}

#[test]
fn one_image_at_two_versions_is_carried_slot_by_slot() {
    let overlay = "resources: [../../base]\npatches:\n- path: api.yaml\n- path: worker.yaml\n";
    let files = |environment: &str, api: &str, worker: &str| {
        [
            (
                format!("overlays/{environment}/api.yaml"),
                patch("api", &format!("ghcr.io/acme/api:{api}")),
            ),
            (
                format!("overlays/{environment}/worker.yaml"),
                patch("worker", &format!("ghcr.io/acme/api:{worker}")),
            ),
        ]
    };
    let all: Vec<(String, String)> = [files("stg", "1.4.2", "1.4.1"), files("prd", "1.4.1", "1.4.0")].concat();
    let mut given: Vec<(&str, &str)> = all.iter().map(|(file, text)| (file.as_str(), text.as_str())).collect();
    given.extend([
        ("base/kustomization.yaml", "resources: [api.yaml, worker.yaml]\n"),
        ("base/worker.yaml", TWO),
    ]);
    let sandbox = with(CONFIG, &given, (overlay, overlay));
    promote(&sandbox, &[], 0);
    assert!(sandbox.show("main:overlays/prd/api.yaml").contains("api:1.4.2"));
    assert!(sandbox.show("main:overlays/prd/worker.yaml").contains("api:1.4.1"));
}

#[test]
fn one_place_of_the_target_with_two_candidates_is_refused_and_both_are_named() {
    let stg = "resources: [../../base]\npatches:\n- path: api.yaml\n- path: worker.yaml\n";
    let (api, worker) = (
        patch("api", "ghcr.io/acme/api:1.4.2"),
        patch("worker", "ghcr.io/acme/api:1.4.1"),
    );
    let sandbox = with(
        CONFIG,
        &[
            ("base/kustomization.yaml", "resources: [api.yaml, worker.yaml]\n"),
            ("base/worker.yaml", TWO),
            ("overlays/stg/api.yaml", &api),
            ("overlays/stg/worker.yaml", &worker),
        ],
        (stg, &overlay(&entry("1.4.0"))),
    );
    let before = sandbox.tip("main");
    let refused = promote(&sandbox, &[], 3);
    assert!(
        refused.stderr.contains("error[several-candidates]"),
        "{}",
        refused.stderr
    );
    for named in [
        "overlays/stg/api.yaml:7:",
        "overlays/stg/worker.yaml:7:",
        "1.4.2",
        "1.4.1",
        PRD,
    ] {
        assert!(refused.stderr.contains(named), "{named}: {}", refused.stderr);
    }
    assert_eq!(sandbox.tip("main"), before);
}

#[test]
fn what_one_environment_alone_runs_is_a_note_and_an_image_that_is_named_must_be_on_both_sides() {
    let extra = "resources: [../../base, mail.yaml]\nimages:\n- {name: ghcr.io/acme/api, newTag: 1.4.2}\n";
    let mail = patch("mail", "mailhog/mailhog:1.0.1");
    let sandbox = with(
        CONFIG,
        &[("overlays/stg/mail.yaml", &mail)],
        (extra, &overlay(&entry("1.4.1"))),
    );
    let output = promote(&sandbox, &["-n"], 0);
    assert!(
        output
            .stderr
            .contains("left alone: `mailhog` (Deployment/mail/mail) runs in stg only"),
        "{}",
        output.all()
    );
    let missing = promote(&sandbox, &["mailhog"], 5);
    assert!(
        missing.stderr.contains("no image named `mailhog` in environment `prd`"),
        "{}",
        missing.stderr
    );
    let typed = promote(&sandbox, &["appi"], 5);
    assert!(
        typed.stderr.contains("did you mean `ghcr.io/acme/api`"),
        "{}",
        typed.stderr
    );
    promote(&sandbox, &["api"], 0);
    assert!(prd(&sandbox).contains("newTag: 1.4.2"));
}

fn digest(byte: &str) -> String {
    format!("sha256:{}", byte.repeat(32))
}

#[test]
fn tag_and_digest_are_carried_as_one() {
    let (old, new) = (digest("aa"), digest("bb"));
    let pinned = |tag: &str, digest: &str| {
        overlay(&format!(
            "- name: ghcr.io/acme/api\n  newTag: {tag}\n  digest: {digest}\n"
        ))
    };
    let sandbox = shop(&pinned("1.4.2", &new), &pinned("1.4.1", &old));
    promote(&sandbox, &[], 0);
    assert_eq!(prd(&sandbox), pinned("1.4.2", &new));
    // TO states a tag alone: the digest comes along.
    let sandbox = shop(&pinned("1.4.2", &new), &overlay(&entry("1.4.1")));
    promote(&sandbox, &[], 0);
    assert!(prd(&sandbox).contains(&new), "{}", prd(&sandbox));
}

#[test]
fn a_digest_that_the_new_version_does_not_have_is_refused_or_dropped() {
    let pinned = overlay(&format!(
        "- name: ghcr.io/acme/api\n  newTag: 1.4.1\n  digest: {}\n",
        digest("aa")
    ));
    let sandbox = shop(&overlay(&entry("1.4.2")), &pinned);
    let refused = promote(&sandbox, &[], 3);
    assert!(refused.stderr.contains("error[half-version]"), "{}", refused.stderr);
    for flag in ["--drop-digest", "--resolve-digest"] {
        assert!(refused.stderr.contains(flag), "{}", refused.stderr);
    }
    promote(&sandbox, &["--drop-digest"], 0);
    assert_eq!(prd(&sandbox), overlay("- name: ghcr.io/acme/api\n  newTag: 1.4.2\n"));
}

#[test]
fn a_digest_goes_to_another_repository_only_if_it_is_a_mirror() {
    let stg = overlay(&format!(
        "- name: ghcr.io/acme/api\n  newTag: 1.4.2\n  digest: {}\n",
        digest("bb")
    ));
    let own = overlay("- name: ghcr.io/acme/api\n  newName: mirror.example/api\n  newTag: 1.4.1\n");
    let refused = promote(&shop(&stg, &own), &[], 3);
    assert!(
        refused.stderr.contains("error[unverified-digest]"),
        "{}",
        refused.stderr
    );
    let config =
        format!("{CONFIG}images:\n- {{name: ghcr.io/acme/api, same_as: [mirror.example/api], mirror: true}}\n");
    let sandbox = with(&config, &[], (&stg, &own));
    promote(&sandbox, &[], 0);
    assert!(prd(&sandbox).contains(&digest("bb")) && prd(&sandbox).contains("newName: mirror.example/api"));
}

#[test]
fn repositories_are_one_image_where_the_configuration_says_so() {
    let plain = |host: &str, version: &str| BASE.replace("ghcr.io/acme/api:1.4.0", &format!("{host}/api:{version}"));
    let given = |config: &str| {
        let sandbox = Sandbox::new();
        sandbox.repository();
        sandbox.files(&[
            ("rakops.yaml", config),
            ("overlays/dev/api.yaml", &plain("stg.example", "1.4.2")),
            ("overlays/stg/api.yaml", &plain("stg.example", "1.4.2")),
            ("overlays/prd/api.yaml", &plain("prd.example", "1.4.1")),
        ]);
        sandbox.commit_all("plain manifests");
        sandbox
    };
    let sandbox = given(CONFIG);
    let output = promote(&sandbox, &[], 0);
    assert!(
        output.stderr.contains("left alone: api.yaml/Deployment/api/api runs"),
        "{}",
        output.all()
    );
    let config = format!("{CONFIG}images:\n- {{name: stg.example/api, same_as: [prd.example/api]}}\n");
    let sandbox = given(&config);
    promote(&sandbox, &[], 0);
    assert_eq!(
        sandbox.show("main:overlays/prd/api.yaml"),
        plain("prd.example", "1.4.2")
    );
}

#[test]
fn a_floating_tag_cannot_be_promoted() {
    for tag in ["latest", "main", "feature-login"] {
        let sandbox = shop(&overlay(&entry(tag)), &overlay(&entry("1.4.1")));
        let refused = promote(&sandbox, &[], 3);
        assert!(refused.stderr.contains("error[floating]"), "{tag}: {}", refused.stderr);
        assert!(refused.stderr.contains("--allow floating"), "{}", refused.stderr);
        promote(&sandbox, &["--allow", "floating"], 0);
        assert!(prd(&sandbox).contains(&format!("newTag: {tag} ")), "{}", prd(&sandbox));
    }
    // With a digest it names something.
    let stg = overlay(&format!(
        "- name: ghcr.io/acme/api\n  newTag: latest\n  digest: {}\n",
        digest("bb")
    ));
    promote(&shop(&stg, &overlay(&entry("1.4.1"))), &[], 0);
}

#[test]
fn a_version_is_lowered_only_when_told() {
    let sandbox = shop(&overlay(&entry("1.4.1")), &overlay(&entry("1.4.2")));
    let refused = promote(&sandbox, &[], 3);
    assert!(refused.stderr.contains("error[downgrade]"), "{}", refused.stderr);
    promote(&sandbox, &["--allow", "downgrade"], 0);
    assert!(prd(&sandbox).contains("1.4.1"));
    let warns = format!("{CONFIG}guard: {{downgrade: warn}}\n");
    let sandbox = with(&warns, &[], (&overlay(&entry("1.4.1")), &overlay(&entry("1.4.2"))));
    let warned = promote(&sandbox, &[], 0);
    assert!(warned.stderr.contains("warning[downgrade]"), "{}", warned.stderr);
}

#[test]
fn a_hotfix_that_never_ran_in_from_is_not_overwritten() {
    let sandbox = shop(&overlay(&entry("1.4.1")), &overlay(&entry("1.4.1")));
    sandbox.file(PRD, overlay(&entry("1.4.1-fix")));
    sandbox.commit_all("hotfix");
    sandbox.file("overlays/stg/kustomization.yaml", overlay(&entry("1.4.2")));
    sandbox.commit_all("next");
    let refused = promote(&sandbox, &[], 3);
    assert!(refused.stderr.contains("error[overwrite]"), "{}", refused.stderr);
    assert!(
        refused.stderr.contains("hotfix") && refused.stderr.contains("--allow overwrite"),
        "{}",
        refused.stderr
    );
    promote(&sandbox, &["--allow", "overwrite"], 0);
    assert!(prd(&sandbox).contains("1.4.2"));
}

#[test]
fn a_version_that_ran_in_from_before_is_replaced_without_a_word() {
    let sandbox = shop(&overlay(&entry("1.4.1")), "resources: [../../base]\n");
    promote(&sandbox, &[], 0);
    sandbox.git(["reset", "--hard", "--quiet", "main"]);
    sandbox.file("overlays/stg/kustomization.yaml", overlay(&entry("1.4.2")));
    sandbox.commit_all("next");
    promote(&sandbox, &[], 0);
    assert!(prd(&sandbox).contains("1.4.2"));
}

#[test]
fn what_another_tool_writes_is_left_to_it() {
    let owned = overlay("- name: ghcr.io/acme/api\n  newTag: 1.4.1 # {\"$imagepolicy\": \"flux-system:api:tag\"}\n");
    let sandbox = shop(&overlay(&entry("1.4.2")), &owned);
    let refused = promote(&sandbox, &[], 3);
    assert!(refused.stderr.contains("error[owned]"), "{}", refused.stderr);
    promote(&sandbox, &["--allow", "owned"], 0);
    assert_eq!(prd(&sandbox), owned.replace("1.4.1", "1.4.2"));
}

#[test]
fn what_has_not_soaked_is_refused() {
    let config = CONFIG.replace("{name: stg}", "{name: stg, soak: 2h}");
    let sandbox = with(&config, &[], (&overlay(&entry("1.4.1")), &overlay(&entry("1.4.1"))));
    sandbox.file("overlays/stg/kustomization.yaml", overlay(&entry("1.4.2")));
    sandbox.commit_all("next");
    sandbox.advance(40 * 60);
    // Something else that lands in FROM's file does not start the clock anew.
    sandbox.file(
        "overlays/stg/kustomization.yaml",
        format!("{}# said\n", overlay(&entry("1.4.2"))),
    );
    sandbox.commit_all("a comment");
    let refused = promote(&sandbox, &[], 3);
    assert!(refused.stderr.contains("error[unsoaked]"), "{}", refused.stderr);
    assert!(
        refused
            .stderr
            .contains("`stg` has run `api 1.4.2` for 41 min; soak is 2 h"),
        "{}",
        refused.stderr
    );
    sandbox.advance(80 * 60);
    promote(&sandbox, &[], 0);
}

#[test]
fn new_tag_and_an_equal_ref_move_together_and_ranges_replicas_and_branches_stay() {
    let at = |version: &str, more: &str| {
        format!(
            "resources:\n- https://github.com/acme/api//deploy?ref={version}\n- app.yaml\nimages:\n- name: ghcr.io/acme/api\n  newTag: {version}\nreplicas:\n- {{name: api, count: {more}}}\nnamespace: n{more}\n"
        )
    };
    let app = |branch: &str| {
        format!(
            "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {{name: chart}}\nspec:\n  source: {{repoURL: 'https://charts.example', chart: x, targetRevision: {branch}}}\n"
        )
    };
    let sandbox = with(
        CONFIG,
        &[
            ("overlays/stg/app.yaml", &app("develop")),
            ("overlays/prd/app.yaml", &app("~1.2")),
        ],
        (&at("v1.4.2", "1"), &at("v1.4.1", "3")),
    );
    promote(&sandbox, &[], 0);
    assert_eq!(prd(&sandbox), at("v1.4.1", "3").replace("v1.4.1", "v1.4.2"));
    assert_eq!(sandbox.show("main:overlays/prd/app.yaml"), app("~1.2"));
}

#[test]
fn every_app_and_every_peer_of_a_group_goes_in_one_commit() {
    let config = "strategy: trunk\nenvironments:\n- {name: stg, path: 'apps/*/overlays/stg'}\n- {name: prd-eu, path: 'apps/*/overlays/prd-eu', group: prd, protected: false}\n- {name: prd-us, path: 'apps/*/overlays/prd-us', group: prd, protected: false}\n";
    let sandbox = Sandbox::new();
    sandbox.repository().file("rakops.yaml", config);
    for app in ["pay", "shop"] {
        let base = BASE.replace("acme/api", &format!("acme/{app}"));
        sandbox.file(
            &format!("apps/{app}/base/kustomization.yaml"),
            "resources: [api.yaml]\n",
        );
        sandbox.file(&format!("apps/{app}/base/api.yaml"), base);
        for (environment, version) in [("stg", "1.4.2"), ("prd-eu", "1.4.1"), ("prd-us", "1.4.0")] {
            let text = format!("resources: [../../base]\nimages:\n- {{name: ghcr.io/acme/{app}, newTag: {version}}}\n");
            sandbox.file(&format!("apps/{app}/overlays/{environment}/kustomization.yaml"), text);
        }
    }
    sandbox.commit_all("two apps in two regions");
    let one = sandbox
        .rakops(["promote", "stg", "prd-eu", "pay", "--commit", "-y"])
        .run()
        .expect(0);
    assert_eq!(one.stdout().lines().count(), 1, "{}", one.all());
    sandbox
        .rakops(["promote", "stg", "prd", "--commit", "-y"])
        .run()
        .expect(0);
    let changed = sandbox.git(["diff", "--name-only", "main^", "main"]);
    assert_eq!(
        changed.lines().collect::<Vec<_>>(),
        [
            "apps/pay/overlays/prd-us/kustomization.yaml",
            "apps/shop/overlays/prd-eu/kustomization.yaml",
            "apps/shop/overlays/prd-us/kustomization.yaml"
        ]
    );
}

#[test]
fn an_environment_with_a_file_that_does_not_parse_is_refused_with_the_line() {
    let sandbox = shop(&overlay(&entry("1.4.2")), "resources: [../../base\n");
    let refused = promote(&sandbox, &[], 3);
    assert!(refused.stderr.contains(PRD), "{}", refused.stderr);
}

#[test]
fn a_plan_that_misses_what_it_promises_is_refused_with_the_slots_that_differ() {
    let patched = "resources: [../../base]\npatches:\n- path: api.yaml\n";
    let (stg, own) = (
        patch("api", "ghcr.io/acme/api:1.3.0"),
        patch("api", "ghcr.io/acme/api:1.4.1"),
    );
    let sandbox = with(
        CONFIG,
        &[("overlays/stg/api.yaml", &stg), ("overlays/prd/api.yaml", &own)],
        (&format!("{patched}images:\n{}", entry("1.4.2")), patched),
    );
    let before = sandbox.tip("main");
    // The file is carried whole, with the version that stg's entry is laid over.
    let refused = promote(&sandbox, &["--also-settings", "overlays/{env}/api.yaml"], 3);
    assert!(refused.stderr.contains("error[postcondition]"), "{}", refused.stderr);
    assert!(
        refused
            .stderr
            .contains("Deployment/api/api: 1.4.2 in `stg`, 1.3.0 in `prd`"),
        "{}",
        refused.stderr
    );
    assert_eq!(sandbox.tip("main"), before);
    promote(&sandbox, &[], 0);
}

#[test]
fn drift_tells_a_hotfix_from_what_waits() {
    let sandbox = shop(&overlay(&entry("1.4.1")), &overlay(&entry("1.4.1")));
    sandbox.file("overlays/stg/kustomization.yaml", overlay(&entry("1.4.2")));
    sandbox.commit_all("next");
    let pending = sandbox
        .rakops(["drift", "--all", "--local", "-o", "json"])
        .run()
        .expect(0)
        .json();
    assert_eq!(pending["pending"][0]["id"], "ghcr.io/acme/api", "{pending}");
    sandbox.advance(15 * 86_400);
    let forgotten = sandbox
        .rakops(["drift", "--local", "-o", "json"])
        .run()
        .expect(1)
        .json();
    assert_eq!(forgotten["omitted"][0]["why"], "older-than-grace", "{forgotten}");
    sandbox.file(PRD, overlay(&entry("1.4.1-fix")));
    sandbox.commit_all("hotfix");
    let hotfix = sandbox
        .rakops(["drift", "--local", "-o", "json"])
        .run()
        .expect(1)
        .json();
    let found = &hotfix["not_carried_back"];
    assert!(
        found
            .as_array()
            .unwrap()
            .iter()
            .any(|it| it["title"] == "api 1.4.1-fix"),
        "{hotfix}"
    );
}
