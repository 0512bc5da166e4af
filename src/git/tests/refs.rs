use super::bench::{Bench, WAYS, branch};
use crate::error::Kind;
use crate::git::damaged;
use crate::git::refs::{Expect, Moved};

#[test]
fn a_branch_is_moved_only_from_where_it_is_expected() {
    for way in WAYS {
        let bench = Bench::new();
        bench.repository("r", &[("a", "1")]);
        let repository = bench.open("r", way);
        let first = repository.tip("refs/heads/main").unwrap().unwrap();
        let second = bench.build(&repository, &first, &[("a", "2")]);
        let to = |name: &str, to, expect: &Expect| repository.move_branch(&branch(name), to, expect).unwrap();
        assert_eq!(to("stg", &first, &Expect::Tip(second.clone())), Moved::Raced, "{way:?}");
        assert_eq!(to("stg", &first, &Expect::Absent), Moved::Done);
        assert_eq!(to("stg", &second, &Expect::Absent), Moved::Raced);
        assert_eq!(to("stg", &second, &Expect::Tip(second.clone())), Moved::Raced);
        assert_eq!(bench.tip("r", "stg"), first);
        assert_eq!(to("stg", &second, &Expect::Tip(first.clone())), Moved::Done);
        assert_eq!(bench.tip("r", "stg"), second);
        assert!(bench.run("r", "reflog show stg").contains("rakops"));
        bench.run("r", "pack-refs --all");
        assert_eq!(to("stg", &first, &Expect::Tip(first.clone())), Moved::Raced);
        assert_eq!(to("stg", &first, &Expect::Tip(second.clone())), Moved::Done);
        bench.fsck("r");
    }
}

#[test]
fn a_reference_whose_commit_is_missing_is_an_error_and_none_that_is_not_there() {
    for way in WAYS {
        let bench = Bench::new();
        bench.repository("r", &[("a", "1")]);
        bench.write("r/.git/refs/heads/stg", format!("{}\n", "12".repeat(20)));
        bench.run("r", "update-ref refs/tags/tree main^{tree}");
        bench.run("r", "symbolic-ref refs/heads/empty refs/heads/gone");
        let repository = bench.open("r", way);
        let error = repository.tip("refs/heads/stg").unwrap_err();
        assert_eq!((error.kind, error.code), (Kind::Files, "object-missing"), "{way:?}");
        assert!(error.message.contains("`refs/heads/stg`"), "{error:?}");
        for none in ["refs/heads/gone", "refs/heads/empty", "refs/tags/tree"] {
            assert_eq!(repository.tip(none).unwrap(), None, "{way:?} {none}");
        }
    }
}

#[test]
fn a_branch_that_would_be_a_directory_of_another_is_refused() {
    for way in WAYS {
        let bench = Bench::new();
        bench.repository("r", &[("a", "1")]);
        let repository = bench.open("r", way);
        let tip = repository.tip("HEAD").unwrap().unwrap();
        let make = |name: &str| repository.move_branch(&branch(name), &tip, &Expect::Absent);
        make("env/stg").unwrap();
        for clashing in ["env", "main/x"] {
            let error = make(clashing).unwrap_err();
            assert_eq!(
                (error.kind, error.code),
                (Kind::Refused, "branch-clash"),
                "{way:?} {clashing}: {error:?}"
            );
        }
    }
}

#[test]
fn a_reference_that_stays_locked_is_an_error_and_one_that_is_released_is_waited_for() {
    for way in WAYS {
        let bench = Bench::new();
        bench.repository("r", &[("a", "1")]);
        let repository = bench.open("r", way);
        let tip = repository.tip("HEAD").unwrap().unwrap();
        bench.write("r/.git/refs/heads/stg.lock", "");
        let error = repository
            .move_branch(&branch("stg"), &tip, &Expect::Absent)
            .unwrap_err();
        assert_eq!(error.code, "reference-locked", "{way:?} {error:?}");
        std::thread::scope(|scope| {
            scope.spawn(|| {
                std::thread::sleep(std::time::Duration::from_millis(200));
                std::fs::remove_file(bench.path("r/.git/refs/heads/stg.lock")).unwrap();
            });
            assert_eq!(
                repository.move_branch(&branch("stg"), &tip, &Expect::Absent).unwrap(),
                Moved::Done
            );
        });
    }
}

#[test]
fn references_are_removed_only_from_where_they_are_expected() {
    for way in WAYS {
        let bench = Bench::new();
        bench.repository("r", &[("a", "1")]);
        let repository = bench.open("r", way);
        let first = repository.tip("HEAD").unwrap().unwrap();
        let second = bench.build(&repository, &first, &[("a", "2")]);
        repository
            .set_reference("refs/rakops/1/main", &first, &Expect::Absent)
            .unwrap();
        assert_eq!(
            repository.delete_reference("refs/rakops/1/main", &second).unwrap(),
            Moved::Raced
        );
        assert_eq!(
            repository.delete_reference("refs/rakops/1/main", &first).unwrap(),
            Moved::Done
        );
        assert_eq!(
            repository.delete_reference("refs/rakops/1/main", &first).unwrap(),
            Moved::Done
        );
        assert_eq!(repository.tip("refs/rakops/1/main").unwrap(), None);
    }
}

#[test]
fn revisions_are_resolved_to_commits_and_those_that_look_like_options_are_refused() {
    let bench = Bench::new();
    bench.repository("r", &[("a", "1")]);
    bench.commit("r", "second");
    bench.run("r", "tag -a v1 -m tagged");
    let tip = bench.tip("r", "HEAD");
    for way in WAYS {
        let repository = bench.open("r", way);
        for revision in ["HEAD", "main", "v1", tip.as_str(), tip.short(), "refs/heads/main"] {
            assert_eq!(
                repository.resolve(revision).unwrap().as_ref(),
                Some(&tip),
                "{way:?} {revision}"
            );
        }
        assert_eq!(repository.resolve("HEAD~1").unwrap(), Some(bench.tip("r", "HEAD~1")));
        for nothing in ["nope", "HEAD:a", "HEAD~9", "main..v1"] {
            assert_eq!(repository.resolve(nothing).unwrap(), None, "{way:?} {nothing}");
        }
        for bad in ["", "--all", "a\nb"] {
            assert_eq!(repository.resolve(bad).unwrap_err().kind, Kind::Usage);
        }
        assert_eq!(repository.tip("refs/tags/v1").unwrap().as_ref(), Some(&tip));
        assert_eq!(repository.tip("refs/heads/none").unwrap(), None);
    }
}

#[test]
fn branches_of_remotes_count_once_and_the_default_is_what_origin_says() {
    let bench = Bench::new();
    bench.repository("r", &[("a", "1")]);
    bench.run("r", "branch prod");
    bench.run("r", "branch env/stg");
    bench.bare("bare", "r");
    bench.clone_of("bare", "c", "");
    for way in WAYS {
        let repository = bench.open("c", way);
        assert_eq!(repository.branches(), ["env/stg", "main", "prod"], "{way:?}");
        assert_eq!(repository.default_branch().as_deref(), Some("main"));
        assert_eq!(repository.checked_out().as_deref(), Some("main"));
        assert_eq!(repository.tracked(), ["a"]);
    }
    bench.run("c", "checkout --quiet --detach");
    for way in WAYS {
        assert_eq!(bench.open("c", way).checked_out(), None);
    }
}

#[test]
fn what_git_says_of_damage_here_is_not_taken_from_a_remote() {
    for (said, code) in [
        (
            "fatal: bad object refs/heads/stg\nerror: https://h/m.git did not send all necessary objects",
            "object-missing",
        ),
        (
            "fatal: loose object 12 (stored in .git/objects/12/34) is corrupt",
            "repository-unreadable",
        ),
        (
            "fatal: packed object 12 (stored in /srv/shop/.git/objects/pack/pack-1.pack) is corrupt",
            "repository-unreadable",
        ),
    ] {
        let error = damaged::here(said).unwrap();
        assert_eq!((error.kind, error.code), (Kind::Files, code), "{said}");
    }
    for said in [
        "remote: fatal: bad object refs/heads/stg",
        "fatal: bad object 1234",
        "fatal: loose object 12 (stored in ./objects/12/34) is corrupt",
        "remote: fatal: loose object 12 (stored in /srv/m.git/objects/12/34) is corrupt",
    ] {
        assert!(damaged::here(said).is_none(), "{said}");
    }
}
