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

/// Every command of the root, with its arguments.
const COMMANDS: &[(&str, Arguments)] = &[
    ("bump", bump::BumpArgs::augment_args),
    ("promote", promote::PromoteArgs::augment_args),
    ("rollback", rollback::RollbackArgs::augment_args),
    ("diff", diff::DiffArgs::augment_args),
    ("status", status::StatusArgs::augment_args),
    ("drift", drift::DriftArgs::augment_args),
    ("images", images::ImagesArgs::augment_args),
    ("impact", impact::ImpactArgs::augment_args),
    ("check", check::CheckArgs::augment_args),
    ("audit", audit::AuditArgs::augment_args),
    ("tags", tags::TagsArgs::augment_args),
    ("track", track::TrackArgs::augment_args),
    ("overlay", overlay::OverlayArgs::augment_args),
    ("yaml", yaml::YamlArgs::augment_args),
    ("pr", pr::PrArgs::augment_args),
    ("terraform", terraform::TerraformArgs::augment_args),
    ("ci", ci_init::CiArgs::augment_args),
    ("init", init::InitArgs::augment_args),
    ("config", config::ConfigArgs::augment_args),
    ("completions", completions::CompletionsArgs::augment_args),
    ("demo", demo::DemoArgs::augment_args),
    ("help", help::HelpArgs::augment_args),
];

/// Whether a word is the name of a command.
pub(super) fn is_command(word: &str) -> bool {
    COMMANDS.iter().any(|(name, _)| *name == word)
}

/// The root with the names of all commands, and what each is about; they take no arguments.
pub(super) fn names() -> Command {
    let named = |(name, arguments): &(&'static str, Arguments)| {
        let whole = arguments(Command::new(*name));
        Command::new(*name).about(whole.get_about().cloned().unwrap_or_default())
    };
    super::root().subcommands(COMMANDS.iter().map(named))
}

/// The root with the first command that a word names, and with none where no word does.
///
/// A word may be the value of a flag (`-C status bump`): then the line does not fit, and the whole command line is asked.
pub(super) fn command<'w>(words: impl IntoIterator<Item = &'w str>) -> Command {
    let named = |word: &str| COMMANDS.iter().find(|(name, _)| *name == word);
    let found = words.into_iter().find_map(named);
    let root = super::root();
    match found {
        Some((name, arguments)) => root.subcommand(arguments(Command::new(*name))),
        None => root,
    }
}

#[cfg(test)]
mod tests {
    use super::{COMMANDS, command};

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
        assert_eq!(names, COMMANDS.iter().map(|(name, _)| *name).collect::<Vec<_>>());
        for name in names {
            let narrow = command(["rakops", "-v", name, "bump"]);
            let of = |root: &clap::Command| root.find_subcommand(name).map(facts).unwrap_or_default();
            assert_eq!(of(&narrow), of(&whole), "{name}");
            assert_eq!(facts(&root_of(narrow)), facts(&root_of(whole.clone())));
        }
    }

    /// The root alone.
    fn root_of(command: clap::Command) -> clap::Command {
        let args: Vec<clap::Arg> = command.get_arguments().cloned().collect();
        clap::Command::new("rakops").args(args)
    }
}
