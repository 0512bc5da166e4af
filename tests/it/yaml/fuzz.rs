//! Mutated input: nothing panics, and what is edited is edited rightly.

use rakops::yaml::{Limits, parse};

use super::everywhere::{Dice, Tally, acts, try_act};
use super::model::events;

/// What mutations are made of.
const TOKENS: [&str; 34] = [
    ":", ": ", "- ", "-", "?", "? ", ",", "[", "]", "{", "}", "#", " #", "&a ", "*a", "!t ", "!!str ", "|\n", ">-\n",
    "|+2\n", "'", "\"", "\\", "%", "---\n", "...\n", "\n", "\r\n", "\r", "\t", "  ", "<<: ", "é", "\u{feff}",
];

const SEEDS: [&str; 8] = [
    "a: &x 1\nb:\n- *x\n- {c: d, e: [f, 'g']}\n# c\nh: |\n  text\n   more\n\ni: >-\n  folded\n  text\n",
    "? k\n: v\n? [a, b]\n: {c}\n",
    "--- !!map\na: \"x\\ty\"\n...\n%YAML 1.2\n---\n- - - x\n    - y\n",
    "images:\n- name: a # one\n  newTag: v1\n\n# about b\n- name: b\n  newTag: \"1.10\"\n",
    "[a: b, {c: d}: e, ? f, [g]: h]\n",
    "a:\r\n  b: 1\r\n  c: |+\r\n    x\r\n\r\nd: é漢 😀\r\n",
    "x: plain\n  over\n\n  lines # c\ny: 'single\n  quoted'\nz: \"double\\\n  quoted\"\n",
    "a:\nb: ~\nc:   # c\n-\n",
];

/// Tries mutations of the seeds here and of `more`; `RAKOPS_FUZZ` says how many, else `rounds` does.
pub(crate) fn fuzz(label: &str, more: impl IntoIterator<Item = String>, rounds: usize) {
    let rounds = std::env::var("RAKOPS_FUZZ")
        .ok()
        .and_then(|it| it.parse().ok())
        .unwrap_or(rounds);
    let mut dice = Dice::new(20_260);
    let mut tally = Tally::default();
    let mut seeds: Vec<String> = SEEDS.iter().map(|it| (*it).to_owned()).collect();
    seeds.extend(more);
    let (mut read, mut rejected) = (0, 0);
    for _ in 0..rounds {
        let mut text: Vec<char> = seeds[dice.below(seeds.len())].chars().collect();
        for _ in 0..=dice.below(4) {
            let at = dice.below(text.len() + 1);
            let len = dice.below(6).min(text.len() - at);
            match dice.below(4) {
                0 => drop(text.drain(at..at + len)),
                1 => {
                    let copy: Vec<char> = text[at..at + len].to_vec();
                    let to = dice.below(text.len() + 1);
                    drop(text.splice(to..to, copy));
                }
                _ => drop(text.splice(at..at, TOKENS[dice.below(TOKENS.len())].chars())),
            }
        }
        let text: String = text.into_iter().collect();
        let Ok(tree) = parse(text.clone().into_bytes(), Limits::default()) else {
            rejected += 1;
            continue;
        };
        read += 1;
        let Some(before) = events(&text) else {
            panic!("read what the parser rejects: {text:?}")
        };
        let acts = acts(&tree);
        for _ in 0..3.min(acts.len()) {
            try_act(label, (&tree, &before), acts[dice.below(acts.len())], &mut tally);
        }
    }
    println!("{label}: {read} mutated texts read, {rejected} rejected");
    tally.conclude(label);
}
