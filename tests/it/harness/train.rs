//! A shop whose environments have branches of their own: `develop`, `staging` and `main`, all at the same commit at first.

use super::Sandbox;
use super::cmd::Output;

/// The configuration; production may be pushed to, so that tests need no forge.
pub(crate) fn config(strategy: &str) -> String {
    format!(
        "strategy: {strategy}\nenvironments:\n- {{name: dev, branch: develop}}\n- {{name: stg, branch: staging}}\n\
         - {{name: prd, branch: main, protected: false}}\n"
    )
}

const API: &str = "\
apiVersion: apps/v1
kind: Deployment
metadata: {name: api}
spec:
  replicas: 1
  template:
    spec:
      containers:
      - name: api
        image: ghcr.io/acme/api:1.0.0
        args: [serve]
";

/// An overlay that pins the API.
pub(crate) fn overlay(version: &str) -> String {
    format!("resources: [../../base]\nimages:\n- name: ghcr.io/acme/api\n  newTag: {version}   # by hand\n")
}

/// The kustomization of an environment.
pub(crate) fn file(environment: &str) -> String {
    format!("overlays/{environment}/kustomization.yaml")
}

impl Sandbox {
    /// The shop, and a remote that has its three branches; `main` is checked out.
    pub(crate) fn branches(&self, strategy: &str) -> &Sandbox {
        self.repository();
        self.files(&[
            ("rakops.yaml", &*config(strategy)),
            ("base/kustomization.yaml", "resources: [api.yaml]\n"),
            ("base/api.yaml", API),
            ("app.env", "POOL=1\n"),
        ]);
        for environment in ["dev", "stg", "prd"] {
            self.file(&file(environment), overlay("1.0.0"));
        }
        self.commit_all("a shop");
        self.git(["branch", "develop"]);
        self.git(["branch", "staging"]);
        self.remote();
        self
    }

    /// Commits files on a branch of the remote; what is checked out before is checked out again.
    pub(crate) fn put(&self, (branch, message): (&str, &str), files: &[(&str, &str)]) -> String {
        self.on(branch);
        self.files(files);
        let id = self.commit_all(message);
        self.back(branch);
        id
    }

    /// A branch `feature/NAME`, cut from `main`, with one commit.
    pub(crate) fn feature(&self, name: &str, files: &[(&str, &str)]) -> String {
        self.git(["fetch", "--quiet", "origin"]);
        let branch = format!("feature/{name}");
        self.git(["switch", "--quiet", "--create", &branch, "origin/main"]);
        self.files(files);
        let id = self.commit_all(&format!("Add {name}"));
        self.git(["switch", "--quiet", "main"]);
        id
    }

    /// Merges something into a branch of the remote, as a forge does.
    pub(crate) fn merge(&self, what: &str, (branch, message): (&str, &str)) -> String {
        self.on(branch);
        self.advance(60);
        self.git(["merge", "--quiet", "--no-ff", "--message", message, what]);
        let id = self.tip("HEAD");
        self.back(branch);
        id
    }

    /// Checks a branch of the remote out as it is there.
    pub(crate) fn on(&self, branch: &str) {
        self.git(["fetch", "--quiet", "origin"]);
        self.git([
            "switch",
            "--quiet",
            "--force-create",
            branch,
            &format!("origin/{branch}"),
        ]);
    }

    /// Pushes a branch, and checks `main` out again.
    pub(crate) fn back(&self, branch: &str) {
        self.git(["push", "--quiet", "origin", branch]);
        self.git(["switch", "--quiet", "main"]);
    }

    /// Promotes with `--push`; the words come after `promote`.
    #[track_caller]
    pub(crate) fn promote(&self, words: &[&str], code: i32) -> Output {
        self.advance(60);
        let all = ["promote"].iter().chain(words).chain(&["--push"]);
        self.rakops(all).run().expect(code)
    }

    /// A file of a branch of the remote.
    pub(crate) fn there(&self, object: &str) -> String {
        self.git_at_remote(&["show", object])
    }
}
