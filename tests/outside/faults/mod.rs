//! Faults: rakops and its children are killed, stopped and refused by the system at every call that changes state, and
//! nothing is ever between old and new; the same command finishes the work.
//!
//! | variable | meaning |
//! |---|---|
//! | `RAKOPS_FAULTS` | how many moments of each scenario are tried, or `all` |
//! | `RAKOPS_SEED` | draws the same ones again |
//! | `RAKOPS_MOMENT` | the only one |

pub(crate) mod clock;
pub(crate) mod disk;
mod errors;
mod ground;
mod harm;
mod judge;
mod kill;
mod moments;
mod scenarios;
mod signals;
mod tracer;

use libtest_mimic::Trial;

/// What the tests need.
pub(crate) fn needs() -> Result<(), String> {
    tracer::program().map(|_| ())
}

/// A sort of faults, by its name.
type Sort = (&'static str, fn(&scenarios::Scenario));

/// All of them.
const SORTS: [Sort; 4] = [
    ("kill", kill::all),
    ("errors", errors::all),
    ("signals", signals::at_calls),
    ("signals_under_load", signals::at_random),
];

/// The tests, one for each scenario and sort of fault.
pub(crate) fn trials() -> Vec<Trial> {
    let hang = || {
        tracer::a_run_that_hangs_is_ended();
        Ok(())
    };
    let mut trials = vec![Trial::test("faults::tracer::a_run_that_hangs_is_ended", hang)];
    for (sort, run) in SORTS {
        for scenario in scenarios::ALL {
            let name = scenario.0.replace([' ', '-'], "_").replace("__", "_");
            trials.push(Trial::test(format!("faults::{sort}::{name}"), move || {
                run(scenario);
                Ok(())
            }));
        }
    }
    trials
}
