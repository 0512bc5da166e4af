//! Lists of paths (`resources`, `components`, `generators`, `transformers`, `configurations`) and `buildMetadata`.

use super::glob;
use super::open::Open;
use super::words::{already, check, missing};
use super::{Field, Options, Request, Verb};
use crate::error::{Error, Hint, Kind};
use crate::manifest::kustomization::{FILE_NAMES, Kustomization, in_directory, join};
use crate::yaml::{New, NodeId, Text};

/// What `buildMetadata` may hold.
///
/// Source: kustomize 5.5, `api/types/kustomization.go`.
const METADATA: [&str; 3] = ["originAnnotations", "transformerAnnotations", "managedByLabel"];

/// Plans items to be added or removed. `set` replaces the options of `buildMetadata`, and adds paths.
///
/// # Errors
/// `Kind::Usage` for words that cannot stand there, `Kind::NotFound` for files that are not there and items that are not
/// listed, `Kind::Refused` for what a build would fail on.
pub(super) fn plan(open: &mut Open<'_>, request: &Request) -> Result<(), Error> {
    let (key, what) = match request.field {
        Field::Component => ("components", "component"),
        Field::Generator => ("generators", "generator"),
        Field::Transformer => ("transformers", "transformer"),
        Field::Configuration => ("configurations", "configuration"),
        Field::BuildMetadata => ("buildMetadata", "option"),
        _ => ("resources", "resource"),
    };
    if request.field == Field::BuildMetadata {
        let words: Vec<String> = request
            .words
            .iter()
            .flat_map(|it| it.split(','))
            .map(str::to_owned)
            .collect();
        check(&words, what)?;
        for word in &words {
            if !METADATA.contains(&word.as_str()) {
                return Err(missing(
                    format!("`buildMetadata` has no option `{word}`"),
                    word,
                    &METADATA,
                ));
            }
        }
        return match request.verb {
            Verb::Remove => remove(open, (key, what), &words),
            Verb::Add => add(open, (key, what), words),
            Verb::Set => {
                let items = open.items(open.field(key), key)?;
                let others = items
                    .iter()
                    .copied()
                    .filter(|&it| !words.iter().any(|word| word == open.text(it)));
                let others: Vec<NodeId> = others.collect();
                if let (Some(list), false) = (open.field(key), others.is_empty()) {
                    for &item in &others {
                        let was = open.text(item).to_owned();
                        open.note(Some(item), key, (Some(&was), None));
                    }
                    if others.len() == items.len() {
                        // a list that loses all of its items takes no new ones at the same time
                        return replace_all(open, list, (&others, words));
                    }
                    open.remove(list, &others)?;
                }
                add(open, (key, what), words)
            }
        };
    }
    check(&request.words, what)?;
    if request.verb == Verb::Remove {
        return remove(open, (key, what), &request.words);
    }
    let mut paths = Vec::new();
    for word in &request.words {
        paths.extend(expand(open, (request.field, what), (word, &request.options))?);
    }
    add(open, (key, what), paths)
}

/// Writes new options over those that stand there, item by item.
fn replace_all(open: &mut Open<'_>, list: NodeId, (old, new): (&[NodeId], Vec<String>)) -> Result<(), Error> {
    use crate::yaml::{AliasPolicy, Op};
    for (at, word) in old.iter().zip(&new) {
        open.edit(Op::Set {
            at: *at,
            to: Text::Str(word),
            alias: AliasPolicy::Refuse,
        })?;
    }
    for word in &new {
        open.note(None, "buildMetadata", (None, Some(word)));
    }
    for &child in old.iter().skip(new.len()) {
        open.edit(Op::Remove { child })?;
    }
    for word in new.iter().skip(old.len()) {
        open.edit(Op::InsertItem {
            seq: list,
            value: New::Text(Text::Str(word)),
            after: None,
        })?;
    }
    Ok(())
}

/// Adds what is not listed yet.
fn add(open: &mut Open<'_>, (key, what): (&str, &str), words: Vec<String>) -> Result<(), Error> {
    let items = open.items(open.field(key), key)?;
    let directory = open.directory();
    let same = |a: &str, b: &str| {
        a == b || (!is_remote(a) && join(directory, a).is_some_and(|it| join(directory, b) == Some(it)))
    };
    let mut fresh: Vec<String> = Vec::new();
    for word in words {
        if let Some(&there) = items.iter().find(|&&it| same(open.text(it), &word)) {
            let note = already(format!("the {what} `{word}` is listed already")).at(open.place(there));
            open.warn(note);
        } else if !fresh.iter().any(|it| same(it, &word)) {
            open.note(None, key, (None, Some(&word)));
            fresh.push(word);
        }
    }
    let root = open.root;
    let items = fresh.iter().map(|word| New::Text(Text::Str(word))).collect();
    open.add_items((root, key), items)
}

/// Removes what words or patterns name; words that name nothing are warned of, unless none names anything.
fn remove(open: &mut Open<'_>, (key, what): (&str, &str), words: &[String]) -> Result<(), Error> {
    let list = open.field(key);
    let items = open.items(list, key)?;
    let mut gone: Vec<NodeId> = Vec::new();
    let mut unfound = Vec::new();
    for word in words {
        let fits = |item: &&NodeId| open.text(**item) == word || glob::fits(word, open.text(**item));
        let mut own: Vec<NodeId> = items.iter().filter(fits).copied().collect();
        if own.is_empty() {
            let directory = open.directory();
            let path = join(directory, word);
            let same = |item: &&NodeId| path.is_some() && join(directory, open.text(**item)) == path;
            own = items
                .iter()
                .filter(same)
                .filter(|&&it| !is_remote(open.text(it)))
                .copied()
                .collect();
        }
        if own.is_empty() {
            let known: Vec<&str> = items.iter().map(|&it| open.text(it)).collect();
            unfound.push(missing(
                format!("`{}` lists no {what} `{word}`", open.file),
                word,
                &known,
            ));
        }
        own.retain(|it| !gone.contains(it));
        gone.extend(own);
    }
    if gone.is_empty() {
        return unfound.into_iter().next().map_or(Ok(()), Err);
    }
    unfound.into_iter().for_each(|it| open.warn(it));
    gone.sort_unstable();
    for &item in &gone {
        let was = open.text(item).to_owned();
        open.note(Some(item), key, (Some(&was), None));
    }
    match list {
        Some(list) => open.remove(list, &gone),
        None => Ok(()),
    }
}

/// Turns a word into the paths that it means, and makes sure that a build could read them.
fn expand(
    open: &Open<'_>,
    (field, what): (Field, &str),
    (word, options): (&str, &Options),
) -> Result<Vec<String>, Error> {
    if options.unseen || is_remote(word) {
        return Ok(vec![word.to_owned()]);
    }
    let found = glob::list(open.sources, open.directory(), word);
    let mut paths = Vec::new();
    for path in found {
        let Some(full) = join(open.directory(), &path) else {
            continue;
        };
        if full == open.file || full == open.directory() {
            if glob::is_pattern(word) {
                continue;
            }
            let message = format!("`{word}` is the kustomization itself");
            return Err(Error::new(Kind::Refused, "adds-itself", message)
                .hint(Hint::Say(format!("name a {what} that stands somewhere else"))));
        }
        if let Some(problem) = unfit(open, field, &full) {
            if glob::is_pattern(word) {
                continue;
            }
            return Err(problem);
        }
        paths.push(path);
    }
    match (paths.is_empty(), glob::is_pattern(word)) {
        (false, _) => Ok(paths),
        (true, true) => Err(missing(
            format!("no {what} fits `{word}`, seen from `{}`", at(open)),
            word,
            &[],
        )),
        (true, false) => {
            let (folder, _) = word.rsplit_once('/').unwrap_or(("", word));
            let beside = match folder {
                "" => glob::list(open.sources, open.directory(), "*"),
                folder => glob::list(open.sources, open.directory(), &format!("{folder}/*")),
            };
            let own = open.file.rsplit('/').next().unwrap_or(open.file);
            let beside: Vec<&str> = beside.iter().map(String::as_str).filter(|&it| it != own).collect();
            let message = format!("there is no `{word}`, seen from `{}`", at(open));
            Err(missing(message, word, &beside).hint(Hint::Say(
                "a path is seen from the directory of the kustomization; `--unseen` adds a resource unseen".into(),
            )))
        }
    }
}

fn at<'o>(open: &Open<'o>) -> &'o str {
    match open.directory() {
        "" => ".",
        directory => directory,
    }
}

/// Says why a build could not read a path in that field.
fn unfit(open: &Open<'_>, field: Field, path: &str) -> Option<Error> {
    let kustomization = kustomization_in(open, path);
    let directory = glob::is_directory(open.sources, path);
    let refuse = |code, message: String| Some(Error::new(Kind::Refused, code, message));
    match (directory, kustomization) {
        (true, _) if field == Field::Configuration => refuse(
            "not-a-file",
            format!("`{path}` is a directory; a configuration is a file"),
        ),
        (true, None) => refuse(
            "not-a-kustomization",
            format!("the directory `{path}` holds no kustomization"),
        )
        .map(|error| {
            error.hint(Hint::Say(format!(
                "it needs a `{}`, or name the files in it",
                FILE_NAMES[0]
            )))
        }),
        (true, Some(file)) => {
            let tree = open.sources.tree(&file).ok()?;
            let root = tree.documents().iter().find_map(|document| document.root());
            let kind = root
                .and_then(|root| tree.get(root, "kind"))
                .map_or("", |it| tree.text(it));
            if (field == Field::Component) != (kind == "Component")
                && matches!(field, Field::Component | Field::Resource)
            {
                let (is, other) = match field {
                    Field::Component => ("no component", "resource"),
                    _ => ("a component", "component"),
                };
                let message = format!("`{path}` is {is}: its kind says so");
                return refuse("other-kind", message)
                    .map(|error| error.hint(Hint::Say(format!("add it as a {other}"))));
            }
            leads_back(open, &file, &mut Vec::new()).then(|| {
                let message = format!("`{path}` builds on `{}` itself", open.file);
                Error::new(Kind::Refused, "adds-itself", message)
                    .hint(Hint::Say("a kustomization cannot be part of what it is made of".into()))
            })
        }
        (false, _) if field == Field::Component => refuse(
            "not-a-directory",
            format!("`{path}` is a file; a component is a directory with a kustomization"),
        ),
        (false, _) if field == Field::Resource && FILE_NAMES.contains(&path.rsplit('/').next().unwrap_or(path)) => {
            refuse(
                "not-a-resource",
                format!("`{path}` is a kustomization; a resource names its directory"),
            )
        }
        (false, _) => None,
    }
}

fn kustomization_in(open: &Open<'_>, directory: &str) -> Option<String> {
    let mut files = FILE_NAMES.iter().map(|name| in_directory(directory, name));
    files.find(|file| open.sources.has_file(file))
}

/// Tells whether a kustomization builds on the one that is edited.
fn leads_back(open: &Open<'_>, file: &str, seen: &mut Vec<String>) -> bool {
    if file == open.file {
        return true;
    }
    if seen.iter().any(|it| it == file) {
        return false;
    }
    seen.push(file.to_owned());
    let Some(read) = open
        .sources
        .tree(file)
        .ok()
        .and_then(|tree| Kustomization::of(file, &tree))
    else {
        return false;
    };
    let below = read.builds.iter().chain(&read.components);
    below
        .filter_map(|path| kustomization_in(open, path))
        .any(|file| leads_back(open, &file, seen))
}

/// Tells whether a word is an address in another repository rather than a path.
///
/// Source: kustomize 5.5, `api/internal/git/repospec.go`.
pub(super) fn is_remote(word: &str) -> bool {
    word.contains("://")
        || word.contains("?ref=")
        || word.contains("?version=")
        || word.ends_with(".git")
        || word.contains(".git/")
        || word.contains("_git/")
        || ["git@", "git::", "github.com/", "github.com:", "gh:"]
            .iter()
            .any(|it| word.starts_with(it))
}
