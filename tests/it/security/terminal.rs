//! Escapes in everything that comes from outside: none reaches a terminal as it is, none turns a text around.

use std::fs;

use crate::harness::Sandbox;
use crate::harness::cmd::Output;
use crate::harness::server::{Server, route};
use crate::manners::EVERY;

/// What would set the title, move the cursor, or turn a line around; nothing of ours contains it.
const HOSTILE: [&str; 6] = ["\u{1b}]0;", "\u{1b}[2J", "\u{7}", "\u{9b}", "\u{202e}", "\u{2066}"];
/// All of that in one word.
const WORD: &str = "x\u{1b}]0;t\u{7}\u{1b}[2J\u{9b}31m\u{202e}\u{2066}y";

/// Fails if a hostile sign is in what a person would see.
#[track_caller]
fn seen(output: &Output) {
    let text = String::from_utf8_lossy(&output.bytes).into_owned();
    for sign in HOSTILE {
        let is_there = text.contains(sign) || output.stderr.contains(sign);
        assert!(
            !is_there,
            "{sign:?} is shown as it is by `{}`\n{:?}\n{:?}",
            output.shown, text, output.stderr
        );
    }
}

#[test]
fn escapes_in_values_names_and_comments_are_shown_as_letters() {
    let sandbox = Sandbox::new();
    sandbox.shop();
    let quoted = r#""x\e]0;t\a\e[2J\N\x9b31m\u202e\u2066y""#;
    sandbox.file(
        "overlays/stg/kustomization.yaml",
        format!(
            "resources: [../../base, {quoted}]\nnamespace: {quoted}\nimages:\n  # {}\n  - name: ghcr.io/acme/api\n    newTag: {quoted}\n  \
             - {{name: {quoted}, newTag: '1'}}\nlabels: [{{pairs: {{{quoted}: {quoted}}}}}]\n",
            WORD.replace(['\u{1b}', '\u{7}', '\u{9b}'], "")
        ),
    );
    sandbox.file(
        "base/web.yaml",
        format!("kind: {quoted}\nmetadata: {{name: {quoted}}}\nspec: {{containers: [{{name: {quoted}, image: {quoted}}}]}}\n"),
    );
    sandbox.file(
        "rakops.yaml",
        format!("environments: [{{name: dev}}, {{name: stg}}, {{name: prd, {quoted}: 1}}]\n"),
    );
    sandbox.commit_all(&format!("a title {WORD}\n\nRakops-Operation: promote {WORD} -> prd\n"));
    for words in EVERY {
        seen(&sandbox.rakops(words.iter().copied().chain(["--color", "always"])).run());
    }
    fs::remove_file(sandbox.path("rakops.yaml")).unwrap();
    sandbox.commit_all(WORD);
    for words in EVERY {
        seen(
            &sandbox
                .rakops(words.iter().copied().chain(["--color", "always", "-v"]))
                .run(),
        );
    }
}

#[cfg(unix)]
#[test]
fn escapes_in_the_names_of_files_branches_and_people_are_shown_as_letters() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;
    let sandbox = Sandbox::new();
    sandbox.shop();
    sandbox.file(
        &format!("overlays/{WORD}/kustomization.yaml"),
        "resources: [../../base]\nimages: [{name: ghcr.io/acme/api, newTag: '1'}]\n",
    );
    sandbox.file(
        &format!("overlays/stg/a\nb{WORD}.yaml"),
        "image: ghcr.io/acme/api:1.4.0\n",
    );
    sandbox.file(
        &format!("overlays/stg/broken{WORD}.yaml"),
        "image: ghcr.io/acme/api:1.4.0\n  a: [\n",
    );
    let odd = sandbox
        .path("overlays/stg")
        .join(OsStr::from_bytes(b"\xff\x1b]0;t\x07.yaml"));
    fs::write(odd, "image: ghcr.io/acme/api:1.4.0\n").unwrap();
    sandbox.git(["config", "user.name", WORD]);
    sandbox.commit_all("names");
    sandbox.git(["branch", "feature/\u{202e}\u{2066}x"]);
    for words in EVERY {
        seen(
            &sandbox
                .rakops(words.iter().copied().chain(["--color", "always", "-vv"]))
                .run(),
        );
    }
}

#[test]
fn escapes_in_the_answers_of_forges_are_shown_as_letters() {
    let quoted = r"x\u001b]0;t\u0007\u001b[2J\u009b31m\u202e\u2066y";
    let request = format!(
        "{{\"number\": 1, \"title\": \"{quoted}\", \"state\": \"open\", \"html_url\": \"http://x/{quoted}\", \"body\": \"{quoted}\", \
         \"head\": {{\"ref\": \"h\", \"sha\": \"\", \"repo\": null}}, \"base\": {{\"ref\": \"main\", \"sha\": \"\"}}, \
         \"user\": {{\"login\": \"{quoted}\"}}, \"labels\": [{{\"name\": \"{quoted}\"}}], \"mergeable\": true}}"
    );
    let server = Server::start(vec![
        route(
            "GET",
            "/api/v1/repos/acme/manifests/pulls?state=open&page=1&limit=50",
            200,
        )
        .header("x-total-count", "1")
        .body(format!("[{request}]")),
        route("GET", "/api/v1/repos/acme/manifests/pulls/1", 403).body(format!("{{\"message\": \"{quoted}\"}}")),
    ]);
    let sandbox = Sandbox::new();
    sandbox.shop();
    sandbox.git(["remote", "add", "origin", &server.url("/acme/manifests.git")]);
    sandbox.file("rakops.yaml", "forge: {kind: gitea}\n");
    for words in [["pr", "list", "-vv"].as_slice(), &["pr", "status", "1", "-vv"]] {
        let output = sandbox.rakops(words.iter().copied().chain(["--color", "always"])).run();
        assert!(output.all().contains("t"), "{}", output.all());
        seen(&output);
    }
}

#[test]
fn an_escape_that_is_typed_is_shown_as_letters() {
    let sandbox = Sandbox::new();
    sandbox.shop();
    for words in [
        ["bump", WORD].as_slice(),
        &["bump", "api=1", "--env", WORD],
        &["images", WORD],
        &["status", WORD],
        &["promote", WORD, "prd"],
        &["overlay", "get", "stg", WORD],
        &["yaml", "get", WORD, "a"],
        &["yaml", "get", "base/api.yaml", WORD],
        &["yaml", "set", "base/api.yaml", WORD],
        &["bump", "api=1", "--repo", WORD],
        &["nothing", WORD],
        &[WORD],
        &["status", "--config", WORD],
        &["-C", WORD, "status"],
        &["bump", "--from-file", WORD],
        &["tags", WORD],
        &["check", WORD],
        &["audit", WORD, "--since", WORD],
    ] {
        seen(&sandbox.rakops(words.iter().copied().chain(["--color", "always"])).run());
    }
}
