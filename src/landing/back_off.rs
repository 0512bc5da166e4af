//! How often a lost race is run again, and how long is waited before it.

use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hasher};
use std::time::{Duration, Instant};

/// The longest pause, however many races were lost.
const LONGEST: Duration = Duration::from_secs(3);
/// The first pause is at most this; each next one at most twice the one before.
const FIRST: Duration = Duration::from_millis(50);
/// The same, where the network failed: it wants more time than a race.
const FIRST_OF_NETWORK: Duration = Duration::from_millis(500);

/// A remote that has never answered is asked so often: an address with a slip in it would cost minutes otherwise.
const FIRST_CONTACTS: u32 = 4;

/// Bounds on a landing. The defaults let 64 writers of one branch land (`tests/outside/race.rs`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Bounds {
    /// Attempts in all.
    pub(crate) attempts: u32,
    /// Time in all, pauses included.
    pub(crate) time: Duration,
}

impl Default for Bounds {
    fn default() -> Bounds {
        Bounds {
            attempts: 60,
            time: Duration::from_secs(120),
        }
    }
}

/// Why an attempt has to be made again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lost {
    /// Somebody else was first.
    Race,
    /// The other side could not be reached.
    Network,
}

/// The attempts of one landing.
#[derive(Debug)]
pub(crate) struct BackOff {
    bounds: Bounds,
    began: Instant,
    attempts: u32,
    contact: Contact,
}

/// Whether the remote has ever answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Contact {
    Never,
    Made,
}

impl BackOff {
    /// Begins to count.
    pub(crate) fn new(bounds: Bounds) -> BackOff {
        BackOff {
            bounds,
            began: Instant::now(),
            attempts: 1,
            contact: Contact::Never,
        }
    }

    /// The remote has answered: from now on its silence is worth waiting for.
    pub(crate) fn answered(&mut self) {
        self.contact = Contact::Made;
    }

    /// The number of the attempt under way, from 1.
    pub(crate) fn attempt(&self) -> u32 {
        self.attempts
    }

    /// The time since the first attempt began.
    pub(crate) fn elapsed(&self) -> Duration {
        self.began.elapsed()
    }

    /// Waits before another attempt, and returns true; returns false at once where the bounds are reached.
    ///
    /// The pause is drawn evenly between nothing and its bound ("full jitter"), so that those who lost together do not
    /// meet again.
    pub(crate) fn again(&mut self, lost: Lost) -> bool {
        let first = match lost {
            Lost::Race => FIRST,
            Lost::Network => FIRST_OF_NETWORK,
        };
        let longest = first.saturating_mul(1 << self.attempts.min(16)).min(LONGEST);
        let pause = longest.mul_f64(random());
        let is_stranger = self.contact == Contact::Never && lost == Lost::Network;
        if is_stranger && self.attempts >= FIRST_CONTACTS {
            return false;
        }
        if self.attempts >= self.bounds.attempts || self.began.elapsed() + pause > self.bounds.time {
            return false;
        }
        self.attempts += 1;
        std::thread::sleep(pause);
        true
    }
}

/// A number from 0 to 1 that no two processes share: the keys of a hasher come from the system.
fn random() -> f64 {
    let drawn = RandomState::new().build_hasher().finish();
    (drawn >> 11) as f64 / (1u64 << 53) as f64
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{BackOff, Bounds, Lost, random};

    #[test]
    fn the_bounds_end_it() {
        let bounds = Bounds {
            attempts: 3,
            time: Duration::from_secs(60),
        };
        let mut back_off = BackOff::new(bounds);
        assert!(back_off.again(Lost::Race) && back_off.again(Lost::Race));
        assert_eq!(back_off.attempt(), 3);
        assert!(!back_off.again(Lost::Race));
        let mut late = BackOff::new(Bounds {
            attempts: 60,
            time: Duration::ZERO,
        });
        assert!(!late.again(Lost::Network));
    }

    #[test]
    fn a_remote_that_never_answered_is_not_asked_for_minutes() {
        let mut back_off = BackOff::new(Bounds::default());
        back_off.attempts = 4;
        assert!(!back_off.again(Lost::Network));
        back_off.answered();
        assert!(back_off.again(Lost::Network));
    }

    #[test]
    fn pauses_are_drawn_between_nothing_and_one() {
        let drawn: Vec<f64> = (0..100).map(|_| random()).collect();
        assert!(drawn.iter().all(|it| (0.0..1.0).contains(it)));
        assert!(drawn.iter().any(|it| *it < 0.5) && drawn.iter().any(|it| *it > 0.5));
    }
}
