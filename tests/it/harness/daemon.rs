//! `git daemon`, the server of `git://`, on the loopback.

use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use super::http_git::exec_path;

/// A daemon for every repository below a directory; anybody may push.
pub(crate) struct GitDaemon {
    child: Child,
    port: u16,
}

impl GitDaemon {
    /// Starts it and waits until it answers.
    pub(crate) fn serve(root: &Path) -> GitDaemon {
        let port = free_port();
        // The program itself and not `git daemon`, which would leave it behind when it is ended.
        let child = Command::new(exec_path().join("git-daemon"))
            .args([
                "--reuseaddr",
                "--export-all",
                "--enable=receive-pack",
                "--informative-errors",
            ])
            .args(["--listen=127.0.0.1", &format!("--port={port}")])
            .arg(format!("--base-path={}", root.display()))
            .arg(root)
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let daemon = GitDaemon { child, port };
        wait_for(port);
        daemon
    }

    /// Where a repository is, by its path below the directory.
    pub(crate) fn url(&self, repository: &str) -> String {
        format!("git://127.0.0.1:{}/{repository}", self.port)
    }
}

impl Drop for GitDaemon {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A port that was free a moment ago.
pub(crate) fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().port()
}

/// Waits until somebody listens on a port of the loopback.
pub(crate) fn wait_for(port: u16) {
    let end = Instant::now() + Duration::from_secs(20);
    while TcpStream::connect(("127.0.0.1", port)).is_err() {
        assert!(Instant::now() < end, "nobody listens on port {port}");
        thread::sleep(Duration::from_millis(10));
    }
}

#[test]
fn a_push_and_a_clone_go_through_git_daemon() {
    let sandbox = super::Sandbox::new();
    sandbox.repository().file("a.yaml", "a: 1\n");
    sandbox.commit_all("first");
    sandbox.remote();
    let daemon = GitDaemon::serve(sandbox.root());
    sandbox.git(["remote", "set-url", "origin", &daemon.url("remote.git")]);
    let second = sandbox.commit_all("second");
    sandbox.git(["push", "--quiet", "origin", "HEAD:refs/heads/main"]);
    assert!(
        sandbox
            .git(["ls-remote", "origin", "refs/heads/main"])
            .starts_with(&second)
    );
}
