//! `rakops status`: what runs where, read from branches, not from the work tree.

use crate::harness::Sandbox;
use crate::harness::forges::Bench;
use crate::harness::forges::github::GitHub;
use crate::harness::shop::STG;
use crate::harness::train::{file, overlay};
use crate::harness::trial::FEATURE;

#[test]
fn each_version_is_held_against_the_environment_before() {
    let sandbox = Sandbox::new();
    sandbox.branches("chain");
    sandbox.put(("develop", "bump dev"), &[(&file("dev"), &overlay("1.2.0"))]);
    sandbox.put(("main", "a hotfix"), &[(&file("prd"), &overlay("1.0.1-fix"))]);
    // What lies in the work tree tells nothing.
    sandbox.file(&file("prd"), overlay("9.9.9"));
    let output = sandbox.rakops(["status", "-o", "json"]).run().expect(0);
    let said = output.json();
    let cells: Vec<(&str, &str, &str)> = said["cells"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| {
            let text = |key: &str| it[key].as_str().unwrap();
            (text("environment"), text("version"), text("state"))
        })
        .collect();
    assert_eq!(
        cells,
        [
            ("dev", "1.2.0", "first"),
            ("stg", "1.0.0", "behind"),
            ("prd", "1.0.1-fix", "ahead")
        ],
        "{said}"
    );
    assert_eq!(said["cells"][0]["slot"], "Deployment/api/api");
    assert!(said["cells"][0]["since"].as_str().unwrap().ends_with('Z'), "{said}");
    let environments = said["environments"].as_array().unwrap();
    assert_eq!(environments[1]["branch"], "staging");
    assert_eq!(environments[2]["commit"], sandbox.remote_tip("main"));
}

#[test]
fn a_table_for_people_markdown_for_a_page_and_a_code_for_scripts() {
    let sandbox = Sandbox::new();
    sandbox.branches("chain");
    let output = sandbox.rakops(["status", "--exit-code"]).run().expect(0);
    assert!(
        output
            .stdout()
            .starts_with("ghcr.io/acme/api\tDeployment/api/api\t1.0.0"),
        "{}",
        output.all()
    );
    sandbox.put(("develop", "bump dev"), &[(&file("dev"), &overlay("1.2.0"))]);
    sandbox
        .rakops(["status", "--exit-code", "--write", "out.md"])
        .run()
        .expect(1);
    let page = sandbox.read("out.md");
    assert!(
        page.starts_with("| image | slot | dev | stg | prd |\n|---|---|---|---|---|\n"),
        "{page}"
    );
    assert!(page.contains("1.0.0 behind"), "{page}");
    sandbox.rakops(["status", "--write", "out.txt"]).run().expect(2);
}

#[test]
fn local_branches_are_read_when_asked_and_it_is_said() {
    let sandbox = Sandbox::new();
    sandbox.branches("chain");
    sandbox.git(["switch", "--quiet", "develop"]);
    sandbox.file(&file("dev"), overlay("1.3.0"));
    sandbox.commit_all("not pushed");
    let output = sandbox.rakops(["status", "dev"]).run().expect(0);
    assert!(output.stdout().contains("1.0.0"), "{}", output.all());
    let output = sandbox.rakops(["status", "dev", "--local"]).run().expect(0);
    assert!(output.stdout().contains("1.3.0"), "{}", output.all());
    assert!(output.stderr.contains("reading local branches"), "{}", output.all());
}

#[test]
fn an_environment_whose_branch_is_nowhere_is_named() {
    let sandbox = Sandbox::new();
    sandbox.branches("chain");
    sandbox.git(["push", "--quiet", "origin", "--delete", "staging"]);
    let output = sandbox.rakops(["status"]).run().expect(0);
    assert!(
        output.stderr.contains("stg: there is no branch staging"),
        "{}",
        output.all()
    );
}

#[test]
fn an_environment_on_a_trial_is_read_where_its_cluster_reads() {
    let sandbox = Sandbox::new();
    sandbox.shop_on_argo();
    sandbox.git(["switch", "--quiet", FEATURE]);
    let dev = "overlays/dev/kustomization.yaml";
    sandbox.file(dev, sandbox.read(dev).replace("1.4.1", "1.9.0"));
    sandbox.commit_all("try 1.9.0");
    sandbox.git(["push", "--quiet", "origin", FEATURE]);
    sandbox.git(["switch", "--quiet", "main"]);
    let track = ["track", "dev", FEATURE, "--push", "--allow", "protected"];
    sandbox.rakops(track).run().expect(0);
    let output = sandbox.rakops(["status", "dev", "-o", "json"]).run().expect(0);
    let said = output.json();
    assert_eq!(said["environments"][0]["tracks"], FEATURE, "{said}");
    assert_eq!(said["environments"][0]["commit"], sandbox.remote_tip(FEATURE));
    assert!(
        said["cells"]
            .as_array()
            .unwrap()
            .iter()
            .any(|it| it["version"] == "1.9.0"),
        "{said}"
    );
    let output = sandbox.rakops(["status"]).run().expect(0);
    assert!(output.stderr.contains("dev is on a trial"), "{}", output.all());
}

#[test]
fn open_promotions_are_listed_where_the_forge_can_be_asked() {
    let bench = Bench::shop(GitHub);
    let sandbox = &bench.sandbox;
    sandbox.put(
        ("main", "bump stg"),
        &[("overlays/stg/kustomization.yaml", &STG.replace("1.4.1", "1.5.0"))],
    );
    bench.rakops(["promote", "stg", "prd"].into_iter()).run().expect(0);
    let output = bench.rakops(["status", "-o", "json"].into_iter()).run().expect(0);
    let open = &output.json()["open_promotions"];
    assert_eq!(
        (&open[0]["source"], &open[0]["target"]),
        (&"stg".into(), &"prd".into()),
        "{}",
        output.all()
    );
    assert_eq!(open[0]["pull_request"]["number"], 1);
}

#[test]
fn the_past_of_many_files_is_read_without_git_and_tells_when_each_version_landed() {
    let sandbox = Sandbox::new();
    sandbox.repository();
    sandbox.file(
        "rakops.yaml",
        "strategy: trunk\nenvironments:\n- {name: stg, path: 'apps/*/stg'}\n- {name: prd, path: 'apps/*/prd', protected: false}\n",
    );
    let place = |app: usize, environment: &str| format!("apps/app-{app:03}/{environment}/kustomization.yaml");
    let text = |app: usize, tag: &str| format!("images:\n- name: acme/app-{app}\n  newTag: {tag}\n");
    for app in 0..210 {
        let deployment = format!(
            "kind: Deployment\nmetadata: {{name: app-{app}}}\nspec: {{template: {{spec: {{containers: [{{name: a, image: acme/app-{app}}}]}}}}}}\n"
        );
        sandbox.file(
            &format!("apps/app-{app:03}/base/kustomization.yaml"),
            "resources: [d.yaml]\n",
        );
        sandbox.file(&format!("apps/app-{app:03}/base/d.yaml"), deployment);
        for environment in ["stg", "prd"] {
            let overlay = format!("resources: [../base]\n{}", text(app, "1.0.0"));
            sandbox.file(&place(app, environment), overlay);
        }
    }
    sandbox.commit_all("all of them");
    sandbox.file(&place(7, "stg"), format!("resources: [../base]\n{}", text(7, "1.1.0")));
    sandbox.commit_all("bump one");
    sandbox.file("README.md", "Manifests.\n");
    sandbox.commit_all("say what it is");
    let output = sandbox
        .rakops(["status", "--local", "-o", "json", "-vv"])
        .run()
        .expect(0);
    let said = output.json();
    let cells = said["cells"].as_array().unwrap();
    assert_eq!(cells.len(), 420, "{said}");
    let moment = |revision: &str| {
        let date = sandbox.git([
            "log",
            "-1",
            "--format=%cd",
            "--date=format:%Y-%m-%dT%H:%M:%SZ",
            revision,
        ]);
        date.trim().to_owned()
    };
    let (first_moment, second_moment) = (moment("HEAD~2"), moment("HEAD~1"));
    assert_ne!(first_moment, second_moment);
    for cell in cells {
        let is_bumped = cell["image"] == "acme/app-7" && cell["environment"] == "stg";
        let expected = if is_bumped { &second_moment } else { &first_moment };
        assert_eq!(cell["since"], **expected, "{cell}");
    }
    let runs = output.stderr.lines().filter(|line| line.contains(" git::program: "));
    assert_eq!(runs.count(), 2, "{}", output.stderr);
}
