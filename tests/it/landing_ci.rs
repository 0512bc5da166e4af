//! Landing from a pipeline: checkouts as CI systems leave them, tokens by variables, and what the system is told.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::harness::Sandbox;
use crate::harness::cmd::Cmd;
use crate::harness::http_git::{GitHttp, base64};
use crate::harness::landing::DEV;

const TOKEN: &str = "ghs_secret0123456789";

/// The shop at a server that wants a token; `checkout` is what a job has of it: depth 1.
struct Job {
    sandbox: Sandbox,
    server: GitHttp,
    url: String,
    checkout: PathBuf,
}

fn header() -> String {
    format!(
        "AUTHORIZATION: basic {}",
        base64(format!("x-access-token:{TOKEN}").as_bytes())
    )
}

#[cfg(unix)]
fn job() -> Job {
    let sandbox = Sandbox::new();
    sandbox.shop_with_remote();
    sandbox.rival("main", "notes");
    let server = GitHttp::serve(sandbox.root());
    server.require("x-access-token", TOKEN);
    let url = server.url(sandbox.as_on_a_forge());
    let checkout = sandbox.root().join("checkout");
    // As actions/checkout does it.
    sandbox.git_in(sandbox.root(), ["init", "--quiet", &checkout.to_string_lossy()]);
    sandbox.git_in(&checkout, ["remote", "add", "origin", &url]);
    let flag = format!("http.extraheader={}", header());
    let refspec = "+refs/heads/main:refs/remotes/origin/main";
    sandbox.git_in(
        &checkout,
        [
            "-c",
            &flag,
            "fetch",
            "--quiet",
            "--depth=1",
            "--no-tags",
            "origin",
            refspec,
        ],
    );
    sandbox.git_in(
        &checkout,
        ["checkout", "--quiet", "-B", "main", "refs/remotes/origin/main"],
    );
    server.forget();
    Job {
        sandbox,
        server,
        url,
        checkout,
    }
}

impl Job {
    fn bump(&self, version: &str, words: &[&str]) -> Cmd<'_> {
        let bump = self.sandbox.bump(version, words).cwd(&self.checkout);
        let bump = bump.env("GITHUB_ACTIONS", "true").env("CI", "true");
        let bump = bump
            .env("GITHUB_REPOSITORY", "acme/manifests")
            .env("GITHUB_RUN_ID", "42");
        bump.env("GITHUB_SERVER_URL", "https://github.example")
    }

    /// Gives rakops a token, and says that the server is GitHub.
    fn with_token<'a>(&self, bump: Cmd<'a>) -> Cmd<'a> {
        let server = self.url.trim_end_matches("/acme/manifests.git").to_owned();
        let bump = bump
            .env("RAKOPS_GITHUB_TOKEN", TOKEN)
            .env("RAKOPS_FORGE_KIND", "github");
        bump.env("RAKOPS_FORGE_URL", server)
    }

    #[track_caller]
    fn expect_one_header_each(&self) {
        let asked = self.server.requests();
        assert!(!asked.is_empty());
        for request in asked {
            let sent = request
                .headers
                .iter()
                .filter(|(name, _)| name == "authorization")
                .count();
            assert_eq!(sent, 1, "{} {}", request.method, request.path);
        }
    }
}

/// Fails if one of these texts stands in a file below the directory.
#[track_caller]
fn expect_in_no_file(directory: &Path, texts: &[&str]) {
    for text in texts {
        let found = Command::new("grep")
            .args(["-rlF", text])
            .arg(directory)
            .output()
            .unwrap();
        assert_eq!(String::from_utf8_lossy(&found.stdout), "", "{text}");
    }
}

#[cfg(unix)]
#[test]
fn the_header_that_the_checkout_has_is_used_and_no_second_one() {
    for layout in ["in the configuration", "in a file of the runner"] {
        let job = job();
        let key = format!("http.{}.extraheader", job.url.trim_end_matches("acme/manifests.git"));
        if layout == "in the configuration" {
            job.sandbox.git_in(&job.checkout, ["config", &key, &header()]);
        } else {
            let beside = job
                .sandbox
                .root()
                .join("tmp/credentials")
                .to_string_lossy()
                .into_owned();
            job.sandbox
                .git_in(&job.checkout, ["config", "--file", &beside, &key, &header()]);
            let condition = format!("includeIf.gitdir:{}/.git.path", job.checkout.display());
            job.sandbox.git_in(&job.checkout, ["config", &condition, &beside]);
        }
        // A token of our own beside it must not be sent as well.
        let output = job.with_token(job.bump("1.4.2", &["--push"])).run().expect(0);
        job.expect_one_header_each();
        assert!(!output.all().contains(TOKEN), "{}", output.all());
        assert_eq!(job.sandbox.remote_commits("main"), 3);
        assert_eq!(job.sandbox.git_in(&job.checkout, ["for-each-ref", "refs/rakops"]), "");
        // A branch that a checkout of one branch has never seen.
        let output = job.bump("1.4.2", &["--push", "--onto", "release"]).run();
        assert_eq!(output.code, 0, "{layout}: {}", output.all());
        assert_eq!(job.sandbox.remote_commits("release"), 2);
    }
}

#[cfg(unix)]
#[test]
fn a_token_by_a_variable_is_sent_once_and_stands_nowhere() {
    let job = job();
    // Every start of git is written down.
    let tools = job.sandbox.root().join("tools");
    fs::create_dir_all(&tools).unwrap();
    let git = Command::new("sh").args(["-c", "command -v git"]).output().unwrap();
    let git = String::from_utf8(git.stdout).unwrap().trim().to_owned();
    let list = job.sandbox.root().join("started");
    let script = format!(
        "#!/bin/sh\nprintf '%s\\n' \"$*\" >> '{}'\nexec '{git}' \"$@\"\n",
        list.display()
    );
    fs::write(tools.join("git"), script).unwrap();
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(tools.join("git"), fs::Permissions::from_mode(0o755)).unwrap();
    let path = format!("{}:{}", tools.display(), std::env::var("PATH").unwrap());
    let repo = job.url.clone();
    for (version, words) in [
        ("1.4.2", vec!["--push", "-vv"]),
        ("1.4.3", vec!["--repo", repo.as_str(), "--push", "-vv"]),
    ] {
        let bump = job.with_token(job.bump(version, &words)).env("PATH", &path);
        let output = bump.run().expect(0);
        let encoded = base64(format!("x-access-token:{TOKEN}").as_bytes());
        // What tells the runner to hide it is the one exception.
        let said: String = output
            .all()
            .lines()
            .filter(|line| !line.starts_with("::add-mask::"))
            .collect();
        assert!(!said.contains(TOKEN) && !said.contains(&encoded), "{}", output.all());
        let started = fs::read_to_string(&list).unwrap();
        assert!(started.contains("push --porcelain"), "{started}");
        expect_in_no_file(job.sandbox.root(), &[TOKEN, &encoded]);
    }
    // Git asks once without, and is told to come with a name, only where it has none to send.
    job.expect_one_header_each();
    assert_eq!(job.sandbox.remote_commits("main"), 4);
}

#[cfg(unix)]
#[test]
fn the_system_is_told_by_outputs_a_summary_and_dotenv() {
    let sandbox = Sandbox::new();
    sandbox.shop_with_remote();
    let at = |name: &str| sandbox.root().join("tmp").join(name).to_string_lossy().into_owned();
    let bump = sandbox.bump("1.4.2", &["--push"]).env("GITHUB_ACTIONS", "true");
    let bump = bump
        .env("GITHUB_OUTPUT", at("output"))
        .env("GITHUB_STEP_SUMMARY", at("summary"));
    bump.run().expect(0);
    let tip = sandbox.remote_tip("main");
    let outputs = fs::read_to_string(at("output")).unwrap();
    for line in [
        "changed=true\n",
        "branch=main\n",
        &format!("commit={tip}\n"),
        "pr-url=\n",
        "images=[{",
    ] {
        assert!(outputs.contains(line), "{outputs}");
    }
    let summary = fs::read_to_string(at("summary")).unwrap();
    for part in ["### rakops bump", &tip[..10], "on `main`", "1.4.1", "1.4.2"] {
        assert!(summary.contains(part), "{summary}");
    }
    let dotenv = at("rakops.env");
    sandbox
        .bump("1.4.3", &["--push", "--output-file", &dotenv])
        .run()
        .expect(0);
    let text = fs::read_to_string(dotenv).unwrap();
    let tip = sandbox.remote_tip("main");
    for line in [
        "RAKOPS_CHANGED=true\n",
        "RAKOPS_BRANCH=main\n",
        &format!("RAKOPS_COMMIT={tip}\n"),
    ] {
        assert!(text.contains(line), "{text}");
    }
    // Nothing to do is told as well.
    let bump = sandbox.bump("1.4.3", &["--push"]).env("GITHUB_ACTIONS", "true");
    bump.env("GITHUB_OUTPUT", at("again")).run().expect(0);
    let outputs = fs::read_to_string(at("again")).unwrap();
    assert!(
        outputs.contains("changed=false\n") && outputs.contains("commit=\n"),
        "{outputs}"
    );
}

#[test]
fn a_failure_becomes_an_annotation_at_the_file() {
    let sandbox = Sandbox::new();
    sandbox.shop_with_remote();
    let bump = sandbox.bump("1.4.0", &["--push"]).env("GITHUB_ACTIONS", "true");
    let output = bump.run().expect(3);
    let line = format!("::error title=rakops%3A downgrade,file={DEV},line=4");
    assert!(output.all().contains(&line), "{}", output.all());
}

#[cfg(unix)]
#[test]
fn words_from_outside_start_no_command_of_the_runner() {
    let sandbox = Sandbox::new();
    sandbox.shop_with_remote();
    let at = |name: &str| sandbox.root().join("tmp").join(name).to_string_lossy().into_owned();
    // The remote speaks to the pipeline, and so does the name of a branch.
    let script = "echo '::set-env name=PATH::/evil' >&2; echo '##[add-path]/evil' >&2; exit 1";
    sandbox.hook(&sandbox.remote_path(), "pre-receive", script);
    let run = |bump: Cmd<'_>| {
        let bump = bump.env("GITHUB_ACTIONS", "true").env("GITHUB_OUTPUT", at("output"));
        let output = bump.env("GITHUB_STEP_SUMMARY", at("summary")).run();
        for line in output
            .stdout()
            .lines()
            .chain(output.stderr.lines())
            .map(str::trim_start)
        {
            let ours = ["::error ", "::warning ", "::add-mask::", "::group::", "::endgroup::"];
            let is_ours = ours.iter().any(|start| line.starts_with(start));
            assert!(!line.starts_with("::") || is_ours, "{}", output.all());
            assert!(!line.contains("##["), "{}", output.all());
        }
        output
    };
    let output = run(sandbox.bump("1.4.2", &["--push"])).expect(3);
    assert!(
        output.stderr.contains("/evil"),
        "what was said is shown: {}",
        output.all()
    );
    fs::remove_file(sandbox.remote_path().join("hooks/pre-receive")).unwrap();
    let branch = "::error::x%0A::set-output";
    let made = sandbox.try_git_in(
        &sandbox.dir(),
        ["push", "--quiet", "origin", &format!("main:refs/heads/{branch}")],
    );
    if made.succeeded {
        run(sandbox.bump("1.4.2", &["--push", "--onto", branch]));
    }
    let branch = "x,file=y;echo$(id)`id`";
    sandbox.git(["push", "--quiet", "origin", &format!("main:refs/heads/{branch}")]);
    run(sandbox.bump("1.4.2", &["--push", "--onto", branch])).expect(0);
    let outputs = fs::read_to_string(at("output")).unwrap();
    assert!(outputs.contains(&format!("branch={branch}\n")), "{outputs}");
    run(sandbox.bump("1.4.2\n::set-env name=A::b", &["--push"])).expect(2);
    let outputs = fs::read_to_string(at("output")).unwrap();
    assert!(!outputs.contains("::set-env"), "{outputs}");
}

#[test]
fn the_header_of_the_applications_checkout_does_not_keep_the_token_from_another_repository() {
    let job = job();
    let app = job.sandbox.root().join("app");
    job.sandbox
        .git_in(job.sandbox.root(), ["init", "--quiet", &app.to_string_lossy()]);
    let key = format!("http.{}.extraheader", job.url.trim_end_matches("acme/manifests.git"));
    let of_the_app = format!("AUTHORIZATION: basic {}", base64(b"x-access-token:of-the-app"));
    job.sandbox.git_in(&app, ["config", &key, &of_the_app]);
    let bump = job.bump("1.4.2", &["--repo", &job.url, "--push"]).cwd(&app);
    job.with_token(bump).run().expect(0);
    job.expect_one_header_each();
    assert_eq!(job.sandbox.remote_commits("main"), 3);
}
