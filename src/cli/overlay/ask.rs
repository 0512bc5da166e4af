//! What was not typed, chosen on a terminal: environment, object, field, value; then the difference, and whether it is meant.

use super::set::How;
use super::{EditArgs, missing};
use crate::change::render;
use crate::cli::{Context, look, rules};
use crate::error::{Error, Hint};
use crate::manifest::overlay::{Told, Which};
use crate::ops::overlay::settings::{self, What};
use crate::ops::overlay::{get, list};
use crate::ops::yaml;
use crate::ui::prompt::{self, Question};
use crate::ui::style;
use crate::yaml::Path;

/// The last entry of a list of fields.
const ANOTHER: &str = "another field";

/// The words of `overlay set`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Words {
    pub(super) environment: String,
    pub(super) what: String,
    pub(super) assignments: Vec<String>,
}

/// What was typed of them.
pub(super) struct Typed<'t> {
    pub(super) environment: Option<&'t String>,
    pub(super) what: Option<&'t String>,
    pub(super) assignments: &'t [String],
    /// How values are read.
    pub(super) how: How,
}

/// Completes the words, asking for what is missing.
///
/// # Errors
/// [`crate::error::Kind::Refused`] where an answer is needed and nobody can be asked.
pub(super) fn complete(context: &Context, typed: &Typed<'_>, edit: &EditArgs) -> Result<Words, Error> {
    if let (Some(environment), Some(what), false) = (typed.environment, typed.what, typed.assignments.is_empty()) {
        return Ok(Words {
            environment: environment.clone(),
            what: what.clone(),
            assignments: typed.assignments.to_vec(),
        });
    }
    let example = "rakops overlay set prd Deployment/api spec.replicas=5";
    if !context.ui.can_prompt() {
        let what = match (typed.environment, typed.what) {
            (None, _) => "environment",
            (_, None) => "object",
            _ => "PATH=VALUE",
        };
        return Err(missing(what, example));
    }
    let world = look::world(context)?;
    let instead = || vec![Hint::Say(format!("for example: {example}"))];
    let environment = match typed.environment {
        Some(environment) => environment.clone(),
        None => {
            let environments = world.environments_by_name();
            let names: Vec<String> = environments.list.into_iter().map(|it| it.name).collect();
            choose(context, ("which environment?", instead()), &names)?
        }
    };
    let scope = edit.scope(&environment);
    let what = match typed.what {
        Some(what) => what.clone(),
        None => choose(context, ("which object?", instead()), &list::objects(&world, &scope)?)?,
    };
    let What::Object(target) = What::parse(&what)? else {
        return Err(missing(
            "PATH=VALUE",
            "rakops overlay set prd values-prd.yaml autoscaling.enabled=true",
        ));
    };
    let told = get::get(&world, &scope, (&target, &[]), Which::All)?;
    let path = field(context, (&told, instead()))?;
    let now = told.iter().find(|it| it.path == path);
    let shown = now.map_or_else(|| "not set".to_owned(), |it| format!("now {}", value(it)));
    let text = format!("new value of {path} ({shown})?");
    let question = Question {
        text: &text,
        instead: instead(),
    };
    let value = prompt::input(&context.ui, &question)?.ok_or_else(prompt::cancelled)?;
    let words = Words {
        environment: environment.clone(),
        what,
        assignments: vec![format!("{path}={value}")],
    };
    let wishes = [super::set::wish(&words.assignments[0], typed.how)?];
    let what_object = What::Object(target);
    let planned = match settings::edit(&world, &scope, (&what_object, &wishes)) {
        Err(refusal) if refusal.code == "shared" && rules::lifts(context, &refusal)? => {
            edit.is_lifted.set(true);
            settings::edit(&world, &edit.scope(&environment), (&what_object, &wishes))?
        }
        planned => planned?,
    };
    if !context.manner.dry_run && !planned.is_empty() {
        context.ui.styled(&style::diff(&render::unified(&planned)))?;
        let meant = prompt::confirm_write(&context.ui, "make this change?")?;
        if meant != Some(true) {
            return Err(prompt::cancelled());
        }
    }
    let is_secret = now.is_some_and(|it| it.is_secret) || is_of_secret(&words.what);
    // What is secret does not stay on the screen.
    let shown = match is_secret {
        true => format!("{path}=VALUE"),
        false => words.assignments[0].clone(),
    };
    if typed.environment.is_none() {
        context.typed.argument(&words.environment);
    }
    if typed.what.is_none() {
        context.typed.argument(&words.what);
    }
    context.typed.secret_argument(&words.assignments[0], &shown);
    Ok(words)
}

fn choose(context: &Context, (text, instead): (&str, Vec<Hint>), entries: &[String]) -> Result<String, Error> {
    if entries.is_empty() {
        return Err(missing("object", "rakops overlay list"));
    }
    let question = Question { text, instead };
    let chosen = prompt::select(&context.ui, &question, entries)?.ok_or_else(prompt::cancelled)?;
    Ok(entries[chosen].clone())
}

/// The field that is meant: one that says something now, or another.
fn field(context: &Context, (told, instead): (&[Told], Vec<Hint>)) -> Result<String, Error> {
    let mut entries: Vec<String> = told
        .iter()
        .map(|it| format!("{}  {}  ({}:{})", it.path, value(it), it.value.file, it.value.line))
        .collect();
    entries.push(ANOTHER.to_owned());
    let question = Question {
        text: "which field?",
        instead: instead.clone(),
    };
    let chosen = prompt::select(&context.ui, &question, &entries)?.ok_or_else(prompt::cancelled)?;
    if let Some(told) = told.get(chosen) {
        return Ok(told.path.clone());
    }
    let question = Question {
        text: "the path of the field?",
        instead,
    };
    let typed = prompt::input(&context.ui, &question)?.ok_or_else(prompt::cancelled)?;
    let path: Path = yaml::parse_path(&typed)?;
    Ok(path.to_string())
}

fn value(told: &Told) -> String {
    match told.is_secret {
        true => "(hidden)".to_owned(),
        false => told.value.text.lines().next().unwrap_or_default().to_owned(),
    }
}

fn is_of_secret(what: &str) -> bool {
    what.split('/')
        .next()
        .is_some_and(|kind| kind.eq_ignore_ascii_case("secret"))
}
