//! What goes wrong, told apart.

use std::net::TcpListener;
use std::time::{Duration, Instant};

use super::registry::{Fault, Guard};
use super::{World, shop};
use crate::error::{Hint, Kind};

#[test]
fn hosts_that_cannot_be_reached_are_told_apart() {
    let world = World::new();
    let mut quick = World::new();
    quick.patience = Duration::ZERO;
    let error = quick.tags("registry.example.invalid/acme/api").unwrap_err();
    assert_eq!((error.kind, error.code), (Kind::Remote, "remote"));
    assert_eq!(error.message, "there is no host `registry.example.invalid`");
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let begin = Instant::now();
    let error = world.asking(|it| {
        let _ = it.tags(&super::repository(&format!("{free}/acme/api")), super::Freshness::Now);
        let slow = begin.elapsed();
        let again = Instant::now();
        let error = it
            .digest(&super::repository(&format!("{free}/acme/web")), "1")
            .unwrap_err();
        assert!(again.elapsed() < Duration::from_millis(50) && slow < Duration::from_secs(5));
        error
    });
    assert_eq!((error.kind, error.code), (Kind::Remote, "remote"), "{error:?}");
    assert!(format!("{:?}", error.causes).contains("refused"), "{error:?}");
}

#[test]
fn answers_that_say_no_are_told_apart() {
    let (registry, image, _) = shop();
    let mut world = World::new();
    world.patience = Duration::ZERO;
    let page = || {
        Fault::Answer(
            200,
            vec![("Content-Type".into(), "text/html".into())],
            b"<html>log in".to_vec(),
        )
    };
    let denied = r#"{"errors":[{"code":"DENIED","message":"not yours"}]}"#;
    for (fault, kind, code, says) in [
        (Fault::status(401, ""), Kind::Access, "login-needed", "docker login"),
        (
            Fault::status(403, denied),
            Kind::Access,
            "forbidden",
            "DENIED: not yours",
        ),
        (
            Fault::status(429, ""),
            Kind::Remote,
            "remote",
            "log in, which mostly allows more",
        ),
        (Fault::status(500, ""), Kind::Remote, "remote", "it answered 500"),
        (Fault::status(418, ""), Kind::Remote, "odd-answer", "it answered 418"),
        (page(), Kind::Remote, "odd-answer", "web page"),
        (
            Fault::status(200, "rubbish"),
            Kind::Remote,
            "odd-answer",
            "does not answer as a registry",
        ),
        (
            Fault::status(200, "[]"),
            Kind::Remote,
            "odd-answer",
            "does not answer as a registry",
        ),
        (Fault::Truncated, Kind::Remote, "remote", ""),
        (Fault::Closed, Kind::Remote, "remote", ""),
        (
            Fault::status(400, "Client sent an HTTP request to an HTTPS server.\n"),
            Kind::Remote,
            "tls",
            "ca_file",
        ),
    ] {
        registry.fault("GET /v2/acme/api/", None, fault.clone());
        registry.fault("HEAD /v2/acme/api/", None, fault.clone());
        let error = world.tags(&image).unwrap_err();
        let by_details = world.details(&image, "1.4.2").unwrap_err();
        assert_eq!((by_details.kind, by_details.code), (kind, code), "{by_details:?}");
        registry.mend();
        assert_eq!((error.kind, error.code), (kind, code), "{fault:?}: {error:?}");
        assert!(format!("{error:?}").contains(says), "{error:?}");
        assert!(!error.hints.is_empty(), "{error:?}");
    }
    assert!(world.tags(&image).is_ok());
}

#[test]
fn a_login_that_may_not_is_not_asked_for_again() {
    let (registry, image, _) = shop();
    registry.guard(Guard::Basic("me:p4ss-of-a-test".into()));
    let world = World::new();
    world.login(&registry.host(), "me:p4ss-of-a-test");
    registry.fault("HEAD /v2/", Some(1), Fault::header(401, "WWW-Authenticate", "Basic"));
    registry.fault("HEAD /v2/", Some(1), Fault::status(403, ""));
    let error = world.digest(&image, "1.4.2").unwrap_err();
    assert_eq!((error.kind, error.code), (Kind::Access, "forbidden"));
    assert!(
        matches!(&error.hints[0], Hint::Say(text) if text.contains("for the right to pull it")),
        "{error:?}"
    );
}

#[test]
fn slow_answers_end_in_time() {
    let (registry, image, _) = shop();
    let mut world = World::new();
    (world.limit, world.patience) = (Duration::from_millis(300), Duration::ZERO);
    registry.fault("GET ", Some(1), Fault::Late(Duration::from_secs(3)));
    let begin = Instant::now();
    let error = world.tags(&image).unwrap_err();
    assert_eq!((error.kind, error.code), (Kind::Remote, "remote"));
    assert!(
        begin.elapsed() < Duration::from_secs(2) && error.message.contains("took too long"),
        "{error:?}"
    );
}

#[test]
fn a_failure_that_passes_is_waited_for() {
    let (registry, image, _) = shop();
    let world = World::new();
    for fault in [
        Fault::status(503, ""),
        Fault::Closed,
        Fault::Truncated,
        Fault::header(429, "Retry-After", "0"),
    ] {
        registry.fault("GET ", Some(1), fault);
        assert!(world.tags(&image).is_ok());
    }
}

#[test]
fn a_registry_that_wants_to_be_left_alone_is_left_alone_by_all_threads() {
    let (registry, image, _) = shop();
    let world = World::new();
    registry.fault("HEAD ", Some(1), Fault::header(429, "Retry-After", "3"));
    let begin = Instant::now();
    world.asking(|it| {
        std::thread::scope(|scope| {
            for thread in 0..16 {
                let image = &image;
                scope.spawn(move || {
                    // The first has asked before the others begin.
                    std::thread::sleep(Duration::from_millis(if thread == 0 { 0 } else { 300 }));
                    it.digest(&super::repository(image), "1.4.2").unwrap();
                });
            }
        });
    });
    assert!(begin.elapsed() >= Duration::from_secs(3));
    assert_eq!(registry.asked().len(), 17);
    assert_eq!(world.said(), ["waiting 3 s, as 127.0.0.1 asks"]);
    // Whoever has no patience is not kept waiting, and does not ask.
    let mut quick = World::new();
    quick.patience = Duration::from_secs(1);
    registry.fault("HEAD ", None, Fault::header(429, "Retry-After", "30"));
    let before = registry.asked().len();
    quick.asking(|it| {
        for _ in 0..5 {
            let error = it.digest(&super::repository(&image), "1.4.2").unwrap_err();
            assert_eq!((error.kind, error.code), (Kind::Remote, "remote"));
        }
    });
    assert_eq!(registry.asked().len() - before, 1);
}

#[test]
fn a_registry_that_wants_to_be_left_alone_for_ever_is_taken_at_its_word() {
    let (registry, image, _) = shop();
    let mut world = World::new();
    world.patience = Duration::ZERO;
    for wait in ["18446744073709551615", "9223372036854775807"] {
        for status in [429, 503] {
            registry.fault("HEAD ", None, Fault::header(status, "Retry-After", wait));
            let error = world.digest(&image, "1.4.2").unwrap_err();
            assert_eq!((error.kind, error.code), (Kind::Remote, "remote"), "{status} {wait}");
            registry.mend();
        }
    }
}
