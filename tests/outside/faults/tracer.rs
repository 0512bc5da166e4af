//! Runs rakops and harms it, or one of its children, at one chosen system call: see `tracer.c`.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use crate::harness::Sandbox;
use crate::harness::golden::project;

/// Whose calls are counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Scope {
    /// Those of every process.
    All,
    /// Those of rakops itself.
    Leader,
    /// Those of git and what it starts.
    Children,
}

/// What is done at the chosen call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Harm {
    /// Every process is killed.
    Power,
    /// The process that makes the call is killed, and the others go on.
    Kill,
    /// The call fails, and is not made.
    Error(i32),
    /// It fails, and so do all that come after it.
    ErrorsFrom(i32),
    /// rakops gets SIGTERM.
    Term,
    /// rakops gets SIGINT.
    Int,
}

impl Harm {
    fn word(self) -> String {
        match self {
            Harm::Power => "power".to_owned(),
            Harm::Kill => "kill".to_owned(),
            Harm::Error(number) => number.to_string(),
            Harm::ErrorsFrom(number) => format!("+{number}"),
            Harm::Term => "term".to_owned(),
            Harm::Int => "int".to_owned(),
        }
    }
}

/// A call that changes state.
#[derive(Clone, Debug)]
pub(super) struct Call {
    /// Its name, such as `renameat2`.
    pub(super) name: String,
    /// What it was about, as an absolute path.
    pub(super) path: String,
    /// Whether it was the chosen one.
    pub(super) was_harmed: bool,
}

/// What came of a run.
#[derive(Debug)]
pub(super) struct Traced {
    /// The exit code of rakops; 128 + number if a signal ended it.
    pub(super) code: i32,
    pub(super) stdout: String,
    pub(super) stderr: String,
    /// The calls that were counted, in order.
    pub(super) calls: Vec<Call>,
}

impl Traced {
    /// The call that was harmed; none if the run ended before it.
    pub(super) fn harmed(&self) -> Option<&Call> {
        self.calls.iter().find(|call| call.was_harmed)
    }
}

/// The tracer; made once.
///
/// # Errors
/// Why it is not to be had: no compiler, another system, or tracing is not permitted.
pub(super) fn program() -> Result<&'static Path, String> {
    static MADE: OnceLock<Result<PathBuf, String>> = OnceLock::new();
    MADE.get_or_init(make).as_deref().map_err(Clone::clone)
}

fn make() -> Result<PathBuf, String> {
    if !cfg!(all(
        target_os = "linux",
        any(target_arch = "x86_64", target_arch = "aarch64")
    )) {
        return Err("system calls are harmed on Linux only".to_owned());
    }
    let source = project().join("tests/outside/faults/tracer.c");
    let program = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("tracer-{}", std::process::id()));
    let compiled = Command::new("cc")
        .args(["-O1", "-o"])
        .arg(&program)
        .arg(source)
        .output()
        .map_err(|cause| format!("no C compiler: {cause}"))?;
    if !compiled.status.success() {
        return Err(String::from_utf8_lossy(&compiled.stderr).into_owned());
    }
    // Containers may forbid it.
    let tried = Command::new(&program)
        .args(["/dev/null", "all", "0", "kill", "60", "true"])
        .output()
        .map_err(|cause| cause.to_string())?;
    match tried.status.code() {
        Some(0) => Ok(program),
        _ => Err(String::from_utf8_lossy(&tried.stderr).trim().to_owned()),
    }
}

/// How long a run may take: tens of times what one takes on a machine that is busy, so that one which hangs is told and does not hold
/// up everything else.
const LIMIT: Duration = Duration::from_secs(120);

/// The tracer's answer to a run that took too long.
const TOO_LATE: i32 = 124;

/// Runs a prepared command under the tracer; `number` 0 harms nothing. A run that hangs fails the test.
pub(super) fn run(command: &Command, log: &Path, how: (Scope, usize, Harm)) -> Traced {
    run_within(LIMIT, command, log, how).unwrap_or_else(|why| panic!("{why}"))
}

/// The same, in whole seconds.
///
/// # Errors
/// What went on when the time was over. Nothing of it is left.
fn run_within(
    limit: Duration,
    command: &Command,
    log: &Path,
    (scope, number, harm): (Scope, usize, Harm),
) -> Result<Traced, String> {
    let mut traced = Command::new(program().unwrap());
    let word = match scope {
        Scope::All => "all",
        Scope::Leader => "leader",
        Scope::Children => "children",
    };
    traced
        .arg(log)
        .args([word, &number.to_string(), &harm.word(), &limit.as_secs().to_string()])
        .arg(command.get_program())
        .args(command.get_args())
        .env_clear()
        .stdin(Stdio::null());
    for (name, value) in command.get_envs() {
        if let Some(value) = value {
            traced.env(name, value);
        }
    }
    if let Some(directory) = command.get_current_dir() {
        traced.current_dir(directory);
    }
    let output = traced.output().unwrap();
    let text = std::fs::read_to_string(log).unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
    if output.status.code() == Some(TOO_LATE) {
        return Err(format!(
            "a run hung: {command:?}, with {harm:?} at call {number} of {scope:?}; the calls end with {:?}, and it said:\n{stderr}",
            text.lines().last().unwrap_or_default()
        ));
    }
    Ok(Traced {
        code: output.status.code().unwrap_or(-1),
        stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
        stderr,
        calls: text.lines().filter_map(call).collect(),
    })
}

/// A run that goes on for ever is ended in time with all that it has started, and told.
pub(super) fn a_run_that_hangs_is_ended() {
    let sandbox = Sandbox::new();
    let file = sandbox.root().join("number");
    let mut command = Command::new("sh");
    let script = "trap '' TERM\nsleep 600 &\necho $! > $FILE\nwhile :; do kill -TERM $$; done";
    command
        .args(["-c", script])
        .env("PATH", std::env::var("PATH").unwrap())
        .env("FILE", &file);
    let began = Instant::now();
    let limit = Duration::from_secs(2);
    let how = (Scope::All, 0, Harm::Kill);
    let why = run_within(limit, &command, &sandbox.root().join("calls"), how).unwrap_err();
    assert!(began.elapsed() < LIMIT, "{:?}", began.elapsed());
    assert!(
        why.contains("not ended within 2 s") && why.contains("sleep 600"),
        "{why}"
    );
    let number = std::fs::read_to_string(file).unwrap();
    let words = std::fs::read(format!("/proc/{}/cmdline", number.trim())).unwrap_or_default();
    // One that has ended and waits to be seen has no words.
    assert!(words.is_empty(), "{number} goes on");
}

/// Reads `NUMBER PROCESS L|C NAME PATH[ !]`.
fn call(line: &str) -> Option<Call> {
    let mut words = line.splitn(5, ' ').skip(3);
    let name = words.next()?.to_owned();
    let path = words.next()?;
    let unharmed = path.strip_suffix(" !");
    Some(Call {
        name,
        path: unharmed.unwrap_or(path).to_owned(),
        was_harmed: unharmed.is_some(),
    })
}
