//! Digests: what proves that bytes are those that were meant.

use ring::digest::{Algorithm, SHA256, SHA384, SHA512, digest};

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

fn hex(algorithm: &'static Algorithm, bytes: &[u8]) -> String {
    digest(algorithm, bytes)
        .as_ref()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::{named, sha256};

    #[test]
    fn a_digest_is_that_of_its_standard() {
        let empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        assert_eq!(sha256(b""), empty);
        assert_eq!(named("sha256", b"").as_deref(), Some(empty));
        assert_eq!(named("md5", b""), None);
    }
}
