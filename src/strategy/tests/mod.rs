//! Plans over real repositories, made by the `git` program.

mod carried;
mod conflict;
mod stage;
