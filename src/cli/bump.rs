//! `rakops bump`.

use std::cell::RefCell;
use std::collections::BTreeSet;

use clap::{Args, ValueEnum};
use serde_json::{Value, json};

use super::landing::{self, Asked, Lander, LandingArgs, TokenArgs, Usual};
use super::manner::Output;
use super::{Context, Outcome, ci, images, output};
use crate::change::render;
use crate::change::set::{ChangeSet, SiteChange};
use crate::config::model::RuleName;
use crate::error::{Error, Hint, Kind};
use crate::image::{BumpWord, Name};
use crate::landing::pull_request::Unchecked;
use crate::landing::{Landed, work_tree};
use crate::ops::bump::contest::Contest;
use crate::ops::bump::contested::Contested;
use crate::ops::bump::{self, BranchRule, BumpRequest, DigestChoice, Scope, Shared, Untagged, from_file};
use crate::ops::land::{Ground, Protected, Whose, Work};
use crate::ops::world::World;
use crate::ui::plural;
use crate::ui::prompt::{self, Question, Ticked};
use crate::ui::report::{self, Level};
use crate::ui::style;
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
  rakops bump --from-file build.json --env dev         what a builder wrote")]
pub(super) struct BumpArgs {
    /// IMAGE=VERSION or a whole reference; VERSION is TAG, TAG@DIGEST or DIGEST
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

    /// Ask the registry for the digest (not in this version)
    #[arg(long)]
    resolve_digest: bool,

    /// Take the newest version (needs the registry client, not in this version)
    #[arg(long)]
    latest: bool,

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
    for (given, flag) in [(args.latest, "--latest"), (args.resolve_digest, "--resolve-digest")] {
        if given {
            return Err(Error::new(
                Kind::Refused,
                "needs-registry",
                format!("`{flag}` needs the registry client, which this version does not have"),
            )
            .hint(Hint::Say("give the version, with its digest: IMAGE=TAG@DIGEST".into())));
        }
    }
    if args.landing.leaves_the_work_tree(context)? {
        return land(context, args);
    }
    let world = World::look(&context.place.resolve(&context.process))?;
    let mut request = request(context, &args)?;
    if request.words.is_empty() {
        request.words.push(ask_for_word(context, &world, &request)?);
    }
    let change_set = loop {
        let step = context.ui.begin("reading files", None);
        let planned = bump::plan(&world, &request, &|| step.advance(1));
        // A bar must be gone before a question is asked.
        step.done("read", "file");
        match planned {
            Ok(change_set) => break change_set,
            Err(error) => answer(context, error, &mut request)?,
        }
    };
    if !context.manner.dry_run {
        work_tree::land(&world.snapshot, &change_set)?;
    }
    ci::outputs::tell(context, &[&change_set], &[])?;
    show_plans(context, &[&change_set], &[])?;
    Ok(if change_set.is_empty() {
        Outcome::Done
    } else {
        Outcome::Changed
    })
}

/// Lands the bump in git, on commits as they are on its branches.
fn land(context: &Context, args: BumpArgs) -> Result<Outcome, Error> {
    let request = RefCell::new(request(context, &args)?);
    if request.borrow().words.is_empty() {
        return Err(no_word());
    }
    let allow_protected = match args.allow.contains(&Rule::Protected) {
        true => Protected::Allowed,
        false => Protected::Refused,
    };
    let asked = Asked {
        usual: Usual::WorkTree,
        landing: &args.landing,
        token: &args.token,
        allow_protected,
        unchecked: match args.allow.contains(&Rule::JobToken) {
            true => Unchecked::Allowed,
            false => Unchecked::Refused,
        },
    };
    let landed = landing::land(context, &asked, &|ground, lander| {
        loop {
            let now = request.borrow().clone();
            match attempt(context, (&now, ground), lander) {
                Ok(landed) => return Ok(landed),
                Err(error) => answer(context, error, &mut request.borrow_mut())?,
            }
        }
    })?;
    show(context, &landed)?;
    Ok(if landed.iter().any(Landed::has_changed) {
        Outcome::Changed
    } else {
        Outcome::Done
    })
}

/// One landing of the request as it is now.
fn attempt(
    context: &Context,
    (request, ground): (&BumpRequest, &Ground),
    lander: &Lander<'_>,
) -> Result<Vec<Landed>, Error> {
    let step = context.ui.begin("landing", None);
    let source = lander.order.source.as_ref();
    let contested = Contested::new((request, ground), source.map(|source| (source, lander.ancestry())));
    let environments = match &request.scope {
        Scope::Environments { names, .. } => names.as_slice(),
        Scope::Unsaid | Scope::All => &[],
    };
    let landed = lander.run(
        ground,
        &Work {
            command: "bump",
            from: None,
            environments,
            whose: Whose::Own,
            subjects: Vec::new(),
            plan: &|world, target, side| contested.plan(world, (target, side), &|| step.advance(1)),
        },
    );
    step.done("read", "file");
    landed
}

fn request(context: &Context, args: &BumpArgs) -> Result<BumpRequest, Error> {
    let mut words = args
        .words
        .iter()
        .map(|word| BumpWord::parse(word))
        .collect::<Result<Vec<_>, _>>()?;
    if let Some(file) = &args.from_file {
        words.extend(from_file::read(
            file,
            &context.place.resolve(&context.process).directory,
        )?);
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
        alias: args.alias.policy(),
        allow,
        branch: if args.here { BranchRule::Any } else { BranchRule::Own },
        contest: Contest::default(),
    })
}

/// Asks which image gets which version, where nothing was typed and somebody can answer.
fn ask_for_word(context: &Context, world: &World, request: &BumpRequest) -> Result<BumpWord, Error> {
    if !context.ui.can_prompt() {
        return Err(no_word());
    }
    let listed = crate::ops::images::list(
        world,
        &crate::ops::images::ImagesRequest {
            paths: request.paths.clone(),
            ..Default::default()
        },
        &|| {},
    )?;
    let mut names: Vec<String> = listed.rows.into_iter().map(|row| row.image).collect();
    names.sort();
    names.dedup();
    if names.is_empty() {
        return Err(no_word());
    }
    let question = Question {
        text: "which image?",
        instead: vec![Hint::Run("rakops bump IMAGE=VERSION".into())],
    };
    let image = prompt::select(&context.ui, &question, &names)?.ok_or_else(prompt::cancelled)?;
    let text = format!("which version of {}?", names[image]);
    let question = Question {
        text: &text,
        instead: vec![Hint::Run("rakops bump IMAGE=VERSION".into())],
    };
    let version = prompt::input(&context.ui, &question)?.ok_or_else(prompt::cancelled)?;
    Ok(BumpWord::parse(&format!("{}={}", names[image], version.trim()))?)
}

fn no_word() -> Error {
    Error::new(Kind::Refused, "nothing-to-bump", "no image was named")
        .hint(Hint::Run("rakops bump IMAGE=VERSION".into()))
        .hint(Hint::Run("rakops images".into()))
}

/// Answers a refusal by asking, where it can be answered; gives it back otherwise.
fn answer(context: &Context, error: Error, request: &mut BumpRequest) -> Result<(), Error> {
    let found = error.hints.iter().find_map(|hint| match hint {
        Hint::Found(names) => Some(names.clone()),
        _ => None,
    });
    match (error.code, found) {
        _ if !context.ui.can_prompt() => Err(error),
        ("image-ambiguous", Some(names)) => {
            let question = Question {
                text: &error.message,
                instead: error.hints.clone(),
            };
            let chosen = prompt::select(&context.ui, &question, &names)?.ok_or_else(prompt::cancelled)?;
            let name = Name::parse(&names[chosen])?;
            let short = names[chosen].rsplit('/').next().unwrap_or_default();
            match request.words.iter_mut().find(|word| word.name.last_segment() == short) {
                Some(word) => word.name = name,
                None => return Err(error),
            }
            Ok(())
        }
        ("several-environments", Some(names)) => {
            let question = Question {
                text: &error.message,
                instead: error.hints.clone(),
            };
            let chosen =
                prompt::multi_select(&context.ui, &question, &names, Ticked::None)?.ok_or_else(prompt::cancelled)?;
            if chosen.is_empty() {
                return Err(prompt::cancelled());
            }
            let names = chosen.into_iter().map(|index| names[index].clone()).collect();
            request.scope = Scope::Environments {
                names,
                shared: Shared::Keep,
            };
            Ok(())
        }
        ("half-version", _) => {
            let question = Question {
                text: &error.message,
                instead: error.hints.clone(),
            };
            let ways = ["take the digest away".to_owned(), "stop".to_owned()];
            match prompt::select(&context.ui, &question, &ways)? {
                Some(0) => request.digest = DigestChoice::Drop,
                _ => return Err(prompt::cancelled()),
            }
            Ok(())
        }
        // A rule, which `-y` does not lift: whoever may be asked is asked about this one alone.
        ("downgrade" | "owned", _) => {
            let text = format!("{}; do it all the same?", error.message);
            let question = Question {
                text: &text,
                instead: error.hints.clone(),
            };
            let rule = match error.code {
                "owned" => RuleName::Owned,
                _ => RuleName::Downgrade,
            };
            match prompt::confirm(&context.ui, &question)? {
                Some(true) if request.allow.insert(rule) => Ok(()),
                _ => Err(prompt::cancelled()),
            }
        }
        _ => Err(error),
    }
}

/// Shows what landed: what changed as for a work tree, then where it is.
fn show(context: &Context, landed: &[Landed]) -> Result<(), Error> {
    let plans: Vec<&ChangeSet> = landed.iter().map(|one| &one.change_set).collect();
    ci::outputs::tell(context, &plans, landed)?;
    show_plans(context, &plans, landed)?;
    landing::say(context, landed)
}

fn show_plans(context: &Context, plans: &[&ChangeSet], landed: &[Landed]) -> Result<(), Error> {
    let ui = &context.ui;
    let sites = || plans.iter().flat_map(|plan| &plan.facts.sites);
    match context.output {
        Output::Json => return output::json(ui, &document(context, plans, landed)),
        Output::Name => {
            let files = plans.iter().flat_map(|plan| &plan.files);
            ui.data(files.map(|file| format!("{}\n", file.path())).collect::<String>())?;
        }
        Output::Text if context.manner.dry_run => {
            for plan in plans {
                ui.styled(&style::diff(&render::unified(plan)))?;
            }
        }
        Output::Text => ui.data(
            sites()
                .map(|site| format!("updated {}\n", line(site)))
                .collect::<String>(),
        )?,
    }
    plans
        .iter()
        .flat_map(|plan| &plan.facts.warnings)
        .for_each(|warning| ui.warn(warning));
    if context.manner.dry_run {
        sites().for_each(|site| ui.talk(format!("would update {}", line(site))));
    }
    for same in plans.iter().flat_map(|plan| &plan.facts.unchanged) {
        let sites = plural::count(same.sites, "site");
        ui.talk(format!("{} is already at {} ({sites})", same.image, same.version));
    }
    let in_work_tree = landed.is_empty() && !context.manner.dry_run;
    if plans.iter().any(|plan| !plan.is_empty()) && in_work_tree && context.output == Output::Text {
        ui.talk("next: git diff");
    }
    Ok(())
}

fn line(site: &SiteChange) -> String {
    let from = site.from.as_deref().unwrap_or("no version");
    let place = format!("{}:{}:{}", site.file, site.line, site.column);
    let reaches = match site.environments.as_slice() {
        [] => String::new(),
        names => format!("  ({})", names.join(", ")),
    };
    format!("{place}  {} {from} -> {}{reaches}", site.image, site.to)
}

fn document(context: &Context, plans: &[&ChangeSet], landed: &[Landed]) -> Value {
    let sites: Vec<Value> = plans
        .iter()
        .flat_map(|plan| &plan.facts.sites)
        .map(|site| {
            json!({
                "file": site.file, "line": site.line, "column": site.column, "image": site.image,
                "from": site.from, "to": site.to, "locator": site.locator,
                "environment": images::only(&site.environments), "environments": site.environments,
            })
        })
        .collect();
    let same = plans.iter().flat_map(|plan| &plan.facts.unchanged);
    let same = same.map(|same| json!({ "image": same.image, "version": same.version, "reason": "already-at-version" }));
    let superseded = plans.iter().flat_map(|plan| &plan.facts.superseded);
    let superseded =
        superseded.map(|it| json!({ "image": it.image, "version": it.present, "reason": "superseded", "why": it.why }));
    let unchanged: Vec<Value> = same.chain(superseded).collect();
    let warnings = plans.iter().flat_map(|plan| &plan.facts.warnings);
    let warnings: Vec<Value> = warnings
        .chain(landed.iter().flat_map(|one| &one.warnings))
        .map(|warning| report::json(Level::Warning, warning))
        .collect();
    let mut document = json!({
        "schema": output::SCHEMA, "command": "bump", "changed": landing::has_changed(plans, landed),
        "dry_run": context.manner.dry_run, "sites": sites, "unchanged": unchanged, "warnings": warnings,
    });
    for (key, value) in landing::document(landed) {
        document[key] = value;
    }
    document
}
