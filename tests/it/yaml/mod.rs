//! The YAML editor through its public door, judged by code that is not its own.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "tests say what they measured, and may unwrap"
)]
#![expect(
    clippy::disallowed_methods,
    reason = "the directories of the suite and the corpus come from the environment"
)]

pub(crate) mod everywhere;
mod examples;
mod fixtures;
mod fuzz;
mod hostile;
mod json;
pub(crate) mod model;
mod properties;
mod script;
mod spans;
