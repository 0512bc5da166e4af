//! The judge: advances the events of the input and of the output together and lets nothing differ that was not asked for.
//!
//! The events of the input are the parser's own, read back from the tree that wrote them down (`record.rs`); those of the output come
//! from a plain parse of the bytes that would be written. **Invariant:** shares no code with the cursor, and looks at no span; of the
//! tree it sees that record only.

use std::collections::HashMap;

use super::record::{Ev, Props, Record};
use super::scalar::{is_string_everywhere, is_typed_alike};
use super::scan::{Event, Events, ParseResult, Style, Trouble, check};

/// What may differ. Nodes are numbered from 0 in the order of the input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Expect {
    /// A scalar, or an alias that is detached, has this text.
    Becomes { node: u32, text: String, plain: Plain },
    /// A null has become a collection.
    Turns { node: u32, events: Vec<Fresh> },
    /// Nodes that were not there.
    Appears { at: Slot, events: Vec<Fresh> },
    /// This many nodes are gone, and no half of a collection among them.
    Vanishes { first: u32, nodes: u32 },
}

/// A place between the nodes of the input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Slot {
    /// Right before a node.
    Before(u32),
    /// Behind the last child of a collection.
    EndOf(u32),
}

/// When a value may be written without quotes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Plain {
    /// If every reader takes it for a string.
    String,
    /// It must be, and every reader types it alike.
    Typed,
    /// It must be; digits behind a leading zero, over a value of the same shape.
    Octal,
}

/// An event of a node that was not there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Fresh {
    Scalar(String, Plain),
    /// A string of several lines: a literal block, or in double quotes.
    Lines(String),
    /// A scalar that stood elsewhere, in the style that it had.
    Kept(String, Style),
    Map,
    Seq,
    End,
}

/// A difference that nobody asked for, in words, and the line of the output near which it shows.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Difference {
    pub(super) what: String,
    pub(super) line: usize,
}

/// Returns the key by which expectations are put in the order in which the judge meets them.
pub(super) fn order_of(expect: &Expect, skip: impl Fn(u32) -> u32) -> (u32, u8, u32) {
    match expect {
        // inner collections end before outer ones; theirs are the higher numbers
        Expect::Appears {
            at: Slot::EndOf(node), ..
        } => (skip(*node), 0, u32::MAX - node),
        Expect::Appears {
            at: Slot::Before(node), ..
        } => (*node, 1, 0),
        Expect::Becomes { node, .. } | Expect::Turns { node, .. } => (*node, 2, 0),
        Expect::Vanishes { first, .. } => (*first, 2, 0),
    }
}

/// Compares the recorded events of the input with those of `new`. `script` stands in the order of [`order_of`].
///
/// `first` is the number of the first node of the input that is read: 0, except for the later parts of a large file.
pub(super) fn judge(old: Record<'_>, new: &str, (first, script): (u32, &[Expect])) -> Result<(), Difference> {
    check(new).map_err(|refusal| Difference {
        what: refusal.why.to_string(),
        line: refusal.line as usize,
    })?;
    let new = Events::of(new);
    let mut judge = Judge {
        old,
        new,
        script,
        line: 0,
        count: first,
        open: Vec::new(),
        anchors: HashMap::new(),
    };
    judge.run().map_err(|what| Difference { what, line: judge.line })
}

impl Expect {
    /// The node of the input that it is about.
    pub(super) fn node(&self) -> u32 {
        match self {
            Expect::Becomes { node, .. } | Expect::Turns { node, .. } => *node,
            Expect::Appears {
                at: Slot::Before(node) | Slot::EndOf(node),
                ..
            } => *node,
            Expect::Vanishes { first, .. } => *first,
        }
    }
}

/// Nothing, or what is wrong.
type Verdict = Result<(), String>;

struct Judge<'a> {
    old: Record<'a>,
    new: Events<'a>,
    script: &'a [Expect],
    /// Line of the event of the output that was taken last.
    line: usize,
    /// Number of the next node of the input.
    count: u32,
    open: Vec<u32>,
    /// Anchor numbers of the input and theirs in the output.
    anchors: HashMap<u32, u32>,
}

impl<'a> Judge<'a> {
    fn run(&mut self) -> Verdict {
        while let Some(event) = self.old.next() {
            match event {
                Ev::DocStart | Ev::DocEnd => self.same(event)?,
                Ev::SeqEnd | Ev::MapEnd => {
                    let node = self.open.pop().unwrap_or(u32::MAX);
                    if !self.script.is_empty() {
                        self.appear(Slot::EndOf(node))?;
                    }
                    self.same(event)?;
                }
                Ev::Alias(_) | Ev::Scalar(..) | Ev::Seq(_) | Ev::Map(_) => self.node(event)?,
            }
        }
        require(self.script.is_empty(), "an edit was not met")?;
        let taken = self.take();
        let end = self.view(&taken)?;
        require(end.is_none(), "the result goes on behind the last document")
    }

    fn node(&mut self, event: Ev<'a>) -> Verdict {
        self.appear(Slot::Before(self.count))?;
        match self.script.first() {
            Some(Expect::Becomes { node, text, plain }) if *node == self.count => {
                self.advance();
                self.count += 1;
                self.becomes(event, text, *plain)
            }
            Some(Expect::Turns { node, events }) if *node == self.count => {
                self.advance();
                self.count += 1;
                let null = matches!(
                    event,
                    Ev::Scalar(
                        "" | "~" | "null" | "Null" | "NULL",
                        Style::Plain,
                        Props { anchor: 0, tag: None }
                    )
                );
                require(null, "only null can become a collection")?;
                self.fresh(events)
            }
            Some(Expect::Vanishes { first, nodes }) if *first == self.count => {
                self.advance();
                self.skip(event, *nodes)
            }
            _ => {
                if matches!(event, Ev::Seq(_) | Ev::Map(_)) {
                    self.open.push(self.count);
                }
                self.count += 1;
                self.same(event)
            }
        }
    }

    /// Takes one event of the output, as large as the parser hands it out.
    #[inline]
    fn take(&mut self) -> ParseResult {
        loop {
            let found = self.new.next();
            if !matches!(found, Ok((Event::StreamStart, _))) {
                return found;
            }
        }
    }

    /// Views what was taken, and notes its line.
    #[inline]
    fn view<'e>(&mut self, taken: &'e ParseResult) -> Result<Option<Ev<'e>>, String> {
        match taken {
            Ok((event, mark)) => {
                self.line = mark.line();
                Ok(Ev::of(event))
            }
            Err(error) => {
                let trouble = Trouble::of(error);
                self.line = trouble.mark.line;
                Err(format!("the result is no YAML: {}", trouble.message))
            }
        }
    }

    fn advance(&mut self) {
        self.script = self.script.get(1..).unwrap_or_default();
    }

    /// Takes the new nodes that are expected at a place from the output.
    fn appear(&mut self, slot: Slot) -> Verdict {
        while let Some(Expect::Appears { at, events }) = self.script.first()
            && *at == slot
        {
            self.advance();
            self.fresh(events)?;
        }
        Ok(())
    }

    fn fresh(&mut self, events: &[Fresh]) -> Verdict {
        const NONE: Props<'_> = Props { anchor: 0, tag: None };
        for expected in events {
            let taken = self.take();
            let found = self.view(&taken)?;
            let fits = match (expected, found) {
                (Fresh::Scalar(text, plain), Some(Ev::Scalar(value, style, NONE))) => {
                    let block = matches!(style, Style::Literal | Style::Folded);
                    value == text && style_fits(style, value, *plain) && !block
                }
                (Fresh::Lines(text), Some(Ev::Scalar(value, style, NONE))) => {
                    value == text && matches!(style, Style::Literal | Style::DoubleQuoted)
                }
                (Fresh::Kept(text, kept), Some(Ev::Scalar(value, style, NONE))) => value == text && style == *kept,
                (Fresh::Map, Some(Ev::Map(NONE))) | (Fresh::Seq, Some(Ev::Seq(NONE))) => true,
                (Fresh::End, Some(Ev::MapEnd | Ev::SeqEnd)) => true,
                _ => false,
            };
            require(fits, "what was added does not read back as it was asked for")?;
        }
        Ok(())
    }

    fn becomes(&mut self, event: Ev<'a>, text: &str, plain: Plain) -> Verdict {
        let taken = self.take();
        let Some(Ev::Scalar(value, style, props)) = self.view(&taken)? else {
            return require(false, "an edited value is no longer a scalar");
        };
        require(value == text, "an edited value does not read back as it was asked for")?;
        require(
            style_fits(style, value, plain),
            "an edited value is not of the type that was asked for",
        )?;
        match event {
            Ev::Alias(_) => require(
                props.anchor == 0 && props.tag.is_none(),
                "an alias has become more than a value",
            ),
            Ev::Scalar(_, before, old) => {
                let kept = match before {
                    Style::Literal | Style::Folded => style == before,
                    Style::SingleQuoted | Style::DoubleQuoted => plain != Plain::String || style != Style::Plain,
                    Style::Plain => !matches!(style, Style::Literal | Style::Folded),
                };
                require(kept, "the style of an edited value has changed")?;
                same_props(&mut self.anchors, old, props)
            }
            _ => require(false, "a collection was to become a value"),
        }
    }

    /// Passes over nodes of the input that are gone from the output.
    fn skip(&mut self, first: Ev<'a>, nodes: u32) -> Verdict {
        let (mut left, mut depth) = (nodes, 0_u32);
        let mut event = Some(first);
        const ENDS: &str = "a removal does not end where a value ends";
        loop {
            let node = matches!(event, Some(Ev::Seq(_) | Ev::Map(_) | Ev::Alias(_) | Ev::Scalar(..)));
            if node {
                left = left.checked_sub(1).ok_or(ENDS)?;
            }
            match event {
                Some(Ev::Seq(_) | Ev::Map(_)) => depth += 1,
                Some(Ev::Alias(_) | Ev::Scalar(..)) => {}
                Some(Ev::SeqEnd | Ev::MapEnd) if depth > 0 => depth -= 1,
                _ => return require(false, ENDS),
            }
            if left == 0 && depth == 0 {
                self.count += nodes;
                return Ok(());
            }
            event = self.old.next();
        }
    }

    /// Takes one event of the output, which must say the same.
    fn same(&mut self, old: Ev<'_>) -> Verdict {
        let taken = self.take();
        let Some(new) = self.view(&taken)? else {
            return require(false, "the result ends too early");
        };
        match (old, new) {
            (Ev::Alias(a), Ev::Alias(b)) => {
                require(self.anchors.get(&a) == Some(&b), "an alias means something else now")
            }
            (Ev::Scalar(a, style, old), Ev::Scalar(b, other, new)) => {
                require(a == b, "a value has changed")?;
                require(style == other, "the style of a value has changed")?;
                same_props(&mut self.anchors, old, new)
            }
            (Ev::Seq(old), Ev::Seq(new)) | (Ev::Map(old), Ev::Map(new)) => same_props(&mut self.anchors, old, new),
            (old, new) => require(old == new, "the structure has changed"),
        }
    }
}

fn same_props(anchors: &mut HashMap<u32, u32>, old: Props<'_>, new: Props<'_>) -> Verdict {
    require(old.tag == new.tag, "a tag has changed")?;
    require((old.anchor > 0) == (new.anchor > 0), "an anchor has changed")?;
    if old.anchor > 0 {
        // numbers are counters and shift behind a removal; each is met once, in the same order on both sides
        anchors.insert(old.anchor, new.anchor);
    }
    Ok(())
}

fn require(holds: bool, otherwise: &str) -> Verdict {
    if holds { Ok(()) } else { Err(otherwise.to_owned()) }
}

fn style_fits(style: Style, value: &str, plain: Plain) -> bool {
    match plain {
        Plain::String => style != Style::Plain || is_string_everywhere(value),
        Plain::Typed => style == Style::Plain && is_typed_alike(value),
        Plain::Octal => {
            style == Style::Plain && value.starts_with('0') && value.bytes().all(|it| matches!(it, b'0'..=b'7'))
        }
    }
}

#[cfg(test)]
mod tests;
