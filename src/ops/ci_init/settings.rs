//! What no file can do: settings that somebody has to make in the forge.

use super::files::included;
use super::request::{CiForge, CiKind};
use super::values::Values;

/// One thing to be clicked, or typed, in the forge.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Setting {
    /// `app`, `secret`, `variable`, `permission`, `branch-protection`, `environment`, `schedule`, `token`, `include`, `value`.
    pub(crate) kind: &'static str,
    /// What it is called there.
    pub(crate) name: String,
    /// The page that it is on.
    pub(crate) place: String,
    /// Why, and what to enter.
    pub(crate) why: String,
}

/// A list that grows.
#[derive(Default)]
struct List(Vec<Setting>);

impl List {
    fn add(&mut self, (kind, name): (&'static str, &str), place: &str, why: impl Into<String>) {
        self.0.push(Setting {
            kind,
            name: name.to_owned(),
            place: place.to_owned(),
            why: why.into(),
        });
    }
}

/// The settings for one kind, in the order in which they are best made. `includes`: a pipeline of somebody's own is there.
pub(super) fn of((forge, kind): (CiForge, CiKind), values: &Values, includes: bool) -> Vec<Setting> {
    let mut list = List::default();
    if includes {
        list.add(
            ("include", &format!("include:\n  - local: {}", included(kind))),
            ".gitlab-ci.yml",
            "your pipeline has to include what was written; with `stages:` of its own it needs build, test and deploy",
        );
    }
    let variables = match forge {
        CiForge::GitHub => "Settings > Secrets and variables > Actions > Variables",
        CiForge::GitLab => "Settings > CI/CD > Variables",
    };
    for name in &values.variables {
        let why = match *name {
            "RAKOPS_GIT" => "the address of the repository that rakops is built from; it may be a copy of your own",
            _ => "the commit of rakops to build, 40 digits: a branch or a tag can be moved",
        };
        list.add(("variable", name), variables, why);
    }
    match (forge, kind) {
        (CiForge::GitHub, CiKind::App) => github_app(&mut list, values),
        (CiForge::GitHub, CiKind::Manifests) => github_manifests(&mut list),
        (CiForge::GitHub, CiKind::Terraform) => github_terraform(&mut list, values),
        (CiForge::GitLab, CiKind::App) => gitlab_app(&mut list, values),
        (CiForge::GitLab, CiKind::Manifests) => gitlab_manifests(&mut list),
        (CiForge::GitLab, CiKind::Terraform) => gitlab_terraform(&mut list, values),
    }
    list.0
}

const SECRETS: &str = "Settings > Secrets and variables > Actions > Secrets";
const ACTIONS: &str = "Settings > Actions > General";
const RULES: &str = "Settings > Rules > Rulesets";
const VARIABLES: &str = "Settings > CI/CD > Variables";

fn github_app(list: &mut List, values: &Values) {
    let manifests = format!("{}/{}", values.manifests.owner, values.manifests.name);
    list.add(
        ("app", "a GitHub App of your own"),
        "Settings of the organisation > Developer settings > GitHub Apps",
        format!(
            "repository permissions Contents: write and Pull requests: write, no webhook; installed on `{manifests}` alone. \
             GITHUB_TOKEN is for its own repository only, and what it opens starts no checks"
        ),
    );
    list.add(
        ("variable", "RAKOPS_APP_CLIENT_ID"),
        "Settings > Secrets and variables > Actions > Variables",
        "the client id on the page of the App",
    );
    list.add(
        ("secret", "RAKOPS_APP_PRIVATE_KEY"),
        SECRETS,
        "a private key of the App, the whole PEM text",
    );
    if values.registry != "ghcr.io" {
        for name in ["REGISTRY_USERNAME", "REGISTRY_PASSWORD"] {
            list.add(
                ("secret", name),
                SECRETS,
                format!("a login at `{}` that may push `{}`", values.registry, values.image),
            );
        }
    }
    list.add(
        ("branch-protection", "tags `v*`"),
        RULES,
        "who may make a tag may release: restrict creation to those who should",
    );
    list.add(
        ("permission", "Allow auto-merge"),
        &format!("{manifests}: Settings > General > Pull Requests"),
        "without it `--auto-merge` is refused",
    );
    list.add(
        ("branch-protection", "required checks"),
        &format!("{manifests}: {RULES}"),
        "auto-merge waits for required checks and approvals; with none required it merges at once",
    );
}

fn github_manifests(list: &mut List) {
    list.add(
        ("branch-protection", "required check `check`"),
        RULES,
        "on every branch that an environment follows; the job `rendered` fails where an overlay cannot be rendered",
    );
    list.add(
        ("permission", "Workflow permissions"),
        ACTIONS,
        "`Read repository contents` is enough: each job asks for what it needs. `Allow GitHub Actions to create and approve pull \
         requests` may stay off",
    );
    list.add(
        ("value", "REGISTRY"),
        ".github/workflows/rakops-check.yml, under `env:`",
        "the host of your images where they want a login, such as ghcr.io; empty where everybody may read",
    );
    for name in ["REGISTRY_USERNAME", "REGISTRY_PASSWORD"] {
        list.add(
            ("secret", name),
            SECRETS,
            "a login that may read your images, where REGISTRY is filled in; pull requests of forks have none",
        );
    }
}

fn github_terraform(list: &mut List, values: &Values) {
    let environment = &values.environment;
    list.add(
        ("value", "login at the cloud"),
        ".github/workflows/terraform-plan.yml and terraform-apply.yml, where a comment says so",
        "by OIDC, with a role that may read for plans and one that may write for applies; trust the second only for the \
         subject of the environment",
    );
    list.add(
        ("environment", environment),
        "Settings > Environments",
        format!(
            "deployment branches: `{}` alone; required reviewers, if somebody has to say yes again before an apply",
            values.branch
        ),
    );
    list.add(
        ("branch-protection", &format!("branch `{}`", values.branch)),
        RULES,
        "require a pull request, approvals, review of code owners, dismissal of stale approvals, and the checks of \
         terraform-plan; `rakops terraform gate` is evidence, this is the lock",
    );
    list.add(
        ("secret", "a token with read:org"),
        SECRETS,
        "only where CODEOWNERS names teams: GITHUB_TOKEN cannot tell who is in a team, and a team that cannot be told is \
         refused. Hand it to the gate as RAKOPS_GITHUB_TOKEN",
    );
    list.add(
        ("permission", "who may read runs"),
        ACTIONS,
        "plans are kept as artifacts for 14 days and hold values in clear: in a public repository everybody could read them",
    );
}

const GITLAB_TOKENS: &str = "Settings > Access tokens";

fn gitlab_token(list: &mut List, (project, role, scope): (&str, &str, &str)) {
    list.add(
        ("token", "a project access token"),
        &format!("{project}{GITLAB_TOKENS}"),
        format!("role {role}, scope {scope}: CI_JOB_TOKEN can neither comment nor open a merge request"),
    );
}

/// What commenting on merge requests needs.
fn gitlab_comments(list: &mut List) {
    gitlab_token(list, ("", "Reporter", "api"));
    list.add(
        ("variable", "RAKOPS_GITLAB_TOKEN"),
        VARIABLES,
        "that token; masked and hidden. Not protected: merge requests come from branches that are not; forks do not get it",
    );
}

fn gitlab_app(list: &mut List, values: &Values) {
    let manifests = format!("{}/{}: ", values.manifests.owner, values.manifests.name);
    gitlab_token(list, (&manifests, "Developer", "api"));
    list.add(
        ("variable", "RAKOPS_GITLAB_TOKEN"),
        VARIABLES,
        "that token; masked, hidden and protected",
    );
    list.add(
        ("branch-protection", "protected tags `v*`"),
        "Settings > Repository > Protected tags",
        "who may make a tag may release; a protected variable is there for protected tags alone",
    );
    list.add(
        ("permission", "a runner with privileged docker"),
        "Settings > CI/CD > Runners",
        "docker:dind builds the image; with another builder change the job rakops:build",
    );
    list.add(
        ("branch-protection", "Pipelines must succeed"),
        &format!("{manifests}Settings > Merge requests"),
        "auto-merge waits for the pipeline; without one it merges at once",
    );
}

fn gitlab_manifests(list: &mut List) {
    gitlab_comments(list);
    list.add(
        ("schedule", "a nightly pipeline"),
        "Build > Pipeline schedules",
        "such as `23 3 * * *` on the default branch; it runs rakops:drift",
    );
    list.add(
        ("branch-protection", "Pipelines must succeed"),
        "Settings > Merge requests",
        "else a merge request with findings can be merged",
    );
    list.add(
        ("variable", "DOCKER_AUTH_CONFIG"),
        VARIABLES,
        "only where images want a login: docker's config.json, as a variable of type File, and DOCKER_CONFIG set to its directory",
    );
}

fn gitlab_terraform(list: &mut List, values: &Values) {
    gitlab_comments(list);
    list.add(
        ("value", "login at the cloud"),
        &format!("{}, `id_tokens:` of the two jobs", included(CiKind::Terraform)),
        "with a role that may read for plans, and one that may write for the protected branch alone",
    );
    list.add(
        ("environment", &values.environment),
        "Settings > CI/CD > Protected environments",
        "who may deploy; with required approvals, if somebody has to say yes again",
    );
    list.add(
        ("branch-protection", &format!("branch `{}`", values.branch)),
        "Settings > Repository > Protected branches",
        "nobody may push, code owners have to approve; `Pipelines must succeed` under Merge requests. `rakops terraform gate` \
         is evidence, this is the lock",
    );
}
