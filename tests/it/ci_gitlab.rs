//! What `rakops ci init` writes for GitLab alone.

use yaml_rust2::Yaml;

use crate::workflows::{combinations, parse};

/// GitLab hands out the artifacts of the last green pipeline of a request, which may be that of an older head.
#[test]
fn the_plan_that_gitlab_keeps_says_which_commit_it_is_of_and_is_of_no_fork() {
    let mut found = 0;
    for combination in combinations() {
        for (path, text) in combination.files() {
            let yaml = parse(&text);
            let (plan, apply) = (&yaml["rakops:terraform-plan"], &yaml["rakops:terraform-apply"]);
            if plan.as_hash().is_none() {
                continue;
            }
            found += 1;
            let context = format!("{combination:?} {path}");
            let rule = plan["rules"][0]["if"].as_str().unwrap();
            assert!(
                rule.ends_with("$CI_MERGE_REQUEST_SOURCE_PROJECT_ID == $CI_PROJECT_ID"),
                "{context}"
            );
            let script = |job: &Yaml| job["script"][0].as_str().unwrap().to_owned();
            assert!(
                script(plan).contains(r#"printf '%s\n' "$HEAD" > tfplan.commit"#),
                "{context}"
            );
            let kept = plan["artifacts"]["paths"]
                .as_vec()
                .unwrap()
                .iter()
                .filter_map(Yaml::as_str);
            assert_eq!(kept.collect::<Vec<_>>(), ["tfplan", "tfplan.commit"], "{context}");
            let apply = script(apply);
            let planned: Vec<&str> = apply.lines().filter(|line| line.starts_with("planned=")).collect();
            assert_eq!(planned, ["planned=$(cat planned/tfplan.commit)"], "{context}");
            assert!(
                apply.contains(r#"--plan-commit "$planned" --plan planned/tfplan"#),
                "{context}"
            );
        }
    }
    assert!(found > 0, "no workflow was looked at");
}
