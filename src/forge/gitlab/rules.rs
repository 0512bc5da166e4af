//! What protects a branch today, as far as GitLab's edition has it and the token may see it.

use serde::Deserialize;

use super::GitLab;
use crate::error::{Error, Kind};
use crate::forge::api::{Api, Call};
use crate::forge::evidence::Rules;
use crate::git::names::BranchName;
use crate::http::{Verb, escaped};

#[derive(Deserialize)]
struct Protected {
    code_owner_approval_required: Option<bool>,
}

#[derive(Deserialize)]
struct Settings {
    reset_approvals_on_push: Option<bool>,
}

#[derive(Deserialize)]
struct Rule {
    #[serde(default)]
    rule_type: String,
    #[serde(default)]
    approvals_required: u64,
    #[serde(default)]
    protected_branches: Vec<Branch>,
}

#[derive(Deserialize)]
struct Branch {
    name: String,
}

#[derive(Deserialize)]
struct Pushes {
    reject_unsigned_commits: Option<bool>,
}

/// Reads them; what this edition has not, or the token may not see, cannot be told.
pub(super) fn read(api: &Api<'_>, branch: &BranchName) -> Result<Option<Rules>, Error> {
    let project = GitLab::project(api);
    let path = format!("{project}/protected_branches/{}", escaped(branch.as_str()));
    let call = |path: String| Call::new(Verb::Get, path, "read what protects the branch").needing("read_api");
    let protected: Option<Protected> = told(api.read(&call(path)))?;
    let settings: Option<Settings> = told(api.read(&call(format!("{project}/approvals"))))?;
    let rules: Option<Vec<Rule>> = told(api.linked(call(format!("{project}/approval_rules?per_page=100"))))?;
    let pushes: Option<Option<Pushes>> = told(api.read(&call(format!("{project}/push_rule"))))?;
    let applies = |rule: &&Rule| {
        let names = &rule.protected_branches;
        rule.rule_type != "code_owner" && (names.is_empty() || names.iter().any(|it| it.name == branch.as_str()))
    };
    let most = |rules: Vec<Rule>| rules.iter().filter(applies).map(|rule| rule.approvals_required).max();
    let found = Rules {
        approvals: rules.map(|rules| most(rules).unwrap_or(0)),
        code_owners: protected.and_then(|it| it.code_owner_approval_required),
        signatures: pushes.flatten().and_then(|it| it.reject_unsigned_commits),
        dismisses_stale: settings.and_then(|it| it.reset_approvals_on_push),
    };
    Ok(Some(found).filter(|found| *found != Rules::default()))
}

fn told<T>(answer: Result<T, Error>) -> Result<Option<T>, Error> {
    match answer {
        Ok(found) => Ok(Some(found)),
        Err(error) if error.kind == Kind::NotFound || error.code == "not-permitted" => Ok(None),
        Err(error) => Err(error),
    }
}
