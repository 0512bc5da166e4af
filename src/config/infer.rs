//! What is understood with no file at all: the ladder of usual names, `overlays/<name>`, branches.
//!
//! **Invariant:** where two readings are possible nothing is guessed; the error shows the file to write.

use std::collections::BTreeMap;

use super::environments::{Environment, Environments, can_be_typed};
use super::model::StrategyName;
use super::written;
use crate::error::{Error, Hint, Kind};

/// What the repository looks like, as far as environments can be read from it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Layout {
    /// Directories that hold a kustomization, relative to the root.
    pub(crate) kustomizations: Vec<String>,
    /// Names of branches, local and remote.
    pub(crate) branches: Vec<String>,
    /// The default branch, if it is known.
    pub(crate) default_branch: Option<String>,
}

/// Directories whose children are environments.
pub(crate) const HOLDERS: [&str; 4] = ["overlays", "envs", "environments", "stages"];

/// Names in promotion order; those of one line are peers.
const LADDER: [&[&str]; 5] = [
    &["dev", "develop", "development"],
    &["test", "testing", "qa"],
    &["stg", "stage", "staging"],
    &["pre", "preprod", "uat"],
    &["prd", "prod", "production"],
];

/// Returns the step of the ladder that `name` stands on, alone or with a region or cluster behind a dash.
fn step(name: &str) -> Option<usize> {
    let stem = name.split(['-', '_']).next().unwrap_or(name);
    LADDER
        .iter()
        .position(|names| names.contains(&name) || names.contains(&stem))
}

/// The step of the ladder that a name stands on, if it is one of the usual names letter by letter.
pub(crate) fn step_exactly(name: &str) -> Option<usize> {
    LADDER.iter().position(|names| names.contains(&name))
}

/// The step of the ladder that some word of a path stands on, if only one does: `clusters/production`, `values-prd.yaml`.
pub(crate) fn step_in_path(path: &str) -> Option<usize> {
    let mut steps = path
        .split(|c: char| !c.is_ascii_alphanumeric())
        .map(str::to_ascii_lowercase)
        // `pre-install.yaml` is no environment.
        .filter(|word| word != "pre")
        .filter_map(|word| step_exactly(&word));
    let first = steps.next()?;
    steps.all(|other| other == first).then_some(first)
}

/// The step of the ladder that an environment's name stands on.
pub(crate) fn step_of_name(name: &str) -> Option<usize> {
    step(name)
}

/// Tells whether both names stand on the same step of the ladder: `stage` and `stg`.
pub(super) fn are_peers(one: &str, other: &str) -> bool {
    step(one).is_some() && step(one) == step(other)
}

/// Infers environments from directories and branches.
pub(crate) fn environments(strategy: Option<StrategyName>, layout: &Layout) -> Environments {
    let directories = from_directories(&layout.kustomizations);
    let branches = from_branches(layout);
    let inferred = |list, strategy, ambiguous| Environments {
        list,
        strategy,
        file: None,
        ambiguous,
    };
    match (directories.is_empty(), branches.is_empty(), strategy) {
        (false, true, strategy) => inferred(directories, strategy.or(Some(StrategyName::Trunk)), None),
        (false, false, Some(StrategyName::Trunk)) => inferred(directories, strategy, None),
        (false, false, _) => {
            let error = ambiguous(&directories, &branches);
            inferred(directories, strategy, Some(error))
        }
        (true, false, strategy) => inferred(branches, strategy, None),
        (true, true, strategy) => inferred(Vec::new(), strategy, None),
    }
}

/// Reads an ambiguous layout as the strategy says: directories for `trunk`, branches otherwise. For a file that a person
/// looks at before it counts: which directories belong to a branch is not known.
pub(crate) fn as_strategy(strategy: StrategyName, layout: &Layout) -> Environments {
    let list = match strategy {
        StrategyName::Trunk => from_directories(&layout.kustomizations),
        StrategyName::Chain | StrategyName::FanOut => from_branches(layout),
    };
    Environments {
        list,
        strategy: Some(strategy),
        file: None,
        ambiguous: None,
    }
}

fn from_directories(kustomizations: &[String]) -> Vec<Environment> {
    // holder directory -> its children
    let mut holders: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for directory in kustomizations {
        let mut start = 0;
        let mut last = None;
        for part in directory.split('/') {
            let end = start + part.len();
            if HOLDERS.contains(&part) && directory.len() > end {
                last = Some(end);
            }
            start = end + 1;
        }
        let Some(end) = last else { continue };
        let child = directory[end + 1..].split('/').next().unwrap_or_default();
        if !can_be_typed(child) {
            continue;
        }
        holders.entry(&directory[..end]).or_default().push(child);
    }
    // `overlays/` alone proves nothing: catalogues use it for release channels, and among hundreds of those a channel
    // called `stage` makes no environment.
    let has_ladder_name = |children: &[&str]| children.iter().any(|child| step(child).is_some());
    let telling = holders.values().filter(|children| has_ladder_name(children)).count();
    if telling * 2 < holders.len() {
        return Vec::new();
    }
    let mut paths: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for (holder, children) in &mut holders {
        children.sort_unstable();
        children.dedup();
        if has_ladder_name(children) {
            for child in children.iter() {
                paths.entry(child).or_default().push(format!("{holder}/{child}"));
            }
        }
    }
    let mut list: Vec<Environment> = paths
        .into_iter()
        .map(|(name, paths)| Environment {
            name: name.to_owned(),
            branch: None,
            paths,
            files: Vec::new(),
            group: None,
            protected: false,
        })
        .collect();
    in_order(&mut list);
    list
}

fn from_branches(layout: &Layout) -> Vec<Environment> {
    let mut list: Vec<Environment> = layout
        .branches
        .iter()
        .filter(|branch| step_exactly(branch).is_some())
        .map(|branch| Environment {
            name: branch.clone(),
            branch: Some(branch.clone()),
            paths: vec![String::new()],
            files: Vec::new(),
            group: None,
            protected: false,
        })
        .collect();
    if list.is_empty() {
        return list;
    }
    in_order(&mut list);
    // The default branch is where production is, unless a branch of that name says otherwise.
    if let Some(default) = &layout.default_branch
        && step_exactly(default).is_none()
        && !list
            .iter()
            .any(|environment| step(&environment.name) == Some(LADDER.len() - 1))
    {
        for environment in &mut list {
            environment.protected = false;
        }
        list.push(Environment {
            name: default.clone(),
            branch: Some(default.clone()),
            paths: vec![String::new()],
            files: Vec::new(),
            group: None,
            protected: true,
        });
    }
    list
}

/// Puts environments in the order of the ladder, unknown names last; makes regions of one step a group.
fn in_order(list: &mut [Environment]) {
    list.sort_by(|a, b| {
        let rank = |environment: &Environment| step(&environment.name).unwrap_or(LADDER.len());
        rank(a).cmp(&rank(b)).then_with(|| a.name.cmp(&b.name))
    });
    for index in 0..list.len() {
        let Some((stem, _)) = list[index].name.split_once('-') else {
            continue;
        };
        let stem = stem.to_owned();
        let prefix = format!("{stem}-");
        if step_exactly(&stem).is_some()
            && list
                .iter()
                .filter(|it| it.name == stem || it.name.starts_with(&prefix))
                .count()
                > 1
            && !list.iter().any(|it| it.name == stem)
        {
            list[index].group = Some(stem);
        }
    }
    if let Some(last) = list.iter().rposition(|it| step(&it.name).is_some()) {
        let group = list[last].group.clone();
        for (index, environment) in list.iter_mut().enumerate() {
            environment.protected = index == last || (group.is_some() && environment.group == group);
        }
    }
}

fn ambiguous(directories: &[Environment], branches: &[Environment]) -> Error {
    let names = |list: &[Environment]| {
        list.iter()
            .map(|environment| format!("`{}`", environment.name))
            .collect::<Vec<_>>()
            .join(", ")
    };
    Error::new(
        Kind::Config,
        "layout-ambiguous",
        "environments could be directories or branches; nothing is guessed",
    )
    .because(format!("directories named like environments: {}", names(directories)))
    .because(format!("branches named like environments: {}", names(branches)))
    .hint(Hint::File(
        "if they are directories, write `rakops.yaml`".into(),
        format!("strategy: trunk\n{}", written::entries(directories)),
    ))
    .hint(Hint::File(
        "if they are branches, write `rakops.yaml` (or `strategy: fan-out`)".into(),
        format!("strategy: chain\n{}", written::entries(branches)),
    ))
    .hint(Hint::Run("rakops init --strategy trunk".into()))
}

#[cfg(test)]
mod tests {
    use super::{Layout, environments};
    use crate::config::model::StrategyName;

    fn layout(kustomizations: &[&str], branches: &[&str]) -> Layout {
        Layout {
            kustomizations: kustomizations.iter().map(|it| (*it).to_owned()).collect(),
            branches: branches.iter().map(|it| (*it).to_owned()).collect(),
            default_branch: branches.contains(&"main").then(|| "main".to_owned()),
        }
    }

    fn names(kustomizations: &[&str], branches: &[&str]) -> Vec<String> {
        environments(None, &layout(kustomizations, branches))
            .list
            .into_iter()
            .map(|it| it.name)
            .collect()
    }

    #[test]
    fn overlays_with_usual_names_are_environments_in_promotion_order() {
        let seen = names(&["base", "overlays/prd", "overlays/dev", "overlays/stg"], &["main"]);
        assert_eq!(seen, ["dev", "stg", "prd"]);
    }

    #[test]
    fn overlays_of_several_apps_are_paths_of_one_environment() {
        let layout = layout(
            &["apps/a/overlays/dev", "apps/b/overlays/dev", "apps/a/overlays/prod"],
            &["main"],
        );
        let inferred = environments(None, &layout);
        assert_eq!(inferred.list[0].paths, ["apps/a/overlays/dev", "apps/b/overlays/dev"]);
        assert_eq!(inferred.strategy, Some(StrategyName::Trunk));
    }

    #[test]
    fn regions_behind_a_dash_are_peers_of_one_group() {
        let layout = layout(&["envs/dev", "envs/prd-eu", "envs/prd-us"], &[]);
        let list = environments(None, &layout).list;
        assert_eq!(list[1].group.as_deref(), Some("prd"));
        assert!(list[1].protected && list[2].protected && !list[0].protected);
    }

    #[test]
    fn release_channels_are_no_environments() {
        assert!(
            names(
                &["x/overlays/stable", "x/overlays/alpha", "x/overlays/eus-2.16"],
                &["main"]
            )
            .is_empty()
        );
    }

    #[test]
    fn one_channel_called_stage_makes_no_environments_of_a_catalogue() {
        let catalogue = [
            "a/overlays/stable",
            "b/overlays/alpha",
            "c/overlays/stage",
            "d/overlays/4.1",
            "e/overlays/4.2",
        ];
        assert!(names(&catalogue, &["main"]).is_empty());
    }

    #[test]
    fn branches_named_like_environments_end_with_the_default_branch() {
        assert_eq!(
            names(&["manifests"], &["develop", "feature/x", "main", "staging"]),
            ["develop", "staging", "main"]
        );
    }

    #[test]
    fn overlays_and_environment_branches_together_are_ambiguous() {
        let inferred = environments(None, &layout(&["overlays/dev", "overlays/prd"], &["develop", "main"]));
        assert!(inferred.ambiguous.is_some());
        assert!(inferred.named("dev").is_err());
    }
}
