use super::bench::{Bench, WAYS, branch};
use crate::error::Kind;
use crate::git::work_trees::{Clean, Step};

#[test]
fn work_trees_on_a_branch_are_found_linked_or_not_and_detached_ones_are_none() {
    let bench = Bench::new();
    bench.repository("r", &[("a", "1")]);
    bench.run("r", "worktree add --quiet -b stg ../linked");
    bench.run("r", "worktree add --quiet --detach ../detached");
    for way in WAYS {
        for at in ["r", "linked"] {
            let repository = bench.open(at, way);
            let on = |name: &str| repository.work_trees_on(&branch(name)).unwrap();
            assert_eq!(on("main"), [bench.path("r")], "{way:?} {at}");
            assert_eq!(on("stg"), [bench.path("linked")]);
            assert!(on("prod").is_empty());
        }
    }
    std::fs::remove_dir_all(bench.path("linked")).unwrap();
    for way in WAYS {
        assert!(bench.open("r", way).work_trees_on(&branch("stg")).unwrap().is_empty());
    }
}

#[test]
fn a_clean_work_tree_is_brought_along_with_its_branch() {
    for way in WAYS {
        let bench = Bench::new();
        let git = bench.repository("r", &[("a", "1"), ("b", "1")]);
        bench.write("r/untracked", "u");
        let repository = bench.open("r", way);
        let from = repository.tip("HEAD").unwrap().unwrap();
        let to = bench.build(&repository, &from, &[("a", "2"), ("new/c", "3")]);
        let tree = bench.path("r");
        assert_eq!(repository.is_clean(&git, &tree).unwrap(), Clean::Yes);
        bench.script("r/.git/hooks/post-merge", "touch ran");
        let step = Step {
            branch: branch("main"),
            from: from.clone(),
            to: to.clone(),
        };
        repository.fast_forward(&git, &tree, &step).unwrap();
        assert_eq!(bench.tip("r", "main"), to);
        assert_eq!(bench.run("r", "status --porcelain"), "?? untracked");
        assert_eq!(std::fs::read_to_string(bench.path("r/new/c")).unwrap(), "3");
        assert!(!bench.path("r/ran").exists());
        let error = repository.fast_forward(&git, &tree, &step).unwrap_err();
        assert_eq!((error.kind, error.code), (Kind::Refused, "not-fast-forwarded"));
        bench.fsck("r");
    }
}

#[test]
fn a_work_tree_that_is_not_clean_is_told_with_its_files_and_left_as_it_is() {
    let bench = Bench::new();
    let git = bench.repository("r", &[("a", "1"), ("dir/é \"q\"", "1")]);
    let repository = bench.open("r", WAYS[0]);
    let from = repository.tip("HEAD").unwrap().unwrap();
    let to = bench.build(&repository, &from, &[("a", "2"), ("new", "3")]);
    let step = Step {
        branch: branch("main"),
        from: from.clone(),
        to,
    };
    bench.write("r/new", "in the way");
    assert_eq!(repository.is_clean(&git, &bench.path("r")).unwrap(), Clean::Yes);
    let error = repository.fast_forward(&git, &bench.path("r"), &step).unwrap_err();
    assert!(error.causes[0].contains("new"), "{error:?}");
    assert_eq!(bench.tip("r", "main"), from);
    assert_eq!(std::fs::read_to_string(bench.path("r/a")).unwrap(), "1");
    bench.write("r/dir/é \"q\"", "changed");
    assert_eq!(
        repository.is_clean(&git, &bench.path("r")).unwrap(),
        Clean::No(vec!["dir/é \"q\"".into()])
    );
}
