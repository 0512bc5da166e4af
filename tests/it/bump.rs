//! `rakops bump`: what is written, and that nothing else is.

use crate::harness::Sandbox;
use crate::harness::shop::STG;

const DIGEST: &str = "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

/// A repository of one pod whose image is written like this.
fn pod(image: &str) -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.file(
        "pod.yaml",
        format!("kind: Pod\nspec:\n  containers:\n  - name: a\n    image: {image}\n"),
    );
    sandbox
}

/// The image line after a bump.
fn image_after(image: &str, args: &[&str]) -> String {
    let sandbox = pod(image);
    sandbox.rakops(["bump"].iter().chain(args)).run().expect(0);
    let text = sandbox.read("pod.yaml");
    text.lines()
        .last()
        .unwrap()
        .trim_start()
        .trim_start_matches("image: ")
        .to_owned()
}

#[test]
fn every_form_of_the_word_sets_the_version() {
    let digest = |tag: &str| format!("{tag}@{DIGEST}");
    for (before, word, after) in [
        (
            "ghcr.io/acme/api:1.4.1",
            "api=1.4.2".to_owned(),
            "ghcr.io/acme/api:1.4.2".to_owned(),
        ),
        (
            "ghcr.io/acme/api:1.4.1",
            "acme/api=1.4.2".to_owned(),
            "ghcr.io/acme/api:1.4.2".to_owned(),
        ),
        (
            "ghcr.io/acme/api:1.4.1",
            "ghcr.io/acme/api=1.4.2".to_owned(),
            "ghcr.io/acme/api:1.4.2".to_owned(),
        ),
        (
            "ghcr.io/acme/api:1.4.1",
            "ghcr.io/acme/api:1.4.2".to_owned(),
            "ghcr.io/acme/api:1.4.2".to_owned(),
        ),
        (
            "r.example:5000/acme/api:1",
            "r.example:5000/acme/api:2".to_owned(),
            "r.example:5000/acme/api:2".to_owned(),
        ),
        (
            "ghcr.io/acme/api:1.4.1",
            digest("api=1.4.2"),
            digest("ghcr.io/acme/api:1.4.2"),
        ),
        (
            "ghcr.io/acme/api:1.4.1",
            digest("ghcr.io/acme/api:1.4.2"),
            digest("ghcr.io/acme/api:1.4.2"),
        ),
        (
            "ghcr.io/acme/api:1.4.1",
            "api=ghcr.io/acme/api-v2:1.4.2".to_owned(),
            "ghcr.io/acme/api-v2:1.4.2".to_owned(),
        ),
        (
            "nginx:1.26",
            "docker.io/library/nginx:1.27".to_owned(),
            "nginx:1.27".to_owned(),
        ),
        (
            "\"nginx:1.26\"   # quoted",
            "nginx=1.27".to_owned(),
            "\"nginx:1.27\"   # quoted".to_owned(),
        ),
    ] {
        assert_eq!(image_after(before, &[&word]), after, "{before} with {word}");
    }
}

#[test]
fn the_comment_the_blank_lines_and_the_line_ends_stay() {
    let sandbox = Sandbox::new();
    let before = "# head\r\nspec:\r\n  containers:\r\n  - image: acme/api:1   # why\r\n\r\n\r\n    name:  a\r\n# image: acme/api:1";
    sandbox.file("a.yaml", before);
    sandbox.rakops(["bump", "api=2"]).run().expect(0);
    assert_eq!(
        sandbox.read("a.yaml"),
        before.replacen("acme/api:1   #", "acme/api:2   #", 1)
    );
}

#[test]
fn a_second_run_changes_nothing_and_ends_with_0() {
    let sandbox = pod("acme/api:1");
    sandbox.rakops(["bump", "api=2"]).run().expect(0);
    let tree = sandbox.tree();
    let second = sandbox.rakops(["bump", "api=2"]).run().expect(0);
    assert_eq!(second.stdout(), "");
    assert!(second.stderr.contains("acme/api is already at 2"), "{}", second.stderr);
    assert_eq!(sandbox.tree(), tree);
}

#[test]
fn a_dry_run_shows_the_diff_that_git_applies_and_changes_nothing() {
    let sandbox = Sandbox::new();
    sandbox.shop();
    let tree = sandbox.tree();
    let dry = sandbox
        .rakops(["bump", "api=1.5.0", "--env", "stg", "-n"])
        .run()
        .expect(0);
    assert_eq!(sandbox.tree(), tree);
    sandbox.rakops(["bump", "api=1.5.0", "--env", "stg"]).run().expect(0);
    // git names the enclosing line behind a hunk's numbers.
    let plain = |line: &str| match line.rfind(" @@") {
        Some(at) if line.starts_with("@@ ") => format!("{} @@\n", &line[..at]),
        _ => format!("{line}\n"),
    };
    let git = sandbox.git(["diff", "--no-ext-diff"]);
    let git: String = git
        .lines()
        .filter(|l| !l.starts_with("diff ") && !l.starts_with("index "))
        .map(plain)
        .collect();
    assert_eq!(dry.stdout(), git);
    let after = sandbox.tree();
    sandbox.git(["checkout", "-q", "."]);
    sandbox.file("../tmp/it.diff", dry.stdout());
    sandbox.git(["apply", "../tmp/it.diff"]);
    assert_eq!(sandbox.tree(), after);
}

#[test]
fn exit_code_tells_a_change_from_none() {
    let sandbox = pod("acme/api:1");
    sandbox.rakops(["bump", "api=2", "-n", "--exit-code"]).run().expect(1);
    sandbox.rakops(["bump", "api=2", "--exit-code"]).run().expect(1);
    sandbox.rakops(["bump", "api=2", "--exit-code"]).run().expect(0);
}

#[test]
fn a_tag_that_some_reader_takes_for_a_number_is_quoted() {
    let sandbox = Sandbox::new();
    sandbox.shop();
    sandbox
        .rakops(["bump", "api=1.10", "--env", "stg", "--allow", "downgrade"])
        .run()
        .expect(0);
    assert_eq!(
        sandbox.read("overlays/stg/kustomization.yaml"),
        STG.replace("newTag: 1.4.1 ", "newTag: \"1.10\" ")
    );
}

#[test]
fn json_names_every_site_with_its_place() {
    let sandbox = Sandbox::new();
    sandbox.shop();
    let output = sandbox
        .rakops(["bump", "api=1.5.0", "--env", "stg", "-o", "json"])
        .run()
        .expect(0)
        .json();
    assert_eq!(output["schema"], "rakops/v1");
    assert_eq!(output["command"], "bump");
    assert_eq!(output["changed"], true);
    assert_eq!(output["dry_run"], false);
    let site = &output["sites"][0];
    assert_eq!(site["file"], "overlays/stg/kustomization.yaml");
    assert_eq!((site["line"].as_u64(), site["column"].as_u64()), (Some(5), Some(13)));
    assert_eq!(site["from"], "1.4.1");
    assert_eq!(site["to"], "1.5.0");
    assert_eq!(site["locator"], "kustomize-images");
    assert_eq!(site["environment"], "stg");
    let again = sandbox
        .rakops(["bump", "api=1.5.0", "--env", "stg", "-o", "json"])
        .run()
        .expect(0)
        .json();
    assert_eq!(again["changed"], false);
    assert_eq!(again["unchanged"][0]["reason"], "already-at-version");
}

#[test]
fn name_output_is_the_changed_files() {
    let sandbox = Sandbox::new();
    sandbox.shop();
    let output = sandbox
        .rakops(["bump", "api=1.5.0", "--all", "-o", "name"])
        .run()
        .expect(0);
    assert_eq!(
        output.stdout(),
        "base/api.yaml\noverlays/dev/kustomization.yaml\noverlays/stg/kustomization.yaml\n"
    );
}

#[test]
fn tag_and_digest_move_together_or_not_at_all() {
    let old = DIGEST.replace('0', "f");
    let sandbox = pod(&format!("acme/api:1@{old}"));
    let tree = sandbox.tree();
    let refused = sandbox.rakops(["bump", "api=2"]).run().expect(3);
    assert!(refused.stderr.contains("--drop-digest"), "{}", refused.stderr);
    assert_eq!(sandbox.tree(), tree);
    sandbox.rakops(["bump", &format!("api=2@{DIGEST}")]).run().expect(0);
    assert!(sandbox.read("pod.yaml").contains(&format!("acme/api:2@{DIGEST}")));
    sandbox.rakops(["bump", "api=3", "--drop-digest"]).run().expect(0);
    assert!(sandbox.read("pod.yaml").ends_with("image: acme/api:3\n"));
}

#[test]
fn new_tag_and_the_ref_of_a_resource_move_together() {
    let sandbox = Sandbox::new();
    let text = |version: &str| {
        format!(
            "resources:\n- https://git.example/acme/api//deploy?ref={version}\nimages:\n- name: acme/api\n  newTag: {version}\n"
        )
    };
    sandbox.file("kustomization.yaml", text("v1.0.0"));
    sandbox.rakops(["bump", "api=v1.1.0"]).run().expect(0);
    assert_eq!(sandbox.read("kustomization.yaml"), text("v1.1.0"));
}

#[test]
fn two_images_at_the_same_tag_are_two_images() {
    let sandbox = Sandbox::new();
    sandbox.file(
        "kustomization.yaml",
        "images:\n- name: acme/a\n  newTag: v1\n- name: acme/b\n  newTag: v1\n",
    );
    sandbox.rakops(["bump", "acme/b=v2"]).run().expect(0);
    assert_eq!(
        sandbox.read("kustomization.yaml"),
        "images:\n- name: acme/a\n  newTag: v1\n- name: acme/b\n  newTag: v2\n"
    );
}

#[test]
fn several_images_are_set_in_one_run() {
    let sandbox = Sandbox::new();
    sandbox.file(
        "kustomization.yaml",
        "images:\n- name: acme/a\n  newTag: v1\n- name: acme/b\n  newTag: v1\n",
    );
    sandbox.rakops(["bump", "acme/a=v2", "acme/b=v3"]).run().expect(0);
    assert_eq!(
        sandbox.read("kustomization.yaml"),
        "images:\n- name: acme/a\n  newTag: v2\n- name: acme/b\n  newTag: v3\n"
    );
}

#[test]
fn a_place_that_no_locator_sees_is_reached_by_at() {
    let sandbox = Sandbox::new();
    sandbox.file(
        "charts/api/values.yaml",
        "app:\n  version: 1.4.1   # the chart knows the name\n",
    );
    sandbox
        .rakops(["bump", "api=1.4.2", "--at", "charts/api/values.yaml:app.version"])
        .run()
        .expect(0);
    assert_eq!(
        sandbox.read("charts/api/values.yaml"),
        "app:\n  version: 1.4.2   # the chart knows the name\n"
    );
    sandbox
        .rakops(["bump", "api=1.4.3", "--at", "charts/api/values.yaml:app.verison"])
        .run()
        .expect(5);
}

#[test]
fn a_path_limits_what_is_looked_at() {
    let sandbox = Sandbox::new();
    sandbox
        .file("a/pod.yaml", "containers:\n- image: acme/api:1\n")
        .file("b/pod.yaml", "containers:\n- image: acme/api:1\n");
    sandbox.rakops(["bump", "api=2", "--path", "a"]).run().expect(0);
    assert_eq!(sandbox.read("a/pod.yaml"), "containers:\n- image: acme/api:2\n");
    assert_eq!(sandbox.read("b/pod.yaml"), "containers:\n- image: acme/api:1\n");
}

#[test]
fn paths_are_relative_to_the_directory_that_was_named() {
    let sandbox = Sandbox::new();
    sandbox.shop();
    sandbox
        .rakops(["-C", "overlays", "bump", "api=1.5.0", "--path", "stg"])
        .run()
        .expect(0);
    assert_eq!(sandbox.status(), " M overlays/stg/kustomization.yaml\n");
}

#[test]
fn an_alias_and_a_declared_site_from_the_configuration_are_used() {
    let sandbox = Sandbox::new();
    sandbox.file(
        "rakops.yaml",
        "images:\n- name: ghcr.io/acme/api\n  alias: backend\n  sites: [\"config/*.conf.yaml:release.version\"]\n",
    );
    sandbox.file("config/x.conf.yaml", "release:\n  version: '1'\n");
    sandbox.rakops(["bump", "backend=2"]).run().expect(0);
    assert_eq!(sandbox.read("config/x.conf.yaml"), "release:\n  version: '2'\n");
}

#[test]
fn files_that_git_ignores_are_left_alone_unless_it_tracks_them() {
    let sandbox = Sandbox::new();
    sandbox.repository();
    let pod = "containers:\n- image: acme/api:1\n";
    sandbox
        .file(".gitignore", "ignored.yaml\nforced.yaml\n")
        .file("ignored.yaml", pod)
        .file("forced.yaml", pod);
    sandbox.git(["add", "-f", "forced.yaml"]);
    sandbox.rakops(["bump", "api=2"]).run().expect(0);
    assert_eq!(sandbox.read("ignored.yaml"), pod);
    assert_eq!(sandbox.read("forced.yaml"), pod.replace(":1", ":2"));
}
