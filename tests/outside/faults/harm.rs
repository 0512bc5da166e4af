//! One scenario, harmed in one way at many moments, with a fresh repository for each.

use std::time::Instant;

use super::ground::{Ground, Seen};
use super::judge::Ends;
use super::moments::Moments;
use super::scenarios::Scenario;
use super::tracer::{Call, Harm, Scope, Traced};

/// A way to harm a run.
pub(super) struct Way {
    /// What it is called in figures and complaints.
    pub(super) what: &'static str,
    pub(super) scope: Scope,
    /// What is done at the moment of this number.
    pub(super) harm: fn(usize) -> Harm,
    /// What else must hold when the harmed run has ended and nothing else has been done yet.
    pub(super) expect: fn(&Ended<'_>) -> Result<(), String>,
}

/// The end of a run that was harmed.
pub(super) struct Ended<'a> {
    pub(super) run: &'a Traced,
    /// The call at which it was.
    pub(super) call: &'a Call,
    pub(super) seen: &'a Seen,
}

/// Tries many moments, and fails with the first few complaints.
pub(super) fn harm(scenario: &Scenario, way: &Way) {
    let (name, make) = scenario;
    let what = way.what;
    let began = Instant::now();
    let ground: Ground = make(name);
    let ends = Ends::of(&ground);
    let calls = ground.harmed((way.scope, 0, Harm::Kill)).calls.len();
    let moments = Moments::of(calls);
    let (mut tried, mut hit, mut in_the_way, mut left) = (0, 0, 0, 0);
    let mut complaints = Vec::new();
    for number in moments.chosen() {
        ground.restore();
        let run = ground.harmed((way.scope, number, (way.harm)(number)));
        let call = run.harmed().cloned();
        tried += 1;
        hit += usize::from(call.is_some());
        let outcome = ends.judge(&ground).and_then(|seen| {
            if let Some(call) = &call {
                let ended = Ended {
                    run: &run,
                    call,
                    seen: &seen,
                };
                (way.expect)(&ended)?;
            }
            ends.finish(&ground)
        });
        match outcome {
            Ok(locks) => {
                in_the_way += usize::from(locks.removed > 0);
                left += usize::from(locks.left > 0);
            }
            Err(why) => complaints.push(format!(
                "{name}: {what} at call {number} of {calls}, {call:?}, which ended with {}: {why}\nthat run said: {}{}",
                run.code, run.stdout, run.stderr
            )),
        }
    }
    println!(
        "faults: {name}: {what}: {tried} of {calls} moments, {hit} hit, {in_the_way} left a lock of git in the way, \
         {left} another one, {:.0} s",
        began.elapsed().as_secs_f64()
    );
    moments.tell();
    assert!(
        complaints.is_empty(),
        "{} of {tried}; the first:\n{}",
        complaints.len(),
        complaints.iter().take(SHOWN).cloned().collect::<Vec<_>>().join("\n\n")
    );
    // Some commands start no program.
    let may_be_none = calls == 0 && way.scope == Scope::Children;
    assert!(hit > 0 || may_be_none, "{name}: nothing was hit");
}

/// How many complaints are shown.
const SHOWN: usize = 4;
