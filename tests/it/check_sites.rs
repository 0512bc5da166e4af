//! `rakops check` over every site: what floats, what readers of YAML take for something else, and where it takes effect.

use crate::harness::Sandbox;
use crate::harness::cmd::Output;

const DEPLOYMENT: &str = "kind: Deployment\nmetadata: {name: api}\nspec:\n  template:\n    spec:\n      containers:\n      - name: api\n        image: ghcr.io/acme/api:latest\n";

fn pinned(tag: &str) -> String {
    format!("resources: [../../base]\nimages:\n- name: ghcr.io/acme/api\n  newTag: {tag}\n")
}

fn base(sandbox: &Sandbox) {
    sandbox.file("base/kustomization.yaml", "resources: [api.yaml]\n");
    sandbox.file("base/api.yaml", DEPLOYMENT);
}

#[track_caller]
fn names(sandbox: &Sandbox, rule: &str) -> Vec<String> {
    let output = sandbox.rakops(["check", "--rule", rule, "-o", "name"]).run();
    assert!(matches!(output.code, 0 | 1), "{}", output.all());
    output.stdout().lines().map(str::to_owned).collect()
}

#[test]
fn the_command_that_is_advised_names_one_image() {
    let sandbox = Sandbox::new();
    let pod = "kind: Pod\nmetadata: {name: x}\nspec:\n  containers:\n  - {name: a, image: api}\n  - {name: b, image: 'ghcr.io/acme/api:latest'}\n  - {name: c, image: web}\n";
    sandbox.file("pod.yaml", pod);
    let output = sandbox.rakops(["check"]).run().expect(1);
    for advice in [
        "help: rakops bump docker.io/library/api=VERSION --untagged",
        "help: rakops bump ghcr.io/acme/api=VERSION",
        "help: rakops bump web=VERSION --untagged",
    ] {
        assert!(output.stderr.contains(advice), "{advice}: {}", output.all());
    }
    sandbox
        .rakops(["bump", "docker.io/library/api=1.4.2", "--untagged"])
        .run()
        .expect(0);
    assert_eq!(sandbox.read("pod.yaml"), pod.replace("image: api", "image: api:1.4.2"));
}

#[test]
fn a_base_that_every_overlay_pins_may_float() {
    let sandbox = Sandbox::new();
    sandbox.repository();
    base(&sandbox);
    for environment in ["dev", "stg", "prd"] {
        sandbox.file(&format!("overlays/{environment}/kustomization.yaml"), pinned("v1.4.2"));
    }
    sandbox.commit_all("three overlays");
    assert_eq!(names(&sandbox, "floating-tag"), Vec::<String>::new());
    // One build that leaves it as it is, and it counts.
    sandbox.file("overlays/dev/kustomization.yaml", "resources: [../../base]\n");
    let output = sandbox.rakops(["check", "--rule", "floating-tag"]).run().expect(1);
    assert_eq!(
        output.stdout(),
        "base/api.yaml:8:16\terror\tfloating-tag\tdev\tghcr.io/acme/api\n"
    );
    let shown = "8 |         image: ghcr.io/acme/api:latest\n  |                ^^^^^^^^^^^^^^^^^^^^^^^";
    assert!(output.stderr.contains(shown), "{}", output.all());
    let said = output.stderr.trim_end().lines().last().unwrap_or_default();
    assert!(
        said.ends_with("looked at 3 sites, no registry asked: 1 error found"),
        "{said}"
    );
}

#[test]
fn a_build_outside_of_all_environments_counts_too() {
    let sandbox = Sandbox::new();
    sandbox.repository();
    base(&sandbox);
    sandbox.file("overlays/stg/kustomization.yaml", pinned("v1.4.2"));
    sandbox.file("overlays/prd/kustomization.yaml", pinned("v1.4.1"));
    sandbox.file("preview/kustomization.yaml", "resources: [../base]\n");
    sandbox.commit_all("a preview");
    assert_eq!(names(&sandbox, "floating-tag"), ["floating-tag base/api.yaml:8:16"]);
    let prd = ["check", "--rule", "floating-tag", "--env", "prd"];
    let _ = sandbox.rakops(prd).run().expect(0);
}

#[test]
fn where_there_are_no_environments_the_builds_are_those_that_nobody_builds_on() {
    let sandbox = Sandbox::new();
    base(&sandbox);
    sandbox.file(
        "live/kustomization.yaml",
        pinned("v1.4.2").replace("../../base", "../base"),
    );
    assert_eq!(names(&sandbox, "floating-tag"), Vec::<String>::new());
    // What is in no build counts as it stands.
    sandbox.file("jobs/once.yaml", DEPLOYMENT.replace(":latest", ""));
    let output = sandbox.rakops(["check", "--rule", "floating-tag"]).run().expect(1);
    assert!(output.stdout().starts_with("jobs/once.yaml:8:16\t"), "{}", output.all());
    assert!(
        output.stderr.contains("states no version, which means `latest`"),
        "{}",
        output.all()
    );
}

#[test]
fn a_patch_and_a_component_take_effect_as_a_build_has_them() {
    let sandbox = Sandbox::new();
    base(&sandbox);
    sandbox.file("pins/kustomization.yaml", "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\nimages:\n- name: ghcr.io/acme/api\n  newTag: v1\n");
    sandbox.file(
        "live/kustomization.yaml",
        "resources: [../base]\ncomponents: [../pins]\n",
    );
    assert_eq!(names(&sandbox, "floating-tag"), Vec::<String>::new());
    sandbox.file(
        "live/kustomization.yaml",
        "resources: [../base]\npatches:\n- path: patch.yaml\n",
    );
    sandbox.file("live/patch.yaml", DEPLOYMENT.replace(":latest", ":edge"));
    assert_eq!(names(&sandbox, "floating-tag"), ["floating-tag live/patch.yaml:8:16"]);
}

#[test]
fn an_entry_that_matches_nothing_is_no_image_unless_a_build_has_more_than_is_here() {
    let sandbox = Sandbox::new();
    base(&sandbox);
    let entry = "images:\n- {name: ghcr.io/acme/api, newTag: v1}\n- {name: ghcr.io/acme/gone, newTag: latest}\n";
    sandbox.file("live/kustomization.yaml", format!("resources: [../base]\n{entry}"));
    assert_eq!(names(&sandbox, "floating-tag"), Vec::<String>::new());
    let remote = "resources: [../base, 'https://github.com/acme/more?ref=v1']\n";
    sandbox.file("live/kustomization.yaml", format!("{remote}{entry}"));
    assert_eq!(
        names(&sandbox, "floating-tag"),
        ["floating-tag live/kustomization.yaml:4:37"]
    );
}

#[test]
fn a_digest_a_chart_without_a_tag_and_a_placeholder_do_not_float() {
    let sandbox = Sandbox::new();
    let digest = format!("sha256:{}", "ab".repeat(32));
    sandbox.file("a.yaml", DEPLOYMENT.replace(":latest", &format!(":latest@{digest}")));
    sandbox.file(
        "charts/api/values.yaml",
        "image:\n  repository: ghcr.io/acme/api\n  tag: \"\"\n",
    );
    sandbox.file("b.yaml", DEPLOYMENT.replace(":latest", ":IMAGE_TAG"));
    sandbox.file("templates/c.yaml", DEPLOYMENT.replace(":latest", ":{{ .Values.tag }}"));
    assert_eq!(names(&sandbox, "floating-tag"), Vec::<String>::new());
}

#[test]
fn every_text_that_some_reader_takes_for_something_else_is_mistyped() {
    let tags = [
        "1.10",
        "123e456",
        "0x10",
        "1_000",
        "yes",
        "2024-01-01",
        "010",
        "0o17",
        "1e3",
        "20240101",
        "null_",
        "v1.10",
        "1.4.2",
        "\"1.10\"",
        "'1.10'",
    ];
    let sandbox = Sandbox::new();
    for (number, tag) in tags.iter().enumerate() {
        let text = format!("images:\n- name: acme/api\n  newTag: {tag}\n");
        sandbox.file(&format!("{number:02}/kustomization.yaml"), text);
    }
    let found = names(&sandbox, "mistyped-tag");
    let expected: Vec<String> = (0..10)
        .map(|number| format!("mistyped-tag {number:02}/kustomization.yaml:3:11"))
        .collect();
    assert_eq!(found, expected);
}

#[test]
fn a_tag_inside_of_a_reference_is_text_and_one_in_a_block_is_not() {
    let sandbox = Sandbox::new();
    sandbox.file("a.yaml", DEPLOYMENT.replace(":latest", ":1.10"));
    sandbox.file(
        "app.yaml",
        "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: x}\nspec:\n  source:\n    helm:\n      values: |\n        image:\n          repository: ghcr.io/acme/api\n          tag: 1.10\n",
    );
    assert_eq!(names(&sandbox, "mistyped-tag"), ["mistyped-tag app.yaml:10:16"]);
}

#[test]
fn paths_and_environments_choose_and_a_wrong_one_is_the_users_word() {
    let sandbox = Sandbox::new();
    sandbox.repository();
    sandbox.file("a/x.yaml", DEPLOYMENT);
    sandbox.file("b/y.yaml", DEPLOYMENT);
    sandbox.commit_all("two files");
    let output = sandbox.rakops(["check", "--path", "b", "-o", "name"]).run().expect(1);
    assert_eq!(output.stdout(), "floating-tag b/y.yaml:8:16\n");
    let _ = sandbox.rakops(["check", "--path", "c"]).run().expect(5);
    let _ = sandbox.rakops(["check", "--env", "nowhere"]).run().expect(5);
    let _ = sandbox.rakops(["check", "--rule", "nothing"]).run().expect(2);
    let _ = sandbox.rakops(["check", "no-such-branch"]).run().expect(5);
}

#[track_caller]
fn not_run(output: &Output, rule: &str) -> String {
    let said = output.json();
    let all = said["not_run"].as_array().unwrap().clone();
    let found = all.into_iter().find(|one| one["code"] == rule);
    found.unwrap_or_else(|| panic!("{said}"))["reason"]
        .as_str()
        .unwrap_or_default()
        .to_owned()
}

#[test]
fn without_git_and_without_commits_the_files_are_looked_at_all_the_same() {
    let sandbox = Sandbox::new();
    sandbox.file("x.yaml", DEPLOYMENT);
    let output = sandbox.rakops(["check", "-o", "json"]).run().expect(1);
    assert!(not_run(&output, "untried").contains("lies in no git repository"));
    assert_eq!(not_run(&output, "version-missing"), "--offline");
    sandbox.repository();
    let output = sandbox.rakops(["check", "-o", "json"]).run().expect(1);
    assert_eq!(not_run(&output, "foreign-ref"), "there is no commit yet");
    let said = output.json();
    assert_eq!(
        (&said["ok"], &said["findings"][0]["image"]),
        (&false.into(), &"ghcr.io/acme/api".into())
    );
    let _ = sandbox.rakops(["check", "main"]).run().expect(5);
}

#[test]
fn a_range_looks_at_the_files_of_its_newer_side() {
    let sandbox = Sandbox::new();
    sandbox.repository();
    sandbox.file("x.yaml", DEPLOYMENT.replace(":latest", ":v1"));
    sandbox.commit_all("fixed");
    sandbox.git(["switch", "--quiet", "--create", "floats"]);
    sandbox.file("x.yaml", DEPLOYMENT);
    sandbox.commit_all("floats");
    sandbox.git(["switch", "--quiet", "main"]);
    let _ = sandbox.rakops(["check"]).run().expect(0);
    let output = sandbox.rakops(["check", "main...floats"]).run().expect(1);
    assert!(
        output.stdout().starts_with("x.yaml:8:16\terror\tfloating-tag"),
        "{}",
        output.all()
    );
    // What is not committed counts where no range is given.
    sandbox.file("x.yaml", DEPLOYMENT.replace(":latest", ":edge"));
    let _ = sandbox.rakops(["check"]).run().expect(1);
    let _ = sandbox.rakops(["check", "HEAD"]).run().expect(0);
}

#[test]
fn levels_of_the_configuration_count_and_a_change_cannot_make_itself_milder() {
    let sandbox = Sandbox::new();
    sandbox.repository();
    sandbox.file("x.yaml", DEPLOYMENT);
    sandbox.file("rakops.yaml", "check:\n  levels:\n    floating-tag: warn\n");
    sandbox.commit_all("only a warning");
    let output = sandbox.rakops(["check"]).run().expect(0);
    assert!(
        output.stdout().contains("\twarning\tfloating-tag\t"),
        "{}",
        output.all()
    );
    sandbox.file("rakops.yaml", "check:\n  levels:\n    floating-tag: off\n");
    let _ = sandbox.rakops(["check"]).run().expect(0);
    sandbox.file("rakops.yaml", "check:\n  levels:\n    floating-tag: error\n");
    sandbox.commit_all("an error");
    sandbox.git(["switch", "--quiet", "--create", "milder"]);
    sandbox.file("rakops.yaml", "check:\n  levels:\n    floating-tag: off\n");
    sandbox.commit_all("make it milder");
    let output = sandbox.rakops(["check"]).run().expect(1);
    assert!(
        output.stderr.contains("counts once it is on the default branch"),
        "{}",
        output.all()
    );
}

#[test]
fn a_platform_that_is_none_is_told_with_its_place() {
    let sandbox = Sandbox::new();
    sandbox.file("rakops.yaml", "check:\n  platforms: [linux/amd64, amd64]\n");
    let output = sandbox.rakops(["check"]).run().expect(2);
    assert!(output.stderr.contains("rakops.yaml:2:28"), "{}", output.all());
    assert!(output.stderr.contains("`amd64` is not a platform"), "{}", output.all());
}

#[test]
fn many_findings_are_nine_annotations_and_all_of_the_report_of_gitlab() {
    let sandbox = Sandbox::new();
    for number in 0..15 {
        sandbox.file(&format!("{number:02}.yaml"), DEPLOYMENT);
    }
    let output = sandbox
        .rakops(["check", "--code-quality", "quality.json"])
        .env("GITHUB_ACTIONS", "true")
        .run()
        .expect(1);
    let annotations = output
        .all()
        .matches("::error title=rakops%3A floating-tag,file=")
        .count();
    assert_eq!(annotations, 9, "{}", output.all());
    let report: serde_json::Value = serde_json::from_str(&sandbox.read("quality.json")).unwrap();
    assert_eq!(report.as_array().map(Vec::len), Some(15));
}
