//! Functions that open contexts of their own, and a store.

use crate::ran::{ran, take};
use dug::{Context, Scenario, Store, here, node, tracked, tweak, untweak, with_context};

#[tracked]
fn rate() -> u64 {
    4
}

#[tracked]
fn spread() -> u64 {
    5
}

#[tracked]
fn curve() -> u64 {
    rate()
}

#[tracked]
fn without_spread() -> u64 {
    with_context(|| {
        tweak!(spread() => 0);
        curve()
    })
}

#[tracked]
fn shifted() -> u64 {
    with_context(|| {
        tweak!(rate() => |old| old + 1);
        without_spread()
    })
}

#[test]
fn what_ran_beneath_a_relative_tweak_is_not_found_without_it() {
    let store = Store::in_memory();
    for _ in 0..2 {
        let context = Context::builder().store(store.clone()).build();
        context.enter(|| {
            assert_eq!(shifted(), 5);
            assert_eq!(without_spread(), 4);
        });
    }
}

#[tracked]
fn kind() -> u64 {
    0
}

#[tracked]
fn chosen_inside() -> u64 {
    if kind() == 0 {
        with_context(|| {
            tweak!(spread() => 0);
            curve()
        })
    } else {
        7
    }
}

#[test]
fn what_only_a_proof_finds_does_not_hide_other_runs() {
    let store = Store::in_memory();
    for runs in [1, 0] {
        let context = Context::builder().store(store.clone()).build();
        context.enter(|| chosen_inside());
        let context = Context::builder().store(store.clone()).build();
        let answer = context.enter(|| {
            tweak!(kind() => 1);
            chosen_inside()
        });
        assert_eq!((answer, context.stats().executions), (7, runs));
    }
}

#[tracked(in_memory)]
fn in_memory_without_spread() -> u64 {
    without_spread() + with_context(curve)
}

#[tracked(in_memory)]
fn in_memory_at_a_rate() -> u64 {
    with_context(|| {
        tweak!(rate() => 7);
        curve()
    })
}

#[tracked]
fn on_in_memory(tweaks: bool) -> u64 {
    if tweaks {
        in_memory_at_a_rate()
    } else {
        in_memory_without_spread()
    }
}

#[test]
fn what_rests_on_tweaks_of_what_is_in_memory_is_not_found_again() {
    let store = Store::in_memory();
    let executions = |tweaks| {
        let context = Context::builder().store(store.clone()).build();
        context.enter(|| on_in_memory(tweaks));
        context.stats().executions
    };
    for tweaks in [false, true] {
        executions(tweaks);
        store.flush().unwrap();
    }
    assert_eq!((executions(false), executions(true)), (0, 2));
}

#[tracked]
fn lines(path: &str) -> usize {
    dug::input::text(path).map_or(0, |text| text.lines().count())
}

#[tracked]
fn lines_without_spread(path: &str) -> usize {
    with_context(|| {
        tweak!(spread() => 0);
        lines(path)
    })
}

#[test]
fn what_was_read_inside_lies_side_by_side() {
    let store = Store::in_memory();
    let path = std::env::temp_dir().join(format!("dug-test-{}-contexts", std::process::id()));
    let name = path.to_str().unwrap();
    let mut runs = Vec::new();
    for content in ["a", "a\nb", "a", "a\nb", "c"] {
        std::fs::write(&path, content).unwrap();
        let context = Context::builder().store(store.clone()).build();
        let answer = context.enter(|| lines_without_spread(name));
        assert_eq!(answer, content.lines().count());
        runs.push(context.stats().executions);
    }
    std::fs::remove_file(&path).unwrap();
    // What runs inside is counted there. Another text with as many lines is another computation.
    assert_eq!(runs, [1, 1, 0, 0, 1]);
}

#[tracked(in_memory)]
fn sheet() -> u64 {
    with_context(|| {
        tweak!(spread() => 0);
        curve()
    })
}

#[tracked]
fn summary() -> u64 {
    with_context(|| {
        tweak!(spread() => 1);
        sheet()
    })
}

#[test]
fn what_has_no_fingerprint_may_have_a_proof() {
    let store = Store::in_memory();
    for runs in [2, 1] {
        let context = Context::builder().store(store.clone()).build();
        context.enter(|| (sheet(), summary()));
        assert_eq!(context.stats().executions, runs);
    }
}

#[tracked]
fn doubled() -> u64 {
    rate() + rate()
}

#[tracked]
fn quote() -> u64 {
    doubled()
}

#[tracked]
fn stressed() -> u64 {
    with_context(|| {
        tweak!(rate() => 11);
        quote()
    })
}

#[test]
fn a_tweak_to_an_equal_value_outside_may_hide_what_is_tweaked_inside() {
    let store = Store::in_memory();
    for _ in 0..2 {
        let context = Context::builder().store(store.clone()).build();
        context.enter(|| {
            assert_eq!((quote(), stressed()), (8, 22));
            tweak!(doubled() => 8);
            assert_eq!((quote(), stressed()), (8, 8));
        });
    }
}

#[tracked]
fn level(n: u64) -> u64 {
    n
}

#[tracked]
fn step(n: u64) -> u64 {
    ran(n.to_string());
    match n {
        1 => level(0),
        2 => with_context(|| {
            tweak!(spread() => 7);
            step(1)
        }),
        3 => level(0),
        _ => step(2) + step(3),
    }
}

#[test]
fn what_a_thread_remembers_does_not_keep_a_check_from_running_it() {
    let context = Context::builder().store(Store::in_memory()).build();
    context.enter(|| {
        let outer = dug::here();
        tweak!(step(9) => 0);
        with_context(|| {
            tweak!(level(1) => 8);
            outer.run(|| step(2));
            step(2);
            assert_eq!(take(), "2 1");
            // Outside, `level(0)` is found by its proof now, and may have been tweaked here.
            outer.run(|| step(4));
            assert_eq!(take(), "4 3");
            step(4);
            assert_eq!(take(), "2");
        });
    });
}

mod found_in_contexts_of_bodies {
    use super::*;

    #[tracked]
    fn node_of(n: u32) -> i64 {
        match n {
            1 => 0,
            2 | 5 => node_of(n / 2),
            3 => with_context(|| node_of(1)),
            4 => node_of(1) + node_of(2),
            6 => with_context(|| node_of(4)),
            _ => node_of(3) + node_of(5),
        }
    }

    fn all() -> [i64; 7] {
        std::array::from_fn(|n| node_of(n as u32 + 1))
    }

    #[test]
    fn a_tweak_further_out_reaches_what_was_found_in_a_context_of_a_body() {
        let root = Context::builder().store(Store::in_memory()).build();
        root.enter(|| {
            let outside = dug::here();
            Scenario::new().enter(|| {
                node_of(7);
                tweak!(node_of(2) => 2);
                assert_eq!(all(), [0, 2, 0, 2, 2, 2, 2]);
                outside.run(|| tweak!(node_of(1) += 1));
                assert_eq!(all(), [1, 2, 1, 3, 2, 3, 3]);
            });
        });
    }
}

mod known_before_it_runs {
    use super::*;

    #[tracked]
    fn leaf() -> i64 {
        -6
    }

    #[tracked]
    fn op(n: u32) -> i64 {
        match n {
            4 => computed() + op(2),
            5 => with_context(|| op(4)),
            6 => op(2) + op(5),
            _ => 0,
        }
    }

    #[tracked(fingerprint = graph)]
    fn computed() -> i64 {
        with_context(|| {
            tweak!(op(1) => -3);
            leaf()
        })
    }

    #[test]
    fn what_is_said_to_be_cached_runs_nothing() {
        let store = Store::in_memory();
        let root = || Context::builder().store(store.clone()).build();
        root().enter(|| op(2));
        let second = root();
        second.enter(|| {
            op(6);
            tweak!(op(1) => 0);
            untweak!(op(1));
            let cached = node!(op(6)).is_cached();
            let before = second.stats().executions;
            op(6);
            let ran = second.stats().executions - before;
            assert!(!cached || ran == 0, "{ran} ran");
        });
    }
}

#[tracked]
fn leaf_of_nested(n: u64) -> u64 {
    n
}

#[tracked]
fn top_of_nested(n: u64) -> u64 {
    leaf_of_nested(n) + 1
}

#[test]
fn what_lies_in_a_store_further_out_is_found_from_a_context_with_another() {
    let outer = Store::in_memory();
    Context::builder()
        .store(outer.clone())
        .build()
        .enter(|| top_of_nested(1));
    // As by another process: nothing is in memory.
    let around = Context::builder().store(outer).build();
    let stats = around.enter(|| {
        let inner = Context::builder().store(Store::in_memory()).build();
        inner.enter(|| {
            tweak!(leaf_of_nested(2) => 7);
            assert!(!node!(top_of_nested(1)).is_stale());
            assert!(!node!(top_of_nested(1)).is_stale_to(1));
            assert_eq!((top_of_nested(1), top_of_nested(2)), (2, 8));
        });
        inner.stats()
    });
    assert_eq!(stats.executions, 1);
}

#[tracked]
fn switch() -> u64 {
    0
}

#[tracked]
fn one() -> u64 {
    1
}

/// The same, however it is found out.
#[tracked]
fn either() -> u64 {
    if switch() == 0 { 1 } else { one() }
}

#[test]
fn equal_results_of_two_stores_are_told_apart_by_what_they_asked() {
    let [outer, inner] = [Store::in_memory(), Store::in_memory()];
    let inside = |store: &Store, on: bool, then: &dyn Fn()| {
        let context = Context::builder().store(store.clone()).build();
        context.enter(|| {
            if on {
                tweak!(switch() => 5);
            }
            then();
        });
    };
    let dependencies = || node!(either()).dependencies().len();
    for on in [false, true] {
        inside(&outer, on, &|| assert_eq!(either(), 1));
        inside(&inner, !on, &|| assert_eq!(either(), 1));
    }
    for on in [false, true] {
        inside(&outer, false, &|| {
            inside(&inner, on, &|| {
                assert_eq!(dependencies(), 1 + usize::from(on));
                assert_eq!(either(), 1);
                assert_eq!(dependencies(), 1 + usize::from(on));
            });
        });
    }
    // One of them knows one way, the other the other.
    let [outer, inner] = [Store::in_memory(), Store::in_memory()];
    inside(&outer, true, &|| assert_eq!(either(), 1));
    inside(&inner, false, &|| assert_eq!(either(), 1));
    for on in [false, true] {
        inside(&outer, false, &|| {
            inside(&inner, on, &|| {
                assert_eq!(dependencies(), 1 + usize::from(on))
            });
        });
    }
}

#[test]
fn what_a_proof_finds_further_out_is_checked_where_what_it_rests_on_was_invalidated() {
    let store = Store::in_memory();
    let session = |store: &Store| Context::builder().store(store.clone()).build();
    session(&store).enter(|| assert_eq!(curve(), 4));
    let store = dug::__private::restarted(&store);
    let context = session(&store);
    context.enter(|| {
        let outside = here();
        with_context(|| {
            node!(rate()).invalidate();
            assert_eq!(outside.run(curve), 4);
            assert_eq!(context.stats().executions, 0);
            assert_eq!(curve(), 4);
            assert_eq!(Context::current().unwrap().stats().executions, 1);
        });
    });
}

/// What this gives is not stored, and nothing proves it.
#[tracked(in_memory)]
fn length_inside() -> usize {
    ran("length");
    with_context(|| {
        tweak!(kind() => 4);
        dug::input::env("DUG_BEHAVIOUR_LENGTH").map_or(0, |text| text.len())
    })
}

#[tracked]
fn above_length() -> usize {
    ran("above");
    length_inside()
}

/// It cannot be called by its id.
#[tracked(skip(_note))]
fn noted(_note: &str) -> usize {
    ran("noted");
    above_length()
}

#[tracked]
fn above_noted() -> usize {
    ran("top");
    noted("a note")
}

#[tracked]
fn above_cell() -> usize {
    ran("top");
    dug::cell!("above the length", () => { above_length() })
}

#[test]
fn what_would_have_to_run_first_is_not_cached_also_below_what_cannot_be_called() {
    Context::builder()
        .store(Store::in_memory())
        .build()
        .enter(|| {
            let context = Context::current().unwrap();
            above_noted();
            above_cell();
            take();
            for _ in 0..2 {
                context.refresh();
                assert!(!node!(above_noted()).is_cached() && node!(above_noted()).get().is_none());
                assert!(!node!(above_cell()).is_cached());
                assert_eq!(take(), "");
                above_noted();
                assert_eq!(take(), "length above");
                assert!(node!(above_noted()).is_cached() && node!(above_cell()).is_cached());
                above_cell();
                assert_eq!(take(), "");
            }
        });
}
