//! What a store has to do for an answer.

use dug::__private::restarted;
use dug::{Collect, Context, Store, tracked, with_context};

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

fn session<R>(store: &Store, f: impl FnOnce() -> R) -> R {
    Context::builder().store(store.clone()).build().enter(f)
}

/// How many records are read, to find the top of a stored graph with so many leaves.
fn records_read(leaves: u32) -> u64 {
    let store = Store::in_memory();
    let first = session(&store, || sum(0, leaves));
    let store = restarted(&store);
    assert_eq!(session(&store, || sum(0, leaves)), first);
    let stats = store.stats();
    assert_eq!(stats.values_read, 1);
    stats.records_read
}

#[test]
fn the_top_of_a_graph_that_has_not_changed_takes_one_record_whatever_its_size() {
    assert_eq!(records_read(16), 1);
    assert_eq!(records_read(4096), 1);
}

#[test]
fn a_hit_in_memory_asks_no_store() {
    let store = Store::in_memory();
    session(&store, || {
        sum(0, 8);
        with_context(|| sum(0, 8));
        let read = || (store.stats().records_read, store.stats().values_read);
        let before = read();
        for _ in 0..100 {
            sum(0, 8);
        }
        assert_eq!(read(), before);
    });
}

/// Whether a variable is not set.
#[tracked]
fn is_unset(which: u32) -> u64 {
    dug::input::env(format!("DUG_TEST_UNSET_{which}"))
        .is_err()
        .into()
}

#[tracked]
fn unset(from: u32, to: u32) -> u64 {
    if to - from == 1 {
        return is_unset(from);
    }
    let middle = from + (to - from) / 2;
    unset(from, middle) + unset(middle, to)
}

#[tracked]
fn all_unset() -> u64 {
    (0..1000).map(is_unset).sum()
}

/// A chain above many inputs, by two functions in turn.
#[tracked]
fn even_step(n: u64) -> u64 {
    match n {
        0 => all_unset(),
        _ => odd_step(n - 1) + is_unset((n % 1000) as u32),
    }
}

#[tracked]
fn odd_step(n: u64) -> u64 {
    even_step(n - 1) + 1
}

#[test]
fn what_rests_on_many_inputs_takes_one_record_too() {
    let store = Store::in_memory();
    let ask = |store: &Store| {
        session(store, || {
            assert_eq!(unset(0, 4096), 4096);
            assert_eq!(even_step(2000), 1000 + 2000);
        });
    };
    ask(&store);
    let later = restarted(&store);
    ask(&later);
    // The two that are asked for, and their values.
    let read = later.stats().records_read;
    assert!(read <= 4, "{read} records");
    assert!(later.verify().unwrap().damaged.is_empty());
    // What is collected is nothing that these rest on.
    later.collect_garbage(Collect::new().orphans()).unwrap();
    let last = restarted(&later);
    ask(&last);
    let read = last.stats().records_read;
    assert!(read <= 4, "{read} records after the collection");
}
