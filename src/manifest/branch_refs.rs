//! References to branches of this repository inside its own files: `targetRevision`, `ref.branch`, `?ref=`; and which of
//! them name what is another environment's.
//!
//! A new Application that says `targetRevision: develop` merges cleanly into production's branch, and production follows
//! `develop` from then on.

use memchr::memmem;

use super::delivery::Deliveries;
use super::graph::Place;
use super::site::ObjectName;
use crate::config::environments::Environment;
use crate::snapshot::{Snapshot, Walk};
use crate::yaml;

/// What begins the name of a branch in the address of a remote resource.
const REF: &str = "?ref=";

/// A place that names a branch, or a directory, of this repository.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct BranchRef {
    pub(crate) file: String,
    /// From 1.
    pub(crate) line: u32,
    /// In characters, from 1.
    pub(crate) column: u32,
    /// The object that it stands in; none in a kustomization.
    pub(crate) object: Option<ObjectName>,
    /// What is written there.
    pub(crate) text: String,
    pub(crate) names: Names,
}

/// What a reference names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Names {
    Branch(String),
    /// A directory, from the root.
    Path(String),
}

/// Finds the references in the files that are wanted, sorted by place. `own` is the path of this repository at its host;
/// without it, `?ref=` of a remote resource is taken for another repository's.
pub(crate) fn find(
    (snapshot, deliveries): (&Snapshot, &Deliveries),
    own: Option<&str>,
    wanted: &(dyn Fn(&str) -> bool + Sync),
) -> Vec<BranchRef> {
    let mut found: Vec<BranchRef> = Vec::new();
    for delivery in deliveries.list.iter().filter(|it| wanted(&it.file)) {
        for source in delivery.sources.iter().filter(|source| source.is_own) {
            let of = |text: &str, names: Names| BranchRef {
                file: delivery.file.clone(),
                line: source.line,
                column: source.column,
                object: Some(delivery.object.clone()),
                text: text.to_owned(),
                names,
            };
            if let Some(branch) = source.revision.branch() {
                found.push(of(branch, Names::Branch(branch.to_owned())));
            }
            if let Some(path) = source
                .path
                .as_ref()
                .filter(|path| !path.is_empty() && !path.contains('*'))
            {
                found.push(of(path, Names::Path(path.clone())));
            }
        }
    }
    if let Some(own) = own {
        let walk = Walk {
            below: &[],
            wanted,
            on_read: &|| {},
        };
        let walked = snapshot.walk(&walk, &|path, bytes| remote_resources(path, bytes, own));
        found.extend(walked.found.into_iter().flat_map(|(_, refs)| refs));
    }
    found.sort_by(|a, b| (&a.file, a.line, a.column, &a.text).cmp(&(&b.file, b.line, b.column, &b.text)));
    found.dedup();
    found
}

/// The addresses of this repository that a file holds with a branch, as kustomize takes them for resources.
fn remote_resources(file: &str, bytes: &mut Vec<u8>, own: &str) -> Option<Vec<BranchRef>> {
    memmem::find(bytes, REF.as_bytes())?;
    let tree = yaml::parse(std::mem::take(bytes), yaml::Limits::default()).ok()?;
    let of = |node| {
        let text = tree.text(node);
        let (address, rest) = text.split_once(REF)?;
        let branch = rest.split('&').next().unwrap_or(rest);
        if branch.is_empty() || text.contains(['\n', ' ']) || !is_of(address, own) {
            return None;
        }
        let (line, column) = tree.pos(node);
        Some(BranchRef {
            file: file.to_owned(),
            line,
            column,
            object: None,
            text: text.to_owned(),
            names: Names::Branch(branch.strip_prefix("refs/heads/").unwrap_or(branch).to_owned()),
        })
    };
    let found: Vec<BranchRef> = tree
        .nodes()
        .filter(|node| tree.is_scalar(*node))
        .filter_map(of)
        .collect();
    (!found.is_empty()).then_some(found)
}

/// Tells whether an address with a directory behind it is one of this repository.
fn is_of(address: &str, own: &str) -> bool {
    let address = address.to_ascii_lowercase();
    let own = own.to_ascii_lowercase();
    let mut from = 0;
    while let Some(at) = address[from..].find(&own) {
        let (before, after) = (&address[..from + at], &address[from + at + own.len()..]);
        let begins = before.is_empty() || before.ends_with(['/', ':']);
        let ends = after.is_empty() || after.starts_with('/') || after.starts_with(".git");
        if begins && ends {
            return true;
        }
        from += at + own.len();
    }
    false
}

/// Returns those references that name the branch, or a directory, of another environment, each with its name.
pub(crate) fn foreign<'r>(
    refs: &'r [BranchRef],
    environment: &Environment,
    all: &[Environment],
) -> Vec<(&'r BranchRef, String)> {
    let others: Vec<(&Environment, Place)> = all
        .iter()
        .filter(|other| other.name != environment.name)
        .map(|other| (other, Place::of(other)))
        .collect();
    let own = Place::of(environment);
    let owner = |names: &Names| {
        let other = match names {
            Names::Branch(branch) => {
                let has = |it: &Environment| it.branch.as_ref() == Some(branch);
                (!has(environment)).then(|| others.iter().find(|(other, _)| has(other)))
            }
            Names::Path(path) => (!own.holds(path)).then(|| others.iter().find(|(_, place)| place.holds(path))),
        };
        other.flatten().map(|(other, _)| other.name.clone())
    };
    refs.iter().filter_map(|it| Some((it, owner(&it.names)?))).collect()
}

#[cfg(test)]
mod tests {
    use super::{BranchRef, Names, foreign, is_of, remote_resources};
    use crate::config::environments::Environment;

    fn environment(name: &str, branch: &str) -> Environment {
        Environment {
            name: name.into(),
            branch: Some(branch.into()),
            paths: vec![format!("overlays/{name}")],
            files: Vec::new(),
            group: None,
            protected: false,
        }
    }

    fn reference(names: Names) -> BranchRef {
        BranchRef {
            file: "x.yaml".into(),
            line: 1,
            column: 1,
            object: None,
            text: String::new(),
            names,
        }
    }

    #[test]
    fn what_is_another_environments_is_foreign() {
        let all = [environment("dev", "develop"), environment("prd", "main")];
        let names = |names: Names| {
            let refs = [reference(names)];
            let found = foreign(&refs, &all[1], &all);
            found.into_iter().map(|(_, name)| name).next()
        };
        assert_eq!(names(Names::Branch("develop".into())).as_deref(), Some("dev"));
        assert_eq!(names(Names::Branch("main".into())), None);
        assert_eq!(names(Names::Branch("feature/x".into())), None);
        assert_eq!(names(Names::Path("overlays/dev/api".into())).as_deref(), Some("dev"));
        assert_eq!(names(Names::Path("overlays/prd".into())), None);
        assert_eq!(names(Names::Path("base".into())), None);
    }

    #[test]
    fn an_address_of_this_repository_is_told_from_others() {
        for own in [
            "https://github.com/acme/manifests//base",
            "github.com/Acme/manifests/base",
            "git@github.com:acme/manifests.git//base",
            "acme/manifests",
        ] {
            assert!(is_of(own, "acme/manifests"), "{own}");
        }
        for other in [
            "https://github.com/acme/manifests-old//base",
            "github.com/xacme/manifests",
            "github.com/acme/web",
        ] {
            assert!(!is_of(other, "acme/manifests"), "{other}");
        }
    }

    #[test]
    fn a_remote_resource_names_its_branch() {
        let text =
            "resources:\n- https://h/acme/m//base?ref=develop&timeout=9\n- https://h/other/m//base?ref=develop\n";
        let found = remote_resources("k.yaml", &mut text.as_bytes().to_vec(), "acme/m").unwrap();
        assert_eq!(found.len(), 1);
        assert_eq!((found[0].line, found[0].column), (2, 3));
        assert_eq!(found[0].names, Names::Branch("develop".into()));
    }
}
