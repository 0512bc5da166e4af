use std::fs;
use std::path::Path;

use super::{ChangeSet, FileChange, Kind, apply, fresh_directory};
use crate::yaml::{self, DocSel, Op, Text};

/// A change of `a: 1` to `a: v2` in a file that holds just that when it is read.
fn edit(path: &str) -> FileChange {
    let tree = yaml::parse(b"a: v1 # c\n".to_vec(), yaml::Limits::default()).unwrap();
    let at = tree.find(DocSel::Only, &yaml::Path::parse("a").unwrap()).unwrap();
    let to = Text::Str("v2");
    let alias = yaml::AliasPolicy::Refuse;
    let after = tree.apply(vec![tree.plan(Op::Set { at, to, alias }).unwrap()]).unwrap();
    FileChange::Edit {
        path: path.to_owned(),
        before: Box::new(tree),
        after,
    }
}

fn changes(files: Vec<FileChange>) -> ChangeSet {
    ChangeSet {
        files,
        ..ChangeSet::default()
    }
}

#[expect(clippy::disallowed_methods, reason = "a test makes files as other programs do")]
fn write(root: &Path, path: &str, text: &str) {
    fs::write(root.join(path), text).unwrap();
}

/// Everything in a directory: names and texts.
fn listing(root: &Path) -> Vec<(String, String)> {
    let mut all: Vec<_> = fs::read_dir(root)
        .unwrap()
        .flatten()
        .map(|entry| {
            (
                entry.file_name().into_string().unwrap(),
                fs::read_to_string(entry.path()).unwrap_or_default(),
            )
        })
        .collect();
    all.sort();
    all
}

fn root() -> tempfile::TempDir {
    tempfile::tempdir().unwrap()
}

#[test]
fn a_file_that_has_changed_since_it_was_read_is_refused() {
    let root = root();
    write(root.path(), "a.yaml", "a: v1 # c\n");
    write(root.path(), "b.yaml", "a: v1 # somebody else was here\n");
    let before = listing(root.path());
    let error = apply(root.path(), &changes(vec![edit("a.yaml"), edit("b.yaml")])).unwrap_err();
    assert_eq!((error.kind, error.code), (Kind::Refused, "file-changed"));
    assert_eq!(listing(root.path()), before);
}

#[test]
fn a_file_that_has_gone_is_an_error_and_the_others_stay() {
    let root = root();
    write(root.path(), "a.yaml", "a: v1 # c\n");
    let before = listing(root.path());
    let error = apply(root.path(), &changes(vec![edit("a.yaml"), edit("gone.yaml")])).unwrap_err();
    assert_eq!(error.kind, Kind::NotFound);
    assert_eq!(listing(root.path()), before);
}

#[test]
fn what_was_written_before_a_failure_is_put_back_and_said() {
    let root = root();
    write(root.path(), "a.yaml", "a: v1 # c\n");
    fs::create_dir(root.path().join("made")).unwrap();
    let made = FileChange::Create {
        path: "made/new.yaml".into(),
        text: "b: 1\n".into(),
    };
    // The second time it is no longer what was read, which is noticed only when its turn comes.
    let error = apply(root.path(), &changes(vec![edit("a.yaml"), made, edit("a.yaml")])).unwrap_err();
    assert_eq!(error.code, "file-changed");
    assert!(error.causes[0].contains("2 files written before it"), "{error:?}");
    assert_eq!(fs::read_to_string(root.path().join("a.yaml")).unwrap(), "a: v1 # c\n");
    assert_eq!(listing(&root.path().join("made")), []);
}

#[test]
fn all_files_are_written_and_nothing_else_is_left() {
    let root = root();
    write(root.path(), "a.yaml", "a: v1 # c\n");
    let made = FileChange::Create {
        path: "deep/er/new.yaml".into(),
        text: "b: 1\n".into(),
    };
    apply(root.path(), &changes(vec![edit("a.yaml"), made])).unwrap();
    assert_eq!(listing(root.path())[0], ("a.yaml".to_owned(), "a: v2 # c\n".to_owned()));
    assert_eq!(
        listing(&root.path().join("deep/er")),
        [("new.yaml".to_owned(), "b: 1\n".to_owned())]
    );
}

#[test]
fn a_file_that_goes_is_gone_and_comes_back_if_another_cannot_be_written() {
    let root = root();
    write(root.path(), "a.yaml", "a: v1 # c\n");
    write(root.path(), "b.yaml", "b: 1\n");
    let gone = || FileChange::Delete {
        path: "b.yaml".into(),
        before: b"b: 1\n".to_vec(),
    };
    let changed = FileChange::Delete {
        path: "b.yaml".into(),
        before: b"b: 0\n".to_vec(),
    };
    let before = listing(root.path());
    assert_eq!(
        apply(root.path(), &changes(vec![changed])).unwrap_err().code,
        "file-changed"
    );
    fs::create_dir(root.path().join("made")).unwrap();
    let made = |text: &str| FileChange::Create {
        path: "made/new.yaml".into(),
        text: text.into(),
    };
    apply(root.path(), &changes(vec![gone(), made("1"), made("2")])).unwrap_err();
    assert_eq!(listing(root.path())[..2], before[..]);
    apply(root.path(), &changes(vec![edit("a.yaml"), gone()])).unwrap();
    assert_eq!(listing(root.path())[0], ("a.yaml".to_owned(), "a: v2 # c\n".to_owned()));
    assert!(!root.path().join("b.yaml").exists());
}

#[test]
fn a_fresh_directory_is_empty_and_keeps_its_prefix() {
    let root = root();
    let made = fresh_directory(root.path(), "demo-").unwrap();
    assert!(made.file_name().unwrap().to_str().unwrap().starts_with("demo-"));
    assert_eq!(listing(&made), []);
}
