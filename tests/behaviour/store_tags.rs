//! Tags name nodes in a store, and pin what is stored of them.

use dug::{Collect, Context, Store, Tracked, node, tracked, tweak};

#[tracked]
fn spot() -> u64 {
    100
}

#[tracked]
fn value(lots: u64) -> u64 {
    lots * spot()
}

fn session<R>(store: &Store, f: impl FnOnce() -> R) -> R {
    Context::builder().store(store.clone()).build().enter(f)
}

#[test]
fn a_name_is_one_nodes() {
    let store = Store::in_memory();
    session(&store, || {
        value(1);
        node!(value(1)).tag("best");
        node!(value(1)).tag("baseline");
        node!(value(2)).tag("best");
        assert_eq!(node!(value(1)).tags(), ["baseline"]);
        assert_eq!(node!(value(2)).tags(), ["best"]);
    });
    assert_eq!(store.tags(), ["baseline", "best"]);
    assert!(store.untag("best"));
    assert!(!store.untag("best"));
    let later = dug::__private::restarted(&store);
    assert_eq!(later.tags(), ["baseline"]);
    session(&later, || assert_eq!(node!(value(1)).tags(), ["baseline"]));
    later.flush().unwrap();
}

#[test]
fn tagging_runs_nothing() {
    let store = Store::in_memory();
    let context = Context::builder().store(store.clone()).build();
    context.enter(|| node!(value(1)).tag("later"));
    assert_eq!(context.stats().executions, 0);
    assert_eq!(store.tags(), ["later"]);
}

#[test]
fn a_tag_that_comes_first_stands_for_no_what_if() {
    let store = Store::in_memory();
    session(&store, || {
        node!(value(1)).tag("first");
        value(1);
        dug::with_context(|| {
            tweak!(spot() => 300);
            assert_eq!(value(1), 300);
        });
        let dear = dug::Scenario::new().with(tweak!(in spot() => 200)).unwrap();
        dear.enter(|| assert_eq!(value(1), 200));
    });
    assert_eq!(store.tagged::<u64>("first").as_deref(), Some(&100));
}

#[test]
fn a_name_stands_for_no_other_result_than_was_named() {
    let store = Store::in_memory();
    let said = || store.tagged::<u64>("shock").map(|value| *value);
    let shock = || {
        dug::with_context(|| {
            tweak!(spot() => 300);
            value(1);
            node!(value(1)).tag("shock");
        });
    };
    session(&store, || {
        value(1);
        shock();
    });
    assert_eq!(said(), Some(300));
    session(&store, || {
        node!(value(1)).forget();
        assert_eq!(said(), None);
        value(1);
    });
    assert_eq!(said(), None);
    session(&store, shock);
    assert_eq!(said(), Some(300));
    // And one that came before any result, for none of a what-if.
    session(&store, || {
        node!(value(2)).tag("plain");
        dug::with_context(|| {
            tweak!(spot() => 300);
            value(2);
        });
    });
    assert!(store.tagged::<u64>("plain").is_none());
    session(&store, || value(2));
    assert_eq!(*store.tagged::<u64>("plain").unwrap(), 200);
}

#[test]
fn what_is_tagged_stays() {
    let store = Store::in_memory();
    session(&store, || {
        for lots in 0..20 {
            value(lots);
        }
        node!(value(7)).tag("seven");
        node!(value(8)).tag("eight");
    });
    store.untag("eight");
    let all = Collect::new().max_size(0).orphans();
    let collected = store.collect_garbage(all.clone()).unwrap();
    assert_eq!(collected.records, 20);
    let left = store.nodes().unwrap();
    assert_eq!(left.len(), 1);
    assert_eq!(left[0].to_string(), "value(7)");
    // It still answers: what its record needs has stayed, too.
    let context = Context::builder()
        .store(dug::__private::restarted(&store))
        .build();
    assert_eq!(context.enter(|| value(7)), 700);
    assert_eq!(context.stats().executions, 0);
    store.untag("seven");
    assert_eq!(store.collect_garbage(all).unwrap().records, 1);
    assert!(store.nodes().unwrap().is_empty());
}

#[test]
fn all_results_of_a_tagged_node_stay() {
    let store = Store::in_memory();
    for spot_now in [100, 110, 120] {
        session(&store, || {
            tweak!(spot() => spot_now);
            value(1);
        });
    }
    session(&store, || node!(value(1)).tag("one"));
    let collected = store
        .collect_garbage(Collect::new().max_size(0).orphans())
        .unwrap();
    assert_eq!(collected.records, 0);
    for spot_now in [100, 110, 120] {
        let context = Context::builder().store(store.clone()).build();
        let answer = context.enter(|| {
            tweak!(spot() => spot_now);
            value(1)
        });
        assert_eq!((answer, context.stats().executions), (spot_now, 0));
    }
}

#[tracked]
fn numbers(count: u64) -> Tracked<Vec<u64>> {
    Tracked::new((0..count).collect())
}

#[tracked]
fn next(numbers: Tracked<Vec<u64>>) -> Tracked<Vec<u64>> {
    Tracked::new(numbers.iter().map(|number| number + 1).collect())
}

#[tracked]
fn sum(numbers: Tracked<Vec<u64>>) -> u64 {
    numbers.iter().sum()
}

#[test]
fn a_tagged_call_with_handles_stays_whatever_they_hold() {
    let store = Store::in_memory();
    for count in [4, 5] {
        session(&store, || {
            tweak!(numbers(4) => Tracked::new((0..count).collect()));
            sum(numbers(4));
        });
    }
    session(&store, || {
        sum(next(numbers(4)));
        node!(sum(numbers(4))).tag("sum");
        node!(sum(next(numbers(4)))).tag("further");
    });
    let all = Collect::new().max_size(0).orphans();
    let before = store.verify().unwrap().records;
    let collected = store.collect_garbage(all).unwrap();
    let left: Vec<String> = store
        .nodes()
        .unwrap()
        .iter()
        .map(ToString::to_string)
        .collect();
    assert_eq!(left, ["sum(next(numbers(4)))", "sum(numbers(4))"]);
    assert_eq!(collected.records, before - 3);
    assert_eq!(*store.tagged::<u64>("further").unwrap(), 10);
    for count in [4, 5] {
        let context = Context::builder().store(store.clone()).build();
        context.enter(|| {
            tweak!(numbers(4) => Tracked::new((0..count).collect()));
            sum(numbers(4));
        });
        assert_eq!(context.stats().executions, 0, "{count}");
    }
}

#[test]
fn a_tag_of_a_call_with_handles_may_come_first() {
    let store = Store::in_memory();
    session(&store, || node!(sum(numbers(4))).tag("early"));
    assert!(store.tagged::<u64>("early").is_none());
    session(&store, || sum(numbers(4)));
    assert_eq!(*store.tagged::<u64>("early").unwrap(), 6);
}

#[test]
fn a_tagged_handle_is_the_one_that_was_tagged() {
    let store = Store::in_memory();
    session(&store, || {
        let next = next(numbers(3));
        sum(next.clone());
        next.tag("next");
    });
    let store = dug::__private::restarted(&store);
    let handle = store.tagged::<Vec<u64>>("next").unwrap();
    let context = Context::builder().store(store.clone()).build();
    context.enter(|| {
        assert!(!handle.is_stale());
        assert!(handle.metadata().is_some());
        assert_eq!(sum(handle.clone()), 6);
        assert_eq!(node!(sum(handle)).id(), node!(sum(next(numbers(3)))).id());
    });
    assert_eq!(context.stats().executions, 0);
}

#[test]
fn without_a_store_there_are_no_tags() {
    dug::with_context(|| {
        node!(value(1)).tag("one");
        assert!(node!(value(1)).tags().is_empty());
    });
}

#[test]
fn a_tagged_result_stays_where_its_node_runs_again_and_is_spared() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path()).unwrap();
    session(&store, || {
        value(7);
        node!(value(7)).tag("best");
    });
    store.flush().unwrap();
    drop(store);
    let builder = Store::builder().min_cost(std::time::Duration::from_secs(3600));
    let sparing = builder.open(folder.path()).unwrap();
    session(&sparing, || {
        node!(value(7)).invalidate();
        value(7);
    });
    sparing.flush().unwrap();
    assert_eq!(sparing.tagged::<u64>("best").map(|best| *best), Some(700));
    drop(sparing);
    let store = Store::open(folder.path()).unwrap();
    let later = Context::builder().store(store.clone()).build();
    assert_eq!(later.enter(|| value(7)), 700);
    assert_eq!((later.stats().executions, later.stats().loaded), (0, 1));
    assert!(store.verify().unwrap().damaged.is_empty());
}
