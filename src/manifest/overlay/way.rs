//! The way to a field: a path as it was typed, held against the object, with the items of lists named as Kubernetes tells them apart.

use super::find::word;
use crate::error::{Error, Hint, Kind, Place};
use crate::manifest::rendered::{Data, Id, Object, Typed, Value, merge_keys};
use crate::yaml::{NodeId, NodeKind, Path, Step, Tree};

/// One turn of the way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Turn {
    Key(String),
    /// The item in which all these keys have these texts: the merge keys of the list.
    Item(Vec<(String, String)>),
    /// The item at this place of a list that is replaced as a whole.
    Position(usize),
    /// Behind the last item of such a list.
    End,
}

/// The way from the top of an object to a field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Way {
    pub(super) turns: Vec<Turn>,
    /// As it was typed.
    pub(super) shown: String,
}

impl Way {
    /// Holds a path against an object.
    ///
    /// # Errors
    /// [`Kind::Refused`] where the path does not fit the object; [`Kind::NotFound`] for an item that is not there and cannot be made.
    pub(super) fn trace(object: &Object, path: &Path) -> Result<Way, Error> {
        let mut tracer = Tracer {
            object,
            fields: Vec::new(),
            shown: path.to_string(),
        };
        let mut turns = Vec::with_capacity(path.steps().len());
        let mut here = Some(&object.root);
        for step in path.steps() {
            let turn = tracer.turn(here, step)?;
            here = here.and_then(|value| take(value, &turn));
            turns.push(turn);
        }
        if turns.is_empty() {
            let message = format!("`{}` is the whole object: name a field of it", path);
            return Err(Error::new(Kind::Usage, "not-a-field", message));
        }
        Ok(Way {
            turns,
            shown: path.to_string(),
        })
    }

    /// Refuses what an object, or an item of a list, is told from others by: with another name it is another one.
    ///
    /// # Errors
    /// [`Kind::Refused`] `identity`.
    pub(super) fn refuse_identity(&self, object: &Object) -> Result<(), Error> {
        let names_object = matches!(
            self.keys().as_deref(),
            Some(["apiVersion" | "kind"] | ["metadata", "name" | "namespace"])
        );
        let names_item = match self.turns.as_slice() {
            [.., Turn::Item(names), Turn::Key(key)] => names.iter().any(|(name, _)| name == key),
            _ => false,
        };
        if !names_object && !names_item {
            return Ok(());
        }
        let whose = if names_item {
            "the item".to_owned()
        } else {
            format!("`{}`", word(object))
        };
        let message = format!("`{}` is what {whose} is told from others by: it is not set", self.shown);
        let error = Error::new(Kind::Refused, "identity", message);
        Err(match self.keys().as_deref() {
            Some(["metadata", "namespace"]) => {
                error.hint(Hint::Say("`rakops overlay set ENV namespace NAME` does it".into()))
            }
            Some(["metadata", "name"]) => error.hint(Hint::Say(
                "`rakops overlay set ENV nameprefix TEXT` and `namesuffix` name all objects of an overlay".into(),
            )),
            _ => error,
        })
    }

    /// Refuses a container that is not there: more often it is a name that was typed wrongly.
    ///
    /// # Errors
    /// [`Kind::NotFound`] `item-not-found`, with those that are there.
    pub(super) fn refuse_new_container(&self, object: &Object) -> Result<(), Error> {
        for (turns, turn) in self.turns.iter().enumerate() {
            let Some(Turn::Key(list)) = turns.checked_sub(1).map(|at| &self.turns[at]) else {
                continue;
            };
            let is_container = matches!(list.as_str(), "containers" | "initContainers" | "ephemeralContainers");
            let Turn::Item(names) = turn else { continue };
            let items = self.turns[..turns].iter().try_fold(&object.root, take);
            let is_there = items.is_some_and(|list| list.items().iter().any(|item| is_item(item, names)));
            if !is_container || is_there || turns + 1 == self.turns.len() {
                continue;
            }
            let (key, name) = &names[0];
            let message = format!("`{}` has no container `{name}`", word(object));
            let error = Error::new(Kind::NotFound, "item-not-found", message);
            let known = items.map(Value::items).unwrap_or_default();
            let known: Vec<String> = known
                .iter()
                .filter_map(|it| it.get(key)?.text())
                .map(str::to_owned)
                .collect();
            let near = |it: &&String| strsim::damerau_levenshtein(it, name) <= 1.max(name.len() / 3);
            let nearest: Vec<String> = known.iter().filter(near).cloned().collect();
            let error = match (nearest.is_empty(), known.is_empty()) {
                (false, _) => error.hint(Hint::Nearest(nearest)),
                (true, false) => error.hint(Hint::Found(known)),
                (true, true) => error,
            };
            let whole = self.path_to(turns + 1);
            return Err(error.hint(Hint::Say(format!(
                "a new one is given whole: --json '{whole}={{\"image\": \"…\"}}'"
            ))));
        }
        Ok(())
    }

    /// The first turns, as a path that can be typed.
    pub(super) fn path_to(&self, turns: usize) -> String {
        let step = |turn: &Turn| match turn {
            Turn::Key(key) => Step::Key(key.clone()),
            Turn::Item(names) => {
                let (key, is) = names.first().cloned().unwrap_or_default();
                Step::Where { key, is }
            }
            Turn::Position(at) => Step::Index(*at as u32),
            Turn::End => Step::End,
        };
        Path::from(
            self.turns[..turns.min(self.turns.len())]
                .iter()
                .map(step)
                .collect::<Vec<_>>(),
        )
        .to_string()
    }

    /// The value at the end of the way.
    pub(super) fn value<'v>(&self, root: &'v Value) -> Option<&'v Value> {
        self.turns.iter().try_fold(root, take)
    }

    /// The value in front of each turn, as far as there is one.
    pub(super) fn values<'v>(&self, root: &'v Value) -> Vec<&'v Value> {
        let mut all = vec![root];
        for turn in &self.turns {
            match all.last().and_then(|value| take(value, turn)) {
                Some(next) => all.push(next),
                None => break,
            }
        }
        all
    }

    /// The nodes on the way in a document, from its top on, as far as there are any.
    pub(super) fn nodes(&self, tree: &Tree, root: NodeId) -> Vec<NodeId> {
        let mut all = vec![root];
        for turn in &self.turns {
            match all.last().and_then(|node| step_down(tree, *node, turn)) {
                Some(next) => all.push(next),
                None => break,
            }
        }
        all
    }

    /// Where a list stands that is replaced as a whole and that the way leads into: the number of turns before it.
    pub(super) fn atomic(&self) -> Option<usize> {
        self.turns
            .iter()
            .position(|turn| matches!(turn, Turn::Position(_) | Turn::End))
    }

    /// The names of the mappings on the way: `spec`, `replicas`.
    pub(super) fn keys(&self) -> Option<Vec<&str>> {
        self.turns
            .iter()
            .map(|turn| match turn {
                Turn::Key(key) => Some(key.as_str()),
                _ => None,
            })
            .collect()
    }

    /// The fields before a turn, without the items of lists.
    pub(super) fn fields(&self, turns: usize) -> Vec<&str> {
        self.turns[..turns.min(self.turns.len())]
            .iter()
            .filter_map(|turn| match turn {
                Turn::Key(key) => Some(key.as_str()),
                _ => None,
            })
            .collect()
    }
}

/// One step further in a value.
pub(super) fn take<'v>(value: &'v Value, turn: &Turn) -> Option<&'v Value> {
    match turn {
        Turn::Key(key) => value.get(key),
        Turn::Item(identity) => value.items().iter().find(|item| is_item(item, identity)),
        Turn::Position(at) => value.items().get(*at),
        Turn::End => None,
    }
}

/// Tells whether an item is the one that is meant.
pub(super) fn is_item(item: &Value, identity: &[(String, String)]) -> bool {
    identity
        .iter()
        .all(|(key, text)| item.get(key).and_then(Value::text) == Some(text.as_str()))
}

/// The same in a document.
pub(super) fn step_down(tree: &Tree, node: NodeId, turn: &Turn) -> Option<NodeId> {
    match turn {
        Turn::Key(key) => (tree.kind(node) == NodeKind::Map)
            .then(|| tree.get(node, key))
            .flatten(),
        Turn::Item(identity) => {
            let is_it = |item: &NodeId| {
                tree.kind(*item) == NodeKind::Map
                    && identity.iter().all(|(key, text)| {
                        let value = tree.get(*item, key).map(|value| tree.resolve(value));
                        value.is_some_and(|value| tree.is_scalar(value) && tree.text(value) == text)
                    })
            };
            items(tree, node).find(is_it)
        }
        Turn::Position(at) => items(tree, node).nth(*at),
        Turn::End => None,
    }
}

fn items(tree: &Tree, node: NodeId) -> impl Iterator<Item = NodeId> + '_ {
    (tree.kind(node) == NodeKind::Seq)
        .then(|| tree.items(node))
        .into_iter()
        .flatten()
}

/// What tells an item from the others of its list; empty where the list is replaced as a whole, or the item has no such key.
pub(super) fn identity(id: &Id, fields: &[&str], item: &Value) -> Vec<(String, String)> {
    merge_keys(id, fields)
        .iter()
        .filter_map(|key| Some(((*key).to_owned(), item.get(key)?.text()?.to_owned())))
        .collect()
}

struct Tracer<'a> {
    object: &'a Object,
    fields: Vec<String>,
    shown: String,
}

impl Tracer<'_> {
    fn turn(&mut self, here: Option<&Value>, step: &Step) -> Result<Turn, Error> {
        let fields: Vec<&str> = self.fields.iter().map(String::as_str).collect();
        let keys = merge_keys(&self.object.id, &fields);
        match step {
            Step::Key(key) => {
                if let Some(value) = here {
                    self.expect_map(value, key)?;
                }
                self.fields.push(key.clone());
                Ok(Turn::Key(key.clone()))
            }
            Step::Index(at) => {
                let item = match here {
                    Some(value) => self.items_of(value)?.get(*at as usize),
                    None => None,
                };
                match item.map(|item| identity(&self.object.id, &fields, item)) {
                    Some(identity) if !identity.is_empty() => Ok(Turn::Item(identity)),
                    Some(_) => Ok(Turn::Position(*at as usize)),
                    None => Err(self.no_item(here, &format!("[{at}]"))),
                }
            }
            Step::End => match keys {
                [] => Ok(Turn::End),
                [key, ..] => Err(self.keyed(here, key)),
            },
            Step::Where { key, is } => {
                let items = match here {
                    Some(value) => self.items_of(value)?,
                    None => &[],
                };
                let fits = |item: &Value| item.get(key).and_then(Value::text) == Some(is.as_str());
                let fitting: Vec<usize> = (0..items.len()).filter(|at| fits(&items[*at])).collect();
                match fitting.as_slice() {
                    [at] => {
                        let identity = identity(&self.object.id, &fields, &items[*at]);
                        Ok(match identity.is_empty() {
                            false => Turn::Item(identity),
                            true => Turn::Position(*at),
                        })
                    }
                    [] if keys.contains(&key.as_str()) => Ok(Turn::Item(vec![(key.clone(), is.clone())])),
                    [] if keys.is_empty() && !items.is_empty() => Err(self.no_key(here, &format!("[{key}={is}]"))),
                    [] => Err(self.no_item(here, &format!("[{key}={is}]"))),
                    _ => {
                        let message = format!("`[{key}={is}]` in `{}` is more than one item", self.shown);
                        let error = Error::new(Kind::Refused, "item-ambiguous", message);
                        Err(fitting
                            .iter()
                            .fold(error, |error, at| error.because(place_of(&items[*at]))))
                    }
                }
            }
        }
    }

    /// Refuses a name below anything but a mapping.
    fn expect_map(&self, value: &Value, key: &str) -> Result<(), Error> {
        let above = self.above();
        let (what, hint) = match &value.data {
            Data::Map(_) => return Ok(()),
            Data::Scalar { typed: Typed::Null, .. } => return Ok(()),
            // What a Secret says is nobody's to read.
            Data::Scalar { .. } if self.object.id.kind == "Secret" => {
                (format!("`{above}` is a value, and has no field `{key}`"), None)
            }
            Data::Scalar { text, .. } => (
                format!("`{above}` is the value `{}`, and has no field `{key}`", one_line(text)),
                None,
            ),
            Data::Seq(items) => (
                format!("`{above}` is a list, and has no field `{key}`"),
                Some(self.example(items, key)),
            ),
        };
        let error = Error::new(Kind::Refused, "path-does-not-fit", what).at(at(value));
        Err(hint.into_iter().fold(error, Error::hint))
    }

    /// How an item of a list is named.
    fn example(&self, items: &[Value], key: &str) -> Hint {
        let above = self.above();
        let fields: Vec<&str> = self.fields.iter().map(String::as_str).collect();
        let named = items.first().map(|item| identity(&self.object.id, &fields, item));
        Hint::Say(match named.as_deref() {
            Some([(name, is), ..]) => format!("name an item of it: {above}[{name}={is}].{key}"),
            _ => format!("name an item of it by its place: {above}[0].{key}"),
        })
    }

    fn items_of<'v>(&self, value: &'v Value) -> Result<&'v [Value], Error> {
        match &value.data {
            Data::Seq(items) => Ok(items),
            Data::Scalar { typed: Typed::Null, .. } => Ok(&[]),
            _ => {
                let message = format!("`{}` of `{}` is no list", self.above(), word(self.object));
                Err(Error::new(Kind::Refused, "path-does-not-fit", message).at(at(value)))
            }
        }
    }

    fn no_item(&self, here: Option<&Value>, what: &str) -> Error {
        let message = format!("`{}` of `{}` has no item `{what}`", self.above(), word(self.object));
        let error = Error::new(Kind::NotFound, "item-not-found", message);
        let Some(value) = here else { return error };
        let fields: Vec<&str> = self.fields.iter().map(String::as_str).collect();
        let names: Vec<String> = value
            .items()
            .iter()
            .enumerate()
            .map(|(at, item)| match identity(&self.object.id, &fields, item).first() {
                Some((key, is)) => format!("[{key}={is}]"),
                None => format!("[{at}]"),
            })
            .collect();
        let error = error.at(at(value));
        match names.is_empty() {
            true => error,
            false => error.hint(Hint::Found(names)),
        }
    }

    /// An item that is not there, of a list that nothing can be merged into.
    fn no_key(&self, here: Option<&Value>, what: &str) -> Error {
        let above = self.above();
        let cause = format!("the items of `{above}` have no merge key: an overlay replaces the list as a whole");
        let mut error = self.no_item(here, what).because(cause);
        error.kind = Kind::Refused;
        error.code = "no-merge-key";
        error.hint(Hint::Flag(
            "--json".into(),
            format!("gives the whole list: {above}=[…]"),
        ))
    }

    fn keyed(&self, here: Option<&Value>, key: &str) -> Error {
        let message = format!(
            "the items of `{}` are told apart by `{key}`: `[+]` names none",
            self.above()
        );
        let error = Error::new(Kind::Refused, "path-does-not-fit", message)
            .hint(Hint::Say(format!("for example: {}[{key}=NAME]", self.above())));
        match here {
            Some(value) => error.at(at(value)),
            None => error,
        }
    }

    /// The part of the path that is behind us, without the items of lists.
    fn above(&self) -> String {
        match self.fields.is_empty() {
            true => word(self.object),
            false => self.fields.join("."),
        }
    }
}

/// Where a value stands.
pub(super) fn at(value: &Value) -> Place {
    Place::at(&*value.file, value.line, value.column)
}

/// The same for a list of causes: `base/api.yaml:3:5`.
pub(super) fn place_of(value: &Value) -> String {
    format!("{}:{}:{}", value.file, value.line, value.column)
}

/// A text as it fits a message.
pub(super) fn one_line(text: &str) -> String {
    let first: String = text.lines().next().unwrap_or_default().chars().take(60).collect();
    match first.len() < text.trim_end().len() {
        true => format!("{first}…"),
        false => first,
    }
}
