//! One comment a key: found again by a mark that nobody sees, replaced instead of repeated.
//!
//! **Invariant:** a mark counts only in a comment of our own: anybody may write a mark, and nobody's words are replaced.

use super::api::{Api, NO_ANSWER};
use super::request::Commented;
use crate::error::{Error, Kind};
use crate::text::fit::{self, units};

/// How long a comment may be, in UTF-16 units; GitHub takes 65 536, and forges count like that.
const LIMIT: usize = 60_000;
/// How long a text may be that is to become a comment without a cut: the mark takes its part.
pub(crate) const ROOM: usize = LIMIT - 2_000;
/// A last line that ends with this is no news by itself, such as the address of the run that wrote the comment.
pub(crate) const NO_NEWS: &str = "<!-- rakops:no-news -->";

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
            .find(|comment| me.eq_ignore_ascii_case(&comment.author) && comment.body.trim_start().starts_with(&mark));
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

/// Tells before anything is asked whether a comment can have this key.
///
/// # Errors
/// [`Kind::Usage`] if it cannot.
pub(crate) fn check_key(key: &str) -> Result<(), Error> {
    mark(key).map(|_| ())
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
    let one = one.replace("\r\n", "\n");
    news(&one) == news(other)
}

/// The text without its last line, if that is no news.
fn news(text: &str) -> &str {
    let text = text.trim_end();
    let (before, last) = text.rsplit_once('\n').unwrap_or(("", text));
    match last.ends_with(NO_NEWS) {
        true => before.trim_end(),
        false => text,
    }
}

/// The mark and the text, cut where it is too long.
fn fitted(mark: &str, text: &str) -> String {
    format!("{mark}\n{}", fit::cut(text, LIMIT - units(mark) - 1))
}

#[cfg(test)]
mod tests {
    use super::{LIMIT, NO_NEWS, fitted, mark, same, units};

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
    fn a_last_line_that_is_no_news_is_not_compared() {
        let text = |body: &str, run: u8| format!("{body}\n\n[the run](https://x/{run}) {NO_NEWS}\n");
        assert!(same(&text("a", 1), &text("a", 2)));
        assert!(same(&text("a", 1).replace('\n', "\r\n"), &text("a", 2)));
        assert!(!same(&text("a", 1), &text("b", 1)));
        assert!(!same(&format!("a {NO_NEWS}\nx"), &format!("b {NO_NEWS}\nx")));
    }

    #[test]
    fn a_key_cannot_end_the_mark() {
        assert_eq!(mark("plan/prd").unwrap(), "<!-- rakops:sticky:plan/prd -->");
        for bad in ["", "a b", "a-->b", "é"] {
            assert!(mark(bad).is_err(), "{bad}");
        }
    }
}
