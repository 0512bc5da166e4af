//! `rakops images`: every site, where it is and what it reaches.

use crate::harness::Sandbox;

#[test]
fn every_site_is_listed_with_its_place_and_environments() {
    let sandbox = Sandbox::new();
    sandbox.shop();
    let output = sandbox.rakops(["images"]).run().expect(0);
    assert_eq!(
        output.stdout(),
        "base/api.yaml:9:16\tghcr.io/acme/api\t1.4.0\tdev,stg,prd\t-\n\
         base/web.yaml:7:28\tghcr.io/acme/web\t2.0.0\tdev,stg,prd\t-\n\
         overlays/dev/kustomization.yaml:4:11\tghcr.io/acme/api\t1.4.1\tdev\t-\n\
         overlays/stg/kustomization.yaml:5:13\tghcr.io/acme/api\t1.4.1\tstg\t-\n"
    );
}

#[test]
fn names_and_environments_choose() {
    let sandbox = Sandbox::new();
    sandbox.shop();
    let web = sandbox.rakops(["images", "web", "-o", "name"]).run().expect(0);
    assert_eq!(web.stdout(), "base/web.yaml:7:28\n");
    let prd = sandbox.rakops(["images", "--env", "prd", "-o", "name"]).run().expect(0);
    assert_eq!(prd.stdout(), "base/api.yaml:9:16\nbase/web.yaml:7:28\n");
    let missing = sandbox.rakops(["images", "wbe"]).run().expect(5);
    assert!(
        missing.stderr.contains("did you mean `ghcr.io/acme/web`"),
        "{}",
        missing.stderr
    );
}

#[test]
fn json_has_tag_digest_locator_environment_and_owner() {
    let sandbox = Sandbox::new();
    let digest = format!("sha256:{}", "ab".repeat(32));
    sandbox.file(
        "pod.yaml",
        format!("containers:\n- image: acme/a:1@{digest}\n- image: acme/b # {{\"$imagepolicy\": \"x:y\"}}\n"),
    );
    let output = sandbox.rakops(["images", "-o", "json"]).run().expect(0).json();
    assert_eq!(output["schema"], "rakops/v1");
    assert_eq!(output["command"], "images");
    let sites = output["sites"].as_array().unwrap();
    assert_eq!((&sites[0]["tag"], &sites[0]["digest"]), (&"1".into(), &digest.into()));
    assert_eq!(sites[0]["locator"], "pod-spec");
    assert!(sites[0]["environment"].is_null() && sites[0]["owner"].is_null());
    assert_eq!(sites[1]["owner"], "flux");
    assert!(sites[1]["tag"].is_null());
}

#[test]
fn a_repository_without_images_says_so_and_ends_with_0() {
    let sandbox = Sandbox::new();
    let output = sandbox.rakops(["images"]).run().expect(0);
    assert_eq!(output.stdout(), "");
    assert_eq!(output.stderr, "no images found\n");
    let json = sandbox.rakops(["images", "-o", "json"]).run().expect(0).json();
    assert_eq!(json["sites"], serde_json::json!([]));
}

#[test]
fn templates_are_counted_and_named_with_v() {
    let sandbox = Sandbox::new();
    sandbox.file(
        "chart/templates/a.yaml",
        "{{- if .x }}\nimage: acme/api:1\n{{- end }}\n",
    );
    let output = sandbox.rakops(["images"]).run().expect(0);
    assert!(output.stderr.contains("passed over 1 template"), "{}", output.stderr);
    let output = sandbox.rakops(["images", "-v"]).run().expect(0);
    assert!(output.stderr.contains("chart/templates/a.yaml"), "{}", output.stderr);
}
