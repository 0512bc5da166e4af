//! Which objects a patch is for.
//!
//! Source: kustomize 5.5, `api/types/selector.go`, `Select` in `api/resmap/reswrangler.go`; label expressions:
//! `k8s.io/apimachinery/pkg/labels/selector.go`.

use regex::Regex;

use super::item::Item;
use super::value::Value;

/// The `target` of a patch.
pub(super) struct Target {
    group: Option<Regex>,
    version: Option<Regex>,
    kind: Option<Regex>,
    name: Option<Regex>,
    namespace: Option<Regex>,
    labels: Vec<Requirement>,
    annotations: Vec<Requirement>,
}

/// A target that cannot be read.
#[derive(Debug)]
pub(super) struct BadTarget {
    pub(super) at: Value,
    pub(super) message: String,
}

impl Target {
    /// Reads a target.
    ///
    /// # Errors
    /// [`BadTarget`] for a pattern or an expression that means nothing.
    pub(super) fn of(target: &Value) -> Result<Target, BadTarget> {
        let pattern = |key: &str| match target.get(key).filter(|it| !it.word().is_empty()) {
            None => Ok(None),
            Some(value) => match Regex::new(&format!("^(?:{})$", value.word())) {
                Ok(pattern) => Ok(Some(pattern)),
                Err(_) => Err(BadTarget {
                    at: value.clone(),
                    message: format!("`{}` is no regular expression", value.word()),
                }),
            },
        };
        let expression = |key: &str| match target.get(key) {
            None => Ok(Vec::new()),
            Some(value) => requirements(value.word()).ok_or_else(|| BadTarget {
                at: value.clone(),
                message: format!("`{}` cannot be read as a selector", value.word()),
            }),
        };
        Ok(Target {
            group: pattern("group")?,
            version: pattern("version")?,
            kind: pattern("kind")?,
            name: pattern("name")?,
            namespace: pattern("namespace")?,
            labels: expression("labelSelector")?,
            annotations: expression("annotationSelector")?,
        })
    }

    /// Tells whether an object is meant. Name and namespace may be those that it had first.
    pub(super) fn fits(&self, item: &Item) -> bool {
        let (first, now) = (item.first_id(), item.id());
        let is = |pattern: &Option<Regex>, text: &str| pattern.as_ref().is_none_or(|it| it.is_match(text));
        let all = |requirements: &[Requirement], field| {
            let labels = item.labels(field);
            requirements.iter().all(|it| it.fits(labels))
        };
        (is(&self.namespace, first.effective_namespace()) || is(&self.namespace, now.effective_namespace()))
            && (is(&self.name, &first.name) || is(&self.name, &now.name))
            && is(&self.group, &now.group)
            && is(&self.version, &now.version)
            && is(&self.kind, &now.kind)
            && all(&self.labels, "labels")
            && all(&self.annotations, "annotations")
    }
}

/// One part of a label selector.
#[derive(Debug, PartialEq, Eq)]
struct Requirement {
    key: String,
    asks: Asks,
}

#[derive(Debug, PartialEq, Eq)]
enum Asks {
    There,
    NotThere,
    OneOf(Vec<String>),
    /// Or not there at all.
    NoneOf(Vec<String>),
    Greater(i64),
    Less(i64),
}

impl Requirement {
    fn fits(&self, labels: &[(String, Value)]) -> bool {
        let value = labels
            .iter()
            .find(|(key, _)| *key == self.key)
            .map(|(_, value)| value.word());
        let number = || value.and_then(|it| it.parse::<i64>().ok());
        match &self.asks {
            Asks::There => value.is_some(),
            Asks::NotThere => value.is_none(),
            Asks::OneOf(values) => value.is_some_and(|it| values.iter().any(|one| one == it)),
            Asks::NoneOf(values) => value.is_none_or(|it| !values.iter().any(|one| one == it)),
            Asks::Greater(least) => number().is_some_and(|it| it > *least),
            Asks::Less(most) => number().is_some_and(|it| it < *most),
        }
    }
}

/// Reads `a=b,c!=d,e in (f,g),!h`.
fn requirements(text: &str) -> Option<Vec<Requirement>> {
    let mut parts = Vec::new();
    let mut depth = 0;
    let mut start = 0;
    for (at, c) in text.char_indices() {
        match c {
            '(' => depth += 1,
            ')' => depth -= 1,
            ',' if depth == 0 => {
                parts.push(text.get(start..at)?);
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.push(text.get(start..)?);
    if parts.iter().all(|it| it.trim().is_empty()) {
        return Some(Vec::new());
    }
    parts.into_iter().map(|part| requirement(part.trim())).collect()
}

fn requirement(part: &str) -> Option<Requirement> {
    let made = |key: &str, asks| {
        let key = key.trim();
        (!key.is_empty() && !key.contains(char::is_whitespace)).then(|| Requirement {
            key: key.to_owned(),
            asks,
        })
    };
    let one = |value: &str| vec![value.trim().to_owned()];
    if let Some(key) = part.strip_prefix('!') {
        return made(key, Asks::NotThere);
    }
    if let Some(list) = part.strip_suffix(')') {
        let (before, list) = list.split_once('(')?;
        let values = list.split(',').map(|it| it.trim().to_owned()).collect();
        let (key, word) = before.trim().split_once(char::is_whitespace)?;
        return match word.trim() {
            "in" => made(key, Asks::OneOf(values)),
            "notin" => made(key, Asks::NoneOf(values)),
            _ => None,
        };
    }
    if let Some((key, value)) = part.split_once("!=") {
        return made(key, Asks::NoneOf(one(value)));
    }
    if let Some((key, value)) = part.split_once("==").or_else(|| part.split_once('=')) {
        return made(key, Asks::OneOf(one(value)));
    }
    if let Some((key, value)) = part.split_once('>') {
        return made(key, Asks::Greater(value.trim().parse().ok()?));
    }
    if let Some((key, value)) = part.split_once('<') {
        return made(key, Asks::Less(value.trim().parse().ok()?));
    }
    made(part, Asks::There)
}

#[cfg(test)]
mod tests {
    use super::{Asks, Requirement, requirements};

    #[test]
    fn label_selectors_are_read_as_kubernetes_does() {
        let asks = |text: &str| -> Vec<(String, Asks)> {
            requirements(text)
                .unwrap()
                .into_iter()
                .map(|Requirement { key, asks }| (key, asks))
                .collect()
        };
        let words = |all: &[&str]| all.iter().map(|it| (*it).to_owned()).collect::<Vec<_>>();
        assert_eq!(
            asks("a=b, c!=d,e in (f, g),!h,i,j notin (k)"),
            [
                ("a".into(), Asks::OneOf(words(&["b"]))),
                ("c".into(), Asks::NoneOf(words(&["d"]))),
                ("e".into(), Asks::OneOf(words(&["f", "g"]))),
                ("h".into(), Asks::NotThere),
                ("i".into(), Asks::There),
                ("j".into(), Asks::NoneOf(words(&["k"]))),
            ]
        );
        assert_eq!(asks("a==b"), [("a".into(), Asks::OneOf(words(&["b"])))]);
        assert!(requirements("a is b").is_none());
    }
}
