use super::stage::Stage;
use crate::error::{Error, Kind};
use crate::git::names::Oid;
use crate::strategy::carried::{Base, comes_back, merge_base, to_history};

fn base(stage: &Stage) -> Result<Base, Error> {
    stage.hop(("stg", "prd"), merge_base)
}

/// What was undone and comes back if `staging` is merged on the base.
fn back(stage: &Stage) -> Vec<String> {
    stage.hop(("stg", "prd"), |hop| {
        let base = merge_base(hop).unwrap();
        let ways = crate::git::merge::ThreeWay {
            base: &base.content,
            ours: hop.to.commit,
            theirs: hop.from.commit,
        };
        let merged = hop.repository.merge_on(hop.git, ways).unwrap();
        assert!(merged.conflicts.is_empty(), "{merged:?}");
        let back = comes_back(hop, &base, &merged.tree).unwrap();
        back.into_iter().map(|it| it.what).collect()
    })
}

fn shop() -> Stage {
    Stage::new(&[("a", "1\n"), ("b", "1\n"), ("c", "1\n")])
}

fn promoted(pair: &str, commit: &Oid) -> String {
    format!("Carry it\n\nRakops-Operation: promote {pair}\nRakops-Promoted: {pair} {commit}\n")
}

#[test]
fn without_squashes_history_says_what_both_sides_have() {
    let stage = shop();
    let first = stage.on("staging").put("one", &[("a", "2\n")]);
    stage.on("main").merge("staging", "Merge it");
    stage.on("staging").put("two", &[("b", "2\n")]);
    let base = base(&stage).unwrap();
    assert_eq!((base.commit, base.claimed_by), (first, None));
    assert!(base.undone.is_empty());
}

#[test]
fn a_squash_with_a_trailer_says_it_also_in_a_bulleted_body() {
    let stage = shop();
    let first = stage.on("staging").put("one", &[("a", "2\n")]);
    let message = format!("Promote (#7)\n\n* Carry it\n\n  Rakops-Promoted: stg -> prd {first}\n* x\n");
    let squash = stage.on("main").squash("staging", &message);
    stage.on("staging").put("two", &[("a", "3\n")]);
    let base = base(&stage).unwrap();
    assert_eq!((base.commit, base.claimed_by), (first, Some(squash)));
}

#[test]
fn the_later_of_several_claims_counts() {
    let stage = shop();
    let first = stage.on("staging").put("one", &[("a", "2\n")]);
    stage.on("main").squash("staging", &promoted("stg -> prd", &first));
    let second = stage.on("staging").put("two", &[("a", "3\n")]);
    stage.on("main");
    stage.put(&promoted("stg -> prd", &second), &[("a", "3\n")]);
    // An older claim on top lowers nothing.
    stage.put(&promoted("stg -> prd", &first), &[("x", "1\n")]);
    assert_eq!(base(&stage).unwrap().commit, second);
}

#[test]
fn a_trailer_of_another_pair_counts_for_nothing() {
    let stage = shop();
    let fork = stage.tip("main");
    let first = stage.on("staging").put("one", &[("a", "2\n")]);
    stage.on("main").put(&promoted("dev -> stg", &first), &[("x", "1\n")]);
    assert_eq!(base(&stage).unwrap().commit, fork);
}

#[test]
fn a_trailer_that_came_inside_of_a_merge_counts_for_nothing() {
    let stage = shop();
    let fork = stage.tip("main");
    let first = stage.on("staging").put("one", &[("a", "2\n")]);
    stage.git("switch --quiet -c side main");
    stage.put(&promoted("stg -> prd", &first), &[("x", "1\n")]);
    stage.on("main").merge("side", "Merge side");
    assert_eq!(base(&stage).unwrap().commit, fork);
}

#[test]
fn a_commit_that_from_does_not_have_counts_for_nothing() {
    let stage = shop();
    let fork = stage.tip("main");
    stage.on("staging").put("one", &[("a", "2\n")]);
    stage.git("switch --quiet -c elsewhere staging");
    let elsewhere = stage.put("elsewhere", &[("b", "2\n")]);
    stage
        .on("main")
        .put(&promoted("stg -> prd", &elsewhere), &[("x", "1\n")]);
    assert_eq!(base(&stage).unwrap().commit, fork);
}

#[test]
fn a_promotion_that_was_restricted_is_no_base() {
    let stage = shop();
    let fork = stage.tip("main");
    let first = stage.on("staging").put("one", &[("a", "2\n")]);
    let message = format!("promote prd: api 2\n\nRakops-Operation: promote stg -> prd\nRakops-Change: {first}\n");
    stage.on("main").put(&message, &[("a", "2\n")]);
    assert_eq!(base(&stage).unwrap().commit, fork);
}

#[test]
fn where_a_squash_dropped_the_trailer_the_text_of_its_request_says_it() {
    let mut stage = shop();
    let first = stage.on("staging").put("one", &[("a", "2\n")]);
    // Nobody could tell it from the content: somebody has changed more on the way.
    stage.on("main");
    let squash = stage.put("Promote stg to prd (#7)", &[("a", "2\n"), ("b", "9\n")]);
    let told = crate::strategy::hop::Told {
        number: Some(7),
        body: promoted("stg -> prd", &first),
        merged_at: None,
    };
    assert_eq!(base(&stage).unwrap_err().code, "merge-base-unknown");
    stage.told.insert(squash.clone(), told);
    let base = base(&stage).unwrap();
    assert_eq!((base.commit, base.claimed_by), (first, Some(squash)));
}

#[test]
fn a_squash_without_any_words_is_known_by_its_net_effect() {
    let stage = shop();
    stage.on("main").put("own", &[("own", "1\n")]);
    stage.on("staging").put("one", &[("a", "2\n")]);
    let second = stage.put("two", &[("b", "2\n")]);
    let squash = stage.on("main").squash("staging", "Ship it (#7)");
    stage.on("staging").put("three", &[("a", "3\n")]);
    let found = base(&stage).unwrap();
    assert_eq!((found.commit, found.claimed_by), (second, Some(squash)));
    // And so on, from there.
    let fourth = stage.on("staging").put("four", &[("c", "4\n")]);
    stage.git("switch --quiet -c squashing main");
    stage.put("Ship more (#8)", &[("a", "3\n"), ("c", "4\n")]);
    stage.git("branch --force main squashing");
    assert_eq!(base(&stage).unwrap().commit, fourth);
}

#[test]
fn a_squash_of_a_commit_beside_the_line_is_known_by_its_net_effect() {
    let stage = shop();
    stage.git("switch --quiet -c feature staging");
    let inner = stage.put("inner", &[("a", "2\n")]);
    stage.put("outer", &[("b", "2\n")]);
    stage.on("staging").merge("feature", "Merge feature");
    stage.on("main").squash(inner.as_str(), "Ship it");
    assert_eq!(base(&stage).unwrap().commit, inner);
}

#[test]
fn hotfixes_on_the_target_are_no_squashes_and_refuse_nothing() {
    let stage = shop();
    let fork = stage.tip("main");
    stage.on("staging").put("one", &[("a", "2\n")]);
    stage.put("two", &[("b", "2\n")]);
    stage.on("main").put("Fix prd at once", &[("c", "fix\n")]);
    stage.put("Fix it more", &[("a", "other\n")]);
    assert_eq!(base(&stage).unwrap().commit, fork);
}

#[test]
fn a_squash_that_calls_itself_a_promotion_and_is_no_merge_is_refused_with_the_flag() {
    let mut stage = shop();
    let first = stage.on("staging").put("one", &[("a", "2\n")]);
    stage
        .on("main")
        .put("Promote staging to main (#3)", &[("a", "2, by hand\n")]);
    let error = base(&stage).unwrap_err();
    assert_eq!((error.kind, error.code), (Kind::Refused, "merge-base-unknown"));
    assert!(format!("{:?}", error.hints).contains("--merge-base"), "{error:?}");
    stage.ask.merge_base = Some(first.clone());
    assert_eq!(base(&stage).unwrap().commit, first);
}

#[test]
fn a_squash_whose_conflicts_were_settled_by_hand_is_refused_and_says_what_it_may_be() {
    let stage = shop();
    stage.on("main").put("own", &[("a", "main\n")]);
    let first = stage.on("staging").put("one", &[("a", "2\n"), ("b", "2\n")]);
    stage.on("main").put("Ship it", &[("a", "main and 2\n"), ("b", "2\n")]);
    let error = base(&stage).unwrap_err();
    assert_eq!(error.code, "merge-base-unknown");
    assert!(format!("{:?}", error.hints).contains(first.as_str()), "{error:?}");
}

#[test]
fn after_the_revert_of_a_merge_the_base_is_the_one_before_it() {
    let stage = shop();
    let first = stage.on("staging").put("one", &[("a", "2\n")]);
    stage.on("main").merge("staging", "Merge one");
    stage.on("staging").put("two", &[("b", "2\n")]);
    let merge = stage.on("main").merge("staging", "Merge two");
    stage.revert(&merge);
    let base = base(&stage).unwrap();
    assert_eq!(base.commit, first);
    let what = &base.undone[0].what;
    assert_eq!((what.what.as_str(), what.by.as_str()), ("Merge two", "Ann Example"));
    assert_eq!(back(&stage), ["Merge two"]);
}

#[test]
fn what_was_carried_after_an_undone_merge_does_not_hide_it() {
    let stage = shop();
    let fork = stage.tip("main");
    stage.on("staging").put("one", &[("a", "2\n")]);
    let merge = stage.on("main").merge("staging", "Merge one");
    stage.revert(&merge);
    stage.on("staging").put("two", &[("b", "2\n")]);
    // By hand: git merges only what came after.
    stage.on("main").merge("staging", "Merge two");
    assert_eq!(base(&stage).unwrap().commit, fork);
    assert_eq!(back(&stage), ["Merge one"]);
}

#[test]
fn a_promotion_that_brought_it_back_settles_the_matter() {
    let stage = shop();
    stage.on("staging").put("one", &[("a", "2\n")]);
    let merge = stage.on("main").merge("staging", "Merge one");
    stage.revert(&merge);
    let second = stage.on("staging").put("two", &[("b", "2\n")]);
    stage
        .on("main")
        .put(&promoted("stg -> prd", &second), &[("a", "2\n"), ("b", "2\n")]);
    let base = base(&stage).unwrap();
    assert_eq!(base.commit, second);
    assert!(base.undone.is_empty());
}

#[test]
fn the_revert_of_a_revert_lets_the_merge_stand() {
    let stage = shop();
    let first = stage.on("staging").put("one", &[("a", "2\n")]);
    let merge = stage.on("main").merge("staging", "Merge one");
    let revert = stage.revert(&merge);
    let again = stage.revert(&revert);
    assert_eq!(base(&stage).unwrap().commit, first);
    let third = stage.revert(&again);
    assert_ne!(base(&stage).unwrap().commit, first);
    assert_eq!(back(&stage), ["Merge one"]);
    stage.revert(&third);
    assert_eq!(base(&stage).unwrap().commit, first);
}

#[test]
fn a_rollback_takes_back_the_landing_that_it_names() {
    let stage = shop();
    let fork = stage.tip("main");
    let first = stage.on("staging").put("one", &[("a", "2\n")]);
    let squash = stage.on("main").squash("staging", &promoted("stg -> prd", &first));
    let message = format!("rollback prd\n\nRakops-Operation: rollback prd\nRakops-Rollback: {squash}\n");
    stage.put(&message, &[("a", "1\n")]);
    assert_eq!(base(&stage).unwrap().commit, fork);
    assert_eq!(back(&stage), ["Carry it"]);
}

#[test]
fn a_revert_by_hand_is_known_by_its_net_effect() {
    let stage = shop();
    let fork = stage.tip("main");
    stage.on("staging").put("one", &[("a", "2\n"), ("b", "2\n")]);
    stage.on("main").merge("staging", "Merge one");
    stage.put("Back to what worked", &[("a", "1\n"), ("b", "1\n")]);
    assert_eq!(base(&stage).unwrap().commit, fork);
    assert_eq!(back(&stage), ["Merge one"]);
}

#[test]
fn what_from_has_taken_back_itself_and_a_squash_has_carried_is_no_revert_on_the_target() {
    let stage = shop();
    stage.on("staging").put("one", &[("a", "2\n")]);
    stage.on("main").squash("staging", "Ship one");
    let back = stage.on("staging").put("back", &[("a", "1\n")]);
    stage.on("main").put("Ship two", &[("a", "1\n")]);
    let base = base(&stage).unwrap();
    assert_eq!(base.commit, back);
    assert!(base.undone.is_empty());
}

#[test]
fn a_state_from_before_several_merges_takes_all_of_them_back() {
    let stage = shop();
    let fork = stage.tip("main");
    stage.on("staging").put("one", &[("a", "2\n")]);
    stage.on("main").merge("staging", "Merge one");
    stage.on("staging").put("two", &[("a", "3\n")]);
    stage.on("main").merge("staging", "Merge two");
    stage.put("Back to what worked", &[("a", "1\n")]);
    assert_eq!(base(&stage).unwrap().commit, fork);
    assert_eq!(back(&stage), ["Merge one", "Merge two"]);
}

#[test]
fn the_revert_of_one_commit_that_rode_along_is_brought_back_with_it() {
    let stage = shop();
    let fork = stage.tip("main");
    let one = stage.on("staging").put("Set the pool to 2", &[("a", "2\n")]);
    stage.put("two", &[("b", "2\n")]);
    stage.on("main").merge("staging", "Merge both");
    stage.revert(&one);
    stage.on("staging").put("three", &[("c", "3\n")]);
    assert_eq!(base(&stage).unwrap().commit, fork);
    assert_eq!(back(&stage), ["Set the pool to 2"]);
}

#[test]
fn the_revert_of_a_commit_that_came_by_moving_the_branch_is_brought_back() {
    let stage = shop();
    let fork = stage.tip("main");
    let one = stage.on("staging").put("Set the pool to 2", &[("a", "2\n")]);
    stage.put("two", &[("b", "2\n")]);
    stage.on("main").git("merge --quiet --ff-only staging");
    stage.revert(&one);
    assert_eq!(base(&stage).unwrap().commit, fork);
    assert_eq!(back(&stage), ["Set the pool to 2"]);
}

#[test]
fn what_from_has_reverted_too_does_not_come_back() {
    let lines = |first: &str, last: &str| format!("{first}\n2\n3\n4\n5\n6\n7\n8\n{last}\n");
    let stage = Stage::new(&[("a", &lines("1", "9"))]);
    let one = stage.on("staging").put("one", &[("a", &lines("one", "9"))]);
    let merge = stage.on("main").merge("staging", "Merge one");
    stage.revert(&merge);
    stage.on("staging").revert(&one);
    stage.put("two", &[("b", "2\n")]);
    assert_eq!(back(&stage), Vec::<String>::new());
    // Nor if the same file changes in another place.
    stage.put("three", &[("a", &lines("1", "nine"))]);
    assert_eq!(back(&stage), Vec::<String>::new());
}

#[test]
fn the_revert_of_a_request_is_found_behind_the_merge_that_brought_it() {
    let mut stage = shop();
    let fork = stage.tip("main");
    stage.on("staging").put("one", &[("a", "2\n")]);
    let merge = stage
        .on("main")
        .merge("staging", "Merge pull request #5 from acme/promotion");
    stage.git("switch --quiet -c revert-5 main");
    stage.revert(&merge);
    stage
        .on("main")
        .merge("revert-5", "Merge pull request #6 from acme/revert-5");
    assert_eq!(base(&stage).unwrap().commit, fork);
    // The same by number, where only the request's text says it.
    stage.git("reset --quiet --hard main~1");
    stage.put("own", &[("own", "1\n")]);
    let revert = stage.put("Undo the promotion (#6)", &[("a", "1, edited\n")]);
    let told = |number, body: &str| crate::strategy::hop::Told {
        number: Some(number),
        body: body.to_owned(),
        merged_at: None,
    };
    assert_ne!(base(&stage).unwrap().commit, fork);
    stage.told.insert(revert, told(6, "Reverts acme/manifests#5"));
    assert_eq!(base(&stage).unwrap().commit, fork);
}

#[test]
fn a_promotion_behind_the_merge_of_its_request_is_known_by_history() {
    let stage = shop();
    let first = stage.on("staging").put("one", &[("a", "2\n")]);
    stage.git("switch --quiet -c promotion main");
    let inner = stage.merge("staging", &promoted("stg -> prd", &first));
    let merge = stage.on("main").merge("promotion", "Merge pull request #5");
    stage.on("staging").put("two", &[("b", "2\n")]);
    let found = base(&stage).unwrap();
    assert_eq!((found.commit, found.claimed_by), (first, None));
    let history = stage.hop(("stg", "prd"), to_history).unwrap();
    assert_eq!(history.len(), 1);
    assert_eq!((&history[0].commit, &history[0].brought[0].0), (&merge, &inner));
    // Reverting the promotion's own commit reverts the merge that brought it.
    stage.on("main").revert(&inner);
    assert_eq!(back(&stage), ["Merge pull request #5"]);
}

#[test]
fn a_shallow_clone_is_told_what_to_fetch() {
    let mut stage = shop();
    stage.on("develop").put("elsewhere", &[("c", "2\n")]);
    stage.on("staging").put("one", &[("a", "2\n")]);
    stage.on("main").put("own", &[("own", "1\n")]);
    stage.bench.clone_of("r", "s", "--depth 1 --no-single-branch");
    stage.name = "s";
    stage.git("branch staging origin/staging");
    stage.git("branch develop origin/develop");
    let error = base(&stage).unwrap_err();
    assert_eq!(error.code, "history-shallow", "{error:?}");
    assert!(format!("{:?}", error.hints).contains("git fetch --unshallow origin staging main"));
}

#[test]
fn histories_without_a_common_commit_are_refused() {
    let stage = shop();
    stage.git("switch --quiet --orphan other");
    stage.put("elsewhere", &[("a", "1\n"), ("rakops.yaml", super::stage::CONFIG)]);
    stage.git("branch --force staging other");
    assert_eq!(base(&stage).unwrap_err().code, "merge-base-unknown");
}

#[test]
fn to_history_says_what_was_undone_and_by_whom() {
    let stage = shop();
    let one = stage.on("main").put("one", &[("a", "2\n")]);
    let two = stage.put("two", &[("b", "2\n")]);
    let revert = stage.revert(&one);
    let history = stage.hop(("stg", "prd"), to_history).unwrap();
    let told: Vec<_> = history
        .iter()
        .map(|it| (it.commit.clone(), it.undone_by.clone()))
        .collect();
    assert_eq!(told, [(revert.clone(), None), (two, None), (one.clone(), Some(revert))]);
    assert_eq!(history[0].reverts, [one]);
}

#[test]
fn a_promotion_of_versions_alone_is_no_squash_that_needs_an_answer() {
    let pod = |tag: &str| {
        format!("apiVersion: v1\nkind: Pod\nspec:\n  containers:\n  - name: a\n    image: ghcr.io/acme/api:{tag}\n")
    };
    let stage = Stage::new(&[("prd.yaml", &pod("1")), ("stg.yaml", &pod("1"))]);
    let fork = stage.tip("main");
    stage.on("staging").put("bump stg", &[("stg.yaml", &pod("2"))]);
    stage
        .on("main")
        .put("promote prd: api 1 -> 2 (#4)", &[("prd.yaml", &pod("2"))]);
    assert_eq!(base(&stage).unwrap().commit, fork);
    stage.put(
        "promote prd (#5)",
        &[("prd.yaml", &pod("3").replace("name: a", "name: b"))],
    );
    assert_eq!(base(&stage).unwrap_err().code, "merge-base-unknown");
}

/// Nobody waits for minutes: 400 squashes without a word, and hotfixes between them.
#[test]
fn a_long_history_of_squashes_is_read_in_seconds() {
    let stage = shop();
    let mut script = String::new();
    let mut put = |mark: usize, branch: &str, parent: &str, (path, text): (&str, String)| {
        script.push_str(&format!(
            "commit refs/heads/{branch}\nmark :{mark}\ncommitter A <a@example.com> {} +0000\ndata 4\nship\nfrom {parent}\nM 100644 inline {path}\ndata {}\n{text}\n",
            1_700_000_000 + mark,
            text.len()
        ));
    };
    let start = stage.tip("main");
    let (mut staging, mut main) = (start.to_string(), start.to_string());
    let mut mark = 0;
    for round in 0..400 {
        for part in ["a", "b"] {
            mark += 1;
            put(mark, "staging", &staging, (part, format!("{round}\n")));
            staging = format!(":{mark}");
        }
        mark += 1;
        put(mark, "main", &main, ("own", format!("{round}\n")));
        main = format!(":{mark}");
        for part in ["a", "b"] {
            // Both in one squash would take an `M` line more: two squashes of one commit each are as hard.
            mark += 1;
            put(mark, "main", &main, (part, format!("{round}\n")));
            main = format!(":{mark}");
        }
    }
    let fed = stage
        .bench
        .git("r")
        .run(&["fast-import", "--quiet", "--force"], Some(script.as_bytes()), &[]);
    assert!(fed.as_ref().unwrap().is_success(), "{fed:?}");
    let begun = std::time::Instant::now();
    let found = base(&stage).unwrap();
    assert_eq!(found.commit, stage.tip("staging"));
    assert!(begun.elapsed().as_secs() < 30, "{:?}", begun.elapsed());
}

#[test]
fn a_request_that_brought_it_back_and_was_merged_settles_the_matter() {
    let stage = shop();
    stage.on("staging").put("one", &[("a", "2\n")]);
    let merge = stage.on("main").merge("staging", "Merge one");
    stage.revert(&merge);
    let second = stage.on("staging").put("two", &[("b", "2\n")]);
    stage.git("switch --quiet -c promotion main");
    stage.git("merge --quiet --no-ff --no-commit staging");
    stage.put(&promoted("stg -> prd", &second), &[("a", "2\n")]);
    stage
        .on("main")
        .merge("promotion", "Merge pull request #5 from acme/promotion");
    let base = base(&stage).unwrap();
    assert_eq!(base.commit, second);
    assert!(base.undone.is_empty(), "{:?}", base.undone);
}

#[test]
fn a_squash_that_calls_itself_a_promotion_and_brings_back_what_was_undone_is_asked_about() {
    let stage = shop();
    let first = stage.on("staging").put("one", &[("a", "2\n")]);
    let squash = stage.on("main").squash("staging", "Ship one (#7)");
    let revert = stage.revert(&squash);
    stage.on("staging").put("two", &[("b", "2\n")]);
    let both = [("a", "2\n"), ("b", "2\n")];
    stage.on("main").put("Promote staging to main (#9)", &both);
    assert_eq!(base(&stage).unwrap_err().code, "merge-base-unknown");
    // What does nothing but bring it back carries no more than that.
    stage.git("reset --quiet --hard main~1");
    stage.put("Promote it again (#9)", &[("a", "2\n")]);
    assert_eq!(base(&stage).unwrap().commit, first);
    stage.git("reset --quiet --hard main~1");
    stage.revert(&revert);
    assert_eq!(base(&stage).unwrap().commit, first);
}
