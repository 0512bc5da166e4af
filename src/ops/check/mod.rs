//! What cannot be right in a repository, or in a change of it, rule by rule.
//!
//! The rules `untried` and `foreign-ref` judge a change; all others judge every site of the tree that the change leads to.
//! **Invariant:** what cannot be looked at is named in `not_run`, and is no error; only a wrong word of the user is.
//! Start reading at [`Checking`].

mod ask;
mod change;
mod finding;
mod fix;
mod floating;
mod foreign_ref;
mod level;
mod mistyped;
mod pairs;
mod references;
mod registry;
mod sites;
mod untried;
mod unverified;

use std::num::NonZeroUsize;

pub(crate) use finding::Finding;
pub(crate) use fix::{Fixed, fix};

use self::change::Change;
use self::level::Levels;
use self::sites::{Scope, Sites};
use crate::config::model::{CheckRule, Level};
use crate::error::Error;
use crate::ops::crowd;
use crate::ops::land::Ground;
use crate::ops::world::World;
use crate::registry::{Platform, Registries};

/// What `check` was asked for.
#[derive(Clone, Debug, Default)]
pub(crate) struct CheckRequest {
    /// `A..B`, `A...B` or a revision.
    pub(crate) range: Option<String>,
    /// Environments that the change is for, and whose sites are looked at, as typed; none: all, and those of its branch.
    pub(crate) environments: Vec<String>,
    /// Paths that are looked at, as typed; the empty list means everything.
    pub(crate) paths: Vec<String>,
    /// The rules that are wanted; the empty list means all.
    pub(crate) rules: Vec<CheckRule>,
}

impl CheckRequest {
    fn wants(&self, rule: CheckRule) -> bool {
        self.rules.is_empty() || self.rules.contains(&rule)
    }
}

/// What is looked at.
pub(crate) enum Seat {
    /// A repository with history.
    Ground(Box<Ground>),
    /// Files, and why there is no more than that.
    Files(Box<World>, Error),
}

impl Seat {
    /// The files that were looked at first.
    pub(crate) fn look(&self) -> &World {
        match self {
            Seat::Ground(ground) => &ground.look,
            Seat::Files(world, _) => world,
        }
    }

    fn ground(&self) -> Option<&Ground> {
        match self {
            Seat::Ground(ground) => Some(ground),
            Seat::Files(..) => None,
        }
    }
}

/// Whose sites were looked at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Files {
    /// Those that are checked out, committed or not.
    #[default]
    Here,
    /// Those of the newer side of the change.
    OfChange,
}

/// What was found.
#[derive(Clone, Debug, Default)]
pub(crate) struct CheckReport {
    /// The change that was looked at: `main...feature/x`; `the files here` if there is none.
    pub(crate) range: String,
    pub(crate) files: Files,
    /// In the order of the rules, then of places.
    pub(crate) findings: Vec<Finding>,
    /// Rules that were looked at, in the order of all rules.
    pub(crate) ran: Vec<&'static str>,
    /// Rules that were not, and why.
    pub(crate) not_run: Vec<(&'static str, String)>,
    pub(crate) warnings: Vec<Error>,
    /// How many sites take effect.
    pub(crate) sites: usize,
    /// How many images were asked about, and at how many registries.
    pub(crate) asked: (usize, usize),
}

impl CheckReport {
    /// Whether nothing was found that is an error.
    pub(crate) fn is_ok(&self) -> bool {
        self.findings.iter().all(|finding| finding.level != Level::Error)
    }

    fn ran(&mut self, rule: CheckRule) {
        self.ran.push(rule.as_str());
    }

    fn not_run(&mut self, rule: CheckRule, why: impl Into<String>) {
        self.not_run.push((rule.as_str(), why.into()));
    }
}

/// Whether registries are asked.
enum Asking {
    /// Not yet.
    Open,
    /// They will not be, for this reason.
    Not(String),
    Done(ask::Answers),
}

/// A check under way: what is to be looked at has been read, and registries may be asked.
pub(crate) struct Checking<'s> {
    seat: &'s Seat,
    request: &'s CheckRequest,
    change: Change,
    /// The tree whose sites are looked at, where that is not the one that was looked at first.
    world: Option<World>,
    levels: Levels,
    /// The same for the rules about a change, which judge what has landed, too.
    change_levels: Levels,
    sites: Sites,
    questions: Vec<ask::Question>,
    asking: Asking,
    report: CheckReport,
}

impl<'s> Checking<'s> {
    /// Reads everything that is to be looked at.
    ///
    /// # Errors
    /// [`crate::error::Kind::NotFound`] for a revision, an environment or a path that was typed and is not there.
    pub(crate) fn look(
        seat: &'s Seat,
        request: &'s CheckRequest,
        on_read: &(dyn Fn() + Sync),
    ) -> Result<Checking<'s>, Error> {
        let mut report = CheckReport {
            files: match (&request.range, seat.look().snapshot.commit()) {
                (None, None) => Files::Here,
                _ => Files::OfChange,
            },
            ..CheckReport::default()
        };
        let change = Change::of(seat, request, &mut report)?;
        let world = match (&request.range, seat.ground(), &change.range) {
            (Some(_), Some(ground), Some(range)) => Some(ground.world_at(&range.new)?),
            _ => None,
        };
        let looked_at = world.as_ref().unwrap_or_else(|| seat.look());
        let (old, new) = (
            change.old.as_ref().map(|old| &old.loaded.config),
            &looked_at.loaded.config,
        );
        let change_levels = Levels::of((old, new));
        let levels = Levels::of((old.filter(|_| change.is_judged()), new));
        let scope = Scope {
            environments: &request.environments,
            paths: &request.paths,
            branch: change.range.as_ref().and_then(|range| range.branch.as_deref()),
        };
        let sites = Sites::of(looked_at, &scope, on_read)?;
        report.warnings.extend(sites.warnings.iter().cloned());
        report.sites = sites.count();
        let mut checking = Checking {
            seat,
            request,
            change,
            world,
            levels,
            change_levels,
            questions: Vec::new(),
            asking: Asking::Open,
            report,
            sites,
        };
        if REGISTRY_RULES.iter().any(|rule| checking.runs(*rule)) {
            checking.questions = ask::questions(&checking.sites);
        }
        Ok(checking)
    }

    /// The repository whose sites are looked at.
    pub(crate) fn world(&self) -> &World {
        self.world.as_ref().unwrap_or_else(|| self.seat.look())
    }

    /// What was looked at first: the work tree, or the branch of a remote repository that was asked for.
    pub(crate) fn branch(&self) -> &'s World {
        self.seat.look()
    }

    /// How many images registries are to be asked about.
    pub(crate) fn questions(&self) -> usize {
        self.questions.len()
    }

    /// Asks no registry.
    pub(crate) fn ask_nobody(&mut self, why: &str) {
        self.asking = Asking::Not(why.to_owned());
    }

    /// Asks registries about every image, from several threads. `on_done` hears of each.
    ///
    /// # Errors
    /// [`crate::error::Kind::Config`] if the user's logins cannot be read: what registries say without them says little.
    pub(crate) fn ask(
        &mut self,
        registries: &Registries<'_>,
        connections: NonZeroUsize,
        on_done: &(dyn Fn() + Sync),
    ) -> Result<(), Error> {
        let platforms = self.platforms();
        let asker = ask::Asker::new(registries, &platforms);
        let answers = crowd::each(&self.questions, connections, on_done, |question| asker.ask(question));
        self.asking = Asking::Done(ask::Answers::of(&self.questions, answers)?);
        Ok(())
    }

    /// What images have to run on: nothing where nobody wants to know.
    fn platforms(&self) -> Vec<Platform> {
        if !self.runs(CheckRule::MissingPlatform) {
            return Vec::new();
        }
        let said = &self.world().loaded.config.check.platforms;
        said.iter().filter_map(|text| Platform::parse(text)).collect()
    }

    fn runs(&self, rule: CheckRule) -> bool {
        self.request.wants(rule) && self.level(rule) != Level::Off
    }

    fn level(&self, rule: CheckRule) -> Level {
        match rule {
            CheckRule::Untried | CheckRule::ForeignRef => self.change_levels.get(rule),
            _ => self.levels.get(rule),
        }
    }

    /// Judges what was read and answered.
    ///
    /// # Errors
    /// As the rules about a change, where a range was typed.
    pub(crate) fn finish(mut self) -> Result<CheckReport, Error> {
        let mut report = std::mem::take(&mut self.report);
        for rule in CheckRule::ALL {
            if !self.request.wants(rule) {
                report.not_run(rule, "not asked for by --rule");
            } else if self.level(rule) == Level::Off {
                report.not_run(rule, "it is off in rakops.yaml");
            } else {
                self.judge(rule, &mut report)?;
            }
        }
        if let Asking::Done(answers) = &self.asking {
            report.asked = answers.count();
        }
        self.hold(&mut report);
        finding::show_lines(&self.world().snapshot, &mut report.findings);
        Ok(report)
    }

    fn judge(&self, rule: CheckRule, report: &mut CheckReport) -> Result<(), Error> {
        if REGISTRY_RULES.contains(&rule) {
            self.judge_by_registries(rule, report);
            return Ok(());
        }
        let level = self.level(rule);
        let found = match rule {
            CheckRule::FloatingTag => floating::check(&self.sites),
            CheckRule::MistypedTag => mistyped::check(&self.sites),
            CheckRule::HalfUpdatedPair => {
                let old = self.change.old.as_ref().map(|old| &old.snapshot);
                let answers = match (&self.asking, self.runs(CheckRule::DigestMismatch)) {
                    (Asking::Done(answers), true) => Some(answers),
                    _ => None,
                };
                pairs::check((&self.sites, answers), (old, &self.world().snapshot))
            }
            CheckRule::BrokenReference => {
                let is_ignored = |path: &str| self.seat.ground().is_some_and(|it| it.repository.ignores(path));
                references::check(&self.world().snapshot, &self.sites, &is_ignored)
            }
            CheckRule::Untried | CheckRule::ForeignRef => {
                let judged = (self.seat, self.request);
                return self.change.judge(rule, (judged, self.level(rule)), report);
            }
            _ => Vec::new(),
        };
        report.ran(rule);
        let findings = found.into_iter().map(|found| found.into_finding(rule, level));
        report.findings.extend(findings);
        Ok(())
    }

    fn judge_by_registries(&self, rule: CheckRule, report: &mut CheckReport) {
        if rule == CheckRule::MissingPlatform && self.world().loaded.config.check.platforms.is_empty() {
            report.not_run(rule, "no `check.platforms` in rakops.yaml");
            return;
        }
        let nothing = ask::Answers::default();
        let answers = match &self.asking {
            Asking::Done(answers) => answers,
            // There was nothing to ask about.
            Asking::Open => &nothing,
            Asking::Not(why) => {
                report.not_run(rule, why.clone());
                return;
            }
        };
        let platforms = self.platforms();
        let found = match rule {
            CheckRule::VersionMissing => registry::missing(&self.sites, answers),
            CheckRule::DigestMismatch => registry::mismatch(&self.sites, answers),
            CheckRule::MissingPlatform => registry::platforms(&self.sites, answers, &platforms),
            _ => unverified::check(&self.sites, answers),
        };
        report.ran(rule);
        let level = self.level(rule);
        let findings = found.into_iter().map(|found| found.into_finding(rule, level));
        report.findings.extend(findings);
    }

    /// Says where a milder word of the change itself does not count yet.
    fn hold(&self, report: &mut CheckReport) {
        for finding in &mut report.findings {
            let rule = CheckRule::ALL
                .into_iter()
                .find(|rule| rule.as_str() == finding.error.code);
            if rule.is_some_and(|rule| self.levels.is_held(rule)) {
                finding.error.causes.push(
                    "what this change says about the rule in rakops.yaml counts once it is on the default branch"
                        .into(),
                );
            }
        }
    }
}

/// The rules that registries answer.
const REGISTRY_RULES: [CheckRule; 4] = [
    CheckRule::VersionMissing,
    CheckRule::DigestMismatch,
    CheckRule::MissingPlatform,
    CheckRule::Unverified,
];
