//! Asks a host, and tells it who asks if it wants to know.
//!
//! **Invariant:** a login is read only when somebody wants it, and sent only to who may have it ([`Courage`]).

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use serde::Deserialize;

use super::Registries;
use super::challenge::Challenge;
use super::document::object;
use super::failure::{self, About, Asked};
use super::host::{Courage, Host, is_loopback, same};
use super::login::{Files, Login};
use super::tokens::{Purpose, Token, USUAL_LIFE};
use crate::error::{Error, Hint, Kind};
use crate::http::{self, Answer, Body, Failure, Http, Patience, Request, Verb, escaped};
use crate::text::secret::Secret;

/// Logins of a host by the part of it that they are for; nearly always one, for all of it.
pub(super) type Known = Mutex<BTreeMap<String, Arc<OnceLock<Result<Option<Login>, Error>>>>>;

/// One question to one host.
pub(super) struct Question<'a> {
    pub(super) about: About<'a>,
    /// The repository, as that host calls it: with the path of a mirror.
    pub(super) name: &'a str,
    pub(super) verb: Verb,
    /// Behind the origin of the host: `/v2/acme/api/tags/list`.
    pub(super) path: &'a str,
    /// The media types that can be read.
    pub(super) accept: &'static str,
}

/// Says who asks.
struct Credential {
    header: Secret,
    /// What the token is for, if it is one.
    purpose: Option<Purpose>,
}

impl Registries<'_> {
    /// Asks; any status but 401 is an answer.
    ///
    /// # Errors
    /// See [`Registries`].
    pub(super) fn ask(&self, question: &Question<'_>) -> Result<(Answer, Asked), Error> {
        let host = question.about.host;
        let known = host.wants.lock().ok().and_then(|wants| wants.clone());
        let mut credential = match known {
            Some(challenge) => self.credential(question, &challenge)?,
            None => None,
        };
        let mut round = 1;
        loop {
            let answer = self.send(question, credential.as_ref())?;
            let asked = self.asked(question, credential.as_ref())?;
            // What stands behind a redirect is not told who asks, whatever it wants to know.
            if answer.status != 401 || !host.gave(&answer.from) {
                return Ok((answer, asked));
            }
            if let Some(Credential {
                header,
                purpose: Some(purpose),
            }) = &credential
            {
                host.tokens.forget(purpose, header);
            }
            let headers = answer.headers.iter().filter(|(name, _)| name == "www-authenticate");
            let challenge = Challenge::read(headers.map(|(_, value)| value.as_str()));
            let next = match &challenge {
                Some(challenge) if round == 1 => self.credential(question, challenge)?,
                _ => None,
            };
            let Some((challenge, next)) = challenge.zip(next) else {
                return Err(failure::refused(question.about, &answer, asked));
            };
            if credential.is_some_and(|last| last.header == next.header) {
                return Err(failure::refused(question.about, &answer, asked));
            }
            if let Ok(mut wants) = host.wants.lock() {
                *wants = general(challenge, question.name);
            }
            credential = Some(next);
            round += 1;
        }
    }

    fn send(&self, question: &Question<'_>, credential: Option<&Credential>) -> Result<Answer, Error> {
        let host = question.about.host;
        let mut request = Request::new(question.verb, format!("{}{}", host.origin, question.path));
        request.headers.push(("accept", question.accept.to_owned()));
        request.credential = credential.map(|it| ("authorization", it.header.clone()));
        self.deliver(self.client(host)?, host, &request)
    }

    fn client<'h>(&'h self, host: &'h Host) -> Result<&'h Http, Error> {
        host.own.as_ref().map_or_else(|| self.http(), Ok)
    }

    /// Sends a request behind the gate of a host. Who cannot be reached is not tried again by the same command.
    fn deliver(&self, http: &Http, host: &Host, request: &Request) -> Result<Answer, Error> {
        if let Some(error) = host.down.lock().ok().and_then(|down| down.clone()) {
            return Err(error);
        }
        let patience = Patience {
            say: self.setup.say,
            limit: self.setup.patience,
        };
        let answer = http.send_through(request, patience, &host.gate);
        answer.map_err(|failure| {
            let was_heard = matches!(&failure, Failure::Unclear(error) if !error.message.contains("took too long"));
            let error = failure::unreachable(host, Error::from(failure));
            if !was_heard && let Ok(mut down) = host.down.lock() {
                *down = Some(error.clone());
            }
            error
        })
    }

    /// Who the host must believe has asked.
    fn asked(&self, question: &Question<'_>, credential: Option<&Credential>) -> Result<Asked, Error> {
        Ok(match credential {
            Some(_) if self.login(question)?.is_some() => Asked::ByLogin,
            _ => Asked::ByNobody,
        })
    }

    fn credential(&self, question: &Question<'_>, challenge: &Challenge) -> Result<Option<Credential>, Error> {
        match challenge {
            Challenge::Basic => {
                let login = self.login(question)?;
                let header = login.as_ref().and_then(Login::basic);
                if let (Some(login), Some(header)) = (login, &header) {
                    self.try_out(question, (login, header))?;
                }
                Ok(header.map(|header| Credential { header, purpose: None }))
            }
            Challenge::Bearer { realm, service, scope } => {
                let scope = match scope.as_str() {
                    "" => format!("repository:{}:pull", question.name),
                    scope => scope.to_owned(),
                };
                let purpose = Purpose {
                    realm: realm.clone(),
                    service: service.clone(),
                    scope,
                };
                let tokens = &question.about.host.tokens;
                let header = tokens.get(&purpose, || self.fetch(question, &purpose))?;
                Ok(Some(Credential {
                    header,
                    purpose: Some(purpose),
                }))
            }
        }
    }

    /// The login for a repository, read once.
    fn login(&self, question: &Question<'_>) -> Result<Option<Login>, Error> {
        let host = question.about.host;
        if matches!(host.courage, Courage::Proposed | Courage::InClear) {
            self.explain(host);
        }
        if !matches!(host.courage, Courage::Private | Courage::Clear) {
            return Ok(None);
        }
        let logins = &self.setup.logins;
        let files = self
            .files
            .get_or_init(|| Files::read(logins))
            .as_ref()
            .map_err(Error::clone)?;
        let part = files.part(host, question.name);
        let slot = match host.logins.lock() {
            Ok(mut known) => Arc::clone(known.entry(part.clone()).or_default()),
            Err(_) => Arc::default(),
        };
        slot.get_or_init(|| files.find((host, &part), logins)).clone()
    }

    /// Says once why nobody logs in.
    fn explain(&self, host: &Host) {
        host.explained.call_once(|| {
            let name = host.authority();
            (self.setup.say)(&match host.courage {
                Courage::Proposed => format!("no login is sent to `{name}`: {}", host.trust.why_not()),
                _ => format!(
                    "no login is sent to `{name}`: it is spoken to in clear (`--insecure-registry {name}` sends it)"
                ),
            });
        });
    }

    /// Asks a host whether it takes a password at all, once: one repository may be closed to whom the others are open, and a
    /// wrong password that is tried for each of them locks somebody out.
    ///
    /// Source: OCI distribution specification, "Determining Support".
    fn try_out(&self, question: &Question<'_>, (login, header): (Login, &Secret)) -> Result<(), Error> {
        let host = question.about.host;
        let Some(mut is_known) = host.trial.lock().ok().filter(|is_known| !**is_known) else {
            return Ok(());
        };
        if let Some(error) = host.refusal(&login) {
            return Err(error);
        }
        let mut request = Request::new(Verb::Get, format!("{}/v2/", host.origin));
        request.credential = Some(("authorization", header.clone()));
        let answer = self.deliver(self.client(host)?, host, &request)?;
        if answer.status == 401 && host.gave(&answer.from) {
            let error = failure::refused(question.about, &answer, Asked::ByLogin);
            host.refuse(login, &error);
            return Err(error);
        }
        *is_known = true;
        Ok(())
    }

    /// Fetches a token.
    ///
    /// Source: docker's "Token Authentication Specification", and "Oauth2 Token Authentication" for identity tokens.
    fn fetch(&self, question: &Question<'_>, purpose: &Purpose) -> Result<Token, Error> {
        let About { host, image } = question.about;
        let mut login = self.login(question)?;
        // Until it is known whether a login is any good, the others wait.
        let trial = login.as_ref().and_then(|_| host.trial.lock().ok());
        let mut trial = trial.filter(|is_known| !**is_known);
        if let Some(error) = login.as_ref().and_then(|login| host.refusal(login)) {
            return Err(error);
        }
        let realm = self.may_be_asked((host, login.is_some()), &purpose.realm)?;
        // Authorities that are trusted for this host say nothing about another.
        let whom = match same(realm, host.authority()) {
            true => self.host(&host.name)?,
            false => self.host(realm)?,
        };
        if whom.courage == Courage::Proposed {
            login.take().inspect(|_| self.explain(&whom));
        }
        let mut fields = vec![format!("service={}", escaped(&purpose.service))];
        fields.extend(
            purpose
                .scope
                .split(' ')
                .map(|scope| format!("scope={}", escaped(scope))),
        );
        let request = match &login {
            Some(Login::Identity(token)) => {
                fields.push("grant_type=refresh_token&client_id=rakops".into());
                fields.push(format!("refresh_token={}", escaped(token.reveal())));
                let mut request = Request::new(Verb::Post, purpose.realm.as_str());
                request.body = Some(Body::Form(Secret::new(fields.join("&"))));
                request
            }
            login => {
                let sign = if purpose.realm.contains('?') { '&' } else { '?' };
                let address = format!("{}{sign}{}", purpose.realm, fields.join("&"));
                let mut request = Request::new(Verb::Get, address);
                let header = login.as_ref().and_then(Login::basic);
                request.credential = header.map(|header| ("authorization", header));
                request
            }
        };
        let http = self.client(&whom)?;
        let answer = self.deliver(http, &whom, &request)?;
        let asked = if login.is_some() {
            Asked::ByLogin
        } else {
            Asked::ByNobody
        };
        let about = About { host, image };
        // Source: RFC 6749, section 5.2: a refresh token that is worth nothing any more is a bad request.
        let is_wrong = answer.status == 401 || (answer.status == 400 && matches!(login, Some(Login::Identity(_))));
        match (answer.status, login) {
            (200..=299, _) => {
                trial.as_mut().into_iter().for_each(|is_known| **is_known = true);
                read(about, &answer)
            }
            (403, None) => Err(failure::login_needed(about)),
            (_, Some(login)) if is_wrong => {
                let answer = Answer { status: 401, ..answer };
                let error = failure::refused(about, &answer, asked);
                host.refuse(login, &error);
                Err(error)
            }
            _ => Err(failure::refused(about, &answer, asked)),
        }
    }

    /// The host of a realm, if it may be asked: a login is sent there, so it goes by the same rule as the registry.
    fn may_be_asked<'r>(&self, (host, has_login): (&Host, bool), realm: &'r str) -> Result<&'r str, Error> {
        let wrong = |why: &str| {
            let message = format!("`{}` sends for a token to where we do not go", host.authority());
            Error::new(Kind::Remote, "odd-answer", message)
                .because(why)
                .hint(Hint::Say(format!("ask whoever runs `{}`", host.authority())))
        };
        let (scheme, rest) = realm.split_once("://").ok_or_else(|| wrong("it is no address"))?;
        let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b".-_:[]".contains(&byte);
        if authority.is_empty()
            || !authority.bytes().all(is_plain)
            || !realm.bytes().all(|byte| byte.is_ascii_graphic())
            || (matches!(scheme, "http" | "https") && http::origin(realm).is_none())
        {
            return Err(wrong("it is no address"));
        }
        let by_user = || self.setup.insecure.iter().any(|known| same(known, authority));
        match scheme {
            "https" => Ok(authority),
            // What anybody may have is no secret.
            "http" if host.is_clear() && !has_login => Ok(authority),
            "http"
                if host.courage == Courage::Clear
                    && (is_loopback(authority) || by_user() || same(authority, host.authority())) =>
            {
                Ok(authority)
            }
            "http" => Err(wrong("the address is plain HTTP, and a login would be sent in clear")),
            _ => Err(wrong("it is no address")),
        }
    }
}

/// What a host wants for any of its repositories: nothing is known if its scopes are not named after them.
fn general(challenge: Challenge, name: &str) -> Option<Challenge> {
    match challenge {
        Challenge::Bearer { realm, service, scope } => {
            let is_usual = scope.is_empty() || scope == format!("repository:{name}:pull");
            is_usual.then_some(Challenge::Bearer {
                realm,
                service,
                scope: String::new(),
            })
        }
        Challenge::Basic => Some(Challenge::Basic),
    }
}

fn read(about: About<'_>, answer: &Answer) -> Result<Token, Error> {
    #[derive(Deserialize)]
    struct Given {
        #[serde(default)]
        token: Option<String>,
        #[serde(default)]
        access_token: Option<String>,
        #[serde(default)]
        expires_in: Option<f64>,
    }
    // What it holds instead is not shown: a token may be in it.
    let odd = |why| failure::odd(about, answer, why);
    let given: Given = object(&answer.body).ok_or_else(|| odd("it did not give a token"))?;
    let filled = |token: Option<String>| token.filter(|token| !token.is_empty());
    let token = filled(given.token).or_else(|| filled(given.access_token));
    let token = token.ok_or_else(|| odd("it did not give a token"))?;
    if !token.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(odd("the token cannot be sent"));
    }
    let life = given.expires_in.filter(|life| *life > 0.0 && *life < 1e6);
    Ok(Token::new(&token, life.map_or(USUAL_LIFE, Duration::from_secs_f64)))
}
