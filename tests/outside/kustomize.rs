//! kustomize as the judge of `bump --env`: what is rendered afterwards, not what stands in files.

use std::path::Path;
use std::process::Command;

use crate::everywhere::Dice;
use crate::harness::Sandbox;

/// What the tests need.
pub(crate) fn needs() -> Result<(), String> {
    renderer()
        .map(|_| ())
        .ok_or_else(|| "neither kubectl nor kustomize is here to judge what is rendered".to_owned())
}

/// The tests.
pub(crate) const TESTS: &[(&str, fn())] = &[
    (
        "kustomize::after_a_bump_the_environment_renders_the_version_and_nothing_else_changes",
        after_a_bump_the_environment_renders_the_version_and_nothing_else_changes,
    ),
    (
        "kustomize::a_bump_of_random_trees_reaches_its_environment_and_no_other",
        a_bump_of_random_trees_reaches_its_environment_and_no_other,
    ),
    (
        "kustomize::after_a_promotion_of_random_trees_the_target_renders_the_versions_of_the_source",
        after_a_promotion_of_random_trees_the_target_renders_the_versions_of_the_source,
    ),
];

/// The program that renders, if there is one here.
pub(crate) fn renderer() -> Option<&'static [&'static str]> {
    let works = |words: &[&str]| {
        Command::new(words[0])
            .arg("version")
            .arg("--client")
            .output()
            .is_ok_and(|output| output.status.success())
            || Command::new(words[0])
                .arg("version")
                .output()
                .is_ok_and(|output| output.status.success())
    };
    [&["kubectl", "kustomize"] as &[&str], &["kustomize", "build"]]
        .into_iter()
        .find(|words| works(words))
}

fn render(words: &[&str], directory: &Path) -> String {
    let output = Command::new(words[0])
        .args(&words[1..])
        .arg(directory)
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

const POD: &str = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: NAME}\nspec:\n  template:\n    spec:\n      containers:\n      - {name: main, image: IMAGE}\n";

fn deployment(name: &str, image: &str) -> String {
    POD.replace("NAME", name).replace("IMAGE", image)
}

/// Repositories in which the version of `acme/api` reaches an environment in different ways.
fn repositories() -> Vec<(&'static str, Vec<(&'static str, String)>)> {
    let base = |image: &str| {
        vec![
            (
                "base/kustomization.yaml",
                "resources: [api.yaml, web.yaml]\n".to_owned(),
            ),
            ("base/api.yaml", deployment("api", image)),
            ("base/web.yaml", deployment("web", "acme/web:1.0.0")),
            (
                "overlays/prd/kustomization.yaml",
                "resources: [../../base]\n".to_owned(),
            ),
        ]
    };
    let with = |image: &str, stg: &str| {
        let mut files = base(image);
        files.push(("overlays/stg/kustomization.yaml", stg.to_owned()));
        files
    };
    let mut patched = with(
        "acme/api:1.0.0",
        "resources: [../../base]\npatches:\n- path: api.yaml\n",
    );
    patched.push(("overlays/stg/api.yaml", deployment("api", "acme/api:1.1.0")));
    let mut through = with("acme/api:1.0.0", "resources: [../../middle]\n");
    through.push((
        "middle/kustomization.yaml",
        "resources: [../base]\nimages: [{name: acme/api, newName: mirror.example/api, newTag: 1.1.0}]\n".to_owned(),
    ));
    let mut component = with(
        "acme/api:1.0.0",
        "resources: [../../base]\ncomponents: [../../parts/pin]\n",
    );
    component.push((
        "parts/pin/kustomization.yaml",
        "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\nimages: [{name: acme/api, newTag: 1.1.0}]\n"
            .to_owned(),
    ));
    vec![
        ("nothing pinned", with("acme/api:1.0.0", "resources: [../../base]\n")),
        (
            "an entry",
            with(
                "acme/api:1.0.0",
                "resources: [../../base]\nimages:\n- name: acme/api\n  newTag: 1.1.0\n",
            ),
        ),
        (
            "an empty list",
            with("acme/api:1.0.0", "resources: [../../base]\nimages: []\n"),
        ),
        (
            "an entry with a name only",
            with(
                "api",
                "resources: [../../base]\nimages:\n- name: api\n  newName: acme/api\n",
            ),
        ),
        ("a patch", patched),
        (
            "an inline patch",
            with(
                "acme/api:1.0.0",
                "resources: [../../base]\npatches:\n- patch: |-\n    apiVersion: apps/v1\n    kind: Deployment\n    metadata: {name: api}\n    spec: {template: {spec: {containers: [{name: main, image: acme/api:1.1.0}]}}}\n",
            ),
        ),
        ("a directory between that renames", through),
        ("a component", component),
    ]
}

fn after_a_bump_the_environment_renders_the_version_and_nothing_else_changes() {
    let words = renderer().unwrap();
    for (case, files) in repositories() {
        let sandbox = Sandbox::new();
        for (path, text) in &files {
            sandbox.file(path, text);
        }
        let image = if case.contains("renames") {
            "mirror.example/api"
        } else {
            "acme/api"
        };
        let before: Vec<String> = ["stg", "prd"]
            .map(|env| render(words, &sandbox.path(&format!("overlays/{env}"))))
            .into();
        sandbox
            .rakops(["bump", &format!("{image}=1.10"), "--env", "stg", "--allow", "downgrade"])
            .run()
            .expect(0);
        let after: Vec<String> = ["stg", "prd"]
            .map(|env| render(words, &sandbox.path(&format!("overlays/{env}"))))
            .into();
        assert_eq!(before[1], after[1], "{case}: prd changed");
        let changed: Vec<(&str, &str)> = before[0]
            .lines()
            .zip(after[0].lines())
            .filter(|(old, new)| old != new)
            .collect();
        assert_eq!(
            before[0].lines().count(),
            after[0].lines().count(),
            "{case}\n{}",
            after[0]
        );
        assert_eq!(changed.len(), 1, "{case}: {changed:?}");
        assert_eq!(changed[0].1.trim(), format!("- image: {image}:1.10"), "{case}");
    }
}

/// How many random trees are tried: `RAKOPS_TREES` or a few.
fn trees() -> u64 {
    std::env::var("RAKOPS_TREES")
        .ok()
        .and_then(|it| it.parse().ok())
        .unwrap_or(12)
}

const ENVIRONMENTS: [&str; 3] = ["dev", "stg", "prd"];

/// Overlays on one or two bases, with entries, new names, patches and a component, drawn by chance.
fn random_tree(sandbox: &Sandbox, dice: &mut Dice) {
    let images = ["acme/api:v1", "acme/web:v1", "ghcr.io/acme/api-gateway:v1"];
    for base in 0..2 {
        // The first deployment always runs the image, and the patch below names it.
        let other = images[dice.below(images.len())];
        let text = format!(
            "{}---\n{}",
            deployment(&format!("d{base}"), images[0]),
            deployment(&format!("e{base}"), other)
        );
        sandbox.file(&format!("base{base}/d.yaml"), text);
        let entry = if dice.below(5) == 0 {
            "images: [{name: acme/api, newTag: v2}]\n"
        } else {
            ""
        };
        sandbox.file(
            &format!("base{base}/kustomization.yaml"),
            format!("resources: [d.yaml]\n{entry}"),
        );
    }
    sandbox.file(
        "pin/kustomization.yaml",
        "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\nimages: [{name: acme/api, newTag: v5}]\n",
    );
    for env in ENVIRONMENTS {
        let mut text = match dice.below(5) {
            0 if env == "prd" => "resources: [../stg]\n".to_owned(),
            1 => "resources: [../../base0]\n".to_owned(),
            _ => "resources: [../../base0, ../../base1]\n".to_owned(),
        };
        text.push_str(["", "", "components: [../../pin]\n"][dice.below(3)]);
        text.push_str(match dice.below(7) {
            0 | 1 => "images:\n- name: acme/api\n  newTag: v3\n",
            2 => "images:\n- name: acme/api\n  newName: mirror.example/api\n  newTag: v3\n",
            3 => "images: []\n",
            4 => "patches:\n- path: patch.yaml\n",
            _ => "",
        });
        sandbox.file(&format!("overlays/{env}/patch.yaml"), deployment("d0", "acme/api:v4"));
        sandbox.file(&format!("overlays/{env}/kustomization.yaml"), text);
    }
}

fn a_bump_of_random_trees_reaches_its_environment_and_no_other() {
    let words = renderer().unwrap();
    let is_ours = |line: &&str| {
        ["image: acme/api:", "image: mirror.example/api:"]
            .iter()
            .any(|it| line.contains(it))
    };
    let (mut set, mut refused) = (0, 0);
    for seed in 1..=trees() {
        let sandbox = Sandbox::new();
        let mut dice = Dice::new(seed);
        random_tree(&sandbox, &mut dice);
        let rendered = || ENVIRONMENTS.map(|env| render(words, &sandbox.path(&format!("overlays/{env}"))));
        let before = rendered();
        let chosen = dice.below(ENVIRONMENTS.len());
        let output = sandbox
            .rakops(["bump", "acme/api=v9", "--env", ENVIRONMENTS[chosen]])
            .run();
        let after = rendered();
        if output.code != 0 {
            assert_eq!(before, after, "seed {seed}: refused, and changed");
            refused += 1;
            continue;
        }
        set += 1;
        for (index, env) in ENVIRONMENTS.iter().enumerate() {
            if index != chosen {
                assert_eq!(before[index], after[index], "seed {seed}: {env} changed");
            }
        }
        let rest = |text: &str| {
            text.lines()
                .filter(|line| !is_ours(line))
                .map(str::to_owned)
                .collect::<Vec<_>>()
        };
        assert_eq!(
            rest(&before[chosen]),
            rest(&after[chosen]),
            "seed {seed}: something else changed"
        );
        // What a mirror runs has another name, and nobody asked for it.
        let left = after[chosen]
            .lines()
            .find(|line| line.contains("image: acme/api:") && !line.ends_with(":v9"));
        assert_eq!(left, None, "seed {seed}: left behind in {}", ENVIRONMENTS[chosen]);
    }
    println!("kustomize: {set} random trees set and rendered, {refused} refused, 0 wrong");
    assert!(set > 0);
}

/// The objects that are rendered, each with what it runs: name, repository, version.
fn running(rendered: &str) -> Vec<(String, String, String)> {
    let field = |document: &str, key: &str| {
        let mut lines = document.lines().map(|line| line.trim_start_matches([' ', '-']));
        lines.find_map(|line| line.strip_prefix(key).map(|rest| rest.trim().to_owned()))
    };
    let mut found: Vec<_> = rendered
        .split("---\n")
        .filter_map(|document| {
            let image = field(document, "image:")?;
            let (repository, version) = image.rsplit_once(':')?;
            let named = document.find("metadata:").map(|at| &document[at..])?;
            Some((field(named, "name:")?, repository.to_owned(), version.to_owned()))
        })
        .collect();
    found.sort();
    found
}

fn after_a_promotion_of_random_trees_the_target_renders_the_versions_of_the_source() {
    let words = renderer().unwrap();
    let (mut carried, mut refused) = (0, 0);
    for seed in 1..=trees() {
        let sandbox = Sandbox::new();
        let mut dice = Dice::new(seed);
        random_tree(&sandbox, &mut dice);
        sandbox.repository().commit_all("a random tree");
        let rendered = || ENVIRONMENTS.map(|env| render(words, &sandbox.path(&format!("overlays/{env}"))));
        let before = rendered();
        let output = sandbox
            .rakops([
                "promote",
                "stg",
                "prd",
                "--commit",
                "-y",
                "--allow",
                "protected,downgrade,overwrite",
            ])
            .run();
        let after = rendered();
        assert_eq!(
            before[..2],
            after[..2],
            "seed {seed}: another environment changed\n{}",
            output.all()
        );
        if output.code != 0 {
            assert_eq!(before, after, "seed {seed}: refused, and changed");
            assert_eq!(output.code, 3, "seed {seed}: {}", output.all());
            refused += 1;
            continue;
        }
        let (stg, old, new) = (running(&after[1]), running(&before[2]), running(&after[2]));
        for ((name, repository, version), (_, before, _)) in new.iter().zip(&old) {
            assert_eq!(repository, before, "seed {seed}: the repository of {name} changed");
            if let Some((_, _, wanted)) = stg.iter().find(|it| it.0 == *name) {
                assert_eq!(version, wanted, "seed {seed}: {name}\n{}", output.all());
            }
        }
        let again = sandbox
            .rakops(["promote", "stg", "prd", "--commit", "-y", "--allow", "protected"])
            .run()
            .expect(0);
        assert_eq!(
            rendered(),
            after,
            "seed {seed}: a second promotion changed something\n{}",
            again.all()
        );
        carried += 1;
    }
    println!("kustomize: {carried} random trees promoted and rendered, {refused} refused, 0 wrong");
    assert!(carried > 0);
}
