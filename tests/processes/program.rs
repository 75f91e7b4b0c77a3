//! What the processes compute, and what it must be: answers that are known without running.
//!
//! All functions pretend to have code of a version that an environment variable gives, so
//! that processes of one binary are programs of several versions.

use dug::{Context, Stats, Store, node, tracked, tweak, with_context};
use std::sync::OnceLock;

/// The environment variable with the version of the program.
pub const VERSION: &str = "DUG_PROCESSES_VERSION";

pub fn version() -> u64 {
    static VERSION_IN_FORCE: OnceLock<u64> = OnceLock::new();
    *VERSION_IN_FORCE.get_or_init(|| {
        let version = std::env::var(VERSION).ok();
        version.map_or(1, |version| version.parse().expect("a number"))
    })
}

/// Only `rate` differs from version to version.
pub fn pretend_code(path: &str) -> Option<[u8; 32]> {
    let name = path.strip_prefix("processes::program::")?;
    let version = if name == "rate" { version() } else { 1 };
    let mut code = [0; 32];
    let length = name.len().min(24);
    code[..length].copy_from_slice(&name.as_bytes()[..length]);
    code[24..].copy_from_slice(&version.to_le_bytes());
    Some(code)
}

#[tracked]
fn leaf(round: u64, n: u64) -> u64 {
    round * 1000 + n
}

#[tracked]
fn sum(round: u64, from: u64, to: u64) -> u64 {
    if to - from == 1 {
        return leaf(round, from);
    }
    let middle = from + (to - from) / 2;
    sum(round, from, middle) + sum(round, middle, to)
}

/// Large enough to lie in a file of its own.
#[tracked]
fn large(round: u64) -> Vec<u64> {
    let first = leaf(round, 0);
    (0..20_000).map(|n| u64::MAX - first - n).collect()
}

#[tracked]
fn what_if(round: u64) -> u64 {
    with_context(|| {
        tweak!(leaf(round, 1) => 7);
        sum(round, 0, 4)
    })
}

/// How many leaves a round adds up.
const LEAVES: u64 = 16;

/// Asks for all of a round, in a context of its own, and compares.
pub fn ask(store: &Store, round: u64) -> Stats {
    let context = Context::builder().store(store.clone()).build();
    context.enter(|| ask_here(round));
    context.stats()
}

/// As [`ask`], in the context in which the thread stands.
pub fn ask_here(round: u64) {
    let first = round * 1000;
    let all = LEAVES * first + LEAVES * (LEAVES - 1) / 2;
    assert_eq!(sum(round, 0, LEAVES), all);
    assert_eq!(what_if(round), 7 + 3 * first + 5);
    if round.is_multiple_of(4) {
        let values = large(round);
        assert_eq!(values.len(), 20_000);
        let mut values = (0..).zip(&values);
        assert!(values.all(|(n, value)| *value == u64::MAX - first - n));
    }
    // A scenario in the same store.
    with_context(|| {
        tweak!(leaf(round, 2) => 5);
        assert_eq!(sum(round, 0, LEAVES), all - (first + 2) + 5);
    });
    // Nothing waits for these to be written.
    assert_eq!(sum(round, 500, 502), 2 * first + 1001);
}

/// Asks for a result that has a tag of its own, so that nobody collects it.
pub fn ask_tagged(store: &Store, round: u64) {
    let context = Context::builder().store(store.clone()).build();
    context.enter(|| {
        let node = || node!(sum(round, 0, 2));
        node().tag(&tag(round));
        assert_eq!(node().call(), 2000 * round + 1);
    });
}

/// Whether what the tag stands for is there.
pub fn has_tagged(store: &Store, round: u64) -> bool {
    let tagged = store.tagged::<u64>(&tag(round));
    tagged.is_some_and(|sum| *sum == 2000 * round + 1)
}

pub fn untag(store: &Store, round: u64) {
    assert!(store.untag(&tag(round)));
}

fn tag(round: u64) -> String {
    format!("round {round}")
}

#[tracked]
fn rate() -> u64 {
    10 * version()
}

#[tracked]
fn price(units: u64) -> u64 {
    units * rate()
}

#[tracked]
fn is_round() -> bool {
    rate().is_multiple_of(10)
}

/// Rests on something that all versions answer alike.
#[tracked]
fn label(units: u64) -> String {
    format!("{units} {}", is_round())
}

/// What the versions answer differently, or not.
pub fn ask_version(store: &Store) -> Stats {
    let context = Context::builder().store(store.clone()).build();
    context.enter(|| {
        for units in 0..10 {
            assert_eq!(price(units), units * 10 * version());
            assert_eq!(label(units), format!("{units} true"));
        }
    });
    context.stats()
}
