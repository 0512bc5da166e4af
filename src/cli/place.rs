//! Where a command works: flags that every command has.

use std::path::PathBuf;

use clap::Args;

use super::context::Process;
use crate::ops::world::Where;

/// Where a command works.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Shared options")]
pub(crate) struct PlaceArgs {
    /// Work in this directory instead of the current one
    #[arg(short = 'C', value_name = "DIR", global = true, env = "RAKOPS_DIRECTORY", value_hint = clap::ValueHint::DirPath)]
    pub(crate) directory: Option<PathBuf>,

    /// Read this file instead of the repository's `rakops.yaml`
    #[arg(long, value_name = "FILE", global = true, env = "RAKOPS_CONFIG", value_hint = clap::ValueHint::FilePath)]
    pub(crate) config: Option<PathBuf>,
}

impl PlaceArgs {
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
