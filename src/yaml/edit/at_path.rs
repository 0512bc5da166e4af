//! Setting and unsetting by path, for people who type paths: `rakops yaml set FILE PATH=VALUE`.

use super::{AliasPolicy, Edit, New, Op, Text};
use crate::error::Error;
use crate::yaml::path::{DocSel, Path, PathError, PathProblem, Step};
use crate::yaml::refusal::{Refusal, Why};
use crate::yaml::tree::{NodeId, NodeKind, Tree};

/// A value as it was typed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wanted<'a> {
    /// Of the same type as the value that stands there; a string where there is none.
    Like(&'a str),
    /// Of a type that was asked for.
    As(Text<'a>),
}

/// What to do about a path that does not exist yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Missing {
    /// Refuse.
    Refuse,
    /// Add the last step of the path; everything above it must be there.
    Create,
    /// Add all steps that are missing.
    CreateParents,
}

/// Why an edit by path was not planned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EditError {
    /// The path leads nowhere, or not to one place.
    Path(Box<PathError>),
    /// The place was found, but will not be edited.
    Refused(Refusal),
}

impl EditError {
    /// Turns it into the error that leaves the module, naming `file`.
    pub fn into_error(self, file: &str) -> Error {
        match self {
            EditError::Path(error) => error.into_error(file),
            EditError::Refused(refusal) => refusal.into_error(file),
        }
    }
}

impl std::fmt::Display for EditError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            EditError::Path(error) => error.fmt(f),
            EditError::Refused(refusal) => refusal.fmt(f),
        }
    }
}

impl std::error::Error for EditError {}

impl From<PathError> for EditError {
    fn from(error: PathError) -> EditError {
        EditError::Path(Box::new(error))
    }
}

impl From<Refusal> for EditError {
    fn from(refusal: Refusal) -> EditError {
        EditError::Refused(refusal)
    }
}

impl Tree {
    /// Plans to set the value at a path. A list grows by `[+]`, or by the position behind its last item.
    ///
    /// # Errors
    /// [`EditError::Path`] if the path is not there and may not be created, [`EditError::Refused`] as [`Tree::plan`].
    pub fn plan_set_path(
        &self,
        place: (DocSel<'_>, &Path),
        to: Wanted<'_>,
        missing: Missing,
    ) -> Result<Edit, EditError> {
        let (document, path) = place;
        let error = match self.find(document, path) {
            Ok(at) => {
                let target = if self.kind(at) == NodeKind::Alias {
                    self.resolve(at)
                } else {
                    at
                };
                let to = match to {
                    Wanted::Like(text) if self.is_scalar(target) => self.like(target, text)?,
                    Wanted::Like(text) => Text::Str(text),
                    Wanted::As(text) => text,
                };
                return Ok(self.plan(Op::Set {
                    at,
                    to,
                    alias: AliasPolicy::Refuse,
                })?);
            }
            Err(error) => error,
        };
        let rest = path.steps().get(error.found.steps().len()..).unwrap_or_default();
        let allowed = match missing {
            Missing::Refuse => 0,
            Missing::Create => 1,
            Missing::CreateParents => usize::MAX,
        };
        let (Some(at), true) = (error.node, !rest.is_empty() && rest.len() <= allowed) else {
            return Err(error.into());
        };
        let null = self.is_null(at);
        let text = match to {
            Wanted::Like(text) => Text::Str(text),
            Wanted::As(text) => text,
        };
        let grows = match (&error.problem, rest.first()) {
            (PathProblem::Missing, Some(Step::Key(_) | Step::Where { .. })) => true,
            (PathProblem::Short(len), Some(Step::Index(index))) => index == len,
            (PathProblem::Short(_), Some(Step::End)) => true,
            (PathProblem::NotMap, Some(Step::Key(_))) => null,
            (PathProblem::NotSeq, Some(Step::End | Step::Index(0) | Step::Where { .. })) => null,
            _ => false,
        };
        if !grows {
            return Err(error.into());
        }
        self.grow(at, rest, text)
    }

    /// Plans to remove what stands at a path, with the comments that belong to it.
    ///
    /// # Errors
    /// As [`Tree::plan_set_path`].
    pub fn plan_unset_path(&self, document: DocSel<'_>, path: &Path) -> Result<Edit, EditError> {
        let child = self.find(document, path)?;
        Ok(self.plan(Op::Remove { child })?)
    }

    fn grow(&self, at: NodeId, steps: &[Step], text: Text<'_>) -> Result<Edit, EditError> {
        let Some((first, rest)) = steps.split_first() else {
            return Err(self.refuse(at, Why::Unsupported("an empty path")).into());
        };
        let value = || {
            nested(rest, text).ok_or_else(|| self.refuse(at, Why::Unsupported("a new list starts at `[0]` or `[+]`")))
        };
        let edit = match first {
            Step::Key(key) => self.plan(Op::InsertKey {
                map: at,
                key,
                value: value()?,
                after: None,
            })?,
            Step::Index(_) | Step::End => self.plan(Op::InsertItem {
                seq: at,
                value: value()?,
                after: None,
            })?,
            Step::Where { .. } => {
                let item = nested(steps, text).and_then(|list| match list {
                    New::Seq(items) => items.into_iter().next(),
                    _ => None,
                });
                let value = item.ok_or_else(|| self.refuse(at, Why::Unsupported("this item cannot be made up")))?;
                self.plan(Op::InsertItem {
                    seq: at,
                    value,
                    after: None,
                })?
            }
        };
        Ok(edit)
    }
}

/// Makes the value that has `text` at the end of `steps`; `None` where a new list would start with a gap.
fn nested<'a>(steps: &'a [Step], text: Text<'a>) -> Option<New<'a>> {
    let Some((first, rest)) = steps.split_first() else {
        return Some(New::Text(text));
    };
    Some(match first {
        Step::Key(key) => New::Map(vec![(key.as_str(), nested(rest, text)?)]),
        Step::Index(0) | Step::End => New::Seq(vec![nested(rest, text)?]),
        Step::Index(_) => return None,
        Step::Where { key, is } => {
            let (Step::Key(inside), rest) = rest.split_first()? else {
                return None;
            };
            if inside == key {
                return None;
            }
            let name = (key.as_str(), New::Text(Text::Str(is)));
            New::Seq(vec![New::Map(vec![name, (inside.as_str(), nested(rest, text)?)])])
        }
    })
}
