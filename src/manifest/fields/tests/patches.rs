use super::{Field, Files, Verb, ask, with};
use crate::error::Kind;
use crate::manifest::fields::{PatchWords, Request};

fn request(verb: Verb, change: impl FnOnce(&mut PatchWords)) -> Request {
    with(ask(verb, Field::Patch, []), |it| change(&mut it.patch))
}

#[test]
fn a_file_is_added_with_its_target() {
    let files = Files::of("resources: []\n").with("app/p.yaml", "a: 1\n");
    let add = request(Verb::Add, |it| {
        it.path = "p.yaml".into();
        it.target.kind = "Deployment".into();
        it.target.label_selector = "app=x".into();
    });
    let after = "resources: []\npatches:\n- path: p.yaml\n  target:\n    kind: Deployment\n    labelSelector: app=x\n";
    assert_eq!(files.after(&add), after);
    let twice = Files::of(after).plan(&add).unwrap();
    assert!(twice.edited.is_none() && twice.warnings.len() == 1);
    let error = files.error(&request(Verb::Add, |it| it.path = "q.yaml".into()));
    assert_eq!(error.kind, Kind::NotFound);
}

#[test]
fn a_text_is_added_as_a_block() {
    let add = |text: &str| request(Verb::Add, |it| it.patch = text.into());
    assert_eq!(
        Files::of("patches:\n  - path: a\r\n").after(&add("- op: remove\n\n  path: /x\n")),
        "patches:\n  - path: a\r\n  - patch: |\r\n      - op: remove\r\n\r\n        path: /x\r\n"
    );
    assert_eq!(
        Files::of("patches: []\n").after(&add("a: 1\nb: 2")),
        "patches: [{patch: \"a: 1\\nb: 2\"}]\n"
    );
    assert_eq!(
        Files::of("x: 1\n").after(&add("{a: 1}")),
        "x: 1\npatches:\n- patch: \"{a: 1}\"\n"
    );
    assert_eq!(Files::of("x: 1\n").error(&add("a: {")).kind, Kind::Usage);
}

#[test]
fn a_removal_needs_the_whole_target() {
    let before = "patches:\n- path: a.yaml\n# about b\n- path: b.yaml # b\n  target: {kind: X}\n";
    let rm = |change: fn(&mut PatchWords)| request(Verb::Remove, change);
    assert_eq!(
        Files::of(before).after(&rm(|it| {
            it.path = "b.yaml".into();
            it.target.kind = "X".into();
        })),
        "patches:\n- path: a.yaml\n"
    );
    let error = Files::of(before).error(&rm(|it| it.path = "b.yaml".into()));
    assert!(
        format!("{:?}", error.hints).contains("--path b.yaml --kind X"),
        "{error:?}"
    );
    assert_eq!(Files::of(before).error(&rm(|_| {})).kind, Kind::Usage);
}
