//! kustomize as the judge of `bump --env`: what is rendered afterwards, not what stands in files.

use std::path::Path;
use std::process::Command;

use crate::harness::Sandbox;

/// What the tests need.
pub(crate) fn needs() -> Result<(), String> {
    renderer()
        .map(|_| ())
        .ok_or_else(|| "neither kubectl nor kustomize is here to judge what is rendered".to_owned())
}

/// The tests.
pub(crate) const TESTS: &[(&str, fn())] = &[(
    "kustomize::after_a_bump_the_environment_renders_the_version_and_nothing_else_changes",
    after_a_bump_the_environment_renders_the_version_and_nothing_else_changes,
)];

/// The program that renders, if there is one here.
fn renderer() -> Option<&'static [&'static str]> {
    let works = |words: &[&str]| {
        Command::new(words[0])
            .arg("version")
            .arg("--client")
            .output()
            .is_ok_and(|output| output.status.success())
            || Command::new(words[0])
                .arg("version")
                .output()
                .is_ok_and(|output| output.status.success())
    };
    [&["kubectl", "kustomize"] as &[&str], &["kustomize", "build"]]
        .into_iter()
        .find(|words| works(words))
}

fn render(words: &[&str], directory: &Path) -> String {
    let output = Command::new(words[0])
        .args(&words[1..])
        .arg(directory)
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

const POD: &str = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: NAME}\nspec:\n  template:\n    spec:\n      containers:\n      - {name: main, image: IMAGE}\n";

fn deployment(name: &str, image: &str) -> String {
    POD.replace("NAME", name).replace("IMAGE", image)
}

/// Repositories in which the version of `acme/api` reaches an environment in different ways.
fn repositories() -> Vec<(&'static str, Vec<(&'static str, String)>)> {
    let base = |image: &str| {
        vec![
            (
                "base/kustomization.yaml",
                "resources: [api.yaml, web.yaml]\n".to_owned(),
            ),
            ("base/api.yaml", deployment("api", image)),
            ("base/web.yaml", deployment("web", "acme/web:1.0.0")),
            (
                "overlays/prd/kustomization.yaml",
                "resources: [../../base]\n".to_owned(),
            ),
        ]
    };
    let with = |image: &str, stg: &str| {
        let mut files = base(image);
        files.push(("overlays/stg/kustomization.yaml", stg.to_owned()));
        files
    };
    let mut patched = with(
        "acme/api:1.0.0",
        "resources: [../../base]\npatches:\n- path: api.yaml\n",
    );
    patched.push(("overlays/stg/api.yaml", deployment("api", "acme/api:1.1.0")));
    let mut through = with("acme/api:1.0.0", "resources: [../../middle]\n");
    through.push((
        "middle/kustomization.yaml",
        "resources: [../base]\nimages: [{name: acme/api, newName: mirror.example/api, newTag: 1.1.0}]\n".to_owned(),
    ));
    let mut component = with(
        "acme/api:1.0.0",
        "resources: [../../base]\ncomponents: [../../parts/pin]\n",
    );
    component.push((
        "parts/pin/kustomization.yaml",
        "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\nimages: [{name: acme/api, newTag: 1.1.0}]\n"
            .to_owned(),
    ));
    vec![
        ("nothing pinned", with("acme/api:1.0.0", "resources: [../../base]\n")),
        (
            "an entry",
            with(
                "acme/api:1.0.0",
                "resources: [../../base]\nimages:\n- name: acme/api\n  newTag: 1.1.0\n",
            ),
        ),
        (
            "an empty list",
            with("acme/api:1.0.0", "resources: [../../base]\nimages: []\n"),
        ),
        (
            "an entry with a name only",
            with(
                "api",
                "resources: [../../base]\nimages:\n- name: api\n  newName: acme/api\n",
            ),
        ),
        ("a patch", patched),
        (
            "an inline patch",
            with(
                "acme/api:1.0.0",
                "resources: [../../base]\npatches:\n- patch: |-\n    apiVersion: apps/v1\n    kind: Deployment\n    metadata: {name: api}\n    spec: {template: {spec: {containers: [{name: main, image: acme/api:1.1.0}]}}}\n",
            ),
        ),
        ("a directory between that renames", through),
        ("a component", component),
    ]
}

fn after_a_bump_the_environment_renders_the_version_and_nothing_else_changes() {
    let words = renderer().unwrap();
    for (case, files) in repositories() {
        let sandbox = Sandbox::new();
        for (path, text) in &files {
            sandbox.file(path, text);
        }
        let image = if case.contains("renames") {
            "mirror.example/api"
        } else {
            "acme/api"
        };
        let before: Vec<String> = ["stg", "prd"]
            .map(|env| render(words, &sandbox.path(&format!("overlays/{env}"))))
            .into();
        sandbox
            .rakops(["bump", &format!("{image}=1.10"), "--env", "stg", "--allow", "downgrade"])
            .run()
            .expect(0);
        let after: Vec<String> = ["stg", "prd"]
            .map(|env| render(words, &sandbox.path(&format!("overlays/{env}"))))
            .into();
        assert_eq!(before[1], after[1], "{case}: prd changed");
        let changed: Vec<(&str, &str)> = before[0]
            .lines()
            .zip(after[0].lines())
            .filter(|(old, new)| old != new)
            .collect();
        assert_eq!(
            before[0].lines().count(),
            after[0].lines().count(),
            "{case}\n{}",
            after[0]
        );
        assert_eq!(changed.len(), 1, "{case}: {changed:?}");
        assert_eq!(changed[0].1.trim(), format!("- image: {image}:1.10"), "{case}");
    }
}
