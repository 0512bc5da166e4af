//! Tags, digests and manifests.

use super::registry::{Fault, MANIFEST};
use super::{World, shop};
use crate::error::Kind;

#[test]
fn tags_digests_and_platforms_are_what_the_registry_says() {
    let (registry, image, [single, index]) = shop();
    let world = World::new();
    assert_eq!(world.tags(&image).unwrap(), ["1.4.2", "1.5.0"]);
    assert_eq!(world.digest(&image, "1.4.2").unwrap(), single);
    assert_eq!(world.digest(&image, "1.5.0").unwrap(), index);
    assert_eq!(world.digest(&image, &index).unwrap(), index);
    let details = world.details(&image, "1.4.2").unwrap();
    assert_eq!((details.digest, details.created), (single, Some(1_767_323_045)));
    let platforms = |reference: &str| {
        let details = world.details(&image, reference).unwrap();
        details.platforms.iter().map(ToString::to_string).collect::<Vec<_>>()
    };
    assert_eq!(platforms("1.4.2"), ["linux/amd64"]);
    assert_eq!(platforms("1.5.0"), ["linux/amd64", "linux/arm64/v8"]);
    assert_eq!(world.details(&image, "1.5.0").unwrap().created, Some(1_767_225_600));
    assert!(
        registry
            .requests()
            .iter()
            .all(|it| it.header("authorization").is_none())
    );
}

#[test]
fn pages_are_followed_wherever_the_link_leads_on_the_same_host() {
    let (registry, image, _) = shop();
    for number in 0..250 {
        registry.image("acme/api", &format!("2.{}.0", (number * 7) % 250));
    }
    registry.page(100);
    let world = World::new();
    let tags = world.tags(&image).unwrap();
    assert_eq!(tags.len(), 252);
    let asked = registry.asked();
    assert_eq!(asked.len(), 3, "{asked:?}");
    let host = registry.host();
    for (link, works) in [
        (
            format!("<http://{host}/v2/acme/api/tags/list?last=1.4.2>; rel=\"next\""),
            true,
        ),
        (
            format!("<https://{host}/v2/acme/api/tags/list?last=1.4.2>; rel=next"),
            true,
        ),
        ("<?last=1.4.2>; rel=\"next\"".to_owned(), true),
        ("<list?last=1.4.2>; rel=\"next\"".to_owned(), true),
        (
            "<https://elsewhere.example.com/v2/acme/api/tags/list>; rel=\"next\"".to_owned(),
            false,
        ),
        (
            "<//elsewhere.example.com/v2/acme/api/tags/list>; rel=\"next\"".to_owned(),
            false,
        ),
    ] {
        registry.fault(
            "GET /v2/acme/api/tags/list?n",
            Some(1),
            Fault::With("link", link.clone()),
        );
        let tags = world.tags(&image);
        match works {
            true => assert_eq!(tags.unwrap().len(), 252, "{link}"),
            false => assert_eq!(tags.unwrap_err().code, "odd-answer", "{link}"),
        }
    }
}

#[test]
fn a_next_page_that_comes_again_is_the_last() {
    let (registry, image, _) = shop();
    let again = "</v2/acme/api/tags/list?n=1000>; rel=\"next\"".to_owned();
    registry.fault("GET /v2/acme/api/tags/list", None, Fault::With("link", again));
    assert_eq!(World::new().tags(&image).unwrap(), ["1.4.2", "1.5.0"]);
    assert_eq!(registry.asked().len(), 1);
}

#[test]
fn a_list_that_never_ends_is_no_list() {
    let (registry, image, _) = shop();
    for number in 0..1_000 {
        registry.image("acme/api", &format!("2.{number}.0"));
    }
    registry.page(1);
    let error = World::new().tags(&image).unwrap_err();
    assert_eq!(error.code, "odd-answer");
    assert!(
        error
            .causes
            .iter()
            .any(|cause| cause.contains("does not come to an end")),
        "{error:?}"
    );
}

#[test]
fn lists_are_read_however_they_are_written() {
    let (registry, image, _) = shop();
    let world = World::new();
    for (body, tags) in [
        (r#"{"name":"acme/api","tags":null}"#, vec![]),
        (r#"{"name":"acme/api"}"#, vec![]),
        (
            r#"{"child":[],"manifest":{"sha256:0":{"tag":["b"]}},"name":"x","tags":["b","a","b","not a tag\n"]}"#,
            vec!["b", "a"],
        ),
    ] {
        registry.fault("GET /v2/acme/api/tags/list", Some(1), Fault::Body(body.into()));
        assert_eq!(world.tags(&image).unwrap(), tags, "{body}");
    }
    // A registry that takes no pages of this size.
    registry.fault("GET /v2/acme/api/tags/list?n=1000", None, Fault::status(400, "{}"));
    assert_eq!(world.tags(&image).unwrap().len(), 2);
}

#[test]
fn a_digest_is_found_without_its_header_and_without_head() {
    let (registry, image, [single, index]) = shop();
    let world = World::new();
    let path = "/v2/acme/api/manifests/";
    registry.fault(
        &format!("HEAD {path}"),
        Some(1),
        Fault::Without("docker-content-digest"),
    );
    registry.fault(&format!("GET {path}"), Some(1), Fault::Without("docker-content-digest"));
    assert_eq!(world.digest(&image, "1.5.0").unwrap(), index);
    for status in [405, 501] {
        registry.fault(&format!("HEAD {path}"), Some(1), Fault::status(status, ""));
        assert_eq!(world.digest(&image, "1.4.2").unwrap(), single);
    }
    registry.fault(
        &format!("HEAD {path}"),
        Some(1),
        Fault::With("docker-content-digest", "md5:0".into()),
    );
    assert_eq!(world.digest(&image, "1.4.2").unwrap(), single);
}

#[test]
fn what_is_not_what_its_digest_says_is_refused() {
    let (registry, image, [single, index]) = shop();
    let world = World::new();
    let path = "/v2/acme/api/manifests/";
    let other = || Fault::With("docker-content-digest", index.clone());
    registry.fault(&format!("HEAD {path}"), Some(1), other());
    let mut errors = vec![world.digest(&image, &single).unwrap_err()];
    registry.fault(&format!("GET {path}"), Some(1), other());
    errors.push(world.details(&image, "1.4.2").unwrap_err());
    let forged = format!(r#"{{"schemaVersion":2,"mediaType":"{MANIFEST}"}}"#);
    for reference in ["1.4.2", &single] {
        registry.fault(&format!("GET {path}"), Some(1), Fault::Body(forged.clone().into()));
        errors.push(world.details(&image, reference).unwrap_err());
    }
    registry.fault("GET /v2/acme/api/blobs/", Some(1), Fault::Body(b"{}".to_vec()));
    errors.push(world.details(&image, "1.4.2").unwrap_err());
    for error in errors {
        assert_eq!((error.kind, error.code), (Kind::Remote, "digest-mismatch"), "{error:?}");
        assert_eq!(error.hints.len(), 1);
    }
    assert!(world.details(&image, "1.4.2").is_ok());
}

#[test]
fn what_is_missing_is_the_version_or_the_whole_repository() {
    let (registry, image, [single, _]) = shop();
    let world = World::new();
    let nowhere = format!("{}/acme/web", registry.host());
    let absent = single.replace(['0', '1', '2'], "3");
    for (error, code) in [
        (world.digest(&image, "9").unwrap_err(), "version-missing"),
        (world.details(&image, &absent).unwrap_err(), "version-missing"),
        (world.digest(&nowhere, "9").unwrap_err(), "repository-missing"),
        (world.details(&nowhere, "9").unwrap_err(), "repository-missing"),
        (world.tags(&nowhere).unwrap_err(), "repository-missing"),
    ] {
        assert_eq!((error.kind, error.code), (Kind::NotFound, code), "{error:?}");
        assert!(!error.hints.is_empty());
    }
}

#[test]
fn names_that_lead_elsewhere_are_not_asked_for() {
    let (registry, image, _) = shop();
    let world = World::new();
    for reference in ["../../x", "a b", "", "sha256:../x"] {
        assert_eq!(world.digest(&image, reference).unwrap_err().code, "version-missing");
        assert_eq!(world.details(&image, reference).unwrap_err().code, "version-missing");
    }
    let entry = crate::image::Repository::parse_entry_name(&format!("{}/../acme", registry.host())).unwrap();
    let error = world.asking(|it| it.tags(&entry, super::Freshness::Now)).unwrap_err();
    assert_eq!((error.kind, error.code), (Kind::NotFound, "repository-missing"));
    assert!(registry.asked().is_empty());
}

#[test]
fn what_is_no_image_has_no_platforms() {
    let (registry, image, _) = shop();
    let world = World::new();
    let config = registry.blob(b"{\"name\":\"chart\"}");
    let chart = format!(
        r#"{{"schemaVersion":2,"config":{{"mediaType":"application/vnd.cncf.helm.config.v1+json","digest":"{config}","size":16}},"layers":[],"annotations":{{"org.opencontainers.image.created":"2026-01-02T04:04:05.5+01:00"}}}}"#
    );
    registry.manifest(("acme/api", "chart"), MANIFEST, chart.as_bytes());
    let details = world.details(&image, "chart").unwrap();
    assert_eq!((details.created, details.platforms), (Some(1_767_323_045), Vec::new()));
    let first = br#"{"schemaVersion":1,"name":"acme/api","tag":"old","architecture":"amd64","history":[]}"#;
    let media = "application/vnd.docker.distribution.manifest.v1+prettyjws";
    registry.manifest(("acme/api", "old"), media, first);
    let details = world.details(&image, "old").unwrap();
    assert_eq!((details.created, details.platforms.len()), (None, 1));
    // Neither an object nor a manifest.
    registry.manifest(("acme/api", "odd"), MANIFEST, b"[2]");
    registry.manifest(("acme/api", "empty"), MANIFEST, b"{}");
    for tag in ["odd", "empty"] {
        assert_eq!(world.details(&image, tag).unwrap_err().code, "odd-answer");
    }
}
