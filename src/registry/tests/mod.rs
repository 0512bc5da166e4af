//! The room over real HTTP, against a registry on the loopback.

mod cache;
mod failures;
mod figures;
#[cfg(unix)]
mod helpers;
mod logins;
mod mirrors;
mod redirects;
mod versions;

#[path = "../../../tests/it/harness/registry.rs"]
#[expect(dead_code, reason = "the integration tests need more of it")]
mod registry;
#[path = "../../../tests/it/harness/server.rs"]
#[expect(dead_code, clippy::print_stderr, reason = "only a request is wanted here")]
mod server;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Mutex;
use std::time::Duration;

use super::{Auth, Details, Entry, Freshness, Logins, Mode, Registries, Setup, Trust};
use crate::error::Error;
use crate::image::Repository;
use crate::text::code::base64;
use registry::Registry;

/// Seconds since 1970 by the clock of these tests.
const NOW: i64 = 1_795_338_720;

/// What a command would hand over, and what it was told.
struct World {
    directory: tempfile::TempDir,
    variables: BTreeMap<String, String>,
    entries: Vec<Entry>,
    insecure: Vec<String>,
    authorities: Option<Vec<u8>>,
    mode: Mode,
    now: i64,
    patience: Duration,
    limit: Duration,
    said: Mutex<Vec<String>>,
}

impl World {
    fn new() -> World {
        let directory = tempfile::tempdir().unwrap();
        let programs = format!("{}:/usr/bin:/bin", directory.path().join("bin").display());
        World {
            directory,
            variables: BTreeMap::from([("PATH".to_owned(), programs)]),
            entries: Vec::new(),
            insecure: Vec::new(),
            authorities: None,
            mode: Mode::Online,
            now: NOW,
            patience: Duration::from_secs(5),
            limit: Duration::from_secs(5),
            said: Mutex::default(),
        }
    }

    /// Writes a file into the directory of this world; returns its path.
    fn file(&self, name: &str, text: impl AsRef<[u8]>) -> PathBuf {
        let path = self.directory.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, text).unwrap();
        path
    }

    /// Writes the file of docker's logins, with a login for a host.
    fn login(&self, host: &str, pair: &str) {
        let auth = base64(pair.as_bytes());
        self.file(
            "config.json",
            format!(r#"{{"auths":{{"{host}":{{"auth":"{auth}"}}}}}}"#),
        );
    }

    /// Writes a program that keeps logins, as a script.
    #[cfg(unix)]
    fn helper(&self, name: &str, script: &str) {
        use std::os::unix::fs::PermissionsExt;
        let path = self.file(
            &format!("bin/docker-credential-{name}"),
            format!("#!/bin/sh\n{script}\n"),
        );
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).unwrap();
    }

    fn asking<T>(&self, work: impl FnOnce(&Registries<'_>) -> T) -> T {
        let say = |line: &str| self.said.lock().unwrap().push(line.to_owned());
        let registries = Registries::new(Setup {
            mode: self.mode,
            request_limit: self.limit,
            patience: self.patience,
            entries: self.entries.clone(),
            insecure: self.insecure.clone(),
            authorities: self.authorities.clone(),
            logins: Logins {
                files: vec![
                    self.directory.path().join("config.json"),
                    self.directory.path().join("auth.json"),
                ],
                variables: &self.variables,
                helper_limit: Duration::from_secs(1),
            },
            cache: self.directory.path().join("cache"),
            now: self.now,
            say: &say,
        });
        work(&registries)
    }

    fn tags(&self, image: &str) -> Result<Vec<String>, Error> {
        self.asking(|it| it.tags(&repository(image), Freshness::Now))
            .map(|tags| tags.names)
    }

    fn digest(&self, image: &str, reference: &str) -> Result<String, Error> {
        self.asking(|it| it.digest(&repository(image), reference))
    }

    fn details(&self, image: &str, reference: &str) -> Result<Details, Error> {
        self.asking(|it| it.details(&repository(image), reference))
    }

    fn said(&self) -> Vec<String> {
        self.said.lock().unwrap().clone()
    }
}

fn repository(image: &str) -> Repository {
    Repository::parse(image).unwrap()
}

/// What the configuration says about a host, when it says nothing.
fn entry(host: &str) -> Entry {
    Entry {
        host: host.into(),
        auth: Auth::DockerConfig,
        mirror: None,
        insecure: false,
        authorities: None,
        trust: Trust::Agreed,
    }
}

/// A registry with two versions of `acme/api`, one of them for two platforms; its image name, and the digests.
fn shop() -> (Registry, String, [String; 2]) {
    let registry = Registry::start();
    let single = registry.created("acme/api", "1.4.2", "2026-01-02T03:04:05Z");
    let index = registry.index("acme/api", "1.5.0", &["linux/amd64", "linux/arm64/v8"]);
    let image = format!("{}/acme/api", registry.host());
    (registry, image, [single, index])
}
