//! Docker's own registry on the loopback, filled by skopeo: open, with passwords, with tokens, and over TLS.

mod real;

use serde_json::Value;

use crate::harness::Sandbox;
use crate::harness::cmd::Cmd;
use real::{Door, LOGIN, Real, Shop, shop};

pub(crate) use real::needs;

/// The tests.
pub(crate) const TESTS: &[(&str, fn())] = &[
    (
        "registry::all_tags_are_listed_newest_first_with_what_each_of_them_is",
        all_tags_are_listed_newest_first_with_what_each_of_them_is,
    ),
    (
        "registry::whoever_wants_a_password_gets_the_one_of_docker",
        whoever_wants_a_password_gets_the_one_of_docker,
    ),
    (
        "registry::whoever_wants_a_token_gets_one_from_where_it_sends",
        whoever_wants_a_token_gets_one_from_where_it_sends,
    ),
    (
        "registry::an_authority_of_ones_own_is_trusted_where_it_is_named",
        an_authority_of_ones_own_is_trusted_where_it_is_named,
    ),
    (
        "registry::what_is_not_there_is_told_apart",
        what_is_not_there_is_told_apart,
    ),
];

fn tags<'s>(sandbox: &'s Sandbox, image: &str, more: &[&str]) -> Cmd<'s> {
    let words = ["tags", image].into_iter().chain(more.iter().copied());
    sandbox.rakops(words).online()
}

fn names(document: &Value) -> Vec<&str> {
    let tags = document["tags"].as_array().unwrap().iter();
    tags.map(|row| row["tag"].as_str().unwrap()).collect()
}

/// Logs in as people do: skopeo writes the file that docker has.
fn log_in(sandbox: &Sandbox, host: &str) {
    let file = sandbox.root().join("home/.docker/config.json");
    std::fs::create_dir_all(file.parent().unwrap()).unwrap();
    let (user, password) = LOGIN.split_once(':').unwrap();
    real::skopeo(&[
        "login",
        "--tls-verify=false",
        "--authfile",
        file.to_str().unwrap(),
        "-u",
        user,
        "-p",
        password,
        host,
    ]);
}

fn all_tags_are_listed_newest_first_with_what_each_of_them_is() {
    let Shop { index, single, .. } = shop();
    let real = Real::start(Door::Open);
    let sandbox = Sandbox::new();
    let image = format!("{}/acme/api", real.host());
    let all = tags(&sandbox, &image, &["-o", "json", "--limit", "0"]).run().expect(0);
    let document = all.json();
    let all = names(&document);
    assert_eq!((all.len(), all[0], all[1]), (301, "2.0.0", "1.299.0"), "{all:?}");
    let sorted: Vec<String> = (0..300).rev().map(|minor| format!("1.{minor}.0")).collect();
    assert_eq!(all[1..], sorted);
    let newest = tags(&sandbox, &image, &["-o", "json", "--details", "--limit", "2"]);
    let newest = newest.run().expect(0).json();
    let [multi, other] = &newest["tags"].as_array().unwrap()[..] else {
        panic!("{newest}")
    };
    assert_eq!(multi["digest"], *index);
    assert_eq!(multi["platforms"], serde_json::json!(["linux/amd64", "linux/arm64/v8"]));
    assert_eq!(multi["created"], "2026-02-03T04:05:06Z");
    assert_eq!(other["digest"], *single);
    assert_eq!(other["platforms"], serde_json::json!(["linux/amd64"]));
}

fn whoever_wants_a_password_gets_the_one_of_docker() {
    try_door(Door::Password);
}

fn whoever_wants_a_token_gets_one_from_where_it_sends() {
    let real = try_door(Door::Token);
    let asked = real.tokens_asked();
    assert!(
        asked
            .iter()
            .any(|line| line.contains("scope=repository%3Aacme%2Fapi%3Apull")),
        "{asked:?}"
    );
}

fn try_door(door: Door) -> Real {
    let real = Real::start(door);
    let sandbox = Sandbox::new();
    let image = format!("{}/acme/api", real.host());
    let refused = tags(&sandbox, &image, &[]).run().expect(4);
    assert!(refused.stderr.contains("docker login 127.0.0.1:"), "{}", refused.stderr);
    log_in(&sandbox, &real.host());
    let listed = tags(&sandbox, &image, &["-o", "json", "--details", "--limit", "3"]);
    let listed = listed.run().expect(0).json();
    assert_eq!(names(&listed), ["2.0.0", "1.299.0", "1.298.0"]);
    assert_eq!(listed["tags"][0]["digest"], shop().index);
    let file = sandbox.root().join("home/.docker/config.json");
    let wrong = r#"{"auths":{"HOST":{"username":"robot","password":"wrong-p4ss-of-a-test"}}}"#;
    std::fs::write(file, wrong.replace("HOST", &real.host())).unwrap();
    let refused = tags(&sandbox, &image, &[]).run().expect(4);
    assert!(
        refused.stderr.contains("does not accept the login"),
        "{}",
        refused.stderr
    );
    assert!(!refused.all().contains("p4ss"), "{}", refused.all());
    real
}

fn an_authority_of_ones_own_is_trusted_where_it_is_named() {
    let real = Real::start(Door::Tls);
    let sandbox = Sandbox::new();
    let (host, image) = (real.host(), format!("{}/acme/api", real.host()));
    let plain = tags(&sandbox, &image, &["-o", "json"]).run().expect(6);
    assert!(plain.all().contains("registries[].ca_file"), "{}", plain.all());
    let other = real::certificate(&sandbox.root().join("tmp"), "other");
    sandbox.file("ca.pem", std::fs::read(other.join("other-ca.pem")).unwrap());
    sandbox.file(
        "rakops.yaml",
        format!("registries: [{{host: '{host}', ca_file: ca.pem}}]\n"),
    );
    let wrong = tags(&sandbox, &image, &["-o", "json"]).run().expect(6);
    assert!(
        wrong.all().contains("\"tls\"") && wrong.all().contains("--ca-file"),
        "{}",
        wrong.all()
    );
    sandbox.file("ca.pem", std::fs::read(real.authority()).unwrap());
    let listed = tags(&sandbox, &image, &["-o", "json", "--details", "--limit", "1"]);
    let listed = listed.run().expect(0).json();
    assert_eq!(listed["tags"][0]["digest"], shop().index);
}

fn what_is_not_there_is_told_apart() {
    let real = Real::start(Door::Open);
    let sandbox = Sandbox::new();
    let host = real.host();
    let nowhere = tags(&sandbox, &format!("{host}/acme/nothing"), &["-o", "json"])
        .run()
        .expect(5);
    assert!(nowhere.all().contains("repository-missing"), "{}", nowhere.all());
    drop(real);
    let gone = tags(&sandbox, &format!("{host}/acme/api"), &["-o", "json"])
        .run()
        .expect(6);
    assert!(gone.all().contains("cannot be reached"), "{}", gone.all());
}
