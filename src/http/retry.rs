//! When a request is sent again, and how long before that.
//!
//! **Invariant:** a request that changes something is sent again only if the first one cannot have been received, or was
//! turned away unread because there were too many.

use std::hash::{BuildHasher, RandomState};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use super::date;
use super::request::Answer;

/// How often a request is sent, at most.
const TRIES: u32 = 4;
/// The first wait is at most this long; each later one at most twice the one before.
const FIRST_WAIT: Duration = Duration::from_millis(500);
/// How long a server that wants less and does not say for how long is left alone, doubled each time.
const LEFT_ALONE: Duration = Duration::from_secs(60);
/// Whoever wants a longer wait wants to be left alone for good: a clock can be added up to it.
const LONGEST_WAIT: Duration = Duration::from_secs(86_400);
/// Waits that are longer are announced.
const SILENT_WAIT: Duration = Duration::from_secs(2);

/// How much waiting is allowed, and who hears of it.
#[derive(Clone, Copy)]
pub(crate) struct Patience<'a> {
    /// Hears of each wait of more than two seconds.
    pub(crate) say: &'a (dyn Fn(&str) + Sync),
    /// How long the waits between the tries of one request may take in all.
    pub(crate) limit: Duration,
}

/// Keeps requests back while somebody wants to be left alone: what one of them is told counts for all that share the gate,
/// and is announced once.
#[derive(Debug, Default)]
pub(crate) struct Gate(Mutex<Option<Shut>>);

/// Until when, and what was said.
#[derive(Clone, Debug)]
struct Shut {
    until: Instant,
    answer: Answer,
}

impl Gate {
    /// Shuts for a while, beginning now; yes if that is later than it was shut until before.
    fn shut(&self, wait: Duration, answer: &Answer) -> bool {
        let until = Instant::now() + wait;
        let Ok(mut shut) = self.0.lock() else { return true };
        // Those who asked at the same moment are told the same.
        let is_news = shut.as_ref().is_none_or(|known| until > known.until + SILENT_WAIT / 2);
        if is_news {
            let answer = answer.clone();
            *shut = Some(Shut { until, answer });
        }
        is_news
    }

    /// How long it stays shut, and what was said; none if it is open.
    fn left(&self) -> Option<(Duration, Answer)> {
        let shut = self.0.lock().ok()?.clone()?;
        let left = shut.until.saturating_duration_since(Instant::now());
        (left > Duration::ZERO).then_some((left, shut.answer))
    }
}

/// What becomes of a try.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// That is the answer.
    Final,
    /// Another try after a short wait of our own choosing.
    Soon,
    /// Another try after the wait that the server wants.
    After(Duration),
}

/// Judges an answer to try number `tried`, from 1.
pub(super) fn judge(answer: &Answer, only_reads: bool, tried: u32) -> Verdict {
    if let Some(wait) = wanted_rest(answer, tried) {
        return Verdict::After(wait);
    }
    match answer.status {
        500 | 502 | 503 | 504 if only_reads => after(answer).map_or(Verdict::Soon, Verdict::After),
        _ => Verdict::Final,
    }
}

/// How long a server that has had enough wants to be left alone; none if that is not what it says.
pub(crate) fn wanted_rest(answer: &Answer, tried: u32) -> Option<Duration> {
    let exhausted = answer.header("x-ratelimit-remaining") == Some("0");
    let limited = match answer.status {
        429 => true,
        // GitHub: "Rate limits for the REST API", "Exceeding the rate limit": 403 or 429.
        403 => {
            exhausted || answer.header("retry-after").is_some() || answer.text().to_lowercase().contains("rate limit")
        }
        _ => false,
    };
    if !limited {
        return None;
    }
    let at_reset = || {
        let reset = answer
            .header("x-ratelimit-reset")
            .or_else(|| answer.header("ratelimit-reset"))?;
        let reset: u64 = reset.parse().ok()?;
        // The server's clock, not ours: ours may be wrong.
        let now = date::seconds(answer.header("date")?)?;
        let wait = Duration::from_secs(reset.saturating_sub(now).saturating_add(1));
        Some(wait.min(LONGEST_WAIT))
    };
    let doubled = LEFT_ALONE * 2_u32.saturating_pow(tried.saturating_sub(1).min(5));
    Some(after(answer).or_else(at_reset).unwrap_or(doubled))
}

/// `Retry-After`: seconds, or a date (RFC 9110, section 10.2.3).
fn after(answer: &Answer) -> Option<Duration> {
    let value = answer.header("retry-after")?.trim();
    if let Ok(seconds) = value.parse() {
        return Some(Duration::from_secs(seconds).min(LONGEST_WAIT));
    }
    let (then, now) = (date::seconds(value)?, date::seconds(answer.header("date")?)?);
    Some(Duration::from_secs(then.saturating_sub(now)).min(LONGEST_WAIT))
}

/// Waits of one request.
pub(super) struct Waits<'a> {
    patience: Patience<'a>,
    gate: &'a Gate,
    waited: Duration,
    pub(super) tried: u32,
}

impl<'a> Waits<'a> {
    pub(super) fn new(patience: Patience<'a>, gate: &'a Gate) -> Waits<'a> {
        Waits {
            patience,
            gate,
            waited: Duration::ZERO,
            tried: 0,
        }
    }

    /// Waits until the gate is open; what was said when it was shut, if that takes too long.
    pub(super) fn pass(&mut self) -> Result<(), Answer> {
        while let Some((left, answer)) = self.gate.left() {
            if self.waited + left > self.patience.limit {
                return Err(answer);
            }
            self.waited += left;
            std::thread::sleep(left);
        }
        Ok(())
    }

    /// Waits before the next try; no if there will be none. `answer` is what was said, if anything was.
    pub(super) fn wait(&mut self, verdict: Verdict, (answer, whom): (Option<&Answer>, &str)) -> Next {
        let wait = match verdict {
            Verdict::Final => return Next::GiveUp,
            Verdict::Soon => FIRST_WAIT.mul_f64(f64::from(2_u32.pow(self.tried.saturating_sub(1))) * random()),
            Verdict::After(wait) => wait,
        };
        let is_news = match (verdict, answer) {
            (Verdict::After(_), Some(answer)) => self.gate.shut(wait, answer),
            _ => true,
        };
        if self.tried >= TRIES || self.waited + wait > self.patience.limit {
            return Next::GiveUp;
        }
        if wait > SILENT_WAIT && is_news {
            (self.patience.say)(&format!("waiting {} s, as {whom} asks", wait.as_secs_f64().ceil()));
        }
        if let (Verdict::After(_), Some(_)) = (verdict, answer) {
            // The gate is passed before the next try.
            return Next::Again;
        }
        self.waited += wait;
        std::thread::sleep(wait);
        Next::Again
    }
}

/// Whether there is another try.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Next {
    Again,
    GiveUp,
}

/// A number from 0 to 1. The keys of a hash map are random, and nothing here needs more than that.
fn random() -> f64 {
    let bits = RandomState::new().hash_one(0_u8) >> 32;
    f64::from(u32::try_from(bits).unwrap_or(u32::MAX)) / f64::from(u32::MAX)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{Verdict, judge};
    use crate::http::request::Answer;

    fn answer(status: u16, headers: &[(&str, &str)]) -> Answer {
        let headers = headers.iter().map(|&(name, value)| (name.into(), value.into()));
        Answer {
            status,
            headers: headers.collect(),
            body: Vec::new(),
            from: String::new(),
        }
    }

    #[test]
    fn only_what_cannot_have_done_anything_is_sent_again() {
        for status in [500, 502, 503, 504] {
            assert_eq!(judge(&answer(status, &[]), true, 1), Verdict::Soon);
            assert_eq!(judge(&answer(status, &[]), false, 1), Verdict::Final);
        }
        for status in [200, 401, 403, 404, 409, 422] {
            assert_eq!(judge(&answer(status, &[]), true, 1), Verdict::Final, "{status}");
        }
    }

    #[test]
    fn a_server_that_has_had_enough_says_for_how_long() {
        let secs = |n| Verdict::After(Duration::from_secs(n));
        assert_eq!(judge(&answer(429, &[("retry-after", "7")]), false, 1), secs(7));
        assert_eq!(judge(&answer(403, &[("retry-after", "7")]), false, 1), secs(7));
        assert_eq!(judge(&answer(429, &[]), false, 1), secs(60));
        assert_eq!(judge(&answer(429, &[]), false, 2), secs(120));
        let exhausted = [
            ("x-ratelimit-remaining", "0"),
            ("x-ratelimit-reset", "784111787"),
            ("date", "Sun, 06 Nov 1994 08:49:37 GMT"),
        ];
        assert_eq!(judge(&answer(403, &exhausted), true, 1), secs(11));
        let dated = [
            ("retry-after", "Sun, 06 Nov 1994 08:49:40 GMT"),
            ("date", "Sun, 06 Nov 1994 08:49:37 GMT"),
        ];
        assert_eq!(judge(&answer(503, &dated), true, 1), secs(3));
        let most = u64::MAX.to_string();
        assert_eq!(judge(&answer(429, &[("retry-after", &most)]), true, 1), secs(86_400));
        let never = [exhausted[0], ("x-ratelimit-reset", most.as_str()), exhausted[2]];
        assert_eq!(judge(&answer(403, &never), true, 1), secs(86_400));
    }
}
