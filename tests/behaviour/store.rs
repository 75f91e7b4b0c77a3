//! Results outlive a context, and a process, in a store.

use dug::{Context, Stats, Store, tracked, tweak, with_context};
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

#[tracked]
fn leaf(n: u32) -> u64 {
    u64::from(n)
}

#[tracked]
fn sum(from: u32, to: u32) -> u64 {
    if to - from == 1 {
        return leaf(from);
    }
    let middle = from + (to - from) / 2;
    sum(from, middle) + sum(middle, to)
}

#[tracked]
fn choice() -> u64 {
    if leaf(0) == 0 { leaf(1) } else { leaf(2) }
}

fn session<R>(store: &Store, f: impl FnOnce() -> R) -> (R, Stats) {
    let context = Context::builder().store(store.clone()).build();
    let answer = context.enter(f);
    (answer, context.stats())
}

#[test]
fn a_second_session_runs_nothing() {
    let store = Store::in_memory();
    let (first, ran) = session(&store, || sum(0, 64));
    assert_eq!((first, ran.executions), (2016, 64 + 127));
    let (second, ran) = session(&store, || sum(0, 64));
    assert_eq!((second, ran.executions), (2016, 0));
    assert_eq!((ran.restored, ran.loaded), (1, 1));
}

#[test]
fn a_tweak_does_not_find_what_the_base_stored() {
    let store = Store::in_memory();
    session(&store, || sum(0, 16));
    let (answers, ran) = session(&store, || {
        tweak!(leaf(3) => 100);
        sum(0, 16)
    });
    assert_eq!(answers, 120 + 97);
    // From the leaf up: each half in which it lies.
    assert_eq!(ran.executions, 5);
    let (again, ran) = session(&store, || {
        tweak!(leaf(3) => 100);
        sum(0, 16)
    });
    assert_eq!((again, ran.executions), (217, 0));
    let (base, ran) = session(&store, || sum(0, 16));
    assert_eq!((base, ran.executions), (120, 0));
}

#[test]
fn a_tweak_after_the_load_reaches_what_was_loaded() {
    let store = Store::in_memory();
    session(&store, || sum(0, 16));
    let (answers, ran) = session(&store, || {
        let before = sum(0, 16);
        let inside = with_context(|| {
            tweak!(leaf(3) => 100);
            sum(0, 16)
        });
        tweak!(leaf(2) => 50);
        (before, inside, sum(0, 16))
    });
    assert_eq!(answers, (120, 217, 168));
    assert_eq!(ran.executions, 5);
}

#[test]
fn traces_follow_the_order_of_asking() {
    let store = Store::in_memory();
    for (tweaked, expected, runs) in [
        (None, 1, 3),
        (Some(7), 2, 2),
        (None, 1, 0),
        (Some(8), 2, 1),
        (Some(7), 2, 0),
    ] {
        let (answer, ran) = session(&store, || {
            if let Some(value) = tweaked {
                tweak!(leaf(0) => value);
            }
            choice()
        });
        assert_eq!((answer, ran.executions), (expected, runs), "{tweaked:?}");
    }
}

#[test]
fn a_process_that_writes_of_a_function_first_finds_what_others_have_written() {
    let store = Store::in_memory();
    session(&store, choice);
    let store = dug::__private::restarted(&store);
    // `choice` runs, and names `leaf`, before any record of `leaf` was looked for.
    session(&store, || {
        tweak!(leaf(0) => 7);
        tweak!(leaf(2) => 8);
        choice()
    });
    store.flush().unwrap();
    let (answer, ran) = session(&store, || leaf(0));
    assert_eq!((answer, ran.executions), (0, 0));
}

#[tracked]
fn both() -> u64 {
    // Behind dug's back, as the order is in which two threads ask.
    let order = if FIRST_FIRST.load(Relaxed) {
        [0, 1]
    } else {
        [1, 0]
    };
    let here = dug::here();
    order.map(|n| here.run(|| leaf(n))).into_iter().sum()
}

static FIRST_FIRST: AtomicBool = AtomicBool::new(true);

#[test]
fn what_threads_ask_in_another_order_each_time_is_found_for_all_answers() {
    let store = Store::in_memory();
    let ask = |value: u64, first_first: bool| {
        FIRST_FIRST.store(first_first, Relaxed);
        let (answer, ran) = session(&store, || {
            tweak!(leaf(1) => value);
            both()
        });
        assert_eq!(answer, value);
        ran.executions
    };
    assert_eq!(ask(10, true), 2);
    assert_eq!(ask(20, false), 1);
    assert_eq!(ask(30, true), 1);
    for first_first in [true, false] {
        for value in [10, 20, 30] {
            assert_eq!(ask(value, first_first), 0);
        }
    }
}

/// What `any` of a thread pool asks: whichever comes first, and the other only if that says no.
#[tracked]
fn any_odd() -> String {
    let order = if SECOND_LAST.load(Relaxed) {
        [1, 2]
    } else {
        [2, 1]
    };
    let here = dug::here();
    let odd = order.into_iter().find(|&n| here.run(|| leaf(n)) % 2 == 1);
    if odd.is_some() { "odd" } else { "even" }.to_owned()
}

static SECOND_LAST: AtomicBool = AtomicBool::new(true);

#[test]
fn what_was_stored_of_one_order_is_not_found_on_the_way_of_another() {
    let store = Store::in_memory();
    let ask = |one: u64, two: u64, second_last: bool| {
        SECOND_LAST.store(second_last, Relaxed);
        let (answer, _) = session(&store, || {
            tweak!(leaf(1) => one);
            tweak!(leaf(2) => two);
            any_odd()
        });
        assert_eq!(
            answer == "odd",
            one % 2 == 1 || two % 2 == 1,
            "of {one} and {two}"
        );
    };
    ask(1, 0, true);
    // Stored behind the answer 0 to the first question, which was leaf(1).
    ask(0, 0, true);
    // Takes the place of the first: the first question is leaf(2) now.
    ask(0, 3, false);
    ask(7, 0, false);
}
