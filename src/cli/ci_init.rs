//! `rakops ci init`.

use clap::{Args, Subcommand, ValueEnum};
use serde_json::{Value, json};

use super::manner::Output;
use super::writing;
use super::{Context, Outcome, output};
use crate::change::render;
use crate::error::{Error, Hint, Kind};
use crate::git::names::RemoteUrl;
use crate::git::open::find_root;
use crate::git::program::Git;
use crate::git::remote::Remote;
use crate::ops::ci_init::{self, CiForge, CiKind, CiPlan, CiRequest, Existing, RakopsFrom, State, Tool, Words};
use crate::ops::world::World;
use crate::ui::report::{self, Level};
use crate::ui::style;

/// Write what CI systems run
#[derive(Args, Debug)]
pub(super) struct CiArgs {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand, Debug)]
enum Command {
    Init(Box<InitArgs>),
}

impl CiArgs {
    pub(super) fn name(&self) -> &'static str {
        match self.command {
            Command::Init(_) => "ci init",
        }
    }
}

/// Write the workflows of a repository, and list the settings they need
///
/// For the repository of an app, of manifests, or of Terraform. What is not named is taken from the remote, from rakops.yaml and
/// from the files; a value that nobody knows is an example in the file, and a warning. A file that is there is never written
/// over unless --overwrite says so.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  rakops ci init --kind manifests
  rakops ci init --kind app --manifests https://github.com/acme/manifests
  rakops ci init --kind terraform --forge gitlab --root infra/stg --root infra/prd -n")]
struct InitArgs {
    /// What the repository holds
    #[arg(long, value_enum, value_name = "KIND")]
    kind: KindName,

    /// Whose CI system; told from `origin` if absent
    #[arg(long, value_enum, value_name = "NAME")]
    forge: Option<ForgeName>,

    /// Write over files that are there and say something else
    #[arg(long)]
    overwrite: bool,

    /// The image that is built, without a version
    #[arg(long, value_name = "NAME")]
    image: Option<String>,

    /// The address of the manifest repository
    #[arg(long, value_name = "URL")]
    manifests: Option<String>,

    /// Where new versions go first (app), or what guards an apply (terraform)
    #[arg(short, long, value_name = "NAME")]
    env: Option<String>,

    /// The branch that is applied after a merge; the default branch if absent
    #[arg(long, value_name = "BRANCH")]
    default_branch: Option<String>,

    /// A directory that is planned and applied on its own; repeatable
    ///
    /// If absent: those with a `backend` or `cloud` block, or all with files of Terraform that are no modules.
    #[arg(long, value_name = "DIR", value_hint = clap::ValueHint::DirPath)]
    root: Vec<String>,

    /// What plans and applies
    #[arg(long, value_enum, value_name = "NAME")]
    tool: Option<ToolName>,

    /// Its version; from `.terraform-version` or `.opentofu-version` if absent
    #[arg(long, value_name = "VERSION")]
    tool_version: Option<String>,

    /// Get rakops by its action, OWNER/REPO@COMMIT (GitHub)
    #[arg(long, value_name = "ACTION", conflicts_with_all = ["rakops_git", "rakops_rev"])]
    rakops_action: Option<String>,

    /// What that commit is called, for the comment beside it
    #[arg(long, value_name = "VERSION", requires = "rakops_action")]
    rakops_version: Option<String>,

    /// Build rakops from this repository; the CI variable RAKOPS_GIT if absent
    #[arg(long, value_name = "URL")]
    rakops_git: Option<String>,

    /// The commit to build; the CI variable RAKOPS_REV if absent
    #[arg(long, value_name = "COMMIT")]
    rakops_rev: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum KindName {
    /// Builds an image, and asks for it in the manifest repository
    App,
    /// Holds manifests: checks changes, shows what they reach, finds drift
    Manifests,
    /// Holds Terraform: plans pull requests, applies what was merged
    Terraform,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum ForgeName {
    /// GitHub Actions
    Github,
    /// GitLab CI
    Gitlab,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum ToolName {
    /// HashiCorp's
    Terraform,
    /// OpenTofu
    Tofu,
}

impl InitArgs {
    fn request(&self) -> Result<CiRequest, Error> {
        let rakops = match &self.rakops_action {
            Some(action) => RakopsFrom::action(action, self.rakops_version.as_deref())?,
            None => {
                let published = Some(env!("CARGO_PKG_REPOSITORY")).filter(|address| !address.is_empty());
                let git = self.rakops_git.clone().or_else(|| published.map(str::to_owned));
                if let Some(git) = &git {
                    RemoteUrl::parse(git)?;
                }
                let revision = self.rakops_rev.clone();
                RakopsFrom::Sources { git, revision }
            }
        };
        Ok(CiRequest {
            kind: match self.kind {
                KindName::App => CiKind::App,
                KindName::Manifests => CiKind::Manifests,
                KindName::Terraform => CiKind::Terraform,
            },
            forge: self.forge.map(|forge| match forge {
                ForgeName::Github => CiForge::GitHub,
                ForgeName::Gitlab => CiForge::GitLab,
            }),
            existing: match self.overwrite {
                true => Existing::Overwritten,
                false => Existing::Refused,
            },
            words: Words {
                image: self.image.clone(),
                manifests: self.manifests.clone(),
                environment: self.env.clone(),
                branch: self.default_branch.clone(),
                roots: self.root.clone(),
                tool: self.tool.map(|tool| match tool {
                    ToolName::Terraform => Tool::Terraform,
                    ToolName::Tofu => Tool::OpenTofu,
                }),
                tool_version: self.tool_version.clone(),
                rakops,
            },
        })
    }
}

pub(super) fn run(context: &Context, args: &CiArgs) -> Result<Outcome, Error> {
    let Command::Init(args) = &args.command;
    let request = args.request()?;
    if context.place.repo.is_some() {
        return Err(Error::new(
            Kind::Usage,
            "usage",
            "`ci init` writes into a checkout, so `--repo` means nothing to it",
        )
        .hint(Hint::Flag("-C DIR".into(), "names the checkout".into())));
    }
    let place = context.place.resolve(&context.process);
    let world = World::look(&place)?;
    let root = find_root(&place.directory).ok_or_else(|| {
        Error::new(
            Kind::NotFound,
            "no-repository",
            "there is no git repository here to write workflows for",
        )
        .hint(Hint::Flag("-C DIR".into(), "names one".into()))
    })?;
    let git = Git::new(&root, place.manner);
    let origin = Remote::named(&git, "origin").ok();
    let plan = ci_init::plan(&world, origin.as_ref().map(Remote::url), &request)?;
    let writes = !context.manner.dry_run && !plan.change_set.is_empty();
    if writes {
        writing::write(&world.snapshot, &plan.change_set)?;
    }
    show(context, (&request, &plan))?;
    Ok(match plan.change_set.is_empty() {
        true => Outcome::Done,
        false => Outcome::Changed,
    })
}

fn show(context: &Context, (request, plan): (&CiRequest, &CiPlan)) -> Result<(), Error> {
    let ui = &context.ui;
    match context.output {
        Output::Json => return output::json(ui, &document(context, (request, plan))),
        Output::Name => {
            let paths: String = plan.files.iter().map(|file| format!("{}\n", file.path)).collect();
            ui.data(paths)?;
        }
        Output::Text => {
            if context.manner.dry_run {
                ui.styled(&style::diff(&render::unified(&plan.change_set)))?;
            }
            ui.data(text(context, plan))?;
        }
    }
    plan.warnings.iter().for_each(|warning| ui.warn(warning));
    Ok(())
}

/// What was written, and the settings as a list with numbers.
fn text(context: &Context, plan: &CiPlan) -> String {
    let mut text = String::new();
    for file in &plan.files {
        let verb = match (file.state, context.manner.dry_run) {
            (State::Unchanged, _) => "unchanged",
            (State::Created, true) => "would write",
            (State::Created, false) => "wrote",
            (State::Replaced, true) => "would replace",
            (State::Replaced, false) => "replaced",
        };
        text.push_str(&format!("{verb} {}\n", file.path));
    }
    text.push_str("\nsettings that no file can make:\n");
    for (index, setting) in plan.settings.iter().enumerate() {
        let mut lines = setting.name.lines();
        let name = lines.next().unwrap_or_default();
        text.push_str(&format!("{:3}. {}: {name}\n", index + 1, setting.kind));
        lines.for_each(|line| text.push_str(&format!("     {line}\n")));
        text.push_str(&format!("     at  {}\n     {}\n", setting.place, setting.why));
    }
    text
}

fn document(context: &Context, (request, plan): (&CiRequest, &CiPlan)) -> Value {
    let files: Vec<Value> = plan
        .files
        .iter()
        .map(|file| json!({ "path": file.path, "state": file.state.as_str() }))
        .collect();
    let settings: Vec<Value> = plan
        .settings
        .iter()
        .map(|it| json!({ "kind": it.kind, "name": it.name, "at": it.place, "why": it.why }))
        .collect();
    let warnings: Vec<Value> = plan
        .warnings
        .iter()
        .map(|it| report::json(Level::Warning, it))
        .collect();
    json!({
        "schema": output::SCHEMA, "command": context.name, "kind": request.kind.as_str(), "forge": plan.forge.as_str(),
        "changed": !plan.change_set.is_empty(), "dry_run": context.manner.dry_run, "files": files, "settings": settings,
        "warnings": warnings,
    })
}
