//! `gh auth token`: GitHub's own program keeps tokens for git, and tells one when asked. It lies here because programs are
//! started in this module only, with a time limit.

use std::process::{Command, Stdio};
use std::time::Duration;

use super::child::{self, Ended, Started};
use super::program::{Manner, MayAsk};
use crate::text::secret::Secret;

/// It reads a file or asks a key ring; longer means that a dialog is open somewhere.
const TIME_LIMIT: Duration = Duration::from_secs(10);

/// The token that `gh` has for a host; none where there is no `gh`, or it knows none.
///
/// Source: `gh auth token --help`.
pub(crate) fn token(manner: &Manner, host: &str) -> Option<Secret> {
    let mut command = new_command();
    command
        .args(["auth", "token", "--hostname", host])
        .envs(&manner.variables)
        .env("GH_PROMPT_DISABLED", "1")
        .env("GH_NO_UPDATE_NOTIFIER", "1")
        .stdin(Stdio::null());
    let started = Started {
        command,
        stdin: None,
        time_limit: TIME_LIMIT,
        own_group: manner.may_ask == MayAsk::No,
        output_limit: usize::MAX,
    };
    let Ok(Ended::By(output)) = child::run(started) else {
        return None;
    };
    let text = String::from_utf8(output.stdout).ok()?;
    let token = text.trim();
    let is_token = output.status == 0 && !token.is_empty() && !token.contains(char::is_whitespace);
    is_token.then(|| Secret::new(token))
}

#[expect(clippy::disallowed_methods, reason = "programs are started in this module only")]
fn new_command() -> Command {
    Command::new("gh")
}
