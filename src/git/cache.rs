//! The cached repository of `--repo URL`: bare, without files until they are read, shared by all runs on a machine.
//!
//! **Invariant:** no secret is written here: the address and the token come by the environment of each run.

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::path::{Path, PathBuf};

use super::names::{BranchName, Oid, RemoteUrl};
use super::open::Repository;
use super::program::{Git, Manner};
use super::refs::Expect;
use super::remote::{Blobs, Depth, Remote, Tips};
use crate::error::{Error, Kind};

/// Whether the server left out what was not asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Filtered {
    /// Files come when they are read.
    Yes,
    /// All files of the tip were fetched: the server cannot filter.
    No,
}

/// A repository in the cache.
pub(crate) struct Cache {
    /// Git in it.
    pub(crate) git: Git,
    /// The repository.
    pub(crate) repository: Repository,
    /// Where it comes from and where pushes go.
    pub(crate) remote: Remote,
    directory: PathBuf,
}

/// What was brought up to date.
#[derive(Clone, Debug)]
pub(crate) struct Refreshed {
    /// The branches that were asked for and are there.
    pub(crate) branches: BTreeMap<BranchName, Oid>,
    /// The default branch of the remote.
    pub(crate) default: Option<BranchName>,
    /// Whether files were left out; none if nothing was fetched.
    pub(crate) filtered: Option<Filtered>,
}
