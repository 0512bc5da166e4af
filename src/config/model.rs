//! The types of `rakops.yaml`. Their doc comments are the descriptions in its JSON Schema.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::duration::Length;

/// How rakops is to understand a repository of Kubernetes manifests.
#[derive(Clone, Debug, Default, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(title = "rakops.yaml")]
pub(crate) struct Config {
    /// How environments relate to branches; inferred where only one reading is possible.
    pub(crate) strategy: Option<StrategyName>,
    /// The environments, in promotion order.
    pub(crate) environments: Vec<EnvironmentEntry>,
    /// Images that need more than their name in a manifest.
    pub(crate) images: Vec<ImageEntry>,
    /// What a promotion carries besides versions.
    pub(crate) promote: Promote,
    /// Turns a rule that refuses into a warning; `protected` cannot be named here.
    pub(crate) guard: BTreeMap<RuleName, Severity>,
    /// When a change that has not been carried counts as forgotten.
    pub(crate) drift: Drift,
    /// What hosts pull requests; inferred from the remote `origin`.
    pub(crate) forge: Option<Forge>,
    /// How to reach registries, and where logins are kept; never a secret itself.
    pub(crate) registries: Vec<Registry>,
    /// What pull requests look like.
    pub(crate) pull_request: PullRequest,
    /// What commits look like.
    pub(crate) commit: Commit,
    /// What `rakops check` looks at.
    pub(crate) check: Check,
}

/// How environments relate to branches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum StrategyName {
    /// One branch per environment; a feature branch is merged into each separately.
    #[serde(alias = "pattern1", alias = "1")]
    FanOut,
    /// One branch per environment; a change goes from each to the next.
    #[serde(alias = "pattern2", alias = "2")]
    Chain,
    /// Only `main`; environments are directories.
    #[serde(alias = "pattern3", alias = "3")]
    Trunk,
}

impl StrategyName {
    /// The name as it is written.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            StrategyName::FanOut => "fan-out",
            StrategyName::Chain => "chain",
            StrategyName::Trunk => "trunk",
        }
    }
}

/// A named place that runs something.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct EnvironmentEntry {
    /// Its name, as it is typed.
    pub(crate) name: String,
    /// The branch that its cluster tracks; the default branch if absent.
    pub(crate) branch: Option<String>,
    /// The directories of its manifests, globs allowed; `overlays/<name>` if absent.
    pub(crate) path: Option<OneOrMany>,
    /// Environments of one group are peers in the order.
    pub(crate) group: Option<String>,
    /// The Argo CD Application or ApplicationSet, or Flux GitRepository, that follows a branch.
    pub(crate) track: Option<Track>,
    /// How long it must have run a version before that is promoted onward.
    pub(crate) soak: Option<Length>,
    /// Reached by pull request only; true for the last environment if absent.
    pub(crate) protected: Option<bool>,
    /// Users and `org/team`s that are asked to review.
    #[serde(default)]
    pub(crate) reviewers: Vec<String>,
}

/// One text, or a list of them.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(untagged)]
pub(crate) enum OneOrMany {
    /// One.
    One(String),
    /// Several.
    Many(Vec<String>),
}

impl OneOrMany {
    /// Returns them all.
    pub(crate) fn as_slice(&self) -> &[String] {
        match self {
            OneOrMany::One(one) => std::slice::from_ref(one),
            OneOrMany::Many(many) => many,
        }
    }
}

/// The object that follows a branch.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Track {
    /// The file it is written in.
    pub(crate) file: String,
    /// Its `metadata.name`.
    pub(crate) name: String,
}

/// An image that needs more than its name in a manifest.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ImageEntry {
    /// Its repository, such as `ghcr.io/acme/api`.
    pub(crate) name: String,
    /// A short name to type.
    pub(crate) alias: Option<String>,
    /// How its versions are ordered: `semver:RANGE`, `calver`, `numeric`, `newest` or `regex:PATTERN`.
    pub(crate) policy: Option<String>,
    /// What a version consists of.
    pub(crate) pin: Option<Pin>,
    /// Places that rakops cannot see by itself: `FILE:PATH`, with `{env}` where the environment's name stands.
    #[serde(default)]
    pub(crate) sites: Vec<String>,
    /// Other repositories that hold the same image.
    #[serde(default)]
    pub(crate) same_as: Vec<String>,
    /// Whether a digest is carried to another of these repositories unverified.
    #[serde(default)]
    pub(crate) mirror: bool,
    /// The environments that run it; all if absent.
    pub(crate) environments: Option<Vec<String>>,
}

/// What a version consists of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
pub(crate) enum Pin {
    /// A tag; a digest that stands beside it is dropped.
    #[serde(rename = "tag")]
    Tag,
    /// A digest alone.
    #[serde(rename = "digest")]
    Digest,
    /// Both, always.
    #[serde(rename = "tag+digest")]
    TagAndDigest,
}

/// What a promotion carries besides versions.
#[derive(Clone, Debug, Default, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Promote {
    /// Selectors such as `ConfigMap/app data.FEATURE_*`, or files with `{env}`.
    pub(crate) settings: Vec<String>,
    /// What to do about settings that came with a version and are not carried.
    pub(crate) companions: Option<Severity>,
}

/// Whether something is only said, or stops the command.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Severity {
    /// It is said.
    Warn,
    /// The command is refused.
    Refuse,
}

/// A rule that refuses, as `--allow` names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum RuleName {
    /// Leaving out an environment.
    Skip,
    /// Promoting up the order.
    Backwards,
    /// Lowering a version.
    Downgrade,
    /// Replacing a hotfix.
    Overwrite,
    /// Bringing back what was rolled back.
    RolledBack,
    /// A tag that names no fixed content.
    Floating,
    /// Promoting what has not run long enough.
    Unsoaked,
    /// A reference to another environment's branch.
    ForeignRef,
    /// A shared change that an environment would get untried.
    Untried,
    /// Pointing an environment on a trial at another branch.
    Retrack,
    /// Writing a site that another tool owns.
    Owned,
}

impl RuleName {
    /// All of them, in the order of PROMOTION.md, section 7.
    pub(crate) const ALL: [RuleName; 11] = [
        RuleName::Skip,
        RuleName::Backwards,
        RuleName::Downgrade,
        RuleName::Overwrite,
        RuleName::RolledBack,
        RuleName::Floating,
        RuleName::Unsoaked,
        RuleName::ForeignRef,
        RuleName::Untried,
        RuleName::Retrack,
        RuleName::Owned,
    ];

    /// The name as it is written.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            RuleName::Skip => "skip",
            RuleName::Backwards => "backwards",
            RuleName::Downgrade => "downgrade",
            RuleName::Overwrite => "overwrite",
            RuleName::RolledBack => "rolled-back",
            RuleName::Floating => "floating",
            RuleName::Unsoaked => "unsoaked",
            RuleName::ForeignRef => "foreign-ref",
            RuleName::Untried => "untried",
            RuleName::Retrack => "retrack",
            RuleName::Owned => "owned",
        }
    }

    /// What lifting it does, for the hint beside `--allow`.
    pub(crate) fn lifts(self) -> &'static str {
        match self {
            RuleName::Skip => "leaves them out",
            RuleName::Backwards => "promotes up the order",
            RuleName::Downgrade => "lowers the version",
            RuleName::Overwrite => "replaces what was set there",
            RuleName::RolledBack => "brings it back",
            RuleName::Floating => "promotes the tag, whatever it names",
            RuleName::Unsoaked => "does not wait",
            RuleName::ForeignRef => "leaves the reference as it is",
            RuleName::Untried => "goes on untried",
            RuleName::Retrack => "ends the other trial",
            RuleName::Owned => "writes it all the same",
        }
    }
}

/// When a change counts as forgotten.
#[derive(Clone, Debug, Default, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Drift {
    /// How long a change may be pending; `14d` if absent.
    pub(crate) grace: Option<Length>,
    /// Differences that are meant to be there.
    pub(crate) expected: Vec<String>,
}

/// What hosts pull requests.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Forge {
    /// Its kind, such as `github`, `gitlab`, `gitea`, `bitbucket` or `azure`.
    pub(crate) kind: Option<String>,
    /// Its address, where it is not the public one.
    pub(crate) url: Option<String>,
    /// The repository there, where it is not the one of `origin`.
    pub(crate) repository: Option<String>,
    /// The environment variable that holds the token.
    pub(crate) token_env: Option<String>,
}

/// How to reach a registry.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Registry {
    /// Host, and port where there is one, as images name it: `docker.io`, `registry.example.com:5000`.
    pub(crate) host: String,
    /// Where the login is kept; `docker-config` if absent.
    pub(crate) auth: Option<RegistryAuth>,
    /// Host, and a path where there is one, that is asked first: `mirror.example.com/hub`. Its login is its own.
    pub(crate) mirror: Option<String>,
    /// Whether it speaks plain HTTP. A login is sent to it in clear only with `--insecure-registry`.
    #[serde(default)]
    pub(crate) insecure: bool,
    /// The authorities that its certificate comes from, a PEM file: from the root of the repository, or absolute.
    pub(crate) ca_file: Option<String>,
}

/// Where a login for a registry is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum RegistryAuth {
    /// In docker's own configuration, credential helpers included.
    DockerConfig,
    /// Nowhere: nobody logs in.
    Anonymous,
}

/// What pull requests look like.
#[derive(Clone, Debug, Default, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct PullRequest {
    /// Its title; `{env}`, `{image}`, `{from}`, `{to}`, `{summary}` and `{command}` are replaced.
    pub(crate) title: Option<String>,
    /// Words before the table of versions in its body, as Markdown; the same names in braces are replaced.
    pub(crate) body: Option<String>,
    /// Labels it gets.
    pub(crate) labels: Vec<String>,
    /// Environments whose pull requests are merged by the forge once their checks pass.
    pub(crate) auto_merge: Vec<String>,
}

/// What commits look like.
#[derive(Clone, Debug, Default, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Commit {
    /// Who they are by, as `Name <mail>`; as git is configured if absent.
    pub(crate) author: Option<String>,
    /// Whether they are signed; `auto` does as git is configured.
    pub(crate) sign: Option<Sign>,
    /// Their first line; the same names in braces as in a title are replaced.
    pub(crate) message: Option<String>,
}

/// Whether commits are signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Sign {
    /// As git is configured.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// What `rakops check` looks at.
#[derive(Clone, Debug, Default, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Check {
    /// What counts as shared besides what the graph shows.
    pub(crate) shared: CheckShared,
    /// What images have to run on, such as `linux/amd64` and `linux/arm64`: the nodes of the clusters.
    pub(crate) platforms: Vec<String>,
    /// How bad a finding of a rule is, where that is not as usual.
    pub(crate) levels: BTreeMap<CheckRule, Level>,
}

/// A rule of `rakops check`, as its findings are called.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum CheckRule {
    /// A version or a repository that is not in the registry.
    VersionMissing,
    /// A tag and a digest that do not belong together.
    DigestMismatch,
    /// An image that does not run on one of `check.platforms`.
    MissingPlatform,
    /// An image that no registry could be asked about.
    Unverified,
    /// A tag that names no fixed content, such as `latest` or a branch.
    FloatingTag,
    /// A tag that some reader of YAML takes for something else than text.
    MistypedTag,
    /// Half of a version was updated, the other half was not.
    HalfUpdatedPair,
    /// A kustomization that names what is not there.
    BrokenReference,
    /// A shared change that no environment before the last has tried.
    Untried,
    /// A reference to another environment's branch or directory.
    ForeignRef,
}

impl CheckRule {
    /// All of them, in the order in which they are told.
    pub(crate) const ALL: [CheckRule; 10] = [
        CheckRule::VersionMissing,
        CheckRule::DigestMismatch,
        CheckRule::MissingPlatform,
        CheckRule::Unverified,
        CheckRule::FloatingTag,
        CheckRule::MistypedTag,
        CheckRule::HalfUpdatedPair,
        CheckRule::BrokenReference,
        CheckRule::Untried,
        CheckRule::ForeignRef,
    ];

    /// The name as it is written.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            CheckRule::VersionMissing => "version-missing",
            CheckRule::DigestMismatch => "digest-mismatch",
            CheckRule::MissingPlatform => "missing-platform",
            CheckRule::Unverified => "unverified",
            CheckRule::FloatingTag => "floating-tag",
            CheckRule::MistypedTag => "mistyped-tag",
            CheckRule::HalfUpdatedPair => "half-updated-pair",
            CheckRule::BrokenReference => "broken-reference",
            CheckRule::Untried => "untried",
            CheckRule::ForeignRef => "foreign-ref",
        }
    }
}

/// What counts as shared besides what the graph shows.
#[derive(Clone, Debug, Default, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct CheckShared {
    /// Files and directories, globs allowed.
    pub(crate) paths: Vec<String>,
    /// How bad a finding is.
    pub(crate) level: Option<Level>,
}

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Level {
    /// A finding.
    Error,
    /// Said, and no more.
    Warn,
    /// Not looked at.
    Off,
}
