//! `labels`, `commonLabels` and `commonAnnotations`.
//!
//! A label that goes into selectors is written where the file has such labels: in `commonLabels`, else in an entry of
//! `labels` with `includeSelectors`; a file with neither gets the latter, as `commonLabels` is deprecated and builds the same.

use super::open::Open;
use super::words::{already, check, missing, usage};
use super::{Field, Options, Request, Verb};
use crate::error::{Error, Hint, Kind};
use crate::yaml::{AliasPolicy, New, NodeId, Op, Text};

/// Where a pair may stand: a mapping, and its path for messages.
struct Place {
    /// The value of `commonLabels` or `pairs`; null counts.
    map: NodeId,
    path: String,
    /// Of an entry of `labels`: the entry.
    entry: Option<NodeId>,
}

/// Plans pairs to be added, set or removed.
///
/// # Errors
/// `Kind::Usage` for what cannot be a label or an annotation, `Kind::Refused` for a key that is to be added and is there,
/// `Kind::NotFound` for one that is to be removed and is not.
pub(super) fn plan(open: &mut Open<'_>, request: &Request) -> Result<(), Error> {
    let what = match request.field {
        Field::Annotation => "annotation",
        _ => "label",
    };
    let options = &request.options;
    if options.include_templates && !options.without_selector {
        return Err(usage(
            "`--include-templates` stands without `--without-selector`",
            "a label that goes into selectors goes into templates as well",
        ));
    }
    let comma = request.field == Field::Label || request.verb == Verb::Remove;
    let split = |word: &String| match comma {
        true => word.split(',').map(str::to_owned).collect(),
        false => vec![word.clone()],
    };
    let words: Vec<String> = request.words.iter().flat_map(split).collect();
    check(&words, what)?;
    if request.verb == Verb::Remove {
        return remove(open, (request.field, what), (&words, options));
    }
    let mut wanted: Vec<(&str, &str)> = Vec::new();
    for word in &words {
        let (key, value) = parse(word, (request.field, what))?;
        if wanted.iter().any(|(other, _)| *other == key) {
            return Err(usage(
                format!("the {what} `{key}` is given twice"),
                "give each key one value",
            ));
        }
        wanted.push((key, value));
    }
    set(open, (request, what), wanted)
}

fn set(open: &mut Open<'_>, (request, what): (&Request, &str), wanted: Vec<(&str, &str)>) -> Result<(), Error> {
    let places = places(open, request.field)?;
    let home = home(open, &places, request);
    let mut fresh: Vec<(&str, &str)> = Vec::new();
    for (key, value) in wanted {
        let there = match (request.verb, home) {
            // `add` looks where it would write; `set` changes the pair wherever it stands
            (Verb::Set, _) => places
                .iter()
                .find_map(|place| open.in_map(place.map, key).map(|it| (it, place))),
            (_, Some(home)) => open.in_map(home.map, key).map(|it| (it, home)),
            (_, None) => None,
        };
        let Some((at, place)) = there else {
            fresh.push((key, value));
            continue;
        };
        let from = open.text(at).to_owned();
        if from == value {
            open.warn(already(format!("the {what} `{key}` is `{value}` already")).at(open.place(at)));
            continue;
        }
        if request.verb == Verb::Add && !request.options.force {
            let message = format!("the {what} `{key}` is there already, as `{from}`");
            return Err(Error::new(Kind::Refused, "already-there", message)
                .at(open.place(at))
                .hint(Hint::Flag("--force".into(), "overwrites it; so does `set`".into())));
        }
        let path = format!("{}.{key}", place.path);
        open.note(Some(at), &path, (Some(&from), Some(value)));
        open.edit(Op::Set {
            at,
            to: Text::Str(value),
            alias: AliasPolicy::Refuse,
        })?;
    }
    if fresh.is_empty() {
        return Ok(());
    }
    let path = match (home, request.field) {
        (Some(home), _) => home.path.clone(),
        (None, Field::Annotation) => "commonAnnotations".to_owned(),
        (None, _) => "labels[+].pairs".to_owned(),
    };
    for (key, value) in &fresh {
        open.note(None, &format!("{path}.{key}"), (None, Some(value)));
    }
    let pairs = fresh.iter().map(|(key, value)| (*key, New::Text(Text::Str(value))));
    if let Some(home) = home {
        return pairs.into_iter().try_for_each(|(key, value)| {
            open.edit(Op::InsertKey {
                map: home.map,
                key,
                value,
                after: None,
            })
        });
    }
    let (root, pairs) = (open.root, New::Map(pairs.collect()));
    if request.field == Field::Annotation {
        return match open.tree.get(root, "commonAnnotations") {
            // `{}` or null would have been a home
            Some(_) => Ok(()),
            None => open.edit(Op::InsertKey {
                map: root,
                key: "commonAnnotations",
                value: pairs,
                after: None,
            }),
        };
    }
    let yes = || New::Text(Text::Bare("true"));
    let mut entry = vec![("pairs", pairs)];
    if !request.options.without_selector {
        entry.push(("includeSelectors", yes()));
    } else if request.options.include_templates {
        entry.push(("includeTemplates", yes()));
    }
    open.add_items((root, "labels"), vec![New::Map(entry)])
}

/// Lists the mappings that hold such pairs.
fn places(open: &Open<'_>, field: Field) -> Result<Vec<Place>, Error> {
    let key = match field {
        Field::Annotation => "commonAnnotations",
        _ => "commonLabels",
    };
    let mut places = Vec::new();
    if let Some(map) = open.tree.get(open.root, key) {
        open.pairs(Some(map), key)?;
        places.push(Place {
            map,
            path: key.to_owned(),
            entry: None,
        });
    }
    if field == Field::Annotation {
        return Ok(places);
    }
    for (at, entry) in open.items(open.field("labels"), "labels")?.into_iter().enumerate() {
        if let Some(map) = open.in_map(entry, "pairs") {
            open.pairs(Some(map), "pairs")?;
            places.push(Place {
                map,
                path: format!("labels[{at}].pairs"),
                entry: Some(entry),
            });
        }
    }
    Ok(places)
}

/// The place that new pairs are written to.
fn home<'p>(open: &Open<'_>, places: &'p [Place], request: &Request) -> Option<&'p Place> {
    let options: &Options = &request.options;
    let says = |entry, key| open.text_in(entry, key) == "true";
    places.iter().find(|place| match place.entry {
        None => request.field == Field::Annotation || !options.without_selector,
        Some(entry) => {
            let plain = ["fields", "fieldSpecs", "includeVolumeClaimTemplates"];
            let selectors = says(entry, "includeSelectors");
            plain.iter().all(|key| open.in_map(entry, key).is_none())
                && selectors != options.without_selector
                && (selectors || says(entry, "includeTemplates") == options.include_templates)
        }
    })
}

fn remove(
    open: &mut Open<'_>,
    (field, what): (Field, &str),
    (words, options): (&[String], &Options),
) -> Result<(), Error> {
    let places = places(open, field)?;
    let mut gone: Vec<Vec<NodeId>> = places.iter().map(|_| Vec::new()).collect();
    for word in words {
        let mut found = false;
        for (place, gone) in places.iter().zip(&mut gone) {
            let Some(at) = open.in_map(place.map, word) else {
                continue;
            };
            found = true;
            if !gone.contains(&at) {
                gone.push(at);
                let from = open.text(at).to_owned();
                open.note(Some(at), &format!("{}.{word}", place.path), (Some(&from), None));
            }
        }
        if !found {
            let known = places
                .iter()
                .filter_map(|place| open.pairs(Some(place.map), what).ok())
                .flatten();
            let known: Vec<&str> = known.map(|(key, _)| open.text(key)).collect();
            let error = missing(format!("`{}` has no {what} `{word}`", open.file), word, &known);
            if !options.ignore_missing {
                return Err(error.hint(Hint::Flag("--ignore-non-existence".into(), "passes over it".into())));
            }
            open.warn(error);
        }
    }
    let mut entries = Vec::new();
    for (place, gone) in places.iter().zip(&gone) {
        if gone.is_empty() {
            continue;
        }
        let all = gone.len() == open.pairs(Some(place.map), what)?.len();
        match (place.entry, all) {
            (Some(entry), true) => entries.push(entry),
            _ => open.remove(place.map, gone)?,
        }
    }
    match open.field("labels") {
        Some(list) if !entries.is_empty() => open.remove(list, &entries),
        _ => Ok(()),
    }
}

/// Takes `KEY:VALUE` or `KEY=VALUE` apart.
///
/// Source: Kubernetes, "Labels and Selectors", syntax and character set; annotations have the same keys and any value.
fn parse<'w>(word: &'w str, (field, what): (Field, &str)) -> Result<(&'w str, &'w str), Error> {
    let Some((key, value)) = word.split_once([':', '=']) else {
        return Err(usage(
            format!("`{word}` gives the {what} no value"),
            format!("type `{word}:VALUE`; `{word}:` is the empty value"),
        ));
    };
    // quotes that came through the shell, as kustomize takes them off
    let value = value
        .strip_prefix('"')
        .and_then(|it| it.strip_suffix('"'))
        .unwrap_or(value);
    let (prefix, name) = key
        .rsplit_once('/')
        .map_or((None, key), |(prefix, name)| (Some(prefix), name));
    let domain = |it: &str| {
        !it.is_empty()
            && it.len() <= 253
            && it
                .chars()
                .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '-' | '.'))
    };
    if !(is_name(name) && prefix.is_none_or(domain)) {
        return Err(usage(
            format!("`{key}` is no key of a {what}"),
            "a key is [DOMAIN/]NAME; a name has 63 letters, digits, `-`, `_` and `.` at most, and ends in the first two",
        ));
    }
    if field == Field::Label && !(value.is_empty() || is_name(value)) {
        return Err(usage(
            format!("`{value}` cannot be the value of a label"),
            "it has 63 letters, digits, `-`, `_` and `.` at most, and starts and ends with one of the first two",
        ));
    }
    Ok((key, value))
}

fn is_name(text: &str) -> bool {
    let edge = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric());
    text.len() <= 63
        && edge(text.chars().next())
        && edge(text.chars().next_back())
        && text
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'))
}
