//! What is hung on a request once it is open, or found: labels, reviewers, the wish to merge by itself, a word on what has
//! changed. Nothing here takes a request away again.

use super::evidence::Head;
use super::pull_request::{Lacking, Landing};
use super::{MergesItself, Outcome, Planned, Requested};
use crate::error::{Error, Hint, Kind};
use crate::forge::{Applied, AutoMerge, Decoration, Patch, PullRequest};
use crate::git::names::Oid;

impl Landing<'_> {
    /// Labels, reviewers and the wish to merge by itself. What fails here leaves the request in place, and is said.
    pub(super) fn finish(
        &self,
        (request, mut outcome): (PullRequest, Outcome),
        (planned, head): (&Planned, &Oid),
        warnings: &mut Vec<Error>,
    ) -> Result<Requested, Error> {
        let (wishes, scene) = (self.wishes, self.scene);
        let decoration = Decoration {
            labels: joined(&planned.labels, &wishes.labels),
            reviewers: match outcome {
                Outcome::Opened => joined(&planned.reviewers, &wishes.reviewers),
                _ => self.not_heard(&request, joined(&planned.reviewers, &wishes.reviewers)),
            },
        };
        let mut applied = Applied::default();
        let mut missing = Vec::new();
        let mut merge_here = None;
        if decoration != Decoration::default() {
            applied = self.host.decorate(&request, &decoration);
            missing = lacking(&applied, &request);
        }
        let merges_itself = match wishes.merges_itself {
            MergesItself::No => planned.merges_itself,
            asked => asked,
        };
        if merges_itself != MergesItself::No {
            scene.progress.doing("asking for auto-merge");
            let asked = self.host.enable_auto_merge(&request, head, wishes.method);
            let asked = asked.map_err(|error| error.because(format!("it is open: {}", request.url)))?;
            match asked {
                AutoMerge::Enabled => {}
                AutoMerge::MergedNow => outcome = Outcome::Merged,
                // Who waits anyway merges it then.
                AutoMerge::Unavailable(why) if merges_itself == MergesItself::Asked && wishes.wait.is_some() => {
                    scene.progress.say(&format!(
                        "the forge will not merge it by itself, so this run does: {why}"
                    ));
                    merge_here = Some(head.clone());
                }
                AutoMerge::Unavailable(why) => {
                    let error = Error::new(
                        Kind::Refused,
                        "auto-merge-unavailable",
                        format!("pull request {} is open, and will not merge by itself", request.number),
                    )
                    .because(why)
                    .because(request.url.clone())
                    .hint(Hint::Run(format!("rakops pr wait {}", request.number)))
                    .hint(Hint::Run(format!("rakops pr merge {}", request.number)));
                    match merges_itself {
                        MergesItself::Asked => return Err(error),
                        _ => warnings.push(error),
                    }
                }
            }
        }
        if wishes.lacking == Lacking::Error && !missing.is_empty() {
            return Err(missing.into_iter().fold(incomplete(&request), |mut error, lack| {
                error.hints.extend(lack.hints);
                lack.causes
                    .into_iter()
                    .fold(error.because(lack.message), Error::because)
            }));
        }
        warnings.extend(missing);
        Ok(Requested {
            request,
            outcome,
            applied,
            merge_here,
        })
    }

    /// Leaves out who has said something already: asked again, they would have to say it again.
    fn not_heard(&self, request: &PullRequest, names: Vec<String>) -> Vec<String> {
        let asks = |name: &String| !request.reviewers.iter().any(|known| known.eq_ignore_ascii_case(name));
        if !names.iter().any(asks) {
            return names;
        }
        // Whether they have been heard is known where reviews can be read.
        let heard = self.host.reviews(request).unwrap_or_default();
        let is_heard = |name: &String| heard.iter().any(|review| review.by.eq_ignore_ascii_case(name));
        names.into_iter().filter(|name| !is_heard(name)).collect()
    }

    /// An open request with the same content: only what the user says of it is brought up to date.
    pub(super) fn keep(&self, open: PullRequest, (planned, head): (&Planned, &Head)) -> Result<Requested, Error> {
        let wishes = self.wishes;
        let patch = Patch {
            title: wishes.title.clone(),
            body: wishes.body.as_ref().map(|_| planned.body.clone()),
            ..Patch::default()
        };
        let patch = patch.against(&open);
        let mut outcome = Outcome::Untouched;
        let request = match patch.is_empty() {
            true => open,
            false => {
                outcome = Outcome::Updated;
                self.host.update(&open, &patch)?
            }
        };
        let has_wishes = !wishes.labels.is_empty() || !wishes.reviewers.is_empty();
        let wants_auto_merge = wishes.merges_itself == MergesItself::Asked && request.auto_merge != Some(true);
        if !has_wishes && !wants_auto_merge {
            return Ok(Requested {
                request,
                outcome,
                applied: Applied::default(),
                merge_here: None,
            });
        }
        let mut warnings = Vec::new();
        let requested = self.finish((request, outcome), (planned, &head.tip), &mut warnings)?;
        warnings
            .iter()
            .for_each(|warning| self.scene.progress.say(&warning.message));
        Ok(requested)
    }

    /// What was approved has changed: its reviewers are asked again, and the difference is said in the request.
    pub(super) fn ask_again(&self, request: &PullRequest, planned: &Planned, warnings: &mut Vec<Error>) {
        let text = format!(
            "The content has changed since it was approved:\n\n{}",
            crate::change::evidence::table(&planned.change_set.facts)
        );
        let mut reviewers: Vec<String> = match self.host.reviews(request) {
            // Nobody can be asked about what they have opened themselves.
            Ok(reviews) => reviews
                .into_iter()
                .map(|review| review.by)
                .filter(|by| Some(by) != request.author.as_ref())
                .collect(),
            Err(error) => {
                warnings.push(error);
                Vec::new()
            }
        };
        reviewers.sort();
        reviewers.dedup();
        let decoration = Decoration {
            labels: Vec::new(),
            reviewers,
        };
        if !decoration.reviewers.is_empty() {
            warnings.extend(lacking(&self.host.decorate(request, &decoration), request));
        }
        if let Err(error) = self.host.comment(request.number, "updated", &text) {
            warnings.push(error);
        }
    }
}

fn joined(configured: &[String], asked: &[String]) -> Vec<String> {
    let mut all: Vec<String> = Vec::new();
    for one in configured.iter().chain(asked) {
        if !all.contains(one) {
            all.push(one.clone());
        }
    }
    all
}

fn incomplete(request: &PullRequest) -> Error {
    Error::new(
        Kind::Refused,
        "request-incomplete",
        format!(
            "pull request {} is open, and not all that was asked for is there",
            request.number
        ),
    )
    .because(request.url.clone())
}

/// What of labels and reviewers is not there, each with the way to complete it.
fn lacking(applied: &Applied, request: &PullRequest) -> Vec<Error> {
    let unsupported = applied.unsupported.iter().map(|what| {
        Error::new(
            Kind::Refused,
            "forge-lacks",
            format!("this forge has no such thing: {what}"),
        )
    });
    let failed = applied.failed.iter().map(|(what, why)| {
        Error::new(
            Kind::Remote,
            "not-applied",
            format!("pull request {} is open without its {what}", request.number),
        )
        .because(why.message.clone())
        .hint(complete(request, what))
    });
    unsupported.chain(failed).collect()
}

/// The command that completes a request by `label deploy` or `reviewer anna`.
fn complete(request: &PullRequest, what: &str) -> Hint {
    let lane = &request.lane;
    let is_plain = |text: &str| text.chars().all(|c| c.is_ascii_alphanumeric() || "-_./+".contains(c));
    match what.split_once(' ') {
        Some((noun, name))
            if [name, lane.head.as_str(), lane.base.as_str()]
                .iter()
                .all(|it| is_plain(it)) =>
        {
            Hint::Run(format!(
                "rakops pr create --head {} --onto {} --{noun} {name}",
                lane.head, lane.base
            ))
        }
        _ => Hint::Say(format!("add it on the page of the request: {}", request.url)),
    }
}
