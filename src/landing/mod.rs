//! How a plan reaches the repository: into the work tree, a commit, a push, or a pull request.
//!
//! Landing takes *how to plan*, not a plan: a lost race is one more turn of the loop, in which the intent is applied to
//! the new tip as if for the first time. Nothing has to be undone, because planning wrote nothing.
//! **Invariant:** landing alone lets a plan touch anything, and what it lets through is whole or not at all. A push has
//! succeeded when the remote has reported the ref as updated.
//! Start reading at [`push::land`], the heart of it.

pub(crate) mod back_off;
pub(crate) mod branch_name;
pub(crate) mod called;
pub(crate) mod commit;
mod evidence;
mod finish;
pub(crate) mod objects;
pub(crate) mod pull_request;
pub(crate) mod push;
pub(crate) mod work_tree;

use std::path::PathBuf;
use std::rc::Rc;

use crate::change::intent::Intent;
use crate::change::progress::Progress;
use crate::change::set::ChangeSet;
use crate::error::Error;
use crate::forge::{Applied, Lane, PullRequest};
use crate::git::names::{BranchName, Oid};
use crate::git::objects::{Commit, Who};
use crate::git::open::Repository;
use crate::git::program::Git;
use crate::git::remote::Remote;
use crate::git::write::Sign;
use crate::snapshot::Snapshot;
use back_off::Bounds;

/// The repository that a change lands in, and who does it.
pub(crate) struct Scene<'a> {
    /// The objects: of the user's repository, or of a cached one.
    pub(crate) repository: &'a Rc<Repository>,
    /// The program, where the user's configuration applies.
    pub(crate) git: &'a Git,
    /// Where to read from and push to.
    pub(crate) remote: Option<&'a Remote>,
    /// How a commit of it is looked at.
    pub(crate) view: &'a dyn Fn(&Oid) -> Result<Snapshot, Error>,
    /// How tips are read from the remote: into private refs, and back out.
    pub(crate) fetch: &'a dyn Fn(&[BranchName]) -> Result<Tips, Error>,
    /// Reads the branch of a pull request: its tip, and the commits on it that its base does not have, newest first; none
    /// if there is no such branch.
    pub(crate) between: &'a Between<'a>,
    /// Whether people work in it.
    pub(crate) checkout: Checkout,
    /// Who commits.
    pub(crate) authorship: Authorship,
    /// How often and how long.
    pub(crate) bounds: Bounds,
    /// Who listens.
    pub(crate) progress: &'a dyn Progress,
}

/// Reads the branch of a lane, with the tip of its base: see [`Scene::between`].
pub(crate) type Between<'a> = dyn Fn(&Lane, &Oid) -> Result<Option<(Oid, Vec<Commit>)>, Error> + 'a;

/// Tips of branches, as fetched; what is not there is not in it.
pub(crate) type Tips = std::collections::BTreeMap<BranchName, Oid>;

/// Whether people work in a repository.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Checkout {
    /// It is somebody's: branches that are checked out are fast-forwarded, if clean.
    Users,
    /// It is a cache of ours.
    Cache,
}

/// Who commits, and how.
#[derive(Clone, Debug)]
pub(crate) struct Authorship {
    /// Takes the place of the author that git is configured with.
    pub(crate) author: Option<Who>,
    /// Where git is not configured at all, as on CI.
    pub(crate) fallback: Option<Who>,
    /// Whether commits are signed.
    pub(crate) sign: Sign,
}

/// One branch that something is to land on.
pub(crate) struct Job<'a> {
    /// The branch.
    pub(crate) base: BranchName,
    /// What was asked for, for this branch.
    pub(crate) intent: Intent,
    /// Makes the plan from a view of a commit. Knows nothing of earlier attempts but what the intent remembers.
    pub(crate) plan: &'a Plan<'a>,
}

/// Makes a plan from a view of a commit.
pub(crate) type Plan<'a> = dyn Fn(&Snapshot, &Oid, Side) -> Result<Planned, Error> + 'a;

/// Which branch a plan is made on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Side {
    /// The branch that is meant.
    Base,
    /// The branch of the pull request.
    Head,
}

/// A plan, and what the configuration beside it says about its commit and request.
pub(crate) struct Planned {
    pub(crate) change_set: ChangeSet,
    /// The message of its commit, trailers included.
    pub(crate) message: String,
    /// The messages of its steps, one each.
    pub(crate) steps: Vec<String>,
    /// What the pull request says; used only where there is one.
    pub(crate) title: String,
    pub(crate) body: String,
    /// Labels it gets.
    pub(crate) labels: Vec<String>,
    /// Who is asked to review it.
    pub(crate) reviewers: Vec<String>,
    /// Whether the configuration lets the forge merge it by itself.
    pub(crate) merges_itself: MergesItself,
}

/// Whether the forge is to merge a pull request by itself, and who says so.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum MergesItself {
    /// Nobody does.
    #[default]
    No,
    /// `pull_request.auto_merge`: where the forge cannot, it is said.
    Configured,
    /// `--auto-merge`: where the forge cannot, it is an error.
    Asked,
}

/// What landing came to, for one branch.
pub(crate) struct Landed {
    /// The branch that was meant.
    pub(crate) base: BranchName,
    /// What was planned on its tip, in the attempt that landed.
    pub(crate) change_set: ChangeSet,
    /// The branch that a pull request comes from, where one is, or would be, opened.
    pub(crate) head: Option<BranchName>,
    /// The commit that landed; none if there was nothing to do.
    pub(crate) commit: Option<Oid>,
    /// How often it was tried.
    pub(crate) attempts: u32,
    /// The pull request, if one was asked for and is there.
    pub(crate) request: Option<Requested>,
    /// The commit that was read.
    pub(crate) tip: Oid,
    /// What should be known and does not stop the command.
    pub(crate) warnings: Vec<Error>,
    /// Of a plan that is more than edits of files: the paths that change, and the difference in git's form.
    pub(crate) difference: Option<(Vec<String>, String)>,
}

impl Landed {
    /// What would land.
    pub(crate) fn planned(base: BranchName, tip: Oid, change_set: ChangeSet) -> Landed {
        Landed {
            base,
            change_set,
            head: None,
            commit: None,
            attempts: 1,
            request: None,
            tip,
            warnings: Vec::new(),
            difference: None,
        }
    }

    /// Whether anything is another way than before.
    pub(crate) fn has_changed(&self) -> bool {
        let of_request = |requested: &Requested| requested.outcome != Outcome::Untouched;
        !self.change_set.is_empty() || self.request.as_ref().is_some_and(of_request)
    }
}

/// What became of a pull request.
pub(crate) struct Requested {
    pub(crate) request: PullRequest,
    pub(crate) outcome: Outcome,
    /// What of labels and reviewers was applied.
    pub(crate) applied: Applied,
    /// The head that this run is to merge, because the forge will not.
    pub(crate) merge_here: Option<Oid>,
}

/// What a run did to a pull request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// It is new.
    Opened,
    /// It has another content now.
    Updated,
    /// It had this content already.
    Untouched,
    /// The forge merged it at once.
    Merged,
}

/// Paths of work trees, for messages.
type Checkouts = Vec<PathBuf>;
