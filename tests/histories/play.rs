//! Plays a plan into a repository, and remembers what is where.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::content::{self, ENVIRONMENTS, IMAGES, Key, Layout, State, value};
use super::plan::{How, Op, Plan};
use super::stream::{Draft, Stream, Who};
use super::{Strategy, Tally, judge, trunk};
use crate::harness::Sandbox;

/// A place, what stood there, and what stands there now.
pub(crate) type Edit = (Key, Option<String>, Option<String>);

/// One change of a branch.
#[derive(Clone, Debug)]
pub(crate) struct Unit {
    pub(crate) commit: String,
    pub(crate) parent: String,
    /// When it came to the branch.
    pub(crate) time: u64,
    pub(crate) edits: Vec<Edit>,
    /// What it brings: numbers of atoms.
    pub(crate) atoms: Vec<usize>,
    /// What it takes away.
    pub(crate) takes_back: Vec<usize>,
    /// Whether rakops wrote it, and its message says so.
    pub(crate) ours: bool,
    pub(crate) title: String,
    /// The merge that brought it along with others.
    pub(crate) within: Option<String>,
    /// Whether it was taken back on its branch: what brings it again is another.
    pub(crate) gone: bool,
}

impl Unit {
    /// Tells whether it changes versions and nothing else.
    pub(crate) fn is_of_versions(&self) -> bool {
        self.edits.iter().all(|(key, _, _)| key.is_version())
    }
}

/// An environment's branch.
#[derive(Clone, Debug, Default)]
pub(crate) struct Branch {
    pub(crate) tip: String,
    pub(crate) units: Vec<Unit>,
    /// Atoms that are there, and when they came.
    pub(crate) on: BTreeMap<usize, u64>,
    /// Atoms that were there, and were taken back.
    pub(crate) was: BTreeSet<usize>,
    /// What of the environment before was carried here: its commit, and the unit that did.
    pub(crate) carried: Vec<Carried>,
}

/// A promotion of everything, as it landed.
#[derive(Clone, Debug)]
pub(crate) struct Carried {
    /// FROM's commit.
    pub(crate) from: String,
    /// What landed.
    pub(crate) commit: String,
    /// TO before it.
    pub(crate) before: String,
    pub(crate) undone: bool,
    /// Whether one commit, or one merge, is all of it.
    pub(crate) whole: bool,
    /// Whether its message says nothing.
    pub(crate) silent: bool,
}

/// A feature, or a hotfix.
#[derive(Clone, Debug)]
struct Feature {
    title: String,
    author: Who,
    /// One list of edits a commit.
    commits: Vec<Vec<Edit>>,
    branch: Vec<String>,
    atoms: Vec<usize>,
    /// What a merge of it brings along: all that stood where it was cut.
    beneath: BTreeSet<usize>,
}

/// A history as far as it was played.
pub(crate) struct History {
    pub(crate) sandbox: Sandbox,
    pub(crate) strategy: Strategy,
    pub(crate) layout: Layout,
    stream: Option<Stream>,
    pub(crate) branches: Vec<Branch>,
    /// What every commit holds.
    pub(crate) states: HashMap<String, State>,
    messages: HashMap<String, (Who, String)>,
    features: BTreeMap<u16, Feature>,
    /// Atoms that some pick has edited on the way.
    pub(crate) edited: BTreeSet<usize>,
    /// Atoms that take others back.
    pub(crate) reverting: BTreeSet<usize>,
    root: String,
    atoms: usize,
    pulls: usize,
    versions: usize,
    pub(crate) tally: Tally,
    /// Whether environments are rendered, too.
    pub(crate) render: bool,
}

/// Plays a plan, and judges everything that rakops does on the way and at the end.
pub(crate) fn play(plan: &Plan) -> Result<Tally, String> {
    if plan.strategy == Strategy::Trunk {
        return trunk::play(plan);
    }
    let mut history = History::new(plan);
    for op in &plan.ops {
        history.step(op).map_err(|why| format!("at {op:?}: {why}"))?;
    }
    judge::at_the_end(&mut history)?;
    history.tally.seeds = 1;
    Ok(history.tally.clone())
}

impl History {
    fn new(plan: &Plan) -> History {
        let sandbox = Sandbox::new();
        sandbox.repository();
        let mut history = History {
            stream: None,
            sandbox,
            strategy: plan.strategy,
            layout: plan.layout,
            branches: vec![Branch::default(); ENVIRONMENTS.len()],
            states: HashMap::new(),
            messages: HashMap::new(),
            features: BTreeMap::new(),
            edited: BTreeSet::new(),
            reverting: BTreeSet::new(),
            root: String::new(),
            atoms: 0,
            pulls: 10,
            versions: 0,
            tally: Tally::default(),
            render: plan.render,
        };
        let forge = history.now("Root");
        history.root = history.write(&forge, "everything begins", &[], &State::new());
        for branch in &mut history.branches {
            branch.tip = history.root.clone();
        }
        history.flush();
        let root = history.root.clone();
        history.sandbox.git(["branch", "start", &root]);
        history.sandbox.git(["checkout", "--quiet", "start"]);
        history
    }

    fn now(&self, name: &str) -> Who {
        Who {
            name: name.to_owned(),
            time: self.sandbox.now(),
        }
    }

    /// Writes a commit, some minutes after the one before.
    pub(crate) fn write(&mut self, author: &Who, message: &str, parents: &[String], state: &State) -> String {
        self.sandbox.advance(120);
        let files = content::files(state, self.layout, self.strategy.name());
        let stream = self.stream.get_or_insert_with(|| Stream::open(&self.sandbox));
        let id = stream.commit(&Draft {
            author: author.clone(),
            committed: self.sandbox.now(),
            message,
            parents,
            files: &files,
        });
        self.states.insert(id.clone(), state.clone());
        self.messages.insert(id.clone(), (author.clone(), message.to_owned()));
        id
    }

    /// Lets others see what was written.
    pub(crate) fn flush(&mut self) {
        let tips = self.branches.iter().zip(ENVIRONMENTS);
        let tips: Vec<_> = tips
            .map(|(branch, (_, name))| (name.to_owned(), branch.tip.clone()))
            .collect();
        let stream = self.stream.take().unwrap_or_else(|| Stream::open(&self.sandbox));
        stream.close(&tips);
    }

    pub(crate) fn state(&self, environment: usize) -> State {
        self.states[&self.branches[environment].tip].clone()
    }

    /// What an environment and the one before it both have: the commit of the latter that was carried last.
    pub(crate) fn base(&self, environment: usize) -> String {
        let carried = self.branches[environment].carried.iter().rfind(|it| !it.undone);
        carried.map_or_else(|| self.root.clone(), |it| it.from.clone())
    }

    /// Tells whether a promotion to an environment was squashed and says nothing.
    pub(crate) fn has_silent_squash(&self, environment: usize) -> bool {
        self.branches[environment].carried.iter().any(|it| it.silent)
    }

    pub(crate) fn atom(&mut self) -> usize {
        self.atoms += 1;
        self.atoms
    }

    pub(crate) fn pull(&mut self) -> usize {
        self.pulls += 1;
        self.pulls
    }

    fn version(&mut self) -> String {
        self.versions += 1;
        format!("1.{}.0", self.versions)
    }

    /// A change has come to a branch.
    pub(crate) fn landed(&mut self, environment: usize, unit: Unit) {
        let branch = &mut self.branches[environment];
        for atom in &unit.takes_back {
            if branch.on.remove(atom).is_some() {
                branch.was.insert(*atom);
            }
        }
        for atom in &unit.atoms {
            branch.on.entry(*atom).or_insert(unit.time);
            branch.was.remove(atom);
        }
        branch.tip = unit.within.clone().unwrap_or_else(|| unit.commit.clone());
        branch.units.push(unit);
    }

    /// Commits edits on a branch by one commit.
    fn land(
        &mut self,
        environment: usize,
        (author, message): (&Who, &str),
        edits: Vec<Edit>,
        parents: &[String],
    ) -> Unit {
        let parent = self.branches[environment].tip.clone();
        let state = applied(&self.states[&parent], &edits);
        let mut all = vec![parent.clone()];
        all.extend_from_slice(parents);
        let commit = self.write(author, message, &all, &state);
        Unit {
            commit,
            parent,
            time: self.sandbox.now(),
            edits,
            atoms: Vec::new(),
            takes_back: Vec::new(),
            ours: false,
            title: message.lines().next().unwrap_or_default().to_owned(),
            within: None,
            gone: false,
        }
    }

    fn step(&mut self, op: &Op) -> Result<(), String> {
        match op {
            Op::Feature {
                number,
                commits,
                block,
                mixed,
            } => self.feature(*number, (*commits, *block, *mixed)),
            Op::Land {
                number,
                environment,
                how,
            } => self.bring(*number, *environment, *how),
            Op::Bump { environment, image } => self.bump((*environment, *image), false),
            Op::VersionHotfix { image } => self.bump((2, *image), true),
            Op::Overlay { environment, at } => {
                let key = self.layout.overlay(*environment, *at);
                let new = format!("set-{}", self.atoms);
                self.direct(*environment, ("Change a setting", "Ops Olga"), vec![(key, new)]);
            }
            Op::Hotfix { number } => {
                let new = format!("hot-{}", self.atoms);
                let title = format!("Hotfix {number} at {}", self.atoms);
                self.direct(2, (&title, "Night Nina"), vec![(Key::Own(*number), new)]);
            }
            Op::Revert { number, environment } => self.revert(*number, *environment),
            Op::Promote { from, landing } => judge::promote(self, *from, Some(*landing))?,
            Op::RevertPromotion { environment } => self.revert_promotion(*environment),
            Op::Rollback { environment } => judge::rollback(self, *environment)?,
            Op::Wait { days } => self.sandbox.advance(u64::from(*days) * 86_400),
        }
        Ok(())
    }

    /// Edits from what stands on a branch to new values.
    fn edits(&self, environment: usize, new: Vec<(Key, String)>) -> Vec<Edit> {
        let state = self.state(environment);
        new.into_iter()
            .map(|(key, new)| (key, value(&state, key), Some(new)))
            .collect()
    }

    fn direct(&mut self, environment: usize, (title, who): (&str, &str), new: Vec<(Key, String)>) {
        let edits = self.edits(environment, new);
        let atom = self.atom();
        let author = self.now(who);
        let mut unit = self.land(environment, (&author, &format!("{title} {atom}\n")), edits, &[]);
        unit.atoms.push(atom);
        self.landed(environment, unit);
    }

    fn bump(&mut self, (environment, image): (usize, u8), hotfix: bool) {
        let mut version = self.version();
        if hotfix {
            version.push_str("-fix");
        }
        let key = self.layout.tag(environment, image);
        let title = format!("Set {} to {version}", IMAGES[usize::from(image)]);
        self.direct(environment, (&title, "Build Bot"), vec![(key, version)]);
    }

    fn feature(&mut self, number: u16, (commits, block, mixed): (u8, Option<u8>, bool)) {
        if self.features.contains_key(&number) {
            return;
        }
        let last = &self.branches[ENVIRONMENTS.len() - 1];
        let is_cut_from_last = number % 2 == 1 && last.was.is_empty();
        let (start, beneath) = match self.strategy {
            Strategy::Chain => (self.branches[0].tip.clone(), BTreeSet::new()),
            _ if is_cut_from_last => (last.tip.clone(), last.on.keys().copied().collect()),
            _ => (self.root.clone(), BTreeSet::new()),
        };
        let state = self.states[&start].clone();
        let title = format!("Add feature {number}");
        let author = self.now(["Alma Ada", "Bert Bo", "Cleo Cy"][usize::from(number) % 3]);
        let mut keys = vec![(Key::Own(number), format!("v{number}"))];
        keys.extend(block.map(|at| (Key::Block(at), format!("feature-{number}"))));
        if mixed {
            keys.push((self.layout.tag(0, 0), self.version()));
        }
        let edit = |(key, new): (Key, String)| (key, value(&state, key), Some(new));
        let mut edits: Vec<Vec<Edit>> = vec![keys.into_iter().map(edit).collect()];
        if commits > 1 {
            let key = self.layout.overlay(0, (number % 3) as u8);
            let more = Key::Own(1000 + number);
            let _ = key;
            edits.push(vec![(more, None, Some(format!("more-{number}")))]);
        }
        let (mut parent, mut state, mut branch, mut atoms) = (start, state.clone(), Vec::new(), Vec::new());
        for (at, edits) in edits.iter().enumerate() {
            state = applied(&state, edits);
            let message = format!("{title}, part {at}\n");
            let who = Who {
                time: self.sandbox.now() + 30,
                ..author.clone()
            };
            parent = self.write(&who, &message, std::slice::from_ref(&parent), &state);
            branch.push(parent.clone());
            atoms.push(self.atom());
        }
        self.features.insert(
            number,
            Feature {
                title,
                author,
                commits: edits,
                branch,
                atoms,
                beneath,
            },
        );
    }

    fn bring(&mut self, number: u16, environment: usize, how: How) {
        let Some(feature) = self.features.get(&number).cloned() else {
            return;
        };
        let branch = &self.branches[environment];
        let known = |atom: &usize| branch.on.contains_key(atom) || branch.was.contains(atom);
        let state = self.state(environment);
        let fits = |edits: &Vec<Edit>| edits.iter().all(|(key, old, _)| value(&state, *key) == *old);
        if feature.atoms.iter().any(known) || !feature.commits.iter().all(fits) {
            return;
        }
        // Nobody merges a branch that brings along what is not meant.
        if how == How::Merge && !feature.beneath.is_empty() {
            if !feature.beneath.iter().all(|atom| branch.on.contains_key(atom)) {
                return;
            }
            self.tally
                .count("branches merged that were cut from the last environment");
        }
        // Who edits a pick has it from the environment before: else nothing links what two environments have.
        let is_later = |atom: &usize| {
            self.branches[environment + 1..]
                .iter()
                .any(|it| it.on.contains_key(atom))
        };
        let is_near = !feature.atoms.iter().any(is_later)
            && environment > 0
            && !self.picked_from(&feature, environment - 1).is_empty();
        let is_edited = matches!(how, How::Edited { .. }) || feature.atoms.iter().any(|it| self.edited.contains(it));
        if is_edited && !(is_near && matches!(how, How::Edited { .. } | How::Pick { .. })) {
            return;
        }
        let all: Vec<Edit> = feature.commits.iter().flatten().cloned().collect();
        match how {
            How::Merge => {
                let pull = self.pull();
                let message = format!("Merge pull request #{pull} from acme/f{number}\n\n{}\n", feature.title);
                let end = feature.branch.last().cloned();
                let author = self.now("Forge");
                let mut unit = self.land(environment, (&author, &message), all, end.as_slice());
                unit.atoms = feature.atoms;
                self.landed(environment, unit);
            }
            How::Squash => {
                let pull = self.pull();
                let message = format!("{} (#{pull})\n\n* part 0\n", feature.title);
                let author = Who {
                    time: self.sandbox.now(),
                    ..feature.author
                };
                let mut unit = self.land(environment, (&author, &message), all, &[]);
                unit.atoms = feature.atoms;
                self.landed(environment, unit);
            }
            How::Rebase | How::Pick { .. } | How::Edited { .. } => {
                let named = matches!(how, How::Pick { named: true } | How::Edited { named: true });
                let edit = matches!(how, How::Edited { .. });
                for (commit, edits, atoms) in self.sources(&feature, environment) {
                    let (author, message) = self.messages[&commit].clone();
                    let message = match named {
                        true => format!("{}\n\n(cherry picked from commit {commit})\n", message.trim_end()),
                        false => message,
                    };
                    let mut edits = edits;
                    if edit {
                        let one = edits
                            .iter_mut()
                            .find(|(key, _, new)| !key.is_version() && new.is_some());
                        if let Some((_, _, Some(new))) = one {
                            new.push_str("-edited");
                            self.edited.extend(&atoms);
                            self.tally.edited += 1;
                        }
                    }
                    let mut unit = self.land(environment, (&author, &message), edits, &[]);
                    unit.atoms = atoms;
                    self.landed(environment, unit);
                }
            }
        }
    }

    /// What somebody picks: what landed on an earlier branch, else the commits of the feature's own branch.
    fn sources(&self, feature: &Feature, environment: usize) -> Vec<(String, Vec<Edit>, Vec<usize>)> {
        for earlier in (0..environment).rev() {
            let picked = self.picked_from(feature, earlier);
            if !picked.is_empty() {
                return picked;
            }
        }
        let parts = feature.branch.iter().zip(&feature.commits).zip(&feature.atoms);
        parts
            .map(|((commit, edits), atom)| (commit.clone(), edits.clone(), vec![*atom]))
            .collect()
    }

    /// What a person finds of a feature on a branch.
    fn picked_from(&self, feature: &Feature, environment: usize) -> Vec<(String, Vec<Edit>, Vec<usize>)> {
        let is_part = |unit: &&Unit| unit.atoms.iter().all(|it| feature.atoms.contains(it)) && !unit.atoms.is_empty();
        let branch = &self.branches[environment];
        let promoted = |unit: &Unit| branch.carried.iter().any(|it| it.commit == unit.commit);
        let of = |unit: &&Unit| !unit.ours && !promoted(unit) && unit.takes_back.is_empty() && is_part(unit);
        let units: Vec<&Unit> = self.branches[environment].units.iter().filter(of).collect();
        let picked = |unit: &&Unit| (unit.commit.clone(), unit.edits.clone(), unit.atoms.clone());
        match units.iter().map(|unit| unit.atoms.len()).sum::<usize>() == feature.atoms.len() {
            true => units.iter().map(picked).collect(),
            false => Vec::new(),
        }
    }

    fn revert(&mut self, number: u16, environment: usize) {
        let Some(feature) = self.features.get(&number) else {
            return;
        };
        let is_it = |unit: &Unit| {
            unit.takes_back.is_empty()
                && !unit.atoms.is_empty()
                && unit.atoms.iter().all(|it| feature.atoms.contains(it))
        };
        let branch = &self.branches[environment];
        let Some(unit) = branch.units.iter().rfind(|unit| is_it(unit)).cloned() else {
            return;
        };
        if !unit.atoms.iter().all(|it| branch.on.contains_key(it)) {
            return;
        }
        self.take_back(environment, &unit, &unit.commit.clone());
    }

    /// Takes a unit back with git's own words, if what it wrote still stands.
    fn take_back(&mut self, environment: usize, unit: &Unit, named: &str) {
        let state = self.state(environment);
        let stands = |(key, _, new): &Edit| value(&state, *key) == *new;
        // What comes again after it was taken back is what FROM has, and nobody knows of the edit any more.
        if unit.atoms.iter().any(|atom| self.edited.contains(atom)) {
            return;
        }
        if !unit.edits.iter().all(stands) || unit.edits.is_empty() {
            return;
        }
        let edits: Vec<Edit> = unit
            .edits
            .iter()
            .map(|(key, old, new)| (*key, new.clone(), old.clone()))
            .collect();
        let message = format!("Revert \"{}\"\n\nThis reverts commit {named}.\n", unit.title);
        let author = self.now("Ops Olga");
        let mut revert = self.land(environment, (&author, &message), edits, &[]);
        revert.takes_back = unit.atoms.clone();
        for it in &mut self.branches[environment].units {
            it.gone |= it.commit == named || it.within.as_deref() == Some(named);
        }
        let atom = self.atom();
        self.reverting.insert(atom);
        revert.atoms = vec![atom];
        self.landed(environment, revert);
    }

    fn revert_promotion(&mut self, environment: usize) {
        let Some(at) = self.branches[environment]
            .carried
            .iter()
            .rposition(|it| !it.undone && it.whole)
        else {
            return;
        };
        let carried = self.branches[environment].carried[at].clone();
        let units = &self.branches[environment].units;
        let of = |unit: &&Unit| unit.commit == carried.commit || unit.within.as_ref() == Some(&carried.commit);
        let parts: Vec<&Unit> = units.iter().filter(of).collect();
        let (Some(before), Some(after)) = (self.states.get(&carried.before), self.states.get(&carried.commit)) else {
            return;
        };
        let Some(first) = parts.first() else { return };
        let whole = Unit {
            commit: carried.commit.clone(),
            edits: difference(before, after),
            atoms: parts.iter().flat_map(|it| it.atoms.clone()).collect(),
            title: "Promote".to_owned(),
            ..(*first).clone()
        };
        let before = self.branches[environment].tip.clone();
        self.take_back(environment, &whole, &carried.commit);
        if self.branches[environment].tip != before {
            self.branches[environment].carried[at].undone = true;
            self.tally.count("promotions reverted");
        }
    }
}

/// A state after some edits.
pub(crate) fn applied(state: &State, edits: &[Edit]) -> State {
    let mut state = state.clone();
    for (key, _, new) in edits {
        match new {
            Some(new) => state.insert(*key, new.clone()),
            None => state.remove(key),
        };
    }
    state
}

/// The edits between two states.
pub(crate) fn difference(old: &State, new: &State) -> Vec<Edit> {
    let keys: BTreeSet<Key> = old.keys().chain(new.keys()).copied().collect();
    let edit = |key: Key| (key, value(old, key), value(new, key));
    keys.into_iter().map(edit).filter(|(_, old, new)| old != new).collect()
}
