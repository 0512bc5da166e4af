//! What is asked for: an object, and what becomes of its fields.

use super::typing::Leaf;
use crate::error::{Error, Hint, Kind};
use crate::yaml::Path;

/// The overlay and the object that are meant.
pub(crate) struct Ask<'a> {
    /// The overlay: the directory of a kustomization.
    pub(crate) directory: &'a str,
    pub(crate) target: &'a Target,
    /// Tells whether a file belongs to the environment alone.
    pub(crate) owns: &'a dyn Fn(&str) -> bool,
    /// Directories of other overlays: where this one has no patch yet, it is written as theirs are.
    pub(crate) peers: &'a [String],
}

/// An object, as it is typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Target {
    /// `Deployment`, in any case, or a short name such as `deploy`.
    pub(crate) kind: String,
    pub(crate) namespace: Option<String>,
    pub(crate) name: String,
}

impl Target {
    /// Reads `KIND/NAME` or `KIND/NAMESPACE/NAME`.
    ///
    /// # Errors
    /// [`Kind::Usage`] if it is neither.
    pub(crate) fn parse(text: &str) -> Result<Target, Error> {
        let parts: Vec<&str> = text.split('/').collect();
        let (kind, namespace, name) = match parts.as_slice() {
            [kind, name] => (*kind, None, *name),
            [kind, namespace, name] => (*kind, Some((*namespace).to_owned()), *name),
            _ => return Err(not_an_object(text)),
        };
        if parts.iter().any(|part| part.is_empty()) {
            return Err(not_an_object(text));
        }
        Ok(Target {
            kind: kind.to_owned(),
            namespace,
            name: name.to_owned(),
        })
    }
}

impl std::fmt::Display for Target {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.namespace {
            Some(namespace) => write!(f, "{}/{namespace}/{}", self.kind, self.name),
            None => write!(f, "{}/{}", self.kind, self.name),
        }
    }
}

fn not_an_object(text: &str) -> Error {
    let message = format!("`{text}` is neither KIND/NAME nor KIND/NAMESPACE/NAME");
    Error::new(Kind::Usage, "not-an-object", message).hint(Hint::Say("for example: Deployment/api".into()))
}

/// What becomes of a field.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Wish {
    Set(Path, To),
    /// The overlay's own value goes; what the base says is effective again.
    Unset(Path),
}

/// A value as it was typed.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum To {
    /// Of the type that the field has.
    Like(String),
    /// `--string`.
    Text(String),
    /// `--json`: a number, a boolean, null, a text, a list or a mapping.
    Json(Leaf),
}

#[cfg(test)]
mod tests {
    use super::Target;

    #[test]
    fn a_target_is_a_kind_and_a_name_and_may_have_a_namespace() {
        let target = Target::parse("deploy/pay/api").unwrap();
        assert_eq!((target.kind.as_str(), target.name.as_str()), ("deploy", "api"));
        assert_eq!(target.namespace.as_deref(), Some("pay"));
        assert_eq!(Target::parse("Deployment/api").unwrap().to_string(), "Deployment/api");
        for wrong in ["api", "Deployment/", "/api", "a/b/c/d", ""] {
            assert!(Target::parse(wrong).is_err(), "{wrong}");
        }
    }
}
