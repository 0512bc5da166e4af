//! The words that name settings: `ConfigMap/app data.FEATURE_*`, or a whole file with `{env}`.

use super::Setting;
use crate::error::{Error, Hint, Kind};

/// What stands for the name of the environment.
const ENV: &str = "{env}";

/// Settings by their name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Selector {
    /// `KIND/NAME PATH`, or `FILE PATH`: values, with `*` for any characters.
    Values {
        /// `ConfigMap/app`, or `values-{env}.yaml`.
        what: String,
        /// `data.FEATURE_*`; what lies below it is meant, too.
        path: String,
    },
    /// A file with `{env}` in its path, whole; `*` for any characters of one name.
    File(String),
}

impl Selector {
    /// Reads a selector.
    ///
    /// # Errors
    /// [`Kind::Usage`] if it names neither a value nor a file of an environment.
    pub(crate) fn parse(text: &str) -> Result<Selector, Error> {
        let refuse = |why: &str| {
            let message = format!("`{text}` selects no setting: {why}");
            Error::new(Kind::Usage, "bad-selector", message).hint(Hint::Say(
                "for example: 'ConfigMap/app data.FEATURE_*', or overlays/{env}/settings.env".into(),
            ))
        };
        let mut words = text.split_whitespace();
        match (words.next(), words.next(), words.next()) {
            (Some(what), Some(path), None) => Ok(Selector::Values {
                what: what.to_owned(),
                path: path.to_owned(),
            }),
            (Some(file), None, None) if file.contains(ENV) => Ok(Selector::File(file.to_owned())),
            (Some(_), None, None) => Err(refuse(
                "a path is missing behind the name, or `{env}` in the name of a file",
            )),
            _ => Err(refuse("a name and a path are expected")),
        }
    }

    /// Tells whether a setting is meant.
    pub(crate) fn selects(&self, setting: &Setting) -> bool {
        let Selector::Values { what, path } = self else {
            return false;
        };
        let is_what = [&setting.key, &setting.raw].iter().any(|key| fits(what, &key.what));
        let below = [format!("{path}.*"), format!("{path}[*")];
        is_what && (fits(path, &setting.key.path) || below.iter().any(|it| fits(it, &setting.key.path)))
    }
}

/// Tells whether `text` is what a pattern says, where `*` stands for any characters.
pub(crate) fn fits(pattern: &str, text: &str) -> bool {
    let mut parts = pattern.split('*');
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = text.strip_prefix(first) else {
        return false;
    };
    let Some(last) = pattern.rsplit_once('*').map(|(_, last)| last) else {
        return rest.is_empty();
    };
    let middle: Vec<&str> = parts.collect();
    for part in &middle[..middle.len() - 1] {
        match rest.find(part) {
            Some(at) => rest = &rest[at + part.len()..],
            None => return false,
        }
    }
    rest.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::{Selector, fits};

    #[test]
    fn a_star_stands_for_any_characters() {
        assert!(fits("data.FEATURE_*", "data.FEATURE_X"));
        assert!(fits("*", ""));
        assert!(fits("a*b*c", "a--b--c"));
        assert!(!fits("a*b*c", "a--c"));
        assert!(!fits("data", "data.x"));
        assert!(fits("data", "data"));
    }

    #[test]
    fn a_selector_is_a_name_with_a_path_or_a_file_of_an_environment() {
        assert!(matches!(
            Selector::parse("ConfigMap/app data.X").unwrap(),
            Selector::Values { .. }
        ));
        assert!(matches!(
            Selector::parse("overlays/{env}/settings.env").unwrap(),
            Selector::File(_)
        ));
        for bad in ["", "ConfigMap/app", "a b c", "overlays/prd/settings.env"] {
            assert!(Selector::parse(bad).is_err(), "{bad}");
        }
    }
}
