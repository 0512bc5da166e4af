//! What an overlay says about an object.

use super::settings::overlay_of;
use super::{Scope, with};
use crate::error::Error;
use crate::manifest::overlay::{Ask, Draft, Target, Told, Which, find, leaves, tell};
use crate::manifest::rendered::render;
use crate::ops::world::World;
use crate::yaml::Path;

/// Tells about fields of an object; without paths, about every field that the overlay sets, or about all.
///
/// # Errors
/// As [`tell`] and [`overlay_of`].
pub(crate) fn get(
    world: &World,
    scope: &Scope,
    (target, paths): (&Target, &[Path]),
    which: Which,
) -> Result<Vec<Told>, Error> {
    with(world, scope, &|overlays| {
        let directory = overlay_of(overlays, target)?;
        let owns = |file: &str| overlays.owns_for(&directory, file);
        let ask = Ask {
            directory: &directory,
            target,
            owns: &owns,
            peers: &[],
        };
        let draft = Draft::of(&world.snapshot);
        let rendering = render(draft.sources(), &directory)?;
        let object = find(&rendering, &ask)?;
        match paths.is_empty() {
            true => leaves((&ask, object), which),
            false => paths.iter().map(|path| tell((&ask, object), path)).collect(),
        }
    })
}
