//! Values that are of the right type and are still likely mistakes: what is around them tells.

use super::typing::{Leaf, known};
use super::way::{Turn, Way, at};
use crate::error::{Error, Hint, Kind};
use crate::manifest::rendered::{Object, Value};
use crate::manifest::schema::{Known, Shape, quantity, words};

/// Complains about a value that Kubernetes would refuse, or read otherwise than it looks.
pub(super) fn complaints(object: &Object, (way, leaf): (&Way, &Leaf)) -> Vec<Error> {
    let (Leaf::Text(text) | Leaf::Bare(text)) = leaf else {
        return Vec::new();
    };
    let mut complaints = Vec::new();
    let fields = way.fields(way.turns.len());
    let is_own_kind = !matches!(known(object, way), Known::Nothing);
    if let ([.., around, field], true) = (fields.as_slice(), is_own_kind)
        && let Some(words) = words(around, field)
        && !words.contains(&text.as_str())
    {
        let message = format!("`{}` takes no `{text}`", way.shown);
        let nearest = words.iter().filter(|word| word.eq_ignore_ascii_case(text));
        let nearest: Vec<String> = nearest.map(|word| (*word).to_owned()).collect();
        let hint = match nearest.is_empty() {
            true => Hint::Found(words.iter().map(|word| (*word).to_owned()).collect()),
            false => Hint::Nearest(nearest),
        };
        complaints.push(warning(message).hint(hint));
    }
    if known(object, way) == Known::Is(Shape::Number) && text.contains(['.', '-']) {
        complaints.push(warning(format!("`{text}` is no whole number from 0 on")));
    }
    if known(object, way) == Known::Is(Shape::Quantity) {
        complaints.extend(of_quantity(object, way, text));
    }
    complaints
}

fn warning(message: String) -> Error {
    Error::new(Kind::Refused, "value-unlikely", message)
}

fn of_quantity(object: &Object, way: &Way, text: &str) -> Vec<Error> {
    let Some((value, suffix)) = quantity(text) else {
        let example = Hint::Say("for example: 500m, 2, 512Mi, 1Gi".into());
        return vec![warning(format!("`{text}` is no quantity that Kubernetes reads")).hint(example)];
    };
    let mut complaints = Vec::new();
    let resource = match way.turns.last() {
        Some(Turn::Key(name)) => name.as_str(),
        _ => "",
    };
    let is_usual = matches!(resource, "cpu" | "memory" | "storage" | "ephemeral-storage");
    if !is_usual && !resource.contains('/') && !resource.starts_with("hugepages-") {
        let known = ["cpu", "memory", "ephemeral-storage"].map(str::to_owned).to_vec();
        complaints.push(warning(format!("`{resource}` is no resource that Kubernetes knows")).hint(Hint::Found(known)));
    }
    let is_bytes = matches!(resource, "memory" | "storage" | "ephemeral-storage");
    if is_bytes && suffix == "m" {
        let message = format!(
            "`{text}` is a thousandth of a byte, times {}",
            text.trim_end_matches('m')
        );
        complaints.push(warning(message).hint(Hint::Say("`Mi` stands for mebibytes".into())));
    } else if is_bytes && value < 1024.0 * 1024.0 && value != 0.0 {
        let message = format!("`{text}` of {resource} is less than one mebibyte");
        complaints.push(warning(message).hint(Hint::Say("`Mi` and `Gi` stand for mebibytes and gibibytes".into())));
    }
    if resource == "cpu" && value >= 1000.0 {
        let message = format!("`{text}` of cpu is {value} processors");
        complaints.push(warning(message).hint(Hint::Say("`m` stands for a thousandth of one: 500m".into())));
    }
    complaints.extend(beside(object, way, value));
    complaints
}

/// A request above its limit is refused by Kubernetes.
fn beside(object: &Object, way: &Way, value: f64) -> Option<Error> {
    let at_side = way.turns.len().checked_sub(2)?;
    let Turn::Key(side) = &way.turns[at_side] else {
        return None;
    };
    let other = match side.as_str() {
        "limits" => "requests",
        "requests" => "limits",
        _ => return None,
    };
    let mut turns = way.turns.clone();
    turns[at_side] = Turn::Key(other.to_owned());
    let other_way = Way {
        turns,
        shown: way.shown.clone(),
    };
    let there: &Value = other_way.value(&object.root)?;
    let (beside, _) = quantity(there.text()?)?;
    let is_wrong = match side.as_str() {
        "limits" => value < beside,
        _ => value > beside,
    };
    is_wrong.then(|| {
        let shown = there.text().unwrap_or_default();
        let message = format!("the request would be above the limit: {other} has `{shown}`");
        warning(message).at(at(there))
    })
}
