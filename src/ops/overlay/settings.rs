//! Fields of objects: set and unset.

use super::{Overlays, Scope, change_set, with};
use crate::change::set::{ChangeSet, FileChange};
use crate::error::{Error, Hint, Kind};
use crate::manifest::kustomization::join;
use crate::manifest::overlay::{Ask, Draft, Leaf, Target, To, Wish, find, plan};
use crate::manifest::rendered::render;
use crate::ops::world::World;
use crate::ops::yaml::{self, Chosen, Typing, Writing};
use crate::yaml::{AliasPolicy, Missing};

/// What is meant: an object, or a file of the environment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum What {
    Object(Target),
    /// A file that is no object, such as Helm values; as typed.
    File(String),
}

impl What {
    /// Reads `KIND/NAME` or the path of a YAML file.
    ///
    /// # Errors
    /// [`Kind::Usage`] if it is neither.
    pub(crate) fn parse(text: &str) -> Result<What, Error> {
        let is_file = [".yaml", ".yml", ".json"].iter().any(|ending| text.ends_with(ending));
        match is_file {
            true => Ok(What::File(text.to_owned())),
            false => Target::parse(text).map(What::Object),
        }
    }
}

/// Plans the wishes in the overlay that holds the object.
///
/// # Errors
/// As [`plan`]; [`Kind::Refused`] `several-overlays` if more than one of the environment's overlays holds it.
pub(crate) fn edit(world: &World, scope: &Scope, (what, wishes): (&What, &[Wish])) -> Result<ChangeSet, Error> {
    with(world, scope, &|overlays| match what {
        What::Object(target) => in_object(overlays, target, wishes),
        What::File(file) => in_file(overlays, file, wishes),
    })
}

fn in_object(overlays: &Overlays<'_>, target: &Target, wishes: &[Wish]) -> Result<ChangeSet, Error> {
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
    let planned = plan(&mut draft, &ask, wishes)?;
    change_set(overlays, &draft, planned)
}

/// The overlay that an object is in.
///
/// # Errors
/// As [`find`]; [`Kind::Refused`] if it is in several.
pub(crate) fn overlay_of(overlays: &Overlays<'_>, target: &Target) -> Result<String, Error> {
    let owns = |file: &str| overlays.owns(file);
    let mut holding: Vec<String> = Vec::new();
    let mut first: Option<Error> = None;
    let mut broken: Option<Error> = None;
    for directory in &overlays.directories {
        let draft = Draft::of(&overlays.world.snapshot);
        let ask = Ask {
            directory,
            target,
            owns: &owns,
            peers: &[],
        };
        // What cannot be built, such as a component that nothing uses, says nothing about the others.
        let rendering = match render(draft.sources(), directory) {
            Ok(rendering) => rendering,
            Err(error) => {
                broken = broken.or(Some(error));
                continue;
            }
        };
        match find(&rendering, &ask) {
            Ok(_) => holding.push(directory.clone()),
            Err(error) if error.kind == Kind::NotFound || error.code == "patch-deletes" => {
                first = first.or(Some(error))
            }
            Err(error) => return Err(error),
        }
    }
    match (holding.as_slice(), first.or(broken)) {
        ([one], _) => Ok(one.clone()),
        ([], Some(error)) => Err(error),
        _ => {
            let message = format!("`{target}` is in {} overlays", holding.len());
            let flag = Hint::Flag("--path DIR".into(), "names the one that is meant".into());
            Err(Error::new(Kind::Refused, "several-overlays", message)
                .hint(Hint::Found(holding))
                .hint(flag))
        }
    }
}

/// A file of the environment that holds no object: its values are set as `yaml set` does.
fn in_file(overlays: &Overlays<'_>, typed: &str, wishes: &[Wish]) -> Result<ChangeSet, Error> {
    let world = overlays.world;
    let inside = overlays.directories.iter().filter_map(|it| join(it, typed));
    let mut inside = inside.filter(|path| overlays.owns(path));
    let path = match inside.find(|path| world.snapshot.has_file(path)) {
        Some(path) => path,
        None => world.enter_one(typed)?,
    };
    if !overlays.owns(&path) {
        let message = format!("`{path}` is not a file of `{}` alone", overlays.named[0].name);
        return Err(
            Error::new(Kind::Refused, "shared", message).hint(Hint::Run(format!("rakops yaml set {path} PATH=VALUE")))
        );
    }
    let before = world.snapshot.read(&path)?;
    let mut tree = yaml::parse(before.clone(), &path)?;
    refuse_object(&tree, &path)?;
    let mut all = ChangeSet::default();
    for wish in wishes {
        let (planned, typing) = as_typed(wish)?;
        let writing = Writing {
            typing,
            missing: Missing::CreateParents,
            alias: AliasPolicy::Refuse,
        };
        all.facts.notes.extend(typed_as_text(&tree, wish));
        let (verified, changed) = yaml::plan((&tree, &path), &Chosen::Only, &[planned], writing)?;
        let after = verified.bytes().to_vec();
        let made = yaml::change_set((path.clone(), tree), verified, changed);
        all.facts.settings.extend(made.facts.settings);
        tree = yaml::parse(after, &path)?;
    }
    let after = tree.source().as_bytes().to_vec();
    if after != before {
        all.files.push(FileChange::Replace { path, before, after });
    }
    overlays.refuse_shared(&all)?;
    Ok(all)
}

/// Says that a new value which looks like a number is a string: nothing tells what the chart expects.
fn typed_as_text(tree: &crate::yaml::Tree, wish: &Wish) -> Option<String> {
    let Wish::Set(path, To::Like(text)) = wish else {
        return None;
    };
    let is_new = tree.find(crate::yaml::DocSel::Only, path).is_err();
    let is_typed = crate::yaml::is_typed_alike(text);
    (is_new && is_typed).then(|| format!("{path} is new and written as a string; --json writes {text} as it is"))
}

/// A wish as the editor of files takes it.
fn as_typed(wish: &Wish) -> Result<(yaml::Wish, Typing), Error> {
    Ok(match wish {
        Wish::Unset(path) => (yaml::Wish::Unset(path.clone()), Typing::AsBefore),
        Wish::Set(path, To::Like(text)) => (yaml::Wish::Set(path.clone(), text.clone()), Typing::AsBefore),
        Wish::Set(path, To::Text(text) | To::Json(Leaf::Text(text))) => {
            (yaml::Wish::Set(path.clone(), text.clone()), Typing::String)
        }
        Wish::Set(path, To::Json(Leaf::Bare(text))) => (yaml::Wish::Set(path.clone(), text.clone()), Typing::Bare),
        Wish::Set(path, To::Json(Leaf::Map(_) | Leaf::Seq(_))) => {
            let message = format!("`{path}` of a file is set value by value");
            return Err(Error::new(Kind::Refused, "value-type", message));
        }
    })
}

/// Refuses a kustomization and a file of objects: what their edits reach is proven when the object is named.
fn refuse_object(tree: &crate::yaml::Tree, path: &str) -> Result<(), Error> {
    if crate::manifest::kustomization::is_kustomization(path) {
        let message = format!("`{path}` is a kustomization");
        return Err(Error::new(Kind::Refused, "not-values", message).hint(Hint::Say(
            "`rakops overlay set ENV namespace NAME` and the like set its fields".into(),
        )));
    }
    let is_object = tree.documents().iter().filter_map(|it| it.root()).any(|root| {
        tree.kind(root) == crate::yaml::NodeKind::Map
            && tree.get(root, "kind").is_some()
            && tree.get(root, "apiVersion").is_some()
    });
    if !is_object {
        return Ok(());
    }
    let message = format!("`{path}` holds an object");
    Err(Error::new(Kind::Refused, "not-values", message).hint(Hint::Say(
        "name the object: rakops overlay set ENV KIND/NAME PATH=VALUE".into(),
    )))
}
