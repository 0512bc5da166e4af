//! The `rakops` program: passes the arguments on and returns the exit code.

use std::process::ExitCode;

fn main() -> ExitCode {
    human_panic::setup_panic!();
    rakops::main()
}
