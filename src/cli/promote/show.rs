//! What a promotion does, as it is shown: a story on the terminal, a document for scripts.

use serde_json::{Value, json};

use crate::change::promotion::{Goes, Noted, Picked, Promotion};
use crate::change::render;
use crate::change::set::{ChangeSet, SiteChange};
use crate::cli::landing;
use crate::cli::manner::Output;
use crate::cli::{Context, images, output};
use crate::error::Error;
use crate::landing::Landed;
use crate::text::time;
use crate::ui::plural;
use crate::ui::report::{self, Level};
use crate::ui::style;

/// Longer lists of commits are cut on the terminal; documents have them all.
const MOST: usize = 20;

/// Shows plans, of what has landed or would land.
///
/// # Errors
/// As writing to stdout.
pub(in crate::cli) fn plans(context: &Context, plans: &[&ChangeSet], landed: &[Landed]) -> Result<(), Error> {
    let ui = &context.ui;
    match context.output {
        Output::Json => return output::json(ui, &document(context, plans, landed)),
        Output::Name => {
            let mut paths: Vec<String> = Vec::new();
            for (at, plan) in plans.iter().enumerate() {
                match landed.get(at).and_then(|one| one.difference.as_ref()) {
                    Some((whole, _)) => paths.extend(whole.iter().cloned()),
                    None => paths.extend(plan.files.iter().map(|file| file.path().to_owned())),
                }
            }
            ui.data(paths.into_iter().map(|path| path + "\n").collect::<String>())?;
        }
        Output::Text if context.manner.dry_run => {
            for (at, plan) in plans.iter().enumerate() {
                match landed.get(at).and_then(|one| one.difference.as_ref()) {
                    Some((_, patch)) => ui.styled(&style::diff(patch))?,
                    None => ui.styled(&style::diff(&render::unified(plan)))?,
                }
            }
        }
        Output::Text => {
            let sites = plans.iter().flat_map(|plan| &plan.facts.sites);
            ui.data(
                sites
                    .map(|site| format!("updated {}\n", line(site)))
                    .collect::<String>(),
            )?;
        }
    }
    let sites = match context.manner.dry_run {
        true => Sites::Told,
        false => Sites::Shown,
    };
    story(context, (plans, sites));
    let warnings = plans.iter().flat_map(|plan| &plan.facts.warnings);
    warnings.for_each(|warning| ui.warn(warning));
    Ok(())
}

/// Whether a story tells of versions, too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::cli) enum Sites {
    Told,
    /// They have been written, and shown.
    Shown,
}

/// Tells what a promotion would do, in words.
pub(in crate::cli) fn story(context: &Context, (plans, told): (&[&ChangeSet], Sites)) {
    let ui = &context.ui;
    for plan in plans {
        if let Some(promotion) = &plan.facts.promotion {
            of_promotion(promotion).iter().for_each(|line| ui.talk(line));
        }
        let sites: &[SiteChange] = if told == Sites::Told { &plan.facts.sites } else { &[] };
        for site in sites.iter().take(MOST) {
            ui.talk(format!("would update {}", line(site)));
        }
        if let Some(more) = sites.len().checked_sub(MOST).filter(|more| *more > 0) {
            ui.talk(format!("would update {more} more"));
        }
        for setting in &plan.facts.settings {
            if setting.from.is_none() && setting.to.is_none() {
                ui.talk(format!("changes {}", setting.file));
                continue;
            }
            let shown = |value: &Option<String>| value.clone().unwrap_or_else(|| "nothing".to_owned());
            ui.talk(format!(
                "setting {}  {} {} -> {}",
                setting.file,
                setting.path,
                shown(&setting.from),
                shown(&setting.to)
            ));
        }
        if plan.is_empty()
            && let Some(promotion) = &plan.facts.promotion
        {
            ui.talk(format!(
                "{} runs what {} runs already",
                promotion.to.join(", "),
                promotion.from
            ));
        }
    }
}

fn of_promotion(promotion: &Promotion) -> Vec<String> {
    let mut lines = Vec::new();
    if let Some(base) = &promotion.merge_base {
        let claim = base.claimed_by.as_ref().map(|by| format!(", as {} says", by.short()));
        lines.push(format!(
            "both have {}{}",
            base.commit.short(),
            claim.unwrap_or_default()
        ));
    }
    for change in promotion.changes.iter().filter(|it| it.picked != Picked::Left) {
        let how = match change.picked {
            Picked::Folded => " (versions)",
            _ => "",
        };
        lines.push(format!(
            "carries {}  {} ({}){how}",
            short(&change.id),
            change.title,
            change.author
        ));
    }
    let left = promotion.changes.iter().filter(|it| it.picked == Picked::Left).count();
    if left > 0 {
        lines.push(format!("leaves {} behind", plural::count(left, "change")));
    }
    listed(&mut lines, "rides along", &promotion.rides_along);
    listed(
        &mut lines,
        &format!("only in {}", promotion.to.join(", ")),
        &promotion.only_in_target,
    );
    for it in &promotion.brings_back {
        lines.push(format!("brings back what {} rolled back: {}", it.by, it.what));
    }
    for it in promotion.companions.iter().filter(|it| it.goes == Goes::Not) {
        lines.push(format!("came with {}, not carried: {}", it.came_with, it.selector));
    }
    for it in &promotion.resolved {
        lines.push(format!("settled by meaning ({}): {}", it.rule, it.file));
    }
    for it in &promotion.tracks {
        lines.push(format!("{} follows {} instead of {}", it.environment, it.to, it.from));
    }
    lines.extend(promotion.notes.iter().cloned());
    lines
}

/// An ID as it is read and typed: of a commit, what it begins with.
pub(in crate::cli) fn short(id: &str) -> &str {
    let is_commit = id.len() >= 40 && id.bytes().all(|byte| byte.is_ascii_hexdigit());
    if is_commit { &id[..10] } else { id }
}

fn listed(lines: &mut Vec<String>, what: &str, commits: &[Noted]) {
    for it in commits.iter().take(MOST) {
        lines.push(format!("{what}: {} {} ({})", it.commit.short(), it.title, it.author));
    }
    if let Some(more) = commits.len().checked_sub(MOST).filter(|more| *more > 0) {
        lines.push(format!("{what}: and {more} more"));
    }
}

fn line(site: &SiteChange) -> String {
    let from = site.from.as_deref().unwrap_or("no version");
    let place = format!("{}:{}:{}", site.file, site.line, site.column);
    format!("{place}  {} {from} -> {}", site.image, site.to)
}

/// The document of `-o json`. Of several landings the first one's promotion is at the top, and `hops` has them all.
fn document(context: &Context, plans: &[&ChangeSet], landed: &[Landed]) -> Value {
    let sites: Vec<Value> = plans.iter().flat_map(|plan| &plan.facts.sites).map(site).collect();
    let settings = plans.iter().flat_map(|plan| &plan.facts.settings);
    let settings: Vec<Value> = settings
        .map(|it| {
            json!({
                "selector": it.path, "file": it.file, "line": it.line, "column": it.column, "from": it.from, "to": it.to,
            })
        })
        .collect();
    let warnings = plans.iter().flat_map(|plan| &plan.facts.warnings);
    let mut warnings: Vec<Value> = warnings.map(|it| report::json(Level::Warning, it)).collect();
    warnings.extend(landing::warnings(landed));
    let mut document = json!({
        "schema": output::SCHEMA, "command": context.name, "changed": landing::has_changed(plans, landed),
        "dry_run": context.manner.dry_run, "sites": sites, "settings": settings, "warnings": warnings,
    });
    let promotions: Vec<&Promotion> = plans
        .iter()
        .filter_map(|plan| plan.facts.promotion.as_deref())
        .collect();
    if let Some(first) = promotions.first()
        && let Value::Object(fields) = of(first)
    {
        fields.into_iter().for_each(|(key, value)| document[key] = value);
    }
    let entries = landing::document(landed);
    let requests: Vec<Value> = landed
        .iter()
        .map(|one| landing::document(std::slice::from_ref(one)))
        .map(|fields| {
            let request = fields.iter().find(|(key, _)| *key == "pull_request");
            request.map_or(Value::Null, |(_, value)| value.clone())
        })
        .collect();
    document["hops"] = promotions
        .iter()
        .enumerate()
        .map(|(at, it)| {
            json!({
                "source": it.from, "target": it.to.join(","), "commit": it.commit.as_str(),
                "pull_request": requests.get(at).cloned().unwrap_or(Value::Null),
            })
        })
        .collect();
    for (key, value) in entries {
        document[key] = value;
    }
    document
}

fn site(site: &SiteChange) -> Value {
    json!({
        "file": site.file, "line": site.line, "column": site.column, "image": site.image,
        "from": site.from, "to": site.to, "locator": site.locator,
        "environment": images::only(&site.environments), "environments": site.environments,
    })
}

fn of(promotion: &Promotion) -> Value {
    let noted = |list: &[Noted]| -> Vec<Value> {
        let one = |it: &Noted| json!({ "commit": it.commit.as_str(), "title": it.title, "author": it.author });
        list.iter().map(one).collect()
    };
    let changes: Vec<Value> = promotion
        .changes
        .iter()
        .map(|it| {
            json!({
                "id": it.id, "commit": it.commit.as_str(), "title": it.title, "author": it.author,
                "picked": it.picked != Picked::Left,
            })
        })
        .collect();
    let companions: Vec<Value> = promotion
        .companions
        .iter()
        .map(|it| json!({ "selector": it.selector, "came_with": it.came_with, "carried": it.goes == Goes::Along }))
        .collect();
    let brings_back: Vec<Value> = promotion
        .brings_back
        .iter()
        .map(|it| json!({ "what": it.what, "by": it.by, "at": time::moment(it.at), "commit": it.commit.as_str() }))
        .collect();
    let resolved: Vec<Value> = promotion
        .resolved
        .iter()
        .map(|it| json!({ "file": it.file, "rule": it.rule }))
        .collect();
    let tracks: Vec<Value> = promotion
        .tracks
        .iter()
        .map(|it| json!({ "environment": it.environment, "from": it.from, "to": it.to }))
        .collect();
    json!({
        "strategy": promotion.strategy, "kind": promotion.kind.as_str(), "source": promotion.from,
        "target": promotion.to.join(","), "source_commit": promotion.commit.as_str(), "changes": changes,
        "companions": companions, "brings_back": brings_back, "rides_along": noted(&promotion.rides_along),
        "only_in_target": noted(&promotion.only_in_target), "resolved": resolved, "tracks": tracks,
        "merge_base": promotion.merge_base.as_ref().map(|it| it.commit.as_str()), "notes": promotion.notes,
    })
}
