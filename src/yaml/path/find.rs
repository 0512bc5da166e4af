//! Follows a path, and says how far it got.

use std::fmt;

use super::{DocSel, Path, Reached, Step};
use crate::error::{Error, Hint, Kind, Place};
use crate::yaml::refusal::{Refusal, Why};
use crate::yaml::tree::{NodeId, NodeKind, Tree};

/// Most names that are listed in a hint.
const LISTED: usize = 12;

/// A path that leads nowhere, or not to one place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PathError {
    /// The part of the path that was found; `.` is the top of the document.
    pub found: Path,
    /// The node it leads to; `None` if not even the document was found.
    pub node: Option<NodeId>,
    /// Line and column of that node, from 1; 0 without one.
    pub at: (u32, u32),
    /// The step that could not be taken.
    pub step: Option<Box<Step>>,
    /// Keys of the mapping, or values of the list that could have been asked for.
    pub keys: Vec<String>,
    /// The one of them that is nearest to what was asked for.
    pub nearest: Option<Box<str>>,
    /// What is wrong.
    pub problem: PathProblem,
}

/// What is wrong with a step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PathProblem {
    /// The stream holds no such document; how many it holds.
    NoDocument(usize),
    /// More than one document fits; their lines.
    SeveralDocuments(Vec<u32>),
    /// The mapping has no such key, or the list no such item.
    Missing,
    /// The list is shorter; how long it is.
    Short(u32),
    /// More than one item fits; their lines.
    SeveralItems(Vec<u32>),
    /// A mapping was expected.
    NotMap,
    /// A list was expected.
    NotSeq,
    /// The way leads through an alias or a merge key, which is refused as an edit of the place would be.
    Refused(Why),
}

impl Tree {
    /// Finds the node at a path. The last node may be an alias; on the way none is followed.
    ///
    /// # Errors
    /// [`PathError`] names the deepest step that was found, what is there, and the nearest name.
    pub fn find(&self, document: DocSel<'_>, path: &Path) -> Result<NodeId, PathError> {
        self.walk(document, path, Follow::Nothing)
    }

    /// Finds the node at a path as a reader of the file would: aliases and merge keys are followed.
    ///
    /// # Errors
    /// As [`Tree::find`].
    pub fn look_up(&self, document: DocSel<'_>, path: &Path) -> Result<NodeId, PathError> {
        self.walk(document, path, Follow::AliasesAndMerges)
            .map(|node| self.resolve(node))
    }

    /// Finds the top of a document.
    ///
    /// # Errors
    /// [`PathError`] if there is none that fits, or several.
    pub fn select(&self, document: DocSel<'_>) -> Result<NodeId, PathError> {
        let roots: Vec<NodeId> = self.documents().iter().filter_map(|it| it.root()).collect();
        let fitting: Vec<NodeId> = match document {
            DocSel::Nth(number) => (number as usize)
                .checked_sub(1)
                .and_then(|at| roots.get(at))
                .copied()
                .into_iter()
                .collect(),
            DocSel::Only => {
                let full = roots
                    .iter()
                    .copied()
                    .filter(|&root| self.kind(root) != NodeKind::Empty)
                    .collect::<Vec<_>>();
                if full.is_empty() {
                    roots.iter().copied().take(1).collect()
                } else {
                    full
                }
            }
            DocSel::Object { kind, name, namespace } => roots
                .iter()
                .copied()
                .filter(|&root| self.is_object(root, kind, (name, namespace)))
                .collect(),
        };
        match fitting.as_slice() {
            [one] => Ok(*one),
            [] => Err(PathError::whole(PathProblem::NoDocument(roots.len()))),
            several => {
                let lines = several.iter().map(|&root| self.line(root)).collect();
                Err(PathError::whole(PathProblem::SeveralDocuments(lines)))
            }
        }
    }

    fn is_object(&self, root: NodeId, kind: &str, (name, namespace): (&str, Option<&str>)) -> bool {
        let is = |node: Option<NodeId>, text: &str| node.is_some_and(|it| self.is_scalar(it) && self.text(it) == text);
        let metadata = self.get(root, "metadata");
        let of = |key| metadata.and_then(|it| self.get(it, key));
        is(self.get(root, "kind"), kind)
            && is(of("name"), name)
            && namespace.is_none_or(|namespace| is(of("namespace"), namespace))
    }

    fn walk(&self, document: DocSel<'_>, path: &Path, follow: Follow) -> Result<NodeId, PathError> {
        let mut at: Reached = (self.select(document)?, Path::default());
        for step in path.steps() {
            let mut here = at.0;
            if self.kind(here) == NodeKind::Alias {
                let target = self.resolve(here);
                if follow == Follow::Nothing {
                    let why = Why::Alias {
                        def_line: self.line(target),
                    };
                    return Err(self.lost(at, step, PathProblem::Refused(why)));
                }
                here = target;
            }
            let next = match step {
                Step::Key(key) => self.step_key(here, key, follow),
                Step::Index(index) => self.step_index(here, *index),
                Step::Where { key, is } => self.step_where(here, key, is),
                Step::End => match self.kind(here) {
                    NodeKind::Seq => Err(PathProblem::Short(self.items(here).count() as u32)),
                    _ => Err(PathProblem::NotSeq),
                },
            };
            match next {
                Ok(next) => at = (next, at.1.join(step.clone())),
                Err(problem) => return Err(self.lost((here, at.1), step, problem)),
            }
        }
        Ok(at.0)
    }

    fn step_key(&self, here: NodeId, key: &str, follow: Follow) -> Result<NodeId, PathProblem> {
        if self.kind(here) != NodeKind::Map {
            return Err(PathProblem::NotMap);
        }
        let mut fitting = self
            .entries(here)
            .filter(|&(k, _)| self.is_scalar(k) && self.text(k) == key);
        let Some((first, value)) = fitting.next() else {
            return match (self.inherited(here, key), follow) {
                (Some(value), Follow::AliasesAndMerges) => Ok(value),
                (Some(value), Follow::Nothing) => Err(PathProblem::Refused(Why::Inherited { line: self.line(value) })),
                (None, _) => Err(PathProblem::Missing),
            };
        };
        let more: Vec<u32> = fitting.map(|(k, _)| self.line(k)).collect();
        if more.is_empty() {
            return Ok(value);
        }
        let lines = std::iter::once(self.line(first)).chain(more).collect();
        Err(PathProblem::Refused(Why::Duplicate { lines }))
    }

    /// Returns the value that a mapping has through its merge keys (`<<`), if it has no such key itself.
    ///
    /// Source: the merge key of YAML 1.1 (yaml.org/type/merge.html): earlier mappings of a list win.
    pub fn inherited(&self, map: NodeId, key: &str) -> Option<NodeId> {
        let mut waiting: Vec<NodeId> = Vec::new();
        let mut seen: Vec<NodeId> = vec![map];
        self.merged_into(map, &mut waiting);
        while let Some(from) = waiting.pop() {
            if seen.contains(&from) || seen.len() > 1_000 {
                continue;
            }
            seen.push(from);
            if let Some(value) = self.get(from, key) {
                return Some(value);
            }
            self.merged_into(from, &mut waiting);
        }
        None
    }

    /// Adds the mappings that `<<` names in `map`, so that the first of them is taken first.
    fn merged_into(&self, map: NodeId, waiting: &mut Vec<NodeId>) {
        let merges = self
            .entries(map)
            .filter(|&(k, _)| self.kind(k) == NodeKind::Plain && self.text(k) == "<<");
        let mut found = Vec::new();
        for (_, value) in merges {
            let value = self.resolve(value);
            match self.kind(value) {
                NodeKind::Map => found.push(value),
                NodeKind::Seq => found.extend(self.items(value).map(|item| self.resolve(item))),
                _ => {}
            }
        }
        waiting.extend(found.into_iter().rev());
    }

    fn step_index(&self, here: NodeId, index: u32) -> Result<NodeId, PathProblem> {
        if self.kind(here) != NodeKind::Seq {
            return Err(PathProblem::NotSeq);
        }
        let found = self.items(here).nth(index as usize);
        found.ok_or_else(|| PathProblem::Short(self.items(here).count() as u32))
    }

    fn step_where(&self, here: NodeId, key: &str, is: &str) -> Result<NodeId, PathProblem> {
        if self.kind(here) != NodeKind::Seq {
            return Err(PathProblem::NotSeq);
        }
        let fits = |item: NodeId| {
            self.get(self.resolve(item), key)
                .map(|value| self.resolve(value))
                .is_some_and(|value| self.is_scalar(value) && self.text(value) == is)
        };
        let fitting: Vec<NodeId> = self.items(here).filter(|&item| fits(item)).collect();
        match fitting.as_slice() {
            [one] => Ok(*one),
            [] => Err(PathProblem::Missing),
            several => Err(PathProblem::SeveralItems(
                several.iter().map(|&item| self.line(item)).collect(),
            )),
        }
    }

    fn lost(&self, (node, found): Reached, step: &Step, problem: PathProblem) -> PathError {
        let (keys, wanted) = match step {
            Step::Key(key) => (self.names(node), key.as_str()),
            Step::Where { key, is } => {
                let values = self.items(node).filter_map(|item| self.get(self.resolve(item), key));
                (
                    values.map(|value| self.text(self.resolve(value)).to_owned()).collect(),
                    is.as_str(),
                )
            }
            Step::Index(_) | Step::End => (Vec::new(), ""),
        };
        let nearest = nearest(wanted, &keys);
        PathError {
            found,
            node: Some(node),
            at: self.pos(node),
            step: Some(Box::new(step.clone())),
            keys,
            nearest,
            problem,
        }
    }

    fn names(&self, map: NodeId) -> Vec<String> {
        self.entries(map)
            .filter(|&(key, _)| self.is_scalar(key))
            .map(|(key, _)| self.text(key).to_owned())
            .collect()
    }
}

/// What a walk follows besides mappings and lists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Follow {
    Nothing,
    AliasesAndMerges,
}

/// Returns the name that was most likely meant.
fn nearest(wanted: &str, names: &[String]) -> Option<Box<str>> {
    let near = |name: &&String| strsim::damerau_levenshtein(wanted, name);
    let limit = wanted.chars().count() / 3 + 1;
    names
        .iter()
        .take(1_000)
        .min_by_key(near)
        .filter(|name| near(name) <= limit)
        .map(|name| name.as_str().into())
}

impl PathError {
    fn whole(problem: PathProblem) -> PathError {
        let found = Path::default();
        PathError {
            found,
            node: None,
            at: (0, 0),
            step: None,
            keys: Vec::new(),
            nearest: None,
            problem,
        }
    }

    /// Turns it into the error that leaves the module, naming `file`.
    pub fn into_error(self, file: &str) -> Error {
        if let PathProblem::Refused(why) = &self.problem {
            let refusal = Refusal {
                line: self.at.0,
                col: self.at.1,
                why: why.clone(),
                excerpt: None,
            };
            return refusal.into_error(file);
        }
        let place = match self.at {
            (0, _) => Place::file(file),
            (line, column) => Place::at(file, line, column),
        };
        let error = Error::new(Kind::NotFound, "path-not-found", self.to_string()).at(place);
        match (self.nearest, self.keys) {
            (Some(nearest), _) => error.hint(Hint::Nearest(vec![nearest.into()])),
            (None, mut keys) if !keys.is_empty() => {
                keys.truncate(LISTED);
                error.hint(Hint::Found(keys))
            }
            _ => error,
        }
    }
}

impl fmt::Display for PathError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let list = |lines: &[u32]| lines.iter().map(u32::to_string).collect::<Vec<_>>().join(", ");
        let step = self.step.as_ref().map(ToString::to_string).unwrap_or_default();
        match &self.problem {
            PathProblem::NoDocument(0) => f.write_str("no document in this file"),
            PathProblem::NoDocument(1) => f.write_str("the one document of this file is another one"),
            PathProblem::NoDocument(count) => {
                write!(f, "none of the {count} documents of this file is the one asked for")
            }
            PathProblem::SeveralDocuments(lines) => {
                write!(f, "several documents fit, those that start in lines {}", list(lines))
            }
            PathProblem::Missing => write!(f, "nothing at `{step}` below `{}`", self.found),
            PathProblem::Short(count) => write!(
                f,
                "nothing at `{step}` in the list at `{}`, its length is {count}",
                self.found
            ),
            PathProblem::SeveralItems(lines) => {
                write!(
                    f,
                    "`{step}` fits several items of `{}`, in lines {}",
                    self.found,
                    list(lines)
                )
            }
            PathProblem::NotMap => write!(f, "no mapping at `{}`, so nothing at `{step}`", self.found),
            PathProblem::NotSeq => write!(f, "no list at `{}`, so nothing at `{step}`", self.found),
            PathProblem::Refused(why) => write!(f, "`{step}` below `{}`: {why}", self.found),
        }
    }
}

impl std::error::Error for PathError {}
