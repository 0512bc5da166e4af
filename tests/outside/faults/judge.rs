//! What must hold after a run was harmed, and after the same command has been run again.

use std::collections::BTreeMap;
use std::fs;

use super::ground::{Ground, Seen};

/// How often the command may be run again: a lock is removed between two of them.
const RUNS: usize = 6;

/// The states that a scenario may be in: before the command, and after it.
pub(super) struct Ends {
    pub(super) old: Seen,
    pub(super) new: Seen,
}

impl Ends {
    /// Runs the command with nothing in its way.
    pub(super) fn of(ground: &Ground) -> Ends {
        ground.restore();
        let old = ground.look();
        let (code, said) = ground.run();
        assert_eq!(code, 0, "{}: {said}", ground.name);
        let new = ground.look();
        assert_ne!(
            (&old.files, &old.references),
            (&new.files, &new.references),
            "{}",
            ground.name
        );
        assert!(old.requests.is_empty(), "{}: {:?}", ground.name, old.requests);
        assert!(
            old.strays.is_empty() && new.strays.is_empty(),
            "{}: {:?}",
            ground.name,
            new.strays
        );
        ground.restore();
        Ends { old, new }
    }

    /// Complains unless each file and each reference is what it was or what it is to be, and git finds every repository whole.
    pub(super) fn judge(&self, ground: &Ground) -> Result<Seen, String> {
        let now = ground.look();
        old_or_new("file", &now.files, (&self.old.files, &self.new.files))?;
        old_or_new(
            "reference",
            &now.references,
            (&self.old.references, &self.new.references),
        )?;
        // What hangs on a request comes one by one, after it was opened.
        if now.requests.len() > self.new.requests.len() {
            return Err(format!("opened twice: {:?}", now.requests));
        }
        for repository in ["work", "remote.git"] {
            let path = ground.sandbox.root().join(repository);
            if path.exists() {
                let words = [
                    "fsck",
                    "--strict",
                    "--no-dangling",
                    "--no-progress",
                    "--connectivity-only",
                ];
                let checked = ground.sandbox.try_git_in(&path, words);
                if !checked.succeeded {
                    return Err(format!(
                        "git fsck of {repository}: {}{}",
                        checked.stdout, checked.stderr
                    ));
                }
            }
        }
        Ok(now)
    }

    /// Runs the command again and complains unless everything is then as if nothing had ever happened to it.
    pub(super) fn finish(&self, ground: &Ground) -> Result<Locks, String> {
        let mut locks = Locks::default();
        let mut last = String::new();
        for _ in 0..RUNS {
            let (code, said) = ground.run();
            // Git shows a path of a bare repository with a dot in it.
            let plain = said.replace("/./", "/");
            let named: Vec<_> = ground
                .locks()
                .into_iter()
                .filter(|lock| plain.contains(&*lock.to_string_lossy()))
                .collect();
            if code == 0 && named.is_empty() {
                locks.left = self.expect_new(ground)?;
                return Ok(locks);
            }
            if named.is_empty() {
                return Err(format!(
                    "the second run ends with {code}: {said}locks: {:?}",
                    ground.locks()
                ));
            }
            if !said.contains("remove") {
                return Err(format!("nothing says what to do about a lock: {said}"));
            }
            for lock in named {
                fs::remove_file(&lock).unwrap();
                locks.removed += 1;
            }
            last = said;
        }
        Err(format!("it never ends: {last}"))
    }

    /// Returns how many locks of git are there that were in nobody's way.
    fn expect_new(&self, ground: &Ground) -> Result<usize, String> {
        let mut now = ground.look();
        let differs = |what: &str, now: String, wanted: String| {
            Err(format!(
                "after the second run {what}\n  are    {now}\n  not    {wanted}"
            ))
        };
        // Those of git itself, in repositories that are not ours: nobody can tell that they have no owner.
        let is_of_git = |name: &String| {
            let is_place = name.starts_with("work/") || name.starts_with("remote/");
            let is_ours = name.contains("refs/rakops/") || name.contains("rakops-");
            is_place && name.ends_with(".lock") && !is_ours
        };
        let locks = now.strays.iter().filter(|name| is_of_git(name)).count();
        if let Some(stray) = now.strays.iter().find(|name| !is_of_git(name)) {
            return Err(format!("`{stray}` is left over"));
        }
        if self.is_left_behind(&now) {
            now = self.new.clone();
        }
        if now.files != self.new.files {
            return differs("files", shown(&now.files), shown(&self.new.files));
        }
        // What git remembers of the remote is brought up to date by the next fetch, and not by a command that has nothing to push.
        now.references.retain(|name, _| !name.contains(" refs/remotes/"));
        let mut wanted = self.new.references.clone();
        wanted.retain(|name, _| !name.contains(" refs/remotes/"));
        if now.references != wanted {
            let (now, wanted) = (&now.references, &wanted);
            return differs("references", format!("{now:?}"), format!("{wanted:?}"));
        }
        if now.requests != self.new.requests {
            return differs(
                "requests",
                format!("{:?}", now.requests),
                format!("{:?}", self.new.requests),
            );
        }
        if now.status != self.new.status {
            return differs("changes", now.status, self.new.status.clone());
        }
        // What a run leaves in a repository by the way, such as ORIG_HEAD, it need not leave if it had nothing to do.
        // A server that is killed leaves a temporary file of its own, which is none of ours.
        let is_known = |name: &&String| {
            let is_of_git = name.starts_with("remote/shallow_") || name.ends_with(".lock") || *name == "work/ORIG_HEAD";
            self.new.names.contains(*name) || self.old.names.contains(*name) || is_of_git
        };
        match now.names.iter().find(|name| !is_known(name)) {
            Some(name) => Err(format!("`{name}` is left over")),
            None => Ok(locks),
        }
    }

    /// Whether all has landed at the remote, and the checkout is as before: a run that was killed had not begun to bring it along,
    /// and the second one had nothing to land.
    fn is_left_behind(&self, now: &Seen) -> bool {
        // What is known of the remote follows a push by itself.
        let of = |seen: &Seen, repository: &str| -> Vec<(String, String)> {
            let all = seen.references.clone().into_iter();
            all.filter(|(name, _)| name.starts_with(repository) && !name.contains(" refs/remotes/"))
                .collect()
        };
        !of(now, "remote").is_empty()
            && of(now, "remote") == of(&self.new, "remote")
            && of(now, "work") == of(&self.old, "work")
            && now.files == self.old.files
            && now.status == self.old.status
    }
}

/// Locks of git that processes have left which were killed.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Locks {
    /// They were in the way, and removed by hand: each was named by the error, which said that it is to be removed.
    pub(super) removed: usize,
    /// They were in nobody's way.
    pub(super) left: usize,
}

fn old_or_new<V: PartialEq + std::fmt::Debug>(
    what: &str,
    now: &BTreeMap<String, V>,
    (old, new): (&BTreeMap<String, V>, &BTreeMap<String, V>),
) -> Result<(), String> {
    let mut names: Vec<&String> = now.keys().chain(old.keys()).chain(new.keys()).collect();
    names.sort();
    names.dedup();
    let is_between = |name: &&&String| ![old.get(**name), new.get(**name)].contains(&now.get(**name));
    match names.iter().find(is_between) {
        Some(name) => Err(format!("{what} `{name}` is neither old nor new: {:?}", now.get(*name))),
        None => Ok(()),
    }
}

fn shown(files: &BTreeMap<String, Vec<u8>>) -> String {
    let texts = files
        .iter()
        .map(|(path, bytes)| format!("{path}: {}", String::from_utf8_lossy(bytes)));
    texts.collect::<Vec<_>>().join("\n")
}
