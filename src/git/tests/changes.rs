use super::bench::{Bench, WAYS, Way};
use crate::git::changes::{Changed, Pair};
use crate::git::names::Oid;
use crate::git::objects::Mode;

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
