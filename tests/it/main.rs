//! The one integration binary.

mod yaml;
