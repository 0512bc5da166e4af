//! Where a spot stands, for people: in the file, also when it is a node of YAML inside a literal block.

use super::site::Spot;
use crate::error::Place;
use crate::yaml::Tree;

impl Spot {
    /// Line and column in the file, from 1; columns count characters.
    pub(crate) fn position(self, tree: &Tree) -> (u32, u32) {
        match self.block {
            None => tree.pos(self.node),
            // The block was read when the site was found; should that ever fail, its header is near enough.
            Some(block) => tree
                .inner(block)
                .map_or_else(|_| tree.pos(block), |inner| inner.pos(tree, self.node)),
        }
    }

    /// The same as a place in `file`, with the line itself; `label` stands beside the mark.
    pub(crate) fn place(self, tree: &Tree, file: &str, label: &str) -> Place {
        match self.block {
            None => tree.place_of(file, self.node, label),
            Some(_) => {
                let (line, column) = self.position(tree);
                Place::at(file, line, column)
            }
        }
    }
}
