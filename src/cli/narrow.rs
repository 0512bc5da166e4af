//! The command line with nothing but the command that a line names: to make all commands takes longer than most of them run.
//!
//! **Invariant:** what is read here means the same to the whole command line. What is refused here is read again by the whole
//! one, which alone speaks to people.

use clap::{Args, Command};

use super::{
    audit, bump, check, ci_init, completions, config, demo, diff, drift, help, images, impact, init, overlay, pr,
    promote, rollback, status, tags, terraform, track, yaml,
};

/// Adds the arguments of a command to it.
type Arguments = fn(Command) -> Command;

/// Every command of the root: its name, what it is about, as the first line of its help has it, and its arguments. To make the arguments
/// of all commands for their first lines alone takes longer than a TAB may.
const COMMANDS: &[(&str, &str, Arguments)] = &[
    ("bump", "Set the versions of images", bump::BumpArgs::augment_args),
    (
        "promote",
        "Make one environment run what another runs",
        promote::PromoteArgs::augment_args,
    ),
    (
        "rollback",
        "Go back to what an environment ran before",
        rollback::RollbackArgs::augment_args,
    ),
    (
        "diff",
        "Compare two environments by meaning",
        diff::DiffArgs::augment_args,
    ),
    ("status", "Show what runs where", status::StatusArgs::augment_args),
    (
        "drift",
        "Find changes that were forgotten on the way",
        drift::DriftArgs::augment_args,
    ),
    (
        "images",
        "List every place that states the version of an image",
        images::ImagesArgs::augment_args,
    ),
    (
        "impact",
        "Show which environments a change reaches",
        impact::ImpactArgs::augment_args,
    ),
    (
        "check",
        "Look for what cannot be right in a repository, or in a change of it",
        check::CheckArgs::augment_args,
    ),
    (
        "audit",
        "Show who changed what in an environment, and who approved it",
        audit::AuditArgs::augment_args,
    ),
    (
        "tags",
        "List the versions that the registry has of an image",
        tags::TagsArgs::augment_args,
    ),
    (
        "track",
        "Let an environment's cluster follow a branch, or show which it follows",
        track::TrackArgs::augment_args,
    ),
    (
        "overlay",
        "See and change what one environment says: fields, patches, resources",
        overlay::OverlayArgs::augment_args,
    ),
    (
        "yaml",
        "Read and edit any YAML file by path, byte-exactly",
        yaml::YamlArgs::augment_args,
    ),
    (
        "pr",
        "Open, watch, merge and comment on pull requests on any forge",
        pr::PrArgs::augment_args,
    ),
    (
        "terraform",
        "Sum up plans of Terraform, comment on them, and guard their apply",
        terraform::TerraformArgs::augment_args,
    ),
    ("ci", "Write what CI systems run", ci_init::CiArgs::augment_args),
    (
        "init",
        "Write a rakops.yaml that says what is understood of this repository",
        init::InitArgs::augment_args,
    ),
    (
        "config",
        "Show, check or describe the configuration",
        config::ConfigArgs::augment_args,
    ),
    (
        "completions",
        "Print the completion script of a shell",
        completions::CompletionsArgs::augment_args,
    ),
    (
        "demo",
        "Play with a small shop repository in a temporary directory",
        demo::DemoArgs::augment_args,
    ),
    (
        "help",
        "Show help for a command, or about a topic",
        help::HelpArgs::augment_args,
    ),
];

/// Whether a word is the name of a command.
pub(super) fn is_command(word: &str) -> bool {
    COMMANDS.iter().any(|(name, ..)| *name == word)
}

/// The root with the names of all commands, and what each is about; they take no arguments.
pub(super) fn names() -> Command {
    let named = |(name, about, _): &(&'static str, &'static str, Arguments)| Command::new(*name).about(*about);
    super::root().subcommands(COMMANDS.iter().map(named))
}

/// The root with the first command that a word names, and with none where no word does.
///
/// A word may be the value of a flag (`-C status bump`): then the line does not fit, and the whole command line is asked.
pub(super) fn command<'w>(words: impl IntoIterator<Item = &'w str>) -> Command {
    let named = |word: &str| COMMANDS.iter().find(|(name, ..)| *name == word);
    let found = words.into_iter().find_map(named);
    let root = super::root();
    match found {
        Some((name, _, arguments)) => root.subcommand(arguments(Command::new(*name))),
        None => root,
    }
}

#[cfg(test)]
mod tests {
    use super::{COMMANDS, command, names};

    /// Everything about a command that could change what a line means.
    fn facts(command: &clap::Command) -> Vec<String> {
        let mut facts: Vec<String> = command.get_arguments().map(|arg| format!("{arg:?}")).collect();
        facts.extend(command.get_groups().map(|group| format!("{group:?}")));
        facts.extend(command.get_all_aliases().map(str::to_owned));
        facts.push(format!("{}", command.is_subcommand_required_set()));
        for below in command.get_subcommands() {
            facts.push(below.get_name().to_owned());
            facts.extend(self::facts(below));
        }
        facts
    }

    #[test]
    fn each_command_is_the_same_alone_and_among_all() {
        let whole = crate::cli::command();
        let names: Vec<&str> = whole.get_subcommands().map(clap::Command::get_name).collect();
        assert_eq!(names, COMMANDS.iter().map(|(name, ..)| *name).collect::<Vec<_>>());
        for name in names {
            let narrow = command(["rakops", "-v", name, "bump"]);
            let of = |root: &clap::Command| root.find_subcommand(name).map(facts).unwrap_or_default();
            assert_eq!(of(&narrow), of(&whole), "{name}");
            assert_eq!(facts(&root_of(narrow)), facts(&root_of(whole.clone())));
        }
    }

    #[test]
    fn what_a_command_is_about_is_the_first_line_of_its_help() {
        let (whole, short) = (crate::cli::command(), names());
        let abouts = |root: &clap::Command| -> Vec<String> {
            let about =
                |it: &clap::Command| format!("{}: {}", it.get_name(), it.get_about().cloned().unwrap_or_default());
            root.get_subcommands().map(about).collect()
        };
        assert_eq!(abouts(&short), abouts(&whole));
    }

    /// The root alone.
    fn root_of(command: clap::Command) -> clap::Command {
        let args: Vec<clap::Arg> = command.get_arguments().cloned().collect();
        clap::Command::new("rakops").args(args)
    }
}
