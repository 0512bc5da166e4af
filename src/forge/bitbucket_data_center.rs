//! Bitbucket Data Center, and Bitbucket Server before it.
//!
//! Source: Bitbucket Data Center REST API, "Pull Requests", "Repository", "Builds and Deployments". A version that moves
//! with the head and every change is what writes are held to.

mod evidence;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::api::{Api, Call, basic, words_of};
use super::place::Server;
use super::tokens::{Token, Tokens, Variable};
use super::{
    Attempt, AutoMerge, Checks, Comment, Forge, Lane, Merge, Method, NewRequest, Patch, Probe, PullRequest, Review,
    ReviewDecision, ReviewState, Stage, State, Support, Told, last_names, not_a_repository,
};
use crate::error::{Error, Kind};
use crate::git::names::{BranchName, Oid};
use crate::http::{Verb, escaped};
use crate::text::secret::Secret;

/// The entry.
pub(super) struct BitbucketDataCenter;

const WRITE: &str = "repository write";

static VARIABLES: &[Variable] = &[Variable::ours("RAKOPS_BITBUCKET_TOKEN", Some("RAKOPS_BITBUCKET_USER"))];

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Page<T> {
    values: Vec<T>,
    #[serde(default)]
    is_last_page: bool,
    next_page_start: Option<u64>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Pull {
    id: u64,
    version: u64,
    title: String,
    description: Option<String>,
    state: String,
    #[serde(default)]
    draft: bool,
    from_ref: End,
    to_ref: End,
    author: Option<Reviewer>,
    #[serde(default)]
    reviewers: Vec<Reviewer>,
    properties: Option<Properties>,
    /// Thousandths of seconds since 1970.
    closed_date: Option<i64>,
    links: Links,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct End {
    id: String,
    latest_commit: Option<String>,
    repository: Repository,
}

#[derive(Deserialize)]
struct Repository {
    slug: String,
    project: Project,
}

#[derive(Deserialize)]
struct Project {
    key: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Reviewer {
    user: Person,
    status: Option<String>,
    last_reviewed_commit: Option<String>,
}

#[derive(Deserialize)]
struct Person {
    name: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Properties {
    merge_commit: Option<Commit>,
}

#[derive(Deserialize)]
struct Commit {
    id: String,
}

#[derive(Deserialize)]
struct Links {
    #[serde(rename = "self")]
    own: Vec<Link>,
}

#[derive(Deserialize)]
struct Link {
    href: String,
}

#[derive(Deserialize)]
struct Activity {
    comment: Option<Note>,
}

#[derive(Deserialize)]
struct Note {
    id: u64,
    version: u64,
    text: String,
    author: Person,
}

#[derive(Deserialize)]
struct Mergeable {
    #[serde(default)]
    conflicted: bool,
}

impl Pull {
    fn head(&self) -> Option<Oid> {
        self.from_ref.latest_commit.as_deref().and_then(Oid::parse)
    }

    fn decision(&self) -> ReviewDecision {
        let said = |word: &str| self.reviewers.iter().any(|one| one.status.as_deref() == Some(word));
        match () {
            () if said("NEEDS_WORK") => ReviewDecision::ChangesRequested,
            () if said("APPROVED") => ReviewDecision::Approved,
            () => ReviewDecision::None,
        }
    }

    /// In our words.
    ///
    /// # Errors
    /// [`Kind::Remote`] if a branch has a name that git would not take.
    fn into_request(self) -> Result<PullRequest, Error> {
        let branch = |name: &str| {
            BranchName::parse(name).map_err(|mut error| {
                error.kind = Kind::Remote;
                error
            })
        };
        let (head_oid, review) = (self.head(), self.decision());
        let name_of = |end: &End| format!("{}/{}", end.repository.project.key, end.repository.slug);
        let is_foreign = name_of(&self.from_ref) != name_of(&self.to_ref);
        let state = match self.state.as_str() {
            "OPEN" => State::Open,
            "MERGED" => State::Merged,
            _ => State::Closed,
        };
        let merged = self.properties.and_then(|properties| properties.merge_commit);
        Ok(PullRequest {
            number: self.id,
            url: self
                .links
                .own
                .into_iter()
                .next()
                .map(|link| link.href)
                .unwrap_or_default(),
            title: self.title,
            body: self.description.unwrap_or_default(),
            lane: Lane {
                head: branch(&self.from_ref.id)?,
                base: branch(&self.to_ref.id)?,
            },
            head_repository: is_foreign.then(|| name_of(&self.from_ref)),
            head_oid,
            state,
            stage: if self.draft { Stage::Draft } else { Stage::Ready },
            auto_merge: Some(false),
            review,
            mergeable: None,
            checks: Checks::Unknown,
            merged_at: None,
            merge_oid: merged.and_then(|commit| Oid::parse(&commit.id)),
            merged_by: None,
            author: self.author.map(|author| author.user.name),
            labels: Vec::new(),
            reviewers: self.reviewers.into_iter().map(|one| one.user.name).collect(),
            handle: self.version.to_string(),
        })
    }
}

impl BitbucketDataCenter {
    fn repo_of(repository: &str) -> String {
        let (key, slug) = repository.split_once('/').unwrap_or(("", repository));
        format!("/projects/{key}/repos/{slug}")
    }

    fn pulls(api: &Api<'_>) -> String {
        format!("{}/pull-requests", BitbucketDataCenter::repo_of(&api.repository))
    }

    fn one(api: &Api<'_>, number: u64) -> String {
        format!("{}/{number}", BitbucketDataCenter::pulls(api))
    }

    fn read(api: &Api<'_>, number: u64) -> Result<Pull, Error> {
        let doing = format!("read pull request {number}");
        api.read(&Call::new(Verb::Get, BitbucketDataCenter::one(api, number), doing).needing("repository read"))
    }

    fn paged<T: DeserializeOwned>(api: &Api<'_>, path: &str, doing: &str) -> Result<Vec<T>, Error> {
        let mark = if path.contains('?') { '&' } else { '?' };
        let address = |start: u64| format!("{path}{mark}start={start}&limit=50");
        let mut found = Vec::new();
        let call = Call::new(Verb::Get, address(0), doing).needing("repository read");
        api.turn(call, |answer, call| {
            let page: Page<T> = api.parse(answer, call)?;
            found.extend(page.values);
            Ok(page.next_page_start.filter(|_| !page.is_last_page).map(address))
        })?;
        Ok(found)
    }

    fn listed(api: &Api<'_>, base: Option<&BranchName>) -> Result<Vec<PullRequest>, Error> {
        let at = base.map(|base| format!("&at={}&direction=INCOMING", escaped(&base.reference())));
        let path = format!(
            "{}?state=OPEN{}",
            BitbucketDataCenter::pulls(api),
            at.unwrap_or_default()
        );
        let found: Vec<Pull> = BitbucketDataCenter::paged(api, &path, "list the pull requests")?;
        found.into_iter().map(Pull::into_request).collect()
    }

    fn checks(api: &Api<'_>, head: &Oid) -> Option<Checks> {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Counts {
            successful: u64,
            in_progress: u64,
            failed: u64,
        }
        let server = api.server.address();
        let path = format!("{server}/rest/build-status/latest/commits/stats/{head}");
        let counts: Counts = api.read(&Call::new(Verb::Get, path, "read the checks")).ok()?;
        Some(match (counts.failed, counts.in_progress, counts.successful) {
            (0, 0, 0) => Checks::None,
            (0, 0, _) => Checks::Passed,
            (0, _, _) => Checks::Pending,
            _ => Checks::Failed,
        })
    }

    fn mergeable(api: &Api<'_>, number: u64) -> Option<Mergeable> {
        let path = format!("{}/merge", BitbucketDataCenter::one(api, number));
        api.read(&Call::new(Verb::Get, path, "find out whether it merges")).ok()
    }

    /// Sends the request again with everything that would be lost otherwise; once more if somebody was quicker.
    fn put(api: &Api<'_>, number: u64, change: impl Fn(&mut Value)) -> Result<(), Error> {
        for is_second_try in [false, true] {
            let now = BitbucketDataCenter::read(api, number)?;
            let reviewers: Vec<Value> = now
                .reviewers
                .iter()
                .map(|one| json!({ "user": { "name": one.user.name } }))
                .collect();
            let mut body = json!({
                "version": now.version, "title": now.title, "description": now.description, "reviewers": reviewers,
            });
            change(&mut body);
            let doing = format!("change pull request {number}");
            let call = Call::new(Verb::Put, BitbucketDataCenter::one(api, number), doing)
                .json(body)
                .needing(WRITE);
            let answer = api.ask(&call)?;
            if answer.status != 409 || is_second_try || !is_out_of_date(&words_of(&answer)) {
                return api.accept(&answer, &call);
            }
        }
        Ok(())
    }

    fn say_no_drafts(api: &Api<'_>) {
        (api.door.say)("Bitbucket Data Center is not told about drafts; an ordinary pull request it is");
    }
}

fn is_out_of_date(words: &str) -> bool {
    words.contains("out-of-date")
}

impl Forge for BitbucketDataCenter {
    fn name(&self) -> &'static str {
        "bitbucket-data-center"
    }

    fn aliases(&self) -> &'static [&'static str] {
        &["bitbucket-server"]
    }

    fn title(&self) -> &'static str {
        "Bitbucket Data Center"
    }

    fn claims(&self, host: &str) -> bool {
        host.starts_with("bitbucket.") && host != "bitbucket.org"
    }

    fn probe(&self) -> Option<Probe> {
        Some(("/rest/api/latest/application-properties", |answer| {
            answer.status == 200 && answer.text().contains("\"Bitbucket\"")
        }))
    }

    fn variables(&self) -> &'static [Variable] {
        VARIABLES
    }

    fn permissions(&self) -> &'static str {
        "the permission `repository write`"
    }

    fn base(&self, server: &Server, _repository: &str, _tokens: &Tokens<'_>) -> String {
        format!("{}/rest/api/latest", server.address())
    }

    fn repository(&self, path: &str) -> Result<String, Error> {
        last_names(path, 2).ok_or_else(|| not_a_repository("Bitbucket Data Center", path, "PROJECT/REPOSITORY"))
    }

    fn credential(&self, token: &Token) -> (&'static str, Secret) {
        let shown = match &token.user {
            Some(user) => basic(user, &token.secret),
            None => Secret::new(format!("Bearer {}", token.secret.reveal())),
        };
        ("authorization", shown)
    }

    fn git_user(&self, token: &Token) -> String {
        token.user.clone().unwrap_or_else(|| "x-token-auth".to_owned())
    }

    fn address_to_open(&self, api: &Api<'_>, lane: &Lane) -> String {
        format!(
            "{}{}/pull-requests?create&sourceBranch={}&targetBranch={}",
            api.server.address(),
            BitbucketDataCenter::repo_of(&api.repository),
            escaped(&lane.head.reference()),
            escaped(&lane.base.reference())
        )
    }

    fn find_open(&self, api: &Api<'_>, lane: &Lane) -> Result<Vec<PullRequest>, Error> {
        let mut found = BitbucketDataCenter::listed(api, Some(&lane.base))?;
        found.retain(|pr| pr.lane == *lane && pr.head_repository.is_none());
        Ok(found)
    }

    fn list_open(&self, api: &Api<'_>, base: Option<&BranchName>) -> Result<Vec<PullRequest>, Error> {
        BitbucketDataCenter::listed(api, base)
    }

    fn get(&self, api: &Api<'_>, number: u64) -> Result<PullRequest, Error> {
        let mut pr = BitbucketDataCenter::read(api, number)?.into_request()?;
        if let Some(checks) = pr
            .head_oid
            .as_ref()
            .and_then(|head| BitbucketDataCenter::checks(api, head))
        {
            pr.checks = checks;
        }
        if pr.state == State::Open {
            pr.mergeable = BitbucketDataCenter::mergeable(api, number).map(|known| !known.conflicted);
        }
        Ok(pr)
    }

    fn create(&self, api: &Api<'_>, new: &NewRequest) -> Result<Attempt, Error> {
        if new.stage == Stage::Draft {
            BitbucketDataCenter::say_no_drafts(api);
        }
        let (key, slug) = api.repository.split_once('/').unwrap_or_default();
        let end = |branch: &BranchName| json!({ "id": branch.reference(), "repository": { "slug": slug, "project": { "key": key } } });
        let body = json!({
            "title": new.title, "description": new.body, "fromRef": end(&new.lane.head), "toRef": end(&new.lane.base),
        });
        let doing = format!("open a pull request from `{}` to `{}`", new.lane.head, new.lane.base);
        let call = Call::new(Verb::Post, BitbucketDataCenter::pulls(api), doing)
            .json(body)
            .needing(WRITE);
        let answer = api.ask(&call)?;
        if answer.status == 409 {
            if words_of(&answer).contains("already up-to-date") {
                return Ok(Attempt::NothingBetween);
            }
            if !self.find_open(api, &new.lane)?.is_empty() {
                return Ok(Attempt::Duplicate);
            }
        }
        api.accept(&answer, &call)?;
        Ok(Attempt::made(api.parse::<Pull>(&answer, &call)?.into_request()?))
    }

    fn update(&self, api: &Api<'_>, pr: &PullRequest, patch: &Patch) -> Result<(), Error> {
        if patch.stage.is_some() {
            BitbucketDataCenter::say_no_drafts(api);
        }
        if patch.title.is_none() && patch.body.is_none() && patch.base.is_none() {
            return Ok(());
        }
        BitbucketDataCenter::put(api, pr.number, |body| {
            if let Some(title) = &patch.title {
                body["title"] = title.as_str().into();
            }
            if let Some(text) = &patch.body {
                body["description"] = text.as_str().into();
            }
            if let Some(base) = &patch.base {
                body["toRef"] = json!({ "id": base.reference() });
            }
        })
    }

    fn add_labels(&self, _api: &Api<'_>, _pr: &PullRequest, _labels: &[String]) -> Result<Support, Error> {
        Ok(Support::None)
    }

    fn ask_reviewers(&self, api: &Api<'_>, pr: &PullRequest, reviewers: &[String]) -> Result<Support, Error> {
        if let [only] = reviewers
            && only.contains('/')
        {
            return Ok(Support::None);
        }
        BitbucketDataCenter::put(api, pr.number, |body| {
            if let Some(list) = body["reviewers"].as_array_mut() {
                for name in reviewers {
                    if !list.iter().any(|one| one["user"]["name"] == name.as_str()) {
                        list.push(json!({ "user": { "name": name } }));
                    }
                }
            }
        })?;
        Ok(Support::Done)
    }

    fn enable_auto_merge(
        &self,
        _api: &Api<'_>,
        _pr: &PullRequest,
        _how: (&Oid, Option<Method>),
    ) -> Result<AutoMerge, Error> {
        Ok(AutoMerge::Unavailable(
            "rakops does not know the auto-merge of Bitbucket Data Center yet".into(),
        ))
    }

    fn disable_auto_merge(&self, _api: &Api<'_>, _pr: &PullRequest) -> Result<(), Error> {
        Ok(())
    }

    fn merge(&self, api: &Api<'_>, pr: &PullRequest, (head, method): (&Oid, Option<Method>)) -> Result<Merge, Error> {
        let number = pr.number;
        let mut body = json!({});
        if let Some(method) = method {
            body["strategyId"] = match method {
                Method::Merge => "no-ff",
                Method::Squash => "squash",
                Method::Rebase => "rebase-no-ff",
            }
            .into();
        }
        // The version moves with the head, so that of the look that saw this head is what the merge is held to.
        let path = format!("{}/merge?version={}", BitbucketDataCenter::one(api, number), pr.handle);
        let call = Call::new(Verb::Post, path, format!("merge pull request {number}"));
        let call = call.json(body).needing(WRITE).header("x-atlassian-token", "no-check");
        let answer = api.ask(&call)?;
        if answer.status != 409 {
            api.accept(&answer, &call)?;
            let merged = api.parse::<Pull>(&answer, &call)?.into_request()?;
            return Ok(Merge::Merged {
                commit: merged.merge_oid,
            });
        }
        let why = api.said(&answer);
        if BitbucketDataCenter::read(api, number)?.head().as_ref() != Some(head) {
            return Ok(Merge::HeadMoved);
        }
        Ok(match BitbucketDataCenter::mergeable(api, number) {
            Some(known) if known.conflicted => Merge::Refused(why),
            _ => Merge::NotReady(why),
        })
    }

    fn close(&self, api: &Api<'_>, pr: &PullRequest) -> Result<(), Error> {
        let path = format!(
            "{}/decline?version={}",
            BitbucketDataCenter::one(api, pr.number),
            pr.handle
        );
        let call = Call::new(Verb::Post, path, format!("decline pull request {}", pr.number));
        api.tell(&call.needing(WRITE).header("x-atlassian-token", "no-check"))
    }

    fn comments(&self, api: &Api<'_>, number: u64) -> Result<Vec<Comment>, Error> {
        let path = format!("{}/activities", BitbucketDataCenter::one(api, number));
        let seen: Vec<Activity> = BitbucketDataCenter::paged(api, &path, "read the comments")?;
        let page = format!(
            "{}{}/pull-requests/{number}/overview",
            api.server.address(),
            BitbucketDataCenter::repo_of(&api.repository)
        );
        let notes = seen.into_iter().filter_map(|activity| activity.comment);
        Ok(notes
            .map(|note| Comment {
                id: format!("{}:{}", note.id, note.version),
                url: format!("{page}?commentId={}", note.id),
                body: note.text,
                author: note.author.name,
            })
            .collect())
    }

    fn add_comment(&self, api: &Api<'_>, number: u64, text: &str) -> Result<String, Error> {
        let path = format!("{}/comments", BitbucketDataCenter::one(api, number));
        let call = Call::new(Verb::Post, path, format!("comment on pull request {number}"));
        let note: Note = api.read(&call.json(json!({ "text": text })).needing(WRITE))?;
        let page = format!(
            "{}{}",
            api.server.address(),
            BitbucketDataCenter::repo_of(&api.repository)
        );
        Ok(format!("{page}/pull-requests/{number}/overview?commentId={}", note.id))
    }

    fn edit_comment(&self, api: &Api<'_>, number: u64, (comment, text): (&Comment, &str)) -> Result<(), Error> {
        let (id, version) = comment.id.split_once(':').unwrap_or((&comment.id, "0"));
        let version: u64 = version.parse().unwrap_or_default();
        let path = format!("{}/comments/{id}", BitbucketDataCenter::one(api, number));
        let call = Call::new(Verb::Put, path, format!("change a comment on pull request {number}"));
        api.tell(&call.json(json!({ "text": text, "version": version })).needing(WRITE))
    }

    fn reviews(&self, api: &Api<'_>, pr: &PullRequest) -> Result<Vec<Review>, Error> {
        let seen = BitbucketDataCenter::read(api, pr.number)?.reviewers.into_iter();
        let reviews = seen.filter_map(|one| {
            let state = match one.status.as_deref() {
                Some("APPROVED") => ReviewState::Approved,
                Some("NEEDS_WORK") => ReviewState::ChangesRequested,
                _ => return None,
            };
            Some(Review {
                by: one.user.name,
                state,
                commit: one.last_reviewed_commit.as_deref().and_then(Oid::parse),
                at: String::new(),
            })
        });
        Ok(reviews.collect())
    }

    fn is_ancestor(&self, api: &Api<'_>, repository: &str, (old, new): (&Oid, &Oid)) -> Result<Option<bool>, Error> {
        // What `old` reaches and `new` does not: nothing, if it is an ancestor.
        let repo = BitbucketDataCenter::repo_of(repository);
        let path = format!("{repo}/commits?until={old}&since={new}&limit=1");
        let call = Call::new(Verb::Get, path, format!("compare commits of `{repository}`"));
        let answer = api.ask(&call)?;
        if matches!(answer.status, 403 | 404) {
            return Ok(None);
        }
        api.accept(&answer, &call)?;
        let page: Page<Commit> = api.parse(&answer, &call)?;
        Ok(Some(page.values.is_empty()))
    }

    fn whoami(&self, api: &Api<'_>) -> Result<Option<String>, Error> {
        let call = Call::new(Verb::Get, "/application-properties", "find out whose token it is");
        let answer = api.ask(&call)?;
        api.accept(&answer, &call)?;
        // Every answer to somebody who is known says to whom.
        Ok(answer.header("x-ausername").map(str::to_owned))
    }

    fn evidence(&self, api: &Api<'_>, branch: (&BranchName, Option<i64>), commits: &[Oid]) -> Result<Vec<Told>, Error> {
        evidence::read(api, branch, commits)
    }
}
