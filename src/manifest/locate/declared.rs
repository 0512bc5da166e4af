//! Sites that config names: `images[].sites`, each `FILE:PATH`.

use std::ops::Range;

use globset::{GlobBuilder, GlobMatcher};

use super::found::{read_digest, read_tag, site_of, slot};
use super::keys::{self, Role};
use super::{Document, Head, Locator, Mapping};
use crate::config::model::ImageEntry;
use crate::error::{Error, Hint, Kind};
use crate::image::{Reference, Repository, Version, is_tag};
use crate::manifest::site::{Origin, Part, Site};
use crate::yaml::{NodeId, NodeKind};

/// The sites of config in a form that is quick to ask.
#[derive(Clone, Debug, Default)]
pub(crate) struct Declared {
    rules: Vec<Rule>,
}

#[derive(Clone, Debug)]
struct Rule {
    image: Repository,
    files: GlobMatcher,
    path: Vec<Step>,
    part: Held,
}

/// What of a text is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Held {
    /// The text, or the one reference in it.
    Whole,
    /// `#ref`: what stands behind `?ref=` in an address.
    Ref,
}

/// One step of a path. Besides what a path of the editor has, `*` is any key or item and `**` any number of them.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Step {
    Key(String),
    Index(usize),
    Where(String, String),
    Any,
    Deep,
}

impl Declared {
    /// Reads pairs of an image's name and a `FILE:PATH`.
    ///
    /// `{env}` stands for one segment of FILE, or for one key of PATH; FILE may be a glob.
    ///
    /// # Errors
    /// [`Kind::Config`], with the text that cannot be understood.
    pub(crate) fn new<'a>(sites: impl IntoIterator<Item = (&'a str, &'a str)>) -> Result<Declared, Error> {
        let rules = sites
            .into_iter()
            .map(|(image, site)| Rule::new(image, site))
            .collect::<Result<_, _>>()?;
        Ok(Declared { rules })
    }

    /// Reads the sites of a configuration.
    ///
    /// # Errors
    /// [`Kind::Config`], with the text that cannot be understood.
    pub(crate) fn of(images: &[ImageEntry]) -> Result<Declared, Error> {
        let sites = images
            .iter()
            .flat_map(|image| image.sites.iter().map(move |site| (image.name.as_str(), site.as_str())));
        Declared::new(sites).map_err(|error| {
            let mut error = error;
            error.kind = Kind::Config;
            error.hint(Hint::See("docs/reference/config.md".into()))
        })
    }

    /// Asks whether a site is declared in `file`, which then is read whatever its name is.
    pub(crate) fn names(&self, file: &str) -> bool {
        self.rules.iter().any(|rule| rule.files.is_match(file))
    }
}

impl Rule {
    fn new(image: &str, site: &str) -> Result<Rule, Error> {
        let refuse = |why: String| {
            let example = "sites: [\"charts/api/values-{env}.yaml:image.tag\"]".to_owned();
            Error::new(Kind::Config, "bad-site", why).hint(Hint::Key("images[].sites".into(), example))
        };
        let image = Repository::parse(image).map_err(|why| refuse(why.to_string()))?;
        let (file, path) = site
            .split_once(':')
            .ok_or_else(|| refuse(format!("`{site}` has no path behind a colon: `FILE:PATH` is expected")))?;
        let files = GlobBuilder::new(&file.replace("{env}", "*"))
            .literal_separator(true)
            .build()
            .map_err(|cause| refuse(format!("`{file}` is not a pattern of files")).because(cause))?
            .compile_matcher();
        let (path, part) = match path.strip_suffix("#ref") {
            Some(path) => (path, Held::Ref),
            None => (path, Held::Whole),
        };
        let path = read_path(path).ok_or_else(|| {
            refuse(format!(
                "`{path}` is not a path such as `image.tag` or `apps[name=web].tag`"
            ))
        })?;
        Ok(Rule {
            image,
            files,
            path,
            part,
        })
    }
}

/// Reads `a.b[0].c`, `list[name=web].tag`, `values["image.tag"]`, `*.image_tag`, `**.image_tag`.
fn read_path(text: &str) -> Option<Vec<Step>> {
    let mut steps = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        if let Some(inside) = rest.strip_prefix('[') {
            let (step, after) = if let Some(quoted) = inside.strip_prefix('"') {
                let (key, after) = quoted.split_once("\"]")?;
                (Step::Key(key.to_owned()), after)
            } else {
                let (word, after) = inside.split_once(']')?;
                let step = match word.split_once('=') {
                    Some((key, value)) => Step::Where(key.to_owned(), value.trim_matches('"').to_owned()),
                    None if word == "*" => Step::Any,
                    None => Step::Index(word.parse().ok()?),
                };
                (step, after)
            };
            steps.push(step);
            rest = after;
        } else {
            let end = rest.find(['.', '[']).unwrap_or(rest.len());
            steps.push(match &rest[..end] {
                "" => return None,
                "*" | "{env}" => Step::Any,
                "**" => Step::Deep,
                key => Step::Key(key.to_owned()),
            });
            rest = &rest[end..];
        }
        if let Some(after) = rest.strip_prefix('.') {
            if after.is_empty() {
                return None;
            }
            rest = after;
        }
    }
    (!steps.is_empty()).then_some(steps)
}

pub(super) struct DeclaredSites;

impl Locator for DeclaredSites {
    fn name(&self) -> &'static str {
        "declared"
    }

    fn claims(&self, _head: &Head<'_>) -> bool {
        true
    }

    fn locate(&self, document: &Document<'_>, mapping: &Mapping<'_>, found: &mut Vec<Site>) {
        if mapping.node != document.root || document.block.is_some() {
            return;
        }
        for rule in document
            .declared
            .rules
            .iter()
            .filter(|rule| rule.files.is_match(document.head.file))
        {
            let sites = reached(document, &rule.path)
                .into_iter()
                .filter_map(|node| match rule.part {
                    Held::Whole => site_at(document, node, &rule.image),
                    Held::Ref => ref_at(document, node, &rule.image),
                });
            found.extend(sites.map(|site| Site {
                locator: DeclaredSites.name(),
                ..site
            }));
        }
    }
}

/// The nodes that a path reaches, in file order, each once.
fn reached(document: &Document<'_>, path: &[Step]) -> Vec<NodeId> {
    let tree = document.tree;
    let mut here = vec![document.root];
    for step in path {
        let mut next = Vec::new();
        for &node in &here {
            match step {
                Step::Key(key) if tree.kind(node) == NodeKind::Map => next.extend(tree.get(node, key)),
                Step::Index(index) if tree.kind(node) == NodeKind::Seq => next.extend(tree.items(node).nth(*index)),
                Step::Where(key, value) if tree.kind(node) == NodeKind::Seq => {
                    let is_it = |&item: &NodeId| {
                        tree.kind(item) == NodeKind::Map
                            && tree.get(item, key).and_then(|n| document.word(n)) == Some(value.as_str())
                    };
                    next.extend(tree.items(node).filter(is_it));
                }
                Step::Any => next.extend(children(document, node)),
                Step::Deep => {
                    let mut open = vec![node];
                    while let Some(node) = open.pop() {
                        next.push(node);
                        open.extend(children(document, node));
                    }
                }
                _ => {}
            }
        }
        next.sort();
        next.dedup();
        here = next;
    }
    here
}

fn children(document: &Document<'_>, node: NodeId) -> Vec<NodeId> {
    match document.tree.kind(node) {
        NodeKind::Map => document.tree.entries(node).map(|(_, value)| value).collect(),
        NodeKind::Seq => document.tree.items(node).collect(),
        _ => Vec::new(),
    }
}

/// The site of `image` in a scalar that a person pointed at: a reference, a text with one reference, a tag or a digest.
pub(super) fn site_at(document: &Document<'_>, node: NodeId, image: &Repository) -> Option<Site> {
    let text = document.text(node)?;
    if let Some(held) = token(text, image) {
        return Some(site_of(document, node, held));
    }
    let (version, part) = match read_tag(document, node) {
        Some(found) => found,
        None => {
            let (digest, part) = read_digest(document, node, false)?;
            (Version { tag: None, digest }, part)
        }
    };
    let mut site = Site {
        image: image.clone(),
        also: Vec::new(),
        version,
        parts: vec![part],
        at: document.spot(node),
        slot: slot(document, node),
        locator: "",
        owner: None,
        origin: Origin::Other,
    };
    add_digest(document, node, &mut site);
    Some(site)
}

/// The site of a version behind `?ref=` in an address, such as the source of a module.
fn ref_at(document: &Document<'_>, node: NodeId, image: &Repository) -> Option<Site> {
    let text = document.word(node)?;
    let start = ["?ref=", "&ref="]
        .iter()
        .find_map(|mark| Some(text.find(mark)? + mark.len()))?;
    let end = text[start..].find('&').map_or(text.len(), |at| start + at);
    let tag = &text[start..end];
    if !is_tag(tag) {
        return None;
    }
    let at = document.spot(node);
    Some(Site {
        image: image.clone(),
        also: Vec::new(),
        version: Version::of_tag(tag),
        parts: vec![Part::Tag { at, range: start..end }],
        at,
        slot: slot(document, node),
        locator: "",
        owner: None,
        origin: Origin::Other,
    })
}

/// A digest beside the tag, spelled alike, moves with it: `image_tag` and `image_digest`.
fn add_digest(document: &Document<'_>, node: NodeId, site: &mut Site) {
    let tree = document.tree;
    let Some(key) = tree.key_of(node).and_then(|key| keys::read(tree.text(key))) else {
        return;
    };
    let Some(mapping) = tree.parent(node).filter(|_| key.role == Role::Tag) else {
        return;
    };
    for (other, value) in tree.entries(mapping) {
        if let Some(other) = keys::read(tree.text(other))
            && matches!(other.role, Role::Digest | Role::Sha)
            && keys::same_stem(other.stem, key.stem)
            && let Some((digest, part)) = read_digest(document, value, other.role == Role::Sha)
        {
            site.version.digest = digest.or(site.version.digest.take());
            site.parts.push(part);
        }
    }
    site.parts.sort_by_key(Part::spot);
}

/// Finds the one reference to `image` with a version in a longer text; `None` if there are several.
pub(super) fn token(text: &str, image: &Repository) -> Option<(Range<usize>, Reference)> {
    let in_reference = |c: char| c.is_ascii_alphanumeric() || "._-/:@".contains(c);
    let mut only = None;
    let mut at = 0;
    for word in text.split(|c: char| !in_reference(c)) {
        let start = at;
        at += word.len();
        at += text[at..].chars().next().map_or(0, char::len_utf8);
        let trimmed = word.trim_end_matches(['.', ':']);
        let Ok(reference) = Reference::parse(trimmed) else {
            continue;
        };
        if reference.version.is_none() || !reference.repository.same_as(image) {
            continue;
        }
        if only.is_some() {
            return None;
        }
        only = Some((start..start + trimmed.len(), reference));
    }
    only
}
