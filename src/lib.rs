//! rakops looks after Kubernetes manifests in git and changes only the bytes it was asked to change.
//!
//! Words become a request, a request becomes a plan, a plan becomes an effect. From the bottom to the top:
//!
//! | floor | modules | what they know |
//! |---|---|---|
//! | 0 | [`error`] | the one error that leaves a module, and its exit code |
//! | 1 | `text`, `kept` | bytes as found: spans, splices, diffs; answers that can be had again |
//! | 2 | [`yaml`], `image`, `git`, `http`, `ui` | one outside thing each: YAML, references, repositories, hosts, terminals |
//! | 3 | `snapshot`, `forge`, `registry` | a read-only view of files; pull requests; versions of images |
//! | 4 | `config` | `rakops.yaml`, and what is understood without it |
//! | 5 | `manifest` | what files mean: where versions stand, what a file reaches |
//! | 6 | `change` | the plan as a value |
//! | 7 | `strategy` | how environments relate to branches: what a promotion is |
//! | 8 | `landing`, `audit` | how a plan reaches the repository; what counts as an approval |
//! | 9 | `ops` | one verb each: request in, value out |
//! | 10 | `cli` | words in, words out |
//!
//! Imports go strictly down. `docs/contributing/architecture.md` says why; `tests/it/house.rs` holds it.

mod audit;
mod change;
mod cli;
mod config;
pub mod error;
mod forge;
#[doc(hidden)]
pub mod fuzz;
mod git;
mod hcl;
mod http;
mod image;
mod kept;
mod landing;
mod manifest;
mod ops;
mod registry;
mod snapshot;
mod strategy;
mod text;
mod ui;
pub mod yaml;

use std::process::ExitCode;

/// Runs the program with the arguments of the process, and returns its exit code.
#[must_use]
pub fn main() -> ExitCode {
    cli::run(std::env::args_os().collect())
}

/// The whole command line, for completions, man pages and the reference.
#[must_use]
pub fn command() -> clap::Command {
    cli::command()
}

/// The JSON Schema of `rakops.yaml`, as `rakops config schema` prints it.
#[must_use]
pub fn config_schema() -> String {
    config::schema::json()
}

/// The names of all locators, in the order of their priority.
#[must_use]
pub fn locators() -> Vec<&'static str> {
    manifest::locate::LOCATORS
        .iter()
        .map(|locator| locator.name())
        .collect()
}

/// The names of all strategies, in the order of the table.
#[must_use]
pub fn strategies() -> Vec<&'static str> {
    strategy::STRATEGIES
        .iter()
        .map(|strategy| strategy.name().as_str())
        .collect()
}

/// The names of all forges, in the order of the table.
#[must_use]
pub fn forges() -> Vec<&'static str> {
    forge::FORGES.iter().map(|forge| forge.name()).collect()
}
