//! `rakops yaml`: any value by its path.

use crate::harness::Sandbox;

const VALUES: &str = "\
# head
image:
  repository: acme/api   # the name
  tag: 1.0.0


replicas: 3 # agreed
mode: 0755
list:
- name: a
  port: 80
- name: b
  port: 81
";

fn values() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.file("values.yaml", VALUES);
    sandbox
}

#[test]
fn get_prints_a_value_or_the_lines_of_a_collection() {
    let sandbox = values();
    let get = |path: &str| {
        sandbox
            .rakops(["yaml", "get", "values.yaml", path])
            .run()
            .expect(0)
            .stdout()
            .to_owned()
    };
    assert_eq!(get("image.tag"), "1.0.0\n");
    assert_eq!(get("list[name=b].port"), "81\n");
    assert_eq!(get("list[1]"), "name: b\nport: 81\n");
    assert_eq!(get("image"), "repository: acme/api   # the name\ntag: 1.0.0\n");
    let missing = sandbox
        .rakops(["yaml", "get", "values.yaml", "image.tga"])
        .run()
        .expect(5);
    assert!(missing.stderr.contains("tag"), "{}", missing.stderr);
}

#[test]
fn set_keeps_types_and_everything_else() {
    let sandbox = values();
    sandbox
        .rakops([
            "yaml",
            "set",
            "values.yaml",
            "image.tag=1.10",
            "replicas=5",
            "mode=0644",
        ])
        .run()
        .expect(0);
    let expected = VALUES
        .replace("1.0.0", "\"1.10\"")
        .replace("replicas: 3", "replicas: 5")
        .replace("0755", "0644");
    assert_eq!(sandbox.read("values.yaml"), expected);
    let refused = sandbox
        .rakops(["yaml", "set", "values.yaml", "replicas=three"])
        .run()
        .expect(3);
    assert!(refused.stderr.contains("values.yaml:7:11"), "{}", refused.stderr);
    sandbox
        .rakops(["yaml", "set", "values.yaml", "replicas=three", "--string"])
        .run()
        .expect(0);
}

#[test]
fn set_makes_a_key_and_with_parents_the_mappings_above() {
    let sandbox = values();
    sandbox
        .rakops(["yaml", "set", "values.yaml", "image.pullPolicy=Always"])
        .run()
        .expect(0);
    assert!(
        sandbox
            .read("values.yaml")
            .contains("  tag: 1.0.0\n  pullPolicy: Always\n\n\n")
    );
    sandbox
        .rakops(["yaml", "set", "values.yaml", "a.b.c=x"])
        .run()
        .expect(5);
    sandbox
        .rakops(["yaml", "set", "values.yaml", "a.b.c=x", "--parents"])
        .run()
        .expect(0);
    assert!(sandbox.read("values.yaml").ends_with("a:\n  b:\n    c: x\n"));
}

#[test]
fn unset_takes_the_comment_along_and_leaves_blank_lines() {
    let sandbox = values();
    sandbox
        .rakops(["yaml", "unset", "values.yaml", "image.repository", "list[name=a]"])
        .run()
        .expect(0);
    let expected = VALUES
        .replace("  repository: acme/api   # the name\n", "")
        .replace("- name: a\n  port: 80\n", "");
    assert_eq!(sandbox.read("values.yaml"), expected);
}

#[test]
fn standard_input_goes_to_standard_output() {
    let sandbox = Sandbox::new();
    let output = sandbox
        .rakops(["yaml", "set", "-", "a=2"])
        .stdin("a: 1 # c\r\n")
        .run()
        .expect(0);
    assert_eq!(output.stdout(), "a: 2 # c\r\n");
    let output = sandbox
        .rakops(["yaml", "unset", "-", "a"])
        .stdin("a: 1\nb: 2\n")
        .run()
        .expect(0);
    assert_eq!(output.stdout(), "b: 2\n");
    let output = sandbox
        .rakops(["yaml", "get", "-", "a"])
        .stdin("a: 1\n")
        .run()
        .expect(0);
    assert_eq!(output.stdout(), "1\n");
}

#[test]
fn a_document_is_chosen_by_object_or_place() {
    let sandbox = Sandbox::new();
    let text = "kind: A\nmetadata: {name: x}\nv: 1\n---\nkind: B\nmetadata: {name: y.z, namespace: n}\nv: 1\n";
    sandbox.file("all.yaml", text);
    sandbox.rakops(["yaml", "set", "all.yaml", "v=2"]).run().expect(5);
    sandbox
        .rakops(["yaml", "set", "all.yaml", "v=2", "--object", "A/x"])
        .run()
        .expect(0);
    sandbox
        .rakops(["yaml", "set", "all.yaml", "v=3", "--document", "2"])
        .run()
        .expect(0);
    assert_eq!(
        sandbox.read("all.yaml"),
        text.replacen("v: 1", "v: 2", 1).replace("v: 1", "v: 3")
    );
    sandbox
        .rakops(["yaml", "get", "all.yaml", "v", "--object", "B/y.z"])
        .run()
        .expect(0);
    sandbox
        .rakops(["yaml", "get", "all.yaml", "v", "--object", "B/n/y.z"])
        .run()
        .expect(0);
}

#[test]
fn a_second_set_changes_nothing() {
    let sandbox = values();
    sandbox
        .rakops(["yaml", "set", "values.yaml", "image.tag=2"])
        .run()
        .expect(0);
    let output = sandbox
        .rakops(["yaml", "set", "values.yaml", "image.tag=2", "--exit-code"])
        .run()
        .expect(0);
    assert_eq!((output.stdout(), output.stderr.as_str()), ("", "nothing to change\n"));
}

#[test]
fn json_says_what_changed() {
    let sandbox = values();
    let output = sandbox
        .rakops(["yaml", "set", "values.yaml", "image.tag=2", "-n", "-o", "json"])
        .run()
        .expect(0)
        .json();
    assert_eq!(output["dry_run"], true);
    assert_eq!(
        output["changes"][0],
        serde_json::json!({"file": "values.yaml", "path": "image.tag", "line": 4, "column": 8, "from": "1.0.0", "to": "2"})
    );
    assert_eq!(sandbox.read("values.yaml"), VALUES);
}

#[test]
fn get_follows_aliases_and_merge_keys_and_set_says_where_the_value_stands() {
    let sandbox = Sandbox::new();
    sandbox.file("a.yaml", "base: &b\n  image: r:1\nweb:\n  <<: *b\n  port: 80\n");
    let output = sandbox.rakops(["yaml", "get", "a.yaml", "web.image"]).run().expect(0);
    assert_eq!(output.stdout(), "r:1\n");
    let refused = sandbox
        .rakops(["yaml", "set", "a.yaml", "web.image=r:2"])
        .run()
        .expect(3);
    assert!(refused.stderr.contains("line 2"), "{}", refused.stderr);
}

#[test]
fn refusals_name_the_flag_that_lifts_them() {
    let sandbox = Sandbox::new();
    sandbox
        .file("a.yaml", "a: &x v\nb: *x\nn: 3\n")
        .file("two.yaml", "a: 1\n---\na: 2\n");
    for (file, word, flag) in [
        ("a.yaml", "b=w", "--alias detach"),
        ("a.yaml", "n=three", "--string"),
        ("a.yaml", "m.o.p=1", "--parents"),
        ("two.yaml", "a=3", "--document N"),
    ] {
        let output = sandbox.rakops(["yaml", "set", file, word]).run();
        assert_ne!(output.code, 0);
        assert!(
            output.stderr.contains(flag),
            "{word}: `{flag}` is missing in\n{}",
            output.stderr
        );
    }
}

#[cfg(unix)]
#[test]
fn a_link_out_of_the_repository_is_refused_and_a_file_elsewhere_is_not() {
    let sandbox = Sandbox::new();
    sandbox.repository();
    sandbox.file("../tmp/outside.yaml", "a: 1\n");
    std::os::unix::fs::symlink("../tmp/outside.yaml", sandbox.path("link.yaml")).unwrap();
    let refused = sandbox.rakops(["yaml", "set", "link.yaml", "a=2"]).run().expect(3);
    assert!(refused.stderr.contains("leads out of"), "{}", refused.stderr);
    assert_eq!(sandbox.read("../tmp/outside.yaml"), "a: 1\n");
    sandbox
        .rakops(["yaml", "set", "../tmp/outside.yaml", "a=2"])
        .run()
        .expect(0);
    assert_eq!(sandbox.read("../tmp/outside.yaml"), "a: 2\n");
}

#[test]
fn a_secret_is_not_told_wherever_it_stands() {
    let sandbox = Sandbox::new();
    sandbox.repository();
    sandbox.file(
        "list.yaml",
        "kind: List\nitems:\n- kind: Secret\n  metadata: {name: a}\n  data: {p: old-marker}\n- kind: ConfigMap\n  data: {p: plain}\n",
    );
    sandbox.file(
        "kustomization.yaml",
        "secretGenerator:\n- name: a\n  literals:\n  - p=old-marker\n",
    );
    let told = [
        ["set", "list.yaml", "items[0].data.p=new-marker"],
        ["unset", "list.yaml", "items[0]"],
        [
            "set",
            "kustomization.yaml",
            "secretGenerator[name=a].literals[0]=p=new-marker",
        ],
        ["unset", "kustomization.yaml", "secretGenerator[name=a]"],
    ];
    for words in told {
        let all = ["yaml"].into_iter().chain(words).chain(["-o", "json"]);
        let output = sandbox.rakops(all).run().expect(0);
        assert!(output.stdout().contains("(hidden)"), "{}", output.all());
        let said = format!("{}{}", output.stdout(), output.stderr);
        assert!(!said.contains("-marker"), "{said}");
    }
    let output = sandbox
        .rakops(["yaml", "set", "list.yaml", "items[0].data.p=other"])
        .run()
        .expect(0);
    assert!(output.all().contains("plain -> other"), "{}", output.all());
}
