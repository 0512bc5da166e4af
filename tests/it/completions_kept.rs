//! What a TAB remembers of the files that it has read, and that this is never what they held before.

use std::fs;
use std::path::PathBuf;

use crate::harness::Sandbox;

const API: &str = "images: [{name: acme/api, newTag: '1'}]\n";

fn repository() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.repository();
    sandbox.files(&[
        ("overlays/dev/kustomization.yaml", API),
        (
            "overlays/prd/kustomization.yaml",
            "images: [{name: acme/web, newTag: '1'}]\n",
        ),
    ]);
    sandbox
}

/// Asks as the script of bash does.
#[track_caller]
fn tab(sandbox: &Sandbox, line: &str) -> Vec<String> {
    let asked = sandbox.rakops(["--", line]).env("RAKOPS_COMPLETE", "bash");
    let output = asked.run().expect(0);
    assert_eq!(output.stderr, "");
    output.stdout().lines().map(str::to_owned).collect()
}

/// The files that are remembered by.
fn kept(sandbox: &Sandbox) -> Vec<PathBuf> {
    let directory = sandbox.path("../home/.cache/rakops/names");
    let entries = fs::read_dir(directory).into_iter().flatten();
    entries.map(|entry| entry.unwrap().path()).collect()
}

#[test]
fn a_file_that_changed_is_read_again_though_git_and_its_time_do_not_tell() {
    let sandbox = repository();
    sandbox.commit_all("first");
    assert_eq!(tab(&sandbox, "rakops bump "), ["api=", "web="]);
    let file = "overlays/dev/kustomization.yaml";
    let time = fs::metadata(sandbox.path(file)).unwrap().modified().unwrap();
    // As long as before, and as old.
    sandbox.file(file, API.replace("api", "apx"));
    let handle = fs::File::options().append(true).open(sandbox.path(file)).unwrap();
    handle.set_modified(time).unwrap();
    assert_eq!(tab(&sandbox, "rakops bump "), ["apx=", "web="]);
    sandbox.file(file, API);
    assert_eq!(tab(&sandbox, "rakops bump "), ["api=", "web="]);
}

#[test]
fn files_that_come_and_go_are_seen_at_the_next_tab() {
    let sandbox = repository();
    assert_eq!(tab(&sandbox, "rakops images --env "), ["dev", "prd"]);
    sandbox.file(
        "overlays/stg/kustomization.yaml",
        "images: [{name: acme/job, newTag: '1'}]\n",
    );
    assert_eq!(tab(&sandbox, "rakops images --env "), ["dev", "stg", "prd"]);
    assert_eq!(tab(&sandbox, "rakops bump "), ["api=", "job=", "web="]);
    fs::rename(sandbox.path("overlays/stg"), sandbox.path("overlays/test")).unwrap();
    assert_eq!(tab(&sandbox, "rakops images --env "), ["dev", "test", "prd"]);
    fs::remove_dir_all(sandbox.path("overlays/test")).unwrap();
    assert_eq!(tab(&sandbox, "rakops images --env "), ["dev", "prd"]);
    assert_eq!(tab(&sandbox, "rakops bump "), ["api=", "web="]);
}

#[test]
fn what_the_configuration_declares_is_seen_in_files_that_did_not_change() {
    let sandbox = repository();
    sandbox.file("notes/release.yaml", "release: {version: '1'}\n");
    assert_eq!(tab(&sandbox, "rakops bump "), ["api=", "web="]);
    let config =
        "images: [{name: acme/web, alias: site}, {name: acme/docs, sites: ['notes/*.yaml:release.version']}]\n";
    sandbox.file("rakops.yaml", config);
    assert_eq!(tab(&sandbox, "rakops bump "), ["api=", "docs=", "site="]);
    fs::remove_file(sandbox.path("rakops.yaml")).unwrap();
    assert_eq!(tab(&sandbox, "rakops bump "), ["api=", "web="]);
}

#[test]
fn what_did_not_change_is_not_parsed_again() {
    let sandbox = repository();
    tab(&sandbox, "rakops bump ");
    let [file] = kept(&sandbox).try_into().unwrap();
    let other = fs::read_to_string(&file)
        .unwrap()
        .replace("acme/api", "acme/remembered");
    fs::write(&file, other).unwrap();
    assert_eq!(tab(&sandbox, "rakops bump "), ["remembered=", "web="]);
}

#[test]
fn a_memory_that_is_broken_or_cannot_be_is_no_noise_and_no_other_answer() {
    let sandbox = repository();
    let tree = sandbox.tree();
    tab(&sandbox, "rakops bump ");
    let [file] = kept(&sandbox).try_into().unwrap();
    for bytes in [&b""[..], b"{", b"[1]", b"\xff\0", b"{\"x\":[1,2]}"] {
        fs::write(&file, bytes).unwrap();
        assert_eq!(tab(&sandbox, "rakops bump "), ["api=", "web="]);
    }
    let directory = file.parent().unwrap();
    fs::remove_dir_all(directory).unwrap();
    fs::write(directory, "no directory").unwrap();
    assert_eq!(tab(&sandbox, "rakops bump "), ["api=", "web="]);
    assert_eq!(sandbox.tree(), tree, "nothing is written among the files");
}
