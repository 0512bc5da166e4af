//! Bad input: a clear error with the right exit code, and every file left as it was.

use std::fs;
use std::time::Duration;

use crate::harness::Sandbox;

/// Runs a bump that must fail with `code`, say `needle` on stderr, and change nothing.
fn refuses(sandbox: &Sandbox, args: &[&str], (code, needle): (i32, &str)) {
    let tree = sandbox.tree();
    let output = sandbox.rakops(["bump"].iter().chain(args)).run().expect(code);
    assert!(
        output.stderr.contains(needle),
        "`{needle}` is missing in\n{}",
        output.stderr
    );
    assert_eq!(sandbox.tree(), tree, "files changed");
}

fn pod(image: &str) -> String {
    format!("kind: Pod\nspec:\n  containers:\n  - image: {image}\n")
}

#[test]
fn words_that_are_no_version_name_the_character() {
    let sandbox = Sandbox::new();
    sandbox.file("pod.yaml", pod("acme/api:1"));
    for (word, needle) in [
        ("api=1.4 2", "a blank cannot stand there"),
        ("api=1.4\n2", "\\n"),
        ("api=1#2", "`#`"),
        ("api=", "version"),
        ("api", "neither `=VERSION` nor `:TAG`"),
        ("api=-1", "`-`"),
        ("api=é", "é"),
        ("api=1@sha256:00", "64"),
        ("=1", "name"),
    ] {
        refuses(&sandbox, &[word], (2, needle));
    }
}

#[test]
fn no_image_at_all_is_refused_without_a_terminal() {
    let sandbox = Sandbox::new();
    refuses(&sandbox, &[], (3, "IMAGE=VERSION"));
}

#[test]
fn an_unknown_image_or_environment_says_what_was_meant() {
    let sandbox = Sandbox::new();
    sandbox.shop();
    refuses(&sandbox, &["apl=2", "--all"], (5, "did you mean `ghcr.io/acme/api`"));
    refuses(&sandbox, &["api=2", "--env", "stage"], (5, "did you mean `stg`"));
    refuses(&sandbox, &["api=2", "--path", "nowhere"], (5, "nowhere"));
}

#[test]
fn a_short_name_that_fits_several_images_lists_them() {
    let sandbox = Sandbox::new();
    sandbox
        .file("a.yaml", pod("acme/api:1"))
        .file("b.yaml", pod("ghcr.io/other/api:1"));
    refuses(&sandbox, &["api=2"], (3, "rakops bump docker.io/acme/api=2"));
    refuses(&sandbox, &["api=2"], (3, "rakops bump ghcr.io/other/api=2"));
    sandbox.rakops(["bump", "acme/api=2"]).run().expect(0);
}

#[test]
fn a_lower_version_is_refused_until_it_is_allowed() {
    let sandbox = Sandbox::new();
    sandbox.file("a.yaml", pod("acme/api:1.10.0"));
    refuses(&sandbox, &["api=1.9.0"], (3, "--allow downgrade"));
    sandbox
        .rakops(["bump", "api=1.9.0", "--allow", "downgrade"])
        .run()
        .expect(0);
    // Two tags that are no versions cannot be compared: nothing is a downgrade.
    sandbox.file("a.yaml", pod("acme/api:main-2"));
    sandbox.rakops(["bump", "api=main-1"]).run().expect(0);
    // A policy can compare them.
    sandbox.file("a.yaml", pod("acme/api:main-2"));
    sandbox.file(
        "rakops.yaml",
        "images: [{name: acme/api, policy: 'regex:^main-(\\d+)$'}]\n",
    );
    refuses(&sandbox, &["api=main-1"], (3, "down to main-1"));
    sandbox.file(
        "rakops.yaml",
        "guard: {downgrade: warn}\nimages: [{name: acme/api, policy: 'regex:^main-(\\d+)$'}]\n",
    );
    sandbox.rakops(["bump", "api=main-1"]).run().expect(0);
}

#[test]
fn a_site_that_another_tool_owns_is_refused_and_its_marker_never_changes() {
    let sandbox = Sandbox::new();
    let text = |version: &str| {
        format!("images:\n- name: acme/api\n  newTag: {version} # {{\"$imagepolicy\": \"flux-system:api:tag\"}}\n")
    };
    sandbox.file("kustomization.yaml", text("1.0.0"));
    refuses(&sandbox, &["api=1.1.0"], (3, "--allow owned"));
    sandbox
        .rakops(["bump", "api=1.1.0", "--allow", "owned"])
        .run()
        .expect(0);
    assert_eq!(sandbox.read("kustomization.yaml"), text("1.1.0"));
}

#[test]
fn an_alias_is_refused_unless_told_how() {
    let sandbox = Sandbox::new();
    let text = "x: &img acme/api:1\nspec:\n  containers:\n  - image: *img # c\n";
    sandbox.file("a.yaml", text);
    refuses(&sandbox, &["api=2"], (3, "--alias detach"));
    sandbox.rakops(["bump", "api=2", "--alias", "detach"]).run().expect(0);
    assert!(sandbox.read("a.yaml").ends_with("  - image: acme/api:2 # c\n"));
}

#[test]
fn an_image_with_no_version_is_reported_and_set_only_when_told() {
    let sandbox = Sandbox::new();
    sandbox.file("a.yaml", pod("acme/api"));
    refuses(&sandbox, &["api=2"], (3, "--untagged"));
    sandbox.file("b.yaml", pod("acme/api:1"));
    let output = sandbox.rakops(["bump", "api=2"]).run().expect(0);
    assert!(output.stderr.contains("no version"), "{}", output.stderr);
    assert_eq!(sandbox.read("a.yaml"), pod("acme/api"));
    sandbox.rakops(["bump", "api=2", "--untagged"]).run().expect(0);
    assert_eq!(sandbox.read("a.yaml"), pod("acme/api:2"));
}

#[test]
fn a_template_is_never_edited() {
    let sandbox = Sandbox::new();
    sandbox.file("chart/Chart.yaml", "name: x\n");
    sandbox.file(
        "chart/templates/a.yaml",
        "{{- if .x }}\nimage: acme/api:1\n{{- end }}\n",
    );
    sandbox.file("chart/templates/b.yaml", "image: \"acme/api:{{ .Values.tag }}\"\n");
    sandbox.file("other.yaml", "{{- if .x }}\nimage: acme/web:1\n{{- end }}\n");
    sandbox.file("pod.yaml", pod("acme/api:1"));
    let before = sandbox.tree();
    sandbox.rakops(["bump", "api=2"]).run().expect(0);
    let after = sandbox.tree();
    let changed: Vec<_> = before.keys().filter(|path| before[*path] != after[*path]).collect();
    assert_eq!(changed, ["pod.yaml"]);
    // Outside of a chart it would be left behind without a word.
    refuses(&sandbox, &["acme/web=2"], (3, "other.yaml"));
}

#[test]
fn a_file_that_cannot_be_parsed_is_a_warning_unless_it_holds_the_image() {
    let sandbox = Sandbox::new();
    sandbox.file("pod.yaml", pod("ghcr.io/acme/api:1"));
    sandbox.file("broken.yaml", "a: [1\nnote: api is here\n");
    let output = sandbox.rakops(["bump", "api=2"]).run().expect(0);
    assert!(output.stderr.contains("broken.yaml:"), "{}", output.stderr);
    sandbox.file("broken.yaml", "a: [1\n# image: ghcr.io/acme/api:1\n");
    sandbox.rakops(["bump", "api=3"]).run().expect(0);
    sandbox.file("broken.yaml", "a: [1\nimage: ghcr.io/acme/api:1\n");
    refuses(&sandbox, &["api=4"], (3, "broken.yaml"));
    sandbox.rakops(["bump", "api=4", "--path", "pod.yaml"]).run().expect(0);
}

#[test]
fn bytes_that_are_no_text_are_passed_over_in_a_walk_and_refused_by_name() {
    let sandbox = Sandbox::new();
    sandbox.file("pod.yaml", pod("acme/api:1"));
    let encrypted = [b"\0GITCRYPT\0api".as_slice(), &[0xff, 0xfe, 1, 2]].concat();
    sandbox.file("secret.yaml", &encrypted);
    let utf16: Vec<u8> = "\u{feff}image: acme/api:1\n"
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    sandbox.file("utf16.yaml", &utf16);
    sandbox.file("latin1.yaml", b"image: acme/api:1 # caf\xe9\n");
    sandbox.file("inner-bom.yaml", "a: 1\n\u{feff}note: acme/api\n");
    sandbox.rakops(["bump", "api=2"]).run().expect(0);
    assert_eq!(sandbox.read_bytes("secret.yaml"), encrypted);
    assert_eq!(sandbox.read_bytes("utf16.yaml"), utf16);
    for (file, needle) in [
        ("secret.yaml", "encrypted"),
        ("utf16.yaml", "UTF-16"),
        ("latin1.yaml", "UTF-8"),
        ("inner-bom.yaml", "byte order mark"),
    ] {
        let output = sandbox.rakops(["yaml", "set", file, "image=x"]).run().expect(3);
        assert!(output.stderr.contains(needle), "{file}: {}", output.stderr);
    }
}

#[test]
fn a_path_of_a_hundred_thousand_directories_is_a_path_that_is_not_there() {
    let sandbox = Sandbox::new();
    sandbox.shop();
    let deep = vec!["a"; 100_000].join("/");
    let application = format!(
        "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {{name: x}}\nspec:\n  source:\n    repoURL: \
         https://git.example.com/acme/manifests.git\n    targetRevision: main\n    path: {deep}\n"
    );
    sandbox.file("overlays/stg/application.yaml", application);
    sandbox.commit_all("deep");
    sandbox.git(["remote", "add", "origin", "https://git.example.com/acme/manifests.git"]);
    for words in [
        &["check"][..],
        &["status", "--local"],
        &["images"],
        &["track", "--list"],
    ] {
        let output = sandbox
            .rakops(words.iter().copied())
            .within(Duration::from_secs(20))
            .run();
        assert!((0..=6).contains(&output.code), "{}", output.code);
    }
}

#[test]
fn bombs_end_soon() {
    let sandbox = Sandbox::new();
    let alias_bomb: String = (0..30)
        .map(|i| {
            if i == 0 {
                "a0: &a0 [api, api]\n".to_owned()
            } else {
                format!("a{i}: &a{i} [*a{0}, *a{0}]\n", i - 1)
            }
        })
        .collect();
    sandbox.file("alias.yaml", alias_bomb);
    sandbox.file("deep.yaml", format!("{}acme/api:1\n", "- ".repeat(100_000)));
    sandbox.file("flow.yaml", format!("{}acme/api:1", "[".repeat(100_000)));
    sandbox.file("pod.yaml", pod("acme/api:1"));
    sandbox
        .rakops(["bump", "api=2", "--path", "pod.yaml"])
        .within(Duration::from_secs(10))
        .run()
        .expect(0);
    let output = sandbox
        .rakops(["bump", "acme/api=3", "--all"])
        .within(Duration::from_secs(20))
        .run()
        .expect(3);
    assert!(
        output.stderr.contains("deep.yaml") || output.stderr.contains("flow.yaml"),
        "{}",
        output.stderr
    );
}

#[test]
fn a_hundred_megabytes_are_a_file_like_any_other() {
    let sandbox = Sandbox::new();
    let mut text = "# a comment that fills the file up to a size that nobody expects\n".repeat(1_600_000);
    text.push_str(&pod("acme/api:1"));
    sandbox.file("big.yaml", &text);
    sandbox
        .rakops(["bump", "api=2"])
        .within(Duration::from_secs(60))
        .run()
        .expect(0);
    let bytes = sandbox.read_bytes("big.yaml");
    assert_eq!(bytes.len(), text.len());
    assert!(bytes.ends_with(pod("acme/api:2").as_bytes()));
}

#[cfg(unix)]
mod unix {
    use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};

    use super::{Sandbox, fs, pod, refuses};

    #[test]
    fn a_read_only_file_is_refused() {
        let sandbox = Sandbox::new();
        sandbox.file("pod.yaml", pod("acme/api:1"));
        fs::set_permissions(sandbox.path("pod.yaml"), fs::Permissions::from_mode(0o444)).unwrap();
        refuses(&sandbox, &["api=2"], (3, "read-only"));
    }

    #[test]
    fn the_mode_of_a_file_is_kept() {
        let sandbox = Sandbox::new();
        sandbox.file("pod.yaml", pod("acme/api:1"));
        fs::set_permissions(sandbox.path("pod.yaml"), fs::Permissions::from_mode(0o640)).unwrap();
        sandbox.rakops(["bump", "api=2"]).run().expect(0);
        assert_eq!(fs::metadata(sandbox.path("pod.yaml")).unwrap().mode() & 0o777, 0o640);
    }

    #[test]
    fn a_link_never_yields_a_file_twice_and_stays_a_link() {
        let sandbox = Sandbox::new();
        sandbox.file("real/pod.yaml", pod("acme/api:1"));
        symlink("real/pod.yaml", sandbox.path("link.yaml")).unwrap();
        symlink("..", sandbox.path("real/loop")).unwrap();
        symlink("nowhere", sandbox.path("dangling.yaml")).unwrap();
        let output = sandbox.rakops(["images", "-o", "name"]).run().expect(0);
        assert_eq!(output.stdout().lines().count(), 1);
        sandbox.rakops(["bump", "api=2", "--path", "link.yaml"]).run().expect(0);
        assert!(sandbox.path("link.yaml").is_symlink());
        assert_eq!(sandbox.read("real/pod.yaml"), pod("acme/api:2"));
    }

    #[test]
    fn a_link_that_leads_out_of_the_repository_is_refused() {
        let sandbox = Sandbox::new();
        sandbox.repository();
        fs::write(sandbox.root().join("tmp/outside.yaml"), pod("acme/api:1")).unwrap();
        symlink(sandbox.root().join("tmp/outside.yaml"), sandbox.path("link.yaml")).unwrap();
        refuses(&sandbox, &["api=2", "--path", "link.yaml"], (3, "outside"));
    }

    #[test]
    fn if_one_file_cannot_be_written_all_are_put_back() {
        let sandbox = Sandbox::new();
        sandbox
            .file("a/pod.yaml", pod("acme/api:1"))
            .file("b/pod.yaml", pod("acme/api:1"));
        fs::set_permissions(sandbox.path("b/pod.yaml"), fs::Permissions::from_mode(0o444)).unwrap();
        refuses(&sandbox, &["api=2"], (3, "b/pod.yaml"));
        let left: Vec<String> = sandbox.tree().into_keys().filter(|path| path.contains("tmp")).collect();
        assert_eq!(left, Vec::<String>::new());
    }
}
