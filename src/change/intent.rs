//! What a run was asked for, as far as commits, branches and pull requests show it.

use std::fmt;

use crate::error::{Error, Hint, Kind};

/// What a run was asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Intent {
    /// The command's words: `bump`, `yaml set`.
    pub(crate) command: &'static str,
    /// The environment that something is carried from; none for commands that carry nothing.
    pub(crate) from: Option<String>,
    /// Environments as resolved, in promotion order; none where none was named.
    pub(crate) environments: Vec<String>,
    /// What it is about: images as they were typed, or files.
    pub(crate) subjects: Vec<String>,
    /// What was built.
    pub(crate) source: Option<Source>,
    /// Address of the CI run.
    pub(crate) run: Option<String>,
    /// Where else it lands, if on several branches as one change.
    pub(crate) spread: Option<Spread>,
}

/// One change that lands on several branches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Spread {
    /// What it is called on all of them: `Rakops-Change:`.
    pub(crate) change: String,
    /// The branches; the first one is where it begins.
    pub(crate) branches: Vec<String>,
}

/// The commit that an image was built from: a claim of whoever says so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Source {
    /// `acme/api`, or an address.
    pub(crate) repository: String,
    /// Its id in lower-case hexadecimal digits; may be abbreviated to seven.
    pub(crate) commit: String,
}

impl Source {
    /// Reads `REPO@COMMIT`.
    ///
    /// # Errors
    /// [`Kind::Usage`] if it is not of that form.
    pub(crate) fn parse(text: &str) -> Result<Source, Error> {
        let read = || {
            let (repository, commit) = text.rsplit_once('@')?;
            let is_id = (7..=64).contains(&commit.len()) && commit.bytes().all(|byte| byte.is_ascii_hexdigit());
            let is_name = !repository.is_empty() && !repository.contains(|c: char| c.is_whitespace() || c.is_control());
            (is_id && is_name).then(|| Source {
                repository: repository.to_owned(),
                commit: commit.to_ascii_lowercase(),
            })
        };
        read().ok_or_else(|| {
            Error::new(
                Kind::Usage,
                "not-a-source",
                format!("`{text}` is not of the form REPO@COMMIT"),
            )
            .hint(Hint::Say("for example: acme/api@4f0c2f1d9a".into()))
        })
    }

    /// Tells whether two sources name the same repository: an address and its path do.
    pub(crate) fn is_of(&self, repository: &str) -> bool {
        path_of(&self.repository).eq_ignore_ascii_case(path_of(repository))
    }

    /// The repository without scheme, host, user and `.git`: `acme/api`.
    pub(crate) fn path(&self) -> &str {
        path_of(&self.repository)
    }
}

fn path_of(repository: &str) -> &str {
    let path = match repository.split_once("://") {
        Some((_, rest)) => rest.split_once('/').map_or(rest, |(_, path)| path),
        None => match repository.split_once(':') {
            Some((host, path)) if !host.contains('/') => path,
            _ => repository,
        },
    };
    let path = path.trim_matches('/');
    path.strip_suffix(".git").unwrap_or(path)
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@{}", self.repository, self.commit)
    }
}

#[cfg(test)]
mod tests {
    use super::Source;

    #[test]
    fn a_source_is_a_repository_and_a_commit() {
        let source = Source::parse("acme/api@4F0C2F1D").unwrap();
        assert_eq!(source.to_string(), "acme/api@4f0c2f1d");
        for wrong in ["acme/api", "@4f0c2f1", "acme/api@main", "acme/api@4f0c", "a b@4f0c2f1"] {
            assert!(Source::parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_repository_is_the_same_by_name_and_by_address() {
        let source = Source::parse("acme/api@4f0c2f1").unwrap();
        for same in [
            "acme/api",
            "https://github.com/Acme/api.git",
            "git@github.com:acme/api",
            "ssh://git@h:22/acme/api",
        ] {
            assert!(source.is_of(same), "{same}");
        }
        assert!(!source.is_of("acme/web"));
    }
}
