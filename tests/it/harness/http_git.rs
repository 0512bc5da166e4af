//! Smart HTTP over the loopback: a door to `git http-backend`, with nothing but std.
//!
//! ```text
//! let remote = sandbox.remote();
//! let server = GitHttp::serve(sandbox.root());
//! let url = server.url("remote.git");
//! server.fault(Fault::Status(503));                 // the next request fails, the one after it does not
//! server.before(Moment::Push, move || { … });       // somebody else is quicker, once
//! assert_eq!(server.pushes(), 1);
//! ```
//!
//! A repository below the root is served as it is configured: `uploadpack.allowFilter` is off until a test says
//! `remote.git(["config", "uploadpack.allowFilter", "true"])`.

use std::collections::VecDeque;
use std::io::{BufRead, BufReader, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use super::server::Request;

/// What goes wrong with one request.
#[derive(Clone, Debug)]
pub(crate) enum Fault {
    /// Answers this status instead of asking git.
    Status(u16),
    /// The next push is carried out, and the connection closed before a byte of the answer: other requests pass.
    CutAnswerOfPush,
    /// Waits before it answers.
    Slow(Duration),
}

/// A point of a push at which somebody else can be quicker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Moment {
    /// Before the server tells a pusher where its branches are: the pusher finds out by itself.
    Advertisement,
    /// After that and before the push itself: the server finds out.
    Push,
}

/// Who may do what.
#[derive(Clone, Debug)]
enum Access {
    Anyone,
    /// The value of the one Authorization header that is let in.
    Login(String),
}

type Interruption = (Moment, Box<dyn FnOnce() + Send>);

struct Shared {
    root: PathBuf,
    backend: PathBuf,
    access: Mutex<Access>,
    pushing: Mutex<Pushing>,
    faults: Mutex<VecDeque<Fault>>,
    interruptions: Mutex<VecDeque<Interruption>>,
    requests: Mutex<Vec<Request>>,
    stop: AtomicBool,
}

/// Whether pushes are let in.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Pushing {
    Allowed,
    Forbidden,
}

/// A server on a free port for every repository below a directory.
pub(crate) struct GitHttp {
    address: SocketAddr,
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

impl GitHttp {
    /// Starts answering.
    pub(crate) fn serve(root: &Path) -> GitHttp {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let shared = Arc::new(Shared {
            root: root.to_owned(),
            backend: exec_path().join("git-http-backend"),
            access: Mutex::new(Access::Anyone),
            pushing: Mutex::new(Pushing::Allowed),
            faults: Mutex::default(),
            interruptions: Mutex::default(),
            requests: Mutex::default(),
            stop: AtomicBool::new(false),
        });
        let serving = Arc::clone(&shared);
        let thread = thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                if serving.stop.load(Ordering::SeqCst) {
                    break;
                }
                let shared = Arc::clone(&serving);
                thread::spawn(move || {
                    let _ = converse(&stream, &shared);
                    let _ = stream.shutdown(Shutdown::Both);
                });
            }
        });
        GitHttp {
            address,
            shared,
            thread: Some(thread),
        }
    }

    /// Lets in only who gives this name and token, by Basic authentication.
    pub(crate) fn require(&self, user: &str, token: &str) {
        let value = format!("Basic {}", base64(format!("{user}:{token}").as_bytes()));
        *self.shared.access.lock().unwrap() = Access::Login(value);
    }

    /// Answers 403 to every push from now on.
    pub(crate) fn forbid_pushes(&self) {
        *self.shared.pushing.lock().unwrap() = Pushing::Forbidden;
    }

    /// Lets one of the next requests go wrong; several wait for their turn.
    pub(crate) fn fault(&self, fault: Fault) {
        self.shared.faults.lock().unwrap().push_back(fault);
    }

    /// Does something once, at this moment of the next push; several wait for their turn.
    pub(crate) fn before(&self, moment: Moment, what: impl FnOnce() + Send + 'static) {
        let mut interruptions = self.shared.interruptions.lock().unwrap();
        interruptions.push_back((moment, Box::new(what)));
    }

    /// Where a repository is, by its path below the root.
    pub(crate) fn url(&self, repository: &str) -> String {
        format!("http://{}/{repository}", self.address)
    }

    /// What was asked until now, in order.
    pub(crate) fn requests(&self) -> Vec<Request> {
        self.shared.requests.lock().unwrap().clone()
    }

    /// Forgets what was asked.
    pub(crate) fn forget(&self) {
        self.shared.requests.lock().unwrap().clear();
    }

    /// How many pushes arrived, landed or not.
    pub(crate) fn pushes(&self) -> usize {
        let requests = self.requests();
        requests.iter().filter(|request| is_push(request)).count()
    }

    /// How many requests were for objects (protocol v2 asks `ls-refs` by the same path: those are left out).
    pub(crate) fn fetches(&self) -> usize {
        let asks = |request: &&Request| {
            request.path.ends_with("/git-upload-pack")
                && request.body != b"0000"
                && !contains(&plain(request), b"command=ls-refs")
        };
        self.requests().iter().filter(asks).count()
    }

    /// One line a request, for the screen of a failed test.
    pub(crate) fn log(&self) -> String {
        let line = |request: &Request| {
            let protocol = request.header("git-protocol").unwrap_or("version=0");
            format!(
                "{} {} {protocol} {} bytes\n",
                request.method,
                request.path,
                request.body.len()
            )
        };
        self.requests().iter().map(line).collect()
    }
}

impl Drop for GitHttp {
    fn drop(&mut self) {
        self.shared.stop.store(true, Ordering::SeqCst);
        let _ = TcpStream::connect(self.address);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
        if thread::panicking() {
            eprintln!("-------- asked over smart HTTP --------\n{}", self.log());
        }
    }
}

/// Where git keeps the programs behind its commands.
pub(crate) fn exec_path() -> PathBuf {
    let output = Command::new("git").arg("--exec-path").output();
    let output = output.expect("the tests need git");
    PathBuf::from(String::from_utf8(output.stdout).unwrap().trim())
}

/// Answers one request after the other until the other side has no more.
fn converse(stream: &TcpStream, shared: &Shared) -> std::io::Result<()> {
    stream.set_read_timeout(Some(Duration::from_secs(60)))?;
    stream.set_nodelay(true)?;
    let mut reader = BufReader::new(stream);
    while let Some(request) = read(&mut reader, stream)? {
        if shared.stop.load(Ordering::SeqCst) {
            return Ok(());
        }
        shared.requests.lock().unwrap().push(request.clone());
        let Some(answer) = answer(shared, &request) else {
            return Ok(());
        };
        answer.write(stream)?;
    }
    Ok(())
}

struct Answer {
    status: String,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

impl Answer {
    fn plain(status: u16) -> Answer {
        Answer {
            status: format!("{status} -"),
            headers: vec![("Content-Type".to_owned(), "text/plain".to_owned())],
            body: format!("{status}\n").into_bytes(),
        }
    }

    fn header(mut self, name: &str, value: &str) -> Answer {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// What a CGI program printed.
    fn of_cgi(printed: &[u8]) -> Option<Answer> {
        let end = printed.windows(4).position(|four| four == b"\r\n\r\n")?;
        let mut answer = Answer {
            status: "200 OK".to_owned(),
            headers: Vec::new(),
            body: printed[end + 4..].to_vec(),
        };
        for line in String::from_utf8_lossy(&printed[..end]).lines() {
            let (name, value) = line.split_once(':')?;
            if name.eq_ignore_ascii_case("status") {
                answer.status = value.trim().to_owned();
            } else {
                answer.headers.push((name.to_owned(), value.trim().to_owned()));
            }
        }
        Some(answer)
    }

    fn write(&self, mut stream: &TcpStream) -> std::io::Result<()> {
        let mut bytes = format!("HTTP/1.1 {}\r\nContent-Length: {}\r\n", self.status, self.body.len()).into_bytes();
        for (name, value) in &self.headers {
            bytes.extend_from_slice(format!("{name}: {value}\r\n").as_bytes());
        }
        bytes.extend_from_slice(b"\r\n");
        bytes.extend_from_slice(&self.body);
        stream.write_all(&bytes)?;
        stream.flush()
    }
}

/// `None`: the connection is closed without an answer.
fn answer(shared: &Shared, request: &Request) -> Option<Answer> {
    let mut cut = false;
    match shared.next_fault(request) {
        Some(Fault::Status(status)) => return Some(Answer::plain(status)),
        Some(Fault::Slow(pause)) => thread::sleep(pause),
        Some(Fault::CutAnswerOfPush) => cut = true,
        None => {}
    }
    if let Some(refused) = shared.refusal(request) {
        return Some(refused);
    }
    shared.interrupt(request);
    let answer = shared.ask_git(request);
    if cut { None } else { Some(answer) }
}

impl Shared {
    fn next_fault(&self, request: &Request) -> Option<Fault> {
        let mut faults = self.faults.lock().unwrap();
        match faults.front() {
            Some(Fault::CutAnswerOfPush) if !is_push(request) => None,
            _ => faults.pop_front(),
        }
    }

    fn refusal(&self, request: &Request) -> Option<Answer> {
        if let Access::Login(wanted) = &*self.access.lock().unwrap() {
            let given = request.headers.iter().filter(|(name, _)| name == "authorization");
            match given.map(|(_, value)| value).collect::<Vec<_>>()[..] {
                // Some servers take the first, some the last; one that minds finds out what a client really sends.
                [_, _, ..] => return Some(Answer::plain(400)),
                // The name of the scheme may be written in any case. Source: RFC 9110, section 11.1.
                [given] if same_login(given, wanted) => {}
                _ => return Some(Answer::plain(401).header("WWW-Authenticate", "Basic realm=\"git\"")),
            }
        }
        let pushes = is_push(request) || request.path.ends_with("service=git-receive-pack");
        let forbidden = *self.pushing.lock().unwrap() == Pushing::Forbidden;
        (pushes && forbidden).then(|| Answer::plain(403))
    }

    fn interrupt(&self, request: &Request) {
        let moment = if is_push(request) {
            Moment::Push
        } else if request.path.ends_with("service=git-receive-pack") {
            Moment::Advertisement
        } else {
            return;
        };
        let what = {
            let mut interruptions = self.interruptions.lock().unwrap();
            let first = interruptions.front().is_some_and(|(wanted, _)| *wanted == moment);
            if first { interruptions.pop_front() } else { None }
        };
        if let Some((_, what)) = what {
            what();
        }
    }

    fn ask_git(&self, request: &Request) -> Answer {
        let (path, query) = request.path.split_once('?').unwrap_or((&request.path, ""));
        let mut backend = Command::new(&self.backend);
        backend
            .env_clear()
            .envs(std::env::var_os("PATH").map(|path| ("PATH", path)))
            .env("HOME", &self.root)
            .env("LC_ALL", "C")
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .env("GIT_PROJECT_ROOT", &self.root)
            .env("GIT_HTTP_EXPORT_ALL", "1")
            .env("REQUEST_METHOD", &request.method)
            .env("PATH_INFO", path)
            .env("QUERY_STRING", query)
            .env("CONTENT_LENGTH", request.body.len().to_string())
            // Pushing is for who has a name; the name goes into the reflog.
            .env("REMOTE_USER", "somebody")
            .env("REMOTE_ADDR", "127.0.0.1");
        let passed = [
            ("CONTENT_TYPE", "content-type"),
            ("HTTP_CONTENT_ENCODING", "content-encoding"),
            ("GIT_PROTOCOL", "git-protocol"),
        ];
        for (variable, header) in passed {
            backend.envs(request.header(header).map(|value| (variable, value)));
        }
        let child = backend
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn();
        let Ok(mut child) = child else {
            return Answer::plain(500);
        };
        let (stdin, body) = (child.stdin.take(), request.body.clone());
        let writer = thread::spawn(move || {
            if let Some(mut stdin) = stdin {
                let _ = stdin.write_all(&body);
            }
        });
        let printed = child.wait_with_output().map(|output| output.stdout).unwrap_or_default();
        let _ = writer.join();
        Answer::of_cgi(&printed).unwrap_or_else(|| Answer::plain(500))
    }
}

fn same_login(given: &str, wanted: &str) -> bool {
    match (given.split_once(' '), wanted.split_once(' ')) {
        (Some((scheme, login)), Some((other, wanted))) => scheme.eq_ignore_ascii_case(other) && login == wanted,
        _ => false,
    }
}

/// Four noughts are git's question whether it is let in at all, before a large request.
fn is_push(request: &Request) -> bool {
    request.method == "POST" && request.path.ends_with("/git-receive-pack") && request.body != b"0000"
}

/// The body, unless it is compressed: then nothing, since only small requests are looked into.
fn plain(request: &Request) -> Vec<u8> {
    match request.header("content-encoding") {
        None => request.body.clone(),
        Some(_) => Vec::new(),
    }
}

fn contains(bytes: &[u8], needle: &[u8]) -> bool {
    bytes.windows(needle.len()).any(|window| window == needle)
}

/// `None` at the end of the connection.
fn read(reader: &mut impl BufRead, mut stream: &TcpStream) -> std::io::Result<Option<Request>> {
    let mut line = String::new();
    if reader.read_line(&mut line)? == 0 {
        return Ok(None);
    }
    let mut words = line.split_whitespace();
    let (Some(method), Some(path)) = (words.next(), words.next()) else {
        return Ok(None);
    };
    let mut request = Request {
        method: method.to_owned(),
        path: path.to_owned(),
        headers: Vec::new(),
        body: Vec::new(),
    };
    loop {
        let mut line = String::new();
        reader.read_line(&mut line)?;
        let Some((name, value)) = line.trim_end().split_once(':') else {
            break;
        };
        request
            .headers
            .push((name.to_ascii_lowercase(), value.trim().to_owned()));
    }
    if request.header("expect").is_some() {
        stream.write_all(b"HTTP/1.1 100 Continue\r\n\r\n")?;
    }
    request.body = if request.header("transfer-encoding") == Some("chunked") {
        read_chunks(reader)?
    } else {
        let length = request.header("content-length").and_then(|length| length.parse().ok());
        let mut body = vec![0; length.unwrap_or(0)];
        reader.read_exact(&mut body)?;
        body
    };
    Ok(Some(request))
}

fn read_chunks(reader: &mut impl BufRead) -> std::io::Result<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line)?;
        let size = usize::from_str_radix(line.trim(), 16).unwrap_or(0);
        let start = body.len();
        body.resize(start + size, 0);
        reader.read_exact(&mut body[start..])?;
        reader.read_line(&mut String::new())?;
        if size == 0 {
            return Ok(body);
        }
    }
}

/// Base64 with padding, RFC 4648.
pub(crate) fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for three in bytes.chunks(3) {
        let number = (0..3).fold(0, |sum, at| sum << 8 | u32::from(three.get(at).copied().unwrap_or(0)));
        for at in 0..4 {
            let letter = LETTERS[(number >> (18 - 6 * at) & 63) as usize] as char;
            text.push(if at > three.len() { '=' } else { letter });
        }
    }
    text
}
