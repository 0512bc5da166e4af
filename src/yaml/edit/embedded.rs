//! Edits in YAML that a literal block holds.
//!
//! They are planned, applied and judged in the inner text first, then mapped back line by line and judged in the file. An edit must stay in
//! one inner line and may bring no line break.

use super::{Edit, Op, Part};
use crate::yaml::inner::Inner;
use crate::yaml::proof::Plain;
use crate::yaml::refusal::{Refusal, Why};
use crate::yaml::tree::Tree;

impl Tree {
    pub(super) fn plan_in_block(&self, inner: &Inner, ops: Vec<Op<'_>>) -> Result<Edit, Refusal> {
        let block = inner.block();
        self.check_twins(block)?;
        if self.text(block) != inner.tree().source() {
            return Err(self.refuse(block, Why::Unsupported("this block belongs to another file")));
        }
        let outer = |refusal: Refusal| {
            let offset = inner.offset_of(&refusal);
            Refusal::at(self.source(), &self.lines, offset, inner.moved(refusal.why, self))
        };
        let edits = ops
            .into_iter()
            .map(|op| inner.tree().plan(op))
            .collect::<Result<Vec<_>, _>>()
            .map_err(outer)?;
        let verified = inner.tree().apply(edits).map_err(outer)?;
        let mut splices = Vec::new();
        for (range, new) in verified.splices() {
            if new.contains(['\n', '\r']) || !inner.one_line(range.start, range.end) {
                return Err(Refusal::at(
                    self.source(),
                    &self.lines,
                    inner.outer(range.start),
                    Why::Block,
                ));
            }
            splices.push((inner.outer(range.start)..inner.outer(range.end), new.clone()));
        }
        if splices.is_empty() {
            return Ok(Edit { parts: Vec::new() });
        }
        let text = String::from_utf8_lossy(verified.bytes()).into_owned();
        Ok(Edit {
            parts: vec![Part::Write {
                node: block,
                splices,
                text,
                plain: Plain::String,
            }],
        })
    }
}
