//! From `A..B`, `A...B` or a single revision to the two sides of a change.
//!
//! Nothing is fetched into a checkout for it: what is missing is said, with the command that brings it. A repository that is
//! only remote is asked for what is needed.

use crate::error::{Error, Hint, Kind};
use crate::git::names::{BranchName, Oid};
use crate::ops::land::Ground;
use crate::ops::standing::Tips;

/// Whether changes that are not committed count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Uncommitted {
    /// They do not.
    Left,
    /// They do: the new side is the work tree.
    Counted,
}

/// The two sides of a change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Range {
    /// As it is shown: `main...feature/x`.
    pub(crate) text: String,
    /// None before the first commit.
    pub(crate) old: Option<Oid>,
    pub(crate) new: Oid,
    /// Whether the work tree stands for the new side.
    pub(crate) uncommitted: Uncommitted,
    /// The branch of the new side, where one is named or checked out.
    pub(crate) branch: Option<String>,
    /// Whether the new side has anything that the default branch has not, or was named beside another.
    pub(crate) newness: Newness,
}

/// Whether somebody has agreed to the new side of a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Newness {
    /// It is a change to be judged.
    Proposed,
    /// It is on the default branch already.
    Landed,
}

/// A commit, and what it is called.
#[derive(Clone, Debug)]
pub(crate) struct Named {
    /// A branch, or any other revision, as it is typed.
    pub(crate) typed: String,
    pub(crate) commit: Oid,
}

/// Finds the sides. With nothing typed: what the branch that is checked out has and the default branch has not; on the
/// default branch itself, its last commit.
///
/// # Errors
/// [`Kind::NotFound`] for a revision, a default branch or history that is not here; [`Kind::Usage`] for what cannot be a
/// revision.
pub(crate) fn resolve(ground: &Ground, typed: Option<&str>, uncommitted: Uncommitted) -> Result<Range, Error> {
    let Some(typed) = typed else {
        return of_one(ground, "HEAD", uncommitted);
    };
    let or_head = |text: &str| {
        if text.is_empty() {
            "HEAD".to_owned()
        } else {
            text.to_owned()
        }
    };
    let (old, new, is_symmetric) = match (typed.split_once("..."), typed.split_once("..")) {
        (Some((old, new)), _) => (or_head(old), or_head(new), true),
        (None, Some((old, new))) => (or_head(old), or_head(new), false),
        (None, None) => return of_one(ground, typed, uncommitted),
    };
    let (old, new) = (named(ground, &old)?, named(ground, &new)?);
    let first = match is_symmetric {
        true => parted(ground, &old, &new)?,
        false => old.commit,
    };
    Ok(Range {
        text: typed.to_owned(),
        old: Some(first),
        branch: branch_of(ground, &new.typed),
        new: new.commit,
        uncommitted,
        newness: Newness::Proposed,
    })
}

/// What a revision has that the default branch has not; of one that the default branch has, what it changed itself.
fn of_one(ground: &Ground, typed: &str, uncommitted: Uncommitted) -> Result<Range, Error> {
    let new = named(ground, typed)?;
    let branch = branch_of(ground, typed);
    let default = default_branch(ground)?;
    let base = parted(ground, &default, &new)?;
    let shown = branch.clone().unwrap_or_else(|| match typed {
        "HEAD" => new.commit.short().to_owned(),
        typed => typed.to_owned(),
    });
    if base != new.commit {
        return Ok(Range {
            text: format!("{}...{shown}", default.typed),
            old: Some(base),
            new: new.commit,
            uncommitted,
            branch,
            newness: Newness::Proposed,
        });
    }
    if uncommitted == Uncommitted::Counted {
        return Ok(Range {
            text: shown,
            old: Some(new.commit.clone()),
            new: new.commit,
            uncommitted,
            branch,
            newness: Newness::Landed,
        });
    }
    let commit = ground.repository.commit(&new.commit)?;
    let parent = commit.and_then(|commit| commit.parents.into_iter().next());
    if let Some(parent) = &parent
        && !ground.repository.has(parent)
        && !brought(ground, &new)?
    {
        return Err(shallow(format!("the commit before `{shown}` is not in it")));
    }
    let before = parent
        .as_ref()
        .map_or_else(|| "(nothing)".to_owned(), |parent| parent.short().to_owned());
    Ok(Range {
        text: format!("{before}..{}", new.commit.short()),
        old: parent,
        new: new.commit,
        uncommitted,
        branch,
        newness: Newness::Landed,
    })
}

/// The commit that a revision leads to: as git reads it here, else as a branch of the remote.
fn named(ground: &Ground, typed: &str) -> Result<Named, Error> {
    let name = |commit| Named {
        typed: typed.to_owned(),
        commit,
    };
    if ground.is_remote_only() {
        return named_there(ground, typed).map(name);
    }
    if let Some(commit) = ground.repository.resolve(typed)? {
        return Ok(name(commit));
    }
    let remote = ground
        .remote
        .as_ref()
        .and_then(|remote| remote.name())
        .unwrap_or("origin");
    let tracked = format!("refs/remotes/{remote}/{typed}");
    match ground.repository.resolve(&tracked)? {
        Some(commit) => Ok(name(commit)),
        None => Err(unknown(ground, (typed, Some(remote)))),
    }
}

fn unknown(ground: &Ground, (typed, remote): (&str, Option<&str>)) -> Error {
    let error = ground.no_revision(typed);
    let is_branch = error.hints.is_empty() && BranchName::parse(typed).is_ok();
    match remote.filter(|_| is_branch) {
        Some(remote) => error.hint(Hint::Say(format!(
            "git fetch {remote} {typed}:refs/remotes/{remote}/{typed}"
        ))),
        None => error,
    }
}

/// The same in a repository that is only remote: its branches, their earlier commits (`main~3`), and commits by their id.
fn named_there(ground: &Ground, typed: &str) -> Result<Oid, Error> {
    let (base, steps) = typed.split_at(typed.find(['~', '^']).unwrap_or(typed.len()));
    let base = match base {
        "HEAD" => ground.look.branches.default.as_deref().unwrap_or(base),
        base => base,
    };
    let mut found = None;
    if let Ok(branch) = BranchName::parse(base) {
        found = ground
            .read_tips(std::slice::from_ref(&branch), Tips::Remote)?
            .remove(&branch);
        if found.is_some() && !steps.is_empty() && ground.repository.is_shallow() {
            ground.deepen(&branch, None)?;
        }
    }
    let text = match &found {
        Some(tip) if steps.is_empty() => return Ok(tip.clone()),
        Some(tip) => format!("{tip}{steps}"),
        None => typed.to_owned(),
    };
    if let Some(commit) = ground.repository.resolve(&text)? {
        return Ok(commit);
    }
    if let Some(default) = &ground.look.branches.default {
        ground.deepen(&BranchName::parse(default)?, None)?;
    }
    ground
        .repository
        .resolve(&text)?
        .ok_or_else(|| unknown(ground, (typed, None)))
}

/// The default branch as it is at the remote, as far as that is known here; only its name may be asked for there.
fn default_branch(ground: &Ground) -> Result<Named, Error> {
    let known = ground.look.branches.default.clone();
    let asked = || ground.trunk().ok().map(|trunk| trunk.as_str().to_owned());
    let Some(default) = &known.or_else(asked) else {
        return Err(Error::new(
            Kind::NotFound,
            "no-default-branch",
            "it is not known here what the default branch is",
        )
        .hint(Hint::Say("git fetch origin main:refs/remotes/origin/main".into()))
        .hint(Hint::Say("git remote set-head origin --auto".into()))
        .hint(Hint::Say("or name both sides, as in `origin/main...HEAD`".into())));
    };
    if ground.is_remote_only() {
        return named(ground, default);
    }
    let remote = ground
        .remote
        .as_ref()
        .and_then(|remote| remote.name())
        .unwrap_or("origin");
    let there = ground.repository.tip(&format!("refs/remotes/{remote}/{default}"))?;
    match there {
        Some(commit) => Ok(Named {
            typed: default.clone(),
            commit,
        }),
        None => named(ground, default),
    }
}

/// The commit where two lines of history parted.
///
/// # Errors
/// [`Kind::NotFound`] `history-missing` in a shallow clone, with the command that brings it; `unrelated-histories`.
pub(crate) fn parted(ground: &Ground, one: &Named, other: &Named) -> Result<Oid, Error> {
    let ask = || ground.repository.merge_base(&ground.git, &one.commit, &other.commit);
    if let Some(base) = ask()? {
        return Ok(base);
    }
    if ground.repository.is_shallow() {
        let is_more = brought(ground, one)? | brought(ground, other)?;
        if let Some(base) = ask()?.filter(|_| is_more) {
            return Ok(base);
        }
    }
    let (one, other) = (&one.typed, &other.typed);
    match ground.repository.is_shallow() {
        true => Err(shallow(format!(
            "the commit where `{one}` and `{other}` parted is not in it"
        ))),
        false => Err(Error::new(
            Kind::NotFound,
            "unrelated-histories",
            format!("`{one}` and `{other}` have no commit in common"),
        )
        .hint(Hint::Say(format!("compare them as they are: `{one}..{other}`")))),
    }
}

/// Brings the whole history of a branch here, where that touches nobody's checkout.
fn brought(ground: &Ground, named: &Named) -> Result<bool, Error> {
    match BranchName::parse(named.typed.split(['~', '^']).next().unwrap_or_default()) {
        Ok(branch) if ground.is_remote_only() => ground.deepen(&branch, None),
        _ => Ok(false),
    }
}

fn shallow(why: String) -> Error {
    Error::new(
        Kind::NotFound,
        "history-missing",
        format!("this is a shallow clone, and {why}"),
    )
    .hint(Hint::Say("git fetch --unshallow origin".into()))
    .hint(Hint::Say(
        "in GitHub Actions, `fetch-depth: 0` of actions/checkout; in GitLab CI, `GIT_DEPTH: 0`".into(),
    ))
}

/// The branch that a revision names.
fn branch_of(ground: &Ground, typed: &str) -> Option<String> {
    let branches = &ground.look.branches;
    if typed == "HEAD" {
        return branches.checked_out.clone();
    }
    let remote = ground
        .remote
        .as_ref()
        .and_then(|remote| remote.name())
        .unwrap_or("origin");
    let short = typed
        .strip_prefix(remote)
        .and_then(|rest| rest.strip_prefix('/'))
        .unwrap_or(typed);
    branches.all.iter().find(|branch| *branch == short).cloned()
}
