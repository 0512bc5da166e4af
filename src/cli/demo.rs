//! `rakops demo`: a walk through a sandbox.

mod play;

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use clap::Args;

use super::context::Process;
use super::init::Strategy;
use super::landing::manner_of;
use super::{Context, Outcome};
use crate::error::Error;
use crate::git::program::Git;
use crate::ops::demo::{self, Sandbox};
use crate::ui::{Ui, style};

/// Play with a small shop repository in a temporary directory
///
/// Builds the sandbox, runs the commands that a person and an application's CI would run, shows what each prints and
/// what it changed, and tells where the sandbox is, so that you can go on by yourself. With a strategy: shows what is hard
/// about it with git alone, and then what rakops does there.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  rakops demo
  rakops demo fan-out         a forgotten merge, found and carried
  rakops demo chain           a train of merges in one command, and a hotfix carried back
  rakops demo trunk           a change of base/, tried environment by environment
  rakops demo --into /tmp     where to build the sandbox")]
pub(super) struct DemoArgs {
    /// Walk through promotions under this strategy instead
    #[arg(value_enum)]
    strategy: Option<Strategy>,

    /// Build the sandbox below this directory instead of the temporary one
    #[arg(long, value_name = "DIR", value_hint = clap::ValueHint::DirPath)]
    into: Option<PathBuf>,
}

/// What happens to the files after a command has been shown.
#[derive(Clone, Copy, PartialEq, Eq)]
enum After {
    /// The command changes nothing.
    Nothing,
    /// Its changes are shown, and kept as a commit.
    Diff,
    /// The message of the commit that it pushed is shown.
    Message,
    /// The first lines of the last commits are shown.
    Log,
}

/// Stands for the address of the remote.
const URL: &str = "URL";

/// One step of the walk.
struct Step {
    /// What to say before.
    why: &'static str,
    /// What to type behind `rakops`.
    words: &'static [&'static str],
    /// How it ends.
    code: u8,
    after: After,
}

const STEPS: &[Step] = &[
    Step {
        why: "Which images are there, and which environments do their files reach?",
        words: &["images"],
        code: 0,
        after: After::Nothing,
    },
    Step {
        why: "A new build of api goes to dev. One line changes; its comment stays where it is.",
        words: &["bump", "api=1.4.2", "--env", "dev"],
        code: 0,
        after: After::Diff,
    },
    Step {
        why: "stg pins no web yet, and base/ belongs to everybody: an entry is added, in the style of the file.",
        words: &["bump", "web=2.1.0", "--env", "stg"],
        code: 0,
        after: After::Diff,
    },
    Step {
        why: "1.10 without quotes would be the number 1.1. The quotes that are there stay.",
        words: &["bump", "worker=1.10", "--env", "dev"],
        code: 0,
        after: After::Diff,
    },
    Step {
        why: "Nobody ships to production by leaving a flag out.",
        words: &["bump", "api=1.5.0"],
        code: 3,
        after: After::Nothing,
    },
    Step {
        why: "And nobody lowers a version by accident.",
        words: &["bump", "api=1.3.9", "--env", "prd"],
        code: 3,
        after: After::Nothing,
    },
    Step {
        why: "A mistyped name.",
        words: &["bump", "wbe=2.1.0", "--env", "stg"],
        code: 5,
        after: After::Nothing,
    },
    Step {
        why: "A look before the leap: every environment at once, as a diff that git apply takes.",
        words: &["bump", "ghcr.io/acme/api:1.5.0", "--all", "-n"],
        code: 0,
        after: After::Nothing,
    },
    Step {
        why: "Any value of any YAML file, by its path. The octal mode five lines below is not touched.",
        words: &[
            "yaml",
            "set",
            "base/web.yaml",
            "spec.template.spec.containers[name=web].image=ghcr.io/acme/web:2.1.0",
        ],
        code: 0,
        after: After::Diff,
    },
    Step {
        why: "What is understood here without any configuration?",
        words: &["config", "show"],
        code: 0,
        after: After::Nothing,
    },
];

const LANDINGS: &[Step] = &[
    Step {
        why: "A build of api has pushed its image, and brings it to dev. What it was built from goes into the commit.",
        words: &[
            "bump",
            "api=1.4.3",
            "--env",
            "dev",
            "--repo",
            URL,
            "--push",
            "--source",
            "shop/api@4f0c2f1d9a",
        ],
        code: 0,
        after: After::Message,
    },
    Step {
        why: "The next build is about to push, and somebody else is quicker. It is planned again on what they left.",
        words: &[
            "bump",
            "api=1.4.4",
            "--env",
            "dev",
            "--repo",
            URL,
            "--push",
            "--source",
            "shop/api@8c2a6e04b7",
        ],
        code: 0,
        after: After::Log,
    },
    Step {
        why: "An older build finishes late. The newer version stays, and that is no failure.",
        words: &[
            "bump",
            "api=1.4.3",
            "--env",
            "dev",
            "--repo",
            URL,
            "--push",
            "--source",
            "shop/api@4f0c2f1d9a",
        ],
        code: 0,
        after: After::Nothing,
    },
    Step {
        why: "The last environment is protected: nothing is pushed there by accident.",
        words: &["bump", "api=1.4.4", "--env", "prd", "--repo", URL, "--push"],
        code: 3,
        after: After::Nothing,
    },
    Step {
        why: "That is where --pr opens a pull request. No forge is behind a directory: -n shows what it would hold.",
        words: &["bump", "api=1.4.4", "--env", "prd", "--repo", URL, "--pr", "-n"],
        code: 0,
        after: After::Nothing,
    },
];

/// The landing that loses a race, and what the other pushes in between.
const CONTESTED: usize = 1;
const OTHER: &[&str] = &["bump", "worker=1.11", "--env", "dev", "--repo", URL, "--push"];

pub(super) fn run(context: &Context, args: DemoArgs) -> Result<Outcome, Error> {
    let ui = &context.ui;
    let parent = match args.into {
        Some(directory) => context.process.directory.join(directory),
        None => context.process.temporary(),
    };
    let parent = std::fs::canonicalize(&parent).unwrap_or(parent);
    if let Some(strategy) = args.strategy {
        let played = play::run(context, (strategy.name(), &parent))?;
        say_where_it_is(context);
        return Ok(played);
    }
    let sandbox = demo::build(&parent)?;
    let walk = Walk {
        context,
        url: format!("file://{}", sandbox.remote.display()),
        sandbox,
    };
    let (shop, remote) = (walk.sandbox.shop.display(), walk.sandbox.remote.display());
    ui.data(format!("A small shop has been built in {shop}\n"))?;
    for (number, step) in (1..).zip(STEPS) {
        walk.step(number, step)?;
    }
    let git = Git::new(&walk.sandbox.home, manner_of(context)).with_variables(walk.variables("rakops demo"));
    match demo::publish(&git, &walk.sandbox) {
        Ok(()) => {
            ui.data(format!(
                "\nSo far everything stayed in the work tree. Now the shop has a remote, in {remote},\n\
                 and the CI of an application works on it from another directory, with no checkout.\n",
            ))?;
            for (number, step) in (1 + STEPS.len()..).zip(LANDINGS) {
                walk.step(number, step)?;
            }
        }
        Err(error) => ui.warn(&error),
    }
    play::let_anybody_commit(context, &walk.sandbox.shop);
    let program = context.process.program();
    ui.data(format!(
        "\nThe sandbox is yours. Go on playing:\n\n  cd {}\n  git pull\n  git log --stat\n  {} bump web=2.2.0 --env prd\n",
        typed(&[&shop.to_string()]),
        typed(&[&program]),
    ))?;
    say_where_it_is(context);
    Ok(Outcome::Done)
}

/// Says how the program is found by its name, where it is not.
fn say_where_it_is(context: &Context) {
    if context.process.program() != "rakops" {
        let note = "\nnote: `rakops` is not on PATH yet; `cargo install --path .` in its source puts it there";
        context.ui.talk(note);
    }
}

/// The walk through one sandbox.
struct Walk<'a> {
    context: &'a Context,
    sandbox: Sandbox,
    /// The address of the remote.
    url: String,
}

impl Walk<'_> {
    /// Says what comes, runs it, and shows what it did.
    fn step(&self, number: usize, step: &Step) -> Result<(), Error> {
        let ui = &self.context.ui;
        let words = self.words(step.words);
        let line = command(&words);
        let heading = style::paint(style::HEADING, &format!("{number}. {}", step.why));
        ui.styled(&format!("\n{heading}\n"))?;
        ui.styled(&format!("{}\n", style::paint(style::NOTE, &format!("$ {line}"))))?;
        let mut process = self.process(step.words.contains(&URL), "Application CI");
        let other = Arc::new(AtomicBool::new(true));
        if LANDINGS
            .get(CONTESTED)
            .is_some_and(|contested| std::ptr::eq(contested, step))
        {
            other.store(false, Ordering::Relaxed);
            process = self.contested(process, &other);
        }
        let code = super::execute(process, argv(&words));
        if code != 0 {
            ui.data(format!("(exit {code})\n"))?;
        }
        if code != step.code || !other.load(Ordering::Relaxed) {
            let expected = step.code;
            let message = format!("step {number} of the walk, `{line}`, ended with {code} instead of {expected}");
            return Err(Error::bug(message));
        }
        self.after(step.after, &line)
    }

    fn after(&self, after: After, line: &str) -> Result<(), Error> {
        let ui = &self.context.ui;
        let typed = |line: &str| ui.styled(&format!("{}\n", style::paint(style::NOTE, &format!("$ {line}"))));
        match after {
            After::Nothing => Ok(()),
            After::Diff => {
                typed("git diff")?;
                ui.styled(&style::diff(&demo::changes(&self.sandbox.shop)?))?;
                demo::keep(&self.sandbox.shop, line)
            }
            After::Message => {
                typed("git -C ../manifests.git log -1 --format=%B")?;
                ui.data(demo::messages(&self.sandbox, 1)?.concat())
            }
            After::Log => {
                typed("git -C ../manifests.git log -3 --format=%s")?;
                let messages = demo::messages(&self.sandbox, 3)?;
                let subjects = messages.iter().filter_map(|message| message.lines().next());
                ui.data(subjects.map(|subject| format!("{subject}\n")).collect::<String>())
            }
        }
    }

    /// The process of a step: a person's in the shop, or that of a CI system somewhere else.
    fn process(&self, lands: bool, who: &str) -> Process {
        let directory = match lands {
            true => self.sandbox.application.clone(),
            false => self.sandbox.shop.clone(),
        };
        let colour = self.context.ui.colour();
        self.context
            .process
            .step_of_walk(directory, colour, &self.variables(who))
    }

    /// Lets somebody else push right before this process does; `done` tells that it went well.
    fn contested(&self, process: Process, done: &Arc<AtomicBool>) -> Process {
        let (other, words) = (self.process(true, "Somebody Else"), self.words(OTHER));
        let done = Arc::clone(done);
        process.and_meanwhile(move || {
            let line = format!("(meanwhile, somebody else) $ {}", command(&words));
            let shown = Ui::new(other.facts()).styled(&format!("{}\n", style::paint(style::NOTE, &line)));
            let code = super::execute(other, argv(&words));
            done.store(shown.is_ok() && code == 0, Ordering::Relaxed);
        })
    }

    fn variables(&self, who: &str) -> Vec<(String, String)> {
        variables(&self.sandbox.home, who)
    }

    fn words(&self, words: &[&str]) -> Vec<String> {
        let word = |word: &&str| match *word {
            URL => self.url.clone(),
            word => word.to_owned(),
        };
        words.iter().map(word).collect()
    }
}

/// What a step is told besides: who it is, and to keep away from what is the user's.
fn variables(home: &Path, who: &str) -> Vec<(String, String)> {
    let cache = home.join("cache").display().to_string();
    let address = format!("{}@example.com", who.to_lowercase().replace(' ', "-"));
    let pairs = [
        ("XDG_CACHE_HOME", cache.as_str()),
        ("GIT_CONFIG_GLOBAL", "/dev/null"),
        ("GIT_CONFIG_NOSYSTEM", "1"),
        ("GIT_CONFIG_COUNT", "0"),
        ("GIT_CONFIG_PARAMETERS", ""),
        ("GIT_AUTHOR_NAME", who),
        ("GIT_AUTHOR_EMAIL", &address),
        ("GIT_COMMITTER_NAME", who),
        ("GIT_COMMITTER_EMAIL", &address),
    ];
    pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec()
}

fn owned(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

fn argv(words: &[String]) -> Vec<OsString> {
    let program = OsString::from("rakops");
    [program].into_iter().chain(words.iter().map(OsString::from)).collect()
}

fn command(words: &[String]) -> String {
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    format!("rakops {}", typed(&words))
}

/// Words as a shell takes them.
fn typed(words: &[&str]) -> String {
    let quote = |word: &&str| {
        if word.contains(['[', ' ', '*', '$', '&', ';', '(']) {
            format!("'{word}'")
        } else {
            (*word).to_owned()
        }
    };
    words.iter().map(quote).collect::<Vec<_>>().join(" ")
}
