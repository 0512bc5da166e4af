//! Giving a pair another shape: its value stays as it is written, every comment with it, below another key or in another list.
//!
//! In its place only the words around it are new. In another list its lines come along, comments above its key and behind it
//! included, indented for where they stand then.

use std::ops::Range;

use super::fresh::Value;
use super::insert::LinePlace;
use super::{Home, Part, Recast, Shape};
use crate::text::span::{break_at, line_end};
use crate::yaml::proof::{Expect, Fresh, Plain, Slot};
use crate::yaml::refusal::{Refusal, Why};
use crate::yaml::scalar::{Context, is_legal_plain, write};
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
struct Pair {
    key: NodeId,
    value: NodeId,
}

const COMMENTED: Why = Why::Unsupported("a comment stands in it, and braces have no place for its line");
const SEVERAL_LINES: Why = Why::Unsupported("a value in braces that goes over several lines stays where it is");

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
        splices.push((span.start..span.start, format!("{key}: ")));
        let below = self.lines_between(line_end(self.source(), span.start), span.end);
        splices.extend(below.into_iter().map(|line| (line.start..line.start, shift.clone())));
        Ok(())
    }

    /// Columns between an item's dash, included, and its content; both must stand on one line.
    fn width_before(&self, item: NodeId) -> Planned<usize> {
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

    // ---- in another list

    fn move_into_flow(&self, pair: Pair, shape: &Shape<'_>, (list, place): (NodeId, End)) -> Planned<Recasting> {
        let source = self.source();
        let mut values = self
            .children(pair.value)
            .chain((!self.is_collection(pair.value)).then_some(pair.value));
        if !(self.is_flow(pair.value) || self.in_flow(pair.value) || values.all(|it| self.fits_in_flow(it))) {
            return Err(self.refuse(
                pair.value,
                Why::Unsupported("its lines do not fit into a list in brackets; write that list with dashes first"),
            ));
        }
        let own = self.owned_from(pair.key)..line_end(source, self.span(pair.value).end);
        if !self.in_flow(pair.value) && source.get(own).is_some_and(|text| text.contains('#')) {
            return Err(self.refuse(pair.key, COMMENTED));
        }
        let name = |key| write(key, self.new_quotes(), Context::Flow);
        let mut events = Vec::new();
        let text = match shape {
            Shape::Items(wraps) => {
                let items = self.children(pair.value).zip(wraps).map(|(item, wrap)| match wrap {
                    None => self.written(item).to_owned(),
                    Some(key) => format!("{{{}: {}}}", name(key), self.written(item)),
                });
                self.items_events(pair.value, wraps, &mut events);
                items.collect::<Vec<_>>().join(", ")
            }
            Shape::Item { key, beside } => {
                let mut inside = self.item_events(pair.value, (key, *beside));
                inside.pop();
                events.extend(inside.into_iter().skip(1));
                let value = self.written(pair.value);
                format!("{{{}: {value}, {}: {}}}", name(key), name(beside.0), beside.1)
            }
            Shape::Single => {
                self.kept(pair.value, &mut events);
                self.written(pair.value).to_owned()
            }
        };
        let mut children = self.children(list);
        let splice = match place {
            End::First => {
                let at = children.next().map_or(0, |it| self.span(it).start);
                (at..at, format!("{text}, "))
            }
            End::Last => {
                let at = children.last().map_or(0, |it| self.span(it).end);
                (at..at, format!(", {text}"))
            }
        };
        self.moved(pair, (splice, events), (list, place))
    }

    fn move_into_block(&self, pair: Pair, shape: &Shape<'_>, (list, place): (NodeId, End)) -> Planned<Recasting> {
        let source = self.source();
        let (Some(first), Some(last)) = (self.children(list).next(), self.children(list).last()) else {
            return Err(self.refuse(list, Why::Unclear("a list without items")));
        };
        let column = self.column_of(first);
        let indent = " ".repeat(column);
        let mut lines: Vec<String> = Vec::new();
        // comments above go along where a removal would take them; a heading of the file stays
        if self.takes_comments(pair)? {
            let above = self.comments_above(pair.key);
            lines.extend(above.into_iter().map(|comment| format!("{indent}{comment}")));
        }
        let mut events = Vec::new();
        let comment = |text: &str| {
            text.trim_start()
                .starts_with('#')
                .then(|| format!("{indent}{}", text.trim_start()))
        };
        let inline = self.is_flow(pair.value) || self.is_scalar(pair.value);
        let behind = if inline {
            self.span(pair.value).end
        } else {
            self.node(pair.value).colon as usize + 1
        };
        lines.extend(comment(
            source.get(behind..line_end(source, behind)).unwrap_or_default(),
        ));
        if inline && self.written(pair.value).contains(['\n', '\r']) {
            return Err(self.refuse(pair.value, SEVERAL_LINES));
        }
        match shape {
            Shape::Items(wraps) => {
                self.items_events(pair.value, wraps, &mut events);
                match inline {
                    true => lines.extend(self.children(pair.value).zip(wraps).map(|(item, wrap)| {
                        let key = wrap.map_or(String::new(), |key| format!("{key}: "));
                        format!("{indent}- {key}{}", self.written(item))
                    })),
                    false => lines.extend(self.item_lines(pair, wraps, column)?),
                }
            }
            Shape::Item { key, beside } => {
                let mut inside = self.item_events(pair.value, (key, *beside));
                inside.pop();
                events.extend(inside.into_iter().skip(1));
                match inline {
                    true => lines.extend([
                        format!("{indent}- {key}: {}", self.written(pair.value)),
                        format!("{indent}  {}: {}", beside.0, beside.1),
                    ]),
                    false => lines.extend(self.mapping_lines(pair, (key, *beside), column)?.0),
                }
            }
            Shape::Single => {
                self.kept(pair.value, &mut events);
                lines.push(format!("{indent}- {}", self.written(pair.value)));
            }
        }
        let place_of_lines = match place {
            End::Last => self.line_behind(last)?,
            End::First if self.starts_its_line(self.entry_start(first)) => {
                LinePlace::StartOfLine(self.owned_from(first))
            }
            End::First => return Err(self.refuse(first, Why::Unsupported("something else stands on the same line"))),
        };
        let splice = self.whole_lines(place_of_lines, &lines);
        self.moved(pair, (splice, events), (list, place))
    }

    fn is_collection(&self, node: NodeId) -> bool {
        matches!(self.kind(node), NodeKind::Seq | NodeKind::Map)
    }

    /// Whether a value of block style could stand in brackets as it is written.
    fn fits_in_flow(&self, node: NodeId) -> bool {
        let written = self.written(node);
        match self.kind(node) {
            NodeKind::Plain => written == self.text(node) && is_legal_plain(written, Context::Flow),
            NodeKind::Single | NodeKind::Double => !written.contains(['\n', '\r']),
            _ => false,
        }
    }

    fn moved(
        &self,
        pair: Pair,
        (splice, events): ((Range<usize>, String), Vec<Fresh>),
        (list, place): (NodeId, End),
    ) -> Planned<Recasting> {
        let at = match (place, self.children(list).next()) {
            (End::First, Some(first)) => Slot::Before(first.0),
            _ => Slot::EndOf(list.0),
        };
        let mut splices = vec![splice];
        splices.extend(self.removal_of(pair)?);
        let vanishes = Expect::Vanishes {
            first: pair.key.0,
            nodes: self.node(pair.value).skip - pair.key.0,
        };
        Ok(Recasting {
            pair: pair.key,
            splices,
            script: vec![Expect::Appears { at, events }, vanishes],
        })
    }

    fn removal_of(&self, pair: Pair) -> Planned<Splices> {
        match self.parent(pair.key) {
            Some(map) => self.removal(map, &std::collections::HashSet::from([pair.key])),
            None => Err(self.refuse(pair.key, Why::Unclear("a pair without a mapping"))),
        }
    }

    /// Whether removing a pair would take the comments above it.
    fn takes_comments(&self, pair: Pair) -> Planned<bool> {
        let owned = self.owned_from(pair.key);
        Ok(self.removal_of(pair)?.iter().any(|(range, _)| range.start <= owned))
    }

    /// The lines below a key that hold its block value: from the start of the first to the end of the last, before its break.
    fn lines_of_value(&self, pair: Pair) -> Planned<(usize, usize)> {
        let source = self.source();
        let head = line_end(source, self.node(pair.value).colon as usize);
        let first = head + break_at(source, head).len();
        let end = self.span(pair.value).end;
        if first > self.span(pair.value).start || first == head {
            return Err(self.refuse(pair.value, Why::Unsupported("this value is not below its key")));
        }
        let before = source.get(..end).unwrap_or_default();
        let last = match ["\r\n", "\n", "\r"].into_iter().find(|it| before.ends_with(it)) {
            Some(br) => end - br.len(),
            None => line_end(source, end),
        };
        Ok((first, last))
    }

    /// The lines of a block list, its dashes at another column and some of its items below keys.
    fn item_lines(&self, pair: Pair, wraps: &[Option<&str>], column: usize) -> Planned<Vec<String>> {
        let source = self.source();
        let (first, end) = self.lines_of_value(pair)?;
        let own = self.children(pair.value).next().map_or(column, |it| self.column_of(it));
        let mut inserts: Vec<(usize, String)> = Vec::new();
        let mut deeper: Vec<(Range<usize>, usize)> = Vec::new();
        for (item, wrap) in self.children(pair.value).zip(wraps) {
            if let Some(key) = wrap {
                let (width, span) = (self.width_before(item)?, self.span(item));
                inserts.push((span.start, format!("{key}: ")));
                deeper.push((line_end(source, span.start)..span.end, width));
            }
        }
        let mut lines = Vec::new();
        let mut at = first;
        while at <= end {
            let stop = line_end(source, at);
            let mut line = source.get(at..stop).unwrap_or_default().to_owned();
            if let Some((offset, text)) = inserts.iter().find(|(offset, _)| (at..stop).contains(offset)) {
                line.insert_str(offset - at, text);
            }
            let more = deeper
                .iter()
                .find(|(range, _)| range.start < at && at < range.end)
                .map_or(0, |it| it.1);
            lines.push(shifted(&line, column + more, own));
            let next = stop + break_at(source, stop).len();
            if next == stop {
                break;
            }
            at = next;
        }
        Ok(lines)
    }

    /// The lines of an item that holds a block mapping below a key, and a further pair.
    fn mapping_lines(
        &self,
        pair: Pair,
        (key, beside): (&str, (&str, &str)),
        column: usize,
    ) -> Planned<(Vec<String>, usize)> {
        let source = self.source();
        let (first, end) = self.lines_of_value(pair)?;
        let own = self.children(pair.value).next().map_or(0, |it| self.column_of(it));
        let inside = column + 2 + self.style_near(pair.value).step;
        let indent = " ".repeat(column);
        let mut lines = vec![format!("{indent}- {key}:")];
        let mut at = first;
        while at <= end {
            let stop = line_end(source, at);
            lines.push(shifted(source.get(at..stop).unwrap_or_default(), inside, own));
            let next = stop + break_at(source, stop).len();
            if next == stop {
                break;
            }
            at = next;
        }
        lines.push(format!("{indent}  {}: {}", beside.0, beside.1));
        Ok((lines, inside))
    }

    // ---- what the judge expects

    /// The events of a node that stays as it is written.
    fn kept(&self, node: NodeId, events: &mut Vec<Fresh>) {
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

    fn items_events(&self, list: NodeId, wraps: &[Option<&str>], events: &mut Vec<Fresh>) {
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
    fn item_events(&self, value: NodeId, (key, beside): (&str, (&str, &str))) -> Vec<Fresh> {
        let mut events = vec![Fresh::Seq, Fresh::Map, Fresh::Scalar(key.to_owned(), Plain::String)];
        self.kept(value, &mut events);
        events.push(Fresh::Scalar(beside.0.to_owned(), Plain::String));
        Value::Text(beside.1.to_owned(), Plain::Typed).events(&mut events);
        events.extend([Fresh::End, Fresh::End]);
        events
    }
}

/// Where in a list lines go.
#[derive(Clone, Copy, PartialEq, Eq)]
enum End {
    First,
    Last,
}

/// A line at another column; lines without content stay empty, and none starts before the first column.
fn shifted(line: &str, to: usize, from: usize) -> String {
    if line.is_empty() {
        return String::new();
    }
    let blanks = line.len() - line.trim_start_matches(' ').len();
    match to.checked_sub(from) {
        Some(more) => format!("{}{line}", " ".repeat(more)),
        None => line.get((from - to).min(blanks)..).unwrap_or_default().to_owned(),
    }
}
