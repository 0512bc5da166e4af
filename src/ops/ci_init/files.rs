//! Which files there are, and what is filled into their templates.

use super::pins;
use super::render::Marks;
use super::request::{CiForge, CiKind, CiRequest, RakopsFrom, Tool};
use super::values::Values;
use crate::yaml::write_string;

/// The file that GitLab begins with.
pub(super) const PIPELINE: &str = ".gitlab-ci.yml";

macro_rules! template {
    ($name:literal) => {
        include_str!(concat!("templates/", $name))
    };
}

/// The files of a kind, by path.
pub(super) fn files(forge: CiForge, request: &CiRequest, values: &Values) -> Vec<(String, String)> {
    let marks = marks(forge, &request.words.rakops, values);
    let github = |name: &str, template: &str| (format!(".github/workflows/{name}"), marks.fill(template));
    let gitlab = |template: &str| {
        let path = included(request.kind);
        let pipeline = format!("include:\n  - local: {path}\n");
        vec![(path, marks.fill(template)), (PIPELINE.to_owned(), pipeline)]
    };
    match (forge, request.kind) {
        (CiForge::GitHub, CiKind::App) => vec![github("release.yml", template!("github/release.yml"))],
        (CiForge::GitHub, CiKind::Manifests) => vec![github("rakops-check.yml", template!("github/rakops-check.yml"))],
        (CiForge::GitHub, CiKind::Terraform) => vec![
            github("terraform-plan.yml", template!("github/terraform-plan.yml")),
            github("terraform-apply.yml", template!("github/terraform-apply.yml")),
        ],
        (CiForge::GitLab, CiKind::App) => gitlab(template!("gitlab/app.yml")),
        (CiForge::GitLab, CiKind::Manifests) => gitlab(template!("gitlab/manifests.yml")),
        (CiForge::GitLab, CiKind::Terraform) => gitlab(template!("gitlab/terraform.yml")),
    }
}

/// The file that a pipeline of GitLab includes.
pub(super) fn included(kind: CiKind) -> String {
    format!(".gitlab/ci/rakops-{}.yml", kind.as_str())
}

fn marks(forge: CiForge, rakops: &RakopsFrom, values: &Values) -> Marks {
    let mut marks = Marks::default();
    for (name, pinned) in pins::all() {
        marks.word(name, pinned);
    }
    let quoted = [
        ("IMAGE", &values.image),
        ("REGISTRY", &values.registry),
        ("MANIFESTS", &values.manifests.address),
        ("MANIFESTS_OWNER", &values.manifests.owner),
        ("MANIFESTS_NAME", &values.manifests.name),
        ("ENVIRONMENT", &values.environment),
        ("TERRAFORM_ENVIRONMENT", &values.environment),
        ("BRANCH", &values.branch),
        ("GROUP", &values.group),
        ("TOOL_VERSION", &values.tool_version),
    ];
    for (name, value) in quoted {
        marks.word(name, text(value));
    }
    let of_tag = format!("{}-${{{{ github.ref_name }}}}", values.group);
    marks.word("GROUP_OF_TAG", text(&of_tag));
    marks.word("TOOL", values.tool.program());
    marks.block("ROOTS", values.roots.join("\n"));
    let roots: Vec<String> = values.roots.iter().map(|root| format!("{root:?}")).collect();
    marks.word("ROOTS_LIST", format!("[{}]", roots.join(", ")));
    let image = match values.tool {
        Tool::Terraform => "hashicorp/terraform",
        Tool::OpenTofu => "ghcr.io/opentofu/opentofu",
    };
    marks.word("TOOL_IMAGE", format!("\"{image}:{}\"", values.tool_version));
    marks.word("RUST_IMAGE", "\"rust:1-alpine\"");
    marks.block("script:rendered", template!("scripts/rendered.sh"));
    marks.block("script:changed-roots", template!("scripts/changed-roots.sh"));
    let setup = match values.tool {
        Tool::Terraform => template!("github/setup-terraform.yml"),
        Tool::OpenTofu => template!("github/setup-tofu.yml"),
    };
    marks.block("SETUP", setup);
    let (login, packages) = match values.registry.as_str() {
        "ghcr.io" => (template!("github/login-ghcr.yml"), template!("github/packages.yml")),
        _ => (template!("github/login-registry.yml"), ""),
    };
    marks.block("LOGIN", login);
    marks.block("PACKAGES", packages);
    of_rakops(&mut marks, forge, rakops);
    marks
}

/// How a job gets rakops.
fn of_rakops(marks: &mut Marks, forge: CiForge, rakops: &RakopsFrom) {
    let named = |given: &Option<String>, variable: &str| match (given, forge) {
        (Some(given), _) => text(given),
        (None, CiForge::GitHub) => format!("${{{{ vars.{variable} }}}}"),
        // There a variable of the project is in every job's environment already.
        (None, CiForge::GitLab) => String::new(),
    };
    match (rakops, forge) {
        (
            RakopsFrom::Action {
                repository,
                commit,
                version,
            },
            _,
        ) => {
            let version = version
                .as_ref()
                .map(|version| format!(" # {version}"))
                .unwrap_or_default();
            marks.word("RAKOPS_ACTION", format!("{repository}@{commit}{version}"));
            marks.block("INSTALL", template!("github/install-action.yml"));
        }
        (RakopsFrom::Sources { git, revision }, CiForge::GitHub) => {
            marks.word("RAKOPS_GIT", named(git, "RAKOPS_GIT"));
            marks.word("RAKOPS_REV", named(revision, "RAKOPS_REV"));
            marks.block("INSTALL", template!("github/install-cargo.yml"));
        }
        (RakopsFrom::Sources { git, revision }, CiForge::GitLab) => {
            let mut source = String::new();
            for (name, value) in [("RAKOPS_GIT", git), ("RAKOPS_REV", revision)] {
                if value.is_some() {
                    source.push_str(&format!("{name}: {}\n", named(value, name)));
                }
            }
            marks.block("SOURCE", source);
            marks.block("INSTALL", template!("gitlab/install.yml"));
        }
    }
}

/// A text as a value of YAML.
fn text(value: &str) -> String {
    write_string(value)
}
