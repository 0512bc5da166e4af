//! A new environment: the files of another one under its own name.

use super::{Overlays, Scope, with};
use crate::change::set::{ChangeSet, FileChange, SettingChange};
use crate::config::environments::Environment;
use crate::config::load::FILE_NAMES;
use crate::error::{Error, Hint, Kind, Place};
use crate::manifest::copy::{Copied, Names, copy, names, renamed};
use crate::manifest::kustomization::{directory_of, is_kustomization, join};
use crate::manifest::overlay::Draft;
use crate::manifest::rendered::{Sources, render};
use crate::ops::world::World;
use crate::snapshot::Walk;
use crate::yaml::{self, DocSel, New, Op, Path, Step, Text};

/// What `overlay new` was asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct NewRequest {
    /// The environment to be made.
    pub(crate) name: String,
    /// The one that it is made from.
    pub(crate) from: String,
    /// `--path`: its directory, where the name of FROM's does not tell.
    pub(crate) path: Option<String>,
    /// `--namespace`.
    pub(crate) namespace: Option<String>,
    /// `--env-branch`: the branch that it follows, where each environment has one.
    pub(crate) branch: Option<String>,
}

/// Plans the files of a new environment.
///
/// # Errors
/// [`Kind::NotFound`] for an unknown FROM; [`Kind::Refused`] `environment-exists`, or where no name for the directory is known.
pub(crate) fn plan(world: &World, request: &NewRequest) -> Result<ChangeSet, Error> {
    let scope = Scope {
        environment: request.from.clone(),
        ..Scope::default()
    };
    with(world, &scope, &|overlays| make(overlays, request))
}

fn make(overlays: &Overlays<'_>, request: &NewRequest) -> Result<ChangeSet, Error> {
    let [from] = overlays.named.as_slice() else {
        let message = format!("`{}` is a group of environments: name one of them", request.from);
        let names = overlays.named.iter().map(|it| it.name.clone()).collect();
        return Err(Error::new(Kind::Usage, "several-environments", message).hint(Hint::Found(names)));
    };
    refuse_name(overlays, request)?;
    let request = &NewRequest {
        path: match &request.path {
            None => None,
            Some(_) if from.paths.len() > 1 => {
                let message = format!(
                    "`{}` has {} directories: `--path` names one",
                    from.name,
                    from.paths.len()
                );
                return Err(Error::new(Kind::Usage, "usage", message));
            }
            Some(typed) => Some(overlays.world.place_of(typed)?),
        },
        ..request.clone()
    };
    let files = files_of(overlays);
    let place = |file: &str| place_of(from, request, file);
    let mut change_set = ChangeSet::default();
    let is_copied = |path: &str| {
        let below = format!("{path}/");
        files.iter().any(|file| file == path || file.starts_with(&below))
    };
    let names = Names {
        from: &request.from,
        to: &request.name,
    };
    let secrets = secret_files(overlays, &files);
    for file in &files {
        let path = place(file)?;
        if overlays.world.snapshot.has_file(&path) {
            return Err(Error::new(
                Kind::Refused,
                "file-exists",
                format!("`{path}` is there already"),
            ));
        }
        let bytes = overlays.world.snapshot.read(file)?;
        let copied = match secrets.contains(file) {
            true => Copied::as_it_is(bytes, names),
            false => copy((file, bytes), names, &is_copied)?,
        };
        let of = |it: crate::manifest::copy::Adjusted| SettingChange {
            file: path.clone(),
            line: it.line,
            column: it.column,
            path: it.path,
            from: Some(it.from),
            to: Some(it.to),
        };
        change_set.facts.settings.extend(copied.adjusted.into_iter().map(of));
        for (line, text) in copied.left {
            let message = match text {
                None => format!("`{path}` still names `{}`", request.from),
                Some(text) => format!("`{path}` still names `{}`: {text}", request.from),
            };
            let warning = Error::new(Kind::Refused, "still-named", message);
            change_set.facts.warnings.push(warning.at(Place::at(&path, line, 0)));
        }
        let text = String::from_utf8(copied.bytes).map_err(|_| Error::bug("a copy that is no text"))?;
        change_set.files.push(FileChange::Create { path, text });
    }
    if let Some(namespace) = &request.namespace {
        set_namespace(&mut change_set, (overlays, request), namespace)?;
    }
    if let Some(file) = register(overlays, (from, request))? {
        change_set.files.push(file);
    }
    change_set.files.sort_by(|a, b| a.path().cmp(b.path()));
    prove(overlays, &change_set, &place)?;
    let branches = &overlays.world.branches.all;
    if let Some(branch) = request.branch.as_ref().filter(|branch| !branches.contains(branch)) {
        let message = format!("there is no branch `{branch}` yet, which `{}` follows", request.name);
        change_set.facts.warnings.push(
            Error::new(Kind::Refused, "branch-not-found", message)
                .hint(Hint::Say(format!("git branch {branch} && git push origin {branch}"))),
        );
    }
    change_set.facts.warnings.extend(referrers(overlays, (request, &files)));
    Ok(change_set)
}

fn refuse_name(overlays: &Overlays<'_>, request: &NewRequest) -> Result<(), Error> {
    let is_plain = request.name.chars().all(|c| c.is_alphanumeric() || "-_.".contains(c));
    if !crate::config::environments::can_be_typed(&request.name) || request.name.starts_with(['-', '.']) || !is_plain {
        let message = format!("`{}` cannot be the name of an environment", request.name);
        return Err(Error::new(Kind::Usage, "not-a-name", message));
    }
    let known = overlays.environments.list.iter().find(|it| it.name == request.name);
    match known {
        Some(known) if known.name == request.from => Err(Error::new(
            Kind::Usage,
            "environment-exists",
            "an environment cannot be made from itself",
        )),
        Some(_) => Err(Error::new(
            Kind::Refused,
            "environment-exists",
            format!("there is an environment `{}` already", request.name),
        )
        .hint(Hint::Run(format!("rakops overlay list {}", request.name)))),
        None => Ok(()),
    }
}

/// Everything that lies in FROM's directories.
fn files_of(overlays: &Overlays<'_>) -> Vec<String> {
    let reach = overlays.reach;
    let names: Vec<&str> = overlays.named.iter().map(|it| it.name.as_str()).collect();
    let walk = Walk {
        below: &[],
        wanted: &|path| names.iter().any(|name| reach.is_own(name, path)),
        on_read: &|| {},
    };
    overlays.world.snapshot.list(&walk)
}

/// Files that generators of Secrets read: nothing in them is replaced or told.
fn secret_files(overlays: &Overlays<'_>, files: &[String]) -> Vec<String> {
    let mut found = Vec::new();
    for file in files.iter().filter(|file| is_kustomization(file)) {
        let Ok(tree) = Sources::of(&overlays.world.snapshot).tree(file) else {
            continue;
        };
        let directory = directory_of(file);
        for node in tree.nodes().filter(|node| tree.is_scalar(*node) && !tree.is_key(*node)) {
            let path = tree.path_of(node).to_string();
            let is_file = [".files[", ".envs[", ".env"].iter().any(|it| path.contains(it));
            if path.starts_with("secretGenerator") && is_file {
                let text = tree.text(node);
                found.extend(join(directory, text.split_once('=').map_or(text, |(_, path)| path)));
            }
        }
    }
    found
}

/// Where a file of FROM is copied to: `--path` in place of FROM's directory, or FROM's name replaced in its path.
fn place_of(from: &Environment, request: &NewRequest, file: &str) -> Result<String, Error> {
    let names_of = Names {
        from: &request.from,
        to: &request.name,
    };
    let root = from.paths.iter().find(|root| file.starts_with(&format!("{root}/")));
    let moved = match (&request.path, root) {
        (Some(path), Some(root)) => {
            let inside = &file[root.len()..];
            let inside: Vec<String> = inside.split('/').map(|part| in_path(part, names_of)).collect();
            format!("{}{}", path.trim_matches('/'), inside.join("/"))
        }
        _ => file
            .split('/')
            .map(|part| in_path(part, names_of))
            .collect::<Vec<_>>()
            .join("/"),
    };
    if moved != file {
        return Ok(moved);
    }
    let message = format!(
        "`{file}` does not have `{}` in its path: where its copy goes is not known",
        request.from
    );
    Err(Error::new(Kind::Refused, "no-place", message).hint(Hint::Flag(
        "--path DIR".into(),
        "names the directory of the new environment".into(),
    )))
}

/// One name of a path, with the environment's name in it replaced.
fn in_path(part: &str, names_of: Names<'_>) -> String {
    if !names(part, names_of.from) {
        return part.to_owned();
    }
    let (stem, ending) = part
        .rsplit_once('.')
        .map_or((part, None), |(stem, ending)| (stem, Some(ending)));
    let stem = renamed(stem, names_of).unwrap_or_else(|| stem.replace(names_of.from, names_of.to));
    ending.map_or(stem.clone(), |ending| format!("{stem}.{ending}"))
}

/// Gives the new kustomizations a namespace of their own.
fn set_namespace(
    change_set: &mut ChangeSet,
    (overlays, request): (&Overlays<'_>, &NewRequest),
    namespace: &str,
) -> Result<(), Error> {
    let from = overlays.named[0];
    let tops: Vec<String> = overlays
        .directories
        .iter()
        .filter_map(|directory| overlays.kustomization(directory))
        .map(|it| place_of(from, request, &it.file))
        .collect::<Result<_, _>>()?;
    for file in &mut change_set.files {
        let FileChange::Create { path, text } = file else {
            continue;
        };
        if !tops.contains(path) {
            continue;
        }
        let tree = yaml::parse(text.clone().into_bytes(), yaml::Limits::default())
            .map_err(|refusal| refusal.into_error(path))?;
        let key = Path::default().join(Step::Key("namespace".to_owned()));
        let wanted = yaml::Wanted::As(Text::Str(namespace));
        let edit = tree
            .plan_set_path((DocSel::Only, &key), wanted, yaml::Missing::Create)
            .map_err(|error| error.into_error(path))?;
        let verified = tree.apply(vec![edit]).map_err(|refusal| refusal.into_error(path))?;
        let settings = &mut change_set.facts.settings;
        settings.retain(|it| it.file != *path || it.path != "namespace");
        settings.push(SettingChange {
            file: path.clone(),
            line: 0,
            column: 0,
            path: "namespace".to_owned(),
            from: None,
            to: Some(namespace.to_owned()),
        });
        *text = String::from_utf8_lossy(verified.bytes()).into_owned();
    }
    Ok(())
}

/// Adds the environment to `rakops.yaml`, where environments are written down, right behind FROM.
fn register(
    overlays: &Overlays<'_>,
    (from, request): (&Environment, &NewRequest),
) -> Result<Option<FileChange>, Error> {
    let world = overlays.world;
    let Some(file) = FILE_NAMES.iter().find(|file| world.snapshot.has_file(file)) else {
        return Ok(None);
    };
    if world.loaded.config.environments.is_empty() {
        return Ok(None);
    }
    if from.branch.is_some() && request.branch.is_none() {
        let message = format!(
            "each environment has a branch here: which one `{}` follows is not known",
            request.name
        );
        return Err(Error::new(Kind::Refused, "branch-unknown", message)
            .hint(Hint::Flag("--env-branch NAME".into(), "names it".into())));
    }
    let tree = world.snapshot.read(file)?;
    let tree = yaml::parse(tree, yaml::Limits::default()).map_err(|refusal| refusal.into_error(file))?;
    let list = Path::default().join(Step::Key("environments".to_owned()));
    let of_from = list.join(Step::Where {
        key: "name".to_owned(),
        is: from.name.clone(),
    });
    let seq = tree.find(DocSel::Only, &list).map_err(|error| error.into_error(file))?;
    let entry = tree
        .find(DocSel::Only, &of_from)
        .map_err(|error| error.into_error(file))?;
    let names_of = Names {
        from: &request.from,
        to: &request.name,
    };
    let moved = |path: &str| match &request.path {
        Some(path) => path.clone(),
        None => path
            .split('/')
            .map(|part| in_path(part, names_of))
            .collect::<Vec<_>>()
            .join("/"),
    };
    let paths: Vec<String> = from.paths.iter().map(|path| moved(path)).collect();
    let mut keys = vec![("name", New::Text(Text::Str(&request.name)))];
    if let Some(branch) = &request.branch {
        keys.push(("branch", New::Text(Text::Str(branch))));
    }
    let is_usual = paths == [format!("overlays/{}", request.name)] && tree.get(entry, "path").is_none();
    match paths.as_slice() {
        _ if is_usual => {}
        [one] => keys.push(("path", New::Text(Text::Str(one)))),
        several => keys.push((
            "path",
            New::Seq(several.iter().map(|it| New::Text(Text::Str(it))).collect()),
        )),
    }
    let edit = tree.plan(Op::InsertItem {
        seq,
        value: New::Map(keys),
        after: Some(entry),
    });
    let verified = edit
        .and_then(|edit| tree.apply(vec![edit]))
        .map_err(|refusal| refusal.into_error(file))?;
    Ok(Some(FileChange::Edit {
        path: (*file).to_owned(),
        before: Box::new(tree),
        after: verified,
    }))
}

/// Renders what is made: it has as many objects as what it was made from.
fn prove(
    overlays: &Overlays<'_>,
    change_set: &ChangeSet,
    place: &dyn Fn(&str) -> Result<String, Error>,
) -> Result<(), Error> {
    let before = Draft::of(&overlays.world.snapshot);
    let mut sources = Sources::of(&overlays.world.snapshot);
    for file in &change_set.files {
        sources.plan(file.path(), file.after().map(<[u8]>::to_vec));
    }
    for directory in &overlays.directories {
        let Some(kustomization) = overlays.kustomization(directory) else {
            continue;
        };
        let Ok(old) = render(before.sources(), directory) else {
            continue;
        };
        let copied = place(&kustomization.file)?;
        let new = render(&sources, directory_of(&copied))?;
        if old.objects.len() != new.objects.len() {
            let message = format!(
                "`{copied}` would render {} objects, and {} has {}",
                new.objects.len(),
                directory,
                old.objects.len()
            );
            return Err(Error::new(Kind::Refused, "copy-differs", message));
        }
    }
    Ok(())
}

/// Files that bring FROM somewhere, such as an Application: nothing brings the new environment yet.
fn referrers(overlays: &Overlays<'_>, (request, files): (&NewRequest, &[String])) -> Vec<Error> {
    let directories = &overlays.directories;
    let walk = Walk {
        below: &[],
        wanted: &|path| (path.ends_with(".yaml") || path.ends_with(".yml")) && !FILE_NAMES.contains(&path),
        on_read: &|| {},
    };
    let found = overlays.world.snapshot.walk(&walk, &|path, bytes| {
        if files.iter().any(|file| file == path) {
            return None;
        }
        let text = String::from_utf8_lossy(bytes);
        let names_it = |line: &str| {
            directories
                .iter()
                .any(|it| !it.is_empty() && line.contains(it.as_str()))
        };
        (1..)
            .zip(text.lines())
            .find(|(_, line)| names_it(line))
            .map(|(line, _)| line)
    });
    let warning = |(path, line): (String, u32)| {
        let message = format!(
            "`{path}` refers to `{}`, and nothing refers to `{}` yet",
            request.from, request.name
        );
        Error::new(Kind::Refused, "not-delivered", message).at(Place::at(&path, line, 0))
    };
    found.found.into_iter().map(warning).collect()
}
