//! `rakops promote`.

mod ask;
pub(super) mod show;
mod train;

use clap::Args;

use super::landing::{self, Asked, Lander, LandingArgs, TokenArgs, Usual};
use super::registries::{self, Effort, RegistryArgs};
use super::rules::{self, Lifted};
use super::{Context, Outcome, ci};
use crate::change::set::ChangeSet;
use crate::config::model::RuleName;
use crate::error::{Error, Kind};
use crate::image::{Name, Repository};
use crate::landing::Landed;
use crate::ops::answers::Answers as OfRegistry;
use crate::ops::land::{Ground, Work};
use crate::ops::promote::open::Supersede;
use crate::ops::promote::{self, PromoteRequest, State};
use crate::ops::standing::Tips;
use crate::strategy::hop::{Ask, Dependencies, Digests, Direction, Names, TargetDigest, Unattended};

/// Make one environment run what another runs
///
/// TO then runs what FROM runs, and nothing else has changed but what the plan lists. What that takes depends on the
/// strategy: versions are copied between directories (trunk), FROM's branch is merged (chain), or the changes that TO's
/// branch lacks are carried one by one (fan-out). A pull request is opened unless another landing is named.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  rakops promote stg prd                    open or update one pull request
  rakops promote stg prd -n                 only show what it would do
  rakops promote stg prd api                this image's version, and nothing else
  rakops promote stg prd --change 42        one change (fan-out)
  rakops promote stg@soaked prd             the newest state that has run long enough
  rakops promote dev --through prd          the whole train, hop by hop (chain)
  rakops promote prd dev --backport         carry a hotfix back (chain)")]
pub(super) struct PromoteArgs {
    /// The environment that runs it, or a state of it: FROM@REV, FROM@soaked
    ///
    /// Needed, as TO is; only on a terminal they are asked for if absent.
    #[arg(value_name = "FROM")]
    from: Option<String>,

    /// The environment or group that is to run it; needed but for --through
    #[arg(value_name = "TO")]
    to: Option<String>,

    /// Carry the versions of these images only
    ///
    /// On a terminal what differs is offered if nothing is named; --all and -y carry all of it.
    #[arg(value_name = "IMAGE", conflicts_with_all = ["change", "all"])]
    images: Vec<String>,

    /// Carry these changes only, by their IDs in the plan (fan-out)
    #[arg(long, value_name = "ID", value_delimiter = ',', conflicts_with = "all")]
    change: Vec<String>,

    /// With --change: take along what they build on
    #[arg(long, requires = "change")]
    with_dependencies: bool,

    /// Carry everything, and do not ask what
    #[arg(long)]
    all: bool,

    /// Go on to the next environment until this one has it (chain)
    #[arg(long, value_name = "ENV", conflicts_with_all = ["images", "change", "backport"])]
    through: Option<String>,

    /// Go up the order on purpose: carry a hotfix back
    #[arg(long)]
    backport: bool,

    /// Carry these settings, too, such as 'ConfigMap/app data.DB_POOL'
    #[arg(long, value_name = "SELECTOR")]
    also_settings: Vec<String>,

    /// Carry the image's name, host and namespace with its version
    #[arg(long)]
    with_name: bool,

    /// Take a digest away that FROM's version does not have
    #[arg(long, conflicts_with = "resolve_digest")]
    drop_digest: bool,

    /// Ask the registry for digests that TO pins by and FROM does not have
    ///
    /// Where a digest is carried to another repository, the registry is asked whether it is there.
    #[arg(long)]
    resolve_digest: bool,

    /// What both branches are known to have (chain)
    #[arg(long, value_name = "REV")]
    merge_base: Option<String>,

    /// Close open promotions of the same pair that this one contains
    #[arg(long)]
    supersede: bool,

    /// Read the branches that are here, and fetch nothing
    #[arg(long)]
    local: bool,

    /// Lift these rules
    #[arg(long, value_name = "RULE", value_parser = rules::parser(), value_delimiter = ',')]
    allow: Vec<Lifted>,

    #[command(flatten)]
    registry: RegistryArgs,

    #[command(flatten)]
    landing: LandingArgs,

    #[command(flatten)]
    token: TokenArgs,
}

pub(super) fn run(context: &Context, args: &PromoteArgs) -> Result<Outcome, Error> {
    let pair = ask::pair(context, args)?;
    let answers = ask::Answers::default();
    let asked = Asked {
        usual: Usual::PullRequest,
        landing: &args.landing,
        token: &args.token,
        allow_protected: rules::protected(&args.allow),
        unchecked: rules::unchecked(&args.allow),
    };
    let landed = landing::land(context, &asked, &|ground, lander| {
        let request = request(context, args, (&pair, ground))?;
        let say = |line: &str| context.ui.talk(line);
        let asked = (&args.registry, args.token.ca_file.as_ref());
        let registries = match args.resolve_digest {
            true => Some(registries::open(
                context,
                asked,
                ((&ground.look, &ground.look), Effort::Asked),
                &say,
            )?),
            false => None,
        };
        let of_registry = registries.as_ref().map(OfRegistry::new);
        let asking = Asking {
            args,
            of_registry: of_registry.as_ref(),
            answers: &answers,
        };
        match &args.through {
            None => asked_hop(context, (ground, lander), (&request, &asking)),
            Some(last) => train::run(context, (ground, lander), (&request, last, &asking)),
        }
    })?;
    let plans: Vec<&ChangeSet> = landed.iter().map(|one| &one.change_set).collect();
    ci::outputs::tell(context, &plans, &landed)?;
    show::plans(context, &plans, &landed)?;
    landing::say(context, &landed)?;
    Ok(if landed.iter().any(Landed::has_changed) {
        Outcome::Changed
    } else {
        Outcome::Done
    })
}

/// Who can be asked, and what was answered.
struct Asking<'a> {
    args: &'a PromoteArgs,
    of_registry: Option<&'a OfRegistry<'a>>,
    answers: &'a ask::Answers,
}

/// One hop, and what it asks on the way: the rules that stop it, and changes that it builds on.
fn asked_hop(
    context: &Context,
    (ground, lander): (&Ground, &Lander<'_>),
    (request, asking): (&PromoteRequest, &Asking<'_>),
) -> Result<Vec<Landed>, Error> {
    let look = loop {
        match look(context, (ground, lander), (request, asking)) {
            Err(refusal) => asking.answers.answer(context, refusal)?,
            Ok(look) => break look,
        }
    };
    loop {
        match planned_hop(context, (ground, lander), (&look, request, asking)) {
            Err(refusal) => asking.answers.answer(context, refusal)?,
            landed => return landed,
        }
    }
}

/// One hop: looked at, agreed to, and landed.
fn hop(
    context: &Context,
    (ground, lander): (&Ground, &Lander<'_>),
    (request, asking): (&PromoteRequest, &Asking<'_>),
) -> Result<Vec<Landed>, Error> {
    let look = look(context, (ground, lander), (request, asking))?;
    planned_hop(context, (ground, lander), (&look, request, asking))
}

fn look(
    context: &Context,
    (ground, lander): (&Ground, &Lander<'_>),
    (request, asking): (&PromoteRequest, &Asking<'_>),
) -> Result<promote::Look, Error> {
    let step = context.ui.begin("planning", None);
    let look = promote::look(ground, &lander.order, &asking.answers.applied(request));
    // A bar must be gone before a question is asked.
    step.ended(&format!("compared {} and {}", request.from, request.to));
    look
}

/// The hop, once it is known what does not move.
fn planned_hop(
    context: &Context,
    (ground, lander): (&Ground, &Lander<'_>),
    (look, request, asking): (&promote::Look, &PromoteRequest, &Asking<'_>),
) -> Result<Vec<Landed>, Error> {
    let mut request = asking.answers.applied(request);
    if let Some(of_registry) = asking.of_registry {
        settle_digests((ground, lander), (look, &request), of_registry)?;
    }
    if asking.answers.wants_choice(context, asking.args) {
        choose(context, (ground, lander), (look, &request, asking.answers))?;
        request = asking.answers.applied(&request);
    }
    confirm(context, (ground, lander), (look, &request, asking.answers))?;
    let order = &lander.order;
    let land = |work: &Work<'_>| lander.run(ground, work);
    match context.manner.dry_run {
        true => promote::run(ground, (look, &request, order), &land),
        false => promote::land(
            ground,
            (look, &request, order),
            (&land, &|work| lander.preview(ground, work)),
        ),
    }
}

/// Asks what is carried. What is offered is everything that differs: a rule is asked about once it is known what goes.
fn choose(
    context: &Context,
    (ground, lander): (&Ground, &Lander<'_>),
    (look, request, answers): (&promote::Look, &PromoteRequest, &ask::Answers),
) -> Result<(), Error> {
    let mut everything = request.clone();
    everything.ask.allow.extend(RuleName::ALL);
    let planned = promote::run(ground, (look, &everything, &lander.order), &|work| {
        lander.preview(ground, work)
    });
    // What stops even that is told by the plan itself.
    let Ok(planned) = planned else { return Ok(()) };
    let plans: Vec<&ChangeSet> = planned.iter().map(|one| &one.change_set).collect();
    answers.choose(context, look.standing.strategy.name(), &plans)
}

/// Plans, and asks for the digests that the plan would have to know, until it knows them all.
///
/// # Errors
/// As planning, and as asking the registry.
fn settle_digests(
    (ground, lander): (&Ground, &Lander<'_>),
    (look, request): (&promote::Look, &PromoteRequest),
    answers: &OfRegistry<'_>,
) -> Result<(), Error> {
    loop {
        let planned = promote::run(ground, (look, request, &lander.order), &|work| {
            lander.preview(ground, work)
        });
        let lacking = request.ask.digests.lacking();
        if lacking.is_empty() {
            // What else stops it is told by the landing itself.
            return planned.map(|_| ());
        }
        for (image, reference) in lacking {
            let repository = Repository::parse(&image)?;
            let question = [(repository, reference.clone())];
            let answer = match answers.proven_digests(&question).pop() {
                Some(Ok(digest)) => Some(digest),
                Some(Err(error)) if error.kind != Kind::NotFound => return Err(error),
                _ => None,
            };
            request.ask.digests.learn((image, reference), answer);
        }
    }
}

/// FROM with its state, and TO, as typed or chosen.
pub(super) struct Pair {
    from: String,
    at: State,
    to: String,
}

fn request(context: &Context, args: &PromoteArgs, (pair, ground): (&Pair, &Ground)) -> Result<PromoteRequest, Error> {
    let images = args.images.iter().map(|name| Name::parse(name));
    let merge_base = match &args.merge_base {
        None => None,
        Some(revision) => {
            let commit = ground.repository.resolve(revision)?;
            Some(commit.ok_or_else(|| ground.no_revision(revision))?)
        }
    };
    Ok(PromoteRequest {
        from: pair.from.clone(),
        at: pair.at.clone(),
        to: pair.to.clone(),
        tips: if args.local { Tips::Local } else { Tips::Remote },
        ask: Ask {
            images: images.collect::<Result<Vec<Name>, _>>()?,
            changes: args.change.clone(),
            dependencies: match args.with_dependencies {
                true => Dependencies::Along,
                false => Dependencies::Named,
            },
            also_settings: args.also_settings.clone(),
            names: if args.with_name { Names::Along } else { Names::Stay },
            digest: match (args.drop_digest, args.resolve_digest) {
                (true, _) => TargetDigest::Dropped,
                (_, true) => TargetDigest::Asked,
                (false, false) => TargetDigest::Refused,
            },
            digests: Digests::default(),
            merge_base,
            direction: if args.backport {
                Direction::Back
            } else {
                Direction::Forward
            },
            unattended: match args.landing.request.auto_merge {
                true => Unattended::Yes,
                false => Unattended::No,
            },
            allow: rules::of(&args.allow),
        },
        supersede: match args.supersede {
            true => Supersede::Closed,
            false => Supersede::Refused,
        },
        now: context.process.now(),
    })
}

/// On a terminal the plan is shown, and done when it is agreed to. Elsewhere nothing is asked.
fn confirm(
    context: &Context,
    (ground, lander): (&Ground, &Lander<'_>),
    (look, request, answers): (&promote::Look, &PromoteRequest, &ask::Answers),
) -> Result<(), Error> {
    if context.manner.dry_run || context.ui.agrees() || answers.has_agreed(&request.to) {
        return Ok(());
    }
    let planned = promote::run(ground, (look, request, &lander.order), &|work| {
        lander.preview(ground, work)
    })?;
    let plans: Vec<&ChangeSet> = planned.iter().map(|one| &one.change_set).collect();
    if plans.iter().all(|plan| plan.is_empty()) {
        return Ok(());
    }
    show::story(context, (&plans, show::Sites::Told));
    answers.agree(context, (&request.from, &request.to))
}
