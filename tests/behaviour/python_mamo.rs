//! What the Python package `mamo` 0.1.3 promises, in Rust.

use dug::{
    Context, Policy, Stats, Store, cell, external, external_value, forget_external, node, tracked,
};
use std::sync::atomic::{AtomicU8, Ordering::SeqCst};

#[tracked]
fn fib(n: u64) -> u64 {
    if n < 2 { 1 } else { fib(n - 1) + fib(n - 2) }
}

fn session<R>(store: &Store, f: impl FnOnce() -> R) -> (R, Stats) {
    let context = Context::builder().store(store.clone()).build();
    let answer = context.enter(f);
    (answer, context.stats())
}

#[test]
fn fib_of_8_is_34_with_nine_nodes() {
    let store = Store::in_memory();
    let (answer, stats) = session(&store, || fib(8));
    assert_eq!((answer, stats.executions), (34, 9));
    assert_eq!(store.nodes().unwrap().len(), 9);
}

#[test]
fn flush_and_reload() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path().join("memo")).unwrap();
    session(&store, || fib(8));
    store.flush().unwrap();
    drop(store);
    let store = Store::open(folder.path().join("memo")).unwrap();
    let (answer, stats) = session(&store, || {
        assert!(node!(fib(8)).is_cached() && node!(fib(5)).is_cached());
        assert!(!node!(fib(9)).is_cached());
        fib(9)
    });
    assert_eq!((answer, stats.executions), (55, 1));
    assert_eq!(store.nodes().unwrap().len(), 10);
}

#[test]
fn tag_retag_and_forget() {
    let store = Store::in_memory();
    session(&store, || {
        fib(8);
        fib(5);
        node!(fib(8)).tag("best");
        assert_eq!(node!(fib(8)).tags(), ["best"]);
        node!(fib(5)).tag("best");
        node!(fib(5)).tag("small");
        assert!(node!(fib(8)).tags().is_empty());
    });
    assert_eq!(store.tags(), ["best", "small"]);
    assert_eq!(*store.tagged::<u64>("best").unwrap(), 8);
    assert!(store.untag("best"));
    assert!(store.tagged::<u64>("best").is_none());
    session(&store, || node!(fib(8)).forget());
    let (answer, stats) = session(&store, || {
        assert!(node!(fib(8)).is_stale() && !node!(fib(7)).is_stale());
        fib(8)
    });
    assert_eq!((answer, stats.executions), (34, 1));
}

#[tracked]
fn doubled() -> Option<i64> {
    external_value::<i64>("number").map(|number| 2 * *number)
}

#[test]
fn external_values() {
    let store = Store::in_memory();
    let ask = || session(&store, doubled);
    assert_eq!(ask().0, None);
    session(&store, || external("number", 4i64));
    let (answer, stats) = ask();
    assert_eq!((answer, stats.executions), (Some(8), 1));
    assert_eq!(ask().1.executions, 0);
    session(&store, || external("number", 5i64));
    assert_eq!(ask().0, Some(10));
    session(&store, || external("number", 4i64));
    let (answer, stats) = ask();
    assert_eq!((answer, stats.executions), (Some(8), 0));
    session(&store, || forget_external("number"));
    let (answer, stats) = ask();
    assert_eq!((answer, stats.executions), (None, 0));
}

#[tracked(version = "1")]
fn rate() -> u64 {
    3
}

/// The cells of a notebook, and how often each block has run.
fn notebook(first: u64, runs: &AtomicU8) -> u64 {
    let a = cell!("a", (first) => {
        runs.fetch_add(1, SeqCst);
        first + rate()
    });
    cell!("b", (a) => {
        runs.fetch_add(16, SeqCst);
        a % 10
    })
}

#[test]
fn cells_run_again_only_when_their_inputs_change() {
    let store = Store::in_memory();
    let run = |first| {
        let runs = AtomicU8::new(0);
        let (answer, _) = session(&store, || notebook(first, &runs));
        (answer, runs.load(SeqCst))
    };
    assert_eq!(run(1), (4, 17));
    assert_eq!(run(1), (4, 0));
    assert_eq!(run(2), (5, 17));
    assert_eq!((run(1), run(2)), ((4, 0), (5, 0)));
    let other = AtomicU8::new(0);
    let (answer, _) = session(&store, || {
        dug::tweak!(rate() => 13);
        notebook(1, &other)
    });
    // The first cell runs again, and answers as another input of the second.
    assert_eq!((answer, other.load(SeqCst)), (4, 17));
}

#[tracked]
fn measured() -> u64 {
    external_value::<u64>("level").map_or(0, |level| *level)
}

#[test]
fn only_missing_serves_stale() {
    let serves_seven = |store: &Store, bound_again: bool| {
        let draft = Context::builder()
            .store(store.clone())
            .policy(Policy::OnlyMissing)
            .build();
        let ask = || {
            if bound_again {
                external("level", 9u64);
            }
            measured()
        };
        assert_eq!((draft.enter(ask), draft.stats().executions), (7, 0));
        assert_eq!(session(store, measured).0, 9);
    };
    let bind = |level: u64| move || _ = external("level", level);
    let bind_and_ask = || {
        external("level", 7u64);
        measured()
    };
    // The value is bound and asked for in one session, or in two, and replaced in the same way.
    let store = Store::in_memory();
    session(&store, bind_and_ask);
    serves_seven(&store, true);
    let store = Store::in_memory();
    session(&store, bind_and_ask);
    session(&store, bind(9));
    serves_seven(&store, false);
    let store = Store::in_memory();
    session(&store, bind(7));
    session(&store, measured);
    serves_seven(&store, true);
}

#[test]
fn the_metadata_add_up() {
    let store = Store::in_memory();
    session(&store, || fib(8));
    session(&store, || fib(8));
    let (metadata, _) = session(&store, || node!(fib(8)).metadata().unwrap());
    assert_eq!((metadata.value_size, metadata.loads), (Some(1), 1));
    assert!(metadata.total_time() >= metadata.call_time);
    assert!(metadata.stored_size > 1);
}
