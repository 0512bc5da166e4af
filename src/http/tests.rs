use std::io::{Read, Write};
use std::net::TcpListener;
use std::thread;
use std::time::Duration;

use super::{DOCUMENT_LIMIT, Failure, Http, Patience, Request, Verb, may_follow, parse, shown};
use crate::error::Kind;
use crate::text::secret::Secret;

/// Answers each connection with the next of these texts, `{here}` being its own address; returns that address.
fn answering(answers: Vec<String>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let here = format!("http://{}", listener.local_addr().unwrap());
    let own = here.clone();
    thread::spawn(move || {
        for answer in answers {
            let (mut stream, _) = listener.accept().unwrap();
            let _ = stream.read(&mut [0; 4096]);
            let _ = stream.write_all(answer.replace("{here}", &own).as_bytes());
        }
    });
    here
}

fn status(line: &str, body: &str) -> String {
    format!(
        "HTTP/1.1 {line}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    )
}

fn http() -> Http {
    Http::new(Duration::from_secs(5))
}

#[test]
fn fetches_a_document_and_follows_where_it_points() {
    let here = answering(vec![
        "HTTP/1.1 302 Found\r\nLocation: {here}/there\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".into(),
        status("200 OK", "{\"api\": \"1.4.2\"}"),
    ]);
    assert_eq!(http().text(&here).unwrap(), "{\"api\": \"1.4.2\"}");
}

#[test]
fn each_status_has_its_kind() {
    let kinds = [
        ("401 Unauthorized", Kind::Access),
        ("403 Forbidden", Kind::Access),
        ("404 Not Found", Kind::NotFound),
        ("500 Oops", Kind::Remote),
    ];
    for (line, kind) in kinds {
        let here = answering(vec![status(line, "no")]);
        assert_eq!(http().text(&here).unwrap_err().kind, kind, "{line}");
    }
}

#[test]
fn a_body_that_is_too_large_is_refused_whether_announced_or_not() {
    let announced = "HTTP/1.1 200 OK\r\nContent-Length: 99999999\r\n\r\n".to_owned();
    let silent = format!(
        "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n{}",
        "x".repeat(DOCUMENT_LIMIT as usize + 1)
    );
    for answer in [announced, silent] {
        let error = http().text(&answering(vec![answer])).unwrap_err();
        assert_eq!((error.kind, error.code), (Kind::Remote, "too-large"));
    }
}

#[test]
fn a_server_that_says_nothing_is_given_up() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let here = format!("http://{}/slow", listener.local_addr().unwrap());
    let error = Http::new(Duration::from_millis(200)).text(&here).unwrap_err();
    assert_eq!(error.kind, Kind::Remote);
    assert!(error.message.ends_with("took too long to answer"), "{error:?}");
}

#[test]
fn an_endless_redirect_is_given_up() {
    let again = "HTTP/1.1 302 Found\r\nLocation: {here}/again\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
    let error = http().text(&answering(vec![again.into(); 9])).unwrap_err();
    assert!(
        error.causes.iter().any(|cause| cause.contains("more than 5 times")),
        "{error:?}"
    );
}

#[test]
fn a_redirect_never_leaves_https() {
    assert!(may_follow("https", "http", 1).is_err());
    assert!(may_follow("http", "https", 1).is_ok());
    assert!(may_follow("https", "file", 1).is_err());
}

#[test]
fn neither_password_nor_query_is_ever_printed() {
    let url = parse("https://user:hunter2@example.com/a?token=hunter2#hunter2").unwrap();
    assert_eq!(shown(&url), "https://example.com/a?***");
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    drop(listener);
    let error = http()
        .text(&format!("http://user:hunter2@127.0.0.1:{port}/?token=hunter2"))
        .unwrap_err();
    assert!(!format!("{error:?}").contains("hunter2"), "{error:?}");
    let here = answering(vec![status("404 Not Found", "")]).replace("http://", "http://user:hunter2@");
    let error = http().text(&format!("{here}/?token=hunter2")).unwrap_err();
    assert!(!format!("{error:?}").contains("hunter2"), "{error:?}");
}

#[test]
fn other_schemes_are_no_addresses() {
    for address in ["file:///etc/passwd", "ftp://example.com/x", "nonsense", "http://"] {
        assert_eq!(http().text(address).unwrap_err().kind, Kind::Usage, "{address}");
    }
}

/// Answers each connection with the next of these texts; returns the address and what was asked.
fn recording(answers: Vec<String>) -> (String, std::sync::mpsc::Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let here = format!("http://{}", listener.local_addr().unwrap());
    let (asked, seen) = std::sync::mpsc::channel();
    thread::spawn(move || {
        for answer in answers {
            let (mut stream, _) = listener.accept().unwrap();
            let mut request = [0; 4096];
            let length = stream.read(&mut request).unwrap_or(0);
            let _ = asked.send(String::from_utf8_lossy(&request[..length]).into_owned());
            let _ = stream.write_all(answer.as_bytes());
        }
    });
    (here, seen)
}

fn with_token(verb: Verb, address: &str) -> Request {
    Request {
        credential: Some(("private-token", Secret::new("s3cret-of-a-test"))),
        body: (verb != Verb::Get).then(|| super::Body::Json(b"{}".to_vec())),
        ..Request::new(verb, address)
    }
}

const PATIENCE: Patience<'_> = Patience {
    say: &|_| {},
    limit: Duration::from_secs(20),
};

#[test]
fn a_token_stays_on_its_host_when_the_answer_points_elsewhere() {
    let (other, asked_other) = recording(vec![status("200 OK", "there")]);
    let elsewhere = format!("HTTP/1.1 302 -\r\nLocation: {other}/x\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
    let (here, asked_here) = recording(vec![elsewhere]);
    let answer = http().send(&with_token(Verb::Get, &here), PATIENCE).unwrap();
    assert_eq!(answer.text(), "there");
    assert!(asked_here.recv().unwrap().contains("s3cret-of-a-test"));
    assert!(!asked_other.recv().unwrap().contains("s3cret-of-a-test"));
}

#[test]
fn a_write_follows_only_where_it_may_be_repeated_on_the_same_host() {
    let moved =
        |code: &str| format!("HTTP/1.1 {code} -\r\nLocation: /new\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
    let (here, asked) = recording(vec![moved("307"), status("201 Created", "made")]);
    let answer = http().send(&with_token(Verb::Post, &here), PATIENCE).unwrap();
    assert_eq!((answer.status, answer.text().as_str()), (201, "made"));
    let _ = asked.recv();
    assert!(asked.recv().unwrap().starts_with("POST /new"));
    let (here, _asked) = recording(vec![moved("302")]);
    assert_eq!(
        http().send(&with_token(Verb::Post, &here), PATIENCE).unwrap().status,
        302
    );
    let (here, _asked) = recording(vec![
        "HTTP/1.1 307 -\r\nLocation: http://127.0.0.1:9/\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".into(),
    ]);
    assert_eq!(
        http().send(&with_token(Verb::Post, &here), PATIENCE).unwrap().status,
        307
    );
}

#[test]
fn a_write_without_an_answer_is_an_open_question_and_not_sent_again() {
    let (here, asked) = recording(vec![String::new(), status("200 OK", "second")]);
    let failure = http().send(&with_token(Verb::Post, &here), PATIENCE).unwrap_err();
    assert!(matches!(failure, Failure::Unclear(_)), "{failure:?}");
    assert!(asked.recv().is_ok() && asked.try_recv().is_err());
    let (here, _asked) = recording(vec![String::new(), status("200 OK", "second")]);
    assert_eq!(
        http().send(&with_token(Verb::Get, &here), PATIENCE).unwrap().text(),
        "second"
    );
}

#[test]
fn the_next_page_is_read_out_of_the_header() {
    let link = "Link: </a?page=1>; rel=\"prev\", </a?page=3>; rel=\"next\"\r\n";
    let here = answering(vec![format!(
        "HTTP/1.1 200 OK\r\n{link}Content-Length: 0\r\nConnection: close\r\n\r\n"
    )]);
    let answer = http().send(&with_token(Verb::Get, &here), PATIENCE).unwrap();
    assert_eq!(answer.next_page().as_deref(), Some("/a?page=3"));
}

#[test]
fn a_file_without_a_certificate_is_no_authority() {
    assert_eq!(http().trusting(b"nonsense").unwrap_err().kind, Kind::Usage);
}
