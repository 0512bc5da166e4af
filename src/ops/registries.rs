//! What the configuration says about registries, and whether that has been agreed to.
//!
//! A change may bring whatever it likes in its own `rakops.yaml`, and CI runs on it with a login at hand. So what loosens
//! something counts only as a proposal until it stands on the default branch.

use std::time::Duration;

use crate::config::load;
use crate::config::model::{Config, Registry, RegistryAuth};
use crate::error::{Error, Kind};
use crate::git::open::{self, Repository};
use crate::git::program::Git;
use crate::git::remote;
use crate::http::Http;
use crate::ops::config;
use crate::ops::world::{Where, World};
use crate::registry::{Auth, Entry, Trust};
use crate::snapshot::{CommitView, Snapshot};

/// Against what the word of a configuration is held.
#[derive(Clone, Copy)]
pub(crate) enum Held<'a> {
    /// The default branch of the repository that a work tree is of.
    Here(&'a Where),
    /// The branch of a remote repository that was asked for; a change of it may be what is looked at.
    There(&'a World),
    /// Nothing: it is only read.
    No,
}

/// Returns what the configuration of a repository says about registries.
///
/// # Errors
/// [`Kind::Config`] if a file of authorities cannot be read.
pub(crate) fn entries(world: &World, held: Held<'_>) -> Result<Vec<Entry>, Error> {
    let said = &world.loaded.config.registries;
    if said.is_empty() {
        return Ok(Vec::new());
    }
    let agreed = match held {
        Held::Here(place) if place.config.is_none() => agreed(world, place),
        Held::There(branch) => Agreed::Branch(branch),
        // A file that the user named is the user's word.
        Held::Here(_) | Held::No => Agreed::All,
    };
    said.iter().enumerate().map(|one| entry(world, one, &agreed)).collect()
}

fn entry(world: &World, (index, said): (usize, &Registry), agreed: &Agreed<'_>) -> Result<Entry, Error> {
    let authorities = match &said.ca_file {
        Some(file) => Some(authorities(world, (index, file))?),
        None => None,
    };
    Ok(Entry {
        host: said.host.clone(),
        auth: match said.auth {
            Some(RegistryAuth::Anonymous) => Auth::Anonymous,
            Some(RegistryAuth::DockerConfig) | None => Auth::DockerConfig,
        },
        mirror: said.mirror.clone(),
        insecure: said.insecure,
        trust: match (agreed, agreed.holds(said) && !has_changed(world, said, agreed)) {
            (_, true) => Trust::Agreed,
            (Agreed::Nothing, false) => Trust::Unknown,
            (_, false) => Trust::Proposed,
        },
        authorities,
    })
}

/// A file of authorities in the repository itself may be what a change brings.
fn has_changed(world: &World, said: &Registry, agreed: &Agreed<'_>) -> bool {
    let (Some(file), Some(snapshot)) = (&said.ca_file, agreed.snapshot()) else {
        return false;
    };
    !file.starts_with('/') && snapshot.read(file).ok() != world.snapshot.read(file).ok()
}

fn authorities(world: &World, (index, file): (usize, &str)) -> Result<Vec<u8>, Error> {
    let read = match file.starts_with('/') {
        true => std::fs::read(file).map_err(|cause| Error::files(file, "cannot read", &cause)),
        false => world.snapshot.read(file),
    };
    let holds_one = |pem: &Vec<u8>| Http::new(Duration::ZERO).trusting(pem).map(|_| ());
    let checked = read.and_then(|pem| holds_one(&pem).map(|()| pem));
    checked.map_err(|cause| {
        let message = format!("`{file}` is not a file of authorities that can be read");
        let error = Error::new(Kind::Config, "ca-file", message).because(cause.message);
        config::at(world, error, &format!("registries[{index}].ca_file"))
    })
}

/// What somebody besides the author of a change has agreed to.
enum Agreed<'a> {
    /// Nobody else has a say.
    All,
    /// What this branch says.
    Branch(&'a World),
    /// What the default branch says.
    These { config: Box<Config>, snapshot: Snapshot },
    /// It is not known here what the default branch says.
    Nothing,
}

impl Agreed<'_> {
    fn snapshot(&self) -> Option<&Snapshot> {
        match self {
            Agreed::Branch(world) => Some(&world.snapshot),
            Agreed::These { snapshot, .. } => Some(snapshot),
            Agreed::All | Agreed::Nothing => None,
        }
    }

    fn holds(&self, said: &Registry) -> bool {
        match self {
            Agreed::All => true,
            Agreed::Branch(world) => world.loaded.config.registries.contains(said),
            Agreed::These { config, .. } => config.registries.contains(said),
            Agreed::Nothing => false,
        }
    }
}

fn agreed(world: &World, place: &Where) -> Agreed<'static> {
    let Some(root) = open::find_root(&place.directory) else {
        return Agreed::All;
    };
    let git = Git::new(&root, place.manner.clone());
    let Ok(repository) = Repository::open_with(&root, &git) else {
        return Agreed::Nothing;
    };
    // Where there is no remote, nobody else has a say.
    if remote::names(&git).is_empty() {
        return Agreed::All;
    }
    let read = || {
        let tip = repository.tip(&format!("refs/remotes/origin/{}", world.branches.default.as_deref()?));
        let snapshot = Snapshot::of_commit(CommitView {
            commit: tip.ok()??,
            repository,
            promised_by: None,
        });
        let snapshot = snapshot.ok()?;
        let loaded = load::load(&snapshot, None).ok()?;
        Some(Agreed::These {
            config: Box::new(loaded.config),
            snapshot,
        })
    };
    read().unwrap_or(Agreed::Nothing)
}
