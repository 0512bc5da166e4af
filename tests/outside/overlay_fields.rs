//! kustomize as the judge of `overlay add|remove|set|fix`: the same edit by `kustomize edit`, and what both build afterwards.
//!
//! `RAKOPS_EDITS` is how many edits are made (400 if absent), `KUSTOMIZE` the program.

use std::path::Path;
use std::process::{Command, Output};

use crate::everywhere::Dice;
use crate::harness::Sandbox;

/// What the tests need.
pub(crate) fn needs() -> Result<(), String> {
    let here = Command::new(kustomize()).arg("version").output();
    match here.is_ok_and(|output| output.status.success()) {
        true => Ok(()),
        false => Err("there is no `kustomize` here to judge edits; KUSTOMIZE names one".to_owned()),
    }
}

/// The tests.
pub(crate) const TESTS: &[(&str, fn())] = &[
    (
        "overlay_fields::after_an_edit_the_build_is_what_kustomize_edit_makes_of_it",
        after_an_edit_the_build_is_what_kustomize_edit_makes_of_it,
    ),
    (
        "overlay_fields::a_fix_builds_the_same_and_keeps_every_comment",
        a_fix_builds_the_same_and_keeps_every_comment,
    ),
];

fn kustomize() -> String {
    std::env::var("KUSTOMIZE").unwrap_or_else(|_| "kustomize".to_owned())
}

fn edits() -> u64 {
    std::env::var("RAKOPS_EDITS")
        .ok()
        .and_then(|it| it.parse().ok())
        .unwrap_or(400)
}

const FILE: &str = "overlays/prd/kustomization.yaml";

const DEPLOYMENT: &str = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: NAME, labels: {x: y}}\nspec:\n  selector: {matchLabels: {a: b}}\n  template:\n    metadata: {labels: {a: b}}\n    spec:\n      containers:\n      - {name: c, image: acme/NAME}\n";

fn config(name: &str) -> String {
    format!("apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {name}}}\ndata: {{k: v}}\n")
}

fn patch(seconds: u32) -> String {
    format!("apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: web}}\nspec: {{minReadySeconds: {seconds}}}\n")
}

fn transformer(key: &str) -> String {
    format!(
        "apiVersion: builtin\nkind: AnnotationsTransformer\nmetadata: {{name: {key}}}\nannotations: {{{key}: \"1\"}}\nfieldSpecs:\n- path: metadata/annotations\n  create: true\n"
    )
}

/// A repository with a random overlay; the same twice for the same seed.
fn repository(kustomization: &str) -> Sandbox {
    let sandbox = Sandbox::new();
    let component = |key: &str| {
        format!("apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\ncommonAnnotations: {{{key}: \"1\"}}\n")
    };
    let files: Vec<(&str, String)> = vec![
        (
            "rakops.yaml",
            "strategy: trunk\nenvironments:\n- {name: prd, path: overlays/prd}\n".into(),
        ),
        (
            "base/kustomization.yaml",
            "resources: [b.yaml]\nconfigMapGenerator:\n- {name: shared, literals: [Q=1]}\n".into(),
        ),
        ("base/b.yaml", config("b0")),
        ("base2/kustomization.yaml", "resources: [b.yaml]\n".into()),
        ("base2/b.yaml", config("b2")),
        ("part/kustomization.yaml", component("part")),
        ("part2/kustomization.yaml", component("part2")),
        ("overlays/prd/web.yaml", DEPLOYMENT.replace("NAME", "web")),
        ("overlays/prd/api.yaml", DEPLOYMENT.replace("NAME", "api")),
        ("overlays/prd/a.yaml", config("a")),
        ("overlays/prd/b.yaml", config("b")),
        ("overlays/prd/more/d.yaml", config("d")),
        ("overlays/prd/more/e.yaml", config("e")),
        ("overlays/prd/p1.yaml", patch(5)),
        ("overlays/prd/p3.yaml", patch(9)),
        (
            "overlays/prd/p2.yaml",
            "- {op: add, path: /spec/replicas, value: 4}\n".into(),
        ),
        ("overlays/prd/t.yaml", transformer("t")),
        ("overlays/prd/t2.yaml", transformer("t2")),
        ("overlays/prd/conf/x.txt", "x\n".into()),
        ("overlays/prd/conf/y.txt", "y\n".into()),
        ("overlays/prd/e.env", "A=1\nB=2\n".into()),
        ("overlays/prd/e2.env", "C=1\n".into()),
    ];
    for (path, text) in files {
        sandbox.file(path, text);
    }
    sandbox.file(FILE, kustomization);
    sandbox
}

/// Writes a kustomization at random, with comments that are numbered so that none is like another.
struct Writer {
    dice: Dice,
    comments: usize,
    indent: &'static str,
}

impl Writer {
    fn new(seed: u64) -> Writer {
        let mut dice = Dice::new(seed + 1);
        // the first throws of neighbouring seeds are alike
        (0..8).for_each(|_| {
            dice.below(2);
        });
        let indent = ["", "  ", "    "][dice.below(3)];
        Writer {
            dice,
            comments: 0,
            indent,
        }
    }

    fn chance(&mut self, percent: usize) -> bool {
        self.dice.below(100) < percent
    }

    fn comment(&mut self) -> String {
        self.comments += 1;
        format!("# c{}", self.comments)
    }

    fn some(&mut self, all: &[&str], percent: usize) -> Vec<String> {
        let mut kept = Vec::new();
        for it in all {
            if self.chance(percent) {
                kept.push((*it).to_owned());
            }
        }
        kept
    }

    fn list(&mut self, key: &str, items: &[String]) -> String {
        if items.is_empty() {
            return String::new();
        }
        if items.iter().all(|item| !item.contains('\n')) && self.chance(15) {
            return format!("{key}: [{}]\n", items.join(", "));
        }
        let mut text = format!("{key}:");
        if self.chance(20) {
            text += &format!(" {}", self.comment());
        }
        text.push('\n');
        for item in items {
            if self.chance(25) {
                text += self.indent;
                text += &format!("{}\n", self.comment());
            }
            if self.chance(15) {
                text.push('\n');
            }
            let mut lines = item.lines();
            let first = lines.next().unwrap_or_default();
            text += &format!("{}- {first}", self.indent);
            if self.chance(25) {
                text += &format!(" {}", self.comment());
            }
            text.push('\n');
            for line in lines {
                text += &format!("{}  {line}\n", self.indent);
            }
        }
        text
    }

    fn map(&mut self, key: &str, pairs: &[(&str, &str)]) -> String {
        let mut text = format!("{key}:\n");
        for (name, value) in pairs {
            if self.chance(25) {
                text += &format!("  {}\n", self.comment());
            }
            text += &format!("  {name}: {value}");
            if self.chance(30) {
                text += &format!(" {}", self.comment());
            }
            text.push('\n');
        }
        text
    }

    /// The parts of a kustomization that are not deprecated.
    fn parts(&mut self) -> Vec<String> {
        let mut parts = Vec::new();
        let mut resources = vec!["web.yaml".to_owned(), "\"api.yaml\"".to_owned()];
        resources.extend(self.some(&["a.yaml", "'b.yaml'", "more/d.yaml"], 50));
        parts.push(self.list("resources", &resources));
        let texts = [
            ("namespace: ns\n", 50),
            ("namePrefix: 'p-'\n", 30),
            ("nameSuffix: -s # the end\n", 30),
            ("buildMetadata: [originAnnotations]\n", 15),
        ];
        for (text, percent) in texts {
            if self.chance(percent) {
                parts.push(text.to_owned());
            }
        }
        if self.chance(40) {
            parts.push(self.map("commonAnnotations", &[("a1", "v1"), ("a2", "\"v 2\"")]));
        }
        let lists: [(&str, &[&str]); 8] = [
            (
                "labels",
                &[
                    "pairs:\n    m1: v1\n    m2: v2",
                    "includeSelectors: true\npairs: {n1: v1}",
                ],
            ),
            (
                "images",
                &[
                    "name: acme/web\nnewTag: v2",
                    "newName: m.io/api\nname: acme/api\nnewTag: \"1.10\"",
                ],
            ),
            ("replicas", &["name: web\ncount: 3", "count: 2\nname: api"]),
            (
                "patches",
                &[
                    "path: p1.yaml",
                    "path: p2.yaml\ntarget:\n  kind: Deployment\n  name: web",
                    "patch: |-\n  apiVersion: apps/v1\n  kind: Deployment\n  metadata: {name: api}\n  spec:\n    paused: true",
                ],
            ),
            (
                "configMapGenerator",
                &[
                    "name: cm1\nliterals:\n- A=1\n- \"B=x y\"",
                    "name: cm2\nnamespace: other\nfiles: [conf/x.txt]",
                ],
            ),
            ("secretGenerator", &["name: s1\nliterals: [A=1, B=2]\ntype: Opaque"]),
            ("components", &["../../part"]),
            ("transformers", &["t.yaml"]),
        ];
        for (key, items) in lists {
            let items = self.some(items, 35);
            parts.push(self.list(key, &items));
        }
        parts
    }

    fn join(&mut self, mut parts: Vec<String>) -> String {
        parts.retain(|part| !part.is_empty());
        for at in (1..parts.len()).rev() {
            let other = self.dice.below(at + 1);
            parts.swap(at, other);
        }
        let mut text = String::new();
        for part in parts {
            if self.chance(30) {
                text.push('\n');
            }
            if self.chance(30) {
                text += &format!("{}\n", self.comment());
            }
            text += &part;
        }
        if self.chance(15) {
            text.truncate(text.trim_end().len());
        }
        if self.chance(15) {
            text = text.replace('\n', "\r\n");
        }
        text
    }
}

/// Edits as both programs take them, but for the environment: the verb first.
const EDITS: &[&[&str]] = &[
    &["add", "resource", "a.yaml"],
    &["add", "resource", "more/*.yaml", "b.yaml"],
    &["add", "resource", "../../base"],
    &["add", "resource", "[ab].yaml", "../../base2"],
    &["remove", "resource", "a.yaml"],
    &["remove", "resource", "more/*"],
    &["remove", "resource", "?.yaml"],
    &["add", "component", "../../part"],
    &["add", "component", "../../part2"],
    &["add", "patch", "--path=p3.yaml"],
    &["add", "patch", "--path=p2.yaml", "--kind=Deployment", "--name=web"],
    &[
        "add",
        "patch",
        "--patch=- op: add\n  path: /spec/paused\n  value: true",
        "--kind=Deployment",
    ],
    &["remove", "patch", "--path=p1.yaml"],
    &["remove", "patch", "--path=p2.yaml", "--kind=Deployment", "--name=web"],
    &["add", "configmap", "cm1", "--from-literal=Z=1"],
    &["add", "configmap", "cm1", "--from-literal=A=2"],
    &[
        "add",
        "configmap",
        "new",
        "--from-file=conf/*.txt",
        "--disableNameSuffixHash",
    ],
    &[
        "add",
        "configmap",
        "cm2",
        "--from-file=k=conf/y.txt",
        "--namespace=other",
    ],
    &["add", "configmap", "new", "--from-env-file=e2.env"],
    &["add", "secret", "s1", "--from-literal=Z=1"],
    &["add", "secret", "new", "--from-literal=Z=1"],
    &["set", "configmap", "cm1", "--from-literal=A=5"],
    &["set", "configmap", "cm1", "--new-namespace=nn"],
    &["set", "secret", "s1", "--from-literal=B=7"],
    &["remove", "configmap", "cm1,cm2"],
    &["remove", "secret", "s1"],
    &["add", "label", "q1:w"],
    &["add", "label", "q1:w", "--without-selector"],
    &["add", "label", "q1:w", "--without-selector", "--include-templates"],
    &["set", "label", "q1:w"],
    &["add", "annotation", "a1:w"],
    &["add", "annotation", "a1:w", "--force"],
    &["set", "annotation", "a2:w"],
    &["remove", "annotation", "a1"],
    &["remove", "annotation", "a1,a2"],
    &["add", "transformer", "t2.yaml"],
    &["remove", "transformer", "t*.yaml"],
    &["add", "buildmetadata", "managedByLabel"],
    &["remove", "buildmetadata", "originAnnotations"],
    &["set", "buildmetadata", "transformerAnnotations"],
    &["set", "namespace", "other"],
    &["set", "nameprefix", "q-"],
    &["set", "namesuffix", "--", "-1"],
    &["set", "image", "acme/web:1.10"],
    &["set", "image", "acme/web=m.io/web:v3", "acme/api=*:v4"],
    &[
        "set",
        "image",
        "acme/web@sha256:24a0c4b4a4c0eb97a1aabb8e29f18e917d05abfe1b7a7c07857230879ce7d3d3",
    ],
    &["set", "replicas", "web=5", "api=0"],
];

fn build(sandbox: &Sandbox) -> Option<Vec<u8>> {
    let output = started(&["build", "."], &sandbox.path("overlays/prd"));
    output.status.success().then_some(output.stdout)
}

fn started(words: &[&str], directory: &Path) -> Output {
    Command::new(kustomize())
        .args(words)
        .current_dir(directory)
        .output()
        .unwrap()
}

/// The comments that [`Writer`] has written, each one once.
fn comments(text: &str) -> Vec<String> {
    let mut found: Vec<String> = text
        .lines()
        .filter_map(|line| line.split_once("# c").map(|(_, rest)| rest.trim().to_owned()))
        .collect();
    found.sort();
    found
}

fn after_an_edit_the_build_is_what_kustomize_edit_makes_of_it() {
    let (mut same, mut refused, mut nothing, mut unbuilt) = (0, 0, 0, 0);
    for seed in 0..edits() {
        let mut writer = Writer::new(seed);
        let parts = writer.parts();
        let text = writer.join(parts);
        let words = EDITS[(seed as usize) % EDITS.len()];
        let (ours, theirs) = (repository(&text), repository(&text));
        let before = build(&theirs);
        let kustomize: Vec<&str> = std::iter::once("edit").chain(words.iter().copied()).collect();
        let judged = started(&kustomize, &theirs.path("overlays/prd"));
        let mut typed = vec!["overlay", words[0], "prd"];
        typed.extend(&words[1..]);
        let output = ours.rakops(&typed).run();
        let told = format!("seed {seed}: {words:?}\n{text}\n{}", output.all());
        if output.code != 0 {
            assert_eq!(ours.read(FILE), text, "{told}");
            // kustomize passes over in silence what is not there to be removed
            let unchanged = !judged.status.success() || build(&theirs) == before;
            assert!(unchanged, "only rakops refuses: {told}");
            refused += 1;
            continue;
        }
        assert!(judged.status.success(), "only kustomize refuses: {told}");
        let after = ours.read(FILE);
        if words[0] != "remove" {
            let kept = comments(&after);
            assert!(
                comments(&text).iter().all(|it| kept.contains(it)),
                "a comment is lost: {told}\n{after}"
            );
        }
        nothing += usize::from(after == text);
        let (mine, its) = (build(&ours), build(&theirs));
        assert!(mine == its, "another build: {told}\n{after}\n{}", theirs.read(FILE));
        if mine.is_some() { same += 1 } else { unbuilt += 1 }
    }
    println!(
        "fields: {same} edits build the same, {nothing} of them change nothing, {refused} refused, {unbuilt} do not build"
    );
    assert!(same * 2 > edits() as usize, "too few edits could be judged");
}

fn a_fix_builds_the_same_and_keeps_every_comment() {
    let (mut same, mut refused, mut unbuilt) = (0, 0, 0);
    for seed in 0..edits() / 2 {
        let mut writer = Writer::new(seed + 1_000_000);
        let mut parts = writer.parts();
        let lists: [(&str, &[&str]); 3] = [
            ("bases", &["../../base", "'../../base2'"]),
            (
                "patchesStrategicMerge",
                &[
                    "p3.yaml",
                    "|-\n  apiVersion: apps/v1\n  kind: Deployment\n  metadata: {name: web}\n  spec:\n    paused: true\n\n    revisionHistoryLimit: 3",
                ],
            ),
            (
                "patchesJson6902",
                &["target:\n  group: apps\n  version: v1\n  kind: Deployment\n  name: web\npath: p2.yaml"],
            ),
        ];
        for (key, items) in lists {
            let items = writer.some(items, 60);
            parts.push(writer.list(key, &items));
        }
        if writer.chance(60) {
            parts.push(writer.map("commonLabels", &[("l1", "v1"), ("l2", "'v2'")]));
        }
        if !parts.iter().any(|part| part.starts_with("configMapGenerator")) {
            parts.push("configMapGenerator:\n- name: cm3\n  env: e.env # the file\n".to_owned());
        }
        let text = writer.join(parts);
        let sandbox = repository(&text);
        let before = build(&sandbox);
        let output = sandbox.rakops(["overlay", "fix", "prd"]).run();
        let after = sandbox.read(FILE);
        let told = format!("seed {seed}:\n{text}\n{}\n{after}", output.all());
        if output.code != 0 {
            assert!(output.stderr.contains("brackets"), "{told}");
            assert_eq!(after, text);
            refused += 1;
            continue;
        }
        if before.is_none() {
            unbuilt += 1;
            continue;
        }
        for gone in [
            "bases:",
            "patchesStrategicMerge:",
            "patchesJson6902:",
            "commonLabels:",
            "env:",
        ] {
            assert!(
                !after.lines().any(|line| line.trim_start().starts_with(gone)),
                "{gone} is left: {told}"
            );
        }
        assert_eq!(comments(&text), comments(&after), "{told}");
        assert!(build(&sandbox) == before, "another build: {told}");
        same += 1;
    }
    println!("fix: {same} build the same, {refused} refused, {unbuilt} did not build before");
    assert!(same > refused * 4, "too many are refused");
}
