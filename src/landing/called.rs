//! What one change is called on every branch that it lands on: the value of `Rakops-Change:`.

use std::cell::RefCell;

use crate::change::intent::Intent;
use crate::git::names::Oid;
use crate::text::code::fnv;

/// The name of one change on several branches, once it is known.
#[derive(Debug, Default)]
pub(crate) struct Called(RefCell<Option<String>>);

impl Called {
    /// Names it after what was asked for and the commit that it begins on, unless it has a name. The same words make another
    /// change later: the first one has moved the branch.
    pub(crate) fn begin(&self, intent: &Intent, tip: &Oid) {
        let mut known = self.0.borrow_mut();
        if known.is_none() {
            let environments = intent.environments.join("+");
            let subjects = intent.subjects.join("\n");
            let words = format!("{}\n{environments}\n{subjects}\n{tip}", intent.command);
            let hash = fnv(words.bytes()) & 0xffff_ffff_ffff;
            *known = Some(format!(
                "{}-{environments}-{hash:012x}",
                intent.command.replace(' ', "-")
            ));
        }
    }

    /// Gives it the name that an open request of it has; returns whether that is another.
    pub(crate) fn keep(&self, id: String) -> bool {
        self.0.replace(Some(id.clone())) != Some(id)
    }

    /// Its name.
    pub(crate) fn id(&self) -> String {
        self.0.borrow().clone().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::Called;
    use crate::change::intent::Intent;
    use crate::git::names::Oid;

    #[test]
    fn a_change_keeps_its_name_until_an_open_request_has_another() {
        let intent = Intent {
            command: "overlay set",
            environments: vec!["prd".into()],
            subjects: vec!["Deployment/api".into(), "spec.replicas".into()],
            ..Intent::default()
        };
        let tip = |digit: &str| Oid::parse(&digit.repeat(40)).unwrap();
        let (called, later) = (Called::default(), Called::default());
        called.begin(&intent, &tip("1"));
        let first = called.id();
        assert!(first.starts_with("overlay-set-prd-") && first.len() == 28, "{first}");
        called.begin(&intent, &tip("2"));
        assert_eq!(called.id(), first);
        later.begin(&intent, &tip("2"));
        assert_ne!(later.id(), first);
        assert!(called.keep(later.id()) && !called.keep(later.id()));
    }
}
