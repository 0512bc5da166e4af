//! `overlay get`: what is effective, where it is set, and what the base says.

use crate::harness::Sandbox;
use crate::harness::settings::PATCH;

fn sandbox() -> Sandbox {
    let sandbox = Sandbox::new();
    let file = format!("{PATCH}spec:\n  replicas: 3 # by hand\n");
    let literal = "configMapGenerator:\n  - name: app\n    behavior: merge\n    literals:\n      - LOG=warn\n";
    sandbox.settings(
        &format!(
            "patches:\n  - path: api.yaml\n{literal}secretGenerator:\n  - name: keys\n    literals: [token=s3cret]\n"
        ),
        &[("api.yaml", &file)],
    );
    sandbox
}

#[test]
fn a_field_is_told_with_its_place_and_with_what_the_base_says() {
    let sandbox = sandbox();
    let output = sandbox
        .rakops(["overlay", "get", "prd", "Deployment/api", "spec.replicas", "-o", "json"])
        .run()
        .expect(0);
    let field = &output.json()["fields"][0];
    assert_eq!(field["overridden"], true);
    assert_eq!(
        field["effective"],
        serde_json::json!({ "value": 3, "file": "overlays/prd/api.yaml", "line": 6, "column": 13 })
    );
    assert_eq!(
        field["base"],
        serde_json::json!({ "value": 2, "file": "base/api.yaml", "line": 6, "column": 13 })
    );
}

#[test]
fn without_a_path_every_field_of_the_overlay_is_told() {
    let sandbox = sandbox();
    let output = sandbox
        .rakops(["overlay", "get", "prd", "deploy/api", "-o", "name"])
        .run()
        .expect(0);
    assert_eq!(output.stdout(), "spec.replicas\n");
    let output = sandbox
        .rakops(["overlay", "get", "prd", "ConfigMap/app"])
        .run()
        .expect(0);
    assert_eq!(
        output.stdout(),
        "data.LOG\twarn\toverlays/prd/kustomization.yaml:10\tinfo\tbase/kustomization.yaml:6\n"
    );
    let output = sandbox
        .rakops(["overlay", "get", "prd", "Deployment/api", "--all", "-o", "name"])
        .run()
        .expect(0);
    assert!(
        output
            .stdout()
            .contains("spec.template.spec.containers[name=api].env[name=LOG].value\n")
    );
}

#[test]
fn values_of_secrets_are_not_told() {
    let sandbox = sandbox();
    for form in ["text", "json"] {
        let output = sandbox
            .rakops(["overlay", "get", "prd", "Secret/keys", "data.token", "-o", form])
            .run()
            .expect(0);
        assert!(!output.all().contains("s3cret"), "{}", output.all());
        assert!(output.stdout().contains("(hidden)"), "{}", output.all());
    }
}

#[test]
fn a_field_that_is_not_there_is_an_error_that_names_those_beside_it() {
    let sandbox = sandbox();
    let output = sandbox
        .rakops(["overlay", "get", "prd", "Deployment/api", "spec.paused"])
        .run()
        .expect(5);
    assert!(output.stderr.contains("error[field-not-found]"), "{}", output.all());
    assert!(output.stderr.contains("`replicas`"), "{}", output.all());
}
