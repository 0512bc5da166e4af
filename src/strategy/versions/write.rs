//! From places and versions to proven edits of TO's files.

use std::collections::BTreeMap;

use super::Carry;
use super::look::Look;
use super::rules::Wanted;
use super::target::{Target, Writing};
use crate::change::set::{FileChange, SiteChange};
use crate::error::{Error, Hint, Place};
use crate::manifest::image_entry::{Entry, plan_entries};
use crate::manifest::site::Site;
use crate::manifest::spot::Spots;
use crate::manifest::terraform;
use crate::manifest::version_edit::{self, OldDigest, VersionEdit};
use crate::yaml::{AliasPolicy, ListIndent};

/// Gathers what is written, file by file.
pub(super) struct Writer<'l> {
    look: &'l Look<'l>,
    files: BTreeMap<String, Changes<'l>>,
}

#[derive(Default)]
struct Changes<'l> {
    sites: Vec<(&'l Site, Wanted)>,
    entries: Vec<Entry>,
}

impl<'l> Writer<'l> {
    pub(super) fn new(look: &'l Look<'l>) -> Writer<'l> {
        Writer {
            look,
            files: BTreeMap::new(),
        }
    }

    pub(super) fn add(&mut self, writing: &Writing<'_>, wanted: Wanted) -> Result<(), Error> {
        match &writing.target {
            Target::Site(at) => {
                let (seen, site) = self.look.to_scene.survey.at(*at);
                self.files
                    .entry(seen.file.clone())
                    .or_default()
                    .sites
                    .push((site, wanted));
            }
            Target::Entry(file, _) => {
                let pair = writing.first()?;
                self.files.entry(file.clone()).or_default().entries.push(Entry {
                    name: pair.to.image.clone(),
                    version: wanted.version,
                    rename: wanted.rename,
                    from: pair.to.version.clone(),
                });
            }
        }
        Ok(())
    }

    /// Makes the edits, each proven.
    ///
    /// # Errors
    /// What the editor will not do.
    pub(super) fn finish(self, carry: &mut Carry) -> Result<(), Error> {
        for (file, changes) in &self.files {
            if let Some(change) = self.edit((file, changes), &mut carry.facts.sites)? {
                carry.files.push(change);
            }
        }
        carry
            .facts
            .sites
            .sort_by(|a, b| (&a.file, a.line, a.column).cmp(&(&b.file, b.line, b.column)));
        Ok(())
    }

    fn edit(
        &self,
        (file, changes): (&str, &Changes<'_>),
        told: &mut Vec<SiteChange>,
    ) -> Result<Option<FileChange>, Error> {
        let survey = self.look.to_scene.survey;
        let source = match survey.position(file) {
            Some(at) => survey.files[at].tree.source().as_bytes().to_vec(),
            None => self.look.to_files.read(file)?,
        };
        // The same bytes give the same nodes: what was found in the tree of the survey stands in this one.
        let tree = terraform::parse(file, source)
            .map_err(|refusal| refusal.into_error(file))?
            .with_new_lists(ListIndent::Flush);
        let environments: Vec<String> = self
            .look
            .to_scene
            .reach
            .of(file)
            .into_iter()
            .map(str::to_owned)
            .collect();
        let mut edit = VersionEdit::new(&tree);
        let mut spots = Spots::of(&tree);
        for (site, wanted) in &changes.sites {
            let wanted_there = version_edit::Wanted {
                version: &wanted.version,
                rename: wanted.rename.as_ref(),
                digest: match wanted.is_digest_dropped {
                    true => OldDigest::Drop,
                    false => OldDigest::Refuse,
                },
            };
            let place_of = |error: Error| match error.place {
                None => error.at(site.at.place(&tree, file, "")),
                Some(_) => error,
            };
            let placed = |mut error: Error| {
                if error.code == "half-version" {
                    // What `bump` would be told does not help here.
                    error.hints = vec![Hint::Say(
                        "state tag and digest in both environments, or in neither".into(),
                    )];
                }
                place_of(error)
            };
            edit.add(site, wanted_there).map_err(placed)?;
            let (line, column) = spots.position(site.at);
            told.push(SiteChange {
                file: file.to_owned(),
                line,
                column,
                image: wanted.rename.as_ref().unwrap_or(&site.image).as_str().to_owned(),
                from: (!site.version.is_none()).then(|| site.version.to_string()),
                to: wanted.version.to_string(),
                locator: site.locator,
                environments: environments.clone(),
            });
        }
        let mut edits = edit
            .edits(AliasPolicy::Refuse)
            .map_err(|refusal| refusal.into_error(file))?;
        if !changes.entries.is_empty() {
            let (planned, line, column) = plan_entries(&tree, file, &changes.entries)?;
            edits.extend(planned);
            for entry in &changes.entries {
                told.push(SiteChange {
                    file: file.to_owned(),
                    line,
                    column,
                    image: entry.rename.as_ref().unwrap_or(&entry.name).as_str().to_owned(),
                    from: (!entry.from.is_none()).then(|| entry.from.to_string()),
                    to: entry.version.to_string(),
                    locator: "kustomize-images",
                    environments: environments.clone(),
                });
            }
        }
        let verified = tree
            .apply(edits)
            .map_err(|refusal| refusal.into_error(file))
            .map_err(|error| match error.place {
                None => error.at(Place::file(file)),
                Some(_) => error,
            })?;
        if verified.splices().is_empty() {
            return Ok(None);
        }
        Ok(Some(FileChange::Edit {
            path: file.to_owned(),
            before: Box::new(tree),
            after: verified,
        }))
    }
}
