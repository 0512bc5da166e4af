//! What must never happen, whatever a repository, a server or a text says: a secret that is told, a program that is started, a
//! file outside of the tree that is written or shown, a terminal or a runner that is spoken to, a command that never ends.

mod answers;
#[cfg(unix)]
mod outside_the_tree;
#[cfg(unix)]
mod programs;
mod terminal;
#[cfg(unix)]
mod tokens;
