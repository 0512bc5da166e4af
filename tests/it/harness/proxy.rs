//! A proxy that lets nobody through, and counts who came.

use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::Duration;

/// Answers 403 to everything.
pub(crate) struct RefusingProxy {
    address: SocketAddr,
    lines: Arc<Mutex<Vec<String>>>,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl RefusingProxy {
    /// Starts refusing.
    pub(crate) fn start() -> RefusingProxy {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let (lines, stop) = (Arc::new(Mutex::new(Vec::new())), Arc::new(AtomicBool::new(false)));
        let (heard, stopping) = (Arc::clone(&lines), Arc::clone(&stop));
        let thread = thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                if stopping.load(Ordering::SeqCst) {
                    break;
                }
                let heard = Arc::clone(&heard);
                thread::spawn(move || refuse(&stream, &heard));
            }
        });
        RefusingProxy {
            address,
            lines,
            stop,
            thread: Some(thread),
        }
    }

    /// Its address, for `http_proxy` and `https_proxy`.
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The first line of every request: `CONNECT host:443 HTTP/1.1`, `GET http://host/ HTTP/1.1`.
    pub(crate) fn asked(&self) -> Vec<String> {
        self.lines.lock().unwrap().clone()
    }
}

impl Drop for RefusingProxy {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::SeqCst);
        let _ = TcpStream::connect(self.address);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn refuse(mut stream: &TcpStream, heard: &Mutex<Vec<String>>) {
    let _ = stream.set_read_timeout(Some(Duration::from_secs(10)));
    let mut reader = BufReader::new(stream);
    let mut first = String::new();
    if reader.read_line(&mut first).is_err() || first.is_empty() {
        return;
    }
    heard.lock().unwrap().push(first.trim_end().to_owned());
    let mut line = String::new();
    while reader.read_line(&mut line).is_ok_and(|read| read > 2) {
        line.clear();
    }
    let body = "this proxy lets nobody through\n";
    let _ = write!(
        stream,
        "HTTP/1.1 403 Forbidden\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
}

#[test]
fn git_is_refused_by_the_proxy_whatever_it_asks() {
    let proxy = RefusingProxy::start();
    let sandbox = super::Sandbox::new();
    for url in ["http://git.example.invalid/a.git", "https://git.example.invalid/a.git"] {
        let setting = format!("http.proxy={}", proxy.url());
        let said = sandbox.try_git_in(&sandbox.dir(), ["-c", &setting, "ls-remote", url]);
        assert!(!said.succeeded && said.stderr.contains("403"), "{}", said.stderr);
    }
    let asked = proxy.asked();
    assert!(asked[0].starts_with("GET http://git.example.invalid/a.git/info/refs"));
    assert!(asked[1].starts_with("CONNECT git.example.invalid:443"));
}
