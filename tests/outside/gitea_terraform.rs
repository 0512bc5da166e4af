//! The comment on a plan, and the gate before its apply, on a real Gitea.

use serde_json::json;

use crate::gitea::{Person, merge, shop, with_gitea};
use crate::harness::plan::{change, plan};

/// The tests.
pub(crate) const TESTS: &[(&str, fn())] = &[(
    "gitea::a_plan_is_told_approved_merged_and_let_through",
    a_plan_is_told_approved_merged_and_let_through,
)];

fn a_plan_is_told_approved_merged_and_let_through() {
    let (sandbox, repository) = shop();
    sandbox.file("CODEOWNERS", ".* @reviewer\n");
    sandbox.commit_all("who owns what");
    sandbox.git(["push", "--quiet", "origin", "main"]);
    sandbox.git(["switch", "--quiet", "--create", "topic"]);
    sandbox.file("overlays/prd/more.yaml", "a: 1\n");
    sandbox.commit_all("more");
    sandbox.git(["push", "--quiet", "origin", "topic"]);
    let request = json!({"head": "topic", "base": "main", "title": "more"});
    let (status, opened) = repository.call(Person::Author, ("POST", "/pulls"), Some(&request));
    assert_eq!(status, 201, "{opened}");
    let comment = |document: &serde_json::Value| {
        let words = ["terraform", "comment", "--pr", "topic", "--root", "overlays/prd"];
        let output = with_gitea(sandbox.rakops(words).stdin(document.to_string()))
            .run()
            .expect(0);
        output.stderr
    };
    let one = plan(&[change("a.a[\"`@author`\"]", &["delete"])]);
    assert!(comment(&one).contains("made"));
    assert!(comment(&one).contains("already said so"));
    assert!(comment(&plan(&[change("b.b", &["create"])])).contains("replaced"));
    let (_, notes) = repository.call(Person::Author, ("GET", "/issues/1/comments"), None);
    assert_eq!(notes.as_array().map(Vec::len), Some(1), "{notes}");
    let gate = |more: &[&str], code: i32| {
        let words = ["terraform", "gate", "--root", "overlays/prd"]
            .iter()
            .chain(more)
            .copied();
        with_gitea(sandbox.rakops(words)).run().expect(code)
    };
    let refused = gate(&["--pr", "1"], 3);
    assert!(
        refused.stderr.contains("not-approved: nobody has approved it"),
        "{}",
        refused.all()
    );
    let review = json!({"event": "APPROVED", "commit_id": opened["head"]["sha"]});
    let (status, said) = repository.call(Person::Reviewer, ("POST", "/pulls/1/reviews"), Some(&review));
    assert_eq!(status, 200, "{said}");
    let _ = gate(&["--pr", "1"], 0);
    merge(&repository, (1, "squash"));
    sandbox.git(["switch", "--quiet", "main"]);
    sandbox.git(["pull", "--quiet"]);
    let passed = gate(&[], 0);
    assert!(
        passed.stdout().contains("approved by reviewer, a code owner"),
        "{}",
        passed.all()
    );
    sandbox.file("overlays/prd/more.yaml", "a: 2\n");
    sandbox.commit_all("by nobody's leave");
    sandbox.git(["push", "--quiet", "origin", "main"]);
    let refused = gate(&[], 3);
    assert!(refused.stderr.contains("no-pull-request"), "{}", refused.all());
}
