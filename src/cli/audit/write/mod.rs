//! Reports as files to hand over.

mod html;
mod markdown;
mod sheet;

use std::fmt::Write as _;
use std::path::Path;

use super::{Paper, document};
use crate::change::apply;
use crate::cli::written;
use crate::error::{Error, Kind};

/// What a report is written as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    Csv,
    Html,
    JsonLines,
    Markdown,
}

impl Form {
    /// The form that a file's name asks for.
    ///
    /// # Errors
    /// [`Kind::Usage`] for another ending.
    pub(super) fn of(file: &Path) -> Result<Form, Error> {
        match written::ending(file).as_str() {
            "csv" => Ok(Form::Csv),
            "html" | "htm" => Ok(Form::Html),
            "jsonl" | "ndjson" => Ok(Form::JsonLines),
            "md" | "markdown" => Ok(Form::Markdown),
            _ => {
                let message = format!(
                    "`{}` ends in none of `.html`, `.md`, `.csv`, `.jsonl`, the forms that a report is written in",
                    file.display()
                );
                Err(Error::new(Kind::Usage, "unknown-form", message))
            }
        }
    }
}

/// Writes the report into a file.
///
/// # Errors
/// [`Kind::Files`] if it cannot be written.
pub(super) fn write(file: &Path, paper: &Paper<'_>) -> Result<(), Error> {
    let text = match Form::of(file)? {
        Form::Csv => sheet::text(paper)?,
        Form::Html => html::text(paper),
        Form::JsonLines => lines(paper),
        Form::Markdown => markdown::text(paper),
    };
    apply::keep(file, text)
}

/// One line for the report itself, then one a row.
fn lines(paper: &Paper<'_>) -> String {
    let mut text = format!("{}\n", document::head(paper));
    for row in &paper.report.rows {
        // writing to a string cannot fail
        let _ = writeln!(text, "{}", document::row(paper, row));
    }
    text
}
