//! Adding a key or an item in the style of its neighbours.
//!
//! A new key stands at the column of the mapping's first key, a new item at the column and with the gap of the last dash; both behind the
//! last child's own line, before the blank lines and comments that follow. Line breaks are copied from the line above.

use super::fresh::{Style, Value, flow_pair};
use super::{ListIndent, New, Part};
use crate::text::span::{break_at, line_end};
use crate::yaml::proof::{Expect, Fresh, Plain, Slot};
use crate::yaml::refusal::{Refusal, Why};
use crate::yaml::tree::{Flags, NONE, NodeId, NodeKind, Tree};

/// A planned insertion; its bytes are made when all edits are known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Insert {
    /// The collection, or the null that becomes one.
    pub(super) into: NodeId,
    /// Value of the pair, or the item, to stand behind; `None` in a collection that has no children.
    pub(super) after: Option<NodeId>,
    /// The key, for a mapping.
    pub(super) key: Option<String>,
    pub(super) value: Value,
}

/// Where an insertion goes, and how.
#[derive(Debug)]
pub(super) struct Placed {
    pub(super) splices: Vec<(std::ops::Range<usize>, String)>,
    pub(super) expect: Expect,
}

/// A place for whole lines: an offset, and whether it is the end of a line (before its break) or the start of one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum LinePlace {
    EndOfLine(usize),
    StartOfLine(usize),
}

type Planned<T> = Result<T, Refusal>;

impl Tree {
    pub(super) fn plan_insert_key(
        &self,
        map: NodeId,
        (key, value): (&str, &New<'_>),
        after: Option<NodeId>,
    ) -> Planned<Vec<Part>> {
        self.check_collection(map, NodeKind::Map)?;
        self.check_absent(map, key)?;
        self.plan_insert(map, (Some(key.to_owned()), value), after)
    }

    pub(super) fn plan_insert_item(&self, seq: NodeId, value: &New<'_>, after: Option<NodeId>) -> Planned<Vec<Part>> {
        self.check_collection(seq, NodeKind::Seq)?;
        self.plan_insert(seq, (None, value), after)
    }

    fn plan_insert(
        &self,
        into: NodeId,
        (key, value): (Option<String>, &New<'_>),
        after: Option<NodeId>,
    ) -> Planned<Vec<Part>> {
        self.check_twins(into)?;
        let value = Value::of(value).map_err(|why| self.refuse(into, why))?;
        let after = match after {
            None => self.children(into).last(),
            Some(child) if self.parent(child) == Some(into) => Some(self.entry(child).1),
            Some(child) => return Err(self.refuse(child, Why::Unsupported("this is no entry of that collection"))),
        };
        let insert = Insert {
            into,
            after,
            key,
            value,
        };
        // made once now, so that what cannot be done is refused while planning
        self.place(&insert, None)?;
        Ok(vec![Part::Insert(insert)])
    }

    /// Refuses everything but a collection of that kind, or null.
    fn check_collection(&self, at: NodeId, wanted: NodeKind) -> Planned<()> {
        let kind = self.kind(at);
        if self.is_template(at) {
            return Err(self.refuse(at, Why::Template));
        }
        if kind == NodeKind::Alias {
            let def_line = self.line(self.resolve(at));
            return Err(self.refuse(at, Why::Alias { def_line }));
        }
        let node = self.node(at);
        if node.flags.has(Flags::IMPLICIT) {
            return Err(self.refuse(
                at,
                Why::Unsupported("a pair in a list without braces holds no more than one key"),
            ));
        }
        let properties = node.anchor > 0 || node.flags.has(Flags::TAG);
        if kind == wanted || (self.is_null(at) && !properties && !self.is_key(at)) {
            return Ok(());
        }
        Err(self.refuse(at, Why::Collection))
    }

    /// Whether a node is an absent value or a plain null.
    pub fn is_null(&self, at: NodeId) -> bool {
        match self.kind(at) {
            NodeKind::Empty => true,
            NodeKind::Plain => matches!(self.text(at), "~" | "null" | "Null" | "NULL"),
            _ => false,
        }
    }

    /// Makes the bytes of an insertion. `moved` is the start of the line that takes whole lines in place of lines that are removed.
    pub(super) fn place(&self, insert: &Insert, moved: Option<usize>) -> Planned<Placed> {
        let into = insert.into;
        if !matches!(self.kind(into), NodeKind::Map | NodeKind::Seq) {
            return self.place_in_null(insert);
        }
        let mut events = Vec::new();
        if let Some(key) = &insert.key {
            events.push(Fresh::Scalar(key.clone(), Plain::String));
        }
        insert.value.events(&mut events);
        let next = insert
            .after
            .map(|it| NodeId(self.node(it).skip))
            .filter(|&it| it.0 < self.node(into).skip);
        let at = next.map_or(Slot::EndOf(into.0), |it| Slot::Before(it.0));
        let expect = Expect::Appears { at, events };
        let splices = match (self.is_flow(into), insert.after) {
            (true, after) => vec![self.place_in_flow(insert, after)],
            (false, Some(after)) => {
                let place = moved.map_or_else(|| self.line_behind(after), |start| Ok(LinePlace::StartOfLine(start)))?;
                vec![self.whole_lines(place, &self.new_lines(insert, after))]
            }
            (false, None) => return Err(self.refuse(into, Why::Unclear("a collection without entries"))),
        };
        Ok(Placed { splices, expect })
    }

    fn place_in_flow(&self, insert: &Insert, after: Option<NodeId>) -> (std::ops::Range<usize>, String) {
        let quotes = self.new_quotes();
        let text = match &insert.key {
            Some(key) => flow_pair(key, &insert.value, quotes),
            None => insert.value.flow(quotes),
        };
        match after {
            Some(after) => {
                let end = self.span(after).end;
                (end..end, format!(", {text}"))
            }
            None => {
                let start = self.span(insert.into).start + 1;
                (start..start, text)
            }
        }
    }

    /// Turns a null into a collection: below its key or dash in block style, in place in flow style.
    fn place_in_null(&self, insert: &Insert) -> Planned<Placed> {
        let into = insert.into;
        let node = self.node(into);
        let whole = match &insert.key {
            Some(key) => Value::Map(vec![(key.clone(), insert.value.clone())]),
            None => Value::Seq(vec![insert.value.clone()]),
        };
        let mut events = Vec::new();
        whole.events(&mut events);
        let expect = Expect::Turns { node: into.0, events };
        let span = self.span(into);
        let colonless = self.key_of(into).is_some() && node.colon == NONE;
        if colonless {
            return Err(self.refuse(into, Why::Unsupported("a key without a `:` has no place for a value")));
        }
        if self.in_flow(into) {
            let gap = if span.is_empty() { " " } else { "" };
            return Ok(Placed {
                splices: vec![(span, format!("{gap}{}", whole.flow(self.new_quotes())))],
                expect,
            });
        }
        let source = self.source();
        let opening = self.opening_of(into);
        let mut splices = Vec::new();
        if !span.is_empty() {
            let blank = source
                .get(opening..span.start)
                .is_some_and(|gap| gap.bytes().all(|it| it == b' '));
            if !blank || self.parent(into).is_none() {
                return Err(self.refuse(into, Why::Unsupported("this null is not on the line of its key")));
            }
            splices.push((opening..span.end, String::new()));
        }
        let style = self.style_near(into);
        let column = self.column_of(into);
        let lines = match (&insert.key, self.parent(into)) {
            (Some(key), Some(parent)) if self.kind(parent) == NodeKind::Map => {
                Value::pair(key, &insert.value, (column + style.step, style))
            }
            (None, Some(parent)) if self.kind(parent) == NodeKind::Map => {
                insert.value.item((column + style.list, 1), style)
            }
            (Some(key), Some(_)) => Value::pair(key, &insert.value, (column + 2, style)),
            (None, Some(_)) => insert.value.item((column + 2, 1), style),
            (Some(key), None) => Value::pair(key, &insert.value, (0, style)),
            (None, None) => insert.value.item((0, 1), style),
        };
        let place = self.line_place(span.end.max(opening), into)?;
        splices.push(self.whole_lines(place, &lines));
        Ok(Placed { splices, expect })
    }

    /// Writes the lines of a new entry of a block collection, in the style of the entries that are there.
    fn new_lines(&self, insert: &Insert, after: NodeId) -> Vec<String> {
        let style = match insert.value {
            Value::Text(..) => Style { step: 2, list: 2 },
            _ => self.style_near(insert.into),
        };
        match &insert.key {
            Some(key) => {
                let first = self.children(insert.into).next().unwrap_or(after);
                Value::pair(key, &insert.value, (self.column_of(first), style))
            }
            None => {
                let gap = self.children(insert.into).last().map_or(1, |last| self.gap_of(last));
                insert.value.item((self.column_of(after), gap), style)
            }
        }
    }

    /// Blanks between the dash of an item and its content, if they are on one line.
    fn gap_of(&self, item: NodeId) -> usize {
        let node = self.node(item);
        let gap = self
            .source()
            .get(node.lead as usize + 1..node.full as usize)
            .unwrap_or_default();
        if gap.is_empty() || gap.bytes().any(|byte| byte != b' ') {
            1
        } else {
            gap.len()
        }
    }

    /// The column of an entry, in bytes from 0.
    pub(super) fn column_of(&self, entry: NodeId) -> usize {
        let lead = self.entry_start(entry);
        lead - self.lines.start_of(lead)
    }

    /// Finds the end of the last line of an entry.
    pub(super) fn line_behind(&self, value: NodeId) -> Planned<LinePlace> {
        self.line_place(self.span(value).end, value)
    }

    fn line_place(&self, end: usize, at: NodeId) -> Planned<LinePlace> {
        let source = self.source();
        if source.get(..end).is_some_and(|before| before.ends_with(['\n', '\r'])) {
            return Ok(LinePlace::StartOfLine(end));
        }
        let line_end = line_end(source, end);
        match is_blank_or_comment(source.get(end..line_end).unwrap_or_default()) {
            true => Ok(LinePlace::EndOfLine(line_end)),
            false => Err(self.refuse(at, Why::Unsupported("something else stands on the same line"))),
        }
    }

    /// Splices whole lines in, with the line break of the line above.
    pub(super) fn whole_lines(&self, place: LinePlace, lines: &[String]) -> (std::ops::Range<usize>, String) {
        match place {
            LinePlace::EndOfLine(end) => {
                let br = self.break_near(end);
                let text = lines.iter().flat_map(|line| [br, line.as_str()]).collect();
                (end..end, text)
            }
            LinePlace::StartOfLine(start) => {
                let br = self.break_before(start);
                let text = lines.iter().flat_map(|line| [line.as_str(), br]).collect();
                (start..start, text)
            }
        }
    }

    /// The line break at the end of a line, or that of the line above where the file ends without one.
    pub(super) fn break_near(&self, end: usize) -> &str {
        match break_at(self.source(), end) {
            "" => self.break_before(self.lines.start_of(end)),
            found => found,
        }
    }

    pub(super) fn break_before(&self, start: usize) -> &str {
        let before = self.source().get(..start).unwrap_or_default();
        ["\r\n", "\n", "\r"]
            .into_iter()
            .find(|it| before.ends_with(it))
            .unwrap_or("\n")
    }

    /// Takes the columns for new collections from what stands near `at`, else from habit.
    pub(super) fn style_near(&self, at: NodeId) -> Style {
        let habit = if self.lists == ListIndent::Flush { 0 } else { 2 };
        let step = self.nearest(at, NodeKind::Map).filter(|&step| step > 0).unwrap_or(2);
        Style {
            step,
            list: self.nearest(at, NodeKind::Seq).unwrap_or(habit),
        }
    }

    /// Returns by how much the nearest block collection of a kind is indented below its key.
    fn nearest(&self, at: NodeId, kind: NodeKind) -> Option<usize> {
        let count = self.nodes.len() as u32;
        let farthest = at.0.max(count.saturating_sub(at.0));
        (0..=farthest).find_map(|distance| {
            let before = at.0.checked_sub(distance);
            let behind = at.0.checked_add(distance).filter(|&it| it < count);
            before
                .into_iter()
                .chain(behind)
                .find_map(|id| self.indented_by(NodeId(id), kind))
        })
    }

    fn indented_by(&self, n: NodeId, kind: NodeKind) -> Option<usize> {
        let node = self.node(n);
        if node.kind != kind || self.is_flow(n) || node.colon == NONE {
            return None;
        }
        let own = node.start as usize;
        let below = self.lines.line_of(own) > self.lines.line_of(node.colon as usize);
        let column = own - self.lines.start_of(own);
        column.checked_sub(self.column_of(n)).filter(|_| below)
    }
}

/// Whether nothing but blanks and a comment stands there.
pub(super) fn is_blank_or_comment(rest: &str) -> bool {
    let bare = rest.trim_start_matches([' ', '\t']);
    bare.is_empty() || (bare.starts_with('#') && bare.len() < rest.len())
}
