//! Gitea and Forgejo.
//!
//! Source: Gitea's own API annotations (`routers/api/v1`, `modules/structs`); Forgejo keeps the same paths.

mod auto_merge;
mod evidence;
mod rules;
mod words;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::api::{Api, Call, basic, words_of};
use super::place::Server;
use super::tokens::{Token, Tokens, Variable, names_server};
use super::{
    Attempt, AutoMerge, Checks, Comment, Forge, Lane, Merge, Method, NewRequest, Patch, Probe, PullRequest, Review,
    ReviewDecision, ReviewState, Rules, Support, Told, last_names, not_a_repository,
};
use crate::error::{Error, Hint, Kind};
use crate::git::names::{BranchName, Oid};
use crate::http::{Verb, escaped};
use crate::text::secret::Secret;
use words::{Label, Login, Note, Pull, Seen, titled};

/// The entry.
pub(super) struct Gitea;

const WRITE: &str = "write:repository and write:issue";
/// How many entries a page is asked to have; the server may give fewer.
const PAGE: usize = 50;

static VARIABLES: &[Variable] = &[
    Variable::ours("RAKOPS_GITEA_TOKEN", None),
    Variable::ours("GITEA_TOKEN", None),
    Variable::ours("FORGEJO_TOKEN", None),
    // Actions of Gitea give their job's token this name, too.
    Variable::of_others("GITHUB_TOKEN", |server, tokens| {
        names_server(tokens, "GITHUB_SERVER_URL", server)
    })
    .last(),
];

impl Gitea {
    fn repo(api: &Api<'_>) -> String {
        format!("/repos/{}", api.repository)
    }

    fn pull(api: &Api<'_>, number: u64) -> String {
        format!("/repos/{}/pulls/{number}", api.repository)
    }

    fn issue(api: &Api<'_>, number: u64) -> String {
        format!("/repos/{}/issues/{number}", api.repository)
    }

    fn plain(api: &Api<'_>, number: u64) -> Result<PullRequest, Error> {
        let doing = format!("read pull request {number}");
        let call = Call::new(Verb::Get, Gitea::pull(api, number), doing).needing("read:repository");
        api.read::<Pull>(&call)?.into_request()
    }

    /// Reads all pages by their number: the addresses in `Link` are those of `ROOT_URL`, which is often another one.
    fn paged<T: DeserializeOwned>(api: &Api<'_>, path: &str, doing: &str) -> Result<Vec<T>, Error> {
        let mark = if path.contains('?') { '&' } else { '?' };
        let address = |page: usize| format!("{path}{mark}page={page}&limit={PAGE}");
        let mut found: Vec<T> = Vec::new();
        let mut page = 1;
        let call = Call::new(Verb::Get, address(page), doing).needing("read:repository");
        api.turn(call, |answer, call| {
            let more: Vec<T> = api.parse(answer, call)?;
            let is_empty = more.is_empty();
            found.extend(more);
            let total: Option<usize> = answer.header("x-total-count").and_then(|count| count.parse().ok());
            let is_last = is_empty || total.is_some_and(|total| found.len() >= total);
            page += 1;
            Ok((!is_last).then(|| address(page)))
        })?;
        Ok(found)
    }

    fn listed(api: &Api<'_>, base: Option<&BranchName>) -> Result<Vec<PullRequest>, Error> {
        let filter = base.map(|base| format!("&base_branch={}", escaped(base.as_str())));
        let path = format!("{}/pulls?state=open{}", Gitea::repo(api), filter.unwrap_or_default());
        let found: Vec<Pull> = Gitea::paged(api, &path, "list the pull requests")?;
        found.into_iter().map(Pull::into_request).collect()
    }

    fn seen(api: &Api<'_>, number: u64) -> Result<Vec<Seen>, Error> {
        let path = format!("{}/reviews", Gitea::pull(api, number));
        Gitea::paged(api, &path, "read the reviews")
    }

    fn checks(api: &Api<'_>, head: &Oid) -> Option<Checks> {
        #[derive(Deserialize)]
        struct Status {
            state: String,
            #[serde(default)]
            total_count: u64,
        }
        let path = format!("{}/commits/{head}/status", Gitea::repo(api));
        let call = Call::new(Verb::Get, path, "read the checks").needing("read:repository");
        let status: Status = api.read(&call).ok()?;
        Some(match status.state.as_str() {
            _ if status.total_count == 0 => Checks::None,
            "success" | "warning" => Checks::Passed,
            "pending" => Checks::Pending,
            "failure" | "error" => Checks::Failed,
            _ => Checks::Unknown,
        })
    }

    /// What the latest word of each reviewer comes to.
    fn decision(seen: &[Seen]) -> ReviewDecision {
        let mut latest: Vec<(&str, &str)> = Vec::new();
        for review in seen.iter().filter(|review| !review.dismissed) {
            let by = review.user.as_ref().map_or("", |user| user.login.as_str());
            if matches!(review.state.as_str(), "APPROVED" | "REQUEST_CHANGES") {
                latest.retain(|(known, _)| *known != by);
                latest.push((by, &review.state));
            }
        }
        match latest.as_slice() {
            [] if seen.iter().any(|review| review.state == "REQUEST_REVIEW") => ReviewDecision::Required,
            [] => ReviewDecision::None,
            some if some.iter().any(|(_, state)| *state == "REQUEST_CHANGES") => ReviewDecision::ChangesRequested,
            _ => ReviewDecision::Approved,
        }
    }

    /// The word of a method; the repository's own choice where none is wanted.
    fn style(api: &Api<'_>, method: Option<Method>) -> Result<String, Error> {
        #[derive(Deserialize)]
        struct Settings {
            default_merge_style: Option<String>,
        }
        let word = match method {
            Some(Method::Merge) => "merge",
            Some(Method::Squash) => "squash",
            Some(Method::Rebase) => "rebase",
            None => {
                let call = Call::new(Verb::Get, Gitea::repo(api), "read the settings of the repository");
                let settings: Settings = api.read(&call.needing("read:repository"))?;
                return Ok(settings
                    .default_merge_style
                    .filter(|style| !style.is_empty())
                    .unwrap_or_else(|| "merge".to_owned()));
            }
        };
        Ok(word.to_owned())
    }

    /// How many commits `new` has that `old` has not; none where that cannot be told.
    fn ahead(api: &Api<'_>, repository: &str, (old, new): (&str, &str)) -> Result<Option<u64>, Error> {
        #[derive(Deserialize)]
        struct Compared {
            total_commits: u64,
        }
        let path = format!("/repos/{repository}/compare/{old}...{new}");
        let call = Call::new(Verb::Get, path, format!("compare commits of `{repository}`"));
        let answer = api.ask(&call)?;
        if matches!(answer.status, 403 | 404 | 422 | 500) {
            return Ok(None);
        }
        api.accept(&answer, &call)?;
        let compared: Compared = api.parse(&answer, &call)?;
        Ok(Some(compared.total_commits))
    }

    fn change(api: &Api<'_>, number: u64, body: Value) -> Result<(), Error> {
        let doing = format!("change pull request {number}");
        api.tell(
            &Call::new(Verb::Patch, Gitea::pull(api, number), doing)
                .json(body)
                .needing(WRITE),
        )
    }

    /// The ids of labels, which calls do not take by name.
    fn label_ids(api: &Api<'_>, names: &[String]) -> Result<Vec<i64>, Error> {
        let owner = api.repository.split('/').next().unwrap_or_default();
        let mut known: Vec<Label> = Gitea::paged(api, &format!("{}/labels", Gitea::repo(api)), "list the labels")?;
        if names.iter().any(|name| !known.iter().any(|label| label.name == *name)) {
            // A person has no labels of that kind, and the answer says so.
            known.extend(
                Gitea::paged::<Label>(api, &format!("/orgs/{owner}/labels"), "list the organisation's labels")
                    .unwrap_or_default(),
            );
        }
        let id = |name: &String| {
            let label = known.iter().find(|label| label.name == *name);
            label.map(|label| label.id).ok_or_else(|| {
                Error::new(
                    Kind::NotFound,
                    "no-such-label",
                    format!("the repository has no label `{name}`"),
                )
                .hint(Hint::Say("make it in the settings of the repository".into()))
            })
        };
        names.iter().map(id).collect()
    }
}

impl Forge for Gitea {
    fn name(&self) -> &'static str {
        "gitea"
    }

    fn aliases(&self) -> &'static [&'static str] {
        &["forgejo", "codeberg"]
    }

    fn title(&self) -> &'static str {
        "Gitea"
    }

    fn claims(&self, host: &str) -> bool {
        host == "codeberg.org" || host == "gitea.com" || host.starts_with("gitea.") || host.starts_with("forgejo.")
    }

    fn probe(&self) -> Option<Probe> {
        Some(("/api/v1/version", |answer| {
            answer.status == 200 && answer.text().contains("\"version\"")
        }))
    }

    fn variables(&self) -> &'static [Variable] {
        VARIABLES
    }

    fn permissions(&self) -> &'static str {
        "the scopes `write:repository` and `write:issue`"
    }

    fn base(&self, server: &Server, _repository: &str, _tokens: &Tokens<'_>) -> String {
        format!("{}/api/v1", server.address())
    }

    fn repository(&self, path: &str) -> Result<String, Error> {
        last_names(path, 2).ok_or_else(|| not_a_repository("Gitea", path, "OWNER/REPOSITORY"))
    }

    fn credential(&self, token: &Token) -> (&'static str, Secret) {
        let shown = match &token.user {
            // What git keeps may be a password.
            Some(user) => basic(user, &token.secret),
            None => Secret::new(format!("token {}", token.secret.reveal())),
        };
        ("authorization", shown)
    }

    fn git_user(&self, token: &Token) -> String {
        token.user.clone().unwrap_or_else(|| "oauth2".to_owned())
    }

    fn address_to_open(&self, api: &Api<'_>, lane: &Lane) -> String {
        let part = |branch: &BranchName| escaped(branch.as_str()).replace("%2F", "/");
        let (base, head) = (part(&lane.base), part(&lane.head));
        format!("{}/{}/compare/{base}...{head}", api.server.address(), api.repository)
    }

    fn find_open(&self, api: &Api<'_>, lane: &Lane) -> Result<Vec<PullRequest>, Error> {
        let mut found = Gitea::listed(api, Some(&lane.base))?;
        found.retain(|pr| pr.lane == *lane && pr.head_repository.is_none());
        Ok(found)
    }

    fn list_open(&self, api: &Api<'_>, base: Option<&BranchName>) -> Result<Vec<PullRequest>, Error> {
        Gitea::listed(api, base)
    }

    fn get(&self, api: &Api<'_>, number: u64) -> Result<PullRequest, Error> {
        let mut pr = Gitea::plain(api, number)?;
        if let Some(checks) = pr.head_oid.as_ref().and_then(|head| Gitea::checks(api, head)) {
            pr.checks = checks;
        }
        if let Ok(seen) = Gitea::seen(api, number) {
            pr.review = Gitea::decision(&seen);
        }
        pr.auto_merge = auto_merge::is_planned(api, number).ok();
        Ok(pr)
    }

    fn create(&self, api: &Api<'_>, new: &NewRequest) -> Result<Attempt, Error> {
        // Gitea opens a request for nothing, too.
        let part = |branch: &BranchName| escaped(branch.as_str());
        if Gitea::ahead(api, &api.repository, (&part(&new.lane.base), &part(&new.lane.head)))? == Some(0) {
            return Ok(Attempt::NothingBetween);
        }
        let body = json!({
            "head": new.lane.head.as_str(), "base": new.lane.base.as_str(),
            "title": titled(&new.title, new.stage), "body": new.body,
        });
        let doing = format!("open a pull request from `{}` to `{}`", new.lane.head, new.lane.base);
        let call = Call::new(Verb::Post, format!("{}/pulls", Gitea::repo(api)), doing);
        let call = call.json(body).needing(WRITE);
        let answer = api.ask(&call)?;
        match answer.status {
            409 => Ok(Attempt::Duplicate),
            422 if words_of(&answer).to_lowercase().contains("no changes between") => Ok(Attempt::NothingBetween),
            _ => {
                api.accept(&answer, &call)?;
                Ok(Attempt::made(api.parse::<Pull>(&answer, &call)?.into_request()?))
            }
        }
    }

    fn update(&self, api: &Api<'_>, pr: &PullRequest, patch: &Patch) -> Result<(), Error> {
        let mut body = serde_json::Map::new();
        if patch.title.is_some() || patch.stage.is_some() {
            let title = patch.title.as_ref().unwrap_or(&pr.title);
            let title = titled(title, patch.stage.unwrap_or(pr.stage));
            body.insert("title".into(), title.into());
        }
        if let Some(text) = &patch.body {
            body.insert("body".into(), text.as_str().into());
        }
        if let Some(base) = &patch.base {
            body.insert("base".into(), base.as_str().into());
        }
        Gitea::change(api, pr.number, body.into())
    }

    fn add_labels(&self, api: &Api<'_>, pr: &PullRequest, labels: &[String]) -> Result<Support, Error> {
        let ids = Gitea::label_ids(api, labels)?;
        let path = format!("{}/labels", Gitea::issue(api, pr.number));
        let call = Call::new(Verb::Post, path, format!("label pull request {}", pr.number));
        let now: Vec<Label> = api.read(&call.json(json!({ "labels": ids })).needing(WRITE))?;
        // What it does not know it leaves out, and says nothing.
        match labels.iter().find(|name| !now.iter().any(|label| label.name == **name)) {
            None => Ok(Support::Done),
            Some(lost) => Err(Error::new(
                Kind::Refused,
                "label-dropped",
                format!("Gitea has not taken the label `{lost}`"),
            )),
        }
    }

    fn ask_reviewers(&self, api: &Api<'_>, pr: &PullRequest, reviewers: &[String]) -> Result<Support, Error> {
        let (teams, people): (Vec<&String>, Vec<&String>) = reviewers.iter().partition(|name| name.contains('/'));
        let teams: Vec<&str> = teams.iter().filter_map(|name| name.rsplit('/').next()).collect();
        let path = format!("{}/requested_reviewers", Gitea::pull(api, pr.number));
        let call = Call::new(
            Verb::Post,
            path,
            format!("ask for reviews of pull request {}", pr.number),
        );
        let body = json!({ "reviewers": people, "team_reviewers": teams });
        api.tell(&call.json(body).needing(WRITE))?;
        if teams.is_empty() {
            return Ok(Support::Done);
        }
        // A team that it does not know it leaves out, and says nothing.
        let now = Gitea::plain(api, pr.number)?.reviewers;
        match teams
            .iter()
            .find(|team| !now.iter().any(|name| name.eq_ignore_ascii_case(team)))
        {
            None => Ok(Support::Done),
            Some(team) => Err(Error::new(
                Kind::NotFound,
                "no-such-team",
                format!("Gitea knows no team `{team}` that can review this"),
            )),
        }
    }

    fn enable_auto_merge(
        &self,
        api: &Api<'_>,
        pr: &PullRequest,
        (head, method): (&Oid, Option<Method>),
    ) -> Result<AutoMerge, Error> {
        auto_merge::enable(self, api, (pr, head, method))
    }

    fn disable_auto_merge(&self, api: &Api<'_>, pr: &PullRequest) -> Result<(), Error> {
        let path = format!("{}/merge", Gitea::pull(api, pr.number));
        let doing = format!("switch auto-merge of pull request {} off", pr.number);
        let call = Call::new(Verb::Delete, path, doing).needing(WRITE);
        let answer = api.ask(&call)?;
        // It was not planned at all.
        if answer.status == 404 {
            return Ok(());
        }
        api.accept(&answer, &call)
    }

    fn merge(&self, api: &Api<'_>, pr: &PullRequest, (head, method): (&Oid, Option<Method>)) -> Result<Merge, Error> {
        let style = Gitea::style(api, method)?;
        let body = json!({ "Do": style, "head_commit_id": head.as_str() });
        let (answer, call) = auto_merge::send(api, pr.number, body)?;
        let why = || api.said(&answer);
        match answer.status {
            405 | 409 => {
                let now = Gitea::plain(api, pr.number)?;
                let words = words_of(&answer).to_lowercase();
                Ok(match now.head_oid {
                    Some(now) if now != *head => Merge::HeadMoved,
                    _ if words.contains("not allowed") || words.contains("conflict") => Merge::Refused(why()),
                    _ if now.mergeable == Some(false) => Merge::Refused(why()),
                    _ => Merge::NotReady(why()),
                })
            }
            _ => {
                api.accept(&answer, &call)?;
                let now = Gitea::plain(api, pr.number)?;
                Ok(Merge::Merged { commit: now.merge_oid })
            }
        }
    }

    fn close(&self, api: &Api<'_>, pr: &PullRequest) -> Result<(), Error> {
        Gitea::change(api, pr.number, json!({ "state": "closed" }))
    }

    fn comments(&self, api: &Api<'_>, number: u64) -> Result<Vec<Comment>, Error> {
        let path = format!("{}/comments", Gitea::issue(api, number));
        let call = Call::new(Verb::Get, path, format!("read the comments on pull request {number}"));
        // This list has no pages there.
        let notes: Vec<Note> = api.read(&call.needing("read:issue"))?;
        Ok(notes
            .into_iter()
            .map(|note| Comment {
                id: note.id.to_string(),
                body: note.body,
                author: note.user.map(|user| user.login).unwrap_or_default(),
                url: note.html_url,
            })
            .collect())
    }

    fn add_comment(&self, api: &Api<'_>, number: u64, text: &str) -> Result<String, Error> {
        let path = format!("{}/comments", Gitea::issue(api, number));
        let call = Call::new(Verb::Post, path, format!("comment on pull request {number}"));
        let note: Note = api.read(&call.json(json!({ "body": text })).needing("write:issue"))?;
        Ok(note.html_url)
    }

    fn edit_comment(&self, api: &Api<'_>, number: u64, (comment, text): (&Comment, &str)) -> Result<(), Error> {
        let path = format!("{}/issues/comments/{}", Gitea::repo(api), comment.id);
        let call = Call::new(Verb::Patch, path, format!("change a comment on pull request {number}"));
        api.tell(&call.json(json!({ "body": text })).needing("write:issue"))
    }

    fn reviews(&self, api: &Api<'_>, pr: &PullRequest) -> Result<Vec<Review>, Error> {
        let reviews = Gitea::seen(api, pr.number)?.into_iter().filter_map(|seen| {
            let state = match seen.state.as_str() {
                _ if seen.dismissed => ReviewState::Dismissed,
                "APPROVED" => ReviewState::Approved,
                "REQUEST_CHANGES" => ReviewState::ChangesRequested,
                "COMMENT" => ReviewState::Commented,
                _ => return None,
            };
            Some(Review {
                by: seen.user.map(|user| user.login).unwrap_or_default(),
                state,
                commit: seen.commit_id.as_deref().and_then(Oid::parse),
                at: seen.submitted_at.unwrap_or_default(),
            })
        });
        Ok(reviews.collect())
    }

    fn is_ancestor(&self, api: &Api<'_>, repository: &str, (old, new): (&Oid, &Oid)) -> Result<Option<bool>, Error> {
        // What `old` has and `new` has not: nothing, if it is an ancestor.
        let ahead = Gitea::ahead(api, repository, (new.as_str(), old.as_str()))?;
        Ok(ahead.map(|ahead| ahead == 0))
    }

    fn whoami(&self, api: &Api<'_>) -> Result<Option<String>, Error> {
        let call = Call::new(Verb::Get, "/user", "find out whose token it is").needing("read:user");
        let user: Login = api.read(&call)?;
        Ok(Some(user.login))
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
