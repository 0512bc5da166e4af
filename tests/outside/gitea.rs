//! A real Gitea on the loopback: `tests/gitea/build.sh` makes it, `tests/gitea/README.md` says what was seen with it.
//!
//! It is started by the first test that asks for it and ended with the process, each test has a repository of its own.

use std::fs;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, OnceLock};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::curl;
use crate::harness::Sandbox;
use crate::harness::cmd::Cmd;
use crate::harness::daemon::free_port;
use crate::harness::forges::story::line;
use crate::harness::golden::project;
use crate::harness::http_git::base64;
use crate::harness::race::{Layout, Race};

/// What the tests need.
pub(crate) fn needs() -> Result<(), String> {
    let built = Command::new(project().join("tests/gitea/build.sh"))
        .arg("--where")
        .output();
    let built = built.map_err(|cause| cause.to_string())?;
    match built.status.success() {
        true => Ok(()),
        false => Err(String::from_utf8_lossy(&built.stderr).trim().to_owned()),
    }
}

/// The tests.
pub(crate) const TESTS: &[(&str, fn())] = &[
    (
        "gitea::a_push_that_lost_a_race_is_told_so_in_the_words_that_are_known",
        a_push_that_lost_a_race_is_told_so_in_the_words_that_are_known,
    ),
    (
        "gitea::a_second_request_for_the_same_branches_is_a_409",
        a_second_request_for_the_same_branches_is_a_409,
    ),
    (
        "gitea::a_bump_opens_one_pull_request_however_often_it_is_run",
        a_bump_opens_one_pull_request_however_often_it_is_run,
    ),
    (
        "gitea::from_a_bump_through_a_review_to_the_merge",
        from_a_bump_through_a_review_to_the_merge,
    ),
    (
        "gitea::a_push_to_a_protected_branch_is_refused_and_points_to_pull_requests",
        a_push_to_a_protected_branch_is_refused_and_points_to_pull_requests,
    ),
    (
        "gitea::a_bump_asks_for_auto_merge_only_where_a_rule_waits_for_something",
        a_bump_asks_for_auto_merge_only_where_a_rule_waits_for_something,
    ),
    (
        "gitea::a_request_for_nothing_and_things_that_are_not_there_are_said",
        a_request_for_nothing_and_things_that_are_not_there_are_said,
    ),
    (
        "gitea::a_bump_that_waits_merges_what_gitea_would_merge_at_once",
        a_bump_that_waits_merges_what_gitea_would_merge_at_once,
    ),
    ("gitea::who_may_only_read_is_told_so", who_may_only_read_is_told_so),
    (
        "gitea::an_audit_tells_how_each_change_was_approved",
        an_audit_tells_how_each_change_was_approved,
    ),
    (
        "gitea::many_writers_of_one_branch_all_land",
        many_writers_of_one_branch_all_land,
    ),
];

/// A Gitea that runs.
pub(crate) struct Gitea {
    directory: tempfile::TempDir,
    port: u16,
}

/// The process, which is ended by [`stop`].
static PROCESS: Mutex<Option<Child>> = Mutex::new(None);

/// The one Gitea of this process.
pub(crate) fn gitea() -> &'static Gitea {
    static RUNNING: OnceLock<Gitea> = OnceLock::new();
    RUNNING.get_or_init(Gitea::start)
}

/// Ends it, if one was started; statics are never dropped.
pub(crate) fn stop() {
    if let Some(mut child) = PROCESS.lock().unwrap().take() {
        let _ = child.kill();
        let _ = child.wait();
        let _ = fs::remove_dir_all(gitea().directory.path());
    }
}

/// Somebody in it.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Person {
    /// May do everything.
    Author,
    /// May write to a repository of the author.
    Reviewer,
}

impl Person {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Person::Author => "author",
            Person::Reviewer => "reviewer",
        }
    }
}

impl Gitea {
    fn start() -> Gitea {
        let directory = tempfile::Builder::new().prefix("rakops-gitea-").tempdir().unwrap();
        let port = free_port();
        let child = Command::new(project().join("tests/gitea/start.sh"))
            .arg(directory.path())
            .arg(port.to_string())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        *PROCESS.lock().unwrap() = Some(child);
        let gitea = Gitea { directory, port };
        let end = Instant::now() + Duration::from_secs(60);
        while gitea.try_call(("GET", "/version"), None, None).is_none() {
            let log = fs::read_to_string(gitea.directory.path().join("web.log")).unwrap_or_default();
            assert!(Instant::now() < end, "Gitea does not start: {log}");
            thread::sleep(Duration::from_millis(100));
        }
        gitea
    }

    /// Its address, for `RAKOPS_FORGE_URL`.
    pub(crate) fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// The token of somebody.
    pub(crate) fn token(&self, person: Person) -> String {
        let path: PathBuf = self.directory.path().join(format!("token.{}", person.name()));
        fs::read_to_string(path).unwrap().trim().to_owned()
    }

    /// Calls the API below `/api/v1` as somebody; the status and the answer, `null` when it is empty.
    pub(crate) fn call(&self, person: Person, (method, path): (&str, &str), body: Option<&Value>) -> (u16, Value) {
        let token = self.token(person);
        self.try_call((method, path), Some(&token), body)
            .expect("Gitea answers")
    }

    fn try_call(
        &self,
        (method, path): (&str, &str),
        token: Option<&str>,
        body: Option<&Value>,
    ) -> Option<(u16, Value)> {
        curl::call(method, &format!("{}/api/v1{path}", self.url()), token, body)
    }

    /// Makes a repository of the author, which the reviewer may write to, and makes it `origin` of the sandbox: what the
    /// sandbox has on `main` is pushed there. The author's token is known to git in this work directory, as CI does it.
    pub(crate) fn repository(&self, sandbox: &Sandbox) -> Repository<'_> {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let name = format!("repo-{}", COUNT.fetch_add(1, Ordering::SeqCst));
        let made = json!({"name": name, "default_branch": "main"});
        let (status, answer) = self.call(Person::Author, ("POST", "/user/repos"), Some(&made));
        assert_eq!(status, 201, "{answer}");
        let repository = Repository { gitea: self, name };
        let path = "/collaborators/reviewer";
        let (status, _) = repository.call(Person::Author, ("PUT", path), Some(&json!({"permission": "write"})));
        assert_eq!(status, 204);
        let url = repository.url();
        let login = base64(format!("author:{}", self.token(Person::Author)).as_bytes());
        sandbox.git([
            "config",
            &format!("http.{url}.extraheader"),
            &format!("AUTHORIZATION: basic {login}"),
        ]);
        sandbox.git(["remote", "add", "origin", &url]);
        sandbox.git(["push", "--quiet", "--set-upstream", "origin", "main"]);
        // That a repository is no longer empty is noted after the push was answered.
        let end = Instant::now() + Duration::from_secs(20);
        while repository.call(Person::Author, ("GET", ""), None).1["empty"] != json!(false) {
            assert!(Instant::now() < end, "the repository stays empty");
            thread::sleep(Duration::from_millis(50));
        }
        repository
    }
}

/// A repository in it.
pub(crate) struct Repository<'a> {
    gitea: &'a Gitea,
    name: String,
}

impl Repository<'_> {
    /// Where git finds it.
    pub(crate) fn url(&self) -> String {
        format!("{}/author/{}.git", self.gitea.url(), self.name)
    }

    /// Calls the API below this repository.
    pub(crate) fn call(&self, person: Person, (method, path): (&str, &str), body: Option<&Value>) -> (u16, Value) {
        let path = format!("/repos/author/{}{path}", self.name);
        self.gitea.call(person, (method, &path), body)
    }
}

/// A sandbox with one commit, on a Gitea.
fn landed() -> (Sandbox, Repository<'static>) {
    let sandbox = Sandbox::new();
    sandbox.repository().file("a.yaml", "a: 1\n");
    sandbox.commit_all("first");
    let repository = gitea().repository(&sandbox);
    (sandbox, repository)
}

fn a_push_that_lost_a_race_is_told_so_in_the_words_that_are_known() {
    let (sandbox, repository) = landed();
    let first = sandbox.git(["rev-parse", "HEAD"]).trim().to_owned();
    sandbox.file("a.yaml", "a: 2\n");
    let second = sandbox.commit_all("second");
    sandbox.git(["push", "--quiet", "origin", "HEAD:refs/heads/main"]);
    sandbox.git(["reset", "--quiet", "--hard", &first]);
    sandbox.file("a.yaml", "a: 3\n");
    sandbox.commit_all("third");
    let lease = format!("--force-with-lease=refs/heads/main:{first}");
    let lost = sandbox.try_git_in(
        &sandbox.dir(),
        ["push", "--porcelain", &lease, "origin", "HEAD:refs/heads/main"],
    );
    assert!(lost.stdout.contains("[rejected] (stale info)"), "{}", lost.stdout);
    sandbox.git(["reset", "--quiet", "--hard", &second]);
    sandbox.commit_all("fourth");
    let rule = json!({"rule_name": "main", "enable_push": false});
    assert_eq!(
        repository
            .call(Person::Author, ("POST", "/branch_protections"), Some(&rule))
            .0,
        201
    );
    let lease = format!("--force-with-lease=refs/heads/main:{second}");
    let refused = sandbox.try_git_in(
        &sandbox.dir(),
        ["push", "--porcelain", &lease, "origin", "HEAD:refs/heads/main"],
    );
    assert!(
        refused.stdout.contains("[remote rejected] (pre-receive hook declined)")
            && refused.stderr.contains("Not allowed to push to protected branch main"),
        "{}\n{}",
        refused.stdout,
        refused.stderr
    );
}

fn a_second_request_for_the_same_branches_is_a_409() {
    let (sandbox, repository) = landed();
    sandbox.file("a.yaml", "a: 2\n");
    sandbox.commit_all("second");
    sandbox.git(["push", "--quiet", "origin", "HEAD:refs/heads/topic/1"]);
    let new = json!({"head": "topic/1", "base": "main", "title": "One"});
    let (status, made) = repository.call(Person::Author, ("POST", "/pulls"), Some(&new));
    assert_eq!((status, made["number"].as_u64()), (201, Some(1)), "{made}");
    let (status, again) = repository.call(Person::Author, ("POST", "/pulls"), Some(&new));
    assert_eq!(status, 409, "{again}");
    let review = json!({"event": "APPROVED"});
    let (status, said) = repository.call(Person::Reviewer, ("POST", "/pulls/1/reviews"), Some(&review));
    assert_eq!((status, said["state"].as_str()), (200, Some("APPROVED")), "{said}");
}

/// A shop on a Gitea.
pub(crate) fn shop() -> (Sandbox, Repository<'static>) {
    let sandbox = Sandbox::new();
    sandbox.shop();
    let repository = gitea().repository(&sandbox);
    (sandbox, repository)
}

fn bump<'a>(sandbox: &'a Sandbox, words: &[&str]) -> Cmd<'a> {
    with_gitea(sandbox.rakops(["bump", "ghcr.io/acme/api=1.5.0"].iter().chain(words)))
}

pub(crate) fn with_gitea(command: Cmd<'_>) -> Cmd<'_> {
    let gitea = gitea();
    command
        .env("RAKOPS_FORGE_KIND", "gitea")
        .env("RAKOPS_FORGE_URL", gitea.url())
        .env("RAKOPS_GITEA_TOKEN", gitea.token(Person::Author))
}

fn a_bump_opens_one_pull_request_however_often_it_is_run() {
    let (sandbox, repository) = shop();
    let words = ["--env", "prd", "--pr", "--label", "deploy", "--reviewer", "reviewer"];
    for _ in 0..2 {
        bump(&sandbox, &words).run().expect(0);
        let (status, found) = repository.call(Person::Author, ("GET", "/pulls?state=all"), None);
        assert_eq!((status, found.as_array().map(Vec::len)), (200, Some(1)), "{found}");
        assert_eq!(
            found[0]["requested_reviewers"][0]["login"],
            json!("reviewer"),
            "{found}"
        );
    }
    let (_, request) = repository.call(Person::Author, ("GET", "/pulls/1"), None);
    let merge = json!({"Do": "merge", "head_commit_id": request["head"]["sha"]});
    let end = Instant::now() + Duration::from_secs(20);
    while repository
        .call(Person::Author, ("POST", "/pulls/1/merge"), Some(&merge))
        .0
        != 200
    {
        assert!(Instant::now() < end, "it is never mergeable: {request}");
        thread::sleep(Duration::from_millis(500));
    }
    sandbox.git(["pull", "--quiet"]);
    assert!(sandbox.read("overlays/prd/kustomization.yaml").contains("1.5.0"));
    bump(&sandbox, &words).run().expect(0);
    let (_, found) = repository.call(Person::Author, ("GET", "/pulls?state=all"), None);
    assert_eq!(found.as_array().map(Vec::len), Some(1), "{found}");
}

/// The flow of the talk: what is approved does not change unasked, only the commit that was reviewed is merged, and then
/// nothing is left to do.
fn from_a_bump_through_a_review_to_the_merge() {
    let (sandbox, repository) = shop();
    let words = ["--env", "prd", "--pr", "--reviewer", "reviewer"];
    bump(&sandbox, &words).run().expect(0);
    let reviewed = repository.call(Person::Author, ("GET", "/pulls/1"), None).1["head"]["sha"].clone();
    let review = json!({"event": "APPROVED", "commit_id": reviewed});
    let (status, said) = repository.call(Person::Reviewer, ("POST", "/pulls/1/reviews"), Some(&review));
    assert_eq!((status, said["state"].as_str()), (200, Some("APPROVED")), "{said}");
    let pr = |words: &[&str]| with_gitea(sandbox.rakops(["pr"].iter().chain(words)));
    let status = pr(&["status", "1", "-o", "json"]).run().expect(0).json();
    assert_eq!(status["pull_request"]["review"], "approved", "{status}");
    let newer = ["bump", "ghcr.io/acme/api=1.6.0"].iter().chain(&words);
    let refused = with_gitea(sandbox.rakops(newer)).run().expect(3);
    assert!(refused.stderr.contains("--update"), "{}", refused.stderr);
    let head = reviewed.as_str().unwrap();
    pr(&["merge", "1", "--expect-head", head]).run().expect(0);
    sandbox.git(["pull", "--quiet"]);
    assert!(sandbox.read("overlays/prd/kustomization.yaml").contains("1.5.0"));
    bump(&sandbox, &words).run().expect(0);
    let (_, all) = repository.call(Person::Author, ("GET", "/pulls?state=all"), None);
    assert_eq!(all.as_array().map(Vec::len), Some(1), "{all}");
}

fn a_push_to_a_protected_branch_is_refused_and_points_to_pull_requests() {
    let (sandbox, repository) = shop();
    let rule = json!({"rule_name": "main", "enable_push": false});
    assert_eq!(
        repository
            .call(Person::Author, ("POST", "/branch_protections"), Some(&rule))
            .0,
        201
    );
    let refused = bump(&sandbox, &["--env", "dev", "--push"]).run().expect(3);
    assert!(
        refused.stderr.contains("Not allowed to push to protected branch main") && refused.stderr.contains("--pr"),
        "{}",
        refused.stderr
    );
}

fn a_bump_asks_for_auto_merge_only_where_a_rule_waits_for_something() {
    let (sandbox, repository) = shop();
    let words = ["--env", "stg", "--pr", "--auto-merge"];
    let refused = bump(&sandbox, &words).run().expect(3);
    assert!(refused.stderr.contains("no rule of `main` wants"), "{}", refused.stderr);
    assert_eq!(
        repository.call(Person::Author, ("GET", "/pulls/1"), None).1["state"],
        "open"
    );
    let rule = json!({"rule_name": "main", "enable_status_check": true, "status_check_contexts": ["ci"]});
    let made = repository.call(Person::Author, ("POST", "/branch_protections"), Some(&rule));
    assert_eq!(made.0, 201, "{}", made.1);
    bump(&sandbox, &words).run().expect(0);
    let (_, request) = repository.call(Person::Author, ("GET", "/pulls/1"), None);
    assert_eq!(request["state"], "open", "{request}");
    // It is planned: another content is refused, and with `--update` it is planned no longer.
    let other = |more: &[&str]| {
        let words = [&["bump", "ghcr.io/acme/api=1.6.0", "--env", "stg", "--pr"], more].concat();
        let gitea = gitea();
        sandbox
            .rakops(words)
            .env("RAKOPS_FORGE_KIND", "gitea")
            .env("RAKOPS_FORGE_URL", gitea.url())
            .env("RAKOPS_GITEA_TOKEN", gitea.token(Person::Author))
    };
    let refused = other(&[]).run().expect(3);
    assert!(refused.stderr.contains("set to merge by itself"), "{}", refused.stderr);
    let output = other(&["--update"]).run().expect(0);
    assert!(
        output.stderr.contains("does not merge by itself any more"),
        "{}",
        output.stderr
    );
    other(&["--auto-merge"]).run().expect(0);
    let (_, request) = repository.call(Person::Author, ("GET", "/pulls/1"), None);
    let path = format!("/statuses/{}", request["head"]["sha"].as_str().unwrap());
    let passed = json!({"context": "ci", "state": "success"});
    assert_eq!(repository.call(Person::Author, ("POST", &path), Some(&passed)).0, 201);
    let end = Instant::now() + Duration::from_secs(20);
    while repository.call(Person::Author, ("GET", "/pulls/1"), None).1["merged"] != json!(true) {
        assert!(Instant::now() < end, "it is never merged");
        thread::sleep(Duration::from_millis(200));
    }
}

fn a_request_for_nothing_and_things_that_are_not_there_are_said() {
    let (sandbox, repository) = shop();
    sandbox.git(["push", "--quiet", "origin", "main:refs/heads/topic/same"]);
    let gitea = gitea();
    let nothing = sandbox
        .rakops(["pr", "create", "--head", "topic/same", "--onto", "main", "--title", "x"])
        .env("RAKOPS_FORGE_KIND", "gitea")
        .env("RAKOPS_FORGE_URL", gitea.url())
        .env("RAKOPS_GITEA_TOKEN", gitea.token(Person::Author));
    let output = nothing.run().expect(0);
    assert!(
        output.stderr.contains("holds nothing that main does not hold"),
        "{}",
        output.stderr
    );
    let words = [
        "--env",
        "stg",
        "--pr",
        "--draft",
        "--label",
        "no-such",
        "--reviewer",
        "author/nobody",
    ];
    let output = bump(&sandbox, &words).run().expect(0);
    for part in ["without its label no-such", "without its reviewer author/nobody"] {
        assert!(output.stderr.contains(part), "{part}\n{}", output.stderr);
    }
    let (_, found) = repository.call(Person::Author, ("GET", "/pulls?state=all"), None);
    assert_eq!(found.as_array().map(Vec::len), Some(1), "{found}");
    assert_eq!(found[0]["draft"], true, "{found}");
    assert_eq!(found[0]["title"], "WIP: bump stg: api 1.4.1 -> 1.5.0", "{found}");
}

fn a_bump_that_waits_merges_what_gitea_would_merge_at_once() {
    let (sandbox, repository) = shop();
    let words = ["--env", "stg", "--pr", "--auto-merge", "--wait=40s", "-o", "json"];
    let output = bump(&sandbox, &words).run().expect(0);
    assert!(output.stderr.contains("so this run does"), "{}", output.stderr);
    assert_eq!(
        repository.call(Person::Author, ("GET", "/pulls/1"), None).1["merged"],
        true
    );
}

fn who_may_only_read_is_told_so() {
    let (sandbox, repository) = shop();
    let read = json!({"permission": "read"});
    assert_eq!(
        repository
            .call(Person::Author, ("PUT", "/collaborators/reviewer"), Some(&read))
            .0,
        204
    );
    let url = repository.url();
    sandbox.git(["config", "--unset", &format!("http.{url}.extraheader")]);
    let refused = bump(&sandbox, &["--env", "stg", "--pr"])
        .env("RAKOPS_GITEA_TOKEN", gitea().token(Person::Reviewer))
        .run()
        .expect(4);
    assert!(
        refused.stderr.contains("User permission denied for writing"),
        "{}",
        refused.stderr
    );
}

/// A branch with two commits that give production versions, pushed and proposed; returns both commits.
fn proposed(sandbox: &Sandbox, repository: &Repository<'_>, number: u64) -> [String; 2] {
    let topic = format!("topic-{number}");
    sandbox.git(["switch", "--quiet", "--create", &topic, "main"]);
    let commits = [0, 1].map(|patch| {
        let text =
            format!("resources: [../../base]\nimages:\n- {{name: ghcr.io/acme/api, newTag: 2.{number}.{patch}}}\n");
        sandbox.file("overlays/prd/kustomization.yaml", text);
        sandbox.commit_all(&format!("prd: api 2.{number}.{patch}"))
    });
    sandbox.git(["push", "--quiet", "origin", &topic]);
    let new = json!({"head": topic, "base": "main", "title": format!("Request {number}")});
    let (status, made) = repository.call(Person::Author, ("POST", "/pulls"), Some(&new));
    assert_eq!((status, made["number"].as_u64()), (201, Some(number)), "{made}");
    sandbox.git(["switch", "--quiet", "main"]);
    commits
}

fn reviewed(repository: &Repository<'_>, number: u64, event: &str) -> Value {
    let review = json!({"event": event, "body": "so"});
    let path = format!("/pulls/{number}/reviews");
    let (status, said) = repository.call(Person::Reviewer, ("POST", &path), Some(&review));
    assert_eq!(status, 200, "{said}");
    said
}

/// Merges by a style of Gitea, as soon as Gitea has found out whether that goes.
pub(crate) fn merge(repository: &Repository<'_>, (number, style): (u64, &str)) {
    let path = format!("/pulls/{number}/merge");
    let end = Instant::now() + Duration::from_secs(20);
    loop {
        let (status, said) = repository.call(Person::Author, ("POST", &path), Some(&json!({ "Do": style })));
        if status == 200 {
            return;
        }
        assert!(Instant::now() < end, "it is never mergeable: {said}");
        thread::sleep(Duration::from_millis(300));
    }
}

/// Merges by a style of Gitea, brings `main` here and returns the commits that it got, oldest first.
fn merged(sandbox: &Sandbox, repository: &Repository<'_>, (number, style): (u64, &str)) -> Vec<String> {
    let before = sandbox.git(["rev-parse", "main"]).trim().to_owned();
    merge(repository, (number, style));
    sandbox.git(["pull", "--quiet", "--ff-only"]);
    let listed = sandbox.git(["rev-list", "--first-parent", "--reverse", &format!("{before}..main")]);
    listed.lines().map(str::to_owned).collect()
}

fn an_audit_tells_how_each_change_was_approved() {
    let (sandbox, repository) = shop();
    let mut wanted: Vec<(String, String)> = Vec::new();
    for (style, number) in ["merge", "squash", "rebase", "fast-forward-only", "rebase-merge"]
        .into_iter()
        .zip(1..)
    {
        let _ = proposed(&sandbox, &repository, number);
        reviewed(&repository, number, "APPROVED");
        if style.starts_with("rebase") {
            // Otherwise there is nothing to be done anew.
            sandbox.file("README.md", style);
            sandbox.commit_all("about something else");
            sandbox.git(["push", "--quiet", "origin", "main"]);
        }
        let landed = merged(&sandbox, &repository, (number, style));
        let count = if matches!(style, "rebase" | "fast-forward-only") {
            2
        } else {
            1
        };
        assert_eq!(landed.len(), count, "{style}");
        wanted.extend(landed.into_iter().map(|commit| (commit, format!("{number} yes"))));
    }
    // The branch goes on after its request was merged: that says nothing of what was merged.
    sandbox.git(["push", "--quiet", "origin", "main:refs/heads/topic-1"]);
    let mut one = |number: u64, gaps: &str, prepare: &dyn Fn()| {
        let _ = proposed(&sandbox, &repository, number);
        prepare();
        let landed = merged(&sandbox, &repository, (number, "merge"));
        wanted.extend(landed.into_iter().map(|commit| (commit, format!("{number} no {gaps}"))));
    };
    one(6, "not-approved", &|| {});
    one(7, "approved-older-commit", &|| {
        reviewed(&repository, 7, "APPROVED");
        sandbox.git(["switch", "--quiet", "topic-7"]);
        sandbox.file("overlays/prd/more.yaml", "a: 1\n");
        sandbox.file(
            "overlays/prd/kustomization.yaml",
            "resources: [../../base]\nnamespace: other\n",
        );
        sandbox.commit_all("one more");
        sandbox.git(["push", "--quiet", "origin", "topic-7"]);
        sandbox.git(["switch", "--quiet", "main"]);
        let head = sandbox.git(["rev-parse", "topic-7"]).trim().to_owned();
        let end = Instant::now() + Duration::from_secs(20);
        while repository.call(Person::Author, ("GET", "/pulls/7"), None).1["head"]["sha"] != json!(head) {
            assert!(Instant::now() < end, "the request never sees its head");
            thread::sleep(Duration::from_millis(100));
        }
    });
    one(8, "not-approved,changes-requested", &|| {
        reviewed(&repository, 8, "REQUEST_CHANGES");
    });
    one(9, "not-approved", &|| {
        let id = reviewed(&repository, 9, "APPROVED")["id"].to_string();
        let path = format!("/pulls/9/reviews/{id}/dismissals");
        let said = repository.call(
            Person::Author,
            ("POST", &path),
            Some(&json!({"message": "no", "priors": false})),
        );
        assert_eq!(said.0, 200, "{}", said.1);
    });
    one(10, "not-approved", &|| {
        reviewed(&repository, 10, "COMMENT");
    });
    // Nobody approves afterwards there.
    let path = "/pulls/10/reviews";
    let late = repository.call(Person::Reviewer, ("POST", path), Some(&json!({"event": "APPROVED"})));
    assert_eq!(late.0, 422, "{}", late.1);
    sandbox.file(
        "overlays/prd/kustomization.yaml",
        "resources: [../../base]\nnamespace: pushed\n",
    );
    let pushed = sandbox.commit_all("by nobody's leave");
    sandbox.git(["push", "--quiet", "origin", "main"]);
    wanted.push((pushed, "null no no-pull-request".to_owned()));
    let audit = with_gitea(sandbox.rakops(["audit", "prd", "--since", "2000-01-01", "-o", "json"]));
    let document = audit.run().expect(0).json();
    for (commit, wanted) in wanted {
        assert_eq!(line(&document, &commit), wanted, "{document}");
    }
}

fn many_writers_of_one_branch_all_land() {
    let race = Race::new(16, Layout::OneFile);
    race.sandbox.git(["remote", "remove", "origin"]);
    let repository = gitea().repository(&race.sandbox);
    let url = repository.url();
    // Who clones needs no token here; who pushes does, and finds it where CI puts it.
    race.clones(&url);
    let header = format!("http.{url}.extraheader");
    let value = race.sandbox.git(["config", &header]);
    for writer in 1..=race.writers {
        race.sandbox
            .git_in(&race.clone_of(writer), ["config", &header, value.trim()]);
    }
    let outcome = race.run(|writer| race.bump(writer));
    let mirror = race.remote().to_string_lossy().into_owned();
    race.sandbox.git(["fetch", "--quiet", "origin"]);
    race.sandbox.git([
        "push",
        "--quiet",
        "--force",
        &mirror,
        "refs/remotes/origin/main:refs/heads/main",
    ]);
    println!(
        "race: rakops, Gitea, one file: {} writers, {:.1} s",
        race.writers,
        outcome.took.as_secs_f64()
    );
    outcome.expect_all(&race);
}
