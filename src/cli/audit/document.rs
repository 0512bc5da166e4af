//! The report as JSON: the whole document, and one row of it.

use serde_json::{Value, json};

use super::{Paper, words};
use crate::audit::{Asked, Ownership, Row};
use crate::cli::output;
use crate::git::objects::Who;
use crate::ops::audit::AuditReport;
use crate::text::time;
use crate::ui::report::{self, Level};

pub(super) fn document(paper: &Paper<'_>) -> Value {
    let report = paper.report;
    let warnings: Vec<Value> = report
        .warnings
        .iter()
        .map(|it| report::json(Level::Warning, it))
        .collect();
    let mut document = head(paper);
    document["rows"] = report.rows.iter().map(|it| row(paper, it)).collect();
    document["warnings"] = json!(warnings);
    document
}

/// Everything but the rows and the warnings.
pub(super) fn head(paper: &Paper<'_>) -> Value {
    let report = paper.report;
    let one = match report.environments.as_slice() {
        [only] => Some(only.name.as_str()),
        _ => None,
    };
    let environments = report
        .environments
        .iter()
        .map(|it| json!({ "name": it.name, "branch": it.branch, "tip": it.tip.as_str() }));
    let rewrites = report.rewrites.iter().map(|(branch, it)| {
        json!({
            "code": "force-push", "branch": branch, "at": it.at, "by": it.by, "before": it.before.as_str(),
            "after": it.after.as_str(),
        })
    });
    let rules = report.rules.iter().map(|(branch, it)| {
        json!({
            "branch": branch, "approvals": it.approvals, "code_owners": it.code_owners, "signatures": it.signatures,
            "dismisses_stale": it.dismisses_stale,
        })
    });
    let answers = paper
        .answers
        .iter()
        .map(|it| json!({ "verb": it.verb, "address": it.address, "status": it.status, "sha256": it.sha256 }));
    let forge = report.forge.as_ref();
    let offending: Vec<&str> = report
        .offending(paper.required)
        .iter()
        .map(|row| row.commit.as_str())
        .collect();
    json!({
        "schema": output::SCHEMA, "command": "audit", "environment": one,
        "environments": environments.collect::<Vec<_>>(),
        "since": time::moment(paper.span.since), "until": paper.span.until.map(time::moment),
        "made": time::moment(paper.made),
        "forge": forge.map(|(name, repository)| json!({ "name": name, "repository": repository })),
        "findings": rewrites.collect::<Vec<_>>(), "rules": rules.collect::<Vec<_>>(),
        "required": paper.required.iter().map(|it| it.as_str()).collect::<Vec<_>>(), "offending": offending,
        "limits": limits(report), "answers": answers.collect::<Vec<_>>(),
    })
}

/// What is not known of these changes, and what no report can know.
pub(super) fn limits(report: &AuditReport) -> Vec<&str> {
    let own = report.limits.iter().map(String::as_str);
    own.chain(report.caveats.iter().copied()).collect()
}

/// One row.
pub(super) fn row(paper: &Paper<'_>, row: &Row) -> Value {
    let what = &row.what;
    let images = what.images.iter().map(|it| {
        json!({ "image": it.image, "slot": it.slot, "from": it.from, "to": it.to, "renamed_from": it.renamed_from })
    });
    let settings = what
        .settings
        .iter()
        .map(|it| json!({ "selector": it.selector, "file": it.file, "from": it.from, "to": it.to }));
    let files = what
        .files
        .iter()
        .map(|it| json!({ "file": it.path, "change": it.how.as_str(), "lines": it.lines }));
    let tracks = what
        .tracks
        .iter()
        .map(|it| json!({ "environment": row.environment, "from": it.from, "to": it.to, "object": it.object }));
    let evidence = &row.evidence;
    let judged = evidence.judged.as_ref();
    let approvals = judged.iter().flat_map(|it| &it.approvals).map(|it| {
        json!({
            "by": it.by, "at": Some(&it.at).filter(|at| !at.is_empty()),
            "commit": it.commit.as_ref().map(|commit| commit.as_str()), "of_merged_head": it.is_of_head,
            "before_merge": it.is_before_merge, "own": it.is_own,
            "code_owner": match it.code_owner {
                Some(Ownership::Yes) => json!(true),
                Some(Ownership::No) => json!(false),
                // The gap `owner-unknown` tells it from a tree without such a file.
                Some(Ownership::Unknown) | None => Value::Null,
            },
        })
    });
    let request = evidence.request.as_ref().map(|it| {
        json!({
            "number": it.number, "url": it.url, "title": it.title, "branch": it.lane.head.as_str(),
            "base": it.lane.base.as_str(), "author": it.author, "merged_by": it.merged_by, "merged_at": it.merged_at,
            "head": it.head_oid.as_ref().map(|id| id.as_str()),
        })
    });
    let claimed = (evidence.asked == Asked::Git).then_some(row.claims.request).flatten();
    let (state, signer) = words::signature(row);
    let self_approved = judged.map(|it| it.approvals.iter().any(|approval| approval.is_own == Some(true)));
    json!({
        "environment": row.environment, "at": time::moment(row.at), "commit": row.commit.as_str(),
        "committed_at": time::moment(row.committed), "branch": row.branch, "title": row.title,
        "operation": row.claims.operation, "through": row.through.as_ref().map(|id| id.as_str()),
        "images": images.collect::<Vec<_>>(), "settings": settings.collect::<Vec<_>>(),
        "files": files.collect::<Vec<_>>(), "tracks": tracks.collect::<Vec<_>>(), "unknown": unknown(row),
        "author": person(&row.author), "author_login": evidence.author,
        "committer": person(&row.committer), "committer_login": evidence.committer,
        "source": row.claims.source, "run": row.claims.run,
        "pull_request": request, "claimed_pull_request": claimed,
        "approvals": approvals.collect::<Vec<_>>(), "approved_before": words::approved(row) == "yes",
        "approved": words::approved(row), "by_code_owner": words::by_owner(row), "code_owners_file": evidence.owners, "self_approved": self_approved,
        "checks": words::checks(row), "signature": { "state": state, "signer": signer },
        "gaps": words::gaps(row), "meets_requirements": paper.required.iter().all(|it| it.is_met(row)),
    })
}

fn unknown(row: &Row) -> Vec<&str> {
    let all = row.what.unknown.iter().chain(&row.evidence.unknown);
    all.map(String::as_str).collect()
}

fn person(who: &Who) -> String {
    format!("{} <{}>", who.name, who.email)
}
