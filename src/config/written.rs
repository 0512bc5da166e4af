//! The text of a `rakops.yaml` that says what is understood of a repository.

use super::environments::{Environment, Environments};
use super::model::StrategyName;
use crate::yaml::write_string;

/// Returns the file that says what these environments are, and how to go on from there.
pub(crate) fn text(environments: &Environments, strategy: Option<StrategyName>) -> String {
    let mut text = String::from(
        "# What rakops understands of this repository. Every key is described in docs/reference/config.md of rakops.\n",
    );
    match strategy {
        Some(strategy) => text.push_str(&format!("strategy: {}\n", strategy.as_str())),
        None => text.push_str("# strategy: trunk    # fan-out | chain | trunk: how environments relate to branches\n"),
    }
    if environments.list.is_empty() {
        text.push_str("environments:                 # in promotion order\n");
        text.push_str("  # nothing here looks like an environment; name yours:\n");
        text.push_str("  - name: dev\n    path: overlays/dev\n");
        text.push_str(
            "  - name: prd\n    path: overlays/prd\n    protected: true         # reached by pull request only\n",
        );
    }
    if !environments.list.is_empty() {
        text.push_str(&entries(&environments.list));
    }
    text.push_str("# images:                     # only where rakops cannot see something by itself\n");
    text.push_str("#   - name: ghcr.io/acme/api\n#     alias: api\n#     policy: semver:^1\n");
    text
}

/// Returns `environments` as the file has it.
pub(super) fn entries(list: &[Environment]) -> String {
    let mut text = String::from("environments:                 # in promotion order\n");
    list.iter().for_each(|environment| text.push_str(&entry(environment)));
    text
}

/// Returns one entry of `environments`.
fn entry(environment: &Environment) -> String {
    let mut text = format!("  - name: {}\n", write_string(&environment.name));
    if let Some(branch) = &environment.branch {
        text.push_str(&format!("    branch: {}\n", write_string(branch)));
    }
    match environment.paths.as_slice() {
        [] => {}
        [one] if one.is_empty() => text.push_str("    path: .\n"),
        [one] => text.push_str(&format!("    path: {}\n", write_string(one))),
        many => {
            text.push_str("    path:\n");
            for path in many {
                text.push_str(&format!("      - {}\n", write_string(path)));
            }
        }
    }
    if let Some(group) = &environment.group {
        text.push_str(&format!("    group: {}\n", write_string(group)));
    }
    if environment.protected {
        text.push_str("    protected: true         # reached by pull request only\n");
    }
    text
}
