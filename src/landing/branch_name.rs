//! The branch of a pull request as a function of the intent: the same words lead to the same request.

use crate::change::intent::Intent;
use crate::error::Error;
use crate::git::names::BranchName;
use crate::text::code::fnv;

/// Everything that rakops makes begins with this.
const PREFIX: &str = "rakops";
/// A longer list of subjects is written as its number and a hash. In bytes.
const LONGEST: usize = 60;

/// Returns the branch that a pull request for `intent` onto `base` comes from: `rakops/bump/stg/api`.
///
/// It has always four parts, so that one name never stands where another needs a directory. `own_base` tells whether
/// `base` is where the intent lands by itself; any other base is part of the name.
///
/// # Errors
/// None that is known; the parts are made of what git takes.
pub(crate) fn of(intent: &Intent, base: &BranchName, own_base: OwnBase) -> Result<BranchName, Error> {
    let environments = match intent.environments.is_empty() {
        true => "all".to_owned(),
        false => shortened(intent.environments.clone(), "+"),
    };
    let environments = match &intent.from {
        Some(from) => format!("{}-to-{environments}", slug(from)),
        None => environments,
    };
    let mut subjects = intent.subjects.clone();
    subjects.sort();
    subjects.dedup();
    // What is carried as a whole is about everything.
    let mut last = match (&intent.from, subjects.is_empty()) {
        (Some(_), true) => "all".to_owned(),
        _ => shortened(subjects, "+"),
    };
    if own_base == OwnBase::No {
        last.push_str("--");
        last.push_str(&slug(base.as_str()));
    }
    let command = plain(intent.command);
    BranchName::parse(&format!("{PREFIX}/{command}/{environments}/{last}"))
}

/// Whether an intent lands on a branch by itself, or because `--onto` says so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum OwnBase {
    Yes,
    No,
}

/// The parts, each as a slug; many or long ones as their number and a hash.
fn shortened(parts: Vec<String>, between: &str) -> String {
    let joined = parts.iter().map(|part| slug(part)).collect::<Vec<_>>().join(between);
    match joined.len() <= LONGEST && !joined.is_empty() {
        true => joined,
        false => format!(
            "{}-{:012x}",
            parts.len(),
            fnv(parts.join("\n").bytes()) & 0xffff_ffff_ffff
        ),
    }
}

/// What git, URLs and shells take as it is: letters, digits, `.`, `_` and `-`. Where something else had to go, a hash says
/// what it was: `a/b` and `a-b` are not the same.
fn slug(text: &str) -> String {
    let plain = plain(text);
    match plain == text {
        true => plain,
        false => format!("{plain}-{:06x}", fnv(text.bytes()) & 0xff_ffff),
    }
}

fn plain(text: &str) -> String {
    let mut slug = String::with_capacity(text.len());
    for c in text.chars() {
        let c = if c.is_ascii_alphanumeric() || "._-".contains(c) {
            c
        } else {
            '-'
        };
        if !(matches!(c, '-' | '.') && slug.ends_with(c)) {
            slug.push(c);
        }
    }
    let slug = slug.trim_matches(['-', '.']);
    match slug.strip_suffix(".lock") {
        Some(rest) => format!("{rest}-lock"),
        None => slug.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::{OwnBase, of};
    use crate::change::intent::Intent;
    use crate::git::names::BranchName;

    fn name(environments: &[&str], subjects: &[&str], own_base: OwnBase) -> String {
        let owned = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        let intent = Intent {
            command: "bump",
            environments: owned(environments),
            subjects: owned(subjects),
            ..Intent::default()
        };
        let base = BranchName::parse("release/1.2").unwrap();
        of(&intent, &base, own_base).unwrap().to_string()
    }

    #[test]
    fn a_name_holds_operation_environments_and_images() {
        assert_eq!(name(&["stg"], &["api"], OwnBase::Yes), "rakops/bump/stg/api");
        assert_eq!(
            name(&["dev", "stg"], &["web", "api"], OwnBase::Yes),
            "rakops/bump/dev+stg/api+web"
        );
        assert_eq!(name(&[], &["api"], OwnBase::Yes), "rakops/bump/all/api");
        assert_eq!(
            name(&["stg"], &["api"], OwnBase::No),
            "rakops/bump/stg/api--release-1.2-fd2cae"
        );
        assert_eq!(
            name(&["stg"], &["a.lock"], OwnBase::Yes),
            "rakops/bump/stg/a-lock-a993b1"
        );
        let promotion = |subjects: &[&str]| {
            let base = BranchName::parse("main").unwrap();
            let intent = Intent {
                command: "promote",
                from: Some("stg".into()),
                environments: vec!["prd".into()],
                subjects: subjects.iter().map(|it| (*it).to_owned()).collect(),
                ..Intent::default()
            };
            of(&intent, &base, OwnBase::Yes).unwrap().to_string()
        };
        assert_eq!(promotion(&[]), "rakops/promote/stg-to-prd/all");
        assert_eq!(promotion(&["api"]), "rakops/promote/stg-to-prd/api");
    }

    #[test]
    fn long_sets_become_a_hash_that_depends_on_all_of_them() {
        let many: Vec<String> = (0..30).map(|i| format!("service-{i}")).collect();
        let many: Vec<&str> = many.iter().map(String::as_str).collect();
        let long = name(&["stg"], &many, OwnBase::Yes);
        assert!(long.starts_with("rakops/bump/stg/30-") && long.len() < 40, "{long}");
        assert_ne!(long, name(&["stg"], &many[1..], OwnBase::Yes));
        assert_eq!(long, name(&["stg"], &many, OwnBase::Yes));
    }
}
