//! Each third-party crate, and each dangerous corner of std, is named in one place only.

use std::fs;

use super::assert_none;
use super::source::{self, Source, beginnings, line_of};
use crate::harness::golden::project;

/// A name, where it may stand, and why there.
struct Fence {
    name: &'static str,
    only_in: &'static [&'static str],
    why: &'static str,
}

const fn fence(name: &'static str, only_in: &'static [&'static str], why: &'static str) -> Fence {
    Fence { name, only_in, why }
}

/// Crates that are vocabulary: they do nothing by themselves.
const ANYWHERE: &[&str] = &["serde", "memchr", "strsim"];

/// Paths are prefixes, from the project.
const CRATES: &[Fence] = &[
    fence("annotate_snippets", &["src/ui/report.rs"], "one file draws complaints"),
    fence("anstream", &["src/ui/"], "one module decides about colour"),
    fence(
        "anstyle",
        &["src/ui/", "src/cli/"],
        "styles are for what is shown; clap's help has its own",
    ),
    fence("base64", &["src/text/code.rs"], "one file writes and reads it"),
    fence("clap", &["src/cli/", "src/lib.rs"], "words are parsed on one floor"),
    fence("clap_complete", &["src/cli/"], "an unstable engine, kept in one place"),
    fence("comfy_table", &["src/ui/table.rs"], "one file draws tables"),
    fence(
        "csv",
        &["src/cli/audit/write/sheet.rs"],
        "one file writes tables for spreadsheets",
    ),
    fence("ctrlc", &["src/ui/interrupt.rs"], "one file decides what Ctrl-C does"),
    fence("dialoguer", &["src/ui/prompt"], "every prompt passes one gate"),
    fence("env_filter", &["src/ui/tell.rs"], "one file reads what is to be told"),
    fence("git2", &["src/git/"], "one module knows the library"),
    fence(
        "globset",
        &["src/config/", "src/manifest/", "src/audit/owners/"],
        "patterns come from config, and from files of code owners",
    ),
    fence("hcl_edit", &["src/hcl/"], "one module knows the parser of Terraform"),
    fence("libz_sys", &[], "libgit2's zlib is linked in; nobody else calls it"),
    fence("human_panic", &["src/main.rs"], "a panic is caught at the door"),
    fence("ignore", &["src/snapshot/work_tree.rs"], "one file walks directories"),
    fence("indicatif", &["src/ui/"], "one module draws bars"),
    fence(
        "regex",
        &["src/image/", "src/manifest/rendered/", "src/audit/owners/"],
        "patterns are policies, those of kustomize, or code owners of Gitea",
    ),
    fence("ring", &["src/text/digest.rs"], "one file makes digests"),
    fence(
        "rustix",
        &["src/git/child.rs", "src/git/groups.rs", "src/cli/core_files.rs"],
        "two files end processes, one says what they leave behind",
    ),
    fence(
        "log",
        &["src/ui/tell.rs", "src/http/", "src/git/"],
        "what goes out of the process is told; the rest says what it has to say itself",
    ),
    fence("reqwest", &["src/http/"], "one client, with its limits"),
    fence("rustls", &["src/http/"], "one client, with its limits"),
    fence(
        "schemars",
        &["src/config/"],
        "the schema belongs to the types of the file",
    ),
    fence("semver", &["src/image/"], "versions are compared in one place"),
    fence(
        "serde_json",
        &[
            "src/forge/",
            "src/registry/",
            "src/config/schema.rs",
            "src/ops/",
            "src/cli/",
            "src/ui/report.rs",
        ],
        "JSON is made where it is printed and read where it comes in",
    ),
    fence("similar", &["src/text/diff.rs"], "one file makes diffs"),
    fence(
        "tempfile",
        &["src/change/apply.rs"],
        "files are replaced in one place, atomically",
    ),
    fence("terminal_size", &["src/cli/context.rs"], "terminals are looked at once"),
    fence(
        "yaml_rust2",
        &["src/yaml/scan.rs"],
        "positions of the parser are checked where they come in",
    ),
];

/// Corners of std with an effect. The clippy lists in `.clippy.toml` hold most of them too; this one also sees imports.
const CORNERS: &[Fence] = &[
    fence(
        "std::env::",
        &["src/cli/context.rs", "src/lib.rs"],
        "the process is read once",
    ),
    fence(
        "process::Command",
        &["src/git/", "src/registry/helper.rs", "src/ui/pager.rs"],
        "programs are started in few places",
    ),
    fence(
        "process::exit",
        &["src/ui/interrupt.rs"],
        "the program ends by returning from `main`",
    ),
    fence("SystemTime::now", &["src/cli/context.rs"], "the clock is read once"),
    fence(
        "fs::write",
        &["src/change/apply.rs"],
        "files are replaced in one place, atomically",
    ),
    fence(
        "fs::rename",
        &[
            "src/change/apply.rs",
            "src/git/cache.rs",
            "src/git/forward.rs",
            "src/kept.rs",
        ],
        "files are replaced in one place, atomically; caches are made in others, a checkout is brought along in one",
    ),
    fence(
        "fs::remove_file",
        &[
            "src/change/apply.rs",
            "src/git/cache.rs",
            "src/git/forward.rs",
            "src/git/runs.rs",
            "src/kept.rs",
        ],
        "files are replaced in one place, atomically; caches are made in others, and the dead have left some",
    ),
    fence(
        "fs::remove_dir_all",
        &[
            "src/change/apply.rs",
            "src/git/cache.rs",
            "src/git/forward.rs",
            "src/git/runs.rs",
        ],
        "files are replaced in one place, atomically; the cache of `--repo` is made in another",
    ),
    fence(
        "fs::set_permissions",
        &["src/change/apply.rs"],
        "files are replaced in one place, atomically",
    ),
    fence(
        "fs::create_dir",
        &["src/change/apply.rs", "src/git/cache.rs", "src/git/forward.rs"],
        "files are replaced in one place, atomically; the cache of `--repo` is made in another",
    ),
    fence(
        "File::create",
        &["src/change/apply.rs"],
        "files are replaced in one place, atomically",
    ),
    fence(
        "OpenOptions",
        &["src/change/apply.rs", "src/git/cache.rs", "src/kept.rs"],
        "files are replaced in one place, atomically; caches are made in others",
    ),
];

#[test]
fn crates_stay_behind_their_fences() {
    let sources = source::all();
    let mut complaints = Vec::new();
    for fence in CRATES {
        for source in sources.iter().filter(|source| fence.keeps_out(&source.path)) {
            for at in beginnings(&source.shipped, fence.name) {
                if source.shipped[at + fence.name.len()..].starts_with("::") {
                    complaints.push(fence.complaint(source, at));
                }
            }
        }
    }
    assert_none(&complaints);
}

#[test]
fn effects_of_std_stay_behind_their_fences() {
    let sources = source::all();
    let mut complaints = Vec::new();
    for fence in CORNERS {
        for source in sources.iter().filter(|source| fence.keeps_out(&source.path)) {
            for (at, _) in source.shipped.match_indices(fence.name) {
                complaints.push(fence.complaint(source, at));
            }
        }
    }
    assert_none(&complaints);
}

#[test]
fn every_dependency_has_a_fence() {
    let manifest = fs::read_to_string(project().join("Cargo.toml")).unwrap();
    let section = manifest.split("[dependencies]").nth(1).unwrap();
    let names = section.lines().take_while(|line| !line.starts_with('['));
    let names = names
        .filter_map(|line| line.split_once(['=', '.']))
        .map(|(name, _)| name.trim());
    let complaints: Vec<String> = names
        .filter(|name| !name.is_empty() && !name.starts_with('#'))
        .map(|name| name.replace('-', "_"))
        .filter(|name| !ANYWHERE.contains(&name.as_str()) && !CRATES.iter().any(|fence| fence.name == name))
        .map(|name| format!("`Cargo.toml`: `{name}` has no fence; add a row to tests/it/house/fences.rs and a sentence to docs/contributing/architecture.md"))
        .collect();
    assert_none(&complaints);
}

#[test]
fn every_fence_has_its_sentence_in_the_architecture_page() {
    let page = fs::read_to_string(project().join("docs/contributing/architecture.md")).unwrap();
    let complaints: Vec<String> = CRATES
        .iter()
        .filter(|fence| {
            !page.contains(&format!("`{}`", fence.name.replace('_', "-")))
                && !page.contains(&format!("`{}`", fence.name))
        })
        .map(|fence| format!("`docs/contributing/architecture.md`: no row for `{}`", fence.name))
        .collect();
    assert_none(&complaints);
}

impl Fence {
    fn keeps_out(&self, path: &str) -> bool {
        !self.only_in.iter().any(|allowed| path.starts_with(allowed))
    }

    fn complaint(&self, source: &Source, at: usize) -> String {
        format!(
            "`{}:{}`: `{}` may be named only in {}: {}",
            source.path,
            line_of(&source.shipped, at),
            self.name.trim_end_matches("::"),
            self.only_in.join(", "),
            self.why
        )
    }
}
