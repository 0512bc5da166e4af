//! The CI system that a command runs in: what it says about the run, and what it wants to be told.
//!
//! Sources: <https://docs.github.com/actions/reference/workflows-and-actions/workflow-commands> and `…/variables`;
//! <https://docs.gitlab.com/ci/variables/predefined_variables/>.

pub(super) mod code_quality;
pub(super) mod outputs;
pub(super) mod request;

use super::context::Process;
use crate::change::intent::Source;
use crate::git::objects::Who;

/// A system that is recognised.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum System {
    GitHub,
    GitLab,
    Other,
}

/// Variables of which any tells that there is a system.
const OTHERS: [&str; 6] = [
    "CI",
    "CIRCLECI",
    "BUILDKITE",
    "TF_BUILD",
    "JENKINS_URL",
    "BITBUCKET_BUILD_NUMBER",
];

/// Which system the process runs in, if any.
pub(crate) fn system(process: &Process) -> Option<System> {
    let is_set = |name: &str| process.variable(name).is_some_and(|value| value != "false");
    // Gitea and Forgejo Actions set these, too, and speak GitHub's language.
    if is_set("GITHUB_ACTIONS") {
        return Some(System::GitHub);
    }
    if is_set("GITLAB_CI") {
        return Some(System::GitLab);
    }
    OTHERS.iter().any(|name| is_set(name)).then_some(System::Other)
}

/// Whether a variable tells of a CI system.
pub(crate) fn is_telling(name: &str) -> bool {
    name == "GITHUB_ACTIONS" || name == "GITLAB_CI" || OTHERS.contains(&name)
}

/// What was built, as the system says.
pub(crate) fn source(process: &Process) -> Option<Source> {
    let of = |repository: &str, commit: &str| {
        let (repository, commit) = (process.variable(repository)?, process.variable(commit)?);
        Source::parse(&format!("{repository}@{commit}")).ok()
    };
    match system(process)? {
        System::GitHub => of("GITHUB_REPOSITORY", "GITHUB_SHA"),
        System::GitLab => of("CI_PROJECT_PATH", "CI_COMMIT_SHA"),
        System::Other => of("BITBUCKET_REPO_FULL_NAME", "BITBUCKET_COMMIT"),
    }
}

/// The address of the run.
pub(crate) fn run(process: &Process) -> Option<String> {
    let variable = |name: &str| process.variable(name);
    let address = match system(process)? {
        System::GitHub => format!(
            "{}/{}/actions/runs/{}",
            variable("GITHUB_SERVER_URL")?,
            variable("GITHUB_REPOSITORY")?,
            variable("GITHUB_RUN_ID")?
        ),
        System::GitLab => variable("CI_JOB_URL")?.to_owned(),
        System::Other => ["CIRCLE_BUILD_URL", "BUILDKITE_BUILD_URL", "BUILD_URL"]
            .iter()
            .find_map(|name| variable(name))?
            .to_owned(),
    };
    let is_address = address.contains("://") && !address.contains(|c: char| c.is_whitespace() || c.is_control());
    is_address.then(|| crate::text::secret::redact(&address).into_owned())
}

/// Who commits where git knows nobody: the bot of the forge, or who started the pipeline.
pub(crate) fn bot(process: &Process) -> Option<Who> {
    let who = |name: &str, email: &str| Who {
        name: name.to_owned(),
        email: email.to_owned(),
    };
    match system(process)? {
        // Source: the id and the address that GitHub shows for commits of its own bot.
        System::GitHub => Some(who(
            "github-actions[bot]",
            "41898282+github-actions[bot]@users.noreply.github.com",
        )),
        System::GitLab => Some(who(
            process.variable("GITLAB_USER_NAME")?,
            process.variable("GITLAB_USER_EMAIL")?,
        )),
        System::Other => None,
    }
}
