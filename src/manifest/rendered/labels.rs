//! `labels`, `commonLabels` and `commonAnnotations`.
//!
//! Source: kustomize 5.5, `LabelTransformer` and `AnnotationsTransformer`, and the lists of fields in
//! `api/internal/konfig/builtinpluginconsts`.

use super::build::{Build, Kustomization};
use super::fields::{Kinds, Missing, steps, visit};
use super::item::Item;
use super::value::Value;

/// A field of some kinds, and what to do where it is missing.
type Spec = (&'static str, Kinds, Missing);

const fn made(path: &'static str, group: &'static str, kind: &'static str) -> Spec {
    (path, of(group, kind), Missing::MakeMap)
}

const fn found(path: &'static str, group: &'static str, kind: &'static str) -> Spec {
    (path, of(group, kind), Missing::Pass)
}

const fn of(group: &'static str, kind: &'static str) -> Kinds {
    Kinds {
        group,
        version: "",
        kind,
    }
}

const fn made_v1(path: &'static str, kind: &'static str) -> Spec {
    let kinds = Kinds {
        group: "",
        version: "v1",
        kind,
    };
    (path, kinds, Missing::MakeMap)
}

const TEMPLATE: &str = "spec/template/metadata/labels";

/// The object itself.
const OWN: &[Spec] = &[made("metadata/labels", "", "")];

/// Everything that has labels and no selector.
const TEMPLATES: &[Spec] = &[
    made("metadata/labels", "", ""),
    made_v1(TEMPLATE, "ReplicationController"),
    made(TEMPLATE, "", "Deployment"),
    made(TEMPLATE, "", "ReplicaSet"),
    made(TEMPLATE, "", "DaemonSet"),
    made(TEMPLATE, "apps", "StatefulSet"),
    made("spec/volumeClaimTemplates[]/metadata/labels", "apps", "StatefulSet"),
    made(TEMPLATE, "batch", "Job"),
    made("spec/jobTemplate/metadata/labels", "batch", "CronJob"),
    made("spec/jobTemplate/spec/template/metadata/labels", "batch", "CronJob"),
];

const MATCH: &str = "spec/selector/matchLabels";
const AFFINITY: [&str; 5] = [
    "spec/template/spec/affinity/podAffinity/preferredDuringSchedulingIgnoredDuringExecution/podAffinityTerm/labelSelector/matchLabels",
    "spec/template/spec/affinity/podAffinity/requiredDuringSchedulingIgnoredDuringExecution/labelSelector/matchLabels",
    "spec/template/spec/affinity/podAntiAffinity/preferredDuringSchedulingIgnoredDuringExecution/podAffinityTerm/labelSelector/matchLabels",
    "spec/template/spec/affinity/podAntiAffinity/requiredDuringSchedulingIgnoredDuringExecution/labelSelector/matchLabels",
    "spec/template/spec/topologySpreadConstraints/labelSelector/matchLabels",
];

/// Selectors.
const SELECTORS: &[Spec] = &[
    made_v1("spec/selector", "Service"),
    made_v1("spec/selector", "ReplicationController"),
    made(MATCH, "", "Deployment"),
    found(AFFINITY[0], "apps", "Deployment"),
    found(AFFINITY[1], "apps", "Deployment"),
    found(AFFINITY[2], "apps", "Deployment"),
    found(AFFINITY[3], "apps", "Deployment"),
    found(AFFINITY[4], "apps", "Deployment"),
    made(MATCH, "", "ReplicaSet"),
    made(MATCH, "", "DaemonSet"),
    made(MATCH, "apps", "StatefulSet"),
    found(AFFINITY[0], "apps", "StatefulSet"),
    found(AFFINITY[1], "apps", "StatefulSet"),
    found(AFFINITY[2], "apps", "StatefulSet"),
    found(AFFINITY[3], "apps", "StatefulSet"),
    found(AFFINITY[4], "apps", "StatefulSet"),
    found(MATCH, "batch", "Job"),
    found("spec/jobTemplate/spec/selector/matchLabels", "batch", "CronJob"),
    found(MATCH, "policy", "PodDisruptionBudget"),
    found("spec/podSelector/matchLabels", "networking.k8s.io", "NetworkPolicy"),
    found(
        "spec/ingress/from/podSelector/matchLabels",
        "networking.k8s.io",
        "NetworkPolicy",
    ),
    found(
        "spec/egress/to/podSelector/matchLabels",
        "networking.k8s.io",
        "NetworkPolicy",
    ),
];

const TEMPLATE_ANNOTATIONS: &str = "spec/template/metadata/annotations";

const ANNOTATIONS: &[Spec] = &[
    made("metadata/annotations", "", ""),
    made_v1(TEMPLATE_ANNOTATIONS, "ReplicationController"),
    made(TEMPLATE_ANNOTATIONS, "", "Deployment"),
    made(TEMPLATE_ANNOTATIONS, "", "ReplicaSet"),
    made(TEMPLATE_ANNOTATIONS, "", "DaemonSet"),
    made(TEMPLATE_ANNOTATIONS, "", "StatefulSet"),
    made(TEMPLATE_ANNOTATIONS, "batch", "Job"),
    made("spec/jobTemplate/metadata/annotations", "batch", "CronJob"),
    made(
        "spec/jobTemplate/spec/template/metadata/annotations",
        "batch",
        "CronJob",
    ),
];

/// Sets the labels and annotations of a kustomization.
pub(super) fn set(_: &Build<'_>, it: &Kustomization, items: &mut [Item]) {
    for (_, entry) in it.list("labels") {
        let is = |key| entry.get(key).is_some_and(Value::is_true);
        let specs: &[&[Spec]] = match (is("includeSelectors"), is("includeTemplates")) {
            (true, _) => &[SELECTORS, TEMPLATES],
            (false, true) => &[TEMPLATES],
            (false, false) => &[OWN],
        };
        let Some(pairs) = entry.get("pairs") else {
            continue;
        };
        own(it, (pairs, entry), items);
        write(it, ("labels", pairs), specs, items);
    }
    if let Some(pairs) = it.root.get("commonLabels") {
        write(it, ("commonLabels", pairs), &[SELECTORS, TEMPLATES], items);
    }
    if let Some(pairs) = it.root.get("commonAnnotations") {
        write(it, ("commonAnnotations", pairs), &[ANNOTATIONS], items);
    }
}

/// Sets labels in the `fields` that an entry names itself.
fn own(it: &Kustomization, (pairs, entry): (&Value, &Value), items: &mut [Item]) {
    for spec in entry.get("fields").map_or(&[][..], Value::items) {
        let word = |key| spec.get(key).map_or("", Value::word);
        let missing = match spec.get("create").is_some_and(Value::is_true) {
            true => Missing::MakeMap,
            false => Missing::Pass,
        };
        let fits = |asked: &str, is: &str| asked.is_empty() || asked == is;
        for item in items.iter_mut() {
            let id = item.id();
            if fits(word("group"), &id.group) && fits(word("version"), &id.version) && fits(word("kind"), &id.kind) {
                item.write(("labels", &it.file), |root, layer| {
                    put(root, (word("path"), missing), (pairs, layer));
                });
            }
        }
    }
}

fn write(it: &Kustomization, (field, pairs): (&'static str, &Value), specs: &[&[Spec]], items: &mut [Item]) {
    if pairs.entries().is_empty() {
        return;
    }
    for item in items {
        let id = item.id();
        item.write((field, &it.file), |root, layer| {
            for (path, kinds, missing) in specs.iter().copied().flatten() {
                if kinds.fits(&id) {
                    put(root, (path, *missing), (pairs, layer));
                }
            }
        });
    }
}

fn put(root: &mut Value, (path, missing): (&str, Missing), (pairs, layer): (&Value, usize)) {
    let like = pairs.clone().in_layer(layer);
    visit(root, &steps(path), (missing, &like), &mut |map| {
        for (key, value) in pairs.entries() {
            map.set(key, value.saying(value.word()).in_layer(layer));
        }
    });
}
