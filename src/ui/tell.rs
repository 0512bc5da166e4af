//! What is told to who looks for a fault: requests, runs of git, times. Off by default, on stderr.
//!
//! Whoever has something to tell calls [`log::debug`] and the like, and has never heard of a terminal. Source of the words
//! of `RAKOPS_LOG`: <https://docs.rs/env_filter>, as `RUST_LOG` of many programs has them.

use std::sync::Arc;
use std::time::Instant;

use env_filter::{Builder, Filter};
use log::{LevelFilter, Log, Metadata, Record};

use super::voice::Voice;
use crate::error::{Error, Hint, Kind};

/// What `-vv` tells.
const DETAILS: &str = "rakops=debug";
/// What `-vvv` tells.
const EVERYTHING: &str = "rakops=trace";

struct Teller {
    filter: Filter,
    voice: Arc<Voice>,
    since: Instant,
}

impl Log for Teller {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        self.filter.enabled(metadata)
    }

    fn log(&self, record: &Record<'_>) {
        if !self.filter.matches(record) {
            return;
        }
        let since = self.since.elapsed().as_secs_f64() * 1000.0;
        let module = record.target().trim_start_matches("rakops::");
        let level = record.level().as_str().to_lowercase();
        let line = format!("{level}: {since:.1} ms {module}: {}", record.args());
        self.voice.say(&super::style::visible(&line));
    }

    fn flush(&self) {}
}

/// Begins to tell, once a process. `words` are what `RAKOPS_LOG` says, and win over `-v`.
///
/// # Errors
/// [`Kind::Usage`] if the words are none.
pub(super) fn listen(voice: &Arc<Voice>, words: Option<&str>, verbose: u8) -> Result<(), Error> {
    let words = match (words, verbose) {
        (Some(words), _) => words,
        (None, 2) => DETAILS,
        (None, 3..) => EVERYTHING,
        (None, _) => return Ok(()),
    };
    let mut builder = Builder::new();
    builder.try_parse(words).map_err(|cause| {
        Error::new(Kind::Usage, "usage", "cannot read `RAKOPS_LOG`")
            .because(cause)
            .hint(Hint::Say(
                "a level, such as `debug`, or a module with one, such as `rakops::http=trace`".into(),
            ))
    })?;
    let filter = builder.build();
    let most = filter.filter();
    let teller = Teller {
        filter,
        voice: Arc::clone(voice),
        since: Instant::now(),
    };
    // A walk has many runs in one process; the first one's ways stay.
    if log::set_boxed_logger(Box::new(teller)).is_ok() {
        log::set_max_level(most.max(LevelFilter::Off));
    }
    Ok(())
}
