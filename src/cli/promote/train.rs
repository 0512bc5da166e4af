//! `rakops promote FROM --through LAST`: hop after hop, as far as it goes.

use super::Asking;
use crate::cli::Context;
use crate::cli::landing::Lander;
use crate::error::{Error, Kind};
use crate::landing::{Landed, Outcome};
use crate::ops::land::Ground;
use crate::ops::promote::train::{self, Stop};
use crate::ops::promote::{PromoteRequest, State};

/// Carries one commit on until the last environment has it, or somebody has to be waited for.
///
/// # Errors
/// As the first hop. What stops a later one is waited for, and said.
pub(super) fn run(
    context: &Context,
    (ground, lander): (&Ground, &Lander<'_>),
    (request, last, asking): (&PromoteRequest, &str, &Asking<'_>),
) -> Result<Vec<Landed>, Error> {
    let mut landed: Vec<Landed> = Vec::new();
    let mut hops = 0;
    let mut carried = None;
    loop {
        let stops = train::stops(ground, &lander.order, (request, last))?;
        // One train a run: what FROM has become since takes the next one.
        let first = stops.first().map(|stop| stop.commit.clone());
        if carried.is_some() && carried != first {
            context.ui.talk(format!("{last} has it"));
            return Ok(landed);
        }
        carried = first;
        for stop in stops.iter().take_while(|_| hops == 0).filter(|it| it.landed.is_some()) {
            context
                .ui
                .talk(format!("{} has {} of {}", stop.to, stop.commit.short(), stop.from));
        }
        let Some(next) = stops.iter().find(|stop| stop.landed.is_none()) else {
            context.ui.talk(format!("{last} has it"));
            return Ok(landed);
        };
        let is_first = stops.len() == 1;
        context.ui.talk(format!("{} to {}:", next.from, next.to));
        let hop = (&of(request, next), asking);
        // Who waits for a later hop is told so, and not asked to hurry.
        let went = match is_first {
            true => super::asked_hop(context, (ground, lander), hop),
            false => super::hop(context, (ground, lander), hop),
        };
        match went {
            Ok(one) => {
                let wait = waits_for(&one);
                let has_moved = one.iter().any(|it| it.commit.is_some());
                landed.extend(one);
                hops += 1;
                if let Some(wait) = wait {
                    context.ui.talk(format!("{wait}; the same command goes on from there"));
                    return Ok(landed);
                }
                if context.manner.dry_run || !has_moved {
                    return Ok(landed);
                }
            }
            Err(error) if !is_first && is_a_wait(&error) => {
                context.ui.talk(format!("{} waits: {}", next.to, error.message));
                return Ok(landed);
            }
            Err(error) => return Err(error),
        }
    }
}

/// The hop as a promotion of its own.
fn of(request: &PromoteRequest, stop: &Stop) -> PromoteRequest {
    PromoteRequest {
        from: stop.from.clone(),
        at: State::At(stop.commit.as_str().to_owned()),
        to: stop.to.clone(),
        ..request.clone()
    }
}

/// Who has to act before the next hop.
fn waits_for(landed: &[Landed]) -> Option<String> {
    let open = landed
        .iter()
        .filter_map(|one| one.request.as_ref())
        .find(|requested| requested.outcome != Outcome::Merged)?;
    Some(format!(
        "waits for pull request {} to be merged: {}",
        open.request.number, open.request.url
    ))
}

/// Whether an error goes away with time.
fn is_a_wait(error: &Error) -> bool {
    error.kind == Kind::Refused && matches!(error.code, "unsoaked" | "request-approved")
}
