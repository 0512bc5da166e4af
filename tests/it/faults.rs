//! What others leave behind or take away, clocks that are wrong, and outputs that nobody reads: what can be tried everywhere.
//! Kills and failing calls are tried in `tests/outside/faults/`.

use std::fs::{self, File};
use std::process::{Command, Stdio};
use std::time::Duration;

use crate::harness::Sandbox;
use crate::harness::landing::DEV;

const BUMP: [&str; 4] = ["bump", "ghcr.io/acme/api=1.4.2", "--env", "dev"];

/// The shop with a remote.
fn shop() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.shop();
    sandbox.remote();
    sandbox
}

#[test]
fn temporary_files_of_a_killed_run_go_unless_somebody_writes() {
    let sandbox = shop();
    let left = "overlays/dev/.rakops-AbC123.tmp";
    sandbox.file(left, "half");
    // Somebody who writes now holds the root as rakops does.
    let held = File::open(sandbox.dir()).unwrap();
    held.lock_shared().unwrap();
    sandbox.rakops(BUMP).run().expect(0);
    assert!(sandbox.path(left).exists(), "it may be that of the other one");
    drop(held);
    sandbox
        .rakops(["bump", "ghcr.io/acme/api=1.4.3", "--env", "dev"])
        .run()
        .expect(0);
    assert!(!sandbox.path(left).exists());
    assert!(sandbox.read(DEV).contains("1.4.3"));
}

#[test]
fn references_of_a_killed_run_go_unless_another_one_is_alive() {
    for packed in [false, true] {
        let sandbox = shop();
        let of_dead = "refs/rakops/1-0123456789abcdef/main";
        sandbox.git(["update-ref", of_dead, "HEAD"]);
        if packed {
            sandbox.git(["pack-refs", "--all"]);
        } else {
            sandbox.file(&format!(".git/{of_dead}.lock"), "");
        }
        let stage = sandbox.path(".git/rakops-1-0.tmp/new");
        fs::create_dir_all(&stage).unwrap();
        let held = File::open(sandbox.path(".git/objects")).unwrap();
        held.lock_shared().unwrap();
        sandbox
            .rakops(BUMP.iter().chain(&["--push", "--onto", "main"]))
            .run()
            .expect(0);
        assert!(sandbox.git(["for-each-ref", "refs/rakops"]).contains(of_dead));
        assert!(stage.exists());
        drop(held);
        let words = [
            "bump",
            "ghcr.io/acme/api=1.4.3",
            "--env",
            "dev",
            "--push",
            "--onto",
            "main",
        ];
        sandbox.rakops(words).run().expect(0);
        assert_eq!(sandbox.git(["for-each-ref", "refs/rakops"]), "", "packed: {packed}");
        let directory = sandbox.path(&format!(".git/{of_dead}"));
        assert!(!directory.parent().unwrap().exists() && !stage.exists());
    }
}

#[test]
fn a_lock_without_an_owner_is_named_with_what_to_do() {
    let sandbox = shop();
    sandbox.git(["branch", "release"]);
    sandbox.file(".git/refs/heads/release.lock", "");
    let output = sandbox
        .rakops(BUMP.iter().chain(&["--commit", "--onto", "release"]))
        .run()
        .expect(6);
    let lock = sandbox.path(".git/refs/heads/release.lock");
    assert!(
        output.stderr.contains(&format!("remove `{}`", lock.display())),
        "{}",
        output.all()
    );
    let remote = sandbox.root().join("remote.git/refs/heads/main.lock");
    fs::write(&remote, "").unwrap();
    let words = BUMP.iter().chain(&["--push", "--onto", "main", "--retries", "2"]);
    let output = sandbox.rakops(words).run().expect(7);
    assert!(
        output.stderr.contains("the branch was locked") && output.stderr.contains("remove `"),
        "{}",
        output.all()
    );
    fs::remove_file(remote).unwrap();
}

#[test]
fn a_branch_whose_commit_is_missing_is_said_at_once() {
    let sandbox = shop();
    sandbox.git(["push", "--quiet", "origin", "main:release"]);
    let missing = "12".repeat(20);
    let file = ".git/refs/heads/release";
    let land = |how: &str| {
        let words = BUMP.iter().chain(&["--onto", "release"]).copied().chain([how]);
        let output = sandbox.rakops(words).within(Duration::from_secs(20)).run().expect(6);
        assert!(
            output.stderr.contains("`refs/heads/release`")
                && output.stderr.contains("error[object-missing]")
                && output.stderr.contains("`git fsck`"),
            "{}",
            output.all()
        );
        assert!(!output.stderr.contains("trying again"), "{}", output.all());
        output.stderr.clone()
    };
    sandbox.file(file, format!("{missing}\n"));
    let said = land("--commit");
    assert!(said.contains(&missing) && said.contains("`git fetch`"), "{said}");
    // Git itself does not fetch then.
    assert!(land("--push").contains("bad object"));
    assert_eq!(sandbox.read(file).trim(), missing);
    // Nor is there anything to build on where it leads nowhere.
    sandbox.file(file, "ref: refs/heads/gone\n");
    assert!(land("--commit").contains("leads to no commit"));
    fs::remove_file(sandbox.path(file)).unwrap();
}

#[test]
fn a_checkout_that_a_killed_run_had_begun_to_bring_along_is_finished() {
    for words in [&["--commit"][..], &["--push", "--onto", "main"]] {
        let done = shop();
        done.rakops(BUMP.iter().chain(words)).run().expect(0);
        let wanted = (done.tip("main"), done.status(), done.tree());
        let sandbox = shop();
        if words[0] == "--push" {
            // It had landed.
            sandbox.rakops(BUMP.iter().chain(words)).run().expect(0);
            sandbox.git(["update-ref", "refs/heads/main", "main~1"]);
        } else {
            sandbox.file(DEV, done.read(DEV));
            sandbox.git(["add", DEV]);
        }
        sandbox.rakops(BUMP.iter().chain(words)).run().expect(0);
        assert_eq!((sandbox.tip("main"), sandbox.status(), sandbox.tree()), wanted);
    }
}

#[test]
fn work_of_somebody_is_not_taken_for_that_of_a_killed_run() {
    let sandbox = shop();
    sandbox.file(DEV, sandbox.read(DEV).replace("1.4.1", "1.4.2") + "# mine\n");
    let before = sandbox.tree();
    sandbox.rakops(BUMP.iter().chain(&["--commit"])).run().expect(3);
    assert_eq!(sandbox.tree(), before);
}

#[test]
#[cfg(unix)]
fn a_mode_that_somebody_set_is_not_taken_for_what_a_killed_run_left() {
    use std::os::unix::fs::PermissionsExt;
    let sandbox = shop();
    fs::set_permissions(sandbox.path(DEV), fs::Permissions::from_mode(0o755)).unwrap();
    let before = sandbox.tip("main");
    let output = sandbox.rakops(BUMP.iter().chain(&["--commit"])).run().expect(3);
    assert!(output.stderr.contains("error[work-tree-dirty]"), "{}", output.all());
    let mode = fs::metadata(sandbox.path(DEV)).unwrap().permissions().mode();
    assert_eq!((mode & 0o777, sandbox.tip("main")), (0o755, before));
}

#[test]
fn what_somebody_staged_is_not_taken_for_what_a_killed_run_left() {
    let sandbox = shop();
    let old = sandbox.read(DEV);
    sandbox.file(DEV, old.clone() + "# mine\n");
    sandbox.git(["add", DEV]);
    sandbox.file(DEV, old);
    let before = sandbox.status();
    let output = sandbox.rakops(BUMP.iter().chain(&["--commit"])).run().expect(3);
    assert!(output.stderr.contains("error[work-tree-dirty]"), "{}", output.all());
    assert_eq!(sandbox.status(), before);
}

#[test]
#[cfg(unix)]
fn what_has_landed_and_is_taken_away_while_the_command_runs_is_told() {
    let sandbox = Sandbox::new();
    sandbox.branches("chain");
    let remote = sandbox.root().join("remote.git");
    // It takes one branch at a time; and when the second one comes, somebody moves the first one back.
    sandbox.git_in(&remote, ["config", "receive.advertiseAtomic", "false"]);
    let script = "while read old new name; do\n  if [ -e first ]; then git update-ref $(cat first); fi\n  \
                  echo \"$name $old\" > first\ndone";
    sandbox.hook(&remote, "post-receive", script);
    let words = [
        "bump",
        "ghcr.io/acme/api=1.2.0",
        "--env",
        "dev",
        "--env",
        "stg",
        "--push",
    ];
    let output = sandbox.rakops(words).run().expect(0);
    assert!(
        output.stderr.contains("warning[landing-gone]: `develop` has lost "),
        "{}",
        output.all()
    );
    assert!(!output.stderr.contains("`staging` has lost"), "{}", output.all());
}

#[test]
fn a_date_that_is_far_off_stops_no_landing_and_no_look() {
    let sandbox = shop();
    // 2100, 1970, far beyond what a date of git can say, and today again.
    for (at, time) in ["4102444800", "0", "99999999999999", "1767225600"].iter().enumerate() {
        let version = format!("ghcr.io/acme/api=1.5.{at}");
        let set = |words: &[&str]| {
            sandbox
                .rakops(words.iter().copied())
                .env("SOURCE_DATE_EPOCH", *time)
                .run()
        };
        let output = set(&["bump", &version, "--env", "dev", "--push", "--onto", "main"]);
        assert_eq!(output.code, 0, "{time}: {}", output.all());
        for words in [
            &["status"][..],
            &["drift", "dev", "stg"],
            &["audit"],
            &["images"],
            &["check"],
        ] {
            let output = set(words);
            assert!(output.code < 6, "{time}: {}", output.all());
        }
    }
    assert!(sandbox.read(DEV).contains("1.5.3"));
}

#[test]
#[cfg(unix)]
fn an_output_that_nobody_reads_is_no_panic() {
    let sandbox = shop();
    for number in 0..3000 {
        sandbox.file(
            &format!("many/{number}.yaml"),
            format!("image: acme/app-{number}:1.0\n"),
        );
    }
    let run = |script: &str| {
        Command::new("bash")
            .args(["-c", script, "bash", env!("CARGO_BIN_EXE_rakops")])
            .current_dir(sandbox.dir())
            .env_clear()
            .envs(sandbox.env())
            .stdin(Stdio::null())
            .output()
            .unwrap()
    };
    for (script, codes) in [
        ("\"$1\" images | head -n 1; exit ${PIPESTATUS[0]}", &[0, 6, 141][..]),
        ("\"$1\" images -o json | head -c 1; exit ${PIPESTATUS[0]}", &[0, 6, 141]),
        ("\"$1\" images >&-", &[0, 6]),
        ("\"$1\" images 2>&- >/dev/null", &[0]),
        ("\"$1\" bump nothing-like-it=1 2>&-", &[5]),
    ] {
        let output = run(script);
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(
            output.status.code().is_some_and(|code| codes.contains(&code)),
            "{script}: {:?} {said}",
            output.status
        );
        assert!(!said.contains("panicked") && !said.contains("bug"), "{script}: {said}");
    }
}
