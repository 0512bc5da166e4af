//! Names, addresses and settings that would start a program if they were taken for more than names.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::time::Duration;

use crate::harness::Sandbox;
use crate::manners::EVERY;

/// A shop with a remote, and a program that leaves a file if anybody starts it.
struct Bait {
    sandbox: Sandbox,
    trace: PathBuf,
}

impl Bait {
    fn new() -> Bait {
        let sandbox = Sandbox::new();
        sandbox.shop_with_remote();
        let trace = sandbox.root().join("was-started");
        let program = sandbox.root().join("bait");
        fs::write(&program, format!("#!/bin/sh\n: > '{}'\n", trace.display())).unwrap();
        fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
        Bait { sandbox, trace }
    }

    /// The program, as a word without blanks.
    fn program(&self) -> String {
        self.sandbox.root().join("bait").display().to_string()
    }

    #[track_caller]
    fn run(&self, words: &[&str]) -> i32 {
        let output = self
            .sandbox
            .rakops(words.iter().copied())
            .within(Duration::from_secs(20))
            .run();
        assert!(!self.trace.exists(), "a program was started: {}", output.all());
        assert!(output.code < 70, "{}", output.all());
        output.code
    }

    #[track_caller]
    fn run_every(&self) {
        for words in EVERY {
            self.run(words);
        }
    }
}

#[test]
fn addresses_that_would_start_a_program_are_refused() {
    let bait = Bait::new();
    let program = bait.program();
    let addresses = [
        format!("ext::{program}"),
        format!("ext::sh -c {program}"),
        format!("--upload-pack={program}"),
        format!("-u{program}"),
        format!("ssh://-oProxyCommand={program}/x"),
        format!("-oProxyCommand={program}:x"),
        format!("fd::17,{program}"),
        format!("file://-{program}"),
    ];
    for address in &addresses {
        for how in ["--push", "-n"] {
            let repo = format!("--repo={address}");
            let code = bait.run(&["bump", "api=1.5.0", "--env", "dev", &repo, how]);
            assert_ne!(code, 0, "{address}");
        }
        let source = format!("--source={address}@0123456789abcdef0123456789abcdef01234567");
        bait.run(&["bump", "api=1.5.0", "--env", "dev", &source, "--push"]);
        let remote = format!("--remote={address}");
        assert_ne!(
            bait.run(&["bump", "api=1.5.1", "--env", "dev", "--push", &remote]),
            0,
            "{address}"
        );
        let onto = format!("--onto={address}");
        assert_ne!(
            bait.run(&["bump", "api=1.5.2", "--env", "dev", "--push", &onto]),
            0,
            "{address}"
        );
        bait.sandbox.git(["config", "remote.origin.url", address]);
        bait.run(&["bump", "api=1.5.3", "--env", "dev", "--push"]);
        bait.run(&["promote", "stg", "prd"]);
        bait.run(&["status"]);
        bait.run(&["drift", "--all"]);
        bait.sandbox.git([
            "config",
            "remote.origin.url",
            &bait.sandbox.remote_path().to_string_lossy(),
        ]);
    }
}

#[test]
fn a_source_that_a_commit_names_starts_nothing() {
    let bait = Bait::new();
    let program = bait.program();
    for (number, address) in [format!("ext::{program}"), format!("--upload-pack={program}")]
        .iter()
        .enumerate()
    {
        let image = format!("ghcr.io/acme/api:git-{number}abcdef123");
        bait.sandbox.file(
            "overlays/dev/kustomization.yaml",
            format!("resources: [../../base]\nimages:\n- name: ghcr.io/acme/api\n  newTag: git-{number}abcdef123\n"),
        );
        let message = format!(
            "bump {image}\n\nRakops-Operation: bump\nRakops-Source: {address}@{}\nRakops-Change: {address}\n",
            "0a".repeat(20)
        );
        bait.sandbox.commit_all(&message);
        bait.sandbox.git(["push", "--quiet", "origin", "main"]);
        let source = format!("--source={address}@{}", "0b".repeat(20));
        bait.run(&["bump", "api=git-babcdef1234", "--env", "dev", "--push", &source]);
        let source = format!("--source={}@{}", bait.sandbox.remote_path().display(), "0b".repeat(20));
        bait.run(&["bump", "api=git-cabcdef1234", "--env", "dev", "--push", &source]);
        bait.run(&["audit", "dev", "--since", "30d", "--no-forge"]);
        bait.run(&["rollback", "dev", "-n"]);
    }
}

#[test]
fn branches_with_the_names_of_flags_are_branches() {
    let bait = Bait::new();
    let program = bait.program();
    let tip = bait.sandbox.remote_tip("main");
    for name in [
        format!("--upload-pack={program}"),
        format!("-c{program}"),
        "--output=x".into(),
        "-n".into(),
    ] {
        bait.sandbox.git(["update-ref", &format!("refs/heads/{name}"), &tip]);
        bait.sandbox
            .git_at_remote(&["update-ref", &format!("refs/heads/{name}"), &tip]);
        bait.sandbox
            .git(["update-ref", &format!("refs/remotes/origin/{name}"), &tip]);
    }
    bait.run_every();
    for strategy in ["chain", "fan-out"] {
        let name = format!("--upload-pack={program}");
        bait.sandbox.file(
            "rakops.yaml",
            format!("strategy: {strategy}\nenvironments:\n- {{name: stg, branch: '{name}'}}\n- {{name: prd, branch: main}}\n"),
        );
        bait.run_every();
        bait.run(&["promote", "stg", "prd", "--push"]);
    }
}

#[test]
fn what_a_repository_says_about_filters_and_modules_starts_nothing() {
    let bait = Bait::new();
    let program = bait.program();
    bait.sandbox.file(
        ".gitattributes",
        "*.yaml filter=bait diff=bait merge=bait\n* text=auto\n",
    );
    let module = format!("[submodule \"x\"]\n\tpath = x\n\turl = ext::{program}\n\tignore = all\n");
    bait.sandbox.file(".gitmodules", module);
    bait.sandbox
        .file("overlays/dev/.gitconfig", format!("[core]\n\tfsmonitor = {program}\n"));
    bait.sandbox.commit_all("attributes");
    bait.sandbox.git(["push", "--quiet", "origin", "main"]);
    bait.run_every();
    bait.run(&["bump", "api=1.5.0", "--env", "dev", "--push"]);
    bait.run(&["promote", "stg", "prd", "--push"]);
    let url = format!("file://{}", bait.sandbox.remote_path().display());
    bait.run(&["bump", "api=1.5.1", "--env", "dev", "--push", "--repo", &url]);
}

#[test]
fn a_bare_repository_among_the_files_is_no_repository_to_work_in() {
    let bait = Bait::new();
    let program = bait.program();
    // As an archive or a clone can bring it: files that look like a repository, with settings of their own.
    let inner = bait.sandbox.path("vendor/inner");
    fs::create_dir_all(&inner).unwrap();
    bait.sandbox
        .git_in(&inner, ["init", "--quiet", "--bare", "--initial-branch=main", "."]);
    for key in [
        "core.fsmonitor",
        "core.sshCommand",
        "core.pager",
        "core.editor",
        "diff.external",
        "credential.helper",
    ] {
        bait.sandbox.git_in(&inner, ["config", key, &program]);
    }
    bait.sandbox.git_in(
        &inner,
        ["config", "core.hooksPath", &bait.sandbox.root().to_string_lossy()],
    );
    bait.sandbox
        .file("vendor/inner/values.yaml", "image: ghcr.io/acme/api:1.4.0\n");
    for words in EVERY.iter().filter(|words| !words.is_empty()) {
        let line: Vec<&str> = ["-C", "vendor/inner"]
            .into_iter()
            .chain(words.iter().copied())
            .collect();
        bait.run(&line);
    }
}

#[test]
fn a_program_in_the_work_tree_is_not_taken_for_git() {
    let bait = Bait::new();
    for name in ["git", "gh", "less", "ssh", "docker-credential-x", "git-credential-x"] {
        bait.sandbox.file(name, "#!/bin/sh\n: > ../was-started\n");
        fs::set_permissions(bait.sandbox.path(name), fs::Permissions::from_mode(0o755)).unwrap();
    }
    bait.sandbox.commit_all("programs");
    bait.run_every();
    bait.run(&["bump", "api=1.5.0", "--env", "dev", "--push"]);
}
