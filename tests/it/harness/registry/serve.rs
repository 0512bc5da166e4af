//! The wire of the registry: connections that stay open, challenges, and what is planned to go wrong.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use super::{Fault, Guard, Request, State};

/// An answer before it is sent.
struct Answer {
    status: u16,
    headers: Vec<(String, String)>,
    body: Arc<Vec<u8>>,
}

impl Answer {
    fn new(status: u16, body: impl Into<Vec<u8>>) -> Answer {
        Answer {
            status,
            headers: Vec::new(),
            body: Arc::new(body.into()),
        }
    }

    fn json(status: u16, body: String) -> Answer {
        Answer::new(status, body).with("Content-Type", "application/json")
    }

    fn with(mut self, name: &str, value: &str) -> Answer {
        self.headers.retain(|(known, _)| !known.eq_ignore_ascii_case(name));
        self.headers.push((name.into(), value.into()));
        self
    }
}

/// Serves one connection until the other side, or the registry, ends it.
pub(super) fn connection(stream: TcpStream, state: &Mutex<State>, stop: &AtomicBool) {
    let _ = stream.set_nodelay(true);
    let _ = stream.set_read_timeout(Some(Duration::from_secs(30)));
    let mut reader = BufReader::new(&stream);
    while let Some(request) = read(&mut reader) {
        if stop.load(Ordering::SeqCst) {
            return;
        }
        let (mut answer, fault) = {
            let mut state = state.lock().unwrap();
            state.requests.push(request.clone());
            let fault = planned(&mut state, &request);
            (answer(&mut state, &request), fault)
        };
        let mut sent = usize::MAX;
        match fault {
            Some(Fault::Answer(status, headers, body)) => {
                answer = Answer::new(status, body);
                answer.headers = headers;
            }
            Some(Fault::Late(pause)) => thread::sleep(pause),
            Some(Fault::Truncated) => sent = answer.body.len() / 2,
            Some(Fault::Without(name)) => answer.headers.retain(|(known, _)| !known.eq_ignore_ascii_case(name)),
            Some(Fault::With(name, value)) => answer = answer.with(name, &value),
            Some(Fault::Body(body)) => answer.body = Arc::new(body),
            Some(Fault::Closed) => return,
            None => {}
        }
        if write(&stream, (&request, &answer), sent).is_err() || sent < usize::MAX {
            return;
        }
        if request.header("connection").is_some_and(|it| it == "close") {
            return;
        }
    }
}

fn read(reader: &mut BufReader<&TcpStream>) -> Option<Request> {
    let mut line = String::new();
    reader.read_line(&mut line).ok()?;
    let mut words = line.split_whitespace();
    let (method, path) = (words.next()?.to_owned(), words.next()?.to_owned());
    // As a proxy it is asked for whole addresses, and stands for every host.
    let path = match path
        .strip_prefix("http://")
        .and_then(|rest| rest.find('/').map(|at| rest[at..].to_owned()))
    {
        Some(behind_the_host) => behind_the_host,
        None => path,
    };
    let mut headers = Vec::new();
    loop {
        line.clear();
        reader.read_line(&mut line).ok()?;
        let Some((name, value)) = line.trim_end().split_once(':') else {
            break;
        };
        headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
    }
    let length = headers.iter().find(|(name, _)| name == "content-length");
    let mut body = vec![0; length.and_then(|(_, length)| length.parse().ok()).unwrap_or(0)];
    reader.read_exact(&mut body).ok()?;
    Some(Request {
        method,
        path,
        headers,
        body,
    })
}

fn write(mut stream: &TcpStream, (request, answer): (&Request, &Answer), sent: usize) -> std::io::Result<()> {
    let mut bytes = format!(
        "HTTP/1.1 {} -\r\nContent-Length: {}\r\n",
        answer.status,
        answer.body.len()
    );
    for (name, value) in &answer.headers {
        bytes.push_str(&format!("{name}: {value}\r\n"));
    }
    bytes.push_str("\r\n");
    let mut bytes = bytes.into_bytes();
    if request.method != "HEAD" {
        bytes.extend_from_slice(&answer.body[..answer.body.len().min(sent)]);
    }
    stream.write_all(&bytes)
}

fn planned(state: &mut State, request: &Request) -> Option<Fault> {
    let line = format!("{} {}", request.method, request.path);
    let planned = state
        .planned
        .iter_mut()
        .find(|planned| planned.left != Some(0) && line.starts_with(&planned.begins))?;
    planned.left = planned.left.map(|left| left - 1);
    Some(planned.fault.clone())
}

fn answer(state: &mut State, request: &Request) -> Answer {
    let (path, query) = request.path.split_once('?').unwrap_or((&request.path, ""));
    if path == "/token" {
        return token(state, request, query);
    }
    let Some(rest) = path.strip_prefix("/v2/") else {
        return Answer::json(404, "{}".into());
    };
    let name = ["/tags/", "/manifests/", "/blobs/"]
        .iter()
        .find_map(|part| rest.split_once(part));
    let name = name.map_or("", |(name, _)| name);
    if let Some(refused) = refused(state, request, name) {
        return refused;
    }
    if let Some((name, _)) = rest.split_once("/tags/list") {
        return tags(state, name, query);
    }
    if let Some((name, reference)) = rest.split_once("/manifests/") {
        return manifest(state, (name, reference), request);
    }
    let blob = rest
        .split_once("/blobs/")
        .and_then(|(_, digest)| state.blobs.get(digest));
    match blob {
        Some(blob) => Answer {
            status: 200,
            headers: Vec::new(),
            body: Arc::clone(blob),
        },
        None => unknown("BLOB_UNKNOWN"),
    }
}

fn unknown(code: &str) -> Answer {
    Answer::json(
        404,
        format!(r#"{{"errors":[{{"code":"{code}","message":"unknown"}}]}}"#),
    )
}

fn tags(state: &State, name: &str, query: &str) -> Answer {
    let Some(repository) = state.repositories.get(name) else {
        return unknown("NAME_UNKNOWN");
    };
    let field = |wanted: &str| {
        let fields = query.split('&').filter_map(|field| field.split_once('='));
        fields
            .filter(|(name, _)| *name == wanted)
            .map(|(_, value)| value)
            .next()
    };
    let asked = field("n").and_then(|n| n.parse().ok()).unwrap_or(usize::MAX);
    let length = state.page.unwrap_or(usize::MAX).min(asked);
    let names: Vec<&str> = repository.tags.iter().map(|(tag, _)| tag.as_str()).collect();
    let first = field("last").and_then(|last| names.iter().position(|tag| *tag == last));
    let rest = &names[first.map_or(0, |at| at + 1)..];
    let page = &rest[..rest.len().min(length)];
    let quoted: Vec<String> = page.iter().map(|tag| format!("\"{tag}\"")).collect();
    let answer = Answer::json(200, format!(r#"{{"name":"{name}","tags":[{}]}}"#, quoted.join(",")));
    match page.last() {
        Some(last) if rest.len() > page.len() => {
            let next = format!("</v2/{name}/tags/list?last={last}&n={length}>; rel=\"next\"");
            answer.with("Link", &next)
        }
        _ => answer,
    }
}

fn manifest(state: &State, (name, reference): (&str, &str), request: &Request) -> Answer {
    let Some(repository) = state.repositories.get(name) else {
        return unknown("NAME_UNKNOWN");
    };
    let digest = match reference.contains(':') {
        true => Some(reference),
        false => {
            let known = repository.tags.iter().find(|(tag, _)| tag == reference);
            known.map(|(_, digest)| digest.as_str())
        }
    };
    let found = digest.and_then(|digest| Some((digest, repository.manifests.get(digest)?)));
    // Docker's registry: what was not asked for by its type is not there.
    let accepts = |media: &str| request.header("accept").is_some_and(|accept| accept.contains(media));
    match found {
        Some((digest, (media, bytes))) if accepts(media) || !media.starts_with("application/vnd.oci.image.index") => {
            let answer = Answer {
                status: 200,
                headers: Vec::new(),
                body: Arc::clone(bytes),
            };
            answer.with("Content-Type", media).with("Docker-Content-Digest", digest)
        }
        _ => unknown("MANIFEST_UNKNOWN"),
    }
}

/// What is said to whoever may not ask.
fn refused(state: &State, request: &Request, name: &str) -> Option<Answer> {
    let said = request.header("authorization").unwrap_or_default();
    let host = request.header("host").unwrap_or_default();
    let challenge = match &state.guard {
        Guard::Open => return None,
        Guard::Basic(login) if said == format!("Basic {}", base64(login)) => return None,
        Guard::Basic(_) => "Basic realm=\"fake, of a test\"".to_owned(),
        Guard::Bearer(_) => {
            let scope = format!("repository:{name}:pull");
            if said.starts_with("Bearer token-") && said.ends_with(&format!("-{scope}")) {
                return None;
            }
            let error = match said.is_empty() {
                true => "",
                false => ",error=\"insufficient_scope\"",
            };
            format!("Bearer realm=\"http://{host}/token\",service=\"fake\",scope=\"{scope}\"{error}")
        }
    };
    let body = r#"{"errors":[{"code":"UNAUTHORIZED","message":"authentication required"}]}"#;
    Some(Answer::json(401, body.into()).with("WWW-Authenticate", &challenge))
}

fn token(state: &mut State, request: &Request, query: &str) -> Answer {
    let body = String::from_utf8_lossy(&request.body).into_owned();
    let fields = if request.method == "POST" { &body } else { query };
    let scope = fields.split('&').find_map(|field| field.strip_prefix("scope="));
    let scope = scope.unwrap_or_default().replace("%3A", ":").replace("%2F", "/");
    if let Guard::Bearer(Some(login)) = &state.guard {
        let said = request.header("authorization").unwrap_or_default();
        let refresh = login.split_once(':').map_or("", |(_, secret)| secret);
        let is_known = match request.method.as_str() {
            "POST" => body.contains(&format!("refresh_token={refresh}")),
            _ => said == format!("Basic {}", base64(login)),
        };
        if !is_known {
            return Answer::json(401, r#"{"errors":[{"code":"UNAUTHORIZED"}]}"#.into());
        }
    }
    state.tokens += 1;
    let token = format!("token-{:06}-{scope}", state.tokens);
    Answer::json(200, format!(r#"{{"token":"{token}","expires_in":300}}"#))
}

fn base64(text: &str) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.encode(text)
}
