//! What is an environment's own and does not ride along where a hotfix is carried back: its versions.

use crate::change::set::FileChange;
use crate::error::Error;
use crate::git::changes::Pair;
use crate::git::names::Oid;
use crate::manifest::graph::{Graph, Reach};
use crate::manifest::locate;
use crate::manifest::terraform;
use crate::manifest::version_edit::{OldDigest, VersionEdit, Wanted};
use crate::strategy::hop::Hop;
use crate::yaml::AliasPolicy;

/// The edits that give the sites in TO's own overlay the versions back that they had before a merge.
///
/// Where FROM and TO are one directory on two branches, there is no overlay of TO's own: a version that was set there as a
/// hotfix is what is carried back.
///
/// # Errors
/// As reading and editing files.
pub(super) fn versions(hop: &Hop<'_>, tree: &Oid) -> Result<Vec<FileChange>, Error> {
    let graph = Graph::default();
    let all: Vec<_> = hop.environments.list.iter().collect();
    let reach = Reach::new(&graph, &all);
    let from = &hop.from.one()?.name;
    let is_own = |file: &str| {
        let of_to = hop.to.environments.iter().any(|it| reach.is_own(&it.name, file));
        of_to && !reach.is_own(from, file)
    };
    let declared = hop.declared()?;
    let pair = Pair {
        old: hop.repository.tree_of(hop.to.commit)?,
        new: tree.clone(),
    };
    let mut files = Vec::new();
    for changed in hop.repository.changes(hop.git, &pair)? {
        let (Some(old), Some(new), true) = (&changed.old, &changed.new, is_own(&changed.path)) else {
            continue;
        };
        if !old.mode.is_file() || !new.mode.is_file() {
            continue;
        }
        let parse =
            |id: &Oid| -> Result<_, Error> { Ok(terraform::parse(&changed.path, hop.repository.blob(id)?).ok()) };
        let (Some(old), Some(new)) = (parse(&old.id)?, parse(&new.id)?) else {
            continue;
        };
        let before = locate::sites(&changed.path, &old, &declared);
        let mut edit = VersionEdit::new(&new);
        for site in locate::sites(&changed.path, &new, &declared) {
            let was = before
                .iter()
                .find(|it| it.slot == site.slot && it.image.same_as(&site.image));
            if let Some(was) = was.filter(|was| was.version != site.version && !was.version.is_none()) {
                let wanted = Wanted {
                    version: &was.version,
                    rename: None,
                    digest: OldDigest::Drop,
                };
                edit.add(&site, wanted)?;
            }
        }
        let edits = edit
            .edits(AliasPolicy::Definition)
            .map_err(|refusal| refusal.into_error(&changed.path))?;
        if edits.is_empty() {
            continue;
        }
        let after = new.apply(edits).map_err(|refusal| refusal.into_error(&changed.path))?;
        files.push(FileChange::Edit {
            path: changed.path,
            before: Box::new(new),
            after,
        });
    }
    Ok(files)
}
