//! Moving the value of a pair into a list that is there already, with the comments of it.
//!
//! Its lines come along, comments above its key and behind it included, indented for where they stand then.

use std::ops::Range;

use super::Shape;
use super::insert::LinePlace;
use super::recast::{Pair, Recasting, SEVERAL_LINES};
use crate::text::span::{break_at, line_end};
use crate::yaml::proof::{Expect, Fresh, Slot};
use crate::yaml::refusal::{Refusal, Why};
use crate::yaml::scalar::{Context, Quotes, is_legal_plain, write};
use crate::yaml::tree::{NodeId, NodeKind, Tree};

type Planned<T> = Result<T, Refusal>;
type Splices = Vec<(Range<usize>, String)>;

const COMMENTED: Why = Why::Unsupported(
    "a comment stands in it, and a list in brackets has no place for its line; write that list with dashes first",
);

impl Tree {
    pub(super) fn move_into_flow(
        &self,
        pair: Pair,
        shape: &Shape<'_>,
        (list, place): (NodeId, End),
    ) -> Planned<Recasting> {
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

    pub(super) fn move_into_block(
        &self,
        pair: Pair,
        shape: &Shape<'_>,
        (list, place): (NodeId, End),
    ) -> Planned<Recasting> {
        let source = self.source();
        let (Some(first), Some(last)) = (self.children(list).next(), self.children(list).last()) else {
            return Err(self.refuse(list, Why::Unclear("a list without items")));
        };
        let column = self.column_of(first);
        let indent = " ".repeat(column);
        let name = |key| write(key, Quotes::Plain, Context::Block);
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
                        let key = wrap.map_or(String::new(), |key| format!("{}: ", name(key)));
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
                        format!("{indent}- {}: {}", name(key), self.written(pair.value)),
                        format!("{indent}  {}: {}", name(beside.0), beside.1),
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
    pub(super) fn lines_of_value(&self, pair: Pair) -> Planned<(usize, usize)> {
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
                inserts.push((span.start, format!("{}: ", write(key, Quotes::Plain, Context::Block))));
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
    pub(super) fn mapping_lines(
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
        let mut lines = vec![format!("{indent}- {}:", write(key, Quotes::Plain, Context::Block))];
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
        let key = write(beside.0, Quotes::Plain, Context::Block);
        lines.push(format!("{indent}  {key}: {}", beside.1));
        Ok((lines, inside))
    }
}

/// Where in a list lines go.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
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
