//! The judge: advances the events of the input and of the output together and lets nothing differ that was not asked for.
//!
//! The events of the input are the parser's own, recorded before the cursor saw them (`log.rs`); those of the output come from a plain
//! parse of the bytes that would be written. **Invariant:** shares no code with the cursor, looks at no span and at no tree.

use std::collections::HashMap;

use super::log::{Ev, Props, Reader};
use super::scalar::{is_string_everywhere, is_typed_alike};
use super::scan::{Event, Events, Style, check};

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

type Verdict<T = ()> = Result<T, Difference>;

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
pub(super) fn judge(old: Reader<'_>, new: &str, script: &[Expect]) -> Verdict {
    check(new).map_err(|refusal| Difference {
        what: refusal.why.to_string(),
        line: refusal.line as usize,
    })?;
    Judge {
        old,
        new: Events::of(new),
        script,
        line: 0,
        count: 0,
        open: Vec::new(),
        anchors: HashMap::new(),
    }
    .run()
}

struct Judge<'a> {
    old: Reader<'a>,
    new: Events<'a>,
    script: &'a [Expect],
    line: usize,
    /// Number of the next node of the input.
    count: u32,
    open: Vec<u32>,
    /// Anchor numbers of the input and theirs in the output.
    anchors: HashMap<u32, u32>,
}

impl<'a> Judge<'a> {
    fn run(mut self) -> Verdict {
        while let Some(event) = self.old.next() {
            match event {
                Ev::DocStart | Ev::DocEnd => self.same(event)?,
                Ev::SeqEnd | Ev::MapEnd => {
                    let node = self.open.pop().unwrap_or(u32::MAX);
                    self.appear(Slot::EndOf(node))?;
                    self.same(event)?;
                }
                Ev::Alias(_) | Ev::Scalar(..) | Ev::Seq(_) | Ev::Map(_) => self.node(event)?,
            }
        }
        self.require(self.script.is_empty(), "an edit was not met")?;
        let end = self.take()?;
        self.require(end == Event::StreamEnd, "the result goes on behind the last document")
    }

    fn node(&mut self, event: Ev<'a>) -> Verdict {
        self.appear(Slot::Before(self.count))?;
        match self.script.first() {
            Some(Expect::Becomes { node, text, plain }) if *node == self.count => {
                self.script = &self.script[1..];
                self.count += 1;
                self.becomes(event, text, *plain)
            }
            Some(Expect::Turns { node, events }) if *node == self.count => {
                self.script = &self.script[1..];
                self.count += 1;
                let null = matches!(event, Ev::Scalar("" | "~" | "null" | "Null" | "NULL", Style::Plain, props) if props.tag.is_none() && props.anchor == 0);
                self.require(null, "only null can become a collection")?;
                self.fresh(events)
            }
            Some(Expect::Vanishes { first, nodes }) if *first == self.count => {
                self.script = &self.script[1..];
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

    /// Takes the new nodes that are expected at a place from the output.
    fn appear(&mut self, slot: Slot) -> Verdict {
        while let Some(Expect::Appears { at, events }) = self.script.first()
            && *at == slot
        {
            self.script = &self.script[1..];
            self.fresh(events)?;
        }
        Ok(())
    }

    fn fresh(&mut self, events: &[Fresh]) -> Verdict {
        const NONE: Props<'_> = Props { anchor: 0, tag: None };
        for expected in events {
            let event = self.take()?;
            let found = Ev::of(&event);
            let fits = match (expected, found) {
                (Fresh::Scalar(text, plain), Some(Ev::Scalar(value, style, NONE))) => {
                    value == text
                        && style_fits(style, value, *plain)
                        && !matches!(style, Style::Literal | Style::Folded)
                }
                (Fresh::Map, Some(Ev::Map(NONE))) | (Fresh::Seq, Some(Ev::Seq(NONE))) => true,
                (Fresh::End, Some(Ev::MapEnd | Ev::SeqEnd)) => true,
                _ => false,
            };
            self.require(fits, "what was added does not read back as it was asked for")?;
        }
        Ok(())
    }

    fn becomes(&mut self, event: Ev<'a>, text: &str, plain: Plain) -> Verdict {
        let taken = self.take()?;
        let Some(Ev::Scalar(value, style, props)) = Ev::of(&taken) else {
            return self.require(false, "an edited value is no longer a scalar");
        };
        self.require(value == text, "an edited value does not read back as it was asked for")?;
        self.require(
            style_fits(style, value, plain),
            "an edited value is not of the type that was asked for",
        )?;
        match event {
            Ev::Alias(_) => self.require(
                props.anchor == 0 && props.tag.is_none(),
                "an alias has become more than a value",
            ),
            Ev::Scalar(_, before, old) => {
                let kept = match before {
                    Style::Literal | Style::Folded => style == before,
                    Style::SingleQuoted | Style::DoubleQuoted => plain != Plain::String || style != Style::Plain,
                    Style::Plain => !matches!(style, Style::Literal | Style::Folded),
                };
                self.require(kept, "the style of an edited value has changed")?;
                self.same_props(old, props)
            }
            _ => self.require(false, "a collection was to become a value"),
        }
    }

    /// Passes over nodes of the input that are gone from the output.
    fn skip(&mut self, first: Ev<'a>, nodes: u32) -> Verdict {
        let (mut left, mut depth) = (nodes, 0_u32);
        let mut event = Some(first);
        loop {
            match event {
                Some(Ev::Seq(_) | Ev::Map(_)) => {
                    left = left.saturating_sub(1);
                    depth += 1;
                }
                Some(Ev::Alias(_) | Ev::Scalar(..)) => left = left.saturating_sub(1),
                Some(Ev::SeqEnd | Ev::MapEnd) if depth > 0 => depth -= 1,
                _ => return self.require(false, "a removal does not end where a value ends"),
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
        let taken = self.take()?;
        let Some(new) = Ev::of(&taken) else {
            return self.require(false, "the result ends too early");
        };
        match (old, new) {
            (Ev::Alias(a), Ev::Alias(b)) => {
                let known = self.anchors.get(&a) == Some(&b);
                self.require(known, "an alias means something else now")
            }
            (Ev::Scalar(a, style, old), Ev::Scalar(b, other, new)) => {
                self.require(a == b, "a value has changed")?;
                self.require(style == other, "the style of a value has changed")?;
                self.same_props(old, new)
            }
            (Ev::Seq(old), Ev::Seq(new)) | (Ev::Map(old), Ev::Map(new)) => self.same_props(old, new),
            (old, new) => self.require(old == new, "the structure has changed"),
        }
    }

    fn same_props(&mut self, old: Props<'_>, new: Props<'_>) -> Verdict {
        self.require(old.tag == new.tag, "a tag has changed")?;
        self.require((old.anchor > 0) == (new.anchor > 0), "an anchor has changed")?;
        if old.anchor > 0 {
            // numbers are counters and shift behind a removal; each is met once, in the same order on both sides
            self.anchors.insert(old.anchor, new.anchor);
        }
        Ok(())
    }

    /// Takes one event of the output.
    fn take(&mut self) -> Verdict<Event> {
        loop {
            match self.new.next() {
                Ok((Event::StreamStart, _)) => {}
                Ok((event, mark)) => {
                    self.line = mark.line;
                    return Ok(event);
                }
                Err(trouble) => {
                    let what = format!("the result is no YAML: {}", trouble.message);
                    return Err(Difference {
                        what,
                        line: trouble.mark.line,
                    });
                }
            }
        }
    }

    fn require(&self, holds: bool, otherwise: &str) -> Verdict {
        if holds {
            Ok(())
        } else {
            Err(Difference {
                what: otherwise.to_owned(),
                line: self.line,
            })
        }
    }
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
