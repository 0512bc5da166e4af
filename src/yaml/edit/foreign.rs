//! Edits of files in another language: the text between quotes that stand there, and nothing else.

use super::{Edit, Op, Part, Text};
use crate::yaml::proof::{Expect, Plain};
use crate::yaml::refusal::{Refusal, Why};
use crate::yaml::told::Read;
use crate::yaml::tree::{NodeId, NodeKind, Tree};

impl Tree {
    /// Plans an edit of such a file.
    pub(super) fn plan_foreign(&self, op: Op<'_>) -> Result<Edit, Refusal> {
        let only = "only a text in quotes that stands there is written in such a file";
        let Op::Set { at, to, .. } = op else {
            return Err(self.refuse(self.place_of_op(&op), Why::Unsupported(only)));
        };
        let (Text::Str(new) | Text::Quoted(new) | Text::Bare(new)) = to;
        if self.kind(at) != NodeKind::Double || self.is_key(at) {
            return Err(self.refuse(at, Why::Unsupported(only)));
        }
        if self.text(at) == new {
            return Ok(Edit { parts: Vec::new() });
        }
        let span = self.span(at);
        let inside = span.start + 1..span.end.saturating_sub(1);
        let is_plain = |text: &str| !text.contains(['"', '\\', '$', '%']) && !text.contains(char::is_control);
        if self.source().get(inside.clone()) != Some(self.text(at)) || !is_plain(new) {
            let why = "a text with escapes or template marks is edited by hand";
            return Err(self.refuse(at, Why::Unsupported(why)));
        }
        let write = Part::Write {
            node: at,
            splices: vec![(inside, new.to_owned())],
            text: new.to_owned(),
            plain: Plain::String,
        };
        Ok(Edit { parts: vec![write] })
    }

    fn place_of_op(&self, op: &Op<'_>) -> NodeId {
        match op {
            Op::Set { at, .. } | Op::SetWithin { at, .. } => *at,
            Op::InsertKey { map, .. } => *map,
            Op::InsertItem { seq, .. } => *seq,
            Op::Remove { child } => *child,
            Op::Rename { key, .. } => *key,
            Op::Recast { pair, .. } => *pair,
        }
    }

    /// Reads the result and compares it: every value but those that were asked for is written as before.
    pub(super) fn judge_foreign(&self, read: Read, (new, script): (&str, &[Expect])) -> Result<(), String> {
        let result =
            read(new.as_bytes().to_vec()).map_err(|refusal| format!("the result cannot be read: {refusal}"))?;
        if result.nodes.len() != self.nodes.len() {
            return Err("values were lost or added".to_owned());
        }
        for id in self.nodes() {
            let (old, new) = (self.node(id), result.node(id));
            let is_same =
                old.kind == new.kind && old.flags == new.flags && old.parent == new.parent && old.skip == new.skip;
            let asked = script.iter().find_map(|expect| match expect {
                Expect::Becomes { node, text, .. } if *node == id.0 => Some(text.as_str()),
                _ => None,
            });
            let is_leaf = old.skip == id.0 + 1;
            let is_meant = match asked {
                Some(text) => result.text(id) == text,
                None => self.text(id) == result.text(id) && (!is_leaf || self.written(id) == result.written(id)),
            };
            if !is_same || !is_meant {
                return Err(format!("`{}` would become `{}`", self.written(id), result.written(id)));
            }
        }
        Ok(())
    }
}
