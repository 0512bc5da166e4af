//! Removing pairs and items with the comments that belong to them.
//!
//! A removal takes the entry's own lines, its trailing comment, and the comment lines directly above at its own column. A comment above the
//! first entry is often a heading: it is taken only if another entry of the same collection has one as well. Blank lines stay.
//! All removals from one collection are planned together, so that the last one leaves `{}` or `[]`.

use std::collections::HashSet;
use std::ops::Range;

use super::Part;
use super::insert::is_blank_or_comment;
use crate::text::span::{break_at, line_end};
use crate::yaml::refusal::{Refusal, Why};
use crate::yaml::tree::{Flags, NodeId, NodeKind, Tree};

type Planned<T> = Result<T, Refusal>;
type Splices = Vec<(Range<usize>, String)>;

/// One child of a collection: its bytes from the first indicator to the end of the value.
#[derive(Clone, Copy, Debug)]
struct Child {
    /// The key, or the item.
    first: NodeId,
    value: NodeId,
    lead: usize,
    end: usize,
    gone: bool,
}

impl Tree {
    pub(super) fn plan_remove(&self, child: NodeId) -> Planned<Vec<Part>> {
        let Some(from) = self.parent(child) else {
            return Err(self.refuse(child, Why::Unsupported("the top of a document is not removed")));
        };
        if self.node(from).flags.has(Flags::IMPLICIT) {
            return Err(self.refuse(child, Why::Unsupported("half of a pair without braces is not removed")));
        }
        let (key, value) = self.entry(child);
        let first = key.unwrap_or(value);
        self.check_lines(first)?;
        self.check_lines(value)?;
        self.check_twins(first)?;
        let inside = first.0..self.node(value).skip;
        let mut lines = Vec::new();
        for id in inside
            .clone()
            .map(NodeId)
            .filter(|&id| self.kind(id) != NodeKind::Alias)
        {
            let users = self.aliases_of_anchor(self.node(id).anchor);
            lines.extend(
                users
                    .iter()
                    .filter(|user| !inside.contains(&user.0))
                    .map(|&user| self.line(user)),
            );
        }
        if !lines.is_empty() {
            lines.sort_unstable();
            lines.dedup();
            return Err(self.refuse(child, Why::Anchored { lines }));
        }
        self.removal(from, &HashSet::from([first]))?;
        Ok(vec![Part::Remove { from, first, value }])
    }

    /// Makes the splices that remove some children of a collection.
    pub(super) fn removal(&self, from: NodeId, gone: &HashSet<NodeId>) -> Planned<Splices> {
        let mut children = Vec::new();
        let mut all = self.children(from);
        while let Some(first) = all.next() {
            let value = if self.kind(from) == NodeKind::Map {
                all.next().unwrap_or(first)
            } else {
                first
            };
            let (lead, end) = (self.entry_start(first), self.span(value).end);
            children.push(Child {
                first,
                value,
                lead,
                end,
                gone: gone.contains(&first),
            });
        }
        let everything = children.iter().all(|child| child.gone);
        match (self.is_flow(from), everything) {
            (true, true) => Ok(self.empty_flow(&children)),
            (true, false) => self.remove_from_flow(&children),
            (false, true) => self.empty_block(from, &children),
            (false, false) => self.remove_from_block(&children),
        }
    }

    // ---- block style

    fn remove_from_block(&self, children: &[Child]) -> Planned<Splices> {
        let mut splices = Vec::new();
        let mut at = 0;
        while let Some(child) = children.get(at) {
            at += 1;
            if !child.gone {
                continue;
            }
            if self.starts_its_line(child.lead) {
                splices.push((self.own_lines(child, children)?, String::new()));
                continue;
            }
            // the first entry behind a dash: what follows moves up to the dash, if it follows at once
            let run = children
                .get(at..)
                .unwrap_or_default()
                .iter()
                .take_while(|next| next.gone)
                .count();
            let close = (at..=at + run).all(|next| match (children.get(next - 1), children.get(next)) {
                (Some(before), Some(next)) => self.follows_at_once(before, next),
                _ => false,
            });
            match children.get(at + run) {
                Some(kept) if close => {
                    splices.push((child.lead..kept.lead, String::new()));
                    at += run;
                }
                _ => splices.push((self.behind_the_dash(child)?, String::new())),
            }
        }
        Ok(splices)
    }

    /// The collection stays, as `{}` or `[]`.
    fn empty_block(&self, from: NodeId, children: &[Child]) -> Planned<Splices> {
        let empty = if self.kind(from) == NodeKind::Map { "{}" } else { "[]" };
        let Some((first, rest)) = children.split_first() else {
            return Err(self.refuse(from, Why::Unclear("a collection without entries")));
        };
        let opening = self.opening_of(from);
        let below = opening < self.lines.start_of(first.lead) && self.starts_its_line(first.lead);
        let mut splices = Vec::new();
        if below && self.parent(from).is_some() {
            splices.push((opening..opening, format!(" {empty}")));
            splices.push((self.own_lines(first, children)?, String::new()));
        } else {
            let end = self.content_end(first)?;
            splices.push((first.lead..end, empty.to_owned()));
        }
        for child in rest {
            splices.push((self.own_lines(child, children)?, String::new()));
        }
        Ok(splices)
    }

    /// The lines of an entry, with the comments that belong to it and its line break.
    fn own_lines(&self, child: &Child, children: &[Child]) -> Planned<Range<usize>> {
        let mut start = self.lines.start_of(child.lead);
        let owned = self.owned_from(child.first);
        let is_first = children.first().is_some_and(|it| it.first == child.first);
        let commented = |other: &Child| self.owned_from(other.first) < self.lines.start_of(other.lead);
        if !is_first || children.iter().skip(1).any(commented) {
            start = owned.min(start);
        }
        let end = self.content_end(child)?;
        Ok(start..end + break_at(self.source(), end).len())
    }

    /// The end of the last line of an entry, before its break; its trailing comment is included.
    fn content_end(&self, child: &Child) -> Planned<usize> {
        let source = self.source();
        let before = source.get(..child.end).unwrap_or_default();
        if let Some(br) = ["\r\n", "\n", "\r"].into_iter().find(|it| before.ends_with(it)) {
            return Ok(child.end - br.len());
        }
        let end = line_end(source, child.end);
        match is_blank_or_comment(source.get(child.end..end).unwrap_or_default()) {
            true => Ok(end),
            false => Err(self.refuse(child.value, Why::Unsupported("something else stands on the same line"))),
        }
    }

    /// Whether the next entry stands on the line right below.
    fn follows_at_once(&self, child: &Child, next: &Child) -> bool {
        let last = self.lines.line_of(self.content_end(child).unwrap_or(child.end));
        self.starts_its_line(next.lead) && self.lines.line_of(next.lead) == last + 1
    }

    /// Everything behind the dash on the lines of an entry; the dash stays alone on its line.
    fn behind_the_dash(&self, child: &Child) -> Planned<Range<usize>> {
        let head = self.source().get(..child.lead).unwrap_or_default();
        let start = head.trim_end_matches([' ', '\t']).len();
        Ok(start..self.content_end(child)?)
    }

    /// Whether nothing but blanks stands before an offset on its line.
    pub(super) fn starts_its_line(&self, offset: usize) -> bool {
        let head = self
            .source()
            .get(self.lines.start_of(offset)..offset)
            .unwrap_or_default();
        head.bytes().all(|byte| matches!(byte, b' ' | b'\t'))
    }

    // ---- flow style

    fn empty_flow(&self, children: &[Child]) -> Splices {
        let (Some(first), Some(last)) = (children.first(), children.last()) else {
            return Vec::new();
        };
        let end = self.comma_behind(last.end).map_or(last.end, |comma| comma + 1);
        vec![(first.lead..end, String::new())]
    }

    fn remove_from_flow(&self, children: &[Child]) -> Planned<Splices> {
        let mut splices = Vec::new();
        let mut at = 0;
        while let Some(child) = children.get(at) {
            if !child.gone {
                at += 1;
                continue;
            }
            let run = children
                .get(at..)
                .unwrap_or_default()
                .iter()
                .take_while(|next| next.gone)
                .count();
            let last = children.get(at + run - 1).unwrap_or(child);
            let before = at.checked_sub(1).and_then(|it| children.get(it));
            match (children.get(at + run), before) {
                (Some(next), _) => splices.push((self.flow_run((child, last), next, children), String::new())),
                (None, Some(before)) => self.flow_tail((child, last), before, (children, &mut splices)),
                (None, None) => {}
            }
            at += run;
        }
        Ok(splices)
    }

    /// Entries with another behind them; one comma goes along with each.
    fn flow_run(&self, (first, last): (&Child, &Child), next: &Child, children: &[Child]) -> Range<usize> {
        let source = self.source();
        let gap = source.get(last.end..next.lead).unwrap_or_default();
        if !gap.contains(['\n', '\r']) {
            return first.lead..next.lead;
        }
        let end = self.comma_behind(last.end).map_or(last.end, |comma| comma + 1);
        let stop = line_end(source, end);
        let rest = source.get(end..stop).unwrap_or_default();
        match self.starts_its_line(first.lead) && is_comment_or_blank_behind_comma(rest) {
            true => self.lines_of_first(first, children)..stop + break_at(source, stop).len(),
            false => first.lead..end + (rest.len() - rest.trim_start_matches([' ', '\t']).len()),
        }
    }

    /// Entries at the end; the comma before them goes along.
    fn flow_tail(
        &self,
        (first, last): (&Child, &Child),
        before: &Child,
        (children, splices): (&[Child], &mut Splices),
    ) {
        let source = self.source();
        let gap = source.get(before.end..first.lead).unwrap_or_default();
        if !gap.contains(['\n', '\r', '#']) {
            splices.push((before.end..last.end, String::new()));
            return;
        }
        let trailing = self.comma_behind(last.end);
        if trailing.is_none()
            && let Some(comma) = self.comma_behind(before.end)
        {
            splices.push((comma..comma + 1, String::new()));
        }
        let end = trailing.map_or(last.end, |comma| comma + 1);
        let stop = line_end(source, end);
        let own = self.starts_its_line(first.lead)
            && is_comment_or_blank_behind_comma(source.get(end..stop).unwrap_or_default());
        let range = match own {
            true => self.lines_of_first(first, children)..stop + break_at(source, stop).len(),
            false => first.lead..end,
        };
        splices.push((range, String::new()));
    }

    fn lines_of_first(&self, child: &Child, children: &[Child]) -> usize {
        let start = self.lines.start_of(child.lead);
        let commented = |other: &Child| self.owned_from(other.first) < self.lines.start_of(other.lead);
        let is_first = children.first().is_some_and(|it| it.first == child.first);
        match !is_first || children.iter().skip(1).any(commented) {
            true => self.owned_from(child.first).min(start),
            false => start,
        }
    }

    /// Finds the `,` behind an entry of a flow collection.
    fn comma_behind(&self, end: usize) -> Option<usize> {
        let source = self.source().as_bytes();
        let mut at = end;
        loop {
            match source.get(at)? {
                b' ' | b'\t' | b'\n' | b'\r' => at += 1,
                b'#' => at = line_end(self.source(), at),
                b',' => return Some(at),
                _ => return None,
            }
        }
    }
}

/// The same behind a comma, where a comment needs no blank before it.
fn is_comment_or_blank_behind_comma(rest: &str) -> bool {
    let bare = rest.trim_start_matches([' ', '\t']);
    bare.is_empty() || bare.starts_with('#')
}
