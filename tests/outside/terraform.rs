//! Plans by the real programs: Terraform where it is installed, and the OpenTofu that `tests/opentofu/build.sh` makes. Only
//! `terraform_data`, which is built in: nothing is downloaded.

use std::collections::BTreeSet;
use std::process::Command;

use serde_json::Value;

use crate::harness::Sandbox;
use crate::harness::golden::project;

/// What the tests need.
pub(crate) fn needs() -> Result<(), String> {
    match programs().is_empty() {
        true => Err("neither terraform nor tofu is here; tests/opentofu/build.sh makes one".to_owned()),
        false => Ok(()),
    }
}

/// The tests.
pub(crate) const TESTS: &[(&str, fn())] = &[
    (
        "terraform::a_real_plan_is_told_without_a_value",
        a_real_plan_is_told_without_a_value,
    ),
    (
        "terraform::a_plan_that_is_made_again_does_the_same",
        a_plan_that_is_made_again_does_the_same,
    ),
    (
        "terraform::a_comment_on_a_plan_of_300_kb_fits_and_has_every_loss",
        a_comment_on_a_plan_of_300_kb_fits_and_has_every_loss,
    ),
    (
        "terraform::what_is_no_json_form_of_a_plan_is_told_apart",
        what_is_no_json_form_of_a_plan_is_told_apart,
    ),
];

/// The programs that are here.
fn programs() -> Vec<String> {
    let built = Command::new(project().join("tests/opentofu/build.sh"))
        .arg("--where")
        .output();
    let built = built.ok().filter(|output| output.status.success());
    let built = built.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned());
    let works = |program: &&str| {
        Command::new(program)
            .arg("version")
            .output()
            .is_ok_and(|it| it.status.success())
    };
    let mut found: Vec<String> = ["terraform"]
        .iter()
        .filter(|it| works(it))
        .map(|it| (*it).to_owned())
        .collect();
    found.extend(built.or_else(|| ["tofu"].iter().find(|it| works(it)).map(|it| (*it).to_owned())));
    found
}

/// Marked as sensitive.
const SENSITIVE: &str = "marker-of-a-sensitive-variable";
/// In clear, and nobody's business all the same.
const PLAIN: &str = "marker-of-a-plain-attribute";

/// What stands before the change: 300 resources that are lost, and a few of each other kind.
const BEFORE: &str = r#"
variable "secret" {
  type      = string
  sensitive = true
}
resource "terraform_data" "lost" {
  for_each = toset([for n in range(300) : format("lost-%03d", n)])
  input    = "PLAIN ${each.key}"
}
resource "terraform_data" "replaced" {
  count            = 20
  input            = var.secret
  triggers_replace = ["one"]
}
resource "terraform_data" "changed" { input = "PLAIN" }
resource "terraform_data" "old" { input = var.secret }
resource "terraform_data" "forgotten" {}
output "plain" { value = terraform_data.changed.output }
output "secret" {
  value     = var.secret
  sensitive = true
}
"#;

/// What stands after it. Each new resource has a kilobyte of text.
const AFTER: &str = r#"
variable "secret" {
  type      = string
  sensitive = true
}
resource "terraform_data" "replaced" {
  count            = 20
  input            = var.secret
  triggers_replace = ["two", "PLAIN"]
}
resource "terraform_data" "changed" { input = "PLAIN again" }
resource "terraform_data" "new" { input = var.secret }
moved {
  from = terraform_data.old
  to   = terraform_data.new
}
removed {
  from = terraform_data.forgotten
  lifecycle { destroy = false }
}
import {
  to = terraform_data.imported
  id = "PLAIN-id"
}
resource "terraform_data" "imported" {}
resource "terraform_data" "made" {
  for_each = toset([for n in range(260) : "made-${n} ```` | @team"])
  input    = "PLAIN ${join("", [for n in range(100) : "決済😀 text "])}"
}
output "plain" { value = terraform_data.changed.output }
output "more" { value = "PLAIN" }
output "secret" {
  value     = "${var.secret} more"
  sensitive = true
}
"#;

/// A plan of the change, as `plan.json`, `plan.txt` and `tfplan`.
fn planned(program: &str) -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.repository();
    let run = |words: &[&str]| -> Vec<u8> {
        let output = Command::new(program)
            .args(words)
            .current_dir(sandbox.dir())
            .env_clear()
            .envs(sandbox.env())
            .env("CHECKPOINT_DISABLE", "1")
            .env("TF_VAR_secret", SENSITIVE)
            .output()
            .unwrap();
        assert!(
            output.status.success(),
            "{program} {words:?}\n{}{}",
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr)
        );
        output.stdout
    };
    sandbox.file("main.tf", BEFORE.replace("PLAIN", PLAIN));
    run(&["init", "-input=false"]);
    run(&["apply", "-input=false", "-auto-approve"]);
    sandbox.file("main.tf", AFTER.replace("PLAIN", PLAIN));
    run(&["plan", "-input=false", "-out=tfplan"]);
    sandbox.file("plan.json", run(&["show", "-json", "tfplan"]));
    run(&["plan", "-input=false", "-out=again"]);
    sandbox.file("again.json", run(&["show", "-json", "again"]));
    sandbox.file("state.json", run(&["show", "-json"]));
    sandbox.file("plan.txt", run(&["show", "tfplan"]));
    sandbox
}

#[track_caller]
fn assert_secret_free(text: &str) {
    assert!(!text.contains(SENSITIVE) && !text.contains(PLAIN), "{text}");
}

fn a_real_plan_is_told_without_a_value() {
    for program in programs() {
        let sandbox = planned(&program);
        for form in ["text", "json", "name"] {
            let words = ["terraform", "summary", "plan.json", "-vv", "-o", form];
            let output = sandbox.rakops(words).env("GITHUB_ACTIONS", "true").run().expect(0);
            assert_secret_free(&output.all());
        }
        let document = sandbox
            .rakops(["terraform", "summary", "plan.json", "-o", "json"])
            .run()
            .expect(0)
            .json();
        let counts = &document["counts"];
        let of = |name: &str| counts[name].as_u64().unwrap();
        assert_eq!(
            (
                of("delete"),
                of("replace"),
                of("update"),
                of("create"),
                of("forget"),
                of("move"),
                of("import")
            ),
            (300, 20, 1, 260, 1, 1, 1),
            "{program}: {counts}"
        );
        assert_eq!(of("outputs"), 3, "{program}: {counts}");
        assert_eq!(document["changed"], true);
        let replaced = document["resources"]
            .as_array()
            .unwrap()
            .iter()
            .find(|it| it["action"] == "replace")
            .unwrap();
        assert_eq!(
            replaced["because_of"],
            serde_json::json!(["triggers_replace"]),
            "{program}"
        );
        let text = sandbox
            .rakops(["terraform", "summary", "plan.json", "--exit-code"])
            .run()
            .expect(1);
        let first = text.stdout().lines().nth(2).unwrap();
        assert!(
            first.starts_with("delete\tterraform_data.lost[\"lost-000\"]"),
            "{first}"
        );
        println!("{program}: {}", text.stdout().lines().next().unwrap());
    }
}

fn a_plan_that_is_made_again_does_the_same() {
    for program in programs() {
        let sandbox = planned(&program);
        let same = ["terraform", "summary", "again.json", "--same-as", "plan.json"];
        sandbox.rakops(same).run().expect(0);
        let other = sandbox.read("plan.json").replace(PLAIN, "PLANTED");
        sandbox.file("plan.json", other);
        let output = sandbox.rakops(same).run().expect(3);
        assert!(
            output.stderr.contains("error[plan-differs]"),
            "{program}\n{}",
            output.all()
        );
        assert_secret_free(&output.all());
    }
}

fn a_comment_on_a_plan_of_300_kb_fits_and_has_every_loss() {
    for program in programs() {
        let sandbox = planned(&program);
        let size = sandbox.read("plan.txt").len();
        assert!(size >= 300_000, "{size}");
        let comment = |more: &[&str]| {
            let words = ["terraform", "comment", "plan.json", "-n", "-vv"].iter().chain(more);
            let output = sandbox.rakops(words).run().expect(0);
            (output.stdout().to_owned(), output.stderr)
        };
        let (alone, talk) = comment(&[]);
        assert_secret_free(&format!("{alone}{talk}"));
        let (text, talk) = comment(&["--plan-text", "plan.txt"]);
        assert!(!format!("{text}{talk}").contains(SENSITIVE), "{program}");
        assert!(text.contains(PLAIN), "the text is that of the program");
        for body in [&alone, &text] {
            let units = body.encode_utf16().count();
            assert!(units <= 60_000, "{units}");
            let losses: BTreeSet<&str> = body.lines().filter(|line| line.starts_with("- ")).collect();
            assert_eq!(losses.len(), 320, "{program}");
            let fences: Vec<&str> = body.lines().filter(|line| line.starts_with("```")).collect();
            assert_eq!(fences.len() % 2, 0);
            for pair in fences.chunks(2) {
                assert_eq!(pair[0].trim_end_matches(char::is_alphabetic), pair[1], "{fences:?}");
            }
        }
        println!(
            "{program}: {size} bytes of text, a comment of {} units",
            text.encode_utf16().count()
        );
    }
}

fn what_is_no_json_form_of_a_plan_is_told_apart() {
    for program in programs() {
        let sandbox = planned(&program);
        let plan = sandbox.read("plan.json");
        assert!(plan.contains(SENSITIVE) && serde_json::from_str::<Value>(&plan).is_ok());
        sandbox.file("half.json", &plan[..plan.find(SENSITIVE).unwrap() + 10]);
        sandbox.file("odd.json", plan.replacen(&format!("\"{SENSITIVE}\""), SENSITIVE, 1));
        for file in ["tfplan", "state.json", "plan.txt", "half.json", "odd.json"] {
            for command in ["summary", "comment"] {
                let output = sandbox
                    .rakops(["terraform", command, file, "-n", "-vv", "-o", "json"])
                    .run()
                    .expect(3);
                assert!(output.stderr.contains("error[not-a-plan]"), "{}", output.all());
                assert_secret_free(&output.all());
            }
        }
    }
}
