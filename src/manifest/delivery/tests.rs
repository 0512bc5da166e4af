use super::object::objects;
use super::{Delivery, Form, Revision, path_of};
use crate::yaml;

fn read(text: &str) -> Vec<Delivery> {
    let tree = yaml::parse(text.as_bytes().to_vec(), yaml::Limits::default()).unwrap();
    objects("x.yaml", &tree)
}

#[test]
fn an_application_says_directory_branch_and_value_files() {
    let found = read(
        "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: shop}\nspec:\n  sources:\n  - repoURL: a\n    \
         path: ./charts/api/\n    targetRevision: feature/x\n    helm:\n      valueFiles: [values-dev.yaml, ../v.yaml, /w.yaml, $values/z.yaml]\n  \
         - {repoURL: a, ref: values}\n",
    );
    let [first, second] = found[0].sources.as_slice() else {
        panic!("{found:?}")
    };
    assert_eq!(found[0].form, Form::Application);
    assert_eq!(first.path.as_deref(), Some("charts/api"));
    assert_eq!(first.revision, Revision::Branch("feature/x".into()));
    assert_eq!(first.values, ["charts/api/values-dev.yaml", "charts/v.yaml", "w.yaml"]);
    assert_eq!((first.line, first.column), (8, 21));
    assert_eq!(second.values, ["z.yaml"]);
    assert_eq!(
        (second.revision.clone(), second.path.clone()),
        (Revision::Default, None)
    );
}

#[test]
fn an_application_set_is_read_once_for_each_element_of_its_lists() {
    let found = read(
        "apiVersion: argoproj.io/v1alpha1\nkind: ApplicationSet\nmetadata: {name: s}\nspec:\n  generators:\n  - matrix:\n      generators:\n      \
         - list: {elements: [{env: dev}, {env: prd}]}\n      - git: {repoURL: a, revision: main, directories: [{path: apps/*}]}\n  \
         template:\n    spec:\n      source: {repoURL: a, path: '{{path}}/overlays/{{env}}', targetRevision: main}\n",
    );
    let paths: Vec<_> = found[0].sources.iter().map(|it| it.path.as_deref()).collect();
    assert_eq!(paths, [Some("apps/*/overlays/dev"), Some("apps/*/overlays/prd"), None]);
    assert!(
        found[0]
            .sources
            .iter()
            .all(|it| it.revision == Revision::Branch("main".into()))
    );
}

#[test]
fn a_git_repository_follows_what_flux_takes_first() {
    let of = |reference: &str| {
        let text = format!(
            "apiVersion: source.toolkit.fluxcd.io/v1\nkind: GitRepository\nmetadata: {{name: s}}\nspec:\n  url: a\n{reference}"
        );
        read(&text)[0].sources[0].revision.clone()
    };
    assert_eq!(of(""), Revision::Default);
    assert_eq!(of("  ref: {branch: main}\n"), Revision::Branch("main".into()));
    assert_eq!(of("  ref: {name: refs/heads/x}\n"), Revision::Branch("x".into()));
    assert_eq!(
        of("  ref: {branch: main, tag: '1'}\n"),
        Revision::Fixed("a tag", "1".into())
    );
    assert_eq!(
        of("  ref: {semver: '>=1'}\n"),
        Revision::Fixed("a range of versions", ">=1".into())
    );
    assert_eq!(
        of("  ref: {branch: main, commit: abc}\n"),
        Revision::Fixed("a commit", "abc".into())
    );
}

#[test]
fn a_helm_release_names_a_chart_and_value_files_of_a_repository() {
    let found = read(
        "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: {name: r, namespace: n}\nspec:\n  chart:\n    spec:\n      \
         chart: ./charts/api\n      valuesFiles: [charts/api/values.yaml, ./envs/dev.yaml]\n      sourceRef: {kind: GitRepository, name: g}\n",
    );
    let source = &found[0].sources[0];
    assert_eq!(source.path.as_deref(), Some("charts/api"));
    assert_eq!(source.values, ["charts/api/values.yaml", "envs/dev.yaml"]);
    assert_eq!(source.from.as_ref().map(|it| it.namespace.as_str()), Some("n"));
}

#[test]
fn an_address_is_known_by_its_path() {
    for address in [
        "https://h/acme/m.git",
        "git@h:acme/m",
        "ssh://git@h:22/acme/m.git",
        "acme/m",
    ] {
        assert_eq!(path_of(address), "acme/m", "{address}");
    }
}
