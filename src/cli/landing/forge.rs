//! The forge that a command speaks with: its client, its tokens, and who says where it is.

use std::io::Read;
use std::time::Duration;

use super::{TokenArgs, manner_of};
use crate::cli::Context;
use crate::config::model::Config;
use crate::config::user::ForgeLogin;
use crate::error::{Error, Kind};
use crate::forge::{self, Door, Host, Kept, Login, NamedBy, Tokens, Wanted};
use crate::git::credentials::{self, GitToken};
use crate::git::gh;
use crate::git::names::{RemoteUrl, Scheme};
use crate::git::program::Git;
use crate::http::Http;
use crate::text::secret::Secret;

/// How long one request may take, and how long a forge that is busy is waited for.
const REQUEST_LIMIT: Duration = Duration::from_secs(60);
const PATIENCE: Duration = Duration::from_secs(120);

/// Says a line to whoever waits.
type Say<'a> = Box<dyn Fn(&str) + Sync + 'a>;
/// Asks git's own credential helpers.
type AskGit<'a> = Box<dyn Fn(&RemoteUrl) -> Option<(String, Secret)> + Sync + 'a>;

/// Is shown every answer of the forge.
type Keep<'a> = Box<dyn Fn(&Kept<'_>) + Sync + 'a>;

/// Asks `gh` for the token of a host.
type AskGh<'a> = Box<dyn Fn(&str) -> Option<Secret> + Sync + 'a>;

/// Everything that speaking with a forge needs; made once per command.
pub(in crate::cli) struct Post<'a> {
    context: &'a Context,
    http: Http,
    given: Option<Secret>,
    logins: Vec<Login>,
    say: Say<'a>,
    ask_git: AskGit<'a>,
    ask_gh: AskGh<'a>,
    keep: Option<Keep<'a>>,
}

impl<'a> Post<'a> {
    /// Reads the token, where a flag says from where.
    ///
    /// # Errors
    /// As reading the file; [`Kind::Usage`] if it holds nothing.
    pub(in crate::cli) fn new(context: &'a Context, args: &TokenArgs) -> Result<Post<'a>, Error> {
        let mut http = Http::new(REQUEST_LIMIT);
        if let Some(file) = &args.ca_file {
            let path = context.process.directory.join(file);
            let shown = file.display().to_string();
            let pem = std::fs::read(path).map_err(|cause| Error::files(&shown, "cannot read", &cause))?;
            http = http.trusting(&pem)?;
        }
        let git = Git::new(&context.place.resolve(&context.process).directory, manner_of(context));
        Ok(Post {
            context,
            http,
            given: token(context, args)?,
            logins: logins(context)?,
            say: Box::new(|line| context.ui.talk(line)),
            ask_gh: Box::new(move |host| gh::token(&manner_of(context), host)),
            ask_git: Box::new(move |url| credentials::fill(&git, url).ok().flatten()),
            keep: None,
        })
    }

    /// The same; `keep` is shown every answer of the forge as it comes.
    pub(in crate::cli) fn keeping(mut self, keep: impl Fn(&Kept<'_>) + Sync + 'a) -> Post<'a> {
        self.keep = Some(Box::new(keep));
        self
    }

    fn door(&self) -> Door<'_> {
        Door {
            http: &self.http,
            say: &*self.say,
            tokens: Tokens {
                variables: self.context.process.variables(),
                given: self.given.as_ref(),
                git: Some(&*self.ask_git),
                logins: &self.logins,
                gh: Some(&*self.ask_gh),
            },
            patience: PATIENCE,
            keep: self.keep.as_deref(),
        }
    }

    /// Opens the forge of a remote, as the configuration of a branch there says.
    ///
    /// # Errors
    /// As [`forge::open`].
    pub(in crate::cli) fn open(&self, remote: &RemoteUrl, config: &Config) -> Result<Host<'_>, Error> {
        let said = config.forge.clone();
        let of =
            |part: fn(&crate::config::model::Forge) -> &Option<String>| said.as_ref().and_then(|it| part(it).clone());
        let wanted = Wanted {
            kind: of(|it| &it.kind),
            url: of(|it| &it.url),
            named_by: NamedBy::Repository,
            repository: of(|it| &it.repository),
            token_env: of(|it| &it.token_env),
            token_by: NamedBy::Repository,
        };
        let host = forge::open(self.door(), remote, &wanted)?;
        self.context.ui.detail(format!(
            "{}, repository {}, token from {}",
            host.title(),
            host.repository(),
            host.token_source().unwrap_or("nowhere")
        ));
        Ok(host)
    }

    /// A token for git over http, where rakops was given one and git has none in force. The forge is that of the address
    /// alone: no file of the repository has a say in where the token goes.
    pub(in crate::cli) fn token_for_git(&self, git: &Git, remote: &RemoteUrl) -> Option<GitToken> {
        if !matches!(remote.scheme(), Scheme::Https | Scheme::Http) || !self.has_token() {
            return None;
        }
        if credentials::has_header(git, remote).unwrap_or(true) || remote.has_userinfo() {
            return None;
        }
        match self.open(remote, &Config::default()) {
            Ok(host) => host.token_for_git().map(|(user, token)| GitToken { user, token }),
            Err(error) => {
                let why = error.message;
                self.context.ui.detail(format!("no token is handed to git: {why}"));
                None
            }
        }
    }

    /// Whether rakops was given a token at all: nobody is asked who an unknown host is, only to find that there is none.
    fn has_token(&self) -> bool {
        let is_token =
            |name: &String| name.ends_with("_TOKEN") || name.ends_with("_PAT") || name.ends_with("_PASSWORD");
        self.given.is_some() || !self.logins.is_empty() || self.context.process.variables().keys().any(is_token)
    }
}

/// What the user's own file says about forges.
///
/// # Errors
/// As reading that file.
pub(in crate::cli) fn logins(context: &Context) -> Result<Vec<Login>, Error> {
    let login = |it: ForgeLogin| Login {
        host: it.host,
        kind: it.kind,
        url: it.url,
        token_env: it.token_env,
    };
    Ok(context.process.user()?.forges.into_iter().map(login).collect())
}

/// The token that a flag says where to read.
fn token(context: &Context, args: &TokenArgs) -> Result<Option<Secret>, Error> {
    let mut text = String::new();
    let shown = match &args.token_file {
        Some(file) => {
            let path = context.process.directory.join(file);
            let shown = file.display().to_string();
            text = std::fs::read_to_string(path).map_err(|cause| Error::files(&shown, "cannot read", &cause))?;
            shown
        }
        None if args.token_stdin => {
            let shown = "standard input".to_owned();
            std::io::stdin()
                .read_to_string(&mut text)
                .map_err(|cause| Error::files(&shown, "cannot read", &cause))?;
            shown
        }
        None => return Ok(None),
    };
    match text.trim() {
        "" => Err(Error::new(Kind::Usage, "no-token", format!("`{shown}` holds no token"))),
        token if token.contains(char::is_whitespace) => Err(Error::new(
            Kind::Usage,
            "token",
            "a token is one word, and what was given is not",
        )),
        token => Ok(Some(Secret::new(token))),
    }
}
