//! Tokens that were given, for as long as they last.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use crate::error::Error;
use crate::text::secret::Secret;

/// How long a token lasts if nobody says. Source: docker's "Token Authentication Specification".
pub(super) const USUAL_LIFE: Duration = Duration::from_secs(60);
/// A token is not used so shortly before its end.
const MARGIN: Duration = Duration::from_secs(10);

/// What a token is for.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Purpose {
    /// The address of who gives it.
    pub(super) realm: String,
    /// For whom; may be empty.
    pub(super) service: String,
    /// What it allows.
    pub(super) scope: String,
}

/// A token.
#[derive(Clone, Debug)]
pub(super) struct Token {
    /// The whole value of the header.
    pub(super) header: Secret,
    /// Until when it is used.
    until: Instant,
}

impl Token {
    /// A token that lasts for a while, beginning now.
    pub(super) fn new(text: &str, life: Duration) -> Token {
        let _ = Secret::brief(text);
        Token {
            header: Secret::brief(format!("Bearer {text}")),
            until: Instant::now() + life.saturating_sub(MARGIN),
        }
    }
}

type Slot = Arc<Mutex<Option<Token>>>;

/// The tokens for one host.
#[derive(Debug, Default)]
pub(super) struct Tokens(Mutex<HashMap<Purpose, Slot>>);

impl Tokens {
    /// The token for a purpose. Where many ask at once, one fetches, and the others wait for that.
    ///
    /// # Errors
    /// Those of `fetch`.
    pub(super) fn get(&self, purpose: &Purpose, fetch: impl FnOnce() -> Result<Token, Error>) -> Result<Secret, Error> {
        let slot = match self.0.lock() {
            Ok(mut slots) => Arc::clone(slots.entry(purpose.clone()).or_default()),
            Err(_) => Slot::default(),
        };
        let Ok(mut held) = slot.lock() else {
            return fetch().map(|token| token.header);
        };
        if let Some(token) = held.as_ref()
            && Instant::now() < token.until
        {
            return Ok(token.header.clone());
        }
        let token = fetch()?;
        let header = token.header.clone();
        *held = Some(token);
        Ok(header)
    }

    /// Forgets a token that was refused, unless another has taken its place.
    pub(super) fn forget(&self, purpose: &Purpose, refused: &Secret) {
        let slot = self.0.lock().ok().and_then(|slots| slots.get(purpose).cloned());
        if let Some(Ok(mut held)) = slot.as_ref().map(|slot| slot.lock())
            && held.as_ref().is_some_and(|token| token.header == *refused)
        {
            *held = None;
        }
    }
}
