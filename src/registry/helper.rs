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
/// How much a helper may say, in bytes: a login is short.
const MOST: usize = 1024 * 1024;
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
        output_limit: MOST,
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
    if output.stdout.len() >= MOST || output.stderr.len() >= MOST {
        return Err(failed("said far more than a login").hint(by_hand()));
    }
    if output.status != 0 {
        let [said, muttered] = [&output.stdout, &output.stderr].map(|said| String::from_utf8_lossy(said).into_owned());
        if said.contains(NOT_FOUND) || muttered.contains(NOT_FOUND) {
            return Ok(None);
        }
        let mut error = failed(&format!("failed with exit code {}", output.status));
        // By its protocol it says on stdout why it failed. A login, and the trace of a script, may hold a password.
        let is_reason = |line: &&str| !line.is_empty() && !line.contains(['{', '}', '"']);
        if let Some(line) = said.lines().map(str::trim).find(is_reason) {
            error = error.because(line.chars().take(SHOWN).collect::<String>());
        } else if !muttered.trim().is_empty() {
            error = error.because("what it says beside that is not repeated here: a password may be in it");
        }
        return Err(error.hint(by_hand()));
    }
    // What it said instead is not shown: a password may be in it.
    let kept: Kept = object(&output.stdout).ok_or_else(|| failed("did not say a login").hint(by_hand()))?;
    let secret = Secret::new(kept.secret);
    Ok((!secret.reveal().is_empty()).then(|| Login::new(kept.username, secret)))
}
