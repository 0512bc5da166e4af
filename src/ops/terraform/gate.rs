//! Whether a plan may be applied: was what it was made of approved as it must be, and is that what is there now.
//!
//! **Invariant:** whatever cannot be told is a reason to refuse. Nothing of the forge or of git is changed.
//! Start reading at [`gate`]; `review.rs` judges the reviews, `trees.rs` compares what was planned with what is there.

mod review;
mod trees;

use std::collections::BTreeSet;

pub(crate) use trees::Compared;

use crate::audit::Judged;
use crate::error::{Error, Hint, Kind};
use crate::forge::{Host, Merged, PullRequest, State};
use crate::git::changes::Pair;
use crate::git::names::{BranchName, Oid};
use crate::ops::approvals::chosen;
use crate::ops::land::Ground;
use review::{Change, said_of_merged, said_of_open};
use trees::Trees;

/// A day, in seconds: a commit may say another time than the forge that merged it.
const DAY: i64 = 86_400;
/// How many commits a request may have brought one by one; more are not looked at at first.
const BROUGHT: usize = 50;
/// A moment after every review that a forge can tell of.
const END_OF_TIME: &str = "9999-12-31T23:59:59Z";

/// What is to be applied.
#[derive(Clone, Debug)]
pub(crate) enum Target {
    /// A commit of a branch, which was merged.
    Commit(String),
    /// A request, merged or not.
    Request(u64),
}

/// What `terraform gate` was asked for.
#[derive(Clone, Debug)]
pub(crate) struct GateRequest {
    pub(crate) target: Target,
    /// The branch that the commit was merged into.
    pub(crate) branch: BranchName,
    /// Root modules and what else they are made of, as paths in the repository; `.` is all of it.
    pub(crate) paths: Vec<String>,
    /// The commit that was planned; the head of the request if absent.
    pub(crate) planned: Option<Oid>,
}

/// Why it is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Reason {
    /// For scripts.
    pub(crate) code: &'static str,
    /// For people, without a full stop.
    pub(crate) said: String,
}

/// What was found.
#[derive(Debug)]
pub(crate) struct Gate {
    /// The merged commit; none of a request that is open.
    pub(crate) commit: Option<Oid>,
    pub(crate) request: Option<PullRequest>,
    pub(crate) judged: Option<Judged>,
    /// The file of code owners in the base.
    pub(crate) owners: Option<String>,
    /// The commit that was planned.
    pub(crate) planned: Option<Oid>,
    /// What was planned and what is there, by path.
    pub(crate) compared: Vec<Compared>,
    /// Empty: it may be applied.
    pub(crate) reasons: Vec<Reason>,
}

impl Gate {
    fn new(commit: Option<Oid>) -> Gate {
        Gate {
            commit,
            request: None,
            judged: None,
            owners: None,
            planned: None,
            compared: Vec::new(),
            reasons: Vec::new(),
        }
    }

    fn refuse(&mut self, code: &'static str, said: impl Into<String>) {
        let reason = Reason {
            code,
            said: said.into(),
        };
        if !self.reasons.contains(&reason) {
            self.reasons.push(reason);
        }
    }
}

/// Looks at everything, and gathers every reason against it.
///
/// # Errors
/// [`Kind::NotFound`] if there is no such commit, request or path; as asking the forge, and as reading commits.
pub(crate) fn gate(ground: &Ground, host: &Host<'_>, asked: &GateRequest) -> Result<Gate, Error> {
    let look = Look { ground, host, asked };
    match &asked.target {
        Target::Commit(revision) => look.merged(&look.commit(revision)?, &asked.branch),
        Target::Request(number) => {
            let request = host.get(*number)?;
            match (request.state, request.merge_oid.clone()) {
                (State::Open, _) => look.open(request),
                (State::Merged, Some(commit)) => look.merged(&look.commit(commit.as_str())?, &request.lane.base),
                (state, _) => {
                    let mut gate = Gate::new(None);
                    gate.refuse(
                        "no-merged-commit",
                        match state {
                            State::Closed => format!("pull request {number} was closed without being merged"),
                            _ => format!(
                                "{} does not tell which commit pull request {number} became",
                                host.title()
                            ),
                        },
                    );
                    gate.request = Some(request);
                    Ok(gate)
                }
            }
        }
    }
}

/// What is looked at, and for what.
struct Look<'l> {
    ground: &'l Ground,
    host: &'l Host<'l>,
    asked: &'l GateRequest,
}

impl Look<'_> {
    fn commit(&self, revision: &str) -> Result<Oid, Error> {
        if let Some(commit) = self.ground.repository.resolve(revision)? {
            return Ok(commit);
        }
        if let Some(id) = Oid::parse(revision)
            && self.fetch(&id, None)?
        {
            return Ok(id);
        }
        Err(Error::new(
            Kind::NotFound,
            "commit-not-found",
            format!("there is no commit `{revision}` here"),
        )
        .hint(Hint::Say("fetch the branch that it is on".into())))
    }

    /// Makes sure that a commit is here: by its id, else by what the forge keeps of a request.
    fn fetch(&self, commit: &Oid, request: Option<u64>) -> Result<bool, Error> {
        let Some(remote) = &self.ground.remote else {
            return Ok(self.ground.repository.has(commit));
        };
        let kept = request.and_then(|number| match self.host.kind() {
            "github" | "gitea" => Some(format!("refs/pull/{number}/head")),
            "gitlab" => Some(format!("refs/merge-requests/{number}/head")),
            "bitbucket-data-center" => Some(format!("refs/pull-requests/{number}/from")),
            _ => None,
        });
        remote.fetch_commit(&self.ground.git, &self.ground.repository, (commit, kept.as_deref()))
    }

    /// A commit that a request became.
    fn merged(&self, commit: &Oid, branch: &BranchName) -> Result<Gate, Error> {
        let mut gate = Gate::new(Some(commit.clone()));
        let read = self.ground.repository.commit(commit)?;
        let read = read.ok_or_else(|| Error::bug("a commit that was found is not there"))?;
        let since = Some(read.written - DAY);
        let mut found = None;
        for most in [BROUGHT, 10 * BROUGHT] {
            let count = format!("--max-count={}", most + 1);
            let words = ["--first-parent", &count, commit.as_str()];
            let line = self.ground.repository.list(&self.ground.git, &words)?;
            let brought = &line[..line.len().min(most)];
            let told = self.host.evidence((branch, since), brought)?;
            let Some(first) = told.first() else {
                return Err(Error::bug("a forge tells nothing of a commit"));
            };
            let Some(merged) = chosen(&self.ground.repository, commit, &first.requests)? else {
                match first.unknown.is_empty() {
                    true => gate.refuse("no-pull-request", "no merged pull request brought this commit"),
                    false => first
                        .unknown
                        .iter()
                        .for_each(|why| gate.refuse("approval-unknown", why)),
                }
                self.compare(&mut gate, commit)?;
                return Ok(gate);
            };
            let number = merged.request.number;
            let run = told
                .iter()
                .take_while(|it| it.requests.iter().any(|it| it.request.number == number))
                .count();
            found = Some((merged.clone(), line.get(run).cloned()));
            if run < most {
                break;
            }
        }
        let Some((merged, base)) = found else {
            return Err(Error::bug("a forge tells nothing of a commit"));
        };
        let Some(base) = base else {
            gate.refuse("no-base", "what was there before the pull request cannot be told");
            gate.request = Some(merged.request);
            self.compare(&mut gate, commit)?;
            return Ok(gate);
        };
        let mut paths = self.paths(&base, commit)?;
        self.head(&mut gate, (&merged.request, &base, &mut paths))?;
        let change = Change {
            base,
            paths: paths.into_iter().collect(),
        };
        self.judge(&mut gate, (&merged, &change, said_of_merged))?;
        gate.request = Some(merged.request);
        self.compare(&mut gate, commit)?;
        Ok(gate)
    }

    /// A request that waits: it is judged as if it were merged now.
    fn open(&self, request: PullRequest) -> Result<Gate, Error> {
        let mut gate = Gate::new(None);
        let base = match &self.ground.remote {
            Some(remote) => remote.tips(&self.ground.git)?.branches.get(&request.lane.base).cloned(),
            None => None,
        };
        let base = base.filter(|base| self.fetch(base, None).unwrap_or(false));
        let Some(base) = base else {
            let what = format!("the branch `{}` is not there", request.lane.base);
            return Err(Error::new(Kind::NotFound, "branch-not-found", what));
        };
        let mut paths = BTreeSet::new();
        self.head(&mut gate, (&request, &base, &mut paths))?;
        let reviews = self.host.reviews(&request)?;
        let merged = Merged {
            request: PullRequest {
                merged_at: Some(END_OF_TIME.to_owned()),
                ..request.clone()
            },
            reviews,
            unknown: Vec::new(),
        };
        let change = Change {
            base: base.clone(),
            paths: paths.into_iter().collect(),
        };
        self.judge(&mut gate, (&merged, &change, said_of_open))?;
        gate.request = Some(request);
        self.compare_open(&mut gate, &base)?;
        Ok(gate)
    }

    /// Adds what a request changed by itself to the paths, and settles which commit was planned.
    fn head(
        &self,
        gate: &mut Gate,
        (request, base, paths): (&PullRequest, &Oid, &mut BTreeSet<String>),
    ) -> Result<(), Error> {
        let number = request.number;
        let Some(head) = request.head_oid.clone() else {
            gate.refuse(
                "head-unknown",
                format!("{} does not tell the head of pull request {number}", self.host.title()),
            );
            return Ok(());
        };
        if !self.fetch(&head, Some(number))? {
            gate.refuse(
                "head-missing",
                format!("the head {} of pull request {number} cannot be fetched", head.short()),
            );
            return Ok(());
        }
        match self.ground.repository.merge_base(&self.ground.git, base, &head)? {
            Some(fork) => paths.extend(self.paths(&fork, &head)?),
            None => gate.refuse(
                "head-unrelated",
                format!("the head {} shares no history with its base", head.short()),
            ),
        }
        let planned = match &self.asked.planned {
            None => head,
            Some(planned) if *planned == head => head,
            Some(planned) => {
                // A forge checks out what the head would become: a merge of it with its base.
                let parents = match self.fetch(planned, None)? {
                    true => self.ground.repository.commit(planned)?.map(|it| it.parents),
                    false => None,
                };
                match parents {
                    Some(parents) if parents.len() == 2 && parents.contains(&head) => {}
                    Some(_) => gate.refuse(
                        "plan-of-another-commit",
                        format!(
                            "the plan is of {}, and the head of pull request {number} is {}: plan again",
                            planned.short(),
                            head.short()
                        ),
                    ),
                    None => gate.refuse(
                        "plan-commit-missing",
                        format!("the planned commit {} cannot be fetched", planned.short()),
                    ),
                }
                planned.clone()
            }
        };
        gate.planned = Some(planned);
        Ok(())
    }

    fn paths(&self, old: &Oid, new: &Oid) -> Result<BTreeSet<String>, Error> {
        let pair = Pair {
            old: old.clone(),
            new: new.clone(),
        };
        let changes = self.ground.repository.changes(&self.ground.git, &pair)?;
        Ok(changes.into_iter().map(|it| it.path).collect())
    }

    fn trees(&self) -> Trees<'_> {
        Trees {
            ground: self.ground,
            paths: &self.asked.paths,
        }
    }

    /// Compares what was planned with what is there.
    fn compare(&self, gate: &mut Gate, commit: &Oid) -> Result<(), Error> {
        let planned = gate
            .planned
            .clone()
            .filter(|planned| self.ground.repository.has(planned));
        gate.compared = self.trees().compare(planned.as_ref(), commit)?;
        again(gate);
        Ok(())
    }

    /// Compares what was planned with what merging now would make.
    fn compare_open(&self, gate: &mut Gate, base: &Oid) -> Result<(), Error> {
        let (Some(planned), Some(head)) = (
            gate.planned.clone(),
            gate.request.as_ref().and_then(|it| it.head_oid.clone()),
        ) else {
            return Ok(());
        };
        let parents = self
            .ground
            .repository
            .commit(&planned)?
            .map(|it| it.parents)
            .unwrap_or_default();
        if planned != head && parents.contains(&head) && parents.contains(base) {
            // The plan is of the very merge.
            gate.compared = self.trees().compare(Some(&planned), &planned)?;
            return Ok(());
        }
        gate.compared = self.trees().compare(Some(&planned), &head)?;
        again(gate);
        if let Some(fork) = self.ground.repository.merge_base(&self.ground.git, base, &head)? {
            for moved in self
                .trees()
                .compare(Some(&fork), base)?
                .into_iter()
                .filter(|it| !it.is_same())
            {
                gate.refuse(
                    "plan-again",
                    format!("`{}` has changed in the base since: plan again", moved.path),
                );
            }
        }
        Ok(())
    }
}

fn again(gate: &mut Gate) {
    if gate.planned.is_none() {
        return;
    }
    let differing: Vec<String> = gate
        .compared
        .iter()
        .filter(|it| !it.is_same())
        .map(|it| it.path.clone())
        .collect();
    for path in differing {
        gate.refuse("plan-again", format!("`{path}` is not what was planned: plan again"));
    }
}
