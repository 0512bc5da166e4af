use super::bench::{Bench, WAYS, Way};
use crate::git::history::End;
use crate::git::names::Oid;
use crate::git::objects::Mode;
use std::ops::ControlFlow;

#[test]
fn a_commit_its_tree_and_its_files_are_read_the_same_on_both_ways() {
    let bench = Bench::new();
    bench.repository(
        "r",
        &[("a.yaml", "one\r\n"), ("dir/sub/b.yaml", "two\n"), ("dir.x", "x")],
    );
    bench.script("r/run.sh", "true");
    #[cfg(unix)]
    std::os::unix::fs::symlink("a.yaml", bench.path("r/link")).unwrap();
    let tip = bench.commit("r", "second\n\nbody é");
    for way in WAYS {
        let repository = bench.open("r", way);
        let commit = repository.commit(&tip).unwrap().unwrap();
        assert_eq!(commit.message, "second\n\nbody é\n", "{way:?}");
        assert_eq!(commit.author.name, "Ann Example");
        assert_eq!(commit.committer.email, "ann@example.com");
        assert_eq!(commit.parents, [bench.tip("r", "HEAD~1")]);
        assert_eq!(commit.tree, bench.tip("r", "HEAD^{tree}"));
        assert!(commit.time > 1_600_000_000);
        let mode = |path: &str| {
            let entry = repository.entry(&commit.tree, path).unwrap();
            entry.map(|entry| entry.mode)
        };
        assert_eq!(mode("a.yaml"), Some(Mode::File));
        assert_eq!(mode("run.sh"), Some(Mode::Executable));
        assert_eq!(mode("link"), Some(Mode::Link));
        assert_eq!(mode("dir/sub"), Some(Mode::Directory));
        assert_eq!(mode(""), Some(Mode::Directory));
        assert_eq!(mode("dir/none"), None);
        assert_eq!(mode("a.yaml/x"), None);
        let entry = repository.entry(&commit.tree, "a.yaml").unwrap().unwrap();
        assert_eq!(repository.blob(&entry.id).unwrap(), b"one\r\n");
        let names: Vec<String> = repository
            .entries(&commit.tree)
            .unwrap()
            .into_iter()
            .map(|it| it.0)
            .collect();
        assert_eq!(names, ["a.yaml", "dir.x", "dir", "link", "run.sh"]);
        let none = Oid::parse(&"ab".repeat(20)).unwrap();
        assert!(!repository.has(&none) && repository.has(&tip));
        assert_eq!(repository.commit(&none).unwrap(), None);
        assert!(repository.blob(&none).is_err() && repository.blob(&commit.tree).is_err());
        assert!(repository.entries(&tip).is_err());
        assert_eq!(repository.missing(&[none.clone(), tip.clone(), none.clone()]), [none]);
    }
}

#[test]
fn names_that_are_not_utf8_are_left_out_and_kept_by_writing() {
    let bench = Bench::new();
    let git = bench.repository("r", &[("a", "1")]);
    let blob = bench.tip("r", "HEAD:a");
    let mut list = format!("100644 blob {blob}\t").into_bytes();
    list.extend_from_slice(b"\xff\xfe\0");
    list.extend_from_slice(format!("100644 blob {blob}\tb\0").as_bytes());
    let made = git.run(&["mktree", "-z"], Some(&list), &[]).unwrap();
    let tree = Oid::parse(&made.text()).unwrap();
    for way in WAYS {
        let repository = bench.open("r", way);
        assert_eq!(repository.entries(&tree).unwrap().len(), 1);
        let new = repository.write_tree(&tree, &[("b".into(), b"2".to_vec())]).unwrap();
        let listed = git
            .run(&["ls-tree", "-z", "--name-only", new.as_str()], None, &[])
            .unwrap();
        assert_eq!(listed.stdout, b"b\0\xff\xfe\0");
    }
}

#[test]
fn a_sha256_repository_is_read_and_written_through_the_program() {
    let bench = Bench::new();
    bench.repository_of("r", &[("dir/a.yaml", "one\n")], "--object-format=sha256");
    assert!(crate::git::open::Repository::open(&bench.path("r")).is_err());
    let repository = bench.open("r", Way::Library);
    let tip = repository.tip("refs/heads/main").unwrap().unwrap();
    assert_eq!(tip.as_str().len(), 64);
    assert_eq!(repository.checked_out().as_deref(), Some("main"));
    assert_eq!(repository.branches(), ["main"]);
    assert_eq!(repository.tracked(), ["dir/a.yaml"]);
    let new = bench.build(
        &repository,
        &tip,
        &[("dir/a.yaml", "two\n"), ("new/deep/b.yaml", "three\n")],
    );
    assert_eq!(bench.run("r", &format!("show {new}:new/deep/b.yaml")), "three");
    assert_eq!(repository.is_ancestor(&tip, &new).unwrap(), Some(true));
    bench.fsck("r");
}

#[test]
fn history_is_visited_newest_first_over_all_parents_and_ends_where_a_shallow_clone_ends() {
    let bench = Bench::new();
    bench.repository("r", &[("a", "1")]);
    bench.run("r", "checkout --quiet -b side");
    bench.commit("r", "on side");
    bench.run("r", "checkout --quiet main");
    bench.commit("r", "on main");
    bench.run("r", "merge --quiet --no-edit side");
    let tip = bench.tip("r", "HEAD");
    bench.bare("bare", "r");
    bench.clone_of("bare", "shallow", "--depth=2");
    for way in WAYS {
        let visit = |name: &str| {
            let repository = bench.open(name, way);
            let mut messages = Vec::new();
            let end = repository
                .history(&tip, &mut |commit, _| {
                    messages.push(commit.message.trim_end().to_owned());
                    ControlFlow::Continue(())
                })
                .unwrap();
            messages[1..].sort();
            (messages, end)
        };
        let (messages, end) = visit("r");
        assert_eq!(messages, ["Merge branch 'side'", "first", "on main", "on side"]);
        assert_eq!(end, End::Complete);
        let (messages, end) = visit("shallow");
        assert_eq!(messages, ["Merge branch 'side'", "on main", "on side"]);
        assert_eq!(end, End::Shallow);
        let (whole, shallow) = (bench.open("r", way), bench.open("shallow", way));
        assert!(shallow.is_shallow() && !whole.is_shallow());
        let first = bench.tip("r", "HEAD~2");
        assert_eq!(whole.is_ancestor(&first, &tip).unwrap(), Some(true));
        assert_eq!(whole.is_ancestor(&tip, &first).unwrap(), Some(false));
        assert_eq!(shallow.is_ancestor(&first, &tip).unwrap(), None);
        assert_eq!(
            shallow.is_ancestor(&bench.tip("r", "HEAD~1"), &tip).unwrap(),
            Some(true)
        );
    }
}
