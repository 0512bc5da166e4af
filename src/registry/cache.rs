//! What registries said lately: tags with the time they were asked for, and manifests, which never change.
//!
//! **Invariant:** nothing in it says who asked; what is wrong with it is as if it were not there.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;
use std::sync::Mutex;

use serde::{Deserialize, Serialize};

use super::details::{Details, Platform};
use crate::kept::Kept;
use crate::text::code::fnv;

/// The form of the files.
const FORM: u32 = 1;
/// How many files are kept, one a repository.
const MOST: usize = 4_000;
/// How many manifests of a repository are kept.
const MANIFESTS: usize = 500;

/// What was seen of one repository.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
struct Seen {
    form: u32,
    /// With its host: names of files are shortened.
    image: String,
    tags: Option<Listed>,
    /// By digest.
    manifests: BTreeMap<String, Manifest>,
}

/// Tags, and when they were asked for.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(super) struct Listed {
    /// Seconds since 1970.
    pub(super) at: i64,
    pub(super) names: Vec<String>,
}

#[derive(Clone, Debug, Deserialize, Serialize)]
struct Manifest {
    created: Option<i64>,
    platforms: Vec<String>,
}

/// The directory of what was seen lately.
pub(super) struct Cache {
    kept: Kept,
    /// Read already by this command.
    read: Mutex<HashMap<String, Seen>>,
}

impl Cache {
    /// Nothing is read or made before it is needed.
    pub(super) fn new(directory: &Path) -> Cache {
        Cache {
            kept: Kept::new(directory, MOST),
            read: Mutex::default(),
        }
    }

    /// The tags that were seen, however long ago.
    pub(super) fn tags(&self, image: &str) -> Option<Listed> {
        self.with(image, |seen| seen.tags.clone())
    }

    /// Keeps tags.
    pub(super) fn keep_tags(&self, image: &str, listed: Listed) {
        self.change(image, |seen| seen.tags = Some(listed));
    }

    /// What stands behind a digest.
    pub(super) fn manifest(&self, image: &str, digest: &str) -> Option<Details> {
        let kept = self.with(image, |seen| seen.manifests.get(digest).cloned())?;
        let platforms: Option<Vec<Platform>> = kept.platforms.iter().map(|it| Platform::parse(it)).collect();
        Some(Details {
            digest: digest.to_owned(),
            created: kept.created,
            platforms: platforms?,
        })
    }

    /// Whether any manifest of a repository is known.
    pub(super) fn knows_manifests(&self, image: &str) -> bool {
        self.with(image, |seen| !seen.manifests.is_empty())
    }

    /// Keeps what stands behind a digest.
    pub(super) fn keep_manifest(&self, image: &str, details: &Details) {
        let kept = Manifest {
            created: details.created,
            platforms: details.platforms.iter().map(ToString::to_string).collect(),
        };
        self.change(image, |seen| {
            if seen.manifests.len() >= MANIFESTS {
                seen.manifests.clear();
            }
            seen.manifests.insert(details.digest.clone(), kept);
        });
    }

    fn with<T>(&self, image: &str, look: impl FnOnce(&Seen) -> T) -> T {
        let Ok(mut read) = self.read.lock() else {
            return look(&Seen::default());
        };
        let seen = read.entry(image.to_owned()).or_insert_with(|| self.load(image));
        look(seen)
    }

    fn change(&self, image: &str, change: impl FnOnce(&mut Seen)) {
        let bytes = {
            let Ok(mut read) = self.read.lock() else { return };
            let seen = read.entry(image.to_owned()).or_insert_with(|| self.load(image));
            (seen.form, seen.image) = (FORM, image.to_owned());
            change(seen);
            serde_json::to_vec(seen)
        };
        if let Ok(bytes) = bytes {
            self.kept.keep(&name_of(image), &bytes);
        }
    }

    fn load(&self, image: &str) -> Seen {
        let bytes = self.kept.find(&name_of(image));
        let seen: Option<Seen> = bytes.and_then(|bytes| serde_json::from_slice(&bytes).ok());
        seen.filter(|seen| seen.form == FORM && seen.image == image)
            .unwrap_or_default()
    }
}

/// The end of the name, for whoever looks into the directory, and a number, which tells it from others.
fn name_of(image: &str) -> String {
    let word: String = image
        .rsplit('/')
        .next()
        .unwrap_or_default()
        .chars()
        .map(|it| if it.is_ascii_alphanumeric() { it } else { '-' })
        .take(40)
        .collect();
    format!("{word}-{:016x}", fnv(image.bytes()))
}
