//! HTTP over the loopback, with nothing but std: answers what a test expects and records what was asked.
//!
//! Dropping the server fails the test if a request matched no route or a route was never used.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::Duration;

/// A request as it came in.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    pub(crate) method: String,
    /// Path and query.
    pub(crate) path: String,
    /// Names in lower case.
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Request {
    /// The value of a header; `name` in lower case.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_str())
    }
}

/// What is answered to one method and path. Several routes with the same method and path answer in turn; the last
/// of them goes on answering.
#[derive(Clone, Debug)]
pub(crate) struct Route {
    method: &'static str,
    path: String,
    status: u16,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
    pause: Duration,
    used: usize,
}

/// Answers `status` and an empty body to `method` on `path`, query included.
pub(crate) fn route(method: &'static str, path: &str, status: u16) -> Route {
    Route {
        method,
        path: path.to_owned(),
        status,
        headers: Vec::new(),
        body: Vec::new(),
        pause: Duration::ZERO,
        used: 0,
    }
}

impl Route {
    /// With this body.
    pub(crate) fn body(mut self, body: impl AsRef<[u8]>) -> Route {
        self.body = body.as_ref().to_vec();
        self
    }

    /// With one more header; `{server}` in the value is the server's own address.
    pub(crate) fn header(mut self, name: &str, value: &str) -> Route {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Only after a while.
    pub(crate) fn after(mut self, pause: Duration) -> Route {
        self.pause = pause;
        self
    }
}

#[derive(Default)]
struct State {
    routes: Vec<Route>,
    requests: Vec<Request>,
    unmatched: Vec<String>,
}

/// A server on a free port.
pub(crate) struct Server {
    address: SocketAddr,
    state: Arc<Mutex<State>>,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    /// Starts answering.
    pub(crate) fn start(routes: Vec<Route>) -> Server {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let state = Arc::new(Mutex::new(State {
            routes,
            ..State::default()
        }));
        let stop = Arc::new(AtomicBool::new(false));
        let (shared, stopping) = (Arc::clone(&state), Arc::clone(&stop));
        let thread = thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                if stopping.load(Ordering::SeqCst) {
                    break;
                }
                let shared = Arc::clone(&shared);
                thread::spawn(move || answer(stream, address, &shared));
            }
        });
        Server {
            address,
            state,
            stop,
            thread: Some(thread),
        }
    }

    /// The address of a path on it.
    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// What was asked until now, in order.
    pub(crate) fn requests(&self) -> Vec<Request> {
        self.state.lock().unwrap().requests.clone()
    }

    fn complaint(&self) -> Option<String> {
        let state = self.state.lock().unwrap();
        let unused: Vec<String> = state
            .routes
            .iter()
            .filter(|route| route.used == 0)
            .map(|route| format!("  {} {}", route.method, route.path))
            .collect();
        if unused.is_empty() && state.unmatched.is_empty() {
            return None;
        }
        Some(format!(
            "asked, but no route:\n{}\nroutes that nobody asked:\n{}",
            state.unmatched.join("\n"),
            unused.join("\n")
        ))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::SeqCst);
        let _ = TcpStream::connect(self.address);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
        match self.complaint() {
            Some(complaint) if thread::panicking() => eprintln!("{complaint}"),
            Some(complaint) => panic!("{complaint}"),
            None => {}
        }
    }
}

fn answer(stream: TcpStream, address: SocketAddr, state: &Mutex<State>) {
    let _ = stream.set_read_timeout(Some(Duration::from_secs(10)));
    let Some(request) = read(&stream) else {
        return;
    };
    let route = {
        let mut state = state.lock().unwrap();
        state.requests.push(request.clone());
        let fits = |route: &Route| route.method == request.method && route.path == request.path;
        let fresh = state.routes.iter().position(|route| fits(route) && route.used == 0);
        let index = fresh.or_else(|| state.routes.iter().rposition(fits));
        match index {
            Some(index) => {
                state.routes[index].used += 1;
                state.routes[index].clone()
            }
            None => {
                state.unmatched.push(format!("  {} {}", request.method, request.path));
                route("", "", 599)
            }
        }
    };
    thread::sleep(route.pause);
    let _ = write(&stream, address, &route);
}

/// Reads one request.
pub(super) fn read(stream: &TcpStream) -> Option<Request> {
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    reader.read_line(&mut line).ok()?;
    if !line.ends_with('\n') {
        return None;
    }
    let mut words = line.split_whitespace();
    let (method, path) = (words.next()?.to_owned(), words.next()?.to_owned());
    let mut headers = Vec::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        // Who is cut off in the middle of a line has asked for nothing.
        if !line.ends_with('\n') {
            return None;
        }
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

fn write(mut stream: &TcpStream, address: SocketAddr, route: &Route) -> std::io::Result<()> {
    let mut head = format!("HTTP/1.1 {} -\r\nConnection: close\r\n", route.status);
    if !route
        .headers
        .iter()
        .any(|(name, _)| name.eq_ignore_ascii_case("content-length"))
    {
        head.push_str(&format!("Content-Length: {}\r\n", route.body.len()));
    }
    for (name, value) in &route.headers {
        let value = value.replace("{server}", &format!("http://{address}"));
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    head.push_str("\r\n");
    stream.write_all(head.as_bytes())?;
    stream.write_all(&route.body)?;
    stream.flush()
}

#[test]
fn a_route_that_nobody_asks_fails_the_test() {
    let server = Server::start(vec![route("GET", "/a", 200).body("a")]);
    let complaint = server.complaint().unwrap();
    assert!(complaint.ends_with("nobody asked:\n  GET /a"), "{complaint}");
    let mut stream = TcpStream::connect(server.address).unwrap();
    stream.write_all(b"GET /a HTTP/1.1\r\nX-Y: z\r\n\r\n").unwrap();
    let mut said = String::new();
    stream.read_to_string(&mut said).unwrap();
    assert!(
        said.starts_with("HTTP/1.1 200 ") && said.ends_with("\r\n\r\na"),
        "{said}"
    );
    assert_eq!(server.requests()[0].header("x-y"), Some("z"));
    assert!(server.complaint().is_none() && server.url("/a").ends_with("/a"));
}
