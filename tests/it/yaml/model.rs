//! An independent reading of YAML: the parser's plain events, compared and changed as lists. Shares no code with the editor.

use yaml_rust2::parser::{Event, Parser};
use yaml_rust2::scanner::TScalarStyle;

/// One event, with anchors renumbered in the order in which they are first met.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Ev {
    DocStart,
    DocEnd,
    Alias(usize),
    Scalar {
        text: String,
        style: TScalarStyle,
        anchor: usize,
        tag: String,
    },
    Seq {
        anchor: usize,
        tag: String,
    },
    Map {
        anchor: usize,
        tag: String,
    },
    End,
}

impl Ev {
    pub(crate) fn is_node(&self) -> bool {
        !matches!(self, Ev::DocStart | Ev::DocEnd | Ev::End)
    }
}

/// Reads all events; `None` if the parser rejects the text.
pub(crate) fn events(text: &str) -> Option<Vec<Ev>> {
    let body = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut parser = Parser::new_from_str(body);
    let mut ids: Vec<usize> = Vec::new();
    let mut number = |id: usize| match id {
        0 => 0,
        id => match ids.iter().position(|&it| it == id) {
            Some(at) => at + 1,
            None => {
                ids.push(id);
                ids.len()
            }
        },
    };
    let tag =
        |tag: Option<yaml_rust2::parser::Tag>| tag.map_or(String::new(), |it| format!("<{}{}>", it.handle, it.suffix));
    let mut found = Vec::new();
    loop {
        found.push(match parser.next_token().ok()?.0 {
            Event::StreamEnd => return Some(found),
            Event::Nothing | Event::StreamStart => continue,
            Event::DocumentStart => Ev::DocStart,
            Event::DocumentEnd => Ev::DocEnd,
            Event::Alias(id) => Ev::Alias(number(id)),
            Event::Scalar(text, style, anchor, t) => Ev::Scalar {
                text,
                style,
                anchor: number(anchor),
                tag: tag(t),
            },
            Event::SequenceStart(anchor, t) => Ev::Seq {
                anchor: number(anchor),
                tag: tag(t),
            },
            Event::MappingStart(anchor, t) => Ev::Map {
                anchor: number(anchor),
                tag: tag(t),
            },
            Event::SequenceEnd | Event::MappingEnd => Ev::End,
        });
    }
}

/// Positions in `events` of the nodes, in order: node `n` of the tree is event `nodes(events)[n]`.
pub(crate) fn nodes(events: &[Ev]) -> Vec<usize> {
    (0..events.len()).filter(|&at| events[at].is_node()).collect()
}

/// The event behind the node that starts at `at`.
pub(crate) fn behind(events: &[Ev], at: usize) -> usize {
    let mut depth = 0;
    for (offset, event) in events[at..].iter().enumerate() {
        match event {
            Ev::Seq { .. } | Ev::Map { .. } => depth += 1,
            Ev::End => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return at + offset + 1;
        }
    }
    events.len()
}
