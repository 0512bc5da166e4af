//! `rakops check`, rule `half-updated-pair`: two things that state one version.

use crate::harness::Sandbox;

fn digest(of: char) -> String {
    format!("sha256:{}", of.to_string().repeat(64))
}

fn pinned(tag: &str, of: char) -> String {
    format!(
        "images:\n- name: ghcr.io/acme/api\n  newTag: {tag}\n  digest: {}\n",
        digest(of)
    )
}

#[track_caller]
fn messages(sandbox: &Sandbox) -> Vec<String> {
    let words = ["check", "--rule", "half-updated-pair", "-o", "json"];
    let said = sandbox.rakops(words).run().json();
    let findings = said["findings"].as_array().unwrap();
    findings
        .iter()
        .map(|one| one["message"].as_str().unwrap_or_default().to_owned())
        .collect()
}

fn changed(before: &str, after: &str) -> Vec<String> {
    let sandbox = Sandbox::new();
    sandbox.repository();
    sandbox.file("live/kustomization.yaml", before);
    sandbox.commit_all("before");
    sandbox.git(["switch", "--quiet", "--create", "change"]);
    sandbox.file("live/kustomization.yaml", after);
    sandbox.commit_all("after");
    messages(&sandbox)
}

const OPEN: &str = "resources: ['https://github.com/acme/api//deploy?ref=v1.4.1']\n";

#[test]
fn a_change_of_one_half_is_told() {
    let both = |tag, of| format!("{OPEN}{}", pinned(tag, of));
    assert_eq!(
        changed(&both("v1.4.1", 'a'), &both("v1.4.2", 'a'))[0],
        "the tag of `ghcr.io/acme/api` went from `v1.4.1` to `v1.4.2`, and its digest stayed"
    );
    assert_eq!(
        changed(&both("1.4.1", 'a'), &both("1.4.1", 'b'))[0],
        "the digest of `ghcr.io/acme/api` is another, and its tag is still `1.4.1`"
    );
    // A tag that follows releases is pinned anew, and both together are an update.
    assert_eq!(changed(&both("'1.4'", 'a'), &both("'1.4'", 'b')), Vec::<String>::new());
    assert_eq!(changed(&both("1.4.1", 'a'), &both("1.4.2", 'b')), Vec::<String>::new());
}

#[test]
fn an_entry_that_leaves_its_remote_resource_behind_is_told() {
    let entry = |tag: &str| format!("{OPEN}images:\n- name: ghcr.io/acme/api\n  newTag: {tag}\n");
    assert_eq!(
        changed(&entry("v1.4.1"), &entry("v1.4.2")),
        [
            "the tag of `ghcr.io/acme/api` is now `v1.4.2`, and `https://github.com/acme/api//deploy?ref=v1.4.1` stayed where it was"
        ]
    );
    let both = entry("v1.4.2").replace("ref=v1.4.1", "ref=v1.4.2");
    assert_eq!(changed(&entry("v1.4.1"), &both), Vec::<String>::new());
    assert_eq!(changed(&entry("v1.4.0"), &entry("v1.4.2")), Vec::<String>::new());
}

#[test]
fn two_sites_that_cannot_both_be_right_are_told() {
    let pod = |tag: &str, of| {
        format!(
            "kind: Pod\nmetadata: {{name: x}}\nspec:\n  containers:\n  - name: x\n    image: acme/api:{tag}@{}\n",
            digest(of)
        )
    };
    let both = |one: &str, two: &str| {
        let sandbox = Sandbox::new();
        sandbox.file("a.yaml", one);
        sandbox.file("b.yaml", two);
        messages(&sandbox)
    };
    assert_eq!(
        both(&pod("1.4.1", 'a'), &pod("1.4.2", 'a')),
        ["one digest of `acme/api` is `1.4.2` here and `1.4.1` at a.yaml:6:12"]
    );
    assert_eq!(
        both(&pod("1.4.1", 'a'), &pod("1.4.1", 'b')),
        ["`1.4.1` of `acme/api` stands here with another digest than at a.yaml:6:12"]
    );
    assert_eq!(both(&pod("1.4", 'a'), &pod("1.4.2", 'a')), Vec::<String>::new());
    assert_eq!(both(&pod("1.4.1", 'a'), &pod("1.4.2", 'b')), Vec::<String>::new());
}
