//! `rakops drift`.

use clap::Args;
use serde_json::{Value, json};

use super::look::{self, History, ReadArgs};
use super::manner::Output;
use super::{Context, Outcome, output};
use crate::error::Error;
use crate::ops::drift::{self, DriftReport, DriftRequest, Finding};
use crate::strategy::omission::{Certainty, Why};
use crate::text::time;
use crate::ui::report::{self, Level};
use crate::ui::table::Table;

/// Find changes that were forgotten on the way
///
/// Tells what was omitted from what is merely pending: a newer change has passed it, a later environment has it and an
/// earlier one lacks it, or it has waited for longer than `drift.grace`. Each comes with the command that repairs it.
/// Exits 1 if anything was omitted.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  rakops drift                 every environment against the next
  rakops drift prd             what production lacks
  rakops drift --all           what is merely pending, too
  rakops drift -o json         for a nightly job")]
pub(super) struct DriftArgs {
    /// Environments or groups that may lack something; all if none is named
    #[arg(value_name = "ENV")]
    environments: Vec<String>,

    /// List what is pending, too
    #[arg(long)]
    all: bool,

    #[command(flatten)]
    read: ReadArgs,
}

pub(super) fn run(context: &Context, args: &DriftArgs) -> Result<Outcome, Error> {
    let request = DriftRequest {
        environments: args.environments.clone(),
        now: context.process.now(),
        cache: Some(context.process.cache().join("drift")),
    };
    let report = look::standing(context, (&args.read, History::Whole), &|seen| {
        let step = context.ui.begin("comparing environments", None);
        let report = drift::drift(seen.ground, seen.standing, &request)?;
        step.advance(u32::try_from(seen.standing.environments.list.len()).unwrap_or(0));
        step.done("compared", "environment");
        Ok(report)
    })?;
    show(context, args, &report)?;
    Ok(match report.has_omissions() {
        true => Outcome::Found,
        false => Outcome::Done,
    })
}

fn show(context: &Context, args: &DriftArgs, report: &DriftReport) -> Result<(), Error> {
    let ui = &context.ui;
    let shown = || {
        let pending = report.pending.iter().filter(|_| args.all);
        report.omitted.iter().chain(&report.not_carried_back).chain(pending)
    };
    match context.output {
        Output::Json => return output::json(ui, &document(args, report)),
        Output::Name => ui.data(shown().map(|it| format!("{}\n", it.omission.id)).collect::<String>())?,
        Output::Text => {
            let mut table = Table::new(&["CHANGE", "TITLE", "AUTHOR", "SINCE", "IN", "MISSING FROM", "WHY"]);
            for it in shown() {
                table.row([
                    super::promote::show::short(&it.omission.id).to_owned(),
                    it.omission.title.clone(),
                    it.omission.author.clone(),
                    time::day(it.omission.at),
                    it.has.join(","),
                    it.lacks.join(","),
                    why(it),
                ]);
            }
            ui.table(&table)?;
            for it in report.omitted.iter().chain(&report.not_carried_back) {
                ui.talk(format!("repair: {}", it.repair));
            }
        }
    }
    report.warnings.iter().for_each(|warning| ui.warn(warning));
    if report.expected > 0 {
        ui.talk(format!("{} expected by `drift.expected`", report.expected));
    }
    if !report.has_omissions() {
        ui.talk(match report.pending.len() {
            0 => "nothing was forgotten".to_owned(),
            many => format!("nothing was forgotten; {many} pending (--all lists them)"),
        });
    }
    Ok(())
}

fn why(finding: &Finding) -> String {
    let why = match finding.omission.why {
        Why::Passed => "a newer change has passed it",
        Why::OlderThanGrace => "has waited for too long",
        Why::Hotfix => "was never carried back",
        Why::Pending => "pending",
        Why::RolledBack => "taken back on purpose",
    };
    match finding.omission.certainty {
        Certainty::Sure => why.to_owned(),
        Certainty::Likely => format!("{why} (likely)"),
    }
}

fn document(args: &DriftArgs, report: &DriftReport) -> Value {
    let certainty = |it: &Finding| match it.omission.certainty {
        Certainty::Sure => "sure",
        Certainty::Likely => "likely",
    };
    let forward = |it: &Finding| {
        json!({
            "id": it.omission.id, "commit": it.omission.commit.as_str(), "title": it.omission.title,
            "author": it.omission.author, "merged_at": time::moment(it.omission.at), "in": it.has,
            "missing_from": it.lacks, "files": it.omission.files, "certainty": certainty(it),
            "why": it.omission.why.as_str(), "repair": it.repair,
        })
    };
    let back = |it: &Finding| {
        json!({
            "id": it.omission.id, "commit": it.omission.commit.as_str(), "title": it.omission.title,
            "author": it.omission.author, "at": time::moment(it.omission.at), "in": it.has.join(","),
            "missing_from": it.lacks, "files": it.omission.files, "certainty": certainty(it), "repair": it.repair,
        })
    };
    let pending: Vec<Value> = report.pending.iter().filter(|_| args.all).map(forward).collect();
    let warnings: Vec<Value> = report
        .warnings
        .iter()
        .map(|it| report::json(Level::Warning, it))
        .collect();
    json!({
        "schema": output::SCHEMA, "command": "drift", "expected": report.expected,
        "omitted": report.omitted.iter().map(forward).collect::<Vec<_>>(),
        "not_carried_back": report.not_carried_back.iter().map(back).collect::<Vec<_>>(),
        "pending": pending, "warnings": warnings,
    })
}
