//! Edits that people ask for, of what is rendered.

use rakops::yaml::{Path, Step};
use serde_json::{Value, json};

use super::rendered::{Build, entries, scalars, step_to};
use super::trial::Edit;
use crate::everywhere::Dice;

/// One edit of each form that the build has an object for.
pub(super) fn draw(build: &Build, dice: &mut Dice) -> Vec<Edit> {
    let mut edits = Vec::new();
    let all: Vec<usize> = (0..build.objects.len()).collect();
    let of = |fits: &dyn Fn(&Value) -> bool| -> Vec<usize> {
        all.iter().copied().filter(|at| fits(&build.objects[*at])).collect()
    };
    let running = of(&|it| it.pointer("/spec/template/spec/containers/0/name").is_some());
    let counted = of(&|it| matches!(it["kind"].as_str(), Some("Deployment" | "StatefulSet")) && it["spec"].is_object());
    let data = of(&|it| it["kind"] == "ConfigMap");
    let mut pick = |from: &[usize]| (!from.is_empty()).then(|| from[dice.below(from.len())]);
    let (any, one, two, three, four, five) = (
        pick(&all),
        pick(&all),
        pick(&running),
        pick(&running),
        pick(&counted),
        pick(&data),
    );
    edits.extend(any.and_then(|object| existing(build, object, dice)));
    edits.extend(one.map(|object| Edit {
        object,
        path: keys(&["metadata", "annotations", "example.com/rakops"]),
        to: json!("set by a test"),
        form: "annotation",
    }));
    edits.extend(two.map(|object| {
        let path = container(build, object, dice);
        let env = path.join(Step::Key("env".into())).join(Step::Where {
            key: "name".into(),
            is: "RAKOPS_TEST".into(),
        });
        Edit {
            object,
            path: env.join(Step::Key("value".into())),
            to: json!("5"),
            form: "env var",
        }
    }));
    edits.extend(three.map(|object| {
        let path = container(build, object, dice);
        let below = ["resources", "limits", "memory"];
        let path = below.iter().fold(path, |path, key| path.join(Step::Key((*key).into())));
        Edit {
            object,
            path,
            to: json!("777Mi"),
            form: "resources",
        }
    }));
    edits.extend(four.map(|object| Edit {
        object,
        path: keys(&["spec", "replicas"]),
        to: json!(7),
        form: "replicas",
    }));
    edits.extend(five.map(|object| Edit {
        object,
        path: keys(&["data", "RAKOPS_TEST"]),
        to: json!("on"),
        form: "new literal",
    }));
    edits.extend(five.and_then(|object| {
        let lines: Vec<&String> = entries(&build.objects[object]["data"])
            .filter(|(_, value)| value.as_str().is_some_and(|text| !text.contains('\n')))
            .map(|(key, _)| key)
            .collect();
        let key = lines.get(dice.below(lines.len()))?;
        Some(Edit {
            object,
            path: keys(&["data", key]),
            to: json!("less"),
            form: "literal",
        })
    }));
    edits
}

/// A field that the overlay sets already, as `overlay get` lists them: index of the object, paths.
pub(super) fn again(build: &Build, object: usize, path: &str) -> Option<Edit> {
    let path = Path::parse(path).ok()?;
    let value = super::rendered::get(&build.objects[object], &path)?;
    let named = ["metadata.name", "metadata.namespace", "kind", "apiVersion"].contains(&path.to_string().as_str());
    let named = named || names_its_item(&path);
    Some(Edit {
        object,
        to: other(value)?,
        path,
        form: "set already",
    })
    .filter(|_| !named)
}

fn existing(build: &Build, object: usize, dice: &mut Dice) -> Option<Edit> {
    let mut all = scalars(&build.objects[object]);
    all.retain(|(path, _)| !names_its_item(path));
    let (path, value) = all.get(dice.below(all.len()))?;
    Some(Edit {
        object,
        path: path.clone(),
        to: other(value)?,
        form: "any field",
    })
}

/// Tells whether a path ends with what the item on it is called by: set, nothing would be found there any more.
fn names_its_item(path: &Path) -> bool {
    match path.steps() {
        [.., Step::Where { key, .. }, Step::Key(last)] => key == last,
        _ => false,
    }
}

/// Another value of the same type.
fn other(value: &Value) -> Option<Value> {
    match value {
        Value::Bool(is) => Some(json!(!is)),
        Value::Number(number) => Some(json!(number.as_i64()? + 1)),
        Value::String(text) if text.contains('\n') => None,
        Value::String(text) => Some(json!(format!("{}-x", text.trim_end_matches(['=', '*', '/'])))),
        _ => None,
    }
}

fn keys(names: &[&str]) -> Path {
    names
        .iter()
        .fold(Path::default(), |path, key| path.join(Step::Key((*key).to_owned())))
}

fn container(build: &Build, object: usize, dice: &mut Dice) -> Path {
    let path = keys(&["spec", "template", "spec", "containers"]);
    let containers = build.objects[object]["spec"]["template"]["spec"]["containers"].as_array();
    let containers = containers.map(Vec::as_slice).unwrap_or_default();
    path.join(step_to(containers, dice.below(containers.len())))
}
