//! The changes of a branch, one by one, and which of them another branch has: by ancestry, by patch, by trailer, by effect.
//!
//! What is a change: [`units`], of the commits in [`own`]; what TO has already: [`present`]; what it lacks: [`missing`]; what was forgotten:
//! [`omitted`]. Versions do not count as a difference: [`masks`].
//! Source: PROMOTION.md, sections 4 and 10.

mod aligned;
mod arrivals;
mod effect;
pub(crate) mod masks;
pub(crate) mod missing;
pub(crate) mod omitted;
mod origin;
mod own;
mod present;
pub(crate) mod units;

pub(crate) use masks::Masks;
pub(crate) use missing::{Lacking, Missing, Nature};
pub(crate) use omitted::omissions;
pub(crate) use units::Unit;
