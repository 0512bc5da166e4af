//! Bitbucket Cloud.

use serde_json::{Value, json};

use super::shelf::{Note, Pull, Shelf};
use super::{Asked, ME, REPOSITORY, Reply, Speaks, TOKEN, reply};
use crate::harness::server::Request;

pub(crate) struct BitbucketCloud;

impl Speaks for BitbucketCloud {
    fn kind(&self) -> &'static str {
        "bitbucket-cloud"
    }

    fn variable(&self) -> &'static str {
        "RAKOPS_BITBUCKET_TOKEN"
    }

    fn knows(&self, request: &Request) -> bool {
        request.header("authorization") == Some(&format!("Bearer {TOKEN}"))
    }

    fn empty_list(&self) -> Value {
        json!({ "values": [] })
    }

    fn answer(&self, shelf: &mut Shelf, asked: &Asked) -> Reply {
        let words = asked.words();
        match words.as_slice() {
            ["GET", "2.0", "user"] => return reply(200, &person(ME)),
            ["GET", "2.0", "users", name] => {
                let found = shelf.people.values().find(|known| known == name);
                return found.map_or_else(|| reply(404, &json!({})), |name| reply(200, &person(name)));
            }
            _ => {}
        }
        let [method, "2.0", "repositories", "acme", "manifests", rest @ ..] = words.as_slice() else {
            return shelf.unknown(asked);
        };
        match (*method, rest) {
            ("GET", ["commit", short]) => {
                let whole = shelf.git(&["rev-parse", short]).unwrap();
                reply(200, &json!({ "hash": whole }))
            }
            ("GET", ["default-reviewers"]) => {
                shelf.only(asked, &["pagelen"], &[]);
                reply(200, &json!({ "values": [person("ben"), person(ME)] }))
            }
            ("GET", ["pullrequests"]) => {
                shelf.only(asked, &["state", "q", "pagelen", "page"], &[]);
                let filter = asked.parameter("q");
                let wanted = |field: &str| {
                    let rest = filter
                        .split_once(&format!("{field}.branch.name=\""))
                        .map_or("", |it| it.1);
                    rest.split('"').next().unwrap_or("").to_owned()
                };
                let (head, base) = (wanted("source"), wanted("destination"));
                let state = match asked.parameter("state") {
                    "OPEN" => "open",
                    "MERGED" => "merged",
                    other => panic!("{other}"),
                };
                let fits = |pull: &&Pull| {
                    pull.state == state
                        && (head.is_empty() || pull.head == head)
                        && (base.is_empty() || pull.base == base)
                };
                let list: Vec<Value> = shelf
                    .pulls
                    .iter()
                    .filter(fits)
                    .map(|pull| json_of(shelf, pull))
                    .collect();
                paged(shelf, asked, list)
            }
            ("POST", ["pullrequests"]) => {
                let listed = [
                    "title",
                    "source",
                    "destination",
                    "description",
                    "reviewers",
                    "close_source_branch",
                    "draft",
                ];
                shelf.only(asked, &[], &listed);
                let branch = |field: &str| asked.body[field]["branch"]["name"].as_str().unwrap().to_owned();
                let (head, base) = (branch("source"), branch("destination"));
                if let Some(at) = shelf.open(&head, &base) {
                    // A second one changes the first.
                    shelf.pulls[at].title = asked.text("title");
                    return reply(201, &json_of(shelf, &shelf.pulls[at]));
                }
                if shelf.ahead(&base, &head) == Some(0) {
                    let error = json!({ "message": "There are no changes to be pulled" });
                    return reply(400, &json!({ "type": "error", "error": error }));
                }
                let at = shelf.add(Pull {
                    head,
                    base,
                    title: asked.text("title"),
                    body: asked.text("description"),
                    draft: asked.body["draft"] == true,
                    reviewers: reviewers(asked),
                    ..Pull::default()
                });
                reply(201, &json_of(shelf, &shelf.pulls[at]))
            }
            (method, ["pullrequests", number, rest @ ..]) => match shelf.at(number) {
                Some(at) => one(shelf, asked, (method, at, rest)),
                None => reply(404, &json!({ "error": { "message": "no such pull request" } })),
            },
            _ => shelf.unknown(asked),
        }
    }
}

fn one(shelf: &mut Shelf, asked: &Asked, (method, at, rest): (&str, usize, &[&str])) -> Reply {
    let number = shelf.pulls[at].number;
    match (method, rest) {
        ("GET", []) => reply(200, &json_of(shelf, &shelf.pulls[at])),
        ("PUT", []) => {
            shelf.only(
                asked,
                &[],
                &["title", "description", "reviewers", "destination", "draft"],
            );
            let pull = &mut shelf.pulls[at];
            // What is left out is lost.
            pull.title = asked.text("title");
            pull.body = asked.text("description");
            pull.draft = asked.body["draft"] == true;
            pull.reviewers = reviewers(asked);
            reply(200, &json_of(shelf, &shelf.pulls[at]))
        }
        ("POST", ["merge"]) => {
            shelf.only(asked, &[], &["merge_strategy", "message", "close_source_branch"]);
            match shelf.merge(at, &asked.text("merge_strategy")) {
                // It goes on behind the scenes.
                Some(_) => reply(202, &Value::Null),
                None => reply(400, &json!({ "error": { "message": "conflicts" } })),
            }
        }
        ("POST", ["decline"]) => {
            shelf.pulls[at].state = "closed";
            reply(200, &json_of(shelf, &shelf.pulls[at]))
        }
        ("GET", ["statuses"]) => {
            shelf.only(asked, &["pagelen"], &[]);
            let state = shelf.pulls[at].checks.map(|state| match state {
                "success" => "SUCCESSFUL",
                "pending" => "INPROGRESS",
                _ => "FAILED",
            });
            let list: Vec<Value> = state.iter().map(|state| json!({ "state": state })).collect();
            reply(200, &json!({ "values": list }))
        }
        ("GET", ["activity"]) => {
            shelf.only(asked, &["pagelen", "page"], &[]);
            let pull = &shelf.pulls[at];
            let heads = shelf.heads_of(pull);
            let update = |state: &str, at: &str, commit: &str, by: &str| {
                json!({ "update": { "state": state, "date": at, "author": person(by),
                                    "source": { "commit": { "hash": &commit[..12] } } } })
            };
            let mut list: Vec<Value> = heads
                .iter()
                .map(|(at, commit)| update("OPEN", at, commit, pull.author()))
                .collect();
            for said in &pull.opinions {
                let word = json!({ "date": said.at, "user": person(&said.by) });
                match said.state {
                    "APPROVED" | "DISMISSED" => list.push(json!({ "approval": word })),
                    "CHANGES_REQUESTED" => list.push(json!({ "changes_requested": word })),
                    _ => list.push(json!({ "comment": word })),
                }
            }
            if let (Some(time), Some(by)) = (pull.merge_time(), pull.merger()) {
                list.push(update("MERGED", time, &shelf.head_of(pull), by));
            }
            list.reverse();
            paged(shelf, asked, list)
        }
        ("GET", ["comments"]) => {
            shelf.only(asked, &["pagelen", "page"], &[]);
            let list = shelf
                .notes_on(number)
                .iter()
                .map(|note| note_json(shelf, note))
                .collect();
            paged(shelf, asked, list)
        }
        ("POST", ["comments"]) => {
            shelf.only(asked, &[], &["content"]);
            let note = shelf.comment(number, ME, asked.body["content"]["raw"].as_str().unwrap());
            reply(201, &note_json(shelf, &note))
        }
        ("PUT", ["comments", id]) => {
            shelf.only(asked, &[], &["content"]);
            let id: u64 = id.parse().unwrap();
            let note = shelf.notes.iter_mut().find(|note| note.id == id).unwrap();
            assert_eq!(note.author, ME, "only own comments are changed");
            note.body = asked.body["content"]["raw"].as_str().unwrap().to_owned();
            let note = note.clone();
            reply(200, &note_json(shelf, &note))
        }
        _ => shelf.unknown(asked),
    }
}

fn paged(shelf: &Shelf, asked: &Asked, list: Vec<Value>) -> Reply {
    let (page, total) = (asked.page(), list.len());
    let shown: Vec<Value> = list
        .into_iter()
        .skip((page - 1) * shelf.page)
        .take(shelf.page)
        .collect();
    let mut body = json!({ "values": shown });
    if page * shelf.page < total {
        let path = asked.raw.path.split("&page=").next().unwrap();
        body["next"] = format!("{}{path}&page={}", shelf.web, page + 1).into();
    }
    reply(200, &body)
}

fn reviewers(asked: &Asked) -> Vec<String> {
    let list = asked.body["reviewers"].as_array().cloned().unwrap_or_default();
    let name = |one: &Value| one["uuid"].as_str().unwrap().trim_matches(['{', '}']).to_owned();
    list.iter().map(name).collect()
}

fn person(name: &str) -> Value {
    json!({ "uuid": format!("{{{name}}}"), "nickname": name, "display_name": name })
}

fn json_of(shelf: &Shelf, pull: &Pull) -> Value {
    let end = |branch: &str, hash: &str| {
        json!({ "branch": { "name": branch }, "commit": { "hash": &hash[..12] },
                "repository": { "full_name": REPOSITORY } })
    };
    let reviewers: Vec<Value> = pull.reviewers.iter().map(|name| person(name)).collect();
    let participants = pull.reviews.iter().map(|(by, state)| {
        json!({ "user": person(by), "approved": *state == "approved", "state": state, "role": "REVIEWER" })
    });
    let standing = shelf.standing(pull);
    let standing = standing
        .iter()
        .map(|by| json!({ "user": person(by), "approved": true, "state": "approved", "role": "REVIEWER" }));
    let participants = participants.chain(standing);
    json!({
        "id": pull.number, "title": pull.title, "description": pull.body, "draft": pull.draft,
        "state": match pull.state { "open" => "OPEN", "merged" => "MERGED", _ => "DECLINED" },
        "source": end(&pull.head, &shelf.head_of(pull)),
        "destination": end(&pull.base, &shelf.tip(&pull.base).unwrap()), "author": person(pull.author()),
        "merge_commit": pull.merge_oid.as_ref().map(|oid| json!({ "hash": &oid[..12] })),
        "updated_on": "2026-01-01T00:00:00Z", "reviewers": reviewers,
        "participants": participants.collect::<Vec<Value>>(),
        "links": { "html": { "href": format!("{}/{REPOSITORY}/pull-requests/{}", shelf.web, pull.number) } },
    })
}

fn note_json(shelf: &Shelf, note: &Note) -> Value {
    json!({
        "id": note.id, "content": { "raw": note.body }, "user": person(&note.author), "deleted": false,
        "links": { "html": { "href": format!("{}/{REPOSITORY}/pull-requests/{}#comment-{}", shelf.web, note.number, note.id) } },
    })
}
