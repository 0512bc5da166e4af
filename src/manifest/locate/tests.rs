//! The shelf as a whole, and every fixture of `tests/fixtures/locators/` in five kinds of bytes.

use std::fs;
use std::path::{Path, PathBuf};

use super::{Declared, LOCATORS, finds_alike, sites};
use crate::image::{BumpWord, Fit};
use crate::manifest::site::Site;
use crate::manifest::terraform::parse;
use crate::manifest::version_edit::{OldDigest, VersionEdit, Wanted};
use crate::yaml::{AliasPolicy, Tree};

pub(super) fn project(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

#[test]
fn every_locator_has_a_name_of_its_own_a_file_fixtures_and_a_page() {
    for (i, locator) in LOCATORS.iter().enumerate() {
        let name = locator.name();
        let file = name.replace('-', "_");
        assert!(
            LOCATORS[..i].iter().all(|other| other.name() != name),
            "two locators are called {name}"
        );
        assert!(
            project(&format!("src/manifest/locate/{file}.rs")).is_file(),
            "src/manifest/locate/{file}.rs is missing"
        );
        let cases = fs::read_dir(project(&format!("tests/fixtures/locators/{file}"))).map_or(0, Iterator::count);
        assert!(
            cases >= 3,
            "tests/fixtures/locators/{file} has {cases} cases; at least 3 are wanted"
        );
        let page = fs::read_to_string(project(&format!("docs/reference/locators/{name}.md"))).unwrap_or_default();
        let headings: Vec<&str> = page.lines().filter_map(|line| line.strip_prefix("## ")).collect();
        let wanted = ["What it finds", "Example", "What is not a site", "Slot", "Limits"];
        assert_eq!(headings, wanted, "docs/reference/locators/{name}.md");
        assert!(
            page.starts_with(&format!("# {name}\n")),
            "docs/reference/locators/{name}.md is about something else"
        );
    }
}

/// One case: what is read, what is asked for, and what has to come out.
pub(super) struct Case {
    pub(super) name: String,
    pub(super) source: String,
    wanted: String,
    pub(super) request: Request,
}

/// `request.toml`: keys with a text or a list of texts, nothing more of TOML.
#[derive(Default)]
pub(super) struct Request(Vec<(String, Vec<String>)>);

impl Request {
    fn read(text: &str) -> Request {
        let mut found = Request::default();
        for line in text.lines().filter(|line| !line.trim_start().starts_with('#')) {
            if let Some((key, value)) = line.split_once(" = ")
                && !line.starts_with(' ')
            {
                found.0.push((key.to_owned(), Vec::new()));
                found.values(value);
            } else {
                found.values(line);
            }
        }
        found
    }

    /// Texts in double or in single quotes; neither kind has escapes here.
    fn values(&mut self, text: &str) {
        let Some((_, values)) = self.0.last_mut() else { return };
        let mut rest = text;
        while let Some(start) = rest.find(['"', '\'']) {
            let quote = &rest[start..=start];
            let Some((value, after)) = rest[start + 1..].split_once(quote) else {
                return;
            };
            values.push(value.to_owned());
            rest = after;
        }
    }

    pub(super) fn all(&self, key: &str) -> &[String] {
        self.0.iter().find(|(k, _)| k == key).map_or(&[], |(_, values)| values)
    }

    pub(super) fn one(&self, key: &str) -> Option<&str> {
        self.all(key).first().map(String::as_str)
    }
}

pub(super) fn cases() -> Vec<Case> {
    let mut found = Vec::new();
    let mut folders: Vec<PathBuf> = Vec::new();
    for locator in fs::read_dir(project("tests/fixtures/locators"))
        .expect("the folder of fixtures")
        .flatten()
    {
        folders.extend(
            fs::read_dir(locator.path())
                .expect("the folder of a locator")
                .flatten()
                .map(|case| case.path()),
        );
    }
    folders.sort();
    for folder in folders {
        let read =
            |name: &str| fs::read_to_string(folder.join(name)).unwrap_or_else(|why| panic!("{folder:?}/{name}: {why}"));
        let request = Request::read(&read("request.toml"));
        let source = read("in.yaml");
        let wanted = if folder.join("out.yaml").exists() {
            read("out.yaml")
        } else {
            source.clone()
        };
        let name = folder
            .iter()
            .rev()
            .take(2)
            .map(|part| part.to_string_lossy())
            .collect::<Vec<_>>();
        found.push(Case {
            name: format!("{}/{}", name[1], name[0]),
            source,
            wanted,
            request,
        });
    }
    found
}

/// The same text in other bytes. The number says by how many lines everything moves down.
fn variants(case: &Case) -> Vec<(&'static str, String, String, u32)> {
    let both = |name, f: &dyn Fn(&str) -> String, down| (name, f(&case.source), f(&case.wanted), down);
    vec![
        both("as it is", &|text| text.to_owned(), 0),
        both("CRLF", &|text| text.replace('\n', "\r\n"), 0),
        both("byte order mark", &|text| format!("\u{feff}{text}"), 0),
        both(
            "no final newline",
            &|text| text.strip_suffix('\n').unwrap_or(text).to_owned(),
            0,
        ),
        both("non-ASCII before", &|text| format!("# é漢😀\n{text}"), 1),
    ]
}

pub(super) fn shown(tree: &Tree, site: &Site, down: u32) -> String {
    let (line, column) = match site.at.block {
        None => tree.pos(site.at.node),
        Some(block) => tree.inner(block).unwrap().pos(tree, site.at.node),
    };
    let version = if site.version.is_none() {
        "-".to_owned()
    } else {
        site.version.to_string()
    };
    let mut text = format!("{}:{column} {} {version} {}", line - down, site.image, site.locator);
    if let Some(owner) = &site.owner {
        text.push_str(&format!(" owner={}", owner.tool));
    }
    let slot = &site.slot;
    text.push_str(" slot=");
    if let Some(object) = &slot.object {
        text.push_str(&format!("{}/{}", object.kind, object.name));
        if !object.namespace.is_empty() {
            text.push_str(&format!("@{}", object.namespace));
        }
        text.push(':');
    }
    text.push_str(&slot.path);
    if let Some(container) = &slot.container {
        text.push_str(&format!("#{container}"));
    }
    text
}

/// What `rakops bump` does once it has chosen its sites.
pub(super) fn bumped(tree: &Tree, found: &[Site], request: &Request) -> Result<String, String> {
    let Some(word) = request.one("bump") else {
        return Ok(tree.source().to_owned());
    };
    let word = BumpWord::parse(word).map_err(|why| why.to_string())?;
    let digest = if request.one("digest") == Some("drop") {
        OldDigest::Drop
    } else {
        OldDigest::Refuse
    };
    let mut edit = VersionEdit::new(tree);
    for site in found {
        let fits: Option<Fit> = std::iter::once(&site.image)
            .chain(&site.also)
            .filter_map(|r| word.name.fit(r))
            .max();
        let is_left_alone = site.version.is_none() && request.one("untagged").is_none()
            || site.owner.is_some() && request.one("allow") != Some("owned");
        if fits.is_none() || is_left_alone {
            continue;
        }
        let wanted = Wanted {
            version: &word.version,
            rename: word.rename.as_ref(),
            digest,
        };
        edit.add(site, wanted).map_err(|error| error.code.to_owned())?;
    }
    let edits = edit
        .edits(AliasPolicy::Refuse)
        .map_err(|refusal| refusal.why.code().to_owned())?;
    let verified = tree.apply(edits).map_err(|refusal| refusal.why.code().to_owned())?;
    Ok(String::from_utf8(verified.bytes().to_vec()).expect("what was UTF-8 still is"))
}

#[test]
fn every_fixture_is_read_and_edited_as_it_says_in_every_kind_of_bytes() {
    let cases = cases();
    assert!(cases.len() >= 3 * LOCATORS.len());
    for case in cases {
        let file = case.request.one("file").unwrap_or("in.yaml");
        let declared: Vec<(&str, &str)> = case
            .request
            .all("declared")
            .chunks(2)
            .map(|pair| (pair[0].as_str(), pair[1].as_str()))
            .collect();
        let declared = Declared::new(declared).unwrap();
        for (variant, source, wanted, down) in variants(&case) {
            let name = format!("{} ({variant})", case.name);
            let read = |text: &str| parse(file, text.as_bytes().to_vec()).unwrap_or_else(|why| panic!("{name}: {why}"));
            let tree = read(&source);
            let found = sites(file, &tree, &declared);
            let lines: Vec<String> = found.iter().map(|site| shown(&tree, site, down)).collect();
            assert_eq!(lines, case.request.all("sites"), "{name}");
            assert!(finds_alike(file, &tree), "{name}: alone a name is found elsewhere");
            match (bumped(&tree, &found, &case.request), case.request.one("refused")) {
                (Ok(out), None) => {
                    assert_eq!(out, wanted, "{name}");
                    let tree = read(&out);
                    let found = sites(file, &tree, &declared);
                    assert_eq!(
                        bumped(&tree, &found, &case.request).unwrap(),
                        out,
                        "{name}: the second run changes something"
                    );
                }
                (Err(code), Some(refused)) => assert_eq!(code, refused, "{name}"),
                (got, refused) => panic!("{name}: {got:?} instead of {refused:?}"),
            }
        }
    }
}

#[test]
fn setting_the_version_that_is_there_changes_nothing() {
    for case in cases() {
        let tree = parse(case.request.one("file").unwrap_or(""), case.source.clone().into_bytes()).unwrap();
        let found = sites(
            case.request.one("file").unwrap_or("in.yaml"),
            &tree,
            &Declared::default(),
        );
        for site in found.iter().filter(|site| !site.version.is_none()) {
            let mut edit = VersionEdit::new(&tree);
            edit.add(
                site,
                Wanted {
                    version: &site.version,
                    rename: None,
                    digest: OldDigest::Refuse,
                },
            )
            .unwrap();
            let edits = edit.edits(AliasPolicy::Refuse).unwrap();
            assert!(
                edits.is_empty(),
                "{}: {} would be edited",
                case.name,
                shown(&tree, site, 0)
            );
        }
    }
}

#[test]
fn a_declared_site_that_cannot_be_read_says_what_is_expected() {
    let cases = [
        (
            "ghcr.io/acme/api",
            "values.yaml",
            "`values.yaml` has no path behind a colon: `FILE:PATH` is expected",
        ),
        (
            "ghcr.io/acme/api",
            "values.yaml:",
            "`` is not a path such as `image.tag` or `apps[name=web].tag`",
        ),
        (
            "ghcr.io/acme/api",
            "values.yaml:a..b",
            "`a..b` is not a path such as `image.tag` or `apps[name=web].tag`",
        ),
        (
            "ghcr.io/acme/api",
            "values.yaml:a[x]",
            "`a[x]` is not a path such as `image.tag` or `apps[name=web].tag`",
        ),
        ("ghcr.io/acme/api", "{a:b", "`{a` is not a pattern of files"),
        (
            "Acme/api:1",
            "values.yaml:tag",
            "`Acme/api:1` is not an image name: `:` cannot stand there (character 9)",
        ),
    ];
    for (image, site, message) in cases {
        assert_eq!(Declared::new([(image, site)]).unwrap_err().message, message);
    }
    let declared = Declared::new([("api", "image-tags/{env}/api:image_tag")]).unwrap();
    assert!(declared.names("image-tags/stg/api"));
    assert!(
        !declared.names("image-tags/eu/stg/api"),
        "an environment is one segment"
    );
}

#[test]
fn two_versions_for_one_ref_are_refused() {
    let source = "resources:\n- https://git.example/web/api?ref=v1\nimages:\n- name: api\n  newTag: v1\n- name: web\n  newTag: v1\n";
    let tree = parse("kustomization.yaml", source.as_bytes().to_vec()).unwrap();
    let found = sites("kustomization.yaml", &tree, &Declared::default());
    let mut edit = VersionEdit::new(&tree);
    let mut set = |site: &Site, tag: &str| {
        let version = crate::image::Version::parse(tag).unwrap();
        edit.add(
            site,
            Wanted {
                version: &version,
                rename: None,
                digest: OldDigest::Refuse,
            },
        )
    };
    set(&found[0], "v2").unwrap();
    assert_eq!(set(&found[1], "v3").unwrap_err().code, "two-versions");
    set(&found[1], "v2").unwrap();
}
