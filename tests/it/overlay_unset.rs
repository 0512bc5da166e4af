//! `overlay unset`: what the base says is effective again, and nothing empty is left.

use crate::harness::Sandbox;
use crate::harness::settings::PATCH;

#[track_caller]
fn unset(prd: &str, files: &[(&str, &str)], words: &[&str]) -> String {
    let sandbox = Sandbox::new();
    sandbox.settings(prd, files);
    let words: Vec<&str> = ["overlay", "unset", "prd"].iter().chain(words).copied().collect();
    sandbox.rakops(words).run().expect(0);
    sandbox.changed_lines()
}

#[test]
fn with_the_last_field_a_patch_goes_and_the_line_that_names_it() {
    let file = format!("{PATCH}spec:\n  replicas: 3 # by hand\n");
    let gone: String = file.lines().map(|line| format!("-{line}\n")).collect();
    let sandbox = Sandbox::new();
    sandbox.settings("patches:\n  - path: api.yaml\n", &[("api.yaml", &file)]);
    sandbox
        .rakops(["overlay", "unset", "prd", "Deployment/api", "spec.replicas"])
        .run()
        .expect(0);
    assert!(!sandbox.path("overlays/prd/api.yaml").exists());
    assert_eq!(
        sandbox.changed_lines(),
        format!("{gone}-patches:\n-  - path: api.yaml\n")
    );
    let annotation = format!("{PATCH}  annotations:\n    team: shop\n");
    let sandbox = Sandbox::new();
    sandbox.settings("patches:\n  - path: api.yaml\n", &[("api.yaml", &annotation)]);
    sandbox
        .rakops(["overlay", "unset", "prd", "Deployment/api", "metadata.annotations.team"])
        .run()
        .expect(0);
    assert!(!sandbox.path("overlays/prd/api.yaml").exists());
}

#[test]
fn what_else_a_patch_says_stays() {
    let file = format!("{PATCH}  annotations:\n    team: shop\nspec:\n  replicas: 3 # by hand\n  paused: true\n");
    let files: &[(&str, &str)] = &[("api.yaml", &file)];
    let list = "patches:\n  - path: api.yaml\n";
    assert_eq!(
        unset(list, files, &["Deployment/api", "spec.replicas"]),
        "-  replicas: 3 # by hand\n"
    );
    assert_eq!(
        unset(list, files, &["Deployment/api", "metadata.annotations.team"]),
        "-  annotations:\n-    team: shop\n"
    );
}

#[test]
fn entries_operations_and_literals_go_with_the_lists_that_were_there_for_them() {
    let replicas = "replicas:\n  - name: api\n    count: 3\n";
    assert_eq!(
        unset(replicas, &[], &["Deployment/api", "spec.replicas"]),
        "-replicas:\n-  - name: api\n-    count: 3\n"
    );
    let merge =
        "configMapGenerator:\n  - name: app\n    behavior: merge\n    literals:\n      - LOG=warn\n      - MORE=1\n";
    assert_eq!(unset(merge, &[], &["ConfigMap/app", "data.MORE"]), "-      - MORE=1\n");
    let only = "configMapGenerator:\n  - name: app\n    behavior: merge\n    literals:\n      - LOG=warn\n";
    assert_eq!(
        unset(only, &[], &["ConfigMap/app", "data.LOG"]),
        only.lines().map(|line| format!("-{line}\n")).collect::<String>()
    );
    let operations = "patches:\n  - target: {kind: Deployment, name: api}\n    patch: |-\n      - op: replace\n        path: /spec/replicas\n        value: 3\n      - op: add\n        path: /metadata/annotations\n        value: {team: shop}\n";
    assert_eq!(
        unset(operations, &[], &["Deployment/api", "metadata.annotations.team"]),
        "-      - op: add\n-        path: /metadata/annotations\n-        value: {team: shop}\n"
    );
}

#[test]
fn set_and_unset_leave_the_bytes_as_they_were() {
    let file = format!("{PATCH}spec:\n  replicas: 3 # by hand\n");
    let own = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: own\ndata:\n  A: \"1\"\n";
    let sandbox = Sandbox::new();
    sandbox.settings(
        "  - own.yaml\npatches:\n  - path: api.yaml\n",
        &[("api.yaml", &file), ("own.yaml", own)],
    );
    for (object, path) in [
        ("Deployment/api", "metadata.annotations.team"),
        (
            "Deployment/api",
            "spec.template.spec.containers[name=proxy].env[name=A].value",
        ),
        (
            "Deployment/api",
            "spec.template.spec.containers[name=api].resources.requests.cpu",
        ),
        ("ConfigMap/own", "metadata.annotations.team"),
        ("ConfigMap/own", "data.B"),
        ("ConfigMap/app", "data.B"),
    ] {
        sandbox
            .rakops(["overlay", "set", "prd", object, &format!("{path}=5")])
            .run()
            .expect(0);
        assert_ne!(sandbox.status(), "", "{object} {path}");
        sandbox
            .rakops(["overlay", "unset", "prd", object, path])
            .run()
            .expect(0);
        assert_eq!(sandbox.changed_lines(), "", "{object} {path}");
    }
}

#[test]
fn what_the_overlay_does_not_set_needs_no_unset() {
    let sandbox = Sandbox::new();
    sandbox.settings("", &[]);
    let output = sandbox
        .rakops(["overlay", "unset", "prd", "Deployment/api", "spec.replicas"])
        .run()
        .expect(0);
    assert!(
        output
            .stderr
            .contains("the overlay does not set Deployment/api spec.replicas: it is 2 (base/api.yaml:6)"),
        "{}",
        output.all()
    );
    assert_eq!(sandbox.status(), "");
}

#[test]
fn an_overlay_on_a_base_of_its_own_directory_is_told_what_is_left() {
    let sandbox = Sandbox::new();
    sandbox.settings(
        "  - part\n",
        &[
            ("part/kustomization.yaml", "resources: [own.yaml]\n"),
            (
                "part/own.yaml",
                "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: own\ndata:\n  A: \"1\"\n  B: \"2\"\n",
            ),
        ],
    );
    let output = sandbox
        .rakops(["overlay", "unset", "prd", "ConfigMap/own", "data.B"])
        .run()
        .expect(0);
    assert!(output.stdout().contains("data.B: 2 -> (gone)"), "{}", output.all());
    assert_eq!(sandbox.changed_lines(), "-  B: \"2\"\n");
}

#[test]
fn what_a_component_says_is_effective_again() {
    let sandbox = Sandbox::new();
    let file = format!("{PATCH}  annotations:\n    team: shop\n");
    sandbox.settings(
        "components: [../../part]\npatches:\n  - path: api.yaml\n",
        &[("api.yaml", &file)],
    );
    let component = "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\ncommonAnnotations: {more: a}\npatches:\n- path: api.yaml\n";
    sandbox.file("part/kustomization.yaml", component);
    sandbox.file("part/api.yaml", format!("{PATCH}  annotations:\n    team: all\n"));
    sandbox.commit_all("a component");
    let words = ["overlay", "unset", "prd", "Deployment/api", "metadata.annotations.team"];
    let output = sandbox.rakops(words).run().expect(0);
    assert!(output.stdout().contains("shop -> all"), "{}", output.all());
}

#[test]
fn a_name_that_others_follow_stays_for_their_order() {
    let sandbox = Sandbox::new();
    sandbox.settings("", &[]);
    let run = |words: &[&str]| {
        let words: Vec<&str> = std::iter::once("overlay").chain(words.iter().copied()).collect();
        sandbox.rakops(words).run().expect(0)
    };
    let image = |container: &str| format!("spec.template.spec.containers[name={container}].image");
    run(&[
        "set",
        "prd",
        "Deployment/api",
        &format!("{}=x", image("api")),
        &format!("{}=acme/proxy:2", image("proxy")),
    ]);
    run(&["unset", "prd", "Deployment/api", &image("api")]);
    let patch = sandbox.read("overlays/prd/api-deployment-patch.yaml");
    assert!(
        patch.contains("        - name: api\n        - name: proxy\n          image: acme/proxy:2\n"),
        "{patch}"
    );
    run(&["unset", "prd", "Deployment/api", &image("proxy")]);
    assert_eq!(sandbox.status(), "");
}

#[test]
fn a_file_that_two_entries_name_stays_with_the_second() {
    let patch = "- op: replace\n  path: /spec/replicas\n  value: 9\n";
    let target = |name: &str| format!("  - path: ops.yaml\n    target: {{kind: Deployment, name: {name}}}\n");
    let other = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: other}\nspec: {replicas: 1}\n";
    let prd = format!("  - other.yaml\npatches:\n{}{}", target("api"), target("other"));
    let sandbox = Sandbox::new();
    sandbox.settings(&prd, &[("ops.yaml", patch), ("other.yaml", other)]);
    sandbox
        .rakops(["overlay", "unset", "prd", "Deployment/api", "spec.replicas"])
        .run()
        .expect(0);
    let lines = sandbox.changed_lines();
    assert!(lines.lines().all(|line| line.starts_with('-')), "{lines}");
    assert_eq!(sandbox.read("overlays/prd/ops.yaml"), patch);
}

#[test]
fn what_the_kustomization_gives_every_object_is_not_taken_from_one() {
    let sandbox = Sandbox::new();
    sandbox.settings("commonLabels:\n  env: prd\n", &[]);
    let words = [
        "overlay",
        "unset",
        "prd",
        "Deployment/api",
        "spec.template.metadata.labels.env",
    ];
    let output = sandbox.rakops(words).run().expect(3);
    assert!(output.stderr.contains("error[made-by-field]"), "{}", output.all());
    assert!(
        output.stderr.contains("overlays/prd/kustomization.yaml:5"),
        "{}",
        output.all()
    );
}
