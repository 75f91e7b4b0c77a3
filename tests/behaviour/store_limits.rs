//! What a store does not keep, what it does not read or hash, and how much may wait for it.

use dug::__private::{restarted, rows};
use dug::{Context, Stats, Store, Tracked, node, tracked, tweak};
use std::collections::HashSet;
use std::process::Command;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

fn session<R>(store: &Store, f: impl FnOnce() -> R) -> (R, Stats) {
    let context = Context::builder().store(store.clone()).build();
    let answer = context.enter(f);
    (answer, context.stats())
}

#[tracked]
fn leaf(n: u64) -> u64 {
    n
}

#[tracked]
fn sum(from: u64, to: u64) -> u64 {
    if to - from == 1 {
        return leaf(from);
    }
    let middle = from + (to - from) / 2;
    sum(from, middle) + sum(middle, to)
}

#[test]
fn what_is_cheap_to_run_leaves_its_trace_and_no_value() {
    let folder = tempfile::tempdir().unwrap();
    let builder = Store::builder().min_cost(Duration::from_secs(3600));
    let store = builder.open(folder.path()).unwrap();
    session(&store, || sum(0, 4));
    assert_eq!(store.nodes().unwrap().len(), 4 + 7);
    let (_, stats) = session(&store, || {
        assert!(!node!(sum(0, 4)).is_stale() && !node!(sum(0, 4)).is_cached());
        assert_eq!(sum(0, 4), 6);
    });
    assert!(stats.executions > 0 && stats.loaded == 0);
    assert_eq!(store.stats().values_read, 0);
}

#[tracked]
fn unordered() -> HashSet<u32> {
    (0..64).collect()
}

#[test]
fn what_does_not_come_back_from_its_bytes_is_not_stored() {
    let store = Store::in_memory();
    for _ in 0..2 {
        let (set, stats) = session(&store, unordered);
        assert_eq!((set.len(), stats.executions), (64, 1));
    }
    assert_eq!(store.nodes().unwrap(), []);
}

/// How many records are read to find the base, and a scenario, if there are so many scenarios.
fn records_read(scenarios: u64) -> [u64; 2] {
    let store = Store::in_memory();
    let ask = |store: &Store, value| {
        session(store, || {
            tweak!(leaf(3) => value);
            sum(0, 16)
        })
    };
    session(&store, || sum(0, 16));
    (0..scenarios).for_each(|n| _ = ask(&store, 100 + n));
    let read = |ask: &dyn Fn(&Store) -> Stats| {
        let store = restarted(&store);
        assert_eq!(ask(&store).executions, 0);
        store.stats().records_read
    };
    [
        read(&|store| session(store, || sum(0, 16)).1),
        read(&|store| ask(store, 100).1),
    ]
}

#[test]
fn many_scenarios_of_a_node_cost_a_lookup_no_more_than_one() {
    assert_eq!(records_read(1256), records_read(1));
}

/// Only one of these is encoded at a time, and none while the gate is held.
static GATE: Mutex<()> = Mutex::new(());

fn gate() -> MutexGuard<'static, ()> {
    GATE.lock().unwrap_or_else(PoisonError::into_inner)
}

#[derive(Clone, serde::Deserialize)]
struct Gated;

impl serde::Serialize for Gated {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        drop(gate());
        serializer.serialize_unit_struct("Gated")
    }
}

#[tracked]
fn gated() -> Gated {
    Gated
}

#[test]
fn callers_wait_for_a_writer_that_falls_behind() {
    /// What may wait, and what is being written.
    const MOST: u64 = 2 * 8192;
    const ALL: u64 = 20_000;
    let store = Store::in_memory();
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let held = gate();
        scope.spawn(|| {
            session(&store, || {
                gated();
                (0..ALL).for_each(|n| _ = leaf(n));
            });
            done.store(true, SeqCst);
        });
        while store.stats().waiting < 8192 {
            std::thread::yield_now();
        }
        std::thread::sleep(Duration::from_millis(100));
        let waiting = store.stats().waiting;
        assert!(waiting <= MOST && !done.load(SeqCst), "{waiting} wait");
        drop(held);
    });
    store.flush().unwrap();
    assert_eq!(store.nodes().unwrap().len() as u64, ALL + 1);
}

/// Takes a megabyte where it is stored.
#[derive(Clone)]
struct Blown;

impl serde::Serialize for Blown {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        drop(gate());
        "0".repeat(1 << 20).serialize(serializer)
    }
}

impl<'a> serde::Deserialize<'a> for Blown {
    fn deserialize<D: serde::Deserializer<'a>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(|_| Blown)
    }
}

#[tracked]
fn blown(_: u64) -> Blown {
    Blown
}

#[test]
fn callers_wait_before_large_values_fill_the_memory() {
    const ALL: u64 = 400;
    let store = Store::in_memory();
    session(&store, || _ = blown(0));
    store.flush().unwrap();
    std::thread::scope(|scope| {
        let held = gate();
        let asking = scope.spawn(|| session(&store, || (1..=ALL).for_each(|n| _ = blown(n))));
        while store.stats().waiting < 256 {
            std::thread::yield_now();
        }
        std::thread::sleep(Duration::from_millis(100));
        assert!(store.stats().waiting <= 257 && !asking.is_finished());
        drop(held);
    });
    store.flush().unwrap();
    assert_eq!(store.nodes().unwrap().len() as u64, ALL + 1);
}

/// How many bytes were encoded: of values that are told apart by their computation, and of others.
static ENCODED: [AtomicUsize; 2] = [const { AtomicUsize::new(0) }; 2];

fn encoded() -> [usize; 2] {
    [0, 1].map(|which| ENCODED[which].load(SeqCst))
}

#[derive(Clone, serde::Deserialize)]
struct Big {
    which: usize,
    bytes: Vec<u8>,
}

impl serde::Serialize for Big {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        ENCODED[self.which].fetch_add(self.bytes.len(), SeqCst);
        (self.which, &self.bytes).serialize(serializer)
    }
}

const BIG: usize = 1 << 20;

fn make_big(which: usize) -> Tracked<Big> {
    let bytes = vec![7; BIG];
    Tracked::new(Big { which, bytes })
}

#[tracked(fingerprint = graph)]
fn by_graph() -> Tracked<Big> {
    make_big(0)
}

#[tracked]
fn by_content() -> Tracked<Big> {
    make_big(1)
}

#[tracked]
fn first(big: Tracked<Big>) -> u8 {
    big.bytes[0]
}

#[tracked]
fn last(big: Tracked<Big>) -> u8 {
    big.bytes[BIG - 1]
}

#[test]
fn what_is_told_apart_by_its_computation_is_never_hashed_for_that() {
    let store = Store::in_memory();
    let ask = || {
        for big in [by_graph, by_content] {
            assert_eq!((first(big()), last(big())), (7, 7));
            assert_eq!(big().fingerprint(), big().fingerprint());
        }
    };
    // The writer encodes nothing before the caller is done.
    let held = gate();
    session(&store, || {
        gated();
        ask();
    });
    assert_eq!(encoded(), [0, BIG]);
    drop(held);
    store.flush().unwrap();
    // To be stored, to see whether it comes back, and to tell its type.
    assert_eq!(encoded(), [3 * BIG, BIG + 3 * BIG]);
    let store = restarted(&store);
    let (_, stats) = session(&store, ask);
    store.flush().unwrap();
    assert_eq!(stats.executions, 0);
    assert_eq!(encoded(), [3 * BIG, BIG + 3 * BIG]);
    // The writer does not hash it either, where nobody has asked before.
    let other = Store::in_memory();
    session(&other, by_graph);
    let stores = [restarted(&other), store];
    let fingerprint = |store: &Store| session(store, || by_graph().fingerprint()).0;
    assert_eq!(fingerprint(&stores[0]), fingerprint(&stores[1]));
    assert_eq!(encoded()[0], 6 * BIG);
}

#[tracked]
fn words(path: &str) -> usize {
    dug::input::text(path).map_or(0, |text| text.split_whitespace().count())
}

/// Within a tick of the clock such files look alike.
#[test]
fn a_file_that_was_written_just_now_is_read_again() {
    let store = Store::in_memory();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("input");
    let path = path.to_str().unwrap();
    for _ in 0..200 {
        for (content, count) in [("one two", 2), ("one-two", 1)] {
            std::fs::write(path, content).unwrap();
            assert_eq!(session(&store, || words(path)).0, count);
        }
    }
}

/// The number of the table in which a store keeps how files looked.
const INPUT: u8 = 7;

#[test]
fn a_file_is_known_by_its_look_only_if_it_was_left_alone_for_two_seconds() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("input");
    std::fs::write(&path, "one two").unwrap();
    let looks = || {
        let store = Store::in_memory();
        assert_eq!(session(&store, || words(path.to_str().unwrap())).0, 2);
        rows(&store).iter().filter(|row| row.space == INPUT).count()
    };
    assert_eq!(looks(), 0);
    // A time that anybody can set does not count alone.
    let file = std::fs::File::options().write(true).open(&path).unwrap();
    let earlier = SystemTime::now() - Duration::from_secs(3600);
    file.set_modified(earlier).unwrap();
    drop(file);
    if cfg!(unix) {
        assert_eq!(looks(), 0);
    }
    std::thread::sleep(Duration::from_millis(2_100));
    assert_eq!(looks(), 1);
}

const STORE: &str = "DUG_TEST_STORE";
const LEVEL: &str = "DUG_TEST_LEVEL";
/// So many nodes are 3 for each.
const LEAVES: u64 = 33_334;

#[tracked]
fn level() -> usize {
    dug::input::env(LEVEL).map_or(0, |level| level.len())
}

/// What another process does.
#[test]
fn asks_a_store_in_another_process() {
    let Some(folder) = std::env::var_os(STORE) else {
        return;
    };
    let store = Store::open(folder).unwrap();
    let (level, stats) = session(&store, level);
    println!("level {level}, {} ran", stats.executions);
    let before = store.stats().records_read;
    let (_, stats) = session(&store, || sum(0, LEAVES));
    let read = store.stats().records_read - before;
    println!("sum: {} ran, {read} read", stats.executions);
    store.flush().unwrap();
}

#[test]
fn a_new_process_sees_the_environment_as_it_is_and_reads_little_of_a_large_graph() {
    let folder = tempfile::tempdir().unwrap();
    let ask = |level: &str| {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.args(["--exact", "store_limits::asks_a_store_in_another_process"]);
        command.arg("--nocapture").env(STORE, folder.path());
        let output = command.env(LEVEL, level).output().unwrap();
        String::from_utf8(output.stdout).unwrap()
    };
    let nodes = 3 * LEAVES - 1;
    for (level, says) in [
        ("low", "level 3, 1 ran"),
        ("high", "level 4, 1 ran"),
        ("low", "level 3, 0 ran"),
    ] {
        let output = ask(level);
        assert!(output.contains(says), "{output}");
        let sum = if says == "level 3, 1 ran" {
            format!("sum: {nodes} ran")
        } else {
            "sum: 0 ran, 1 read".into()
        };
        assert!(output.contains(&sum), "{output}");
    }
}

#[test]
fn what_is_unloaded_before_it_was_written_is_loaded() {
    let store = Store::in_memory();
    for from in 0..50 {
        let (_, stats) = session(&store, || {
            let ask = || sum(from, from + 2);
            let answer = ask();
            for node in [node!(sum(from, from + 2)), node!(sum(from, from + 1))] {
                node.unload();
            }
            assert!(node!(sum(from, from + 2)).is_cached());
            assert_eq!(node!(sum(from, from + 2)).get(), Some(answer));
            assert_eq!(ask(), answer);
        });
        let new = if from == 0 { 5 } else { 3 };
        assert_eq!(stats.executions, new, "{from}");
    }
}

#[tracked]
fn chunk(n: u64) -> Vec<u64> {
    (0..5_000).map(|m| n << 32 | m).collect()
}

fn bytes_below(folder: &std::path::Path) -> u64 {
    let entries = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let bytes = entries.map(|path| match path.is_dir() {
        true => bytes_below(&path),
        false => path.metadata().unwrap().len(),
    });
    bytes.sum()
}

#[test]
fn a_store_that_is_written_fast_does_not_outgrow_its_size_by_much() {
    const MAX: u64 = 4 << 20;
    let folder = tempfile::tempdir().unwrap();
    let open = || Store::builder().max_size(MAX).open(folder.path()).unwrap();
    let store = open();
    // Some forty megabytes in one go.
    session(&store, || (0..1_000).for_each(|n| _ = chunk(n)));
    drop(store);
    let bytes = bytes_below(folder.path());
    assert!(bytes < 2 * MAX, "{bytes}");
    assert!(open().nodes().unwrap().len() > 20);
}

#[test]
fn a_limit_gives_back_the_room_of_what_was_stored_before_it() {
    const MAX: u64 = 4 << 20;
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path()).unwrap();
    session(&store, || (0..1_000).for_each(|n| _ = chunk(n)));
    drop(store);
    assert!(bytes_below(folder.path()) > 6 * MAX);
    let store = Store::builder().max_size(MAX).open(folder.path()).unwrap();
    session(&store, || chunk(1_000));
    drop(store);
    let bytes = bytes_below(folder.path());
    assert!(bytes < 2 * MAX, "{bytes}");
}
