//! Fields that take one of a few words.

/// Returns the words that a field takes, by its name and that of the field around it; none if it takes any.
///
/// Source: the API reference of Kubernetes 1.32.
pub(crate) fn words(around: &str, field: &str) -> Option<&'static [&'static str]> {
    Some(match (around, field) {
        (_, "imagePullPolicy") => &["Always", "IfNotPresent", "Never"],
        (_, "restartPolicy") => &["Always", "OnFailure", "Never"],
        (_, "dnsPolicy") => &["ClusterFirst", "ClusterFirstWithHostNet", "Default", "None"],
        (_, "protocol") => &["TCP", "UDP", "SCTP"],
        (_, "concurrencyPolicy") => &["Allow", "Forbid", "Replace"],
        (_, "pathType") => &["Exact", "ImplementationSpecific", "Prefix"],
        (_, "sessionAffinity") => &["ClientIP", "None"],
        (_, "externalTrafficPolicy" | "internalTrafficPolicy") => &["Cluster", "Local"],
        (_, "podManagementPolicy") => &["OrderedReady", "Parallel"],
        (_, "terminationMessagePolicy") => &["FallbackToLogsOnError", "File"],
        (_, "whenUnsatisfiable") => &["DoNotSchedule", "ScheduleAnyway"],
        (_, "preemptionPolicy") => &["Never", "PreemptLowerPriority"],
        (_, "reclaimPolicy" | "persistentVolumeReclaimPolicy") => &["Delete", "Recycle", "Retain"],
        (_, "volumeBindingMode") => &["Immediate", "WaitForFirstConsumer"],
        (_, "failurePolicy") => &["Fail", "Ignore"],
        (_, "completionMode") => &["Indexed", "NonIndexed"],
        (_, "scheme") => &["HTTP", "HTTPS"],
        (_, "ipFamilyPolicy") => &["PreferDualStack", "RequireDualStack", "SingleStack"],
        (_, "unhealthyPodEvictionPolicy") => &["AlwaysAllow", "IfHealthyBudget"],
        ("strategy", "type") => &["Recreate", "RollingUpdate"],
        ("updateStrategy", "type") => &["OnDelete", "RollingUpdate"],
        _ => return None,
    })
}
