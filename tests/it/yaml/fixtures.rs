//! Awkward files, edited, byte for byte: `tests/fixtures/yaml/<case>/{in.yaml,edits.txt,out.yaml}`.
//!
//! Every case is run as it stands, with CRLF, with a byte order mark, without its final newline, and with `é` in front.

use std::path::PathBuf;

use super::script::run;

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/yaml")
}

fn directories() -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> = std::fs::read_dir(root())
        .unwrap()
        .map(|it| it.unwrap().path())
        .collect();
    found.sort();
    found
}

/// Name and text of the input of each case.
pub(crate) fn inputs() -> Vec<(String, String)> {
    let read = |path: PathBuf| {
        (
            path.display().to_string(),
            std::fs::read_to_string(path.join("in.yaml")).unwrap(),
        )
    };
    directories().into_iter().map(read).collect()
}

type Variant = (&'static str, fn(&str) -> Option<String>);

const VARIANTS: [Variant; 5] = [
    ("as it stands", |text| Some(text.to_owned())),
    ("CRLF", |text| {
        (!text.contains('\r')).then(|| text.replace('\n', "\r\n"))
    }),
    ("byte order mark", |text| {
        (!text.starts_with('\u{feff}')).then(|| format!("\u{feff}{text}"))
    }),
    ("é in front", |text| {
        (!text.starts_with(['\u{feff}', '%'])).then(|| format!("# é漢😀\n{text}"))
    }),
    ("no final newline", |text| {
        let bare = text.strip_suffix('\n')?;
        (!bare.ends_with(['\n', '\r'])).then(|| bare.to_owned())
    }),
];

#[test]
fn awkward_files_are_edited_byte_for_byte() {
    let mut wrong = Vec::new();
    let mut count = 0;
    for directory in directories() {
        let read = |name: &str| std::fs::read_to_string(directory.join(name)).unwrap();
        let (before, script, after) = (read("in.yaml"), read("edits.txt"), read("out.yaml"));
        let name = directory.file_name().unwrap().to_string_lossy().into_owned();
        for (variant, change) in VARIANTS {
            let (Some(before), Some(after)) = (change(&before), change(&after)) else {
                continue;
            };
            count += 1;
            let found = run(&before, &script);
            if found.as_ref() != Ok(&after) {
                wrong.push(format!(
                    "{name}, {variant}:\n{}\n--- expected\n{after}",
                    found.unwrap_or_else(|why| why)
                ));
            }
        }
    }
    println!("fixtures: {count} runs over {} cases", directories().len());
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

#[test]
fn every_edit_at_every_place_of_the_fixtures_changes_that_and_nothing_else() {
    let mut tally = super::everywhere::Tally::default();
    for (name, text) in inputs() {
        super::everywhere::try_all(&name, &text, &mut tally);
    }
    tally.conclude("fixtures");
}

#[test]
fn spans_agree_with_those_of_another_parser() {
    let mut wrong = Vec::new();
    let mut compared = 0;
    for (name, text) in inputs() {
        for (variant, change) in super::spans::VARIANTS {
            compared += super::spans::compare(&format!("{name} {variant}"), &change(&text), &mut wrong);
        }
    }
    println!(
        "fixtures: {compared} spans compared with another parser, {} differ",
        wrong.len()
    );
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
