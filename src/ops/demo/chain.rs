//! The walk through `chain`: many merges and what rides along, one train, and a hotfix that goes back.

use super::script::{Act, Scene, Script};

const CONFIG: &str = "strategy: chain
environments:
- {name: dev, branch: develop, path: overlays/dev}
- {name: stg, branch: staging, path: overlays/stg}
- {name: prd, branch: main, path: overlays/prd, protected: false}   # the sandbox has no forge for pull requests
";

pub(crate) static SCRIPT: Script = Script {
    opening: "chain: one branch for each environment. A change goes from a feature branch to develop, from there to staging,\n\
              from there to main. What is hard: many merges for every change, and nobody lists what rides along.\n",
    files: &[("rakops.yaml", CONFIG)],
    branches: &["develop", "staging"],
    scenes: &[
        Scene {
            why: "Ann merges a change into develop.",
            who: "Ann",
            acts: &[
                Act::Git(&["switch", "-q", "-c", "feature/log", "develop"]),
                Act::Edit {
                    path: "base/api.yaml",
                    from: "value: \"info\"",
                    to: "value: \"warn\"",
                },
                Act::Git(&["commit", "-q", "-a", "-m", "Log warnings only"]),
                Act::Git(&["switch", "-q", "develop"]),
                Act::Git(&["merge", "-q", "--no-ff", "--no-edit", "feature/log"]),
            ],
        },
        Scene {
            why: "Bob merges another one, and CI brings a build to dev.",
            who: "Bob",
            acts: &[
                Act::Git(&["switch", "-q", "-c", "feature/schedule", "develop"]),
                Act::Edit {
                    path: "base/worker.yaml",
                    from: "*/5",
                    to: "*/10",
                },
                Act::Git(&["commit", "-q", "-a", "-m", "Run the worker every ten minutes"]),
                Act::Git(&["switch", "-q", "develop"]),
                Act::Git(&["merge", "-q", "--no-ff", "--no-edit", "feature/schedule"]),
                Act::Git(&["push", "-q", "origin", "develop"]),
                Act::Rakops(&["bump", "api=1.4.2", "--env", "dev", "--push"], 0),
            ],
        },
        Scene {
            why: "By hand: Ann's line needs two more merges. Bob's change rides along, and nobody has listed it. The new\n\
                  \u{20}  version of api does not arrive: the overlay of prd pins one of its own.",
            who: "Ann",
            acts: &[
                Act::Git(&["fetch", "-q", "origin"]),
                Act::Git(&["switch", "-q", "staging"]),
                Act::Git(&["merge", "-q", "--no-ff", "-m", "Merge develop", "origin/develop"]),
                Act::Git(&["switch", "-q", "main"]),
                Act::Git(&["merge", "-q", "--no-ff", "-m", "Merge staging", "staging"]),
                Act::Git(&["log", "--oneline", "origin/main..main"]),
                Act::Git(&[
                    "grep",
                    "-n",
                    "-A1",
                    "acme/api",
                    "main",
                    "--",
                    "overlays/dev",
                    "overlays/prd",
                ]),
            ],
        },
        Scene {
            why: "She does not push, and takes the merges back.",
            who: "Ann",
            acts: &[
                Act::Git(&["reset", "-q", "--hard", "origin/main"]),
                Act::Git(&["branch", "-q", "-f", "staging", "origin/staging"]),
            ],
        },
        Scene {
            why: "rakops says before what rides along, and which versions change.",
            who: "Ann",
            acts: &[
                Act::Rakops(&["status"], 0),
                Act::Rakops(&["diff", "stg", "prd"], 1),
                Act::Rakops(&["promote", "dev", "stg", "-n"], 0),
            ],
        },
        Scene {
            why: "And one command is the whole train: the commit that dev has now goes on hop by hop, one commit each.\n\
                  \u{20}  With a forge each hop is a pull request, and the same command goes on when it is merged.",
            who: "Ann",
            acts: &[
                Act::Rakops(&["promote", "dev", "stg", "--through", "prd", "--push"], 0),
                Act::Git(&["fetch", "-q", "origin"]),
                Act::Git(&["log", "--oneline", "--first-parent", "origin/main"]),
                Act::Rakops(&["promote", "dev", "stg", "--through", "prd", "--push"], 0),
                Act::Rakops(&["status"], 0),
            ],
        },
        Scene {
            why: "A hotfix on main. Nobody carries it back to the branches before.",
            who: "Bob",
            acts: &[
                Act::Git(&["switch", "-q", "main"]),
                Act::Git(&["merge", "-q", "--ff-only", "origin/main"]),
                Act::Edit {
                    path: "base/worker.yaml",
                    from: "restartPolicy: Never",
                    to: "restartPolicy: OnFailure",
                },
                Act::Git(&["commit", "-q", "-a", "-m", "Let the worker try again"]),
                Act::Git(&["push", "-q", "origin", "main"]),
            ],
        },
        Scene {
            why: "rakops names it, with the command that carries it back.",
            who: "Bob",
            acts: &[
                Act::Rakops(&["drift"], 1),
                Act::Rakops(&["promote", "prd", "stg", "--backport", "--push"], 0),
                Act::Rakops(&["promote", "prd", "dev", "--backport", "--push"], 0),
                Act::Rakops(&["drift"], 0),
            ],
        },
    ],
    next: &[
        "bump api=1.5.0 --env dev --push --offline",
        "promote dev stg -n --offline",
        "rollback prd -n",
    ],
};
