//! Every kind of edit at every place of a text, judged by the independent model.

use std::collections::BTreeMap;

use rakops::yaml::{AliasPolicy, Limits, New, NodeId, NodeKind, Op, Text, Tree, Verified, parse};
use yaml_rust2::scanner::TScalarStyle;

use super::model::{Ev, behind, events, nodes};
use super::script::name;

/// What was counted: edits that came out right, and refusals by reason.
#[derive(Default)]
pub(crate) struct Tally {
    pub(crate) edits: usize,
    pub(crate) refused: BTreeMap<String, usize>,
    pub(crate) wrong: Vec<String>,
}

impl Tally {
    /// Prints the figures in one line and fails on the first wrong ones.
    pub(crate) fn conclude(&self, what: &str) {
        let refused: Vec<String> = self
            .refused
            .iter()
            .map(|(why, count)| format!("{why} {count}"))
            .collect();
        println!(
            "{what}: {} edits, {} wrong; refused: {}",
            self.edits,
            self.wrong.len(),
            refused.join(", ")
        );
        assert!(
            self.wrong.is_empty(),
            "{}",
            self.wrong.iter().take(8).cloned().collect::<Vec<_>>().join("\n")
        );
    }
}

/// One place and what to do there.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Act {
    Set(NodeId),
    InsertKey(NodeId, Option<NodeId>),
    InsertItem(NodeId, Option<NodeId>),
    Remove(NodeId),
}

/// Lists every edit of every kind.
pub(crate) fn acts(tree: &Tree) -> Vec<Act> {
    let mut found = Vec::new();
    for node in tree.nodes() {
        match tree.kind(node) {
            NodeKind::Map => {
                found.push(Act::InsertKey(node, None));
                for (key, value) in tree.entries(node) {
                    found.push(Act::InsertKey(node, Some(value)));
                    found.push(Act::Remove(key));
                }
            }
            NodeKind::Seq => {
                found.push(Act::InsertItem(node, None));
                for item in tree.items(node) {
                    found.push(Act::InsertItem(node, Some(item)));
                    found.push(Act::Remove(item));
                }
            }
            NodeKind::Empty => {
                found.extend([Act::Set(node), Act::InsertKey(node, None), Act::InsertItem(node, None)]);
            }
            NodeKind::Alias => found.push(Act::Set(node)),
            _ => found.push(Act::Set(node)),
        }
    }
    found
}

/// Does one edit and compares it with the model.
pub(crate) fn try_act(label: &str, (tree, before): (&Tree, &[Ev]), act: Act, tally: &mut Tally) {
    let op = match act {
        Act::Set(at) => Op::Set {
            at,
            to: Text::Str("ZQ"),
            alias: AliasPolicy::Detach,
        },
        Act::InsertKey(map, after) => Op::InsertKey {
            map,
            key: "ZK",
            value: New::Text(Text::Str("ZQ")),
            after,
        },
        Act::InsertItem(seq, after) => Op::InsertItem {
            seq,
            value: New::Text(Text::Str("ZQ")),
            after,
        },
        Act::Remove(child) => Op::Remove { child },
    };
    match tree.plan(op).and_then(|edit| tree.apply(vec![edit])) {
        Err(refusal) => *tally.refused.entry(name(&refusal.why)).or_default() += 1,
        Ok(verified) => {
            tally.edits += 1;
            if let Some(wrong) = wrong(tree, before, act, &verified) {
                let after = String::from_utf8_lossy(verified.bytes()).into_owned();
                tally
                    .wrong
                    .push(format!("{label}: {act:?}: {wrong}\n{:?}\n{after:?}", tree.source()));
            }
        }
    }
}

/// Says what is wrong with an output, if anything.
fn wrong(tree: &Tree, before: &[Ev], act: Act, verified: &Verified) -> Option<String> {
    let after = String::from_utf8(verified.bytes().to_vec()).ok()?;
    if !outside_is_equal(tree.source(), &after, verified) {
        return Some("bytes outside of the splices differ".into());
    }
    let Some(found) = events(&after) else {
        return Some("no longer YAML".into());
    };
    let expected = expected(tree, before, act);
    let alike = found.len() == expected.len() && found.iter().zip(&expected).all(|(a, b)| same(a, b));
    (!alike).then(|| "other events than expected".to_owned())
}

fn outside_is_equal(before: &str, after: &str, verified: &Verified) -> bool {
    let (mut left, mut right) = (0, 0);
    for (range, new) in verified.splices() {
        let gap = range.start - left;
        if before.get(left..range.start) != after.get(right..right + gap) {
            return false;
        }
        right += gap;
        if after.get(right..right + new.len()) != Some(new) {
            return false;
        }
        left = range.end;
        right += new.len();
    }
    before.get(left..) == after.get(right..)
}

/// New scalars may be plain or double quoted, and anchors are renumbered by whoever reads them.
fn same(found: &Ev, expected: &Ev) -> bool {
    match (found, expected) {
        (Ev::Scalar { text, .. }, Ev::Scalar { text: wanted, .. }) if wanted == "ZQ" || wanted == "ZK" => {
            text == wanted
        }
        (found, expected) => found == expected,
    }
}

fn scalar(text: &str) -> Ev {
    Ev::Scalar {
        text: text.into(),
        style: TScalarStyle::Plain,
        anchor: 0,
        tag: String::new(),
    }
}

fn expected(tree: &Tree, before: &[Ev], act: Act) -> Vec<Ev> {
    let starts = nodes(before);
    let event_of = |node: NodeId| starts[tree.nodes().position(|it| it == node).unwrap()];
    let mut events = before.to_vec();
    let map = |events: [Ev; 2]| {
        let [key, value] = events;
        vec![
            Ev::Map {
                anchor: 0,
                tag: String::new(),
            },
            key,
            value,
            Ev::End,
        ]
    };
    match act {
        Act::Set(at) => {
            let at = event_of(at);
            events[at] = match &before[at] {
                Ev::Scalar { style, anchor, tag, .. } => Ev::Scalar {
                    text: "ZQ".into(),
                    style: *style,
                    anchor: *anchor,
                    tag: tag.clone(),
                },
                _ => scalar("ZQ"),
            };
        }
        Act::InsertKey(into, after) | Act::InsertItem(into, after) => {
            let pair = [scalar("ZK"), scalar("ZQ")];
            let key = matches!(act, Act::InsertKey(..));
            let at = event_of(into);
            if matches!(before[at], Ev::Scalar { .. }) {
                let new = if key {
                    map(pair)
                } else {
                    vec![
                        Ev::Seq {
                            anchor: 0,
                            tag: String::new(),
                        },
                        scalar("ZQ"),
                        Ev::End,
                    ]
                };
                events.splice(at..=at, new);
            } else {
                let place = after.map_or(behind(before, at) - 1, |it| behind(before, event_of(it)));
                let new = if key { pair.to_vec() } else { vec![scalar("ZQ")] };
                events.splice(place..place, new);
            }
        }
        Act::Remove(child) => {
            let from = event_of(child);
            let mut to = behind(before, from);
            if tree.is_key(child) {
                to = behind(before, to);
            }
            events.drain(from..to);
        }
    }
    renumber(events)
}

/// Numbers anchors anew, in the order in which they are met.
fn renumber(mut events: Vec<Ev>) -> Vec<Ev> {
    let mut ids = Vec::new();
    let mut number = |id: &mut usize| {
        if *id > 0 {
            let at = ids.iter().position(|it| it == id).unwrap_or_else(|| {
                ids.push(*id);
                ids.len() - 1
            });
            *id = at + 1;
        }
    };
    for event in &mut events {
        match event {
            Ev::Alias(id) => number(id),
            Ev::Scalar { anchor, .. } | Ev::Seq { anchor, .. } | Ev::Map { anchor, .. } => number(anchor),
            Ev::DocStart | Ev::DocEnd | Ev::End => {}
        }
    }
    events
}

/// Makes every edit at every place of a text.
pub(crate) fn try_all(label: &str, text: &str, tally: &mut Tally) {
    let (Ok(tree), Some(before)) = (parse(text.as_bytes().to_vec(), Limits::default()), events(text)) else {
        return;
    };
    for act in acts(&tree) {
        try_act(label, (&tree, &before), act, tally);
    }
}

/// A small generator of numbers, always the same.
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) fn new(seed: u64) -> Dice {
        Dice(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    /// A number below `limit`.
    pub(crate) fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as usize % limit.max(1)
    }
}
