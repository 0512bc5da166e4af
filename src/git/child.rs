//! One child process: fed, read, and ended in time together with all that it has started.

use std::io::{Read, Write};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, TryLockError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use super::groups::{self, How};

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

/// The groups whose leader has not been waited for, or which are being ended, so that an interruption ends them too.
static RUNNING: Mutex<Vec<u32>> = Mutex::new(Vec::new());

/// The program is about to end: nothing is started any more, and nobody hears how a child has ended.
static STOPPED: AtomicBool = AtomicBool::new(false);

/// Ends every child that leads a group of its own with all that it has started, for whoever ends the program on a signal, and waits
/// until they have cleared away their locks, at most for [`PATIENCE`]; what is left of a group then is killed. Whoever runs a child or
/// asks for one waits for ever from then on.
///
/// What a child has left behind that ended before is not touched: git starts its maintenance like that.
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
    groups::adopt_what_is_left();
    let mut left = {
        let Ok(running) = RUNNING.lock() else { return };
        running.iter().for_each(|group| groups::end(*group, How::Asked));
        running.clone()
    };
    let until = Instant::now() + PATIENCE;
    loop {
        let Ok(running) = RUNNING.lock().map(|running| running.clone()) else {
            return;
        };
        left.retain(|group| running.contains(group) || groups::is_left(*group));
        if left.is_empty() {
            return;
        }
        if Instant::now() > until {
            break;
        }
        thread::sleep(Duration::from_millis(5));
    }
    // Whoever refuses, such as a hook that ignores the signal, would go on without anybody who knows of it.
    left.iter().for_each(|group| groups::end(*group, How::Made));
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

/// A child, and the group that it leads, which is listed until it has ended.
struct Running {
    child: Child,
    group: Option<u32>,
}

impl Running {
    /// Starts a child, and lists its group if it leads one: in one step, so that whoever ends all of them misses none that has
    /// just begun, and none begins when all have been told.
    fn start(command: &mut Command, own_group: bool) -> std::io::Result<Running> {
        let running = RUNNING.lock();
        if STOPPED.load(Ordering::SeqCst) {
            drop(running);
            until_the_end();
        }
        let Ok(mut running) = running else {
            let child = command.spawn()?;
            return Ok(Running { child, group: None });
        };
        let child = command.spawn()?;
        let group = own_group.then(|| child.id());
        running.extend(group);
        Ok(Running { child, group })
    }

    /// How it has ended by itself; none if it runs. In one step with that its group is listed no more: as long as one is
    /// listed, its number is nobody else's.
    fn has_ended(&mut self) -> std::io::Result<Option<ExitStatus>> {
        let running = RUNNING.lock();
        let status = self.child.try_wait()?;
        if let (Some(_), Some(group), Ok(mut running)) = (status, self.group, running) {
            running.retain(|it| *it != group);
        }
        Ok(status)
    }

    /// Asks it to end, with all that it has started, so that it can remove its lock files, and makes it end if it does not.
    fn end(&mut self) {
        groups::adopt_what_is_left();
        match self.group {
            Some(group) => groups::end(group, How::Asked),
            None => groups::end_one(self.child.id()),
        }
        if self.is_over_within(PATIENCE) {
            return;
        }
        if let Some(group) = self.group {
            groups::end(group, How::Made);
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
        // Who was killed is waited for, too.
        self.is_over_within(LAST_WORDS);
    }

    /// Waits until nothing of it is left.
    fn is_over_within(&mut self, patience: Duration) -> bool {
        let until = Instant::now() + patience;
        loop {
            let has_ended = matches!(self.child.try_wait(), Ok(Some(_)));
            if has_ended && !self.group.is_some_and(groups::is_left) {
                return true;
            }
            if Instant::now() >= until {
                return false;
            }
            thread::sleep(Duration::from_millis(10));
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if let (Some(group), Ok(mut running)) = (self.group, RUNNING.lock()) {
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
        groups::lead(&mut command);
    }
    let until = Instant::now() + time_limit;
    let mut running = Running::start(&mut command, own_group)?;
    if let (Some(bytes), Some(mut pipe)) = (stdin, running.child.stdin.take()) {
        // A process that ends without reading all of it says so by its status.
        thread::spawn(move || pipe.write_all(&bytes));
    }
    let (sender, closed) = channel();
    let stdout = collect((running.child.stdout.take(), output_limit), sender.clone());
    let stderr = collect((running.child.stderr.take(), output_limit), sender);
    let Some(status) = wait(&mut running, &closed, until)? else {
        running.end();
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
fn wait(running: &mut Running, closed: &Receiver<()>, until: Instant) -> std::io::Result<Option<ExitStatus>> {
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
        if let Some(status) = running.has_ended()? {
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

#[cfg(test)]
#[cfg(unix)]
mod tests;
