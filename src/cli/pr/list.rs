//! `rakops pr list`.

use clap::Args;
use serde_json::json;

use super::document;
use super::host::{HostArgs, with_desk};
use crate::cli::manner::Output;
use crate::cli::{Context, Outcome, output};
use crate::error::Error;
use crate::git::names::BranchName;
use crate::ops::pull_request;
use crate::ui::table::Table;

/// List the open pull requests
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  rakops pr list                  all of them
  rakops pr list --onto staging   those for one branch")]
pub(super) struct ListArgs {
    /// Only those that are meant for this branch
    #[arg(long, value_name = "BRANCH")]
    onto: Option<String>,

    #[command(flatten)]
    host: HostArgs,
}

pub(super) fn run(context: &Context, args: &ListArgs) -> Result<Outcome, Error> {
    let base = args.onto.as_deref().map(BranchName::parse).transpose()?;
    let step = context.ui.begin("asking for pull requests", None);
    let found = with_desk(context, &args.host, |desk| pull_request::list(desk, base.as_ref()))?;
    drop(step);
    let ui = &context.ui;
    match context.output {
        Output::Json => {
            let list: Vec<_> = found.iter().map(|pr| document(pr, false)).collect();
            let document = json!({
                "schema": output::SCHEMA, "command": context.name, "pull_requests": list, "warnings": [],
            });
            output::json(ui, &document)?;
        }
        Output::Name => ui.data(found.iter().map(|pr| format!("{}\n", pr.url)).collect::<String>())?,
        Output::Text => {
            let mut table = Table::new(&["NUMBER", "BRANCH", "BASE", "TITLE", "AUTHOR"]);
            for pr in &found {
                table.row([
                    pr.number.to_string(),
                    pr.lane.head.to_string(),
                    pr.lane.base.to_string(),
                    pr.title.clone(),
                    pr.author.clone().unwrap_or_else(|| "-".to_owned()),
                ]);
            }
            ui.table(&table)?;
        }
    }
    if found.is_empty() {
        ui.talk("no pull request is open");
    }
    Ok(Outcome::Done)
}
