use super::{Judged, Judging, Ownership, Verdict, judge};
use crate::audit::{Dialect, Gap, Owners};
use crate::forge::{Checks, Lane, Merged, PullRequest, Review, ReviewDecision, ReviewState, Stage, State};
use crate::git::names::{BranchName, Oid};

const MERGED: &str = "2026-11-02T12:00:00Z";

fn head() -> Oid {
    Oid::parse(&"a".repeat(40)).unwrap()
}

fn older() -> Oid {
    Oid::parse(&"b".repeat(40)).unwrap()
}

/// A request of anna's, merged at [`MERGED`].
fn request(reviews: Vec<Review>) -> Merged {
    Merged {
        request: PullRequest {
            number: 57,
            url: String::new(),
            title: "Change".into(),
            body: String::new(),
            lane: Lane {
                head: BranchName::parse("topic").unwrap(),
                base: BranchName::parse("main").unwrap(),
            },
            head_repository: None,
            head_oid: Some(head()),
            state: State::Merged,
            stage: Stage::Ready,
            auto_merge: None,
            review: ReviewDecision::Unknown,
            mergeable: None,
            checks: Checks::Passed,
            merged_at: Some(MERGED.into()),
            merge_oid: None,
            merged_by: Some("bob".into()),
            author: Some("anna".into()),
            labels: Vec::new(),
            reviewers: Vec::new(),
            handle: String::new(),
        },
        reviews,
        unknown: Vec::new(),
    }
}

/// A review of the head on the second of November, at an hour.
fn review(by: &str, state: ReviewState, hour: u32) -> Review {
    Review {
        by: by.into(),
        state,
        commit: Some(head()),
        at: format!("2026-11-02T{hour:02}:00:00Z"),
    }
}

fn approved(by: &str, hour: u32) -> Review {
    review(by, ReviewState::Approved, hour)
}

fn plain(merged: &Merged) -> Judged {
    judge(
        merged,
        &Judging {
            owners: None,
            paths: &[],
            members: &|_| None,
        },
    )
}

#[track_caller]
fn expect(reviews: Vec<Review>, verdict: Verdict, gaps: &[Gap]) {
    let judged = plain(&request(reviews));
    assert_eq!(
        (judged.approved, judged.gaps.as_slice()),
        (verdict, gaps),
        "{:?}",
        judged.approvals
    );
}

#[test]
fn an_approval_of_the_head_by_somebody_else_before_merging_counts() {
    expect(vec![approved("carol", 9)], Verdict::Yes, &[]);
    expect(vec![approved("carol", 12)], Verdict::Yes, &[]);
    // Offsets are no text.
    let abroad = Review {
        at: "2026-11-02T12:30:00+01:00".into(),
        ..approved("carol", 0)
    };
    expect(vec![abroad], Verdict::Yes, &[]);
    let away = Review {
        at: "2026-11-02T11:30:00-01:00".into(),
        ..approved("carol", 0)
    };
    expect(vec![away], Verdict::No, &[Gap::ApprovedAfterMerge]);
}

#[test]
fn each_part_that_fails_is_a_finding_of_its_own() {
    expect(vec![], Verdict::No, &[Gap::NotApproved]);
    expect(
        vec![review("carol", ReviewState::Commented, 9)],
        Verdict::No,
        &[Gap::NotApproved],
    );
    expect(
        vec![review("carol", ReviewState::Dismissed, 9)],
        Verdict::No,
        &[Gap::NotApproved],
    );
    expect(vec![approved("Anna", 9)], Verdict::No, &[Gap::SelfApproved]);
    expect(vec![approved("carol", 13)], Verdict::No, &[Gap::ApprovedAfterMerge]);
    let stale = Review {
        commit: Some(older()),
        ..approved("carol", 9)
    };
    expect(vec![stale.clone()], Verdict::No, &[Gap::ApprovedOlderCommit]);
    let both = Review {
        at: "2026-11-02T13:00:00Z".into(),
        ..stale.clone()
    };
    expect(
        vec![both],
        Verdict::No,
        &[Gap::ApprovedOlderCommit, Gap::ApprovedAfterMerge],
    );
    // One that counts is enough.
    expect(
        vec![stale, approved("anna", 9), approved("dora", 10)],
        Verdict::Yes,
        &[],
    );
}

#[test]
fn the_latest_word_of_a_person_before_merging_counts() {
    let no = |hour| review("carol", ReviewState::ChangesRequested, hour);
    expect(
        vec![approved("carol", 9), no(10)],
        Verdict::No,
        &[Gap::NotApproved, Gap::ChangesRequested],
    );
    expect(vec![no(9), approved("Carol", 10)], Verdict::Yes, &[]);
    // Whatever order the list has.
    expect(vec![approved("carol", 10), no(9)], Verdict::Yes, &[]);
    // A comment takes nothing back, and what comes after merging neither.
    expect(
        vec![approved("carol", 9), review("carol", ReviewState::Commented, 10)],
        Verdict::Yes,
        &[],
    );
    expect(vec![approved("carol", 9), no(13)], Verdict::Yes, &[]);
    expect(
        vec![approved("carol", 9), review("carol", ReviewState::Dismissed, 10)],
        Verdict::No,
        &[Gap::NotApproved],
    );
    // Approved by one, and another one still wants something else.
    expect(
        vec![approved("dora", 9), no(10)],
        Verdict::Yes,
        &[Gap::ChangesRequested],
    );
    expect(vec![approved("dora", 9), no(13)], Verdict::Yes, &[]);
}

#[test]
fn what_is_not_known_is_never_a_yes() {
    let unknown = |review: Review| expect(vec![review], Verdict::Unknown, &[Gap::ApprovalUnknown]);
    unknown(Review {
        commit: None,
        ..approved("carol", 9)
    });
    unknown(Review {
        at: String::new(),
        ..approved("carol", 9)
    });
    let mut merged = request(vec![approved("carol", 9)]);
    merged.request.head_oid = None;
    assert_eq!(plain(&merged).approved, Verdict::Unknown);
    let mut merged = request(vec![approved("", 9)]);
    merged.request.author = None;
    assert_eq!(plain(&merged).approved, Verdict::Unknown);
    let mut merged = request(vec![]);
    merged.unknown.push("its reviews could not be read".into());
    let judged = plain(&merged);
    assert_eq!(
        (judged.approved, judged.gaps),
        (Verdict::Unknown, vec![Gap::ApprovalUnknown])
    );
}

#[test]
fn checks_are_told() {
    for (checks, gaps) in [
        (Checks::Passed, vec![]),
        (Checks::None, vec![]),
        (Checks::Failed, vec![Gap::ChecksFailed]),
        (Checks::Pending, vec![Gap::ChecksFailed]),
        (Checks::Unknown, vec![Gap::ChecksUnknown]),
    ] {
        let mut merged = request(vec![approved("carol", 9)]);
        merged.request.checks = checks;
        assert_eq!(plain(&merged).gaps, gaps, "{checks:?}");
    }
}

/// Judges by a file of code owners; the team `acme/sre` is carol and dora, `acme/secret` is not told, as is `group`.
fn by(dialect: Dialect, (text, paths): (&str, &[&str]), reviews: Vec<Review>) -> Judged {
    let owners = Owners::parse("CODEOWNERS", text.as_bytes(), dialect);
    let paths: Vec<String> = paths.iter().map(|path| (*path).to_owned()).collect();
    let members = |team: &str| match team {
        "acme/sre" => Some(vec!["Carol".to_owned(), "dora".to_owned()]),
        "carol" => Some(vec!["carol".to_owned()]),
        _ => None,
    };
    judge(
        &request(reviews),
        &Judging {
            owners: Some(&owners),
            paths: &paths,
            members: &members,
        },
    )
}

#[test]
fn every_changed_path_that_has_owners_wants_one_of_them() {
    let text = "* @acme/sre\n/a/ @erik\n/free/\n";
    let github = |paths: &[&str], reviews| by(Dialect::GitHub, (text, paths), reviews).by_owner;
    assert_eq!(github(&["x"], vec![approved("carol", 9)]), Verdict::Yes);
    assert_eq!(github(&["x"], vec![approved("frank", 9)]), Verdict::No);
    assert_eq!(github(&["x", "a/b"], vec![approved("carol", 9)]), Verdict::No);
    assert_eq!(
        github(&["x", "a/b"], vec![approved("carol", 9), approved("ERIK", 9)]),
        Verdict::Yes
    );
    assert_eq!(github(&["free/b"], vec![]), Verdict::NotAsked);
    assert_eq!(github(&[], vec![]), Verdict::NotAsked);
    // The owner's approval has to count, too.
    assert_eq!(github(&["x"], vec![approved("carol", 13)]), Verdict::No);
    let judged = by(
        Dialect::GitHub,
        (text, &["x"]),
        vec![approved("carol", 9), approved("frank", 10)],
    );
    let owners: Vec<Option<Ownership>> = judged.approvals.iter().map(|it| it.code_owner).collect();
    assert_eq!(owners, [Some(Ownership::Yes), Some(Ownership::No)]);
}

#[test]
fn teams_and_addresses_that_cannot_be_told_are_unknown() {
    for owner in ["@acme/secret", "carol@example.com"] {
        let judged = by(
            Dialect::GitHub,
            (&format!("* {owner}"), &["x"]),
            vec![approved("carol", 9)],
        );
        assert_eq!(judged.by_owner, Verdict::Unknown, "{owner}");
        assert_eq!(judged.gaps, [Gap::OwnerUnknown], "{owner}");
        assert_eq!(judged.approvals[0].code_owner, Some(Ownership::Unknown));
    }
    let sure = by(
        Dialect::GitHub,
        ("* @acme/secret @carol", &["x"]),
        vec![approved("carol", 9)],
    );
    assert_eq!(sure.by_owner, Verdict::Yes);
    // Nobody approved, so no team could help.
    let none = by(Dialect::GitHub, ("* @acme/secret", &["x"]), vec![]);
    assert_eq!(none.gaps, [Gap::NotApproved, Gap::NotCodeOwner]);
}

#[test]
fn gitlab_wants_as_many_as_a_section_says() {
    let text = "[Two][2] @acme/sre\n*\n^[May] @nobody\n*\n";
    let gitlab = |reviews| by(Dialect::GitLab, (text, &["x"]), reviews).by_owner;
    assert_eq!(gitlab(vec![approved("carol", 9)]), Verdict::No);
    assert_eq!(gitlab(vec![approved("carol", 9), approved("dora", 9)]), Verdict::Yes);
    let name = |owner: &str| {
        by(
            Dialect::GitLab,
            (&format!("* {owner}"), &["x"]),
            vec![approved("erik", 9)],
        )
        .by_owner
    };
    assert_eq!(name("@carol"), Verdict::No);
    assert_eq!(name("@group"), Verdict::Unknown);
    assert_eq!(name("@@maintainer"), Verdict::Unknown);
}

#[test]
fn what_only_gitea_can_read_leaves_it_open() {
    let gitea = |reviews| by(Dialect::Gitea, ("(?!x).* @erik", &["a"]), reviews).by_owner;
    assert_eq!(gitea(vec![approved("carol", 9)]), Verdict::Unknown);
    assert_eq!(gitea(vec![approved("erik", 9)]), Verdict::Yes);
}

#[test]
fn every_gap_has_a_word_and_a_sentence() {
    let mut words: Vec<&str> = Gap::ALL.iter().map(|gap| gap.code()).collect();
    words.sort_unstable();
    words.dedup();
    assert_eq!(words.len(), Gap::ALL.len());
    assert!(Gap::ALL.iter().all(|gap| !gap.said().is_empty()));
    assert!(Gap::ALL.is_sorted());
}
