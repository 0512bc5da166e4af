//! Slots of small trees, written out.

use std::fs;

use super::{Scene, Survey};
use crate::config::environments::{Environment, Environments};
use crate::manifest::locate::Declared;
use crate::snapshot::Snapshot;

const DEPLOYMENT: &str = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: api}\nspec:\n  template:\n    spec:\n      containers:\n      - {name: main, image: 'acme/api:1'}\n      - {name: side, image: 'acme/side:1'}\n";

#[expect(clippy::disallowed_methods, reason = "a test writes what it reads")]
fn slots_of(files: &[(&str, &str)], path: &str) -> Vec<String> {
    let directory = tempfile::tempdir().unwrap();
    for (file, text) in files {
        let file = directory.path().join(file);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, text).unwrap();
    }
    let snapshot = Snapshot::of_work_tree(directory.path(), Default::default);
    let survey = Survey::of(&snapshot, &Declared::default(), &|| {}).unwrap();
    let environments = Environments {
        list: vec![Environment {
            name: "prd".into(),
            branch: None,
            paths: vec![path.into()],
            files: Vec::new(),
            group: None,
            protected: false,
        }],
        strategy: None,
        file: None,
        ambiguous: None,
    };
    let scene = Scene::of(&survey, &environments, None);
    let mut found: Vec<String> = scene
        .slots(&environments.list[0])
        .into_iter()
        .map(|slot| {
            format!(
                "{} {} {} {}",
                slot.name,
                slot.image,
                slot.version,
                survey.at(slot.at).0.file
            )
        })
        .collect();
    found.sort();
    found
}

#[test]
fn an_entry_decides_from_the_outside_and_a_new_name_is_what_later_entries_match() {
    let files = [
        (
            "base/kustomization.yaml",
            "resources: [api.yaml]\nimages:\n- {name: acme/api, newName: mirror/api, newTag: '2'}\n",
        ),
        ("base/api.yaml", DEPLOYMENT),
        (
            "overlays/prd/kustomization.yaml",
            "resources: [../../base]\nimages:\n- {name: acme/api, newTag: '3'}\n- {name: mirror/api, newTag: '4'}\n",
        ),
    ];
    assert_eq!(
        slots_of(&files, "overlays/prd"),
        [
            "Deployment/api/main mirror/api 4 overlays/prd/kustomization.yaml",
            "Deployment/api/side acme/side 1 base/api.yaml",
            // It matches nothing: of a chart or a remote base, for all that can be seen.
            "images[acme/api] acme/api 3 overlays/prd/kustomization.yaml",
        ]
    );
}

#[test]
fn patches_of_both_kinds_are_laid_over_the_container_they_name() {
    let files = [
        ("base/kustomization.yaml", "namePrefix: shop-\nresources: [api.yaml]\n"),
        ("base/api.yaml", DEPLOYMENT),
        (
            "overlays/prd/kustomization.yaml",
            "resources: [../../base]\npatches:\n- path: side.yaml\n- target: {kind: Deployment, name: shop-api}\n  patch: |-\n    - op: replace\n      path: /spec/template/spec/containers/0/image\n      value: acme/api:5\n",
        ),
        (
            "overlays/prd/side.yaml",
            "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: shop-api}\nspec:\n  template:\n    spec:\n      containers:\n      - {name: side, image: 'acme/side:6'}\n",
        ),
    ];
    assert_eq!(
        slots_of(&files, "overlays/prd"),
        [
            "Deployment/api/main acme/api 5 overlays/prd/kustomization.yaml",
            "Deployment/api/side acme/side 6 overlays/prd/side.yaml",
        ]
    );
}

#[test]
fn what_no_build_reads_has_slots_by_its_path_without_the_environment() {
    let files = [(
        "charts/prd/values-prd.yaml",
        "image:\n  repository: acme/api\n  tag: '1'\n",
    )];
    assert_eq!(
        slots_of(&files, "charts/prd"),
        ["values-{env}.yaml/image acme/api 1 charts/prd/values-prd.yaml"]
    );
}
