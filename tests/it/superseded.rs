//! Builds finish out of order: which of two versions of a site stays, and when somebody has to be told.

use crate::harness::Sandbox;

/// The shop with a remote.
fn shop() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.shop();
    let _remote = sandbox.remote();
    sandbox
}

#[test]
fn a_newer_version_lands_without_a_word_where_nobody_knows_the_source() {
    let sandbox = shop();
    let push = |word: &str, source: &str| {
        let words = ["bump", word, "--env", "dev", "--push", "--source", source];
        sandbox.rakops(words).run().expect(0)
    };
    let _ = push("api=7.0.0", "acme/api@1111111111");
    let newer = push("api=7.0.1", "acme/api@2222222222");
    assert!(!newer.stderr.contains("warning"), "{}", newer.all());
    let older = push("api=7.0.0", "acme/api@1111111111");
    assert!(older.stderr.contains("superseded: "), "{}", older.all());
    // What has no order is another matter.
    let unordered = push("api=main-7", "acme/api@3333333333");
    assert!(
        unordered.stderr.contains("warning[order-unknown]"),
        "{}",
        unordered.all()
    );
}
