//! Compares a rendering with what `kubectl kustomize` says.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;

use crate::error::Error;
use crate::manifest::rendered::read::{Lines, Reader};
use crate::manifest::rendered::value::{Data, Typed, Value};
use crate::manifest::rendered::{LayerKind, Object, Origin, Rendering};
use crate::yaml;

/// A value without its place.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Json {
    Null,
    Boolean(bool),
    Number(String),
    Text(String),
    Seq(Vec<Json>),
    Map(BTreeMap<String, Json>),
}

/// What came of one comparison.
#[derive(Debug)]
pub(super) enum Verdict {
    Equal,
    /// We say that we do not see everything, and what we see is not compared.
    Blind,
    /// Both refuse.
    BothRefuse,
    /// kustomize refuses, and we do not.
    OnlyTheyRefuse(String),
    Different(String),
}

#[derive(Default)]
pub(super) struct Tally {
    pub(super) equal: usize,
    pub(super) blind: usize,
    pub(super) refused: usize,
    pub(super) lenient: Vec<(String, String)>,
    pub(super) different: Vec<(String, String)>,
}

impl Tally {
    pub(super) fn add(&mut self, name: &str, verdict: Verdict) {
        match verdict {
            Verdict::Equal => self.equal += 1,
            Verdict::Blind => self.blind += 1,
            Verdict::BothRefuse => self.refused += 1,
            Verdict::OnlyTheyRefuse(why) => self.lenient.push((name.to_owned(), why)),
            Verdict::Different(how) => self.different.push((name.to_owned(), how)),
        }
    }

    #[expect(clippy::print_stdout, reason = "figures of a test come back in the summary of CI")]
    pub(super) fn conclude(&self, what: &str) {
        for (name, why) in &self.lenient {
            println!("{what}: {name}: only kustomize refuses: {}", why.trim());
        }
        for (name, how) in self.different.iter().take(20) {
            println!("{what}: {name} is different: {how}");
        }
        println!(
            "figure: rendered {what}: {} equal, {} refused by both, {} blind, {} refused by kustomize only, {} different",
            self.equal,
            self.refused,
            self.blind,
            self.lenient.len(),
            self.different.len()
        );
        assert!(self.different.is_empty(), "{} are different", self.different.len());
    }
}

/// Tells whether the judge is here.
#[expect(clippy::disallowed_methods, reason = "the judge is another program")]
pub(super) fn is_here() -> bool {
    Command::new("kubectl")
        .args(["version", "--client"])
        .output()
        .is_ok_and(|it| it.status.success())
}

#[expect(clippy::disallowed_methods, reason = "the judge is another program")]
fn kustomize(at: &Path) -> Result<String, String> {
    let output = Command::new("timeout")
        .arg("60")
        .arg("kubectl")
        .arg("kustomize")
        .arg(at)
        .output()
        .unwrap();
    match output.status.success() {
        true => Ok(String::from_utf8(output.stdout).unwrap()),
        false => Err(String::from_utf8_lossy(&output.stderr).into_owned()),
    }
}

/// Compares one kustomization.
pub(super) fn judge(root: &Path, directory: &str, ours: Result<Rendering, Error>) -> Verdict {
    let theirs = kustomize(&root.join(directory));
    match (theirs, ours) {
        (Err(_), Err(_)) => Verdict::BothRefuse,
        (Err(_), Ok(ours)) if !ours.blind.is_empty() => Verdict::Blind,
        (Err(why), Ok(_)) => Verdict::OnlyTheyRefuse(why),
        (Ok(_), Err(error)) => Verdict::Different(format!("we refuse: {error:?}")),
        (Ok(text), Ok(ours)) => {
            let how = differences(&ours, &text);
            match (how.is_empty(), ours.blind.is_empty()) {
                (true, _) => Verdict::Equal,
                (false, true) => Verdict::Different(how),
                (false, false) => Verdict::Blind,
            }
        }
    }
}

fn differences(ours: &Rendering, text: &str) -> String {
    let theirs = read(text, &generated(ours));
    let ours: BTreeMap<String, Json> = ours
        .objects
        .iter()
        .map(|it| (name(&of_object(it)), of_object(it)))
        .collect();
    let mut how = String::new();
    for (name, object) in &theirs {
        match ours.get(name) {
            None => write!(how, "\n  {name} is missing").unwrap(),
            Some(our) => compare(name, our, object, &mut how),
        }
    }
    for name in ours.keys().filter(|name| !theirs.contains_key(*name)) {
        write!(how, "\n  {name} is too much").unwrap();
    }
    how
}

fn compare(path: &str, ours: &Json, theirs: &Json, how: &mut String) {
    match (ours, theirs) {
        _ if ours == theirs => {}
        (Json::Map(a), Json::Map(b)) => {
            for key in a.keys().chain(b.keys().filter(|key| !a.contains_key(*key))) {
                let path = format!("{path}.{key}");
                match (a.get(key), b.get(key)) {
                    (Some(a), Some(b)) => compare(&path, a, b, how),
                    (a, b) => write!(how, "\n  {path}: {a:?} instead of {b:?}").unwrap(),
                }
            }
        }
        (Json::Seq(a), Json::Seq(b)) if a.len() == b.len() => {
            for (at, (a, b)) in a.iter().zip(b).enumerate() {
                compare(&format!("{path}[{at}]"), a, b, how);
            }
        }
        _ => write!(how, "\n  {path}: {ours:?} instead of {theirs:?}").unwrap(),
    }
}

/// Names of generated objects, to which kustomize adds a hash.
fn generated(ours: &Rendering) -> Vec<String> {
    let is_data = |it: &&Object| matches!(it.id.kind.as_str(), "ConfigMap" | "Secret");
    ours.objects
        .iter()
        .filter(is_data)
        .map(|it| it.id.name.clone())
        .collect()
}

fn read(text: &str, generated: &[String]) -> BTreeMap<String, Json> {
    let tree = yaml::parse(text.as_bytes().to_vec(), yaml::Limits::default()).unwrap();
    let reader = Reader::new(&tree, &"kubectl".into(), Lines::File);
    let objects: Vec<Json> = reader
        .documents()
        .into_iter()
        .map(|(_, root)| json(&root, &|_| false))
        .collect();
    let mut hashed = BTreeMap::new();
    for object in &objects {
        let name = of(object, "name");
        let bare = name.rsplit_once('-').filter(|(_, hash)| hash.len() == 10);
        let is_ours = |name: &str| generated.iter().any(|it| it == name);
        if let Some((bare, _)) = bare.filter(|(bare, _)| is_ours(bare) && !is_ours(&name)) {
            hashed.insert(name.clone(), bare.to_owned());
        }
    }
    objects
        .into_iter()
        .map(|it| without_hash(it, &hashed))
        .map(|it| (name(&it), it))
        .collect()
}

fn without_hash(value: Json, hashed: &BTreeMap<String, String>) -> Json {
    match value {
        Json::Text(text) => Json::Text(hashed.get(&text).cloned().unwrap_or(text)),
        Json::Seq(items) => Json::Seq(items.into_iter().map(|it| without_hash(it, hashed)).collect()),
        Json::Map(entries) => Json::Map(
            entries
                .into_iter()
                .map(|(key, it)| (key, without_hash(it, hashed)))
                .collect(),
        ),
        other => other,
    }
}

fn of(object: &Json, key: &str) -> String {
    let Json::Map(entries) = object else {
        return String::new();
    };
    let found = match key {
        "name" | "namespace" => match entries.get("metadata") {
            Some(Json::Map(metadata)) => metadata.get(key),
            _ => None,
        },
        _ => entries.get(key),
    };
    match found {
        Some(Json::Text(text)) => text.clone(),
        _ => String::new(),
    }
}

fn name(object: &Json) -> String {
    ["apiVersion", "kind", "namespace", "name"]
        .map(|key| of(object, key))
        .join("|")
}

fn of_object(object: &Object) -> Json {
    let is_decoded = |value: &Value| {
        let layer = object.layers.get(value.layer).unwrap();
        matches!(
            layer.kind,
            LayerKind::Generator {
                list: "secretGenerator",
                ..
            }
        )
    };
    let mut object_json = json(&object.root, &|_| false);
    let is_generated = matches!(object.origin, Origin::Generator { .. }) || object.layers.len() > 1;
    if object.id.kind == "Secret"
        && is_generated
        && let Some(data) = object.root.get("data")
        && let Json::Map(entries) = &mut object_json
    {
        entries.insert("data".to_owned(), json(data, &is_decoded));
    }
    object_json
}

fn json(value: &Value, is_encoded: &dyn Fn(&Value) -> bool) -> Json {
    match &value.data {
        Data::Map(entries) => Json::Map(
            entries
                .iter()
                .map(|(key, value)| (key.clone(), json(value, is_encoded)))
                .collect(),
        ),
        Data::Seq(items) => Json::Seq(items.iter().map(|it| json(it, is_encoded)).collect()),
        Data::Scalar { text, typed } => match typed {
            Typed::Null => Json::Null,
            Typed::Boolean => Json::Boolean(text.eq_ignore_ascii_case("true")),
            Typed::Number => Json::Number(number(text)),
            Typed::Text if is_encoded(value) => {
                Json::Text(crate::manifest::rendered::generate::base64(text.as_bytes()))
            }
            Typed::Text => Json::Text(text.clone()),
        },
    }
}

/// A number in one way of writing.
fn number(text: &str) -> String {
    let plain = text.replace('_', "");
    let (sign, bare) = match plain.strip_prefix('-') {
        Some(bare) => ("-", bare),
        None => ("", plain.strip_prefix('+').unwrap_or(&plain)),
    };
    let radix = |prefix: &str, radix| {
        bare.strip_prefix(prefix)
            .and_then(|it| u64::from_str_radix(it, radix).ok())
    };
    let based = radix("0x", 16).or_else(|| radix("0o", 8)).or_else(|| radix("0b", 2));
    let octal = || (bare.len() > 1).then(|| radix("0", 8)).flatten();
    match based.or_else(octal) {
        Some(number) => format!("{sign}{}", number as f64),
        None => bare
            .parse::<f64>()
            .map_or_else(|_| plain.clone(), |it| format!("{sign}{it}")),
    }
}
