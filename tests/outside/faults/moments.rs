//! Which of many moments are tried.

use crate::everywhere::Dice;

/// How many moments of one way to harm a scenario are tried by default; `RAKOPS_FAULTS` is another number, or `all`.
const TRIED: usize = 3;

/// Moments of a run, from 1.
pub(super) struct Moments {
    of: usize,
    tried: usize,
    seed: u64,
}

impl Moments {
    /// `of` calls were counted.
    pub(super) fn of(of: usize) -> Moments {
        let wanted = match std::env::var("RAKOPS_FAULTS").as_deref() {
            Ok("all") => of,
            _ => wanted(TRIED),
        };
        Moments {
            of,
            tried: wanted.min(of),
            seed: seed(),
        }
    }

    /// One at random of each part, where the run is cut in as many parts as there are to be tried: `RAKOPS_MOMENT` is the only one.
    pub(super) fn chosen(&self) -> Vec<usize> {
        if let Ok(only) = std::env::var("RAKOPS_MOMENT") {
            return vec![only.parse().expect("RAKOPS_MOMENT is a number")];
        }
        let mut dice = Dice::new(self.seed);
        (0..self.tried)
            .map(|part| {
                let (from, to) = (part * self.of / self.tried, (part + 1) * self.of / self.tried);
                1 + from + dice.below(to - from)
            })
            .collect()
    }

    /// Says how to try the same ones again, where they were drawn.
    pub(super) fn tell(&self) {
        if self.tried < self.of {
            println!("faults: RAKOPS_SEED={}", self.seed);
        }
    }
}

/// How many are asked for; `usual` where nobody says.
pub(super) fn wanted(usual: usize) -> usize {
    match std::env::var("RAKOPS_FAULTS").as_deref() {
        Ok("all") => usual * 10,
        Ok(number) => number.parse().expect("RAKOPS_FAULTS is a number, or `all`"),
        Err(_) => usual,
    }
}

/// What random moments are drawn by.
pub(super) fn seed() -> u64 {
    let seed = std::env::var("RAKOPS_SEED").ok().and_then(|it| it.parse().ok());
    seed.unwrap_or_else(|| u64::from(std::process::id()))
}
