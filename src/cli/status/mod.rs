//! `rakops status`.

mod write;

use std::path::PathBuf;

use clap::Args;
use serde_json::{Value, json};

use super::look::{self, History, ReadArgs};
use super::manner::Output;
use super::{Context, Outcome, output, written};
use crate::error::Error;
use crate::forge::PullRequest;
use crate::ops::status::{self, Cell, State, StatusReport, StatusRequest};
use crate::text::time;
use crate::ui::report::{self, Level};
use crate::ui::table::Table;
use write::Sheet;

/// Show what runs where
///
/// A row an image, a column an environment, in promotion order; each version is held against that of the environment
/// before. Branches are read as the remote has them.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  rakops status                     every image in every environment
  rakops status stg prd             these two
  rakops status -o json             with slots, and since when
  rakops status --write now.html    as a page that needs nothing else; .md is possible, too
  rakops status --exit-code         1 if anything differs")]
pub(super) struct StatusArgs {
    /// Environments or groups; all if none is named
    #[arg(value_name = "ENV")]
    environments: Vec<String>,

    /// Write it to this file, too: `.html` or `.md`; several are possible
    #[arg(long, value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    write: Vec<PathBuf>,

    #[command(flatten)]
    read: ReadArgs,
}

/// One promotion that is open.
struct Open {
    source: String,
    target: String,
    request: PullRequest,
}

pub(super) fn run(context: &Context, args: &StatusArgs) -> Result<Outcome, Error> {
    for file in &args.write {
        write::Form::of(file)?;
        written::has_directory(&context.process.directory, file)?;
    }
    let request = StatusRequest {
        environments: args.environments.clone(),
        now: context.process.now(),
    };
    let (report, open) = look::standing(context, (&args.read, History::AsItIs), &|seen| {
        let step = context.ui.begin("reading environments", None);
        let report = status::status(seen.ground, seen.standing, &request)?;
        step.advance(u32::try_from(report.environments.len()).unwrap_or(0));
        context.ui.now_doing("asking for open pull requests");
        let open = open_promotions(context, seen);
        step.done("read", "environment");
        Ok((report, open))
    })?;
    let sheet = Sheet {
        report: &report,
        open: &open,
        now: request.now,
    };
    for file in &args.write {
        write::write(&context.process.directory.join(file), &sheet)?;
    }
    show(context, &report, (&open, request.now))?;
    for file in &args.write {
        context.ui.talk(format!("wrote {}", file.display()));
    }
    let differs = |cell: &Cell| matches!(cell.state, State::Ahead | State::Behind | State::Unknown);
    Ok(match report.cells.iter().any(differs) {
        true => Outcome::Changed,
        false => Outcome::Done,
    })
}

/// The promotions that are open, where the forge can be asked with no question.
fn open_promotions(context: &Context, seen: &look::Seen<'_, '_>) -> Vec<Open> {
    let Some(remote) = seen.ground.remote.as_ref().filter(|_| !seen.is_local) else {
        return Vec::new();
    };
    let host = match seen.post.open(remote.url(), &seen.ground.look.loaded.config) {
        Ok(host) if host.token_source().is_some() => host,
        _ => {
            context
                .ui
                .detail("open promotions are not known: there is no token for the forge");
            return Vec::new();
        }
    };
    match host.list_open(None) {
        Ok(list) => list.into_iter().filter_map(promotion).collect(),
        Err(error) => {
            context.ui.warn(&error);
            Vec::new()
        }
    }
}

/// A request that is a promotion: its branch is named `rakops/promote/FROM-to-TO/…`.
fn promotion(request: PullRequest) -> Option<Open> {
    let rest = request.lane.head.as_str().strip_prefix("rakops/promote/")?;
    let (source, target) = rest.split('/').next()?.split_once("-to-")?;
    Some(Open {
        source: source.to_owned(),
        target: target.to_owned(),
        request,
    })
}

fn show(context: &Context, report: &StatusReport, (open, now): (&[Open], i64)) -> Result<(), Error> {
    let ui = &context.ui;
    match context.output {
        Output::Json => return output::json(ui, &document(report, open)),
        Output::Name => {
            let mut names: Vec<String> = report
                .cells
                .iter()
                .map(|cell| format!("{}/{}\n", cell.environment, cell.image))
                .collect();
            names.dedup();
            ui.data(names.concat())?;
        }
        Output::Text => {
            let names: Vec<&str> = report
                .environments
                .iter()
                .map(|it| it.environment.name.as_str())
                .collect();
            let mut table =
                Table::new(&["IMAGE", "SLOT"]).with_columns(names.iter().map(|name| (*name).to_uppercase()));
            for row in rows(report) {
                table.row(row.cells(now));
            }
            ui.table(&table)?;
        }
    }
    for row in &report.environments {
        let name = &row.environment.name;
        if let Some(trial) = row.trial() {
            ui.talk(format!("{name} is on a trial: it follows {trial}"));
        }
        if row.commit.is_none() {
            let branch = row.trial().unwrap_or(&row.branch);
            ui.talk(format!("{name}: there is no branch {branch}"));
        }
    }
    for it in open {
        ui.talk(format!("open: {} to {}  {}", it.source, it.target, it.request.url));
    }
    report.warnings.iter().for_each(|warning| ui.warn(warning));
    if report.cells.is_empty() {
        ui.talk("no images found");
    }
    Ok(())
}

/// One line of the matrix.
struct Line<'r> {
    image: &'r str,
    slot: &'r str,
    cells: Vec<Option<&'r Cell>>,
}

impl Line<'_> {
    fn cells(&self, now: i64) -> Vec<String> {
        let lead = [self.image.to_owned(), self.slot.to_owned()];
        let cell = |cell: &Option<&Cell>| match cell {
            None => "-".to_owned(),
            Some(cell) => shown(cell, now),
        };
        lead.into_iter().chain(self.cells.iter().map(cell)).collect()
    }
}

fn shown(cell: &Cell, now: i64) -> String {
    let version = cell.version.as_deref().unwrap_or("no version");
    let state = match cell.state {
        State::First | State::Same => "",
        State::Ahead => " ahead",
        State::Behind => " behind",
        State::Unknown => " differs",
        State::Absent => " only here",
    };
    let since = cell
        .since
        .map_or_else(String::new, |at| format!(" {}", time::age(now - at)));
    // A digest is for documents.
    let version = version
        .split_once('@')
        .map_or(version, |(tag, _)| if tag.is_empty() { version } else { tag });
    format!("{version}{state}{since}")
}

/// The matrix: one line a slot.
fn rows(report: &StatusReport) -> Vec<Line<'_>> {
    let mut lines: Vec<Line<'_>> = Vec::new();
    for cell in &report.cells {
        let at = report
            .environments
            .iter()
            .position(|it| it.environment.name == cell.environment);
        let is_new = lines
            .last()
            .is_none_or(|line| (line.image, line.slot) != (&cell.image, &cell.slot));
        if is_new {
            lines.push(Line {
                image: &cell.image,
                slot: &cell.slot,
                cells: vec![None; report.environments.len()],
            });
        }
        if let (Some(at), Some(line)) = (at, lines.last_mut()) {
            line.cells[at] = Some(cell);
        }
    }
    lines
}

fn document(report: &StatusReport, open: &[Open]) -> Value {
    let environments: Vec<Value> = report
        .environments
        .iter()
        .map(|row| {
            let paths = &row.environment.paths;
            let path = match paths.as_slice() {
                [only] => json!(only),
                several => json!(several),
            };
            json!({
                "name": row.environment.name, "branch": row.branch, "path": path, "group": row.environment.group, "tracks": row.tracks,
                "commit": row.commit.as_ref().map(|it| it.as_str()), "protected": row.environment.protected,
            })
        })
        .collect();
    let cells: Vec<Value> = report
        .cells
        .iter()
        .map(|cell| {
            json!({
                "image": cell.image, "slot": cell.slot, "environment": cell.environment, "version": cell.version,
                "since": cell.since.map(time::moment), "state": cell.state.as_str(),
            })
        })
        .collect();
    let open: Vec<Value> = open
        .iter()
        .map(|it| {
            let request = &it.request;
            json!({
                "source": it.source, "target": it.target,
                "pull_request": {
                    "number": request.number, "url": request.url, "branch": request.lane.head.as_str(),
                    "base": request.lane.base.as_str(), "created": false,
                },
            })
        })
        .collect();
    let warnings: Vec<Value> = report
        .warnings
        .iter()
        .map(|it| report::json(Level::Warning, it))
        .collect();
    json!({
        "schema": output::SCHEMA, "command": "status", "strategy": report.strategy, "environments": environments,
        "cells": cells, "open_promotions": open, "warnings": warnings,
    })
}
