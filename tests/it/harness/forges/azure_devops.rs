//! Azure DevOps.

use serde_json::{Value, json};

use super::past::Opinion;
use super::shelf::{Note, Pull, Shelf};
use super::{Asked, ME, Reply, Speaks, reply};
use crate::harness::server::Request;

pub(crate) struct AzureDevOps;

/// Who is asked for a review: people have ids here.
pub(crate) const ANNA: &str = "0a0a0a0a-0000-4000-8000-00000000000a";

impl Speaks for AzureDevOps {
    fn kind(&self) -> &'static str {
        "azure-devops"
    }

    fn variable(&self) -> &'static str {
        "RAKOPS_AZURE_TOKEN"
    }

    fn repository(&self) -> &'static str {
        "acme/the shop/manifests"
    }

    fn knows(&self, request: &Request) -> bool {
        // `:` and the token.
        request.header("authorization") == Some("Basic Om1hcmtlci10b2tlbi01ZjNiOWM=")
    }

    fn empty_list(&self) -> Value {
        json!({ "value": [], "count": 0 })
    }

    fn person(&self) -> &'static str {
        ANNA
    }

    fn answer(&self, shelf: &mut Shelf, asked: &Asked) -> Reply {
        let words = asked.words();
        if words.as_slice() == ["GET", "acme", "_apis", "connectionData"] {
            return reply(200, &json!({ "authenticatedUser": person(ME) }));
        }
        let [
            method,
            "acme",
            "the shop",
            "_apis",
            "git",
            "repositories",
            "manifests",
            rest @ ..,
        ] = words.as_slice()
        else {
            return shelf.unknown(asked);
        };
        assert_eq!(asked.parameter("api-version"), "7.1");
        match (*method, rest) {
            ("GET", ["diffs", "commits"]) => {
                let listed = [
                    "baseVersion",
                    "baseVersionType",
                    "targetVersion",
                    "targetVersionType",
                    "$top",
                    "api-version",
                ];
                shelf.only(asked, &listed, &[]);
                let count = shelf.ahead(asked.parameter("baseVersion"), asked.parameter("targetVersion"));
                reply(200, &json!({ "aheadCount": count }))
            }
            ("GET", ["pullrequests"]) => {
                let listed = [
                    "searchCriteria.status",
                    "searchCriteria.sourceRefName",
                    "searchCriteria.targetRefName",
                    "$top",
                    "$skip",
                    "api-version",
                ];
                shelf.only(asked, &listed, &[]);
                let full = |branch: &str| format!("refs/heads/{branch}");
                let head = asked.parameter("searchCriteria.sourceRefName");
                let base = asked.parameter("searchCriteria.targetRefName");
                let state = match asked.parameter("searchCriteria.status") {
                    "active" => "open",
                    "completed" => "merged",
                    other => panic!("{other}"),
                };
                let fits = |pull: &&Pull| {
                    pull.state == state
                        && (head.is_empty() || full(&pull.head) == head)
                        && (base.is_empty() || full(&pull.base) == base)
                };
                let skip: usize = asked.parameter("$skip").parse().unwrap();
                let list = shelf.pulls.iter().filter(fits).skip(skip).map(|pull| {
                    let mut value = json_of(shelf, pull);
                    value["description"] = pull.body.chars().take(400).collect::<String>().into();
                    value
                });
                reply(200, &json!({ "value": list.collect::<Vec<Value>>() }))
            }
            ("POST", ["pullrequests"]) => {
                let listed = [
                    "sourceRefName",
                    "targetRefName",
                    "title",
                    "description",
                    "reviewers",
                    "labels",
                    "isDraft",
                ];
                shelf.only(asked, &["api-version"], &listed);
                let branch = |field: &str| asked.text(field).strip_prefix("refs/heads/").unwrap().to_owned();
                let (head, base) = (branch("sourceRefName"), branch("targetRefName"));
                if shelf.open(&head, &base).is_some() {
                    let words = "TF401179: An active pull request for the source and target branch already exists.";
                    return reply(409, &json!({ "message": words }));
                }
                assert!(asked.text("description").chars().count() <= 4000);
                let at = shelf.add(Pull {
                    head,
                    base,
                    title: asked.text("title"),
                    body: asked.text("description"),
                    draft: asked.body["isDraft"] == true,
                    ..Pull::default()
                });
                reply(201, &json_of(shelf, &shelf.pulls[at]))
            }
            (method, ["pullrequests", number, rest @ ..]) => match shelf.at(number) {
                Some(at) => one(shelf, asked, (method, at, rest)),
                None => reply(
                    404,
                    &json!({ "message": "TF401180: The requested pull request was not found." }),
                ),
            },
            _ => shelf.unknown(asked),
        }
    }
}

fn one(shelf: &mut Shelf, asked: &Asked, (method, at, rest): (&str, usize, &[&str])) -> Reply {
    let number = shelf.pulls[at].number;
    match (method, rest) {
        ("GET", []) => reply(200, &json_of(shelf, &shelf.pulls[at])),
        ("PATCH", []) => patch(shelf, asked, at),
        ("GET", ["statuses"]) => {
            let state = shelf.pulls[at].checks.map(|state| match state {
                "success" => "succeeded",
                "failure" => "failed",
                other => other,
            });
            let list: Vec<Value> = state.iter().map(|state| json!({ "state": state })).collect();
            reply(200, &json!({ "value": list }))
        }
        ("POST", ["labels"]) => {
            shelf.only(asked, &["api-version"], &["name"]);
            let name = asked.text("name");
            shelf.pulls[at].labels.push(name);
            reply(200, &json!({}))
        }
        ("PUT", ["reviewers", id]) => {
            shelf.only(asked, &["api-version"], &["vote", "isRequired"]);
            if !shelf.pulls[at].reviewers.iter().any(|known| known == id) {
                shelf.pulls[at].reviewers.push((*id).to_owned());
            }
            reply(200, &json!({}))
        }
        ("GET", ["threads"]) => {
            let votes = shelf.pulls[at].opinions.iter().flat_map(votes);
            let list: Vec<Value> = shelf.notes_on(number).iter().map(thread).chain(votes).collect();
            reply(200, &json!({ "value": list }))
        }
        ("GET", ["iterations"]) => {
            shelf.only(asked, &["api-version"], &[]);
            let heads = shelf.heads_of(&shelf.pulls[at]);
            let list: Vec<Value> = heads
                .iter()
                .map(|(at, commit)| json!({ "createdDate": at, "sourceRefCommit": { "commitId": commit } }))
                .collect();
            reply(200, &json!({ "value": list }))
        }
        ("POST", ["threads"]) => {
            shelf.only(asked, &["api-version"], &["comments"]);
            let note = shelf.comment(number, ME, asked.body["comments"][0]["content"].as_str().unwrap());
            reply(200, &thread(&note))
        }
        ("PATCH", ["threads", id, "comments", "1"]) => {
            shelf.only(asked, &["api-version"], &["content"]);
            let id: u64 = id.parse().unwrap();
            let note = shelf.notes.iter_mut().find(|note| note.id == id).unwrap();
            assert_eq!(note.author, ME, "only own comments are changed");
            note.body = asked.text("content");
            reply(200, &json!({}))
        }
        _ => shelf.unknown(asked),
    }
}

fn patch(shelf: &mut Shelf, asked: &Asked, at: usize) -> Reply {
    let listed = [
        "status",
        "title",
        "description",
        "completionOptions",
        "mergeOptions",
        "autoCompleteSetBy",
        "targetRefName",
        "isDraft",
        "lastMergeSourceCommit",
    ];
    shelf.only(asked, &["api-version"], &listed);
    let head = shelf.head_of(&shelf.pulls[at]);
    if asked.text("status") == "completed" {
        if asked.body["lastMergeSourceCommit"]["commitId"] != head {
            let words = "TF401192: The pull request's source branch was modified.";
            return reply(409, &json!({ "message": words }));
        }
        shelf.merge(at, "merge").unwrap();
    }
    let pull = &mut shelf.pulls[at];
    if asked.text("status") == "abandoned" {
        pull.state = "closed";
        pull.last_head = Some(head.clone());
    }
    for (name, place) in [("title", &mut pull.title), ("description", &mut pull.body)] {
        if let Some(value) = asked.body[name].as_str() {
            *place = value.to_owned();
        }
    }
    if let Some(draft) = asked.body["isDraft"].as_bool() {
        pull.draft = draft;
    }
    if let Some(id) = asked.body["autoCompleteSetBy"]["id"].as_str() {
        pull.auto_merge = (!id.starts_with("0000")).then_some(head);
    }
    reply(200, &json_of(shelf, &shelf.pulls[at]))
}

fn person(name: &str) -> Value {
    json!({ "id": format!("id-of-{name}"), "uniqueName": name })
}

fn json_of(shelf: &Shelf, pull: &Pull) -> Value {
    let asked = pull.reviewers.iter().map(|id| json!({ "id": id, "vote": 0 }));
    let said = pull
        .reviews
        .iter()
        .map(|(by, state)| json!({ "id": by, "uniqueName": by, "vote": if *state == "approved" { 10 } else { -10 } }));
    let standing = shelf.standing(pull);
    let standing = standing
        .iter()
        .map(|by| json!({ "id": by, "uniqueName": by, "vote": 10 }));
    let said = said.chain(standing);
    json!({
        "pullRequestId": pull.number, "title": pull.title, "description": pull.body, "isDraft": pull.draft,
        "status": match pull.state { "open" => "active", "merged" => "completed", _ => "abandoned" },
        "sourceRefName": format!("refs/heads/{}", pull.head), "targetRefName": format!("refs/heads/{}", pull.base),
        "lastMergeSourceCommit": { "commitId": shelf.head_of(pull) },
        "lastMergeCommit": pull.merge_oid.as_ref().map(|oid| json!({ "commitId": oid })), "mergeStatus": "succeeded",
        "autoCompleteSetBy": pull.auto_merge.as_ref().map(|_| person(ME)), "createdBy": person(pull.author()),
        "closedBy": pull.merger().map(person), "closedDate": pull.merge_time(),
        "reviewers": asked.chain(said).collect::<Vec<Value>>(),
        "labels": pull.labels.iter().map(|name| json!({ "name": name })).collect::<Vec<Value>>(),
    })
}

/// What the system writes down about a review.
fn votes(said: &Opinion) -> Vec<Value> {
    let results: &[i32] = match said.state {
        "APPROVED" => &[10],
        "DISMISSED" => &[10, 0],
        "CHANGES_REQUESTED" => &[-5],
        _ => &[],
    };
    let one = |result: &i32| {
        let text = |value: &str| json!({ "$type": "System.String", "$value": value });
        json!({
            "id": 1, "comments": [], "publishedDate": said.at, "identities": { "1": person(&said.by) },
            "properties": { "CodeReviewThreadType": text("VoteUpdate"), "CodeReviewVotedByIdentity": text("1"),
                            "CodeReviewVoteResult": text(&result.to_string()) },
        })
    };
    results.iter().map(one).collect()
}

fn thread(note: &Note) -> Value {
    let comment = json!({ "id": 1, "content": note.body, "author": person(&note.author) });
    json!({ "id": note.id, "comments": [comment] })
}
