//! Names of images and versions: what is read is kept as it was written, and orders are orders.

use std::cmp::Ordering;

use rakops::fuzz;

/// A reference; with several lines, a policy and three tags.
pub(crate) fn image(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let lines: Vec<&str> = text.split('\n').collect();
    match lines.as_slice() {
        [policy, a, b, c, ..] => ordered(policy, [a, b, c]),
        _ => lines.iter().for_each(|line| as_written(line)),
    }
}

fn as_written(text: &str) {
    for (reader, written) in fuzz::image(text) {
        match reader {
            "fits" => continue,
            // A reference with a digest is typed in another form, which means the same.
            "word" => assert!(
                fuzz::image(&written).contains(&("word", written.clone())),
                "{text:?} -> {written:?}"
            ),
            _ => assert_eq!(text, written, "{reader} keeps what was written"),
        }
    }
}

fn ordered(policy: &str, tags: [&str; 3]) {
    let known = match policy {
        "" => None,
        policy if fuzz::is_policy(policy) => Some(policy),
        _ => return,
    };
    if let Some(policy) = known
        && !tags.iter().all(|tag| fuzz::counts(policy, tag))
    {
        return;
    }
    let order = |a: usize, b: usize| fuzz::order(known, (tags[a], tags[b]));
    for a in 0..3 {
        assert_eq!(order(a, a).1, Ordering::Equal, "{:?} is as new as itself", tags[a]);
        for b in 0..3 {
            let (one, other) = (order(a, b), order(b, a));
            assert_eq!(one.1, other.1.reverse(), "{:?} {:?}", tags[a], tags[b]);
            assert_eq!(one.0, other.0.map(Ordering::reverse), "{:?} {:?}", tags[a], tags[b]);
            for c in 0..3 {
                let (first, second, whole) = (order(a, b), order(b, c), order(a, c));
                if first.1.is_le() && second.1.is_le() {
                    assert!(whole.1.is_le(), "{known:?}: {:?} {:?} {:?}", tags[a], tags[b], tags[c]);
                }
                if first.0.is_some_and(Ordering::is_le) && second.0.is_some_and(Ordering::is_le) {
                    assert!(whole.0.is_some_and(Ordering::is_le), "{known:?}: {tags:?}");
                }
            }
        }
    }
}
