//! From landing flags to a landing, for every command that writes.
//!
//! Start reading at [`land()`].

mod args;
pub(super) mod forge;
mod said;

pub(super) use args::{LandingArgs, MergeMethod, TokenArgs, Usual};
pub(super) use said::{branch, document, has_changed, say, warnings};

use std::path::PathBuf;

use super::{Context, ci, look};
use crate::change::intent::Source;
use crate::change::progress::Progress;
use crate::config::model::{self, Config};
use crate::error::{Error, Hint, Kind};
use crate::forge::{Host, Method, Stage};
use crate::git::child::stop_all;
use crate::git::credentials::GitToken;
use crate::git::names::{BranchName, RemoteUrl};
use crate::git::objects::Who;
use crate::git::program::{Git, Manner, MayAsk};
use crate::git::remote::PrePush;
use crate::git::write::Sign;
use crate::landing::back_off::Bounds;
use crate::landing::pull_request::{Approved, Lacking, Unchecked, Wishes};
use crate::landing::{Authorship, Landed, MergesItself};
use crate::ops::land::{self, Ancestry, Ground, How, Order, Place, Protected, Work};
use crate::ui;
use crate::ui::prompt::{self, Question};

impl LandingArgs {
    /// How the change lands; none is the work tree.
    fn how(&self, (usual, unchecked): (Usual, Unchecked)) -> Option<How> {
        match (self.commit, self.push, self.pr, usual) {
            (true, _, _, _) => Some(How::Commit),
            (_, true, _, _) => Some(How::Push),
            (_, _, true, _) | (false, false, false, Usual::PullRequest) => {
                Some(How::PullRequest(Box::new(self.wishes(unchecked))))
            }
            (false, false, false, Usual::WorkTree) => None,
        }
    }

    /// Refuses flags of a landing or a pull request where there is none.
    ///
    /// # Errors
    /// [`Kind::Usage`], naming what is missing.
    pub(super) fn refuse_dangling(&self, usual: Usual) -> Result<(), Error> {
        match self.dangling(usual) {
            None => Ok(()),
            Some((flag, needs)) => Err(Error::new(
                Kind::Usage,
                "usage",
                format!("`{flag}` needs {needs}, which was not given"),
            )
            .hint(Hint::Flag("--pr".into(), "opens a pull request".into()))),
        }
    }

    fn wishes(&self, unchecked: Unchecked) -> Wishes {
        let request = &self.request;
        Wishes {
            title: request.title.clone(),
            body: request.body.clone(),
            labels: request.label.clone(),
            reviewers: request.reviewer.clone(),
            stage: if request.draft { Stage::Draft } else { Stage::Ready },
            merges_itself: if request.auto_merge {
                MergesItself::Asked
            } else {
                MergesItself::No
            },
            method: request.merge_method.map(|method| match method {
                MergeMethod::Merge => Method::Merge,
                MergeMethod::Squash => Method::Squash,
                MergeMethod::Rebase => Method::Rebase,
            }),
            approved: if request.update {
                Approved::MayChange
            } else {
                Approved::Stays
            },
            lacking: if request.strict { Lacking::Error } else { Lacking::Said },
            unchecked,
            wait: request.wait,
            own_base: crate::landing::branch_name::OwnBase::Yes,
        }
    }

    /// Says whether anything is to land in git, or is looked at there: `--repo` reads commits, too.
    ///
    /// # Errors
    /// [`Kind::Usage`] for `--source` without either: nothing would be recorded, and nothing compared.
    pub(super) fn leaves_the_work_tree(&self, context: &Context) -> Result<bool, Error> {
        self.refuse_dangling(Usual::WorkTree)?;
        let leaves = self.commit || self.push || self.pr || context.place.repo.is_some();
        if leaves || self.source.is_none() {
            return Ok(leaves);
        }
        Err(Error::new(
            Kind::Usage,
            "source-without-commit",
            "`--source` is recorded in a commit, and an edit of the work tree makes none",
        )
        .hint(Hint::Flag("--commit".into(), "commits to the branch here".into()))
        .hint(Hint::Flag("--push".into(), "commits and pushes it".into()))
        .hint(Hint::Flag("--pr".into(), "opens a pull request".into())))
    }
}

/// Refuses to write where there is no work tree, and no way to land that needs none was named.
///
/// # Errors
/// [`Kind::Usage`], naming `--push` and `--pr`.
fn refuse_nowhere(context: &Context) -> Error {
    let url = context.place.repo.as_deref().unwrap_or_default();
    let shown = crate::text::secret::redact(url).into_owned();
    Error::new(
        Kind::Usage,
        "nowhere-to-land",
        format!("`--repo {shown}` has no work tree to edit and no branch to commit to: say how the change lands"),
    )
    .hint(Hint::Flag("--push".into(), "commits and pushes it".into()))
    .hint(Hint::Flag("--pr".into(), "opens a pull request".into()))
    .hint(Hint::Flag("-n".into(), "only shows it".into()))
}

/// What a command does once the repository is open.
type Landing<'a> = dyn Fn(&Ground, &Lander<'_>) -> Result<Vec<Landed>, Error> + 'a;

/// A command that is to land, with its flags.
pub(super) struct Asked<'a> {
    pub(super) landing: &'a LandingArgs,
    pub(super) token: &'a TokenArgs,
    pub(super) allow_protected: Protected,
    pub(super) unchecked: Unchecked,
    /// How it lands where no flag says it.
    pub(super) usual: Usual,
}

/// Opens the repository, calls `command` with it, and lands what that makes.
///
/// `command` is called again where somebody lands without a pull request after all: what it has asked it has to remember.
///
/// # Errors
/// As landing.
pub(super) fn land(context: &Context, asked: &Asked<'_>, command: &Landing<'_>) -> Result<Vec<Landed>, Error> {
    let error = match land_as(context, asked, command) {
        Err(error) if error.code == "protected" && context.ui.can_prompt() => error,
        landed => return landed,
    };
    // `-y` is not enough here: whoever means it types the name.
    let Some(name) = error.message.rsplit('`').nth(1).map(str::to_owned) else {
        return Err(error);
    };
    let text = format!("{}; type `{name}` to land without one:", error.message);
    let question = Question {
        text: &text,
        instead: error.hints.clone(),
    };
    match prompt::input(&context.ui, &question)? {
        Some(typed) if typed == name => {
            context.typed.flag("--allow", "protected");
            let allowed = Asked {
                allow_protected: Protected::Allowed,
                ..*asked
            };
            land_as(context, &allowed, command)
        }
        _ => Err(prompt::cancelled()),
    }
}

fn land_as(context: &Context, asked: &Asked<'_>, command: &Landing<'_>) -> Result<Vec<Landed>, Error> {
    let args = asked.landing;
    args.refuse_dangling(asked.usual)?;
    let mut how = args.how((asked.usual, asked.unchecked));
    let dry_run = context.manner.dry_run;
    if (how.is_none() && !dry_run) || (args.commit && context.place.repo.is_some()) {
        return Err(refuse_nowhere(context));
    }
    let speaker = Speaker { context };
    let post = forge::Post::new(context, asked.token)?;
    let manner = manner_of(context);
    // Before anything is started: what git does must not go on without us.
    ui::on_interrupt(Box::new(stop_all));
    let at = context.place.resolve(&context.process);
    let git_token = |git: &Git, url: &RemoteUrl| post.token_for_git(git, url);
    let place = Place {
        at: &at,
        repo: context.place.remote(&context.process)?,
        cache: context.process.cache().join("repos"),
        histories: context.process.cache().join("histories"),
        remote: args.remote.as_deref().unwrap_or("origin"),
        pre_push: if args.no_verify { PrePush::Skip } else { PrePush::Run },
        token: &git_token,
        manner,
        bounds: bounds(args),
        progress: &speaker,
        run: context.process.run_id(),
    };
    let is_said = args.commit || args.push || args.pr;
    let step = look::begin_opening(context, place.repo.as_ref());
    let ground = match Ground::open(&place, how.as_ref()) {
        // What is only shown needs no remote.
        Err(error) if error.code == "no-remote" && dry_run && !is_said => {
            how = Some(How::Commit);
            Ground::open(&place, how.as_ref())?
        }
        Err(error) if error.code == "no-remote" && !is_said => {
            return Err(error.hint(Hint::Flag("--commit".into(), "lands on the branches here".into())));
        }
        opened => opened?,
    };
    look::end_opening(step, place.repo.as_ref());
    look::tell_unfiltered(context, &ground);
    ui::on_interrupt(ground.sweeper());
    let source = match &args.source {
        Some(text) => Some(Source::parse(text)?),
        None => ci::source(&context.process).filter(|source| !is_of(&ground, source)),
    };
    let open_forge = |ground: &Ground, config: &Config| match &ground.remote {
        Some(remote) => post.open(remote.url(), config),
        None => Err(Error::new(
            Kind::NotFound,
            "no-remote",
            "there is no remote to open a pull request at",
        )),
    };
    let order = Order {
        // A dry run plans as a push would: on what the remote has.
        how: how.clone().unwrap_or(How::Push),
        onto: args.onto.as_deref().map(BranchName::parse).transpose()?,
        message: args.message.clone(),
        authorship: authorship(context, args, &ground)?,
        bounds: bounds(args),
        // Only shown, and not said how it lands: that may be by a pull request.
        protected: match how {
            None => Protected::Allowed,
            Some(_) => asked.allow_protected,
        },
        source,
        run: ci::run(&context.process),
        forge: &open_forge,
        progress: &speaker,
    };
    let host = match (&order.source, &ground.remote) {
        // Whoever has no checkout of what was built asks the forge which commit is newer.
        (Some(_), Some(remote)) => post.open(remote.url(), &ground.look.loaded.config).ok(),
        _ => None,
    };
    let here = Git::new(&context.process.directory, manner_of(context));
    let lander = Lander {
        context,
        order,
        here,
        host,
        histories: context.process.cache().join("histories"),
        token: &git_token,
    };
    command(&ground, &lander)
}

/// Tells whether the repository that something lands in is the one that was built: then its commit says nothing.
fn is_of(ground: &Ground, source: &Source) -> bool {
    let remote = ground.remote.as_ref();
    remote.is_some_and(|remote| source.is_of(remote.url().repository()))
}

/// Lands what a command plans, or shows it with `--dry-run`.
pub(super) struct Lander<'a> {
    context: &'a Context,
    pub(super) order: Order<'a>,
    here: Git,
    host: Option<Host<'a>>,
    /// Where the histories of sources are kept.
    histories: PathBuf,
    token: &'a dyn Fn(&Git, &RemoteUrl) -> Option<GitToken>,
}

impl Lander<'_> {
    /// Lands, or shows.
    ///
    /// # Errors
    /// As landing.
    pub(super) fn run(&self, ground: &Ground, work: &Work<'_>) -> Result<Vec<Landed>, Error> {
        let _step = self.context.ui.begin("landing", None);
        let mut order = self.order.like();
        if let How::PullRequest(wishes) = &mut order.how {
            wishes.own_base = land::own_base(ground, &self.order, work)?;
        }
        match self.context.manner.dry_run {
            true => land::preview(ground, &order, work),
            false => land::run(ground, &order, work),
        }
    }

    /// Shows what would land.
    ///
    /// # Errors
    /// As planning.
    pub(super) fn preview(&self, ground: &Ground, work: &Work<'_>) -> Result<Vec<Landed>, Error> {
        land::preview(ground, &self.order, work)
    }

    /// Who can tell which of two builds is newer.
    pub(super) fn ancestry(&self) -> Ancestry<'_> {
        Ancestry {
            git: &self.here,
            forge: self.host.as_ref(),
            cache: self.histories.clone(),
            token: self.token,
            progress: self.order.progress,
        }
    }
}

pub(super) fn manner_of(context: &Context) -> Manner {
    let may_ask = match context.ui.can_prompt() {
        true => MayAsk::Yes,
        false => MayAsk::No,
    };
    context.process.git_manner(may_ask)
}

fn bounds(args: &LandingArgs) -> Bounds {
    let usual = Bounds::default();
    Bounds {
        attempts: args.retries.map_or(usual.attempts, |retries| retries.saturating_add(1)),
        time: args.timeout.unwrap_or(usual.time),
    }
}

/// Who commits: flag, the branch's configuration, git's own, the bot of the CI.
fn authorship(context: &Context, args: &LandingArgs, ground: &Ground) -> Result<Authorship, Error> {
    let commit = &ground.look.loaded.config.commit;
    let author = args.author.as_ref().or(commit.author.as_ref());
    let sign = match (args.sign, args.no_sign, commit.sign) {
        (true, _, _) => Sign::Always,
        (_, true, _) => Sign::Never,
        (_, _, Some(model::Sign::Always)) => Sign::Always,
        (_, _, Some(model::Sign::Never)) => Sign::Never,
        _ => Sign::AsConfigured,
    };
    Ok(Authorship {
        author: author.map(|text| Who::parse(text)).transpose()?,
        fallback: ci::bot(&context.process),
        sign,
    })
}

/// Shows what goes on while something lands.
pub(super) struct Speaker<'a> {
    pub(super) context: &'a Context,
}

impl Progress for Speaker<'_> {
    fn doing(&self, what: &str) {
        if what.starts_with("pushing") {
            self.context.process.let_the_other_go_first();
        }
        self.context.ui.now_doing(what);
        self.context.ui.detail(what);
    }

    fn say(&self, line: &str) {
        self.context.ui.talk(line);
    }

    fn detail(&self, line: &str) {
        self.context.ui.detail(line);
    }
}
