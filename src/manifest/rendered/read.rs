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
}

impl<'t> Reader<'t> {
    pub(super) fn new(tree: &'t Tree, file: &Rc<str>, lines: Lines<'t>) -> Reader<'t> {
        Reader {
            tree,
            file: Rc::clone(file),
            lines,
            left: Cell::new(MOST),
        }
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
                let text = self.tree.text(meant);
                let typed = match kind {
                    NodeKind::Plain | NodeKind::Empty => typed::of_plain(text),
                    _ => Typed::Text,
                };
                Data::Scalar {
                    text: text.to_owned(),
                    typed,
                }
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

fn null() -> Data {
    Data::Scalar {
        text: String::new(),
        typed: Typed::Null,
    }
}
