//! The shelf of forges: what hosts pull requests, one entry each.
//!
//! Knows pull requests, their comments and reviews; has never heard of a strategy, a manifest or a plan.
//! **Invariant:** a token goes only to the host of the remote in use or to one that the user named ([`place`]), and
//! nothing merges unless it is called `merge` or the forge merges by itself.
//! Start reading at [`open`], then [`Host`], then the trait [`Forge`], then the shortest entry, `gitea.rs`.

mod api;
mod azure_devops;
mod bitbucket_cloud;
mod bitbucket_data_center;
pub(crate) mod comment;
pub(crate) mod evidence;
mod gitea;
mod github;
mod gitlab;
mod host;
pub(crate) mod place;
mod request;
mod tokens;

pub(crate) use api::{Api, Kept};
pub(crate) use evidence::{Merged, Rewrite, Rules, Signature, Told};
pub(crate) use host::Host;
pub(crate) use request::{
    Applied, AutoMerge, Checks, Commented, Created, Decoration, Lane, Merge, Method, NewRequest, Patch, PullRequest,
    Review, ReviewDecision, ReviewState, Stage, State,
};
pub(crate) use tokens::{Login, Token, Tokens, Variable};

use std::time::Duration;

use crate::error::{Error, Hint, Kind};
use crate::git::names::{BranchName, Oid, RemoteUrl};
use crate::http::{Answer, Http};
use crate::text::secret::Secret;
use place::Server;

/// What a command hands over to speak with a forge.
#[derive(Clone, Copy)]
pub(crate) struct Door<'a> {
    /// The client.
    pub(crate) http: &'a Http,
    /// Says a line to whoever waits: every wait of more than two seconds, and warnings.
    pub(crate) say: &'a (dyn Fn(&str) + Sync),
    /// Where tokens come from.
    pub(crate) tokens: Tokens<'a>,
    /// How long one call may wait for the forge to be ready again, in all.
    pub(crate) patience: Duration,
    /// Is shown every answer as it came, where they are to be kept.
    pub(crate) keep: Option<&'a (dyn Fn(&Kept<'_>) + Sync)>,
}

/// Who named the address of a forge.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum NamedBy {
    /// A flag, a variable or the user's own file: the user trusts it.
    User,
    /// `rakops.yaml`, which others may write: only the host of the remote in use is taken.
    #[default]
    Repository,
}

/// What was said about the forge; what is absent is found out.
#[derive(Clone, Debug, Default)]
pub(crate) struct Wanted {
    /// A name or alias on the shelf: `github`.
    pub(crate) kind: Option<String>,
    /// Its address, such as `https://git.example.com`.
    pub(crate) url: Option<String>,
    /// Who named that address.
    pub(crate) named_by: NamedBy,
    /// The repository there: `acme/manifests`.
    pub(crate) repository: Option<String>,
    /// The variable that holds the token.
    pub(crate) token_env: Option<String>,
    /// Who named that variable.
    pub(crate) token_by: NamedBy,
}

/// Every forge. The order is that of the documents; where a host's name decides, at most one entry claims it.
pub(crate) static FORGES: &[&dyn Forge] = &[
    &github::GitHub,
    &gitlab::GitLab,
    &gitea::Gitea,
    &bitbucket_cloud::BitbucketCloud,
    &bitbucket_data_center::BitbucketDataCenter,
    &azure_devops::AzureDevOps,
];

/// The code of the warning that a request of this token starts no checks.
pub(crate) const CHECKS_WILL_NOT_START: &str = "checks-will-not-start";

/// A page that only one kind of forge answers, and how its answer is known.
pub(crate) type Probe = (&'static str, fn(&Answer) -> bool);

/// What asking to open a pull request came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Attempt {
    /// It is open.
    Made(Box<PullRequest>),
    /// One is open already.
    Duplicate,
    /// The head holds nothing that the base does not hold.
    NothingBetween,
}

impl Attempt {
    fn made(pr: PullRequest) -> Attempt {
        Attempt::Made(Box::new(pr))
    }
}

/// Whether a forge has such a thing at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Support {
    /// It has, and it is done.
    Done,
    /// It has not.
    None,
}

/// A comment, as it is needed to find our own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Comment {
    /// What the forge calls it; with a version behind a colon where one is needed to change it.
    pub(crate) id: String,
    /// Its text.
    pub(crate) body: String,
    /// Login of its author.
    pub(crate) author: String,
    /// Its page.
    pub(crate) url: String,
}

/// Speaks to one kind of forge. Everything that all of them do alike is in [`Host`].
///
/// An entry is `forge/<name>.rs`; its tests are `tests/it/forge_<name>.rs` against a fake with state, and its page is
/// `docs/reference/forges/<name>.md`.
pub(crate) trait Forge: Sync {
    /// `github`: the value of `forge.kind`, the name of the page and, with underscores, of the file and the tests.
    fn name(&self) -> &'static str;

    /// Other values of `forge.kind` that mean it.
    fn aliases(&self) -> &'static [&'static str] {
        &[]
    }

    /// `GitHub`: the name for people.
    fn title(&self) -> &'static str;

    /// Asks whether a host is one of this kind by its name alone.
    fn claims(&self, host: &str) -> bool;

    /// The page that tells this kind, on a host of unknown kind.
    fn probe(&self) -> Option<Probe> {
        None
    }

    /// Variables that hold a token, the first wins.
    fn variables(&self) -> &'static [Variable];

    /// What a token has to be allowed, in the forge's words: it completes "a token with".
    fn permissions(&self) -> &'static str;

    /// What every call's path is put behind, without a slash at its end.
    fn base(&self, server: &Server, repository: &str, tokens: &Tokens<'_>) -> String;

    /// Reads the repository out of the path of a remote.
    ///
    /// # Errors
    /// [`crate::error::Kind::Config`] if the path is none of this forge.
    fn repository(&self, path: &str) -> Result<String, Error>;

    /// Headers of every call beside the credential.
    fn headers(&self, _server: &Server) -> Vec<(&'static str, String)> {
        vec![("accept", "application/json".to_owned())]
    }

    /// The header that says who asks.
    fn credential(&self, token: &Token) -> (&'static str, Secret);

    /// The user that git over https shows this token with.
    fn git_user(&self, token: &Token) -> String;

    /// What helps against a refusal that this forge is known for.
    fn advice(&self, _api: &Api<'_>, _answer: &Answer) -> Vec<Hint> {
        Vec::new()
    }

    /// What should be known before a pull request is opened with this token.
    fn warnings(&self, _api: &Api<'_>) -> Vec<Error> {
        Vec::new()
    }

    /// The page that opens a pull request by hand.
    fn address_to_open(&self, api: &Api<'_>, lane: &Lane) -> String;

    /// Lists the open pull requests of a lane, of branches of this very repository.
    fn find_open(&self, api: &Api<'_>, lane: &Lane) -> Result<Vec<PullRequest>, Error>;

    /// Lists open pull requests: all, or those for one base.
    fn list_open(&self, api: &Api<'_>, base: Option<&BranchName>) -> Result<Vec<PullRequest>, Error>;

    /// Reads one, with what reviews and checks come to.
    fn get(&self, api: &Api<'_>, number: u64) -> Result<PullRequest, Error>;

    /// Opens one.
    fn create(&self, api: &Api<'_>, new: &NewRequest) -> Result<Attempt, Error>;

    /// Changes what `patch` holds, all of which differs from `pr`.
    fn update(&self, api: &Api<'_>, pr: &PullRequest, patch: &Patch) -> Result<(), Error>;

    /// Adds labels that are not there yet.
    fn add_labels(&self, api: &Api<'_>, pr: &PullRequest, labels: &[String]) -> Result<Support, Error>;

    /// Asks for reviews; those that are asked already stay.
    fn ask_reviewers(&self, api: &Api<'_>, pr: &PullRequest, reviewers: &[String]) -> Result<Support, Error>;

    /// Asks to merge as soon as that may be, and only the head that `pr` has.
    fn enable_auto_merge(
        &self,
        api: &Api<'_>,
        pr: &PullRequest,
        how: (&Oid, Option<Method>),
    ) -> Result<AutoMerge, Error>;

    /// Takes that back.
    fn disable_auto_merge(&self, api: &Api<'_>, pr: &PullRequest) -> Result<(), Error>;

    /// Merges, and only this head. The request was open, with this head, a moment ago.
    fn merge(&self, api: &Api<'_>, pr: &PullRequest, how: (&Oid, Option<Method>)) -> Result<Merge, Error>;

    /// Closes one that is open.
    fn close(&self, api: &Api<'_>, pr: &PullRequest) -> Result<(), Error>;

    /// Lists the comments.
    fn comments(&self, api: &Api<'_>, number: u64) -> Result<Vec<Comment>, Error>;

    /// Adds a comment and returns its page.
    fn add_comment(&self, api: &Api<'_>, number: u64, text: &str) -> Result<String, Error>;

    /// Replaces the text of a comment of ours.
    fn edit_comment(&self, api: &Api<'_>, number: u64, what: (&Comment, &str)) -> Result<(), Error>;

    /// Lists the reviews, oldest first.
    fn reviews(&self, api: &Api<'_>, pr: &PullRequest) -> Result<Vec<Review>, Error>;

    /// Whether `old` is in the history of `new`; none where that cannot be told.
    fn is_ancestor(&self, api: &Api<'_>, repository: &str, commits: (&Oid, &Oid)) -> Result<Option<bool>, Error>;

    /// The login the token speaks for; none where the token has no user.
    fn whoami(&self, api: &Api<'_>) -> Result<Option<String>, Error>;

    /// Tells what is known of `commits`, all of which are in `branch`: one entry each, in the same order. Nothing that was
    /// merged before `since` (seconds since 1970) has to be looked for.
    fn evidence(
        &self,
        api: &Api<'_>,
        _branch: (&BranchName, Option<i64>),
        commits: &[Oid],
    ) -> Result<Vec<Told>, Error> {
        let why = format!(
            "rakops cannot ask {} which pull request brought a commit",
            api.forge.title()
        );
        Ok(commits
            .iter()
            .map(|commit| Told::unknown(commit, why.clone()))
            .collect())
    }

    /// Lists force pushes to a branch from `since` (seconds since 1970) on; none where forge or token do not tell.
    fn rewrites(&self, _api: &Api<'_>, _branch: &BranchName, _since: i64) -> Result<Option<Vec<Rewrite>>, Error> {
        Ok(None)
    }

    /// Reads what protects a branch today; none where forge or token do not tell.
    fn rules(&self, _api: &Api<'_>, _branch: &BranchName) -> Result<Option<Rules>, Error> {
        Ok(None)
    }

    /// Lists the logins of a team, `acme/sre`; none where that cannot be told, which never means "nobody".
    fn members(&self, _api: &Api<'_>, _team: &str) -> Result<Option<Vec<String>>, Error> {
        Ok(None)
    }
}

/// Finds out which forge has `remote`, and takes the token for it. `RAKOPS_FORGE_URL`, `RAKOPS_FORGE_KIND` and
/// `RAKOPS_FORGE_REPOSITORY` in the environment win over `wanted`, and so does what the user's own file says of the
/// remote's host.
///
/// # Errors
/// [`crate::error::Kind::Config`] if the kind is unknown or cannot be found out; [`crate::error::Kind::Refused`] if
/// `rakops.yaml` names another host than the remote's.
pub(crate) fn open<'a>(door: Door<'a>, remote: &RemoteUrl, wanted: &Wanted) -> Result<Host<'a>, Error> {
    let wanted = wanted.clone().overridden(&door.tokens, remote);
    let found = place::find(&door, remote, &wanted)?;
    let forge = found.forge;
    let repository = match &wanted.repository {
        Some(repository) => repository.trim_matches('/').to_owned(),
        None => {
            let path = remote.repository();
            let prefix = found.server.prefix.trim_matches('/');
            let below = path.strip_prefix(prefix).filter(|_| !prefix.is_empty());
            forge.repository(below.unwrap_or(path).trim_matches('/'))?
        }
    };
    let source = tokens::Source {
        forge,
        server: &found.server,
        // A file of the repository may choose a variable for its own host only.
        token_env: wanted
            .token_env
            .as_deref()
            .filter(|_| found.is_of_remote || wanted.token_by == NamedBy::User),
    };
    let token = tokens::choose(&door, &source);
    Ok(Host::new(Api {
        base: forge.base(&found.server, &repository, &door.tokens),
        forge,
        server: found.server,
        repository,
        token,
        door,
    }))
}

impl Wanted {
    /// The same, with what the user says instead: the environment before the own file.
    fn overridden(mut self, tokens: &Tokens<'_>, remote: &RemoteUrl) -> Wanted {
        if let Some(login) = tokens.login(remote) {
            if login.url.is_some() {
                self.url.clone_from(&login.url);
                self.named_by = NamedBy::User;
            }
            if login.kind.is_some() {
                self.kind.clone_from(&login.kind);
            }
            if login.token_env.is_some() {
                self.token_env.clone_from(&login.token_env);
                self.token_by = NamedBy::User;
            }
        }
        if let Some(url) = tokens.variable("RAKOPS_FORGE_URL") {
            self.url = Some(url.to_owned());
            self.named_by = NamedBy::User;
            // The login in the own file is for another address.
            self.token_by = NamedBy::Repository;
        }
        let taken = |name: &str, instead: &mut Option<String>| {
            if let Some(value) = tokens.variable(name) {
                *instead = Some(value.to_owned());
            }
        };
        taken("RAKOPS_FORGE_KIND", &mut self.kind);
        taken("RAKOPS_FORGE_REPOSITORY", &mut self.repository);
        self
    }
}

/// The last `count` names of a path, joined by slashes: also the path of a directory on this machine has them.
fn last_names(path: &str, count: usize) -> Option<String> {
    let names: Vec<&str> = path.split('/').filter(|name| !name.is_empty()).collect();
    let from = names.len().checked_sub(count)?;
    Some(names[from..].join("/"))
}

/// A path that is no repository of this forge.
fn not_a_repository(title: &str, path: &str, form: &str) -> Error {
    Error::new(
        Kind::Config,
        "forge-repository",
        format!("`{path}` is no repository of {title}"),
    )
    .because(format!("expected `{form}`"))
    .hint(Hint::Key(
        "forge.repository".into(),
        "forge: {repository: acme/manifests}".into(),
    ))
}

#[cfg(test)]
mod tests;

#[cfg(test)]
mod shelf {
    use std::path::Path;

    use super::FORGES;

    #[test]
    fn names_are_unique_and_every_entry_has_a_file_tests_and_a_page() {
        let project = Path::new(env!("CARGO_MANIFEST_DIR"));
        let mut names: Vec<&str> = FORGES
            .iter()
            .flat_map(|it| it.aliases().iter().copied().chain([it.name()]))
            .collect();
        let count = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), count, "{names:?}");
        let mut outlines = Vec::new();
        for forge in FORGES {
            let name = forge.name();
            let file = name.replace('-', "_");
            let is_there = |path: String| project.join(path).is_file();
            assert!(
                is_there(format!("src/forge/{file}.rs")) || is_there(format!("src/forge/{file}/mod.rs")),
                "{name} has no file"
            );
            assert!(is_there(format!("tests/it/forge_{file}.rs")), "{name} has no tests");
            let page = std::fs::read_to_string(project.join(format!("docs/reference/forges/{name}.md"))).unwrap();
            let headings = page.lines().filter(|line| line.starts_with("## "));
            outlines.push(headings.map(str::to_owned).collect::<Vec<String>>());
            for variable in forge.variables() {
                assert!(
                    page.contains(variable.name),
                    "the page of {name} does not name {}",
                    variable.name
                );
            }
        }
        assert!(outlines.windows(2).all(|two| two[0] == two[1]), "{outlines:#?}");
    }

    #[test]
    fn at_most_one_forge_claims_a_host() {
        for host in [
            "github.com",
            "gitlab.com",
            "bitbucket.org",
            "bitbucket.example.com",
            "dev.azure.com",
            "x.ghe.com",
            "codeberg.org",
        ] {
            assert_eq!(FORGES.iter().filter(|forge| forge.claims(host)).count(), 1, "{host}");
        }
        assert!(!FORGES.iter().any(|forge| forge.claims("git.example.com")));
    }

    #[test]
    fn repositories_are_read_out_of_the_paths_of_remotes() {
        let read = |kind: &str, path: &str| {
            let forge = FORGES.iter().find(|forge| forge.name() == kind).unwrap();
            forge.repository(path).unwrap()
        };
        assert_eq!(read("github", "acme/m"), "acme/m");
        assert_eq!(read("gitlab", "acme/platform/m"), "acme/platform/m");
        assert_eq!(read("bitbucket-data-center", "scm/ACME/m"), "ACME/m");
        assert_eq!(read("bitbucket-data-center", "scm/~anna/m"), "~anna/m");
        assert_eq!(read("azure-devops", "acme/the%20shop/_git/m"), "acme/the shop/m");
        assert_eq!(read("azure-devops", "v3/acme/shop/m"), "acme/shop/m");
        assert_eq!(read("azure-devops", "acme/_git/m"), "acme/m/m");
    }
}
