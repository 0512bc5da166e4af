//! The kinds that are built into Kubernetes, and which of them have no namespace.
//!
//! Source: the OpenAPI document of Kubernetes 1.21.2 that kustomize 5.5 carries; `kyaml/openapi/openapi.go`.

/// Group, version, kinds with a namespace, kinds without.
type Row = (
    &'static str,
    &'static str,
    &'static [&'static str],
    &'static [&'static str],
);

/// The name of a kind, as the table has it, if it is built in.
pub(super) fn known(group: &str, version: &str, kind: &str) -> Option<&'static str> {
    let row = KINDS.iter().find(|row| row.0 == group && row.1 == version)?;
    row.2.iter().chain(row.3).find(|it| **it == kind).copied()
}

/// Tells whether some group has a built-in kind of that name.
pub(super) fn is_kind(kind: &str) -> bool {
    !kind.is_empty() && KINDS.iter().any(|row| row.2.contains(&kind) || row.3.contains(&kind))
}

/// Tells whether objects are certainly without a namespace; kinds that are not built in are taken to have one.
pub(super) fn is_cluster_scoped(group: &str, version: &str, kind: &str) -> bool {
    KINDS
        .iter()
        .any(|row| row.0 == group && row.1 == version && row.3.contains(&kind))
}

const KINDS: &[Row] = &[
    (
        "",
        "v1",
        &[
            "APIGroup",
            "APIVersions",
            "Binding",
            "ConfigMap",
            "Endpoints",
            "Event",
            "LimitRange",
            "PersistentVolumeClaim",
            "Pod",
            "PodTemplate",
            "ReplicationController",
            "ResourceQuota",
            "Secret",
            "Service",
            "ServiceAccount",
            "Status",
        ],
        &[
            "ComponentStatus",
            "Namespace",
            "Node",
            "NodeProxyOptions",
            "PersistentVolume",
        ],
    ),
    (
        "admissionregistration.k8s.io",
        "v1",
        &[],
        &["MutatingWebhookConfiguration", "ValidatingWebhookConfiguration"],
    ),
    (
        "admissionregistration.k8s.io",
        "v1beta1",
        &[],
        &["MutatingWebhookConfiguration", "ValidatingWebhookConfiguration"],
    ),
    ("apiextensions.k8s.io", "v1", &[], &["CustomResourceDefinition"]),
    ("apiextensions.k8s.io", "v1beta1", &[], &["CustomResourceDefinition"]),
    ("apiregistration.k8s.io", "v1", &[], &["APIService"]),
    ("apiregistration.k8s.io", "v1beta1", &[], &["APIService"]),
    (
        "apps",
        "v1",
        &[
            "ControllerRevision",
            "DaemonSet",
            "Deployment",
            "ReplicaSet",
            "StatefulSet",
        ],
        &[],
    ),
    ("authentication.k8s.io", "v1", &["TokenRequest", "TokenReview"], &[]),
    ("authentication.k8s.io", "v1beta1", &["TokenReview"], &[]),
    (
        "authorization.k8s.io",
        "v1",
        &[
            "LocalSubjectAccessReview",
            "SelfSubjectAccessReview",
            "SelfSubjectRulesReview",
            "SubjectAccessReview",
        ],
        &[],
    ),
    (
        "authorization.k8s.io",
        "v1beta1",
        &[
            "LocalSubjectAccessReview",
            "SelfSubjectAccessReview",
            "SelfSubjectRulesReview",
            "SubjectAccessReview",
        ],
        &[],
    ),
    ("autoscaling", "v1", &["HorizontalPodAutoscaler", "Scale"], &[]),
    ("autoscaling", "v2beta1", &["HorizontalPodAutoscaler"], &[]),
    ("autoscaling", "v2beta2", &["HorizontalPodAutoscaler"], &[]),
    ("batch", "v1", &["CronJob", "Job"], &[]),
    ("batch", "v1beta1", &["CronJob"], &[]),
    ("certificates.k8s.io", "v1", &[], &["CertificateSigningRequest"]),
    ("certificates.k8s.io", "v1beta1", &[], &["CertificateSigningRequest"]),
    ("coordination.k8s.io", "v1", &["Lease"], &[]),
    ("coordination.k8s.io", "v1beta1", &["Lease"], &[]),
    ("discovery.k8s.io", "v1", &["EndpointSlice"], &[]),
    ("discovery.k8s.io", "v1beta1", &["EndpointSlice"], &[]),
    ("events.k8s.io", "v1", &["Event"], &[]),
    ("events.k8s.io", "v1beta1", &["Event"], &[]),
    ("extensions", "v1beta1", &["Ingress"], &[]),
    (
        "flowcontrol.apiserver.k8s.io",
        "v1beta1",
        &[],
        &["FlowSchema", "PriorityLevelConfiguration"],
    ),
    (
        "networking.k8s.io",
        "v1",
        &["Ingress", "NetworkPolicy"],
        &["IngressClass"],
    ),
    ("networking.k8s.io", "v1beta1", &["Ingress"], &["IngressClass"]),
    ("node.k8s.io", "v1", &[], &["RuntimeClass"]),
    ("node.k8s.io", "v1beta1", &[], &["RuntimeClass"]),
    ("policy", "v1", &["PodDisruptionBudget"], &[]),
    (
        "policy",
        "v1beta1",
        &["Eviction", "PodDisruptionBudget"],
        &["PodSecurityPolicy"],
    ),
    (
        "rbac.authorization.k8s.io",
        "v1",
        &["Role", "RoleBinding"],
        &["ClusterRole", "ClusterRoleBinding"],
    ),
    (
        "rbac.authorization.k8s.io",
        "v1beta1",
        &["Role", "RoleBinding"],
        &["ClusterRole", "ClusterRoleBinding"],
    ),
    ("scheduling.k8s.io", "v1", &[], &["PriorityClass"]),
    ("scheduling.k8s.io", "v1beta1", &[], &["PriorityClass"]),
    (
        "storage.k8s.io",
        "v1",
        &[],
        &["CSIDriver", "CSINode", "StorageClass", "VolumeAttachment"],
    ),
    (
        "storage.k8s.io",
        "v1beta1",
        &["CSIStorageCapacity"],
        &["CSIDriver", "CSINode", "StorageClass", "VolumeAttachment"],
    ),
];
