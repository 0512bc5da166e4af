//! What a landing leaves for the next steps of a CI job: outputs, and a summary for people.
//!
//! Sources: <https://docs.github.com/actions/reference/workflows-and-actions/workflow-commands>, "Setting an output
//! parameter" and "Adding a job summary"; <https://docs.gitlab.com/ci/yaml/artifacts_reports/#artifactsreportsdotenv>.

use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hasher};
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::{System, system};
use crate::change::apply;
use crate::change::evidence;
use crate::change::set::ChangeSet;
use crate::cli::Context;
use crate::cli::landing::{branch, has_changed};
use crate::error::Error;
use crate::forge::PullRequest;
use crate::landing::Landed;

/// A longer summary is dropped whole by the runner (1 MiB for a step). In bytes.
const LONGEST: usize = 900_000;

/// Tells the CI system what came of a command: the plans, and where they landed, if they did.
///
/// # Errors
/// [`crate::error::Kind::Files`] if a file that the system names cannot be written.
pub(crate) fn tell(context: &Context, plans: &[&ChangeSet], landed: &[Landed]) -> Result<(), Error> {
    let process = &context.process;
    if process.is_step_of_walk() {
        return Ok(());
    }
    write(context, &values(plans, landed))?;
    if system(process) == Some(System::GitHub)
        && context.manner.output_file.is_none()
        && let Some(file) = process.variable("GITHUB_STEP_SUMMARY")
    {
        append(&PathBuf::from(file), &summary(context, plans, landed))?;
    }
    Ok(())
}

/// Tells the CI system what came of a command about a pull request.
///
/// # Errors
/// As [`tell`].
pub(crate) fn tell_request(context: &Context, request: Option<&PullRequest>, changed: Changed) -> Result<(), Error> {
    let of = |part: fn(&PullRequest) -> String| request.map(part).unwrap_or_default();
    write(
        context,
        &[
            ("changed", (changed == Changed::Yes).to_string()),
            ("pr-url", of(|it| it.url.clone())),
            ("pr-number", of(|it| it.number.to_string())),
            ("branch", of(|it| it.lane.head.as_str().to_owned())),
            (
                "commit",
                of(|it| {
                    it.merge_oid
                        .as_ref()
                        .or(it.head_oid.as_ref())
                        .map(ToString::to_string)
                        .unwrap_or_default()
                }),
            ),
        ],
    )
}

/// Whether a command changed something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Changed {
    Yes,
    No,
}

/// Writes the outputs where the system, or `--output-file`, says.
fn write(context: &Context, values: &[(&str, String)]) -> Result<(), Error> {
    let process = &context.process;
    if let Some(file) = &context.manner.output_file {
        return append(&process.directory.join(file), &dotenv(values));
    }
    match (system(process), process.variable("GITHUB_OUTPUT")) {
        (Some(System::GitHub), Some(file)) => append(&PathBuf::from(file), &outputs(values)),
        _ => Ok(()),
    }
}

/// Names and values, in the order in which they are written.
fn values(plans: &[&ChangeSet], landed: &[Landed]) -> Vec<(&'static str, String)> {
    let first = landed.iter().find(|one| one.commit.is_some());
    let request = first.and_then(|one| one.request.as_ref()).map(|it| &it.request);
    let images: Vec<Value> = plans
        .iter()
        .flat_map(|plan| &plan.facts.sites)
        .map(|site| json!({ "image": site.image, "from": site.from, "to": site.to, "environments": site.environments }))
        .collect();
    let changed = has_changed(plans, landed);
    vec![
        ("changed", changed.to_string()),
        ("pr-url", request.map(|it| it.url.clone()).unwrap_or_default()),
        ("pr-number", request.map(|it| it.number.to_string()).unwrap_or_default()),
        ("branch", first.map(|one| branch(one).to_owned()).unwrap_or_default()),
        (
            "commit",
            first
                .and_then(|one| one.commit.as_ref())
                .map(ToString::to_string)
                .unwrap_or_default(),
        ),
        ("images", Value::Array(images).to_string()),
    ]
}

/// `name=value`, or between delimiters that no value holds where it has several lines.
fn outputs(values: &[(&str, String)]) -> String {
    let mut text = String::new();
    for (name, value) in values {
        if value.contains(['\n', '\r']) {
            let delimiter = delimiter(value);
            text.push_str(&format!("{name}<<{delimiter}\n{value}\n{delimiter}\n"));
        } else {
            text.push_str(&format!("{name}={value}\n"));
        }
    }
    text
}

fn delimiter(value: &str) -> String {
    loop {
        let drawn = RandomState::new().build_hasher().finish();
        let delimiter = format!("rakops-{drawn:016x}");
        if !value.contains(&delimiter) {
            return delimiter;
        }
    }
}

/// `RAKOPS_PR_URL=…`, as GitLab reads a dotenv report: names of letters and underscores, values on one line.
fn dotenv(values: &[(&str, String)]) -> String {
    let line = |(name, value): &(&str, String)| {
        let name = name.replace('-', "_").to_uppercase();
        format!("RAKOPS_{name}={}\n", value.replace(['\n', '\r'], " "))
    };
    values.iter().map(line).collect()
}

fn summary(context: &Context, plans: &[&ChangeSet], landed: &[Landed]) -> String {
    let mut text = format!("### rakops {}\n\n", context.name);
    let mut tables = String::new();
    for plan in plans {
        tables.push_str(&evidence::table(&plan.facts));
    }
    if tables.is_empty() {
        tables.push_str("Nothing to change.\n");
    }
    for one in landed {
        if let Some(requested) = &one.request {
            text.push_str(&format!(
                "[pull request {}]({})\n\n",
                requested.request.number, requested.request.url
            ));
        } else if let Some(commit) = &one.commit {
            text.push_str(&format!("`{}` on `{}`\n\n", commit.short(), one.base));
        }
    }
    text.push_str(&cut(&tables, LONGEST - text.len()));
    text.push('\n');
    text
}

/// Cuts at a line end, and says so.
fn cut(text: &str, longest: usize) -> String {
    const NOTE: &str = "\nThe rest does not fit in here.\n";
    if text.len() <= longest {
        return text.to_owned();
    }
    let mut end = longest.saturating_sub(NOTE.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    let end = text[..end].rfind('\n').map_or(0, |at| at + 1);
    format!("{}{NOTE}", &text[..end])
}

fn append(file: &Path, text: &str) -> Result<(), Error> {
    apply::append(file, text)
}

#[cfg(test)]
mod tests {
    use super::{cut, dotenv, outputs};

    #[test]
    fn outputs_of_several_lines_stand_between_delimiters() {
        let text = outputs(&[("changed", "true".into()), ("images", "a\nb".into())]);
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines[0], "changed=true");
        let delimiter = lines[1].strip_prefix("images<<").unwrap();
        assert_eq!(&lines[2..], ["a", "b", delimiter]);
    }

    #[test]
    fn a_dotenv_file_holds_one_line_for_each_value() {
        assert_eq!(
            dotenv(&[("pr-url", "https://x/1".into())]),
            "RAKOPS_PR_URL=https://x/1\n"
        );
    }

    #[test]
    fn a_long_summary_is_cut_at_a_line_end_and_says_so() {
        let text = "äbc\n".repeat(100);
        let short = cut(&text, 100);
        assert!(
            short.len() <= 100 && short.starts_with("äbc\n") && short.ends_with("fit in here.\n"),
            "{short}"
        );
        assert_eq!(cut(&text, 1000), text);
    }
}
