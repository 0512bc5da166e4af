//! The system refuses: at every call that changes state it may say that the disk is full, or broken, or not to be written to.

use std::path::Path;

use super::harm::{Ended, Way, harm};
use super::scenarios::Scenario;
use super::tracer::{Harm, Scope};

/// ENOSPC, EACCES, EIO, EROFS, EMFILE, EINTR, by their numbers on Linux.
const ERRORS: [i32; 6] = [28, 13, 5, 30, 24, 4];

/// One error that passes, and errors that stay.
const WAYS: [Way; 3] = [
    Way {
        what: "a call of rakops fails",
        scope: Scope::Leader,
        harm: |number| Harm::Error(ERRORS[number % ERRORS.len()]),
        expect: of_rakops,
    },
    Way {
        what: "a call of git fails",
        scope: Scope::Children,
        harm: |number| Harm::Error(ERRORS[number % ERRORS.len()]),
        expect: told,
    },
    Way {
        what: "the disk is full from a call on",
        scope: Scope::All,
        harm: |_| Harm::ErrorsFrom(28),
        expect: told,
    },
];

/// One test for each scenario.
pub(super) fn all(scenario: &Scenario) {
    for way in &WAYS {
        harm(scenario, way);
    }
}

/// It ends well, or with an error that says what could not be done; never as if a bug had been met.
fn told(ended: &Ended<'_>) -> Result<(), String> {
    match ended.run.code {
        0 => Ok(()),
        // 4 where a server says that it may not write.
        3 | 4 | 6 | 7 if ended.run.stderr.contains("error[") => Ok(()),
        code => Err(format!("that is no way to end: {code}")),
    }
}

/// Where rakops itself is refused, the exit code is that of the file system, the file is named, and nothing of its own is left.
fn of_rakops(ended: &Ended<'_>) -> Result<(), String> {
    told(ended)?;
    if ended.run.code == 4 {
        return Err("it was a file here, and no server".to_owned());
    }
    let stderr = &ended.run.stderr;
    let name = Path::new(&ended.call.path).file_name().unwrap_or_default();
    // A temporary file stands for the one that it is to become, in the same directory.
    let directory = Path::new(&ended.call.path).parent().and_then(Path::file_name);
    let is_temporary = name.to_string_lossy().starts_with(".rakops-");
    let named = [Some(name), directory.filter(|_| is_temporary)];
    let is_named = named
        .iter()
        .flatten()
        .any(|name| stderr.contains(&*name.to_string_lossy()));
    // Of a repository, or a cached one, the reference or the repository is named.
    let is_in_git = ended.call.path.contains(".git");
    // Of a connection, the address.
    let is_wire = ended.call.path.starts_with("socket:");
    if ended.run.code == 6 && !is_named && !is_in_git && !is_wire {
        return Err(format!("the error does not name {:?}", ended.call.path));
    }
    // What cannot be removed stays.
    let is_removal = ended.call.name.starts_with("unlink") || ended.call.name == "rmdir";
    let is_ours = |name: &&String| !name.ends_with(".lock");
    match ended.seen.strays.iter().find(is_ours) {
        Some(stray) if !is_removal => Err(format!("`{stray}` is left when it has ended")),
        _ => Ok(()),
    }
}
