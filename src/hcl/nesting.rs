//! How deeply a text may be nested: the parser calls itself, and a file must not end the process.

use super::Failure;

/// Levels of brackets, counted without a look at strings and comments; real files stay below ten.
const BRACKETS: usize = 48;
/// Operators in one line that nest: `!`, `-`, `?`.
const OPERATORS: usize = 256;

/// Refuses what is nested too deeply.
pub(super) fn check(text: &str) -> Result<(), Failure> {
    let fail = |offset| {
        Err(Failure {
            offset,
            message: format!("nested more than {BRACKETS} levels deep"),
        })
    };
    let (mut brackets, mut operators) = (0_usize, 0_usize);
    for (offset, byte) in text.bytes().enumerate() {
        match byte {
            b'[' | b'{' | b'(' => brackets += 1,
            b']' | b'}' | b')' => brackets = brackets.saturating_sub(1),
            b'!' | b'?' | b'-' => operators += 1,
            b'\n' => operators = 0,
            _ => {}
        }
        if brackets > BRACKETS {
            return fail(offset);
        }
        // A line of dashes in a comment is no expression.
        if operators > OPERATORS && !in_comment(text, offset) {
            return fail(offset);
        }
    }
    Ok(())
}

fn in_comment(text: &str, offset: usize) -> bool {
    let start = text[..offset].rfind('\n').map_or(0, |at| at + 1);
    let line = text[start..].trim_start();
    line.starts_with(['#', '/', '*'])
}
