use super::{Field, Files, Verb, ask, with};
use crate::error::Kind;

fn files(kustomization: &str) -> Files {
    Files::of(kustomization)
        .with("app/a.yaml", "a: 1\n")
        .with("app/b.yaml", "b: 1\n")
        .with("app/more/c.yaml", "c: 1\n")
        .with("app/empty/readme.md", "\n")
        .with("base/kustomization.yaml", "resources: []\n")
        .with("part/kustomization.yaml", "kind: Component\n")
        .with("above/kustomization.yaml", "resources:\n- ../app\n")
}

#[test]
fn a_resource_is_added_in_the_style_of_the_list() {
    let add = |before, word| files(before).after(&ask(Verb::Add, Field::Resource, [word]));
    let before = "resources:\n  # first\n  -  b.yaml # b\n\n# next\nnamespace: x\n";
    assert_eq!(add(before, "a.yaml"), before.replace("# b\n", "# b\n  -  a.yaml\n"));
    assert_eq!(
        add("resources: [b.yaml]\r\n", "../base"),
        "resources: [b.yaml, ../base]\r\n"
    );
    assert_eq!(add("resources: []\n", "a.yaml"), "resources: [a.yaml]\n");
    assert_eq!(add("namespace: x", "a.yaml"), "namespace: x\nresources:\n- a.yaml");
    assert_eq!(add("", "a.yaml"), "resources:\n- a.yaml\n");
    assert_eq!(
        add("{\"resources\": [\"b.yaml\"]}\n", "a.yaml"),
        "{\"resources\": [\"b.yaml\", \"a.yaml\"]}\n"
    );
    assert_eq!(
        add("resources:\n", "https://x/y?ref=v1"),
        "resources:\n- https://x/y?ref=v1\n"
    );
}

#[test]
fn patterns_mean_files_and_never_the_kustomization_itself() {
    let before = "resources:\n- ./b.yaml\n";
    let planned = files(before)
        .plan(&ask(Verb::Add, Field::Resource, ["*.yaml", "m*/[a-c].yaml"]))
        .unwrap();
    assert_eq!(planned.warnings.len(), 1, "b.yaml is there");
    assert_eq!(
        files(before).text(Ok(planned)),
        "resources:\n- ./b.yaml\n- a.yaml\n- more/c.yaml\n"
    );
    let error = files(before).error(&ask(Verb::Add, Field::Resource, ["x*.yaml"]));
    assert_eq!(error.kind, Kind::NotFound);
}

#[test]
fn what_a_build_would_fail_on_is_refused() {
    let code = |field, word| files("resources: []\n").error(&ask(Verb::Add, field, [word])).code;
    assert_eq!(code(Field::Resource, "kustomization.yaml"), "adds-itself");
    assert_eq!(code(Field::Resource, "."), "adds-itself");
    assert_eq!(code(Field::Resource, "../above"), "adds-itself");
    assert_eq!(code(Field::Resource, "empty"), "not-a-kustomization");
    assert_eq!(code(Field::Resource, "../part"), "other-kind");
    assert_eq!(code(Field::Component, "../base"), "other-kind");
    assert_eq!(code(Field::Component, "a.yaml"), "not-a-directory");
    assert_eq!(code(Field::Resource, "../base/kustomization.yaml"), "not-a-resource");
    let missing = files("resources: []\n").error(&ask(Verb::Add, Field::Resource, ["aa.yaml"]));
    assert_eq!(missing.code, "field-not-found");
    assert!(format!("{:?}", missing.hints).contains("\"a.yaml\""), "{missing:?}");
    let unseen = with(ask(Verb::Add, Field::Resource, ["aa.yaml"]), |it| it.unseen = true);
    assert_eq!(files("").after(&unseen), "resources:\n- aa.yaml\n");
}

#[test]
fn what_is_listed_already_is_no_change() {
    let planned = files("resources: [a.yaml]\n")
        .plan(&ask(Verb::Add, Field::Resource, ["./a.yaml"]))
        .unwrap();
    assert!(planned.edited.is_none());
    assert_eq!(planned.warnings[0].code, "already-there");
}

#[test]
fn a_removal_takes_the_comments_of_the_item_and_an_empty_list_its_key() {
    let before = "namespace: n\n# files\nresources:\n- a.yaml\n# about b\n- b.yaml # b\n- c.yaml\n";
    let rm = |word| Files::of(before).after(&ask(Verb::Remove, Field::Resource, [word]));
    assert_eq!(rm("b.yaml"), before.replace("# about b\n- b.yaml # b\n", ""));
    assert_eq!(rm("./b.yaml"), before.replace("# about b\n- b.yaml # b\n", ""));
    assert_eq!(rm("*.yaml"), "namespace: n\n");
    let error = Files::of(before).error(&ask(Verb::Remove, Field::Resource, ["d.yaml"]));
    assert_eq!(error.kind, Kind::NotFound);
    assert!(format!("{:?}", error.hints).contains("a.yaml"));
    let some = Files::of(before)
        .plan(&ask(Verb::Remove, Field::Resource, ["d.yaml", "c.yaml"]))
        .unwrap();
    assert_eq!(some.warnings.len(), 1);
}

#[test]
fn options_of_build_metadata_are_known() {
    let set = |verb, before: &str, word| Files::of(before).after(&ask(verb, Field::BuildMetadata, [word]));
    let before = "buildMetadata: [managedByLabel]\n";
    assert_eq!(
        set(Verb::Add, before, "originAnnotations"),
        "buildMetadata: [managedByLabel, originAnnotations]\n"
    );
    assert_eq!(
        set(Verb::Set, before, "originAnnotations"),
        "buildMetadata: [originAnnotations]\n"
    );
    let error = Files::of(before).error(&ask(Verb::Add, Field::BuildMetadata, ["managedBy"]));
    assert_eq!(error.kind, Kind::NotFound);
}

#[test]
fn names_and_the_namespace_are_texts() {
    let set = |field, before: &str, word| Files::of(before).after(&ask(Verb::Set, field, [word]));
    assert_eq!(
        set(Field::Namespace, "namespace: 'a' # c\n", "b"),
        "namespace: 'b' # c\n"
    );
    assert_eq!(set(Field::Namespace, "namespace:\n", "1"), "namespace: \"1\"\n");
    assert_eq!(
        set(Field::NameSuffix, "resources: []\n", "-x"),
        "resources: []\nnameSuffix: -x\n"
    );
    let gone = Files::of("namePrefix: a-\n# r\nresources: []\n").after(&ask(Verb::Remove, Field::NamePrefix, []));
    assert_eq!(gone, "# r\nresources: []\n");
    let error = Files::of("").error(&ask(Verb::Set, Field::Namespace, ["A_b"]));
    assert_eq!(error.kind, Kind::Usage);
}

#[test]
fn words_that_are_empty_or_stand_twice_are_refused() {
    for words in [["a.yaml", "a.yaml"], ["a.yaml", ""]] {
        let error = files("resources: []\n").error(&ask(Verb::Add, Field::Resource, words));
        assert_eq!(error.kind, Kind::Usage);
    }
}

#[test]
fn what_is_no_kustomization_is_refused_with_its_place() {
    for text in [
        "- a\n",
        "kind: Deployment\n",
        "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\n",
    ] {
        let error = Files::of(text).error(&ask(Verb::Set, Field::Namespace, ["a"]));
        assert_eq!(error.code, "not-a-kustomization", "{text}");
    }
    let alias = files("x: &l [a.yaml]\nresources: *l\n");
    for verb in [Verb::Add, Verb::Remove] {
        let word = if verb == Verb::Add { "b.yaml" } else { "a.yaml" };
        let error = alias.error(&ask(verb, Field::Resource, [word]));
        assert_eq!((error.kind, error.place.unwrap().line), (Kind::Refused, 2));
    }
}
