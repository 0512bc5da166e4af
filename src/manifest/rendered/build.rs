//! A build: directory by directory, in the order of kustomize.
//!
//! Source: kustomize 5.5, `api/internal/target/kusttarget.go`, `kusttarget_configplugin.go`.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use super::item::Item;
use super::read::{Lines, Reader};
use super::value::{Data, Value};
use super::{Blind, BlindWhy, CopiedField, Gone, Origin, Rendering, Sources, generate, patches, references, transform};
use crate::error::{Error, Kind, Place};
use crate::manifest::kustomization::{FILE_NAMES, in_directory, join};
use crate::yaml::{NodeId, Tree};

/// Follows the build of the kustomization in a directory; the empty path is the root.
///
/// # Errors
/// `Kind::NotFound` if there is no kustomization, or a patch fits nothing; `Kind::Refused` where kustomize would fail as well: two
/// objects of one name, a patch that cannot be laid over its object; `Kind::Files` for files that cannot be read.
pub(crate) fn render(sources: &Sources<'_>, directory: &str) -> Result<Rendering, Error> {
    let mut build = Build {
        sources,
        trees: BTreeMap::new(),
        blind: Vec::new(),
        copies: Vec::new(),
        gone: RefCell::new(Vec::new()),
        stack: Vec::new(),
    };
    let kustomization = build.kustomization(directory)?.ok_or_else(|| {
        let shown = if directory.is_empty() { "." } else { directory };
        Error::new(
            Kind::NotFound,
            "no-kustomization",
            format!("there is no kustomization in `{shown}`"),
        )
    })?;
    let mut items = build.target(&kustomization, directory, Vec::new())?;
    references::refuse_nameless(&items)?;
    references::follow(&mut items, &kustomization.file);
    items.retain(|item| !is_local(item));
    Ok(Rendering {
        objects: items.into_iter().map(Item::finish).collect(),
        blind: build.blind,
        copies: build.copies,
        gone: build.gone.into_inner(),
    })
}

/// Objects that are for tools only are in no output.
fn is_local(item: &Item) -> bool {
    let annotations = item.labels("annotations");
    let local = annotations
        .iter()
        .find(|(key, _)| key == "config.kubernetes.io/local-config");
    local.is_some_and(|(_, value)| value.word() != "false")
}

/// A kustomization as it is read.
pub(super) struct Kustomization {
    pub(super) file: Rc<str>,
    pub(super) directory: String,
    pub(super) tree: Rc<Tree>,
    pub(super) root: Value,
}

impl Kustomization {
    /// The items of a list, with their places in it.
    pub(super) fn list(&self, name: &str) -> impl Iterator<Item = (usize, &Value)> {
        self.root.get(name).map_or(&[][..], Value::items).iter().enumerate()
    }

    /// A field that is no empty text.
    pub(super) fn text(&self, name: &str) -> Option<&Value> {
        self.root.get(name).filter(|it| !it.word().is_empty())
    }

    /// The node of an item of a list; of a key of it if one is given.
    pub(super) fn node(&self, list: &str, item: usize, key: Option<&str>) -> Option<NodeId> {
        let tree = &self.tree;
        let top = tree.documents().iter().find_map(|it| it.root())?;
        let list = tree.resolve(tree.get(tree.resolve(top), list)?);
        let item = tree.resolve(tree.items(list).nth(item)?);
        match key {
            None => Some(item),
            Some(key) => Some(tree.resolve(tree.get(item, key)?)),
        }
    }
}

/// One build.
pub(super) struct Build<'s> {
    pub(super) sources: &'s Sources<'s>,
    trees: BTreeMap<String, Rc<Tree>>,
    pub(super) blind: Vec<Blind>,
    pub(super) copies: Vec<CopiedField>,
    pub(super) gone: RefCell<Vec<Gone>>,
    /// The directories that are being built, the one that was asked for first.
    stack: Vec<String>,
}

/// Makes an error about the place of a value.
pub(super) fn fault(kind: Kind, code: &'static str, (message, at): (String, &Value)) -> Error {
    Error::new(kind, code, message).at(Place::at(at.file.as_ref(), at.line, at.column))
}

impl Build<'_> {
    /// Tells whether the kustomization that was asked for is at work itself.
    pub(super) fn is_asked(&self) -> bool {
        self.stack.len() == 1
    }

    /// Remembers something that is not followed.
    pub(super) fn pass_over(&mut self, why: BlindWhy, at: &Value) {
        self.pass_over_as(why, at, at.word().to_owned());
    }

    pub(super) fn pass_over_as(&mut self, why: BlindWhy, at: &Value, text: String) {
        self.blind.push(Blind {
            file: at.file.as_ref().to_owned(),
            line: at.line,
            column: at.column,
            why,
            text,
        });
    }

    /// Reads a file that is named at a place; none, and a note, if it is not there or no YAML.
    pub(super) fn tree(&mut self, path: &str, named: &Value) -> Result<Option<Rc<Tree>>, Error> {
        if let Some(tree) = self.trees.get(path) {
            return Ok(Some(Rc::clone(tree)));
        }
        match self.sources.tree(path) {
            Ok(tree) => {
                let tree = Rc::new(tree);
                self.trees.insert(path.to_owned(), Rc::clone(&tree));
                Ok(Some(tree))
            }
            Err(error) if error.kind == Kind::NotFound => {
                self.pass_over(BlindWhy::Missing, named);
                Ok(None)
            }
            Err(error) if error.kind == Kind::Refused => {
                let place = error.place.as_ref();
                self.blind.push(Blind {
                    file: path.to_owned(),
                    line: place.map_or(0, |it| it.line),
                    column: place.map_or(0, |it| it.column),
                    why: BlindWhy::Unreadable,
                    text: error.message,
                });
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    /// Reads the kustomization of a directory; none if there is none.
    fn kustomization(&mut self, directory: &str) -> Result<Option<Kustomization>, Error> {
        let paths = FILE_NAMES.map(|name| in_directory(directory, name));
        let mut found = paths.into_iter().filter(|path| self.sources.has_file(path));
        let Some(path) = found.next() else {
            return Ok(None);
        };
        if let Some(other) = found.next() {
            let message = format!("`{path}` and `{other}` stand in one directory, and kustomize takes neither");
            return Err(Error::new(Kind::Refused, "two-kustomizations", message).at(Place::file(other)));
        }
        let tree = match self.trees.get(&path) {
            Some(tree) => Rc::clone(tree),
            None => Rc::new(self.sources.tree(&path)?),
        };
        self.trees.insert(path.clone(), Rc::clone(&tree));
        let file: Rc<str> = path.into();
        let root = Reader::new(&tree, &file, Lines::File).documents().into_iter().next();
        let empty = || Value {
            data: Data::Map(Vec::new()),
            layer: 0,
            file: Rc::clone(&file),
            line: 1,
            column: 1,
        };
        Ok(Some(Kustomization {
            root: root.map_or_else(empty, |(_, root)| root),
            directory: directory.to_owned(),
            file,
            tree,
        }))
    }

    /// Builds one kustomization on top of `items`: nothing, or for a component what was built before it.
    fn target(&mut self, it: &Kustomization, directory: &str, items: Vec<Item>) -> Result<Vec<Item>, Error> {
        self.stack.push(directory.to_owned());
        let mut items = items;
        for list in ["resources", "bases"] {
            for (_, entry) in it.list(list) {
                self.resource(it, entry, &mut items)?;
            }
        }
        self.programs(it);
        generate::run(self, it, &mut items)?;
        for (_, entry) in it.list("components") {
            items = self.component(it, entry, items)?;
        }
        if self.is_asked() {
            let made_here = |item: &Item| {
                item.layers
                    .first()
                    .is_some_and(|layer| *layer.kustomization == *it.file)
            };
            for item in items
                .iter_mut()
                .filter(|item| item.inherited.is_none() && !made_here(item))
            {
                item.inherited = Some(item.root.clone());
            }
        }
        patches::merge_lists(self, it, &mut items)?;
        patches::patches(self, it, &mut items)?;
        transform::names(self, it, &mut items)?;
        patches::json_lists(self, it, &mut items)?;
        transform::values(self, it, &mut items)?;
        self.copies(it)?;
        self.stack.pop();
        Ok(items)
    }

    /// Adds what an entry of `resources` or `bases` names.
    fn resource(&mut self, it: &Kustomization, entry: &Value, items: &mut Vec<Item>) -> Result<(), Error> {
        let name = entry.word();
        let path = join(&it.directory, name).filter(|_| !name.is_empty());
        let is_file = path.as_deref().is_some_and(|path| self.sources.has_file(path));
        let is_directory = path
            .as_deref()
            .is_some_and(|path| path.is_empty() || self.sources.has_directory(path));
        match path {
            Some(path) if is_file => self.file(it, (&path, entry), items),
            Some(path) if is_directory => {
                let Some(other) = self.enter(&path, entry)? else {
                    return Ok(());
                };
                let mut found = self.target(&other, &path, Vec::new())?;
                if self.is_asked() {
                    for item in &mut found {
                        item.inherited = Some(item.root.clone());
                    }
                }
                found.into_iter().try_for_each(|item| append(items, item))
            }
            _ if is_remote(name) => {
                self.pass_over(BlindWhy::Remote, entry);
                Ok(())
            }
            _ => {
                self.pass_over(BlindWhy::Missing, entry);
                Ok(())
            }
        }
    }

    fn component(&mut self, it: &Kustomization, entry: &Value, items: Vec<Item>) -> Result<Vec<Item>, Error> {
        let name = entry.word();
        let path = join(&it.directory, name).filter(|path| self.sources.has_directory(path));
        let Some(path) = path else {
            let why = if is_remote(name) {
                BlindWhy::Remote
            } else {
                BlindWhy::Missing
            };
            self.pass_over(why, entry);
            return Ok(items);
        };
        match self.enter(&path, entry)? {
            Some(other) => self.target(&other, &path, items),
            None => Ok(items),
        }
    }

    /// Reads the kustomization of a directory that another one names. None, and a note, if there is none, or if it is being
    /// built already.
    fn enter(&mut self, directory: &str, named: &Value) -> Result<Option<Kustomization>, Error> {
        if self.stack.iter().any(|it| it == directory) {
            self.pass_over(BlindWhy::Unreadable, named);
            return Ok(None);
        }
        match self.kustomization(directory) {
            Ok(Some(found)) => Ok(Some(found)),
            Ok(None) => {
                self.pass_over(BlindWhy::Missing, named);
                Ok(None)
            }
            Err(error) if error.kind == Kind::Refused && error.code != "two-kustomizations" => {
                self.pass_over_as(BlindWhy::Unreadable, named, error.message);
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    /// Adds the objects of a file.
    fn file(&mut self, it: &Kustomization, (path, named): (&str, &Value), items: &mut Vec<Item>) -> Result<(), Error> {
        let Some(tree) = self.tree(path, named)? else {
            return Ok(());
        };
        for (document, root) in objects(&Reader::new(&tree, &path.into(), Lines::File)) {
            if !is_object(&root) {
                self.pass_over_as(BlindWhy::Unreadable, &root, "no object".to_owned());
                continue;
            }
            let origin = Origin::Manifest {
                file: path.to_owned(),
                document,
            };
            append(items, Item::new(root, origin, &it.file))?;
        }
        Ok(())
    }
}

fn is_object(root: &Value) -> bool {
    let name = root.get("metadata").and_then(|it| it.get("name"));
    let is_list = root.get("kind").is_some_and(|it| it.word().ends_with("List"));
    root.get("kind").is_some_and(|it| !it.word().is_empty())
        && (name.is_some_and(|it| !it.word().is_empty()) || is_list)
}

/// The objects of a stream, each with the number of its document; those in lists stand last.
pub(super) fn objects(reader: &Reader<'_>) -> Vec<(u32, Value)> {
    let mut waiting: std::collections::VecDeque<(u32, Value)> = reader.documents().into();
    let mut found = Vec::new();
    while let Some((number, value)) = waiting.pop_front() {
        if value.is_null() || matches!(&value.data, Data::Map(entries) if entries.is_empty()) {
            continue;
        }
        let is_list = value.get("kind").is_some_and(|it| it.word().ends_with("List"));
        match value.get("items").filter(|_| is_list) {
            Some(items) => waiting.extend(items.items().iter().map(|item| (number, item.clone()))),
            None => found.push((number, value)),
        }
    }
    found
}

/// Adds an object; two of one name are one too many.
pub(super) fn append(items: &mut Vec<Item>, item: Item) -> Result<(), Error> {
    let id = item.id();
    if let Some(other) = items.iter().find(|it| it.id().is_same(&id)) {
        let at = &other.root;
        let message = format!("this build has two objects `{}/{}`", id.kind, id.name);
        return Err(fault(Kind::Refused, "object-twice", (message, &item.root))
            .because(format!("the other one stands in {}:{}:{}", at.file, at.line, at.column)));
    }
    items.push(item);
    Ok(())
}

/// Tells whether a name that leads to no file is that of another repository.
fn is_remote(name: &str) -> bool {
    const HOSTS: [&str; 4] = ["github.com", "gitlab.com", "bitbucket.org", "git@"];
    name.contains("://")
        || name.contains("?ref=")
        || name.contains(".git")
        || HOSTS.iter().any(|it| name.starts_with(it))
}
