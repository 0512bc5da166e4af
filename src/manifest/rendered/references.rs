//! Names of objects in fields of others, which follow when objects are renamed.
//!
//! Source: kustomize 5.5, `api/filters/nameref/nameref.go`, `api/internal/accumulator/namereferencetransformer.go`.

use super::Id;
use super::fields::{Kinds, Missing, steps, visit};
use super::item::Item;
use super::named::NAMED;
use super::value::{Data, Value};
use crate::error::{Error, Kind, Place};

/// What is asked of an object that may be meant; none of it changes while references are followed.
struct Candidate {
    now: Id,
    /// Where the name stands, and the namespace.
    name: Value,
    namespace: Option<Value>,
    formerly: Vec<Id>,
    first: Id,
    prefixes: Vec<String>,
    suffixes: Vec<String>,
}

/// Rewrites all references.
/// `kustomization` is the one that was asked for: references are followed once, in the end.
pub(super) fn follow(items: &mut [Item], kustomization: &str) {
    for item in items.iter_mut().filter(|item| item.is_hashed) {
        item.remember();
    }
    let all: Vec<Candidate> = items.iter().filter_map(candidate).collect();
    if all.iter().all(|it| it.formerly.is_empty()) {
        return;
    }
    for item in items.iter_mut() {
        let Some(referrer) = candidate(item) else {
            continue;
        };
        let spaces = binding_namespaces(item);
        let near: Vec<&Candidate> = all.iter().filter(|it| is_near(&referrer, it, &spaces)).collect();
        for named in NAMED {
            for (path, _) in named.by.iter().filter(|(_, kinds)| kinds.fits(&referrer.first)) {
                let search = Search {
                    referrer: &referrer,
                    near: &near,
                    kinds: named.kinds,
                    role: role(item, path),
                };
                item.write(("nameReference", kustomization), |root, layer| {
                    let like = root.with(Data::Map(Vec::new()));
                    visit(root, &steps(path), (Missing::Pass, &like), &mut |value| {
                        search.set(value, layer)
                    });
                });
            }
        }
    }
}

/// Refuses subjects of role bindings that have no name: kustomize looks for what each of them refers to.
///
/// # Errors
/// [`Kind::Refused`] `subject-nameless`, with the subject's place.
///
/// Source: kustomize 5.5, `api/filters/nameref/nameref.go`, `setMapping`.
pub(super) fn refuse_nameless(items: &[Item]) -> Result<(), Error> {
    let bindings = items
        .iter()
        .filter(|item| matches!(item.id().kind.as_str(), "RoleBinding" | "ClusterRoleBinding"));
    for item in bindings {
        let subjects = item.root.get("subjects").map_or(&[][..], Value::items);
        let nameless = |it: &&Value| matches!(it.data, Data::Map(_)) && it.get("name").is_none();
        if let Some(subject) = subjects.iter().find(nameless) {
            let message = format!("a subject of `{}/{}` has no name", item.id().kind, item.id().name);
            let place = Place::at(&*subject.file, subject.line, subject.column);
            return Err(Error::new(Kind::Refused, "subject-nameless", message).at(place));
        }
    }
    Ok(())
}

fn candidate(item: &Item) -> Option<Candidate> {
    let metadata = item.root.get("metadata")?;
    Some(Candidate {
        now: item.id(),
        name: metadata.get("name")?.clone(),
        namespace: metadata.get("namespace").filter(|it| !it.word().is_empty()).cloned(),
        formerly: item.former_ids(),
        first: item.first_id(),
        prefixes: item.prefixes.clone(),
        suffixes: item.suffixes.clone(),
    })
}

/// The namespaces of the service accounts that a role binding names.
fn binding_namespaces(item: &Item) -> Vec<String> {
    if item.id().kind != "RoleBinding" {
        return Vec::new();
    }
    let subjects = item.root.get("subjects").map_or(&[][..], Value::items);
    let accounts = subjects
        .iter()
        .filter(|it| it.get("kind").is_some_and(|it| it.word() == "ServiceAccount"));
    accounts
        .filter_map(|it| Some(it.get("namespace")?.word().to_owned()))
        .collect()
}

/// Tells whether one object could name the other at all.
fn is_near(referrer: &Candidate, other: &Candidate, spaces: &[String]) -> bool {
    referrer.now.is_cluster_scoped()
        || other.now.is_cluster_scoped()
        || other.now.effective_namespace() == referrer.now.effective_namespace()
        || spaces.contains(&other.now.namespace)
}

/// Group and kind that the `roleRef` of a binding names.
fn role(item: &Item, path: &str) -> Option<(String, String)> {
    if !path.ends_with("roleRef/name") {
        return None;
    }
    let role = item.root.get("roleRef")?;
    Some((
        role.get("apiGroup")?.word().to_owned(),
        role.get("kind")?.word().to_owned(),
    ))
}

/// The object that one reference means.
struct Search<'c> {
    referrer: &'c Candidate,
    near: &'c [&'c Candidate],
    kinds: Kinds,
    role: Option<(String, String)>,
}

impl<'c> Search<'c> {
    fn set(&self, value: &mut Value, layer: usize) {
        match &mut value.data {
            Data::Seq(items) => items.iter_mut().for_each(|item| self.set_one(item, layer)),
            _ => self.set_one(value, layer),
        }
    }

    fn set_one(&self, value: &mut Value, layer: usize) {
        if value.is_map() {
            self.set_map(value, layer);
        } else if !value.is_null()
            && let Some(found) = self.find(value.word(), self.near)
            && found.now.name != value.word()
        {
            *value = found.name.clone().in_layer(layer);
        }
    }

    fn set_map(&self, map: &mut Value, layer: usize) {
        let Some(name) = map.get("name").map(|it| it.word().to_owned()) else {
            return;
        };
        let in_namespace = |space: &str, of: fn(&Candidate) -> &Id| -> Vec<&'c Candidate> {
            let namespaced = self.near.iter().filter(|it| !of(it).is_cluster_scoped());
            namespaced
                .filter(|it| of(it).effective_namespace() == space)
                .copied()
                .collect()
        };
        let near = match map.get("namespace") {
            None => self.near.to_vec(),
            Some(space) => {
                let first = in_namespace(space.word(), |it| &it.first);
                match first.is_empty() {
                    true => in_namespace(space.word(), |it| &it.now),
                    false => first,
                }
            }
        };
        let Some(found) = self.find(&name, &near) else {
            return;
        };
        if found.now.name != name {
            map.set("name", found.name.clone().in_layer(layer));
        }
        if let Some(namespace) = &found.namespace
            && map.get("namespace").map(Value::word) != Some(namespace.word())
        {
            map.set("namespace", namespace.clone().in_layer(layer));
        }
    }

    /// None as well where several could be meant and differ, which kustomize refuses.
    fn find(&self, name: &str, near: &[&'c Candidate]) -> Option<&'c Candidate> {
        let fits = |it: &&&'c Candidate| {
            it.formerly.iter().any(|id| id.name == name)
                && it.formerly.iter().any(|id| self.kinds.fits(id))
                && self.fits_role(it)
                && self.is_beside(it)
        };
        let found: Vec<&'c Candidate> = near.iter().filter(fits).copied().collect();
        if found.len() <= 1 {
            return found.first().copied();
        }
        let mut found: Vec<_> = found
            .into_iter()
            .filter(|it| self.is_named_alike(it, Empty::FitsAll))
            .collect();
        if found.len() > 1 {
            found.retain(|it| self.is_named_alike(it, Empty::FitsEmpty));
        }
        let first = found.first().copied()?;
        found.iter().all(|it| it.now.name == first.now.name).then_some(first)
    }

    fn fits_role(&self, it: &Candidate) -> bool {
        self.role.as_ref().is_none_or(|(group, kind)| {
            let is = |asked: &str, is: &str| asked.is_empty() || asked == is;
            it.formerly.iter().any(|id| is(group, &id.group) && is(kind, &id.kind))
        })
    }

    fn is_beside(&self, it: &Candidate) -> bool {
        self.referrer.now.is_cluster_scoped()
            || it.now.is_cluster_scoped()
            || it.now.kind == "ServiceAccount"
            || it.now.effective_namespace() == self.referrer.now.effective_namespace()
    }

    /// Tells whether prefixes and suffixes end alike, that is, come from the same kustomizations.
    fn is_named_alike(&self, it: &Candidate, empty: Empty) -> bool {
        let alike = |one: &[String], other: &[String]| {
            (empty == Empty::FitsAll && (one.is_empty() || other.is_empty()))
                || one.ends_with(other)
                || other.ends_with(one)
        };
        let exact = |one: &[String], other: &[String]| match empty {
            Empty::FitsAll => alike(one, other),
            Empty::FitsEmpty => alike(one, other) && one.is_empty() == other.is_empty(),
        };
        exact(&it.prefixes, &self.referrer.prefixes) && exact(&it.suffixes, &self.referrer.suffixes)
    }
}

/// What having no prefix is the same as.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Empty {
    FitsAll,
    FitsEmpty,
}
