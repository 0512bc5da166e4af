//! Calls of one forge: what every one of them needs, and what its failures mean.
//!
//! **Invariant:** every error that leaves keeps the status, the forge's own words and its name of the request, with every
//! secret hidden, and says what to do.

use std::collections::HashSet;
use std::fmt::Write as _;

use serde::de::DeserializeOwned;
use serde_json::Value;

use super::place::Server;
use super::{Door, Forge, Token};
use crate::error::{Error, Hint, Kind};
use crate::http::{Answer, Body, Failure, Patience, Request, Verb, wanted_rest};
use crate::text::code::base64;
use crate::text::secret::{Secret, redact, remember};

/// How many pages of a list are read, at most.
const PAGES: usize = 100;
/// How long the checks of a request that was just opened, or pushed to, may take to begin. Pauses in seconds.
pub(super) const CHECKS_BEGIN_WITHIN: &[u64] = &[1, 2, 3];
/// The code of an error that leaves open whether the forge did what it was asked.
pub(super) const NO_ANSWER: &str = "no-answer";

/// One repository on one forge, as an entry of the shelf is handed it.
pub(crate) struct Api<'a> {
    /// How the world is reached.
    pub(super) door: Door<'a>,
    /// The entry itself.
    pub(super) forge: &'static dyn Forge,
    /// Its web pages.
    pub(super) server: Server,
    /// What every path of a call is put behind, without a slash at its end.
    pub(super) base: String,
    /// The repository, in the forge's own writing: `acme/manifests`.
    pub(super) repository: String,
    /// The token, where there is one.
    pub(super) token: Option<Token>,
}

/// One answer, as it came, and what it answers.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Kept<'a> {
    /// `GET`.
    pub(crate) verb: &'static str,
    /// The whole address, query included, with every secret hidden.
    pub(crate) address: &'a str,
    /// What was sent; no credential is ever in a body.
    pub(crate) sent: Option<&'a str>,
    /// The status of the answer.
    pub(crate) status: u16,
    /// The bytes of the answer.
    pub(crate) answer: &'a [u8],
}

/// One call.
#[derive(Debug)]
pub(super) struct Call {
    verb: Verb,
    /// A path behind the base, or a whole address on the same server.
    path: String,
    body: Option<Value>,
    /// What is done by it: `open the pull request`.
    doing: String,
    /// The permission that it needs, as the forge calls it.
    needs: Option<&'static str>,
    headers: Vec<(&'static str, String)>,
}

impl Call {
    /// A call; `doing` completes the sentence "cannot …".
    pub(super) fn new(verb: Verb, path: impl Into<String>, doing: impl Into<String>) -> Call {
        Call {
            verb,
            path: path.into(),
            body: None,
            doing: doing.into(),
            needs: None,
            headers: Vec::new(),
        }
    }

    /// With a body.
    pub(super) fn json(mut self, body: Value) -> Call {
        self.body = Some(body);
        self
    }

    /// With the permission it needs.
    pub(super) fn needing(mut self, permission: &'static str) -> Call {
        self.needs = Some(permission);
        self
    }

    /// With one more header.
    pub(super) fn header(mut self, name: &'static str, value: &str) -> Call {
        self.headers.push((name, value.to_owned()));
        self
    }
}

impl Api<'_> {
    /// Sends a call and returns whatever comes back as JSON or as nothing.
    ///
    /// # Errors
    /// [`Kind::Remote`] if there was no answer; [`Kind::Access`] if it is a web page, as of a sign-in.
    pub(super) fn ask(&self, call: &Call) -> Result<Answer, Error> {
        let address = self.address(&call.path)?;
        let mut headers = self.forge.headers(&self.server);
        headers.extend(call.headers.iter().cloned());
        let request = Request {
            verb: call.verb,
            address,
            headers,
            credential: self.token.as_ref().map(|token| self.forge.credential(token)),
            body: call.body.as_ref().map(|body| Body::Json(body.to_string().into_bytes())),
        };
        let patience = Patience {
            say: self.door.say,
            limit: self.door.patience,
        };
        let answer = self.door.http.send(&request, patience).map_err(|failure| {
            let is_unclear = matches!(failure, Failure::Unclear(_));
            let mut error = Error::from(failure);
            let cause = std::mem::replace(&mut error.message, format!("cannot {}", call.doing));
            error.causes.insert(0, cause);
            if is_unclear && call.verb != Verb::Get {
                error.code = NO_ANSWER;
            }
            error
        })?;
        if let Some(keep) = self.door.keep {
            let sent = call.body.as_ref().map(Value::to_string);
            keep(&Kept {
                verb: call.verb.word(),
                address: &redact(&request.address),
                sent: sent.as_deref(),
                status: answer.status,
                answer: &answer.body,
            });
        }
        let is_page = answer.body.trim_ascii_start().starts_with(b"<");
        // A proxy in trouble speaks HTML too, and its status says so.
        if is_page && (answer.status < 400 || answer.status == 401 || answer.status == 403) {
            return Err(self.sign_in(&answer, call));
        }
        Ok(answer)
    }

    /// Sends a call and reads the answer.
    ///
    /// # Errors
    /// As [`Api::ask`], and every status that is no success, by [`Api::complaint`].
    pub(super) fn read<T: DeserializeOwned>(&self, call: &Call) -> Result<T, Error> {
        let answer = self.ask(call)?;
        self.accept(&answer, call)?;
        self.parse(&answer, call)
    }

    /// Sends a call whose answer tells nothing.
    ///
    /// # Errors
    /// As [`Api::read`].
    pub(super) fn tell(&self, call: &Call) -> Result<(), Error> {
        let answer = self.ask(call)?;
        self.accept(&answer, call)
    }

    /// Reads every page of a list whose answers name the next one in `Link`.
    ///
    /// # Errors
    /// As [`Api::read`]; [`Kind::Remote`] if it goes on for more than a hundred pages, or in a circle.
    pub(super) fn linked<T: DeserializeOwned>(&self, first: Call) -> Result<Vec<T>, Error> {
        let mut found = Vec::new();
        self.turn(first, |answer, call| {
            let page: Vec<T> = self.parse(answer, call)?;
            found.extend(page);
            Ok(answer.next_page())
        })?;
        Ok(found)
    }

    /// Reads pages until `next` names no address any more.
    ///
    /// # Errors
    /// As [`Api::linked`].
    pub(super) fn turn(
        &self,
        mut call: Call,
        mut next: impl FnMut(&Answer, &Call) -> Result<Option<String>, Error>,
    ) -> Result<(), Error> {
        let mut seen = HashSet::new();
        for _ in 0..PAGES {
            let answer = self.ask(&call)?;
            self.accept(&answer, &call)?;
            let Some(path) = next(&answer, &call)? else {
                return Ok(());
            };
            if !seen.insert(path.clone()) {
                return Err(self.odd(&answer, &call, "its pages go round in a circle"));
            }
            call.path = path;
        }
        let what = format!("cannot {}: the list has more than {PAGES} pages", call.doing);
        Err(Error::new(Kind::Remote, "list-too-long", what))
    }

    /// The address of a call. The address of a next page comes from outside, and must be one of this server.
    fn address(&self, path: &str) -> Result<String, Error> {
        if path.starts_with('/') {
            return Ok(format!("{}{path}", self.base));
        }
        let origin = |address: &str| {
            let (scheme, rest) = address.split_once("://")?;
            Some((scheme.to_owned(), rest.split('/').next()?.to_owned()))
        };
        if origin(path).is_some() && origin(path) == origin(&self.base) {
            return Ok(path.to_owned());
        }
        let what = format!("{} points to another host", self.forge.title());
        Err(Error::new(Kind::Remote, "odd-answer", what).because(redact(path)))
    }

    /// Reads the body of an answer.
    ///
    /// # Errors
    /// [`Kind::Remote`] if it is not what the forge's description says.
    pub(super) fn parse<T: DeserializeOwned>(&self, answer: &Answer, call: &Call) -> Result<T, Error> {
        serde_json::from_slice(&answer.body).map_err(|cause| self.odd(answer, call, &cause.to_string()))
    }

    /// Passes a success on.
    ///
    /// # Errors
    /// Every other status, by [`Api::complaint`].
    pub(super) fn accept(&self, answer: &Answer, call: &Call) -> Result<(), Error> {
        if answer.is_success() {
            return Ok(());
        }
        Err(self.complaint(answer, call))
    }

    /// What a status that is no success means.
    pub(super) fn complaint(&self, answer: &Answer, call: &Call) -> Error {
        let title = self.forge.title();
        let doing = &call.doing;
        let rest = wanted_rest(answer, 1);
        let (kind, code, message) = match answer.status {
            _ if rest.is_some() => (
                Kind::Remote,
                "rate-limit",
                format!("cannot {doing}: {title} wants no more requests at present"),
            ),
            401 => (Kind::Access, "token-refused", self.not_let_in(doing)),
            403 => (Kind::Access, "not-permitted", format!("the token may not {doing}")),
            404 | 410 => (Kind::NotFound, "not-found", format!("cannot {doing}: it is not there")),
            300..=399 => (
                Kind::Remote,
                "moved",
                format!("cannot {doing}: `{}` is somewhere else now", self.repository),
            ),
            405 | 409 | 412 | 422 | 400 => (Kind::Refused, "forge-refuses", format!("{title} does not {doing}")),
            _ => (Kind::Remote, "remote", format!("cannot {doing}")),
        };
        let mut error = Error::new(kind, code, message).because(self.said(answer));
        for hint in self.forge.advice(self, answer) {
            error = error.hint(hint);
        }
        match answer.status {
            _ if rest.is_some() => {
                let seconds = rest.unwrap_or_default().as_secs();
                error.hint(Hint::Say(format!("try again in {seconds} s")))
            }
            401 => self.how_to_get_in(error),
            403 if error.hints.is_empty() => match call.needs {
                Some(needs) => error.hint(Hint::Say(format!("give the token the permission `{needs}`"))),
                None => error,
            },
            404 | 410 if error.hints.is_empty() => error.hint(Hint::Say(format!(
                "a token that may not see `{}` gets the same answer: check that it is for this repository",
                self.repository
            ))),
            300..=399 => error.hint(Hint::Say("git remote set-url origin NEW-ADDRESS".into())),
            _ => error,
        }
    }

    /// Fails where there is no token and nothing can be asked without one.
    ///
    /// # Errors
    /// [`Kind::Access`] with the names of the variables that are looked at.
    pub(super) fn require_token(&self) -> Result<(), Error> {
        if self.token.is_some() {
            return Ok(());
        }
        let title = self.forge.title();
        let error = Error::new(Kind::Access, "no-token", format!("no token for {title} was found"));
        Err(self.how_to_get_in(error))
    }

    fn not_let_in(&self, doing: &str) -> String {
        let title = self.forge.title();
        match &self.token {
            Some(token) => format!(
                "cannot {doing}: {title} does not take the token from `{}`",
                token.source
            ),
            None => format!("cannot {doing}: {title} wants a token, and there is none"),
        }
    }

    /// Adds what helps somebody whom the forge does not know.
    pub(super) fn how_to_get_in(&self, error: Error) -> Error {
        let names: Vec<&str> = self.forge.variables().iter().map(|variable| variable.name).collect();
        let first = names.first().copied().unwrap_or_default();
        match &self.token {
            Some(_) => error.hint(Hint::Say(format!(
                "the token may have expired, or be one for another host than `{}`; set a new one in {first}",
                self.server.host
            ))),
            None => error.hint(Hint::Say(format!(
                "set {first} to a token with {}",
                self.forge.permissions()
            ))),
        }
    }

    fn sign_in(&self, answer: &Answer, call: &Call) -> Error {
        let error = Error::new(Kind::Access, "sign-in-page", self.not_let_in(&call.doing)).because(format!(
            "`{}` answered {} with a web page instead of JSON, which is how a sign-in looks",
            answer.from, answer.status
        ));
        self.how_to_get_in(error)
    }

    fn odd(&self, answer: &Answer, call: &Call, why: &str) -> Error {
        let title = self.forge.title();
        Error::new(
            Kind::Remote,
            "odd-answer",
            format!("cannot {}: {title} answers something unexpected", call.doing),
        )
        .because(redact(why))
        .because(self.said(answer))
    }

    /// The answer in one line: status, the forge's words, the name of the request.
    pub(super) fn said(&self, answer: &Answer) -> String {
        let mut said = format!("`{}` answered {}", answer.from, answer.status);
        let words = words_of(answer);
        if !words.is_empty() {
            let _ = write!(said, ": {words}");
        }
        let names = [
            "x-github-request-id",
            "x-request-id",
            "x-arequestid",
            "x-vss-e2eid",
            "activityid",
        ];
        if let Some(id) = names.iter().find_map(|name| answer.header(name)) {
            let _ = write!(said, " (request {id})");
        }
        redact(&said).into_owned()
    }
}

/// What the forge says in an answer, on one line and of bearable length.
pub(super) fn words_of(answer: &Answer) -> String {
    let mut words = Vec::new();
    if let Ok(value) = serde_json::from_slice::<Value>(&answer.body) {
        gather(&value, &mut words);
    }
    let text = words.join("; ").split_whitespace().collect::<Vec<_>>().join(" ");
    redact(&text).chars().take(600).collect()
}

/// Takes the texts out of the shapes that complaints come in: `message`, `error`, `errors`, a text or a list of them.
fn gather(value: &Value, words: &mut Vec<String>) {
    match value {
        Value::String(text) if !words.contains(text) => words.push(text.clone()),
        Value::Array(list) => list.iter().for_each(|value| gather(value, words)),
        Value::Object(map) => {
            for name in ["message", "error", "error_description", "detail", "errors"] {
                if let Some(value) = map.get(name) {
                    gather(value, words);
                }
            }
            // GitHub names the field where it has no words.
            if map.get("message").is_none()
                && let (Some(Value::String(field)), Some(Value::String(code))) = (map.get("field"), map.get("code"))
            {
                words.push(format!("{field}: {code}"));
            }
        }
        _ => {}
    }
}

/// `Basic` with user and password, for a header (RFC 7617).
pub(super) fn basic(user: &str, password: &Secret) -> Secret {
    let encoded = base64(format!("{user}:{}", password.reveal()).as_bytes());
    remember(&encoded);
    Secret::new(format!("Basic {encoded}"))
}
