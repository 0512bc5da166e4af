use super::bench::{Bench, WAYS, plain};
use crate::error::Kind;
use crate::git::objects::Who;
use crate::git::write::{NewCommit, Sign};

#[test]
fn files_are_written_over_a_tree_and_keep_their_modes() {
    for way in WAYS {
        let bench = Bench::new();
        bench.repository(
            "r",
            &[
                ("dir/a.yaml", "one\r\n"),
                ("dir/keep", "k"),
                ("dir.x/y", "y"),
                ("dir-1", "z"),
            ],
        );
        bench.script("r/dir/run.sh", "true");
        bench.commit("r", "second");
        let repository = bench.open("r", way);
        let tip = repository.tip("HEAD").unwrap().unwrap();
        let files = [
            ("dir/a.yaml", "two\r\n"),
            ("dir/run.sh", "#!/bin/sh\nfalse\n"),
            ("dir/new/é.yaml", "n"),
            ("top", "t"),
        ];
        let new = bench.build(&repository, &tip, &files);
        let listed = bench.run("r", &format!("-c core.quotePath=false ls-tree -r {new}"));
        let facts: Vec<(&str, &str)> = listed
            .lines()
            .map(|line| (&line[..6], line.split('\t').nth(1).unwrap()))
            .collect();
        assert_eq!(
            facts,
            [
                ("100644", "dir-1"),
                ("100644", "dir.x/y"),
                ("100644", "dir/a.yaml"),
                ("100644", "dir/keep"),
                ("100644", "dir/new/é.yaml"),
                ("100755", "dir/run.sh"),
                ("100644", "top"),
            ],
            "{way:?}"
        );
        let shown = bench
            .git("r")
            .run(&["cat-file", "blob", &format!("{new}:dir/a.yaml")], None, &[]);
        assert_eq!(shown.unwrap().stdout, b"two\r\n");
        bench.fsck("r");
    }
}

#[test]
fn a_tree_without_entries_can_be_written_over() {
    for way in WAYS {
        let bench = Bench::new();
        bench.repository("r", &[]);
        let repository = bench.open("r", way);
        let tip = repository.tip("HEAD").unwrap().unwrap();
        let new = bench.build(&repository, &tip, &[("a/b/c.yaml", "c")]);
        assert_eq!(bench.run("r", &format!("show {new}:a/b/c.yaml")), "c");
        bench.fsck("r");
    }
}

#[test]
#[cfg(unix)]
fn links_directories_submodules_and_files_in_the_way_are_refused() {
    let bench = Bench::new();
    bench.repository("r", &[("dir/a", "1"), ("file", "2")]);
    std::os::unix::fs::symlink("file", bench.path("r/link")).unwrap();
    let tip = bench.commit("r", "with a link");
    bench.run("r", &format!("update-index --add --cacheinfo 160000,{tip},module"));
    bench.run("r", "commit --quiet -m module");
    for way in WAYS {
        let repository = bench.open("r", way);
        let tree = bench.tip("r", "HEAD^{tree}");
        for paths in [
            &["link"][..],
            &["dir"],
            &["module"],
            &["file/x"],
            &["link/x"],
            &["module/x"],
            &["n", "n/x"],
        ] {
            let files: Vec<(String, Vec<u8>)> = paths.iter().map(|path| ((*path).to_owned(), Vec::new())).collect();
            let error = repository.write_tree(&tree, &files).unwrap_err();
            assert_eq!((error.kind, error.code), (Kind::Refused, "not-a-file"), "{paths:?}");
        }
        for path in ["", "/a", "a/", "a//b", "../a", "a/./b", ".git/config", "a/.GIT/x"] {
            let error = repository
                .write_tree(&tree, &[(path.to_owned(), Vec::new())])
                .unwrap_err();
            assert_eq!(error.code, "not-a-path", "{path}");
        }
    }
}

#[test]
fn people_and_dates_are_those_that_git_would_write() {
    for way in WAYS {
        let bench = Bench::new();
        bench.repository("r", &[("a", "1")]);
        let repository = bench.open("r", way);
        let tip = repository.tip("HEAD").unwrap().unwrap();
        let tree = bench.tip("r", "HEAD^{tree}");
        let set = |pairs: &[(&str, &str)]| {
            let pairs = pairs
                .iter()
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
            bench.git("r").with_variables(pairs.collect())
        };
        let shown = |id: &crate::git::names::Oid| {
            bench.run(
                "r",
                &format!("show -s --format=%an/%ae/%ad/%cn/%ce/%cd --date=raw {id}"),
            )
        };
        let git = set(&[
            ("GIT_AUTHOR_NAME", "Bob <B>"),
            ("GIT_AUTHOR_DATE", "2020-01-02T03:04:05+0900"),
            ("GIT_COMMITTER_EMAIL", "c@example.com"),
            ("GIT_COMMITTER_DATE", "@1700000000 -0230"),
        ]);
        let id = repository.write_commit(&git, &plain(tree.clone(), &tip)).unwrap();
        assert_eq!(
            shown(&id),
            "Bob B/ann@example.com/1577901845 +0900/Ann Example/c@example.com/1700000000 -0230"
        );
        let named = NewCommit {
            author: Some(Who {
                name: "Named".into(),
                email: "n@example.com".into(),
            }),
            ..plain(tree.clone(), &tip)
        };
        let id = repository.write_commit(&git, &named).unwrap();
        assert!(
            shown(&id).starts_with("Named/n@example.com/1577901845 +0900/Ann"),
            "{}",
            shown(&id)
        );
        let id = repository.write_commit(&bench.git("r"), &named).unwrap();
        assert!(shown(&id).starts_with("Named/n@example.com/"));
        bench.fsck("r");
    }
}

#[test]
fn without_a_name_a_commit_is_the_bots_or_refused() {
    for way in WAYS {
        let bench = Bench::new();
        bench.repository("r", &[("a", "1")]);
        bench.write("gitconfig", "[user]\n\tuseConfigOnly = true\n");
        let repository = bench.open("r", way);
        let tip = repository.tip("HEAD").unwrap().unwrap();
        let new = plain(bench.tip("r", "HEAD^{tree}"), &tip);
        let error = repository.write_commit(&bench.git("r"), &new).unwrap_err();
        assert_eq!((error.kind, error.code), (Kind::Config, "no-identity"));
        let bot = Who {
            name: "rakops[bot]".into(),
            email: "bot@example.com".into(),
        };
        let new = NewCommit {
            fallback: Some(bot),
            ..new
        };
        let id = repository.write_commit(&bench.git("r"), &new).unwrap();
        assert_eq!(
            bench.run("r", &format!("show -s --format=%an/%ce {id}")),
            "rakops[bot]/bot@example.com"
        );
        let dated = bench
            .git("r")
            .with_variables(vec![("GIT_AUTHOR_DATE".into(), "@1700000000 +0000".into())]);
        let id = repository.write_commit(&dated, &new).unwrap();
        assert_eq!(
            bench.run("r", &format!("show -s --format=%an/%at {id}")),
            "rakops[bot]/1700000000"
        );
        bench.fsck("r");
    }
}

#[test]
fn a_commit_is_signed_with_an_ssh_key_when_git_is_set_up_so() {
    let bench = Bench::new();
    bench.repository("r", &[("a", "1")]);
    let key = bench.path("key").to_string_lossy().into_owned();
    if !make_ssh_key(&bench, &key) {
        return;
    }
    let setup = format!(
        "[user]\n\tname = Ann\n\temail = ann@example.com\n\tsigningkey = {key}.pub\n[gpg]\n\tformat = ssh\n[gpg \"ssh\"]\n\tallowedSignersFile = {key}.allowed\n[commit]\n\tgpgSign = true\n"
    );
    bench.write("gitconfig", setup);
    let public = std::fs::read_to_string(format!("{key}.pub")).unwrap();
    bench.write("key.allowed", format!("ann@example.com {public}"));
    for way in WAYS {
        let repository = bench.open("r", way);
        let tip = repository.tip("HEAD").unwrap().unwrap();
        let new = plain(bench.tip("r", "HEAD^{tree}"), &tip);
        let verdict = |new: &NewCommit| {
            let id = repository.write_commit(&bench.git("r"), new).unwrap();
            bench.run("r", &format!("show -s --format=%G?/%an/%s {id}"))
        };
        assert_eq!(verdict(&new), "G/Ann/Change it", "{way:?}");
        let unsigned = NewCommit {
            sign: Sign::Never,
            ..new.clone()
        };
        assert_eq!(verdict(&unsigned), "N/Ann/Change it");
    }
    bench.fsck("r");
    std::fs::remove_file(&key).unwrap();
    let repository = bench.open("r", WAYS[0]);
    let tip = repository.tip("HEAD").unwrap().unwrap();
    let new = plain(bench.tip("r", "HEAD^{tree}"), &tip);
    let error = repository.write_commit(&bench.git("r"), &new).unwrap_err();
    assert_eq!((error.kind, error.code), (Kind::Access, "signing-failed"), "{error:?}");
}

/// Whether there is an `ssh-keygen` that made one.
#[expect(clippy::disallowed_methods, reason = "a key for a test")]
fn make_ssh_key(_: &Bench, key: &str) -> bool {
    let made = std::process::Command::new("ssh-keygen")
        .args(["-q", "-t", "ed25519", "-N", "", "-C", "ann", "-f", key])
        .status();
    made.is_ok_and(|status| status.success())
}

#[test]
fn a_commit_is_signed_with_gpg_when_asked_to() {
    let bench = Bench::new();
    bench.repository("r", &[("a", "1")]);
    if !make_gpg_key(&bench) {
        return;
    }
    let repository = bench.open("r", WAYS[0]);
    let tip = repository.tip("HEAD").unwrap().unwrap();
    let new = NewCommit {
        sign: Sign::Always,
        ..plain(bench.tip("r", "HEAD^{tree}"), &tip)
    };
    let id = repository.write_commit(&bench.git("r"), &new).unwrap();
    let verdict = bench.run("r", &format!("show -s --format=%G? {id}"));
    assert!(matches!(verdict.as_str(), "G" | "U"), "{verdict}");
}

#[expect(clippy::disallowed_methods, reason = "a key for a test")]
fn make_gpg_key(bench: &Bench) -> bool {
    let home = bench.path("gpg");
    std::fs::create_dir_all(&home).unwrap();
    let made = std::process::Command::new("gpg")
        .env("GNUPGHOME", &home)
        .args([
            "--batch",
            "--quiet",
            "--passphrase",
            "",
            "--quick-generate-key",
            "Ann Example <ann@example.com>",
            "ed25519",
        ])
        .stderr(std::process::Stdio::null())
        .status();
    made.is_ok_and(|status| status.success())
}
