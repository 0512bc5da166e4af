//! Somebody turns the clock forth and back by a year while rakops and git run: see `clock.c`.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;
use std::time::{SystemTime, UNIX_EPOCH};

use crate::harness::Sandbox;
use crate::harness::cmd::Cmd;
use crate::harness::golden::project;
use crate::harness::landing::DEV;
use crate::harness::registry::Registry;

/// The tests; they need a C compiler, and programs that load libraries.
pub(crate) const TESTS: &[(&str, fn())] = &[
    ("faults::clock::landings_land_once_whatever_the_clock_says", landings),
    (
        "faults::clock::no_lock_is_stolen_whatever_the_clock_says",
        nothing_stolen,
    ),
    (
        "faults::clock::what_is_kept_is_as_good_as_a_new_answer_whatever_the_clock_says",
        kept_answers,
    ),
];

/// Half a year: nobody is that far off whose clock was not turned.
const FAR: u64 = 180 * 86_400;

/// What the tests need.
pub(crate) fn needs() -> Result<(), String> {
    library()?;
    let sandbox = Sandbox::new();
    sandbox.shop();
    turned(sandbox.rakops(["bump", "api=1.4.2", "--env", "dev", "--commit"]))
        .run()
        .expect(0);
    let dates = sandbox.git(["log", "-1", "--format=%ct"]);
    match is_far(&dates) {
        true => Ok(()),
        false => Err("the clock cannot be turned for a program: it does not load libraries".to_owned()),
    }
}

fn is_far(date: &str) -> bool {
    let date: u64 = date.trim().parse().unwrap();
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    date.abs_diff(now) > FAR
}

/// The library; made once.
fn library() -> Result<&'static Path, String> {
    static MADE: OnceLock<Result<PathBuf, String>> = OnceLock::new();
    MADE.get_or_init(make).as_deref().map_err(Clone::clone)
}

fn make() -> Result<PathBuf, String> {
    if !cfg!(target_os = "linux") {
        return Err("the clock is turned on Linux only".to_owned());
    }
    let library = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("clock-{}.so", std::process::id()));
    let compiled = Command::new("cc")
        .args(["-O1", "-shared", "-fPIC", "-o"])
        .arg(&library)
        .arg(project().join("tests/outside/faults/clock.c"))
        .output()
        .map_err(|cause| format!("no C compiler: {cause}"))?;
    match compiled.status.success() {
        true => Ok(library),
        false => Err(String::from_utf8_lossy(&compiled.stderr).into_owned()),
    }
}

/// The run with a clock of its own instead of the sandbox's, which always says the same.
fn turned(run: Cmd<'_>) -> Cmd<'_> {
    let run = run.env("LD_PRELOAD", library().unwrap().to_string_lossy().into_owned());
    ["SOURCE_DATE_EPOCH", "GIT_AUTHOR_DATE", "GIT_COMMITTER_DATE"]
        .into_iter()
        .fold(run, |run, name| run.env(name, ""))
}

fn landings() {
    let sandbox = Sandbox::new();
    sandbox.shop_with_remote();
    let url = format!("file://{}", sandbox.remote_path().display());
    let before = sandbox.remote_commits("main");
    let ways: [&[&str]; 3] = [
        &["--push", "--onto", "main"],
        &["--push", "--onto", "main", "--repo", &url],
        &["--push", "--onto", "main"],
    ];
    for (at, way) in ways.iter().enumerate() {
        let version = format!("1.5.{at}");
        for _ in 0..2 {
            turned(sandbox.bump(&version, way)).run().expect(0);
        }
        assert_eq!(sandbox.remote_commits("main"), before + at + 1, "{way:?}");
        let landed = sandbox.git_at_remote(&["show", &format!("main:{DEV}")]);
        assert!(landed.contains(&version), "{landed}");
        assert!(is_far(&sandbox.git_at_remote(&["log", "-1", "--format=%ct", "main"])));
        // The checkout of somebody whose branch moved without them.
        sandbox.git(["pull", "--quiet", "--ff-only"]);
    }
    for words in [
        &["status"][..],
        &["drift", "dev", "stg"],
        &["audit"],
        &["images"],
        &["check"],
    ] {
        let output = turned(sandbox.rakops(words.iter().copied())).run();
        assert!(output.code < 6, "{words:?}: {}", output.all());
    }
    sandbox.expect_no_private_references();
}

fn nothing_stolen() {
    let sandbox = Sandbox::new();
    sandbox.shop_with_remote();
    let lock = sandbox.path(".git/refs/heads/release.lock");
    fs::write(&lock, "").unwrap();
    let output = turned(sandbox.bump("1.4.2", &["--commit", "--onto", "release"]))
        .run()
        .expect(6);
    assert!(output.stderr.contains("remove `") && lock.exists(), "{}", output.all());
    // What belongs to a run that is alive, by the locks that it would hold.
    let unfinished = "overlays/dev/.rakops-AbC123.tmp";
    sandbox.file(unfinished, "half");
    let of_another = "refs/rakops/1-0123456789abcdef/main";
    sandbox.git(["update-ref", of_another, "HEAD"]);
    let held = [sandbox.dir(), sandbox.path(".git/objects")].map(|path| {
        let file = File::open(path).unwrap();
        file.lock_shared().unwrap();
        file
    });
    turned(sandbox.bump("1.4.2", &[])).run().expect(0);
    sandbox.git(["checkout", "--quiet", "--", "."]);
    turned(sandbox.bump("1.4.2", &["--push", "--onto", "main"]))
        .run()
        .expect(0);
    assert!(sandbox.path(unfinished).exists());
    assert!(sandbox.git(["for-each-ref", "refs/rakops"]).contains(of_another));
    drop(held);
}

fn kept_answers() {
    let registry = Registry::start();
    registry.image("acme/api", "1.4.0");
    let sandbox = Sandbox::new();
    sandbox.branches("fan-out");
    let image = format!("{}/acme/api", registry.host());
    let newest = || {
        let output = turned(sandbox.rakops(["tags", &image]).online()).run().expect(0);
        output.stdout().to_owned()
    };
    for version in ["1.5.0", "1.6.0", "1.7.0"] {
        assert!(!newest().contains(version));
        registry.image("acme/api", version);
        assert!(newest().contains(version), "{version}");
    }
    for file in ["base/one.yaml", "base/two.yaml", "base/three.yaml"] {
        sandbox.put(("staging", &format!("Add {file}")), &[(file, "a: 1\n")]);
        let drift = || sandbox.rakops(["drift", "stg", "prd", "-o", "json"]);
        let elsewhere = sandbox.root().join("elsewhere").to_string_lossy().into_owned();
        // Twice, so that one of them finds what was kept by the one before.
        let [first, second] = [(); 2].map(|()| turned(drift()).run().json());
        let fresh = turned(drift()).env("XDG_CACHE_HOME", elsewhere).run().json();
        for part in ["pending", "omitted"] {
            assert!(fresh[part].is_array(), "{fresh}");
            assert_eq!((&first[part], &second[part]), (&fresh[part], &fresh[part]));
        }
        assert!(fresh.to_string().contains(file), "{fresh}");
    }
}
