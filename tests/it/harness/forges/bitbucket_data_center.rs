//! Bitbucket Data Center.

use serde_json::{Value, json};

use super::past::seconds;
use super::shelf::{Note, Pull, Shelf};
use super::{Asked, ME, Reply, Speaks, TOKEN, reply};
use crate::harness::server::Request;

pub(crate) struct BitbucketDataCenter;

impl Speaks for BitbucketDataCenter {
    fn kind(&self) -> &'static str {
        "bitbucket-data-center"
    }

    fn variable(&self) -> &'static str {
        "RAKOPS_BITBUCKET_TOKEN"
    }

    fn knows(&self, request: &Request) -> bool {
        request.header("authorization") == Some(&format!("Bearer {TOKEN}"))
    }

    fn empty_list(&self) -> Value {
        json!({ "values": [], "isLastPage": true })
    }

    fn has_drafts(&self) -> bool {
        false
    }

    fn answer(&self, shelf: &mut Shelf, asked: &Asked) -> Reply {
        let words = asked.words();
        match words.as_slice() {
            ["GET", "rest", "api", "latest", "application-properties"] => {
                return reply(200, &json!({ "displayName": "Bitbucket" })).header("X-AUSERNAME", ME);
            }
            ["GET", "rest", "build-status", "latest", "commits", "stats", sha] => {
                let pull = shelf.pulls.iter().find(|pull| shelf.head_of(pull) == *sha);
                let checks = pull.and_then(|pull| pull.checks).unwrap_or_default();
                let count = |word: &str| u8::from(checks == word);
                return reply(
                    200,
                    &json!({ "successful": count("success"), "inProgress": count("pending"), "failed": count("failure") }),
                );
            }
            _ => {}
        }
        let [
            method,
            "rest",
            "api",
            "latest",
            "projects",
            "acme",
            "repos",
            "manifests",
            "pull-requests",
            rest @ ..,
        ] = words.as_slice()
        else {
            return shelf.unknown(asked);
        };
        match (*method, rest) {
            ("GET", []) => {
                shelf.only(asked, &["state", "at", "direction", "order", "start", "limit"], &[]);
                let state = match asked.parameter("state") {
                    "OPEN" => "open",
                    "MERGED" => "merged",
                    other => panic!("{other}"),
                };
                let base = asked.parameter("at");
                if !base.is_empty() {
                    assert_eq!(asked.parameter("direction"), "INCOMING");
                }
                let fits = |pull: &&Pull| {
                    pull.state == state && (base.is_empty() || base == format!("refs/heads/{}", pull.base))
                };
                let list: Vec<Value> = shelf
                    .pulls
                    .iter()
                    .filter(fits)
                    .map(|pull| json_of(shelf, pull))
                    .collect();
                paged(shelf, asked, list)
            }
            ("POST", []) => {
                shelf.only(asked, &[], &["title", "description", "fromRef", "toRef", "reviewers"]);
                let branch = |field: &str| {
                    let end = &asked.body[field];
                    assert_eq!(
                        end["repository"],
                        json!({ "slug": "manifests", "project": { "key": "acme" } })
                    );
                    end["id"]
                        .as_str()
                        .unwrap()
                        .strip_prefix("refs/heads/")
                        .unwrap()
                        .to_owned()
                };
                let (head, base) = (branch("fromRef"), branch("toRef"));
                let refused = |words: &str| reply(409, &json!({ "errors": [{ "message": words }] }));
                if shelf.open(&head, &base).is_some() {
                    return refused("Only one pull request may be open for a given source and target branch");
                }
                if shelf.ahead(&base, &head) == Some(0) {
                    return refused(&format!("{head} is already up-to-date with branch {base}"));
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
            (method, [number, rest @ ..]) => match shelf.at(number) {
                Some(at) => one(shelf, asked, (method, at, rest)),
                None => reply(404, &json!({ "errors": [{ "message": "no such pull request" }] })),
            },
            _ => shelf.unknown(asked),
        }
    }
}

/// The version moves with the head.
fn version(shelf: &Shelf, pull: &Pull) -> u64 {
    pull.version + shelf.ahead("main", &shelf.head_of(pull)).unwrap_or(0)
}

fn out_of_date() -> Reply {
    let words = "You are attempting to modify a pull request based on out-of-date information.";
    reply(409, &json!({ "errors": [{ "message": words }] }))
}

fn one(shelf: &mut Shelf, asked: &Asked, (method, at, rest): (&str, usize, &[&str])) -> Reply {
    let number = shelf.pulls[at].number;
    let now = version(shelf, &shelf.pulls[at]);
    match (method, rest) {
        ("GET", []) => reply(200, &json_of(shelf, &shelf.pulls[at])),
        ("PUT", []) => {
            shelf.only(asked, &[], &["version", "title", "description", "reviewers", "toRef"]);
            if asked.body["version"] != now {
                return out_of_date();
            }
            let list = asked.body["reviewers"].as_array().cloned().unwrap_or_default();
            let pull = &mut shelf.pulls[at];
            pull.title = asked.text("title");
            pull.body = asked.text("description");
            // Those that are left out are dropped.
            pull.reviewers = list
                .iter()
                .map(|one| one["user"]["name"].as_str().unwrap().to_owned())
                .collect();
            pull.version += 1;
            reply(200, &json_of(shelf, &shelf.pulls[at]))
        }
        ("GET", ["merge"]) => reply(200, &json!({ "canMerge": true, "conflicted": false, "vetoes": [] })),
        ("POST", ["merge"]) => {
            shelf.only(asked, &["version"], &["strategyId", "message"]);
            assert_eq!(asked.raw.header("x-atlassian-token"), Some("no-check"));
            if asked.parameter("version") != now.to_string() {
                return out_of_date();
            }
            match shelf.merge(at, &asked.text("strategyId")) {
                Some(_) => reply(200, &json_of(shelf, &shelf.pulls[at])),
                None => reply(409, &json!({ "errors": [{ "message": "conflicts" }] })),
            }
        }
        ("POST", ["decline"]) => {
            shelf.only(asked, &["version"], &[]);
            shelf.pulls[at].state = "closed";
            reply(200, &json_of(shelf, &shelf.pulls[at]))
        }
        ("GET", ["activities"]) => {
            shelf.only(asked, &["start", "limit"], &[]);
            let notes = shelf.notes_on(number);
            let noted = notes
                .iter()
                .map(|note| json!({ "action": "COMMENTED", "comment": note_json(note) }));
            let list = noted
                .chain(happened(shelf, &shelf.pulls[at]))
                .chain([json!({ "action": "OPENED" })])
                .collect();
            paged(shelf, asked, list)
        }
        ("POST", ["comments"]) => {
            shelf.only(asked, &[], &["text"]);
            let note = shelf.comment(number, ME, &asked.text("text"));
            reply(201, &note_json(&note))
        }
        ("PUT", ["comments", id]) => {
            shelf.only(asked, &[], &["text", "version"]);
            assert_eq!(asked.body["version"], 4);
            let id: u64 = id.parse().unwrap();
            let note = shelf.notes.iter_mut().find(|note| note.id == id).unwrap();
            assert_eq!(note.author, ME, "only own comments are changed");
            note.body = asked.text("text");
            reply(200, &note_json(note))
        }
        _ => shelf.unknown(asked),
    }
}

/// What the forge writes down about a request, newest first.
fn happened(shelf: &Shelf, pull: &Pull) -> Vec<Value> {
    let at = |moment: &str| seconds(moment) * 1_000;
    let mut list = Vec::new();
    if let Some([(_, first), (time, head)]) = shelf.heads_of(pull).first_chunk::<2>() {
        list.push(
            json!({ "action": "RESCOPED", "createdDate": at(time), "fromHash": head, "previousFromHash": first,
                          "user": { "name": pull.author() } }),
        );
    }
    for said in &pull.opinions {
        let actions: &[&str] = match said.state {
            "APPROVED" => &["APPROVED"],
            "DISMISSED" => &["APPROVED", "UNAPPROVED"],
            "CHANGES_REQUESTED" => &["REVIEWED"],
            _ => &["COMMENTED"],
        };
        list.extend(
            actions
                .iter()
                .map(|action| json!({ "action": action, "createdDate": at(&said.at), "user": { "name": said.by } })),
        );
    }
    if let Some(time) = pull.merge_time() {
        list.push(
            json!({ "action": "MERGED", "createdDate": at(time), "user": { "name": pull.merger() },
                          "commit": { "id": pull.merge_oid } }),
        );
    }
    list.reverse();
    list
}

fn paged(shelf: &Shelf, asked: &Asked, list: Vec<Value>) -> Reply {
    let start: usize = asked.parameter("start").parse().unwrap();
    let end = start + shelf.page;
    let is_last = end >= list.len();
    let shown: Vec<Value> = list.into_iter().skip(start).take(shelf.page).collect();
    reply(
        200,
        &json!({ "values": shown, "isLastPage": is_last, "nextPageStart": (!is_last).then_some(end) }),
    )
}

fn json_of(shelf: &Shelf, pull: &Pull) -> Value {
    let repository = json!({ "slug": "manifests", "project": { "key": "acme" } });
    let asked = pull.reviewers.iter().map(|name| (name, "UNAPPROVED"));
    let said = pull.reviews.iter().map(|(name, state)| (name, *state));
    let standing = shelf.standing(pull);
    let standing = standing.iter().map(|name| (name, "APPROVED"));
    let reviewers = asked
        .chain(said)
        .chain(standing)
        .map(|(name, status)| json!({ "user": { "name": name }, "status": status }));
    json!({
        "id": pull.number, "version": version(shelf, pull), "title": pull.title, "description": pull.body,
        "state": match pull.state { "open" => "OPEN", "merged" => "MERGED", _ => "DECLINED" },
        "fromRef": { "id": format!("refs/heads/{}", pull.head), "latestCommit": shelf.head_of(pull),
                     "repository": repository },
        "toRef": { "id": format!("refs/heads/{}", pull.base), "latestCommit": shelf.tip(&pull.base),
                   "repository": repository },
        "author": { "user": { "name": pull.author() } },
        "closedDate": pull.merge_time().map(|time| seconds(time) * 1_000), "reviewers": reviewers.collect::<Vec<Value>>(),
        "properties": { "mergeCommit": pull.merge_oid.as_ref().map(|oid| json!({ "id": oid })) },
        "links": { "self": [{ "href": format!("{}/projects/acme/repos/manifests/pull-requests/{}", shelf.web, pull.number) }] },
    })
}

fn note_json(note: &Note) -> Value {
    json!({ "id": note.id, "version": 4, "text": note.body, "author": { "name": note.author } })
}
