//! Every command on a page is run, or at least can be typed.

use super::assert_none;
use super::pages::all;
use super::source::relative;
use crate::harness::advice;

/// What pages show besides rakops and run nowhere, with the reason.
const NEITHER: &[(&str, &str)] = &[
    ("cargo", "builds and tests this project: what CI does all day"),
    ("cd", "goes to the reader's own directory"),
    ("docker", "needs a daemon"),
    ("gh", "asks GitHub"),
    ("git", "clones, pushes, or looks at the reader's own repository"),
    ("podman", "builds an image from the network"),
    ("sha256sum", "checks what was downloaded"),
    ("tar", "unpacks what was downloaded"),
    ("terraform", "makes the plan that is the reader's own"),
];

/// Words of the shell around commands.
const SHELL: &[&str] = &["for", "done", "exit", "export"];

/// A command line of a page.
struct Typed {
    /// From 1.
    number: usize,
    line: String,
    /// Whether `tests/it/pages.rs` runs it.
    is_run: bool,
}

#[test]
fn commands_on_pages_can_be_typed() {
    let mut complaints = Vec::new();
    for page in all() {
        for typed in commands(&page.text) {
            for part in parts(&typed.line).iter().filter(|part| is_ours(part)) {
                if let Err(why) = advice::parse(part) {
                    let place = format!("{}:{}", relative(&page.file), typed.number);
                    complaints.push(format!("`{place}`: `{part}` cannot be typed:\n{why}"));
                }
            }
        }
    }
    assert_none(&complaints);
}

#[test]
fn commands_of_readme_guide_and_recipes_are_run_or_read() {
    let (mut run, mut read, mut neither) = (0, 0, 0);
    let mut complaints = Vec::new();
    for page in all() {
        let name = relative(&page.file).replace('\\', "/");
        if !["README", "docs/guide/", "docs/recipes/"]
            .iter()
            .any(|start| name.starts_with(start))
        {
            continue;
        }
        for typed in commands(&page.text) {
            let program = typed.line.split_whitespace().next().unwrap_or_default();
            if SHELL.contains(&program) || program.contains('=') {
                continue;
            }
            if typed.is_run {
                run += 1;
            } else if parts(&typed.line).iter().any(|part| is_ours(part)) {
                read += 1;
            } else if NEITHER.iter().any(|(known, _)| *known == program) {
                neither += 1;
            } else {
                complaints.push(format!(
                    "`{name}:{}`: nothing runs or reads `{}`; put it below `<!-- run -->`",
                    typed.number, typed.line
                ));
            }
        }
    }
    println!(
        "figure: commands in README, guide and recipes: {run} run, {read} read by the real command line, {neither} neither"
    );
    assert_none(&complaints);
    assert!(neither < 30, "{neither} commands of pages are neither run nor read");
}

/// The blocks of a page, comments of shells left out: they are in the language of the page.
fn blocks(text: &str) -> Vec<String> {
    let inside = text.split("```").skip(1).step_by(2);
    let spoken = |line: &str| line.find("  #").or(line.find(" # ")).map_or(line.len(), |at| at);
    inside
        .map(|block| {
            let is_shell = block.starts_with("bash");
            let lines = block
                .lines()
                .map(|line| if is_shell { &line[..spoken(line)] } else { line });
            lines.map(str::trim_end).collect::<Vec<_>>().join("\n")
        })
        .collect()
}

#[test]
fn both_readmes_show_the_same_blocks_and_pictures() {
    let read = |name: &str| std::fs::read_to_string(crate::harness::golden::project().join(name)).unwrap();
    let (english, japanese) = (read("README.md"), read("README.ja.md"));
    assert_eq!(blocks(&english), blocks(&japanese));
    let pictures = |text: &str| -> Vec<String> {
        let lines = text.lines().filter(|line| line.starts_with("!["));
        lines
            .filter_map(|line| Some(line.split_once("](")?.1.to_owned()))
            .collect()
    };
    assert_eq!(pictures(&english), pictures(&japanese));
}

/// Lines after `$ ` in consoles, all lines of blocks of shell, and those of YAML that begin with `rakops`; a backslash at the end
/// takes in the next line.
fn commands(text: &str) -> Vec<Typed> {
    let mut found = Vec::new();
    let mut lines = text.lines().enumerate();
    let (mut language, mut is_run, mut above) = ("", false, "");
    while let Some((index, line)) = lines.next() {
        if let Some(opened) = line.trim_start().strip_prefix("```") {
            is_run = above == "<!-- run -->";
            language = opened;
        }
        above = line;
        let command = match language {
            _ if line.trim_start().starts_with("```") => None,
            "bash" | "sh" => Some(line.trim_start()),
            "yaml" => in_yaml(line),
            _ => line.trim_start().strip_prefix("$ "),
        };
        let Some(command) = command.filter(|command| !command.is_empty() && !command.starts_with('#')) else {
            continue;
        };
        let mut command = command.to_owned();
        while command.ends_with('\\') {
            command.pop();
            command.push_str(lines.next().map_or("", |(_, next)| next.trim_start()));
        }
        let number = index + 1;
        found.push(Typed {
            number,
            line: command,
            is_run,
        });
    }
    found
}

/// The command of a step or a line of a script.
fn in_yaml(line: &str) -> Option<&str> {
    let line = line.trim_start();
    let line = line.strip_prefix("- ").unwrap_or(line);
    let line = line.strip_prefix("run: ").unwrap_or(line);
    is_ours(line).then_some(line)
}

fn is_ours(command: &str) -> bool {
    command == "rakops" || command.starts_with("rakops ")
}

/// The commands of a line: of a pipe, of a list, and inside of `$(…)` and `<(…)`.
fn parts(line: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut quote = None;
    let mut before = ' ';
    for c in line.chars() {
        match (quote, c) {
            (None, '#') if before == ' ' => break,
            (None, '|' | ';' | '&' | '(' | ')') => parts.push(String::new()),
            _ => {
                match quote {
                    None if matches!(c, '\'' | '"') => quote = Some(c),
                    Some(open) if open == c => quote = None,
                    _ => {}
                }
                parts.last_mut().expect("there is one").push(c);
            }
        }
        before = c;
    }
    parts.iter().map(|part| part.trim().to_owned()).collect()
}

#[test]
fn commands_that_go_on_in_the_next_line_are_joined() {
    let text = "x\n```console\n$ rakops bump \\\n    api=1\n```\n<!-- run -->\n```bash\ncargo test\n```\n";
    let found: Vec<_> = commands(text)
        .into_iter()
        .map(|it| (it.number, it.line, it.is_run))
        .collect();
    assert_eq!(
        found,
        [
            (3, "rakops bump api=1".to_owned(), false),
            (8, "cargo test".to_owned(), true)
        ]
    );
}

#[test]
fn commands_inside_of_others_are_found() {
    assert_eq!(
        parts("x | rakops pr comment 1 --body '|' && y # z")
            .iter()
            .filter(|part| is_ours(part))
            .collect::<Vec<_>>(),
        ["rakops pr comment 1 --body '|'"]
    );
    assert!(parts("source <(rakops completions bash)").contains(&"rakops completions bash".to_owned()));
    assert_eq!(in_yaml("      - run: rakops drift --all"), Some("rakops drift --all"));
}
