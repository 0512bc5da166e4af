//! `configMapGenerator` and `secretGenerator`.

use super::open::Open;
use super::sources::{check_literal, check_sources, key_of_file, key_of_literal};
use super::words::{already, check, missing, only, usage};
use super::{Field, GeneratorWords, Request, Verb};
use crate::error::{Error, Hint, Kind};
use crate::yaml::{AliasPolicy, New, NodeId, Op, Text};

/// One of the two lists, and what an entry of it is called.
#[derive(Clone, Copy)]
struct List {
    key: &'static str,
    what: &'static str,
    /// The word for it on the command line.
    word: &'static str,
}

/// Plans an entry to be added or extended, a value of one to be set, or entries to go.
///
/// # Errors
/// `Kind::Usage` for words that do not fit together, `Kind::NotFound` for files, entries and keys that are not there,
/// `Kind::Refused` for a key that the entry has already.
pub(super) fn plan(open: &mut Open<'_>, request: &Request) -> Result<(), Error> {
    let list = match request.field {
        Field::Secret => List {
            key: "secretGenerator",
            what: "Secret",
            word: "secret",
        },
        _ => List {
            key: "configMapGenerator",
            what: "ConfigMap",
            word: "configmap",
        },
    };
    let words = &request.options.generator;
    match request.verb {
        Verb::Add => add(open, list, (only(&request.words, "name")?, words)),
        Verb::Set => set(open, list, (only(&request.words, "name")?, words)),
        Verb::Remove => {
            let names: Vec<String> = request
                .words
                .iter()
                .flat_map(|it| it.split(','))
                .map(str::to_owned)
                .collect();
            check(&names, "name")?;
            remove(open, list, (&names, &words.namespace))
        }
    }
}

/// Finds an entry by name and namespace.
fn find(open: &Open<'_>, list: List, (name, namespace): (&str, &str)) -> Result<Vec<NodeId>, Error> {
    let or_default = |it: &str| {
        if it.is_empty() {
            "default".to_owned()
        } else {
            it.to_owned()
        }
    };
    let mut items = open.items(open.field(list.key), list.key)?;
    items.retain(|&it| {
        open.text_in(it, "name") == name && or_default(open.text_in(it, "namespace")) == or_default(namespace)
    });
    Ok(items)
}

/// The one entry that is meant.
fn find_one(open: &Open<'_>, list: List, (name, namespace): (&str, &str)) -> Result<Option<NodeId>, Error> {
    match find(open, list, (name, namespace))?.as_slice() {
        [] => Ok(None),
        [one] => Ok(Some(*one)),
        [first, ..] => Err(Error::new(
            Kind::Refused,
            "field-ambiguous",
            format!("`{}` has several entries `{name}`", list.key),
        )
        .at(open.place(*first))
        .hint(Hint::Say("a build of it would fail; take one of them out".into()))),
    }
}

fn unknown(open: &Open<'_>, list: List, (name, namespace): (&str, &str)) -> Error {
    let items = open.items(open.field(list.key), list.key).unwrap_or_default();
    let within = match namespace {
        "" => String::new(),
        namespace => format!(" in the namespace `{namespace}`"),
    };
    let known: Vec<String> = items
        .iter()
        .map(|&it| match open.text_in(it, "namespace") {
            "" => open.text_in(it, "name").to_owned(),
            space => format!("{} --namespace {space}", open.text_in(it, "name")),
        })
        .collect();
    let known: Vec<&str> = known.iter().map(String::as_str).collect();
    missing(
        format!("`{}` generates no {} `{name}`{within}", open.file, list.what),
        name,
        &known,
    )
}

// ---- add

fn add(open: &mut Open<'_>, list: List, (name, words): (&str, &GeneratorWords)) -> Result<(), Error> {
    let files = check_sources(open, words)?;
    let there = find_one(open, list, (name, &words.namespace))?;
    let names: Vec<&str> = words.literals.iter().map(|it| key_of_literal(it)).collect();
    let names: Vec<&str> = names
        .into_iter()
        .chain(files.iter().map(|it| key_of_file(it)))
        .collect();
    for (at, key) in names.iter().enumerate() {
        if names.iter().take(at).any(|it| it == key) {
            return Err(usage(
                format!("the key `{key}` is given twice"),
                "give each key one value",
            ));
        }
    }
    let texts = |all: &[String]| -> Vec<String> { all.to_vec() };
    let env: Vec<String> = if words.env_file.is_empty() {
        vec![]
    } else {
        vec![words.env_file.clone()]
    };
    let lists = [("literals", texts(&words.literals)), ("files", files), ("envs", env)];
    match there {
        None => create(open, list, (name, words, &lists)),
        Some(entry) => extend(open, (list, entry), (name, words, &lists)),
    }
}

/// Lists of an entry, by key.
type Lists = [(&'static str, Vec<String>); 3];

fn create(open: &mut Open<'_>, list: List, (name, words, lists): (&str, &GeneratorWords, &Lists)) -> Result<(), Error> {
    let text = |text| New::Text(Text::Str(text));
    let mut entry = vec![("name", text(name))];
    let secret = if list.word == "secret" { words.kind.as_str() } else { "" };
    let named = [
        ("namespace", words.namespace.as_str()),
        ("behavior", words.behavior.as_str()),
        ("type", secret),
    ];
    entry.extend(
        named
            .iter()
            .filter(|(_, it)| !it.is_empty())
            .map(|(key, it)| (*key, text(it))),
    );
    for (key, all) in lists.iter().filter(|(_, all)| !all.is_empty()) {
        entry.push((key, New::Seq(all.iter().map(|it| text(it)).collect())));
    }
    if words.disable_hash {
        let yes = New::Text(Text::Bare("true"));
        entry.push(("options", New::Map(vec![("disableNameSuffixHash", yes)])));
    }
    for (key, all) in lists {
        for item in all {
            open.note(None, &format!("{}[name={name}].{key}", list.key), (None, Some(item)));
        }
    }
    let root = open.root;
    open.add_items((root, list.key), vec![New::Map(entry)])
}

fn extend(
    open: &mut Open<'_>,
    (list, entry): (List, NodeId),
    (name, words, lists): (&str, &GeneratorWords, &Lists),
) -> Result<(), Error> {
    let map = open.tree.resolve(entry);
    for (key, all) in lists {
        let there = open.items(open.in_map(entry, key), key)?;
        let mut fresh = Vec::new();
        for item in all {
            if let Some(&same) = there.iter().find(|&&it| open.text(it) == item) {
                let note = already(format!(
                    "`{name}` has `{}` already, with that value",
                    own_key(key, item)
                ))
                .at(open.place(same));
                open.warn(note);
                continue;
            }
            if *key != "envs" {
                check_key(open, (list, entry), (name, key, item))?;
            }
            open.note(None, &format!("{}[name={name}].{key}", list.key), (None, Some(item)));
            fresh.push(New::Text(Text::Str(item)));
        }
        open.add_items((map, key), fresh)?;
    }
    let secret = if list.word == "secret" { words.kind.as_str() } else { "" };
    for (key, to) in [("behavior", words.behavior.as_str()), ("type", secret)] {
        let from = open.text_in(entry, key).to_owned();
        if to.is_empty() || from == to {
            continue;
        }
        let at = open.in_map(entry, key);
        let old = (!from.is_empty()).then_some(from.as_str());
        open.note(at, &format!("{}[name={name}].{key}", list.key), (old, Some(to)));
        open.set_text((map, key), Text::Str(to))?;
    }
    let options = open.in_map(entry, "options");
    let has = options.is_some_and(|it| open.text_in(it, "disableNameSuffixHash") == "true");
    if words.disable_hash && !has {
        let path = format!("{}[name={name}].options.disableNameSuffixHash", list.key);
        open.note(None, &path, (None, Some("true")));
        let yes = Text::Bare("true");
        match options {
            Some(options) => open.set_text((options, "disableNameSuffixHash"), yes)?,
            None => open.edit(Op::InsertKey {
                map,
                key: "options",
                value: New::Map(vec![("disableNameSuffixHash", New::Text(yes))]),
                after: None,
            })?,
        }
    }
    Ok(())
}

/// What an item of `literals` or `files` is called in the object; of `envs`, the file.
fn own_key<'i>(list: &str, item: &'i str) -> &'i str {
    match list {
        "literals" => key_of_literal(item),
        "files" => key_of_file(item),
        _ => item,
    }
}

/// Refuses a key that the entry has.
fn check_key(
    open: &Open<'_>,
    (list, entry): (List, NodeId),
    (name, key, item): (&str, &str, &str),
) -> Result<(), Error> {
    let own = own_key(key, item);
    for (other, key_of) in [("literals", key_of_literal as fn(&str) -> &str), ("files", key_of_file)] {
        for there in open.items(open.in_map(entry, other), other)? {
            if key_of(open.text(there)) == own {
                let message = format!("{} `{name}` has the key `{own}` already", list.what);
                let set = format!(
                    "`overlay set` with `{} {name} --from-literal {own}=VALUE` changes it",
                    list.word
                );
                return Err(Error::new(Kind::Refused, "already-there", message)
                    .at(open.place(there))
                    .hint(Hint::Say(set)));
            }
        }
    }
    Ok(())
}

// ---- set

fn set(open: &mut Open<'_>, list: List, (name, words): (&str, &GeneratorWords)) -> Result<(), Error> {
    if words.literals.is_empty() && words.new_namespace.is_empty() {
        return Err(usage(
            "nothing says what is to change",
            "type --from-literal KEY=VALUE or --new-namespace NAME",
        ));
    }
    let asked = (name, words.namespace.as_str());
    let Some(entry) = find_one(open, list, asked)? else {
        return Err(unknown(open, list, asked));
    };
    let literals = open.items(open.in_map(entry, "literals"), "literals")?;
    for literal in &words.literals {
        check_literal(literal)?;
        let key = key_of_literal(literal);
        let Some(&at) = literals.iter().find(|&&it| key_of_literal(open.text(it)) == key) else {
            let known: Vec<&str> = literals.iter().map(|&it| key_of_literal(open.text(it))).collect();
            let message = format!("{} `{name}` has no literal `{key}`", list.what);
            let add = format!(
                "`overlay add` with `{} {name} --from-literal {key}=VALUE` adds it",
                list.word
            );
            return Err(missing(message, key, &known).at(open.place(entry)).hint(Hint::Say(add)));
        };
        let from = open.text(at).to_owned();
        if &from == literal {
            open.warn(already(format!("`{key}` has that value already")).at(open.place(at)));
            continue;
        }
        open.note(
            Some(at),
            &format!("{}[name={name}].literals", list.key),
            (Some(&from), Some(literal)),
        );
        open.edit(Op::Set {
            at,
            to: Text::Str(literal),
            alias: AliasPolicy::Refuse,
        })?;
    }
    let to = words.new_namespace.as_str();
    let from = open.text_in(entry, "namespace").to_owned();
    if to.is_empty() || to == from {
        return Ok(());
    }
    if let Some(&other) = find(open, list, (name, to))?.iter().find(|&&it| it != entry) {
        let message = format!("`{}` has an entry `{name}` in `{to}` already", list.key);
        return Err(Error::new(Kind::Refused, "already-there", message).at(open.place(other)));
    }
    let at = open.in_map(entry, "namespace");
    let old = (!from.is_empty()).then_some(from.as_str());
    open.note(at, &format!("{}[name={name}].namespace", list.key), (old, Some(to)));
    let map = open.tree.resolve(entry);
    match at {
        Some(_) => open.set_text((map, "namespace"), Text::Str(to)),
        None => {
            let after = open.in_map(entry, "name");
            open.edit(Op::InsertKey {
                map,
                key: "namespace",
                value: New::Text(Text::Str(to)),
                after,
            })
        }
    }
}

// ---- remove

fn remove(open: &mut Open<'_>, list: List, (names, namespace): (&[String], &str)) -> Result<(), Error> {
    let mut gone = Vec::new();
    let mut unfound = Vec::new();
    for name in names {
        let own = find(open, list, (name, namespace))?;
        if own.is_empty() {
            unfound.push(unknown(open, list, (name, namespace)));
        }
        for &entry in &own {
            open.note(Some(entry), &format!("{}[name={name}]", list.key), (Some(name), None));
        }
        gone.extend(own);
    }
    if gone.is_empty() {
        return unfound.into_iter().next().map_or(Ok(()), Err);
    }
    unfound.into_iter().for_each(|it| open.warn(it));
    match open.field(list.key) {
        Some(items) => open.remove(items, &gone),
        None => Ok(()),
    }
}
