//! One test for each way in which git and libgit2 say that a repository cannot be written to.

use std::path::Path;

use crate::error::Kind;
use crate::git::unwritable::{at_remote, here};

#[test]
fn a_repository_here_is_named_with_what_keeps_it_from_being_written() {
    for (said, what) in [
        (
            "error: insufficient permission for adding an object to repository database .git/objects\nfatal: failed to write object\n\
             fatal: unpack-objects failed",
            "this user may not write to the repository `/srv/shop`",
        ),
        (
            "fatal: Unable to create '/srv/shop/.git/shallow.lock': Permission denied.",
            "this user may not write to the repository `/srv/shop`",
        ),
        (
            "failed to create temporary file '/srv/shop/.git/objects/tmp_object_git2_1': Permission denied",
            "this user may not write to the repository `/srv/shop`",
        ),
        (
            "error: cannot lock ref 'refs/rakops/1/main': unable to create directory for .git/refs/rakops/1/main\n \
             ! [new branch]      main       -> refs/rakops/1/main  (unable to update local ref)",
            "git cannot write to the repository `/srv/shop`",
        ),
        (
            "error: unable to create temporary file: Read-only file system\nfatal: fetch-pack: invalid index-pack output",
            "nothing can be written to the file system of the repository `/srv/shop`",
        ),
        (
            "fatal: unable to write loose object file: No space left on device",
            "there is no room left for the repository `/srv/shop`",
        ),
    ] {
        let error = here(Path::new("/srv/shop"), said).unwrap();
        assert_eq!(
            (error.kind, error.code),
            (Kind::Files, "repository-unwritable"),
            "{said}"
        );
        assert_eq!(error.message, what, "{said}");
        assert!(said.starts_with(error.causes[0].lines().next().unwrap()), "{error:?}");
    }
}

#[test]
fn what_is_said_of_something_else_is_not_about_files_here() {
    for said in [
        "remote: error: insufficient permission for adding an object to repository database ./objects",
        "git@h: Permission denied (publickey).\nfatal: Could not read from remote repository.",
        "Could not create directory '/home/me/.ssh' (Read-only file system).\nHost key verification failed.",
        "fatal: cannot open '/srv/m.git/HEAD': Permission denied",
        "error: cannot lock ref 'refs/heads/a': Unable to create '/x/refs/heads/a.lock': File exists.",
        "fatal: fetch-pack: invalid index-pack output",
    ] {
        assert!(here(Path::new("/srv/shop"), said).is_none(), "{said}");
    }
}

#[test]
fn a_remote_that_cannot_write_is_told_by_what_keeps_it_from_that() {
    for (said, kind) in [
        (
            "remote: error: insufficient permission for adding an object to repository database ./objects",
            Kind::Access,
        ),
        (
            "remote: error: cannot lock ref 'refs/heads/main': Unable to create '/srv/m.git/./refs/heads/main.lock': Permission denied",
            Kind::Access,
        ),
        (
            "error: remote unpack failed: unable to create temporary object directory",
            Kind::Remote,
        ),
        (
            "remote: fatal: Unable to create temporary file '/srv/m.git/objects/pack/tmp_pack_1': Read-only file system",
            Kind::Remote,
        ),
        (
            "remote: fatal: unable to write file: No space left on device",
            Kind::Remote,
        ),
    ] {
        let error = at_remote(said).unwrap();
        assert_eq!((error.kind, error.code), (kind, "remote-unwritable"), "{said}");
    }
    assert!(at_remote("remote: error: unable to resolve reference").is_none());
}
