//! GitLab.

use serde_json::{Value, json};

use super::shelf::{Note, Pull, Shelf};
use super::{Asked, ME, REPOSITORY, Reply, Speaks, TOKEN, reply};
use crate::harness::server::Request;

pub(crate) struct GitLab;

impl Speaks for GitLab {
    fn kind(&self) -> &'static str {
        "gitlab"
    }

    fn variable(&self) -> &'static str {
        "RAKOPS_GITLAB_TOKEN"
    }

    fn knows(&self, request: &Request) -> bool {
        request.header("authorization") == Some(&format!("Bearer {TOKEN}"))
    }

    fn answer(&self, shelf: &mut Shelf, asked: &Asked) -> Reply {
        let words = asked.words();
        match words.as_slice() {
            ["GET", "api", "v4", "user"] => return reply(200, &json!({ "id": 1, "username": ME })),
            ["GET", "api", "v4", "users"] => {
                shelf.only(asked, &["username"], &[]);
                let wanted = asked.parameter("username");
                let fits = shelf.people.iter().filter(|(_, name)| *name == wanted);
                let list: Vec<Value> = fits.map(|(id, name)| json!({ "id": id, "username": name })).collect();
                return reply(200, &list.into());
            }
            _ => {}
        }
        let [method, "api", "v4", "projects", REPOSITORY, rest @ ..] = words.as_slice() else {
            return shelf.unknown(asked);
        };
        match (*method, rest) {
            ("GET", ["repository", "compare"]) => {
                shelf.only(asked, &["from", "to"], &[]);
                match shelf.ahead(asked.parameter("from"), asked.parameter("to")) {
                    Some(count) => reply(
                        200,
                        &json!({ "commits": vec![json!({}); usize::try_from(count).unwrap()] }),
                    ),
                    None => reply(404, &json!({ "message": "404 Ref Not Found" })),
                }
            }
            ("GET", ["merge_requests"]) => {
                let listed = [
                    "state",
                    "source_branch",
                    "target_branch",
                    "updated_after",
                    "order_by",
                    "sort",
                ];
                shelf.only(asked, &[&listed[..], &["per_page", "page"]].concat(), &[]);
                let state = match asked.parameter("state") {
                    "opened" => "open",
                    "merged" => "merged",
                    other => panic!("{other}"),
                };
                let (head, base) = (asked.parameter("source_branch"), asked.parameter("target_branch"));
                let fits = |pull: &&Pull| {
                    pull.state == state
                        && (head.is_empty() || pull.head == head)
                        && (base.is_empty() || pull.base == base)
                };
                let list = shelf.pulls.iter().rev().filter(fits).map(|pull| json_of(shelf, pull));
                let list = list.collect();
                shelf.paged(asked, list)
            }
            ("POST", ["merge_requests"]) => {
                let listed = [
                    "source_branch",
                    "target_branch",
                    "title",
                    "description",
                    "labels",
                    "reviewer_ids",
                    "assignee_ids",
                    "remove_source_branch",
                    "squash",
                    "target_project_id",
                    "milestone_id",
                ];
                shelf.only(asked, &[], &listed);
                let (head, base) = (asked.text("source_branch"), asked.text("target_branch"));
                if let Some(at) = shelf.open(&head, &base) {
                    let number = shelf.pulls[at].number;
                    let words = format!("Another open merge request already exists for this source branch: !{number}");
                    return reply(409, &json!({ "message": [words] }));
                }
                let at = shelf.add(Pull {
                    head,
                    base,
                    title: asked.text("title"),
                    body: asked.text("description"),
                    ..Pull::default()
                });
                reply(201, &json_of(shelf, &shelf.pulls[at]))
            }
            ("GET", ["repository", "commits", sha, "merge_requests"]) => {
                shelf.only(asked, &["per_page", "page"], &[]);
                let list = shelf.pulls.iter().filter(|pull| pull.brings(sha));
                let list = list.map(|pull| json_of(shelf, pull)).collect();
                shelf.paged(asked, list)
            }
            ("GET", ["repository", "commits", sha, "signature"]) => {
                shelf.only(asked, &[], &[]);
                match shelf.past.signed.get(*sha) {
                    Some((is_valid, signer)) => reply(
                        200,
                        &json!({ "signature_type": "PGP", "gpg_key_user_name": signer,
                                 "verification_status": if *is_valid { "verified" } else { "unverified" } }),
                    ),
                    None => reply(404, &json!({ "message": "404 Signature Not Found" })),
                }
            }
            // The free edition has none of these.
            ("GET", ["protected_branches", _] | ["approvals"] | ["approval_rules"] | ["push_rule"]) => {
                reply(404, &json!({ "message": "404 Not Found" }))
            }
            (method, ["merge_requests", number, rest @ ..]) => match shelf.at(number) {
                Some(at) => one(shelf, asked, (method, at, rest)),
                None => reply(404, &json!({ "message": "404 Not found" })),
            },
            _ => shelf.unknown(asked),
        }
    }
}

fn one(shelf: &mut Shelf, asked: &Asked, (method, at, rest): (&str, usize, &[&str])) -> Reply {
    let number = shelf.pulls[at].number;
    match (method, rest) {
        ("GET", []) => {
            shelf.only(asked, &[], &[]);
            let answer = reply(200, &json_of(shelf, &shelf.pulls[at]));
            shelf.computes = shelf.computes.saturating_sub(1);
            answer
        }
        ("PUT", []) => {
            let listed = [
                "title",
                "description",
                "target_branch",
                "add_labels",
                "reviewer_ids",
                "state_event",
            ];
            shelf.only(asked, &[], &listed);
            let head = shelf.head_of(&shelf.pulls[at]);
            let people = shelf.people.clone();
            let pull = &mut shelf.pulls[at];
            let fields = [
                ("title", &mut pull.title),
                ("description", &mut pull.body),
                ("target_branch", &mut pull.base),
            ];
            for (name, place) in fields {
                if let Some(value) = asked.body[name].as_str() {
                    *place = value.to_owned();
                }
            }
            if let Some(labels) = asked.body["add_labels"].as_str() {
                pull.labels.extend(labels.split(',').map(str::to_owned));
            }
            if let Some(ids) = asked.body["reviewer_ids"].as_array() {
                pull.reviewers = ids.iter().map(|id| people[&id.as_u64().unwrap()].clone()).collect();
            }
            if asked.text("state_event") == "close" {
                pull.state = "closed";
                pull.last_head = Some(head);
            }
            reply(200, &json_of(shelf, &shelf.pulls[at]))
        }
        ("PUT", ["merge"]) => merge(shelf, asked, at),
        ("POST", ["cancel_merge_when_pipeline_succeeds"]) => {
            shelf.pulls[at].auto_merge = None;
            reply(201, &json_of(shelf, &shelf.pulls[at]))
        }
        ("GET", ["approvals"]) => {
            shelf.only(asked, &[], &[]);
            if shelf.past.closed.contains("reviews") {
                return reply(403, &json!({ "message": "403 Forbidden" }));
            }
            let plain = shelf.pulls[at].reviews.iter();
            let plain = plain.map(|(by, _)| json!({ "user": { "id": 2, "username": by } }));
            let timed = shelf.pulls[at].opinions.iter().filter(|it| it.state == "APPROVED");
            let timed = timed.map(|it| json!({ "user": { "id": 2, "username": it.by } }));
            let by = plain.chain(timed);
            reply(
                200,
                &json!({ "approvals_left": 0, "approved_by": by.collect::<Vec<Value>>() }),
            )
        }
        ("GET", ["notes"]) => {
            shelf.only(asked, &["sort", "order_by", "per_page", "page"], &[]);
            let system = json!({ "id": 1, "body": "added 1 commit", "author": user(ME), "system": true });
            let said = shelf.pulls[at].opinions.iter().flat_map(|it| {
                let words: &[&str] = match it.state {
                    "APPROVED" => &["approved this merge request"],
                    "DISMISSED" => &["approved this merge request", "unapproved this merge request"],
                    "CHANGES_REQUESTED" => &["requested changes"],
                    _ => &["left review comments without approving"],
                };
                words.iter().map(|words| json!({ "id": 2, "body": words, "author": user(&it.by), "system": true, "created_at": it.at }))
            });
            let list = shelf
                .notes_on(number)
                .iter()
                .map(note_json)
                .chain([system])
                .chain(said)
                .collect();
            shelf.paged(asked, list)
        }
        ("GET", ["versions"]) => {
            shelf.only(asked, &["per_page", "page"], &[]);
            let heads = shelf.heads_of(&shelf.pulls[at]);
            let mut list: Vec<Value> = heads
                .iter()
                .map(|(at, commit)| json!({ "head_commit_sha": commit, "created_at": at }))
                .collect();
            list.reverse();
            shelf.paged(asked, list)
        }
        ("POST", ["notes"]) => {
            shelf.only(asked, &[], &["body"]);
            let note = shelf.comment(number, ME, &asked.text("body"));
            reply(201, &note_json(&note))
        }
        ("PUT", ["notes", id]) => {
            shelf.only(asked, &[], &["body"]);
            let id: u64 = id.parse().unwrap();
            let note = shelf.notes.iter_mut().find(|note| note.id == id).unwrap();
            assert_eq!(note.author, ME, "only own comments are changed");
            note.body = asked.text("body");
            reply(200, &note_json(note))
        }
        _ => shelf.unknown(asked),
    }
}

fn merge(shelf: &mut Shelf, asked: &Asked, at: usize) -> Reply {
    let listed = [
        "auto_merge",
        "merge_when_pipeline_succeeds",
        "sha",
        "squash",
        "should_remove_source_branch",
        "merge_commit_message",
        "squash_commit_message",
    ];
    shelf.only(asked, &[], &listed);
    if shelf.head_of(&shelf.pulls[at]) != asked.text("sha") {
        let words = "SHA does not match HEAD of source branch";
        return reply(409, &json!({ "message": words }));
    }
    if shelf.computes > 0 {
        return reply(405, &json!({ "message": "405 Method Not Allowed" }));
    }
    if asked.body["auto_merge"] == true && shelf.pulls[at].checks == Some("pending") {
        // What older versions take instead.
        assert_eq!(asked.body["merge_when_pipeline_succeeds"], true);
        shelf.pulls[at].auto_merge = Some(asked.text("sha"));
        return reply(200, &json_of(shelf, &shelf.pulls[at]));
    }
    match shelf.merge(at, "merge") {
        Some(_) => reply(200, &json_of(shelf, &shelf.pulls[at])),
        None => reply(422, &json!({ "message": "Branch cannot be merged" })),
    }
}

fn user(name: &str) -> Value {
    json!({ "id": 1, "username": name })
}

fn json_of(shelf: &Shelf, pull: &Pull) -> Value {
    let reviewers = shelf.people.iter().filter(|(_, name)| pull.reviewers.contains(name));
    let reviewers: Vec<Value> = reviewers
        .map(|(id, name)| json!({ "id": id, "username": name }))
        .collect();
    json!({
        "iid": pull.number, "title": pull.title, "description": pull.body,
        "web_url": format!("{}/{REPOSITORY}/-/merge_requests/{}", shelf.web, pull.number),
        "source_branch": pull.head, "target_branch": pull.base, "draft": pull.title.starts_with("Draft: "),
        "state": if pull.state == "open" { "opened" } else { pull.state },
        "sha": shelf.head_of(pull), "merge_commit_sha": pull.merge_oid,
        "merged_at": pull.merge_time(), "merge_user": pull.merger().map(user),
        "merge_when_pipeline_succeeds": pull.auto_merge.is_some(),
        "detailed_merge_status": if shelf.computes > 0 { "checking" } else { "mergeable" },
        "has_conflicts": false, "author": user(pull.author()), "labels": pull.labels, "source_project_id": 7,
        "target_project_id": 7, "reviewers": reviewers,
        "head_pipeline": pull.checks.map(|status| json!({
            "status": match status { "pending" => "running", "failure" => "failed", other => other },
        })),
    })
}

fn note_json(note: &Note) -> Value {
    json!({ "id": note.id, "body": note.body, "author": user(&note.author), "system": false })
}
