//! `rakops overlay get`.

use clap::Args;
use serde_json::{Value, json};

use crate::cli::manner::Output;
use crate::cli::{Context, Outcome, look, output};
use crate::error::Error;
use crate::manifest::overlay::{Said, Target, Told, Which};
use crate::ops::overlay::{Scope, Shared, get, json as json_of};
use crate::ops::yaml;
use crate::ui::table::Table;

/// Show what is effective in one environment, and where it is set
///
/// Without a PATH: every field of the object that the overlay sets itself.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  rakops overlay get prd Deployment/api
  rakops overlay get prd Deployment/api spec.replicas
  rakops overlay get prd ConfigMap/app --all -o json")]
pub(super) struct GetArgs {
    /// The environment
    #[arg(value_name = "ENV")]
    environment: String,

    /// The object
    #[arg(value_name = "KIND/NAME")]
    object: String,

    /// The fields
    #[arg(value_name = "PATH")]
    paths: Vec<String>,

    /// Show every field, also those that the base alone sets
    #[arg(long, conflicts_with = "paths")]
    all: bool,

    /// The overlay in this directory, where the environment has several
    #[arg(long, value_name = "DIR", value_hint = clap::ValueHint::DirPath)]
    path: Option<String>,
}

pub(super) fn run(context: &Context, args: &GetArgs) -> Result<Outcome, Error> {
    let target = Target::parse(&args.object)?;
    let paths = args
        .paths
        .iter()
        .map(|path| yaml::parse_path(path))
        .collect::<Result<Vec<_>, _>>()?;
    let scope = Scope {
        environment: args.environment.clone(),
        path: args.path.clone(),
        shared: Shared::Refused,
    };
    let which = if args.all { Which::All } else { Which::Own };
    let world = look::world(context)?;
    let step = context.ui.begin("rendering the overlay", None);
    let told = get::get(&world, &scope, (&target, &paths), which)?;
    drop(step);
    let ui = &context.ui;
    match context.output {
        Output::Json => output::json(ui, &document(&told))?,
        Output::Name => ui.data(told.iter().map(|it| format!("{}\n", it.path)).collect::<String>())?,
        Output::Text => {
            let mut table = Table::new(&["FIELD", "VALUE", "SET AT", "BASE", "AT"]);
            for it in &told {
                let shown = |said: &Said| {
                    if it.is_secret {
                        "(hidden)".to_owned()
                    } else {
                        one_line(&said.text)
                    }
                };
                let base = it.base.as_ref().filter(|_| it.is_own);
                table.row([
                    it.path.clone(),
                    shown(&it.value),
                    place(&it.value),
                    base.map_or("-".to_owned(), shown),
                    base.map_or("-".to_owned(), place),
                ]);
            }
            match told.is_empty() {
                true => ui.talk("the overlay sets no field of it; --all shows what the base says"),
                false => ui.table(&table)?,
            }
        }
    }
    Ok(Outcome::Done)
}

fn place(said: &Said) -> String {
    format!("{}:{}", said.file, said.line)
}

fn one_line(text: &str) -> String {
    match text.trim_end().split_once('\n') {
        Some((first, _)) => format!("{first} …"),
        None => text.to_owned(),
    }
}

fn document(told: &[Told]) -> Value {
    let of = |it: &Told, said: &Said| {
        let value = if it.is_secret {
            Value::from("(hidden)")
        } else {
            json_of::write(&said.value)
        };
        json!({ "value": value, "file": said.file, "line": said.line, "column": said.column })
    };
    let fields: Vec<Value> = told
        .iter()
        .map(|it| {
            json!({
                "object": it.object, "path": it.path, "effective": of(it, &it.value), "overridden": it.is_own,
                "base": it.base.as_ref().map(|base| of(it, base)),
            })
        })
        .collect();
    json!({ "schema": output::SCHEMA, "command": "overlay get", "fields": fields, "warnings": [] })
}
