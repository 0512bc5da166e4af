//! Values of an object, each with the place it comes from.

/// A value, and what wrote it.
#[derive(Clone, Debug)]
pub(crate) struct Value {
    pub(crate) data: Data,
    /// Index into the object's layers.
    pub(crate) layer: usize,
    /// The file that it stands in; for what a field of a kustomization makes, the kustomization.
    pub(crate) file: std::rc::Rc<str>,
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
}
