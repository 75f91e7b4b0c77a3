//! Named values from outside: what a store remembers of them, and what rests on them.

use crate::store_policies::session;
use dug::{
    Context, Policy, Store, external, external_value, forget_external, node, tracked, tweak,
    with_context,
};
use std::collections::HashSet;

#[tracked]
fn total() -> f64 {
    external_value::<Vec<f64>>("prices").map_or(0.0, |prices| prices.iter().sum())
}

#[test]
fn a_bound_name_is_a_dependency_and_so_is_an_unbound_one() {
    let store = Store::in_memory();
    let ask = || session(&store, Policy::Recompute, total);
    assert_eq!((ask().0, ask().1.executions), (0.0, 0));
    let (answers, _) = session(&store, Policy::Recompute, || {
        let before = total();
        let handle = external("prices", vec![1.0, 2.0]);
        assert_eq!(
            handle.node_id().unwrap().to_string(),
            "external(\"prices\")"
        );
        // Bindings are no results.
        assert!(handle.is_stale() && handle.metadata().is_none());
        let inside = dug::with_context(|| {
            external("prices", vec![5.0]);
            total()
        });
        (before, inside, total())
    });
    assert_eq!(answers, (0.0, 5.0, 3.0));
    let (answer, stats) = ask();
    assert_eq!((answer, stats.executions), (3.0, 0));
    let (answers, _) = session(&store, Policy::Recompute, || {
        let before = total();
        forget_external("prices");
        (before, total())
    });
    assert_eq!(answers, (3.0, 0.0));
    assert_eq!((ask().0, ask().1.executions), (0.0, 0));
}

#[test]
fn the_type_of_a_bound_value_counts() {
    #[tracked]
    fn level() -> Option<u8> {
        external_value::<u8>("level").map(|level| *level)
    }
    dug::with_context(|| {
        external("level", true);
        assert_eq!(level(), None);
        external("level", 1u8);
        assert_eq!(level(), Some(1));
    });
}

#[tracked]
fn add_all(from: u64, to: u64) -> u64 {
    if to - from == 1 {
        return from + external_value::<u64>("step").map_or(0, |step| *step);
    }
    let middle = from + (to - from) / 2;
    add_all(from, middle) + add_all(middle, to)
}

#[tracked]
fn tenth(n: u64) -> u64 {
    n / 10
}

/// Opens a context, so that nothing but a proof finds it again.
#[tracked]
fn tenths(n: u64) -> u64 {
    with_context(|| {
        tweak!(tenth(1) => 100);
        tenth(1) + tenth(n) + external_value::<u64>("step").map_or(0, |step| *step)
    })
}

#[test]
fn a_value_that_each_session_binds_is_an_input() {
    let store = Store::in_memory();
    let ask = |step: Option<u64>| {
        let bind = || _ = step.map(|step| external("step", step));
        session(&store, Policy::Recompute, || {
            bind();
            (add_all(0, 256), (0..8).map(tenths).sum::<u64>())
        })
    };
    let expected = |step: u64| (255 * 128 + 256 * step, 900 + 8 * step);
    let (answer, stats) = ask(Some(5));
    assert_eq!((answer, stats.executions), (expected(5), 511 + 8));
    for step in [Some(5), None] {
        let read = store.stats().records_read;
        let (answer, stats) = ask(step);
        assert_eq!((answer, stats.executions), (expected(5), 0));
        // Of the tree, the top alone; and each of the others.
        assert!(store.stats().records_read - read <= 10);
    }
    assert_eq!(ask(Some(6)).0, expected(6));
    let (answer, stats) = ask(Some(5));
    assert_eq!((answer, stats.executions), (expected(5), 0));
    // It may change within a session, and within a what-if.
    let (answers, _) = session(&store, Policy::Recompute, || {
        let all = || (add_all(0, 256), (0..8).map(tenths).sum::<u64>());
        external("step", 1u64);
        let first = all();
        external("step", 2u64);
        let inside = with_context(|| {
            external("step", 3u64);
            all()
        });
        let second = all();
        forget_external("step");
        [first, second, inside, all()]
    });
    assert_eq!(answers, [1, 2, 3, 0].map(expected));
    // What a what-if has bound is no result of its own to a policy.
    external_apart(&store);
}

fn external_apart(store: &Store) {
    session(store, Policy::Recompute, || {
        external("step", 4u64);
        with_context(|| {
            external("step", 8u64);
            add_all(0, 256)
        })
    });
    let (_, stats) = session(store, Policy::OnlyMissing, || {
        with_context(|| {
            external("step", 9u64);
            assert_eq!(add_all(0, 256), 255 * 128 + 256 * 9);
        })
    });
    assert!(stats.executions == 0, "they ran inside");
    let (answer, _) = session(store, Policy::OnlyMissing, || add_all(0, 256));
    assert_ne!(answer, 255 * 128 + 256 * 8);
}

/// One more each time it is read back.
#[derive(Clone, serde::Serialize)]
struct Growing(u64);

impl<'a> serde::Deserialize<'a> for Growing {
    fn deserialize<D: serde::Deserializer<'a>>(deserializer: D) -> Result<Self, D::Error> {
        u64::deserialize(deserializer).map(|n| Growing(n + 1))
    }
}

#[tracked]
fn grown() -> Option<u64> {
    external_value::<Growing>("growing").map(|growing| growing.0)
}

#[tracked]
fn names() -> usize {
    external_value::<HashSet<String>>("names").map_or(0, |names| names.len())
}

/// Is not read back if it is large.
#[derive(Clone, serde::Serialize)]
struct Small(u64);

impl<'a> serde::Deserialize<'a> for Small {
    fn deserialize<D: serde::Deserializer<'a>>(deserializer: D) -> Result<Self, D::Error> {
        let small = u64::deserialize(deserializer)?;
        assert!(small < 10, "not small");
        Ok(Small(small))
    }
}

#[tracked]
fn small() -> Option<u64> {
    external_value::<Small>("small").map(|small| small.0)
}

#[tracked]
fn seventy() -> u64 {
    70
}

#[test]
fn sessions_agree_with_what_they_read_back() {
    let store = Store::in_memory();
    let session = || Context::builder().store(store.clone()).build();
    let ask = || (grown(), small(), names());
    session().enter(|| {
        external("growing", Growing(5));
        external("small", Small(77));
        let names: HashSet<String> = (0..100).map(|n| n.to_string()).collect();
        external("names", names);
        assert_eq!(ask(), (Some(5), Some(77), 100));
    });
    for _ in 0..3 {
        let session = session();
        session.enter(|| {
            let now = external_value::<Growing>("growing").map(|growing| growing.0);
            assert_eq!(ask(), (now, None, 100));
        });
        store.flush().unwrap();
    }
    let last = session();
    last.enter(ask);
    assert_eq!(last.stats().executions, 0);
}

#[test]
fn bytes_of_another_type_are_no_value() {
    let store = Store::in_memory();
    let session = || Context::builder().store(store.clone()).build();
    session().enter(|| {
        external("small", 77_u64);
        seventy();
        node!(seventy()).tag("small");
    });
    assert!(
        session()
            .enter(|| external_value::<Small>("small"))
            .is_none()
    );
    assert!(store.tagged::<Small>("small").is_none());
}
