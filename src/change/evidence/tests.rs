use super::request::roll_back;
use super::{body, commit_message, is_ours, landings, read, title};
use crate::change::intent::{Intent, Source, Spread};
use crate::change::set::{Facts, SettingChange, SiteChange};

fn site(image: &str, from: Option<&str>, to: &str) -> SiteChange {
    SiteChange {
        file: "overlays/stg/kustomization.yaml".into(),
        line: 9,
        column: 13,
        image: image.into(),
        from: from.map(str::to_owned),
        to: to.into(),
        locator: "kustomize-images",
        environments: vec!["stg".into()],
    }
}

fn bump() -> Intent {
    Intent {
        spread: None,
        from: None,
        command: "bump",
        environments: vec!["stg".into()],
        subjects: vec!["api".into()],
        source: Some(Source::parse("acme/api@4f0c2f1").unwrap()),
        run: None,
    }
}

fn facts(sites: Vec<SiteChange>) -> Facts {
    Facts {
        sites,
        ..Facts::default()
    }
}

#[test]
fn a_message_says_what_changed_and_carries_trailers_that_are_read_back() {
    let facts = facts(vec![site("ghcr.io/acme/api", Some("1.4.1"), "1.4.2")]);
    let message = commit_message(&bump(), &facts, (None, None));
    assert_eq!(
        message,
        "bump stg: api 1.4.1 -> 1.4.2\n\nRakops-Operation: bump stg\n\
         Rakops-Image: stg ghcr.io/acme/api 1.4.1 -> 1.4.2\nRakops-Source: acme/api@4f0c2f1\n"
    );
    assert!(is_ours(&message) && !is_ours("bump stg: by hand\n"));
    let read = landings(&message);
    assert_eq!(read.len(), 1);
    assert_eq!(
        (read[0].image.as_str(), read[0].to.as_str()),
        ("ghcr.io/acme/api", "1.4.2")
    );
    assert_eq!(read[0].source, bump().source);
    assert_eq!(landings(&body(&bump(), &facts, None)), read, "a squash keeps the body");
}

#[test]
fn the_users_words_take_the_place_of_the_subject_and_the_trailers_stay() {
    let facts = facts(vec![site("api", None, "1.4.2")]);
    let message = commit_message(&bump(), &facts, (Some("x {summary}"), Some("Ship it\n\nBecause.\n")));
    assert!(
        message.starts_with("Ship it\n\nBecause.\n\nRakops-Operation: bump stg\n"),
        "{message}"
    );
    assert!(message.contains("Rakops-Image: stg api - -> 1.4.2\n"), "{message}");
}

#[test]
fn templates_are_filled_and_long_titles_name_numbers() {
    let two = facts(vec![site("acme/api", Some("1"), "2"), site("acme/web", Some("1"), "3")]);
    assert_eq!(title(&bump(), &two, None), "bump stg: api 2, web 3");
    assert_eq!(
        title(&bump(), &two, Some("{image}: {from}/{to} on {env} by {command}")),
        "api, web: 1/2, 3 on stg by bump"
    );
    let many = facts(
        (0..30)
            .map(|i| site(&format!("acme/service-{i}"), Some("1"), "2"))
            .collect(),
    );
    assert_eq!(title(&bump(), &many, None), "bump stg: 30 images");
    let digest = format!("sha256:{}", "a".repeat(64));
    let pinned = facts(vec![site("api", Some(&digest), &format!("1.2@{digest}"))]);
    assert_eq!(
        title(&bump(), &pinned, None),
        "bump stg: api sha256:aaaaaaaaaaaa -> 1.2"
    );
    let value = Facts {
        settings: vec![SettingChange {
            file: "a.yaml".into(),
            line: 1,
            column: 1,
            path: "spec.replicas".into(),
            from: Some("3".into()),
            to: Some("5".into()),
        }],
        ..Facts::default()
    };
    let set = Intent {
        command: "yaml set",
        ..Intent::default()
    };
    assert_eq!(title(&set, &value, None), "yaml set: spec.replicas=5");
}

#[test]
fn what_came_from_outside_stays_inside_code_on_the_page() {
    let mut hostile = site("acme/api", Some("1`|everyone"), "2");
    hostile.file = "a`b/<script>.yaml".into();
    let text = body(&bump(), &facts(vec![hostile]), None);
    let row = text.lines().find(|line| line.starts_with("| `stg`")).unwrap();
    assert!(row.contains("``1`\\|everyone``"), "{row}");
    assert!(row.contains("``a`b/<script>.yaml:9``"), "{row}");
}

#[test]
fn the_way_back_is_one_command_for_each_environment() {
    let digest = format!("sha256:{}", "a".repeat(64));
    let all = facts(vec![
        site("acme/api", Some("1.4.1"), "1.4.2"),
        site("acme/web", None, "2"),
        site("acme/job", Some("7"), &format!("8@{digest}")),
    ]);
    assert_eq!(
        roll_back(&bump(), &all),
        ["rakops bump acme/api=1.4.1 acme/job=7 --env stg --drop-digest --allow downgrade --pr"]
    );
}

#[test]
fn one_change_on_several_branches_has_one_name_and_says_where_it_goes() {
    let intent = Intent {
        command: "overlay set",
        environments: vec!["prd".into()],
        spread: Some(Spread {
            change: "overlay-set-prd-0123456789ab".into(),
            branches: vec!["main".into(), "develop".into()],
        }),
        ..Intent::default()
    };
    let message = commit_message(&intent, &Facts::default(), (None, None));
    let read = read(&message);
    assert_eq!(read.changes, ["overlay-set-prd-0123456789ab"]);
    assert!(read.is_of_overlay(), "{message}");
    let body = body(&intent, &Facts::default(), None);
    assert!(body.contains("each of these branches: `main`, `develop`."), "{body}");
    assert!(
        body.contains("\nRakops-Change: overlay-set-prd-0123456789ab\n"),
        "{body}"
    );
}
