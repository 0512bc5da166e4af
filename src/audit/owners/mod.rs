//! Files of code owners, as each forge reads them.
//!
//! **Invariant:** a line that is not understood is passed over, as on the forges, and is kept in
//! [`Owners::not_understood`]; a pattern that only the forge can read is never taken for one that does not match.

mod gitea;
mod github;
mod gitlab;
mod words;

use globset::{GlobBuilder, GlobMatcher};
use regex::Regex;

use crate::error::Error;

/// Whose rules a file follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Dialect {
    /// Patterns like those of `.gitignore`; the last line that matches counts.
    GitHub,
    /// Shell patterns in sections, each of which asks for its own approval.
    GitLab,
    /// Regular expressions; every line that matches counts.
    Gitea,
}

impl Dialect {
    /// The dialect of a forge by its name on the shelf; none where there are no such files, or none that rakops reads.
    pub(crate) fn of_forge(name: &str) -> Option<Dialect> {
        match name {
            "github" => Some(Dialect::GitHub),
            "gitlab" => Some(Dialect::GitLab),
            "gitea" => Some(Dialect::Gitea),
            _ => None,
        }
    }

    /// Where the file may be; the first that is there counts. Source: the documents of the three forges, "code owners".
    pub(crate) fn places(self) -> &'static [&'static str] {
        match self {
            Dialect::GitHub => &[".github/CODEOWNERS", "CODEOWNERS", "docs/CODEOWNERS"],
            Dialect::GitLab => &["CODEOWNERS", "docs/CODEOWNERS", ".gitlab/CODEOWNERS"],
            Dialect::Gitea => &[
                "CODEOWNERS",
                "docs/CODEOWNERS",
                ".gitea/CODEOWNERS",
                ".forgejo/CODEOWNERS",
            ],
        }
    }
}

/// What one rule asks for a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Demand {
    /// `@anna`, `@acme/sre`, `anna@example.com`; never empty.
    pub(crate) owners: Vec<String>,
    /// How many approvals of them are wanted; 0 where they may approve and need not.
    pub(crate) approvals: u64,
    /// The section it stands in.
    pub(crate) section: Option<String>,
    /// Whether it is asked at all.
    pub(crate) certainty: Certainty,
}

/// Whether a pattern is known to match.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Certainty {
    /// It does.
    Sure,
    /// The forge reads it, and rakops cannot.
    Perhaps,
}

/// One file of code owners.
#[derive(Clone, Debug)]
pub(crate) struct Owners {
    /// Where it is.
    pub(crate) file: String,
    /// Whose rules it follows.
    pub(crate) dialect: Dialect,
    /// Lines that are no rule, from 1.
    pub(crate) not_understood: Vec<u32>,
    sections: Vec<Section>,
}

/// Reads a file of a tree; none if it is not there.
pub(crate) type Reader<'r> = dyn Fn(&str) -> Result<Option<Vec<u8>>, Error> + 'r;

/// Rules that are looked at by themselves; only GitLab has more than one section.
#[derive(Clone, Debug, Default)]
struct Section {
    name: Option<String>,
    approvals: u64,
    rules: Vec<Rule>,
}

#[derive(Clone, Debug)]
struct Rule {
    pattern: Pattern,
    /// Empty where nobody owns what matches.
    owners: Vec<String>,
    effect: Effect,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Effect {
    Owns,
    /// What matches belongs to nobody in this section, whatever other lines say.
    Excludes,
}

/// One pattern, ready to be compared.
#[derive(Clone, Debug)]
enum Pattern {
    /// One of these fits.
    Globs {
        written: String,
        globs: Vec<GlobMatcher>,
    },
    Regex(Regex),
    /// This does not fit.
    Not(Regex),
    /// Only the forge can read it.
    Foreign,
}

impl Pattern {
    /// Patterns in which `*` stops at a slash and `**` does not.
    fn globs(written: &str, globs: &[String]) -> Option<Pattern> {
        let build = |glob: &String| {
            let mut builder = GlobBuilder::new(glob);
            let built = builder.literal_separator(true).backslash_escape(true).build().ok()?;
            Some(built.compile_matcher())
        };
        Some(Pattern::Globs {
            written: written.to_owned(),
            globs: globs.iter().map(build).collect::<Option<Vec<_>>>()?,
        })
    }

    /// Whether it fits; none if that cannot be told.
    fn fits(&self, path: &str) -> Option<bool> {
        match self {
            Pattern::Globs { globs, .. } => Some(globs.iter().any(|glob| glob.is_match(path))),
            Pattern::Regex(regex) => Some(regex.is_match(path)),
            Pattern::Not(regex) => Some(!regex.is_match(path)),
            Pattern::Foreign => None,
        }
    }
}

impl Owners {
    /// Reads the file of a tree; none if the tree has none. `read` returns the bytes of a path.
    ///
    /// # Errors
    /// As `read`.
    pub(crate) fn read(read: &Reader<'_>, dialect: Dialect) -> Result<Option<Owners>, Error> {
        for place in dialect.places() {
            if let Some(bytes) = read(place)? {
                return Ok(Some(Owners::parse(place, &bytes, dialect)));
            }
        }
        Ok(None)
    }

    /// Reads a file.
    pub(crate) fn parse(file: &str, bytes: &[u8], dialect: Dialect) -> Owners {
        let text = String::from_utf8_lossy(bytes);
        let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
        let (sections, not_understood) = match dialect {
            Dialect::GitHub => github::parse(text),
            Dialect::GitLab => gitlab::parse(text),
            Dialect::Gitea => gitea::parse(text),
        };
        Owners {
            file: file.to_owned(),
            dialect,
            not_understood,
            sections,
        }
    }

    /// What is asked for a path (with `/`, from the root of the tree); nothing if nobody owns it.
    pub(crate) fn of(&self, path: &str) -> Vec<Demand> {
        let mut demands = Vec::new();
        for section in &self.sections {
            match self.dialect {
                Dialect::GitHub | Dialect::GitLab => demands.extend(section.last(path)),
                Dialect::Gitea => demands.extend(section.all(path)),
            }
        }
        demands
    }
}

impl Section {
    fn demand(&self, owners: Vec<String>, certainty: Certainty) -> Option<Demand> {
        (!owners.is_empty()).then(|| Demand {
            owners,
            approvals: self.approvals,
            section: self.name.clone(),
            certainty,
        })
    }

    /// The last line that fits counts.
    fn last(&self, path: &str) -> Option<Demand> {
        let fits = |rule: &&Rule| rule.pattern.fits(path) == Some(true);
        if self
            .rules
            .iter()
            .filter(|rule| rule.effect == Effect::Excludes)
            .any(|rule| fits(&rule))
        {
            return None;
        }
        let last = self.rules.iter().rev().find(fits)?;
        self.demand(last.owners.clone(), Certainty::Sure)
    }

    /// Every line that fits counts, and one of all their owners is enough: the forge asks them all and requires none.
    fn all(&self, path: &str) -> Vec<Demand> {
        let (mut sure, mut perhaps): (Vec<String>, Vec<String>) = (Vec::new(), Vec::new());
        for rule in &self.rules {
            match rule.pattern.fits(path) {
                Some(true) => sure.extend_from_slice(&rule.owners),
                Some(false) => {}
                None => perhaps.extend_from_slice(&rule.owners),
            }
        }
        let sure = self.demand(sure, Certainty::Sure);
        sure.into_iter()
            .chain(self.demand(perhaps, Certainty::Perhaps))
            .collect()
    }
}

#[cfg(test)]
mod tests;
