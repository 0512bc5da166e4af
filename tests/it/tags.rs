//! `rakops tags`: which versions the registry has, newest first.

use crate::harness::Sandbox;
use crate::harness::registry::{Fault, Guard, Registry};
use crate::harness::stock::Stock;

const TAGS: [&str; 8] = [
    "1.9.0",
    "latest",
    "1.10.0",
    "v1.10.1",
    "2.0.0-rc.1",
    "2.0.0",
    "1.4.1",
    "1.4.0",
];

#[test]
fn releases_come_first_and_newest_first_and_what_runs_is_marked() {
    let stock = Stock::new(&TAGS);
    let output = stock.sandbox.rakops(["tags", "api"]).online().run().expect(0);
    let expected = "2.0.0\t-\nv1.10.1\t-\n1.10.0\t-\n1.9.0\t-\n1.4.1\tdev\n1.4.0\tstg,prd\n2.0.0-rc.1\t-\nlatest\t-\n";
    assert_eq!(sorted_environments(output.stdout()), sorted_environments(expected));
    assert!(
        output.stderr.contains("8 tags, newest first by semver"),
        "{}",
        output.all()
    );
}

#[test]
fn what_runs_is_what_takes_effect_and_not_what_stands_in_a_base() {
    let registry = Registry::start();
    let sandbox = Sandbox::new();
    let image = format!("{}/acme/api", registry.host());
    for tag in ["1.4.0", "1.4.1", "1.4.2"] {
        registry.image("acme/api", tag);
    }
    sandbox.file("base/kustomization.yaml", "resources: [pod.yaml]\n").file(
        "base/pod.yaml",
        format!(
            "kind: Pod\nmetadata: {{name: api}}\nspec: {{containers: [{{name: api, image: \"{image}:1.4.0\"}}]}}\n"
        ),
    );
    for (environment, entry) in [
        ("dev", format!("images: [{{name: {image}, newTag: 1.4.2}}]\n")),
        ("prd", String::new()),
    ] {
        let text = format!("resources: [../../base]\n{entry}");
        sandbox.file(&format!("overlays/{environment}/kustomization.yaml"), text);
    }
    sandbox.repository();
    let output = sandbox.rakops(["tags", "api"]).online().run().expect(0);
    assert_eq!(output.stdout(), "1.4.2\tdev\n1.4.1\t-\n1.4.0\tprd\n");
    let by_time = sandbox
        .rakops(["tags", "api", "--policy", "newest"])
        .online()
        .run()
        .expect(0);
    assert!(
        by_time.stderr.contains("3 tags, newest first by time"),
        "{}",
        by_time.all()
    );
}

/// Environments of an inferred layout have the order of their names.
fn sorted_environments(text: &str) -> String {
    text.replace("prd,stg", "stg,prd")
}

#[test]
fn a_policy_leaves_out_what_it_does_not_match_and_says_how_many() {
    let stock = Stock::new(&TAGS);
    let by_flag = ["tags", "api", "--policy", "semver:^1", "--limit", "2"];
    let output = stock.sandbox.rakops(by_flag).online().run().expect(0);
    assert_eq!(output.stdout(), "v1.10.1\t-\n1.10.0\t-\n");
    assert!(
        output
            .stderr
            .contains("2 of 5, newest first by semver:^1; 3 tags not of this policy (--all-tags shows them)"),
        "{}",
        output.all()
    );
    stock.configured(&["alias: shop-api", "policy: semver:~1.4"]);
    let names = |words: &[&str]| {
        let output = stock.sandbox.rakops(words).online().run().expect(0);
        output.stdout().to_owned()
    };
    assert_eq!(names(&["tags", "shop-api", "-o", "name"]), "1.4.1\n1.4.0\n");
    let all = names(&["tags", "shop-api", "-o", "name", "--all-tags", "--limit", "0"]);
    assert_eq!(all, "1.4.1\n1.4.0\n2.0.0\nv1.10.1\n1.10.0\n1.9.0\n2.0.0-rc.1\nlatest\n");
}

#[test]
fn details_are_asked_for_what_is_shown_and_json_holds_them() {
    let stock = Stock::new(&["1.0.0", "1.0.1"]);
    let digest = stock
        .registry
        .index("acme/api", "1.1.0", &["linux/amd64", "linux/arm64/v8"]);
    let words = ["tags", "api", "--details", "--limit", "1", "-o", "json"];
    let document = stock.sandbox.rakops(words).online().run().expect(0).json();
    assert_eq!(document["command"], "tags");
    assert_eq!(document["registry"], stock.registry.host());
    assert_eq!(document["repository"], "acme/api");
    assert_eq!(document["image"], stock.image);
    assert_eq!((&document["total"], &document["matching"]), (&3.into(), &3.into()));
    assert_eq!(document["policy"], serde_json::Value::Null);
    let tags = document["tags"].as_array().unwrap();
    assert_eq!(tags.len(), 1);
    assert_eq!(tags[0]["tag"], "1.1.0");
    assert_eq!(tags[0]["digest"], digest);
    assert_eq!(tags[0]["created"], "2026-01-01T00:00:00Z");
    assert_eq!(
        tags[0]["platforms"],
        serde_json::json!(["linux/amd64", "linux/arm64/v8"])
    );
    let asked = stock.registry.asked();
    assert!(!asked.iter().any(|line| line.contains("/manifests/1.0.")), "{asked:?}");
}

#[test]
fn newest_goes_by_the_time_of_building() {
    let stock = Stock::new(&[]);
    for (tag, time) in [
        ("b", "2026-01-02T00:00:00Z"),
        ("a", "2026-01-03T00:00:00Z"),
        ("c", "2026-01-01T00:00:00Z"),
    ] {
        stock.registry.created("acme/api", tag, time);
    }
    let words = ["tags", "api", "--policy", "newest", "-o", "name"];
    let output = stock.sandbox.rakops(words).online().run().expect(0);
    assert_eq!(output.stdout(), "a\nb\nc\n");
}

#[test]
fn an_image_need_not_be_of_a_repository_here() {
    let registry = Registry::start();
    registry.image("acme/tool", "3.1.0");
    let sandbox = Sandbox::new();
    let image = format!("{}/acme/tool", registry.host());
    let output = sandbox.rakops(["tags", &image]).online().run().expect(0);
    assert_eq!(output.stdout(), "3.1.0\n");
    // Nothing here is called so, and nobody is asked.
    let output = sandbox.rakops(["tags", "nginx"]).run().expect(3);
    assert!(output.stderr.contains("docker.io/library/nginx"), "{}", output.all());
}

#[test]
fn a_name_that_fits_several_images_is_refused_with_the_list() {
    let stock = Stock::new(&["1.0.0"]);
    let other = format!("{}/other/api", stock.registry.host());
    let text = format!("images:\n- name: {other}\n  newTag: 1.0.0\n");
    stock.sandbox.file("overlays/dev/more/kustomization.yaml", text);
    let output = stock.sandbox.rakops(["tags", "api"]).online().run().expect(3);
    for image in [&stock.image, &other] {
        assert!(
            output.stderr.contains(&format!("rakops tags {image}")),
            "{}",
            output.all()
        );
    }
}

#[test]
fn what_a_registry_says_no_to_has_its_own_exit_code() {
    let stock = Stock::new(&["1.0.0"]);
    let missing = format!("{}/acme/nothing", stock.registry.host());
    let output = stock.sandbox.rakops(["tags", &missing]).online().run().expect(5);
    assert!(output.stderr.contains("repository-missing") || !output.stderr.is_empty());
    stock.registry.guard(Guard::Basic("ci:secret-of-ours".into()));
    let output = stock
        .sandbox
        .rakops(["tags", "api", "-o", "json"])
        .online()
        .run()
        .expect(4);
    assert_eq!(output.json()["error"]["code"], "login-needed");
    assert!(!output.all().contains("secret-of-ours"));
}

#[test]
fn what_cannot_be_told_of_one_tag_is_a_warning() {
    let stock = Stock::new(&["1.0.0", "1.0.1"]);
    let fault = Fault::status(404, r#"{"errors":[{"code":"MANIFEST_UNKNOWN"}]}"#);
    stock
        .registry
        .fault("GET /v2/acme/api/manifests/1.0.1", None, fault.clone());
    stock.registry.fault("HEAD /v2/acme/api/manifests/1.0.1", None, fault);
    let words = ["tags", "api", "--details", "-o", "json"];
    let output = stock.sandbox.rakops(words).online().run().expect(0);
    let document = output.json();
    assert_eq!(document["tags"][0]["digest"], serde_json::Value::Null);
    assert!(document["tags"][1]["digest"].is_string());
    assert_eq!(document["warnings"].as_array().unwrap().len(), 1);
}

#[test]
fn offline_what_was_seen_lately_is_told_with_its_age() {
    let stock = Stock::new(&["1.0.0"]);
    stock.sandbox.rakops(["tags", "api"]).online().run().expect(0);
    stock.sandbox.advance(7_200);
    let output = stock.sandbox.rakops(["tags", "api"]).run().expect(0);
    assert!(output.stdout().starts_with("1.0.0"), "{}", output.all());
    assert!(output.stderr.contains("2h ago"), "{}", output.all());
    let document = stock
        .sandbox
        .rakops(["tags", "api", "-o", "json"])
        .run()
        .expect(0)
        .json();
    assert_eq!(document["age_seconds"], 7_200);
}
