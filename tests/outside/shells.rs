//! Completion in real shells, on a terminal, each with a deadline.

use std::path::Path;
use std::process::Command;

use rexpect::session::{PtySession, spawn_command};

use crate::harness::Sandbox;

/// How long a shell may take to show anything, in milliseconds.
const DEADLINE: u64 = 20_000;

const CONFIG: &str = "environments:
  - {name: dev, path: overlays/dev}
  - {name: stg, path: overlays/stg}
  - {name: prd, path: overlays/prd}
images:
  - {name: registry.example.com:5000/shop/api}
  - {name: ghcr.io/acme/frontend, alias: site}
";

/// What is typed up to TAB, and what must stand there afterwards.
const CASES: &[(&str, &str)] = &[
    ("rakops ima", "rakops images"),
    (
        "rakops bump registry.example.com:5",
        "registry.example.com:5000/shop/api=",
    ),
    ("rakops images --env=st", "--env=stg"),
    ("rakops images --env dev,s", "dev,stg"),
    ("rakops bump si", "rakops bump site="),
    ("rakops -C ../elsewhere images --env o", "--env only-here"),
];

fn repository() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.repository().file("rakops.yaml", CONFIG);
    sandbox.file(
        "../elsewhere/rakops.yaml",
        "environments: [{name: only-here, path: x}]\n",
    );
    sandbox
}

/// Starts a shell in the sandbox with the program on its path.
fn shell(sandbox: &Sandbox, program: &str, args: &[&str]) -> PtySession {
    let bin = Path::new(env!("CARGO_BIN_EXE_rakops")).parent().unwrap();
    let path = format!("{}:{}", bin.display(), std::env::var("PATH").unwrap_or_default());
    let mut command = Command::new(program);
    command
        .args(args)
        .current_dir(sandbox.dir())
        .env_clear()
        .envs(sandbox.env());
    command.env("PATH", path).env("TERM", "dumb").env("PS1", "$ ");
    spawn_command(command, Some(DEADLINE)).unwrap()
}

/// Types each case on a line of its own and looks at what TAB makes of it.
fn try_all(mut session: PtySession, setup: &str) {
    session.send_line(&format!("{setup}; echo rea''dy")).unwrap();
    session.exp_string("ready").unwrap();
    for (typed, expected) in CASES {
        session.send(typed).unwrap();
        session.flush().unwrap();
        session.exp_string(typed).unwrap();
        // The rest of the word comes after the echo; what was typed already is not shown again by every shell.
        let rest = expected
            .rsplit_once(typed.rsplit(' ').next().unwrap())
            .map_or(*expected, |(_, rest)| rest);
        session.send("\t").unwrap();
        session.flush().unwrap();
        if let Err(why) = session.exp_string(rest) {
            panic!("`{typed}` and TAB do not give `{expected}`: {why}");
        }
        session.send_control('u').unwrap();
        session.send_line("echo rea''dy").unwrap();
        session.exp_string("ready").unwrap();
    }
    session.send_line("exit").unwrap();
}

/// What the tests of a shell need.
pub(crate) fn needs(program: &str) -> Result<(), String> {
    match Command::new(program).arg("--version").output() {
        Ok(_) => Ok(()),
        Err(_) => Err(format!("there is no {program} to complete in")),
    }
}

type Tests = &'static [(&'static str, fn())];

/// The tests of each shell.
pub(crate) const TESTS: &[(&str, Tests)] = &[
    (
        "bash",
        &[("shells::bash_completes_values_with_colons_and_equal_signs", bash)],
    ),
    (
        "zsh",
        &[("shells::zsh_completes_values_with_colons_and_equal_signs", zsh)],
    ),
    (
        "fish",
        &[("shells::fish_completes_values_with_colons_and_equal_signs", fish)],
    ),
    (
        "elvish",
        &[("shells::elvish_completes_values_with_colons_and_equal_signs", elvish)],
    ),
    (
        "pwsh",
        &[(
            "shells::powershell_completes_values_with_colons_and_equal_signs",
            powershell,
        )],
    ),
];

/// What stands for the word that is typed, where a shell is asked for its candidates.
fn candidate((typed, expected): &(&str, &str)) -> String {
    let last = typed.rsplit(' ').next().unwrap();
    let whole = expected.rsplit(' ').next().unwrap();
    // Only bash is told what comes after its cut.
    match last.split_once(['=', ',']) {
        Some(_) if !whole.contains(['=', ',']) => format!("{last}{whole}"),
        _ => whole.to_owned(),
    }
}

/// Elvish draws each key anew, so that no terminal shows a word as it was typed: the completer that it has registered is called
/// as it calls it at TAB.
fn elvish() {
    let sandbox = repository();
    let mut session = shell(&sandbox, "elvish", &["-norc"]);
    session
        .send_line("eval (rakops completions elvish | slurp); echo rea''dy")
        .unwrap();
    session.exp_string("ready").unwrap();
    for (number, case) in CASES.iter().enumerate() {
        let words: Vec<String> = case.0.split(' ').map(|word| format!("'{word}'")).collect();
        let call = format!("$edit:completion:arg-completer[rakops] {}", words.join(" "));
        let found = format!("echo found{number}=({call} | to-lines | str:join '|' [(all)])''end");
        session.send_line(&format!("use str; {found}")).unwrap();
        let wanted = candidate(case);
        if let Err(why) = session.exp_string(&format!("found{number}={wanted}end")) {
            panic!("`{}` does not give `{wanted}`: {why}", case.0);
        }
    }
    session.send_line("exit").unwrap();
}

/// The same for PowerShell, by the function that it calls at TAB.
fn powershell() {
    let sandbox = repository();
    let bin = Path::new(env!("CARGO_BIN_EXE_rakops")).parent().unwrap();
    let path = format!("{}:{}", bin.display(), std::env::var("PATH").unwrap_or_default());
    for case in CASES {
        let script = format!(
            "rakops completions powershell | Out-String | Invoke-Expression; \
             (TabExpansion2 -inputScript '{0}' -cursorColumn {1}).CompletionMatches | ForEach-Object CompletionText",
            case.0,
            case.0.len()
        );
        let output = Command::new("pwsh")
            .args(["-NoProfile", "-NonInteractive", "-Command", &script])
            .current_dir(sandbox.dir())
            .env_clear()
            .envs(sandbox.env())
            .env("PATH", &path)
            .output()
            .unwrap();
        let found = String::from_utf8_lossy(&output.stdout);
        let wanted = candidate(case);
        assert!(found.lines().any(|line| line == wanted), "`{}`: {found}", case.0);
    }
}

fn bash() {
    let sandbox = repository();
    try_all(
        shell(&sandbox, "bash", &["--norc", "--noprofile", "-i"]),
        "stty echo cols 200; bind 'set enable-bracketed-paste off'; source <(rakops completions bash)",
    );
}

fn zsh() {
    let sandbox = repository();
    let setup = "autoload -U compinit; compinit -u; source <(rakops completions zsh)";
    try_all(shell(&sandbox, "zsh", &["-f", "-i"]), setup);
}

fn fish() {
    let sandbox = repository();
    try_all(
        shell(&sandbox, "fish", &["--no-config", "-i"]),
        "rakops completions fish | source",
    );
}
