//! Of writers of the same site the newest wins: who is older is superseded, which is no failure.
//!
//! Source: PROMOTION.md, section 9.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

use crate::change::set::{Facts, Superseded};
use crate::image::{Repository, Version};

/// When something newer that stands at a site is left alone, instead of being refused as a downgrade.
#[derive(Clone, Debug, Default)]
pub(crate) struct Contest {
    /// The run says what was built: builds finish out of order, and an older one loses without a word.
    pub(crate) claim: Claim,
    /// Versions of each image at the command's first look; none before it.
    first: Option<BTreeMap<String, BTreeSet<String>>>,
    /// Sites that a newer source holds: file and image, with what is the matter with the version that is wanted.
    held: BTreeMap<(String, String), String>,
}

/// Whether the run says what was built.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Claim {
    /// It does not: whoever asks for an older version means it.
    #[default]
    None,
    /// `--source`.
    Source,
    /// `--latest`: what stands there may be newer than anything the registry still has.
    Newest,
}

/// A site as the contest sees it.
pub(super) struct Candidate<'a> {
    pub(super) file: &'a str,
    pub(super) image: &'a Repository,
    pub(super) present: &'a Version,
    pub(super) wanted: &'a Version,
    /// How what is wanted compares with what is there, where the two can be compared; none as well where `--allow downgrade`
    /// says that it does not matter.
    pub(super) order: Option<Ordering>,
}

impl Contest {
    /// Remembers what stood where at the command's first look; later looks change nothing.
    pub(crate) fn remember(&mut self, facts: &Facts) {
        if self.first.is_some() {
            return;
        }
        let mut first: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        let sites = facts
            .sites
            .iter()
            .map(|site| (&site.image, site.from.clone().unwrap_or_default()));
        let same = facts.unchanged.iter().map(|same| (&same.image, same.version.clone()));
        for (image, version) in sites.chain(same) {
            first.entry(image.clone()).or_default().insert(version);
        }
        self.first = Some(first);
    }

    /// Leaves a site to what stands there, because of its source.
    pub(crate) fn leave(&mut self, file: &str, image: &str, why: String) {
        self.held.insert((file.to_owned(), image.to_owned()), why);
    }

    /// Forgets which sites are left because of their sources: another commit may hold other versions.
    pub(crate) fn look_again(&mut self) {
        self.held.clear();
    }

    /// Tells whether an image has another version than at the first look.
    pub(crate) fn has_moved(&self, image: &str, present: &str) -> bool {
        match self.first.as_ref().and_then(|first| first.get(image)) {
            Some(versions) => !versions.contains(present),
            None => false,
        }
    }

    /// Returns why a site is left alone, if it is.
    pub(super) fn superseded(&self, site: &Candidate<'_>) -> Option<Superseded> {
        let image = site.image.as_str();
        let present = site.present.to_string();
        let held = self.held.get(&(site.file.to_owned(), image.to_owned())).cloned();
        let is_contested = self.claim != Claim::None || self.has_moved(image, &present);
        let why = match self.claim {
            Claim::Newest => "is the newest that the registry has",
            Claim::None | Claim::Source => "is an older version",
        };
        let newer = (site.order == Some(Ordering::Less) && is_contested).then(|| why.to_owned());
        held.or(newer).map(|why| Superseded {
            file: site.file.to_owned(),
            image: image.to_owned(),
            present,
            wanted: site.wanted.to_string(),
            why,
        })
    }
}

#[cfg(test)]
mod tests {
    use std::cmp::Ordering;

    use super::{Candidate, Claim, Contest};
    use crate::change::set::{Facts, SiteChange};
    use crate::image::{Repository, Version};

    fn answer(contest: &Contest, present: &str, order: Option<Ordering>) -> bool {
        let image = Repository::parse("acme/api").unwrap();
        let (present, wanted) = (Version::of_tag(present), Version::of_tag("1.4.2"));
        let site = Candidate {
            file: "a.yaml",
            image: &image,
            present: &present,
            wanted: &wanted,
            order,
        };
        contest.superseded(&site).is_some()
    }

    #[test]
    fn an_older_version_is_superseded_by_what_came_after_the_first_look_or_if_the_run_has_a_source() {
        let mut contest = Contest::default();
        assert!(
            !answer(&contest, "1.4.3", Some(Ordering::Less)),
            "whoever asks for it at once means it"
        );
        contest.remember(&Facts {
            sites: vec![SiteChange {
                file: "a.yaml".into(),
                line: 1,
                column: 1,
                image: "acme/api".into(),
                from: Some("1.4.1".into()),
                to: "1.4.2".into(),
                locator: "pod-spec",
                environments: Vec::new(),
            }],
            ..Facts::default()
        });
        assert!(answer(&contest, "1.4.3", Some(Ordering::Less)));
        assert!(
            !answer(&contest, "1.4.3", None),
            "what cannot be compared: the later writer lands"
        );
        assert!(!answer(&contest, "1.4.1", Some(Ordering::Less)));
        let built = Contest {
            claim: Claim::Source,
            ..Contest::default()
        };
        assert!(answer(&built, "1.4.3", Some(Ordering::Less)));
        assert!(!answer(&built, "1.4.1", Some(Ordering::Greater)));
    }

    #[test]
    fn what_a_newer_source_holds_is_left_whatever_the_versions_say() {
        let mut contest = Contest::default();
        contest.leave("a.yaml", "acme/api", "was built from an older commit".into());
        assert!(answer(&contest, "main-1", None));
        contest.look_again();
        assert!(!answer(&contest, "main-1", None));
    }
}
