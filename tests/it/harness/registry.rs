//! A registry on the loopback: tags, manifests, configurations, and whatever can go wrong with them.
//!
//! ```text
//! let registry = Registry::start();
//! let digest = registry.image("acme/api", "1.4.2");
//! registry.index("acme/api", "1.5.0", &["linux/amd64", "linux/arm64"]);
//! let image = format!("{}/acme/api", registry.host());
//! ```

#[path = "registry/serve.rs"]
mod serve;

use std::collections::{BTreeMap, HashMap};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use super::server::Request;

/// Media types, as registries write them.
pub(crate) const INDEX: &str = "application/vnd.oci.image.index.v1+json";
pub(crate) const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
const CONFIG: &str = "application/vnd.oci.image.config.v1+json";
/// When images were built of which nobody says more.
const CREATED: &str = "2026-01-01T00:00:00Z";

/// Whom the registry lets in.
#[derive(Clone, Debug, Default)]
pub(crate) enum Guard {
    /// Everybody.
    #[default]
    Open,
    /// Whoever has this `user:password`.
    Basic(String),
    /// Whoever has a token of `/token`; the token server gives them to everybody, or to this `user:password` alone.
    Bearer(Option<String>),
}

/// Something that goes wrong.
#[derive(Clone, Debug)]
pub(crate) enum Fault {
    /// This answer instead: status, headers, body.
    Answer(u16, Vec<(String, String)>, Vec<u8>),
    /// The right answer, after a while.
    Late(Duration),
    /// The first half of the right body.
    Truncated,
    /// The right answer without this header, which is named in lower case.
    Without(&'static str),
    /// The right answer with this header instead of the same one.
    With(&'static str, String),
    /// The right head with another body.
    Body(Vec<u8>),
    /// The connection is closed.
    Closed,
}

impl Fault {
    /// An answer of this status with a body.
    pub(crate) fn status(status: u16, body: &str) -> Fault {
        Fault::Answer(status, Vec::new(), body.into())
    }

    /// An answer of this status with one header.
    pub(crate) fn header(status: u16, name: &str, value: &str) -> Fault {
        Fault::Answer(status, vec![(name.into(), value.into())], Vec::new())
    }
}

struct Planned {
    /// How the request begins: `GET /v2/acme/api/tags/list`.
    begins: String,
    /// How often it happens; for ever if none.
    left: Option<usize>,
    fault: Fault,
}

#[derive(Clone, Default)]
struct Held {
    /// In the order of their making.
    tags: Vec<(String, String)>,
    /// By digest: media type and bytes.
    manifests: HashMap<String, (String, Arc<Vec<u8>>)>,
}

#[derive(Default)]
struct State {
    repositories: BTreeMap<String, Held>,
    blobs: HashMap<String, Arc<Vec<u8>>>,
    requests: Vec<Request>,
    planned: Vec<Planned>,
    guard: Guard,
    /// How many tags a page holds; all if none.
    page: Option<usize>,
    /// How many tokens were given.
    tokens: usize,
}

/// A registry on a free port. It goes on for as long as it is held.
pub(crate) struct Registry {
    address: SocketAddr,
    state: Arc<Mutex<State>>,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Registry {
    /// Starts answering everybody.
    pub(crate) fn start() -> Registry {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let state = Arc::new(Mutex::new(State::default()));
        let stop = Arc::new(AtomicBool::new(false));
        let (shared, stopping) = (Arc::clone(&state), Arc::clone(&stop));
        let thread = thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                if stopping.load(Ordering::SeqCst) {
                    break;
                }
                let (shared, stopping) = (Arc::clone(&shared), Arc::clone(&stopping));
                thread::spawn(move || serve::connection(stream, &shared, &stopping));
            }
        });
        Registry {
            address,
            state,
            stop,
            thread: Some(thread),
        }
    }

    /// `127.0.0.1:PORT`, as images name it.
    pub(crate) fn host(&self) -> String {
        self.address.to_string()
    }

    /// Takes in an image for `linux/amd64`; returns its digest.
    pub(crate) fn image(&self, name: &str, tag: &str) -> String {
        self.created(name, tag, CREATED)
    }

    /// Takes in an image that was built at this time, as RFC 3339 writes it; returns its digest.
    pub(crate) fn created(&self, name: &str, tag: &str, time: &str) -> String {
        let digest = self.single((name, tag), "linux/amd64", time);
        self.tag(name, tag, &digest);
        digest
    }

    /// Takes in an index of images for these platforms, and an attestation as docker adds it; returns its digest.
    pub(crate) fn index(&self, name: &str, tag: &str, platforms: &[&str]) -> String {
        let mut entries = Vec::new();
        for platform in platforms {
            let digest = self.single((name, tag), platform, CREATED);
            let size = self.lock().repositories[name].manifests[&digest].1.len();
            entries.push(format!(
                r#"{{"mediaType":"{MANIFEST}","digest":"{digest}","size":{size},"platform":{}}}"#,
                platform_json(platform)
            ));
        }
        let attestation = self.single((name, tag), "unknown/unknown", CREATED);
        entries.push(format!(
            r#"{{"mediaType":"{MANIFEST}","digest":"{attestation}","size":1,"platform":{},"annotations":{{"vnd.docker.reference.type":"attestation-manifest"}}}}"#,
            platform_json("unknown/unknown")
        ));
        let body = format!(
            r#"{{"schemaVersion":2,"mediaType":"{INDEX}","manifests":[{}]}}"#,
            entries.join(",")
        );
        self.manifest((name, tag), INDEX, body.as_bytes())
    }

    /// Takes in a manifest as it is, under a tag; returns its digest.
    pub(crate) fn manifest(&self, (name, tag): (&str, &str), media_type: &str, bytes: &[u8]) -> String {
        let digest = self.untagged(name, media_type, bytes);
        self.tag(name, tag, &digest);
        digest
    }

    /// Has a tag point to a digest.
    pub(crate) fn tag(&self, name: &str, tag: &str, digest: &str) {
        let mut state = self.lock();
        let tags = &mut state.repositories.entry(name.into()).or_default().tags;
        match tags.iter_mut().find(|(known, _)| known == tag) {
            Some((_, known)) => digest.clone_into(known),
            None => tags.push((tag.into(), digest.into())),
        }
    }

    /// Takes in a blob; returns its digest.
    pub(crate) fn blob(&self, bytes: &[u8]) -> String {
        let digest = digest_of(bytes);
        self.lock().blobs.insert(digest.clone(), Arc::new(bytes.to_vec()));
        digest
    }

    /// The media type and the bytes of a manifest that it holds.
    pub(crate) fn held(&self, name: &str, digest: &str) -> (String, Vec<u8>) {
        let (media_type, bytes) = self.lock().repositories[name].manifests[digest].clone();
        (media_type, bytes.to_vec())
    }

    /// Lets in only whom this lets in.
    pub(crate) fn guard(&self, guard: Guard) {
        self.lock().guard = guard;
    }

    /// Lists at most so many tags on a page.
    pub(crate) fn page(&self, tags: usize) {
        self.lock().page = Some(tags);
    }

    /// From now on, requests that begin so (`GET /v2/acme/api/tags/list`) go wrong: `times` times, or always.
    pub(crate) fn fault(&self, begins: &str, times: Option<usize>, fault: Fault) {
        self.lock().planned.push(Planned {
            begins: begins.into(),
            left: times,
            fault,
        });
    }

    /// From now on, nothing goes wrong that was planned.
    pub(crate) fn mend(&self) {
        self.lock().planned.clear();
    }

    /// What was asked until now, in order: `GET /v2/acme/api/tags/list?n=1000`.
    pub(crate) fn asked(&self) -> Vec<String> {
        let state = self.lock();
        let requests = state.requests.iter();
        requests
            .map(|request| format!("{} {}", request.method, request.path))
            .collect()
    }

    /// What was asked until now, with headers and bodies.
    pub(crate) fn requests(&self) -> Vec<Request> {
        self.lock().requests.clone()
    }

    /// Takes in the manifest of one platform.
    fn single(&self, (name, tag): (&str, &str), platform: &str, time: &str) -> String {
        let parts = platform_json(platform);
        let parts = parts.trim_start_matches('{').trim_end_matches('}');
        let config = format!(
            r#"{{"created":"{time}",{parts},"config":{{"Labels":{{"of":"{name}:{tag}"}}}},"rootfs":{{"type":"layers","diff_ids":[]}}}}"#
        );
        let digest = self.blob(config.as_bytes());
        let body = format!(
            r#"{{"schemaVersion":2,"mediaType":"{MANIFEST}","config":{{"mediaType":"{CONFIG}","digest":"{digest}","size":{}}},"layers":[]}}"#,
            config.len()
        );
        self.untagged(name, MANIFEST, body.as_bytes())
    }

    fn untagged(&self, name: &str, media_type: &str, bytes: &[u8]) -> String {
        let digest = digest_of(bytes);
        let held = (media_type.to_owned(), Arc::new(bytes.to_vec()));
        let mut state = self.lock();
        let repository = state.repositories.entry(name.into()).or_default();
        repository.manifests.insert(digest.clone(), held);
        digest
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }
}

impl Drop for Registry {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::SeqCst);
        let _ = TcpStream::connect(self.address);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// `sha256:…` of some bytes.
pub(crate) fn digest_of(bytes: &[u8]) -> String {
    let hash = ring::digest::digest(&ring::digest::SHA256, bytes);
    let hex: String = hash.as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
    format!("sha256:{hex}")
}

fn platform_json(platform: &str) -> String {
    let mut parts = platform.split('/');
    let (os, architecture) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    let variant = parts.next().map(|it| format!(r#","variant":"{it}""#));
    format!(
        r#"{{"os":"{os}","architecture":"{architecture}"{}}}"#,
        variant.unwrap_or_default()
    )
}

#[test]
fn the_registry_answers_as_the_specification_says() {
    use std::io::{Read, Write};
    let registry = Registry::start();
    let digest = registry.index("acme/api", "1.4.2", &["linux/amd64", "linux/arm64/v8"]);
    let ask = |line: &str| {
        let mut stream = TcpStream::connect(registry.host()).unwrap();
        write!(
            stream,
            "{line} HTTP/1.1\r\nConnection: close\r\nAccept: {INDEX}\r\n\r\n"
        )
        .unwrap();
        let mut said = String::new();
        stream.read_to_string(&mut said).unwrap();
        said
    };
    assert!(ask("GET /v2/acme/api/tags/list").ends_with(r#"{"name":"acme/api","tags":["1.4.2"]}"#));
    let head = ask("HEAD /v2/acme/api/manifests/1.4.2");
    assert!(
        head.contains(&format!("Docker-Content-Digest: {digest}\r\n")) && head.ends_with("\r\n\r\n"),
        "{head}"
    );
    assert!(ask("GET /v2/acme/api/manifests/9").contains("MANIFEST_UNKNOWN"));
    assert!(ask("GET /v2/acme/web/tags/list").contains("NAME_UNKNOWN"));
    assert_eq!(registry.asked()[0], "GET /v2/acme/api/tags/list");
}
