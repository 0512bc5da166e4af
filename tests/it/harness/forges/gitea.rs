//! Gitea.

use serde_json::{Value, json};

use super::shelf::{Note, Pull, Shelf};
use super::{Asked, ME, REPOSITORY, Reply, Speaks, TOKEN, reply};
use crate::harness::server::Request;

pub(crate) struct Gitea;

impl Speaks for Gitea {
    fn kind(&self) -> &'static str {
        "gitea"
    }

    fn variable(&self) -> &'static str {
        "RAKOPS_GITEA_TOKEN"
    }

    fn knows(&self, request: &Request) -> bool {
        request.header("authorization") == Some(&format!("token {TOKEN}"))
    }

    fn answer(&self, shelf: &mut Shelf, asked: &Asked) -> Reply {
        let words = asked.words();
        match words.as_slice() {
            ["GET", "api", "v1", "user"] => return reply(200, &json!({ "login": ME })),
            ["GET", "api", "v1", "orgs", "acme", "labels"] => {
                shelf.only(asked, &["page", "limit"], &[]);
                return shelf.paged(asked, vec![json!({ "id": 9, "name": "of-organisation" })]);
            }
            _ => {}
        }
        let [method, "api", "v1", "repos", "acme", "manifests", rest @ ..] = words.as_slice() else {
            return shelf.unknown(asked);
        };
        match (*method, rest) {
            ("GET", []) => reply(200, &json!({ "full_name": REPOSITORY, "default_merge_style": "merge" })),
            ("GET", ["git", "commits", sha]) => {
                shelf.only(asked, &["stat", "files", "verification"], &[]);
                match shelf.past.unknown.contains(*sha) {
                    true => reply(404, &json!({ "message": "not found" })),
                    false => reply(200, &commit_json(shelf, sha)),
                }
            }
            ("GET", ["labels"]) => {
                shelf.only(asked, &["page", "limit"], &[]);
                let list = shelf.labels.iter().map(|(id, name)| json!({ "id": id, "name": name }));
                let list = list.collect();
                shelf.paged(asked, list)
            }
            ("GET", ["branches", name]) => {
                shelf.only(asked, &[], &[]);
                let contexts = json!(["ci"]);
                let has_rule = shelf.begins_with.is_some() || shelf.pulls.iter().any(|pull| pull.checks.is_some());
                reply(
                    200,
                    &json!({ "name": name, "required_approvals": 0, "enable_status_check": has_rule,
                             "status_check_contexts": contexts }),
                )
            }
            ("GET", ["compare", range]) => {
                shelf.only(asked, &[], &[]);
                let (base, head) = range.split_once("...").unwrap();
                match shelf.ahead(base, head) {
                    Some(ahead) => reply(200, &json!({ "total_commits": ahead })),
                    None => reply(404, &json!({ "message": "not found" })),
                }
            }
            ("GET", ["issues", number, "timeline"]) => {
                shelf.only(asked, &["page", "limit"], &[]);
                let at = shelf.at(number).unwrap();
                let planned = shelf.pulls[at].auto_merge.is_some();
                let event = |kind: &str| json!({ "type": kind });
                let mut list = vec![event("comment"), event("pull_scheduled_merge")];
                list.extend((!planned).then(|| event("pull_cancel_scheduled_merge")));
                shelf.paged(asked, list)
            }
            ("GET", ["commits", sha, "status"]) => {
                shelf.only(asked, &[], &[]);
                let pull = shelf.pulls.iter().find(|pull| shelf.head_of(pull) == *sha);
                let checks = pull.and_then(|pull| pull.checks);
                let count = u32::from(checks.is_some());
                reply(
                    200,
                    &json!({ "state": checks.unwrap_or_default(), "total_count": count }),
                )
            }
            ("GET", ["pulls"]) => {
                shelf.only(asked, &["state", "base_branch", "sort", "page", "limit"], &[]);
                let base = asked.parameter("base_branch");
                let is_open = asked.parameter("state") == "open";
                let fits = |pull: &&Pull| (pull.state == "open") == is_open && (base.is_empty() || pull.base == base);
                let list = shelf.pulls.iter().filter(fits).map(|pull| json_of(shelf, pull));
                let list = list.collect();
                shelf.paged(asked, list)
            }
            ("POST", ["pulls"]) => {
                let listed = [
                    "head",
                    "base",
                    "title",
                    "body",
                    "labels",
                    "assignees",
                    "milestone",
                    "due_date",
                    "reviewers",
                    "team_reviewers",
                ];
                shelf.only(asked, &[], &listed);
                let (head, base) = (asked.text("head"), asked.text("base"));
                if shelf.open(&head, &base).is_some() {
                    let words = format!("pull request already exists for these targets [head_branch: {head}]");
                    return reply(409, &json!({ "message": words }));
                }
                let at = shelf.add(Pull {
                    head,
                    base,
                    title: asked.text("title"),
                    body: asked.text("body"),
                    ..Pull::default()
                });
                reply(201, &json_of(shelf, &shelf.pulls[at]))
            }
            (method, ["pulls", number, rest @ ..]) => match shelf.at(number) {
                Some(at) => one(shelf, asked, (method, at, rest)),
                None => reply(404, &json!({ "message": "The target couldn't be found." })),
            },
            ("POST", ["issues", number, "labels"]) => {
                shelf.only(asked, &[], &["labels"]);
                let at = shelf.at(number).unwrap();
                for id in asked.body["labels"].as_array().unwrap() {
                    let name = shelf.labels.get(&id.as_u64().unwrap()).cloned();
                    shelf.pulls[at]
                        .labels
                        .push(name.unwrap_or_else(|| "of-organisation".into()));
                }
                let now: Vec<Value> = shelf.pulls[at]
                    .labels
                    .iter()
                    .map(|name| json!({ "id": 1, "name": name }))
                    .collect();
                reply(200, &now.into())
            }
            ("GET", ["issues", number, "comments"]) => {
                shelf.only(asked, &[], &[]);
                let notes = shelf.notes_on(number.parse().unwrap());
                let list: Vec<Value> = notes.iter().map(|note| note_json(shelf, note)).collect();
                reply(200, &list.into())
            }
            ("POST", ["issues", number, "comments"]) => {
                shelf.only(asked, &[], &["body"]);
                let note = shelf.comment(number.parse().unwrap(), ME, &asked.text("body"));
                reply(201, &note_json(shelf, &note))
            }
            ("PATCH", ["issues", "comments", id]) => {
                shelf.only(asked, &[], &["body"]);
                let id: u64 = id.parse().unwrap();
                let note = shelf.notes.iter_mut().find(|note| note.id == id).unwrap();
                assert_eq!(note.author, ME, "only own comments are changed");
                note.body = asked.text("body");
                let note = note.clone();
                reply(200, &note_json(shelf, &note))
            }
            _ => shelf.unknown(asked),
        }
    }
}

fn one(shelf: &mut Shelf, asked: &Asked, (method, at, rest): (&str, usize, &[&str])) -> Reply {
    match (method, rest) {
        ("GET", []) => {
            shelf.only(asked, &[], &[]);
            reply(200, &json_of(shelf, &shelf.pulls[at]))
        }
        ("PATCH", []) => {
            shelf.only(asked, &[], &["title", "body", "base", "state", "labels"]);
            let head = shelf.head_of(&shelf.pulls[at]);
            let pull = &mut shelf.pulls[at];
            for (name, place) in [
                ("title", &mut pull.title),
                ("body", &mut pull.body),
                ("base", &mut pull.base),
            ] {
                if let Some(value) = asked.body[name].as_str() {
                    *place = value.to_owned();
                }
            }
            if asked.text("state") == "closed" {
                pull.state = "closed";
                pull.last_head = Some(head);
            }
            reply(201, &json_of(shelf, &shelf.pulls[at]))
        }
        ("POST", ["requested_reviewers"]) => {
            shelf.only(asked, &[], &["reviewers", "team_reviewers"]);
            for field in ["reviewers", "team_reviewers"] {
                for name in asked.body[field].as_array().unwrap() {
                    let name = name.as_str().unwrap().to_owned();
                    if !shelf.pulls[at].reviewers.contains(&name) {
                        shelf.pulls[at].reviewers.push(name);
                    }
                }
            }
            reply(201, &json!([]))
        }
        ("GET", ["reviews"]) => {
            shelf.only(asked, &["page", "limit"], &[]);
            if shelf.past.closed.contains("reviews") {
                return reply(
                    403,
                    &json!({ "message": "token does not have at least one of required scope(s)" }),
                );
            }
            let opinions = shelf.opinions_on(&shelf.pulls[at]);
            let list = opinions.iter().map(|it| {
                // One that does not count any more keeps its word.
                let state = match it.state {
                    "CHANGES_REQUESTED" => "REQUEST_CHANGES",
                    "COMMENTED" => "COMMENT",
                    "DISMISSED" => "APPROVED",
                    other => other,
                };
                json!({ "user": { "login": it.by }, "state": state, "commit_id": it.commit,
                        "dismissed": it.state == "DISMISSED", "submitted_at": it.at })
            });
            let list = list.collect();
            shelf.paged(asked, list)
        }
        ("GET", ["commits"]) => {
            shelf.only(asked, &["verification", "files", "page", "limit"], &[]);
            let pull = &shelf.pulls[at];
            let head = shelf.head_of(pull);
            let merged = pull.merge_oid.clone().unwrap_or_default();
            // What the branch had before the request came.
            let base = shelf
                .git(&["merge-base", &format!("{merged}^"), &head])
                .unwrap_or_default();
            let listed = shelf.git(&["rev-list", &format!("{base}..{head}")]).unwrap_or_default();
            let list = listed.lines().map(|sha| commit_json(shelf, sha)).collect();
            shelf.paged(asked, list)
        }
        ("DELETE", ["merge"]) => {
            shelf.pulls[at].auto_merge = None;
            reply(204, &Value::Null)
        }
        ("POST", ["merge"]) => merge(shelf, asked, at),
        _ => shelf.unknown(asked),
    }
}

fn commit_json(shelf: &Shelf, sha: &str) -> Value {
    let told = shelf
        .git(&["show", "--no-patch", "--format=%ae%x00%aI%x00%P%x00%B", sha])
        .unwrap();
    let parts: Vec<&str> = told.splitn(4, '\0').collect();
    let parents: Vec<Value> = parts[2].split_whitespace().map(|sha| json!({ "sha": sha })).collect();
    let user = |login: Option<&String>| login.map(|login| json!({ "login": login }));
    let verification = match shelf.past.signed.get(sha) {
        Some((is_valid, signer)) => {
            json!({ "verified": is_valid, "reason": signer, "signer": { "username": signer, "name": signer } })
        }
        None => json!({ "verified": false, "reason": "gpg.error.not_signed_commit", "signer": null }),
    };
    json!({
        "sha": sha, "author": user(shelf.past.authors.get(sha)), "committer": null, "parents": parents,
        "commit": { "message": parts[3], "author": { "name": "x", "email": parts[0], "date": parts[1] }, "verification": verification },
    })
}

fn merge(shelf: &mut Shelf, asked: &Asked, at: usize) -> Reply {
    let listed = [
        "Do",
        "head_commit_id",
        "delete_branch_after_merge",
        "merge_when_checks_succeed",
        "MergeTitleField",
        "MergeMessageField",
    ];
    shelf.only(asked, &[], &listed);
    if asked.body["merge_when_checks_succeed"] == true && shelf.pulls[at].checks == Some("pending") {
        if shelf.pulls[at].auto_merge.is_some() {
            return reply(409, &json!({ "message": "The auto merge is already scheduled" }));
        }
        // The head id is not looked at for that.
        shelf.pulls[at].auto_merge = Some(shelf.head_of(&shelf.pulls[at]));
        return reply(201, &Value::Null);
    }
    if shelf.head_of(&shelf.pulls[at]) != asked.text("head_commit_id") {
        return reply(409, &json!({ "message": "head out of date" }));
    }
    match shelf.merge(at, &asked.text("Do")) {
        Some(_) => reply(200, &Value::Null),
        None => reply(409, &json!({ "message": "merge conflict" })),
    }
}

fn json_of(shelf: &Shelf, pull: &Pull) -> Value {
    let labels: Vec<Value> = pull
        .labels
        .iter()
        .map(|name| json!({ "id": 1, "name": name }))
        .collect();
    let repo = json!({ "full_name": REPOSITORY });
    let is_person = |name: &&String| shelf.people.values().any(|known| known == *name);
    let has_said = |name: &&String| pull.reviews.iter().any(|(by, _)| by == *name);
    let asked = || pull.reviewers.iter().filter(|name| !has_said(name));
    let people: Vec<Value> = asked().filter(is_person).map(|name| json!({ "login": name })).collect();
    let teams: Vec<Value> = asked()
        .filter(|name| !is_person(name))
        .map(|name| json!({ "slug": name, "name": name }))
        .collect();
    let is_merged = pull.state == "merged";
    json!({
        "number": pull.number, "html_url": format!("{}/{REPOSITORY}/pulls/{}", shelf.web, pull.number),
        "title": pull.title, "body": pull.body, "state": if pull.state == "open" { "open" } else { "closed" },
        "head": { "ref": pull.head, "sha": shelf.head_of(pull), "repo": repo },
        "base": { "ref": pull.base, "sha": "", "repo": repo },
        "merged": is_merged, "merged_at": pull.merge_time(),
        "merge_commit_sha": pull.merge_oid, "merged_by": pull.merger().map(|login| json!({ "login": login })),
        "requested_reviewers": people, "requested_reviewers_teams": teams, "mergeable": true,
        "user": { "login": pull.author() }, "labels": labels,
    })
}

fn note_json(shelf: &Shelf, note: &Note) -> Value {
    json!({
        "id": note.id, "body": note.body, "user": { "login": note.author },
        "html_url": format!("{}/{REPOSITORY}/pulls/{}#issuecomment-{}", shelf.web, note.number, note.id),
    })
}
