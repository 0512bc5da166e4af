//! What runs where as a file, for people who would rather look.

use std::fmt::Write as _;
use std::path::Path;

use super::{Open, rows, shown};
use crate::change::apply;
use crate::cli::written;
use crate::error::{Error, Hint, Kind};
use crate::ops::status::{Cell, Row, State, StatusReport};
use crate::text::html::{self, escaped};
use crate::text::time;

const STYLE: &str = include_str!("status.css");

/// What it is written as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    Html,
    Markdown,
}

/// All that stands in such a file.
pub(super) struct Sheet<'r> {
    pub(super) report: &'r StatusReport,
    pub(super) open: &'r [Open],
    /// When it was made, in seconds since 1970.
    pub(super) now: i64,
}

impl Form {
    /// The form that a file's name asks for.
    ///
    /// # Errors
    /// [`Kind::Usage`] for another ending.
    pub(super) fn of(file: &Path) -> Result<Form, Error> {
        match written::ending(file).as_str() {
            "html" | "htm" => Ok(Form::Html),
            "md" | "markdown" => Ok(Form::Markdown),
            _ => {
                let message = format!("`{}` ends neither in `.html` nor in `.md`", file.display());
                Err(Error::new(Kind::Usage, "unknown-form", message).hint(Hint::Flag(
                    "--write status.html".into(),
                    "writes a page that needs nothing else".into(),
                )))
            }
        }
    }
}

/// Writes it into a file.
///
/// # Errors
/// [`Kind::Files`] if it cannot be written.
pub(super) fn write(file: &Path, sheet: &Sheet<'_>) -> Result<(), Error> {
    let text = match Form::of(file)? {
        Form::Html => page(sheet),
        Form::Markdown => markdown(sheet),
    };
    apply::keep(file, text)
}

fn markdown(sheet: &Sheet<'_>) -> String {
    let report = sheet.report;
    let names: Vec<&str> = report
        .environments
        .iter()
        .map(|it| it.environment.name.as_str())
        .collect();
    let mut text = format!(
        "| image | slot | {} |\n|---|---|{}\n",
        names.join(" | "),
        "---|".repeat(names.len())
    );
    for line in rows(report) {
        let cells = line.cells(sheet.now);
        let cells: Vec<String> = cells.iter().map(|cell| cell.replace('|', "\\|")).collect();
        // writing to a string cannot fail, here and below
        let _ = writeln!(text, "| {} |", cells.join(" | "));
    }
    text
}

fn page(sheet: &Sheet<'_>) -> String {
    let report = sheet.report;
    let mut out = format!(
        "<p>{} by rakops {}</p>\n",
        escaped(&time::moment(sheet.now)),
        env!("CARGO_PKG_VERSION")
    );
    if report.cells.is_empty() {
        out.push_str("<p>No images found.</p>\n");
    } else {
        out.push_str("<table>\n<thead><tr><th scope=\"col\">Image</th>");
        report.environments.iter().for_each(|row| head(row, &mut out));
        out.push_str("</tr></thead>\n");
        for line in rows(report) {
            let _ = write!(
                out,
                "<tr><th scope=\"row\">{}<br><small>{}</small></th>",
                escaped(line.image),
                escaped(line.slot)
            );
            line.cells.iter().for_each(|it| cell(*it, sheet.now, &mut out));
            out.push_str("</tr>\n");
        }
        out.push_str("</table>\n");
        out.push_str(
            "<p>Each version is held against that of the environment before: <span class=\"ahead\">ahead</span> \
             <span class=\"behind\">behind</span> <span class=\"differs\">differs, and cannot be put in order</span></p>\n",
        );
    }
    if !sheet.open.is_empty() {
        out.push_str("<h2>Open promotions</h2>\n<ul>\n");
        for it in sheet.open {
            let link = html::link(&it.request.url, &format!("#{}", it.request.number));
            let _ = writeln!(
                out,
                "<li>{} to {}: {link}</li>",
                escaped(&it.source),
                escaped(&it.target)
            );
        }
        out.push_str("</ul>\n");
    }
    if !report.warnings.is_empty() {
        out.push_str("<h2>Not known</h2>\n<ul>\n");
        for warning in &report.warnings {
            let _ = writeln!(out, "<li>{}</li>", escaped(&warning.message));
        }
        out.push_str("</ul>\n");
    }
    html::page("What runs where", STYLE, &out)
}

fn head(row: &Row, out: &mut String) {
    let environment = &row.environment;
    let _ = write!(out, "<th scope=\"col\">{}", escaped(&environment.name));
    let mut facts = vec![format!("branch {}", row.branch)];
    facts.extend(row.trial().map(|branch| format!("on a trial of {branch}")));
    facts.push(match &row.commit {
        Some(commit) => commit.short().to_owned(),
        None => "no such branch".to_owned(),
    });
    if environment.protected {
        facts.push("protected".to_owned());
    }
    for fact in facts {
        let _ = write!(out, "<br><small>{}</small>", escaped(&fact));
    }
    out.push_str("</th>");
}

fn cell(cell: Option<&Cell>, now: i64, out: &mut String) {
    let Some(cell) = cell else {
        out.push_str("<td>-</td>");
        return;
    };
    let class = match cell.state {
        State::Ahead => " class=\"ahead\"",
        State::Behind => " class=\"behind\"",
        State::Unknown => " class=\"differs\"",
        State::First | State::Same | State::Absent => "",
    };
    let whole = cell.version.as_deref().unwrap_or_default();
    let _ = write!(
        out,
        "<td{class} title=\"{}\">{}</td>",
        escaped(whole),
        escaped(&shown(cell, now))
    );
}
