//! `rakops ci init`: what is written, and when nothing is.

use serde_json::json;
use yaml_rust2::Yaml;

use crate::harness::Sandbox;
use crate::harness::advice;
use crate::workflows::{assert_can_be_typed, at, combinations, parse, rakops_lines, scripts};

fn manifests() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.shop();
    sandbox.git(["remote", "add", "origin", "git@github.com:acme/manifests.git"]);
    sandbox
}

const CHECK: &str = ".github/workflows/rakops-check.yml";

#[test]
fn every_workflow_is_whole_yaml_and_leaves_no_mark() {
    for combination in combinations() {
        let files = combination.files();
        assert!(!files.is_empty(), "{combination:?}");
        for (path, text) in files {
            let _ = parse(&text);
            assert!(!text.contains("@@"), "{combination:?} {path}\n{text}");
            let trailing = text.lines().find(|line| line.ends_with(' '));
            assert_eq!(trailing, None, "{combination:?} {path}");
        }
    }
}

#[test]
fn no_value_reaches_a_script_but_through_the_environment() {
    for combination in combinations() {
        for (path, text) in combination.files() {
            for (job, script) in scripts(&parse(&text)) {
                assert!(!script.contains("${{"), "{combination:?} {path} {job}\n{script}");
            }
        }
    }
}

#[test]
fn every_action_is_a_commit_with_its_version_beside_it() {
    let mut seen = 0;
    for combination in combinations() {
        for (path, text) in combination.files() {
            for line in text.lines() {
                let Some(uses) = line.trim_start_matches([' ', '-']).strip_prefix("uses: ") else {
                    continue;
                };
                let (action, version) = uses.split_once(" # ").unwrap_or((uses, ""));
                let commit = action.split_once('@').unwrap().1;
                let is_commit = commit.len() == 40 && commit.bytes().all(|b| b.is_ascii_hexdigit());
                assert!(is_commit && version.starts_with('v'), "{path}: {line}");
                seen += 1;
            }
        }
    }
    assert!(seen > 40, "{seen}");
}

#[test]
fn jobs_on_github_have_the_least_they_need() {
    for combination in combinations().into_iter().filter(|it| it.forge == "github") {
        for (path, text) in combination.files() {
            let yaml = parse(&text);
            let context = format!("{combination:?} {path}");
            assert_eq!(
                yaml["permissions"],
                Yaml::Hash(yaml_rust2::yaml::Hash::new()),
                "{context}"
            );
            assert!(!text.contains("pull_request_target"), "{context}");
            for (name, job) in yaml["jobs"].as_hash().unwrap() {
                let name = name.as_str().unwrap();
                assert!(job["timeout-minutes"].as_i64().is_some(), "{context} {name}");
                assert!(job["permissions"].as_hash().is_some(), "{context} {name}");
                for step in job["steps"].as_vec().unwrap() {
                    let uses = step["uses"].as_str().unwrap_or_default();
                    if uses.starts_with("actions/checkout@") {
                        let keeps = at(step, &["with", "persist-credentials"]);
                        assert_eq!(keeps.as_bool(), Some(false), "{context} {name}");
                    }
                    if uses.starts_with("actions/create-github-app-token@") {
                        for key in [
                            "owner",
                            "repositories",
                            "permission-contents",
                            "permission-pull-requests",
                        ] {
                            assert!(at(step, &["with", key]).as_str().is_some(), "{context} {key}");
                        }
                    }
                }
            }
        }
    }
}

#[test]
fn nothing_that_writes_is_cancelled() {
    for combination in combinations() {
        for (path, text) in combination.files() {
            let yaml = parse(&text);
            let context = format!("{combination:?} {path}");
            for job in ["bump", "apply"] {
                let group = at(&yaml, &["jobs", job, "concurrency"]);
                if at(&yaml, &["jobs", job]).as_hash().is_some() {
                    assert_eq!(group["cancel-in-progress"].as_bool(), Some(false), "{context}");
                    let name = group["group"].as_str().unwrap();
                    assert!(name.len() > 4, "{context}");
                    // A group drops whichever job waited before: that may be the newer of two tags.
                    assert_eq!(job == "bump", name.ends_with("-${{ github.ref_name }}"), "{context}");
                }
            }
            for job in ["rakops:bump", "rakops:terraform-apply"] {
                if yaml[job].as_hash().is_some() {
                    assert!(yaml[job]["resource_group"].as_str().is_some(), "{context}");
                }
            }
        }
    }
}

#[test]
fn every_command_line_of_rakops_in_a_workflow_can_be_typed() {
    let mut root = advice::command();
    root.build();
    let mut lines = 0;
    for combination in combinations() {
        for (path, text) in combination.files() {
            for (job, script) in scripts(&parse(&text)) {
                for line in rakops_lines(&script) {
                    // The two come with commands that may not be there yet.
                    let mut words = line.split_whitespace().skip(1);
                    let family = words.next().and_then(|word| root.find_subcommand(word));
                    let verb = words.next().unwrap_or_default();
                    if line.starts_with("rakops terraform")
                        && family.is_none_or(|it| it.find_subcommand(verb).is_none())
                    {
                        continue;
                    }
                    assert_can_be_typed(&line, &format!("{combination:?} {path} {job}"));
                    lines += 1;
                }
            }
        }
    }
    assert!(lines > 40, "{lines}");
}

#[test]
fn command_lines_are_found_in_shell() {
    let script = "a=1\n# rakops nothing\nset -- --b c\nset -- \"$@\" --d\nif rakops x \"$@\"; then rakops y || rakops z \\\n  w\nfi\nln -s rakops /bin\necho rakops no\n";
    assert_eq!(
        rakops_lines(script),
        [
            "rakops x --b c --d; then rakops y || rakops z    w",
            "rakops y || rakops z    w",
            "rakops z    w"
        ]
    );
}

#[test]
fn it_writes_what_it_says_and_a_second_run_changes_nothing() {
    let sandbox = manifests();
    let output = sandbox.rakops(["ci", "init", "--kind", "manifests"]).run().expect(0);
    assert!(
        output.stdout().starts_with(&format!("wrote {CHECK}\n\nsettings")),
        "{}",
        output.all()
    );
    assert!(
        output.stdout().contains("  1. variable: RAKOPS_GIT\n"),
        "{}",
        output.all()
    );
    let before = sandbox.tree();
    let again = sandbox
        .rakops(["ci", "init", "--kind", "manifests", "--exit-code"])
        .run()
        .expect(0);
    assert!(
        again.stdout().starts_with(&format!("unchanged {CHECK}\n")),
        "{}",
        again.all()
    );
    assert_eq!(sandbox.tree(), before);
    let names = sandbox
        .rakops(["ci", "init", "--kind", "manifests", "-o", "name"])
        .run()
        .expect(0);
    assert_eq!(names.stdout(), format!("{CHECK}\n"));
}

#[test]
fn a_file_that_is_there_is_written_over_only_when_asked_to() {
    let sandbox = Sandbox::new();
    sandbox.repository();
    let plan = ".github/workflows/terraform-plan.yml";
    sandbox.files(&[("main.tf", "terraform {\n  cloud {}\n}\n"), (plan, "name: mine\n")]);
    let before = sandbox.tree();
    let words = ["ci", "init", "--kind", "terraform", "--forge", "github"];
    let refused = sandbox.rakops(words).run().expect(3);
    assert!(
        refused.stderr.contains(plan) && refused.stderr.contains("--overwrite"),
        "{}",
        refused.all()
    );
    // All or nothing: the other file is not there either.
    assert_eq!(sandbox.tree(), before);
    let shown = sandbox
        .rakops(words.into_iter().chain(["--overwrite", "-n"]))
        .run()
        .expect(0);
    assert!(shown.stdout().contains("-name: mine\n"), "{}", shown.all());
    assert!(shown.stdout().contains("would replace"), "{}", shown.all());
    assert_eq!(sandbox.tree(), before);
    let written = sandbox.rakops(words.into_iter().chain(["--overwrite"])).run().expect(0);
    assert!(
        written.stdout().contains(&format!("replaced {plan}\n")),
        "{}",
        written.all()
    );
    assert!(sandbox.read(plan).contains("  ROOTS: |\n    .\n"));
}

#[test]
fn the_document_has_files_settings_and_what_is_not_known() {
    let sandbox = Sandbox::new();
    sandbox.repository();
    sandbox.git(["remote", "add", "origin", "https://git.github.example.com/acme/api.git"]);
    let words = ["ci", "init", "--kind", "app", "--forge", "github", "-o", "json", "-n"];
    let document = sandbox.rakops(words).run().expect(0).json();
    let release = json!([{"path": ".github/workflows/release.yml", "state": "created"}]);
    assert_eq!(document["files"], release);
    assert_eq!(document["dry_run"], json!(true));
    assert_eq!(
        (&document["kind"], &document["forge"]),
        (&json!("app"), &json!("github"))
    );
    let codes: Vec<_> = document["warnings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| &it["code"])
        .collect();
    assert_eq!(codes, [&json!("value-not-known"), &json!("value-not-known")]);
    let settings = document["settings"].as_array().unwrap();
    assert!(settings.iter().any(|it| it["name"] == json!("RAKOPS_APP_PRIVATE_KEY")));
    assert!(sandbox.tree().is_empty());
}

#[test]
fn the_forge_is_named_where_the_remote_does_not_tell() {
    let sandbox = Sandbox::new();
    sandbox.repository();
    let words = ["ci", "init", "--kind", "manifests"];
    for origin in [
        None,
        Some("https://git.example.com/a/b.git"),
        Some("https://bitbucket.org/a/b.git"),
    ] {
        if let Some(origin) = origin {
            let _ = sandbox.try_git_in(&sandbox.dir(), ["remote", "remove", "origin"]);
            sandbox.git(["remote", "add", "origin", origin]);
        }
        let refused = sandbox.rakops(words).run().expect(2);
        assert!(refused.stderr.contains("forge-not-known"), "{}", refused.all());
        assert!(refused.stderr.contains("--forge gitlab"), "{}", refused.all());
    }
    sandbox.file("rakops.yaml", "forge: {kind: gitlab}\n");
    let _ = sandbox.rakops(words).run().expect(0);
    assert_eq!(
        sandbox.read(".gitlab-ci.yml"),
        "include:\n  - local: .gitlab/ci/rakops-manifests.yml\n"
    );
}

#[test]
fn a_pipeline_of_ones_own_stays_and_the_line_it_lacks_is_told() {
    let sandbox = Sandbox::new();
    sandbox.repository();
    sandbox.file(".gitlab-ci.yml", "stages: [build]\n");
    let words = ["ci", "init", "--kind", "app", "--forge", "gitlab"];
    let output = sandbox.rakops(words).run().expect(0);
    assert_eq!(sandbox.read(".gitlab-ci.yml"), "stages: [build]\n");
    assert!(
        output
            .stdout()
            .contains("  1. include: include:\n       - local: .gitlab/ci/rakops-app.yml\n"),
        "{}",
        output.all()
    );
}

#[test]
fn words_that_cannot_stand_in_a_workflow_are_refused() {
    let sandbox = manifests();
    let action = "acme/rakops@v1";
    for (code, more) in [
        (2, &["--kind", "app", "--image", "Not An Image"] as &[&str]),
        (
            2,
            &["--kind", "app", "--manifests", "https://me:secret@example.com/a/b"],
        ),
        (2, &["--kind", "app", "--manifests", "/srv/manifests"]),
        (2, &["--kind", "app", "--env", "a b"]),
        (2, &["--kind", "manifests", "--rakops-action", action]),
        (2, &["--kind", "manifests", "--rakops-git", "ext::sh -c x"]),
        (2, &["--kind", "manifests", "--repo", "https://example.com/a/b"]),
        (
            2,
            &["--kind", "terraform", "--default-branch", "a..b", "--root", "base"],
        ),
        (2, &["--kind", "terraform", "--tool-version", "1; rm", "--root", "base"]),
        (5, &["--kind", "terraform"]),
        (5, &["--kind", "terraform", "--root", "nothing"]),
    ] {
        let before = sandbox.tree();
        let refused = sandbox.rakops(["ci", "init"].iter().chain(more)).run().expect(code);
        assert!(!refused.stderr.contains("secret"), "{}", refused.all());
        assert_eq!(sandbox.tree(), before, "{more:?}");
    }
    let tag = sandbox
        .rakops(["ci", "init", "--kind", "manifests", "--rakops-action", action])
        .run()
        .expect(2);
    assert!(
        tag.stderr.contains("git ls-remote https://github.com/acme/rakops"),
        "{}",
        tag.all()
    );
}

#[test]
fn outside_of_a_repository_nothing_is_written() {
    let sandbox = Sandbox::new();
    let refused = sandbox
        .rakops(["ci", "init", "--kind", "manifests", "--forge", "github"])
        .run()
        .expect(5);
    assert!(refused.stderr.contains("no-repository"), "{}", refused.all());
    assert!(sandbox.tree().is_empty());
}

#[test]
fn the_first_environment_is_where_new_versions_go() {
    let sandbox = manifests();
    sandbox.file(
        "rakops.yaml",
        "environments:\n- name: qa\n  path: overlays/dev\n- name: prd\n  path: overlays/prd\n",
    );
    let _ = sandbox.rakops(["ci", "init", "--kind", "app"]).run().expect(0);
    let text = sandbox.read(".github/workflows/release.yml");
    assert!(
        text.contains("  ENVIRONMENT: qa\n") && text.contains("  IMAGE: ghcr.io/acme/manifests\n"),
        "{text}"
    );
}

#[cfg(unix)]
#[test]
fn no_file_is_made_beyond_a_link() {
    let sandbox = manifests();
    sandbox.file("../elsewhere/kept", "");
    std::os::unix::fs::symlink("../elsewhere", sandbox.path(".github")).unwrap();
    for words in [
        &["ci", "init", "--kind", "manifests"][..],
        &["ci", "init", "--kind", "manifests", "--overwrite"],
    ] {
        let output = sandbox.rakops(words.iter().copied()).run().expect(3);
        assert!(output.stderr.starts_with("error[beyond-link]"), "{}", output.all());
    }
    assert!(!sandbox.path("../elsewhere/workflows").exists());
}
