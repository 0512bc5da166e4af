//! Helm values at any depth: `image: {registry, repository, tag, digest}`, `image: "repo:tag"`, `fooImage`.

use std::collections::HashMap;

use super::found::{
    is_description, join, key_around, read_digest, read_reference, read_repository, read_tag, slot, versioned_site,
};
use super::keys::{self, Key, Role};
use super::{Document, Head, Locator, Mapping};
use crate::image::{Repository, Version};
use crate::manifest::site::{Origin, Part, Site};
use crate::yaml::NodeId;

pub(super) struct HelmValues;

impl Locator for HelmValues {
    fn name(&self) -> &'static str {
        "helm-values"
    }

    /// Objects of the image reflectors name repositories and ranges of tags, and no version.
    fn claims(&self, head: &Head<'_>) -> bool {
        states_versions(head)
    }

    fn locate(&self, document: &Document<'_>, mapping: &Mapping<'_>, found: &mut Vec<Site>) {
        let Some(words) = mapping.words() else { return };
        for group in words.groups().filter(Group::has_repository_key) {
            found.extend(group.site(document, self.name()));
        }
        // A machine's image is a disk.
        let own_key = document.tree.key_of(mapping.node).map(|key| document.tree.text(key));
        if own_key != Some("machine") && !is_description(document, mapping.node) {
            for image in words.images() {
                if !mapping.is_found(found, image) {
                    found.extend(versioned_site(document, image, self.name()));
                }
            }
        }
    }
}

/// Asks whether the images that a document names can have versions there.
pub(super) fn states_versions(head: &Head<'_>) -> bool {
    !matches!(
        head.group(),
        "image.toolkit.fluxcd.io" | "argocd-image-updater.argoproj.io"
    )
}

/// A key with a role, and its value.
#[derive(Clone, Copy)]
pub(super) struct Word<'a> {
    /// The key taken apart.
    pub(super) key: Key<'a>,
    /// Its value.
    pub(super) value: NodeId,
}

impl<'a> Word<'a> {
    /// Takes a key apart, of a mapping or of a parameter such as `web.image.tag`.
    pub(super) fn of(key: &'a str, value: NodeId) -> Option<Word<'a>> {
        Some(Word {
            key: keys::read(key)?,
            value,
        })
    }
}

/// The keys of one mapping that have a role.
pub(super) struct Words<'a> {
    words: Vec<Word<'a>>,
    /// `pullPolicy` or the like stands among them: an image is meant.
    has_pull_policy: bool,
}

impl<'a> Words<'a> {
    /// The keys of a mapping; `None` if there is none that could hold a version or an image.
    pub(super) fn of_mapping(entries: &[(&'a str, NodeId)]) -> Option<Words<'a>> {
        let read = |&(key, value): &(&'a str, NodeId)| {
            if key == "apiVersion" {
                None
            } else {
                Word::of(key, value)
            }
        };
        let any = |roles: &[Role]| {
            entries
                .iter()
                .filter_map(read)
                .any(|word| roles.contains(&word.key.role))
        };
        // Most mappings have at most a `name`; they cost no allocation.
        let is_image = any(&[Role::Image, Role::Tag, Role::Digest, Role::Sha]);
        let says_image = |role| {
            let mut words = entries.iter().filter_map(read);
            words.any(|word| word.key.role == role && word.key.says_image)
        };
        let is_pair =
            any(&[Role::Version]) && any(&[Role::Repository]) || says_image(Role::Name) && says_image(Role::Version);
        if !(is_image || is_pair) {
            return None;
        }
        let words: Vec<Word<'a>> = entries.iter().filter_map(read).collect();
        let has_pull_policy = entries
            .iter()
            .any(|(key, _)| matches!(*key, "pullPolicy" | "imagePullPolicy" | "pullSecrets"));
        Some(Words { words, has_pull_policy })
    }

    /// Parameters of a list.
    pub(super) fn of_parameters(words: Vec<Word<'a>>) -> Words<'a> {
        Words {
            words,
            has_pull_policy: false,
        }
    }

    /// The words that name an image by themselves: `image`, `fooImage`.
    pub(super) fn images(&self) -> impl Iterator<Item = NodeId> {
        self.words
            .iter()
            .filter(|word| word.key.role == Role::Image)
            .map(|word| word.value)
    }

    /// Sorts the words by the image that they speak of; groups without a version are left out.
    pub(super) fn groups(&self) -> impl Iterator<Item = Group<'a>> {
        let mut groups: Vec<Group<'a>> = Vec::new();
        let mut by_stem: HashMap<String, usize> = HashMap::new();
        for word in &self.words {
            let at = *by_stem.entry(word.key.stem.to_ascii_lowercase()).or_insert_with(|| {
                groups.push(Group {
                    has_pull_policy: self.has_pull_policy,
                    ..Group::default()
                });
                groups.len() - 1
            });
            let group = &mut groups[at];
            let place = match word.key.role {
                Role::Registry => &mut group.registry,
                Role::Repository => &mut group.repository,
                Role::Image => &mut group.image,
                Role::Name => &mut group.name,
                Role::Tag => &mut group.tag,
                Role::Version => &mut group.version,
                Role::Digest | Role::Sha => &mut group.digest,
            };
            // `imageName` beside `name`, `imageTag` beside `tag`: the one that says so is the image's.
            if place.is_none_or(|old| !old.key.says_image) {
                *place = Some(*word);
            }
        }
        groups
            .into_iter()
            .filter(|g| g.tag.is_some() || g.version.is_some() || g.digest.is_some())
    }
}

/// The words that speak of one image.
#[derive(Default)]
pub(super) struct Group<'a> {
    registry: Option<Word<'a>>,
    repository: Option<Word<'a>>,
    image: Option<Word<'a>>,
    name: Option<Word<'a>>,
    tag: Option<Word<'a>>,
    version: Option<Word<'a>>,
    digest: Option<Word<'a>>,
    has_pull_policy: bool,
}

impl<'a> Group<'a> {
    /// The repository has a key of its own, rather than `image`.
    pub(super) fn has_repository_key(&self) -> bool {
        self.repository.is_some() || self.image.is_none() && self.name.is_some_and(|name| !name.key.says_image)
    }

    /// The site, if the words certainly state one.
    pub(super) fn site(&self, document: &Document<'_>, locator: &'static str) -> Option<Site> {
        let (image, named) = self.image(document)?;
        let tag = self.tag_word(document, &image);
        let mut version = Version::default();
        let mut parts = named;
        let mut at = None;
        if let Some(word) = self.digest
            && let Some((digest, part)) = read_digest(document, word.value, word.key.role == Role::Sha)
        {
            version.digest = digest;
            at = version.digest.as_ref().and(part.spot());
            parts.push(part);
        }
        if let Some(word) = tag {
            let (tag, part) = read_tag(document, word.value)?;
            version = Version {
                digest: tag.digest.or(version.digest),
                tag: tag.tag,
            };
            at = part.spot();
            parts.push(part);
        }
        let at = at?;
        parts.sort_by_key(Part::spot);
        let mut slot = slot(document, document.tree.parent(at.node)?);
        let stem = tag.or(self.digest).map_or("", |word| word.key.stem);
        if !stem.is_empty() {
            slot.path = if slot.path.is_empty() {
                stem.to_owned()
            } else {
                format!("{}.{stem}", slot.path)
            };
        }
        Some(Site {
            image,
            also: Vec::new(),
            version,
            parts,
            at,
            slot,
            locator,
            owner: None,
            origin: Origin::Other,
        })
    }

    /// The word that states the tag. A plain `version` is one only beside an `image` that has a path.
    fn tag_word(&self, document: &Document<'_>, image: &Repository) -> Option<Word<'a>> {
        if self.tag.is_some() {
            return self.tag;
        }
        let version = self.version?;
        let beside_image = self.image.is_some() && image.as_str().contains('/');
        (version.key.says_image || beside_image || self.stands_in_image(document, version)).then_some(version)
    }

    /// The mapping is the value of `image:`, `fooImage:` or an item of `images:`.
    fn stands_in_image(&self, document: &Document<'_>, word: Word<'a>) -> bool {
        let mapping = document.tree.parent(word.value);
        mapping
            .and_then(|mapping| key_around(document, mapping))
            .is_some_and(keys::says_image)
    }

    /// The mapping is the value of `image:` or `fooImage:` itself.
    fn is_value_of_image(&self, document: &Document<'_>, word: Word<'a>) -> bool {
        let key = document
            .tree
            .parent(word.value)
            .and_then(|mapping| document.tree.key_of(mapping));
        key.is_some_and(|key| keys::strip_word(document.tree.text(key), "image").is_some())
    }

    /// The repository, joined from as many words as it takes, and the words' parts.
    fn image(&self, document: &Document<'_>) -> Option<(Repository, Vec<Part>)> {
        let text = |word: Option<Word<'a>>| word.and_then(|w| document.word(w.value)).unwrap_or_default();
        let registry = text(self.registry);
        let part = |word: Word<'a>| {
            let text = document.text(word.value)?;
            let start = crate::image::scheme_length(text);
            Some(vec![Part::Repository {
                at: document.spot(word.value),
                range: start..text.len(),
            }])
        };
        match (self.repository, self.image, self.name) {
            // `repository: nvcr.io/nvidia`, `image: driver`: the image's name is the last segment.
            (Some(repository), Some(image), _) if is_segment(text(Some(image))) => {
                let (path, last) = (text(Some(repository)), text(Some(image)));
                if path.is_empty() {
                    return None;
                }
                if path.ends_with(&format!("/{last}")) || path == last {
                    return Some((join(registry, path)?, part(repository)?));
                }
                Some((join(registry, &format!("{path}/{last}"))?, Vec::new()))
            }
            // `registry: quay.io`, `repository: acme`, `name: web`: an organisation is no image.
            (Some(repository), None, Some(name))
                if !registry.is_empty() && is_segment(text(Some(repository))) && is_segment(text(Some(name))) =>
            {
                let (path, last) = (text(Some(repository)), text(Some(name)));
                if path == last {
                    return Some((join(registry, path)?, part(repository)?));
                }
                Some((join(registry, &format!("{path}/{last}"))?, Vec::new()))
            }
            // `image: {repository: ghcr.io/acme, name: web}`: again an organisation.
            (Some(repository), None, Some(name))
                if self.is_value_of_image(document, name)
                    && is_organisation(text(Some(repository)), text(Some(name))) =>
            {
                let path = text(Some(repository)).trim_end_matches('/');
                Some((join(registry, &format!("{path}/{}", text(Some(name))))?, Vec::new()))
            }
            // `defaultImageRegistry`, `defaultImageRepository`, `defaultImageTag`: what other images are put together from.
            (Some(repository), _, _)
                if repository.key.stem.eq_ignore_ascii_case("default") && is_segment(text(Some(repository))) =>
            {
                None
            }
            (Some(repository), _, _) => {
                let path = text(Some(repository));
                let is_doubtful = is_plain_repo(document, repository) && !has_host(path);
                if path.is_empty() || is_doubtful && !self.is_surely_image(document, repository) {
                    return None;
                }
                Some((join(registry, path)?, part(repository)?))
            }
            (None, Some(image), _) => Some((join(registry, text(Some(image)))?, part(image)?)),
            (None, None, Some(name)) => {
                let sure = name.key.says_image || self.is_surely_image(document, name) || has_host(text(Some(name)));
                if !sure || text(Some(name)).is_empty() {
                    return None;
                }
                Some((join(registry, text(Some(name)))?, part(name)?))
            }
            (None, None, None) => None,
        }
    }

    /// More than `name` and `tag` says that this is an image.
    fn is_surely_image(&self, document: &Document<'_>, word: Word<'a>) -> bool {
        self.registry.is_some()
            || word.key.says_image
            || self.tag.is_some_and(|tag| tag.key.says_image)
            || self.stands_in_image(document, word)
            || self.has_pull_policy
    }
}

/// What stands under `repository` lacks the image's own name, which stands under `name`: it ends in `/`, or is a host and one
/// segment that has nothing of the name. Anything deeper is as often a whole repository beside a name for people.
fn is_organisation(path: &str, name: &str) -> bool {
    if !is_segment(name) {
        return false;
    }
    match path.strip_suffix('/') {
        Some(path) => !path.is_empty(),
        None => path.split_once('/').is_some_and(|(_, rest)| {
            has_host(path) && !rest.contains('/') && !rest.contains(name) && !name.contains(rest)
        }),
    }
}

/// One segment of a path, without a version.
fn is_segment(text: &str) -> bool {
    !text.is_empty() && !text.contains('/') && read_repository(text).is_some()
}

/// The key is `repo`, which as often names a git repository.
fn is_plain_repo(document: &Document<'_>, word: Word<'_>) -> bool {
    document
        .tree
        .key_of(word.value)
        .is_some_and(|key| document.tree.text(key).eq_ignore_ascii_case("repo"))
}

/// The first segment of a reference is a host.
fn has_host(text: &str) -> bool {
    read_reference(text).is_some_and(|(_, reference)| reference.repository.registry().is_some())
}
