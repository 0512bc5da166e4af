//! `--commit`: a branch here gets a commit, and whoever works in the checkout notices nothing.

use std::fs;
use std::process::{Command, Stdio};

use crate::harness::Sandbox;
use crate::harness::landing::DEV;

#[test]
fn a_branch_that_is_not_checked_out_gets_the_commit_and_nothing_else_is_touched() {
    let sandbox = Sandbox::new();
    sandbox.shop();
    sandbox.git(["branch", "release"]);
    // Work that is under way: changed, staged, new.
    sandbox.file("base/api.yaml", "# half done\n");
    sandbox.file("notes", "mine\n");
    sandbox.git(["add", "notes"]);
    let (before, main, release) = (sandbox.print(), sandbox.tip("main"), sandbox.tip("release"));
    let output = sandbox
        .bump("1.4.2", &["--commit", "--onto", "release"])
        .run()
        .expect(0);
    assert!(output.stderr.contains("landed on release"), "{}", output.all());
    assert_eq!(sandbox.print(), before);
    assert_eq!(sandbox.tip("main"), main);
    assert_eq!(sandbox.tip("release^"), release);
    let changed = sandbox.git(["diff", "--stat", "release^", "release"]);
    assert!(
        changed.contains(DEV) && changed.contains("1 file changed, 1 insertion(+), 1 deletion(-)"),
        "{changed}"
    );
    assert_eq!(sandbox.git(["for-each-ref", "refs/rakops"]), "");
}

#[test]
fn the_message_says_what_changed_and_carries_trailers() {
    let sandbox = Sandbox::new();
    sandbox.shop();
    let words = [
        "--commit",
        "--source",
        "acme/api@0123456789abcdef",
        "-m",
        "Ship it\n\nBecause.",
    ];
    sandbox.bump("1.4.2", &words).run().expect(0);
    let message = sandbox.git(["log", "-1", "--format=%B"]);
    assert!(
        message.starts_with("Ship it\n\nBecause.\n\nRakops-Operation: bump dev\n"),
        "{message}"
    );
    let trailers = sandbox.git(["log", "-1", "--format=%(trailers)"]);
    for trailer in [
        "Rakops-Operation: bump dev",
        "Rakops-Image: dev ghcr.io/acme/api 1.4.1 -> 1.4.2",
        "Rakops-Source: acme/api@0123456789abcdef",
    ] {
        assert!(trailers.contains(trailer), "{trailers}");
    }
    sandbox.bump("1.4.3", &["--commit"]).run().expect(0);
    assert_eq!(
        sandbox.git(["log", "-1", "--format=%s"]).trim(),
        "bump dev: api 1.4.2 -> 1.4.3"
    );
}

#[test]
fn the_branch_that_is_checked_out_follows_if_it_is_clean() {
    let sandbox = Sandbox::new();
    sandbox.shop();
    sandbox.file("notes", "git does not know this one\n");
    sandbox.bump("1.4.2", &["--commit"]).run().expect(0);
    assert_eq!(sandbox.status(), "?? notes\n");
    assert!(sandbox.read(DEV).contains("newTag: 1.4.2"));
    assert_eq!(sandbox.git(["symbolic-ref", "HEAD"]).trim(), "refs/heads/main");
}

#[test]
fn a_dirty_checkout_of_the_branch_is_refused_and_nothing_moves() {
    let sandbox = Sandbox::new();
    sandbox.shop();
    sandbox.file("base/api.yaml", "# half done\n");
    let (before, tip) = (sandbox.print(), sandbox.tip("main"));
    let output = sandbox.bump("1.4.2", &["--commit"]).run().expect(3);
    for words in ["error[work-tree-dirty]", "base/api.yaml", "git stash", "--push"] {
        assert!(output.stderr.contains(words), "{}", output.all());
    }
    assert_eq!((sandbox.print(), sandbox.tip("main")), (before, tip));
}

#[test]
fn a_linked_work_tree_of_the_branch_follows_if_it_is_clean_and_is_named_if_not() {
    let sandbox = Sandbox::new();
    sandbox.shop();
    let linked = sandbox.root().join("linked");
    let shown = linked.to_string_lossy().into_owned();
    sandbox.git(["worktree", "add", "--quiet", "-b", "release", &shown]);
    let before = sandbox.print();
    sandbox
        .bump("1.4.2", &["--commit", "--onto", "release"])
        .run()
        .expect(0);
    assert_eq!(sandbox.print(), before);
    assert_eq!(sandbox.git_in(&linked, ["status", "--porcelain"]), "");
    assert!(fs::read_to_string(linked.join(DEV)).unwrap().contains("1.4.2"));
    fs::write(linked.join("base/api.yaml"), "# half done\n").unwrap();
    let tip = sandbox.tip("release");
    let output = sandbox
        .bump("1.4.3", &["--commit", "--onto", "release"])
        .run()
        .expect(3);
    assert!(output.stderr.contains(&shown), "{}", output.all());
    assert_eq!(sandbox.tip("release"), tip);
    // Seen from the linked work tree the other one is checked out.
    fs::remove_file(linked.join("base/api.yaml")).unwrap();
    let words = ["bump", "api=1.4.4", "--env", "dev", "--commit", "--onto", "main"];
    sandbox.rakops(words).cwd(&linked).run().expect(0);
    assert_eq!(sandbox.status(), "");
    assert!(sandbox.read(DEV).contains("1.4.4"));
}

#[test]
fn a_checkout_whose_repository_lies_apart_from_it_follows() {
    let sandbox = Sandbox::new();
    sandbox.shop();
    let apart = sandbox.root().join("apart").join("git");
    fs::create_dir(apart.parent().unwrap()).unwrap();
    sandbox.git(["init", "--quiet", "--separate-git-dir", &apart.to_string_lossy()]);
    sandbox.bump("1.4.2", &["--commit"]).run().expect(0);
    assert_eq!(sandbox.status(), "");
    assert!(sandbox.read(DEV).contains("1.4.2"));
}

#[test]
fn a_detached_head_needs_a_branch_by_name_and_stays_where_it_is() {
    let sandbox = Sandbox::new();
    sandbox.shop();
    sandbox.git(["checkout", "--quiet", "--detach"]);
    let before = sandbox.print();
    let output = sandbox.bump("1.4.2", &["--commit"]).run().expect(3);
    assert!(output.stderr.contains("--onto BRANCH"), "{}", output.all());
    sandbox.bump("1.4.2", &["--commit", "--onto", "main"]).run().expect(0);
    assert_eq!(sandbox.print(), before);
    assert!(sandbox.show(&format!("main:{DEV}")).contains("1.4.2"));
}

#[test]
fn a_branch_without_a_commit_is_said_to_have_none() {
    let sandbox = Sandbox::new();
    sandbox
        .repository()
        .file(DEV, "images:\n- name: api\n  newTag: 1.4.1\n");
    let output = sandbox.bump("1.4.2", &["--commit"]).run().expect(5);
    assert!(output.stderr.contains("no commit yet"), "{}", output.all());
}

#[test]
fn a_branch_that_is_not_there_is_said_with_those_that_are() {
    let sandbox = Sandbox::new();
    sandbox.shop();
    let output = sandbox.bump("1.4.2", &["--commit", "--onto", "nope"]).run().expect(5);
    assert!(
        output.stderr.contains("there is no branch `nope`") && output.stderr.contains("`main`"),
        "{}",
        output.all()
    );
    let output = sandbox.bump("1.4.2", &["--commit", "--onto", "a..b"]).run().expect(2);
    assert!(output.stderr.contains("a..b"), "{}", output.all());
}

#[test]
fn a_branch_that_only_the_remote_has_is_begun_where_it_is_there() {
    let sandbox = Sandbox::new();
    sandbox.shop_with_remote();
    let tip = sandbox.tip("release");
    sandbox.git(["branch", "-D", "release"]);
    sandbox
        .bump("1.4.2", &["--commit", "--onto", "release"])
        .run()
        .expect(0);
    assert_eq!(sandbox.tip("release^"), tip);
    assert_eq!(sandbox.remote_tip("release"), tip);
}

/// Two environments with branches of their own.
const CHAIN: &str = "strategy: chain\nenvironments:\n- {name: dev, branch: develop}\n- {name: stg, branch: staging}\n- {name: prd, branch: main, protected: true}\n";

#[test]
fn each_environment_lands_on_its_own_branch_and_one_that_cannot_takes_the_others_back() {
    let sandbox = Sandbox::new();
    sandbox.shop();
    sandbox.file("rakops.yaml", CHAIN);
    sandbox.commit_all("chain");
    sandbox.git(["branch", "develop"]);
    sandbox.git(["branch", "staging"]);
    let before = sandbox.print();
    sandbox
        .rakops(["bump", "api=1.4.2", "--env", "dev,stg", "--commit"])
        .run()
        .expect(0);
    assert_eq!(sandbox.print(), before);
    for branch in ["develop", "staging"] {
        assert_eq!(
            sandbox.git(["rev-list", "--count", &format!("main..{branch}")]).trim(),
            "1",
            "{branch}"
        );
    }
    let tips = || (sandbox.tip("develop"), sandbox.tip("staging"));
    let known = tips();
    // Somebody's lock on the second branch.
    sandbox.file(".git/refs/heads/staging.lock", "");
    let output = sandbox
        .rakops(["bump", "api=1.4.3", "--env", "dev,stg", "--commit", "--timeout", "1s"])
        .run();
    assert_ne!(output.code, 0, "{}", output.all());
    fs::remove_file(sandbox.path(".git/refs/heads/staging.lock")).unwrap();
    assert_eq!(tips(), known, "{}", output.all());
}

#[test]
fn a_protected_environment_wants_a_pull_request_or_the_word_for_it() {
    let sandbox = Sandbox::new();
    sandbox.shop();
    let tip = sandbox.tip("main");
    let words = ["bump", "api=1.4.2", "--env", "prd", "--commit", "-y"];
    let output = sandbox.rakops(words).run().expect(3);
    for words in ["error[protected]", "`--pr`", "--allow protected"] {
        assert!(output.stderr.contains(words), "{}", output.all());
    }
    assert_eq!(sandbox.tip("main"), tip);
    sandbox
        .rakops(words.iter().chain(&["--allow", "protected"]))
        .run()
        .expect(0);
    assert_ne!(sandbox.tip("main"), tip);
}

#[test]
fn what_protects_an_environment_is_changed_by_pull_request_only() {
    let sandbox = Sandbox::new();
    sandbox.shop();
    sandbox.file(
        "rakops.yaml",
        "environments:\n- {name: dev}\n- {name: prd, protected: true}\n",
    );
    let tip = sandbox.commit_all("configuration");
    let set = [
        "yaml",
        "set",
        "rakops.yaml",
        "environments[1].protected=false",
        "--commit",
    ];
    let output = sandbox.rakops(set).run().expect(3);
    assert!(
        output.stderr.contains("`rakops.yaml` protects `prd`"),
        "{}",
        output.all()
    );
    assert_eq!(sandbox.tip("main"), tip);
    sandbox
        .rakops(set.iter().chain(&["--allow", "protected"]))
        .run()
        .expect(0);
}

#[test]
fn a_value_in_a_file_that_a_protected_environment_is_built_of_wants_a_pull_request_too() {
    let sandbox = Sandbox::new();
    sandbox.shop();
    sandbox.file("docs/notes.yaml", "a: 1\n");
    let tip = sandbox.commit_all("notes");
    for file in ["base/api.yaml", "overlays/prd/kustomization.yaml"] {
        let set = ["yaml", "set", file, "metadata.x=1", "--parents", "--commit"];
        let output = sandbox.rakops(set).run().expect(3);
        assert!(output.stderr.contains("error[protected]: `prd`"), "{}", output.all());
    }
    assert_eq!(sandbox.tip("main"), tip);
    sandbox
        .rakops(["yaml", "set", "docs/notes.yaml", "a=2", "--commit"])
        .run()
        .expect(0);
    let dev = [
        "yaml",
        "set",
        "overlays/dev/kustomization.yaml",
        "images[0].newTag=1.4.2",
        "--commit",
    ];
    sandbox.rakops(dev).run().expect(0);
}

#[test]
fn a_file_that_a_protected_environment_is_built_from_wants_a_pull_request_too() {
    let sandbox = Sandbox::new();
    sandbox.shop_with_remote();
    let trunk =
        "environments:\n- {name: dev, path: overlays/dev}\n- {name: prd, path: overlays/prd, protected: true}\n";
    let chain = "strategy: chain\nenvironments:\n- {name: dev, branch: develop}\n- {name: prd, branch: main, protected: true}\n";
    let value = "metadata.name=other";
    for config in [None, Some(trunk), Some(chain)] {
        if let Some(config) = config {
            sandbox.file("rakops.yaml", config);
            sandbox.commit_all("configuration");
            sandbox.git(["push", "--quiet", "origin", "main"]);
        }
        let tips = (sandbox.tip("main"), sandbox.remote_tip("main"));
        let set = ["yaml", "set", "base/web.yaml", value];
        let everywhere = ["bump", "web=2.0.1", "--all", "-y"];
        for words in [&set, &everywhere] {
            for how in ["--commit", "--push"] {
                if config == Some(chain) && words[0] == "bump" {
                    continue;
                }
                let output = sandbox.rakops(words.iter().copied().chain([how])).run().expect(3);
                assert!(output.stderr.contains("error[protected]"), "{}", output.all());
            }
        }
        assert_eq!((sandbox.tip("main"), sandbox.remote_tip("main")), tips);
    }
    // Where no protected environment reads it, it lands.
    sandbox.git(["branch", "develop"]);
    let own = ["yaml", "set", "base/web.yaml", value, "--commit", "--onto", "develop"];
    sandbox.rakops(own).run().expect(0);
}

#[test]
fn many_at_once_in_one_checkout_wait_for_each_other() {
    let sandbox = Sandbox::new();
    sandbox.shop();
    let start = |number: usize| {
        let value = format!("metadata.labels.l{number}=x");
        let words = ["yaml", "set", "base/api.yaml", &value, "--parents", "--commit"];
        Command::new(env!("CARGO_BIN_EXE_rakops"))
            .args(words.into_iter().chain(["--allow", "protected"]))
            .current_dir(sandbox.dir())
            .env_clear()
            .envs(sandbox.env())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap()
    };
    let children: Vec<_> = (0..12).map(start).collect();
    for child in children {
        let output = child.wait_with_output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(0), "{said}");
    }
    assert_eq!(sandbox.git(["rev-list", "--count", "main"]).trim(), "13");
    assert_eq!(sandbox.status(), "");
}

#[test]
fn a_file_that_git_ignores_is_not_written_over() {
    let sandbox = Sandbox::new();
    sandbox.shop();
    sandbox.file(".git/info/exclude", "rakops.yaml\n");
    sandbox.file("rakops.yaml", "# my own\n");
    let tip = sandbox.tip("main");
    let output = sandbox.rakops(["init", "--commit"]).run().expect(3);
    assert!(output.stderr.contains("rakops.yaml"), "{}", output.all());
    assert_eq!(sandbox.read("rakops.yaml"), "# my own\n");
    assert_eq!(sandbox.tip("main"), tip);
}

#[test]
fn a_branch_that_is_locked_leaves_files_and_index_as_they_were() {
    let sandbox = Sandbox::new();
    sandbox.shop();
    sandbox.file(".git/refs/heads/main.lock", "");
    sandbox.bump("1.4.2", &["--commit"]).run().expect(3);
    assert_eq!(sandbox.status(), "");
    fs::remove_file(sandbox.path(".git/refs/heads/main.lock")).unwrap();
    sandbox.bump("1.4.2", &["--commit"]).run().expect(0);
}

#[test]
fn a_branch_in_the_middle_of_a_rebase_stays_where_it_is() {
    let sandbox = Sandbox::new();
    sandbox.shop();
    sandbox.git(["branch", "upstream"]);
    for (branch, text) in [("main", "# mine\n"), ("upstream", "# theirs\n")] {
        sandbox.git(["checkout", "--quiet", branch]);
        sandbox.file("notes", text);
        sandbox.commit_all("notes");
    }
    let tip = sandbox.tip("main");
    let rebase = sandbox.try_git_in(&sandbox.dir(), ["rebase", "--quiet", "upstream", "main"]);
    assert!(!rebase.succeeded);
    let output = sandbox.bump("1.4.2", &["--commit", "--onto", "main"]).run().expect(3);
    for words in ["error[rebase-under-way]", "git rebase --continue"] {
        assert!(output.stderr.contains(words), "{}", output.all());
    }
    assert_eq!(sandbox.tip("main"), tip);
    sandbox.git(["rebase", "--abort"]);
    sandbox.bump("1.4.2", &["--commit"]).run().expect(0);
}

#[cfg(unix)]
#[test]
fn modes_links_submodules_and_line_ends_survive() {
    use std::os::unix::fs::PermissionsExt;
    let sandbox = Sandbox::new();
    sandbox.shop();
    let crlf = "resources: [../../base]\r\nimages:\r\n- name: ghcr.io/acme/api\r\n  newTag: 1.4.1\r\n";
    sandbox.file(DEV, crlf);
    sandbox.file("deploy.sh", "#!/bin/sh\n");
    for name in [DEV, "deploy.sh"] {
        fs::set_permissions(sandbox.path(name), fs::Permissions::from_mode(0o755)).unwrap();
    }
    std::os::unix::fs::symlink("base/api.yaml", sandbox.path("link.yaml")).unwrap();
    let head = sandbox.tip("HEAD");
    sandbox.git(["add", "--all"]);
    sandbox.git([
        "update-index",
        "--add",
        "--cacheinfo",
        &format!("160000,{head},vendor/lib"),
    ]);
    sandbox.git(["commit", "--quiet", "--message", "awkward"]);
    sandbox.git(["branch", "release"]);
    sandbox
        .bump("1.4.2", &["--commit", "--onto", "release"])
        .run()
        .expect(0);
    let modes = |revision: &str| {
        let listed = sandbox.git(["ls-tree", "-r", revision]);
        let without_id = |line: &str| {
            let (facts, path) = line.split_once('\t').unwrap();
            format!("{} {path}", facts.split(' ').next().unwrap())
        };
        listed.lines().map(without_id).collect::<Vec<_>>()
    };
    assert_eq!(modes("main"), modes("release"));
    assert!(
        modes("main").contains(&format!("100755 {DEV}")) && modes("main").contains(&"160000 vendor/lib".to_owned())
    );
    assert_eq!(sandbox.show(&format!("release:{DEV}")), crlf.replace("1.4.1", "1.4.2"));
}

#[test]
fn the_author_is_the_flags_the_configurations_or_gits() {
    let sandbox = Sandbox::new();
    sandbox.shop();
    let who = || {
        sandbox
            .git(["log", "-1", "--format=%an <%ae>, %cn <%ce>"])
            .trim()
            .to_owned()
    };
    sandbox.bump("1.4.2", &["--commit"]).run().expect(0);
    assert_eq!(who(), "Sandy Box <sandy@example.com>, Sandy Box <sandy@example.com>");
    sandbox.file("rakops.yaml", "commit: {author: 'Deploy Bot <deploy@example.com>'}\n");
    sandbox.commit_all("a bot");
    sandbox.bump("1.4.3", &["--commit"]).run().expect(0);
    assert_eq!(who(), "Deploy Bot <deploy@example.com>, Sandy Box <sandy@example.com>");
    sandbox
        .bump("1.4.4", &["--commit", "--author", "Anna <a@b>"])
        .run()
        .expect(0);
    assert_eq!(who(), "Anna <a@b>, Sandy Box <sandy@example.com>");
    let output = sandbox.bump("1.4.5", &["--commit", "--author", "Anna"]).run().expect(2);
    assert!(output.stderr.contains("Name <mail>"), "{}", output.all());
}

/// A sandbox where git knows nobody.
fn nobody() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.shop_with_remote();
    sandbox.git(["config", "--global", "--unset", "user.name"]);
    sandbox.git(["config", "--global", "--unset", "user.email"]);
    for file in ["gitconfig", ".gitconfig"] {
        fs::write(
            sandbox.root().join("home").join(file),
            "[protocol \"file\"]\n\tallow = always\n",
        )
        .unwrap();
    }
    sandbox
}

#[test]
fn without_an_identity_it_is_said_how_git_gets_one() {
    let sandbox = nobody();
    for how in ["--commit", "--push"] {
        let output = sandbox.bump("1.4.2", &[how]).run().expect(2);
        for words in ["user.name", "user.email", "git config --global"] {
            assert!(output.stderr.contains(words), "{}", output.all());
        }
    }
    assert_eq!(sandbox.remote_tip("main"), sandbox.tip("main"));
}

#[test]
fn in_a_pipeline_the_bot_commits_where_git_knows_nobody() {
    let sandbox = nobody();
    let bump = sandbox
        .bump("1.4.2", &["--commit"])
        .env("GITHUB_ACTIONS", "true")
        .env("CI", "true");
    bump.run().expect(0);
    let who = sandbox.git(["log", "-1", "--format=%an <%ae>, %cn"]);
    assert_eq!(
        who.trim(),
        "github-actions[bot] <41898282+github-actions[bot]@users.noreply.github.com>, github-actions[bot]"
    );
    let bump = sandbox.bump("1.4.3", &["--push"]).env("GITLAB_CI", "true");
    let bump = bump
        .env("GITLAB_USER_NAME", "Ann")
        .env("GITLAB_USER_EMAIL", "ann@example.com");
    bump.run().expect(0);
    let who = sandbox.git_at_remote(&["log", "-1", "--format=%an <%ae>"]);
    assert_eq!(who.trim(), "Ann <ann@example.com>");
}

#[test]
fn commits_are_signed_with_an_ssh_key_and_never_left_unsigned() {
    let sandbox = Sandbox::new();
    sandbox.shop();
    let key = sandbox.root().join("home/key");
    let shown = key.to_string_lossy().into_owned();
    let made = std::process::Command::new("ssh-keygen")
        .args(["-q", "-t", "ed25519", "-N", "", "-C", "sandy", "-f", &shown])
        .status();
    if !made.is_ok_and(|status| status.success()) {
        println!("SKIPPED: there is no ssh-keygen to make a key with");
        return;
    }
    let public = fs::read_to_string(format!("{shown}.pub")).unwrap();
    fs::write(format!("{shown}.allowed"), format!("sandy@example.com {public}")).unwrap();
    for (name, value) in [
        ("gpg.format", "ssh".to_owned()),
        ("user.signingkey", format!("{shown}.pub")),
        ("gpg.ssh.allowedSignersFile", format!("{shown}.allowed")),
    ] {
        sandbox.git(["config", "--global", name, &value]);
    }
    let verdict = || sandbox.git(["log", "-1", "--format=%G?"]).trim().to_owned();
    sandbox.bump("1.4.2", &["--commit"]).run().expect(0);
    assert_eq!(verdict(), "N");
    sandbox.bump("1.4.3", &["--commit", "--sign"]).run().expect(0);
    assert_eq!(verdict(), "G");
    sandbox.git(["config", "--global", "commit.gpgsign", "true"]);
    sandbox.bump("1.4.4", &["--commit"]).run().expect(0);
    assert_eq!(verdict(), "G");
    sandbox.bump("1.4.5", &["--commit", "--no-sign"]).run().expect(0);
    assert_eq!(verdict(), "N");
    sandbox.file("rakops.yaml", "commit: {sign: never}\n");
    sandbox.git(["add", "--all"]);
    sandbox.git(["commit", "--quiet", "--no-gpg-sign", "--message", "never"]);
    sandbox.bump("1.4.6", &["--commit"]).run().expect(0);
    assert_eq!(verdict(), "N");
    fs::remove_file(&key).unwrap();
    let tip = sandbox.tip("main");
    let output = sandbox.bump("1.4.7", &["--commit", "--sign"]).run().expect(4);
    assert!(output.stderr.contains("help: `--no-sign`"), "{}", output.all());
    assert_eq!(sandbox.tip("main"), tip);
}

#[test]
fn a_second_run_finds_that_it_is_so_already() {
    let sandbox = Sandbox::new();
    sandbox.shop();
    sandbox.bump("1.4.2", &["--commit"]).run().expect(0);
    let tip = sandbox.tip("main");
    let output = sandbox.bump("1.4.2", &["--commit", "--exit-code"]).run().expect(0);
    assert!(output.stderr.contains("nothing to land"), "{}", output.all());
    assert_eq!(sandbox.tip("main"), tip);
}

#[test]
fn a_source_wants_a_commit_that_it_is_recorded_in() {
    let sandbox = Sandbox::new();
    sandbox.shop_with_remote();
    let output = sandbox.bump("1.4.2", &["--source", "acme/api@0123456"]).run().expect(2);
    assert!(
        output.stderr.contains("--commit") && output.stderr.contains("--pr"),
        "{}",
        output.all()
    );
    assert_eq!(sandbox.git(["status", "--short"]), "");
}

#[test]
fn a_commit_onto_another_branch_starts_git_for_its_version_and_its_settings_alone() {
    let sandbox = Sandbox::new();
    sandbox.shop();
    sandbox.git(["branch", "release"]);
    let words = ["--commit", "--onto", "release", "-vv"];
    // A date of one's own would be read by git.
    let bump = sandbox.bump("1.4.2", &words).env("GIT_AUTHOR_DATE", "");
    let output = bump.env("GIT_COMMITTER_DATE", "").run().expect(0);
    let runs = output
        .stderr
        .lines()
        .filter_map(|line| line.split_once(" git::program: "));
    let mut runs: Vec<&str> = runs
        .filter_map(|(_, run)| run.split_once(" -> "))
        .map(|it| it.0)
        .collect();
    // Side by side, so in any order.
    runs.sort_unstable();
    assert_eq!(runs, ["git config --list -z", "git version"], "{}", output.all());
}
