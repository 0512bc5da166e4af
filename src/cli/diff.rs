//! `rakops diff`.

use clap::Args;
use serde_json::{Value, json};

use super::look::{self, History, ReadArgs};
use super::manner::Output;
use super::{Context, Outcome, output};
use crate::error::Error;
use crate::ops::diff::{self, DiffReport, DiffRequest, Stated};
use crate::ui::report::{self, Level};
use crate::ui::table::Table;

/// Compare two environments by meaning
///
/// Lists versions and settings that differ, whatever files and lines they stand in: `ConfigMap/app data.DB_POOL` is one
/// setting, be it in a manifest, a patch or a generator. Exits 1 if anything differs.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  rakops diff stg prd              what production does not have yet
  rakops diff stg prd -o json      the same, for a script
  rakops diff dev stg --local      as the branches here have it")]
pub(super) struct DiffArgs {
    /// The environment that is looked at
    #[arg(value_name = "FROM")]
    from: String,

    /// The environment or group that it is compared with
    #[arg(value_name = "TO")]
    to: String,

    #[command(flatten)]
    read: ReadArgs,
}

pub(super) fn run(context: &Context, args: &DiffArgs) -> Result<Outcome, Error> {
    let request = DiffRequest {
        from: args.from.clone(),
        to: args.to.clone(),
        now: context.process.now(),
    };
    let report = look::standing(context, (&args.read, History::AsItIs), &|seen| {
        let step = context.ui.begin("comparing environments", None);
        let report = diff::diff(seen.ground, seen.standing, &request)?;
        step.ended(&format!("compared {} and {}", args.from, args.to));
        Ok(report)
    })?;
    show(context, args, &report)?;
    Ok(match report.is_empty() {
        true => Outcome::Done,
        false => Outcome::Found,
    })
}

fn show(context: &Context, args: &DiffArgs, report: &DiffReport) -> Result<(), Error> {
    let ui = &context.ui;
    match context.output {
        Output::Json => return output::json(ui, &document(args, report)),
        Output::Name => {
            let versions = report.versions.iter().map(|it| (&it.target, &it.image));
            let settings = report.settings.iter().map(|it| (&it.target, &it.selector));
            let mut lines: Vec<String> = versions
                .chain(settings)
                .map(|(env, it)| format!("{env}/{it}\n"))
                .collect();
            lines.dedup();
            ui.data(lines.concat())?;
        }
        Output::Text => {
            let _page = ui.page();
            ui.table(&table(args, report))?;
        }
    }
    report.warnings.iter().for_each(|warning| ui.warn(warning));
    if report.is_empty() {
        ui.talk(format!("{} and {} do not differ", args.from, args.to));
    }
    Ok(())
}

fn table(args: &DiffArgs, report: &DiffReport) -> Table {
    let is_group = report
        .versions
        .iter()
        .map(|it| &it.target)
        .chain(report.settings.iter().map(|it| &it.target))
        .any(|target| *target != args.to);
    let mut table = Table::new(match is_group {
        true => &["ENVIRONMENT", "WHAT", "WHERE", "FROM", "TO"],
        false => &["WHAT", "WHERE", "FROM", "TO"],
    });
    let shown = |stated: &Option<Stated>| match stated {
        None => "-".to_owned(),
        // One line a row: a file in a ConfigMap is cut.
        Some(stated) => match stated.value.split_once('\n') {
            Some((first, _)) => format!("{first} …"),
            None if stated.value.is_empty() => "(empty)".to_owned(),
            None => stated.value.clone(),
        },
    };
    let mut add = |target: &str, row: [String; 4]| match is_group {
        true => table.row([vec![target.to_owned()], row.to_vec()].concat()),
        false => table.row(row),
    };
    for it in &report.versions {
        add(
            &it.target,
            [it.image.clone(), it.slot.clone(), shown(&it.from), shown(&it.to)],
        );
    }
    for it in &report.settings {
        let place = it.from.as_ref().or(it.to.as_ref());
        let place = place.map_or(String::new(), |it| format!("{}:{}", it.file, it.line));
        add(&it.target, [it.selector.clone(), place, shown(&it.from), shown(&it.to)]);
    }
    table
}

fn document(args: &DiffArgs, report: &DiffReport) -> Value {
    let place = |stated: &Option<Stated>| {
        stated
            .as_ref()
            .map(|it| json!({ "file": it.file, "line": it.line, "column": it.column }))
    };
    let value = |stated: &Option<Stated>| stated.as_ref().map(|it| it.value.clone());
    let versions: Vec<Value> = report
        .versions
        .iter()
        .map(|it| {
            json!({
                "environment": it.target, "image": it.image, "slot": it.slot, "from": value(&it.from), "to": value(&it.to),
                "from_place": place(&it.from), "to_place": place(&it.to),
            })
        })
        .collect();
    let settings: Vec<Value> = report
        .settings
        .iter()
        .map(|it| {
            json!({
                "environment": it.target, "selector": it.selector, "from": value(&it.from), "to": value(&it.to),
                "from_place": place(&it.from), "to_place": place(&it.to),
            })
        })
        .collect();
    let warnings: Vec<Value> = report
        .warnings
        .iter()
        .map(|warning| report::json(Level::Warning, warning))
        .collect();
    json!({
        "schema": output::SCHEMA, "command": "diff", "source": args.from, "target": args.to,
        "differs": !report.is_empty(), "versions": versions, "settings": settings, "warnings": warnings,
    })
}
