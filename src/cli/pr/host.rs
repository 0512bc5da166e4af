//! Words that say which forge is meant and who asks there; every command that speaks with a forge has them.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

use crate::cli::Context;
use crate::error::{Error, Kind};
use crate::forge::{Door, Tokens};
use crate::git::credentials;
use crate::git::open::find_root;
use crate::git::program::{Git, Manner, MayAsk};
use crate::http::Http;
use crate::ops::pull_request::{self, Desk};
use crate::ops::world::World;
use crate::text::secret::Secret;

/// How long one request may take.
const REQUEST_LIMIT: Duration = Duration::from_secs(60);
/// How long one call may wait for a forge that wants less.
const PATIENCE: Duration = Duration::from_secs(120);
/// How long one run of git may take.
const GIT_LIMIT: Duration = Duration::from_secs(60);

/// Which forge, and who asks.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Forge options")]
pub(crate) struct HostArgs {
    /// The remote whose forge is meant
    #[arg(long, value_name = "NAME", default_value = "origin", env = "RAKOPS_REMOTE")]
    remote: String,

    /// Read the forge's token from this file
    #[arg(long, value_name = "FILE", env = "RAKOPS_TOKEN_FILE", value_hint = clap::ValueHint::FilePath, conflicts_with = "token_stdin")]
    token_file: Option<PathBuf>,

    /// Read the forge's token from standard input
    #[arg(long)]
    token_stdin: bool,

    /// Trust the certificate authorities of this PEM file, too
    #[arg(long, value_name = "FILE", value_hint = clap::ValueHint::FilePath, env = "RAKOPS_CA_FILE")]
    ca_file: Option<PathBuf>,
}

impl HostArgs {
    /// Whether the token comes by standard input, so that nothing else can.
    pub(crate) fn takes_stdin(&self) -> bool {
        self.token_stdin
    }

    fn token(&self, context: &Context) -> Result<Option<Secret>, Error> {
        let text = match &self.token_file {
            Some(file) => {
                let path = context.process.directory.join(file);
                let shown = file.display().to_string();
                std::fs::read_to_string(path).map_err(|cause| Error::files(shown, "cannot read", &cause))?
            }
            None if self.token_stdin => {
                let mut text = String::new();
                std::io::Read::read_to_string(&mut std::io::stdin(), &mut text)
                    .map_err(|cause| Error::files("standard input", "cannot read", &cause))?;
                text
            }
            None => return Ok(None),
        };
        let token = text.trim();
        if token.is_empty() || token.contains(char::is_whitespace) {
            return Err(Error::new(
                Kind::Usage,
                "token",
                "a token is one word, and what was given is not",
            ));
        }
        Ok(Some(Secret::new(token)))
    }

    fn http(&self, context: &Context) -> Result<Http, Error> {
        let http = Http::new(REQUEST_LIMIT);
        let Some(file) = &self.ca_file else { return Ok(http) };
        let path = context.process.directory.join(file);
        let pem =
            std::fs::read(path).map_err(|cause| Error::files(file.display().to_string(), "cannot read", &cause))?;
        http.trusting(&pem)
    }
}

/// Opens the forge of the repository that the command works on, and does `work` there.
pub(crate) fn with_desk<T>(
    context: &Context,
    args: &HostArgs,
    work: impl FnOnce(&Desk<'_>) -> Result<T, Error>,
) -> Result<T, Error> {
    let place = context.place.resolve(&context.process);
    let world = World::look(&place)?;
    let root = find_root(&place.directory).ok_or_else(|| {
        Error::new(
            Kind::NotFound,
            "no-repository",
            "there is no git repository here, so no forge either",
        )
    })?;
    let may_ask = if context.ui.can_prompt() {
        MayAsk::Yes
    } else {
        MayAsk::No
    };
    let git = Git::new(
        &root,
        Manner {
            may_ask,
            time_limit: GIT_LIMIT,
            variables: context.process.variables().clone(),
        },
    );
    let given = args.token(context)?;
    let http = args.http(context)?;
    let from_git = |url: &_| credentials::fill(&git, url).ok().flatten();
    let say = |line: &str| context.ui.talk(line);
    let logins = crate::cli::landing::forge::logins(context)?;
    let door = Door {
        http: &http,
        say: &say,
        tokens: Tokens {
            variables: context.process.variables(),
            given: given.as_ref(),
            git: Some(&from_git),
            logins: &logins,
        },
        patience: PATIENCE,
    };
    let desk = pull_request::open(&world, door, (&git, &args.remote))?;
    let source = desk.host.token_source().unwrap_or("nowhere");
    context.ui.detail(format!(
        "{}, repository {}, token from {source}",
        desk.host.title(),
        desk.host.repository()
    ));
    work(&desk)
}
