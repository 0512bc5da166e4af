//! What a ConfigMap or Secret is to hold: literals, files, files of variables.

use super::open::Open;
use super::words::{missing, usage};
use super::{GeneratorWords, glob};
use crate::error::Error;
use crate::manifest::kustomization::join;

/// What kustomize may do with an object of that name from a base.
const BEHAVIORS: [&str; 3] = ["create", "merge", "replace"];

/// Makes sure that the words fit together and that files are there; returns the files that patterns mean.
///
/// # Errors
/// `Kind::Usage` for words, `Kind::NotFound` for files.
pub(super) fn check_sources(open: &Open<'_>, words: &GeneratorWords) -> Result<Vec<String>, Error> {
    let form = "type --from-literal KEY=VALUE, --from-file [KEY=]PATH or --from-env-file PATH";
    if words.literals.is_empty() && words.files.is_empty() && words.env_file.is_empty() {
        return Err(usage("nothing says what it is to hold", form));
    }
    let others = !words.literals.is_empty() || !words.files.is_empty();
    if !words.env_file.is_empty() && others {
        return Err(usage(
            "`--from-env-file` stands beside other sources",
            "add the file in a command of its own",
        ));
    }
    if !words.behavior.is_empty() && !BEHAVIORS.contains(&words.behavior.as_str()) {
        return Err(usage(
            format!("there is no behavior `{}`", words.behavior),
            format!("type one of `{}`", BEHAVIORS.join("`, `")),
        ));
    }
    if !words.new_namespace.is_empty() {
        return Err(usage(
            "`--new-namespace` belongs to `set`",
            "say where it is by `--namespace`",
        ));
    }
    for literal in &words.literals {
        check_literal(literal)?;
    }
    let mut files = Vec::new();
    for word in &words.files {
        let (key, pattern) = word
            .split_once('=')
            .map_or((None, word.as_str()), |(key, path)| (Some(key), path));
        let found: Vec<String> = glob::list(open.sources, open.directory(), pattern)
            .into_iter()
            .filter(|path| join(open.directory(), path).is_some_and(|it| open.sources.has_file(&it)))
            .collect();
        match (key, found.as_slice()) {
            (_, []) => return Err(absent(open, pattern)),
            (Some(key), [one]) if !key.is_empty() => files.push(format!("{key}={one}")),
            (Some(""), _) => return Err(usage(format!("`{word}` has an empty key"), form)),
            (Some(key), several) => {
                return Err(usage(
                    format!("`{pattern}` means {} files, and `{key}` is one key", several.len()),
                    "name one file, or leave the key out",
                ));
            }
            (None, _) => files.extend(found),
        }
    }
    let env = &words.env_file;
    if !env.is_empty() && !join(open.directory(), env).is_some_and(|it| open.sources.has_file(&it)) {
        return Err(absent(open, env));
    }
    Ok(files)
}

fn absent(open: &Open<'_>, path: &str) -> Error {
    let folder = path
        .rsplit_once('/')
        .map_or("*".to_owned(), |(folder, _)| format!("{folder}/*"));
    let beside = glob::list(open.sources, open.directory(), &folder);
    let beside: Vec<&str> = beside.iter().map(String::as_str).collect();
    missing(
        format!("there is no file `{path}` beside `{}`", open.file),
        path,
        &beside,
    )
}

/// Makes sure that a literal is `KEY=VALUE`.
///
/// # Errors
/// `Kind::Usage`.
pub(super) fn check_literal(literal: &str) -> Result<(), Error> {
    let key = literal.split_once('=').map(|(key, _)| key);
    // source: Kubernetes, "ConfigMaps": keys are alphanumeric characters, `-`, `_` and `.`
    let sign = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    match key {
        Some(key) if !key.is_empty() && key.chars().all(sign) => Ok(()),
        Some(key) => Err(usage(
            format!("`{key}` cannot be a key"),
            "a key is made of letters, digits, `-`, `_` and `.`",
        )),
        None => Err(usage(
            format!("`{literal}` is no KEY=VALUE"),
            "type --from-literal KEY=VALUE",
        )),
    }
}

/// The key of a literal.
pub(super) fn key_of_literal(literal: &str) -> &str {
    literal.split_once('=').map_or(literal, |(key, _)| key)
}

/// The key that a file gets: the one before `=`, else its name.
pub(super) fn key_of_file(file: &str) -> &str {
    let name = || file.rsplit('/').next().unwrap_or(file);
    file.split_once('=').map_or_else(name, |(key, _)| key)
}
