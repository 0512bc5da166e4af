use super::stage::{CONFIG, Stage};
use crate::change::promotion::{Carried, Promotion};
use crate::change::set::ChangeSet;
use crate::config::model::RuleName;
use crate::error::{Error, Kind};
use crate::git::names::Oid;
use crate::image::Name;
use crate::strategy::hop::Direction;

const DEPLOYMENT: &str = "apiVersion: apps/v1
kind: Deployment
metadata:
  name: api
spec:
  replicas: 1
  template:
    spec:
      containers:
      - name: api
        image: ghcr.io/acme/api:1.0.0
";

fn overlay(tag: &str) -> String {
    format!("resources:\n- ../../base\nimages:\n- name: ghcr.io/acme/api\n  newTag: {tag}\n")
}

const BASE: &str = "base/kustomization.yaml";
const API: &str = "base/api.yaml";

fn path(environment: &str) -> String {
    format!("overlays/{environment}/kustomization.yaml")
}

/// Three overlays at 1.0.0, on three branches at one commit.
fn shop() -> Stage {
    shop_with(CONFIG)
}

fn shop_with(config: &str) -> Stage {
    let one = overlay("1.0.0");
    let paths = [path("dev"), path("stg"), path("prd")];
    let mut files: Vec<(&str, &str)> = paths.iter().map(|path| (path.as_str(), one.as_str())).collect();
    files.extend([
        (BASE, "resources:\n- api.yaml\n"),
        (API, DEPLOYMENT),
        ("app.env", "POOL=1\n"),
    ]);
    Stage::with(config, &files)
}

fn promotion(set: &ChangeSet) -> &Promotion {
    set.facts.promotion.as_ref().unwrap()
}

/// What would stand in a file.
fn planned(stage: &Stage, set: &ChangeSet, path: &str) -> String {
    if let Some(file) = set.files.iter().find(|file| file.path() == path) {
        return String::from_utf8(file.after().unwrap().to_vec()).unwrap();
    }
    let tree = set.tree().cloned().unwrap_or_else(|| stage.tip("main"));
    format!("{}\n", stage.show(&format!("{tree}:{path}")))
}

#[track_caller]
fn refused(stage: &Stage, from: &str, to: &str) -> Error {
    match stage.plan(from, to) {
        Err(error) => error,
        Ok(_) => panic!("it is planned"),
    }
}

fn titles(noted: &[crate::change::promotion::Noted]) -> Vec<&str> {
    noted.iter().map(|it| it.title.as_str()).collect()
}

fn stg_sets(stage: &Stage, tag: &str) -> Oid {
    stage
        .on("staging")
        .put(&format!("bump stg to {tag}"), &[(&path("stg"), &overlay(tag))])
}

#[test]
fn a_promotion_merges_froms_commit_and_sets_the_versions_that_the_overlay_pins() {
    let stage = shop();
    let fork = stage.tip("main");
    stage.on("staging").put("Set the pool to 2", &[("app.env", "POOL=2\n")]);
    let tip = stg_sets(&stage, "1.1.0");
    let set = stage.plan("stg", "prd").unwrap();
    let merge = set.merge.as_ref().unwrap();
    assert_eq!(merge.parent, tip);
    assert_eq!(planned(&stage, &set, "app.env"), "POOL=2\n");
    assert_eq!(planned(&stage, &set, &path("prd")), overlay("1.1.0"));
    assert_eq!(
        set.files.len(),
        1,
        "nothing but the overlay of prd is edited after the merge"
    );
    let told = promotion(&set);
    assert_eq!((told.kind, &told.commit), (Carried::Whole, &tip));
    assert_eq!(titles(&told.rides_along), ["bump stg to 1.1.0", "Set the pool to 2"]);
    assert_eq!(told.merge_base.as_ref().unwrap().commit, fork);
    assert!(told.only_in_target.is_empty() && told.brings_back.is_empty());
}

#[test]
fn nothing_is_planned_where_the_target_has_it_all() {
    let stage = shop();
    assert!(stage.plan("stg", "prd").unwrap().is_empty());
    stg_sets(&stage, "1.1.0");
    stage.on("main").merge("staging", "Merge it");
    stage.put("bump prd", &[(&path("prd"), &overlay("1.1.0"))]);
    assert!(stage.plan("stg", "prd").unwrap().is_empty());
}

#[test]
fn only_versions_are_set_where_the_commit_was_merged_already() {
    let stage = shop();
    stg_sets(&stage, "1.1.0");
    stage.on("main").merge("staging", "Merge it");
    let set = stage.plan("stg", "prd").unwrap();
    assert!(set.merge.is_none());
    assert_eq!(planned(&stage, &set, &path("prd")), overlay("1.1.0"));
}

#[test]
fn the_same_content_by_another_way_needs_no_merge() {
    let stage = shop();
    stage.on("staging").put("one", &[("app.env", "POOL=2\n")]);
    stage.on("main").put("by hand", &[("app.env", "POOL=2\n")]);
    assert!(stage.plan("stg", "prd").unwrap().is_empty());
}

#[test]
fn with_images_named_versions_are_carried_and_nothing_is_merged() {
    let mut stage = shop();
    stage.on("staging").put("Set the pool to 2", &[("app.env", "POOL=2\n")]);
    stg_sets(&stage, "1.1.0");
    stage.ask.images = vec![Name::parse("api").unwrap()];
    let set = stage.plan("stg", "prd").unwrap();
    assert!(set.merge.is_none());
    assert_eq!(promotion(&set).kind, Carried::Versions);
    assert_eq!(planned(&stage, &set, &path("prd")), overlay("1.1.0"));
}

#[test]
fn single_changes_are_not_for_a_chain() {
    let mut stage = shop();
    stage.ask.changes = vec!["12".into()];
    let error = refused(&stage, "stg", "prd");
    assert_eq!((error.kind, error.code), (Kind::Usage, "change-in-chain"));
}

#[test]
fn leaving_an_environment_out_is_refused() {
    let mut stage = shop();
    stage.on("develop").put("one", &[("app.env", "POOL=2\n")]);
    assert_eq!(refused(&stage, "dev", "prd").code, "skip");
    stage.ask.allow.insert(RuleName::Skip);
    assert!(stage.plan("dev", "prd").unwrap().merge.is_some());
}

#[test]
fn what_only_the_target_has_is_listed_with_the_command_that_carries_it_back() {
    let stage = shop();
    stg_sets(&stage, "1.1.0");
    stage.on("main").put("Fix the crash", &[("fix.env", "FIX=1\n")]);
    let set = stage.plan("stg", "prd").unwrap();
    assert_eq!(titles(&promotion(&set).only_in_target), ["Fix the crash"]);
    let warning = set
        .facts
        .warnings
        .iter()
        .find(|it| it.code == "only-in-target")
        .unwrap();
    assert_eq!(warning.message, "`prd` has 1 commit that `stg` lacks");
    assert!(format!("{:?}", warning.hints).contains("rakops promote prd stg --backport"));
}

#[test]
fn a_hotfix_that_was_carried_back_is_not_listed() {
    let stage = shop();
    let fix = stage.on("main").put(
        "Fix the crash",
        &[("fix.env", "FIX=1\n"), ("app.env", "POOL=1\nFIX=1\n")],
    );
    stage
        .on("staging")
        .put("one", &[(API, &DEPLOYMENT.replace("replicas: 1", "replicas: 2"))]);
    stage.git(&format!("cherry-pick {fix}"));
    stg_sets(&stage, "1.1.0");
    let set = stage.plan("stg", "prd").unwrap();
    assert!(promotion(&set).only_in_target.is_empty());
}

#[test]
fn promotions_on_the_target_are_no_hotfixes() {
    let stage = shop();
    let first = stg_sets(&stage, "1.1.0");
    stage.on("main").squash(
        "staging",
        &format!("x\n\nRakops-Operation: promote stg -> prd\nRakops-Promoted: stg -> prd {first}\n"),
    );
    let message = "bump prd\n\nRakops-Operation: promote stg -> prd\n";
    stage.put(message, &[(&path("prd"), &overlay("1.1.0"))]);
    stg_sets(&stage, "1.2.0");
    let set = stage.plan("stg", "prd").unwrap();
    assert!(promotion(&set).only_in_target.is_empty());
    assert_eq!(promotion(&set).merge_base.as_ref().unwrap().commit, first);
    assert_eq!(titles(&promotion(&set).rides_along), ["bump stg to 1.2.0"]);
}

#[test]
fn what_was_rolled_back_comes_back_only_if_that_is_allowed() {
    let mut stage = shop();
    stage.on("staging").put("Set the pool to 2", &[("app.env", "POOL=2\n")]);
    let merge = stage.on("main").merge("staging", "Promote to prd");
    stage.revert(&merge);
    stg_sets(&stage, "1.1.0");
    let error = refused(&stage, "stg", "prd");
    assert_eq!((error.kind, error.code), (Kind::Refused, "rolled-back"));
    assert!(
        error
            .message
            .starts_with("this brings back `Promote to prd`, rolled back on 20"),
        "{}",
        error.message
    );
    assert!(error.message.ends_with(" by Ann Example"), "{}", error.message);
    stage.ask.allow.insert(RuleName::RolledBack);
    let set = stage.plan("stg", "prd").unwrap();
    // A plain merge would leave it as it is: git holds it for merged.
    assert_eq!(planned(&stage, &set, "app.env"), "POOL=2\n");
    assert_eq!(promotion(&set).brings_back[0].what, "Promote to prd");
    assert_eq!(
        titles(&promotion(&set).rides_along),
        ["bump stg to 1.1.0", "Set the pool to 2"]
    );
    assert!(promotion(&set).only_in_target.is_empty(), "a revert is no hotfix");
}

#[test]
fn what_has_not_soaked_is_refused_by_its_landing() {
    let config = CONFIG.replace("path: overlays/stg}", "path: overlays/stg, soak: 2h}");
    let mut stage = shop_with(&config);
    let now: i64 = stage.git("show --no-patch --format=%ct staging").parse().unwrap();
    stage.on("staging").put("Set the pool to 2", &[("app.env", "POOL=2\n")]);
    stage.now = now + 3_600;
    let error = refused(&stage, "stg", "prd");
    assert_eq!(error.code, "unsoaked");
    assert!(error.message.contains("`Set the pool to 2`"), "{}", error.message);
    stage.now = now + 3 * 3_600;
    assert!(stage.plan("stg", "prd").is_ok());
    // The forge knows that it was merged later than it was committed.
    let told = crate::strategy::hop::Told {
        merged_at: Some(stage.now - 60),
        ..crate::strategy::hop::Told::default()
    };
    stage.told.insert(stage.tip("staging"), told);
    assert_eq!(refused(&stage, "stg", "prd").code, "unsoaked");
    stage.ask.allow.insert(RuleName::Unsoaked);
    assert!(stage.plan("stg", "prd").is_ok());
}

#[test]
fn a_merge_loses_no_hotfix_of_a_version() {
    let config = CONFIG
        .replace(", path: overlays/dev", ", path: .")
        .replace(", path: overlays/stg", ", path: .")
        .replace(", path: overlays/prd", ", path: .");
    let file = "kustomization.yaml";
    let mut stage = Stage::with(
        &config,
        &[
            (file, &overlay("1.4.1").replace("- ../../base", "- base")),
            (BASE, "resources:\n- api.yaml\n"),
            (API, DEPLOYMENT),
        ],
    );
    let text = |tag: &str| overlay(tag).replace("- ../../base", "- base");
    stage.on("main").put("Fix it", &[(file, &text("1.4.1-fix"))]);
    stage.on("staging").put("bump stg", &[(file, &text("1.4.2"))]);
    assert_eq!(refused(&stage, "stg", "prd").code, "overwrite");
    stage.ask.allow.insert(RuleName::Overwrite);
    let set = stage.plan("stg", "prd").unwrap();
    assert_eq!(planned(&stage, &set, file), text("1.4.2"));
    assert_eq!(promotion(&set).resolved[0].rule, "promoted-version");
}

#[test]
fn a_merge_lowers_no_version() {
    let stage = Stage::with(
        &CONFIG
            .replace("path: overlays/stg", "path: .")
            .replace("path: overlays/prd", "path: .")
            .replace("path: overlays/dev", "path: ."),
        &[("api.yaml", &DEPLOYMENT.replace("1.0.0", "2.0.0"))],
    );
    stage.on("staging").put("down", &[("api.yaml", DEPLOYMENT)]);
    assert_eq!(refused(&stage, "stg", "prd").code, "downgrade");
}

#[test]
fn a_hotfix_is_carried_back_and_the_versions_of_the_target_stay() {
    let mut stage = shop();
    let text = overlay("1.0.0-fix");
    stage.on("main").put(
        "Fix the crash",
        &[("fix.env", "FIX=1\n"), (&path("prd"), &text), (&path("dev"), &text)],
    );
    stage.on("develop").put("bump dev", &[("app.env", "POOL=9\n")]);
    let dev = |set: &ChangeSet, stage: &Stage, path: &str| {
        let edited = set.files.iter().find(|file| file.path() == path);
        match edited {
            Some(file) => String::from_utf8(file.after().unwrap().to_vec()).unwrap(),
            None => format!("{}\n", stage.show(&format!("{}:{path}", set.tree().unwrap()))),
        }
    };
    assert_eq!(refused(&stage, "prd", "dev").code, "backwards");
    stage.ask.direction = Direction::Back;
    let set = stage.plan("prd", "dev").unwrap();
    assert_eq!(dev(&set, &stage, "fix.env"), "FIX=1\n");
    assert_eq!(dev(&set, &stage, "app.env"), "POOL=9\n");
    assert_eq!(dev(&set, &stage, &path("prd")), text);
    assert_eq!(dev(&set, &stage, &path("dev")), overlay("1.0.0"));
}

#[test]
fn a_conflict_beyond_versions_ends_the_plan() {
    let stage = shop();
    stage.on("main").put("ours", &[("app.env", "POOL=2\n")]);
    stage.on("staging").put("theirs", &[("app.env", "POOL=3\n")]);
    let error = refused(&stage, "stg", "prd");
    assert_eq!((error.kind, error.code), (Kind::Conflict, "merge-conflict"));
    assert_eq!(error.place.unwrap().to_string(), "app.env:1");
}

fn application(branch: &str) -> String {
    format!(
        "apiVersion: argoproj.io/v1alpha1
kind: Application
metadata:
  name: api
spec:
  source:
    repoURL: https://github.com/acme/manifests
    targetRevision: {branch}
    path: overlays/prd
"
    )
}

#[test]
fn an_application_that_follows_another_environments_branch_does_not_ride_along() {
    let mut stage = shop();
    stage
        .on("staging")
        .put("Deliver it", &[("apps/api.yaml", &application("staging"))]);
    let error = refused(&stage, "stg", "prd");
    assert_eq!((error.kind, error.code), (Kind::Refused, "foreign-ref"));
    assert_eq!(
        error.message,
        "`Application api` of `prd` would follow `staging`, the branch of `stg`"
    );
    assert_eq!(error.place.unwrap().to_string(), "apps/api.yaml:8:21");
    stage.ask.allow.insert(RuleName::ForeignRef);
    assert!(stage.plan("stg", "prd").is_ok());
    stage.ask.allow.clear();
    stage.put("Deliver it right", &[("apps/api.yaml", &application("main"))]);
    assert!(stage.plan("stg", "prd").is_ok());
    // In the environment's own files it does not matter who brought it.
    let inside = "overlays/prd/app.yaml";
    let text = overlay("1.0.0").replace("resources:\n", "resources:\n- app.yaml\n");
    stage
        .on("main")
        .put("own", &[(inside, &application("develop")), (&path("prd"), &text)]);
    let error = refused(&stage, "stg", "prd");
    assert_eq!(
        (error.code, error.place.unwrap().file.as_str()),
        ("foreign-ref", inside)
    );
}

#[test]
fn branches_that_have_merged_each_other_are_merged_on_what_both_have() {
    let stage = shop();
    let fix = stage.on("main").put("Fix the crash", &[("fix.env", "FIX=1\n")]);
    let first = stage.on("staging").put("one", &[("app.env", "POOL=2\n")]);
    // Both at once: the hotfix goes back while the promotion is open.
    stage.merge(fix.as_str(), "Carry the fix back");
    stage.on("main").merge(first.as_str(), "Promote to prd");
    stage
        .on("staging")
        .put("two", &[("app.env", "POOL=3\n"), ("fix.env", "FIX=2\n")]);
    let set = stage.plan("stg", "prd").unwrap();
    assert_eq!(planned(&stage, &set, "app.env"), "POOL=3\n");
    assert_eq!(planned(&stage, &set, "fix.env"), "FIX=2\n");
    assert_eq!(titles(&promotion(&set).rides_along), ["two", "Carry the fix back"]);
}
