//! `rakops overlay set`.

use clap::{Args, ValueEnum};

use super::ask::Typed;
use super::fields::{self, FieldEdit, FieldName, SetFieldArgs};
use super::{EditArgs, Editing, ask, edit};
use crate::cli::{Context, Outcome};
use crate::error::{Error, Hint, Kind};
use crate::manifest::fields::Verb;
use crate::manifest::overlay::{To, Wish};
use crate::ops::overlay::json;
use crate::ops::overlay::settings::{self, What};
use crate::ops::yaml;

/// Set fields of an object in one environment
///
/// The place where the overlay sets a field already is edited: a patch, `replicas:`, a literal of a generator. Else the patch of
/// the object gets the field, or a patch is made and registered as the others here are.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  rakops overlay set prd Deployment/api spec.replicas=5
  rakops overlay set prd Deployment/api 'spec.template.spec.containers[name=api].resources.limits.memory=1Gi'
  rakops overlay set prd ConfigMap/app data.LOG_LEVEL=debug --pr
  rakops overlay set prd values-prd.yaml autoscaling.enabled=true
  rakops overlay set prd image 'acme/api=*:1.4.2'")]
pub(super) struct SetArgs {
    /// The environment
    ///
    /// It and what follows is needed; only on a terminal it is asked for if absent.
    #[arg(value_name = "ENV")]
    environment: Option<String>,

    /// The object, a file of the environment, or a field of its overlay
    ///
    /// Fields of the overlay's kustomization are namespace, nameprefix, namesuffix, image, replicas, label, annotation, configmap,
    /// secret, buildmetadata.
    #[arg(value_name = "KIND/NAME")]
    what: Option<String>,

    /// Fields and their new values
    ///
    /// For a field of the kustomization: the words that `kustomize edit set` takes.
    #[arg(value_name = "PATH=VALUE")]
    assignments: Vec<String>,

    /// Write the values as strings, whatever stands there
    #[arg(long, conflicts_with = "json")]
    string: bool,

    /// Read the values as JSON: numbers, lists, mappings
    #[arg(long)]
    json: bool,

    #[command(flatten)]
    field: SetFieldArgs,

    #[command(flatten)]
    pub(super) edit: EditArgs,
}

pub(super) fn run(context: &Context, args: &SetArgs) -> Result<Outcome, Error> {
    if let (Some(environment), Some(what)) = (&args.environment, &args.what)
        && let Ok(field) = FieldName::from_str(what, false)
    {
        return fields::run(
            context,
            &FieldEdit {
                verb: Verb::Set,
                environment,
                field,
                words: &args.assignments,
                options: &args.field.all(),
                edit: &args.edit,
            },
        );
    }
    let how = match (args.string, args.json) {
        (true, _) => How::Text,
        (_, true) => How::Json,
        (false, false) => How::Like,
    };
    let typed = Typed {
        environment: args.environment.as_ref(),
        what: args.what.as_ref(),
        assignments: &args.assignments,
        how,
    };
    let words = ask::complete(context, &typed, &args.edit)?;
    let what = What::parse(&words.what).map_err(|error| {
        let near = Hint::nearest(&words.what, fields::field_names());
        near.into_iter().fold(error, Error::hint)
    })?;
    let wishes = words.assignments.iter().map(|word| wish(word, how));
    let wishes = wishes.collect::<Result<Vec<Wish>, Error>>()?;
    let scope = args.edit.scope(&words.environment);
    let paths = wishes.iter().map(|wish| match wish {
        Wish::Set(path, _) | Wish::Unset(path) => path.to_string(),
    });
    let editing = Editing {
        environment: &words.environment,
        args: &args.edit,
        subjects: std::iter::once(words.what.clone()).chain(paths).collect(),
        plan: &|world| settings::edit(world, &scope, (&what, &wishes)),
    };
    edit(context, &editing)
}

/// How values are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum How {
    Like,
    Text,
    Json,
}

/// Reads `PATH=VALUE`.
///
/// # Errors
/// [`Kind::Usage`] if it is not of that form.
pub(super) fn wish(word: &str, how: How) -> Result<Wish, Error> {
    let yaml::Wish::Set(path, text) = yaml::parse_assignment(word)? else {
        return Err(Error::bug("an assignment that sets nothing"));
    };
    let to = match how {
        How::Text => To::Text(text),
        How::Json => {
            let read: Result<serde_json::Value, _> = serde_json::from_str(&text);
            let json = read.map_err(|cause| {
                Error::new(Kind::Usage, "not-json", format!("the value of `{path}` is no JSON"))
                    .because(cause)
                    .hint(Hint::Say("a text stands between quotes: '\"a text\"'".into()))
            })?;
            To::Json(json::read(&json))
        }
        How::Like => To::Like(text),
    };
    Ok(Wish::Set(path, to))
}
