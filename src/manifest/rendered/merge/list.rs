//! Lists that are merged item by item.

use super::{Directive, Left, Misfit, directive_of_list, is_absent, walk};
use crate::manifest::rendered::schema::Schema;
use crate::manifest::rendered::value::{Data, Value};

type Rows = Vec<Vec<String>>;

pub(super) fn walk_list(
    schema: Schema,
    keys: &'static [&'static str],
    (old, new): (Option<Value>, Option<Value>),
) -> Result<Option<Left>, Misfit> {
    let mut new = new;
    if new.as_ref().is_some_and(Value::is_null) {
        return Ok(None);
    }
    let told = match (&mut new, is_absent(old.as_ref())) {
        (Some(patch), false) => directive_of_list(patch)?,
        _ => Directive::Merge,
    };
    let (old, new, is_old) = match (old.filter(|it| !it.is_null()), new, told) {
        (_, _, Directive::Delete) => return Ok(None),
        (None, Some(new), _) | (Some(_), Some(new), Directive::Replace) => (new.clone(), Some(new), false),
        (Some(old), new, _) => (old, new, true),
        (None, None, _) => return Ok(None),
    };
    let mut list = Merged {
        schema: schema.items(),
        keys,
        is_itself: !is_old,
        old: old.items().to_vec(),
        new: new.as_ref().map_or_else(Vec::new, |it| it.items().to_vec()),
        added: Vec::new(),
    };
    let mut value = old;
    value.data = Data::Seq(list.merge()?);
    Ok(Some(Left {
        value,
        is_old,
        is_kept: false,
    }))
}

/// Two lists whose items are told apart by keys; by themselves if the only key is empty.
struct Merged {
    schema: Schema,
    keys: &'static [&'static str],
    /// The list is merged with itself.
    is_itself: bool,
    old: Vec<Value>,
    new: Vec<Value>,
    added: Vec<Value>,
}

impl Merged {
    fn merge(&mut self) -> Result<Vec<Value>, Misfit> {
        let mut rows = self.rows();
        if self.keys.len() > 1 {
            complete(&mut rows);
        }
        let mut last: Vec<&'static str> = self.keys.to_vec();
        for row in &rows {
            let (keys, values) = told_apart(&rows, row, self.keys);
            self.item(&keys, &values)?;
            last = keys;
        }
        if rows.is_empty() {
            return Ok(std::mem::take(&mut self.old));
        }
        let mut all = std::mem::take(&mut self.added);
        for item in std::mem::take(&mut self.old) {
            append(&mut all, item, &last);
        }
        Ok(all)
    }

    /// The values of the keys in every item, those of the patch first.
    fn rows(&self) -> Rows {
        let mut rows: Rows = Vec::new();
        for item in self.new.iter().chain(&self.old) {
            let of = |key: &&str| match key.is_empty() {
                true => item.text().unwrap_or_default().to_owned(),
                false => item.get(key).map_or(String::new(), |it| it.word().to_owned()),
            };
            let row: Vec<String> = self.keys.iter().map(of).collect();
            if !rows.contains(&row) {
                rows.push(row);
            }
        }
        rows
    }

    /// Merges the items that have these values.
    fn item(&mut self, keys: &[&'static str], values: &[String]) -> Result<(), Misfit> {
        let (by, said) = told_apart(&vec![values.to_vec()], values, keys);
        let was = find(&self.old, &by, &said);
        let new = if self.is_itself { &self.old } else { &self.new };
        let is = find(new, &by, &said).and_then(|at| new.get(at)).cloned();
        let old = was.and_then(|at| self.old.get(at)).cloned();
        let left = walk(self.schema, old, is)?;
        let Some(mut left) = left.filter(|it| !is_empty(&it.value)) else {
            set_item(&mut self.old, None, (keys, values));
            return Ok(());
        };
        for (key, value) in keys.iter().zip(values) {
            if left.value.is_map() && left.value.get(key).is_none() && !value.is_empty() {
                let said = left.value.saying(value.clone());
                left.value.set(key, said);
            }
        }
        if left.is_old
            && let Some(old) = was.and_then(|at| self.old.get_mut(at))
        {
            *old = left.value.clone();
        }
        if self.is_itself
            && let Some(old) = was.and_then(|at| self.old.get_mut(at))
        {
            *old = left.value.clone();
        }
        set_item(&mut self.added, Some(left.value), (keys, values));
        Ok(())
    }
}

fn is_empty(value: &Value) -> bool {
    value.is_null() || matches!(&value.data, Data::Map(entries) if entries.is_empty())
}

/// Keys that no item has do not tell items apart, except if there are no others.
fn told_apart(rows: &Rows, row: &[String], keys: &[&'static str]) -> (Vec<&'static str>, Vec<String>) {
    let used = |at: usize| rows.iter().any(|row| row.get(at).is_some_and(|it| !it.is_empty()));
    if !(0..keys.len()).any(used) {
        return (keys.to_vec(), row.to_vec());
    }
    let kept: Vec<usize> = (0..keys.len()).filter(|at| used(*at)).collect();
    let names = kept.iter().filter_map(|at| keys.get(*at).copied()).collect();
    let values = kept.iter().filter_map(|at| row.get(*at).cloned()).collect();
    (names, values)
}

/// Rows that differ only in what one of them leaves out are the same.
fn complete(rows: &mut Rows) {
    for i in 0..rows.len() {
        for j in 0..rows.len() {
            let (Some(one), Some(other)) = (rows.get(i), rows.get(j)) else {
                continue;
            };
            let differs = one
                .iter()
                .zip(other)
                .any(|(a, b)| a != b && !a.is_empty() && !b.is_empty());
            if differs || !one.iter().zip(other).any(|(a, b)| a == b) {
                continue;
            }
            let both: Vec<String> = one
                .iter()
                .zip(other)
                .map(|(a, b)| if a.is_empty() { b.clone() } else { a.clone() })
                .collect();
            for at in [i, j] {
                if let Some(row) = rows.get_mut(at) {
                    row.clone_from(&both);
                }
            }
        }
    }
}

fn find(items: &[Value], keys: &[&str], values: &[String]) -> Option<usize> {
    items.iter().position(|item| match keys.first() {
        None | Some(&"") => item.text() == values.first().map(String::as_str),
        Some(_) => item.is_map() && keys.iter().zip(values).all(|(key, value)| has(item, key, value)),
    })
}

fn has(item: &Value, key: &str, value: &str) -> bool {
    item.get(key).is_some_and(|it| it.text().unwrap_or_default() == value)
}

/// Replaces the items that have these values, or takes them out; a new one that replaces none stands last.
pub(super) fn set_item(items: &mut Vec<Value>, element: Option<Value>, (keys, values): (&[&str], &[String])) {
    let is_of_maps = keys.first().is_some_and(|it| !it.is_empty()) && values.first().is_some_and(|it| !it.is_empty());
    let mut is_found = false;
    let mut kept = Vec::new();
    for item in items.drain(..) {
        if is_empty(&item) {
            continue;
        }
        if !item.is_map() && is_of_maps {
            kept.push(item);
            continue;
        }
        let fits = |(key, value): (&&str, &String)| match key.is_empty() {
            true => item.word() == value,
            false => item
                .get(key)
                .is_some_and(|it| value.is_empty() || it.text().unwrap_or_default() == value),
        };
        if values.is_empty() || !keys.iter().zip(values).all(fits) {
            if !values.is_empty() {
                kept.push(item);
            }
            continue;
        }
        is_found = true;
        kept.extend(element.clone());
    }
    *items = kept;
    if let Some(element) = element.filter(|it| !is_found && !it.is_null()) {
        items.push(element);
    }
}

fn append(all: &mut Vec<Value>, item: Value, keys: &[&'static str]) {
    if keys.first().is_none_or(|it| it.is_empty()) {
        let word = item.text().unwrap_or_default().to_owned();
        set_item(all, Some(item), (&[""], &[word]));
        return;
    }
    let mut values = Vec::new();
    for key in keys {
        match item.get(key) {
            Some(value) => values.push(value.text().unwrap_or_default().to_owned()),
            None => all.push(item.clone()),
        }
    }
    if keys.len() > 1 {
        set_item(all, None, (keys, &values));
    }
    set_item(all, Some(item), (keys, &values));
}
