//! The number of the pull request that a commit came by, as forges write it into the messages of what they merge.

/// Returns the number of the pull request that a message names as the one it came by.
///
/// Source: the default messages of GitHub (`Merge pull request #1 from …`, `Title (#1)`), GitLab (`See merge request
/// group/project!1`), Gitea (`Merge pull request 'Title' (#1) from …`), Bitbucket Cloud (`Merged in branch (pull request
/// #1)`), Bitbucket Data Center (`Pull request #1: Title`, `Merge pull request #1 in …`) and Azure DevOps (`Merged PR 1: Title`).
pub(crate) fn of(message: &str) -> Option<u64> {
    let title = message.lines().next().unwrap_or_default().trim();
    let after = |lead: &str| title.strip_prefix(lead).and_then(leading);
    if let Some(number) = ["Merge pull request #", "Pull request #", "Merged PR "]
        .iter()
        .find_map(|lead| after(lead))
    {
        return Some(number);
    }
    if let Some((_, rest)) = title.rsplit_once("(pull request #") {
        return leading(rest);
    }
    let is_of_gitea = title.starts_with("Merge pull request '");
    if let Some((_, rest)) = title.rsplit_once("(#")
        && let Some(number) = leading(rest)
        && (is_of_gitea || rest.ends_with(')'))
    {
        return Some(number);
    }
    let of_gitlab = |line: &str| {
        line.trim()
            .strip_prefix("See merge request ")?
            .rsplit_once('!')
            .and_then(|(_, it)| leading(it))
    };
    message.lines().rev().find_map(of_gitlab)
}

fn leading(text: &str) -> Option<u64> {
    let digits: &str = text.split(|c: char| !c.is_ascii_digit()).next()?;
    digits.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::of;

    #[test]
    fn the_messages_of_all_forges_name_their_number() {
        for (message, number) in [
            ("Merge pull request #12 from acme/feature\n\nTitle", Some(12)),
            ("Add a cache (#7)\n\n* one\n* two", Some(7)),
            (
                "Merge pull request 'Add a cache' (#31) from feature into main",
                Some(31),
            ),
            ("Merged in feature (pull request #5)\n\nTitle", Some(5)),
            ("Pull request #9: Title\n\nMerge in …", Some(9)),
            ("Merged PR 44: Title", Some(44)),
            (
                "Merge branch 'feature' into 'main'\n\nTitle\n\nSee merge request acme/manifests!21",
                Some(21),
            ),
            ("fix (#) and #3", None),
            ("closes (#3) at last", None),
            ("Title", None),
        ] {
            assert_eq!(of(message), number, "{message}");
        }
    }
}
