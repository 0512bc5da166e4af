//! Where a spot stands, for people: in the file, also when it is a node of YAML inside a literal block.

use super::site::Spot;
use crate::error::Place;
use crate::yaml::{Inner, NodeId, Positions, Tree};

/// Tells where the spots of one file stand; quick if they are asked in file order.
pub(crate) struct Spots<'t> {
    tree: &'t Tree,
    positions: Positions<'t>,
    /// The block that was asked about last, read.
    inner: Option<(NodeId, Option<Inner>)>,
}

impl<'t> Spots<'t> {
    pub(crate) fn of(tree: &'t Tree) -> Spots<'t> {
        Spots {
            tree,
            positions: tree.positions(),
            inner: None,
        }
    }

    /// Line and column in the file, from 1; columns count characters.
    pub(crate) fn position(&mut self, spot: Spot) -> (u32, u32) {
        let Some(block) = spot.block else {
            return self.positions.of(spot.node);
        };
        if self.inner.as_ref().is_none_or(|(known, _)| *known != block) {
            self.inner = Some((block, self.tree.inner(block).ok()));
        }
        match &self.inner {
            Some((_, Some(inner))) => self.positions.of_inner(inner, spot.node),
            // The block was read when the site was found; should that ever fail, its header is near enough.
            _ => self.positions.of(block),
        }
    }
}

impl Spot {
    /// The spot as a place in `file`, with the line itself; `label` stands beside the mark.
    pub(crate) fn place(self, tree: &Tree, file: &str, label: &str) -> Place {
        match self.block {
            None => tree.place_of(file, self.node, label),
            Some(_) => {
                let (line, column) = Spots::of(tree).position(self);
                Place::at(file, line, column)
            }
        }
    }
}
