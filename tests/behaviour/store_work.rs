//! What a store has to do for an answer.

use dug::__private::restarted;
use dug::{Collect, Context, Store, external, external_value, node, tracked, tweak, with_context};

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
    // 100 001 nodes: three for each leaf, less one.
    assert_eq!(records_read(33_334), 1);
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

#[tracked]
fn length(path: &str) -> usize {
    dug::input::file(path).unwrap().len()
}

#[tracked]
fn lengths(folder: &str) -> usize {
    (0..65).map(|n| length(&format!("{folder}/{n}"))).sum()
}

#[test]
fn what_was_only_looked_at_is_read_again_where_the_world_is() {
    let folder = tempfile::tempdir().unwrap();
    let file = |n: u32| folder.path().join(n.to_string());
    let path = folder.path().to_str().unwrap();
    (0..65).for_each(|n| std::fs::write(file(n), "a").unwrap());
    // Then their looks tell whether they have changed.
    std::thread::sleep(std::time::Duration::from_millis(2_100));
    let store = Store::in_memory();
    session(&store, || lengths(path));
    let later = restarted(&store);
    let context = Context::builder().store(later.clone()).build();
    context.enter(|| {
        assert!(!node!(lengths(path)).is_stale());
        std::fs::write(file(3), "more").unwrap();
    });
    context.refresh();
    context.enter(|| assert_eq!(lengths(path), 65 + 3));
    session(&restarted(&later), || {
        assert!(!node!(lengths(path)).is_stale());
        std::fs::write(file(4), "most of it").unwrap();
        assert_eq!(
            (length(&format!("{path}/4")), lengths(path)),
            (10, 65 + 3 + 9)
        );
    });
}

/// How many records are read where the first of so many variables below a chain has changed.
fn read_after_a_change(links: u32) -> u64 {
    #[tracked]
    fn link(n: u32) -> u64 {
        let below = n.checked_sub(1).map_or(0, link);
        below + external_value::<u64>(format!("link {n}")).map_or(1, |it| *it)
    }
    let store = Store::in_memory();
    session(&store, || link(links));
    let store = restarted(&store);
    let (answer, again) = session(&store, || {
        external("link 0", 5u64);
        (link(links), link(links))
    });
    assert_eq!((answer, again), (u64::from(links) + 5, answer));
    store.stats().records_read
}

#[test]
fn a_change_below_a_chain_is_met_once_by_all_above() {
    let (short, long) = (read_after_a_change(500), read_after_a_change(2000));
    assert!(long <= 4 * short + 100, "{short} and {long}");
}

#[tracked]
fn switched(leaves: u32) -> u64 {
    sum(0, leaves) + external_value::<u64>("switch").map_or(0, |switch| *switch)
}

#[test]
fn what_the_world_has_changed_is_found_at_once_from_then_on() {
    let store = Store::in_memory();
    let ask = |switch: u64| {
        let store = restarted(&store);
        let context = Context::builder().store(store.clone()).build();
        let answer = context.enter(|| {
            external("switch", switch);
            switched(256)
        });
        assert_eq!(answer, 255 * 128 + switch);
        store.flush().unwrap();
        (context.stats().executions, store.stats().records_read)
    };
    assert_eq!(ask(0).0, 256 + 511 + 1);
    assert_eq!(ask(1).0, 1);
    for _ in 0..3 {
        let (ran, read) = ask(1);
        assert_eq!(ran, 0);
        assert!(read <= 3, "{read} records");
    }
    let (ran, read) = ask(0);
    assert!(ran == 0 && read <= 3, "{ran} ran, {read} records");
    assert_eq!(ask(2).0, 1);
    assert!(ask(2).1 <= 3);
    // They are collected with what they lead to.
    store
        .collect_garbage(Collect::new().max_size(0).orphans())
        .unwrap();
    assert!(store.nodes().unwrap().is_empty());
    assert_eq!(ask(2).0, 256 + 511 + 1);
}

#[tracked]
fn above_the_switch(steps: u64) -> u64 {
    match steps {
        0 => external_value::<u64>("switch").map_or(0, |switch| *switch),
        _ => above_the_switch(steps - 1) + 1,
    }
}

#[test]
fn a_world_that_came_back_is_found_at_once_from_then_on() {
    let store = Store::in_memory();
    let read = |switch: u64| {
        let store = restarted(&store);
        session(&store, || {
            external("switch", switch);
            assert_eq!(above_the_switch(100), 100 + switch);
        });
        store.flush().unwrap();
        store.stats().records_read
    };
    (0..3).for_each(|switch| _ = read(switch));
    // Neither what was first nor what was last.
    assert!(read(1) > 100);
    let read = read(1);
    assert!(read <= 3, "{read} records");
}

#[tracked]
fn shift() -> u64 {
    1
}

#[tracked]
fn shifted() -> u64 {
    shift()
}

/// It tweaks inside, so it is never found itself.
#[tracked(fingerprint = graph)]
fn elsewhere() -> u64 {
    let inside = with_context(|| {
        tweak!(shift() => 2);
        shifted()
    });
    inside + shift()
}

#[tracked]
fn above_elsewhere() -> u64 {
    elsewhere()
}

#[tracked]
fn top_of_elsewhere() -> u64 {
    above_elsewhere() + 1
}

#[test]
fn what_a_store_further_out_proves_needs_no_check_of_what_one_further_in_has() {
    let stores = [Store::in_memory(), Store::in_memory()];
    let asked = |tweaked: bool| {
        let [outer, inner] = stores.each_ref().map(restarted);
        let context = Context::builder().store(inner.clone()).build();
        let answer = session(&outer, || {
            if tweaked {
                top_of_elsewhere();
                context.enter(|| tweak!(shift() => 5));
            }
            context.enter(|| {
                let is_cached = node!(top_of_elsewhere()).is_cached();
                let answer = top_of_elsewhere();
                (is_cached, answer)
            })
        });
        for store in [outer, inner] {
            store.flush().unwrap();
        }
        (answer, context.stats().executions)
    };
    assert_eq!(asked(true).0, (false, 8));
    assert_eq!(asked(false), ((true, 4), 0));
}
