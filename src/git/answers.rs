//! What git and servers answer, and what it means. Nothing here talks to anybody.
//!
//! The wordings are those of `LC_ALL=C`; each has its test. **Invariant:** a wording that is not known decides nothing: the
//! caller reads the branch again, and whether it has moved decides.

use super::program::said;
use super::unwritable;
use crate::error::{Error, Hint, Kind};
use crate::text::secret::redact;

/// What became of a push.
#[derive(Clone, Debug)]
pub(crate) enum Push {
    /// The remote has reported every reference as updated.
    Landed {
        /// What the remote said that is worth showing, such as rules that were bypassed.
        notes: Vec<String>,
    },
    /// Somebody else was first: read the branch again and plan again.
    Moved {
        /// What was said, for the error when attempts run out.
        wording: String,
    },
    /// It will not be taken however often it is tried.
    Refused(Error),
    /// The remote was not reached, or went away; it may have taken the push all the same.
    NetworkDown(Error),
    /// Only the branch can tell: if it has moved, plan again, else it is this error.
    Unclear {
        /// What was said.
        line: String,
        /// What it is if the branch has not moved.
        otherwise: Error,
    },
}

/// What git left behind after a push.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Answer<'a> {
    /// The exit status; -1 if a signal ended it.
    pub(crate) status: i32,
    /// What `--porcelain` printed.
    pub(crate) stdout: &'a str,
    /// What was said.
    pub(crate) stderr: &'a str,
    /// The references that were to be updated, whole names.
    pub(crate) references: &'a [String],
}

/// A line of `git push --porcelain`: `FLAG TAB from:to TAB summary (reason)`.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Line<'a> {
    flag: char,
    to: &'a str,
    summary: &'a str,
    reason: &'a str,
}

/// What one line means.
enum Class {
    Done,
    Race,
    Refused(Error),
    /// Another line has the reason.
    Companion,
    Unclear(Error),
}

/// Returns what a push has come to.
pub(crate) fn judge(answer: &Answer<'_>) -> Push {
    let lines: Vec<Line<'_>> = answer.stdout.lines().filter_map(read_line).collect();
    let ours: Vec<&Line<'_>> = lines
        .iter()
        .filter(|line| answer.references.iter().any(|reference| reference == line.to))
        .collect();
    if ours.is_empty() {
        return without_a_line(answer);
    }
    let mut race = None;
    let mut unclear = None;
    let mut companion = None;
    let mut done = 0;
    for line in ours {
        match class_of(line, answer.stderr) {
            Class::Done => done += 1,
            Class::Race => race = Some(lost(line, answer.stderr)),
            Class::Refused(error) => return Push::Refused(error),
            Class::Companion => companion = Some(shown(line)),
            Class::Unclear(error) => unclear = Some((shown(line), error)),
        }
    }
    match (unclear, race, companion) {
        (Some((line, otherwise)), _, _) => Push::Unclear { line, otherwise },
        (None, Some(wording), _) => Push::Moved { wording },
        (None, None, Some(line)) => unclear_push(line, answer.stderr),
        (None, None, None) if done >= answer.references.len() => Push::Landed {
            notes: notes(answer.stderr).into_iter().chain(elsewhere(answer)).collect(),
        },
        (None, None, None) => unclear_push("the remote has not told of every branch".into(), answer.stderr),
    }
}

/// What went wrong beside the push that has landed: a remote may have several addresses, and one may not answer.
fn elsewhere(answer: &Answer<'_>) -> Option<String> {
    let failed = "it has landed, and another address of the remote did not take it";
    (answer.status != 0).then(|| format!("{failed}: {}", said(answer.stderr).replace('\n', "; ")))
}

fn read_line(line: &str) -> Option<Line<'_>> {
    let mut parts = line.splitn(3, '\t');
    let (flag, names, rest) = (parts.next()?, parts.next()?, parts.next()?);
    let mut flags = flag.chars();
    let (flag, None) = (flags.next()?, flags.next()) else {
        return None;
    };
    let (_, to) = names.split_once(':')?;
    let (summary, reason) = match rest.strip_suffix(')').and_then(|rest| rest.split_once(" (")) {
        Some((summary, reason)) => (summary, reason),
        None => (rest, ""),
    };
    Some(Line {
        flag,
        to,
        summary,
        reason,
    })
}

fn shown(line: &Line<'_>) -> String {
    match line.reason {
        "" => format!("{} {}", line.to, line.summary),
        reason => format!("{} {} ({reason})", line.to, line.summary),
    }
}

/// How a race was lost: with the lock that stood in the way, which only the rest of the answer names.
fn lost(line: &Line<'_>, stderr: &str) -> String {
    let about = stderr_about(stderr, line.to);
    match lock_file(&about) {
        Some(_) => said(&about),
        None => shown(line),
    }
}

fn class_of(line: &Line<'_>, stderr: &str) -> Class {
    match line.flag {
        // `+` is what a pull request's branch shows when it is built again on its base, under a lease.
        ' ' | '*' | '=' | '-' | '+' => return Class::Done,
        '!' => {}
        _ => return Class::Unclear(not_understood(&shown(line), stderr)),
    }
    let reason = line.reason;
    let by_remote = line.summary == "[remote rejected]";
    match reason {
        "stale info" | "fetch first" | "remote ref updated since checkout" => Class::Race,
        "non-fast-forward" if !by_remote => Class::Race,
        "non-fast-forward" => Class::Unclear(refused(line, stderr)),
        "atomic push failed" | "atomic push failure" | "atomic transaction failed" | "transaction failed" => {
            Class::Companion
        }
        "incorrect old value provided" | "reference already exists" | "reference does not exist" => Class::Race,
        "refname conflict" => Class::Refused(clash(&shown(line))),
        "needs force" | "already exists" => Class::Race,
        "branch is currently checked out" => Class::Refused(refused(line, stderr)),
        _ if stderr.contains("TF401028") => Class::Race,
        _ if stderr.contains("TF401027") => Class::Refused(no_access("the remote", stderr)),
        "unpacker error" | "missing necessary objects" | "shallow update not allowed" => {
            Class::Unclear(objects_missing(line, stderr))
        }
        _ if reason == "failed to update ref" || reason.contains("cannot lock ref") => {
            // Of several branches, each has its own line; the reason may hold it itself.
            let about = stderr_about(stderr, line.to);
            match lock(reason).or_else(|| lock(&about)) {
                Some(Lock::Moved | Lock::Held) => Class::Race,
                Some(Lock::Clash(error)) => Class::Refused(error),
                None => Class::Unclear(
                    unwritable::at_remote(&about)
                        .or_else(|| unwritable::at_remote(reason))
                        .unwrap_or_else(|| not_understood(&shown(line), stderr)),
                ),
            }
        }
        // Gitea refuses a token that may only read by a hook.
        _ if is_hook(reason) && stderr.contains("User permission denied") => {
            Class::Refused(no_access("the remote", stderr))
        }
        _ if is_hook(reason) => Class::Refused(refused(line, stderr)),
        _ if stderr.contains("permission denied") && by_remote => Class::Refused(no_access("the remote", stderr)),
        _ => Class::Unclear(not_understood(&shown(line), stderr)),
    }
}

fn is_hook(reason: &str) -> bool {
    reason.ends_with("hook declined")
        || reason.contains("protected branch")
        || reason.contains("repository rule violations")
        || reason.contains("prohibited")
        || reason.contains("denied")
        || reason.contains("deletion of the current branch")
        || reason.contains("hidden ref")
        || reason.contains("TF402455")
}

/// The lines of a text that name a reference; all of it if none does.
fn stderr_about(stderr: &str, reference: &str) -> String {
    let named: Vec<&str> = stderr.lines().filter(|line| line.contains(reference)).collect();
    if named.is_empty() {
        stderr.to_owned()
    } else {
        named.join("\n")
    }
}

/// What it means that a reference could not be locked.
#[derive(Debug)]
pub(crate) enum Lock {
    /// It is not where it was.
    Moved,
    /// Another process holds it.
    Held,
    /// Another branch stands in the way for good.
    Clash(Error),
}

/// Reads what git says about a reference that it cannot lock.
pub(crate) fn lock(said: &str) -> Option<Lock> {
    let has = |text: &str| said.contains(text);
    if has("exists; cannot create") || has("blocking reference") {
        return Some(Lock::Clash(clash(said)));
    }
    if has("but expected")
        || has("reference already exists")
        || has("reference is missing but expected")
        || has("unable to resolve reference")
        || has("incorrect old value provided")
    {
        return Some(Lock::Moved);
    }
    (has(".lock") && has("File exists")).then_some(Lock::Held)
}

/// The lock that somebody holds, by its path, where git or libgit2 name one.
pub(crate) fn lock_file(said: &str) -> Option<&str> {
    let mut quoted = said.split('\'');
    quoted.find(|text| text.ends_with(".lock") && !text.contains('\n'))
}

/// What can be done about a lock that a process has left which was killed.
pub(crate) fn without_owner(lock: &str) -> Hint {
    Hint::Say(format!(
        "if no git is running there any more, one that was killed has left the lock: remove `{lock}`, and then again"
    ))
}

/// Two branches of which one is a directory of the other: `a` and `a/b`.
pub(crate) fn clash(said: &str) -> Error {
    let line = said
        .lines()
        .find(|line| line.contains("cannot create") || line.contains("blocking"))
        .unwrap_or_else(|| said.lines().next().unwrap_or_default());
    Error::new(
        Kind::Refused,
        "branch-clash",
        "a branch of another name stands in the way; git keeps no branch `a` beside `a/b`",
    )
    .because(line.trim().trim_start_matches("remote: ").trim_start_matches("error: "))
}

/// A repository that belongs to somebody else.
pub(crate) fn unsafe_repository(said: &str) -> Error {
    let path = said
        .split_once("repository at '")
        .and_then(|(_, rest)| rest.split_once('\''))
        .map_or("DIRECTORY", |(path, _)| path);
    Error::new(
        Kind::Access,
        "unsafe-repository",
        format!("the repository `{path}` belongs to another user"),
    )
    .hint(Hint::Say(format!("git config --global --add safe.directory {path}")))
}

/// A push without a line for our references: the remote was not reached, or something here has stopped it.
fn without_a_line(answer: &Answer<'_>) -> Push {
    // Before the connection is looked at: it ends at once then, too.
    if answer.stderr.contains("does not support push options") {
        return Push::Refused(
            Error::new(Kind::Refused, "no-push-options", "the remote takes no push options")
                .because(said(answer.stderr))
                .hint(Hint::Say("git config --get-all push.pushOption".into())),
        );
    }
    // The same: over some transports git adds that the other end has hung up.
    if answer.stderr.contains("does not support --atomic") {
        return Push::Refused(
            Error::new(
                Kind::Refused,
                "no-atomic-push",
                "the remote cannot update several branches at once",
            )
            .because(said(answer.stderr)),
        );
    }
    if let Some(error) = transport(answer.stderr, "the remote") {
        return match error.kind {
            Kind::Remote if error.code == "remote-unreachable" => Push::NetworkDown(error),
            _ => Push::Refused(error),
        };
    }
    match answer.status {
        1 => Push::Refused(
            Error::new(
                Kind::Refused,
                "push-refused",
                "the push was stopped before it reached the remote",
            )
            .because(why(
                // A hook that prints says why on either stream; git leaves them as they are.
                &redact(&format!("{}{}", answer.stdout, answer.stderr)),
                "git said nothing; a `pre-push` hook may have ended it",
            ))
            .hint(Hint::Flag(
                "--no-verify".into(),
                "to push without running the `pre-push` hook".into(),
            )),
        ),
        _ if answer.stderr.contains("bad object") || answer.stderr.contains("missing necessary objects") => {
            let error = Error::new(
                Kind::Remote,
                "objects-missing",
                "an object that has to be pushed is not here",
            );
            let error = error.because(said(answer.stderr));
            Push::Unclear {
                line: "bad object".into(),
                otherwise: error,
            }
        }
        _ => unclear_push(why(answer.stderr, "git said nothing"), answer.stderr),
    }
}

fn unclear_push(line: String, stderr: &str) -> Push {
    let otherwise = not_understood(&line, stderr);
    Push::Unclear { line, otherwise }
}

fn why(stderr: &str, else_this: &str) -> String {
    match said(stderr) {
        text if text.is_empty() => else_this.to_owned(),
        text => text,
    }
}

fn not_understood(line: &str, stderr: &str) -> Error {
    let error = Error::new(
        Kind::Remote,
        "push-failed",
        "the remote did not take the push, and the branch has not moved",
    )
    .because(line);
    match said(stderr) {
        text if text.is_empty() || text == line => error,
        text => error.because(text),
    }
}

fn objects_missing(line: &Line<'_>, stderr: &str) -> Error {
    if let Some(error) = unwritable::at_remote(stderr) {
        return error;
    }
    Error::new(
        Kind::Remote,
        "objects-missing",
        "the remote could not put the pushed commit together",
    )
    .because(shown(line))
    .because(said(stderr))
}

/// What the remote itself said, without its mark.
fn remote_lines(stderr: &str) -> Vec<String> {
    stderr
        .lines()
        .filter_map(|line| line.strip_prefix("remote:"))
        .map(|line| line.trim().to_owned())
        .filter(|line| !line.is_empty())
        .collect()
}

fn notes(stderr: &str) -> Vec<String> {
    const WORTH_SHOWING: &[&str] = &["bypass", "violation", "warning", "deprecat", "moved"];
    let is_worth = |line: &String| {
        let line = line.to_lowercase();
        WORTH_SHOWING.iter().any(|word| line.contains(word))
    };
    let mut lines = remote_lines(stderr);
    if lines.iter().any(is_worth) {
        lines.truncate(20);
        lines
    } else {
        Vec::new()
    }
}

/// A rule of the remote.
fn refused(line: &Line<'_>, stderr: &str) -> Error {
    let branch = line.to.strip_prefix("refs/heads/").unwrap_or(line.to);
    let mut error = Error::new(
        Kind::Refused,
        "push-refused",
        format!("the remote does not take a push to `{branch}`"),
    )
    .because(line.reason);
    let remote = remote_lines(stderr);
    if !remote.is_empty() {
        error = error.because(remote.into_iter().take(20).collect::<Vec<_>>().join("\n"));
    }
    let about_signatures = stderr.contains("verified signature") || stderr.contains("signed");
    if about_signatures && line.reason.contains("rule violations") {
        error = error.hint(Hint::Flag(
            "--sign".into(),
            "to sign the commit with the key of git".into(),
        ));
    }
    if line.reason == "branch is currently checked out" {
        return error.hint(Hint::Say("push to a bare repository".into()));
    }
    error.hint(Hint::Flag("--pr".into(), "to open a pull request instead".into()))
}

fn no_access(remote: &str, stderr: &str) -> Error {
    Error::new(
        Kind::Access,
        "remote-access",
        format!("{remote} does not let this user in"),
    )
    .because(said(stderr))
    .hint(Hint::Say(way_in(stderr).into()))
}

/// What lets a user in, by what was wrong.
fn way_in(stderr: &str) -> &'static str {
    if stderr.contains("(publickey") || stderr.contains("Host key verification failed") {
        return "the server must know the key, and ssh the server: `ssh -v HOST` tells which of them is missing";
    }
    if stderr.contains("403") || stderr.contains("Write access") {
        return "the token needs the right to write to the repository, such as `permissions: {contents: write}`";
    }
    "set a token that is valid, such as RAKOPS_GITHUB_TOKEN or RAKOPS_GITLAB_TOKEN, or give git a credential helper"
}

/// Returns what kept git from speaking with a remote; none if the text tells of nothing like that. `remote` is how it is
/// called in the message.
///
/// [`Kind::Remote`] `remote-unreachable` may go away by itself; everything else stays.
pub(crate) fn transport(stderr: &str, remote: &str) -> Option<Error> {
    let has = |texts: &[&str]| texts.iter().any(|text| stderr.contains(text));
    if stderr.contains("dubious ownership") {
        return Some(unsafe_repository(stderr));
    }
    if has(CREDENTIALS) {
        let error = no_access(remote, stderr);
        return Some(if stderr.contains("Host key verification failed") {
            error.hint(Hint::Say(
                "ssh-keyscan HOST >> ~/.ssh/known_hosts, after checking the key".into(),
            ))
        } else {
            error
        });
    }
    if has(UNKNOWN) || (stderr.contains("repository '") && stderr.contains("not found")) {
        return Some(
            Error::new(
                Kind::NotFound,
                "remote-not-found",
                format!("{remote} is not there, or it is hidden from this user"),
            )
            .because(said(stderr))
            .hint(Hint::Say(
                "check the address (`git remote -v`), and that the token or key may read the repository".into(),
            )),
        );
    }
    if stderr.contains("SSL certificate problem") || stderr.contains("certificate verification failed") {
        return Some(
            Error::new(
                Kind::Remote,
                "remote-certificate",
                format!("the certificate of {remote} is not trusted"),
            )
            .because(said(stderr))
            .hint(Hint::Say(
                "git config --global http.sslCAInfo FILE, with the authority's certificate".into(),
            )),
        );
    }
    if has(NETWORK) {
        return Some(
            Error::new(
                Kind::Remote,
                "remote-unreachable",
                format!("{remote} cannot be reached"),
            )
            .because(said(stderr))
            .hint(Hint::Say(
                "check the address, the network and the proxy; `git ls-remote` tries the same".into(),
            )),
        );
    }
    None
}

const CREDENTIALS: &[&str] = &[
    "Authentication failed",
    "could not read Username",
    "could not read Password",
    "Permission denied (",
    "Host key verification failed",
    "Write access to repository not granted",
    "returned error: 401",
    "returned error: 403",
    "terminal prompts disabled",
    "HTTP Basic: Access denied",
    "access denied or repository not exported",
    "service not enabled",
    "Permission to ",
];

const UNKNOWN: &[&str] = &[
    "does not appear to be a git repository",
    "Repository not found",
    "returned error: 404",
    "returned error: 410",
    "' does not exist",
    "no such repository",
];

const NETWORK: &[&str] = &[
    "Failed to connect",
    "Couldn't connect",
    "Could not resolve",
    "Name or service not known",
    "Temporary failure in name resolution",
    "unable to look up",
    "unable to connect",
    "Connection refused",
    "Connection reset",
    "Connection timed out",
    "Connection closed by",
    "Operation timed out",
    "timed out",
    "No route to host",
    "Network is unreachable",
    "returned error: 5",
    "returned error: 408",
    "returned error: 429",
    "hung up unexpectedly",
    "unexpected disconnect",
    "early EOF",
    "RPC failed",
    "Empty reply from server",
    "Recv failure",
    "Send failure",
    "GnuTLS recv error",
    "gnutls_handshake",
    "SSL_ERROR",
    "SSL connect error",
    "kex_exchange_identification",
    "expected flush after",
    "unexpected end of file",
    "invalid index-pack output",
    "Could not read from remote repository",
    "unable to access '",
];
