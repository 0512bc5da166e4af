//! Programs that keep logins.

use super::logins::{PAIR, SECRET, assert_silent};
use super::registry::Guard;
use super::{World, shop};
use crate::error::Kind;

#[test]
fn a_program_that_keeps_logins_is_asked_once_whoever_asks() {
    let (registry, image, _) = shop();
    registry.guard(Guard::Basic(PAIR.into()));
    let world = World::new();
    let host = registry.host();
    let log = world.directory.path().join("log");
    world.helper(
        "shop",
        &format!(
            "cat >>{0}; echo \" $1\" >>{0}; sleep 0.1; echo '{{\"ServerURL\":\"x\",\"Username\":\"robot$acme\",\"Secret\":\"{SECRET}\"}}'",
            log.display()
        ),
    );
    for written in [
        format!(r#"{{"credHelpers":{{"{host}":"shop"}},"credsStore":"absent"}}"#),
        r#"{"credsStore":"shop"}"#.to_owned(),
    ] {
        world.file("config.json", written);
        std::fs::write(&log, "").unwrap();
        world.asking(|it| {
            std::thread::scope(|scope| {
                for _ in 0..16 {
                    scope.spawn(|| assert!(it.digest(&super::repository(&image), "1.4.2").is_ok()));
                }
            });
        });
        assert_eq!(std::fs::read_to_string(&log).unwrap(), format!("{host} get\n"));
    }
}

#[test]
fn a_program_that_keeps_logins_may_hang_fail_or_talk_rubbish() {
    let (registry, image, _) = shop();
    registry.guard(Guard::Basic(PAIR.into()));
    let world = World::new();
    world.file("config.json", r#"{"credsStore":"shop"}"#);
    for (script, code, says) in [
        ("exec sleep 60", "helper", "said nothing within 1 s"),
        ("sleep 60 & sleep 60", "helper", "said nothing within 1 s"),
        ("yes | head -c 3000000", "helper", "said far more than a login"),
        ("yes | head -c 3000000 >&2", "helper", "said far more than a login"),
        ("yes", "helper", "said nothing within 1 s"),
        ("echo p4ss-of-a-test", "helper", "did not say a login"),
        ("exec yes p4ss-of-a-test", "helper", "said nothing within 1 s"),
        (
            "echo '{\"Username\":\"x\",\"Secret\":\"p4ss-of-a-test\"}'; exit 1",
            "helper",
            "failed with exit code 1",
        ),
        (
            "echo '{\"Username\":\"p4ss-of-a-test\"}'",
            "helper",
            "did not say a login",
        ),
        (
            "echo '{\"Username\":\"robot\",\"Secret\":\"p4ss-of-a-test\"}'; exit 3",
            "helper",
            "failed with exit code 3",
        ),
        (
            "printf '{\n\"Secret\":\n\"p4ss-of-a-test\"\n}'; exit 3",
            "helper",
            "failed with exit code 3",
        ),
        (
            "set -x; PASSWORD=p4ss-of-a-test; exit 3",
            "helper",
            "failed with exit code 3",
        ),
        (
            "echo 'the vault is locked' >&2; exit 3",
            "helper",
            "failed with exit code 3",
        ),
        (
            "echo 'credentials not found in native keychain'; exit 1",
            "login-needed",
            "",
        ),
        (
            "echo '{\"ServerURL\":\"\",\"Username\":\"\",\"Secret\":\"\"}'",
            "login-needed",
            "",
        ),
    ] {
        world.helper("shop", script);
        let begin = std::time::Instant::now();
        let error = world.tags(&image).unwrap_err();
        assert_eq!(error.code, code, "{script}: {error:?}");
        assert!(error.message.contains(says) && !error.hints.is_empty(), "{error:?}");
        assert_silent(&error);
        assert!(begin.elapsed().as_secs() < 5, "{script}");
    }
    world.file("config.json", r#"{"credsStore":"absent-p4ss"}"#);
    let error = world.tags(&image).unwrap_err();
    assert_eq!((error.kind, error.code), (Kind::Remote, "helper"));
    assert!(
        format!("{:?}", error.hints).contains("install `docker-credential-absent-p4ss`"),
        "{error:?}"
    );
    for name in ["../../bin/sh", "a b", "$(x)"] {
        world.file("config.json", format!(r#"{{"credsStore":"{name}"}}"#));
        assert_eq!(world.tags(&image).unwrap_err().kind, Kind::Config, "{name}");
    }
}
