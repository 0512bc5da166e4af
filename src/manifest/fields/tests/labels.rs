use super::{Field, Files, Verb, ask, with};
use crate::error::Kind;

#[test]
fn labels_go_where_the_file_has_them() {
    let add = ask(Verb::Add, Field::Label, ["app:x,team=y"]);
    let after = |before| Files::of(before).after(&add);
    assert_eq!(
        after("commonLabels:\n  a: b # c\nresources: []\n"),
        "commonLabels:\n  a: b # c\n  app: x\n  team: y\nresources: []\n".replace("team: y", "team: \"y\"")
    );
    let pairs = "labels:\n- pairs:\n    a: b\n- includeSelectors: true\n  pairs:\n    c: d\n";
    assert_eq!(after(pairs), format!("{pairs}    app: x\n    team: \"y\"\n"));
    assert_eq!(
        after("resources:\n  - a\n"),
        "resources:\n  - a\nlabels:\n  - pairs:\n      app: x\n      team: \"y\"\n    includeSelectors: true\n"
    );
}

#[test]
fn labels_without_selectors_have_entries_of_their_own() {
    let plain = with(ask(Verb::Add, Field::Label, ["app:x"]), |it| it.without_selector = true);
    let templates = with(plain.clone(), |it| it.include_templates = true);
    let before = "commonLabels:\n  a: b\n";
    assert_eq!(
        Files::of(before).after(&plain),
        format!("{before}labels:\n- pairs:\n    app: x\n")
    );
    assert_eq!(
        Files::of(before).after(&templates),
        format!("{before}labels:\n- pairs:\n    app: x\n  includeTemplates: true\n")
    );
    let error = Files::of(before).error(&with(ask(Verb::Add, Field::Label, ["a:b"]), |it| {
        it.include_templates = true
    }));
    assert_eq!(error.kind, Kind::Usage);
}

#[test]
fn add_refuses_what_is_there_and_set_overwrites_it() {
    let files = Files::of("commonAnnotations:\n  a: 'b' # c\n");
    let error = files.error(&ask(Verb::Add, Field::Annotation, ["a:x"]));
    assert_eq!((error.code, error.place.unwrap().line), ("already-there", 2));
    let after = "commonAnnotations:\n  a: 'x,y:z' # c\n";
    assert_eq!(files.after(&ask(Verb::Set, Field::Annotation, ["a:x,y:z"])), after);
    let forced = with(ask(Verb::Add, Field::Annotation, ["a:x,y:z"]), |it| it.force = true);
    assert_eq!(files.after(&forced), after);
    let same = files.plan(&ask(Verb::Set, Field::Annotation, ["a=b"])).unwrap();
    assert!(same.edited.is_none() && same.warnings.len() == 1);
}

#[test]
fn set_changes_a_label_wherever_it_stands() {
    let files = Files::of("labels:\n- pairs: {a: b}\n");
    assert_eq!(
        files.after(&ask(Verb::Set, Field::Label, ["a=c"])),
        "labels:\n- pairs: {a: c}\n"
    );
}

#[test]
fn the_last_pair_takes_its_entry_along() {
    let before = "labels:\n- pairs:\n    a: b\n    c: d\n- pairs:\n    e: f\n  includeSelectors: true\n";
    let rm = |word| Files::of(before).after(&ask(Verb::Remove, Field::Label, [word]));
    assert_eq!(rm("a"), before.replace("    a: b\n", ""));
    assert_eq!(rm("e"), "labels:\n- pairs:\n    a: b\n    c: d\n");
    let error = Files::of(before).error(&ask(Verb::Remove, Field::Label, ["x,a"]));
    assert_eq!(error.kind, Kind::NotFound);
    let passed = with(ask(Verb::Remove, Field::Label, ["x,a"]), |it| it.ignore_missing = true);
    assert_eq!(Files::of(before).after(&passed), before.replace("    a: b\n", ""));
    let common = Files::of("# all\ncommonLabels:\n  a: b\nresources: []\n");
    assert_eq!(
        common.after(&ask(Verb::Remove, Field::Label, ["a"])),
        "# all\nresources: []\n"
    );
}

#[test]
fn what_is_no_label_is_refused() {
    for word in ["a", ":b", "a b:c", "a:b c", "-a:b", "/a:b", "a:b,a:c", "a:b,,c:d"] {
        let error = Files::of("resources: []\n").error(&ask(Verb::Add, Field::Label, [word]));
        assert_eq!(error.kind, Kind::Usage, "{word}: {error:?}");
    }
}
