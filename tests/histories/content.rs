//! What stands in the files of a generated history: few places that change, far from one another, so that nobody can doubt
//! what a merge makes of them.

use std::collections::BTreeMap;

/// The environments, in promotion order, and their branches.
pub(crate) const ENVIRONMENTS: [(&str, &str); 3] = [("dev", "develop"), ("stg", "staging"), ("prd", "main")];
/// The images, and how many there are.
pub(crate) const IMAGES: [&str; 2] = ["api", "web"];
/// How many places the shared file has.
pub(crate) const BLOCKS: u8 = 10;
/// So many lines stand between two of them.
const APART: usize = 21;

/// One place that changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Key {
    /// A setting in the file that all environments share.
    Block(u8),
    /// A setting in an environment's own file.
    Overlay(u8, u8),
    /// A file of a feature's own.
    Own(u16),
    /// The version of an image in an environment's own file.
    Tag(u8, u8),
    /// The version of an image in the shared file.
    Base(u8),
}

impl Key {
    /// Tells whether it is a version.
    pub(crate) fn is_version(self) -> bool {
        matches!(self, Key::Tag(..) | Key::Base(_))
    }
}

/// Everything that a commit holds: places that are not there have their first value, or their file is absent.
pub(crate) type State = BTreeMap<Key, String>;

/// Where environments keep their files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Layout {
    /// `overlays/ENV`, all of them on every branch.
    Overlays,
    /// One directory, which differs from branch to branch.
    Single,
}

impl Layout {
    /// The place of an environment's version: in one directory, all environments have the same.
    pub(crate) fn tag(self, environment: usize, image: u8) -> Key {
        match self {
            Layout::Overlays => Key::Tag(environment as u8, image),
            Layout::Single => Key::Tag(0, image),
        }
    }

    /// The place of one of an environment's own settings.
    pub(crate) fn overlay(self, environment: usize, at: u8) -> Key {
        match self {
            Layout::Overlays => Key::Overlay(environment as u8, at),
            Layout::Single => Key::Overlay(0, at),
        }
    }

    /// The directory of an environment.
    pub(crate) fn directory(self, environment: usize) -> String {
        match self {
            Layout::Overlays => format!("overlays/{}", ENVIRONMENTS[environment].0),
            Layout::Single => "overlays/here".to_owned(),
        }
    }

    fn overlays(self) -> usize {
        match self {
            Layout::Overlays => ENVIRONMENTS.len(),
            Layout::Single => 1,
        }
    }
}

/// The value of a place.
pub(crate) fn value(state: &State, key: Key) -> Option<String> {
    let first = || match key {
        Key::Own(_) => None,
        Key::Tag(..) | Key::Base(_) => Some("1.0.0".to_owned()),
        Key::Block(_) | Key::Overlay(..) => Some("first".to_owned()),
    };
    state.get(&key).cloned().or_else(first)
}

/// All files of a commit.
pub(crate) fn files(state: &State, layout: Layout, strategy: &str) -> BTreeMap<String, String> {
    let text = |key| value(state, key).unwrap_or_default();
    let mut files = BTreeMap::new();
    let mut config = format!("strategy: {strategy}\nenvironments:\n");
    for (at, (name, branch)) in ENVIRONMENTS.iter().enumerate() {
        config.push_str(&format!("- {{name: {name}, path: {}", layout.directory(at)));
        match strategy {
            "trunk" => config.push_str("}\n"),
            _ => config.push_str(&format!(", branch: {branch}}}\n")),
        }
    }
    files.insert("rakops.yaml".to_owned(), config);
    let mut resources = String::from("resources:\n- settings.yaml\n");
    for (at, name) in IMAGES.iter().enumerate() {
        resources.push_str(&format!("- {name}.yaml\n"));
        let deployment = format!(
            "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: {name}\nspec:\n  template:\n    spec:\n      containers:\n      - name: {name}\n        image: ghcr.io/acme/{name}:{}\n",
            text(Key::Base(at as u8))
        );
        files.insert(format!("base/{name}.yaml"), deployment);
    }
    files.insert("base/kustomization.yaml".to_owned(), resources);
    let settings = |name: &str, keys: &[Key]| {
        let mut lines = format!("apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {name}\ndata:\n");
        for (at, key) in keys.iter().enumerate() {
            lines.push_str(&format!("  block_{at}: {}\n", text(*key)));
            (0..APART).for_each(|line| lines.push_str(&format!("  fill_{at}_{line}: stays\n")));
        }
        lines
    };
    let blocks: Vec<Key> = (0..BLOCKS).map(Key::Block).collect();
    files.insert("base/settings.yaml".to_owned(), settings("settings", &blocks));
    for at in 0..layout.overlays() {
        let directory = layout.directory(at);
        let mut overlay = "resources:\n- ../../base\n- own.yaml\nimages:\n".to_owned();
        for (image, name) in IMAGES.iter().enumerate() {
            let tag = text(Key::Tag(at as u8, image as u8));
            // Where versions are copied, what stands beside them stays.
            let tag = match strategy {
                "trunk" => format!("'{tag}'   # pinned, ask ops"),
                _ => tag,
            };
            overlay.push_str(&format!("- name: ghcr.io/acme/{name}\n  newTag: {tag}\n"));
        }
        files.insert(format!("{directory}/kustomization.yaml"), overlay);
        let own: Vec<Key> = (0..3).map(|it| Key::Overlay(at as u8, it)).collect();
        files.insert(format!("{directory}/own.yaml"), settings("own", &own));
    }
    for (key, value) in state {
        if let Key::Own(number) = key {
            let mut text =
                format!("apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: f{number}\ndata:\n  value: {value}\n");
            // Files that are much alike would be one that was renamed.
            for line in 0..16_u32 {
                let word = (u32::from(*number) + 1) * 100_003 + line * 7919;
                text.push_str(&format!("  line_{word}: {}\n", word));
            }
            files.insert(format!("extra/f{number}.yaml"), text);
        }
    }
    files
}

/// A file with every version replaced: the generator writes no other lines of these forms.
pub(crate) fn masked(text: &str) -> String {
    let mask = |line: &str| {
        let bare = line.trim_start_matches([' ', '-']);
        let end = match () {
            () if bare.starts_with("newTag: ") => line.find(": ").map(|at| at + 2),
            () if bare.starts_with("image: ") => line.rfind(':').map(|at| at + 1),
            () => None,
        };
        end.map_or_else(|| line.to_owned(), |end| format!("{}_", &line[..end]))
    };
    text.split_inclusive('\n')
        .map(|line| match line.strip_suffix('\n') {
            Some(line) => format!("{}\n", mask(line)),
            None => mask(line),
        })
        .collect()
}
