//! `rakops overlay resources`.

use clap::Args;

use super::{EditArgs, Editing, edit};
use crate::cli::{Context, Outcome};
use crate::error::{Error, Hint, Kind};
use crate::manifest::overlay::Target;
use crate::ops::overlay::short::{self, Short};

/// Set requests and limits of a container in one environment
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  rakops overlay resources prd Deployment/api --limits memory=1Gi
  rakops overlay resources prd Deployment/api --requests cpu=200m,memory=512Mi --limits memory=1Gi --pr
  rakops overlay resources prd Deployment/api --limits cpu-      take the overlay's value away")]
pub(super) struct ResourcesArgs {
    /// The environment
    #[arg(value_name = "ENV")]
    environment: String,

    /// The object
    #[arg(value_name = "KIND/NAME")]
    object: String,

    /// What it gets at least; NAME- takes the overlay's value away
    #[arg(
        long,
        value_name = "NAME=QUANTITY",
        value_delimiter = ',',
        required_unless_present = "limits"
    )]
    requests: Vec<String>,

    /// What it gets at most
    #[arg(long, value_name = "NAME=QUANTITY", value_delimiter = ',')]
    limits: Vec<String>,

    /// The container, where there are several
    #[arg(short, long, value_name = "NAME")]
    container: Option<String>,

    #[command(flatten)]
    pub(super) edit: EditArgs,
}

pub(super) fn run(context: &Context, args: &ResourcesArgs) -> Result<Outcome, Error> {
    let target = Target::parse(&args.object)?;
    let requests = args.requests.iter().map(|word| resource("requests", word));
    let limits = args.limits.iter().map(|word| resource("limits", word));
    let short = Short::Resources {
        container: args.container.clone(),
        wanted: requests.chain(limits).collect::<Result<Vec<_>, Error>>()?,
    };
    let scope = args.edit.scope(&args.environment);
    let words = args.requests.iter().chain(&args.limits);
    let names = words.map(|word| word.split('=').next().unwrap_or(word).to_owned());
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

fn resource(side: &'static str, word: &str) -> Result<(&'static str, String, Option<String>), Error> {
    match (word.split_once('='), word.strip_suffix('-')) {
        (Some((name, value)), _) if !name.is_empty() && !value.is_empty() => {
            Ok((side, name.to_owned(), Some(value.to_owned())))
        }
        (None, Some(name)) if !name.is_empty() => Ok((side, name.to_owned(), None)),
        _ => Err(Error::new(
            Kind::Usage,
            "not-a-resource",
            format!("`{word}` is not of the form NAME=QUANTITY"),
        )
        .hint(Hint::Say("for example: memory=1Gi, or memory- to take it away".into()))),
    }
}
