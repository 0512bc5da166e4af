//! The pull request that a CI run is about, as the system says.
//!
//! Sources: <https://docs.github.com/actions/reference/workflows-and-actions/variables> and the payloads of
//! <https://docs.github.com/webhooks/webhook-events-and-payloads>; Gitea and Forgejo Actions have the same;
//! <https://docs.gitlab.com/ci/variables/predefined_variables/>, "Predefined variables for merge request pipelines".

use serde_json::Value;

use super::{System, system};
use crate::cli::context::Process;

/// A pull request, and where its head comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct About {
    pub(crate) number: u64,
    /// Its head: on GitHub the commit that is checked out is another one, merged by the forge.
    pub(crate) head: Option<String>,
    pub(crate) source: From,
}

/// Where the head of a pull request comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum From {
    /// The repository itself.
    Here,
    /// A fork: its runs have a token that may only read.
    Fork,
}

/// What the run is about; none if it is about no pull request.
pub(crate) fn about(process: &Process) -> Option<About> {
    let number = |name: &str| process.variable(name)?.parse().ok();
    match system(process)? {
        System::GitHub => github(process),
        System::GitLab => {
            let (source, target) = ("CI_MERGE_REQUEST_SOURCE_PROJECT_ID", "CI_MERGE_REQUEST_PROJECT_ID");
            let head = process.variable("CI_MERGE_REQUEST_SOURCE_BRANCH_SHA");
            Some(About {
                number: number("CI_MERGE_REQUEST_IID")?,
                head: head.or_else(|| process.variable("CI_COMMIT_SHA")).map(str::to_owned),
                source: from(process.variable(source), process.variable(target)),
            })
        }
        System::Other => Some(About {
            number: number("BITBUCKET_PR_ID").or_else(|| number("SYSTEM_PULLREQUEST_PULLREQUESTID"))?,
            head: process.variable("BITBUCKET_COMMIT").map(str::to_owned),
            source: From::Here,
        }),
    }
}

/// The commit that a run is about: the head of its pull request, else what is checked out.
pub(crate) fn commit(process: &Process) -> Option<String> {
    let of = |name: &str| process.variable(name).map(str::to_owned);
    about(process)
        .and_then(|it| it.head)
        .or_else(|| match system(process)? {
            System::GitHub => of("GITHUB_SHA"),
            System::GitLab => of("CI_COMMIT_SHA"),
            System::Other => of("BITBUCKET_COMMIT"),
        })
}

fn github(process: &Process) -> Option<About> {
    let event = process
        .variable("GITHUB_EVENT_PATH")
        .and_then(|file| std::fs::read(file).ok())
        .and_then(|bytes| serde_json::from_slice::<Value>(&bytes).ok())
        .unwrap_or_default();
    let request = &event["pull_request"];
    if let Some(number) = request["number"].as_u64() {
        let name = |side: &str| request[side]["repo"]["full_name"].as_str();
        return Some(About {
            number,
            head: request["head"]["sha"].as_str().map(str::to_owned),
            source: match request["head"]["repo"].is_null() {
                // A fork that has been deleted since.
                true if !request["head"].is_null() => From::Fork,
                _ => from(name("head"), name("base")),
            },
        });
    }
    // A comment on the page of a pull request is one on its issue.
    let of_comment = event["issue"]["number"].as_u64();
    let of_comment = of_comment.filter(|_| event["issue"]["pull_request"].is_object());
    let of_ref = || {
        let name = process.variable("GITHUB_REF")?.strip_prefix("refs/pull/")?;
        name.split('/').next()?.parse().ok()
    };
    Some(About {
        number: of_comment.or_else(of_ref)?,
        head: None,
        source: From::Here,
    })
}

fn from(source: Option<&str>, target: Option<&str>) -> From {
    match (source, target) {
        (Some(source), Some(target)) if source != target => From::Fork,
        _ => From::Here,
    }
}

/// The branch that a run is for, where it is for a branch and no pull request.
pub(crate) fn branch(process: &Process) -> Option<String> {
    let of = |name: &str| process.variable(name).map(str::to_owned);
    match system(process)? {
        System::GitHub => of("GITHUB_REF")?.strip_prefix("refs/heads/").map(str::to_owned),
        System::GitLab => of("CI_COMMIT_BRANCH"),
        System::Other => None,
    }
}
