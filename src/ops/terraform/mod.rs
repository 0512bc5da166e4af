//! `rakops terraform`: what a plan of Terraform or OpenTofu would do, told without a value.
//!
//! **Invariant:** [`plan::Plan`] has no room for a value. What `terraform show -json` says of attributes, ids and variables
//! is passed over while it is read, so that nothing behind it can print one.
//! Start reading at [`plan::Plan`], then `read.rs`, which makes it.

pub(crate) mod comment;
pub(crate) mod gate;
pub(crate) mod key;
pub(crate) mod plan;
pub(crate) mod read;
pub(crate) mod same;
pub(crate) mod sensitive;
