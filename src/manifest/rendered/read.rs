//! YAML read as values: aliases and merge keys are followed, and every value keeps the place where its text stands.

use std::cell::Cell;
use std::rc::Rc;

use super::typed;
use super::value::{Data, Typed, Value};
use crate::yaml::{Inner, NodeId, NodeKind, Tree};

/// Most nodes that one document may have once its aliases are followed.
const MOST: u32 = 2_000_000;

/// Where the lines of a tree stand.
pub(super) enum Lines<'t> {
    /// The tree is a file.
    File,
    /// The tree is the text of a literal block of a file.
    Block(&'t Inner, &'t Tree),
    /// The tree is the text of some other scalar, at this line and column.
    Scalar(u32, u32),
}

/// Reads values of one tree.
pub(super) struct Reader<'t> {
    pub(super) tree: &'t Tree,
    pub(super) file: Rc<str>,
    pub(super) lines: Lines<'t>,
    left: Cell<u32>,
    end: End,
}

/// What is done with the end of the text.
#[derive(Clone, Copy, PartialEq, Eq)]
enum End {
    AsItIs,
    /// Blanks and line breaks there are taken off before it is read.
    Trimmed,
}

impl<'t> Reader<'t> {
    pub(super) fn new(tree: &'t Tree, file: &Rc<str>, lines: Lines<'t>) -> Reader<'t> {
        Reader {
            tree,
            file: Rc::clone(file),
            lines,
            left: Cell::new(MOST),
            end: End::AsItIs,
        }
    }

    /// The same for a text that kustomize trims before it reads it: a block scalar at its end has no last line break then.
    #[must_use]
    pub(super) fn trimmed(mut self) -> Reader<'t> {
        self.end = End::Trimmed;
        self
    }

    /// The documents that hold something, each with its number in the stream, from 1.
    pub(super) fn documents(&self) -> Vec<(u32, Value)> {
        let mut found = Vec::new();
        for (number, document) in (1..).zip(self.tree.documents()) {
            if let Some(root) = document.root() {
                found.push((number, self.value(root)));
            }
        }
        found
    }

    /// A node, written by layer 0.
    pub(super) fn value(&self, node: NodeId) -> Value {
        self.left.set(self.left.get().saturating_sub(1));
        let (line, column) = self.position(node);
        let meant = self.tree.resolve(node);
        let data = match self.tree.kind(meant) {
            // an alias that is left here means nothing
            _ if self.left.get() == 0 => null(),
            NodeKind::Alias => null(),
            NodeKind::Map => Data::Map(self.map(meant)),
            NodeKind::Seq => Data::Seq(self.tree.items(meant).map(|item| self.value(item)).collect()),
            kind => {
                let text = self.text(meant, kind);
                let typed = match kind {
                    NodeKind::Plain | NodeKind::Empty => typed::of_plain(&text),
                    _ => Typed::Text,
                };
                Data::Scalar { text, typed }
            }
        };
        let (line, column) = match meant == node {
            true => (line, column),
            false => self.position(meant),
        };
        Value {
            data,
            layer: 0,
            file: Rc::clone(&self.file),
            line,
            column,
        }
    }

    /// The text of a scalar as kustomize has it in the end.
    fn text(&self, node: NodeId, kind: NodeKind) -> String {
        let text = self.tree.text(node);
        if !matches!(kind, NodeKind::Literal | NodeKind::Folded) {
            return text.to_owned();
        }
        let source = self.tree.source();
        let header = self.tree.written(node).lines().next().unwrap_or_default();
        if text.bytes().all(|byte| byte == b'\n') && !header.contains('+') {
            return String::new();
        }
        let is_last = || {
            let span = self.tree.span(node);
            source.get(span.end..).is_some_and(|rest| rest.trim().is_empty())
        };
        let text = match self.end {
            End::Trimmed if is_last() => text.trim_end(),
            End::AsItIs if !source.ends_with(['\n', '\r']) && is_last() => text.strip_suffix('\n').unwrap_or(text),
            _ => text,
        };
        match kind {
            NodeKind::Folded => folded_again(text),
            _ => text.to_owned(),
        }
    }

    fn map(&self, map: NodeId) -> Vec<(String, Value)> {
        let mut entries: Vec<(String, Value)> = Vec::new();
        let mut merged: Vec<(String, Value)> = Vec::new();
        for (key, value) in self.tree.entries(map) {
            let key = self.tree.resolve(key);
            let name = self.tree.text(key);
            if name == "<<" && self.tree.kind(key) == NodeKind::Plain {
                self.merge(value, &mut merged);
                continue;
            }
            let value = self.value(value);
            match entries.iter_mut().find(|(it, _)| it == name) {
                Some(entry) => entry.1 = value,
                None => entries.push((name.to_owned(), value)),
            }
        }
        for (name, value) in merged {
            if !entries.iter().any(|(it, _)| *it == name) {
                entries.push((name, value));
            }
        }
        entries
    }

    /// What a merge key adds; the first mapping that has a key wins.
    fn merge(&self, value: NodeId, into: &mut Vec<(String, Value)>) {
        let value = self.tree.resolve(value);
        let found = match self.tree.kind(value) {
            NodeKind::Map => self.map(value),
            NodeKind::Seq => {
                for item in self.tree.items(value) {
                    self.merge(item, into);
                }
                return;
            }
            _ => return,
        };
        for (name, value) in found {
            if !into.iter().any(|(it, _)| *it == name) {
                into.push((name, value));
            }
        }
    }

    fn position(&self, node: NodeId) -> (u32, u32) {
        match &self.lines {
            Lines::File => self.tree.pos(node),
            Lines::Block(inner, outer) => inner.pos(outer, node),
            Lines::Scalar(line, column) => (*line, *column),
        }
    }
}

/// What becomes of a folded scalar that kustomize writes and reads once more: its library doubles a line break before a line
/// that begins with a blank.
///
/// Source: `yaml_emitter_write_folded_scalar` in `emitterc.go` of that library.
fn folded_again(text: &str) -> String {
    let mut folded = String::new();
    let mut lines = text.split('\n').peekable();
    while let Some(line) = lines.next() {
        folded.push_str(line);
        let Some(next) = lines.peek() else {
            break;
        };
        folded.push('\n');
        if !line.is_empty() && !line.starts_with([' ', '\t']) && next.starts_with([' ', '\t']) {
            folded.push('\n');
        }
    }
    folded
}

fn null() -> Data {
    Data::Scalar {
        text: String::new(),
        typed: Typed::Null,
    }
}
