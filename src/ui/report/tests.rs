use super::{Level, failure, json, text};
use crate::error::{Error, Excerpt, Hint, Kind, Place};

fn plain(level: Level, error: &Error) -> String {
    anstream::adapter::strip_str(&text(level, error, None)).to_string()
}

fn missing_image() -> Error {
    Error::new(
        Kind::NotFound,
        "image-not-found",
        "no image named `web` in environment `stg`",
    )
    .at(Place::at("overlays/stg/kustomization.yaml", 6, 1))
    .hint(Hint::Found(vec!["api".into(), "worker".into()]))
    .hint(Hint::Run("rakops images".into()))
}

#[test]
fn shows_code_place_and_help() {
    let expected = "\
error[image-not-found]: no image named `web` in environment `stg`
  --> overlays/stg/kustomization.yaml:6:1

help: found there: `api` and `worker`
help: rakops images";
    assert_eq!(plain(Level::Error, &missing_image()), expected);
}

#[test]
fn shows_a_file_to_write_line_by_line() {
    let hint = Hint::File(
        "write `rakops.yaml`".into(),
        "strategy: trunk\nenvironments:\n  - name: dev\n".into(),
    );
    let error = Error::new(Kind::Config, "layout-ambiguous", "no").hint(hint);
    let expected = "\
error[layout-ambiguous]: no

help: write `rakops.yaml`:
    strategy: trunk
    environments:
      - name: dev";
    assert_eq!(plain(Level::Error, &error), expected);
}

#[test]
fn shows_the_lines_with_carets_where_there_are_lines_to_show() {
    let mut place = Place::at("a.yaml", 7, 11);
    place.excerpt = Some(Excerpt {
        text: "images:\n  - name: *web".into(),
        first_line: 6,
        mark: 18..22,
        label: "an alias".into(),
    });
    let error = Error::new(Kind::Refused, "alias", "this value is an alias").at(place);
    let expected = "\
error[alias]: this value is an alias
 --> a.yaml:7:11
  |
7 |   - name: *web
  |           ^^^^ an alias";
    assert_eq!(plain(Level::Error, &error), expected);
}

#[test]
fn columns_and_carets_fit_wide_characters() {
    let mut place = Place::at("a.yaml", 1, 7);
    place.excerpt = Some(Excerpt {
        text: "名前: éx".into(),
        first_line: 1,
        mark: 8..11,
        label: String::new(),
    });
    let error = Error::new(Kind::Refused, "alias", "no").at(place);
    let expected = "\
error[alias]: no
 --> a.yaml:1:5
  |
1 | 名前: éx
  |       ^^";
    assert_eq!(plain(Level::Error, &error), expected);
}

#[test]
fn a_mark_outside_the_text_is_no_panic() {
    let mut place = Place::at("a.yaml", 1, 1);
    place.excerpt = Some(Excerpt {
        text: "é".into(),
        first_line: 1,
        mark: 1..99,
        label: String::new(),
    });
    let error = Error::new(Kind::Refused, "alias", "no").at(place);
    assert!(plain(Level::Error, &error).contains("a.yaml:1:1"));
}

#[test]
fn several_causes_are_numbered_and_keep_their_lines() {
    let one = Error::new(Kind::Remote, "fetch", "cannot fetch").because("timed out");
    assert_eq!(
        plain(Level::Warning, &one),
        "warning[fetch]: cannot fetch\ncaused by: timed out"
    );
    let two = one.because("first\nsecond");
    let expected = "\
warning[fetch]: cannot fetch
caused by:
  1: timed out
  2: first
    second";
    assert_eq!(plain(Level::Warning, &two), expected);
}

#[test]
fn a_cancelled_command_is_one_plain_line() {
    let error = Error::new(Kind::Interrupted, "cancelled", "cancelled, nothing was changed");
    assert_eq!(plain(Level::Error, &error), "cancelled, nothing was changed");
}

#[test]
fn an_escape_from_outside_reaches_neither_message_nor_help() {
    let error = Error::new(Kind::Usage, "tag", "tag `a\u{1b}[2J`")
        .because("\u{1b}[2J")
        .at(Place::file("\u{1b}[2J.yaml"))
        .hint(Hint::Nearest(vec!["\u{1b}[2J".into()]));
    let shown = text(Level::Error, &error, None);
    assert!(!shown.contains("\u{1b}[2J"), "{shown:?}");
}

#[test]
fn long_lists_say_how_many_names_are_left_out() {
    let names = (1..=14).map(|n| format!("app{n}")).collect();
    let error = Error::new(Kind::NotFound, "image-not-found", "no").hint(Hint::Found(names));
    assert!(plain(Level::Error, &error).ends_with("`app12` and 2 more"));
}

#[test]
fn json_has_every_field_also_where_nothing_is_known() {
    let bare = json(Level::Warning, &Error::new(Kind::Files, "file-system", "no"));
    let expected = serde_json::json!({
        "level": "warning", "code": "file-system", "message": "no", "file": null, "line": null, "column": null,
        "causes": [], "help": null,
    });
    assert_eq!(bare, expected);
    let full = failure("bump", &missing_image());
    assert_eq!(full["error"]["line"], 6);
    assert_eq!(full["error"]["exit_code"], 5);
    assert_eq!(full["error"]["help"], "found there: `api` and `worker`\nrakops images");
    assert_eq!(full["schema"], "rakops/v1");
}
