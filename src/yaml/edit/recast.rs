//! Giving a pair another shape: its value stays as it is written, every comment with it, below another key or in another list.
//!
//! In its place only the words around it are new. In another list its lines come along, comments above its key and behind it
//! included, indented for where they stand then.

use std::ops::Range;

use super::fresh::Value;
use super::relocate::End;
use super::{Home, Part, Recast, Shape};
use crate::text::span::{break_at, line_end};
use crate::yaml::proof::{Expect, Fresh, Plain, Slot};
use crate::yaml::refusal::{Refusal, Why};
use crate::yaml::scalar::{Context, Quotes, write};
use crate::yaml::scan::Style as Quoted;
use crate::yaml::tree::{Flags, NONE, NodeId, NodeKind, Tree};

type Planned<T> = Result<T, Refusal>;
type Splices = Vec<(Range<usize>, String)>;

/// A planned change of shape; its splices are final.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Recasting {
    /// The key.
    pub(super) pair: NodeId,
    pub(super) splices: Splices,
    pub(super) script: Vec<Expect>,
}

/// A pair that is being given another shape.
#[derive(Clone, Copy)]
pub(super) struct Pair {
    pub(super) key: NodeId,
    pub(super) value: NodeId,
}

pub(super) const SEVERAL_LINES: Why =
    Why::Unsupported("a value in braces that goes over several lines stays where it is");

impl Tree {
    pub(super) fn plan_recast(&self, pair: NodeId, to: &Recast<'_>) -> Planned<Vec<Part>> {
        let (Some(key), value) = self.entry(pair) else {
            return Err(self.refuse(pair, Why::Unsupported("only pairs get another shape")));
        };
        self.check_lines(key)?;
        self.check_lines(value)?;
        self.check_twins(value)?;
        for id in (key.0..self.node(value).skip).map(NodeId) {
            let node = self.node(id);
            if node.anchor > 0 || node.flags.has(Flags::TAG) || node.kind == NodeKind::Alias {
                return Err(self.refuse(
                    id,
                    Why::Unsupported("a value with an anchor, an alias or a tag stays where it is"),
                ));
            }
        }
        let pair = Pair { key, value };
        self.check_shape(pair, &to.shape)?;
        let (mut parts, recasting) = match to.home {
            Home::Here(name) => (self.plan_rename(key, name)?, self.recast_here(pair, &to.shape)?),
            Home::Before(list) | Home::Behind(list) => {
                self.check_list(list)?;
                let before = matches!(to.home, Home::Before(_));
                let place = if before { End::First } else { End::Last };
                let moved = match self.is_flow(list) {
                    true => self.move_into_flow(pair, &to.shape, (list, place))?,
                    false => self.move_into_block(pair, &to.shape, (list, place))?,
                };
                (Vec::new(), moved)
            }
        };
        if !recasting.script.is_empty() {
            parts.push(Part::Recast(recasting));
        }
        Ok(parts)
    }

    fn check_shape(&self, pair: Pair, shape: &Shape<'_>) -> Planned<()> {
        let kind = self.kind(pair.value);
        let fits = match shape {
            Shape::Items(_) => kind == NodeKind::Seq,
            Shape::Item { .. } => kind == NodeKind::Map,
            Shape::Single => self.is_scalar(pair.value) && !self.is_null(pair.value),
        };
        match fits && self.node(pair.value).colon != NONE {
            true => Ok(()),
            false => Err(self.refuse(pair.value, Why::Collection)),
        }
    }

    fn check_list(&self, list: NodeId) -> Planned<()> {
        if self.kind(list) == NodeKind::Alias {
            let def_line = self.line(self.resolve(list));
            return Err(self.refuse(list, Why::Alias { def_line }));
        }
        match self.kind(list) == NodeKind::Seq && self.children(list).next().is_some() {
            true => self.check_twins(list),
            false => Err(self.refuse(
                list,
                Why::Unsupported("an empty list has no style to follow; take it out"),
            )),
        }
    }

    // ---- in its place

    fn recast_here(&self, pair: Pair, shape: &Shape<'_>) -> Planned<Recasting> {
        let mut splices = Splices::new();
        let mut script = Vec::new();
        match shape {
            Shape::Items(wraps) => {
                for (item, wrap) in self.children(pair.value).zip(wraps) {
                    if let Some(key) = wrap {
                        self.wrap_item(item, key, &mut splices)?;
                        let mut events = vec![Fresh::Map, Fresh::Scalar((*key).to_owned(), Plain::String)];
                        self.kept(item, &mut events);
                        events.push(Fresh::End);
                        script.extend(self.replaced(item, events));
                    }
                }
            }
            Shape::Item { key, beside } => {
                self.wrap_mapping(pair, (key, *beside), &mut splices)?;
                script.extend(self.replaced(pair.value, self.item_events(pair.value, (key, *beside))));
            }
            Shape::Single => {
                let (key, span) = (self.column_of(pair.key), self.span(pair.value));
                if self.in_flow(pair.value) {
                    splices.push((span.start..span.start, "[".to_owned()));
                    splices.push((span.end..span.end, "]".to_owned()));
                } else {
                    let opening = self.opening_of(pair.value);
                    if self.lines.line_of(opening) != self.lines.line_of(span.end) {
                        return Err(self.refuse(pair.value, SEVERAL_LINES));
                    }
                    let style = self.style_near(pair.value);
                    let br = self.break_near(line_end(self.source(), opening));
                    splices.push((opening..span.start, format!("{br}{}- ", " ".repeat(key + style.list))));
                }
                let mut events = vec![Fresh::Seq];
                self.kept(pair.value, &mut events);
                events.push(Fresh::End);
                script.extend(self.replaced(pair.value, events));
            }
        }
        Ok(Recasting {
            pair: pair.key,
            splices,
            script,
        })
    }

    fn replaced(&self, node: NodeId, events: Vec<Fresh>) -> [Expect; 2] {
        let appears = Expect::Appears {
            at: Slot::Before(node.0),
            events,
        };
        let vanishes = Expect::Vanishes {
            first: node.0,
            nodes: self.node(node).skip - node.0,
        };
        [appears, vanishes]
    }

    fn wrap_item(&self, item: NodeId, key: &str, splices: &mut Splices) -> Planned<()> {
        let span = self.span(item);
        if self.in_flow(item) {
            let key = write(key, self.new_quotes(), Context::Flow);
            splices.push((span.start..span.start, format!("{{{key}: ")));
            splices.push((span.end..span.end, "}".to_owned()));
            return Ok(());
        }
        let shift = " ".repeat(self.width_before(item)?);
        let key = write(key, Quotes::Plain, Context::Block);
        splices.push((span.start..span.start, format!("{key}: ")));
        let below = self.lines_between(line_end(self.source(), span.start), span.end);
        splices.extend(below.into_iter().map(|line| (line.start..line.start, shift.clone())));
        Ok(())
    }

    /// Columns between an item's dash, included, and its content; both must stand on one line.
    pub(super) fn width_before(&self, item: NodeId) -> Planned<usize> {
        let (lead, start) = (self.node(item).lead as usize, self.span(item).start);
        let head = self.source().get(lead + 1..start).unwrap_or("\n");
        match head.bytes().all(|byte| byte == b' ') {
            true => Ok(start - lead),
            false => Err(self.refuse(item, Why::Unsupported("this item is not on the line of its dash"))),
        }
    }

    /// Lines with content that start behind an offset and before another one, without their breaks.
    fn lines_between(&self, from: usize, to: usize) -> Vec<Range<usize>> {
        let source = self.source();
        let mut found = Vec::new();
        let mut at = from;
        loop {
            let end = line_end(source, at);
            if at > from && end > at {
                found.push(at..end);
            }
            let next = end + break_at(source, end).len();
            if next == end || next >= to {
                return found;
            }
            at = next;
        }
    }

    fn wrap_mapping(&self, pair: Pair, (key, beside): (&str, (&str, &str)), splices: &mut Splices) -> Planned<()> {
        let span = self.span(pair.value);
        if self.is_flow(pair.value) {
            let name = |key| write(key, self.new_quotes(), Context::Flow);
            splices.push((span.start..span.start, format!("[{{{}: ", name(key))));
            splices.push((span.end..span.end, format!(", {}: {}}}]", name(beside.0), beside.1)));
            return Ok(());
        }
        let column = self.column_of(pair.key) + self.style_near(pair.value).list;
        let (lines, ..) = self.mapping_lines(pair, (key, beside), column)?;
        let (first, end) = self.lines_of_value(pair)?;
        splices.push((first..end, lines.join(self.break_before(first))));
        Ok(())
    }

    // ---- what the judge expects

    /// The events of a node that stays as it is written.
    pub(super) fn kept(&self, node: NodeId, events: &mut Vec<Fresh>) {
        let style = match self.kind(node) {
            NodeKind::Seq | NodeKind::Map => {
                events.push(if self.kind(node) == NodeKind::Seq {
                    Fresh::Seq
                } else {
                    Fresh::Map
                });
                self.children(node).for_each(|child| self.kept(child, events));
                return events.push(Fresh::End);
            }
            NodeKind::Single => Quoted::SingleQuoted,
            NodeKind::Double => Quoted::DoubleQuoted,
            NodeKind::Literal => Quoted::Literal,
            NodeKind::Folded => Quoted::Folded,
            NodeKind::Plain | NodeKind::Empty | NodeKind::Alias => Quoted::Plain,
        };
        events.push(Fresh::Kept(self.text(node).to_owned(), style));
    }

    pub(super) fn items_events(&self, list: NodeId, wraps: &[Option<&str>], events: &mut Vec<Fresh>) {
        for (item, wrap) in self.children(list).zip(wraps) {
            if let Some(key) = wrap {
                events.extend([Fresh::Map, Fresh::Scalar((*key).to_owned(), Plain::String)]);
            }
            self.kept(item, events);
            if wrap.is_some() {
                events.push(Fresh::End);
            }
        }
    }

    /// The events of a list whose only item holds a mapping below a key, and a further pair.
    pub(super) fn item_events(&self, value: NodeId, (key, beside): (&str, (&str, &str))) -> Vec<Fresh> {
        let mut events = vec![Fresh::Seq, Fresh::Map, Fresh::Scalar(key.to_owned(), Plain::String)];
        self.kept(value, &mut events);
        events.push(Fresh::Scalar(beside.0.to_owned(), Plain::String));
        Value::Text(beside.1.to_owned(), Plain::Typed).events(&mut events);
        events.extend([Fresh::End, Fresh::End]);
        events
    }
}
