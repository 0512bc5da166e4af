//! Registries that send elsewhere: for blobs most do, to a store of somebody else.

use super::logins::PAIR;
use super::registry::{Fault, Guard, Registry};
use super::{World, shop};
use crate::error::Kind;

#[test]
fn a_login_never_follows_to_another_host() {
    let (registry, image, [single, _]) = shop();
    let other = Registry::start();
    other.created("acme/api", "1.4.2", "2026-01-02T03:04:05Z");
    let elsewhere = format!("http://{}/v2/acme/api", other.host());
    let sent = |registry: &Registry| {
        registry
            .requests()
            .iter()
            .any(|it| it.header("authorization").is_some())
    };
    for guard in [Guard::Basic(PAIR.into()), Guard::Bearer(Some(PAIR.into()))] {
        let world = World::new();
        world.login(&registry.host(), PAIR);
        registry.guard(guard.clone());
        // The host knows who asks before it sends elsewhere.
        world.asking(|it| {
            let image = super::repository(&image);
            it.tags(&image, super::Freshness::Now).unwrap();
            let config = r"GET /v2/acme/api/blobs/";
            for (request, path) in [
                ("HEAD /v2/acme/api/manifests/1.4.2", "/manifests/1.4.2".to_owned()),
                ("GET /v2/acme/api/manifests/1.4.2", "/manifests/1.4.2".to_owned()),
                (config, format!("/blobs/{}", config_of(&other))),
            ] {
                registry.fault(
                    request,
                    Some(1),
                    Fault::header(307, "Location", &format!("{elsewhere}{path}")),
                );
            }
            assert_eq!(it.digest(&image, "1.4.2").unwrap(), single);
            assert_eq!(it.details(&image, "1.4.2").unwrap().digest, single);
        });
        let asked = other.asked();

        assert!(asked.iter().any(|line| line.contains("/blobs/")), "{asked:?}");
        assert!(!sent(&other) && sent(&registry), "{guard:?}");
    }
    // Who stands behind a redirect is not told who asks, even if it wants to know.
    other.guard(Guard::Basic(PAIR.into()));
    registry.guard(Guard::Open);
    let to = Fault::header(307, "Location", &format!("{elsewhere}/manifests/1.4.2"));
    registry.fault("HEAD /v2/acme/api/manifests/1.5.0", Some(1), to);
    let world = World::new();
    world.login(&registry.host(), PAIR);
    world.login(&other.host(), PAIR);
    let error = world.digest(&image, "1.5.0").unwrap_err();
    assert_eq!(error.kind, Kind::Access, "{error:?}");
    assert!(!sent(&other));
}

#[test]
fn what_comes_from_elsewhere_is_compared_all_the_same() {
    let (registry, image, _) = shop();
    let other = Registry::start();
    other.blob(b"{}");
    let location = format!("http://{}/v2/acme/api/blobs/{}", other.host(), other.blob(b"{}"));
    registry.fault(
        "GET /v2/acme/api/blobs/",
        Some(1),
        Fault::header(302, "Location", &location),
    );
    let error = World::new().details(&image, "1.4.2").unwrap_err();
    assert_eq!(error.code, "digest-mismatch", "{error:?}");
    // For ever in a circle.
    let circle = Fault::header(302, "Location", "/v2/acme/api/tags/list");
    registry.fault("GET /v2/acme/api/tags/list", None, circle);
    let mut world = World::new();
    world.patience = std::time::Duration::ZERO;
    let error = world.tags(&image).unwrap_err();
    assert_eq!((error.kind, error.code), (Kind::Remote, "redirect"), "{error:?}");
}

/// The digest of the configuration of the one image of a registry.
fn config_of(registry: &Registry) -> String {
    let image = format!("{}/acme/api", registry.host());
    let before = registry.asked().len();
    World::new().details(&image, "1.4.2").unwrap();
    let asked = registry.asked();
    let blob = asked[before..].iter().find_map(|line| line.split_once("/blobs/"));
    blob.unwrap().1.to_owned()
}
