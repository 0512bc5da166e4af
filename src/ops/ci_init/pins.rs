//! Actions by commit: a tag can be moved to other code, a commit cannot.

/// An action, its commit, and the version that the commit was released as.
struct Pin(&'static str, &'static str, &'static str);

/// Source: the tags of each action's own repository.
const PINS: &[Pin] = &[
    Pin("actions/checkout", "3d3c42e5aac5ba805825da76410c181273ba90b1", "v7.0.1"),
    Pin(
        "actions/create-github-app-token",
        "1b10c78c7865c340bc4f6099eb2f838309f1e8c3",
        "v3.1.1",
    ),
    Pin(
        "actions/upload-artifact",
        "bbbca2ddaa5d8feaa63e36b76fdaad77386f024f",
        "v7.0.0",
    ),
    Pin(
        "docker/build-push-action",
        "53b7df96c91f9c12dcc8a07bcb9ccacbed38856a",
        "v7.3.0",
    ),
    Pin(
        "docker/login-action",
        "4907a6ddec9925e35a0a9e82d7399ccc52663121",
        "v4.1.0",
    ),
    Pin(
        "docker/setup-buildx-action",
        "37fe631027851001ddb9b187196cc803df7f5f0e",
        "v4.3.0",
    ),
    Pin(
        "hashicorp/setup-terraform",
        "dfe3c3f87815947d99a8997f908cb6525fc44e9e",
        "v4.0.1",
    ),
    Pin(
        "opentofu/setup-opentofu",
        "a1320f892987e89d278cc92dc5adc984fb93aca4",
        "v2.0.2",
    ),
];

/// Every action by name, with what stands behind `uses:`.
pub(super) fn all() -> impl Iterator<Item = (&'static str, String)> {
    PINS.iter()
        .map(|Pin(name, commit, version)| (*name, format!("{name}@{commit} # {version}")))
}
