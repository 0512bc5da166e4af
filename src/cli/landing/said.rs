//! What is said of a landing: on the terminal, as JSON, to a CI system.

use serde_json::{Value, json};

use crate::change::set::ChangeSet;
use crate::cli::Context;
use crate::cli::manner::Output;
use crate::error::Error;
use crate::landing::{Landed, Outcome, Requested};
use crate::ui::report::{self, Level};

/// Says what landed where. The address of a pull request is data, the rest is talk.
///
/// # Errors
/// As writing to stdout.
pub(in crate::cli) fn say(context: &Context, landed: &[Landed]) -> Result<(), Error> {
    let ui = &context.ui;
    for one in landed {
        one.warnings.iter().for_each(|warning| ui.warn(warning));
        for note in &one.change_set.facts.superseded {
            ui.talk(format!(
                "superseded: {} stays at {} in {}: {} {}",
                note.image, note.present, note.file, note.wanted, note.why
            ));
        }
        match (&one.request, &one.commit) {
            (Some(requested), _) => {
                if context.output == Output::Text {
                    ui.data(format!("{}\n", requested.request.url))?;
                }
                ui.talk(of_request(requested));
                for what in &requested.applied.done {
                    ui.detail(format!("applied: {what}"));
                }
            }
            (None, Some(commit)) => {
                let tries = match one.attempts {
                    0 | 1 => String::new(),
                    several => format!(", at attempt {several}"),
                };
                ui.talk(format!("{} landed on {}{tries}", commit.short(), one.base));
            }
            (None, None) if context.manner.dry_run => {
                ui.talk(format!("on top of {} ({})", one.base, one.tip.short()));
            }
            (None, None) => ui.talk(format!("nothing to land on {}", one.base)),
        }
    }
    Ok(())
}

fn of_request(requested: &Requested) -> String {
    let request = &requested.request;
    let (number, title) = (request.number, &request.title);
    match requested.outcome {
        Outcome::Opened => format!("opened pull request {number}: {title}"),
        Outcome::Updated => format!("updated pull request {number}: {title}"),
        Outcome::Untouched => format!("pull request {number} has this content already: {title}"),
        Outcome::Merged => format!("pull request {number} is merged: {title}"),
    }
}

/// Whether a command has changed anything, in the work tree, on a branch or in a request.
pub(in crate::cli) fn has_changed(plans: &[&ChangeSet], landed: &[Landed]) -> bool {
    plans.iter().any(|plan| !plan.is_empty()) || landed.iter().any(Landed::has_changed)
}

/// Adds what a document says of a landing: `commit`, `pull_request`, `branch`, and where there are several, `landings`.
pub(in crate::cli) fn document(landed: &[Landed]) -> Vec<(&'static str, Value)> {
    let one = |landed: &Landed| {
        json!({
            "branch": branch(landed), "base": landed.base.as_str(), "commit": commit(landed), "attempts": landed.attempts,
            "pull_request": landed.request.as_ref().map(of),
        })
    };
    let first = landed.first();
    vec![
        ("commit", first.map_or(Value::Null, |it| json!(commit(it)))),
        (
            "pull_request",
            first.map_or(Value::Null, |it| json!(it.request.as_ref().map(of))),
        ),
        ("branch", first.map_or(Value::Null, |it| json!(branch(it)))),
        ("landings", landed.iter().map(one).collect()),
    ]
}

/// What was warned of on the way, as documents show it.
pub(in crate::cli) fn warnings(landed: &[Landed]) -> Vec<Value> {
    let all = landed.iter().flat_map(|one| &one.warnings);
    all.map(|warning| report::json(Level::Warning, warning)).collect()
}

fn commit(landed: &Landed) -> Option<&str> {
    landed.commit.as_ref().map(|commit| commit.as_str())
}

/// The branch that has the commit.
pub(in crate::cli) fn branch(landed: &Landed) -> &str {
    match &landed.request {
        Some(requested) => requested.request.lane.head.as_str(),
        None => landed.base.as_str(),
    }
}

/// A pull request as documents show it.
fn of(requested: &Requested) -> Value {
    let request = &requested.request;
    json!({
        "number": request.number, "url": request.url, "branch": request.lane.head.as_str(),
        "base": request.lane.base.as_str(), "created": requested.outcome == Outcome::Opened,
    })
}
