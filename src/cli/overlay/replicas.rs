//! `rakops overlay replicas`.

use clap::Args;

use super::{EditArgs, Editing, edit};
use crate::cli::{Context, Outcome};
use crate::error::Error;
use crate::manifest::overlay::Target;
use crate::ops::overlay::short::{self, Short};

/// Set how many replicas of an object run in one environment
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  rakops overlay replicas prd Deployment/api 5
  rakops overlay replicas prd Deployment/api 5 --pr")]
pub(super) struct ReplicasArgs {
    /// The environment
    #[arg(value_name = "ENV")]
    environment: String,

    /// The object
    #[arg(value_name = "KIND/NAME")]
    object: String,

    /// How many
    #[arg(value_name = "COUNT")]
    count: u32,

    #[command(flatten)]
    pub(super) edit: EditArgs,
}

pub(super) fn run(context: &Context, args: &ReplicasArgs) -> Result<Outcome, Error> {
    let target = Target::parse(&args.object)?;
    let scope = args.edit.scope(&args.environment);
    edit(
        context,
        &Editing {
            environment: &args.environment,
            args: &args.edit,
            subjects: vec![args.object.clone()],
            plan: &|world| short::edit(world, &scope, (&target, &Short::Replicas(args.count))),
        },
    )
}
