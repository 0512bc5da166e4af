//! Images in files of Terraform, through the program.

use serde_json::json;

use crate::harness::Sandbox;

const STG: &str = "# staging\r\nmodule \"api\" {\r\n  source           = \"git::https://git.example.com/acme/service.git?ref=v1.0.0\"\r\n  image_repository = \"ghcr.io/acme/api\"\r\n  image_tag        = \"1.4.1\" # é\r\n}\r\n";
const PRD: &str = "locals {\n  image = \"ghcr.io/acme/api:1.4.0\"\n}\n";

fn infra() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.repository();
    sandbox.files(&[
        ("rakops.yaml", "strategy: trunk\nenvironments:\n- {name: stg, path: infra/stg}\n- {name: prd, path: infra/prd}\nimages:\n- name: acme/service\n  sites: ['infra/*/main.tf:module.api.source#ref']\n"),
        ("infra/stg/main.tf", STG),
        ("infra/prd/main.tf", PRD),
    ]);
    sandbox.commit_all("infra");
    sandbox
}

#[test]
fn images_lists_them_with_their_places_and_environments() {
    let sandbox = infra();
    let sites = sandbox.rakops(["images", "-o", "json"]).run().expect(0).json();
    let told: Vec<_> = sites["sites"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| {
            json!([
                it["file"],
                it["line"],
                it["column"],
                it["image"],
                it["tag"],
                it["locator"]
            ])
        })
        .collect();
    assert_eq!(
        told,
        [
            json!(["infra/prd/main.tf", 2, 11, "ghcr.io/acme/api", "1.4.0", "terraform"]),
            json!(["infra/stg/main.tf", 3, 22, "acme/service", "v1.0.0", "declared"]),
            json!(["infra/stg/main.tf", 5, 22, "ghcr.io/acme/api", "1.4.1", "terraform"]),
        ]
    );
}

#[test]
fn a_bump_changes_its_bytes_and_no_others() {
    let sandbox = infra();
    let shown = sandbox
        .rakops(["bump", "api=1.5.0", "--env", "stg", "-n"])
        .run()
        .expect(0);
    assert!(
        shown.stdout().contains("-  image_tag        = \"1.4.1\" # é"),
        "{}",
        shown.all()
    );
    assert_eq!(sandbox.read("infra/stg/main.tf"), STG);
    let _ = sandbox.rakops(["bump", "api=1.5.0", "--env", "stg"]).run().expect(0);
    assert_eq!(sandbox.read("infra/stg/main.tf"), STG.replace("1.4.1", "1.5.0"));
    assert_eq!(sandbox.read("infra/prd/main.tf"), PRD);
    let again = sandbox
        .rakops(["bump", "api=1.5.0", "--env", "stg", "--exit-code"])
        .run()
        .expect(0);
    assert!(again.stderr.contains("already"), "{}", again.all());
    let _ = sandbox
        .rakops(["bump", "acme/service=v2.0.0", "--env", "stg"])
        .run()
        .expect(0);
    assert!(sandbox.read("infra/stg/main.tf").contains("?ref=v2.0.0\"\r\n"));
}

#[test]
fn at_names_a_place_by_its_address() {
    let sandbox = infra();
    let place = "infra/stg/main.tf:module.api.image_tag";
    let _ = sandbox.rakops(["bump", "api=1.6.0", "--at", place]).run().expect(0);
    assert_eq!(sandbox.read("infra/stg/main.tf"), STG.replace("1.4.1", "1.6.0"));
    let none = sandbox.rakops(["bump", "api=1.6.0", "--at", "infra/stg/main.tf:module.web.image_tag"]);
    let _ = none.run().expect(5);
}

#[test]
fn a_file_that_is_broken_is_reported_and_left_alone() {
    let sandbox = infra();
    let broken = "locals {\n  image = \"ghcr.io/acme/api:1.4.0\"\n";
    sandbox.file("infra/old/main.tf", broken);
    let listed = sandbox.rakops(["images", "api"]).run().expect(0);
    assert!(listed.stderr.contains("infra/old/main.tf:"), "{}", listed.all());
    assert!(listed.stderr.contains("not HCL"), "{}", listed.all());
    let _ = sandbox.rakops(["bump", "api=1.5.0", "--env", "stg"]).run();
    assert_eq!(sandbox.read("infra/old/main.tf"), broken);
    let deep = format!("a = \"acme/api\"\nb = {}\n", "[".repeat(100_000));
    sandbox.file("infra/old/main.tf", &deep);
    let listed = sandbox.rakops(["images", "api"]).run().expect(0);
    assert!(listed.stderr.contains("48 levels"), "{}", listed.all());
}

#[test]
fn a_digest_is_not_added_beside_a_tag() {
    let sandbox = infra();
    let digest = format!("sha256:{}", "a".repeat(64));
    let version = format!("acme/service=v2.0.0@{digest}");
    let refused = sandbox.rakops(["bump", &version, "--env", "stg"]).run().expect(3);
    assert!(refused.stderr.contains("only a text in quotes"), "{}", refused.all());
    assert_eq!(sandbox.read("infra/stg/main.tf"), STG);
}

#[test]
fn environments_are_compared_and_promoted_by_address() {
    let sandbox = infra();
    sandbox.file("infra/prd/main.tf", STG.replace("1.4.1", "1.4.0"));
    sandbox.commit_all("the same module");
    let status = sandbox.rakops(["status", "--local"]).run().expect(0);
    assert!(
        status.stdout().contains("1.4.1") && status.stdout().contains("1.4.0"),
        "{}",
        status.all()
    );
    let shown = sandbox
        .rakops(["promote", "stg", "prd", "api", "--commit", "--allow", "protected"])
        .run()
        .expect(0);
    assert_eq!(
        sandbox.show("HEAD:infra/prd/main.tf").trim_end(),
        STG.trim_end(),
        "{}",
        shown.all()
    );
}
