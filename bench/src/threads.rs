//! A warm hit on two threads that stand in one context, each pinned to a CPU.

use crate::harness::{Row, measure, pin, table, time_ns};
use crate::hit::{CALLS, NUMBERS, ask, dug_number, fill, floor_number, inside};
use dug::Here;
use std::sync::Barrier;

/// How often each thread asks through all calls for one sample.
const PASSES: usize = 4;

/// CPU time per hit of `count` threads.
fn sample(count: usize, hot: bool, place: Option<&Here>, f: impl Fn(&u64) -> u64 + Sync) -> f64 {
    let barrier = Barrier::new(count);
    let work = || {
        fill(&NUMBERS, &f);
        ask(&NUMBERS, CALLS / 4, hot, &f);
        barrier.wait();
        time_ns(PASSES * CALLS, || {
            for _ in 0..PASSES {
                ask(&NUMBERS, CALLS, hot, &f);
            }
        })
    };
    let work = || match place {
        Some(place) => place.run(work),
        None => work(),
    };
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..count)
            .map(|nth| {
                scope.spawn(move || {
                    // Else a thread that the barrier wakes shares the CPU of who woke it.
                    pin(nth);
                    work()
                })
            })
            .collect();
        let times = threads.into_iter().map(|thread| match thread.join() {
            Ok(time) => time,
            Err(panic) => std::panic::resume_unwind(panic),
        });
        times.sum::<f64>() / count as f64
    })
}

pub fn run(rounds: usize) {
    for (hot, order) in [
        (false, "10 000 keys in random order"),
        (true, "one hot key"),
    ] {
        let place = inside(&NUMBERS, dug_number);
        let place = Some(&place);
        let floor = |count| move || sample(count, hot, None, floor_number);
        let dug = |count| move || sample(count, hot, place, dug_number);
        let rows = vec![
            Row::new("HashMap of the thread, 1 thread (floor)", floor(1)),
            Row::new("HashMap of each thread, 2 threads", floor(2)),
            Row::new("dug, 1 thread", dug(1)),
            Row::new("dug, 2 threads in one context", dug(2)),
        ];
        let figures = measure(rounds, rows);
        let title = format!("Warm hit, pinned threads, `u64`, {order}: CPU time per hit");
        table(&title, "ns", &figures);
        println!(
            "\n2 threads against 1: HashMap {:.2}, dug {:.2}",
            figures[1].median / figures[0].median,
            figures[3].median / figures[2].median
        );
    }
}
