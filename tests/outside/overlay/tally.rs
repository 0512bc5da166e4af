//! What came of many edits.

use std::collections::BTreeMap;

use super::trial::Verdict;

/// Refusals that the issue allows: what cannot be edited without touching anything else, or cannot be told.
const ALLOWED: [&str; 16] = [
    "path-does-not-fit",
    "yaml-template",
    "merged",
    "made-by-field",
    // Two objects of the base have the same name before they are renamed.
    "patch-target",
    "identity",
    "no-merge-key",
    "set-twice",
    "patch-deletes",
    "object-ambiguous",
    "item-ambiguous",
    "reaches-more",
    "overwritten",
    "whole-file",
    "shared",
    "field-unknown",
];

#[derive(Default)]
pub(super) struct Tally {
    pub(super) right: usize,
    pub(super) idle: usize,
    pub(super) refused: BTreeMap<String, usize>,
    pub(super) wrong: Vec<String>,
    /// Refusals that are not among those that are allowed.
    pub(super) odd: Vec<String>,
    /// Files that are not the same bytes after the edit was taken back.
    pub(super) left: Vec<String>,
    pub(super) kept: Vec<String>,
    /// One refusal of each code.
    examples: BTreeMap<String, String>,
    forms: BTreeMap<&'static str, usize>,
    replaced: Vec<usize>,
    inserted: Vec<usize>,
}

impl Tally {
    /// Counts a verdict; `replay` is the command that makes the same edit again.
    pub(super) fn add(&mut self, verdict: Verdict, form: &'static str, replay: &str) {
        match verdict {
            Verdict::Idle => self.idle += 1,
            Verdict::Wrong(why) => self.wrong.push(format!("{replay}\n{why}")),
            Verdict::Refused(code, told) => {
                if !ALLOWED.contains(&code.as_str()) {
                    self.odd.push(format!("{replay}\n{told}"));
                }
                self.examples
                    .entry(code.clone())
                    .or_insert_with(|| format!("{replay}\n{told}"));
                *self.refused.entry(code).or_default() += 1;
            }
            Verdict::Right(right) => {
                self.right += 1;
                *self.forms.entry(form).or_default() += 1;
                let lines = if right.was_set {
                    &mut self.replaced
                } else {
                    &mut self.inserted
                };
                lines.push(right.lines);
                self.left.extend(right.left.map(|how| format!("{replay}\n{how}")));
                self.kept.extend(right.kept.map(|how| format!("{replay}\n{how}")));
            }
        }
    }

    pub(super) fn merge(&mut self, other: Tally) {
        self.right += other.right;
        self.idle += other.idle;
        for (code, count) in other.refused {
            *self.refused.entry(code).or_default() += count;
        }
        for (form, count) in other.forms {
            *self.forms.entry(form).or_default() += count;
        }
        self.examples.extend(other.examples);
        self.wrong.extend(other.wrong);
        self.odd.extend(other.odd);
        self.left.extend(other.left);
        self.kept.extend(other.kept);
        self.replaced.extend(other.replaced);
        self.inserted.extend(other.inserted);
    }

    /// Prints the figures and fails if anything is wrong.
    pub(super) fn conclude(&mut self, what: &str) {
        for told in self.examples.values() {
            eprintln!("[{what}, an example of a refusal] {told}\n");
        }
        for (title, list) in [
            ("refused oddly", &self.odd),
            ("not the same bytes", &self.left),
            ("not unset", &self.kept),
        ] {
            list.iter()
                .take(8)
                .for_each(|one| eprintln!("[{what}, {title}] {one}\n"));
        }
        let refused: usize = self.refused.values().sum();
        let codes: Vec<String> = self
            .refused
            .iter()
            .map(|(code, count)| format!("{code} {count}"))
            .collect();
        let forms: Vec<String> = self
            .forms
            .iter()
            .map(|(form, count)| format!("{form} {count}"))
            .collect();
        println!(
            "overlay {what}: {} edits set, rendered, unset and rendered, {} wrong; {} left other bytes when taken back; {refused} refused ({}), {} of them unexpectedly",
            self.right,
            self.wrong.len(),
            self.left.len(),
            codes.join(", "),
            self.odd.len(),
        );
        println!("overlay {what}, forms: {}", forms.join(", "));
        let kinds = [
            ("a value that the overlay sets", &mut self.replaced),
            ("an insertion", &mut self.inserted),
        ];
        for (title, lines) in kinds {
            println!("overlay {what}, lines changed by {title}: {}", spread(lines));
        }
        assert!(
            self.wrong.is_empty(),
            "{}",
            self.wrong[..self.wrong.len().min(10)].join("\n\n")
        );
        assert!(self.odd.is_empty(), "{} refusals are not expected", self.odd.len());
        // A label of all objects that was set for one stays an entry of its own when it is set back.
        assert!(
            self.left.len() * 20 <= self.right,
            "{} edits left other bytes",
            self.left.len()
        );
        // A careful person changes one line for a value that stands there.
        let most = self.replaced.iter().filter(|lines| **lines > 1).count();
        assert!(
            most * 2 <= self.replaced.len(),
            "the median of {} edits is above 1",
            self.replaced.len()
        );
        assert!(refused <= self.right, "{refused} refusals for {} edits", self.right);
    }
}

fn spread(lines: &mut [usize]) -> String {
    lines.sort_unstable();
    let Some(most) = lines.last() else {
        return "none".to_owned();
    };
    let mut counts: BTreeMap<usize, usize> = BTreeMap::new();
    for count in lines.iter() {
        *counts.entry(*count).or_default() += 1;
    }
    let shown: Vec<String> = counts
        .iter()
        .map(|(lines, times)| format!("{lines}: {times}"))
        .collect();
    format!("median {}, most {most} ({})", lines[lines.len() / 2], shown.join(", "))
}
