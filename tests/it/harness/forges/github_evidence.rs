//! What GitHub tells of commits and branches.

use serde_json::{Map, Value, json};

use super::shelf::{Pull, Shelf};
use super::{Asked, REPOSITORY, Reply, reply};

/// The reviews that one page of a query shows, at most.
const REVIEWS: usize = 50;
const REQUESTS: usize = 5;

/// Collects what the token may not read.
struct Errors {
    list: Vec<Value>,
}

impl Errors {
    /// Null, and an error with its place, if the field is closed.
    fn closed(&mut self, shelf: &Shelf, field: &str, path: &Value) -> bool {
        let is_closed = shelf.past.closed.contains(field);
        if is_closed {
            let message = "Resource not accessible by integration";
            let mut path = path.as_array().unwrap().clone();
            path.push(json!(field));
            self.list
                .push(json!({ "type": "FORBIDDEN", "path": path, "message": message }));
        }
        is_closed
    }
}

fn beneath(path: &Value, more: &[Value]) -> Value {
    let mut path = path.as_array().unwrap().clone();
    path.extend_from_slice(more);
    path.into()
}

/// Answers `query Evidence`: commits by their ids.
pub(super) fn evidence(shelf: &Shelf, asked: &Asked) -> Reply {
    let variables = asked.body["variables"].as_object().unwrap();
    assert_eq!(
        format!(
            "{}/{}",
            variables["owner"].as_str().unwrap(),
            variables["name"].as_str().unwrap()
        ),
        REPOSITORY
    );
    let after = variables["after"]
        .as_str()
        .and_then(|text| text.parse().ok())
        .unwrap_or(0);
    let mut found = Map::new();
    let mut errors = Errors { list: Vec::new() };
    let query = asked.text("query");
    for (name, oid) in variables.iter().filter(|(name, _)| name.starts_with('c')) {
        assert!(
            query.contains(&format!("{name}: object(oid: ${name})")),
            "{name} is not asked for"
        );
        let oid = oid.as_str().unwrap();
        let path = json!(["repository", name]);
        let told = match shelf.past.unknown.contains(oid) {
            true => Value::Null,
            false => commit(shelf, oid, (&path, after, &mut errors)),
        };
        found.insert(name.clone(), told);
    }
    assert!(found.len() <= 50, "too many at once: {}", found.len());
    answer(json!({ "repository": found }), errors)
}

fn answer(data: Value, errors: Errors) -> Reply {
    match errors.list.is_empty() {
        true => reply(200, &json!({ "data": data })),
        false => reply(200, &json!({ "data": data, "errors": errors.list })),
    }
}

fn commit(shelf: &Shelf, oid: &str, (path, after, errors): (&Value, usize, &mut Errors)) -> Value {
    let user = |login: Option<&String>| json!({ "user": login.map(|login| json!({ "login": login })) });
    let signed = shelf.past.signed.get(oid);
    let signature = signed
        .filter(|_| !errors.closed(shelf, "signature", path))
        .map(|(is_valid, signer)| {
            json!({
                "isValid": is_valid, "state": if *is_valid { "VALID" } else { "UNKNOWN_KEY" },
                "wasSignedByGitHub": signer == "web-flow", "signer": { "login": signer },
            })
        });
    let requests = match errors.closed(shelf, "associatedPullRequests", path) {
        true => Value::Null,
        false => {
            let all: Vec<&Pull> = shelf.pulls.iter().filter(|pull| pull.brings(oid)).collect();
            let size = shelf.page.min(REQUESTS);
            let shown = all.iter().skip(after).take(size).enumerate();
            let nodes: Vec<Value> = shown
                .map(|(at, pull)| {
                    let path = beneath(path, &[json!("associatedPullRequests"), json!("nodes"), json!(at)]);
                    request(shelf, pull, (&path, errors))
                })
                .collect();
            json!({ "pageInfo": more(all.len(), after + size), "nodes": nodes })
        }
    };
    json!({
        "oid": oid, "author": user(shelf.past.authors.get(oid)), "committer": user(None),
        "signature": signature, "associatedPullRequests": requests,
    })
}

fn more(total: usize, shown: usize) -> Value {
    json!({ "hasNextPage": shown < total, "endCursor": shown.to_string() })
}

fn request(shelf: &Shelf, pull: &Pull, (path, errors): (&Value, &mut Errors)) -> Value {
    let head = shelf.head_of(pull);
    let below = beneath(path, &[json!("commits"), json!("nodes"), json!(0), json!("commit")]);
    let is_closed = errors.closed(shelf, "statusCheckRollup", &below);
    let rollup = pull
        .checks
        .filter(|_| !is_closed)
        .map(|state| json!({ "state": state.to_uppercase() }));
    let reviews = match errors.closed(shelf, "reviews", path) {
        true => Value::Null,
        false => reviews(shelf, pull, (0, REVIEWS)),
    };
    let repository = json!({ "nameWithOwner": REPOSITORY });
    json!({
        "id": format!("PR_{}", pull.number), "number": pull.number, "title": pull.title, "body": pull.body,
        "url": format!("{}/{REPOSITORY}/pull/{}", shelf.web, pull.number),
        "baseRefName": pull.base, "headRefName": pull.head, "headRefOid": head,
        "baseRepository": repository, "headRepository": repository,
        "mergedAt": pull.merge_time(), "mergedBy": pull.merger().map(|login| json!({ "login": login })),
        "author": { "login": pull.author() }, "mergeCommit": pull.merge_oid.as_ref().map(|oid| json!({ "oid": oid })),
        "commits": { "nodes": [{ "commit": { "oid": head, "statusCheckRollup": rollup } }] },
        "reviews": reviews,
    })
}

fn reviews(shelf: &Shelf, pull: &Pull, (after, size): (usize, usize)) -> Value {
    let all = shelf.opinions_on(pull);
    let size = size.min(shelf.page);
    let shown = all.iter().skip(after).take(size);
    let nodes: Vec<Value> = shown
        .map(|opinion| {
            json!({
                "state": opinion.state, "author": { "login": opinion.by }, "commit": { "oid": opinion.commit },
                "submittedAt": (opinion.state != "PENDING").then_some(&opinion.at),
            })
        })
        .collect();
    json!({ "pageInfo": more(all.len(), after + size), "nodes": nodes })
}

/// Answers `query Reviews`: more of the reviews of a request.
pub(super) fn more_reviews(shelf: &Shelf, asked: &Asked) -> Reply {
    let variables = &asked.body["variables"];
    let at = shelf
        .at(variables["id"].as_str().unwrap().trim_start_matches("PR_"))
        .unwrap();
    let after = variables["after"].as_str().unwrap().parse().unwrap();
    reply(
        200,
        &json!({ "data": { "node": { "reviews": reviews(shelf, &shelf.pulls[at], (after, 100)) } } }),
    )
}

/// Answers `query Rules`: what protects a branch by the older kind of rules.
pub(super) fn rules(shelf: &Shelf) -> Reply {
    if shelf.past.closed.contains("rules") {
        let error = json!({ "type": "FORBIDDEN", "path": ["repository", "ref", "refUpdateRule"], "message": "no" });
        return reply(
            200,
            &json!({ "data": { "repository": { "ref": null } }, "errors": [error] }),
        );
    }
    let rule = shelf.past.rules.map(|(count, owners)| {
        json!({ "requiredApprovingReviewCount": count, "requiresCodeOwnerReviews": owners, "requiresSignatures": false })
    });
    let branch = json!({ "branchProtectionRule": null, "refUpdateRule": rule });
    reply(200, &json!({ "data": { "repository": { "ref": branch } } }))
}

/// Answers what REST has: force pushes and the newer kind of rules.
pub(super) fn rest(shelf: &mut Shelf, asked: &Asked, words: &[&str]) -> Reply {
    let closed = |name: &str| shelf.past.closed.contains(name);
    match words {
        ["activity"] if closed("activity") => reply(403, &json!({ "message": "Resource not accessible" })),
        ["activity"] => {
            shelf.only(asked, &["activity_type", "ref", "direction", "per_page", "page"], &[]);
            assert_eq!(asked.parameter("activity_type"), "force_push");
            let branch = asked.parameter("ref").strip_prefix("refs/heads/").unwrap();
            let forced = shelf.past.forced.iter().rev().filter(|it| it.branch == branch);
            let list = forced
                .map(|it| {
                    json!({ "before": it.before, "after": it.after, "timestamp": it.at, "activity_type": "force_push",
                            "ref": format!("refs/heads/{}", it.branch), "actor": { "login": it.by } })
                })
                .collect();
            shelf.paged(asked, list)
        }
        ["rules", "branches", _] if closed("rules") => reply(404, &json!({ "message": "Not Found" })),
        ["rules", "branches", _] => {
            shelf.only(asked, &["per_page", "page"], &[]);
            reply(200, &json!([]))
        }
        _ => shelf.unknown(asked),
    }
}

/// Answers who is in a team of the organisation.
pub(super) fn members(shelf: &mut Shelf, asked: &Asked, team: &str) -> Reply {
    shelf.only(asked, &["per_page", "page"], &[]);
    match shelf.past.teams.get(&format!("acme/{team}")) {
        Some(_) if shelf.past.closed.contains("members") => reply(403, &json!({ "message": "Must have admin rights" })),
        Some(logins) => {
            let list = logins.iter().map(|login| json!({ "login": login })).collect();
            shelf.paged(asked, list)
        }
        None => reply(404, &json!({ "message": "Not Found" })),
    }
}
