//! What a registry wants to know before it answers.
//!
//! Source: RFC 9110, section 11.6.1; docker's "Token Authentication Specification".

/// What a registry wants to know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Challenge {
    /// User and password.
    Basic,
    /// A token that somebody else gives.
    Bearer {
        /// The address of who gives tokens.
        realm: String,
        /// For whom the token is; may be empty.
        service: String,
        /// What the token allows; may be empty.
        scope: String,
    },
}

impl Challenge {
    /// Reads `WWW-Authenticate` headers, and returns the best challenge that is understood: a token before a password.
    pub(super) fn read<'h>(headers: impl Iterator<Item = &'h str>) -> Option<Challenge> {
        let mut best = None;
        for header in headers {
            for (scheme, parameters) in schemes(header) {
                let value = |wanted: &str| {
                    let found = parameters.iter().find(|(name, _)| name.eq_ignore_ascii_case(wanted));
                    found.map(|(_, value)| value.clone())
                };
                if scheme.eq_ignore_ascii_case("bearer")
                    && let Some(realm) = value("realm")
                {
                    return Some(Challenge::Bearer {
                        realm,
                        service: value("service").unwrap_or_default(),
                        scope: value("scope").unwrap_or_default(),
                    });
                }
                if scheme.eq_ignore_ascii_case("basic") {
                    best = Some(Challenge::Basic);
                }
            }
        }
        best
    }
}

/// A word, and the parameters that follow it.
type Scheme = (String, Vec<(String, String)>);

/// Splits one header into its challenges. What cannot be read is skipped.
fn schemes(header: &str) -> Vec<Scheme> {
    let mut found: Vec<Scheme> = Vec::new();
    let mut rest = header.trim_start_matches([' ', ',', '\t']);
    while !rest.is_empty() {
        let end = rest.find([' ', '=', ',', '\t']).unwrap_or(rest.len());
        let word = &rest[..end];
        let after = rest[end..].trim_start_matches([' ', '\t']);
        match (after.strip_prefix('='), found.last_mut()) {
            (Some(value), Some((_, parameters))) => {
                let (value, left) = value_of(value.trim_start_matches([' ', '\t']));
                parameters.push((word.to_owned(), value));
                rest = left;
            }
            (Some(value), None) => rest = value_of(value).1,
            (None, _) => {
                if !word.is_empty() {
                    found.push((word.to_owned(), Vec::new()));
                }
                rest = after;
            }
        }
        rest = rest.trim_start_matches([' ', ',', '\t']);
    }
    found
}

/// A value, quoted or not, and what follows it.
fn value_of(text: &str) -> (String, &str) {
    let Some(quoted) = text.strip_prefix('"') else {
        let end = text.find([',', ' ', '\t']).unwrap_or(text.len());
        return (text[..end].to_owned(), &text[end..]);
    };
    let mut value = String::new();
    let mut characters = quoted.char_indices();
    while let Some((at, character)) = characters.next() {
        match character {
            '"' => return (value, &quoted[at + 1..]),
            '\\' => value.extend(characters.next().map(|(_, escaped)| escaped)),
            _ => value.push(character),
        }
    }
    (value, "")
}

#[cfg(test)]
mod tests {
    use super::Challenge;

    fn bearer(realm: &str, service: &str, scope: &str) -> Option<Challenge> {
        Some(Challenge::Bearer {
            realm: realm.into(),
            service: service.into(),
            scope: scope.into(),
        })
    }

    #[test]
    fn challenges_are_read_in_any_order_and_number() {
        for (headers, wanted) in [
            (
                vec![r#"Bearer realm="https://a/t",service="r.a",scope="repository:x:pull,push""#],
                bearer("https://a/t", "r.a", "repository:x:pull,push"),
            ),
            (
                vec![
                    r#"bearer scope="repository:x:pull", service=r.a ,realm = "https://a/t",error="insufficient_scope""#,
                ],
                bearer("https://a/t", "r.a", "repository:x:pull"),
            ),
            (
                vec![r#"Basic realm="x, y", Bearer realm="https://a/\"t\"""#],
                bearer("https://a/\"t\"", "", ""),
            ),
            (
                vec![r#"Negotiate, Basic realm="x""#, r#"BEARER realm="https://a/t""#],
                bearer("https://a/t", "", ""),
            ),
            (
                vec![r#"Basic realm="https://ecr/",service="ecr""#],
                Some(Challenge::Basic),
            ),
            (vec!["Negotiate oYG==", "Basic"], Some(Challenge::Basic)),
            (vec!["Bearer", "Digest realm=x"], None),
            (
                vec!["Bearer realm=\"https://never/ends"],
                bearer("https://never/ends", "", ""),
            ),
            (vec!["=,=\"", "\\", ""], None),
        ] {
            assert_eq!(Challenge::read(headers.iter().copied()), wanted, "{headers:?}");
        }
    }
}
