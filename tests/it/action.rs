//! `action.yml`, the composite action at the root: its script, run before a stand-in for `gh`.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::harness::Sandbox;
use crate::harness::golden::project;
use crate::workflows::{at, parse, scripts};

/// Hands out the release that lies in `$RELEASE`, and says what it was asked.
const GH: &str = r#"#!/bin/sh
echo "$GH_HOST $*" >> "$RELEASE/asked"
case "$1 $2" in
  "release download") [ "$3" = v1.2.3 ] || exit 1; cp "$RELEASE"/rakops-* . ;;
  "attestation verify") [ -e "$RELEASE/attested" ] ;;
esac
"#;

const NAME: &str = "rakops-1.2.3-x86_64-unknown-linux-musl";

struct Runner {
    sandbox: Sandbox,
}

/// What a step left behind.
struct Step {
    is_green: bool,
    log: String,
    path: String,
    asked: String,
}

impl Runner {
    fn new() -> Runner {
        let sandbox = Sandbox::new();
        sandbox.file("bin/gh", GH);
        fs::set_permissions(sandbox.path("bin/gh"), fs::Permissions::from_mode(0o755)).unwrap();
        sandbox.file("built/rakops", "a program");
        sandbox.file("release/asked", "").file("release/attested", "");
        sandbox.file(
            "action/Cargo.toml",
            "[package]\nname = \"rakops\"\nversion = \"1.2.3\"\n[dependencies]\n",
        );
        let packed = Command::new(project().join(".github/scripts/pack.sh"))
            .arg(sandbox.path("built/rakops"))
            .args(["1.2.3", "x86_64-unknown-linux-musl"])
            .arg(sandbox.path("release"))
            .output()
            .unwrap();
        assert!(packed.status.success(), "{}", String::from_utf8_lossy(&packed.stderr));
        Runner { sandbox }
    }

    fn path(&self, relative: &str) -> PathBuf {
        self.sandbox.path(relative)
    }

    fn step(&self, inputs: &[(&str, &str)]) -> Step {
        let action = fs::read_to_string(project().join("action.yml")).unwrap();
        let (_, script) = scripts(&parse(&action)).remove(0);
        let file = |name: &str| {
            self.sandbox.file(name, "");
            self.path(name)
        };
        let mut path = vec![self.path("bin")];
        path.extend(std::env::split_paths(&std::env::var_os("PATH").unwrap()));
        let output = Command::new("bash")
            .args(["--noprofile", "--norc", "-eo", "pipefail", "-c", &script])
            .current_dir(self.sandbox.dir())
            .env("PATH", std::env::join_paths(path).unwrap())
            .env("RELEASE", self.path("release"))
            .env("RUNNER_TEMP", self.path("temp"))
            .env("GITHUB_PATH", file("path"))
            .env("GITHUB_OUTPUT", file("output"))
            .env("GITHUB_SERVER_URL", "https://github.example.com")
            .env("ACTION_REPOSITORY", "acme/rakops")
            .env("ACTION_DIRECTORY", self.path("action"))
            .env("VERSION", "")
            .env("VERIFY", "true")
            .env("SYSTEM", "Linux-X64")
            .envs(inputs.iter().copied())
            .output()
            .unwrap();
        let log = [output.stdout, output.stderr].concat();
        Step {
            is_green: output.status.success(),
            log: String::from_utf8_lossy(&log).into_owned(),
            path: self.sandbox.read("path"),
            asked: self.sandbox.read("release/asked"),
        }
    }
}

#[test]
fn the_action_installs_the_release_that_it_belongs_to() {
    let runner = Runner::new();
    for version in ["", "1.2.3", "v1.2.3"] {
        let step = runner.step(&[("VERSION", version)]);
        assert!(step.is_green, "{}", step.log);
        let program = Path::new(step.path.trim()).join("rakops");
        assert_eq!(fs::read_to_string(program).unwrap(), "a program");
        assert!(
            step.asked.contains("github.example.com attestation verify") && step.asked.contains("--repo acme/rakops"),
            "{}",
            step.asked
        );
        assert_eq!(runner.sandbox.read("output"), "version=1.2.3\n");
    }
}

#[test]
fn what_is_not_what_was_released_is_not_installed() {
    let runner = Runner::new();
    let red = |why: &str, inputs: &[(&str, &str)]| {
        let step = runner.step(inputs);
        assert!(!step.is_green && step.log.contains(why), "{why}\n{}", step.log);
        assert_eq!(step.path, "", "{why}");
    };
    red("the input version is not one", &[("VERSION", "1.2.3; touch x")]);
    red("the input verify is true or false", &[("VERIFY", "yes")]);
    red("there is no release for Linux-RISCV", &[("SYSTEM", "Linux-RISCV")]);
    red(
        "the release v9.9.9 of acme/rakops has no rakops-9.9.9",
        &[("VERSION", "9.9.9")],
    );
    fs::remove_file(runner.path("release/attested")).unwrap();
    red("nothing attests that", &[]);
    let step = runner.step(&[("VERIFY", "false")]);
    assert!(step.is_green, "{}", step.log);
    fs::write(runner.path(&format!("release/{NAME}.tar.gz")), "something else").unwrap();
    red("is not what its checksum says", &[("VERIFY", "false")]);
    fs::write(runner.path(&format!("release/{NAME}.tar.gz.sha256")), "").unwrap();
    red("is not what its checksum says", &[("VERIFY", "false")]);
}

#[test]
fn the_action_runs_no_code_of_node_and_no_value_in_its_script() {
    let action = parse(&fs::read_to_string(project().join("action.yml")).unwrap());
    assert_eq!(at(&action, &["runs", "using"]).as_str(), Some("composite"));
    for input in ["version", "github-token", "verify"] {
        assert!(at(&action, &["inputs", input, "description"]).as_str().is_some());
    }
    for (_, script) in scripts(&action) {
        assert!(!script.contains("${{"), "{script}");
    }
}
