//! What a gate found, as one line of JSON: evidence to be kept, and the document of `-o json`.
//!
//! **Invariant:** it holds ids, names and times, and nothing of what a plan holds.

use std::path::Path;

use serde_json::{Value, json};

use super::gate::PlanFile;
use crate::audit::{Ownership, Verdict};
use crate::change::apply;
use crate::cli::ci;
use crate::cli::{Context, output};
use crate::error::Error;
use crate::ops::terraform::gate::{Gate, GateRequest};
use crate::text::time;

/// Makes the record of an outcome.
pub(super) fn record(
    context: &Context,
    (gate, asked): (&Gate, &GateRequest),
    (repository, plan): (&str, Option<&PlanFile>),
) -> Value {
    let process = &context.process;
    let judged = gate.judged.as_ref();
    let approvals = judged.iter().flat_map(|judged| &judged.approvals).map(|it| {
        json!({
            "by": it.by, "at": it.at, "commit": it.commit.as_ref().map(ToString::to_string), "of_head": it.is_of_head,
            "before_merge": it.is_before_merge, "own": it.is_own, "code_owner": it.code_owner.map(owns),
        })
    });
    let request = gate.request.as_ref().map(|it| {
        json!({
            "number": it.number, "url": it.url, "title": it.title, "author": it.author, "branch": it.lane.head.as_str(),
            "base": it.lane.base.as_str(), "head": it.head_oid.as_ref().map(ToString::to_string),
            "merged_at": it.merged_at, "merged_by": it.merged_by,
        })
    });
    let compared = gate.compared.iter().map(|it| {
        json!({
            "path": it.path, "planned": it.planned.as_ref().map(ToString::to_string),
            "found": it.found.as_ref().map(ToString::to_string), "same": it.is_same(),
        })
    });
    let reasons = gate
        .reasons
        .iter()
        .map(|it| json!({ "code": it.code, "message": it.said }));
    json!({
        "schema": output::SCHEMA, "record": "terraform gate", "at": time::moment(process.now()),
        "open": gate.reasons.is_empty(), "reasons": reasons.collect::<Vec<Value>>(),
        "repository": repository, "commit": gate.commit.as_ref().map(ToString::to_string),
        "branch": gate.request.as_ref().map_or(asked.branch.as_str(), |it| it.lane.base.as_str()),
        "pull_request": request, "approvals": approvals.collect::<Vec<Value>>(),
        "approved": judged.map(|it| verdict(it.approved)), "approved_by_code_owner": judged.map(|it| verdict(it.by_owner)),
        "code_owners": gate.owners, "planned_commit": gate.planned.as_ref().map(ToString::to_string),
        "paths": compared.collect::<Vec<Value>>(),
        "plan": plan.map(|it| json!({ "file": it.name, "sha256": it.sha256 })),
        "run": ci::run(process), "actor": actor(context),
    })
}

/// The record as the document of the command.
pub(super) fn document(context: &Context, record: &Value) -> Value {
    let mut document = record.clone();
    if let Some(fields) = document.as_object_mut() {
        fields.remove("record");
        fields.insert("command".to_owned(), json!(context.name));
        fields.insert("warnings".to_owned(), json!([]));
    }
    document
}

/// Adds a record to a file.
///
/// # Errors
/// [`crate::error::Kind::Files`] if it cannot be written.
pub(super) fn append(file: &Path, record: &Value) -> Result<(), Error> {
    apply::append(file, &format!("{record}\n"))
}

fn owns(ownership: Ownership) -> &'static str {
    match ownership {
        Ownership::Yes => "yes",
        Ownership::No => "no",
        Ownership::Unknown => "unknown",
    }
}

fn verdict(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Yes => "yes",
        Verdict::No => "no",
        Verdict::Unknown => "unknown",
        Verdict::NotAsked => "not-asked",
    }
}

/// Who started the run.
fn actor(context: &Context) -> Option<&str> {
    ["GITHUB_ACTOR", "GITLAB_USER_LOGIN"]
        .into_iter()
        .find_map(|name| context.process.variable(name))
}
