//! The kustomizations of real repositories, from a directory that `RAKOPS_CORPUS` names.

use std::path::{Path, PathBuf};

use super::judge::{Tally, Verdict, is_here, judge};
use super::rendering_on_disk;
use crate::manifest::kustomization::is_kustomization;
use crate::manifest::rendered::BlindWhy;

fn gather(at: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(at).into_iter().flatten().flatten() {
        let path = entry.path();
        match entry.file_type() {
            Ok(kind) if kind.is_dir() => gather(&path, found),
            Ok(kind) if kind.is_file() && path.to_str().is_some_and(is_kustomization) => found.push(path),
            _ => {}
        }
    }
}

#[test]
#[expect(clippy::disallowed_methods, reason = "how much is tried is told by the environment")]
#[ignore = "needs kubectl and RAKOPS_CORPUS: `.ci/run outside`"]
fn real_kustomizations_are_rendered_as_kustomize_does() {
    assert!(is_here(), "there is no kubectl here to judge what is rendered");
    let corpus = std::env::var_os("RAKOPS_CORPUS").expect("RAKOPS_CORPUS names no directory of manifests");
    let mut files = Vec::new();
    for repository in std::fs::read_dir(corpus).unwrap().flatten() {
        let mut found = Vec::new();
        gather(&repository.path(), &mut found);
        files.extend(found.into_iter().map(|file| (repository.path(), file)));
    }
    files.sort();
    let mut tally = Tally::default();
    for (root, file) in &files {
        let directory = file.parent().unwrap().strip_prefix(root).unwrap().to_str().unwrap();
        let name = file.display().to_string();
        let text = std::fs::read_to_string(file).unwrap_or_default();
        if text.contains("kustomize.toolkit.fluxcd.io") || text.contains("kind: Component") {
            continue;
        }
        let ours = rendering_on_disk(root, directory);
        let far = |why| {
            matches!(
                why,
                BlindWhy::Remote | BlindWhy::Program | BlindWhy::Unreadable | BlindWhy::Missing
            )
        };
        match &ours {
            Ok(it) if it.blind.iter().any(|it| far(it.why)) => tally.add(&name, Verdict::Blind),
            _ => tally.add(&name, judge(root, directory, ours)),
        }
    }
    tally.conclude("real files");
}
