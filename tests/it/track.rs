//! `rakops track`: which branch an environment's cluster follows.

use std::fs;

use crate::harness::Sandbox;
use crate::harness::forges::Bench;
use crate::harness::forges::github::GitHub;
use crate::harness::trial::{FEATURE, application};

fn sandbox() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.shop_on_argo();
    sandbox
}

/// What an Application says at the remote's `main`.
#[track_caller]
fn there(sandbox: &Sandbox, environment: &str) -> String {
    sandbox.git_at_remote(&["show", &format!("main:argocd/{environment}.yaml")])
}

#[test]
fn an_environment_follows_a_branch_and_then_the_default_one_again() {
    let sandbox = sandbox();
    let output = sandbox.rakops(["track", "dev", FEATURE, "--push"]).run().expect(0);
    assert_eq!(
        output.stdout(),
        "dev: main -> feature/base  Application shop-dev (argocd/dev.yaml:9:21)\n"
    );
    let switched = application("dev").replace("targetRevision: main ", "targetRevision: feature/base ");
    assert_eq!(there(&sandbox, "dev"), switched);
    assert_eq!(there(&sandbox, "stg"), application("stg"));
    let message = sandbox.git_at_remote(&["log", "-1", "--format=%B", "main"]);
    assert!(message.contains("Rakops-Operation: track dev"), "{message}");

    let again = sandbox.rakops(["track", "dev", FEATURE, "--push"]).run().expect(0);
    assert!(
        again.stderr.contains("dev follows feature/base already"),
        "{}",
        again.all()
    );
    let reset = sandbox.rakops(["track", "dev", "--reset", "--push"]).run().expect(0);
    assert!(
        reset.stdout().starts_with("dev: feature/base -> main"),
        "{}",
        reset.all()
    );
    assert_eq!(there(&sandbox, "dev"), application("dev"));
    let again = sandbox.rakops(["track", "dev", "--reset", "--push"]).run().expect(0);
    assert!(again.stderr.contains("dev follows main already"), "{}", again.all());
}

#[test]
fn a_switch_lands_by_pull_request_where_no_flag_says_otherwise() {
    let bench = Bench::shop(GitHub);
    bench.sandbox.file("argocd/dev.yaml", application("dev"));
    bench.sandbox.commit_all("an application");
    bench
        .sandbox
        .git(["push", "--quiet", "origin", "main", "main:refs/heads/feature/base"]);
    let before = bench.tip("main");
    let output = bench
        .rakops(["track", "dev", FEATURE, "-o", "json"].into_iter())
        .run()
        .expect(0);
    let said = output.json();
    assert_eq!(bench.tip("main"), before);
    assert_eq!(said["changed"], true);
    assert_eq!(said["pull_request"]["base"], "main", "{said}");
    let tracks = &said["tracks"][0];
    assert_eq!(
        (&tracks["environment"], &tracks["object"]),
        (&"dev".into(), &"Application shop-dev".into())
    );
    assert_eq!(
        (&tracks["file"], &tracks["line"], &tracks["column"]),
        (&"argocd/dev.yaml".into(), &9.into(), &21.into())
    );
    assert_eq!((&tracks["from"], &tracks["to"]), (&"main".into(), &FEATURE.into()));
    let second = bench.rakops(["track", "dev", FEATURE].into_iter()).run().expect(0);
    assert!(second.stderr.contains("has this content already"), "{}", second.all());
    assert_eq!(bench.forge.shelf().pulls.len(), 1);
}

#[test]
fn a_dry_run_shows_the_edit_and_makes_none() {
    let sandbox = sandbox();
    let before = (sandbox.print(), sandbox.remote_tip("main"));
    let output = sandbox.rakops(["track", "dev", FEATURE, "-n"]).run().expect(0);
    assert!(
        output
            .stdout()
            .contains("-    targetRevision: main   # the trunk\n+    targetRevision: feature/base   # the trunk\n")
    );
    assert!(
        output.stderr.contains("would switch dev: main -> feature/base"),
        "{}",
        output.all()
    );
    let json = sandbox
        .rakops(["track", "dev", FEATURE, "-n", "-o", "json"])
        .run()
        .expect(0)
        .json();
    assert_eq!(
        (&json["dry_run"], &json["commit"]),
        (&true.into(), &serde_json::Value::Null)
    );
    let names = sandbox
        .rakops(["track", "dev", FEATURE, "-n", "-o", "name"])
        .run()
        .expect(0);
    assert_eq!(names.stdout(), "argocd/dev.yaml\n");
    assert_eq!((sandbox.print(), sandbox.remote_tip("main")), before);
}

#[test]
fn a_commit_lands_on_the_default_branch_here() {
    let sandbox = sandbox();
    let before = sandbox.remote_tip("main");
    let _ = sandbox.rakops(["track", "dev", FEATURE, "--commit"]).run().expect(0);
    assert!(sandbox.read("argocd/dev.yaml").contains("targetRevision: feature/base"));
    assert_eq!((sandbox.status(), sandbox.remote_tip("main")), (String::new(), before));
    let listed = sandbox.rakops(["track", "dev", "--list", "--local"]).run().expect(0);
    assert!(
        listed.stdout().starts_with("dev\tfeature/base (trial)"),
        "{}",
        listed.all()
    );
    let listed = sandbox.rakops(["track", "dev", "--list"]).run().expect(0);
    assert!(listed.stdout().starts_with("dev\tmain\t"), "{}", listed.all());
}

#[test]
fn what_is_checked_out_does_not_matter() {
    let sandbox = sandbox();
    sandbox.git(["switch", "--quiet", FEATURE]);
    sandbox.file("base/api.yaml", "not: committed\n");
    let before = sandbox.print();
    let _ = sandbox.rakops(["track", "dev", FEATURE, "--push"]).run().expect(0);
    assert_eq!(sandbox.print(), before);
    assert!(there(&sandbox, "dev").contains("targetRevision: feature/base"));
}

#[test]
fn a_branch_that_lacks_what_an_environment_runs_is_refused_with_the_versions_and_the_merge() {
    let sandbox = sandbox();
    sandbox.change_on_main("overlays/dev/kustomization.yaml", "1.4.1", "1.5.0");
    let before = sandbox.remote_tip("main");
    let output = sandbox.rakops(["track", "dev", FEATURE, "--push"]).run().expect(3);
    assert!(output.stderr.starts_with("error[stale-branch]"), "{}", output.all());
    assert!(
        output
            .stderr
            .contains("`ghcr.io/acme/api` would go from 1.5.0 to 1.4.1"),
        "{}",
        output.all()
    );
    assert!(output.stderr.contains("git merge origin/main"), "{}", output.all());
    assert_eq!(sandbox.remote_tip("main"), before);

    // Another environment's overlay is nothing that stg runs.
    let _ = sandbox.rakops(["track", "stg", FEATURE, "-n"]).run().expect(0);
    sandbox.git(["switch", "--quiet", FEATURE]);
    sandbox.git(["merge", "--quiet", "--no-edit", "origin/main"]);
    sandbox.git(["push", "--quiet", "origin", FEATURE]);
    let _ = sandbox.rakops(["track", "dev", FEATURE, "--push"]).run().expect(0);
}

#[test]
fn a_branch_that_took_the_change_over_by_itself_lacks_nothing() {
    let sandbox = sandbox();
    sandbox.change_on_main("overlays/dev/kustomization.yaml", "1.4.1", "1.5.0");
    sandbox.git(["switch", "--quiet", FEATURE]);
    sandbox.git(["cherry-pick", "main"]);
    sandbox.git(["push", "--quiet", "origin", FEATURE]);
    let _ = sandbox.rakops(["track", "dev", FEATURE, "-n"]).run().expect(0);
}

#[test]
fn a_file_that_both_changed_is_stale_unless_the_branch_has_both_changes() {
    let sandbox = sandbox();
    sandbox.git(["switch", "--quiet", FEATURE]);
    sandbox.file(
        "overlays/dev/kustomization.yaml",
        "resources: [../../base]\nnamePrefix: x-\nimages:\n- name: ghcr.io/acme/api\n  newTag: 1.4.1\n",
    );
    sandbox.commit_all("a prefix");
    sandbox.git(["push", "--quiet", "origin", FEATURE]);
    let _ = sandbox.rakops(["track", "dev", FEATURE, "-n"]).run().expect(0);
    sandbox.change_on_main("overlays/dev/kustomization.yaml", "1.4.1", "1.5.0");
    let output = sandbox.rakops(["track", "dev", FEATURE, "-n"]).run().expect(3);
    assert!(
        output.stderr.contains("would go from 1.5.0 to 1.4.1"),
        "{}",
        output.all()
    );
}

#[test]
fn the_switch_of_one_environment_does_not_make_the_branch_stale_for_the_next() {
    let sandbox = sandbox();
    for environment in ["dev", "stg"] {
        let _ = sandbox
            .rakops(["track", environment, FEATURE, "--push"])
            .run()
            .expect(0);
    }
    let output = sandbox.rakops(["track", "--list"]).run().expect(0);
    assert_eq!(
        output.stdout(),
        "dev\tfeature/base (trial)\tApplication shop-dev\targocd/dev.yaml:9\n\
         stg\tfeature/base (trial)\tApplication shop-stg\targocd/stg.yaml:9\n\
         prd\tmain\tApplication shop-prd\targocd/prd.yaml:9\n"
    );
}

#[test]
fn an_environment_on_another_trial_stays_on_it() {
    let sandbox = sandbox();
    let _ = sandbox.rakops(["track", "dev", FEATURE, "--push"]).run().expect(0);
    sandbox.git(["switch", "--quiet", "--create", "feature/other", "main"]);
    sandbox.file("base/web.yaml", sandbox.read("base/web.yaml").replace("2.0.0", "3.0.0"));
    sandbox.commit_all("another trial");
    sandbox.git(["push", "--quiet", "origin", "feature/other"]);
    let words = ["track", "dev", "feature/other", "--push"];
    let output = sandbox.rakops(words).run().expect(3);
    assert!(output.stderr.starts_with("error[retrack]"), "{}", output.all());
    assert!(output.stderr.contains("--allow retrack"), "{}", output.all());
    let _ = sandbox
        .rakops(words.into_iter().chain(["--allow", "retrack"]))
        .run()
        .expect(0);
    assert!(there(&sandbox, "dev").contains("feature/other"));
    // The default branch by its name is the way back.
    let _ = sandbox.rakops(["track", "dev", "main", "--push"]).run().expect(0);
    assert_eq!(there(&sandbox, "dev"), application("dev"));
}

#[test]
fn a_branch_must_be_where_the_cluster_reads_it() {
    let sandbox = sandbox();
    let output = sandbox.rakops(["track", "dev", "feature/bse", "-n"]).run().expect(5);
    assert!(output.stderr.contains("did you mean"), "{}", output.all());
    sandbox.git(["branch", "mine", FEATURE]);
    let output = sandbox.rakops(["track", "dev", "mine", "-n"]).run().expect(5);
    assert!(output.stderr.contains("git push origin mine"), "{}", output.all());
    assert!(output.stderr.contains("--local"), "{}", output.all());
    let output = sandbox
        .rakops(["track", "dev", "mine", "-n", "--local"])
        .run()
        .expect(0);
    assert!(output.stderr.starts_with("reading local branches"), "{}", output.all());
}

#[test]
fn an_object_that_delivers_itself_is_refused_with_the_chain() {
    let sandbox = sandbox();
    sandbox.file(
        "root.yaml",
        application("x")
            .replace("overlays/x", "argocd")
            .replace("main ", "feature/base "),
    );
    sandbox.commit_all("a parent that follows the branch");
    sandbox.git(["push", "--quiet", "origin", "main"]);
    let output = sandbox.rakops(["track", "dev", FEATURE, "-n"]).run().expect(3);
    assert!(output.stderr.starts_with("error[delivers-itself]"), "{}", output.all());
    let chain = "`Application shop-dev` (argocd/dev.yaml:4) is brought by `Application shop-x` (root.yaml:4)";
    assert!(output.stderr.contains(chain), "{}", output.all());
}

#[test]
fn a_flux_source_is_switched_for_all_that_take_from_it() {
    let sandbox = sandbox();
    sandbox.git(["rm", "--quiet", "-r", "argocd"]);
    let flux = |environment: &str| {
        format!(
            "apiVersion: source.toolkit.fluxcd.io/v1\nkind: GitRepository\nmetadata: {{name: {environment}, namespace: f}}\nspec:\n  \
             url: ssh://git@h/acme/m\n  interval: 1m\n---\napiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata: {{name: {environment}, namespace: f}}\n\
             spec:\n  path: ./overlays/{environment}\n  sourceRef: {{kind: GitRepository, name: {environment}}}\n"
        )
    };
    for environment in ["dev", "stg", "prd"] {
        sandbox.file(&format!("clusters/{environment}.yaml"), flux(environment));
    }
    sandbox.commit_all("flux");
    sandbox.git(["push", "--quiet", "origin", "main"]);
    let _ = sandbox.rakops(["track", "stg", FEATURE, "--push"]).run().expect(0);
    let expected = flux("stg").replacen("acme/m\n", "acme/m\n  ref:\n    branch: feature/base\n", 1);
    assert_eq!(sandbox.git_at_remote(&["show", "main:clusters/stg.yaml"]), expected);
}

#[test]
fn the_configuration_names_the_object_where_several_could_be_meant() {
    let sandbox = sandbox();
    sandbox.file("argocd/second.yaml", application("dev").replace("shop-dev", "second"));
    sandbox.commit_all("a second one");
    sandbox.git(["push", "--quiet", "origin", "main"]);
    let output = sandbox.rakops(["track", "dev", FEATURE, "-n"]).run().expect(2);
    assert!(output.stderr.starts_with("error[track-ambiguous]"), "{}", output.all());
    assert!(output.stderr.contains("environments[].track"), "{}", output.all());
    sandbox.file(
        "rakops.yaml",
        "strategy: trunk\nenvironments:\n- name: dev\n  track: {file: argocd/second.yaml, name: second}\n- name: stg\n- name: prd\n",
    );
    sandbox.commit_all("configuration");
    sandbox.git(["push", "--quiet", "origin", "main"]);
    let output = sandbox
        .rakops(["track", "dev", FEATURE, "-n", "-o", "name"])
        .run()
        .expect(0);
    assert_eq!(output.stdout(), "argocd/second.yaml\n");
}

#[test]
fn environments_that_share_an_object_are_switched_together() {
    let sandbox = sandbox();
    let set = "apiVersion: argoproj.io/v1alpha1\nkind: ApplicationSet\nmetadata:\n  name: shop\nspec:\n  generators:\n  - list:\n      elements:\n      \
               - env: dev\n      - env: stg\n  template:\n    spec:\n      source:\n        repoURL: https://h/acme/m\n        path: 'overlays/{{env}}'\n        targetRevision: main\n";
    sandbox.git(["rm", "--quiet", "argocd/dev.yaml", "argocd/stg.yaml"]);
    sandbox.file("argocd/set.yaml", set);
    sandbox.commit_all("a set");
    sandbox.git(["push", "--quiet", "origin", "main"]);
    let output = sandbox.rakops(["track", "dev", FEATURE, "-n"]).run().expect(3);
    assert!(output.stderr.starts_with("error[shared-object]"), "{}", output.all());
    let output = sandbox
        .rakops(["track", "dev,stg", FEATURE, "--push", "-o", "json"])
        .run()
        .expect(0)
        .json();
    assert_eq!(output["tracks"].as_array().unwrap().len(), 2);
    let there = sandbox.git_at_remote(&["show", "main:argocd/set.yaml"]);
    assert_eq!(
        there,
        set.replace("targetRevision: main", "targetRevision: feature/base")
    );
}

#[test]
fn a_tag_is_no_trial_and_is_listed_as_what_it_is() {
    let sandbox = sandbox();
    sandbox.change_on_main("argocd/prd.yaml", "main ", "v1.2.3 ");
    let output = sandbox.rakops(["track", "prd", FEATURE, "-n"]).run().expect(3);
    assert!(output.stderr.starts_with("error[not-a-branch]"), "{}", output.all());
    let listed = sandbox
        .rakops(["track", "prd", "--list", "-o", "json"])
        .run()
        .expect(0)
        .json();
    assert_eq!(listed["tracks"][0]["branch"], serde_json::Value::Null);
    let listed = sandbox.rakops(["track", "prd", "--list"]).run().expect(0);
    assert!(listed.stdout().contains("prd\tv1.2.3 (a tag)\t"), "{}", listed.all());
}

#[test]
fn under_a_strategy_with_branches_there_is_nothing_to_track() {
    let sandbox = sandbox();
    sandbox.file(
        "rakops.yaml",
        "strategy: chain\nenvironments:\n- {name: dev, branch: develop}\n- {name: prd, branch: main}\n",
    );
    sandbox.commit_all("configuration");
    sandbox.git(["push", "--quiet", "origin", "main", "main:refs/heads/develop"]);
    for words in [&["track", "prd", FEATURE, "-n"][..], &["track", "--list"]] {
        let output = sandbox.rakops(words).run().expect(2);
        assert!(output.stderr.contains("branches of their own"), "{}", output.all());
    }
}

#[test]
fn a_protected_environment_is_switched_by_pull_request_only() {
    let sandbox = sandbox();
    let output = sandbox.rakops(["track", "prd", FEATURE, "--push"]).run().expect(3);
    assert!(output.stderr.starts_with("error[protected]"), "{}", output.all());
}

#[test]
fn without_a_terminal_what_is_missing_is_named() {
    let sandbox = sandbox();
    for words in [&["track"][..], &["track", "dev"]] {
        let output = sandbox.rakops(words).run().expect(3);
        assert!(output.stderr.contains("rakops track ENV BRANCH"), "{}", output.all());
    }
    let output = sandbox.rakops(["track", "nowhere", FEATURE, "-n"]).run().expect(5);
    assert!(output.stderr.contains("environment-not-found"), "{}", output.all());
}

#[test]
fn it_works_on_a_remote_repository_with_no_checkout() {
    let sandbox = sandbox();
    let url = format!("file://{}", sandbox.remote_path().display());
    let elsewhere = sandbox.root().join("tmp");
    let run = |words: &[&str]| {
        let all = words.iter().copied().chain(["--repo", url.as_str()]);
        sandbox.rakops(all).cwd(&elsewhere).run()
    };
    let listed = run(&["track", "--list", "-o", "json"]).expect(0).json();
    assert_eq!(listed["tracks"][0]["branch"], "main");
    let _ = run(&["track", "dev", FEATURE, "--push"]).expect(0);
    assert!(there(&sandbox, "dev").contains("targetRevision: feature/base"));
    sandbox.change_on_main("overlays/stg/kustomization.yaml", "1.4.1", "1.5.0");
    let output = run(&["track", "stg", FEATURE, "-n"]).expect(3);
    assert!(output.stderr.contains("error[stale-branch]"), "{}", output.all());
}

#[test]
fn a_shallow_clone_says_what_to_fetch() {
    let sandbox = sandbox();
    sandbox.change_on_main("overlays/dev/kustomization.yaml", "1.4.1", "1.5.0");
    let url = format!("file://{}", sandbox.remote_path().display());
    sandbox.git_in(sandbox.root(), ["clone", "--quiet", "--depth=1", &url, "shallow"]);
    let clone = sandbox.root().join("shallow");
    let output = sandbox
        .rakops(["track", "dev", FEATURE, "-n"])
        .cwd(&clone)
        .run()
        .expect(5);
    assert!(
        output.stderr.contains("git fetch --unshallow origin"),
        "{}",
        output.all()
    );
    assert!(fs::exists(clone.join(".git/shallow")).unwrap());
}
