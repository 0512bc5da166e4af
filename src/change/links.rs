//! A new file is made where its path says, and nowhere that a link leads to.

use std::path::Path;

use super::set::FileChange;
use crate::error::{Error, Hint, Kind};

/// Refuses a new file below a directory that is a link: it would lie elsewhere, perhaps outside of the repository, and git takes
/// nothing from beyond a link.
///
/// # Errors
/// [`Kind::Refused`] if a directory of its path is a link.
pub(super) fn refuse_beyond(root: &Path, change: &FileChange) -> Result<(), Error> {
    if change.before().is_some() {
        return Ok(());
    }
    let path = Path::new(change.path());
    let mut directories = path.ancestors().skip(1).filter(|it| !it.as_os_str().is_empty());
    let Some(link) = directories.find(|it| root.join(it).is_symlink()) else {
        return Ok(());
    };
    let link = link.display();
    let what = format!("`{}` cannot be made: `{link}` is a link", change.path());
    Err(Error::new(Kind::Refused, "beyond-link", what).hint(Hint::Say(format!(
        "make a directory of `{link}`; git adds nothing from beyond a link"
    ))))
}
