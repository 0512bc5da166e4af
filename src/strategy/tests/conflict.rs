use super::stage::Stage;
use crate::error::{Error, Kind};
use crate::git::merge::ThreeWay;
use crate::strategy::conflict::settle;
use crate::strategy::hop::Direction;

const KUSTOMIZATION: &str = "resources:
- ../../base
images:
- name: ghcr.io/acme/api
  newTag: 1.0.0 # the pin
replicas:
- name: api
  count: 3
";

const PRD: &str = "overlays/prd/kustomization.yaml";

fn tagged(tag: &str) -> String {
    KUSTOMIZATION.replace("1.0.0", tag)
}

/// Both sides change one file; returns what stands there after the merge, and the rules that were used.
fn settled_in((from, to): (&str, &str), path: &str, texts: [&str; 3]) -> Result<(String, Vec<&'static str>), Error> {
    let mut stage = Stage::new(&[(path, texts[0])]);
    if from == "prd" {
        stage.ask.direction = Direction::Back;
    }
    let branch = |name: &str| match name {
        "dev" => "develop",
        "stg" => "staging",
        _ => "main",
    };
    stage.on(branch(to)).put("ours", &[(path, texts[1])]);
    stage.on(branch(from)).put("theirs", &[(path, texts[2])]);
    settle_on(&stage, (from, to), path)
}

fn settle_on(stage: &Stage, pair: (&str, &str), path: &str) -> Result<(String, Vec<&'static str>), Error> {
    stage.hop(pair, |hop| {
        let base = hop
            .repository
            .merge_base(hop.git, hop.from.commit, hop.to.commit)
            .unwrap();
        let ways = ThreeWay {
            base: &base.unwrap(),
            ours: hop.to.commit,
            theirs: hop.from.commit,
        };
        let merged = hop.repository.merge_on(hop.git, ways).unwrap();
        assert!(!merged.conflicts.is_empty(), "git has merged it");
        let (tree, resolved) = settle(hop, merged)?;
        let entry = hop.repository.entry(&tree, path).unwrap().unwrap();
        let text = String::from_utf8(hop.repository.blob(&entry.id).unwrap()).unwrap();
        Ok((text, resolved.into_iter().map(|it| it.rule).collect()))
    })
}

fn settled(path: &str, texts: [&str; 3]) -> Result<(String, Vec<&'static str>), Error> {
    settled_in(("stg", "prd"), path, texts)
}

#[test]
fn in_the_targets_path_the_promoted_version_wins() {
    let (text, rules) = settled(PRD, [KUSTOMIZATION, &tagged("1.0.1"), &tagged("1.1.0")]).unwrap();
    assert_eq!((text, rules), (tagged("1.1.0"), vec!["promoted-version"]));
}

#[test]
fn what_both_sides_changed_cleanly_elsewhere_in_the_file_stays() {
    let ours = tagged("1.0.1").replace("resources:", "# ours\nresources:");
    let theirs = tagged("1.1.0").replace("count: 3", "count: 5");
    let (text, _) = settled(PRD, [KUSTOMIZATION, &ours, &theirs]).unwrap();
    assert_eq!(
        text,
        tagged("1.1.0")
            .replace("resources:", "# ours\nresources:")
            .replace("count: 3", "count: 5")
    );
}

#[test]
fn a_shared_file_takes_the_promoted_version() {
    let deployment = |tag: &str| {
        format!(
            "apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: api}}\nspec:\n  template:\n    spec:\n      containers:\n      - name: api\n        image: ghcr.io/acme/api:{tag}\n"
        )
    };
    let texts = [deployment("1"), deployment("2"), deployment("3")];
    let (text, rules) = settled("base/api.yaml", [&texts[0], &texts[1], &texts[2]]).unwrap();
    assert_eq!((text, rules), (deployment("3"), vec!["promoted-version"]));
}

#[test]
fn in_the_path_of_an_environment_that_comes_through_from_froms_version_wins() {
    for path in ["overlays/stg/kustomization.yaml", "overlays/dev/kustomization.yaml"] {
        let (text, rules) = settled(path, [KUSTOMIZATION, &tagged("1.0.1"), &tagged("1.1.0")]).unwrap();
        assert_eq!(
            (text, rules),
            (tagged("1.1.0"), vec!["source-of-environment"]),
            "{path}"
        );
    }
}

#[test]
fn in_the_path_of_a_later_environment_the_targets_version_stays() {
    let texts = [KUSTOMIZATION, &tagged("1.0.1"), &tagged("1.1.0")];
    let (text, rules) = settled_in(("dev", "stg"), PRD, texts).unwrap();
    assert_eq!((text, rules), (tagged("1.0.1"), vec!["kept"]));
}

#[test]
fn a_backport_keeps_the_versions_of_the_environment_it_goes_to() {
    let texts = [KUSTOMIZATION, &tagged("2.0.0"), &tagged("1.0.0-fix")];
    let (text, rules) = settled_in(("prd", "dev"), "overlays/dev/kustomization.yaml", texts).unwrap();
    assert_eq!((text, rules), (tagged("2.0.0"), vec!["kept"]));
    let (_, rules) = settled_in(("prd", "dev"), PRD, texts).unwrap();
    assert_eq!(rules, ["source-of-environment"]);
}

#[test]
fn a_hunk_with_another_differing_node_is_refused_whole_with_both_sides() {
    let ours = tagged("1.0.1").replace("count: 3", "count: 4");
    let theirs = tagged("1.1.0").replace("count: 3", "count: 5");
    let error = settled(PRD, [KUSTOMIZATION, &ours, &theirs]).unwrap_err();
    assert_eq!((error.kind, error.code), (Kind::Conflict, "merge-conflict"));
    assert_eq!(
        error.message,
        format!("`stg` and `prd` have both changed `{PRD}`, and not in versions alone")
    );
    let told = error.causes.join("\n");
    assert!(
        told.starts_with(&format!("{PRD}:5\n`prd` has\n      newTag: 1.0.1 # the pin\n")),
        "{told}"
    );
    assert!(told.contains("`stg` has\n      newTag: 1.1.0 # the pin\n"), "{told}");
    assert!(told.contains("count: 4") && told.contains("count: 5"), "{told}");
}

#[test]
fn another_node_in_the_same_hunk_is_refused_even_if_one_side_alone_changed_it() {
    let base = "images:\n- name: ghcr.io/acme/api\n  newTag: 1.0.0\nnamePrefix: a-\n";
    let ours = base.replace("1.0.0", "1.0.1");
    let theirs = base.replace("1.0.0", "1.1.0").replace("a-", "b-");
    assert_eq!(settled(PRD, [base, &ours, &theirs]).unwrap_err().code, "merge-conflict");
}

#[test]
fn quotes_and_comments_are_no_differing_nodes() {
    let ours = KUSTOMIZATION.replace("1.0.0 # the pin", "'1.0.1' # ours");
    let theirs = KUSTOMIZATION.replace("1.0.0 # the pin", "\"1.1.0\" # theirs");
    let (text, _) = settled(PRD, [KUSTOMIZATION, &ours, &theirs]).unwrap();
    assert_eq!(text, theirs);
}

#[test]
fn a_digest_that_one_side_alone_has_is_a_part_of_its_version() {
    let digest = "sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
    let ours = KUSTOMIZATION.replace(
        "  newTag: 1.0.0 # the pin",
        &format!("  newTag: 1.0.1\n  digest: {digest}"),
    );
    let theirs = tagged("1.1.0");
    let (text, _) = settled(PRD, [KUSTOMIZATION, &ours, &theirs]).unwrap();
    assert_eq!(text, theirs);
    let (text, _) = settled(PRD, [KUSTOMIZATION, &theirs, &ours]).unwrap();
    assert_eq!(text, ours);
}

#[test]
fn another_image_is_no_other_version() {
    let base = "apiVersion: v1\nkind: Pod\nspec:\n  containers:\n  - name: a\n    image: ghcr.io/acme/api:1\n";
    let ours = base.replace("acme/api:1", "acme/api:2");
    let theirs = base.replace("acme/api:1", "acme/web:1");
    assert_eq!(
        settled("base/pod.yaml", [base, &ours, &theirs]).unwrap_err().code,
        "merge-conflict"
    );
}

#[test]
fn versions_inside_of_a_literal_block_are_settled_and_other_values_there_are_not() {
    let map = |tag: &str, pool: u32| {
        format!(
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: jobs}}\ndata:\n  job.yaml: |\n    apiVersion: v1\n    kind: Pod\n    spec:\n      containers:\n      - name: a\n        image: ghcr.io/acme/api:{tag}\n        tty: {pool}\n"
        )
    };
    let texts = [map("1", 1), map("2", 1), map("3", 1)];
    let (text, _) = settled("overlays/prd/jobs.yaml", [&texts[0], &texts[1], &texts[2]]).unwrap();
    assert_eq!(text, map("3", 1));
    let texts = [map("1", 1), map("2", 2), map("3", 3)];
    assert!(settled("overlays/prd/jobs.yaml", [&texts[0], &texts[1], &texts[2]]).is_err());
}

#[test]
fn what_is_no_yaml_or_no_text_is_refused() {
    for texts in [
        ["a: {{ x }}\n", "a: {{ y }}\n", "a: {{ z }}\n"],
        ["\u{0}a\n", "\u{0}b\n", "\u{0}c\n"],
        ["# a\n", "# b\n", "# c\n"],
    ] {
        let error = settled("overlays/prd/x.yaml", texts).unwrap_err();
        assert_eq!(error.code, "merge-conflict", "{texts:?}");
    }
}

#[test]
fn a_file_that_one_side_deleted_is_refused_and_says_who() {
    let stage = Stage::new(&[(PRD, KUSTOMIZATION)]);
    stage.on("main").git(&format!("rm --quiet {PRD}"));
    stage.put("gone", &[]);
    stage.on("staging").put("theirs", &[(PRD, &tagged("1.1.0"))]);
    let error = settle_on(&stage, ("stg", "prd"), PRD).unwrap_err();
    assert_eq!(
        error.causes,
        [format!(
            "{PRD}: `stg` has changed it, and `prd` has deleted or renamed it"
        )]
    );
}

#[test]
fn a_file_that_both_have_added_is_settled_if_only_its_versions_differ() {
    let stage = Stage::new(&[]);
    stage.on("main").put("ours", &[(PRD, &tagged("1.0.1"))]);
    stage.on("staging").put("theirs", &[(PRD, &tagged("1.1.0"))]);
    assert_eq!(settle_on(&stage, ("stg", "prd"), PRD).unwrap().0, tagged("1.1.0"));
}

#[test]
fn all_conflicts_are_told_at_once() {
    let stage = Stage::new(&[("a.yaml", "a: 1\n"), ("b.yaml", "b: 1\n")]);
    stage
        .on("main")
        .put("ours", &[("a.yaml", "a: 2\n"), ("b.yaml", "b: 2\n")]);
    stage
        .on("staging")
        .put("theirs", &[("a.yaml", "a: 3\n"), ("b.yaml", "b: 3\n")]);
    let error = settle_on(&stage, ("stg", "prd"), "a.yaml").unwrap_err();
    assert_eq!(
        error.message,
        "`stg` and `prd` have both changed 2 files, and not in versions alone"
    );
    assert_eq!(error.causes.len(), 2);
}

#[test]
fn windows_line_breaks_stay() {
    let windows = |text: &str| text.replace('\n', "\r\n");
    let texts = [
        windows(KUSTOMIZATION),
        windows(&tagged("1.0.1")),
        windows(&tagged("1.1.0")),
    ];
    let (text, _) = settled(PRD, [&texts[0], &texts[1], &texts[2]]).unwrap();
    assert_eq!(text, texts[2]);
}
