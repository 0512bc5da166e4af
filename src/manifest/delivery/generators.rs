//! What an ApplicationSet is made from: lists, directories of a repository, and products of both.
//!
//! Source: Argo CD, "Generators"; the git generator's parameters `path`, `path.basename`.

use super::object::Reader;
use super::template::Element;
use super::{Source, Written};
use crate::yaml::{NodeId, NodeKind};

/// More elements than this are not told apart: what they leave open stays open.
const MOST: usize = 1000;

impl Reader<'_> {
    /// The sources of the template, and the generators that read a repository.
    pub(super) fn set(&self, spec: NodeId) -> Vec<Source> {
        let generators: Vec<NodeId> = self.items(spec, "generators").collect();
        let mut elements: Vec<Element> = generators
            .iter()
            .flat_map(|generator| self.elements(*generator))
            .collect();
        if elements.is_empty() || elements.len() > MOST {
            elements = vec![Element::new()];
        }
        let template = self
            .child(spec, "template")
            .and_then(|template| self.child(template, "spec"));
        let mut found = template.map(|spec| self.argo(spec, &elements)).unwrap_or_default();
        for generator in generators {
            self.generators(generator, &mut found);
        }
        found
    }

    /// `git.revision`, in generators of generators, too.
    fn generators(&self, generator: NodeId, found: &mut Vec<Source>) {
        if let Some(git) = self.child(generator, "git") {
            let mut source = self.source(
                git,
                Written {
                    map: git,
                    key: "revision",
                    value: self.tree.get(git, "revision"),
                    after: self.tree.get(git, "repoURL"),
                    around: None,
                },
            );
            source.repository = self.word(git, "repoURL").map(str::to_owned);
            found.push(source);
        }
        for inner in ["matrix", "merge"].iter().filter_map(|key| self.child(generator, key)) {
            for generator in self.items(inner, "generators") {
                self.generators(generator, found);
            }
        }
    }

    /// What a generator makes, as far as the file itself says.
    fn elements(&self, generator: NodeId) -> Vec<Element> {
        if let Some(list) = self.child(generator, "list") {
            return self
                .items(list, "elements")
                .map(|element| self.leaves(element, ""))
                .collect();
        }
        if let Some(git) = self.child(generator, "git") {
            let directories = self
                .items(git, "directories")
                .filter(|it| self.word(*it, "exclude") != Some("true"));
            let of = |path: &str| {
                let pair = |key: &str, value: &str| (key.to_owned(), value.to_owned());
                let last = path.rsplit('/').next().unwrap_or(path);
                vec![pair("path", path), pair("path.path", path), pair("path.basename", last)]
            };
            return directories.filter_map(|it| Some(of(self.word(it, "path")?))).collect();
        }
        if let Some(merge) = self.child(generator, "merge") {
            return self
                .items(merge, "generators")
                .flat_map(|it| self.elements(it))
                .collect();
        }
        let Some(matrix) = self.child(generator, "matrix") else {
            return Vec::new();
        };
        let mut product: Vec<Element> = vec![Element::new()];
        for generator in self.items(matrix, "generators") {
            let mut elements = self.elements(generator);
            if elements.is_empty() || elements.len() * product.len() > MOST {
                elements = vec![Element::new()];
            }
            let pairs = product
                .iter()
                .flat_map(|one| elements.iter().map(move |other| (one, other)));
            product = pairs
                .map(|(one, other)| [one.as_slice(), other.as_slice()].concat())
                .collect();
        }
        product
    }

    /// The scalars below a mapping, by their path.
    fn leaves(&self, map: NodeId, prefix: &str) -> Element {
        let mut found = Element::new();
        if self.tree.kind(map) != NodeKind::Map {
            return found;
        }
        for (key, value) in self.tree.entries(map) {
            let value = self.tree.resolve(value);
            let name = match prefix {
                "" => self.tree.text(key).to_owned(),
                prefix => format!("{prefix}.{}", self.tree.text(key)),
            };
            match self.tree.is_scalar(value) {
                true => found.push((name, self.tree.text(value).to_owned())),
                false => found.extend(self.leaves(value, &name)),
            }
        }
        found
    }
}
