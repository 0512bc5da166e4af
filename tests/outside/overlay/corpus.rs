//! Overlays of real repositories, from the directory that `RAKOPS_CORPUS` names.

use std::path::Path;

use rakops::yaml::{Limits, parse};

use super::rendered::Build;
use super::tally::Tally;
use super::trial::Ground;
use super::{own_fields, wishes};
use crate::everywhere::Dice;
use crate::harness::Sandbox;

const NAMES: [&str; 3] = ["kustomization.yaml", "kustomization.yml", "Kustomization"];

/// A kustomization that builds on directories beside it.
struct Overlay {
    /// The repository, as a directory of the corpus.
    repository: String,
    directory: String,
}

pub(super) fn edits_of_real_overlays_change_what_was_asked_for_and_nothing_else() {
    let words = super::renderer().unwrap();
    let corpus = crate::folder("RAKOPS_CORPUS").unwrap();
    let all = overlays(&corpus);
    let wanted: Option<String> = std::env::var("RAKOPS_OVERLAY").ok();
    let limit: usize = super::number("RAKOPS_OVERLAYS", 24);
    let workers = std::thread::available_parallelism().map_or(2, usize::from);
    let results: Vec<(usize, Tally)> = std::thread::scope(|scope| {
        let work = |at: usize| {
            let mine: Vec<&Overlay> = all.iter().skip(at).step_by(workers).collect();
            let (corpus, wanted) = (&corpus, &wanted);
            move || edit_all((corpus, words), &mine, (wanted.as_deref(), limit / workers))
        };
        let running: Vec<_> = (0..workers).map(|at| scope.spawn(work(at))).collect();
        running.into_iter().map(|it| it.join().unwrap()).collect()
    });
    let mut tally = Tally::default();
    let mut builds = 0;
    for (count, one) in results {
        builds += count;
        tally.merge(one);
    }
    println!(
        "overlay corpus: {builds} of {} overlays on local bases build",
        all.len()
    );
    tally.conclude("corpus");
    assert!(builds >= 200 || wanted.is_some(), "only {builds} overlays build");
}

fn edit_all(
    (corpus, words): (&Path, &[&str]),
    overlays: &[&Overlay],
    (wanted, limit): (Option<&str>, usize),
) -> (usize, Tally) {
    let mut tally = Tally::default();
    let mut here: Option<(String, Sandbox)> = None;
    let building: Vec<(&Overlay, Build)> = overlays
        .iter()
        .filter(|it| wanted.is_none_or(|wanted| wanted == it.name()))
        .filter_map(|it| Some((*it, Build::of(words, &corpus.join(it.name())).ok()?)))
        .collect();
    let step = (building.len() / limit.max(1)).max(1);
    for (overlay, build) in building.iter().step_by(step) {
        if here
            .as_ref()
            .is_none_or(|(repository, _)| *repository != overlay.repository)
        {
            here = Some((overlay.repository.clone(), copied(&corpus.join(&overlay.repository))));
        }
        let Some((_, sandbox)) = &here else { continue };
        let path = if overlay.directory.is_empty() {
            "."
        } else {
            &overlay.directory
        };
        sandbox.file("rakops.yaml", format!("environments:\n- name: it\n  path: {path:?}\n"));
        sandbox.git(["add", "--all"]);
        sandbox.git(["commit", "--quiet", "--message", "an environment"]);
        let ground = Ground {
            sandbox,
            words,
            directory: &overlay.directory,
            files: sandbox.tree(),
            before: build.clone(),
        };
        let mut dice = Dice::new(
            overlay
                .name()
                .bytes()
                .fold(7, |seed, byte| seed * 31 % 1_000_003 + u64::from(byte)),
        );
        let mut edits = wishes::draw(build, &mut dice);
        edits.extend(own_fields(&ground, &mut dice, 2));
        for edit in edits {
            let replay = format!(
                "RAKOPS_OVERLAY={} cargo test --test outside overlay::real  # {} {}",
                overlay.name(),
                ground.before.word(edit.object).unwrap_or_default(),
                edit.path
            );
            tally.add(ground.judge(&edit), edit.form, &replay);
        }
    }
    (building.len(), tally)
}

impl Overlay {
    fn name(&self) -> String {
        format!("{}/{}", self.repository, self.directory)
    }
}

/// A copy of a repository, with one commit.
fn copied(from: &Path) -> Sandbox {
    let sandbox = Sandbox::new();
    copy(from, from, &sandbox);
    sandbox.repository().commit_all("as it was found");
    sandbox
}

fn copy(root: &Path, at: &Path, sandbox: &Sandbox) {
    for entry in std::fs::read_dir(at).unwrap().flatten() {
        let path = entry.path();
        match path.is_dir() {
            true => copy(root, &path, sandbox),
            false => {
                let relative = path.strip_prefix(root).unwrap().to_str().unwrap();
                sandbox.file(relative, std::fs::read(&path).unwrap());
            }
        }
    }
}

/// Every overlay all of whose bases are directories beside it, and theirs, too.
fn overlays(corpus: &Path) -> Vec<Overlay> {
    let mut found = Vec::new();
    for repository in std::fs::read_dir(corpus)
        .unwrap()
        .flatten()
        .filter(|it| it.path().is_dir())
    {
        let mut directories = Vec::new();
        gather(&repository.path(), &mut directories);
        for directory in directories {
            if builds_on(&directory).is_some_and(|bases| !bases.is_empty()) && is_local(&directory, 8) {
                let relative = directory.strip_prefix(repository.path()).unwrap();
                found.push(Overlay {
                    repository: repository.file_name().to_string_lossy().into_owned(),
                    directory: relative.to_str().unwrap().to_owned(),
                });
            }
        }
    }
    found.sort_by_key(Overlay::name);
    found
}

fn gather(at: &Path, found: &mut Vec<std::path::PathBuf>) {
    if NAMES.iter().any(|name| at.join(name).is_file()) {
        found.push(at.to_owned());
    }
    for entry in std::fs::read_dir(at).into_iter().flatten().flatten() {
        if entry.path().is_dir() {
            gather(&entry.path(), found);
        }
    }
}

fn is_local(directory: &Path, depth: usize) -> bool {
    let Some(bases) = builds_on(directory) else {
        return false;
    };
    depth > 0 && bases.iter().all(|base| is_local(base, depth - 1))
}

/// The directories that a kustomization builds on; none if it cannot be read, is a component, or names something far away.
fn builds_on(directory: &Path) -> Option<Vec<std::path::PathBuf>> {
    let file = NAMES
        .iter()
        .map(|name| directory.join(name))
        .find(|file| file.is_file())?;
    let tree = parse(std::fs::read(file).ok()?, Limits::default()).ok()?;
    let root = tree.documents().first()?.root()?;
    if tree.kind(root) != rakops::yaml::NodeKind::Map {
        return None;
    }
    let mut bases = Vec::new();
    for list in ["resources", "bases", "components"] {
        let Some(list) = tree
            .get(root, list)
            .filter(|it| tree.kind(*it) == rakops::yaml::NodeKind::Seq)
        else {
            continue;
        };
        for item in tree.items(list) {
            let text = tree.text(item);
            let path = directory.join(text);
            match path.is_dir() {
                true => bases.push(path),
                false if !path.is_file() => return None,
                false => {}
            }
        }
    }
    Some(bases)
}
