//! What a bump says of what it has done.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use crate::change::render;
use crate::change::set::{ChangeSet, SiteChange, UnverifiedImage, Wish};
use crate::cli::manner::Output;
use crate::cli::{Context, ci, images, landing, output};
use crate::error::Error;
use crate::landing::Landed;
use crate::ui::plural;
use crate::ui::report::{self, Level};
use crate::ui::style;

/// Shows what landed: what changed as for a work tree, then where it is.
pub(super) fn landed(context: &Context, landed: &[Landed]) -> Result<(), Error> {
    let plans: Vec<&ChangeSet> = landed.iter().map(|one| &one.change_set).collect();
    ci::outputs::tell(context, &plans, landed)?;
    self::plans(context, &plans, landed)?;
    landing::say(context, landed)
}

pub(super) fn plans(context: &Context, plans: &[&ChangeSet], landed: &[Landed]) -> Result<(), Error> {
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
    if landed.is_empty() {
        for note in plans.iter().flat_map(|plan| &plan.facts.superseded) {
            let (image, present, file) = (&note.image, &note.present, &note.file);
            ui.talk(format!(
                "{image} stays at {present} in {file}: {} {}",
                note.wanted, note.why
            ));
        }
    }
    tell_verified(context, plans);
    tell_not_verified(context, plans);
    let in_work_tree = landed.is_empty() && !context.manner.dry_run;
    if plans.iter().any(|plan| !plan.is_empty()) && in_work_tree && context.output == Output::Text {
        ui.talk("next: git diff");
    }
    Ok(())
}

/// Says what the registry has, for those who want to know.
fn tell_verified(context: &Context, plans: &[&ChangeSet]) {
    let mut told = BTreeSet::new();
    for one in plans.iter().flat_map(|plan| &plan.facts.verified) {
        let line = format!("verified: {} is {}", named(&one.image, &one.version), one.digest);
        if told.insert(line.clone()) {
            context.ui.detail(line);
        }
    }
}

/// Says what nobody could be asked about, in a line a host; that it was not to be asked is no news.
fn tell_not_verified(context: &Context, plans: &[&ChangeSet]) {
    let mut hosts: BTreeMap<(&str, &str), Vec<&UnverifiedImage>> = BTreeMap::new();
    for one in plans.iter().flat_map(|plan| &plan.facts.not_verified) {
        let host = one.image.split('/').next().unwrap_or_default();
        let of_host = hosts.entry((host, &one.reason)).or_default();
        if !of_host.contains(&one) {
            of_host.push(one);
        }
    }
    for ((host, reason), images) in hosts {
        let first = images[0];
        let more = match images.len() - 1 {
            0 => String::new(),
            more => format!(" and {more} more of {host}"),
        };
        let line = format!("not verified: {}{more} ({reason})", named(&first.image, &first.version));
        match first.wish {
            Wish::Offline => context.ui.detail(line),
            Wish::Ask => context.ui.talk(line),
        }
    }
}

/// `ghcr.io/acme/api:1.4.2`; a digest alone stands behind an `@`.
fn named(image: &str, version: &str) -> String {
    match version.contains(':') && !version.contains('@') {
        true => format!("{image}@{version}"),
        false => format!("{image}:{version}"),
    }
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
        "verified": verified(plans), "not_verified": not_verified(plans),
    });
    for (key, value) in landing::document(landed) {
        document[key] = value;
    }
    document
}

fn verified(plans: &[&ChangeSet]) -> Vec<Value> {
    let all = plans.iter().flat_map(|plan| &plan.facts.verified);
    unique(all.map(|it| json!({ "image": it.image, "version": it.version, "digest": it.digest })))
}

fn not_verified(plans: &[&ChangeSet]) -> Vec<Value> {
    let all = plans.iter().flat_map(|plan| &plan.facts.not_verified);
    unique(all.map(|it| json!({ "image": it.image, "version": it.version, "reason": it.reason })))
}

/// Several branches may get the same version.
fn unique(values: impl Iterator<Item = Value>) -> Vec<Value> {
    let mut found: Vec<Value> = Vec::new();
    for value in values {
        if !found.contains(&value) {
            found.push(value);
        }
    }
    found
}
