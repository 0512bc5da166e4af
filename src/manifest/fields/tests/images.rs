use super::{Field, Files, Verb, ask};
use crate::error::Kind;

const DIGEST: &str = "sha256:24a0c4b4a4c0eb97a1aabb8e29f18e917d05abfe1b7a7c07857230879ce7d3d3";

fn set(before: &str, word: &str) -> String {
    Files::of(before).after(&ask(Verb::Set, Field::Image, [word]))
}

#[test]
fn an_entry_is_edited_where_it_stands() {
    let before =
        "images:\n# the app\n- name: api # n\n  newName: reg/api # m\n  newTag: v1 # t\n- name: web\n  newTag: v1\n";
    assert_eq!(set(before, "api=reg/api:v2"), before.replacen("v1 # t", "v2 # t", 1));
    assert_eq!(set(before, "api=*:1.10"), before.replacen("v1 # t", "\"1.10\" # t", 1));
    assert_eq!(
        set(before, "web:v2"),
        before.replacen("newTag: v1\n", "newTag: v2\n", 1)
    );
    assert_eq!(set(before, "api=*:*"), before);
}

#[test]
fn a_digest_takes_the_line_of_the_tag() {
    let before = "images:\n- name: api\n  newTag: v1 # t\n";
    let word = format!("api@{DIGEST}");
    assert_eq!(
        set(before, &word),
        format!("images:\n- name: api\n  digest: {DIGEST} # t\n")
    );
    let word = format!("api:v2@{DIGEST}");
    assert_eq!(
        set(before, &word),
        format!("images:\n- name: api\n  newTag: v2 # t\n  digest: {DIGEST}\n")
    );
}

#[test]
fn a_part_that_is_left_out_goes_away_as_in_kustomize_and_is_warned_of() {
    let files = Files::of("images:\n- name: api\n  newName: reg/api\n  newTag: v1\n");
    let planned = files.plan(&ask(Verb::Set, Field::Image, ["api:v2"])).unwrap();
    assert_eq!(planned.warnings[0].code, "name-lost");
    assert_eq!(files.text(Ok(planned)), "images:\n- name: api\n  newTag: v2\n");
}

#[test]
fn new_entries_stand_behind_the_others_in_the_order_of_the_words() {
    let files = Files::of("images:\n  - name: z\n    newTag: v1\nnamespace: n\n");
    let after = files.after(&ask(Verb::Set, Field::Image, ["b=reg:5000/b:1", "a:v1"]));
    assert_eq!(
        after,
        "images:\n  - name: z\n    newTag: v1\n  - name: b\n    newName: reg:5000/b\n    newTag: \"1\"\n  - name: a\n    newTag: v1\nnamespace: n\n"
    );
    let bare = Files::of("# nothing yet\n").after(&ask(Verb::Set, Field::Image, ["a:v1"]));
    assert_eq!(bare, "# nothing yet\nimages:\n- name: a\n  newTag: v1\n");
}

#[test]
fn words_that_say_nothing_are_refused() {
    for word in ["api", "=x:1", "api:", "api@", "api:v1@x", "api:a b", "api=", "a=b=c"] {
        let error = Files::of("resources: []\n").error(&ask(Verb::Set, Field::Image, [word]));
        assert_eq!(error.kind, Kind::Usage, "{word}: {error:?}");
    }
}

#[test]
fn aliases_and_templates_are_refused_with_their_place() {
    let files = Files::of("x: &t v1\nimages:\n- name: a\n  newTag: *t\n- name: b\n  newTag: \"{{ tag }}\"\n");
    let at = |word| files.error(&ask(Verb::Set, Field::Image, [word])).place.unwrap().line;
    assert_eq!((at("a:v2"), at("b:v2")), (4, 6));
}

#[test]
fn the_last_entry_takes_the_key_along() {
    let files = Files::of("# pins\nimages: # c\n- name: a\n  newTag: v1\nnamespace: n\n");
    let after = files.after(&ask(Verb::Remove, Field::Image, ["a"]));
    assert_eq!(after, "# pins\nnamespace: n\n");
    let error = Files::of("images:\n- name: acme/api\n").error(&ask(Verb::Remove, Field::Image, ["acme/apy"]));
    assert_eq!(error.kind, Kind::NotFound);
    assert!(format!("{:?}", error.hints).contains("acme/api"));
}

#[test]
fn replicas_are_numbers() {
    let set = |before: &str, word| Files::of(before).after(&ask(Verb::Set, Field::Replicas, [word]));
    let before = "replicas:\n- count: 1 # few\n  name: api\n";
    assert_eq!(set(before, "api=3"), before.replace('1', "3"));
    assert_eq!(
        set("namePrefix: a-", "web=0"),
        "namePrefix: a-\nreplicas:\n- name: web\n  count: 0"
    );
    for word in ["api", "api=", "api=x", "api=-1", "=3", "api=03", "api=1=2"] {
        let error = Files::of(before).error(&ask(Verb::Set, Field::Replicas, [word]));
        assert_eq!(error.kind, Kind::Usage, "{word}");
    }
}
