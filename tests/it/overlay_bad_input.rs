//! What `overlay set` and `overlay unset` refuse: the code, the place, what to do, and nothing written.

use crate::harness::Sandbox;
use crate::harness::settings::{API, PATCH};

/// A command that is refused.
struct Case<'a> {
    prd: &'a str,
    files: &'a [(&'a str, &'a str)],
    words: &'a [&'a str],
    exit: i32,
    /// What stderr says, among other things.
    says: &'a [&'a str],
}

impl Case<'_> {
    #[track_caller]
    fn try_it(&self) {
        let sandbox = Sandbox::new();
        sandbox.settings(self.prd, self.files);
        self.try_in(&sandbox);
    }

    #[track_caller]
    fn try_in(&self, sandbox: &Sandbox) {
        let words: Vec<&str> = std::iter::once("overlay").chain(self.words.iter().copied()).collect();
        let output = sandbox.rakops(words).run().expect(self.exit);
        for said in self.says {
            assert!(output.stderr.contains(said), "no `{said}`:\n{}", output.all());
        }
        assert_eq!(sandbox.status(), "", "something was written");
    }
}

/// The container of the Deployment.
macro_rules! container {
    ($rest:literal) => {
        concat!("spec.template.spec.containers[name=api]", $rest)
    };
}

#[test]
fn an_object_that_is_not_in_the_overlay() {
    let says = [
        "error[object-not-found]: there is no `Deployment/apu` in `overlays/prd`",
        "`Deployment/api`",
    ];
    let words = ["set", "prd", "Deployment/apu", "spec.replicas=5"];
    Case {
        prd: "",
        files: &[],
        words: &words,
        exit: 5,
        says: &says,
    }
    .try_it();
}

#[test]
fn an_object_that_may_be_in_what_is_not_read() {
    let prd = "  - https://github.com/acme/deploy//web?ref=v1\n";
    let says = [
        "error[object-not-found]",
        "overlays/prd/kustomization.yaml:4",
        "another repository, and is not read",
    ];
    let words = ["set", "prd", "Deployment/web", "spec.replicas=5"];
    Case {
        prd,
        files: &[],
        words: &words,
        exit: 5,
        says: &says,
    }
    .try_it();
}

#[test]
fn a_name_that_several_objects_have() {
    let own = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: own, namespace: a}\n---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: own, namespace: b}\n";
    let says = [
        "error[object-ambiguous]: `ConfigMap/own` is 2 objects",
        "`ConfigMap/a/own` and `ConfigMap/b/own`",
    ];
    let words = ["set", "prd", "ConfigMap/own", "data.A=1"];
    Case {
        prd: "  - own.yaml\n",
        files: &[("own.yaml", own)],
        words: &words,
        exit: 3,
        says: &says,
    }
    .try_it();
}

#[test]
fn a_path_that_does_not_fit_the_object() {
    let refused: [(&str, &[&str]); 5] = [
        (
            "spec.replicas.max=5",
            &["error[path-does-not-fit]", "base/api.yaml:6:13", "is the value `2`"],
        ),
        (
            "spec.template.spec.containers.image=x",
            &["error[path-does-not-fit]", "base/api.yaml:14:9", "[name=api].image"],
        ),
        (
            "spec.template=x",
            &["error[path-does-not-fit]", "is a mapping", "--json"],
        ),
        ("spec.replica=5", &["error[field-unknown]", "did you mean `replicas`?"]),
        (
            "spec.replicas=many",
            &["error[value-type]", "base/api.yaml:6:13", "--string"],
        ),
    ];
    for (assignment, says) in refused {
        let words = ["set", "prd", "Deployment/api", assignment];
        Case {
            prd: "",
            files: &[],
            words: &words,
            exit: 3,
            says,
        }
        .try_it();
    }
}

#[test]
fn a_list_without_a_merge_key() {
    let says = [
        "error[no-merge-key]",
        "base/api.yaml:16:17",
        "replaces the list as a whole",
        "--json",
    ];
    for path in [container!(".args[0]=--quiet"), container!(".args[+]=--quiet")] {
        let words = ["set", "prd", "Deployment/api", path];
        Case {
            prd: "",
            files: &[],
            words: &words,
            exit: 3,
            says: &says,
        }
        .try_it();
    }
}

#[test]
fn a_field_that_is_set_in_two_places() {
    let file = format!("{PATCH}spec:\n  replicas: 3\n");
    let prd = "patches:\n  - path: api.yaml\nreplicas:\n  - name: api\n    count: 4\n";
    let says = [
        "error[set-twice]",
        "overlays/prd/api.yaml:6:13",
        "overlays/prd/kustomization.yaml:8:12",
    ];
    for verb in [
        ["set", "prd", "Deployment/api", "spec.replicas=5"],
        ["unset", "prd", "Deployment/api", "spec.replicas"],
    ] {
        Case {
            prd,
            files: &[("api.yaml", &file)],
            words: &verb,
            exit: 3,
            says: &says,
        }
        .try_it();
    }
}

#[test]
fn a_patch_that_takes_away_what_the_field_lies_in() {
    let file = format!(
        "{PATCH}spec:\n  template:\n    spec:\n      containers:\n        - name: proxy\n          $patch: delete\n"
    );
    let says = ["error[patch-deletes]", "overlays/prd/api.yaml:10"];
    let words = [
        "set",
        "prd",
        "Deployment/api",
        "spec.template.spec.containers[name=proxy].image=x",
    ];
    Case {
        prd: "patches:\n  - path: api.yaml\n",
        files: &[("api.yaml", &file)],
        words: &words,
        exit: 3,
        says: &says,
    }
    .try_it();
}

#[test]
fn a_template_is_no_yaml_to_edit() {
    let file = format!("{PATCH}spec:\n  replicas: {{{{ .Values.replicas }}}}\n");
    let words = ["set", "prd", "Deployment/api", "spec.replicas=5"];
    let says = ["error[", "overlays/prd/api.yaml:6"];
    Case {
        prd: "patches:\n  - path: api.yaml\n",
        files: &[("api.yaml", &file)],
        words: &words,
        exit: 3,
        says: &says,
    }
    .try_it();
}

#[test]
fn a_value_that_an_alias_stands_for() {
    let own = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: own\ndata:\n  A: &one \"1\"\n  B: *one\n";
    let words = ["set", "prd", "ConfigMap/own", "data.B=2"];
    let says = ["error[yaml-alias]", "overlays/prd/own.yaml:7"];
    Case {
        prd: "  - own.yaml\n",
        files: &[("own.yaml", own)],
        words: &words,
        exit: 3,
        says: &says,
    }
    .try_it();
}

#[test]
fn names_and_kinds_are_what_objects_are_told_apart_by() {
    for assignment in ["metadata.name=apj", "kind=StatefulSet", "metadata.namespace=shop"] {
        let words = ["set", "prd", "Deployment/api", assignment];
        Case {
            prd: "",
            files: &[],
            words: &words,
            exit: 3,
            says: &["error[identity]"],
        }
        .try_it();
    }
}

#[test]
fn a_value_that_the_kustomization_overwrites_afterwards() {
    let prd = "images:\n  - name: acme/api\n    newTag: \"2.0\"\n";
    let words = ["set", "prd", "Deployment/api", container!(".image=acme/api:3.0")];
    let says = [
        "error[overwritten]",
        "overlays/prd/kustomization.yaml:6",
        "rakops bump --env",
    ];
    Case {
        prd,
        files: &[],
        words: &words,
        exit: 3,
        says: &says,
    }
    .try_it();
}

#[test]
fn an_object_that_two_overlays_of_the_environment_hold() {
    let sandbox = Sandbox::new();
    sandbox.settings("", &[]);
    sandbox.file("apps/overlays/prd/kustomization.yaml", "resources: [../../../base]\n");
    sandbox.file(
        "rakops.yaml",
        "environments:\n- name: prd\n  path: [overlays/prd, apps/overlays/prd]\n",
    );
    sandbox.commit_all("another overlay");
    let says = [
        "error[several-overlays]",
        "`apps/overlays/prd` and `overlays/prd`",
        "--path",
    ];
    let words = ["set", "prd", "Deployment/api", "spec.replicas=5"];
    Case {
        prd: "",
        files: &[],
        words: &words,
        exit: 3,
        says: &says,
    }
    .try_in(&sandbox);
    let words = [
        "overlay",
        "set",
        "prd",
        "Deployment/api",
        "spec.replicas=5",
        "--path",
        "overlays/prd",
    ];
    sandbox.rakops(words).run().expect(0);
    assert_ne!(sandbox.status(), "");
}

#[test]
fn a_file_that_other_environments_build_on() {
    let sandbox = Sandbox::new();
    sandbox.settings(
        "patches:\n  - path: api.yaml\n",
        &[("api.yaml", &format!("{PATCH}spec:\n  replicas: 3\n"))],
    );
    sandbox.file("overlays/eu/kustomization.yaml", "resources: [../prd]\n");
    sandbox.file("rakops.yaml", "environments:\n- name: prd\n- name: eu\n");
    sandbox.commit_all("eu builds on prd");
    let says = [
        "error[shared]",
        "`eu` builds on `overlays/prd/api.yaml`",
        "--allow shared",
    ];
    let words = ["set", "prd", "Deployment/api", "spec.replicas=5"];
    Case {
        prd: "",
        files: &[],
        words: &words,
        exit: 3,
        says: &says,
    }
    .try_in(&sandbox);
    sandbox
        .rakops(["overlay", "set", "eu", "Deployment/api", "spec.replicas=7"])
        .run()
        .expect(0);
    assert!(sandbox.status().contains("overlays/eu/"), "{}", sandbox.status());
    assert!(!sandbox.status().contains("overlays/prd/"), "{}", sandbox.status());
}

#[test]
fn an_environment_that_is_a_component_only_has_no_object_to_set() {
    let sandbox = Sandbox::new();
    sandbox.settings("", &[]);
    let component = "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\npatches:\n- path: api.yaml\n";
    sandbox.file("overlays/part/kustomization.yaml", component);
    sandbox.file("overlays/part/api.yaml", API);
    sandbox.file("rakops.yaml", "environments:\n- name: part\n- name: prd\n");
    sandbox.commit_all("a component");
    let words = ["set", "part", "Deployment/api", "spec.replicas=5"];
    Case {
        prd: "",
        files: &[],
        words: &words,
        exit: 5,
        says: &["error[patch-target]", "overlays/part/"],
    }
    .try_in(&sandbox);
}

#[test]
fn words_that_are_no_object_and_no_assignment() {
    for (words, code) in [
        (["set", "prd", "api", "spec.replicas=5"], "error[not-an-object]"),
        (["set", "prd", "Deployment/api", "spec.replicas"], "error["),
        (["set", "prd", "Deployment/api", "spec..replicas=5"], "error["),
    ] {
        Case {
            prd: "",
            files: &[],
            words: &words,
            exit: 2,
            says: &[code],
        }
        .try_it();
    }
}

#[test]
fn a_mapping_that_kustomize_would_merge_is_refused_and_null_takes_a_field_away() {
    let sandbox = Sandbox::new();
    sandbox.settings("", &[]);
    let limits = "spec.template.spec.containers[name=api].resources.limits";
    let set = |value: &str| {
        let word = format!("{limits}={value}");
        sandbox
            .rakops(["overlay", "set", "prd", "Deployment/api", "--json", &word])
            .run()
    };
    let output = set(r#"{"cpu": "1"}"#).expect(3);
    assert!(output.stderr.contains("error[merged]"), "{}", output.all());
    assert_eq!(sandbox.status(), "");
    set("null").expect(0);
    let rendered = sandbox
        .rakops(["overlay", "get", "prd", "Deployment/api", limits])
        .run();
    assert_eq!(rendered.code, 5, "{}", rendered.all());
    assert!(set("null").expect(0).stdout().is_empty());
}

#[test]
fn what_another_overlay_of_the_environment_builds_on_stays_as_it_is() {
    let sandbox = Sandbox::new();
    sandbox.settings("", &[]);
    sandbox.files(&[
        (
            "rakops.yaml",
            "strategy: trunk\nenvironments:\n  - {name: prd, path: prd}\n",
        ),
        (
            "prd/common/kustomization.yaml",
            "resources: [../../base]\npatches:\n  - path: api.yaml\n",
        ),
        (
            "prd/common/api.yaml",
            "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: api}\nspec: {replicas: 4}\n",
        ),
        ("prd/us/kustomization.yaml", "resources: [../common]\n"),
        ("prd/eu/kustomization.yaml", "resources: [../common]\n"),
    ]);
    sandbox.commit_all("two");
    let set = |words: &[&str]| {
        let words: Vec<&str> = ["overlay", "set", "prd", "Deployment/api", "spec.replicas=9"]
            .iter()
            .chain(words)
            .copied()
            .collect();
        sandbox.rakops(words).run()
    };
    assert!(set(&[]).expect(3).stderr.contains("error[several-overlays]"));
    set(&["--path", "prd/us"]).expect(0);
    assert!(
        sandbox.status().lines().all(|line| line.contains(" prd/us/")),
        "{}",
        sandbox.status()
    );
}

#[test]
fn a_patch_with_another_ending_is_no_pattern_for_new_ones() {
    let sandbox = Sandbox::new();
    let json =
        r#"{"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "api"}, "spec": {"replicas": 3}}"#;
    let set = "apiVersion: apps/v1\nkind: StatefulSet\nmetadata: {name: api}\nspec: {}\n";
    sandbox.settings("patches:\n  - path: api.json\n", &[("api.json", json)]);
    sandbox.file("base/set.yaml", set);
    sandbox.file("base/kustomization.yaml", "resources: [api.yaml, set.yaml]\n");
    sandbox.commit_all("set");
    let words = [
        "overlay",
        "set",
        "prd",
        "StatefulSet/api",
        "spec.podManagementPolicy=Parallel",
    ];
    sandbox.rakops(words).run().expect(0);
    assert!(
        sandbox.status().contains("api-statefulset-patch.yaml"),
        "{}",
        sandbox.status()
    );
}

#[test]
fn a_kustomization_and_a_file_of_an_object_are_no_values() {
    let sandbox = Sandbox::new();
    sandbox.settings(
        "  - own.yaml\n",
        &[("own.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: own}\n")],
    );
    for file in ["kustomization.yaml", "own.yaml"] {
        let output = sandbox
            .rakops(["overlay", "set", "prd", file, "namePrefix=x"])
            .run()
            .expect(3);
        assert!(output.stderr.contains("error[not-values]"), "{}", output.all());
    }
    assert_eq!(sandbox.status(), "");
}

#[test]
fn an_object_that_a_patch_takes_away_is_told_with_the_patch() {
    let sandbox = Sandbox::new();
    let patch = "# not here\napiVersion: apps/v1\nkind: Deployment\nmetadata: {name: api}\n$patch: delete\n";
    sandbox.settings("patches:\n  - path: gone.yaml\n", &[("gone.yaml", patch)]);
    let output = sandbox
        .rakops(["overlay", "set", "prd", "deploy/api", "spec.replicas=5"])
        .run()
        .expect(3);
    for told in ["error[patch-deletes]", "overlays/prd/gone.yaml:2:1"] {
        assert!(output.stderr.contains(told), "{}", output.all());
    }
    assert_eq!(sandbox.status(), "");
}
