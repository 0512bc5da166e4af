//! What holds on every forge, told once; each forge's tests run all of it.

use std::time::{Duration, Instant};

use super::{Bench, Fault, ME, TOKEN};

/// A status, headers and a body; the exit code and how the complaint begins.
type Case = (u16, &'static [(&'static str, &'static str)], String, i32, &'static str);

/// Opens one, finds it again, changes what differs, and says so.
pub(crate) fn create_twice_opens_one(bench: &Bench) {
    let (person, has_drafts) = (bench.speaks().person(), bench.speaks().has_drafts());
    let words = ["create", "--title", "app 1.1.0", "--body", "why", "--reviewer", person];
    let opened = bench.pr(&[&words[..], &["-o", "json"]].concat()).run().expect(0).json();
    let pr = &opened["pull_request"];
    assert_eq!(
        (&pr["number"], &pr["created"], &opened["changed"]),
        (&1.into(), &true.into(), &true.into())
    );
    assert_eq!((&pr["branch"], &pr["base"]), (&"feature".into(), &"main".into()));
    assert_eq!(pr["head"], bench.tip("feature"));
    let again = bench.pr(&[&words[..], &["-o", "json"]].concat()).run().expect(0).json();
    assert_eq!(
        (&again["pull_request"]["number"], &again["changed"]),
        (&1.into(), &false.into())
    );
    let output = bench
        .pr(&["create", "--title", "app 1.1.0, again", "--draft"])
        .run()
        .expect(0);
    assert!(output.stderr.contains("updated pull request 1"), "{}", output.all());
    let seen = bench.pr(&["status", "-o", "json"]).run().expect(0).json();
    assert_eq!(seen["pull_request"]["title"], "app 1.1.0, again");
    assert_eq!(
        (&seen["pull_request"]["draft"], &seen["pull_request"]["state"]),
        (&has_drafts.into(), &"open".into())
    );
    assert_eq!(bench.forge.shelf().pulls.len(), 1);
    let asked = bench.forge.shelf().pulls[0].reviewers.clone();
    assert_eq!(asked.iter().filter(|name| *name == person).count(), 1, "{asked:?}");
    assert_eq!(bench.forge.shelf().pulls[0].body, "why");
    let output = bench.pr(&["list"]).run().expect(0);
    assert_eq!(output.stdout(), format!("1\tfeature\tmain\tapp 1.1.0, again\t{ME}\n"));
}

/// The last commit gives the title, and a dry run opens nothing.
pub(crate) fn the_last_commit_gives_the_title(bench: &Bench) {
    let output = bench.pr(&["create", "-n"]).run().expect(0);
    assert!(
        output.stderr.contains("would open a pull request from feature to main"),
        "{}",
        output.all()
    );
    assert!(bench.forge.shelf().pulls.is_empty());
    let _ = bench.pr(&["create"]).run().expect(0);
    assert!(bench.forge.shelf().pulls[0].title.ends_with("app 1.1.0"));
}

/// Somebody else opens it between our look and our call.
pub(crate) fn one_that_appears_meanwhile_is_found(bench: &Bench, part: &'static str) {
    let _ = bench.pr(&["create", "--title", "first"]).run().expect(0);
    bench.forge.fault("GET", part, Fault::ListIsEmpty);
    let output = bench.pr(&["create", "--title", "second"]).run().expect(0);
    assert!(output.stderr.contains("updated pull request 1"), "{}", output.all());
    assert_eq!(bench.forge.shelf().pulls.len(), 1);
    assert_eq!(bench.forge.shelf().pulls[0].title, "second");
}

/// The answer to the opening never comes: what is there is looked at before anything is sent again.
pub(crate) fn an_answer_that_is_lost_opens_no_second_one(bench: &Bench, part: &'static str) {
    bench.forge.fault("POST", part, Fault::DoneAndCut);
    let output = bench.pr(&["create", "--title", "app"]).run().expect(0);
    assert!(output.stderr.contains("opened pull request 1"), "{}", output.all());
    assert_eq!(bench.forge.shelf().pulls.len(), 1);
}

/// A request that was lost on the way is sent again.
pub(crate) fn a_request_that_is_lost_is_sent_again(bench: &Bench, part: &'static str) {
    bench.forge.fault("POST", part, Fault::Cut);
    let output = bench.pr(&["create", "--title", "app"]).run().expect(0);
    assert!(output.stderr.contains("opened pull request 1"), "{}", output.all());
    assert_eq!(bench.forge.shelf().pulls.len(), 1);
}

/// A head without commits of its own is nothing to pull, and no failure.
pub(crate) fn nothing_between_is_no_failure(bench: &Bench) {
    bench.sandbox.git(["push", "--quiet", "origin", "main:refs/heads/same"]);
    let output = bench
        .pr(&["create", "--head", "same", "--title", "x", "-o", "json"])
        .run()
        .expect(0);
    assert_eq!(output.json()["changed"], false, "{}", output.all());
    assert!(
        output.stderr.contains("same holds nothing that main does not hold"),
        "{}",
        output.all()
    );
    assert!(bench.forge.shelf().pulls.is_empty());
}

/// All pages of a list are read.
pub(crate) fn every_page_is_read(bench: &Bench) {
    for number in 1..=7 {
        let refspec = format!("feature:refs/heads/feature-{number}");
        bench.sandbox.git(["push", "--quiet", "origin", &refspec]);
        let head = format!("feature-{number}");
        let _ = bench.pr(&["create", "--head", &head, "--title", &head]).run().expect(0);
    }
    bench.forge.shelf().page = 3;
    let output = bench.pr(&["list", "--onto", "main", "-o", "name"]).run().expect(0);
    assert_eq!(output.stdout().lines().count(), 7, "{}", output.all());
    let output = bench
        .pr(&["create", "--head", "feature-1", "--title", "feature-1"])
        .run()
        .expect(0);
    assert!(output.stderr.contains("already so"), "{}", output.all());
}

/// Only the commit that is meant is merged, and once.
pub(crate) fn only_the_expected_head_is_merged(bench: &Bench) {
    let _ = bench.pr(&["create", "--title", "app"]).run().expect(0);
    let before = bench.tip("main");
    let stale = bench.pr(&["merge", "1", "--expect-head", &before]).run().expect(7);
    assert!(stale.stderr.starts_with("error[head-moved]"), "{}", stale.all());
    assert_eq!(bench.tip("main"), before);
    let merged = bench.pr(&["merge", "1", "-o", "json"]).run().expect(0).json();
    assert_eq!(
        (&merged["changed"], &merged["pull_request"]["state"]),
        (&true.into(), &"merged".into())
    );
    assert_eq!(merged["commit"], bench.tip("main"));
    let remote = bench.forge.shelf().git(&["show", "main:app.yaml"]).unwrap();
    assert_eq!(remote, "image: app:1.1.0");
    let again = bench.pr(&["merge", "1", "-o", "json"]).run().expect(0).json();
    assert_eq!(again["changed"], false);
    let _ = bench.pr(&["wait", "1"]).run().expect(0);
    let _ = bench.pr(&["status", "9"]).run().expect(5);
    bench.forge.shelf().pulls[0].state = "closed";
    for words in [&["merge", "1"][..], &["merge", "1", "-n"]] {
        let closed = bench.pr(words).run().expect(3);
        assert!(closed.stderr.contains("it is closed"), "{}", closed.all());
    }
}

/// What is closed stays closed, its reason is said, and its branch stays.
pub(crate) fn closing_is_said_and_done_once(bench: &Bench) {
    let _ = bench.pr(&["create", "--title", "app"]).run().expect(0);
    let _ = bench.pr(&["close", "1", "-n"]).run().expect(0);
    let closed = bench
        .pr(&["close", "1", "--reason", "superseded", "-o", "json"])
        .run()
        .expect(0)
        .json();
    assert_eq!(
        (&closed["changed"], &closed["pull_request"]["state"]),
        (&true.into(), &"closed".into())
    );
    let again = bench.pr(&["close", "1", "--reason", "superseded"]).run().expect(0);
    assert!(again.stderr.contains("is not open"), "{}", again.all());
    let list = bench.pr(&["list", "-o", "name"]).run().expect(0);
    assert_eq!(list.stdout(), "");
    bench
        .sandbox
        .git(["ls-remote", "--exit-code", "origin", "refs/heads/feature"]);
}

/// Somebody pushes after our look: the forge holds to the head that was meant.
pub(crate) fn a_head_that_moves_meanwhile_is_not_merged(bench: &Bench, (method, part): (&'static str, &'static str)) {
    let _ = bench.pr(&["create", "--title", "app"]).run().expect(0);
    let before = bench.tip("main");
    bench.forge.fault(method, part, Fault::HeadMoves);
    let output = bench.pr(&["merge", "1"]).run().expect(7);
    assert!(output.stderr.starts_with("error[head-moved]"), "{}", output.all());
    assert_eq!(bench.tip("main"), before);
}

/// The answer to the merge never comes, and it is merged: that is read, not sent again.
pub(crate) fn a_merge_whose_answer_is_lost_is_a_merge(bench: &Bench, (method, part): (&'static str, &'static str)) {
    let _ = bench.pr(&["create", "--title", "app"]).run().expect(0);
    bench.forge.fault(method, part, Fault::DoneAndCut);
    let merged = bench.pr(&["merge", "1", "-o", "json"]).run().expect(0).json();
    assert_eq!(merged["pull_request"]["state"], "merged");
}

/// One comment a key, and nobody else's words are touched.
pub(crate) fn one_comment_a_key(bench: &Bench) {
    let _ = bench.pr(&["create", "--title", "app"]).run().expect(0);
    bench
        .forge
        .shelf()
        .comment(1, "anna", "<!-- rakops:sticky:plan -->\nmine");
    bench.forge.shelf().page = 1;
    let keep = |text: &str| {
        let words = ["comment", "1", "--key", "plan", "--body", text];
        bench.pr(&words).run().expect(0).stderr
    };
    assert!(keep("one").contains("made"));
    assert!(keep("one").contains("already said so"));
    assert!(keep("two").contains("replaced"));
    let output = bench
        .pr(&["comment", "1", "--key", "other", "--body-file", "-"])
        .stdin("three");
    let _ = output.run().expect(0);
    let notes: Vec<(String, String)> = {
        let shelf = bench.forge.shelf();
        shelf
            .notes
            .iter()
            .map(|note| (note.author.clone(), note.body.clone()))
            .collect()
    };
    let own = |text: &str| (ME.to_owned(), text.to_owned());
    assert_eq!(
        notes,
        [
            ("anna".to_owned(), "<!-- rakops:sticky:plan -->\nmine".to_owned()),
            own("<!-- rakops:sticky:plan -->\ntwo"),
            own("<!-- rakops:sticky:other -->\nthree"),
        ]
    );
}

/// With checks under way the forge merges later, and the wait sees it.
pub(crate) fn auto_merge_merges_once_checks_pass(bench: &Bench) {
    let _ = bench.pr(&["create", "--title", "app"]).run().expect(0);
    bench.forge.shelf().pulls[0].checks = Some("pending");
    let output = bench.pr(&["create", "--auto-merge"]).run().expect(0);
    assert!(
        output.stderr.contains("the forge merges it as soon as it may"),
        "{}",
        output.all()
    );
    let expected = bench.tip("feature");
    assert_eq!(bench.forge.shelf().pulls[0].auto_merge, Some(expected));
    let late = bench.pr(&["wait", "1", "--timeout", "1s"]).run().expect(3);
    assert!(late.stderr.contains("error[wait-ran-out]"), "{}", late.all());
    bench.forge.shelf().checks_end(1, "success");
    let output = bench.pr(&["wait", "1", "-o", "json"]).run().expect(0);
    assert_eq!(output.json()["pull_request"]["state"], "merged", "{}", output.all());
}

/// Where there is nothing to wait for, nothing is merged behind anybody's back.
pub(crate) fn auto_merge_without_anything_to_wait_for_merges_nothing(bench: &Bench) {
    let before = bench.tip("main");
    let output = bench.pr(&["create", "--title", "app", "--auto-merge"]).run().expect(3);
    assert!(
        output.stderr.contains("error[auto-merge-unavailable]"),
        "{}",
        output.all()
    );
    assert_eq!(bench.tip("main"), before);
    assert_eq!(bench.forge.shelf().pulls[0].state, "open");
}

/// Reviews and checks are seen, and waited for.
pub(crate) fn reviews_and_checks_are_waited_for(bench: &Bench, approved: &'static str) {
    let _ = bench.pr(&["create", "--title", "app"]).run().expect(0);
    bench.forge.shelf().pulls[0].checks = Some("failure");
    let failed = bench.pr(&["wait", "1", "--for", "checks"]).run().expect(3);
    assert!(failed.stderr.contains("error[checks-failed]"), "{}", failed.all());
    bench.forge.shelf().pulls[0].checks = Some("success");
    bench.forge.shelf().pulls[0].reviews.push(("anna".into(), approved));
    let _ = bench.pr(&["wait", "1", "--for", "checks"]).run().expect(0);
    let seen = bench
        .pr(&["wait", "1", "--for", "approved", "-o", "json"])
        .run()
        .expect(0)
        .json();
    assert_eq!(
        (&seen["pull_request"]["checks"], &seen["pull_request"]["review"]),
        (&"passed".into(), &"approved".into())
    );
}

/// Each kind of failure has its exit code, keeps the forge's words, and never shows the token.
pub(crate) fn failures_say_what_to_do_and_never_the_token(bench: &Bench, part: &'static str) {
    let _ = bench.pr(&["create", "--title", "app"]).run().expect(0);
    let json = |text: &str| format!("{{\"message\": \"{text} {TOKEN}\"}}");
    let cases: &[Case] = &[
        (401, &[], json("Bad credentials"), 4, "error[token-refused]"),
        (403, &[], json("no right"), 4, "error[not-permitted]"),
        (404, &[], json("Not Found"), 5, "error[not-found]"),
        (410, &[], json("Gone"), 5, "error[not-found]"),
        (422, &[], json("odd"), 3, "error[forge-refuses]"),
        (
            429,
            &[("retry-after", "7200")],
            json("slow down"),
            6,
            "error[rate-limit]",
        ),
        (501, &[], json("oops"), 6, "error[remote]"),
        (200, &[], "{\"truncated\": ".to_owned(), 6, "error[odd-answer]"),
        (
            203,
            &[("content-type", "text/html")],
            "<html>sign in</html>".to_owned(),
            4,
            "error[sign-in-page]",
        ),
        (302, &[], String::new(), 6, "error[moved]"),
    ];
    for (status, headers, body, code, start) in cases {
        let headers = headers
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let fault = Fault::Answer(*status, headers.collect(), body.clone());
        bench.forge.fault("GET", part, fault);
        let before = bench.forge.count("GET", part);
        let output = bench.pr(&["list", "-v", "-o", "json"]).run().expect(*code);
        assert!(output.stderr.contains(start), "{status}: {}", output.all());
        assert!(!output.all().contains(TOKEN), "{}", output.all());
        assert!(
            output.stderr.contains("help: ") || *status >= 422 || *status < 400,
            "{}",
            output.all()
        );
        assert_eq!(
            bench.forge.count("GET", part),
            before + 1,
            "{status} is not asked again"
        );
    }
}

/// A read is tried again, after the wait that the forge wants.
pub(crate) fn a_read_is_tried_again(bench: &Bench, part: &'static str) {
    let wait = |seconds: &str| vec![("retry-after".to_owned(), seconds.to_owned())];
    for (status, headers) in [(503, wait("0")), (429, wait("0")), (500, Vec::new()), (502, Vec::new())] {
        bench
            .forge
            .fault("GET", part, Fault::Answer(status, headers, String::new()));
        let _ = bench.pr(&["list"]).run().expect(0);
    }
    bench.forge.fault("GET", part, Fault::Truncated);
    let _ = bench.pr(&["list"]).run().expect(0);
    bench.forge.fault("GET", part, Fault::Cut);
    let _ = bench.pr(&["list"]).run().expect(0);
    bench
        .forge
        .fault("GET", part, Fault::Answer(429, wait("3"), String::new()));
    let began = Instant::now();
    let output = bench.pr(&["list"]).run().expect(0);
    assert!(began.elapsed() >= Duration::from_secs(3));
    assert!(
        output.stderr.contains("waiting 3 s, as 127.0.0.1 asks"),
        "{}",
        output.all()
    );
}

/// Without a token nothing is written, and the variables are named.
pub(crate) fn without_a_token_it_says_where_one_is_looked_for(bench: &Bench, variable: &'static str) {
    let output = bench.pr(&["create", "--title", "x"]).env(variable, "").run().expect(4);
    assert!(output.stderr.contains(variable), "{}", output.all());
    let output = bench.pr(&["list"]).env(variable, "another-wrong-token").run().expect(4);
    assert!(
        output
            .stderr
            .contains(&format!("does not take the token from `{variable}`")),
        "{}",
        output.all()
    );
    assert!(!output.all().contains("another-wrong-token"), "{}", output.all());
    bench.sandbox.file("../token", format!("{TOKEN}\n"));
    let _ = bench
        .pr(&["list", "--token-file", "../token"])
        .env(variable, "wrong")
        .run()
        .expect(0);
    let output = bench.pr(&["list", "--token-stdin"]).env(variable, "wrong").stdin(TOKEN);
    let _ = output.run().expect(0);
}
