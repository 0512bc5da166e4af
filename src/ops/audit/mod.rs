//! Who changed what in an environment, when, and whether it was approved before.
//!
//! History is asked for once a branch, and what reached an environment is found here, by the builds of the time: the number of
//! requests to a forge does not grow with environments or paths.
//! Start reading at [`audit`]; `walk.rs` visits commits, `meaning.rs` tells what they did, `proof.rs` what is known of their
//! approval.

mod age;
mod bases;
mod follow;
mod line;
mod meaning;
mod proof;
mod versions;
mod walk;

use std::collections::BTreeMap;

pub(crate) use line::Span;

use crate::audit::{Asked, Claims, Evidence, Gap, Row, Verdict, What};
use crate::change::evidence;
use crate::config::environments::Environment;
use crate::error::{Error, Hint, Kind};
use crate::forge::{Host, Rewrite, Rules};
use crate::git::first_parent::{Signed, Step};
use crate::git::names::{BranchName, Oid};
use crate::ops::land::Ground;
use crate::ops::standing::{Standing, Tips};
use crate::strategy::request_number;
use age::Eye;

/// What `audit` was asked for.
#[derive(Clone, Debug)]
pub(crate) struct AuditRequest {
    /// Environments and groups; all if none is named.
    pub(crate) environments: Vec<String>,
    pub(crate) span: Span,
    /// Whether commits have to be signed, whatever the forge asks for.
    pub(crate) is_signing_required: SigningRequired,
}

/// Whether a commit without a valid signature lacks something.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum SigningRequired {
    /// Where the forge protects the branch so today.
    #[default]
    AsProtected,
    Always,
}

/// What was found.
#[derive(Default)]
pub(crate) struct AuditReport {
    /// The environments that were looked at, in promotion order, with their branches and the tips of those.
    pub(crate) environments: Vec<Looked>,
    /// Newest first.
    pub(crate) rows: Vec<Row>,
    /// Force pushes, by branch.
    pub(crate) rewrites: Vec<(String, Rewrite)>,
    /// The rules of the branches as they are today, where the forge tells.
    pub(crate) rules: BTreeMap<String, Rules>,
    /// What is not known of these changes, in words for people; each once.
    pub(crate) limits: Vec<String>,
    /// What no report can know.
    pub(crate) caveats: Vec<&'static str>,
    pub(crate) warnings: Vec<Error>,
    /// The forge that was asked: its name for people and the repository there.
    pub(crate) forge: Option<(String, String)>,
}

/// An environment that was looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Looked {
    pub(crate) name: String,
    pub(crate) branch: String,
    /// The commit that its history was read from.
    pub(crate) tip: Oid,
}

/// Collects the changes that reached environments in a span of time, and the evidence for each. Without a forge, git alone is
/// asked, and what it cannot know is said.
///
/// # Errors
/// [`Kind::NotFound`] for an environment or its branch; [`Kind::Refused`] `history-shallow` where history is missing; as asking
/// the forge.
pub(crate) fn audit(
    ground: &Ground,
    standing: &Standing,
    (request, host, on_step): (&AuditRequest, Option<&Host<'_>>, &dyn Fn()),
) -> Result<AuditReport, Error> {
    if ground.repository.is_shallow() {
        let message = "this clone is shallow, so changes may be missing from its history";
        return Err(Error::new(Kind::Refused, "history-shallow", message)
            .hint(Hint::Say("git fetch --unshallow".into()))
            .hint(Hint::Say(
                "in GitHub Actions, `fetch-depth: 0` of actions/checkout; in GitLab CI, `GIT_DEPTH: 0`".into(),
            )));
    }
    let mut report = AuditReport::default();
    // Environments on one branch are looked at together.
    let mut by_branch: BTreeMap<BranchName, Vec<Environment>> = BTreeMap::new();
    for environment in wanted(standing, request)? {
        let tip = standing.tip(ground, &environment.name)?.clone();
        let Some(branch) = standing.branches.get(&environment.name) else {
            continue;
        };
        report.environments.push(Looked {
            name: environment.name.clone(),
            branch: branch.as_str().to_owned(),
            tip,
        });
        by_branch.entry(branch.clone()).or_default().push(environment);
    }
    for (branch, environments) in &by_branch {
        let Some(tip) = environments.first().and_then(|it| standing.tips.get(&it.name)) else {
            continue;
        };
        let of_branch = Branch {
            ground,
            name: branch,
            tip,
            environments,
            span: request.span,
            read: standing.read,
            host,
            on_step,
        };
        let rows = of_branch.rows(&mut report)?;
        report.rows.extend(rows);
    }
    proof::add(ground, (request, host), &mut report)?;
    let order = |row: &Row| report.environments.iter().position(|it| it.name == row.environment);
    let mut rows = std::mem::take(&mut report.rows);
    rows.reverse();
    rows.sort_by_key(|row| (std::cmp::Reverse(row.at), order(row)));
    report.rows = rows;
    Ok(report)
}

/// The environments that are asked for, in promotion order, each once.
fn wanted(standing: &Standing, request: &AuditRequest) -> Result<Vec<Environment>, Error> {
    let mut names: Vec<String> = Vec::new();
    for name in &request.environments {
        names.extend(standing.named(name)?.into_iter().map(|it| it.name));
    }
    let is_wanted = |it: &&Environment| names.is_empty() || names.contains(&it.name);
    Ok(standing.environments.list.iter().filter(is_wanted).cloned().collect())
}

/// A branch, and the environments whose history it is.
struct Branch<'b> {
    ground: &'b Ground,
    name: &'b BranchName,
    tip: &'b Oid,
    environments: &'b [Environment],
    span: Span,
    read: Tips,
    host: Option<&'b Host<'b>>,
    /// Hears of every commit that is looked at.
    on_step: &'b dyn Fn(),
}

impl Branch<'_> {
    /// The changes that reached the environments of the branch, oldest first, without evidence.
    fn rows(&self, report: &mut AuditReport) -> Result<Vec<Row>, Error> {
        let ground = self.ground;
        let whole = ground.repository.line(&ground.git, self.tip, None)?;
        let mut line = proof::landed_late((ground, self.host), self.name, (&whole, self.span))?;
        line.extend(line::cut(whole, self.span));
        let own = ground.own();
        let world = ground.world_at(self.tip)?;
        let eye = Eye {
            ground,
            own: own.as_deref(),
            environments: self.environments,
            config: &world.loaded.config,
        };
        let mut follow = follow::Follow::new(self, &eye);
        let mut rows = Vec::new();
        let mut turned = Vec::new();
        let warnings = walk::walk(&eye, &line, &mut |seen| {
            (self.on_step)();
            for environment in self.environments {
                let name = &environment.name;
                let (way, turn) = follow.step(seen, name);
                turned.extend(turn);
                let changes = seen.reaching(name);
                if way == follow::Way::Away || (changes.is_empty() && way == follow::Way::Here) {
                    continue;
                }
                let sides = meaning::Sides {
                    ground,
                    old: seen.old,
                    new: seen.new,
                    commits: (seen.step.before.as_ref(), &seen.step.commit),
                };
                let mut what = meaning::of(&sides, name, &changes)?;
                if let follow::Way::Switched(change) = way {
                    let (from, to) = (Some(&change.from), Some(&change.to));
                    what.settings
                        .retain(|it| (it.from.as_ref(), it.to.as_ref()) != (from, to));
                    what.tracks = Some(change);
                }
                rows.push(self.row((name, self.name.as_str()), seen.step, what)?);
            }
            Ok(())
        })?;
        report.warnings.extend(warnings);
        turned.extend(follow.still_away());
        for turn in turned {
            let more = turn.rows((self, &eye), &rows, report)?;
            rows.extend(more);
        }
        Ok(rows)
    }

    fn row(&self, (environment, branch): (&str, &str), step: &Step, what: What) -> Result<Row, Error> {
        let commit = self.ground.repository.commit(&step.commit)?;
        let commit = commit.ok_or_else(|| Error::bug("a commit of a branch that is not there"))?;
        let message = &commit.message;
        let title = message.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
        let claimed = evidence::read(message);
        Ok(Row {
            environment: environment.to_owned(),
            branch: branch.to_owned(),
            commit: step.commit.clone(),
            before: step.before.clone(),
            at: step.time,
            committed: step.time,
            title: title.trim().to_owned(),
            claims: Claims {
                operation: claimed.operation,
                source: claimed.source,
                run: claimed.run,
                request: request_number::of(message),
            },
            author: commit.author,
            committer: commit.committer,
            through: None,
            what,
            signed: Signed::No,
            evidence: Evidence::default(),
        })
    }
}

impl AuditReport {
    /// The rows that lack something of what is required.
    pub(crate) fn offending(&self, required: &[Required]) -> Vec<&Row> {
        self.rows
            .iter()
            .filter(|row| required.iter().any(|it| !it.is_met(row)))
            .collect()
    }
}

/// What `--require` asks of every row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Required {
    /// A merged pull request brought it.
    PullRequest,
    /// It was approved, before it was merged and as it was merged, by somebody other than its author.
    Approved,
    /// Its signature is valid.
    Signed,
    /// Code owners of every changed path that has some approved it.
    CodeOwner,
    /// No check had failed or was running when it was merged.
    Checks,
}

impl Required {
    /// The word for it.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Required::PullRequest => "pull-request",
            Required::Approved => "approved",
            Required::Signed => "signed",
            Required::CodeOwner => "code-owner",
            Required::Checks => "checks",
        }
    }

    /// Tells whether a row has it; what is not known is not met.
    pub(crate) fn is_met(self, row: &Row) -> bool {
        let lacks = |gaps: &[Gap]| row.evidence.gaps.iter().any(|gap| gaps.contains(gap));
        if row.evidence.asked == Asked::Git && self != Required::Signed {
            return false;
        }
        let judged = row.evidence.judged.as_ref();
        match self {
            Required::PullRequest => row.evidence.request.is_some(),
            Required::Approved => judged.is_some_and(|it| it.approved == Verdict::Yes),
            Required::CodeOwner => match judged.map(|it| it.by_owner) {
                Some(Verdict::Yes) => true,
                // Nobody owns what it changed; where nobody owns anything, nobody was asked.
                Some(Verdict::NotAsked) => row.evidence.owners.is_some(),
                _ => false,
            },
            Required::Checks => row.evidence.request.is_some() && !lacks(&[Gap::ChecksFailed, Gap::ChecksUnknown]),
            Required::Signed => proof::is_signed(row),
        }
    }
}
