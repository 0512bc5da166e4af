//! The door that the fuzzers of `tests/fuzz/` come in by: bytes in, plain values out.
//!
//! **Invariant:** nothing here decides anything. Each function calls what a command calls, and tells what came of it in values
//! that can be compared; what has to hold of them is said by `tests/fuzz/targets/`. No command comes this way, so the linker
//! leaves it out of the program.

mod servers;

pub use servers::{forge, registry};

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path as FilePath;
use std::time::Duration;

use crate::audit::{Dialect, Owners};
use crate::change::evidence as trailers;
use crate::change::set::ChangeSet;
use crate::config::{load, user};
use crate::error::{Error, Kind};
use crate::git::answers;
use crate::git::names::{BranchName, Oid, RemoteUrl};
use crate::git::program::{Manner, MayAsk};
use crate::image::{BumpWord, Name, Policy, Reference, Repository, Version, newest_first};
use crate::manifest::fields::{self, Edited, Field, GeneratorWords, Options, Request, Verb};
use crate::manifest::locate::finds_alike;
use crate::manifest::overlay::{Ask, Draft, Target, To, Wish, plan as plan_settings};
use crate::manifest::rendered::Sources;
use crate::manifest::terraform;
use crate::ops::bump::contest::Contest;
use crate::ops::bump::{self, BranchRule, BumpRequest, DigestChoice, Digests, Latest, Scope, Untagged, from_file};
use crate::ops::images::{self, ImagesRequest};
use crate::ops::terraform::same::Deeds;
use crate::ops::terraform::sensitive::Sensitive;
use crate::ops::terraform::{plan::Row, read};
use crate::ops::world::{Where, World};
use crate::snapshot::Snapshot;
use crate::text::secret::redact;
use crate::yaml::{AliasPolicy, Path, Tree};

/// How long an answer on the loopback may take.
const LIMIT: Duration = Duration::from_secs(5);

/// What becomes of one file; the path is below the root.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Changed {
    /// The file.
    pub path: String,
    /// What stood there; none where nothing was.
    pub before: Option<Vec<u8>>,
    /// What would stand there; none where nothing would be.
    pub after: Option<Vec<u8>>,
}

/// Reads a text as everything that a name or a version of an image can be, and writes it again, by the name of the reader.
#[must_use]
pub fn image(text: &str) -> Vec<(&'static str, String)> {
    let mut found = Vec::new();
    let mut add = |reader, written: Option<String>| found.extend(written.map(|written| (reader, written)));
    add("repository", Repository::parse(text).ok().map(|it| it.to_string()));
    add(
        "entry",
        Repository::parse_entry_name(text).ok().map(|it| it.to_string()),
    );
    add("reference", Reference::parse(text).ok().map(|it| it.to_string()));
    add("version", Version::parse(text).ok().map(|it| it.to_string()));
    add("name", Name::parse(text).ok().map(|it| it.to_string()));
    add("word", BumpWord::parse(text).ok().map(|it| it.to_string()));
    if let (Ok(name), Ok(repository)) = (Name::parse(text), Repository::parse(text)) {
        add("fits", name.fit(&repository).map(|fit| format!("{fit:?}")));
    }
    found
}

/// Whether a text names a policy.
#[must_use]
pub fn is_policy(text: &str) -> bool {
    Policy::parse(text).is_ok()
}

/// The order of two tags as a policy has it, none where it has none, and as a list shows them, newest first.
#[must_use]
pub fn order(policy: Option<&str>, (a, b): (&str, &str)) -> (Option<Ordering>, Ordering) {
    let policy = policy.and_then(|text| Policy::parse(text).ok());
    let by_policy = match &policy {
        Some(policy) => policy.compare(a, b),
        None => Policy::default_compare(a, b),
    };
    (by_policy, newest_first(policy.as_ref(), a, b))
}

/// Whether a policy lets a tag count.
#[must_use]
pub fn counts(policy: &str, tag: &str) -> bool {
    Policy::parse(policy).is_ok_and(|policy| policy.matches(tag))
}

/// Reads `rakops.yaml`.
///
/// # Errors
/// What a command would say.
pub fn config(bytes: Vec<u8>) -> Result<(), Error> {
    load::parse(bytes, "rakops.yaml".into()).map(drop)
}

/// Reads the user's own file.
///
/// # Errors
/// What a command would say.
pub fn user_file(bytes: Vec<u8>) -> Result<(), Error> {
    user::parse(bytes, "config.yaml").map(drop)
}

/// Reads what a builder wrote: images with versions, as they would be typed.
#[must_use]
pub fn build_file(text: &str) -> Option<Vec<String>> {
    let words = from_file::parse(text, "build.json").ok()?;
    Some(words.iter().map(ToString::to_string).collect())
}

/// Whether a text of YAML is read alike by the quick reader and by the parser, or by one of them not at all.
#[must_use]
pub fn is_read_alike(text: &str) -> bool {
    crate::yaml::reads_alike(text)
}

/// Whether each image that a text of YAML holds is found alike where all are looked for, and where it alone is.
#[must_use]
pub fn is_found_alike(path: &str, text: &str) -> bool {
    terraform::parse(path, text.as_bytes().to_vec()).map_or(true, |tree| finds_alike(path, &tree))
}

/// Reads a file of Terraform; its name decides which of the two forms it has.
#[must_use]
pub fn terraform_file(path: &str, bytes: Vec<u8>) -> Option<Tree> {
    terraform::parse(path, bytes).ok()
}

/// Reads the JSON form of a plan in every way that commands do; every text of it that would be shown.
///
/// # Errors
/// What a command would say.
pub fn plan(bytes: &[u8]) -> Result<Vec<String>, Error> {
    let _ = Deeds::read("plan.json", bytes).map(|deeds| deeds.differences(&deeds));
    if let Ok(sensitive) = Sensitive::of(bytes) {
        let _ = sensitive.mask(&String::from_utf8_lossy(bytes));
    }
    let plan = read::read("plan.json", bytes)?;
    let rows = plan.rows.iter().chain(&plan.drift);
    let shown = |row: &Row| [row.address.clone(), row.notes(), row.written.join(",")];
    let mut texts: Vec<String> = rows.flat_map(shown).collect();
    texts.extend(plan.outputs.iter().map(|output| output.name.clone()));
    texts.extend(
        [&plan.deferred, &plan.failed_checks, &plan.invoked]
            .into_iter()
            .flatten()
            .cloned(),
    );
    texts.extend([plan.format.clone(), plan.counted()]);
    texts.extend(plan.program.clone());
    Ok(texts)
}

/// Texts that come with a repository or from git: names, addresses, messages, answers, owners. What would be shown of an address.
#[must_use]
pub fn words(text: &str) -> Option<String> {
    let _ = BranchName::parse(text);
    let _ = Oid::parse(text);
    let _ = (trailers::read(text), trailers::is_ours(text), trailers::landings(text));
    let _ = answers::transport(text, "origin");
    let _ = (answers::lock(text), answers::clash(text));
    let references = ["refs/heads/main".to_owned()];
    for status in [0, 1] {
        let (stdout, stderr) = text.split_once('\0').unwrap_or((text, text));
        let _ = answers::judge(&answers::Answer {
            status,
            stdout,
            stderr,
            references: &references,
        });
    }
    for dialect in [Dialect::GitHub, Dialect::GitLab, Dialect::Gitea] {
        let owners = Owners::parse("CODEOWNERS", text.as_bytes(), dialect);
        let _ = (owners.of("a/b.yaml"), owners.of("x"));
    }
    let _ = redact(text);
    let url = RemoteUrl::parse(text).ok()?;
    let _ = (url.host(), url.port(), url.repository().len(), url.has_userinfo());
    Some(url.shown())
}

/// The directory as a command sees it.
fn world(root: &FilePath) -> Result<World, Error> {
    let manner = Manner {
        may_ask: MayAsk::No,
        time_limit: LIMIT,
        variables: BTreeMap::new(),
    };
    World::look(&Where {
        directory: root.to_path_buf(),
        config: None,
        manner,
    })
}

/// Every image of a directory: file, name, version.
#[must_use]
pub fn images(root: &FilePath) -> Vec<(String, String, Option<String>)> {
    let found = world(root).and_then(|world| images::find(&world, &ImagesRequest::default(), &|| {}));
    let rows = found.into_iter().flat_map(|report| report.rows);
    rows.map(|row| (row.file, row.image, row.tag.or(row.digest))).collect()
}

/// Plans a bump of every site, or of those of an environment.
///
/// # Errors
/// What a command would say.
pub fn bump(root: &FilePath, word: &str, environment: Option<&str>) -> Result<Vec<Changed>, Error> {
    let world = world(root)?;
    let request = BumpRequest {
        words: vec![BumpWord::parse(word)?],
        scope: match environment {
            None => Scope::All,
            Some(name) => Scope::Environments {
                names: vec![name.to_owned()],
                shared: bump::Shared::Keep,
            },
        },
        paths: Vec::new(),
        at: Vec::new(),
        untagged: Untagged::Set,
        digest: DigestChoice::Drop,
        latest: Latest::No,
        policy: None,
        digests: Digests::AsPinned,
        alias: AliasPolicy::Refuse,
        allow: BTreeSet::new(),
        branch: BranchRule::Any,
        contest: Contest::default(),
    };
    bump::plan(&world, &request, &|| {}).map(changed)
}

fn changed(change_set: ChangeSet) -> Vec<Changed> {
    let of = |bytes: Option<&[u8]>| bytes.map(<[u8]>::to_vec);
    let files = change_set.files.iter();
    files
        .map(|it| Changed {
            path: it.path().to_owned(),
            before: of(it.before()),
            after: of(it.after()),
        })
        .collect()
}

/// The fields of a kustomization that a few words are enough for.
const FIELDS: [Field; 12] = [
    Field::Resource,
    Field::Component,
    Field::ConfigMap,
    Field::Label,
    Field::Annotation,
    Field::Generator,
    Field::BuildMetadata,
    Field::Namespace,
    Field::NamePrefix,
    Field::Image,
    Field::Replicas,
    Field::Secret,
];

/// Plans an edit of a kustomization, by verb, field and words as they are typed; the file and what it becomes.
///
/// # Errors
/// What a command would say.
pub fn kustomization(root: &FilePath, file: &str, words: (usize, usize, &[&str])) -> Result<Option<Changed>, Error> {
    let (verb, field, words) = words;
    let snapshot = Snapshot::of_work_tree(root, Default::default);
    let request = Request {
        verb: [Verb::Add, Verb::Remove, Verb::Set][verb % 3],
        field: FIELDS[field % FIELDS.len()],
        words: words.iter().map(|&word| word.to_owned()).collect(),
        options: Options {
            unseen: true,
            generator: GeneratorWords {
                literals: vec!["key=value".into()],
                ..GeneratorWords::default()
            },
            ..Options::default()
        },
    };
    let sources = Sources::of(&snapshot);
    let edited = fields::plan(&sources, file, &request)?.edited;
    Ok(edited.map(|edited| in_fields(file, edited)))
}

/// Plans the deprecated fields of a kustomization to be replaced.
///
/// # Errors
/// What a command would say.
pub fn fix(root: &FilePath, file: &str) -> Result<Option<Changed>, Error> {
    let snapshot = Snapshot::of_work_tree(root, Default::default);
    let sources = Sources::of(&snapshot);
    let edited = fields::fix(&sources, file)?.edited;
    Ok(edited.map(|edited| in_fields(file, edited)))
}

fn in_fields(file: &str, edited: Edited) -> Changed {
    let (before, after) = match edited {
        Edited::Proven { before, after } => (before.source().as_bytes().to_vec(), after.into_bytes()),
        Edited::Begun { before, after } => (before, after),
    };
    Changed {
        path: file.to_owned(),
        before: Some(before),
        after: Some(after),
    }
}

/// Plans a field of an object to be set, or unset, by the overlay in `directory`.
///
/// # Errors
/// What a command would say.
pub fn setting(root: &FilePath, directory: &str, wish: (&str, &str, Option<&str>)) -> Result<Vec<Changed>, Error> {
    let (object, path, value) = wish;
    let usage = |why: String| Error::new(Kind::Usage, "path", why);
    let path = Path::parse(path).map_err(|why| usage(format!("{why:?}")))?;
    let wish = match value {
        Some(value) => Wish::Set(path, To::Like(value.to_owned())),
        None => Wish::Unset(path),
    };
    let snapshot = Snapshot::of_work_tree(root, Default::default);
    let mut draft = Draft::of(&snapshot);
    let target = Target::parse(object)?;
    let ask = Ask {
        directory,
        target: &target,
        owns: &|_| true,
        peers: &[],
    };
    plan_settings(&mut draft, &ask, &[wish])?;
    let planned = draft.sources().planned().iter();
    let before = |path: &str| snapshot.has_file(path).then(|| snapshot.read(path).ok()).flatten();
    Ok(planned
        .map(|(path, after)| Changed {
            path: path.clone(),
            before: before(path),
            after: after.clone(),
        })
        .collect())
}
