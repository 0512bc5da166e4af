//! Directories that cannot be read: for that the program must run as somebody who is not root.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use crate::harness::Sandbox;

/// Who runs the program where the tests run as root: nobody.
pub(crate) const AS_NOBODY: &[&str] = &["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"];

pub(crate) fn is_root() -> bool {
    Command::new("id")
        .arg("-u")
        .output()
        .is_ok_and(|output| output.stdout == b"0\n")
}

/// What the tests need.
pub(crate) fn needs() -> Result<(), String> {
    let works = || {
        Command::new(AS_NOBODY[0])
            .args(&AS_NOBODY[1..])
            .arg("true")
            .status()
            .is_ok_and(|it| it.success())
    };
    if is_root() && !works() {
        return Err("the tests run as root, whom nothing is closed to, and there is no setpriv".to_owned());
    }
    Ok(())
}

/// The tests.
pub(crate) const TESTS: &[(&str, fn())] = &[(
    "unreadable::a_directory_that_cannot_be_read_is_an_error_and_nothing_is_written",
    refused,
)];

/// What a repository of somebody else needs.
pub(crate) fn needs_root() -> Result<(), String> {
    match is_root() {
        true => needs(),
        false => Err("only root can give a repository to somebody else".to_owned()),
    }
}

/// Tests with a repository of somebody else.
pub(crate) const OF_OTHERS: &[(&str, fn())] = &[(
    "unreadable::a_repository_of_somebody_else_is_safe_where_git_finds_that_it_is",
    of_somebody_else,
)];

fn of_somebody_else() {
    let sandbox = Sandbox::new();
    sandbox.repository();
    sandbox.file("pod.yaml", "kind: Pod\nspec:\n  containers:\n  - image: acme/api:1\n");
    sandbox.commit_all("first");
    let opened = Command::new("chmod").args(["-R", "a+rX"]).arg(sandbox.root()).status();
    assert!(opened.unwrap().success());
    let program = nobody_can_run(&sandbox);
    let code = |global: Option<&str>| {
        let env = sandbox
            .env()
            .into_iter()
            .filter(|(name, _)| name != "GIT_CONFIG_GLOBAL");
        let output = Command::new(AS_NOBODY[0])
            .args(&AS_NOBODY[1..])
            .arg(&program)
            .args(["impact", "HEAD..HEAD"])
            .current_dir(sandbox.dir())
            .env_clear()
            .envs(env)
            .envs(global.map(|file| ("GIT_CONFIG_GLOBAL", file)))
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        (output.status.code(), said)
    };
    let (ended, said) = code(None);
    assert!(
        ended == Some(4) && said.contains("error[unsafe-repository]"),
        "{ended:?} {said}"
    );
    // libgit2 reads the file at home alone, and git the one that the variable names.
    let file = sandbox.root().join("other");
    fs::write(&file, "[safe]\n\tdirectory = *\n").unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).unwrap();
    let (ended, said) = code(Some(&file.to_string_lossy()));
    assert_eq!(ended, Some(0), "{said}");
}

fn refused() {
    let sandbox = Sandbox::new();
    sandbox.file("open/pod.yaml", "containers:\n- image: acme/api:1\n");
    sandbox.file("closed/pod.yaml", "containers:\n- image: acme/api:1\n");
    // Somebody else must be able to come as far as the work directory, and to write there.
    let mode = |path: &Path, mode| fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    mode(sandbox.root(), 0o755);
    for path in ["", "open", "open/pod.yaml"] {
        mode(&sandbox.path(path), 0o777);
    }
    mode(&sandbox.path("closed"), 0o000);
    let words: Vec<&str> = if is_root() { AS_NOBODY.to_vec() } else { vec!["env"] };
    let program = nobody_can_run(&sandbox);
    let run = |args: &[&str]| {
        Command::new(words[0])
            .args(&words[1..])
            .arg(&program)
            .args(args)
            .current_dir(sandbox.dir())
            .output()
            .unwrap()
    };
    let whole = run(&["bump", "api=2"]);
    let part = run(&["bump", "api=2", "--path", "open"]);
    mode(&sandbox.path("closed"), 0o755);
    assert_eq!(
        whole.status.code(),
        Some(6),
        "{}",
        String::from_utf8_lossy(&whole.stderr)
    );
    assert!(
        String::from_utf8_lossy(&whole.stderr).contains("`closed`"),
        "{}",
        String::from_utf8_lossy(&whole.stderr)
    );
    assert_eq!(part.status.code(), Some(0), "{}", String::from_utf8_lossy(&part.stderr));
    assert!(sandbox.read("open/pod.yaml").ends_with("api:2\n"));
    assert!(sandbox.read("closed/pod.yaml").ends_with("api:1\n"));
}

/// A copy of the program where everybody can reach it.
pub(crate) fn nobody_can_run(sandbox: &Sandbox) -> std::path::PathBuf {
    let program = sandbox.root().join("rakops");
    fs::copy(env!("CARGO_BIN_EXE_rakops"), &program).unwrap();
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
    program
}
