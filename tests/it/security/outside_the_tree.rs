//! Links and paths that lead out of the repository: nothing is read there, nothing is written.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::time::Duration;

use crate::harness::Sandbox;
use crate::manners::EVERY;

/// A word of what lies outside, which no command may tell.
const OUTSIDE: &str = "outside-5f3b9c";

/// Files beside the repository: a key, a kustomization, values.
fn beside(sandbox: &Sandbox) {
    sandbox.files(&[
        ("../outside/key", &format!("{OUTSIDE}: [no YAML\n  {OUTSIDE}\n")),
        ("../outside/rakops.yaml", &format!("{OUTSIDE}: 1\n")),
        (
            "../outside/kustomization.yaml",
            &format!("namePrefix: {OUTSIDE}-\nresources: [object.yaml]\nimages:\n- name: ghcr.io/acme/api\n  newTag: 1.4.1\n"),
        ),
        (
            "../outside/object.yaml",
            &format!("kind: Deployment\nmetadata: {{name: {OUTSIDE}}}\nspec: {{replicas: 1, template: {{spec: {{containers: [{{name: a, image: 'ghcr.io/acme/api:1.4.0'}}]}}}}}}\n"),
        ),
        ("../outside/values.yaml", "image: {repository: ghcr.io/acme/api, tag: 1.4.0}\n"),
    ]);
}

/// Everything outside, with its bytes.
fn outside(sandbox: &Sandbox) -> BTreeMap<String, Vec<u8>> {
    let entries = fs::read_dir(sandbox.root().join("outside")).unwrap().flatten();
    entries
        .map(|it| {
            (
                it.file_name().to_string_lossy().into_owned(),
                fs::read(it.path()).unwrap(),
            )
        })
        .collect()
}

/// Commands that write where they may; `EVERY` has them with `-n`.
const WRITING: &[&[&str]] = &[
    &["bump", "api=1.5.0", "--all", "--untagged"],
    &["bump", "api=1.6.0", "--env", "stg"],
    &["overlay", "set", "stg", "Deployment/api", "spec.replicas=7"],
    &["overlay", "add", "stg", "label", "team:shop"],
    &["overlay", "new", "uat", "--from", "stg"],
    &["yaml", "set", "overlays/stg/kustomization.yaml", "namespace=x"],
    &["yaml", "set", "base/api.yaml", "metadata.labels.a=x"],
    &["track", "dev", "feature/x"],
    &["init", "-y"],
    &["check", "--fix"],
];

/// Runs everything over a repository that one change has made hostile.
fn nothing_leaves(what: &str, change: impl Fn(&Sandbox)) {
    let sandbox = Sandbox::new();
    sandbox.shop();
    beside(&sandbox);
    change(&sandbox);
    sandbox.commit_all("hostile");
    let before = outside(&sandbox);
    for words in EVERY.iter().chain(WRITING) {
        let output = sandbox
            .rakops(words.iter().copied())
            .within(Duration::from_secs(20))
            .run();
        assert!(output.code < 70, "{what}: {}", output.all());
        let told = String::from_utf8_lossy(&output.bytes).contains(OUTSIDE) || output.stderr.contains(OUTSIDE);
        assert!(!told, "{what}: what lies outside is told\n{}", output.all());
        assert_eq!(outside(&sandbox), before, "{what}: `{}` wrote outside", output.shown);
    }
}

fn link(sandbox: &Sandbox, target: &str, path: &str) {
    let path = sandbox.path(path);
    let _ = fs::remove_file(&path);
    let _ = fs::remove_dir_all(&path);
    symlink(target, path).unwrap();
}

#[test]
fn a_configuration_that_is_a_link_out_of_the_tree_is_not_read() {
    nothing_leaves("a key as rakops.yaml", |sandbox| {
        link(sandbox, "../outside/key", "rakops.yaml")
    });
    nothing_leaves("rakops.yaml", |sandbox| {
        link(sandbox, "../outside/rakops.yaml", ".rakops.yaml")
    });
}

#[test]
fn files_that_are_links_out_of_the_tree_are_neither_read_nor_written() {
    nothing_leaves("a kustomization", |sandbox| {
        link(
            sandbox,
            "../../../outside/kustomization.yaml",
            "overlays/stg/kustomization.yaml",
        );
    });
    nothing_leaves("a key as kustomization", |sandbox| {
        link(sandbox, "../../../outside/key", "overlays/stg/kustomization.yaml");
    });
    nothing_leaves("a resource", |sandbox| {
        link(sandbox, "../../outside/object.yaml", "base/api.yaml")
    });
    nothing_leaves("a key as resource", |sandbox| {
        link(sandbox, "../../outside/key", "base/api.yaml")
    });
    nothing_leaves("owners", |sandbox| {
        link(sandbox, "../outside/key", "CODEOWNERS");
        sandbox.file("rakops.yaml", "environments: [{name: prd, path: overlays/prd}]\n");
    });
}

#[test]
fn directories_that_are_links_out_of_the_tree_are_neither_read_nor_written() {
    nothing_leaves("an overlay", |sandbox| link(sandbox, "../../outside", "overlays/stg"));
    nothing_leaves("a base", |sandbox| link(sandbox, "../outside", "base"));
    nothing_leaves("an environment by its path", |sandbox| {
        link(sandbox, "../outside", "elsewhere");
        sandbox.file(
            "rakops.yaml",
            "environments: [{name: stg, path: elsewhere}, {name: prd, path: overlays/prd}]\n",
        );
    });
    nothing_leaves("a link to the root", |sandbox| {
        link(sandbox, "/", "slash");
        let path = format!("resources: [../slash{}/outside]\n", sandbox.root().display());
        sandbox.file("overlays/stg/kustomization.yaml", path);
    });
}

#[test]
fn paths_that_lead_out_of_the_tree_are_neither_read_nor_written() {
    for path in [
        "../../../outside",
        "../../../outside/object.yaml",
        "/etc/passwd",
        "../../../../../../../../etc",
    ] {
        nothing_leaves(path, |sandbox| {
            let text = format!("resources: [../../base, {path}]\npatches: [{{path: {path}}}]\n");
            sandbox.file("overlays/stg/kustomization.yaml", text);
        });
    }
    nothing_leaves("sites of rakops.yaml", |sandbox| {
        let sites = "images: [{name: ghcr.io/acme/api, sites: ['../outside/values.yaml:image.tag']}]\n";
        sandbox.file("rakops.yaml", sites);
    });
    nothing_leaves("an environment outside", |sandbox| {
        sandbox.file(
            "rakops.yaml",
            "environments: [{name: stg, path: ../outside}, {name: prd, path: /etc}]\n",
        );
    });
}

#[test]
fn links_that_never_end_or_go_round_are_no_reason_to_hang() {
    nothing_leaves("devices and circles", |sandbox| {
        link(sandbox, "/dev/zero", "overlays/stg/zero.yaml");
        link(sandbox, ".", "overlays/stg/self");
        link(sandbox, "b", "overlays/stg/a");
        link(sandbox, "a", "overlays/stg/b");
        sandbox.file(
            "overlays/stg/kustomization.yaml",
            "resources: [zero.yaml, self, self/self/self, a, ../../base]\nconfigMapGenerator: [{name: x, files: [zero.yaml]}]\n",
        );
    });
    nothing_leaves("a configuration without an end", |sandbox| {
        link(sandbox, "/dev/zero", "rakops.yaml")
    });
}

#[test]
fn a_git_directory_inside_is_neither_read_nor_written() {
    nothing_leaves("a repository inside", |sandbox| {
        let inner = sandbox.path("overlays/stg/inner");
        fs::create_dir_all(&inner).unwrap();
        sandbox.git_in(&inner, ["init", "--quiet"]);
        sandbox.file("overlays/stg/inner/values.yaml", "image: ghcr.io/acme/api:1.4.0\n");
        sandbox.git_in(&inner, ["add", "--all"]);
        sandbox.git_in(&inner, ["commit", "--quiet", "--message", "inner"]);
    });
    let sandbox = Sandbox::new();
    sandbox.shop();
    let head = sandbox.read(".git/HEAD");
    for path in [
        ".git/config",
        "overlays/../.git/HEAD",
        ".GIT/config",
        ".git/hooks/pre-push",
    ] {
        let set = sandbox.rakops(["yaml", "set", path, "a=b"]).run();
        assert!(set.code != 0, "{}", set.all());
    }
    assert_eq!(sandbox.read(".git/HEAD"), head);
    assert!(!Path::new(&sandbox.path(".git/hooks/pre-push")).exists());
}
