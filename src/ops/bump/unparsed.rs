//! Files that cannot be parsed: a warning, unless the image itself would be left behind in one.

use crate::error::{Error, Hint};
use crate::manifest::scan::{Nature, Skipped};
use crate::ops::world::World;

/// Refuses if a file that was named by itself cannot be read as YAML.
pub(super) fn refuse_named(skipped: &[Skipped], below: &[String]) -> Result<(), Error> {
    match skipped.iter().find(|skip| below.contains(&skip.file)) {
        Some(skip) => Err(skip.error.clone()),
        None => Ok(()),
    }
}

/// Refuses if a file that could not be parsed holds the image itself: it would be left behind without a word.
///
/// Only a full name is looked for; a chart's template is never an error.
pub(super) fn refuse_holding(world: &World, skipped: &[Skipped], repository: &str) -> Result<(), Error> {
    if !repository.contains('/') {
        return Ok(());
    }
    let is_chart = |skip: &&Skipped| skip.file.split('/').any(|part| part == "templates");
    for skip in skipped
        .iter()
        .filter(|skip| skip.nature != Nature::Opaque && !is_chart(skip))
    {
        let text = String::from_utf8_lossy(&world.snapshot.read(&skip.file)?).into_owned();
        if holds_reference(&text, repository) {
            return Err(Error {
                message: format!(
                    "`{}` holds `{repository}` and cannot be parsed: {}",
                    skip.file, skip.error.message
                ),
                ..skip.error.clone()
            }
            .hint(Hint::Flag("--path PATH".into(), "leaves the file out".into())));
        }
    }
    Ok(())
}

/// Tells whether `text` holds `repository` with a tag or digest behind it, outside of comments.
fn holds_reference(text: &str, repository: &str) -> bool {
    text.lines().any(|line| {
        let code = line.split(" #").next().unwrap_or(line);
        !code.trim_start().starts_with('#')
            && code.match_indices(repository).any(|(at, _)| {
                let before = code[..at].chars().next_back();
                let after = code[at + repository.len()..].chars().next();
                matches!(after, Some(':' | '@'))
                    && before.is_none_or(|c| !(c.is_ascii_alphanumeric() || "._-/:@".contains(c)))
            })
    })
}

#[cfg(test)]
mod tests {
    use super::holds_reference;

    #[test]
    fn a_reference_is_told_from_a_comment_and_from_a_longer_name() {
        assert!(holds_reference("  image: ghcr.io/acme/api:1\n", "ghcr.io/acme/api"));
        assert!(holds_reference("\"ghcr.io/acme/api@sha256:00\"", "ghcr.io/acme/api"));
        assert!(!holds_reference("# image: ghcr.io/acme/api:1\n", "ghcr.io/acme/api"));
        assert!(!holds_reference("x: y # ghcr.io/acme/api:1\n", "ghcr.io/acme/api"));
        assert!(!holds_reference("image: ghcr.io/acme/api-v2:1\n", "ghcr.io/acme/api"));
        assert!(!holds_reference("image: x/ghcr.io/acme/api:1\n", "ghcr.io/acme/api"));
    }
}
