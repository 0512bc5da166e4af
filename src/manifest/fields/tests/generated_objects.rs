use super::{Field, Files, Verb, ask, with};
use crate::error::Kind;
use crate::manifest::fields::{GeneratorWords, Request};

fn request(verb: Verb, field: Field, change: impl FnOnce(&mut GeneratorWords)) -> Request {
    with(ask(verb, field, ["app"]), |it| change(&mut it.generator))
}

fn literal(verb: Verb, literal: &str) -> Request {
    request(verb, Field::ConfigMap, |it| it.literals = vec![literal.into()])
}

#[test]
fn a_new_entry_holds_what_was_said() {
    let secret = request(Verb::Add, Field::Secret, |it| {
        it.literals = vec!["a=1".into(), "b=x=y".into()];
        it.kind = "kubernetes.io/tls".into();
        it.namespace = "n".into();
        it.disable_hash = true;
    });
    assert_eq!(
        Files::of("namespace: x\n").after(&secret),
        "namespace: x\nsecretGenerator:\n- name: app\n  namespace: \"n\"\n  type: kubernetes.io/tls\n  literals:\n  - a=1\n  - b=x=y\n  options:\n    disableNameSuffixHash: true\n"
    );
}

#[test]
fn an_entry_that_is_there_is_extended() {
    let before = "configMapGenerator:\n- name: app # c\n  literals:\n  - a=1\n- name: web\n";
    let add = request(Verb::Add, Field::ConfigMap, |it| {
        it.literals = vec!["b=2".into()];
        it.behavior = "merge".into();
        it.namespace = "default".into();
    });
    assert_eq!(
        Files::of(before).after(&add),
        "configMapGenerator:\n- name: app # c\n  literals:\n  - a=1\n  - b=2\n  behavior: merge\n- name: web\n"
    );
    let error = Files::of(before).error(&literal(Verb::Add, "a=2"));
    assert_eq!((error.code, error.place.unwrap().line), ("already-there", 4));
    let same = Files::of(before).plan(&literal(Verb::Add, "a=1")).unwrap();
    assert!(same.edited.is_none());
}

#[test]
fn files_are_named_by_patterns_and_keys() {
    let files = Files::of("resources: []\n")
        .with("app/conf/a.txt", "")
        .with("app/conf/b.txt", "");
    let add = |word: &str| request(Verb::Add, Field::ConfigMap, |it| it.files = vec![word.into()]);
    let list = "resources: []\nconfigMapGenerator:\n- name: app\n  files:\n";
    assert_eq!(
        files.after(&add("conf/*.txt")),
        format!("{list}  - conf/a.txt\n  - conf/b.txt\n")
    );
    assert_eq!(files.after(&add("k=conf/a*")), format!("{list}  - k=conf/a.txt\n"));
    assert_eq!(files.error(&add("k=conf/*")).kind, Kind::Usage);
    assert_eq!(files.error(&add("conf/c.txt")).kind, Kind::NotFound);
    let env = request(Verb::Add, Field::ConfigMap, |it| it.env_file = "conf/a.txt".into());
    assert!(files.after(&env).ends_with("  envs:\n  - conf/a.txt\n"));
}

#[test]
fn set_changes_one_literal_in_its_quotes() {
    let before = "configMapGenerator:\n- name: app\n  literals:\n  - \"a=1\" # c\n  - b=2\n";
    assert_eq!(
        Files::of(before).after(&literal(Verb::Set, "a=x=y")),
        before.replace("a=1", "a=x=y")
    );
    let error = Files::of(before).error(&literal(Verb::Set, "c=1"));
    assert_eq!(error.kind, Kind::NotFound);
    let moved = request(Verb::Set, Field::ConfigMap, |it| it.new_namespace = "n".into());
    assert_eq!(
        Files::of(before).after(&moved),
        before.replace("app\n", "app\n  namespace: \"n\"\n")
    );
}

#[test]
fn names_with_commas_are_removed_together() {
    let before = "configMapGenerator:\n- name: app\n- name: web\n  namespace: n\n- name: db\n";
    let rm = |word| Files::of(before).plan(&ask(Verb::Remove, Field::ConfigMap, [word]));
    let planned = rm("app,web").unwrap();
    assert_eq!(planned.warnings.len(), 1, "web stands in another namespace");
    assert_eq!(
        Files::of(before).text(Ok(planned)),
        "configMapGenerator:\n- name: web\n  namespace: n\n- name: db\n"
    );
    let error = Files::of(before).error(&ask(Verb::Remove, Field::ConfigMap, ["web"]));
    assert!(format!("{:?}", error.hints).contains("web --namespace n"), "{error:?}");
}

#[test]
fn words_that_do_not_fit_together_are_refused() {
    let refused = |change: fn(&mut GeneratorWords)| {
        let error = Files::of("resources: []\n").error(&request(Verb::Add, Field::ConfigMap, change));
        assert_eq!(error.kind, Kind::Usage, "{error:?}");
    };
    refused(|_| {});
    refused(|it| it.literals = vec!["a".into()]);
    refused(|it| it.literals = vec!["a b=1".into()]);
    refused(|it| it.literals = vec!["a=1".into(), "a=2".into()]);
    refused(|it| {
        it.literals = vec!["a=1".into()];
        it.behavior = "override".into();
    });
    refused(|it| {
        it.literals = vec!["a=1".into()];
        it.env_file = "x".into();
    });
}
