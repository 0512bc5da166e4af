//! Input that wants to hurt: deep, long, broken, of another encoding. Each is refused or read, quickly, and nothing panics.

use std::time::{Duration, Instant};

use rakops::yaml::{AliasPolicy, DocSel, Limits, Op, Path, Text, Why, parse};

use super::corpus::Dice;
use super::everywhere::{Tally, acts, try_act};
use super::model::events;

#[test]
fn hostile_input_is_refused_or_read_quickly() {
    let many = |text: &str| text.repeat(100_000);
    let bomb: String = (0..26)
        .map(|n| format!("a{n}: &a{n} [{}]\n", format!("*a{}, ", n - 1).repeat(9)))
        .skip(1)
        .collect();
    let inputs = [
        many("["),
        many("{a: "),
        many("- "),
        many("? "),
        many("a: "),
        many("&a "),
        many("- &a x\n"),
        many("---\n"),
        many("--- a\n...\n"),
        many("\n"),
        many("!!str "),
        many("'"),
        many("\"\\"),
        many("# c\n"),
        many("[],"),
        many("- |\n"),
        many("- >+\n\n"),
        many("a: b\n"),
        format!("a0: &a0 x\n{bomb}"),
        format!("- &a x\n{}", many("- *a\n")),
        (0..2_000).map(|depth| format!("{}a:\n", " ".repeat(depth))).collect(),
        (0..2_000).map(|depth| format!("{}-\n", " ".repeat(depth))).collect(),
    ];
    for text in inputs {
        let start = Instant::now();
        let size = text.len();
        let head: String = text.chars().take(12).collect();
        let result = parse(text.into_bytes(), Limits::default());
        if let Ok(tree) = &result {
            for node in tree.nodes().take(50) {
                let _ = (
                    tree.pos(node),
                    tree.path_of(node),
                    tree.aliases_of(node),
                    tree.comments_above(node),
                );
            }
        }
        let limit = if cfg!(debug_assertions) {
            Duration::from_secs(4)
        } else {
            Duration::from_millis(400)
        };
        assert!(start.elapsed() < limit, "{head:?}, {size} bytes: {:?}", start.elapsed());
    }
}

#[test]
fn other_encodings_and_stray_bytes_are_named() {
    let why = |bytes: &[u8]| parse(bytes.to_vec(), Limits::default()).map(|_| ()).unwrap_err().why;
    assert_eq!(why(b"\xff\xfea\0:\0 \0b\0"), Why::NotUtf8("UTF-16"));
    assert_eq!(why(b"\xfe\xff\0a\0:"), Why::NotUtf8("UTF-16"));
    assert_eq!(why(b"a\0:\0 \0b\0"), Why::NotUtf8("UTF-16 without a mark"));
    assert!(matches!(why(b"a: \xe9\n"), Why::NotUtf8(_)));
    assert_eq!(why(b"\0GITCRYPT\0\x12\x34"), Why::Nul);
    assert_eq!(why("a: 1\nb: \u{feff}\n".as_bytes()), Why::InnerBom);
    let refusal = parse(b"a: 1\nb: x\0y\n".to_vec(), Limits::default()).unwrap_err();
    assert_eq!((refusal.line, refusal.col), (2, 5));
    let refusal = parse("a: é\nb: [1\nc: 2\n".into(), Limits::default()).unwrap_err();
    assert!(matches!(refusal.why, Why::Syntax(_)));
    let error = refusal.into_error("x.yaml");
    assert_eq!(error.code, "yaml-syntax");
    assert!(error.place.unwrap().excerpt.is_some());
}

#[test]
fn nothing_at_all_is_no_document() {
    for text in ["", "\n\n", "# c\n", "\u{feff}", "  \n# x"] {
        let tree = parse(text.into(), Limits::default()).unwrap();
        assert!(tree.documents().is_empty());
        assert!(tree.find(DocSel::Only, &Path::default()).is_err());
        assert_eq!(tree.apply(Vec::new()).unwrap().bytes(), text.as_bytes());
    }
}

#[test]
fn depth_is_limited_by_a_number_and_not_by_the_stack() {
    let limits = Limits { depth: 3 };
    assert!(parse(b"a:\n  b:\n    c: 1\n".to_vec(), limits).is_ok());
    let refusal = parse(b"a:\n  b:\n    c:\n      d: 1\n".to_vec(), limits).unwrap_err();
    assert_eq!((refusal.why, refusal.line), (Why::Depth(3), 4));
}

#[test]
fn one_long_line_takes_time_in_proportion_to_its_length() {
    let line = |pairs: usize| {
        let body: Vec<String> = (0..pairs).map(|n| format!("\"k{n}\":\"värde {n}\"")).collect();
        format!("é: {{{}}}\n", body.join(","))
    };
    let time = |pairs: usize| {
        let text = line(pairs);
        let mut best = Duration::MAX;
        for _ in 0..5 {
            let start = Instant::now();
            parse(text.clone().into_bytes(), Limits::default()).unwrap();
            best = best.min(start.elapsed());
        }
        best
    };
    // twice the length in less than three times the time; measured over three doublings, because the machine is noisy
    let (short, long) = (time(4_000), time(32_000));
    assert!(long < short * 27, "{short:?} and {long:?}");
}

#[test]
fn offsets_do_not_come_from_the_parsers_index() {
    let text =
        "é: 1\nimage: \"repo:v1\"   # cmt\nblk: |\n  aaaaaaaaaaaaaaaaaaaaaaaaaéé long line\n  b\nempty:   # nul\n";
    let tree = parse(text.into(), Limits::default()).unwrap();
    let at = tree.find(DocSel::Only, &Path::parse("empty").unwrap()).unwrap();
    assert_eq!(tree.span(at).start, text.find("empty:").unwrap() + 6);
    // when this number changes, the parser counts otherwise: look at its release notes
    let mut parser = yaml_rust2::parser::Parser::new_from_str(text);
    let mut index = 0;
    while let Ok((event, mark)) = parser.next_token() {
        match event {
            yaml_rust2::parser::Event::Scalar(value, ..) if value == "empty" => index = mark.index(),
            yaml_rust2::parser::Event::StreamEnd => break,
            _ => {}
        }
    }
    assert_eq!(index, 83);
    let set = Op::Set {
        at,
        to: Text::Str("v"),
        alias: AliasPolicy::Refuse,
    };
    let out = tree.apply(vec![tree.plan(set).unwrap()]).unwrap();
    assert_eq!(
        std::str::from_utf8(out.bytes()).unwrap(),
        text.replace("empty:", "empty: v")
    );
}

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

#[test]
fn mutated_input_never_panics_and_is_never_edited_wrongly() {
    let rounds = std::env::var("RAKOPS_FUZZ")
        .ok()
        .and_then(|it| it.parse().ok())
        .unwrap_or(3_000);
    let mut dice = Dice::new(20_260);
    let mut tally = Tally::default();
    let mut seeds: Vec<String> = SEEDS.iter().map(|it| (*it).to_owned()).collect();
    if let Some(cases) = super::suite::cases() {
        seeds.extend(cases.into_iter().map(|case| case.text));
    }
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
            try_act("fuzz", (&tree, &before), acts[dice.below(acts.len())], &mut tally);
        }
    }
    println!("fuzz: {read} read, {rejected} rejected");
    tally.conclude("fuzz");
}
