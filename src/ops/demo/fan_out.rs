//! The walk through `fan-out`: a merge that was forgotten, found and carried.

use super::script::{Act, Scene, Script};

const CONFIG: &str = "strategy: fan-out
environments:
- {name: dev, branch: develop, path: overlays/dev}
- {name: stg, branch: staging, path: overlays/stg}
- {name: prd, branch: main, path: overlays/prd, protected: false}   # the sandbox has no forge for pull requests
";

pub(crate) static SCRIPT: Script = Script {
    opening: "fan-out: one branch for each environment. A feature branch is cut from main, and merged into develop,\n\
              staging and main, each by itself. What is hard: one of the merges is easily forgotten.\n",
    files: &[("rakops.yaml", CONFIG)],
    branches: &["develop", "staging"],
    scenes: &[
        Scene {
            why: "Ann wants warnings only in the log. She merges into develop and staging; main is to follow after the tests.",
            who: "Ann",
            acts: &[
                Act::Git(&["switch", "-q", "-c", "feature/log", "main"]),
                Act::Edit {
                    path: "base/api.yaml",
                    from: "value: \"info\"",
                    to: "value: \"warn\"",
                },
                Act::Git(&["commit", "-q", "-a", "-m", "Log warnings only"]),
                Act::Git(&["switch", "-q", "develop"]),
                Act::Git(&["merge", "-q", "--no-ff", "--no-edit", "feature/log"]),
                Act::Git(&["switch", "-q", "staging"]),
                Act::Git(&["merge", "-q", "--no-ff", "--no-edit", "feature/log"]),
            ],
        },
        Scene {
            why: "Bob changes the schedule of the worker, and merges into all three.",
            who: "Bob",
            acts: &[
                Act::Git(&["switch", "-q", "-c", "feature/schedule", "main"]),
                Act::Edit {
                    path: "base/worker.yaml",
                    from: "*/5",
                    to: "*/10",
                },
                Act::Git(&["commit", "-q", "-a", "-m", "Run the worker every ten minutes"]),
                Act::Git(&["switch", "-q", "develop"]),
                Act::Git(&["merge", "-q", "--no-ff", "--no-edit", "feature/schedule"]),
                Act::Git(&["switch", "-q", "staging"]),
                Act::Git(&["merge", "-q", "--no-ff", "--no-edit", "feature/schedule"]),
                Act::Git(&["switch", "-q", "main"]),
                Act::Git(&["merge", "-q", "--no-ff", "--no-edit", "feature/schedule"]),
                Act::Git(&["push", "-q", "origin", "develop", "staging", "main"]),
            ],
        },
        Scene {
            why: "Weeks later nobody remembers. The branches always differ by their merges, so git log tells little,\n\
                  \u{20}  and production still logs everything.",
            who: "Ann",
            acts: &[
                Act::Git(&["log", "--oneline", "--left-right", "main...staging"]),
                Act::Git(&[
                    "grep",
                    "-h",
                    "LOG_LEVEL",
                    "develop",
                    "staging",
                    "main",
                    "--",
                    "base/api.yaml",
                ]),
            ],
        },
        Scene {
            why: "rakops finds it: Bob's newer change has passed it on the way to prd. A nightly job would fail here.",
            who: "Ann",
            acts: &[Act::Rakops(&["drift"], 1)],
        },
        Scene {
            why: "What would make prd run what stg runs? Ann's change, as its own diff, and the version that stg has.",
            who: "Ann",
            acts: &[Act::Rakops(&["promote", "stg", "prd", "-n"], 0)],
        },
        Scene {
            why: "One command carries it. With a forge it would open a pull request; here it pushes.",
            who: "Ann",
            acts: &[
                Act::Rakops(&["promote", "stg", "prd", "--push"], 0),
                Act::Git(&["fetch", "-q", "origin"]),
                Act::Git(&["log", "-2", "--format=%h %an: %s%n%n%b", "origin/main"]),
            ],
        },
        Scene {
            why: "Nothing is forgotten now, and asked again there is nothing to do.",
            who: "Ann",
            acts: &[
                Act::Rakops(&["drift"], 0),
                Act::Rakops(&["status"], 0),
                Act::Rakops(&["promote", "stg", "prd", "--push"], 0),
            ],
        },
    ],
    next: &["drift --all", "promote dev stg -n", "rollback prd -n"],
};
