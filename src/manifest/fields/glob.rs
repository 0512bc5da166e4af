//! Patterns for paths, as Go's `filepath` understands them: `*`, `?`, `[a-z]`, `\`; none of them crosses a `/`.
//!
//! Source: <https://pkg.go.dev/path/filepath#Match>

use std::collections::BTreeSet;

use crate::manifest::kustomization::join;
use crate::manifest::rendered::Sources;

/// Tells whether a path has the form of a pattern. A pattern that is malformed fits nothing but itself.
pub(super) fn fits(pattern: &str, path: &str) -> bool {
    let pattern: Vec<char> = pattern.chars().collect();
    let path: Vec<char> = path.chars().collect();
    rest_fits(&pattern, &path)
}

fn rest_fits(pattern: &[char], path: &[char]) -> bool {
    let Some((&sign, rest)) = pattern.split_first() else {
        return path.is_empty();
    };
    match sign {
        '*' => {
            let reach = path.iter().take_while(|&&it| it != '/').count();
            (0..=reach).any(|taken| path.get(taken..).is_some_and(|path| rest_fits(rest, path)))
        }
        '?' => path
            .split_first()
            .is_some_and(|(&c, path)| c != '/' && rest_fits(rest, path)),
        '[' => match (path.split_first(), class(rest)) {
            (Some((&c, path)), Some((ranges, negated, behind))) => {
                let within = ranges.iter().any(|&(low, high)| (low..=high).contains(&c));
                c != '/' && within != negated && rest_fits(behind, path)
            }
            _ => false,
        },
        '\\' => match (rest.split_first(), path.split_first()) {
            (Some((&escaped, rest)), Some((&c, path))) => c == escaped && rest_fits(rest, path),
            _ => false,
        },
        _ => path
            .split_first()
            .is_some_and(|(&c, path)| c == sign && rest_fits(rest, path)),
    }
}

/// Characters from and to, whether they are excluded, and what stands behind the `]`.
type Class<'p> = (Vec<(char, char)>, bool, &'p [char]);

fn class(mut rest: &[char]) -> Option<Class<'_>> {
    let negated = rest.first() == Some(&'^');
    if negated {
        rest = rest.get(1..)?;
    }
    let mut ranges = Vec::new();
    loop {
        let (&low, behind) = rest.split_first()?;
        rest = behind;
        if low == ']' && !ranges.is_empty() {
            return Some((ranges, negated, rest));
        }
        let low = if low == '\\' { take(&mut rest)? } else { low };
        let high = match rest {
            ['-', high, ..] if *high != ']' => {
                rest = rest.get(1..)?;
                match take(&mut rest)? {
                    '\\' => take(&mut rest)?,
                    other => other,
                }
            }
            _ => low,
        };
        ranges.push((low, high));
    }
}

fn take(rest: &mut &[char]) -> Option<char> {
    let (&first, behind) = rest.split_first()?;
    *rest = behind;
    Some(first)
}

/// Tells whether a word is a pattern.
pub(super) fn is_pattern(word: &str) -> bool {
    word.contains(['*', '?', '[', '\\'])
}

/// Lists the files and directories that a pattern means, seen from a directory, sorted; a path without signs is itself if
/// it is there.
pub(super) fn list(sources: &Sources<'_>, directory: &str, pattern: &str) -> Vec<String> {
    if !is_pattern(pattern) {
        let there =
            join(directory, pattern).is_some_and(|path| sources.has_file(&path) || is_directory(sources, &path));
        return if there { vec![pattern.to_owned()] } else { Vec::new() };
    }
    let names: Vec<&str> = pattern.split('/').filter(|name| !matches!(*name, "" | ".")).collect();
    let fixed = names.iter().take_while(|name| !is_pattern(name)).count();
    let (head, tail) = names.split_at(fixed);
    let written = head.join("/");
    let Some(base) = join(directory, &written) else {
        return Vec::new();
    };
    let below = if base.is_empty() {
        String::new()
    } else {
        format!("{base}/")
    };
    let mut found = BTreeSet::new();
    for file in sources.files_below(&base) {
        let Some(inside) = file.strip_prefix(&below) else {
            continue;
        };
        let parts: Vec<&str> = inside.split('/').collect();
        let Some(parts) = parts.get(..tail.len()) else { continue };
        // hidden files are meant by `*`, too, in Go
        if tail.iter().zip(parts).all(|(pattern, name)| fits(pattern, name)) {
            let head = if written.is_empty() {
                String::new()
            } else {
                format!("{written}/")
            };
            found.insert(format!("{head}{}", parts.join("/")));
        }
    }
    found.into_iter().collect()
}

/// Tells whether there is a directory; the root is one.
pub(super) fn is_directory(sources: &Sources<'_>, path: &str) -> bool {
    path.is_empty() || sources.has_directory(path)
}
