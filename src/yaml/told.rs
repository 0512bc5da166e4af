//! Trees of files in another language, told value by value by whoever can read it.
//!
//! Everything that asks a [`Tree`] about keys, values and places works on them as well. Of edits there is one: the text between quotes
//! that stand there. It is proven as any other: what was not asked for is the same, byte by byte and value by value, when the result
//! is read again.

use std::ops::Range;

use super::refusal::{Refusal, Why};
use super::scan;
use super::tree::{Document, Flags, NONE, Node, NodeKind, Parts, Texts, Tree};
use crate::text::span::Lines;

/// Reads a file of the other language.
pub(crate) type Read = fn(Vec<u8>) -> Result<Tree, Refusal>;

/// A tree while it is told.
pub(crate) struct Telling {
    source: String,
    lines: Lines,
    nodes: Vec<Node>,
    texts: Texts,
    open: Vec<u32>,
}

impl Telling {
    /// Begins with the bytes of the file.
    ///
    /// # Errors
    /// As [`super::parse`] for what is no text.
    pub(crate) fn of(bytes: Vec<u8>) -> Result<Telling, Refusal> {
        let (source, _) = scan::guard(bytes)?;
        Ok(Telling {
            lines: Lines::of(&source),
            source,
            nodes: Vec::new(),
            texts: Texts::default(),
            open: Vec::new(),
        })
    }

    /// The whole text, byte order mark included.
    pub(crate) fn source(&self) -> &str {
        &self.source
    }

    /// A refusal of the file at one of its bytes.
    pub(crate) fn refuse(&self, offset: usize, message: String) -> Refusal {
        let offset = offset.min(self.source.len());
        Refusal::at(&self.source, &self.lines, offset, Why::Foreign(message))
    }

    /// A mapping or a list begins; its children come next, and then [`Telling::close`].
    pub(crate) fn open(&mut self, kind: NodeKind, span: Range<usize>) {
        let id = self.add(Node::at(kind, span, NONE, NONE));
        self.open.push(id);
    }

    /// The innermost mapping or list ends.
    pub(crate) fn close(&mut self) {
        if let Some(id) = self.open.pop() {
            self.nodes[id as usize].skip = self.nodes.len() as u32;
        }
    }

    /// A key; its value comes next.
    pub(crate) fn key(&mut self, span: Range<usize>, text: &str) {
        let mut node = Node::at(NodeKind::Plain, span, NONE, NONE);
        node.flags.set(Flags::KEY);
        node.text = self.texts.keep(text);
        self.add(node);
    }

    /// A text in double quotes; the span holds them.
    pub(crate) fn text(&mut self, span: Range<usize>, text: &str) {
        let mut node = Node::at(NodeKind::Double, span, NONE, NONE);
        node.text = self.texts.keep(text);
        self.add(node);
    }

    /// A value that says nothing to whoever looks for texts.
    pub(crate) fn opaque(&mut self, span: Range<usize>) {
        self.add(Node::at(NodeKind::Seq, span, NONE, NONE));
    }

    fn add(&mut self, mut node: Node) -> u32 {
        let id = self.nodes.len() as u32;
        node.parent = self.open.last().copied().unwrap_or(NONE);
        node.skip = id + 1;
        self.nodes.push(node);
        id
    }

    /// The tree; `read` reads the result of an edit.
    pub(crate) fn tree(self, read: Read) -> Tree {
        let document = Document {
            start: 0,
            root: if self.nodes.is_empty() { NONE } else { 0 },
            end: self.source.len() as u32,
        };
        let parts = Parts {
            nodes: self.nodes,
            texts: self.texts,
            documents: vec![document],
            anchors: Vec::new(),
        };
        let mut tree = Tree::from_parts(self.source, self.lines, parts);
        tree.foreign = Some(read);
        tree
    }
}

impl Tree {
    /// Whether the file is one of another language.
    pub(crate) fn is_foreign(&self) -> bool {
        self.foreign.is_some()
    }
}
