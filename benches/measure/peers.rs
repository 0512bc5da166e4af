//! The programs that rakops is compared with, as `benches/peers/install.sh` leaves them.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Where each peer is; what could not be had is `None`, and its rows say so.
pub(crate) struct Peers {
    pub(crate) kustomize: Option<PathBuf>,
    /// That of mikefarah.
    pub(crate) yq: Option<PathBuf>,
    /// A Python that can import ruamel.yaml.
    pub(crate) ruamel: Option<PathBuf>,
    /// A Node, and the directory in which it finds npm's `yaml`.
    pub(crate) npm_yaml: Option<(PathBuf, PathBuf)>,
}

impl Peers {
    /// Asks the script where they are; it installs nothing here.
    pub(crate) fn find() -> Peers {
        let said = Command::new("benches/peers/install.sh").arg("--where").output();
        let said = said.map(|it| String::from_utf8_lossy(&it.stdout).trim().to_owned());
        let place = PathBuf::from(said.unwrap_or_default());
        let node = starts("node", "--version").then(|| PathBuf::from("node"));
        Peers {
            kustomize: there(place.join("bin/kustomize")),
            yq: there(place.join("bin/yq")),
            ruamel: there(place.join("venv/bin/python")),
            npm_yaml: node.zip(there(place.join("node_modules/yaml")).map(|_| place)),
        }
    }
}

/// Whether a program of the path starts.
pub(crate) fn starts(program: &str, word: &str) -> bool {
    let mut command = Command::new(program);
    command.arg(word).stdout(Stdio::null()).stderr(Stdio::null());
    command.status().is_ok_and(|it| it.success())
}

fn there(path: PathBuf) -> Option<PathBuf> {
    Path::exists(&path).then_some(path)
}
