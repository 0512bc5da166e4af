//! What registries are asked, once for each image and version, and what they answer.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, PoisonError};

use super::floating::says_all;
use super::sites::{Sites, host};
use crate::error::{Error, Kind};
use crate::image::{Repository, Version};
use crate::manifest::slot::Effect;
use crate::registry::{Platform, Registries};

/// After so many failures without an answer in between, a registry is not asked any more: it would be waited for again and again.
const PATIENCE: u32 = 3;

/// An image with a version that takes effect somewhere.
#[derive(Clone, Debug)]
pub(super) struct Question {
    image: Repository,
    version: Version,
}

/// By what the answer to an effect is found: the full name of the image, and the version.
type Key = (String, Version);

fn key(image: &Repository, version: &Version) -> Key {
    (image.normalised().to_owned(), version.clone())
}

/// What is to be asked about the sites, sorted by image.
pub(super) fn questions(sites: &Sites) -> Vec<Question> {
    let mut all: BTreeMap<Key, Question> = BTreeMap::new();
    for (standing, effect) in sites.effects() {
        if effect.is_certain && says_all(&standing, effect) {
            all.entry(key(&effect.image, &effect.version))
                .or_insert_with(|| Question {
                    image: effect.image.clone(),
                    version: effect.version.clone(),
                });
        }
    }
    all.into_values().collect()
}

/// What a registry says of a version.
#[derive(Clone, Debug, Default)]
pub(super) struct Answer {
    /// The digest of the tag; none where there is no tag.
    pub(super) tag: Option<Result<String, Error>>,
    /// Whether the digest is there; none where that was not asked, as the tag has told it.
    pub(super) digest: Option<Result<(), Error>>,
    /// What it runs on; none where nobody wants to know.
    pub(super) platforms: Option<Vec<Platform>>,
    /// Why it is not known.
    pub(super) unknown: Option<Error>,
}

/// Asks registries, and gives up on those that do not answer.
pub(super) struct Asker<'r> {
    registries: &'r Registries<'r>,
    wants_platforms: bool,
    /// Failures since the last answer, by host, and the last of them.
    silent: Mutex<HashMap<String, (u32, Error)>>,
}

impl<'r> Asker<'r> {
    /// `platforms` are those that images have to run on.
    pub(super) fn new(registries: &'r Registries<'r>, platforms: &[Platform]) -> Asker<'r> {
        Asker {
            registries,
            wants_platforms: !platforms.is_empty(),
            silent: Mutex::default(),
        }
    }

    /// Asks about one image.
    pub(super) fn ask(&self, question: &Question) -> Answer {
        let mut answer = Answer::default();
        if let Err(error) = self.fill(question, &mut answer) {
            answer.unknown = Some(error);
        }
        answer
    }

    fn fill(&self, question: &Question, answer: &mut Answer) -> Result<(), Error> {
        let version = &question.version;
        let image = &question.image;
        let Some(digest) = &version.digest else {
            let tag = version.tag.as_deref().unwrap_or("latest");
            let told = self.look(image, tag)?;
            if let Ok((_, platforms)) = &told {
                answer.platforms.clone_from(platforms);
            }
            answer.tag = Some(told.map(|(digest, _)| digest));
            return Ok(());
        };
        let mut is_there = false;
        if let Some(tag) = &version.tag {
            let told = self.known(image, || self.registries.digest(image, tag))?;
            is_there = told.as_ref().is_ok_and(|told| told == digest);
            answer.tag = Some(told);
        }
        if !is_there || self.wants_platforms {
            let told = self.look(image, digest)?;
            if let Ok((_, platforms)) = &told {
                answer.platforms.clone_from(platforms);
            }
            answer.digest = Some(told.map(|_| ()));
        }
        Ok(())
    }

    /// The digest of a tag or a digest, and what it runs on where that is wanted.
    ///
    /// # Errors
    /// Outside: it is not known. Inside: it is not there.
    fn look(&self, image: &Repository, reference: &str) -> Result<Result<Told, Error>, Error> {
        self.known(image, || match self.wants_platforms {
            true => {
                let details = self.registries.details(image, reference)?;
                Ok((details.digest, Some(details.platforms)))
            }
            false => Ok((self.registries.digest(image, reference)?, None)),
        })
    }

    /// Asks, unless the registry has been silent for long, and tells an answer from the lack of one.
    fn known<T>(&self, image: &Repository, ask: impl FnOnce() -> Result<T, Error>) -> Result<Result<T, Error>, Error> {
        let host = host(image);
        {
            let silent = self.silent.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some((count, error)) = silent.get(host)
                && *count >= PATIENCE
            {
                return Err(error.clone());
            }
        }
        let told = ask();
        let mut silent = self.silent.lock().unwrap_or_else(PoisonError::into_inner);
        match told {
            Ok(told) => {
                silent.remove(host);
                Ok(Ok(told))
            }
            // What is not what its digest says is an answer, too.
            Err(error) if error.kind == Kind::NotFound || is_false(&error) => {
                silent.remove(host);
                Ok(Err(error))
            }
            Err(error) => {
                if error.kind == Kind::Remote {
                    let (count, last) = silent.entry(host.to_owned()).or_insert_with(|| (0, error.clone()));
                    *count += 1;
                    *last = error.clone();
                }
                Err(error)
            }
        }
    }
}

/// Whether a registry gave something else than what a digest says.
pub(super) fn is_false(error: &Error) -> bool {
    error.code == "digest-mismatch"
}

/// A digest, and what it runs on.
type Told = (String, Option<Vec<Platform>>);

/// What registries have answered.
#[derive(Default)]
pub(super) struct Answers {
    all: HashMap<Key, Answer>,
    hosts: usize,
}

impl Answers {
    /// # Errors
    /// The first answer that says what the user has to put right before any registry can be asked.
    pub(super) fn of(questions: &[Question], answers: Vec<Answer>) -> Result<Answers, Error> {
        let mut hosts: Vec<&str> = questions.iter().map(|question| host(&question.image)).collect();
        hosts.sort_unstable();
        hosts.dedup();
        let mut all = HashMap::with_capacity(answers.len());
        for (question, answer) in questions.iter().zip(answers) {
            if let Some(error) = answer.unknown.as_ref().filter(|it| it.kind == Kind::Config) {
                return Err(error.clone());
            }
            all.insert(key(&question.image, &question.version), answer);
        }
        Ok(Answers {
            all,
            hosts: hosts.len(),
        })
    }

    /// What was answered about an image that takes effect.
    pub(super) fn about(&self, effect: &Effect) -> Option<&Answer> {
        self.all.get(&key(&effect.image, &effect.version))
    }

    /// How many images were asked about, and at how many registries.
    pub(super) fn count(&self) -> (usize, usize) {
        (self.all.len(), self.hosts)
    }
}
