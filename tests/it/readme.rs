//! The README shows what really happens: its blocks are run in the shop of `rakops demo`, on a terminal, and compared.
//!
//! A block is run if the line `<!-- run -->` stands right above it. `RAKOPS_UPDATE=1 cargo test --test it readme` writes
//! what comes out now.

use std::fs;
use std::process::Command;

use rexpect::session::spawn_command;

use crate::harness::Sandbox;
use crate::harness::advice;
use crate::harness::golden::{compare, project};

const MARK: &str = "<!-- run -->\n```console\n";
/// In milliseconds, for one command.
const DEADLINE: u64 = 20_000;

#[test]
fn readme_shows_what_really_happens() {
    shows_what_really_happens("README.md");
}

#[test]
fn the_japanese_readme_shows_what_really_happens() {
    shows_what_really_happens("README.ja.md");
}

fn shows_what_really_happens(page: &str) {
    let readme = fs::read_to_string(project().join(page)).unwrap();
    let sandbox = demo_shop();
    let mut real = String::new();
    let mut rest = readme.as_str();
    while let Some(at) = rest.find(MARK) {
        let (before, block) = rest.split_at(at + MARK.len());
        let end = block.find("```\n").expect("a block ends");
        real.push_str(before);
        real.push_str(&run(&sandbox, &block[..end]));
        rest = &block[end..];
    }
    real.push_str(rest);
    if let Err(why) = compare(page.as_ref(), &real, "readme") {
        panic!("{why}");
    }
}

/// The shop as `rakops demo` builds it, before anything has happened there.
fn demo_shop() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.repository();
    let shop = project().join("src/ops/demo/shop");
    copy(&shop, &sandbox.dir());
    sandbox.commit_all("A small shop");
    sandbox
}

fn copy(from: &std::path::Path, to: &std::path::Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap().flatten() {
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

/// The block with the commands as they stand there and the output that they have now.
fn run(sandbox: &Sandbox, block: &str) -> String {
    let mut out = String::new();
    for line in block.lines() {
        if let Some(command) = line.strip_prefix("$ ") {
            out.push_str(&format!("{line}\n{}", screen(sandbox, command)));
        }
    }
    out
}

/// What a terminal shows for one command.
fn screen(sandbox: &Sandbox, line: &str) -> String {
    let words = advice::words(line).unwrap();
    let program = match words[0].as_str() {
        "rakops" => env!("CARGO_BIN_EXE_rakops"),
        "git" => "git",
        other => panic!("the README runs `{other}`"),
    };
    let mut command = Command::new(program);
    command
        .args(&words[1..])
        .current_dir(sandbox.dir())
        .env_clear()
        .envs(sandbox.env());
    // No prompts, no bars, no colour, no pager: what stays on the screen.
    command.env("TERM", "dumb").env("GIT_PAGER", "cat");
    let mut session = spawn_command(command, Some(DEADLINE)).unwrap();
    let shown = session.exp_eof().unwrap().replace("\r\n", "\n");
    // Ids of blobs say nothing to a reader.
    shown
        .lines()
        .filter(|line| !line.starts_with("index "))
        .fold(String::new(), |text, line| text + line.trim_end() + "\n")
}
