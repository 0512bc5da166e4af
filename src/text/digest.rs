//! Digests: what proves that bytes are those that were meant.

use ring::digest::{Algorithm, Context, SHA256, SHA384, SHA512, digest};

/// SHA-256, in lower-case hexadecimal digits.
pub(crate) fn sha256(bytes: &[u8]) -> String {
    hex(&SHA256, bytes)
}

/// The digest by an algorithm of this name, `sha256`, in hexadecimal digits; none if it is not known here.
///
/// Source: OCI image specification, `descriptor.md`, "Registered algorithms".
pub(crate) fn named(algorithm: &str, bytes: &[u8]) -> Option<String> {
    let algorithm = match algorithm {
        "sha256" => &SHA256,
        "sha384" => &SHA384,
        "sha512" => &SHA512,
        _ => return None,
    };
    Some(hex(algorithm, bytes))
}

/// A key for what follows from these parts: the first half of a SHA-256 of them, each behind its length, in hexadecimal digits.
pub(crate) fn key(parts: &[&[u8]]) -> String {
    let mut context = Context::new(&SHA256);
    for part in parts {
        context.update(&(part.len() as u64).to_le_bytes());
        context.update(part);
    }
    let found = context.finish();
    let half = &found.as_ref()[..16];
    let digits = half.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    digits
        .map(|digit| char::from(b"0123456789abcdef"[usize::from(digit)]))
        .collect()
}

fn hex(algorithm: &'static Algorithm, bytes: &[u8]) -> String {
    digest(algorithm, bytes)
        .as_ref()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::{key, named, sha256};

    #[test]
    fn a_digest_is_that_of_its_standard() {
        let empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        assert_eq!(sha256(b""), empty);
        assert_eq!(named("sha256", b"").as_deref(), Some(empty));
        assert_eq!(named("md5", b""), None);
    }

    #[test]
    fn a_key_tells_where_a_part_ends() {
        let ab = [2, 0, 0, 0, 0, 0, 0, 0, b'a', b'b'];
        assert_eq!(key(&[b"ab"]), sha256(&ab)[..32]);
        assert_ne!(key(&[b"ab", b"c"]), key(&[b"a", b"bc"]));
        assert_ne!(key(&[b"ab", b""]), key(&[b"ab"]));
    }
}
