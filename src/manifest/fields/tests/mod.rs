//! Kustomizations before and after, byte for byte.

mod fixes;
mod generated_objects;
mod images;
mod labels;
mod lists;
mod patches;

use std::path::PathBuf;

use super::{Field, Options, Planned, Request, Verb, fix, plan};
use crate::error::Error;
use crate::manifest::rendered::Sources;
use crate::snapshot::Snapshot;

/// A directory of files; the kustomization is `app/kustomization.yaml`.
struct Files {
    root: tempfile::TempDir,
}

const FILE: &str = "app/kustomization.yaml";

impl Files {
    fn of(kustomization: &str) -> Files {
        let files = Files {
            root: tempfile::tempdir().unwrap(),
        };
        files.with(FILE, kustomization)
    }

    #[expect(clippy::disallowed_methods, reason = "a test makes the files that it reads")]
    fn with(self, path: &str, text: &str) -> Files {
        let path: PathBuf = self.root.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
        self
    }

    fn plan(&self, request: &Request) -> Result<Planned, Error> {
        let snapshot = Snapshot::of_work_tree(self.root.path(), Default::default);
        plan(&Sources::of(&snapshot), FILE, request)
    }

    fn fix(&self) -> Result<Planned, Error> {
        let snapshot = Snapshot::of_work_tree(self.root.path(), Default::default);
        fix(&Sources::of(&snapshot), FILE)
    }

    /// The kustomization afterwards.
    fn after(&self, request: &Request) -> String {
        self.text(self.plan(request))
    }

    fn fixed(&self) -> String {
        self.text(self.fix())
    }

    fn text(&self, planned: Result<Planned, Error>) -> String {
        let planned = planned.unwrap_or_else(|error| panic!("{error:?}"));
        match planned.edited {
            Some(edited) => String::from_utf8(edited.after().to_vec()).unwrap(),
            None => std::fs::read_to_string(self.root.path().join(FILE)).unwrap(),
        }
    }

    fn error(&self, request: &Request) -> Error {
        match self.plan(request) {
            Ok(_) => panic!("it was planned"),
            Err(error) => error,
        }
    }
}

fn ask<const N: usize>(verb: Verb, field: Field, words: [&str; N]) -> Request {
    Request {
        verb,
        field,
        words: words.iter().map(|it| (*it).to_owned()).collect(),
        options: Options::default(),
    }
}

fn with(mut request: Request, change: impl FnOnce(&mut Options)) -> Request {
    change(&mut request.options);
    request
}
