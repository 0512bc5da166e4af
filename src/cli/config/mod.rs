//! `rakops config`: what is in effect, whether the file is right, and its schema.

use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::manner::Output;
use super::{Context, Outcome, output};
use crate::config::schema;
use crate::error::Error;
use crate::ops::config;
use crate::ops::world::World;
use crate::ui::plural;
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

pub(super) fn run(context: &Context, args: ConfigArgs) -> Result<Outcome, Error> {
    match args.command {
        Command::Show => show(context)?,
        Command::Check => check(context)?,
        Command::Schema => context.ui.data(schema::json())?,
    }
    Ok(Outcome::Done)
}

fn show(context: &Context) -> Result<(), Error> {
    let world = World::look(&context.place.resolve(&context.process))?;
    let settings = config::show(&world)?;
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
    let world = World::look(&context.place.resolve(&context.process))?;
    world.declared()?;
    let environments = config::environments(&world);
    if let Some(error) = environments.ambiguous {
        return Err(error);
    }
    let file = world.loaded.file.as_deref();
    let count = environments.list.len();
    if context.output == Output::Json {
        let document = json!({
            "schema": output::SCHEMA, "command": context.name, "file": file, "ok": true,
            "environments": environments.list.iter().map(|it| &it.name).collect::<Vec<_>>(), "warnings": [],
        });
        return output::json(&context.ui, &document);
    }
    for environment in &environments.list {
        for path in environment
            .paths
            .iter()
            .filter(|path| !path.contains(['*', '?', '[', '{']))
        {
            if world
                .present(&environments, &[])
                .iter()
                .any(|it| it.name == environment.name)
                && !world.snapshot.has_directory(path)
            {
                context
                    .ui
                    .talk(format!("note: `{}` has no directory `{path}` here", environment.name));
            }
        }
    }
    let environments = plural::count(count, "environment");
    match file {
        Some(file) => context.ui.talk(format!("{file} is right: {environments}")),
        None => context.ui.talk(format!(
            "there is no rakops.yaml, and none is needed: {environments} inferred"
        )),
    }
    Ok(())
}
