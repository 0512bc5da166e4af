//! The first look of commands that only read: the work tree, or with `--repo` the default branch of a remote repository.

use std::path::PathBuf;

use super::Context;
use super::landing::{Speaker, TokenArgs, forge, manner_of};
use crate::error::Error;
use crate::git::cache::Filtered;
use crate::git::names::RemoteUrl;
use crate::git::program::Git;
use crate::git::remote::PrePush;
use crate::landing::back_off::Bounds;
use crate::ops::land::{Ground, Place};
use crate::ops::world::World;

/// Looks at the repository that the command is about.
///
/// # Errors
/// As [`World::look`] and [`Ground::open`].
pub(super) fn world(context: &Context) -> Result<World, Error> {
    if context.place.remote(&context.process)?.is_none() {
        return World::look(&context.place.resolve(&context.process));
    }
    Ok(ground(context)?.look)
}

/// Opens the repository that the command is about, for questions that its history answers, too.
///
/// # Errors
/// As [`Ground::open`].
pub(super) fn ground(context: &Context) -> Result<Ground, Error> {
    let at = context.place.resolve(&context.process);
    let repo = context.place.remote(&context.process)?;
    let is_remote = repo.is_some();
    let token_file = context.process.variable("RAKOPS_TOKEN_FILE").map(PathBuf::from);
    let post = forge::Post::new(
        context,
        &TokenArgs {
            token_file,
            ..TokenArgs::default()
        },
    )?;
    let ground = Ground::open(
        &Place {
            at: &at,
            repo,
            cache: context.process.cache().join("repos"),
            histories: context.process.cache().join("histories"),
            remote: "origin",
            pre_push: PrePush::Run,
            token: &|git: &Git, url: &RemoteUrl| post.token_for_git(git, url),
            manner: manner_of(context),
            bounds: Bounds::default(),
            progress: &Speaker { context },
            run: context.process.run_id(),
        },
        None,
    )?;
    tell_unfiltered(context, &ground);
    if is_remote {
        context.ui.detail(format!(
            "looking at {}",
            ground.look.branches.default.as_deref().unwrap_or_default()
        ));
    }
    Ok(ground)
}

/// Says that more was fetched than was asked for, where the server cannot do otherwise.
pub(super) fn tell_unfiltered(context: &Context, ground: &Ground) {
    if ground.filtered == Some(Filtered::No) {
        context
            .ui
            .talk("the server sends whole trees only: all files of the branch were fetched");
    }
}
