//! `rakops terraform`: what stands around a plan of Terraform or OpenTofu. It runs neither.

mod comment;
mod gate;
mod input;
mod record;
mod summary;

use clap::{Args, Subcommand};

use super::{Context, Outcome};
use crate::error::Error;

/// Sum up plans of Terraform, comment on them, and guard their apply
#[derive(Args, Debug)]
pub(super) struct TerraformArgs {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand, Debug)]
enum Command {
    Summary(summary::SummaryArgs),
    Comment(Box<comment::CommentArgs>),
    Gate(Box<gate::GateArgs>),
}

impl TerraformArgs {
    pub(super) fn name(&self) -> &'static str {
        match self.command {
            Command::Summary(_) => "terraform summary",
            Command::Comment(_) => "terraform comment",
            Command::Gate(_) => "terraform gate",
        }
    }
}

pub(super) fn run(context: &Context, args: TerraformArgs) -> Result<Outcome, Error> {
    match args.command {
        Command::Summary(args) => summary::run(context, &args),
        Command::Comment(args) => comment::run(context, &args),
        Command::Gate(args) => gate::run(context, &args),
    }
}
