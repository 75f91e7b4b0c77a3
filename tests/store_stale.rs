//! Results of other code than a function has now are collected. What a function's code is may be
//! pretended once in a process: this is one.

use dug::{Collect, Context, Store, node, tracked};
use std::sync::atomic::{AtomicU8, Ordering::Relaxed};

#[tracked]
fn changing(x: u64) -> u64 {
    x + fixed(x)
}

#[tracked]
fn fixed(x: u64) -> u64 {
    2 * x
}

/// The version of `changing`.
static VERSION: AtomicU8 = AtomicU8::new(0);

fn executions(store: &Store, f: impl FnOnce()) -> u64 {
    let store = dug::__private::restarted(store);
    let context = Context::builder().store(store.clone()).build();
    context.enter(f);
    store.flush().unwrap();
    context.stats().executions
}

fn both() {
    for x in 0..10 {
        changing(x);
    }
}

#[test]
fn stale_results_go_unless_they_are_tagged() {
    assert!(dug::__private::pretend_code(|path| {
        let changes = path.ends_with("changing");
        changes.then(|| [VERSION.load(Relaxed); 32])
    }));
    let store = Store::in_memory();
    assert_eq!(executions(&store, both), 20);
    executions(&store, || node!(changing(3)).tag("three"));
    let stale = Collect::new().stale().orphans();
    assert_eq!(store.collect_garbage(stale.clone()).unwrap().records, 0);

    VERSION.store(1, Relaxed);
    assert_eq!(executions(&store, both), 10);
    let collected = store.collect_garbage(stale.clone()).unwrap();
    assert_eq!(collected.records, 9, "{collected}");
    assert_eq!(executions(&store, both), 0);

    VERSION.store(0, Relaxed);
    // The results of the other version are the stale ones now.
    let collected = store.collect_garbage(stale).unwrap();
    assert_eq!(collected.records, 9, "{collected}");
    assert_eq!(executions(&store, || _ = changing(3)), 0);
    assert_eq!(executions(&store, both), 9);
    assert!(store.verify().unwrap().is_sound());
}
