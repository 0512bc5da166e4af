//! What happens in a generated history, as a value: a list of steps of which any may be left out, so that a history that
//! fails can be made smaller.

use super::Strategy;
use super::content::{BLOCKS, Layout};
use super::dice::Dice;

/// How a feature comes to a branch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum How {
    /// By a merge commit.
    Merge,
    /// By one commit that the forge makes of all.
    Squash,
    /// Each commit by itself.
    Rebase,
    /// `git cherry-pick`, with `-x` or without.
    Pick { named: bool },
    /// The same, and a line of it was edited on the way.
    Edited { named: bool },
}

/// How the request of a promotion was merged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Landing {
    /// Not at all: it was pushed.
    Push,
    Merge,
    /// Squashed: the whole message was kept.
    Kept,
    /// Squashed: only the title was.
    Title,
    /// Squashed: a list of all messages.
    List,
}

/// One step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Op {
    /// Somebody writes a feature in so many commits; it also changes this block of the shared file, if any.
    Feature {
        number: u16,
        commits: u8,
        block: Option<u8>,
        mixed: bool,
    },
    /// A feature comes to an environment's branch.
    Land { number: u16, environment: usize, how: How },
    /// A version is set on an environment's branch.
    Bump { environment: usize, image: u8 },
    /// A setting of an environment's own is changed on its branch.
    Overlay { environment: usize, at: u8 },
    /// Something urgent is changed on the last environment's branch.
    Hotfix { number: u16 },
    /// The same of a version.
    VersionHotfix { image: u8 },
    /// A feature is taken back on a branch.
    Revert { number: u16, environment: usize },
    /// An environment is promoted to the next one.
    Promote { from: usize, landing: Landing },
    /// The newest promotion of a branch is taken back.
    RevertPromotion { environment: usize },
    /// The newest version of an environment is taken back by rakops.
    Rollback { environment: usize },
    /// So many days pass.
    Wait { days: u8 },
}

/// A generated history: where files are, and what happens.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    pub(crate) strategy: Strategy,
    pub(crate) layout: Layout,
    pub(crate) ops: Vec<Op>,
    /// Whether kustomize is asked, too.
    pub(crate) render: bool,
}

/// Draws a history.
pub(crate) fn draw(strategy: Strategy, seed: u64) -> Plan {
    let mut dice = Dice::new(seed);
    let layout = match (strategy, dice.below(3)) {
        (Strategy::Trunk, _) | (_, 0 | 1) => Layout::Overlays,
        _ => Layout::Single,
    };
    let mut ops = Vec::new();
    let features = 3 + dice.below(4) as u16;
    for number in 0..features {
        let commits = 1 + u8::from(dice.below(3) == 0);
        let block = (dice.below(2) == 0).then_some((number as u8) % BLOCKS);
        ops.push(Op::Feature {
            number,
            commits,
            block,
            mixed: dice.below(6) == 0,
        });
        ops.push(Op::Land {
            number,
            environment: 0,
            how: how(&mut dice, strategy),
        });
        for _ in 0..dice.below(4) {
            ops.push(something(&mut dice, strategy, number));
        }
    }
    if dice.below(6) == 0 {
        ops.push(Op::Wait { days: 15 });
    }
    for _ in 0..dice.below(4) {
        ops.push(something(&mut dice, strategy, features - 1));
    }
    Plan {
        strategy,
        layout,
        ops,
        render: seed.is_multiple_of(4),
    }
}

fn how(dice: &mut Dice, strategy: Strategy) -> How {
    match dice.below(if strategy == Strategy::Chain { 5 } else { 10 }) {
        0..=2 => How::Merge,
        3 => How::Squash,
        4 => How::Rebase,
        5 => How::Squash,
        6 | 7 => How::Pick {
            named: dice.below(2) == 0,
        },
        _ => How::Edited {
            named: dice.below(2) == 0,
        },
    }
}

fn landing(dice: &mut Dice) -> Landing {
    [
        Landing::Push,
        Landing::Merge,
        Landing::Kept,
        Landing::Title,
        Landing::List,
    ][dice.below(5)]
}

fn something(dice: &mut Dice, strategy: Strategy, newest: u16) -> Op {
    let number = dice.below(usize::from(newest) + 1) as u16;
    let environment = dice.below(3);
    match strategy {
        Strategy::FanOut => match dice.below(20) {
            0..=7 => Op::Land {
                number,
                environment: 1 + dice.below(2),
                how: how(dice, strategy),
            },
            8 | 9 => Op::Bump {
                environment,
                image: dice.below(2) as u8,
            },
            10 => Op::Overlay {
                environment,
                at: dice.below(3) as u8,
            },
            11 => Op::Hotfix { number: 100 + number },
            12 => Op::VersionHotfix {
                image: dice.below(2) as u8,
            },
            13 | 14 => Op::Revert { number, environment },
            15 | 16 => Op::Promote {
                from: dice.below(2),
                landing: landing(dice),
            },
            17 => Op::RevertPromotion {
                environment: 1 + dice.below(2),
            },
            18 => Op::Rollback { environment },
            _ => Op::Land {
                number,
                environment: 2,
                how: how(dice, strategy),
            },
        },
        _ => match dice.below(16) {
            0..=2 => Op::Bump {
                environment: 0,
                image: dice.below(2) as u8,
            },
            3 => Op::Overlay {
                environment: dice.below(3),
                at: dice.below(3) as u8,
            },
            4 => Op::Hotfix { number: 100 + number },
            5 => Op::VersionHotfix {
                image: dice.below(2) as u8,
            },
            6 | 7 => Op::Revert { number, environment: 0 },
            8..=12 => Op::Promote {
                from: dice.below(2),
                landing: landing(dice),
            },
            13 => Op::RevertPromotion {
                environment: 1 + dice.below(2),
            },
            14 => Op::Rollback { environment },
            _ => Op::Bump {
                environment,
                image: dice.below(2) as u8,
            },
        },
    }
}
