//! `rakops check`, rule `broken-reference`: what kustomizations name.

use crate::harness::Sandbox;

#[track_caller]
fn found(sandbox: &Sandbox) -> Vec<(String, String)> {
    let words = ["check", "--rule", "broken-reference", "-o", "json"];
    let output = sandbox.rakops(words).run();
    assert!(matches!(output.code, 0 | 1), "{}", output.all());
    let said = output.json();
    let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
    let findings = said["findings"].as_array().unwrap();
    let place = |one: &serde_json::Value| format!("{}:{}:{}", text(&one["file"]), one["line"], one["column"]);
    findings.iter().map(|one| (place(one), text(&one["message"]))).collect()
}

#[test]
fn every_field_that_names_a_file_is_looked_at() {
    let sandbox = Sandbox::new();
    sandbox.file(
        "app/kustomization.yaml",
        "resources:
- gone.yaml
- https://example.com/x.yaml
- github.com/acme/app//deploy?ref=v1
components: [../nowhere]
patches:
- path: p.yaml
- patch: |-
    - op: remove
      path: /x
patchesStrategicMerge:
- q.yaml
- |-
  kind: Deployment
patchesJson6902:
- {path: r.yaml, target: {kind: Deployment, name: x}}
configMapGenerator:
- name: c
  files: [a.txt, key=b.txt]
  envs: [e.env]
secretGenerator:
- {name: s, env: f.env}
replacements:
- path: t.yaml
configurations: [u.yaml]
transformers: [v.yaml]
helmCharts:
- name: chart
  valuesFile: w.yaml
  additionalValuesFiles: [x.yaml]
openapi: {path: y.json}
",
    );
    let found = found(&sandbox);
    let names: Vec<&str> = found
        .iter()
        .filter_map(|(_, message)| message.split('`').nth(3))
        .collect();
    let expected = [
        "gone.yaml",
        "../nowhere",
        "p.yaml",
        "q.yaml",
        "r.yaml",
        "a.txt",
        "b.txt",
        "e.env",
        "f.env",
        "t.yaml",
        "u.yaml",
        "v.yaml",
        "w.yaml",
        "x.yaml",
        "y.json",
    ];
    assert_eq!(names, expected);
    assert_eq!(found[0].0, "app/kustomization.yaml:2:3");
    assert_eq!(found[0].1, "`resources` names `gone.yaml`, which is not there");
}

#[test]
fn a_directory_without_a_kustomization_and_a_file_in_its_place_are_told() {
    let sandbox = Sandbox::new();
    sandbox.file("empty/readme.txt", "x");
    sandbox.file("file.yaml", "kind: ConfigMap\n");
    sandbox.file(
        "kustomization.yaml",
        "resources: [empty, file.yaml]\nbases: [file.yaml]\ncomponents: [empty]\n",
    );
    let messages: Vec<String> = found(&sandbox).into_iter().map(|(_, message)| message).collect();
    assert_eq!(
        messages,
        [
            "`resources` names the directory `empty`, which has no kustomization",
            "`bases` names `file.yaml`, which is a file, and a directory is needed",
            "`components` names the directory `empty`, which has no kustomization",
        ]
    );
}

#[test]
fn a_ring_is_told_once_and_ends() {
    let sandbox = Sandbox::new();
    sandbox.file("a/kustomization.yaml", "resources: [../b]\n");
    sandbox.file("b/kustomization.yaml", "resources: [../c]\n");
    sandbox.file("c/kustomization.yaml", "resources: [../a]\n");
    sandbox.file("self/kustomization.yaml", "resources: [.]\n");
    let found = found(&sandbox);
    assert_eq!(
        found,
        [
            (
                "a/kustomization.yaml:1:13".to_owned(),
                "a build of `a` comes back to it".to_owned()
            ),
            (
                "self/kustomization.yaml:1:13".to_owned(),
                "a build of `self` comes back to it".to_owned()
            ),
        ]
    );
}

#[test]
fn what_lies_outside_is_a_warning_and_what_git_ignores_is_fine() {
    let sandbox = Sandbox::new();
    sandbox.repository();
    sandbox.file(".gitignore", "secret.env\ncharts/\n");
    sandbox.file(
        "kustomization.yaml",
        "resources: [../other, charts/x]\nsecretGenerator:\n- {name: s, envs: [secret.env]}\n",
    );
    sandbox.commit_all("names what is made later");
    let output = sandbox.rakops(["check", "--rule", "broken-reference"]).run().expect(0);
    assert_eq!(
        output.stdout(),
        "kustomization.yaml:1:13\twarning\tbroken-reference\t-\t-\n",
        "{}",
        output.all()
    );
    assert!(
        output.stderr.contains("lies outside of this repository"),
        "{}",
        output.all()
    );
}

#[test]
fn the_other_ending_is_proposed_and_a_commit_is_looked_at_as_it_is() {
    let sandbox = Sandbox::new();
    sandbox.repository();
    sandbox.file("api.yml", "kind: ConfigMap\n");
    sandbox.file("kustomization.yaml", "resources: [api.yaml]\n");
    sandbox.commit_all("the wrong ending");
    sandbox.file("api.yaml", "kind: ConfigMap\n");
    let _ = sandbox.rakops(["check"]).run().expect(0);
    let output = sandbox.rakops(["check", "HEAD"]).run().expect(1);
    assert!(output.stderr.contains("did you mean `api.yml`?"), "{}", output.all());
}
