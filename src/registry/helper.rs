//! Programs that keep logins: `docker-credential-NAME`.
//!
//! Source: docker's `docker-credential-helpers`, "Development".

use std::process::Command;

use serde::Deserialize;

use super::document::object;
use super::login::Login;
use super::setup::Logins;
use crate::error::{Error, Hint, Kind, Place};
use crate::git::child::{self, Ended, Started};
use crate::text::secret::Secret;

/// What a helper says that knows no login. Source: `credentials/error.go`.
const NOT_FOUND: &str = "credentials not found";
/// How much a helper may say, in bytes: a login is a few hundred.
const OUTPUT_LIMIT: usize = 1024 * 1024;
/// How much of what a helper says is repeated, in characters.
const SHOWN: usize = 200;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Kept {
    #[serde(default)]
    username: String,
    secret: String,
}

#[expect(clippy::disallowed_methods, reason = "one file starts what keeps logins")]
fn program(name: &str) -> Command {
    Command::new(name)
}

/// Asks a helper for the login of a server; none if it knows of none. `file` is where the helper is named.
///
/// # Errors
/// [`Kind::Config`] if its name is no plain word; [`Kind::Remote`] (`helper`) if it is missing, fails, says rubbish or nothing
/// within its time.
pub(super) fn ask((name, server): (&str, &str), file: &str, logins: &Logins<'_>) -> Result<Option<Login>, Error> {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    if name.is_empty() || !name.bytes().all(is_plain) {
        let message = format!("`{name}` is no name of a program that keeps logins");
        return Err(Error::new(Kind::Config, "docker-config", message)
            .at(Place::file(file))
            .hint(Hint::Say(
                "a plain word is expected, such as `pass` or `ecr-login`".into(),
            )));
    }
    let program = format!("docker-credential-{name}");
    let failed = |what: &str| {
        Error::new(Kind::Remote, "helper", format!("`{program}` {what}"))
            .because(format!("`{file}` says that it keeps the login for `{server}`"))
    };
    let by_hand = || Hint::Say(format!("try it by hand: `echo {server} | {program} get`"));
    let mut command = self::program(&program);
    command.arg("get").env_clear().envs(logins.variables);
    let ended = child::run(Started {
        command,
        stdin: Some(server.as_bytes().to_vec()),
        time_limit: logins.helper_limit,
        own_group: true,
        output_limit: OUTPUT_LIMIT,
    });
    let output = match ended {
        Ok(Ended::By(output)) => output,
        Ok(Ended::TooLate) => {
            let limit = logins.helper_limit.as_secs_f64();
            return Err(failed(&format!("said nothing within {limit} s")).hint(by_hand()));
        }
        Err(cause) => {
            return Err(failed("cannot be started").because(cause).hint(Hint::Say(format!(
                "install `{program}`, or take it out of `{file}` and log in again: `docker login {server}`"
            ))));
        }
    };
    if output.status != 0 {
        let said = [&output.stdout, &output.stderr].map(|said| String::from_utf8_lossy(said).into_owned());
        if said.iter().any(|said| said.contains(NOT_FOUND)) {
            return Ok(None);
        }
        // What looks like a login is not repeated either.
        let is_word = |line: &&str| !line.trim().is_empty() && !line.contains(['{', '}', '"']);
        let first = said.iter().find_map(|said| said.lines().find(is_word));
        let error = failed(&format!("failed with exit code {}", output.status));
        let error = match first {
            Some(line) => error.because(line.trim().chars().take(SHOWN).collect::<String>()),
            None => error,
        };
        return Err(error.hint(by_hand()));
    }
    // What it said instead is not shown: a password may be in it.
    let kept: Kept = object(&output.stdout).ok_or_else(|| failed("did not say a login").hint(by_hand()))?;
    let secret = Secret::new(kept.secret);
    Ok((!secret.reveal().is_empty()).then(|| Login::new(kept.username, secret)))
}
