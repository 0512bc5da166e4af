//! What builders write: Skaffold's build output, a bake or buildx metadata file, or a flat map.

use std::path::Path;
use std::time::Duration;

use serde_json::{Map, Value};

use crate::error::{Error, Hint, Kind, Place};
use crate::http::Http;
use crate::image::BumpWord;

/// Reads images and versions from a file, relative to `directory`, from a URL, or from standard input (`-`).
///
/// # Errors
/// [`Kind::Usage`] if the document is of no known form; as [`Http::text`] for a URL.
pub(crate) fn read(file: &str, directory: &Path) -> Result<Vec<BumpWord>, Error> {
    let text = if file == "-" {
        std::io::read_to_string(std::io::stdin())
            .map_err(|cause| Error::files("standard input", "cannot read", &cause))?
    } else if file.starts_with("https://") || file.starts_with("http://") {
        Http::new(Duration::from_secs(30)).text(file)?
    } else {
        std::fs::read_to_string(directory.join(file)).map_err(|cause| Error::files(file, "cannot read", &cause))?
    };
    parse(&text, if file == "-" { "standard input" } else { file })
}

/// Reads the text of such a document, called `shown` in complaints.
///
/// # Errors
/// As [`read`].
pub(crate) fn parse(text: &str, shown: &str) -> Result<Vec<BumpWord>, Error> {
    let value: Value = serde_json::from_str(text).map_err(|cause| {
        let place = Place::at(
            shown,
            u32::try_from(cause.line()).unwrap_or(0),
            u32::try_from(cause.column()).unwrap_or(0),
        );
        Error::new(Kind::Usage, "not-json", format!("`{shown}` is not JSON"))
            .at(place)
            .because(cause)
            .quoting(text)
    })?;
    let words = words(&value).ok_or_else(|| {
        Error::new(
            Kind::Usage,
            "build-file-unknown",
            format!("`{shown}` names no images in a form known here"),
        )
        .hint(Hint::Say(
            "known are Skaffold's build output, bake and buildx metadata, and {\"image\": \"version\"}".into(),
        ))
    })?;
    if words.is_empty() {
        return Err(Error::new(
            Kind::Usage,
            "build-file-empty",
            format!("`{shown}` names no image"),
        ));
    }
    words
        .iter()
        .map(|word| {
            BumpWord::parse(word).map_err(|cause| {
                let place = place_of(shown, (text, &cause.text));
                Error::from(cause).at(place).quoting(text)
            })
        })
        .collect()
}

/// Where a word of a document stands, the first time; the document itself where it is written in another way.
fn place_of(shown: &str, (text, word): (&str, &str)) -> Place {
    let written = Value::from(word).to_string();
    let inside = written.trim_matches('"');
    let Some(at) = text.find(&written).map(|at| at + 1).or_else(|| text.find(inside)) else {
        return Place::file(shown);
    };
    let before = &text[..at];
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    let number = |number: usize| u32::try_from(number).unwrap_or(0);
    Place::at(shown, number(line), number(column))
}

fn words(value: &Value) -> Option<Vec<String>> {
    let object = value.as_object()?;
    if let Some(builds) = object.get("builds") {
        return builds.as_array()?.iter().map(skaffold).collect();
    }
    if object.contains_key("image.name") || object.contains_key("containerimage.digest") {
        return buildx(object);
    }
    if object.values().any(Value::is_object) {
        // A bake file holds one object per target, and warnings or provenance beside them.
        let targets = object
            .values()
            .filter_map(Value::as_object)
            .filter(|it| it.contains_key("image.name"));
        let words: Option<Vec<Vec<String>>> = targets.map(buildx).collect();
        return Some(words?.concat()).filter(|words| !words.is_empty());
    }
    object
        .iter()
        .map(|(image, version)| Some(format!("{image}={}", version.as_str()?)))
        .collect()
}

/// `{"imageName": "ghcr.io/acme/api", "tag": "ghcr.io/acme/api:1.4.2@sha256:…"}`
///
/// Source: Skaffold 2, `skaffold build --file-output`.
fn skaffold(build: &Value) -> Option<String> {
    let name = build.get("imageName")?.as_str()?;
    let reference = build.get("tag")?.as_str()?;
    let version = version_of(reference)?;
    let repository = reference.strip_suffix(&version)?.strip_suffix([':', '@'])?;
    Some(if repository == name {
        format!("{name}={version}")
    } else {
        format!("{name}={repository}:{version}")
    })
}

/// `{"image.name": "ghcr.io/acme/api:1.4.2,ghcr.io/acme/api:latest", "containerimage.digest": "sha256:…"}`
///
/// Of several tags for one image the first is taken, as the builder was asked for it first.
///
/// Source: buildx 0.17, `--metadata-file`.
fn buildx(target: &Map<String, Value>) -> Option<Vec<String>> {
    let names = target.get("image.name")?.as_str()?;
    let digest = target.get("containerimage.digest").and_then(Value::as_str);
    let mut seen: Vec<&str> = Vec::new();
    let mut words = Vec::new();
    for name in names.split(',').map(str::trim).filter(|name| !name.is_empty()) {
        let version = version_of(name)?;
        let repository = name.strip_suffix(&version)?.strip_suffix([':', '@'])?;
        if seen.contains(&repository) {
            continue;
        }
        seen.push(repository);
        let version = match digest {
            Some(digest) if !version.contains("sha256:") => format!("{version}@{digest}"),
            _ => version,
        };
        words.push(format!("{repository}={version}"));
    }
    Some(words)
}

/// The part of a reference behind its repository: `1.4.2`, `1.4.2@sha256:…` or `sha256:…`.
fn version_of(reference: &str) -> Option<String> {
    let (before, digest) = reference
        .split_once('@')
        .map_or((reference, None), |(it, digest)| (it, Some(digest)));
    let path = before.rfind('/').map_or(0, |slash| slash + 1);
    match (before[path..].split_once(':'), digest) {
        (Some((_, tag)), Some(digest)) => Some(format!("{tag}@{digest}")),
        (Some((_, tag)), None) => Some(tag.to_owned()),
        (None, Some(digest)) => Some(digest.to_owned()),
        (None, None) => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::words;

    #[test]
    fn a_flat_map_is_read() {
        assert_eq!(words(&json!({"api": "1.4.2"})), Some(vec!["api=1.4.2".to_owned()]));
    }

    #[test]
    fn skaffold_output_is_read() {
        let value = json!({"builds": [
            {"imageName": "reg.example:5000/acme/api", "tag": "reg.example:5000/acme/api:v1@sha256:aa"},
            {"imageName": "web", "tag": "ghcr.io/acme/web:v2"},
        ]});
        let expected = ["reg.example:5000/acme/api=v1@sha256:aa", "web=ghcr.io/acme/web:v2"];
        assert_eq!(words(&value), Some(expected.map(str::to_owned).to_vec()));
    }

    #[test]
    fn bake_and_buildx_metadata_are_read() {
        let target = json!({"image.name": "ghcr.io/acme/api:1.4.2,ghcr.io/acme/api:latest", "containerimage.digest": "sha256:aa"});
        let expected = Some(vec!["ghcr.io/acme/api=1.4.2@sha256:aa".to_owned()]);
        assert_eq!(words(&target), expected);
        assert_eq!(words(&json!({"api": target, "buildx.build.warnings": {}})), expected);
    }

    #[test]
    fn another_form_is_not_guessed_at() {
        assert_eq!(words(&json!({"api": 1})), None);
        assert_eq!(words(&json!(["api"])), None);
    }
}
