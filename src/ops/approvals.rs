//! What judging an approval needs to ask: which request brought a commit, who is in a team, and who owned what.

use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap};
use std::rc::Rc;

use crate::audit::{Dialect, Owners};
use crate::error::Error;
use crate::forge::{Host, Merged};
use crate::git::names::Oid;
use crate::git::open::Repository;
use crate::text::time;

/// The request that a commit of a branch came by: the one that became this commit, else the one that was merged first. A request
/// whose own branch has the commit as it is, and became another one, did not bring it: it was pushed before.
///
/// # Errors
/// As reading history.
pub(crate) fn chosen<'m>(
    repository: &Repository,
    commit: &Oid,
    requests: &'m [Merged],
) -> Result<Option<&'m Merged>, Error> {
    let became = |merged: &Merged| merged.request.merge_oid.as_ref() == Some(commit);
    if let Some(merged) = requests.iter().find(|merged| became(merged)) {
        return Ok(Some(merged));
    }
    let mut able = Vec::new();
    for merged in requests {
        let is_late = match (&merged.request.merge_oid, &merged.request.head_oid) {
            (Some(made), Some(head)) if made != head => repository.is_ancestor(commit, head)? == Some(true),
            _ => false,
        };
        if !is_late {
            able.push(merged);
        }
    }
    let at = |merged: &&Merged| merged.request.merged_at.as_deref().and_then(time::read);
    Ok(able.into_iter().min_by_key(at))
}

/// What this token may not read is not known; anything else that goes wrong stays an error.
///
/// # Errors
/// As the answer.
pub(crate) fn told<T>(answer: Result<Option<T>, Error>) -> Result<Option<T>, Error> {
    match answer {
        Err(error) if matches!(error.code, "not-permitted" | "not-found") => Ok(None),
        answer => answer,
    }
}

/// The members of teams; each team is asked for once.
pub(crate) struct Teams<'h> {
    host: &'h Host<'h>,
    known: RefCell<BTreeMap<String, Option<Vec<String>>>>,
    failure: RefCell<Option<Error>>,
}

impl<'h> Teams<'h> {
    pub(crate) fn new(host: &'h Host<'h>) -> Teams<'h> {
        Teams {
            host,
            known: RefCell::default(),
            failure: RefCell::default(),
        }
    }

    /// Logins of a team; none if they are not known.
    pub(crate) fn members(&self, team: &str) -> Option<Vec<String>> {
        if let Some(known) = self.known.borrow().get(team) {
            return known.clone();
        }
        let found = told(self.host.members(team)).unwrap_or_else(|error| {
            self.failure.borrow_mut().get_or_insert(error);
            None
        });
        self.known.borrow_mut().insert(team.to_owned(), found.clone());
        found
    }

    /// The teams whose members were asked for and are not told, sorted.
    ///
    /// # Errors
    /// The first thing that went wrong while asking.
    pub(crate) fn unknown(self) -> Result<Vec<String>, Error> {
        match self.failure.into_inner() {
            Some(error) => Err(error),
            None => {
                let dark = self
                    .known
                    .into_inner()
                    .into_iter()
                    .filter(|(_, members)| members.is_none());
                Ok(dark.map(|(team, _)| team).collect())
            }
        }
    }
}

/// The code owners of trees; each file is read once.
pub(crate) struct OwnersOf<'o> {
    repository: &'o Repository,
    dialect: Option<Dialect>,
    /// By the place and content of the file.
    known: HashMap<(String, Oid), Rc<Owners>>,
}

impl<'o> OwnersOf<'o> {
    /// `dialect` is none where the forge has no such file.
    pub(crate) fn new(repository: &'o Repository, dialect: Option<Dialect>) -> OwnersOf<'o> {
        OwnersOf {
            repository,
            dialect,
            known: HashMap::new(),
        }
    }

    /// The code owners in the tree of a commit; none where there is no file.
    ///
    /// # Errors
    /// As reading the commit.
    pub(crate) fn of(&mut self, commit: &Oid) -> Result<Option<Rc<Owners>>, Error> {
        let Some(dialect) = self.dialect else { return Ok(None) };
        let Some(tree) = self.repository.commit(commit)?.map(|it| it.tree) else {
            return Err(Error::bug("a commit whose code owners are asked for is not there"));
        };
        for place in dialect.places() {
            let Some(entry) = self.repository.entry(&tree, place)?.filter(|it| it.mode.is_file()) else {
                continue;
            };
            let key = ((*place).to_owned(), entry.id.clone());
            if let Some(known) = self.known.get(&key) {
                return Ok(Some(known.clone()));
            }
            let bytes = self.repository.blob(&entry.id)?;
            let read = |path: &str| Ok((path == *place).then(|| bytes.clone()));
            let Some(owners) = Owners::read(&read, dialect)? else {
                continue;
            };
            let owners = Rc::new(owners);
            self.known.insert(key, owners.clone());
            return Ok(Some(owners));
        }
        Ok(None)
    }
}

#[cfg(test)]
mod tests {
    use super::told;
    use crate::error::{Error, Kind};

    #[test]
    fn only_what_may_not_be_read_is_passed_over() {
        let error = |code| Error::new(Kind::Access, code, "no");
        assert_eq!(told::<()>(Err(error("not-permitted"))).unwrap(), None);
        assert!(told::<()>(Err(error("token-refused"))).is_err());
    }
}
