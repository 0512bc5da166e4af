//! Values that are written through anchors and aliases: what is shown, and what changes along.

use super::FileSites;
use super::edit::Setting;
use crate::error::{Error, Hint, Kind};
use crate::manifest::site::{Part, Site, Spot};
use crate::yaml::{AliasPolicy, NodeId, NodeKind, Tree};

/// The spot to show: where the bytes change. That is the anchor, if its definition is what is edited.
pub(super) fn shown(tree: &Tree, site: &Site, alias: AliasPolicy) -> Spot {
    match (site.at.block, alias) {
        (None, AliasPolicy::Definition) => Spot {
            block: None,
            node: tree.resolve(site.at.node),
        },
        _ => site.at,
    }
}

/// What changes along with a site because it is written through aliases: a warning that lists the lines.
///
/// # Errors
/// [`Kind::Refused`] if one of them states the version of another image.
pub(super) fn shared_values(of: &FileSites, settings: &[Setting], at: usize) -> Result<Option<Error>, Error> {
    let site = &of.sites[at];
    let is_set = |node: NodeId| {
        settings.iter().any(|it| {
            of.sites[it.site]
                .parts
                .iter()
                .filter_map(Part::spot)
                .any(|spot| spot.node == node)
        })
    };
    let written = site
        .parts
        .iter()
        .filter(|part| !matches!(part, Part::Repository { .. }))
        .filter_map(Part::spot);
    let mut lines: Vec<u32> = Vec::new();
    for spot in written.filter(|spot| spot.block.is_none() && of.tree.kind(spot.node) != NodeKind::Alias) {
        for alias in of
            .tree
            .aliases_of(spot.node)
            .into_iter()
            .filter(|alias| !is_set(*alias))
        {
            if let Some((_, other)) = of.others.iter().find(|(node, _)| *node == alias) {
                let message = format!(
                    "`{}` and `{other}` share this value: to set one sets the other",
                    site.image
                );
                return Err(Error::new(Kind::Refused, "shared-value", message)
                    .at(of.tree.place_of(&of.file, alias, "an alias of it"))
                    .hint(Hint::Say(format!(
                        "give `{other}` a value of its own first: `--alias detach` does that"
                    ))));
            }
            lines.push(of.tree.pos(alias).0);
        }
    }
    lines.dedup();
    if lines.is_empty() {
        return Ok(None);
    }
    let list = lines.iter().map(u32::to_string).collect::<Vec<_>>().join(", ");
    let noun = if lines.len() == 1 { "line" } else { "lines" };
    let message = format!("{noun} {list} of `{}` use this value, and change with it", of.file);
    Ok(Some(
        Error::new(Kind::Refused, "aliases-follow", message).at(site.at.place(&of.tree, &of.file, "")),
    ))
}

/// An alias can be edited if somebody says how.
pub(super) fn with_hint(error: Error) -> Error {
    if error.code != "yaml-alias" {
        return error;
    }
    error
        .hint(Hint::Flag(
            "--alias definition".into(),
            "changes the anchor, and with it every alias".into(),
        ))
        .hint(Hint::Flag(
            "--alias detach".into(),
            "writes the value in place of the alias".into(),
        ))
}
