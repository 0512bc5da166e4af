//! Which branches are read and landed on, and how much of their history is here.

use std::sync::PoisonError;

use super::{Ground, KEPT, Seat};
use crate::change::progress::{Progress, Silent};
use crate::error::{Error, Hint, Kind};
use crate::git::names::BranchName;
use crate::git::remote::{Content, Deepen};
use crate::landing::back_off::{BackOff, Bounds};
use crate::landing::push::again;
use crate::landing::{Scene, Tips};
use crate::ops::land::{How, Order};
use crate::ops::standing;

impl Ground {
    /// The default branch, whatever is checked out.
    ///
    /// # Errors
    /// [`Kind::Refused`] where nothing tells it.
    pub(crate) fn trunk(&self) -> Result<BranchName, Error> {
        match (&self.seat, &self.look.branches.default) {
            (Seat::Cache { default, .. }, _) => Ok(default.clone()),
            (Seat::Checkout { .. }, Some(known)) if self.remote.is_none() => BranchName::parse(known),
            (Seat::Checkout { .. }, _) => self.default_branch(),
        }
    }

    /// Reads the commit of a branch's tip, as it is on the remote, or here where there is no remote.
    pub(crate) fn tips(&self, scene: &Scene<'_>, order: &Order<'_>, branches: &[BranchName]) -> Result<Tips, Error> {
        match order.how {
            How::Push | How::PullRequest(_) => (scene.fetch)(branches),
            How::Commit => {
                let mut tips = Tips::new();
                for branch in branches {
                    let (tip, _) = crate::landing::commit::start(scene, branch)?;
                    tips.insert(branch.clone(), tip);
                }
                Ok(tips)
            }
        }
    }

    /// Reads tips of branches for a command that only looks: at the remote, or here. A branch that is not there is left out.
    ///
    /// # Errors
    /// [`Kind::NotFound`] without a remote; what fetching says.
    pub(crate) fn read_tips(&self, branches: &[BranchName], from: standing::Tips) -> Result<Tips, Error> {
        if from == standing::Tips::Local {
            let mut tips = Tips::new();
            for branch in branches {
                if let Some(tip) = self.repository.tip(&branch.reference())? {
                    tips.insert(branch.clone(), tip);
                }
            }
            return Ok(tips);
        }
        let mut back_off = BackOff::new(Bounds::default());
        let read = loop {
            match self.fetch(branches) {
                Ok(tips) => break Ok(tips),
                Err(error) => {
                    if let Err(error) = again(&Silent, &mut back_off, error) {
                        break Err(error);
                    }
                }
            }
        };
        self.clear();
        read
    }

    /// Makes sure that the history of branches is here: a shallow clone gets the rest of it.
    ///
    /// # Errors
    /// What fetching says; [`Kind::Refused`] where nothing can be fetched.
    pub(crate) fn whole_history(
        &self,
        progress: &dyn Progress,
        (branches, from): (&[BranchName], standing::Tips),
    ) -> Result<(), Error> {
        if !self.repository.is_shallow() {
            return Ok(());
        }
        let (Some(remote), standing::Tips::Remote) = (&self.remote, from) else {
            let message = "this clone is shallow: what was carried already cannot be told from it";
            return Err(
                Error::new(Kind::Refused, "history-shallow", message).hint(Hint::Say("git fetch --unshallow".into()))
            );
        };
        progress.say("this clone is shallow: fetching the rest of its history");
        let (into, _held) = match &self.seat {
            Seat::Checkout { references, .. } => (references.as_str(), None),
            Seat::Cache { cache, .. } => {
                let held = cache.lock().unwrap_or_else(PoisonError::into_inner).hold()?;
                (KEPT, Some(held))
            }
        };
        let more = Deepen {
            branches,
            into,
            by: None,
            content: Content::Usual,
        };
        let fetched = remote.deepen(&self.git, &more);
        self.clear();
        fetched
    }

    /// The branch that a change lands on where neither `--onto` nor an environment says one.
    ///
    /// # Errors
    /// [`Kind::Refused`] where no branch is checked out.
    pub(crate) fn usual_branch(&self, how: &How) -> Result<BranchName, Error> {
        match (&self.seat, how) {
            (Seat::Cache { default, .. }, _) => Ok(default.clone()),
            (Seat::Checkout { .. }, How::PullRequest(_)) => self.default_branch(),
            (Seat::Checkout { .. }, How::Commit | How::Push) => match &self.look.branches.checked_out {
                Some(branch) => BranchName::parse(branch),
                None => Err(
                    Error::new(Kind::Refused, "detached-head", "no branch is checked out here")
                        .hint(Hint::Flag("--onto BRANCH".into(), "names the branch to land on".into()))
                        .hint(Hint::Say("git switch BRANCH".into())),
                ),
            },
        }
    }

    /// The default branch of the remote.
    ///
    /// # Errors
    /// [`Kind::Refused`] where it names none.
    pub(crate) fn default_branch(&self) -> Result<BranchName, Error> {
        if let Seat::Cache { default, .. } = &self.seat {
            return Ok(default.clone());
        }
        if let Some(known) = self.repository.remote_head() {
            return BranchName::parse(&known);
        }
        let told = match &self.remote {
            Some(remote) => remote.tips(&self.git)?.default,
            None => None,
        };
        told.ok_or_else(|| {
            Error::new(Kind::Refused, "no-default-branch", "the remote names no default branch")
                .hint(Hint::Flag("--onto BRANCH".into(), "names the branch to land on".into()))
        })
    }
}
