//! What has to come out of an audit, by the words of the specification alone, and the files that it is about.

use std::collections::{BTreeMap, BTreeSet};

pub(super) const ENVIRONMENTS: [&str; 3] = ["dev", "stg", "prd"];
pub(super) const PEOPLE: [&str; 5] = ["anna", "bob", "carol", "dora", "erik"];

/// Files by path.
pub(super) type Tree = BTreeMap<String, String>;

/// One review as it is made.
#[derive(Clone)]
pub(super) struct Said {
    pub(super) by: &'static str,
    pub(super) state: &'static str,
    pub(super) at: u64,
    pub(super) is_of_head: bool,
}

/// What reviews come to.
pub(super) struct Verdict {
    pub(super) approvers: BTreeSet<&'static str>,
    pub(super) gaps: BTreeSet<&'static str>,
}

impl Verdict {
    /// The latest word of each person before merging counts, or the first one after it if there is none.
    pub(super) fn of(author: &str, said: &[Said], merged: u64) -> Verdict {
        let (mut approvers, mut gaps) = (BTreeSet::new(), BTreeSet::new());
        let mut wants_more = false;
        for person in PEOPLE {
            let words = said
                .iter()
                .filter(|it| it.by == person && !matches!(it.state, "COMMENTED" | "PENDING"));
            let (early, late): (Vec<&Said>, Vec<&Said>) = words.partition(|it| it.at <= merged);
            let Some(word) = early.iter().max_by_key(|it| it.at).or(late.first()) else {
                continue;
            };
            let is_late = word.at > merged;
            match word.state {
                "CHANGES_REQUESTED" => wants_more |= !is_late,
                "APPROVED" if person == author => drop(gaps.insert("self-approved")),
                "APPROVED" if word.is_of_head && !is_late => drop(approvers.insert(person)),
                "APPROVED" => {
                    gaps.extend((!word.is_of_head).then_some("approved-older-commit"));
                    gaps.extend(is_late.then_some("approved-after-merge"));
                }
                _ => {}
            }
        }
        match (approvers.is_empty(), gaps.is_empty()) {
            (false, _) => gaps.clear(),
            (true, true) => drop(gaps.insert("not-approved")),
            (true, false) => {}
        }
        gaps.extend(wants_more.then_some("changes-requested"));
        Verdict { approvers, gaps }
    }
}

/// Who owns a path, by a file of code owners of the few forms that are written here.
pub(super) fn owners_of(text: &str, path: &str) -> Vec<String> {
    let mut found = Vec::new();
    for line in text.lines() {
        let mut words = line.split_whitespace().take_while(|word| !word.starts_with('#'));
        let Some(pattern) = words.next() else { continue };
        let fits = match pattern {
            "*" => true,
            "*.md" => path.ends_with(".md"),
            directory => path.starts_with(directory.trim_start_matches('/')),
        };
        if fits {
            found = words.map(str::to_owned).collect();
        }
    }
    found
}

pub(super) fn overlay(environment: &str, version: usize) -> String {
    let more = if environment == "dev" {
        ""
    } else {
        "components: [../../components/extra]\n"
    };
    format!("resources: [../../base]\n{more}images:\n- {{name: ghcr.io/acme/api, newTag: 2.{version}.0}}\n")
}

pub(super) fn base(version: usize) -> String {
    format!(
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: api}}\nspec:\n  replicas: {version}\n  template:\n    spec:\n      \
         containers:\n      - {{name: api, image: ghcr.io/acme/api:1.0.0}}\n"
    )
}

pub(super) fn extra(number: usize) -> String {
    format!(
        "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\ncommonAnnotations: {{number: \"{number}\"}}\n"
    )
}

pub(super) fn version_of(tree: &Tree, environment: &str) -> String {
    let text = &tree[&format!("overlays/{environment}/kustomization.yaml")];
    let behind = text.split_once("newTag: ").unwrap().1;
    behind.split('}').next().unwrap().to_owned()
}

/// Which environments a path reaches.
pub(super) fn reaches(path: &str) -> &'static [&'static str] {
    match path.split('/').collect::<Vec<&str>>().as_slice() {
        ["base", ..] => &ENVIRONMENTS,
        ["components", ..] => &["stg", "prd"],
        ["overlays", "dev", ..] => &["dev"],
        ["overlays", "stg", ..] => &["stg"],
        ["overlays", "prd", ..] => &["prd"],
        _ => &[],
    }
}

pub(super) fn changed(old: &Tree, new: &Tree) -> Vec<String> {
    let paths: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
    paths
        .into_iter()
        .filter(|path| old.get(*path) != new.get(*path))
        .cloned()
        .collect()
}
