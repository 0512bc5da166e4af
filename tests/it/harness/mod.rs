//! A sandbox for the real program: its own home, its own clock, an environment with nothing else in it.
//!
//! ```text
//! let sandbox = Sandbox::new();
//! sandbox.file("deployment.yaml", "image: nginx:1.0\n");
//! let output = sandbox.rakops(["bump", "nginx=1.1"]).run();
//! assert_eq!(output.code, 0);
//! ```
//!
//! A test that fails prints what is needed to understand it: every command with its three outputs, the files, the
//! commits. A test that passes has its repositories checked with `git fsck`, and every `help: rakops …` that it
//! provoked was parsed by the real command line.

pub(crate) mod advice;
pub(crate) mod cmd;
pub(crate) mod daemon;
pub(crate) mod forges;
pub(crate) mod git;
pub(crate) mod golden;
pub(crate) mod http_git;
pub(crate) mod landing;
pub(crate) mod plan;
pub(crate) mod proxy;
pub(crate) mod race;
pub(crate) mod registry;
pub(crate) mod schema;
pub(crate) mod server;
pub(crate) mod settings;
pub(crate) mod shop;
pub(crate) mod stock;
pub(crate) mod train;
pub(crate) mod trial;
pub(crate) mod tty;

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use cmd::Cmd;

/// 2026-01-01T00:00:00Z, where every sandbox's clock starts. Seconds since 1970, UTC.
const START: u64 = 1_767_225_600;

/// A directory of its own with everything a process may look at.
pub(crate) struct Sandbox {
    /// Removed when the sandbox is dropped.
    _owner: tempfile::TempDir,
    root: PathBuf,
    clock: Cell<u64>,
    /// What was run, for the screen of a failed test.
    story: RefCell<Vec<String>>,
}

impl Sandbox {
    /// An empty work directory that is no git repository; see [`Sandbox::repository`] for one that is.
    pub(crate) fn new() -> Sandbox {
        let owner = tempfile::Builder::new().prefix("rakops-it-").tempdir().unwrap();
        // Links in the path of the temporary directory would show up in output.
        let root = owner.path().canonicalize().unwrap();
        for dir in ["home/.config", "home/.cache", "tmp", "work"] {
            fs::create_dir_all(root.join(dir)).unwrap();
        }
        let sandbox = Sandbox {
            _owner: owner,
            root,
            clock: Cell::new(START),
            story: RefCell::default(),
        };
        sandbox.write_git_config();
        sandbox
    }

    /// The directory that holds everything: `home`, `tmp`, `work`, remotes and clones.
    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    /// The work directory, where commands run unless told otherwise.
    pub(crate) fn dir(&self) -> PathBuf {
        self.root.join("work")
    }

    /// A path below the work directory.
    pub(crate) fn path(&self, relative: &str) -> PathBuf {
        self.dir().join(relative)
    }

    /// Writes a file below the work directory, with the directories it needs.
    pub(crate) fn file(&self, relative: &str, contents: impl AsRef<[u8]>) -> &Sandbox {
        let path = self.path(relative);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, contents).unwrap();
        self
    }

    /// Writes several files.
    pub(crate) fn files(&self, files: &[(&str, &str)]) -> &Sandbox {
        for (relative, contents) in files {
            self.file(relative, contents);
        }
        self
    }

    /// Reads a file below the work directory as text.
    pub(crate) fn read(&self, relative: &str) -> String {
        String::from_utf8(self.read_bytes(relative)).unwrap()
    }

    /// Reads a file below the work directory.
    pub(crate) fn read_bytes(&self, relative: &str) -> Vec<u8> {
        fs::read(self.path(relative)).unwrap_or_else(|cause| panic!("{relative}: {cause}"))
    }

    /// Every file below the work directory with its bytes, `.git` left out: compare two to see that nothing changed.
    pub(crate) fn tree(&self) -> BTreeMap<String, Vec<u8>> {
        let mut tree = BTreeMap::new();
        collect(&self.dir(), "", &mut tree);
        tree
    }

    /// A run of rakops with these arguments in the work directory, with stdin closed.
    pub(crate) fn rakops<A: AsRef<str>>(&self, args: impl IntoIterator<Item = A>) -> Cmd<'_> {
        let args = args.into_iter().map(|arg| arg.as_ref().to_owned()).collect();
        Cmd::new(self, PathBuf::from(env!("CARGO_BIN_EXE_rakops")), args)
    }

    /// Seconds since 1970 by the sandbox's clock, which programs see as `SOURCE_DATE_EPOCH`.
    pub(crate) fn now(&self) -> u64 {
        self.clock.get()
    }

    /// Lets time pass.
    pub(crate) fn advance(&self, seconds: u64) {
        self.clock.set(self.clock.get() + seconds);
    }

    /// The whole environment of a process in the sandbox.
    pub(crate) fn env(&self) -> Vec<(String, String)> {
        let at = |relative: &str| self.root.join(relative).to_string_lossy().into_owned();
        let date = format!("@{} +0000", self.now());
        let mut env: Vec<(String, String)> = [
            ("HOME", at("home")),
            ("USERPROFILE", at("home")),
            ("XDG_CONFIG_HOME", at("home/.config")),
            ("XDG_CACHE_HOME", at("home/.cache")),
            ("TMPDIR", at("tmp")),
            ("LC_ALL", "C".into()),
            ("GIT_CONFIG_GLOBAL", at("home/gitconfig")),
            ("GIT_CONFIG_NOSYSTEM", "1".into()),
            ("GIT_CEILING_DIRECTORIES", self.root.to_string_lossy().into_owned()),
            ("GIT_TERMINAL_PROMPT", "0".into()),
            ("GIT_AUTHOR_DATE", date.clone()),
            ("GIT_COMMITTER_DATE", date),
            ("SOURCE_DATE_EPOCH", self.now().to_string()),
            // No test waits for a registry of the world; those that have one of their own say `online`.
            ("RAKOPS_OFFLINE", "1".into()),
        ]
        .map(|(name, value)| (name.to_owned(), value))
        .into();
        for kept in ["PATH", "SYSTEMROOT"] {
            env.extend(std::env::var(kept).ok().map(|value| (kept.to_owned(), value)));
        }
        env
    }

    /// Remembers a paragraph for the screen of a failed test.
    fn tell(&self, paragraph: String) {
        self.story.borrow_mut().push(paragraph);
    }

    /// What a failed test shows.
    fn screen(&self) -> String {
        let mut screen = String::from("\n======== what happened in the sandbox ========\n");
        for paragraph in self.story.borrow().iter() {
            screen.push_str(paragraph);
            screen.push('\n');
        }
        screen.push_str("-------- files in work --------\n");
        for (path, bytes) in self.tree() {
            screen.push_str(&format!("{:>8}  {path}\n", bytes.len()));
        }
        for repository in self.repositories() {
            screen.push_str(&format!("-------- commits in {} --------\n", repository.display()));
            screen.push_str(&self.log_graph_of(&repository));
        }
        screen
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("{}", self.screen());
        } else {
            self.fsck();
        }
    }
}

fn collect(dir: &Path, prefix: &str, tree: &mut BTreeMap<String, Vec<u8>>) {
    let Ok(entries) = fs::read_dir(dir) else {
        return;
    };
    for entry in entries.flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let relative = format!("{prefix}{name}");
        let path = entry.path();
        if path.is_symlink() {
            let target = fs::read_link(&path).unwrap();
            tree.insert(relative, target.to_string_lossy().into_owned().into_bytes());
        } else if path.is_dir() {
            if name != ".git" {
                collect(&path, &format!("{relative}/"), tree);
            }
        } else {
            tree.insert(relative, fs::read(&path).unwrap_or_default());
        }
    }
}

#[test]
fn a_sandbox_has_an_environment_of_its_own() {
    let sandbox = Sandbox::new();
    let env: BTreeMap<String, String> = sandbox.env().into_iter().collect();
    for name in ["HOME", "XDG_CONFIG_HOME", "TMPDIR", "GIT_CONFIG_GLOBAL"] {
        assert!(Path::new(&env[name]).starts_with(sandbox.root()), "{name}");
    }
    assert!(!env.contains_key("CARGO"));
}
