use std::fs;

use super::{Tracks, delivers_itself, followed, shown, switch};
use crate::config::environments::Environment;
use crate::config::model::Config;
use crate::manifest::delivery::{self, Deliveries};
use crate::manifest::graph::Graph;
use crate::manifest::kustomization::{Kustomization, is_kustomization};
use crate::snapshot::Snapshot;
use crate::yaml;

const APP: &str = "apiVersion: argoproj.io/v1alpha1\nkind: Application\n";
const FLUX: &str = "apiVersion: source.toolkit.fluxcd.io/v1\nkind: GitRepository\n";
const KUSTOMIZATION: &str = "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\n";

/// Files in a directory of their own, and what is read from them.
struct Files {
    _owner: tempfile::TempDir,
    snapshot: Snapshot,
    deliveries: Deliveries,
    graph: Graph,
}

impl Files {
    #[expect(clippy::disallowed_methods, reason = "a test writes what it reads")]
    fn new(files: &[(&str, String)]) -> Files {
        let owner = tempfile::tempdir().unwrap();
        let mut kustomizations = Vec::new();
        for (path, text) in files {
            let at = owner.path().join(path);
            fs::create_dir_all(at.parent().unwrap()).unwrap();
            fs::write(at, text).unwrap();
            if is_kustomization(path) {
                let tree = yaml::parse(text.clone().into_bytes(), yaml::Limits::default()).unwrap();
                kustomizations.extend(Kustomization::of(path, &tree));
            }
        }
        let snapshot = Snapshot::of_work_tree(owner.path(), Default::default);
        Files {
            deliveries: delivery::read(&snapshot, Some("acme/m")),
            graph: Graph::new(kustomizations),
            snapshot,
            _owner: owner,
        }
    }

    fn tracks(&self) -> Tracks {
        let environments = [environment("dev"), environment("prd")];
        let all: Vec<&Environment> = environments.iter().collect();
        followed((&self.snapshot, &self.deliveries), &Config::default(), &all).unwrap()
    }

    /// The file after `dev` was made to follow another branch.
    fn switched(&self, to: &str) -> String {
        let tracks = self.tracks();
        let dev = tracks.of("dev").unwrap();
        let switched = switch(&self.snapshot, &dev.file, &[(dev, to)]).unwrap();
        String::from_utf8(switched.after.into_bytes()).unwrap()
    }

    fn chain(&self, to: &str) -> Option<Vec<String>> {
        let tracks = self.tracks();
        let chain = delivers_itself((&self.graph, &self.deliveries), tracks.of("dev").unwrap(), to)?;
        Some(chain.iter().map(|it| shown(&it.object)).collect())
    }
}

fn environment(name: &str) -> Environment {
    Environment {
        name: name.into(),
        branch: None,
        paths: vec![format!("overlays/{name}")],
        files: Vec::new(),
        group: None,
        protected: false,
    }
}

fn overlay() -> (&'static str, String) {
    ("overlays/dev/kustomization.yaml", "resources: []\n".into())
}

fn app(name: &str, path: &str, more: &str) -> String {
    format!(
        "{APP}metadata:\n  name: {name}\nspec:\n  source:\n    repoURL: https://h/acme/m.git\n    path: {path}\n{more}"
    )
}

#[test]
fn a_revision_that_is_not_there_is_written_behind_the_path() {
    let files = Files::new(&[
        overlay(),
        ("argocd/dev.yaml", app("dev", "overlays/dev", "  project: x\n")),
    ]);
    let expected = app("dev", "overlays/dev", "    targetRevision: feature/x\n  project: x\n");
    assert_eq!(files.switched("feature/x"), expected);
}

#[test]
fn a_revision_keeps_its_quotes_and_its_comment() {
    let files = Files::new(&[
        overlay(),
        (
            "argocd/dev.yaml",
            app("dev", "overlays/dev", "    targetRevision: 'main'   # follow\n"),
        ),
    ]);
    let expected = app("dev", "overlays/dev", "    targetRevision: 'feature/x'   # follow\n");
    assert_eq!(files.switched("feature/x"), expected);
}

#[test]
fn only_sources_of_this_repository_are_switched() {
    let set = format!(
        "{APP}Set\nmetadata: {{name: dev}}\nspec:\n  generators:\n  - git: {{repoURL: https://h/acme/m, revision: main, directories: [{{path: overlays/dev}}]}}\n  \
         template:\n    spec:\n      sources:\n      - repoURL: https://h/acme/m\n        path: '{{{{path}}}}'\n        targetRevision: main\n      \
         - {{repoURL: https://h/acme/other, path: x, targetRevision: main}}\n"
    )
    .replace("kind: Application\nSet", "kind: ApplicationSet");
    let files = Files::new(&[overlay(), ("argocd/dev.yaml", set.clone())]);
    let expected = set.replacen("main", "feature/x", 2);
    assert_eq!(files.switched("feature/x"), expected);
}

#[test]
fn a_git_repository_gets_its_branch_where_flux_reads_it() {
    let kustomization = |name: &str| {
        let text = format!("{KUSTOMIZATION}metadata: {{name: {name}, namespace: f}}\nspec:\n  path: ./overlays/dev\n");
        (
            "clusters/dev/apps.yaml",
            format!("{text}  sourceRef: {{kind: GitRepository, name: src}}\n"),
        )
    };
    let source = |spec: &str| {
        let text = format!("{FLUX}metadata: {{name: src, namespace: f}}\nspec:\n  url: ssh://git@h/acme/m\n{spec}");
        ("clusters/dev/src.yaml", text)
    };
    for (before, after) in [
        ("  ref:\n    branch: main\n", "  ref:\n    branch: feature/x\n"),
        (
            "  ref:\n    name: refs/heads/main\n",
            "  ref:\n    name: refs/heads/feature/x\n",
        ),
        ("  interval: 1m\n", "  ref:\n    branch: feature/x\n  interval: 1m\n"),
    ] {
        let files = Files::new(&[overlay(), kustomization("apps"), source(before)]);
        assert_eq!(files.switched("feature/x"), source(after).1);
    }
}

#[test]
fn what_follows_no_branch_is_refused() {
    let files = Files::new(&[
        overlay(),
        (
            "argocd/dev.yaml",
            app("dev", "overlays/dev", "    targetRevision: v1.2.3\n"),
        ),
    ]);
    let tracks = files.tracks();
    let error = tracks.of("dev").unwrap().branch("main").unwrap_err();
    assert_eq!(error.code, "not-a-branch");
    assert!(error.message.contains("a tag, `v1.2.3`"), "{}", error.message);
}

#[test]
fn two_objects_for_one_directory_have_to_be_told_apart() {
    let files = Files::new(&[
        overlay(),
        ("argocd/a.yaml", app("a", "overlays/dev", "")),
        ("argocd/b.yaml", app("b", "overlays/dev/x", "")),
    ]);
    let tracks = files.tracks();
    assert_eq!(tracks.of("dev").unwrap_err().code, "track-ambiguous");
    assert_eq!(tracks.of("prd").unwrap_err().code, "not-tracked");
}

#[test]
fn an_application_among_what_it_brings_delivers_itself() {
    let files = Files::new(&[
        ("overlays/dev/kustomization.yaml", "resources: [app.yaml]\n".into()),
        ("overlays/dev/app.yaml", app("dev", "overlays/dev", "")),
    ]);
    assert_eq!(files.chain("feature/x"), Some(vec!["Application dev".to_owned()]));
}

#[test]
fn an_application_that_a_parent_brings_is_switched_unless_the_parent_follows_the_same_branch() {
    let with_parent = |revision: &str| {
        Files::new(&[
            overlay(),
            ("argocd/apps/dev.yaml", app("dev", "overlays/dev", "")),
            (
                "argocd/root.yaml",
                app("root", "argocd/apps", &format!("    targetRevision: {revision}\n")),
            ),
        ])
    };
    assert_eq!(with_parent("main").chain("feature/x"), None);
    let chain = with_parent("feature/x").chain("feature/x");
    assert_eq!(
        chain,
        Some(vec!["Application dev".to_owned(), "Application root".to_owned()])
    );
}

#[test]
fn a_parent_of_the_parent_that_follows_the_branch_counts() {
    let files = Files::new(&[
        overlay(),
        ("a/dev.yaml", app("dev", "overlays/dev", "")),
        ("b/mid.yaml", app("mid", "a", "")),
        ("c/top.yaml", app("top", "b", "    targetRevision: feature/x\n")),
    ]);
    let chain = files.chain("feature/x").unwrap();
    assert_eq!(chain, ["Application dev", "Application mid", "Application top"]);
}

#[test]
fn the_source_that_flux_installs_delivers_itself() {
    let sync = format!(
        "{FLUX}metadata: {{name: flux-system, namespace: f}}\nspec: {{url: ssh://git@h/acme/m, ref: {{branch: main}}}}\n---\n\
         {KUSTOMIZATION}metadata: {{name: flux-system, namespace: f}}\nspec:\n  path: ./clusters/dev\n  sourceRef: {{kind: GitRepository, name: flux-system}}\n"
    );
    let apps = format!(
        "{KUSTOMIZATION}metadata: {{name: apps, namespace: f}}\nspec:\n  path: ./overlays/dev\n  sourceRef: {{kind: GitRepository, name: flux-system}}\n"
    );
    let files = Files::new(&[
        overlay(),
        ("clusters/dev/flux-system/gotk-sync.yaml", sync.clone()),
        ("clusters/dev/apps.yaml", apps),
        // Another cluster has an object of the same name.
        (
            "clusters/prd/flux-system/gotk-sync.yaml",
            sync.replace("clusters/dev", "clusters/prd"),
        ),
    ]);
    assert_eq!(
        files.tracks().of("dev").unwrap().file,
        "clusters/dev/flux-system/gotk-sync.yaml"
    );
    let chain = files.chain("feature/x").unwrap();
    assert_eq!(chain, ["GitRepository flux-system", "Kustomization flux-system"]);
}
