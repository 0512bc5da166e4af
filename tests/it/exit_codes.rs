//! Each exit code of `docs/reference/exit-codes.md`, with a command that ends with it. What is printed then stands in `errors.rs`.

use std::collections::BTreeSet;
use std::fs;

use rakops::error::Kind;

use crate::harness::Sandbox;
use crate::harness::golden::project;
use crate::harness::server::{Server, route};

/// What ends with a code: what is asserted about it, and the run.
type Case = (u8, &'static str, fn() -> i32);

fn shop() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.shop();
    sandbox
}

/// The exit code of a command in the shop.
fn ends(words: &[&str]) -> i32 {
    shop().rakops(words).run().code
}

/// The exit code where a server answers with `status`.
fn asked(status: u16) -> i32 {
    let server = Server::start(vec![route("GET", "/build.json", status)]);
    let url = server.url("/build.json");
    shop().rakops(["bump", "--from-file", &url, "--all"]).run().code
}

const CASES: &[Case] = &[
    (0, "done", || ends(&["bump", "api=1.5.0", "--env", "stg"])),
    (0, "nothing to do", || ends(&["bump", "api=1.4.1", "--env", "stg"])),
    (0, "help is data", || ends(&["help", "exit-codes"])),
    (1, "a difference", || ends(&["diff", "stg", "prd", "--local"])),
    (1, "something would change, with --exit-code", || {
        ends(&["bump", "api=1.5.0", "--env", "stg", "-n", "--exit-code"])
    }),
    (2, "a word that cannot be understood", || ends(&["bump", "api=1.4 2"])),
    (2, "a flag that is not there", || ends(&["images", "--evn", "stg"])),
    (2, "a configuration that cannot be understood", || {
        let sandbox = shop();
        sandbox.file("rakops.yaml", "enviroments: []\n");
        sandbox.rakops(["images"]).run().code
    }),
    (3, "a rule", || ends(&["bump", "api=1.0.0", "--env", "stg"])),
    (3, "an answer is needed and nobody can be asked", || ends(&["bump"])),
    (4, "authentication", || asked(401)),
    (4, "permission", || asked(403)),
    (5, "an environment", || ends(&["images", "--env", "stage"])),
    (5, "an image", || ends(&["images", "apu"])),
    (5, "a version", || {
        ends(&["yaml", "get", "base/api.yaml", "metadata.version"])
    }),
    (5, "a file", || ends(&["yaml", "get", "base/nothing.yaml", "metadata"])),
    (6, "the other side failed", || asked(502)),
    (6, "the file system failed", || {
        let sandbox = shop();
        // A directory stands where the picture should.
        sandbox.file("report.svg/kept", "");
        sandbox.rakops(["impact", "--write", "report.svg"]).run().code
    }),
    (7, "a merge beyond the versions", conflict),
    (70, "a bug", || {
        let sandbox = Sandbox::new();
        // Nobody can make the program go wrong on purpose; a walk through files that git is told to ignore comes close.
        sandbox.file("../home/.config/git/ignore", "overlays/\n");
        sandbox.rakops(["demo", "--into", "."]).run().code
    }),
    #[cfg(unix)]
    (130, "interrupted", interrupted),
];

fn conflict() -> i32 {
    let sandbox = Sandbox::new();
    sandbox.branches("chain");
    sandbox.put(("main", "pool on main"), &[("app.env", "POOL=8\n")]);
    sandbox.put(("staging", "pool"), &[("app.env", "POOL=9\n")]);
    sandbox.rakops(["promote", "stg", "prd", "--push"]).run().code
}

#[cfg(unix)]
fn interrupted() -> i32 {
    use std::process::{Command, Stdio};
    use std::time::Duration;

    let sandbox = shop();
    let slow = route("GET", "/build.json", 200)
        .body("{}")
        .after(Duration::from_secs(20));
    let server = Server::start(vec![slow]);
    let mut child = Command::new(env!("CARGO_BIN_EXE_rakops"))
        .args(["bump", "--from-file", &server.url("/build.json"), "--all"])
        .current_dir(sandbox.dir())
        .env_clear()
        .envs(sandbox.env())
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    while server.requests().is_empty() {
        std::thread::sleep(Duration::from_millis(5));
    }
    let sent = Command::new("kill").args(["-INT", &child.id().to_string()]).status();
    assert!(sent.unwrap().success());
    let status = child.wait().unwrap();
    // Where nothing is drawn, the answer of the operating system stands, which shells show as 128 and the number of the signal.
    use std::os::unix::process::ExitStatusExt;
    status
        .code()
        .or_else(|| status.signal().map(|signal| 128 + signal))
        .unwrap()
}

#[test]
fn every_exit_code_is_that_of_a_command() {
    let mut wrong = Vec::new();
    for (code, what, run) in CASES {
        let ended = run();
        if ended != i32::from(*code) {
            wrong.push(format!("{what}: ends with {ended} and not with {code}"));
        }
    }
    assert!(wrong.is_empty(), "\n{}\n", wrong.join("\n"));
}

#[test]
fn every_code_of_the_page_and_of_the_source_is_in_the_table_above() {
    let tried: BTreeSet<u8> = CASES.iter().map(|(code, _, _)| *code).collect();
    let page = fs::read_to_string(project().join("docs/reference/exit-codes.md")).unwrap();
    let rows = page
        .lines()
        .filter_map(|line| line.strip_prefix("| ")?.split(' ').next()?.parse().ok());
    let told: BTreeSet<u8> = rows.collect();
    assert_eq!(tried, told);
    let known: BTreeSet<u8> = Kind::ALL.iter().map(|kind| kind.code()).chain([0, 1]).collect();
    assert_eq!(told, known);
}
