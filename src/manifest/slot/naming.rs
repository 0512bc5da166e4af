//! What slots are called, whatever environment they are in: the environment's own part of paths and names is taken out.

use std::collections::BTreeSet;
use std::fmt;

use globset::{GlobBuilder, GlobMatcher};

use crate::config::environments::{Environment, Environments};
use crate::config::infer::{step_exactly, step_of_name};

/// Stands where an environment's name stood.
const BLANK: &str = "{env}";

/// What a slot is called: the same in every environment.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct SlotName {
    /// What remains of the environment's directory when its own part is taken out; empty where it has one root.
    pub(crate) app: String,
    /// The file inside the environment, for what is read from there directly; empty for what a build makes.
    pub(crate) file: String,
    /// `Deployment/api`; empty where the document is no object.
    pub(crate) object: String,
    /// The container, or the path of keys.
    pub(crate) place: String,
}

/// `pay/Deployment/api/main`.
impl fmt::Display for SlotName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts = [&self.app, &self.file, &self.object, &self.place];
        let parts: Vec<&str> = parts.iter().map(|it| it.as_str()).filter(|it| !it.is_empty()).collect();
        f.write_str(&parts.join("/"))
    }
}

/// Takes environments out of paths and names.
pub(crate) struct Naming {
    /// Names of environments and groups, the longest first.
    names: Vec<String>,
    /// Steps of the ladder of usual names that they stand on.
    steps: BTreeSet<usize>,
    /// Whether some environment has several directories that are named one by one.
    has_lists: bool,
}

impl Naming {
    pub(crate) fn of(environments: &Environments) -> Naming {
        let list = &environments.list;
        let mut names: Vec<String> = list
            .iter()
            .flat_map(|it| std::iter::once(&it.name).chain(&it.group))
            .cloned()
            .collect();
        names.sort_by_key(|name| std::cmp::Reverse(name.len()));
        names.dedup();
        Naming {
            steps: names.iter().filter_map(|name| step_of_name(name)).collect(),
            names,
            has_lists: list.iter().any(|it| plain(it).nth(1).is_some()),
        }
    }

    /// The same text with `{env}` where the name of an environment stands as a word.
    pub(crate) fn blank(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for name in &self.names {
            text = replace_word(&text, name);
        }
        let is_word = |c: char| c.is_ascii_alphanumeric() || c == '{' || c == '}';
        let mut blank = String::with_capacity(text.len());
        let mut rest = text.as_str();
        while !rest.is_empty() {
            let end = rest.find(|c| !is_word(c)).unwrap_or(rest.len());
            let (word, after) = rest.split_at(end);
            let is_usual = step_exactly(word).is_some_and(|step| self.steps.contains(&step));
            blank.push_str(if is_usual { BLANK } else { word });
            let end = after.find(is_word).unwrap_or(after.len());
            blank.push_str(&after[..end]);
            rest = &after[end..];
        }
        blank
    }

    fn is_name(&self, component: &str) -> bool {
        self.names.iter().any(|name| name == component)
            || step_exactly(component).is_some_and(|step| self.steps.contains(&step))
    }
}

fn plain(environment: &Environment) -> impl Iterator<Item = &String> {
    environment.paths.iter().filter(|path| !is_glob(path))
}

fn is_glob(path: &str) -> bool {
    path.contains(['*', '?', '[', '{'])
}

fn replace_word(text: &str, word: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut from = 0;
    while let Some(found) = text[from..].find(word) {
        let (start, end) = (from + found, from + found + word.len());
        let is_edge = |c: Option<char>| c.is_none_or(|c| !c.is_ascii_alphanumeric() && c != '{' && c != '}');
        let is_word = is_edge(text[..start].chars().next_back()) && is_edge(text[end..].chars().next());
        out.push_str(&text[from..start]);
        out.push_str(if is_word { BLANK } else { word });
        from = end;
    }
    out.push_str(&text[from..]);
    out
}

/// The directories of one environment, ready to be taken out of paths.
pub(crate) struct Roots<'n> {
    naming: &'n Naming,
    plain: Vec<String>,
    patterns: Vec<Vec<Segment>>,
}

/// One name of a pattern.
enum Segment {
    Plain(String),
    Glob {
        matcher: GlobMatcher,
        /// What stands before and behind the one star, where it is that simple.
        around: Option<(String, String)>,
    },
    /// `**`
    Deep,
}

impl<'n> Roots<'n> {
    pub(crate) fn of(naming: &'n Naming, environment: &Environment) -> Roots<'n> {
        let patterns = environment.paths.iter().filter(|path| is_glob(path));
        Roots {
            naming,
            plain: plain(environment).cloned().collect(),
            patterns: patterns.map(|path| path.split('/').map(segment).collect()).collect(),
        }
    }

    /// Splits a directory of the environment: what it is an app of, and what lies below the app's directory.
    pub(crate) fn split<'p>(&self, directory: &'p str) -> (String, &'p str) {
        let mut end = directory.len();
        loop {
            let ancestor = &directory[..end];
            let below = directory[end..].trim_start_matches('/');
            if self.plain.iter().any(|path| path == ancestor) {
                return (self.plain_app(ancestor), below);
            }
            let parts: Vec<&str> = ancestor.split('/').filter(|part| !part.is_empty()).collect();
            for pattern in &self.patterns {
                let mut captures = Vec::new();
                if capture(pattern, &parts, &mut captures) {
                    return (captures.join("/"), below);
                }
            }
            match ancestor.rfind('/') {
                Some(cut) => end = cut,
                None if end > 0 => end = 0,
                None => return (String::new(), directory),
            }
        }
    }

    /// The app of a directory with a build.
    pub(crate) fn app(&self, directory: &str) -> String {
        let (app, below) = self.split(directory);
        let below: Vec<&str> = below
            .split('/')
            .filter(|part| !part.is_empty() && !self.naming.is_name(part))
            .collect();
        std::iter::once(app.as_str())
            .filter(|app| !app.is_empty())
            .chain(below)
            .collect::<Vec<_>>()
            .join("/")
    }

    /// What remains of a directory that was named as it is: nothing where no environment has several of them.
    fn plain_app(&self, root: &str) -> String {
        if !self.naming.has_lists && self.patterns.is_empty() {
            return String::new();
        }
        let parts = root.split('/').filter(|part| !self.naming.is_name(part));
        parts.collect::<Vec<_>>().join("/")
    }
}

fn segment(text: &str) -> Segment {
    if text == "**" {
        return Segment::Deep;
    }
    if !is_glob(text) {
        return Segment::Plain(text.to_owned());
    }
    let around = text
        .split_once('*')
        .filter(|(start, end)| !is_glob(start) && !is_glob(end))
        .map(|(start, end)| (start.to_owned(), end.to_owned()));
    match GlobBuilder::new(text).literal_separator(true).build() {
        Ok(glob) => Segment::Glob {
            matcher: glob.compile_matcher(),
            around,
        },
        Err(_) => Segment::Plain(text.to_owned()),
    }
}

/// Matches names one by one and keeps what stars stand for.
fn capture<'p>(pattern: &[Segment], parts: &[&'p str], captures: &mut Vec<&'p str>) -> bool {
    let Some((first, rest)) = pattern.split_first() else {
        return parts.is_empty();
    };
    if matches!(first, Segment::Deep) {
        return (0..=parts.len()).any(|taken| {
            let kept = captures.len();
            captures.extend(&parts[..taken]);
            let fits = capture(rest, &parts[taken..], captures);
            if !fits {
                captures.truncate(kept);
            }
            fits
        });
    }
    let Some((part, after)) = parts.split_first() else {
        return false;
    };
    match first {
        Segment::Plain(text) if text == part => {}
        Segment::Glob { matcher, around } if matcher.is_match(part) => {
            let inner = around
                .as_ref()
                .and_then(|(start, end)| part.strip_prefix(start.as_str())?.strip_suffix(end.as_str()));
            captures.push(inner.unwrap_or(part));
        }
        _ => return false,
    }
    capture(rest, after, captures)
}

#[cfg(test)]
mod tests {
    use super::{Naming, Roots};
    use crate::config::environments::{Environment, Environments};

    fn environment(name: &str, paths: &[&str]) -> Environment {
        Environment {
            name: name.into(),
            branch: None,
            paths: paths.iter().map(|it| (*it).to_owned()).collect(),
            files: Vec::new(),
            group: None,
            protected: false,
        }
    }

    fn all(list: Vec<Environment>) -> Environments {
        Environments {
            list,
            strategy: None,
            file: None,
            ambiguous: None,
        }
    }

    fn app(environments: &Environments, index: usize, directory: &str) -> String {
        let naming = Naming::of(environments);
        Roots::of(&naming, &environments.list[index]).app(directory)
    }

    #[test]
    fn an_app_is_what_the_stars_stand_for() {
        let known = all(vec![
            environment("stg", &["apps/*/overlays/stg"]),
            environment("prd", &["apps/*/overlays/prd", "clusters/prd-*"]),
        ]);
        assert_eq!(app(&known, 0, "apps/pay/overlays/stg"), "pay");
        assert_eq!(app(&known, 1, "apps/pay/overlays/prd"), "pay");
        assert_eq!(app(&known, 1, "apps/dev-portal/overlays/prd/eu"), "dev-portal/eu");
        assert_eq!(app(&known, 1, "clusters/prd-eu"), "eu");
    }

    #[test]
    fn an_environment_with_one_root_has_one_app_and_lists_have_what_does_not_name_it() {
        let known = all(vec![
            environment("stg", &["overlays/stg"]),
            environment("prd", &["overlays/prd"]),
        ]);
        assert_eq!(app(&known, 0, "overlays/stg"), "");
        assert_eq!(app(&known, 1, "overlays/prd/web"), "web");
        let known = all(vec![
            environment("stg", &["a/stg", "b/stg"]),
            environment("prd", &["a/production", "b/production"]),
        ]);
        assert_eq!(app(&known, 0, "b/stg"), "b");
        assert_eq!(app(&known, 1, "b/production"), "b");
    }

    #[test]
    fn names_of_environments_are_blanked_where_they_are_words() {
        let known = all(vec![environment("stg", &["x"]), environment("prd-eu", &["y"])]);
        let naming = Naming::of(&known);
        assert_eq!(naming.blank("values-stg.yaml"), "values-{env}.yaml");
        assert_eq!(naming.blank("values-prd-eu.yaml"), "values-{env}.yaml");
        assert_eq!(naming.blank("values-production.yaml"), "values-{env}.yaml");
        assert_eq!(naming.blank("postgres.yaml"), "postgres.yaml");
    }
}
