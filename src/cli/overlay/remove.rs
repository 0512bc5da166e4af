//! `rakops overlay remove`.

use clap::Args;

use super::EditArgs;
use super::fields::{self, FieldArgs, FieldEdit, FieldName};
use crate::cli::{Context, Outcome};
use crate::error::Error;
use crate::manifest::fields::Verb;

/// Remove resources, patches, labels and more from one environment
///
/// The comments that belong to what is removed go along; a field that is left empty goes, too.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  rakops overlay remove prd resource hpa.yaml
  rakops overlay remove prd patch memory.yaml --kind Deployment --name api
  rakops overlay remove prd label team --pr")]
pub(super) struct RemoveArgs {
    /// The environment
    #[arg(value_name = "ENV")]
    environment: String,

    /// The field of the overlay's kustomization
    #[arg(value_name = "WHAT", value_enum)]
    what: FieldName,

    /// Paths, names or keys, as they stand there
    #[arg(value_name = "WORD")]
    words: Vec<String>,

    #[command(flatten)]
    options: FieldArgs,

    #[command(flatten)]
    pub(super) edit: EditArgs,
}

pub(super) fn run(context: &Context, args: &RemoveArgs) -> Result<Outcome, Error> {
    fields::run(
        context,
        &FieldEdit {
            verb: Verb::Remove,
            environment: &args.environment,
            field: args.what,
            words: &args.words,
            options: &args.options,
            edit: &args.edit,
        },
    )
}
