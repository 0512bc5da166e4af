//! `rakops images`.

use clap::Args;
use serde_json::{Value, json};

use super::manner::Output;
use super::{Context, Outcome, look, output};
use crate::error::Error;
use crate::image::Name;
use crate::manifest::scan::Nature;
use crate::ops::images::{self, ImagesReport, ImagesRequest, Row};
use crate::ui::plural;
use crate::ui::report::{self, Level};
use crate::ui::table::Table;

/// List every place that states the version of an image
///
/// Finds pod specs, kustomize entries, Helm values, Argo CD and Flux objects and more, with no configuration, in every
/// YAML file that git does not ignore.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  rakops images                     every image
  rakops images api                 one image, by its short name
  rakops images --env prd -o json   what production pins, for a script")]
pub(super) struct ImagesArgs {
    /// Images, by full or short name or alias; all if none is named
    #[arg(value_name = "IMAGE")]
    images: Vec<String>,

    /// Only what these environments reach
    #[arg(short, long, value_name = "ENV", value_delimiter = ',')]
    env: Vec<String>,

    /// Look only at this file or directory
    #[arg(long, value_name = "PATH", value_hint = clap::ValueHint::AnyPath)]
    path: Vec<String>,
}

pub(super) fn run(context: &Context, args: ImagesArgs) -> Result<Outcome, Error> {
    let names = args
        .images
        .iter()
        .map(|name| Name::parse(name))
        .collect::<Result<Vec<Name>, _>>();
    let request = ImagesRequest {
        names: names.map_err(Error::from)?,
        paths: args.path,
        environments: args.env,
    };
    let world = look::world(context)?;
    let step = context.ui.begin("reading files", None);
    let report = images::list(&world, &request, &|| step.advance(1))?;
    step.done("read", "file");
    show(context, &report)?;
    Ok(Outcome::Done)
}

fn show(context: &Context, report: &ImagesReport) -> Result<(), Error> {
    let ui = &context.ui;
    match context.output {
        Output::Json => output::json(ui, &document(report))?,
        Output::Name => {
            let lines: String = report
                .rows
                .iter()
                .map(|row| format!("{}:{}:{}\n", row.file, row.line, row.column))
                .collect();
            ui.data(lines)?;
        }
        Output::Text => ui.table(&table(report))?,
    }
    if context.output != Output::Json {
        report.warnings.iter().for_each(|warning| ui.warn(warning));
    }
    tell_passed_over(context, &report.skipped);
    if report.rows.is_empty() && report.warnings.is_empty() {
        ui.talk("no images found");
    }
    Ok(())
}

/// Tells in one line how many files were passed over for a known reason; `-v` names them.
pub(super) fn tell_passed_over(context: &Context, skipped: &[crate::manifest::scan::Skipped]) {
    for skip in skipped.iter().filter(|skip| skip.nature != Nature::Broken) {
        context
            .ui
            .detail(format!("passed over {}: {}", skip.file, skip.error.message));
    }
    let (templates, opaque) = images::passed_over(skipped);
    if templates > 0 && !context.ui.is_verbose() {
        context.ui.talk(format!(
            "passed over {} (-v names them)",
            plural::count(templates, "template")
        ));
    }
    if opaque > 0 {
        context.ui.detail(format!(
            "passed over {} that are not YAML",
            plural::count(opaque, "file")
        ));
    }
}

fn version(row: &Row) -> String {
    match (&row.tag, &row.digest) {
        (Some(tag), Some(digest)) => format!("{tag}@{digest}"),
        (Some(one), None) | (None, Some(one)) => one.clone(),
        (None, None) => "-".to_owned(),
    }
}

fn table(report: &ImagesReport) -> Table {
    let mut table = Table::new(&["PLACE", "IMAGE", "VERSION", "ENVIRONMENT", "OWNER"]);
    for row in &report.rows {
        table.row([
            format!("{}:{}:{}", row.file, row.line, row.column),
            row.image.clone(),
            version(row),
            if row.environments.is_empty() {
                "-".to_owned()
            } else {
                row.environments.join(",")
            },
            row.owner.unwrap_or("-").to_owned(),
        ]);
    }
    table
}

fn document(report: &ImagesReport) -> Value {
    let sites: Vec<Value> = report
        .rows
        .iter()
        .map(|row| {
            json!({
                "file": row.file, "line": row.line, "column": row.column, "image": row.image,
                "tag": row.tag, "digest": row.digest, "locator": row.locator,
                "environment": only(&row.environments), "environments": row.environments, "owner": row.owner,
            })
        })
        .collect();
    let warnings: Vec<Value> = report
        .warnings
        .iter()
        .map(|warning| report::json(Level::Warning, warning))
        .collect();
    json!({ "schema": output::SCHEMA, "command": "images", "sites": sites, "warnings": warnings })
}

/// The one environment that a file belongs to; none for a shared file, and for one that no environment reaches.
pub(super) fn only(environments: &[String]) -> Option<&String> {
    match environments {
        [only] => Some(only),
        _ => None,
    }
}
