//! What a store lets go, when it is asked to and when it is full.

use dug::{Collect, Context, Stats, Store, node, tracked, tweak};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime};

#[tracked]
fn text(number: u64) -> String {
    format!("{number:0>1000}")
}

#[tracked]
fn large(number: u8) -> String {
    format!("{}{number:0>3}", "0".repeat(199_997))
}

#[tracked]
fn spot() -> u64 {
    100
}

#[tracked]
fn rate() -> u64 {
    3
}

#[tracked]
fn value() -> u64 {
    spot() * rate()
}

pub(crate) fn session<R>(store: &Store, f: impl FnOnce() -> R) -> (R, Stats) {
    let context = Context::builder().store(store.clone()).build();
    let answer = context.enter(f);
    (answer, context.stats())
}

/// A folder of its own for one test.
pub(crate) struct Folder(pub(crate) PathBuf);

impl Folder {
    pub(crate) fn new(name: &str) -> Self {
        let name = format!("dug-test-{}-garbage-{name}", std::process::id());
        let folder = Folder(std::env::temp_dir().join(name));
        let _ = std::fs::remove_dir_all(&folder.0);
        folder
    }

    /// The files in which large values lie.
    pub(crate) fn blobs(&self) -> Vec<PathBuf> {
        let below = |path: &Path| {
            let entries = std::fs::read_dir(path).into_iter().flatten().flatten();
            entries.map(|entry| entry.path()).collect::<Vec<_>>()
        };
        let folders = below(&self.0.join("values"));
        folders.iter().flat_map(|folder| below(folder)).collect()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Waits, so that what is used from now on is used later than all before; gives when that begins.
fn later(store: &Store) -> Instant {
    store.flush().unwrap();
    std::thread::sleep(Duration::from_millis(100));
    Instant::now()
}

/// An age that what was used since then has not reached.
fn since(then: Instant) -> Duration {
    then.elapsed() + Duration::from_millis(50)
}

#[test]
fn nothing_goes_without_being_asked_for() {
    let store = Store::in_memory();
    session(&store, || (text(1), large(1), value()));
    let collected = store.collect_garbage(Collect::new()).unwrap();
    assert_eq!(collected, dug::Collected::default());
    let wanted = Collect::new().orphans().stale();
    let wanted = wanted.max_size(1 << 30).max_age(Duration::from_secs(60));
    let collected = store.collect_garbage(wanted).unwrap();
    assert_eq!(collected, dug::Collected::default());
    let (_, stats) = session(&store, || (text(1), large(1), value()));
    assert_eq!(stats.executions, 0);
}

#[test]
fn what_was_used_last_stays() {
    let store = Store::in_memory();
    session(&store, || (0..100).for_each(|number| _ = text(number)));
    later(&store);
    // Loading is using.
    session(&store, || (20..30).for_each(|number| _ = text(number)));
    let collected = store
        .collect_garbage(Collect::new().max_size(40_000))
        .unwrap();
    assert!((60..90).contains(&collected.records), "{collected}");
    let (_, stats) = session(&store, || (20..30).for_each(|number| _ = text(number)));
    assert_eq!(stats.executions, 0);
    let (_, stats) = session(&store, || (0..100).for_each(|number| _ = text(number)));
    assert_eq!(stats.executions, collected.records);
}

#[test]
fn what_was_not_used_for_long_goes() {
    let store = Store::in_memory();
    session(&store, || (text(1), text(2)));
    let then = later(&store);
    session(&store, || text(2));
    let wanted = Collect::new().max_age(since(then));
    let collected = store.collect_garbage(wanted).unwrap();
    assert_eq!(collected.records, 1);
    let (_, stats) = session(&store, || (text(1), text(2)));
    assert_eq!(stats.executions, 1);
}

#[test]
fn results_stay_by_whose_traces_used_ones_are_found() {
    let store = Store::in_memory();
    let scenario = |tweaked: Option<u64>| {
        session(&store, || {
            if let Some(tweaked) = tweaked {
                tweak!(rate() => tweaked);
            }
            value()
        })
    };
    // The first result is found first; the others behind it.
    for tweaked in [None, Some(4), Some(5)] {
        scenario(tweaked);
    }
    let then = later(&store);
    assert_eq!(scenario(Some(5)).1.executions, 0);
    let wanted = Collect::new().max_age(since(then)).orphans();
    let collected = store.collect_garbage(wanted).unwrap();
    // `value` under the second tweak, and `spot`, `rate`, which nobody has looked at.
    assert!(collected.records <= 3, "{collected}");
    let (answer, stats) = scenario(Some(5));
    assert_eq!(answer, 500);
    assert!(stats.executions <= 1, "only `spot` may run: {stats:?}");
    assert_eq!(scenario(Some(4)).0, 400);
    assert_eq!(scenario(None).0, 300);
}

#[test]
fn large_values_go_with_the_last_result_that_names_them() {
    let folder = Folder::new("large");
    let store = Store::open(&folder.0).unwrap();
    session(&store, || (large(1), large(2), text(1)));
    session(&store, || node!(large(2)).tag("two"));
    assert_eq!(folder.blobs().len(), 2);
    let collected = store.collect_garbage(Collect::new().max_size(0)).unwrap();
    assert_eq!((collected.records, collected.blobs), (2, 1));
    assert!(collected.bytes > 200_000, "{collected}");
    assert_eq!(folder.blobs().len(), 1);
    let (value, stats) = session(&store, || large(2));
    assert_eq!((value.len(), stats.executions), (200_000, 0));
}

#[test]
fn values_that_nothing_names_go_when_they_are_old() {
    let folder = Folder::new("orphans");
    let store = Store::open(&folder.0).unwrap();
    session(&store, || large(1));
    store.flush().unwrap();
    // As a killed process leaves them: the values are there, and no record of them.
    let of_process = |digit: u8| {
        let bytes = vec![digit; 1000];
        let name = blake3::hash(&bytes).to_hex();
        let path = folder.0.join("values").join(&name[..2]).join(&name[2..]);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, bytes).unwrap();
        path
    };
    let (young, old) = (of_process(1), of_process(2));
    let file = std::fs::File::options().write(true).open(&old).unwrap();
    let long_ago = SystemTime::now() - Duration::from_secs(2 * 60 * 60);
    file.set_modified(long_ago).unwrap();
    let collected = store.collect_garbage(Collect::new()).unwrap();
    assert_eq!(collected.blobs, 0);
    let collected = store.collect_garbage(Collect::new().orphans()).unwrap();
    assert_eq!((collected.records, collected.blobs), (0, 1));
    assert!(young.exists() && !old.exists());
    assert_eq!(session(&store, || large(1)).1.executions, 0);
}

#[test]
fn what_nothing_names_goes_and_comes_back() {
    let folder = Folder::new("named");
    let (store, other) = (
        Store::open(&folder.0).unwrap(),
        Store::open(&folder.0).unwrap(),
    );
    session(&store, || value());
    store.flush().unwrap();
    let wanted = Collect::new().max_size(0).orphans();
    let collected = store.collect_garbage(wanted.clone()).unwrap();
    // Three functions with their codes, the heads and sets of functions of `spot`, `rate` and `value`;
    // and the parts of the codes, of which nothing is left.
    assert_eq!(collected.records, 3);
    assert!(collected.others >= 12, "{collected}");
    assert!(
        dug::__private::rows(&store)
            .iter()
            .all(|row| row.space == 5)
    );
    // A process that has not removed them writes them again, though it had written them before.
    session(&other, || value());
    other.flush().unwrap();
    store.collect_garbage(wanted).unwrap();
    session(&other, || {
        tweak!(text(0) => String::new());
        value()
    });
    other.flush().unwrap();
    let third = Store::open(&folder.0).unwrap();
    assert_eq!(third.nodes().unwrap().len(), 3);
    let (answer, stats) = session(&third, || value());
    assert_eq!((answer, stats.executions, stats.restored), (300, 0, 1));
}

#[test]
fn a_context_goes_on_when_its_results_have_gone() {
    let store = Store::in_memory();
    session(&store, || value());
    let (answer, stats) = session(&store, || {
        // Found, but not loaded.
        assert!(node!(value()).is_cached());
        store
            .collect_garbage(Collect::new().max_size(0).orphans())
            .unwrap();
        value()
    });
    assert_eq!((answer, stats.executions), (300, 3));
}

fn size_of(path: &Path) -> u64 {
    let Ok(entries) = std::fs::read_dir(path) else {
        return path.metadata().map_or(0, |metadata| metadata.len());
    };
    entries.map(|entry| size_of(&entry.unwrap().path())).sum()
}

#[test]
fn a_store_stays_within_its_size() {
    const MAX: u64 = 2 << 20;
    let folder = Folder::new("size");
    let open = || {
        let builder = Store::builder().max_size(MAX);
        builder.open(&folder.0).unwrap()
    };
    let store = open();
    session(&store, || {
        text(u64::MAX);
        node!(text(u64::MAX)).tag("first");
    });
    for round in 0..20 {
        session(&store, || {
            for number in 0..500 {
                text(round * 500 + number);
            }
        });
        store.flush().unwrap();
    }
    drop(store);
    let store = open();
    let kept = store.nodes().unwrap().len();
    assert!((400..2_000).contains(&kept), "{kept} kept");
    // The tagged one is there, and the last.
    let (_, stats) = session(&store, || (text(u64::MAX), text(20 * 500 - 1)));
    assert_eq!(stats.executions, 0);
    let collected = store.collect_garbage(Collect::new().max_size(MAX)).unwrap();
    // A batch and a sixteenth may be above.
    assert!(collected.records < 300, "{collected}");
}

#[test]
fn large_values_stay_within_the_size() {
    const MAX: u64 = 4 << 20;
    let folder = Folder::new("large-size");
    let store = Store::builder().max_size(MAX).open(&folder.0).unwrap();
    for number in 0..200 {
        session(&store, || large(number));
        store.flush().unwrap();
        let size = size_of(&folder.0.join("values"));
        assert!(size <= MAX + MAX / 16 + 200_100, "{size}");
    }
    assert!(folder.blobs().len() >= 17, "{}", folder.blobs().len());
}

#[test]
fn a_value_larger_than_the_store_takes_nothing_s_place() {
    let folder = Folder::new("too-large");
    let store = Store::builder().max_size(150_000).open(&folder.0).unwrap();
    let ask = || (text(1), large(1));
    assert_eq!(session(&store, ask).1.executions, 2);
    store.flush().unwrap();
    assert!(folder.blobs().is_empty());
    // The small one was kept.
    assert_eq!(session(&store, ask).1.executions, 1);
}

#[test]
fn what_another_opening_collects_meanwhile_is_not_taken_for_damaged() {
    let folder = Folder::new("collected-meanwhile");
    let open = || dug::__private::open_apart(&folder.0).unwrap();
    for round in 0..60 {
        let (one, other) = (open(), open());
        session(&one, || (0..200).for_each(|n| _ = text(n)));
        one.flush().unwrap();
        std::thread::scope(|scope| {
            scope.spawn(|| {
                std::thread::sleep(Duration::from_micros(50 * (round % 20)));
                let all = Collect::new().max_size(0).orphans();
                other.collect_garbage(all).unwrap();
            });
            one.nodes().unwrap();
        });
        one.flush().unwrap();
        // It sees what is stored from now on.
        session(&open(), || text(7));
        let stored = one.nodes().unwrap();
        assert!(stored.iter().any(|node| node.to_string() == "text(7)"));
        assert!(one.verify().unwrap().is_sound());
    }
}

#[tracked]
fn length(path: &str) -> usize {
    dug::input::text(path).unwrap().len()
}

/// What is right by what its run asked is known to be right before it is called, also where the first result was removed.
#[test]
fn what_a_text_says_is_known_without_a_run() {
    let folder = Folder::new("texts");
    std::fs::create_dir_all(&folder.0).unwrap();
    let (store, path) = (Store::in_memory(), folder.0.join("text"));
    let path = path.to_str().unwrap();
    let texts = ["5", "a22", "b333", "d44444"];
    for text in texts {
        std::fs::write(path, text).unwrap();
        session(&store, || {
            length(path);
            node!(length(path)).tag("length");
        });
    }
    store.flush().unwrap();
    store.collect_garbage(Collect::new().max_size(0)).unwrap();
    for text in texts {
        std::fs::write(path, text).unwrap();
        let (known, stats) = session(&store, || {
            let node = node!(length(path));
            (node.is_cached(), node.is_stale(), length(path))
        });
        assert_eq!((known, stats.executions), ((true, false, text.len()), 0));
    }
}
