//! `rakops bump --env`: which files an environment may change, and what is added where it pins nothing yet.

use crate::harness::Sandbox;
use crate::harness::shop::{API, PRD, STG};

fn shop() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.shop();
    sandbox
}

#[test]
fn an_environment_that_pins_the_image_gets_one_line() {
    let sandbox = shop();
    let output = sandbox.rakops(["bump", "api=1.4.2", "--env", "stg"]).run().expect(0);
    assert_eq!(
        output.stdout(),
        "updated overlays/stg/kustomization.yaml:5:13  ghcr.io/acme/api 1.4.1 -> 1.4.2  (stg)\n"
    );
    assert_eq!(
        sandbox.read("overlays/stg/kustomization.yaml"),
        STG.replace("1.4.1", "1.4.2")
    );
    assert_eq!(sandbox.status(), " M overlays/stg/kustomization.yaml\n");
}

#[test]
fn an_overlay_that_pins_nothing_gets_an_entry_in_its_own_style() {
    let sandbox = shop();
    sandbox.rakops(["bump", "api=1.4.2", "--env", "prd"]).run().expect(0);
    assert_eq!(
        sandbox.read("overlays/prd/kustomization.yaml"),
        format!("{PRD}images:\n- name: ghcr.io/acme/api\n  newTag: 1.4.2\n")
    );
    sandbox.rakops(["bump", "web=2.1.0", "--env", "stg"]).run().expect(0);
    let expected = STG.replace(
        "    newTag: 1.4.1   # by hand\n",
        "    newTag: 1.4.1   # by hand\n  - name: ghcr.io/acme/web\n    newTag: 2.1.0\n",
    );
    assert_eq!(sandbox.read("overlays/stg/kustomization.yaml"), expected);
    assert_eq!(sandbox.read("base/api.yaml"), API);
}

#[test]
fn an_overlay_whose_base_runs_the_version_already_is_left_alone() {
    let sandbox = shop();
    sandbox.rakops(["bump", "api=1.4.0", "--env", "prd"]).run().expect(0);
    assert_eq!(sandbox.status(), "");
}

#[test]
fn an_image_that_the_overlay_does_not_include_is_not_found() {
    let sandbox = shop();
    sandbox.file("elsewhere/pod.yaml", "containers:\n- image: acme/cron:1\n");
    let output = sandbox.rakops(["bump", "cron=2", "--env", "prd"]).run().expect(5);
    assert!(
        output.stderr.contains("no image named `cron` in environment `prd`"),
        "{}",
        output.stderr
    );
}

#[test]
fn a_bare_bump_that_would_reach_several_environments_is_refused() {
    let sandbox = shop();
    let tree = sandbox.tree();
    for word in ["api=1.5.0", "web=2.1.0"] {
        let output = sandbox.rakops(["bump", word]).run().expect(3);
        for flag in ["--env dev", "--all"] {
            assert!(output.stderr.contains(flag), "{}", output.stderr);
        }
        assert_eq!(output.stdout(), "");
    }
    assert_eq!(sandbox.tree(), tree);
}

#[test]
fn the_graph_decides_what_is_shared_whatever_a_directory_is_called() {
    let sandbox = Sandbox::new();
    sandbox.repository();
    let pin = "images:\n- name: acme/api\n  newTag: \"1\"\n";
    sandbox.files(&[
        ("production/base/kustomization.yaml", "resources: [pod.yaml]\n"),
        (
            "production/base/pod.yaml",
            "spec:\n  containers:\n  - {name: a, image: acme/api:1}\n",
        ),
        (
            "overlays/stg/kustomization.yaml",
            &format!("resources: [../../production/base]\n{pin}"),
        ),
        ("overlays/prd/kustomization.yaml", "resources: [../stg]\n"),
    ]);
    // prd builds on stg: what stg pins, prd runs.
    let output = sandbox.rakops(["bump", "api=2", "--env", "stg"]).run().expect(3);
    assert!(
        output.stderr.contains("overlays/stg/kustomization.yaml"),
        "{}",
        output.stderr
    );
    sandbox.rakops(["bump", "api=2", "--env", "prd"]).run().expect(0);
    assert_eq!(
        sandbox.read("overlays/prd/kustomization.yaml"),
        "resources: [../stg]\nimages:\n- name: acme/api\n  newTag: \"2\"\n"
    );
    // Both together may edit what only both of them read.
    sandbox.rakops(["bump", "api=3", "--env", "stg,prd"]).run().expect(0);
    assert!(
        sandbox
            .read("overlays/stg/kustomization.yaml")
            .ends_with("newTag: \"3\"\n")
    );
}

#[test]
fn base_edits_the_shared_file_and_lists_every_environment() {
    let sandbox = shop();
    let output = sandbox
        .rakops(["bump", "web=2.1.0", "--env", "stg", "--base"])
        .run()
        .expect(0);
    assert!(output.stdout().contains("(dev, stg, prd)"), "{}", output.stdout());
    assert_eq!(sandbox.status(), " M base/web.yaml\n");
}

#[test]
fn a_new_name_in_the_overlay_is_the_same_image() {
    let sandbox = Sandbox::new();
    sandbox.files(&[
        ("base/kustomization.yaml", "resources: [pod.yaml]\n"),
        ("base/pod.yaml", "spec:\n  containers:\n  - {name: a, image: api}\n"),
        (
            "overlays/dev/kustomization.yaml",
            "resources: [../../base]\nimages:\n- name: api\n  newName: dev.example/api\n  newTag: v1\n",
        ),
        (
            "overlays/prd/kustomization.yaml",
            "resources: [../../base]\nimages:\n- name: api\n  newName: prd.example/api\n",
        ),
    ]);
    sandbox.rakops(["bump", "api=v2", "--env", "dev"]).run().expect(0);
    assert!(
        sandbox
            .read("overlays/dev/kustomization.yaml")
            .ends_with("newName: dev.example/api\n  newTag: v2\n")
    );
    sandbox
        .rakops(["bump", "prd.example/api=v2", "--env", "prd"])
        .run()
        .expect(0);
    assert!(
        sandbox
            .read("overlays/prd/kustomization.yaml")
            .ends_with("newName: prd.example/api\n  newTag: v2\n")
    );
}

#[test]
fn a_patch_of_the_overlay_that_sets_the_image_is_its_pin() {
    let sandbox = Sandbox::new();
    let patch = "kind: Deployment\nmetadata: {name: api}\nspec:\n  template:\n    spec:\n      containers:\n      - name: api\n        image: ghcr.io/acme/api:1.4.1\n";
    sandbox.shop();
    sandbox.file(
        "overlays/prd/kustomization.yaml",
        "resources: [../../base]\npatches:\n- path: image.yaml\n",
    );
    sandbox.file("overlays/prd/image.yaml", patch);
    sandbox.rakops(["bump", "api=1.5.0", "--env", "prd"]).run().expect(0);
    assert_eq!(sandbox.read("overlays/prd/image.yaml"), patch.replace("1.4.1", "1.5.0"));
    assert_eq!(
        sandbox.read("overlays/prd/kustomization.yaml"),
        "resources: [../../base]\npatches:\n- path: image.yaml\n"
    );
}

#[test]
fn overlays_of_several_apps_are_one_environment() {
    let sandbox = Sandbox::new();
    for app in ["a", "b"] {
        sandbox.file(
            &format!("apps/{app}/base/kustomization.yaml"),
            "resources: [pod.yaml]\n",
        );
        sandbox.file(
            &format!("apps/{app}/base/pod.yaml"),
            "spec:\n  containers:\n  - {name: x, image: acme/proxy:1}\n",
        );
        for env in ["dev", "prd"] {
            sandbox.file(
                &format!("apps/{app}/overlays/{env}/kustomization.yaml"),
                "resources: [../../base]\n",
            );
        }
    }
    let output = sandbox
        .rakops(["bump", "proxy=2", "--env", "dev", "-o", "name"])
        .run()
        .expect(0);
    assert_eq!(
        output.stdout(),
        "apps/a/overlays/dev/kustomization.yaml\napps/b/overlays/dev/kustomization.yaml\n"
    );
}

#[test]
fn a_group_means_all_of_its_peers() {
    let sandbox = Sandbox::new();
    sandbox.file("base/kustomization.yaml", "resources: [pod.yaml]\n");
    sandbox.file(
        "base/pod.yaml",
        "spec:\n  containers:\n  - {name: x, image: acme/api:1}\n",
    );
    for env in ["dev", "prd-eu", "prd-us"] {
        sandbox.file(&format!("envs/{env}/kustomization.yaml"), "resources: [../../base]\n");
    }
    let output = sandbox
        .rakops(["bump", "api=2", "--env", "prd", "-o", "name"])
        .run()
        .expect(0);
    assert_eq!(
        output.stdout(),
        "envs/prd-eu/kustomization.yaml\nenvs/prd-us/kustomization.yaml\n"
    );
}

#[test]
fn an_environment_of_another_branch_is_refused_unless_here() {
    let sandbox = shop();
    sandbox.file(
        "rakops.yaml",
        "strategy: chain\nenvironments:\n- {name: dev, branch: main}\n- {name: stg, branch: staging}\n",
    );
    let output = sandbox.rakops(["bump", "api=1.5.0", "--env", "stg"]).run().expect(3);
    assert!(output.stderr.contains("git switch staging"), "{}", output.stderr);
    sandbox.rakops(["bump", "api=1.5.0", "--env", "dev"]).run().expect(0);
    assert_eq!(sandbox.status(), " M overlays/dev/kustomization.yaml\n?? rakops.yaml\n");
    sandbox
        .rakops(["bump", "api=1.5.0", "--env", "stg", "--here"])
        .run()
        .expect(0);
    assert_eq!(
        sandbox.status(),
        " M overlays/dev/kustomization.yaml\n M overlays/stg/kustomization.yaml\n?? rakops.yaml\n"
    );
}

#[test]
fn overlays_beside_environment_branches_are_ambiguous_only_when_an_environment_is_named() {
    let sandbox = shop();
    sandbox.git(["branch", "develop"]);
    let output = sandbox.rakops(["bump", "api=1.5.0", "--env", "stg"]).run().expect(2);
    assert!(output.stderr.contains("strategy: trunk"), "{}", output.stderr);
    sandbox.rakops(["images"]).run().expect(0);
    sandbox.file("rakops.yaml", "strategy: trunk\n");
    sandbox.rakops(["bump", "api=1.5.0", "--env", "stg"]).run().expect(0);
}

#[test]
fn sites_of_the_configuration_belong_to_the_environment_they_name() {
    let sandbox = Sandbox::new();
    sandbox.file(
        "rakops.yaml",
        "environments: [{name: stg}, {name: prd}]\nimages:\n- name: acme/api\n  sites: [\"charts/values-{env}.yaml:app.version\", \"charts/values.yaml:app.version\"]\n",
    );
    for file in ["values", "values-stg", "values-prd"] {
        sandbox.file(&format!("charts/{file}.yaml"), "app: {version: v1}\n");
    }
    let output = sandbox
        .rakops(["bump", "api=v2", "--env", "stg", "-o", "name"])
        .run()
        .expect(0);
    assert_eq!(output.stdout(), "charts/values-stg.yaml\n");
    let output = sandbox.rakops(["bump", "api=v3"]).run().expect(3);
    assert!(output.stderr.contains("--all"), "{}", output.stderr);
}

#[test]
fn two_images_that_an_overlay_does_not_pin_yet_get_one_list() {
    let sandbox = Sandbox::new();
    sandbox.shop();
    sandbox
        .rakops(["bump", "api=1.4.2", "web=2.1.0", "--env", "prd"])
        .run()
        .expect(0);
    assert_eq!(
        sandbox.read("overlays/prd/kustomization.yaml"),
        format!("{PRD}images:\n- name: ghcr.io/acme/api\n  newTag: 1.4.2\n- name: ghcr.io/acme/web\n  newTag: 2.1.0\n")
    );
    sandbox
        .rakops(["bump", "api=1.4.3", "web=2.2.0", "--env", "stg"])
        .run()
        .expect(0);
    assert!(
        sandbox
            .read("overlays/stg/kustomization.yaml")
            .contains("newTag: 2.2.0")
    );
}
