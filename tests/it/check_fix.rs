//! `rakops check --fix`: what is certain is put right, byte for byte.

use crate::harness::Sandbox;
use crate::harness::registry::Registry;

#[test]
fn quotes_are_added_and_no_other_byte_changes() {
    let sandbox = Sandbox::new();
    let before =
        "# ours\r\nimages:\r\n- name: acme/api\r\n  newTag: 1.10   # by hand\r\n- {name: acme/web, newTag: 010}\r\n";
    sandbox.file("a/kustomization.yaml", before);
    let shown = sandbox.rakops(["check", "--fix", "-n"]).run().expect(0);
    assert!(
        shown.stdout().contains("+  newTag: \"1.10\"   # by hand"),
        "{}",
        shown.all()
    );
    assert!(
        shown
            .stderr
            .contains("would fix mistyped-tag a/kustomization.yaml:4:11"),
        "{}",
        shown.all()
    );
    assert_eq!(sandbox.read("a/kustomization.yaml"), before);
    let output = sandbox.rakops(["check", "--fix"]).run().expect(0);
    assert!(
        output.stderr.contains("fixed mistyped-tag a/kustomization.yaml:5:28"),
        "{}",
        output.all()
    );
    let after = before.replace("1.10 ", "\"1.10\" ").replace("010}", "\"010\"}");
    assert_eq!(sandbox.read("a/kustomization.yaml"), after);
    let _ = sandbox.rakops(["check"]).run().expect(0);
}

#[test]
fn an_alias_is_put_right_where_it_is_defined_and_never_keeps_the_rest_from_it() {
    let sandbox = Sandbox::new();
    let before = "images:\n- name: acme/api\n  newTag: &it 1.10\n- name: acme/web\n  newTag: *it\n";
    sandbox.file("a/kustomization.yaml", before);
    let elsewhere = "x: &it 1.20\nimages:\n- name: acme/api\n  newTag: *it\n- name: acme/web\n  newTag: 1.30\n";
    sandbox.file("b/kustomization.yaml", elsewhere);
    let output = sandbox.rakops(["check", "--fix"]).run().expect(1);
    assert_eq!(sandbox.read("a/kustomization.yaml"), before.replace("1.10", "\"1.10\""));
    assert_eq!(
        sandbox.read("b/kustomization.yaml"),
        elsewhere.replace("1.30", "\"1.30\"")
    );
    for said in ["fixed mistyped-tag a/kustomization.yaml:5:11", "warning[yaml-alias]"] {
        assert!(output.stderr.contains(said), "{said}: {}", output.all());
    }
    assert!(
        !output.stderr.contains("fixed mistyped-tag b/kustomization.yaml:4:11"),
        "{}",
        output.all()
    );
}

#[test]
fn what_says_that_it_is_text_needs_no_quotes() {
    let sandbox = Sandbox::new();
    sandbox.file(
        "kustomization.yaml",
        "images:\n- {name: acme/api, newTag: !!str 1.10}\n- {name: acme/web, newTag: ! 1.10}\n",
    );
    let _ = sandbox.rakops(["check"]).run().expect(0);
}

#[test]
fn a_tag_in_a_block_of_an_application_is_quoted_too() {
    let sandbox = Sandbox::new();
    let before = "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: x}\nspec:\n  source:\n    helm:\n      values: |\n        image:\n          repository: ghcr.io/acme/api\n          tag: 1.10\n";
    sandbox.file("app.yaml", before);
    let _ = sandbox.rakops(["check", "--fix"]).run().expect(0);
    assert_eq!(sandbox.read("app.yaml"), before.replace("1.10", "\"1.10\""));
}

#[test]
fn what_floats_is_left_and_told() {
    let sandbox = Sandbox::new();
    sandbox.file("kustomization.yaml", "resources: ['https://x.example/a']\nimages:\n- {name: acme/api, newTag: latest}\n- {name: acme/web, newTag: 1.10}\n");
    let output = sandbox.rakops(["check", "--fix", "-o", "json"]).run().expect(1);
    let said = output.json();
    assert_eq!(said["findings"][0]["code"], "floating-tag");
    assert_eq!(
        (&said["fixed"][0]["code"], &said["changed"]),
        (&"mistyped-tag".into(), &true.into())
    );
    assert_eq!(said["findings"].as_array().map(Vec::len), Some(1));
}

#[test]
fn a_digest_is_that_of_its_tag_where_the_registry_tells() {
    let registry = Registry::start();
    let old = registry.image("acme/api", "1.4.1");
    let new = registry.image("acme/api", "1.4.2");
    let sandbox = Sandbox::new();
    let text = |digest: &str| {
        format!(
            "resources: ['https://x.example/a']\nimages:\n- name: {}/acme/api\n  newTag: 1.4.2\n  digest: {digest}\n",
            registry.host()
        )
    };
    sandbox.file("kustomization.yaml", text(&old));
    let _ = sandbox.rakops(["check"]).online().run().expect(1);
    let output = sandbox.rakops(["check", "--fix"]).online().run().expect(0);
    assert!(
        output.stderr.contains("fixed digest-mismatch kustomization.yaml:4:11"),
        "{}",
        output.all()
    );
    assert_eq!(sandbox.read("kustomization.yaml"), text(&new));
    let _ = sandbox.rakops(["check"]).online().run().expect(0);
}

#[test]
fn only_files_that_are_here_are_edited() {
    let sandbox = Sandbox::new();
    sandbox.shop();
    let output = sandbox.rakops(["check", "HEAD", "--fix"]).run().expect(3);
    assert!(output.stderr.contains("rakops check --fix"), "{}", output.all());
    let url = format!("file://{}", sandbox.dir().display());
    let _ = sandbox.rakops(["check", "--fix", "--repo", &url]).run().expect(3);
}
