//! What a store has to do for an answer.

use dug::__private::restarted;
use dug::{Context, Store, tracked, with_context};

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

#[test]
fn many_inputs_are_no_part_of_each_result_above_them() {
    #[tracked]
    fn unset(from: u32, to: u32) -> u32 {
        if to - from == 1 {
            return dug::input::env(format!("DUG_TEST_UNSET_{from}"))
                .is_err()
                .into();
        }
        let middle = from + (to - from) / 2;
        unset(from, middle) + unset(middle, to)
    }
    let store = Store::in_memory();
    assert_eq!(session(&store, || unset(0, 512)), 512);
    let store = restarted(&store);
    let context = Context::builder().store(store.clone()).build();
    assert_eq!(context.enter(|| unset(0, 512)), 512);
    // Eight of 64 inputs each are found by what proves them, seven above by what they asked; and
    // the value of the top is read.
    assert_eq!(store.stats().records_read, 8 + 7 + 1);
}
