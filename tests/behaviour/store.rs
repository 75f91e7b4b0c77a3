//! Results outlive a context, and a process, in a store.

use dug::{Context, Stats, Store, tracked, tweak, with_context};

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

#[test]
fn an_invalidation_reaches_what_a_parent_has_found_by_its_proof() {
    let store = Store::in_memory();
    session(&store, || sum(0, 4));
    let (ran, _) = session(&store, || {
        sum(0, 4);
        with_context(|| {
            dug::node!(leaf(2)).invalidate();
            sum(0, 4);
            Context::current().unwrap().stats().executions
        })
    });
    assert_eq!(ran, 1);
}

#[test]
fn a_child_with_another_store_sees_what_was_found_further_out() {
    let (store, other) = (Store::in_memory(), Store::in_memory());
    session(&store, || sum(0, 4));
    let (_, ran) = session(&store, || {
        sum(0, 4);
        session(&other, || {
            let node = dug::node!(sum(0, 4));
            assert_eq!(node.get(), Some(6));
            assert_eq!(node.dependencies().len(), 2);
        })
    });
    assert_eq!(ran.executions, 0);
}

#[test]
fn a_store_that_is_opened_again_is_the_same_store() {
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path().join("store");
    let store = Store::open(&place).unwrap();
    let again = Store::open(folder.path().join(".").join("store")).unwrap();
    session(&store, || sum(0, 4));
    // What waits to be written is seen.
    assert_eq!(session(&again, || sum(0, 4)).1.executions, 0);
    store.flush().unwrap();
    assert_eq!(again.stats(), store.stats());
    // With other settings it is a handle of its own, and a folder in the place of this is another store.
    let builder = Store::builder().max_size(1 << 30);
    assert_eq!(builder.open(&place).unwrap().stats().records_written, 0);
    std::fs::rename(&place, folder.path().join("moved")).unwrap();
    let other = Store::open(&place).unwrap();
    assert_eq!(session(&other, || sum(0, 4)).1.executions, 4 + 7);
}

#[test]
fn what_opening_a_store_told_is_kept() {
    let folder = tempfile::tempdir().unwrap();
    drop(Store::open(folder.path()).unwrap());
    let database = folder.path().join("store.sqlite");
    if !database.exists() {
        return;
    }
    let mut bytes = std::fs::read(&database).unwrap();
    bytes[100..].fill(0xAA);
    std::fs::write(database, bytes).unwrap();
    let store = Store::open(folder.path()).unwrap();
    let notices = store.notices();
    assert_eq!((store.stats().notices, notices.len()), (1, 1));
    assert!(notices[0].contains("set aside"), "{notices:?}");
}
