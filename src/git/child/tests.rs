use std::os::fd::{AsFd, BorrowedFd};
use std::path::Path;
use std::process::{ChildStderr, ChildStdout};

use rustix::process::{Pid, Signal, kill_process, test_kill_process};

use super::*;

/// A pipe whose reader gets no turn for a while.
struct Starved(ChildStdout);

impl Read for Starved {
    fn read(&mut self, part: &mut [u8]) -> std::io::Result<usize> {
        thread::sleep(LAST_WORDS * 3);
        self.0.read(part)
    }
}

impl AsFd for Starved {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

#[test]
#[expect(
    clippy::disallowed_methods,
    reason = "the reader is tried without the rest of the program"
)]
fn what_a_busy_machine_is_slow_to_read_is_not_lost() {
    let mut command = Command::new("sh");
    command.args(["-c", "echo all of it"]).stdout(Stdio::piped());
    let mut running = Running::start(command.stderr(Stdio::null()), false).unwrap();
    let (sender, closed) = channel();
    let stdout = collect((running.child.stdout.take().map(Starved), usize::MAX), sender.clone());
    let stderr = collect((None::<ChildStderr>, usize::MAX), sender);
    let until = Instant::now() + Duration::from_secs(60);
    assert!(wait(&mut running, &closed, until).unwrap().unwrap().success());
    assert_eq!(stdout.take(), b"all of it\n");
    assert!(stderr.take().is_empty());
}

/// A shell that writes the number of what it leaves running into `file`.
#[expect(
    clippy::disallowed_methods,
    reason = "a child is tried without the rest of the program"
)]
fn shell(script: &str, file: &Path, time_limit: Duration) -> Started {
    let mut command = Command::new("sh");
    command.args(["-c", script]).env("FILE", file);
    Started {
        command,
        stdin: None,
        time_limit,
        own_group: true,
        output_limit: usize::MAX,
    }
}

fn number_in(file: &Path) -> Pid {
    let text = std::fs::read_to_string(file).unwrap();
    Pid::from_raw(text.trim().parse().unwrap()).unwrap()
}

#[test]
fn what_ignores_the_end_of_its_time_is_gone_with_the_one_that_started_it() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("number");
    // The shell itself ends at once.
    let script = "(trap '' TERM; exec sleep 60) & echo $! > $FILE; wait";
    let ended = run(shell(script, &file, Duration::from_secs(1))).unwrap();
    assert!(matches!(ended, Ended::TooLate));
    assert!(test_kill_process(number_in(&file)).is_err(), "it goes on");
}

#[test]
fn what_ends_when_its_time_is_over_is_not_waited_for_any_longer() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("number");
    let began = Instant::now();
    let ended = run(shell("sleep 60 & echo $! > $FILE; wait", &file, LAST_WORDS)).unwrap();
    assert!(matches!(ended, Ended::TooLate) && began.elapsed() < LAST_WORDS + PATIENCE);
    assert!(test_kill_process(number_in(&file)).is_err(), "it goes on");
}

#[test]
fn what_a_child_has_left_behind_that_ended_by_itself_goes_on() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("number");
    let script = "sleep 60 >/dev/null 2>&1 & echo $! > $FILE";
    let ended = run(shell(script, &file, Duration::from_secs(60))).unwrap();
    assert!(matches!(ended, Ended::By(Output { status: 0, .. })));
    kill_process(number_in(&file), Signal::TERM).unwrap();
}
