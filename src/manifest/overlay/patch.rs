//! A document that says something about an object: a manifest, a patch in a file, or one in the kustomization itself.

use super::Draft;
use crate::error::{Error, Kind, Place};
use crate::manifest::rendered::{Object, PatchPlace};
use crate::yaml::{DocSel, Edit, Inner, ListIndent, NodeId, NodeKind, Path, Refusal, Step, Tree};

/// A document, opened.
pub(super) struct Doc {
    pub(super) file: String,
    /// The file.
    outer: Tree,
    /// The text inside of it, for a patch in the kustomization.
    inner: Option<Inner>,
    /// From 1.
    document: u32,
    /// The item that is meant, of a document that is a list of objects.
    item: Option<usize>,
}

impl Doc {
    /// Opens a document of a file.
    ///
    /// # Errors
    /// As reading it.
    pub(super) fn of_file(draft: &Draft<'_>, (file, document): (&str, u32)) -> Result<Doc, Error> {
        Ok(Doc {
            file: file.to_owned(),
            outer: draft.sources().tree(file)?,
            inner: None,
            document,
            item: None,
        })
    }

    /// Opens the manifest of an object: a document, or an item of a `List`.
    ///
    /// # Errors
    /// As reading it.
    pub(super) fn of_object(draft: &Draft<'_>, (file, document): (&str, u32), object: &Object) -> Result<Doc, Error> {
        let mut doc = Doc::of_file(draft, (file, document))?;
        doc.item = doc.root().and_then(|root| item_of(&doc.outer, root, object));
        Ok(doc)
    }

    /// Opens a patch.
    ///
    /// # Errors
    /// As reading it; [`Kind::Refused`] for a patch in the kustomization that is not a literal block.
    pub(super) fn of_patch(draft: &Draft<'_>, place: &PatchPlace) -> Result<Doc, Error> {
        let mut doc = Doc::of_file(draft, (&place.file, place.document))?;
        if place.is_inline {
            let item = doc
                .outer
                .find(DocSel::Only, &entry_path(place))
                .map_err(|error| error.into_error(&place.file))?;
            let block = match place.list {
                "patches" | "patchesJson6902" => doc.outer.get(item, "patch").unwrap_or(item),
                _ => item,
            };
            let inner = doc
                .outer
                .inner(block)
                .map_err(|refusal| refusal.into_error(&place.file))?;
            doc.inner = Some(inner);
        }
        Ok(doc)
    }

    /// The tree that nodes are of.
    pub(super) fn tree(&self) -> &Tree {
        self.inner.as_ref().map_or(&self.outer, Inner::tree)
    }

    /// The same with another way to indent lists that are new to the file.
    pub(super) fn with_lists(self, lists: ListIndent) -> Doc {
        Doc {
            outer: self.outer.with_new_lists(lists),
            ..self
        }
    }

    /// The file without this document: what lies between its `---` and the next.
    pub(super) fn without_document(&self) -> String {
        let source = self.outer.source();
        let documents = self.outer.documents();
        let at = self.document as usize - 1;
        let (start, end) = match (documents.get(at), documents.get(at + 1)) {
            (Some(this), Some(next)) => (this.start(), next.start()),
            (Some(this), None) => (this.start(), source.len()),
            _ => (0, 0),
        };
        format!("{}{}", &source[..start], &source[end..])
    }

    /// The top of the document.
    pub(super) fn root(&self) -> Option<NodeId> {
        let at = (self.document as usize).checked_sub(1)?;
        let tree = self.tree();
        let root = tree.documents().get(at)?.root()?;
        match self.item {
            None => Some(root),
            Some(item) => tree.items(tree.get(root, "items")?).nth(item),
        }
    }

    /// The same, where there must be one.
    ///
    /// # Errors
    /// [`Kind::Refused`] for a document that holds nothing.
    pub(super) fn top(&self) -> Result<NodeId, Error> {
        self.root().ok_or_else(|| {
            Error::new(
                Kind::Refused,
                "empty-document",
                format!("`{}` holds no object", self.file),
            )
            .at(Place::file(&self.file))
        })
    }

    /// Line and column of a node in the file, from 1.
    pub(super) fn pos(&self, node: NodeId) -> (u32, u32) {
        match &self.inner {
            Some(inner) => inner.pos(&self.outer, node),
            None => self.outer.pos(node),
        }
    }

    /// Where a node stands.
    pub(super) fn place(&self, node: NodeId) -> Place {
        let (line, column) = self.pos(node);
        Place::at(&self.file, line, column)
    }

    /// The same document as it is now.
    ///
    /// # Errors
    /// As opening it.
    pub(super) fn again(&self, draft: &Draft<'_>) -> Result<Doc, Error> {
        let outer = draft.sources().tree(&self.file)?;
        let inner = match &self.inner {
            None => None,
            Some(inner) => {
                // Its own edits do not move a block within the list that names it.
                let path = self.outer.path_of(inner.block());
                let block = outer
                    .find(DocSel::Only, &path)
                    .map_err(|error| error.into_error(&self.file))?;
                Some(outer.inner(block).map_err(|refusal| refusal.into_error(&self.file))?)
            }
        };
        Ok(Doc {
            file: self.file.clone(),
            outer,
            inner,
            document: self.document,
            item: self.item,
        })
    }

    /// What names this document among those of [`Doc::tree`].
    pub(super) fn selector(&self) -> DocSel<'static> {
        DocSel::Nth(self.document)
    }

    /// How many documents there are, this one among them.
    pub(super) fn documents(&self) -> usize {
        self.tree().documents().len()
    }

    /// Turns a refusal of an edit of [`Doc::tree`] into the error that leaves the module.
    pub(super) fn refused(&self, refusal: Refusal) -> Error {
        match &self.inner {
            None => refusal.into_error(&self.file),
            Some(inner) => {
                let (line, _) = self.outer.pos(inner.block());
                let error = refusal.into_error(&self.file);
                let note = format!("in the patch at {}:{line}", self.file);
                Error { place: None, ..error }.because(note)
            }
        }
    }

    /// Makes edits that were planned on [`Doc::tree`].
    ///
    /// # Errors
    /// What the editor will not do.
    pub(super) fn edit(&self, draft: &mut Draft<'_>, edits: Vec<Edit>) -> Result<(), Error> {
        let edits = match &self.inner {
            None => edits,
            Some(inner) => {
                let edit = self.outer.plan_inner_edits(inner, edits);
                vec![edit.map_err(|refusal| refusal.into_error(&self.file))?]
            }
        };
        draft.edit(&self.file, &self.outer, edits)
    }
}

/// The place of an object among the items of a `List`.
fn item_of(tree: &Tree, root: NodeId, object: &Object) -> Option<usize> {
    let text = |map: NodeId, key: &str| {
        let value = (tree.kind(map) == NodeKind::Map)
            .then(|| tree.get(map, key))
            .flatten()?;
        Some(tree.text(tree.resolve(value)).to_owned())
    };
    let items = tree
        .get(root, "items")
        .filter(|items| tree.kind(*items) == NodeKind::Seq)?;
    if !text(root, "kind").is_some_and(|kind| kind.ends_with("List")) {
        return None;
    }
    let is_name = |name: &str| object.id.name == name || object.formerly.iter().any(|id| id.name == name);
    tree.items(items).position(|item| {
        let name = (tree.kind(item) == NodeKind::Map)
            .then(|| tree.get(item, "metadata"))
            .flatten()
            .and_then(|metadata| text(metadata, "name"));
        text(item, "kind").as_deref() == Some(object.id.kind.as_str()) && name.is_some_and(|name| is_name(&name))
    })
}

/// Where a kustomization names a patch: `patches[2]`.
pub(super) fn entry_path(place: &PatchPlace) -> Path {
    Path::default()
        .join(Step::Key(place.list.to_owned()))
        .join(Step::Index(place.item as u32))
}
