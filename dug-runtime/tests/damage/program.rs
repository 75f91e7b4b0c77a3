//! A program with a dozen results, one of them large, and what it must answer.

use dug::{Context, Stats, Store, tracked, tweak, with_context};
use std::path::Path;

#[tracked]
fn leaf(n: u32) -> u64 {
    u64::from(n) * 7
}

/// It comes to an end whatever it is asked for: a record that was forged may ask for anything.
#[tracked]
fn sum(from: u32, to: u32) -> u64 {
    if to > 4 || to.saturating_sub(from) <= 1 {
        return leaf(from);
    }
    let middle = from + (to - from) / 2;
    sum(from, middle) + sum(middle, to)
}

/// So many numbers take a little more than 128 KiB.
const LARGE: u64 = 14_564;

/// Just too large to lie in the database.
#[tracked]
fn large() -> Vec<u64> {
    let first = leaf(0);
    (0..LARGE).map(|n| u64::MAX - first - n).collect()
}

#[tracked]
pub fn text() -> String {
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

/// Which answers are expected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answers {
    Right,
    /// What is stored may be anything.
    Any,
}

/// Asks for everything, compares, and tells what had to be done.
pub fn ask(store: &Store) -> Stats {
    let context = Context::builder().store(store.clone()).build();
    context.enter(|| {
        ask_for(Answers::Right);
        ask_for_large();
    });
    context.stats()
}

/// Asks for the large value, in the context in which the thread stands.
pub fn ask_for_large() {
    let large = large();
    assert_eq!(large.len() as u64, LARGE);
    assert!((0..).zip(large).all(|(n, value)| value == u64::MAX - n));
}

/// Asks for all but the large value, in the context in which the thread stands.
pub fn ask_for(answers: Answers) {
    let (text_here, what_if) = (text(), what_if());
    let text_there = with_context(|| {
        tweak!(leaf(3) => 0);
        text()
    });
    if answers == Answers::Right {
        assert_eq!(text_here, "the sum is 42");
        assert_eq!(what_if, 36);
        assert_eq!(text_there, "the sum is 21");
    }
}

/// Makes a store with all results in a folder.
pub fn fill(path: &Path) -> Store {
    let store = Store::open(path).unwrap();
    assert!(ask(&store).executions > 0);
    store.flush().unwrap();
    store
}
