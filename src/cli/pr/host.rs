//! The forge of the repository that a command works on: of a checkout, or of `--repo`.

use clap::Args;

use crate::cli::landing::forge::Post;
use crate::cli::landing::{TokenArgs, manner_of};
use crate::cli::{Context, look};
use crate::config::model::Config;
use crate::error::{Error, Kind};
use crate::git::open::find_root;
use crate::git::program::Git;
use crate::git::remote::Remote;
use crate::ops::pull_request::Desk;
use crate::ops::world::World;

/// Which forge, and who asks.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Forge options")]
pub(crate) struct HostArgs {
    /// The remote whose forge is meant
    #[arg(long, value_name = "NAME", default_value = "origin", env = "RAKOPS_REMOTE")]
    remote: String,

    #[command(flatten)]
    token: TokenArgs,
}

impl HostArgs {
    /// Whether the token comes by standard input, so that nothing else can.
    pub(crate) fn takes_stdin(&self) -> bool {
        self.token.token_stdin
    }
}

/// Opens the forge of the repository that the command works on, and does `work` there.
pub(crate) fn with_desk<T>(
    context: &Context,
    args: &HostArgs,
    work: impl FnOnce(&Desk<'_>) -> Result<T, Error>,
) -> Result<T, Error> {
    let post = Post::new(context, &args.token)?;
    let place = context.place.resolve(&context.process);
    let manner = manner_of(context);
    if let Some(url) = context.place.remote(&context.process)? {
        let git = Git::new(&place.directory, manner);
        let mut remote = Remote::at(url);
        remote.token = post.token_for_git(&git, remote.url());
        let host = match post.open(remote.url(), &Config::default()) {
            Ok(host) => host,
            // What its host does not tell, its own configuration may.
            Err(error) if error.kind == Kind::Config => {
                let config = look::world(context)?.loaded.config;
                config.forge.as_ref().ok_or(error)?;
                post.open(remote.url(), &config)?
            }
            Err(error) => return Err(error),
        };
        return work(&Desk::of_remote(host, (&git, remote)));
    }
    let world = World::look(&place)?;
    let root = find_root(&place.directory).ok_or_else(|| {
        Error::new(
            Kind::NotFound,
            "no-repository",
            "there is no git repository here, so no forge either",
        )
    })?;
    let git = Git::new(&root, manner);
    let remote = Remote::named(&git, &args.remote)?;
    let host = post.open(remote.url(), &world.loaded.config)?;
    work(&Desk::of_checkout(host, (&git, remote), &world))
}
