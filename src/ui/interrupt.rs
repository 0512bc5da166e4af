//! What Ctrl-C does while something is drawn: the cursor comes back, and the exit code is 130.
//!
//! Where nothing is drawn the operating system's own answer stands, which is why the handler is installed only by the
//! first prompt or bar. `dialoguer` hides the cursor, and on Ctrl-C its terminal crate raises the signal before
//! showing it again.

use std::io::Write;
use std::sync::Once;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::error::Kind;

static INSTALLED: Once = Once::new();
/// A prompt is waiting: the signal makes it return, and the prompt says what happens next.
static ASKING: AtomicBool = AtomicBool::new(false);

/// Shows the cursor, which a prompt may have hidden.
pub(super) const SHOW_CURSOR: &[u8] = b"\x1b[?25h";

/// Installs the handler, once. Whoever has installed another handler keeps it.
pub(super) fn install() {
    INSTALLED.call_once(|| {
        let _ = ctrlc::set_handler(|| {
            if ASKING.load(Ordering::SeqCst) {
                return;
            }
            let _ = std::io::stderr().write_all(SHOW_CURSOR);
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
