use super::bench::{Bench, WAYS, Way};
use crate::git::changes::Pair;
use crate::git::merge::{Conflict, Merged, ThreeWay};
use crate::git::names::Oid;
use crate::git::objects::Mode;
use crate::git::open::Repository;

/// A repository whose branches `ours` and `theirs` begin at `main`.
fn bench(files: &[(&str, &str)]) -> Bench {
    let bench = Bench::new();
    bench.repository("r", files);
    bench.run("r", "branch ours");
    bench.run("r", "branch theirs");
    bench
}

fn put(bench: &Bench, branch: &str, files: &[(&str, &str)]) -> Oid {
    bench.run("r", &format!("switch --quiet {branch}"));
    for (path, text) in files {
        bench.write(&format!("r/{path}"), text);
    }
    bench.commit("r", branch)
}

fn merge(bench: &Bench, way: Way) -> Merged {
    let (base, ours, theirs) = (bench.tip("r", "main"), bench.tip("r", "ours"), bench.tip("r", "theirs"));
    let ways = ThreeWay {
        base: &base,
        ours: &ours,
        theirs: &theirs,
    };
    bench.open("r", way).merge_on(&bench.git("r"), ways).unwrap()
}

fn text(repository: &Repository, tree: &Oid, path: &str) -> String {
    let entry = repository.entry(tree, path).unwrap().unwrap();
    String::from_utf8(repository.blob(&entry.id).unwrap()).unwrap()
}

fn only(merged: &Merged) -> &Conflict {
    assert_eq!(merged.conflicts.len(), 1, "{merged:?}");
    &merged.conflicts[0]
}

#[test]
fn what_git_can_merge_is_merged_and_no_reference_moves() {
    for way in WAYS {
        let bench = bench(&[("a", "1\n2\n3\n4\n5\n"), ("b", "1\n")]);
        put(&bench, "ours", &[("a", "ours\n2\n3\n4\n5\n")]);
        put(&bench, "theirs", &[("a", "1\n2\n3\n4\ntheirs\n"), ("d/c", "new\n")]);
        let refs = bench.run("r", "show-ref");
        let merged = merge(&bench, way);
        assert!(merged.conflicts.is_empty(), "{way:?} {merged:?}");
        let repository = bench.open("r", way);
        assert_eq!(text(&repository, &merged.tree, "a"), "ours\n2\n3\n4\ntheirs\n");
        assert_eq!(text(&repository, &merged.tree, "d/c"), "new\n");
        assert_eq!(bench.run("r", "show-ref"), refs);
        assert_eq!(bench.run("r", "status --porcelain"), "");
        bench.fsck("r");
    }
}

#[test]
fn the_base_is_the_one_that_is_given_whatever_history_says() {
    for way in WAYS {
        let bench = bench(&[("a", "1\n"), ("b", "1\n")]);
        put(&bench, "theirs", &[("a", "2\n")]);
        bench.run("r", "switch --quiet ours");
        bench.run("r", "merge --quiet --no-ff -m merged theirs");
        bench.run("r", "revert --no-edit -m 1 HEAD");
        put(&bench, "theirs", &[("b", "2\n")]);
        let repository = bench.open("r", way);
        let merged = merge(&bench, way);
        // Git itself holds the first change for merged, and would leave it reverted.
        assert_eq!(text(&repository, &merged.tree, "a"), "2\n", "{way:?}");
        assert_eq!(text(&repository, &merged.tree, "b"), "2\n");
    }
}

#[test]
fn trees_can_be_merged_too() {
    let bench = bench(&[("a", "1\n")]);
    put(&bench, "theirs", &[("a", "2\n")]);
    let repository = bench.open("r", Way::Library);
    let [base, theirs] = ["main", "theirs"].map(|name| repository.tree_of(&bench.tip("r", name)).unwrap());
    let ours = repository.tree_with(&base, &[("b".into(), b"x\n".to_vec())]).unwrap();
    let ways = ThreeWay {
        base: &base,
        ours: &ours,
        theirs: &theirs,
    };
    let merged = repository.merge_on(&bench.git("r"), ways).unwrap();
    assert_eq!(text(&repository, &merged.tree, "a"), "2\n");
    assert_eq!(text(&repository, &merged.tree, "b"), "x\n");
}

#[test]
fn a_conflict_has_all_three_sides_and_markers_in_the_tree() {
    for way in WAYS {
        let bench = bench(&[("d/é.yaml", "1\n")]);
        put(&bench, "ours", &[("d/é.yaml", "ours\n")]);
        put(&bench, "theirs", &[("d/é.yaml", "theirs\n")]);
        let merged = merge(&bench, way);
        let conflict = only(&merged);
        assert_eq!(conflict.path, "d/é.yaml");
        let repository = bench.open("r", way);
        let blob = |entry: &Option<crate::git::objects::Entry>| {
            String::from_utf8(repository.blob(&entry.as_ref().unwrap().id).unwrap()).unwrap()
        };
        assert_eq!(blob(&conflict.base), "1\n");
        assert_eq!(blob(&conflict.ours), "ours\n");
        assert_eq!(blob(&conflict.theirs), "theirs\n");
        assert_eq!(conflict.said, "CONFLICT (content): Merge conflict in d/é.yaml");
        let marked = text(&repository, &merged.tree, "d/é.yaml");
        assert!(
            marked.contains("\n=======\n") && !marked.contains("|||||||"),
            "{marked}"
        );
    }
}

#[test]
fn what_the_user_has_configured_changes_no_conflict() {
    let bench = bench(&[("a", "1\n")]);
    put(&bench, "ours", &[("a", "ours\n")]);
    put(&bench, "theirs", &[("a", "theirs\n")]);
    bench.run("r", "config merge.conflictStyle diff3");
    bench.run("r", "config merge.renames false");
    let merged = merge(&bench, Way::Library);
    let marked = text(&bench.open("r", Way::Library), &merged.tree, "a");
    assert!(!marked.contains("|||||||"), "{marked}");
}

#[test]
fn a_deleted_file_that_the_other_side_changed_lacks_one_side() {
    let bench = bench(&[("a", "1\n")]);
    bench.run("r", "switch --quiet ours");
    bench.run("r", "rm --quiet a");
    bench.commit("r", "gone");
    put(&bench, "theirs", &[("a", "2\n")]);
    let merged = merge(&bench, Way::Library);
    let conflict = only(&merged);
    assert!(conflict.ours.is_none() && conflict.base.is_some() && conflict.theirs.is_some());
    assert!(
        conflict.said.starts_with("CONFLICT (modify/delete)"),
        "{}",
        conflict.said
    );
}

#[test]
fn a_renamed_file_is_followed_and_two_new_names_are_a_conflict() {
    let long = "1\n2\n3\n4\n5\n6\n7\n8\n";
    let bench = bench(&[("old", long)]);
    bench.run("r", "switch --quiet ours");
    bench.run("r", "mv old new");
    bench.commit("r", "renamed");
    put(&bench, "theirs", &[("old", &long.replace('8', "eight"))]);
    let merged = merge(&bench, Way::Library);
    assert!(merged.conflicts.is_empty(), "{merged:?}");
    assert!(text(&bench.open("r", Way::Library), &merged.tree, "new").ends_with("eight\n"));
    bench.run("r", "mv old other");
    bench.commit("r", "renamed otherwise");
    let merged = merge(&bench, Way::Library);
    let paths: Vec<&str> = merged.conflicts.iter().map(|it| it.path.as_str()).collect();
    assert_eq!(paths, ["new", "old", "other"], "{merged:?}");
    assert!(
        merged.conflicts.iter().all(|it| it.said.contains("(rename/rename)")),
        "{merged:?}"
    );
}

#[test]
fn a_file_where_the_other_side_has_a_directory_is_a_conflict() {
    let bench = bench(&[("a", "1\n")]);
    put(&bench, "ours", &[("x", "file\n")]);
    put(&bench, "theirs", &[("x/y", "below\n")]);
    let merged = merge(&bench, Way::Library);
    assert!(!merged.conflicts.is_empty());
    assert!(
        merged.conflicts.iter().any(|it| it.said.contains("(file/directory)")),
        "{merged:?}"
    );
}

#[test]
fn files_that_are_no_text_are_a_conflict_and_modes_are_merged() {
    let bench = bench(&[("a", "\u{0}1"), ("run", "x\n")]);
    put(&bench, "ours", &[("a", "\u{0}2")]);
    bench.run("r", "switch --quiet theirs");
    bench.run("r", "update-index --chmod=+x run");
    bench.run("r", "commit --quiet -m executable");
    bench.run("r", "reset --quiet --hard");
    put(&bench, "theirs", &[("a", "\u{0}3")]);
    let merged = merge(&bench, Way::Library);
    assert_eq!(only(&merged).path, "a");
    let run = bench
        .open("r", Way::Library)
        .entry(&merged.tree, "run")
        .unwrap()
        .unwrap();
    assert_eq!(run.mode, Mode::Executable);
}

#[test]
fn submodules_that_went_apart_are_a_conflict() {
    let bench = bench(&[("a", "1\n")]);
    for (branch, id) in [("main", '1'), ("ours", '2'), ("theirs", '3')] {
        bench.run("r", &format!("switch --quiet {branch}"));
        let id = id.to_string().repeat(40);
        bench.run("r", &format!("update-index --add --cacheinfo 160000,{id},sub"));
        bench.run("r", "commit --quiet -m sub");
    }
    let merged = merge(&bench, Way::Library);
    let conflict = only(&merged);
    assert_eq!(conflict.path, "sub");
    assert_eq!(conflict.ours.as_ref().unwrap().mode, Mode::Submodule);
}

#[cfg(unix)]
#[test]
fn names_that_are_not_utf_8_do_not_stop_a_merge() {
    use std::os::unix::ffi::OsStrExt;
    let bench = bench(&[("a", "1\n")]);
    let name = std::ffi::OsStr::from_bytes(b"r/caf\xe9");
    for branch in ["ours", "theirs"] {
        bench.run("r", &format!("switch --quiet {branch}"));
        let path = bench.path("").join(name);
        let text = format!("{branch}\n");
        let made = std::process::Command::new("sh")
            .args(["-c", "printf %s \"$1\" > \"$2\"", "sh", &text])
            .arg(&path)
            .status();
        assert!(made.unwrap().success());
        bench.commit("r", branch);
    }
    let merged = merge(&bench, Way::Library);
    assert_eq!(only(&merged).path, "caf\u{fffd}");
    let pair = Pair {
        old: bench.tip("r", "ours"),
        new: bench.tip("r", "theirs"),
    };
    let changed = bench.open("r", Way::Library).changes(&bench.git("r"), &pair).unwrap();
    assert_eq!(changed.len(), 1);
}

#[test]
fn what_is_no_commit_is_an_error_and_no_conflict() {
    let bench = bench(&[("a", "1\n")]);
    let nothing = Oid::parse(&"7".repeat(40)).unwrap();
    let tip = bench.tip("r", "main");
    let ways = ThreeWay {
        base: &tip,
        ours: &tip,
        theirs: &nothing,
    };
    for way in WAYS {
        assert!(bench.open("r", way).merge_on(&bench.git("r"), ways).is_err(), "{way:?}");
    }
}
