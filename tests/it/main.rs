//! The integration tests: one binary, one module a topic. `house.rs` compares this list with the directory.

mod harness;
