//! The `rakops` program: passes the arguments on and returns the exit code.

fn main() {}
