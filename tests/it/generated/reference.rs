//! The reference of the command line, in Markdown, from clap's own tree.

use std::fmt::Write;

use clap::{Arg, Command};

use crate::harness::advice;

/// Flags that every command has stand under this heading, once.
const SHARED: &str = "Shared options";

/// The page.
pub(super) fn page() -> String {
    let mut root = advice::command();
    root.build();
    let mut page = String::from(
        "# Command line\n\n<!-- Generated from the program: RAKOPS_UPDATE=1 cargo test --test it generated -->\n\n",
    );
    page.push_str(&about(&root));
    page.push_str("\n## Commands\n\n| command | what it does |\n|---|---|\n");
    for command in leaves(&root) {
        let name = name(command);
        let _ = writeln!(
            page,
            "| [`{name}`](#{}) | {} |",
            name.replace(' ', "-"),
            first_line(command)
        );
    }
    let _ = write!(
        page,
        "\n## {SHARED}\n\nEvery command takes them, before or after its own words.\n\n"
    );
    options(root.get_arguments().filter(|arg| is_shared(arg)), &mut page);
    for command in leaves(&root) {
        section(command, &mut page);
    }
    page
}

/// Commands that do something, in the order of help.
fn leaves(command: &Command) -> Vec<&Command> {
    let mut found = Vec::new();
    for subcommand in command.get_subcommands().filter(|subcommand| !subcommand.is_hide_set()) {
        if subcommand.has_subcommands() {
            found.extend(leaves(subcommand));
        } else {
            found.push(subcommand);
        }
    }
    found
}

fn section(command: &Command, page: &mut String) {
    let _ = write!(page, "\n## {}\n\n{}", name(command), about(command));
    let usage = command.clone().render_usage().to_string();
    let _ = write!(page, "\n```text\n{}\n```\n", usage.trim_start_matches("Usage: "));
    let positional: Vec<&Arg> = command.get_positionals().filter(|arg| !arg.is_hide_set()).collect();
    if !positional.is_empty() {
        page.push_str("\nArguments\n\n");
        for arg in positional {
            let _ = writeln!(page, "- `{arg}`: {}", help(arg));
        }
    }
    let own: Vec<&Arg> = command
        .get_arguments()
        .filter(|arg| !arg.is_positional() && !is_shared(arg))
        .collect();
    if !own.is_empty() {
        page.push_str("\nOptions\n\n");
        options(own.into_iter(), page);
    }
    if let Some(after) = command.get_after_long_help().or(command.get_after_help()) {
        let after = after.to_string();
        let (heading, body) = after.split_once('\n').unwrap_or(("", &after));
        let lines: Vec<&str> = body
            .lines()
            .map(|line| line.strip_prefix("  ").unwrap_or(line))
            .collect();
        let _ = write!(
            page,
            "\n{}\n\n```text\n{}\n```\n",
            heading.trim_end_matches(':'),
            lines.join("\n").trim_end()
        );
    }
}

fn options<'a>(args: impl Iterator<Item = &'a Arg>, page: &mut String) {
    for arg in args.filter(|arg| !arg.is_hide_set()) {
        let _ = writeln!(page, "- {}: {}", spelling(arg), help(arg));
    }
}

/// `-e`, `--env ENV` as they can be typed.
fn spelling(arg: &Arg) -> String {
    let value = match arg.get_value_names() {
        Some([name, ..]) if arg.get_action().takes_values() => format!(" {name}"),
        _ => String::new(),
    };
    let short = arg.get_short().map(|short| format!("-{short}"));
    let long = arg.get_long().map(|long| format!("--{long}"));
    let mut spelled: Vec<String> = short.into_iter().chain(long).collect();
    if let Some(last) = spelled.last_mut() {
        last.push_str(&value);
    }
    spelled
        .iter()
        .map(|text| format!("`{text}`"))
        .collect::<Vec<_>>()
        .join(", ")
}

/// Help, possible values, default and variable, in one paragraph.
fn help(arg: &Arg) -> String {
    let help = arg
        .get_long_help()
        .or(arg.get_help())
        .map(ToString::to_string)
        .unwrap_or_default();
    let mut paragraphs = vec![help.split_whitespace().collect::<Vec<_>>().join(" ")];
    let values = arg.get_possible_values();
    if arg.get_action().takes_values() && !values.is_empty() && !arg.is_hide_possible_values_set() {
        let names: Vec<String> = values.iter().map(|value| format!("`{}`", value.get_name())).collect();
        paragraphs.push(format!("one of {}", names.join(", ")));
    }
    let defaults = arg.get_default_values();
    if arg.get_action().takes_values() && !defaults.is_empty() && !arg.is_hide_default_value_set() {
        let shown: Vec<_> = defaults
            .iter()
            .map(|value| format!("`{}`", value.to_string_lossy()))
            .collect();
        paragraphs.push(format!("default {}", shown.join(", ")));
    }
    if let Some(variable) = arg.get_env() {
        paragraphs.push(format!("variable `{}`", variable.to_string_lossy()));
    }
    escaped(&paragraphs.join("; "))
}

fn about(command: &Command) -> String {
    let about = command
        .get_long_about()
        .or(command.get_about())
        .map(ToString::to_string)
        .unwrap_or_default();
    format!("{}\n", escaped(about.trim()))
}

fn first_line(command: &Command) -> String {
    let about = command.get_about().map(ToString::to_string).unwrap_or_default();
    escaped(about.lines().next().unwrap_or_default())
}

/// `rakops yaml set`.
fn name(command: &Command) -> String {
    command.get_bin_name().unwrap_or_else(|| command.get_name()).to_owned()
}

fn is_shared(arg: &Arg) -> bool {
    arg.get_help_heading() == Some(SHARED) || ["help", "version"].contains(&arg.get_id().as_str())
}

/// Angle brackets outside of code would be taken for HTML.
fn escaped(text: &str) -> String {
    let pieces = text.split('`').enumerate().map(|(index, piece)| match index % 2 {
        0 => piece.replace('<', "\\<").replace('|', "\\|"),
        _ => piece.to_owned(),
    });
    pieces.collect::<Vec<_>>().join("`")
}
