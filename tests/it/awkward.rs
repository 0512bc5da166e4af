//! The file of the table in the README: everything that editors of YAML are known to change when one tag changes.

use crate::harness::Sandbox;

const AWKWARD: &str = "\
# Values of the shop.   Two blanks before this, none after.
version: 0123        # not a number here
enabled: yes         #   aligned comments
mode:    0644


image:
  repository: ghcr.io/acme/api   # who
  tag: \"1.4.1\"                   # which one

defaults: &defaults
  cpu: 100m
  \"memory\": '64Mi'
worker:
  <<: *defaults
  limits: {cpu: 1,   memory: 128Mi }   # a flow map
ports:
- name: http
  port: 80
-   name: metrics

    port:   9090
script: |
  set -e   
  exec api --tag 1.4.1
text: >-
  folded
  over lines

long: a long string without any quotes that an editor would like to fold because it is longer than eighty columns
note: 'it''s kept'
# the end, without a line break";

/// Lines that differ, counted as a diff does: a changed line is one removed and one added.
fn diff_lines(sandbox: &Sandbox) -> usize {
    let diff = sandbox.git(["diff", "--unified=0", "--no-color"]);
    diff.lines().skip(4).filter(|line| line.starts_with(['+', '-'])).count()
}

fn bump(text: &str) -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.repository().file("values.yaml", text);
    sandbox.commit_all("as it was");
    let _ = sandbox.rakops(["bump", "api=1.4.2"]).run().expect(0);
    sandbox
}

#[test]
fn one_tag_in_one_awkward_file_is_two_diff_lines() {
    let sandbox = bump(AWKWARD);
    assert_eq!(diff_lines(&sandbox), 2);
    assert_eq!(sandbox.read("values.yaml"), AWKWARD.replace("\"1.4.1\"", "\"1.4.2\""));
}

#[test]
fn the_same_file_with_crlf_and_a_byte_order_mark_too() {
    let text = format!("\u{feff}{}", AWKWARD.replace('\n', "\r\n"));
    let sandbox = bump(&text);
    assert_eq!(diff_lines(&sandbox), 2);
    assert_eq!(sandbox.read("values.yaml"), text.replace("\"1.4.1\"", "\"1.4.2\""));
}
