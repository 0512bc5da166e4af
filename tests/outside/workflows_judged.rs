//! What `rakops ci init` writes, before other judges: linters of workflows, the published schemas, the shell's own linter; and
//! its scripts, run.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use crate::harness::Sandbox;
use crate::harness::forges::github::GitHub;
use crate::harness::forges::{Bench, REPOSITORY, TOKEN};
use crate::harness::golden::project;
use crate::kustomize::renderer;
use crate::workflows::{Combination, combinations, parse, scripts};

/// What the linters need.
pub(crate) fn needs() -> Result<(), String> {
    tools().map(|_| ())
}

/// What running the scripts needs.
pub(crate) fn needs_to_run() -> Result<(), String> {
    let is_here = |program: &str| Command::new(program).arg("--version").output().is_ok();
    match (is_here("bash"), is_here("jq"), renderer()) {
        (true, true, Some(_)) => Ok(()),
        _ => Err("the scripts of workflows need bash, jq, and kubectl or kustomize".to_owned()),
    }
}

/// The tests.
pub(crate) const TESTS: &[(&str, fn())] = &[
    (
        "workflows::every_workflow_passes_the_linters",
        every_workflow_passes_the_linters,
    ),
    (
        "workflows::every_workflow_fits_its_published_schema",
        every_workflow_fits_its_published_schema,
    ),
    (
        "workflows::every_script_passes_the_linter_of_shells",
        every_script_passes_the_linter_of_shells,
    ),
    (
        "workflows::the_action_passes_the_linters",
        the_action_passes_the_linters,
    ),
    (
        "workflows::the_release_and_the_nightly_pass_the_linters",
        the_release_and_the_nightly_pass_the_linters,
    ),
    (
        "workflows::workflows_on_pages_pass_the_linters",
        workflows_on_pages_pass_the_linters,
    ),
    (
        "workflows::the_judges_object_to_what_is_wrong",
        the_judges_object_to_what_is_wrong,
    ),
];

/// Those that run scripts.
pub(crate) const RUN: &[(&str, fn())] = &[
    (
        "workflows::the_rendered_difference_is_what_kustomize_makes_of_both_sides",
        the_rendered_difference_is_what_kustomize_makes_of_both_sides,
    ),
    (
        "workflows::roots_are_those_that_changed_or_all_where_a_module_did",
        roots_are_those_that_changed_or_all_where_a_module_did,
    ),
    (
        "workflows::the_comment_is_kept_and_left_out_for_a_fork",
        the_comment_is_kept_and_left_out_for_a_fork,
    ),
];

/// The directory with `actionlint` and `bin/` of the Python tools.
fn tools() -> Result<PathBuf, String> {
    let there = Command::new(project().join("tests/workflows/install.sh"))
        .arg("--where")
        .output();
    let there = there.map_err(|cause| cause.to_string())?;
    match there.status.success() {
        true => Ok(PathBuf::from(String::from_utf8_lossy(&there.stdout).trim())),
        false => Err(String::from_utf8_lossy(&there.stderr).trim().to_owned()),
    }
}

fn run(program: &str, args: &[&str], directory: &Path) -> Output {
    let tools = tools().unwrap();
    let own = tools.join("bin");
    let mut path = vec![own.clone()];
    path.extend(std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default()));
    Command::new(own.join(program))
        .args(args)
        .current_dir(directory)
        .env("PATH", std::env::join_paths(path).unwrap())
        .output()
        .unwrap()
}

#[track_caller]
fn expect_green(what: &str, output: &Output) {
    let said = [output.stdout.as_slice(), &output.stderr].concat();
    assert!(output.status.success(), "{what}\n{}", String::from_utf8_lossy(&said));
}

/// The workflow files below a directory, as arguments.
fn written(sandbox: &Sandbox) -> Vec<String> {
    let files = sandbox.tree();
    files.into_keys().filter(|path| path.ends_with(".yml")).collect()
}

fn of(forge: &'static str) -> impl Iterator<Item = Combination> {
    combinations().into_iter().filter(move |it| it.forge == forge)
}

fn every_workflow_passes_the_linters() {
    for combination in of("github") {
        let sandbox = combination.write();
        let what = format!("{combination:?}");
        expect_green(&what, &run("actionlint", &["-color=false"], &sandbox.dir()));
        expect_green(
            &what,
            &run(
                "zizmor",
                &["--offline", "--no-progress", ".github/workflows"],
                &sandbox.dir(),
            ),
        );
    }
}

fn every_workflow_fits_its_published_schema() {
    for (forge, schema) in [("github", "vendor.github-workflows"), ("gitlab", "vendor.gitlab-ci")] {
        for combination in of(forge) {
            let sandbox = combination.write();
            let files = written(&sandbox);
            let mut args = vec!["--builtin-schema", schema];
            args.extend(files.iter().map(String::as_str));
            expect_green(
                &format!("{combination:?}"),
                &run("check-jsonschema", &args, &sandbox.dir()),
            );
        }
    }
}

fn every_script_passes_the_linter_of_shells() {
    for combination in combinations() {
        let sandbox = combination.write();
        for path in written(&sandbox) {
            for (job, script) in scripts(&parse(&sandbox.read(&path))) {
                // Runners start bash, and jobs end at the first failure; jobs of GitLab here run in the shell of busybox.
                let (shell, head) = match combination.forge {
                    "github" => ("bash", "#!/usr/bin/env bash\nset -e\n"),
                    _ => ("busybox", "#!/bin/sh\nset -e\n"),
                };
                sandbox.file("script.sh", format!("{head}{script}"));
                let what = format!("{combination:?} {path} {job}\n{script}");
                let args = ["--shell", shell, "--severity", "warning", "script.sh"];
                expect_green(&what, &run("shellcheck", &args, &sandbox.dir()));
            }
        }
    }
}

fn the_action_passes_the_linters() {
    let schema = ["--builtin-schema", "vendor.github-actions", "action.yml"];
    expect_green("action.yml", &run("check-jsonschema", &schema, project()));
    expect_green(
        "action.yml",
        &run("zizmor", &["--offline", "--no-progress", "action.yml"], project()),
    );
}

fn the_release_and_the_nightly_pass_the_linters() {
    for path in [".github/workflows/release.yml", ".github/workflows/nightly.yml"] {
        expect_green(path, &run("actionlint", &["-color=false", path], project()));
        expect_green(path, &run("zizmor", &["--offline", "--no-progress", path], project()));
        let schema = ["--builtin-schema", "vendor.github-workflows", path];
        expect_green(path, &run("check-jsonschema", &schema, project()));
    }
    for script in ["tests/fuzz/run", "tests/deny/install.sh"] {
        expect_green(script, &run("shellcheck", &[script], project()));
    }
    for script in fs::read_dir(project().join(".github/scripts")).unwrap().flatten() {
        let script = script.path().to_string_lossy().into_owned();
        expect_green(&script, &run("shellcheck", &[&script], project()));
    }
}

/// Whole workflows of GitHub on the pages: those that have a name and a trigger.
fn workflows_on_pages_pass_the_linters() {
    let mut judged = 0;
    for directory in ["docs/guide", "docs/recipes"] {
        for page in fs::read_dir(project().join(directory)).unwrap().flatten() {
            let text = fs::read_to_string(page.path()).unwrap();
            for block in text
                .split("```yaml\n")
                .skip(1)
                .filter_map(|rest| rest.split("```\n").next())
            {
                if !(block.starts_with("name: ") && block.contains("\non:")) {
                    continue;
                }
                let sandbox = Sandbox::new();
                sandbox.repository().file(".github/workflows/page.yml", block);
                let what = format!("{}\n{block}", page.path().display());
                expect_green(&what, &run("actionlint", &["-color=false"], &sandbox.dir()));
                let args = ["--offline", "--no-progress", ".github/workflows"];
                expect_green(&what, &run("zizmor", &args, &sandbox.dir()));
                judged += 1;
            }
        }
    }
    assert!(judged > 0, "no page has a whole workflow any more");
}

/// A judge that lets everything pass judges nothing.
fn the_judges_object_to_what_is_wrong() {
    let sandbox = combinations().remove(0).write();
    let path = ".github/workflows/release.yml";
    let good = sandbox.read(path);
    sandbox.file(
        path,
        good.replace("run: rakops bump \"$IMAGE", "run: rakops bump \"${{ github.head_ref }}"),
    );
    assert!(!run("actionlint", &["-color=false"], &sandbox.dir()).status.success());
    assert!(
        !run("zizmor", &["--offline", "--no-progress", path], &sandbox.dir())
            .status
            .success()
    );
    sandbox.file(path, good.replace("runs-on:", "runs-in:"));
    let args = ["--builtin-schema", "vendor.github-workflows", path];
    assert!(!run("check-jsonschema", &args, &sandbox.dir()).status.success());
}

/// The script of a step, or of a job of GitLab, that holds these words.
fn script_with(sandbox: &Sandbox, path: &str, words: &str) -> String {
    let found = scripts(&parse(&sandbox.read(path)));
    let script = found.into_iter().find(|(_, script)| script.contains(words));
    script.expect("the workflow has such a script").1
}

/// Runs a script as a runner does, with the real rakops on the path.
fn bash(sandbox: &Sandbox, script: &str, variables: &[(&str, &str)]) -> (i32, String) {
    let bin = sandbox.root().join("bin");
    fs::create_dir_all(&bin).unwrap();
    let _ = std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_rakops"), bin.join("rakops"));
    let mut path = vec![bin];
    path.extend(std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default()));
    let temporary = sandbox.root().join("tmp").to_string_lossy().into_owned();
    let file = |name: &str| sandbox.root().join("tmp").join(name);
    let output = Command::new("bash")
        .args(["--noprofile", "--norc", "-e", "-c", script])
        .current_dir(sandbox.dir())
        .env_clear()
        .envs(sandbox.env())
        .env("PATH", std::env::join_paths(path).unwrap())
        .env("RUNNER_TEMP", &temporary)
        .env("GITHUB_STEP_SUMMARY", file("summary"))
        .env("GITHUB_OUTPUT", file("output"))
        .envs(variables.iter().copied())
        .output()
        .unwrap();
    let said = [output.stdout, output.stderr].concat();
    (
        output.status.code().unwrap_or(-1),
        String::from_utf8_lossy(&said).into_owned(),
    )
}

const CHECK: &str = ".github/workflows/rakops-check.yml";

/// The shop with a change of what all share, a change of one overlay, and a Secret that nobody may see.
fn changed_shop() -> (Sandbox, String, String) {
    let sandbox = Sandbox::new();
    sandbox.shop();
    sandbox.git(["remote", "add", "origin", "https://github.com/acme/manifests.git"]);
    let _ = sandbox.rakops(["ci", "init", "--kind", "manifests"]).run().expect(0);
    // A line of an object that would end a block of the comment.
    let note = "apiVersion: example.com/v1\nkind: Note\nmetadata:\n  name: note\ntext: |\n  ~~~~~~~~~~~~\n  said\n";
    sandbox.file("overlays/prd/note.yaml", note);
    let overlay = sandbox.read("overlays/prd/kustomization.yaml");
    let overlay = overlay.replacen("resources:", "resources:\n- note.yaml", 1);
    sandbox.file("overlays/prd/kustomization.yaml", overlay);
    let base = sandbox.commit_all("workflows").trim().to_owned();
    let secret = "secretGenerator:\n- name: login\n  literals: [password=hunter2]\n";
    let overlay = sandbox.read("overlays/prd/kustomization.yaml");
    sandbox.file(
        "overlays/prd/kustomization.yaml",
        format!("{overlay}namePrefix: new-\n{secret}"),
    );
    let head = sandbox.commit_all("a change").trim().to_owned();
    (sandbox, base, head)
}

fn the_rendered_difference_is_what_kustomize_makes_of_both_sides() {
    let (sandbox, base, head) = changed_shop();
    let kustomize = renderer().unwrap().join(" ");
    let script = script_with(&sandbox, CHECK, "git worktree add");
    let variables = [
        ("BASE", base.as_str()),
        ("HEAD", head.as_str()),
        ("KUSTOMIZE", kustomize.as_str()),
    ];
    let (code, said) = bash(&sandbox, &script, &variables);
    assert_eq!(code, 0, "{said}");
    let comment = fs::read_to_string(sandbox.root().join("tmp/rakops-comment.md")).unwrap();
    assert!(comment.contains("it reaches prd"), "{comment}");
    assert!(comment.contains("<code>overlays/prd</code>"), "{comment}");
    assert!(comment.contains("\n-  name: api\n+  name: new-api\n"), "{comment}");
    assert!(comment.contains("# a Secret, left out"), "{comment}");
    assert!(!comment.contains("aHVudGVyMg"), "{comment}");
    assert!(!comment.contains("overlays/stg"), "{comment}");
    assert!(comment.contains("\n   ~~~~~~~~~~~~\n"), "{comment}");
    assert!(comment.contains("\n~~~~~~~~~~~~~diff\n"), "{comment}");
    // What cannot be rendered is said, and the job is red.
    sandbox.file(
        "overlays/prd/kustomization.yaml",
        "resources: [../../base, nothing.yaml]\n",
    );
    let broken = sandbox.commit_all("broken").trim().to_owned();
    let variables = [
        ("BASE", base.as_str()),
        ("HEAD", broken.as_str()),
        ("KUSTOMIZE", kustomize.as_str()),
    ];
    let (code, said) = bash(&sandbox, &script, &variables);
    assert_eq!(code, 1, "{said}");
    let comment = fs::read_to_string(sandbox.root().join("tmp/rakops-comment.md")).unwrap();
    assert!(comment.contains("this cannot be rendered"), "{comment}");
}

fn the_comment_is_kept_and_left_out_for_a_fork() {
    let bench = Bench::new(GitHub);
    let sandbox = &bench.sandbox;
    let _ = sandbox
        .rakops(["ci", "init", "--kind", "manifests", "--forge", "github"])
        .run()
        .expect(0);
    let script = script_with(sandbox, CHECK, "pr comment");
    let _ = bench.pr(&["create", "--title", "A change"]).run().expect(0);
    let address = format!("http://{}", bench.forge.address);
    let mut variables: Vec<(&str, &str)> = vec![
        ("NUMBER", "1"),
        ("IS_FORK", "true"),
        ("RAKOPS_GITHUB_TOKEN", TOKEN),
        ("RAKOPS_FORGE_URL", &address),
        ("RAKOPS_FORGE_KIND", "github"),
        ("RAKOPS_FORGE_REPOSITORY", REPOSITORY),
    ];
    let (code, said) = bash(sandbox, &script, &variables);
    assert_eq!((code, said.as_str()), (0, ""), "nothing was rendered");
    fs::write(
        sandbox.root().join("tmp/rakops-comment.md"),
        "### What this change reaches\n",
    )
    .unwrap();
    let (code, said) = bash(sandbox, &script, &variables);
    assert!(code == 0 && said.contains("::notice::the token of a fork"), "{said}");
    variables[1] = ("IS_FORK", "false");
    for word in ["made", "already said so"] {
        let (code, said) = bash(sandbox, &script, &variables);
        assert!(code == 0 && said.contains(word), "{code} {said}");
    }
    let summary = fs::read_to_string(sandbox.root().join("tmp/summary")).unwrap();
    assert_eq!(summary.matches("What this change reaches").count(), 3);
}

fn roots_are_those_that_changed_or_all_where_a_module_did() {
    let combination = Combination {
        forge: "github",
        kind: "terraform",
        more: &[],
    };
    let sandbox = combination.write();
    sandbox.file("infra/new/main.tf", "terraform {\n  backend \"s3\" {}\n}\n");
    let base = sandbox.commit_all("workflows").trim().to_owned();
    let script = script_with(&sandbox, ".github/workflows/terraform-plan.yml", "changed-files");
    let roots = "infra/prd\ninfra/stg\n";
    let cases: [(&[&str], &str); 5] = [
        (&["README.md"], "[]"),
        (&["infra/prd/x.tf"], r#"["infra/prd"]"#),
        (&["infra/prd/deep/é.json", "docs/x.md"], r#"["infra/prd"]"#),
        (&["infra/modules/vpc/x.tf"], r#"["infra/prd","infra/stg"]"#),
        (&["infra/prd-old/notes.txt"], "[]"),
    ];
    for (files, expected) in cases {
        sandbox.git(["checkout", "--quiet", "--detach", &base]);
        for file in files {
            sandbox.file(file, "x");
        }
        let head = sandbox.commit_all("a change").trim().to_owned();
        let _ = fs::remove_file(sandbox.root().join("tmp/output"));
        let variables = [("BASE", base.as_str()), ("HEAD", head.as_str()), ("ROOTS", roots)];
        let (code, said) = bash(&sandbox, &script, &variables);
        assert_eq!(code, 0, "{said}");
        let output = fs::read_to_string(sandbox.root().join("tmp/output")).unwrap();
        assert_eq!(output, format!("roots={expected}\n"), "{files:?}");
        assert!(said.contains("::warning file=infra/new/main.tf::"), "{said}");
    }
}
