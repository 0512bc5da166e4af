//! A git server that is spoken to over a wire that breaks.

use super::wire::{Break, Wire};
use super::{ENDS, every_break};
use crate::harness::Sandbox;
use crate::harness::cmd::Cmd;
use crate::harness::http_git::GitHttp;
use crate::harness::landing::DEV;

/// A shop at a server of smart HTTP.
fn served() -> (Sandbox, GitHttp) {
    let sandbox = Sandbox::new();
    sandbox.shop_with_remote();
    sandbox.git_at_remote(&["config", "uploadpack.allowFilter", "true"]);
    sandbox.git_at_remote(&["config", "http.receivepack", "true"]);
    let server = GitHttp::serve(sandbox.root());
    (sandbox, server)
}

fn by_remote<'s>(sandbox: &'s Sandbox, url: &str) -> Cmd<'s> {
    sandbox.git(["remote", "set-url", "origin", url]);
    sandbox.bump("1.4.2", &["--push", "--timeout", "2s"])
}

fn by_address<'s>(sandbox: &'s Sandbox, url: &str) -> Cmd<'s> {
    sandbox.bump("1.4.2", &["--repo", url, "--onto", "main", "--push", "--timeout", "2s"])
}

fn address_of(server: &GitHttp) -> std::net::SocketAddr {
    let url = server.url("");
    url.trim_start_matches("http://").trim_end_matches('/').parse().unwrap()
}

pub(super) fn pushed_once() {
    land("cut: bump --push", &by_remote);
}

pub(super) fn landed_by_address_once() {
    land("cut: bump --repo --push", &by_address);
}

fn land(what: &str, run: &dyn for<'s> Fn(&'s Sandbox, &str) -> Cmd<'s>) {
    let url = |wire: &Wire| format!("http://{}/remote.git", wire.address());
    let (sandbox, server) = served();
    let whole = Wire::to(address_of(&server), None);
    let before = sandbox.remote_commits("main");
    run(&sandbox, &url(&whole)).run().expect(0);
    assert_eq!(sandbox.remote_commits("main"), before + 1);
    let wanted = sandbox.git_at_remote(&["show", &format!("main:{DEV}")]);
    every_break(what, &whole.pieces(), &|breaks: Break| {
        let (sandbox, server) = served();
        let wire = Wire::to(address_of(&server), Some(breaks));
        let output = run(&sandbox, &url(&wire)).run();
        assert!(ENDS.contains(&output.code), "{breaks:?}: {}", output.all());
        let landed = sandbox.remote_commits("main") - before;
        // Who is told that it landed finds it there. Who is told nothing may find it, too.
        assert!(
            landed <= 1 && (output.code != 0 || landed == 1),
            "{breaks:?}: {}",
            output.all()
        );
        let mended = Wire::to(address_of(&server), None);
        run(&sandbox, &url(&mended)).run().expect(0);
        assert_eq!(sandbox.remote_commits("main"), before + 1, "{breaks:?}");
        assert_eq!(
            sandbox.git_at_remote(&["show", &format!("main:{DEV}")]),
            wanted,
            "{breaks:?}"
        );
        let branches = sandbox.git_at_remote(&["for-each-ref", "--format=%(refname)"]);
        assert_eq!(branches, "refs/heads/main\nrefs/heads/release\n", "{breaks:?}");
        wire.is_broken()
    });
}
