//! A file with git's conflict markers, taken apart: what both sides agree on, and the two sides of each hunk.

/// One hunk, by lines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Hunk {
    /// TO's lines, with their line breaks.
    pub(super) ours: String,
    /// FROM's lines.
    pub(super) theirs: String,
}

/// A part of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    Agreed(String),
    Hunk(Hunk),
}

/// A file in which both sides changed the same lines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Conflicted {
    parts: Vec<Part>,
}

/// Which side of a hunk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    /// TO's.
    Ours,
    /// FROM's.
    Theirs,
}

const OURS: &str = "<<<<<<< ";
const MIDDLE: &str = "=======";
const THEIRS: &str = ">>>>>>> ";

impl Conflicted {
    /// Reads what a merge left of a file; none if its markers do not come in pairs, or if there are none.
    pub(super) fn read(text: &str) -> Option<Conflicted> {
        let mut parts = Vec::new();
        let mut agreed = String::new();
        let mut lines = text.split_inclusive('\n');
        while let Some(line) = lines.next() {
            if !is_label(line, OURS) {
                agreed.push_str(line);
                continue;
            }
            parts.push(Part::Agreed(std::mem::take(&mut agreed)));
            let mut until = |is_end: &dyn Fn(&str) -> bool| -> Option<String> {
                let mut side = String::new();
                loop {
                    let line = lines.next()?;
                    if is_end(line) {
                        return Some(side);
                    }
                    side.push_str(line);
                }
            };
            let ours = until(&|line| line.trim_end_matches(['\r', '\n']) == MIDDLE)?;
            let theirs = until(&|line| is_label(line, THEIRS))?;
            parts.push(Part::Hunk(Hunk { ours, theirs }));
        }
        parts.push(Part::Agreed(agreed));
        let has_hunk = parts.iter().any(|part| matches!(part, Part::Hunk(_)));
        has_hunk.then_some(Conflicted { parts })
    }

    /// The whole file with one side of every hunk.
    pub(super) fn all(&self, side: Side) -> String {
        let mut text = String::new();
        for part in &self.parts {
            text.push_str(match (part, side) {
                (Part::Agreed(agreed), _) => agreed,
                (Part::Hunk(hunk), Side::Ours) => &hunk.ours,
                (Part::Hunk(hunk), Side::Theirs) => &hunk.theirs,
            });
        }
        text
    }

    /// The hunks, each with the line of TO's file at which its side begins, from 1, as far as `ours` is that file.
    pub(super) fn hunks(&self, ours: &str) -> Vec<(usize, &Hunk)> {
        let mut found = Vec::new();
        let mut at = 0;
        let mut line = 1;
        for part in &self.parts {
            match part {
                Part::Agreed(agreed) => line += agreed.matches('\n').count(),
                Part::Hunk(hunk) => {
                    // FROM's clean changes above move lines: TO's own text says where the hunk is there.
                    let place = match hunk.ours.is_empty() {
                        true => None,
                        false => ours[at..].find(&hunk.ours).map(|found| at + found),
                    };
                    let shown = place.map_or(line, |place| ours[..place].matches('\n').count() + 1);
                    at = place.map_or(at, |place| place + hunk.ours.len());
                    found.push((shown, hunk));
                    line = shown + hunk.ours.matches('\n').count();
                }
            }
        }
        found
    }
}

/// A marker with the id of a commit behind it: what a file says itself has none.
fn is_label(line: &str, marker: &str) -> bool {
    let label = line.strip_prefix(marker).map(str::trim_end);
    label.is_some_and(|it| matches!(it.len(), 40 | 64) && it.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

#[cfg(test)]
mod tests {
    use super::{Conflicted, Side};

    const ID: &str = "4f0c2f1d9a4f0c2f1d9a4f0c2f1d9a4f0c2f1d9a";

    #[test]
    fn both_sides_of_a_file_are_read_back() {
        let text =
            format!("a\n<<<<<<< {ID}\nb\n=======\nc\nd\n>>>>>>> {ID}\ne\n<<<<<<< {ID}\n=======\nf\n>>>>>>> {ID}\n");
        let read = Conflicted::read(&text).unwrap();
        assert_eq!(read.all(Side::Ours), "a\nb\ne\n");
        assert_eq!(read.all(Side::Theirs), "a\nc\nd\ne\nf\n");
        let lines: Vec<usize> = read.hunks("a\nb\ne\n").iter().map(|(line, _)| *line).collect();
        assert_eq!(lines, [2, 4]);
    }

    #[test]
    fn markers_that_a_file_holds_itself_are_text() {
        assert_eq!(Conflicted::read("<<<<<<< HEAD\na\n=======\nb\n>>>>>>> x\n"), None);
        assert_eq!(Conflicted::read(&format!("<<<<<<< {ID}\na\n")), None);
    }

    #[test]
    fn line_breaks_of_windows_stay() {
        let text = format!("a\r\n<<<<<<< {ID}\r\nb\r\n=======\r\nc\r\n>>>>>>> {ID}\r\nd\r\n");
        assert_eq!(Conflicted::read(&text).unwrap().all(Side::Theirs), "a\r\nc\r\nd\r\n");
    }
}
