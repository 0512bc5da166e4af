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
                [given] if given == wanted => {}
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

#[cfg(test)]
mod tests {
    use super::super::Sandbox;
    use super::super::git::Attempt;
    use super::*;

    /// A sandbox with a commit that stands in `remote.git`, and a server for it.
    fn served() -> (Sandbox, GitHttp) {
        let sandbox = Sandbox::new();
        sandbox.repository().file("a.yaml", "a: 1\n");
        sandbox.commit_all("first");
        sandbox.remote();
        let server = GitHttp::serve(sandbox.root());
        sandbox.git(["remote", "set-url", "origin", &server.url("remote.git")]);
        (sandbox, server)
    }

    fn push(sandbox: &Sandbox) -> Attempt {
        sandbox.try_git_in(
            &sandbox.dir(),
            ["push", "--porcelain", "origin", "HEAD:refs/heads/main"],
        )
    }

    #[test]
    fn base64_is_padded() {
        let pairs = [
            ("", ""),
            ("f", "Zg=="),
            ("fo", "Zm8="),
            ("foo", "Zm9v"),
            ("a:b~", "YTpifg=="),
        ];
        for (text, wanted) in pairs {
            assert_eq!(base64(text.as_bytes()), wanted);
        }
    }

    #[test]
    fn a_push_over_smart_http_arrives_however_large_it_is() {
        let (sandbox, server) = served();
        sandbox.git(["fetch", "origin"]);
        assert!(server.log().contains("version=2"), "{}", server.log());
        server.forget();
        // Larger than `http.postBuffer`, so that git sends chunks.
        let mut state = 1_u32;
        let mut next = || {
            state ^= state << 13;
            state ^= state >> 17;
            state ^= state << 5;
            state as u8
        };
        let noise: Vec<u8> = (0..200_000).map(|_| next()).collect();
        sandbox.file("noise", noise);
        sandbox.git(["config", "http.postBuffer", "65536"]);
        sandbox.commit_all("large");
        assert!(push(&sandbox).succeeded);
        let chunked = |request: &Request| request.header("transfer-encoding").is_some();
        assert!(server.requests().iter().any(chunked), "{}", server.log());
        let ids = sandbox.git(["ls-remote", "origin", "refs/heads/main"]);
        assert!(ids.starts_with(sandbox.git(["rev-parse", "HEAD"]).trim()));
        assert_eq!((server.pushes(), server.fetches()), (1, 0), "{}", server.log());
    }

    #[test]
    fn many_wants_are_compressed_and_still_understood() {
        let (sandbox, server) = served();
        for number in 0..40 {
            sandbox.git(["branch", &format!("topic-{number}")]);
            sandbox.git(["commit", "--quiet", "--allow-empty", "--message", &format!("{number}")]);
        }
        sandbox.git(["push", "--quiet", "--all", "origin"]);
        let clone = sandbox.root().join("clone");
        sandbox.git_in(
            sandbox.root(),
            ["clone", "--quiet", &server.url("remote.git"), &clone.to_string_lossy()],
        );
        let zipped = |request: &Request| request.header("content-encoding") == Some("gzip");
        assert!(server.requests().iter().any(zipped), "{}", server.log());
    }

    #[test]
    fn only_who_knows_the_token_comes_in() {
        let (sandbox, server) = served();
        server.require("robot", "tok-1");
        let refused = push(&sandbox);
        assert!(!refused.succeeded && refused.stderr.contains("could not read Username"));
        let header = |login: &str| format!("http.extraheader=AUTHORIZATION: basic {}", base64(login.as_bytes()));
        // The scheme is compared as it is written here; a real server takes it in any case.
        let good = header("robot:tok-1").replace("basic", "Basic");
        sandbox.git(["-c", &good, "fetch", "origin"]);
        let twice = sandbox.try_git_in(&sandbox.dir(), ["-c", &good, "-c", &good, "fetch", "origin"]);
        assert!(
            !twice.succeeded && twice.stderr.contains("error: 400"),
            "{}",
            twice.stderr
        );
        server.forbid_pushes();
        let forbidden = sandbox.try_git_in(&sandbox.dir(), ["-c", &good, "push", "origin", "HEAD:refs/heads/main"]);
        assert!(forbidden.stderr.contains("403"), "{}", forbidden.stderr);
    }

    #[test]
    fn a_fault_hits_one_request_and_a_cut_answer_hides_a_push_that_landed() {
        let (sandbox, server) = served();
        server.fault(Fault::Status(503));
        assert!(push(&sandbox).stderr.contains("error: 503"));
        let second = sandbox.commit_all("second");
        server.fault(Fault::CutAnswerOfPush);
        let cut = push(&sandbox);
        assert!(!cut.succeeded, "{}", cut.stdout);
        assert!(
            sandbox
                .git(["ls-remote", "origin", "refs/heads/main"])
                .starts_with(&second)
        );
        server.fault(Fault::Slow(Duration::from_millis(30)));
        assert!(push(&sandbox).stdout.contains("up to date"));
    }

    #[test]
    fn somebody_can_be_quicker_at_two_moments_of_a_push() {
        for (moment, words) in [
            (Moment::Advertisement, "stale info"),
            (Moment::Push, "failed to update ref"),
        ] {
            let (sandbox, server) = served();
            let first = sandbox.git(["rev-parse", "HEAD"]).trim().to_owned();
            let rival = sandbox.git(["commit-tree", "HEAD^{tree}", "-p", "HEAD", "-m", "rival"]);
            sandbox.git([
                "push",
                "--quiet",
                "origin",
                &format!("{}:refs/heads/rival", rival.trim()),
            ]);
            sandbox.commit_all("mine");
            let remote = sandbox.root().join("remote.git");
            server.before(moment, move || {
                let moved = Command::new("git")
                    .arg("-C")
                    .arg(&remote)
                    .args(["update-ref", "refs/heads/main", "refs/heads/rival"])
                    .status();
                assert!(moved.unwrap().success());
            });
            let lease = format!("--force-with-lease=refs/heads/main:{first}");
            let lost = sandbox.try_git_in(
                &sandbox.dir(),
                ["push", "--porcelain", &lease, "origin", "HEAD:refs/heads/main"],
            );
            assert!(
                !lost.succeeded && lost.stdout.contains(words),
                "{moment:?}: {}",
                lost.stdout
            );
        }
    }

    #[test]
    fn filters_are_a_matter_of_the_repository() {
        let (sandbox, server) = served();
        for (number, allowed) in ["false", "true"].into_iter().enumerate() {
            let remote = sandbox.root().join("remote.git");
            sandbox.git_in(&remote, ["config", "uploadpack.allowFilter", allowed]);
            let clone = sandbox.root().join(format!("clone-{number}"));
            let (url, path) = (server.url("remote.git"), clone.to_string_lossy().into_owned());
            let said = sandbox.try_git_in(
                sandbox.root(),
                ["clone", "--bare", "--depth=1", "--filter=blob:none", &url, &path],
            );
            assert!(said.succeeded, "{}", said.stderr);
            let warned = said.stderr.contains("filtering not recognized by server");
            assert_eq!(warned, allowed == "false", "{}", said.stderr);
            let missing = sandbox.git_in(&clone, ["rev-list", "--objects", "--missing=print", "HEAD"]);
            assert_eq!(missing.contains("\n?"), allowed == "true", "{missing}");
        }
    }
}
