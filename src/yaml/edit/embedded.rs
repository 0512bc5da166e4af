//! Edits in YAML that a literal block holds.
//!
//! They are planned, applied and judged in the inner text first, then mapped back line by line and judged in the file. What stays in one
//! line replaces bytes of it; anything else replaces whole lines, those that differ and no other.

use std::ops::Range;

use super::{Edit, Op, Part};
use crate::text::span::{break_at, line_end};
use crate::yaml::inner::Inner;
use crate::yaml::proof::Plain;
use crate::yaml::refusal::{Refusal, Why};
use crate::yaml::tree::Tree;

impl Tree {
    pub(super) fn plan_in_block(&self, inner: &Inner, ops: Vec<Op<'_>>) -> Result<Edit, Refusal> {
        let edits = ops
            .into_iter()
            .map(|op| inner.tree().plan(op))
            .collect::<Result<Vec<_>, _>>()
            .map_err(|refusal| self.moved_out(inner, refusal))?;
        self.edits_in_block(inner, edits)
    }

    /// A refusal of the inner text, with its place in the file.
    fn moved_out(&self, inner: &Inner, refusal: Refusal) -> Refusal {
        let offset = inner.offset_of(&refusal);
        Refusal::at(self.source(), &self.lines, offset, inner.moved(refusal.why, self))
    }

    pub(super) fn edits_in_block(&self, inner: &Inner, edits: Vec<Edit>) -> Result<Edit, Refusal> {
        let block = inner.block();
        self.check_twins(block)?;
        if self.text(block) != inner.tree().source() {
            return Err(self.refuse(block, Why::Unsupported("this block belongs to another file")));
        }
        let outer = |refusal| self.moved_out(inner, refusal);
        let verified = inner.tree().apply(edits).map_err(outer)?;
        if verified.splices().is_empty() {
            return Ok(Edit { parts: Vec::new() });
        }
        let mut text = String::from_utf8_lossy(verified.bytes()).into_owned();
        let stays_in_line = |(range, new): &(Range<usize>, String)| {
            !new.contains(['\n', '\r']) && inner.one_line(range.start, range.end)
        };
        let as_many = text.lines().count() == inner.tree().source().lines().count();
        let splices = match as_many && verified.splices().iter().all(stays_in_line) {
            true => {
                let outer = |(range, new): &(Range<usize>, String)| {
                    (inner.outer(range.start)..inner.outer(range.end), new.clone())
                };
                verified.splices().iter().map(outer).collect()
            }
            false => {
                // The indicator of the block says whether the text ends with a line break.
                match inner.tree().source().ends_with('\n') {
                    true if !text.ends_with('\n') => text.push('\n'),
                    false => text.truncate(text.trim_end_matches('\n').len()),
                    true => {}
                }
                let lines = self.whole_lines_of(inner, &text);
                vec![lines.ok_or_else(|| self.refuse(block, Why::Unclear("the lines of a literal block")))?]
            }
        };
        Ok(Edit {
            parts: vec![Part::Write {
                node: block,
                splices,
                text,
                plain: Plain::String,
            }],
        })
    }

    /// The lines of the file that change where the block is to hold `new`, and what takes their place.
    fn whole_lines_of(&self, inner: &Inner, new: &str) -> Option<(Range<usize>, String)> {
        let source = self.source();
        let old: Vec<&str> = inner.tree().source().lines().collect();
        let new: Vec<&str> = new.lines().collect();
        let starts = self.lines_of_block(inner.block())?;
        if starts.len() != old.len() || old.is_empty() {
            return None;
        }
        let shorter = old.len().min(new.len());
        let same = |(a, b): &(&&str, &&str)| a == b;
        let head = old.iter().zip(&new).take_while(same).count();
        let tail = old.iter().rev().zip(new.iter().rev()).take_while(same).count();
        let tail = tail.min(shorter - head);
        let start_of = |line: usize| starts.get(line).map(|&(_, outer)| self.lines.start_of(outer));
        let behind = |line: usize| {
            let end = line_end(source, starts.get(line)?.1);
            Some(end + break_at(source, end).len())
        };
        let start = match head < old.len() {
            true => start_of(head)?,
            false => behind(old.len() - 1)?,
        };
        let end = match tail > 0 {
            true => start_of(old.len() - tail)?,
            false => behind(old.len() - 1)?,
        };
        let header = line_end(source, self.span(inner.block()).start);
        let line_break = break_at(source, header);
        let indent = " ".repeat(self.node(inner.block()).indent as usize);
        let mut text = String::new();
        for line in new.get(head..new.len() - tail)? {
            if !line.is_empty() {
                text.push_str(&indent);
                text.push_str(line);
            }
            text.push_str(line_break);
        }
        // The file may end without a break, and does so afterwards.
        let mut start = start;
        if !source.get(..end)?.ends_with(['\n', '\r']) {
            match (text.is_empty(), start == end) {
                (true, _) => start = line_end(source, starts.get(head.checked_sub(1)?)?.1),
                (false, true) => {
                    text.truncate(text.len() - line_break.len());
                    text.insert_str(0, line_break);
                }
                (false, false) => text.truncate(text.len() - line_break.len()),
            }
        }
        Some((start..end, text))
    }
}
