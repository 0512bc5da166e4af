//! The first look of commands that only read: the work tree, or with `--repo` the default branch of a remote repository.

use std::path::PathBuf;

use clap::Args;

use super::Context;
use super::landing::{Speaker, TokenArgs, forge, manner_of};
use crate::error::{Error, Hint};
use crate::git::cache::Filtered;
use crate::git::child::stop_all;
use crate::git::names::{BranchName, RemoteUrl};
use crate::git::program::Git;
use crate::git::remote::{PrePush, Remote};
use crate::landing::back_off::Bounds;
use crate::ops::land::{Ground, Place};
use crate::ops::standing::{self, Standing, Tips};
use crate::ops::world::World;
use crate::ui;
use crate::ui::progress::Step;

/// Where environments are read.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Reading")]
pub(super) struct ReadArgs {
    /// Read the branches that are here, and fetch nothing
    #[arg(long)]
    local: bool,

    /// The remote to read from (origin if absent)
    #[arg(long, value_name = "NAME")]
    remote: Option<String>,
}

/// Looks at the repository that the command is about.
///
/// # Errors
/// As [`World::look`] and [`Ground::open`].
pub(super) fn world(context: &Context) -> Result<World, Error> {
    match context.place.remote(&context.process)? {
        None => World::look(&context.place.resolve(&context.process)),
        Some(_) => Ok(ground(context)?.look),
    }
}

/// Opens the repository that the command is about, for questions that its history answers, too.
///
/// # Errors
/// As [`Ground::open`].
pub(super) fn ground(context: &Context) -> Result<Ground, Error> {
    ground_at(context, None)
}

/// The same, with `--remote`.
///
/// # Errors
/// As [`Ground::open`].
pub(super) fn ground_at(context: &Context, remote: Option<&str>) -> Result<Ground, Error> {
    ground_of(context, (&post(context)?, remote.unwrap_or("origin")))
}

/// How much history a command reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum History {
    /// What is here: in a shallow clone less is known, and nothing is wrong.
    AsItIs,
    /// All of it: a shallow clone gets the rest.
    Whole,
}

/// Reads the tips of all environments' branches, and hands them to a command that only looks.
///
/// # Errors
/// As [`Ground::open`] and [`standing::read`]; as the command.
pub(super) fn standing<T>(
    context: &Context,
    (args, history): (&ReadArgs, History),
    command: &dyn Fn(&Seen<'_, '_>) -> Result<T, Error>,
) -> Result<T, Error> {
    standing_with(context, &post(context)?, (args, history), command)
}

/// The same, with a way to the forge that was made before.
///
/// # Errors
/// As [`standing()`].
pub(super) fn standing_with<T>(
    context: &Context,
    post: &forge::Post<'_>,
    (args, history): (&ReadArgs, History),
    command: &dyn Fn(&Seen<'_, '_>) -> Result<T, Error>,
) -> Result<T, Error> {
    let ground = ground_of(context, (post, args.remote.as_deref().unwrap_or("origin")))?;
    ui::on_interrupt(ground.sweeper());
    // Branches that may be old are read in its place only where there is none and nobody named one.
    if ground.remote.is_none() && !args.local {
        let named = Remote::named(&ground.git, args.remote.as_deref().unwrap_or("origin"));
        named
            .map(|_| ())
            .or_else(|error| match error.code == "no-remote" && args.remote.is_none() {
                true => Ok(()),
                false => Err(error),
            })?;
    }
    let tips = match (args.local, &ground.remote) {
        (false, Some(_)) => Tips::Remote,
        (true, _) => Tips::Local,
        (false, None) => {
            context.ui.talk("there is no remote: the branches here are read");
            Tips::Local
        }
    };
    if args.local {
        context.ui.talk("reading local branches");
    }
    let step = context.ui.begin("reading branches", None);
    let usual = match tips {
        Tips::Remote => standing::default_branch(&ground)?,
        Tips::Local => standing::local_branch(&ground)?,
    };
    let standing = standing::read(&ground, (&usual, tips))?;
    let speaker = Speaker { context };
    let branches: Vec<BranchName> = standing.branches.values().cloned().collect();
    if history == History::Whole {
        ground.whole_history(&speaker, (&branches, tips))?;
    }
    drop(step);
    let read: Vec<String> = standing
        .environments
        .list
        .iter()
        .filter_map(|it| Some(format!("{} {}", it.name, standing.tips.get(&it.name)?.short())))
        .collect();
    context.ui.talk(format!("reading {}", read.join(", ")));
    command(&Seen {
        ground: &ground,
        standing: &standing,
        post,
        is_local: tips == Tips::Local,
    })
}

/// What a command that only looks is handed.
pub(super) struct Seen<'s, 'c> {
    pub(super) ground: &'s Ground,
    pub(super) standing: &'s Standing,
    /// For what the forge may add.
    pub(super) post: &'s forge::Post<'c>,
    /// Whether the branches here were read.
    pub(super) is_local: bool,
}

fn post(context: &Context) -> Result<forge::Post<'_>, Error> {
    let token_file = context.process.variable("RAKOPS_TOKEN_FILE").map(PathBuf::from);
    forge::Post::new(
        context,
        &TokenArgs {
            token_file,
            ..TokenArgs::default()
        },
    )
}

/// The same, with a way to the forge that was made before.
///
/// # Errors
/// As [`Ground::open`].
pub(super) fn ground_of(context: &Context, (post, remote): (&forge::Post<'_>, &str)) -> Result<Ground, Error> {
    let at = context.place.resolve(&context.process);
    ui::on_interrupt(Box::new(stop_all));
    let repo = context.place.remote(&context.process)?;
    let step = begin_opening(context, repo.as_ref());
    let ground = Ground::open(
        &Place {
            at: &at,
            repo: repo.clone(),
            cache: context.process.cache().join("repos"),
            histories: context.process.cache().join("histories"),
            remote,
            pre_push: PrePush::Run,
            token: &|git: &Git, url: &RemoteUrl| post.token_for_git(git, url),
            manner: manner_of(context),
            bounds: Bounds::default(),
            progress: &Speaker { context },
            run: context.process.run_id(),
        },
        None,
    )
    .map_err(|mut error| {
        // What is said there is for those who write.
        if error.code == "no-repository" && context.place.repo.is_none() {
            error.hints.retain(|hint| !matches!(hint, Hint::Say(_)));
        }
        error
    })?;
    end_opening(step, repo.as_ref());
    tell_unfiltered(context, &ground);
    if context.place.repo.is_some() {
        context.ui.detail(format!(
            "looking at {}",
            ground.look.branches.default.as_deref().unwrap_or_default()
        ));
    }
    Ok(ground)
}

/// Begins the step of opening the repository: one that is only remote is fetched.
pub(super) fn begin_opening<'c>(context: &'c Context, repo: Option<&RemoteUrl>) -> Step<'c> {
    match repo {
        Some(url) => context.ui.begin(&format!("fetching {}", url.shown()), None),
        None => context.ui.begin("opening the repository", None),
    }
}

/// Ends it; a checkout that is opened is not worth a line.
pub(super) fn end_opening(step: Step<'_>, repo: Option<&RemoteUrl>) {
    if let Some(url) = repo {
        step.ended(&format!("fetched {}", url.shown()));
    }
}

/// Says that more was fetched than was asked for, where the server cannot do otherwise.
pub(super) fn tell_unfiltered(context: &Context, ground: &Ground) {
    if ground.filtered == Some(Filtered::No) {
        context
            .ui
            .talk("the server sends whole trees only: all files of the branch were fetched");
    }
}
