//! Cases made by hand, each a base and an overlay.

use super::judge::{Tally, is_here, judge};
use super::{rendering_on_disk, write};

/// Objects that most cases patch.
const BASE: &str = r#"## base/kustomization.yaml
resources: [api.yaml, rest.yaml]
## base/api.yaml
apiVersion: apps/v1
kind: Deployment
metadata:
  name: api
  labels: {app: api}
spec:
  replicas: 1
  selector: {matchLabels: {app: api}}
  template:
    metadata: {labels: {app: api}}
    spec:
      initContainers:
      - {name: init, image: "busybox:1"}
      containers:
      - name: api
        image: ghcr.io/acme/api:1.0
        args: [--a, --b]
        env:
        - {name: A, value: "1"}
        - {name: B, value: two}
        ports:
        - {containerPort: 80, name: http}
        - {containerPort: 53, protocol: UDP}
        - {containerPort: 53, protocol: TCP}
        resources: {limits: {memory: 1Gi, cpu: 1}}
        volumeMounts:
        - {name: config, mountPath: /etc/api}
        envFrom:
        - configMapRef: {name: settings}
      - name: side
        image: nginx
      volumes:
      - name: config
        configMap: {name: settings, defaultMode: 0644}
      - name: cache
        emptyDir: {}
      serviceAccountName: api
## base/rest.yaml
apiVersion: v1
kind: Service
metadata: {name: api, annotations: {}}
spec:
  selector: {app: api}
  ports:
  - {name: http, port: 80, targetPort: 8080}
  - {name: dns, port: 53, protocol: UDP}
---
apiVersion: v1
kind: ConfigMap
metadata:
  name: settings
  finalizers: [a/one, a/two]
data:
  LEVEL: info
  text: |
    one
    two
---
apiVersion: v1
kind: ServiceAccount
metadata: {name: api}
secrets: [{name: token}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: api}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: api}
subjects:
- {kind: ServiceAccount, name: api}
- {kind: ServiceAccount, name: default}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: api}
rules: [{apiGroups: [""], resources: [configmaps], resourceNames: [settings], verbs: [get]}]
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: api}
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: api}
  maxReplicas: 3
---
apiVersion: argoproj.io/v1alpha1
kind: Rollout
metadata: {name: web}
spec:
  replicas: 2
  template:
    spec:
      containers: [{name: web, image: "nginx:1", env: [{name: A, value: x}]}]
---
apiVersion: v1
kind: Namespace
metadata: {name: shop}
---
apiVersion: batch/v1
kind: CronJob
metadata: {name: nightly}
spec:
  schedule: "0 1 * * *"
  jobTemplate:
    spec:
      template:
        spec:
          containers: [{name: job, image: "ghcr.io/acme/job:1@sha256:00", envFrom: [{secretRef: {name: keys}}]}]
          restartPolicy: Never
"#;

/// Name, and the files of the overlay besides `resources: [../base]` in `o/kustomization.yaml`.
const CASES: &[(&str, &str)] = &[
    ("nothing", ""),
    (
        "image of a container",
        "patches:\n- patch: |-\n    apiVersion: apps/v1\n    kind: Deployment\n    metadata: {name: api}\n    spec: {template: {spec: {containers: [{name: api, image: x}]}}}\n",
    ),
    (
        "new items stand first",
        "patches:\n- patch: |-\n    apiVersion: apps/v1\n    kind: Deployment\n    metadata: {name: api}\n    spec:\n      replicas: null\n      template:\n        spec:\n          containers:\n          - {name: new, image: x}\n          - name: api\n            args: [--c]\n            env: [{name: C, value: c}, {name: B, value: b}]\n            volumeMounts: [{name: cache, mountPath: /tmp}]\n          volumes: [{name: more, emptyDir: {}}]\n",
    ),
    (
        "ports have two keys",
        "patches:\n- patch: |-\n    apiVersion: apps/v1\n    kind: Deployment\n    metadata: {name: api}\n    spec: {template: {spec: {containers: [{name: api, ports: [{containerPort: 53, protocol: UDP, hostPort: 1}, {containerPort: 80, hostPort: 2}, {containerPort: 99}]}]}}}\n",
    ),
    (
        "ports of a service",
        "patches:\n- patch: |-\n    apiVersion: v1\n    kind: Service\n    metadata: {name: api}\n    spec: {ports: [{port: 80, targetPort: 9090}, {port: 443, protocol: TCP, name: https}]}\n",
    ),
    (
        "delete an item",
        "patches:\n- patch: |-\n    apiVersion: apps/v1\n    kind: Deployment\n    metadata: {name: api}\n    spec: {template: {spec: {containers: [{name: side, $patch: delete}], volumes: [{name: cache, $patch: delete}]}}}\n",
    ),
    (
        "delete an env and a key",
        "patches:\n- patch: |-\n    apiVersion: apps/v1\n    kind: Deployment\n    metadata: {name: api}\n    spec: {template: {spec: {serviceAccountName: null, containers: [{name: api, resources: {limits: {cpu: null}}, env: [{name: A, $patch: delete}]}]}}}\n",
    ),
    (
        "replace a mapping",
        "patches:\n- patch: |-\n    apiVersion: apps/v1\n    kind: Deployment\n    metadata: {name: api}\n    spec: {template: {spec: {containers: [{name: api, resources: {$patch: replace, requests: {cpu: 1}}}]}}}\n",
    ),
    (
        "replace an item",
        "patches:\n- patch: |-\n    apiVersion: apps/v1\n    kind: Deployment\n    metadata: {name: api}\n    spec: {template: {spec: {containers: [{name: api, $patch: replace, image: y}]}}}\n",
    ),
    (
        "replace a list",
        "patches:\n- patch: |-\n    apiVersion: apps/v1\n    kind: Deployment\n    metadata: {name: api}\n    spec: {template: {spec: {containers: [{$patch: replace}, {name: only, image: z}]}}}\n",
    ),
    (
        "delete a list",
        "patches:\n- patch: |-\n    apiVersion: apps/v1\n    kind: Deployment\n    metadata: {name: api}\n    spec: {template: {spec: {volumes: [{$patch: delete}]}}}\n",
    ),
    (
        "delete a mapping",
        "patches:\n- patch: |-\n    apiVersion: apps/v1\n    kind: Deployment\n    metadata: {name: api}\n    spec: {template: {spec: {volumes: [{name: config, configMap: {$patch: delete}, emptyDir: {}}]}}}\n",
    ),
    (
        "merge said",
        "patches:\n- patch: |-\n    apiVersion: apps/v1\n    kind: Deployment\n    metadata: {name: api}\n    spec: {$patch: merge, template: {spec: {volumes: [{$patch: merge}, {name: a, emptyDir: {}}]}}}\n",
    ),
    (
        "delete an object",
        "patches:\n- patch: |-\n    $patch: delete\n    apiVersion: v1\n    kind: Service\n    metadata: {name: api}\n",
    ),
    (
        "delete by target",
        "patches:\n- target: {kind: Service}\n  patch: |-\n    $patch: delete\n    kind: Service\n    metadata: {name: any}\n",
    ),
    (
        "finalizers are united",
        "patches:\n- patch: |-\n    apiVersion: v1\n    kind: ConfigMap\n    metadata: {name: settings, finalizers: [a/two, a/three]}\n    data: {NEW: \"1\", LEVEL: null}\n",
    ),
    (
        "a custom resource has no merged lists",
        "patches:\n- patch: |-\n    apiVersion: argoproj.io/v1alpha1\n    kind: Rollout\n    metadata: {name: web}\n    spec: {template: {spec: {containers: [{name: web, image: \"nginx:2\", env: null}]}}}\n",
    ),
    (
        "a target with patterns",
        "patches:\n- target: {kind: Deploy.*|Rollout, name: \"a.*|web\"}\n  patch: |-\n    apiVersion: v1\n    kind: Any\n    metadata: {name: any}\n    spec: {minReadySeconds: 5}\n",
    ),
    (
        "a target by label",
        "patches:\n- target: {labelSelector: \"app in (api, web), !old\"}\n  patch: |-\n    - {op: add, path: /metadata/annotations/a~1b, value: c}\n    - {op: replace, path: /spec/replicas, value: 4}\n",
    ),
    (
        "a target that fits nothing",
        "patches:\n- target: {kind: Pod}\n  patch: |-\n    - {op: add, path: /spec/x, value: 1}\n",
    ),
    (
        "json operations",
        "patches:\n- target: {kind: Deployment}\n  patch: |-\n    - op: add\n      path: /spec/template/spec/containers/0/args/-\n      value: --z\n    - op: add\n      path: /spec/template/spec/containers/0/args/0\n      value: --first\n    - op: remove\n      path: /spec/template/spec/containers/1\n    - op: test\n      path: /spec/replicas\n      value: 1\n    - op: copy\n      from: /spec/replicas\n      path: /spec/minReadySeconds\n    - op: move\n      from: /spec/template/spec/volumes/0\n      path: /spec/template/spec/volumes/-\n    - op: replace\n      path: /spec/strategy\n      value: {type: Recreate}\n    - {op: remove, path: /spec/template/spec/containers/-1/args/-1}\n",
    ),
    (
        "json as json",
        "patches:\n- target: {kind: Service}\n  patch: '[{\"op\": \"add\", \"path\": \"/metadata/labels\", \"value\": {\"x\": \"y\"}}]'\n",
    ),
    (
        "a json test that fails",
        "patches:\n- target: {kind: Service}\n  patch: '[{\"op\": \"test\", \"path\": \"/spec/type\", \"value\": \"x\"}]'\n",
    ),
    (
        "a patch for nothing",
        "patches:\n- patch: |-\n    apiVersion: v1\n    kind: Service\n    metadata: {name: other}\n",
    ),
    (
        "a patch that does not fit",
        "patches:\n- patch: |-\n    apiVersion: v1\n    kind: Service\n    metadata: {name: api}\n    spec: {ports: 5}\n",
    ),
    (
        "older lists",
        "patchesStrategicMerge:\n- p.yaml\n- |-\n  apiVersion: v1\n  kind: Service\n  metadata: {name: api}\n  spec: {type: NodePort}\npatchesJson6902:\n- target: {group: apps, version: v1, kind: Deployment, name: api}\n  path: j.yaml\n## o/p.yaml\napiVersion: apps/v1\nkind: Deployment\nmetadata: {name: api}\nspec: {paused: true}\n---\napiVersion: v1\nkind: Service\nmetadata: {name: api}\nspec: {sessionAffinity: ClientIP}\n## o/j.yaml\n- {op: add, path: /spec/revisionHistoryLimit, value: 2}\n",
    ),
    (
        "prefix and suffix",
        "namePrefix: p-\nnameSuffix: -s\npatches:\n- patch: |-\n    apiVersion: apps/v1\n    kind: Deployment\n    metadata: {name: api}\n    spec: {replicas: 9}\n",
    ),
    ("namespace", "namespace: prod\n"),
    ("namespace and prefix", "namespace: prod\nnamePrefix: p-\n"),
    (
        "common labels",
        "commonLabels: {team: a, app: b}\ncommonAnnotations: {note: \"1\"}\n",
    ),
    (
        "labels",
        "labels:\n- pairs: {a: b}\n- pairs: {c: d}\n  includeTemplates: true\n- pairs: {e: f}\n  includeSelectors: true\n- pairs: {g: h}\n  fields: [{path: spec/template/metadata/labels, kind: Rollout, create: true}]\n",
    ),
    ("replicas", "replicas:\n- {name: api, count: 7}\n"),
    (
        "replicas of a renamed object",
        "namePrefix: p-\nreplicas:\n- {name: api, count: 7}\n",
    ),
    ("replicas of nothing", "replicas:\n- {name: none, count: 7}\n"),
    (
        "images",
        "images:\n- {name: ghcr.io/acme/api, newTag: \"2.0\"}\n- {name: nginx, newName: quay.io/nginx, digest: sha256:11}\n- {name: ghcr.io/acme/job, newTag: v2}\n- {name: busybox, newName: alpine}\n",
    ),
    ("a tag suffix", "images:\n- {name: ghcr.io/acme/api, tagSuffix: -x}\n"),
    (
        "generators",
        "configMapGenerator:\n- name: more\n  literals: [A=1, 'B=\"two words\"', C=a=b]\n  envs: [e.env]\n  files: [f.txt, key=f.txt]\n  options: {labels: {l: v}, immutable: true}\nsecretGenerator:\n- name: keys\n  literals: [PASSWORD=x]\n  type: kubernetes.io/basic-auth\ngeneratorOptions: {annotations: {g: o}}\n## o/e.env\n# comment\nE=1\n  F=two\n\nG\n## o/f.txt\nhello\nworld\n",
    ),
    (
        "generators merge",
        "configMapGenerator:\n- {name: settings, behavior: merge, literals: [LEVEL=debug, NEW=1]}\n",
    ),
    (
        "generators replace",
        "namePrefix: p-\nconfigMapGenerator:\n- {name: settings, behavior: replace, literals: [ONLY=1]}\n",
    ),
    (
        "generators merge nothing",
        "configMapGenerator:\n- {name: none, behavior: merge, literals: [A=1]}\n",
    ),
    (
        "generators twice",
        "configMapGenerator:\n- {name: settings, literals: [A=1]}\n",
    ),
    (
        "no hash",
        "generatorOptions: {disableNameSuffixHash: true}\nconfigMapGenerator:\n- {name: x, literals: [A=1]}\n",
    ),
    (
        "a component",
        "components: [../c]\nnamePrefix: p-\n## c/kustomization.yaml\napiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\nresources: [s.yaml]\nconfigMapGenerator: [{name: settings, behavior: merge, literals: [C=1]}]\npatches:\n- patch: |-\n    apiVersion: apps/v1\n    kind: Deployment\n    metadata: {name: api}\n    spec: {replicas: 3}\n## c/s.yaml\napiVersion: v1\nkind: Secret\nmetadata: {name: extra}\n",
    ),
    (
        "name change",
        "patches:\n- target: {kind: Service}\n  options: {allowNameChange: true}\n  patch: |-\n    apiVersion: v1\n    kind: Service\n    metadata: {name: other}\n",
    ),
    ("a list of objects", "patches: []\n## o/unused.yaml\na: 1\n"),
    (
        "null values",
        "patches:\n- patch: |-\n    apiVersion: v1\n    kind: ConfigMap\n    metadata: {name: settings, labels: {a: null, b: c}}\n    data: {x: ~, y: \"\"}\n",
    ),
    (
        "many kinds of scalars",
        "patches:\n- patch: |-\n    apiVersion: argoproj.io/v1alpha1\n    kind: Rollout\n    metadata: {name: web}\n    spec: {a: 1.50, b: 0644, c: yes, d: 1e3, e: 0x1F, f: \"5\", g: 1_000, h: True, i: '', j: [1, ~, a]}\n",
    ),
    (
        "anchors",
        "patches:\n- patch: |-\n    apiVersion: argoproj.io/v1alpha1\n    kind: Rollout\n    metadata: {name: &n web}\n    spec: {a: &x {b: c, d: [*n]}, e: *x, f: {<<: *x, b: z}}\n",
    ),
];

#[test]
#[ignore = "needs kubectl: `.ci/run outside`"]
fn cases_made_by_hand_are_rendered_as_kustomize_does() {
    assert!(is_here(), "there is no kubectl here to judge what is rendered");
    let mut tally = Tally::default();
    for (name, overlay) in CASES {
        let root = tempfile::tempdir().unwrap();
        write(root.path(), BASE);
        write(
            root.path(),
            &format!("## o/kustomization.yaml\nresources: [../base]\n{overlay}"),
        );
        tally.add(name, judge(root.path(), "o", rendering_on_disk(root.path(), "o")));
    }
    tally.conclude("cases");
}
