//! `rakops init` and `rakops config`.

use crate::harness::Sandbox;
use crate::harness::golden::assert_golden;

#[test]
fn init_writes_down_what_is_inferred_and_it_is_right() {
    let sandbox = Sandbox::new();
    sandbox.shop();
    let before = sandbox.rakops(["config", "show", "-o", "json"]).run().expect(0).json();
    sandbox.rakops(["init"]).run().expect(0);
    let text = sandbox.read("rakops.yaml");
    assert!(
        text.contains("strategy: trunk\n") && text.contains("  - name: dev\n    path: overlays/dev\n"),
        "{text}"
    );
    sandbox.rakops(["config", "check"]).run().expect(0);
    let after = sandbox.rakops(["config", "show", "-o", "json"]).run().expect(0).json();
    let values = |document: &serde_json::Value| {
        let mut values: Vec<(String, String)> = document["values"]
            .as_array()
            .unwrap()
            .iter()
            .map(|it| {
                (
                    it["key"].as_str().unwrap().to_owned(),
                    it["value"].as_str().unwrap().to_owned(),
                )
            })
            .collect();
        values.sort();
        values
    };
    assert_eq!(values(&before), values(&after));
    sandbox.rakops(["init"]).run().expect(3);
}

#[test]
fn init_shows_the_file_and_writes_nothing_on_a_dry_run() {
    let sandbox = Sandbox::new();
    sandbox.shop();
    let output = sandbox.rakops(["init", "-n"]).run().expect(0);
    assert!(output.stdout().contains("+strategy: trunk\n"), "{}", output.stdout());
    assert!(!sandbox.path("rakops.yaml").exists());
}

#[test]
fn init_quotes_what_would_not_be_read_as_it_is() {
    let sandbox = Sandbox::new();
    for directory in ["@team/overlays/dev", "@team/overlays/prd", "010/overlays/dev"] {
        sandbox.file(&format!("{directory}/kustomization.yaml"), "resources: []\n");
    }
    let before = sandbox.rakops(["config", "show", "-o", "json"]).run().expect(0).json();
    sandbox.rakops(["init"]).run().expect(0);
    let text = sandbox.read("rakops.yaml");
    assert!(text.contains("    path: \"@team/overlays/prd\"\n"), "{text}");
    assert!(text.contains("      - 010/overlays/dev\n"), "{text}");
    sandbox.rakops(["config", "check"]).run().expect(0);
    let after = sandbox.rakops(["config", "show", "-o", "json"]).run().expect(0).json();
    let names = |document: &serde_json::Value| {
        let values = document["values"].as_array().unwrap().iter();
        let names = values.filter(|it| it["key"].as_str().unwrap().ends_with("name"));
        names.map(|it| it["value"].clone()).collect::<Vec<_>>()
    };
    assert_eq!(names(&before), names(&after));
}

/// A repository whose environments could be its directories or its branches.
fn ambiguous() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.shop();
    sandbox.git(["branch", "develop"]);
    sandbox.git(["branch", "staging"]);
    sandbox
}

#[test]
fn an_ambiguous_layout_shows_the_files_that_say_what_is_meant() {
    let sandbox = ambiguous();
    let output = sandbox.rakops(["config", "show"]).run().expect(2);
    assert_golden(&sandbox, "errors/ambiguous", &output.all());
}

#[test]
fn init_of_an_ambiguous_layout_needs_the_strategy() {
    let sandbox = ambiguous();
    let refused = sandbox.rakops(["init"]).run().expect(3);
    assert!(
        refused.stderr.contains("help: `--strategy NAME`: "),
        "{}",
        refused.stderr
    );
    assert!(!sandbox.path("rakops.yaml").exists());
    for (strategy, line) in [("trunk", "path: overlays/stg\n"), ("chain", "branch: develop\n")] {
        sandbox.rakops(["init", "--strategy", strategy]).run().expect(0);
        let text = sandbox.read("rakops.yaml");
        assert!(
            text.contains(&format!("strategy: {strategy}\n")) && text.contains(line),
            "{text}"
        );
        sandbox.rakops(["config", "check"]).run().expect(0);
        std::fs::remove_file(sandbox.path("rakops.yaml")).unwrap();
    }
}

#[test]
fn a_mistake_is_named_with_line_column_and_what_was_meant() {
    let sandbox = Sandbox::new();
    for (text, place, needle) in [
        (
            "enviroments:\n- name: dev\n",
            "rakops.yaml:1:1",
            "did you mean `environments`",
        ),
        (
            "environments:\n- name: dev\n  pth: x\n",
            "rakops.yaml:3:3",
            "did you mean `path`",
        ),
        ("strategy: chian\n", "rakops.yaml:1:11", "did you mean `chain`"),
        ("environments:\n- name: dev\n- name: dev\n", "rakops.yaml:3:9", "twice"),
        (
            "environments:\n- name: dev\n  soak: 5\n",
            "rakops.yaml:3:9",
            "length of time",
        ),
        (
            "environments:\n- name: dev\n  protected: maybe\n",
            "rakops.yaml:3:14",
            "`true` or `false`",
        ),
        ("environments: dev\n", "rakops.yaml:1:15", "expected a list"),
        ("images:\n- name: a\n  sites: [x]\n", "rakops.yaml:3:10", "FILE:PATH"),
        ("a: [1\n", "rakops.yaml:2:1", ""),
        (
            "images:\n- name: a\n  policy: semver:^x\n",
            "rakops.yaml:3:11",
            "semver range",
        ),
        (
            "images:\n- name: a\n  policy: newer-than\n",
            "rakops.yaml:3:11",
            "semver:RANGE",
        ),
        (
            "images:\n- name: a\n  sites: [\"f:a..b\"]\n",
            "rakops.yaml:3:11",
            "is not a path",
        ),
        ("pull_request:\n  title: to {envs}\n", "rakops.yaml:2:10", "`{env}`"),
        ("commit: {message: \"{image} {ref}\"}\n", "rakops.yaml:1:19", "`{ref}`"),
        ("guard: {protected: warn}\n", "rakops.yaml:1:9", "protected"),
        ("forge:\n  kind: githab\n", "rakops.yaml:2:9", "`gitlab`"),
        (
            "forge: {url: git.example.com}\n",
            "rakops.yaml:1:14",
            "no address of a forge",
        ),
        (
            "forge: {url: \"https://me:secret@git.example.com\"}\n",
            "rakops.yaml:1:14",
            "no address of a forge",
        ),
        ("commit:\n  author: Deploy Bot\n", "rakops.yaml:2:11", "Name <mail>"),
    ] {
        sandbox.file("rakops.yaml", text);
        let output = sandbox.rakops(["config", "check"]).run().expect(2);
        assert!(
            output.stderr.contains(place),
            "{text}: `{place}` is missing in\n{}",
            output.stderr
        );
        assert!(
            output.stderr.contains(needle),
            "{text}: `{needle}` is missing in\n{}",
            output.stderr
        );
    }
}

#[test]
fn what_is_named_and_not_there_is_noted_and_no_error() {
    let sandbox = Sandbox::new();
    sandbox.file("charts/api/values-dev.yml", "image: {tag: 1.0.0}\n");
    sandbox.file(
        "rakops.yaml",
        "environments:\n- name: dev\n  path: charts\n- name: prd\nimages:\n- name: acme/api\n  sites:\n  \
         - charts/api/values-{env}.yml:image.tag\n  - charts/web/values-{env}.yml:image.tag\n\
         commit: {message: \"{command}: {image} {from} -> {to}\"}\n",
    );
    let output = sandbox.rakops(["config", "check"]).run().expect(0);
    assert_golden(&sandbox, "config/notes", &output.all());
    let output = sandbox.rakops(["config", "check", "-o", "json"]).run().expect(0).json();
    assert_eq!(output["warnings"][0]["line"], 9);
    assert_eq!(output["warnings"][1]["code"], "environment-without-directory");
}

#[test]
fn auto_merge_of_an_environment_that_is_not_there_is_noted() {
    let sandbox = Sandbox::new();
    sandbox.shop();
    sandbox.file("rakops.yaml", "pull_request:\n  auto_merge: [dev, stage]\n");
    let output = sandbox.rakops(["config", "check", "-o", "json"]).run().expect(0).json();
    assert_eq!(output["warnings"][0]["code"], "auto-merge-without-environment");
    assert_eq!(
        (&output["warnings"][0]["line"], &output["warnings"][0]["column"]),
        (&2.into(), &21.into())
    );
    assert_eq!(output["warnings"].as_array().unwrap().len(), 1);
}

#[test]
fn the_forge_is_shown_with_who_says_so() {
    let sandbox = Sandbox::new();
    sandbox.shop();
    sandbox.git(["remote", "add", "origin", "git@gitlab.com:acme/manifests.git"]);
    let show = |more: &[(&str, &str)]| {
        let mut command = sandbox.rakops(["config", "show"]);
        for (name, value) in more {
            command = command.env(name, *value);
        }
        command.run().expect(0).stdout().to_owned()
    };
    assert!(show(&[]).contains("forge.kind\tgitlab\tinferred\nforge.url\thttps://gitlab.com\tinferred\n"));
    sandbox.file("rakops.yaml", "forge: {kind: gitlab, repository: acme/m}\n");
    sandbox.file(
        "../home/.config/rakops/config.yaml",
        "forges: [{host: gitlab.com, token_env: WORK}]\n",
    );
    let shown = show(&[("RAKOPS_FORGE_REPOSITORY", "acme/other")]);
    for line in [
        "forge.kind\tgitlab\trakops.yaml:1:15\n",
        "forge.repository\tacme/other\tRAKOPS_FORGE_REPOSITORY\n",
        "forges[0].token_env\tWORK\t",
        "commit.sign\tauto\tdefault\n",
    ] {
        assert!(shown.contains(line), "`{line}` is missing in\n{shown}");
    }
    assert!(!shown.contains("acme/m\t"), "{shown}");
    sandbox.file("rakops.yaml", "forge: {url: \"https://me:hunter2@gitlab.com\"}\n");
    assert!(!show(&[]).contains("hunter2"));
}

#[test]
fn flags_variables_and_the_users_file_are_shown_with_their_origin() {
    let sandbox = Sandbox::new();
    sandbox.shop();
    sandbox.file("../home/.config/rakops/config.yaml", "output: text\ncolor: never\n");
    let show = ["config", "show", "--no-input", "-C", "base"];
    let output = sandbox.rakops(show).env("RAKOPS_OUTPUT", "text").run().expect(0);
    let lines: Vec<&str> = output.stdout().lines().take(4).collect();
    assert_eq!(
        lines[..3],
        [
            "directory\tbase\t-C",
            "output\ttext\tRAKOPS_OUTPUT",
            "no_input\ttrue\t--no-input"
        ]
    );
    assert!(
        lines[3].starts_with("color\tnever\t") && lines[3].ends_with("config.yaml:2:8"),
        "{lines:?}"
    );
}

#[test]
fn two_spellings_in_one_root_are_an_error_that_names_both() {
    let sandbox = Sandbox::new();
    sandbox.file("rakops.yaml", "").file(".rakops.yaml", "");
    let output = sandbox.rakops(["config", "check"]).run().expect(2);
    assert!(
        output.stderr.contains("`rakops.yaml` and `.rakops.yaml`"),
        "{}",
        output.stderr
    );
}

#[test]
fn every_name_of_a_strategy_is_understood() {
    let sandbox = Sandbox::new();
    for name in [
        "trunk", "pattern3", "3", "chain", "pattern2", "2", "fan-out", "pattern1", "1",
    ] {
        sandbox.file("rakops.yaml", format!("strategy: {name}\n"));
        sandbox.rakops(["config", "check"]).run().expect(0);
    }
}

#[test]
fn the_configuration_is_found_from_below_and_no_further_than_the_repository() {
    let sandbox = Sandbox::new();
    sandbox.file("../rakops.yaml", "nonsense: true\n");
    sandbox.shop();
    sandbox.file("rakops.yaml", "environments: [{name: only, path: overlays/prd}]\n");
    let output = sandbox
        .rakops(["config", "show"])
        .cwd(sandbox.path("base"))
        .run()
        .expect(0);
    assert!(
        output
            .stdout()
            .contains("environments[0].name\tonly\trakops.yaml:1:23\n"),
        "{}",
        output.stdout()
    );
}

#[test]
fn the_users_file_holds_taste_only() {
    let sandbox = Sandbox::new();
    sandbox.file("../home/.config/rakops/config.yaml", "output: json\n");
    let output = sandbox.rakops(["images"]).run().expect(0).json();
    assert_eq!(output["command"], "images");
    sandbox.file("../home/.config/rakops/config.yaml", "environments: []\n");
    let output = sandbox.rakops(["images"]).run().expect(2);
    assert!(output.stderr.contains("rakops.yaml"), "{}", output.stderr);
}

#[test]
fn the_schema_is_json() {
    let sandbox = Sandbox::new();
    let schema = sandbox.rakops(["config", "schema"]).run().expect(0).json();
    assert_eq!(schema["title"], "rakops.yaml");
    assert_eq!(schema["additionalProperties"], false);
}

#[test]
fn an_empty_variable_is_one_that_is_not_set() {
    let sandbox = Sandbox::new();
    sandbox.shop();
    let _remote = sandbox.remote();
    let names = [
        "RAKOPS_DIRECTORY",
        "RAKOPS_REPO",
        "RAKOPS_CONFIG",
        "RAKOPS_OUTPUT",
        "RAKOPS_OUTPUT_FILE",
        "RAKOPS_COLOR",
        "RAKOPS_NO_INPUT",
        "RAKOPS_YES",
        "RAKOPS_TIMEOUT",
        "RAKOPS_TOKEN_FILE",
        "RAKOPS_CA_FILE",
    ];
    let mut command = sandbox.rakops(["bump", "api=7.0.0", "--env", "dev", "--push"]);
    for name in names {
        command = command.env(name, "");
    }
    let _ = command.run().expect(0);
}
