//! Replacing the text of a scalar, or of a key.

use std::ops::Range;

use super::fresh::untyped;
use super::{AliasPolicy, Part, Text};
use crate::text::span::line_end;
use crate::yaml::proof::Plain;
use crate::yaml::refusal::{Refusal, Why};
use crate::yaml::scalar::{
    Class, Context, Quotes, class_of, fits_a_block_line, is_string_everywhere, is_typed_alike, rewrite_double, write,
};
use crate::yaml::tree::{Flags, NONE, NodeId, NodeKind, Tree};

type Planned<T> = Result<T, Refusal>;

impl Tree {
    pub(super) fn plan_set(&self, at: NodeId, to: Text<'_>, alias: AliasPolicy) -> Planned<Vec<Part>> {
        if self.is_key(at) {
            return match to {
                Text::Str(text) | Text::Quoted(text) | Text::Bare(text) => self.plan_rename(at, text),
            };
        }
        match (self.kind(at), alias) {
            (NodeKind::Alias, AliasPolicy::Refuse) => {
                let def_line = self.line(self.resolve(at));
                Err(self.refuse(at, Why::Alias { def_line }))
            }
            (NodeKind::Alias, AliasPolicy::Definition) => {
                self.check_lines(at)?;
                self.plan_set(self.resolve(at), to, AliasPolicy::Refuse)
            }
            (NodeKind::Alias, AliasPolicy::Detach) => {
                self.check_lines(at)?;
                self.check_twins(at)?;
                let (text, plain) = self.typed(at, to)?;
                let written = self.write_new(at, (text, plain), Quotes::Plain);
                Ok(vec![part(at, vec![(self.span(at), written)], (text, plain))])
            }
            (NodeKind::Seq | NodeKind::Map, _) => {
                let template = self.is_template(at) || self.line_has_template(at);
                Err(self.refuse(at, if template { Why::Template } else { Why::Collection }))
            }
            _ => self.plan_scalar(at, to),
        }
    }

    fn plan_scalar(&self, at: NodeId, to: Text<'_>) -> Planned<Vec<Part>> {
        self.check_lines(at)?;
        self.check_twins(at)?;
        let kind = self.kind(at);
        let flags = self.node(at).flags;
        let asked = match to {
            Text::Str(text) | Text::Quoted(text) | Text::Bare(text) => text,
        };
        let same_type = !matches!(to, Text::Bare(_)) || kind == NodeKind::Plain;
        let is_read = kind != NodeKind::Plain || !matches!(to, Text::Quoted(_)) || is_string_everywhere(asked);
        if kind != NodeKind::Empty && same_type && is_read && self.text(at) == asked {
            return Ok(Vec::new());
        }
        let foreign = match to {
            Text::Str(_) | Text::Quoted(_) => flags.has(Flags::FOREIGN) || flags.has(Flags::TYPED),
            Text::Bare(_) => flags.has(Flags::FOREIGN),
        };
        if foreign {
            return Err(self.refuse(at, Why::ForeignTag));
        }
        let (text, plain) = self.typed(at, to)?;
        let splices = match kind {
            NodeKind::Empty => self.fill_empty(at, (text, plain))?,
            NodeKind::Literal | NodeKind::Folded => vec![self.splice_block_line(at, (text, plain))?],
            NodeKind::Single => vec![(self.span(at), self.write_new(at, (text, plain), Quotes::Single))],
            NodeKind::Double => vec![(self.span(at), self.write_double(at, (text, plain)))],
            _ => vec![(self.span(at), self.write_new(at, (text, plain), Quotes::Plain))],
        };
        Ok(vec![part(at, splices, (text, plain))])
    }

    pub(super) fn plan_rename(&self, key: NodeId, to: &str) -> Planned<Vec<Part>> {
        let Some(map) = self.parent(key).filter(|_| self.is_key(key)) else {
            return Err(self.refuse(key, Why::Unsupported("only keys are renamed")));
        };
        self.check_lines(key)?;
        self.check_twins(key)?;
        if !self.is_scalar(key) {
            return Err(self.refuse(key, Why::Collection));
        }
        let flags = self.node(key).flags;
        if flags.has(Flags::FOREIGN) || flags.has(Flags::TYPED) {
            return Err(self.refuse(key, Why::ForeignTag));
        }
        if self.text(key) == to && self.kind(key) != NodeKind::Empty {
            return Ok(Vec::new());
        }
        self.check_absent(map, to)?;
        let text = (to, Plain::String);
        let written = match self.kind(key) {
            NodeKind::Literal | NodeKind::Folded => return Err(self.refuse(key, Why::Block)),
            NodeKind::Single => self.write_new(key, text, Quotes::Single),
            NodeKind::Double => self.write_double(key, text),
            NodeKind::Empty if self.node(key).lead != self.node(key).start => {
                format!(" {}", self.write_new(key, text, Quotes::Plain))
            }
            _ => self.write_new(key, text, Quotes::Plain),
        };
        Ok(vec![part(key, vec![(self.span(key), written)], text)])
    }

    /// Refuses a key that the mapping has already.
    pub(super) fn check_absent(&self, map: NodeId, key: &str) -> Planned<()> {
        let found = self
            .entries(map)
            .find(|&(it, _)| self.is_scalar(it) && self.text(it) == key);
        match found {
            Some((there, _)) => Err(self.refuse(there, Why::Exists { line: self.line(there) })),
            None => Ok(()),
        }
    }

    pub(super) fn plan_set_within(&self, at: NodeId, old: &str, new: &str) -> Planned<Vec<Part>> {
        let text = self.text(at);
        let unfit = Why::Unsupported("the text to replace does not stand there exactly once, on its own");
        let mut found = text
            .match_indices(old)
            .filter(|&(start, _)| stands_alone(text, start..start + old.len()));
        let (Some((start, _)), None, false) = (found.next(), found.next(), old.is_empty()) else {
            return Err(self.refuse(at, unfit));
        };
        let end = start + old.len();
        let whole = format!(
            "{}{new}{}",
            text.get(..start).unwrap_or_default(),
            text.get(end..).unwrap_or_default()
        );
        if self.kind(at) != NodeKind::Literal {
            return self.plan_set(at, Text::Str(&whole), AliasPolicy::Refuse);
        }
        self.check_twins(at)?;
        if text.contains("{{") {
            return Err(self.refuse(at, Why::Template));
        }
        let lines = self.lines_of_block(at).ok_or_else(|| self.refuse(at, Why::Block))?;
        let line = lines.iter().rev().find(|&&(inner, _)| inner <= start);
        let Some(&(inner, outer)) = line.filter(|_| fits_a_block_line(new) && !old.contains('\n')) else {
            return Err(self.refuse(at, Why::Block));
        };
        if old == new {
            return Ok(Vec::new());
        }
        let span = outer + (start - inner)..outer + (end - inner);
        Ok(vec![part(at, vec![(span, new.to_owned())], (&whole, Plain::String))])
    }

    /// Decides how text that a user typed is meant over the value that stands there: as a string, or as a number or boolean like that one.
    ///
    /// Over a plain number or boolean, text of the same class is [`Text::Bare`]; over anything else it is [`Text::Str`].
    ///
    /// # Errors
    /// [`Why::Untyped`] if the value is a number or boolean and the text is not one to every reader. Say [`Text::Str`] to force it.
    pub fn like<'t>(&self, at: NodeId, text: &'t str) -> Result<Text<'t>, Refusal> {
        let at = self.resolve(at);
        let old = self.text(at);
        let class = (self.kind(at) == NodeKind::Plain).then(|| class_of(old)).flatten();
        let fits = match class {
            None => return Ok(Text::Str(text)),
            Some(_) if old == text => true,
            Some(Class::Boolean) => matches!(text, "true" | "false"),
            Some(Class::Number) => is_typed_alike(text) && class_of(text) == Some(Class::Number),
            Some(Class::Octal) => {
                matches!(class_of(text), Some(Class::Octal)) || (is_typed_alike(text) && class_of(text).is_some())
            }
        };
        if fits && !(class == Some(Class::Octal) && matches!(text, "true" | "false")) {
            return Ok(Text::Bare(text));
        }
        let kind = if class == Some(Class::Boolean) {
            "a boolean"
        } else {
            "a number"
        };
        let why = format!("`{old}` is {kind} and `{text}` is not one to every reader of YAML");
        Err(self.refuse(at, Why::Untyped(why)))
    }

    /// Makes sure that text without quotes is typed alike by all readers.
    fn typed<'t>(&self, at: NodeId, to: Text<'t>) -> Planned<(&'t str, Plain)> {
        match to {
            Text::Str(text) | Text::Quoted(text) => Ok((text, Plain::String)),
            Text::Bare(text) if is_typed_alike(text) => Ok((text, Plain::Typed)),
            Text::Bare(text) => {
                let old = (self.kind(at) == NodeKind::Plain)
                    .then(|| class_of(self.text(at)))
                    .flatten();
                match (old, class_of(text)) {
                    (Some(Class::Octal), Some(Class::Octal)) => Ok((text, Plain::Octal)),
                    _ => Err(self.refuse(at, untyped(text))),
                }
            }
        }
    }

    fn write_new(&self, at: NodeId, (text, plain): (&str, Plain), quotes: Quotes) -> String {
        let context = if self.in_flow(at) {
            Context::Flow
        } else {
            Context::Block
        };
        let quotes = if quotes == Quotes::Plain {
            self.new_quotes()
        } else {
            quotes
        };
        match plain {
            Plain::String => write(text, quotes, context),
            Plain::Typed | Plain::Octal => text.to_owned(),
        }
    }

    fn write_double(&self, at: NodeId, (text, plain): (&str, Plain)) -> String {
        let written = self.written(at);
        let inside = written.get(1..written.len().saturating_sub(1)).unwrap_or_default();
        let kept = match plain {
            Plain::String => rewrite_double(inside, self.text(at), text),
            Plain::Typed | Plain::Octal => None,
        };
        kept.unwrap_or_else(|| self.write_new(at, (text, plain), Quotes::Double))
    }

    /// Writes where a value is missing: behind the one blank that ends the line there, else behind a blank of its own.
    fn fill_empty(&self, at: NodeId, text: (&str, Plain)) -> Planned<Vec<(Range<usize>, String)>> {
        let written = self.write_new(at, text, Quotes::Plain);
        let node = self.node(at);
        let offset = node.start as usize;
        let colonless = self.key_of(at).is_some() && node.colon == NONE;
        if colonless && !self.in_flow(at) {
            return Err(self.refuse(at, Why::Unsupported("a key without a `:` has no place for a value")));
        }
        if colonless {
            return Ok(vec![(offset..offset, format!(": {written}"))]);
        }
        let rest = self
            .source()
            .get(offset..line_end(self.source(), offset))
            .unwrap_or_default();
        let blank_line = rest.starts_with(' ') && rest.trim_matches([' ', '\t']).is_empty();
        Ok(match blank_line {
            true => vec![(offset + 1..offset + 1, written)],
            false => vec![(offset..offset, format!(" {written}"))],
        })
    }

    /// Writes into the only line of a block scalar, if its head and chomping give exactly the text that was asked for.
    fn splice_block_line(&self, at: NodeId, (text, plain): (&str, Plain)) -> Planned<(Range<usize>, String)> {
        let refuse = || self.refuse(at, Why::Block);
        let old = self.text(at);
        let body = old.trim_end_matches('\n');
        let tail = old.get(body.len()..).unwrap_or_default();
        let new = text.strip_suffix(tail).ok_or_else(refuse)?;
        if body.is_empty() || body.contains('\n') || !fits_a_block_line(new) || plain != Plain::String {
            return Err(refuse());
        }
        let source = self.source();
        let head_end = line_end(source, self.span(at).start);
        let start = head_end + crate::text::span::break_at(source, head_end).len();
        let line = start..line_end(source, start);
        let indent = self.node(at).indent as usize;
        let content = line.start + indent..line.end;
        if source.get(content.clone()) != Some(body) {
            return Err(refuse());
        }
        Ok((content, new.to_owned()))
    }

    /// Refuses template marks on the lines of a node.
    pub(super) fn check_lines(&self, at: NodeId) -> Planned<()> {
        match self.is_template(at) || self.line_has_template(at) {
            true => Err(self.refuse(at, Why::Template)),
            false => Ok(()),
        }
    }

    /// Refuses a way from the top on which a key stands more than once in its mapping.
    pub(super) fn check_twins(&self, at: NodeId) -> Planned<()> {
        let path = std::iter::successors(Some(at), |&it| self.parent(it));
        for key in path.filter_map(|it| self.entry(it).0) {
            let twins = self.twins_of(key);
            if !twins.is_empty() {
                let lines = twins.iter().map(|&it| self.line(it)).collect();
                return Err(self.refuse(key, Why::Duplicate { lines }));
            }
        }
        Ok(())
    }

    pub(super) fn refuse(&self, at: NodeId, why: Why) -> Refusal {
        Refusal::at(self.source(), &self.lines, self.span(at).start, why)
    }
}

fn part(node: NodeId, splices: Vec<(Range<usize>, String)>, (text, plain): (&str, Plain)) -> Part {
    Part::Write {
        node,
        splices,
        text: text.to_owned(),
        plain,
    }
}

/// Whether nothing next to the text could continue the name of an image.
fn stands_alone(text: &str, span: Range<usize>) -> bool {
    let continues = |c: char| c.is_alphanumeric() || matches!(c, '.' | '_' | '-' | '/' | '@' | ':');
    let before = text.get(..span.start).and_then(|it| it.chars().next_back());
    let after = text.get(span.end..).and_then(|it| it.chars().next());
    !before.is_some_and(continues) && !after.is_some_and(continues)
}
