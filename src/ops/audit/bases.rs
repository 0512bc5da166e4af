//! What the base of a request was, whose code owners count: what stood there before all of its commits.
//!
//! A request that was rebased has several commits on the branch, and one of them may change who owns what. **Invariant:** no
//! request is judged by owners that it brought itself.

use std::collections::{BTreeMap, HashMap};

use crate::audit::{Dialect, Row};
use crate::error::Error;
use crate::forge::Told;
use crate::git::names::Oid;
use crate::ops::land::Ground;

/// So many changes of owners before the first row are asked about, too.
const EARLIER: usize = 5;

/// What the forge told, by branch and commit.
pub(super) type AllTold = HashMap<(String, Oid), Told>;

/// The lines of branches, as far as code owners changed on them.
pub(super) struct Bases {
    by_branch: BTreeMap<String, Line>,
}

struct Line {
    /// How far each commit is from the tip, and what stood there before it.
    places: HashMap<Oid, (usize, Option<Oid>)>,
    /// The commits that changed the file of code owners, newest first, with their places.
    turns: Vec<(usize, Oid)>,
}

impl Bases {
    /// Reads the lines of branches, given with their tips.
    ///
    /// # Errors
    /// As reading history.
    pub(super) fn read(
        ground: &Ground,
        dialect: Option<Dialect>,
        tips: &BTreeMap<String, Oid>,
    ) -> Result<Bases, Error> {
        let mut by_branch = BTreeMap::new();
        for (branch, tip) in tips {
            let Some(dialect) = dialect else { break };
            let words = [&["--first-parent", tip.as_str(), "--"], dialect.places()].concat();
            let turns = ground.repository.list(&ground.git, &words)?;
            if turns.is_empty() {
                continue;
            }
            let line = ground.repository.line(&ground.git, tip, None)?;
            let places: HashMap<Oid, (usize, Option<Oid>)> = (0..)
                .zip(line)
                .map(|(at, step)| (step.commit, (at, step.before)))
                .collect();
            let place = |commit: Oid| Some((places.get(&commit)?.0, commit));
            let turns = turns.into_iter().filter_map(place).collect();
            by_branch.insert(branch.clone(), Line { places, turns });
        }
        Ok(Bases { by_branch })
    }

    /// The commits of a branch that have to be asked about besides its rows.
    pub(super) fn besides(&self, branch: &str, rows: &[Oid]) -> Vec<Oid> {
        let Some(line) = self.by_branch.get(branch) else {
            return Vec::new();
        };
        let places = rows
            .iter()
            .filter_map(|commit| line.places.get(commit))
            .map(|(at, _)| *at);
        let (Some(newest), Some(oldest)) = (places.clone().min(), places.max()) else {
            return Vec::new();
        };
        let inside = line.turns.iter().filter(|(at, _)| *at > newest && *at <= oldest);
        let earlier = line.turns.iter().filter(|(at, _)| *at > oldest).take(EARLIER);
        inside.chain(earlier).map(|(_, commit)| commit.clone()).collect()
    }

    /// What stood there before the request with this number brought the commit of a row.
    pub(super) fn of(&self, row: &Row, number: u64, told: &AllTold) -> Option<Oid> {
        let mut before = row.before.clone()?;
        let Some(line) = self.by_branch.get(&row.branch) else {
            return Some(before);
        };
        while let Some((place, _)) = line.places.get(&before)
            && let Some((_, turn)) = line.turns.iter().find(|(at, _)| at >= place)
            && let Some(of) = told.get(&(row.branch.clone(), turn.clone()))
            && of.requests.iter().any(|it| it.request.number == number)
        {
            // Before the first commit of all nobody owns anything.
            before = line.places.get(turn)?.1.clone()?;
        }
        Some(before)
    }
}
