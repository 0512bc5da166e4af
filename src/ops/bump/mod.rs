//! Gives images other versions.
//!
//! The stages: what has to be asked first ([`settle`]), what the words mean here ([`look`]): which sites the words mean ([`select`]), which of them the flags allow ([`targets`]), what is added where
//! an overlay pins nothing yet ([`pin`]), and the edits themselves ([`edit`]).

mod alias;
mod at;
pub(crate) mod contest;
pub(crate) mod contested;
mod edit;
pub(crate) mod from_file;
mod look;
mod near;
mod newest;
mod pin;
mod rules;
mod select;
pub(crate) mod settle;
mod shape;
mod targets;
mod unparsed;
pub(crate) mod verify;

use std::collections::BTreeSet;

use self::contest::Contest;
use self::look::Seen;
use self::select::Selection;
use crate::change::set::ChangeSet;
use crate::config::model::RuleName;
use crate::error::Error;
use crate::image::{BumpWord, Policy};
use crate::manifest::site::{Part, Site};
use crate::ops::world::World;
use crate::yaml::{AliasPolicy, NodeId, Tree};

/// What `bump` was asked for; nothing has been opened yet.
#[derive(Clone, Debug)]
pub(crate) struct BumpRequest {
    /// Which image gets which version.
    pub(crate) words: Vec<BumpWord>,
    /// Which sites may be touched.
    pub(crate) scope: Scope,
    /// Paths that are looked at, as typed; the empty list means everything.
    pub(crate) paths: Vec<String>,
    /// Places named one by one, as `FILE:PATH`.
    pub(crate) at: Vec<String>,
    /// What happens to an image that is written with no version.
    pub(crate) untagged: Untagged,
    /// What happens to a digest that the new version does not bring.
    pub(crate) digest: DigestChoice,
    /// Whether the newest versions are to be found.
    pub(crate) latest: Latest,
    /// The order of versions, in place of the configured one.
    pub(crate) policy: Option<Policy>,
    /// Whether tags get their digests.
    pub(crate) digests: Digests,
    /// What happens to a value that is an alias.
    pub(crate) alias: AliasPolicy,
    /// Rules that are lifted.
    pub(crate) allow: BTreeSet<RuleName>,
    /// Whether files of another branch than the environment's may be edited.
    pub(crate) branch: BranchRule,
    /// When something newer that stands at a site is left alone.
    pub(crate) contest: Contest,
}

/// Which sites may be touched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Scope {
    /// Nothing was said: fine as long as the edit reaches one environment at most.
    Unsaid,
    /// Every site, whatever it reaches.
    All,
    /// Those of these environments.
    Environments {
        /// Names of environments or groups.
        names: Vec<String>,
        /// Whether files that others share are edited too.
        shared: Shared,
    },
}

/// Whether files that other environments share are edited.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shared {
    /// They stay; an entry is added in the overlay instead.
    Keep,
    /// They are edited, and the plan lists every environment reached.
    Edit,
}

/// What happens to an image that is written with no version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Untagged {
    /// It is reported.
    Report,
    /// It gets the version.
    Set,
}

/// What happens to a digest that the new version does not bring.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum DigestChoice {
    /// The site is refused: half an update pins the old image.
    Refuse,
    /// The digest goes.
    Drop,
}

/// Whether the newest versions are to be found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Latest {
    /// Versions are given, or have been found.
    No,
    /// The registry is asked for them.
    Asked,
}

/// Whether tags get their digests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Digests {
    /// Where the configuration pins an image by its digest.
    AsPinned,
    /// All of them: `--resolve-digest`.
    Asked,
}

/// Whether files of another branch than the environment's may be edited.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BranchRule {
    /// They are a dead copy: refused.
    Own,
    /// `--here`.
    Any,
}

impl BumpRequest {
    /// The same request as a command line, for advice, with other words and another scope.
    pub(crate) fn typed(&self, words: &[String], scope: &str) -> String {
        let mut line = format!("rakops bump {}", words.join(" "));
        let mut add = |flag: &str| {
            line.push(' ');
            line.push_str(flag);
        };
        if !scope.is_empty() {
            add(scope);
        }
        self.paths.iter().for_each(|path| add(&format!("--path {path}")));
        self.at.iter().for_each(|place| add(&format!("--at '{place}'")));
        if self.untagged == Untagged::Set {
            add("--untagged");
        }
        self.typed_latest().iter().for_each(|flag| add(flag));
        if self.digests == Digests::Asked {
            add("--resolve-digest");
        }
        if self.digest == DigestChoice::Drop {
            add("--drop-digest");
        }
        match self.alias {
            AliasPolicy::Refuse => {}
            AliasPolicy::Definition => add("--alias definition"),
            AliasPolicy::Detach => add("--alias detach"),
        }
        for (rule, name) in [(RuleName::Downgrade, "downgrade"), (RuleName::Owned, "owned")] {
            if self.allow.contains(&rule) {
                add(&format!("--allow {name}"));
            }
        }
        line
    }

    /// The scope as flags.
    pub(crate) fn typed_scope(&self) -> String {
        match &self.scope {
            Scope::Unsaid => String::new(),
            Scope::All => "--all".to_owned(),
            Scope::Environments { names, shared } => {
                let base = if *shared == Shared::Edit { " --base" } else { "" };
                let here = if self.branch == BranchRule::Any { " --here" } else { "" };
                format!("--env {}{base}{here}", names.join(","))
            }
        }
    }
}

/// A file with the sites in it that some word may mean.
pub(crate) struct FileSites {
    pub(crate) file: String,
    pub(crate) tree: Tree,
    pub(crate) sites: Vec<Site>,
    /// Scalars that state versions of other images, with their names: they must not change along.
    pub(crate) others: Vec<(NodeId, String)>,
}

/// Plans the edits.
///
/// # Errors
/// `Kind::NotFound` for an image or environment that is not there; `Kind::Refused` for a name that fits several
/// images, an edit that reaches several environments unasked, half a version, an alias, an owned or lowered site.
pub(crate) fn plan(world: &World, request: &BumpRequest, on_read: &(dyn Fn() + Sync)) -> Result<ChangeSet, Error> {
    look::look(world, request, on_read, |seen| {
        let Seen {
            mut words,
            files,
            selected,
            scope,
            scan,
        } = seen;
        let mut plan = edit::Plan::new(world, request, files);
        let mut subjects: Vec<String> = selected.iter().filter_map(|it| subject(it, scan.crowded)).collect();
        subjects.extend(request.paths.iter().chain(&request.at).cloned());
        let mut touched = Vec::new();
        for (word, selection) in words.iter_mut().zip(&selected) {
            word.pin(&world.loaded.config.images, selection)?;
            for repository in &selection.repositories {
                unparsed::refuse_holding(world, scan.skipped, repository.as_str())?;
            }
            touched.push(targets::pick(&plan.files, selection, scope));
        }
        let mut placeholders = look::Placeholders::new();
        for (word, selection) in words.iter().zip(&selected) {
            for (name, pulled) in look::placeholders(&plan.files, selection) {
                let known = placeholders.entry(name).or_default();
                match &word.rename {
                    Some(other) if !pulled.is_empty() => known.extend([other.as_str().to_owned()]),
                    _ => known.extend(pulled),
                }
            }
        }
        targets::refuse_blind(scan.blind, &plan.files, &touched, scope)?;
        targets::refuse_several(request, &plan.files, (&words, &touched), scope)?;
        for (word, targets) in words.iter().zip(&touched) {
            targets::refuse_lost_entries(word, &plan.files, targets)?;
        }
        for (word, targets) in words.iter().zip(touched) {
            plan.set(word, &targets, scope)?;
        }
        let mut change_set = plan.finish(scope.reach)?;
        change_set.facts.subjects = subjects;
        change_set.facts.placeholders = placeholders;
        change_set.facts.warnings.extend(world.warnings_about(scan.skipped));
        Ok(change_set)
    })
}

/// What an image is called in the name of a branch: its last segment, or its whole path where others end with it, too.
fn subject(selection: &Selection, crowded: &BTreeSet<String>) -> Option<String> {
    let repository = selection.repositories.first()?;
    let short = repository.short_name();
    Some(match crowded.contains(short) {
        true => repository.normalised().to_owned(),
        false => short.to_owned(),
    })
}

/// The scalars of a site that stand in the file itself, with the name of its image.
fn spots_of(site: &Site) -> Vec<(NodeId, String)> {
    let spots = site
        .parts
        .iter()
        .filter_map(Part::spot)
        .filter(|spot| spot.block.is_none());
    spots.map(|spot| (spot.node, site.image.as_str().to_owned())).collect()
}
