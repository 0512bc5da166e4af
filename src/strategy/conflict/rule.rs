//! Whose version stays where both sides have changed it: by the environment in whose path it stands.

use super::hunks::Side;
use crate::config::environments::Environment;
use crate::error::Error;
use crate::manifest::graph::{Graph, Reach};
use crate::strategy::hop::{Direction, Hop};

/// The rules of one promotion.
pub(super) struct Rules<'h> {
    hop: &'h Hop<'h>,
    from: &'h Environment,
    graph: Graph,
}

impl<'h> Rules<'h> {
    pub(super) fn of(hop: &'h Hop<'h>) -> Result<Rules<'h>, Error> {
        Ok(Rules {
            hop,
            from: hop.from.one()?,
            graph: Graph::default(),
        })
    }

    /// The side that stays in a file, and the name of the rule.
    pub(super) fn side(&self, file: &str) -> (Side, &'static str) {
        let owners = self.owners(file);
        let is_of_to = |it: &&Environment| self.hop.to.environments.iter().any(|to| to.name == it.name);
        if self.hop.ask.direction == Direction::Back {
            // What a later environment runs is no news for an earlier one: only FROM's own files are FROM's to say.
            return match owners.iter().any(is_of_to) || !owners.iter().any(|it| it.name == self.from.name) {
                true => (Side::Ours, "kept"),
                false => (Side::Theirs, "source-of-environment"),
            };
        }
        match owners.as_slice() {
            // A shared file reaches TO, too.
            [] => (Side::Theirs, "promoted-version"),
            some if some.iter().any(is_of_to) => (Side::Theirs, "promoted-version"),
            some if some.iter().any(|it| self.comes_through_from(it)) => (Side::Theirs, "source-of-environment"),
            _ => (Side::Ours, "kept"),
        }
    }

    /// The environments in whose directories a file lies.
    fn owners(&self, file: &str) -> Vec<&'h Environment> {
        let all: Vec<&Environment> = self.hop.environments.list.iter().collect();
        let reach = Reach::new(&self.graph, &all);
        let list = self.hop.environments.list.iter();
        list.filter(|it| reach.is_own(&it.name, file)).collect()
    }

    /// Tells whether FROM's branch is where TO's gets the files of a third environment from: FROM's own branch is that
    /// environment's, or it stands before FROM in the order, or FROM is the one that is promoted to it.
    fn comes_through_from(&self, third: &Environment) -> bool {
        let list = &self.hop.environments.list;
        let place = |name: &str| list.iter().position(|it| it.name == name);
        let (Some(at), Some(from)) = (place(&third.name), place(&self.from.name)) else {
            return false;
        };
        let is_peer = |it: &Environment| it.group.is_some() && it.group == third.group;
        let source = list[..at].iter().rfind(|it| !is_peer(it));
        at <= from || third.branch == self.from.branch || source.is_some_and(|it| it.name == self.from.name)
    }
}
