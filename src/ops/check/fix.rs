//! Puts right what is certain: quotes around a tag, and the digest that the registry says a tag has.

use std::collections::BTreeMap;

use super::finding::{Finding, Wish};
use super::sites::own_tags;
use crate::change::set::{ChangeSet, FileChange};
use crate::error::Error;
use crate::image::Version;
use crate::manifest::locate;
use crate::manifest::site::Site;
use crate::manifest::terraform;
use crate::manifest::version_edit::{OldDigest, VersionEdit, Wanted};
use crate::ops::world::World;
use crate::yaml::{self, AliasPolicy, NodeId};

/// The edits that put findings right, and what is left.
pub(crate) struct Fixed {
    pub(crate) change_set: ChangeSet,
    /// What is put right.
    pub(crate) fixed: Vec<Finding>,
    /// What is left, in the order in which it was found.
    pub(crate) left: Vec<Finding>,
    /// Why something that could be put right is not.
    pub(crate) warnings: Vec<Error>,
}

/// Plans the edits. A site that several findings are about is edited once.
///
/// # Errors
/// [`crate::error::Kind::Files`] if a file cannot be read any more.
pub(crate) fn fix(world: &World, findings: Vec<Finding>) -> Result<Fixed, Error> {
    let mut by_file: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for (number, finding) in findings.iter().enumerate() {
        if let (Some(_), Some(place)) = (&finding.repair, &finding.error.place) {
            by_file.entry(place.file.clone()).or_default().push(number);
        }
    }
    let mut fixed = Fixed {
        change_set: ChangeSet::default(),
        fixed: Vec::new(),
        left: Vec::new(),
        warnings: Vec::new(),
    };
    let mut done: Vec<usize> = Vec::new();
    for (file, numbers) in by_file {
        let repairs: Vec<&Finding> = numbers.iter().map(|number| &findings[*number]).collect();
        match plan(world, &file, &repairs) {
            Ok(plan) => {
                if let Some(change) = plan.change {
                    fixed.change_set.files.push(change);
                    done.extend(
                        numbers
                            .iter()
                            .zip(&plan.put_right)
                            .filter_map(|(number, is)| is.then_some(*number)),
                    );
                }
                fixed.warnings.extend(plan.warnings);
            }
            Err(error) => fixed.warnings.push(error),
        }
    }
    for (number, finding) in findings.into_iter().enumerate() {
        match done.contains(&number) {
            true => fixed.fixed.push(finding),
            false => fixed.left.push(finding),
        }
    }
    Ok(fixed)
}

/// The edit of one file.
#[derive(Default)]
struct Plan {
    change: Option<FileChange>,
    /// For each finding whether it is put right.
    put_right: Vec<bool>,
    /// Why others are not.
    warnings: Vec<Error>,
}

fn plan(world: &World, file: &str, repairs: &[&Finding]) -> Result<Plan, Error> {
    let tree = terraform::parse(file, world.snapshot.read(file)?).map_err(|refusal| refusal.into_error(file))?;
    let sites = locate::sites(file, &tree, &world.declared()?);
    let refused = |refusal: yaml::Refusal| refusal.into_error(file);
    let wishes = repairs.iter().filter_map(|finding| finding.repair.as_ref());
    let quoted = wishes.filter(|repair| repair.wish == Wish::Quotes);
    let quoted = quoted.filter_map(|repair| sites.get(repair.site)).flat_map(own_tags);
    let quoted: Vec<NodeId> = quoted
        .filter(|spot| spot.block.is_none())
        .map(|spot| spot.node)
        .collect();
    let mut plan = Plan::default();
    let mut edit = VersionEdit::new(&tree);
    for finding in repairs {
        let Some((site, repair)) = finding
            .repair
            .as_ref()
            .and_then(|repair| Some((sites.get(repair.site)?, repair)))
        else {
            plan.put_right.push(false);
            continue;
        };
        // What cannot be edited does not stand in the way of the rest. An alias is put right where it is defined, if that is one
        // of the findings: what else takes the value from there is not looked at.
        let mut alone = VersionEdit::new(&tree);
        let tried =
            add(&mut alone, site, &repair.wish).and_then(|()| alone.edits(AliasPolicy::Refuse).map_err(refused));
        let is_defined = || {
            repair.wish == Wish::Quotes
                && own_tags(site).all(|spot| {
                    let defined = tree.resolve(spot.node);
                    spot.block.is_none() && defined != spot.node && quoted.contains(&defined)
                })
        };
        match tried {
            Ok(_) => {
                add(&mut edit, site, &repair.wish)?;
                plan.put_right.push(true);
            }
            Err(_) if is_defined() => plan.put_right.push(true),
            Err(error) => {
                plan.warnings.push(error);
                plan.put_right.push(false);
            }
        }
    }
    let edits = edit.edits(AliasPolicy::Refuse).map_err(refused)?;
    let after = tree.apply(edits).map_err(refused)?;
    if after.bytes() != tree.source().as_bytes() {
        plan.change = Some(FileChange::Edit {
            path: file.to_owned(),
            before: Box::new(tree),
            after,
        });
    }
    Ok(plan)
}

fn add(edit: &mut VersionEdit<'_>, site: &Site, wish: &Wish) -> Result<(), Error> {
    match wish {
        Wish::Quotes => edit.quote(site, own_tags(site)),
        Wish::Digest(digest) => {
            let version = Version {
                digest: Some(digest.clone()),
                ..site.version.clone()
            };
            let wanted = Wanted {
                version: &version,
                rename: None,
                digest: OldDigest::Refuse,
            };
            edit.add(site, wanted)
        }
    }
}
