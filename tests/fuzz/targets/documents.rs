//! Documents and texts that are only read: configurations, plans, what builders and git write.

use rakops::fuzz;

use super::not_a_bug;

/// `rakops.yaml`, and the user's own file: read, or refused with a place.
pub(crate) fn config(data: &[u8]) {
    not_a_bug(fuzz::config(data.to_vec()));
    not_a_bug(fuzz::user_file(data.to_vec()));
}

/// What comes with a repository, or from git. A password in an address is never shown.
pub(crate) fn words(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let Some(shown) = fuzz::words(text) else { return };
    let Some((_, rest)) = text.split_once("://") else {
        return;
    };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    if let Some((login, _)) = authority.rsplit_once('@')
        && let Some((_, password)) = login.split_once(':')
        && password.len() >= 8
        && text.matches(password).count() == 1
    {
        assert!(!shown.contains(password), "{shown:?}");
    }
}

/// A plan of Terraform, and what builders write. Nothing that is shown moves a cursor, ends a line or speaks to a runner.
pub(crate) fn plan(data: &[u8]) {
    if let Ok(text) = std::str::from_utf8(data) {
        let _ = fuzz::build_file(text);
    }
    for text in not_a_bug(fuzz::plan(data)).into_iter().flatten() {
        assert!(!text.contains(|c: char| c.is_control()), "{text:?}");
        assert!(!text.starts_with("::") && !text.starts_with("##["), "{text:?}");
    }
}
