//! The plan as a value: which bytes change in which files, and why.
//!
//! Knows files and versions; must not know where it lands, nor ask anybody.
//! **Invariant:** a [`set::ChangeSet`] holds only bytes that the editor has proven; [`apply`] writes nothing else.
//! Start reading at [`set::ChangeSet`].

pub(crate) mod apply;
pub(crate) mod evidence;
pub(crate) mod intent;
mod links;
pub(crate) mod progress;
pub(crate) mod promotion;
pub(crate) mod render;
pub(crate) mod set;
mod side_by_side;
pub(crate) mod writing;
