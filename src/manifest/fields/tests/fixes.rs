use super::Files;

#[test]
fn a_key_is_renamed_in_its_place_where_its_heir_is_missing() {
    let files = Files::of("# head\nbases: # where from\n  # the base\n  - ../base # c\n\nnamePrefix: a-\n");
    assert_eq!(
        files.fixed(),
        "# head\nresources: # where from\n  # the base\n  - ../base # c\n\nnamePrefix: a-\n"
    );
}

#[test]
fn items_move_behind_those_that_are_there_with_every_comment() {
    let files = Files::of(
        "resources:\n- a.yaml # a\n# about b\n- b.yaml\n\n# the bases\nbases: # k\n  # first\n  - ../base # c\n\n  # second\n  - ../other\nnamePrefix: x-\n",
    );
    assert_eq!(
        files.fixed(),
        "resources:\n- a.yaml # a\n# about b\n- b.yaml\n# the bases\n# k\n# first\n- ../base # c\n\n# second\n- ../other\n\nnamePrefix: x-\n"
    );
    let before = Files::of("# license\nbases:\n- ../base\nresources:\n  - a.yaml\n");
    assert_eq!(before.fixed(), "# license\nresources:\n  - a.yaml\n  - ../base\n");
}

#[test]
fn merge_patches_become_paths_or_texts_in_their_place() {
    let files = Files::of(
        "patchesStrategicMerge:\n# a file\n- a.yaml # c\n- |-\n  kind: Deployment\n\n  metadata:\n    name: x\n# last\n- b.yaml\nnameSuffix: -x\n",
    )
    .with("app/a.yaml", "a: 1\n");
    assert_eq!(
        files.fixed(),
        "patches:\n# a file\n- path: a.yaml # c\n- patch: |-\n    kind: Deployment\n\n    metadata:\n      name: x\n# last\n- path: b.yaml\nnameSuffix: -x\n"
    );
}

#[test]
fn merge_patches_come_before_patches_and_json_patches_behind() {
    let files = Files::of(
        "patches:\n  # one\n  - path: one.yaml\n    target:\n      kind: A\npatchesJson6902:\n- target:\n    kind: B\n    name: b\n  path: j.yaml # j\npatchesStrategicMerge:\n# inline\n- |\n  kind: C\n- m.yaml\n",
    );
    assert_eq!(
        files.fixed(),
        "patches:\n  # inline\n  - patch: |\n      kind: C\n  - path: m.yaml\n  # one\n  - path: one.yaml\n    target:\n      kind: A\n  - target:\n      kind: B\n      name: b\n    path: j.yaml # j\n"
    );
    let both = Files::of("patchesJson6902:\n- path: j.yaml\n  target: {kind: A}\npatchesStrategicMerge:\n- m.yaml\n");
    assert_eq!(
        both.fixed(),
        "patches:\n- path: m.yaml\n- path: j.yaml\n  target: {kind: A}\n"
    );
}

#[test]
fn common_labels_become_pairs() {
    let files = Files::of("commonLabels: # all\n  # the app\n  app: x # c\n\n  team: 'y'\nnamespace: n\n");
    assert_eq!(
        files.fixed(),
        "labels: # all\n- pairs:\n    # the app\n    app: x # c\n\n    team: 'y'\n  includeSelectors: true\nnamespace: n\n"
    );
    let there = Files::of("labels:\n  - pairs:\n      a: b\n# common\ncommonLabels:\n  app: x\n");
    assert_eq!(
        there.fixed(),
        "labels:\n  - pairs:\n      a: b\n  # common\n  - pairs:\n      app: x\n    includeSelectors: true\n"
    );
    let flow = Files::of("commonLabels: {app: x} # c\n");
    assert_eq!(
        flow.fixed(),
        "labels: [{pairs: {app: x}, includeSelectors: true}] # c\n"
    );
    let twice = Files::of("commonLabels:\n  app: x\nlabels:\n- pairs:\n    app: y\n");
    let Err(error) = twice.fix() else { panic!() };
    assert_eq!((error.code, error.place.map(|it| it.line)), ("label-twice", Some(2)));
}

#[test]
fn one_env_file_becomes_a_list() {
    let files = Files::of("configMapGenerator:\n- name: a\n  env: x.env # c\n- name: b\n  envs: [y]\n  env: z\n");
    assert_eq!(
        files.fixed(),
        "configMapGenerator:\n- name: a\n  envs:\n  - x.env # c\n- name: b\n  envs: [y, z]\n"
    );
}

#[test]
fn json_and_line_breaks_stay_what_they_are() {
    let json = Files::of("{\"bases\": [\"../b\"], \"resources\": [\"a\"], \"patchesStrategicMerge\": [\"p.yaml\"]}\n");
    assert_eq!(
        json.fixed(),
        "{\"resources\": [\"a\", \"../b\"], \"patches\": [{\"path\": \"p.yaml\"}]}\n"
    );
    let crlf = Files::of("resources:\r\n- a\r\nbases:\r\n- b\r\ncommonLabels:\r\n  a: b");
    assert_eq!(
        crlf.fixed(),
        "resources:\r\n- a\r\n- b\r\nlabels:\r\n- pairs:\r\n    a: b\r\n  includeSelectors: true"
    );
}

#[test]
fn vars_stay_and_are_warned_of() {
    let files = Files::of("resources:\n- a\nvars:\n- name: A\n");
    let planned = files.fix().unwrap();
    assert!(planned.edited.is_none());
    assert_eq!(planned.warnings.len(), 1);
}

#[test]
fn a_second_fix_finds_nothing() {
    let files = Files::of(
        "bases:\n- ../b\ncommonLabels:\n  a: b\npatchesStrategicMerge:\n- p.yaml\nimageTags:\n- name: a\n  newTag: v1\n",
    );
    let once = files.fixed();
    assert_eq!(Files::of(&once).fixed(), once);
}

#[test]
fn items_move_behind_a_block_that_ends_where_the_next_key_is_renamed() {
    let files = Files::of("patches:\n- patch: |-\n    a: 1\ncommonLabels:\n  a: b\npatchesJson6902:\n- path: j\n");
    assert_eq!(
        files.fixed(),
        "patches:\n- patch: |-\n    a: 1\n- path: j\nlabels:\n- pairs:\n    a: b\n  includeSelectors: true\n"
    );
}
