//! What a process that dies may leave behind: its memory holds tokens, and a core file is a copy of it.

/// Has neither this process nor what it starts leave a core file. The limit that it could be raised to again stays as it is,
/// for whoever looks for a fault in a hook.
#[cfg(unix)]
pub(super) fn forbid() {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let limit = Rlimit {
        current: Some(0),
        ..getrlimit(Resource::Core)
    };
    // Where even less may not be asked for, nothing can be done, and nothing is worse than before.
    let _ = setrlimit(Resource::Core, limit);
}

/// Windows keeps dumps only where somebody has asked the system for them.
#[cfg(not(unix))]
pub(super) fn forbid() {}
