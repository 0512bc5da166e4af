//! JSON over HTTP by `curl`, so that the client of rakops is judged by another.

use std::process::Command;

use serde_json::Value;

/// The status and the answer, `null` when it is empty or no JSON; nothing where nobody answers.
pub(crate) fn call(method: &str, url: &str, token: Option<&str>, body: Option<&Value>) -> Option<(u16, Value)> {
    let mut curl = Command::new("curl");
    curl.args(["--silent", "--noproxy", "*", "--write-out", "\n%{http_code}"]);
    curl.args(["--request", method, url]);
    if let Some(token) = token {
        curl.args(["--header", &format!("Authorization: token {token}")]);
    }
    if let Some(body) = body {
        curl.args([
            "--header",
            "Content-Type: application/json",
            "--data",
            &body.to_string(),
        ]);
    }
    let output = curl.output().expect("these tests need curl");
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let (text, status) = said.rsplit_once('\n')?;
    let status = status.parse().ok().filter(|status| *status != 0)?;
    Some((status, serde_json::from_str(text).unwrap_or(Value::Null)))
}
