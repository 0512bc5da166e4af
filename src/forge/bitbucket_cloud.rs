//! Bitbucket Cloud.
//!
//! Source: Bitbucket Cloud REST API 2.0, "Pullrequests", "Commits". What could not be tried against the real one is said
//! on its page.

mod evidence;

use std::time::Duration;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::api::{Api, Call, basic, words_of};
use super::place::Server;
use super::tokens::{Token, Tokens, Variable};
use super::{
    Attempt, AutoMerge, Checks, Comment, Forge, Lane, Merge, Method, NewRequest, Patch, PullRequest, Review,
    ReviewDecision, ReviewState, Stage, State, Support, Told, last_names, not_a_repository,
};
use crate::error::{Error, Kind};
use crate::git::names::{BranchName, Oid};
use crate::http::{Verb, escaped};
use crate::text::secret::Secret;

/// The entry.
pub(super) struct BitbucketCloud;

const WRITE: &str = "pullrequest:write";
/// How often a merge that goes on behind the scenes is looked at, a second apart.
const LOOKS: u32 = 60;

static VARIABLES: &[Variable] = &[
    Variable::ours("RAKOPS_BITBUCKET_TOKEN", Some("RAKOPS_BITBUCKET_USER")),
    Variable::of_others("BITBUCKET_TOKEN", |server, _| server.host == "bitbucket.org"),
];

#[derive(Deserialize)]
struct Page<T> {
    values: Vec<T>,
    next: Option<String>,
}

#[derive(Deserialize)]
struct Pull {
    id: u64,
    title: String,
    #[serde(default)]
    description: Option<String>,
    state: String,
    #[serde(default)]
    draft: bool,
    source: End,
    destination: End,
    author: Option<Person>,
    merge_commit: Option<Commit>,
    closed_by: Option<Person>,
    updated_on: Option<String>,
    links: Links,
    #[serde(default)]
    reviewers: Vec<Person>,
    #[serde(default)]
    participants: Vec<Participant>,
}

#[derive(Deserialize)]
struct End {
    branch: Branch,
    commit: Option<Commit>,
    repository: Option<Repository>,
}

#[derive(Deserialize)]
struct Branch {
    name: String,
}

#[derive(Deserialize)]
struct Commit {
    hash: String,
}

#[derive(Deserialize)]
struct Repository {
    full_name: String,
}

#[derive(Deserialize)]
struct Person {
    uuid: String,
    nickname: Option<String>,
    display_name: Option<String>,
}

#[derive(Deserialize)]
struct Participant {
    user: Person,
    #[serde(default)]
    approved: bool,
    state: Option<String>,
    participated_on: Option<String>,
}

#[derive(Deserialize)]
struct Links {
    html: Link,
}

#[derive(Deserialize)]
struct Link {
    href: String,
}

#[derive(Deserialize)]
struct Note {
    id: u64,
    content: Content,
    user: Option<Person>,
    links: Links,
    #[serde(default)]
    deleted: bool,
}

#[derive(Deserialize)]
struct Content {
    raw: String,
}

impl Person {
    fn name(self) -> String {
        self.nickname.or(self.display_name).unwrap_or(self.uuid)
    }
}

impl Pull {
    fn decision(&self) -> ReviewDecision {
        let said = |word: &str| self.participants.iter().any(|one| one.state.as_deref() == Some(word));
        if said("changes_requested") {
            ReviewDecision::ChangesRequested
        } else if self.participants.iter().any(|one| one.approved) {
            ReviewDecision::Approved
        } else {
            ReviewDecision::None
        }
    }

    /// In our words. The ids of commits are cut there, and are left out then.
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
        let review = self.decision();
        let name_of = |end: &End| end.repository.as_ref().map(|repository| repository.full_name.clone());
        let head_repository = match (name_of(&self.source), name_of(&self.destination)) {
            (head, base) if head == base => None,
            (head, _) => Some(head.unwrap_or_default()),
        };
        let state = match self.state.as_str() {
            "OPEN" => State::Open,
            "MERGED" => State::Merged,
            _ => State::Closed,
        };
        let oid = |commit: &Option<Commit>| commit.as_ref().and_then(|commit| Oid::parse(&commit.hash));
        Ok(PullRequest {
            number: self.id,
            url: self.links.html.href,
            title: self.title,
            body: self.description.unwrap_or_default(),
            lane: Lane {
                head: branch(&self.source.branch.name)?,
                base: branch(&self.destination.branch.name)?,
            },
            head_repository,
            head_oid: oid(&self.source.commit),
            state,
            stage: if self.draft { Stage::Draft } else { Stage::Ready },
            auto_merge: Some(false),
            review,
            mergeable: None,
            checks: Checks::Unknown,
            merged_at: self.updated_on.filter(|_| state == State::Merged),
            merge_oid: oid(&self.merge_commit).filter(|_| state == State::Merged),
            merged_by: self.closed_by.filter(|_| state == State::Merged).map(Person::name),
            author: self.author.map(Person::name),
            labels: Vec::new(),
            reviewers: self.reviewers.into_iter().map(|one| one.uuid).collect(),
            handle: String::new(),
        })
    }
}

impl BitbucketCloud {
    fn repo(api: &Api<'_>) -> String {
        format!("/repositories/{}", api.repository)
    }

    fn one(api: &Api<'_>, number: u64) -> String {
        format!("{}/pullrequests/{number}", BitbucketCloud::repo(api))
    }

    fn read(api: &Api<'_>, number: u64) -> Result<Pull, Error> {
        let doing = format!("read pull request {number}");
        api.read(&Call::new(Verb::Get, BitbucketCloud::one(api, number), doing).needing("pullrequest"))
    }

    fn paged<T: DeserializeOwned>(api: &Api<'_>, path: String, doing: &str) -> Result<Vec<T>, Error> {
        let mut found = Vec::new();
        api.turn(
            Call::new(Verb::Get, path, doing).needing("pullrequest"),
            |answer, call| {
                let page: Page<T> = api.parse(answer, call)?;
                found.extend(page.values);
                Ok(page.next)
            },
        )?;
        Ok(found)
    }

    fn listed(api: &Api<'_>, filter: Option<String>) -> Result<Vec<PullRequest>, Error> {
        let filter = filter
            .map(|filter| format!("&q={}", escaped(&filter)))
            .unwrap_or_default();
        let path = format!(
            "{}/pullrequests?state=OPEN{filter}&pagelen=50",
            BitbucketCloud::repo(api)
        );
        let found: Vec<Pull> = BitbucketCloud::paged(api, path, "list the pull requests")?;
        found.into_iter().map(Pull::into_request).collect()
    }

    /// The whole id of a commit that the answers cut.
    fn whole(api: &Api<'_>, commit: Option<&Commit>) -> Option<Oid> {
        let hash = &commit?.hash;
        if let Some(whole) = Oid::parse(hash) {
            return Some(whole);
        }
        let path = format!("{}/commit/{hash}", BitbucketCloud::repo(api));
        let found: Commit = api
            .read(&Call::new(Verb::Get, path, "read a commit").needing("repository"))
            .ok()?;
        Oid::parse(&found.hash)
    }

    fn checks(api: &Api<'_>, number: u64) -> Option<Checks> {
        #[derive(Deserialize)]
        struct Status {
            state: String,
        }
        let path = format!("{}/statuses?pagelen=50", BitbucketCloud::one(api, number));
        let seen: Vec<Status> = BitbucketCloud::paged(api, path, "read the checks").ok()?;
        let has = |word: &str| seen.iter().any(|status| status.state == word);
        Some(if seen.is_empty() {
            Checks::None
        } else if has("FAILED") || has("STOPPED") {
            Checks::Failed
        } else if has("INPROGRESS") {
            Checks::Pending
        } else {
            Checks::Passed
        })
    }

    /// Sends the whole request again: what is left out is lost there.
    fn put(api: &Api<'_>, number: u64, change: impl FnOnce(&mut Value)) -> Result<(), Error> {
        let now = BitbucketCloud::read(api, number)?;
        let reviewers: Vec<Value> = now.reviewers.iter().map(|one| json!({ "uuid": one.uuid })).collect();
        let mut body = json!({
            "title": now.title, "description": now.description, "draft": now.draft, "reviewers": reviewers,
            "destination": { "branch": { "name": now.destination.branch.name } },
        });
        change(&mut body);
        let doing = format!("change pull request {number}");
        api.tell(
            &Call::new(Verb::Put, BitbucketCloud::one(api, number), doing)
                .json(body)
                .needing(WRITE),
        )
    }
}

impl Forge for BitbucketCloud {
    fn name(&self) -> &'static str {
        "bitbucket-cloud"
    }

    fn title(&self) -> &'static str {
        "Bitbucket Cloud"
    }

    fn claims(&self, host: &str) -> bool {
        host == "bitbucket.org"
    }

    fn variables(&self) -> &'static [Variable] {
        VARIABLES
    }

    fn permissions(&self) -> &'static str {
        "the scopes `pullrequest:write` and `repository:write`; the e-mail address of an API token's account belongs in \
         RAKOPS_BITBUCKET_USER"
    }

    fn base(&self, server: &Server, _repository: &str, _tokens: &Tokens<'_>) -> String {
        match server.host.as_str() {
            "bitbucket.org" => "https://api.bitbucket.org/2.0".to_owned(),
            _ => format!("{}/2.0", server.address()),
        }
    }

    fn repository(&self, path: &str) -> Result<String, Error> {
        last_names(path, 2).ok_or_else(|| not_a_repository("Bitbucket Cloud", path, "WORKSPACE/REPOSITORY"))
    }

    fn credential(&self, token: &Token) -> (&'static str, Secret) {
        let shown = match &token.user {
            Some(user) => basic(user, &token.secret),
            None => Secret::new(format!("Bearer {}", token.secret.reveal())),
        };
        ("authorization", shown)
    }

    fn git_user(&self, token: &Token) -> String {
        let user = if token.user.is_some() {
            "x-bitbucket-api-token-auth"
        } else {
            "x-token-auth"
        };
        user.to_owned()
    }

    fn address_to_open(&self, api: &Api<'_>, lane: &Lane) -> String {
        format!(
            "{}/{}/pull-requests/new?source={}&dest={}",
            api.server.address(),
            api.repository,
            escaped(lane.head.as_str()),
            escaped(lane.base.as_str())
        )
    }

    fn find_open(&self, api: &Api<'_>, lane: &Lane) -> Result<Vec<PullRequest>, Error> {
        let filter = format!(
            "source.branch.name=\"{}\" AND destination.branch.name=\"{}\"",
            lane.head, lane.base
        );
        let mut found = BitbucketCloud::listed(api, Some(filter))?;
        found.retain(|pr| pr.lane == *lane && pr.head_repository.is_none());
        Ok(found)
    }

    fn list_open(&self, api: &Api<'_>, base: Option<&BranchName>) -> Result<Vec<PullRequest>, Error> {
        BitbucketCloud::listed(api, base.map(|base| format!("destination.branch.name=\"{base}\"")))
    }

    fn get(&self, api: &Api<'_>, number: u64) -> Result<PullRequest, Error> {
        let pull = BitbucketCloud::read(api, number)?;
        let head = BitbucketCloud::whole(api, pull.source.commit.as_ref());
        let merged = BitbucketCloud::whole(api, pull.merge_commit.as_ref());
        let mut pr = pull.into_request()?;
        pr.head_oid = head;
        pr.merge_oid = merged.filter(|_| pr.state == State::Merged);
        if let Some(checks) = BitbucketCloud::checks(api, number) {
            pr.checks = checks;
        }
        Ok(pr)
    }

    fn create(&self, api: &Api<'_>, new: &NewRequest) -> Result<Attempt, Error> {
        // A second one changes the first instead of being refused.
        if !self.find_open(api, &new.lane)?.is_empty() {
            return Ok(Attempt::Duplicate);
        }
        // The pages of the forge add these; the API does not.
        let path = format!("{}/default-reviewers?pagelen=50", BitbucketCloud::repo(api));
        let me = self.whoami(api).ok().flatten();
        let reviewers: Vec<Person> = BitbucketCloud::paged(api, path, "read the default reviewers").unwrap_or_default();
        let reviewers = reviewers.iter().filter(|one| Some(&one.uuid) != me.as_ref());
        let reviewers: Vec<Value> = reviewers.map(|one| json!({ "uuid": one.uuid })).collect();
        let body = json!({
            "title": new.title, "description": new.body, "draft": new.stage == Stage::Draft, "reviewers": reviewers,
            "source": { "branch": { "name": new.lane.head.as_str() } },
            "destination": { "branch": { "name": new.lane.base.as_str() } },
        });
        let doing = format!("open a pull request from `{}` to `{}`", new.lane.head, new.lane.base);
        let call = Call::new(Verb::Post, format!("{}/pullrequests", BitbucketCloud::repo(api)), doing);
        let call = call.json(body).needing(WRITE);
        let answer = api.ask(&call)?;
        if answer.status == 400 && words_of(&answer).to_lowercase().contains("no changes to be pulled") {
            return Ok(Attempt::NothingBetween);
        }
        api.accept(&answer, &call)?;
        let made: Pull = api.parse(&answer, &call)?;
        let head = BitbucketCloud::whole(api, made.source.commit.as_ref());
        let mut pr = made.into_request()?;
        pr.head_oid = head;
        Ok(Attempt::made(pr))
    }

    fn update(&self, api: &Api<'_>, pr: &PullRequest, patch: &Patch) -> Result<(), Error> {
        BitbucketCloud::put(api, pr.number, |body| {
            if let Some(title) = &patch.title {
                body["title"] = title.as_str().into();
            }
            if let Some(text) = &patch.body {
                body["description"] = text.as_str().into();
            }
            if let Some(stage) = patch.stage {
                body["draft"] = (stage == Stage::Draft).into();
            }
            if let Some(base) = &patch.base {
                body["destination"]["branch"]["name"] = base.as_str().into();
            }
        })
    }

    fn add_labels(&self, _api: &Api<'_>, _pr: &PullRequest, _labels: &[String]) -> Result<Support, Error> {
        Ok(Support::None)
    }

    fn ask_reviewers(&self, api: &Api<'_>, pr: &PullRequest, reviewers: &[String]) -> Result<Support, Error> {
        let mut ids = Vec::new();
        for name in reviewers {
            let path = format!("/users/{}", escaped(name));
            let doing = format!("look up `{name}`, which has to be an account id or UUID here");
            let person: Person = api.read(&Call::new(Verb::Get, path, doing).needing("account"))?;
            if !pr.reviewers.contains(&person.uuid) {
                ids.push(person.uuid);
            }
        }
        if ids.is_empty() {
            return Ok(Support::Done);
        }
        BitbucketCloud::put(api, pr.number, |body| {
            if let Some(list) = body["reviewers"].as_array_mut() {
                ids.retain(|id| !list.iter().any(|one| one["uuid"] == id.as_str()));
                list.extend(ids.iter().map(|id| json!({ "uuid": id })));
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
            "Bitbucket Cloud has no auto-merge in its API".into(),
        ))
    }

    fn disable_auto_merge(&self, _api: &Api<'_>, _pr: &PullRequest) -> Result<(), Error> {
        Ok(())
    }

    fn merge(&self, api: &Api<'_>, pr: &PullRequest, (head, method): (&Oid, Option<Method>)) -> Result<Merge, Error> {
        // No call there is held to a head: this look just before is all there is.
        let now = BitbucketCloud::read(api, pr.number)?;
        if now
            .source
            .commit
            .is_none_or(|commit| !head.as_str().starts_with(&commit.hash))
        {
            return Ok(Merge::HeadMoved);
        }
        let mut body = json!({});
        if let Some(method) = method {
            body["merge_strategy"] = match method {
                Method::Merge => "merge_commit",
                Method::Squash => "squash",
                Method::Rebase => "fast_forward",
            }
            .into();
        }
        let path = format!("{}/merge", BitbucketCloud::one(api, pr.number));
        let call = Call::new(Verb::Post, path, format!("merge pull request {}", pr.number));
        let call = call.json(body).needing(WRITE);
        let answer = api.ask(&call)?;
        match answer.status {
            400 => return Ok(Merge::Refused(api.said(&answer))),
            409 => return Ok(Merge::NotReady(api.said(&answer))),
            _ => api.accept(&answer, &call)?,
        }
        for _ in 0..LOOKS {
            let now = self.get(api, pr.number)?;
            if now.state == State::Merged {
                return Ok(Merge::Merged { commit: now.merge_oid });
            }
            std::thread::sleep(Duration::from_secs(1));
        }
        Ok(Merge::NotReady(
            "Bitbucket has taken the merge and not ended it yet".into(),
        ))
    }

    fn close(&self, api: &Api<'_>, pr: &PullRequest) -> Result<(), Error> {
        let path = format!("{}/decline", BitbucketCloud::one(api, pr.number));
        api.tell(&Call::new(Verb::Post, path, format!("decline pull request {}", pr.number)).needing(WRITE))
    }

    fn comments(&self, api: &Api<'_>, number: u64) -> Result<Vec<Comment>, Error> {
        let path = format!("{}/comments?pagelen=50", BitbucketCloud::one(api, number));
        let notes: Vec<Note> = BitbucketCloud::paged(api, path, "read the comments")?;
        let kept = notes.into_iter().filter(|note| !note.deleted);
        Ok(kept
            .map(|note| Comment {
                id: note.id.to_string(),
                body: note.content.raw,
                author: note.user.map(|user| user.uuid).unwrap_or_default(),
                url: note.links.html.href,
            })
            .collect())
    }

    fn add_comment(&self, api: &Api<'_>, number: u64, text: &str) -> Result<String, Error> {
        let path = format!("{}/comments", BitbucketCloud::one(api, number));
        let call = Call::new(Verb::Post, path, format!("comment on pull request {number}"));
        let note: Note = api.read(&call.json(json!({ "content": { "raw": text } })).needing(WRITE))?;
        Ok(note.links.html.href)
    }

    fn edit_comment(&self, api: &Api<'_>, number: u64, (comment, text): (&Comment, &str)) -> Result<(), Error> {
        let path = format!("{}/comments/{}", BitbucketCloud::one(api, number), comment.id);
        let call = Call::new(Verb::Put, path, format!("change a comment on pull request {number}"));
        api.tell(&call.json(json!({ "content": { "raw": text } })).needing(WRITE))
    }

    fn reviews(&self, api: &Api<'_>, pr: &PullRequest) -> Result<Vec<Review>, Error> {
        let seen = BitbucketCloud::read(api, pr.number)?.participants.into_iter();
        let reviews = seen.filter_map(|one| {
            let state = match one.state.as_deref() {
                _ if one.approved => ReviewState::Approved,
                Some("changes_requested") => ReviewState::ChangesRequested,
                _ => return None,
            };
            Some(Review {
                by: one.user.name(),
                state,
                commit: None,
                at: one.participated_on.unwrap_or_default(),
            })
        });
        Ok(reviews.collect())
    }

    fn is_ancestor(&self, api: &Api<'_>, repository: &str, (old, new): (&Oid, &Oid)) -> Result<Option<bool>, Error> {
        let path = format!("/repositories/{repository}/merge-base/{old}..{new}");
        let call = Call::new(Verb::Get, path, format!("compare commits of `{repository}`"));
        let answer = api.ask(&call)?;
        if matches!(answer.status, 403 | 404) {
            return Ok(None);
        }
        api.accept(&answer, &call)?;
        let base: Commit = api.parse(&answer, &call)?;
        Ok(Some(old.as_str().starts_with(&base.hash)))
    }

    fn whoami(&self, api: &Api<'_>) -> Result<Option<String>, Error> {
        let call = Call::new(Verb::Get, "/user", "find out whose token it is").needing("account");
        let answer = api.ask(&call)?;
        // The token of a repository has no user.
        if matches!(answer.status, 403 | 404) {
            return Ok(None);
        }
        api.accept(&answer, &call)?;
        Ok(Some(api.parse::<Person>(&answer, &call)?.uuid))
    }

    fn evidence(&self, api: &Api<'_>, branch: (&BranchName, Option<i64>), commits: &[Oid]) -> Result<Vec<Told>, Error> {
        evidence::read(api, branch, commits)
    }
}
