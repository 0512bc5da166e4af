//! `bump --latest`, `--policy`, `--resolve-digest`: versions and digests that the registry knows.

use crate::harness::stock::Stock;

const RELEASES: [&str; 6] = ["1.4.0", "1.4.1", "1.10.0", "1.9.0", "2.0.0-rc.1", "latest"];

fn bump<'s>(stock: &'s Stock, words: &[&str]) -> crate::harness::cmd::Cmd<'s> {
    let all = ["bump"].iter().chain(words).copied();
    stock.sandbox.rakops(all).online()
}

#[test]
fn the_newest_release_is_taken_where_releases_are_in_use() {
    let stock = Stock::new(&RELEASES);
    bump(&stock, &["api", "--latest", "--env", "stg"]).run().expect(0);
    assert_eq!(stock.pinned("stg"), "newTag: 1.10.0");
    assert_eq!(stock.pinned("dev"), "newTag: 1.4.1");
    let again = bump(&stock, &["api", "--latest", "--env", "stg"]).run().expect(0);
    assert_eq!(again.stdout(), "");
    assert!(again.stderr.contains("is already at 1.10.0"), "{}", again.all());
}

#[test]
fn the_v_stays_as_it_is_in_use() {
    let stock = Stock::new(&["v1.4.0", "v1.5.0", "1.6.0"]);
    stock.runs("v1.4.0");
    bump(&stock, &["api", "--latest", "--all"]).run().expect(0);
    assert_eq!(stock.pinned("prd"), "newTag: v1.5.0");
    let both = Stock::new(&["1.4.0", "v1.5.0", "1.5.0"]);
    bump(&both, &["api", "--policy", "semver:^1", "--env", "dev"])
        .run()
        .expect(0);
    assert_eq!(both.pinned("dev"), "newTag: 1.5.0");
}

#[test]
fn a_policy_counts_before_the_configured_one_and_before_semver() {
    let stock = Stock::new(&RELEASES);
    stock.configured(&["policy: semver:~1.9"]);
    bump(&stock, &["api", "--latest", "--env", "dev"]).run().expect(0);
    assert_eq!(stock.pinned("dev"), "newTag: 1.9.0");
    bump(&stock, &["api", "--policy", "semver:>=2.0.0-0", "--env", "dev"])
        .run()
        .expect(0);
    assert_eq!(stock.pinned("dev"), "newTag: 2.0.0-rc.1");
}

#[test]
fn a_tag_that_does_not_tell_what_is_newer_is_refused_with_policies_of_its_shape() {
    let stock = Stock::new(&["1.25-alpine", "1.26-alpine", "1.27"]);
    stock.runs("1.25-alpine");
    let tree = stock.sandbox.tree();
    let output = bump(&stock, &["api", "--latest", "--all", "-o", "json"])
        .run()
        .expect(3);
    assert_eq!(output.json()["error"]["code"], "no-policy");
    assert!(output.stderr.contains(r"regex:(\d+)\.(\d+)-alpine"), "{}", output.all());
    assert_eq!(stock.sandbox.tree(), tree);
    // As the help says it.
    bump(&stock, &["api", "--policy", r"regex:(\d+)\.(\d+)-alpine", "--all"])
        .run()
        .expect(0);
    assert_eq!(stock.pinned("prd"), "newTag: 1.26-alpine");
    let beta = Stock::new(&["1.5.0-rc.1", "1.5.0-rc.2"]);
    beta.runs("1.5.0-rc.1");
    let output = bump(&beta, &["api", "--latest", "--all"]).run().expect(3);
    assert!(output.stderr.contains("semver:>=1.5.0-rc.1"), "{}", output.all());
}

#[test]
fn nothing_that_counts_is_not_found_and_nothing_is_ever_lowered() {
    let stock = Stock::new(&RELEASES);
    let output = bump(&stock, &["api", "--policy", "semver:^7", "--all"]).run().expect(5);
    assert!(output.stderr.contains("none of the 6 tags"), "{}", output.all());
    let old = Stock::new(&["1.3.0", "1.4.1"]);
    old.sandbox.file(
        "overlays/prd/kustomization.yaml",
        format!("images:\n- name: {}\n  newTag: 1.9.0\n", old.image),
    );
    let output = bump(&old, &["api", "--latest", "--all"]).run().expect(0);
    assert_eq!(
        (old.pinned("stg"), old.pinned("prd")),
        ("newTag: 1.4.1".into(), "newTag: 1.9.0".into())
    );
    assert!(
        output.stderr.contains("stays at 1.9.0") && output.stderr.contains("the newest that the registry has"),
        "{}",
        output.all()
    );
    let output = bump(&old, &["api", "--latest", "--env", "prd"]).run().expect(0);
    assert_eq!(output.stdout(), "", "{}", output.all());
}

#[test]
fn without_an_image_every_image_with_a_policy_is_bumped() {
    let stock = Stock::new(&RELEASES);
    let output = bump(&stock, &["--latest", "--all"]).run().expect(3);
    assert!(output.stderr.contains("images[].policy"), "{}", output.all());
    stock.configured(&["policy: semver:^1"]);
    bump(&stock, &["--latest", "--all"]).run().expect(0);
    assert_eq!(stock.pinned("stg"), "newTag: 1.10.0");
    // Another image with a policy runs in prd alone.
    stock.registry.image("acme/web", "2.0.0");
    stock.registry.image("acme/web", "2.1.0");
    let (web, api) = (format!("{}/acme/web", stock.registry.host()), &stock.image);
    stock.sandbox.file(
        "overlays/prd/kustomization.yaml",
        format!("images:\n- name: {web}\n  newTag: 2.0.0\n"),
    );
    stock.sandbox.file(
        "rakops.yaml",
        format!("images:\n- {{name: {web}, policy: calver}}\n- {{name: {api}, policy: 'semver:^1'}}\n"),
    );
    bump(&stock, &["--latest", "--env", "dev"]).run().expect(0);
    bump(&stock, &["--latest", "--env", "prd"]).run().expect(5);
    let usage = bump(&stock, &["api=1.4.2", "--latest"]).run().expect(2);
    assert!(usage.stderr.contains("rakops bump api --latest"), "{}", usage.all());
}

#[test]
fn the_newest_by_time_is_the_one_built_last() {
    let stock = Stock::new(&["1.4.0"]);
    stock.registry.created("acme/api", "sha-bbb", "2026-02-02T00:00:00Z");
    stock.registry.created("acme/api", "sha-aaa", "2026-02-01T00:00:00Z");
    bump(&stock, &["api", "--policy", "newest", "--env", "dev"])
        .run()
        .expect(0);
    assert_eq!(stock.pinned("dev"), "newTag: sha-bbb");
}

#[test]
fn a_digest_is_asked_for_once_and_is_that_of_the_index() {
    let stock = Stock::new(&["1.4.0", "1.4.1"]);
    let digest = stock
        .registry
        .index("acme/api", "1.4.2", &["linux/amd64", "linux/arm64"]);
    bump(&stock, &["api=1.4.2", "--resolve-digest", "--env", "dev"])
        .run()
        .expect(0);
    let text = stock.sandbox.read("overlays/dev/kustomization.yaml");
    assert!(text.contains("1.4.2") && text.contains(&digest), "{text}");
    assert_eq!(stock.asked_for_manifests(), 1, "{:?}", stock.registry.asked());
}

#[test]
fn half_a_version_is_refused_until_the_digest_is_asked_for_and_a_pin_asks_by_itself() {
    let stock = Stock::new(&["1.4.0", "1.4.1"]);
    let old = stock.registry.image("acme/api", "1.4.0");
    let new = stock.registry.image("acme/api", "1.5.0");
    let pod = format!(
        "spec:\n  containers:\n  - name: api\n    image: {}:1.4.0@{old}\n",
        stock.image
    );
    stock.sandbox.file("pod.yaml", &pod);
    let output = bump(&stock, &["api=1.5.0", "--path", "pod.yaml"]).run().expect(3);
    assert!(output.stderr.contains("--resolve-digest"), "{}", output.all());
    assert!(!output.stderr.contains("not in this version"));
    bump(&stock, &["api=1.5.0", "--path", "pod.yaml", "--resolve-digest"])
        .run()
        .expect(0);
    assert!(stock.sandbox.read("pod.yaml").contains(&format!("1.5.0@{new}")));
    stock.sandbox.file("pod.yaml", &pod);
    stock.configured(&["pin: tag+digest"]);
    // Nobody is asked: as without a registry.
    stock
        .sandbox
        .rakops(["bump", "api=1.5.0", "--path", "pod.yaml"])
        .run()
        .expect(3);
    assert_eq!(stock.sandbox.read("pod.yaml"), pod);
    bump(&stock, &["api=1.5.0", "--path", "pod.yaml"]).run().expect(0);
    assert!(stock.sandbox.read("pod.yaml").contains(&format!("1.5.0@{new}")));
}

#[test]
fn repositories_that_hold_another_image_under_the_tag_are_told_apart() {
    let stock = Stock::new(&["1.4.0", "1.5.0"]);
    let mirror = format!("{}/mirror/api", stock.registry.host());
    stock.registry.created("mirror/api", "1.5.0", "2026-05-05T00:00:00Z");
    stock.configured(&[&format!("same_as: [{mirror}]")]);
    stock.sandbox.file(
        "overlays/prd/kustomization.yaml",
        format!("images:\n- name: {mirror}\n  newTag: 1.4.0\n"),
    );
    let tree = stock.sandbox.tree();
    let words = ["api=1.5.0", "--resolve-digest", "--all", "-o", "json"];
    let output = bump(&stock, &words).run().expect(3);
    assert_eq!(output.json()["error"]["code"], "digests-differ");
    assert_eq!(stock.sandbox.tree(), tree);
}

#[test]
fn a_landing_settles_its_version_on_the_branch_it_lands_on() {
    let stock = Stock::new(&RELEASES);
    let _remote = stock.sandbox.remote();
    stock.sandbox.git(["push", "-q", "origin", "main"]);
    bump(&stock, &["api", "--latest", "--env", "dev", "--push"])
        .run()
        .expect(0);
    let landed = stock
        .sandbox
        .git(["show", "origin/main:overlays/dev/kustomization.yaml"]);
    assert!(landed.contains("1.10.0"), "{landed}");
    let lists = stock.registry.asked();
    let lists = lists.iter().filter(|line| line.contains("/tags/list")).count();
    assert_eq!(lists, 1);
}
