//! Which lists Kubernetes merges by key.
//!
//! Source: the OpenAPI document of Kubernetes 1.21.2 that kustomize 5.5 carries (`x-kubernetes-patch-strategy`,
//! `x-kubernetes-patch-merge-key`, `x-kubernetes-list-map-keys`). Objects of other kinds have no such lists.

use super::Id;
use super::kinds;

/// What is known of a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Known {
    /// A mapping, or a list that is replaced as a whole, of values of a type.
    In(&'static str),
    /// A list of values of a type whose items are the same if these keys are.
    Keyed(&'static [&'static str], &'static str),
    /// A list of scalars that are united.
    Values,
}

use Known::{In, Keyed, Values};

/// What is known of a value: how it is merged if it is a list, and the type of it or of its items.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Schema {
    pub(super) list: List,
    /// Name of a type in the table; empty for one without lists that are merged.
    of: &'static str,
}

/// How a list is merged.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum List {
    #[default]
    Replaced,
    /// By these keys.
    Keyed(&'static [&'static str]),
    /// As a set of scalars.
    Values,
}

impl Schema {
    /// The schema of an object.
    pub(super) fn of(group: &str, version: &str, kind: &str) -> Schema {
        Schema {
            list: List::Replaced,
            of: kinds::known(group, version, kind).unwrap_or_default(),
        }
    }

    /// The schema of a field of this mapping, or of that field of the items of this list.
    pub(super) fn field(self, name: &str) -> Schema {
        let is_object = kinds::is_kind(self.of);
        if is_object && name == "metadata" {
            return Schema {
                list: List::Replaced,
                of: "ObjectMeta",
            };
        }
        let known = FIELDS.iter().find(|(of, field, _)| *of == self.of && *field == name);
        let (list, of) = match known.map(|(_, _, known)| *known) {
            None => (List::Replaced, ""),
            Some(In(of)) => (List::Replaced, of),
            Some(Keyed(keys, of)) => (List::Keyed(keys), of),
            Some(Values) => (List::Values, ""),
        };
        Schema { list, of }
    }

    /// The schema of the items of this list.
    pub(super) fn items(self) -> Schema {
        Schema {
            list: List::Replaced,
            of: self.of,
        }
    }

    /// Tells whether nothing is known.
    pub(super) fn is_unknown(self) -> bool {
        self == Schema::default()
    }
}

/// The keys by which the list at a path is merged; empty if a patch replaces it or if its items are scalars.
///
/// `path` names the fields from the top of the object, without steps into lists.
pub(crate) fn merge_keys(id: &Id, path: &[&str]) -> &'static [&'static str] {
    let top = Schema::of(&id.group, &id.version, &id.kind);
    match path.iter().fold(top, |schema, name| schema.field(name)).list {
        List::Keyed(keys) => keys,
        List::Replaced | List::Values => &[],
    }
}

/// Type, field and what is known of it. The types of objects are named as their kinds, which agree in all versions.
const FIELDS: &[(&str, &str, Known)] = &[
    ("APIService", "status", In("APIServiceStatus")),
    ("APIServiceStatus", "conditions", Keyed(&["type"], "")),
    ("CSINode", "spec", In("CSINodeSpec")),
    ("CSINodeSpec", "drivers", Keyed(&["name"], "")),
    ("ComponentStatus", "conditions", Keyed(&["type"], "")),
    ("Container", "env", Keyed(&["name"], "")),
    ("Container", "ports", Keyed(&["containerPort", "protocol"], "")),
    ("Container", "volumeDevices", Keyed(&["devicePath"], "")),
    ("Container", "volumeMounts", Keyed(&["mountPath"], "")),
    ("CronJob", "spec", In("CronJobSpec")),
    ("CronJobSpec", "jobTemplate", In("JobTemplateSpec")),
    ("DaemonSet", "spec", In("DaemonSetSpec")),
    ("DaemonSet", "status", In("DaemonSetStatus")),
    ("DaemonSetSpec", "template", In("PodTemplateSpec")),
    ("DaemonSetStatus", "conditions", Keyed(&["type"], "")),
    ("Deployment", "spec", In("DeploymentSpec")),
    ("Deployment", "status", In("DeploymentStatus")),
    ("DeploymentSpec", "template", In("PodTemplateSpec")),
    ("DeploymentStatus", "conditions", Keyed(&["type"], "")),
    ("EphemeralContainer", "env", Keyed(&["name"], "")),
    ("EphemeralContainer", "volumeDevices", Keyed(&["devicePath"], "")),
    ("EphemeralContainer", "volumeMounts", Keyed(&["mountPath"], "")),
    (
        "EphemeralVolumeSource",
        "volumeClaimTemplate",
        In("PersistentVolumeClaimTemplate"),
    ),
    ("Job", "spec", In("JobSpec")),
    ("Job", "status", In("JobStatus")),
    ("JobSpec", "template", In("PodTemplateSpec")),
    ("JobStatus", "conditions", Keyed(&["type"], "")),
    ("JobTemplateSpec", "metadata", In("ObjectMeta")),
    ("JobTemplateSpec", "spec", In("JobSpec")),
    ("MutatingWebhookConfiguration", "webhooks", Keyed(&["name"], "")),
    ("Namespace", "status", In("NamespaceStatus")),
    ("NamespaceStatus", "conditions", Keyed(&["type"], "")),
    ("Node", "spec", In("NodeSpec")),
    ("Node", "status", In("NodeStatus")),
    ("NodeSpec", "podCIDRs", Values),
    ("NodeStatus", "addresses", Keyed(&["type"], "")),
    ("NodeStatus", "conditions", Keyed(&["type"], "")),
    ("ObjectMeta", "finalizers", Values),
    ("ObjectMeta", "ownerReferences", Keyed(&["uid"], "")),
    ("PersistentVolumeClaim", "status", In("PersistentVolumeClaimStatus")),
    ("PersistentVolumeClaimStatus", "conditions", Keyed(&["type"], "")),
    ("PersistentVolumeClaimTemplate", "metadata", In("ObjectMeta")),
    ("Pod", "spec", In("PodSpec")),
    ("Pod", "status", In("PodStatus")),
    ("PodDisruptionBudget", "status", In("PodDisruptionBudgetStatus")),
    ("PodDisruptionBudgetStatus", "conditions", Keyed(&["type"], "")),
    ("PodSpec", "containers", Keyed(&["name"], "Container")),
    ("PodSpec", "ephemeralContainers", Keyed(&["name"], "EphemeralContainer")),
    ("PodSpec", "hostAliases", Keyed(&["ip"], "")),
    ("PodSpec", "imagePullSecrets", Keyed(&["name"], "")),
    ("PodSpec", "initContainers", Keyed(&["name"], "Container")),
    (
        "PodSpec",
        "topologySpreadConstraints",
        Keyed(&["topologyKey", "whenUnsatisfiable"], ""),
    ),
    ("PodSpec", "volumes", Keyed(&["name"], "Volume")),
    ("PodStatus", "conditions", Keyed(&["type"], "")),
    ("PodStatus", "podIPs", Keyed(&["ip"], "")),
    ("PodTemplate", "template", In("PodTemplateSpec")),
    ("PodTemplateSpec", "metadata", In("ObjectMeta")),
    ("PodTemplateSpec", "spec", In("PodSpec")),
    ("ReplicaSet", "spec", In("ReplicaSetSpec")),
    ("ReplicaSet", "status", In("ReplicaSetStatus")),
    ("ReplicaSetSpec", "template", In("PodTemplateSpec")),
    ("ReplicaSetStatus", "conditions", Keyed(&["type"], "")),
    ("ReplicationController", "spec", In("ReplicationControllerSpec")),
    ("ReplicationController", "status", In("ReplicationControllerStatus")),
    ("ReplicationControllerSpec", "template", In("PodTemplateSpec")),
    ("ReplicationControllerStatus", "conditions", Keyed(&["type"], "")),
    ("Service", "spec", In("ServiceSpec")),
    ("Service", "status", In("ServiceStatus")),
    ("ServiceAccount", "secrets", Keyed(&["name"], "")),
    ("ServiceSpec", "ports", Keyed(&["port", "protocol"], "")),
    ("ServiceStatus", "conditions", Keyed(&["type"], "")),
    ("StatefulSet", "spec", In("StatefulSetSpec")),
    ("StatefulSet", "status", In("StatefulSetStatus")),
    ("StatefulSetSpec", "template", In("PodTemplateSpec")),
    ("StatefulSetSpec", "volumeClaimTemplates", In("PersistentVolumeClaim")),
    ("StatefulSetStatus", "conditions", Keyed(&["type"], "")),
    ("ValidatingWebhookConfiguration", "webhooks", Keyed(&["name"], "")),
    ("Volume", "ephemeral", In("EphemeralVolumeSource")),
];

#[cfg(test)]
mod tests {
    use super::{List, Schema, merge_keys};
    use crate::manifest::rendered::Id;

    fn id(group: &str, version: &str, kind: &str) -> Id {
        Id {
            group: group.into(),
            version: version.into(),
            kind: kind.into(),
            ..Id::default()
        }
    }

    #[test]
    fn lists_of_built_in_kinds_have_the_keys_of_their_schema() {
        let deployment = id("apps", "v1", "Deployment");
        let containers = ["spec", "template", "spec", "containers"];
        assert_eq!(merge_keys(&deployment, &containers), ["name"]);
        assert_eq!(
            merge_keys(&deployment, &[&containers[..], &["ports"]].concat()),
            ["containerPort", "protocol"]
        );
        assert_eq!(
            merge_keys(&deployment, &[&containers[..], &["volumeMounts"]].concat()),
            ["mountPath"]
        );
        assert!(merge_keys(&deployment, &[&containers[..], &["args"]].concat()).is_empty());
        assert_eq!(
            merge_keys(&id("", "v1", "Service"), &["spec", "ports"]),
            ["port", "protocol"]
        );
        let cron_job = ["spec", "jobTemplate", "spec", "template", "spec", "volumes"];
        assert_eq!(merge_keys(&id("batch", "v1", "CronJob"), &cron_job), ["name"]);
    }

    #[test]
    fn kinds_that_are_not_built_in_have_no_keys() {
        let rollout = id("argoproj.io", "v1alpha1", "Rollout");
        assert!(merge_keys(&rollout, &["spec", "template", "spec", "containers"]).is_empty());
        assert!(
            merge_keys(
                &id("apps", "v9", "Deployment"),
                &["spec", "template", "spec", "containers"]
            )
            .is_empty()
        );
    }

    #[test]
    fn finalizers_are_a_set() {
        let schema = Schema::of("", "v1", "ConfigMap").field("metadata").field("finalizers");
        assert_eq!(schema.list, List::Values);
    }
}
