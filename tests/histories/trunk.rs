//! Histories of one branch, where environments are directories: versions are copied, and every other byte is as before.

use std::collections::{BTreeMap, BTreeSet};

use super::content::{self, ENVIRONMENTS, IMAGES, Key, Layout, State, value};
use super::judge::{ALLOWED, compare, read};
use super::plan::{Landing, Op, Plan};
use super::stream::{Draft, Stream, Who};
use super::{Strategy, Tally, render};
use crate::harness::Sandbox;
use crate::harness::cmd::Output;

/// A version that was set in an environment.
#[derive(Clone, Debug)]
struct Set {
    version: String,
    /// Seconds since 1970.
    time: u64,
}

/// One landing that changed versions of an environment.
#[derive(Clone, Debug)]
struct Landed {
    edits: Vec<(u8, String)>,
    rolled_back: bool,
}

struct Trunk {
    sandbox: Sandbox,
    state: State,
    tip: String,
    /// By environment and image, oldest first.
    past: BTreeMap<(usize, u8), Vec<Set>>,
    landings: Vec<Vec<Landed>>,
    versions: usize,
    tally: Tally,
    render: bool,
}

/// Plays a plan, and judges it.
pub(crate) fn play(plan: &Plan) -> Result<Tally, String> {
    let mut trunk = Trunk::new(plan.render);
    for op in &plan.ops {
        trunk.step(op).map_err(|why| format!("at {op:?}: {why}"))?;
    }
    trunk.drift()?;
    for from in 0..2 {
        trunk
            .promote(from, None, Landing::Push)
            .map_err(|why| format!("promote {from} at the end: {why}"))?;
        trunk.drift().map_err(|why| format!("after promote {from}: {why}"))?;
    }
    trunk.tally.seeds = 1;
    Ok(trunk.tally.clone())
}

impl Trunk {
    fn new(render: bool) -> Trunk {
        let sandbox = Sandbox::new();
        sandbox.repository();
        let mut trunk = Trunk {
            sandbox,
            state: State::new(),
            tip: String::new(),
            past: BTreeMap::new(),
            landings: vec![Vec::new(); ENVIRONMENTS.len()],
            versions: 0,
            tally: Tally::default(),
            render,
        };
        for environment in 0..ENVIRONMENTS.len() {
            for image in 0..IMAGES.len() as u8 {
                let first = Set {
                    version: trunk.current(environment, image),
                    time: trunk.sandbox.now() + 120,
                };
                trunk.past.insert((environment, image), vec![first]);
            }
        }
        trunk.commit("everything begins", None);
        trunk
    }

    fn current(&self, environment: usize, image: u8) -> String {
        value(&self.state, Key::Tag(environment as u8, image)).unwrap_or_default()
    }

    fn files(&self) -> BTreeMap<String, String> {
        content::files(&self.state, Layout::Overlays, Strategy::Trunk.name())
    }

    /// Commits what stands in the state.
    fn commit(&mut self, message: &str, other: Option<&str>) {
        self.sandbox.advance(120);
        let parents: Vec<String> = [self.tip.as_str()]
            .into_iter()
            .chain(other)
            .map(str::to_owned)
            .collect();
        let mut stream = Stream::open(&self.sandbox);
        self.tip = stream.commit(&Draft {
            author: Who {
                name: "Dora Dev".to_owned(),
                time: self.sandbox.now(),
            },
            committed: self.sandbox.now(),
            message,
            parents: if self.tip.is_empty() { &[] } else { &parents },
            files: &self.files(),
        });
        stream.close(&[("main".to_owned(), self.tip.clone())]);
        self.sandbox.git(["reset", "--quiet", "--hard", "main"]);
    }

    /// Notes versions that have been set.
    fn set(&mut self, environment: usize, new: &[(u8, String)]) {
        let time = self.sandbox.now();
        let mut edits = Vec::new();
        for (image, version) in new {
            let old = self.current(environment, *image);
            if old == *version {
                continue;
            }
            edits.push((*image, old));
            self.state.insert(Key::Tag(environment as u8, *image), version.clone());
            let past = self.past.entry((environment, *image)).or_default();
            past.push(Set {
                version: version.clone(),
                time,
            });
        }
        if !edits.is_empty() {
            self.landings[environment].push(Landed {
                edits,
                rolled_back: false,
            });
        }
    }

    fn step(&mut self, op: &Op) -> Result<(), String> {
        match op {
            Op::Bump { environment, image } => self.bump(*environment, *image, ""),
            Op::VersionHotfix { image } => self.bump(2, *image, "-fix"),
            Op::Overlay { environment, at } => {
                let text = format!("set-{}", self.sandbox.now());
                self.state.insert(Key::Overlay(*environment as u8, *at), text);
                self.commit("Change a setting", None);
            }
            Op::Feature {
                number,
                block: Some(block),
                ..
            } => {
                self.state.insert(Key::Block(*block), format!("feature-{number}"));
                self.commit(&format!("Add feature {number}"), None);
            }
            Op::Promote { from, landing } => {
                let image = (*landing == Landing::Title).then_some(0);
                self.promote(*from, image, *landing)?;
            }
            Op::Rollback { environment } => self.rollback(*environment)?,
            Op::Wait { days } => self.sandbox.advance(u64::from(*days) * 86_400),
            _ => {}
        }
        Ok(())
    }

    fn bump(&mut self, environment: usize, image: u8, end: &str) {
        self.versions += 1;
        let version = format!("1.{}.0{end}", self.versions);
        // The commit comes two minutes later, and so does what is noted.
        let before = self.state.clone();
        self.state.insert(Key::Tag(environment as u8, image), version.clone());
        self.commit(&format!("Set {} to {version}", IMAGES[usize::from(image)]), None);
        self.state = before;
        self.set(environment, &[(image, version)]);
    }

    fn run(&self, words: &[&str]) -> Output {
        self.sandbox.rakops(words.iter().copied()).run()
    }

    fn promote(&mut self, from: usize, image: Option<u8>, landing: Landing) -> Result<(), String> {
        let to = from + 1;
        let mut words = vec!["promote", ENVIRONMENTS[from].0, ENVIRONMENTS[to].0];
        words.extend(image.map(|image| IMAGES[usize::from(image)]));
        words.extend(["--commit", "--allow", ALLOWED, "-o", "json"]);
        self.sandbox.advance(120);
        let before = self.tip.clone();
        let output = self.run(&words);
        if output.code != 0 {
            return Err(output.all());
        }
        let images: Vec<u8> = image.map_or_else(|| (0..IMAGES.len() as u8).collect(), |image| vec![image]);
        let new: Vec<(u8, String)> = images
            .into_iter()
            .map(|image| (image, self.current(from, image)))
            .collect();
        self.set(to, &new);
        let after = self.sandbox.tip("main");
        let files = read(&self.sandbox, &after);
        compare("files after a promotion of versions", (&files, &self.files()), &output)?;
        self.tally.promotions += 1;
        let again = self.run(&words);
        if again.code != 0 || self.sandbox.tip("main") != after || again.json()["changed"] != false {
            return Err(format!("a second promote changes something\n{}", again.all()));
        }
        self.tip = after.clone();
        if self.render && image.is_none() {
            self.tally.rendered += render::compared(&self.sandbox, (&files, Layout::Overlays, from), (&files, to))?;
        }
        if after != before && landing != Landing::Push {
            // The forge squashes or merges it: what counts is what it leaves.
            self.sandbox.git(["reset", "--quiet", "--hard", &before]);
            self.tip = before;
            let other = (landing == Landing::Merge).then_some(after.as_str());
            self.commit("Merge a promotion (#7)", other);
            let time = self.sandbox.now();
            for (image, version) in &new {
                let past = self.past.entry((to, *image)).or_default();
                if let Some(last) = past
                    .last_mut()
                    .filter(|last| last.version == *version && last.time + 120 == time)
                {
                    last.time = time;
                }
            }
        }
        Ok(())
    }

    fn rollback(&mut self, environment: usize) -> Result<(), String> {
        self.sandbox.advance(120);
        let name = ENVIRONMENTS[environment].0;
        let output = self.run(&["rollback", name, "--commit", "--allow", ALLOWED, "-o", "json"]);
        let Some(landed) = self.landings[environment].iter_mut().rfind(|it| !it.rolled_back) else {
            return match output.code == 5 && self.sandbox.tip("main") == self.tip {
                true => Ok(()),
                false => Err(format!("nothing can be rolled back\n{}", output.all())),
            };
        };
        landed.rolled_back = true;
        let edits = landed.edits.clone();
        if output.code != 0 {
            return Err(output.all());
        }
        let time = self.sandbox.now();
        for (image, version) in edits {
            self.state.insert(Key::Tag(environment as u8, image), version.clone());
            self.past
                .entry((environment, image))
                .or_default()
                .push(Set { version, time });
        }
        self.tip = self.sandbox.tip("main");
        self.tally.count("rollbacks");
        compare(
            "files after a rollback",
            (&read(&self.sandbox, &self.tip), &self.files()),
            &output,
        )
    }

    fn ran(&self, environment: usize, image: u8, version: &str) -> bool {
        self.past[&(environment, image)].iter().any(|it| it.version == version)
    }

    /// When what an environment runs was set.
    fn since(&self, environment: usize, image: u8) -> u64 {
        self.past[&(environment, image)].last().map_or(0, |it| it.time)
    }

    /// Compares what `drift` finds with what the generator left out.
    fn drift(&mut self) -> Result<(), String> {
        let expected = self.expected();
        let output = self.run(&["drift", "--all", "-o", "json"]);
        if !matches!(output.code, 0 | 1) {
            return Err(output.all());
        }
        let document = output.json();
        let mut found = Expected::default();
        for (list, into) in [
            ("omitted", &mut found.omitted),
            ("pending", &mut found.waits),
            ("not_carried_back", &mut found.not_back),
        ] {
            for finding in document[list].as_array().into_iter().flatten() {
                let lacks = finding["missing_from"].as_array().into_iter().flatten();
                let image = finding["id"].as_str().unwrap_or_default().to_owned();
                into.extend(lacks.map(|it| (image.clone(), it.as_str().unwrap_or_default().to_owned())));
            }
        }
        self.tally.omissions += expected.omitted.len() + expected.not_back.len();
        let has_omissions = !expected.omitted.is_empty() || !expected.not_back.is_empty();
        match found == expected && (output.code == 1) == has_omissions {
            true => Ok(()),
            false => Err(format!(
                "drift\n  finds    {found:?}\n  must find {expected:?}\n{}",
                output.all()
            )),
        }
    }

    fn expected(&self) -> Expected {
        let mut expected = Expected::default();
        for image in 0..IMAGES.len() as u8 {
            let name = format!("ghcr.io/acme/{}", IMAGES[usize::from(image)]);
            for to in 1..ENVIRONMENTS.len() {
                let here = self.current(to, image);
                for from in (0..to).rev() {
                    // What an environment between the two ran came to it on purpose.
                    if self.current(from, image) == here || self.ran(from, image, &here) {
                        break;
                    }
                    expected
                        .not_back
                        .insert((name.clone(), ENVIRONMENTS[from].0.to_owned()));
                }
                let there = self.current(to - 1, image);
                let is_hotfix = !self.ran(to - 1, image, &here);
                if there == here || (is_hotfix && number(&there) < number(&here)) {
                    continue;
                }
                let list = match self.is_omitted((to - 1, to), image) {
                    true => &mut expected.omitted,
                    false => &mut expected.waits,
                };
                list.insert((name.clone(), ENVIRONMENTS[to].0.to_owned()));
            }
        }
        expected
    }

    fn is_omitted(&self, (from, to): (usize, usize), image: u8) -> bool {
        let there = self.current(from, image);
        if self.ran(to, image, &there) {
            return false;
        }
        let landed = self.since(from, image);
        let passes = |other: u8| {
            let (on_from, on_to) = (self.since(from, other), self.since(to, other));
            self.current(from, other) == self.current(to, other) && on_from > landed && on_to > on_from
        };
        (0..IMAGES.len() as u8).any(|other| other != image && passes(other))
            || self.sandbox.now() - landed > super::truth::GRACE
    }
}

/// The number in the middle: those of the generator are `1.N.0`.
fn number(version: &str) -> usize {
    version
        .split('.')
        .nth(1)
        .and_then(|it| it.parse().ok())
        .unwrap_or_default()
}

/// Images, and environments that lack their version.
#[derive(Debug, Default, PartialEq, Eq)]
struct Expected {
    omitted: BTreeSet<(String, String)>,
    waits: BTreeSet<(String, String)>,
    not_back: BTreeSet<(String, String)>,
}
