//! What protects a branch today.
//!
//! Everybody who reads sees how many approvals are wanted; the rest is for administrators of the repository.

use serde::Deserialize;

use super::Gitea;
use crate::error::Error;
use crate::forge::api::{Api, Call};
use crate::forge::evidence::Rules;
use crate::git::names::BranchName;
use crate::http::{Verb, escaped};

#[derive(Deserialize)]
struct Branch {
    #[serde(default)]
    protected: bool,
    #[serde(default)]
    required_approvals: u64,
    #[serde(default)]
    effective_branch_protection_name: String,
}

#[derive(Deserialize)]
struct Protection {
    #[serde(default)]
    required_approvals: u64,
    #[serde(default)]
    require_signed_commits: bool,
    #[serde(default)]
    dismiss_stale_approvals: bool,
    #[serde(default)]
    ignore_stale_approvals: bool,
}

/// Reads them. Gitea asks code owners for reviews and never requires one.
pub(super) fn read(api: &Api<'_>, branch: &BranchName) -> Result<Option<Rules>, Error> {
    let path = format!("{}/branches/{}", Gitea::repo(api), escaped(branch.as_str()));
    let call = Call::new(Verb::Get, path, "read what protects the branch").needing("read:repository");
    let answer = api.ask(&call)?;
    if matches!(answer.status, 403 | 404) {
        return Ok(None);
    }
    api.accept(&answer, &call)?;
    let found: Branch = api.parse(&answer, &call)?;
    let mut rules = Rules {
        approvals: Some(found.required_approvals),
        code_owners: Some(false),
        signatures: Some(false).filter(|_| !found.protected),
        dismisses_stale: Some(false).filter(|_| !found.protected),
    };
    let name = &found.effective_branch_protection_name;
    if !found.protected || name.is_empty() {
        return Ok(Some(rules));
    }
    let path = format!("{}/branch_protections/{}", Gitea::repo(api), escaped(name));
    let call = Call::new(Verb::Get, path, "read what protects the branch");
    let answer = api.ask(&call)?;
    if answer.is_success() {
        let protection: Protection = api.parse(&answer, &call)?;
        rules.approvals = Some(protection.required_approvals);
        rules.signatures = Some(protection.require_signed_commits);
        rules.dismisses_stale = Some(protection.dismiss_stale_approvals || protection.ignore_stale_approvals);
    }
    Ok(Some(rules))
}
