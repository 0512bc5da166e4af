//! Environments and images of the repository on the line, as candidates.
//!
//! Which argument takes which is told by its value's name, so a new command completes without a word here: `ENV` is an
//! environment, `FROM` and `TO` are the two of a promotion, `IMAGE` an image, `IMAGE=…` an image with its version,
//! `REV` and `RANGE` name branches, `KIND/NAME` an object of the environment, `PATH` one of its fields, and `TOPIC` what `rakops help` tells about.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::path::PathBuf;
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::Duration;

use clap_complete::engine::{ArgValueCompleter, CompletionCandidate};

use super::line::Line;
use crate::cli::context::Process;
use crate::cli::registries;
use crate::cli::{help, overlay};
use crate::git::program::MayAsk;
use crate::image::Repository;
use crate::ops::completion::{self, Known};
use crate::ops::world::Where;

/// After this time TAB answers with what the configuration says; nobody waits until a large tree is read.
const PATIENCE: Duration = Duration::from_millis(400);

/// Where the line works, and what it names already.
#[derive(Clone)]
struct Asked {
    place: Where,
    earlier: Vec<String>,
    /// Where it is kept what files held at a TAB, and what else that depends on: the build of this program.
    names: (PathBuf, String),
    /// What was seen lately of registries, and seconds since 1970.
    cache: PathBuf,
    now: i64,
}

/// Gives each argument of `command` the candidates that its value's name asks for.
pub(super) fn attach(command: clap::Command, line: &Line, process: &Process) -> clap::Command {
    let directory = &process.directory;
    let typed = line
        .value_of("-C")
        .map_or_else(|| directory.to_owned(), |typed| directory.join(typed));
    let place = Where {
        config: line.value_of("--config").map(|file| directory.join(file)),
        directory: std::fs::canonicalize(&typed).unwrap_or(typed),
        manner: process.git_manner(MayAsk::No),
    };
    let asked = Asked {
        place,
        earlier: line.earlier().to_vec(),
        names: (process.cache().join("names"), process.build()),
        cache: registries::cache(process),
        now: process.now(),
    };
    to_every_argument(command, &Arc::new(asked))
}

fn to_every_argument(command: clap::Command, asked: &Arc<Asked>) -> clap::Command {
    command
        .mut_args(|argument| {
            let name = argument
                .get_value_names()
                .and_then(<[_]>::first)
                .map(ToString::to_string);
            let asked = Arc::clone(asked);
            match name.as_deref() {
                Some("FROM") => argument.add(completer(move |typed| states(&asked, typed))),
                Some("TO") => argument.add(completer(move |typed| later(&asked, typed))),
                Some("ENV") => argument.add(completer(move |typed| environments(&asked, typed))),
                Some("KIND/NAME") => argument.add(completer(move |typed| objects(&asked, typed))),
                Some("PATH") | Some("PATH=VALUE") => argument.add(completer(move |typed| fields(&asked, typed))),
                Some("BRANCH" | "REV" | "COMMIT" | "NUMBER|BRANCH") => {
                    argument.add(completer(move |typed| branches(&asked, typed)))
                }
                Some("RANGE") => argument.add(completer(move |typed| range(&asked, typed))),
                Some("TOPIC") => argument.add(completer(move |typed| topics(&asked, typed))),
                Some("POLICY") => argument.add(completer(policies)),
                Some("IMAGE") => argument.add(completer(move |typed| images(&asked, typed, ""))),
                Some(name) if name.starts_with("IMAGE=") => {
                    argument.add(completer(move |typed| images(&asked, typed, "=")))
                }
                _ => argument,
            }
        })
        .mut_subcommands(|subcommand| to_every_argument(subcommand, asked))
}

fn completer(of: impl Fn(&str) -> Vec<CompletionCandidate> + Send + Sync + 'static) -> ArgValueCompleter {
    ArgValueCompleter::new(move |typed: &OsStr| typed.to_str().map(&of).unwrap_or_default())
}

/// Environments in promotion order, but for those that the line names already.
fn environments(asked: &Asked, typed: &str) -> Vec<CompletionCandidate> {
    let known = known(asked, |known| !known.environments.is_empty());
    let fresh = |name: &&String| name.starts_with(typed) && !asked.earlier.contains(name);
    known
        .environments
        .iter()
        .filter(fresh)
        .map(CompletionCandidate::new)
        .collect()
}

/// Branches that are known here, but for those that requests of ours come from.
fn branches(asked: &Asked, typed: &str) -> Vec<CompletionCandidate> {
    let known = known(asked, |_| true);
    let fits =
        |name: &&String| name.starts_with(typed) && (typed.starts_with("rakops/") || !name.starts_with("rakops/"));
    known
        .branches
        .iter()
        .filter(fits)
        .map(CompletionCandidate::new)
        .collect()
}

/// Environments, and after `@` what is known of their states: what has soaked, and branches.
fn states(asked: &Asked, typed: &str) -> Vec<CompletionCandidate> {
    let Some((environment, state)) = typed.split_once('@') else {
        return environments(asked, typed);
    };
    let named = known(asked, |_| true).branches;
    let soaked = std::iter::once("soaked".to_owned());
    let fits = soaked.chain(named).filter(|name| name.starts_with(state));
    fits.map(|name| CompletionCandidate::new(format!("{environment}@{name}")))
        .collect()
}

/// Branches, on either side of the dots.
fn range(asked: &Asked, typed: &str) -> Vec<CompletionCandidate> {
    let at = typed.rfind("..").map_or(0, |at| at + 2);
    let (before, branch) = typed.split_at(at);
    let dots = if branch.starts_with('.') { "." } else { "" };
    let found = branches(asked, &branch[dots.len()..]).into_iter();
    found
        .map(|it| CompletionCandidate::new(format!("{before}{dots}{}", it.get_value().to_string_lossy())))
        .collect()
}

/// The environments that come after the one that the line names, in promotion order; before it, to carry something back.
fn later(asked: &Asked, typed: &str) -> Vec<CompletionCandidate> {
    let known = known(asked, |known| !known.environments.is_empty()).environments;
    let from = |name: &String| asked.earlier.iter().any(|word| word.split('@').next() == Some(name));
    let Some(at) = known.iter().position(from) else {
        return environments(asked, typed);
    };
    let some = match asked.earlier.iter().any(|word| word == "--backport") {
        true => &known[..at],
        false => &known[at + 1..],
    };
    let fits = some.iter().filter(|name| name.starts_with(typed));
    fits.map(CompletionCandidate::new).collect()
}

/// Images by alias or short name where that is enough, and by full name once its beginning is typed.
fn images(asked: &Asked, typed: &str, tail: &str) -> Vec<CompletionCandidate> {
    if let Some((image, version)) = typed.split_once('=') {
        return versions(asked, (image, version));
    }
    let known = known(asked, |_| false);
    // All that share a last segment begin alike, so that those which are left tell whether it is one image's alone.
    let images = known.images(typed, |full, alias| {
        let is_begun = |name: &str| name.starts_with(typed);
        is_begun(last_segment(full)) || is_begun(full) || alias.is_some_and(is_begun)
    });
    let mut uses: BTreeMap<&str, usize> = BTreeMap::new();
    for full in images.keys() {
        *uses.entry(last_segment(full)).or_default() += 1;
    }
    let mut found = Vec::new();
    for (full, alias) in images {
        let segment = last_segment(full);
        let short = match alias {
            Some(alias) => alias,
            None if uses[segment] == 1 => segment,
            None => full,
        };
        let shown = [short, full].into_iter().find(|name| name.starts_with(typed));
        found.extend(
            shown.map(|shown| CompletionCandidate::new(format!("{shown}{tail}")).help(Some(full.to_owned().into()))),
        );
    }
    found
}

/// Versions of an image: those that run somewhere, then those that the registry had lately. It is not asked.
fn versions(asked: &Asked, (image, version): (&str, &str)) -> Vec<CompletionCandidate> {
    let (tell, told) = mpsc::channel();
    let (from, typed) = (asked.clone(), image.to_owned());
    thread::spawn(move || {
        let seen = |image: &Repository| registries::seen((&from.cache, from.now), image);
        // The other end has gone if the time ran out.
        let _ = tell.send(completion::versions(&from.place, &typed, &seen));
    });
    let found = told.recv_timeout(PATIENCE).unwrap_or_default();
    let fits = found.into_iter().filter(|(tag, _)| tag.starts_with(version));
    fits.enumerate()
        .map(|(number, (tag, environments))| {
            let help = (!environments.is_empty()).then(|| environments.join(", ").into());
            let candidate = CompletionCandidate::new(format!("{image}={tag}"));
            candidate.help(help).display_order(Some(number))
        })
        .collect()
}

/// Commands and topics of help, and the commands below those that stand after `help` already.
fn topics(asked: &Asked, typed: &str) -> Vec<CompletionCandidate> {
    let after = asked.earlier.iter().skip_while(|word| *word != "help").skip(1);
    let after: Vec<&str> = after.map(String::as_str).collect();
    let fits = help::following(&after).into_iter().enumerate();
    let fits = fits.filter(|(_, (name, _))| name.starts_with(typed));
    fits.map(|(number, (name, about))| {
        let candidate = CompletionCandidate::new(name).display_order(Some(number));
        candidate.help(Some(about.into()))
    })
    .collect()
}

/// What a policy begins with, or is.
fn policies(typed: &str) -> Vec<CompletionCandidate> {
    let all = [
        ("semver:", "a range of versions: semver:^1"),
        ("calver", "dates"),
        ("numeric", "whole numbers"),
        ("newest", "the time of building"),
        ("regex:", "what a pattern's groups hold"),
    ];
    let fits = all.into_iter().filter(|(policy, _)| policy.starts_with(typed));
    fits.map(|(policy, help)| CompletionCandidate::new(policy).help(Some(help.into())))
        .collect()
}

fn last_segment(full: &str) -> &str {
    full.rsplit('/').next().unwrap_or(full)
}

/// The objects of the environment that the line names.
fn objects(asked: &Asked, typed: &str) -> Vec<CompletionCandidate> {
    let found = in_time(asked, completion::objects);
    let mut found: Vec<CompletionCandidate> = found
        .into_iter()
        .filter(|name| name.starts_with(typed))
        .map(CompletionCandidate::new)
        .collect();
    // `overlay set` takes fields of the kustomization at the same place.
    if asked.earlier.iter().any(|word| word == "set") && !typed.is_empty() {
        let fields = overlay::field_names().filter(|name| name.starts_with(typed));
        found.extend(fields.map(CompletionCandidate::new));
    }
    found
}

/// The fields of the object that the line names, each with the equals sign where a value follows.
fn fields(asked: &Asked, typed: &str) -> Vec<CompletionCandidate> {
    if !asked.earlier.iter().any(|word| word == "overlay") {
        return Vec::new();
    }
    let tail = match asked.earlier.iter().any(|word| word == "set") {
        true => "=",
        false => "",
    };
    let found = in_time(asked, completion::fields);
    let fits = found.into_iter().filter(|(path, _)| path.starts_with(typed));
    fits.map(|(path, value)| CompletionCandidate::new(format!("{path}{tail}")).help(Some(value.into())))
        .collect()
}

/// What `ask` finds, or nothing if it takes too long.
fn in_time<T: Default + Send + 'static>(asked: &Asked, ask: fn(&Where, &[String]) -> T) -> T {
    let (tell, told) = mpsc::channel();
    let asked = asked.clone();
    thread::spawn(move || {
        // The other end has gone if the time ran out.
        let _ = tell.send(ask(&asked.place, &asked.earlier));
    });
    told.recv_timeout(PATIENCE).unwrap_or_default()
}

/// Everything that can be named here; what the configuration says if that is `enough`, or the rest takes too long.
fn known(asked: &Asked, enough: fn(&Known) -> bool) -> Known {
    let (tell, told) = mpsc::channel();
    let reader = asked.clone();
    thread::spawn(move || {
        completion::known(&reader.place, &reader.names, |known| {
            // The other end has gone if the time ran out.
            let _ = tell.send(known);
        });
    });
    let configured = told.recv_timeout(PATIENCE).unwrap_or_default();
    if enough(&configured) {
        return configured;
    }
    told.recv_timeout(PATIENCE).unwrap_or(configured)
}
