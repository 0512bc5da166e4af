//! A registry that is spoken to over a wire that breaks.

use super::wire::{Break, Wire};
use super::{ENDS, every_break};
use crate::harness::Sandbox;
use crate::harness::registry::Registry;

const VERSIONS: [&str; 4] = ["1.4.0", "1.4.1", "1.5.0", "2.0.0"];

/// A repository whose image is at the end of a wire, with a cache that has seen nothing.
fn repository(wire: &Wire) -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.repository();
    for environment in ["dev", "stg"] {
        let text = format!("images:\n- name: {}/acme/api\n  newTag: 1.4.0\n", wire.address());
        sandbox.file(&format!("overlays/{environment}/kustomization.yaml"), text);
    }
    sandbox.commit_all("what runs");
    sandbox
}

/// The newest version, checked at the registry, and pinned with its digest: everything that a registry is asked for.
const BUMP: [&str; 7] = [
    "bump",
    "api",
    "--latest",
    "--env",
    "stg",
    "--resolve-digest",
    "--verify",
];

pub(super) fn understood_or_not() {
    let registry = Registry::start();
    for version in VERSIONS {
        registry.image("acme/api", version);
    }
    let address = registry.host().parse().unwrap();
    let whole = Wire::to(address, None);
    let sandbox = repository(&whole);
    let before = sandbox.read("overlays/stg/kustomization.yaml");
    sandbox.rakops(BUMP).online().run().expect(0);
    let wanted = sandbox.read("overlays/stg/kustomization.yaml");
    assert!(wanted.contains("2.0.0") && wanted.contains("sha256:"), "{wanted}");
    let of = |wire: &Wire, text: &str| text.replace(&whole.address().to_string(), &wire.address().to_string());
    every_break(
        "cut: bump api --latest --resolve-digest",
        &whole.pieces(),
        &|breaks: Break| {
            let wire = Wire::to(address, Some(breaks));
            let sandbox = repository(&wire);
            let output = sandbox.rakops(BUMP).online().run();
            assert!(ENDS.contains(&output.code), "{breaks:?}: {}", output.all());
            let (old, new) = (of(&wire, &before), of(&wire, &wanted));
            let file = sandbox.read("overlays/stg/kustomization.yaml");
            assert_eq!(
                file,
                if output.code == 0 { new } else { old },
                "{breaks:?}: {}",
                output.all()
            );
            // What half an answer has left in the cache misleads nobody: the cache goes on being used where the wire is whole.
            let mended = Wire::to(address, None);
            for environment in ["dev", "stg"] {
                let text = of(&mended, &before);
                sandbox.file(&format!("overlays/{environment}/kustomization.yaml"), text);
            }
            sandbox.rakops(BUMP).online().run().expect(0);
            assert_eq!(
                sandbox.read("overlays/stg/kustomization.yaml"),
                of(&mended, &wanted),
                "{breaks:?}"
            );
            wire.is_broken()
        },
    );
}
