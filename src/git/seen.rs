//! Objects that were read lately. A command looks at one tree several times, from several threads, and an object that lies in a file of
//! its own is opened, inflated and hashed anew each time.
//!
//! **Invariant:** what is kept is what its id says, so it stays right. That an object is missing is never kept: it may come.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::names::Oid;
use super::objects::{Nature, Raw};

/// All that is kept, in bytes; what was read before it is full is forgotten then.
const WHOLE: usize = 32 << 20;
/// A file that is larger is seldom read twice, in bytes. A directory is read for each file in it.
const ONE: usize = 64 << 10;

/// Objects of one repository, by id, for all who read it.
#[derive(Default)]
pub(super) struct Seen {
    held: Mutex<Held>,
}

#[derive(Default)]
struct Held {
    objects: HashMap<Oid, Raw>,
    bytes: usize,
}

impl Seen {
    fn held(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// An object that was read before; none if it has to be read.
    pub(super) fn find(&self, id: &Oid) -> Option<Raw> {
        self.held().objects.get(id).cloned()
    }

    /// Whether it was read before, so that it is here.
    pub(super) fn knows(&self, id: &Oid) -> bool {
        self.held().objects.contains_key(id)
    }

    /// Keeps an object that was just read, unless it is large.
    pub(super) fn keep(&self, id: &Oid, raw: &Raw) {
        let most = match raw.nature {
            Nature::Tree => WHOLE / 4,
            _ => ONE,
        };
        if raw.bytes.len() > most {
            return;
        }
        let mut held = self.held();
        if held.bytes + raw.bytes.len() > WHOLE {
            *held = Held::default();
        }
        // Another thread may have been as quick.
        if held.objects.insert(id.clone(), raw.clone()).is_none() {
            held.bytes += raw.bytes.len();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::{ONE, Seen, WHOLE};
    use crate::git::names::Oid;
    use crate::git::objects::{Nature, Raw};

    fn of(length: usize) -> Raw {
        Raw {
            nature: Nature::Blob,
            bytes: Arc::new(vec![b'x'; length]),
        }
    }

    fn id(number: usize) -> Oid {
        Oid::parse(&format!("{:040x}", number + 1)).unwrap()
    }

    #[test]
    fn what_was_read_is_found_and_what_is_large_is_not_kept() {
        let seen = Seen::default();
        assert!(seen.find(&id(1)).is_none() && !seen.knows(&id(1)));
        seen.keep(&id(1), &of(3));
        assert_eq!(seen.find(&id(1)).unwrap().bytes.as_slice(), b"xxx");
        assert!(seen.knows(&id(1)));
        seen.keep(&id(2), &of(ONE + 1));
        assert!(seen.find(&id(2)).is_none());
    }

    #[test]
    fn no_more_is_kept_than_the_limit_however_much_is_read() {
        let seen = Seen::default();
        for number in 0..3 * WHOLE / ONE {
            seen.keep(&id(number), &of(ONE));
            let held = seen.held();
            assert!(held.bytes <= WHOLE);
            assert_eq!(
                held.bytes,
                held.objects.values().map(|raw| raw.bytes.len()).sum::<usize>()
            );
        }
    }
}
