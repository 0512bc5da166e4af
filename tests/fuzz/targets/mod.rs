//! What is fuzzed, and what has to hold. Each target takes any bytes, and panics if something is wrong.
//!
//! Inputs are texts that people can read: files of a tree are `-- PATH --` lines with the text below, answers of a server are
//! `-- STATUS HEADER: VALUE --` lines with the body below. The same functions replay the corpus in `tests/it/fuzz_corpus.rs`.

mod answers;
mod documents;
mod edits;
mod images;
mod tree;

/// A target.
pub(crate) type Target = fn(&[u8]);

/// Every target by its name, which is that of its corpus, too.
pub(crate) const ALL: [(&str, Target); 11] = [
    ("yaml", edits::yaml),
    ("hcl", edits::hcl),
    ("image", images::image),
    ("config", documents::config),
    ("words", documents::words),
    ("plan", documents::plan),
    ("graph", tree::graph),
    ("kustomization", tree::kustomization),
    ("overlay", tree::overlay),
    ("forge", answers::forge),
    ("registry", answers::registry),
];

/// A number that depends on every byte: what is left open by an input is chosen by it, always alike.
pub(crate) fn number(data: &[u8]) -> u64 {
    data.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

/// The parts of a text, each below a line `-- NAME --`; what stands above the first has the empty name.
pub(crate) fn parts(text: &str) -> Vec<(&str, &str)> {
    let mut found = Vec::new();
    let mut name = "";
    let (mut from, mut at) = (0, 0);
    for line in text.split_inclusive('\n') {
        let mark = line.trim_end_matches(['\n', '\r']);
        if let Some(next) = mark.strip_prefix("-- ").and_then(|rest| rest.strip_suffix(" --")) {
            found.push((name, &text[from..at]));
            name = next;
            from = at + line.len();
        }
        at += line.len();
    }
    found.push((name, &text[from..]));
    found
}

/// Fails if a refusal is one that can only be a slip of ours.
pub(crate) fn not_a_bug<T>(result: Result<T, rakops::error::Error>) -> Option<T> {
    match result {
        Ok(value) => Some(value),
        Err(error) => {
            assert!(error.kind != rakops::error::Kind::Bug, "{error:?}");
            None
        }
    }
}
