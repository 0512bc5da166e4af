//! Where a command works: flags that every command has.

use std::path::PathBuf;

use clap::Args;

use super::context::Process;
use crate::error::Error;
use crate::git::names::RemoteUrl;
use crate::ops::world::Where;

/// Where a command works.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Shared options")]
pub(crate) struct PlaceArgs {
    /// Work in this directory instead of the current one
    #[arg(short = 'C', value_name = "DIR", global = true, env = "RAKOPS_DIRECTORY", value_hint = clap::ValueHint::DirPath)]
    pub(crate) directory: Option<PathBuf>,

    /// Work on this remote repository, with no checkout
    #[arg(long, value_name = "URL", global = true, env = "RAKOPS_REPO", conflicts_with = "directory", value_hint = clap::ValueHint::Url)]
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
    pub(crate) fn remote(&self) -> Result<Option<RemoteUrl>, Error> {
        self.repo.as_deref().map(RemoteUrl::parse).transpose()
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
        }
    }
}
