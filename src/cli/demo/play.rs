//! `rakops demo STRATEGY`: plays one script in a sandbox of its own.

use super::{argv, command, owned, typed, variables};
use crate::cli::landing::manner_of;
use crate::cli::{Context, Outcome};
use crate::config::model::StrategyName;
use crate::error::Error;
use crate::git::program::Git;
use crate::ops::demo::script::{self, Act, Scene, Script};
use crate::ops::demo::{Sandbox, chain, fan_out, trunk};
use crate::ui::style;

/// When the first thing happens, in seconds since 1970: a Monday in January 2026, 09:00 UTC. The clock of a script stands still but for
/// a [`STEP`] with each act, so that it tells the same ids and ages on every day.
const START: i64 = 1_767_603_600;

/// Seconds between two acts.
const STEP: i64 = 3600;

/// A script while it is played.
struct Play<'a> {
    context: &'a Context,
    sandbox: Sandbox,
    /// Seconds since 1970.
    clock: i64,
}

pub(super) fn run(context: &Context, (strategy, parent): (StrategyName, &std::path::Path)) -> Result<Outcome, Error> {
    let script = match strategy {
        StrategyName::FanOut => &fan_out::SCRIPT,
        StrategyName::Chain => &chain::SCRIPT,
        StrategyName::Trunk => &trunk::SCRIPT,
    };
    let git = Git::new(parent, manner_of(context)).with_variables(at(START, (parent, "Ann")));
    let sandbox = script::build(parent, script, &git)?;
    let shop = sandbox.shop.display().to_string();
    let ui = &context.ui;
    ui.data(format!(
        "{}\nA shop of this kind has been built in {shop}\n",
        script.opening
    ))?;
    let mut play = Play {
        context,
        sandbox,
        clock: START,
    };
    for (number, scene) in (1..).zip(script.scenes) {
        play.scene(number, scene)?;
    }
    let_anybody_commit(context, &play.sandbox.shop);
    ui.data(closing(context, script, &shop))?;
    Ok(Outcome::Done)
}

/// Lets the one who goes on playing commit: where git does not know who that is, in this sandbox it does.
pub(super) fn let_anybody_commit(context: &Context, shop: &std::path::Path) {
    let git = Git::new(shop, manner_of(context));
    for (key, value) in [("user.name", "Somebody"), ("user.email", "somebody@example.com")] {
        if git.config(key).is_none() {
            // Who cannot write here learns that from git, with the next commit.
            let _ = git.run(&["config", key, value], None, &[]);
        }
    }
}

fn closing(context: &Context, script: &Script, shop: &str) -> String {
    let program = context.process.program();
    let next = script
        .next
        .iter()
        .map(|words| format!("  {} {words}\n", typed(&[&program])));
    format!(
        "\nThe sandbox is yours. Go on playing:\n\n  cd {}\n{}",
        typed(&[shop]),
        next.collect::<String>()
    )
}

impl Play<'_> {
    /// Says what comes, and does it.
    fn scene(&mut self, number: usize, scene: &Scene) -> Result<(), Error> {
        let heading = style::paint(style::HEADING, &format!("{number}. {}", scene.why));
        self.context.ui.styled(&format!("\n{heading}\n"))?;
        for act in scene.acts {
            self.clock += STEP;
            self.act(act, scene.who)?;
        }
        Ok(())
    }

    fn act(&self, act: &Act, who: &str) -> Result<(), Error> {
        let ui = &self.context.ui;
        let note = |line: String| ui.styled(&format!("{}\n", style::paint(style::NOTE, &line)));
        let variables = at(self.clock, (&self.sandbox.home, who));
        match act {
            Act::Edit { path, from, to } => {
                note(format!("({who} edits {path}: `{from}` becomes `{to}`)"))?;
                script::edit(&self.sandbox.shop, path, (from, to))
            }
            Act::Git(words) => {
                note(format!("$ git {}", typed(words)))?;
                let git = Git::new(&self.sandbox.shop, manner_of(self.context)).with_variables(variables);
                ui.data(script::run(&git, words)?)
            }
            Act::Rakops(words, expected) => {
                let words = owned(words);
                let line = command(&words);
                note(format!("$ {line}"))?;
                let (shop, colour) = (self.sandbox.shop.clone(), ui.colour());
                let process = self.context.process.step_of_walk(shop, colour, &variables);
                let code = crate::cli::execute(process, argv(&words));
                if code != 0 {
                    ui.data(format!("(exit {code})\n"))?;
                }
                if code == *expected {
                    return Ok(());
                }
                let message = format!("`{line}` in the walk ended with {code} instead of {expected}");
                Err(Error::bug(message))
            }
        }
    }
}

/// What an act is told besides: who it is, when it is, and to keep away from what is the user's.
fn at(clock: i64, (home, who): (&std::path::Path, &str)) -> Vec<(String, String)> {
    let mut all = variables(home, who);
    let date = format!("@{clock} +0000");
    let more = [
        ("SOURCE_DATE_EPOCH", clock.to_string()),
        ("GIT_AUTHOR_DATE", date.clone()),
        ("GIT_COMMITTER_DATE", date),
        ("GIT_PAGER", "cat".to_owned()),
        ("COLUMNS", "80".to_owned()),
    ];
    all.extend(more.map(|(name, value)| (name.to_owned(), value)));
    all
}
