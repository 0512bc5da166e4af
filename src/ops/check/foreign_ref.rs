//! Rule `foreign-ref`: nothing that an environment gets names the branch, or a directory, of another one.

use super::{CheckReport, CheckRequest, Finding};
use crate::config::environments::Environment;
use crate::config::model::Level;
use crate::error::{Error, Hint, Kind, Place};
use crate::manifest::branch_refs::{self, BranchRef, Names};
use crate::manifest::kustomization::is_kustomization;
use crate::manifest::track;
use crate::ops::impact::range::Range;
use crate::ops::impact::sight::Sight;
use crate::ops::land::Ground;

const RULE: &str = "foreign-ref";

pub(super) fn check(
    (ground, request): (&Ground, &CheckRequest),
    ((range, sight), level): ((&Range, &Sight), Level),
    report: &mut CheckReport,
) -> Result<(), Error> {
    let all = &sight.environments.list;
    let follows = |it: &&Environment| it.branch.is_some() && it.branch.as_deref() == range.branch.as_deref();
    let mut for_sure: Vec<&Environment> = Vec::new();
    for name in &request.environments {
        for environment in sight.environments.named(name)? {
            if !for_sure.iter().any(|known| known.name == environment.name) {
                for_sure.push(environment);
            }
        }
    }
    if for_sure.is_empty() {
        for_sure.extend(all.iter().filter(follows));
    }
    let is_for_sure = !for_sure.is_empty();
    // On a branch of nobody's, what lies in an environment's own directory is meant for it alone.
    let has_directory = |it: &&Environment| it.paths.iter().any(|path| !path.is_empty());
    let looked_at: Vec<&Environment> = match is_for_sure {
        true => for_sure,
        false => all.iter().filter(has_directory).collect(),
    };
    if looked_at.is_empty() {
        let why = "it is not known which environment this is for: name it with --env";
        report.not_run.push((RULE, why.into()));
        return Ok(());
    }
    let everyone: Vec<&Environment> = all.iter().collect();
    let reach = sight.reach(&everyone);
    let is_yaml =
        |path: &str| matches!(path.rsplit_once('.'), Some((_, "yaml" | "yml" | "json"))) || is_kustomization(path);
    let refs = branch_refs::find((&sight.snapshot, &sight.deliveries), ground.own().as_deref(), &is_yaml);
    for environment in looked_at {
        let name = environment.name.as_str();
        let is_in_reach = |it: &&BranchRef| {
            let reached = reach.of(&it.file);
            match is_for_sure {
                true => reached.contains(&name),
                false => reached == [name],
            }
        };
        let mine: Vec<BranchRef> = refs.iter().filter(is_in_reach).cloned().collect();
        for (reference, other) in branch_refs::foreign(&mine, environment, all) {
            report.findings.push(Finding {
                level,
                error: error_of(reference, (environment, &other)),
                environments: vec![environment.name.clone()],
                image: None,
                repair: None,
                width: 0,
            });
        }
    }
    report.ran.push(RULE);
    Ok(())
}

fn error_of(reference: &BranchRef, (environment, other): (&Environment, &str)) -> Error {
    let who = match &reference.object {
        Some(object) => format!("`{}`", track::shown(object)),
        None => "a resource".to_owned(),
    };
    let what = match &reference.names {
        Names::Branch(branch) => format!("follows `{branch}`, the branch of `{other}`"),
        Names::Path(path) => format!("takes `{path}`, a directory of `{other}`"),
    };
    let error = Error::new(Kind::Refused, RULE, format!("{who} of `{}` {what}", environment.name)).at(Place::at(
        &reference.file,
        reference.line,
        reference.column,
    ));
    match (&reference.names, &environment.branch) {
        (Names::Branch(_), Some(own)) => error.hint(Hint::Say(format!("`{}` follows `{own}`", environment.name))),
        _ => error,
    }
}
