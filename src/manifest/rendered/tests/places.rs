//! Where values come from.

use super::rendering;
use crate::error::Kind;
use crate::manifest::rendered::value::Value;
use crate::manifest::rendered::{BlindWhy, LayerKind, Object, Origin};
use crate::yaml;

const TREE: &str = r#"## base/kustomization.yaml
resources: [api.yaml]
## base/api.yaml
apiVersion: apps/v1
kind: Deployment
metadata: {name: api}
spec:
  replicas: 1
  template:
    spec:
      containers:
      - name: api
        image: nginx:1.0
        env:
        - {name: A, value: a}
## prd/kustomization.yaml
resources: [../base]
namePrefix: p-
patches:
- path: patch.yaml
- patch: |-
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: api}
    spec:
      paused: true
- target: {kind: Deployment}
  patch: |
    - op: add
      path: /spec/revisionHistoryLimit
      value: 4
replicas:
- {name: api, count: 5}
configMapGenerator:
- name: settings
  literals:
  - A=1
  envs: [e.env]
secretGenerator:
- {name: keys, literals: [P=word]}
## prd/patch.yaml
apiVersion: apps/v1
kind: Deployment
metadata: {name: api}
spec:
  template:
    spec:
      containers:
      - name: api
        env:
        - {name: B, value: b}
## prd/e.env
# first
E=two
"#;

fn at<'o>(object: &'o Object, path: &str) -> &'o Value {
    object.root.at(&yaml::Path::parse(path).unwrap()).unwrap()
}

fn place(value: &Value) -> String {
    format!("{}:{}:{}", value.file, value.line, value.column)
}

#[test]
fn every_value_tells_file_line_and_layer() {
    let rendering = rendering(TREE, "prd").unwrap();
    assert_eq!(rendering.blind, []);
    let [api] = rendering.find("deploy", "api", None)[..] else {
        panic!("{:?}", rendering.objects);
    };
    assert_eq!(api.id.name, "p-api");
    assert_eq!(
        api.formerly.iter().map(|it| it.name.as_str()).collect::<Vec<_>>(),
        ["api"]
    );
    let image = at(api, "spec.template.spec.containers[name=api].image");
    assert_eq!((place(image).as_str(), image.layer), ("base/api.yaml:10:16", 0));
    let env = at(api, "spec.template.spec.containers[name=api].env[name=B].value");
    assert_eq!(place(env), "prd/patch.yaml:10:28");
    let Some(LayerKind::Merge(patch)) = api.layers.get(env.layer).map(|it| it.kind.clone()) else {
        panic!("{:?}", api.layers);
    };
    assert_eq!(
        (patch.file.as_str(), patch.list, patch.item, patch.fits),
        ("prd/patch.yaml", "patches", 0, 1)
    );
    let paused = at(api, "spec.paused");
    assert_eq!(place(paused), "prd/kustomization.yaml:10:15");
    assert_eq!(
        place(at(api, "spec.revisionHistoryLimit")),
        "prd/kustomization.yaml:15:14"
    );
    let replicas = at(api, "spec.replicas");
    assert_eq!(
        (place(replicas).as_str(), replicas.text()),
        ("prd/kustomization.yaml:17:22", Some("5"))
    );
    assert_eq!(api.layers[replicas.layer].kind, LayerKind::Replicas { item: 0 });
    assert_eq!(
        api.inherited
            .as_ref()
            .and_then(|it| it.get("spec")?.get("replicas")?.text()),
        Some("1")
    );
    assert!(
        api.layers[1]
            .before
            .as_ref()
            .is_some_and(|it| it == api.inherited.as_ref().unwrap())
    );
}

#[test]
fn generated_values_stand_where_their_literals_and_lines_do() {
    let rendering = rendering(TREE, "prd").unwrap();
    let [settings] = rendering.find("cm", "p-settings", None)[..] else {
        panic!("{:?}", rendering.objects);
    };
    assert_eq!(place(at(settings, "data.A")), "prd/kustomization.yaml:21:5");
    assert_eq!(place(at(settings, "data.E")), "prd/e.env:2:3");
    assert_eq!(at(settings, "data.E").text(), Some("two"));
    assert!(matches!(
        &settings.origin,
        Origin::Generator {
            list: "configMapGenerator",
            item: 0,
            ..
        }
    ));
    assert!(settings.inherited.is_none());
    let [keys] = rendering.find("secrets", "keys", None)[..] else {
        panic!("{:?}", rendering.objects);
    };
    assert_eq!(at(keys, "data.P").text(), Some("word"), "secrets are decoded");
}

#[test]
fn what_is_not_followed_is_told_with_its_place() {
    let files = "## k/kustomization.yaml\nresources:\n- https://example.com/x.yaml\n- none.yaml\n- t.yaml\n- ../k\nhelmCharts:\n- name: redis\n## k/t.yaml\na: {{ b }}\nc: [\n";
    let blind = rendering(files, "k").unwrap().blind;
    let told: Vec<(u32, BlindWhy)> = blind.iter().map(|it| (it.line, it.why)).collect();
    assert_eq!(told[..2], [(2, BlindWhy::Remote), (3, BlindWhy::Missing)]);
    assert_eq!(told[2].1, BlindWhy::Unreadable);
    assert_eq!(told[3], (5, BlindWhy::Unreadable), "a cycle ends");
    assert_eq!((told[4], blind[4].text.as_str()), ((7, BlindWhy::Program), "redis"));
}

#[test]
fn a_patch_that_fits_nothing_is_refused_at_its_place() {
    let files = "## kustomization.yaml\nresources: [a.yaml]\npatches:\n- path: p.yaml\n## a.yaml\napiVersion: v1\nkind: Service\nmetadata: {name: a}\n## p.yaml\n# comment\napiVersion: v1\nkind: Service\nmetadata: {name: b}\n";
    let error = rendering(files, "").unwrap_err();
    assert_eq!((error.kind, error.code), (Kind::NotFound, "patch-target"));
    assert_eq!(error.place.unwrap().to_string(), "p.yaml:2:1");
    assert_eq!(rendering("## a.yaml\na: 1\n", "").unwrap_err().code, "no-kustomization");
}

#[test]
fn copies_are_told_with_their_targets() {
    let files = "## kustomization.yaml\nresources: [a.yaml]\nreplacements:\n- source: {kind: Service, name: a, fieldPath: metadata.name}\n  targets:\n  - select: {kind: ConfigMap, name: c}\n    fieldPaths: [data.x, data.y]\n## a.yaml\napiVersion: v1\nkind: Service\nmetadata: {name: a}\n";
    let rendering = rendering(files, "").unwrap();
    assert_eq!(rendering.blind[0].why, BlindWhy::Copies);
    let copies: Vec<(&str, &str, &str)> = rendering
        .copies
        .iter()
        .map(|it| (it.kind.as_str(), it.name.as_str(), it.path.as_str()))
        .collect();
    assert_eq!(copies, [("ConfigMap", "c", "data.x"), ("ConfigMap", "c", "data.y")]);
}

#[test]
fn a_subject_without_a_name_is_refused_as_kustomize_does() {
    let files = "## kustomization.yaml\nresources: [b.yaml]\n## b.yaml\napiVersion: rbac.authorization.k8s.io/v1\nkind: RoleBinding\nmetadata: {name: a}\nsubjects:\n- kind: User\n";
    let error = rendering(files, "").unwrap_err();
    assert_eq!((error.kind, error.code), (Kind::Refused, "subject-nameless"));
    assert_eq!(error.place.unwrap().to_string(), "b.yaml:5:3");
}
