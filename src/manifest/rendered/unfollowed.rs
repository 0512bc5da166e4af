//! What of a build is not followed.

use super::build::{Build, Kustomization};
use super::read::{Lines, Reader};
use super::value::Value;
use super::{BlindWhy, CopiedField};
use crate::error::Error;
use crate::manifest::kustomization::join;

impl Build<'_> {
    /// What is done by programs, or changes what kustomize knows of fields.
    pub(super) fn programs(&mut self, it: &Kustomization) {
        for list in ["generators", "transformers", "validators", "configurations", "crds"] {
            for (_, entry) in it.list(list) {
                let first = entry
                    .word()
                    .lines()
                    .find(|line| !line.trim().is_empty())
                    .unwrap_or_default()
                    .to_owned();
                self.pass_over_as(BlindWhy::Program, entry, first);
            }
        }
        for list in ["helmCharts", "helmChartInflationGenerator"] {
            for (_, entry) in it.list(list) {
                let name = entry.get("name").or_else(|| entry.get("chartName"));
                self.pass_over_as(BlindWhy::Program, entry, name.map_or("", Value::word).to_owned());
            }
        }
        if let Some(path) = it.root.get("openapi").and_then(|it| it.get("path")) {
            self.pass_over(BlindWhy::Program, path);
        }
    }

    /// What copies values between objects.
    pub(super) fn copies(&mut self, it: &Kustomization) -> Result<(), Error> {
        for list in ["replacements", "vars"] {
            for (_, entry) in it.list(list) {
                let path = entry.get("path");
                let text = path.or_else(|| entry.get("name")).map_or("", Value::word);
                self.pass_over_as(BlindWhy::Copies, entry, text.to_owned());
                let file = path.and_then(|path| Some((join(&it.directory, path.word())?, path)));
                let Some((file, named)) = file else {
                    self.copy(entry);
                    continue;
                };
                let Some(tree) = self.tree(&file, named)? else {
                    continue;
                };
                for (_, root) in Reader::new(&tree, &file.as_str().into(), Lines::File).documents() {
                    match root.is_map() {
                        true => self.copy(&root),
                        false => root.items().iter().for_each(|it| self.copy(it)),
                    }
                }
            }
        }
        Ok(())
    }

    /// Notes the fields that a replacement writes.
    fn copy(&mut self, replacement: &Value) {
        for target in replacement.get("targets").map_or(&[][..], Value::items) {
            let select = |key| {
                target
                    .get("select")
                    .and_then(|it| it.get(key))
                    .map_or("", Value::word)
                    .to_owned()
            };
            for path in target.get("fieldPaths").map_or(&[][..], Value::items) {
                self.copies.push(CopiedField {
                    file: path.file.as_ref().to_owned(),
                    line: path.line,
                    column: path.column,
                    kind: select("kind"),
                    name: select("name"),
                    path: path.word().to_owned(),
                });
            }
        }
    }
}
