//! How findings are shown.

use serde_json::{Value, json};

use crate::change::render;
use crate::change::set::ChangeSet;
use crate::cli::manner::Output;
use crate::cli::{Context, images, output};
use crate::config::model;
use crate::error::{Error, Place};
use crate::ops::check::{CheckReport, Files, Finding};
use crate::ui::report::{self, Level};
use crate::ui::table::Table;
use crate::ui::{plural, style};

/// What was put right, and the findings that it was about.
type Fixed = (ChangeSet, Vec<Finding>);

pub(super) fn show(context: &Context, found: &CheckReport, fixed: Option<&Fixed>) -> Result<(), Error> {
    let ui = &context.ui;
    match context.output {
        Output::Json => return output::json(ui, &document(context, found, fixed)),
        Output::Name => {
            let line = |finding: &Finding| format!("{} {}\n", finding.error.code, place(finding));
            ui.data(found.findings.iter().map(line).collect::<String>())?;
        }
        Output::Text => {
            if let Some((change_set, _)) =
                fixed.filter(|(change_set, _)| context.manner.dry_run && !change_set.is_empty())
            {
                ui.styled(&style::diff(&render::unified(change_set)))?;
            }
            if !found.findings.is_empty() {
                ui.table(&table(found))?;
            }
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
    for finding in fixed.iter().flat_map(|(_, fixed)| fixed) {
        let word = if context.manner.dry_run { "would fix" } else { "fixed" };
        ui.talk(format!("{word} {} {}", finding.error.code, place(finding)));
    }
    ui.talk(summary(found));
    Ok(())
}

/// What was looked at, who was asked, and what came of it.
fn summary(found: &CheckReport) -> String {
    let errors = found
        .findings
        .iter()
        .filter(|it| it.level == model::Level::Error)
        .count();
    let warnings = found.findings.len() - errors;
    let what = match (errors, warnings) {
        (0, 0) => "nothing found".to_owned(),
        (errors, 0) => format!("{} found", plural::count(errors, "error")),
        (0, warnings) => format!("{} found", plural::count(warnings, "warning")),
        (errors, warnings) => format!(
            "{} and {} found",
            plural::count(errors, "error"),
            plural::count(warnings, "warning")
        ),
    };
    let asked = match found.asked {
        (0, _) => "no registry asked".to_owned(),
        (images, 1) => format!("asked 1 registry about {}", plural::count(images, "image")),
        (images, hosts) => format!("asked {hosts} registries about {}", plural::count(images, "image")),
    };
    let here = "the files here";
    let whose = match found.files {
        Files::OfChange => found.range.clone(),
        // There is no change to speak of.
        Files::Here if found.range == here || found.range.starts_with("(nothing)") => here.to_owned(),
        Files::Here => format!("{here}, {}", found.range),
    };
    format!(
        "{whose}: looked at {}, {asked}: {what}",
        plural::count(found.sites, "site")
    )
}

fn table(found: &CheckReport) -> Table {
    let mut table = Table::new(&["PLACE", "LEVEL", "RULE", "ENVIRONMENT", "IMAGE"]);
    let mut findings: Vec<&Finding> = found.findings.iter().collect();
    let by_place = |finding: &&Finding| {
        let place = finding.error.place.as_deref();
        place.map(|place| (place.file.clone(), place.line, place.column))
    };
    findings.sort_by_key(by_place);
    for finding in findings {
        table.row([
            place(finding),
            level(finding).to_owned(),
            finding.error.code.to_owned(),
            match finding.environments.is_empty() {
                true => "-".to_owned(),
                false => finding.environments.join(","),
            },
            finding.image.clone().unwrap_or_else(|| "-".to_owned()),
        ]);
    }
    table
}

pub(super) fn place(finding: &Finding) -> String {
    finding.error.place.as_deref().map(Place::to_string).unwrap_or_default()
}

fn level(finding: &Finding) -> &'static str {
    match finding.level {
        model::Level::Error => "error",
        model::Level::Warn | model::Level::Off => "warning",
    }
}

fn entry(finding: &Finding) -> Value {
    let of = match finding.level {
        model::Level::Error => Level::Error,
        model::Level::Warn | model::Level::Off => Level::Warning,
    };
    let mut one = report::json(of, &finding.error);
    one["image"] = json!(finding.image);
    one["environment"] = json!(images::only(&finding.environments));
    one["environments"] = json!(finding.environments);
    one
}

fn document(context: &Context, found: &CheckReport, fixed: Option<&Fixed>) -> Value {
    let findings: Vec<Value> = found.findings.iter().map(entry).collect();
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
    let mut document = json!({
        "schema": output::SCHEMA, "command": "check", "ok": found.is_ok(), "range": found.range, "findings": findings,
        "ran": found.ran, "not_run": not_run, "warnings": warnings,
        "sites": found.sites, "asked": { "images": found.asked.0, "registries": found.asked.1 },
    });
    if let Some((change_set, fixed)) = fixed {
        document["fixed"] = fixed.iter().map(entry).collect();
        document["changed"] = json!(!change_set.is_empty());
        document["dry_run"] = json!(context.manner.dry_run);
    }
    document
}
