//! `rakops rollback`.

use clap::Args;

use super::landing::{self, Asked, LandingArgs, TokenArgs, Usual};
use super::promote::show;
use super::rules::{self, Lifted};
use super::{Context, Outcome, ci};
use crate::change::set::ChangeSet;
use crate::error::Error;
use crate::image::Name;
use crate::landing::Landed;
use crate::ops::rollback::{self, Far, RollbackRequest, What};
use crate::ops::standing::Tips;
use crate::ui::prompt;

/// Go back to what an environment ran before
///
/// Takes back the last landing that changed a version there, with the settings that came along. A second rollback goes back
/// one landing more. A pull request is opened unless another landing is named.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  rakops rollback prd                   the last landing that changed a version
  rakops rollback prd api               the last one that changed this image's
  rakops rollback prd --steps 2         the last two
  rakops rollback prd --to 1f3c9ab      to what it ran at this commit
  rakops rollback prd -n                only show it")]
pub(super) struct RollbackArgs {
    /// The environment
    #[arg(value_name = "ENV")]
    environment: String,

    /// Take back versions of these images only
    #[arg(value_name = "IMAGE")]
    images: Vec<String>,

    /// Take back so many landings (1 if absent)
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..), conflicts_with = "to")]
    steps: Option<u16>,

    /// Go back to what was there at this commit of the environment's branch
    #[arg(long, value_name = "REV")]
    to: Option<String>,

    /// Take back versions, and leave the settings that came with them
    #[arg(long)]
    versions_only: bool,

    /// Read the branches that are here, and fetch nothing
    #[arg(long)]
    local: bool,

    /// Lift these rules
    #[arg(long, value_name = "RULE", value_parser = rules::parser(), value_delimiter = ',')]
    allow: Vec<Lifted>,

    #[command(flatten)]
    landing: LandingArgs,

    #[command(flatten)]
    token: TokenArgs,
}

pub(super) fn run(context: &Context, args: &RollbackArgs) -> Result<Outcome, Error> {
    let images = args.images.iter().map(|name| Name::parse(name));
    let request = RollbackRequest {
        environment: args.environment.clone(),
        images: images.collect::<Result<Vec<Name>, _>>()?,
        far: match &args.to {
            Some(revision) => Far::To(revision.clone()),
            None => Far::Steps(args.steps.map_or(1, usize::from)),
        },
        what: if args.versions_only {
            What::Versions
        } else {
            What::Whole
        },
        tips: if args.local { Tips::Local } else { Tips::Remote },
    };
    let asked = Asked {
        usual: Usual::PullRequest,
        landing: &args.landing,
        token: &args.token,
        allow_protected: rules::protected(&args.allow),
        unchecked: rules::unchecked(&args.allow),
    };
    let landed = landing::land(context, &asked, &|ground, lander| {
        let look = rollback::look(ground, &lander.order, &request)?;
        for step in &look.steps {
            context
                .ui
                .talk(format!("takes back {} {}", step.commit.short(), step.title));
        }
        if !context.manner.dry_run && !context.ui.agrees() {
            let planned = rollback::run(ground, (&look, &request), &|work| lander.preview(ground, work))?;
            let plans: Vec<&ChangeSet> = planned.iter().map(|one| &one.change_set).collect();
            show::story(context, &plans);
            let question = format!("roll {} back?", args.environment);
            if prompt::confirm_write(&context.ui, &question)? != Some(true) {
                return Err(prompt::cancelled());
            }
        }
        rollback::run(ground, (&look, &request), &|work| lander.run(ground, work))
    })?;
    let plans: Vec<&ChangeSet> = landed.iter().map(|one| &one.change_set).collect();
    ci::outputs::tell(context, &plans, &landed)?;
    show::plans(context, &plans, &landed)?;
    landing::say(context, &landed)?;
    Ok(if landed.iter().any(Landed::has_changed) {
        Outcome::Changed
    } else {
        Outcome::Done
    })
}
