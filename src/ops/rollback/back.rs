//! How landings are taken back: each file of the environment's own, as it is now, without what the landing did to it.

use super::steps::{Company, IsMerge, Step, is_same};
use super::{Look, RollbackRequest, What};
use crate::change::set::{ChangeSet, Facts, FileChange, SettingChange, SiteChange};
use crate::error::{Error, Hint, Kind};
use crate::git::merge::ThreeWay;
use crate::git::names::Oid;
use crate::manifest::locate::{self, Declared};
use crate::manifest::terraform;
use crate::manifest::version_edit::{OldDigest, VersionEdit, Wanted};
use crate::ops::land::Ground;
use crate::ops::world::World;
use crate::yaml::AliasPolicy;

/// Plans on a tip: its commit and its tree.
///
/// # Errors
/// [`Kind::Conflict`] if something else has changed what the landing wrote.
pub(super) fn take_back(
    ground: &Ground,
    (look, request): (&Look, &RollbackRequest),
    (world, (_, tip)): (&World, (&Oid, &Oid)),
) -> Result<ChangeSet, Error> {
    let declared = world.declared()?;
    let mut tree = tip.clone();
    let mut facts = Facts::default();
    for step in &look.steps {
        let whole = request.what == What::Whole && takes_all(step, request);
        tree = match whole {
            true => undone(ground, step, &tree)?,
            false => versions_undone(ground, (step, &declared), &tree)?,
        };
        facts.rolls_back.push(step.commit.clone());
        if whole {
            tell_what_stays(step, &mut facts);
        }
    }
    let mut change_set = files(ground, (tip, &tree), (look, &declared))?;
    facts.sites.append(&mut change_set.facts.sites);
    facts.settings.append(&mut change_set.facts.settings);
    facts.subjects = look.steps.iter().map(|step| step.commit.short().to_owned()).collect();
    if change_set.files.is_empty() {
        facts.rolls_back.clear();
    }
    change_set.facts = facts;
    Ok(change_set)
}

/// With images named, a landing that changed others, too, is taken back for those images alone.
fn takes_all(step: &Step, request: &RollbackRequest) -> bool {
    request.images.is_empty() || step.company == Company::Alone
}

/// The tree without what a landing did to the environment's own files, whatever came after.
fn undone(ground: &Ground, step: &Step, onto: &Oid) -> Result<Oid, Error> {
    let mut before = Vec::new();
    for file in &step.own {
        if let (Some(old), Some(_)) = (&file.old, &file.new) {
            before.push((file.path.clone(), ground.repository.blob(&old.id)?));
        }
    }
    let landed = ground.repository.tree_of(&step.commit)?;
    let theirs = ground.repository.tree_with(&landed, &before)?;
    let merged = ground.repository.merge_on(
        &ground.git,
        ThreeWay {
            base: &landed,
            ours: onto,
            theirs: &theirs,
        },
    )?;
    match merged.conflicts.first() {
        None => Ok(merged.tree),
        Some(conflict) => {
            let message = format!(
                "`{}` has changed since `{}` ({}), where that wrote it",
                conflict.path,
                step.commit.short(),
                step.title
            );
            Err(
                Error::new(Kind::Conflict, "rollback-conflict", message).hint(Hint::Flag(
                    "--versions-only".into(),
                    "takes back versions, and leaves the rest".into(),
                )),
            )
        }
    }
}

/// The tree with the versions that stood there before a landing, where they are still what it wrote.
fn versions_undone(ground: &Ground, (step, declared): (&Step, &Declared), onto: &Oid) -> Result<Oid, Error> {
    let mut files: Vec<(String, Vec<u8>)> = Vec::new();
    let mut paths: Vec<&str> = step.moves.iter().map(|it| it.file.as_str()).collect();
    paths.dedup();
    for path in paths {
        let Some(entry) = ground.repository.entry(onto, path)?.filter(|it| it.mode.is_file()) else {
            continue;
        };
        let bytes = ground.repository.blob(&entry.id)?;
        let tree = terraform::parse(path, bytes).map_err(|refusal| refusal.into_error(path))?;
        let sites = locate::sites(path, &tree, declared);
        let mut edit = VersionEdit::new(&tree);
        for it in step.moves.iter().filter(|it| it.file == path) {
            let now = sites.iter().filter(|site| is_same(site, &it.site)).nth(it.nth);
            let Some(now) = now.filter(|site| site.version == it.site.version) else {
                continue;
            };
            let wanted = Wanted {
                version: &it.before,
                rename: None,
                digest: OldDigest::Drop,
            };
            edit.add(now, wanted)?;
        }
        let edits = edit
            .edits(AliasPolicy::Refuse)
            .map_err(|refusal| refusal.into_error(path))?;
        let verified = tree.apply(edits).map_err(|refusal| refusal.into_error(path))?;
        files.push((path.to_owned(), verified.into_bytes()));
    }
    ground.repository.tree_with(onto, &files)
}

/// Names what a landing did and a rollback does not take back.
fn tell_what_stays(step: &Step, facts: &mut Facts) {
    let mut stays = step.others.clone();
    let come_or_gone = step.own.iter().filter(|file| file.old.is_none() || file.new.is_none());
    stays.extend(come_or_gone.map(|file| file.path.clone()));
    if stays.is_empty() {
        return;
    }
    let shown: Vec<String> = stays.iter().take(5).map(|path| format!("`{path}`")).collect();
    let more = if stays.len() > shown.len() { ", …" } else { "" };
    let message = format!("what {} did to {}{more} stays", step.commit.short(), shown.join(", "));
    facts.warnings.push(
        Error::new(Kind::Refused, "stays", message)
            .because("others read it, or it is a whole file")
            .hint(Hint::Say(match step.is_merge {
                IsMerge::Yes => format!("git revert -m 1 {}", step.commit.short()),
                IsMerge::No => format!("git revert {}", step.commit.short()),
            })),
    );
}

/// The files that differ between two trees, with what that means.
fn files(ground: &Ground, (tip, tree): (&Oid, &Oid), (look, declared): (&Look, &Declared)) -> Result<ChangeSet, Error> {
    let pair = crate::git::changes::Pair {
        old: tip.clone(),
        new: tree.clone(),
    };
    let mut change_set = ChangeSet::default();
    for file in ground.repository.changes(&ground.git, &pair)? {
        let (Some(old), Some(new)) = (&file.old, &file.new) else {
            continue;
        };
        let (before, after) = (ground.repository.blob(&old.id)?, ground.repository.blob(&new.id)?);
        let parse = |bytes: &[u8]| terraform::parse(&file.path, bytes.to_vec()).ok();
        let mut settings = true;
        if let (Some(old), Some(new)) = (parse(&before), parse(&after)) {
            let (was, is) = (
                locate::sites(&file.path, &old, declared),
                locate::sites(&file.path, &new, declared),
            );
            for (at, site) in is.iter().enumerate() {
                let nth = is[..at].iter().filter(|it| is_same(it, site)).count();
                let Some(from) = was.iter().filter(|it| is_same(it, site)).nth(nth) else {
                    continue;
                };
                if from.version == site.version {
                    continue;
                }
                let place = site.at.place(&new, &file.path, "");
                let (line, column) = (place.line, place.column);
                change_set.facts.sites.push(SiteChange {
                    file: file.path.clone(),
                    line,
                    column,
                    image: site.image.as_str().to_owned(),
                    from: Some(from.version.to_string()),
                    to: site.version.to_string(),
                    locator: site.locator,
                    environments: vec![look.environment.name.clone()],
                });
            }
            let slot = crate::manifest::slot::masked;
            settings = slot(&file.path, &before, declared) != slot(&file.path, &after, declared);
        }
        if settings {
            change_set.facts.settings.push(SettingChange {
                file: file.path.clone(),
                line: 0,
                column: 0,
                path: file.path.clone(),
                from: None,
                to: None,
            });
        }
        change_set.files.push(FileChange::Replace {
            path: file.path,
            before,
            after,
        });
    }
    Ok(change_set)
}
