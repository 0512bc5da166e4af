use super::text::{names, renamed};
use super::{Names, copy};

const NAMES: Names<'static> = Names { from: "stg", to: "uat" };

fn text(file: &str, source: &str) -> String {
    let is_copied = |path: &str| path.starts_with("overlays/stg/");
    let copied = copy((file, source.as_bytes().to_vec()), NAMES, &is_copied).unwrap();
    String::from_utf8(copied.bytes).unwrap()
}

#[test]
fn a_name_is_replaced_where_it_is_a_word_and_names_the_environment() {
    for (from, to) in [
        ("stg", Some("uat")),
        ("pay-stg", Some("pay-uat")),
        ("stg_x", Some("uat_x")),
        ("nstg", None),
        ("stg2", None),
        ("db.stg.example.com", None),
        ("https://stg", None),
        ("ghcr.io/acme/stg:1", None),
    ] {
        assert_eq!(renamed(from, NAMES).as_deref(), to, "{from}");
    }
    assert!(names("# for stg only", "stg"));
}

#[test]
fn a_kustomization_follows_the_files_that_are_copied_with_it() {
    let source = "# stg\nnamespace: stg # the cluster's\nnamePrefix: 'stg-'\nresources:\n- ../../base\n- ../stg-shared\n\
                  - stg-ingress.yaml\npatches:\n- patch: |-\n    kind: A\n    metadata: {name: stg-a}\n  target: {name: a}\n";
    let expected = "# stg\nnamespace: uat # the cluster's\nnamePrefix: 'uat-'\nresources:\n- ../../base\n- ../stg-shared\n\
                    - uat-ingress.yaml\npatches:\n- patch: |-\n    kind: A\n    metadata: {name: uat-a}\n  target: {name: a}\n";
    assert_eq!(text("overlays/stg/kustomization.yaml", source), expected);
}

#[test]
fn what_is_left_is_told_with_its_line() {
    let source = "# of stg\nhost: stg.example.com\nname: stg\n";
    let copied = copy(("a.yaml", source.as_bytes().to_vec()), NAMES, &|_| false).unwrap();
    assert_eq!(copied.left.iter().map(|(line, _)| *line).collect::<Vec<_>>(), [1, 2]);
    assert_eq!(copied.adjusted.len(), 1);
    assert_eq!(copied.adjusted[0].path, "name");
}

#[test]
fn lines_keep_their_keys_and_their_breaks() {
    assert_eq!(
        text("a.env", "# stg\r\nENV=stg\r\nstg=1\r\nHOST=stg.x.y\r\n"),
        "# stg\r\nENV=uat\r\nstg=1\r\nHOST=stg.x.y\r\n"
    );
}
