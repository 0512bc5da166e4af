//! Who a commit is by and when it was made, as git would have it.

use super::objects::Who;
use super::program::Git;
use crate::error::{Error, Hint, Kind};

/// A person and a moment, as they stand in a commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Stamp {
    pub(super) who: Who,
    /// Seconds since 1970 and the zone: `1700000000 +0100`.
    pub(super) when: String,
}

impl Stamp {
    /// As it stands in a commit.
    pub(super) fn line(&self) -> String {
        format!("{} <{}> {}", self.who.name, self.who.email, self.when)
    }
}

/// The two roles of a commit, with the names of their variables and settings.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    Author,
    Committer,
}

impl Role {
    fn word(self) -> &'static str {
        match self {
            Role::Author => "AUTHOR",
            Role::Committer => "COMMITTER",
        }
    }
}

/// Returns who the user is in this role, and when. `named` overrides the person, `fallback` stands in for one that git does
/// not know.
///
/// Variables and settings are read here; git itself is asked only for what they leave open, such as a date in one of its
/// many forms.
pub(super) fn stamp(git: &Git, role: Role, people: (Option<&Who>, Option<&Who>)) -> Result<Stamp, Error> {
    let (named, fallback) = people;
    let date = git.variable(&format!("GIT_{}_DATE", role.word())).is_some();
    let known = named.cloned().or_else(|| configured(git, role));
    if let (Some(who), false) = (&known, date) {
        return now(&clean(who));
    }
    let variable = format!("GIT_{}_IDENT", role.word());
    // A date needs somebody to stand beside.
    let stand_in = known.as_ref().or(fallback).map(|who| {
        vec![
            (format!("GIT_{}_NAME", role.word()), clean(who).name),
            (format!("GIT_{}_EMAIL", role.word()), clean(who).email),
        ]
    });
    let asked = match &known {
        Some(_) => git.run(&["var", &variable], None, stand_in.as_deref().unwrap_or_default())?,
        None => git.run(&["-c", "user.useConfigOnly=true", "var", &variable], None, &[])?,
    };
    let answer = match (asked.is_success(), stand_in) {
        (true, _) => asked,
        (false, Some(stand_in)) => git.run(&["var", &variable], None, &stand_in)?,
        (false, None) => return Err(nobody(&asked.stderr)),
    };
    read(&answer.text()).ok_or_else(|| nobody(&answer.stderr))
}

/// Source: `git help commit`, "Commit information".
fn configured(git: &Git, role: Role) -> Option<Who> {
    let section = role.word().to_ascii_lowercase();
    let setting = |name: &str| {
        let own = git.config(&format!("{section}.{name}"));
        own.or_else(|| git.config(&format!("user.{name}")))
            .filter(|value| !value.is_empty())
    };
    let variable = |name: &str| git.variable(&format!("GIT_{}_{name}", role.word())).map(str::to_owned);
    Some(Who {
        name: variable("NAME").or_else(|| setting("name"))?,
        email: variable("EMAIL")
            .or_else(|| setting("email"))
            .or_else(|| git.variable("EMAIL").map(str::to_owned))?,
    })
}

/// Takes out what would break the line. Source: ident.c of git, `strbuf_addstr_without_crud`.
fn clean(who: &Who) -> Who {
    let tidy = |text: &str| {
        let kept: String = text.chars().filter(|c| !matches!(c, '<' | '>' | '\n' | '\0')).collect();
        let is_crud = |c: char| c <= ' ' || ".,:;\"\\'".contains(c);
        kept.trim_matches(is_crud).to_owned()
    };
    Who {
        name: tidy(&who.name),
        email: tidy(&who.email),
    }
}

fn now(who: &Who) -> Result<Stamp, Error> {
    let signature = git2::Signature::now(&who.name, &who.email)
        .map_err(|_| nobody(&format!("`{} <{}>` is no name and address", who.name, who.email)))?;
    let when = signature.when();
    let minutes = when.offset_minutes();
    Ok(Stamp {
        who: who.clone(),
        when: format!(
            "{} {}{:02}{:02}",
            when.seconds(),
            when.sign(),
            minutes.abs() / 60,
            minutes.abs() % 60
        ),
    })
}

/// Reads what `git var` prints: `Name <address> 1700000000 +0100`.
fn read(text: &str) -> Option<Stamp> {
    let (name, rest) = text.split_once('<')?;
    let (email, when) = rest.rsplit_once('>')?;
    Some(Stamp {
        who: Who {
            name: name.trim().to_owned(),
            email: email.to_owned(),
        },
        when: when.trim().to_owned(),
    })
}

fn nobody(said: &str) -> Error {
    let error = Error::new(
        Kind::Config,
        "no-identity",
        "git does not know who you are; `user.name` and `user.email` are not set",
    )
    .hint(Hint::Say(
        "git config --global user.name \"Your Name\"; git config --global user.email you@example.com".into(),
    ));
    match said.lines().find_map(|line| line.strip_prefix("fatal: ")) {
        Some(cause) => error.because(cause),
        None => error,
    }
}
