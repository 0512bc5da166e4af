//! What is offered at a TAB, asked as the scripts of the shells ask; `tests/outside/shells.rs` types in real ones.

use std::time::{Duration, Instant};

use crate::harness::Sandbox;
use crate::harness::stock::Stock;

const CONFIG: &str = "environments:
  - {name: dev, path: overlays/dev}
  - {name: stg, path: overlays/stg}
  - {name: prd, path: overlays/prd}
images:
  - {name: registry.example.com:5000/shop/api}
  - {name: ghcr.io/acme/frontend, alias: site}
";

fn repository() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.repository().file("rakops.yaml", CONFIG);
    sandbox.file(
        "../elsewhere/rakops.yaml",
        "environments: [{name: only-here, path: x}]\n",
    );
    sandbox
}

/// Asks as a script does, and returns the candidates.
fn candidates(sandbox: &Sandbox, line: &str) -> Vec<String> {
    let output = sandbox
        .rakops(["--", line])
        .env("RAKOPS_COMPLETE", "bash")
        .run()
        .expect(0);
    assert_eq!(output.stderr, "");
    output.stdout().lines().map(str::to_owned).collect()
}

#[test]
fn environments_come_in_promotion_order_and_once() {
    let sandbox = repository();
    assert_eq!(candidates(&sandbox, "rakops images --env "), ["dev", "stg", "prd"]);
    assert_eq!(candidates(&sandbox, "rakops images --env dev --env "), ["stg", "prd"]);
}

#[test]
fn the_second_environment_of_a_promotion_is_a_later_one() {
    let sandbox = repository();
    assert_eq!(candidates(&sandbox, "rakops promote "), ["dev", "stg", "prd"]);
    assert_eq!(candidates(&sandbox, "rakops promote dev "), ["stg", "prd"]);
    assert_eq!(candidates(&sandbox, "rakops promote stg "), ["prd"]);
    assert_eq!(candidates(&sandbox, "rakops promote stg@soaked p"), ["prd"]);
    assert_eq!(candidates(&sandbox, "rakops promote prd --backport "), ["dev", "stg"]);
    assert_eq!(candidates(&sandbox, "rakops diff dev s"), ["stg"]);
}

#[test]
fn objects_of_the_environment_and_their_fields_are_offered() {
    let sandbox = Sandbox::new();
    sandbox.settings("", &[]);
    let found = candidates(&sandbox, "rakops overlay get prd Deploy");
    assert_eq!(found, ["Deployment/api"]);
    let found = candidates(&sandbox, "rakops overlay set prd Deployment/api spec.rep");
    assert_eq!(found, ["spec.replicas="]);
    let found = candidates(&sandbox, "rakops overlay unset prd Deployment/api spec.rep");
    assert_eq!(found, ["spec.replicas"]);
    assert_eq!(
        candidates(&sandbox, "rakops yaml set base/api.yaml spec.rep"),
        Vec::<String>::new()
    );
}

#[test]
fn branches_are_offered_where_one_is_asked_for() {
    let sandbox = repository();
    sandbox.commit_all("first");
    for branch in ["feature/x", "rakops/track/dev/x"] {
        sandbox.git(["branch", branch]);
    }
    assert_eq!(candidates(&sandbox, "rakops track "), ["dev", "stg", "prd"]);
    assert_eq!(candidates(&sandbox, "rakops track dev f"), ["feature/x"]);
    assert_eq!(candidates(&sandbox, "rakops track dev "), ["feature/x", "main"]);
}

#[test]
fn flags_are_offered_once_their_dash_is_typed() {
    let sandbox = repository();
    let values = candidates(&sandbox, "rakops images ");
    assert!(
        values.contains(&"site".to_owned()) && !values.iter().any(|value| value.starts_with('-')),
        "{values:?}"
    );
    assert!(candidates(&sandbox, "rakops images --e").contains(&"--env".to_owned()));
}

#[test]
fn a_broken_configuration_is_no_noise_at_the_prompt() {
    let sandbox = Sandbox::new();
    sandbox.file("rakops.yaml", "environments: [{{{\n");
    assert_eq!(candidates(&sandbox, "rakops images --env "), Vec::<String>::new());
}

#[test]
fn tab_answers_at_once_with_two_thousand_images() {
    let sandbox = repository();
    let entries: String = (0..2000)
        .map(|n| format!("  - {{name: ghcr.io/acme/app{n}, newTag: 1.{n}.0}}\n"))
        .collect();
    sandbox.file("overlays/dev/kustomization.yaml", format!("images:\n{entries}"));
    // Other tests run beside this one; the quietest of three rounds is the one that was measured.
    let medians = (0..3).map(|_| median_milliseconds(&sandbox));
    let median = medians.fold(f64::INFINITY, f64::min);
    // Without optimisation everything takes longer; the bar is for what people run.
    let bar = if cfg!(debug_assertions) { 500.0 } else { 20.0 };
    println!("figure: completion with 2,000 images: median {median:.1} ms (bar {bar} ms)");
    assert!(median < bar, "{median:.1} ms");
}

fn median_milliseconds(sandbox: &Sandbox) -> f64 {
    let mut times: Vec<Duration> = (0..9)
        .map(|_| {
            let begin = Instant::now();
            assert_eq!(candidates(sandbox, "rakops bump app1999"), ["app1999="]);
            begin.elapsed()
        })
        .collect();
    times.sort();
    times[times.len() / 2].as_secs_f64() * 1000.0
}

#[test]
fn versions_of_an_image_are_those_that_run_and_those_that_were_seen_and_nobody_is_asked() {
    let stock = Stock::new(&["1.4.0", "1.10.0", "1.9.0", "latest", "1.4.1"]);
    let before = candidates(&stock.sandbox, "rakops bump api=");
    assert_eq!(sorted(&before), ["1.4.0", "1.4.1"]);
    assert!(stock.registry.asked().is_empty());
    stock.sandbox.rakops(["tags", "api"]).online().run().expect(0);
    let asked = stock.registry.asked().len();
    let found = candidates(&stock.sandbox, "rakops bump api=");
    assert_eq!(found[2..], ["api=1.10.0", "api=1.9.0", "api=latest"], "{found:?}");
    assert_eq!(sorted(&found[..2]), ["1.4.0", "1.4.1"]);
    assert_eq!(candidates(&stock.sandbox, "rakops bump api=1.1"), ["api=1.10.0"]);
    assert_eq!(stock.registry.asked().len(), asked);
    let policies = candidates(&stock.sandbox, "rakops tags api --policy ");
    assert_eq!(sorted(&policies), ["calver", "newest", "numeric", "regex:", "semver:"]);
}

fn sorted(found: &[String]) -> Vec<&str> {
    // The shell replaces only what follows the equals sign, where it cuts there.
    let mut found: Vec<&str> = found.iter().map(|it| it.rsplit('=').next().unwrap()).collect();
    found.sort_unstable();
    found
}

#[test]
fn states_of_an_environment_and_sides_of_a_range_are_completed() {
    let sandbox = repository();
    sandbox.commit_all("first");
    sandbox.git(["branch", "feature/x"]);
    assert_eq!(candidates(&sandbox, "rakops promote stg@so"), ["stg@soaked"]);
    assert_eq!(candidates(&sandbox, "rakops promote stg@f"), ["stg@feature/x"]);
    assert_eq!(candidates(&sandbox, "rakops impact ma"), ["main"]);
    assert_eq!(candidates(&sandbox, "rakops impact main..f"), ["main..feature/x"]);
    assert_eq!(candidates(&sandbox, "rakops impact main...f"), ["main...feature/x"]);
    assert_eq!(candidates(&sandbox, "rakops rollback prd --to f"), ["feature/x"]);
    assert_eq!(candidates(&sandbox, "rakops pr wait f"), ["feature/x"]);
}

#[test]
fn topics_rules_and_fields_are_completed() {
    let sandbox = repository();
    assert_eq!(candidates(&sandbox, "rakops help ex"), ["exit-codes"]);
    assert_eq!(candidates(&sandbox, "rakops help st"), ["status", "strategies"]);
    assert_eq!(candidates(&sandbox, "rakops help overlay un"), ["unset"]);
    let after_a_topic = candidates(&sandbox, "rakops help exit-codes ");
    assert!(after_a_topic.iter().all(|it| it.starts_with('-')), "{after_a_topic:?}");
    assert_eq!(candidates(&sandbox, "rakops promote stg prd --allow uns"), ["unsoaked"]);
    assert_eq!(
        candidates(&sandbox, "rakops promote stg prd --allow skip,uns"),
        ["skip,unsoaked"]
    );
    assert_eq!(candidates(&sandbox, "rakops check --rule flo"), ["floating-tag"]);
    assert_eq!(candidates(&sandbox, "rakops overlay set prd namesp"), ["namespace"]);
    assert_eq!(candidates(&sandbox, "rakops demo tr"), ["trunk"]);
    assert_eq!(candidates(&sandbox, "rakops yaml set --color nev"), ["never"]);
}
