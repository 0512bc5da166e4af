//! A file is written where its path says: a new one nowhere that a link leads to, one that is there nowhere outside.

use std::path::Path;

use super::set::FileChange;
use crate::error::{Error, Hint, Kind};

/// Refuses a new file below a directory that is a link: it would lie elsewhere, perhaps outside of the repository, and git takes
/// nothing from beyond a link. Refuses any file whose directory lies outside of the repository, and what git keeps for itself: its
/// hooks are programs, and its settings name some.
///
/// # Errors
/// [`Kind::Refused`] if a directory of its path is a link, or leads out, or is `.git`.
pub(super) fn refuse_beyond(root: &Path, change: &FileChange) -> Result<(), Error> {
    let path = Path::new(change.path());
    // Some file systems know one name for both ways of writing it.
    if path
        .components()
        .any(|part| part.as_os_str().eq_ignore_ascii_case(".git"))
    {
        let what = format!("`{}` belongs to git", path.display());
        return Err(Error::new(Kind::Refused, "inside-git", what).hint(Hint::Say(
            "files of the repository are edited, and not the repository itself".into(),
        )));
    }
    if change.before().is_some() {
        return refuse_outside(root, path);
    }
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

fn refuse_outside(root: &Path, path: &Path) -> Result<(), Error> {
    let canonical = |path: &Path| std::fs::canonicalize(path).ok();
    let directory = root.join(path).parent().and_then(canonical);
    // What is not there is said by whoever writes.
    match (canonical(root), directory) {
        (Some(root), Some(directory)) if !directory.starts_with(&root) => Err(Error::new(
            Kind::Refused,
            "outside-repository",
            format!("`{}` leads out of the repository", path.display()),
        )),
        _ => Ok(()),
    }
}
