//! Mirrors, and which host is meant.

use super::registry::{Fault, Guard, Registry};
use super::{World, entry, shop};

#[test]
fn a_mirror_is_asked_first_and_the_registry_itself_where_that_does_not_help() {
    let (registry, image, [single, _]) = shop();
    let mirror = Registry::start();
    let other = mirror.created("hub/acme/api", "1.4.2", "2025-01-02T03:04:05Z");
    let mut world = World::new();
    let mut mirrored = entry(&registry.host());
    mirrored.mirror = Some(format!("{}/hub", mirror.host()));
    world.entries = vec![mirrored];
    assert_eq!(world.digest(&image, "1.4.2").unwrap(), other);
    assert_eq!(world.tags(&image).unwrap(), ["1.4.2"]);
    assert!(registry.asked().is_empty());
    assert!(world.digest(&image, "1.5.0").is_ok(), "the mirror does not have it");
    // Each has a login of its own.
    registry.guard(Guard::Basic("me:of-the-registry".into()));
    mirror.guard(Guard::Basic("me:of-the-mirror".into()));
    world.login(&mirror.host(), "me:of-the-mirror");
    assert_eq!(world.digest(&image, "1.4.2").unwrap(), other);
    world.login(&registry.host(), "me:of-the-registry");
    let before = mirror.requests().len();
    assert_eq!(world.digest(&image, "1.4.2").unwrap(), single);
    assert!(
        mirror.requests()[before..]
            .iter()
            .all(|it| it.header("authorization").is_none())
    );
    mirror.fault("HEAD ", None, Fault::Closed);
    assert_eq!(world.digest(&image, "1.4.2").unwrap(), single);
}

#[test]
fn docker_hub_has_an_address_of_its_own() {
    let world = World::new();
    world.asking(|it| {
        let origin = |name: &str| it.host(name).unwrap().origin.clone();
        assert_eq!(origin("docker.io"), "https://registry-1.docker.io");
        assert_eq!(origin("ghcr.io"), "https://ghcr.io");
        assert_eq!(origin("Registry.example.com:443"), "https://registry.example.com");
        assert_eq!(origin("localhost:5000"), "http://localhost:5000");
        assert_eq!(origin("[::1]:5000"), "http://[::1]:5000");
        assert_eq!(origin("[2001:db8::1]:5000"), "https://[2001:db8::1]:5000");
        assert_eq!(it.host("mirror.example.com/hub/").unwrap().path, "hub/");
    });
}

#[test]
fn docker_hub_is_asked_by_its_full_names_and_with_its_own_login() {
    let hub = Registry::start();
    hub.image("library/nginx", "1.27");
    let mut world = World::new();
    let mut entry = entry("docker.io");
    entry.mirror = Some(hub.host());
    world.entries = vec![entry];
    for image in [
        "nginx",
        "library/nginx",
        "docker.io/library/nginx",
        "index.docker.io/nginx",
    ] {
        assert_eq!(world.tags(image).unwrap(), ["1.27"], "{image}");
    }
    assert!(
        hub.asked()
            .iter()
            .all(|line| line == "GET /v2/library/nginx/tags/list?n=1000")
    );
}
