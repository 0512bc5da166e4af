//! What an edit did to the lines of files.

use std::collections::BTreeMap;

/// Every file with its bytes.
pub(super) type Files = BTreeMap<String, Vec<u8>>;

/// Lines that went and lines that came.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Lines {
    pub(super) gone: Vec<String>,
    pub(super) new: Vec<String>,
}

impl Lines {
    /// How many lines a reader of the diff sees changed: a line that became another counts once.
    pub(super) fn count(&self) -> usize {
        self.gone.len().max(self.new.len())
    }

    /// Compares all files; one that was not there has only new lines.
    pub(super) fn between(before: &Files, after: &Files) -> Lines {
        let mut all = Lines::default();
        let mut paths: Vec<&String> = before.keys().chain(after.keys()).collect();
        paths.sort();
        paths.dedup();
        for path in paths {
            let text =
                |files: &Files| String::from_utf8_lossy(files.get(path).map_or(&[][..], Vec::as_slice)).into_owned();
            if before.get(path) != after.get(path) {
                let one = of_text(&text(before), &text(after));
                all.gone.extend(one.gone);
                all.new.extend(one.new);
            }
        }
        all
    }

    /// What is wrong with an edit that was to add only: bytes that are gone, other than the brackets of an empty list.
    pub(super) fn lost_by_adding(&self) -> Option<String> {
        self.gone.iter().find_map(|line| {
            let is_kept = self.new.iter().any(|new| {
                let taken = taken_out(line, new);
                ["", "[]", "{}", "null", "~", "\n", "\r\n"].contains(&taken.trim_matches(' '))
            });
            (!is_kept).then(|| format!("a line is lost: {line:?} became {:?}", self.new))
        })
    }

    /// What is wrong with an edit that was to replace a value of one line.
    pub(super) fn lost_by_replacing(&self, old: &str) -> Option<String> {
        if old.contains('\n') {
            return None;
        }
        match (self.gone.as_slice(), self.new.as_slice()) {
            ([gone], [new]) => {
                let taken = taken_out(gone, new);
                let taken = taken.trim_matches(['"', '\'', ' ']);
                let is_value =
                    old.contains(taken) || taken.replace("\\\"", "\"").contains(old) && taken.len() <= old.len() + 4;
                (!is_value).then(|| format!("more than the value is gone: {taken:?} of {gone:?}"))
            }
            _ => Some(format!("{} lines became {}: {self:?}", self.gone.len(), self.new.len())),
        }
    }
}

/// What of a line is in no place of the new one: what remains of it without what both begin and end with.
fn taken_out(old: &str, new: &str) -> String {
    let front = old.char_indices().zip(new.chars()).find(|((_, a), b)| a != b);
    let front = front.map_or(old.len().min(new.len()), |((at, _), _)| at);
    let (old_rest, new_rest) = (&old[front..], &new[front..]);
    let back: usize = old_rest
        .chars()
        .rev()
        .zip(new_rest.chars().rev())
        .take_while(|(a, b)| a == b)
        .map(|(a, _)| a.len_utf8())
        .sum();
    old_rest[..old_rest.len() - back].to_owned()
}

fn of_text(before: &str, after: &str) -> Lines {
    let old: Vec<&str> = before.split_inclusive('\n').collect();
    let new: Vec<&str> = after.split_inclusive('\n').collect();
    let front = old.iter().zip(&new).take_while(|(a, b)| a == b).count();
    let (old, new) = (&old[front..], &new[front..]);
    let back = old
        .iter()
        .rev()
        .zip(new.iter().rev())
        .take_while(|(a, b)| a == b)
        .count();
    let (old, new) = (&old[..old.len() - back], &new[..new.len() - back]);
    // The longest common part, by the usual table.
    let mut table = vec![vec![0u32; new.len() + 1]; old.len() + 1];
    for (i, a) in old.iter().enumerate().rev() {
        for (j, b) in new.iter().enumerate().rev() {
            table[i][j] = match a == b {
                true => table[i + 1][j + 1] + 1,
                false => table[i + 1][j].max(table[i][j + 1]),
            };
        }
    }
    let (mut i, mut j) = (0, 0);
    let mut lines = Lines::default();
    while i < old.len() || j < new.len() {
        if i < old.len() && j < new.len() && old[i] == new[j] {
            (i, j) = (i + 1, j + 1);
        } else if j == new.len() || (i < old.len() && table[i + 1][j] >= table[i][j + 1]) {
            lines.gone.push(old[i].to_owned());
            i += 1;
        } else {
            lines.new.push(new[j].to_owned());
            j += 1;
        }
    }
    lines
}
