//! A repository for settings of one environment: a base with a Deployment and generated data, and an overlay `prd` on it.

use super::Sandbox;

/// `base/api.yaml`.
pub(crate) const API: &str = "\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: api
spec:
  replicas: 2
  selector:
    matchLabels: {app: api}
  template:
    metadata:
      labels: {app: api}
    spec:
      containers:
        - name: api
          image: acme/api:1.0
          args: [\"--verbose\"]
          env:
            - name: LOG
              value: info
          resources:
            limits: {memory: 256Mi}
        - name: proxy
          image: acme/proxy:1.0
";

/// `base/kustomization.yaml`.
pub(crate) const BASE: &str = "\
resources:
  - api.yaml
configMapGenerator:
  - name: app
    literals:
      - LOG=info
";

/// The first lines of a patch for the Deployment.
pub(crate) const PATCH: &str = "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: api\n";

impl Sandbox {
    /// Makes the repository; `prd` is what follows `resources:` in the overlay, and `files` lie in its directory.
    pub(crate) fn settings(&self, prd: &str, files: &[(&str, &str)]) -> &Sandbox {
        self.repository();
        self.file("base/api.yaml", API);
        self.file("base/kustomization.yaml", BASE);
        let text = format!("# ours\nresources:\n  - ../../base\n{prd}");
        // Line breaks as the rest of it has them.
        let text = match prd.contains('\r') {
            true => text.replace("\r\n", "\n").replace('\n', "\r\n"),
            false => text,
        };
        self.file("overlays/prd/kustomization.yaml", text);
        for (path, text) in files {
            self.file(&format!("overlays/prd/{path}"), text);
        }
        self.commit_all("settings");
        self
    }

    /// The lines that the work tree has otherwise than the last commit: `-old`, `+new`, with new files among them.
    pub(crate) fn changed_lines(&self) -> String {
        self.git(["add", "--all"]);
        let diff = self.git(["diff", "--cached", "--unified=0", "--no-renames"]);
        let is_change = |line: &&str| {
            let marks = ["+++", "---"].iter().any(|mark| line.starts_with(mark));
            (line.starts_with('+') || line.starts_with('-')) && !marks
        };
        diff.lines().filter(is_change).map(|line| format!("{line}\n")).collect()
    }
}
