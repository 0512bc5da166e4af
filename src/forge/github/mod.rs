//! GitHub: github.com, GHE.com and GitHub Enterprise Server.
//!
//! Source: GitHub REST API description, version 2022-11-28; GraphQL where REST has no such path (drafts, auto-merge, what
//! reviews and checks come to). The GraphQL documents are files beside this one, checked against the published schema.

mod auto_merge;
mod branch;
mod evidence;
mod graphql;
mod pull;

use serde::Deserialize;
use serde_json::json;

use super::api::{Api, Call, words_of};
use super::place::Server;
use super::tokens::{Token, Tokens, Variable, names_server};
use super::{
    Attempt, AutoMerge, CHECKS_WILL_NOT_START, Comment, Forge, Lane, Merge, Method, NewRequest, Patch, Probe,
    PullRequest, Review, ReviewState, Rewrite, Rules, Stage, Support, Told, last_names, not_a_repository,
};
use crate::error::{Error, Hint, Kind};
use crate::git::names::{BranchName, Oid};
use crate::http::{Answer, Verb, escaped};
use crate::text::secret::Secret;
use pull::{Login, Pull};

/// The entry.
pub(super) struct GitHub;

/// What opening, changing and closing needs.
const WRITE: &str = "pull-requests: write";

static VARIABLES: &[Variable] = &[
    Variable::ours("RAKOPS_GITHUB_TOKEN", None),
    Variable::of_others("GH_TOKEN", is_public_or_ours),
    Variable::of_others("GITHUB_TOKEN", is_public_or_ours),
    Variable::of_others("GH_ENTERPRISE_TOKEN", |server, tokens| {
        !is_public_or_ours(server, tokens)
    }),
    Variable::of_others("GITHUB_ENTERPRISE_TOKEN", |server, tokens| {
        !is_public_or_ours(server, tokens)
    }),
];

/// GitHub's own hosts, and the server that runs the present job. Source: `gh help environment`.
fn is_public_or_ours(server: &Server, tokens: &Tokens<'_>) -> bool {
    let host = server.host.as_str();
    host == "github.com" || host.ends_with(".ghe.com") || names_server(tokens, "GITHUB_SERVER_URL", server)
}

impl GitHub {
    fn pulls(api: &Api<'_>) -> String {
        format!("/repos/{}/pulls", api.repository)
    }

    fn issue(api: &Api<'_>, number: u64) -> String {
        format!("/repos/{}/issues/{number}", api.repository)
    }

    /// The pull request without what only GraphQL tells.
    fn plain(api: &Api<'_>, number: u64) -> Result<PullRequest, Error> {
        let path = format!("{}/{number}", GitHub::pulls(api));
        let call = Call::new(Verb::Get, path, format!("read pull request {number}")).needing("pull-requests: read");
        api.read::<Pull>(&call)?.into_request()
    }

    fn listed(api: &Api<'_>, query: &str) -> Result<Vec<PullRequest>, Error> {
        let path = format!("{}?state=open{query}&per_page=100", GitHub::pulls(api));
        let call = Call::new(Verb::Get, path, "list the pull requests").needing("pull-requests: read");
        let found: Vec<Pull> = api.linked(call)?;
        found.into_iter().map(Pull::into_request).collect()
    }

    /// Sends the request; a repository that knows no drafts gets an ordinary one, and that is said.
    fn post(api: &Api<'_>, new: &NewRequest, stage: Stage) -> Result<Attempt, Error> {
        let body = json!({
            "head": new.lane.head.as_str(), "base": new.lane.base.as_str(), "title": new.title, "body": new.body,
            "draft": stage == Stage::Draft,
        });
        let doing = format!("open a pull request from `{}` to `{}`", new.lane.head, new.lane.base);
        let call = Call::new(Verb::Post, GitHub::pulls(api), doing)
            .json(body)
            .needing(WRITE);
        let answer = api.ask(&call)?;
        if answer.status != 422 {
            api.accept(&answer, &call)?;
            return Ok(Attempt::made(api.parse::<Pull>(&answer, &call)?.into_request()?));
        }
        // The status has several meanings; what is there decides, and the words only where nothing is.
        if !GitHub.find_open(api, &new.lane)?.is_empty() {
            return Ok(Attempt::Duplicate);
        }
        let words = words_of(&answer);
        if words.contains("No commits between") {
            return Ok(Attempt::NothingBetween);
        }
        if stage == Stage::Draft && words.to_lowercase().contains("draft pull requests are not supported") {
            (api.door.say)("this repository knows no drafts; an ordinary pull request is opened");
            return GitHub::post(api, new, Stage::Ready);
        }
        Err(api.complaint(&answer, &call))
    }
}

impl Forge for GitHub {
    fn name(&self) -> &'static str {
        "github"
    }

    fn title(&self) -> &'static str {
        "GitHub"
    }

    fn claims(&self, host: &str) -> bool {
        host == "github.com" || host.ends_with(".ghe.com") || host.starts_with("github.")
    }

    fn probe(&self) -> Option<Probe> {
        Some(("/api/v3/meta", |answer| {
            answer.header("x-github-request-id").is_some()
                || answer.text().contains("\"verifiable_password_authentication\"")
        }))
    }

    fn variables(&self) -> &'static [Variable] {
        VARIABLES
    }

    fn permissions(&self) -> &'static str {
        "`contents: write` and `pull-requests: write`"
    }

    fn base(&self, server: &Server, _repository: &str, tokens: &Tokens<'_>) -> String {
        if names_server(tokens, "GITHUB_SERVER_URL", server)
            && let Some(url) = tokens.variable("GITHUB_API_URL")
        {
            return url.trim_end_matches('/').to_owned();
        }
        match server.host.as_str() {
            "github.com" => "https://api.github.com".to_owned(),
            host if host.ends_with(".ghe.com") => format!("https://api.{host}"),
            _ => format!("{}/api/v3", server.address()),
        }
    }

    fn repository(&self, path: &str) -> Result<String, Error> {
        last_names(path, 2).ok_or_else(|| not_a_repository("GitHub", path, "OWNER/REPOSITORY"))
    }

    fn headers(&self, _server: &Server) -> Vec<(&'static str, String)> {
        vec![
            ("accept", "application/vnd.github+json".to_owned()),
            ("x-github-api-version", "2022-11-28".to_owned()),
        ]
    }

    fn credential(&self, token: &Token) -> (&'static str, Secret) {
        (
            "authorization",
            Secret::new(format!("Bearer {}", token.secret.reveal())),
        )
    }

    fn git_user(&self, _token: &Token) -> String {
        "x-access-token".to_owned()
    }

    fn advice(&self, api: &Api<'_>, answer: &Answer) -> Vec<Hint> {
        let words = words_of(answer).to_lowercase();
        let say = |text: &str| vec![Hint::Say(text.to_owned())];
        if words.contains("not permitted to create or approve pull requests") {
            return say(
                "switch on \"Allow GitHub Actions to create and approve pull requests\" in the settings of the \
                 repository or organisation (Actions, General), or use the token of a GitHub App",
            );
        }
        if words.contains("must grant your personal access token") || answer.header("x-github-sso").is_some() {
            return say("authorise the token for the organisation's single sign-on in your GitHub settings");
        }
        let is_own_token = is_job_token(api);
        if matches!(answer.status, 403 | 404) && is_own_token && is_foreign(api) {
            return say(
                "GITHUB_TOKEN is for its own repository only: make a token with actions/create-github-app-token \
                 (owner, repositories)",
            );
        }
        if words.contains("resource not accessible by integration") && is_own_token {
            return say("give the job `permissions:` with `contents: write` and `pull-requests: write`");
        }
        Vec::new()
    }

    fn warnings(&self, api: &Api<'_>) -> Vec<Error> {
        if !is_job_token(api) {
            return Vec::new();
        }
        vec![
            Error::new(
                Kind::Access,
                CHECKS_WILL_NOT_START,
                "checks will not start by themselves on a pull request that GITHUB_TOKEN opens",
            )
            .hint(Hint::Say(
                "use the token of a GitHub App (actions/create-github-app-token) in RAKOPS_GITHUB_TOKEN".into(),
            )),
        ]
    }

    fn address_to_open(&self, api: &Api<'_>, lane: &Lane) -> String {
        let part = |branch: &BranchName| escaped(branch.as_str()).replace("%2F", "/");
        format!(
            "{}/{}/compare/{}...{}?expand=1",
            api.server.address(),
            api.repository,
            part(&lane.base),
            part(&lane.head)
        )
    }

    fn find_open(&self, api: &Api<'_>, lane: &Lane) -> Result<Vec<PullRequest>, Error> {
        let owner = api.repository.split('/').next().unwrap_or_default();
        let head = escaped(&format!("{owner}:{}", lane.head));
        let mut found = GitHub::listed(api, &format!("&head={head}&base={}", escaped(lane.base.as_str())))?;
        // A filter that is not understood is no filter at all there.
        found.retain(|pr| pr.lane == *lane && pr.head_repository.is_none());
        Ok(found)
    }

    fn list_open(&self, api: &Api<'_>, base: Option<&BranchName>) -> Result<Vec<PullRequest>, Error> {
        let query = base.map(|base| format!("&base={}", escaped(base.as_str())));
        GitHub::listed(api, &query.unwrap_or_default())
    }

    fn get(&self, api: &Api<'_>, number: u64) -> Result<PullRequest, Error> {
        let mut pr = GitHub::plain(api, number)?;
        graphql::add_state(api, &mut pr);
        Ok(pr)
    }

    fn create(&self, api: &Api<'_>, new: &NewRequest) -> Result<Attempt, Error> {
        GitHub::post(api, new, new.stage)
    }

    fn update(&self, api: &Api<'_>, pr: &PullRequest, patch: &Patch) -> Result<(), Error> {
        let mut body = serde_json::Map::new();
        let mut set = |name: &str, value: Option<&str>| {
            if let Some(value) = value {
                body.insert(name.to_owned(), value.into());
            }
        };
        set("title", patch.title.as_deref());
        set("body", patch.body.as_deref());
        set("base", patch.base.as_ref().map(BranchName::as_str));
        if !body.is_empty() {
            let path = format!("{}/{}", GitHub::pulls(api), pr.number);
            let doing = format!("change pull request {}", pr.number);
            api.tell(&Call::new(Verb::Patch, path, doing).json(body.into()).needing(WRITE))?;
        }
        match patch.stage {
            Some(stage) => graphql::set_stage(api, pr, stage),
            None => Ok(()),
        }
    }

    fn add_labels(&self, api: &Api<'_>, pr: &PullRequest, labels: &[String]) -> Result<Support, Error> {
        let path = format!("{}/labels", GitHub::issue(api, pr.number));
        let doing = format!("label pull request {}", pr.number);
        let call = Call::new(Verb::Post, path, doing).json(json!({ "labels": labels }));
        api.tell(&call.needing(WRITE))?;
        Ok(Support::Done)
    }

    fn ask_reviewers(&self, api: &Api<'_>, pr: &PullRequest, reviewers: &[String]) -> Result<Support, Error> {
        let (teams, people): (Vec<&String>, Vec<&String>) = reviewers.iter().partition(|name| name.contains('/'));
        // A team is its slug there, and its organisation is the repository's.
        let teams: Vec<&str> = teams.iter().filter_map(|name| name.rsplit('/').next()).collect();
        let path = format!("{}/{}/requested_reviewers", GitHub::pulls(api), pr.number);
        let mut body = serde_json::Map::new();
        if !people.is_empty() {
            body.insert("reviewers".into(), json!(people));
        }
        if !teams.is_empty() {
            body.insert("team_reviewers".into(), json!(teams));
        }
        let doing = format!("ask for reviews of pull request {}", pr.number);
        api.tell(&Call::new(Verb::Post, path, doing).json(body.into()).needing(WRITE))?;
        Ok(Support::Done)
    }

    fn enable_auto_merge(
        &self,
        api: &Api<'_>,
        pr: &PullRequest,
        (head, method): (&Oid, Option<Method>),
    ) -> Result<AutoMerge, Error> {
        auto_merge::enable(api, pr, (head, method))
    }

    fn disable_auto_merge(&self, api: &Api<'_>, pr: &PullRequest) -> Result<(), Error> {
        graphql::disable_auto_merge(api, pr)
    }

    fn merge(&self, api: &Api<'_>, pr: &PullRequest, (head, method): (&Oid, Option<Method>)) -> Result<Merge, Error> {
        let method = match method {
            Some(method) => method,
            None => auto_merge::allowed(api)?.method(),
        };
        let path = format!("{}/{}/merge", GitHub::pulls(api), pr.number);
        let body = json!({ "sha": head.as_str(), "merge_method": pull::rest_word(method) });
        let doing = format!("merge pull request {}", pr.number);
        let call = Call::new(Verb::Put, path, doing).json(body).needing("contents: write");
        let answer = api.ask(&call)?;
        let why = || api.said(&answer);
        match answer.status {
            405 | 409 => {
                let now = GitHub::plain(api, pr.number)?;
                Ok(match now.head_oid {
                    Some(now) if now != *head => Merge::HeadMoved,
                    _ if now.mergeable == Some(false) => Merge::Refused(why()),
                    _ if words_of(&answer).contains("are not allowed on this repository") => Merge::Refused(why()),
                    _ => Merge::NotReady(why()),
                })
            }
            422 => Ok(Merge::Refused(why())),
            _ => {
                api.accept(&answer, &call)?;
                #[derive(Deserialize)]
                struct Done {
                    sha: Option<String>,
                }
                let done: Done = api.parse(&answer, &call)?;
                let commit = done.sha.as_deref().and_then(Oid::parse);
                Ok(Merge::Merged { commit })
            }
        }
    }

    fn close(&self, api: &Api<'_>, pr: &PullRequest) -> Result<(), Error> {
        let path = format!("{}/{}", GitHub::pulls(api), pr.number);
        let call = Call::new(Verb::Patch, path, format!("close pull request {}", pr.number));
        api.tell(&call.json(json!({ "state": "closed" })).needing(WRITE))
    }

    fn comments(&self, api: &Api<'_>, number: u64) -> Result<Vec<Comment>, Error> {
        let path = format!("{}/comments?per_page=100", GitHub::issue(api, number));
        let call = Call::new(Verb::Get, path, format!("read the comments on pull request {number}"));
        let found: Vec<pull::Note> = api.linked(call.needing("pull-requests: read"))?;
        Ok(found.into_iter().map(pull::Note::into_comment).collect())
    }

    fn add_comment(&self, api: &Api<'_>, number: u64, text: &str) -> Result<String, Error> {
        let path = format!("{}/comments", GitHub::issue(api, number));
        let call = Call::new(Verb::Post, path, format!("comment on pull request {number}"));
        let made: pull::Note = api.read(&call.json(json!({ "body": text })).needing(WRITE))?;
        Ok(made.html_url)
    }

    fn edit_comment(&self, api: &Api<'_>, number: u64, (comment, text): (&Comment, &str)) -> Result<(), Error> {
        let path = format!("/repos/{}/issues/comments/{}", api.repository, comment.id);
        let call = Call::new(Verb::Patch, path, format!("change a comment on pull request {number}"));
        api.tell(&call.json(json!({ "body": text })).needing(WRITE))
    }

    fn reviews(&self, api: &Api<'_>, pr: &PullRequest) -> Result<Vec<Review>, Error> {
        #[derive(Deserialize)]
        struct Seen {
            user: Option<Login>,
            state: String,
            commit_id: Option<String>,
            submitted_at: Option<String>,
        }
        let path = format!("{}/{}/reviews?per_page=100", GitHub::pulls(api), pr.number);
        let call = Call::new(
            Verb::Get,
            path,
            format!("read the reviews of pull request {}", pr.number),
        );
        let seen: Vec<Seen> = api.linked(call.needing("pull-requests: read"))?;
        Ok(seen
            .into_iter()
            .filter_map(|seen| {
                Some(Review {
                    by: seen.user.map(|user| user.login).unwrap_or_default(),
                    state: review_state(&seen.state)?,
                    commit: seen.commit_id.as_deref().and_then(Oid::parse),
                    at: seen.submitted_at.unwrap_or_default(),
                })
            })
            .collect())
    }

    fn is_ancestor(&self, api: &Api<'_>, repository: &str, (old, new): (&Oid, &Oid)) -> Result<Option<bool>, Error> {
        #[derive(Deserialize)]
        struct Compared {
            status: String,
        }
        let path = format!("/repos/{repository}/compare/{old}...{new}?per_page=1");
        let call = Call::new(Verb::Get, path, format!("compare commits of `{repository}`"));
        let answer = api.ask(&call)?;
        if matches!(answer.status, 403 | 404 | 422) {
            return Ok(None);
        }
        api.accept(&answer, &call)?;
        let compared: Compared = api.parse(&answer, &call)?;
        Ok(match compared.status.as_str() {
            "ahead" | "identical" => Some(true),
            "behind" | "diverged" => Some(false),
            _ => None,
        })
    }

    fn whoami(&self, api: &Api<'_>) -> Result<Option<String>, Error> {
        match graphql::viewer(api) {
            Ok(login) => Ok(Some(login)),
            Err(error) if error.code == "token-refused" => Err(error),
            // The token of a job has no user of its own that it could be asked for.
            Err(_) if is_job_token(api) => Ok(Some("github-actions[bot]".to_owned())),
            Err(error) => Err(error),
        }
    }

    fn evidence(
        &self,
        api: &Api<'_>,
        (branch, _): (&BranchName, Option<i64>),
        commits: &[Oid],
    ) -> Result<Vec<Told>, Error> {
        evidence::read(api, branch, commits)
    }

    fn rewrites(&self, api: &Api<'_>, branch: &BranchName, since: i64) -> Result<Option<Vec<Rewrite>>, Error> {
        branch::rewrites(api, branch, since)
    }

    fn rules(&self, api: &Api<'_>, branch: &BranchName) -> Result<Option<Rules>, Error> {
        branch::rules(api, branch)
    }

    fn members(&self, api: &Api<'_>, team: &str) -> Result<Option<Vec<String>>, Error> {
        branch::members(api, team)
    }
}

/// What a review says; none for one that its author has not sent yet.
fn review_state(word: &str) -> Option<ReviewState> {
    match word {
        "APPROVED" => Some(ReviewState::Approved),
        "CHANGES_REQUESTED" => Some(ReviewState::ChangesRequested),
        "COMMENTED" => Some(ReviewState::Commented),
        "DISMISSED" => Some(ReviewState::Dismissed),
        _ => None,
    }
}

/// Whether the token is the one that Actions gives to a job. Both kinds of `ghs_` look alike, so this is a guess: the
/// token is that of the variable.
fn is_job_token(api: &Api<'_>) -> bool {
    let tokens = &api.door.tokens;
    let of_job = tokens.variable("GITHUB_TOKEN");
    let used = api.token.as_ref().map(|token| token.secret.reveal());
    tokens.variable("GITHUB_ACTIONS").is_some() && of_job.is_some() && of_job == used
}

/// Whether the job runs for another repository than the one in use.
fn is_foreign(api: &Api<'_>) -> bool {
    let own = api.door.tokens.variable("GITHUB_REPOSITORY");
    own.is_some_and(|own| !own.eq_ignore_ascii_case(&api.repository))
}
