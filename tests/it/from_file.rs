//! `rakops bump --from-file`: what builders write.

use crate::harness::Sandbox;
use crate::harness::server::{Server, route};

fn two() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.file(
        "k/kustomization.yaml",
        "images:\n- name: acme/a\n  newTag: v1\n- name: acme/b\n  newTag: v1\n",
    );
    sandbox
}

fn expect_both(sandbox: &Sandbox) {
    assert_eq!(
        sandbox.read("k/kustomization.yaml"),
        "images:\n- name: acme/a\n  newTag: v2\n- name: acme/b\n  newTag: v3\n"
    );
}

#[test]
fn a_flat_map_from_a_file_or_standard_input() {
    let sandbox = two();
    sandbox.file("build.json", "{\"acme/a\": \"v2\", \"acme/b\": \"v3\"}");
    sandbox.rakops(["bump", "--from-file", "build.json"]).run().expect(0);
    expect_both(&sandbox);
    let sandbox = two();
    sandbox
        .rakops(["bump", "--from-file", "-"])
        .stdin("{\"a\": \"v2\", \"b\": \"v3\"}")
        .run()
        .expect(0);
    expect_both(&sandbox);
}

#[test]
fn a_url_is_fetched() {
    let server = Server::start(vec![
        route("GET", "/job/images.json", 200).body("{\"acme/a\": \"v2\", \"acme/b\": \"v3\"}"),
    ]);
    let sandbox = two();
    sandbox
        .rakops(["bump", "--from-file", &server.url("/job/images.json")])
        .run()
        .expect(0);
    expect_both(&sandbox);
}

#[test]
fn skaffold_output_sets_tag_and_digest() {
    let sandbox = two();
    let digest = format!("sha256:{}", "ab".repeat(32));
    sandbox.file(
        "build.json",
        format!("{{\"builds\":[{{\"imageName\":\"acme/a\",\"tag\":\"acme/a:v2@{digest}\"}}]}}"),
    );
    sandbox.rakops(["bump", "--from-file", "build.json"]).run().expect(0);
    assert!(
        sandbox
            .read("k/kustomization.yaml")
            .starts_with(&format!("images:\n- name: acme/a\n  newTag: v2\n  digest: {digest}\n"))
    );
}

#[test]
fn what_is_not_understood_is_an_error() {
    let sandbox = two();
    for text in ["", "[]", "{}", "{\"a\": 1}", "not json"] {
        let tree = sandbox.tree();
        sandbox.rakops(["bump", "--from-file", "-"]).stdin(text).run().expect(2);
        assert_eq!(sandbox.tree(), tree);
    }
    sandbox.rakops(["bump", "--from-file", "nowhere.json"]).run().expect(5);
}
