//! Gives one file of TO a setting as FROM has it. Every edit of YAML is proven by the editor.

use super::read::{Frame, read};
use super::{Form, Setting, Written};
use crate::error::{Error, Kind};
use crate::yaml::{self, AliasPolicy, DocSel, Edit, Missing, NodeKind, Op, Path, Step, Text, Tree, Wanted};

/// What becomes of a setting.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Change<'c> {
    /// It gets this value, where it stands already.
    Set(&'c Setting),
    /// It is added, where its object stands.
    Add(&'c Setting),
    /// It goes.
    Remove(&'c Setting),
}

/// Makes the change in a file of TO; none if the file is not the place for it.
///
/// # Errors
/// What the editor will not do, such as a value that readers would type differently.
pub(crate) fn apply(frame: &Frame<'_>, bytes: &[u8], change: Change<'_>) -> Result<Option<Vec<u8>>, Error> {
    match change {
        Change::Set(from) => match find(frame, bytes, from) {
            Some(there) => set(frame, bytes, (&there, from)).map(Some),
            None => Ok(None),
        },
        Change::Remove(it) => match find(frame, bytes, it) {
            Some(there) => remove(frame, bytes, &there).map(Some),
            None => Ok(None),
        },
        Change::Add(from) => add(frame, bytes, from),
    }
}

/// The setting as it stands in this file.
fn find(frame: &Frame<'_>, bytes: &[u8], wanted: &Setting) -> Option<Setting> {
    let mut here = read(frame, bytes);
    let at = here
        .iter()
        .rposition(|it| it.raw == wanted.raw)
        .or_else(|| here.iter().rposition(|it| it.key == wanted.key))?;
    Some(here.swap_remove(at))
}

fn parse(frame: &Frame<'_>, bytes: &[u8]) -> Result<Tree, Error> {
    yaml::parse(bytes.to_vec(), yaml::Limits::default()).map_err(|refusal| refusal.into_error(frame.file))
}

fn done(frame: &Frame<'_>, tree: &Tree, edit: Edit) -> Result<Vec<u8>, Error> {
    let verified = tree
        .apply(vec![edit])
        .map_err(|refusal| refusal.into_error(frame.file))?;
    Ok(verified.into_bytes())
}

fn text(value: &str, written: Written) -> Text<'_> {
    match (written, value) {
        (Written::Text, _) => Text::Str(value),
        (Written::Bare, "") => Text::Bare("null"),
        (Written::Bare, _) => Text::Bare(value),
    }
}

fn written_of(form: &Form) -> Written {
    match form {
        Form::Value { written, .. } | Form::Inline { written, .. } => *written,
        _ => Written::Text,
    }
}

fn set(frame: &Frame<'_>, bytes: &[u8], (there, from): (&Setting, &Setting)) -> Result<Vec<u8>, Error> {
    if let Form::Line { key } = &there.form {
        return Ok(with_line(bytes, key, Some(&from.value)));
    }
    let tree = parse(frame, bytes)?;
    let refused = |refusal: yaml::Refusal| refusal.into_error(frame.file);
    let value = text(&from.value, written_of(&from.form));
    let edit = match &there.form {
        Form::Value { document, path, .. } => tree
            .plan_set_path((DocSel::Nth(*document), path), Wanted::As(value), Missing::Refuse)
            .map_err(|error| error.into_error(frame.file))?,
        Form::Literal { key, node, .. } => {
            let literal = format!("{key}={}", from.value);
            let op = Op::Set {
                at: *node,
                to: Text::Str(&literal),
                alias: AliasPolicy::Refuse,
            };
            tree.plan(op).map_err(refused)?
        }
        Form::Inline { block, node, .. } => {
            let inner = tree.inner(*block).map_err(refused)?;
            let op = Op::Set {
                at: *node,
                to: value,
                alias: AliasPolicy::Refuse,
            };
            tree.plan_inner(&inner, vec![op]).map_err(refused)?
        }
        // Items that are called the same are the same.
        Form::Item { .. } | Form::Line { .. } => return Ok(bytes.to_vec()),
    };
    done(frame, &tree, edit)
}

fn remove(frame: &Frame<'_>, bytes: &[u8], there: &Setting) -> Result<Vec<u8>, Error> {
    if let Form::Line { key } = &there.form {
        return Ok(with_line(bytes, key, None));
    }
    let tree = parse(frame, bytes)?;
    let refused = |refusal: yaml::Refusal| refusal.into_error(frame.file);
    let edit = match &there.form {
        Form::Value { document, path, .. } => tree
            .plan_unset_path(DocSel::Nth(*document), path)
            .map_err(|error| error.into_error(frame.file))?,
        Form::Literal { node, .. } | Form::Item { node, .. } => {
            tree.plan(Op::Remove { child: *node }).map_err(refused)?
        }
        Form::Inline { block, node, .. } => {
            let inner = tree.inner(*block).map_err(refused)?;
            tree.plan_inner(&inner, vec![Op::Remove { child: *node }])
                .map_err(refused)?
        }
        Form::Line { .. } => return Ok(bytes.to_vec()),
    };
    done(frame, &tree, edit)
}

fn add(frame: &Frame<'_>, bytes: &[u8], from: &Setting) -> Result<Option<Vec<u8>>, Error> {
    if let Form::Line { key } = &from.form {
        let is_same = (frame.blank)(frame.name) == from.key.what;
        return Ok(is_same.then(|| with_line(bytes, key, Some(&from.value))));
    }
    let Ok(tree) = parse(frame, bytes) else { return Ok(None) };
    let is_kustomization = crate::manifest::kustomization::is_kustomization(frame.file);
    let placed = match &from.form {
        Form::Literal { list, name, key, .. } if is_kustomization => {
            let generator = Path::default().join(Step::Key(list.clone())).join(Step::Where {
                key: "name".to_owned(),
                is: name.clone(),
            });
            if tree.find(DocSel::Only, &generator).is_err() {
                return Ok(None);
            }
            let end = generator.join(Step::Key("literals".to_owned())).join(Step::End);
            Some((DocSel::Only, end, format!("{key}={}", from.value)))
        }
        Form::Literal { .. } | Form::Line { .. } => None,
        Form::Item { document, list, .. } => {
            let is_same = (frame.blank)(frame.name) == from.key.what;
            is_same.then(|| (DocSel::Nth(*document), list.join(Step::End), from.value.clone()))
        }
        Form::Value { document, path, .. } => {
            holder(frame, &tree, (from, *document)).map(|at| (DocSel::Nth(at), path.clone(), from.value.clone()))
        }
        Form::Inline { .. } => {
            let path = Path::parse(&from.raw.path).ok();
            let at = holder(frame, &tree, (from, 1)).zip(path);
            at.map(|(at, path)| (DocSel::Nth(at), path, from.value.clone()))
        }
    };
    let Some((document, path, value)) = placed else {
        return Ok(None);
    };
    let wanted = Wanted::As(text(&value, written_of(&from.form)));
    let edit = tree
        .plan_set_path((document, &path), wanted, Missing::CreateParents)
        .map_err(|error| error.into_error(frame.file))?;
    done(frame, &tree, edit).map(Some)
}

/// The document of this file that the setting belongs to: the one of the same object, or of the same file.
fn holder(frame: &Frame<'_>, tree: &Tree, (from, document): (&Setting, u32)) -> Option<u32> {
    let is_build = crate::manifest::kustomization::is_kustomization(frame.file);
    if from.key.what == (frame.blank)(frame.name) {
        return Some(document);
    }
    if is_build {
        return None;
    }
    (1..).zip(tree.documents()).find_map(|(at, of)| {
        let root = of.root().filter(|root| tree.kind(*root) == NodeKind::Map)?;
        let what = super::read::object(tree, root)?;
        (what == from.raw.what || (frame.blank)(&what) == from.key.what).then_some(at)
    })
}

/// The same lines with one set, added at the end, or taken out.
pub(crate) fn with_line(bytes: &[u8], key: &str, value: Option<&str>) -> Vec<u8> {
    let text = String::from_utf8_lossy(bytes).into_owned();
    let mut out = String::with_capacity(text.len());
    let mut is_found = false;
    for line in text.split_inclusive('\n') {
        let is_it = line.split_once('=').is_some_and(|(name, _)| name.trim() == key);
        if !is_it {
            out.push_str(line);
            continue;
        }
        is_found = true;
        if let Some(value) = value {
            let end = &line[line.trim_end_matches(['\r', '\n']).len()..];
            let start = line.find('=').unwrap_or_default();
            out.push_str(&format!("{}={value}{end}", &line[..start]));
        }
    }
    if let (false, Some(value)) = (is_found, value) {
        if !out.is_empty() && !out.ends_with('\n') {
            out.push('\n');
        }
        out.push_str(&format!("{key}={value}\n"));
    }
    out.into_bytes()
}

/// There is no file in TO that a setting could stand in.
pub(crate) fn no_place(setting: &Setting, environment: &str) -> Error {
    let message = format!("`{environment}` has no place for `{}`", setting.selector());
    Error::new(Kind::Refused, "no-place", message).because(format!(
        "it is set in `{}`, and no file of `{environment}` says anything about that object",
        setting.file
    ))
}
