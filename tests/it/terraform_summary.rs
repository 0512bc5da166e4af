//! `rakops terraform summary`: what a plan would do, and never a value.

use serde_json::json;

use crate::harness::Sandbox;
use crate::harness::plan::{assert_secret_free, busy, change, plan};

#[test]
fn what_is_lost_comes_first_and_everything_is_counted() {
    let sandbox = Sandbox::new();
    sandbox.file("plan.json", busy().to_string());
    let output = sandbox.rakops(["terraform", "summary", "plan.json"]).run().expect(0);
    let expected = "\
2 to delete, 2 to replace, 1 to forget, 1 to create, 2 to update, 1 to read, 1 to import, 1 to move, 2 outputs change

delete\taws_instance.web\tdeposed object
delete\taws_s3_bucket.logs\tno longer in the configuration
replace\taws_lb.first\tcreated before the old one goes; it is tainted
replace\tmodule.db.aws_db_instance.main[\"a|`@team\"]\tbecause of engine, tags
forget\taws_route53_record.old\t
create\taws_sqs_queue.jobs\t
update\taws_vpc.main\timported
update\tnull_resource.odd\\n::set-output name=x::y\\u{1b}[31m\t
read\tdata.aws_ami.base\t
move\taws_eip.new\tmoved from aws_eip.old
update\toutput.endpoint\t
create\toutput.password\t
";
    assert_eq!(output.stdout(), expected);
    for said in [
        "warning[plan-destroys]: the plan deletes 2 resources and replaces 2",
        "warning[plan-incomplete]",
        "warning[plan-checks]: checks fail: check.health",
        "1 resource changed outside of the configuration: aws_security_group.web",
        "1 resource put off until a later plan: aws_subnet.later",
    ] {
        assert!(output.stderr.contains(said), "{said}\n{}", output.all());
    }
}

#[test]
fn no_value_is_told_in_any_form_however_loud() {
    let sandbox = Sandbox::new();
    sandbox.file("plan.json", busy().to_string());
    for form in ["text", "json", "name"] {
        let words = ["terraform", "summary", "plan.json", "-vv", "-o", form];
        let output = sandbox.rakops(words).env("GITHUB_ACTIONS", "true").run().expect(0);
        assert_secret_free(&output.all());
        assert!(
            !output.all().lines().any(|line| line.starts_with("::set-output")),
            "{}",
            output.all()
        );
    }
}

#[test]
fn the_document_has_counts_and_a_row_for_each_resource() {
    let sandbox = Sandbox::new();
    let output = sandbox
        .rakops(["terraform", "summary", "-", "-o", "json"])
        .stdin(busy().to_string())
        .run()
        .expect(0);
    let document = output.json();
    assert_eq!(document["command"], "terraform summary");
    assert_eq!(document["changed"], true);
    assert_eq!(document["complete"], false);
    assert_eq!(
        document["counts"],
        json!({"create": 1, "update": 2, "replace": 2, "delete": 2, "forget": 1, "read": 1, "other": 0, "import": 1,
               "move": 1, "outputs": 2, "drift": 1, "deferred": 1})
    );
    let replaced = &document["resources"][3];
    assert_eq!(replaced["actions"], json!(["delete", "create"]));
    assert_eq!(replaced["because_of"], json!(["engine", "tags"]));
    assert_eq!(document["warnings"].as_array().unwrap().len(), 3);
    assert_eq!(document["outputs"][1], json!({"name": "password", "action": "create"}));
}

#[test]
fn names_are_the_addresses() {
    let sandbox = Sandbox::new();
    let some = plan(&[
        change("b.b", &["create"]),
        change("a.a", &["delete"]),
        change("c.c", &["no-op"]),
    ]);
    let words = ["terraform", "summary", "-o", "name"];
    let output = sandbox.rakops(words).stdin(some.to_string()).run().expect(0);
    assert_eq!(output.stdout(), "a.a\nb.b\n");
}

#[test]
fn exit_code_1_is_for_plans_that_change_something_and_only_where_it_is_asked_for() {
    let sandbox = Sandbox::new();
    let summary = |document: &serde_json::Value, code: i32| {
        let words = ["terraform", "summary", "--exit-code"];
        sandbox.rakops(words).stdin(document.to_string()).run().expect(code)
    };
    let _ = summary(&plan(&[change("a.a", &["create"])]), 1);
    let mut nothing = plan(&[change("a.a", &["no-op"])]);
    nothing["applyable"] = json!(false);
    let output = summary(&nothing, 0);
    assert_eq!(output.stdout(), "nothing changes\n");
    nothing["output_changes"] = json!({"o": {"actions": ["create"]}});
    let _ = summary(&nothing, 1);
    let mut refreshed = plan(&[]);
    refreshed["resource_drift"] = json!([change("a.a", &["update"])]);
    let output = summary(&refreshed, 1);
    assert_eq!(output.stdout(), "only what is known of the present changes\n");
    let _ = sandbox
        .rakops(["terraform", "summary"])
        .stdin(busy().to_string())
        .run()
        .expect(0);
}

#[test]
fn minor_versions_and_actions_of_the_future_are_read_and_another_major_is_refused() {
    let sandbox = Sandbox::new();
    let mut future = plan(&[change("a.a", &["transmogrify"])]);
    future["format_version"] = json!("1.99");
    future["something_new"] = json!({"a": [1, 2, {"b": null}]});
    future["action_invocations"] = json!([{"address": "action.aws_lambda_invoke.x", "type": "aws_lambda_invoke"}]);
    let output = sandbox
        .rakops(["terraform", "summary"])
        .stdin(future.to_string())
        .run()
        .expect(0);
    assert!(
        output.stdout().contains("other\ta.a\tactions: transmogrify"),
        "{}",
        output.all()
    );
    assert!(
        output.stdout().contains("invoke\taction.aws_lambda_invoke.x"),
        "{}",
        output.all()
    );
    assert!(output.stderr.contains("warning[plan-action]"), "{}", output.all());
    future["format_version"] = json!("2.0");
    let output = sandbox
        .rakops(["terraform", "summary"])
        .stdin(future.to_string())
        .run()
        .expect(3);
    assert!(
        output
            .stderr
            .contains("error[plan-format]: the plan in `standard input` has the form 2.0, and this rakops reads 1.x"),
        "{}",
        output.all()
    );
    assert!(output.stderr.contains("help: use a newer rakops"), "{}", output.all());
}

#[test]
fn what_is_no_plan_is_refused_with_what_to_do_and_without_what_stands_there() {
    let sandbox = Sandbox::new();
    let whole = busy().to_string();
    let half = &whole[..whole.find("hunter2").unwrap() + 10];
    let odd = whole.replacen("[\"delete\",\"create\"]", "\"plain-attribute-marker\"", 1);
    let garbled = whole.replacen("\"hunter2-sensitive\"", "hunter2-sensitive", 1);
    let cases: [(&str, &str, &[u8]); 12] = [
        ("empty", "it is empty", b""),
        ("cut off", "it ends too early", half.as_bytes()),
        ("of another shape", "something else is expected here", odd.as_bytes()),
        ("garbled", "it is no JSON from here on", garbled.as_bytes()),
        (
            "text",
            "it is not JSON",
            b"Terraform will perform the following actions:\n hunter2-sensitive",
        ),
        (
            "the plan file",
            "only the program that wrote it can read",
            b"PK\x03\x04hunter2-sensitive",
        ),
        (
            "a state",
            "it is a state",
            br#"{"format_version":"1.0","values":{"outputs":{"o":{"value":"output-marker"}}}}"#,
        ),
        (
            "a raw state",
            "it is a state",
            br#"{"version":4,"serial":3,"lineage":"x","resources":[{"x":"id-marker"}]}"#,
        ),
        (
            "a log",
            "the log that `terraform plan -json` writes",
            b"{\"@level\":\"info\",\"@message\":\"id-marker\"}\n{}",
        ),
        ("a list", "something else is expected here", b"[\"id-marker\"]"),
        (
            "foreign",
            "it has nothing that a plan has",
            b"{\"id-marker\":\"id-marker\"}",
        ),
        (
            "no text",
            "it is no JSON from here on",
            b"{\"format_version\":\"\xff\xff\"}",
        ),
    ];
    for (what, why, bytes) in cases {
        let words = ["terraform", "summary", "-vv", "-o", "json"];
        let output = sandbox.rakops(words).stdin(bytes).run().expect(3);
        assert!(output.stderr.contains("error[not-a-plan]"), "{what}\n{}", output.all());
        assert!(output.stderr.contains(why), "{what}\n{}", output.all());
        assert!(
            output.stderr.contains("terraform show -json PLANFILE"),
            "{what}\n{}",
            output.all()
        );
        assert_eq!(output.json()["error"]["exit_code"], 3);
        assert_secret_free(&output.all());
    }
    let output = sandbox.rakops(["terraform", "summary", "nothing.json"]).run().expect(5);
    assert!(output.stderr.contains("cannot read `nothing.json`"), "{}", output.all());
}

#[test]
fn a_complaint_names_the_line_and_the_column() {
    let sandbox = Sandbox::new();
    sandbox.file(
        "plan.json",
        "{\n  \"format_version\": \"1.2\",\n  \"resource_changes\": [}\n",
    );
    let output = sandbox.rakops(["terraform", "summary", "plan.json"]).run().expect(3);
    assert!(output.stderr.contains("--> plan.json:3:24"), "{}", output.all());
}

#[test]
fn what_powershell_makes_of_a_plan_is_read_all_the_same() {
    let sandbox = Sandbox::new();
    let text = plan(&[change("a.é", &["create"])]).to_string();
    let with_mark = format!("\u{feff}{text}\r\n").into_bytes();
    let little: Vec<u8> = format!("\u{feff}{text}")
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    let big: Vec<u8> = format!("\u{feff}{text}")
        .encode_utf16()
        .flat_map(u16::to_be_bytes)
        .collect();
    for bytes in [with_mark, little.clone(), big] {
        let output = sandbox
            .rakops(["terraform", "summary", "-o", "name"])
            .stdin(bytes)
            .run()
            .expect(0);
        assert_eq!(output.stdout(), "a.é\n");
    }
    let output = sandbox
        .rakops(["terraform", "summary"])
        .stdin(&little[..little.len() - 1])
        .run()
        .expect(3);
    assert!(output.stderr.contains("it begins as UTF-16"), "{}", output.all());
}

#[test]
fn a_plan_that_does_something_else_than_the_approved_one_is_refused_by_address() {
    let sandbox = Sandbox::new();
    let approved = plan(&[change("a.one", &["update"]), change("a.two", &["create"])]);
    sandbox.file("planned.json", approved.to_string());
    let mut fresh = approved.clone();
    sandbox.file("fresh.json", format!("{fresh:#}"));
    let same = ["terraform", "summary", "fresh.json", "--same-as", "planned.json"];
    sandbox.rakops(same).run().expect(0);
    fresh["resource_changes"][1]["change"]["after"] = serde_json::json!({ "password": "hunter2-hunter2" });
    sandbox.file("fresh.json", fresh.to_string());
    let output = sandbox.rakops(same).run().expect(3);
    let said = "error[plan-differs]: `fresh.json` does not do what `planned.json` does, at 1 address";
    assert!(output.stderr.starts_with(said), "{}", output.all());
    assert!(
        output.stderr.contains("a.two") && !output.stderr.contains("a.one"),
        "{}",
        output.all()
    );
    assert!(!output.all().contains("hunter2"), "{}", output.all());
    sandbox.file("planned.json", "{}");
    let output = sandbox.rakops(same).run().expect(3);
    assert!(
        output.stderr.contains("`planned.json` is not the JSON form of a plan"),
        "{}",
        output.all()
    );
    sandbox
        .rakops(["terraform", "summary", "fresh.json", "--same-as", "nothing.json"])
        .run()
        .expect(5);
}
