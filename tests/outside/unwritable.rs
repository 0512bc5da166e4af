//! Repositories that cannot be written to, here and at the remote: for that the program must run as somebody who is not root.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::harness::Sandbox;
use crate::unreadable::{AS_NOBODY, is_root, nobody_can_run};

/// The tests; they need what those of directories that cannot be read need.
pub(crate) const TESTS: &[(&str, fn())] = &[
    (
        "unwritable::a_repository_here_that_cannot_be_written_is_said_at_once",
        here,
    ),
    (
        "unwritable::a_remote_that_cannot_write_is_said_to_be_the_one",
        at_remote,
    ),
];

/// Lands on `main` while nobody may write below `closed`, which is from the root of the sandbox; exit code and what was said.
fn land(sandbox: &Sandbox, closed: &str, how: &[&str]) -> (Option<i32>, String) {
    // Somebody else owns all of it where the tests run as root. libgit2 reads the second file only.
    let settings = fs::read_to_string(sandbox.root().join("home/gitconfig")).unwrap() + "[safe]\n\tdirectory = *\n";
    for name in ["gitconfig", ".gitconfig"] {
        fs::write(sandbox.root().join("home").join(name), &settings).unwrap();
    }
    let chmod = |mode: &str, path: &Path| {
        let changed = Command::new("chmod").args(["-R", mode]).arg(path).status();
        assert!(changed.unwrap().success(), "{}", path.display());
    };
    chmod("a+rwX", sandbox.root());
    chmod("a-w", &sandbox.root().join(closed));
    let words = if is_root() { AS_NOBODY } else { &["env"] };
    let output = Command::new(words[0])
        .args(&words[1..])
        .arg(nobody_can_run(sandbox))
        .args(["bump", "ghcr.io/acme/api=1.4.2", "--env", "dev", "--onto", "main"])
        .args(how)
        .current_dir(sandbox.dir())
        .env_clear()
        .envs(sandbox.env())
        .stdin(Stdio::null())
        .output()
        .unwrap();
    chmod("u+w", &sandbox.root().join(closed));
    (
        output.status.code(),
        String::from_utf8_lossy(&output.stderr).into_owned(),
    )
}

/// The shop with a remote.
fn shop(state: State) -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.shop_with_remote();
    if state == State::Behind {
        sandbox.rival("main", "notes");
    }
    sandbox
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    /// As the remote is.
    Same,
    /// The remote has a commit more, which must be fetched.
    Behind,
}

fn here() {
    for (state, closed, how) in [
        (State::Same, "work/.git", "--push"),
        (State::Behind, "work/.git", "--push"),
        (State::Behind, "work/.git/objects", "--push"),
        (State::Same, "work/.git/objects", "--push"),
        (State::Same, "work/.git/refs", "--push"),
        (State::Same, "work/.git", "--commit"),
    ] {
        let sandbox = shop(state);
        let (code, said) = land(&sandbox, closed, &[how]);
        let about = format!("{closed} {how}: {said}");
        assert_eq!(code, Some(6), "{about}");
        let path = sandbox.dir().display().to_string();
        assert!(
            said.contains("error[repository-unwritable]") && said.contains(&format!("the repository `{path}")),
            "{about}"
        );
        assert!(said.contains("must be able to write"), "{about}");
        assert!(
            !said.contains("trying again") && !said.contains("remote `origin`"),
            "{about}"
        );
    }
}

fn at_remote() {
    for (closed, code) in [("remote.git", 6), ("remote.git/objects", 6), ("remote.git/refs", 4)] {
        let sandbox = shop(State::Same);
        let before = sandbox.remote_tip("main");
        let (ended, said) = land(&sandbox, closed, &["--push"]);
        let about = format!("{closed}: {said}");
        assert_eq!(ended, Some(code), "{about}");
        assert!(
            said.contains("error[remote-unwritable]") && said.contains("`git init --shared` there"),
            "{about}"
        );
        assert!(!said.contains("trying again"), "{about}");
        assert_eq!(sandbox.remote_tip("main"), before);
    }
}
