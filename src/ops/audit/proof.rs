//! What is known of the approval of each change: signatures from git, everything else from the forge.
//!
//! **Invariant:** what could not be asked is a gap of its own, and never reads as approved.

use std::collections::{BTreeMap, BTreeSet};

use super::bases::{AllTold, Bases};
use super::line::{self, Span};
use super::{AuditReport, AuditRequest, SigningRequired};
use crate::audit::{self, Asked, Dialect, Gap, Judging, Row};
use crate::error::Error;
use crate::forge::Host;
use crate::git::changes::Pair;
use crate::git::first_parent::{Signed, Step};
use crate::git::names::{BranchName, Oid};
use crate::ops::approvals::{self, OwnersOf, Teams, chosen};
use crate::ops::land::Ground;
use crate::text::time;

/// How many commits before a span are asked about at a time.
const LATE: [usize; 3] = [1, 10, 50];

/// Adds to each row of a report what is known of it, and to the report what is not known.
///
/// # Errors
/// As reading commits, and as asking the forge.
pub(super) fn add(
    ground: &Ground,
    (request, host): (&AuditRequest, Option<&Host<'_>>),
    report: &mut AuditReport,
) -> Result<(), Error> {
    let mut commits: Vec<Oid> = report.rows.iter().map(|row| row.commit.clone()).collect();
    commits.sort();
    commits.dedup();
    let signed = ground.repository.signatures(&ground.git, &commits)?;
    for row in &mut report.rows {
        row.signed = signed.get(&row.commit).cloned().unwrap_or(Signed::No);
    }
    match host {
        None => alone(report),
        Some(host) => {
            report.forge = Some((host.title().to_owned(), host.repository().to_owned()));
            ask(ground, (request, host), report)?;
        }
    }
    for row in &mut report.rows {
        let rules = report.rules.get(&row.branch);
        let asked = request.is_signing_required == SigningRequired::Always
            || rules.is_some_and(|rules| rules.signatures == Some(true));
        if asked && !is_signed(row) {
            row.evidence.gaps.push(Gap::Unsigned);
        }
        row.evidence.gaps.sort_unstable();
        row.evidence.gaps.dedup();
    }
    standing_limits(report);
    Ok(())
}

/// Finds the steps that landed in a span with a date before it, oldest first: what is merged by fast-forward keeps its dates. They are
/// asked for backwards, until one landed before it; in most repositories that is the first.
///
/// # Errors
/// As asking the forge.
pub(super) fn landed_late(
    (ground, host): (&Ground, Option<&Host<'_>>),
    branch: &BranchName,
    (line, span): (&[Step], Span),
) -> Result<Vec<Step>, Error> {
    let Some(host) = host else { return Ok(Vec::new()) };
    let mut late = Vec::new();
    let (mut rest, inside) = line::before(line, span);
    for most in LATE {
        let (some, more) = rest.split_at(rest.len().min(most));
        rest = more;
        let commits: Vec<Oid> = some.iter().map(|step| step.commit.clone()).collect();
        if commits.is_empty() {
            break;
        }
        let told = host.evidence((branch, Some(span.since)), &commits)?;
        for (step, told) in some.iter().zip(&told) {
            let merged = chosen(&ground.repository, &step.commit, &told.requests)?;
            let at = merged
                .and_then(|it| it.request.merged_at.as_deref())
                .and_then(time::read);
            match at {
                Some(at) if at >= span.since => late.push((at, step.clone())),
                _ => {
                    rest = &[];
                    break;
                }
            }
        }
    }
    late.reverse();
    // What landed after the span ends it; between two that are in it, nothing is left out.
    let is_in = |(at, _): &(i64, Step)| inside > 0 || span.has(*at);
    Ok(late.into_iter().take_while(is_in).map(|(_, step)| step).collect())
}

/// Whether git or the forge takes the signature as good.
pub(super) fn is_signed(row: &Row) -> bool {
    matches!(row.signed, Signed::Good(_)) || row.evidence.signature.as_ref().is_some_and(|it| it.is_valid)
}

/// What git alone cannot know.
fn alone(report: &mut AuditReport) {
    for row in &mut report.rows {
        row.evidence.asked = Asked::Git;
        row.evidence.gaps.push(Gap::ApprovalUnknown);
    }
    report.limit(
        "read from git alone: who approved what, who merged it, what the checks came to and whether branches were \
         rewritten cannot be known from it"
            .to_owned(),
    );
}

fn ask(ground: &Ground, (request, host): (&AuditRequest, &Host<'_>), report: &mut AuditReport) -> Result<(), Error> {
    // By the branch that a commit was landed on: a request was merged into that.
    let mut by_branch: BTreeMap<String, Vec<Oid>> = BTreeMap::new();
    for row in &report.rows {
        let commits = by_branch.entry(row.branch.clone()).or_default();
        if !commits.contains(&row.commit) {
            commits.push(row.commit.clone());
        }
    }
    let since = request.span.since;
    let dialect = Dialect::of_forge(host.kind());
    let tips = report.environments.iter();
    let tips = tips.map(|it| (it.branch.clone(), it.tip.clone())).collect();
    let bases = Bases::read(ground, dialect, &tips)?;
    let mut told = AllTold::new();
    for (branch, commits) in &mut by_branch {
        let Ok(name) = BranchName::parse(branch) else { continue };
        for more in bases.besides(branch, commits) {
            if !commits.contains(&more) {
                commits.push(more);
            }
        }
        for of in host.evidence((&name, Some(since)), commits)? {
            told.insert((branch.clone(), of.commit.clone()), of);
        }
    }
    let branches: Vec<String> = {
        let mut names: Vec<String> = report.environments.iter().map(|it| it.branch.clone()).collect();
        names.extend(by_branch.into_keys());
        names.sort();
        names.dedup();
        names
    };
    for branch in branches {
        let Ok(name) = BranchName::parse(&branch) else { continue };
        let title = host.title();
        match approvals::told(host.rewrites(&name, since))? {
            Some(rewrites) => {
                let inside = |at: &str| time::read(at).is_none_or(|at| request.span.has(at));
                let rewrites = rewrites.into_iter().filter(|it| inside(&it.at));
                report.rewrites.extend(rewrites.map(|it| (branch.clone(), it)));
            }
            None => report.limit(format!(
                "{title} does not tell this token whether the branch `{branch}` was rewritten by a force push"
            )),
        }
        match approvals::told(host.rules(&name))? {
            Some(rules) => drop(report.rules.insert(branch, rules)),
            None => report.limit(format!(
                "{title} does not tell this token how the branch `{branch}` is protected"
            )),
        }
    }
    judge((ground, host, dialect), (&bases, told), report)
}

fn judge(
    (ground, host, dialect): (&Ground, &Host<'_>, Option<Dialect>),
    (bases, told): (&Bases, AllTold),
    report: &mut AuditReport,
) -> Result<(), Error> {
    if dialect.is_none() {
        report.limit(format!("{} has no file of code owners", host.title()));
    }
    let teams = Teams::new(host);
    let members = |team: &str| teams.members(team);
    let mut owners = OwnersOf::new(&ground.repository, dialect);
    let mut odd = BTreeSet::new();
    for row in &mut report.rows {
        row.evidence.asked = Asked::Forge;
        let Some(of) = told.get(&(row.branch.clone(), row.commit.clone())) else {
            row.evidence.gaps.push(Gap::ApprovalUnknown);
            continue;
        };
        row.evidence.author.clone_from(&of.author);
        row.evidence.committer.clone_from(&of.committer);
        row.evidence.signature.clone_from(&of.signature);
        row.evidence.unknown.clone_from(&of.unknown);
        let Some(merged) = chosen(&ground.repository, &row.commit, &of.requests)? else {
            row.evidence.gaps.push(match of.unknown.is_empty() {
                true => Gap::NoPullRequest,
                false => Gap::ApprovalUnknown,
            });
            continue;
        };
        let base = match bases.of(row, merged.request.number, &told) {
            Some(base) => owners.of(&base)?,
            None => None,
        };
        let paths = match (&row.before, base.is_some()) {
            (Some(before), true) => {
                let pair = Pair {
                    old: before.clone(),
                    new: row.commit.clone(),
                };
                let changes = ground.repository.changes(&ground.git, &pair)?;
                changes.into_iter().map(|it| it.path).collect()
            }
            _ => Vec::new(),
        };
        let judged = audit::judge(
            merged,
            &Judging {
                owners: base.as_deref(),
                paths: &paths,
                members: &members,
            },
        );
        if row.through.is_none()
            && let Some(at) = merged.request.merged_at.as_deref().and_then(time::read)
        {
            row.at = at;
        }
        if let Some(base) = base.as_ref().filter(|base| !base.not_understood.is_empty()) {
            let lines: Vec<String> = base.not_understood.iter().map(u32::to_string).collect();
            odd.insert(format!(
                "lines of `{}` that are no rule: {}",
                base.file,
                lines.join(", ")
            ));
        }
        row.evidence.owners = base.map(|base| base.file.clone());
        row.evidence.gaps.extend(&judged.gaps);
        row.evidence.unknown.extend(merged.unknown.iter().cloned());
        row.evidence.request = Some(merged.request.clone());
        row.evidence.judged = Some(judged);
    }
    odd.into_iter().for_each(|limit| report.limit(limit));
    for team in teams.unknown()? {
        report.limit(format!("the members of the team `{team}` are not told to this token"));
    }
    Ok(())
}

/// What holds for every report.
const OF_GIT: &str = "names, addresses and dates in commits are claims of whoever made the commit";
const OF_THE_FORGE: [&str; 3] = [
    "administrators can bypass the rules of a branch, and rules are those of today, not of the time of a change",
    "a commit that the forge signed proves the forge, not its author",
    "what the forge keeps of reviews and pushes, and for how long, is the forge's",
];
const OF_THE_REPORT: &str = "this report is not tamper-proof: it says what git and the forge said when they were asked";

fn standing_limits(report: &mut AuditReport) {
    report.caveats.push(OF_GIT);
    if report.forge.is_some() {
        report.caveats.extend(OF_THE_FORGE);
    }
    report.caveats.push(OF_THE_REPORT);
}

impl AuditReport {
    /// Adds something that is not known, once.
    pub(super) fn limit(&mut self, limit: String) {
        if !self.limits.contains(&limit) {
            self.limits.push(limit);
        }
    }
}
