//! From chosen sites to a change set: the rules of a single site, and the edits of each file.

use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::thread;

use super::alias;
use super::pin::{self, Build};
use super::select::Word;
use super::targets::{Scoped, Targets};
use super::{BumpRequest, DigestChoice, FileSites, Untagged};
use crate::change::set::{ChangeSet, Facts, FileChange, SiteChange, Unchanged};
use crate::error::{Error, Hint, Kind, Place};
use crate::image::{Repository, Version};
use crate::manifest::graph::Reach;
use crate::manifest::image_entry::{Entry, plan_entries};
use crate::manifest::site::{Origin, Part, Site};
use crate::manifest::spot::Spots;
use crate::manifest::version_edit::{OldDigest, VersionEdit, Wanted};
use crate::ops::crowd;
use crate::ops::world::World;
use crate::yaml::{self, Edit, ListIndent};

/// Edits as they gather.
pub(crate) struct Plan<'a> {
    pub(super) world: &'a World,
    pub(super) request: &'a BumpRequest,
    /// Files with sites that some word may mean; others join when an entry is added to them.
    pub(crate) files: Vec<FileSites>,
    /// What is set, by file.
    sites: BTreeMap<usize, Vec<Setting>>,
    /// Entries that are added, by file.
    entries: BTreeMap<usize, Vec<Entry>>,
    facts: Facts,
}

/// One site of a file and what it gets.
pub(super) struct Setting {
    pub(super) site: usize,
    version: Version,
    digest: DigestChoice,
    rename: Option<Repository>,
}

impl<'a> Plan<'a> {
    pub(crate) fn new(world: &'a World, request: &'a BumpRequest, files: Vec<FileSites>) -> Plan<'a> {
        Plan {
            world,
            request,
            files,
            sites: BTreeMap::new(),
            entries: BTreeMap::new(),
            facts: Facts::default(),
        }
    }

    /// Sets a word's sites, and adds entries where an environment was named whose overlay does not pin the image yet.
    pub(crate) fn set(&mut self, word: &Word<'_>, targets: &Targets, scope: &Scoped<'_>) -> Result<(), Error> {
        let mut same = Vec::new();
        let mut untagged = Vec::new();
        let mut warnings = Vec::new();
        let mut left = Vec::new();
        let mut changed = 0;
        let build = Build {
            files: &self.files,
            word,
            targets,
        };
        let pins = pin::entries(&build, scope)?;
        for &(file, at) in targets.edit.iter().filter(|place| !pins.overridden.contains(place)) {
            let of = &self.files[file];
            let site = &of.sites[at];
            if !word.differs_from(site) {
                same.push((file, at));
                continue;
            }
            if site.version.is_none() && !self.sets_untagged(site, scope) {
                untagged.push((file, at));
                continue;
            }
            if let Some(superseded) = self.superseded(word, &of.file, (&site.image, &site.version))? {
                left.push(superseded);
                continue;
            }
            warnings.extend(self.check_owner(of, site)?);
            warnings.extend(self.check_policy(word, of, site)?);
            let setting = Setting {
                site: at,
                version: word.version.clone(),
                digest: word.digest,
                rename: word.rename.cloned(),
            };
            let settings = self.sites.entry(file).or_default();
            if settings.iter().any(|known| known.site == at) {
                let of = &self.files[file];
                let message = format!("two words mean `{}`", of.sites[at].image);
                let place = of.sites[at].at.place(&of.tree, &of.file, "");
                return Err(Error::new(Kind::Usage, "image-twice", message).at(place));
            }
            settings.push(setting);
            changed += 1;
        }
        for (file, entry) in pins.added {
            if let Some(superseded) = self.superseded(word, &file, (&entry.name, &entry.from))? {
                left.push(superseded);
                continue;
            }
            changed += 1;
            warnings.extend(self.check_entry(word, &file, &entry)?);
            let index = self.open(&file)?;
            self.entries.entry(index).or_default().push(entry);
        }
        let settled = same.len() + left.len();
        self.facts.superseded.append(&mut left);
        if changed + settled > 0 {
            warnings.extend(pins.stuck.iter().map(|&(file, at)| self.left_behind(file, at, scope)));
        }
        self.facts.warnings.append(&mut warnings);
        self.report_untagged(word, &untagged, (changed + settled, scope))?;
        if changed + settled == 0 {
            if pins.covered == 0 {
                return Err(only_shared(self, word, targets, scope));
            }
            // A shared file says so already: the environment runs what was asked for.
            same.extend(
                targets
                    .shared
                    .iter()
                    .filter(|(file, at)| !word.differs_from(&self.files[*file].sites[*at])),
            );
        }
        for (file, at) in same {
            let site = &self.files[file].sites[at];
            let (image, version) = (site.image.as_str().to_owned(), site.version.to_string());
            match self
                .facts
                .unchanged
                .iter_mut()
                .find(|it| it.image == image && it.version == version)
            {
                Some(known) => known.sites += 1,
                None => self.facts.unchanged.push(Unchanged {
                    image,
                    version,
                    sites: 1,
                }),
            }
        }
        Ok(())
    }

    /// An entry without a version gets one when the bump is for its environment; anything else only when told.
    fn sets_untagged(&self, site: &Site, scope: &Scoped<'_>) -> bool {
        self.request.untagged == Untagged::Set
            || (matches!(site.origin, Origin::KustomizeEntry { .. }) && scope.environment_names().is_some())
            || site
                .parts
                .iter()
                .any(|part| matches!(part, Part::Tag { range, .. } if range.start == 0))
    }

    pub(super) fn place(&self, of: &FileSites, site: &Site, label: &str) -> Place {
        site.at.place(&of.tree, &of.file, label)
    }

    /// Reports images that are written with no version, unless a kustomize entry gives them one.
    fn report_untagged(
        &mut self,
        word: &Word<'_>,
        untagged: &[(usize, usize)],
        (others, scope): (usize, &Scoped<'_>),
    ) -> Result<(), Error> {
        // An entry takes the word from the resource for the environments that read the entry, and for no others.
        let pinned = |of: &FileSites, site: &Site| {
            let entries: Vec<&FileSites> = self
                .files
                .iter()
                .filter(|other| {
                    other.sites.iter().any(|entry| match &entry.origin {
                        Origin::KustomizeEntry { name } => !entry.version.is_none() && name.same_as(&site.image),
                        _ => false,
                    })
                })
                .collect();
            let reached = scope.reach.labels(&of.file);
            !entries.is_empty()
                && reached.iter().all(|label| {
                    entries
                        .iter()
                        .any(|entry| scope.reach.labels(&entry.file).contains(label))
                })
        };
        let places: Vec<Place> = untagged
            .iter()
            .map(|&(file, at)| (&self.files[file], &self.files[file].sites[at]))
            .filter(|(of, site)| !(site.origin == Origin::PodSpec && others > 0 && pinned(of, site)))
            .map(|(of, site)| self.place(of, site, "no version"))
            .collect();
        let Some(first) = places.first().cloned() else {
            return Ok(());
        };
        let message = match places.len() {
            1 => format!("`{}` is written with no version", word.name),
            several => format!("`{}` is written with no version in {several} places", word.name),
        };
        let kind = Kind::Refused;
        let error = Error::new(kind, "untagged", message)
            .at(first)
            .hint(Hint::Flag("--untagged".into(), "sets it there too".into()));
        if others == 0 {
            return Err(error);
        }
        self.facts.warnings.push(error);
        Ok(())
    }

    /// Returns the index of a file, reading it if no word has led to it yet.
    fn open(&mut self, file: &str) -> Result<usize, Error> {
        if let Some(index) = self.files.iter().position(|of| of.file == file) {
            return Ok(index);
        }
        let tree = yaml::parse(self.world.snapshot.read(file)?, yaml::Limits::default())
            .map_err(|refusal| refusal.into_error(file))?
            .with_new_lists(ListIndent::Flush);
        self.files.push(FileSites {
            file: file.to_owned(),
            tree,
            sites: Vec::new(),
            others: Vec::new(),
        });
        Ok(self.files.len() - 1)
    }

    /// Makes the edits of every file, each proven.
    ///
    /// # Errors
    /// [`Kind::Refused`] for half a version, and for what the editor will not do.
    pub(crate) fn finish(mut self, reach: &Reach<'_>) -> Result<ChangeSet, Error> {
        let mut planned = Vec::new();
        for (index, of) in std::mem::take(&mut self.files).into_iter().enumerate() {
            let settings = self.sites.remove(&index).unwrap_or_default();
            let entries = self.entries.remove(&index).unwrap_or_default();
            if settings.is_empty() && entries.is_empty() {
                continue;
            }
            let environments: Vec<String> = reach.of(&of.file).into_iter().map(str::to_owned).collect();
            let mut edit = VersionEdit::new(&of.tree);
            let mut spots = Spots::of(&of.tree);
            for setting in &settings {
                let site = &of.sites[setting.site];
                let wanted = Wanted {
                    version: &setting.version,
                    rename: setting.rename.as_ref(),
                    digest: match setting.digest {
                        DigestChoice::Refuse => OldDigest::Refuse,
                        DigestChoice::Drop => OldDigest::Drop,
                    },
                };
                self.facts
                    .warnings
                    .extend(alias::shared_values(&of, &settings, setting.site)?);
                edit.add(site, wanted).map_err(|error| match error.place {
                    None => error.at(site.at.place(&of.tree, &of.file, "")),
                    Some(_) => error,
                })?;
                let (line, column) = spots.position(alias::shown(&of.tree, site, self.request.alias));
                self.facts.sites.push(SiteChange {
                    file: of.file.clone(),
                    line,
                    column,
                    image: setting.rename.as_ref().unwrap_or(&site.image).as_str().to_owned(),
                    from: (!site.version.is_none()).then(|| site.version.to_string()),
                    to: setting.version.to_string(),
                    locator: site.locator,
                    environments: environments.clone(),
                });
            }
            let mut edits = edit
                .edits(self.request.alias)
                .map_err(|refusal| alias::with_hint(refusal.into_error(&of.file)))?;
            let (mut line, mut column) = (0, 0);
            if !entries.is_empty() {
                let (added, at_line, at_column) = plan_entries(&of.tree, &of.file, &entries)?;
                edits.extend(added);
                (line, column) = (at_line, at_column);
            }
            for entry in entries {
                self.facts.sites.push(SiteChange {
                    file: of.file.clone(),
                    line,
                    column,
                    image: entry.rename.as_ref().unwrap_or(&entry.name).as_str().to_owned(),
                    from: (!entry.from.is_none()).then(|| entry.from.to_string()),
                    to: entry.version.to_string(),
                    locator: "kustomize-images",
                    environments: environments.clone(),
                });
            }
            planned.push((of, edits));
        }
        let mut files = prove(planned)?;
        files.sort_by(|a, b| a.path().cmp(b.path()));
        self.facts
            .sites
            .sort_by(|a, b| (&a.file, a.line, a.column).cmp(&(&b.file, b.line, b.column)));
        Ok(ChangeSet {
            files,
            facts: self.facts,
            ..ChangeSet::default()
        })
    }
}

/// The image is there, but only in files that other environments read too.
fn only_shared(plan: &Plan<'_>, word: &Word<'_>, targets: &Targets, scope: &Scoped<'_>) -> Error {
    let environments = scope.environment_names().unwrap_or_default();
    let mut error = Error::new(
        Kind::Refused,
        "shared-file",
        format!(
            "`{}` reaches {environments} only through files that other environments read too",
            word.name
        ),
    );
    for &(file, _) in targets.shared.iter().take(6) {
        let file = &plan.files[file].file;
        error = error.because(format!("`{file}` reaches {}", scope.reach.of(file).join(", ")));
    }
    error.hint(Hint::Flag(
        "--base".into(),
        "edits them, for all of these environments".into(),
    ))
}

/// Splices the edits of each file and proves them: files know nothing of each other, so that is done on all cores.
fn prove(planned: Vec<(FileSites, Vec<Edit>)>) -> Result<Vec<FileChange>, Error> {
    let cores = thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
    let proven = crowd::each(&planned, cores, &|| {}, |(of, edits)| of.tree.apply(edits.clone()));
    let mut files = Vec::with_capacity(planned.len());
    for ((of, _), verified) in planned.into_iter().zip(proven) {
        let verified = verified.map_err(|refusal| refusal.into_error(&of.file))?;
        if !verified.splices().is_empty() {
            files.push(FileChange::Edit {
                path: of.file,
                before: Box::new(of.tree),
                after: verified,
            });
        }
    }
    Ok(files)
}
