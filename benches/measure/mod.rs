//! What all benchmarks share: how a time is taken, and what one figure looks like.
//!
//! Rounds are interleaved by the benchmarks themselves, so that a noisy machine is noisy to all sides; what is compared are medians.

mod bare;
mod peers;
mod table;

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

pub(crate) use bare::events;
pub(crate) use peers::{Peers, starts};
pub(crate) use table::{Bar, Growth, Row, Table};

/// How much is measured: `RAKOPS_BENCH=few` is for CI, which asks whether anything has become much slower.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Effort {
    /// As on the page of the documentation.
    Full,
    /// A third of the rounds, and nothing that takes minutes.
    Few,
}

impl Effort {
    /// Reads `RAKOPS_BENCH`.
    pub(crate) fn asked() -> Effort {
        match std::env::var("RAKOPS_BENCH").as_deref() {
            Ok("few") => Effort::Few,
            _ => Effort::Full,
        }
    }

    /// The rounds to go, of those that a full run goes.
    pub(crate) fn rounds(self, full: usize) -> usize {
        match self {
            Effort::Full => full,
            Effort::Few => (full / 3).max(3),
        }
    }
}

/// Times of one side of a comparison.
#[derive(Clone, Debug, Default)]
pub(crate) struct Times(Vec<Duration>);

impl Times {
    /// Takes one more.
    pub(crate) fn push(&mut self, took: Duration) {
        self.0.push(took);
    }

    /// The median; of an even number of times, the longer of the two in the middle.
    pub(crate) fn median(&self) -> Duration {
        let mut sorted = self.0.clone();
        sorted.sort();
        sorted.get(sorted.len() / 2).copied().unwrap_or_default()
    }
}

/// How long it takes.
pub(crate) fn time(work: impl FnOnce()) -> Duration {
    let start = Instant::now();
    work();
    start.elapsed()
}

/// How long a process takes that must end with one of these exit codes; it reads nothing, and nobody reads what it says.
pub(crate) fn run(command: &mut Command, codes: &[i32]) -> Duration {
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let start = Instant::now();
    let status = command.status();
    let took = start.elapsed();
    let code = status.as_ref().ok().and_then(std::process::ExitStatus::code);
    assert!(
        code.is_some_and(|code| codes.contains(&code)),
        "{command:?}: {status:?}"
    );
    took
}

/// One side as a multiple of another.
pub(crate) fn ratio(part: Duration, whole: Duration) -> f64 {
    part.as_secs_f64() / whole.as_secs_f64()
}

/// A time for people, in the unit that fits.
pub(crate) fn shown(time: Duration) -> String {
    let seconds = time.as_secs_f64();
    match seconds {
        s if s < 0.1 => format!("{:.1} ms", s * 1e3),
        s if s < 1.0 => format!("{:.0} ms", s * 1e3),
        s if s < 10.0 => format!("{s:.2} s"),
        s => format!("{s:.0} s"),
    }
}
