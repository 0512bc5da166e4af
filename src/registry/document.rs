//! What manifests, indexes and configurations say.
//!
//! Source: OCI image specification 1.1, `image-index.md`, `manifest.md`, `config.md`; docker's "Image Manifest V 2,
//! Schema 2".

use std::collections::BTreeMap;

use serde::Deserialize;

use super::details::Platform;
use crate::text::time;

/// What is asked for: a registry gives an index as 404 to who does not say that it can be read.
pub(super) const ACCEPT: &str = "application/vnd.oci.image.index.v1+json, \
    application/vnd.docker.distribution.manifest.list.v2+json, \
    application/vnd.oci.image.manifest.v1+json, \
    application/vnd.docker.distribution.manifest.v2+json";

/// The annotation that says when something was built. Source: OCI image specification, `annotations.md`.
const CREATED: &str = "org.opencontainers.image.created";

/// Reads a JSON object: an array, too, would pass for a structure without fields.
pub(super) fn object<'b, T: Deserialize<'b>>(bytes: &'b [u8]) -> Option<T> {
    let is_object = bytes.trim_ascii_start().starts_with(b"{");
    is_object.then(|| serde_json::from_slice(bytes).ok())?
}

/// A manifest or an index: only what is looked at.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Manifest {
    #[serde(default)]
    schema_version: u32,
    #[serde(default)]
    manifests: Option<Vec<Entry>>,
    #[serde(default)]
    config: Option<Descriptor>,
    #[serde(default)]
    annotations: Option<BTreeMap<String, String>>,
    /// Of docker's first schema.
    #[serde(default)]
    architecture: Option<String>,
}

/// One line of an index.
#[derive(Debug, Deserialize)]
struct Entry {
    digest: String,
    #[serde(default)]
    platform: Option<Written>,
}

/// A platform, as it is written.
#[derive(Debug, Default, Deserialize)]
struct Written {
    #[serde(default)]
    os: String,
    #[serde(default)]
    architecture: String,
    #[serde(default)]
    variant: Option<String>,
}

/// Where a configuration is.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Descriptor {
    #[serde(default)]
    media_type: String,
    digest: String,
}

/// The configuration of an image: only what is looked at.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Config {
    #[serde(default)]
    created: Option<String>,
    #[serde(flatten)]
    platform: Written,
}

impl Manifest {
    /// When it was built, if it says so itself.
    pub(super) fn created(&self) -> Option<i64> {
        time::read(self.annotations.as_ref()?.get(CREATED)?)
    }

    /// Whether it lists others.
    pub(super) fn is_index(&self) -> bool {
        self.manifests.is_some()
    }

    /// What it looks like at all: something that a registry may call a manifest.
    pub(super) fn is_one(&self) -> bool {
        self.schema_version > 0 || self.is_index() || self.config.is_some()
    }

    /// The platforms of an index. Attestations have `unknown/unknown`.
    pub(super) fn platforms(&self) -> Vec<Platform> {
        let entries = self.manifests.iter().flatten();
        let mut found: Vec<Platform> = entries.filter_map(|entry| entry.platform.as_ref()?.real()).collect();
        found.sort();
        found.dedup();
        found
    }

    /// The manifest of an index that stands for all where the time is asked for: of the first real platform, or the first.
    pub(super) fn first(&self) -> Option<&str> {
        let entries = || self.manifests.iter().flatten();
        let real = entries().find(|entry| entry.platform.as_ref().is_some_and(|it| it.real().is_some()));
        let bare = || entries().find(|entry| entry.platform.is_none());
        real.or_else(bare).map(|entry| entry.digest.as_str())
    }

    /// The digest of the configuration, if it is that of an image: charts and other artifacts have configurations of their own.
    pub(super) fn config(&self) -> Option<&str> {
        let config = self.config.as_ref()?;
        let is_image = matches!(
            config.media_type.as_str(),
            "application/vnd.oci.image.config.v1+json" | "application/vnd.docker.container.image.v1+json" | ""
        );
        is_image.then_some(config.digest.as_str())
    }

    /// Whether it is of docker's first schema, which nobody writes any more.
    pub(super) fn is_of_first_schema(&self) -> bool {
        self.schema_version == 1
    }

    /// The architecture that docker's first schema writes at the top; it is always for Linux.
    pub(super) fn of_first_schema(&self) -> Option<Platform> {
        let architecture = self.architecture.clone().filter(|_| self.schema_version == 1)?;
        Some(Platform {
            os: "linux".into(),
            architecture,
            variant: String::new(),
        })
    }
}

impl Written {
    fn real(&self) -> Option<Platform> {
        let is_known = |word: &str| !word.is_empty() && word != "unknown";
        (is_known(&self.os) && is_known(&self.architecture)).then(|| Platform {
            os: self.os.clone(),
            architecture: self.architecture.clone(),
            variant: self.variant.clone().unwrap_or_default(),
        })
    }
}

impl Config {
    /// When the image was built.
    pub(super) fn created(&self) -> Option<i64> {
        time::read(self.created.as_deref()?)
    }

    /// What it runs on.
    pub(super) fn platform(&self) -> Option<Platform> {
        self.platform.real()
    }
}
