//! What goes into the files: what was named, else what the repository tells, else something to be filled in.

use super::request::{CiForge, CiKind, CiRequest, RakopsFrom, Tool, is_plain};
use crate::error::{Error, Hint, Kind};
use crate::git::names::{BranchName, RemoteUrl, Scheme};
use crate::image::Repository;
use crate::ops::world::World;
use crate::snapshot::Walk;

/// Everything that a template may need.
pub(super) struct Values {
    /// `ghcr.io/acme/api`.
    pub(super) image: String,
    /// The host of the image; empty where it is not known.
    pub(super) registry: String,
    pub(super) manifests: Manifests,
    pub(super) environment: String,
    pub(super) branch: String,
    /// What serialises bumps of this image in this environment.
    pub(super) group: String,
    pub(super) tool: Tool,
    pub(super) tool_version: String,
    /// Directories with a state of their own, relative to the root of the repository; `.` is the root.
    pub(super) roots: Vec<String>,
    /// Which of the two variables that say where rakops comes from have to be set.
    pub(super) variables: Vec<&'static str>,
}

/// The manifest repository.
pub(super) struct Manifests {
    pub(super) address: String,
    pub(super) owner: String,
    pub(super) name: String,
}

/// Finds the values. What nobody knows is written as a value to be filled in, with a warning that says so.
pub(super) fn find(
    world: &World,
    (forge, origin): (CiForge, Option<&RemoteUrl>),
    (request, warnings): (&CiRequest, &mut Vec<Error>),
) -> Result<Values, Error> {
    let words = &request.words;
    let mut missing = |what: &str, flag: &str| warnings.push(unknown(what, flag));
    let (mut image, mut manifests) = (String::new(), String::new());
    if request.kind == CiKind::App {
        image = match &words.image {
            Some(image) => checked_image(image)?,
            None => inferred_image(forge, origin).unwrap_or_else(|| {
                missing("the image", "--image NAME");
                "registry.example.com/acme/app".to_owned()
            }),
        };
        manifests = words.manifests.clone().unwrap_or_else(|| {
            missing("the manifest repository", "--manifests URL");
            let host = origin.and_then(RemoteUrl::host).unwrap_or("github.com");
            let owner = origin.and_then(|it| it.repository().rsplit_once('/'));
            format!("https://{host}/{}/manifests", owner.map_or("acme", |(owner, _)| owner))
        });
    }
    let mut tool_version = String::new();
    let (tool, mut roots) = (words.tool.unwrap_or_else(|| tool_of(world)), Vec::new());
    if request.kind == CiKind::Terraform {
        roots = roots_of(world, &words.roots)?;
        tool_version = match words.tool_version.clone().or_else(|| version_of(world, tool)) {
            Some(version)
                if version
                    .chars()
                    .all(|c| c.is_ascii_alphanumeric() || "-_.~<>= ".contains(c)) =>
            {
                version
            }
            Some(version) => return Err(unusable(&version, "--tool-version", "a version")),
            None => {
                missing("the version of Terraform", "--tool-version VERSION");
                "latest".to_owned()
            }
        };
    }
    let environment = match (&words.environment, request.kind) {
        (Some(environment), _) if environment.split('/').all(is_plain) => environment.clone(),
        (Some(environment), _) => return Err(unusable(environment, "--env", "letters, digits, `-`, `_`, `.` and `/`")),
        (None, CiKind::Terraform) => "production".to_owned(),
        (None, _) => {
            let known = world.environments_by_name().list;
            known.first().map_or("dev", |first| &first.name).to_owned()
        }
    };
    let branch = match &words.branch {
        Some(branch) => BranchName::parse(branch)?.as_str().to_owned(),
        None => world.branches.default.clone().unwrap_or_else(|| "main".to_owned()),
    };
    let registry = Repository::parse(&image).ok();
    let registry = registry.and_then(|it| it.normalised().split_once('/').map(|(host, _)| host.to_owned()));
    Ok(Values {
        group: slug(&format!("bump-{image}-{environment}")),
        registry: registry.unwrap_or_default(),
        manifests: manifests_at(&manifests, request.kind)?,
        variables: variables(&words.rakops, forge)?,
        image,
        environment,
        branch,
        tool,
        tool_version,
        roots,
    })
}

fn unknown(what: &str, flag: &str) -> Error {
    Error::new(
        Kind::Usage,
        "value-not-known",
        format!("{what} is not known; the file holds an example in its place"),
    )
    .hint(Hint::Flag(flag.to_owned(), "says it".into()))
}

fn unusable(value: &str, flag: &str, expected: &str) -> Error {
    Error::new(
        Kind::Usage,
        "value-not-usable",
        format!("`{value}` cannot be what `{flag}` names"),
    )
    .because(format!("expected {expected}"))
}

fn checked_image(image: &str) -> Result<String, Error> {
    Repository::parse(image)
        .map(|repository| repository.to_string())
        .map_err(|cause| unusable(image, "--image", "the name of an image, without a version").because(cause))
}

/// Where the forge itself keeps images, under the name of the repository.
fn inferred_image(forge: CiForge, origin: Option<&RemoteUrl>) -> Option<String> {
    match forge {
        CiForge::GitLab => Some("$CI_REGISTRY_IMAGE".to_owned()),
        CiForge::GitHub => {
            let origin = origin.filter(|origin| origin.host() == Some("github.com"))?;
            let name = format!("ghcr.io/{}", origin.repository().to_ascii_lowercase());
            Repository::parse(&name).is_ok().then_some(name)
        }
    }
}

fn manifests_at(address: &str, kind: CiKind) -> Result<Manifests, Error> {
    let nothing = || String::new();
    if kind != CiKind::App {
        return Ok(Manifests {
            address: nothing(),
            owner: nothing(),
            name: nothing(),
        });
    }
    let url = RemoteUrl::parse(address)?;
    let wrong = |because: &str| Err(unusable(&url.shown(), "--manifests", "https://HOST/OWNER/REPO").because(because));
    if url.has_userinfo() {
        return wrong("a token or password in it would be written into the file");
    }
    let https = match url.scheme() {
        Scheme::Https | Scheme::Http => address.to_owned(),
        // A job has a token, and no key; the token goes over https.
        Scheme::Ssh => format!("https://{}/{}", url.host().unwrap_or_default(), url.repository()),
        Scheme::Git | Scheme::File => return wrong("a token does not go that way"),
    };
    let Some((owner, name)) = url.repository().rsplit_once('/') else {
        return wrong("it names no owner");
    };
    if !owner.split('/').chain([name]).all(is_plain) {
        return wrong("its path is unusual");
    }
    Ok(Manifests {
        address: https,
        owner: owner.to_owned(),
        name: name.to_owned(),
    })
}

/// Which of `RAKOPS_GIT` and `RAKOPS_REV` nobody has named.
fn variables(rakops: &RakopsFrom, forge: CiForge) -> Result<Vec<&'static str>, Error> {
    match (rakops, forge) {
        (RakopsFrom::Action { .. }, CiForge::GitHub) => Ok(Vec::new()),
        (RakopsFrom::Action { .. }, CiForge::GitLab) => {
            Err(
                Error::new(Kind::Usage, "rakops-action", "GitLab runs no actions of GitHub").hint(Hint::Flag(
                    "--rakops-git URL".into(),
                    "names the sources instead".into(),
                )),
            )
        }
        (RakopsFrom::Sources { git, revision }, _) => {
            let git = git.is_none().then_some("RAKOPS_GIT");
            Ok(git
                .into_iter()
                .chain(revision.is_none().then_some("RAKOPS_REV"))
                .collect())
        }
    }
}

fn is_terraform(path: &str) -> bool {
    [".tf", ".tofu"].iter().any(|ending| path.ends_with(ending))
}

fn tool_of(world: &World) -> Tool {
    let walk = Walk {
        below: &[],
        wanted: &|path| path.ends_with(".tofu"),
        on_read: &|| {},
    };
    match world.snapshot.has_file(".opentofu-version") || !world.snapshot.list(&walk).is_empty() {
        true => Tool::OpenTofu,
        false => Tool::Terraform,
    }
}

/// The version that the files of version managers name: `.terraform-version`, `.opentofu-version`.
fn version_of(world: &World, tool: Tool) -> Option<String> {
    let file = match tool {
        Tool::Terraform => ".terraform-version",
        Tool::OpenTofu => ".opentofu-version",
    };
    let text = world
        .snapshot
        .has_file(file)
        .then(|| world.snapshot.read(file).ok())
        .flatten()?;
    let version = String::from_utf8(text).ok()?.trim().to_owned();
    version.starts_with(|c: char| c.is_ascii_digit()).then_some(version)
}

/// The directories that were named, else those that keep a state, else all that hold Terraform and are no modules.
fn roots_of(world: &World, named: &[String]) -> Result<Vec<String>, Error> {
    let walk = Walk {
        below: &[],
        wanted: &is_terraform,
        on_read: &|| {},
    };
    let written = |directory: &str| match directory {
        "" => ".".to_owned(),
        directory => directory.to_owned(),
    };
    let mut roots = Vec::new();
    for typed in named {
        roots.push(written(world.enter_one(typed)?.trim_end_matches('/')));
    }
    if named.is_empty() {
        let found = world.snapshot.walk(&walk, &|_, bytes| Some(keeps_state(bytes))).found;
        let directory = |path: &str| path.rsplit_once('/').map_or("", |(directory, _)| directory).to_owned();
        let is_module = |directory: &str| directory.split('/').any(|part| matches!(part, "modules" | "module"));
        let with_state = found
            .iter()
            .filter(|(_, keeps)| *keeps)
            .map(|(path, _)| directory(path));
        roots = with_state.map(|root| written(&root)).collect();
        if roots.is_empty() {
            let all = found.iter().map(|(path, _)| directory(path));
            roots = all.filter(|it| !is_module(it)).map(|root| written(&root)).collect();
        }
    }
    roots.sort();
    roots.dedup();
    if roots.is_empty() {
        let what = "there is no directory here with files of Terraform";
        return Err(Error::new(Kind::NotFound, "no-terraform", what)
            .hint(Hint::Flag("--root DIR".into(), "names one that is still empty".into())));
    }
    match roots.iter().find(|root| !root.split('/').all(is_plain)) {
        Some(odd) => Err(unusable(odd, "--root", "letters, digits, `-`, `_`, `.` and `/`")),
        None => Ok(roots),
    }
}

/// Whether a file of Terraform says where state is kept: a `backend "…"` or `cloud` block.
fn keeps_state(bytes: &[u8]) -> bool {
    let text = String::from_utf8_lossy(bytes);
    text.lines().map(str::trim_start).any(|line| {
        let opens = |word: &str| {
            line.strip_prefix(word)
                .is_some_and(|rest| rest.trim_start().starts_with(['"', '{']))
        };
        opens("backend") || opens("cloud")
    })
}

/// What may stand in the name of a group.
fn slug(text: &str) -> String {
    let plain = |c: char| {
        if c.is_ascii_alphanumeric() || "-_.".contains(c) {
            c
        } else {
            '-'
        }
    };
    let slug: String = text.replace("$CI_REGISTRY_IMAGE", "image").chars().map(plain).collect();
    slug.trim_matches('-').to_owned()
}
