//! Git over ssh, with an sshd of our own on the loopback: its host key and the user's key are made for one test.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use crate::harness::Sandbox;
use crate::harness::daemon::{free_port, wait_for};

/// What the tests need.
pub(crate) fn needs() -> Result<(), String> {
    let is_here = |program: &str| Command::new(program).arg("-V").stderr(Stdio::null()).output().is_ok();
    sshd().ok_or("no sshd is here to push to")?;
    if !is_here("ssh") {
        return Err("no ssh is here to push with".to_owned());
    }
    Ok(())
}

/// The tests.
pub(crate) const TESTS: &[(&str, fn())] = &[
    (
        "ssh::a_push_goes_through_an_alias_of_the_users_ssh_configuration",
        a_push_goes_through_an_alias_of_the_users_ssh_configuration,
    ),
    (
        "ssh::a_bump_lands_over_ssh_with_and_without_a_checkout",
        a_bump_lands_over_ssh_with_and_without_a_checkout,
    ),
    (
        "ssh::a_key_that_is_not_known_is_a_matter_of_access",
        a_key_that_is_not_known_is_a_matter_of_access,
    ),
    (
        "ssh::the_history_of_a_source_comes_by_the_ssh_command_of_the_checkout",
        the_history_of_a_source_comes_by_the_ssh_command_of_the_checkout,
    ),
];

/// sshd wants to be started by its whole path, which is rarely on PATH.
fn sshd() -> Option<PathBuf> {
    let places = ["/usr/sbin/sshd", "/usr/bin/sshd", "/usr/local/sbin/sshd"];
    places.iter().map(PathBuf::from).find(|path| path.is_file())
}

/// An sshd that lets the present user in with one key.
pub(crate) struct Sshd {
    child: Child,
}

impl Sshd {
    /// Starts it, and makes `git-host` an alias of it in the sandbox's ssh configuration, which libraries do not read.
    ///
    /// The host is called by that name only; git is told where the configuration is by `core.sshCommand`, since ssh looks
    /// for the home of the user in the list of users and not in the environment.
    pub(crate) fn start(sandbox: &Sandbox) -> Sshd {
        let place = sandbox.root().join("ssh");
        fs::create_dir_all(&place).unwrap();
        for name in ["host", "user"] {
            let made = Command::new("ssh-keygen")
                .args(["-q", "-t", "ed25519", "-N", "", "-C", name, "-f"])
                .arg(place.join(name))
                .stdin(Stdio::null())
                .status();
            assert!(made.unwrap().success(), "ssh-keygen");
        }
        let port = free_port();
        let at = |name: &str| place.join(name).display().to_string();
        write(
            &place.join("sshd_config"),
            &format!(
                "Port {port}\nListenAddress 127.0.0.1\nHostKey {}\nAuthorizedKeysFile {}\nPidFile none\nStrictModes no\n\
                 PasswordAuthentication no\nKbdInteractiveAuthentication no\nUsePAM no\nAcceptEnv GIT_PROTOCOL\n",
                at("host"),
                at("user.pub")
            ),
        );
        let key = fs::read_to_string(place.join("host.pub")).unwrap();
        write(&place.join("known_hosts"), &format!("[127.0.0.1]:{port} {key}"));
        write(
            &place.join("config"),
            &format!(
                "Host git-host\n  HostName 127.0.0.1\n  Port {port}\n  IdentityFile {}\n  IdentitiesOnly yes\n  \
                 UserKnownHostsFile {}\n  BatchMode yes\n",
                at("user"),
                at("known_hosts")
            ),
        );
        sandbox.git([
            "config",
            "--global",
            "core.sshCommand",
            &format!("ssh -F {}", at("config")),
        ]);
        // As root it wants its directory, which a container that was not booted lacks.
        let _ = fs::create_dir_all("/run/sshd");
        let child = Command::new(sshd().unwrap())
            .arg("-D")
            .arg("-f")
            .arg(place.join("sshd_config"))
            .arg("-E")
            .arg(place.join("log"))
            .stdin(Stdio::null())
            .spawn()
            .unwrap();
        wait_for(port);
        Sshd { child }
    }

    /// The address of a repository by the alias.
    pub(crate) fn url(&self, repository: &Path) -> String {
        format!("ssh://git-host{}", repository.display())
    }
}

impl Drop for Sshd {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn write(path: &Path, text: &str) {
    fs::write(path, text).unwrap();
}

fn a_push_goes_through_an_alias_of_the_users_ssh_configuration() {
    let sandbox = Sandbox::new();
    sandbox.repository().file("a.yaml", "a: 1\n");
    sandbox.commit_all("first");
    let remote = sandbox.remote().path().to_owned();
    let sshd = Sshd::start(&sandbox);
    sandbox.git(["remote", "set-url", "origin", &sshd.url(&remote)]);
    let second = sandbox.commit_all("second");
    let pushed = sandbox.try_git_in(&sandbox.dir(), ["push", "--quiet", "origin", "HEAD:refs/heads/main"]);
    let log = fs::read_to_string(sandbox.root().join("ssh/log")).unwrap_or_default();
    assert!(pushed.succeeded, "{}\n{log}", pushed.stderr);
    assert!(
        sandbox
            .git(["ls-remote", "origin", "refs/heads/main"])
            .starts_with(&second)
    );
}

fn a_bump_lands_over_ssh_with_and_without_a_checkout() {
    let sandbox = Sandbox::new();
    sandbox.shop_with_remote();
    let sshd = Sshd::start(&sandbox);
    let url = sshd.url(&sandbox.remote_path());
    sandbox.git(["remote", "set-url", "origin", &url]);
    sandbox.bump("1.4.2", &["--push"]).run().expect(0);
    for version in ["1.4.3", "1.4.4"] {
        sandbox.bump(version, &["--repo", &url, "--push"]).run().expect(0);
    }
    assert_eq!(sandbox.remote_commits("main"), 4);
    sandbox.expect_no_private_references();
}

fn a_key_that_is_not_known_is_a_matter_of_access() {
    let sandbox = Sandbox::new();
    sandbox.shop_with_remote();
    let sshd = Sshd::start(&sandbox);
    sandbox.git(["remote", "set-url", "origin", &sshd.url(&sandbox.remote_path())]);
    let key = sandbox.root().join("ssh/user");
    fs::remove_file(&key).unwrap();
    let made = Command::new("ssh-keygen")
        .args(["-q", "-t", "ed25519", "-N", "", "-f"])
        .arg(sandbox.root().join("ssh/other"))
        .status();
    assert!(made.unwrap().success());
    fs::rename(sandbox.root().join("ssh/other"), &key).unwrap();
    fs::rename(
        sandbox.root().join("ssh/other.pub"),
        sandbox.root().join("ssh/unknown.pub"),
    )
    .unwrap();
    let output = sandbox.bump("1.4.2", &["--push"]).run().expect(4);
    assert!(output.stderr.contains("ssh -v HOST"), "{}", output.all());
    assert_eq!(sandbox.remote_commits("main"), 1);
}

/// As actions/checkout leaves it with `ssh-key`: the command with the key stands in the checkout's own configuration.
fn the_history_of_a_source_comes_by_the_ssh_command_of_the_checkout() {
    let sandbox = Sandbox::new();
    sandbox.shop_with_remote();
    let sshd = Sshd::start(&sandbox);
    let command = sandbox.git(["config", "core.sshCommand"]).trim().to_owned();
    sandbox.git(["config", "--global", "--unset", "core.sshCommand"]);
    let (ssh, app) = (sshd.url(&sandbox.root().join("app")), sandbox.root().join("app"));
    sandbox.git_in(sandbox.root(), ["init", "--quiet", &app.to_string_lossy()]);
    let mut ids = Vec::new();
    for number in 0..3 {
        sandbox.advance(60);
        sandbox.git_in(
            &app,
            ["commit", "--quiet", "--allow-empty", "--message", &format!("{number}")],
        );
        ids.push(sandbox.git_in(&app, ["rev-parse", "HEAD"]).trim().to_owned());
    }
    let manifests = format!("file://{}", sandbox.remote_path().display());
    for (turn, id) in [&ids[2], &ids[0]].into_iter().enumerate() {
        let job = sandbox.root().join(format!("job-{turn}"));
        sandbox.git_in(sandbox.root(), ["init", "--quiet", &job.to_string_lossy()]);
        sandbox.git_in(&job, ["config", "core.sshCommand", &command]);
        sandbox.git_in(&job, ["remote", "add", "origin", &ssh]);
        sandbox.git_in(&job, ["fetch", "--quiet", "--depth=1", "origin", id]);
        sandbox.git_in(&job, ["checkout", "--quiet", "--detach", id]);
        let claim = format!("{ssh}@{id}");
        let words = ["--repo", &manifests, "--push", "--source", &claim];
        let output = sandbox
            .bump(&format!("git-{}", &id[..10]), &words)
            .cwd(&job)
            .run()
            .expect(0);
        let is_older = output.stderr.contains("was built from an older commit");
        assert_eq!(is_older, turn == 1, "{}", output.all());
    }
}
