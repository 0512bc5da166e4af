//! Gives images other versions.
//!
//! The stages: which sites the words mean ([`select`]), which of them the flags allow ([`targets`]), what is added where
//! an overlay pins nothing yet ([`pin`]), and the edits themselves ([`edit`]).

mod at;
mod edit;
pub(crate) mod from_file;
mod pin;
mod select;
mod targets;

use std::collections::BTreeSet;

use crate::change::set::ChangeSet;
use crate::config::model::RuleName;
use crate::error::{Error, Hint};
use crate::image::BumpWord;
use crate::manifest::graph::Reach;
use crate::manifest::scan::{self, Nature, Query, Skipped};
use crate::manifest::site::Site;
use crate::ops::world::World;
use crate::yaml::{AliasPolicy, Tree};

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

/// A file with the sites in it that some word may mean.
pub(crate) struct FileSites {
    pub(crate) file: String,
    pub(crate) tree: Tree,
    pub(crate) sites: Vec<Site>,
}

/// Plans the edits.
///
/// # Errors
/// `Kind::NotFound` for an image or environment that is not there; `Kind::Refused` for a name that fits several
/// images, an edit that reaches several environments unasked, half a version, an alias, an owned or lowered site.
pub(crate) fn plan(world: &World, request: &BumpRequest, on_read: &(dyn Fn() + Sync)) -> Result<ChangeSet, Error> {
    if !request.at.is_empty() {
        return at::plan(world, request);
    }
    let declared = world.declared()?;
    let words = select::names(world, &request.words)?;
    let mentions: Vec<&str> = words.iter().map(|word| word.name.last_segment()).collect();
    let below = world.enter(&request.paths)?;
    let query = Query {
        below: &below,
        mentions: &mentions,
        declared: &declared,
        on_read,
    };
    let scan = scan::scan(&world.snapshot, &query, &|file, tree, mut sites| {
        sites.retain(|site| words.iter().any(|word| select::fits(&word.name, site)));
        (!sites.is_empty()).then(|| FileSites {
            file: file.to_owned(),
            tree,
            sites,
        })
    });
    if let Some(error) = scan.unreadable.into_iter().next() {
        return Err(error.hint(Hint::Flag("--path PATH".into(), "looks only there".into())));
    }
    let environments = world.environments(&scan.graph);
    let here: &[String] = match (&request.scope, request.branch) {
        (Scope::Environments { names, .. }, BranchRule::Any) => names,
        _ => &[],
    };
    let present = world.present(&environments, here);
    let reach = Reach::new(&scan.graph, &present);
    let scope = targets::resolve(world, &environments, request)?;

    let mut plan = edit::Plan::new(world, request, scan.found);
    let scope = targets::Scoped {
        scope: &scope,
        reach: &reach,
        graph: &scan.graph,
    };
    let selected = select::select(world, &words, &plan.files, &scope)?;
    let mut touched = Vec::new();
    for (word, selection) in words.iter().zip(&selected) {
        refuse_unparsed(world, &scan.skipped, word, selection)?;
        touched.push(targets::pick(&plan.files, selection, &scope));
    }
    targets::refuse_several((&plan.files, request.digest), &words, &touched, &scope)?;
    for (word, targets) in words.iter().zip(touched) {
        plan.set(word, &targets, &scope)?;
    }
    let mut change_set = plan.finish(&reach)?;
    change_set.facts.warnings.extend(world.warnings_about(&scan.skipped));
    Ok(change_set)
}

/// Refuses if a file that could not be parsed holds the image itself: it would be left behind without a word.
fn refuse_unparsed(
    world: &World,
    skipped: &[Skipped],
    word: &select::Word<'_>,
    selection: &select::Selection,
) -> Result<(), Error> {
    for skip in skipped.iter().filter(|skip| skip.nature == Nature::Broken) {
        let text = String::from_utf8_lossy(&world.snapshot.read(&skip.file)?).into_owned();
        if selection
            .repositories
            .iter()
            .any(|repository| holds_reference(&text, repository.as_str()))
        {
            return Err(Error {
                message: format!(
                    "`{}` holds `{}` and cannot be parsed: {}",
                    skip.file, word.name, skip.error.message
                ),
                ..skip.error.clone()
            }
            .hint(Hint::Flag("--path PATH".into(), "leaves the file out".into())));
        }
    }
    Ok(())
}

/// Tells whether `text` holds `repository` with a tag or digest behind it, outside of comments.
fn holds_reference(text: &str, repository: &str) -> bool {
    text.lines().any(|line| {
        let code = line.split(" #").next().unwrap_or(line);
        !code.trim_start().starts_with('#')
            && code.match_indices(repository).any(|(at, _)| {
                let before = code[..at].chars().next_back();
                let after = code[at + repository.len()..].chars().next();
                matches!(after, Some(':' | '@'))
                    && before.is_none_or(|c| !(c.is_ascii_alphanumeric() || "._-/:@".contains(c)))
            })
    })
}

#[cfg(test)]
mod tests {
    use super::holds_reference;

    #[test]
    fn a_reference_is_told_from_a_comment_and_from_a_longer_name() {
        assert!(holds_reference("  image: ghcr.io/acme/api:1\n", "ghcr.io/acme/api"));
        assert!(holds_reference("\"ghcr.io/acme/api@sha256:00\"", "ghcr.io/acme/api"));
        assert!(!holds_reference("# image: ghcr.io/acme/api:1\n", "ghcr.io/acme/api"));
        assert!(!holds_reference("x: y # ghcr.io/acme/api:1\n", "ghcr.io/acme/api"));
        assert!(!holds_reference("image: ghcr.io/acme/api-v2:1\n", "ghcr.io/acme/api"));
        assert!(!holds_reference("image: x/ghcr.io/acme/api:1\n", "ghcr.io/acme/api"));
    }
}
