use super::{Value, merge};
use crate::manifest::rendered::read::{Lines, Reader};
use crate::yaml;

fn value(text: &str) -> Value {
    let tree = yaml::parse(text.as_bytes().to_vec(), yaml::Limits::default()).unwrap();
    Reader::new(&tree, &"a.yaml".into(), Lines::File)
        .documents()
        .remove(0)
        .1
}

/// Merges two pod specs.
fn merged(spec: &str, patch: &str) -> Value {
    let pod = |spec: &str| value(&format!("{{apiVersion: v1, kind: Pod, spec: {spec}}}"));
    let left = merge(pod(spec), pod(patch)).unwrap().unwrap();
    left.get("spec").unwrap().clone()
}

#[test]
fn lists_with_a_key_are_merged_and_the_items_of_the_patch_stand_first() {
    let spec = "{containers: [{name: a, image: x, args: [1]}, {name: b}]}";
    let patch = "{containers: [{name: c}, {name: a, args: [2]}]}";
    let expected = "{containers: [{name: c}, {name: a, image: x, args: [2]}, {name: b}]}";
    assert_eq!(merged(spec, patch), value(expected));
}

#[test]
fn directives_delete_and_replace() {
    let spec = "{containers: [{name: a}, {name: b}], nodeSelector: {x: y}, volumes: [{name: v}]}";
    let patch = "{containers: [{name: a, $patch: delete}], nodeSelector: {$patch: replace, z: w}, volumes: [{$patch: replace}]}";
    assert_eq!(
        merged(spec, patch),
        value("{containers: [{name: b}], nodeSelector: {z: w}, volumes: []}")
    );
    let object = value("{apiVersion: v1, kind: Pod}");
    assert!(merge(object, value("{$patch: delete}")).unwrap().is_none());
}

#[test]
fn null_deletes_and_is_not_added() {
    let expected = value("{b: {c: 1}}");
    assert_eq!(merged("{a: 1}", "{a: null, b: {c: 1, d: null}}"), expected);
}

#[test]
fn a_shape_that_differs_is_a_misfit_at_its_place() {
    let misfit = merge(value("{a: {b: 1}}"), value("a:\n  b: [1]\n")).unwrap_err();
    assert_eq!((misfit.at.line, misfit.at.column), (2, 6));
    assert!(merge(value("{a: 1}"), value("{$patch: twist}")).is_err());
}
