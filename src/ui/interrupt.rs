//! What Ctrl-C does while something is drawn: the cursor comes back, and the exit code is 130.
//!
//! Where nothing is drawn and nothing is under way the operating system's own answer stands, which is why the handler is
//! installed only by the first prompt, the first bar, or who has something to clear away. `dialoguer` hides the cursor, and on Ctrl-C its terminal crate raises the signal before
//! showing it again.

use std::io::Write;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, Once};

use crate::error::Kind;

static INSTALLED: Once = Once::new();
/// A prompt is waiting: the signal makes it return, and the prompt says what happens next.
static ASKING: AtomicBool = AtomicBool::new(false);

/// Another program has the terminal, and Ctrl-C is for it.
static IGNORED: AtomicBool = AtomicBool::new(false);

/// Something was drawn: a log is not a place for escapes.
static DRAWING: AtomicBool = AtomicBool::new(false);

/// Shows the cursor, which a prompt may have hidden.
pub(super) const SHOW_CURSOR: &[u8] = b"\x1b[?25h";

/// Takes away the line that the cursor is on: a bar, and what the terminal writes for Ctrl-C.
const CLEAR_LINE: &[u8] = b"\r\x1b[2K";

/// What is done before the program ends, in this order.
static LAST: Mutex<Vec<Box<dyn Fn() + Send>>> = Mutex::new(Vec::new());

/// Does something when the program is interrupted, before it ends, on a thread of its own. What was begun must not need that:
/// a program can end without a word.
pub(crate) fn on_interrupt(last: Box<dyn Fn() + Send>) {
    install();
    if let Ok(mut all) = LAST.lock() {
        all.push(last);
    }
}

/// Installs the handler, once. Whoever has installed another handler keeps it.
pub(super) fn install_for_drawing() {
    DRAWING.store(true, Ordering::SeqCst);
    install();
}

fn install() {
    INSTALLED.call_once(|| {
        let _ = ctrlc::set_handler(|| {
            if ASKING.load(Ordering::SeqCst) || IGNORED.load(Ordering::SeqCst) {
                return;
            }
            if DRAWING.load(Ordering::SeqCst) {
                let _ = std::io::stderr().write_all(SHOW_CURSOR);
            }
            if let Ok(last) = LAST.lock() {
                last.iter().for_each(|last| last());
            }
            // Last of all: a bar is drawn again and again.
            if DRAWING.load(Ordering::SeqCst) {
                let _ = std::io::stderr().write_all(CLEAR_LINE);
            }
            leave();
        });
    });
}

/// Marks the time during which a prompt waits for an answer.
///
/// After an interruption it is not unmarked: the handler runs on a thread of its own and may come late, and the
/// prompt's way out, with its message, is the one to take.
pub(super) fn asking(yes_or_no: Asking) {
    ASKING.store(yes_or_no == Asking::Now, Ordering::SeqCst);
}

/// Marks the time during which another program has the terminal.
pub(super) fn ignore(yes_or_no: Ignoring) {
    IGNORED.store(yes_or_no == Ignoring::Now, Ordering::SeqCst);
    install();
}

/// Whether Ctrl-C is for somebody else.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Ignoring {
    Now,
    NoMore,
}

/// Whether a prompt waits.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Asking {
    Now,
    NoMore,
}

#[expect(clippy::exit, reason = "there is no caller to return to in a signal handler")]
fn leave() -> ! {
    std::process::exit(i32::from(Kind::Interrupted.code()))
}
