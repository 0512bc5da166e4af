//! Secrets in every place that they can come from, all at once; and every command.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;

use crate::harness::Sandbox;
use crate::harness::http_git::base64;
use crate::manners::EVERY;

/// Every variable that a token is taken from; a test compares the list with the sources.
const VARIABLES: &[&str] = &[
    "AZURE_DEVOPS_EXT_PAT",
    "BITBUCKET_TOKEN",
    "CI_JOB_TOKEN",
    "FORGEJO_TOKEN",
    "GH_ENTERPRISE_TOKEN",
    "GH_TOKEN",
    "GITEA_TOKEN",
    "GITHUB_ENTERPRISE_TOKEN",
    "GITHUB_TOKEN",
    "GITLAB_TOKEN",
    "RAKOPS_AZURE_TOKEN",
    "RAKOPS_BITBUCKET_TOKEN",
    "RAKOPS_FORGE_TOKEN",
    "RAKOPS_GITEA_TOKEN",
    "RAKOPS_GITHUB_TOKEN",
    "RAKOPS_GITLAB_TOKEN",
    "SYSTEM_ACCESSTOKEN",
];

/// What every planted secret begins with, so that one search finds them all.
const PLANTED: &str = "planted-5f3b9c-";

/// A shop with secrets wherever there is a place for one.
struct Planted {
    sandbox: Sandbox,
    /// A server that answers every request with 401 and with what the request said about who asks.
    echo: String,
    /// Every secret, and every form of it that is sent.
    secrets: Vec<String>,
    /// Where the starts of programs are written down, with their arguments.
    started: PathBuf,
}

impl Planted {
    fn new() -> Planted {
        let echo = echo();
        let sandbox = Sandbox::new();
        sandbox.shop();
        let _ = sandbox.remote();
        let mut planted = Planted {
            started: sandbox.root().join("started"),
            sandbox,
            echo,
            secrets: Vec::new(),
        };
        planted.in_git();
        planted.in_the_home();
        planted.by_programs();
        for name in VARIABLES.iter().chain(&["RAKOPS_OWN"]) {
            planted.secret(name);
        }
        planted
    }

    /// A secret that says by its name where it comes from.
    fn secret(&mut self, source: &str) -> String {
        let secret = format!("{PLANTED}{}", source.to_lowercase().replace('_', "-"));
        for user in ["me", "x-access-token", "oauth2", "token", ""] {
            self.secrets.push(base64(format!("{user}:{secret}").as_bytes()));
        }
        self.secrets.push(secret.clone());
        secret
    }

    fn in_git(&mut self) {
        let echo = self.echo.clone();
        let with = |secret: String| format!("http://me:{secret}@{echo}/acme/manifests.git");
        let (fetch, push) = (with(self.secret("fetch url")), with(self.secret("push url")));
        self.sandbox.git(["remote", "add", "fork", &fetch]);
        self.sandbox.git(["config", "remote.fork.pushurl", &push]);
        let header = base64(format!("me:{}", self.secret("header")).as_bytes());
        let key = format!("http.http://{echo}/.extraHeader");
        self.sandbox
            .git(["config", &key, &format!("AUTHORIZATION: basic {header}")]);
        let instead = with(self.secret("instead of")).replace("/acme/manifests.git", "/");
        self.sandbox.git([
            "config",
            &format!("url.{instead}.insteadOf"),
            "https://instead.example.com/",
        ]);
        self.sandbox.git([
            "remote",
            "add",
            "instead",
            "https://instead.example.com/acme/manifests.git",
        ]);
        let module = with(self.secret("submodule"));
        let text = format!("[submodule \"lib\"]\n\tpath = lib\n\turl = {module}\n");
        self.sandbox.file(".gitmodules", text);
        self.sandbox.commit_all("a submodule");
        self.sandbox.git(["push", "--quiet", "origin", "main"]);
    }

    fn in_the_home(&mut self) {
        let host = self.echo.clone();
        let netrc = self.secret("netrc");
        let text =
            format!("machine 127.0.0.1 login me password {netrc}\nmachine git.example.com login me password {netrc}\n");
        self.sandbox.file("../home/.netrc", text);
        let hosts = self.secret("gh hosts");
        let text = format!("127.0.0.1:\n    oauth_token: {hosts}\n    user: me\n");
        self.sandbox.file("../home/.config/gh/hosts.yml", text);
        let docker = base64(format!("me:{}", self.secret("docker")).as_bytes());
        let text = format!(
            "{{\"auths\": {{\"{host}\": {{\"auth\": \"{docker}\"}}}}, \"credHelpers\": {{\"127.0.0.1:1\": \"planted\"}}}}"
        );
        self.sandbox.file("../home/.docker/config.json", text);
        let own = "forges: [{host: 127.0.0.1, kind: gitea, token_env: RAKOPS_OWN}]\n";
        self.sandbox.file("../home/.config/rakops/config.yaml", own);
    }

    /// Programs that keep secrets, and `git` with everything that it is told.
    fn by_programs(&mut self) {
        let real = Command::new("sh").args(["-c", "command -v git"]).output().unwrap();
        let real = String::from_utf8(real.stdout).unwrap().trim().to_owned();
        let helper = self.secret("credential helper");
        let docker = self.secret("docker helper");
        let gh = self.secret("gh");
        self.program("git", &format!("exec '{real}' \"$@\""));
        self.program(
            "git-credential-planted",
            &format!("echo username=me; echo password={helper}"),
        );
        self.program(
            "docker-credential-planted",
            &format!("cat >/dev/null; echo '{{\"Username\":\"me\",\"Secret\":\"{docker}\"}}'"),
        );
        self.program("gh", &format!("echo {gh}"));
        self.sandbox.git(["config", "credential.helper", "planted"]);
    }

    fn program(&self, name: &str, script: &str) {
        let path = self.sandbox.root().join("tools").join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        let list = self.started.display();
        let text = format!("#!/bin/sh\nprintf '%s\\n' \"{name} $*\" >> '{list}'\n{script}\n");
        fs::write(&path, text).unwrap();
        fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
    }

    /// Runs a command with everything planted, and looks at all that it leaves.
    fn run(&self, words: &[&str], manner: &[&str]) -> bool {
        let tools = self.sandbox.root().join("tools");
        let path = format!("{}:{}", tools.display(), std::env::var("PATH").unwrap());
        let mut command = self
            .sandbox
            .rakops(words.iter().chain(manner).copied())
            .env("PATH", path);
        for name in VARIABLES.iter().chain(&["RAKOPS_OWN"]) {
            command = command.env(name, format!("{PLANTED}{}", name.to_lowercase().replace('_', "-")));
        }
        let output = command
            .env("GITEA_SERVER_URL", format!("http://{}", self.echo))
            .env("RAKOPS_LOG", "trace")
            .run();
        self.assert_untold(&output.shown, output.stdout());
        self.assert_untold(&output.shown, &output.stderr);
        output.stderr.contains("-> 401 in ")
    }

    fn assert_untold(&self, what: &str, text: &str) {
        let told = self.secrets.iter().find(|secret| text.contains(secret.as_str()));
        assert!(told.is_none(), "`{what}` tells `{told:?}`:\n{text}");
    }

    /// Looks at what programs were told, and at every file that was made.
    fn assert_kept_nowhere(&self) {
        let started = fs::read_to_string(&self.started).unwrap();
        assert!(started.contains("git "), "nothing was written down");
        self.assert_untold("the arguments of programs", &started);
        for kept in ["home/.cache", "tmp", "work/evidence", "work/outputs", "remote.git"] {
            self.assert_no_file(&self.sandbox.root().join(kept));
        }
        self.assert_no_file(&self.sandbox.path(".git/logs"));
        self.assert_no_file(&self.sandbox.path(".git/rakops"));
    }

    fn assert_no_file(&self, directory: &Path) {
        for secret in &self.secrets {
            let found = Command::new("grep")
                .args(["-rlF", secret])
                .arg(directory)
                .output()
                .unwrap();
            let found = String::from_utf8_lossy(&found.stdout).into_owned();
            // The repository itself holds its submodules' addresses, as git keeps them: in objects, which are packed.
            assert_eq!(found, "", "`{secret}` is kept");
        }
    }
}

/// A server that tells whoever asks what was said about them: the worst that a log can be shown.
fn echo() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let host = listener.local_addr().unwrap().to_string();
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            thread::spawn(move || answer(stream));
        }
    });
    host
}

fn answer(mut stream: TcpStream) {
    let mut lines = BufReader::new(stream.try_clone().unwrap()).lines();
    let mut said = String::new();
    while let Some(Ok(line)) = lines.next() {
        if line.is_empty() {
            break;
        }
        if line.to_ascii_lowercase().contains("auth") || line.to_ascii_lowercase().contains("token") {
            said.push_str(&line.replace(['"', '\\'], ""));
            said.push(' ');
        }
    }
    let body = format!(
        "{{\"message\": \"not let in: {said}\", \"errors\": [{{\"code\": \"UNAUTHORIZED\", \"message\": \"{said}\"}}]}}"
    );
    let answer = format!(
        "HTTP/1.1 401 -\r\nWWW-Authenticate: Basic realm=\"{said}\"\r\nContent-Type: application/json\r\n\
         Connection: close\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    let _ = stream.write_all(answer.as_bytes());
}

#[test]
fn no_secret_is_told_by_any_command_however_much_it_tells() {
    let planted = Planted::new();
    for words in EVERY {
        planted.run(words, &["-vv"]);
    }
    for words in EVERY {
        planted.run(words, &["-vv", "-o", "json"]);
    }
    planted.assert_kept_nowhere();
}

#[test]
fn no_secret_is_told_where_a_server_tells_it_back() {
    let planted = Planted::new();
    let host = planted.echo.clone();
    let image = format!("{host}/acme/api");
    let url = format!("http://{host}/acme/manifests.git");
    let file = format!("http://me:{PLANTED}fetch-url@{host}/build.json?token={PLANTED}netrc");
    planted.sandbox.git(["remote", "set-url", "origin", &url]);
    let kinds = [
        "github",
        "gitlab",
        "gitea",
        "bitbucket-cloud",
        "bitbucket-data-center",
        "azure-devops",
    ];
    let mut refused = 0;
    for kind in kinds {
        planted.sandbox.file(
            "rakops.yaml",
            format!("forge: {{kind: {kind}, repository: acme/shop/manifests}}\n"),
        );
        let lines: [&[&str]; 6] = [
            &["pr", "list"],
            &["pr", "status", "1"],
            &["pr", "create", "--head", "main", "--base", "release", "--title", "t"],
            &["audit", "prd", "--since", "30d", "--evidence", "evidence"],
            &["bump", "api=1.5.0", "--env", "stg", "--pr", "--output-file", "outputs"],
            &["promote", "stg", "prd"],
        ];
        for words in lines {
            refused += usize::from(planted.run(words, &["-vv"]));
        }
    }
    assert!(refused > 10, "forges were asked {refused} times");
    let registry = ["-vv", "--insecure-registry", &host];
    let online: [&[&str]; 6] = [
        &["tags", &image],
        &["bump", "api=1.5.0", "--env", "stg", "--push", "--remote", "fork"],
        &["bump", "api=1.5.0", "--env", "stg", "--push", "--remote", "instead"],
        &["bump", "api=1.5.0", "--env", "stg", "--push"],
        &["bump", "api=1.5.0", "--env", "stg", "--push", "--repo", &url],
        &["bump", "--env", "stg", "-n", "--from-file", &file],
    ];
    for words in online {
        let manner = if words[0] == "tags" {
            &registry[..]
        } else {
            &registry[..1]
        };
        let offline = if words[0] == "tags" { "" } else { "1" };
        let tools = planted.sandbox.root().join("tools");
        let path = format!("{}:{}", tools.display(), std::env::var("PATH").unwrap());
        let mut command = planted.sandbox.rakops(words.iter().chain(manner).copied());
        command = command
            .env("PATH", path)
            .env("RAKOPS_OFFLINE", offline)
            .env("RAKOPS_LOG", "trace");
        let output = command.run();
        assert!(output.code > 0, "{}", output.all());
        planted.assert_untold(&output.shown.replace(&file, "URL"), output.stdout());
        planted.assert_untold(&output.shown.replace(&file, "URL"), &output.stderr);
    }
    planted.assert_kept_nowhere();
}

#[test]
fn every_variable_that_a_token_is_taken_from_is_planted_here() {
    let sources = Command::new("grep")
        .args(["-rhoE", "\"[A-Z_]+(_TOKEN|_ACCESSTOKEN|_EXT_PAT|_PASSWORD)\"", "src"])
        .current_dir(crate::harness::golden::project())
        .output()
        .unwrap();
    let named = String::from_utf8(sources.stdout).unwrap();
    // What `ci init` writes into workflows is no variable of ours.
    for name in named
        .lines()
        .map(|line| line.trim_matches('"'))
        .filter(|name| *name != "REGISTRY_PASSWORD")
    {
        assert!(VARIABLES.contains(&name), "{name} is missing in the list above");
    }
}

#[test]
fn no_core_file_is_left_by_rakops_or_what_it_starts() {
    let sandbox = Sandbox::new();
    sandbox.shop();
    let _ = sandbox.remote();
    let tools = sandbox.root().join("tools");
    fs::create_dir_all(&tools).unwrap();
    let real = Command::new("sh").args(["-c", "command -v git"]).output().unwrap();
    let real = String::from_utf8(real.stdout).unwrap().trim().to_owned();
    let limits = sandbox.root().join("limits");
    let script = format!(
        "#!/bin/sh\nulimit -S -c >> '{}'\nexec '{real}' \"$@\"\n",
        limits.display()
    );
    fs::write(tools.join("git"), script).unwrap();
    fs::set_permissions(tools.join("git"), fs::Permissions::from_mode(0o755)).unwrap();
    let output = Command::new("sh")
        .args([
            "-c",
            "ulimit -S -c \"$(ulimit -H -c)\"; ulimit -S -c; exec \"$@\"",
            "sh",
        ])
        .args([
            env!("CARGO_BIN_EXE_rakops"),
            "bump",
            "api=1.5.0",
            "--env",
            "stg",
            "--push",
        ])
        .current_dir(sandbox.dir())
        .env_clear()
        .envs(sandbox.env())
        .env(
            "PATH",
            format!("{}:{}", tools.display(), std::env::var("PATH").unwrap()),
        )
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    // Where no core file may be written at all, there is nothing to forbid.
    let allowed = String::from_utf8(output.stdout).unwrap();
    println!(
        "core files were allowed: {}",
        allowed.lines().next().unwrap_or_default()
    );
    let limits = fs::read_to_string(limits).unwrap();
    assert!(!limits.is_empty() && limits.lines().all(|line| line == "0"), "{limits}");
}
