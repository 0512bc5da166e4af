//! `rakops terraform summary`.

use std::io::Read;

use clap::Args;
use serde_json::{Value, json};

use super::input;
use crate::cli::manner::Output;
use crate::cli::{Context, Outcome, output};
use crate::error::{Error, Hint, Kind};
use crate::ops::terraform::plan::{Action, Origin, Plan, Row};
use crate::ops::terraform::read;
use crate::ops::terraform::same::Deeds;
use crate::ui::plural;
use crate::ui::report::{self, Level};
use crate::ui::table::Table;

/// How many addresses are named where two plans differ.
const DIFFERENCES_SHOWN: usize = 20;

/// Tell what a plan would do: which resources, and never a value
///
/// Reads what `terraform show -json PLANFILE` or `tofu show -json PLANFILE` writes. What is deleted and what is replaced
/// comes first. Attributes, ids and variables are passed over: in that form even sensitive ones stand in clear.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  terraform show -json tfplan | rakops terraform summary
  rakops terraform summary plan.json --exit-code
  rakops terraform summary plan.json -o name          addresses only
  rakops terraform summary fresh.json --same-as planned.json   3 unless both do the same")]
pub(super) struct SummaryArgs {
    /// The plan as JSON; - or nothing is standard input
    #[arg(value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    file: Option<String>,

    /// Refuse (3) unless this plan does the same as that one, value by value
    ///
    /// Both are the JSON form. Before an approved plan is applied: plan again, compare, and apply the fresh one. What differs is told by address.
    #[arg(long, value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    same_as: Option<String>,
}

pub(super) fn run(context: &Context, args: &SummaryArgs) -> Result<Outcome, Error> {
    let (name, mut source) = input::open(context, args.file.as_deref())?;
    let plan = match &args.same_as {
        None => read::read(&name, source)?,
        Some(other) => {
            let mut bytes = Vec::new();
            source
                .read_to_end(&mut bytes)
                .map_err(|cause| Error::files(&name, "cannot read", &cause))?;
            let plan = read::read(&name, bytes.as_slice())?;
            is_same(context, (&name, &bytes), other)?;
            plan
        }
    };
    show(context, &plan)?;
    Ok(match plan.changes() {
        true => Outcome::Changed,
        false => Outcome::Done,
    })
}

/// Compares a plan with another one, which must be a whole plan, too.
fn is_same(context: &Context, (name, bytes): (&str, &[u8]), other: &str) -> Result<(), Error> {
    let (other_name, mut source) = input::open(context, Some(other))?;
    let mut planned = Vec::new();
    source
        .read_to_end(&mut planned)
        .map_err(|cause| Error::files(&other_name, "cannot read", &cause))?;
    read::read(&other_name, planned.as_slice())?;
    let differences = Deeds::read(name, bytes)?.differences(&Deeds::read(&other_name, planned.as_slice())?);
    if differences.is_empty() {
        return Ok(());
    }
    let count = plural::count(differences.len(), "address");
    let refused = Error::new(
        Kind::Refused,
        "plan-differs",
        format!("`{name}` does not do what `{other_name}` does, at {count}"),
    );
    let refused = differences
        .iter()
        .take(DIFFERENCES_SHOWN)
        .fold(refused, |error, it| error.because(it));
    Err(refused.hint(Hint::Say("plan again, and have that plan approved".into())))
}

fn show(context: &Context, plan: &Plan) -> Result<(), Error> {
    let ui = &context.ui;
    let warnings = warnings(plan);
    match context.output {
        Output::Json => output::json(ui, &document(plan, &warnings))?,
        Output::Name => ui.data(
            plan.rows
                .iter()
                .map(|row| format!("{}\n", row.address))
                .collect::<String>(),
        )?,
        Output::Text => {
            ui.data(format!("{}\n", plan.counted()))?;
            let table = table(plan);
            if let Some(table) = table {
                ui.data("\n")?;
                ui.table(&table)?;
            }
        }
    }
    warnings.iter().for_each(|warning| ui.warn(warning));
    for line in asides(plan) {
        ui.talk(line);
    }
    Ok(())
}

/// What nobody should overlook.
pub(super) fn warnings(plan: &Plan) -> Vec<Error> {
    let mut warnings = Vec::new();
    let mut warn = |code: &'static str, message: String| warnings.push(Error::new(Kind::Refused, code, message));
    let (deleted, replaced) = (plan.count(Action::Delete), plan.count(Action::Replace));
    let of = |count: usize| plural::count(count, "resource");
    match (deleted, replaced) {
        (0, 0) => {}
        (_, 0) => warn("plan-destroys", format!("the plan deletes {}", of(deleted))),
        (0, _) => warn("plan-destroys", format!("the plan replaces {}", of(replaced))),
        _ => warn(
            "plan-destroys",
            format!("the plan deletes {} and replaces {replaced}", of(deleted)),
        ),
    }
    if plan.errored {
        warn("plan-errored", "planning failed: this is a part of a plan".to_owned());
    } else if plan.complete == Some(false) {
        warn(
            "plan-incomplete",
            "the plan is not complete: another one is needed after it is applied".to_owned(),
        );
    }
    if plan.count(Action::Other) > 0 {
        let what = plural::count(plan.count(Action::Other), "resource");
        warn(
            "plan-action",
            format!("{what} have actions that this rakops does not know"),
        );
    }
    if !plan.failed_checks.is_empty() {
        let failed = plan.failed_checks.join(", ");
        warn("plan-checks", format!("checks fail: {failed}"));
    }
    warnings
}

/// What is told shortly.
fn asides(plan: &Plan) -> Vec<String> {
    let mut lines = Vec::new();
    if !plan.drift.is_empty() {
        let what = plural::count(plan.drift.len(), "resource");
        lines.push(format!(
            "{what} changed outside of the configuration: {}",
            some(plan.drift.iter().map(|row| row.address.as_str()))
        ));
    }
    if !plan.deferred.is_empty() {
        let what = plural::count(plan.deferred.len(), "resource");
        let which = some(plan.deferred.iter().map(String::as_str));
        lines.push(format!("{what} put off until a later plan: {which}"));
    }
    if plan.applyable == Some(false) && plan.changes() && !plan.errored {
        lines.push("the plan says that it cannot be applied".to_owned());
    }
    lines
}

/// A few names, and how many more there are.
fn some<'a>(mut names: impl Iterator<Item = &'a str>) -> String {
    let shown: Vec<&str> = names.by_ref().take(5).collect();
    match names.count() {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}

/// None where there would be no row.
fn table(plan: &Plan) -> Option<Table> {
    let mut table = Table::new(&["ACTION", "ADDRESS", "NOTE"]);
    for row in &plan.rows {
        let word = match (row.action, row.origin, &row.moved_from) {
            (Action::None, Origin::Import, _) => "import",
            (Action::None, Origin::State, Some(_)) => "move",
            (action, _, _) => action.word(),
        };
        table.row([word.to_owned(), row.address.clone(), row.notes()]);
    }
    for address in &plan.invoked {
        table.row(["invoke".to_owned(), address.clone(), String::new()]);
    }
    for output in &plan.outputs {
        table.row([
            output.action.word().to_owned(),
            format!("output.{}", output.name),
            String::new(),
        ]);
    }
    let is_empty = plan.rows.is_empty() && plan.invoked.is_empty() && plan.outputs.is_empty();
    (!is_empty).then_some(table)
}

fn document(plan: &Plan, warnings: &[Error]) -> Value {
    let row = |row: &Row| {
        json!({
            "address": row.address, "action": row.action.word(), "actions": row.written,
            "moved_from": row.moved_from, "imported": row.origin == Origin::Import, "deposed": row.deposed,
            "reason": row.reason, "because_of": row.because_of,
        })
    };
    let outputs = plan.outputs.iter();
    let warnings = warnings.iter().map(|warning| report::json(Level::Warning, warning));
    json!({
        "schema": output::SCHEMA, "command": "terraform summary", "changed": plan.changes(),
        "format_version": plan.format, "terraform_version": plan.program,
        "errored": plan.errored, "complete": plan.complete, "applyable": plan.applyable,
        "counts": counts(plan),
        "resources": plan.rows.iter().map(row).collect::<Vec<Value>>(),
        "outputs": outputs.map(|it| json!({ "name": it.name, "action": it.action.word() })).collect::<Vec<Value>>(),
        "drift": plan.drift.iter().map(|it| json!({ "address": it.address, "action": it.action.word() })).collect::<Vec<Value>>(),
        "deferred": plan.deferred, "invoked": plan.invoked, "failed_checks": plan.failed_checks,
        "warnings": warnings.collect::<Vec<Value>>(),
    })
}

/// The counts of a plan, as documents hold them.
pub(super) fn counts(plan: &Plan) -> Value {
    json!({
        "create": plan.count(Action::Create), "update": plan.count(Action::Update),
        "replace": plan.count(Action::Replace), "delete": plan.count(Action::Delete),
        "forget": plan.count(Action::Forget), "read": plan.count(Action::Read), "other": plan.count(Action::Other),
        "import": plan.imports(), "move": plan.moves(), "outputs": plan.outputs.len(),
        "drift": plan.drift.len(), "deferred": plan.deferred.len(),
    })
}
