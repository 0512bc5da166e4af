//! Who is told who asks, and where that is known from.

use super::registry::{Fault, Guard};
use super::{World, entry, shop};
use crate::error::{Error, Kind};
use crate::registry::{Auth, Trust};

pub(super) const PAIR: &str = "robot$acme:p4ss-of-a-test";
pub(super) const SECRET: &str = "p4ss-of-a-test";

/// Nothing of an error tells a secret.
#[track_caller]
pub(super) fn assert_silent(error: &Error) {
    let all = format!("{error:?} {error}");
    assert!(!all.contains(SECRET), "{all}");
}

#[test]
fn a_password_is_sent_to_who_wants_one() {
    let (registry, image, [single, _]) = shop();
    registry.guard(Guard::Basic(PAIR.into()));
    let world = World::new();
    let error = world.digest(&image, "1.4.2").unwrap_err();
    assert_eq!((error.kind, error.code), (Kind::Access, "login-needed"));
    world.login(&registry.host(), PAIR);
    let before = registry.asked().len();
    let three = world.asking(|it| {
        let repository = super::repository(&image);
        (0..3)
            .map(|_| it.digest(&repository, "1.4.2").unwrap())
            .collect::<Vec<_>>()
    });
    assert_eq!(three, [single.as_str(); 3]);
    assert_eq!(registry.asked().len() - before, 5, "one challenge is enough");
    world.login(&registry.host(), "robot$acme:wrong-p4ss-of-a-test");
    let error = world.digest(&image, "1.4.2").unwrap_err();
    assert_eq!((error.kind, error.code), (Kind::Access, "login-refused"));
    assert_silent(&error);
}

#[test]
fn tokens_are_fetched_once_for_each_repository_and_the_realm_is_remembered() {
    let (registry, image, [single, _]) = shop();
    registry.image("acme/web", "1");
    let web = format!("{}/acme/web", registry.host());
    let world = World::new();
    for guard in [Guard::Bearer(None), Guard::Bearer(Some(PAIR.into()))] {
        registry.guard(guard);
        let before = registry.asked().len();
        world.asking(|it| {
            assert_eq!(it.digest(&super::repository(&image), "1.4.2").unwrap(), single);
            it.digest(&super::repository(&image), "1.5.0").unwrap();
            it.digest(&super::repository(&web), "1").unwrap();
        });
        let asked = &registry.asked()[before..];
        let tokens: Vec<&String> = asked.iter().filter(|line| line.contains("/token?")).collect();
        assert_eq!((asked.len(), tokens.len()), (6, 2), "{asked:?}");
        assert!(
            tokens[0].ends_with("service=fake&scope=repository%3Aacme%2Fapi%3Apull"),
            "{tokens:?}"
        );
        world.login(&registry.host(), PAIR);
    }
    world.login(&registry.host(), "robot$acme:wrong-p4ss-of-a-test");
    let error = world.tags(&image).unwrap_err();
    assert_eq!((error.kind, error.code), (Kind::Access, "login-refused"), "{error:?}");
    assert_silent(&error);
    // A login that is wrong is not tried for every repository: that locks people out.
    let before = registry.asked().len();
    world.asking(|it| {
        for image in [&image, &web, &image] {
            let error = it.tags(&super::repository(image), super::Freshness::Now).unwrap_err();
            assert_eq!(error.code, "login-refused");
        }
    });
    let asked = registry.asked().split_off(before);
    assert_eq!(
        asked.iter().filter(|line| line.contains("/token")).count(),
        1,
        "{asked:?}"
    );
    let before = registry.asked().len();
    registry.fault("GET /token", None, Fault::Late(std::time::Duration::from_millis(100)));
    world.asking(|it| {
        std::thread::scope(|scope| {
            for number in 0..16 {
                let image = super::repository(&format!("{}/acme/app-{number}", registry.host()));
                scope.spawn(move || assert_eq!(it.digest(&image, "1").unwrap_err().code, "login-refused"));
            }
        });
    });
    let asked = registry.asked().split_off(before);
    let tokens = asked.iter().filter(|line| line.contains("/token")).count();
    assert_eq!(tokens, 1, "{asked:?}");
    registry.mend();
    std::fs::remove_file(world.directory.path().join("config.json")).unwrap();
    assert_eq!(world.tags(&image).unwrap_err().code, "login-needed");
}

#[test]
fn a_wrong_password_is_tried_once_whoever_asks_for_whatever() {
    let (registry, image, _) = shop();
    registry.guard(Guard::Basic(PAIR.into()));
    let world = World::new();
    world.login(&registry.host(), "robot$acme:wrong-p4ss-of-a-test");
    world.asking(|it| {
        std::thread::scope(|scope| {
            for number in 0..16 {
                let image = super::repository(&format!("{}/acme/app-{number}", registry.host()));
                scope.spawn(move || assert_eq!(it.digest(&image, "1").unwrap_err().code, "login-refused"));
            }
        });
    });
    let requests = registry.requests();
    let tried = requests.iter().filter(|it| it.header("authorization").is_some());
    assert_eq!(tried.count(), 1, "{:?}", registry.asked());
    // One that is right goes on for the others where one repository is closed to it.
    world.login(&registry.host(), PAIR);
    let closed = Fault::header(401, "WWW-Authenticate", "Basic");
    registry.fault("HEAD /v2/acme/closed/", None, closed);
    world.asking(|it| {
        let closed = super::repository(&format!("{}/acme/closed", registry.host()));
        assert_eq!(it.digest(&closed, "1").unwrap_err().code, "login-refused");
        assert!(it.digest(&super::repository(&image), "1.4.2").is_ok());
    });
}

#[test]
fn a_token_that_has_expired_or_fits_no_more_is_replaced() {
    let (registry, image, _) = shop();
    registry.guard(Guard::Bearer(None));
    let world = World::new();
    // Ten seconds before its end a token counts as gone.
    let short = r#"{"access_token":"token-x-repository:acme/api:pull","token":"","expires_in":10}"#;
    registry.fault("GET /token", Some(1), Fault::Body(short.into()));
    let tokens = |world: &World| {
        world.asking(|it| (0..3).for_each(|_| assert!(it.digest(&super::repository(&image), "1.4.2").is_ok())));
        registry.asked().iter().filter(|line| line.contains("/token")).count()
    };
    assert_eq!(tokens(&world), 2);
    // A token that the registry takes no more.
    let stale = r#"{"token":"stale","expires_in":300}"#;
    registry.fault("GET /token", Some(1), Fault::Body(stale.into()));
    let error = world.digest(&image, "1.4.2").unwrap_err();
    assert_eq!(error.code, "login-needed");
    for rubbish in [
        "<html>",
        "{}",
        r#"{"token":"a\nb"}"#,
        r#"{"token":"p4ss-of-a-test","expires_in":"soon"}"#,
    ] {
        registry.fault("GET /token", Some(1), Fault::Body(rubbish.into()));
        let error = world.digest(&image, "1.4.2").unwrap_err();
        assert_eq!((error.kind, error.code), (Kind::Remote, "odd-answer"), "{rubbish}");
        assert_silent(&error);
    }
}

#[test]
fn an_identity_token_is_exchanged() {
    let (registry, image, _) = shop();
    registry.guard(Guard::Bearer(Some(PAIR.into())));
    let world = World::new();
    let host = registry.host();
    let azure = super::base64(format!("00000000-0000-0000-0000-000000000000:{SECRET}").as_bytes());
    for written in [
        format!(r#"{{"auths":{{"{host}":{{"auth":"","identitytoken":"{SECRET}"}}}}}}"#),
        format!(r#"{{"auths":{{"{host}":{{"username":"<token>","password":"{SECRET}"}}}}}}"#),
        format!(r#"{{"auths":{{"{host}":{{"auth":"{azure}"}}}}}}"#),
    ] {
        world.file("config.json", &written);
        assert_eq!(world.tags(&image).unwrap().len(), 2, "{written}");
        let requests = registry.requests();
        let post = requests.iter().rfind(|it| it.method == "POST").unwrap();
        let body = String::from_utf8(post.body.clone()).unwrap();
        assert_eq!(
            body,
            format!(
                "service=fake&scope=repository%3Aacme%2Fapi%3Apull&grant_type=refresh_token&client_id=rakops&refresh_token={SECRET}"
            )
        );
        assert!(post.header("authorization").is_none());
    }
    world.file(
        "config.json",
        format!(r#"{{"auths":{{"{host}":{{"identitytoken":"expired-{SECRET}"}}}}}}"#),
    );
    let error = world.tags(&image).unwrap_err();
    assert_eq!(error.code, "login-refused");
    assert_silent(&error);
}

#[test]
fn the_login_of_a_host_is_found_under_each_of_its_names() {
    let (registry, image, _) = shop();
    registry.guard(Guard::Basic(PAIR.into()));
    let world = World::new();
    let host = registry.host();
    for key in [
        host.clone(),
        format!("http://{host}"),
        format!("https://{host}/v1/"),
        format!("https://{host}/v2/"),
        format!("{host}/v2/"),
        format!("{host}/acme"),
        format!("{host}/acme/api"),
    ] {
        world.login(&key, PAIR);
        assert!(world.tags(&image).is_ok(), "{key}");
    }
    for key in [
        format!("{host}/acm"),
        format!("{host}/acme/api/x"),
        "127.0.0.1".into(),
        format!("x{host}"),
    ] {
        world.login(&key, PAIR);
        assert_eq!(world.tags(&image).unwrap_err().code, "login-needed", "{key}");
    }
    // The longest path counts, then the host.
    let (right, wrong) = (super::base64(PAIR.as_bytes()), super::base64(b"a:wrong-one"));
    world.file(
        "config.json",
        format!(r#"{{"auths":{{"{host}":{{"auth":"{wrong}"}},"{host}/acme":{{"auth":"{wrong}"}},"{host}/acme/api":{{"auth":"{right}"}}}}}}"#),
    );
    assert!(world.tags(&image).is_ok());
    // The next file counts where the first has nothing.
    world.file("config.json", r#"{"auths":{},"credsStore":"","HttpHeaders":{"a":"b"}}"#);
    world.file("auth.json", format!(r#"{{"auths":{{"{host}":{{"auth":"{right}"}}}}}}"#));
    assert!(world.tags(&image).is_ok());
}

#[test]
fn a_file_of_logins_that_is_broken_is_named_with_line_and_column() {
    let (registry, image, _) = shop();
    let world = World::new();
    let path = world.file("config.json", format!("{{\"auths\": {{\n  \"x\": \"{SECRET}\"\n}}}}"));
    // Nobody wants a login yet.
    assert!(world.tags(&image).is_ok());
    registry.guard(Guard::Basic(PAIR.into()));
    let error = world.tags(&image).unwrap_err();
    assert_eq!((error.kind, error.code), (Kind::Config, "docker-config"));
    assert_eq!(
        error.place.as_ref().unwrap().to_string(),
        format!("{}:2:23", path.display())
    );
    assert_silent(&error);
    world.file("config.json", "{\n  \"auths\": [\n");
    let error = world.tags(&image).unwrap_err();
    assert!(
        error.place.as_ref().unwrap().to_string().contains("config.json:2:"),
        "{error:?}"
    );
    for auth in ["?", "bm9jb2xvbg==", "/w=="] {
        world.file(
            "config.json",
            format!(r#"{{"auths":{{"{}":{{"auth":"{auth}"}}}}}}"#, registry.host()),
        );
        assert_eq!(world.tags(&image).unwrap_err().code, "docker-config", "{auth}");
    }
    world.file("config.json", " \n");
    assert_eq!(world.tags(&image).unwrap_err().code, "login-needed");
}

#[test]
fn what_only_the_configuration_says_never_costs_a_login() {
    let (registry, image, _) = shop();
    registry.guard(Guard::Basic(PAIR.into()));
    let host = registry.host();
    let mut world = World::new();
    world.login(&host, PAIR);
    let mut proposed = entry(&host);
    (proposed.insecure, proposed.trust) = (true, Trust::Proposed);
    let mut nobody = entry(&host);
    nobody.auth = Auth::Anonymous;
    for (entry, says, code) in [(proposed, 1, "not-agreed"), (nobody, 0, "login-needed")] {
        world.entries = vec![entry];
        let before = registry.requests().len();
        let error = world.asking(|it| {
            let _ = it.digest(&super::repository(&image), "1.5.0");
            it.digest(&super::repository(&image), "1.4.2").unwrap_err()
        });
        assert_eq!(error.code, code);
        assert!(
            registry.requests()[before..]
                .iter()
                .all(|it| it.header("authorization").is_none())
        );
        assert_eq!(world.said().len(), says, "{:?}", world.said());
        world.said.lock().unwrap().clear();
    }
}

#[test]
fn who_gives_tokens_gets_no_login_while_what_is_said_about_it_is_only_proposed() {
    let (registry, image, _) = shop();
    let tokens = super::registry::Registry::start();
    tokens.guard(Guard::Bearer(None));
    let challenge = format!("Bearer realm=\"http://{}/token\",service=\"x\"", tokens.host());
    let mut world = World::new();
    world.login(&registry.host(), PAIR);
    let mut proposed = entry(&tokens.host());
    (proposed.insecure, proposed.trust) = (true, Trust::Proposed);
    for (entries, gets_login) in [(Vec::new(), true), (vec![proposed], false)] {
        world.entries = entries;
        registry.fault("GET /v2/", Some(1), Fault::header(401, "WWW-Authenticate", &challenge));
        assert!(world.tags(&image).is_ok());
        let last = tokens.requests().pop().unwrap();
        assert_eq!(last.header("authorization").is_some(), gets_login);
        assert_eq!(world.said().is_empty(), gets_login, "{:?}", world.said());
    }
}

#[test]
fn a_login_is_not_sent_in_clear_to_who_gives_tokens() {
    let (registry, image, _) = shop();
    let world = World::new();
    world.login(&registry.host(), PAIR);
    for realm in [
        "http://tokens.example.invalid/t",
        "http://127.0.0.1\\@tokens.example.invalid/t",
        "http://user@127.0.0.1:1/t",
        "http://127.0.0.1:99999/t",
        "ftp://127.0.0.1/t",
        "/token",
        "",
    ] {
        let challenge = format!("Bearer realm=\"{}\",service=\"x\"", realm.replace('\\', "\\\\"));
        registry.fault("GET /v2/", Some(1), Fault::header(401, "WWW-Authenticate", &challenge));
        let error = world.tags(&image).unwrap_err();
        assert_eq!(
            (error.kind, error.code),
            (Kind::Remote, "odd-answer"),
            "{realm}: {error:?}"
        );
    }
}
