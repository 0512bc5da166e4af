//! What a revision names: a branch, or something that does not move.

use super::template;

/// What a revision names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Revision {
    /// The default branch: nothing is written, or `HEAD`.
    Default,
    /// A branch, without `refs/heads/`.
    Branch(String),
    /// Something that is no branch: what it is, in words, and as it is written.
    Fixed(&'static str, String),
}

impl Revision {
    /// Reads a `targetRevision`, or a `ref.name` of Flux.
    ///
    /// Source: Argo CD, "Tracking and Deployment Strategies": a branch, a tag, a commit, a range of versions.
    pub(crate) fn of(text: &str) -> Revision {
        let text = text.trim();
        if matches!(text, "" | "HEAD" | "~" | "null") {
            return Revision::Default;
        }
        if template::is_template(text) {
            return Revision::Fixed("a template", text.to_owned());
        }
        if let Some(branch) = text.strip_prefix("refs/heads/") {
            return Revision::Branch(branch.to_owned());
        }
        match what_it_is(text) {
            Some(what) => Revision::Fixed(what, text.to_owned()),
            None => Revision::Branch(text.to_owned()),
        }
    }

    /// The branch that is named; none for the default one, and for what is no branch.
    pub(crate) fn branch(&self) -> Option<&str> {
        match self {
            Revision::Branch(branch) => Some(branch),
            Revision::Default | Revision::Fixed(..) => None,
        }
    }
}

/// What a text is that is no branch.
fn what_it_is(text: &str) -> Option<&'static str> {
    let is_hex = text.bytes().all(|byte| byte.is_ascii_hexdigit());
    if text.starts_with("refs/tags/") {
        return Some("a tag");
    }
    if text.starts_with("refs/") {
        return Some("a reference that is no branch");
    }
    if is_hex && (matches!(text.len(), 40 | 64) || (text.len() >= 7 && text.bytes().any(|byte| byte.is_ascii_digit())))
    {
        return Some("a commit");
    }
    if text.contains(['*', '^', '~', '<', '>', '=', '|', ' ', ',']) {
        return Some("a range of versions");
    }
    let numbers = text.strip_prefix(['v', 'V']).unwrap_or(text);
    let core = numbers.split(['-', '+']).next().unwrap_or(numbers);
    let parts: Vec<&str> = core.split('.').collect();
    let is_number = |part: &&str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let is_open = |part: &&str| matches!(*part, "x" | "X");
    if parts.len() < 2 || !parts.iter().all(|part| is_number(part) || is_open(part)) || !is_number(&parts[0]) {
        return None;
    }
    match parts.iter().any(is_open) {
        true => Some("a range of versions"),
        false => Some("a tag"),
    }
}

#[cfg(test)]
mod tests {
    use super::Revision;

    #[test]
    fn a_revision_is_a_branch_unless_it_reads_as_something_that_stands_still() {
        for text in ["", "HEAD"] {
            assert_eq!(Revision::of(text), Revision::Default, "{text}");
        }
        for text in [
            "main",
            "feature/x",
            "release-1.2",
            "refs/heads/main",
            "v2",
            "deadbeef",
            "1234",
        ] {
            assert!(Revision::of(text).branch().is_some(), "{text}");
        }
        for (text, what) in [
            ("1.2.3", "a tag"),
            ("v1.2.3-rc.1", "a tag"),
            ("refs/tags/x", "a tag"),
            ("4f0c2f1d", "a commit"),
            ("1.*", "a range of versions"),
            ("^1.2", "a range of versions"),
            ("1.2.x", "a range of versions"),
            ("{{branch}}", "a template"),
        ] {
            assert_eq!(Revision::of(text), Revision::Fixed(what, text.into()), "{text}");
        }
    }
}
