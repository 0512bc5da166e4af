//! What can be said of a field of a kustomization: the words and flags of `kustomize edit`.

use clap::{Args, ValueEnum};

use super::{EditArgs, Editing, edit};
use crate::cli::{Context, Outcome, guide};
use crate::error::Error;
use crate::manifest::fields::{Field, GeneratorWords, Options, PatchWords, Request, Target, Verb};
use crate::ops::overlay::fields;

/// A field of a kustomization.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "lower")]
pub(super) enum FieldName {
    Resource,
    Component,
    Patch,
    ConfigMap,
    Secret,
    Label,
    Annotation,
    Generator,
    Transformer,
    Configuration,
    BuildMetadata,
    Namespace,
    NamePrefix,
    NameSuffix,
    Image,
    Replicas,
}

/// The names of all fields, as they are typed.
pub(in crate::cli) fn field_names() -> impl Iterator<Item = String> {
    let values = FieldName::value_variants()
        .iter()
        .filter_map(ValueEnum::to_possible_value);
    values.map(|value| value.get_name().to_owned())
}

impl FieldName {
    fn field(self) -> Field {
        match self {
            FieldName::Resource => Field::Resource,
            FieldName::Component => Field::Component,
            FieldName::Patch => Field::Patch,
            FieldName::ConfigMap => Field::ConfigMap,
            FieldName::Secret => Field::Secret,
            FieldName::Label => Field::Label,
            FieldName::Annotation => Field::Annotation,
            FieldName::Generator => Field::Generator,
            FieldName::Transformer => Field::Transformer,
            FieldName::Configuration => Field::Configuration,
            FieldName::BuildMetadata => Field::BuildMetadata,
            FieldName::Namespace => Field::Namespace,
            FieldName::NamePrefix => Field::NamePrefix,
            FieldName::NameSuffix => Field::NameSuffix,
            FieldName::Image => Field::Image,
            FieldName::Replicas => Field::Replicas,
        }
    }
}

/// What can be said besides the words, as `kustomize edit` spells it.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Fields")]
pub(super) struct FieldArgs {
    /// Overwrite labels and annotations that are there
    #[arg(long, short = 'f')]
    force: bool,

    /// Pass over labels and annotations that are not there
    #[arg(long, short = 'i')]
    ignore_non_existence: bool,

    /// Add resources without a look at them
    ///
    /// What kustomize calls `--no-verify`; here that is for the hooks of git.
    #[arg(long)]
    unseen: bool,

    /// Keep the label out of selectors
    #[arg(long)]
    without_selector: bool,

    /// Put a label that is out of selectors into templates
    #[arg(long)]
    include_templates: bool,

    /// The text of a patch
    #[arg(long, value_name = "TEXT")]
    patch: Option<String>,

    /// The group of what a patch is for
    #[arg(long)]
    group: Option<String>,

    /// The API version of what a patch is for
    #[arg(long, value_name = "VERSION")]
    version: Option<String>,

    /// The kind of what a patch is for
    #[arg(long)]
    kind: Option<String>,

    /// The name of what a patch is for
    #[arg(long)]
    name: Option<String>,

    /// The namespace of what a patch is for, or of a ConfigMap or Secret
    #[arg(long)]
    namespace: Option<String>,

    /// The labels of what a patch is for
    #[arg(long, value_name = "SELECTOR")]
    label_selector: Option<String>,

    /// The annotations of what a patch is for
    #[arg(long, value_name = "SELECTOR")]
    annotation_selector: Option<String>,

    /// A value of a ConfigMap or Secret
    #[arg(long, value_name = "KEY=VALUE")]
    from_literal: Vec<String>,

    /// A file of a ConfigMap or Secret
    #[arg(long, value_name = "[KEY=]PATH", value_delimiter = ',')]
    from_file: Vec<String>,

    /// A file of KEY=VALUE lines of a ConfigMap or Secret
    #[arg(long, value_name = "PATH")]
    from_env_file: Option<String>,

    /// What becomes of a ConfigMap that a base has: create, merge or replace
    #[arg(long)]
    behavior: Option<String>,

    /// Leave the hash out of the name of a ConfigMap or Secret
    #[arg(long, alias = "disableNameSuffixHash")]
    disable_name_suffix_hash: bool,

    /// The type of a Secret
    #[arg(long = "type", value_name = "TYPE")]
    kind_of_secret: Option<String>,

    /// The namespace that a ConfigMap or Secret gets
    #[arg(long, value_name = "NAME")]
    new_namespace: Option<String>,
}

/// What can be said of a ConfigMap or Secret whose values are set.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Fields")]
pub(super) struct SetFieldArgs {
    /// A literal of the ConfigMap or Secret, and its new value
    #[arg(long, value_name = "KEY=VALUE")]
    from_literal: Vec<String>,

    /// The namespace that it is in
    #[arg(long)]
    namespace: Option<String>,

    /// The namespace that it gets
    #[arg(long, value_name = "NAME")]
    new_namespace: Option<String>,
}

impl SetFieldArgs {
    /// The same among all that can be said.
    pub(super) fn all(&self) -> FieldArgs {
        FieldArgs {
            from_literal: self.from_literal.clone(),
            namespace: self.namespace.clone(),
            new_namespace: self.new_namespace.clone(),
            ..FieldArgs::default()
        }
    }
}

impl FieldArgs {
    fn options(&self) -> Options {
        let text = |it: &Option<String>| it.clone().unwrap_or_default();
        Options {
            force: self.force,
            ignore_missing: self.ignore_non_existence,
            unseen: self.unseen,
            without_selector: self.without_selector,
            include_templates: self.include_templates,
            patch: PatchWords {
                path: String::new(),
                patch: text(&self.patch),
                target: Target {
                    group: text(&self.group),
                    version: text(&self.version),
                    kind: text(&self.kind),
                    name: text(&self.name),
                    namespace: text(&self.namespace),
                    label_selector: text(&self.label_selector),
                    annotation_selector: text(&self.annotation_selector),
                },
            },
            generator: GeneratorWords {
                literals: self.from_literal.clone(),
                files: self.from_file.clone(),
                env_file: text(&self.from_env_file),
                behavior: text(&self.behavior),
                disable_hash: self.disable_name_suffix_hash,
                kind: text(&self.kind_of_secret),
                namespace: text(&self.namespace),
                new_namespace: text(&self.new_namespace),
            },
        }
    }
}

/// A field, its words and flags, and where they land.
pub(super) struct FieldEdit<'a> {
    pub(super) verb: Verb,
    pub(super) environment: &'a str,
    pub(super) field: FieldName,
    pub(super) words: &'a [String],
    pub(super) options: &'a FieldArgs,
    pub(super) edit: &'a EditArgs,
}

/// Edits a field of the environment's own kustomization.
///
/// # Errors
/// As planning and landing.
pub(super) fn run(context: &Context, asked: &FieldEdit<'_>) -> Result<Outcome, Error> {
    let refusal = match run_once(context, asked) {
        Err(refusal) if refusal.code == "words" && asked.words.is_empty() && context.ui.can_prompt() => refusal,
        done => return done,
    };
    let text = format!("{}; which one?", refusal.message);
    let word = guide::typed_line(context, (&text, &refusal.hints))?;
    context.typed.argument(&word);
    run_once(
        context,
        &FieldEdit {
            words: &[word],
            ..*asked
        },
    )
}

fn run_once(context: &Context, asked: &FieldEdit<'_>) -> Result<Outcome, Error> {
    let mut request = Request {
        verb: asked.verb,
        field: asked.field.field(),
        words: asked.words.to_vec(),
        options: asked.options.options(),
    };
    let mut scope = asked.edit.scope(asked.environment);
    if asked.field == FieldName::Patch {
        // the file is a word, or `--path` as kustomize has it; with a word `--path` is the overlay, as everywhere
        let patch = &mut request.options.patch;
        match (request.words.pop(), patch.patch.is_empty()) {
            (Some(word), _) => patch.path = word,
            (None, true) => patch.path = scope.path.take().unwrap_or_default(),
            (None, false) => {}
        }
    }
    let name = asked
        .field
        .to_possible_value()
        .map_or(String::new(), |it| it.get_name().to_owned());
    let editing = Editing {
        environment: asked.environment,
        args: asked.edit,
        subjects: std::iter::once(name).chain(asked.words.iter().cloned()).collect(),
        plan: &|world| fields::edit(world, &scope, &request),
    };
    edit(context, &editing)
}
