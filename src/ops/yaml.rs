//! Any value of any YAML file, by its path: the editor itself.

use std::path::{Component, Path as FilePath, PathBuf};

use crate::change::set::{ChangeSet, FileChange, SettingChange};
use crate::error::{Error, Hint, Kind, Place};
use crate::git::open::find_root;
use crate::ops::world::World;
use crate::snapshot::Snapshot;
use crate::yaml::{self, AliasPolicy, DocSel, Missing, NodeId, NodeKind, Op, Path, Text, Tree, Wanted};

/// Which document of the file is meant.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) enum Chosen {
    /// The only one.
    #[default]
    Only,
    /// The one at this place, from 1.
    Nth(u32),
    /// A Kubernetes object.
    Object {
        kind: String,
        name: String,
        namespace: Option<String>,
    },
}

impl Chosen {
    fn selector(&self) -> DocSel<'_> {
        match self {
            Chosen::Only => DocSel::Only,
            Chosen::Nth(number) => DocSel::Nth(*number),
            Chosen::Object { kind, name, namespace } => DocSel::Object {
                kind,
                name,
                namespace: namespace.as_deref(),
            },
        }
    }
}

/// What becomes of a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Wish {
    /// It gets this text; a key that is not there is made.
    Set(Path, String),
    /// It goes, with the comments that belong to it.
    Unset(Path),
}

/// Whether a new text may be a number or boolean.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Typing {
    /// As the value that stands there; a string where there is none.
    AsBefore,
    /// Never.
    String,
    /// It must be.
    Bare,
}

/// How values are written.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Writing {
    /// Whether a new text may be a number or boolean.
    pub(crate) typing: Typing,
    /// What happens to a path that is not there yet.
    pub(crate) missing: Missing,
    /// What happens to a value that is an alias.
    pub(crate) alias: AliasPolicy,
}

/// A file that was named on the command line.
pub(crate) struct NamedFile {
    /// Where it lies; its path in `snapshot` is `path`.
    pub(crate) snapshot: Snapshot,
    pub(crate) path: String,
    pub(crate) tree: Tree,
}

/// One value that changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Changed {
    pub(crate) path: String,
    /// From 1.
    pub(crate) line: u32,
    /// In characters, from 1.
    pub(crate) column: u32,
    /// None where there was none.
    pub(crate) from: Option<String>,
    /// None where it is gone.
    pub(crate) to: Option<String>,
}

/// Opens a file by the path that was typed. A link is resolved: what it leads to is edited, the link stays.
///
/// # Errors
/// [`Kind::NotFound`], [`Kind::Files`], or [`Kind::Refused`] if it is not YAML that can be edited.
pub(crate) fn open(directory: &FilePath, typed: &str) -> Result<NamedFile, Error> {
    let named = directory.join(typed);
    let canonical = std::fs::canonicalize(&named).map_err(|cause| Error::files(typed, "cannot find", &cause))?;
    if canonical.is_dir() {
        return Err(Error::new(
            Kind::Usage,
            "not-a-file",
            format!("`{typed}` is a directory"),
        ));
    }
    refuse_way_out(directory, typed, &canonical)?;
    let (root, path) = match canonical.strip_prefix(directory) {
        Ok(inside) => (directory.to_path_buf(), inside.to_path_buf()),
        Err(_) => {
            let name = canonical.file_name().map(PathBuf::from).unwrap_or_default();
            (
                canonical
                    .parent()
                    .map_or_else(|| canonical.clone(), FilePath::to_path_buf),
                name,
            )
        }
    };
    let path = path.to_string_lossy().replace('\\', "/");
    let snapshot = Snapshot::of_work_tree(&root, Default::default);
    let tree = parse(snapshot.read(&path)?, typed)?;
    Ok(NamedFile { snapshot, path, tree })
}

/// Refuses a path into the repository that leads out of it, because it is a link or one of its directories is: whoever reads it
/// would not expect that.
fn refuse_way_out(directory: &FilePath, typed: &str, canonical: &FilePath) -> Result<(), Error> {
    let root = find_root(directory).unwrap_or_else(|| directory.to_path_buf());
    let root = std::fs::canonicalize(&root).unwrap_or(root);
    let directory = std::fs::canonicalize(directory).unwrap_or_else(|_| directory.to_path_buf());
    let stands_inside = by_its_words(&directory.join(typed)).starts_with(&root);
    if stands_inside && !canonical.starts_with(&root) {
        let message = format!(
            "`{typed}` is, or goes through, a link that leads out of `{}`",
            root.display()
        );
        return Err(Error::new(Kind::Refused, "outside-repository", message)
            .because(format!("it leads to `{}`", canonical.display())));
    }
    Ok(())
}

/// A path without `.` and `..`, as it reads, whatever its directories are.
fn by_its_words(path: &FilePath) -> PathBuf {
    let mut plain = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => drop(plain.pop()),
            part => plain.push(part),
        }
    }
    plain
}

/// Reads a text as YAML; `shown` is what it is called in a message.
///
/// # Errors
/// [`Kind::Refused`] with line and column.
pub(crate) fn parse(bytes: Vec<u8>, shown: &str) -> Result<Tree, Error> {
    yaml::parse(bytes, yaml::Limits::default()).map_err(|refusal| refusal.into_error(shown))
}

/// Finds a value as a reader of the file does: aliases and merge keys are followed.
///
/// # Errors
/// [`Kind::NotFound`], with what is there instead.
pub(crate) fn find(tree: &Tree, shown: &str, chosen: &Chosen, path: &Path) -> Result<NodeId, Error> {
    tree.look_up(chosen.selector(), path)
        .map_err(|problem| problem.into_error(shown).quoting(tree.source()))
}

/// Returns a value as it is shown: the text of a scalar, or the lines of a collection, moved to the left.
pub(crate) fn shown(tree: &Tree, node: NodeId) -> String {
    if tree.is_scalar(node) {
        return tree.text(node).to_owned();
    }
    let span = tree.span(node);
    let source = tree.source();
    let line = source[..span.start].rfind(['\n', '\r']).map_or(0, |at| at + 1);
    let indent = source[line..span.start].len();
    let blank = |byte: u8| byte == b' ';
    source[span]
        .split_inclusive('\n')
        .enumerate()
        .map(|(number, text)| {
            let own = text.bytes().take_while(|byte| blank(*byte)).count();
            if number == 0 { text } else { &text[own.min(indent)..] }
        })
        .collect()
}

/// Plans the wishes as edits of one file, all in one pass. The file comes with what it is called in a message.
///
/// # Errors
/// [`Kind::NotFound`] for a path that leads nowhere; [`Kind::Refused`] for what the editor will not do.
pub(crate) fn plan(
    (tree, shown): (&Tree, &str),
    chosen: &Chosen,
    wishes: &[Wish],
    writing: Writing,
) -> Result<(yaml::Verified, Vec<Changed>), Error> {
    let mut edits = Vec::new();
    let mut changed = Vec::new();
    for wish in wishes {
        let path = match wish {
            Wish::Set(path, _) | Wish::Unset(path) => path,
        };
        let present = tree.find(chosen.selector(), path).ok();
        let (line, column) = present.map_or((0, 0), |node| tree.pos(node));
        let hides = is_secret(tree, chosen, path);
        let told = |text: String| if hides { "(hidden)".to_owned() } else { text };
        let from = present.map(|node| self::shown(tree, tree.resolve(node)));
        match wish {
            Wish::Set(_, text) => {
                if from.as_deref() == Some(text) && present.is_some_and(|node| tree.is_scalar(node)) {
                    continue;
                }
                let to = match writing.typing {
                    Typing::AsBefore => Wanted::Like(text),
                    Typing::String => Wanted::As(Text::Str(text)),
                    Typing::Bare => Wanted::As(Text::Bare(text)),
                };
                let alias = present.filter(|node| tree.kind(*node) == NodeKind::Alias);
                let edit = match (alias, writing.alias) {
                    (Some(at), AliasPolicy::Definition | AliasPolicy::Detach) => tree
                        .plan(Op::Set {
                            at,
                            to: Text::Str(text),
                            alias: writing.alias,
                        })
                        .map_err(|refusal| with_way_out(refusal.into_error(shown))),
                    _ => tree
                        .plan_set_path((chosen.selector(), path), to, writing.missing)
                        .map_err(|problem| with_way_out(problem.into_error(shown).quoting(tree.source()))),
                }?;
                edits.push(edit);
                changed.push(Changed {
                    path: path.to_string(),
                    line,
                    column,
                    from: from.map(told),
                    to: Some(told(text.clone())),
                });
            }
            Wish::Unset(_) => {
                let edit = tree
                    .plan_unset_path(chosen.selector(), path)
                    .map_err(|problem| problem.into_error(shown).quoting(tree.source()))?;
                edits.push(edit);
                changed.push(Changed {
                    path: path.to_string(),
                    line,
                    column,
                    from: from.map(told),
                    to: None,
                });
            }
        }
    }
    let verified = tree.apply(edits).map_err(|refusal| refusal.into_error(shown))?;
    Ok((verified, changed))
}

/// Tells whether a value is one of a Secret's own, or holds some: what is told goes into commits and requests.
fn is_secret(tree: &Tree, chosen: &Chosen, path: &Path) -> bool {
    let steps = path.steps();
    let is = |step: &yaml::Step, names: &[&str]| matches!(step, yaml::Step::Key(key) if names.contains(&key.as_str()));
    if steps.first().is_some_and(|first| is(first, &["secretGenerator"])) {
        return steps.len() < 3 || steps.iter().any(|step| is(step, &["literals"]));
    }
    let is_secret = |node: NodeId| {
        let kind = (tree.kind(node) == NodeKind::Map)
            .then(|| tree.get(node, "kind"))
            .flatten();
        kind.is_some_and(|kind| tree.text(tree.resolve(kind)) == "Secret")
    };
    // A Secret may be an item of a list.
    let mut above = Path::default();
    let mut node = tree.select(chosen.selector()).ok();
    for step in steps {
        if is(step, &["data", "stringData"]) && node.is_some_and(is_secret) {
            return true;
        }
        above = above.join(step.clone());
        let found = tree.find(chosen.selector(), &above).ok();
        node = found.map(|node| tree.resolve(node));
    }
    node.is_some_and(is_secret)
}

/// Adds to a refusal the flag that allows it, where there is one.
fn with_way_out(error: Error) -> Error {
    let flag = |error: Error, flag: &str, does: &str| error.hint(Hint::Flag(flag.to_owned(), does.to_owned()));
    match error.code {
        "yaml-alias" => {
            let error = flag(
                error,
                "--alias definition",
                "changes the anchor, and with it every alias",
            );
            flag(error, "--alias detach", "writes the value in place of the alias")
        }
        "yaml-type" => flag(error, "--string", "writes it as a string all the same"),
        "path-not-found" if error.message.contains("documents") => {
            let error = flag(error, "--document N", "takes the document at this place, from 1");
            flag(error, "--object KIND/NAME", "takes the document that is this object")
        }
        "path-not-found" => flag(error, "--parents", "makes what is missing above the key"),
        _ => error,
    }
}

/// Reads a file of a repository, by the path that was typed.
///
/// # Errors
/// As [`open`].
pub(crate) fn read_in(world: &World, typed: &str) -> Result<Tree, Error> {
    let path = world.enter_one(typed)?;
    if world.snapshot.has_directory(&path) {
        return Err(Error::new(
            Kind::Usage,
            "not-a-file",
            format!("`{typed}` is a directory"),
        ));
    }
    parse(world.snapshot.read(&path)?, typed)
}

/// Plans the wishes as edits of one file of a repository, by the path that was typed.
///
/// # Errors
/// As [`open`] and [`plan`].
pub(crate) fn plan_in(
    world: &World,
    typed: &str,
    (chosen, wishes): (&Chosen, &[Wish]),
    writing: Writing,
) -> Result<ChangeSet, Error> {
    let path = world.enter_one(typed)?;
    let tree = read_in(world, typed)?;
    let (verified, changed) = plan((&tree, typed), chosen, wishes, writing)?;
    Ok(change_set((path, tree), verified, changed))
}

/// Makes a change set of edits of one file; empty if no byte differs.
pub(crate) fn change_set((path, tree): (String, Tree), verified: yaml::Verified, changed: Vec<Changed>) -> ChangeSet {
    let mut change_set = ChangeSet::default();
    let of = |it: Changed| SettingChange {
        file: path.clone(),
        line: it.line,
        column: it.column,
        path: it.path,
        from: it.from,
        to: it.to,
    };
    change_set.facts.settings = changed.into_iter().map(of).collect();
    if !verified.splices().is_empty() {
        change_set.files.push(FileChange::Edit {
            path,
            before: Box::new(tree),
            after: verified,
        });
    }
    change_set
}

/// Divides `PATH=VALUE` at the first `=` outside of brackets and quotes.
///
/// # Errors
/// [`Kind::Usage`] if there is none, or if the path cannot be read.
pub(crate) fn parse_assignment(word: &str) -> Result<Wish, Error> {
    let mut brackets = Vec::new();
    let mut quote = None;
    for (at, c) in word.char_indices() {
        match (quote, c) {
            (Some((open, _)), _) if c == open => quote = None,
            (Some(_), _) => {}
            (None, '"' | '\'') => quote = Some((c, at)),
            (None, '[') => brackets.push(at),
            (None, ']') => {
                brackets.pop();
            }
            (None, '=') if brackets.is_empty() => {
                return Ok(Wish::Set(parse_path(&word[..at])?, word[at + 1..].to_owned()));
            }
            _ => {}
        }
    }
    let open = quote.map(|(_, at)| at).or(brackets.last().copied());
    let is_one_line = !word.contains(char::is_control);
    let message = format!("`{word}` is not of the form PATH=VALUE");
    let error = Error::new(Kind::Usage, "not-an-assignment", message);
    let error = match open {
        Some(at) if is_one_line => error
            .because("what begins here is not closed")
            .at(Place::word(word, at..at + 1)),
        _ => error,
    };
    Err(error.hint(Hint::Say("for example: spec.replicas=5".into())))
}

/// Reads a path.
///
/// # Errors
/// [`Kind::Usage`], with the place in the text where it cannot be read.
pub(crate) fn parse_path(text: &str) -> Result<Path, Error> {
    Path::parse(text).map_err(|problem| {
        let at = text.char_indices().nth(problem.column - 1);
        let mark = at.map_or(text.len()..text.len(), |(at, c)| at..at + c.len_utf8());
        let error = Error::new(Kind::Usage, "not-a-path", format!("`{text}` is not a path"));
        let error = match text.contains(char::is_control) {
            true => error,
            false => error.at(Place::word(text, mark)),
        };
        error.because(problem).hint(Hint::Say(
            "for example: spec.template.spec.containers[name=app].image, or values[\"a.b\"][0]".into(),
        ))
    })
}
