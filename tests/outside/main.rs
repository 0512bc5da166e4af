//! Tests that need something which may be absent: a folder of real files, another shell, kustomize.
//!
//! What is absent is said in a line that begins with `SKIPPED`, and its tests count as ignored, never as passed: that is
//! why they have a binary, and a `main`, of their own. What they need is found by the environment:
//!
//! | variable | what it names |
//! |---|---|
//! | `RAKOPS_YAML_SUITE` | the folder of the yaml-test-suite |
//! | `RAKOPS_CORPUS` | a folder of real manifests |
//! | `RAKOPS_ORACLE` | the folder of the oracle that judges edits; `RAKOPS_PYTHON` the interpreter to run it with |
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::disallowed_methods,
    reason = "a test that fails says so by panicking; it starts programs, reads the environment, and tells figures"
)]

mod book;
mod contract;
mod curl;
mod cut;
#[path = "../it/yaml/everywhere.rs"]
mod everywhere;
mod faults;
mod full_disk;
#[path = "../it/yaml/fuzz.rs"]
mod fuzz;
#[expect(
    clippy::too_many_arguments,
    clippy::needless_range_loop,
    reason = "a history is told by who, what, where and upon what"
)]
#[path = "../histories/mod.rs"]
mod generated_histories;
mod gitea;
mod gitea_terraform;
#[path = "../it/harness/mod.rs"]
#[expect(dead_code, reason = "the other tests need all of it")]
mod harness;
mod histories;
mod hostile;
mod kustomize;
#[path = "../it/yaml/model.rs"]
mod model;
mod overlay;
mod overlay_fields;
mod race;
mod real_files;
mod registry;
#[path = "../it/yaml/script.rs"]
#[expect(dead_code, reason = "only the names of refusals are wanted here")]
mod script;
mod shells;
#[path = "../it/yaml/spans.rs"]
mod spans;
mod ssh;
mod suite;
mod terraform;
mod tls;
mod unreadable;
mod unwritable;
#[path = "../workflows/mod.rs"]
#[expect(dead_code, reason = "the other tests need all of it")]
mod workflows;
mod workflows_judged;

use libtest_mimic::{Arguments, Trial};

/// What a test needs: something, or the reason why it is not here.
type Needs = Result<(), String>;

fn main() {
    let arguments = Arguments::from_args();
    let mut trials = Vec::new();
    let faults = faults::needs();
    for trial in faults::trials() {
        trials.push(trial.with_ignored_flag(faults.is_err()));
    }
    if let Err(why) = &faults
        && !arguments.list
    {
        println!("SKIPPED: nothing is killed at its system calls: {why}");
    }
    let mut add = |needs: Needs, tests: &[(&str, fn())]| {
        for (name, run) in tests.iter().copied() {
            let trial = Trial::test(name, move || {
                run();
                Ok(())
            });
            trials.push(trial.with_ignored_flag(needs.is_err()));
        }
        if let Err(why) = &needs
            && !arguments.list
        {
            println!("SKIPPED: {} of the tests are left out: {why}", tests.len());
        }
    };
    add(suite::needs(), suite::TESTS);
    add(real_files::needs(), real_files::TESTS);
    add(real_files::needs_oracle(), real_files::JUDGED);
    add(kustomize::needs(), kustomize::TESTS);
    add(overlay::needs(), overlay::TESTS);
    add(overlay::needs_corpus(), overlay::REAL);
    add(overlay_fields::needs(), overlay_fields::TESTS);
    add(Ok(()), histories::TESTS);
    add(Ok(()), cut::TESTS);
    for (program, tests) in shells::TESTS {
        add(shells::needs(program), tests);
    }
    add(unreadable::needs(), unreadable::TESTS);
    add(unreadable::needs_root(), unreadable::OF_OTHERS);
    add(unreadable::needs(), unwritable::TESTS);
    add(full_disk::needs(), full_disk::TESTS);
    add(ssh::needs(), ssh::TESTS);
    add(faults::disk::needs(), faults::disk::TESTS);
    add(faults::clock::needs(), faults::clock::TESTS);
    add(race::needs(), race::TESTS);
    add(Ok(()), hostile::TESTS);
    add(book::needs(), book::TESTS);
    add(contract::needs(), contract::TESTS);
    add(workflows_judged::needs(), workflows_judged::TESTS);
    add(workflows_judged::needs_to_run(), workflows_judged::RUN);
    add(gitea::needs(), gitea::TESTS);
    add(gitea::needs(), gitea_terraform::TESTS);
    add(registry::needs(), registry::TESTS);
    add(terraform::needs(), terraform::TESTS);
    add(tls::needs(), tls::TESTS);
    let conclusion = libtest_mimic::run(&arguments, trials);
    gitea::stop();
    conclusion.exit();
}

/// The folder that a variable names.
fn folder(variable: &str) -> Result<std::path::PathBuf, String> {
    match std::env::var_os(variable) {
        Some(path) if std::path::Path::new(&path).is_dir() => Ok(path.into()),
        Some(path) => Err(format!("{variable} names no directory: {}", path.display())),
        None => Err(format!("{variable} is not set")),
    }
}
