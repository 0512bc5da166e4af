//! Planning where others write, too: who is older than what stands there is superseded.

use std::cell::RefCell;
use std::collections::BTreeMap;

use super::contest::{Claim, Contest};
use super::verify::{self, Verify};
use super::{BranchRule, BumpRequest, Scope, rules, settle};
use crate::change::intent::Source;
use crate::change::set::{ChangeSet, SiteChange};
use crate::error::{Error, Hint, Kind};
use crate::landing::Side;
use crate::ops::answers::Answers;
use crate::ops::land::{Age, Ancestry, Ground, Target};
use crate::ops::world::World;

/// A bump that lands: what it was asked for, and what it has seen in earlier attempts.
pub(crate) struct Contested<'a> {
    request: &'a BumpRequest,
    ground: &'a Ground,
    /// What was built, and how its age is told.
    source: Option<(&'a Source, Ancestry<'a>)>,
    seen: RefCell<BTreeMap<(String, Side), Contest>>,
    /// What registries are asked, and what for.
    asking: Asking<'a>,
    /// The request as it was settled for each branch, at the first look.
    settled: RefCell<BTreeMap<String, BumpRequest>>,
}

/// What registries are asked, and what for.
#[derive(Clone, Copy)]
pub(crate) struct Asking<'a> {
    pub(crate) answers: &'a Answers<'a>,
    pub(crate) verify: Verify,
}

impl<'a> Contested<'a> {
    /// Begins; nothing has been seen yet.
    pub(crate) fn new(
        (request, ground): (&'a BumpRequest, &'a Ground),
        source: Option<(&'a Source, Ancestry<'a>)>,
        asking: Asking<'a>,
    ) -> Contested<'a> {
        Contested {
            request,
            ground,
            source,
            seen: RefCell::default(),
            asking,
            settled: RefCell::default(),
        }
    }

    /// Plans for one branch, on a view of its tip or of its pull request's branch.
    ///
    /// # Errors
    /// As [`super::plan`], and as asking for the history of a site with `--source`.
    pub(crate) fn plan(
        &self,
        world: &World,
        (target, side): (&Target, Side),
        on_read: &(dyn Fn() + Sync),
    ) -> Result<ChangeSet, Error> {
        let mut request = self.settled(world, target, on_read)?;
        let key = (target.branch.as_str().to_owned(), side);
        let mut contest = self.seen.borrow().get(&key).cloned().unwrap_or_default();
        contest.claim = match self.source {
            Some(_) => Claim::Source,
            None => request.contest.claim,
        };
        contest.look_again();
        request.contest = contest;
        let mut change_set = super::plan(world, &request, on_read)?;
        let mut unknown = Vec::new();
        if let Some((source, ancestry)) = &self.source {
            let mut held = 0;
            for site in &change_set.facts.sites {
                match self.age(world, (target, site), (source, ancestry))? {
                    Some(Age::Older) => {
                        held += 1;
                        request
                            .contest
                            .leave(&site.file, &site.image, "was built from an older commit".to_owned());
                    }
                    Some(Age::Unknown(why)) => unknown.push((site.clone(), why)),
                    Some(Age::NotOlder) | None => {}
                }
            }
            if held > 0 {
                change_set = super::plan(world, &request, on_read)?;
            }
        }
        let moved = change_set.facts.sites.iter().filter(|site| {
            let present = site.from.as_deref().unwrap_or_default();
            self.source.is_none() && request.contest.has_moved(&site.image, present)
        });
        // Where the versions themselves tell, nobody has to be asked.
        let is_open =
            |site: &SiteChange| rules::compare(world, site, request.policy.as_ref()).is_ok_and(|order| order.is_none());
        let unsourced = moved.filter(|site| is_open(site)).map(|site| {
            later_writer(site).hint(Hint::Flag(
                "--source REPO@COMMIT".into(),
                "lets the newer build win".into(),
            ))
        });
        let sourced = unknown.iter().filter(|(site, _)| is_open(site)).map(|(site, why)| {
            let error = why.iter().fold(later_writer(site), |error, cause| error.because(cause));
            error.hint(Hint::Say(
                "run it in a checkout of the source with its history (`fetch-depth: 0`)".into(),
            ))
        });
        let warnings: Vec<Error> = sourced.chain(unsourced).collect();
        change_set.facts.warnings.extend(warnings);
        request.contest.remember(&change_set.facts);
        self.seen.borrow_mut().insert(key, request.contest);
        verify::verify(&mut change_set, self.asking.answers, self.asking.verify)?;
        Ok(change_set)
    }

    /// The request for one branch, with its versions: what was found at the first look stays, whatever is pushed meanwhile.
    fn settled(&self, world: &World, target: &Target, on_read: &(dyn Fn() + Sync)) -> Result<BumpRequest, Error> {
        let branch = target.branch.as_str();
        if let Some(settled) = self.settled.borrow().get(branch) {
            return Ok(settled.clone());
        }
        let request = for_target(self.request, target);
        let settled = settle::settle(world, &request, self.asking.answers, on_read)?;
        self.settled.borrow_mut().insert(branch.to_owned(), settled.clone());
        Ok(settled)
    }

    /// How old our source is beside the one that the present version of a site was landed with; none where that version
    /// was landed without one.
    fn age(
        &self,
        world: &World,
        (target, site): (&Target, &SiteChange),
        (source, ancestry): (&Source, &Ancestry<'_>),
    ) -> Result<Option<Age>, Error> {
        let Some((tip, _)) = world.snapshot.commit() else {
            return Ok(None);
        };
        let landing = match self.ground.landing_of(site, (&target.branch, tip)) {
            Ok(landing) => landing,
            Err(error) => return Ok(Some(Age::Unknown(vec![error.message]))),
        };
        match landing.and_then(|landing| landing.source) {
            Some(theirs) => Ok(Some(ancestry.compare(source, &theirs))),
            None => Ok(None),
        }
    }
}

/// The same request for the environments of one branch, on a view of that branch.
fn for_target(request: &BumpRequest, target: &Target) -> BumpRequest {
    let mut request = request.clone();
    if let Scope::Environments { names, .. } = &mut request.scope {
        names.clone_from(&target.environments);
        // The branch was chosen already: by the environment, or by `--onto`.
        request.branch = BranchRule::Any;
    }
    request
}

/// Two versions that nobody can put in order: whoever comes later lands, and that is said.
fn later_writer(site: &SiteChange) -> Error {
    let from = site.from.as_deref().unwrap_or_default();
    Error::new(
        Kind::Refused,
        "order-unknown",
        format!(
            "`{}` has got {from} from somebody else, and nothing tells which of it and {} is newer",
            site.image, site.to
        ),
    )
    .hint(Hint::Key("images[].policy".into(), "semver:^1".into()))
}
