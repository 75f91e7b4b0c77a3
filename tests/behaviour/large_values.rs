//! Large values lie in files of their own, are read once, and are shared.

use dug::{Context, Stats, Store, Tracked, node, tracked, tweak};
use std::path::Path;

#[tracked(fingerprint = graph)]
fn path(seed: u64) -> Tracked<Vec<f64>> {
    Tracked::new((0..100_000).map(|n| (n * seed) as f64).collect())
}

#[tracked]
fn mean(path: Tracked<Vec<f64>>) -> f64 {
    path.iter().sum::<f64>() / path.len() as f64
}

#[tracked]
fn plain(n: u64) -> Vec<f64> {
    (0..n).map(|n| n as f64).collect()
}

fn session<R>(store: &Store, f: impl FnOnce() -> R) -> (R, Stats) {
    let context = Context::builder().store(store.clone()).build();
    let answer = context.enter(f);
    (answer, context.stats())
}

fn files(folder: &Path) -> usize {
    let Ok(entries) = std::fs::read_dir(folder) else {
        return 0;
    };
    let entries = entries.map(|entry| entry.unwrap().path());
    entries
        .map(|entry| if entry.is_dir() { files(&entry) } else { 1 })
        .sum()
}

#[test]
fn large_values_go_to_files_and_are_read_once() {
    let folder = tempfile::tempdir().unwrap();
    let values = folder.path().join("values");
    let open = || {
        let builder = Store::builder().values_at(&values);
        builder.open(folder.path().join("store")).unwrap()
    };
    let store = open();
    let (answer, _) = session(&store, || mean(path(2)));
    session(&store, || plain(10));
    drop(store);
    assert_eq!(files(&values), 1);
    let store = open();
    let (again, stats) = session(&store, || {
        let (one, two) = (path(2), path(2));
        assert!(std::ptr::eq(one.as_ptr(), two.as_ptr()));
        // So do other contexts.
        let three = session(&store, || path(2)).0;
        assert!(std::ptr::eq(one.as_ptr(), three.as_ptr()));
        mean(one)
    });
    drop(store);
    assert_eq!((again, stats.executions), (answer, 0));
    // Equal contents are one file.
    session(&open(), || plain(100_000));
    session(&open(), || path(1));
    assert_eq!(files(&values), 2);
}

#[test]
fn a_damaged_file_runs_its_node_again() {
    let folder = tempfile::tempdir().unwrap();
    let values = folder.path().join("values");
    let open = || {
        let builder = Store::builder().values_at(&values);
        builder.open(folder.path().join("store")).unwrap()
    };
    let (answer, _) = session(&open(), || path(3)[5]);
    damage(&values);
    let (again, stats) = session(&open(), || path(3)[5]);
    // It runs where the handle is dereferenced, in a context of its own.
    assert_eq!((again, stats.executions), (answer, 0));
}

/// Overwrites all files in the folders of a folder.
fn damage(values: &Path) {
    for entry in std::fs::read_dir(values).unwrap() {
        for file in std::fs::read_dir(entry.unwrap().path()).unwrap() {
            std::fs::write(file.unwrap().path(), b"damaged").unwrap();
        }
    }
}

#[test]
fn a_damaged_file_runs_its_node_again_also_outside_of_every_context() {
    let folder = tempfile::tempdir().unwrap();
    let values = folder.path().join("values");
    let open = || Store::open(folder.path()).unwrap();
    let (answer, _) = session(&open(), || path(3)[5]);
    let (handle, _) = session(&open(), || path(3));
    damage(&values);
    assert_eq!(handle[5], answer);
    // It is stored again.
    let (again, stats) = session(&open(), || path(3)[5]);
    assert_eq!((again, stats.executions), (answer, 0));
}

#[tracked]
fn scale() -> f64 {
    2.0
}

#[tracked]
fn scaled(path: Tracked<Vec<f64>>) -> Tracked<Vec<f64>> {
    let scale = scale();
    Tracked::new(path.iter().map(|value| value * scale).collect())
}

#[test]
fn where_what_was_given_has_gone_too_both_run_again() {
    let folder = tempfile::tempdir().unwrap();
    let values = folder.path().join("values");
    let open = || Store::open(folder.path()).unwrap();
    let twice = || scaled(scaled(path(3)));
    let (answer, _) = session(&open(), || twice()[5]);
    // Outside of every context, and where a tweak is in force under which it would not be the same.
    let (handle, _) = session(&open(), twice);
    damage(&values);
    assert_eq!(handle[5], answer);
    session(&open(), || twice()[5]);
    damage(&values);
    let (again, _) = session(&open(), || {
        let handle = twice();
        tweak!(scale() => 3.0);
        (handle[5], twice()[5])
    });
    assert_eq!(again, (answer, answer / 4.0 * 9.0));
}

#[test]
fn asking_whether_a_large_value_is_cached_does_not_read_it() {
    let folder = tempfile::tempdir().unwrap();
    let open = || Store::open(folder.path()).unwrap();
    session(&open(), || plain(100_000));
    let store = open();
    session(&store, || {
        let node = node!(plain(100_000));
        assert!(node.is_cached() && node.dependencies().is_empty());
        assert!(store.stats().bytes_read < 10_000);
        assert_eq!(node.metadata().unwrap().loads, 0);
        assert_eq!(node.get().unwrap().len(), 100_000);
        assert!(store.stats().bytes_read > 100_000);
    });
    drop(store);
    std::fs::remove_dir_all(folder.path().join("values")).unwrap();
    session(&open(), || assert!(!node!(plain(100_000)).is_cached()));
}
