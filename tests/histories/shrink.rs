//! Plays many histories on two threads; makes one that fails smaller, and prints it.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use super::plan::{self, Plan};
use super::{Strategy, Tally, play};

/// So many histories are played to make one smaller.
const TRIES: usize = 120;

/// Plays the histories of some seeds; panics with the smallest one that fails.
pub(crate) fn judge_seeds(strategy: Strategy, seeds: std::ops::Range<u64>) -> Tally {
    let next = AtomicU64::new(seeds.start);
    let tally = Mutex::new(Tally::default());
    let failed: Mutex<Vec<(u64, String)>> = Mutex::new(Vec::new());
    let enough = if std::env::var_os("RAKOPS_HISTORY_ALL").is_some() {
        usize::MAX
    } else {
        1
    };
    let work = || {
        loop {
            let seed = next.fetch_add(1, Ordering::Relaxed);
            if seed >= seeds.end || failed.lock().unwrap().len() >= enough {
                return;
            }
            match attempt(&plan::draw(strategy, seed)) {
                Ok(one) => tally.lock().unwrap().add(&one),
                Err(why) => {
                    if enough > 1 {
                        println!("seed {seed}: {}", why.lines().take(3).collect::<Vec<_>>().join(" | "));
                    }
                    failed.lock().unwrap().push((seed, why));
                }
            }
        }
    };
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(work);
        }
    });
    let mut failed = failed.into_inner().unwrap();
    failed.sort();
    if let Some((seed, why)) = failed.first() {
        let (plan, why) = smaller(plan::draw(strategy, *seed), why.clone());
        let ops: Vec<String> = plan.ops.iter().map(|op| format!("    {op:?},\n")).collect();
        panic!(
            "{} histories fail; seed {seed} of {} made smaller:\n  {:?}, [\n{}  ]\n{why}\nagain: RAKOPS_HISTORY={seed} cargo test --test it histories::{}",
            failed.len(),
            strategy.name(),
            plan.layout,
            ops.concat(),
            strategy.name().replace('-', "_"),
        );
    }
    tally.into_inner().unwrap()
}

fn attempt(plan: &Plan) -> Result<Tally, String> {
    catch_unwind(AssertUnwindSafe(|| play::play(plan))).unwrap_or_else(|why| {
        let text = why.downcast_ref::<String>().cloned();
        Err(text.unwrap_or_else(|| "it panicked".to_owned()))
    })
}

/// Leaves out steps as long as it fails all the same.
fn smaller(mut plan: Plan, mut why: String) -> (Plan, String) {
    let mut tries = 0;
    let mut size = plan.ops.len().div_ceil(2);
    while size > 0 && tries < TRIES {
        let mut at = 0;
        while at < plan.ops.len() && tries < TRIES {
            let mut fewer = plan.clone();
            fewer.ops.drain(at..(at + size).min(plan.ops.len()));
            tries += 1;
            match attempt(&fewer) {
                Err(other) => (plan, why) = (fewer, other),
                Ok(_) => at += size,
            }
        }
        size /= 2;
    }
    (plan, why)
}
