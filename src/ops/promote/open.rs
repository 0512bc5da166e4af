//! Open promotions of the same pair: two of them that write the same files would undo each other.
//!
//! Source: PROMOTION.md, section 9.

use std::collections::BTreeSet;

use super::{Look, PromoteRequest};
use crate::error::{Error, Hint, Kind};
use crate::forge::{Host, PullRequest};
use crate::git::changes::Pair;
use crate::git::names::Oid;
use crate::landing::Landed;
use crate::ops::land::{Ground, How, Order};
use crate::ops::standing::Tips;

/// What happens to narrower promotions that this one contains.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Supersede {
    /// They are named, and this one is refused.
    #[default]
    Refused,
    /// `--supersede`: they are closed, with a word.
    Closed,
}

/// Finds the open promotions of the same pair that this one contains; those that do not get in its way are only said.
///
/// # Errors
/// [`Kind::Refused`] `open-promotion` for one that writes the same files, unless it may be closed; as asking the forge.
pub(super) fn contained(
    ground: &Ground,
    (look, request, order): (&Look, &PromoteRequest, &Order<'_>),
    planned: &dyn Fn() -> Result<Vec<Landed>, Error>,
) -> Result<Vec<PullRequest>, Error> {
    if !matches!(order.how, How::PullRequest(_)) {
        return Ok(Vec::new());
    }
    let host = host(ground, (look, request, order))?;
    let lead = format!("rakops/promote/{}-to-", look.from.name);
    let names: Vec<String> = look
        .standing
        .named(&request.to)?
        .into_iter()
        .map(|it| it.name)
        .collect();
    let is_of_pair = |it: &PullRequest| {
        let rest = it
            .lane
            .head
            .as_str()
            .strip_prefix(&lead)
            .and_then(|rest| rest.split('/').next());
        rest.is_some_and(|to| to == names.join("+") || names.iter().any(|name| name == to))
    };
    let mut open: Vec<PullRequest> = Vec::new();
    for branch in look.branches_of(&names) {
        open.extend(host.list_open(Some(&branch))?.into_iter().filter(is_of_pair));
    }
    if open.is_empty() {
        return Ok(Vec::new());
    }
    let ours = planned()?;
    let mine: BTreeSet<String> = ours.iter().flat_map(paths_of).collect();
    let own: Vec<&str> = ours
        .iter()
        .filter_map(|one| one.head.as_ref().map(|head| head.as_str()))
        .collect();
    let mut contained = Vec::new();
    for other in open.into_iter().filter(|it| !own.contains(&it.lane.head.as_str())) {
        let theirs = paths_at(ground, &other)?;
        if theirs.is_disjoint(&mine) || mine.is_empty() {
            order.progress.say(&format!(
                "pull request {} promotes something else: {}",
                other.number, other.url
            ));
            continue;
        }
        match (theirs.is_subset(&mine), request.supersede) {
            (true, Supersede::Closed) => contained.push(other),
            (true, Supersede::Refused) => return Err(in_the_way(&other, Theirs::Narrower)),
            (false, _) => return Err(in_the_way(&other, Theirs::Wider)),
        }
    }
    Ok(contained)
}

/// Closes what the promotion that has just been opened contains.
///
/// # Errors
/// As the forge.
pub(super) fn close(
    ground: &Ground,
    (look, request, order): (&Look, &PromoteRequest, &Order<'_>),
    (contained, landed): (&[PullRequest], &[Landed]),
) -> Result<(), Error> {
    if contained.is_empty() {
        return Ok(());
    }
    let host = host(ground, (look, request, order))?;
    let by = landed.iter().find_map(|one| one.request.as_ref());
    let Some(by) = by else { return Ok(()) };
    for other in contained {
        let word = format!(
            "Superseded by {} (`{}`), which carries this and more.",
            by.request.url, by.request.lane.head
        );
        host.close(other, &word)?;
        order
            .progress
            .say(&format!("closed pull request {}: {}", other.number, other.title));
    }
    Ok(())
}

fn host<'a>(ground: &Ground, (look, request, order): (&Look, &PromoteRequest, &Order<'a>)) -> Result<Host<'a>, Error> {
    let names: Vec<String> = look
        .standing
        .named(&request.to)?
        .into_iter()
        .map(|it| it.name)
        .collect();
    let branch = look.branches_of(&names).into_iter().next();
    let branch = branch.ok_or_else(|| Error::bug("a promotion to no branch"))?;
    let config = ground.config_of(order, &branch)?;
    (order.forge)(ground, &config)
}

/// The files that a plan changes.
fn paths_of(landed: &Landed) -> Vec<String> {
    match &landed.difference {
        Some((paths, _)) => paths.clone(),
        None => landed
            .change_set
            .files
            .iter()
            .map(|file| file.path().to_owned())
            .collect(),
    }
}

/// The files that the branch of a request changes.
fn paths_at(ground: &Ground, request: &PullRequest) -> Result<BTreeSet<String>, Error> {
    let branches = [request.lane.head.clone(), request.lane.base.clone()];
    let tips = ground.read_tips(&branches, Tips::Remote)?;
    let (Some(head), Some(base)) = (tips.get(&branches[0]), tips.get(&branches[1])) else {
        return Ok(BTreeSet::new());
    };
    let start: Option<Oid> = ground.repository.merge_base(&ground.git, base, head)?;
    let pair = Pair {
        old: start.unwrap_or_else(|| base.clone()),
        new: head.clone(),
    };
    let changed = ground.repository.changes(&ground.git, &pair)?;
    Ok(changed.into_iter().map(|file| file.path).collect())
}

/// How another promotion compares with this one.
#[derive(Clone, Copy)]
enum Theirs {
    /// This one contains it.
    Narrower,
    /// It has something that this one has not.
    Wider,
}

fn in_the_way(other: &PullRequest, theirs: Theirs) -> Error {
    let message = format!(
        "pull request {} promotes some of the same: {}",
        other.number, other.title
    );
    let error = Error::new(Kind::Refused, "open-promotion", message).because(other.url.clone());
    match theirs {
        Theirs::Narrower => error.hint(Hint::Flag(
            "--supersede".into(),
            "closes it, with a word that says why".into(),
        )),
        Theirs::Wider => error.hint(Hint::Run(format!("rakops pr wait {}", other.number))),
    }
}
