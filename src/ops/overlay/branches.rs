//! On which branches files of an environment are edited, and how an edit gets to the others.
//!
//! Source: PROMOTION.md, section 8.

use crate::config::environments::{Environment, Environments};
use crate::config::model::StrategyName;
use crate::error::{Error, Hint, Kind};
use crate::ops::land::Whose;
use crate::ops::world::World;
use crate::strategy;

/// Refuses to edit files of an environment in a work tree of another environment's branch, where its changes do not begin.
///
/// Branches that no environment follows are somebody's own: what is edited there is merged like every other change.
///
/// # Errors
/// [`Kind::Refused`] `other-branch`; [`Kind::NotFound`] for an environment that is not there.
pub(crate) fn refuse_other(world: &World, name: &str, whose: Whose) -> Result<(), Error> {
    let Some(here) = world.branches.checked_out.as_deref() else {
        return Ok(());
    };
    let environments = world.environments_by_name();
    let is_followed = environments.list.iter().any(|it| it.branch.as_deref() == Some(here));
    let Some(strategy) = environments.strategy.filter(|_| is_followed) else {
        return Ok(());
    };
    for environment in environments.named(name)? {
        let begins = strategy::named(strategy)?.landings(&environments, environment);
        let lands_here = |it: &&Environment| it.branch.as_deref().is_none_or(|branch| branch == here);
        let is_own = environment.branch.as_deref() == Some(here);
        if begins.iter().any(lands_here) || (is_own && whose == Whose::Hotfix) {
            continue;
        }
        return Err(refused((environment, begins[0]), here, strategy));
    }
    Ok(())
}

fn refused((environment, first): (&Environment, &Environment), here: &str, strategy: StrategyName) -> Error {
    let branch = first.branch.as_deref().unwrap_or_default();
    let message = format!(
        "changes of `{}` begin on the branch `{branch}`, and `{here}` is checked out",
        environment.name
    );
    let mut error = Error::new(Kind::Refused, "other-branch", message)
        .hint(Hint::Say(format!("git switch {branch}")))
        .hint(Hint::Flag(
            "--commit".into(),
            format!("commits to `{branch}` and leaves this work tree alone"),
        ))
        .hint(Hint::Flag(
            "--push".into(),
            format!("lands on `{branch}` of the remote"),
        ))
        .hint(Hint::Flag(
            "--pr".into(),
            format!("opens a pull request onto `{branch}`"),
        ));
    if strategy == StrategyName::Chain && environment.branch.as_deref() == Some(here) {
        error = error.hint(Hint::Flag(
            "--hotfix".into(),
            "edits it here, before all the others have it".into(),
        ));
    }
    error.hint(Hint::Flag(
        "--here".into(),
        "edits the files of this branch anyway".into(),
    ))
}

/// The commands that bring an edit to the branches that it has not landed on.
pub(crate) fn next(environments: &Environments, names: &[String], whose: Whose) -> Vec<String> {
    let list = &environments.list;
    let mut commands = Vec::new();
    let places = names.iter().flat_map(|name| {
        let fits = move |it: &Environment| it.name == *name || it.group.as_ref() == Some(name);
        list.iter().position(fits)
    });
    for at in places {
        let (name, first) = (&list[at].name, &list[0].name);
        let back = |to: &Environment| format!("rakops promote {name} {} --backport", to.name);
        match (environments.strategy, whose) {
            (Some(StrategyName::Chain), Whose::Strategys) if at > 0 => {
                commands.push(format!("rakops promote {first} --through {name}"));
            }
            (Some(StrategyName::Chain), Whose::Hotfix) if at > 0 => commands.push(back(&list[0])),
            (Some(StrategyName::FanOut), Whose::Hotfix) => {
                commands.extend(list[..at].iter().map(back));
                commands.extend(
                    list.get(at + 1)
                        .map(|next| format!("rakops promote {name} {}", next.name)),
                );
            }
            _ => {}
        }
    }
    commands
}

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "a test writes the configuration that it reads")]
mod tests {
    use super::next;
    use crate::config::environments::Environments;
    use crate::config::infer::Layout;
    use crate::config::load;
    use crate::ops::land::Whose;
    use crate::snapshot::Snapshot;

    fn environments(strategy: &str) -> Environments {
        let directory = tempfile::tempdir().unwrap();
        let text = format!(
            "strategy: {strategy}\nenvironments:\n- {{name: dev, branch: develop}}\n- {{name: stg, branch: staging}}\n\
             - {{name: prd, branch: main}}\n"
        );
        std::fs::write(directory.path().join("rakops.yaml"), text).unwrap();
        let loaded = load::load(&Snapshot::of_work_tree(directory.path(), Default::default), None).unwrap();
        Environments::of(&loaded, &Layout::default())
    }

    #[test]
    fn the_others_get_it_by_promotion_or_by_backport() {
        let chain = environments("chain");
        let after = |it: &Environments, name: &str, whose: Whose| next(it, &[name.to_owned()], whose);
        assert_eq!(
            after(&chain, "prd", Whose::Strategys),
            ["rakops promote dev --through prd"]
        );
        assert_eq!(
            after(&chain, "prd", Whose::Hotfix),
            ["rakops promote prd dev --backport"]
        );
        assert!(after(&chain, "dev", Whose::Strategys).is_empty() && after(&chain, "dev", Whose::Hotfix).is_empty());
        let fan_out = environments("fan-out");
        assert!(after(&fan_out, "prd", Whose::Strategys).is_empty());
        assert_eq!(
            after(&fan_out, "stg", Whose::Hotfix),
            ["rakops promote stg dev --backport", "rakops promote stg prd"]
        );
        assert!(after(&environments("trunk"), "prd", Whose::Hotfix).is_empty());
    }
}
