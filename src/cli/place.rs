//! Where a command works: flags that every command has.

use std::path::PathBuf;

use clap::Args;

use super::context::Process;
use crate::error::Error;
use crate::git::names::{RemoteUrl, Scheme};
use crate::git::program::MayAsk;
use crate::ops::world::Where;

/// Where a command works.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Shared options")]
pub(crate) struct PlaceArgs {
    /// Work in this directory instead of the current one
    #[arg(short = 'C', value_name = "DIR", global = true, env = "RAKOPS_DIRECTORY", value_hint = clap::ValueHint::DirPath)]
    pub(crate) directory: Option<PathBuf>,

    /// Work on this remote repository, with no checkout
    #[arg(long, value_name = "URL", global = true, env = "RAKOPS_REPO", value_hint = clap::ValueHint::Url)]
    pub(crate) repo: Option<String>,

    /// Read this file instead of the repository's `rakops.yaml`
    #[arg(long, value_name = "FILE", global = true, env = "RAKOPS_CONFIG", value_hint = clap::ValueHint::FilePath)]
    pub(crate) config: Option<PathBuf>,
}

impl PlaceArgs {
    /// The remote repository, where one is named.
    ///
    /// # Errors
    /// [`crate::error::Kind::Usage`] if it is no address.
    pub(crate) fn remote(&self, process: &Process) -> Result<Option<RemoteUrl>, Error> {
        let Some(written) = self.repo.as_deref() else {
            return Ok(None);
        };
        let url = RemoteUrl::parse(written)?;
        // Git runs elsewhere: a path has to be a whole one.
        let is_path = url.scheme() == Scheme::File && !written.contains("://");
        Ok(Some(match is_path {
            true => RemoteUrl::parse(&process.directory.join(written).to_string_lossy())?,
            false => url,
        }))
    }

    /// Makes the paths absolute.
    pub(crate) fn resolve(&self, process: &Process) -> Where {
        let directory = self
            .directory
            .as_ref()
            .map_or_else(|| process.directory.clone(), |it| process.directory.join(it));
        Where {
            // A directory that is not there is reported by the command, with its name as typed.
            directory: std::fs::canonicalize(&directory).unwrap_or(directory),
            config: self.config.as_ref().map(|file| process.directory.join(file)),
            manner: process.git_manner(MayAsk::No),
        }
    }
}
