//! Short forms of what people ask for most: variables, replicas, resources.

use super::settings::overlay_of;
use super::{Overlays, Scope, change_set, with};
use crate::change::set::ChangeSet;
use crate::error::{Error, Hint, Kind};
use crate::manifest::overlay::{Ask, Draft, Target, To, Wish, find, plan};
use crate::manifest::rendered::{Object, Rendering, Value, render};
use crate::ops::world::World;
use crate::yaml::{Path, Step};

/// What becomes of an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Short {
    /// Environment variables of a container; none takes the overlay's own value away.
    EnvVars {
        container: Option<String>,
        variables: Vec<(String, Option<String>)>,
    },
    /// How many there are.
    Replicas(u32),
    /// Requests and limits of a container: `("limits", "memory", "1Gi")`; none takes the overlay's own value away.
    Resources {
        container: Option<String>,
        wanted: Vec<(&'static str, String, Option<String>)>,
    },
}

/// Plans a short form.
///
/// # Errors
/// As [`super::settings::edit`]; [`Kind::Refused`] `no-pods` for an object that has no containers, `container-ambiguous` where
/// one has to be named.
pub(crate) fn edit(world: &World, scope: &Scope, (target, short): (&Target, &Short)) -> Result<ChangeSet, Error> {
    with(world, scope, &|overlays| in_overlay(overlays, target, short))
}

fn in_overlay(overlays: &Overlays<'_>, target: &Target, short: &Short) -> Result<ChangeSet, Error> {
    let directory = overlay_of(overlays, target)?;
    let owns = |file: &str| overlays.owns_for(&directory, file);
    let peers = overlays.peers();
    let ask = Ask {
        directory: &directory,
        target,
        owns: &owns,
        peers: &peers,
    };
    let mut draft = Draft::of(&overlays.world.snapshot);
    let rendering = render(draft.sources(), &directory)?;
    let object = find(&rendering, &ask)?;
    let wishes = wishes(object, short)?;
    let mut planned = plan(&mut draft, &ask, &wishes)?;
    if let Short::Replicas(_) = short {
        planned.warnings.extend(autoscaler(&rendering, object));
    }
    change_set(overlays, &draft, planned)
}

fn wishes(object: &Object, short: &Short) -> Result<Vec<Wish>, Error> {
    match short {
        Short::Replicas(count) => {
            let path = path(&["spec", "replicas"]);
            Ok(vec![Wish::Set(path, To::Like(count.to_string()))])
        }
        Short::EnvVars { container, variables } => {
            let (container, value) = container_of(object, container.as_deref())?;
            let of = |(name, text): &(String, Option<String>)| {
                let item = container.join(Step::Key("env".to_owned())).join(Step::Where {
                    key: "name".to_owned(),
                    is: name.clone(),
                });
                let path = item.join(Step::Key("value".to_owned()));
                match text {
                    None => Ok(Wish::Unset(path)),
                    Some(text) => refuse_source(value, name).map(|()| Wish::Set(path, To::Like(text.clone()))),
                }
            };
            variables.iter().map(of).collect()
        }
        Short::Resources { container, wanted } => {
            let (container, _) = container_of(object, container.as_deref())?;
            let of = |(side, resource, text): &(&'static str, String, Option<String>)| {
                let path = ["resources", *side, resource.as_str()]
                    .iter()
                    .fold(container.clone(), |path, key| path.join(Step::Key((*key).to_owned())));
                match text {
                    None => Wish::Unset(path),
                    Some(text) => Wish::Set(path, To::Like(text.clone())),
                }
            };
            Ok(wanted.iter().map(of).collect())
        }
    }
}

fn path(keys: &[&str]) -> Path {
    Path::from(keys.iter().map(|key| Step::Key((*key).to_owned())).collect::<Vec<_>>())
}

/// Where an object's pods are described.
fn pods_of(object: &Object) -> Option<Path> {
    let keys: &[&str] = match object.id.kind.as_str() {
        "Pod" => &["spec"],
        "CronJob" => &["spec", "jobTemplate", "spec", "template", "spec"],
        _ => &["spec", "template", "spec"],
    };
    let path = path(keys);
    object.root.at(&path).is_some().then_some(path)
}

/// The container that is meant: the one that was named, or the only one.
fn container_of<'o>(object: &'o Object, named: Option<&str>) -> Result<(Path, &'o Value), Error> {
    let word = format!("{}/{}", object.id.kind, object.id.name);
    let no_pods = || Error::new(Kind::Refused, "no-pods", format!("`{word}` describes no containers"));
    let pods = pods_of(object).ok_or_else(no_pods)?;
    let mut found: Vec<(Path, &Value, String)> = Vec::new();
    for list in ["containers", "initContainers"] {
        let path = pods.join(Step::Key(list.to_owned()));
        let items = object.root.at(&path).map(Value::items).unwrap_or_default();
        for item in items {
            let Some(name) = item.get("name").and_then(Value::text) else {
                continue;
            };
            let step = Step::Where {
                key: "name".to_owned(),
                is: name.to_owned(),
            };
            found.push((path.join(step), item, name.to_owned()));
        }
        // Unless it is named, an init container is not meant.
        if named.is_none() && found.len() == 1 {
            break;
        }
    }
    let names: Vec<String> = found.iter().map(|(_, _, name)| name.clone()).collect();
    match named {
        Some(named) => match found.into_iter().find(|(_, _, name)| name == named) {
            Some((path, item, _)) => Ok((path, item)),
            None => {
                let message = format!("`{word}` has no container `{named}`");
                Err(Error::new(Kind::NotFound, "item-not-found", message).hint(Hint::Found(names)))
            }
        },
        None if found.len() == 1 => found.pop().map(|(path, item, _)| (path, item)).ok_or_else(no_pods),
        None if found.is_empty() => Err(no_pods()),
        None => {
            let message = format!("`{word}` has {} containers", names.len());
            Err(Error::new(Kind::Refused, "container-ambiguous", message)
                .hint(Hint::Found(names))
                .hint(Hint::Flag(
                    "--container NAME".into(),
                    "names the one that is meant".into(),
                )))
        }
    }
}

/// A variable has a value or a source, and not both.
fn refuse_source(container: &Value, name: &str) -> Result<(), Error> {
    let variables = container.get("env").map(Value::items).unwrap_or_default();
    let known = variables
        .iter()
        .find(|it| it.get("name").and_then(Value::text) == Some(name));
    let Some(source) = known.and_then(|it| it.get("valueFrom")) else {
        return Ok(());
    };
    let message = format!("`{name}` gets its value from somewhere else");
    let place = crate::error::Place::at(&*source.file, source.line, source.column);
    Err(Error::new(Kind::Refused, "value-from", message)
        .at(place)
        .hint(Hint::Say(
            "change it where it comes from: the ConfigMap or Secret that is named there".into(),
        )))
}

/// Where an autoscaler says how many there are, nobody else does.
fn autoscaler(rendering: &Rendering, object: &Object) -> Option<Error> {
    let aims = |it: &&Object| {
        let target = it.root.get("spec").and_then(|spec| spec.get("scaleTargetRef"));
        let says = |key: &str, is: &str| target.and_then(|target| target.get(key)?.text()) == Some(is);
        it.id.kind == "HorizontalPodAutoscaler" && says("kind", &object.id.kind) && says("name", &object.id.name)
    };
    let found = rendering.objects.iter().find(aims)?;
    let message = format!("`HorizontalPodAutoscaler/{}` decides how many there are", found.id.name);
    let root = &found.root;
    Some(
        Error::new(Kind::Refused, "value-unlikely", message)
            .at(crate::error::Place::at(&*root.file, root.line, root.column))
            .hint(Hint::Say(
                "its spec.minReplicas and spec.maxReplicas are the bounds".into(),
            )),
    )
}
