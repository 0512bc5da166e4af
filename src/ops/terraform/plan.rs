//! A plan as people ask about it: which things, and what happens to each.

/// What happens to one thing, in the order in which it is told: what is lost comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Action {
    /// It is destroyed.
    Delete,
    /// It is destroyed and made again, in either order.
    Replace,
    /// It stays as it is, and is no longer looked after.
    Forget,
    /// Something that this version does not know.
    Other,
    /// It is made.
    Create,
    /// It is changed where it is.
    Update,
    /// A data source is read.
    Read,
    /// Nothing, but perhaps a new address or an import.
    None,
}

impl Action {
    /// Every action, in the order in which it is told.
    pub(crate) const ALL: [Action; 8] = [
        Action::Delete,
        Action::Replace,
        Action::Forget,
        Action::Other,
        Action::Create,
        Action::Update,
        Action::Read,
        Action::None,
    ];

    /// The word for it, also in documents.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Action::Delete => "delete",
            Action::Replace => "replace",
            Action::Forget => "forget",
            Action::Other => "other",
            Action::Create => "create",
            Action::Update => "update",
            Action::Read => "read",
            Action::None => "none",
        }
    }

    /// Whether something that is there is lost.
    pub(crate) fn destroys(self) -> bool {
        matches!(self, Action::Delete | Action::Replace)
    }
}

/// One resource, and what happens to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Row {
    /// Its address on one line, with the keys of `for_each`.
    pub(crate) address: String,
    /// What happens to it.
    pub(crate) action: Action,
    /// The actions as the plan writes them, in its order.
    pub(crate) written: Vec<String>,
    /// The address before, where it moves.
    pub(crate) moved_from: Option<String>,
    /// Whether it is taken over from outside.
    pub(crate) origin: Origin,
    /// Why, where the plan says so; a known word of its own, such as `replace_because_tainted`.
    pub(crate) reason: Option<String>,
    /// Names of the attributes that cannot be changed in place, without what stands below them: that may be data.
    pub(crate) because_of: Vec<String>,
    /// Whether it is an object that an interrupted replacement left behind.
    pub(crate) deposed: bool,
}

/// Where a resource comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    /// The state knows it, or it is made.
    State,
    /// It is imported.
    Import,
}

impl Row {
    /// Whether anything happens to it.
    pub(crate) fn changes(&self) -> bool {
        self.action != Action::None || self.moved_from.is_some() || self.origin == Origin::Import
    }

    /// What should be known besides the action, in a few words; may be empty.
    pub(crate) fn notes(&self) -> String {
        let mut notes = Vec::new();
        if self.action == Action::Other {
            notes.push(format!("actions: {}", self.written.join(", ")));
        }
        if self.written.len() > 1 && self.written.first().is_some_and(|first| first == "create") {
            notes.push("created before the old one goes".to_owned());
        }
        if self.written.iter().any(|it| it == "forget") && self.written.len() > 1 {
            notes.push("the old one is left behind".to_owned());
        }
        if self.deposed {
            notes.push("deposed object".to_owned());
        }
        if self.origin == Origin::Import {
            notes.push("imported".to_owned());
        }
        if let Some(from) = &self.moved_from {
            notes.push(format!("moved from {from}"));
        }
        if !self.because_of.is_empty() {
            notes.push(format!("because of {}", self.because_of.join(", ")));
        } else if let Some(reason) = self.reason.as_deref().and_then(in_words) {
            notes.push(reason.to_owned());
        }
        notes.join("; ")
    }
}

/// An output of the root module, and what happens to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Output {
    pub(crate) name: String,
    pub(crate) action: Action,
}

/// What a plan would do.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub(crate) struct Plan {
    /// The form of the document: `1.2`.
    pub(crate) format: String,
    /// The version of the program that wrote it, where it says so.
    pub(crate) program: Option<String>,
    /// Resources that something happens to: what is lost first, then by address.
    pub(crate) rows: Vec<Row>,
    /// Outputs that change, by name.
    pub(crate) outputs: Vec<Output>,
    /// What was changed behind the program's back, by address.
    pub(crate) drift: Vec<Row>,
    /// What is put off until a later plan, by address.
    pub(crate) deferred: Vec<String>,
    /// Checks that fail, by address.
    pub(crate) failed_checks: Vec<String>,
    /// Actions of providers that are run besides, by address.
    pub(crate) invoked: Vec<String>,
    /// Whether planning ended with an error.
    pub(crate) errored: bool,
    /// Whether nothing was put off or left out; none where the plan does not say.
    pub(crate) complete: Option<bool>,
    /// Whether there is something to apply; none where the plan does not say.
    pub(crate) applyable: Option<bool>,
}

impl Plan {
    /// Whether applying it would change anything.
    pub(crate) fn changes(&self) -> bool {
        !self.rows.is_empty() || !self.outputs.is_empty() || !self.invoked.is_empty() || self.applyable == Some(true)
    }

    /// How many resources this happens to.
    pub(crate) fn count(&self, action: Action) -> usize {
        self.rows.iter().filter(|row| row.action == action).count()
    }

    /// How many are imported.
    pub(crate) fn imports(&self) -> usize {
        self.rows.iter().filter(|row| row.origin == Origin::Import).count()
    }

    /// How many move to another address.
    pub(crate) fn moves(&self) -> usize {
        self.rows.iter().filter(|row| row.moved_from.is_some()).count()
    }

    /// What is lost, first deletions and then replacements.
    pub(crate) fn lost(&self) -> impl Iterator<Item = &Row> {
        self.rows.iter().filter(|row| row.action.destroys())
    }

    /// Everything else that happens.
    pub(crate) fn kept(&self) -> impl Iterator<Item = &Row> {
        self.rows.iter().filter(|row| !row.action.destroys())
    }

    /// The counts that are not 0, each with its word: `2 to delete`.
    pub(crate) fn counted(&self) -> String {
        let mut parts = Vec::new();
        for action in Action::ALL.into_iter().filter(|action| *action != Action::None) {
            let word = match action {
                Action::Other => "with an action that is not known",
                known => &format!("to {}", known.word()),
            };
            push(&mut parts, self.count(action), word);
        }
        push(&mut parts, self.imports(), "to import");
        push(&mut parts, self.moves(), "to move");
        push(&mut parts, self.invoked.len(), "to invoke");
        let outputs = match self.outputs.len() {
            0 => None,
            1 => Some("1 output changes".to_owned()),
            more => Some(format!("{more} outputs change")),
        };
        parts.extend(outputs);
        match parts.is_empty() {
            true if self.applyable == Some(true) => "only what is known of the present changes".to_owned(),
            true => "nothing changes".to_owned(),
            false => parts.join(", "),
        }
    }
}

fn push(parts: &mut Vec<String>, count: usize, word: &str) {
    if count > 0 {
        parts.push(format!("{count} {word}"));
    }
}

/// The reasons that plans give, in words.
///
/// Source: <https://developer.hashicorp.com/terraform/internals/json-format>, `action_reason`.
fn in_words(reason: &str) -> Option<&'static str> {
    Some(match reason {
        "replace_because_tainted" => "it is tainted",
        "replace_because_cannot_update" => "it cannot be changed in place",
        "replace_by_request" => "asked for",
        "replace_by_triggers" => "by replace_triggered_by",
        "delete_because_no_resource_config" => "no longer in the configuration",
        "delete_because_no_module" => "its module is gone",
        "delete_because_wrong_repetition" => "count or for_each came or went",
        "delete_because_count_index" => "count is lower",
        "delete_because_each_key" => "its key is gone from for_each",
        "delete_because_no_move_target" => "nothing is at the address it would move to",
        "read_because_config_unknown" | "read_because_dependency_pending" => "known only while applying",
        "read_because_check_nested" => "for a check",
        _ => return None,
    })
}
