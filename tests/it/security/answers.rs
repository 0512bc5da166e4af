//! Servers that want to hurt: answers without an end, packed answers, answers that point elsewhere.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use crate::harness::Sandbox;

/// Answers every connection with what `speak` writes; returns the host.
fn server(speak: impl Fn(&mut TcpStream, &str) + Send + Sync + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let host = listener.local_addr().unwrap().to_string();
    let speak = Arc::new(speak);
    thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let speak = Arc::clone(&speak);
            thread::spawn(move || {
                let mut head = String::new();
                let mut reading = BufReader::new(stream.try_clone().unwrap());
                while reading.read_line(&mut head).unwrap_or(0) > 2 {}
                speak(&mut stream, &head);
            });
        }
    });
    host
}

/// Asks an address in each way that takes one, and expects a failure that is told soon.
#[track_caller]
fn fails_soon(host: &str) {
    let sandbox = Sandbox::new();
    sandbox.shop();
    let address = format!("http://{host}/x.json");
    let image = format!("{host}/acme/api");
    sandbox.git(["remote", "add", "origin", &format!("http://{host}/acme/manifests.git")]);
    sandbox.file("rakops.yaml", "forge: {kind: gitea}\n");
    let lines: [&[&str]; 3] = [
        &["bump", "--env", "stg", "-n", "--from-file", &address],
        &["tags", &image],
        &["pr", "list"],
    ];
    for words in lines {
        let output = sandbox
            .rakops(words.iter().copied())
            .online()
            .within(Duration::from_secs(50))
            .run();
        assert!((1..70).contains(&output.code), "{}", output.all());
        assert!(output.stderr.starts_with("error["), "{}", output.all());
        assert!(output.stderr.len() < 8192, "{} bytes are said", output.stderr.len());
    }
}

fn write_for_ever(stream: &mut TcpStream, piece: &[u8]) {
    while stream.write_all(piece).is_ok() {}
}

#[test]
fn a_body_without_an_end_is_given_up() {
    fails_soon(&server(|stream, _| {
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n[");
        write_for_ever(stream, &[b' '; 65_536]);
    }));
}

#[test]
fn headers_without_an_end_are_given_up() {
    fails_soon(&server(|stream, _| {
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\n");
        write_for_ever(
            stream,
            b"X-Filler: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\n",
        );
    }));
    fails_soon(&server(|stream, _| {
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nX-Long: ");
        write_for_ever(stream, &[b'a'; 65_536]);
    }));
}

#[test]
fn a_document_that_is_nested_without_an_end_is_refused() {
    fails_soon(&server(|stream, _| {
        let body = "[".repeat(1_000_000);
        let head = format!(
            "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n",
            body.len()
        );
        let _ = stream
            .write_all(head.as_bytes())
            .and_then(|()| stream.write_all(body.as_bytes()));
    }));
}

/// Nothing is asked for in a packed form, so that nothing is unpacked.
#[test]
fn a_packed_answer_is_never_unpacked() {
    let asked: Arc<Mutex<String>> = Arc::default();
    let heard = Arc::clone(&asked);
    fails_soon(&server(move |stream, head| {
        heard.lock().unwrap().push_str(&head.to_ascii_lowercase());
        // The beginning of a stream that would unpack to as much as one likes.
        let body = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, 0xec, 0xc1, 1, 1, 0, 0, 0];
        let head =
            "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Encoding: gzip\r\nContent-Length: 17\r\n\r\n";
        let _ = stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(&body));
    }));
    let asked = asked.lock().unwrap();
    assert!(asked.contains("get /x.json"), "{asked}");
    assert!(!asked.contains("accept-encoding"), "{asked}");
}

#[cfg(unix)]
#[test]
fn a_token_for_git_stays_on_its_host_when_the_answer_points_elsewhere() {
    let stolen: Arc<Mutex<String>> = Arc::default();
    let heard = Arc::clone(&stolen);
    let thief = server(move |stream, head| {
        heard.lock().unwrap().push_str(&head.to_ascii_lowercase());
        let _ = stream.write_all(
            b"HTTP/1.1 401 -\r\nWWW-Authenticate: Basic realm=\"x\"\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
        );
    });
    let elsewhere = thief.replace("127.0.0.1", "localhost");
    for status in [301, 302, 307, 308] {
        let elsewhere = elsewhere.clone();
        let host = server(move |stream, head| {
            let path = head.split(' ').nth(1).unwrap_or("/").to_owned();
            let answer = format!(
                "HTTP/1.1 {status} -\r\nLocation: http://{elsewhere}{path}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
            );
            let _ = stream.write_all(answer.as_bytes());
        });
        let sandbox = Sandbox::new();
        sandbox.shop();
        sandbox.git(["remote", "add", "origin", &format!("http://{host}/acme/manifests.git")]);
        sandbox.file("rakops.yaml", "forge: {kind: gitea}\n");
        for words in [
            ["bump", "api=1.5.0", "--env", "stg", "--push"].as_slice(),
            &["pr", "list"],
        ] {
            let output = sandbox
                .rakops(words.iter().copied())
                .env("RAKOPS_GITEA_TOKEN", "a-token-of-mine-5f3b9c")
                .within(Duration::from_secs(50))
                .run();
            assert!((1..70).contains(&output.code), "{}", output.all());
        }
    }
    let stolen = stolen.lock().unwrap();
    assert!(stolen.contains("get /"), "nobody was led there: {stolen}");
    assert!(!stolen.contains("authorization"), "{stolen}");
}
