//! A forge that is spoken to over a wire that breaks.

use super::wire::{Break, Wire};
use super::{ENDS, every_break};
use crate::harness::cmd::Cmd;
use crate::harness::forges::Bench;
use crate::harness::forges::github::GitHub;

/// A run against the forge at the other end of a wire.
fn over<'b>(wire: &Wire, run: Cmd<'b>) -> Cmd<'b> {
    run.env("RAKOPS_FORGE_URL", format!("http://{}", wire.address()))
}

/// What a scenario is made of.
struct Scenario {
    what: &'static str,
    bench: fn() -> Bench,
    run: fn(&Bench) -> Cmd<'_>,
    /// What is there at last, as text to be compared; asserts what must be.
    state: fn(&Bench) -> String,
}

fn play(scenario: &Scenario) {
    let bench = (scenario.bench)();
    let whole = Wire::to(bench.forge.address, None);
    over(&whole, (scenario.run)(&bench)).run().expect(0);
    let wanted = (scenario.state)(&bench);
    every_break(scenario.what, &whole.pieces(), &|breaks: Break| {
        let bench = (scenario.bench)();
        let wire = Wire::to(bench.forge.address, Some(breaks));
        let output = over(&wire, (scenario.run)(&bench)).run();
        assert!(ENDS.contains(&output.code), "{breaks:?}: {}", output.all());
        let whole = Wire::to(bench.forge.address, None);
        over(&whole, (scenario.run)(&bench)).run().expect(0);
        assert_eq!((scenario.state)(&bench), wanted, "{breaks:?}");
        wire.is_broken()
    });
}

/// The branches with what their commits say, and the requests with what was asked for; no ids, which hold the time.
fn everything(bench: &Bench) -> String {
    let mut text = String::new();
    for branch in bench.branches() {
        let shelf = bench.forge.shelf();
        let said = shelf.git(&["log", "--first-parent", "--format=%s", &branch]).unwrap();
        let files = shelf.git(&["ls-tree", "-r", &branch]).unwrap();
        text.push_str(&format!("{branch}\n{said}\n{files}\n"));
    }
    for pull in &bench.forge.shelf().pulls {
        let (labels, reviewers) = (&pull.labels, &pull.reviewers);
        let (head, base, title, state) = (&pull.head, &pull.base, &pull.title, pull.state);
        text.push_str(&format!(
            "{} {head} {base} {title} {state} {labels:?} {reviewers:?}\n",
            pull.number
        ));
    }
    text
}

pub(super) fn opened_once() {
    play(&Scenario {
        what: "cut: bump --pr, what the forge is asked",
        bench: || Bench::shop(GitHub),
        run: |bench| {
            let words = "bump api=1.4.2 --env stg --label deploy --reviewer anna --pr";
            bench.rakops(words.split(' '))
        },
        state: |bench| {
            assert_eq!(bench.forge.shelf().pulls.len(), 1);
            everything(bench)
        },
    });
}

pub(super) fn promoted_once() {
    play(&Scenario {
        what: "cut: promote, what the forge is asked",
        bench: || {
            let bench = Bench::with_branches(GitHub, "fan-out");
            bench.sandbox.put(("staging", "more"), &[("base/x.yaml", "x: 1\n")]);
            bench
        },
        run: |bench| bench.rakops(["promote", "stg", "prd"].into_iter()),
        state: |bench| {
            assert_eq!(bench.forge.shelf().pulls.len(), 1);
            everything(bench)
        },
    });
}

fn with_a_request() -> Bench {
    let bench = Bench::new(GitHub);
    let _ = bench.pr(&["create", "--title", "app"]).run().expect(0);
    bench
}

pub(super) fn merged_once() {
    play(&Scenario {
        what: "cut: pr merge",
        bench: with_a_request,
        run: |bench| bench.pr(&["merge", "1"]),
        state: |bench| {
            assert_eq!(bench.forge.shelf().pulls[0].state, "merged");
            everything(bench)
        },
    });
}

pub(super) fn commented_once() {
    play(&Scenario {
        what: "cut: pr comment",
        bench: with_a_request,
        run: |bench| bench.pr(&["comment", "1", "--key", "plan", "--body", "four lines"]),
        state: |bench| {
            let shelf = bench.forge.shelf();
            assert_eq!(shelf.notes.len(), 1, "{:?}", shelf.notes);
            shelf.notes[0].body.clone()
        },
    });
}
