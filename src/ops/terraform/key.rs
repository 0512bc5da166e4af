//! What a plan is called: the directory of its root module and its workspace.

use crate::error::{Error, Kind};

/// A root module and one of its workspaces.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    /// The directory of the root module, as a path in the repository; `.` at its top.
    pub(crate) root: String,
    /// The workspace.
    pub(crate) workspace: String,
}

/// The workspace that there is without another.
pub(crate) const DEFAULT: &str = "default";

impl Place {
    /// A place for what was typed in the directory `below` of a repository (empty at its top).
    ///
    /// # Errors
    /// [`Kind::Usage`] if the path leaves the repository, or the workspace has no name.
    pub(crate) fn new((below, root): (&str, &str), workspace: &str) -> Result<Place, Error> {
        if workspace.is_empty() {
            return Err(Error::new(Kind::Usage, "workspace", "a workspace needs a name"));
        }
        Ok(Place {
            root: path(below, root)?,
            workspace: workspace.to_owned(),
        })
    }

    /// The key of its comment: of other places it is another, whatever characters they hold.
    pub(crate) fn key(&self) -> String {
        format!("terraform:{}:{}", written(&self.root), written(&self.workspace))
    }
}

/// A path in a repository, of what was typed in one of its directories: no `.`, no `..`, no `/` at the end.
///
/// # Errors
/// [`Kind::Usage`] if it leaves the repository.
pub(crate) fn path(below: &str, typed: &str) -> Result<String, Error> {
    let outside = || {
        let what = format!("`{typed}` is no directory of the repository");
        Error::new(Kind::Usage, "outside-repository", what)
    };
    if typed.starts_with('/') {
        return Err(outside());
    }
    let mut names: Vec<&str> = Vec::new();
    for name in below.split('/').chain(typed.split('/')) {
        match name {
            "" | "." => {}
            ".." => names.pop().map(|_| ()).ok_or_else(outside)?,
            name => names.push(name),
        }
    }
    match names.is_empty() {
        true => Ok(".".to_owned()),
        false => Ok(names.join("/")),
    }
}

/// A name in the characters that a key may have. `_` begins the number of a byte, so every name has one form of its own.
fn written(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    for byte in name.bytes() {
        let is_plain = byte.is_ascii_alphanumeric() || b"./".contains(&byte) || (byte == b'-' && !out.ends_with('-'));
        match is_plain {
            true => out.push(char::from(byte)),
            false => out.push_str(&format!("_{byte:02x}")),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::Place;

    fn key(root: &str, workspace: &str) -> String {
        Place::new(("", root), workspace).unwrap().key()
    }

    #[test]
    fn each_root_and_workspace_has_a_key_of_its_own() {
        let names = [
            "a", "a-b", "a--b", "a_b", "a:b", "a/b", "a_2db", "a-_b", "é", "e", "a b", "--", "---", "_", "A", ">",
        ];
        let mut keys = BTreeSet::new();
        for root in names {
            for workspace in names {
                let key = key(root, workspace);
                assert!(
                    !key.contains("--") && key.chars().all(|c| c.is_ascii_alphanumeric() || "-_./:".contains(c)),
                    "{key}"
                );
                assert!(keys.insert(key.clone()), "{key}");
            }
        }
    }

    #[test]
    fn one_directory_has_one_key_however_it_is_typed() {
        for typed in ["infra/prd", "./infra/prd/", "infra//x/../prd"] {
            assert_eq!(key(typed, "default"), "terraform:infra/prd:default");
        }
        let place = |below: &str, typed: &str| Place::new((below, typed), "default").map(|it| it.root);
        assert_eq!(place("infra/prd", ".").unwrap(), "infra/prd");
        assert_eq!(place("infra/prd", "../..").unwrap(), ".");
        assert!(place("infra", "../..").is_err() && place("", "/etc").is_err());
    }
}
