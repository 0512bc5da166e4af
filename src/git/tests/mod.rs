//! Git against real repositories, made and judged by the `git` program.

mod answers;
pub(crate) mod bench;
mod cache;
mod changes;
mod merge;
mod objects;
mod program;
mod refs;
mod remote;
mod unwritable;
mod work_trees;
mod write;
