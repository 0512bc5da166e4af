//! Help is complete and reads alike everywhere.

use clap::Command;

use crate::harness::advice;

/// Columns of a first line of help.
const COLUMNS: usize = 72;

#[test]
fn every_command_and_flag_has_a_first_line_that_fits() {
    let mut root = advice::command();
    root.build();
    let mut complaints = Vec::new();
    check(&root, &mut complaints);
    assert!(complaints.is_empty(), "\n{}\n", complaints.join("\n"));
}

fn check(command: &Command, complaints: &mut Vec<String>) {
    let name = command.get_bin_name().unwrap_or_else(|| command.get_name());
    first_line(name, command.get_about().map(ToString::to_string), complaints);
    for arg in command.get_arguments().filter(|arg| !arg.is_hide_set()) {
        first_line(
            &format!("{name} {arg}"),
            arg.get_help().map(ToString::to_string),
            complaints,
        );
    }
    for subcommand in command.get_subcommands() {
        check(subcommand, complaints);
    }
}

fn first_line(what: &str, help: Option<String>, complaints: &mut Vec<String>) {
    let help = help.unwrap_or_default();
    let line = help.lines().next().unwrap_or_default().trim();
    let width = line.chars().count();
    if line.is_empty() {
        complaints.push(format!("`{what}` has no help"));
    } else if line.ends_with('.') {
        complaints.push(format!(
            "`{what}`: the first line of help ends with a full stop: {line}"
        ));
    } else if width > COLUMNS {
        complaints.push(format!(
            "`{what}`: the first line of help has {width} columns, more than {COLUMNS}: {line}"
        ));
    }
}

#[test]
fn every_command_ends_with_examples_that_can_be_typed() {
    let mut root = advice::command();
    root.build();
    let mut complaints = Vec::new();
    examples(&root, &mut complaints);
    assert!(complaints.is_empty(), "\n{}\n", complaints.join("\n"));
}

fn examples(command: &Command, complaints: &mut Vec<String>) {
    let name = command.get_bin_name().unwrap_or_else(|| command.get_name()).to_owned();
    let after = command.get_after_help().map(ToString::to_string).unwrap_or_default();
    if !command.has_subcommands() && !after.starts_with("Examples:") {
        complaints.push(format!("`{name}` has no examples"));
    }
    for line in after.lines().map(str::trim).filter(|line| line.starts_with("rakops ")) {
        // What follows two blanks says what the example does.
        let typed = line.split("  ").next().unwrap_or(line);
        if let Err(why) = advice::parse(typed) {
            complaints.push(format!("`{name}`: the example `{typed}` cannot be typed:\n{why}"));
        }
    }
    for subcommand in command.get_subcommands() {
        examples(subcommand, complaints);
    }
}
