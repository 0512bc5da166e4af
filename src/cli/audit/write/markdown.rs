//! The report as Markdown, for a wiki or a request.

use std::fmt::Write as _;

use crate::change::evidence::code;
use crate::cli::audit::{Paper, document, words};
use crate::text::time;

pub(super) fn text(paper: &Paper<'_>) -> String {
    let report = paper.report;
    let mut out = String::from("# Changes and approvals\n\n");
    // writing to a string cannot fail, here and below
    for (name, value) in facts(paper) {
        let _ = writeln!(out, "- {name}: {value}");
    }
    out.push('\n');
    if !report.rewrites.is_empty() {
        out.push_str("## Force pushes\n\n| At | Branch | By | Before | After |\n| --- | --- | --- | --- | --- |\n");
        for (branch, it) in &report.rewrites {
            let _ = writeln!(
                out,
                "| {} | {} | {} | {} | {} |",
                code(&it.at),
                code(branch),
                code(it.by.as_deref().unwrap_or_default()),
                code(it.before.short()),
                code(it.after.short())
            );
        }
        out.push('\n');
    }
    out.push_str("## Changes\n\n");
    match report.rows.is_empty() {
        true => out.push_str("Nothing reached these environments in this time.\n"),
        false => table(paper, &mut out),
    }
    out.push_str("\n## What is not known\n\n");
    for limit in document::limits(report) {
        let _ = writeln!(out, "- {limit}");
    }
    out
}

/// What the report is about.
fn facts(paper: &Paper<'_>) -> Vec<(&'static str, String)> {
    let report = paper.report;
    let environments: Vec<String> = report
        .environments
        .iter()
        .map(|it| format!("{} ({} at {})", code(&it.name), code(&it.branch), code(it.tip.short())))
        .collect();
    let until = paper.span.until.map_or_else(|| "now".to_owned(), time::moment);
    let mut facts = vec![
        ("environments", environments.join(", ")),
        ("from", time::moment(paper.span.since)),
        ("to", until),
        ("made", time::moment(paper.made)),
        (
            "read from",
            match &report.forge {
                Some((name, repository)) => format!("git and {name}, {}", code(repository)),
                None => "git alone".to_owned(),
            },
        ),
        ("changes", report.rows.len().to_string()),
    ];
    let lacking = report.rows.iter().filter(|row| !row.evidence.gaps.is_empty()).count();
    facts.push(("changes with a finding", lacking.to_string()));
    facts
}

fn table(paper: &Paper<'_>, out: &mut String) {
    out.push_str(
        "| At | Environment | Commit | What changed | Author | Request | Merged by | Approvals | Checks | Signature | Findings |\n",
    );
    out.push_str("| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |\n");
    for row in &paper.report.rows {
        let list = |lines: &[String]| lines.iter().map(|line| code(line)).collect::<Vec<_>>().join("<br>");
        let request = row.evidence.request.as_ref();
        let mut people = vec![words::person(&row.author, row.evidence.author.as_deref())];
        if row.committer != row.author {
            let committer = words::person(&row.committer, row.evidence.committer.as_deref());
            people.push(format!("committed by {committer}"));
        }
        let mut approvals = words::approvals(row);
        approvals.push(format!("approved before merging: {}", words::approved(row)));
        approvals.push(format!("by code owners: {}", words::by_owner(row)));
        let gaps = row.evidence.gaps.iter().map(|gap| gap.code().to_owned());
        let findings: Vec<String> = gaps.chain(row.evidence.unknown.iter().map(|why| code(why))).collect();
        let cells = [
            time::moment(row.at),
            code(&row.environment),
            code(row.commit.short()),
            list(&words::what(&row.what)),
            list(&people),
            match request {
                Some(request) if is_plain(&request.url) => format!("[{}]({})", request.number, request.url),
                _ => words::request(row).replace('#', ""),
            },
            request
                .and_then(|it| it.merged_by.as_deref())
                .map(code)
                .unwrap_or_default(),
            list(&approvals),
            words::checks(row).to_owned(),
            words::signature(row).0.to_owned(),
            findings.join("<br>"),
        ];
        let _ = writeln!(out, "| {} |", cells.join(" | "));
    }
}

/// Whether an address can stand in a link as it is.
fn is_plain(url: &str) -> bool {
    (url.starts_with("https://") || url.starts_with("http://"))
        && !url.contains(|c: char| c.is_whitespace() || c.is_control() || "()<>|`\"".contains(c))
}
