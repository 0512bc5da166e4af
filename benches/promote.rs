//! Promotion in large repositories and over long histories: `cargo bench --bench promote`.
//!
//! `benches/make_promotion.sh` makes 1,000 apps in three environments (trunk), and a history of 50,000 commits of which some
//! 2,000 are not shared by two branches (fan-out, chain). Beside each figure stands what a script of plain git takes for the
//! nearest thing in the same run: it says less, and nothing that rakops knows of versions, reverts and edited picks.
//!
//! A bar that is missed is printed as `MISSED` and fails nothing: machines that run this are noisy.
#![expect(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a benchmark prints figures"
)]

#[expect(dead_code, unused_imports, reason = "shared by all benchmarks")]
mod measure;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use measure::{Bar, Effort, Growth, Row, Table, Times, ratio, run, shown};

const ROUNDS: usize = 5;
const HOW: &str = "From commits, whole processes, in turn with a script of git; medians. 1,000 apps have three environments each on one branch (trunk); of 50,000 commits \
    about 2,000 are not shared by two branches, in five shapes (`benches/make_promotion.sh` says which). The scripts say less than rakops \
    does: they know nothing of versions, reverts and edited picks. A first `drift` begins with no cache, the next one is the same command again. `git merge-tree` \
    is part of the script beside a plan of `chain`.";

fn main() {
    let place = std::env::temp_dir().join("rakops-bench-promote");
    let _ = fs::remove_dir_all(&place);
    fs::create_dir_all(&place).unwrap();
    let identity = "[user]\n\tname = Bench\n\temail = bench@example.invalid\n";
    fs::write(place.join("gitconfig"), identity).unwrap();
    let table = Table::begin("promote", "`status`, `promote` and `drift`", HOW);
    let bench = Bench {
        place,
        table,
        rounds: Effort::asked().rounds(ROUNDS),
    };
    let tenth = bench.trunk((100, 2), Store::Packed);
    let mut plans = Vec::new();
    for landings in [2, 500] {
        for store in [Store::Packed, Store::Loose] {
            plans.push(bench.trunk((1_000, landings), store));
        }
    }
    let [(plan, status), ..] = plans[..] else {
        unreachable!()
    };
    for (work, times) in [("promote --commit -n", (tenth.0, plan)), ("status", (tenth.1, status))] {
        bench.table.growth(&Growth {
            of: "apps (100 -> 1,000)",
            work,
            times,
            bar: None,
        });
    }
    let tenth = bench.branches(3_000, &["merged", "chain"]);
    let whole = bench.branches(48_000, &["merged", "chain", "picks", "silent", "some"]);
    for (pair, from, to) in [("merged", tenth[0], whole[0]), ("chain", tenth[1], whole[1])] {
        let of = "commits, 2,000 of them not shared (5,000 -> 50,000)";
        let first = format!("drift, {pair}, nothing in the cache");
        bench.table.growth(&Growth {
            of,
            work: &first,
            times: (from.first, to.first),
            bar: None,
        });
        let again = format!("drift, {pair}, again");
        bench.table.growth(&Growth {
            of,
            work: &again,
            times: (from.again, to.again),
            bar: Some(1.5),
        });
        bench.table.growth(&Growth {
            of,
            work: &format!("the script of git, {pair}"),
            times: (from.git, to.git),
            bar: None,
        });
    }
    fs::remove_dir_all(&bench.place).unwrap();
}

/// How the objects are stored.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Store {
    Packed,
    Loose,
}

struct Bench {
    place: PathBuf,
    table: Table,
    rounds: usize,
}

/// Times of `drift`, and of the script beside it.
#[derive(Clone, Copy)]
struct Drifts {
    first: Duration,
    again: Duration,
    git: Duration,
}

/// What is compared: its name, the arguments of rakops, the script of git, and how long rakops may take.
struct Race<'a> {
    name: &'a str,
    args: &'a [&'a str],
    script: &'a str,
    bar: Option<Duration>,
}

/// The versions of two environments side by side, and a commit that copies them, as one would do it by hand.
const COMPARE: &str =
    "tags() { git grep newTag main -- \"apps/*/*/overlays/$1/kustomization.yaml\" | sed \"s,overlays/$1/,,\" | sort; }
tags stg >stg.tags; tags prd >prd.tags; diff stg.tags prd.tags; rm stg.tags prd.tags; true";
const COPY: &str = "awk '
    { app = FILENAME; sub(/(stg|prd)\\/[^\\/]*$/, \"\", app) }
    /newTag:/ && FILENAME ~ /stg/ { tag[app] = $0 }
    FILENAME ~ /prd/ { text[FILENAME] = text[FILENAME] (/newTag:/ ? tag[app] : $0) \"\\n\" }
    END { for (file in text) { printf \"%s\", text[file] >file; close(file) } }
' apps/*/*/overlays/stg/kustomization.yaml apps/*/*/overlays/prd/kustomization.yaml
git commit --quiet --all --message promote";
/// The versions of all environments, and which commit touched which file.
const STATUS: &str = "git grep newTag main -- 'apps/*/*/overlays/*/kustomization.yaml'
git log --first-parent --format='%h %ct' --name-only main -- apps";
/// What each side lacks of the other by its patches.
const DRIFT: &str = "git log --cherry-pick --right-only --no-merges --oneline main-$X...staging-$X
git log --cherry-pick --left-only --no-merges --oneline main-$X...staging-$X";
/// Each missing feature as its own diff, one commit each.
const CARRY: &str =
    "git switch --quiet --detach main-$X; git cherry main-$X staging-$X | sed -n 's/^+ //p' | while read -r commit; do
    git cherry-pick --allow-empty --keep-redundant-commits \"$commit\" || git cherry-pick --skip
done; git switch --quiet main-$X";
const MERGE: &str = "git merge-tree --write-tree main-$X staging-$X; git log --oneline main-$X..staging-$X; git diff main-$X staging-$X";

impl Bench {
    fn command(&self, program: &str, directory: &Path) -> Command {
        let mut command = Command::new(program);
        command
            .env("HOME", &self.place)
            .env("GIT_CONFIG_GLOBAL", self.place.join("gitconfig"))
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .env("RAKOPS_OFFLINE", "1")
            .env("XDG_CACHE_HOME", self.place.join("cache"))
            .env("XDG_CONFIG_HOME", self.place.join("config"))
            .current_dir(directory)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        command
    }

    fn make(&self, words: &[&str]) -> PathBuf {
        let into = self.place.join(words.first().unwrap());
        let made = Command::new("benches/make_promotion.sh")
            .arg(&into)
            .args(words)
            .status();
        assert!(made.unwrap().success(), "benches/make_promotion.sh failed");
        into
    }

    fn git(&self, tree: &Path, words: &[&str]) -> String {
        let mut command = self.command("git", tree);
        let output = command.args(words).stdout(Stdio::piped()).output().unwrap();
        assert!(output.status.success(), "git {}", words.join(" "));
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }

    fn rakops(&self, tree: &Path, words: &[&str]) -> Duration {
        // `drift` ends with 1 where it finds something.
        run(self.command(env!("CARGO_BIN_EXE_rakops"), tree).args(words), &[0, 1])
    }

    /// `pair` is the pair of branches, where there is one.
    fn script(&self, (tree, pair): (&Path, &str), script: &str) -> Duration {
        run(self.command("sh", tree).env("X", pair).args(["-c", script]), &[0, 1])
    }

    /// Races rakops against a script in one tree, interleaved.
    fn race(&self, (what, pair, tree): (&str, &str, &Path), race: &Race<'_>) -> Duration {
        let (mut rakops, mut git) = (Times::default(), Times::default());
        for _ in 0..self.rounds {
            rakops.push(self.rakops(tree, race.args));
            git.push(self.script((tree, pair), race.script));
        }
        self.tell(what, race, (rakops.median(), git.median()));
        rakops.median()
    }

    fn tell(&self, what: &str, race: &Race<'_>, (rakops, git): (Duration, Duration)) {
        self.table.row(&Row {
            work: &format!("{}: {what}", race.name),
            measured: &format!("time, median of {}", self.rounds),
            rakops: shown(rakops),
            peers: format!("a script of git {}", shown(git)),
            ratio: format!("{:.2} x", ratio(rakops, git)),
            bar: race.bar.map_or(Bar::None, |bar| {
                Bar::of(format!("≤ {:.1} s", bar.as_secs_f64()), || rakops <= bar)
            }),
        });
    }

    /// So many apps in three environments of one branch. Returns the times of a plan and of `status`.
    fn trunk(&self, (apps, landings): (usize, usize), store: Store) -> (Duration, Duration) {
        let tree = self.make(&["trunk", &landings.to_string(), &apps.to_string()]);
        let stored = match store {
            Store::Packed => "packed",
            Store::Loose => {
                self.unpack(&tree);
                "loose"
            }
        };
        let what = format!("{apps} apps, {landings} landings, {stored}");
        let half = Some(Duration::from_millis(500));
        let plan = Race {
            name: "`promote stg prd --commit -n`",
            args: &["promote", "stg", "prd", "--local", "--commit", "-n"],
            script: COMPARE,
            bar: half,
        };
        let plan = self.race((&what, "", &tree), &plan);
        let status = Race {
            name: "`status`",
            args: &["status", "--local"],
            script: STATUS,
            bar: half,
        };
        let status = self.race((&what, "", &tree), &status);
        if apps == 1_000 {
            self.land((&what, &tree));
        }
        (plan, status)
    }

    /// Lands the promotion really, and once more after it was taken away again.
    fn land(&self, (what, tree): (&str, &Path)) {
        let race = Race {
            name: "`promote stg prd --commit`",
            args: &["promote", "stg", "prd", "--onto", "main", "--local", "--commit", "-y"],
            script: COPY,
            bar: None,
        };
        let start = self.git(tree, &["rev-parse", "main"]);
        let (mut rakops, mut by_hand) = (Times::default(), Times::default());
        let mut commits = String::new();
        for _ in 0..self.rounds {
            // Onto a branch that is not checked out.
            self.git(tree, &["switch", "--quiet", "--detach"]);
            rakops.push(self.rakops(tree, race.args));
            commits = self.git(tree, &["rev-list", "--count", &format!("{start}..main")]);
            self.git(tree, &["switch", "--quiet", "--discard-changes", "-C", "main", &start]);
            by_hand.push(self.script((tree, ""), race.script));
            self.git(tree, &["reset", "--quiet", "--hard", &start]);
        }
        assert_eq!(commits, "1", "a promotion lands as one commit");
        self.tell(what, &race, (rakops.median(), by_hand.median()));
    }

    /// Makes loose objects of packed ones.
    fn unpack(&self, tree: &Path) {
        let script = "mv .git/objects/pack .git/packed && mkdir .git/objects/pack &&
            cat .git/packed/*.pack | git unpack-objects -q && rm -rf .git/packed";
        self.script((tree, ""), script);
    }

    /// So many commits before the branches part, and about 2,000 that are not shared. Returns the times of each pair.
    fn branches(&self, shared: usize, pairs: &[&str]) -> Vec<Drifts> {
        let tree = self.make(&["branches", &shared.to_string()]);
        let commits = format!("{} commits", shared + 2_000);
        let times = pairs.iter().map(|pair| {
            self.git(&tree, &["switch", "--quiet", &format!("main-{pair}")]);
            self.drift((&commits, pair, &tree))
        });
        let times = times.collect();
        for (pair, script) in [("some", CARRY), ("chain", MERGE)] {
            if shared < 48_000 {
                continue;
            }
            self.git(&tree, &["switch", "--quiet", &format!("main-{pair}")]);
            let plan = Race {
                name: "`promote stg prd --commit -n`",
                args: &["promote", "stg", "prd", "--local", "--commit", "-n"],
                script,
                bar: None,
            };
            self.race((&format!("{commits}, {pair}"), pair, &tree), &plan);
        }
        times
    }

    fn drift(&self, (commits, pair, tree): (&str, &str, &Path)) -> Drifts {
        let (mut first, mut again, mut git) = (Times::default(), Times::default(), Times::default());
        let words = ["drift", "--local"];
        for _ in 0..self.rounds {
            let _ = fs::remove_dir_all(self.place.join("cache"));
            first.push(self.rakops(tree, &words));
            again.push(self.rakops(tree, &words));
            git.push(self.script((tree, pair), DRIFT));
        }
        let times = Drifts {
            first: first.median(),
            again: again.median(),
            git: git.median(),
        };
        for (name, took) in [
            ("`drift`, nothing in the cache", times.first),
            ("`drift`, again", times.again),
        ] {
            let race = Race {
                name,
                args: &words,
                script: DRIFT,
                bar: Some(Duration::from_millis(1500)),
            };
            self.tell(&format!("{commits}, {pair}"), &race, (took, times.git));
        }
        times
    }
}
