//! `overlay set`: which line is edited, and how it is written.

use crate::harness::Sandbox;
use crate::harness::settings::{API, PATCH};

/// The Deployment's container.
const CONTAINER: &str = "spec.template.spec.containers[name=api]";

/// What it is, what the kustomization says, the files beside it, the line that is edited, and what becomes of it.
type Place<'a> = (&'a str, &'a str, &'a [(&'a str, &'a str)], &'a str, &'a str);

/// Sets in a repository, and returns the lines that changed.
#[track_caller]
fn set(prd: &str, files: &[(&str, &str)], words: &[&str]) -> String {
    let sandbox = Sandbox::new();
    sandbox.settings(prd, files);
    let words: Vec<&str> = ["overlay", "set", "prd"].iter().chain(words).copied().collect();
    sandbox.rakops(words).run().expect(0);
    sandbox.changed_lines()
}

fn patch(body: &str) -> String {
    format!("{PATCH}{body}")
}

#[test]
fn the_place_that_sets_a_field_is_edited_and_nothing_else() {
    let file = patch("spec:\n  replicas: 3 # by hand\n");
    let inline = format!(
        "patches:\n  - patch: |-\n{}      spec:\n        replicas: 3 # by hand\n",
        indented(PATCH)
    );
    let operations = "- op: replace\n  path: /spec/replicas\n  value: 3 # by hand\n";
    let target = "    target: {kind: Deployment, name: api}\n";
    let inline_operations = format!(
        "patches:\n  - patch: |-\n      - op: replace\n        path: /spec/replicas\n        value: 3\n{target}"
    );
    let cases: &[Place<'_>] = &[
        (
            "replicas:",
            "replicas:\n  - name: api\n    count: 3 # by hand\n",
            &[],
            "    count: 3 # by hand",
            "    count: 5 # by hand",
        ),
        (
            "a patch file",
            "patches:\n  - path: api.yaml\n",
            &[("api.yaml", &file)],
            "  replicas: 3 # by hand",
            "  replicas: 5 # by hand",
        ),
        (
            "an older list",
            "patchesStrategicMerge: [api.yaml]\n",
            &[("api.yaml", &file)],
            "  replicas: 3 # by hand",
            "  replicas: 5 # by hand",
        ),
        (
            "an inline patch",
            &inline,
            &[],
            "        replicas: 3 # by hand",
            "        replicas: 5 # by hand",
        ),
        (
            "a JSON patch",
            &format!("patches:\n  - path: ops.yaml\n{target}"),
            &[("ops.yaml", operations)],
            "  value: 3 # by hand",
            "  value: 5 # by hand",
        ),
        (
            "an inline JSON patch",
            &inline_operations,
            &[],
            "        value: 3",
            "        value: 5",
        ),
    ];
    for (case, prd, files, old, new) in cases {
        let changed = set(prd, files, &["Deployment/api", "spec.replicas=5"]);
        assert_eq!(changed, format!("-{old}\n+{new}\n"), "{case}");
    }
}

#[test]
fn literals_and_lines_of_env_files_are_edited() {
    let merge = "configMapGenerator:\n  - name: app\n    behavior: merge\n    literals:\n      - LOG=warn # for now\n";
    assert_eq!(
        set(merge, &[], &["ConfigMap/app", "data.LOG=debug"]),
        "-      - LOG=warn # for now\n+      - LOG=debug # for now\n"
    );
    let envs = "configMapGenerator:\n  - name: app\n    behavior: merge\n    envs: [prd.env]\n";
    assert_eq!(
        set(
            envs,
            &[("prd.env", "# here\nLOG=warn\nZONE=b\n")],
            &["ConfigMap/app", "data.LOG=debug"]
        ),
        "-LOG=warn\n+LOG=debug\n"
    );
}

#[test]
fn quotes_around_a_literal_stay() {
    let merge = "configMapGenerator:\n  - name: app\n    behavior: merge\n    literals:\n      - LOG=\"warn\"\n";
    assert_eq!(
        set(merge, &[], &["ConfigMap/app", "data.LOG=debug"]),
        "-      - LOG=\"warn\"\n+      - LOG=\"debug\"\n"
    );
}

#[test]
fn an_item_that_an_operation_adds_has_its_name() {
    let prd = "patches:\n  - target: {kind: Deployment, name: api}\n    patch: |-\n      - op: replace\n        path: /spec/replicas\n        value: 3\n";
    let changed = set(
        prd,
        &[],
        &["Deployment/api", &format!("{CONTAINER}.env[name=NEW].value=5")],
    );
    let wanted = "+      - op: add\n+        path: /spec/template/spec/containers/0/env/-\n+        value:\n+          name: NEW\n+          value: \"5\"\n";
    assert_eq!(changed, wanted);
}

#[test]
fn a_file_that_several_entries_name_is_left_alone() {
    let targets = "patches:\n  - target: {kind: Deployment, name: api}\n    path: ops.yaml\n  - target: {kind: Deployment, name: web}\n    path: ops.yaml\n";
    let web = API.replace("name: api", "name: web").replace("app: api", "app: web");
    let operations = "- op: add\n  path: /spec/paused\n  value: true\n";
    let changed = set(
        &format!("  - web.yaml\n{targets}"),
        &[("web.yaml", &web), ("ops.yaml", operations)],
        &["Deployment/api", "spec.replicas=5"],
    );
    assert!(changed.contains("+  - path: api-deployment-patch.yaml\n"), "{changed}");
}

#[test]
fn a_literal_of_the_base_is_laid_over_by_an_entry_that_merges() {
    assert_eq!(
        set("", &[], &["ConfigMap/app", "data.LOG=debug"]),
        "+configMapGenerator:\n+  - name: app\n+    behavior: merge\n+    literals:\n+      - LOG=debug\n"
    );
}

#[test]
fn values_of_helm_and_manifests_of_the_environment_itself_are_edited_where_they_stand() {
    let values = "autoscaling:\n  enabled: false # not yet\n";
    assert_eq!(
        set(
            "",
            &[("values-prd.yaml", values)],
            &["values-prd.yaml", "autoscaling.enabled=true"]
        ),
        "-  enabled: false # not yet\n+  enabled: true # not yet\n"
    );
    let own = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: own\ndata:\n  A: \"1\" # one\n";
    assert_eq!(
        set(
            "  - own.yaml\n",
            &[("own.yaml", own)],
            &["ConfigMap/own", "data.A=2", "data.B=3"]
        ),
        "-  A: \"1\" # one\n+  A: \"2\" # one\n+  B: \"3\"\n"
    );
}

#[test]
fn a_field_that_is_new_goes_into_the_patch_of_its_object() {
    let file = patch("spec:\n  replicas: 3\n");
    let changed = set(
        "patches:\n  - path: api.yaml\n",
        &[("api.yaml", &file)],
        &["Deployment/api", &format!("{CONTAINER}.resources.limits.memory=1Gi")],
    );
    let wanted = "+  template:\n+    spec:\n+      containers:\n+        - name: api\n+          resources:\n+            limits:\n+              memory: 1Gi\n";
    assert_eq!(changed, wanted);
}

#[test]
fn a_new_patch_is_called_and_registered_as_the_others_are() {
    let web = API.replace("name: api", "name: web").replace("app: api", "app: web");
    let other = PATCH.replace("name: api", "name: web") + "spec:\n  replicas: 3\n";
    let cases = [
        (
            "patches:\n  - path: web-patch.yaml\n",
            "web-patch.yaml",
            "api-patch.yaml",
            "+  - path: api-patch.yaml",
        ),
        (
            "patches:\n- path: patches/web.yaml\n",
            "patches/web.yaml",
            "patches/api.yaml",
            "+- path: patches/api.yaml",
        ),
        (
            "patchesStrategicMerge:\n- deployment-web.yaml\n",
            "deployment-web.yaml",
            "deployment-api.yaml",
            "+- deployment-api.yaml",
        ),
    ];
    for (list, known, made, registered) in cases {
        let sandbox = Sandbox::new();
        sandbox.settings(&format!("  - web.yaml\n{list}"), &[("web.yaml", &web), (known, &other)]);
        sandbox
            .rakops(["overlay", "set", "prd", "Deployment/api", "spec.replicas=5"])
            .run()
            .expect(0);
        assert_eq!(
            sandbox.read(&format!("overlays/prd/{made}")),
            patch("spec:\n  replicas: 5\n"),
            "{known}"
        );
        assert!(sandbox.changed_lines().contains(&format!("{registered}\n")), "{known}");
    }
}

#[test]
fn the_first_patch_of_an_overlay_is_called_as_in_other_environments() {
    let sandbox = Sandbox::new();
    sandbox.settings("", &[]);
    sandbox.file(
        "overlays/stg/kustomization.yaml",
        "resources: [../../base]\npatches:\n- path: patches/api-scale.yaml\n",
    );
    sandbox.file("overlays/stg/patches/api-scale.yaml", patch("spec:\n  replicas: 1\n"));
    sandbox.commit_all("stg");
    sandbox
        .rakops(["overlay", "set", "prd", "Deployment/api", "spec.replicas=5"])
        .run()
        .expect(0);
    assert_eq!(
        sandbox.read("overlays/prd/patches/api-scale.yaml"),
        patch("spec:\n  replicas: 5\n")
    );
}

#[test]
fn line_breaks_stay_what_they_are() {
    let sandbox = Sandbox::new();
    sandbox.settings("nameSuffix: -x\r\n", &[]);
    sandbox
        .rakops(["overlay", "set", "prd", "Deployment/api", "spec.replicas=5"])
        .run()
        .expect(0);
    for file in ["kustomization.yaml", "api-deployment-patch.yaml"] {
        let text = sandbox.read(&format!("overlays/prd/{file}"));
        assert_eq!(
            text.matches('\n').count(),
            text.matches("\r\n").count(),
            "{file}: {text:?}"
        );
    }
}

#[test]
fn a_value_has_the_type_that_the_field_has() {
    let file = patch("spec: {}\n");
    let set = |words: &[&str]| {
        let all: Vec<&str> = std::iter::once("Deployment/api").chain(words.iter().copied()).collect();
        let changed = set("patches: [{path: api.yaml}]\n", &[("api.yaml", &file)], &all);
        changed
            .lines()
            .last()
            .unwrap()
            .trim_start_matches(['+', ' '])
            .to_owned()
    };
    assert_eq!(set(&["spec.replicas=5"]), "spec: {replicas: 5}");
    assert_eq!(set(&["spec.paused=true"]), "spec: {paused: true}");
    let env = format!("{CONTAINER}.env[name=LOG].value");
    assert!(set(&[&format!("{env}=5")]).contains("value: \"5\""));
    assert!(set(&[&format!("{env}=true")]).contains("value: \"true\""));
    assert_eq!(
        set(&["spec.minReadySeconds=5", "--string"]),
        "spec: {minReadySeconds: \"5\"}"
    );
    assert_eq!(
        set(&["spec.strategy={\"type\":\"Recreate\"}", "--json"]),
        "spec: {strategy: {type: Recreate}}"
    );
}

#[test]
fn unlikely_values_are_warned_about_and_set() {
    for (assignment, said) in [
        (format!("{CONTAINER}.imagePullPolicy=always"), "takes no `always`"),
        (
            format!("{CONTAINER}.resources.limits.memory=512m"),
            "a thousandth of a byte",
        ),
        (format!("{CONTAINER}.resources.requests.memory=1Gi"), "above the limit"),
    ] {
        let sandbox = Sandbox::new();
        sandbox.settings("", &[]);
        let output = sandbox
            .rakops(["overlay", "set", "prd", "Deployment/api", &assignment])
            .run()
            .expect(0);
        assert!(output.stderr.contains("warning[value-unlikely]"), "{}", output.all());
        assert!(output.stderr.contains(said), "{}", output.all());
        assert!(!sandbox.status().is_empty());
    }
}

#[test]
fn a_patch_for_several_objects_is_left_alone_and_the_object_gets_one_of_its_own() {
    let web = API.replace("name: api", "name: web").replace("app: api", "app: web");
    let all = "patches:\n  - path: all.yaml\n    target: {kind: Deployment}\n";
    let patch_of_all = PATCH.replace("name: api", "name: any") + "spec:\n  paused: true\n";
    let sandbox = Sandbox::new();
    sandbox.settings(
        &format!("  - web.yaml\n{all}"),
        &[("web.yaml", &web), ("all.yaml", &patch_of_all)],
    );
    sandbox
        .rakops(["overlay", "set", "prd", "Deployment/api", "spec.replicas=5"])
        .run()
        .expect(0);
    assert_eq!(sandbox.read("overlays/prd/all.yaml"), patch_of_all);
    let made = "+  - path: api-deployment-patch.yaml\n";
    assert!(sandbox.changed_lines().contains(made), "{}", sandbox.changed_lines());
}

#[test]
fn a_dry_run_shows_the_diff_and_writes_nothing() {
    let sandbox = Sandbox::new();
    sandbox.settings("replicas:\n  - name: api\n    count: 3\n", &[]);
    let output = sandbox
        .rakops(["overlay", "set", "prd", "Deployment/api", "spec.replicas=5", "-n"])
        .run()
        .expect(0);
    assert!(
        output.stdout().contains("-    count: 3\n+    count: 5\n"),
        "{}",
        output.all()
    );
    assert_eq!(sandbox.status(), "");
}

fn indented(text: &str) -> String {
    text.lines().map(|line| format!("      {line}\n")).collect()
}

#[test]
fn an_object_of_a_list_is_edited_where_it_stands() {
    let list = "apiVersion: v1\nkind: List\nitems:\n  - apiVersion: v1\n    kind: ConfigMap\n    metadata: {name: one}\n\
                data: {}\n  - apiVersion: v1\n    kind: ConfigMap\n    metadata:\n      name: two\n    data:\n      k: v # here\n";
    let list = list.replace("\ndata: {}\n", "\n");
    let sandbox = Sandbox::new();
    sandbox.settings("  - list.yaml\n", &[("list.yaml", &list)]);
    let run = |words: &[&str]| sandbox.rakops(words.iter().copied()).run().expect(0);
    run(&["overlay", "set", "prd", "ConfigMap/two", "data.k=w", "data.more=5"]);
    assert_eq!(
        sandbox.changed_lines(),
        "-      k: v # here\n+      k: w # here\n+      more: \"5\"\n"
    );
    run(&["overlay", "unset", "prd", "ConfigMap/two", "data.more"]);
    assert_eq!(sandbox.changed_lines(), "-      k: v # here\n+      k: w # here\n");
}

#[test]
fn a_port_that_was_a_name_becomes_a_number() {
    let service =
        "apiVersion: v1\nkind: Service\nmetadata: {name: s}\nspec:\n  ports:\n    - port: 80\n      targetPort: http\n";
    let word = "spec.ports[port=80].targetPort=8080";
    let lines = set("  - s.yaml\n", &[("s.yaml", service)], &["svc/s", word]);
    assert_eq!(lines, "-      targetPort: http\n+      targetPort: 8080\n");
}

#[test]
fn a_file_of_the_environment_is_not_a_way_out_of_it() {
    let sandbox = Sandbox::new();
    sandbox.settings("", &[("values.yaml", "a: 1\n")]);
    sandbox.file("../outside.yaml", "a: 1\n");
    for file in [
        "../../base/kustomization.yaml",
        "../../../outside.yaml",
        "../../base/api.yaml",
    ] {
        let output = sandbox.rakops(["overlay", "set", "prd", file, "a=2"]).run();
        assert!([3, 5].contains(&output.code), "{}", output.all());
    }
    assert_eq!(sandbox.status(), "");
    assert_eq!(sandbox.read("../outside.yaml"), "a: 1\n");
}

#[test]
fn a_build_that_cannot_be_read_is_refused_and_what_is_not_followed_is_told() {
    let sandbox = Sandbox::new();
    sandbox.settings("patches:\n  - path: p.yaml\n", &[("p.yaml", "spec:\n  replicas: [3\n")]);
    let set = || {
        sandbox
            .rakops(["overlay", "set", "prd", "Deployment/api", "spec.replicas=5"])
            .run()
    };
    let output = set();
    assert_ne!(output.code, 0, "{}", output.all());
    assert!(output.stderr.contains("overlays/prd/"), "{}", output.all());
    assert_eq!(sandbox.status(), "");
    sandbox.file(
        "overlays/prd/kustomization.yaml",
        "resources: [../../base]\ntransformers: [t.yaml]\n",
    );
    let transformer =
        "apiVersion: builtin\nkind: AnnotationsTransformer\nmetadata: {name: a}\nannotations: {a: b}\nfieldSpecs: []\n";
    sandbox.file("overlays/prd/t.yaml", transformer);
    sandbox.commit_all("transformers");
    let output = set().expect(0);
    assert!(output.stderr.contains("warning[unproven]"), "{}", output.all());
}
