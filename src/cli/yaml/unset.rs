//! `rakops yaml unset`.

use clap::Args;

use super::{DocumentArgs, Editing, Rule, edit};
use crate::cli::landing::{LandingArgs, TokenArgs};
use crate::cli::{Context, Outcome};
use crate::error::Error;
use crate::ops::yaml::{self, Typing, Wish, Writing};
use crate::yaml::{AliasPolicy, Missing};

/// Take keys and items out of a YAML file, with their own comments
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  rakops yaml unset values.yaml image.digest
  rakops yaml unset kustomization.yaml 'images[name=acme/api]'")]
pub(super) struct UnsetArgs {
    /// The file; - reads standard input and writes standard output
    #[arg(value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    file: String,

    /// Paths of what goes
    #[arg(value_name = "PATH", required = true)]
    paths: Vec<String>,

    #[command(flatten)]
    document: DocumentArgs,

    /// Lift this rule
    #[arg(long, value_name = "RULE", value_enum, value_delimiter = ',')]
    allow: Vec<Rule>,

    #[command(flatten)]
    landing: LandingArgs,

    #[command(flatten)]
    token: TokenArgs,
}

pub(super) fn run(context: &Context, args: UnsetArgs) -> Result<Outcome, Error> {
    let wishes = args
        .paths
        .iter()
        .map(|path| yaml::parse_path(path).map(Wish::Unset))
        .collect::<Result<Vec<_>, Error>>()?;
    let writing = Writing {
        typing: Typing::AsBefore,
        missing: Missing::Refuse,
        alias: AliasPolicy::Refuse,
    };
    edit(
        context,
        &Editing {
            file: &args.file,
            chosen: args.document.chosen()?,
            wishes: &wishes,
            writing,
            landing: &args.landing,
            token: &args.token,
            allow: &args.allow,
        },
    )
}
