//! Sixty-four writers and one branch, over files and smart HTTP, beside the loop that many pipelines have.
//!
//! They take minutes: `RAKOPS_WRITERS` says how many writers there are, and nothing is run without it.

use std::process::Command;
use std::time::Duration;

use crate::everywhere::Dice;
use crate::harness::golden::project;
use crate::harness::http_git::GitHttp;
use crate::harness::race::{Layout, Outcome, Race};

/// What the tests need.
pub(crate) fn needs() -> Result<(), String> {
    let help = Command::new(env!("CARGO_BIN_EXE_rakops"))
        .args(["bump", "--help"])
        .output();
    let help = help.map_err(|cause| cause.to_string())?;
    if !String::from_utf8_lossy(&help.stdout).contains("--push") {
        return Err("rakops does not push".to_owned());
    }
    match std::env::var_os("RAKOPS_WRITERS") {
        Some(_) => Ok(()),
        None => Err("RAKOPS_WRITERS is not set".to_owned()),
    }
}

/// The tests.
pub(crate) const TESTS: &[(&str, fn())] = &[
    ("race::all_land_in_their_own_files", all_land_in_their_own_files),
    ("race::all_land_in_one_file", all_land_in_one_file),
    ("race::the_newest_of_many_builds_wins", the_newest_of_many_builds_wins),
    (
        "race::the_newest_of_many_builds_wins_where_each_knows_its_own_commit_only",
        the_newest_of_many_builds_wins_where_each_knows_its_own_commit_only,
    ),
];

/// What all of them together may take.
const BUDGET: Duration = Duration::from_secs(60);

fn writers() -> usize {
    let given = std::env::var("RAKOPS_WRITERS").ok();
    given.and_then(|it| it.parse().ok()).unwrap_or(64)
}

/// The writer's bump by `tests/stress/naive.sh`.
fn naively(race: &Race, layout: Layout, writer: usize) -> Command {
    let mut command = race.command(project().join("tests/stress/naive.sh"));
    command.arg(race.clone_of(writer));
    match layout {
        Layout::OwnFiles => command
            .arg(format!("overlays/dev/app-{writer}.yaml"))
            .args([format!("app-{writer}:1.0.0"), format!("app-{writer}:1.1.0")]),
        // The version is on the line after the name, and sed joins no lines: the name is marked as done.
        Layout::OneFile => command.arg("overlays/dev/kustomization.yaml").args([
            format!("name: acme/app-{writer}$"),
            format!("name: acme/app-{writer} # 1.1.0"),
        ]),
    };
    command.arg("main");
    command
}

/// Every version of one file on the branch, oldest first.
fn history(race: &Race, path: &str) -> Vec<String> {
    let remote = race.remote();
    let ids = race.sandbox.git_in(&remote, ["rev-list", "--reverse", "main"]);
    let show = |id: &str| race.sandbox.git_in(&remote, ["show", &format!("{id}:{path}")]);
    ids.lines().map(show).collect()
}

fn tell(race: &Race, what: &str, outcome: &Outcome) {
    let (claimed, landed, commits) = (outcome.claimed(), race.landed(), race.commits());
    let verdict = if outcome.took <= BUDGET { "met" } else { "MISSED" };
    println!(
        "race: {what}: {} writers, claimed {claimed}, on the branch {landed}, lost {}, commits {commits}, {:.1} s (bar {} s, {verdict})",
        race.writers,
        claimed.saturating_sub(landed),
        outcome.took.as_secs_f64(),
        BUDGET.as_secs()
    );
}

fn tell_naive(race: &Race, what: &str, outcome: &Outcome) {
    let with_status = |status| outcome.ends.iter().filter(|(code, _)| *code == status).count();
    println!(
        "race: {what}: {} writers, claimed {}, on the branch {}, gave up {}, conflicts {}, {:.1} s",
        race.writers,
        outcome.claimed(),
        race.landed(),
        with_status(1),
        with_status(2),
        outcome.took.as_secs_f64()
    );
}

fn all_land(layout: Layout, what: &str) {
    let naive = Race::new(writers(), layout);
    naive.clones(&naive.file_url());
    let outcome = naive.run(|writer| naively(&naive, layout, writer));
    tell_naive(&naive, &format!("pull --rebase, file://, {what}"), &outcome);

    for transport in ["file://", "smart HTTP"] {
        let race = Race::new(writers(), layout);
        let server = GitHttp::serve(race.sandbox.root());
        let url = match transport {
            "file://" => race.file_url(),
            _ => server.url("remote.git"),
        };
        race.clones(&url);
        let outcome = race.run(|writer| race.bump(writer));
        tell(&race, &format!("rakops, {transport}, {what}"), &outcome);
        outcome.expect_all(&race);
        let again = race.run(|writer| race.bump(writer));
        again.expect_all(&race);
    }

    let race = Race::new(writers(), layout);
    let server = GitHttp::serve(race.sandbox.root());
    let url = server.url("remote.git");
    let outcome = race.run(|writer| race.bump_by_address(writer, &url));
    tell(&race, &format!("rakops --repo, smart HTTP, {what}"), &outcome);
    println!(
        "race: rakops --repo, {what}: {} pushes, {} fetches",
        server.pushes(),
        server.fetches()
    );
    outcome.expect_all(&race);
}

fn all_land_in_their_own_files() {
    all_land(Layout::OwnFiles, "own files");
}

fn all_land_in_one_file() {
    all_land(Layout::OneFile, "one file");
}

/// Where the builds run: what a job finds checked out of the source.
#[derive(Clone, Copy, Debug)]
enum Checkout {
    /// The whole history, that of newer builds too.
    Whole,
    /// The one commit that is built, as `actions/checkout` leaves it.
    OneCommit,
}

fn the_newest_of_many_builds_wins() {
    the_newest_wins(Checkout::Whole, writers());
}

fn the_newest_of_many_builds_wins_where_each_knows_its_own_commit_only() {
    the_newest_wins(Checkout::OneCommit, writers());
}

/// Builds of one image that end in another order than their commits: the newest source stays.
fn the_newest_wins(checkout: Checkout, builds: usize) {
    let race = Race::new(1, Layout::OwnFiles);
    let root = race.sandbox.root();
    let source = root.join("source");
    let address = format!("file://{}", source.display());
    race.sandbox
        .git_in(root, ["init", "--quiet", &source.to_string_lossy()]);
    race.sandbox
        .git_in(&source, ["config", "uploadpack.allowAnySHA1InWant", "true"]);
    race.sandbox
        .git_in(&source, ["config", "uploadpack.allowFilter", "true"]);
    let mut commits = Vec::new();
    for number in 0..builds {
        race.sandbox.advance(60);
        let message = format!("build {number}");
        race.sandbox
            .git_in(&source, ["commit", "--quiet", "--allow-empty", "--message", &message]);
        commits.push(race.sandbox.git_in(&source, ["rev-parse", "HEAD"]).trim().to_owned());
    }
    for (number, commit) in commits.iter().enumerate() {
        let job = root.join(format!("job-{number}"));
        race.sandbox.git_in(root, ["init", "--quiet", &job.to_string_lossy()]);
        race.sandbox.git_in(&job, ["remote", "add", "origin", &address]);
        match checkout {
            Checkout::Whole => race.sandbox.git_in(&job, ["fetch", "--quiet", "origin"]),
            Checkout::OneCommit => race
                .sandbox
                .git_in(&job, ["fetch", "--quiet", "--depth=1", "origin", commit]),
        };
        race.sandbox.git_in(&job, ["checkout", "--quiet", "--detach", commit]);
    }
    let mut order: Vec<usize> = (0..builds).collect();
    // Another order each time, and one that can be had again.
    let seed = std::env::var("RAKOPS_SEED").ok().and_then(|it| it.parse().ok());
    let seed = seed.unwrap_or_else(|| u64::from(std::process::id()));
    println!("race: RAKOPS_SEED={seed}");
    let mut dice = Dice::new(seed);
    for at in (1..builds).rev() {
        order.swap(at, dice.below(at + 1));
    }
    let url = race.file_url();
    // Names that have no order, so that it is not the version that decides.
    let version = |number: usize| format!("git-{}", &commits[number][..12]);
    let outcome = race.run_in_order(order, |number| {
        let mut command = race.command(env!("CARGO_BIN_EXE_rakops"));
        command.current_dir(root.join(format!("job-{number}")));
        command.args([
            "bump",
            &format!("acme/app-1={}", version(number)),
            "--env",
            "dev",
            "--repo",
            &url,
        ]);
        command.args(["--onto", "main", "--push"]);
        command.args(["--source", &format!("{address}@{}", commits[number])]);
        command
    });
    let history = history(&race, "overlays/dev/app-1.yaml");
    println!(
        "race: builds of one image in random order, {checkout:?}: {builds} builds, {} succeeded, {} commits, {:.1} s",
        outcome.claimed(),
        race.commits(),
        outcome.took.as_secs_f64()
    );
    assert_eq!(outcome.claimed(), builds, "{}", outcome.complaints());
    // Each commit on the branch is of a newer source than the one before it, and the last is of the newest.
    let number_of = |text: &String| {
        (0..builds)
            .find(|it| text.contains(&format!("app-1:{} ", version(*it))))
            .unwrap()
    };
    let numbers: Vec<usize> = history[1..].iter().map(number_of).collect();
    assert!(
        numbers.is_sorted() && numbers.last() == Some(&(builds - 1)),
        "{numbers:?}"
    );
}
