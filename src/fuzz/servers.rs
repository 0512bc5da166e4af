//! Questions to a forge and to a registry, asked of a server on the loopback: what comes back is the input.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::OnceLock;
use std::time::Duration;

use super::LIMIT;
use crate::error::Error;
use crate::forge::{Decoration, Door, FORGES, Host, Lane, NewRequest, Stage, Tokens, Wanted};
use crate::git::names::{BranchName, Oid, RemoteUrl};
use crate::http::Http;
use crate::image::Repository;
use crate::registry::{Freshness, Logins, Mode, Registries, Setup};
use crate::text::secret::Secret;

/// Asks a forge of the shelf, by its number, everything that it can be asked. It is at `address`, on the loopback.
pub fn forge(number: usize, address: &str) {
    static HTTP: OnceLock<Http> = OnceLock::new();
    let kind = FORGES[number % FORGES.len()].name();
    let pairs = [("RAKOPS_FORGE_URL", address), ("RAKOPS_FORGE_KIND", kind)];
    let variables = pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
    let token = Secret::new("t0ken-of-a-fuzzer");
    let door = Door {
        http: HTTP.get_or_init(|| Http::new(LIMIT)),
        say: &|_| {},
        tokens: Tokens {
            variables: &variables,
            given: Some(&token),
            git: None,
            logins: &[],
            gh: None,
        },
        patience: Duration::ZERO,
        keep: None,
    };
    let wanted = Wanted {
        repository: Some("acme/shop/m".into()),
        ..Wanted::default()
    };
    let remote = RemoteUrl::parse("/srv/acme/shop/m.git");
    if let Ok(host) = remote.and_then(|remote| crate::forge::open(door, &remote, &wanted)) {
        let _ = ask_all(&host);
    }
}

fn ask_all(host: &Host<'_>) -> Result<(), Error> {
    let (old, new) = (Oid::parse(&"a1".repeat(20)), Oid::parse(&"b2".repeat(20)));
    let lane = Lane {
        head: BranchName::parse("rakops/bump/all/api")?,
        base: BranchName::parse("main")?,
    };
    let asked = NewRequest {
        lane: lane.clone(),
        title: "t".into(),
        body: "b".into(),
        stage: Stage::Ready,
    };
    if let (Some(old), Some(new)) = (old, new) {
        let _ = host.evidence((&lane.base, Some(0)), &[old.clone(), new.clone()]);
        let _ = host.is_ancestor(host.repository(), &old, &new);
    }
    let _ = host.find_open(&lane);
    let _ = (
        host.list_open(None),
        host.rules(&lane.base),
        host.rewrites(&lane.base, 0),
    );
    let _ = (
        host.members("acme/sre"),
        host.comment(7, "plan", "text"),
        host.warnings_before_opening(),
    );
    let _ = host.create(&asked);
    if let Ok(pr) = host.get(7) {
        let decoration = Decoration {
            labels: vec!["x".into()],
            reviewers: vec!["anna".into()],
        };
        let _ = (
            host.reviews(&pr),
            host.decorate(&pr, &decoration),
            host.close(&pr, "no"),
        );
    }
    Ok(())
}

/// Asks a registry, `HOST:PORT` on the loopback, everything that it can be asked.
pub fn registry(host: &str) {
    let variables = BTreeMap::new();
    let registries = Registries::new(Setup {
        mode: Mode::Online,
        request_limit: LIMIT,
        patience: Duration::ZERO,
        entries: Vec::new(),
        insecure: vec![host.to_owned()],
        authorities: None,
        logins: Logins {
            files: Vec::new(),
            variables: &variables,
            helper_limit: LIMIT,
        },
        // Nothing can be kept below a file.
        cache: PathBuf::from("/dev/null/rakops"),
        now: 0,
        say: &|_| {},
    });
    let Ok(image) = Repository::parse(&format!("{host}/acme/api")) else {
        return;
    };
    let _ = registries.tags(&image, Freshness::Now);
    for reference in [
        "1.4.2",
        concat!(
            "sha256:",
            "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
        ),
    ] {
        let _ = registries.digest(&image, reference);
        let _ = registries.proven_digest(&image, reference);
        let _ = registries.details(&image, reference);
    }
}
