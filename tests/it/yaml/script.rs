//! A small language for edits, one a line, used by the examples and the fixtures.
//!
//! ```text
//! set PATH TEXT            definition PATH TEXT    detach PATH TEXT    bare PATH TEXT    like PATH TEXT
//! key PATH NAME VALUE      item PATH VALUE         remove PATH         rename PATH NAME
//! within PATH OLD NEW      put PATH TEXT (creates what is missing)
//! inner PATH | one of these, with a path in the block's text
//! ```
//!
//! Words are separated by blanks; a word in JSON quotes may hold anything. VALUE is JSON; numbers and booleans are written bare.
//! `N:` before a path chooses a document, from 1; `lists flush` in the first line is about new lists; `key@K` and `item@K` add behind the child at position K.

use rakops::yaml::{AliasPolicy, DocSel, Edit, ListIndent, Missing, New, NodeId, Op, Path, Text, Tree, Wanted};
use serde_json::Value;

/// Runs the lines of a script on a text. The error is the name of the reason, such as `Alias`.
pub(crate) fn run(before: &str, script: &str) -> Result<String, String> {
    let mut tree = rakops::yaml::parse(before.as_bytes().to_vec(), Default::default()).map_err(|it| name(&it.why))?;
    let script = match script.strip_prefix("lists flush\n") {
        Some(rest) => {
            tree = tree.with_new_lists(ListIndent::Flush);
            rest
        }
        None => script,
    };
    let mut edits = Vec::new();
    let lines: Vec<&str> = script
        .lines()
        .map(str::trim)
        .filter(|it| !it.is_empty() && !it.starts_with('#'))
        .collect();
    let mut at = 0;
    while let Some(line) = lines.get(at) {
        at += 1;
        if let Some(rest) = line.strip_prefix("inner ") {
            // neighbouring lines for the same block are one edit
            let (path, first) = rest.split_once(" | ").unwrap();
            let mut inside = vec![first];
            while let Some(more) = lines.get(at).and_then(|it| it.strip_prefix("inner ")) {
                let (other, op) = more.split_once(" | ").unwrap();
                if other != path {
                    break;
                }
                inside.push(op);
                at += 1;
            }
            edits.push(inner(&tree, path, &inside)?);
        } else {
            edits.push(plan(&tree, line)?);
        }
    }
    let verified = tree.apply(edits).map_err(|it| name(&it.why))?;
    Ok(String::from_utf8(verified.into_bytes()).unwrap())
}

fn inner(tree: &Tree, path: &str, lines: &[&str]) -> Result<Edit, String> {
    let block = find(tree, path)?;
    let inner = tree.inner(block).map_err(|it| name(&it.why))?;
    let words: Vec<Vec<String>> = lines.iter().map(|line| words(line)).collect();
    let ops = words
        .iter()
        .map(|words| op(inner.tree(), words))
        .collect::<Result<Vec<_>, _>>()?;
    tree.plan_inner(&inner, ops).map_err(|it| name(&it.why))
}

fn plan(tree: &Tree, line: &str) -> Result<Edit, String> {
    let words = words(line);
    if words[0] == "put" {
        let (document, path) = place(&words[1]);
        let planned = tree.plan_set_path((document, &path), Wanted::Like(&words[2]), Missing::CreateParents);
        return planned.map_err(|it| match it {
            rakops::yaml::EditError::Path(error) => format!("{:?}", error.problem),
            rakops::yaml::EditError::Refused(refusal) => name(&refusal.why),
        });
    }
    tree.plan(op(tree, &words)?).map_err(|it| name(&it.why))
}

/// Makes the operation that a line means.
fn op<'a>(tree: &Tree, words: &'a [String]) -> Result<Op<'a>, String> {
    let (verb, after) = words[0]
        .split_once('@')
        .map_or((words[0].as_str(), None), |(verb, at)| (verb, Some(at)));
    let at = find(tree, &words[1])?;
    let after = after.map(|it| child(tree, at, it.parse().unwrap()));
    let text = || words[2].as_str();
    let set = |to, alias| Op::Set { at, to, alias };
    Ok(match verb {
        "set" => set(Text::Str(text()), AliasPolicy::Refuse),
        "definition" => set(Text::Str(text()), AliasPolicy::Definition),
        "detach" => set(Text::Str(text()), AliasPolicy::Detach),
        "bare" => set(Text::Bare(text()), AliasPolicy::Refuse),
        "like" => set(tree.like(at, text()).map_err(|it| name(&it.why))?, AliasPolicy::Refuse),
        "key" => Op::InsertKey {
            map: at,
            key: text(),
            value: value(&words[3]),
            after,
        },
        "item" => Op::InsertItem {
            seq: at,
            value: value(&words[2]),
            after,
        },
        "remove" => Op::Remove { child: at },
        "rename" => Op::Rename {
            key: tree.key_of(at).unwrap_or(at),
            to: text(),
        },
        "within" => Op::SetWithin {
            at,
            old: text(),
            new: &words[3],
        },
        other => panic!("no verb {other}"),
    })
}

fn child(tree: &Tree, parent: NodeId, position: usize) -> NodeId {
    tree.entries(parent)
        .map(|(key, _)| key)
        .chain(tree.items(parent))
        .nth(position)
        .unwrap()
}

fn find(tree: &Tree, path: &str) -> Result<NodeId, String> {
    let (document, path) = place(path);
    tree.find(document, &path).map_err(|error| match error.problem {
        rakops::yaml::PathProblem::Refused(why) => name(&why),
        other => format!("{other:?}"),
    })
}

fn place(path: &str) -> (DocSel<'static>, Path) {
    let (number, path) = match path.split_once(':') {
        Some((number, path)) if number.parse::<u32>().is_ok() => (number.parse().ok(), path),
        _ => (None, path),
    };
    (number.map_or(DocSel::Only, DocSel::Nth), Path::parse(path).unwrap())
}

/// Splits a line at blanks outside of JSON strings, brackets and braces; a word that is a JSON string is decoded.
fn words(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    let (mut word, mut depth, mut quoted, mut escaped) = (String::new(), 0, false, false);
    for c in line.chars().chain([' ']) {
        if c == ' ' && depth == 0 && !quoted {
            if !word.is_empty() {
                words.push(serde_json::from_str::<String>(&word).unwrap_or(word));
            }
            word = String::new();
            continue;
        }
        match c {
            '"' if !escaped => quoted = !quoted,
            '{' | '[' if !quoted => depth += 1,
            '}' | ']' if !quoted => depth -= 1,
            _ => {}
        }
        escaped = c == '\\' && !escaped;
        word.push(c);
    }
    words
}

/// Reads a new value. What is no JSON is a string.
fn value(text: &str) -> New<'static> {
    match serde_json::from_str(text) {
        Ok(value) => of(&value),
        Err(_) => of(&Value::String(text.to_owned())),
    }
}

fn of(value: &Value) -> New<'static> {
    // tests may leak: a `New` borrows its texts
    let leak = |text: &str| -> &'static str { Box::leak(text.to_owned().into_boxed_str()) };
    match value {
        Value::String(text) => New::Text(Text::Str(leak(text))),
        Value::Array(items) => New::Seq(items.iter().map(of).collect()),
        Value::Object(pairs) => New::Map(pairs.iter().map(|(key, value)| (leak(key), of(value))).collect()),
        bare => New::Text(Text::Bare(leak(&bare.to_string()))),
    }
}

/// The name of a reason, without what it carries.
pub(crate) fn name(why: &rakops::yaml::Why) -> String {
    let text = format!("{why:?}");
    text.split([' ', '(', '{']).next().unwrap_or_default().to_owned()
}
