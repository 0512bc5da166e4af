//! What `rakops track` says.

use serde_json::{Value, json};

use crate::change::render;
use crate::change::set::ChangeSet;
use crate::cli::manner::Output;
use crate::cli::{Context, ci, landing, output};
use crate::error::Error;
use crate::landing::Landed;
use crate::ops::track::{BranchPlace, Listed, Row, Tracked};
use crate::ui::report::{self, Level};
use crate::ui::style;
use crate::ui::table::Table;

/// Shows what environments follow.
pub(super) fn list(context: &Context, listed: &Listed, place: BranchPlace) -> Result<(), Error> {
    let ui = &context.ui;
    match context.output {
        Output::Json => return output::json(ui, &list_document(listed)),
        Output::Name => ui.data(
            listed
                .rows
                .iter()
                .map(|row| format!("{}\n", row.environment))
                .collect::<String>(),
        )?,
        Output::Text => {
            let mut table = Table::new(&["ENVIRONMENT", "FOLLOWS", "OBJECT", "PLACE"]);
            for row in &listed.rows {
                let object = row.followed.as_ref().map_or_else(|| "-".to_owned(), |it| it.shown());
                let place = row.followed.as_ref().map(|it| format!("{}:{}", it.file, it.line));
                table.row([
                    row.environment.clone(),
                    follows(row),
                    object,
                    place.unwrap_or_else(|| "-".to_owned()),
                ]);
            }
            ui.table(&table)?;
        }
    }
    listed.warnings.iter().for_each(|warning| ui.warn(warning));
    if let Some((branch, commit)) = &listed.read {
        let here = if place == BranchPlace::Here { " here" } else { "" };
        ui.talk(format!("read {branch}{here} ({})", commit.short()));
    }
    Ok(())
}

fn follows(row: &Row) -> String {
    match (&row.branch, &row.fixed) {
        (Some(branch), _) if row.is_trial => format!("{branch} (trial)"),
        (Some(branch), _) => branch.clone(),
        (None, Some((what, text))) => format!("{text} ({what})"),
        (None, None) => "-".to_owned(),
    }
}

fn list_document(listed: &Listed) -> Value {
    let tracks: Vec<Value> = listed
        .rows
        .iter()
        .map(|row| {
            let followed = row.followed.as_ref();
            json!({
                "environment": row.environment, "object": followed.map(|it| it.shown()),
                "file": followed.map(|it| &it.file), "line": followed.map(|it| it.line),
                "column": followed.map(|it| it.column), "branch": row.branch, "trial": row.is_trial,
            })
        })
        .collect();
    let warnings: Vec<Value> = listed
        .warnings
        .iter()
        .map(|warning| report::json(Level::Warning, warning))
        .collect();
    json!({
        "schema": output::SCHEMA, "command": "track", "changed": false, "dry_run": false, "tracks": tracks,
        "warnings": warnings, "commit": listed.read.as_ref().map(|(_, commit)| commit.as_str()), "pull_request": null,
    })
}

/// Shows what was switched, and where that landed.
pub(super) fn landed(
    context: &Context,
    (tracked, already): (&[Tracked], &[(String, String)]),
    landed: &[Landed],
) -> Result<(), Error> {
    let ui = &context.ui;
    let plans: Vec<&ChangeSet> = landed.iter().map(|one| &one.change_set).collect();
    ci::outputs::tell(context, &plans, landed)?;
    match context.output {
        Output::Json => {
            output::json(ui, &document(context, tracked, landed))?;
            return landing::say(context, landed);
        }
        Output::Name => {
            let files = plans.iter().flat_map(|plan| &plan.files);
            ui.data(files.map(|file| format!("{}\n", file.path())).collect::<String>())?;
        }
        Output::Text if context.manner.dry_run => {
            for plan in &plans {
                ui.styled(&style::diff(&render::unified(plan)))?;
            }
        }
        Output::Text => ui.data(tracked.iter().map(|it| format!("{}\n", line(it))).collect::<String>())?,
    }
    plans
        .iter()
        .flat_map(|plan| &plan.facts.warnings)
        .for_each(|warning| ui.warn(warning));
    if context.manner.dry_run {
        tracked
            .iter()
            .for_each(|it| ui.talk(format!("would switch {}", line(it))));
    }
    for (environment, branch) in already {
        ui.talk(format!("{environment} follows {branch} already"));
    }
    landing::say(context, landed)
}

fn line(it: &Tracked) -> String {
    let followed = &it.followed;
    format!(
        "{}: {} -> {}  {} ({}:{}:{})",
        followed.environment,
        it.from,
        it.to,
        followed.shown(),
        followed.file,
        followed.line,
        followed.column
    )
}

fn document(context: &Context, tracked: &[Tracked], landed: &[Landed]) -> Value {
    let plans: Vec<&ChangeSet> = landed.iter().map(|one| &one.change_set).collect();
    let tracks: Vec<Value> = tracked
        .iter()
        .map(|it| {
            json!({
                "environment": it.followed.environment, "object": it.followed.shown(), "file": it.followed.file,
                "line": it.followed.line, "column": it.followed.column, "from": it.from, "to": it.to,
            })
        })
        .collect();
    let mut warnings: Vec<Value> = plans
        .iter()
        .flat_map(|plan| &plan.facts.warnings)
        .map(|warning| report::json(Level::Warning, warning))
        .collect();
    warnings.extend(landing::warnings(landed));
    let mut document = json!({
        "schema": output::SCHEMA, "command": "track", "changed": landing::has_changed(&plans, landed),
        "dry_run": context.manner.dry_run, "tracks": tracks, "warnings": warnings,
    });
    for (key, value) in landing::document(landed) {
        document[key] = value;
    }
    document
}
