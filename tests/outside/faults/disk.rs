//! A disk that is really full, and one that cannot be written to: a small file system of our own.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::harness::Sandbox;
use crate::harness::cmd::Cmd;

/// The tests; they need somebody who may mount.
pub(crate) const TESTS: &[(&str, fn())] = &[
    (
        "faults::disk::a_full_disk_changes_nothing_and_the_second_run_finishes",
        full,
    ),
    ("faults::disk::a_read_only_file_system_is_named", read_only),
    (
        "faults::disk::a_checkout_on_another_disk_than_its_repository_follows",
        apart,
    ),
    (
        "faults::disk::a_checkout_that_is_read_only_is_left_as_it_is_and_named",
        apart_and_read_only,
    ),
];

/// What the tests need.
pub(crate) fn needs() -> Result<(), String> {
    let sandbox = Sandbox::new();
    Mounted::at(&sandbox.dir(), "size=1m").map(|_| ())
}

/// A file system in memory, until it is dropped.
struct Mounted<'a>(&'a Path);

impl Mounted<'_> {
    fn at<'a>(directory: &'a Path, options: &str) -> Result<Mounted<'a>, String> {
        let words = ["-t", "tmpfs", "-o", options, "tmpfs"];
        let mounted = Command::new("mount").args(words).arg(directory).output();
        let mounted = mounted.map_err(|cause| format!("no mount: {cause}"))?;
        match mounted.status.success() {
            true => Ok(Mounted(directory)),
            false => Err(String::from_utf8_lossy(&mounted.stderr).trim().to_owned()),
        }
    }

    fn again(&self, options: &str) {
        let words = ["-o", &format!("remount,{options}")];
        assert!(
            Command::new("mount")
                .args(words)
                .arg(self.0)
                .status()
                .unwrap()
                .success()
        );
    }
}

impl Drop for Mounted<'_> {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("--lazy").arg(self.0).status();
    }
}

const FILES: [&str; 3] = ["one.yaml", "two.yaml", "three.yaml"];

/// Three files of a page or more each.
fn fill(sandbox: &Sandbox) {
    for file in FILES {
        let text = format!("image: acme/api:1.0.0\n{}", "# a long comment\n".repeat(800));
        sandbox.file(file, text);
    }
}

fn full() {
    let sandbox = Sandbox::new();
    let work = sandbox.dir();
    let _mounted = Mounted::at(&work, "size=1m").unwrap();
    fill(&sandbox);
    let before = sandbox.tree();
    // All of the rest, but for one page: the first new file begins, and cannot be written to its end.
    let mut rest = vec![0; 2 << 20];
    while fs::write(sandbox.path("rest"), &rest).is_err() {
        rest.truncate(rest.len() - 4096);
    }
    fs::write(sandbox.path("rest"), &rest[4096..]).unwrap();
    let refused = sandbox.rakops(["bump", "acme/api=1.1.0", "--all"]).run();
    fs::remove_file(sandbox.path("rest")).unwrap();
    assert_eq!(refused.code, 6, "{}", refused.all());
    assert!(
        refused.stderr.contains("cannot write `") && refused.stderr.contains("No space left"),
        "{}",
        refused.all()
    );
    assert_eq!(sandbox.tree(), before);
    sandbox.rakops(["bump", "acme/api=1.1.0", "--all"]).run().expect(0);
    assert_eq!(sandbox.tree().len(), FILES.len());
    for file in FILES {
        assert!(sandbox.read(file).starts_with("image: acme/api:1.1.0\n"), "{file}");
    }
}

fn read_only() {
    let sandbox = Sandbox::new();
    let work = sandbox.dir();
    let mounted = Mounted::at(&work, "size=1m").unwrap();
    fill(&sandbox);
    let before = sandbox.tree();
    mounted.again("ro");
    let refused = sandbox.rakops(["bump", "acme/api=1.1.0", "--all"]).run().expect(6);
    assert!(
        refused.stderr.contains("cannot write `") && refused.stderr.contains("Read-only file system"),
        "{}",
        refused.all()
    );
    assert_eq!(sandbox.tree(), before);
    mounted.again("rw");
    sandbox.rakops(["bump", "acme/api=1.1.0", "--all"]).run().expect(0);
}

/// Where a disk is mounted for a linked work tree, and where that is to lie.
fn linked(sandbox: &Sandbox) -> (PathBuf, PathBuf) {
    let disk = sandbox.root().join("linked");
    fs::create_dir(&disk).unwrap();
    let there = disk.join("checkout");
    (disk, there)
}

/// Lands on the branch that is checked out in the linked work tree.
fn bump<'s>(sandbox: &'s Sandbox, how: &str) -> Cmd<'s> {
    sandbox.rakops([
        "bump",
        "ghcr.io/acme/api=1.4.2",
        "--env",
        "dev",
        how,
        "--onto",
        "release",
    ])
}

fn apart_and_read_only() {
    let sandbox = Sandbox::new();
    sandbox.shop();
    let (disk, there) = linked(&sandbox);
    let mounted = Mounted::at(&disk, "size=1m").unwrap();
    sandbox.git(["worktree", "add", "--quiet", "-b", "release", &there.to_string_lossy()]);
    sandbox.remote();
    let release = || sandbox.git(["rev-parse", "release"]);
    let before = release();
    mounted.again("ro");
    let refused = bump(&sandbox, "--commit").run().expect(3);
    assert!(
        refused.stderr.contains("not brought along") && refused.stderr.contains("Read-only file system"),
        "{}",
        refused.all()
    );
    let landed = bump(&sandbox, "--push").run().expect(0);
    assert!(
        landed.stderr.contains("your checkout of release is left as it is")
            && landed.stderr.contains("Read-only file system"),
        "{}",
        landed.all()
    );
    assert_eq!(release(), before);
    assert_eq!(sandbox.git_in(&there, ["status", "--porcelain"]), "");
}

fn apart() {
    let sandbox = Sandbox::new();
    sandbox.shop();
    let (disk, there) = linked(&sandbox);
    let _mounted = Mounted::at(&disk, "size=1m").unwrap();
    sandbox.git(["worktree", "add", "--quiet", "-b", "release", &there.to_string_lossy()]);
    bump(&sandbox, "--commit").run().expect(0);
    assert_eq!(sandbox.git_in(&there, ["status", "--porcelain"]), "");
    assert!(
        fs::read_to_string(there.join("overlays/dev/kustomization.yaml"))
            .unwrap()
            .contains("1.4.2")
    );
    assert!(!sandbox.git_in(&there, ["log", "-1", "--format=%s"]).is_empty());
}
