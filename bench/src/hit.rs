//! A warm hit on one thread: from a context, from three contexts further in,
//! and from inside a tracked function, which records an edge.

use crate::bodies;
use crate::floor;
use crate::harness::{Row, measure, mix, table, time_ns};
use crate::peers::{
    cached, comemo, dashmap::Dash, memoize, moka::Moka, quick_cache::Quick, salsa::Salsa,
};
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

pub fn floor_number(key: &u64) -> u64 {
    floor::of_number(*key, bodies::of_number)
}

#[tracked]
fn number(key: u64) -> u64 {
    bodies::of_number(key)
}

pub fn dug_number(key: &u64) -> u64 {
    number(*key)
}

#[tracked]
fn text(key: &str) -> u64 {
    bodies::of_text(key)
}

/// Which keys a function asks for, in which order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
enum Asked {
    /// All, one behind the other.
    InOrder,
    /// All, each somewhere else than the one before.
    Scattered,
    /// [`CALLS`] of them in random order, each several times.
    Often,
}

impl Asked {
    const ALL: [(Asked, &str); 3] = [
        (
            Asked::InOrder,
            "10 000 distinct `u64`, one behind the other",
        ),
        (Asked::Scattered, "10 000 distinct `u64`, each elsewhere"),
        (Asked::Often, "131 072 of 10 000 `u64` in random order"),
    ];

    fn places(self) -> Vec<u32> {
        /// It has no factor in common with the number of keys.
        const STRIDE: usize = 7919;
        match self {
            Asked::InOrder => (0..KEYS as u32).collect(),
            Asked::Scattered => (0..KEYS).map(|nth| (nth * STRIDE % KEYS) as u32).collect(),
            Asked::Often => ORDER.clone(),
        }
    }
}

/// The numbers that are asked for, by place.
static ASKED: LazyLock<[Vec<u64>; 3]> = LazyLock::new(|| {
    Asked::ALL.map(|(asked, _)| {
        let places = asked.places().into_iter();
        places.map(|place| NUMBERS[place as usize]).collect()
    })
});

/// Asks for numbers; each asker is a node of its own.
#[tracked]
fn asker(asked: Asked, _which: u64) -> u64 {
    ask_all(asked, number)
}

fn ask_all(asked: Asked, ask: impl Fn(u64) -> u64) -> u64 {
    ASKED[asked as usize]
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

/// Calls of one sample, those to warm up included.
const COUNTED: usize = CALLS + CALLS / 4 + KEYS;

pub const ORDERS: [(bool, &str); 2] = [
    (false, "10 000 keys in random order"),
    (true, "one hot key"),
];

fn row<'a, K>(name: &str, keys: &'a [K], hot: bool, f: impl Fn(&K) -> u64 + 'a) -> Row<'a> {
    Row::new(name, move || sample(keys, hot, &f)).counted(COUNTED)
}

/// A row of dug, at a place that holds the values or is further in.
fn row_at<'a, K>(
    name: &str,
    place: &'a Here,
    keys: &'a [K],
    hot: bool,
    f: impl Fn(&K) -> u64 + 'a,
) -> Row<'a> {
    Row::new(name, move || place.run(|| sample(keys, hot, &f))).counted(COUNTED)
}

fn compare_numbers(rounds: usize, hot: bool, order: &str) {
    let keys = &NUMBERS[..];
    let (near, far) = (inside(keys, dug_number), three_further_in(keys, dug_number));
    let salsa = Salsa::new();
    let held = salsa.hold(keys);
    let (quick, moka, dash) = (Quick::new(), Moka::new(), Dash::new());
    let work = |key: &u64| bodies::of_number(*key);
    let rows = vec![
        row("HashMap of the thread (floor)", keys, hot, floor_number),
        row("the loop alone", keys, hot, |key| *key),
        row_at("dug", &near, keys, hot, dug_number),
        row_at("dug, held three contexts up", &far, keys, hot, dug_number),
        row("dashmap", keys, hot, |key| dash.ask(key, work)),
        row("quick_cache", keys, hot, |key| quick.ask(key, work)),
        row("moka", keys, hot, |key| moka.ask(key, work)),
        row("cached, `#[cached]`", keys, hot, |key| cached::number(*key)),
        row("cached, `#[concurrent_cached]`", keys, hot, |key| {
            cached::sharded_number(*key)
        }),
        row("memoize", keys, hot, |key| memoize::number(*key)),
        row("comemo", keys, hot, |key| comemo::number(*key)),
        row("salsa, plain arguments", keys, hot, |key| salsa.plain(key)),
        row("salsa, the caller holds an input id", &held, hot, |id| {
            salsa.held(id)
        }),
    ];
    let title = format!("Warm hit, 1 thread, `u64`, {order}");
    table(&title, "ns", &measure(rounds, rows));
}

fn compare_texts(rounds: usize, hot: bool, order: &str) {
    let dug = |key: &String| text(key);
    let keys = &TEXTS[..];
    let (near, far) = (inside(keys, dug), three_further_in(keys, dug));
    let salsa = Salsa::new();
    let (quick, moka, dash) = (Quick::new(), Moka::new(), Dash::new());
    let work = bodies::of_text;
    let rows = vec![
        row("HashMap of the thread (floor)", keys, hot, |key| {
            floor::of_text(key, work)
        }),
        row("the loop alone", keys, hot, |key| key.len() as u64),
        row_at("dug", &near, keys, hot, dug),
        row_at("dug, held three contexts up", &far, keys, hot, dug),
        row("dashmap", keys, hot, |key| dash.ask(key.as_str(), work)),
        row("quick_cache", keys, hot, |key| {
            quick.ask(key.as_str(), work)
        }),
        row("moka", keys, hot, |key| moka.ask(key.as_str(), work)),
        row("cached, `#[cached]`", keys, hot, |key| cached::text(key)),
        row("cached, `#[concurrent_cached]`", keys, hot, |key| {
            cached::sharded_text(key)
        }),
        row("memoize", keys, hot, |key| memoize::text(key.clone())),
        row("comemo", keys, hot, |key| comemo::text(key)),
        row("salsa, an interned struct", keys, hot, |key| {
            salsa.text(key)
        }),
    ];
    let title = format!("Warm hit, 1 thread, `&str` of 24 characters, {order}");
    table(&title, "ns", &measure(rounds, rows));
}

/// Time per ask of some askers.
fn time_askers(asked: Asked, ask: impl Fn(u64) -> u64) -> f64 {
    let asks = ASKERS as usize * ASKED[asked as usize].len();
    time_ns(asks, || {
        for which in 0..ASKERS {
            black_box(ask(which));
        }
    })
}

fn compare_inside(rounds: usize, asked: Asked, order: &str) {
    let rows = vec![
        Row::new("HashMap of the thread (floor)", || {
            time_askers(asked, |_| ask_all(asked, |key| floor_number(&key)))
        }),
        Row::new("dug, each hit an edge", || {
            with_context(|| {
                fill(&NUMBERS, dug_number);
                time_askers(asked, |which| asker(asked, which))
            })
        }),
        Row::new("salsa, input ids, each hit an edge", || {
            let salsa = Salsa::new();
            let held = salsa.hold(&NUMBERS);
            fill(&held, |id| salsa.held(id));
            let places = asked.places().into_iter();
            let asks: Vec<_> = places.map(|place| held[place as usize]).collect();
            time_askers(asked, salsa.asker(asks))
        }),
    ];
    let title = format!("A function that asks for {order}, per ask");
    table(&title, "ns", &measure(rounds, rows));
}

pub fn run(rounds: usize) {
    for (hot, order) in ORDERS {
        compare_numbers(rounds, hot, order);
    }
    for (hot, order) in ORDERS {
        compare_texts(rounds, hot, order);
    }
    for (asked, order) in Asked::ALL {
        compare_inside(rounds, asked, order);
    }
}
