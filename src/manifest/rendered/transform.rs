//! What the fields of a kustomization do to every object: namespace, names, labels, annotations, replicas, images.
//!
//! Source: kustomize 5.5, `api/internal/builtins`, `api/filters`, `api/internal/konfig/builtinpluginconsts`.

use regex::Regex;

use super::build::{Build, Kustomization, fault};
use super::fields::{Kinds, Missing, steps, visit};
use super::item::Item;
use super::value::{Data, Typed, Value};
use super::{LayerKind, labels};
use crate::error::{Error, Kind};

/// Sets namespace, prefix, suffix, labels and annotations.
pub(super) fn names(build: &Build<'_>, it: &Kustomization, items: &mut [Item]) -> Result<(), Error> {
    if let Some(value) = it.text("namespace") {
        namespace(it, value, items)?;
    }
    for field in ["namePrefix", "nameSuffix"] {
        if let Some(value) = it.text(field) {
            affix(it, (field, value), items);
        }
    }
    labels::set(build, it, items);
    Ok(())
}

/// Sets replicas and images.
pub(super) fn values(build: &Build<'_>, it: &Kustomization, items: &mut [Item]) -> Result<(), Error> {
    for (number, entry) in it.list("replicas") {
        replicas(build, it, (number, entry), items)?;
    }
    for list in ["images", "imageTags"] {
        for (_, entry) in it.list(list) {
            image(it, entry, items)?;
        }
    }
    Ok(())
}

fn namespace(it: &Kustomization, value: &Value, items: &mut [Item]) -> Result<(), Error> {
    for at in 0..items.len() {
        let Some(item) = items.get_mut(at) else {
            continue;
        };
        item.remember();
        let id = item.id();
        item.write(("namespace", &it.file), |root, layer| {
            let told = value.saying(value.word()).in_layer(layer);
            let mut write = |path: &str, missing| {
                visit(root, &steps(path), (missing, &told), &mut |it| *it = told.clone());
            };
            if !id.is_cluster_scoped() {
                write("metadata/namespace", Missing::MakeText);
            }
            match (id.group.as_str(), id.kind.as_str()) {
                ("", "Namespace") if id.version == "v1" => write("metadata/name", Missing::MakeText),
                ("apiregistration.k8s.io", "APIService") => write("spec/service/namespace", Missing::MakeText),
                ("apiextensions.k8s.io", "CustomResourceDefinition") => {
                    write("spec/conversion/webhook/clientConfig/service/namespace", Missing::Pass);
                }
                (_, "RoleBinding" | "ClusterRoleBinding") => subjects(root, &told),
                _ => {}
            }
        });
        let id = item.id();
        let twice = items.iter().filter(|it| it.id().is_same(&id)).count();
        if twice > 1 {
            let message = format!("with this namespace two objects are called `{}/{}`", id.kind, id.name);
            return Err(fault(Kind::Refused, "object-twice", (message, value)));
        }
    }
    Ok(())
}

/// Of the subjects of a role binding only those named `default` are moved.
fn subjects(root: &mut Value, told: &Value) {
    visit(root, &["subjects".to_owned()], (Missing::Pass, told), &mut |subjects| {
        let Data::Seq(items) = &mut subjects.data else {
            return;
        };
        for subject in items.iter_mut() {
            if subject.get("name").is_some_and(|it| it.word() == "default") {
                subject.set("namespace", told.clone());
            }
        }
    });
}

fn affix(it: &Kustomization, (field, value): (&'static str, &Value), items: &mut [Item]) {
    const LEFT: [Kinds; 3] = [
        Kinds {
            group: "",
            version: "",
            kind: "CustomResourceDefinition",
        },
        Kinds {
            group: "apiregistration.k8s.io",
            version: "",
            kind: "APIService",
        },
        Kinds {
            group: "",
            version: "",
            kind: "Namespace",
        },
    ];
    for item in items {
        let first = item.first_id();
        if LEFT.iter().any(|kinds| kinds.fits(&first)) {
            continue;
        }
        let is_prefix = field == "namePrefix";
        match is_prefix {
            true => item.prefixes.push(value.word().to_owned()),
            false => item.suffixes.push(value.word().to_owned()),
        }
        item.remember();
        item.write((field, &it.file), |root, layer| {
            let path = steps("metadata/name");
            visit(root, &path, (Missing::Pass, value), &mut |name| {
                let text = match is_prefix {
                    true => format!("{}{}", value.word(), name.word()),
                    false => format!("{}{}", name.word(), value.word()),
                };
                *name = value.saying(text).in_layer(layer);
            });
        });
    }
}

fn replicas(
    build: &Build<'_>,
    it: &Kustomization,
    (number, entry): (usize, &Value),
    items: &mut [Item],
) -> Result<(), Error> {
    const KINDS: [&str; 4] = ["Deployment", "ReplicationController", "ReplicaSet", "StatefulSet"];
    let (name, count) = (entry.get("name").map_or("", Value::word), entry.get("count"));
    let text = count.map_or("0", Value::word).to_owned();
    let place = count.unwrap_or(entry);
    let fits = |item: &Item| {
        let ids = item.ids();
        ids.iter()
            .any(|id| id.name == name && KINDS.contains(&id.kind.as_str()))
    };
    let mut is_found = false;
    for item in items.iter_mut().filter(|item| fits(item)) {
        is_found = true;
        let is_scaled = KINDS.contains(&item.id().kind.as_str());
        item.write_as(LayerKind::Replicas { item: number }, &it.file, |root, layer| {
            let data = Data::Scalar {
                text: text.clone(),
                typed: Typed::Number,
            };
            let told = place.with(data).in_layer(layer);
            if is_scaled {
                let path = steps("spec/replicas");
                visit(root, &path, (Missing::MakeText, &told), &mut |it| *it = told.clone());
            }
        });
    }
    if is_found || !build.blind.is_empty() {
        return Ok(());
    }
    let message = format!("the build has no object `{name}` whose replicas could be set");
    Err(fault(Kind::NotFound, "replicas-target", (message, entry)))
}

fn image(it: &Kustomization, entry: &Value, items: &mut [Item]) -> Result<(), Error> {
    let word = |key| entry.get(key).map_or("", Value::word);
    let name = word("name");
    let pattern = format!("^{name}(:[a-zA-Z0-9_.{{}}-]*)?(@sha256:[a-zA-Z0-9_.{{}}-]*)?$");
    let pattern = Regex::new(&pattern).map_err(|_| {
        let message = format!("`{name}` cannot be read as the pattern that kustomize makes of it");
        fault(Kind::Refused, "image-name", (message, entry))
    })?;
    let place = ["newTag", "digest", "newName", "tagSuffix"]
        .into_iter()
        .find_map(|key| entry.get(key));
    let place = place.unwrap_or(entry);
    for item in items {
        if item.id().kind == "CustomResourceDefinition" {
            continue;
        }
        item.write(("images", &it.file), |root, layer| {
            let mut renew = |value: &mut Value| {
                if value.text().is_some_and(|text| pattern.is_match(text)) {
                    let text = renamed(value.word(), &word);
                    *value = place.saying(text).in_layer(layer);
                }
            };
            containers(root, &mut renew);
            for path in ["spec/", "spec/template/spec/"] {
                for list in ["containers[]/image", "initContainers[]/image"] {
                    visit(
                        root,
                        &steps(&format!("{path}{list}")),
                        (Missing::Pass, entry),
                        &mut renew,
                    );
                }
            }
        });
    }
    Ok(())
}

/// Calls `act` with the image of everything in lists called `containers` and `initContainers`.
fn containers(value: &mut Value, act: &mut dyn FnMut(&mut Value)) {
    match &mut value.data {
        Data::Scalar { .. } => {}
        Data::Seq(items) => items.iter_mut().for_each(|item| containers(item, act)),
        Data::Map(entries) => {
            for (key, value) in entries {
                containers(value, act);
                if let Data::Seq(items) = &mut value.data
                    && matches!(key.as_str(), "containers" | "initContainers")
                {
                    items
                        .iter_mut()
                        .filter_map(|item| item.get_mut("image"))
                        .for_each(&mut *act);
                }
            }
        }
    }
}

/// The reference as an entry of `images` makes it.
fn renamed<'e>(reference: &str, word: &dyn Fn(&'static str) -> &'e str) -> String {
    let (mut name, mut tag, mut digest) = split(reference);
    if !word("newName").is_empty() {
        name = word("newName").to_owned();
    }
    match (word("newTag"), word("digest"), word("tagSuffix")) {
        ("", "", "") => {}
        ("", "", suffix) => {
            tag.push_str(suffix);
            digest.clear();
        }
        (new_tag, new_digest, _) => {
            new_tag.clone_into(&mut tag);
            new_digest.clone_into(&mut digest);
        }
    }
    let tag = if tag.is_empty() { tag } else { format!(":{tag}") };
    let digest = if digest.is_empty() {
        digest
    } else {
        format!("@{digest}")
    };
    format!("{name}{tag}{digest}")
}

/// Name, tag and digest.
fn split(reference: &str) -> (String, String, String) {
    let slash = reference.find('/').unwrap_or(0);
    let (rest, digest) = match reference.get(slash..).and_then(|it| it.find('@')) {
        Some(at) => reference.split_at(slash + at),
        None => (reference, ""),
    };
    let (name, tag) = match rest.get(slash..).and_then(|it| it.find(':')) {
        Some(at) => rest.split_at(slash + at),
        None => (rest, ""),
    };
    let bare = |text: &str| text.get(1..).unwrap_or_default().to_owned();
    (name.to_owned(), bare(tag), bare(digest))
}

#[cfg(test)]
mod tests {
    use super::split;

    #[test]
    fn a_reference_is_split_into_name_tag_and_digest() {
        let parts = |text| split(text);
        let of = |a: &str, b: &str, c: &str| (a.to_owned(), b.to_owned(), c.to_owned());
        assert_eq!(parts("nginx"), of("nginx", "", ""));
        assert_eq!(parts("nginx:1.2"), of("nginx", "1.2", ""));
        assert_eq!(parts("h:5000/a/b"), of("h:5000/a/b", "", ""));
        assert_eq!(parts("h:5000/a/b:v1@sha256:00"), of("h:5000/a/b", "v1", "sha256:00"));
        assert_eq!(parts("a/b@sha256:00"), of("a/b", "", "sha256:00"));
    }
}
