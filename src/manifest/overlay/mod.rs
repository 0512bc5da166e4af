//! Settings of one environment: where its overlay says something about a field of an object, and what has to be edited so that it
//! says something else.
//!
//! The way through: [`find()`] the object in what the overlay is rendered to → trace the path ([`way`]) → the places of the overlay
//! that set it ([`places`]) → edit one of them ([`set`], [`unset`]) or add one ([`add`]) → render again, and prove that nothing else
//! has become different ([`proof`]).
//! **Invariant:** no plan leaves this module that was not rendered again and compared.
//! Start reading at [`plan`].

mod add;
mod asked;
mod copies;
mod draft;
mod find;
mod fresh_patch;
mod generator;
mod json_ops;
mod patch;
mod places;
mod proof;
mod sense;
mod set;
mod styles;
mod told;
mod typing;
mod unset;
mod way;

pub(crate) use asked::{Ask, Target, To, Wish};
pub(crate) use draft::Draft;
pub(crate) use find::find;
pub(crate) use told::{Said, Told, Which, leaves, tell};
pub(crate) use typing::Leaf;

use crate::error::{Error, Kind, Place};
use crate::manifest::rendered::{Blind, BlindWhy, Rendering, render};

/// One field that gets another value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Changed {
    /// The file that is edited.
    pub(crate) file: String,
    /// Where the value stood before, from 1; 0 where it stood nowhere in that file.
    pub(crate) line: u32,
    /// In characters, from 1; 0 where it stood nowhere.
    pub(crate) column: u32,
    /// `Deployment/api`.
    pub(crate) object: String,
    /// The field, as it was asked for.
    pub(crate) path: String,
    /// What was effective before; none if nothing was.
    pub(crate) from: Option<String>,
    /// What is effective afterwards; none if nothing is.
    pub(crate) to: Option<String>,
    /// Whether the values must not be shown.
    pub(crate) is_secret: bool,
}

/// What a plan comes to, besides the files of its draft.
#[derive(Clone, Debug, Default)]
pub(crate) struct Planned {
    pub(crate) changed: Vec<Changed>,
    /// Why a wish needs no change, in words.
    pub(crate) notes: Vec<String>,
    /// What should be known and does not stop the command.
    pub(crate) warnings: Vec<Error>,
}

/// Plans the wishes one after the other; each sees what those before it have left.
///
/// # Errors
/// `Kind::NotFound` for an object or a field that is not there; `Kind::Refused` for what cannot be edited without touching
/// anything else, naming file and line; then the draft is not to be used.
pub(crate) fn plan(draft: &mut Draft<'_>, ask: &Ask<'_>, wishes: &[Wish]) -> Result<Planned, Error> {
    let mut planned = Planned::default();
    for wish in wishes {
        let before = render(draft.sources(), ask.directory)?;
        refuse_unreadable(&before)?;
        let object = find(&before, ask)?;
        copies::refuse(&before, object, wish)?;
        let changed = match wish {
            Wish::Set(path, to) => set::plan(draft, (ask, object), (path, to), &mut planned.warnings)?,
            Wish::Unset(path) => unset::plan(draft, (ask, object), path)?,
        };
        match changed {
            None => planned.notes.push(told::why_nothing(object, wish)),
            Some(mut changed) => {
                let says = proof::prove((draft, ask), (&before, object), &changed)?;
                if changed.leaf.is_none() {
                    changed.told.to = says;
                }
                planned.changed.push(changed.told);
            }
        }
    }
    planned.warnings.extend(unproven(draft, ask)?);
    Ok(planned)
}

/// Refuses to plan on a build that fails: nothing of it can be compared.
fn refuse_unreadable(rendering: &Rendering) -> Result<(), Error> {
    let broken = rendering.blind.iter().find(|blind| blind.why == BlindWhy::Unreadable);
    match broken {
        None => Ok(()),
        Some(blind) => {
            let message = format!("`{}` cannot be read as YAML, so the overlay does not build", blind.text);
            let place = Place::at(&blind.file, blind.line, blind.column);
            Err(Error::new(Kind::Refused, "does-not-build", message).at(place))
        }
    }
}

/// What rewrites objects and is not followed: whether a field says in the end what was asked for, is not known then.
fn unproven(draft: &Draft<'_>, ask: &Ask<'_>) -> Result<Vec<Error>, Error> {
    let rendering = render(draft.sources(), ask.directory)?;
    let programs = rendering
        .blind
        .into_iter()
        .filter(|blind| blind.why == BlindWhy::Program);
    let warning = |blind: Blind| {
        let message = format!(
            "what `{}` makes of the objects is not known without running it",
            blind.text
        );
        Error::new(Kind::Refused, "unproven", message).at(Place::at(blind.file, blind.line, blind.column))
    };
    Ok(programs.map(warning).collect())
}
