//! The YAML editor through its public door, judged by code that is not its own.

mod corpus;
mod model;
mod suite;
