use std::time::{Duration, Instant};

use super::bench::Bench;
use crate::error::Kind;
use crate::git::program::Git;

#[test]
fn a_missing_git_and_an_old_one_are_told_by_name() {
    let bench = Bench::new();
    let git = bench.git("");
    let missing = git.with_program(&bench.path("no-such-git"));
    let error = missing.run(&["status"], None, &[]).unwrap_err();
    assert_eq!((error.kind, error.code), (Kind::Files, "git-missing"));
    let old = bench.script(
        "old-git",
        "case $1 in version) echo git version 2.20.1;; *) exit 129;; esac",
    );
    let old = git.with_program(&old);
    let error = old.run(&["merge-tree", "--write-tree"], None, &[]).unwrap_err();
    assert_eq!(error.code, "git-too-old");
    assert!(error.message.contains("2.20") && error.message.contains("2.38"));
    git.check_version().unwrap();
}

#[test]
fn a_git_that_takes_too_long_is_ended_with_all_that_it_has_started() {
    let bench = Bench::new();
    let slow = bench.script("slow-git", "(sleep 3; touch survived) & sleep 30");
    let git = bench.git("").with_program(&slow).within(Duration::from_millis(300));
    let before = Instant::now();
    let error = git.run(&["fetch"], None, &[]).unwrap_err();
    assert_eq!((error.kind, error.code), (Kind::Remote, "git-timeout"));
    assert!(error.message.contains("git fetch"));
    assert!(before.elapsed() < Duration::from_secs(3));
    std::thread::sleep(Duration::from_millis(3200));
    assert!(!bench.path("survived").exists());
}

#[test]
fn something_left_behind_that_holds_the_pipe_is_not_waited_for() {
    let bench = Bench::new();
    let git = bench.script("leaving-git", "sleep 20 & echo done; echo said >&2");
    let before = Instant::now();
    let done = bench.git("").with_program(&git).run(&["fetch"], None, &[]).unwrap();
    assert_eq!((done.text().as_str(), done.stderr.as_str()), ("done", "said\n"));
    assert!(before.elapsed() < Duration::from_secs(3));
}

#[test]
fn git_speaks_english_asks_nobody_and_is_not_led_astray_by_a_hooks_variables() {
    let bench = Bench::new();
    bench.repository("r", &[("a", "1")]);
    bench.repository("other", &[("b", "1")]);
    let other = bench.path("other/.git").to_string_lossy().into_owned();
    let git = bench
        .git("r")
        .with_variables(vec![("GIT_DIR".into(), other), ("LANG".into(), "ja_JP.UTF-8".into())]);
    assert_eq!(git.run(&["ls-files"], None, &[]).unwrap().text(), "a");
    let shown = bench.script(
        "show",
        "echo $LC_ALL $GIT_TERMINAL_PROMPT $GIT_OPTIONAL_LOCKS $GIT_EDITOR",
    );
    let said = git.with_program(&shown).run(&["x"], None, &[]).unwrap();
    assert_eq!(said.text(), "C 0 0 :");
}

#[test]
fn large_input_and_output_pass_without_a_standstill() {
    let bench = Bench::new();
    let cat = bench.script("cat-git", "exec cat");
    let bytes = vec![b'x'; 5_000_000];
    let done = bench.git("").with_program(&cat).run(&["x"], Some(&bytes), &[]).unwrap();
    assert_eq!(done.stdout.len(), bytes.len());
}

#[test]
fn settings_are_read_once_with_includes_and_the_environment() {
    let bench = Bench::new();
    let git: Git = bench.repository("r", &[("a", "1")]);
    bench.write("r/.git/more", "[rakops \"Sub\"]\n\tFlag\n\tlast = 1\n\tlast = 2\n");
    bench.run("r", "config include.path more");
    assert_eq!(git.config_bool("rakops.Sub.flag"), Some(true));
    assert_eq!(git.config("rakops.Sub.LAST").as_deref(), Some("2"));
    assert_eq!(git.config("rakops.sub.last"), None);
    let set = [
        ("GIT_CONFIG_COUNT", "1"),
        ("GIT_CONFIG_KEY_0", "commit.gpgSign"),
        ("GIT_CONFIG_VALUE_0", "off"),
    ];
    let set = set.map(|(name, value)| (name.to_owned(), value.to_owned()));
    assert_eq!(
        git.with_variables(set.to_vec()).config_bool("commit.gpgsign"),
        Some(false)
    );
}

#[test]
fn what_git_says_is_redacted() {
    let bench = Bench::new();
    let git = bench.script(
        "leaky-git",
        "echo \"fatal: 'https://me:hunter2secret@h/x' no\" >&2; exit 128",
    );
    let done = bench.git("").with_program(&git).run(&["fetch"], None, &[]).unwrap();
    assert!(!done.stderr.contains("hunter2secret"), "{}", done.stderr);
}

#[cfg(unix)]
#[test]
fn the_first_program_of_its_name_is_taken_and_what_is_not_plain_is_left_to_the_system() {
    use crate::git::executable::in_path;
    use std::os::unix::fs::PermissionsExt;
    let bench = Bench::new();
    bench.script("script/tool", "true");
    for name in ["binary", "other"] {
        bench.script(&format!("{name}/tool"), "true");
        bench.write(&format!("{name}/tool"), b"\x7fELF and more");
    }
    let path = |names: &[&str]| {
        let all: Vec<String> = names
            .iter()
            .map(|name| bench.path(name).display().to_string())
            .collect();
        in_path("tool".as_ref(), &all.join(":"))
    };
    let tool = bench.path("binary/tool");
    assert_eq!(path(&["none", "binary", "other"]), Some(tool.clone()));
    // Another one further back is not the one that would be started.
    assert_eq!(path(&["script", "binary"]), None);
    assert_eq!(path(&["none"]), None);
    for relative in ["", "."] {
        let path = format!("{relative}:{}", bench.path("binary").display());
        assert_eq!(in_path("tool".as_ref(), &path), None);
    }
    assert_eq!(
        in_path("./tool".as_ref(), &bench.path("other").display().to_string()),
        None
    );
    std::fs::set_permissions(&tool, std::fs::Permissions::from_mode(0o700)).unwrap();
    assert_eq!(path(&["binary", "other"]), None);
}
