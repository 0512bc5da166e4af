//! Whether a file is JSON, which YAML reads as flow collections, and has to stay JSON.

use super::scalar::Quotes;
use super::tree::{NodeId, NodeKind, Tree};

impl Tree {
    /// Returns the quotes of new keys and strings: double ones in JSON, elsewhere none where the text can do without.
    pub(super) fn new_quotes(&self) -> Quotes {
        if self.is_json() { Quotes::Double } else { Quotes::Plain }
    }

    /// Asks whether the file is JSON. Nearly every YAML file is told apart by its first node; the others are walked once.
    ///
    /// Comments and a comma behind the last entry are let through: the quotes that follow from a yes are right there as well.
    fn is_json(&self) -> bool {
        *self.json.get_or_init(|| {
            let mut roots = self.documents().iter().filter_map(|document| document.root());
            let is_flow = roots.next().is_some_and(|root| self.is_flow(root)) && roots.all(|root| self.is_flow(root));
            is_flow && self.nodes().all(|node| self.is_of_json(node))
        })
    }

    fn is_of_json(&self, node: NodeId) -> bool {
        let props = self.props(node);
        if props.anchor > 0 || props.tag.is_some() {
            return false;
        }
        match self.kind(node) {
            NodeKind::Double | NodeKind::Seq => true,
            // a pair that stands in a list without braces is YAML's alone
            NodeKind::Map => self.written(node).starts_with('{'),
            NodeKind::Plain => !self.is_key(node) && is_literal(self.written(node)),
            NodeKind::Single | NodeKind::Literal | NodeKind::Folded | NodeKind::Empty | NodeKind::Alias => false,
        }
    }
}

/// `true`, `false`, `null` and numbers.
///
/// Source: RFC 8259, sections 3 and 6.
fn is_literal(text: &str) -> bool {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if matches!(text, "true" | "false" | "null") {
        return true;
    }
    let number = text.strip_prefix('-').unwrap_or(text);
    let (number, exponent) = match number.split_once(['e', 'E']) {
        Some((number, exponent)) => (number, Some(exponent)),
        None => (number, None),
    };
    let (whole, part) = match number.split_once('.') {
        Some((whole, part)) => (whole, Some(part)),
        None => (number, None),
    };
    digits(whole)
        && (whole == "0" || !whole.starts_with('0'))
        && part.is_none_or(digits)
        && exponent.is_none_or(|it| digits(it.strip_prefix(['+', '-']).unwrap_or(it)))
}
