//! Every workflow that `rakops ci init` can write, and the scripts in them.

use yaml_rust2::{Yaml, YamlLoader};

use crate::harness::Sandbox;
use crate::harness::advice;

/// One way to ask for workflows.
#[derive(Clone, Debug)]
pub(crate) struct Combination {
    pub(crate) forge: &'static str,
    pub(crate) kind: &'static str,
    pub(crate) more: &'static [&'static str],
}

const ACTION: &str = "acme/rakops@0123456789abcdef0123456789abcdef01234567";

/// Every kind for every forge, with each way of installing rakops and each tool.
pub(crate) fn combinations() -> Vec<Combination> {
    let mut all = Vec::new();
    for forge in ["github", "gitlab"] {
        for kind in ["app", "manifests", "terraform"] {
            let mut add = |more| all.push(Combination { forge, kind, more });
            add(&[] as &[&str]);
            add(&[
                "--rakops-git",
                "https://git.example.com/acme/rakops",
                "--rakops-rev",
                "0123456789abcdef0123456789abcdef01234567",
            ]);
            if forge == "github" {
                add(&["--rakops-action", ACTION, "--rakops-version", "v1.4.0"]);
            }
            if kind == "terraform" {
                add(&["--tool", "tofu", "--tool-version", "1.10.7", "--env", "tf/prd"]);
            }
            if kind == "app" {
                add(&[
                    "--image",
                    "registry.example.com:5000/acme/api",
                    "--manifests",
                    "git@git.example.com:acme/platform/manifests.git",
                    "--env",
                    "on",
                ]);
            }
        }
    }
    all
}

impl Combination {
    /// Writes them into a repository of its own.
    pub(crate) fn write(&self) -> Sandbox {
        let sandbox = Sandbox::new();
        sandbox.repository();
        let state = "terraform {\n  backend \"s3\" {}\n}\n";
        sandbox.files(&[
            ("infra/prd/main.tf", state),
            ("infra/stg/main.tf", state),
            ("infra/modules/vpc/main.tf", "variable \"name\" {}\n"),
        ]);
        sandbox.commit_all("first");
        let origin = format!("https://{}.com/acme/shop.git", self.forge);
        sandbox.git(["remote", "add", "origin", &origin]);
        let words = ["ci", "init", "--kind", self.kind]
            .into_iter()
            .chain(self.more.iter().copied());
        let _ = sandbox.rakops(words).run().expect(0);
        sandbox
    }

    /// The files that were written, by path.
    pub(crate) fn files(&self) -> Vec<(String, String)> {
        let written = self.write().tree();
        let ours = written.into_iter().filter(|(path, _)| path.ends_with(".yml"));
        ours.map(|(path, bytes)| (path, String::from_utf8(bytes).unwrap()))
            .collect()
    }
}

/// A file as YAML.
pub(crate) fn parse(text: &str) -> Yaml {
    let mut documents = YamlLoader::load_from_str(text).unwrap();
    assert_eq!(documents.len(), 1);
    documents.remove(0)
}

/// What a key holds.
pub(crate) fn at<'a>(yaml: &'a Yaml, keys: &[&str]) -> &'a Yaml {
    keys.iter().fold(yaml, |yaml, key| &yaml[*key])
}

/// Every script of a file, with the name of its job: `run:` of steps, and `script:` of jobs.
pub(crate) fn scripts(yaml: &Yaml) -> Vec<(String, String)> {
    let mut found = Vec::new();
    gather(yaml, "", &mut found);
    found
}

fn gather(yaml: &Yaml, above: &str, found: &mut Vec<(String, String)>) {
    match yaml {
        Yaml::Hash(entries) => {
            for (key, value) in entries {
                let key = key.as_str().unwrap_or_default();
                match (key, value) {
                    ("run", Yaml::String(text)) => found.push((above.to_owned(), text.clone())),
                    ("script", Yaml::Array(lines)) => {
                        let text: Vec<&str> = lines.iter().filter_map(Yaml::as_str).collect();
                        found.push((above.to_owned(), text.join("\n")));
                    }
                    ("steps", value) => gather(value, above, found),
                    _ => gather(value, key, found),
                }
            }
        }
        Yaml::Array(items) => items.iter().for_each(|item| gather(item, above, found)),
        _ => {}
    }
}

/// The command lines of rakops in a script, continued lines taken together; `"$@"` is what `set --` put there.
pub(crate) fn rakops_lines(script: &str) -> Vec<String> {
    let whole = script.replace("\\\n", " ");
    let mut arguments = String::new();
    let mut found = Vec::new();
    for line in whole.lines().map(str::trim).filter(|line| !line.starts_with('#')) {
        if let Some((_, set)) = line.split_once("set -- ") {
            arguments = set.replace("\"$@\"", &arguments);
        }
        let mut rest = line;
        while let Some(at) = rest.find("rakops ") {
            let before = rest[..at].trim_end();
            let is_command = before.is_empty()
                || before.ends_with([';', '|', '&', '(', '{', '!'])
                || ["if", "then", "do", "else"].iter().any(|word| before.ends_with(word));
            let command = &rest[at..];
            if is_command {
                found.push(command.replace("\"$@\"", &arguments));
            }
            rest = &command["rakops ".len()..];
        }
    }
    found
}

/// Parses a command line with the real parser.
pub(crate) fn assert_can_be_typed(line: &str, whole: &str) {
    if let Err(why) = advice::parse(line) {
        panic!("`{line}` cannot be typed: {why}\n{whole}");
    }
}
