//! A request and its answer, in words of HTTP.

use crate::text::secret::Secret;

/// What a request asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verb {
    /// Reads.
    Get,
    /// Reads the headers alone.
    Head,
    /// Adds.
    Post,
    /// Replaces.
    Put,
    /// Changes a part.
    Patch,
    /// Takes away.
    Delete,
}

impl Verb {
    /// `GET`.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Verb::Get => "GET",
            Verb::Head => "HEAD",
            Verb::Post => "POST",
            Verb::Put => "PUT",
            Verb::Patch => "PATCH",
            Verb::Delete => "DELETE",
        }
    }

    pub(super) fn of_client(self) -> reqwest::Method {
        match self {
            Verb::Get => reqwest::Method::GET,
            Verb::Head => reqwest::Method::HEAD,
            Verb::Post => reqwest::Method::POST,
            Verb::Put => reqwest::Method::PUT,
            Verb::Patch => reqwest::Method::PATCH,
            Verb::Delete => reqwest::Method::DELETE,
        }
    }
}

/// One request.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    /// What it asks for.
    pub(crate) verb: Verb,
    /// The whole address, query included.
    pub(crate) address: String,
    /// Headers that may be shown.
    pub(crate) headers: Vec<(&'static str, String)>,
    /// The header that says who asks, with its whole value. It never goes to another host.
    pub(crate) credential: Option<(&'static str, Secret)>,
    /// The body.
    pub(crate) body: Option<Body>,
}

/// What a request carries.
#[derive(Clone, Debug)]
pub(crate) enum Body {
    /// A JSON document.
    Json(Vec<u8>),
    /// Fields of a form, escaped already; it may hold what nobody else may read.
    Form(Secret),
}

impl Body {
    pub(super) fn media_type(&self) -> &'static str {
        match self {
            Body::Json(_) => "application/json",
            Body::Form(_) => "application/x-www-form-urlencoded",
        }
    }

    pub(super) fn bytes(&self) -> Vec<u8> {
        match self {
            Body::Json(document) => document.clone(),
            Body::Form(fields) => fields.reveal().as_bytes().to_vec(),
        }
    }
}

impl Request {
    /// A request without headers and body.
    pub(crate) fn new(verb: Verb, address: impl Into<String>) -> Request {
        Request {
            verb,
            address: address.into(),
            headers: Vec::new(),
            credential: None,
            body: None,
        }
    }

    /// Asking again changes nothing that asking once has not changed.
    pub(super) fn only_reads(&self) -> bool {
        matches!(self.verb, Verb::Get | Verb::Head)
    }
}

/// One answer, read to its end.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    /// Such as 200.
    pub(crate) status: u16,
    /// Names in lower case, in the order they came.
    pub(crate) headers: Vec<(String, String)>,
    /// The body, at most 16 MiB.
    pub(crate) body: Vec<u8>,
    /// Where it came from, as it may be shown.
    pub(crate) from: String,
}

impl Answer {
    /// The first value of a header; `name` in lower case.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_str())
    }

    /// Whether the status is one of 200 to 299.
    pub(crate) fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// The body as text; what is no UTF-8 is replaced.
    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The address of the next page, as the `Link` header gives it (RFC 8288, `rel="next"`).
    pub(crate) fn next_page(&self) -> Option<String> {
        let links = self.headers.iter().filter(|(name, _)| name == "link");
        links.flat_map(|(_, value)| value.split(',')).find_map(|link| {
            let (address, rest) = link.trim().strip_prefix('<')?.split_once('>')?;
            let is_next = rest.split(';').any(|part| {
                let (name, value) = part.trim().split_once('=').unwrap_or_default();
                name.eq_ignore_ascii_case("rel") && value.trim_matches('"').split(' ').any(|rel| rel == "next")
            });
            is_next.then(|| address.to_owned())
        })
    }
}

/// Writes a text so that it can stand in a path or a query: all but letters, digits and `-._~` is escaped
/// (RFC 3986, section 2.3).
pub(crate) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}
