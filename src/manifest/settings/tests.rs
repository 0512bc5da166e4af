//! Settings of small files, and what copying one changes.

use super::read::{Frame, read};
use super::{Change, Selector, Setting, apply};
use crate::manifest::locate::Declared;

fn frame<'f>(file: &'f str, declared: &'f Declared, blank: &'f dyn Fn(&str) -> String) -> Frame<'f> {
    Frame {
        file,
        app: "",
        name: file.rsplit('/').next().unwrap(),
        blank,
        declared,
    }
}

fn blank(text: &str) -> String {
    text.replace("stg", "{env}").replace("prd", "{env}")
}

fn of(file: &str, text: &str) -> Vec<Setting> {
    let declared = Declared::default();
    read(&frame(file, &declared, &blank), text.as_bytes())
}

fn told(settings: &[Setting]) -> Vec<String> {
    settings
        .iter()
        .map(|it| {
            format!(
                "{}:{} {} {} = {}",
                it.line, it.column, it.key.what, it.key.path, it.value
            )
        })
        .collect()
}

fn changed(file: &str, text: &str, change: Change<'_>) -> Option<String> {
    let declared = Declared::default();
    let bytes = apply(&frame(file, &declared, &blank), text.as_bytes(), change).unwrap();
    bytes.map(|bytes| String::from_utf8(bytes).unwrap())
}

const CONFIG_MAP: &str =
    "kind: ConfigMap\nmetadata: {name: app}\ndata:\n  DB_POOL: \"20\"   # measured\n  MODE: fast\n";

#[test]
fn an_object_has_its_values_and_no_versions() {
    assert_eq!(
        told(&of("a.yaml", CONFIG_MAP)),
        [
            "4:12 ConfigMap/app data.DB_POOL = 20",
            "5:9 ConfigMap/app data.MODE = fast"
        ]
    );
    let deployment = "kind: Deployment\nmetadata: {name: api}\nspec:\n  replicas: 2\n  template:\n    spec:\n      containers:\n      - name: api\n        image: acme/api:1\n";
    let paths: Vec<String> = of("d.yaml", deployment).into_iter().map(|it| it.key.path).collect();
    assert_eq!(paths, ["spec.replicas", "spec.template.spec.containers[name=api].name"]);
}

#[test]
fn a_kustomization_speaks_of_the_objects_it_makes_and_patches() {
    let text = "resources: [../../base, hpa-stg.yaml]\nconfigMapGenerator:\n- name: app\n  literals:\n  - DB_POOL=20\nsecretGenerator:\n- name: keys\n  literals: [TOKEN=x]\npatches:\n- target: {kind: Deployment, name: api}\n  patch: |-\n    - op: replace\n      path: /spec/replicas\n      value: 3\nimages:\n- {name: api, newTag: '1'}\nreplicas:\n- {name: api, count: 2}\n";
    let settings = of("overlays/stg/kustomization.yaml", text);
    assert_eq!(
        told(&settings),
        [
            "1:13 kustomization.yaml resources[../../base] = ../../base",
            "1:25 kustomization.yaml resources[hpa-{env}.yaml] = hpa-{env}.yaml",
            "5:5 ConfigMap/app data.DB_POOL = 20",
            "8:14 Secret/keys data.TOKEN = x",
            "14:14 Deployment/api spec.replicas = 3",
            "18:10 kustomization.yaml replicas[name=api].name = api",
            "18:22 kustomization.yaml replicas[name=api].count = 2",
        ]
    );
    assert_eq!(settings[3].shown(), "(hidden)");
}

#[test]
fn a_setting_is_copied_with_its_type_and_nothing_else_changes() {
    let from = of(
        "a.yaml",
        "kind: ConfigMap\nmetadata: {name: app}\ndata:\n  DB_POOL: '40'\n",
    );
    let after = changed("b.yaml", CONFIG_MAP, Change::Set(&from[0])).unwrap();
    assert_eq!(after, CONFIG_MAP.replace("\"20\"", "\"40\""));
    let added = of(
        "a.yaml",
        "kind: ConfigMap\nmetadata: {name: app}\ndata:\n  NEW: 'true'\n",
    );
    assert_eq!(changed("b.yaml", CONFIG_MAP, Change::Set(&added[0])), None);
    let after = changed("b.yaml", CONFIG_MAP, Change::Add(&added[0])).unwrap();
    assert!(
        after.starts_with(CONFIG_MAP) && after.len() > CONFIG_MAP.len(),
        "{after}"
    );
    assert_eq!(of("b.yaml", &after)[2].value, "true");
    let gone = changed("b.yaml", CONFIG_MAP, Change::Remove(&from[0])).unwrap();
    assert_eq!(told(&of("b.yaml", &gone)), ["4:9 ConfigMap/app data.MODE = fast"]);
}

#[test]
fn a_literal_of_a_generator_and_a_line_of_an_env_file_are_settings_too() {
    let generator = "configMapGenerator:\n- name: app\n  literals:\n  - DB_POOL=20\n  - MODE=fast\n";
    let file = "kustomization.yaml";
    let from = of(file, &generator.replace("20", "40"));
    let after = changed(file, generator, Change::Set(&from[0])).unwrap();
    assert_eq!(after, generator.replace("20", "40"));
    let less = generator.replace("  - MODE=fast\n", "");
    assert_eq!(changed(file, &less, Change::Add(&from[1])).unwrap(), generator);
    let lines = "# pool\nDB_POOL=20\nMODE=fast\n";
    let from = of("x.env", &lines.replace("20", "40"));
    assert_eq!(
        changed("x.env", lines, Change::Set(&from[0])).unwrap(),
        lines.replace("20", "40")
    );
}

#[test]
fn selectors_choose_by_object_and_path() {
    let settings = of("a.yaml", CONFIG_MAP);
    let chosen = |text: &str| {
        let selector = Selector::parse(text).unwrap();
        settings.iter().filter(|it| selector.selects(it)).count()
    };
    assert_eq!(chosen("ConfigMap/app data.DB_*"), 1);
    assert_eq!(chosen("ConfigMap/app data"), 2);
    assert_eq!(chosen("ConfigMap/* data.MODE"), 1);
    assert_eq!(chosen("ConfigMap/other data"), 0);
}

/// The values that would be shown.
fn shown(file: &str, text: &str) -> String {
    let settings = of(file, text);
    assert!(!settings.is_empty(), "{file}");
    settings
        .iter()
        .map(|it| format!("{} = {}\n", it.selector(), it.shown()))
        .collect()
}

#[test]
fn a_value_of_a_secret_is_hidden_wherever_the_secret_stands() {
    let files = [
        (
            "list.yaml",
            "kind: List\nitems:\n- kind: Secret\n  metadata: {name: a}\n  data: {p: marker}\n- kind: ConfigMap\n  metadata: {name: b}\n  data: {p: plain}\n",
        ),
        (
            "unnamed.yaml",
            "kind: Secret\nmetadata: {generateName: a-}\nstringData: {p: marker, q: plain}\n",
        ),
        (
            "plugin.yaml",
            "kind: SecretGenerator\nmetadata: {name: a}\nliterals: [p=marker, plain]\n",
        ),
        (
            "patch.yaml",
            "- {op: add, path: /stringData/p, value: marker}\n- {op: add, path: /data, value: {p: marker}}\n- {op: add, path: /spec/plain, value: plain}\n",
        ),
    ];
    for (file, text) in files {
        let shown = shown(file, text);
        assert!(!shown.contains("marker"), "{file}: {shown}");
        let has_others = ["list.yaml", "patch.yaml"].contains(&file);
        assert_eq!(shown.contains("plain"), has_others, "{file}: {shown}");
    }
    let refers = shown(
        "a.yaml",
        "kind: HelmRelease\nmetadata: {name: a}\nspec:\n  valuesFrom:\n  - {kind: Secret, name: login}\n",
    );
    assert!(refers.contains("= login"), "{refers}");
}

#[test]
fn a_patch_that_may_be_of_a_secret_shows_no_value() {
    let operation = |target: &str, path: &str| {
        format!("patches:\n- target: {target}\n  patch: |-\n    - {{op: add, path: {path}, value: marker}}\n")
    };
    let hidden = [
        operation("{kind: Secret}", "/stringData/p"),
        operation("{kind: Secret, name: a}", "/metadata/labels/p"),
        operation("{name: a}", "/data/p"),
        operation("{kind: ConfigMap|Secret}", "/data/p"),
        operation("{labelSelector: a=b}", "/stringData"),
        "patches:\n- patch: \"kind: Secret\\nmetadata: {name: a}\\nstringData: {p: marker}\"\n".to_owned(),
        "patches:\n- target: {kind: Secret}\n  patch: |-\n    - value: \"marker\n".to_owned(),
        "patchesStrategicMerge:\n- \"kind: Secret\\nmetadata: {name: a}\\nstringData: {p: marker}\"\n".to_owned(),
    ];
    for text in hidden {
        let shown = shown("kustomization.yaml", &text);
        assert!(!shown.contains("marker"), "{text}{shown}");
    }
    for text in [
        operation("{kind: ConfigMap}", "/data/p"),
        operation("{kind: Deployment, name: a}", "/spec/p"),
    ] {
        let shown = shown("kustomization.yaml", &text);
        assert!(shown.contains("= marker"), "{text}{shown}");
    }
}
