//! A small repository of manifests whose image lies in a registry of the test's own.

use super::Sandbox;
use super::registry::Registry;

/// A registry, and a repository that runs `acme/api` of it: 1.4.1 in dev, 1.4.0 in stg and prd.
pub(crate) struct Stock {
    pub(crate) sandbox: Sandbox,
    pub(crate) registry: Registry,
    /// `127.0.0.1:PORT/acme/api`.
    pub(crate) image: String,
}

impl Stock {
    /// The registry has these tags of `acme/api`, in this order.
    pub(crate) fn new(tags: &[&str]) -> Stock {
        let registry = Registry::start();
        for tag in tags {
            registry.image("acme/api", tag);
        }
        let image = format!("{}/acme/api", registry.host());
        let sandbox = Sandbox::new();
        sandbox.repository();
        for (environment, tag) in [("dev", "1.4.1"), ("stg", "1.4.0"), ("prd", "1.4.0")] {
            let text = format!("images:\n- name: {image}\n  newTag: {tag}\n");
            sandbox.file(&format!("overlays/{environment}/kustomization.yaml"), text);
        }
        let stock = Stock {
            sandbox,
            registry,
            image,
        };
        stock.sandbox.commit_all("what runs");
        stock
    }

    /// What an environment's kustomization says.
    pub(crate) fn pinned(&self, environment: &str) -> String {
        let text = self.sandbox.read(&format!("overlays/{environment}/kustomization.yaml"));
        let version = text.lines().skip(2).map(str::trim).collect::<Vec<&str>>();
        version.join(" ")
    }

    /// Has the tag in every environment be another one.
    pub(crate) fn runs(&self, tag: &str) -> &Stock {
        for environment in ["dev", "stg", "prd"] {
            let text = format!("images:\n- name: {}\n  newTag: {tag}\n", self.image);
            self.sandbox
                .file(&format!("overlays/{environment}/kustomization.yaml"), text);
        }
        self.sandbox.commit_all("another tag");
        self
    }

    /// Adds the configuration of the image, with these lines below its name.
    pub(crate) fn configured(&self, lines: &[&str]) -> &Stock {
        let lines: String = lines.iter().map(|line| format!("    {line}\n")).collect();
        self.sandbox
            .file("rakops.yaml", format!("images:\n  - name: {}\n{lines}", self.image));
        self.sandbox.commit_all("configuration");
        self
    }

    /// How often manifests were asked for.
    pub(crate) fn asked_for_manifests(&self) -> usize {
        let asked = self.registry.asked();
        asked.iter().filter(|line| line.contains("/manifests/")).count()
    }
}
