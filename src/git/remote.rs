//! A remote: what stands there, bringing it here, and pushing, always by the `git` program.
//!
//! **Invariant:** a push names the old and the new id of each branch; a branch is updated when the remote has said so.

use std::collections::BTreeMap;

use super::answers::{self, Answer, Push};
use super::cache::Filtered;
use super::credentials::{GitToken, Overrides};
use super::damaged;
use super::names::{BranchName, Oid, RemoteUrl, Scheme};
use super::open::Repository;
use super::program::{Finished, Git, MayAsk};
use super::refs::Expect;
use super::unwritable;
use crate::error::{Error, Hint, Kind};

/// What a remote is called that was given by its address; the address itself comes by the environment.
pub(super) const BY_ADDRESS: &str = "rakops";

/// Whether the user's `pre-push` hook runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PrePush {
    /// It may stop the push.
    Run,
    /// `--no-verify`.
    Skip,
}

/// How much of a branch is fetched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Depth {
    /// Whatever is missing.
    Full,
    /// The tip alone.
    One(Blobs),
}

/// Whether files are fetched with a tip.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Blobs {
    /// All of them.
    All,
    /// None, where the server can; they come by [`Remote::fetch_blobs`].
    Later,
}

/// What stands at a remote.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tips {
    /// The branch that `HEAD` names there.
    pub(crate) default: Option<BranchName>,
    /// Every branch and its commit.
    pub(crate) branches: BTreeMap<BranchName, Oid>,
}

/// One branch of a push.
#[derive(Clone, Debug)]
pub(crate) struct Update {
    /// The branch.
    pub(crate) branch: BranchName,
    /// Where it goes; none removes it.
    pub(crate) new: Option<Oid>,
    /// What it must be for that.
    pub(crate) expect: Expect,
}

/// More commits of branches that were fetched shallowly.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Deepen<'a> {
    /// The branches.
    pub(crate) branches: &'a [BranchName],
    /// The prefix of the references they are kept under.
    pub(crate) into: &'a str,
    /// How many more commits; none is all of them.
    pub(crate) by: Option<u32>,
    /// What comes with the commits.
    pub(crate) content: Content,
}

/// What comes with older commits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Content {
    /// As the repository is set up.
    Usual,
    /// Neither trees nor files, where the server can.
    CommitsOnly,
}

/// A remote repository.
#[derive(Clone, Debug)]
pub(crate) struct Remote {
    name: Option<String>,
    fetch_url: RemoteUrl,
    url: RemoteUrl,
    /// A token that git has not; it stands in place of any that git has.
    pub(crate) token: Option<GitToken>,
    /// Whether the `pre-push` hook runs.
    pub(crate) pre_push: PrePush,
    /// What the environment has to say for the repository it is fetched into.
    promises: bool,
    is_known: bool,
}

impl Remote {
    /// A remote of the repository by name.
    ///
    /// # Errors
    /// [`Kind::NotFound`] `no-remote`, naming those that there are.
    pub(crate) fn named(git: &Git, name: &str) -> Result<Remote, Error> {
        let there_are = names(git);
        if !there_are.iter().any(|it| it == name) {
            // Without git no setting is known, and nothing can be said of remotes.
            git.check_version()?;
            let error = Error::new(Kind::NotFound, "no-remote", format!("there is no remote `{name}`"));
            return Err(if there_are.is_empty() {
                error.hint(Hint::Say(format!("git remote add {name} URL")))
            } else {
                error.hint(Hint::Found(there_are))
            });
        }
        let get = |args: &[&str]| -> Result<RemoteUrl, Error> {
            let got = git.run(args, None, &[])?;
            let got = got.or_fail(&format!("git cannot tell the address of `{name}`"))?;
            RemoteUrl::parse(&got.text())
        };
        let has = |endings: &[&str]| {
            let mut keys = git.settings().iter().map(|(key, _)| key);
            keys.any(|key| endings.iter().any(|ending| key.ends_with(ending)))
        };
        let differs = has(&[".pushurl", ".pushinsteadof"]);
        // Where nothing rewrites addresses, the setting is the address, and one run of git is saved.
        let of_name = format!("remote.{name}.url");
        let written = git.settings().iter().find(|(key, _)| *key == of_name);
        let url = match written {
            Some((_, written)) if !differs && !has(&[".insteadof"]) => RemoteUrl::parse(written)?,
            _ => get(&["remote", "get-url", "--push", "--end-of-options", name])?,
        };
        let fetch_url = if differs {
            get(&["remote", "get-url", "--end-of-options", name])?
        } else {
            url.clone()
        };
        Ok(Remote {
            name: Some(name.to_owned()),
            fetch_url,
            url,
            token: None,
            pre_push: PrePush::Run,
            promises: false,
            is_known: false,
        })
    }

    /// A remote by its address.
    pub(crate) fn at(url: RemoteUrl) -> Remote {
        Remote {
            name: None,
            fetch_url: url.clone(),
            url,
            token: None,
            pre_push: PrePush::Run,
            promises: false,
            is_known: false,
        }
    }

    /// The same, for a repository of our own whose missing files this remote has.
    pub(super) fn that_promises(mut self) -> Remote {
        self.promises = true;
        self
    }

    /// The same, where every run of git is told its address already.
    pub(super) fn that_is_known(mut self) -> Remote {
        self.is_known = true;
        self
    }

    /// Where pushes go, after `insteadOf` and `pushurl`.
    pub(crate) fn url(&self) -> &RemoteUrl {
        &self.url
    }

    /// Where fetches come from.
    pub(crate) fn fetch_url(&self) -> &RemoteUrl {
        &self.fetch_url
    }

    /// Its name, where it has one.
    pub(crate) fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    /// Returns its default branch and the tips of all branches.
    ///
    /// # Errors
    /// [`Kind::Remote`], [`Kind::Access`] or [`Kind::NotFound`], as [`answers::transport`] tells.
    pub(crate) fn tips(&self, git: &Git) -> Result<Tips, Error> {
        let args = [
            "ls-remote",
            "--symref",
            "--end-of-options",
            self.read_word(),
            "HEAD",
            "refs/heads/*",
        ];
        let listed = self.run(git, &args, None)?;
        if !listed.is_success() {
            return Err(self.failure(git, &listed));
        }
        let text = String::from_utf8_lossy(&listed.stdout);
        let mut tips = Tips::default();
        for line in text.lines() {
            let Some((value, name)) = line.split_once('\t') else {
                continue;
            };
            let branch = |name: &str| BranchName::parse(name.strip_prefix("refs/heads/")?).ok();
            match (value.strip_prefix("ref: "), name) {
                (Some(target), "HEAD") => tips.default = branch(target),
                (None, name) => {
                    if let (Some(branch), Some(id)) = (branch(name), Oid::parse(value)) {
                        tips.branches.insert(branch, id);
                    }
                }
                _ => {}
            }
        }
        Ok(tips)
    }

    /// Fetches branches and keeps each under `into` (such as `refs/rakops/RUN/`) followed by its name. A branch that is not
    /// there is left out of what is returned.
    ///
    /// # Errors
    /// As [`Remote::tips`].
    pub(crate) fn fetch(
        &self,
        git: &Git,
        branches: &[BranchName],
        (into, depth): (&str, Depth),
    ) -> Result<BTreeMap<BranchName, Oid>, Error> {
        Ok(self.fetch_and_tell(git, branches, (into, depth))?.0)
    }

    /// The same, and whether the server left files out.
    pub(super) fn fetch_and_tell(
        &self,
        git: &Git,
        branches: &[BranchName],
        (into, depth): (&str, Depth),
    ) -> Result<(BTreeMap<BranchName, Oid>, Filtered), Error> {
        let mut filtered = Filtered::Yes;
        let mut wanted: Vec<&BranchName> = branches.iter().collect();
        wanted.sort();
        wanted.dedup();
        while !wanted.is_empty() {
            let mut args = FETCH.to_vec();
            match depth {
                Depth::Full => {}
                Depth::One(Blobs::All) => args.push("--depth=1"),
                Depth::One(Blobs::Later) => args.extend(["--depth=1", "--filter=blob:none"]),
            }
            let refspecs = refspecs(&wanted, into);
            args.extend(["--end-of-options", self.read_word()]);
            args.extend(refspecs.iter().map(String::as_str));
            let fetched = self.run(git, &args, None)?;
            if fetched.stderr.contains("filtering not recognized by server") {
                filtered = Filtered::No;
            }
            if fetched.is_success() {
                break;
            }
            // Names the first only; the next attempt may name the next.
            let absent = absent_branch(&fetched.stderr).map(str::to_owned);
            let before = wanted.len();
            if let Some(absent) = absent {
                wanted.retain(|branch| branch.reference() != absent);
            }
            if wanted.len() == before {
                return Err(self.failure(git, &fetched));
            }
        }
        let repository = Repository::open_with(git.directory(), git)?;
        let mut tips = BTreeMap::new();
        for branch in wanted {
            if let Some(id) = repository.tip(&format!("{into}{branch}"))? {
                tips.insert(branch.clone(), id);
            }
        }
        Ok((tips, filtered))
    }

    /// Makes sure that a commit is here: by its id where the server gives it so, else by a reference in whose history it may be.
    /// Returns whether it is here then; nothing refers to it.
    ///
    /// # Errors
    /// What running git says; that the remote does not have it is no error.
    pub(crate) fn fetch_commit(
        &self,
        git: &Git,
        repository: &Repository,
        (commit, reference): (&Oid, Option<&str>),
    ) -> Result<bool, Error> {
        for name in [Some(commit.as_str()), reference].into_iter().flatten() {
            if repository.has(commit) {
                break;
            }
            let args = [&FETCH[..], &["--end-of-options", self.read_word(), name]].concat();
            self.run(git, &args, None)?;
        }
        Ok(repository.has(commit))
    }

    /// Fetches promised objects, all at once; those that are here already are not asked for.
    ///
    /// # Errors
    /// As [`Remote::tips`].
    pub(crate) fn fetch_blobs(&self, git: &Git, repository: &Repository, ids: &[Oid]) -> Result<(), Error> {
        let missing = repository.missing(ids);
        if missing.is_empty() {
            return Ok(());
        }
        // As git does it itself. Source: promisor-remote.c of git, `fetch_objects`.
        let mut args = vec!["-c", "fetch.negotiationAlgorithm=noop"];
        args.extend(FETCH);
        args.extend(["--filter=blob:none", "--stdin", "--end-of-options", self.read_word()]);
        let list: String = missing.iter().map(|id| format!("{id}\n")).collect();
        let fetched = self.run(git, &args, Some(list.as_bytes()))?;
        if fetched.is_success() {
            return Ok(());
        }
        Err(self.failure(git, &fetched))
    }

    /// Fetches more commits of branches of which only the newest are here.
    ///
    /// # Errors
    /// As [`Remote::tips`].
    pub(crate) fn deepen(&self, git: &Git, more: &Deepen<'_>) -> Result<(), Error> {
        let mut args = FETCH.to_vec();
        let depth = match more.by {
            Some(by) => format!("--deepen={by}"),
            None => "--unshallow".to_owned(),
        };
        args.push(&depth);
        if more.content == Content::CommitsOnly {
            args.push("--filter=tree:0");
        }
        let wanted: Vec<&BranchName> = more.branches.iter().collect();
        let refspecs = refspecs(&wanted, more.into);
        args.extend(["--end-of-options", self.read_word()]);
        args.extend(refspecs.iter().map(String::as_str));
        let fetched = self.run(git, &args, None)?;
        if fetched.is_success() || fetched.stderr.contains("--unshallow on a complete repository") {
            return Ok(());
        }
        Err(self.failure(git, &fetched))
    }

    /// Fetches commits alone, by refspecs, with so many before each; without a depth, whatever is missing.
    ///
    /// # Errors
    /// As [`Remote::tips`].
    pub(super) fn fetch_commits(&self, git: &Git, wanted: &[String], depth: Option<u32>) -> Result<(), Error> {
        let mut args = FETCH.to_vec();
        let depth = depth.map(|depth| format!("--depth={depth}"));
        args.extend(depth.as_deref());
        if wanted.iter().any(|refspec| refspec.contains('*')) {
            // A branch that is gone could stand in the way of a new one below its name.
            args.push("--prune");
        }
        args.extend(["--filter=tree:0", "--end-of-options", self.read_word()]);
        args.extend(wanted.iter().map(String::as_str));
        let fetched = self.run(git, &args, None)?;
        match fetched.is_success() {
            true => Ok(()),
            false => Err(self.failure(git, &fetched)),
        }
    }

    /// Makes sure that the commits of `branch` that `base` does not have are here, in a repository that has tips only.
    ///
    /// # Errors
    /// As [`Remote::tips`]. A branch that holds nothing of its own is none.
    pub(crate) fn fetch_since(&self, git: &Git, branch: &BranchName, base: &BranchName) -> Result<(), Error> {
        let mut args = FETCH.to_vec();
        let without = format!("--shallow-exclude={}", base.reference());
        let reference = branch.reference();
        args.push(&without);
        if self.promises {
            // In a checkout of somebody's it would turn that into a partial clone.
            args.push("--filter=blob:none");
        }
        args.extend(["--end-of-options", self.read_word(), &reference]);
        let fetched = self.run(git, &args, None)?;
        // Source: upload-pack.c and shallow.c of git: nothing is left when everything is excluded.
        if fetched.is_success() || fetched.stderr.contains("no commits selected for shallow requests") {
            return Ok(());
        }
        Err(self.failure(git, &fetched))
    }

    /// Pushes objects by their ids, each branch from where it is expected to be; several of them all or none.
    ///
    /// # Errors
    /// What [`Git::run`] says. What the remote says is a [`Push`].
    pub(crate) fn push(&self, git: &Git, updates: &[Update]) -> Result<Push, Error> {
        let first = self.push_once(git, updates)?;
        // A shallow clone may lack what the remote wants to see; more of it is tried once.
        if let Push::Unclear { otherwise, .. } = &first
            && otherwise.code == "objects-missing"
            && Repository::open_with(git.directory(), git)?.is_shallow()
        {
            let branches: Vec<BranchName> = updates
                .iter()
                .filter(|update| update.expect != Expect::Absent)
                .map(|update| update.branch.clone())
                .collect();
            let more = Deepen {
                branches: &branches,
                into: "refs/rakops/deepened/",
                by: Some(50),
                content: Content::Usual,
            };
            if !branches.is_empty() && self.deepen(git, &more).is_ok() {
                let again = self.push_once(git, updates);
                Repository::open_with(git.directory(), git)?.delete_below(more.into);
                return again;
            }
        }
        Ok(first)
    }

    fn push_once(&self, git: &Git, updates: &[Update]) -> Result<Push, Error> {
        let mut args = vec![
            "push",
            "--porcelain",
            "--no-progress",
            "--no-follow-tags",
            "--recurse-submodules=no",
        ];
        if self.pre_push == PrePush::Skip {
            args.push("--no-verify");
        }
        if updates.len() > 1 {
            args.push("--atomic");
        }
        let references: Vec<String> = updates.iter().map(|update| update.branch.reference()).collect();
        let leases: Vec<String> = updates
            .iter()
            .map(|update| match &update.expect {
                Expect::Tip(tip) => format!("--force-with-lease={}:{tip}", update.branch.reference()),
                // An empty value means: only if there is none.
                Expect::Absent => format!("--force-with-lease={}:", update.branch.reference()),
            })
            .collect();
        // Never a `+`: it would switch the lease off.
        let refspecs: Vec<String> = updates
            .iter()
            .map(|update| match &update.new {
                Some(new) => format!("{new}:{}", update.branch.reference()),
                None => format!(":{}", update.branch.reference()),
            })
            .collect();
        args.extend(leases.iter().map(String::as_str));
        args.extend(["--end-of-options", self.word()]);
        args.extend(refspecs.iter().map(String::as_str));
        let pushed = match self.run(git, &args, None) {
            Ok(pushed) => pushed,
            // It may have got through all the same.
            Err(error) if error.kind == Kind::Remote => return Ok(Push::NetworkDown(error)),
            Err(error) => return Err(error),
        };
        Ok(answers::judge(&Answer {
            status: pushed.status,
            stdout: &String::from_utf8_lossy(&pushed.stdout),
            stderr: &pushed.stderr,
            references: &references,
        }))
    }

    /// What it is called where something is read: what is pushed to is what is read, also where the two addresses differ.
    fn read_word(&self) -> &str {
        match self.fetch_url == self.url {
            true => self.word(),
            false => BY_ADDRESS,
        }
    }

    fn word(&self) -> &str {
        self.name.as_deref().unwrap_or(BY_ADDRESS)
    }

    fn run(&self, git: &Git, args: &[&str], stdin: Option<&[u8]>) -> Result<Finished, Error> {
        git.run(args, stdin, &self.variables(git))
    }

    /// What the environment of git holds for this remote: its address, the token, and that ssh asks nobody.
    pub(crate) fn variables(&self, git: &Git) -> Vec<(String, String)> {
        let mut overrides = Overrides::after(git);
        if (self.name.is_none() || self.fetch_url != self.url) && !self.is_known {
            overrides.push(&format!("remote.{BY_ADDRESS}.url"), self.url.written());
        }
        if self.promises && !self.is_known {
            overrides.push(&format!("remote.{BY_ADDRESS}.promisor"), "true");
            overrides.push(&format!("remote.{BY_ADDRESS}.partialclonefilter"), "blob:none");
        }
        if let Some(token) = &self.token {
            // After everything the environment has said before: the last word counts.
            overrides.push_token(&self.url, token);
            if self.fetch_url != self.url && self.fetch_url.host() == self.url.host() {
                overrides.push_token(&self.fetch_url, token);
            }
        }
        let mut variables = overrides.variables();
        let is_ssh = [&self.url, &self.fetch_url]
            .iter()
            .any(|url| url.scheme() == Scheme::Ssh);
        let has_command = || {
            git.variable("GIT_SSH_COMMAND").is_some()
                || git.variable("GIT_SSH").is_some()
                || git.config("core.sshCommand").is_some()
        };
        if is_ssh && git.may_ask() == MayAsk::No && !has_command() {
            variables.push(("GIT_SSH_COMMAND".into(), "ssh -o BatchMode=yes".into()));
        }
        variables
    }

    fn failure(&self, git: &Git, finished: &Finished) -> Error {
        // Before the other side is looked at: what cannot be written here breaks the connection, too.
        if let Some(error) = unwritable::here(git.directory(), &finished.stderr) {
            return match self.promises {
                true => error,
                false => error.hint(unwritable::from_elsewhere()),
            };
        }
        let shown = match &self.name {
            Some(name) => format!("the remote `{name}`"),
            None => format!("`{}`", self.url.shown()),
        };
        if let Some(error) = damaged::here(&finished.stderr) {
            return error;
        }
        if let Some(absent) = absent_branch(&finished.stderr) {
            let branch = absent.strip_prefix("refs/heads/").unwrap_or(absent);
            return Error::new(
                Kind::NotFound,
                "branch-not-found",
                format!("{shown} has no branch `{branch}`"),
            );
        }
        answers::transport(&finished.stderr, &shown).unwrap_or_else(|| {
            finished.failure(
                Kind::Remote,
                "remote-failed",
                &format!("{shown} cannot be fetched from"),
            )
        })
    }
}

/// What every fetch has in common: no tags, no submodules, and nothing but the named references is touched.
///
/// Without an empty `--refmap` git would move the remote-tracking branch along, and runs side by side in one checkout would
/// fight for its lock.
const FETCH: [&str; 7] = [
    "fetch",
    "--refmap=",
    "--no-tags",
    "--no-write-fetch-head",
    "--no-recurse-submodules",
    "--no-auto-maintenance",
    "--no-progress",
];

fn refspecs(branches: &[&BranchName], into: &str) -> Vec<String> {
    // The `+` is harmless: the target is a reference of our own.
    branches
        .iter()
        .map(|branch| format!("+{}:{into}{branch}", branch.reference()))
        .collect()
}

fn absent_branch(stderr: &str) -> Option<&str> {
    stderr
        .lines()
        .find_map(|line| line.strip_prefix("fatal: couldn't find remote ref "))
        .map(str::trim)
}

/// Returns the names of all remotes, in order.
pub(crate) fn names(git: &Git) -> Vec<String> {
    let of_key = |key: &str| Some(key.strip_prefix("remote.")?.strip_suffix(".url")?.to_owned());
    let mut names: Vec<String> = git.settings().iter().filter_map(|(key, _)| of_key(key)).collect();
    names.sort();
    names.dedup();
    names
}
