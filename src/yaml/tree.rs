//! The nodes of a file in one flat arena, in the order in which they stand in the file.
//!
//! A node is 40 bytes and owns nothing. `skip` is the number after its subtree: the first child of `n` is `n + 1` if that is less than
//! `skip`, the next sibling is `skip`. The children of a mapping alternate key and value.

use std::ops::Range;
use std::sync::OnceLock;

use super::marks::Marks;
use super::record::{Props, Record};
use super::scan::Tag;
use crate::text::span::{Lines, line_and_column};

/// Stands for "no such offset" and "no such node".
pub(super) const NONE: u32 = u32::MAX;

/// What may be read at most.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Levels of nesting. The parser itself stops at 255 levels of flow collections.
    pub depth: u32,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits { depth: 512 }
    }
}

/// Number of a node in its [`Tree`], from 0, in the order of the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeId(pub(super) u32);

/// What a node is and how it is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum NodeKind {
    /// A scalar without quotes.
    Plain,
    /// A scalar in single quotes.
    Single,
    /// A scalar in double quotes.
    Double,
    /// A block scalar behind `|`.
    Literal,
    /// A block scalar behind `>`.
    Folded,
    /// A value that is not there: null, zero bytes long.
    Empty,
    /// `*name`.
    Alias,
    /// A list.
    Seq,
    /// A mapping.
    Map,
}

/// One document of a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Document {
    pub(super) start: u32,
    pub(super) root: u32,
    pub(super) end: u32,
}

impl Document {
    /// Byte at which it starts: its first directive, its `---`, or its first content.
    pub fn start(&self) -> usize {
        self.start as usize
    }

    /// Byte behind it, its `...` included; comments below it are not.
    pub fn end(&self) -> usize {
        self.end as usize
    }

    /// The node at the top. A document that holds nothing has an [`NodeKind::Empty`] one.
    pub fn root(&self) -> Option<NodeId> {
        (self.root != NONE).then_some(NodeId(self.root))
    }
}

/// Properties of a node that are true or false.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Flags(u8);

impl Flags {
    /// A flow collection, or a pair inside of one.
    pub(super) const FLOW: Flags = Flags(1);
    /// A pair written straight into a flow sequence.
    pub(super) const IMPLICIT: Flags = Flags(2);
    /// Has a tag.
    pub(super) const TAG: Flags = Flags(4);
    /// Has a tag that says more than "a string" or "a merge key".
    pub(super) const FOREIGN: Flags = Flags(8);
    /// Has one of the tags for numbers, booleans and null.
    pub(super) const TYPED: Flags = Flags(16);
    /// A key of a mapping.
    pub(super) const KEY: Flags = Flags(32);

    pub(super) fn set(&mut self, flag: Flags) {
        self.0 |= flag.0;
    }

    pub(super) fn has(self, flag: Flags) -> bool {
        self.0 & flag.0 != 0
    }
}

/// One node; all positions are bytes of the whole source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Node {
    /// Content only: quotes and the head of a block scalar included, properties not.
    pub(super) start: u32,
    pub(super) end: u32,
    /// First property (`&a`, `!t`), or `start`.
    pub(super) full: u32,
    /// Start of the entry: the `-`, the `?` or the key; of a value, that of its key. [`NONE`] at the top.
    pub(super) lead: u32,
    /// The `:` before a value; [`NONE`] where the source has none.
    pub(super) colon: u32,
    pub(super) parent: u32,
    pub(super) skip: u32,
    /// Anchor number; of an alias the one that it uses; 0 is none.
    pub(super) anchor: u32,
    /// Which of the texts is the decoded value; [`NONE`]: the content itself, without quotes.
    pub(super) text: u32,
    pub(super) kind: NodeKind,
    pub(super) flags: Flags,
    /// Indentation of the content of a block scalar.
    pub(super) indent: u16,
}

impl Node {
    pub(super) fn at(kind: NodeKind, span: Range<usize>, lead: u32, colon: u32) -> Node {
        let (start, end) = (span.start as u32, span.end as u32);
        let flags = Flags::default();
        Node {
            start,
            end,
            full: start,
            lead,
            colon,
            parent: NONE,
            skip: 0,
            anchor: 0,
            text: NONE,
            kind,
            flags,
            indent: 0,
        }
    }

    /// Notes what its tag means for editing.
    pub(super) fn note_tag(&mut self, tag: &Tag) {
        self.flags.set(Flags::TAG);
        let core = match tag.handle.as_str() {
            "" => tag
                .suffix
                .strip_prefix("tag:yaml.org,2002:")
                .or(Some(tag.suffix.as_str()).filter(|&it| it == "!")),
            "tag:yaml.org,2002:" => Some(tag.suffix.as_str()),
            _ => None,
        };
        match core {
            Some("str" | "merge" | "!") => {}
            Some("int" | "float" | "bool" | "null") => self.flags.set(Flags::TYPED),
            _ => self.flags.set(Flags::FOREIGN),
        }
    }
}

/// A file that has been read: every node with the exact bytes it is written with.
#[derive(Debug)]
pub struct Tree {
    source: String,
    pub(super) lines: Lines,
    pub(super) nodes: Vec<Node>,
    texts: Texts,
    documents: Vec<Document>,
    anchors: Vec<u32>,
    pub(super) marks: OnceLock<Marks>,
    pub(super) json: OnceLock<bool>,
    pub(super) lists: super::edit::ListIndent,
    /// Reads the file again, where it is none of YAML.
    pub(super) foreign: Option<super::told::Read>,
}

/// Values that differ from their source, and tags.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Texts {
    values: String,
    /// Where each value ends, in bytes.
    ends: Vec<usize>,
    /// Tags by node, in order.
    pub(super) tags: Vec<(u32, Tag)>,
}

impl Texts {
    /// Keeps a value; returns its number.
    pub(super) fn keep(&mut self, value: &str) -> u32 {
        self.values.push_str(value);
        self.ends.push(self.values.len());
        self.ends.len() as u32 - 1
    }

    fn value(&self, number: u32) -> &str {
        let number = number as usize;
        let start = number
            .checked_sub(1)
            .and_then(|before| self.ends.get(before))
            .copied()
            .unwrap_or(0);
        self.ends
            .get(number)
            .and_then(|&end| self.values.get(start..end))
            .unwrap_or_default()
    }
}

/// What a tree is made of besides its text, while it grows.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Parts {
    pub(super) nodes: Vec<Node>,
    pub(super) texts: Texts,
    pub(super) documents: Vec<Document>,
    /// Definitions of anchors by number; number 0 is not used.
    pub(super) anchors: Vec<u32>,
}

impl Parts {
    /// Nothing, with room for what a text of `bytes` usually holds.
    pub(super) fn with_room_for(bytes: usize) -> Parts {
        Parts {
            nodes: Vec::with_capacity(bytes / 24),
            texts: Texts::default(),
            documents: Vec::new(),
            anchors: vec![NONE],
        }
    }

    /// How much there is: nodes, values, documents and anchors.
    pub(super) fn size(&self) -> [usize; 4] {
        [
            self.nodes.len(),
            self.texts.ends.len(),
            self.documents.len(),
            self.anchors.len(),
        ]
    }

    /// Whether the last document is one block scalar.
    pub(super) fn ends_with_a_block(&self) -> bool {
        let root = self
            .documents
            .last()
            .and_then(|document| self.nodes.get(document.root as usize));
        root.is_some_and(|root| matches!(root.kind, NodeKind::Literal | NodeKind::Folded))
    }

    /// Forgets what came behind that size, which had no tags.
    pub(super) fn back_to(&mut self, [nodes, values, documents, anchors]: [usize; 4]) {
        self.nodes.truncate(nodes);
        self.documents.truncate(documents);
        self.anchors.truncate(anchors);
        self.texts.ends.truncate(values);
        let end = self.texts.ends.last().copied().unwrap_or(0);
        self.texts.values.truncate(end);
    }
}

impl Tree {
    pub(super) fn from_parts(source: String, lines: Lines, parts: Parts) -> Tree {
        let Parts {
            nodes,
            texts,
            documents,
            anchors,
        } = parts;
        let lists = super::edit::ListIndent::default();
        Tree {
            source,
            lines,
            nodes,
            texts,
            documents,
            anchors,
            marks: OnceLock::new(),
            json: OnceLock::new(),
            lists,
            foreign: None,
        }
    }

    /// Returns the whole text, byte order mark included.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// Returns the documents of the stream, in order; none if it holds comments or nothing at all.
    pub fn documents(&self) -> &[Document] {
        &self.documents
    }

    /// Returns the events of the parser as they were recorded.
    pub(super) fn events(&self) -> Record<'_> {
        Record::of(self, 0..self.documents.len())
    }

    /// Returns anchor and tag of a node, as the parser told them.
    pub(super) fn props(&self, n: NodeId) -> Props<'_> {
        let node = self.node(n);
        let tag = match node.flags.has(Flags::TAG) {
            true => self
                .texts
                .tags
                .binary_search_by_key(&n.0, |it| it.0)
                .ok()
                .and_then(|at| self.texts.tags.get(at)),
            false => None,
        };
        Props {
            anchor: node.anchor,
            tag: tag.map(|(_, tag)| (tag.handle.as_str(), tag.suffix.as_str())),
        }
    }

    pub(super) fn node(&self, n: NodeId) -> &Node {
        static NOTHING: Node = Node {
            start: 0,
            end: 0,
            full: 0,
            lead: NONE,
            colon: NONE,
            parent: NONE,
            skip: 0,
            anchor: 0,
            text: NONE,
            kind: NodeKind::Empty,
            flags: Flags(0),
            indent: 0,
        };
        self.nodes.get(n.0 as usize).unwrap_or(&NOTHING)
    }

    /// Returns all nodes, in the order of the file.
    pub fn nodes(&self) -> impl Iterator<Item = NodeId> + use<> {
        (0..self.nodes.len() as u32).map(NodeId)
    }

    /// Returns what a node is and how it is written.
    pub fn kind(&self, n: NodeId) -> NodeKind {
        self.node(n).kind
    }

    /// Returns whether a node is a scalar, an absent value included. An alias is none.
    pub fn is_scalar(&self, n: NodeId) -> bool {
        !matches!(self.kind(n), NodeKind::Seq | NodeKind::Map | NodeKind::Alias)
    }

    /// Returns whether a node is a collection in brackets or braces, or a pair inside of one.
    pub fn is_flow(&self, n: NodeId) -> bool {
        self.node(n).flags.has(Flags::FLOW)
    }

    /// Returns whether a node is written inside of a flow collection.
    pub(super) fn in_flow(&self, n: NodeId) -> bool {
        self.parent(n).is_some_and(|parent| self.is_flow(parent))
    }

    /// Returns whether a node is a mapping key.
    pub fn is_key(&self, n: NodeId) -> bool {
        self.node(n).flags.has(Flags::KEY)
    }

    /// Returns the decoded value of a scalar; empty for anything else.
    pub fn text(&self, n: NodeId) -> &str {
        let node = self.node(n);
        match (node.text, node.kind) {
            (NONE, NodeKind::Plain) => self.written(n),
            (NONE, NodeKind::Single | NodeKind::Double) => self
                .source
                .get(node.start as usize + 1..(node.end as usize).saturating_sub(1))
                .unwrap_or_default(),
            (NONE, _) => "",
            (number, _) => self.texts.value(number),
        }
    }

    /// Returns the bytes of the content: quotes included, anchors and tags not.
    pub fn span(&self, n: NodeId) -> Range<usize> {
        let node = self.node(n);
        node.start as usize..node.end as usize
    }

    /// Returns the content as it is written.
    pub fn written(&self, n: NodeId) -> &str {
        self.source.get(self.span(n)).unwrap_or_default()
    }

    /// Returns line and column of the content, both from 1; the column counts characters.
    pub fn pos(&self, n: NodeId) -> (u32, u32) {
        line_and_column(&self.source, &self.lines, self.span(n).start)
    }

    pub(super) fn line(&self, n: NodeId) -> u32 {
        self.lines.line_of(self.span(n).start) as u32
    }

    /// Returns the children of a node: items, or keys and values in turn.
    pub(super) fn children(&self, n: NodeId) -> impl Iterator<Item = NodeId> + '_ {
        let end = self.node(n).skip;
        let mut next = n.0 + 1;
        std::iter::from_fn(move || {
            let child = (next < end).then_some(NodeId(next))?;
            next = self.node(child).skip.max(next + 1);
            Some(child)
        })
    }

    /// Returns the pairs of a mapping, in order; nothing for anything else.
    pub fn entries(&self, map: NodeId) -> impl Iterator<Item = (NodeId, NodeId)> + '_ {
        let mut children = self.children(map);
        let is_map = self.kind(map) == NodeKind::Map;
        std::iter::from_fn(move || {
            if is_map {
                Some((children.next()?, children.next()?))
            } else {
                None
            }
        })
    }

    /// Returns the items of a list, in order; nothing for anything else.
    pub fn items(&self, seq: NodeId) -> impl Iterator<Item = NodeId> + '_ {
        let is_seq = self.kind(seq) == NodeKind::Seq;
        self.children(seq).filter(move |_| is_seq)
    }

    /// Returns the value of the last scalar key with that text. Follows neither aliases nor merge keys.
    pub fn get(&self, map: NodeId, key: &str) -> Option<NodeId> {
        self.entries(map)
            .filter(|&(k, _)| self.is_scalar(k) && self.text(k) == key)
            .last()
            .map(|(_, value)| value)
    }

    /// Returns the collection that a node stands in.
    pub fn parent(&self, n: NodeId) -> Option<NodeId> {
        let parent = self.node(n).parent;
        (parent != NONE).then_some(NodeId(parent))
    }

    /// Returns the key of a value.
    pub fn key_of(&self, value: NodeId) -> Option<NodeId> {
        let parent = self.parent(value)?;
        if self.kind(parent) != NodeKind::Map || self.is_key(value) {
            return None;
        }
        // the key is the child before; its subtree ends where the value begins
        let before = NodeId(value.0.checked_sub(1)?);
        std::iter::successors(Some(before), |&it| self.parent(it)).find(|&it| self.parent(it) == Some(parent))
    }

    /// Returns the entry that a node stands for: the pair of a key or a value, the item itself in a list.
    pub(super) fn entry(&self, n: NodeId) -> (Option<NodeId>, NodeId) {
        match self.is_key(n) {
            true => (Some(n), NodeId(self.node(n).skip)),
            false => (self.key_of(n), n),
        }
    }

    /// Returns the node that an alias means, the last definition above it; any other node is returned as it is.
    pub fn resolve(&self, n: NodeId) -> NodeId {
        let node = self.node(n);
        if node.kind != NodeKind::Alias {
            return n;
        }
        self.anchors
            .get(node.anchor as usize)
            .map_or(n, |&definition| NodeId(definition))
    }

    /// Returns all aliases through which a change of `n` would be seen: those of its own anchor, of the anchors of
    /// everything it stands in, and of anchored collections that hold one of these aliases in turn.
    pub fn aliases_of(&self, n: NodeId) -> Vec<NodeId> {
        if self.anchors.len() < 2 {
            return Vec::new();
        }
        let marks = self.marks();
        let mut seen = vec![false; self.anchors.len()];
        let mut wanted: Vec<u32> = Vec::new();
        let mut found: Vec<NodeId> = Vec::new();
        self.anchors_around(n, &mut seen, &mut wanted);
        while let Some(anchor) = wanted.pop() {
            for &alias in marks.aliases_of(anchor) {
                found.push(alias);
                self.anchors_around(alias, &mut seen, &mut wanted);
            }
        }
        found.sort_unstable();
        found
    }

    /// Returns the aliases of one anchor.
    pub(super) fn aliases_of_anchor(&self, anchor: u32) -> &[NodeId] {
        self.marks().aliases_of(anchor)
    }

    pub(super) fn marks(&self) -> &Marks {
        self.marks.get_or_init(|| Marks::of(self))
    }

    fn anchors_around(&self, n: NodeId, seen: &mut [bool], wanted: &mut Vec<u32>) {
        let own = (self.kind(n) != NodeKind::Alias).then_some(n);
        let above = std::iter::successors(self.parent(n), |&it| self.parent(it));
        for anchor in own
            .into_iter()
            .chain(above)
            .map(|it| self.node(it).anchor)
            .filter(|&anchor| anchor > 0)
        {
            if let Some(seen) = seen.get_mut(anchor as usize)
                && !std::mem::replace(seen, true)
            {
                wanted.push(anchor);
            }
        }
    }
}
