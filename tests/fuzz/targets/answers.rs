//! Answers of forges and registries, served on the loopback in the order in which they stand.

use std::collections::VecDeque;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Mutex, OnceLock};
use std::thread;

use rakops::fuzz;

use super::parts;

/// What an answer may be larger than: nothing.
const LIMIT: usize = 64 * 1024;

/// Answers that are to come: status, lines of headers, body.
static ANSWERS: Mutex<VecDeque<(u16, String, String)>> = Mutex::new(VecDeque::new());

/// The forge whose number stands in the part without a name.
pub(crate) fn forge(data: &[u8]) {
    let Some((first, host)) = prepare(data) else { return };
    fuzz::forge(first.trim().parse().unwrap_or(0), &format!("http://{host}"));
}

/// A registry.
pub(crate) fn registry(data: &[u8]) {
    let Some((_, host)) = prepare(data) else { return };
    fuzz::registry(host);
}

/// Lays the answers out; returns the part without a name, and the host that gives them.
fn prepare(data: &[u8]) -> Option<(&str, &'static str)> {
    let text = std::str::from_utf8(data).ok().filter(|text| text.len() < LIMIT)?;
    let host = host();
    let parts = parts(text);
    let answers = parts.iter().skip(1).map(|(name, body)| {
        let (status, headers) = name.split_once(' ').unwrap_or((name, ""));
        let status = status
            .parse()
            .ok()
            .filter(|status| (200..600).contains(status))
            .unwrap_or(200);
        let here = |text: &str| text.replace("{host}", host);
        let is_plain = |text: &&str| !text.is_empty() && text.bytes().all(|byte| (b' '..0x7f).contains(&byte));
        let headers = Some(here(headers))
            .filter(|it| is_plain(&it.as_str()) && is_harmless(it))
            .unwrap_or_default();
        (status, headers, here(body))
    });
    *ANSWERS.lock().expect("nobody panics with answers in the hand") = answers.collect();
    Some((parts[0].1, host))
}

/// What says how long an answer is, or how it is packed, is said by the server.
fn is_harmless(header: &str) -> bool {
    let name = header.split(':').next().unwrap_or_default().to_ascii_lowercase();
    let is_name = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    is_name && header.contains(':') && !["content-length", "transfer-encoding", "connection"].contains(&name.as_str())
}

/// The server, which lives as long as the process.
fn host() -> &'static str {
    static HOST: OnceLock<String> = OnceLock::new();
    HOST.get_or_init(|| {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port of the loopback");
        let host = listener.local_addr().expect("an address").to_string();
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                thread::spawn(move || serve(stream));
            }
        });
        host
    })
}

/// Answers one request after the other, until the client goes away.
fn serve(mut stream: TcpStream) {
    let Ok(reading) = stream.try_clone() else { return };
    let mut reading = BufReader::new(reading);
    loop {
        let mut length = 0;
        let mut line = String::new();
        loop {
            line.clear();
            if reading.read_line(&mut line).unwrap_or(0) == 0 {
                return;
            }
            let text = line.trim_end().to_ascii_lowercase();
            if let Some(found) = text.strip_prefix("content-length:") {
                length = found.trim().parse().unwrap_or(0);
            }
            if text.is_empty() {
                break;
            }
        }
        if reading.by_ref().take(length).read_to_end(&mut Vec::new()).is_err() {
            return;
        }
        let next = ANSWERS.lock().ok().and_then(|mut answers| answers.pop_front());
        let (status, headers, body) = next.unwrap_or((404, String::new(), "{}".into()));
        let headers = if headers.is_empty() {
            headers
        } else {
            format!("{headers}\r\n")
        };
        let length = body.len();
        let answer = format!("HTTP/1.1 {status} -\r\n{headers}Content-Length: {length}\r\n\r\n{body}");
        if stream.write_all(answer.as_bytes()).is_err() {
            return;
        }
    }
}
