//! `rakops overlay fix`.

use clap::Args;

use super::{EditArgs, Editing, edit};
use crate::cli::{Context, Outcome};
use crate::error::Error;
use crate::ops::overlay::fields;

/// Write deprecated fields of one environment as those that replaced them
///
/// `bases`, `patchesStrategicMerge`, `patchesJson6902`, `commonLabels`, `imageTags` and `env` of generators. Every comment stays,
/// and what is built stays the same.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  rakops overlay fix prd -n
  rakops overlay fix prd --pr")]
pub(super) struct FixArgs {
    /// The environment
    #[arg(value_name = "ENV")]
    environment: String,

    #[command(flatten)]
    pub(super) edit: EditArgs,
}

pub(super) fn run(context: &Context, args: &FixArgs) -> Result<Outcome, Error> {
    let scope = args.edit.scope(&args.environment);
    let editing = Editing {
        environment: &args.environment,
        args: &args.edit,
        subjects: vec!["kustomization".to_owned()],
        plan: &|world| fields::fix(world, &scope),
    };
    edit(context, &editing)
}
