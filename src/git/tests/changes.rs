use std::collections::BTreeSet;

use super::bench::{Bench, WAYS, Way};
use crate::git::changed::empty_tree;
use crate::git::changes::{Changed, Pair};
use crate::git::names::Oid;
use crate::git::objects::Mode;
use crate::git::tree_diff::Among;

fn pair(old: &Oid, new: &Oid) -> Pair {
    Pair {
        old: old.clone(),
        new: new.clone(),
    }
}

fn paths(changed: &[Changed]) -> Vec<&str> {
    changed.iter().map(|it| it.path.as_str()).collect()
}

#[test]
fn changed_files_come_by_path_with_both_sides() {
    for way in WAYS {
        let bench = Bench::new();
        bench.repository("r", &[("gone", "1\n"), ("d/same", "1\n"), ("d/ \"q\" é", "1\n")]);
        let old = bench.tip("r", "HEAD");
        bench.run("r", "rm --quiet gone");
        bench.write("r/d/ \"q\" é", "2\n");
        bench.write("r/new", "1\n");
        let new = bench.commit("r", "second");
        let changed = bench
            .open("r", way)
            .changes(&bench.git("r"), &pair(&old, &new))
            .unwrap();
        assert_eq!(paths(&changed), ["d/ \"q\" é", "gone", "new"], "{way:?}");
        assert!(changed[0].old.is_some() && changed[0].new.is_some());
        assert!(changed[1].new.is_none() && changed[2].old.is_none());
        assert!(
            bench
                .open("r", way)
                .changes(&bench.git("r"), &pair(&new, &new))
                .unwrap()
                .is_empty()
        );
    }
}

#[test]
fn a_renamed_file_is_gone_and_has_come_and_a_mode_is_a_change() {
    let bench = Bench::new();
    bench.repository("r", &[("a", "1\n2\n3\n"), ("run", "x\n")]);
    let old = bench.tip("r", "HEAD");
    bench.run("r", "mv a b");
    bench.run("r", "update-index --chmod=+x run");
    bench.run("r", "commit --quiet -m second");
    let new = bench.tip("r", "HEAD");
    let changed = bench
        .open("r", Way::Library)
        .changes(&bench.git("r"), &pair(&old, &new))
        .unwrap();
    assert_eq!(paths(&changed), ["a", "b", "run"]);
    assert_eq!(changed[2].new.as_ref().unwrap().mode, Mode::Executable);
}

#[test]
fn many_pairs_are_compared_in_their_order_also_where_nothing_differs() {
    let bench = Bench::new();
    bench.repository("r", &[("a", "1\n")]);
    let one = bench.tip("r", "HEAD");
    bench.write("r/a", "2\n");
    let two = bench.commit("r", "two");
    let same = bench.commit("r", "nothing");
    bench.write("r/b", "1\n");
    let three = bench.commit("r", "three");
    let repository = bench.open("r", Way::Library);
    let pairs = [
        pair(&two, &three),
        pair(&two, &same),
        pair(&one, &two),
        pair(&one, &three),
        pair(&one, &two),
    ];
    let all = repository.changes_of(&bench.git("r"), &pairs).unwrap();
    let all: Vec<Vec<&str>> = all.iter().map(|it| paths(it)).collect();
    assert_eq!(all, [vec!["b"], vec![], vec!["a"], vec!["a", "b"], vec!["a"]]);
    assert!(repository.changes_of(&bench.git("r"), &[]).unwrap().is_empty());
}

#[test]
fn a_merge_is_compared_with_the_parent_that_is_named() {
    let bench = Bench::new();
    bench.repository("r", &[("a", "1\n")]);
    bench.run("r", "switch --quiet -c side");
    bench.write("r/b", "1\n");
    let side = bench.commit("r", "side");
    bench.run("r", "switch --quiet main");
    bench.write("r/c", "1\n");
    let first = bench.commit("r", "main");
    bench.run("r", "merge --quiet --no-ff -m merge side");
    let merge = bench.tip("r", "HEAD");
    let repository = bench.open("r", Way::Library);
    let all = repository
        .changes_of(&bench.git("r"), &[pair(&first, &merge), pair(&side, &merge)])
        .unwrap();
    assert_eq!(paths(&all[0]), ["b"]);
    assert_eq!(paths(&all[1]), ["c"]);
}

#[test]
fn a_pick_has_the_patch_id_of_what_was_picked() {
    let bench = Bench::new();
    let text = "1\n2\n3\n4\n5\n6\n7\n8\n9\n";
    bench.repository("r", &[("a", text)]);
    let base = bench.tip("r", "HEAD");
    bench.run("r", "branch other");
    bench.write("r/a", text.replace('9', "nine"));
    let picked = bench.commit("r", "change");
    let empty = bench.commit("r", "nothing");
    bench.run("r", "switch --quiet other");
    bench.write("r/a", format!("0\n{text}"));
    let other = bench.commit("r", "before it");
    bench.run("r", &format!("cherry-pick {picked}"));
    let copy = bench.tip("r", "HEAD");
    let repository = bench.open("r", Way::Library);
    let pairs = [
        pair(&base, &picked),
        pair(&other, &copy),
        pair(&base, &other),
        pair(&picked, &empty),
    ];
    let ids = repository.patch_ids(&bench.git("r"), &pairs).unwrap();
    assert!(ids[0].is_some());
    assert_eq!(ids[0], ids[1]);
    assert_ne!(ids[0], ids[2]);
    assert_eq!(ids[3], None);
}

#[test]
fn one_commit_compared_with_two_others_has_two_patch_ids() {
    let bench = Bench::new();
    bench.repository("r", &[("a", "1\n")]);
    let one = bench.tip("r", "HEAD");
    bench.write("r/a", "2\n");
    let two = bench.commit("r", "two");
    bench.write("r/b", "1\n");
    let three = bench.commit("r", "three");
    let repository = bench.open("r", Way::Library);
    let git = bench.git("r");
    let ids = repository
        .patch_ids(&git, &[pair(&one, &three), pair(&two, &three)])
        .unwrap();
    let alone = repository.patch_ids(&git, &[pair(&two, &three)]).unwrap();
    assert_eq!(ids[1], alone[0]);
    assert_ne!(ids[0], ids[1]);
    // The first of the two changes nothing, and leaves no line.
    let ids = repository
        .patch_ids(&git, &[pair(&three, &three), pair(&two, &three)])
        .unwrap();
    assert_eq!(ids, [None, alone[0].clone()]);
}

#[test]
fn unrelated_commits_have_no_merge_base() {
    for way in WAYS {
        let bench = Bench::new();
        bench.repository("r", &[("a", "1\n")]);
        let main = bench.tip("r", "HEAD");
        bench.run("r", "switch --quiet --orphan other");
        let other = bench.commit("r", "other");
        let repository = bench.open("r", way);
        assert_eq!(repository.merge_base(&bench.git("r"), &main, &other).unwrap(), None);
        assert_eq!(
            repository.merge_base(&bench.git("r"), &main, &main).unwrap(),
            Some(main)
        );
    }
}

/// A history whose entries take each other's places: files, directories, links, submodules; and modes that are written no more.
fn places_taken(bench: &Bench) -> Vec<Oid> {
    bench.repository(
        "r",
        &[("a/x", "1\n"), ("a.b", "1\n"), ("d/e/f", "1\n"), ("gone/y", "1\n")],
    );
    let mut tips = vec![bench.tip("r", "HEAD")];
    let tree = |list: &str| {
        let made = bench
            .git("r")
            .run(&["mktree", "--missing", "-z"], Some(list.as_bytes()), &[]);
        made.unwrap().text()
    };
    let one = bench.tip("r", "HEAD:a/x");
    let two = Oid::parse(
        &bench
            .git("r")
            .run(&["hash-object", "-w", "--stdin"], Some(b"2\n"), &[])
            .unwrap()
            .text(),
    )
    .unwrap();
    let below = tree(&format!("100644 blob {one}\tx\0100644 blob {two}\tz\0"));
    let twice = tree(&format!("040000 tree {below}\te\0"));
    for list in [
        // A directory becomes a file, a file a directory, and names sort around the slash.
        format!("100644 blob {one}\ta\0100755 blob {one}\ta.b\0040000 tree {twice}\td\0040000 tree {below}\ta0\0"),
        format!("120000 blob {one}\ta\0040000 tree {below}\ta.b\0100644 blob {two}\td\0"),
        format!(
            "160000 commit {}\ta\0100644 blob {one}\ta-\0040000 tree {below}\td\0",
            tips[0]
        ),
        format!("040000 tree {twice}\ta\0100644 blob {two}\ta-\0040000 tree {below}\td\0"),
        format!("040000 tree {twice}\ta\0100644 blob {two}\ta-\0040000 tree {below}\td\0"),
        String::new(),
    ] {
        let tree = tree(&list);
        let parent = tips.last().unwrap().to_string();
        let words = ["commit-tree", "-m", "next", "-p", &parent, &tree];
        tips.push(Oid::parse(&bench.git("r").run(&words, None, &[]).unwrap().text()).unwrap());
    }
    tips
}

#[test]
fn what_commits_changed_in_some_files_is_what_git_says_of_those() {
    let bench = Bench::new();
    let tips = places_taken(&bench);
    let git = bench.git("r");
    let mut landings = vec![(tips[0].clone(), None)];
    landings.extend(tips.windows(2).map(|two| (two[1].clone(), Some(two[0].clone()))));
    let by_git = bench.open("r", Way::Library);
    let expected: Vec<Vec<Changed>> = landings
        .iter()
        .map(|(new, before)| {
            let old = before.clone().unwrap_or_else(|| empty_tree(new).unwrap());
            let new = by_git.tree_of(new).unwrap();
            by_git.changes(&git, &pair(&old, &new)).unwrap()
        })
        .collect();
    let every: BTreeSet<String> = expected.iter().flatten().map(|it| it.path.clone()).collect();
    assert!(every.len() > 10, "{every:?}");
    let mut chosen: Vec<BTreeSet<String>> = every.iter().map(|path| BTreeSet::from([path.clone()])).collect();
    chosen.push(every);
    chosen.push(BTreeSet::from([
        "a".into(),
        "d/e".into(),
        "d/e/f".into(),
        "nowhere/x".into(),
    ]));
    for files in chosen {
        for way in WAYS {
            let found = bench
                .open("r", way)
                .landed(&git, (&landings, Among::These(&files)))
                .unwrap();
            for (found, expected) in found.iter().zip(&expected) {
                let mut expected = expected.clone();
                expected.retain(|it| files.contains(&it.path));
                assert_eq!(*found, expected, "{way:?} {files:?}");
            }
            assert_eq!(found.len(), expected.len());
        }
    }
    for way in WAYS {
        let all = bench.open("r", way).landed(&git, (&landings, Among::All)).unwrap();
        assert_eq!(all, expected, "{way:?}");
    }
}

#[test]
fn the_newest_commits_of_a_line_are_those_that_git_lists() {
    let bench = Bench::new();
    bench.repository("r", &[("a", "1\n")]);
    for number in 0..6 {
        bench.write("r/a", format!("{number}\n"));
        bench.commit("r", "next");
        if number == 2 {
            bench.run("r", "checkout --quiet -b side HEAD~1");
            bench.write("r/b", "1\n");
            bench.commit("r", "side");
            bench.run("r", "checkout --quiet main");
            bench.run("r", "merge --quiet --no-edit side");
        }
    }
    bench.bare("bare", "r");
    bench.clone_of("bare", "shallow", "--depth 3");
    for name in ["r", "shallow"] {
        let git = bench.git(name);
        let tip = bench.tip(name, "HEAD");
        for way in WAYS {
            let repository = bench.open(name, way);
            for most in [1, 3, 5, 1000] {
                let count = format!("--max-count={most}");
                let listed = repository
                    .list(&git, &["--first-parent", &count, tip.as_str(), "--"])
                    .unwrap();
                assert_eq!(
                    repository.newest(&git, &tip, most).unwrap(),
                    listed,
                    "{name} {way:?} {most}"
                );
            }
            assert!(
                repository
                    .newest(&git, &Oid::parse(&"ab".repeat(20)).unwrap(), 5)
                    .is_err()
            );
        }
    }
    // Where commits are replaced, git's history counts.
    bench.run("r", "replace --graft HEAD~1 HEAD~4");
    let git = bench.git("r");
    let tip = bench.tip("r", "HEAD");
    let listed = bench
        .open("r", Way::Library)
        .list(&git, &["--first-parent", tip.as_str(), "--"])
        .unwrap();
    assert_eq!(bench.open("r", Way::Library).newest(&git, &tip, 1000).unwrap(), listed);
    assert!(listed.len() < 7, "{listed:?}");
}

#[test]
fn what_one_reader_of_a_repository_has_read_its_siblings_have() {
    let bench = Bench::new();
    bench.repository("r", &[("a", "1\n")]);
    let repository = bench.open("r", Way::Library);
    let tree = bench.tip("r", "HEAD^{tree}");
    let blob = bench.tip("r", "HEAD:a");
    assert_eq!(repository.blob(&blob).unwrap(), b"1\n");
    let sibling = repository.sibling().unwrap();
    let objects = bench.path("r/.git/objects");
    std::fs::rename(&objects, bench.path("away")).unwrap();
    assert_eq!(sibling.blob(&blob).unwrap(), b"1\n");
    assert!(sibling.has(&blob));
    // Nobody has read this one, and that it was not here is not remembered.
    assert!(!sibling.has(&tree) && sibling.entries(&tree).is_err());
    std::fs::rename(bench.path("away"), &objects).unwrap();
    assert!(sibling.has(&tree));
    assert_eq!(repository.entries(&tree).unwrap().len(), 1);
}
