//! Results that are told apart by how they were computed, in a store.

use dug::{Context, Scenario, Store, node, tracked, tweak, untweak, with_context};

#[tracked]
fn rate() -> u64 {
    12
}

#[tracked]
fn spread() -> u64 {
    1
}

#[tracked(in_memory)]
fn curve() -> u64 {
    with_context(|| {
        tweak!(spread() => 8);
        rate()
    })
}

#[tracked(fingerprint = graph)]
fn drawn() -> u64 {
    with_context(|| {
        tweak!(spread() => 8);
        rate()
    })
}

#[tracked]
fn price() -> u64 {
    curve()
}

#[tracked]
fn estimate() -> u64 {
    drawn()
}

#[test]
fn what_was_asked_in_a_context_of_the_body_tells_computations_apart() {
    let store = Store::in_memory();
    let context = Context::builder().store(store).build();
    context.enter(|| {
        assert_eq!((price(), estimate()), (12, 12));
        tweak!(rate() => 13);
        assert_eq!((price(), estimate()), (13, 13));
    });
}

#[tracked(in_memory)]
fn table(n: u64) -> u64 {
    n
}

#[tracked]
fn entry(n: u64) -> u64 {
    table(n)
}

#[test]
fn what_ran_before_any_record_of_its_function_was_looked_for_is_found() {
    let store = Store::in_memory();
    let context = || Context::builder().store(store.clone()).build();
    context().enter(|| entry(1));
    let second = context();
    second.enter(|| {
        // The tweak makes the trace tell: `table` is asked for its fingerprint.
        tweak!(entry(2) => 0);
        entry(1)
    });
    assert_eq!(second.stats().executions, 0);
}

#[test]
fn in_a_scenario_a_result_that_had_to_run_takes_the_place_of_what_was_found() {
    let store = Store::in_memory();
    let context = || Context::builder().store(store.clone()).build();
    context().enter(|| entry(1));
    context().enter(|| {
        tweak!(entry(2) => 0);
        Scenario::new().enter(|| {
            entry(1);
            assert_eq!(dug::node!(table(1)).get(), None);
            table(1);
            assert_eq!(dug::node!(table(1)).get(), Some(1));
        });
    });
}

#[tracked]
fn cell(n: u64) -> u64 {
    n
}

#[tracked(in_memory)]
fn row() -> u64 {
    cell(1)
}

#[tracked(in_memory)]
fn page() -> u64 {
    row()
}

#[tracked]
fn cover() -> u64 {
    row()
}

#[test]
fn with_a_store_equal_computations_are_equal_results() {
    let context = Context::builder().store(Store::in_memory()).build();
    context.enter(|| {
        let outer = dug::here();
        with_context(|| {
            cover();
            outer.run(page);
            tweak!(cell(n) if n > 5 => |old| old + 1);
            // `row` has run here and outside.
            page();
            let executions = Context::current().unwrap().stats().executions;
            assert_eq!(executions, 3);
        });
    });
}

#[tracked]
fn above(n: u64) -> u64 {
    entry(n) + 1
}

#[test]
fn nothing_above_a_tweak_of_what_is_kept_in_memory_is_stored() {
    let store = Store::in_memory();
    let context = || Context::builder().store(store.clone()).build();
    context().enter(|| {
        tweak!(table(1) => 5);
        tweak!(table(2) => |old| old + 4);
        assert_eq!((above(1), above(2)), (6, 7));
    });
    store.flush().unwrap();
    // The second tweak asks what is beneath it.
    let names = || {
        store
            .nodes()
            .unwrap()
            .iter()
            .map(ToString::to_string)
            .collect::<Vec<_>>()
    };
    assert_eq!(names(), ["table(2)"]);
    context().enter(|| assert_eq!((above(1), above(2)), (2, 3)));
    store.flush().unwrap();
    assert_eq!(names().len(), 6);
}

#[tracked(fingerprint = graph)]
fn by_computation(n: u64) -> u64 {
    n
}

#[tracked]
fn above_computation(n: u64) -> u64 {
    by_computation(n) + 1
}

#[test]
fn what_is_unloaded_is_still_told_apart_by_its_computation() {
    let store = Store::in_memory();
    let session = || {
        let store = dug::__private::restarted(&store);
        let context = Context::builder().store(store.clone()).build();
        context.enter(|| {
            // Proofs of its function are not believed any more.
            node!(above_computation(2)).invalidate();
            by_computation(1);
            store.flush().unwrap();
            node!(by_computation(1)).unload();
            assert_eq!(above_computation(1), 2);
        });
        context.stats().executions
    };
    assert_eq!((session(), session()), (2, 0));
}

#[tracked]
fn source() -> i64 {
    3
}

#[tracked(fingerprint = graph)]
fn sign() -> i64 {
    source().signum()
}

#[tracked]
fn above_sign() -> i64 {
    sign()
}

#[test]
fn equal_results_of_two_computations_differ_in_memory_as_they_do_in_the_store() {
    let store = Store::in_memory();
    let session = |f: fn()| {
        let store = dug::__private::restarted(&store);
        let context = Context::builder().store(store.clone()).build();
        context.enter(f);
        store.flush().unwrap();
        context.stats().executions
    };
    let tweaked_and_not = || {
        tweak!(source() => 9);
        assert_eq!(above_sign(), 1);
        untweak!(source());
        assert_eq!(above_sign(), 1);
    };
    assert_eq!(session(tweaked_and_not), 5);
    assert_eq!(session(|| assert_eq!(above_sign(), 1)), 0);
}
