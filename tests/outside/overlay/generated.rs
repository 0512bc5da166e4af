//! Random repositories, and random edits of their overlays. A seed is a repository.

use std::fmt::Write as _;

use super::rendered::Build;
use super::tally::Tally;
use super::trial::Ground;
use super::{own_fields, wishes};
use crate::everywhere::Dice;
use crate::harness::Sandbox;

pub(super) fn edits_of_random_overlays_change_what_was_asked_for_and_nothing_else() {
    let words = super::renderer().unwrap();
    let one: Option<u64> = std::env::var("RAKOPS_OVERLAY_TREE").ok().and_then(|it| it.parse().ok());
    let trees: u64 = super::number("RAKOPS_OVERLAY_TREES", 12);
    let workers = std::thread::available_parallelism().map_or(2, usize::from) as u64;
    let results: Vec<(Vec<String>, Tally)> = std::thread::scope(|scope| {
        let work = |at: u64| {
            let seeds: Vec<u64> = match one {
                Some(seed) => Some(seed).filter(|_| at == 0).into_iter().collect(),
                None => (1..=trees).filter(|seed| seed % workers == at).collect(),
            };
            move || edit_all(words, &seeds)
        };
        let running: Vec<_> = (0..workers).map(|at| scope.spawn(work(at))).collect();
        running.into_iter().map(|it| it.join().unwrap()).collect()
    });
    let mut tally = Tally::default();
    let mut unbuilt = Vec::new();
    for (broken, one) in results {
        unbuilt.extend(broken);
        tally.merge(one);
    }
    println!(
        "overlay random: {} of {trees} repositories build",
        trees as usize - unbuilt.len()
    );
    unbuilt
        .iter()
        .take(3)
        .for_each(|why| eprintln!("[random, does not build] {why}"));
    tally.conclude("random");
    assert!(
        unbuilt.len() as u64 * 10 <= trees,
        "too many random repositories do not build"
    );
}

fn edit_all(words: &[&str], seeds: &[u64]) -> (Vec<String>, Tally) {
    let (mut unbuilt, mut tally) = (Vec::new(), Tally::default());
    for seed in seeds {
        let sandbox = Sandbox::new();
        let mut dice = Dice::new(*seed);
        Repository {
            sandbox: &sandbox,
            dice: &mut dice,
        }
        .write();
        sandbox.file("rakops.yaml", "environments:\n- name: it\n  path: overlays/it\n");
        sandbox.repository().commit_all("a random repository");
        let before = match Build::of(words, &sandbox.path("overlays/it")) {
            Ok(before) => before,
            Err(why) => {
                unbuilt.push(format!("seed {seed}: {why}"));
                continue;
            }
        };
        let ground = Ground {
            sandbox: &sandbox,
            words,
            directory: "overlays/it",
            files: sandbox.tree(),
            before,
        };
        let mut edits = wishes::draw(&ground.before, &mut dice);
        edits.extend(wishes::draw(&ground.before, &mut dice));
        edits.extend(own_fields(&ground, &mut dice, 4));
        for edit in edits {
            let replay = format!(
                "RAKOPS_OVERLAY_TREE={seed} cargo test --test outside overlay::edits_of_random  # {} {}",
                ground.before.word(edit.object).unwrap_or_default(),
                edit.path
            );
            tally.add(ground.judge(&edit), edit.form, &replay);
        }
    }
    (unbuilt, tally)
}

/// A repository that is being written: `base`, `overlays/it` on it, perhaps a component and a directory between.
struct Repository<'a> {
    sandbox: &'a Sandbox,
    dice: &'a mut Dice,
}

/// The workloads of the base.
const APPS: [&str; 3] = ["api", "web", "worker"];

impl Repository<'_> {
    fn one_in(&mut self, times: usize) -> bool {
        self.dice.below(times) == 0
    }

    fn pick<'t>(&mut self, from: &[&'t str]) -> &'t str {
        from[self.dice.below(from.len())]
    }

    fn write(&mut self) {
        let mut names = Vec::new();
        for app in APPS {
            if app == "api" || !self.one_in(3) {
                let text = self.workload(app);
                self.sandbox.file(&format!("base/{app}.yaml"), text);
                names.push(app);
            }
        }
        self.base(&names);
        let is_between = self.one_in(5);
        if is_between {
            let text = format!(
                "resources:\n- ../base\n{}",
                self.pick(&[
                    "",
                    "namePrefix: mid-\n",
                    "commonAnnotations: {team: shop}\n",
                    "labels:\n- pairs: {tier: back}\n"
                ])
            );
            self.sandbox.file("middle/kustomization.yaml", text);
        }
        self.overlay(&names, if is_between { "middle" } else { "base" });
    }

    fn workload(&mut self, app: &str) -> String {
        let flush = self.one_in(2);
        let pad = if flush { "" } else { "  " };
        let comment = self.pick(&["", "   # as measured", " # see the wiki"]);
        let mut text = String::new();
        if self.one_in(3) {
            text.push_str("---\n");
        }
        write!(
            text,
            "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: {app}\n  labels:\n    app: {app}\nspec:\n  replicas: 2{comment}\n  selector:\n    matchLabels: {{app: {app}}}\n  template:\n    metadata:\n      labels:\n        app: {app}\n    spec:\n      # what runs\n      containers:\n"
        )
        .unwrap();
        let containers = 1 + self.dice.below(2);
        for at in 0..containers {
            let name = if at == 0 { app } else { "sidecar" };
            write!(text, "      {pad}- name: {name}\n        {pad}image: acme/{name}:1.0\n").unwrap();
            if !self.one_in(3) {
                write!(text, "        {pad}env:\n        {pad}- name: LOG\n          {pad}value: info{comment}\n        {pad}- name: PORT\n          {pad}value: \"80\"\n").unwrap();
            }
            if self.one_in(2) {
                write!(
                    text,
                    "        {pad}resources:\n          {pad}limits: {{memory: 256Mi, cpu: 1}}\n"
                )
                .unwrap();
            }
            if self.one_in(3) {
                writeln!(text, "        {pad}args: [\"--verbose\", \"--x=1\"]").unwrap();
            }
            if self.one_in(3) {
                write!(
                    text,
                    "        {pad}ports:\n        {pad}- containerPort: 80\n          {pad}name: http\n"
                )
                .unwrap();
            }
        }
        if self.one_in(3) {
            write!(text, "---\napiVersion: v1\nkind: Service\nmetadata: {{name: {app}}}\nspec:\n  selector: {{app: {app}}}\n  ports:\n  - port: 80\n    name: http\n").unwrap();
        }
        self.with_line_breaks(text)
    }

    fn with_line_breaks(&mut self, text: String) -> String {
        match self.one_in(8) {
            true => text.replace('\n', "\r\n"),
            false => text,
        }
    }

    fn base(&mut self, names: &[&str]) {
        let mut text = String::from("# what everybody has\nresources:\n");
        names.iter().for_each(|name| writeln!(text, "- {name}.yaml").unwrap());
        if !self.one_in(4) {
            text.push_str(
                "configMapGenerator:\n- name: app\n  literals:\n  - LOG=info   # quiet\n  - \"MODE=plain\"\n",
            );
            if self.one_in(2) {
                text.push_str("  envs:\n  - app.env\n");
                self.sandbox.file("base/app.env", "# of all\nREGION=eu\nLIMIT=5\n");
            }
            if self.one_in(3) {
                text.push_str("- name: files\n  files:\n  - app.properties\n");
                self.sandbox.file("base/app.properties", "a=1\nb=2\n");
            }
        }
        if self.one_in(3) {
            text.push_str("secretGenerator:\n- name: keys\n  literals:\n  - token=abc\n");
        }
        self.sandbox.file("base/kustomization.yaml", text);
    }

    fn overlay(&mut self, names: &[&str], below: &str) {
        let has_generator = self
            .sandbox
            .read("base/kustomization.yaml")
            .contains("configMapGenerator");
        let prefix = if self.sandbox.path("middle").exists()
            && self.sandbox.read("middle/kustomization.yaml").contains("mid-")
        {
            "mid-"
        } else {
            ""
        };
        let mut text = String::new();
        if self.one_in(2) {
            text.push_str("apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\n");
        }
        text.push_str("# ours\n");
        text.push_str(self.pick(&[
            "",
            "namespace: shop\n",
            "namePrefix: it-\n",
            "nameSuffix: -x\n",
            "commonLabels: {env: it}\n",
        ]));
        let dash = self.pick(&["- ", "  - "]);
        write!(text, "resources:\n{dash}../../{below}\n").unwrap();
        if self.one_in(4) {
            text.push_str(&format!("{dash}own.yaml\n"));
            self.sandbox.file(
                "overlays/it/own.yaml",
                "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: own\ndata:\n  A: \"1\" # one\n  B: two\n",
            );
        }
        if self.one_in(4) {
            text.push_str("components:\n- ../../parts/more\n");
            self.sandbox.file(
                "parts/more/kustomization.yaml",
                format!("apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\npatches:\n- patch: |-\n    apiVersion: apps/v1\n    kind: Deployment\n    metadata:\n      name: {prefix}api\n      annotations: {{part: more}}\n"),
            );
        }
        if self.one_in(3) {
            text.push_str("images:\n- name: acme/api\n  newTag: \"2.0\"\n");
        }
        if self.one_in(3) {
            write!(text, "replicas:\n- name: {prefix}api\n  count: 3 # by hand\n").unwrap();
        }
        if has_generator && self.one_in(2) {
            text.push_str("configMapGenerator:\n- name: app\n  behavior: merge\n");
            match prefix {
                "" => text.push_str("  literals:\n  - LOG=debug # loud\n  - EXTRA=\"quoted\"\n"),
                _ => text.push_str("  literals: [LOG=debug, EXTRA=more]\n"),
            }
            if self.one_in(3) {
                text.push_str("  envs: [it.env]\n");
                self.sandbox.file("overlays/it/it.env", "# here\nZONE=b\n");
            }
            text = text.replace("- name: app\n", &format!("- name: {prefix}app\n"));
        }
        self.patches(&mut text, names, prefix);
        let text = self.with_line_breaks(text);
        self.sandbox.file("overlays/it/kustomization.yaml", text);
    }

    fn patches(&mut self, text: &mut String, names: &[&str], prefix: &str) {
        let (mut patches, mut merges, mut json) = (String::new(), String::new(), String::new());
        for name in names {
            let called = format!("{prefix}{name}");
            match self.dice.below(8) {
                0 => {
                    let path = self.patch_file(name, &called);
                    writeln!(patches, "- path: {path}").unwrap();
                }
                1 => {
                    let path = self.patch_file(name, &called);
                    writeln!(merges, "- {path}").unwrap();
                }
                2 => {
                    let body = indented(&self.merge_patch(name, &called), "    ");
                    write!(patches, "- patch: |-\n{body}").unwrap();
                }
                3 => {
                    let body = indented(&self.merge_patch(name, "any"), "    ");
                    write!(patches, "- target:\n    kind: Deployment\n    name: {called}\n  patch: |\n{body}").unwrap();
                }
                4 => write!(
                    patches,
                    "- target: {{kind: Deployment, name: {called}}}\n  patch: |-\n    # first\n    - op: replace\n      path: /spec/replicas\n      value: 4\n    - {{op: add, path: /metadata/annotations, value: {{note: a}}}}\n"
                )
                .unwrap(),
                5 => {
                    self.sandbox.file(
                        &format!("overlays/it/{name}-ops.json"),
                        "[\n  {\"op\": \"replace\", \"path\": \"/spec/replicas\", \"value\": 6},\n  {\"op\": \"add\", \"path\": \"/spec/template/spec/containers/0/env\", \"value\": [{\"name\": \"LOG\", \"value\": \"warn\"}]}\n]\n",
                    );
                    write!(json, "- target:\n    group: apps\n    version: v1\n    kind: Deployment\n    name: {called}\n  path: {name}-ops.json\n").unwrap();
                }
                _ => {}
            }
        }
        for (list, items) in [
            ("patches", patches),
            ("patchesStrategicMerge", merges),
            ("patchesJson6902", json),
        ] {
            if !items.is_empty() {
                write!(text, "{list}:\n{items}").unwrap();
            }
        }
    }

    fn patch_file(&mut self, name: &str, called: &str) -> String {
        let mut path = self
            .pick(&[
                "NAME-patch.yaml",
                "patches/NAME.yaml",
                "deployment-NAME.yaml",
                "NAME.json",
            ])
            .replace("NAME", name);
        if path.ends_with(".json") && self.one_in(2) {
            path = format!("patch-{name}.yaml");
        }
        let text = match path.ends_with(".json") {
            true => format!(
                "{{\n  \"apiVersion\": \"apps/v1\", \"kind\": \"Deployment\",\n  \"metadata\": {{\"name\": \"{called}\"}},\n  \"spec\": {{\"replicas\": 5}}\n}}\n"
            ),
            false => {
                let text = self.merge_patch(name, called);
                self.with_line_breaks(text)
            }
        };
        self.sandbox.file(&format!("overlays/it/{path}"), text);
        path
    }

    fn merge_patch(&mut self, name: &str, called: &str) -> String {
        let mut text = format!("apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: {called}\n");
        if self.one_in(3) {
            text.push_str("  annotations:\n    team: 'shop' # ask them\n");
        }
        text.push_str("spec:\n");
        if self.one_in(2) {
            text.push_str("  replicas: 5 # enough\n");
        }
        if self.one_in(4) {
            text.push_str("  strategy: {type: Recreate}\n");
        }
        text.push_str("  template:\n    spec:\n      containers:\n");
        let dash = self.pick(&["      - ", "        - "]);
        let pad = " ".repeat(dash.len());
        writeln!(text, "{dash}name: {name}").unwrap();
        match self.dice.below(4) {
            0 => write!(
                text,
                "{pad}env:\n{pad}# for the dashboards\n{pad}- name: LOG\n{pad}  value: debug\n"
            )
            .unwrap(),
            1 => writeln!(
                text,
                "{pad}env: [{{name: LOG, value: debug}}, {{name: MORE, value: \"1\"}}]"
            )
            .unwrap(),
            2 => writeln!(text, "{pad}resources: {{limits: {{memory: 512Mi}}}} # measured").unwrap(),
            _ => write!(
                text,
                "{pad}resources:\n{pad}  limits:\n{pad}    memory: 512Mi\n{pad}  requests:\n{pad}    memory: 128Mi\n"
            )
            .unwrap(),
        }
        text
    }
}

fn indented(text: &str, by: &str) -> String {
    text.lines().map(|line| format!("{by}{line}\n")).collect()
}
