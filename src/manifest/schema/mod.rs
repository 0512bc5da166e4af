//! The fields of the objects that Kubernetes itself knows: their types, and the words that some of them take.
//!
//! Of objects of other kinds nothing is known, and nothing is claimed.
//!
//! Source: `kubernetes.txt`, made by `generate.py` from the schema of Kubernetes 1.32.

mod quantity;
mod words;

pub(crate) use quantity::quantity;
pub(crate) use words::words;

use std::collections::HashMap;
use std::sync::OnceLock;

/// What a field holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shape {
    Text,
    Number,
    Boolean,
    /// `500m`, `1Gi`.
    Quantity,
    /// A number, or a text such as `25%` or the name of a port.
    Either,
    List,
    Map,
}

/// One turn on the way to a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Turn<'t> {
    Key(&'t str),
    Item,
}

/// What is known about a field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Known {
    Is(Shape),
    /// There is no such field: the number of turns that lead somewhere, and the names of the fields there.
    No {
        turns: usize,
        names: Vec<&'static str>,
    },
    /// The kind is not one of Kubernetes' own, or the field takes anything.
    Nothing,
}

/// Fields of a type, with their shapes as `kubernetes.txt` writes them.
type Fields = Vec<(&'static str, &'static str)>;

fn types() -> &'static HashMap<&'static str, Fields> {
    static TYPES: OnceLock<HashMap<&'static str, Fields>> = OnceLock::new();
    TYPES.get_or_init(|| {
        let of = |line: &'static str| {
            let mut parts = line.split(' ');
            let name = parts.next().unwrap_or_default();
            (name, parts.filter_map(|part| part.split_once(':')).collect())
        };
        include_str!("kubernetes.txt").lines().map(of).collect()
    })
}

/// Tells what is known about a field. `object` is its group, version and kind.
pub(crate) fn field((group, version, kind): (&str, &str, &str), way: &[Turn<'_>]) -> Known {
    let group = match group {
        "" => "core",
        group => group.split('.').next().unwrap_or(group),
    };
    let top = format!("{group}.{version}.{kind}");
    if !types().contains_key(top.as_str()) {
        return Known::Nothing;
    }
    let top = format!("={top}");
    let mut shape: &str = &top;
    for (turns, turn) in way.iter().enumerate() {
        shape = match (shape.split_at(1), turn) {
            (("=", name), Turn::Key(key)) => {
                let Some(fields) = types().get(name) else {
                    return Known::Nothing;
                };
                match fields.iter().find(|(field, _)| field == key) {
                    Some((_, shape)) => shape,
                    None => {
                        let names = fields.iter().map(|(field, _)| *field).collect();
                        return Known::No { turns, names };
                    }
                }
            }
            (("%", inner), Turn::Key(_)) | (("*", inner), Turn::Item) => inner,
            (("a", _), _) => return Known::Nothing,
            _ => {
                return Known::No {
                    turns,
                    names: Vec::new(),
                };
            }
        };
    }
    match shape.chars().next() {
        Some('s') => Known::Is(Shape::Text),
        Some('n') => Known::Is(Shape::Number),
        Some('b') => Known::Is(Shape::Boolean),
        Some('q') => Known::Is(Shape::Quantity),
        Some('e') => Known::Is(Shape::Either),
        Some('*') => Known::Is(Shape::List),
        Some('%' | '=') => Known::Is(Shape::Map),
        _ => Known::Nothing,
    }
}

#[cfg(test)]
mod tests {
    use super::{Known, Shape, Turn, field};

    const DEPLOYMENT: (&str, &str, &str) = ("apps", "v1", "Deployment");

    fn of(object: (&str, &str, &str), path: &str) -> Known {
        let turn = |part: &'static str| match part {
            "[]" => Turn::Item,
            key => Turn::Key(key),
        };
        let path: &'static str = Box::leak(path.to_owned().into_boxed_str());
        field(object, &path.split('.').map(turn).collect::<Vec<_>>())
    }

    #[test]
    fn fields_of_kubernetes_own_kinds_have_a_type() {
        for (path, shape) in [
            ("spec.replicas", Shape::Number),
            ("spec.paused", Shape::Boolean),
            ("spec.template.spec.containers.[].env.[].value", Shape::Text),
            (
                "spec.template.spec.containers.[].resources.limits.memory",
                Shape::Quantity,
            ),
            ("spec.strategy.rollingUpdate.maxSurge", Shape::Either),
            ("spec.template.spec.nodeSelector.disk", Shape::Text),
            ("metadata.annotations.a/b", Shape::Text),
            ("spec.template.spec.tolerations", Shape::List),
            ("spec.template", Shape::Map),
        ] {
            assert_eq!(of(DEPLOYMENT, path), Known::Is(shape), "{path}");
        }
        assert_eq!(of(("", "v1", "ConfigMap"), "data.x"), Known::Is(Shape::Text));
        let ingress = ("networking.k8s.io", "v1", "Ingress");
        assert_eq!(of(ingress, "spec.rules.[].host"), Known::Is(Shape::Text));
    }

    #[test]
    fn what_is_no_field_is_told_with_those_that_are() {
        let Known::No { turns, names } = of(DEPLOYMENT, "spec.replcas") else {
            panic!("it is no field");
        };
        assert_eq!(turns, 1);
        assert!(names.contains(&"replicas"));
        assert!(matches!(of(DEPLOYMENT, "spec.replicas.x"), Known::No { turns: 2, .. }));
    }

    #[test]
    fn nothing_is_known_of_other_kinds() {
        assert_eq!(of(("example.com", "v1", "Widget"), "spec.size"), Known::Nothing);
        assert_eq!(of(("apps", "v1beta1", "Deployment"), "spec.replicas"), Known::Nothing);
    }
}
