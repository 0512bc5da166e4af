//! Azure DevOps: Azure Repos in the cloud, and Azure DevOps Server.
//!
//! Source: Azure DevOps REST API 7.1, "Git - Pull Requests", "Pull Request Threads", "Pull Request Statuses", "Diffs".

mod evidence;
mod words;

use std::time::Duration;

use serde::Deserialize;
use serde_json::{Value, json};

use super::api::{Api, CHECKS_BEGIN_WITHIN, Call, basic};
use super::place::Server;
use super::tokens::{Token, Tokens, Variable, names_server};
use super::{
    Attempt, AutoMerge, Checks, Comment, Forge, Lane, Merge, Method, NewRequest, Patch, PullRequest, Review,
    ReviewDecision, ReviewState, Stage, State, Support, Told, not_a_repository,
};
use crate::error::{Error, Hint, Kind};
use crate::git::names::{BranchName, Oid};
use crate::http::{Verb, escaped};
use crate::text::secret::Secret;
use words::{Compared, List, Person, Pull, Thread};

/// The entry.
pub(super) struct AzureDevOps;

const VERSION: &str = "api-version=7.1";
const WRITE: &str = "Code (read & write)";
const JOB_TOKEN: &str = "SYSTEM_ACCESSTOKEN";
/// How long a description may be, in characters.
const BODY_LIMIT: usize = 4_000;
/// How many entries a page has.
const PAGE: usize = 100;
/// How often a merge that goes on behind the scenes is looked at, a second apart.
const LOOKS: u32 = 60;

static VARIABLES: &[Variable] = &[
    Variable::ours("RAKOPS_AZURE_TOKEN", None),
    Variable::of_others("AZURE_DEVOPS_EXT_PAT", |server, _| server.host == "dev.azure.com"),
    Variable::of_others(JOB_TOKEN, |server, tokens| {
        names_server(tokens, "SYSTEM_COLLECTIONURI", server)
    }),
];

/// A description that fits.
fn fitted(api: &Api<'_>, body: &str) -> String {
    if body.chars().count() <= BODY_LIMIT {
        return body.to_owned();
    }
    (api.door.say)("the description is cut: Azure DevOps takes 4000 characters");
    body.chars().take(BODY_LIMIT).collect()
}

fn strategy(method: Method) -> &'static str {
    match method {
        Method::Merge => "noFastForward",
        Method::Squash => "squash",
        Method::Rebase => "rebase",
    }
}

impl AzureDevOps {
    /// Organisation, project and repository.
    fn parts(repository: &str) -> (&str, &str, &str) {
        let mut parts = repository.splitn(3, '/');
        let mut next = || parts.next().unwrap_or_default();
        (next(), next(), next())
    }

    fn page(api: &Api<'_>, number: u64) -> String {
        let (organisation, project, name) = AzureDevOps::parts(&api.repository);
        let (project, name) = (escaped(project), escaped(name));
        format!(
            "{}/{organisation}/{project}/_git/{name}/pullrequest/{number}",
            api.server.address()
        )
    }

    fn one(number: u64, below: &str) -> String {
        format!("/pullrequests/{number}{below}?{VERSION}")
    }

    fn read(api: &Api<'_>, number: u64) -> Result<Pull, Error> {
        let doing = format!("read pull request {number}");
        api.read(&Call::new(Verb::Get, AzureDevOps::one(number, ""), doing).needing("Code (read)"))
    }

    fn listed(api: &Api<'_>, filter: &str) -> Result<Vec<Pull>, Error> {
        let address = |skip: usize| {
            format!("/pullrequests?searchCriteria.status=active{filter}&$top={PAGE}&$skip={skip}&{VERSION}")
        };
        let mut found: Vec<Pull> = Vec::new();
        let call = Call::new(Verb::Get, address(0), "list the pull requests").needing("Code (read)");
        api.turn(call, |answer, call| {
            let page: List<Pull> = api.parse(answer, call)?;
            let is_full = page.value.len() >= PAGE;
            found.extend(page.value);
            Ok(is_full.then(|| address(found.len())))
        })?;
        Ok(found)
    }

    fn change(api: &Api<'_>, number: u64, body: Value) -> Result<(), Error> {
        let doing = format!("change pull request {number}");
        let call = Call::new(Verb::Patch, AzureDevOps::one(number, ""), doing);
        api.tell(&call.json(body).needing(WRITE))
    }

    fn checks(api: &Api<'_>, number: u64) -> Option<Checks> {
        #[derive(Deserialize)]
        struct Status {
            state: Option<String>,
        }
        let call = Call::new(Verb::Get, AzureDevOps::one(number, "/statuses"), "read the checks");
        let seen: List<Status> = api.read(&call).ok()?;
        let has = |word: &str| seen.value.iter().any(|status| status.state.as_deref() == Some(word));
        Some(if seen.value.is_empty() {
            Checks::None
        } else if has("failed") || has("error") {
            Checks::Failed
        } else if has("pending") || has("notSet") {
            Checks::Pending
        } else {
            Checks::Passed
        })
    }

    /// The id of the token's own identity.
    fn identity(api: &Api<'_>) -> Result<String, Error> {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Connection {
            authenticated_user: Person,
        }
        let (organisation, _, _) = AzureDevOps::parts(&api.repository);
        let path = format!("{}/{organisation}/_apis/connectionData", api.server.address());
        let connection: Connection = api.read(&Call::new(Verb::Get, path, "find out whose token it is"))?;
        Ok(connection.authenticated_user.id)
    }

    /// How far a commit or branch is ahead of another.
    fn compare(api: &Api<'_>, (kind, base, target): (&str, &str, &str)) -> Result<Option<Compared>, Error> {
        let (base, target) = (escaped(base), escaped(target));
        let path = format!(
            "/diffs/commits?baseVersion={base}&baseVersionType={kind}&targetVersion={target}\
             &targetVersionType={kind}&$top=1&{VERSION}"
        );
        let call = Call::new(Verb::Get, path, "compare commits").needing("Code (read)");
        let answer = api.ask(&call)?;
        if matches!(answer.status, 400 | 404) {
            return Ok(None);
        }
        api.accept(&answer, &call)?;
        api.parse(&answer, &call).map(Some)
    }
}

impl Forge for AzureDevOps {
    fn name(&self) -> &'static str {
        "azure-devops"
    }

    fn aliases(&self) -> &'static [&'static str] {
        &["azure"]
    }

    fn title(&self) -> &'static str {
        "Azure DevOps"
    }

    fn claims(&self, host: &str) -> bool {
        host == "dev.azure.com"
    }

    fn variables(&self) -> &'static [Variable] {
        VARIABLES
    }

    fn permissions(&self) -> &'static str {
        "the scope `Code (read & write)`; in a pipeline, map `System.AccessToken` into the step as SYSTEM_ACCESSTOKEN"
    }

    fn base(&self, server: &Server, repository: &str, _tokens: &Tokens<'_>) -> String {
        let (organisation, project, name) = AzureDevOps::parts(repository);
        let (project, name) = (escaped(project), escaped(name));
        format!(
            "{}/{organisation}/{project}/_apis/git/repositories/{name}",
            server.address()
        )
    }

    fn repository(&self, path: &str) -> Result<String, Error> {
        let decoded = path.replace("%20", " ");
        let names: Vec<&str> = decoded
            .split('/')
            .filter(|name| !matches!(*name, "" | "_git" | "v3"))
            .collect();
        match names.as_slice() {
            // A repository that is called like its project.
            [organisation, name] => Ok(format!("{organisation}/{name}/{name}")),
            [.., organisation, project, name] => Ok(format!("{organisation}/{project}/{name}")),
            _ => Err(not_a_repository(
                "Azure DevOps",
                path,
                "ORGANISATION/PROJECT/REPOSITORY",
            )),
        }
    }

    fn credential(&self, token: &Token) -> (&'static str, Secret) {
        let is_for_bearers = token.source == JOB_TOKEN || token.secret.reveal().starts_with("eyJ");
        let shown = if is_for_bearers {
            Secret::new(format!("Bearer {}", token.secret.reveal()))
        } else {
            basic("", &token.secret)
        };
        ("authorization", shown)
    }

    fn git_user(&self, _token: &Token) -> String {
        String::new()
    }

    fn address_to_open(&self, api: &Api<'_>, lane: &Lane) -> String {
        let (organisation, project, name) = AzureDevOps::parts(&api.repository);
        format!(
            "{}/{organisation}/{}/_git/{}/pullrequestcreate?sourceRef={}&targetRef={}",
            api.server.address(),
            escaped(project),
            escaped(name),
            escaped(lane.head.as_str()),
            escaped(lane.base.as_str())
        )
    }

    fn find_open(&self, api: &Api<'_>, lane: &Lane) -> Result<Vec<PullRequest>, Error> {
        let filter = format!(
            "&searchCriteria.sourceRefName={}&searchCriteria.targetRefName={}",
            escaped(&lane.head.reference()),
            escaped(&lane.base.reference())
        );
        let own = AzureDevOps::listed(api, &filter)?;
        let own = own.into_iter().filter(|pull| pull.fork_source.is_none());
        // A list cuts descriptions, which would look like a difference.
        own.map(|pull| AzureDevOps::read(api, pull.pull_request_id)?.into_request(api))
            .collect()
    }

    fn list_open(&self, api: &Api<'_>, base: Option<&BranchName>) -> Result<Vec<PullRequest>, Error> {
        let filter = base.map(|base| format!("&searchCriteria.targetRefName={}", escaped(&base.reference())));
        let found = AzureDevOps::listed(api, &filter.unwrap_or_default())?;
        found.into_iter().map(|pull| pull.into_request(api)).collect()
    }

    fn get(&self, api: &Api<'_>, number: u64) -> Result<PullRequest, Error> {
        let mut pr = AzureDevOps::read(api, number)?.into_request(api)?;
        if let Some(checks) = AzureDevOps::checks(api, number) {
            pr.checks = checks;
        }
        Ok(pr)
    }

    fn create(&self, api: &Api<'_>, new: &NewRequest) -> Result<Attempt, Error> {
        let lane = (new.lane.base.as_str(), new.lane.head.as_str());
        let compared = AzureDevOps::compare(api, ("branch", lane.0, lane.1))?;
        if compared.is_some_and(|compared| compared.ahead_count == 0) {
            return Ok(Attempt::NothingBetween);
        }
        let body = json!({
            "sourceRefName": new.lane.head.reference(), "targetRefName": new.lane.base.reference(),
            "title": new.title, "description": fitted(api, &new.body), "isDraft": new.stage == Stage::Draft,
        });
        let doing = format!("open a pull request from `{}` to `{}`", new.lane.head, new.lane.base);
        let call = Call::new(Verb::Post, format!("/pullrequests?{VERSION}"), doing);
        let call = call.json(body).needing(WRITE);
        let answer = api.ask(&call)?;
        if answer.status == 409 {
            return Ok(Attempt::Duplicate);
        }
        api.accept(&answer, &call)?;
        Ok(Attempt::made(api.parse::<Pull>(&answer, &call)?.into_request(api)?))
    }

    fn update(&self, api: &Api<'_>, pr: &PullRequest, patch: &Patch) -> Result<(), Error> {
        let mut body = serde_json::Map::new();
        if let Some(title) = &patch.title {
            body.insert("title".into(), title.as_str().into());
        }
        if let Some(text) = &patch.body {
            body.insert("description".into(), fitted(api, text).into());
        }
        if let Some(base) = &patch.base {
            body.insert("targetRefName".into(), base.reference().into());
        }
        if let Some(stage) = patch.stage {
            body.insert("isDraft".into(), (stage == Stage::Draft).into());
        }
        AzureDevOps::change(api, pr.number, body.into())
    }

    fn add_labels(&self, api: &Api<'_>, pr: &PullRequest, labels: &[String]) -> Result<Support, Error> {
        for label in labels {
            let path = AzureDevOps::one(pr.number, "/labels");
            let call = Call::new(Verb::Post, path, format!("label pull request {}", pr.number));
            api.tell(&call.json(json!({ "name": label })).needing(WRITE))?;
        }
        Ok(Support::Done)
    }

    fn ask_reviewers(&self, api: &Api<'_>, pr: &PullRequest, reviewers: &[String]) -> Result<Support, Error> {
        for reviewer in reviewers {
            let is_id = reviewer.len() == 36 && reviewer.bytes().all(|b| b.is_ascii_hexdigit() || b == b'-');
            if !is_id {
                // Names are looked up on another host, which the token is not for.
                return Err(Error::new(
                    Kind::Usage,
                    "reviewer-id",
                    format!("`{reviewer}` is no id of an identity"),
                )
                .hint(Hint::Say("az devops user show --user MAIL --query id".into())));
            }
            let path = AzureDevOps::one(pr.number, &format!("/reviewers/{reviewer}"));
            let call = Call::new(
                Verb::Put,
                path,
                format!("ask for a review of pull request {}", pr.number),
            );
            api.tell(&call.json(json!({ "vote": 0 })).needing(WRITE))?;
        }
        Ok(Support::Done)
    }

    fn enable_auto_merge(
        &self,
        api: &Api<'_>,
        pr: &PullRequest,
        (head, method): (&Oid, Option<Method>),
    ) -> Result<AutoMerge, Error> {
        let waits = |pr: &PullRequest| pr.checks != Checks::None || pr.review == ReviewDecision::Required;
        let mut now = pr.clone();
        for pause in CHECKS_BEGIN_WITHIN {
            if waits(&now) {
                break;
            }
            std::thread::sleep(Duration::from_secs(*pause));
            now = self.get(api, pr.number)?;
        }
        if !waits(&now) {
            // Asked now, it would be completed at once.
            return Ok(AutoMerge::Unavailable(
                "it has neither checks nor a required review, so there is nothing to wait for".into(),
            ));
        }
        let mut body = json!({ "autoCompleteSetBy": { "id": AzureDevOps::identity(api)? } });
        if let Some(method) = method {
            body["completionOptions"] = json!({ "mergeStrategy": strategy(method) });
        }
        AzureDevOps::change(api, pr.number, body)?;
        // It is not held to a head.
        let now = AzureDevOps::read(api, pr.number)?.into_request(api)?;
        if now.head_oid.as_ref().is_some_and(|now| now != head) {
            if now.state == State::Open {
                self.disable_auto_merge(api, pr)?;
            }
            return Ok(AutoMerge::Unavailable("its head has moved".into()));
        }
        Ok(match now.state {
            State::Merged => AutoMerge::MergedNow,
            _ => AutoMerge::Enabled,
        })
    }

    fn disable_auto_merge(&self, api: &Api<'_>, pr: &PullRequest) -> Result<(), Error> {
        let nobody = "00000000-0000-0000-0000-000000000000";
        AzureDevOps::change(api, pr.number, json!({ "autoCompleteSetBy": { "id": nobody } }))
    }

    fn merge(&self, api: &Api<'_>, pr: &PullRequest, (head, method): (&Oid, Option<Method>)) -> Result<Merge, Error> {
        let mut body = json!({ "status": "completed", "lastMergeSourceCommit": { "commitId": head.as_str() } });
        if let Some(method) = method {
            body["completionOptions"] = json!({ "mergeStrategy": strategy(method) });
        }
        let doing = format!("complete pull request {}", pr.number);
        let call = Call::new(Verb::Patch, AzureDevOps::one(pr.number, ""), doing);
        let call = call.json(body).needing(WRITE);
        let answer = api.ask(&call)?;
        if matches!(answer.status, 400 | 409) {
            let now = AzureDevOps::read(api, pr.number)?;
            let why = api.said(&answer);
            return Ok(match now.head() {
                Some(now) if now != *head => Merge::HeadMoved,
                _ if now.merge_status.as_deref() == Some("conflicts") => Merge::Refused(why),
                _ => Merge::NotReady(why),
            });
        }
        api.accept(&answer, &call)?;
        for _ in 0..LOOKS {
            let now = AzureDevOps::read(api, pr.number)?;
            match now.merge_status.as_deref() {
                _ if now.status == "completed" => {
                    let commit = now.into_request(api)?.merge_oid;
                    return Ok(Merge::Merged { commit });
                }
                Some("conflicts") => return Ok(Merge::Refused("there are conflicts".into())),
                Some("rejectedByPolicy") => return Ok(Merge::NotReady("a policy rejects it".into())),
                _ => std::thread::sleep(Duration::from_secs(1)),
            }
        }
        Ok(Merge::NotReady("Azure DevOps has taken it and not ended it yet".into()))
    }

    fn close(&self, api: &Api<'_>, pr: &PullRequest) -> Result<(), Error> {
        AzureDevOps::change(api, pr.number, json!({ "status": "abandoned" }))
    }

    fn comments(&self, api: &Api<'_>, number: u64) -> Result<Vec<Comment>, Error> {
        let call = Call::new(
            Verb::Get,
            AzureDevOps::one(number, "/threads"),
            format!("read the comments on pull request {number}"),
        );
        let threads: List<Thread> = api.read(&call.needing("Code (read)"))?;
        let mut found = Vec::new();
        for thread in threads.value {
            for note in thread.comments.into_iter().filter(|note| !note.is_deleted) {
                found.push(Comment {
                    id: format!("{}/{}", thread.id, note.id),
                    body: note.content.unwrap_or_default(),
                    author: note.author.id,
                    url: format!("{}?discussionId={}", AzureDevOps::page(api, number), thread.id),
                });
            }
        }
        Ok(found)
    }

    fn add_comment(&self, api: &Api<'_>, number: u64, text: &str) -> Result<String, Error> {
        let body = json!({ "comments": [{ "parentCommentId": 0, "content": text, "commentType": 1 }] });
        let path = AzureDevOps::one(number, "/threads");
        let call = Call::new(Verb::Post, path, format!("comment on pull request {number}"));
        let thread: Thread = api.read(&call.json(body).needing(WRITE))?;
        Ok(format!("{}?discussionId={}", AzureDevOps::page(api, number), thread.id))
    }

    fn edit_comment(&self, api: &Api<'_>, number: u64, (comment, text): (&Comment, &str)) -> Result<(), Error> {
        let (thread, id) = comment.id.split_once('/').unwrap_or_default();
        let path = AzureDevOps::one(number, &format!("/threads/{thread}/comments/{id}"));
        let call = Call::new(Verb::Patch, path, format!("change a comment on pull request {number}"));
        api.tell(&call.json(json!({ "content": text })).needing(WRITE))
    }

    fn reviews(&self, api: &Api<'_>, pr: &PullRequest) -> Result<Vec<Review>, Error> {
        let seen = AzureDevOps::read(api, pr.number)?.reviewers.into_iter();
        let reviews = seen.filter_map(|one| {
            let state = match one.vote {
                5.. => ReviewState::Approved,
                ..=-1 => ReviewState::ChangesRequested,
                _ => return None,
            };
            Some(Review {
                by: one.unique_name.unwrap_or(one.id),
                state,
                commit: None,
                at: String::new(),
            })
        });
        Ok(reviews.collect())
    }

    fn is_ancestor(&self, api: &Api<'_>, repository: &str, (old, new): (&Oid, &Oid)) -> Result<Option<bool>, Error> {
        // Other repositories are behind another base.
        if repository != api.repository {
            return Ok(None);
        }
        let compared = AzureDevOps::compare(api, ("commit", old.as_str(), new.as_str()))?;
        let common = compared.and_then(|compared| compared.common_commit);
        Ok(common.map(|common| common == old.as_str()))
    }

    fn whoami(&self, api: &Api<'_>) -> Result<Option<String>, Error> {
        AzureDevOps::identity(api).map(Some)
    }

    fn evidence(&self, api: &Api<'_>, branch: (&BranchName, Option<i64>), commits: &[Oid]) -> Result<Vec<Told>, Error> {
        evidence::read(api, branch, commits)
    }
}
