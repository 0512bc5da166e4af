//! `rakops check`.

use clap::Args;
use serde_json::{Value, json};

use super::manner::Output;
use super::{Context, Outcome, images, look, output};
use crate::config::model;
use crate::error::{Error, Place};
use crate::ops::check::{self, CheckReport, CheckRequest, Finding};
use crate::ui::plural;
use crate::ui::report::{self, Level};
use crate::ui::table::Table;

/// Look for what cannot be right in a change
///
/// Under the strategy trunk: files that several environments share and that the ones before the last have not tried on a branch
/// (`untried`). Under the others: what names the branch or the directory of another environment (`foreign-ref`). Exits with
/// 1 if anything is found that is more than a warning.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  rakops check                       what this branch has and the default branch has not
  rakops check origin/main...HEAD    since the two parted
  rakops check --env prd             as what production would get
  rakops check -o json               for a script")]
pub(super) struct CheckArgs {
    /// A..B compares the two, A...B since they parted, or one revision
    ///
    /// Of one revision, what it has since it left the default branch; on the default branch, its own change. HEAD if absent.
    #[arg(value_name = "RANGE")]
    range: Option<String>,

    /// The environments that the change is for; those of its branch if absent
    #[arg(short, long, value_name = "ENV", value_delimiter = ',')]
    env: Vec<String>,
}

pub(super) fn run(context: &Context, args: &CheckArgs) -> Result<Outcome, Error> {
    let ground = look::ground(context)?;
    let request = CheckRequest {
        range: args.range.clone(),
        environments: args.env.clone(),
    };
    let report = check::check(&ground, &request)?;
    show(context, &report)?;
    Ok(if report.is_ok() { Outcome::Done } else { Outcome::Found })
}

fn show(context: &Context, found: &CheckReport) -> Result<(), Error> {
    let ui = &context.ui;
    match context.output {
        Output::Json => return output::json(ui, &document(found)),
        Output::Name => {
            let line = |finding: &Finding| format!("{} {}\n", finding.error.code, place(finding));
            ui.data(found.findings.iter().map(line).collect::<String>())?;
        }
        Output::Text if found.findings.is_empty() => {}
        Output::Text => {
            let mut table = Table::new(&["PLACE", "LEVEL", "RULE", "ENVIRONMENT"]);
            for finding in &found.findings {
                table.row([
                    place(finding),
                    level(finding).to_owned(),
                    finding.error.code.to_owned(),
                    finding.environments.join(","),
                ]);
            }
            ui.table(&table)?;
        }
    }
    for finding in &found.findings {
        match finding.level {
            model::Level::Error => ui.report(&finding.error),
            model::Level::Warn | model::Level::Off => ui.warn(&finding.error),
        }
    }
    found.warnings.iter().for_each(|warning| ui.warn(warning));
    for (rule, why) in &found.not_run {
        ui.detail(format!("not looked at: {rule} ({why})"));
    }
    let what = match found.findings.len() {
        0 => "nothing found".to_owned(),
        several => plural::count(several, "finding"),
    };
    ui.talk(format!("{}: {what} ({})", found.range, found.ran.join(", ")));
    Ok(())
}

fn place(finding: &Finding) -> String {
    finding.error.place.as_deref().map(Place::to_string).unwrap_or_default()
}

fn level(finding: &Finding) -> &'static str {
    match finding.level {
        model::Level::Error => "error",
        model::Level::Warn | model::Level::Off => "warning",
    }
}

fn document(found: &CheckReport) -> Value {
    let findings: Vec<Value> = found
        .findings
        .iter()
        .map(|finding| {
            let of = match finding.level {
                model::Level::Error => Level::Error,
                model::Level::Warn | model::Level::Off => Level::Warning,
            };
            let mut one = report::json(of, &finding.error);
            one["image"] = Value::Null;
            one["environment"] = json!(images::only(&finding.environments));
            one["environments"] = json!(finding.environments);
            one
        })
        .collect();
    let not_run: Vec<Value> = found
        .not_run
        .iter()
        .map(|(code, reason)| json!({ "code": code, "reason": reason }))
        .collect();
    let warnings: Vec<Value> = found
        .warnings
        .iter()
        .map(|warning| report::json(Level::Warning, warning))
        .collect();
    json!({
        "schema": output::SCHEMA, "command": "check", "ok": found.is_ok(), "range": found.range, "findings": findings,
        "ran": found.ran, "not_run": not_run, "warnings": warnings,
    })
}
