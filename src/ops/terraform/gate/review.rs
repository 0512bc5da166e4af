//! Whether a request was reviewed as it must be.

use super::{Gate, Look};
use crate::audit::{self, Dialect, Gap, Judging};
use crate::error::Error;
use crate::forge::Merged;
use crate::git::names::Oid;
use crate::ops::approvals::{OwnersOf, Teams};

/// What a request changes, and upon what.
pub(super) struct Change {
    /// What the base was before it: its owners count.
    pub(super) base: Oid,
    pub(super) paths: Vec<String>,
}

impl Look<'_> {
    /// Judges the reviews of a request, and adds what speaks against it.
    ///
    /// # Errors
    /// As asking the forge, and as reading commits.
    pub(super) fn judge(
        &self,
        gate: &mut Gate,
        (merged, change, said): (&Merged, &Change, fn(Gap) -> &'static str),
    ) -> Result<(), Error> {
        let dialect = Dialect::of_forge(self.host.kind());
        let owners = OwnersOf::new(&self.ground.repository, dialect).of(&change.base)?;
        let teams = Teams::new(self.host);
        let members = |team: &str| teams.members(team);
        let ground = Judging {
            owners: owners.as_deref(),
            paths: &change.paths,
            members: &members,
        };
        let judged = audit::judge(merged, &ground);
        let dark = teams.unknown()?;
        for gap in &judged.gaps {
            gate.refuse(gap.code(), said(*gap));
        }
        if judged.gaps.contains(&Gap::OwnerUnknown) {
            for team in dark {
                gate.refuse(
                    "team-unknown",
                    format!("the members of the team `{team}` are not told to this token"),
                );
            }
        }
        for why in &merged.unknown {
            gate.refuse("approval-unknown", why);
        }
        gate.owners = owners.map(|owners| owners.file.clone());
        gate.judged = Some(judged);
        Ok(())
    }
}

/// What a flaw of a merged request is called.
pub(super) fn said_of_merged(gap: Gap) -> &'static str {
    gap.said()
}

/// What it is called while the request is open.
pub(super) fn said_of_open(gap: Gap) -> &'static str {
    match gap {
        Gap::NotApproved => "nobody has approved it",
        Gap::ApprovedOlderCommit => "approved for an older commit than its head",
        Gap::ChangesRequested => "a reviewer asks for changes",
        Gap::ChecksFailed => "a check has failed or not ended",
        other => other.said(),
    }
}
