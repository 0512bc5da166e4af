//! A base change on its way: while FROM follows the branch of a trial, promoting it switches TO to that branch; at the last
//! environment the branch is merged and everybody on the trial is switched back, in one commit.
//!
//! Source: PROMOTION.md, section 6, "Base change".

use super::PromoteRequest;
use crate::change::promotion::{Carried, Promotion, Tracked};
use crate::change::set::{ChangeSet, Facts, FileChange, Merge, SettingChange};
use crate::config::environments::Environment;
use crate::config::model::{RuleName, StrategyName};
use crate::error::{Error, Hint, Kind};
use crate::git::merge::ThreeWay;
use crate::git::names::{BranchName, Oid};
use crate::landing::{Landed, Side};
use crate::manifest::track::{self, Followed};
use crate::ops::impact::sight::Sight;
use crate::ops::land::{Ground, How, Order, Whose, Work};
use crate::ops::standing::{Standing, Tips};
use crate::ops::track::on_trial;
use crate::ops::track::{BranchPlace, TrackRequest, Trial, Wish};
use crate::ops::world::World;
use crate::strategy::guard::Guard;

/// A trial that FROM is on, and what promoting it does.
pub(crate) struct Journey {
    /// The branch that everybody else follows.
    trunk: BranchName,
    /// The branch of the trial.
    branch: BranchName,
    /// Its tip, frozen.
    tip: Oid,
    from: String,
    to: Vec<String>,
    end: End,
}

/// Whether a promotion is the last one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    /// TO is switched to the branch.
    No,
    /// The branch is merged, and everybody on it is switched back.
    Yes,
}

/// Finds the trial that FROM is on; none if it follows the branch that everybody follows, or if versions were asked for.
///
/// # Errors
/// [`Kind::NotFound`] if the branch is not there; as reading what environments follow.
pub(super) fn find(
    ground: &Ground,
    (standing, from, to): (&Standing, &Environment, &[Environment]),
    (request, order): (&PromoteRequest, &Order<'_>),
) -> Result<Option<Journey>, Error> {
    if standing.strategy.name() != StrategyName::Trunk {
        return Ok(None);
    }
    let (Some(trunk), Some(tip)) = (standing.branches.get(&from.name), standing.tips.get(&from.name)) else {
        return Ok(None);
    };
    let world = ground.world_of(&ground.view(tip)?, trunk)?;
    let followed = follow(ground, &world)?;
    let of_from = followed.iter().find(|it| it.environment == from.name);
    let trial = of_from.and_then(|it| it.trial(trunk.as_str()));
    let Some(branch) = trial.filter(|_| request.ask.images.is_empty()) else {
        // Versions: where the cluster reads another branch, it would not see them.
        let is_meant = |it: &&Followed| to.iter().any(|one| one.name == it.environment);
        for it in followed.iter().filter(is_meant).filter(|_| order.onto.is_none()) {
            on_trial::refuse(it, trunk.as_str())?;
        }
        return Ok(None);
    };
    let branch = BranchName::parse(branch)?;
    let found = ground.read_tips(std::slice::from_ref(&branch), place_of(standing, order))?;
    let Some(tip) = found.get(&branch) else {
        let message = format!("`{}` follows `{branch}`, which is not there", from.name);
        return Err(Error::new(Kind::NotFound, "branch-not-found", message)
            .hint(Hint::Run(format!("rakops track {} --reset", from.name))));
    };
    let list = &standing.environments.list;
    let is_peer = |it: &Environment| {
        to.iter()
            .any(|one| one.name == it.name || (one.group.is_some() && one.group == it.group))
    };
    let is_last = list.last().is_some_and(is_peer);
    Ok(Some(Journey {
        trunk: trunk.clone(),
        tip: tip.clone(),
        branch,
        from: from.name.clone(),
        to: to.iter().map(|it| it.name.clone()).collect(),
        end: if is_last { End::Yes } else { End::No },
    }))
}

fn place_of(standing: &Standing, order: &Order<'_>) -> Tips {
    match order.how {
        How::Commit => Tips::Local,
        How::Push | How::PullRequest(_) => standing.read,
    }
}

/// What every environment follows, as a view has it.
fn follow(ground: &Ground, world: &World) -> Result<Vec<Followed>, Error> {
    let sight = Sight::of(world, ground.own().as_deref())?;
    let all: Vec<&Environment> = sight.environments.list.iter().collect();
    Ok(track::followed((&sight.snapshot, &sight.deliveries), &sight.config, &all)?.list)
}

impl Journey {
    /// Plans and lands the next stage of the trial.
    ///
    /// # Errors
    /// [`Kind::Refused`] `untried`, `retrack`, `stale-branch`, `delivers-itself`; [`Kind::Conflict`] where the branch does not
    /// merge.
    pub(super) fn run(
        &self,
        ground: &Ground,
        (request, order): (&PromoteRequest, &Order<'_>),
        land: &dyn Fn(&Work<'_>) -> Result<Vec<Landed>, Error>,
    ) -> Result<Vec<Landed>, Error> {
        let moving = TrackRequest {
            environments: self.to.clone(),
            wish: Wish::Branch(self.branch.clone()),
            allow: request.ask.allow.clone(),
            place: match order.how {
                How::Commit => BranchPlace::Here,
                _ if request.tips == Tips::Local => BranchPlace::Here,
                _ => BranchPlace::Remote,
            },
        };
        let trial = match self.end {
            End::No => Some(Trial::new(ground, order, &moving)?),
            End::Yes => None,
        };
        land(&Work {
            command: "promote",
            from: Some(&self.from),
            environments: &self.to,
            whose: Whose::Own,
            subjects: vec![self.branch.as_str().to_owned()],
            plan: &|world, _, side| match &trial {
                Some(trial) => self.moved(trial, (world, side)),
                None => self.ended(ground, request, (world, side)),
            },
        })
    }

    /// TO is switched to the branch.
    fn moved(&self, trial: &Trial<'_>, (world, side): (&World, Side)) -> Result<ChangeSet, Error> {
        let mut change_set = trial.plan(world, side)?;
        let mut promotion = self.promotion();
        promotion.tracks = trial
            .tracked
            .borrow()
            .iter()
            .map(|it| Tracked {
                environment: it.followed.environment.clone(),
                from: it.from.clone(),
                to: it.to.clone(),
            })
            .collect();
        change_set.facts.promotion = Some(Box::new(promotion));
        Ok(change_set)
    }

    /// The branch is merged, and everybody on it is switched back.
    fn ended(
        &self,
        ground: &Ground,
        request: &PromoteRequest,
        (world, side): (&World, Side),
    ) -> Result<ChangeSet, Error> {
        let Some((base, _)) = world.snapshot.commit() else {
            return Err(Error::bug("a trial that ends on no commit"));
        };
        let before = follow(ground, world)?;
        let on_it: Vec<&Followed> = before
            .iter()
            .filter(|it| it.trial(self.trunk.as_str()) == Some(self.branch.as_str()))
            .collect();
        let is_merged = ground.repository.is_ancestor(&self.tip, base)? == Some(true);
        let mut promotion = self.promotion();
        let mut facts = Facts {
            subjects: vec![self.branch.as_str().to_owned()],
            ..Facts::default()
        };
        if side == Side::Base {
            facts.warnings.extend(self.refuse_untried(world, request, &before)?);
        }
        let tree = match is_merged {
            true => ground.repository.tree_of(base)?,
            false => self.merged(ground, base)?,
        };
        let view = ground.view(&tree)?;
        let mut files: Vec<FileChange> = Vec::new();
        let mut paths: Vec<&String> = on_it.iter().map(|it| &it.file).collect();
        paths.sort();
        paths.dedup();
        for path in paths {
            let of_file = on_it.iter().filter(|it| it.file == *path);
            let wanted: Vec<(&Followed, &str)> = of_file.map(|it| (*it, self.trunk.as_str())).collect();
            let switched = track::switch(&view, path, &wanted)?;
            files.push(FileChange::Edit {
                path: switched.path,
                before: Box::new(switched.before),
                after: switched.after,
            });
        }
        for it in &on_it {
            promotion.tracks.push(Tracked {
                environment: it.environment.clone(),
                from: self.branch.as_str().to_owned(),
                to: self.trunk.as_str().to_owned(),
            });
            facts.settings.push(SettingChange {
                file: it.file.clone(),
                line: it.line,
                column: it.column,
                path: it.shown(),
                from: Some(self.branch.as_str().to_owned()),
                to: Some(self.trunk.as_str().to_owned()),
            });
        }
        promotion.notes.push(format!(
            "{} stays, and can be deleted once this has landed: git push origin --delete {}",
            self.branch, self.branch
        ));
        facts.promotion = Some(Box::new(promotion));
        Ok(ChangeSet {
            merge: (!is_merged).then(|| Merge {
                tree,
                parent: self.tip.clone(),
            }),
            files,
            facts,
            ..ChangeSet::default()
        })
    }

    /// The tree of a merge of the trial's branch.
    fn merged(&self, ground: &Ground, base: &Oid) -> Result<Oid, Error> {
        let Some(common) = ground.repository.merge_base(&ground.git, base, &self.tip)? else {
            let message = format!("`{}` and `{}` have no common history", self.branch, self.trunk);
            return Err(Error::new(Kind::Refused, "histories-unrelated", message));
        };
        let merged = ground.repository.merge_on(
            &ground.git,
            ThreeWay {
                base: &common,
                ours: base,
                theirs: &self.tip,
            },
        )?;
        if merged.conflicts.is_empty() {
            return Ok(merged.tree);
        }
        let message = format!("`{}` does not merge into `{}`", self.branch, self.trunk);
        let error = Error::new(Kind::Conflict, "merge-conflict", message).hint(Hint::Say(format!(
            "git switch {} && git merge origin/{} && git push",
            self.branch, self.trunk
        )));
        Err(merged
            .conflicts
            .iter()
            .fold(error, |error, it| error.because(it.said.clone())))
    }

    /// Refuses to end a trial that an environment before the last has not been on.
    fn refuse_untried(
        &self,
        world: &World,
        request: &PromoteRequest,
        followed: &[Followed],
    ) -> Result<Option<Error>, Error> {
        let list = &world.environments_by_name().list;
        let is_last = |it: &Environment| {
            let is_of = |one: &Environment| self.to.contains(&one.name) && one.group.is_some() && one.group == it.group;
            self.to.contains(&it.name) || list.iter().any(is_of)
        };
        let has_tried = |it: &Environment| {
            let mine = followed.iter().find(|one| one.environment == it.name);
            mine.and_then(|one| one.trial(self.trunk.as_str())) == Some(self.branch.as_str())
        };
        let untried: Vec<&str> = list
            .iter()
            .filter(|it| !is_last(it) && !has_tried(it))
            .map(|it| it.name.as_str())
            .collect();
        let Some(first) = untried.first() else { return Ok(None) };
        let message = format!(
            "merging `{}` reaches {} at once, which {} not tried it",
            self.branch,
            untried.join(", "),
            if untried.len() == 1 { "has" } else { "have" }
        );
        let broken = Error::new(Kind::Refused, "untried", message)
            .hint(Hint::Run(format!("rakops track {first} {}", self.branch)));
        let guard = Guard {
            allow: &request.ask.allow,
            config: &world.loaded.config,
        };
        guard.apply(RuleName::Untried, broken)
    }

    fn promotion(&self) -> Promotion {
        let kind = (StrategyName::Trunk.as_str(), Carried::Chosen);
        Promotion::new(kind, &self.from, &self.to, &self.tip)
    }
}
