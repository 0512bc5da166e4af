//! Which fields hold the names of other objects.
//!
//! Source: kustomize 5.5, `api/internal/konfig/builtinpluginconsts/namereference.go`.

use super::fields::Kinds;

/// Objects of a kind, and the fields of others that name them.
pub(super) struct Named {
    pub(super) kinds: Kinds,
    /// Path and the kinds that have it.
    pub(super) by: &'static [(&'static str, Kinds)],
}

const fn of(group: &'static str, version: &'static str, kind: &'static str) -> Kinds {
    Kinds { group, version, kind }
}

/// In the order in which they are followed.
pub(super) const NAMED: &[Named] = &[
    Named {
        kinds: of("", "", "Deployment"),
        by: &[(r"spec/scaleTargetRef/name", of("", "", "HorizontalPodAutoscaler"))],
    },
    Named {
        kinds: of("", "", "ReplicationController"),
        by: &[(r"spec/scaleTargetRef/name", of("", "", "HorizontalPodAutoscaler"))],
    },
    Named {
        kinds: of("", "", "ReplicaSet"),
        by: &[(r"spec/scaleTargetRef/name", of("", "", "HorizontalPodAutoscaler"))],
    },
    Named {
        kinds: of("", "", "StatefulSet"),
        by: &[(r"spec/scaleTargetRef/name", of("", "", "HorizontalPodAutoscaler"))],
    },
    Named {
        kinds: of("", "v1", "ConfigMap"),
        by: &[
            (r"spec/volumes/configMap/name", of("", "v1", "Pod")),
            (
                r"spec/containers/env/valueFrom/configMapKeyRef/name",
                of("", "v1", "Pod"),
            ),
            (
                r"spec/initContainers/env/valueFrom/configMapKeyRef/name",
                of("", "v1", "Pod"),
            ),
            (r"spec/containers/envFrom/configMapRef/name", of("", "v1", "Pod")),
            (r"spec/initContainers/envFrom/configMapRef/name", of("", "v1", "Pod")),
            (r"spec/volumes/projected/sources/configMap/name", of("", "v1", "Pod")),
            (r"template/spec/volumes/configMap/name", of("", "", "PodTemplate")),
            (
                r"template/spec/containers/env/valueFrom/configMapKeyRef/name",
                of("", "", "PodTemplate"),
            ),
            (
                r"template/spec/initContainers/env/valueFrom/configMapKeyRef/name",
                of("", "", "PodTemplate"),
            ),
            (
                r"template/spec/containers/envFrom/configMapRef/name",
                of("", "", "PodTemplate"),
            ),
            (
                r"template/spec/initContainers/envFrom/configMapRef/name",
                of("", "", "PodTemplate"),
            ),
            (
                r"template/spec/volumes/projected/sources/configMap/name",
                of("", "", "PodTemplate"),
            ),
            (r"spec/template/spec/volumes/configMap/name", of("", "", "Deployment")),
            (
                r"spec/template/spec/containers/env/valueFrom/configMapKeyRef/name",
                of("", "", "Deployment"),
            ),
            (
                r"spec/template/spec/initContainers/env/valueFrom/configMapKeyRef/name",
                of("", "", "Deployment"),
            ),
            (
                r"spec/template/spec/containers/envFrom/configMapRef/name",
                of("", "", "Deployment"),
            ),
            (
                r"spec/template/spec/initContainers/envFrom/configMapRef/name",
                of("", "", "Deployment"),
            ),
            (
                r"spec/template/spec/volumes/projected/sources/configMap/name",
                of("", "", "Deployment"),
            ),
            (r"spec/template/spec/volumes/configMap/name", of("", "", "ReplicaSet")),
            (
                r"spec/template/spec/containers/env/valueFrom/configMapKeyRef/name",
                of("", "", "ReplicaSet"),
            ),
            (
                r"spec/template/spec/initContainers/env/valueFrom/configMapKeyRef/name",
                of("", "", "ReplicaSet"),
            ),
            (
                r"spec/template/spec/containers/envFrom/configMapRef/name",
                of("", "", "ReplicaSet"),
            ),
            (
                r"spec/template/spec/initContainers/envFrom/configMapRef/name",
                of("", "", "ReplicaSet"),
            ),
            (
                r"spec/template/spec/volumes/projected/sources/configMap/name",
                of("", "", "ReplicaSet"),
            ),
            (r"spec/template/spec/volumes/configMap/name", of("", "", "DaemonSet")),
            (
                r"spec/template/spec/containers/env/valueFrom/configMapKeyRef/name",
                of("", "", "DaemonSet"),
            ),
            (
                r"spec/template/spec/initContainers/env/valueFrom/configMapKeyRef/name",
                of("", "", "DaemonSet"),
            ),
            (
                r"spec/template/spec/containers/envFrom/configMapRef/name",
                of("", "", "DaemonSet"),
            ),
            (
                r"spec/template/spec/initContainers/envFrom/configMapRef/name",
                of("", "", "DaemonSet"),
            ),
            (
                r"spec/template/spec/volumes/projected/sources/configMap/name",
                of("", "", "DaemonSet"),
            ),
            (r"spec/template/spec/volumes/configMap/name", of("", "", "StatefulSet")),
            (
                r"spec/template/spec/containers/env/valueFrom/configMapKeyRef/name",
                of("", "", "StatefulSet"),
            ),
            (
                r"spec/template/spec/initContainers/env/valueFrom/configMapKeyRef/name",
                of("", "", "StatefulSet"),
            ),
            (
                r"spec/template/spec/containers/envFrom/configMapRef/name",
                of("", "", "StatefulSet"),
            ),
            (
                r"spec/template/spec/initContainers/envFrom/configMapRef/name",
                of("", "", "StatefulSet"),
            ),
            (
                r"spec/template/spec/volumes/projected/sources/configMap/name",
                of("", "", "StatefulSet"),
            ),
            (r"spec/template/spec/volumes/configMap/name", of("", "", "Job")),
            (
                r"spec/template/spec/containers/env/valueFrom/configMapKeyRef/name",
                of("", "", "Job"),
            ),
            (
                r"spec/template/spec/initContainers/env/valueFrom/configMapKeyRef/name",
                of("", "", "Job"),
            ),
            (
                r"spec/template/spec/containers/envFrom/configMapRef/name",
                of("", "", "Job"),
            ),
            (
                r"spec/template/spec/initContainers/envFrom/configMapRef/name",
                of("", "", "Job"),
            ),
            (
                r"spec/template/spec/volumes/projected/sources/configMap/name",
                of("", "", "Job"),
            ),
            (
                r"spec/jobTemplate/spec/template/spec/volumes/configMap/name",
                of("", "", "CronJob"),
            ),
            (
                r"spec/jobTemplate/spec/template/spec/volumes/projected/sources/configMap/name",
                of("", "", "CronJob"),
            ),
            (
                r"spec/jobTemplate/spec/template/spec/containers/env/valueFrom/configMapKeyRef/name",
                of("", "", "CronJob"),
            ),
            (
                r"spec/jobTemplate/spec/template/spec/initContainers/env/valueFrom/configMapKeyRef/name",
                of("", "", "CronJob"),
            ),
            (
                r"spec/jobTemplate/spec/template/spec/containers/envFrom/configMapRef/name",
                of("", "", "CronJob"),
            ),
            (
                r"spec/jobTemplate/spec/template/spec/initContainers/envFrom/configMapRef/name",
                of("", "", "CronJob"),
            ),
            (r"spec/configSource/configMap", of("", "", "Node")),
            (r"rules/resourceNames", of("", "", "Role")),
            (r"rules/resourceNames", of("", "", "ClusterRole")),
            (
                r"metadata/annotations/nginx.ingress.kubernetes.io\/fastcgi-params-configmap",
                of("", "", "Ingress"),
            ),
        ],
    },
    Named {
        kinds: of("", "v1", "Secret"),
        by: &[
            (r"spec/volumes/secret/secretName", of("", "v1", "Pod")),
            (r"spec/containers/env/valueFrom/secretKeyRef/name", of("", "v1", "Pod")),
            (
                r"spec/initContainers/env/valueFrom/secretKeyRef/name",
                of("", "v1", "Pod"),
            ),
            (r"spec/containers/envFrom/secretRef/name", of("", "v1", "Pod")),
            (r"spec/initContainers/envFrom/secretRef/name", of("", "v1", "Pod")),
            (r"spec/imagePullSecrets/name", of("", "v1", "Pod")),
            (r"spec/volumes/projected/sources/secret/name", of("", "v1", "Pod")),
            (r"template/spec/volumes/secret/secretName", of("", "", "PodTemplate")),
            (
                r"template/spec/containers/env/valueFrom/secretKeyRef/name",
                of("", "", "PodTemplate"),
            ),
            (
                r"template/spec/initContainers/env/valueFrom/secretKeyRef/name",
                of("", "", "PodTemplate"),
            ),
            (
                r"template/spec/containers/envFrom/secretRef/name",
                of("", "", "PodTemplate"),
            ),
            (
                r"template/spec/initContainers/envFrom/secretRef/name",
                of("", "", "PodTemplate"),
            ),
            (r"template/spec/imagePullSecrets/name", of("", "", "PodTemplate")),
            (
                r"template/spec/volumes/projected/sources/secret/name",
                of("", "", "PodTemplate"),
            ),
            (
                r"spec/template/spec/volumes/secret/secretName",
                of("", "", "Deployment"),
            ),
            (
                r"spec/template/spec/containers/env/valueFrom/secretKeyRef/name",
                of("", "", "Deployment"),
            ),
            (
                r"spec/template/spec/initContainers/env/valueFrom/secretKeyRef/name",
                of("", "", "Deployment"),
            ),
            (
                r"spec/template/spec/containers/envFrom/secretRef/name",
                of("", "", "Deployment"),
            ),
            (
                r"spec/template/spec/initContainers/envFrom/secretRef/name",
                of("", "", "Deployment"),
            ),
            (r"spec/template/spec/imagePullSecrets/name", of("", "", "Deployment")),
            (
                r"spec/template/spec/volumes/projected/sources/secret/name",
                of("", "", "Deployment"),
            ),
            (
                r"spec/template/spec/volumes/secret/secretName",
                of("", "", "ReplicaSet"),
            ),
            (
                r"spec/template/spec/containers/env/valueFrom/secretKeyRef/name",
                of("", "", "ReplicaSet"),
            ),
            (
                r"spec/template/spec/initContainers/env/valueFrom/secretKeyRef/name",
                of("", "", "ReplicaSet"),
            ),
            (
                r"spec/template/spec/containers/envFrom/secretRef/name",
                of("", "", "ReplicaSet"),
            ),
            (
                r"spec/template/spec/initContainers/envFrom/secretRef/name",
                of("", "", "ReplicaSet"),
            ),
            (r"spec/template/spec/imagePullSecrets/name", of("", "", "ReplicaSet")),
            (
                r"spec/template/spec/volumes/projected/sources/secret/name",
                of("", "", "ReplicaSet"),
            ),
            (r"spec/template/spec/volumes/secret/secretName", of("", "", "DaemonSet")),
            (
                r"spec/template/spec/containers/env/valueFrom/secretKeyRef/name",
                of("", "", "DaemonSet"),
            ),
            (
                r"spec/template/spec/initContainers/env/valueFrom/secretKeyRef/name",
                of("", "", "DaemonSet"),
            ),
            (
                r"spec/template/spec/containers/envFrom/secretRef/name",
                of("", "", "DaemonSet"),
            ),
            (
                r"spec/template/spec/initContainers/envFrom/secretRef/name",
                of("", "", "DaemonSet"),
            ),
            (r"spec/template/spec/imagePullSecrets/name", of("", "", "DaemonSet")),
            (
                r"spec/template/spec/volumes/projected/sources/secret/name",
                of("", "", "DaemonSet"),
            ),
            (
                r"spec/template/spec/volumes/secret/secretName",
                of("", "", "StatefulSet"),
            ),
            (
                r"spec/template/spec/containers/env/valueFrom/secretKeyRef/name",
                of("", "", "StatefulSet"),
            ),
            (
                r"spec/template/spec/initContainers/env/valueFrom/secretKeyRef/name",
                of("", "", "StatefulSet"),
            ),
            (
                r"spec/template/spec/containers/envFrom/secretRef/name",
                of("", "", "StatefulSet"),
            ),
            (
                r"spec/template/spec/initContainers/envFrom/secretRef/name",
                of("", "", "StatefulSet"),
            ),
            (r"spec/template/spec/imagePullSecrets/name", of("", "", "StatefulSet")),
            (
                r"spec/template/spec/volumes/projected/sources/secret/name",
                of("", "", "StatefulSet"),
            ),
            (r"spec/template/spec/volumes/secret/secretName", of("", "", "Job")),
            (
                r"spec/template/spec/containers/env/valueFrom/secretKeyRef/name",
                of("", "", "Job"),
            ),
            (
                r"spec/template/spec/initContainers/env/valueFrom/secretKeyRef/name",
                of("", "", "Job"),
            ),
            (
                r"spec/template/spec/containers/envFrom/secretRef/name",
                of("", "", "Job"),
            ),
            (
                r"spec/template/spec/initContainers/envFrom/secretRef/name",
                of("", "", "Job"),
            ),
            (r"spec/template/spec/imagePullSecrets/name", of("", "", "Job")),
            (
                r"spec/template/spec/volumes/projected/sources/secret/name",
                of("", "", "Job"),
            ),
            (
                r"spec/jobTemplate/spec/template/spec/volumes/secret/secretName",
                of("", "", "CronJob"),
            ),
            (
                r"spec/jobTemplate/spec/template/spec/volumes/projected/sources/secret/name",
                of("", "", "CronJob"),
            ),
            (
                r"spec/jobTemplate/spec/template/spec/containers/env/valueFrom/secretKeyRef/name",
                of("", "", "CronJob"),
            ),
            (
                r"spec/jobTemplate/spec/template/spec/initContainers/env/valueFrom/secretKeyRef/name",
                of("", "", "CronJob"),
            ),
            (
                r"spec/jobTemplate/spec/template/spec/containers/envFrom/secretRef/name",
                of("", "", "CronJob"),
            ),
            (
                r"spec/jobTemplate/spec/template/spec/initContainers/envFrom/secretRef/name",
                of("", "", "CronJob"),
            ),
            (
                r"spec/jobTemplate/spec/template/spec/imagePullSecrets/name",
                of("", "", "CronJob"),
            ),
            (r"spec/tls/secretName", of("", "", "Ingress")),
            (
                r"metadata/annotations/ingress.kubernetes.io\/auth-secret",
                of("", "", "Ingress"),
            ),
            (
                r"metadata/annotations/nginx.ingress.kubernetes.io\/auth-secret",
                of("", "", "Ingress"),
            ),
            (
                r"metadata/annotations/nginx.ingress.kubernetes.io\/auth-tls-secret",
                of("", "", "Ingress"),
            ),
            (r"spec/tls/secretName", of("", "", "Ingress")),
            (r"imagePullSecrets/name", of("", "", "ServiceAccount")),
            (r"parameters/secretName", of("", "", "StorageClass")),
            (r"parameters/adminSecretName", of("", "", "StorageClass")),
            (r"parameters/userSecretName", of("", "", "StorageClass")),
            (r"parameters/secretRef", of("", "", "StorageClass")),
            (r"rules/resourceNames", of("", "", "Role")),
            (r"rules/resourceNames", of("", "", "ClusterRole")),
            (
                r"spec/template/spec/containers/env/valueFrom/secretKeyRef/name",
                of("serving.knative.dev", "v1", "Service"),
            ),
            (r"spec/azureFile/secretName", of("", "", "PersistentVolume")),
        ],
    },
    Named {
        kinds: of("", "v1", "Service"),
        by: &[
            (r"spec/serviceName", of("apps", "", "StatefulSet")),
            (r"spec/rules/http/paths/backend/serviceName", of("", "", "Ingress")),
            (r"spec/backend/serviceName", of("", "", "Ingress")),
            (r"spec/rules/http/paths/backend/service/name", of("", "", "Ingress")),
            (r"spec/defaultBackend/service/name", of("", "", "Ingress")),
            (r"spec/service/name", of("apiregistration.k8s.io", "", "APIService")),
            (
                r"webhooks/clientConfig/service",
                of("admissionregistration.k8s.io", "", "ValidatingWebhookConfiguration"),
            ),
            (
                r"webhooks/clientConfig/service",
                of("admissionregistration.k8s.io", "", "MutatingWebhookConfiguration"),
            ),
        ],
    },
    Named {
        kinds: of("rbac.authorization.k8s.io", "", "Role"),
        by: &[(r"roleRef/name", of("rbac.authorization.k8s.io", "", "RoleBinding"))],
    },
    Named {
        kinds: of("rbac.authorization.k8s.io", "", "ClusterRole"),
        by: &[
            (r"roleRef/name", of("rbac.authorization.k8s.io", "", "RoleBinding")),
            (
                r"roleRef/name",
                of("rbac.authorization.k8s.io", "", "ClusterRoleBinding"),
            ),
        ],
    },
    Named {
        kinds: of("", "v1", "ServiceAccount"),
        by: &[
            (r"subjects", of("rbac.authorization.k8s.io", "", "RoleBinding")),
            (r"subjects", of("rbac.authorization.k8s.io", "", "ClusterRoleBinding")),
            (r"spec/serviceAccountName", of("", "", "Pod")),
            (r"spec/template/spec/serviceAccountName", of("", "", "StatefulSet")),
            (r"spec/template/spec/serviceAccountName", of("", "", "Deployment")),
            (
                r"spec/template/spec/serviceAccountName",
                of("", "", "ReplicationController"),
            ),
            (
                r"spec/jobTemplate/spec/template/spec/serviceAccountName",
                of("", "", "CronJob"),
            ),
            (r"spec/template/spec/serviceAccountName", of("", "", "Job")),
            (r"spec/template/spec/serviceAccountName", of("", "", "DaemonSet")),
        ],
    },
    Named {
        kinds: of("", "v1", "PersistentVolumeClaim"),
        by: &[
            (r"spec/volumes/persistentVolumeClaim/claimName", of("", "", "Pod")),
            (
                r"spec/template/spec/volumes/persistentVolumeClaim/claimName",
                of("", "", "StatefulSet"),
            ),
            (
                r"spec/template/spec/volumes/persistentVolumeClaim/claimName",
                of("", "", "Deployment"),
            ),
            (
                r"spec/template/spec/volumes/persistentVolumeClaim/claimName",
                of("", "", "ReplicationController"),
            ),
            (
                r"spec/jobTemplate/spec/template/spec/volumes/persistentVolumeClaim/claimName",
                of("", "", "CronJob"),
            ),
            (
                r"spec/template/spec/volumes/persistentVolumeClaim/claimName",
                of("", "", "Job"),
            ),
            (
                r"spec/template/spec/volumes/persistentVolumeClaim/claimName",
                of("", "", "DaemonSet"),
            ),
        ],
    },
    Named {
        kinds: of("", "v1", "PersistentVolume"),
        by: &[
            (r"spec/volumeName", of("", "", "PersistentVolumeClaim")),
            (r"rules/resourceNames", of("", "", "ClusterRole")),
        ],
    },
    Named {
        kinds: of("storage.k8s.io", "v1", "StorageClass"),
        by: &[
            (r"spec/storageClassName", of("", "", "PersistentVolume")),
            (r"spec/storageClassName", of("", "", "PersistentVolumeClaim")),
            (
                r"spec/volumeClaimTemplates/spec/storageClassName",
                of("", "", "StatefulSet"),
            ),
        ],
    },
    Named {
        kinds: of("scheduling.k8s.io", "v1", "PriorityClass"),
        by: &[
            (r"spec/priorityClassName", of("", "", "Pod")),
            (r"spec/template/spec/priorityClassName", of("", "", "StatefulSet")),
            (r"spec/template/spec/priorityClassName", of("", "", "Deployment")),
            (
                r"spec/template/spec/priorityClassName",
                of("", "", "ReplicationController"),
            ),
            (
                r"spec/jobTemplate/spec/template/spec/priorityClassName",
                of("", "", "CronJob"),
            ),
            (r"spec/template/spec/priorityClassName", of("", "", "Job")),
            (r"spec/template/spec/priorityClassName", of("", "", "DaemonSet")),
        ],
    },
    Named {
        kinds: of("networking.k8s.io/v1", "v1", "IngressClass"),
        by: &[(r"spec/ingressClassName", of("", "", "Ingress"))],
    },
    Named {
        kinds: of("admissionregistration.k8s.io", "", "ValidatingAdmissionPolicy"),
        by: &[(
            r"spec/policyName",
            of("admissionregistration.k8s.io", "", "ValidatingAdmissionPolicyBinding"),
        )],
    },
];
