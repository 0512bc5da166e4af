//! A wire between a program and a server that breaks after so many bytes, whichever way they went.

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};

/// What is left of the wire after it broke.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum After {
    /// New connections go through: somebody pulled a plug and put it in again.
    Mended,
    /// New connections are closed at once.
    Dead,
}

/// Where it breaks.
#[derive(Clone, Copy, Debug)]
pub(super) struct Break {
    /// So many bytes go through, of all connections and both ways together.
    pub(super) at: usize,
    pub(super) after: After,
}

#[derive(Default)]
struct Passed {
    bytes: usize,
    /// How many had passed at the end of each piece that was written in one go.
    pieces: Vec<usize>,
    is_broken: bool,
    open: Vec<TcpStream>,
}

struct Shared {
    to: SocketAddr,
    breaks: Option<Break>,
    passed: Mutex<Passed>,
    stop: AtomicBool,
}

/// A wire that is up for as long as it is held.
pub(super) struct Wire {
    address: SocketAddr,
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

impl Wire {
    /// Leads to a server; breaks once, or not at all.
    pub(super) fn to(server: SocketAddr, breaks: Option<Break>) -> Wire {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let shared = Arc::new(Shared {
            to: server,
            breaks,
            passed: Mutex::default(),
            stop: AtomicBool::new(false),
        });
        let leading = Arc::clone(&shared);
        let thread = thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                if leading.stop.load(Ordering::SeqCst) {
                    break;
                }
                connect(&leading, &stream);
            }
        });
        Wire {
            address,
            shared,
            thread: Some(thread),
        }
    }

    /// The end that the program is given.
    pub(super) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Whether it broke: a run may need fewer bytes than the one that was measured.
    pub(super) fn is_broken(&self) -> bool {
        self.shared.passed.lock().unwrap().is_broken
    }

    /// How many bytes had passed after each piece.
    pub(super) fn pieces(&self) -> Vec<usize> {
        self.shared.passed.lock().unwrap().pieces.clone()
    }
}

impl Drop for Wire {
    fn drop(&mut self) {
        self.shared.stop.store(true, Ordering::SeqCst);
        let _ = TcpStream::connect(self.address);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn connect(shared: &Arc<Shared>, near: &TcpStream) {
    let is_dead = {
        let passed = shared.passed.lock().unwrap();
        passed.is_broken && shared.breaks.is_some_and(|it| it.after == After::Dead)
    };
    let far = match is_dead {
        true => None,
        false => TcpStream::connect(shared.to).ok(),
    };
    let Some(far) = far else {
        let _ = near.shutdown(Shutdown::Both);
        return;
    };
    for stream in [near, &far] {
        let _ = stream.set_nodelay(true);
        let mut passed = shared.passed.lock().unwrap();
        passed.open.push(stream.try_clone().unwrap());
    }
    for (from, to) in [(near, &far), (&far, near)] {
        let (from, to) = (from.try_clone().unwrap(), to.try_clone().unwrap());
        let shared = Arc::clone(shared);
        thread::spawn(move || carry(&shared, (&from, &to)));
    }
}

/// Carries bytes one way until either end is closed or the wire breaks.
fn carry(shared: &Shared, (mut from, mut to): (&TcpStream, &TcpStream)) {
    let mut buffer = [0; 16 * 1024];
    loop {
        let read = match from.read(&mut buffer) {
            Ok(0) | Err(_) => break,
            Ok(read) => read,
        };
        // One piece after the other, so that the number says exactly what has passed.
        let mut passed = shared.passed.lock().unwrap();
        let left = match shared.breaks.filter(|_| !passed.is_broken) {
            Some(breaks) => breaks.at.saturating_sub(passed.bytes),
            None => usize::MAX,
        };
        let _ = to.write_all(&buffer[..read.min(left)]);
        passed.bytes += read.min(left);
        let bytes = passed.bytes;
        passed.pieces.push(bytes);
        if read >= left {
            passed.is_broken = true;
            for stream in passed.open.drain(..) {
                let _ = stream.shutdown(Shutdown::Both);
            }
        }
    }
    let _ = to.shutdown(Shutdown::Write);
}
