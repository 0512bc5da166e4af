//! Cases in which the obvious reading of a repository would ship a version to where nobody sent it, or nowhere.

use crate::harness::Sandbox;

fn pod(image: &str) -> String {
    format!(
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: api}}\nspec:\n  template:\n    spec:\n      containers:\n      - {{name: api, image: \"{image}\"}}\n"
    )
}

const BUILDS_BASE: &str = "resources: [../../base]\n";

/// A base with one deployment, and overlays `dev` and `prd` that pin nothing.
fn standard(image: &str) -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox
        .file("base/kustomization.yaml", "resources: [d.yaml]\n")
        .file("base/d.yaml", pod(image));
    for env in ["dev", "prd"] {
        sandbox.file(&format!("overlays/{env}/kustomization.yaml"), BUILDS_BASE);
    }
    sandbox
}

/// A bump that must be refused, say `needle`, and change nothing.
fn refused(sandbox: &Sandbox, args: &[&str], needle: &str) {
    let tree = sandbox.tree();
    let output = sandbox.rakops(["bump"].iter().chain(args)).run().expect(3);
    assert!(
        output.stderr.contains(needle),
        "`{needle}` is missing in\n{}",
        output.stderr
    );
    assert_eq!(sandbox.tree(), tree);
}

#[test]
fn no_entry_is_added_for_what_kustomize_does_not_change() {
    let sandbox = standard("acme/api:1.1");
    sandbox.file("base/d.yaml", "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: {name: api}\nspec: {values: {image: {repository: acme/api, tag: \"1.1\"}}}\n");
    refused(&sandbox, &["api=1.3", "--env", "dev"], "--base");
}

#[test]
fn what_stays_behind_beside_an_entry_is_said() {
    let sandbox = standard("acme/api:1.1");
    sandbox.file(
        "base/d.yaml",
        pod("acme/api:1.1")
            + "        env: [{name: IMAGE, value: \"acme/api:1.1\"}]\n"
                .replace("        ", "")
                .as_str(),
    );
    sandbox.file("base/d.yaml", "kind: Deployment\nmetadata: {name: api}\nspec:\n  template:\n    spec:\n      containers:\n      - name: api\n        image: acme/api:1.1\n        args: [\"--sidecar-image=acme/api:1.1\"]\n");
    let output = sandbox.rakops(["bump", "api=1.3", "--env", "dev"]).run().expect(0);
    assert!(output.stderr.contains("stays at 1.1"), "{}", output.stderr);
    assert!(
        sandbox
            .read("overlays/dev/kustomization.yaml")
            .contains("newTag: \"1.3\"")
    );
}

#[test]
fn a_build_outside_of_the_known_environments_makes_a_base_shared() {
    let sandbox = standard("acme/api:1.1");
    sandbox.file("overlays/prd/kustomization.yaml", "resources: []\n");
    sandbox.file("clusters/production/kustomization.yaml", BUILDS_BASE);
    sandbox.rakops(["bump", "api=1.3", "--env", "dev"]).run().expect(0);
    assert_eq!(sandbox.read("base/d.yaml"), pod("acme/api:1.1"));
    refused(&sandbox, &["api=1.4"], "clusters/production");
}

#[test]
fn a_build_of_the_overlay_itself_is_the_environment_by_another_name() {
    let sandbox = standard("acme/api:1.1");
    sandbox.file("clusters/dev/kustomization.yaml", "resources: [../../overlays/dev]\n");
    sandbox.rakops(["bump", "api=1.3", "--env", "dev"]).run().expect(0);
    assert!(
        sandbox
            .read("overlays/dev/kustomization.yaml")
            .contains("newTag: \"1.3\"")
    );
}

#[test]
fn a_bare_bump_is_refused_where_paths_alone_tell_environments() {
    for files in [
        ["dev/kustomization.yaml", "prod/kustomization.yaml"],
        ["apps/staging/kustomization.yaml", "apps/production/kustomization.yaml"],
        [
            "overlays/eu/dev/kustomization.yaml",
            "overlays/eu/prd/kustomization.yaml",
        ],
        ["charts/api/values-dev.yaml", "charts/api/values-prd.yaml"],
        ["argocd/prd.yaml", "overlays/dev/d.yaml"],
    ] {
        let sandbox = Sandbox::new();
        for file in files {
            let text = if file.ends_with("kustomization.yaml") {
                "images: [{name: acme/api, newTag: v1}]\n"
            } else {
                "image: {repository: acme/api, tag: v1}\n"
            };
            sandbox.file(file, text);
        }
        refused(&sandbox, &["api=v2"], "--all");
        sandbox.rakops(["bump", "api=v2", "--all"]).run().expect(0);
    }
}

#[test]
fn many_builds_in_one_place_are_no_environments() {
    let sandbox = Sandbox::new();
    for app in ["a", "b", "c"] {
        sandbox.file(&format!("apps/{app}/kustomization.yaml"), "resources: [../../common]\n");
    }
    sandbox
        .file("common/kustomization.yaml", "resources: [d.yaml]\n")
        .file("common/d.yaml", pod("acme/api:1.1"));
    sandbox.rakops(["bump", "api=1.3"]).run().expect(0);
}

#[test]
fn a_kustomization_that_cannot_be_read_makes_the_reach_unknown() {
    for broken in [
        "<<<<<<< HEAD\nresources: [../../base]\n",
        "resources: [../../base]\n{{- if .x }}\n",
        "resources: [../../base] # caf\u{e9}\n",
    ] {
        let sandbox = standard("acme/api:1.1");
        let bytes: Vec<u8> = broken.chars().map(|c| c as u8).collect();
        sandbox.file("overlays/prd/kustomization.yaml", bytes);
        refused(
            &sandbox,
            &["api=1.3", "--env", "dev", "--base"],
            "overlays/prd/kustomization.yaml",
        );
        refused(&sandbox, &["api=1.3"], "overlays/prd/kustomization.yaml");
    }
}

#[test]
fn an_added_entry_obeys_the_rules_of_a_site() {
    let sandbox = standard("acme/api:1.1.0");
    refused(&sandbox, &["api=1.0.0", "--env", "dev"], "--allow downgrade");
    let digest = format!("sha256:{}", "ab".repeat(32));
    let sandbox = standard(&format!("acme/api:1.1.0@{digest}"));
    refused(&sandbox, &["api=1.2.0", "--env", "dev"], "--drop-digest");
    sandbox
        .rakops(["bump", "api=1.2.0", "--env", "dev", "--drop-digest"])
        .run()
        .expect(0);
}

#[test]
fn a_place_that_is_named_obeys_the_rules_of_a_site() {
    let digest = format!("sha256:{}", "ab".repeat(32));
    let sandbox = standard("acme/api:1.1.0");
    let image = "base/d.yaml:spec.template.spec.containers[name=api].image";
    refused(&sandbox, &["api=1.2.0", "--at", image], "--all");
    refused(&sandbox, &["api=1.0.0", "--at", image, "--all"], "--allow downgrade");
    refused(&sandbox, &["web=1.2.0", "--at", image, "--all"], "not `web`");
    sandbox
        .rakops(["bump", "api=1.2.0", "--at", image, "--all"])
        .run()
        .expect(0);
    sandbox.file(
        "k/kustomization.yaml",
        "images:\n- name: acme/api\n  newTag: v1 # {\"$imagepolicy\": \"a:b:tag\"}\n",
    );
    refused(
        &sandbox,
        &["api=v2", "--at", "k/kustomization.yaml:images[0].newTag"],
        "--allow owned",
    );
    sandbox.file(
        "v.yaml",
        format!("image: {{repository: acme/api, tag: v1, digest: \"{digest}\"}}\n"),
    );
    refused(&sandbox, &["api=v2", "--at", "v.yaml:image.tag"], "--drop-digest");
    sandbox
        .rakops([
            "bump",
            &format!("api=v2@{}", digest.replace("ab", "cd")),
            "--at",
            "v.yaml:image.tag",
        ])
        .run()
        .expect(0);
    assert_eq!(
        sandbox.read("v.yaml"),
        format!(
            "image: {{repository: acme/api, tag: v2, digest: \"{}\"}}\n",
            digest.replace("ab", "cd")
        )
    );
}

#[test]
fn paths_limit_what_is_edited_and_not_what_is_seen() {
    let sandbox = standard("acme/api:1.1");
    sandbox
        .rakops(["bump", "api=1.3", "--env", "dev", "--path", "overlays/dev"])
        .run()
        .expect(0);
    assert!(
        sandbox
            .read("overlays/dev/kustomization.yaml")
            .contains("newTag: \"1.3\"")
    );
    refused(&sandbox, &["api=1.4", "--env", "dev", "--path", "base"], "shared");
}

#[test]
fn an_environment_that_an_entry_elsewhere_does_not_pin_is_reported() {
    let sandbox = standard("acme/api");
    sandbox.file(
        "overlays/prd/kustomization.yaml",
        "resources: [../../base]\nimages: [{name: acme/api, newTag: v1}]\n",
    );
    let output = sandbox.rakops(["bump", "api=v2", "--all"]).run().expect(0);
    assert!(output.stderr.contains("no version"), "{}", output.stderr);
}

#[test]
fn other_repositories_below_are_left_alone() {
    let sandbox = Sandbox::new();
    sandbox.repository();
    sandbox.file("d.yaml", pod("acme/api:1.1"));
    sandbox.commit_all("one");
    sandbox.git(["worktree", "add", "-q", "-b", "other", "wt"]);
    sandbox.rakops(["bump", "api=1.3"]).run().expect(0);
    assert_eq!(sandbox.read("wt/d.yaml"), pod("acme/api:1.1"));
}

#[test]
fn a_detached_head_is_the_branch_of_the_environment_that_is_named() {
    let sandbox = Sandbox::new();
    sandbox.repository();
    sandbox.file("d.yaml", pod("acme/api:1.1"));
    sandbox.commit_all("one");
    for branch in ["develop", "staging"] {
        sandbox.git(["branch", branch]);
    }
    sandbox.git(["checkout", "-q", "--detach"]);
    sandbox.rakops(["bump", "api=1.3", "--env", "staging"]).run().expect(0);
    sandbox.rakops(["bump", "api=1.4"]).run().expect(0);
}

#[test]
fn a_component_lays_its_entries_over_what_it_is_a_part_of() {
    let sandbox = standard("acme/api:1.1");
    sandbox.file(
        "overlays/dev/kustomization.yaml",
        "resources: [../../base]\ncomponents: [../../pin]\n",
    );
    sandbox.file(
        "pin/kustomization.yaml",
        "kind: Component\nimages: [{name: acme/api, newTag: \"1.2\"}]\n",
    );
    sandbox.rakops(["bump", "api=1.3", "--env", "dev"]).run().expect(0);
    assert_eq!(
        sandbox.read("overlays/dev/kustomization.yaml"),
        "resources: [../../base]\ncomponents: [../../pin]\n"
    );
    assert!(sandbox.read("pin/kustomization.yaml").contains("\"1.3\""));
}

#[test]
fn an_entry_finds_a_name_letter_by_letter_as_kustomize_does() {
    let sandbox = standard("docker.io/library/nginx:1.1");
    sandbox.file(
        "overlays/dev/kustomization.yaml",
        "resources: [../../base]\nimages:\n- {name: nginx, newTag: \"1.1\"}\n",
    );
    sandbox.rakops(["bump", "nginx=1.3", "--env", "dev"]).run().expect(0);
    assert!(
        sandbox
            .read("overlays/dev/kustomization.yaml")
            .contains("name: docker.io/library/nginx")
    );
}

#[test]
fn a_value_that_two_images_share_is_not_set_for_one() {
    let sandbox = Sandbox::new();
    sandbox.file(
        "values.yaml",
        "api: {image: {repository: acme/api, tag: &v v1}}\nweb: {image: {repository: acme/web, tag: *v}}\n",
    );
    refused(&sandbox, &["api=v2"], "acme/web");
    sandbox.file(
        "values.yaml",
        "api: {image: {repository: acme/api, tag: &v v1}}\nnote: *v\n",
    );
    let output = sandbox.rakops(["bump", "api=v2"]).run().expect(0);
    assert!(output.stderr.contains("line 2 of `values.yaml`"), "{}", output.stderr);
}

#[test]
fn a_rule_that_only_warns_warns() {
    let sandbox = Sandbox::new();
    sandbox
        .file("rakops.yaml", "guard: {downgrade: warn}\n")
        .file("d.yaml", pod("acme/api:1.1.0"));
    let output = sandbox.rakops(["bump", "api=1.0.0"]).run().expect(0);
    assert!(output.stderr.contains("warning[downgrade]"), "{}", output.stderr);
}

#[test]
fn a_broken_file_that_is_named_is_refused_with_its_place() {
    let sandbox = Sandbox::new();
    sandbox
        .file("d.yaml", pod("acme/api:1.1"))
        .file("broken.yaml", "a: [1\nimage: acme/web:1\n");
    refused(&sandbox, &["api=2", "--path", "broken.yaml"], "broken.yaml:");
    refused(&sandbox, &["acme/web=2"], "broken.yaml:");
}

#[test]
fn advice_repeats_the_whole_request() {
    let sandbox = standard("acme/api:1.1");
    refused(
        &sandbox,
        &["api=1.3", "--path", "base", "--drop-digest"],
        "rakops bump api=1.3 --all --path base --drop-digest",
    );
}

#[test]
fn a_rename_that_would_lose_an_overlays_entry_is_refused() {
    let sandbox = standard("acme/api:1.1");
    sandbox.file(
        "overlays/prd/kustomization.yaml",
        "resources: [../../base]\nimages: [{name: acme/api, newTag: \"1.0\"}]\n",
    );
    refused(&sandbox, &["api=acme/api-v2:1.4", "--all"], "--env ENV");
    sandbox
        .rakops(["bump", "api=acme/api-v2:1.4", "--env", "prd"])
        .run()
        .expect(0);
    let prd = sandbox.read("overlays/prd/kustomization.yaml");
    assert!(
        prd.contains("name: acme/api, newName: acme/api-v2, newTag: \"1.4\""),
        "{prd}"
    );
}
