//! One comment a key: found again by a mark that nobody sees, replaced instead of repeated.
//!
//! **Invariant:** a mark counts only in a comment of our own: anybody may write a mark, and nobody's words are replaced.

use super::api::{Api, NO_ANSWER};
use super::request::Commented;
use crate::error::{Error, Kind};

/// How long a comment may be, in UTF-16 units; GitHub takes 65 536, and forges count like that.
const LIMIT: usize = 60_000;
/// What stands at the end of a text that was cut.
const CUT: &str = "\n\n_The rest is too long for a comment._\n";

/// Keeps one comment of ours for `key`.
pub(super) fn keep(api: &Api<'_>, number: u64, (key, text): (&str, &str)) -> Result<Commented, Error> {
    let mark = mark(key)?;
    let body = fitted(&mark, text);
    let me = api.forge.whoami(api)?.ok_or_else(|| {
        let what = "the token has no user, so its own comments cannot be told from others";
        Error::new(Kind::Access, "token-without-user", what)
    })?;
    let mut is_second_try = false;
    loop {
        let comments = api.forge.comments(api, number)?;
        let own = comments
            .into_iter()
            .find(|comment| me.eq_ignore_ascii_case(&comment.author) && comment.body.contains(&mark));
        let outcome = match own {
            Some(own) if same(&own.body, &body) => return Ok(Commented::Unchanged(own.url)),
            Some(own) => {
                let url = own.url.clone();
                api.forge
                    .edit_comment(api, number, (&own, &body))
                    .map(|()| Commented::Updated(url))
            }
            None => api.forge.add_comment(api, number, &body).map(Commented::Made),
        };
        match outcome {
            // Reading again shows whether it arrived.
            Err(error) if error.code == NO_ANSWER && !is_second_try => is_second_try = true,
            outcome => return outcome,
        }
    }
}

fn mark(key: &str) -> Result<String, Error> {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_./:".contains(c);
    if key.is_empty() || !key.chars().all(is_plain) || key.contains("--") {
        return Err(Error::new(
            Kind::Usage,
            "comment-key",
            format!("`{key}` cannot be the key of a comment"),
        )
        .because("expected letters, digits and single `-`, `_`, `.`, `/`, `:`"));
    }
    Ok(format!("<!-- rakops:sticky:{key} -->"))
}

fn same(one: &str, other: &str) -> bool {
    one.replace("\r\n", "\n").trim_end() == other.trim_end()
}

/// The mark and the text, cut at the end of a line where it is too long, and a code block that is cut is closed.
fn fitted(mark: &str, text: &str) -> String {
    let whole = format!("{mark}\n{text}");
    if units(&whole) <= LIMIT {
        return whole;
    }
    let room = LIMIT - units(CUT) - 16;
    let mut out = String::new();
    let mut used = 0;
    for line in whole.split_inclusive('\n') {
        used += units(line);
        if used > room {
            break;
        }
        out.push_str(line);
    }
    let open = out.lines().filter(|line| line.starts_with("```")).count() % 2 == 1;
    let fence = out.lines().rfind(|line| line.starts_with("```"));
    if let Some(fence) = fence.filter(|_| open) {
        let ticks = fence.chars().take_while(|c| *c == '`').take(12).count();
        out.push_str(&"`".repeat(ticks));
    }
    out + CUT
}

fn units(text: &str) -> usize {
    text.encode_utf16().count()
}

#[cfg(test)]
mod tests {
    use super::{LIMIT, fitted, mark, units};

    #[test]
    fn a_comment_that_is_too_long_ends_with_a_whole_line() {
        let text = "```\n".to_owned() + &"é😀 line\n".repeat(20_000);
        let cut = fitted("<!-- m -->", &text);
        assert!(units(&cut) <= LIMIT);
        assert!(cut.contains("é😀 line\n```\n\n_The rest"), "{}", &cut[cut.len() - 80..]);
        assert_eq!(fitted("<!-- m -->", "short"), "<!-- m -->\nshort");
        assert!(units(&fitted("<!-- m -->", &"x".repeat(70_000))) <= LIMIT);
    }

    #[test]
    fn a_key_cannot_end_the_mark() {
        assert_eq!(mark("plan/prd").unwrap(), "<!-- rakops:sticky:plan/prd -->");
        for bad in ["", "a b", "a-->b", "é"] {
            assert!(mark(bad).is_err(), "{bad}");
        }
    }
}
