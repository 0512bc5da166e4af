//! Short forms: variables, replicas, resources.

use crate::harness::Sandbox;

#[track_caller]
fn changed(prd: &str, words: &[&str]) -> String {
    let sandbox = Sandbox::new();
    sandbox.settings(prd, &[]);
    let words: Vec<&str> = std::iter::once("overlay").chain(words.iter().copied()).collect();
    sandbox.rakops(words).run().expect(0);
    sandbox.changed_lines()
}

#[test]
fn a_variable_is_a_string_of_the_container_that_is_named_where_there_are_several() {
    let lines = changed("", &["env-var", "prd", "Deployment/api", "-c", "api", "POOL=20"]);
    assert!(lines.contains("+            - name: POOL\n"), "{lines}");
    assert!(lines.contains("+              value: \"20\"\n"), "{lines}");
}

#[test]
fn a_variable_that_is_taken_away_takes_its_patch_along() {
    let sandbox = Sandbox::new();
    sandbox.settings("", &[]);
    let set = |word: &str| {
        sandbox
            .rakops(["overlay", "env-var", "prd", "deploy/api", "-c", "api", word])
            .run()
            .expect(0)
    };
    set("POOL=20");
    assert_ne!(sandbox.status(), "");
    set("POOL-");
    assert_eq!(sandbox.status(), "");
}

#[test]
fn replicas_go_into_the_list_that_the_overlay_has_for_them() {
    let prd = "replicas:\n  - name: other\n    count: 1\n";
    let sandbox = Sandbox::new();
    sandbox.settings(prd, &[]);
    // The name of nothing: kustomize refuses such an overlay, and so does the rendering.
    let output = sandbox
        .rakops(["overlay", "replicas", "prd", "Deployment/api", "5"])
        .run();
    assert_ne!(output.code, 0, "{}", output.all());
    assert_eq!(sandbox.status(), "");
    let lines = changed(
        "replicas:\n  - name: api\n    count: 1\n",
        &["replicas", "prd", "Deployment/api", "5"],
    );
    assert_eq!(lines, "-    count: 1\n+    count: 5\n");
}

#[test]
fn resources_are_quantities_and_a_limit_below_its_request_is_told() {
    let sandbox = Sandbox::new();
    sandbox.settings("", &[]);
    let words = [
        "overlay",
        "resources",
        "prd",
        "Deployment/api",
        "--container",
        "api",
        "--requests",
        "memory=2Gi,cpu=1",
        "--limits",
        "memory=1Gi",
    ];
    let output = sandbox.rakops(words).run().expect(0);
    assert!(
        output.stderr.contains("the request would be above the limit"),
        "{}",
        output.all()
    );
    let lines = sandbox.changed_lines();
    assert!(
        lines.contains("cpu: \"1\"\n") && lines.contains("memory: 2Gi\n"),
        "{lines}"
    );
}

#[test]
fn words_that_say_nothing_are_named() {
    let sandbox = Sandbox::new();
    sandbox.settings("", &[]);
    for (words, code, told) in [
        (
            &["env-var", "prd", "Deployment/api", "POOL"][..],
            2,
            "not of the form KEY=VALUE",
        ),
        (
            &["env-var", "prd", "Deployment/api", "A=1"],
            3,
            "`Deployment/api` has 2 containers",
        ),
        (
            &["env-var", "prd", "ConfigMap/nothing", "A=1"],
            5,
            "there is no `ConfigMap/nothing`",
        ),
        (
            &["env-var", "prd", "Deployment/api", "-c", "nothing", "A=1"],
            5,
            "has no container `nothing`",
        ),
        (
            &["resources", "prd", "Deployment/api", "--limits", "memory"],
            2,
            "not of the form NAME=QUANTITY",
        ),
        (&["resources", "prd", "Deployment/api"], 2, "--requests"),
        (&["replicas", "prd", "Deployment/api", "many"], 2, "COUNT"),
    ] {
        let words: Vec<&str> = std::iter::once("overlay").chain(words.iter().copied()).collect();
        let output = sandbox.rakops(words).run().expect(code);
        assert!(output.stderr.contains(told), "{}", output.all());
    }
    assert_eq!(sandbox.status(), "");
}
