//! The `rakops` program: passes the arguments on and returns the exit code.

use std::process::ExitCode;

use rakops::error::Kind;

fn main() -> ExitCode {
    human_panic::setup_panic!();
    // A panic is a bug of ours, and has the exit code of one.
    std::panic::catch_unwind(rakops::main).unwrap_or_else(|_| ExitCode::from(Kind::Bug.code()))
}
