//! Runs the commands of a block in a shell on a terminal.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use rexpect::session::spawn_command;

use super::ground::Ground;

/// In milliseconds, for one command.
const DEADLINE: u64 = 20_000;

/// What a page may run: everything here stays in its sandbox.
const PROGRAMS: &[&str] = &["rakops", "git", "cd", "export", "mkdir", "cat", "ls", "printf", "for"];

/// The block with the commands as they stand there and the output that they have now.
pub(super) fn block(ground: &mut Ground, block: &str) -> String {
    ground.settle();
    let mut out = String::new();
    let mut lines = block.lines();
    while let Some(line) = lines.next() {
        let Some(typed) = line.strip_prefix("$ ") else { continue };
        let mut command = typed.to_owned();
        out.push_str(&format!("{line}\n"));
        while command.ends_with('\\') {
            let more = lines.next().expect("a backslash is followed by a line");
            out.push_str(&format!("{more}\n"));
            command.push_str(&format!("\n{more}"));
        }
        out.push_str(&screen(ground, &command, Colour::Without));
    }
    out
}

/// What the terminal of a picture shows.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Colour {
    With,
    Without,
}

/// What a terminal shows for one command.
pub(super) fn screen(ground: &mut Ground, line: &str, colour: Colour) -> String {
    let program = line.split_whitespace().next().unwrap_or_default();
    assert!(PROGRAMS.contains(&program), "a page runs `{program}`");
    ground.sandbox.advance(60);
    let after = ground.sandbox.root().join("tmp/after");
    let mut command = Command::new("bash");
    command
        .args(["--noprofile", "--norc", "-c"])
        .arg(format!(
            "{line}\ncode=$?; {{ pwd; export -p; }} > \"$AFTER\"; exit $code"
        ))
        .current_dir(&ground.directory)
        .env_clear()
        .envs(ground.sandbox.env())
        .envs(ground.variables.iter().cloned())
        .env("AFTER", &after)
        .env("PATH", path_with_rakops());
    // No prompts, no bars, no pager: what stays on the screen. A terminal that is dumb has no colour unless it is told to.
    command
        .env("TERM", "dumb")
        .env("LC_ALL", "C.UTF-8")
        .env("GIT_PAGER", "cat")
        .env("RAKOPS_PAGER", "cat");
    if colour == Colour::With {
        let git = [
            ("GIT_CONFIG_COUNT", "1"),
            ("GIT_CONFIG_KEY_0", "color.ui"),
            ("GIT_CONFIG_VALUE_0", "always"),
        ];
        command.env("RAKOPS_COLOR", "always").envs(git);
    }
    let mut session = spawn_command(command, Some(DEADLINE)).unwrap();
    // It hands over each byte as a character of its own.
    let bytes = session.exp_eof().unwrap().chars().map(|c| c as u8).collect();
    let mut shown = String::from_utf8(bytes).unwrap().replace("\r\n", "\n");
    remember(ground, &after);
    for (real, told) in &ground.shown {
        shown = shown.replace(real.as_str(), told);
    }
    // Ids of blobs say nothing to a reader.
    shown
        .lines()
        .filter(|line| !line.trim_start_matches("\u{1b}[1m").starts_with("index "))
        .fold(String::new(), |text, line| text + line.trim_end() + "\n")
}

fn path_with_rakops() -> std::ffi::OsString {
    let own = Path::new(env!("CARGO_BIN_EXE_rakops")).parent().unwrap().to_path_buf();
    let others = std::env::var_os("PATH").unwrap_or_default();
    std::env::join_paths(std::iter::once(own).chain(std::env::split_paths(&others))).unwrap()
}

/// Keeps the directory that the command left, and the variables of rakops that it has exported.
fn remember(ground: &mut Ground, after: &Path) {
    let Ok(told) = fs::read_to_string(after) else { return };
    let mut lines = told.lines();
    if let Some(directory) = lines.next() {
        ground.directory = PathBuf::from(directory);
    }
    for line in lines {
        let variable = line.strip_prefix("declare -x ").and_then(|rest| rest.split_once('='));
        if let Some((name, value)) = variable.filter(|(name, _)| name.starts_with("RAKOPS_")) {
            let value = value.trim_matches('"').to_owned();
            ground.variables.retain(|(known, _)| known != name);
            ground.variables.push((name.to_owned(), value));
        }
    }
}
