//! How a value is written: quoted wherever some reader would not read a string.

/// Returns whether every reader takes the plain text for a string.
pub fn is_string_everywhere(text: &str) -> bool {
    !text.is_empty()
}
