//! The way from a file to an environment: through which builds, or by which object.

use std::collections::{BTreeMap, VecDeque};

use super::Reach;
use crate::manifest::kustomization::directory_of;

impl Reach<'_> {
    /// Returns the files through which `file` reaches an environment: itself first, what its cluster gets last. Of several
    /// ways one of the shortest; empty if it does not reach it.
    pub(crate) fn way(&self, environment: &str, file: &str) -> Vec<String> {
        let Some(index) = self.names.iter().position(|name| name == environment) else {
            return Vec::new();
        };
        let alone = || vec![file.to_owned()];
        if let Some(way) = self.through_builds(index, file) {
            return way;
        }
        if self.places.owners(directory_of(file)).contains(&index) {
            return alone();
        }
        if let Some(brought) = self
            .brought
            .get(index)
            .and_then(|all| all.iter().find(|it| it.has(file)))
        {
            return match brought.by == file {
                true => alone(),
                false => vec![file.to_owned(), brought.by.clone()],
            };
        }
        match self.of(file).contains(&environment) {
            true => alone(),
            false => Vec::new(),
        }
    }

    /// The way through the kustomizations, from the environment's own ones downwards.
    fn through_builds(&self, index: usize, file: &str) -> Option<Vec<String>> {
        let mut above: BTreeMap<String, Option<String>> = BTreeMap::new();
        let mut open: VecDeque<String> = VecDeque::new();
        for directory in self.graph.directories() {
            if self.places.owners(directory).contains(&index) {
                above.insert(directory.to_owned(), None);
                open.push_back(directory.to_owned());
            }
        }
        while let Some(directory) = open.pop_front() {
            let Some(kustomization) = self.graph.at(&directory) else {
                continue;
            };
            let mut reads = kustomization.builds.iter().chain(&kustomization.components);
            let mut others = kustomization.patches.iter().chain(&kustomization.reads);
            if kustomization.file == file || reads.any(|it| it == file) || others.any(|it| it == file) {
                let mut way = vec![file.to_owned()];
                let mut here = Some(directory);
                while let Some(directory) = here {
                    way.extend(
                        self.graph
                            .at(&directory)
                            .map(|it| it.file.clone())
                            .filter(|it| it != file),
                    );
                    here = above.get(&directory).cloned().flatten();
                }
                return Some(way);
            }
            for below in kustomization.builds.iter().chain(&kustomization.components) {
                if self.graph.at(below).is_some() && !above.contains_key(below) {
                    above.insert(below.clone(), Some(directory.clone()));
                    open.push_back(below.clone());
                }
            }
        }
        None
    }
}
