//! `rakops diff`: two environments compared by meaning.

use crate::harness::Sandbox;

#[test]
fn versions_and_settings_that_differ_are_listed_and_the_exit_code_says_so() {
    let sandbox = Sandbox::new();
    sandbox.shop();
    let output = sandbox.rakops(["diff", "stg", "prd", "--local"]).run().expect(1);
    assert_eq!(
        output.stdout(),
        "ghcr.io/acme/api\tDeployment/api/api\t1.4.1\t1.4.0\n\
         kustomization.yaml namespace\toverlays/prd/kustomization.yaml:3\t-\tshop\n\
         kustomization.yaml replicas[name=api].count\toverlays/stg/kustomization.yaml:7\t2\t-\n\
         kustomization.yaml replicas[name=api].name\toverlays/stg/kustomization.yaml:7\tapi\t-\n"
    );
    let names = sandbox
        .rakops(["diff", "stg", "prd", "--local", "-o", "name"])
        .run()
        .expect(1);
    assert!(
        names.stdout().starts_with("prd/ghcr.io/acme/api\n"),
        "{}",
        names.stdout()
    );
    let same = sandbox
        .rakops(["diff", "dev", "stg", "--local", "-o", "json"])
        .run()
        .expect(1)
        .json();
    assert_eq!(same["versions"], serde_json::json!([]));
    assert_eq!(
        same["settings"][0]["selector"],
        "kustomization.yaml replicas[name=api].count"
    );
    assert_eq!(same["differs"], true);
}

#[test]
fn json_has_both_values_and_the_places_that_decide_them() {
    let sandbox = Sandbox::new();
    sandbox.shop();
    let json = sandbox
        .rakops(["diff", "stg", "prd", "--local", "-o", "json"])
        .run()
        .expect(1)
        .json();
    assert_eq!(json["command"], "diff");
    assert_eq!((&json["source"], &json["target"]), (&"stg".into(), &"prd".into()));
    let row = &json["versions"][0];
    assert_eq!((&row["from"], &row["to"]), (&"1.4.1".into(), &"1.4.0".into()));
    assert_eq!(row["from_place"]["file"], "overlays/stg/kustomization.yaml");
    assert_eq!(
        row["to_place"],
        serde_json::json!({ "file": "base/api.yaml", "line": 9, "column": 16 })
    );
}

#[test]
fn environments_that_are_the_same_end_with_0_whatever_the_lines_look_like() {
    let sandbox = Sandbox::new();
    sandbox.shop();
    sandbox.file(
        "overlays/prd/kustomization.yaml",
        "# written another way\nimages:\n- {newTag: '1.4.1', name: ghcr.io/acme/api}\nresources:\n- ../../base\n",
    );
    sandbox.commit_all("the same");
    let output = sandbox.rakops(["diff", "dev", "prd", "--local"]).run().expect(0);
    assert_eq!(output.stdout(), "");
    assert!(output.stderr.contains("dev and prd do not differ"), "{}", output.stderr);
}

#[test]
fn secrets_are_compared_and_not_shown() {
    let sandbox = Sandbox::new();
    sandbox.shop();
    for (environment, token) in [("dev", "hunter2"), ("prd", "swordfish")] {
        sandbox.file(
            &format!("overlays/{environment}/secret.yaml"),
            format!("kind: Secret\nmetadata: {{name: keys}}\nstringData: {{token: {token}}}\n"),
        );
    }
    sandbox.commit_all("keys");
    let output = sandbox.rakops(["diff", "dev", "prd", "--local"]).run().expect(1);
    assert!(
        output
            .stdout()
            .contains("Secret/keys stringData.token\toverlays/dev/secret.yaml:3\t(hidden)\t(hidden)"),
        "{}",
        output.stdout()
    );
    assert!(!output.all().contains("hunter2") && !output.all().contains("swordfish"));
}

#[test]
fn branches_are_compared_tip_with_tip() {
    let sandbox = Sandbox::new();
    sandbox.shop();
    sandbox.file(
        "rakops.yaml",
        "strategy: chain\nenvironments:\n- {name: dev, branch: develop, path: overlays/prd}\n- {name: prd, branch: main, path: overlays/prd}\n",
    );
    sandbox.commit_all("branches");
    sandbox.git(["switch", "--quiet", "-c", "develop"]);
    let base = sandbox.read("base/api.yaml").replace("1.4.0", "1.5.0");
    sandbox.file("base/api.yaml", base);
    sandbox.commit_all("on develop");
    sandbox.git(["switch", "--quiet", "main"]);
    let output = sandbox.rakops(["diff", "dev", "prd", "--local"]).run().expect(1);
    assert_eq!(output.stdout(), "ghcr.io/acme/api\tDeployment/api/api\t1.5.0\t1.4.0\n");
}

#[test]
fn an_environment_that_is_not_there_or_is_the_same_is_an_error() {
    let sandbox = Sandbox::new();
    sandbox.shop();
    let unknown = sandbox.rakops(["diff", "stg", "prod-2", "--local"]).run().expect(5);
    assert!(
        unknown.stderr.contains("no environment named `prod-2`"),
        "{}",
        unknown.stderr
    );
    sandbox.rakops(["diff", "stg", "stg", "--local"]).run().expect(2);
}
