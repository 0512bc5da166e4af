use super::{Graph, Reach};
use crate::config::environments::Environment;
use crate::config::model::Config;
use crate::manifest::delivery::{Deliveries, Delivery, Depth, Form, Revision, Source};
use crate::manifest::kustomization::Kustomization;
use crate::manifest::site::ObjectName;

fn kustomization(directory: &str, builds: &[&str]) -> Kustomization {
    Kustomization {
        file: format!("{directory}/kustomization.yaml"),
        builds: builds.iter().map(|it| (*it).to_owned()).collect(),
        ..Kustomization::default()
    }
}

fn environment(name: &str) -> Environment {
    Environment {
        name: name.into(),
        branch: None,
        paths: vec![format!("overlays/{name}")],
        files: Vec::new(),
        group: None,
        protected: false,
    }
}

/// An Application in `argocd/<name>.yaml`.
fn application(name: &str, path: &str, values: &[&str]) -> Delivery {
    Delivery {
        file: format!("argocd/{name}.yaml"),
        object: ObjectName {
            kind: "Application".into(),
            name: name.into(),
            namespace: String::new(),
        },
        form: Form::Application,
        line: 1,
        column: 1,
        sources: vec![Source {
            repository: Some("u".into()),
            from: None,
            path: Some(path.into()),
            depth: Depth::Flat,
            values: values.iter().map(|it| (*it).to_owned()).collect(),
            names: Vec::new(),
            revision: Revision::Default,
            line: 1,
            column: 1,
            is_own: true,
            written: None,
        }],
    }
}

/// Asks which environments files reach.
fn reach_of(deliveries: Vec<Delivery>, files: &[&str]) -> Vec<Vec<String>> {
    let graph = Graph::new(vec![
        kustomization("overlays/dev", &["base"]),
        kustomization("base", &[]),
    ]);
    let (dev, prd) = (environment("dev"), environment("prd"));
    let mut reach = Reach::new(&graph, &[&dev, &prd]);
    let deliveries = Deliveries {
        list: deliveries,
        charts: ["charts/api".to_owned()].into(),
        blind: Vec::new(),
    };
    reach.deliver(&deliveries, &Config::default());
    let of = |file: &&str| reach.of(file).into_iter().map(str::to_owned).collect();
    files.iter().map(of).collect()
}

#[test]
fn a_chart_reaches_every_environment_whose_application_takes_it_and_its_values_only_one() {
    let apps = vec![
        application(
            "api-dev",
            "charts/api",
            &["charts/api/values.yaml", "charts/api/values-dev.yaml"],
        ),
        application(
            "api-prd",
            "charts/api",
            &["charts/api/values.yaml", "charts/api/values-prd.yaml"],
        ),
    ];
    let files = [
        "charts/api/templates/api.yaml",
        "charts/api/values.yaml",
        "charts/api/values-dev.yaml",
        "charts/api/values-old.yaml",
        "argocd/api-prd.yaml",
        "charts/web/values.yaml",
    ];
    let both = vec!["dev".to_owned(), "prd".to_owned()];
    let expected = vec![
        both.clone(),
        both,
        vec!["dev".into()],
        vec![],
        vec!["prd".into()],
        vec![],
    ];
    assert_eq!(reach_of(apps, &files), expected);
}

#[test]
fn what_brings_an_environments_object_reaches_it_and_brings_it_nothing_else() {
    let apps = vec![
        application("dev", "overlays/dev", &[]),
        application("prd", "overlays/prd", &[]),
        Delivery {
            file: "root.yaml".into(),
            ..application("root", "argocd", &[])
        },
    ];
    let files = ["root.yaml", "argocd/dev.yaml", "argocd/readme.yaml"];
    let expected: Vec<Vec<String>> = vec![vec!["dev".into(), "prd".into()], vec!["dev".into()], vec![]];
    assert_eq!(reach_of(apps, &files), expected);
}

#[test]
fn what_an_environments_object_brings_brings_on() {
    let apps = vec![
        Delivery {
            file: "overlays/prd/root.yaml".into(),
            ..application("root", "argocd", &[])
        },
        application("api", "charts/api", &[]),
    ];
    let expected: Vec<Vec<String>> = vec![vec!["prd".into()], vec!["prd".into()], vec![]];
    let files = ["argocd/api.yaml", "charts/api/templates/a.yaml", "other/a.yaml"];
    assert_eq!(reach_of(apps, &files), expected);
}

#[test]
fn the_way_from_a_file_leads_through_builds_and_objects() {
    let graph = Graph::new(vec![
        kustomization("base", &["base/api.yaml"]),
        kustomization("mid", &["base"]),
        kustomization("overlays/dev", &["mid"]),
    ]);
    let dev = environment("dev");
    let mut reach = Reach::new(&graph, &[&dev]);
    let deliveries = Deliveries {
        list: vec![application("dev", "overlays/dev", &["values-dev.yaml"])],
        ..Deliveries::default()
    };
    reach.deliver(&deliveries, &Config::default());
    assert_eq!(
        reach.way("dev", "base/api.yaml"),
        [
            "base/api.yaml",
            "base/kustomization.yaml",
            "mid/kustomization.yaml",
            "overlays/dev/kustomization.yaml"
        ]
    );
    assert_eq!(
        reach.way("dev", "values-dev.yaml"),
        ["values-dev.yaml", "argocd/dev.yaml"]
    );
    assert_eq!(reach.way("dev", "argocd/dev.yaml"), ["argocd/dev.yaml"]);
    assert_eq!(reach.way("dev", "README.md"), Vec::<String>::new());
}
