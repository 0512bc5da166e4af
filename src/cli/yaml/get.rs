//! `rakops yaml get`.

use clap::Args;
use serde_json::{Value, json};

use super::DocumentArgs;
use crate::cli::manner::Output;
use crate::cli::{Context, Outcome, look, output};
use crate::error::Error;
use crate::ops::yaml;

/// Print a value of a YAML file
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  rakops yaml get values.yaml image.tag
  rakops yaml get deploy.yaml 'spec.template.spec.containers[name=app].image'
  rakops yaml get all.yaml metadata.name --object Service/web")]
pub(super) struct GetArgs {
    /// The file; - is standard input
    #[arg(value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    file: String,

    /// Paths: `a.b[0].c`, `containers[name=web]`, `values["image.tag"]`
    #[arg(value_name = "PATH", required = true)]
    paths: Vec<String>,

    #[command(flatten)]
    document: DocumentArgs,
}

pub(super) fn run(context: &Context, args: GetArgs) -> Result<Outcome, Error> {
    let paths = args
        .paths
        .iter()
        .map(|path| yaml::parse_path(path))
        .collect::<Result<Vec<_>, Error>>()?;
    let chosen = args.document.chosen()?;
    let (tree, shown) = if args.file == "-" {
        let mut bytes = Vec::new();
        std::io::Read::read_to_end(&mut std::io::stdin(), &mut bytes)
            .map_err(|cause| Error::files("standard input", "cannot read", &cause))?;
        (yaml::parse(bytes, "standard input")?, "standard input")
    } else {
        let tree = match context.place.repo {
            Some(_) => yaml::read_in(&look::world(context)?, &args.file)?,
            None => yaml::open(&context.place.resolve(&context.process).directory, &args.file)?.tree,
        };
        (tree, args.file.as_str())
    };
    let mut values = Vec::new();
    for path in &paths {
        let node = yaml::find(&tree, shown, &chosen, path)?;
        let (line, column) = tree.pos(node);
        values.push((path, yaml::shown(&tree, node), line, column));
    }
    match context.output {
        Output::Json => {
            let values: Vec<Value> = values
                .iter()
                .map(|(path, value, line, column)| {
                    json!({ "path": path.to_string(), "value": value, "line": line, "column": column })
                })
                .collect();
            let document = json!({
                "schema": output::SCHEMA, "command": context.name, "file": args.file, "values": values, "warnings": [],
            });
            output::json(&context.ui, &document)?;
        }
        Output::Name | Output::Text => {
            for (_, value, _, _) in &values {
                let end = if value.ends_with('\n') { "" } else { "\n" };
                context.ui.data(format!("{value}{end}"))?;
            }
        }
    }
    Ok(Outcome::Done)
}
