//! One file, or directory, per verb. Each takes a request and returns a value.
//!
//! **Invariant:** nothing here prints, prompts or reads the process; where an answer is needed it is an error that
//! names the flag, and `cli` asks before it comes to that.
//! Start reading at [`world::World`], then [`bump`].

pub(crate) mod answers;
pub(crate) mod approvals;
pub(crate) mod audit;
pub(crate) mod bump;
pub(crate) mod check;
pub(crate) mod ci_init;
pub(crate) mod completion;
pub(crate) mod config;
pub(crate) mod crowd;
pub(crate) mod demo;
pub(crate) mod diff;
pub(crate) mod drift;
pub(crate) mod images;
pub(crate) mod impact;
pub(crate) mod init;
pub(crate) mod land;
pub(crate) mod overlay;
pub(crate) mod promote;
pub(crate) mod pull_request;
pub(crate) mod registries;
pub(crate) mod rollback;
pub(crate) mod runs;
pub(crate) mod standing;
pub(crate) mod status;
pub(crate) mod tags;
pub(crate) mod terraform;
pub(crate) mod track;
pub(crate) mod world;
pub(crate) mod yaml;
