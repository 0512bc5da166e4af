//! `rakops overlay add`.

use clap::Args;

use super::EditArgs;
use super::fields::{self, FieldArgs, FieldEdit, FieldName};
use crate::cli::{Context, Outcome};
use crate::error::Error;
use crate::manifest::fields::Verb;

/// Add resources, patches, labels and more to one environment
///
/// What `kustomize edit add` adds, with every other byte of the kustomization left as it is.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  rakops overlay add prd resource hpa.yaml
  rakops overlay add prd patch memory.yaml --kind Deployment --name api
  rakops overlay add prd configmap app --from-literal LOG_LEVEL=debug
  rakops overlay add prd label team:shop --pr")]
pub(super) struct AddArgs {
    /// The environment
    #[arg(value_name = "ENV")]
    environment: String,

    /// The field of the overlay's kustomization
    #[arg(value_name = "WHAT", value_enum)]
    what: FieldName,

    /// Paths, names, or KEY:VALUE; paths are seen from the overlay
    #[arg(value_name = "WORD")]
    words: Vec<String>,

    #[command(flatten)]
    options: FieldArgs,

    #[command(flatten)]
    pub(super) edit: EditArgs,
}

pub(super) fn run(context: &Context, args: &AddArgs) -> Result<Outcome, Error> {
    fields::run(
        context,
        &FieldEdit {
            verb: Verb::Add,
            environment: &args.environment,
            field: args.what,
            words: &args.words,
            options: &args.options,
            edit: &args.edit,
        },
    )
}
