//! A program with a dozen results, one of them large, and what it must answer.

use dug::{Context, Stats, Store, tracked, tweak, with_context};
use std::path::Path;

#[tracked]
fn leaf(n: u32) -> u64 {
    u64::from(n) * 7
}

#[tracked]
fn sum(from: u32, to: u32) -> u64 {
    if to - from == 1 {
        return leaf(from);
    }
    let middle = from + (to - from) / 2;
    sum(from, middle) + sum(middle, to)
}

/// Too large to lie in the database.
#[tracked]
fn large() -> Vec<u64> {
    let first = leaf(0);
    (0..15_000).map(|n| u64::MAX - first - n).collect()
}

#[tracked]
fn text() -> String {
    format!("the sum is {}", sum(0, 4))
}

/// It has a record that only its proof can vouch for.
#[tracked]
fn what_if() -> u64 {
    with_context(|| {
        tweak!(leaf(1) => 1);
        sum(0, 4)
    })
}

/// What [`ask`] does not ask for.
#[tracked]
pub fn more(n: u64) -> u64 {
    n
}

/// Asks for everything, compares, and tells what had to be done.
pub fn ask(store: &Store) -> Stats {
    let context = Context::builder().store(store.clone()).build();
    context.enter(|| {
        assert_eq!(text(), "the sum is 42");
        assert_eq!(what_if(), 36);
        let large = large();
        assert_eq!(large.len(), 15_000);
        assert!((0..).zip(large).all(|(n, value)| value == u64::MAX - n));
        with_context(|| {
            tweak!(leaf(3) => 0);
            assert_eq!(text(), "the sum is 21");
        });
    });
    context.stats()
}

/// Makes a store with all results in a folder.
pub fn fill(path: &Path) -> Store {
    let store = Store::open(path).unwrap();
    assert!(ask(&store).executions > 0);
    store.flush().unwrap();
    store
}
