//! Every before and after of the editor's specification, and some more.

use super::script::run;

/// Script, before, after; `Err` names the reason of a refusal.
type Example = (&'static str, &'static str, Result<&'static str, &'static str>);

/// Setting a scalar.
const SET: &[Example] = &[
    (
        "set image repo:v2",
        "image:  repo:tag   # comment\n",
        Ok("image:  repo:v2   # comment\n"),
    ),
    (r#"set tag "1.10""#, "tag: v1\n", Ok("tag: \"1.10\"\n")),
    ("set tag it's", "tag: 'v1' # x\n", Ok("tag: 'it''s' # x\n")),
    ("set tag 1e3", "tag: \"v1\"\n", Ok("tag: \"1e3\"\n")),
    ("set tag v2", "tag: \"v1\"\n", Ok("tag: \"v2\"\n")),
    ("set tag 8.4", "tag: \"8.3\"\n", Ok("tag: \"8.4\"\n")),
    ("set tag 17.10", "tag: 17\n", Ok("tag: \"17.10\"\n")),
    ("set tag 1.2.3", "tag: \"\"\n", Ok("tag: \"1.2.3\"\n")),
    ("set tag 1.2.3", "tag: '' # c\n", Ok("tag: '1.2.3' # c\n")),
    ("set tag v1", "tag:\nx: 1\n", Ok("tag: v1\nx: 1\n")),
    (
        "set tag v1",
        "tag:   # none yet\nx: 1\n",
        Ok("tag: v1   # none yet\nx: 1\n"),
    ),
    ("set tag v1", "tag:", Ok("tag: v1")),
    ("set tag v1", "tag:\r\nx: 1\r\n", Ok("tag: v1\r\nx: 1\r\n")),
    ("set tag v1", "tag: ~ # c\n", Ok("tag: v1 # c\n")),
    ("set tag v1", "tag: &t\nx: *t\n", Ok("tag: &t v1\nx: *t\n")),
    ("set tag v1", "tag: !!str\nx: 1\n", Ok("tag: !!str v1\nx: 1\n")),
    ("set tag 1.1", "tag: !!str 1.0\n", Ok("tag: !!str \"1.1\"\n")),
    ("set tag v1", "tag: \nx: 1\n", Ok("tag: v1\nx: 1\n")),
    ("set tag v1", "tag:  \nx: 1\n", Ok("tag: v1 \nx: 1\n")),
    ("set [0] v", "- \n- x\n", Ok("- v\n- x\n")),
    ("set [0] v", "-\n- x\n", Ok("- v\n- x\n")),
    ("set [0] v", "-   # c\n- x\n", Ok("- v   # c\n- x\n")),
    ("set tag v2", "tag: v1 \t \n", Ok("tag: v2 \t \n")),
    ("set image v2", "image: v1\t# c\n", Ok("image: v2\t# c\n")),
    ("set tag v2", "tag: v1#x\n", Ok("tag: v2\n")),
    ("set image repo:v2", "\"image\": repo:v1\n", Ok("\"image\": repo:v2\n")),
    ("set tag 1.10", "\"tag\" : 'v1'\n", Ok("\"tag\" : '1.10'\n")),
    ("set image repo:v2", "image : repo:v1\n", Ok("image : repo:v2\n")),
    ("set image repo:v2", "? image\n: repo:v1\n", Ok("? image\n: repo:v2\n")),
    (
        "set image repo/app:v2",
        "image: repo\n  /app:v1\n  more # c\nx: 1\n",
        Ok("image: repo/app:v2 # c\nx: 1\n"),
    ),
    ("set a v2", "a: \"v1\\\n  x\" # c\n", Ok("a: \"v2\" # c\n")),
    (r#"set image "a\nb""#, "image: v1\n", Ok("image: \"a\\nb\"\n")),
    (
        "set image v2",
        "é漢😀: ü\nnote: |\n  long line with ünïcödé text here\nimage: v1\n",
        Ok("é漢😀: ü\nnote: |\n  long line with ünïcödé text here\nimage: v2\n"),
    ),
    (
        "set image r:v2",
        "defaultMode: 0755\nimage: r:v1\n",
        Ok("defaultMode: 0755\nimage: r:v2\n"),
    ),
    ("set [0][1] z", "- - a\n  - b\n", Ok("- - a\n  - z\n")),
    (
        "set list[1] z",
        "list:\n- a\n- b\nx: 1\n",
        Ok("list:\n- a\n- z\nx: 1\n"),
    ),
    ("set b v2", "a: x\u{2028}y\nb: v1\n", Ok("a: x\u{2028}y\nb: v2\n")),
    (
        "set image r/a:v2",
        "image: \"r\\x2fa:v1\"\n",
        Ok("image: \"r\\x2fa:v2\"\n"),
    ),
    (r#"set a """#, "a: v1\n", Ok("a: \"\"\n")),
    (r#"set a """#, "a:\n", Ok("a: \"\"\n")),
    ("set . v2", "v1\n", Ok("v2\n")),
    ("set . v2", "--- # c\n", Ok("--- v2 # c\n")),
];

/// Numbers and booleans that must not become strings.
const TYPED: &[Example] = &[
    ("like replicas 5", "replicas: 3 # c\n", Ok("replicas: 5 # c\n")),
    ("like value 5", "value: \"3\"\n", Ok("value: \"5\"\n")),
    (
        "like defaultMode 0644",
        "defaultMode: 0755\n",
        Ok("defaultMode: 0644\n"),
    ),
    ("like replicas three", "replicas: 3\n", Err("Untyped")),
    ("set replicas three", "replicas: 3\n", Ok("replicas: three\n")),
    ("like on false", "on: true\n", Ok("on: false\n")),
    ("like on no", "on: true\n", Err("Untyped")),
    ("like x 1e3", "x: 5\n", Err("Untyped")),
    ("like x 1_000", "x: 5\n", Err("Untyped")),
    ("like x 0644", "x: 5\n", Err("Untyped")),
    ("like x 0.5", "x: 5\n", Ok("x: 0.5\n")),
    ("like x -1", "x: 5\n", Ok("x: -1\n")),
    ("like x 5", "x:\n", Ok("x: \"5\"\n")),
    ("like x 5", "x: v1\n", Ok("x: \"5\"\n")),
    ("bare x 5", "x: v1\n", Ok("x: 5\n")),
    ("bare x true", "x:\n", Ok("x: true\n")),
    ("bare x yes", "x: 5\n", Err("Untyped")),
    ("bare x 0644", "x: 5\n", Err("Untyped")),
    ("bare x 5", "x: !!int 4\n", Ok("x: !!int 5\n")),
    ("set x v", "x: !!int 4\n", Err("ForeignTag")),
];

/// Flow collections, JSON, documents, bytes.
const FLOW: &[Example] = &[
    (
        "set newTag 1.10",
        "{name: app, newTag: v1} # c\n",
        Ok("{name: app, newTag: \"1.10\"} # c\n"),
    ),
    (
        "set newTag v2",
        "{\"name\":\"app\",\"newTag\":\"v1\"}\n",
        Ok("{\"name\":\"app\",\"newTag\":\"v2\"}\n"),
    ),
    ("set a x,y", "{a: v1}\n", Ok("{a: \"x,y\"}\n")),
    (
        "set l[0] v9",
        "l: [\n  v1, # one\n  v2\n]\n",
        Ok("l: [\n  v9, # one\n  v2\n]\n"),
    ),
    ("set a[1] x:y", "a: [v1,v2]\n", Ok("a: [v1,x:y]\n")),
    (
        "set a.b x:5000/y:1",
        "a: {b: v1,c: 2}\n",
        Ok("a: {b: x:5000/y:1,c: 2}\n"),
    ),
    ("set a v", "{a: , b: 1}\n", Ok("{a: v , b: 1}\n")),
    ("set a v", "{\"a\":}\n", Ok("{\"a\": v}\n")),
    ("set a v", "{a, b: 1}\n", Ok("{a: v, b: 1}\n")),
    (
        "set image v2",
        "%YAML 1.2\n---\nimage: v1\n...\n",
        Ok("%YAML 1.2\n---\nimage: v2\n...\n"),
    ),
    ("set image v2", "--- {image: v1}\n", Ok("--- {image: v2}\n")),
    ("set image v2", "--- !!map\nimage: v1\n", Ok("--- !!map\nimage: v2\n")),
    ("set a v2", "a: v1\n...\n# x\n", Ok("a: v2\n...\n# x\n")),
    ("set a v2", "a: v1\n\n\n", Ok("a: v2\n\n\n")),
    (
        "set image v2",
        "a: 1\r\nimage: v1\r\nb: 2\r\n",
        Ok("a: 1\r\nimage: v2\r\nb: 2\r\n"),
    ),
    ("set tag v2", "a: 1\rtag: v1\rb: 2\r", Ok("a: 1\rtag: v2\rb: 2\r")),
    ("set image v2", "\u{feff}image: v1\n", Ok("\u{feff}image: v2\n")),
    (
        "set 2:image r:v2",
        "# head\n---\nkind: A\nimage: r:v1\n---\n\nkind: B\nimage: r:v1\n",
        Ok("# head\n---\nkind: A\nimage: r:v1\n---\n\nkind: B\nimage: r:v2\n"),
    ),
    ("set image v2", "image: a\0b\n", Err("Nul")),
    ("set a v", "a: *x\n", Err("Syntax")),
    ("set b v", "a: &x 1\n---\nb: *x\n", Err("Syntax")),
    ("set image v", "image: {a: 1}\n", Err("Collection")),
    ("set image v", "image:\n- a\n", Err("Collection")),
    ("set b v", "\tb: 1\n", Err("Syntax")),
    ("set b v", "a: 1\nb: \u{feff}x\n", Err("InnerBom")),
];

/// Aliases, anchors, merge keys, tags, duplicates.
const ALIASES: &[Example] = &[
    ("set b repo:v2", "a: &img repo:v1\nb: *img # c\n", Err("Alias")),
    (
        "definition b repo:v2",
        "a: &img repo:v1\nb: *img # c\n",
        Ok("a: &img repo:v2\nb: *img # c\n"),
    ),
    (
        "detach b repo:v2",
        "a: &img repo:v1\nb: *img # c\n",
        Ok("a: &img repo:v1\nb: repo:v2 # c\n"),
    ),
    (
        "set image repo:v2",
        "image: &img repo:v1\nb: *img\n",
        Ok("image: &img repo:v2\nb: *img\n"),
    ),
    (
        "set a v9",
        "a: &x v1\nb: &x v2\nc: *x\n",
        Ok("a: &x v9\nb: &x v2\nc: *x\n"),
    ),
    (
        "set db.image r:v2",
        "d: &d {image: r:v1}\ndb:\n  <<: *d\n  n: 1\n",
        Err("Inherited"),
    ),
    (
        "key db image r:v2",
        "d: &d {image: r:v1}\ndb:\n  <<: *d\n  n: 1\n",
        Ok("d: &d {image: r:v1}\ndb:\n  <<: *d\n  n: 1\n  image: r:v2\n"),
    ),
    (
        "set d.image r:v2",
        "d: &d {image: r:v1}\ndb:\n  <<: *d\n  n: 1\n",
        Ok("d: &d {image: r:v2}\ndb:\n  <<: *d\n  n: 1\n"),
    ),
    ("remove a", "a: &x v1\nb: *x\n", Err("Anchored")),
    ("remove a", "a:\n  n: &x v1\nb: *x\n", Err("Anchored")),
    ("remove a", "a: [&x v1, *x]\nb: 1\n", Ok("b: 1\n")),
    ("set tag v2", "tag: !vault v1\n", Err("ForeignTag")),
    ("set a v", "a: 1\na: 2\n", Err("Duplicate")),
    ("set b v2", "a: 1\na: 2\nb: v1\n", Ok("a: 1\na: 2\nb: v2\n")),
    ("remove a", "a: 1\na: 2\n", Err("Duplicate")),
];

/// Templates and placeholders.
const TEMPLATES: &[Example] = &[
    ("set image v", "image: {{ .Values.image }}\n", Err("Template")),
    ("set image v", "{{- if .x }}\nimage: a\n{{- end }}\n", Err("Syntax")),
    ("set image v", "image: \"{{ .Values.image }}\"\n", Err("Template")),
    ("set image v", "image: '{{ x }}:v1'\n", Err("Template")),
    ("set image v", "image: v1 # {{ x }}\n", Err("Template")),
    (
        "set image r:v2",
        "args: \"{{x}}\"\nimage: r:v1\n",
        Ok("args: \"{{x}}\"\nimage: r:v2\n"),
    ),
    ("set image v2", "image: ${IMAGE}\n", Ok("image: v2\n")),
    ("key image a 1", "image: {{ .Values.image }}\n", Err("Template")),
    ("remove image", "image: {{ .Values.image }}\n", Err("Template")),
];

/// Versions that need more than one splice.
const SEVERAL: &[Example] = &[
    ("set tag v2@sha256:bb", "tag: v1@sha256:aa\n", Ok("tag: v2@sha256:bb\n")),
    (
        "set image r:v2@sha256:bb",
        "image: r:v1@sha256:aa\n",
        Ok("image: r:v2@sha256:bb\n"),
    ),
    (
        "set image.tag v2\nset image.digest sha256:bb",
        "image:\n  repository: r\n  tag: v1\n  digest: sha256:aa\n",
        Ok("image:\n  repository: r\n  tag: v2\n  digest: sha256:bb\n"),
    ),
    (
        "set [0].newTag v2\nset [0].digest sha256:bb",
        "- name: r\n  newTag: v1\n  digest: sha256:aa\n",
        Ok("- name: r\n  newTag: v2\n  digest: sha256:bb\n"),
    ),
    (
        "set version 2025-02-04-090000",
        "image: acme/a\nversion: 2025-02-03-101500\n",
        Ok("image: acme/a\nversion: 2025-02-04-090000\n"),
    ),
    (
        "set resources[0] https://git.example/x?ref=def5678\nset images[0].newTag def5678",
        "resources:\n- https://git.example/x?ref=abc1234\nimages:\n- name: r\n  newTag: abc1234\n",
        Ok("resources:\n- https://git.example/x?ref=def5678\nimages:\n- name: r\n  newTag: def5678\n"),
    ),
    (
        "set images[name=a].newTag v2",
        "images:\n- name: a\n  newTag: v1\n- name: b\n  newTag: v1\n",
        Ok("images:\n- name: a\n  newTag: v2\n- name: b\n  newTag: v1\n"),
    ),
    (
        "set [0] r:v2\nset [2] r:v3",
        "- r:v1\n- x\n- r:v1\n",
        Ok("- r:v2\n- x\n- r:v3\n"),
    ),
    (
        "set image r:v2",
        "# image: r:v1\nimage: r:v1\n",
        Ok("# image: r:v1\nimage: r:v2\n"),
    ),
    (
        "set newTag v2",
        "newTag: v1 # {\"$imagepolicy\": \"ns:p:tag\"}\n",
        Ok("newTag: v2 # {\"$imagepolicy\": \"ns:p:tag\"}\n"),
    ),
    ("set tag v2", "# renovate: x\ntag: v1\n", Ok("# renovate: x\ntag: v2\n")),
    (
        "set image reg.example:5000/a/b:v2",
        "image: reg.example:5000/a/b:v1\n",
        Ok("image: reg.example:5000/a/b:v2\n"),
    ),
];

/// Block scalars and YAML inside of them.
const BLOCKS: &[Example] = &[
    ("set image repo:v2", "image: |\n  repo:v1\nx: 1\n", Err("Block")),
    ("set tag v2", "tag: >-\n  v1\nx: 1\n", Ok("tag: >-\n  v2\nx: 1\n")),
    (
        "set tag v2",
        "tag: |- # c\n    v1\nx: 1\n",
        Ok("tag: |- # c\n    v2\nx: 1\n"),
    ),
    (r#"set tag "v2\n""#, "tag: |\n  v1\nx: 1\n", Ok("tag: |\n  v2\nx: 1\n")),
    ("set tag v2", "tag: |-\n  v1\n  v1\nx: 1\n", Err("Block")),
    (r#"set tag " v2""#, "tag: |-\n  v1\n", Err("Block")),
    ("set tag v2", "tag: |\nx: 1\n", Err("Block")),
    (
        "inner values | set image.tag 1.10",
        "values: |\n  image:\n    repository: r\n    tag: v1   # c\n  x: 1\nz: 1\n",
        Ok("values: |\n  image:\n    repository: r\n    tag: \"1.10\"   # c\n  x: 1\nz: 1\n"),
    ),
    (
        "inner values | set image.tag v2\ninner values | set x 2\nset z 3",
        "values: |\n  image:\n    tag: v1   # c\n\n  x: a\nz: b\n",
        Ok("values: |\n  image:\n    tag: v2   # c\n\n  x: \"2\"\nz: \"3\"\n"),
    ),
    (
        "inner v | set tag v2",
        "v: |2\n    tag: v1\n",
        Ok("v: |2\n    tag: v2\n"),
    ),
    ("inner v | set tag v2", "v: |-\n  tag: v1\n", Ok("v: |-\n  tag: v2\n")),
    (
        "inner v | set tag v2",
        "v: |+\n  tag: v1\n\n",
        Ok("v: |+\n  tag: v2\n\n"),
    ),
    (
        "inner v | set tag v2",
        "v: |\r\n  a: 1\r\n  tag: v1\r\n",
        Ok("v: |\r\n  a: 1\r\n  tag: v2\r\n"),
    ),
    (
        "inner v | set tag v2",
        "v: |\n  a: 1\n  tag: v1",
        Ok("v: |\n  a: 1\n  tag: v2"),
    ),
    (
        "inner v | set é v2",
        "v: |\n  # ü\n  é: v1\n",
        Ok("v: |\n  # ü\n  é: v2\n"),
    ),
    (
        "inner v | set tag v2",
        "v: |\n  a: {{ x }}\n  tag: v1\n",
        Err("Template"),
    ),
    ("inner v | set tag v2", "v: >\n  a: 1\n  tag: v1\n", Err("Block")),
    ("inner v | set tag v2", "v: |\n  a: [1\n  tag: v1\n", Err("Syntax")),
    (
        r#"inner v | set tag "a\nb""#,
        "v: |\n  tag: v1\n",
        Ok("v: |\n  tag: \"a\\nb\"\n"),
    ),
    (
        "inner v | key . b 1",
        "v: |\n  tag: v1\n",
        Ok("v: |\n  tag: v1\n  b: 1\n"),
    ),
    (
        "inner v | key . b 1",
        "v: |-\n  tag: v1",
        Ok("v: |-\n  tag: v1\n  b: 1"),
    ),
    (
        "inner v | key . b 1",
        "v: |\r\n    tag: v1\r\n\r\nx: 1\r\n",
        Ok("v: |\r\n    tag: v1\r\n    b: 1\r\n\r\nx: 1\r\n"),
    ),
    (
        "inner p[0].patch | key a c 2\ninner p[0].patch | set d 3",
        "p:\n- patch: |-\n    # head\n    a:\n      b: 1 # one\n\n    d: 2\n  target: x\n",
        Ok("p:\n- patch: |-\n    # head\n    a:\n      b: 1 # one\n      c: 2\n\n    d: \"3\"\n  target: x\n"),
    ),
    (
        "inner v | remove a.b",
        "v: |\n  a:\n    b: 1 # one\n    c: 2\n",
        Ok("v: |\n  a:\n    c: 2\n"),
    ),
    ("inner v | remove c", "v: |-\n  a: 1\n  c: 2", Ok("v: |-\n  a: 1")),
    (
        "within run r:v1 r:v2",
        "run: |\n  docker pull r:v1\n  docker run 'r:v1x'\n",
        Ok("run: |\n  docker pull r:v2\n  docker run 'r:v1x'\n"),
    ),
    (
        "within run r:v1 r:v2",
        "run: |\n  docker pull r:v1\n  docker run r:v1\n",
        Err("Unsupported"),
    ),
    (
        "within run r:v1 r:v2",
        "run: |\n  docker pull x/r:v1\n",
        Err("Unsupported"),
    ),
    (
        "within run r:v1 r:v2",
        "run: docker pull r:v1 # c\n",
        Ok("run: docker pull r:v2 # c\n"),
    ),
];

/// Adding keys and items.
const INSERT: &[Example] = &[
    (
        "key a new \"1.10\"",
        "a:\n  b: 1 # c\n\n# next\nz: 1\n",
        Ok("a:\n  b: 1 # c\n  new: 1.1\n\n# next\nz: 1\n"),
    ),
    (
        r#"key a new "\"1.10\"""#,
        "a:\n  b: 1 # c\n\n# next\nz: 1\n",
        Ok("a:\n  b: 1 # c\n  new: \"1.10\"\n\n# next\nz: 1\n"),
    ),
    ("key a new v", "a:\n    b: 1", Ok("a:\n    b: 1\n    new: v")),
    (
        "key a new v",
        "a:\r\n  b: 1\r\nz: 1\r\n",
        Ok("a:\r\n  b: 1\r\n  new: v\r\nz: 1\r\n"),
    ),
    ("key a new v", "a: {b: 1}\n", Ok("a: {b: 1, new: v}\n")),
    ("key a new v", "a: {}\n", Ok("a: {new: v}\n")),
    ("key a new v", "a: {\n  b: 1,\n}\n", Ok("a: {\n  b: 1, new: v,\n}\n")),
    (
        "key a new v",
        "a:\n  b: |\n    x\n\nz: 1\n",
        Ok("a:\n  b: |\n    x\n  new: v\n\nz: 1\n"),
    ),
    (
        "key a new v",
        "a:\n  b:\n    c: 1\nz: 1\n",
        Ok("a:\n  b:\n    c: 1\n  new: v\nz: 1\n"),
    ),
    (
        "key a new v",
        "a:\n  b: |+\n    x\n\n",
        Ok("a:\n  b: |+\n    x\n\n  new: v\n"),
    ),
    (
        "key [0] new y",
        "- name: x\n  v: 1\n",
        Ok("- name: x\n  v: 1\n  new: \"y\"\n"),
    ),
    (
        "lists flush\nitem images {\"name\":\"r\",\"newTag\":\"v1\"}",
        "images:\nz: 1\n",
        Ok("images:\n- name: r\n  newTag: v1\nz: 1\n"),
    ),
    (
        "lists flush\nkey . images [{\"name\":\"r\",\"newTag\":\"v1\"}]",
        "a: 1\n",
        Ok("a: 1\nimages:\n- name: r\n  newTag: v1\n"),
    ),
    (
        "item a new",
        "a:\n- x\n- y # c\nz: 1\n",
        Ok("a:\n- x\n- y # c\n- new\nz: 1\n"),
    ),
    ("item a new", "a:\n  - x\n\nz: 1\n", Ok("a:\n  - x\n  - new\n\nz: 1\n")),
    ("item a new", "a:\n  -   x\n", Ok("a:\n  -   x\n  -   new\n")),
    ("item a new", "a: [x]\n", Ok("a: [x, new]\n")),
    ("item a new", "a: [\n  x,\n  y\n]\n", Ok("a: [\n  x,\n  y, new\n]\n")),
    ("item a new", "a: [\n  x,\n]\n", Ok("a: [\n  x, new,\n]\n")),
    ("item a new", "a: [] # c\n", Ok("a: [new] # c\n")),
    (
        r#"item images {"name":"b","newTag":"v2"}"#,
        "images:\n- name: a\n  newTag: v1\n",
        Ok("images:\n- name: a\n  newTag: v1\n- name: b\n  newTag: v2\n"),
    ),
    ("key@0 . new v", "a: 1 # c\n\nb: 2\n", Ok("a: 1 # c\nnew: v\n\nb: 2\n")),
    ("item@0 . new", "- a\n- b\n", Ok("- a\n- new\n- b\n")),
    ("item@0 . new", "[a, b]\n", Ok("[a, new, b]\n")),
    ("key . a v", "a: 1\n", Err("Exists")),
    ("key . new v", "a:\n", Ok("a:\nnew: v\n")),
    ("key . new v", "? a\n", Ok("? a\nnew: v\n")),
    (
        "key a new v",
        "a: &x\n  b: 1\nc: *x\n",
        Ok("a: &x\n  b: 1\n  new: v\nc: *x\n"),
    ),
    ("key c new v", "a: &x\n  b: 1\nc: *x\n", Err("Alias")),
    ("key a new v", "a: ~ # c\nz: 1\n", Ok("a: # c\n  new: v\nz: 1\n")),
    ("key a new v", "a:\n\n# c\nz: 1\n", Ok("a:\n  new: v\n\n# c\nz: 1\n")),
    ("key [0] new v", "-\n- x\n", Ok("-\n  new: v\n- x\n")),
    ("key . new v", "---\n", Ok("---\nnew: v\n")),
    ("key a new v", "{a: , b: 1}\n", Ok("{a: {new: v} , b: 1}\n")),
    ("key a new v", "a: v1\n", Err("Collection")),
    ("key [0] new v", "[a: b]\n", Err("Unsupported")),
    (
        r#"key . m {"a":{"b":[1,"x"]},"c":{}}"#,
        "q:\n    z: 1\n",
        Ok("q:\n    z: 1\nm:\n    a:\n        b:\n          - 1\n          - x\n    c: {}\n"),
    ),
    (r#"key . m ["x"]"#, "q:\n  - z\n", Ok("q:\n  - z\nm:\n  - x\n")),
    (
        r#"item . ["a","b"]"#,
        "- - x\n  - y\n",
        Ok("- - x\n  - y\n- - a\n  - b\n"),
    ),
    (
        r#"item . {"a":[],"b":{"c":"d"}}"#,
        "- x\n",
        Ok("- x\n- a: []\n  b:\n    c: d\n"),
    ),
    (r#"item . {"a":["p"]}"#, "[x]\n", Ok("[x, {a: [p]}]\n")),
    (r#"key . m "a: b""#, "q: 1\n", Ok("q: 1\nm: \"a: b\"\n")),
    (r#"key . "a: b" v"#, "q: 1\n", Ok("q: 1\n\"a: b\": v\n")),
    ("key . m 5", "q: 1\n", Ok("q: 1\nm: 5\n")),
];

/// Removing keys and items with their comments.
const REMOVE: &[Example] = &[
    (
        "remove a.b",
        "a:\n  # about b\n  b: 1 # t\n\n  # about c\n  c: 2\n",
        Ok("a:\n\n  # about c\n  c: 2\n"),
    ),
    (
        "remove a.b",
        "a:\n  # settings\n  b: 1\n  c: 2\n",
        Ok("a:\n  # settings\n  c: 2\n"),
    ),
    (
        "remove a.c",
        "a:\n  b: 1\n  # about c\n  c: 2\nz: 1\n",
        Ok("a:\n  b: 1\nz: 1\n"),
    ),
    ("remove a.b", "a:\n  b: 1\nz: 1\n", Ok("a: {}\nz: 1\n")),
    ("remove a.b", "a: # why\n  b: 1\nz: 1\n", Ok("a: {} # why\nz: 1\n")),
    (
        "remove a[1]",
        "a:\n- x\n# about y\n- y: 1\n  z: 2\n- w\n",
        Ok("a:\n- x\n- w\n"),
    ),
    ("remove a[0].x", "a:\n- x: 1 # c\n  y: 2\n", Ok("a:\n- y: 2\n")),
    ("remove a[0]", "a: [x, y, z]\n", Ok("a: [y, z]\n")),
    ("remove a[2]", "a: [x, y, z]\n", Ok("a: [x, y]\n")),
    ("remove a.y", "a: {x: 1, y: 2}\n", Ok("a: {x: 1}\n")),
    ("remove b", "a: 1\nb: 2", Ok("a: 1\n")),
    ("remove a[0]", "a:\n- x\nz: 1\n", Ok("a: []\nz: 1\n")),
    ("remove a[0]", "a: [x]\n", Ok("a: []\n")),
    ("remove a[0].x", "a:\n- x: 1 # c\n- y\n", Ok("a:\n- {}\n- y\n")),
    ("remove a", "a: 1\n", Ok("{}\n")),
    ("remove a", "---\na: 1\n...\n", Ok("---\n{}\n...\n")),
    ("remove a", "--- !!map\na: 1\n", Ok("--- !!map\n{}\n")),
    ("remove a.b", "a: &x\n  b: 1\nc: *x\n", Ok("a: &x {}\nc: *x\n")),
    (
        "remove a[0].x",
        "a:\n- x: 1\n  # about y\n  y: 2\n",
        Ok("a:\n-\n  # about y\n  y: 2\n"),
    ),
    ("remove a[0].x", "a:\n- x: 1\n\n  y: 2\n", Ok("a:\n-\n\n  y: 2\n")),
    ("remove b", "a: 1\nb: |\n  x\n\n  y\nc: 1\n", Ok("a: 1\nc: 1\n")),
    ("remove b", "a: |\n  x\n# about b\nb: 1\n", Ok("a: |\n  x\n")),
    (
        "remove a[0]",
        "a: [\n  x, # one\n  y # two\n]\n",
        Ok("a: [\n  y # two\n]\n"),
    ),
    (
        "remove a[1]",
        "a: [\n  x, # one\n  y # two\n]\n",
        Ok("a: [\n  x # one\n]\n"),
    ),
    ("remove a[1]", "a: [\n  x,\n  y,\n]\n", Ok("a: [\n  x,\n]\n")),
    ("remove a[1]", "a: [\n  x,\n  y\n]\n", Ok("a: [\n  x\n]\n")),
    (
        "remove a[0]",
        "a: [\n  x,\n  # about y\n  y\n]\n",
        Ok("a: [\n  # about y\n  y\n]\n"),
    ),
    ("remove a", "a: 1\r\nb: 2\r\n", Ok("b: 2\r\n")),
    ("remove .", "a: 1\n", Err("Unsupported")),
    ("remove [0].a", "[a: b]\n", Err("Unsupported")),
];

/// Renaming keys in place.
const RENAME: &[Example] = &[
    ("rename a b", "a: 1 # c\n", Ok("b: 1 # c\n")),
    ("rename a b", "'a' : 1\n", Ok("'b' : 1\n")),
    ("rename a b", "{\"a\":1}\n", Ok("{\"b\":1}\n")),
    ("rename a c", "a: 1\nc: 2\n", Err("Exists")),
    ("rename a yes", "a: 1\n", Ok("\"yes\": 1\n")),
    ("rename a a", "a: 1\n", Ok("a: 1\n")),
    ("rename a b", "? a\n: 1\n", Ok("? b\n: 1\n")),
    ("rename a b", "&k a: 1\n", Ok("&k b: 1\n")),
];

/// Several edits at the same place.
const TOGETHER: &[Example] = &[
    (
        "key a x 1\nkey a w 2",
        "a:\n  b: 1\nz: 1\n",
        Ok("a:\n  b: 1\n  x: 1\n  w: 2\nz: 1\n"),
    ),
    ("key . x 1\nkey a w 2", "a:\n  b: 1\n", Ok("a:\n  b: 1\n  w: 2\nx: 1\n")),
    ("key a w 2\nkey . x 1", "a:\n  b: 1", Ok("a:\n  b: 1\n  w: 2\nx: 1")),
    ("key a x 1\nkey a w 2", "a: {}\n", Ok("a: {x: 1, w: 2}\n")),
    ("key a x 1\nkey a w 2", "a: {b: 1}\n", Ok("a: {b: 1, x: 1, w: 2}\n")),
    ("key a x 1\nkey a x 2", "a: {b: 1}\n", Err("Overlap")),
    ("key a x 1\nkey a w 2", "a:\nz: 1\n", Err("Overlap")),
    ("set a.b v\nkey a new w", "a:\n  b: 1\n", Ok("a:\n  b: v\n  new: w\n")),
    ("key a new w\nset a.b v", "a:\n  b:\n", Ok("a:\n  b: v\n  new: w\n")),
    ("key a new w\nset a.b v", "a:\n  b: \n", Ok("a:\n  b: v\n  new: w\n")),
    ("set a.b v\nkey a new w", "a: {b: }\n", Ok("a: {b: v, new: w }\n")),
    (
        "remove a.b\nremove a.c",
        "a:\n  b: 1\n  c: 2\nz: 1\n",
        Ok("a: {}\nz: 1\n"),
    ),
    (
        "remove a[0]\nremove a[1]\nremove a[2]",
        "a: [x, y, z] # c\n",
        Ok("a: [] # c\n"),
    ),
    ("remove a[1]\nremove a[2]", "a: [x, y, z]\n", Ok("a: [x]\n")),
    ("remove a[0]\nremove a[2]", "a: [x, y, z]\n", Ok("a: [y]\n")),
    (
        "remove a[0].x\nremove a[0].y",
        "a:\n- x: 1\n  y: 2\n  z: 3\n",
        Ok("a:\n- z: 3\n"),
    ),
    ("remove a[0].x\nremove a[0].y", "a:\n- x: 1\n  y: 2\n", Ok("a:\n- {}\n")),
    (
        "remove a.c\nkey a new v",
        "a:\n  b: 1\n  c: 2\nz: 1\n",
        Ok("a:\n  b: 1\n  new: v\nz: 1\n"),
    ),
    (
        "remove a.c\nkey a new v",
        "a:\n  b: 1\n  c: 2",
        Ok("a:\n  b: 1\n  new: v\n"),
    ),
    ("remove a[1]\nitem a new", "a: [x, y]\n", Ok("a: [x, new]\n")),
    ("remove a.b\nkey a new v", "a:\n  b: 1\n", Err("Overlap")),
    (
        "remove a[0].d\nitem a new",
        "a:\n- n: 1\n  d: 2\nz: 1\n",
        Ok("a:\n- n: 1\n- new\nz: 1\n"),
    ),
    (
        "remove a[0].d\nitem a new",
        "a:\n- n: 1\n  d: 2",
        Ok("a:\n- n: 1\n- new\n"),
    ),
    ("remove a.b\nkey . new v", "a:\n  b: 1\n", Ok("a: {}\nnew: v\n")),
    ("remove a\nset a.b v", "a:\n  b: 1\nz: 1\n", Err("Overlap")),
    ("remove a\nremove a.b", "a:\n  b: 1\nz: 1\n", Err("Overlap")),
    ("remove a\nkey a x 1", "a:\n  b: 1\nz: 1\n", Err("Overlap")),
    ("set a v\nset a w", "a: 1\n", Err("Overlap")),
    ("set a v\nset a v", "a: 1\n", Ok("a: v\n")),
    ("rename a x\nrename b x", "a: 1\nb: 2\n", Err("Overlap")),
    ("rename a x\nkey . x 1", "a: 1\n", Err("Overlap")),
    ("rename a x\nset a v\nkey . b w", "a: 1 # c\n", Ok("x: v # c\nb: w\n")),
    ("remove a\nremove b", "a: 1\nb: 2\n", Ok("{}\n")),
    (
        "item@0 a l\nitem@0 a m",
        "a:\n- x\n- y\n",
        Ok("a:\n- x\n- l\n- m\n- y\n"),
    ),
    ("set a v\nkey a n 1", "a:\nz: 1\n", Err("Overlap")),
];

/// Setting by path, creating what is missing.
const PUT: &[Example] = &[
    ("put a.b v", "a:\n  c: 1\n", Ok("a:\n  c: 1\n  b: v\n")),
    ("put a.b.d v", "a:\n  c: 1\n", Ok("a:\n  c: 1\n  b:\n    d: v\n")),
    ("put a.b v", "a:\nz: 1\n", Ok("a:\n  b: v\nz: 1\n")),
    ("put a[+] v", "a:\n- x\n", Ok("a:\n- x\n- v\n")),
    ("put a[1] v", "a:\n- x\n", Ok("a:\n- x\n- v\n")),
    ("put a[2] v", "a:\n- x\n", Err("Short(1)")),
    (
        "put a[name=b].tag v",
        "a:\n- name: a\n  tag: u\n",
        Ok("a:\n- name: a\n  tag: u\n- name: b\n  tag: v\n"),
    ),
    ("put a.b v", "a: 1\n", Err("NotMap")),
    ("put a 5", "a: 1\n", Ok("a: 5\n")),
    ("put b 5", "a: 1\n", Ok("a: 1\nb: \"5\"\n")),
    ("put l[0] v", "a: 1\n", Ok("a: 1\nl:\n  - v\n")),
    ("lists flush\nput l[0] v", "a: 1\n", Ok("a: 1\nl:\n- v\n")),
];

fn check(examples: &[Example]) {
    let mut wrong = Vec::new();
    for (script, before, after) in examples {
        let expected = after.map(str::to_owned).map_err(str::to_owned);
        let found = run(before, script);
        if found != expected {
            wrong.push(format!(
                "{script:?} on {before:?}\n  gives    {found:?}\n  expected {expected:?}"
            ));
            continue;
        }
        let Ok(after) = after else { continue };
        for (what, change) in VARIANTS {
            let (Some(before), Some(after)) = (change(before), change(after)) else {
                continue;
            };
            let found = run(&before, script);
            if found.as_ref() != Ok(&after) {
                wrong.push(format!(
                    "{what}: {script:?} on {before:?}\n  gives    {found:?}\n  expected {after:?}"
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{} wrong\n{}", wrong.len(), wrong.join("\n"));
}

type Variant = fn(&str) -> Option<String>;

/// The same examples with other bytes around them.
const VARIANTS: &[(&str, Variant)] = &[
    ("byte order mark", |text| {
        (!text.starts_with('\u{feff}')).then(|| format!("\u{feff}{text}"))
    }),
    ("CRLF", |text| {
        (!text.contains('\r')).then(|| text.replace('\n', "\r\n"))
    }),
    ("lone CR", |text| {
        (!text.contains('\r')).then(|| text.replace('\n', "\r"))
    }),
    ("é in front", |text| {
        (!text.starts_with('\u{feff}')).then(|| format!("# é漢😀\n{text}"))
    }),
];

macro_rules! examples {
    ($($name:ident: $table:expr;)*) => { $(#[test] fn $name() { check($table); })* };
}

examples! {
    values_are_set_in_the_style_that_stands_there: SET;
    numbers_and_booleans_stay_what_they_are: TYPED;
    flow_collections_documents_and_bytes_are_kept: FLOW;
    aliases_and_duplicates_are_refused_unless_told_how: ALIASES;
    templates_are_never_edited: TEMPLATES;
    versions_of_several_parts_are_set_at_once: SEVERAL;
    block_scalars_are_edited_inside_one_line: BLOCKS;
    new_keys_and_items_look_like_their_neighbours: INSERT;
    removals_take_the_comments_that_belong_to_them: REMOVE;
    keys_are_renamed_in_place: RENAME;
    edits_at_the_same_place_are_put_together_or_refused: TOGETHER;
    paths_that_are_missing_can_be_created: PUT;
}
