//! The shop with an Argo CD Application for each environment, and a branch that changes its base.

use super::Sandbox;

/// The branch that changes the base.
pub(crate) const FEATURE: &str = "feature/base";

/// The Application of an environment, which follows `main`.
pub(crate) fn application(environment: &str) -> String {
    format!(
        "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata:\n  name: shop-{environment}\nspec:\n  source:\n    \
         repoURL: https://git.example.com/acme/manifests.git\n    path: overlays/{environment}\n    targetRevision: main   # the trunk\n"
    )
}

impl Sandbox {
    /// The shop with its Applications, a remote, and [`FEATURE`] pushed there; `main` is checked out.
    pub(crate) fn shop_on_argo(&self) -> &Sandbox {
        self.shop();
        for environment in ["dev", "stg", "prd"] {
            self.file(&format!("argocd/{environment}.yaml"), application(environment));
        }
        self.commit_all("applications");
        self.remote();
        self.git(["switch", "--quiet", "--create", FEATURE]);
        self.file("base/api.yaml", self.read("base/api.yaml").replace("1.4.0", "1.6.0"));
        self.commit_all("another base");
        self.git(["push", "--quiet", "origin", FEATURE]);
        self.git(["switch", "--quiet", "main"]);
        self
    }

    /// Changes a file on `main`, here and at the remote.
    pub(crate) fn change_on_main(&self, file: &str, from: &str, to: &str) {
        self.git(["switch", "--quiet", "main"]);
        self.git(["pull", "--quiet", "--ff-only", "origin", "main"]);
        self.file(file, self.read(file).replace(from, to));
        self.commit_all("a change on main");
        self.git(["push", "--quiet", "origin", "main"]);
    }
}
