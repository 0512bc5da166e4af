//! What no command asks yet: ancestry, reviews and closing, against answers that are written down.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use super::{Door, Host, PullRequest, ReviewState, Tokens, Wanted, open};
use crate::error::Error;
use crate::git::names::{Oid, RemoteUrl};
use crate::http::Http;

const OLD: &str = "a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1";
const NEW: &str = "b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2";

/// A forge that is asked exactly this: how each request begins, and the body of its answer.
fn asked<T>(kind: &str, script: &[(&str, u16, &str)], work: impl FnOnce(&Host<'_>) -> Result<T, Error>) -> T {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let answers: Vec<(String, u16, String)> = script
        .iter()
        .map(|(begin, status, body)| ((*begin).into(), *status, (*body).into()))
        .collect();
    let serving: JoinHandle<()> = thread::spawn(move || {
        for (begin, status, body) in answers {
            let (mut stream, _) = listener.accept().unwrap();
            let mut request = [0; 8192];
            let length = stream.read(&mut request).unwrap();
            let text = String::from_utf8_lossy(&request[..length]).into_owned();
            assert!(text.starts_with(&begin), "expected {begin}, found {text}");
            let length = body.len();
            let answer = format!("HTTP/1.1 {status} -\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n{body}");
            stream.write_all(answer.as_bytes()).unwrap();
        }
    });
    let pairs = [("RAKOPS_FORGE_URL", url.as_str()), ("RAKOPS_FORGE_KIND", kind)];
    let variables: BTreeMap<String, String> = pairs.iter().map(|&(name, value)| (name.into(), value.into())).collect();
    let http = Http::new(Duration::from_secs(5));
    let door = Door {
        http: &http,
        say: &|_| {},
        tokens: Tokens {
            variables: &variables,
            given: None,
            git: None,
            logins: &[],
            gh: None,
        },
        patience: Duration::ZERO,
        keep: None,
    };
    let remote = RemoteUrl::parse("/srv/acme/shop/m.git").unwrap();
    let wanted = Wanted {
        repository: Some("acme/m".into()),
        ..Wanted::default()
    };
    let found = work(&open(door, &remote, &wanted).unwrap()).unwrap();
    serving.join().unwrap();
    found
}

fn ids() -> (Oid, Oid) {
    (Oid::parse(OLD).unwrap(), Oid::parse(NEW).unwrap())
}

fn ancestor(kind: &str, begin: &str, (status, body): (u16, &str)) -> Option<bool> {
    let (old, new) = ids();
    asked(kind, &[(begin, status, body)], |host| {
        host.is_ancestor("acme/m", &old, &new)
    })
}

#[test]
fn ancestry_is_told_by_each_forge_in_its_own_way() {
    let github = format!("GET /api/v3/repos/acme/m/compare/{OLD}...{NEW}?per_page=1 ");
    assert_eq!(
        ancestor("github", &github, (200, "{\"status\": \"ahead\"}")),
        Some(true)
    );
    assert_eq!(
        ancestor("github", &github, (200, "{\"status\": \"diverged\"}")),
        Some(false)
    );
    assert_eq!(ancestor("github", &github, (404, "{}")), None);
    let gitlab = format!("GET /api/v4/projects/acme%2Fm/repository/merge_base?refs%5B%5D={OLD}&refs%5B%5D={NEW} ");
    assert_eq!(
        ancestor("gitlab", &gitlab, (200, &format!("{{\"id\": \"{OLD}\"}}"))),
        Some(true)
    );
    assert_eq!(ancestor("gitlab", &gitlab, (200, "{\"id\": \"c3\"}")), Some(false));
    let gitea = format!("GET /api/v1/repos/acme/m/compare/{NEW}...{OLD} ");
    assert_eq!(ancestor("gitea", &gitea, (200, "{\"total_commits\": 0}")), Some(true));
    assert_eq!(ancestor("gitea", &gitea, (200, "{\"total_commits\": 2}")), Some(false));
    let cloud = format!("GET /2.0/repositories/acme/m/merge-base/{OLD}..{NEW} ");
    assert_eq!(
        ancestor("bitbucket-cloud", &cloud, (200, &format!("{{\"hash\": \"{OLD}\"}}"))),
        Some(true)
    );
    let server = format!("GET /rest/api/latest/projects/acme/repos/m/commits?until={OLD}&since={NEW}&limit=1 ");
    assert_eq!(
        ancestor("bitbucket-data-center", &server, (200, "{\"values\": []}")),
        Some(true)
    );
    let (old, _) = ids();
    assert!(asked("github", &[], |host| host.is_ancestor("acme/m", &old, &old)).unwrap());
}

const PULL: &str = "{\"number\": 7, \"node_id\": \"x\", \"html_url\": \"u\", \"title\": \"t\", \"state\": \"open\",
    \"head\": {\"ref\": \"h\", \"sha\": \"\"}, \"base\": {\"ref\": \"main\", \"sha\": \"\"}}";
const STATE: &str = "{\"data\": {\"node\": null}}";

fn read(host: &Host<'_>) -> Result<PullRequest, Error> {
    host.get(7)
}

#[test]
fn reviews_keep_their_commit_and_those_not_sent_are_left_out() {
    let reviews = format!(
        "[{{\"user\": {{\"login\": \"anna\"}}, \"state\": \"APPROVED\", \"commit_id\": \"{OLD}\", \"submitted_at\": \"2026\"}},
          {{\"user\": null, \"state\": \"PENDING\"}}]"
    );
    let script = [
        ("GET /api/v3/repos/acme/m/pulls/7 ", 200, PULL),
        ("POST /api/graphql ", 200, STATE),
        (
            "GET /api/v3/repos/acme/m/pulls/7/reviews?per_page=100 ",
            200,
            reviews.as_str(),
        ),
    ];
    let found = asked("github", &script, |host| host.reviews(&read(host)?));
    assert_eq!(found.len(), 1);
    assert_eq!((found[0].by.as_str(), found[0].state), ("anna", ReviewState::Approved));
    assert_eq!(found[0].commit, Some(ids().0));
}

#[test]
fn what_is_closed_is_told_why_and_only_once() {
    let note = "{\"id\": 1, \"body\": \"superseded\", \"html_url\": \"u\"}";
    let script = [
        ("GET /api/v3/repos/acme/m/pulls/7 ", 200, PULL),
        ("POST /api/graphql ", 200, STATE),
        ("GET /api/v3/repos/acme/m/pulls/7 ", 200, PULL),
        ("POST /api/graphql ", 200, STATE),
        ("POST /api/v3/repos/acme/m/issues/7/comments ", 201, note),
        ("PATCH /api/v3/repos/acme/m/pulls/7 ", 200, PULL),
    ];
    asked("github", &script, |host| host.close(&read(host)?, "superseded"));
    let closed = PULL.replace("\"open\"", "\"closed\"");
    let script = [
        ("GET /api/v3/repos/acme/m/pulls/7 ", 200, closed.as_str()),
        ("POST /api/graphql ", 200, STATE),
        ("GET /api/v3/repos/acme/m/pulls/7 ", 200, closed.as_str()),
        ("POST /api/graphql ", 200, STATE),
    ];
    asked("github", &script, |host| host.close(&read(host)?, "superseded"));
}
