//! Edits: a closed list, each with its limits written beside it.
//!
//! Planning looks at the tree only and returns splices together with what the judge may see differ. Applying puts
//! the splices of many edits together, builds the output once, and asks the judge.
//! **Invariant:** nothing else makes a [`Verified`].

mod apply;
mod at_path;
mod embedded;
mod foreign;
mod fresh;
mod insert;
mod recast;
#[cfg(test)]
mod recast_tests;
mod relocate;
mod remove;
mod set;

use std::ops::Range;

use super::inner::Inner;
use super::proof::Plain;
use super::refusal::Refusal;
use super::tree::{NodeId, Tree};

pub use at_path::{EditError, Missing, Wanted};
use insert::Insert;
use recast::Recasting;

/// One thing to change.
#[derive(Clone, Debug)]
pub enum Op<'a> {
    /// Replaces the value of a scalar, keeping its quotes where they can carry the text. Refused for collections, for block scalars
    /// of more than one line, through an alias unless told how, on lines with template marks, and under a key that stands twice.
    Set {
        /// The scalar, or an alias.
        at: NodeId,
        /// The new value.
        to: Text<'a>,
        /// What to do if it is an alias.
        alias: AliasPolicy,
    },
    /// Replaces the only occurrence of a text in a scalar, such as an image in a script in a literal block. It must stand between
    /// characters that cannot continue an image name.
    SetWithin {
        /// The scalar.
        at: NodeId,
        /// The text that must stand there exactly once.
        old: &'a str,
        /// What stands there afterwards; one line.
        new: &'a str,
    },
    /// Adds a key to a mapping, or to a value that is null. Refused if the key is there.
    InsertKey {
        /// The mapping.
        map: NodeId,
        /// The new key.
        key: &'a str,
        /// Its value.
        value: New<'a>,
        /// Key or value of the entry to stand behind; `None`: the last.
        after: Option<NodeId>,
    },
    /// Adds an item to a list, or to a value that is null.
    InsertItem {
        /// The list.
        seq: NodeId,
        /// The new item.
        value: New<'a>,
        /// The item to stand behind; `None`: the last.
        after: Option<NodeId>,
    },
    /// Removes a pair or an item with the comments that belong to it. Refused if an alias elsewhere needs it.
    Remove {
        /// The item, or the key or value of the pair.
        child: NodeId,
    },
    /// Renames a key in place. Refused if the mapping has that key.
    Rename {
        /// The key.
        key: NodeId,
        /// Its new name.
        to: &'a str,
    },
    /// Gives a pair another shape, with its value written as it is and with every comment of it. Refused where anchors, aliases or
    /// tags stand in it, and where the lines do not fit into the list that takes them.
    Recast {
        /// The key or the value of the pair.
        pair: NodeId,
        /// What becomes of it.
        to: Recast<'a>,
    },
}

/// Another shape for a pair.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recast<'a> {
    /// Where its value stands afterwards.
    pub home: Home<'a>,
    /// What becomes of its value.
    pub shape: Shape<'a>,
}

/// Where the value of a pair goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Home<'a> {
    /// It stays; the key gets this name.
    Here(&'a str),
    /// Before the first item of a list; the pair goes away.
    Before(NodeId),
    /// Behind the last item of a list; the pair goes away.
    Behind(NodeId),
}

/// What becomes of the value of a pair. The result is a list, or items of one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Shape<'a> {
    /// Of a list: the same items, in order; those with a key become mappings with that key.
    Items(Vec<Option<&'a str>>),
    /// Of a mapping: one item that has it below `key`, and a further pair without quotes.
    Item {
        /// The key for the mapping.
        key: &'a str,
        /// A key, and a value that every reader types alike.
        beside: (&'a str, &'a str),
    },
    /// Of a scalar: one item.
    Single,
}

/// What to do about a value that is an alias.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum AliasPolicy {
    /// Refuse, naming the line of the definition.
    #[default]
    Refuse,
    /// Change the definition, and with it every other use.
    Definition,
    /// Write the value in place of the alias.
    Detach,
}

/// A value as it is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Text<'a> {
    /// A string; quoted wherever some reader would not read one.
    Str(&'a str),
    /// The same, also where that very text stands already and some reader does not read a string.
    Quoted(&'a str),
    /// A number, boolean or null; refused unless every reader types it alike.
    Bare(&'a str),
}

/// A new value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum New<'a> {
    /// A scalar.
    Text(Text<'a>),
    /// A mapping; the keys must differ.
    Map(Vec<(&'a str, New<'a>)>),
    /// A list.
    Seq(Vec<New<'a>>),
    /// A string of several lines: a literal block where it can be one, in double quotes otherwise.
    Lines(&'a str),
}

/// How a list that is new to a file is indented below its key, where the file has no other list to go by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ListIndent {
    /// The dashes stand two columns to the right of the key.
    #[default]
    Indented,
    /// The dashes stand below the key.
    Flush,
}

/// A planned edit: what to splice, and what may differ afterwards.
#[derive(Clone, Debug)]
pub struct Edit {
    parts: Vec<Part>,
}

impl Edit {
    /// Returns whether there is nothing to change: the value stands there already.
    pub fn is_empty(&self) -> bool {
        self.parts.is_empty()
    }
}

/// A part of an edit. Those of several edits are put together in `apply.rs`.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    /// A scalar gets other text; its splices are final.
    Write {
        node: NodeId,
        splices: Vec<(Range<usize>, String)>,
        text: String,
        plain: Plain,
    },
    /// Something is added; its bytes depend on what is removed around it.
    Insert(Insert),
    /// A pair gets another shape; its splices are final.
    Recast(Recasting),
    /// A pair or an item goes away; its bytes depend on which of its neighbours go away as well.
    Remove { from: NodeId, first: NodeId, value: NodeId },
}

/// One replaced place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// Line in the original, from 1.
    pub line: u32,
    /// Column in the original, in characters from 1.
    pub column: u32,
    /// The bytes that were there.
    pub old: String,
    /// The bytes that are there now.
    pub new: String,
}

/// An output that has passed the judge. There is no other way to get one than [`Tree::apply`].
#[derive(Clone, Debug)]
pub struct Verified {
    bytes: Vec<u8>,
    splices: Vec<(Range<usize>, String)>,
    changes: Vec<Change>,
}

impl Verified {
    /// The whole new content of the file.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The same, handed over.
    pub fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }

    /// Byte ranges of the original and what replaces them, in order.
    pub fn splices(&self) -> &[(Range<usize>, String)] {
        &self.splices
    }

    /// The replaced places, in order.
    pub fn changes(&self) -> &[Change] {
        &self.changes
    }
}

impl Tree {
    /// Sets how lists that are new to this file are indented where it has no other list to go by.
    #[must_use]
    pub fn with_new_lists(mut self, lists: ListIndent) -> Tree {
        self.lists = lists;
        self
    }

    /// Plans one edit. Looks at nothing but this tree and changes nothing.
    ///
    /// # Errors
    /// A [`Refusal`] with the place and the reason.
    pub fn plan(&self, op: Op<'_>) -> Result<Edit, Refusal> {
        if self.is_foreign() {
            return self.plan_foreign(op);
        }
        let parts = match op {
            Op::Set { at, to, alias } => self.plan_set(at, to, alias)?,
            Op::SetWithin { at, old, new } => self.plan_set_within(at, old, new)?,
            Op::InsertKey { map, key, value, after } => self.plan_insert_key(map, (key, &value), after)?,
            Op::InsertItem { seq, value, after } => self.plan_insert_item(seq, &value, after)?,
            Op::Remove { child } => self.plan_remove(child)?,
            Op::Rename { key, to } => self.plan_rename(key, to)?,
            Op::Recast { pair, to } => self.plan_recast(pair, &to)?,
        };
        Ok(Edit { parts })
    }

    /// Plans edits in YAML that one literal block holds; they become one edit of this tree.
    ///
    /// # Errors
    /// A [`Refusal`] with the place in this file and the reason.
    pub fn plan_inner(&self, inner: &Inner, ops: Vec<Op<'_>>) -> Result<Edit, Refusal> {
        self.plan_in_block(inner, ops)
    }

    /// The same for edits that are planned already, on [`Inner::tree`].
    ///
    /// # Errors
    /// As [`Tree::plan_inner`].
    pub fn plan_inner_edits(&self, inner: &Inner, edits: Vec<Edit>) -> Result<Edit, Refusal> {
        self.edits_in_block(inner, edits)
    }
}
