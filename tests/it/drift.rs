//! `rakops drift`: omitted is not pending, and each finding comes with the command that repairs it.

use crate::harness::Sandbox;

fn shop() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.branches("fan-out");
    sandbox
}

fn in_staging(sandbox: &Sandbox, name: &str) -> String {
    sandbox.feature(name, &[(&format!("base/{name}.yaml"), "a: 1\n")]);
    sandbox.merge(&format!("feature/{name}"), ("develop", &format!("Merge {name}")));
    sandbox.merge(&format!("feature/{name}"), ("staging", &format!("Merge {name}")))
}

#[test]
fn what_waits_is_pending_and_what_was_passed_is_omitted() {
    let sandbox = shop();
    let first = in_staging(&sandbox, "first");
    let output = sandbox.rakops(["drift"]).run().expect(0);
    assert!(
        output.stderr.contains("nothing was forgotten; 1 pending"),
        "{}",
        output.all()
    );

    in_staging(&sandbox, "second");
    sandbox.merge("feature/second", ("main", "Merge second"));
    let output = sandbox.rakops(["drift", "-o", "json"]).run().expect(1);
    let said = output.json();
    let omitted = said["omitted"].as_array().unwrap();
    assert_eq!(omitted.len(), 1, "{said}");
    assert_eq!(
        (&omitted[0]["commit"], &omitted[0]["why"], &omitted[0]["certainty"]),
        (&first.clone().into(), &"passed".into(), &"sure".into()),
        "{said}"
    );
    assert_eq!(
        (&omitted[0]["in"][0], &omitted[0]["missing_from"][0]),
        (&"stg".into(), &"prd".into())
    );
    assert!(said["pending"].as_array().unwrap().is_empty());

    // The command that it names repairs it.
    let repair = omitted[0]["repair"].as_str().unwrap().replace('\'', "");
    let words: Vec<&str> = repair.split(' ').skip(1).chain(["--push"]).collect();
    sandbox.rakops(words).run().expect(0);
    sandbox.rakops(["drift"]).run().expect(0);
    assert_eq!(sandbox.there("main:base/first.yaml"), "a: 1\n");
}

#[test]
fn what_was_passed_stays_so_when_a_later_branch_brings_the_landing_back_to_staging() {
    let sandbox = shop();
    let first = in_staging(&sandbox, "first");
    in_staging(&sandbox, "second");
    sandbox.merge("feature/second", ("main", "Merge second"));
    // Cut from main, so that staging has what landed there, and main has nothing of its own any more.
    in_staging(&sandbox, "third");
    let said = sandbox.rakops(["drift", "--all", "-o", "json"]).run().expect(1).json();
    let omitted = said["omitted"].as_array().unwrap();
    assert_eq!(omitted.len(), 1, "{said}");
    assert_eq!(
        (&omitted[0]["commit"], &omitted[0]["why"]),
        (&first.into(), &"passed".into()),
        "{said}"
    );
    let pending = said["pending"].as_array().unwrap();
    assert_eq!(pending.len(), 1, "{said}");
}

#[test]
fn a_squash_that_a_later_branch_brings_back_to_staging_has_passed_what_waits_there() {
    let sandbox = shop();
    let first = in_staging(&sandbox, "first");
    for branch in ["staging", "main"] {
        sandbox.advance(60);
        sandbox.put((branch, "second (#2)"), &[("base/second.yaml", "a: 1\n")]);
    }
    in_staging(&sandbox, "third");
    let said = sandbox.rakops(["drift", "prd", "-o", "json"]).run().expect(1).json();
    let omitted = said["omitted"].as_array().unwrap();
    assert_eq!(omitted.len(), 1, "{said}");
    assert_eq!(
        (&omitted[0]["commit"], &omitted[0]["why"]),
        (&first.into(), &"passed".into()),
        "{said}"
    );
}

#[test]
fn what_has_waited_for_longer_than_the_grace_is_omitted() {
    let sandbox = shop();
    in_staging(&sandbox, "first");
    sandbox.advance(15 * 86_400);
    let output = sandbox.rakops(["drift", "prd", "-o", "json"]).run().expect(1);
    assert_eq!(
        output.json()["omitted"][0]["why"],
        "older-than-grace",
        "{}",
        output.all()
    );
    sandbox.put(
        ("main", "patience"),
        &[("rakops.yaml", &(sandbox.read("rakops.yaml") + "drift: {grace: 60d}\n"))],
    );
    let output = sandbox.rakops(["drift", "prd", "--all", "-o", "json"]).run();
    assert_eq!(output.json()["pending"][0]["why"], "pending", "{}", output.all());
}

#[test]
fn a_hotfix_is_found_until_it_is_carried_back() {
    let sandbox = shop();
    sandbox.put(("main", "stop the fire"), &[("base/fix.yaml", "f: 1\n")]);
    let output = sandbox.rakops(["drift", "-o", "json"]).run().expect(1);
    let said = output.json();
    let back = said["not_carried_back"].as_array().unwrap();
    assert_eq!(back.len(), 1, "{said}");
    assert_eq!(
        (&back[0]["title"], &back[0]["in"], &back[0]["missing_from"]),
        (
            &"stop the fire".into(),
            &"prd".into(),
            &serde_json::json!(["dev", "stg"])
        ),
        "{said}"
    );
    for environment in ["stg", "dev"] {
        sandbox.promote(&["prd", environment, "--backport"], 0);
    }
    sandbox.rakops(["drift"]).run().expect(0);
    assert_eq!(sandbox.there("develop:base/fix.yaml"), "f: 1\n");
}

#[test]
fn an_edited_pick_is_likely_there() {
    let sandbox = shop();
    in_staging(&sandbox, "first");
    // Every branch begins with it, so that no branch lacks the file.
    sandbox.put(("staging", "tune the pool"), &[("app.env", "POOL=5\n")]);
    sandbox.put(("main", "tune the pool"), &[("app.env", "POOL=6\n")]);
    let output = sandbox.rakops(["drift", "prd", "--all", "-o", "json"]).run();
    let said = output.json();
    let all: Vec<_> = ["omitted", "pending"]
        .iter()
        .flat_map(|key| said[*key].as_array().unwrap())
        .collect();
    let tuned = all.iter().find(|it| it["title"] == "tune the pool").unwrap();
    assert_eq!(tuned["certainty"], "likely", "{said}");
}

#[test]
fn what_is_expected_is_counted_and_not_listed() {
    let sandbox = shop();
    sandbox.put(("main", "stop the fire"), &[("base/fix.yaml", "f: 1\n")]);
    for branch in ["develop", "staging"] {
        let config = sandbox.there(&format!("{branch}:rakops.yaml")) + "drift: {expected: ['base/fix.yaml']}\n";
        sandbox.put((branch, "expect it"), &[("rakops.yaml", &config)]);
    }
    let config = sandbox.there("main:rakops.yaml") + "drift: {expected: ['base/fix.yaml']}\n";
    sandbox.put(("main", "expect it"), &[("rakops.yaml", &config)]);
    let output = sandbox.rakops(["drift", "-o", "json"]).run().expect(0);
    assert_eq!(output.json()["expected"], 2, "{}", output.all());
}

#[test]
fn a_rollback_is_no_hotfix_and_what_it_took_back_is_not_omitted() {
    let sandbox = shop();
    let merge = in_staging(&sandbox, "first");
    assert!(!merge.is_empty());
    let merged = sandbox.merge("feature/first", ("main", "Merge first"));
    sandbox.on("main");
    sandbox.advance(60);
    sandbox.git(["revert", "--no-edit", "--mainline", "1", &merged]);
    sandbox.back("main");
    let output = sandbox.rakops(["drift", "--all", "-o", "json"]).run().expect(0);
    assert_eq!(output.json()["pending"][0]["why"], "rolled-back", "{}", output.all());
}

#[test]
fn a_second_look_at_the_same_commits_compares_nothing_and_says_the_same() {
    let sandbox = shop();
    in_staging(&sandbox, "first");
    in_staging(&sandbox, "second");
    sandbox.merge("feature/second", ("main", "Merge second"));
    let look = || sandbox.rakops(["drift", "--all", "-o", "json", "-vv"]).run();
    let (first, second) = (look(), look());
    assert_eq!(first.stdout(), second.stdout());
    let compares = |said: &str| said.contains(" patch-id ");
    assert!(
        compares(&first.stderr) && !compares(&second.stderr),
        "{}",
        second.stderr
    );

    // The time counts all the same, and so does a new commit.
    sandbox.put(("staging", "third"), &[("base/third.yaml", "a: 1\n")]);
    let whys = || -> Vec<String> {
        let said = sandbox.rakops(["drift", "--all", "-o", "json"]).run().json();
        let lists = ["omitted", "pending"].map(|list| said[list].as_array().unwrap().clone());
        lists
            .concat()
            .iter()
            .map(|it| it["why"].as_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!(whys(), ["passed", "pending"]);
    sandbox.advance(15 * 86_400);
    assert_eq!(whys(), ["passed", "older-than-grace"]);
}

#[test]
fn what_is_kept_of_an_earlier_look_and_cannot_be_read_is_as_if_it_were_not_there() {
    let sandbox = shop();
    in_staging(&sandbox, "first");
    let look = || {
        sandbox
            .rakops(["drift", "--all", "-o", "name"])
            .run()
            .expect(0)
            .stdout()
            .to_owned()
    };
    let said = look();
    let kept = sandbox.root().join("home/.cache/rakops/drift");
    let files: Vec<_> = std::fs::read_dir(&kept)
        .unwrap()
        .flatten()
        .map(|it| it.path())
        .collect();
    assert!(!files.is_empty());
    for broken in ["", "[{\"id\": 1}]", "[]x"] {
        files.iter().for_each(|file| std::fs::write(file, broken).unwrap());
        assert_eq!(look(), said, "{broken:?}");
    }
    // Git is told that another commit stands in for one: ids do not say any more what is in them.
    let commit = |message: &str| {
        sandbox
            .git(["commit-tree", "HEAD^{tree}", "-m", message])
            .trim()
            .to_owned()
    };
    sandbox.git(["replace", &commit("one"), &commit("another")]);
    let output = sandbox.rakops(["drift", "--all", "-vv"]).run();
    assert!(output.stderr.contains(" patch-id "), "{}", output.stderr);
}

#[test]
fn attributes_that_say_how_git_compares_are_part_of_what_is_kept() {
    let sandbox = shop();
    in_staging(&sandbox, "first");
    let compares = || {
        let output = sandbox.rakops(["drift", "--all", "-vv"]).run().expect(0);
        output.stderr.contains(" patch-id ")
    };
    assert_eq!((compares(), compares()), (true, false));
    // Below the root, and in no commit that is compared.
    sandbox.file("base/.gitattributes", "*.yaml -diff\n");
    sandbox.git(["add", "base/.gitattributes"]);
    assert_eq!((compares(), compares()), (true, false));
    sandbox.file("../home/attributes", "*.yaml -diff\n");
    sandbox.git(["config", "core.attributesFile", "~/attributes"]);
    assert_eq!((compares(), compares()), (true, false));
    sandbox.file("../home/attributes", "");
    assert_eq!((compares(), compares()), (true, false));
}

#[test]
fn what_waits_is_found_behind_many_commits_that_concern_no_version() {
    let sandbox = Sandbox::new();
    sandbox.repository();
    let apps = 120;
    let mut stream = String::new();
    let mut commit = |message: &str, files: &[(String, String)]| {
        let seconds = sandbox.now();
        stream += &format!(
            "commit refs/heads/main\ncommitter A <a@example.com> {seconds} +0000\ndata {}\n{message}\n",
            message.len()
        );
        for (path, text) in files {
            stream += &format!("M 100644 inline {path}\ndata {}\n{text}\n", text.len());
        }
    };
    let set = |environment: &str, version: &str| -> Vec<(String, String)> {
        let file = |app: usize| format!("apps/{app}/overlays/{environment}/kustomization.yaml");
        let text = |app: usize| format!("images:\n- name: acme/app-{app}\n  newTag: {version}\n");
        (0..apps).map(|app| (file(app), text(app))).collect()
    };
    let rules = "strategy: trunk\nenvironments:\n- {name: stg, path: 'apps/*/overlays/stg'}\n- {name: prd, path: \
                 'apps/*/overlays/prd'}\n";
    commit("rules", &[("rakops.yaml".to_owned(), rules.to_owned())]);
    commit("stg", &set("stg", "1.0.0"));
    commit("prd", &set("prd", "1.0.0"));
    commit("bump stg", &set("stg", "1.1.0"));
    for number in 0..1_000 {
        commit("a note", &[("notes.txt".to_owned(), format!("{number}\n"))]);
    }
    sandbox.import(&stream);
    let said = sandbox.rakops(["drift", "--local", "--all", "-o", "json"]).run().json();
    assert_eq!(said["pending"].as_array().unwrap().len(), apps, "{said}");
}
