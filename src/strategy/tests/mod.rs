//! Plans over real repositories, made by the `git` program.

mod carried;
mod chain;
mod conflict;
mod stage;
