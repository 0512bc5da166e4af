//! The picture of a change as a file.

use std::path::Path;

use super::{page, picture, svg};
use crate::change::apply;
use crate::cli::written;
use crate::error::{Error, Kind};
use crate::ops::impact::{Impact, Kinds};

/// What it is written as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    Svg,
    Markdown,
}

impl Form {
    /// The form that a file's name asks for.
    ///
    /// # Errors
    /// [`Kind::Usage`] for another ending.
    pub(super) fn of(file: &Path) -> Result<Form, Error> {
        match written::ending(file).as_str() {
            "svg" => Ok(Form::Svg),
            "md" | "markdown" => Ok(Form::Markdown),
            _ => {
                let message = format!(
                    "`{}` ends neither in `.svg` nor in `.md`, the forms that a picture is written in",
                    file.display()
                );
                Err(Error::new(Kind::Usage, "unknown-form", message))
            }
        }
    }
}

/// Writes the picture into a file.
///
/// # Errors
/// [`Kind::Files`] if it cannot be written.
pub(super) fn write(file: &Path, impact: &Impact) -> Result<(), Error> {
    let range = &impact.range.text;
    let title = match impact.kind() {
        Kinds::Nothing => format!("{range} reaches no environment"),
        Kinds::Overlay => format!("{range} is an overlay change"),
        Kinds::Shared => format!("{range} is a shared change"),
    };
    let picture = picture::of(impact);
    let text = match Form::of(file)? {
        Form::Svg => svg::text(&picture, &title),
        Form::Markdown => page::text(impact, (&picture, &title)),
    };
    apply::keep(file, text)
}
