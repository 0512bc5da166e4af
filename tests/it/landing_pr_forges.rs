//! The heart of `rakops bump … --pr`, on every forge.

use crate::harness::forges::azure_devops::AzureDevOps;
use crate::harness::forges::bitbucket_cloud::BitbucketCloud;
use crate::harness::forges::bitbucket_data_center::BitbucketDataCenter;
use crate::harness::forges::gitea::Gitea;
use crate::harness::forges::github::GitHub;
use crate::harness::forges::gitlab::GitLab;
use crate::harness::forges::{Bench, TOKEN};

const BRANCH: &str = "rakops/bump/stg/api";

fn everywhere(test: impl Fn(&Bench)) {
    for bench in [
        Bench::shop(GitHub),
        Bench::shop(GitLab),
        Bench::shop(Gitea),
        Bench::shop(BitbucketCloud),
        Bench::shop(BitbucketDataCenter),
        Bench::shop(AzureDevOps),
    ] {
        println!("on {}", bench.speaks().kind());
        test(&bench);
    }
}

#[test]
fn one_request_whatever_is_run_how_often() {
    everywhere(|bench| {
        let person = bench.speaks().person();
        let words = ["api=1.4.2", "--env", "stg", "--label", "deploy", "--reviewer", person];
        let first = bench.bump(&words).run().expect(0);
        assert!(
            first
                .stderr
                .contains("opened pull request 1: bump stg: api 1.4.1 -> 1.4.2"),
            "{}",
            first.all()
        );
        assert!(!first.all().contains(TOKEN), "{}", first.all());
        let (writes, tip) = (bench.forge.writes(), bench.tip(BRANCH));
        let again = bench.bump(&[&words[..], &["-o", "json"]].concat()).run().expect(0);
        assert_eq!(bench.forge.writes(), writes, "{}", again.all());
        assert_eq!(
            (again.json()["changed"].as_bool(), bench.tip(BRANCH)),
            (Some(false), tip)
        );

        let theirs = bench.commit(BRANCH, ("notes.md", "a note\n"));
        let newer = bench.bump(&["api=1.5.0", "--env", "stg"]).run().expect(0);
        assert!(
            newer
                .stderr
                .contains("updated pull request 1: bump stg: api 1.4.1 -> 1.5.0"),
            "{}",
            newer.all()
        );
        assert!(bench.show(&format!("{BRANCH}^")).contains(&theirs));
        {
            let tip = bench.tip(BRANCH);
            let mut shelf = bench.forge.shelf();
            assert_eq!(shelf.pulls.len(), 1);
            shelf.pulls[0].state = "closed";
            shelf.pulls[0].last_head = Some(tip);
        }
        let output = bench.bump(&["api=1.6.0", "--env", "stg"]).run().expect(0);
        assert!(output.stderr.contains("opened pull request 2"), "{}", output.all());
    });
}

#[test]
fn what_is_approved_stays() {
    everywhere(|bench| {
        bench.bump(&["api=1.4.2", "--env", "stg"]).run().expect(0);
        let word = match bench.speaks().kind() {
            "gitlab" | "bitbucket-cloud" | "azure-devops" => "approved",
            _ => "APPROVED",
        };
        bench.forge.shelf().pulls[0].reviews.push(("anna".to_owned(), word));
        let tip = bench.tip(BRANCH);
        let output = bench.bump(&["api=1.5.0", "--env", "stg"]).run().expect(3);
        assert!(output.stderr.starts_with("error[request-approved]"), "{}", output.all());
        assert_eq!(bench.tip(BRANCH), tip);
        let output = bench.bump(&["api=1.5.0", "--env", "stg", "--update"]).run().expect(0);
        assert!(output.stderr.contains("updated pull request 1"), "{}", output.all());
    });
}

#[test]
fn without_a_token_or_with_a_wrong_one_nothing_stays_on_the_remote() {
    everywhere(|bench| {
        let variable = bench.speaks().variable();
        let words = ["api=1.5.0", "--env", "stg"];
        let output = bench.bump(&words).env(variable, "").run().expect(4);
        assert!(output.stderr.starts_with("error[no-token]"), "{}", output.all());
        let output = bench.bump(&words).env(variable, "a-wrong-one").run().expect(4);
        assert!(!output.all().contains("a-wrong-one"), "{}", output.all());
        assert_eq!(bench.branches(), ["main"]);
    });
}
