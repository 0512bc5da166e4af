//! A kustomization that is being edited: what is found in it, and the edits that are gathered.

use super::{Edited, Planned, ValueChange};
use crate::error::{Error, Kind, Place};
use crate::manifest::kustomization;
use crate::manifest::rendered::Sources;
use crate::yaml::{self, AliasPolicy, Edit, ListIndent, New, NodeId, NodeKind, Op, Refusal, Text, Tree};

/// Stands in a file that holds no value, so that keys can be added; it is taken out again.
const STUB: &str = "begun: 0\n";

/// A kustomization, and what is to happen to it.
pub(super) struct Open<'s> {
    pub(super) sources: &'s Sources<'s>,
    /// Relative to the root.
    pub(super) file: &'s str,
    pub(super) tree: Tree,
    /// Its mapping.
    pub(super) root: NodeId,
    /// The whole content of a file that holds no value; `tree` is then [`STUB`].
    begun: Option<String>,
    edits: Vec<Edit>,
    values: Vec<ValueChange>,
    warnings: Vec<Error>,
}

impl<'s> Open<'s> {
    /// # Errors
    /// As reading; `Kind::Refused` for what is no kustomization.
    pub(super) fn of(sources: &'s Sources<'s>, file: &'s str) -> Result<Open<'s>, Error> {
        let read = |bytes| {
            let tree = yaml::parse(bytes, yaml::Limits::default()).map_err(|refusal| refusal.into_error(file))?;
            Ok::<Tree, Error>(tree.with_new_lists(ListIndent::Flush))
        };
        let mut tree = read(sources.read(file)?)?;
        let mut begun = None;
        let empty = |tree: &Tree| {
            let mut roots = tree.documents().iter().filter_map(|document| document.root());
            roots.all(|root| tree.kind(root) == NodeKind::Empty)
        };
        if empty(&tree) {
            begun = Some(tree.source().to_owned());
            tree = read(STUB.as_bytes().to_vec())?;
        }
        let root = tree.documents().iter().find_map(|document| document.root());
        let Some(root) = root.filter(|&root| tree.kind(root) == NodeKind::Map) else {
            let message = format!("`{file}` is no kustomization: it holds no mapping");
            return Err(Error::new(Kind::Refused, "not-a-kustomization", message).at(Place::file(file)));
        };
        let kind = tree.get(root, "kind").map_or("", |it| tree.text(it));
        if !matches!(kind, "" | "Kustomization" | "Component")
            || kustomization::Kustomization::of(file, &tree).is_none()
        {
            let message = format!("`{file}` is no kustomization of kustomize: its kind or apiVersion is another");
            let (line, column) = tree.pos(root);
            return Err(Error::new(Kind::Refused, "not-a-kustomization", message).at(Place::at(file, line, column)));
        }
        Ok(Open {
            sources,
            file,
            tree,
            root,
            begun,
            edits: Vec::new(),
            values: Vec::new(),
            warnings: Vec::new(),
        })
    }

    /// The directory that paths of the kustomization are seen from.
    pub(super) fn directory(&self) -> &'s str {
        kustomization::directory_of(self.file)
    }

    /// The value of a key at the top; nothing for a key without a value.
    pub(super) fn field(&self, key: &str) -> Option<NodeId> {
        self.tree.get(self.root, key).filter(|&it| !self.tree.is_null(it))
    }

    /// The value of a key of a mapping, seen through aliases.
    pub(super) fn in_map(&self, map: NodeId, key: &str) -> Option<NodeId> {
        self.tree.get(self.tree.resolve(map), key)
    }

    /// The text of a key of a mapping; empty where there is none.
    pub(super) fn text_in(&self, map: NodeId, key: &str) -> &str {
        self.in_map(map, key).map_or("", |it| self.text(it))
    }

    /// The text of a scalar, seen through an alias.
    pub(super) fn text(&self, node: NodeId) -> &str {
        self.tree.text(self.tree.resolve(node))
    }

    /// The items of a list; none if there is no such list.
    ///
    /// # Errors
    /// `Kind::Refused` if it is something else.
    pub(super) fn items(&self, list: Option<NodeId>, name: &str) -> Result<Vec<NodeId>, Error> {
        let Some(list) = list else { return Ok(Vec::new()) };
        let list = self.tree.resolve(list);
        match self.tree.kind(list) {
            NodeKind::Seq => Ok(self.tree.items(list).collect()),
            _ if self.tree.is_null(list) => Ok(Vec::new()),
            _ => Err(self.unlike(list, &format!("`{name}` is no list"))),
        }
    }

    /// The pairs of a mapping; none if there is no such mapping.
    ///
    /// # Errors
    /// `Kind::Refused` if it is something else.
    pub(super) fn pairs(&self, map: Option<NodeId>, name: &str) -> Result<Vec<(NodeId, NodeId)>, Error> {
        let Some(map) = map else { return Ok(Vec::new()) };
        let map = self.tree.resolve(map);
        match self.tree.kind(map) {
            NodeKind::Map => Ok(self.tree.entries(map).collect()),
            _ if self.tree.is_null(map) => Ok(Vec::new()),
            _ => Err(self.unlike(map, &format!("`{name}` is no mapping"))),
        }
    }

    fn unlike(&self, node: NodeId, message: &str) -> Error {
        Error::new(Kind::Refused, "unlike-a-kustomization", message).at(self.place(node))
    }

    pub(super) fn place(&self, node: NodeId) -> Place {
        match self.begun {
            None => {
                let (line, column) = self.tree.pos(node);
                Place::at(self.file, line, column)
            }
            Some(_) => Place::file(self.file),
        }
    }

    // ---- edits

    /// Plans one edit of the file.
    ///
    /// # Errors
    /// What the editor refuses.
    pub(super) fn edit(&mut self, op: Op<'_>) -> Result<(), Error> {
        let edit = self.tree.plan(op).map_err(|refusal| self.refused(refusal))?;
        if !edit.is_empty() {
            self.edits.push(edit);
        }
        Ok(())
    }

    pub(super) fn refused(&self, refusal: Refusal) -> Error {
        refusal.into_error(self.file)
    }

    /// Adds items to a list of a mapping, which is begun where it is missing.
    ///
    /// # Errors
    /// What the editor refuses.
    pub(super) fn add_items(&mut self, (map, key): (NodeId, &str), items: Vec<New<'_>>) -> Result<(), Error> {
        match self.tree.get(map, key) {
            Some(seq) => items.into_iter().try_for_each(|value| {
                self.edit(Op::InsertItem {
                    seq,
                    value,
                    after: None,
                })
            }),
            None if items.is_empty() => Ok(()),
            None => self.edit(Op::InsertKey {
                map,
                key,
                value: New::Seq(items),
                after: None,
            }),
        }
    }

    /// Sets the text of a key of a mapping, which is added where it is missing.
    ///
    /// # Errors
    /// What the editor refuses.
    pub(super) fn set_text(&mut self, (map, key): (NodeId, &str), to: Text<'_>) -> Result<(), Error> {
        match self.tree.get(map, key) {
            Some(at) => self.edit(Op::Set {
                at,
                to,
                alias: AliasPolicy::Refuse,
            }),
            None => self.edit(Op::InsertKey {
                map,
                key,
                value: New::Text(to),
                after: None,
            }),
        }
    }

    /// Removes some children of a collection; the collection itself where nothing would be left of it.
    ///
    /// # Errors
    /// What the editor refuses.
    pub(super) fn remove(&mut self, collection: NodeId, gone: &[NodeId]) -> Result<(), Error> {
        if self.tree.kind(collection) == NodeKind::Alias {
            // refused, and says where the alias is defined
            return self.edit(Op::Set {
                at: collection,
                to: Text::Str(""),
                alias: AliasPolicy::Refuse,
            });
        }
        let all = match self.tree.kind(collection) {
            NodeKind::Map => self.tree.entries(collection).count(),
            _ => self.tree.items(collection).count(),
        };
        if gone.len() >= all && self.tree.parent(collection).is_some() {
            return self.edit(Op::Remove { child: collection });
        }
        gone.iter().try_for_each(|&child| self.edit(Op::Remove { child }))
    }

    /// Notes a value that changes: its path, what it was and what it becomes.
    pub(super) fn note(&mut self, at: Option<NodeId>, path: &str, (from, to): (Option<&str>, Option<&str>)) {
        let (line, column) = match (at, &self.begun) {
            (Some(at), None) => self.tree.pos(at),
            _ => (0, 0),
        };
        self.values.push(ValueChange {
            line,
            column,
            path: path.to_owned(),
            from: from.map(str::to_owned),
            to: to.map(str::to_owned),
        });
    }

    pub(super) fn warn(&mut self, warning: Error) {
        self.warnings.push(warning);
    }

    /// Puts the edits together and proves them.
    ///
    /// # Errors
    /// `Kind::Refused` if the editor cannot do them exactly.
    pub(super) fn planned(self) -> Result<Planned, Error> {
        let (values, warnings) = (self.values, self.warnings);
        if self.edits.is_empty() {
            return Ok(Planned {
                edited: None,
                values: Vec::new(),
                warnings,
            });
        }
        let after = self
            .tree
            .apply(self.edits)
            .map_err(|refusal| refusal.into_error(self.file))?;
        let edited = match self.begun {
            None => Edited::Proven {
                before: Box::new(self.tree),
                after,
            },
            Some(before) => {
                let text = String::from_utf8_lossy(after.bytes());
                let added = text.strip_prefix(STUB).unwrap_or(&text);
                Edited::Begun {
                    after: begin(&before, added).into_bytes(),
                    before: before.into_bytes(),
                }
            }
        };
        Ok(Planned {
            edited: Some(edited),
            values,
            warnings,
        })
    }
}

/// Writes lines below what stands in a file without values, with its line breaks.
fn begin(before: &str, added: &str) -> String {
    let br = if before.contains("\r\n") { "\r\n" } else { "\n" };
    let gap = match before.is_empty() || before == "\u{feff}" || before.ends_with('\n') {
        true => "",
        false => br,
    };
    format!("{before}{gap}{}", added.replace('\n', br))
}
