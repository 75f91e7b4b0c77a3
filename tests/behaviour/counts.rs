//! Exact counts of executions.

use crate::ran::{ran, take};
use dug::{Context, tracked, tweak, with_context};

#[tracked]
fn fib(n: u64) -> u64 {
    ran(format!("{n}"));
    if n < 2 { n } else { fib(n - 1) + fib(n - 2) }
}

/// mamo's example: `fib(8)` is 34 where `fib(0)` and `fib(1)` are 1.
#[tracked]
fn fib_from_one(n: u64) -> u64 {
    ran(format!("{n}"));
    if n < 2 {
        1
    } else {
        fib_from_one(n - 1) + fib_from_one(n - 2)
    }
}

#[test]
fn each_node_runs_once() {
    with_context(|| {
        assert_eq!(fib_from_one(8), 34);
        assert_eq!(take(), "8 7 6 5 4 3 2 1 0");
        assert_eq!(fib_from_one(8), 34);
        assert_eq!(take(), "");
        assert_eq!(Context::current().unwrap().nodes().len(), 9);
    });
}

#[test]
fn after_a_tweak_exactly_the_cone_that_is_asked_for_runs() {
    with_context(|| {
        fib(20);
        take();
        with_context(|| {
            tweak!(fib(15) => 0);
            fib(18);
            assert_eq!(take(), "16 17 18");
            fib(20);
            assert_eq!(take(), "19 20");
        });
    });
}

#[test]
fn base_and_cones_add_up() {
    with_context(|| {
        fib(30);
        let scenarios = Context::new();
        for node in 0..30 {
            scenarios.enter(|| {
                with_context(|| {
                    tweak!(fib(node) => 1_000);
                    fib(30);
                });
            });
        }
        take();
        let mut executions = 0;
        for node in 2..30 {
            let scenario = Context::new();
            scenario.enter(|| {
                tweak!(fib(node) => 1_000);
                fib(30);
            });
            executions += scenario.stats().executions;
        }
        // The cone of `fib(n)` is `fib(n + 1)` to `fib(30)`.
        assert_eq!(executions, (2..30).map(|node| 30 - node).sum::<u64>());
    });
}

#[test]
fn statistics_count() {
    with_context(|| {
        fib(10);
        let stats = Context::current().unwrap().stats();
        assert_eq!((stats.executions, stats.misses, stats.adopted), (11, 11, 0));
        assert_eq!(stats.hits, 8);
        let child = Context::new();
        child.enter(|| {
            tweak!(fib(2) => 1);
            assert_eq!(fib(10), 55);
        });
        let stats = child.stats();
        assert_eq!((stats.executions, stats.adopted, stats.masked), (0, 8, 8));
    });
}
