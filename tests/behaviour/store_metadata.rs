//! What a store knows of the cost of results.

use dug::{Context, Metadata, Store, node, tracked, tweak, with_context};
use std::time::{Duration, SystemTime};

#[tracked]
fn fib(n: u64) -> u64 {
    if n < 2 { n } else { fib(n - 1) + fib(n - 2) }
}

#[tracked]
fn busy(microseconds: u64) -> Vec<u8> {
    let until = std::time::Instant::now() + Duration::from_micros(microseconds);
    while std::time::Instant::now() < until {}
    vec![7; 1000]
}

#[tracked]
fn twice(microseconds: u64) -> usize {
    busy(microseconds).len() + busy(microseconds + 1).len()
}

#[tracked]
fn above(microseconds: u64) -> usize {
    twice(microseconds) + busy(microseconds).len()
}

fn session<R>(store: &Store, f: impl FnOnce() -> R) -> R {
    Context::builder().store(store.clone()).build().enter(f)
}

fn of_fib(n: u64) -> Metadata {
    node!(fib(n)).metadata().unwrap()
}

/// Whether the times are equal to the three digits that are kept of each.
fn is_near(a: Duration, b: Duration) -> bool {
    a.abs_diff(b) <= a.max(b) / 100
}

#[test]
fn the_figures_of_fib_fit_together() {
    let store = Store::in_memory();
    let before = SystemTime::now() - Duration::from_millis(1);
    session(&store, || {
        fib(8);
        for n in 2..=8 {
            let (here, one, two) = (of_fib(n), of_fib(n - 1), of_fib(n - 2));
            assert!(here.answers_here);
            assert!(here.call_time >= here.subcall_time);
            assert_eq!(here.own_time(), here.call_time - here.subcall_time);
            let estimate = here.own_time() + one.estimated_time + two.estimated_time;
            assert!(is_near(here.estimated_time, estimate));
            // fib(n - 2) was computed below fib(n - 1).
            let subcalls = here.subcall_time;
            assert!(subcalls >= one.call_time || is_near(subcalls, one.call_time));
            assert_eq!(here.value_size, Some(1));
            assert!(here.stored_size > 1);
            assert!(here.saved_at >= before && here.saved_at <= SystemTime::now());
            assert!(here.save_time > Duration::ZERO);
            assert_eq!((here.loads, here.load_time), (0, Duration::ZERO));
        }
        let leaf = of_fib(1);
        assert!(leaf.subcall_time.is_zero());
        assert_eq!(leaf.estimated_time, leaf.own_time());
        // fib(8) was asked once, fib(1) by fib(3) and fib(2).
        assert_eq!((of_fib(8).hits, of_fib(6).hits, of_fib(1).hits), (0, 1, 1));
        assert_eq!((of_fib(8).calls(), of_fib(6).calls()), (1, 2));
    });
    session(&store, || {
        fib(8);
        fib(8);
        let root = of_fib(8);
        assert_eq!((root.loads, root.hits, root.calls()), (1, 1, 3));
        assert!(root.load_time > Duration::ZERO);
        assert_eq!(root.average_load(), root.load_time);
        assert_eq!(
            root.total_time(),
            root.call_time + root.save_time + root.load_time
        );
        assert_eq!(root.average_total(), root.total_time() / 3);
        assert_eq!(root.average_overhead(), root.save_time / 3);
        // What was not needed was not loaded.
        assert_eq!(of_fib(7).loads, 0);
    });
}

#[test]
fn memoization_saves_what_runs_below_again_and_again() {
    let store = Store::in_memory();
    let cost = Duration::from_micros(3000);
    session(&store, || above(3000));
    session(&store, || {
        for _ in 0..10 {
            above(3000);
        }
        let above = node!(above(3000)).metadata().unwrap();
        // Three calls of `busy`, of which one was answered from memory.
        assert!(above.estimated_time >= 3 * cost, "{above}");
        assert!(above.call_time >= 2 * cost, "{above}");
        assert_eq!(above.calls(), 11);
        let all = above.estimated_time * 11;
        assert_eq!(above.estimated_saved_time(), all - above.total_time());
        assert!(above.estimated_saved_time() > 20 * cost, "{above}");
        let busy = node!(busy(3000)).metadata().unwrap();
        assert!(busy.own_time() >= cost);
        assert_eq!(busy.hits, 1);
    });
}

#[test]
fn usage_adds_up_across_sessions_and_threads() {
    let store = Store::in_memory();
    session(&store, || fib(3));
    for _ in 0..4 {
        let store = dug::__private::restarted(&store);
        session(&store, || {
            fib(3);
            let here = dug::here();
            std::thread::scope(|scope| {
                for _ in 0..2 {
                    let here = here.clone();
                    scope.spawn(move || here.run(|| (0..5).for_each(|_| _ = fib(3))));
                }
            });
        });
        store.flush().unwrap();
    }
    let metadata = session(&store, || of_fib(3));
    assert_eq!((metadata.loads, metadata.hits), (4, 40));
}

#[test]
fn closing_a_store_tells_what_was_counted() {
    let folder = std::env::temp_dir().join(format!("dug-test-{}-usage", std::process::id()));
    let open = || Store::open(&folder).unwrap();
    session(&open(), || (0..3).for_each(|_| _ = fib(1)));
    session(&open(), || (0..3).for_each(|_| _ = fib(1)));
    let metadata = session(&open(), || of_fib(1));
    assert_eq!((metadata.hits, metadata.loads), (2 + 2, 1));
    std::fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn the_newest_result_stands_in_where_none_answers() {
    let store = Store::in_memory();
    session(&store, || assert!(node!(fib(2)).metadata().is_none()));
    session(&store, || fib(2));
    store.flush().unwrap();
    std::thread::sleep(Duration::from_millis(2));
    session(&store, || {
        tweak!(fib(1) => 10);
        fib(2);
        let tweaked = of_fib(2);
        with_context(|| {
            tweak!(fib(0) => 10);
            let newest = of_fib(2);
            assert!(!newest.answers_here);
            assert_eq!(newest.saved_at, tweaked.saved_at);
        });
        assert!(tweaked.answers_here);
    });
    session(&store, || {
        let plain = of_fib(2);
        assert!(plain.answers_here);
        tweak!(fib(1) => 10);
        assert!(of_fib(2).answers_here);
        assert!(of_fib(2).saved_at > plain.saved_at);
    });
}

#[test]
fn a_tweak_has_no_cost_of_its_own() {
    let store = Store::in_memory();
    session(&store, || {
        tweak!(fib(5) => 0);
        for _ in 0..3 {
            fib(5);
        }
        assert!(node!(fib(5)).metadata().is_none());
    });
    store.flush().unwrap();
}

#[test]
fn large_values_count_where_they_lie() {
    #[tracked]
    fn large() -> Vec<u8> {
        vec![3; 1 << 20]
    }
    session(&Store::in_memory(), || {
        large();
        let metadata = node!(large()).metadata().unwrap();
        assert!(metadata.value_size.unwrap() >= 1 << 20);
        assert!(metadata.stored_size > metadata.value_size.unwrap());
        let shown = metadata.to_string();
        assert_eq!(shown.lines().count(), 10, "{shown}");
    });
}

#[tracked]
fn slow(n: u64) -> u64 {
    std::thread::sleep(Duration::from_millis(20));
    n
}

#[tracked]
fn on_threads() -> u64 {
    let here = dug::here();
    std::thread::scope(|scope| {
        let parts = [1, 2].map(|n| {
            let here = &here;
            scope.spawn(move || here.run(|| slow(n)))
        });
        parts.into_iter().map(|part| part.join().unwrap()).sum()
    })
}

#[test]
fn what_other_threads_have_called_is_below() {
    let context = Context::builder().store(Store::in_memory()).build();
    context.enter(|| {
        assert_eq!(on_threads(), 3);
        let metadata = node!(on_threads()).metadata().unwrap();
        let parts = [1, 2].map(|n| node!(slow(n)).metadata().unwrap().call_time);
        // They sleep at once: the call takes as long as the longer one, and without memoization as long as both.
        assert!(metadata.subcall_time >= parts[0].max(parts[1]) / 2);
        assert!(metadata.subcall_time <= metadata.call_time);
        assert!(metadata.estimated_time <= metadata.call_time + parts[0] + parts[1]);
    });
}
