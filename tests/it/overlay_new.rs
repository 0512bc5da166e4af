//! `overlay new` and `overlay list`: an environment made from another, and what each adds.

use crate::harness::Sandbox;

const KUSTOMIZATION: &str = "# staging\nnamespace: shop-stg # the cluster's\nresources:\n  - ../../base\n  - stg-ingress.yaml\n\
                             configMapGenerator:\n  - name: app\n    behavior: merge\n    envs: [stg.env]\n";
const INGRESS: &str = "apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata:\n  name: stg\nspec:\n  rules:\n    - host: stg.example.com\n";

fn shop() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.settings("", &[]);
    sandbox.files(&[
        ("overlays/stg/kustomization.yaml", KUSTOMIZATION),
        ("overlays/stg/stg-ingress.yaml", INGRESS),
        (
            "overlays/stg/stg.env",
            "# of stg\r\nENV=stg\r\nHOST=db.stg.example.com\r\n",
        ),
        (
            "apps/stg.yaml",
            "kind: Application\nspec:\n  source:\n    path: overlays/stg\n",
        ),
    ]);
    sandbox.commit_all("stg");
    sandbox
}

#[test]
fn a_new_environment_has_its_own_name_in_files_names_and_references() {
    let sandbox = shop();
    let output = sandbox
        .rakops(["overlay", "new", "uat", "--from", "stg"])
        .run()
        .expect(0);
    assert_eq!(
        sandbox.read("overlays/uat/kustomization.yaml"),
        "# staging\nnamespace: shop-uat # the cluster's\nresources:\n  - ../../base\n  - uat-ingress.yaml\n\
         configMapGenerator:\n  - name: app\n    behavior: merge\n    envs: [uat.env]\n"
    );
    assert_eq!(
        sandbox.read("overlays/uat/uat-ingress.yaml"),
        INGRESS.replace("name: stg", "name: uat")
    );
    assert_eq!(
        sandbox.read("overlays/uat/uat.env"),
        "# of stg\r\nENV=uat\r\nHOST=db.stg.example.com\r\n"
    );
    for told in [
        "still names `stg`: - host: stg.example.com",
        "`apps/stg.yaml` refers to `stg`",
    ] {
        assert!(output.stderr.contains(told), "{}", output.all());
    }
    assert!(
        sandbox
            .status()
            .lines()
            .all(|line| line.starts_with("?? overlays/uat/"))
    );
    assert!(
        sandbox
            .rakops(["overlay", "list", "uat"])
            .run()
            .expect(0)
            .stdout()
            .contains("adds Ingress/uat")
    );
}

#[test]
fn the_configuration_gets_an_entry_behind_the_one_it_was_made_from() {
    let sandbox = shop();
    sandbox.file(
        "rakops.yaml",
        "strategy: trunk\nenvironments:\n  - name: stg # s\n  - name: prd\n",
    );
    sandbox.commit_all("configured");
    let words = ["overlay", "new", "uat", "--from", "stg", "--namespace", "elsewhere"];
    sandbox.rakops(words).run().expect(0);
    assert_eq!(
        sandbox.read("rakops.yaml"),
        "strategy: trunk\nenvironments:\n  - name: stg # s\n  - name: uat\n  - name: prd\n"
    );
    assert!(
        sandbox
            .read("overlays/uat/kustomization.yaml")
            .contains("namespace: elsewhere # the cluster's\n")
    );
}

#[test]
fn what_cannot_be_made_is_refused_and_nothing_is_written() {
    let sandbox = shop();
    for (words, code, told) in [
        (
            &["prd", "--from", "stg"][..],
            3,
            "there is an environment `prd` already",
        ),
        (&["stg", "--from", "stg"], 2, "from itself"),
        (&["a/b", "--from", "stg"], 2, "cannot be the name"),
        (&["uat", "--from", "nothing"], 5, "no environment named `nothing`"),
        (&["uat"], 2, "--from"),
    ] {
        let words: Vec<&str> = ["overlay", "new"].iter().chain(words).copied().collect();
        let output = sandbox.rakops(words).run().expect(code);
        assert!(output.stderr.contains(told), "{}", output.all());
        assert_eq!(sandbox.status(), "");
    }
}

#[test]
fn a_new_environment_lands_as_every_other_change() {
    let sandbox = shop();
    sandbox
        .rakops(["overlay", "new", "uat", "--from", "stg", "--commit"])
        .run()
        .expect(0);
    let files = sandbox.git(["show", "--stat", "--name-only", "--format=%s"]);
    assert!(files.contains("overlays/uat/uat-ingress.yaml"), "{files}");
    assert_eq!(sandbox.status(), "");
}

#[test]
fn the_list_tells_what_each_environment_adds() {
    let sandbox = shop();
    sandbox
        .rakops(["overlay", "set", "prd", "Deployment/api", "spec.replicas=5"])
        .run()
        .expect(0);
    let in_ascii = sandbox.rakops(["overlay", "list"]).env("LC_ALL", "C").run().expect(0);
    assert!(in_ascii.stdout().is_ascii(), "{}", in_ascii.all());
    assert!(
        in_ascii.stdout().contains("`- changes Deployment/api\n"),
        "{}",
        in_ascii.all()
    );
    let output = sandbox
        .rakops(["overlay", "list"])
        .env("LC_ALL", "C.UTF-8")
        .run()
        .expect(0);
    for told in [
        "stg  overlays/stg\n",
        "├─ builds on base\n",
        "adds Ingress/stg  overlays/stg/stg-ingress.yaml\n",
        "prd  overlays/prd\n",
        "└─ changes Deployment/api\n",
        "spec.replicas  overlays/prd/",
    ] {
        assert!(output.stdout().contains(told), "{told}\n{}", output.all());
    }
    let document = sandbox
        .rakops(["overlay", "list", "prd", "-o", "json"])
        .run()
        .expect(0)
        .json();
    assert_eq!(
        document["overlays"][0]["objects"][0]["fields"][0]["path"],
        "spec.replicas"
    );
    assert_eq!(
        sandbox.rakops(["overlay", "list", "-o", "name"]).run().stdout(),
        "overlays/stg\noverlays/prd\n"
    );
}

#[test]
fn a_path_is_seen_from_where_one_is_and_leads_nowhere_out() {
    let sandbox = shop();
    for out in ["../../evil", "/tmp/evil"] {
        let output = sandbox
            .rakops(["overlay", "new", "uat", "--from", "stg", "--path", out])
            .run()
            .expect(3);
        assert!(
            output.stderr.contains("lies outside of the repository"),
            "{}",
            output.all()
        );
    }
    let words = ["overlay", "new", "uat", "--from", "stg", "--path", "./uat"];
    sandbox.rakops(words).cwd(sandbox.path("overlays")).run().expect(0);
    assert!(
        sandbox
            .read("overlays/uat/kustomization.yaml")
            .contains("namespace: shop-uat")
    );
}
