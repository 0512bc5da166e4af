//! Trees made at random, each from a seed.

use std::fmt::Write as _;

use super::judge::{Tally, is_here, judge};
use super::{rendering_on_disk, write};

/// Numbers that follow from a seed.
struct Dice(u64);

impl Dice {
    fn below(&mut self, most: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 33) as usize) % most
    }

    fn one<'a>(&mut self, all: &[&'a str]) -> &'a str {
        all[self.below(all.len())]
    }

    fn chance(&mut self, in_ten: usize) -> bool {
        self.below(10) < in_ten
    }
}

const APPS: [&str; 3] = ["api", "web", "job"];
const WORKLOADS: [(&str, &str); 4] = [
    ("apps/v1", "Deployment"),
    ("apps/v1", "StatefulSet"),
    ("apps/v1", "DaemonSet"),
    ("example.com/v1", "Rollout"),
];

/// What the objects of one tree are.
struct Tree {
    /// apiVersion, kind, name.
    workloads: Vec<(&'static str, &'static str, &'static str)>,
    text: String,
}

fn container(dice: &mut Dice, name: &str) -> String {
    let mut text = format!("      - name: {name}\n");
    if dice.chance(9) {
        let image = dice.one(&["nginx:1.25", "ghcr.io/acme/api:1.0", "redis", "h:5000/x/y@sha256:00"]);
        writeln!(text, "        image: {image}").unwrap();
    }
    if dice.chance(6) {
        text.push_str("        env:\n");
        for key in ["A", "B", "C", "D"] {
            if dice.chance(4) {
                writeln!(text, "        - {{name: {key}, value: \"{}\"}}", dice.below(9)).unwrap();
            }
        }
        text.push_str("        - name: Z\n          valueFrom: {configMapKeyRef: {name: settings, key: z}}\n");
    }
    if dice.chance(5) {
        let protocol = dice.one(&["", ", protocol: TCP", ", protocol: UDP"]);
        writeln!(
            text,
            "        ports: [{{containerPort: 80{protocol}}}, {{containerPort: {}, name: x}}]",
            81 + dice.below(3)
        )
        .unwrap();
    }
    if dice.chance(4) {
        text.push_str("        volumeMounts: [{name: data, mountPath: /data}, {name: tmp, mountPath: /tmp}]\n");
    }
    if dice.chance(4) {
        writeln!(text, "        args: [--x, \"{}\"]", dice.below(5)).unwrap();
    }
    if dice.chance(3) {
        text.push_str("        envFrom: [{secretRef: {name: keys}}, {configMapRef: {name: settings}}]\n");
    }
    if dice.chance(3) {
        writeln!(
            text,
            "        resources: {{limits: {{cpu: {}, memory: {}Mi}}}}",
            dice.below(3),
            dice.below(99)
        )
        .unwrap();
    }
    text
}

fn pod(dice: &mut Dice) -> String {
    let mut text = "    spec:\n      containers:\n".to_owned();
    for name in ["app", "side", "log"] {
        if name == "app" || dice.chance(4) {
            text.push_str(&container(dice, name));
        }
    }
    if dice.chance(4) {
        text.push_str(
            "      volumes:\n      - {name: data, configMap: {name: settings}}\n      - {name: tmp, emptyDir: {}}\n",
        );
    }
    if dice.chance(3) {
        text.push_str("      tolerations: [{key: a, operator: Exists}]\n");
    }
    if dice.chance(2) {
        text.push_str("      imagePullSecrets: [{name: keys}]\n");
    }
    if dice.chance(2) {
        text.push_str("      nodeSelector: {disk: ssd}\n");
    }
    text
}

fn base(dice: &mut Dice) -> Tree {
    let mut text = "## base/kustomization.yaml\nresources:\n- all.yaml\n".to_owned();
    if dice.chance(3) {
        writeln!(text, "namePrefix: {}", dice.one(&["b-", "base-"])).unwrap();
    }
    if dice.chance(3) {
        text.push_str("commonLabels: {from: base}\n");
    }
    text.push_str("configMapGenerator:\n- {name: settings, literals: [A=1, z=zz]}\nsecretGenerator:\n- {name: keys, literals: [P=q]}\n");
    text.push_str("## base/all.yaml\n");
    let mut workloads = Vec::new();
    for name in APPS {
        let (api, kind) = WORKLOADS[dice.below(WORKLOADS.len())];
        workloads.push((api, kind, name));
        write!(
            text,
            "---\napiVersion: {api}\nkind: {kind}\nmetadata:\n  name: {name}\n"
        )
        .unwrap();
        if dice.chance(5) {
            writeln!(
                text,
                "  labels: {{app: {name}, tier: {}}}",
                dice.one(&["front", "back"])
            )
            .unwrap();
        }
        if dice.chance(2) {
            text.push_str("  annotations: {a/b: c}\n");
        }
        text.push_str("spec:\n");
        if dice.chance(7) && kind != "DaemonSet" {
            writeln!(text, "  replicas: {}", dice.below(4)).unwrap();
        }
        write!(
            text,
            "  selector: {{matchLabels: {{app: {name}}}}}\n  template:\n    metadata: {{labels: {{app: {name}}}}}\n"
        )
        .unwrap();
        text.push_str(&pod(dice));
        write!(text, "---\napiVersion: v1\nkind: Service\nmetadata: {{name: {name}}}\nspec: {{selector: {{app: {name}}}, ports: [{{port: 80}}, {{port: 53, protocol: UDP, name: dns}}]}}\n").unwrap();
        if dice.chance(4) {
            write!(text, "---\napiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata: {{name: {name}}}\nspec: {{maxReplicas: 3, scaleTargetRef: {{apiVersion: {api}, kind: {kind}, name: {name}}}}}\n").unwrap();
        }
    }
    Tree { workloads, text }
}

fn merge_patch(dice: &mut Dice, (api, kind, name): (&str, &str, &str)) -> String {
    let mut text = format!("apiVersion: {api}\nkind: {kind}\nmetadata:\n  name: {name}\n");
    if dice.chance(2) {
        text.push_str("  labels: {tier: null, new: label}\n");
    }
    if dice.chance(1) {
        text.push_str("  finalizers: [x/y]\n");
    }
    text.push_str("spec:\n");
    if dice.chance(4) {
        writeln!(text, "  replicas: {}", dice.one(&["5", "null", "7"])).unwrap();
    }
    text.push_str("  template:\n");
    let mut spec = pod(dice);
    for (from, to) in [
        ("- name: side\n", "- name: side\n        $patch: delete\n"),
        ("- name: log\n", "- name: log\n        $patch: replace\n"),
        ("{name: B,", "{name: B, $patch: delete,"),
        ("{name: tmp, emptyDir: {}}", "{name: tmp, $patch: delete}"),
        ("limits: {", "limits: {$patch: replace, "),
        ("nodeSelector: {disk: ssd}", "nodeSelector: null"),
        ("      volumes:\n", "      volumes:\n      - $patch: replace\n"),
        ("        env:\n", "        env:\n        - $patch: delete\n"),
    ] {
        if dice.chance(2) {
            spec = spec.replacen(from, to, 1);
        }
    }
    text + &spec
}

fn json_patch(dice: &mut Dice) -> String {
    let all = [
        "- {op: add, path: /metadata/annotations/x~1y, value: z}\n",
        "- {op: add, path: /metadata/labels, value: {only: this}}\n",
        "- {op: replace, path: /spec/replicas, value: 9}\n",
        "- {op: add, path: /spec/template/spec/containers/-, value: {name: last, image: redis}}\n",
        "- {op: add, path: /spec/template/spec/containers/0, value: {name: first, image: nginx}}\n",
        "- {op: replace, path: /spec/template/spec/containers/0/image, value: other}\n",
        "- {op: copy, from: /spec/selector, path: /spec/copied}\n",
        "- {op: move, from: /spec/template/metadata, path: /spec/moved}\n",
        "- {op: remove, path: /spec/template/spec/containers/0}\n",
        "- {op: remove, path: /spec/selector}\n",
        "- {op: add, path: /spec/template/spec/terminationGracePeriodSeconds, value: 5}\n",
    ];
    let how_many = 1 + dice.below(2);
    (0..how_many).map(|_| dice.one(&all)).collect()
}

fn indent(text: &str, by: &str) -> String {
    text.lines().map(|line| format!("{by}{line}\n")).collect()
}

/// The patches of a kustomization, and their files.
fn patches(dice: &mut Dice, tree: &Tree, directory: &str) -> (String, String) {
    let (mut list, mut older, mut jsons, mut files) = (String::new(), String::new(), String::new(), String::new());
    for number in 0..dice.below(4) {
        let object = tree.workloads[dice.below(tree.workloads.len())];
        let path = format!("p{number}.yaml");
        match dice.below(7) {
            0 => {
                writeln!(list, "- path: {path}").unwrap();
                write!(files, "## {directory}/{path}\n{}", merge_patch(dice, object)).unwrap();
            }
            1 => write!(list, "- patch: |-\n{}", indent(&merge_patch(dice, object), "    ")).unwrap(),
            2 => {
                writeln!(older, "- {path}").unwrap();
                write!(files, "## {directory}/{path}\n{}", merge_patch(dice, object)).unwrap();
            }
            3 => {
                let target = format!("{{kind: {}, name: {}}}", object.1, object.2);
                write!(
                    list,
                    "- target: {target}\n  patch: |-\n{}",
                    indent(&json_patch(dice), "    ")
                )
                .unwrap();
            }
            4 => {
                let (group, version) = object.0.split_once('/').unwrap();
                let target = format!(
                    "{{group: {group}, version: {version}, kind: {}, name: {}}}",
                    object.1, object.2
                );
                write!(jsons, "- target: {target}\n  path: {path}\n").unwrap();
                write!(files, "## {directory}/{path}\n{}", json_patch(dice)).unwrap();
            }
            5 => {
                let target = dice.one(&[
                    "kind: .*Set|Deployment",
                    "labelSelector: tier=front",
                    "name: .*b",
                    "kind: Rollout",
                ]);
                let patch = "kind: Any\napiVersion: any/v1\nmetadata: {name: any}\nspec: {paused: true, template: {spec: {dnsPolicy: Default}}}\n";
                write!(list, "- target: {{{target}}}\n  patch: |\n{}", indent(patch, "    ")).unwrap();
            }
            _ => write!(
                list,
                "- patch: |-\n    $patch: delete\n    apiVersion: v1\n    kind: Service\n    metadata: {{name: {}}}\n",
                object.2
            )
            .unwrap(),
        }
    }
    let mut text = String::new();
    for (name, list) in [
        ("patches", list),
        ("patchesStrategicMerge", older),
        ("patchesJson6902", jsons),
    ] {
        if !list.is_empty() {
            write!(text, "{name}:\n{list}").unwrap();
        }
    }
    (text, files)
}

fn overlay(dice: &mut Dice, tree: &Tree, (directory, below): (&str, &str)) -> String {
    let mut text = format!("## {directory}/kustomization.yaml\nresources: [../{below}]\n");
    let mut files = String::new();
    for (in_ten, line) in [
        (3, "namePrefix: o-\n"),
        (2, "nameSuffix: -s\n"),
        (3, "namespace: prod\n"),
        (2, "commonAnnotations: {who: me}\n"),
        (
            2,
            "labels: [{pairs: {l: m}}, {pairs: {second: o}, includeSelectors: true}]\n",
        ),
        (2, "labels: [{pairs: {l: m}, includeTemplates: true}]\n"),
        (
            3,
            "images: [{name: nginx, newTag: \"2\"}, {name: ghcr.io/acme/api, newName: other/api}, {name: redis, digest: sha256:99}]\n",
        ),
        (
            2,
            "configMapGenerator: [{name: settings, behavior: merge, literals: [A=2, N=3]}, {name: more, literals: [X=y]}]\n",
        ),
        (
            1,
            "secretGenerator: [{name: keys, behavior: replace, literals: [NEW=1]}]\n",
        ),
    ] {
        let key = line.split(':').next().unwrap_or_default();
        if dice.chance(in_ten) && !text.contains(key) {
            text.push_str(line);
        }
    }
    let scaled = tree
        .workloads
        .iter()
        .find(|it| matches!(it.1, "Deployment" | "StatefulSet"));
    if let Some((_, _, name)) = scaled.filter(|_| dice.chance(3)) {
        writeln!(text, "replicas: [{{name: {name}, count: {}}}]", dice.below(20)).unwrap();
    }
    let (list, more) = patches(dice, tree, directory);
    text.push_str(&list);
    files.push_str(&more);
    if dice.chance(2) {
        writeln!(text, "components: [../{directory}-c]").unwrap();
        write!(
            files,
            "## {directory}-c/kustomization.yaml\napiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\n"
        )
        .unwrap();
        let (list, more) = patches(dice, tree, &format!("{directory}-c"));
        files.push_str(&list);
        if list.is_empty() || dice.chance(3) {
            files.push_str("commonAnnotations: {component: \"yes\"}\n");
        }
        files.push_str(&more);
    }
    text + &files
}

/// A tree whose topmost directory is `top`.
fn tree(seed: u64) -> String {
    let mut dice = Dice(seed.wrapping_mul(7919) + 1);
    dice.below(2);
    let base = base(&mut dice);
    let mut text = base.text.clone();
    if dice.chance(4) {
        text.push_str(&overlay(&mut dice, &base, ("middle", "base")));
        text.push_str(&overlay(&mut dice, &base, ("top", "middle")));
    } else {
        text.push_str(&overlay(&mut dice, &base, ("top", "base")));
    }
    text
}

#[test]
#[expect(clippy::disallowed_methods, reason = "how much is tried is told by the environment")]
#[ignore = "needs kubectl: `.ci/run outside`"]
fn trees_made_at_random_are_rendered_as_kustomize_does() {
    assert!(is_here(), "there is no kubectl here to judge what is rendered");
    let number = |name| std::env::var(name).ok().and_then(|it| it.parse::<u64>().ok());
    let seeds = match number("RAKOPS_TREE") {
        Some(seed) => seed..seed + 1,
        None => 0..number("RAKOPS_TREES").unwrap_or(400),
    };
    let mut tally = Tally::default();
    for seed in seeds {
        let root = tempfile::tempdir().unwrap();
        write(root.path(), &tree(seed));
        tally.add(
            &format!("tree {seed}"),
            judge(root.path(), "top", rendering_on_disk(root.path(), "top")),
        );
    }
    tally.conclude("trees");
}
