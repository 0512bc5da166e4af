//! Files of Terraform: which values there are, and which bytes they are written with.
//!
//! Knows HCL. **Invariant:** the only module that names the parser, and it edits nothing: spans go to whoever splices.
//! Blocks are put together as Terraform addresses them: `module.vpc.source`, `resource.aws_ecs_service.api.…`; those that stand
//! several times without labels are a list.
//!
//! Source: HCL Native Syntax Specification, <https://github.com/hashicorp/hcl/blob/main/hclsyntax/spec.md>.

mod nesting;

use std::ops::Range;

use hcl_edit::Span;
use hcl_edit::expr::{Expression, FuncCall, ObjectKey};
use hcl_edit::structure::{Block, Body, Structure};

/// A value. Spans are bytes of the text that was read; the first byte is 0.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Value {
    /// A body, an object, or what labels of blocks stand for.
    Map {
        span: Range<usize>,
        entries: Vec<Entry>,
    },
    List {
        span: Range<usize>,
        items: Vec<Value>,
    },
    /// A text in quotes without interpolation, and what it means. The span holds the quotes.
    Text {
        span: Range<usize>,
        text: String,
    },
    /// Anything that is computed, or is no text.
    Other {
        span: Range<usize>,
    },
}

/// A key with its value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) key: String,
    /// Where the key is written; of a block its name or label.
    pub(crate) at: Range<usize>,
    pub(crate) value: Value,
    /// Whether a block is meant, rather than an attribute.
    is_block: bool,
}

/// Why a text cannot be read, and at which byte.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Failure {
    pub(crate) offset: usize,
    pub(crate) message: String,
}

/// Reads a text without a byte order mark.
///
/// # Errors
/// A [`Failure`] for what is no HCL, or is nested more deeply than anybody writes: the parser would end the process.
pub(crate) fn read(text: &str) -> Result<Value, Failure> {
    nesting::check(text)?;
    let body = hcl_edit::parser::parse_body(text).map_err(|error| Failure {
        offset: error.location().offset(),
        message: error.message().replace('\n', "; "),
    })?;
    Ok(of_body(&body, 0..text.len()))
}

fn of_body(body: &Body, span: Range<usize>) -> Value {
    let mut entries: Vec<Entry> = Vec::new();
    for structure in body {
        match structure {
            Structure::Attribute(attribute) => entries.push(Entry {
                key: attribute.key.as_str().to_owned(),
                at: attribute.key.span().unwrap_or_default(),
                value: of_expression(&attribute.value),
                is_block: false,
            }),
            Structure::Block(block) => add_block(&mut entries, block),
        }
    }
    Value::Map { span, entries }
}

fn add_block(entries: &mut Vec<Entry>, block: &Block) {
    let span = block.span().unwrap_or_default();
    let mut path = vec![(block.ident.as_str().to_owned(), block.ident.span().unwrap_or_default())];
    for label in &block.labels {
        path.push((label.as_str().to_owned(), label.span().unwrap_or_default()));
    }
    let body = of_body(&block.body, span);
    insert(entries, &path, body);
}

/// Puts the body of a block where its name and labels lead.
fn insert(entries: &mut Vec<Entry>, path: &[(String, Range<usize>)], body: Value) {
    let Some(((key, at), rest)) = path.split_first() else {
        return;
    };
    let there = entries.iter_mut().find(|entry| entry.is_block && entry.key == *key);
    let entry = |value| Entry {
        key: key.clone(),
        at: at.clone(),
        value,
        is_block: true,
    };
    match (there, rest.is_empty()) {
        (None, true) => entries.push(entry(body)),
        (None, false) => {
            let span = span_of(&body);
            let mut inner = Vec::new();
            insert(&mut inner, rest, body);
            entries.push(entry(Value::Map { span, entries: inner }));
        }
        (Some(there), true) => match &mut there.value {
            Value::List { items, .. } => items.push(body),
            first => {
                let span = span_of(first);
                let first = std::mem::replace(first, Value::Other { span: 0..0 });
                let items = vec![first, body];
                there.value = Value::List { span, items };
            }
        },
        (Some(there), false) => match &mut there.value {
            Value::Map { entries, .. } => insert(entries, rest, body),
            _ => entries.push(entry(body)),
        },
    }
}

fn span_of(value: &Value) -> Range<usize> {
    match value {
        Value::Map { span, .. } | Value::List { span, .. } | Value::Text { span, .. } | Value::Other { span } => {
            span.clone()
        }
    }
}

fn of_expression(expression: &Expression) -> Value {
    let span = expression.span().unwrap_or_default();
    match expression {
        Expression::String(text) => Value::Text {
            span,
            text: text.as_str().to_owned(),
        },
        Expression::Array(array) => Value::List {
            span,
            items: array.iter().map(of_expression).collect(),
        },
        Expression::Object(object) => {
            let entry = |(key, value): (&ObjectKey, &hcl_edit::expr::ObjectValue)| {
                let (key, at) = match key {
                    ObjectKey::Ident(ident) => (ident.as_str().to_owned(), ident.span()),
                    ObjectKey::Expression(Expression::String(text)) => (text.as_str().to_owned(), text.span()),
                    // A key that is computed names nothing, and its value still may.
                    ObjectKey::Expression(other) => (String::new(), other.span()),
                };
                Entry {
                    key,
                    at: at.unwrap_or_default(),
                    value: of_expression(value.expr()),
                    is_block: false,
                }
            };
            Value::Map {
                span,
                entries: object.iter().map(entry).collect(),
            }
        }
        Expression::Parenthesis(inner) => of_expression(inner.inner()),
        Expression::FuncCall(call) => encoded(call).map_or(Value::Other { span }, of_expression),
        _ => Value::Other { span },
    }
}

/// What a function is given that only writes its argument in another form.
fn encoded(call: &FuncCall) -> Option<&Expression> {
    let is_form = matches!(
        call.name.name.as_str(),
        "jsonencode" | "yamlencode" | "tolist" | "toset" | "tomap" | "sensitive" | "nonsensitive"
    );
    let mut args = call.args.iter();
    let only = args.next()?;
    (is_form && call.name.namespace.is_empty() && args.next().is_none()).then_some(only)
}

#[cfg(test)]
mod tests {
    use super::{Value, read};

    fn texts(value: &Value, path: &str, found: &mut Vec<(String, String)>) {
        match value {
            Value::Map { entries, .. } => {
                for entry in entries {
                    texts(&entry.value, &format!("{path}.{}", entry.key), found);
                }
            }
            Value::List { items, .. } => {
                for (at, item) in items.iter().enumerate() {
                    texts(item, &format!("{path}[{at}]"), found);
                }
            }
            Value::Text { text, .. } => found.push((path.trim_start_matches('.').to_owned(), text.clone())),
            Value::Other { .. } => {}
        }
    }

    #[test]
    fn values_are_addressed_as_terraform_addresses_them() {
        let source = r#"
# é
module "vpc" { source = "a?ref=v1" }
resource "x" "a" {
  image = "r:1" // why
  size = 3
  name = "${var.n}-x"
  set { v = "one" }
  set { v = "two" }
}
resource "x" "b" {
  defs = jsonencode([{ image = "r:2", "quoted" = ("q"), env = [for e in var.l : e] }])
  other = merge({ a = "no" }, {})
  text = <<-EOT
    image = "r:9"
  EOT
}
"#;
        let value = read(source).unwrap();
        let mut found = Vec::new();
        texts(&value, "", &mut found);
        let expected = [
            ("module.vpc.source", "a?ref=v1"),
            ("resource.x.a.image", "r:1"),
            ("resource.x.a.set[0].v", "one"),
            ("resource.x.a.set[1].v", "two"),
            ("resource.x.b.defs[0].image", "r:2"),
            ("resource.x.b.defs[0].quoted", "q"),
        ];
        let expected = expected.map(|(path, text)| (path.to_owned(), text.to_owned()));
        assert_eq!(found, expected);
        check_spans(&value, source);
    }

    fn check_spans(value: &Value, source: &str) {
        match value {
            Value::Map { entries, .. } => entries.iter().for_each(|entry| {
                assert!(source[entry.at.clone()].trim_matches('"') == entry.key, "{entry:?}");
                check_spans(&entry.value, source);
            }),
            Value::List { items, .. } => items.iter().for_each(|item| check_spans(item, source)),
            Value::Text { span, text } => assert_eq!(source[span.clone()], format!("\"{text}\"")),
            Value::Other { span } => assert!(!source[span.clone()].trim().is_empty()),
        }
    }

    #[test]
    fn what_is_no_hcl_is_a_failure_with_its_place() {
        let failure = read("a = \"x\"\nb = [\n").unwrap_err();
        assert!(failure.offset >= 9 && !failure.message.is_empty(), "{failure:?}");
        for deep in ["[", "{a=", "(", "!", "-", "a ? ", "\"${", "x { "] {
            let text = format!("a = {}", deep.repeat(100_000));
            assert!(read(&text).is_err(), "{deep}");
        }
    }

    /// Threads that read a repository have a stack of 2 MiB.
    #[test]
    fn the_deepest_text_that_is_read_fits_the_stack_of_a_thread() {
        let deep = |open: &str, close: &str| {
            let text = format!("a = {}1{}\n", open.repeat(48), close.repeat(48));
            let thread = std::thread::Builder::new().stack_size(2 << 20);
            let read = thread.spawn(move || read(&text).is_ok()).unwrap();
            assert!(read.join().unwrap(), "{open}");
        };
        deep("[", "]");
        deep("{ a = ", "}");
        deep("(", ")");
        deep("f(", ")");
        deep("\"${", "}\"");
    }

    #[test]
    fn every_line_end_is_read() {
        for end in ["\n", "\r\n"] {
            let source = format!("a {{{end}  image = \"r:1\" # c{end}}}{end}");
            let value = read(&source).unwrap();
            check_spans(&value, &source);
        }
    }
}
