//! The floor below all that reads YAML: the parser's events, pulled and thrown away.

use yaml_rust2::parser::{Event, Parser};

/// Counts the events of a text; `None` if the parser refuses it.
pub(crate) fn events(text: &str) -> Option<usize> {
    let mut parser = Parser::new_from_str(text);
    let mut count = 0;
    loop {
        match parser.next_token() {
            Ok((Event::StreamEnd, _)) => return Some(count),
            Ok(_) => count += 1,
            Err(_) => return None,
        }
    }
}
