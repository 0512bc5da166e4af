//! One letter wrong: what was meant is said, for everything that has a name.

use crate::harness::Sandbox;

fn shop() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.shop();
    sandbox.file(
        "rakops.yaml",
        "strategy: trunk\nenvironments:\n- {name: dev}\n- {name: stg}\n- {name: prd}\n",
    );
    sandbox.commit_all("configuration");
    sandbox.git(["branch", "develop"]);
    sandbox.remote();
    sandbox
}

/// What is typed, and what was meant.
const CASES: &[(&[&str], &str)] = &[
    // environments
    (&["bump", "api=1.5.0", "--env", "sgt", "-n"], "stg"),
    (&["bump", "api=1.5.0", "--env", "dev,sgt", "-n"], "stg"),
    (&["promote", "sgt", "prd", "-n"], "stg"),
    (&["promote", "stg", "pdr", "-n"], "prd"),
    (&["promote", "stg", "prd", "--through", "prf", "-n"], "prd"),
    (&["rollback", "pdr", "-n"], "prd"),
    (&["diff", "stg", "pdr"], "prd"),
    (&["status", "pdr"], "prd"),
    (&["drift", "pdr"], "prd"),
    (&["audit", "pdr", "--since", "30d", "--no-forge"], "prd"),
    (&["images", "--env", "sgt"], "stg"),
    (&["check", "--env", "sgt"], "stg"),
    (&["track", "dve", "develop", "-n"], "dev"),
    (&["overlay", "list", "sgt"], "stg"),
    (&["overlay", "new", "uat", "--from", "sgt", "-n"], "stg"),
    // images
    (&["bump", "apo=1.5.0", "--env", "stg", "-n"], "ghcr.io/acme/api"),
    (&["promote", "stg", "prd", "apo", "-n"], "ghcr.io/acme/api"),
    (&["rollback", "prd", "apo", "-n"], "ghcr.io/acme/api"),
    (&["images", "apo"], "ghcr.io/acme/api"),
    (&["tags", "apo"], "ghcr.io/acme/api"),
    // branches and revisions
    (&["track", "dev", "devlop", "-n"], "develop"),
    (
        &["bump", "api=1.5.0", "--env", "stg", "--push", "--onto", "devlop"],
        "develop",
    ),
    (&["promote", "stg@mian", "prd", "-n"], "main"),
    (&["promote", "stg@mian~2", "prd", "-n"], "main~2"),
    (&["rollback", "prd", "--to", "mian", "-n"], "main"),
    (&["impact", "mian..develop"], "main"),
    (&["impact", "main..devlop"], "develop"),
    // objects and fields
    (&["overlay", "get", "stg", "Deployment/apo"], "Deployment/api"),
    (&["overlay", "get", "stg", "Deploymnet/api"], "Deployment/api"),
    (
        &["overlay", "set", "stg", "Deployment/api", "spec.replicsa=3", "-n"],
        "replicas",
    ),
    (&["overlay", "set", "stg", "namespce", "shop", "-n"], "namespace"),
    (&["yaml", "get", "base/api.yaml", "metadata.nam"], "name"),
    (&["yaml", "set", "base/api.yaml", "metadta.name=b", "-n"], "metadata"),
    // words that are known beforehand
    (&["tags", "api", "--policy", "semvr:^1"], "semver:^1"),
    (&["help", "promte"], "promote"),
    (&["help", "exit-cods"], "exit-codes"),
];

#[test]
fn one_wrong_letter_is_answered_with_what_was_meant() {
    let sandbox = shop();
    let mut missing = Vec::new();
    for (words, meant) in CASES {
        let output = sandbox.rakops(words.iter().copied()).run();
        let asked = output
            .stderr
            .lines()
            .find(|line| line.starts_with("help: did you mean"));
        if output.code < 2 || !asked.is_some_and(|line| line.contains(&format!("`{meant}`"))) {
            missing.push(output.all());
        }
    }
    assert!(missing.is_empty(), "\n{}\n", missing.join("\n----\n"));
}

#[test]
fn names_that_clap_knows_are_answered_by_clap() {
    let sandbox = shop();
    for (words, meant) in [
        (&["promte", "stg"][..], "promote"),
        (&["overlay", "st"], "set"),
        (&["images", "--evn", "stg"], "--env"),
        (&["check", "--rule", "flaoting-tag"], "floating-tag"),
        (&["promote", "stg", "prd", "--allow", "unsoakd"], "unsoaked"),
        (&["bump", "api=1", "--allow", "protcted"], "protected"),
        (&["overlay", "add", "stg", "lable", "a:b"], "label"),
        (&["demo", "trnk"], "trunk"),
        (&["completions", "zhs"], "zsh"),
    ] {
        let output = sandbox.rakops(words.iter().copied()).run().expect(2);
        let tip = output.stderr.lines().find(|line| line.trim().starts_with("tip: "));
        assert!(
            tip.is_some_and(|tip| tip.contains(&format!("'{meant}'"))),
            "{}",
            output.all()
        );
    }
}

#[test]
fn keys_and_values_of_the_configuration_are_answered_too() {
    for (text, meant) in [
        ("enviroments: []\n", "environments"),
        ("strategy: trnk\n", "trunk"),
        ("environments: [{name: dev, soka: 2h}]\n", "soak"),
        ("guard: {unsoakd: warn}\n", "unsoaked"),
        ("guard: {unsoaked: wran}\n", "warn"),
        ("promote: {setings: []}\n", "settings"),
        ("forge: {kind: githb}\n", "github"),
        ("images: [{name: acme/api, policy: 'semvr:^1'}]\n", "semver:^1"),
        ("images: [{name: acme/api, pin: tga}]\n", "tag"),
    ] {
        let sandbox = Sandbox::new();
        sandbox.repository().file("rakops.yaml", text);
        let output = sandbox.rakops(["config", "check"]).run().expect(2);
        let hint = format!("help: did you mean `{meant}`?");
        assert!(output.stderr.contains(&hint), "{}", output.all());
        assert!(output.stderr.contains(" --> rakops.yaml:1:"), "{}", output.all());
    }
    let sandbox = shop();
    for (key, text) in [
        (
            "image-without-environment",
            "images: [{name: acme/api, environments: [sgt]}]\n",
        ),
        ("auto-merge-without-environment", "pull_request: {auto_merge: [sgt]}\n"),
    ] {
        let environments = "strategy: trunk\nenvironments: [{name: stg}, {name: prd}]\n";
        sandbox.file("rakops.yaml", format!("{environments}{text}"));
        let output = sandbox.rakops(["config", "check"]).run().expect(0);
        assert!(output.stderr.contains(&format!("warning[{key}]")), "{}", output.all());
        assert!(output.stderr.contains("help: did you mean `stg`?"), "{}", output.all());
    }
}

#[test]
fn a_word_that_was_typed_as_a_flag_is_told_to_stand_alone() {
    let sandbox = Sandbox::new();
    for (words, tip) in [
        (
            &["status", "--env", "prd"][..],
            "ENV stands without a flag: 'rakops status ENV'",
        ),
        (
            &["rollback", "--env=prd"],
            "ENV stands without a flag: 'rakops rollback ENV'",
        ),
        (
            &["tags", "--image", "api"],
            "IMAGE stands without a flag: 'rakops tags IMAGE'",
        ),
    ] {
        let output = sandbox.rakops(words.iter().copied()).run().expect(2);
        assert!(output.stderr.contains(tip), "{}", output.all());
        assert!(!output.stderr.contains("as a value"), "{}", output.all());
    }
}
