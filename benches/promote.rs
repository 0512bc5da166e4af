//! Promotion in large repositories and over long histories: `cargo bench --bench promote`.
//!
//! `benches/make_promotion.sh` makes 1,000 apps in three environments (trunk), and a history of 50,000 commits of which some
//! 2,000 are not shared by two branches (fan-out, chain). Beside each figure stands what a script of plain git takes for the
//! nearest thing in the same run: it says less, and nothing that rakops knows of versions, reverts and edited picks.
//!
//! A budget that is missed is printed as `MISSED` and fails nothing: machines that run this are noisy.
#![expect(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a benchmark prints figures"
)]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

const ROUNDS: usize = 3;

fn main() {
    let place = std::env::temp_dir().join("rakops-bench-promote");
    let _ = fs::remove_dir_all(&place);
    fs::create_dir_all(&place).unwrap();
    let identity = "[user]\n\tname = Bench\n\temail = bench@example.invalid\n";
    fs::write(place.join("gitconfig"), identity).unwrap();
    let bench = Bench { place };
    for landings in [2, 500] {
        for store in [Store::Packed, Store::Loose] {
            bench.trunk(landings, store);
        }
    }
    bench.branches();
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

    fn make(&self, shape: &str, count: usize) -> PathBuf {
        let into = self.place.join(shape);
        let made = Command::new("benches/make_promotion.sh")
            .arg(&into)
            .args([shape, &count.to_string()])
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

    /// Races rakops against a script in one tree, interleaved.
    fn race(&self, (what, tree): (&str, &Path), race: &Race<'_>) {
        let (mut rakops, mut git) = (Vec::new(), Vec::new());
        for _ in 0..ROUNDS {
            let mut command = self.command(env!("CARGO_BIN_EXE_rakops"), tree);
            rakops.push(time(command.args(race.args)));
            let mut command = self.command("sh", tree);
            // The last word of what is measured is the pair of branches.
            let pair = what.rsplit(' ').next().unwrap_or(what);
            git.push(time(command.env("X", pair).args(["-c", race.script])));
        }
        tell(what, race, (&mut rakops, &mut git));
    }

    /// 1,000 apps in three environments of one branch.
    fn trunk(&self, landings: usize, store: Store) {
        let tree = self.make("trunk", landings);
        let stored = match store {
            Store::Packed => "packed",
            Store::Loose => {
                self.unpack(&tree);
                "loose"
            }
        };
        let what = format!("1000 apps, {landings} landings, {stored}");
        let plan = Race {
            name: "plan",
            args: &["promote", "stg", "prd", "--local", "--commit", "-n"],
            script: COMPARE,
            bar: Some(Duration::from_millis(1500)),
        };
        self.race((&what, &tree), &plan);
        let status = Race {
            name: "status",
            args: &["status", "--local"],
            script: STATUS,
            bar: Some(Duration::from_secs(1)),
        };
        self.race((&what, &tree), &status);
        self.land((&what, &tree));
    }

    /// Lands the promotion really, and once more after it was taken away again.
    fn land(&self, (what, tree): (&str, &Path)) {
        let race = Race {
            name: "landing",
            args: &["promote", "stg", "prd", "--onto", "main", "--local", "--commit", "-y"],
            script: COPY,
            bar: None,
        };
        let start = self.git(tree, &["rev-parse", "main"]);
        let (mut rakops, mut by_hand) = (Vec::new(), Vec::new());
        let mut commits = String::new();
        for _ in 0..ROUNDS {
            // Onto a branch that is not checked out.
            self.git(tree, &["switch", "--quiet", "--detach"]);
            let mut command = self.command(env!("CARGO_BIN_EXE_rakops"), tree);
            rakops.push(time(command.args(race.args)));
            commits = self.git(tree, &["rev-list", "--count", &format!("{start}..main")]);
            self.git(tree, &["switch", "--quiet", "--discard-changes", "-C", "main", &start]);
            let mut command = self.command("sh", tree);
            by_hand.push(time(command.args(["-c", race.script])));
            self.git(tree, &["reset", "--quiet", "--hard", &start]);
        }
        tell(what, &race, (&mut rakops, &mut by_hand));
        let verdict = if commits == "1" { "met" } else { "MISSED" };
        println!("promote: {what}: landed as {commits} commits (bar 1, {verdict})");
    }

    /// Makes loose objects of packed ones.
    fn unpack(&self, tree: &Path) {
        let mut command = self.command("sh", tree);
        let script = "mv .git/objects/pack .git/packed && mkdir .git/objects/pack &&
            cat .git/packed/*.pack | git unpack-objects -q && rm -rf .git/packed";
        time(command.args(["-c", script]));
    }

    /// 50,000 commits, about 2,000 of which are not shared.
    fn branches(&self) {
        let tree = self.make("branches", 48_000);
        let drift = |pair| {
            let drift = Race {
                name: "drift",
                args: &["drift", "--local"],
                script: DRIFT,
                bar: Some(Duration::from_secs(3)),
            };
            self.git(&tree, &["switch", "--quiet", &format!("main-{pair}")]);
            self.race((&format!("50000 commits, {pair}"), &tree), &drift);
        };
        ["picks", "merged", "silent", "some", "chain"]
            .into_iter()
            .for_each(drift);
        for (pair, script) in [("some", CARRY), ("chain", MERGE)] {
            self.git(&tree, &["switch", "--quiet", &format!("main-{pair}")]);
            let plan = Race {
                name: "plan",
                args: &["promote", "stg", "prd", "--local", "--commit", "-n"],
                script,
                bar: None,
            };
            self.race((&format!("50000 commits, {pair}"), &tree), &plan);
        }
    }
}

fn tell(what: &str, race: &Race<'_>, (rakops, git): (&mut [Duration], &mut [Duration])) {
    let (rakops, git) = (median(rakops), median(git));
    let times = rakops.as_secs_f64() / git.as_secs_f64();
    let bar = match race.bar {
        None => "no bar".to_owned(),
        Some(bar) => format!(
            "bar {:.1} s, {}",
            bar.as_secs_f64(),
            if rakops < bar { "met" } else { "MISSED" }
        ),
    };
    println!(
        "promote: {what}: {} {:.2} s, a script of git {:.2} s: {times:.1} x ({bar})",
        race.name,
        rakops.as_secs_f64(),
        git.as_secs_f64()
    );
}

/// How long a command takes. `drift` ends with 1 where it finds something.
fn time(command: &mut Command) -> Duration {
    let start = Instant::now();
    let status = command.status().unwrap();
    let took = start.elapsed();
    assert!(matches!(status.code(), Some(0 | 1)), "{command:?}");
    took
}

fn median(times: &mut [Duration]) -> Duration {
    times.sort();
    times[times.len() / 2]
}
