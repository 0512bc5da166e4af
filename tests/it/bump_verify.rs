//! `bump` asks whether what it writes is there: missing versions, wrong digests, and what cannot be asked.

use crate::harness::Sandbox;
use crate::harness::cmd::Cmd;
use crate::harness::registry::{Fault, Guard};
use crate::harness::stock::Stock;

fn bump<'s>(stock: &'s Stock, words: &[&str]) -> Cmd<'s> {
    let all = ["bump"].iter().chain(words).copied();
    stock.sandbox.rakops(all).online()
}

#[test]
fn a_version_that_is_not_there_is_not_written_and_the_nearest_are_named() {
    let stock = Stock::new(&["1.4.0", "1.4.1", "v1.4.2"]);
    let tree = stock.sandbox.tree();
    for flags in [
        &["--env", "dev"][..],
        &["--env", "dev", "--verify"],
        &["--env", "dev", "-n"],
    ] {
        let words = [&["api=1.4.2", "-o", "json"], flags].concat();
        let output = bump(&stock, &words).run().expect(5);
        assert_eq!(output.json()["error"]["code"], "version-missing");
        assert!(
            output.stderr.contains("did you mean `v1.4.2`") || output.stderr.contains("v1.4.2"),
            "{}",
            output.all()
        );
    }
    assert_eq!(stock.sandbox.tree(), tree);
    bump(&stock, &["api=1.4.2", "--env", "dev", "--no-verify-image"])
        .run()
        .expect(0);
    assert_eq!(stock.pinned("dev"), "newTag: 1.4.2");
}

#[test]
fn one_question_an_image_and_none_for_what_stays() {
    let stock = Stock::new(&["1.4.0", "1.4.1"]);
    let document = bump(&stock, &["api=1.4.1", "--all", "-o", "json"])
        .run()
        .expect(0)
        .json();
    assert_eq!(document["verified"][0]["image"], stock.image);
    assert_eq!(document["verified"][0]["version"], "1.4.1");
    assert!(
        document["verified"][0]["digest"]
            .as_str()
            .unwrap()
            .starts_with("sha256:")
    );
    assert_eq!(document["not_verified"], serde_json::json!([]));
    assert_eq!(stock.registry.asked(), ["HEAD /v2/acme/api/manifests/1.4.1"]);
    bump(&stock, &["api=1.4.1", "--all"]).run().expect(0);
    assert_eq!(stock.registry.asked().len(), 1);
}

#[test]
fn a_digest_that_is_not_the_tags_is_refused() {
    let stock = Stock::new(&["1.4.0"]);
    let other = stock.registry.image("acme/api", "1.4.1");
    let right = stock.registry.image("acme/api", "1.4.2");
    let tree = stock.sandbox.tree();
    let output = bump(&stock, &[&format!("api=1.4.2@{other}"), "--env", "dev"])
        .run()
        .expect(3);
    assert!(output.stderr.contains(&right), "{}", output.all());
    assert_eq!(stock.sandbox.tree(), tree);
    bump(&stock, &[&format!("api=1.4.2@{right}"), "--env", "dev"])
        .run()
        .expect(0);
    let missing = format!("api=sha256:{}", "0".repeat(64));
    bump(&stock, &[&missing, "--env", "stg"]).run().expect(5);
}

#[test]
fn what_cannot_be_asked_is_said_in_one_line_and_the_bump_goes_on_unless_it_must_not() {
    let stock = Stock::new(&["1.4.0", "1.4.2"]);
    stock.registry.guard(Guard::Basic("ci:secret-of-ours".into()));
    let must = bump(&stock, &["api=1.4.2", "--env", "dev", "--verify"]).run().expect(4);
    assert!(!must.all().contains("secret-of-ours"));
    assert_eq!(stock.pinned("dev"), "newTag: 1.4.1");
    let output = bump(&stock, &["api=1.4.2", "--env", "dev"]).run().expect(0);
    let line = format!("not verified: {}:1.4.2 (needs a login)", stock.image);
    assert_eq!(
        output.stderr.lines().filter(|it| *it == line).count(),
        1,
        "{}",
        output.all()
    );
    assert!(!output.stderr.contains("warning"), "{}", output.all());
    assert_eq!(stock.pinned("dev"), "newTag: 1.4.2");
    let document = bump(&stock, &["api=1.4.2", "--env", "stg", "-o", "json"])
        .run()
        .expect(0)
        .json();
    assert_eq!(document["not_verified"][0]["reason"], "needs a login");
    assert_eq!(document["verified"], serde_json::json!([]));
}

#[test]
fn a_registry_that_fails_stops_only_who_must_be_sure() {
    let stock = Stock::new(&["1.4.0", "1.4.2"]);
    let fault = Fault::status(400, "nonsense");
    stock
        .registry
        .fault("HEAD /v2/acme/api/manifests/1.4.2", None, fault.clone());
    stock.registry.fault("GET /v2/acme/api/manifests/1.4.2", None, fault);
    bump(&stock, &["api=1.4.2", "--env", "dev", "--verify"]).run().expect(6);
    assert_eq!(stock.pinned("dev"), "newTag: 1.4.1");
    bump(&stock, &["api=1.4.2", "--env", "dev"]).run().expect(0);
}

#[test]
fn offline_is_no_news_unless_it_must_be_verified() {
    let stock = Stock::new(&["1.4.0", "1.4.2"]);
    let words = ["bump", "api=1.4.2", "--env", "dev"];
    let output = stock.sandbox.rakops(words).run().expect(0);
    assert!(!output.stderr.contains("not verified"), "{}", output.all());
    stock.sandbox.git(["checkout", "-q", "."]);
    let output = stock.sandbox.rakops(words.iter().chain(&["-v"])).run().expect(0);
    assert!(
        output.stderr.contains("not verified") && output.stderr.contains("offline"),
        "{}",
        output.all()
    );
    stock.sandbox.git(["checkout", "-q", "."]);
    let output = stock.sandbox.rakops(words.iter().chain(&["--verify"])).run().expect(3);
    for flag in ["--verify", "--offline"] {
        assert!(output.stderr.contains(flag), "{}", output.all());
    }
    assert!(stock.registry.asked().is_empty());
    assert_eq!(stock.sandbox.status(), "");
}

#[test]
fn a_rename_is_verified_where_it_leads() {
    let stock = Stock::new(&["1.4.0", "1.5.0"]);
    stock.registry.image("acme/api-v2", "1.5.1");
    let other = format!("{}/acme/api-v2", stock.registry.host());
    bump(&stock, &[&format!("api={other}:1.5.0"), "--env", "dev"])
        .run()
        .expect(5);
    bump(&stock, &[&format!("api={other}:1.5.1"), "--env", "dev"])
        .run()
        .expect(0);
}

#[test]
fn a_name_that_a_kustomization_replaces_is_asked_of_nobody() {
    let stock = Stock::new(&["1.4.0", "1.5.0"]);
    stock.sandbox.files(&[
        ("base/kustomization.yaml", "resources: [pod.yaml]\n"),
        (
            "base/pod.yaml",
            "kind: Pod\nspec:\n  containers:\n  - {name: a, image: \"api:1.4.0\"}\n",
        ),
    ]);
    let text = format!(
        "resources: [../../base]\nimages:\n- name: api\n  newName: {}\n  newTag: 1.4.0\n",
        stock.image
    );
    stock.sandbox.file("overlays/dev/kustomization.yaml", text);
    let document = bump(&stock, &["api=1.5.0", "--all", "-o", "json"])
        .run()
        .expect(0)
        .json();
    assert_eq!(document["verified"].as_array().unwrap().len(), 1, "{document}");
    assert_eq!(document["not_verified"], serde_json::json!([]));
}

#[test]
fn where_a_kustomization_gives_the_name_alone_its_image_is_asked_for_with_the_version_of_the_base() {
    let stock = Stock::new(&["1.4.0", "1.5.0"]);
    let pod = "kind: Pod\nspec:\n  containers:\n  - {name: a, image: \"api:1.4.0\"}\n";
    let sandbox = Sandbox::new();
    sandbox.files(&[
        ("base/kustomization.yaml", "resources: [pod.yaml]\n"),
        ("base/pod.yaml", pod),
    ]);
    let text = format!(
        "resources: [../../base]\nimages:\n- {{name: api, newName: {}}}\n",
        stock.image
    );
    sandbox.file("overlays/dev/kustomization.yaml", text);
    let bump = |word: &str| {
        sandbox
            .rakops(["bump", word, "--all", "--verify", "-o", "json"])
            .online()
            .run()
    };
    let output = bump("api=9.9.9").expect(5);
    assert_eq!(output.json()["error"]["code"], "version-missing", "{}", output.all());
    assert_eq!(sandbox.read("base/pod.yaml"), pod);
    let document = bump("api=1.5.0").expect(0).json();
    assert_eq!(document["verified"][0]["image"], stock.image, "{document}");
    assert!(sandbox.read("base/pod.yaml").contains("api:1.5.0"));
}

#[test]
fn a_landing_that_must_be_verified_pushes_nothing_that_is_not_there() {
    let stock = Stock::new(&["1.4.0", "1.4.2"]);
    let remote = stock.sandbox.remote();
    stock.sandbox.git(["push", "-q", "origin", "main"]);
    let before = remote.git(["rev-parse", "main"]);
    bump(&stock, &["api=1.4.3", "--env", "dev", "--push", "--verify"])
        .run()
        .expect(5);
    assert_eq!(remote.git(["rev-parse", "main"]), before);
    bump(&stock, &["api=1.4.2", "--env", "dev", "--push", "--verify"])
        .run()
        .expect(0);
    assert_ne!(remote.git(["rev-parse", "main"]), before);
    let asked = stock.registry.asked();
    let heads = asked.iter().filter(|line| line.contains("manifests/1.4.2")).count();
    assert_eq!(heads, 1, "{asked:?}");
}

/// A stock under trunk, where these lines follow the name of the image in stg and in prd.
fn trunk(stg: &str, prd: &str) -> Stock {
    let stock = Stock::new(&["1.4.0", "1.4.1", "1.4.2"]);
    let config = "strategy: trunk\nenvironments:\n- {name: stg}\n- {name: prd, protected: false}\n";
    stock.sandbox.file("rakops.yaml", config);
    for (environment, lines) in [("stg", stg), ("prd", prd)] {
        let text = format!("images:\n- name: {}\n{lines}", stock.image);
        stock
            .sandbox
            .file(&format!("overlays/{environment}/kustomization.yaml"), text);
    }
    stock.sandbox.commit_all("trunk");
    stock
}

#[test]
fn a_promotion_asks_for_the_digest_that_a_bare_tag_has() {
    let pinned = format!("  newTag: 1.4.1\n  digest: sha256:{}\n", "a".repeat(64));
    let stock = trunk("  newTag: 1.4.2\n", &pinned);
    let digest = stock.registry.image("acme/api", "1.4.2");
    let words = ["promote", "stg", "prd", "--commit", "-y", "--allow", "overwrite"];
    stock.sandbox.rakops(words).online().run().expect(3);
    assert!(stock.registry.asked().is_empty(), "nobody asked for that");
    let all = words.iter().chain(&["--resolve-digest"]);
    stock.sandbox.rakops(all.clone()).run().expect(3);
    stock.sandbox.rakops(all.clone()).online().run().expect(0);
    let landed = stock.sandbox.show("main:overlays/prd/kustomization.yaml");
    assert!(landed.contains("1.4.2") && landed.contains(&digest), "{landed}");
    assert_eq!(stock.asked_for_manifests(), 1);
    let again = stock.sandbox.rakops(all).online().run().expect(0);
    assert_eq!(
        stock.sandbox.show("main:overlays/prd/kustomization.yaml"),
        landed,
        "{}",
        again.all()
    );
}

#[test]
fn a_promotion_carries_a_digest_to_another_repository_that_has_it() {
    let stock = trunk("", "");
    let digest = stock.registry.image("acme/api", "1.4.2");
    let mirror = format!("{}/mirror/api", stock.registry.host());
    let pin = format!("  newTag: 1.4.2\n  digest: {digest}\n");
    let text = format!("images:\n- name: {}\n{pin}", stock.image);
    stock.sandbox.file("overlays/stg/kustomization.yaml", text);
    let text = format!(
        "images:\n- name: {}\n  newName: {mirror}\n  newTag: 1.4.1\n",
        stock.image
    );
    stock.sandbox.file("overlays/prd/kustomization.yaml", text);
    stock.sandbox.commit_all("a mirror");
    let words = ["promote", "stg", "prd", "--commit", "-y", "--allow", "overwrite"];
    let all = words.iter().chain(&["--resolve-digest"]);
    let refused = stock.sandbox.rakops(words).online().run().expect(3);
    assert!(refused.stderr.contains("--resolve-digest"), "{}", refused.all());
    // It is not there.
    stock.registry.image("mirror/api", "1.4.1");
    stock.sandbox.rakops(all.clone()).online().run().expect(5);
    let (_, bytes) = stock.registry.held("acme/api", &digest);
    stock
        .registry
        .manifest(("mirror/api", "1.4.2"), crate::harness::registry::MANIFEST, &bytes);
    stock.sandbox.rakops(all).online().run().expect(0);
    let landed = stock.sandbox.show("main:overlays/prd/kustomization.yaml");
    assert!(landed.contains(&digest) && landed.contains(&mirror), "{landed}");
}

#[test]
fn who_loses_a_race_lands_what_was_settled_and_asks_nobody_twice() {
    let stock = Stock::new(&["1.4.0", "1.4.1", "1.4.2"]);
    stock.configured(&["policy: semver:^1"]);
    let (sandbox, root) = (&stock.sandbox, stock.sandbox.root().to_path_buf());
    sandbox.remote();
    sandbox.git(["push", "-q", "origin", "main"]);
    let rival = root.join("rival");
    let (from, to) = (root.join("remote.git"), rival.to_string_lossy().into_owned());
    sandbox.git_in(&root, ["clone", "-q", &from.to_string_lossy(), &to]);
    sandbox.git_in(&rival, ["commit", "-q", "--allow-empty", "-m", "quicker"]);
    // Somebody else is quicker, once.
    let script = format!(
        "unset $(git rev-parse --local-env-vars)\n[ -e {to}/.git/pushed ] && exit 0\ntouch {to}/.git/pushed\ngit -C {to} push -q origin HEAD:main\n"
    );
    sandbox.hook(&sandbox.path(".git"), "pre-push", &script);
    let output = bump(&stock, &["api", "--latest", "--env", "dev", "--push", "--verify", "-v"])
        .run()
        .expect(0);
    assert!(rival.join(".git/pushed").exists(), "{}", output.all());
    let log = sandbox.git_in(&from, ["log", "--format=%s", "main"]);
    let subjects: Vec<&str> = log.lines().take(2).collect();
    assert_eq!(subjects[1], "quicker", "{log}");
    assert!(
        sandbox
            .git_in(&from, ["show", "main:overlays/dev/kustomization.yaml"])
            .contains("newTag: 1.4.2")
    );
    let asked = stock.registry.asked();
    let count = |begins: &str| asked.iter().filter(|line| line.starts_with(begins)).count();
    assert_eq!(
        (
            count("GET /v2/acme/api/tags/list"),
            count("HEAD /v2/acme/api/manifests/1.4.2")
        ),
        (1, 1),
        "{asked:?}"
    );
}

#[test]
fn what_was_verified_is_said_to_those_who_want_to_know() {
    let stock = Stock::new(&["1.4.1", "1.4.2"]);
    let digest = stock.registry.image("acme/api", "1.4.2");
    let line = format!("verified: {}:1.4.2 is {digest}\n", stock.image);
    let said = |more: &[&str]| {
        let words = ["api=1.4.2", "--env", "dev", "-n"]
            .into_iter()
            .chain(more.iter().copied());
        bump(&stock, &words.collect::<Vec<_>>()).run().expect(0).stderr
    };
    assert!(said(&["-v"]).contains(&line));
    assert!(!said(&[]).contains("verified"));
}

#[test]
fn a_registry_that_gives_something_else_for_a_digest_is_not_believed() {
    let stock = Stock::new(&["1.4.1", "1.4.2"]);
    let digest = stock.registry.image("acme/api", "1.4.2");
    let other = format!("sha256:{}", "0".repeat(64));
    let begins = format!("HEAD /v2/acme/api/manifests/{digest}");
    let fault = Fault::With("docker-content-digest", other);
    stock.registry.fault(&begins, None, fault);
    let word = format!("api={digest}");
    let output = bump(&stock, &[&word, "--env", "dev"]).run().expect(6);
    assert!(output.stderr.starts_with("error[digest-mismatch]"), "{}", output.all());
    assert_eq!(stock.pinned("dev"), "newTag: 1.4.1");
}

#[test]
fn a_digest_that_is_written_down_is_that_of_the_manifest_and_not_what_a_header_says() {
    let stock = Stock::new(&["1.4.1", "1.4.2"]);
    let digest = stock.registry.image("acme/api", "1.4.2");
    let forged = br#"{"schemaVersion":2,"config":{"digest":"sha256:0"},"layers":[]}"#;
    let begins = "GET /v2/acme/api/manifests/1.4.2";
    stock.registry.fault(begins, Some(1), Fault::Body(forged.to_vec()));
    let words = ["api=1.4.2", "--env", "dev", "--resolve-digest"];
    let output = bump(&stock, &words).run().expect(6);
    assert!(output.stderr.starts_with("error[digest-mismatch]"), "{}", output.all());
    assert_eq!(stock.pinned("dev"), "newTag: 1.4.1");
    let _ = bump(&stock, &words).run().expect(0);
    assert!(stock.pinned("dev").contains(&digest));
}
