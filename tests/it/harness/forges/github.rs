//! GitHub Enterprise Server.

use serde_json::{Value, json};

use super::shelf::{Note, Pull, Shelf};
use super::{Asked, ME, REPOSITORY, Reply, Speaks, TOKEN, github_evidence, reply};
use crate::harness::server::Request;

pub(crate) struct GitHub;

const STATE: &str = include_str!("../../../../src/forge/github/state.graphql");
const REVIEWS: &str = include_str!("../../../../src/forge/github/reviews.graphql");
const RULES: &str = include_str!("../../../../src/forge/github/rules.graphql");
const VIEWER: &str = include_str!("../../../../src/forge/github/viewer.graphql");
const ENABLE: &str = include_str!("../../../../src/forge/github/enable_auto_merge.graphql");
const DISABLE: &str = include_str!("../../../../src/forge/github/disable_auto_merge.graphql");
const TO_DRAFT: &str = include_str!("../../../../src/forge/github/convert_to_draft.graphql");
const READY: &str = include_str!("../../../../src/forge/github/mark_ready.graphql");

impl Speaks for GitHub {
    fn kind(&self) -> &'static str {
        "github"
    }

    fn variable(&self) -> &'static str {
        "RAKOPS_GITHUB_TOKEN"
    }

    fn knows(&self, request: &Request) -> bool {
        request.header("authorization") == Some(&format!("Bearer {TOKEN}"))
    }

    fn answer(&self, shelf: &mut Shelf, asked: &Asked) -> Reply {
        if asked.words() == ["POST", "api", "graphql"] {
            return graphql(shelf, asked);
        }
        let words = asked.words();
        if let ["GET", "api", "v3", "orgs", "acme", "teams", team, "members"] = words.as_slice() {
            return github_evidence::members(shelf, asked, team);
        }
        let [method, "api", "v3", "repos", "acme", "manifests", rest @ ..] = words.as_slice() else {
            return shelf.unknown(asked);
        };
        assert_eq!(asked.raw.header("x-github-api-version"), Some("2022-11-28"));
        match (*method, rest) {
            ("GET", []) => {
                shelf.only(asked, &[], &[]);
                reply(
                    200,
                    &json!({
                        "full_name": REPOSITORY, "allow_auto_merge": shelf.allows_auto_merge,
                        "allow_merge_commit": true, "allow_squash_merge": true, "allow_rebase_merge": false,
                    }),
                )
            }
            ("GET", ["pulls"]) => {
                shelf.only(asked, &["state", "head", "base", "per_page", "page"], &[]);
                assert_eq!(asked.parameter("state"), "open");
                let (head, base) = (asked.parameter("head"), asked.parameter("base"));
                // A head without its owner is no filter there.
                let head = head.strip_prefix("acme:").unwrap_or_default();
                let fits = |pull: &&Pull| {
                    pull.state == "open"
                        && (head.is_empty() || pull.head == head)
                        && (base.is_empty() || pull.base == base)
                };
                let list = shelf.pulls.iter().rev().filter(fits).map(|pull| json_of(shelf, pull));
                let list = list.collect();
                shelf.paged(asked, list)
            }
            ("POST", ["pulls"]) => create(shelf, asked),
            ("GET", ["pulls", number]) => {
                shelf.only(asked, &[], &[]);
                match shelf.at(number) {
                    Some(at) => reply(200, &json_of(shelf, &shelf.pulls[at])),
                    None => reply(404, &json!({ "message": "Not Found" })),
                }
            }
            ("PATCH", ["pulls", number]) => {
                shelf.only(asked, &[], &["title", "body", "state", "base", "maintainer_can_modify"]);
                let at = shelf.at(number).unwrap();
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
                reply(200, &json_of(shelf, &shelf.pulls[at]))
            }
            ("PUT", ["pulls", number, "merge"]) => {
                shelf.only(asked, &[], &["sha", "merge_method", "commit_title", "commit_message"]);
                let at = shelf.at(number).unwrap();
                if shelf.head_of(&shelf.pulls[at]) != asked.text("sha") {
                    let words = "Head branch was modified. Review and try the merge again.";
                    return reply(409, &json!({ "message": words }));
                }
                if shelf.pulls[at].checks == Some("pending") {
                    return reply(405, &json!({ "message": "Required status check \"ci\" is expected." }));
                }
                match shelf.merge(at, &asked.text("merge_method")) {
                    Some(sha) => reply(200, &json!({ "sha": sha, "merged": true })),
                    None => reply(405, &json!({ "message": "Pull Request is not mergeable" })),
                }
            }
            ("GET", ["pulls", number, "reviews"]) => {
                shelf.only(asked, &["per_page", "page"], &[]);
                let at = shelf.at(number).unwrap();
                let opinions = shelf.opinions_on(&shelf.pulls[at]);
                let list = opinions.iter().map(|it| {
                    json!({ "user": { "login": it.by }, "state": it.state, "commit_id": it.commit,
                            "submitted_at": it.at })
                });
                let list = list.collect();
                shelf.paged(asked, list)
            }
            ("POST", ["pulls", number, "requested_reviewers"]) => {
                shelf.only(asked, &[], &["reviewers", "team_reviewers"]);
                let at = shelf.at(number).unwrap();
                let names = |field: &str| asked.body[field].as_array().cloned().unwrap_or_default();
                let people: Vec<String> = names("reviewers")
                    .iter()
                    .map(|name| name.as_str().unwrap().into())
                    .collect();
                if people
                    .iter()
                    .any(|name| !shelf.people.values().any(|known| known == name))
                {
                    let words = "Reviews may only be requested from collaborators.";
                    return reply(422, &json!({ "message": words }));
                }
                let there = shelf.pulls[at].reviewers.clone();
                let new = people.into_iter().filter(|name| !there.contains(name));
                shelf.pulls[at].reviewers.extend(new);
                for name in names("team_reviewers") {
                    let name = name.as_str().unwrap().to_owned();
                    assert!(!name.contains('/'), "a slug has no organisation: {name}");
                    shelf.pulls[at].reviewers.push(name);
                }
                reply(201, &json!({}))
            }
            ("POST", ["issues", number, "labels"]) => {
                shelf.only(asked, &[], &["labels"]);
                let at = shelf.at(number).unwrap();
                let names = asked.body["labels"].as_array().unwrap().iter();
                let names: Vec<String> = names.map(|name| name.as_str().unwrap().to_owned()).collect();
                shelf.pulls[at].labels.extend(names);
                reply(200, &json!([]))
            }
            ("GET", ["issues", number, "comments"]) => {
                shelf.only(asked, &["per_page", "page"], &[]);
                let notes = shelf.notes_on(number.parse().unwrap());
                let list = notes.iter().map(|note| note_json(shelf, note)).collect();
                shelf.paged(asked, list)
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
            ("GET", rest @ (["activity"] | ["rules", "branches", _])) => github_evidence::rest(shelf, asked, rest),
            _ => shelf.unknown(asked),
        }
    }
}

fn create(shelf: &mut Shelf, asked: &Asked) -> Reply {
    let listed = [
        "head",
        "base",
        "title",
        "body",
        "draft",
        "maintainer_can_modify",
        "issue",
        "head_repo",
    ];
    shelf.only(asked, &[], &listed);
    let (head, base) = (asked.text("head"), asked.text("base"));
    let refused = |field: &str, words: String| {
        let error = json!({ "resource": "PullRequest", "code": "custom", "field": field, "message": words });
        reply(422, &json!({ "message": "Validation Failed", "errors": [error] }))
    };
    if shelf.tip(&head).is_none() {
        let error = json!({ "resource": "PullRequest", "field": "head", "code": "invalid" });
        return reply(422, &json!({ "message": "Validation Failed", "errors": [error] }));
    }
    if shelf.open(&head, &base).is_some() {
        return refused("", format!("A pull request already exists for acme:{head}."));
    }
    if shelf.ahead(&base, &head) == Some(0) {
        return refused("", format!("No commits between {base} and {head}"));
    }
    let at = shelf.add(Pull {
        head,
        base,
        title: asked.text("title"),
        body: asked.text("body"),
        draft: asked.body["draft"].as_bool().unwrap_or(false),
        ..Pull::default()
    });
    reply(201, &json_of(shelf, &shelf.pulls[at]))
}

fn graphql(shelf: &mut Shelf, asked: &Asked) -> Reply {
    shelf.only(asked, &[], &["query", "variables"]);
    let variables = &asked.body["variables"];
    let text = |name: &str| variables[name].as_str().unwrap_or_default().to_owned();
    let at = shelf.at(text("id").trim_start_matches("PR_"));
    let query = asked.text("query");
    let data = |value: Value| reply(200, &json!({ "data": value }));
    let refused = |words: &str| {
        let error = json!({ "type": "UNPROCESSABLE", "message": words });
        reply(200, &json!({ "data": null, "errors": [error] }))
    };
    match (query.as_str(), at) {
        (query, _) if query.starts_with("query Evidence(") => github_evidence::evidence(shelf, asked),
        (REVIEWS, _) => github_evidence::more_reviews(shelf, asked),
        (RULES, _) => github_evidence::rules(shelf),
        (VIEWER, _) => data(json!({ "viewer": { "login": ME } })),
        (STATE, Some(at)) => {
            let pull = &shelf.pulls[at];
            let rollup = pull.checks.map(|state| json!({ "state": state.to_uppercase() }));
            let commit = json!({ "oid": shelf.head_of(pull), "statusCheckRollup": rollup });
            let decision = pull.reviews.last().map(|(_, state)| *state);
            data(json!({ "node": {
                "reviewDecision": decision, "isInMergeQueue": false, "isMergeQueueEnabled": false,
                "commits": { "nodes": [{ "commit": commit }] },
            }}))
        }
        (ENABLE, Some(at)) => {
            if text("head") != shelf.head_of(&shelf.pulls[at]) {
                return refused("Pull request head sha does not match expected_head_oid");
            }
            if shelf.pulls[at].checks != Some("pending") {
                return refused("Pull request Pull request is in clean status");
            }
            shelf.pulls[at].auto_merge = Some(text("head"));
            data(json!({ "enablePullRequestAutoMerge": {} }))
        }
        (DISABLE, Some(at)) => {
            shelf.pulls[at].auto_merge = None;
            data(json!({ "disablePullRequestAutoMerge": {} }))
        }
        (TO_DRAFT | READY, Some(at)) => {
            shelf.pulls[at].draft = query == TO_DRAFT;
            data(json!({}))
        }
        _ => shelf.unknown(asked),
    }
}

fn json_of(shelf: &Shelf, pull: &Pull) -> Value {
    let labels: Vec<Value> = pull.labels.iter().map(|name| json!({ "name": name })).collect();
    let repo = json!({ "full_name": REPOSITORY });
    let is_person = |name: &&String| shelf.people.values().any(|known| known == *name);
    let has_said = |name: &&String| pull.reviews.iter().any(|(by, _)| by == *name);
    let asked = || pull.reviewers.iter().filter(|name| !has_said(name));
    let people: Vec<Value> = asked().filter(is_person).map(|name| json!({ "login": name })).collect();
    let teams: Vec<Value> = asked()
        .filter(|name| !is_person(name))
        .map(|name| json!({ "slug": name, "name": name }))
        .collect();
    json!({
        "number": pull.number, "node_id": format!("PR_{}", pull.number),
        "html_url": format!("{}/{REPOSITORY}/pull/{}", shelf.web, pull.number),
        "title": pull.title, "body": pull.body, "draft": pull.draft,
        "state": if pull.state == "open" { "open" } else { "closed" },
        "head": { "ref": pull.head, "sha": shelf.head_of(pull), "repo": repo },
        "base": { "ref": pull.base, "sha": shelf.tip(&pull.base), "repo": repo },
        "merged_at": pull.merge_time(), "merged_by": pull.merger().map(|login| json!({ "login": login })),
        "merge_commit_sha": pull.merge_oid, "mergeable": true, "user": { "login": pull.author() }, "labels": labels,
        "requested_reviewers": people, "requested_teams": teams, "auto_merge": pull.auto_merge.as_ref().map(|_| json!({ "merge_method": "merge" })),
    })
}

fn note_json(shelf: &Shelf, note: &Note) -> Value {
    json!({
        "id": note.id, "body": note.body, "user": { "login": note.author },
        "html_url": format!("{}/{REPOSITORY}/pull/{}#issuecomment-{}", shelf.web, note.number, note.id),
    })
}
