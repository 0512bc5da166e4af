//! Lines taken apart.

/// Cuts a line at blanks that no backslash stands before. The backslash goes, other ones stay.
pub(super) fn split(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word = String::new();
    let mut signs = line.chars().peekable();
    while let Some(sign) = signs.next() {
        match sign {
            '\\' if signs.peek().is_some_and(|next| next.is_whitespace()) => word.extend(signs.next()),
            sign if sign.is_whitespace() => {
                if !word.is_empty() {
                    words.push(std::mem::take(&mut word));
                }
            }
            sign => word.push(sign),
        }
    }
    if !word.is_empty() {
        words.push(word);
    }
    words
}

/// Whether a word names somebody: `@anna`, `@acme/sre`, `anna@example.com`.
pub(super) fn is_owner(word: &str) -> bool {
    match word.strip_prefix('@') {
        Some(name) => !name.is_empty(),
        None => word
            .split_once('@')
            .is_some_and(|(user, host)| !user.is_empty() && !host.is_empty()),
    }
}

/// With what means something to globs and nothing to these files taken literally.
pub(super) fn without_braces(pattern: &str) -> String {
    pattern.replace('{', "\\{").replace('}', "\\}")
}
