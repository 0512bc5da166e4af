//! `rakops check --write`: the findings as SARIF.

use serde_json::Value;

use crate::harness::Sandbox;

#[track_caller]
fn written(sandbox: &Sandbox) -> Value {
    let output = sandbox.rakops(["check", "--write", "out.sarif"]).run();
    assert!(matches!(output.code, 0 | 1), "{}", output.all());
    serde_json::from_str(&sandbox.read("out.sarif")).unwrap()
}

#[test]
fn a_finding_has_a_rule_with_help_a_region_and_a_fingerprint_that_stays() {
    let sandbox = Sandbox::new();
    let text = "images:\n- name: ghcr.io/acme/api\n  newTag: 1.10\n";
    sandbox.file("with blank/kustomization.yaml", text);
    let log = written(&sandbox);
    let run = &log["runs"][0];
    assert_eq!(
        (&log["version"], &run["tool"]["driver"]["name"]),
        (&"2.1.0".into(), &"rakops".into())
    );
    let result = &run["results"][0];
    let rule = &run["tool"]["driver"]["rules"][usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap()];
    assert_eq!(
        (&rule["id"], &result["ruleId"]),
        (&"mistyped-tag".into(), &"mistyped-tag".into())
    );
    assert!(rule["help"]["text"].as_str().is_some_and(|text| text.contains("--fix")));
    let place = &result["locations"][0]["physicalLocation"];
    assert_eq!(place["artifactLocation"]["uri"], "with%20blank/kustomization.yaml");
    assert_eq!(place["artifactLocation"]["uriBaseId"], "%SRCROOT%");
    let region = &place["region"];
    let numbers = ["startLine", "startColumn", "endColumn"].map(|key| region[key].as_u64().unwrap());
    assert_eq!(numbers, [3, 11, 15]);
    let fingerprint = result["partialFingerprints"]["rakops/v1"].clone();
    sandbox.file("with blank/kustomization.yaml", format!("# moved\n\n{text}"));
    let moved = &written(&sandbox)["runs"][0]["results"][0];
    assert_eq!(moved["partialFingerprints"]["rakops/v1"], fingerprint);
    assert_eq!(moved["locations"][0]["physicalLocation"]["region"]["startLine"], 5);
}

#[test]
fn nothing_found_is_a_log_without_results_and_another_ending_is_refused() {
    let sandbox = Sandbox::new();
    assert_eq!(written(&sandbox)["runs"][0]["results"], serde_json::json!([]));
    let output = sandbox.rakops(["check", "--write", "out.json"]).run().expect(2);
    assert!(output.stderr.contains("`.sarif`"), "{}", output.all());
}
