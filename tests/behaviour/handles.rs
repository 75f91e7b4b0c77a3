//! Handles on results: shared, identified by where they came from, loaded when they are needed.

use dug::{
    Collect, Context, Scenario, Stats, Store, Tracked, node, tracked, tweak, untweak, with_context,
};
use serde::{Deserialize, Deserializer, Serialize};
use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering::SeqCst};

#[tracked]
fn start() -> u64 {
    1
}

#[tracked]
fn path(seed: u64) -> Tracked<Vec<u64>> {
    Tracked::new((0..100).map(|n| n * seed + start()).collect())
}

#[tracked]
fn sum(path: Tracked<Vec<u64>>) -> u64 {
    path.iter().sum()
}

#[tracked]
fn total(seed: u64) -> u64 {
    sum(path(seed))
}

#[tracked]
fn plain(n: u64) -> Vec<u64> {
    (0..n).collect()
}

#[tracked]
fn length(numbers: Tracked<Vec<u64>>) -> usize {
    numbers.len()
}

fn session<R>(store: &Store, f: impl FnOnce() -> R) -> (R, Stats) {
    let context = Context::builder().store(store.clone()).build();
    let answer = context.enter(f);
    (answer, context.stats())
}

#[test]
fn callers_share_what_a_handle_holds() {
    with_context(|| {
        let (one, two) = (path(2), path(2));
        assert!(std::ptr::eq(&*one, &*two));
        let handle = node!(plain(3)).tracked();
        assert!(std::ptr::eq(&*handle, &*node!(plain(3)).tracked()));
        assert_eq!(handle.node_id().unwrap(), node!(plain(3)).id());
    });
}

#[test]
fn a_handle_is_identified_by_where_it_came_from() {
    with_context(|| {
        assert_eq!(node!(sum(path(2))).id().to_string(), "sum(path(2))");
        assert_eq!(total(2), 2 * 4950 + 100);
        assert!(node!(sum(path(2))).is_cached());
        assert_eq!(length(node!(plain(5)).tracked()), 5);
        assert_eq!(
            node!(length(node!(plain(5)).tracked())).id().to_string(),
            "length(plain(5))"
        );
    });
}

#[test]
fn a_call_answers_for_the_value_that_its_handle_holds() {
    with_context(|| {
        let before = path(2);
        assert_eq!(sum(before.clone()), 10_000);
        tweak!(start() => 2);
        assert_eq!(sum(before.clone()), 10_000);
        let after = path(2);
        assert_eq!(sum(after.clone()), 10_100);
        assert_eq!(
            (sum(before), sum(after), total(2)),
            (10_000, 10_100, 10_100)
        );
    });
}

#[test]
fn a_tweak_of_a_call_with_a_handle_is_meant_whatever_the_handle_holds() {
    with_context(|| {
        let before = path(2);
        tweak!(sum(before.clone()) => 7);
        tweak!(start() => 2);
        let after = path(2);
        assert_ne!(*before, *after);
        assert_eq!(
            (sum(before.clone()), sum(after.clone()), total(2)),
            (7, 7, 7)
        );
        assert!(node!(sum(after.clone())).is_tweaked());
        assert_eq!(total(3), 3 * 4950 + 200);
        // Another tweak of it takes the place of the first.
        tweak!(sum(after.clone()) => 8);
        assert_eq!((sum(before.clone()), total(2)), (8, 8));
        assert_eq!(Context::current().unwrap().tweaks().len(), 2);
        with_context(|| {
            tweak!(sum(before.clone()) += 1);
            assert_eq!((sum(after.clone()), total(2)), (9, 9));
            // What is about one call comes before what is about all.
            tweak!(sum(..) => 100);
            assert_eq!((sum(after.clone()), total(2), total(3)), (101, 101, 100));
        });
        untweak!(sum(before.clone()));
        assert_eq!(
            (sum(before), sum(after), total(2)),
            (10_000, 10_100, 10_100)
        );
    });
}

#[test]
fn a_tweak_of_a_call_with_a_handle_is_data() {
    let id = with_context(|| node!(sum(path(2))).id().clone());
    let tweak = with_context(|| tweak!(in sum(path(2)) => 7));
    assert_eq!(
        (tweak.node(), tweak.to_string().as_str()),
        (Some(&id), "sum(path(2)) => 7")
    );
    let scenario = Scenario::new().with(tweak).unwrap();
    let written = serde_json::to_string(&scenario).unwrap();
    let back: Scenario = serde_json::from_str(&written).unwrap();
    assert_eq!(back, scenario);
    with_context(|| {
        tweak!(start() => 2);
        assert_eq!(back.enter(|| total(2)), 7);
        assert_eq!(total(2), 10_100);
    });
}

#[test]
fn an_id_does_not_say_what_a_handle_holds() {
    let of = |start_is: u64| {
        with_context(|| {
            tweak!(start() => start_is);
            node!(sum(path(2))).id().clone()
        })
    };
    let (one, two) = (of(1), of(2));
    assert_eq!((&one, one.digest()), (&two, two.digest()));
    let written = serde_json::to_string(&one).unwrap();
    assert_eq!(written, serde_json::to_string(&two).unwrap());
    let read: dug::NodeId = serde_json::from_str(&written).unwrap();
    assert_eq!(read, one);
    // A call by the id alone asks the node that the handle came from.
    with_context(|| {
        tweak!(start() => 2);
        let called = read.call_erased().unwrap().downcast::<u64>().unwrap();
        assert_eq!(called, 10_100);
    });
}

#[tracked]
fn scaled(path: Tracked<Vec<u64>>, by: u64, marks: &[u8]) -> Tracked<Vec<u64>> {
    Tracked::new(path.iter().map(|n| n * by + marks.len() as u64).collect())
}

#[test]
fn calls_with_handles_on_calls_with_handles() {
    let store = Store::in_memory();
    let answer = |start_is: u64| {
        session(&store, || {
            tweak!(start() => start_is);
            let one = scaled(path(2), 3, b"m");
            let two = scaled(one.clone(), 1, b"");
            let id = node!(sum(two.clone())).id().to_string();
            assert_eq!(id, "sum(scaled(scaled(path(2), 3, [109]), 1, []))");
            sum(two)
        })
        .0
    };
    let expected = |start: u64| (0..100).map(|n| (n * 2 + start) * 3 + 1).sum::<u64>();
    for start in [1, 2, 1] {
        assert_eq!(answer(start), expected(start));
    }
    store.flush().unwrap();
    let nodes = store.nodes().unwrap();
    let names: std::collections::HashSet<_> = nodes.iter().map(ToString::to_string).collect();
    assert_eq!((names.len(), nodes.len()), (4, 4), "{nodes:?}");
    let (answered, stats) = session(&store, || {
        let two = scaled(scaled(path(2), 3, b"m"), 1, b"");
        (sum(two.clone()), two.len())
    });
    // Only `start`, which was tweaked till now.
    assert_eq!((answered, stats.executions), ((expected(1), 100), 1));
}

#[test]
fn a_handle_belongs_to_the_node_that_a_tweak_gives_it_to() {
    with_context(|| {
        let name = |handle: &Tracked<Vec<u64>>| handle.node_id().unwrap().to_string();
        let other = path(3);
        tweak!(path(2) => Tracked::new(vec![1, 2]));
        assert_eq!(
            (name(&path(2)), sum(path(2)), total(2)),
            ("path(2)".into(), 3, 3)
        );
        assert_eq!(name(&path(2)), "path(2)");
        tweak!(path(2) => other.clone());
        assert_eq!(
            (name(&path(2)), name(&other)),
            ("path(2)".into(), "path(3)".into())
        );
        assert_eq!(node!(sum(path(2))).id().to_string(), "sum(path(2))");
        tweak!(path(2) => |old| Tracked::new(old[..2].to_vec()));
        assert_eq!((name(&path(2)), sum(path(2))), ("path(2)".into(), 1 + 3));
    });
}

#[tracked]
fn count(bytes: &[u8]) -> usize {
    bytes.len()
}

#[test]
fn arguments_that_look_as_if_handles_were_among_them_are_arguments() {
    let end = b"\xf5dug:passed:end\xfa".as_slice();
    let all = [
        end.to_vec(),
        [b"\0\0\0\0", end].concat(),
        [b"\x01\0\0\0", end].concat(),
    ];
    with_context(|| {
        for bytes in &all {
            assert_eq!(count(bytes), bytes.len());
            let id = node!(count(bytes)).id().clone();
            let written = serde_json::to_string(&id).unwrap();
            assert_eq!(serde_json::from_str::<dug::NodeId>(&written).unwrap(), id);
            assert_eq!(
                id.call_erased().unwrap().downcast::<usize>().unwrap(),
                bytes.len()
            );
        }
        tweak!(count(&all[0]) => 1);
        assert_eq!(all.each_ref().map(|bytes| count(bytes)), [1, 20, 20]);
    });
}

#[test]
fn what_a_handle_stands_for_is_loaded_when_it_is_dereferenced() {
    let store = Store::in_memory();
    session(&store, || total(3));
    let (answer, stats) = session(&store, || total(3));
    assert_eq!(
        (answer, stats.executions, stats.loaded),
        (3 * 4950 + 100, 0, 1)
    );
    let (answer, stats) = session(&store, || {
        let handle = path(3);
        (sum(handle.clone()), handle[1])
    });
    assert_eq!((answer, stats.executions), ((3 * 4950 + 100, 4), 0));
}

static HASHED: AtomicUsize = AtomicUsize::new(0);

/// Counts how often it is serialized.
#[derive(Clone)]
struct Big(Vec<u8>);

impl serde::Serialize for Big {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        HASHED.fetch_add(self.0.len(), SeqCst);
        serde::Serialize::serialize(&self.0, serializer)
    }
}

impl<'de> serde::Deserialize<'de> for Big {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        serde::Deserialize::deserialize(deserializer).map(Big)
    }
}

#[tracked(fingerprint = graph)]
fn big(seed: u8) -> Tracked<Big> {
    Tracked::new(Big(vec![seed; 1 << 20]))
}

#[tracked]
fn first(big: Tracked<Big>) -> u8 {
    big.0[0]
}

#[test]
fn what_is_fingerprinted_by_its_computation_is_not_hashed() {
    with_context(|| {
        let before = HASHED.load(SeqCst);
        assert_eq!((first(big(7)), first(big(7)), first(big(8))), (7, 7, 8));
        assert_eq!(HASHED.load(SeqCst), before);
        assert_ne!(big(7).fingerprint(), big(8).fingerprint());
        assert_eq!(HASHED.load(SeqCst), before);
    });
}

#[test]
fn other_serializers_write_the_value() {
    with_context(|| {
        let handle = node!(plain(3)).tracked();
        assert_eq!(serde_json::to_string(&handle).unwrap(), "[0,1,2]");
        let back: Tracked<Vec<u64>> = serde_json::from_str("[0,1,2]").unwrap();
        assert_eq!((back.node_id(), back == handle), (None, true));
    });
}

#[test]
fn a_tag_stands_for_what_a_handle_holds() {
    let store = Store::in_memory();
    session(&store, || path(2).tag("path"));
    assert_eq!(store.tagged::<Vec<u64>>("path").unwrap().len(), 100);
    assert!(store.tagged::<Vec<u8>>("path").is_none());
}

#[tracked]
fn doubled() -> u64 {
    1
}

#[tracked]
fn sized(path: Tracked<Vec<u64>>) -> usize {
    doubled();
    let length = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| path.len()));
    length.unwrap_or(999)
}

#[tracked]
fn of_anonymous(n: u64) -> usize {
    sized(Tracked::new(vec![n; 5]))
}

#[test]
fn what_a_handle_stands_for_is_at_hand_or_its_call_is_not_made() {
    with_context(|| {
        assert_eq!(of_anonymous(1), 5);
        tweak!(doubled() => 9);
        assert_eq!(of_anonymous(1), 5);
    });
}

#[tracked(fingerprint = graph)]
fn link(n: u32) -> Tracked<u32> {
    match n {
        0 => Tracked::new(0),
        _ => Tracked::new(*link(n - 1) + 1),
    }
}

#[test]
fn a_long_chain_of_handles_is_dropped_link_by_link() {
    with_context(|| {
        (0..50_000).for_each(|n| drop(link(n)));
        assert_eq!(*link(49_999), 49_999);
    });
}

#[derive(Clone, serde::Serialize, serde::Deserialize)]
enum List {
    End,
    Link(Box<List>),
}

#[tracked]
fn list(length: u32) -> List {
    (0..length).fold(List::End, |list, _| List::Link(Box::new(list)))
}

#[test]
fn a_value_may_be_nested_as_deep_as_stacks_allow() {
    let store = Store::in_memory();
    session(&store, || list(2000));
    store.flush().unwrap();
}

#[tracked]
fn seed() -> u8 {
    3
}

#[tracked]
fn large() -> Tracked<Vec<u8>> {
    Tracked::new(vec![seed(); 1 << 20])
}

#[tracked(fingerprint = graph)]
fn large_by_graph() -> Vec<u8> {
    vec![seed(); 1 << 20]
}

#[test]
fn what_a_handle_may_still_load_is_not_collected() {
    let place = tempfile::tempdir().unwrap();
    let store = Store::open(place.path()).unwrap();
    session(&store, large);
    store.flush().unwrap();
    let everything = || Collect::new().max_size(0).orphans();
    session(&store, || {
        let handle = large();
        store.collect_garbage(everything()).unwrap();
        assert!(store.nodes().unwrap().is_empty());
        // Running it again would not give the value.
        tweak!(seed() => 4);
        assert_eq!(handle[0], 3);
    });
    session(&store, large);
    assert_eq!(store.collect_garbage(everything()).unwrap().blobs, 1);
}

#[test]
fn what_is_gone_runs_again_for_its_handle_also_where_it_would_answer_otherwise() {
    let place = tempfile::tempdir().unwrap();
    let store = Store::open(place.path()).unwrap();
    let answers = |of: fn() -> Tracked<Vec<u8>>| {
        session(&store, of);
        store.flush().unwrap();
        session(&store, || {
            let handle = of();
            remove_files_below(&place.path().join("values"));
            tweak!(seed() => 4);
            (handle[0], of()[0])
        })
        .0
    };
    assert_eq!(answers(large), (3, 4));
    assert_eq!(answers(|| node!(large_by_graph()).tracked()), (3, 4));
}

fn remove_files_below(folder: &std::path::Path) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        match path.is_dir() {
            true => remove_files_below(&path),
            false => std::fs::remove_file(path).unwrap(),
        }
    }
}

/// How many of them there are.
static HELD: AtomicI64 = AtomicI64::new(0);

/// A value that is counted.
#[derive(Serialize)]
struct Counted(u64);

impl Counted {
    fn new(value: u64) -> Self {
        HELD.fetch_add(1, SeqCst);
        Counted(value)
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        HELD.fetch_sub(1, SeqCst);
    }
}

impl<'de> Deserialize<'de> for Counted {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        u64::deserialize(deserializer).map(Counted::new)
    }
}

#[tracked]
fn counted() -> Tracked<Counted> {
    Tracked::new(Counted::new(3))
}

#[tracked(fingerprint = graph)]
fn counted_by_graph() -> Tracked<Counted> {
    Tracked::new(Counted::new(3))
}

#[tracked]
fn above_counted() -> u64 {
    counted().0 + counted_by_graph().0
}

#[test]
fn what_handles_hold_goes_with_its_context() {
    let left = |context: fn() -> Context| {
        let before = HELD.load(SeqCst);
        // What a thread remembers goes with the thread.
        let work = move || {
            context().enter(|| {
                assert_eq!(above_counted(), 6);
                with_context(|| {
                    tweak!(counted() => |old| Tracked::new(Counted::new(old.0 + 1)));
                    assert_eq!(above_counted(), 7);
                });
            });
        };
        std::thread::spawn(work).join().unwrap();
        HELD.load(SeqCst) - before
    };
    assert_eq!(left(Context::new), 0);
    assert_eq!(
        left(|| Context::builder().store(Store::in_memory()).build()),
        0
    );
}

/// A result whose drop asks for something.
#[derive(Serialize, Deserialize, Clone)]
struct Asking(u64);

static ALIVE: AtomicI64 = AtomicI64::new(0);

#[tracked]
fn asking() -> Asking {
    ALIVE.fetch_add(1, SeqCst);
    Asking(1)
}

impl Drop for Asking {
    fn drop(&mut self) {
        ALIVE.fetch_sub(1, SeqCst);
        if Context::current().is_some() {
            start();
        }
    }
}

/// The same value may be cloned, so that more are dropped than were made.
fn change_of_those_alive(f: impl FnOnce()) -> i64 {
    let before = ALIVE.load(SeqCst);
    f();
    ALIVE.load(SeqCst) - before
}

#[test]
fn what_a_handle_was_made_of_is_unloaded_and_dropped_where_dug_may_be_called() {
    for end in [
        || (),
        || Context::current().unwrap().clear(),
        || node!(asking()).invalidate(),
    ] {
        with_context(|| {
            with_context(|| {
                drop(node!(asking()).tracked());
                let unloaded = change_of_those_alive(|| node!(asking()).unload());
                assert_eq!(unloaded, -1);
                end();
                asking();
            });
        });
    }
}
