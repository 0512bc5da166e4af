//! Workflows for a CI system, written from templates.
//!
//! Start reading at [`plan`]. What is known of the repository becomes [`values::Values`], the files are templates that
//! [`files::files`] fills with them, and what no file can do is a list of [`settings`].

mod files;
mod pins;
mod render;
mod request;
mod settings;
mod values;

pub(crate) use request::{CiForge, CiKind, CiRequest, Existing, RakopsFrom, Tool, Words};
pub(crate) use settings::Setting;

use crate::change::set::{ChangeSet, FileChange};
use crate::error::{Error, Hint, Kind, Place};
use crate::forge::place;
use crate::git::names::RemoteUrl;
use crate::ops::world::World;
use crate::text::secret::redact;

/// What is to be written, and what is left for people.
pub(crate) struct CiPlan {
    pub(crate) forge: CiForge,
    /// Every file, those that are there already too.
    pub(crate) files: Vec<Planned>,
    pub(crate) change_set: ChangeSet,
    /// What somebody has to click, in the order in which it is best done.
    pub(crate) settings: Vec<Setting>,
    pub(crate) warnings: Vec<Error>,
}

/// One file of the plan.
pub(crate) struct Planned {
    /// Relative to the root.
    pub(crate) path: String,
    pub(crate) state: State,
}

/// What becomes of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    Created,
    Replaced,
    Unchanged,
}

impl State {
    /// The word of documents.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            State::Created => "created",
            State::Replaced => "replaced",
            State::Unchanged => "unchanged",
        }
    }
}

/// Plans the files of one kind. `origin` is the remote that the forge and names are told by, where there is one.
///
/// # Errors
/// [`Kind::Usage`] if the forge is not known, or a value cannot stand in a workflow; [`Kind::NotFound`] if there are no
/// roots of Terraform; [`Kind::Refused`] if a file is there and says something else.
pub(crate) fn plan(world: &World, origin: Option<&RemoteUrl>, request: &CiRequest) -> Result<CiPlan, Error> {
    let forge = forge_of(world, origin, request.forge)?;
    let mut warnings = Vec::new();
    let values = values::find(world, (forge, origin), (request, &mut warnings))?;
    let mut planned = Vec::new();
    let mut change_set = ChangeSet::default();
    let mut in_the_way = Vec::new();
    let has_pipeline = world.snapshot.has_file(files::PIPELINE);
    for (path, text) in files::files(forge, request, &values) {
        // A pipeline of somebody's own is theirs: the settings name the line that it lacks.
        if path == files::PIPELINE && has_pipeline && !is_same(world, &path, &text)? {
            continue;
        }
        let state = match world.snapshot.has_file(&path) {
            false => {
                change_set.files.push(FileChange::Create {
                    path: path.clone(),
                    text,
                });
                State::Created
            }
            true => {
                let before = world.snapshot.read(&path)?;
                if before == text.as_bytes() {
                    State::Unchanged
                } else {
                    in_the_way.push(path.clone());
                    change_set.files.push(FileChange::Replace {
                        path: path.clone(),
                        before,
                        after: text.into_bytes(),
                    });
                    State::Replaced
                }
            }
        };
        planned.push(Planned { path, state });
    }
    if request.existing == Existing::Refused && !in_the_way.is_empty() {
        return Err(refused(&in_the_way));
    }
    change_set.files.sort_by(|a, b| a.path().cmp(b.path()));
    let includes = has_pipeline && !planned.iter().any(|it| it.path == files::PIPELINE);
    let settings = settings::of((forge, request.kind), &values, includes);
    Ok(CiPlan {
        forge,
        files: planned,
        change_set,
        settings,
        warnings,
    })
}

fn is_same(world: &World, path: &str, text: &str) -> Result<bool, Error> {
    Ok(world.snapshot.read(path)? == text.as_bytes())
}

fn refused(paths: &[String]) -> Error {
    let named: Vec<String> = paths.iter().map(|path| format!("`{path}`")).collect();
    let verb = if paths.len() == 1 { "is" } else { "are" };
    Error::new(
        Kind::Refused,
        "file-exists",
        format!("{} {verb} there already and would change", named.join(", ")),
    )
    .at(Place::file(&paths[0]))
    .hint(Hint::Flag(
        "--overwrite".into(),
        "writes over what is there; `-n` shows the difference".into(),
    ))
}

/// The forge: as it was asked for, or as the remote or the configuration tell.
fn forge_of(world: &World, origin: Option<&RemoteUrl>, asked: Option<CiForge>) -> Result<CiForge, Error> {
    if let Some(forge) = asked {
        return Ok(forge);
    }
    let configured = world.loaded.config.forge.as_ref().and_then(|forge| forge.kind.clone());
    let kind = configured.or_else(|| Some(place::by_host(origin?)?.0.to_owned()));
    match kind.as_deref() {
        Some("github") => return Ok(CiForge::GitHub),
        Some("gitlab") => return Ok(CiForge::GitLab),
        _ => {}
    }
    let what = match (kind, origin) {
        (Some(kind), _) => format!("there are no workflows for `{kind}`"),
        (None, Some(origin)) => format!(
            "`{}` does not tell whether it is GitHub or GitLab",
            redact(origin.shown().as_str())
        ),
        (None, None) => "there is no remote `origin` that would tell the forge".to_owned(),
    };
    Err(Error::new(Kind::Usage, "forge-not-known", what)
        .hint(Hint::Flag(
            "--forge github".into(),
            "writes workflows of GitHub Actions".into(),
        ))
        .hint(Hint::Flag(
            "--forge gitlab".into(),
            "writes a pipeline of GitLab CI".into(),
        )))
}
