//! What registries have said during one command, remembered: planning again costs no second question.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::time::Duration;

use super::crowd::{self, CONNECTIONS};
use crate::error::Error;
use crate::image::Repository;
use crate::registry::{Details, Freshness, Registries};

/// A repository and a tag or digest in it.
pub(crate) type Question = (Repository, String);

/// Asks a registry what a tag or a digest stands for.
type Ask<'f> = dyn Fn(&Repository, &str) -> Result<String, Error> + Sync + 'f;

/// What registries have said during one command. An answer does not change while it lasts, not even if the registry would
/// answer otherwise by now: what was decided first holds.
pub(crate) struct Answers<'a> {
    registries: &'a Registries<'a>,
    /// By the full name of the repository.
    tags: Mutex<BTreeMap<String, Vec<String>>>,
    /// How old the oldest of the tags are, where nobody was asked for them.
    age: Mutex<Option<Duration>>,
    /// By the full name of the repository, and a tag or digest.
    digests: Mutex<BTreeMap<(String, String), Result<String, Error>>>,
}

impl<'a> Answers<'a> {
    /// Nothing has been asked yet.
    pub(crate) fn new(registries: &'a Registries<'a>) -> Answers<'a> {
        Answers {
            registries,
            tags: Mutex::default(),
            age: Mutex::default(),
            digests: Mutex::default(),
        }
    }

    /// Every tag of a repository, as they are now.
    ///
    /// # Errors
    /// As [`Registries::tags`].
    pub(crate) fn tags(&self, image: &Repository) -> Result<Vec<String>, Error> {
        let key = image.normalised().to_owned();
        let known = self.tags.lock().ok().and_then(|known| known.get(&key).cloned());
        if let Some(tags) = known {
            return Ok(tags);
        }
        let found = self.registries.tags(image, Freshness::Now)?;
        if let Ok(mut age) = self.age.lock() {
            *age = (*age).max(found.age);
        }
        let tags = found.names;
        if let Ok(mut known) = self.tags.lock() {
            known.insert(key, tags.clone());
        }
        Ok(tags)
    }

    /// How old the oldest tags are that were told; none where all were asked for just now.
    pub(crate) fn age(&self) -> Option<Duration> {
        self.age.lock().ok().and_then(|age| *age)
    }

    /// What each tag or digest stands for, in the order of the questions; all that is not known yet is asked at once.
    pub(crate) fn digests(&self, questions: &[Question]) -> Vec<Result<String, Error>> {
        self.each(questions, &|image, reference| self.registries.digest(image, reference))
    }

    /// The same for digests that are written down: each by the manifest itself.
    pub(crate) fn proven_digests(&self, questions: &[Question]) -> Vec<Result<String, Error>> {
        self.each(questions, &|image, reference| {
            self.registries.proven_digest(image, reference)
        })
    }

    fn each(&self, questions: &[Question], ask: &Ask<'_>) -> Vec<Result<String, Error>> {
        crowd::each(questions, CONNECTIONS, &|| {}, |(image, reference)| {
            let key = (image.normalised().to_owned(), reference.clone());
            let known = self.digests.lock().ok().and_then(|known| known.get(&key).cloned());
            known.unwrap_or_else(|| {
                let answer = ask(image, reference);
                if let Ok(mut known) = self.digests.lock() {
                    known.insert(key, answer.clone());
                }
                answer
            })
        })
    }

    /// What each of these tags is, in their order; all are asked at once.
    pub(crate) fn details(&self, image: &Repository, tags: &[String]) -> Vec<Result<Details, Error>> {
        crowd::each(tags, CONNECTIONS, &|| {}, |tag| self.registries.details(image, tag))
    }
}
