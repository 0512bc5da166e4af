//! Puts the splices of many edits together, builds the output once, and asks the judge.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::ops::Range;

use super::insert::Insert;
use super::{Change, Edit, Part, Verified};
use crate::text::span::Positions;
use crate::text::splice::{gaps_are_equal, splice};
use crate::yaml::parts::judge_in_parts;
use crate::yaml::proof::{Expect, order_of};
use crate::yaml::refusal::{Refusal, Why};
use crate::yaml::tree::{NodeId, NodeKind, Tree};

type Planned<T> = Result<T, Refusal>;

/// A splice with what decides its place among others at the same offset.
struct Ranked {
    range: Range<usize>,
    text: String,
    /// Writing a value comes before adding below it, inner collections before outer ones, and all that before a removal.
    rank: (u8, u32),
}

/// What all edits together ask for.
#[derive(Default)]
struct Sum {
    splices: Vec<Ranked>,
    script: Vec<Expect>,
    /// First bytes and last of lines that go away as a whole.
    lines: Vec<Range<usize>>,
}

/// Removed entries by collection: key or item, and the node behind each.
type Gone = BTreeMap<NodeId, HashSet<NodeId>>;

impl Tree {
    /// Applies edits in one pass and proves the result: it is parsed again and compared with the input, event by event.
    ///
    /// Edits of the same collection are put together: all of its children may be removed, several may be added. Those
    /// at one place are added in the order in which they are given.
    ///
    /// # Errors
    /// [`Why::Overlap`] if two edits want the same place; [`Why::NotClean`] if anything would differ that was not asked for.
    pub fn apply(&self, edits: Vec<Edit>) -> Result<Verified, Refusal> {
        let parts: Vec<Part> = edits.into_iter().flat_map(|edit| edit.parts).collect();
        let mut gone = Gone::new();
        let mut spans: Vec<(Range<u32>, NodeId)> = Vec::new();
        for part in &parts {
            if let Part::Remove { from, first, value } = part
                && gone.entry(*from).or_default().insert(*first)
            {
                spans.push((first.0..self.node(*value).skip, *first));
            }
        }
        self.check_inside(&parts, &mut spans)?;
        let mut sum = Sum::default();
        self.add_removals(&gone, &mut sum)?;
        self.add_writes(&parts, &mut sum)?;
        let inserts: Vec<&Insert> = parts
            .iter()
            .filter_map(|part| if let Part::Insert(it) = part { Some(it) } else { None })
            .collect();
        self.check_names(&parts, &inserts)?;
        add_recastings(&parts, &mut sum);
        self.add_inserts(&inserts, &gone, &mut sum)?;
        self.conclude(sum)
    }

    /// Refuses edits inside of what another edit removes.
    fn check_inside(&self, parts: &[Part], spans: &mut [(Range<u32>, NodeId)]) -> Planned<()> {
        spans.sort_by_key(|(span, _)| span.start);
        let mut end = 0;
        for (span, first) in spans.iter() {
            if span.start < end {
                return Err(self.refuse(*first, Why::Overlap));
            }
            end = span.end;
        }
        let inside = |node: NodeId| {
            let at = spans.partition_point(|(span, _)| span.start <= node.0);
            at.checked_sub(1)
                .and_then(|it| spans.get(it))
                .is_some_and(|(span, _)| span.contains(&node.0))
        };
        for part in parts {
            let node = match part {
                Part::Write { node, .. } => *node,
                Part::Insert(insert) => insert.into,
                Part::Recast(recasting) => recasting.pair,
                Part::Remove { .. } => continue,
            };
            if inside(node) {
                return Err(self.refuse(node, Why::Overlap));
            }
        }
        Ok(())
    }

    fn add_removals(&self, gone: &Gone, sum: &mut Sum) -> Planned<()> {
        for (&from, firsts) in gone {
            for (range, text) in self.removal(from, firsts)? {
                if text.is_empty() && self.lines.start_of(range.start) == range.start {
                    sum.lines.push(range.clone());
                }
                sum.splices.push(Ranked {
                    range,
                    text,
                    rank: (2, 0),
                });
            }
            for &first in firsts {
                let value = self.entry(first).1;
                sum.script.push(Expect::Vanishes {
                    first: first.0,
                    nodes: self.node(value).skip - first.0,
                });
            }
        }
        sum.lines.sort_by_key(|range| range.start);
        Ok(())
    }

    fn add_writes(&self, parts: &[Part], sum: &mut Sum) -> Planned<()> {
        let mut seen: HashMap<NodeId, &Part> = HashMap::new();
        for part in parts {
            let Part::Write {
                node,
                splices,
                text,
                plain,
            } = part
            else {
                continue;
            };
            match seen.insert(*node, part) {
                Some(same) if same == part => continue,
                Some(_) => return Err(self.refuse(*node, Why::Overlap)),
                None => {}
            }
            for (range, text) in splices {
                sum.splices.push(Ranked {
                    range: range.clone(),
                    text: text.clone(),
                    rank: (0, 0),
                });
            }
            sum.script.push(Expect::Becomes {
                node: node.0,
                text: text.clone(),
                plain: *plain,
            });
        }
        Ok(())
    }

    /// Refuses keys that would stand twice in a mapping once all edits are made.
    fn check_names(&self, parts: &[Part], inserts: &[&Insert]) -> Planned<()> {
        let mut names: HashSet<(NodeId, &str)> = HashSet::new();
        for part in parts {
            let named = match part {
                Part::Write { node, text, .. } if self.is_key(*node) => {
                    self.parent(*node).map(|map| (*node, map, text.as_str()))
                }
                Part::Insert(Insert {
                    into, key: Some(key), ..
                }) => Some((*into, *into, key.as_str())),
                _ => None,
            };
            if let Some((node, map, name)) = named
                && !names.insert((map, name))
            {
                return Err(self.refuse(node, Why::Overlap));
            }
        }
        // a null becomes one collection, and nothing else can be written there
        let mut nulls: HashSet<NodeId> = parts.iter().filter_map(Part::written).collect();
        for insert in inserts
            .iter()
            .filter(|it| !matches!(self.kind(it.into), NodeKind::Map | NodeKind::Seq))
        {
            if !nulls.insert(insert.into) {
                return Err(self.refuse(insert.into, Why::Overlap));
            }
        }
        Ok(())
    }

    fn add_inserts(&self, inserts: &[&Insert], gone: &Gone, sum: &mut Sum) -> Planned<()> {
        let mut started: HashSet<NodeId> = HashSet::new();
        for &insert in inserts {
            let mut insert = insert.clone();
            let into = insert.into;
            if let (Some(firsts), Some(after)) = (gone.get(&into), insert.after) {
                insert.after = Some(
                    self.kept_before(after, firsts)
                        .ok_or_else(|| self.refuse(into, Why::Overlap))?,
                );
            }
            let mut placed = self.place(&insert, None)?;
            let offset = placed.splices.last().map_or(0, |(range, _)| range.end);
            let in_lines = sum
                .lines
                .iter()
                .find(|lines| lines.start < offset && offset <= lines.end);
            if let Some(lines) = in_lines.filter(|_| !self.is_flow(into)) {
                placed = self.place(&insert, Some(lines.start))?;
            }
            for (range, mut text) in placed.splices {
                if insert.after.is_none() && self.is_flow(into) && !started.insert(into) {
                    text.insert_str(0, ", ");
                }
                let depth = std::iter::successors(Some(into), |&it| self.parent(it)).count() as u32;
                sum.splices.push(Ranked {
                    range,
                    text,
                    rank: (1, u32::MAX - depth),
                });
            }
            sum.script.push(placed.expect);
        }
        Ok(())
    }

    /// Returns the value of the last entry up to `after` that is not removed.
    fn kept_before(&self, after: NodeId, gone: &HashSet<NodeId>) -> Option<NodeId> {
        let parent = self.parent(after)?;
        let step = if self.kind(parent) == NodeKind::Map { 2 } else { 1 };
        let children: Vec<NodeId> = self.children(parent).take_while(|it| it.0 <= after.0).collect();
        children
            .chunks(step)
            .rev()
            .find(|entry| entry.first().is_some_and(|it| !gone.contains(it)))?
            .last()
            .copied()
    }

    /// Builds the output and proves it.
    fn conclude(&self, mut sum: Sum) -> Planned<Verified> {
        let at = |offset, why| Refusal::at(self.source(), &self.lines, offset, why);
        // what is added in front of a key is no part of the key: it comes before the key's own change
        sum.splices
            .sort_by_key(|it| (it.range.start, !it.range.is_empty(), it.rank));
        let splices: Vec<(Range<usize>, String)> = sum.splices.into_iter().map(|it| (it.range, it.text)).collect();
        let mut script = sum.script;
        script.sort_by_key(|expect| order_of(expect, |node| self.node(NodeId(node)).skip));
        let new = splice(self.source(), &splices).map_err(|offset| at(offset, Why::Overlap))?;
        if !splices.is_empty() || !script.is_empty() {
            let first = splices.first().map_or(0, |(range, _)| range.start);
            self.prove(&new, &splices, &script)
                .map_err(|what| at(first, Why::NotClean(what)))?;
        }
        let mut positions = Positions::new(self.source(), &self.lines);
        let change = |(range, text): &(Range<usize>, String)| self.change(range, text, &mut positions);
        let changes = splices.iter().map(change).collect();
        Ok(Verified {
            bytes: new.into_bytes(),
            splices,
            changes,
        })
    }

    /// The proof: bytes between the splices are equal, and events differ only where they may.
    fn prove(&self, new: &str, splices: &[(Range<usize>, String)], script: &[Expect]) -> Result<(), String> {
        if !gaps_are_equal(self.source(), new, splices) {
            return Err("bytes between the edits differ".to_owned());
        }
        if let Some(read) = self.foreign {
            return self.judge_foreign(read, (new, script));
        }
        judge_in_parts(self, new, (script, splices))
            .map_err(|difference| format!("{} (line {} of the result)", difference.what, difference.line))
    }

    fn change(&self, range: &Range<usize>, text: &str, positions: &mut Positions<'_>) -> Change {
        let (line, column) = positions.of(range.start);
        let old = self.source().get(range.clone()).unwrap_or_default().to_owned();
        Change {
            line,
            column,
            old,
            new: text.to_owned(),
        }
    }
}

/// Splices that add nothing but blanks and words come first at their place; lines that go away come last.
fn add_recastings(parts: &[Part], sum: &mut Sum) {
    for part in parts {
        let Part::Recast(recasting) = part else { continue };
        for (range, text) in &recasting.splices {
            let rank = if text.is_empty() { (2, 0) } else { (1, u32::MAX) };
            if text.is_empty() {
                sum.lines.push(range.clone());
            }
            sum.splices.push(Ranked {
                range: range.clone(),
                text: text.clone(),
                rank,
            });
        }
        sum.script.extend(recasting.script.iter().cloned());
    }
}

impl Part {
    fn written(&self) -> Option<NodeId> {
        match self {
            Part::Write { node, .. } => Some(*node),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::yaml::proof::{Expect, Plain};
    use crate::yaml::{AliasPolicy, Limits, Op, Text, parse};

    #[test]
    fn every_planted_change_of_an_output_is_detected() {
        let old = "# head\nimage: r:v1 # the app\n\nlist:\n- a\n# about b\n- 'b'\n";
        let tree = parse(old.as_bytes().to_vec(), Limits::default()).unwrap();
        let at = tree.get(tree.documents()[0].root().unwrap(), "image").unwrap();
        let set = Op::Set {
            at,
            to: Text::Str("r:v2"),
            alias: AliasPolicy::Refuse,
        };
        let good = tree.apply(vec![tree.plan(set).unwrap()]).unwrap();
        let new = String::from_utf8(good.bytes().to_vec()).unwrap();
        let script = [Expect::Becomes {
            node: at.0,
            text: "r:v2".into(),
            plain: Plain::String,
        }];
        assert_eq!(tree.prove(&new, good.splices(), &script), Ok(()));
        let planted = [
            new.replace("# the app", "# the App"),
            new.replace("# about b\n", ""),
            new.replace("\n\n", "\n"),
            new.replace("\n\n", "\n\n\n"),
            new.replace('\n', "\r\n"),
            new.replace("'b'", "\"b\""),
            new.replace("- a", "-  a"),
            new.replace("v2", "v3"),
            new.trim_end().to_owned(),
            format!("\u{feff}{new}"),
        ];
        for wrong in planted {
            assert!(tree.prove(&wrong, good.splices(), &script).is_err(), "{wrong:?}");
        }
        for at in 0..new.len() {
            let mut wrong = new.clone();
            wrong.insert(at, ' ');
            assert!(tree.prove(&wrong, good.splices(), &script).is_err(), "{wrong:?}");
            wrong.replace_range(at..at + 2, "");
            assert!(tree.prove(&wrong, good.splices(), &script).is_err(), "{wrong:?}");
        }
    }
}
