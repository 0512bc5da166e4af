//! What was seen lately.

use std::time::Duration;

use super::{World, shop};
use crate::error::Kind;
use crate::registry::{Freshness, Mode};

fn files(world: &World) -> Vec<std::path::PathBuf> {
    let entries = std::fs::read_dir(world.directory.path().join("cache"));
    entries.into_iter().flatten().map(|it| it.unwrap().path()).collect()
}

#[test]
fn tags_are_remembered_with_their_age() {
    let (registry, image, _) = shop();
    let image = super::repository(&image);
    let mut world = World::new();
    let recent = |world: &World| world.asking(|it| it.tags(&image, Freshness::Recent)).unwrap();
    let seen = |world: &World| world.asking(|it| it.seen(&image));
    assert!(seen(&world).is_empty());
    assert_eq!(recent(&world).age, None);
    world.now += 599;
    assert_eq!(recent(&world).age, Some(Duration::from_secs(599)));
    assert_eq!(seen(&world), ["1.4.2", "1.5.0"]);
    assert_eq!(registry.asked().len(), 1);
    world.asking(|it| it.tags(&image, Freshness::Now)).unwrap();
    assert_eq!(registry.asked().len(), 2);
    world.now += 601;
    assert_eq!(recent(&world).age, None);
    world.now -= 10;
    assert_eq!(recent(&world).age, None, "a clock that was set back");
    world.now += 86_500;
    assert!(seen(&world).is_empty());
    let before = registry.asked().len();
    world.mode = Mode::Offline;
    let tags = world.asking(|it| it.tags(&image, Freshness::Now)).unwrap();
    assert_eq!(tags.age, Some(Duration::from_secs(86_500)));
    let error = world.asking(|it| it.digest(&image, "1.4.2")).unwrap_err();
    assert_eq!((error.kind, error.code), (Kind::Refused, "offline"));
    assert_eq!(registry.asked().len(), before);
}

#[test]
fn what_stands_behind_a_digest_is_read_once() {
    let (registry, image, [single, index]) = shop();
    let mut world = World::new();
    let first = world.details(&image, "1.5.0").unwrap();
    let before = registry.asked().len();
    assert_eq!(world.details(&image, "1.5.0").unwrap(), first);
    assert_eq!(registry.asked()[before..], ["HEAD /v2/acme/api/manifests/1.5.0"]);
    registry.tag("acme/api", "1.5.0", &single);
    assert_eq!(world.details(&image, "1.5.0").unwrap().digest, single);
    world.mode = Mode::Offline;
    assert_eq!(world.details(&image, &index).unwrap(), first);
    assert_eq!(world.details(&image, "1.5.0").unwrap_err().code, "offline");
}

#[test]
fn rubbish_in_the_cache_is_as_nothing() {
    let (_registry, image, _) = shop();
    let image = super::repository(&image);
    let world = World::new();
    world.asking(|it| it.tags(&image, Freshness::Now)).unwrap();
    let [file] = &files(&world)[..] else {
        panic!("{:?}", files(&world))
    };
    let whole = std::fs::read_to_string(file).unwrap();
    for text in [
        "",
        "rubbish",
        "{}",
        &whole[..whole.len() / 2],
        &whole.replace("acme/api", "acme/web"),
        &whole.replace(&super::NOW.to_string(), &i64::MIN.to_string()),
        &whole.replace(&super::NOW.to_string(), &i64::MAX.to_string()),
    ] {
        std::fs::write(file, text).unwrap();
        assert!(world.asking(|it| it.seen(&image)).is_empty(), "{text}");
        assert_eq!(world.asking(|it| it.tags(&image, Freshness::Recent)).unwrap().age, None);
        assert_eq!(world.asking(|it| it.seen(&image)).len(), 2);
    }
    // A directory in its place, and a directory that cannot be made.
    std::fs::remove_file(file).unwrap();
    std::fs::create_dir(file).unwrap();
    assert!(world.asking(|it| it.tags(&image, Freshness::Recent)).is_ok());
    std::fs::remove_dir_all(world.directory.path().join("cache")).unwrap();
    world.file("cache", "");
    assert!(world.asking(|it| it.tags(&image, Freshness::Recent)).is_ok());
}

#[cfg(unix)]
#[test]
fn nobody_else_reads_the_cache_and_no_login_is_in_it() {
    use std::os::unix::fs::PermissionsExt;
    let (registry, image, _) = shop();
    registry.guard(super::registry::Guard::Bearer(Some("me:p4ss-of-a-test".into())));
    let world = World::new();
    world.login(&registry.host(), "me:p4ss-of-a-test");
    world.tags(&image).unwrap();
    world.details(&image, "1.5.0").unwrap();
    let mode = |path: &std::path::Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&world.directory.path().join("cache")), 0o700);
    for file in files(&world) {
        assert_eq!(mode(&file), 0o600);
        let text = std::fs::read_to_string(&file).unwrap();
        assert!(
            !text.contains("p4ss") && !text.contains("token") && !text.contains("me:"),
            "{text}"
        );
    }
}

#[test]
fn many_at_once_leave_whole_files_and_nothing_else() {
    let (registry, image, _) = shop();
    for number in 0..40 {
        registry.image("acme/api", &format!("2.{number}"));
    }
    let world = World::new();
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                let image = super::repository(&image);
                world.asking(|it| {
                    for number in 0..40 {
                        it.details(&image, &format!("2.{number}")).unwrap();
                        it.tags(&image, Freshness::Now).unwrap();
                    }
                });
            });
        }
    });
    assert_eq!(files(&world).len(), 1, "{:?}", files(&world));
    assert_eq!(world.asking(|it| it.seen(&super::repository(&image))).len(), 42);
}
