//! What `--write FILE` of several commands has in common: the name says the form, and the directory must be there.

use std::path::Path;

use crate::error::{Error, Hint, Kind};

/// The ending of a file's name, which says the form that it is written in; in lower case.
pub(super) fn ending(file: &Path) -> String {
    let ending = file.extension().and_then(|ending| ending.to_str());
    ending.unwrap_or_default().to_ascii_lowercase()
}

/// Refuses a file that cannot be made, before a forge is asked for minutes.
///
/// # Errors
/// [`Kind::NotFound`] where its directory is not there.
pub(super) fn has_directory(here: &Path, file: &Path) -> Result<(), Error> {
    let parent = file.parent().unwrap_or(Path::new(""));
    if here.join(parent).is_dir() {
        return Ok(());
    }
    let what = format!("there is no directory `{}` to write a report into", parent.display());
    let error = Error::new(Kind::NotFound, "directory-not-found", what);
    Err(error.hint(Hint::Say(format!("mkdir -p {}", parent.display()))))
}
