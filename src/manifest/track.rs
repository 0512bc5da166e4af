//! Which branch an environment's cluster follows, by the object that says so, and the edit that makes it follow another.
//!
//! **Invariant:** where more than one object could be meant, none is: the configuration has to name it.
//! Start reading at [`followed`].

mod chain;

pub(crate) use chain::{Link, delivers_itself};

use super::delivery::{self, Deliveries, Delivery, Form, Revision, Source, Written};
use super::graph::{self, Place as Directories};
use super::site::ObjectName;
use crate::config::environments::Environment;
use crate::config::model::{Config, Track};
use crate::error::{Error, Hint, Kind, Place};
use crate::snapshot::Snapshot;
use crate::yaml::{AliasPolicy, Edit, New, Op, Refusal, Text, Tree, Verified};

/// The object through which an environment follows a branch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Followed {
    /// Name of the environment.
    pub(crate) environment: String,
    pub(crate) file: String,
    pub(crate) object: ObjectName,
    /// Of the revision, or of what stands where it would; from 1.
    pub(crate) line: u32,
    /// In characters, from 1.
    pub(crate) column: u32,
    /// What it follows.
    pub(crate) revision: Revision,
    /// Addresses of the repository that is followed, as written: a source of another one is left alone.
    repositories: Vec<String>,
}

impl Followed {
    /// The branch, by its name: `default` where the object names none.
    ///
    /// # Errors
    /// [`Kind::Refused`] `not-a-branch` for a tag, a commit, a range of versions or a template.
    pub(crate) fn branch<'f>(&'f self, default: &'f str) -> Result<&'f str, Error> {
        match &self.revision {
            Revision::Default => Ok(default),
            Revision::Branch(branch) => Ok(branch),
            Revision::Fixed(what, text) => Err(self.no_branch(what, text)),
        }
    }

    /// The branch of the trial that the environment is on: any branch but the default one.
    pub(crate) fn trial(&self, default: &str) -> Option<&str> {
        self.revision.branch().filter(|branch| *branch != default)
    }

    /// The object, for people: `Application shop-dev`.
    pub(crate) fn shown(&self) -> String {
        shown(&self.object)
    }

    fn no_branch(&self, what: &str, text: &str) -> Error {
        let message = format!(
            "`{}` of `{}` follows {what}, `{text}`, and no branch",
            self.shown(),
            self.environment
        );
        Error::new(Kind::Refused, "not-a-branch", message)
            .at(Place::at(&self.file, self.line, self.column))
            .hint(Hint::Say("only what follows a branch can be put on a trial".into()))
    }
}

/// An object for people: its kind and its name.
pub(crate) fn shown(object: &ObjectName) -> String {
    format!("{} {}", object.kind, object.name)
}

/// What the environments of a view follow.
#[derive(Debug, Default)]
pub(crate) struct Tracks {
    /// In promotion order; an environment whose object is not known is not in it.
    pub(crate) list: Vec<Followed>,
    /// Why an environment's object is not known, where it should be.
    unclear: Vec<(String, Error)>,
}

impl Tracks {
    /// What one environment follows.
    ///
    /// # Errors
    /// [`Kind::Config`] `not-tracked` where no object is known to follow a branch for it, or several could be meant;
    /// [`Kind::NotFound`] where the configured one is not there.
    pub(crate) fn of(&self, environment: &str) -> Result<&Followed, Error> {
        if let Some(found) = self.list.iter().find(|it| it.environment == environment) {
            return Ok(found);
        }
        if let Some((_, error)) = self.unclear.iter().find(|(name, _)| name == environment) {
            return Err(error.clone());
        }
        Err(Error::new(
            Kind::Config,
            "not-tracked",
            format!(
                "no Argo CD Application and no Flux GitRepository is known that follows a branch for `{environment}`"
            ),
        )
        .hint(key(environment)))
    }

    /// The environments that follow a branch through the same object, in promotion order.
    pub(crate) fn sharing(&self, followed: &Followed) -> Vec<&str> {
        let same = |it: &&Followed| it.file == followed.file && it.object == followed.object;
        self.list
            .iter()
            .filter(same)
            .map(|it| it.environment.as_str())
            .collect()
    }
}

fn key(environment: &str) -> Hint {
    Hint::Key(
        "environments[].track".into(),
        format!("{{file: argocd/{environment}.yaml, name: shop-{environment}}}"),
    )
}

/// Finds what each environment follows: the object that the configuration names, else the only one that takes the
/// environment's directory.
///
/// # Errors
/// None today; what cannot be told for one environment is told when it is asked for ([`Tracks::of`]).
pub(crate) fn followed(
    (snapshot, deliveries): (&Snapshot, &Deliveries),
    config: &Config,
    environments: &[&Environment],
) -> Result<Tracks, Error> {
    let mut tracks = Tracks::default();
    for environment in environments {
        let entry = config.environments.iter().find(|entry| entry.name == environment.name);
        let found = match entry.and_then(|entry| entry.track.as_ref()) {
            Some(track) => configured((snapshot, deliveries), &environment.name, track).map(Some),
            None => discovered(deliveries, environment),
        };
        match found {
            Ok(found) => tracks.list.extend(found),
            Err(error) => tracks.unclear.push((environment.name.clone(), error)),
        }
    }
    Ok(tracks)
}

/// The object that the configuration names.
fn configured(
    (snapshot, deliveries): (&Snapshot, &Deliveries),
    environment: &str,
    track: &Track,
) -> Result<Followed, Error> {
    let missing = |message: String| {
        Error::new(Kind::NotFound, "track-not-found", message)
            .at(Place::file(&track.file))
            .hint(key(environment))
    };
    if !snapshot.has_file(&track.file) {
        let message = format!(
            "`{environment}` is configured to follow `{}`, and there is no `{}`",
            track.name, track.file
        );
        return Err(missing(message));
    }
    let read: Vec<Delivery>;
    let mut objects: Vec<&Delivery> = deliveries.list.iter().filter(|it| it.file == track.file).collect();
    if objects.is_empty() {
        // A file of another name, or one that could not be parsed: then this says why.
        read = delivery::read_file(snapshot, &track.file)?.1;
        objects = read.iter().collect();
    }
    let named: Vec<&Delivery> = objects
        .iter()
        .copied()
        .filter(|it| it.object.name == track.name && follows_by_itself(it))
        .collect();
    match named.as_slice() {
        [only] => Ok(of(environment, only)),
        [] => {
            let there: Vec<String> = objects
                .iter()
                .filter(|it| follows_by_itself(it))
                .map(|it| it.object.name.clone())
                .collect();
            let error = missing(format!(
                "`{}` holds no Application, ApplicationSet or GitRepository named `{}`",
                track.file, track.name
            ));
            Err(if there.is_empty() {
                error
            } else {
                error.hint(Hint::Found(there))
            })
        }
        [_, second, ..] => Err(Error::new(
            Kind::Config,
            "track-ambiguous",
            format!("`{}` holds more than one object named `{}`", track.file, track.name),
        )
        .at(Place::at(&track.file, second.line, second.column))),
    }
}

fn follows_by_itself(delivery: &Delivery) -> bool {
    matches!(
        delivery.form,
        Form::Application | Form::ApplicationSet | Form::GitRepository
    )
}

/// The only object that takes a directory of the environment.
fn discovered(deliveries: &Deliveries, environment: &Environment) -> Result<Option<Followed>, Error> {
    let mut found: Vec<&Delivery> = Vec::new();
    let place = Directories::of(environment);
    for delivery in &deliveries.list {
        for source in delivery
            .sources
            .iter()
            .filter(|source| is_for(source, (environment, &place)))
        {
            let Some(object) = deliveries.follows(delivery, source) else {
                continue;
            };
            let is_known = |it: &&Delivery| it.file == object.file && it.object == object.object;
            if follows_by_itself(object) && !found.iter().any(is_known) {
                found.push(object);
            }
        }
    }
    match found.as_slice() {
        [] => Ok(None),
        [only] => Ok(Some(of(&environment.name, only))),
        several => {
            let names = several
                .iter()
                .map(|it| format!("{} ({})", shown(&it.object), it.file))
                .collect();
            let message = format!("more than one object takes the directory of `{}`", environment.name);
            Err(Error::new(Kind::Config, "track-ambiguous", message)
                .hint(Hint::Found(names))
                .hint(key(&environment.name)))
        }
    }
}

/// Whether a source takes a directory of an environment, or is made for its name.
fn is_for(source: &Source, (environment, place): (&Environment, &Directories)) -> bool {
    let takes = |path: &String| match path.contains('*') {
        true => environment.paths.iter().any(|own| graph::matches(path, own)),
        false => place.holds(path),
    };
    source.is_own && source.path.as_ref().is_some_and(takes)
}

fn of(environment: &str, delivery: &Delivery) -> Followed {
    let own: Vec<&Source> = switched(delivery);
    let (line, column) = own
        .first()
        .map_or((delivery.line, delivery.column), |it| (it.line, it.column));
    let mut revisions: Vec<&Revision> = Vec::new();
    for source in &own {
        if !revisions.contains(&&source.revision) {
            revisions.push(&source.revision);
        }
    }
    let revision = match revisions.as_slice() {
        [] => Revision::Default,
        [only] => (*only).clone(),
        several => {
            let text = |revision: &&Revision| match revision {
                Revision::Default => "HEAD".to_owned(),
                Revision::Branch(text) | Revision::Fixed(_, text) => text.clone(),
            };
            let all: Vec<String> = several.iter().map(text).collect();
            Revision::Fixed("several revisions", all.join(", "))
        }
    };
    Followed {
        environment: environment.to_owned(),
        file: delivery.file.clone(),
        object: delivery.object.clone(),
        line,
        column,
        revision,
        repositories: own.iter().filter_map(|it| it.repository.clone()).collect(),
    }
}

/// The sources of an object that follow this repository; where none is known to, those that could.
fn switched(delivery: &Delivery) -> Vec<&Source> {
    let can = |source: &&Source| source.written.is_some();
    let own: Vec<&Source> = delivery.sources.iter().filter(can).filter(|it| it.is_own).collect();
    if !own.is_empty() {
        return own;
    }
    let takes = |source: &&Source| source.path.is_some() || delivery.form == Form::GitRepository;
    let mut likely: Vec<&Source> = delivery.sources.iter().filter(can).filter(takes).collect();
    let repositories: Vec<&String> = likely.iter().filter_map(|it| it.repository.as_ref()).collect();
    // What lends its files to them, or makes them, is of the same repository.
    let beside = delivery.sources.iter().filter(can).filter(|it| {
        it.path.is_none()
            && it
                .repository
                .as_ref()
                .is_some_and(|repository| repositories.contains(&repository))
    });
    let beside: Vec<&Source> = beside.collect();
    for source in beside {
        if !likely.iter().any(|it| std::ptr::eq(*it, source)) {
            likely.push(source);
        }
    }
    likely
}

/// A file with the edits that switch what it follows.
pub(crate) struct Switched {
    pub(crate) path: String,
    pub(crate) before: Tree,
    pub(crate) after: Verified,
}

/// Plans the edits of one file that make each of these objects follow another branch; the file is read anew.
///
/// # Errors
/// [`Kind::Refused`] `not-a-branch` for what follows no branch, and for what the editor will not do;
/// [`Kind::NotFound`] if the object is not there any more.
pub(crate) fn switch(snapshot: &Snapshot, file: &str, wanted: &[(&Followed, &str)]) -> Result<Switched, Error> {
    let (tree, objects) = delivery::read_file(snapshot, file)?;
    let mut edits: Vec<Edit> = Vec::new();
    let mut done: Vec<Written> = Vec::new();
    for (followed, to) in wanted {
        if let Revision::Fixed(what, text) = &followed.revision {
            return Err(followed.no_branch(what, text));
        }
        let found = objects
            .iter()
            .find(|it| it.object == followed.object && follows_by_itself(it));
        let delivery = found.ok_or_else(|| {
            let message = format!("`{}` is not in `{file}` any more", followed.shown());
            Error::new(Kind::NotFound, "track-not-found", message).at(Place::file(file))
        })?;
        let same = |source: &&Source| {
            source
                .repository
                .as_ref()
                .is_some_and(|it| followed.repositories.contains(it))
        };
        for written in delivery.sources.iter().filter(same).filter_map(|it| it.written) {
            if !done.contains(&written) {
                done.push(written);
                edits.push(edit(&tree, written, to).map_err(|refusal| refusal.into_error(file))?);
            }
        }
    }
    let after = tree.apply(edits).map_err(|refusal| refusal.into_error(file))?;
    Ok(Switched {
        path: file.to_owned(),
        before: tree,
        after,
    })
}

fn edit(tree: &Tree, written: Written, to: &str) -> Result<Edit, Refusal> {
    if let Some(at) = written.value {
        let old = tree.text(tree.resolve(at));
        let text = match old.starts_with("refs/heads/") || written.key == "name" {
            true => format!("refs/heads/{to}"),
            false => to.to_owned(),
        };
        return tree.plan(Op::Set {
            at,
            to: Text::Str(&text),
            alias: AliasPolicy::Refuse,
        });
    }
    let value = New::Text(Text::Str(to));
    let (key, value) = match written.around {
        Some(around) => (around, New::Map(vec![(written.key, value)])),
        None => (written.key, value),
    };
    tree.plan(Op::InsertKey {
        map: written.map,
        key,
        value,
        after: written.after,
    })
}

#[cfg(test)]
mod tests;
