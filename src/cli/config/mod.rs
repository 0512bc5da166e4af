//! `rakops config`: what is in effect, whether the file is right, and its schema.
//!
//! **Invariant:** nothing here changes a file.

use clap::parser::ValueSource;
use clap::{ArgMatches, Args, Subcommand};
use serde_json::{Value, json};

use super::landing::manner_of;
use super::manner::Output;
use super::{Context, Outcome, look, output};
use crate::config::schema;
use crate::config::user::User;
use crate::error::Error;
use crate::git::names::RemoteUrl;
use crate::git::open::find_root;
use crate::git::program::Git;
use crate::git::remote::Remote;
use crate::ops::config::{self, Setting};
use crate::text::secret::redact;
use crate::ui::plural;
use crate::ui::report::{self, Level};
use crate::ui::table::Table;

/// Show, check or describe the configuration
#[derive(Args, Debug)]
pub(super) struct ConfigArgs {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand, Clone, Copy, Debug)]
enum Command {
    /// Print every value in effect, and where it comes from
    #[command(after_help = "Examples:\n  rakops config show\n  rakops config show -o json")]
    Show,
    /// Check the configuration, with line and column of what is wrong
    #[command(after_help = "Examples:\n  rakops config check\n  rakops config check --config other.yaml")]
    Check,
    /// Print the JSON Schema of rakops.yaml
    #[command(after_help = "Examples:\n  rakops config schema > rakops.schema.json")]
    Schema,
}

impl ConfigArgs {
    pub(super) fn name(&self) -> &'static str {
        match self.command {
            Command::Show => "config show",
            Command::Check => "config check",
            Command::Schema => "config schema",
        }
    }
}

/// `given` returns what [`given`] does, where it is wanted.
pub(super) fn run(context: &Context, args: ConfigArgs, given: &dyn Fn() -> Vec<Setting>) -> Result<Outcome, Error> {
    match args.command {
        Command::Show => show(context, given())?,
        Command::Check => check(context)?,
        Command::Schema => context.ui.data(schema::json())?,
    }
    Ok(Outcome::Done)
}

/// Lists what flags, environment variables and the user's own file say about how every command speaks and where it works.
pub(super) fn given(matches: &ArgMatches, user: &User) -> Vec<Setting> {
    let mut settings: Vec<Setting> = Vec::new();
    for arg in super::command().get_arguments().filter(|arg| arg.is_global_set()) {
        let name = |long: Option<&str>, short: Option<char>| match (long, short) {
            (Some(long), _) => format!("--{long}"),
            (None, short) => format!("-{}", short.unwrap_or_default()),
        };
        let origin = match (matches.value_source(arg.get_id().as_str()), arg.get_env()) {
            (Some(ValueSource::CommandLine), _) => name(arg.get_long(), arg.get_short()),
            (Some(ValueSource::EnvVariable), Some(variable)) => variable.to_string_lossy().into_owned(),
            _ => continue,
        };
        let raw = matches
            .get_raw(arg.get_id().as_str())
            .and_then(|mut raw| raw.next_back());
        let value = raw.map_or_else(|| "true".into(), |raw| raw.to_string_lossy().into_owned());
        let key = arg.get_id().to_string();
        settings.push(Setting { key, value, origin });
    }
    for (key, value) in [("color", &user.color), ("output", &user.output)] {
        if let (Some(value), Some(origin), false) = (
            value,
            user.places.get(key),
            settings.iter().any(|setting| setting.key == key),
        ) {
            settings.push(Setting {
                key: key.to_owned(),
                value: value.clone(),
                origin: origin.to_string(),
            });
        }
    }
    let forges = user.places.get("forges").map(ToString::to_string).unwrap_or_default();
    for (index, login) in user.forges.iter().enumerate() {
        let host = Some(login.host.clone());
        for (name, value) in [
            ("host", &host),
            ("kind", &login.kind),
            ("url", &login.url),
            ("token_env", &login.token_env),
        ] {
            settings.extend(value.as_ref().map(|value| Setting {
                key: format!("forges[{index}].{name}"),
                value: redact(value).into_owned(),
                origin: forges.clone(),
            }));
        }
    }
    settings
}

/// Variables that say where the forge is, and the keys of `rakops.yaml` that they win over.
const FORGE_VARIABLES: [(&str, &str); 3] = [
    ("RAKOPS_FORGE_KIND", "forge.kind"),
    ("RAKOPS_FORGE_URL", "forge.url"),
    ("RAKOPS_FORGE_REPOSITORY", "forge.repository"),
];

/// The address whose forge is in use: that of `--repo`, else of the remote `origin`, if there is one.
fn remote(context: &Context) -> Result<Option<RemoteUrl>, Error> {
    if let Some(url) = context.place.remote(&context.process)? {
        return Ok(Some(url));
    }
    let directory = context.place.resolve(&context.process).directory;
    let git = find_root(&directory).map(|root| Git::new(&root, manner_of(context)));
    Ok(git.and_then(|git| Some(Remote::named(&git, "origin").ok()?.url().clone())))
}

fn show(context: &Context, given: Vec<Setting>) -> Result<(), Error> {
    let world = look::world(context)?;
    let mut settings = given;
    for (variable, key) in FORGE_VARIABLES {
        let set = context.process.variable(variable);
        settings.extend(set.map(|value| Setting {
            key: key.to_owned(),
            value: redact(value).into_owned(),
            origin: variable.to_owned(),
        }));
    }
    let in_effect: Vec<Setting> = config::show(&world, remote(context)?.as_ref())?;
    let is_open = |it: &Setting| !settings.iter().any(|given| given.key == it.key);
    let in_effect: Vec<Setting> = in_effect.into_iter().filter(is_open).collect();
    settings.extend(in_effect);
    let ci = [
        "GITHUB_ACTIONS",
        "GITLAB_CI",
        "CIRCLECI",
        "BUILDKITE",
        "TF_BUILD",
        "JENKINS_URL",
        "CI",
    ]
    .into_iter()
    .find(|name| context.process.variable(name).is_some());
    match context.output {
        Output::Json => {
            let values: Vec<Value> = settings
                .iter()
                .map(|it| json!({ "key": it.key, "value": it.value, "origin": it.origin }))
                .collect();
            let document = json!({
                "schema": output::SCHEMA, "command": context.name, "file": world.loaded.file, "values": values, "ci": ci,
                "warnings": [],
            });
            output::json(&context.ui, &document)
        }
        Output::Name => context.ui.data(
            settings
                .iter()
                .map(|setting| format!("{}\n", setting.key))
                .collect::<String>(),
        ),
        Output::Text => {
            let mut table = Table::new(&["KEY", "VALUE", "ORIGIN"]);
            for setting in settings {
                table.row([setting.key, setting.value, setting.origin]);
            }
            context.ui.table(&table)?;
            if let Some(ci) = ci {
                context.ui.talk(format!("running in CI (`{ci}` is set)"));
            }
            Ok(())
        }
    }
}

fn check(context: &Context) -> Result<(), Error> {
    let world = look::world(context)?;
    let checked = config::check(&world)?;
    let file = world.loaded.file.as_deref();
    if context.output == Output::Json {
        let notes = checked.notes.iter().map(|note| report::json(Level::Warning, note));
        let document = json!({
            "schema": output::SCHEMA, "command": context.name, "file": file, "ok": true,
            "environments": checked.environments, "warnings": notes.collect::<Vec<_>>(),
        });
        return output::json(&context.ui, &document);
    }
    checked.notes.iter().for_each(|note| context.ui.warn(note));
    let environments = plural::count(checked.environments.len(), "environment");
    match file {
        Some(file) => context.ui.talk(format!("{file} is right: {environments}")),
        None => context.ui.talk(format!(
            "there is no rakops.yaml, and none is needed: {environments} inferred"
        )),
    }
    Ok(())
}
