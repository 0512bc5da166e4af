//! Plans of Terraform as `terraform show -json` writes them, with secrets in every corner where one can stand.

use serde_json::{Value, json};

/// What must never be seen. Each stands in another corner of a plan.
pub(crate) const SECRETS: [&str; 7] = [
    "hunter2-sensitive",
    "plain-attribute-marker",
    "variable-marker",
    "id-marker",
    "output-marker",
    "map-key-marker",
    "prior-state-marker",
];

/// A change of one resource.
pub(crate) fn change(address: &str, actions: &[&str]) -> Value {
    json!({
        "address": address, "mode": "managed", "type": "terraform_data", "name": "x",
        "provider_name": "terraform.io/builtin/terraform",
        "change": {
            "actions": actions,
            "before": {"id": "id-marker", "input": "plain-attribute-marker", "secret": "hunter2-sensitive"},
            "after": {"input": "plain-attribute-marker", "secret": "hunter2-sensitive"},
            "after_unknown": {"id": true}, "before_sensitive": {"secret": true}, "after_sensitive": {"secret": true},
        },
    })
}

/// A whole plan with these changes.
pub(crate) fn plan(changes: &[Value]) -> Value {
    json!({
        "format_version": "1.2", "terraform_version": "1.11.4",
        "variables": {"secret": {"value": "variable-marker"}},
        "planned_values": {"outputs": {"o": {"sensitive": false, "value": "output-marker"}}, "root_module": {}},
        "resource_changes": changes,
        "prior_state": {"format_version": "1.0", "values": {"root_module": {"x": "prior-state-marker"}}},
        "configuration": {"root_module": {"variables": {"secret": {"sensitive": true}}}},
        "timestamp": "2026-11-23T09:24:00Z", "applyable": true, "complete": true, "errored": false,
    })
}

/// A plan in which everything happens that can.
pub(crate) fn busy() -> Value {
    let mut replaced = change("module.db.aws_db_instance.main[\"a|`@team\"]", &["delete", "create"]);
    replaced["change"]["replace_paths"] = json!([["engine"], ["tags", "map-key-marker"], [{"id-marker": 1}]]);
    replaced["action_reason"] = json!("replace_because_cannot_update");
    let mut first_made = change("aws_lb.first", &["create", "delete"]);
    first_made["action_reason"] = json!("replace_because_tainted");
    let mut moved = change("aws_eip.new", &["no-op"]);
    moved["previous_address"] = json!("aws_eip.old");
    let mut imported = change("aws_vpc.main", &["update"]);
    imported["change"]["importing"] = json!({"id": "id-marker"});
    let mut left_over = change("aws_instance.web", &["delete"]);
    left_over["deposed"] = json!("4f0c2f1a");
    let mut gone = change("aws_s3_bucket.logs", &["delete"]);
    gone["action_reason"] = json!("delete_because_no_resource_config");
    let mut plan = plan(&[
        change("aws_sqs_queue.jobs", &["create"]),
        change("aws_iam_role.same", &["no-op"]),
        replaced,
        first_made,
        moved,
        imported,
        left_over,
        gone,
        change("aws_route53_record.old", &["forget"]),
        change("data.aws_ami.base", &["read"]),
        change("null_resource.odd\n::set-output name=x::y\u{1b}[31m", &["update"]),
    ]);
    plan["output_changes"] = json!({
        "endpoint": {"actions": ["update"], "before": "output-marker", "after_unknown": true},
        "password": {"actions": ["create"], "after": "hunter2-sensitive", "after_sensitive": true},
        "same": {"actions": ["no-op"], "before": "output-marker", "after": "output-marker"},
    });
    plan["resource_drift"] = json!([change("aws_security_group.web", &["update"])]);
    plan["deferred_changes"] = json!([
        {"reason": "instance_count_unknown", "resource_change": change("aws_subnet.later", &["create"])}
    ]);
    plan["checks"] = json!([
        {"address": {"kind": "check", "to_display": "check.health"}, "status": "fail",
         "instances": [{"problems": [{"message": "plain-attribute-marker"}]}]},
        {"address": {"kind": "check", "to_display": "check.fine"}, "status": "pass"},
    ]);
    plan["complete"] = json!(false);
    plan
}

/// Fails the test if any secret stands in `text`.
#[track_caller]
pub(crate) fn assert_secret_free(text: &str) {
    for secret in SECRETS {
        assert!(!text.contains(secret), "{secret} is told:\n{text}");
    }
}
