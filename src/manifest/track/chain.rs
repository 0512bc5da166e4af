//! By which objects another object reaches its cluster.

use super::Followed;
use crate::manifest::delivery::{Deliveries, Delivery, Source};
use crate::manifest::graph::{self, Graph};
use crate::manifest::site::ObjectName;

/// One object on the way by which another reaches its cluster.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Link {
    pub(crate) object: ObjectName,
    pub(crate) file: String,
    /// From 1.
    pub(crate) line: u32,
    /// In characters, from 1.
    pub(crate) column: u32,
}

impl Link {
    fn of(delivery: &Delivery) -> Link {
        Link {
            object: delivery.object.clone(),
            file: delivery.file.clone(),
            line: delivery.line,
            column: delivery.column,
        }
    }
}

/// Returns the objects by which an object would bring itself once it follows `to`: itself first, then what brings it, and so
/// on, up to one that takes it from the branch that is switched. None where its file comes from somewhere else.
///
/// An object like that could be switched once and never back: what says "back" would no longer be read.
pub(crate) fn delivers_itself(
    (graph, deliveries): (&Graph, &Deliveries),
    followed: &Followed,
    to: &str,
) -> Option<Vec<Link>> {
    let is_it = |it: &Delivery| it.file == followed.file && it.object == followed.object;
    let first = deliveries.list.iter().find(|it| is_it(it))?;
    let mut open: Vec<Vec<&Delivery>> = vec![vec![first]];
    let mut seen: Vec<*const Delivery> = vec![std::ptr::from_ref(first)];
    while let Some(chain) = open.pop() {
        let Some(last) = chain.last() else { continue };
        for delivery in &deliveries.list {
            let brings = |source: &&Source| graph::takes((graph, deliveries), source, &last.file);
            for source in delivery.sources.iter().filter(brings) {
                let Some(through) = deliveries.follows(delivery, source) else {
                    continue;
                };
                let mut links: Vec<&Delivery> = chain.clone();
                links.extend((!is_it(delivery)).then_some(delivery));
                let revision = match std::ptr::eq(through, delivery) {
                    true => &source.revision,
                    false => {
                        links.extend((!is_it(through)).then_some(through));
                        match through.sources.first() {
                            Some(source) => &source.revision,
                            None => continue,
                        }
                    }
                };
                if is_it(delivery) || is_it(through) || revision.branch() == Some(to) {
                    return Some(links.into_iter().map(Link::of).collect());
                }
                if !seen.contains(&std::ptr::from_ref(delivery)) {
                    seen.push(std::ptr::from_ref(delivery));
                    open.push(links);
                }
            }
        }
    }
    None
}
