//! `rakops overlay new`.

use clap::Args;

use super::{EditArgs, Editing, edit};
use crate::cli::{Context, Outcome};
use crate::error::Error;
use crate::ops::overlay::new::{self, NewRequest};

/// Make a new environment by copying another
///
/// Files are copied, and the environment's name is replaced where it names the environment: names, namespaces, prefixes,
/// references. What still says the old name is told, such as hosts and comments.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  rakops overlay new uat --from stg
  rakops overlay new uat --from stg --namespace pay-uat -n
  rakops overlay new prd-us --from prd-eu --path overlays/prd/us --pr")]
pub(super) struct NewArgs {
    /// The new environment
    #[arg(value_name = "NAME")]
    name: String,

    /// The environment that it is made from
    #[arg(long, value_name = "ENV")]
    from: String,

    /// The branch that the new environment follows, where each has one
    #[arg(long = "env-branch", value_name = "NAME")]
    env_branch: Option<String>,

    /// The namespace of the new environment
    #[arg(long, value_name = "NAME")]
    namespace: Option<String>,

    #[command(flatten)]
    pub(super) edit: EditArgs,
}

pub(super) fn run(context: &Context, args: &NewArgs) -> Result<Outcome, Error> {
    let request = NewRequest {
        name: args.name.clone(),
        from: args.from.clone(),
        path: args.edit.path.clone(),
        namespace: args.namespace.clone(),
        branch: args.env_branch.clone(),
    };
    let mut how = args.edit.clone();
    let landing = &mut how.landing;
    if landing.message.is_none() && (landing.commit || landing.push || landing.pr) {
        landing.message = Some(format!("Make the environment {} from {}", args.name, args.from));
    }
    edit(
        context,
        &Editing {
            environment: &args.from,
            args: &how,
            subjects: vec![args.name.clone()],
            plan: &|world| new::plan(world, &request),
        },
    )
}
