//! What goes wrong behind the caller stays there: a store goes on, and nobody waits for ever.

use dug::{Collect, Context, Error, Store, node, tracked};
use serde::{Deserialize, Serialize};
use std::sync::Mutex;
use std::time::{Duration, Instant};

/// Panics if the store is the last to drop it.
#[derive(Clone, Serialize, Deserialize)]
struct Brittle(u32);

impl Drop for Brittle {
    fn drop(&mut self) {
        assert_ne!(std::thread::current().name(), Some("dug-store"));
    }
}

#[tracked]
fn brittle(n: u32) -> Brittle {
    Brittle(n)
}

#[tracked]
fn plain(n: u32) -> u32 {
    n
}

#[test]
fn values_that_panic_when_dropped_do_not_stop_the_writer() {
    let store = Store::in_memory();
    let session = || Context::builder().store(store.clone()).build();
    for round in 0..3 {
        session().enter(|| (0..20).for_each(|n| assert_eq!(brittle(n).0, n)));
        session().enter(|| assert_eq!(plain(round), round));
        store.flush().unwrap();
    }
    let again = session();
    again.enter(|| (0..3).for_each(|round| assert_eq!(plain(round), round)));
    assert_eq!(again.stats().executions, 0);
}

/// One for each test.
static HELD: [Mutex<()>; 3] = [const { Mutex::new(()) }; 3];

/// Cannot be encoded while its lock is held.
#[derive(Clone, Deserialize)]
struct Locked(u32, usize);

impl Serialize for Locked {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let _held = HELD[self.1].lock();
        (self.0, self.1).serialize(serializer)
    }
}

#[tracked]
fn locked(n: u32, by: usize) -> Locked {
    Locked(n, by)
}

/// A store, whose writer is stuck if it gets nothing done for so long.
fn impatient(patience: Duration) -> (tempfile::TempDir, Store) {
    let folder = tempfile::tempdir().unwrap();
    let store = dug::__private::impatient(patience).open(folder.path());
    (folder, store.unwrap())
}

/// More than wait to be written before callers wait.
const MANY: u32 = 20_000;

#[test]
fn who_holds_what_the_writer_waits_for_does_not_wait_for_the_writer() {
    let (_folder, store) = impatient(Duration::from_secs(1));
    let ask = || {
        let context = Context::builder().store(store.clone()).build();
        context.enter(|| (0..MANY).for_each(|n| assert_eq!(locked(n, 0).0, n)));
        context.stats().executions
    };
    let held = HELD[0].lock().unwrap();
    let started = Instant::now();
    assert_eq!(ask(), u64::from(MANY));
    assert!(started.elapsed() < Duration::from_secs(30));
    let stats = store.stats();
    assert!(stats.waiting > 0 && stats.dropped > 0, "{stats}");
    assert_eq!(stats.waiting + stats.dropped, u64::from(MANY));
    drop(held);
    let told = store.flush().unwrap_err().to_string();
    assert!(told.contains("stuck"), "{told}");
    store.flush().unwrap();
    // What was not stored runs again, and is stored now.
    assert_eq!(ask(), stats.dropped);
    store.flush().unwrap();
    assert_eq!(ask(), 0);
}

#[test]
fn the_last_handle_goes_though_the_writer_is_stuck() {
    let held = HELD[1].lock().unwrap();
    let (_folder, store) = impatient(Duration::from_millis(200));
    let context = Context::builder().store(store.clone()).build();
    assert_eq!(context.enter(|| locked(1, 1).0), 1);
    let started = Instant::now();
    drop((context, store));
    assert!(started.elapsed() < Duration::from_secs(30));
    drop(held);
}

#[test]
fn who_wants_to_know_that_all_is_stored_is_told_that_the_writer_is_stuck() {
    let (_folder, store) = impatient(Duration::from_millis(100));
    let session = || Context::builder().store(store.clone()).build();
    let held = HELD[2].lock().unwrap();
    let started = Instant::now();
    session().enter(|| {
        assert_eq!(locked(1, 2).0, 1);
        node!(locked(1, 2)).tag("tag");
        assert_eq!(node!(locked(1, 2)).metadata(), None);
    });
    let is_told = |refused: Result<(), Error>| {
        let told = refused.unwrap_err().to_string();
        assert!(told.contains("stuck"), "{told}");
    };
    std::thread::scope(|scope| {
        let flush = || scope.spawn(|| store.flush());
        for flushing in [flush(), flush(), flush()] {
            is_told(flushing.join().unwrap());
        }
    });
    is_told(store.nodes().map(drop));
    is_told(store.verify().map(drop));
    is_told(store.collect_garbage(Collect::new().orphans()).map(drop));
    is_told(store.accept_all().map(drop));
    assert!(store.tagged::<Locked>("tag").is_none());
    assert!(started.elapsed() < Duration::from_secs(30));
    drop(held);
    // Nothing is lost.
    assert!((0..100).any(|_| store.flush().is_ok()));
    assert_eq!(
        (store.stats().dropped, store.nodes().unwrap().len()),
        (0, 1)
    );
    let again = session();
    assert_eq!(again.enter(|| locked(1, 2).0), 1);
    assert_eq!(again.stats().executions, 0);
    assert_eq!(store.tagged::<Locked>("tag").unwrap().0, 1);
}

/// What is encoded cannot always be decoded.
#[derive(Serialize)]
struct Small(u32);

impl<'de> Deserialize<'de> for Small {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let number = u32::deserialize(deserializer)?;
        assert!(number < 3, "too large");
        Ok(Small(number))
    }
}

#[tracked]
fn of_small(small: &Small) -> u32 {
    small.0 + 1
}

/// Asks for a node while it is decoded.
#[derive(Serialize)]
struct Asking(u32);

impl<'de> Deserialize<'de> for Asking {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        u32::deserialize(deserializer).map(|number| Asking(plain(number)))
    }
}

#[tracked]
fn of_asking(asking: &Asking) -> u32 {
    asking.0 + 1
}

#[test]
fn arguments_that_panic_when_decoded_stop_neither_calls_nor_the_writer() {
    let store = Store::in_memory();
    let session = || Context::builder().store(store.clone()).build();
    let first = session();
    first.enter(|| {
        assert_eq!(of_small(&Small(4)), 5);
        assert_eq!(of_small(&Small(1)), 2);
        assert_eq!(of_asking(&Asking(1)), 2);
        assert_eq!(
            node!(of_small(&Small(5))).id().to_string(),
            "of_small(Small(5))"
        );
    });
    assert_eq!(first.stats().executions, 3, "to print runs nothing");
    store.flush().unwrap();
    let again = session();
    again.enter(|| {
        assert_eq!(of_small(&Small(4)), 5);
        assert_eq!(of_small(&Small(1)), 2);
        assert_eq!(of_asking(&Asking(1)), 2);
    });
    assert_eq!(again.stats().executions, 0);
    again.enter(|| assert_eq!(plain(9), 9));
    store.flush().unwrap();
}

#[tracked]
fn of_small_first(small: &Small) -> u32 {
    small.0 + 1
}

#[test]
fn what_panics_when_decoded_after_others_did_not_stops_nothing_either() {
    let store = Store::in_memory();
    let context = Context::builder().store(store.clone()).build();
    context.enter(|| {
        assert_eq!(of_small_first(&Small(1)), 2);
        assert_eq!(of_small_first(&Small(4)), 5);
        node!(of_small_first(&Small(4))).tag("four");
    });
    store.flush().unwrap();
    assert_eq!(store.nodes().unwrap().len(), 2);
}

/// Looks itself up in the result of which it is a part, when it is decoded.
#[derive(Clone, Debug, PartialEq, Serialize)]
struct Listed(String);

impl<'de> Deserialize<'de> for Listed {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = String::deserialize(deserializer)?;
        let listed = match Context::current() {
            Some(_) => list().into_iter().find(|listed| listed.0 == name),
            None => None,
        };
        Ok(listed.unwrap_or(Listed(name)))
    }
}

#[tracked]
fn list() -> Vec<Listed> {
    vec![Listed("a".into()), Listed("b".into())]
}

#[test]
fn a_value_that_asks_for_itself_when_it_is_decoded_runs_again() {
    let store = Store::in_memory();
    let ask = |store: &Store| {
        let context = Context::builder().store(store.clone()).build();
        let list = context.enter(list);
        assert_eq!(list, [Listed("a".into()), Listed("b".into())]);
        store.flush().unwrap();
    };
    ask(&store);
    assert_eq!(store.nodes().unwrap().len(), 1);
    ask(&dug::__private::restarted(&store));
}
