//! The names that files hold: all that is asked of them at a TAB.
//!
//! What a file holds depends on its path, its bytes and what the configuration declares, and on nothing else. A digest of these three is
//! its key, so that what was read of it once can be known again and cannot be what it held before.

use std::collections::HashMap;
use std::sync::Arc;

use super::{Query, Reader, may_be_yaml};
use crate::manifest::kustomization::is_kustomization;
use crate::manifest::locate::Declared;
use crate::snapshot::{Snapshot, Walk};
use crate::text::digest;

/// What a file holds, as far as names go.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Names {
    /// Full names of images with a blank between them, which no name holds.
    pub(crate) images: Arc<str>,
    /// Whether its directory can be built: it is a kustomization, be it one that cannot be read.
    pub(crate) is_built: bool,
}

/// A file that was read.
pub(crate) struct Named {
    /// From the root, with `/` between names.
    pub(crate) path: String,
    pub(crate) key: String,
    pub(crate) names: Names,
}

/// What files held, by their keys.
pub(crate) type Known = HashMap<String, Names>;

/// Reads every file that may hold a name, in the order of paths, and parses those that are not `known`. `circumstances` is everything else
/// that an answer depends on: the form of the keys, and what the configuration declares. None if something cannot be read.
pub(crate) fn read(
    snapshot: &Snapshot,
    (declared, circumstances): (&Declared, &str),
    known: &Known,
) -> Option<Vec<Named>> {
    let query = Query {
        below: &[],
        mentions: &[],
        declared,
        on_read: &|| {},
    };
    let reader = Reader::new(&query, &|_, _, sites| {
        let mut names: Vec<&str> = sites.iter().map(|site| site.image.as_str()).collect();
        names.sort_unstable();
        names.dedup();
        Some(Arc::from(names.join(" ")))
    });
    let walk = Walk {
        below: &[],
        wanted: &|path| is_kustomization(path) || may_be_yaml(path, declared),
        on_read: &|| {},
    };
    let walked = snapshot.walk(&walk, &|path, bytes| {
        let key = digest::key(&[circumstances.as_bytes(), path.as_bytes(), bytes]);
        let names = known.get(&key).cloned().unwrap_or_else(|| of(&reader, path, bytes));
        Some((key, names))
    });
    let read = walked.found.into_iter();
    let read = read.map(|(path, (key, names))| Named { path, key, names }).collect();
    walked.unreadable.is_empty().then_some(read)
}

fn of(reader: &Reader<'_, Arc<str>>, path: &str, bytes: &mut Vec<u8>) -> Names {
    reader.look(path, bytes).map_or_else(Names::default, |seen| Names {
        images: seen.found.unwrap_or_default(),
        is_built: seen.kustomization.is_some() || seen.blind.is_some(),
    })
}
