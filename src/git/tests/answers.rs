//! One test for each row of answers that servers are known to give; those that a real repository can give are tried again
//! in `remote.rs`.

use crate::error::Kind;
use crate::git::answers::{Answer, Lock, Push, judge, lock, transport};

const MAIN: &str = "refs/heads/main";

fn push(line: &str, stderr: &str) -> Push {
    let stdout = format!("To origin\n{line}\nDone\n");
    judge(&Answer {
        status: i32::from(line.starts_with('!')),
        stdout: &stdout,
        stderr,
        references: &[MAIN.to_owned()],
    })
}

fn rejected(reason: &str, stderr: &str) -> Push {
    push(&format!("!\tabc:refs/heads/main\t[rejected] ({reason})"), stderr)
}

fn by_remote(reason: &str, stderr: &str) -> Push {
    push(&format!("!\tabc:refs/heads/main\t[remote rejected] ({reason})"), stderr)
}

#[track_caller]
fn assert_moved(push: Push) {
    assert!(matches!(push, Push::Moved { .. }), "{push:?}");
}

#[track_caller]
fn assert_refused(push: Push, kind: Kind, code: &str) {
    match push {
        Push::Refused(error) => assert_eq!((error.kind, error.code), (kind, code), "{error:?}"),
        other => panic!("{other:?}"),
    }
}

#[track_caller]
fn assert_unclear(push: Push, kind: Kind) {
    match push {
        Push::Unclear { otherwise, .. } => assert_eq!(otherwise.kind, kind, "{otherwise:?}"),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_push_has_landed_when_the_remote_has_said_so_of_our_branch() {
    for line in [
        " \tabc:refs/heads/main\ta1..b2",
        "*\tabc:refs/heads/main\t[new branch]",
        "=\tabc:refs/heads/main\t[up to date]",
        "-\t:refs/heads/main\t[deleted]",
        "+\tabc:refs/heads/main\ta1...b2 (forced update)",
    ] {
        assert!(matches!(push(line, ""), Push::Landed { .. }), "{line}");
    }
    assert_unclear(push(" \tabc:refs/heads/other\ta1..b2", ""), Kind::Remote);
}

#[test]
fn rules_that_were_bypassed_are_told_and_usual_talk_is_not() {
    let line = " \tabc:refs/heads/main\ta1..b2";
    let bypassed = "remote: Bypassed rule violations for refs/heads/main: \nremote: \nremote: - Changes must be made through a pull request. \n";
    match push(line, bypassed) {
        Push::Landed { notes } => assert_eq!(
            notes,
            [
                "Bypassed rule violations for refs/heads/main:",
                "- Changes must be made through a pull request."
            ]
        ),
        other => panic!("{other:?}"),
    }
    let talk = "remote: \nremote: Create a pull request for 'main' on GitHub by visiting: \nremote:   https://github.com/a/b/pull/new/main \n";
    match push(line, talk) {
        Push::Landed { notes } => assert!(notes.is_empty()),
        other => panic!("{other:?}"),
    }
}

#[test]
fn every_wording_of_a_lost_race_is_one() {
    for reason in [
        "stale info",
        "fetch first",
        "non-fast-forward",
        "remote ref updated since checkout",
    ] {
        assert_moved(rejected(reason, ""));
    }
    for reason in [
        "incorrect old value provided",
        "reference already exists",
        "reference does not exist",
        "cannot lock ref 'refs/heads/main': is at aaaa but expected bbbb",
    ] {
        assert_moved(by_remote(reason, ""));
    }
    for stderr in [
        "remote: error: cannot lock ref 'refs/heads/main': Unable to create '/srv/m.git/./refs/heads/main.lock': File exists.\n",
        "remote: error: cannot lock ref 'refs/heads/main': is at aaaa but expected bbbb\n",
        "remote: error: cannot lock ref 'refs/heads/main': reference already exists\n",
    ] {
        assert_moved(by_remote("failed to update ref", stderr));
    }
    assert_moved(by_remote(
        "TF401028: The reference has already been updated by another client",
        "remote: TF401028: x\n",
    ));
}

#[test]
fn a_hook_that_denies_a_permission_is_about_access() {
    let stderr = "remote: \nremote: error: User permission denied for writing.\n";
    let push = by_remote("pre-receive hook declined", stderr);
    assert!(
        matches!(&push, Push::Refused(error) if error.kind == Kind::Access),
        "{push:?}"
    );
}

#[test]
fn a_branch_in_the_way_is_refused_for_good() {
    let stderr = "remote: error: cannot lock ref 'refs/heads/main': 'refs/heads/main/x' exists; cannot create 'refs/heads/main'\n";
    assert_refused(by_remote("failed to update ref", stderr), Kind::Refused, "branch-clash");
    assert_refused(by_remote("refname conflict", ""), Kind::Refused, "branch-clash");
}

#[test]
fn hooks_and_protected_branches_are_refused_with_what_the_remote_said() {
    for (reason, stderr) in [
        (
            "pre-receive hook declined",
            "remote: GitLab: You are not allowed to push code to protected branches on this project.\n",
        ),
        (
            "pre-receive hook declined",
            "remote: Gitea: Not allowed to push to protected branch main\n",
        ),
        ("hook declined", "remote: no\n"),
        (
            "protected branch hook declined",
            "remote: error: GH006: Protected branch update failed for refs/heads/main.\n",
        ),
        (
            "push declined due to repository rule violations",
            "remote: error: GH013: Repository rule violations found for refs/heads/main.\n",
        ),
        (
            "branch is currently checked out",
            "remote: error: refusing to update checked out branch\n",
        ),
        (
            "TF402455: Pushes to this branch are not permitted; you must use a pull request to update this branch.",
            "x",
        ),
    ] {
        let push = by_remote(reason, stderr);
        if reason.starts_with("TF402455") {
            // Whether the branch has moved decides; the words are shown in any case.
            assert!(matches!(push, Push::Refused(_)), "{push:?}");
            continue;
        }
        match push {
            Push::Refused(error) => {
                assert_eq!((error.kind, error.code), (Kind::Refused, "push-refused"));
                let said = stderr.trim_start_matches("remote: ").trim();
                assert!(error.causes.iter().any(|cause| cause.contains(said)), "{error:?}");
            }
            other => panic!("{reason}: {other:?}"),
        }
    }
    assert_refused(
        by_remote(
            "TF401027: You need the Git 'GenericContribute' permission",
            "remote: TF401027\n",
        ),
        Kind::Access,
        "remote-access",
    );
}

#[test]
fn what_only_the_branch_can_tell_is_left_to_it() {
    assert_unclear(
        by_remote(
            "non-fast-forward",
            "remote: error: denying non-fast-forward refs/heads/main\n",
        ),
        Kind::Refused,
    );
    assert_unclear(by_remote("something new", ""), Kind::Remote);
    assert_unclear(
        by_remote("failed to update ref", "remote: error: something new\n"),
        Kind::Remote,
    );
    for (reason, stderr) in [
        (
            "failed to update ref",
            "remote: error: cannot lock ref 'refs/heads/main': Unable to create '/srv/m.git/./refs/heads/main.lock': Permission denied\n",
        ),
        (
            "unpacker error",
            "remote: error: insufficient permission for adding an object to repository database ./objects\n",
        ),
    ] {
        match by_remote(reason, stderr) {
            Push::Unclear { otherwise, .. } => assert_eq!(otherwise.code, "remote-unwritable"),
            other => panic!("{other:?}"),
        }
    }
    for reason in [
        "unpacker error",
        "missing necessary objects",
        "shallow update not allowed",
    ] {
        match by_remote(reason, "") {
            Push::Unclear { otherwise, .. } => assert_eq!(otherwise.code, "objects-missing"),
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn of_several_branches_the_one_with_a_reason_decides() {
    let references = ["refs/heads/a".to_owned(), "refs/heads/b".to_owned()];
    let of = |a: &str, b: &str| {
        let stdout = format!("To x\n!\tx:refs/heads/a\t{a}\n!\tx:refs/heads/b\t{b}\nDone\n");
        judge(&Answer {
            status: 1,
            stdout: &stdout,
            stderr: "",
            references: &references,
        })
    };
    assert_moved(of("[rejected] (stale info)", "[rejected] (atomic push failed)"));
    assert_moved(of(
        "[remote rejected] (atomic push failure)",
        "[remote rejected] (incorrect old value provided)",
    ));
    assert_refused(
        of(
            "[remote rejected] (atomic transaction failed)",
            "[remote rejected] (hook declined)",
        ),
        Kind::Refused,
        "push-refused",
    );
    assert_unclear(
        of("[rejected] (atomic push failed)", "[rejected] (atomic push failed)"),
        Kind::Remote,
    );
}

#[test]
fn a_push_without_a_line_was_stopped_here_or_did_not_get_there() {
    let of = |status: i32, stderr: &str| {
        judge(&Answer {
            status,
            stdout: "",
            stderr,
            references: &[MAIN.to_owned()],
        })
    };
    assert_refused(of(1, "no pushing on Fridays\n"), Kind::Refused, "push-refused");
    let on_stdout = judge(&Answer {
        status: 1,
        stdout: "no pushing on Fridays\n",
        stderr: "error: failed to push some refs to 'https://h/'\n",
        references: &[MAIN.to_owned()],
    });
    assert!(
        matches!(&on_stdout, Push::Refused(error) if error.causes[0].contains("no pushing on Fridays")),
        "{on_stdout:?}"
    );
    assert!(matches!(
        of(
            128,
            "fatal: unable to access 'https://h/': Failed to connect to h port 443\n"
        ),
        Push::NetworkDown(_)
    ));
    assert!(matches!(
        of(128, "fatal: the remote end hung up unexpectedly\n"),
        Push::NetworkDown(_)
    ));
    assert_refused(
        of(128, "fatal: Authentication failed for 'https://h/'\n"),
        Kind::Access,
        "remote-access",
    );
    assert_refused(
        of(128, "fatal: the receiving end does not support --atomic push\n"),
        Kind::Refused,
        "no-atomic-push",
    );
    assert_unclear(of(-1, ""), Kind::Remote);
    match of(128, "fatal: bad object 1234\n") {
        Push::Unclear { otherwise, .. } => assert_eq!(otherwise.code, "objects-missing"),
        other => panic!("{other:?}"),
    }
}

#[test]
fn what_keeps_git_from_a_remote_has_its_kind() {
    for (stderr, kind, code) in [
        (
            "fatal: unable to access 'https://h/': Could not resolve host: h",
            Kind::Remote,
            "remote-unreachable",
        ),
        (
            "fatal: unable to access 'https://h/': The requested URL returned error: 503",
            Kind::Remote,
            "remote-unreachable",
        ),
        (
            "ssh: connect to host h port 22: Connection refused\nfatal: Could not read from remote repository.",
            Kind::Remote,
            "remote-unreachable",
        ),
        (
            "fatal: unable to access 'https://h/': The requested URL returned error: 403",
            Kind::Access,
            "remote-access",
        ),
        (
            "remote: Permission to a/b.git denied to me.\nfatal: unable to access 'https://h/': The requested URL returned error: 403",
            Kind::Access,
            "remote-access",
        ),
        (
            "fatal: could not read Username for 'https://h': terminal prompts disabled",
            Kind::Access,
            "remote-access",
        ),
        (
            "git@h: Permission denied (publickey).\nfatal: Could not read from remote repository.",
            Kind::Access,
            "remote-access",
        ),
        (
            "Host key verification failed.\nfatal: Could not read from remote repository.",
            Kind::Access,
            "remote-access",
        ),
        (
            "remote: Write access to repository not granted.",
            Kind::Access,
            "remote-access",
        ),
        (
            "remote: Repository not found.\nfatal: repository 'https://h/a/' not found",
            Kind::NotFound,
            "remote-not-found",
        ),
        (
            "fatal: '/srv/x' does not appear to be a git repository\nfatal: Could not read from remote repository.",
            Kind::NotFound,
            "remote-not-found",
        ),
        (
            "fatal: repository '/srv/x' does not exist",
            Kind::NotFound,
            "remote-not-found",
        ),
        (
            "fatal: unable to access 'https://h/': SSL certificate problem: self-signed certificate",
            Kind::Remote,
            "remote-certificate",
        ),
        (
            "fatal: detected dubious ownership in repository at '/srv/x'",
            Kind::Access,
            "unsafe-repository",
        ),
    ] {
        let error = transport(stderr, "the remote").unwrap();
        assert_eq!((error.kind, error.code), (kind, code), "{stderr}");
    }
    assert!(transport("fatal: ambiguous argument 'x'", "the remote").is_none());
}

#[test]
fn a_lock_is_held_or_lost_or_in_the_way() {
    assert!(matches!(
        lock("Unable to create '/x/refs/heads/a.lock': File exists."),
        Some(Lock::Held)
    ));
    assert!(matches!(
        lock("cannot lock ref 'a': unable to resolve reference 'a'"),
        Some(Lock::Moved)
    ));
    assert!(matches!(
        lock("there is a non-empty directory 'x' blocking reference 'a'"),
        Some(Lock::Clash(_))
    ));
    assert!(lock("disk full").is_none());
}
