//! Grammar, in one place: numbers with their nouns, lists with their commas.

/// Returns a number with its noun: `1 site`, `3 sites`, `no branches` never, `0 branches`.
///
/// `noun` is the singular. Covers the regular forms of English (`entry` → `entries`, `branch` → `branches`).
pub(crate) fn count(number: usize, noun: &str) -> String {
    match number {
        1 => format!("1 {noun}"),
        _ => format!("{number} {}", plural(noun)),
    }
}

/// Returns names in backticks as a list in prose: `` `a`, `b` and `c` `` for the joining word `and`.
pub(crate) fn names<S: AsRef<str>>(names: &[S], joining_word: &str) -> String {
    let quoted: Vec<String> = names.iter().map(|name| format!("`{}`", name.as_ref())).collect();
    match quoted.as_slice() {
        [] => String::new(),
        [only] => only.clone(),
        [before @ .., last] => format!("{} {joining_word} {last}", before.join(", ")),
    }
}

fn plural(noun: &str) -> String {
    let ends = |tail: &str| noun.ends_with(tail);
    let consonant_before_y = ends("y") && !["ay", "ey", "oy", "uy"].iter().any(|tail| ends(tail));
    if consonant_before_y {
        format!("{}ies", &noun[..noun.len() - 1])
    } else if ends("s") || ends("x") || ends("z") || ends("ch") || ends("sh") {
        format!("{noun}es")
    } else {
        format!("{noun}s")
    }
}

#[cfg(test)]
mod tests {
    use super::{count, names};

    #[test]
    fn numbers_agree_with_their_nouns() {
        assert_eq!(count(1, "site"), "1 site");
        assert_eq!(count(0, "site"), "0 sites");
        assert_eq!(count(2, "entry"), "2 entries");
        assert_eq!(count(2, "key"), "2 keys");
        assert_eq!(count(12, "branch"), "12 branches");
    }

    #[test]
    fn lists_read_like_prose() {
        assert_eq!(names::<&str>(&[], "and"), "");
        assert_eq!(names(&["stg"], "or"), "`stg`");
        assert_eq!(names(&["dev", "stg"], "or"), "`dev` or `stg`");
        assert_eq!(names(&["dev", "stg", "prd"], "and"), "`dev`, `stg` and `prd`");
    }
}
