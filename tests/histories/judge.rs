//! Asks rakops, and compares with what the generator and git say.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::process::{Command, Stdio};

use super::content::{self, ENVIRONMENTS, IMAGES, Key, State, masked, value};
use super::plan::Landing;
use super::play::{Carried, Edit, History, Unit, applied, difference};
use super::stream::{Draft, Stream, Who};
use super::{Strategy, render, truth};
use crate::harness::Sandbox;
use crate::harness::cmd::Output;

/// Rules that a history breaks on purpose.
pub(crate) const ALLOWED: &str = "downgrade,overwrite,rolled-back,protected";

/// Judges a history as it stands: what was forgotten, then each promotion to the next environment.
pub(crate) fn at_the_end(history: &mut History) -> Result<(), String> {
    history.flush();
    drift(history)?;
    for from in 0..ENVIRONMENTS.len() - 1 {
        promote(history, from, None).map_err(|why| format!("promote {from} at the end: {why}"))?;
        history.flush();
        drift(history).map_err(|why| format!("after promote {from}: {why}"))?;
    }
    Ok(())
}

fn run(history: &History, words: &[&str]) -> Output {
    history.sandbox.rakops(words.iter().copied()).run()
}

/// Compares what `drift` finds with what the generator left out.
pub(crate) fn drift(history: &mut History) -> Result<(), String> {
    let mut expected = truth::expected(history);
    let output = run(history, &["drift", "--all", "-o", "json"]);
    if !matches!(output.code, 0 | 1) {
        return Err(output.all());
    }
    let document = output.json();
    let mut found = truth::Expected::default();
    let mut likely = BTreeSet::new();
    for (list, into) in [
        ("omitted", &mut found.omitted),
        ("pending", &mut found.waits),
        ("not_carried_back", &mut found.not_back),
    ] {
        for finding in document[list].as_array().into_iter().flatten() {
            let commit = finding["commit"].as_str().unwrap_or_default();
            let units = history.branches.iter().flat_map(|branch| &branch.units);
            let Some(unit) = units.into_iter().find(|unit| unit.commit == commit) else {
                return Err(format!("drift names a commit that is no change: {finding}"));
            };
            for lacks in finding["missing_from"].as_array().into_iter().flatten() {
                let Some((name, _)) = ENVIRONMENTS.iter().find(|(name, _)| lacks.as_str() == Some(name)) else {
                    continue;
                };
                for atom in &unit.atoms {
                    match finding["certainty"].as_str() {
                        Some("sure") => into.insert((*atom, *name)),
                        _ => likely.insert(*atom),
                    };
                }
            }
        }
    }
    if !history.reverting.is_empty() {
        // A change of which a part was taken back waits in one reading and is gone in the other; neither is an omission.
        found.waits.clear();
        expected.waits.clear();
    }
    let may_be = std::mem::take(&mut expected.may_be);
    found
        .not_back
        .retain(|it| expected.not_back.contains(it) || !may_be.contains(it));
    history.tally.likely += likely.len();
    if let Some(atom) = likely.iter().find(|atom| !history.edited.contains(atom)) {
        return Err(format!(
            "atom {atom} is called likely, and nobody edited it\n{}",
            output.all()
        ));
    }
    history.tally.omissions += expected.omitted.len() + expected.not_back.len();
    let is_exit_right = (output.code == 1) != (expected.omitted.is_empty() && expected.not_back.is_empty());
    match found == expected && (is_exit_right || !likely.is_empty()) {
        true => Ok(()),
        false => Err(format!(
            "drift\n  finds    {found:?}\n  must find {expected:?}\n{}",
            output.all()
        )),
    }
}

/// What must become of the files that are no versions: by git, and by the generator.
enum Outcome {
    /// The files without their versions, and all places, where the generator knows them.
    Tree(BTreeMap<String, String>, Option<State>),
    Conflict,
}

/// Promotes an environment to the next one, judges it, and lands it as a forge would.
pub(crate) fn promote(history: &mut History, from: usize, landing: Option<Landing>) -> Result<(), String> {
    history.flush();
    let to = from + 1;
    let outcome = match history.strategy {
        Strategy::FanOut => fan_out(history, (from, to))?,
        Strategy::Chain => chain(history, (from, to)),
        Strategy::Trunk => return Err("one branch is judged elsewhere".to_owned()),
    };
    let carried: Vec<Unit> = truth::carried(history, from, to).into_iter().cloned().collect();
    let before = history.branches[to].tip.clone();
    history.sandbox.advance(120);
    let words = [
        "promote",
        ENVIRONMENTS[from].0,
        ENVIRONMENTS[to].0,
        "--commit",
        "--allow",
        ALLOWED,
        "-o",
        "json",
    ];
    let mut words: Vec<&str> = words.to_vec();
    let base = history.base(to);
    let mut output = run(history, &words);
    if output.code == 3 && output.json()["error"]["code"] == "merge-base-unknown" && history.has_silent_squash(to) {
        // A squash that says nothing, and whose content others have touched.
        history.tally.count("merge bases asked for");
        words.extend(["--merge-base", &base]);
        output = run(history, &words);
    }
    let after = tip(history, to);
    let (masked_files, model) = match outcome {
        Outcome::Conflict => {
            history.tally.conflicts += 1;
            return match output.code == 7 && after == before {
                true => Ok(()),
                false => Err(format!("git has a conflict, and promote says\n{}", output.all())),
            };
        }
        Outcome::Tree(files, model) => (files, model),
    };
    if output.code != 0 {
        return Err(output.all());
    }
    history.tally.promotions += 1;
    let files = read(&history.sandbox, &after);
    let without: BTreeMap<String, String> = files.iter().map(|(path, text)| (path.clone(), masked(text))).collect();
    compare("git's merge, versions aside", (&without, &masked_files), &output)?;
    let model = match model {
        Some(model) => model,
        None => {
            let mut model = parsed(history, &after);
            versions(history, (from, to), &mut model);
            model
        }
    };
    let rendered = content::files(&model, history.layout, history.strategy.name());
    compare("the generator's files", (&files, &rendered), &output)?;
    if landing.is_none() && history.render {
        let theirs = read(&history.sandbox, &history.branches[from].tip);
        let sides = ((&theirs, history.layout, from), (&files, to));
        history.tally.rendered += render::compared(&history.sandbox, sides.0, sides.1)?;
    }
    let again = run(history, &words);
    if again.code != 0 || tip(history, to) != after || again.json()["changed"] != false {
        return Err(format!("a second promote changes something\n{}", again.all()));
    }
    if after != before {
        let ids = named(&output);
        let whole = (&carried[..], &ids[..], model, landing.unwrap_or(Landing::Push));
        relanded(history, (from, to), (&before, &after), whole)?;
    } else {
        // Nothing was left to do: others had done the same.
        let now = history.sandbox.now();
        settle(history, (from, to), &carried, now);
    }
    Ok(())
}

pub(crate) fn compare(
    what: &str,
    (one, other): (&BTreeMap<String, String>, &BTreeMap<String, String>),
    output: &Output,
) -> Result<(), String> {
    if one == other {
        return Ok(());
    }
    let paths: BTreeSet<&String> = one.keys().chain(other.keys()).collect();
    let mut why = format!("{what} differ:\n");
    for path in paths {
        let (a, b) = (one.get(path), other.get(path));
        if a == b {
            continue;
        }
        why.push_str(&format!("  {path}:\n"));
        let lines = |text: Option<&String>| {
            text.map(|it| it.lines().map(str::to_owned).collect::<Vec<_>>())
                .unwrap_or_default()
        };
        let (a, b) = (lines(a), lines(b));
        a.iter()
            .filter(|it| !b.contains(it))
            .for_each(|line| why.push_str(&format!("    is   {line}\n")));
        b.iter()
            .filter(|it| !a.contains(it))
            .for_each(|line| why.push_str(&format!("    must {line}\n")));
    }
    Err(format!("{why}{}", output.all()))
}

fn tip(history: &History, environment: usize) -> String {
    history.sandbox.tip(ENVIRONMENTS[environment].1)
}

/// All files of a commit or a tree, by git.
pub(crate) fn read(sandbox: &Sandbox, tree: &str) -> BTreeMap<String, String> {
    let listed = sandbox.git(["ls-tree", "-r", tree]);
    let entries: Vec<(&str, &str)> = listed
        .lines()
        .filter_map(|line| {
            let (facts, path) = line.split_once('\t')?;
            Some((facts.split(' ').nth(2)?, path))
        })
        .collect();
    let asked: String = entries.iter().map(|(id, _)| format!("{id}\n")).collect();
    let answered = fed(sandbox, &["cat-file", "--batch"], &asked);
    let mut rest = answered.as_str();
    let mut files = BTreeMap::new();
    for (_, path) in entries {
        let (head, after) = rest.split_once('\n').unwrap();
        let size: usize = head.rsplit(' ').next().unwrap().parse().unwrap();
        files.insert(path.to_owned(), after[..size].to_owned());
        rest = &after[size + 1..];
    }
    files
}

fn fed(sandbox: &Sandbox, words: &[&str], input: &str) -> String {
    let mut child = Command::new("git")
        .args(words)
        .current_dir(sandbox.dir())
        .env_clear()
        .envs(sandbox.env())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let input = input.to_owned();
    let writer = std::thread::spawn(move || stdin.write_all(input.as_bytes()));
    let output = child.wait_with_output().unwrap();
    let _ = writer.join();
    String::from_utf8(output.stdout).unwrap()
}

/// A change whose versions are masked, as two commits for git to merge.
struct Pair {
    base: String,
    theirs: String,
}

/// Writes states without their versions: TO's, and pairs.
fn without_versions(history: &History, ours: &State, pairs: &[(State, State)]) -> (String, Vec<Pair>) {
    let mut stream = Stream::open(&history.sandbox);
    let mut write = |state: &State, parents: &[String]| {
        let files = content::files(state, history.layout, history.strategy.name());
        let files = files.into_iter().map(|(path, text)| (path, masked(&text))).collect();
        stream.commit(&Draft {
            author: Who {
                name: "Judge".to_owned(),
                time: history.sandbox.now(),
            },
            committed: history.sandbox.now(),
            message: "without versions",
            parents,
            files: &files,
        })
    };
    let tip = write(ours, &[]);
    let pairs = pairs
        .iter()
        .map(|(old, new)| {
            let base = write(old, &[]);
            let theirs = write(new, std::slice::from_ref(&base));
            Pair { base, theirs }
        })
        .collect();
    stream.close(&[]);
    (tip, pairs)
}

/// Git's merge of a pair into a tree; none where it has a conflict.
fn merged(history: &History, tree: &str, pair: &Pair) -> Option<String> {
    let ours = history
        .sandbox
        .git(["commit-tree", tree, "-p", &pair.base, "-m", "ours"]);
    let dir = history.sandbox.dir();
    let merge = history.sandbox.try_git_in(
        &dir,
        ["merge-tree", "--write-tree", "--no-messages", ours.trim(), &pair.theirs],
    );
    merge
        .succeeded
        .then(|| merge.stdout.lines().next().unwrap_or_default().to_owned())
}

/// Each missing change's diff against its first parent, oldest first; TO's versions are FROM's.
fn fan_out(history: &History, (from, to): (usize, usize)) -> Result<Outcome, String> {
    let units = truth::carried(history, from, to);
    let pairs: Vec<(State, State)> = units
        .iter()
        .map(|unit| {
            (
                history.states[&unit.parent].clone(),
                history.states[&unit.commit].clone(),
            )
        })
        .collect();
    let mut state = history.state(to);
    let (ours, pairs) = without_versions(history, &state, &pairs);
    let mut tree = format!("{ours}^{{tree}}");
    let mut conflict = false;
    for pair in &pairs {
        match merged(history, &tree, pair) {
            Some(next) => tree = next,
            None => conflict = true,
        }
        if conflict {
            break;
        }
    }
    let mut clashes = false;
    for unit in &units {
        for (key, old, new) in unit.edits.iter().filter(|(key, _, _)| !key.is_version()) {
            let here = value(&state, *key);
            if here == *old {
                state = applied(&state, &[(*key, old.clone(), new.clone())]);
            } else if here != *new {
                clashes = true;
            }
        }
    }
    if clashes != conflict {
        return Err(format!("the generator and git do not agree: {clashes} and {conflict}"));
    }
    if conflict {
        return Ok(Outcome::Conflict);
    }
    versions(history, (from, to), &mut state);
    Ok(Outcome::Tree(read(&history.sandbox, &tree), Some(state)))
}

/// FROM's commit merged on what both sides have.
fn chain(history: &History, (from, to): (usize, usize)) -> Outcome {
    let base = history.states[&history.base(to)].clone();
    let (ours, pairs) = without_versions(history, &history.state(to), &[(base, history.state(from))]);
    match merged(history, &format!("{ours}^{{tree}}"), &pairs[0]) {
        Some(tree) => Outcome::Tree(read(&history.sandbox, &tree), None),
        None => Outcome::Conflict,
    }
}

/// TO's versions are FROM's.
fn versions(history: &History, (from, to): (usize, usize), state: &mut State) {
    for image in 0..IMAGES.len() as u8 {
        let theirs = value(&history.state(from), history.layout.tag(from, image));
        state.insert(history.layout.tag(to, image), theirs.unwrap_or_default());
    }
}

/// What TO has now.
fn settle(history: &mut History, (_, to): (usize, usize), carried: &[Unit], time: u64) {
    let branch = &mut history.branches[to];
    for unit in carried {
        for atom in &unit.takes_back {
            if branch.on.remove(atom).is_some() {
                branch.was.insert(*atom);
            }
        }
        for atom in &unit.atoms {
            branch.on.entry(*atom).or_insert(time);
            branch.was.remove(atom);
        }
    }
}

/// What the changes of a promotion are called, and their commits on FROM's branch.
fn named(output: &Output) -> Vec<(String, String)> {
    let document = output.json();
    let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
    let changes = document["changes"].as_array().into_iter().flatten();
    changes
        .map(|change| (text(&change["id"]), text(&change["commit"])))
        .collect()
}

/// Lands a promotion that rakops has committed, as the button of a forge would.
fn relanded(
    history: &mut History,
    (from, to): (usize, usize),
    (before, after): (&str, &str),
    (carried, ids, model, landing): (&[Unit], &[(String, String)], State, Landing),
) -> Result<(), String> {
    let steps = history.sandbox.git([
        "log",
        "--first-parent",
        "--reverse",
        "--format=%H%x01%P%x01%ct%x01%B%x02",
        &format!("{before}..{after}"),
    ]);
    let mut units: Vec<Unit> = Vec::new();
    let mut messages: Vec<String> = Vec::new();
    let mut state = history.states[before].clone();
    for step in steps.split('\u{2}').map(str::trim).filter(|it| !it.is_empty()) {
        let fields: Vec<&str> = step.split('\u{1}').collect();
        let [commit, parents, time, message] = fields.as_slice() else {
            return Err(format!("git log says {step}"));
        };
        let now = parsed(history, commit);
        let title = message.lines().next().unwrap_or_default();
        let says = |id: &String| {
            message
                .lines()
                .any(|line| line.strip_prefix("Rakops-Change: ") == Some(id))
        };
        let commits: Vec<&String> = ids
            .iter()
            .filter(|(id, _)| says(id))
            .map(|(_, commit)| commit)
            .collect();
        let is_merge = history.strategy == Strategy::Chain && units.is_empty();
        let is_its = |unit: &&Unit| is_merge || commits.contains(&&unit.commit);
        let its: Vec<&Unit> = carried.iter().filter(is_its).collect();
        let parent = parents.split(' ').next().unwrap_or_default();
        units.push(Unit {
            commit: (*commit).to_owned(),
            parent: parent.to_owned(),
            time: time.parse().unwrap_or_default(),
            edits: difference(&state, &now),
            atoms: its.iter().flat_map(|unit| unit.atoms.clone()).collect(),
            takes_back: its.iter().flat_map(|unit| unit.takes_back.clone()).collect(),
            ours: true,
            title: title.to_owned(),
            within: None,
            gone: false,
        });
        history.states.insert((*commit).to_owned(), now.clone());
        messages.push((*message).to_owned());
        state = now;
    }
    let frozen = history.branches[from].tip.clone();
    let whole = landing_of(
        history,
        (from, to),
        (before, after, &model),
        (units, &messages, landing),
    );
    let time = history.sandbox.now();
    settle(history, (from, to), carried, time);
    let commit = history.branches[to].tip.clone();
    history.branches[to].carried.push(Carried {
        from: frozen,
        commit,
        before: before.to_owned(),
        undone: false,
        whole,
        silent: landing == Landing::Title,
    });
    history.tally.count(&format!("landed by {landing:?}"));
    Ok(())
}

/// Lets the commits of a promotion land; tells whether they are one landing.
fn landing_of(
    history: &mut History,
    (from, to): (usize, usize),
    (before, after, model): (&str, &str, &State),
    (units, messages, landing): (Vec<Unit>, &[String], Landing),
) -> bool {
    let title = format!("Promote {} to {}", ENVIRONMENTS[from].0, ENVIRONMENTS[to].0);
    let pull = history.pull();
    let forge = Who {
        name: "Forge".to_owned(),
        time: history.sandbox.now(),
    };
    let message = match landing {
        Landing::Push => {
            let only = units.len() == 1;
            for unit in units {
                history.landed(to, unit);
            }
            history.branches[to].tip = after.to_owned();
            return only;
        }
        Landing::Merge => format!("Merge pull request #{pull} from acme/rakops/promote\n\n{title}\n"),
        Landing::Kept => format!("{title} (#{pull})\n\n{}\n", messages.join("\n\n")),
        Landing::Title => format!("{title} (#{pull})\n"),
        Landing::List => {
            let listed = messages.iter().map(|message| format!("* {message}\n"));
            format!("{title} (#{pull})\n\n{}", listed.collect::<Vec<_>>().join("\n"))
        }
    };
    let mut parents = vec![before.to_owned()];
    if landing == Landing::Merge {
        parents.push(after.to_owned());
    }
    let commit = history.write(&forge, &message, &parents, model);
    let time = history.sandbox.now();
    if landing == Landing::Merge && history.strategy == Strategy::FanOut {
        for mut unit in units {
            unit.time = time;
            unit.within = Some(commit.clone());
            history.landed(to, unit);
        }
        return true;
    }
    let edits: Vec<Edit> = difference(&history.states[before], model);
    history.landed(
        to,
        Unit {
            commit,
            parent: before.to_owned(),
            time,
            edits,
            atoms: units.iter().flat_map(|unit| unit.atoms.clone()).collect(),
            takes_back: units.iter().flat_map(|unit| unit.takes_back.clone()).collect(),
            ours: landing != Landing::Title,
            title,
            within: None,
            gone: false,
        },
    );
    true
}

/// Reads the files of a commit back into places.
fn parsed(history: &History, commit: &str) -> State {
    let files = read(&history.sandbox, commit);
    let mut state = State::new();
    let mut take = |path: &str, lead: &str, key: Key| {
        let found = files
            .get(path)
            .and_then(|text| text.lines().find_map(|line| line.strip_prefix(lead)));
        if let Some(found) = found {
            state.insert(key, found.to_owned());
        }
    };
    for at in 0..content::BLOCKS {
        take("base/settings.yaml", &format!("  block_{at}: "), Key::Block(at));
    }
    for (at, name) in IMAGES.iter().enumerate() {
        take(
            &format!("base/{name}.yaml"),
            &format!("        image: ghcr.io/acme/{name}:"),
            Key::Base(at as u8),
        );
    }
    for environment in 0..ENVIRONMENTS.len() {
        let directory = history.layout.directory(environment);
        for at in 0..3 {
            take(
                &format!("{directory}/own.yaml"),
                &format!("  block_{at}: "),
                history.layout.overlay(environment, at),
            );
        }
    }
    for environment in 0..ENVIRONMENTS.len() {
        let path = format!("{}/kustomization.yaml", history.layout.directory(environment));
        let tags = files.get(&path).map(String::as_str).unwrap_or_default();
        let tags = tags.lines().filter_map(|line| line.strip_prefix("  newTag: "));
        for (image, tag) in tags.enumerate() {
            state.insert(history.layout.tag(environment, image as u8), tag.to_owned());
        }
    }
    for (path, text) in &files {
        let number = path.strip_prefix("extra/f").and_then(|rest| rest.strip_suffix(".yaml"));
        if let Some(number) = number.and_then(|it| it.parse().ok()) {
            let found = text.lines().find_map(|line| line.strip_prefix("  value: "));
            state.insert(Key::Own(number), found.unwrap_or_default().to_owned());
        }
    }
    state
}

/// Takes the newest version of an environment back, where one commit set nothing but that.
pub(crate) fn rollback(history: &mut History, environment: usize) -> Result<(), String> {
    let tags: Vec<Key> = (0..IMAGES.len() as u8)
        .map(|image| history.layout.tag(environment, image))
        .collect();
    let units = &history.branches[environment].units;
    let of = |unit: &&Unit| unit.edits.iter().any(|(key, _, _)| tags.contains(key));
    let Some(newest) = units.iter().rfind(of).cloned() else {
        return Ok(());
    };
    if newest.ours || !newest.is_of_versions() || !newest.takes_back.is_empty() || newest.edits.len() != 1 {
        return Ok(());
    }
    history.flush();
    let before = history.branches[environment].tip.clone();
    history.sandbox.advance(120);
    let output = run(
        history,
        &[
            "rollback",
            ENVIRONMENTS[environment].0,
            "--commit",
            "--allow",
            ALLOWED,
            "-o",
            "json",
        ],
    );
    if output.code != 0 {
        return Err(output.all());
    }
    let after = tip(history, environment);
    let edits: Vec<Edit> = newest
        .edits
        .iter()
        .map(|(key, old, new)| (*key, new.clone(), old.clone()))
        .collect();
    let state = applied(&history.states[&before], &edits);
    let rendered = content::files(&state, history.layout, history.strategy.name());
    compare(
        "files after a rollback",
        (&read(&history.sandbox, &after), &rendered),
        &output,
    )?;
    history.states.insert(after.clone(), state);
    let time = history.sandbox.now();
    history.tally.count("rollbacks");
    history.landed(
        environment,
        Unit {
            commit: after,
            parent: before,
            time,
            edits,
            atoms: Vec::new(),
            takes_back: newest.atoms,
            ours: true,
            title: "rollback".to_owned(),
            within: None,
            gone: false,
        },
    );
    Ok(())
}
