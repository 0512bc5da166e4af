//! Shim until the editor's own comes.
use super::{AliasPolicy, DocSel, Edit, Op, Path, PathError, Text, Tree};

/// Typing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Typing {
    /// As before.
    AsBefore,
    /// String.
    String,
    /// Bare.
    Bare,
}

impl Tree {
    /// Shim.
    pub fn plan_set_path(
        &self,
        d: DocSel<'_>,
        p: &Path,
        text: &str,
        _: Typing,
        alias: AliasPolicy,
    ) -> Result<Edit, PathError> {
        let at = self.find(d, p)?;
        Ok(self
            .plan(Op::Set {
                at,
                to: Text::Str(text),
                alias,
            })
            .unwrap_or_else(|_| panic!()))
    }
}
