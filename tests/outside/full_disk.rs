//! A disk that is full, as the device that always is.

use std::fs::{File, OpenOptions};
use std::process::Command;

use crate::harness::Sandbox;

fn full() -> std::io::Result<File> {
    OpenOptions::new().write(true).open("/dev/full")
}

/// What the test needs.
pub(crate) fn needs() -> Result<(), String> {
    full().map(|_| ()).map_err(|cause| format!("/dev/full: {cause}"))
}

/// The test.
pub(crate) const TESTS: &[(&str, fn())] = &[("full_disk::what_cannot_be_written_to_stdout_is_an_error", refused)];

fn refused() {
    let sandbox = Sandbox::new();
    let output = Command::new(env!("CARGO_BIN_EXE_rakops"))
        .args(["config", "schema"])
        .current_dir(sandbox.dir())
        .env_clear()
        .envs(sandbox.env())
        .stdout(full().unwrap())
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(6));
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.starts_with("error[file-system]: cannot write to stdout"), "{said}");
}
