//! Gives images other versions.
//!
//! The stages: which sites the words mean ([`select`]), which of them the flags allow ([`targets`]), what is added where
//! an overlay pins nothing yet ([`pin`]), and the edits themselves ([`edit`]).

mod alias;
mod at;
pub(crate) mod contest;
pub(crate) mod contested;
mod edit;
pub(crate) mod from_file;
mod near;
mod pin;
mod rules;
mod select;
mod targets;
mod unparsed;

use std::collections::BTreeSet;
use std::sync::Mutex;

use self::contest::Contest;
use self::near::near;
use self::select::Selection;
use self::targets::Known;
use crate::change::set::ChangeSet;
use crate::config::model::RuleName;
use crate::error::{Error, Hint};
use crate::image::BumpWord;
use crate::manifest::graph::Reach;
use crate::manifest::scan::{self, Query};
use crate::manifest::site::{Part, Site};
use crate::ops::world::World;
use crate::yaml::{AliasPolicy, ListIndent, NodeId, Tree};

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
    let declared = world.declared()?;
    let mut words = select::names(world, request)?;
    let below = world.enter(&request.paths)?;
    let named = match request.at.is_empty() {
        true => None,
        false => Some(at::open(world, request, &words)?),
    };
    let mentions: Vec<&str> = match &named {
        // No name holds a NUL byte: nothing but kustomizations is read.
        Some(_) => vec!["\0"],
        None => words.iter().map(|word| word.name.last_segment()).collect(),
    };
    // What an environment runs is seen from everywhere; the paths then say what may be edited.
    let everywhere = matches!(request.scope, Scope::Environments { .. });
    let query = Query {
        below: if everywhere { &[] } else { &below },
        mentions: &mentions,
        declared: &declared,
        on_read,
    };
    // Last segments that more than one repository has: a branch named after one of them would be both's.
    let crowded: Mutex<BTreeSet<String>> = Mutex::default();
    let make = |file: &str, tree: Tree, mut sites: Vec<Site>| {
        let is_meant = |site: &Site| words.iter().any(|word| select::fits(&word.name, site));
        let strangers = sites.iter().filter(|site| !is_meant(site));
        if let Ok(mut crowded) = crowded.lock() {
            crowded.extend(strangers.map(|site| site.image.short_name().to_owned()));
        }
        let others = sites.iter().filter(|site| !is_meant(site)).flat_map(spots_of).collect();
        sites.retain(is_meant);
        (!sites.is_empty()).then(|| FileSites {
            others,
            file: file.to_owned(),
            tree: tree.with_new_lists(ListIndent::Flush),
            sites,
        })
    };
    let near = near(world, request)?;
    let scan = match &near {
        Some(near) => near.scan(&world.snapshot, &query, &make),
        None => scan::scan(&world.snapshot, &query, &make),
    };
    if let Some(error) = scan.unreadable.into_iter().next() {
        return Err(error.hint(Hint::Flag("--path PATH".into(), "looks only there".into())));
    }
    unparsed::refuse_named(&scan.skipped, &below)?;
    for word in &words {
        unparsed::refuse_holding(world, &scan.skipped, word.name.as_str())?;
    }
    let is_near = near.is_some();
    let environments = match near {
        Some(near) => near.environments,
        None => world.environments(&scan.graph),
    };
    let here: &[String] = match (&request.scope, request.branch) {
        (Scope::Environments { names, .. }, BranchRule::Any) => names,
        (Scope::Environments { names, .. }, BranchRule::Own) if world.branches.checked_out.is_none() => names,
        _ => &[],
    };
    let present = world.present(&environments, here);
    let reach = Reach::new(&scan.graph, &present);
    let scope = targets::resolve(world, &environments, request)?;
    let scope = targets::Scoped {
        scope: &scope,
        reach: &reach,
        graph: &scan.graph,
        below: &below,
        known: if is_near { Known::Near } else { Known::Everything },
    };
    let (files, selected) = match named {
        Some((files, selection)) => (files, vec![selection]),
        None => {
            let selected = select::select(world, request, &words, (&scan.found, &scope))?;
            (scan.found, selected)
        }
    };
    let mut plan = edit::Plan::new(world, request, files);
    let crowded = crowded.into_inner().unwrap_or_default();
    let mut subjects: Vec<String> = selected.iter().filter_map(|it| subject(it, &crowded)).collect();
    subjects.extend(request.paths.iter().chain(&request.at).cloned());
    let mut touched = Vec::new();
    for (word, selection) in words.iter_mut().zip(&selected) {
        word.pin(&world.loaded.config.images, selection)?;
        for repository in &selection.repositories {
            unparsed::refuse_holding(world, &scan.skipped, repository.as_str())?;
        }
        touched.push(targets::pick(&plan.files, selection, &scope));
    }
    targets::refuse_blind(&scan.blind, &plan.files, &touched, &scope)?;
    targets::refuse_several(request, &plan.files, (&words, &touched), &scope)?;
    for (word, targets) in words.iter().zip(&touched) {
        targets::refuse_lost_entries(word, &plan.files, targets)?;
    }
    for (word, targets) in words.iter().zip(touched) {
        plan.set(word, &targets, &scope)?;
    }
    let mut change_set = plan.finish(&reach)?;
    change_set.facts.subjects = subjects;
    change_set.facts.warnings.extend(world.warnings_about(&scan.skipped));
    Ok(change_set)
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
