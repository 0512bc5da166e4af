//! `rakops bump`.

mod ask;
mod choose;
mod land;
mod show;

use std::collections::BTreeSet;

use clap::{Args, ValueEnum};

use super::landing::{LandingArgs, TokenArgs};
use super::registries::{self, Effort, RegistryArgs};
use super::{Context, Outcome, ci};
use crate::cli::writing;
use crate::config::model::RuleName;
use crate::error::{Error, Hint, Kind};
use crate::image::{BumpWord, Name, Policy};
use crate::ops::answers::Answers;
use crate::ops::bump::contest::Contest;
use crate::ops::bump::settle::{self, settle};
use crate::ops::bump::verify::{Verify, verify};
use crate::ops::bump::{
    self, BranchRule, BumpRequest, DigestChoice, Digests, Latest, Scope, Shared, Untagged, from_file,
};
use crate::ops::world::World;
use crate::text::time;
use crate::yaml::AliasPolicy;

/// Set the versions of images
///
/// Changes only the bytes of the versions. With no environment named, every site is set, as long as the edit reaches
/// one environment at most; otherwise say which with --env, or --all.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  rakops bump api=1.4.2 --env stg                      one environment
  rakops bump ghcr.io/acme/api:1.4.2@sha256:<digest>   tag and digest move together
  rakops bump api=ghcr.io/acme/api-v2:1.4.2 --all      another repository, too
  rakops bump api=1.4.2 --env stg -n                   only show the diff
  rakops bump api=1.4.2 --env stg --pr                 open or update a pull request
  rakops bump api=1.4.2 --env dev --push --repo URL    from an application's CI, no checkout
  rakops bump --from-file build.json --env dev         what a builder wrote
  rakops bump api --latest --env dev                   the newest that the registry has
  rakops bump --latest --env dev --pr                  of every image with a policy
  rakops bump api=1.4.2 --resolve-digest --env stg     with the digest of that tag")]
pub(super) struct BumpArgs {
    /// IMAGE=VERSION or a whole reference; VERSION is TAG, TAG@DIGEST or DIGEST
    ///
    /// With --latest or --policy: IMAGE alone. Needed but for those two and --from-file; only on a terminal it is asked for if
    /// absent.
    #[arg(value_name = "IMAGE=VERSION")]
    words: Vec<String>,

    /// Set the version in these environments or groups only
    #[arg(short, long, value_name = "ENV", value_delimiter = ',', conflicts_with_all = ["all", "at"])]
    env: Vec<String>,

    /// Set every site, whatever environments it reaches
    #[arg(long)]
    all: bool,

    /// Look only at this file or directory
    #[arg(long, value_name = "PATH", value_hint = clap::ValueHint::AnyPath)]
    path: Vec<String>,

    /// Set the value at this place, such as charts/api/values.yaml:image.tag
    #[arg(long, value_name = "FILE:PATH", conflicts_with = "path")]
    at: Vec<String>,

    /// With --env: also edit files that other environments share
    #[arg(long, requires = "env")]
    base: bool,

    /// Also set images that are written with no version
    #[arg(long)]
    untagged: bool,

    /// Take the digest away where the new version brings none
    #[arg(long, conflicts_with = "resolve_digest")]
    drop_digest: bool,

    /// Ask the registry for the digest of the tag, and write it, too
    #[arg(long)]
    resolve_digest: bool,

    /// Take the newest version that the registry has
    ///
    /// Newest by --policy, else by `images[].policy`, else by SemVer where releases are in use. With no IMAGE: every image
    /// that has a policy. Nothing is ever lowered.
    #[arg(long, conflicts_with = "from_file")]
    latest: bool,

    /// Which versions count, and in which order; implies --latest
    ///
    /// semver:RANGE, calver, numeric, newest or regex:PATTERN, in place of `images[].policy`.
    #[arg(long, value_name = "POLICY", conflicts_with = "from_file")]
    policy: Option<String>,

    /// Write nothing unless the registry says that it is there
    #[arg(long, conflicts_with = "no_verify_image")]
    verify: bool,

    /// Do not ask the registry whether the version is there
    #[arg(long)]
    no_verify_image: bool,

    /// Read images and versions from a builder's file or URL, or - for stdin
    #[arg(long, value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    from_file: Option<String>,

    /// What to do about an alias: change its anchor, or detach it
    #[arg(long, value_name = "HOW", value_enum, default_value_t = Alias::Refuse)]
    alias: Alias,

    /// Lift these rules
    #[arg(long, value_name = "RULE", value_enum, value_delimiter = ',')]
    allow: Vec<Rule>,

    /// Edit the files of this branch even if the environment follows another
    #[arg(long, conflicts_with = "how")]
    here: bool,

    #[command(flatten)]
    registry: RegistryArgs,

    #[command(flatten)]
    landing: LandingArgs,

    #[command(flatten)]
    token: TokenArgs,
}

/// The rules that `bump` knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Rule {
    /// Lowering a version
    Downgrade,
    /// Writing a site that another tool owns
    Owned,
    /// Reaching a protected environment without a pull request
    Protected,
    /// Auto-merge with the token of a CI job, whose pull requests start no checks
    JobToken,
}

/// What to do about a value that is an alias.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Alias {
    /// Refuse
    Refuse,
    /// Change the value that the anchor stands at, and with it every alias
    Definition,
    /// Write the value in place of the alias
    Detach,
}

impl Alias {
    pub(super) fn policy(self) -> AliasPolicy {
        match self {
            Alias::Refuse => AliasPolicy::Refuse,
            Alias::Definition => AliasPolicy::Definition,
            Alias::Detach => AliasPolicy::Detach,
        }
    }
}

pub(super) fn run(context: &Context, args: BumpArgs) -> Result<Outcome, Error> {
    if args.landing.leaves_the_work_tree(context)? {
        return land::land(context, &args);
    }
    let world = World::look(&context.place.resolve(&context.process))?;
    let mut request = request(context, &args)?;
    let say = |line: &str| context.ui.talk(line);
    let registries = open(context, &args, (&world, &request), &say)?;
    let answers = Answers::new(&registries);
    let is_chosen = request.words.is_empty() && request.latest == Latest::No;
    if is_chosen {
        request.words = choose::words(context, (&world, &request), &registries)?;
    }
    let change_set = loop {
        let doing = match args.registry.offline {
            true => "reading files",
            false => "reading files and asking registries",
        };
        let step = context.ui.begin(doing, None);
        let read = || step.advance(1);
        let planned = settle(&world, &request, &answers, &read).and_then(|settled| {
            let mut change_set = bump::plan(&world, &settled, &read)?;
            verify(&mut change_set, &answers, how_verified(&args))?;
            Ok(change_set)
        });
        // A bar must be gone before a question is asked.
        step.done("read", "file");
        match planned {
            Ok(change_set) => break change_set,
            Err(error) => ask::answer(context, error, &mut request)?,
        }
    };
    if is_chosen {
        choose::confirm(context, &change_set)?;
    }
    if !context.manner.dry_run {
        writing::write(&world.snapshot, &change_set)?;
    }
    ci::outputs::tell(context, &[&change_set], &[])?;
    show::plans(context, &[&change_set], &[])?;
    tell_age(context, &answers);
    Ok(if change_set.is_empty() {
        Outcome::Done
    } else {
        Outcome::Changed
    })
}

/// Says how old the tags are that were decided by, where nobody was asked for them.
fn tell_age(context: &Context, answers: &Answers<'_>) {
    if let Some(age) = answers.age() {
        let age = time::age(i64::try_from(age.as_secs()).unwrap_or(i64::MAX));
        let line = format!("versions are as the registry had them {age} ago; it was not asked now");
        context.ui.talk(line);
    }
}

fn how_verified(args: &BumpArgs) -> Verify {
    match (args.verify, args.no_verify_image) {
        (true, _) => Verify::Must,
        (_, true) => Verify::No,
        (false, false) => Verify::IfPossible,
    }
}

/// Opens the registries: with patience where something cannot be done without them.
fn open<'a>(
    context: &'a Context,
    args: &BumpArgs,
    (world, request): (&World, &BumpRequest),
    say: registries::Say<'a>,
) -> Result<crate::registry::Registries<'a>, Error> {
    let effort = match args.verify || settle::needs_answers(world, request) {
        true => Effort::Asked,
        false => Effort::Courtesy,
    };
    let mut how = args.registry.clone();
    // Where nothing will be asked, nothing about registries can be wrong.
    let is_chosen = request.words.is_empty() && request.latest == Latest::No;
    how.offline |= args.no_verify_image && !is_chosen && !settle::needs_answers(world, request);
    registries::open(
        context,
        (&how, args.token.ca_file.as_ref()),
        ((world, world), effort),
        say,
    )
}

fn request(context: &Context, args: &BumpArgs) -> Result<BumpRequest, Error> {
    let latest = match args.latest || args.policy.is_some() {
        true => Latest::Asked,
        false => Latest::No,
    };
    let words = args.words.iter().map(|word| match latest {
        Latest::No => BumpWord::parse(word).map_err(|cause| with_latest(cause.in_word(word), (word, args))),
        Latest::Asked => Ok(BumpWord::without_version(image(word)?)),
    });
    let mut words = words.collect::<Result<Vec<_>, Error>>()?;
    if let Some(file) = &args.from_file {
        let step = context.ui.begin("reading build metadata", None);
        let directory = context.place.resolve(&context.process).directory;
        let read = from_file::read(file, &directory)?;
        step.advance(u32::try_from(read.len()).unwrap_or(u32::MAX));
        step.done("found", "image");
        words.extend(read);
    }
    let scope = match (args.env.is_empty(), args.all) {
        (true, false) => Scope::Unsaid,
        (true, true) => Scope::All,
        (false, _) => Scope::Environments {
            names: args.env.clone(),
            shared: if args.base { Shared::Edit } else { Shared::Keep },
        },
    };
    let allow: BTreeSet<RuleName> = args
        .allow
        .iter()
        .filter_map(|rule| match rule {
            Rule::Downgrade => Some(RuleName::Downgrade),
            Rule::Owned => Some(RuleName::Owned),
            Rule::Protected | Rule::JobToken => None,
        })
        .collect();
    Ok(BumpRequest {
        words,
        scope,
        paths: args.path.clone(),
        at: args.at.clone(),
        untagged: if args.untagged { Untagged::Set } else { Untagged::Report },
        digest: if args.drop_digest {
            DigestChoice::Drop
        } else {
            DigestChoice::Refuse
        },
        latest,
        policy: args.policy.as_deref().map(Policy::parse).transpose()?,
        digests: match args.resolve_digest {
            true => Digests::Asked,
            false => Digests::AsPinned,
        },
        alias: args.alias.policy(),
        allow,
        branch: if args.here { BranchRule::Any } else { BranchRule::Own },
        contest: Contest::default(),
    })
}

/// Reads the image of a word that is to get its newest version.
///
/// # Errors
/// [`Kind::Usage`] if the word says a version.
fn image(word: &str) -> Result<Name, Error> {
    if let Ok(full) = BumpWord::parse(word) {
        let message = format!("`{word}` names a version, and `--latest` finds one itself");
        let name = full.name;
        return Err(Error::new(Kind::Usage, "usage", message).hint(Hint::Run(format!("rakops bump {name} --latest"))));
    }
    Ok(Name::parse(word)?)
}

/// A word that is an image and nothing else may want the newest version.
fn with_latest(error: Error, (word, args): (&str, &BumpArgs)) -> Error {
    let scope = match (args.env.is_empty(), args.all) {
        (false, _) => format!(" --env {}", args.env.join(",")),
        (true, true) => " --all".to_owned(),
        (true, false) => String::new(),
    };
    match Name::parse(word) {
        Ok(name) => error.hint(Hint::Run(format!("rakops bump {name} --latest{scope}"))),
        Err(_) => error,
    }
}
