//! `rakops check`: what cannot be right in a change.

use serde_json::json;

use crate::harness::Sandbox;
use crate::harness::cmd::Output;
use crate::harness::trial::{FEATURE, application};

fn sandbox() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.shop_on_argo();
    sandbox
}

#[track_caller]
fn check(sandbox: &Sandbox, code: i32) -> Output {
    sandbox.rakops(["check"]).run().expect(code)
}

/// Switches environments to the branch, and fetches what came of it.
fn track(sandbox: &Sandbox, environments: &[&str]) {
    for environment in environments {
        let words = ["track", environment, FEATURE, "--push", "--allow", "protected"];
        let _ = sandbox.rakops(words).run().expect(0);
    }
    sandbox.git(["fetch", "--quiet", "origin"]);
    sandbox.git(["switch", "--quiet", "main"]);
    sandbox.git(["merge", "--quiet", "--ff-only", "origin/main"]);
}

/// The branch of the request that ends a trial: the merge, and everybody back on `main`.
fn close(sandbox: &Sandbox, environments: &[&str]) {
    sandbox.git(["switch", "--quiet", "--create", "closing", "main"]);
    sandbox.git(["merge", "--quiet", "--no-ff", "--no-edit", FEATURE]);
    for environment in environments {
        sandbox.file(&format!("argocd/{environment}.yaml"), application(environment));
    }
    sandbox.commit_all("end the trial");
}

#[test]
fn a_shared_change_that_nobody_has_tried_is_an_error() {
    let sandbox = sandbox();
    sandbox.git(["switch", "--quiet", FEATURE]);
    let output = check(&sandbox, 1);
    assert_eq!(output.stdout(), "base/api.yaml\terror\tuntried\tdev,stg,prd\t-\n");
    let words = "`base/api.yaml` is shared by dev, stg, prd: merging it reaches all of them at once, and dev, stg have not tried it";
    assert!(output.stderr.contains(words), "{}", output.all());
    assert!(
        output.stderr.contains("rakops track dev feature/base"),
        "{}",
        output.all()
    );
    let said = sandbox.rakops(["check", "-o", "json"]).run().expect(1).json();
    let ran = [
        "floating-tag",
        "mistyped-tag",
        "half-updated-pair",
        "broken-reference",
        "untried",
    ];
    assert_eq!((&said["ok"], &said["ran"]), (&false.into(), &json!(ran)));
    let finding = &said["findings"][0];
    assert_eq!(
        (&finding["level"], &finding["code"], &finding["file"]),
        (&"error".into(), &"untried".into(), &"base/api.yaml".into())
    );
    assert_eq!(finding["environments"], json!(["dev", "stg", "prd"]));
    let not_run = said["not_run"].as_array().unwrap();
    assert!(
        not_run.contains(&json!({"code": "version-missing", "reason": "--offline"})),
        "{said}"
    );
    let names = sandbox.rakops(["check", "-o", "name"]).run().expect(1);
    assert_eq!(names.stdout(), "untried base/api.yaml\n");
}

#[test]
fn a_change_of_one_overlay_is_fine() {
    let sandbox = sandbox();
    sandbox.git(["switch", "--quiet", "--create", "one"]);
    sandbox.file("overlays/prd/kustomization.yaml", "resources: [../../base]\n");
    sandbox.commit_all("only prd");
    let output = check(&sandbox, 0);
    assert_eq!(
        (output.stdout(), output.stderr.contains("nothing found")),
        ("", true),
        "{}",
        output.all()
    );
}

#[test]
fn environments_that_were_not_there_before_have_nothing_to_try() {
    let sandbox = Sandbox::new();
    sandbox.shop();
    let _ = check(&sandbox, 0);
}

#[test]
fn the_request_that_ends_a_trial_is_fine_once_all_before_the_last_have_tried_it() {
    let sandbox = sandbox();
    track(&sandbox, &["dev"]);
    close(&sandbox, &["dev"]);
    let output = check(&sandbox, 1);
    assert!(output.stderr.contains("and stg has not tried it"), "{}", output.all());
    sandbox.git(["switch", "--quiet", "main"]);
    sandbox.git(["branch", "--quiet", "-D", "closing"]);
    track(&sandbox, &["stg"]);
    close(&sandbox, &["dev", "stg"]);
    let _ = check(&sandbox, 0);
    // It is recognised by what it does, in a clone, too, and whatever its message says.
    sandbox.git(["push", "--quiet", "origin", "closing"]);
    let url = format!("file://{}", sandbox.remote_path().display());
    sandbox.git_in(sandbox.root(), ["clone", "--quiet", "--branch", "closing", &url, "ci"]);
    let clone = sandbox.root().join("ci");
    sandbox.git_in(&clone, ["checkout", "--quiet", "--detach"]);
    let _ = sandbox
        .rakops(["check", "origin/main...HEAD"])
        .cwd(&clone)
        .run()
        .expect(0);
    let _ = sandbox
        .rakops(["check", "closing", "--repo", &url])
        .cwd(sandbox.root().join("tmp"))
        .run()
        .expect(0);
}

#[test]
fn a_closing_request_with_more_than_the_trial_is_no_closing_request() {
    let sandbox = sandbox();
    track(&sandbox, &["dev", "stg"]);
    close(&sandbox, &["dev", "stg"]);
    sandbox.file("base/web.yaml", sandbox.read("base/web.yaml").replace("2.0.0", "3.0.0"));
    sandbox.commit_all("and one thing more");
    let output = check(&sandbox, 1);
    assert_eq!(output.stdout().lines().count(), 1, "{}", output.all());
    assert!(
        output.stdout().contains("base/web.yaml\terror\tuntried"),
        "{}",
        output.all()
    );
}

#[test]
fn a_trial_branch_that_is_not_here_is_named_with_the_fetch() {
    let sandbox = sandbox();
    track(&sandbox, &["dev", "stg"]);
    close(&sandbox, &["dev", "stg"]);
    sandbox.git(["branch", "--quiet", "-D", FEATURE]);
    sandbox.git(["update-ref", "-d", "refs/remotes/origin/feature/base"]);
    let output = check(&sandbox, 1);
    assert!(
        output
            .stderr
            .contains("git fetch origin feature/base:refs/remotes/origin/feature/base"),
        "{}",
        output.all()
    );
}

#[test]
fn how_bad_it_is_is_read_from_the_branch_that_it_would_reach() {
    let sandbox = sandbox();
    let configure = |level: &str| {
        sandbox
            .file("rakops.yaml", format!("check: {{shared: {{level: {level}}}}}\n"))
            .commit_all("configuration")
    };
    sandbox.git(["switch", "--quiet", FEATURE]);
    configure("off");
    let _ = check(&sandbox, 1);
    sandbox.git(["switch", "--quiet", "main"]);
    configure("warn");
    sandbox.git(["push", "--quiet", "origin", "main"]);
    sandbox.git(["switch", "--quiet", "--create", "two", "main"]);
    sandbox.file("base/web.yaml", sandbox.read("base/web.yaml").replace("2.0.0", "3.0.0"));
    sandbox.commit_all("web");
    let output = check(&sandbox, 0);
    assert!(
        output.stdout().contains("base/web.yaml\twarning\tuntried"),
        "{}",
        output.all()
    );
    sandbox.git(["switch", "--quiet", "main"]);
    configure("off");
    sandbox.git(["push", "--quiet", "origin", "main"]);
    sandbox.git(["switch", "--quiet", "two"]);
    sandbox.git(["rebase", "--quiet", "main"]);
    let said = sandbox.rakops(["check", "-o", "json"]).run().expect(0).json();
    assert_eq!(said["findings"], json!([]));
    let why = json!({"code": "untried", "reason": "it is off in rakops.yaml"});
    assert!(
        said["not_run"].as_array().is_some_and(|all| all.contains(&why)),
        "{said}"
    );
}

/// The shop with a branch for each environment, and an Application for production that follows `develop`.
fn chain(paths: &str) -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.shop_on_argo();
    sandbox.file("rakops.yaml", format!("strategy: chain\nenvironments:\n{paths}"));
    sandbox.commit_all("configuration");
    sandbox.git(["branch", "develop"]);
    sandbox.git(["push", "--quiet", "origin", "main", "develop"]);
    sandbox
}

#[test]
fn a_reference_to_another_environments_branch_is_found_with_its_place() {
    let sandbox =
        chain("- {name: dev, branch: develop, path: overlays/dev}\n- {name: prd, branch: main, path: overlays/prd}\n");
    sandbox.git(["switch", "--quiet", "--create", "new-app"]);
    for environment in ["dev", "prd"] {
        let text = application(environment).replace("main ", "develop ");
        sandbox.file(&format!("argocd/{environment}.yaml"), text);
    }
    sandbox.commit_all("a new application");
    let output = check(&sandbox, 1);
    assert_eq!(output.stdout(), "argocd/prd.yaml:9:21\terror\tforeign-ref\tprd\t-\n");
    let words = "`Application shop-prd` of `prd` follows `develop`, the branch of `dev`";
    assert!(output.stderr.contains(words), "{}", output.all());
    let said = sandbox.rakops(["check", "-o", "json"]).run().expect(1).json();
    let finding = &said["findings"][0];
    assert_eq!(
        (&finding["line"], &finding["column"], &finding["environment"]),
        (&9.into(), &21.into(), &"prd".into())
    );
}

#[test]
fn a_change_does_not_make_its_own_finding_a_warning() {
    let paths = "- {name: dev, branch: develop, path: overlays/dev}\n- {name: prd, branch: main, path: overlays/prd}\n";
    let sandbox = chain(paths);
    for environment in ["dev", "prd"] {
        let text = application(environment).replace("main ", "develop ");
        sandbox.file(&format!("argocd/{environment}.yaml"), text);
    }
    let guarded = format!("strategy: chain\nguard: {{foreign-ref: warn}}\nenvironments:\n{paths}");
    sandbox.git(["switch", "--quiet", "--create", "new-app"]);
    sandbox.file("rakops.yaml", &guarded);
    sandbox.commit_all("a new application, and a guard");
    let _ = check(&sandbox, 1);
    sandbox.git(["push", "--quiet", "origin", "new-app:main"]);
    sandbox.git(["fetch", "--quiet", "origin"]);
    sandbox.git(["commit", "--quiet", "--allow-empty", "--message", "later"]);
    let output = check(&sandbox, 0);
    assert!(output.stdout().contains("warning\tforeign-ref"), "{}", output.all());
}

#[test]
fn peers_of_the_last_group_get_it_by_the_merge() {
    let sandbox = sandbox();
    sandbox.file(
        "rakops.yaml",
        "strategy: trunk\nenvironments:\n- {name: dev}\n- {name: stg, group: last}\n- {name: prd, group: last}\n",
    );
    sandbox.commit_all("configuration");
    sandbox.git(["push", "--quiet", "origin", "main"]);
    track(&sandbox, &["dev"]);
    close(&sandbox, &["dev"]);
    let _ = check(&sandbox, 0);
}

#[test]
fn on_an_environments_own_branch_its_own_references_are_fine_and_the_next_one_has_to_be_asked_for() {
    let sandbox = chain("- {name: dev, branch: develop, path: '.'}\n- {name: prd, branch: main, path: '.'}\n");
    sandbox.git(["switch", "--quiet", "develop"]);
    for environment in ["dev", "stg", "prd"] {
        sandbox.file(
            &format!("argocd/{environment}.yaml"),
            application(environment).replace("main ", "develop "),
        );
    }
    sandbox.commit_all("develop follows develop");
    let _ = check(&sandbox, 0);
    let output = sandbox.rakops(["check", "--env", "prd", "-o", "name"]).run().expect(1);
    assert_eq!(output.stdout().lines().count(), 3, "{}", output.all());
    sandbox.git(["switch", "--quiet", "--create", "of-nobody"]);
    let said = sandbox.rakops(["check", "-o", "json"]).run().expect(0).json();
    let why = "it is not known which environment this is for: name it with --env";
    let why = json!({"code": "foreign-ref", "reason": why});
    assert!(
        said["not_run"].as_array().is_some_and(|all| all.contains(&why)),
        "{said}"
    );
    let _ = sandbox.rakops(["check", "--env", "nowhere"]).run().expect(5);
}

#[cfg(unix)]
#[test]
fn a_remote_resource_of_this_repository_counts_and_one_of_another_does_not() {
    let sandbox =
        chain("- {name: dev, branch: develop, path: overlays/dev}\n- {name: prd, branch: main, path: overlays/prd}\n");
    let own = sandbox.as_on_a_forge();
    let url = sandbox.root().join(own);
    sandbox.git(["remote", "set-url", "origin", &url.to_string_lossy()]);
    sandbox.file(
        "overlays/prd/kustomization.yaml",
        "resources:\n- ../../base\n- https://h/acme/manifests//x?ref=develop\n- https://h/acme/other//x?ref=develop\n",
    );
    sandbox.commit_all("remote resources");
    let output = sandbox.rakops(["check", "-o", "name"]).run().expect(1);
    assert_eq!(output.stdout(), "foreign-ref overlays/prd/kustomization.yaml:3:3\n");
}
