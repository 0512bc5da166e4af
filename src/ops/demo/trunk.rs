//! The walk through `trunk`: a change of `base/` that would reach every cluster at once, and its trial.

use super::script::{Act, Scene, Script};

const CONFIG: &str = "strategy: trunk
environments:
- {name: dev, path: overlays/dev}
- {name: stg, path: overlays/stg}
- {name: prd, path: overlays/prd, protected: false}   # the sandbox has no forge for pull requests
";

pub(crate) static SCRIPT: Script = Script {
    opening: "trunk: one branch, main. Environments are directories, overlays/<env>, and base/ is what they share.\n\
              What is hard: a change of base/ reaches all clusters at once.\n",
    files: &[
        ("rakops.yaml", CONFIG),
        ("argocd/dev.yaml", include_str!("argocd/dev.yaml")),
        ("argocd/stg.yaml", include_str!("argocd/stg.yaml")),
        ("argocd/prd.yaml", include_str!("argocd/prd.yaml")),
    ],
    branches: &[],
    scenes: &[
        Scene {
            why: "Ann changes base/ on a branch of its own.",
            who: "Ann",
            acts: &[
                Act::Git(&["switch", "-q", "-c", "feature/log", "main"]),
                Act::Edit {
                    path: "base/api.yaml",
                    from: "value: \"info\"",
                    to: "value: \"warn\"",
                },
                Act::Git(&["commit", "-q", "-a", "-m", "Log warnings only"]),
                Act::Git(&["push", "-q", "origin", "feature/log"]),
                Act::Git(&["switch", "-q", "main"]),
            ],
        },
        Scene {
            why: "By hand: all clusters follow main and build on base/. Once merged, production has it in the same minute\n\
                  \u{20}  as dev. To try it, somebody has to edit these lines, cluster by cluster, and to remember to edit them back.",
            who: "Ann",
            acts: &[
                Act::Git(&["diff", "--stat", "main...feature/log"]),
                Act::Git(&["grep", "-n", "base", "main", "--", "overlays"]),
                Act::Git(&["grep", "-n", "targetRevision", "main", "--", "argocd"]),
            ],
        },
        Scene {
            why: "rakops says what it reaches, and in a pull request the check fails as long as nobody has tried it.",
            who: "Ann",
            acts: &[
                Act::Rakops(&["impact", "feature/log"], 0),
                Act::Rakops(&["check", "main...feature/log"], 1),
            ],
        },
        Scene {
            why: "The trial begins: the cluster of dev follows the branch. With a forge, that is a pull request.",
            who: "Ann",
            acts: &[
                Act::Rakops(&["track", "dev", "feature/log", "--push"], 0),
                Act::Rakops(&["status"], 0),
            ],
        },
        Scene {
            why: "dev is well. The trial moves on to stg, by the command that promotes everything else, too.",
            who: "Ann",
            acts: &[Act::Rakops(&["promote", "dev", "stg", "--push"], 0)],
        },
        Scene {
            why: "stg is well. At the last environment one commit merges the branch, and switches dev and stg back.",
            who: "Ann",
            acts: &[
                Act::Rakops(&["promote", "stg", "prd", "--push"], 0),
                Act::Git(&["pull", "-q", "--ff-only"]),
                Act::Git(&["log", "--oneline", "--graph"]),
                Act::Git(&["diff", "--stat", "HEAD~1", "HEAD"]),
                Act::Rakops(&["track", "--list"], 0),
            ],
        },
        Scene {
            why: "A change of one overlay needs no trial. A version goes from directory to directory, and leaves none out.",
            who: "Ann",
            acts: &[
                Act::Rakops(&["bump", "api=1.4.2", "--env", "dev", "--push"], 0),
                Act::Rakops(&["promote", "dev", "prd", "api", "--push"], 3),
                Act::Rakops(&["promote", "dev", "stg", "api", "--push"], 0),
                Act::Rakops(&["promote", "stg", "prd", "api", "--push"], 0),
                Act::Rakops(&["status"], 0),
            ],
        },
    ],
    next: &["diff stg prd", "promote dev stg -n", "rollback prd -n"],
};
