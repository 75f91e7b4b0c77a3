//! A warm hit on two threads that ask one cache, each pinned to a CPU.

use crate::bodies;
use crate::harness::{Row, measure, pin, time_ns};
use crate::hit::{CALLS, NUMBERS, ORDERS, ask, dug_number, fill, floor_number, inside};
use crate::peers::{
    cached, comemo, dashmap::Dash, memoize, moka::Moka, quick_cache::Quick, salsa::Salsa,
};
use dug::Here;
use std::sync::Barrier;

/// How often each thread asks through all calls for one sample.
const PASSES: usize = 4;

/// CPU time per hit of `count` threads; `make` makes what each of them asks.
fn sample<K: Sync, F: Fn(&K) -> u64 + Send>(
    count: usize,
    keys: &[K],
    hot: bool,
    place: Option<&Here>,
    make: impl Fn() -> F,
) -> f64 {
    let barrier = Barrier::new(count);
    let work = |f: F| {
        fill(keys, &f);
        ask(keys, CALLS / 4, hot, &f);
        barrier.wait();
        time_ns(PASSES * CALLS, || {
            for _ in 0..PASSES {
                ask(keys, CALLS, hot, &f);
            }
        })
    };
    let work = |f: F| match place {
        Some(place) => place.run(|| work(f)),
        None => work(f),
    };
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..count)
            .map(|nth| {
                let (work, f) = (&work, make());
                scope.spawn(move || {
                    // Else a thread that the barrier wakes shares the CPU of who woke it.
                    pin(nth);
                    work(f)
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

/// Two rows for each peer: one thread, and two.
#[derive(Default)]
struct Pairs<'a> {
    names: Vec<&'static str>,
    rows: Vec<Row<'a>>,
}

impl<'a> Pairs<'a> {
    fn add(&mut self, name: &'static str, sample: impl Fn(usize) -> f64 + Clone + 'a) {
        self.names.push(name);
        for count in [1, 2] {
            let sample = sample.clone();
            self.rows.push(Row::new(name, move || sample(count)));
        }
    }

    /// Adds a function of numbers.
    fn add_numbers<F: Fn(&u64) -> u64 + Send + Sync + Clone + 'a>(
        &mut self,
        name: &'static str,
        hot: bool,
        f: F,
    ) {
        self.add(name, move |count| {
            sample(count, &NUMBERS, hot, None, || f.clone())
        });
    }

    fn print(self, rounds: usize, order: &str) {
        let figures = measure(rounds, self.rows);
        println!("\n### Warm hit, pinned threads, `u64`, {order}: CPU time per hit\n");
        println!("| | 1 thread, ns, median | min | 2 threads | min | 2 against 1 | of mins |");
        println!("|---|---:|---:|---:|---:|---:|---:|");
        for (name, pair) in self.names.iter().zip(figures.chunks(2)) {
            let (one, two) = (&pair[0], &pair[1]);
            println!(
                "| {name} | {:.1} | {:.1} | {:.1} | {:.1} | {:.2} | {:.2} |",
                one.median,
                one.min,
                two.median,
                two.min,
                two.median / one.median,
                two.min / one.min
            );
        }
    }
}

pub fn run(rounds: usize) {
    for (hot, order) in ORDERS {
        let place = &inside(&NUMBERS, dug_number);
        let (quick, moka, dash) = (&Quick::new(), &Moka::new(), &Dash::new());
        let salsa = &Salsa::new();
        let held = &salsa.hold(&NUMBERS);
        let work = |key: &u64| bodies::of_number(*key);
        let mut pairs = Pairs::default();
        pairs.add_numbers("HashMap of each thread (floor)", hot, floor_number);
        pairs.add("dug, in one context", move |count| {
            sample(count, &NUMBERS, hot, Some(place), || dug_number)
        });
        pairs.add_numbers("dashmap", hot, move |key| dash.ask(key, work));
        pairs.add_numbers("quick_cache", hot, move |key| quick.ask(key, work));
        pairs.add_numbers("moka", hot, move |key| moka.ask(key, work));
        pairs.add_numbers("cached, `#[cached]`", hot, |key| cached::number(*key));
        pairs.add_numbers("cached, `#[concurrent_cached]`", hot, |key| {
            cached::sharded_number(*key)
        });
        pairs.add_numbers("memoize, a map of each thread", hot, |key| {
            memoize::number(*key)
        });
        pairs.add_numbers("memoize, `SharedCache`", hot, |key| {
            memoize::shared_number(*key)
        });
        pairs.add_numbers("comemo", hot, |key| comemo::number(*key));
        pairs.add("salsa, the caller holds an input id", move |count| {
            sample(count, held, hot, None, || {
                let salsa = salsa.clone();
                move |id: &_| salsa.held(id)
            })
        });
        pairs.print(rounds, order);
    }
}
