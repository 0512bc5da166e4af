//! `rakops overlay env-var`.

use clap::Args;

use super::{EditArgs, Editing, edit};
use crate::cli::{Context, Outcome};
use crate::error::{Error, Hint, Kind};
use crate::manifest::overlay::Target;
use crate::ops::overlay::short::{self, Short};

/// Set environment variables of a container in one environment
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  rakops overlay env-var prd Deployment/api LOG_LEVEL=debug
  rakops overlay env-var prd Deployment/api --container worker POOL=20 --pr
  rakops overlay env-var prd Deployment/api LOG_LEVEL-      take the overlay's value away")]
pub(super) struct EnvVarArgs {
    /// The environment
    #[arg(value_name = "ENV")]
    environment: String,

    /// The object
    #[arg(value_name = "KIND/NAME")]
    object: String,

    /// Variables and their values; NAME- takes the overlay's own value away
    #[arg(value_name = "KEY=VALUE", required = true)]
    variables: Vec<String>,

    /// The container, where there are several
    #[arg(short, long, value_name = "NAME")]
    container: Option<String>,

    #[command(flatten)]
    pub(super) edit: EditArgs,
}

pub(super) fn run(context: &Context, args: &EnvVarArgs) -> Result<Outcome, Error> {
    let target = Target::parse(&args.object)?;
    let variables = args.variables.iter().map(|word| variable(word));
    let short = Short::EnvVars {
        container: args.container.clone(),
        variables: variables.collect::<Result<Vec<_>, Error>>()?,
    };
    let scope = args.edit.scope(&args.environment);
    let names = args
        .variables
        .iter()
        .map(|word| word.split('=').next().unwrap_or(word).to_owned());
    edit(
        context,
        &Editing {
            environment: &args.environment,
            args: &args.edit,
            subjects: std::iter::once(args.object.clone()).chain(names).collect(),
            plan: &|world| short::edit(world, &scope, (&target, &short)),
        },
    )
}

fn variable(word: &str) -> Result<(String, Option<String>), Error> {
    match (word.split_once('='), word.strip_suffix('-')) {
        (Some((name, value)), _) if !name.is_empty() => Ok((name.to_owned(), Some(value.to_owned()))),
        (None, Some(name)) if !name.is_empty() => Ok((name.to_owned(), None)),
        _ => Err(Error::new(
            Kind::Usage,
            "not-a-variable",
            format!("`{word}` is not of the form KEY=VALUE"),
        )
        .hint(Hint::Say(
            "for example: LOG_LEVEL=debug, or LOG_LEVEL- to take it away".into(),
        ))),
    }
}
