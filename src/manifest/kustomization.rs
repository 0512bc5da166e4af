//! What a kustomization names: the directories and files that a build of it reads.
//!
//! Source: kustomize 5.5, `api/types/kustomization.go`.

use crate::yaml::{NodeId, NodeKind, Tree};

/// The names that kustomize accepts for its file.
pub(crate) const FILE_NAMES: [&str; 3] = ["kustomization.yaml", "kustomization.yml", "Kustomization"];

/// Tells whether `path` is a kustomization by its name.
pub(crate) fn is_kustomization(path: &str) -> bool {
    FILE_NAMES.contains(&path.rsplit('/').next().unwrap_or(path))
}

/// Returns the directory that holds `path`; the empty path is the root.
pub(crate) fn directory_of(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(directory, _)| directory)
}

/// Returns the path of a name in a directory; the empty directory is the root.
pub(crate) fn in_directory(directory: &str, name: &str) -> String {
    match directory.is_empty() {
        true => name.to_owned(),
        false => format!("{directory}/{name}"),
    }
}

/// A kustomization: its file and what it refers to. Paths are relative to the root.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Kustomization {
    /// The file itself.
    pub(crate) file: String,
    /// Resources, bases, generators and transformers: files, or directories with a kustomization.
    pub(crate) builds: Vec<String>,
    /// Components: directories whose patches and images are laid over what was built so far.
    pub(crate) components: Vec<String>,
    /// Patches: files whose objects are laid over what was built.
    pub(crate) patches: Vec<String>,
    /// Everything else that is read: generator files, value files, replacements, configurations.
    pub(crate) reads: Vec<String>,
    /// Those of them that a generator of Secrets reads.
    pub(crate) secrets: Vec<String>,
    /// What patches say that they are for.
    pub(crate) aims: Vec<(Patch, Aim)>,
    /// What the names of all objects begin with afterwards.
    pub(crate) name_prefix: String,
    /// What they end with.
    pub(crate) name_suffix: String,
    /// Whether a build brings objects that stand in none of these files: of another repository, of a chart, of a generator.
    pub(crate) is_open: bool,
    /// Whether it is laid over whatever takes it up: `kind: Component`.
    pub(crate) is_component: bool,
}

/// A patch of a kustomization.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Patch {
    /// A file, relative to the root.
    File(String),
    /// A literal block of the kustomization itself.
    Inline(NodeId),
}

/// The `target` of a patch: patterns of kustomize, where an empty one fits everything.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Aim {
    /// `kind`.
    pub(crate) kind: String,
    /// `name`.
    pub(crate) name: String,
}

impl Aim {
    /// Tells whether an object is meant. Of regular expressions `.*` and `|` are understood.
    ///
    /// Source: kustomize, `api/types/selector.go`: both are anchored.
    pub(crate) fn fits(&self, kind: &str, name: &str) -> bool {
        fits(&self.kind, kind) && fits(&self.name, name)
    }
}

fn fits(pattern: &str, text: &str) -> bool {
    let pattern = pattern.strip_prefix('^').unwrap_or(pattern);
    let pattern = pattern.strip_suffix('$').unwrap_or(pattern);
    let one = |pattern: &str| match pattern.split_once(".*") {
        None => pattern == text,
        Some((start, end)) => {
            text.len() >= start.len() + end.len()
                && text.starts_with(start)
                && (text.ends_with(end) || end.contains(".*"))
        }
    };
    pattern.is_empty() || pattern.trim_matches(['(', ')']).split('|').any(one)
}

impl Kustomization {
    /// The directory that the file stands in.
    pub(crate) fn directory(&self) -> &str {
        directory_of(&self.file)
    }

    /// Reads what a kustomization refers to. References to other repositories are passed over.
    ///
    /// None if the file says itself that it is something else, such as Flux's object of the same kind.
    pub(crate) fn of(file: &str, tree: &Tree) -> Option<Kustomization> {
        let mut found = Kustomization {
            file: file.to_owned(),
            ..Kustomization::default()
        };
        let Some(root) = tree.documents().iter().find_map(|document| document.root()) else {
            return Some(found);
        };
        let api = tree.get(root, "apiVersion").map_or("", |node| tree.text(node));
        if !api.is_empty() && !api.starts_with("kustomize.config.k8s.io/") {
            return None;
        }
        found.is_component = tree
            .get(root, "kind")
            .is_some_and(|kind| tree.text(kind) == "Component");
        let reader = Reader {
            tree,
            directory: directory_of(file),
        };
        for (key, value) in tree.entries(root) {
            found.is_open |= reader.brings_more(tree.text(key), value);
            match tree.text(key) {
                "components" => reader.paths(value, &mut found.components),
                "resources" | "bases" | "generators" | "transformers" | "validators" => {
                    reader.paths(value, &mut found.builds);
                }
                "patchesStrategicMerge" => reader.paths(value, &mut found.patches),
                "patches" | "patchesJson6902" => {
                    reader.field(value, &["path"], &mut found.patches);
                    reader.aims(value, &mut found.aims);
                }
                "namePrefix" => tree.text(tree.resolve(value)).clone_into(&mut found.name_prefix),
                "nameSuffix" => tree.text(tree.resolve(value)).clone_into(&mut found.name_suffix),
                "replacements" => reader.field(value, &["path"], &mut found.reads),
                "crds" | "configurations" => reader.paths(value, &mut found.reads),
                "configMapGenerator" => reader.generators(value, &mut found.reads),
                "secretGenerator" => {
                    reader.generators(value, &mut found.secrets);
                    found.reads.extend_from_slice(&found.secrets);
                }
                "helmCharts" | "helmChartInflationGenerator" => {
                    reader.field(value, &["valuesFile", "values"], &mut found.reads);
                    for chart in tree.items(value) {
                        if let Some(files) = tree.get(tree.resolve(chart), "additionalValuesFiles") {
                            reader.paths(files, &mut found.reads);
                        }
                    }
                }
                "openapi" => {
                    if let Some(path) = tree.get(tree.resolve(value), "path") {
                        reader.path(tree.text(tree.resolve(path)), &mut found.reads);
                    }
                }
                _ => {}
            }
        }
        Some(found)
    }
}

struct Reader<'t> {
    tree: &'t Tree,
    directory: &'t str,
}

impl Reader<'_> {
    fn path(&self, text: &str, into: &mut Vec<String>) {
        // An inline patch stands where a path could; a remote reference is not ours.
        if text.is_empty() || text.contains('\n') || text.contains("://") || text.contains("?ref=") {
            return;
        }
        if let Some(path) = join(self.directory, text) {
            into.push(path);
        }
    }

    /// Tells whether a field brings objects from elsewhere, or has images of other fields changed.
    fn brings_more(&self, key: &str, value: NodeId) -> bool {
        match key {
            "helmCharts" | "helmChartInflationGenerator" | "generators" | "transformers" | "configurations" => true,
            "resources" | "bases" | "components" => self
                .items(value)
                .any(|item| self.tree.is_scalar(item) && is_remote(self.tree.text(item))),
            _ => false,
        }
    }

    fn paths(&self, list: NodeId, into: &mut Vec<String>) {
        for item in self.items(list) {
            if self.tree.is_scalar(item) {
                self.path(self.tree.text(item), into);
            }
        }
    }

    /// The named fields of every mapping in a list.
    fn field(&self, list: NodeId, names: &[&str], into: &mut Vec<String>) {
        for item in self.items(list) {
            for name in names {
                if let Some(value) = self.tree.get(item, name) {
                    self.path(self.tree.text(self.tree.resolve(value)), into);
                }
            }
        }
    }

    fn aims(&self, list: NodeId, into: &mut Vec<(Patch, Aim)>) {
        for item in self.items(list) {
            let Some(target) = self.tree.get(item, "target").map(|it| self.tree.resolve(it)) else {
                continue;
            };
            let text = |key| {
                let value = self.tree.get(target, key).map(|it| self.tree.resolve(it));
                value.map_or(String::new(), |it| self.tree.text(it).to_owned())
            };
            let aim = Aim {
                kind: text("kind"),
                name: text("name"),
            };
            if let Some(block) = self.tree.get(item, "patch") {
                into.push((Patch::Inline(block), aim));
            } else if let Some(path) = self.tree.get(item, "path") {
                let file = join(self.directory, self.tree.text(self.tree.resolve(path)));
                into.extend(file.map(|file| (Patch::File(file), aim)));
            }
        }
    }

    fn generators(&self, list: NodeId, into: &mut Vec<String>) {
        for item in self.items(list) {
            for key in ["files", "envs"] {
                let Some(files) = self.tree.get(item, key) else {
                    continue;
                };
                for file in self.items(files) {
                    // `key=path` names the key in the ConfigMap.
                    let text = self.tree.text(file);
                    self.path(text.split_once('=').map_or(text, |(_, path)| path), into);
                }
            }
            if let Some(env) = self.tree.get(item, "env") {
                self.path(self.tree.text(env), into);
            }
        }
    }

    fn items(&self, list: NodeId) -> impl Iterator<Item = NodeId> {
        let list = self.tree.resolve(list);
        let tree = self.tree;
        (tree.kind(list) == NodeKind::Seq)
            .then(|| tree.items(list))
            .into_iter()
            .flatten()
            .map(move |item| tree.resolve(item))
    }
}

/// Tells whether a reference leads into another repository, where no file of that name is here.
///
/// Source: kustomize 5.5, `api/internal/git/repospec.go`.
pub(crate) fn is_remote(reference: &str) -> bool {
    let starts = ["git::", "git@", "gh:", "ssh:", "org-", "github.com/", "github.com:"];
    reference.contains("://")
        || ["?ref=", "&ref=", "?version=", "_git/", ".git/"]
            .iter()
            .any(|mark| reference.contains(mark))
        || reference.ends_with(".git")
        || starts.iter().any(|start| reference.starts_with(start))
}

/// Joins a reference to the directory it stands in; none if it leads out of the root.
pub(crate) fn join(directory: &str, reference: &str) -> Option<String> {
    let mut parts: Vec<&str> = directory.split('/').filter(|part| !part.is_empty()).collect();
    if reference.starts_with('/') {
        return None;
    }
    for part in reference.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            name => parts.push(name),
        }
    }
    Some(parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::{Aim, join};

    #[test]
    fn a_target_fits_whole_names_and_understands_the_usual_patterns() {
        let aim = |name: &str| Aim {
            kind: "Deployment".into(),
            name: name.into(),
        };
        assert!(aim("").fits("Deployment", "api"));
        assert!(aim("api").fits("Deployment", "api"));
        assert!(!aim("api").fits("Deployment", "api-2"));
        assert!(!aim("api").fits("StatefulSet", "api"));
        assert!(aim("api.*").fits("Deployment", "api-2"));
        assert!(aim("(api|web)").fits("Deployment", "web"));
    }

    #[test]
    fn a_reference_is_joined_to_its_directory() {
        assert_eq!(join("overlays/prd", "../../base").as_deref(), Some("base"));
        assert_eq!(join("", "./a/./b.yaml").as_deref(), Some("a/b.yaml"));
        assert_eq!(join("a", "..").as_deref(), Some(""));
        assert_eq!(join("a", "../.."), None);
    }
}
