//! `rakops yaml set`.

use clap::Args;

use super::{DocumentArgs, Editing, Rule, edit};
use crate::cli::bump::Alias;
use crate::cli::landing::{LandingArgs, TokenArgs};
use crate::cli::{Context, Outcome};
use crate::error::Error;
use crate::ops::yaml::{self, Typing, Writing};
use crate::yaml::Missing;

/// Set values of a YAML file and change no other byte
///
/// Quotes stay as they are, and are added where a reader would otherwise not read a string. Over a number or boolean a
/// text of the same sort is written as it is. A key that is not there is made.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  rakops yaml set values.yaml image.tag=1.10
  rakops yaml set deploy.yaml spec.replicas=5 'spec.template.spec.containers[name=app].image=acme/app:2'
  helm show values chart | rakops yaml set - image.tag=1.10 > values.yaml")]
pub(super) struct SetArgs {
    /// The file; - reads standard input and writes standard output
    #[arg(value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    file: String,

    /// Paths and their new values
    #[arg(value_name = "PATH=VALUE", required = true)]
    assignments: Vec<String>,

    #[command(flatten)]
    document: DocumentArgs,

    /// Write the values as strings, whatever stands there
    #[arg(long, conflicts_with = "bare")]
    string: bool,

    /// Write the values as they are: numbers, booleans or null
    #[arg(long)]
    bare: bool,

    /// Make the mappings above a key, too, where they are not there
    #[arg(short, long)]
    parents: bool,

    /// What to do about an alias: change its anchor, or detach it
    #[arg(long, value_name = "HOW", value_enum, default_value_t = Alias::Refuse)]
    alias: Alias,

    /// Lift this rule
    #[arg(long, value_name = "RULE", value_enum, value_delimiter = ',')]
    allow: Vec<Rule>,

    #[command(flatten)]
    landing: LandingArgs,

    #[command(flatten)]
    token: TokenArgs,
}

pub(super) fn run(context: &Context, args: SetArgs) -> Result<Outcome, Error> {
    let wishes = args
        .assignments
        .iter()
        .map(|word| yaml::parse_assignment(word))
        .collect::<Result<Vec<_>, Error>>()?;
    let typing = match (args.string, args.bare) {
        (true, _) => Typing::String,
        (_, true) => Typing::Bare,
        (false, false) => Typing::AsBefore,
    };
    let writing = Writing {
        typing,
        missing: if args.parents {
            Missing::CreateParents
        } else {
            Missing::Create
        },
        alias: args.alias.policy(),
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
