//! `rakops overlay unset`.

use clap::Args;

use super::{EditArgs, Editing, edit};
use crate::cli::{Context, Outcome};
use crate::error::Error;
use crate::manifest::overlay::Wish;
use crate::ops::overlay::settings::{self, What};
use crate::ops::yaml;

/// Take fields of an object back to what the base says
///
/// With the last field a patch goes, too, and the line that registers it.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  rakops overlay unset prd Deployment/api spec.replicas
  rakops overlay unset prd ConfigMap/app data.LOG_LEVEL --pr")]
pub(super) struct UnsetArgs {
    /// The environment
    #[arg(value_name = "ENV")]
    environment: String,

    /// The object, or a file of the environment
    #[arg(value_name = "KIND/NAME")]
    what: String,

    /// The fields
    #[arg(value_name = "PATH", required = true)]
    paths: Vec<String>,

    #[command(flatten)]
    pub(super) edit: EditArgs,
}

pub(super) fn run(context: &Context, args: &UnsetArgs) -> Result<Outcome, Error> {
    let what = What::parse(&args.what)?;
    let paths = args.paths.iter().map(|path| yaml::parse_path(path).map(Wish::Unset));
    let wishes = paths.collect::<Result<Vec<Wish>, Error>>()?;
    let scope = args.edit.scope(&args.environment);
    let editing = Editing {
        environment: &args.environment,
        args: &args.edit,
        subjects: std::iter::once(args.what.clone())
            .chain(args.paths.iter().cloned())
            .collect(),
        plan: &|world| settings::edit(world, &scope, (&what, &wishes)),
    };
    edit(context, &editing)
}
