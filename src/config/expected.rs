//! `drift.expected`: differences that are meant to be there.

use globset::{GlobBuilder, GlobSet, GlobSetBuilder};

/// Differences that are meant to be there, compiled.
pub(crate) struct Expected {
    written: Vec<String>,
    globs: GlobSet,
}

impl Expected {
    /// Reads selectors: IDs of changes, full names of images, or files, globs allowed. What is no glob is compared as it is.
    pub(crate) fn new(selectors: &[String]) -> Expected {
        let mut set = GlobSetBuilder::new();
        for selector in selectors {
            if let Ok(glob) = GlobBuilder::new(selector).literal_separator(true).build() {
                set.add(glob);
            }
        }
        Expected {
            written: selectors.to_vec(),
            globs: set.build().unwrap_or_else(|_| GlobSet::empty()),
        }
    }

    /// Tells whether a difference is meant to be there: by its ID, or because each of its files is.
    pub(crate) fn covers(&self, id: &str, files: &[String]) -> bool {
        let is_named = self
            .written
            .iter()
            .any(|it| it == id || (it.len() >= 7 && id.starts_with(it.as_str())));
        is_named || (!files.is_empty() && files.iter().all(|file| self.globs.is_match(file)))
    }
}

#[cfg(test)]
mod tests {
    use super::Expected;

    #[test]
    fn a_difference_is_expected_by_its_id_or_by_all_of_its_files() {
        let expected = Expected::new(&["overlays/*/debug.yaml".into(), "#12".into(), "0123456".into()]);
        let files = |names: &[&str]| names.iter().map(|it| (*it).to_owned()).collect::<Vec<_>>();
        assert!(expected.covers("#12", &[]));
        assert!(expected.covers("0123456789", &[]));
        assert!(expected.covers("#1", &files(&["overlays/prd/debug.yaml"])));
        assert!(!expected.covers("#1", &files(&["overlays/prd/debug.yaml", "base/api.yaml"])));
        assert!(!expected.covers("#1", &[]));
    }
}
