//! Groups of processes: led by a child of ours, asked to end, looked for, and made to end.
//!
//! A group has the number of the child that leads it. **Invariant:** nobody else gets that number while the leader has not been
//! waited for, or anything is left in the group; whoever asks about a group has seen one of the two a moment ago.

/// How a group is ended.
#[derive(Clone, Copy)]
pub(super) enum How {
    /// It may clear away its locks first, and may refuse.
    Asked,
    /// It is killed.
    Made,
}

/// Lets a command that has not started yet lead a group of its own.
#[cfg(unix)]
pub(super) fn lead(command: &mut std::process::Command) {
    use std::os::unix::process::CommandExt;
    command.process_group(0);
}

#[cfg(not(unix))]
pub(super) fn lead(_command: &mut std::process::Command) {}

/// Ends everything that is in a group.
#[cfg(unix)]
pub(super) fn end(group: u32, how: How) {
    use rustix::process::{Signal, kill_process_group};
    let signal = match how {
        How::Asked => Signal::TERM,
        How::Made => Signal::KILL,
    };
    if let Some(group) = number(group) {
        // It may have ended by itself.
        let _ = kill_process_group(group, signal);
    }
}

#[cfg(not(unix))]
pub(super) fn end(_group: u32, _how: How) {}

/// Asks one process to end.
#[cfg(unix)]
pub(super) fn end_one(process: u32) {
    use rustix::process::{Signal, kill_process};
    if let Some(process) = number(process) {
        let _ = kill_process(process, Signal::TERM);
    }
}

#[cfg(not(unix))]
pub(super) fn end_one(_process: u32) {}

/// Lets whatever a child leaves behind from now on be waited for here.
///
/// Who has ended stays in its group until somebody waits for it. That is the first process of the machine, else; in a container
/// that may be a program which waits for nobody, and every end would seem to take as long as the most stubborn one.
///
/// Source: `man 2 prctl`, `PR_SET_CHILD_SUBREAPER`. Children do not inherit it.
#[cfg(target_os = "linux")]
pub(super) fn adopt_what_is_left() {
    let _ = rustix::process::set_child_subreaper(Some(rustix::process::getpid()));
}

/// Elsewhere the first process waits for all.
#[cfg(not(target_os = "linux"))]
pub(super) fn adopt_what_is_left() {}

/// Tells whether something runs in a group whose leader has been waited for already: this may wait for it in its place, else.
#[cfg(unix)]
pub(super) fn is_left(group: u32) -> bool {
    use rustix::process::{WaitOptions, test_kill_process_group, waitpgid};
    let Some(group) = number(group) else { return false };
    while let Ok(Some(_)) = waitpgid(group, WaitOptions::NOHANG) {}
    // That it is not permitted to signal any of them is as good as that there is none: it could not be ended either, and macOS
    // says so of those who have ended and have not been waited for. Source: `man 2 kill`, `EPERM`.
    test_kill_process_group(group).is_ok()
}

#[cfg(not(unix))]
pub(super) fn is_left(_group: u32) -> bool {
    false
}

#[cfg(unix)]
fn number(process: u32) -> Option<rustix::process::Pid> {
    i32::try_from(process).ok().and_then(rustix::process::Pid::from_raw)
}
