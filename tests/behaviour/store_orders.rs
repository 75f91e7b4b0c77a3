//! What several threads ask comes in another order each time: no record misleads others for that.

use dug::{Context, Store, here, tracked, tweak};
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

/// Behind dug's back, as is the order in which two threads ask.
static TURNED: AtomicBool = AtomicBool::new(false);

/// Two numbers in the order in which they are asked for.
fn order() -> [u32; 2] {
    if TURNED.load(Relaxed) { [2, 1] } else { [1, 2] }
}

#[tracked]
fn leaf(n: u32) -> u64 {
    u64::from(n)
}

#[tracked]
fn both() -> u64 {
    let here = here();
    order().map(|n| here.run(|| leaf(n))).into_iter().sum()
}

/// As `any` of a thread pool: whichever comes first, and the other only if that says no.
#[tracked]
fn any_odd() -> String {
    let here = here();
    let odd = |n: &u32| here.run(|| leaf(*n)) % 2 == 1;
    if order().iter().any(odd) {
        "odd"
    } else {
        "even"
    }
    .to_owned()
}

/// The answer with these leaves in a session of its own, and how many bodies ran.
fn ask<R>(store: &Store, leaves: [u64; 2], turned: bool, f: impl FnOnce() -> R) -> (R, u64) {
    TURNED.store(turned, Relaxed);
    let context = Context::builder().store(store.clone()).build();
    let answer = context.enter(|| {
        tweak!(leaf(1) => leaves[0]);
        tweak!(leaf(2) => leaves[1]);
        f()
    });
    (answer, context.stats().executions)
}

// One test, since the order is that of the process.
#[test]
fn neither_hides_results_nor_finds_wrong_ones() {
    let store = Store::in_memory();
    for (second, turned) in [(10, false), (20, true), (30, false)] {
        assert_eq!(ask(&store, [1, second], turned, both), (second + 1, 1));
    }
    for turned in [false, true] {
        for second in [10, 20, 30] {
            assert_eq!(ask(&store, [1, second], turned, both), (second + 1, 0));
        }
    }

    let odd = |leaves, turned| ask(&store, leaves, turned, any_odd).0;
    assert_eq!(odd([1, 0], false), "odd");
    // Stored behind the answer 0 to the first question, which was leaf(1).
    assert_eq!(odd([0, 0], false), "even");
    // Takes the place of the first: now the first question is leaf(2).
    assert_eq!(odd([0, 3], true), "odd");
    assert_eq!(odd([7, 0], true), "odd");
}
