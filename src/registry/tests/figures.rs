//! Figures: 2,000 images through 16 threads.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use super::World;
use super::registry::{Guard, Registry};

const IMAGES: usize = 2_000;

/// Asks for every image from 16 threads; returns how long that took.
fn ask_all(world: &World, work: impl Fn(&super::Registries<'_>, usize) + Sync) -> Duration {
    let begin = Instant::now();
    let next = AtomicUsize::new(0);
    world.asking(|it| {
        std::thread::scope(|scope| {
            for _ in 0..16 {
                scope.spawn(|| {
                    loop {
                        let number = next.fetch_add(1, Ordering::Relaxed);
                        if number >= IMAGES {
                            return;
                        }
                        work(it, number);
                    }
                });
            }
        });
    });
    begin.elapsed()
}

#[test]
fn two_thousand_images_are_asked_for_in_seconds() {
    let registry = Registry::start();
    for number in 0..IMAGES {
        registry.image(&format!("acme/app-{number}"), "1.0");
    }
    let host = registry.host();
    let image = |number: usize| super::repository(&format!("{host}/acme/app-{number}"));
    for (what, guard) in [("anonymous", Guard::Open), ("tokens", Guard::Bearer(None))] {
        registry.guard(guard);
        let world = World::new();
        let before = registry.asked().len();
        let digests = ask_all(&world, |it, number| {
            it.digest(&image(number), "1.0").unwrap();
        });
        let requests = registry.asked().len() - before;
        let details = ask_all(&world, |it, number| {
            it.details(&image(number), "1.0").unwrap();
        });
        println!("{IMAGES} images, {what}: digests {digests:?} ({requests} requests), details {details:?}");
        let most = if what == "tokens" { 2 * IMAGES + 40 } else { IMAGES };
        assert!(requests <= most, "{what}: {requests} requests");
        // A debug build on a busy machine; release is judged by the benchmark.
        assert!(digests + details < Duration::from_secs(60));
    }
}
