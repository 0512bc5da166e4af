//! A small repository that many tests start from: a base, three overlays, comments in awkward places.

use super::Sandbox;

/// `base/api.yaml`.
pub(crate) const API: &str = "\
apiVersion: apps/v1
kind: Deployment
metadata: {name: api}
spec:
  template:
    spec:
      containers:
      - name: api
        image: ghcr.io/acme/api:1.4.0   # a default

      # image: ghcr.io/acme/api:0.1
";

/// `overlays/stg/kustomization.yaml`, which pins the API.
pub(crate) const STG: &str = "\
resources: [../../base]
images:
  # the tested one
  - name: ghcr.io/acme/api
    newTag: 1.4.1   # by hand
replicas:
  - {name: api, count: 2}
";

/// `overlays/prd/kustomization.yaml`, which pins nothing.
pub(crate) const PRD: &str = "\
resources:
- ../../base
namespace: shop
";

impl Sandbox {
    /// Fills the work directory with the shop, as a repository with one commit on `main`.
    pub(crate) fn shop(&self) -> &Sandbox {
        self.repository();
        self.files(&[
            ("base/kustomization.yaml", "resources:\n- api.yaml\n- web.yaml\n"),
            ("base/api.yaml", API),
            (
                "base/web.yaml",
                "kind: Deployment\nmetadata: {name: web}\nspec:\n  template:\n    spec:\n      containers:\n      - {name: web, image: ghcr.io/acme/web:2.0.0}\n",
            ),
            ("overlays/dev/kustomization.yaml", "resources: [../../base]\nimages:\n- name: ghcr.io/acme/api\n  newTag: 1.4.1\n"),
            ("overlays/stg/kustomization.yaml", STG),
            ("overlays/prd/kustomization.yaml", PRD),
        ]);
        self.commit_all("a shop");
        self
    }
}
