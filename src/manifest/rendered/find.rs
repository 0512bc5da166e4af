//! Objects of a rendering by what people call them.

use super::{Gone, Id, Object, Rendering};

/// Short names and plurals that kubectl knows: what `kubectl api-resources` lists for the kinds that are built in.
const SHORT: &[(&str, &str)] = &[
    ("apiservice", "APIService"),
    ("cj", "CronJob"),
    ("cm", "ConfigMap"),
    ("crd", "CustomResourceDefinition"),
    ("crds", "CustomResourceDefinition"),
    ("csr", "CertificateSigningRequest"),
    ("deploy", "Deployment"),
    ("ds", "DaemonSet"),
    ("ep", "Endpoints"),
    ("ev", "Event"),
    ("hpa", "HorizontalPodAutoscaler"),
    ("ing", "Ingress"),
    ("limits", "LimitRange"),
    ("netpol", "NetworkPolicy"),
    ("no", "Node"),
    ("ns", "Namespace"),
    ("pc", "PriorityClass"),
    ("pdb", "PodDisruptionBudget"),
    ("po", "Pod"),
    ("psp", "PodSecurityPolicy"),
    ("pv", "PersistentVolume"),
    ("pvc", "PersistentVolumeClaim"),
    ("quota", "ResourceQuota"),
    ("rc", "ReplicationController"),
    ("rs", "ReplicaSet"),
    ("sa", "ServiceAccount"),
    ("sc", "StorageClass"),
    ("sts", "StatefulSet"),
    ("svc", "Service"),
];

/// Tells whether a kind is meant by a word: itself in any case, its plural, or a short name; `deployments.apps` as well.
fn is_kind(word: &str, id: &Id) -> bool {
    let (word, group) = word.split_once('.').unwrap_or((word, ""));
    let word = word.to_ascii_lowercase();
    let kind = id.kind.to_ascii_lowercase();
    let short = SHORT.iter().find(|(short, _)| *short == word);
    let plurals = [
        format!("{kind}s"),
        format!("{kind}es"),
        format!("{}ies", kind.trim_end_matches('y')),
    ];
    let is_plural =
        plurals.contains(&word) && !(kind.ends_with('y') && word == format!("{kind}s") && kind.ends_with("cy"));
    (group.is_empty() || group.eq_ignore_ascii_case(&id.group))
        && (kind == word || is_plural || short.is_some_and(|(_, long)| *long == id.kind))
}

impl Rendering {
    /// The object of a kind and a name that a patch has taken away.
    pub(crate) fn gone(&self, kind: &str, name: &str) -> Option<&Gone> {
        self.gone.iter().find(|it| is_kind(kind, &it.id) && it.id.name == name)
    }

    /// The objects of a kind and a name.
    ///
    /// `kind` is taken in any case, as a plural and as the short names of kubectl; `name` as it is in the end or was on the way,
    /// but if objects have it in the end only those; `namespace` as it is in the end, and none is any.
    pub(crate) fn find(&self, kind: &str, name: &str, namespace: Option<&str>) -> Vec<&Object> {
        let fits = |object: &&Object| {
            is_kind(kind, &object.id)
                && namespace.is_none_or(|it| object.id.effective_namespace() == it || object.id.namespace == it)
        };
        let of_kind: Vec<&Object> = self.objects.iter().filter(fits).collect();
        let now: Vec<&Object> = of_kind.iter().filter(|it| it.id.name == name).copied().collect();
        if !now.is_empty() {
            return now;
        }
        let was = |it: &&Object| it.formerly.iter().any(|id| id.name == name);
        of_kind.into_iter().filter(was).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::{Id, is_kind};

    #[test]
    fn kinds_are_known_by_the_names_of_kubectl() {
        let id = |kind: &str, group: &str| Id {
            kind: kind.into(),
            group: group.into(),
            ..Id::default()
        };
        for word in ["Deployment", "deployment", "deployments", "deploy", "deployments.apps"] {
            assert!(is_kind(word, &id("Deployment", "apps")), "{word}");
        }
        assert!(!is_kind("deployments.extensions", &id("Deployment", "apps")));
        for (word, kind) in [
            ("netpol", "NetworkPolicy"),
            ("networkpolicies", "NetworkPolicy"),
            ("ingresses", "Ingress"),
            ("ing", "Ingress"),
            ("endpoints", "Endpoints"),
        ] {
            assert!(is_kind(word, &id(kind, "")), "{word}");
        }
        assert!(!is_kind("cm", &id("Secret", "")));
    }
}
