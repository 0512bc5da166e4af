//! What registries said lately: tags with the time they were asked for, and manifests, which never change.
//!
//! **Invariant:** nothing in it says who asked; what is wrong with it is as if it were not there, and no command fails because
//! of it. Several processes may use it at once: files are replaced whole.

use std::collections::{BTreeMap, HashMap};
use std::fs::{self, DirBuilder, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, Once};
use std::time::{Duration, SystemTime};

use serde::{Deserialize, Serialize};

use super::details::{Details, Platform};
use crate::text::code::fnv;

/// The form of the files.
const FORM: u32 = 1;
/// How many files are kept, one a repository.
const MOST: usize = 4_000;
/// How long a file is kept that nobody writes.
const LONGEST: Duration = Duration::from_secs(60 * 86_400);
/// How long somebody may take to write a file.
const UNFINISHED: Duration = Duration::from_secs(3_600);
/// How large a file may be, in bytes.
const LIMIT: u64 = 16 * 1024 * 1024;
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
    manifests: BTreeMap<String, Kept>,
}

/// Tags, and when they were asked for.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(super) struct Listed {
    /// Seconds since 1970.
    pub(super) at: i64,
    pub(super) names: Vec<String>,
}

#[derive(Clone, Debug, Deserialize, Serialize)]
struct Kept {
    created: Option<i64>,
    platforms: Vec<String>,
}

/// The directory of what was seen lately.
pub(super) struct Cache {
    directory: PathBuf,
    /// Read already by this command.
    read: Mutex<HashMap<String, Seen>>,
    swept: Once,
}

impl Cache {
    /// Nothing is read or made before it is needed.
    pub(super) fn new(directory: &Path) -> Cache {
        Cache {
            directory: directory.to_owned(),
            read: Mutex::default(),
            swept: Once::new(),
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
        let kept = Kept {
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
        // A command does not fail because it cannot remember.
        let _ = bytes.map(|bytes| self.store(image, &bytes));
        self.swept.call_once(|| sweep(&self.directory));
    }

    fn load(&self, image: &str) -> Seen {
        let path = self.path(image);
        let is_small = fs::metadata(&path).is_ok_and(|about| about.is_file() && about.len() <= LIMIT);
        let bytes = if is_small { fs::read(&path).ok() } else { None };
        let seen: Option<Seen> = bytes.and_then(|bytes| serde_json::from_slice(&bytes).ok());
        seen.filter(|seen| seen.form == FORM && seen.image == image)
            .unwrap_or_default()
    }

    fn store(&self, image: &str, bytes: &[u8]) -> std::io::Result<()> {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        make(&self.directory)?;
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let new = self.directory.join(format!(".{}-{count}.new", std::process::id()));
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        only_for_the_user(&mut options);
        let written = options
            .open(&new)
            .and_then(|mut file| file.write_all(bytes))
            .and_then(|()| fs::rename(&new, self.path(image)));
        if written.is_err() {
            let _ = fs::remove_file(&new);
        }
        written
    }

    /// The end of the name, for whoever looks into the directory, and a number, which tells it from others.
    fn path(&self, image: &str) -> PathBuf {
        let word: String = image
            .rsplit('/')
            .next()
            .unwrap_or_default()
            .chars()
            .map(|it| if it.is_ascii_alphanumeric() { it } else { '-' })
            .take(40)
            .collect();
        self.directory.join(format!("{word}-{:016x}.json", fnv(image.bytes())))
    }
}

#[cfg(unix)]
fn make(directory: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::DirBuilderExt;
    DirBuilder::new().recursive(true).mode(0o700).create(directory)
}

#[cfg(not(unix))]
fn make(directory: &Path) -> std::io::Result<()> {
    DirBuilder::new().recursive(true).create(directory)
}

#[cfg(unix)]
fn only_for_the_user(options: &mut OpenOptions) {
    use std::os::unix::fs::OpenOptionsExt;
    options.mode(0o600);
}

#[cfg(not(unix))]
fn only_for_the_user(_options: &mut OpenOptions) {}

/// Throws away what is old, and the oldest of what is too much. The clock is that of the files themselves.
fn sweep(directory: &Path) {
    let entries = fs::read_dir(directory).into_iter().flatten().flatten();
    let mut files: Vec<(SystemTime, PathBuf)> = entries
        .filter_map(|entry| {
            let about = entry.metadata().ok()?;
            about.is_file().then_some((about.modified().ok()?, entry.path()))
        })
        .collect();
    files.sort();
    let Some(newest) = files.last().map(|(time, _)| *time) else {
        return;
    };
    let surplus = files.len().saturating_sub(MOST);
    for (at, (time, path)) in files.iter().enumerate() {
        let age = newest.duration_since(*time).unwrap_or_default();
        let is_ours = path.extension().is_some_and(|it| it == "json");
        let is_unfinished = path.extension().is_some_and(|it| it == "new") && age > UNFINISHED;
        if is_unfinished || (is_ours && (at < surplus || age > LONGEST)) {
            // Another process may have been first.
            let _ = fs::remove_file(path);
        }
    }
}
