//! Killed at every system call that changes state: rakops alone, one of its children alone, or everything at once.

use super::harm::{Way, harm};
use super::scenarios::Scenario;
use super::tracer::{Harm, Scope};

/// What dies.
const WAYS: [Way; 3] = [
    Way {
        what: "everything dies",
        scope: Scope::All,
        harm: |_| Harm::Power,
        expect: |_| Ok(()),
    },
    Way {
        what: "only rakops dies",
        scope: Scope::Leader,
        harm: |_| Harm::Kill,
        expect: |_| Ok(()),
    },
    Way {
        what: "only a child dies",
        scope: Scope::Children,
        harm: |_| Harm::Kill,
        expect: |_| Ok(()),
    },
];

/// One test for each scenario.
pub(super) fn all(scenario: &Scenario) {
    for way in &WAYS {
        harm(scenario, way);
    }
}
