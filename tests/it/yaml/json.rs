//! JSON is YAML, but YAML is not JSON: a JSON file is JSON afterwards.

use serde_json::{Value, json};

use super::script::run;

/// Runs a script and reads the outcome as JSON.
fn after(before: &str, script: &str) -> (String, Value) {
    let text = run(before, script).unwrap();
    let value = serde_json::from_str(&text).unwrap_or_else(|why| panic!("{script}: {why}\n{text}"));
    (text, value)
}

#[test]
fn what_is_added_is_quoted() {
    let cases = [
        (
            "{ \"scripts\": {\"a\": \"b\"}, \"files\": [] }\n",
            "put scripts.test jest",
            "{ \"scripts\": {\"a\": \"b\", \"test\": \"jest\"}, \"files\": [] }\n",
        ),
        ("{ \"files\": [] }\n", "put files[+] a", "{ \"files\": [\"a\"] }\n"),
        ("{\"a\":1}", "put x.y.z 1", "{\"a\":1, \"x\": {\"y\": {\"z\": \"1\"}}}"),
        ("{}\n", "put a[+] b", "{\"a\": [\"b\"]}\n"),
        ("[]", "put [+] b", "[\"b\"]"),
        ("[1, -2.5e3, true]\n", "put [+] b", "[1, -2.5e3, true, \"b\"]\n"),
        (
            "{\n  \"images\": [\n    {\"name\": \"a\"}\n  ]\n}\n",
            "item images {\"n\":2,\"name\":\"ghcr.io/acme/api\",\"newTag\":\"1.3\"}",
            "{\n  \"images\": [\n    {\"name\": \"a\"}, {\"n\": 2, \"name\": \"ghcr.io/acme/api\", \"newTag\": \"1.3\"}\n  ]\n}\n",
        ),
        (
            "{\r\n\t\"a\": {\r\n\t\t\"b\": null\r\n\t}\r\n}\r\n",
            "put a.b.c d",
            "{\r\n\t\"a\": {\r\n\t\t\"b\": {\"c\": \"d\"}\r\n\t}\r\n}\r\n",
        ),
        (
            "{\"a\": 1}\n",
            "key . b \"say \\\"hi\\\"\\n\"",
            "{\"a\": 1, \"b\": \"say \\\"hi\\\"\\n\"}\n",
        ),
    ];
    for (before, script, wanted) in cases {
        assert_eq!(after(before, script).0, wanted, "{script}");
    }
}

#[test]
fn a_string_over_a_number_is_quoted_and_a_number_is_not() {
    let before = "{\"n\": 1, \"yes\": true, \"no\": null}";
    let script = "set n v1\nset yes on\nset no null-ish";
    assert_eq!(
        after(before, script).1,
        json!({ "n": "v1", "yes": "on", "no": "null-ish" })
    );
    assert_eq!(
        after(before, "like n 2\nlike yes false").1,
        json!({ "n": 2, "yes": false, "no": null })
    );
    assert_eq!(
        after(before, "rename n m").1,
        json!({ "m": 1, "yes": true, "no": null })
    );
}

#[test]
fn flow_collections_of_yaml_get_no_quotes_they_do_not_need() {
    for (before, wanted) in [
        ("{b: 1}\n", "{b: 1, new: v1}\n"),
        ("{\"b\": x}\n", "{\"b\": x, new: v1}\n"),
        ("{\"b\": 'x'}\n", "{\"b\": 'x', new: v1}\n"),
        ("{\"b\": &a \"x\"}\n", "{\"b\": &a \"x\", new: v1}\n"),
        ("{\"b\": [\"x\": 1]}\n", "{\"b\": [\"x\": 1], new: v1}\n"),
        ("{\"b\": 0755}\n", "{\"b\": 0755, new: v1}\n"),
    ] {
        assert_eq!(run(before, "key . new \"v1\"").unwrap(), wanted);
    }
    assert_eq!(
        run("a: {\"b\": 1}\n", "key a new \"v1\"").unwrap(),
        "a: {\"b\": 1, new: v1}\n"
    );
}
