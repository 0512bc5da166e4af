//! Forges on the loopback, with state: pull requests of a real bare repository, so that `merge` really merges.
//!
//! A fake takes only what `docs/reference/forges/` says of its forge: a path, parameter or field that is not listed is
//! remembered and fails the test when the fake is dropped. So does a token on a request that should have none.

pub(crate) mod azure_devops;
pub(crate) mod bitbucket_cloud;
pub(crate) mod bitbucket_data_center;
pub(crate) mod flows;
pub(crate) mod gitea;
pub(crate) mod github;
mod github_evidence;
pub(crate) mod gitlab;
pub(crate) mod past;
pub(crate) mod shelf;
pub(crate) mod story;

use std::collections::BTreeMap;
use std::io::Write;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use serde_json::Value;

use super::Sandbox;
use super::cmd::Cmd;
use super::server::{self, Request};
use shelf::Shelf;

/// The token that every fake wants; it must never be seen in any output.
pub(crate) const TOKEN: &str = "marker-token-5f3b9c";
/// Whose token that is.
pub(crate) const ME: &str = "rakops-bot";
/// The repository of every fake, unless its forge has other names.
pub(crate) const REPOSITORY: &str = "acme/manifests";

/// A request taken apart.
pub(crate) struct Asked {
    pub(crate) method: String,
    /// Names of the path, without what every call of the forge begins with; decoded.
    pub(crate) path: Vec<String>,
    pub(crate) query: BTreeMap<String, String>,
    pub(crate) body: Value,
    pub(crate) raw: Request,
}

impl Asked {
    fn of(request: Request) -> Asked {
        let (path, query) = request.path.split_once('?').unwrap_or((&request.path, ""));
        let pairs = query.split('&').filter(|pair| !pair.is_empty());
        let query = pairs
            .map(|pair| {
                let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
                (decoded(name), decoded(value))
            })
            .collect();
        Asked {
            method: request.method.clone(),
            path: path.split('/').filter(|name| !name.is_empty()).map(decoded).collect(),
            query,
            body: serde_json::from_slice(&request.body).unwrap_or(Value::Null),
            raw: request,
        }
    }

    /// The words that a route is matched by.
    pub(crate) fn words(&self) -> Vec<&str> {
        std::iter::once(self.method.as_str())
            .chain(self.path.iter().map(String::as_str))
            .collect()
    }

    pub(crate) fn text(&self, field: &str) -> String {
        self.body[field].as_str().unwrap_or_default().to_owned()
    }

    pub(crate) fn parameter(&self, name: &str) -> &str {
        self.query.get(name).map_or("", String::as_str)
    }

    /// The number of the page, from 1.
    pub(crate) fn page(&self) -> usize {
        self.parameter("page").parse().unwrap_or(1)
    }
}

fn decoded(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let Some((&first, more)) = rest.split_first() {
        if first == b'%' && more.len() >= 2 {
            let digits = std::str::from_utf8(&more[..2]).unwrap();
            bytes.push(u8::from_str_radix(digits, 16).unwrap());
            rest = &more[2..];
        } else {
            bytes.push(first);
            rest = more;
        }
    }
    String::from_utf8(bytes).unwrap()
}

/// What is answered.
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: String,
}

pub(crate) fn reply(status: u16, body: &Value) -> Reply {
    Reply {
        status,
        headers: vec![("content-type".into(), "application/json".into())],
        body: body.to_string(),
    }
}

impl Reply {
    pub(crate) fn header(mut self, name: &str, value: impl Into<String>) -> Reply {
        self.headers.push((name.to_owned(), value.into()));
        self
    }
}

/// Something that goes wrong, once, with the next request that fits.
#[derive(Clone, Debug)]
pub(crate) enum Fault {
    /// This is answered instead; nothing is done.
    Answer(u16, Vec<(String, String)>, String),
    /// It is done, and the connection closes without a word.
    DoneAndCut,
    /// The connection closes without anything being done.
    Cut,
    /// The answer promises more than it holds.
    Truncated,
    /// Somebody pushes to the head of pull request 1 before it is done.
    HeadMoves,
    /// The list shows nothing.
    ListIsEmpty,
}

/// A kind of forge, as its API speaks.
pub(crate) trait Speaks: Send + Sync {
    /// `forge.kind`.
    fn kind(&self) -> &'static str;
    /// The variable with the token.
    fn variable(&self) -> &'static str;
    /// What the repository is called.
    fn repository(&self) -> &'static str {
        REPOSITORY
    }
    /// Whether a request says who asks, with [`TOKEN`].
    fn knows(&self, request: &Request) -> bool;
    /// Does what is asked.
    fn answer(&self, shelf: &mut Shelf, asked: &Asked) -> Reply;
    /// Whether the forge is told about drafts.
    fn has_drafts(&self) -> bool {
        true
    }
    /// Somebody who can be asked for a review.
    fn person(&self) -> &'static str {
        "anna"
    }
    /// A list without entries.
    fn empty_list(&self) -> Value {
        Value::Array(Vec::new())
    }
}

/// A forge that answers.
pub(crate) struct Fake {
    pub(crate) address: SocketAddr,
    speaks: Arc<dyn Speaks>,
    shelf: Arc<Mutex<Shelf>>,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Fake {
    /// Starts a forge in front of a bare repository.
    pub(crate) fn start(speaks: impl Speaks + 'static, shelf: Shelf) -> Fake {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let mut shelf = shelf;
        shelf.web = format!("http://{address}");
        let (speaks, shelf): (Arc<dyn Speaks>, _) = (Arc::new(speaks), Arc::new(Mutex::new(shelf)));
        let stop = Arc::new(AtomicBool::new(false));
        let (speaking, shared, stopping) = (Arc::clone(&speaks), Arc::clone(&shelf), Arc::clone(&stop));
        let thread = thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                if stopping.load(Ordering::SeqCst) {
                    break;
                }
                let (speaking, shared) = (Arc::clone(&speaking), Arc::clone(&shared));
                thread::spawn(move || serve(&stream, speaking.as_ref(), &shared));
            }
        });
        Fake {
            address,
            speaks,
            shelf,
            stop,
            thread: Some(thread),
        }
    }

    /// The state, to be looked at or changed behind everybody's back.
    pub(crate) fn shelf(&self) -> MutexGuard<'_, Shelf> {
        self.shelf.lock().unwrap()
    }

    /// Has something go wrong with the next request of this method whose path holds `part`.
    pub(crate) fn fault(&self, method: &'static str, part: &'static str, fault: Fault) -> &Fake {
        self.shelf().faults.push_back((method, part, fault));
        self
    }

    /// Everything that was asked to be changed: a query of GraphQL is a read, whatever its method.
    pub(crate) fn writes(&self) -> Vec<String> {
        let shelf = self.shelf();
        let is_read = |line: &&String| line.starts_with("GET ") || line.contains("\"query\":\"query ");
        shelf.log.iter().filter(|line| !is_read(line)).cloned().collect()
    }

    /// How often a method was asked for on a path that holds `part`.
    pub(crate) fn count(&self, method: &str, part: &str) -> usize {
        let shelf = self.shelf();
        let fits = |line: &&String| line.starts_with(method) && line.contains(part);
        shelf.log.iter().filter(fits).count()
    }
}

impl Drop for Fake {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::SeqCst);
        let _ = TcpStream::connect(self.address);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
        let Ok(shelf) = self.shelf.lock() else { return };
        let mut told = shelf.complaints.clone();
        told.extend(shelf.faults.iter().map(|fault| format!("never happened: {fault:?}")));
        if thread::panicking() {
            eprintln!("asked of the forge:\n{}\n{}", shelf.log.join("\n"), told.join("\n"));
        } else {
            assert!(told.is_empty(), "{}\nasked:\n{}", told.join("\n"), shelf.log.join("\n"));
        }
    }
}

fn serve(stream: &TcpStream, speaks: &dyn Speaks, shelf: &Mutex<Shelf>) {
    let _ = stream.set_read_timeout(Some(Duration::from_secs(10)));
    let Some(request) = server::read(stream) else { return };
    let Ok(mut shelf) = shelf.lock() else { return };
    shelf.log.push(format!(
        "{} {} {}",
        request.method,
        request.path,
        String::from_utf8_lossy(&request.body)
    ));
    let fits = |(method, part, _): &(&'static str, &'static str, Fault)| {
        *method == request.method && request.path.contains(part)
    };
    let fault = shelf
        .faults
        .iter()
        .position(fits)
        .and_then(|at| shelf.faults.remove(at));
    let fault = fault.map(|(_, _, fault)| fault);
    let is_known = speaks.knows(&request);
    let asked = Asked::of(request);
    let answer = match &fault {
        Some(Fault::Cut) => return,
        Some(Fault::Answer(status, headers, body)) => Reply {
            status: *status,
            headers: headers.clone(),
            body: body.clone(),
        },
        Some(Fault::ListIsEmpty) => reply(200, &speaks.empty_list()),
        _ if !is_known => reply(401, &serde_json::json!({ "message": "Bad credentials" })),
        other => {
            if matches!(other, Some(Fault::HeadMoves)) {
                shelf.push_to_head(1);
            }
            speaks.answer(&mut shelf, &asked)
        }
    };
    drop(shelf);
    if matches!(fault, Some(Fault::DoneAndCut)) {
        return;
    }
    let extra = if matches!(fault, Some(Fault::Truncated)) {
        100
    } else {
        0
    };
    let mut head = format!(
        "HTTP/1.1 {} -\r\nConnection: close\r\nX-Request-Id: fake-1\r\nContent-Length: {}\r\n",
        answer.status,
        answer.body.len() + extra
    );
    for (name, value) in &answer.headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    let mut stream = stream;
    let _ = stream.write_all(format!("{head}\r\n{}", answer.body).as_bytes());
}

/// A sandbox with a remote, a forge in front of it, and a branch `feature` that is pushed and checked out.
pub(crate) struct Bench {
    pub(crate) sandbox: Sandbox,
    pub(crate) forge: Fake,
}

impl Bench {
    pub(crate) fn new(speaks: impl Speaks + 'static) -> Bench {
        let sandbox = Sandbox::new();
        sandbox.repository().file("app.yaml", "image: app:1.0.0\n");
        sandbox.commit_all("the app");
        let bare = sandbox.remote().path().to_path_buf();
        sandbox.git(["switch", "--quiet", "--create", "feature"]);
        sandbox.file("app.yaml", "image: app:1.1.0\n");
        sandbox.commit_all("app 1.1.0");
        sandbox.git(["push", "--quiet", "origin", "feature"]);
        let shelf = Shelf::new(bare, sandbox.env());
        let forge = Fake::start(speaks, shelf);
        Bench { sandbox, forge }
    }

    /// The same with the shop, whose `main` is checked out and stands on the remote.
    pub(crate) fn shop(speaks: impl Speaks + 'static) -> Bench {
        let sandbox = Sandbox::new();
        sandbox.shop();
        let bare = sandbox.remote().path().to_path_buf();
        let shelf = Shelf::new(bare, sandbox.env());
        let forge = Fake::start(speaks, shelf);
        Bench { sandbox, forge }
    }

    /// The same with a shop whose environments have branches; see [`Sandbox::branches`].
    pub(crate) fn with_branches(speaks: impl Speaks + 'static, strategy: &str) -> Bench {
        let sandbox = Sandbox::new();
        sandbox.branches(strategy);
        let shelf = Shelf::new(sandbox.remote_path(), sandbox.env());
        let forge = Fake::start(speaks, shelf);
        Bench { sandbox, forge }
    }

    /// A run of `rakops pr` against the forge.
    pub(crate) fn pr<'b>(&'b self, args: &[&str]) -> Cmd<'b> {
        self.rakops(std::iter::once("pr").chain(args.iter().copied()))
    }

    /// A run of `rakops bump … --pr` against the forge, a minute after whatever came before.
    pub(crate) fn bump<'b>(&'b self, args: &[&str]) -> Cmd<'b> {
        self.sandbox.advance(60);
        let words = std::iter::once("bump").chain(args.iter().copied());
        self.rakops(words.chain(std::iter::once("--pr")))
    }

    /// A run of rakops against the forge.
    pub(crate) fn rakops<'b, 'w>(&'b self, words: impl Iterator<Item = &'w str>) -> Cmd<'b> {
        let speaks = &self.forge.speaks;
        self.sandbox
            .rakops(words)
            .env("RAKOPS_FORGE_URL", format!("http://{}", self.forge.address))
            .env("RAKOPS_FORGE_KIND", speaks.kind())
            .env("RAKOPS_FORGE_REPOSITORY", speaks.repository())
            .env(speaks.variable(), TOKEN)
    }

    /// How the forge speaks.
    pub(crate) fn speaks(&self) -> &dyn Speaks {
        self.forge.speaks.as_ref()
    }

    /// The contents of `main:path`, or what another object name shows, on the remote.
    pub(crate) fn show(&self, object: &str) -> String {
        self.forge.shelf().git(&["show", object]).unwrap()
    }

    /// The branches of the remote.
    pub(crate) fn branches(&self) -> Vec<String> {
        let listed = self
            .forge
            .shelf()
            .git(&["for-each-ref", "--format=%(refname:short)", "refs/heads"]);
        listed.unwrap().lines().map(str::to_owned).collect()
    }

    /// Somebody commits a file to a branch of the remote.
    pub(crate) fn commit(&self, branch: &str, (path, text): (&str, &str)) -> String {
        let other = self.sandbox.root().join("somebody");
        if !other.exists() {
            let (from, to) = (
                self.sandbox.root().join("remote.git"),
                other.to_string_lossy().into_owned(),
            );
            self.sandbox
                .git_in(self.sandbox.root(), ["clone", "--quiet", &from.to_string_lossy(), &to]);
        }
        let git = |args: &[&str]| self.sandbox.git_in(&other, args);
        git(&["fetch", "--quiet", "--prune"]);
        git(&["switch", "--quiet", "--detach", &format!("origin/{branch}")]);
        let file = other.join(path);
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(file, text).unwrap();
        self.sandbox.advance(60);
        git(&["add", "--all"]);
        git(&["commit", "--quiet", "--message", "somebody was here"]);
        git(&["push", "--quiet", "origin", &format!("HEAD:refs/heads/{branch}")]);
        git(&["rev-parse", "HEAD"]).trim().to_owned()
    }

    /// The commit at the head of a branch of the remote.
    pub(crate) fn tip(&self, branch: &str) -> String {
        self.forge.shelf().tip(branch).unwrap()
    }
}
