//! GitLab, where pull requests are called merge requests.
//!
//! Source: GitLab REST API v4, "Merge requests", "Notes", "Merge request approvals", "Repositories", "Users".

mod evidence;
mod rules;
mod words;

use std::time::Duration;

use serde::Deserialize;
use serde_json::{Value, json};

use super::api::{Api, CHECKS_BEGIN_WITHIN, Call, words_of};
use super::place::Server;
use super::tokens::{Token, Tokens, Variable, names_server};
use super::{
    Attempt, AutoMerge, Checks, Comment, Forge, Lane, Merge, Method, NewRequest, Patch, Probe, PullRequest, Review,
    ReviewDecision, ReviewState, Rules, Support, Told, not_a_repository,
};
use crate::error::{Error, Hint, Kind};
use crate::git::names::{BranchName, Oid};
use crate::http::{Verb, escaped};
use crate::text::secret::Secret;
use words::{Approvals, Note, Request, User, titled};

/// The entry.
pub(super) struct GitLab;

const JOB_TOKEN: &str = "CI_JOB_TOKEN";
/// What GitLab says while it has not computed whether a request merges.
const NOT_COMPUTED: &[&str] = &["unchecked", "checking", "preparing", "approvals_syncing"];
/// How long that is waited for, in seconds: 1, 2, 4 and so on, a minute in all.
const COMPUTED_AFTER: &[u64] = &[1, 2, 4, 8, 15, 30];

static VARIABLES: &[Variable] = &[
    Variable::ours("RAKOPS_GITLAB_TOKEN", None),
    Variable::of_others("GITLAB_TOKEN", is_public_or_named),
    Variable::of_others(JOB_TOKEN, |server, tokens| {
        names_server(tokens, "CI_SERVER_HOST", server)
    })
    .last(),
];

/// GitLab.com, the server that runs the present job, and the one that `glab` is set to.
fn is_public_or_named(server: &Server, tokens: &Tokens<'_>) -> bool {
    server.host == "gitlab.com"
        || ["CI_SERVER_HOST", "GITLAB_HOST"]
            .iter()
            .any(|name| names_server(tokens, name, server))
        || (server.host.starts_with("gitlab.") && tokens.variable("GITLAB_HOST").is_none())
}

impl GitLab {
    fn project(api: &Api<'_>) -> String {
        format!("/projects/{}", escaped(&api.repository))
    }

    fn requests(api: &Api<'_>) -> String {
        format!("{}/merge_requests", GitLab::project(api))
    }

    fn one(api: &Api<'_>, number: u64) -> String {
        format!("{}/{number}", GitLab::requests(api))
    }

    fn read(api: &Api<'_>, number: u64) -> Result<Request, Error> {
        let doing = format!("read merge request {number}");
        api.read(&Call::new(Verb::Get, GitLab::one(api, number), doing).needing("api"))
    }

    fn listed(api: &Api<'_>, query: &str) -> Result<Vec<PullRequest>, Error> {
        let path = format!("{}?state=opened{query}&per_page=100", GitLab::requests(api));
        let call = Call::new(Verb::Get, path, "list the merge requests").needing("api");
        let found: Vec<Request> = api.linked(call)?;
        found.into_iter().map(Request::into_request).collect()
    }

    fn change(api: &Api<'_>, number: u64, body: Value) -> Result<(), Error> {
        let call = Call::new(
            Verb::Put,
            GitLab::one(api, number),
            format!("change merge request {number}"),
        );
        api.tell(&call.json(body).needing("api"))
    }

    /// Waits until GitLab has computed whether the request merges: asked before, it says no.
    fn computed(api: &Api<'_>, number: u64) -> Result<Request, Error> {
        let mut request = GitLab::read(api, number)?;
        for seconds in COMPUTED_AFTER {
            if !NOT_COMPUTED.contains(&request.status()) {
                break;
            }
            if *seconds > 2 {
                (api.door.say)(&format!("waiting {seconds} s until GitLab has looked at !{number}"));
            }
            std::thread::sleep(Duration::from_secs(*seconds));
            request = GitLab::read(api, number)?;
        }
        Ok(request)
    }

    fn approvals(api: &Api<'_>, number: u64) -> Result<Approvals, Error> {
        let path = format!("{}/approvals", GitLab::one(api, number));
        api.read(&Call::new(Verb::Get, path, format!("read the approvals of merge request {number}")).needing("api"))
    }

    /// The id of somebody, whom calls do not take by name.
    fn id_of(api: &Api<'_>, name: &str) -> Result<u64, Error> {
        let path = format!("/users?username={}", escaped(name));
        let found: Vec<User> = api.read(&Call::new(Verb::Get, path, format!("look up `{name}`")).needing("api"))?;
        let found = found.into_iter().find(|user| user.username.eq_ignore_ascii_case(name));
        found.map(|user| user.id).ok_or_else(|| {
            Error::new(
                Kind::NotFound,
                "no-such-user",
                format!("no user of GitLab is called `{name}`"),
            )
        })
    }

    /// Whether the head holds anything: GitLab opens a request for nothing, too.
    fn has_commits(api: &Api<'_>, lane: &Lane) -> Result<bool, Error> {
        #[derive(Deserialize)]
        struct Compared {
            commits: Vec<Value>,
        }
        let (base, head) = (escaped(lane.base.as_str()), escaped(lane.head.as_str()));
        let path = format!("{}/repository/compare?from={base}&to={head}", GitLab::project(api));
        let doing = format!("compare `{}` with `{}`", lane.head, lane.base);
        let compared: Compared = api.read(&Call::new(Verb::Get, path, doing).needing("api"))?;
        Ok(!compared.commits.is_empty())
    }

    /// Sends what merges, now or later.
    fn put_merge(api: &Api<'_>, number: u64, body: Value) -> Result<Sent, Error> {
        let path = format!("{}/merge", GitLab::one(api, number));
        let call = Call::new(Verb::Put, path, format!("merge merge request {number}")).json(body);
        let answer = api.ask(&call)?;
        let why = || api.said(&answer);
        Ok(match answer.status {
            // Of this call GitLab says 401 where others say 403.
            401 if api.token.is_some() => {
                return Err(Error::new(
                    Kind::Access,
                    "not-permitted",
                    format!("the token may not merge merge request {number}"),
                )
                .because(why())
                .hint(Hint::Say(
                    "give it a role that may merge into the target branch, or let the forge merge by a rule".into(),
                )));
            }
            405 | 406 => Sent::NotReady(why()),
            409 => Sent::HeadMoved,
            422 => Sent::Refused(words_of(&answer)),
            _ => {
                api.accept(&answer, &call)?;
                Sent::Taken(Box::new(api.parse(&answer, &call)?))
            }
        })
    }
}

enum Sent {
    Taken(Box<Request>),
    NotReady(String),
    HeadMoved,
    Refused(String),
}

impl Forge for GitLab {
    fn name(&self) -> &'static str {
        "gitlab"
    }

    fn title(&self) -> &'static str {
        "GitLab"
    }

    fn claims(&self, host: &str) -> bool {
        host == "gitlab.com" || host.starts_with("gitlab.")
    }

    fn probe(&self) -> Option<Probe> {
        Some(("/api/v4/version", |answer| {
            let is_json = answer.body.trim_ascii_start().starts_with(b"{");
            matches!(answer.status, 200 | 401) && is_json
        }))
    }

    fn variables(&self) -> &'static [Variable] {
        VARIABLES
    }

    fn permissions(&self) -> &'static str {
        "the scope `api`"
    }

    fn base(&self, server: &Server, _repository: &str, tokens: &Tokens<'_>) -> String {
        if names_server(tokens, "CI_SERVER_HOST", server)
            && let Some(url) = tokens.variable("CI_API_V4_URL")
        {
            return url.trim_end_matches('/').to_owned();
        }
        format!("{}/api/v4", server.address())
    }

    fn repository(&self, path: &str) -> Result<String, Error> {
        // A directory on this machine has names that are no groups.
        let names = path.split('/').filter(|name| !name.is_empty()).count();
        if names < 2 {
            return Err(not_a_repository("GitLab", path, "GROUP/PROJECT"));
        }
        Ok(path.to_owned())
    }

    fn credential(&self, token: &Token) -> (&'static str, Secret) {
        if token.source == JOB_TOKEN {
            return ("job-token", token.secret.clone());
        }
        (
            "authorization",
            Secret::new(format!("Bearer {}", token.secret.reveal())),
        )
    }

    fn git_user(&self, token: &Token) -> String {
        let user = if token.source == JOB_TOKEN {
            "gitlab-ci-token"
        } else {
            "oauth2"
        };
        user.to_owned()
    }

    fn warnings(&self, api: &Api<'_>) -> Vec<Error> {
        let is_job = api.token.as_ref().is_some_and(|token| token.source == JOB_TOKEN);
        if !is_job {
            return Vec::new();
        }
        vec![
            Error::new(
                Kind::Access,
                "job-token",
                "CI_JOB_TOKEN can open few things: no comments, and pushes to its own project only where that is on",
            )
            .hint(Hint::Say(
                "put a project or group access token with the scope `api` into the masked variable \
                 RAKOPS_GITLAB_TOKEN"
                    .into(),
            )),
        ]
    }

    fn address_to_open(&self, api: &Api<'_>, lane: &Lane) -> String {
        format!(
            "{}/{}/-/merge_requests/new?merge_request%5Bsource_branch%5D={}&merge_request%5Btarget_branch%5D={}",
            api.server.address(),
            api.repository,
            escaped(lane.head.as_str()),
            escaped(lane.base.as_str())
        )
    }

    fn find_open(&self, api: &Api<'_>, lane: &Lane) -> Result<Vec<PullRequest>, Error> {
        let (head, base) = (escaped(lane.head.as_str()), escaped(lane.base.as_str()));
        let mut found = GitLab::listed(api, &format!("&source_branch={head}&target_branch={base}"))?;
        found.retain(|pr| pr.lane == *lane && pr.head_repository.is_none());
        Ok(found)
    }

    fn list_open(&self, api: &Api<'_>, base: Option<&BranchName>) -> Result<Vec<PullRequest>, Error> {
        let query = base.map(|base| format!("&target_branch={}", escaped(base.as_str())));
        GitLab::listed(api, &query.unwrap_or_default())
    }

    fn get(&self, api: &Api<'_>, number: u64) -> Result<PullRequest, Error> {
        let request = GitLab::read(api, number)?;
        let checks = request.checks();
        let wants_other = request.status() == "requested_changes";
        let review = match GitLab::approvals(api, number) {
            _ if wants_other => ReviewDecision::ChangesRequested,
            Ok(approvals) if approvals.approvals_left > 0 => ReviewDecision::Required,
            Ok(approvals) if approvals.approved_by.is_empty() => ReviewDecision::None,
            Ok(_) => ReviewDecision::Approved,
            Err(_) => ReviewDecision::Unknown,
        };
        Ok(PullRequest {
            checks,
            review,
            ..request.into_request()?
        })
    }

    fn create(&self, api: &Api<'_>, new: &NewRequest) -> Result<Attempt, Error> {
        if !GitLab::has_commits(api, &new.lane)? {
            return Ok(Attempt::NothingBetween);
        }
        let body = json!({
            "source_branch": new.lane.head.as_str(), "target_branch": new.lane.base.as_str(),
            "title": titled(&new.title, new.stage), "description": new.body,
        });
        let doing = format!("open a merge request from `{}` to `{}`", new.lane.head, new.lane.base);
        let call = Call::new(Verb::Post, GitLab::requests(api), doing)
            .json(body)
            .needing("api");
        let answer = api.ask(&call)?;
        if answer.status == 409 {
            return Ok(Attempt::Duplicate);
        }
        api.accept(&answer, &call)?;
        Ok(Attempt::made(api.parse::<Request>(&answer, &call)?.into_request()?))
    }

    fn update(&self, api: &Api<'_>, pr: &PullRequest, patch: &Patch) -> Result<(), Error> {
        let mut body = serde_json::Map::new();
        if patch.title.is_some() || patch.stage.is_some() {
            let title = patch.title.as_ref().unwrap_or(&pr.title);
            let title = titled(title, patch.stage.unwrap_or(pr.stage));
            body.insert("title".into(), title.into());
        }
        if let Some(text) = &patch.body {
            body.insert("description".into(), text.as_str().into());
        }
        if let Some(base) = &patch.base {
            body.insert("target_branch".into(), base.as_str().into());
        }
        GitLab::change(api, pr.number, body.into())
    }

    fn add_labels(&self, api: &Api<'_>, pr: &PullRequest, labels: &[String]) -> Result<Support, Error> {
        GitLab::change(api, pr.number, json!({ "add_labels": labels.join(",") }))?;
        Ok(Support::Done)
    }

    fn ask_reviewers(&self, api: &Api<'_>, pr: &PullRequest, reviewers: &[String]) -> Result<Support, Error> {
        if let Some(team) = reviewers.iter().find(|name| name.contains('/')) {
            if reviewers.len() == 1 {
                return Ok(Support::None);
            }
            return Err(Error::new(Kind::Refused, "no-teams", format!("`{team}` is no person")));
        }
        let present = GitLab::read(api, pr.number)?.reviewers;
        let mut ids: Vec<u64> = present.iter().map(|user| user.id).collect();
        let before = ids.len();
        for name in reviewers {
            let known = present.iter().find(|user| user.username.eq_ignore_ascii_case(name));
            if known.is_none() {
                ids.push(GitLab::id_of(api, name)?);
            }
        }
        if ids.len() > before {
            GitLab::change(api, pr.number, json!({ "reviewer_ids": ids }))?;
            let now = GitLab::read(api, pr.number)?.reviewers;
            if let Some(lost) = ids.iter().find(|id| !now.iter().any(|user| user.id == **id)) {
                return Err(Error::new(
                    Kind::Refused,
                    "one-reviewer",
                    "GitLab keeps one reviewer only in this project",
                )
                .because(format!("the user with the id {lost} was not taken")));
            }
        }
        Ok(Support::Done)
    }

    fn enable_auto_merge(
        &self,
        api: &Api<'_>,
        pr: &PullRequest,
        (head, method): (&Oid, Option<Method>),
    ) -> Result<AutoMerge, Error> {
        let has_nothing = |now: &Request| {
            now.status() == "mergeable" && now.checks() == Checks::None && pr.review != ReviewDecision::Approved
        };
        let mut now = GitLab::computed(api, pr.number)?;
        for pause in CHECKS_BEGIN_WITHIN {
            if !has_nothing(&now) {
                break;
            }
            std::thread::sleep(Duration::from_secs(*pause));
            now = GitLab::computed(api, pr.number)?;
        }
        if NOT_COMPUTED.contains(&now.status()) {
            return Ok(AutoMerge::Unavailable(
                "GitLab has not found out yet whether it merges".into(),
            ));
        }
        if has_nothing(&now) {
            // Asked now, GitLab would merge at once.
            return Ok(AutoMerge::Unavailable(
                "it has neither a pipeline nor a required approval, so there is nothing to wait for".into(),
            ));
        }
        let mut body = json!({
            // The second name is the one before 17.11, which ignores the first and would merge at once.
            "auto_merge": true, "merge_when_pipeline_succeeds": true, "sha": head.as_str(),
        });
        if method == Some(Method::Squash) {
            body["squash"] = true.into();
        }
        Ok(match GitLab::put_merge(api, pr.number, body)? {
            Sent::Taken(request) if request.state == "merged" => AutoMerge::MergedNow,
            Sent::Taken(_) => AutoMerge::Enabled,
            Sent::HeadMoved => AutoMerge::Unavailable("its head has moved".into()),
            Sent::NotReady(why) | Sent::Refused(why) => AutoMerge::Unavailable(why),
        })
    }

    fn disable_auto_merge(&self, api: &Api<'_>, pr: &PullRequest) -> Result<(), Error> {
        let path = format!("{}/cancel_merge_when_pipeline_succeeds", GitLab::one(api, pr.number));
        let doing = format!("switch auto-merge of merge request {} off", pr.number);
        api.tell(&Call::new(Verb::Post, path, doing).needing("api"))
    }

    fn merge(&self, api: &Api<'_>, pr: &PullRequest, (head, method): (&Oid, Option<Method>)) -> Result<Merge, Error> {
        if method == Some(Method::Rebase) {
            return Ok(Merge::Refused(
                "GitLab rebases only where the project's merge method says so".into(),
            ));
        }
        let before = GitLab::computed(api, pr.number)?;
        let status = before.status().to_owned();
        let mut body = json!({ "sha": head.as_str() });
        if method == Some(Method::Squash) {
            body["squash"] = true.into();
        }
        Ok(match GitLab::put_merge(api, pr.number, body)? {
            Sent::Taken(request) => Merge::Merged {
                commit: request.into_request()?.merge_oid,
            },
            Sent::HeadMoved => match GitLab::read(api, pr.number)?.sha {
                Some(now) if now == head.as_str() => Merge::NotReady(status),
                _ => Merge::HeadMoved,
            },
            Sent::NotReady(why) if before.has_conflicts || status == "conflict" => Merge::Refused(why),
            Sent::NotReady(why) => Merge::NotReady(format!("{why} ({status})")),
            Sent::Refused(why) => Merge::Refused(why),
        })
    }

    fn close(&self, api: &Api<'_>, pr: &PullRequest) -> Result<(), Error> {
        GitLab::change(api, pr.number, json!({ "state_event": "close" }))
    }

    fn comments(&self, api: &Api<'_>, number: u64) -> Result<Vec<Comment>, Error> {
        let path = format!("{}/notes?per_page=100", GitLab::one(api, number));
        let call = Call::new(Verb::Get, path, format!("read the comments on merge request {number}"));
        let notes: Vec<Note> = api.linked(call.needing("api"))?;
        let page = format!("{}/{}/-/merge_requests/{number}", api.server.address(), api.repository);
        let own = notes.into_iter().filter(|note| !note.system);
        Ok(own
            .map(|note| Comment {
                url: format!("{page}#note_{}", note.id),
                id: note.id.to_string(),
                body: note.body,
                author: note.author.username,
            })
            .collect())
    }

    fn add_comment(&self, api: &Api<'_>, number: u64, text: &str) -> Result<String, Error> {
        let path = format!("{}/notes", GitLab::one(api, number));
        let call = Call::new(Verb::Post, path, format!("comment on merge request {number}"));
        let note: Note = api.read(&call.json(json!({ "body": text })).needing("api"))?;
        let page = format!("{}/{}/-/merge_requests/{number}", api.server.address(), api.repository);
        Ok(format!("{page}#note_{}", note.id))
    }

    fn edit_comment(&self, api: &Api<'_>, number: u64, (comment, text): (&Comment, &str)) -> Result<(), Error> {
        let path = format!("{}/notes/{}", GitLab::one(api, number), comment.id);
        let call = Call::new(Verb::Put, path, format!("change a comment on merge request {number}"));
        api.tell(&call.json(json!({ "body": text })).needing("api"))
    }

    fn reviews(&self, api: &Api<'_>, pr: &PullRequest) -> Result<Vec<Review>, Error> {
        let approvals = GitLab::approvals(api, pr.number)?;
        let reviews = approvals.approved_by.into_iter().map(|approver| Review {
            by: approver.user.username,
            state: ReviewState::Approved,
            // GitLab does not say which commit was approved.
            commit: None,
            at: approver.approved_at.unwrap_or_default(),
        });
        Ok(reviews.collect())
    }

    fn is_ancestor(&self, api: &Api<'_>, repository: &str, (old, new): (&Oid, &Oid)) -> Result<Option<bool>, Error> {
        #[derive(Deserialize)]
        struct Base {
            id: String,
        }
        let project = escaped(repository);
        let path = format!("/projects/{project}/repository/merge_base?refs%5B%5D={old}&refs%5B%5D={new}");
        let call = Call::new(Verb::Get, path, format!("compare commits of `{repository}`"));
        let answer = api.ask(&call)?;
        if matches!(answer.status, 400 | 403 | 404) {
            return Ok(None);
        }
        api.accept(&answer, &call)?;
        let base: Base = api.parse(&answer, &call)?;
        Ok(Some(base.id == old.as_str()))
    }

    fn whoami(&self, api: &Api<'_>) -> Result<Option<String>, Error> {
        if api.token.as_ref().is_some_and(|token| token.source == JOB_TOKEN) {
            return Ok(None);
        }
        let user: User = api.read(&Call::new(Verb::Get, "/user", "find out whose token it is").needing("api"))?;
        Ok(Some(user.username))
    }

    fn evidence(&self, api: &Api<'_>, branch: (&BranchName, Option<i64>), commits: &[Oid]) -> Result<Vec<Told>, Error> {
        evidence::read(api, branch, commits)
    }

    fn rules(&self, api: &Api<'_>, branch: &BranchName) -> Result<Option<Rules>, Error> {
        rules::read(api, branch)
    }

    fn members(&self, api: &Api<'_>, team: &str) -> Result<Option<Vec<String>>, Error> {
        evidence::members(api, team)
    }
}
