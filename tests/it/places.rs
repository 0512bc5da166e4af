//! Complaints show where: the line of the file, or the word that was typed, with a mark under what is meant.

use crate::harness::Sandbox;
use crate::harness::cmd::Output;

fn shop() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.shop();
    sandbox
}

/// The excerpt in what was said, without the frame: the place, the line, and the line of marks.
#[track_caller]
fn excerpt(output: &Output) -> (Option<String>, String, String) {
    let lines: Vec<&str> = output.stderr.lines().collect();
    let marks = lines.iter().position(|line| {
        let marks = line.trim_start().trim_start_matches('|').trim();
        !marks.is_empty() && marks.chars().all(|c| c == '^')
    });
    let marks = marks.unwrap_or_else(|| panic!("no mark\n{}", output.all()));
    let behind = |line: &str| line.split_once('|').unwrap().1.get(1..).unwrap_or_default().to_owned();
    let place = lines.iter().find_map(|line| line.trim_start().strip_prefix("--> "));
    (place.map(str::to_owned), behind(lines[marks - 1]), behind(lines[marks]))
}

/// The part of the line that the marks stand under.
#[track_caller]
fn marked(output: &Output) -> (Option<String>, String) {
    let (place, line, marks) = excerpt(output);
    let (start, length) = (marks.find('^').unwrap(), marks.matches('^').count());
    (place, line.chars().skip(start).take(length).collect())
}

#[test]
fn a_word_that_was_typed_is_marked_where_it_is_wrong() {
    let sandbox = shop();
    let cases: &[(&[&str], &str, &str)] = &[
        (
            &["bump", "api=1.4.2@sha256:zz", "--env", "stg"],
            "api=1.4.2@sha256:zz",
            "                 ^",
        ),
        (&["bump", "api=1.4 2", "--env", "stg"], "api=1.4 2", "       ^"),
        (&["yaml", "set", "base/api.yaml", "a[b=c"], "a[b=c", " ^"),
        (
            &["yaml", "get", "base/api.yaml", "a[name=x].b..c"],
            "a[name=x].b..c",
            "            ^",
        ),
        (
            &["overlay", "set", "stg", "Deployment/api", "spec.a[=3"],
            "spec.a[=3",
            "      ^",
        ),
    ];
    for (words, line, marks) in cases {
        let output = sandbox.rakops(words.iter().copied()).run().expect(2);
        assert_eq!(
            excerpt(&output),
            (None, (*line).to_owned(), (*marks).to_owned()),
            "{}",
            output.all()
        );
        let json = sandbox.rakops(words.iter().copied().chain(["-o", "json"])).run().json();
        assert!(
            json["error"]["file"].is_null() && json["error"]["line"].is_null(),
            "{json}"
        );
    }
    // A word with a line break in it has no place to point at.
    let _ = sandbox.rakops(["bump", "api=1.4\n2"]).run().expect(2);
    // No line of a log of GitHub Actions is about a file that is none.
    let output = sandbox
        .rakops(["bump", "api=1.4 2"])
        .env("GITHUB_ACTIONS", "true")
        .run()
        .expect(2);
    assert!(
        output.stderr.contains("::error title=") && !output.stderr.contains("file="),
        "{}",
        output.all()
    );
}

#[test]
fn a_configuration_is_marked_where_it_is_wrong() {
    for (text, place, mark) in [
        ("strategy: [trunk]\n", "1:11", "[trunk]"),
        ("strategy: trunk\nstrategy: chain\n", "2:1", "strategy"),
        ("environments:\n- {name: dev, soak: 2x}\n", "2:21", "2x"),
        ("environments:\n- {name: dev}\n- {name: dev}\n", "3:10", "dev"),
        ("environments:\n- {name: dev, path: 'a[b'}\n", "2:21", "'a[b'"),
        (
            "strategy: chain\nenvironments:\n- {name: dev, branch: a..b}\n",
            "3:23",
            "a..b",
        ),
        ("images:\n- {name: a/b, policy: 'regex:(x'}\n", "2:23", "'regex:(x'"),
        ("images:\n- {name: a b}\n", "2:10", "a b"),
        (
            "images:\n- {name: a/b, sites: ['x.yaml:a[b']}\n",
            "2:23",
            "'x.yaml:a[b'",
        ),
        ("guard: {unsoaked: wran}\n", "1:19", "wran"),
        ("- x\n", "1:1", "- x"),
    ] {
        let sandbox = Sandbox::new();
        sandbox.repository().file("rakops.yaml", text);
        let output = sandbox.rakops(["config", "check"]).run().expect(2);
        let expected = (Some(format!("rakops.yaml:{place}")), mark.to_owned());
        assert_eq!(marked(&output), expected, "{}", output.all());
    }
}

#[test]
fn the_users_own_file_is_marked_where_it_is_wrong() {
    let sandbox = shop();
    for (text, mark, meant) in [
        ("color: nver\n", "nver", "never"),
        ("output: jsno\n", "jsno", "json"),
        ("colr: never\n", "colr", "color"),
    ] {
        sandbox.file("../home/.config/rakops/config.yaml", text);
        let output = sandbox.rakops(["images"]).run().expect(2);
        assert_eq!(marked(&output).1, mark, "{}", output.all());
        assert!(
            output.stderr.contains(&format!("did you mean `{meant}`?")),
            "{}",
            output.all()
        );
    }
}

#[test]
fn build_metadata_is_marked_where_it_is_wrong() {
    let sandbox = shop();
    for (text, place, mark) in [
        ("{\"a\": 1,}\n", "b.json:1:9", "}"),
        ("{\n  \"ghcr.io/acme/api\": \"1.5 0\"\n}\n", "b.json:2:24", "1.5"),
    ] {
        sandbox.file("b.json", text);
        let output = sandbox
            .rakops(["bump", "--from-file", "b.json", "--all"])
            .run()
            .expect(2);
        assert_eq!(
            marked(&output),
            (Some(place.to_owned()), mark.to_owned()),
            "{}",
            output.all()
        );
    }
}

#[test]
fn a_plan_is_told_by_line_and_column_and_shows_no_value() {
    let sandbox = shop();
    sandbox.file("plan.json", "{\"resource_changes\": [\n{\"password\": \"hunter2\" ]}");
    let output = sandbox.rakops(["terraform", "summary", "plan.json"]).run().expect(3);
    assert!(output.stderr.contains("plan.json:2:"), "{}", output.all());
    assert!(!output.all().contains("hunter2"), "{}", output.all());
}

#[test]
fn a_kustomization_that_is_no_yaml_is_named_and_not_taken_for_none() {
    let sandbox = shop();
    let file = "overlays/stg/kustomization.yaml";
    sandbox.file(
        file,
        "resources: [../../base\nimages:\n- name: ghcr.io/acme/api\n  newTag: 1.4.1\n",
    );
    for (words, code) in [
        (&["bump", "api=1.5.0", "--env", "stg", "-n"][..], 5),
        (&["overlay", "get", "stg", "Deployment/api"], 3),
        (&["overlay", "set", "stg", "Deployment/api", "spec.replicas=3", "-n"], 3),
    ] {
        let output = sandbox.rakops(words.iter().copied()).run().expect(code);
        assert_eq!(marked(&output).0, Some(format!("{file}:2:7")), "{}", output.all());
    }
}

#[test]
fn what_a_kustomization_says_wrong_is_shown() {
    let sandbox = shop();
    let file = "overlays/stg/kustomization.yaml";
    sandbox.file(file, "resources: [../../bse]\nimages: x\n");
    let output = sandbox
        .rakops(["overlay", "get", "stg", "Deployment/api"])
        .run()
        .expect(5);
    assert_eq!(
        marked(&output),
        (Some(format!("{file}:1:13")), "../../bse".into()),
        "{}",
        output.all()
    );
    assert!(!output.stderr.contains("found there: \n"), "{}", output.all());
    let words = ["overlay", "add", "stg", "image", "ghcr.io/acme/api:1", "-n"];
    let output = sandbox.rakops(words).run().expect(3);
    assert_eq!(
        marked(&output),
        (Some(format!("{file}:2:9")), "x".into()),
        "{}",
        output.all()
    );
}

#[test]
fn a_path_that_leads_nowhere_is_shown_where_it_ends() {
    let sandbox = shop();
    let path = "spec.template.spec.containers[3].x";
    let output = sandbox.rakops(["yaml", "get", "base/api.yaml", path]).run().expect(5);
    assert_eq!(
        marked(&output),
        (Some("base/api.yaml:8:7".into()), "-".into()),
        "{}",
        output.all()
    );
    // The line of a Secret is not shown.
    sandbox.file("secret.yaml", "kind: Secret\nstringData: {password: hunter2}\n");
    let output = sandbox
        .rakops(["yaml", "get", "secret.yaml", "stringData.pasword"])
        .run()
        .expect(5);
    assert!(
        output.stderr.contains("secret.yaml:2:13") && !output.all().contains("hunter2"),
        "{}",
        output.all()
    );
}
