//! A scenario: a repository, the command that changes it, and how both are brought back to their beginning.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::tracer::{self, Harm, Scope, Traced};
use crate::harness::Sandbox;
use crate::harness::forges::{Bench, Fake, TOKEN};

/// What is brought back: everything that a run may write to.
const BROUGHT_BACK: [&str; 4] = ["work", "home", "tmp", "remote.git"];

/// A repository and a command.
pub(super) struct Ground {
    pub(super) name: &'static str,
    pub(super) sandbox: Sandbox,
    /// The words after `rakops`.
    pub(super) words: Vec<String>,
    /// Where requests are opened, and the variables that lead there.
    forge: Option<(Fake, Vec<(&'static str, String)>)>,
}

/// Everything that somebody could see.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Seen {
    /// Files in the work tree, by path.
    pub(super) files: BTreeMap<String, Vec<u8>>,
    /// References, by repository and name; those of rakops itself are among the strays.
    pub(super) references: BTreeMap<String, String>,
    /// What should not be there when nothing runs: locks, temporary files, references of runs.
    pub(super) strays: BTreeSet<String>,
    /// Names of files in repositories, but for objects and logs.
    pub(super) names: BTreeSet<String>,
    /// What `git status` says of the checkout.
    pub(super) status: String,
    /// The pull requests at the forge, a line each.
    pub(super) requests: Vec<String>,
}

impl Ground {
    /// Takes the sandbox as it is now for the beginning.
    pub(super) fn new(name: &'static str, sandbox: Sandbox, words: &[&str]) -> Ground {
        let ground = Ground {
            name,
            words: words.iter().map(|word| (*word).to_owned()).collect(),
            sandbox,
            forge: None,
        };
        let pristine = ground.pristine();
        fs::create_dir_all(&pristine).unwrap();
        for part in ground.parts() {
            copy(&ground.sandbox.root().join(part), &pristine);
        }
        ground
    }

    /// The same, with the forge of a bench.
    pub(super) fn at_forge(name: &'static str, bench: Bench, words: &[&str]) -> Ground {
        let speaks = bench.speaks();
        let variables = vec![
            ("RAKOPS_FORGE_URL", format!("http://{}", bench.forge.address)),
            ("RAKOPS_FORGE_KIND", speaks.kind().to_owned()),
            ("RAKOPS_FORGE_REPOSITORY", speaks.repository().to_owned()),
            (speaks.variable(), TOKEN.to_owned()),
        ];
        Ground {
            forge: Some((bench.forge, variables)),
            ..Ground::new(name, bench.sandbox, words)
        }
    }

    fn pristine(&self) -> PathBuf {
        self.sandbox.root().join("pristine")
    }

    fn parts(&self) -> impl Iterator<Item = &'static str> + '_ {
        let root = self.sandbox.root();
        BROUGHT_BACK.into_iter().filter(|part| root.join(part).exists())
    }

    /// Brings everything back to the beginning.
    pub(super) fn restore(&self) {
        if let Some((forge, _)) = &self.forge {
            let mut shelf = forge.shelf();
            shelf.pulls.clear();
            shelf.notes.clear();
        }
        for part in BROUGHT_BACK {
            let (here, kept) = (self.sandbox.root().join(part), self.pristine().join(part));
            if here.exists() {
                open_up(&here);
                fs::remove_dir_all(&here).unwrap();
            }
            if kept.exists() {
                copy(&kept, self.sandbox.root());
            }
        }
    }

    /// The command, ready to run.
    pub(super) fn command(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_rakops"));
        command
            .args(&self.words)
            .current_dir(self.sandbox.dir())
            .env_clear()
            .envs(self.sandbox.env());
        if let Some((_, variables)) = &self.forge {
            command.envs(variables.iter().map(|(name, value)| (*name, value)));
        }
        command
    }

    /// Runs it under the tracer.
    pub(super) fn harmed(&self, how: (Scope, usize, Harm)) -> Traced {
        tracer::run(&self.command(), &self.sandbox.root().join("calls"), how)
    }

    /// Runs it with nothing in its way; its exit code and everything it said.
    pub(super) fn run(&self) -> (i32, String) {
        let output = self.command().stdin(std::process::Stdio::null()).output().unwrap();
        let said = [output.stdout, output.stderr].concat();
        (
            output.status.code().unwrap_or(-1),
            String::from_utf8_lossy(&said).into_owned(),
        )
    }

    /// Looks at everything.
    pub(super) fn look(&self) -> Seen {
        let mut seen = Seen {
            files: self.sandbox.tree(),
            references: BTreeMap::new(),
            strays: BTreeSet::new(),
            names: BTreeSet::new(),
            status: String::new(),
            requests: Vec::new(),
        };
        let is_ours = |path: &String| path.contains(".rakops-");
        let ours: Vec<String> = seen.files.keys().filter(|path| is_ours(path)).cloned().collect();
        for path in ours {
            seen.files.remove(&path);
            seen.strays.insert(format!("work/{path}"));
        }
        for (name, git) in self.repositories() {
            let listed = self
                .sandbox
                .git_in(&git, ["for-each-ref", "--format=%(refname) %(objectname)"]);
            for line in listed.lines() {
                let (reference, id) = line.split_once(' ').unwrap();
                match reference.starts_with("refs/rakops/") {
                    true => drop(seen.strays.insert(format!("{name} {reference}"))),
                    false => drop(seen.references.insert(format!("{name} {reference}"), id.to_owned())),
                }
            }
            let head = fs::read_to_string(git.join("HEAD")).unwrap_or_default();
            seen.references.insert(format!("{name} HEAD"), head);
            names(&git, &name, &mut seen.names);
        }
        names(&self.sandbox.root().join("tmp"), "tmp", &mut seen.names);
        let is_stray = |name: &&String| name.ends_with(".lock") || name.starts_with("tmp/") || name.contains("rakops-");
        seen.strays.extend(seen.names.iter().filter(is_stray).cloned());
        for entry in fs::read_dir(self.caches()).into_iter().flatten().flatten() {
            // A repository, or the file by which runs keep out of each other's way in it.
            let name = entry.file_name().to_string_lossy().into_owned();
            if name.trim_end_matches(".lock").ends_with(".git") {
                let mut inside = BTreeSet::new();
                names(&entry.path(), &name, &mut inside);
                seen.strays
                    .extend(inside.into_iter().filter(|name| name.ends_with(".lock")));
            } else {
                seen.strays.insert(name);
            }
        }
        if let Some((forge, _)) = &self.forge {
            let shelf = forge.shelf();
            let lines = shelf.pulls.iter().map(|it| {
                let (head, base, state, title) = (&it.head, &it.base, it.state, &it.title);
                let (labels, reviewers, body) = (&it.labels, &it.reviewers, &it.body);
                format!("{state} {head} -> {base}: {title} {labels:?} {reviewers:?}\n{body}")
            });
            seen.requests.extend(lines);
            let notes = shelf.notes.iter().map(|note| format!("note: {}", note.body));
            seen.requests.extend(notes);
        }
        // It writes the index anew, so it comes last.
        if self.sandbox.path(".git").exists() {
            let words = [
                "--no-optional-locks",
                "status",
                "--porcelain=v1",
                "--untracked-files=all",
            ];
            seen.status = self.sandbox.git(words);
        }
        seen
    }

    /// The directories of git that somebody works with, with a short name each.
    fn repositories(&self) -> Vec<(String, PathBuf)> {
        let all = [
            ("work", self.sandbox.path(".git")),
            ("remote", self.sandbox.root().join("remote.git")),
        ];
        let all = all.into_iter().filter(|(_, path)| path.exists());
        all.map(|(name, path)| (name.to_owned(), path)).collect()
    }

    /// What rakops keeps of repositories, and the locks beside them.
    fn caches(&self) -> PathBuf {
        self.sandbox.root().join("home/.cache/rakops/repos")
    }

    /// What the file locks of git are called by their absolute paths, as they are there now.
    pub(super) fn locks(&self) -> Vec<PathBuf> {
        let mut found = BTreeSet::new();
        for (_, git) in self.repositories() {
            let root = git.to_string_lossy().into_owned();
            names(&git, &root, &mut found);
        }
        found
            .into_iter()
            .filter(|name| name.ends_with(".lock"))
            .map(PathBuf::from)
            .collect()
    }
}

fn copy(from: &Path, into: &Path) {
    let copied = Command::new("cp").arg("-a").arg(from).arg(into).status().unwrap();
    assert!(copied.success(), "{}", from.display());
}

/// Lets everything below be removed.
fn open_up(directory: &Path) {
    use std::os::unix::fs::PermissionsExt;
    let _ = fs::set_permissions(directory, fs::Permissions::from_mode(0o755));
    for entry in fs::read_dir(directory).into_iter().flatten().flatten() {
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            open_up(&entry.path());
        }
    }
}

/// Names of all files below a directory of git, but for objects and logs, which may hold what nobody refers to.
fn names(directory: &Path, prefix: &str, into: &mut BTreeSet<String>) {
    for entry in fs::read_dir(directory).into_iter().flatten().flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let shown = format!("{prefix}/{name}");
        match entry.file_type() {
            Ok(kind) if kind.is_dir() && !matches!(name.as_str(), "objects" | "logs") => {
                names(&entry.path(), &shown, into);
            }
            Ok(kind) if kind.is_dir() => {}
            _ => drop(into.insert(shown)),
        }
    }
}
