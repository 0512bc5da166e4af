//! One child process: fed, read, and ended in time together with all that it has started.

use std::io::{Read, Write};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, TryLockError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

/// How long a process may take to end after it was asked to.
const PATIENCE: Duration = Duration::from_secs(2);
/// How long the output is waited for after the process has ended: something it has left behind may hold the pipe.
const LAST_WORDS: Duration = Duration::from_millis(300);

/// What is to be started.
pub(crate) struct Started {
    pub(crate) command: Command,
    pub(crate) stdin: Option<Vec<u8>>,
    pub(crate) time_limit: Duration,
    /// Whether it leads a group of its own. One that may ask on the terminal must not: it would be stopped for reading.
    pub(crate) own_group: bool,
    /// How much of each output is kept, in bytes; what comes after it is read and forgotten.
    pub(crate) output_limit: usize,
}

/// What it left behind.
pub(crate) struct Output {
    /// -1 if a signal ended it.
    pub(crate) status: i32,
    pub(crate) stdout: Vec<u8>,
    pub(crate) stderr: Vec<u8>,
    /// Ctrl-C ended it.
    pub(crate) was_interrupted: bool,
}

/// How it came to its end.
pub(crate) enum Ended {
    By(Output),
    TooLate,
}

/// The groups that run now, so that an interruption ends them too.
static RUNNING: Mutex<Vec<u32>> = Mutex::new(Vec::new());

/// The program is about to end: nothing is started any more, and nobody hears how a child has ended.
static STOPPED: AtomicBool = AtomicBool::new(false);

/// Ends every child that leads a group of its own, for whoever ends the program on a signal, and waits until they have
/// cleared away their locks, at most for [`PATIENCE`]. Whoever runs a child or asks for one waits for ever from then on.
///
/// What is being done to its end is waited for first, for as long. Called again, it has nothing left to do: several parts of the
/// program ask for it to be called.
pub(crate) fn stop_all() {
    if STOPPED.load(Ordering::SeqCst) {
        return;
    }
    let until = Instant::now() + PATIENCE;
    while Instant::now() < until {
        match FINISHING.try_lock() {
            // The rest of the program finds it held, until the end of it.
            Ok(held) => {
                std::mem::forget(held);
                break;
            }
            Err(TryLockError::Poisoned(_)) => break,
            Err(TryLockError::WouldBlock) => thread::sleep(Duration::from_millis(2)),
        }
    }
    STOPPED.store(true, Ordering::SeqCst);
    let ask = |how: How| {
        let Ok(running) = RUNNING.lock() else { return 0 };
        running.iter().for_each(|group| end_group(*group, how));
        running.len()
    };
    ask(How::Asked);
    let until = Instant::now() + PATIENCE;
    while RUNNING.lock().is_ok_and(|running| !running.is_empty()) {
        if Instant::now() > until {
            ask(How::Made);
            return;
        }
        thread::sleep(Duration::from_millis(5));
    }
}

/// Held while a few runs of git are one step, which an interruption would leave half done.
static FINISHING: Mutex<()> = Mutex::new(());

/// As long as the value is there, an interruption waits, though not for ever.
pub(super) fn to_its_end() -> MutexGuard<'static, ()> {
    FINISHING.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What a child says that was stopped is no news: the one who stops it ends the program.
fn wait_for_the_end() {
    if STOPPED.load(Ordering::SeqCst) {
        until_the_end();
    }
}

fn until_the_end() -> ! {
    loop {
        thread::sleep(PATIENCE);
    }
}

/// Keeps the group listed while its leader runs.
struct Listed(Option<u32>);

impl Listed {
    /// Starts a child, and lists its group if it leads one: in one step, so that whoever ends all of them misses none that has
    /// just begun, and none begins when all have been told.
    fn start(command: &mut Command, own_group: bool) -> std::io::Result<(Child, Listed)> {
        let running = RUNNING.lock();
        if STOPPED.load(Ordering::SeqCst) {
            drop(running);
            until_the_end();
        }
        let Ok(mut running) = running else {
            return Ok((command.spawn()?, Listed(None)));
        };
        let child = command.spawn()?;
        let group = own_group.then(|| child.id());
        running.extend(group);
        Ok((child, Listed(group)))
    }
}

impl Drop for Listed {
    fn drop(&mut self) {
        if let (Some(group), Ok(mut running)) = (self.0, RUNNING.lock()) {
            running.retain(|it| *it != group);
        }
    }
}

/// Runs it to its end.
pub(crate) fn run(started: Started) -> std::io::Result<Ended> {
    wait_for_the_end();
    let ended = run_to_the_end(started);
    if let Ok(Ended::By(output)) = &ended
        && output.was_interrupted
    {
        // It heard of Ctrl-C from the terminal, as we do: the handler is on its way.
        thread::sleep(LAST_WORDS);
    }
    wait_for_the_end();
    ended
}

fn run_to_the_end(started: Started) -> std::io::Result<Ended> {
    let Started {
        mut command,
        stdin,
        time_limit,
        own_group,
        output_limit,
    } = started;
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    if stdin.is_some() {
        command.stdin(Stdio::piped());
    }
    if own_group {
        lead_a_group(&mut command);
    }
    let until = Instant::now() + time_limit;
    let (mut child, _listed) = Listed::start(&mut command, own_group)?;
    if let (Some(bytes), Some(mut pipe)) = (stdin, child.stdin.take()) {
        // A process that ends without reading all of it says so by its status.
        thread::spawn(move || pipe.write_all(&bytes));
    }
    let (sender, closed) = channel();
    let stdout = collect((child.stdout.take(), output_limit), sender.clone());
    let stderr = collect((child.stderr.take(), output_limit), sender);
    let Some(status) = wait(&mut child, &closed, until)? else {
        end(&mut child, own_group);
        return Ok(Ended::TooLate);
    };
    Ok(Ended::By(Output {
        status: status.code().unwrap_or(-1),
        was_interrupted: was_interrupted(status),
        stdout: stdout.take(),
        stderr: stderr.take(),
    }))
}

/// Waits for the end of the process and of both its outputs; none if that takes too long.
fn wait(child: &mut Child, closed: &Receiver<()>, until: Instant) -> std::io::Result<Option<ExitStatus>> {
    let mut open = 2;
    loop {
        let now = Instant::now();
        if now >= until {
            return Ok(None);
        }
        // Both outputs are usually closed by the end of the process, so that this waits no longer than it has to.
        let nap = if open == 0 { 1 } else { 20 };
        if open == 0 {
            thread::sleep(Duration::from_millis(nap).min(until - now));
        } else {
            match closed.recv_timeout(Duration::from_millis(nap).min(until - now)) {
                Ok(()) if open == 2 => {
                    open = 1;
                    continue;
                }
                Ok(()) | Err(RecvTimeoutError::Disconnected) => open = 0,
                Err(RecvTimeoutError::Timeout) => {}
            }
        }
        if let Some(status) = child.try_wait()? {
            let patience = Instant::now() + LAST_WORDS;
            while open > 0 {
                match closed.recv_timeout(patience.saturating_duration_since(Instant::now())) {
                    Ok(()) => open -= 1,
                    Err(_) => break,
                }
            }
            return Ok(Some(status));
        }
    }
}

/// What can be read from a child, and be asked whether somebody may still write to it.
#[cfg(unix)]
trait Pipe: Read + Send + std::os::fd::AsFd + 'static {}
#[cfg(unix)]
impl<P: Read + Send + std::os::fd::AsFd + 'static> Pipe for P {}

/// What can be read from a child.
#[cfg(not(unix))]
trait Pipe: Read + Send + 'static {}
#[cfg(not(unix))]
impl<P: Read + Send + 'static> Pipe for P {}

/// One output of a child, and the thread that reads it.
#[derive(Default)]
struct Collected {
    bytes: Arc<Mutex<Vec<u8>>>,
    reader: Option<(JoinHandle<()>, Option<Twin>)>,
}

fn collect((pipe, limit): (Option<impl Pipe>, usize), closed: Sender<()>) -> Collected {
    let mut collected = Collected::default();
    if let Some(mut pipe) = pipe {
        let twin = Twin::of(&pipe);
        let into = Arc::clone(&collected.bytes);
        let reader = thread::spawn(move || {
            let mut part = vec![0; 64 * 1024];
            while let Ok(length @ 1..) = pipe.read(&mut part) {
                let Ok(mut into) = into.lock() else { break };
                let room = limit.saturating_sub(into.len());
                into.extend_from_slice(&part[..length.min(room)]);
            }
            // Whoever waited may have gone.
            let _ = closed.send(());
        });
        collected.reader = Some((reader, twin));
    }
    collected
}

impl Collected {
    /// What the child has said, all of it: on a busy machine the reader may have had no turn for longer than [`LAST_WORDS`],
    /// and half an answer of git would pass for a whole one. Only a pipe that something else holds is left as it is.
    fn take(self) -> Vec<u8> {
        if let Some((reader, Some(twin))) = self.reader
            && twin.has_no_writer()
        {
            let _ = reader.join();
        }
        self.bytes
            .lock()
            .map_or_else(|_| Vec::new(), |mut bytes| std::mem::take(&mut *bytes))
    }
}

/// The same pipe once more, to be asked while a thread reads it.
#[cfg(unix)]
struct Twin(std::os::fd::OwnedFd);

#[cfg(unix)]
impl Twin {
    fn of(pipe: &impl Pipe) -> Option<Twin> {
        pipe.as_fd().try_clone_to_owned().ok().map(Twin)
    }

    /// Tells whether nobody can write any more, so that whoever reads comes to the end. Source: `man 2 poll`, `POLLHUP`.
    fn has_no_writer(&self) -> bool {
        use rustix::event::{PollFd, PollFlags, Timespec, poll};
        let mut asked = [PollFd::new(&self.0, PollFlags::IN)];
        let at_once = Timespec { tv_sec: 0, tv_nsec: 0 };
        poll(&mut asked, Some(&at_once)).is_ok() && asked[0].revents().contains(PollFlags::HUP)
    }
}

/// Where it cannot be asked there is none.
#[cfg(not(unix))]
enum Twin {}

#[cfg(not(unix))]
impl Twin {
    fn of(_pipe: &impl Pipe) -> Option<Twin> {
        None
    }

    fn has_no_writer(&self) -> bool {
        match *self {}
    }
}

/// Asks it to end, so that it can remove its lock files, and makes it end if it does not.
fn end(child: &mut Child, own_group: bool) {
    let group = child.id();
    if own_group {
        end_group(group, How::Asked);
    } else {
        end_one(group);
    }
    let until = Instant::now() + PATIENCE;
    while Instant::now() < until {
        if let Ok(Some(_)) = child.try_wait() {
            break;
        }
        thread::sleep(Duration::from_millis(10));
    }
    if own_group {
        end_group(group, How::Made);
    }
    let _ = child.kill();
    let _ = child.wait();
}

#[derive(Clone, Copy)]
enum How {
    Asked,
    Made,
}

#[cfg(unix)]
fn was_interrupted(status: ExitStatus) -> bool {
    use std::os::unix::process::ExitStatusExt;
    status.signal() == Some(rustix::process::Signal::INT.as_raw())
}

#[cfg(not(unix))]
fn was_interrupted(_status: ExitStatus) -> bool {
    false
}

/// Lets every child that is started from now on have this file, and hold what is locked by it.
#[cfg(unix)]
pub(super) fn hand_down(file: &std::fs::File) {
    // Where that fails the lock ends with this process, a moment before its children.
    let _ = rustix::io::fcntl_setfd(file, rustix::io::FdFlags::empty());
}

#[cfg(not(unix))]
pub(super) fn hand_down(_file: &std::fs::File) {}

#[cfg(unix)]
fn lead_a_group(command: &mut Command) {
    use std::os::unix::process::CommandExt;
    command.process_group(0);
}

#[cfg(unix)]
fn end_group(group: u32, how: How) {
    use rustix::process::{Pid, Signal, kill_process_group};
    let signal = match how {
        How::Asked => Signal::TERM,
        How::Made => Signal::KILL,
    };
    if let Some(group) = i32::try_from(group).ok().and_then(Pid::from_raw) {
        // It may have ended by itself.
        let _ = kill_process_group(group, signal);
    }
}

#[cfg(unix)]
fn end_one(process: u32) {
    use rustix::process::{Pid, Signal, kill_process};
    if let Some(process) = i32::try_from(process).ok().and_then(Pid::from_raw) {
        let _ = kill_process(process, Signal::TERM);
    }
}

#[cfg(not(unix))]
fn lead_a_group(_command: &mut Command) {}

#[cfg(not(unix))]
fn end_group(_group: u32, _how: How) {}

#[cfg(not(unix))]
fn end_one(_process: u32) {}

#[cfg(all(test, unix))]
mod tests {
    use std::os::fd::{AsFd, BorrowedFd};
    use std::process::{ChildStderr, ChildStdout};

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
        let mut child = command.spawn().unwrap();
        let (sender, closed) = channel();
        let stdout = collect((child.stdout.take().map(Starved), usize::MAX), sender.clone());
        let stderr = collect((None::<ChildStderr>, usize::MAX), sender);
        let until = Instant::now() + Duration::from_secs(60);
        assert!(wait(&mut child, &closed, until).unwrap().unwrap().success());
        assert_eq!(stdout.take(), b"all of it\n");
        assert!(stderr.take().is_empty());
    }
}
