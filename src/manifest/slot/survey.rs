//! All files of one tree that state versions, read once, and the builds that read them.

use std::collections::HashMap;
use std::sync::Arc;

use super::build;
use crate::error::{Error, Hint};
use crate::manifest::graph::Graph;
use crate::manifest::kustomization::{Kustomization, is_kustomization};
use crate::manifest::locate::{self, Declared};
use crate::manifest::scan::{self, Nature, Query, Skipped};
use crate::manifest::site::Site;
use crate::manifest::terraform;
use crate::snapshot::Snapshot;
use crate::yaml::{self, ListIndent, Tree};

/// A file with its sites.
pub(crate) struct SeenFile {
    pub(crate) file: String,
    /// Empty in a survey that keeps no trees.
    pub(crate) tree: Tree,
    pub(crate) sites: Vec<Site>,
    /// `spec.template.spec.containers[0].image`, of the sites that JSON patches name so.
    pub(super) pointers: Vec<Option<String>>,
}

impl SeenFile {
    fn new(file: &str, tree: Tree, sites: Vec<Site>) -> SeenFile {
        SeenFile {
            pointers: sites.iter().map(|site| build::pointer(&tree, site)).collect(),
            file: file.to_owned(),
            tree,
            sites,
        }
    }
}

/// What is kept of each file of a survey that keeps no trees.
pub(crate) type Keep<'k, T> = dyn Fn(&str, &Tree, &[Site]) -> T + Sync + 'k;

/// A site of a survey, by its number among the files and its number in the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct SiteAt {
    pub(crate) file: usize,
    pub(crate) site: usize,
}

/// All files of one tree that state versions. Sorted by path.
pub(crate) struct Survey {
    pub(crate) files: Vec<Arc<SeenFile>>,
    /// All kustomizations.
    pub(crate) graph: Graph,
    /// Kustomizations that could not be read.
    pub(crate) blind: Vec<(String, Error)>,
    /// Files that could not be parsed.
    pub(crate) skipped: Vec<Skipped>,
    by_path: HashMap<String, usize>,
}

impl Survey {
    /// Reads a tree, from several threads.
    ///
    /// # Errors
    /// `Kind::Files` if something cannot be read.
    pub(crate) fn of(snapshot: &Snapshot, declared: &Declared, on_read: &(dyn Fn() + Sync)) -> Result<Survey, Error> {
        let query = Query {
            below: &[],
            mentions: &[],
            declared,
            on_read,
        };
        let found = scan::scan(snapshot, &query, &|file, tree, sites| {
            Some(Arc::new(SeenFile::new(
                file,
                tree.with_new_lists(ListIndent::Flush),
                sites,
            )))
        });
        if let Some(error) = found.unreadable.into_iter().next() {
            return Err(error);
        }
        let by_path = found.found.iter().enumerate();
        Ok(Survey {
            by_path: by_path.map(|(index, seen)| (seen.file.clone(), index)).collect(),
            files: found.found,
            graph: found.graph,
            blind: found.blind,
            skipped: found.skipped,
        })
    }

    /// Reads a tree to be judged and not to be edited: of each file its sites are kept, and what `keep` makes of it, in the order of
    /// [`Survey::files`]. The last value is what could not be read.
    pub(crate) fn lean<T: Send>(
        snapshot: &Snapshot,
        declared: &Declared,
        on_read: &(dyn Fn() + Sync),
        keep: &Keep<'_, T>,
    ) -> (Survey, Vec<T>, Vec<Error>) {
        let query = Query {
            below: &[],
            mentions: &[],
            declared,
            on_read,
        };
        let found = scan::scan(snapshot, &query, &|file, tree, sites| {
            let kept = keep(file, &tree, &sites);
            let seen = SeenFile::new(file, tree, sites);
            let tree = yaml::parse(Vec::new(), yaml::Limits::default()).ok()?;
            Some((Arc::new(SeenFile { tree, ..seen }), kept))
        });
        let (files, kept): (Vec<_>, Vec<_>) = found.found.into_iter().unzip();
        let by_path = files.iter().enumerate();
        let survey = Survey {
            by_path: by_path.map(|(index, seen)| (seen.file.clone(), index)).collect(),
            files,
            graph: found.graph,
            blind: found.blind,
            skipped: found.skipped,
        };
        (survey, kept, found.unreadable)
    }

    /// Some builds of a tree, before any of their files was read: [`Survey::with`] adds those.
    pub(crate) fn of_builds(graph: Graph) -> Survey {
        Survey {
            files: Vec::new(),
            graph,
            blind: Vec::new(),
            skipped: Vec::new(),
            by_path: HashMap::new(),
        }
    }

    /// The same tree with other contents of some files: what an edit leaves, without a look at all the others.
    ///
    /// # Errors
    /// As parsing a file.
    pub(crate) fn with<'f>(
        &self,
        files: impl Iterator<Item = (&'f str, &'f [u8])>,
        declared: &Declared,
    ) -> Result<Survey, Error> {
        let mut seen = self.files.clone();
        let mut kustomizations = Vec::new();
        for (file, bytes) in files {
            let Ok(tree) = terraform::parse(file, bytes.to_vec()) else {
                // What is carried whole need not be YAML.
                continue;
            };
            if is_kustomization(file) {
                kustomizations.extend(Kustomization::of(file, &tree));
            }
            let sites = locate::sites(file, &tree, declared);
            let file = Arc::new(SeenFile::new(file, tree, sites));
            match self.position(&file.file) {
                Some(at) => seen[at] = file,
                None => seen.push(file),
            }
        }
        seen.retain(|it| !it.sites.is_empty());
        seen.sort_by(|a, b| a.file.cmp(&b.file));
        let by_path = seen.iter().enumerate();
        Ok(Survey {
            by_path: by_path.map(|(index, seen)| (seen.file.clone(), index)).collect(),
            files: seen,
            graph: self.graph.with(kustomizations),
            blind: Vec::new(),
            skipped: Vec::new(),
        })
    }

    /// The number of a file; none if no version stands in it.
    pub(crate) fn position(&self, file: &str) -> Option<usize> {
        self.by_path.get(file).copied()
    }

    /// The site, and the file that it stands in.
    pub(crate) fn at(&self, at: SiteAt) -> (&SeenFile, &Site) {
        let seen = &self.files[at.file];
        (seen, &seen.sites[at.site])
    }

    /// Refuses to say what runs where a file that decides it cannot be read.
    ///
    /// # Errors
    /// What reading the first such file said.
    pub(crate) fn refuse_blind(&self, decides: &dyn Fn(&str) -> bool) -> Result<(), Error> {
        let broken = self.skipped.iter().filter(|it| it.nature == Nature::Broken);
        let mut unread = self
            .blind
            .iter()
            .map(|(file, error)| (file, error))
            .chain(broken.map(|it| (&it.file, &it.error)));
        match unread.find(|(file, _)| decides(file)) {
            Some((_, error)) => Err(error.clone().hint(Hint::Say(
                "what runs cannot be told before this file can be read".into(),
            ))),
            None => Ok(()),
        }
    }
}
