//! A warm hit on one thread: from a context, from three contexts further in,
//! and from inside a tracked function, which records an edge.

use crate::floor;
use crate::harness::{Row, measure, mix, table, time_ns};
use dug::{Here, here, tracked, with_context};
use std::hint::black_box;
use std::sync::LazyLock;

pub const KEYS: usize = 10_000;
pub const CALLS: usize = 1 << 17;
/// The place of the hot key.
const HOT: usize = 77;
/// How often the asking function is run for one sample.
const ASKERS: u64 = 8;

pub static NUMBERS: LazyLock<Vec<u64>> = LazyLock::new(|| (0..KEYS as u64).map(mix).collect());
static TEXTS: LazyLock<Vec<String>> = LazyLock::new(|| {
    let texts = (0..KEYS as u64).map(|number| format!("key-{:020}", mix(number)));
    texts.collect()
});
/// The places of keys in the order of asking.
pub static ORDER: LazyLock<Vec<u32>> = LazyLock::new(|| {
    let places = (0..CALLS as u64).map(|call| (mix(call << 8 | 1) % KEYS as u64) as u32);
    places.collect()
});

fn of_number(key: u64) -> u64 {
    key.rotate_left(7) ^ 3
}

fn of_text(key: &str) -> u64 {
    key.len() as u64
}

pub fn floor_number(key: &u64) -> u64 {
    floor::of_number(*key, of_number)
}

#[tracked]
fn number(key: u64) -> u64 {
    of_number(key)
}

pub fn dug_number(key: &u64) -> u64 {
    number(*key)
}

#[tracked]
fn text(key: &str) -> u64 {
    of_text(key)
}

/// Asks for every number; each asker is a node of its own.
#[tracked]
fn asker(_which: u64) -> u64 {
    ask_all(number)
}

fn ask_all(ask: impl Fn(u64) -> u64) -> u64 {
    NUMBERS
        .iter()
        .fold(0, |sum, key| ask(*key).wrapping_add(sum))
}

/// Asks for every key once.
pub fn fill<K>(keys: &[K], ask: impl Fn(&K) -> u64) {
    for key in keys {
        black_box(ask(key));
    }
}

/// Asks `calls` times, for the keys in random order or always for the same.
pub fn ask<K>(keys: &[K], calls: usize, hot: bool, ask: impl Fn(&K) -> u64) {
    if hot {
        for _ in 0..calls {
            black_box(ask(black_box(&keys[HOT])));
        }
    } else {
        for place in &ORDER[..calls] {
            black_box(ask(black_box(&keys[*place as usize])));
        }
    }
}

fn sample<K>(keys: &[K], hot: bool, f: impl Fn(&K) -> u64) -> f64 {
    fill(keys, &f);
    ask(keys, CALLS / 4, hot, &f);
    time_ns(CALLS, || ask(keys, CALLS, hot, &f))
}

/// Where a context is, that holds the values.
pub fn inside<K>(keys: &[K], f: impl Fn(&K) -> u64) -> Here {
    with_context(|| {
        fill(keys, f);
        here()
    })
}

/// Where a context is, whose great-grandparent holds the values.
fn three_further_in<K>(keys: &[K], f: impl Fn(&K) -> u64) -> Here {
    with_context(|| {
        fill(keys, f);
        with_context(|| with_context(|| with_context(here)))
    })
}

fn compare<K>(
    rounds: usize,
    shape: &str,
    keys: &[K],
    floor: impl Fn(&K) -> u64 + Copy,
    dug: impl Fn(&K) -> u64 + Copy,
    nothing: impl Fn(&K) -> u64 + Copy,
) {
    for (hot, order) in [
        (false, "10 000 keys in random order"),
        (true, "one hot key"),
    ] {
        let near = inside(keys, dug);
        let far = three_further_in(keys, dug);
        let rows = vec![
            Row::new("HashMap of the thread (floor)", || sample(keys, hot, floor)),
            Row::new("the loop alone", || sample(keys, hot, nothing)),
            Row::new("dug", || near.run(|| sample(keys, hot, dug))),
            Row::new("dug, held three contexts up", || {
                far.run(|| sample(keys, hot, dug))
            }),
        ];
        let title = format!("Warm hit, 1 thread, `{shape}`, {order}");
        table(&title, "ns", &measure(rounds, rows));
    }
}

fn ask_from_inside() -> f64 {
    with_context(|| {
        fill(&NUMBERS, dug_number);
        time_ns(ASKERS as usize * KEYS, || {
            for which in 0..ASKERS {
                black_box(asker(which));
            }
        })
    })
}

pub fn run(rounds: usize) {
    compare(
        rounds,
        "u64",
        &NUMBERS,
        floor_number,
        dug_number,
        |key: &u64| *key,
    );
    compare(
        rounds,
        "&str of 24 characters",
        &TEXTS,
        |key: &String| floor::of_text(key, of_text),
        |key: &String| text(key),
        |key: &String| key.len() as u64,
    );
    let rows = vec![
        Row::new("HashMap of the thread (floor)", || {
            time_ns(ASKERS as usize * KEYS, || {
                for _ in 0..ASKERS {
                    black_box(ask_all(|key| floor::of_number(key, of_number)));
                }
            })
        }),
        Row::new("dug, each hit an edge", ask_from_inside),
    ];
    let title = "A function that asks for 10 000 distinct `u64`, per ask";
    table(title, "ns", &measure(rounds, rows));
}
