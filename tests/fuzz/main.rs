//! One program for all targets: `RAKOPS_FUZZ_TARGET` names one, `RAKOPS_FUZZ_LAST` a file that holds the input of the moment,
//! which is what is left when the stack is used up.
#![no_main]
#![forbid(unsafe_code)]

#[path = "targets/mod.rs"]
mod targets;
// The judge of single edits, which the integration tests have, too.
#[path = "../it/yaml/everywhere.rs"]
#[expect(dead_code, reason = "a few edits of each input are enough here")]
mod everywhere;
#[path = "../it/yaml/model.rs"]
mod model;
#[path = "../it/yaml/script.rs"]
#[expect(dead_code, reason = "only the names of refusals are wanted here")]
mod script;
/// Where the targets look for it: where it lies among the integration tests.
mod yaml {
    pub(crate) use crate::{everywhere, model};
}

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::sync::OnceLock;

use libfuzzer_sys::fuzz_target;

/// What this run is about.
struct Run {
    target: targets::Target,
    last: Option<File>,
}

fn run() -> &'static Run {
    static RUN: OnceLock<Run> = OnceLock::new();
    RUN.get_or_init(|| {
        let name = std::env::var("RAKOPS_FUZZ_TARGET").unwrap_or_default();
        let found = targets::ALL.iter().find(|(known, _)| *known == name);
        let names = targets::ALL.map(|(name, _)| name).join(" ");
        let (_, target) = *found.unwrap_or_else(|| panic!("RAKOPS_FUZZ_TARGET names none of: {names}"));
        let last = std::env::var_os("RAKOPS_FUZZ_LAST").map(|path| File::create(path).expect("a file for the input"));
        Run { target, last }
    })
}

fuzz_target!(|data: &[u8]| {
    let run = run();
    if let Some(last) = &run.last {
        let written = last
            .set_len(data.len() as u64)
            .and_then(|()| last.write_all_at(data, 0));
        written.expect("the input can be kept");
    }
    (run.target)(data);
});
