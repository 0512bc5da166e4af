//! A serde deserializer over the editor's tree, so that a wrong key or value is reported where it stands.

use std::fmt;

use serde::de::{self, DeserializeSeed, IntoDeserializer, Visitor};

use crate::error::{Error, Hint, Kind};
use crate::yaml::{NodeId, NodeKind, Tree};

/// What is wrong, and at which node.
#[derive(Debug)]
pub(crate) struct Complaint {
    message: String,
    nearest: Option<String>,
    node: Option<NodeId>,
}

impl Complaint {
    fn at(mut self, node: NodeId) -> Complaint {
        self.node.get_or_insert(node);
        self
    }

    /// Turns it into an error of `file`, which `tree` was read from.
    pub(crate) fn into_error(self, file: &str, tree: &Tree) -> Error {
        let mut error = Error::new(Kind::Config, "config", self.message);
        if let Some(node) = self.node {
            error = error.at(tree.place_of(file, node, ""));
        }
        match self.nearest {
            Some(nearest) => error.hint(Hint::Nearest(vec![nearest])),
            None => error.hint(Hint::See("docs/reference/config.md".into())),
        }
    }
}

impl fmt::Display for Complaint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Complaint {}

fn complain(message: impl fmt::Display) -> Complaint {
    Complaint {
        message: message.to_string(),
        nearest: None,
        node: None,
    }
}

fn nearest(typed: &str, known: &[&str]) -> Option<String> {
    known
        .iter()
        .map(|name| (strsim::damerau_levenshtein(typed, name), name))
        .filter(|(distance, name)| *distance <= 1.max(name.len() / 3))
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, name)| (*name).to_owned())
}

fn one_of(known: &[&str]) -> String {
    known
        .iter()
        .map(|name| format!("`{name}`"))
        .collect::<Vec<_>>()
        .join(", ")
}

impl de::Error for Complaint {
    fn custom<T: fmt::Display>(message: T) -> Complaint {
        complain(message)
    }

    fn unknown_field(field: &str, expected: &'static [&'static str]) -> Complaint {
        let message = format!("there is no key `{field}` here; known are {}", one_of(expected));
        Complaint {
            message,
            nearest: nearest(field, expected),
            node: None,
        }
    }

    fn unknown_variant(variant: &str, expected: &'static [&'static str]) -> Complaint {
        // The other spellings of a strategy are understood, and are not the ones to learn.
        let is_name = |name: &&str| !name.starts_with("pattern") && !name.starts_with(|c: char| c.is_ascii_digit());
        let expected: Vec<&str> = expected.iter().copied().filter(is_name).collect();
        let expected = expected.as_slice();
        let message = format!("`{variant}` is not one of {}", one_of(expected));
        Complaint {
            message,
            nearest: nearest(variant, expected),
            node: None,
        }
    }

    fn invalid_type(unexpected: de::Unexpected<'_>, expected: &dyn de::Expected) -> Complaint {
        complain(format!("expected {expected}, found {unexpected}"))
    }

    fn missing_field(field: &'static str) -> Complaint {
        complain(format!("the key `{field}` is missing"))
    }

    fn duplicate_field(field: &'static str) -> Complaint {
        complain(format!("the key `{field}` stands twice"))
    }
}

/// A node, ready to be read as a type.
#[derive(Clone, Copy)]
pub(crate) struct Node<'t> {
    pub(crate) tree: &'t Tree,
    pub(crate) id: NodeId,
}

impl<'t> Node<'t> {
    fn new(tree: &'t Tree, id: NodeId) -> Node<'t> {
        Node {
            tree,
            id: tree.resolve(id),
        }
    }

    fn is_null(self) -> bool {
        match self.tree.kind(self.id) {
            NodeKind::Empty => true,
            NodeKind::Plain => matches!(self.tree.text(self.id), "~" | "null" | "Null" | "NULL"),
            _ => false,
        }
    }

    fn scalar(self, expected: &str) -> Result<&'t str, Complaint> {
        let text = self.tree.text(self.id);
        match self.tree.kind(self.id) {
            NodeKind::Seq => Err(complain(format!("expected {expected}, found a list"))),
            NodeKind::Map => Err(complain(format!("expected {expected}, found a mapping"))),
            _ if self.is_null() => Err(complain(format!("expected {expected}, found nothing"))),
            _ => Ok(text),
        }
        .map_err(|complaint| complaint.at(self.id))
    }
}

impl<'de> de::Deserializer<'de> for Node<'_> {
    type Error = Complaint;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Complaint> {
        let at = self.id;
        match self.tree.kind(at) {
            NodeKind::Seq => self.deserialize_seq(visitor),
            NodeKind::Map => self.deserialize_map(visitor),
            _ if self.is_null() => visitor.visit_unit(),
            _ => visitor.visit_str(self.tree.text(at)),
        }
        .map_err(|complaint| complaint.at(at))
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Complaint> {
        match self.scalar("true or false")? {
            "true" | "True" | "TRUE" => visitor.visit_bool(true),
            "false" | "False" | "FALSE" => visitor.visit_bool(false),
            other => Err(complain(format!("expected `true` or `false`, found `{other}`"))),
        }
        .map_err(|complaint: Complaint| complaint.at(self.id))
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Complaint> {
        visitor
            .visit_str(self.scalar("a text")?)
            .map_err(|complaint: Complaint| complaint.at(self.id))
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Complaint> {
        self.deserialize_str(visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Complaint> {
        if self.is_null() {
            visitor.visit_none()
        } else {
            visitor.visit_some(self)
        }
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Complaint> {
        match self.tree.kind(self.id) {
            NodeKind::Seq => visitor
                .visit_seq(Items {
                    tree: self.tree,
                    items: self.tree.items(self.id),
                })
                .map_err(|complaint| complaint.at(self.id)),
            // A key with nothing behind it is an empty list to people.
            _ if self.is_null() => visitor.visit_seq(Items {
                tree: self.tree,
                items: std::iter::empty(),
            }),
            NodeKind::Map => Err(complain("expected a list, found a mapping").at(self.id)),
            _ => Err(complain("expected a list, found a text").at(self.id)),
        }
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Complaint> {
        match self.tree.kind(self.id) {
            NodeKind::Map => visitor
                .visit_map(Entries {
                    tree: self.tree,
                    entries: self.tree.entries(self.id),
                    value: None,
                    seen: Vec::new(),
                })
                .map_err(|complaint| complaint.at(self.id)),
            _ if self.is_null() => visitor.visit_map(Entries {
                tree: self.tree,
                entries: std::iter::empty(),
                value: None,
                seen: Vec::new(),
            }),
            NodeKind::Seq => Err(complain("expected a mapping, found a list").at(self.id)),
            _ => Err(complain("expected a mapping, found a text").at(self.id)),
        }
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Complaint> {
        self.deserialize_map(visitor)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Complaint> {
        let text = self.scalar("a text")?;
        visitor
            .visit_enum(text.into_deserializer())
            .map_err(|complaint: Complaint| complaint.at(self.id))
    }

    fn deserialize_identifier<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Complaint> {
        self.deserialize_str(visitor)
    }

    serde::forward_to_deserialize_any! {
        i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char bytes byte_buf unit unit_struct newtype_struct
        tuple tuple_struct ignored_any
    }
}

struct Items<'t, I> {
    tree: &'t Tree,
    items: I,
}

impl<'de, I: Iterator<Item = NodeId>> de::SeqAccess<'de> for Items<'_, I> {
    type Error = Complaint;

    fn next_element_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, Complaint> {
        let Some(item) = self.items.next() else { return Ok(None) };
        seed.deserialize(Node::new(self.tree, item))
            .map(Some)
            .map_err(|complaint| complaint.at(item))
    }
}

struct Entries<'t, I> {
    tree: &'t Tree,
    entries: I,
    value: Option<NodeId>,
    /// Keys that stand above.
    seen: Vec<NodeId>,
}

impl<'de, I: Iterator<Item = (NodeId, NodeId)>> de::MapAccess<'de> for Entries<'_, I> {
    type Error = Complaint;

    fn next_key_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, Complaint> {
        let Some((key, value)) = self.entries.next() else {
            return Ok(None);
        };
        self.value = Some(value);
        let text = |key: NodeId| self.tree.text(key);
        if let Some(first) = self.seen.iter().find(|first| text(**first) == text(key)) {
            let (line, _) = self.tree.pos(*first);
            let message = format!("the key `{}` stands twice, first in line {line}", text(key));
            return Err(complain(message).at(key));
        }
        self.seen.push(key);
        seed.deserialize(Node::new(self.tree, key))
            .map(Some)
            .map_err(|complaint| complaint.at(key))
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, Complaint> {
        let Some(value) = self.value.take() else {
            return Err(de::Error::custom("a value without a key"));
        };
        seed.deserialize(Node::new(self.tree, value))
            .map_err(|complaint| complaint.at(value))
    }
}
