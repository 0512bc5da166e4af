//! The registries that a command asks: its flags, its logins, and how long it waits.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;

use super::Context;
use super::context::Process;
use crate::error::Error;
use crate::git::child::stop_all;
use crate::image::Repository;
use crate::ops::registries::{self, Held};
use crate::ops::world::World;
use crate::registry::{Logins, Mode, Registries, Setup};
use crate::ui;

/// How long a program that keeps logins may take: it may have to ask a network of its own.
const HELPER_LIMIT: Duration = Duration::from_secs(10);

/// How registries are asked.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Registry options")]
pub(crate) struct RegistryArgs {
    /// Ask no registry; what was seen there lately has to do
    #[arg(long, env = "RAKOPS_OFFLINE", value_parser = clap::builder::FalseyValueParser::new())]
    pub(crate) offline: bool,

    /// Speak plain HTTP with this registry, and send a login so, too
    #[arg(long, value_name = "HOST", env = "RAKOPS_INSECURE_REGISTRY", value_delimiter = ',')]
    pub(crate) insecure_registry: Vec<String>,
}

/// How much an answer is worth waiting for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Effort {
    /// It was asked for.
    Asked,
    /// It would be good to know: a command does not hang because of it.
    Courtesy,
}

impl Effort {
    fn request_limit(self) -> Duration {
        match self {
            Effort::Asked => Duration::from_secs(15),
            Effort::Courtesy => Duration::from_secs(5),
        }
    }

    fn patience(self) -> Duration {
        match self {
            Effort::Asked => Duration::from_secs(60),
            Effort::Courtesy => Duration::ZERO,
        }
    }
}

/// Who says a line to whoever waits.
pub(super) type Say<'a> = &'a (dyn Fn(&str) + Sync);

/// Opens the registries for a command. `authorities` is `--ca-file`; `world` is what is looked at, and `branch` what was looked
/// at first: the same, unless a change was asked for.
///
/// # Errors
/// As [`registries::entries`], and as reading the file of authorities.
pub(super) fn open<'a>(
    context: &'a Context,
    (args, authorities): (&RegistryArgs, Option<&PathBuf>),
    ((world, branch), effort): ((&World, &World), Effort),
    say: Say<'a>,
) -> Result<Registries<'a>, Error> {
    let place = context.place.resolve(&context.process);
    let held = match context.place.remote(&context.process)? {
        None => Held::Here(&place),
        Some(_) => Held::There(branch),
    };
    // A walk through the sandbox is about images that nobody has pushed anywhere.
    let mode = match args.offline || context.process.is_step_of_walk() {
        true => Mode::Offline,
        false => Mode::Online,
    };
    let authorities = match authorities {
        Some(file) if mode == Mode::Online => {
            let path = context.process.directory.join(file);
            let shown = file.display().to_string();
            Some(std::fs::read(path).map_err(|cause| Error::files(&shown, "cannot read", &cause))?)
        }
        _ => None,
    };
    let entries = match mode {
        Mode::Online => registries::entries(world, held)?,
        Mode::Offline => Vec::new(),
    };
    // A program that keeps logins leads a group of its own, and hears nothing of Ctrl-C.
    ui::on_interrupt(Box::new(stop_all));
    Ok(Registries::new(Setup {
        mode,
        request_limit: effort.request_limit(),
        patience: effort.patience(),
        entries,
        insecure: args.insecure_registry.clone(),
        authorities,
        logins: Logins {
            files: login_files(context),
            variables: context.process.variables(),
            helper_limit: HELPER_LIMIT,
        },
        cache: cache(&context.process),
        now: context.process.now(),
        say,
    }))
}

/// The tags of an image that were seen lately; nobody is asked, and no login is read.
pub(super) fn seen((cache, now): (&Path, i64), image: &Repository) -> Vec<String> {
    let nothing = BTreeMap::new();
    let registries = Registries::new(Setup {
        mode: Mode::Offline,
        request_limit: Duration::ZERO,
        patience: Duration::ZERO,
        entries: Vec::new(),
        insecure: Vec::new(),
        authorities: None,
        logins: Logins {
            files: Vec::new(),
            helper_limit: Duration::ZERO,
            variables: &nothing,
        },
        cache: cache.to_owned(),
        now,
        say: &|_| {},
    });
    registries.seen(image)
}

/// Where what was seen lately is kept.
pub(super) fn cache(process: &Process) -> PathBuf {
    process.cache().join("registries")
}

/// The files that logins are in, the first that has one for a host counts.
///
/// Source: docker's `DOCKER_CONFIG`; containers-auth.json(5), which lets `REGISTRY_AUTH_FILE` stand for all.
fn login_files(context: &Context) -> Vec<PathBuf> {
    let process = &context.process;
    if let Some(file) = process.variable("REGISTRY_AUTH_FILE") {
        return vec![process.directory.join(file)];
    }
    let home = process.variable("HOME").map(PathBuf::from);
    let docker = match process.variable("DOCKER_CONFIG") {
        Some(directory) => Some(process.directory.join(directory)),
        None => home.as_ref().map(|home| home.join(".docker")),
    };
    let configured = match process.variable("XDG_CONFIG_HOME") {
        Some(directory) => Some(PathBuf::from(directory)),
        None => home.map(|home| home.join(".config")),
    };
    let runtime = process.variable("XDG_RUNTIME_DIR").map(PathBuf::from);
    let podman = [runtime, configured].into_iter().flatten();
    let podman = podman.map(|directory| directory.join("containers").join("auth.json"));
    docker
        .into_iter()
        .map(|directory| directory.join("config.json"))
        .chain(podman)
        .collect()
}
