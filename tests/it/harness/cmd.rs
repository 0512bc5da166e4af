//! Runs a program in the sandbox and sees everything it says.

use std::io::{Read, Write};
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use super::{Sandbox, advice, schema};

/// No command of a test may take longer; a prompt that waits for ever fails its test here.
const DEADLINE: Duration = Duration::from_secs(60);

/// A command line that is about to run.
#[must_use = "nothing happens before `run`"]
pub(crate) struct Cmd<'a> {
    sandbox: &'a Sandbox,
    program: PathBuf,
    args: Vec<String>,
    cwd: PathBuf,
    env: Vec<(String, String)>,
    stdin: Option<Vec<u8>>,
    deadline: Duration,
}

impl<'a> Cmd<'a> {
    pub(super) fn new(sandbox: &'a Sandbox, program: PathBuf, args: Vec<String>) -> Cmd<'a> {
        Cmd {
            sandbox,
            program,
            args,
            cwd: sandbox.dir(),
            env: Vec::new(),
            stdin: None,
            deadline: DEADLINE,
        }
    }

    /// Feeds these bytes to stdin, which is closed otherwise.
    pub(crate) fn stdin(mut self, bytes: impl AsRef<[u8]>) -> Cmd<'a> {
        self.stdin = Some(bytes.as_ref().to_vec());
        self
    }

    /// Sets a variable besides those of the sandbox.
    pub(crate) fn env(mut self, name: &str, value: impl Into<String>) -> Cmd<'a> {
        self.env.push((name.to_owned(), value.into()));
        self
    }

    /// Lets it ask registries, which the sandbox forbids.
    pub(crate) fn online(self) -> Cmd<'a> {
        self.env("RAKOPS_OFFLINE", "")
    }

    /// Runs in this directory, below the work directory or absolute.
    pub(crate) fn cwd(mut self, dir: impl AsRef<std::path::Path>) -> Cmd<'a> {
        self.cwd = self.sandbox.dir().join(dir);
        self
    }

    /// Fails the test if the command takes longer.
    pub(crate) fn within(mut self, deadline: Duration) -> Cmd<'a> {
        self.deadline = deadline;
        self
    }

    /// Runs it with stdin and stderr closed, which is less than nothing being there.
    pub(crate) fn closed(mut self) -> Cmd<'a> {
        let rakops = std::mem::replace(&mut self.program, PathBuf::from("sh"));
        let script = ["-c", "exec \"$@\" <&- 2>&-", "sh"].map(str::to_owned);
        let words = std::mem::take(&mut self.args);
        self.args = script
            .into_iter()
            .chain([rakops.to_string_lossy().into_owned()])
            .chain(words)
            .collect();
        self
    }

    /// Runs the command and waits for its end.
    ///
    /// Every `help: rakops …` on stderr must parse with the real command line, and every document on stdout must be what its
    /// published schema describes.
    #[must_use = "an exit code that nobody looks at tests nothing"]
    pub(crate) fn run(self) -> Output {
        let shown = self.shown();
        let mut child = Command::new(&self.program)
            .args(&self.args)
            .current_dir(&self.cwd)
            .env_clear()
            .envs(self.sandbox.env())
            .envs(self.env.iter().cloned())
            .stdin(if self.stdin.is_some() {
                Stdio::piped()
            } else {
                Stdio::null()
            })
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap_or_else(|cause| panic!("{shown}: {cause}"));
        let writer = child.stdin.take().zip(self.stdin.clone()).map(|(mut stdin, bytes)| {
            thread::spawn(move || {
                let _ = stdin.write_all(&bytes);
            })
        });
        let stdout = drain(child.stdout.take());
        let stderr = drain(child.stderr.take());
        let status = wait(&mut child, self.deadline);
        let output = Output {
            bytes: stdout.join().unwrap(),
            stderr: String::from_utf8_lossy(&stderr.join().unwrap()).into_owned(),
            code: status.as_ref().and_then(ExitStatus::code).unwrap_or(-1),
            shown,
        };
        if let Some(writer) = writer {
            let _ = writer.join();
        }
        self.sandbox.tell(output.story());
        assert!(
            status.is_some(),
            "`{}` did not end within {:?}",
            output.shown,
            self.deadline
        );
        advice::assert_can_be_typed(&output.stderr);
        schema::assert_described(&output.shown, &output.bytes);
        output
    }

    fn shown(&self) -> String {
        let name = self.program.file_stem().unwrap_or_default().to_string_lossy();
        let mut shown = name.into_owned();
        for arg in &self.args {
            shown.push(' ');
            shown.push_str(&advice::quoted(arg));
        }
        shown
    }
}

fn drain(stream: Option<impl Read + Send + 'static>) -> JoinHandle<Vec<u8>> {
    thread::spawn(move || {
        let mut bytes = Vec::new();
        if let Some(mut stream) = stream {
            let _ = stream.read_to_end(&mut bytes);
        }
        bytes
    })
}

/// `None` when the time ran out and the program had to be ended.
fn wait(child: &mut Child, deadline: Duration) -> Option<ExitStatus> {
    let end = Instant::now() + deadline;
    let mut pause = Duration::from_micros(200);
    loop {
        if let Some(status) = child.try_wait().unwrap() {
            return Some(status);
        }
        if Instant::now() > end {
            let _ = child.kill();
            let _ = child.wait();
            return None;
        }
        thread::sleep(pause);
        pause = (pause * 2).min(Duration::from_millis(10));
    }
}

/// What a command said, and how it ended.
#[derive(Debug)]
pub(crate) struct Output {
    /// stdout, byte for byte.
    pub(crate) bytes: Vec<u8>,
    /// stderr.
    pub(crate) stderr: String,
    /// Exit code; -1 if a signal ended it.
    pub(crate) code: i32,
    /// The command line, as one would type it.
    pub(crate) shown: String,
}

impl Output {
    /// stdout as text.
    pub(crate) fn stdout(&self) -> &str {
        std::str::from_utf8(&self.bytes).expect("stdout is UTF-8")
    }

    /// Fails the test unless the exit code is this one; returns the output for the next question.
    #[track_caller]
    pub(crate) fn expect(self, code: i32) -> Output {
        assert_eq!(self.code, code, "the exit code of `{}`", self.shown);
        self
    }

    /// stdout as JSON.
    #[track_caller]
    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.bytes).unwrap_or_else(|cause| panic!("stdout of `{}`: {cause}", self.shown))
    }

    /// Everything together, for one literal in a test or a golden file.
    pub(crate) fn all(&self) -> String {
        let mut all = format!("$ {}\n", self.shown);
        for (name, text) in [("stdout", self.stdout()), ("stderr", &self.stderr)] {
            if !text.is_empty() {
                all.push_str(&format!("--- {name}\n{text}"));
                if !text.ends_with('\n') {
                    all.push_str("\n(no final line break)\n");
                }
            }
        }
        all.push_str(&format!("--- exit {}\n", self.code));
        all
    }

    fn story(&self) -> String {
        let out = String::from_utf8_lossy(&self.bytes);
        format!(
            "$ {}\n--- stdout\n{out}\n--- stderr\n{}\n--- exit {}\n",
            self.shown, self.stderr, self.code
        )
    }
}
