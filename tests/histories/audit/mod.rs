//! Histories for the audit, with an answer key: each commit of `main` is made by a known way, each request has known
//! reviews, and what has to be found is worked out while it is made, by the words of the specification.

mod key;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use serde_json::Value;

use super::dice::Dice;
use crate::harness::Sandbox;
use crate::harness::forges::Bench;
use crate::harness::forges::github::GitHub;
use crate::harness::forges::past::Forced;
use crate::harness::forges::shelf::Pull;
use crate::harness::forges::story::moment;
use key::{ENVIRONMENTS, PEOPLE, Said, Tree, Verdict, base, changed, extra, overlay, owners_of, reaches, version_of};

/// Who is in `acme/sre`; `acme/secret` is not told to anybody.
const TEAM: [&str; 2] = ["carol", "erik"];
const START: u64 = 1_767_225_600;

/// What a whole run has found.
#[derive(Default)]
pub(crate) struct AuditTally {
    seeds: u64,
    rows: usize,
    requests: usize,
    pushes: usize,
    gaps: BTreeMap<String, usize>,
}

impl std::fmt::Display for AuditTally {
    fn fmt(&self, form: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            form,
            "{} histories, {} rows (0 missed, 0 false), of {} requests and {} pushes",
            self.seeds, self.rows, self.requests, self.pushes
        )?;
        self.gaps
            .iter()
            .try_for_each(|(gap, many)| write!(form, ", {many} {gap}"))
    }
}

/// Plays histories and compares every row.
pub(crate) fn audit_seeds(seeds: std::ops::Range<u64>) -> AuditTally {
    let mut tally = AuditTally::default();
    for seed in seeds {
        Story::new(seed).play(&mut tally);
        tally.seeds += 1;
    }
    tally
}

/// What is expected of one commit of `main`.
struct Key {
    mark: usize,
    time: u64,
    /// When its request was merged.
    landed: Option<u64>,
    /// The request, and whether it was approved.
    request: Option<u64>,
    approved: &'static str,
    gaps: BTreeSet<&'static str>,
    /// The paths that it changed, and the code owners before it.
    paths: Vec<String>,
    owners: Option<String>,
    /// The environments that it reaches, with the versions there before and after where they differ.
    reached: BTreeMap<&'static str, Option<(String, String)>>,
}

/// A request, with marks where ids will be.
struct Request {
    pull: Pull,
    head: usize,
    /// A commit before the head.
    older: usize,
    /// What it brought to `main`.
    landed: Vec<usize>,
    said: Vec<Said>,
}

struct Story {
    seed: u64,
    dice: Dice,
    stream: String,
    /// When each mark was made; the first is none.
    times: Vec<u64>,
    time: u64,
    main: (usize, Tree),
    keys: Vec<Key>,
    requests: Vec<Request>,
    pushes: usize,
}

impl Story {
    fn new(seed: u64) -> Story {
        let mut tree = Tree::new();
        tree.insert("README.md".into(), "a shop\n".into());
        tree.insert("base/kustomization.yaml".into(), "resources: [api.yaml]\n".into());
        tree.insert("base/api.yaml".into(), base(1));
        tree.insert("components/extra/kustomization.yaml".into(), extra(0));
        for environment in ENVIRONMENTS {
            tree.insert(
                format!("overlays/{environment}/kustomization.yaml"),
                overlay(environment, 0),
            );
        }
        let mut story = Story {
            seed,
            dice: Dice::new(seed),
            stream: String::new(),
            times: vec![0],
            time: START,
            main: (0, tree.clone()),
            keys: Vec::new(),
            requests: Vec::new(),
            pushes: 0,
        };
        let root = story.commit("main", &[], &tree);
        story.main.0 = root;
        story
    }

    fn chance(&mut self, percent: usize) -> bool {
        self.dice.below(100) < percent
    }

    /// Writes a commit with its whole tree a minute later; returns its mark.
    fn commit(&mut self, branch: &str, parents: &[usize], tree: &Tree) -> usize {
        self.time += 60;
        let (mark, time) = (self.times.len(), self.time);
        self.times.push(time);
        let words = format!("change {mark}");
        let stream = &mut self.stream;
        let who = format!("A <a@example.com> {time} +0000");
        let head = format!(
            "commit refs/heads/{branch}\nmark :{mark}\ncommitter {who}\ndata {}\n{words}\n",
            words.len()
        );
        stream.push_str(&head);
        for (at, parent) in parents.iter().enumerate() {
            let word = if at == 0 { "from" } else { "merge" };
            writeln!(stream, "{word} :{parent}").unwrap();
        }
        stream.push_str("deleteall\n");
        for (path, text) in tree {
            write!(stream, "M 100644 inline {path}\ndata {}\n{text}\n", text.len()).unwrap();
        }
        mark
    }

    /// One change of a few files.
    fn edit(&mut self) -> Tree {
        let mut edit = Tree::new();
        for _ in 0..=self.dice.below(2) {
            let number = self.dice.below(6);
            let (path, text) = match self.dice.below(10) {
                0 => ("README.md".to_owned(), format!("a shop, {number}\n")),
                1 => ("base/api.yaml".to_owned(), base(number)),
                2 => ("components/extra/kustomization.yaml".to_owned(), extra(number)),
                3 => (".github/CODEOWNERS".to_owned(), self.owners()),
                other => {
                    let environment = ENVIRONMENTS[other % 3];
                    (
                        format!("overlays/{environment}/kustomization.yaml"),
                        overlay(environment, number),
                    )
                }
            };
            edit.insert(path, text);
        }
        edit
    }

    fn owners(&mut self) -> String {
        let mut text = "# who is asked\n".to_owned();
        for _ in 0..self.dice.below(4) {
            let pattern = [
                "*",
                "/overlays/prd/",
                "/base/",
                "overlays/",
                "/components/extra/",
                "*.md",
            ][self.dice.below(6)];
            let owner = [
                "@acme/sre",
                "@Dora",
                "@bob @acme/sre",
                "@acme/secret",
                "",
                "carol@example.com",
            ][self.dice.below(6)];
            writeln!(text, "{pattern} {owner} # so").unwrap();
        }
        text
    }

    fn play(mut self, tally: &mut AuditTally) {
        for number in 1..=(6 + self.dice.below(14) as u64) {
            match self.dice.below(6) {
                0 => self.push(),
                _ => self.request(number),
            }
        }
        let (bench, ids) = self.told();
        self.compare(&bench, &ids, tally);
    }

    /// Somebody pushes one or two commits.
    fn push(&mut self) {
        self.pushes += 1;
        for _ in 0..=self.dice.below(2) {
            let edit = self.edit();
            self.on_main(&[], edit);
        }
    }

    /// Puts an edit on `main`.
    fn on_main(&mut self, others: &[usize], edit: Tree) {
        let (tip, mut tree) = self.main.clone();
        tree.extend(edit);
        let parents: Vec<usize> = std::iter::once(tip).chain(others.iter().copied()).collect();
        let mark = self.commit("main", &parents, &tree);
        self.adopt(mark, tree);
    }

    /// Somebody's request is reviewed and merged.
    fn request(&mut self, number: u64) {
        let (fork, base) = self.main.clone();
        let branch = format!("topic-{number}");
        let mut own: Vec<(usize, Tree)> = Vec::new();
        let mut tree = base;
        let mut tip = fork;
        for _ in 0..=self.dice.below(3) {
            let edit = self.edit();
            tree.extend(edit.clone());
            tip = self.commit(&branch, &[tip], &tree);
            own.push((tip, edit));
        }
        // Meanwhile `main` goes on.
        if self.chance(30) {
            self.push();
        }
        let is_ff = self.main.0 == fork;
        let author = PEOPLE[self.dice.below(5)];
        let mut said = self.reviews(author);
        let first = self.keys.len();
        let whole: Tree = own.iter().flat_map(|(_, edit)| edit.clone()).collect();
        match self.dice.below(if is_ff { 4 } else { 3 }) {
            0 => self.on_main(&[tip], whole),
            1 => self.on_main(&[], whole),
            2 => own.iter().for_each(|(_, edit)| self.on_main(&[], edit.clone())),
            // The branch moves on to the head.
            _ => {
                let _ = writeln!(self.stream, "reset refs/heads/main\nfrom :{tip}\n");
                for (mark, edit) in &own {
                    let mut tree = self.main.1.clone();
                    tree.extend(edit.clone());
                    self.adopt(*mark, tree);
                }
            }
        }
        self.time += 60;
        let merged = self.time;
        let checks = [None, Some("success"), Some("success"), Some("failure"), Some("pending")][self.dice.below(5)];
        said.extend(self.late(merged));
        let verdict = Verdict::of(author, &said, merged);
        let mut landed = Vec::new();
        for key in &mut self.keys[first..] {
            landed.push(key.mark);
            key.request = Some(number);
            key.landed = Some(merged);
            key.approved = if verdict.approvers.is_empty() { "no" } else { "yes" };
            key.gaps.clone_from(&verdict.gaps);
            key.gaps
                .extend(matches!(checks, Some("failure" | "pending")).then_some("checks-failed"));
        }
        self.judge_owners(first, &verdict.approvers);
        let mut pull = Pull::merged(number, (&branch, "main"), ("", ""))
            .by(author)
            .at(&moment(merged), PEOPLE[self.dice.below(5)]);
        pull.checks = checks;
        let older = own
            .first()
            .map_or(fork, |(mark, _)| if *mark == tip { fork } else { *mark });
        self.requests.push(Request {
            pull,
            head: tip,
            older,
            landed,
            said,
        });
    }

    /// A commit is the next one of `main`: notes what is expected of it.
    fn adopt(&mut self, mark: usize, new: Tree) {
        let old = std::mem::replace(&mut self.main, (mark, new.clone())).1;
        let paths = changed(&old, &new);
        let mut reached = BTreeMap::new();
        for environment in paths.iter().flat_map(|path| reaches(path)) {
            let (before, after) = (version_of(&old, environment), version_of(&new, environment));
            reached.insert(*environment, (before != after).then_some((before, after)));
        }
        self.keys.push(Key {
            mark,
            time: self.times[mark],
            landed: None,
            request: None,
            approved: "no",
            gaps: BTreeSet::from(["no-pull-request"]),
            paths,
            owners: old.get(".github/CODEOWNERS").cloned(),
            reached,
        });
    }

    fn reviews(&mut self, author: &'static str) -> Vec<Said> {
        let count = self.dice.below(5);
        let one = |at: usize| {
            let states = [
                "APPROVED",
                "APPROVED",
                "APPROVED",
                "APPROVED",
                "CHANGES_REQUESTED",
                "COMMENTED",
                "DISMISSED",
                "PENDING",
            ];
            let by = if self.chance(15) {
                author
            } else {
                PEOPLE[self.dice.below(5)]
            };
            Said {
                by,
                state: states[self.dice.below(8)],
                at: self.time + 1 + at as u64,
                is_of_head: self.chance(75),
            }
        };
        (0..count).map(one).collect()
    }

    /// One more review in the second of merging, or after it.
    fn late(&mut self, merged: u64) -> Option<Said> {
        self.chance(25).then(|| Said {
            by: PEOPLE[self.dice.below(5)],
            state: ["APPROVED", "CHANGES_REQUESTED", "COMMENTED"][self.dice.below(3)],
            at: merged + [0, 1, 3_600][self.dice.below(3)],
            is_of_head: self.chance(75),
        })
    }

    /// Adds what the code owners of each commit make of those who approved it.
    fn judge_owners(&mut self, first: usize, approvers: &BTreeSet<&'static str>) {
        let (mut no, mut unknown) = (Vec::new(), Vec::new());
        // Of a request that was rebased every commit is judged by what stood there before the first.
        let text = self.keys.get(first).and_then(|key| key.owners.clone());
        for (at, key) in self.keys.iter().enumerate().skip(first) {
            let Some(text) = &text else { continue };
            for path in &key.paths {
                let owners = owners_of(text, path);
                let is_one = |person: &&str| {
                    owners.iter().any(|owner| match owner.as_str() {
                        "@acme/sre" => TEAM.contains(person),
                        owner => owner.to_lowercase() == format!("@{person}"),
                    })
                };
                let is_dark = owners
                    .iter()
                    .any(|owner| !owner.starts_with('@') || owner == "@acme/secret");
                match () {
                    () if owners.is_empty() || approvers.iter().any(is_one) => {}
                    () if is_dark && !approvers.is_empty() => unknown.push(at),
                    () => no.push(at),
                }
            }
        }
        unknown.retain(|at| !no.contains(at));
        for at in no {
            self.keys[at].gaps.insert("not-code-owner");
        }
        for at in unknown {
            self.keys[at].gaps.insert("owner-unknown");
        }
    }

    /// The history on a forge that knows all of it, and the id of each mark.
    fn told(&mut self) -> (Bench, BTreeMap<usize, String>) {
        let sandbox = Sandbox::new();
        sandbox.repository();
        sandbox.advance(self.time + 86_400 - sandbox.now().min(self.time));
        sandbox.import(&self.stream);
        let listed = sandbox.read(".git/marks");
        let ids: BTreeMap<usize, String> = listed
            .lines()
            .map(|line| {
                let (mark, id) = line.trim_start_matches(':').split_once(' ').unwrap();
                (mark.parse().unwrap(), id.to_owned())
            })
            .collect();
        sandbox.remote();
        let bench = Bench::around(sandbox, GitHub);
        {
            let mut shelf = bench.forge.shelf();
            shelf
                .past
                .teams
                .insert("acme/sre".into(), vec!["Carol".into(), "erik".into()]);
            shelf.page = [2, 5, 100][self.dice.below(3)];
            for request in &self.requests {
                let mut pull = request.pull.clone();
                let landed: Vec<String> = request.landed.iter().map(|mark| ids[mark].clone()).collect();
                pull.last_head = Some(ids[&request.head].clone());
                pull.merge_oid = landed.last().cloned();
                for (said, at) in request.said.iter().zip(0..) {
                    let commit = if said.is_of_head {
                        &ids[&request.head]
                    } else {
                        &ids[&request.older]
                    };
                    let by = if at % 2 == 0 {
                        said.by.to_owned()
                    } else {
                        said.by.to_uppercase()
                    };
                    pull = pull.reviewed(&by, said.state, (&moment(said.at), commit));
                }
                // The same commits, open and elsewhere: that is no evidence.
                let noise = Pull::merged(pull.number + 500, ("x", "develop"), (&landed[0], &landed[0]));
                shelf.record(noise.by("erik").at("2026-01-01T00:00:00Z", "erik"));
                shelf.record(pull.brought(&landed));
                shelf.record(Pull {
                    number: request.pull.number + 900,
                    state: "open",
                    head: "y".into(),
                    base: "main".into(),
                    brought: landed,
                    ..Pull::default()
                });
            }
        }
        (bench, ids)
    }

    fn compare(&mut self, bench: &Bench, ids: &BTreeMap<usize, String>, tally: &mut AuditTally) {
        // From the second commit on, or from somewhere in between.
        let cut = if self.chance(30) {
            self.dice.below(self.keys.len())
        } else {
            0
        };
        let since = self.keys.get(cut).map_or(self.time, |key| key.time - 1);
        let forced: Vec<u64> = (0..self.dice.below(3))
            .map(|_| self.times[1 + self.dice.below(self.times.len() - 1)])
            .collect();
        bench.forge.shelf().past.forced = forced
            .iter()
            .map(|at| Forced {
                branch: "main".into(),
                at: moment(*at),
                by: "bob".into(),
                before: "a".repeat(40),
                after: "b".repeat(40),
            })
            .collect();
        bench
            .forge
            .shelf()
            .past
            .forced
            .sort_by(|one, other| one.at.cmp(&other.at));
        let since_word = moment(since);
        let words = ["audit", "--since", &since_word, "-o", "json"];
        let document = bench.rakops(words.into_iter()).run().expect(0).json();
        let mut found: BTreeMap<(String, String), String> = BTreeMap::new();
        for row in document["rows"].as_array().unwrap() {
            let place = (text(&row["environment"]), text(&row["commit"]));
            assert!(
                found.insert(place.clone(), shown(row)).is_none(),
                "seed {}: twice: {place:?}",
                self.seed
            );
        }
        let mut wanted: BTreeMap<(String, String), String> = BTreeMap::new();
        // What landed in the span is in it, whatever its date.
        let first = self.keys.iter().position(|key| key.time >= since);
        let earlier = self.keys[..first.unwrap_or(self.keys.len())].iter().rev();
        let late = earlier.take_while(|key| key.landed >= Some(since)).count();
        for key in &self.keys[first.unwrap_or(self.keys.len()) - late..] {
            for (environment, versions) in &key.reached {
                let gaps: Vec<&str> = key.gaps.iter().copied().collect();
                gaps.iter()
                    .for_each(|gap| *tally.gaps.entry((*gap).to_owned()).or_default() += 1);
                let request = key.request.map_or("none".to_owned(), |number| number.to_string());
                let image = versions
                    .as_ref()
                    .map(|(old, new)| format!("ghcr.io/acme/api {old} {new}"));
                let line = format!("{request} {} {gaps:?} {}", key.approved, image.unwrap_or_default());
                wanted.insert(((*environment).to_owned(), ids[&key.mark].clone()), line);
            }
        }
        let differing: Vec<String> = wanted
            .keys()
            .chain(found.keys())
            .collect::<BTreeSet<_>>()
            .into_iter()
            .filter(|place| wanted.get(*place) != found.get(*place))
            .map(|place| {
                format!(
                    "{place:?}\n  wanted {:?}\n  found  {:?}",
                    wanted.get(place),
                    found.get(place)
                )
            })
            .collect();
        assert!(differing.is_empty(), "seed {}:\n{}", self.seed, differing.join("\n"));
        let inside = forced.iter().filter(|at| **at >= since).count();
        let findings = document["findings"].as_array().map_or(0, Vec::len);
        assert_eq!(findings, inside, "seed {}: force pushes", self.seed);
        tally.rows += wanted.len();
        tally.requests += self.requests.len();
        tally.pushes += self.pushes;
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

/// A row in the words of the key.
fn shown(row: &Value) -> String {
    let gaps: BTreeSet<&str> = row["gaps"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(Value::as_str)
        .collect();
    let gaps: Vec<&str> = gaps.into_iter().collect();
    let request = row["pull_request"]["number"].as_u64();
    let images = row["images"].as_array().unwrap().iter();
    let images: Vec<String> = images
        .map(|it| format!("{} {} {}", text(&it["image"]), text(&it["from"]), text(&it["to"])))
        .collect();
    let request = request.map_or("none".to_owned(), |number| number.to_string());
    format!("{request} {} {gaps:?} {}", text(&row["approved"]), images.join(", "))
}
