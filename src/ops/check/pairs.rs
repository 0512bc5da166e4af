//! Rule `half-updated-pair`: a tag and a digest, or a tag and the reference of a remote resource, of which one was updated.

use std::collections::HashMap;

use super::ask::Answers;
use super::finding::Found;
use super::sites::{Sites, Spotted, Standing};
use crate::config::model::Level;
use crate::error::Hint;
use crate::image::is_fixed;
use crate::manifest::locate::{self, Declared};
use crate::manifest::site::{Origin, Part, Site};
use crate::manifest::slot::{Effect, SiteAt};
use crate::manifest::terraform;
use crate::snapshot::Snapshot;
use crate::yaml::Tree;

/// `answers` are there where the registry's word about a pair is reported already: then it stands for this rule, too.
pub(super) fn check(
    (sites, answers): (&Sites, Option<&Answers>),
    (old, new): (Option<&Snapshot>, &Snapshot),
) -> Vec<Found> {
    let mut found = match old {
        Some(old) => changed(sites, answers, (old, new)),
        None => Vec::new(),
    };
    for contradiction in contradictions(sites, answers) {
        if !found.iter().any(|known| known.at == contradiction.at) {
            found.push(contradiction);
        }
    }
    found.sort_by(|a, b| a.at.cmp(&b.at));
    found
}

/// Whether the registry has told whether the pair belongs together.
fn is_told(answers: Option<&Answers>, effect: &Effect) -> bool {
    let answer = answers.and_then(|answers| answers.about(effect));
    answer.is_some_and(|answer| matches!(answer.tag, Some(Ok(_))))
}

/// A file before the change.
struct Before {
    tree: Tree,
    sites: Vec<Site>,
    /// The same file after it.
    after: String,
}

impl Before {
    /// None if nothing in the file has changed, or it was not there.
    fn of(file: &str, (old, new): (&Snapshot, &Snapshot)) -> Option<Before> {
        let before = old.has_file(file).then(|| old.read(file).ok()).flatten()?;
        let after = new.read(file).ok()?;
        if before == after {
            return None;
        }
        let tree = terraform::parse(file, before).ok()?;
        Some(Before {
            sites: locate::sites(file, &tree, &Declared::default()),
            tree,
            after: String::from_utf8(after).ok()?,
        })
    }

    /// The same site of the same image, if there was exactly one.
    fn same(&self, site: &Site) -> Option<&Site> {
        let mut same = self.sites.iter().filter(|before| {
            before.image.same_as(&site.image)
                && before.locator == site.locator
                && before.slot.object == site.slot.object
                && before.slot.container == site.slot.container
                && (before.slot.path == site.slot.path || site.slot.container.is_some())
        });
        let first = same.next()?;
        same.next().is_none().then_some(first)
    }

    /// The address of a remote resource that stood at the site's tag, and still stands there although the tag has changed.
    fn left_behind(&self, (before, now): (&Site, &Site)) -> Option<String> {
        let is_tied = |part: &&Part| matches!(part, Part::Tag { range, .. } if range.start > 0);
        let tied = before.parts.iter().find(is_tied)?;
        let is_changed = before.version.tag != now.version.tag && now.version.tag.is_some();
        if !is_changed || now.parts.iter().any(|part| is_tied(&part)) {
            return None;
        }
        let address = self.tree.text(self.tree.resolve(tied.spot()?.node));
        self.after.contains(address).then(|| address.to_owned())
    }
}

/// What the change did to one half of a pair.
fn changed(sites: &Sites, answers: Option<&Answers>, sides: (&Snapshot, &Snapshot)) -> Vec<Found> {
    let mut found: Vec<Found> = Vec::new();
    let mut read: Option<(String, Option<Before>)> = None;
    let mut last: Option<SiteAt> = None;
    for (standing, effect) in sites.effects() {
        let site = standing.site;
        let is_pair = site.version.tag.is_some() && site.version.digest.is_some();
        let is_entry = matches!(site.origin, Origin::KustomizeEntry { .. });
        if (!is_pair && !is_entry) || last == Some(standing.at) {
            continue;
        }
        last = Some(standing.at);
        let file = &standing.spotted.file;
        if read.as_ref().is_none_or(|(known, _)| known != file) {
            read = Some((file.clone(), Before::of(file, sides)));
        }
        let Some((_, Some(before))) = &read else { continue };
        let Some(old) = before.same(site) else { continue };
        if let Some(one) = half(&standing, old).filter(|_| is_pair && !is_told(answers, effect)) {
            found.push(one);
        } else if let Some(address) = before.left_behind((old, site)) {
            found.push(behind(&standing, &address));
        }
    }
    found
}

fn behind(standing: &Standing<'_>, address: &str) -> Found {
    let tag = standing.site.version.tag.as_deref().unwrap_or_default();
    let image = standing.site.image.as_str().to_owned();
    let message = format!("the tag of `{image}` is now `{tag}`, and `{address}` stayed where it was");
    Found {
        environments: standing.environments.clone(),
        image: Some(image.clone()),
        ..Found::new(standing.spotted.clone(), message)
            .because("before this change both named one version")
            .hint(Hint::Say(format!(
                "`rakops bump {image}=VERSION` moves both while they are equal"
            )))
    }
}

fn half(standing: &Standing<'_>, old: &Site) -> Option<Found> {
    let (now, before) = (&standing.site.version, &old.version);
    let (tag, digest) = (now.tag.as_deref()?, now.digest.as_deref()?);
    let (old_tag, old_digest) = (before.tag.as_deref()?, before.digest.as_deref()?);
    let image = standing.site.image.as_str();
    let (at_most, message, cause) = match (tag == old_tag, digest == old_digest) {
        (false, true) => (
            Level::Error,
            format!("the tag of `{image}` went from `{old_tag}` to `{tag}`, and its digest stayed"),
            "the digest decides what runs: it is still the old image",
        ),
        // A tag that follows releases is pinned anew from time to time, and keeps its name; some images are built anew even
        // under the tag of a release.
        (true, false) if is_fixed(tag) => (
            Level::Warn,
            format!("the digest of `{image}` is another, and its tag is still `{tag}`"),
            "the digest decides what runs, and the tag says something else",
        ),
        _ => return None,
    };
    let image = image.to_owned();
    Some(Found {
        environments: standing.environments.clone(),
        image: Some(image.clone()),
        at_most,
        ..Found::new(standing.spotted.clone(), message)
            .because(cause)
            .hint(Hint::Run(format!("rakops bump {image}={tag}@DIGEST")))
    })
}

/// Sites of one image that cannot both be right.
fn contradictions(sites: &Sites, answers: Option<&Answers>) -> Vec<Found> {
    let mut by_digest: HashMap<(String, String), Vec<Known>> = HashMap::new();
    let mut by_tag: HashMap<(String, String), (String, Spotted)> = HashMap::new();
    let mut found = Vec::new();
    for (standing, effect) in sites.effects() {
        let (Some(tag), Some(digest)) = (&effect.version.tag, &effect.version.digest) else {
            continue;
        };
        if !is_fixed(tag) || is_told(answers, effect) {
            continue;
        }
        let image = effect.image.normalised().to_owned();
        let known = by_digest.entry((image.clone(), digest.clone())).or_default();
        let other = known
            .iter()
            .find(|it| !tag.starts_with(&it.tag) && !it.tag.starts_with(tag.as_str()));
        let message = match (other, by_tag.get(&(image.clone(), tag.clone()))) {
            (Some(other), _) => Some((
                Level::Error,
                format!(
                    "one digest of `{}` is `{tag}` here and `{}` at {}",
                    effect.image, other.tag, other.at
                ),
            )),
            // Some images are built anew under the same tag, and pinned at different times.
            (None, Some((other, at))) if other != digest => Some((
                Level::Warn,
                format!(
                    "`{tag}` of `{}` stands here with another digest than at {at}",
                    effect.image
                ),
            )),
            _ => None,
        };
        known.push(Known {
            tag: tag.clone(),
            at: standing.spotted.clone(),
        });
        let first = (digest.clone(), standing.spotted.clone());
        by_tag.entry((image, tag.clone())).or_insert(first);
        if let Some((at_most, message)) = message {
            let name = effect.image.as_str();
            let hint = format!("the registry knows which is right: `rakops bump {name}=TAG --resolve-digest`");
            found.push(Found {
                environments: standing.environments,
                image: Some(name.to_owned()),
                at_most,
                ..Found::new(standing.spotted, message)
                    .because("the digest decides what runs")
                    .hint(Hint::Say(hint))
            });
        }
    }
    found
}

struct Known {
    tag: String,
    at: Spotted,
}
