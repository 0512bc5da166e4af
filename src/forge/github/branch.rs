//! What was done to a branch, what protects it today, and who is in a team.
//!
//! A token that may not read one of these gets no answer about it, and that is no failure.
//! Source: GitHub REST API, "List repository activities", "Get rules for a branch", "List team members"; GraphQL API,
//! objects BranchProtectionRule and RefUpdateRule.

use serde::Deserialize;
use serde_json::json;

use super::graphql::{self, Lost};
use super::pull::Login;
use crate::error::Error;
use crate::forge::api::{Api, Call};
use crate::forge::evidence::{Rewrite, Rules};
use crate::git::names::{BranchName, Oid};
use crate::http::{Verb, escaped};
use crate::text::time;

const RULES: &str = include_str!("rules.graphql");

/// Lists force pushes, newest first as they come, until one is older than `since`.
pub(super) fn rewrites(api: &Api<'_>, branch: &BranchName, since: i64) -> Result<Option<Vec<Rewrite>>, Error> {
    #[derive(Deserialize)]
    struct Activity {
        before: String,
        after: String,
        timestamp: String,
        actor: Option<Login>,
    }
    let reference = escaped(&format!("refs/heads/{branch}"));
    let path = format!(
        "/repos/{}/activity?activity_type=force_push&ref={reference}&direction=desc&per_page=100",
        api.repository
    );
    let call = Call::new(Verb::Get, path, "read the force pushes").needing("contents: read");
    let mut found = Vec::new();
    let turned = api.turn(call, |answer, call| {
        let page: Vec<Activity> = api.parse(answer, call)?;
        let mut is_over = page.is_empty();
        for activity in page {
            if time::read(&activity.timestamp).is_some_and(|at| at < since) {
                is_over = true;
                continue;
            }
            if let (Some(before), Some(after)) = (Oid::parse(&activity.before), Oid::parse(&activity.after)) {
                found.push(Rewrite {
                    at: activity.timestamp,
                    by: activity.actor.map(|user| user.login),
                    before,
                    after,
                });
            }
        }
        Ok(answer.next_page().filter(|_| !is_over))
    });
    found.reverse();
    told(turned.map(|()| found))
}

#[derive(Deserialize)]
struct Rule {
    #[serde(rename = "type")]
    kind: String,
    parameters: Option<Parameters>,
}

#[derive(Deserialize)]
struct Parameters {
    required_approving_review_count: Option<u64>,
    require_code_owner_review: Option<bool>,
    dismiss_stale_reviews_on_push: Option<bool>,
}

#[derive(Deserialize)]
struct Data {
    repository: Option<Repository>,
}

#[derive(Deserialize)]
struct Repository {
    #[serde(rename = "ref")]
    branch: Option<Branch>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Branch {
    branch_protection_rule: Option<Protection>,
    ref_update_rule: Option<ForAnybody>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Protection {
    dismisses_stale_reviews: bool,
    required_approving_review_count: Option<u64>,
    requires_approving_reviews: bool,
    requires_code_owner_reviews: bool,
    requires_commit_signatures: bool,
}

/// What GitHub shows of a protection to those who may not see it whole.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ForAnybody {
    required_approving_review_count: Option<u64>,
    requires_code_owner_reviews: bool,
    requires_signatures: bool,
}

/// Reads both kinds of rules that GitHub has; the stricter one is in force.
pub(super) fn rules(api: &Api<'_>, branch: &BranchName) -> Result<Option<Rules>, Error> {
    let path = format!(
        "/repos/{}/rules/branches/{}?per_page=100",
        api.repository,
        escaped(branch.as_str())
    );
    let call = Call::new(Verb::Get, path, "read the rules of the branch").needing("metadata: read");
    let sets: Option<Vec<Rule>> = told(api.linked(call))?;
    let (owner, name) = api.repository.split_once('/').unwrap_or(("", &api.repository));
    let variables = json!({ "owner": owner, "name": name, "branch": format!("refs/heads/{branch}") });
    let asked = told(graphql::ask_for_parts::<Data>(
        api,
        (RULES, variables),
        "read the protection of the branch",
    ))?;
    let protection = asked.and_then(|(data, lost)| {
        let whole = Lost::why(&lost, "repository/ref/refUpdateRule").is_none();
        data.repository
            .filter(|_| whole)
            .map(|it| it.branch.unwrap_or_default())
    });
    Ok(match (sets, protection) {
        (None, None) => None,
        (Some(sets), Some(protection)) => Some(stricter(of_sets(&sets), of_protection(&protection))),
        // Half of it says what is required at least, and never that nothing is.
        (Some(sets), None) => Some(at_least(of_sets(&sets))),
        (None, Some(protection)) => Some(at_least(of_protection(&protection))),
    })
}

fn of_sets(sets: &[Rule]) -> Rules {
    let parameters = || {
        let requests = sets.iter().filter(|rule| rule.kind == "pull_request");
        requests.filter_map(|rule| rule.parameters.as_ref())
    };
    let wanted = |part: fn(&Parameters) -> Option<bool>| Some(parameters().any(|it| part(it) == Some(true)));
    Rules {
        approvals: parameters()
            .filter_map(|it| it.required_approving_review_count)
            .max()
            .or(Some(0)),
        code_owners: wanted(|it| it.require_code_owner_review),
        dismisses_stale: wanted(|it| it.dismiss_stale_reviews_on_push),
        signatures: Some(sets.iter().any(|rule| rule.kind == "required_signatures")),
    }
}

fn of_protection(branch: &Branch) -> Rules {
    match (&branch.branch_protection_rule, &branch.ref_update_rule) {
        (Some(all), _) => Rules {
            approvals: all
                .required_approving_review_count
                .filter(|_| all.requires_approving_reviews)
                .or(Some(0)),
            code_owners: Some(all.requires_code_owner_reviews),
            signatures: Some(all.requires_commit_signatures),
            dismisses_stale: Some(all.dismisses_stale_reviews),
        },
        (None, Some(some)) => Rules {
            approvals: some.required_approving_review_count.or(Some(0)),
            code_owners: Some(some.requires_code_owner_reviews),
            signatures: Some(some.requires_signatures),
            dismisses_stale: None,
        },
        (None, None) => Rules {
            approvals: Some(0),
            code_owners: Some(false),
            signatures: Some(false),
            dismisses_stale: Some(false),
        },
    }
}

fn stricter(one: Rules, other: Rules) -> Rules {
    let either = |one: Option<bool>, other: Option<bool>| match (one, other) {
        (Some(true), _) | (_, Some(true)) => Some(true),
        (Some(false), Some(false)) => Some(false),
        _ => None,
    };
    Rules {
        approvals: one.approvals.max(other.approvals),
        code_owners: either(one.code_owners, other.code_owners),
        signatures: either(one.signatures, other.signatures),
        dismisses_stale: either(one.dismisses_stale, other.dismisses_stale),
    }
}

fn at_least(rules: Rules) -> Rules {
    Rules {
        approvals: rules.approvals.filter(|count| *count > 0),
        code_owners: rules.code_owners.filter(|is| *is),
        signatures: rules.signatures.filter(|is| *is),
        dismisses_stale: rules.dismisses_stale.filter(|is| *is),
    }
}

/// The logins of `organisation/team`, those of teams below it included.
pub(super) fn members(api: &Api<'_>, team: &str) -> Result<Option<Vec<String>>, Error> {
    let Some((organisation, slug)) = team.split_once('/') else {
        return Ok(None);
    };
    let path = format!(
        "/orgs/{}/teams/{}/members?per_page=100",
        escaped(organisation),
        escaped(slug)
    );
    let call = Call::new(Verb::Get, path, format!("read who is in `{team}`")).needing("members: read");
    let found: Option<Vec<Login>> = told(api.linked(call))?;
    Ok(found.map(|found| found.into_iter().map(|user| user.login).collect()))
}

/// None where the forge does not show a thing to this token.
fn told<T>(answer: Result<T, Error>) -> Result<Option<T>, Error> {
    match answer {
        Ok(found) => Ok(Some(found)),
        Err(error) if matches!(error.code, "not-found" | "not-permitted") => Ok(None),
        Err(error) => Err(error),
    }
}
