//! The report as one page that needs nothing else.

use std::fmt::Write as _;

use crate::audit::Row;
use crate::cli::audit::{Paper, document, words};
use crate::text::html::{self, escaped};
use crate::text::time;

const STYLE: &str = include_str!("report.css");

pub(super) fn text(paper: &Paper<'_>) -> String {
    let report = paper.report;
    let names: Vec<&str> = report.environments.iter().map(|it| it.name.as_str()).collect();
    let title = format!("Changes and approvals: {}", names.join(", "));
    let mut out = String::new();
    head(paper, &mut out);
    if !report.rewrites.is_empty() {
        out.push_str("<h2>Force pushes</h2>\n<table>\n");
        heading(&["At", "Branch", "By", "Before", "After"], &mut out);
        for (branch, it) in &report.rewrites {
            let by = it.by.as_deref().unwrap_or_default();
            line(&[&it.at, branch, by, it.before.as_str(), it.after.as_str()], &mut out);
        }
        out.push_str("</table>\n");
    }
    out.push_str("<h2>Changes</h2>\n");
    match report.rows.is_empty() {
        true => out.push_str("<p>Nothing reached these environments in this time.</p>\n"),
        false => {
            out.push_str("<table>\n");
            let headings = [
                "At",
                "Environment",
                "Commit",
                "What changed",
                "People",
                "Request",
                "Approvals",
                "Checks",
                "Signature",
                "Findings",
            ];
            heading(&headings, &mut out);
            report.rows.iter().for_each(|it| row(it, &mut out));
            out.push_str("</table>\n");
        }
    }
    list("What is not known", &document::limits(report), &mut out);
    if !paper.answers.is_empty() {
        out.push_str("<h2>Answers of the forge</h2>\n<table>\n");
        heading(&["Request", "Status", "SHA-256 of the answer"], &mut out);
        for it in paper.answers {
            let request = format!("{} {}", it.verb, it.address);
            line(&[&request, &it.status.to_string(), &it.sha256], &mut out);
        }
        out.push_str("</table>\n");
    }
    html::page(&title, STYLE, &out)
}

fn head(paper: &Paper<'_>, out: &mut String) {
    let report = paper.report;
    let until = paper.span.until.map_or_else(|| "now".to_owned(), time::moment);
    let read = match &report.forge {
        Some((name, repository)) => format!("git and {name}, {repository}"),
        None => "git alone".to_owned(),
    };
    let lacking = report.rows.iter().filter(|row| !row.evidence.gaps.is_empty()).count();
    out.push_str("<dl>\n");
    let mut fact = |name: &str, value: &str| {
        // writing to a string cannot fail, here and below
        let _ = writeln!(out, "<dt>{}</dt><dd>{}</dd>", escaped(name), escaped(value));
    };
    for it in &report.environments {
        fact(
            "Environment",
            &format!("{}: branch {} at {}", it.name, it.branch, it.tip),
        );
    }
    fact("From", &time::moment(paper.span.since));
    fact("To", &until);
    fact(
        "Made",
        &format!("{} by rakops {}", time::moment(paper.made), env!("CARGO_PKG_VERSION")),
    );
    fact("Read from", &read);
    fact(
        "Changes",
        &format!("{}, of which {lacking} have a finding", report.rows.len()),
    );
    out.push_str("</dl>\n");
}

fn heading(names: &[&str], out: &mut String) {
    out.push_str("<thead><tr>");
    for name in names {
        let _ = write!(out, "<th scope=\"col\">{}</th>", escaped(name));
    }
    out.push_str("</tr></thead>\n");
}

fn line(cells: &[&str], out: &mut String) {
    out.push_str("<tr>");
    for cell in cells {
        let _ = write!(out, "<td>{}</td>", escaped(cell));
    }
    out.push_str("</tr>\n");
}

fn row(row: &Row, out: &mut String) {
    let class = if row.evidence.gaps.is_empty() {
        ""
    } else {
        " class=\"finding\""
    };
    let _ = write!(
        out,
        "<tr{class}><td>{}</td><td>{}</td><td><code>{}</code><br>{}</td>",
        time::moment(row.at),
        escaped(&row.environment),
        row.commit.short(),
        escaped(&row.title)
    );
    cell(&words::what(&row.what), out);
    let request = row.evidence.request.as_ref();
    let mut people = vec![format!(
        "author {}",
        words::whole_person(&row.author, row.evidence.author.as_deref())
    )];
    if row.committer != row.author {
        let committer = words::whole_person(&row.committer, row.evidence.committer.as_deref());
        people.push(format!("committer {committer}"));
    }
    people.extend(
        request
            .and_then(|it| it.merged_by.as_ref())
            .map(|by| format!("merged by {by}")),
    );
    cell(&people, out);
    match request {
        Some(request) => {
            let link = html::link(&request.url, &format!("#{}", request.number));
            let _ = write!(out, "<td>{link}</td>");
        }
        None => cell(&[words::request(row)], out),
    }
    let mut approvals = words::approvals(row);
    approvals.push(format!("approved before merging: {}", words::approved(row)));
    approvals.push(format!("by code owners: {}", words::by_owner(row)));
    cell(&approvals, out);
    let (state, signer) = words::signature(row);
    cell(&[words::checks(row).to_owned()], out);
    cell(
        &[signer.map_or_else(|| state.to_owned(), |signer| format!("{state} ({signer})"))],
        out,
    );
    let said = row.evidence.gaps.iter().map(|gap| gap.said().to_owned());
    let said: Vec<String> = said.chain(row.evidence.unknown.iter().cloned()).collect();
    cell(&said, out);
    out.push_str("</tr>\n");
}

fn cell(lines: &[String], out: &mut String) {
    let lines: Vec<String> = lines.iter().map(|line| escaped(line)).collect();
    let _ = write!(out, "<td>{}</td>", lines.join("<br>"));
}

fn list(title: &str, lines: &[&str], out: &mut String) {
    let _ = writeln!(out, "<h2>{}</h2>\n<ul>", escaped(title));
    for line in lines {
        let _ = writeln!(out, "<li>{}</li>", escaped(line));
    }
    out.push_str("</ul>\n");
}
