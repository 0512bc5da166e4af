//! Many questions at once, over a bounded number of connections.

use std::num::NonZeroUsize;
use std::panic;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

/// How many connections a command has open at most.
pub(crate) const CONNECTIONS: NonZeroUsize = NonZeroUsize::new(16).unwrap();

/// Does `work` on every item, from at most `connections` threads at once, and returns what came of each, in the order of the
/// items. `on_done` is called after each of them, from the thread that did it. With one connection, or one item, no thread is
/// started.
///
/// # Panics
/// Passes on a panic of `work`, after the other threads have done what they had begun.
pub(crate) fn each<T: Sync, R: Send>(
    items: &[T],
    connections: NonZeroUsize,
    on_done: &(dyn Fn() + Sync),
    work: impl Fn(&T) -> R + Sync,
) -> Vec<R> {
    let done = |item: &T| {
        let result = work(item);
        on_done();
        result
    };
    let threads = connections.get().min(items.len());
    if threads < 2 {
        return items.iter().map(done).collect();
    }
    let next = AtomicUsize::new(0);
    let results: Mutex<Vec<Option<R>>> = Mutex::new(items.iter().map(|_| None).collect());
    let run = || {
        while let Some((number, item)) = take(&next, items) {
            let result = done(item);
            if let Ok(mut results) = results.lock() {
                results[number] = Some(result);
            }
        }
    };
    thread::scope(|scope| {
        let workers: Vec<_> = (0..threads).map(|_| scope.spawn(run)).collect();
        for worker in workers {
            if let Err(cause) = worker.join() {
                // Nobody begins anything more.
                next.store(items.len(), Ordering::Relaxed);
                panic::resume_unwind(cause);
            }
        }
    });
    let results = results.into_inner().unwrap_or_default();
    results.into_iter().flatten().collect()
}

fn take<'t, T>(next: &AtomicUsize, items: &'t [T]) -> Option<(usize, &'t T)> {
    let number = next.fetch_add(1, Ordering::Relaxed);
    items.get(number).map(|item| (number, item))
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroUsize;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::time::Duration;
    use std::{panic, thread};

    use super::each;

    fn connections(count: usize) -> NonZeroUsize {
        NonZeroUsize::new(count).unwrap()
    }

    #[test]
    fn results_come_in_the_order_of_the_items_whoever_is_first() {
        let items: Vec<u64> = (0..40).collect();
        let done = AtomicUsize::new(0);
        let count = || {
            done.fetch_add(1, Ordering::Relaxed);
        };
        let results = each(&items, connections(8), &count, |item| {
            thread::sleep(Duration::from_millis(40 - item));
            item * 2
        });
        assert_eq!(results, items.iter().map(|item| item * 2).collect::<Vec<_>>());
        assert_eq!(done.into_inner(), 40);
        assert!(each(&[] as &[u64], connections(8), &|| {}, |item| *item).is_empty());
    }

    #[test]
    fn no_more_are_under_way_than_was_said() {
        let (now, most) = (AtomicUsize::new(0), AtomicUsize::new(0));
        each(&[(); 30], connections(4), &|| {}, |()| {
            most.fetch_max(now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
            thread::sleep(Duration::from_millis(2));
            now.fetch_sub(1, Ordering::SeqCst);
        });
        assert_eq!(most.into_inner(), 4);
    }

    #[test]
    fn a_panic_is_passed_on() {
        let caught = panic::catch_unwind(|| {
            each(&[1, 2, 3], connections(2), &|| {}, |item| assert!(*item != 2, "two"));
        });
        assert!(caught.is_err());
    }
}
