//! Values of an object, each with the place it comes from.

use std::rc::Rc;

use crate::yaml::{Path, Step};

/// A value, and what wrote it.
#[derive(Clone, Debug)]
pub(crate) struct Value {
    pub(crate) data: Data,
    /// Index into the object's layers.
    pub(crate) layer: usize,
    /// The file that it stands in; for what a field of a kustomization makes, the kustomization.
    pub(crate) file: Rc<str>,
    /// From 1.
    pub(crate) line: u32,
    /// In characters, from 1.
    pub(crate) column: u32,
}

/// What a value holds.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Data {
    Scalar {
        /// Decoded.
        text: String,
        typed: Typed,
    },
    Map(Vec<(String, Value)>),
    Seq(Vec<Value>),
}

/// The type that kustomize and Kubernetes read a scalar as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Typed {
    Text,
    Number,
    Boolean,
    Null,
}

impl PartialEq for Value {
    /// Tells whether two values say the same, wherever they come from.
    fn eq(&self, other: &Value) -> bool {
        self.data == other.data
    }
}

impl Value {
    /// The value of a key.
    pub(crate) fn get(&self, key: &str) -> Option<&Value> {
        match &self.data {
            Data::Map(entries) => entries.iter().find(|(name, _)| name == key).map(|(_, value)| value),
            _ => None,
        }
    }

    pub(super) fn get_mut(&mut self, key: &str) -> Option<&mut Value> {
        match &mut self.data {
            Data::Map(entries) => entries.iter_mut().find(|(name, _)| name == key).map(|(_, value)| value),
            _ => None,
        }
    }

    /// Follows a path; none if it leads nowhere, or if a step fits several items.
    pub(crate) fn at(&self, path: &Path) -> Option<&Value> {
        path.steps().iter().try_fold(self, |value, step| match step {
            Step::Key(key) => value.get(key),
            Step::Index(index) => value.items().get(*index as usize),
            Step::Where { key, is } => {
                let fits = |item: &&Value| item.get(key).and_then(Value::text) == Some(is);
                let mut found = value.items().iter().filter(fits);
                found.next().filter(|_| found.next().is_none())
            }
            Step::End => None,
        })
    }

    /// The entries of a mapping; none of anything else.
    pub(crate) fn entries(&self) -> &[(String, Value)] {
        match &self.data {
            Data::Map(entries) => entries,
            _ => &[],
        }
    }

    /// The items of a list; none of anything else.
    pub(crate) fn items(&self) -> &[Value] {
        match &self.data {
            Data::Seq(items) => items,
            _ => &[],
        }
    }

    /// The text of a scalar.
    pub(crate) fn text(&self) -> Option<&str> {
        match &self.data {
            Data::Scalar { text, .. } => Some(text),
            _ => None,
        }
    }

    /// The text of a scalar; empty for anything else, and for null.
    pub(super) fn word(&self) -> &str {
        if self.is_null() {
            ""
        } else {
            self.text().unwrap_or_default()
        }
    }

    pub(super) fn is_null(&self) -> bool {
        matches!(self.data, Data::Scalar { typed: Typed::Null, .. })
    }

    pub(super) fn is_true(&self) -> bool {
        self.word().eq_ignore_ascii_case("true")
    }

    pub(super) fn is_map(&self) -> bool {
        matches!(self.data, Data::Map(_))
    }

    /// Another value from the same place.
    pub(super) fn with(&self, data: Data) -> Value {
        Value {
            data,
            layer: self.layer,
            file: Rc::clone(&self.file),
            line: self.line,
            column: self.column,
        }
    }

    /// A text from the same place.
    pub(super) fn saying(&self, text: impl Into<String>) -> Value {
        self.with(Data::Scalar {
            text: text.into(),
            typed: Typed::Text,
        })
    }

    /// The same, and everything in it, as written by a layer.
    #[must_use]
    pub(super) fn in_layer(mut self, layer: usize) -> Value {
        self.put_in_layer(layer);
        self
    }

    fn put_in_layer(&mut self, layer: usize) {
        self.layer = layer;
        match &mut self.data {
            Data::Scalar { .. } => {}
            Data::Map(entries) => entries.iter_mut().for_each(|(_, value)| value.put_in_layer(layer)),
            Data::Seq(items) => items.iter_mut().for_each(|item| item.put_in_layer(layer)),
        }
    }

    /// Sets an entry; a new one stands last. Nothing happens to what is no mapping.
    pub(super) fn set(&mut self, key: &str, value: Value) {
        let Data::Map(entries) = &mut self.data else {
            return;
        };
        match entries.iter_mut().find(|(name, _)| name == key) {
            Some(entry) => entry.1 = value,
            None => entries.push((key.to_owned(), value)),
        }
    }

    /// Takes an entry out of a mapping.
    pub(super) fn take(&mut self, key: &str) -> Option<Value> {
        let Data::Map(entries) = &mut self.data else {
            return None;
        };
        let at = entries.iter().position(|(name, _)| name == key)?;
        Some(entries.remove(at).1)
    }
}
