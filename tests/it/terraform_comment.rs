//! `rakops terraform comment`: one comment for each root and workspace, on every forge, within its size.

use serde_json::{Value, json};

use crate::harness::Sandbox;
use crate::harness::cmd::Output;
use crate::harness::forges::gitea::Gitea;
use crate::harness::forges::github::GitHub;
use crate::harness::forges::gitlab::GitLab;
use crate::harness::forges::{Bench, Fault, ME, TOKEN};
use crate::harness::plan::{assert_secret_free, busy, change, plan};

/// The text that would be sent.
fn shown(sandbox: &Sandbox, plan: Option<&Value>, words: &[&str]) -> String {
    let words = ["terraform", "comment", "-n"].iter().chain(words);
    let input = plan.map(Value::to_string).unwrap_or_default();
    let output = sandbox.rakops(words).stdin(input).run().expect(0);
    output.stdout().to_owned()
}

fn units(text: &str) -> usize {
    text.encode_utf16().count()
}

/// Fails the test if a block of code is left open; returns what stands in no block.
#[track_caller]
fn outside_of_blocks(text: &str) -> String {
    let mut open: Option<String> = None;
    let mut outside = String::new();
    for line in text.lines() {
        let ticks: String = line.chars().take_while(|c| *c == '`').collect();
        match &open {
            Some(fence) if line == ticks && ticks.len() >= fence.len() => open = None,
            Some(_) => {}
            None if ticks.len() >= 3 => open = Some(ticks),
            None => outside.push_str(&format!("{line}\n")),
        }
    }
    assert_eq!(open, None, "a block is left open");
    outside
}

#[test]
fn one_comment_for_each_root_and_workspace_on_every_forge() {
    let benches = [Bench::new(GitHub), Bench::new(GitLab), Bench::new(Gitea)];
    for bench in benches {
        let _ = bench.pr(&["create", "--title", "app"]).run().expect(0);
        bench
            .forge
            .shelf()
            .comment(1, "anna", "<!-- rakops:sticky:terraform:infra:default -->\nmine");
        let keep = |words: &[&str], run: &str, plan: &Value| -> Output {
            let url = format!("https://ci.example.com/runs/{run}");
            let all = ["terraform", "comment", "-", "--pr", "1", "--run-url", &url].into_iter();
            bench
                .rakops(all.chain(words.iter().copied()))
                .stdin(plan.to_string())
                .run()
                .expect(0)
        };
        let (one, two) = (plan(&[change("a.a", &["create"])]), plan(&[change("b.b", &["delete"])]));
        assert!(keep(&["--root", "infra"], "1", &one).stderr.contains("made"));
        let before = bench.forge.writes().len();
        assert!(
            keep(&["--root", "./infra/"], "2", &one)
                .stderr
                .contains("already said so")
        );
        assert_eq!(bench.forge.writes().len(), before, "nothing is sent");
        assert!(keep(&["--root", "infra"], "3", &two).stderr.contains("replaced"));
        assert!(
            keep(&["--root", "infra", "--workspace", "blue"], "3", &two)
                .stderr
                .contains("made")
        );
        assert!(keep(&["--root", "infra/db"], "3", &two).stderr.contains("made"));
        let own: Vec<String> = {
            let shelf = bench.forge.shelf();
            shelf
                .notes
                .iter()
                .filter(|note| note.author == ME)
                .map(|note| note.body.clone())
                .collect()
        };
        assert_eq!(own.len(), 3, "{own:#?}");
        assert!(
            own[0].starts_with("<!-- rakops:sticky:terraform:infra:default -->\n### Terraform: `infra`\n"),
            "{}",
            own[0]
        );
        assert!(
            own[0].contains("- delete  b.b") && own[0].contains("runs/3"),
            "{}",
            own[0]
        );
        assert!(own[1].contains("`infra`, workspace `blue`"), "{}", own[1]);
    }
}

#[test]
fn it_tells_steps_then_what_is_lost_then_the_rest() {
    let sandbox = Sandbox::new();
    sandbox.repository();
    sandbox.file("fmt.diff", "--- old/main.tf\n+++ new/main.tf\n-a=1\n+a = 1\n");
    let words = [
        "--root",
        "infra",
        "--step",
        "fmt=failure",
        "--step",
        "init=success",
        "--step",
        "tflint=",
        "--fmt-diff",
        "fmt.diff",
        "--plan-commit",
        "4f0c2f1",
        "--run-url",
        "https://ci.example.com/1",
    ];
    let text = shown(&sandbox, Some(&busy()), &words);
    let expected = "\
### Terraform: `infra`

| step | outcome |
|---|---|
| `fmt` | **failure** |
| `init` | success |
| `tflint` | **skipped** |

Plan: 2 to delete, 2 to replace, 1 to forget, 1 to create, 2 to update, 1 to read, 1 to import, 1 to move, 2 outputs change.

**The plan is not complete: another one is needed after it is applied.**

**Warning: this plan deletes 2 resources and replaces 2.**

```diff
- delete  aws_instance.web  (deposed object)
- delete  aws_s3_bucket.logs  (no longer in the configuration)
- replace aws_lb.first  (created before the old one goes; it is tainted)
- replace module.db.aws_db_instance.main[\"a|`@team\"]  (because of engine, tags)
```

<details open><summary>Other changes (6)</summary>

```diff
! forget  aws_route53_record.old
+ create  aws_sqs_queue.jobs
! update  aws_vpc.main  (imported)
! update  null_resource.odd\\n::set-output name=x::y\\u{1b}[31m
  read    data.aws_ami.base
  move    aws_eip.new  (moved from aws_eip.old)
```

</details>

<details open><summary>Outputs (2)</summary>

```diff
! update  endpoint
+ create  password
```

</details>

<details open><summary>Checks that fail (1)</summary>

```
check.health
```

</details>

<details><summary>Put off until a later plan (1)</summary>

```
aws_subnet.later
```

</details>

<details><summary>Changed outside of the configuration (1)</summary>

```
update  aws_security_group.web
```

</details>

<details><summary>What fmt would change (4)</summary>

```diff
--- old/main.tf
+++ new/main.tf
-a=1
+a = 1
```

</details>

Planned at `4f0c2f1`.

[The run](https://ci.example.com/1) <!-- rakops:no-news -->
";
    assert_eq!(text, expected);
    assert_secret_free(&text);
}

#[test]
fn nobody_is_called_and_nothing_is_markup() {
    let sandbox = Sandbox::new();
    sandbox.repository();
    let hostile = "x[\"`````\\n@acme/sre <img src=x> </details> <!-- rakops:sticky:other -->\n# big\n```\n@team\"]";
    sandbox.file(
        "plan.txt",
        format!("\u{1b}[31m- x\u{1b}[0m\r\n````````\n@acme/sre\n</details>\n{hostile}"),
    );
    let mut odd = plan(&[
        change(hostile, &["delete"]),
        change(&format!("y{hostile}"), &["create"]),
    ]);
    odd["output_changes"] = json!({"@team\n```": {"actions": ["create"]}});
    let words = [
        "--root",
        "a`@team`\n# x",
        "--workspace",
        "@team",
        "--step",
        "fmt=success",
        "--plan-text",
        "plan.txt",
    ];
    let text = shown(&sandbox, Some(&odd), &words);
    let outside = outside_of_blocks(&text);
    for (at, _) in outside.match_indices("@team") {
        let line = &outside[outside[..at].rfind('\n').map_or(0, |it| it + 1)..];
        assert!(
            line.starts_with("### Terraform: ``a`@team` # x``, workspace `@team`\n"),
            "{outside}"
        );
    }
    assert!(
        !outside.contains("acme/sre") && !outside.contains("<img") && !outside.contains("sticky:other"),
        "{outside}"
    );
    assert!(!text.contains('\u{1b}') && !text.contains('\r'));
    for bad in ["a", "=success", "fmt=maybe", "a|b=success", "@team=success"] {
        let output = sandbox
            .rakops(["terraform", "comment", "-n", "--step", bad])
            .run()
            .expect(2);
        assert!(
            output.stderr.contains("NAME=success, failure, cancelled or skipped"),
            "{}",
            output.all()
        );
    }
    for bad in ["javascript:x", "https://x/)(https://y", "https://x y"] {
        let words = ["terraform", "comment", "-n", "--run-url", bad];
        let _ = sandbox.rakops(words).stdin(plan(&[]).to_string()).run().expect(2);
    }
}

#[test]
fn where_planning_failed_the_outcomes_are_told_without_a_plan() {
    let sandbox = Sandbox::new();
    sandbox.repository();
    sandbox.file("errors.txt", "Error: Unsupported argument\n");
    let words = [
        "--step",
        "fmt=success",
        "--step",
        "validate=failure",
        "--step",
        "plan=skipped",
        "--plan-text",
        "errors.txt",
    ];
    for file in ["-", "missing.json"] {
        let text = shown(&sandbox, None, &[&[file], &words[..]].concat());
        assert!(
            text.contains("There is no plan: `validate` ended with failure."),
            "{text}"
        );
        assert!(text.contains("Error: Unsupported argument"), "{text}");
    }
    // What should be there and is not is no comment.
    let success = ["terraform", "comment", "-n", "--step", "plan=success"];
    let _ = sandbox.rakops(success).stdin("").run().expect(3);
    let missing = ["terraform", "comment", "missing.json", "-n", "--step", "plan=success"];
    let _ = sandbox.rakops(missing).run().expect(5);
    let _ = sandbox.rakops(["terraform", "comment", "-n"]).stdin("").run().expect(3);
}

#[test]
fn a_long_plan_text_is_cut_and_the_list_of_what_is_lost_is_not() {
    let sandbox = Sandbox::new();
    sandbox.repository();
    let lost: Vec<Value> = (0..400)
        .map(|n| change(&format!("module.a.x_y.lost[\"{n}\"]"), &["delete"]))
        .collect();
    let made: Vec<Value> = (0..200)
        .map(|n| change(&format!("x_y.made[\"{n}\"]"), &["create"]))
        .collect();
    let all = plan(&[lost, made].concat());
    let line = "  + resource \"terraform_data\" \"x\" { # 決済😀 ```` } \n";
    sandbox.file("plan.txt", line.repeat(300_000 / line.len()));
    let words = ["--plan-text", "plan.txt", "--run-url", "https://ci.example.com/1"];
    let text = shown(&sandbox, Some(&all), &words);
    assert!(units(&text) < 60_000 && units(&text) > 55_000, "{}", units(&text));
    let _ = outside_of_blocks(&text);
    for n in 0..400 {
        assert!(text.contains(&format!("- delete  module.a.x_y.lost[\"{n}\"]\n")), "{n}");
    }
    assert!(text.contains("x_y.made[\"199\"]"), "what is shorter stays whole");
    assert!(text.contains(" lines more in the run._\n") && text.ends_with("<!-- rakops:no-news -->\n"));
}

#[test]
fn a_list_of_losses_that_is_too_long_by_itself_says_how_much_more_there_is() {
    let sandbox = Sandbox::new();
    sandbox.repository();
    let address = |n: usize| format!("module.{}.x_y.lost[\"{n:05}\"]", "a".repeat(80));
    let noted = |n: usize| {
        let mut one = change(&address(n), &["delete", "create"]);
        one["change"]["replace_paths"] =
            json!([["a_rather_long_attribute_name_it_is_because_of_which_all_this_happens"]]);
        one
    };
    // With notes they do not fit, without they do.
    let some: Vec<Value> = (0..450).map(noted).collect();
    let text = shown(&sandbox, Some(&plan(&some)), &[]);
    assert!(units(&text) < 60_000);
    assert!((0..450).all(|n| text.contains(&address(n))) && !text.contains("because of"));
    let many: Vec<Value> = (0..5000).map(noted).collect();
    let text = shown(&sandbox, Some(&plan(&many)), &[]);
    assert!(units(&text) < 60_000 && units(&text) > 55_000, "{}", units(&text));
    let _ = outside_of_blocks(&text);
    let listed = text.matches("- replace ").count();
    let rest = format!("**{} resources more in the log of the run.**", 5000 - listed);
    assert!(listed > 400 && text.contains(&rest), "{listed}");
    assert!(text.contains("**Warning: this plan replaces 5000 resources.**"));
}

#[test]
fn the_text_of_the_plan_is_shown_only_where_it_is_handed_over_and_without_what_is_sensitive() {
    let sandbox = Sandbox::new();
    sandbox.repository();
    let text = shown(&sandbox, Some(&busy()), &["-vv"]);
    assert_secret_free(&text);
    sandbox.file("plan.txt", "  ~ output = \"hunter2-sensitive\" -> (known after apply)\n    input = \"plain-attribute-marker\"\n    v = \"variable-marker\"\n");
    let text = shown(&sandbox, Some(&busy()), &["--plan-text", "plan.txt"]);
    assert!(text.contains("plain-attribute-marker"), "{text}");
    assert!(
        !text.contains("hunter2") && !text.contains("variable-marker") && text.contains("\"(sensitive value)\" ->"),
        "{text}"
    );
}

#[test]
fn what_is_no_plan_is_posted_nowhere() {
    let bench = Bench::new(GitHub);
    let _ = bench.pr(&["create", "--title", "app"]).run().expect(0);
    let before = bench.forge.shelf().notes.len();
    let whole = busy().to_string();
    let future = whole.replacen("\"format_version\":\"1.2\"", "\"format_version\":\"2.0\"", 2);
    for text in [&whole[..whole.len() / 2], "Terraform will perform", "{}", "", &future] {
        let words = ["terraform", "comment", "--pr", "1", "-vv"];
        let output = bench.rakops(words.into_iter()).stdin(text).run().expect(3);
        assert_secret_free(&output.all());
    }
    assert_eq!(bench.forge.shelf().notes.len(), before);
}

#[test]
fn the_pull_request_is_what_the_run_is_about_and_that_of_a_fork_is_told_so() {
    let bench = Bench::new(GitHub);
    let _ = bench.pr(&["create", "--title", "app"]).run().expect(0);
    let event = |head: &str| {
        json!({"number": 1, "pull_request": {"number": 1, "head": {"sha": "4f0c2f1", "repo": {"full_name": head}},
               "base": {"repo": {"full_name": "acme/manifests"}}}})
    };
    bench.sandbox.file("../event.json", event("acme/manifests").to_string());
    bench
        .sandbox
        .file("../fork.json", event("mallory/manifests").to_string());
    let path = |name: &str| bench.sandbox.path(name).to_string_lossy().into_owned();
    let run = |event: &str| {
        bench
            .rakops(["terraform", "comment", "-"].into_iter())
            .env("GITHUB_ACTIONS", "true")
            .env("GITHUB_EVENT_PATH", path(event))
            .env("GITHUB_SHA", "aaaaaaa")
            .env("GITHUB_SERVER_URL", "https://github.example.com")
            .env("GITHUB_REPOSITORY", "acme/manifests")
            .env("GITHUB_RUN_ID", "7")
            .stdin(plan(&[change("a.a", &["create"])]).to_string())
            .run()
    };
    let output = run("../event.json").expect(0);
    assert!(output.stderr.contains("on pull request 1: made"), "{}", output.all());
    let body = bench.forge.shelf().notes[0].body.clone();
    assert!(
        body.contains("Planned at `4f0c2f1`.")
            && body.contains("https://github.example.com/acme/manifests/actions/runs/7"),
        "{body}"
    );
    bench.forge.shelf().notes.clear();
    let refusal = json!({"message": "Resource not accessible by integration"}).to_string();
    bench
        .forge
        .fault("POST", "/comments", Fault::Answer(403, Vec::new(), refusal));
    let output = run("../fork.json").expect(4);
    assert!(
        output.stderr.contains("the pull request comes from a fork"),
        "{}",
        output.all()
    );
    let is_told = output
        .all()
        .lines()
        .any(|line| line.contains(TOKEN) && !line.starts_with("::add-mask::"));
    assert!(bench.forge.shelf().notes.is_empty() && !is_told, "{}", output.all());
    // GitLab and a bare reference tell the number, too; and without a token nothing is asked.
    for variables in [
        [("GITLAB_CI", "true"), ("CI_MERGE_REQUEST_IID", "1")],
        [("GITHUB_ACTIONS", "true"), ("GITHUB_REF", "refs/pull/1/merge")],
    ] {
        let mut cmd = bench
            .rakops(["terraform", "comment", "-"].into_iter())
            .env("GITHUB_TOKEN", "")
            .env("GH_TOKEN", "");
        for (name, value) in variables {
            cmd = cmd.env(name, value);
        }
        let output = cmd
            .env("RAKOPS_GITHUB_TOKEN", "")
            .stdin(plan(&[]).to_string())
            .run()
            .expect(4);
        assert!(output.stderr.contains("error[no-token]"), "{}", output.all());
    }
}

#[test]
fn the_root_is_a_directory_of_the_repository_from_wherever_it_is_typed() {
    let sandbox = Sandbox::new();
    sandbox.repository().file("infra/prd/main.tf", "");
    let key = |words: &[&str], cwd: &str| {
        let words = ["terraform", "comment", "-n", "-o", "json"].iter().chain(words);
        let cmd = sandbox.rakops(words).cwd(cwd).stdin(plan(&[]).to_string());
        cmd.run().expect(0).json()["key"].as_str().unwrap().to_owned()
    };
    assert_eq!(key(&[], "."), "terraform:.:default");
    assert_eq!(key(&[], "infra/prd"), "terraform:infra/prd:default");
    assert_eq!(key(&["--root", "prd"], "infra"), "terraform:infra/prd:default");
    assert_eq!(
        key(&["-C", "infra/prd", "--workspace", "a b"], "."),
        "terraform:infra/prd:a_20b"
    );
    let outside = ["terraform", "comment", "-n", "--root", "../.."];
    let _ = sandbox.rakops(outside).stdin("").run().expect(2);
}

#[test]
fn a_secret_is_masked_in_the_plans_text_whatever_terraform_and_windows_make_of_it() {
    let sandbox = Sandbox::new();
    sandbox.repository();
    let mut update = change("terraform_data.a", &["update"]);
    update["change"]["before"]["secret"] = json!("{\"password\": \"inner-marker\", \"list\": [\"listed-marker\"]}");
    let plan = plan(&[update]).to_string();
    let text = "~ output = jsonencode(\n    {\n      - list     = [\n          - \"listed-marker\",\n        ]\n      - password = \
                \"inner-marker\"\n    }\n)\n~ other = \"hunter2-sensitive\"\n";
    sandbox.file("plan.txt", text);
    let utf16 = |text: &str| -> Vec<u8> {
        let units = std::iter::once(0xfeff).chain(text.encode_utf16());
        units.flat_map(u16::to_le_bytes).collect()
    };
    let forms: [Vec<u8>; 3] = [
        plan.clone().into_bytes(),
        [b"\xef\xbb\xbf", plan.as_bytes()].concat(),
        utf16(&plan),
    ];
    for form in forms {
        let words = ["terraform", "comment", "-n", "--plan-text", "plan.txt"];
        let output = sandbox.rakops(words).stdin(form).run().expect(0);
        assert!(output.stdout().contains("password"), "{}", output.all());
        for secret in ["inner-marker", "listed-marker", "hunter2-sensitive"] {
            assert!(!output.all().contains(secret), "{secret}\n{}", output.all());
        }
    }
    // Deeper than can be looked through: the plan is told, and its text is not.
    let deep = format!("{}{}", "[".repeat(200), "]".repeat(200));
    let deep = plan.replace(
        "\"timestamp\":",
        &format!("\"variables\":{{\"deep\":{{\"value\":{deep}}}}},\"timestamp\":"),
    );
    let deep = deep.replacen(
        "\"variables\":{\"secret\":{\"value\":\"variable-marker\"}}",
        "\"other\":0",
        1,
    );
    let words = ["terraform", "comment", "-n", "--plan-text", "plan.txt"];
    let output = sandbox.rakops(words).stdin(deep.clone()).run().expect(3);
    assert!(output.stderr.contains("sensitive-unknown"), "{}", output.all());
    assert!(!output.all().contains("-marker"), "{}", output.all());
    sandbox
        .rakops(["terraform", "comment", "-n"])
        .stdin(deep)
        .run()
        .expect(0);
}
