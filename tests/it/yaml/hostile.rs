//! Input that wants to hurt: deep, long, broken, of another encoding. Each is refused or read, quickly, and nothing panics.

use std::time::{Duration, Instant};

use rakops::yaml::{AliasPolicy, DocSel, Limits, Op, Path, Text, Why, parse};

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

#[test]
fn mutated_input_never_panics_and_is_never_edited_wrongly() {
    super::fuzz::fuzz("fuzz", [], 3_000);
}
