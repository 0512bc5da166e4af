//! `rakops tags`.

use std::path::PathBuf;

use clap::Args;
use serde_json::{Value, json};

use super::manner::Output;
use super::registries::{self, Effort, RegistryArgs};
use super::{Context, Outcome, guide, look, output};
use crate::error::Error;
use crate::git::open;
use crate::image::{Name, Policy};
use crate::ops::images;
use crate::ops::tags::{self, Depth, Others, TagRow, TagsReport, TagsRequest, Uses};
use crate::text::time;
use crate::ui::plural;
use crate::ui::report::{self, Level};
use crate::ui::table::Table;

/// List the versions that the registry has of an image
///
/// Newest first by the policy: --policy, else the one in rakops.yaml, else by SemVer with releases before everything
/// else. Works outside of a repository, too.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  rakops tags api                                    an image of this repository
  rakops tags ghcr.io/acme/api --policy semver:^1    releases of one line only
  rakops tags api --details                          with digest, time, platforms
  rakops tags api --limit 1 -o name                  the newest, for a script")]
pub(super) struct TagsArgs {
    /// The image, by full or short name or alias
    #[arg(value_name = "IMAGE")]
    image: String,

    /// semver:RANGE, calver, numeric, newest or regex:PATTERN
    #[arg(long, value_name = "POLICY")]
    policy: Option<String>,

    /// Show this many at most; 0 shows all
    #[arg(long, value_name = "N", default_value_t = 20)]
    limit: usize,

    /// Ask for digest, time and platforms of each
    #[arg(long)]
    details: bool,

    /// Also show tags that the policy does not match, last
    #[arg(long)]
    all_tags: bool,

    /// Trust the certificate authorities of this PEM file, too
    #[arg(long, value_name = "FILE", env = "RAKOPS_CA_FILE", value_hint = clap::ValueHint::FilePath)]
    ca_file: Option<PathBuf>,

    #[command(flatten)]
    registry: RegistryArgs,
}

pub(super) fn run(context: &Context, args: &TagsArgs) -> Result<Outcome, Error> {
    let mut request = TagsRequest {
        image: Name::parse(&args.image)?,
        policy: args.policy.as_deref().map(Policy::parse).transpose()?,
        limit: (args.limit > 0).then_some(args.limit),
        others: match args.all_tags {
            true => Others::Last,
            false => Others::Out,
        },
        depth: match args.details {
            true => Depth::Details,
            false => Depth::Names,
        },
    };
    let world = look::world(context)?;
    let is_repository = context.place.remote(&context.process)?.is_some()
        || world.loaded.file.is_some()
        || open::find_root(&context.place.resolve(&context.process).directory).is_some();
    let uses = match is_repository {
        true => Uses::Read,
        false => Uses::Unknown,
    };
    let step = context.ui.begin("reading files", None);
    let meant = tags::meant(&world, (&request.image, uses), &|| step.advance(1));
    // A bar must be gone before a question is asked.
    step.done("read", "file");
    let meant = match meant {
        Err(refusal) if refusal.code == "image-ambiguous" => {
            let (typed, full) = guide::full_name(context, refusal)?;
            context.typed.instead(&typed, full.as_str());
            request.image = full;
            tags::meant(&world, (&request.image, uses), &|| {})?
        }
        meant => meant?,
    };
    if meant.is_guess {
        let (typed, full) = (&request.image, meant.image.normalised());
        context
            .ui
            .talk(format!("no image here is called {typed}: asking for {full}"));
    }
    let say = |line: &str| context.ui.talk(line);
    let asked = (&args.registry, args.ca_file.as_ref());
    let registries = registries::open(context, asked, ((&world, &world), Effort::Asked), &say)?;
    context
        .ui
        .detail(format!("asking for the tags of {}", meant.image.normalised()));
    let step = context.ui.begin(&format!("asking about {}", meant.image), None);
    let report = tags::tags(&world, (&request, &meant), &registries, &|| step.advance(1));
    drop(step);
    let report = report.map_err(|error| match meant.is_guess {
        // It may have been an image of the repository with a wrong letter.
        true => images::with_known_names(&world, &request.image, error, &|_| true),
        false => error,
    })?;
    show(context, &report)?;
    Ok(Outcome::Done)
}

fn show(context: &Context, report: &TagsReport) -> Result<(), Error> {
    let ui = &context.ui;
    match context.output {
        Output::Json => return output::json(ui, &document(report)),
        Output::Name => ui.data(
            report
                .rows
                .iter()
                .map(|row| format!("{}\n", row.tag))
                .collect::<String>(),
        )?,
        Output::Text => ui.table(&table(report))?,
    }
    report.warnings.iter().for_each(|warning| ui.warn(warning));
    ui.talk(summary(report));
    if let Some(age) = report.age {
        let age = time::age(i64::try_from(age.as_secs()).unwrap_or(i64::MAX));
        ui.talk(format!("as the registry had them {age} ago; it was not asked now"));
    }
    Ok(())
}

/// `20 of 300, newest first by semver:^1`, and how many tags the policy leaves out.
fn summary(report: &TagsReport) -> String {
    let shown = report.rows.len();
    let count = match shown == report.listed {
        true => plural::count(shown, "tag"),
        false => format!("{shown} of {}", report.listed),
    };
    let by = match &report.policy {
        Some(policy) if policy.is_by_time() => "time",
        Some(policy) => policy.as_str(),
        None => "semver",
    };
    let left = match report.total - report.listed {
        0 => String::new(),
        left => format!(
            "; {} not of this policy (--all-tags shows them)",
            plural::count(left, "tag")
        ),
    };
    format!("{count}, newest first by {by}{left}")
}

fn platforms(row: &TagRow) -> Vec<String> {
    let all = row.details.iter().flat_map(|details| &details.platforms);
    all.map(ToString::to_string).collect()
}

fn created(row: &TagRow) -> Option<String> {
    row.details.as_ref()?.created.map(time::moment)
}

fn table(report: &TagsReport) -> Table {
    let mut headings = vec!["TAG"];
    if report.is_used_here {
        headings.push("IN USE");
    }
    let has_details = report.rows.iter().any(|row| row.details.is_some());
    if has_details {
        headings.extend(["CREATED", "PLATFORMS", "DIGEST"]);
    }
    let or_dash = |text: String| if text.is_empty() { "-".to_owned() } else { text };
    let mut table = Table::new(&headings);
    for row in &report.rows {
        let mut cells = vec![row.tag.clone()];
        if report.is_used_here {
            cells.push(or_dash(row.environments.join(",")));
        }
        if has_details {
            let digest = row.details.as_ref().map(|details| details.digest.clone());
            cells.extend([
                or_dash(created(row).unwrap_or_default()),
                or_dash(platforms(row).join(",")),
                or_dash(digest.unwrap_or_default()),
            ]);
        }
        table.row(cells);
    }
    table
}

fn document(report: &TagsReport) -> Value {
    let tags: Vec<Value> = report
        .rows
        .iter()
        .map(|row| {
            json!({
                "tag": row.tag, "digest": row.details.as_ref().map(|details| &details.digest),
                "created": created(row), "platforms": platforms(row), "environments": row.environments,
            })
        })
        .collect();
    let full = report.image.normalised();
    let (registry, repository) = full.split_once('/').unwrap_or(("", full));
    let warnings = report
        .warnings
        .iter()
        .map(|warning| report::json(Level::Warning, warning));
    json!({
        "schema": output::SCHEMA, "command": "tags", "image": full, "registry": registry, "repository": repository,
        "policy": report.policy.as_ref().map(Policy::as_str), "total": report.total, "matching": report.matching,
        "tags": tags, "age_seconds": report.age.map(|age| age.as_secs()),
        "warnings": warnings.collect::<Vec<Value>>(),
    })
}
