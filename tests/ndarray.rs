//! Arrays of ndarray are arguments and results like others, and lie in files where they are large.
#![cfg(feature = "ndarray")]

use dug::{Context, Stats, Store, Tracked, tracked};
use ndarray::Array2;

#[tracked]
fn table(rows: usize) -> Tracked<Array2<f64>> {
    Tracked::new(Array2::from_shape_fn((rows, 100), |(row, column)| {
        (row * column) as f64
    }))
}

#[tracked]
fn total(table: Tracked<Array2<f64>>) -> f64 {
    table.sum()
}

#[tracked]
fn doubled(table: Array2<f64>) -> Array2<f64> {
    table * 2.0
}

fn session<R>(store: &Store, f: impl FnOnce() -> R) -> (R, Stats) {
    let context = Context::builder().store(store.clone()).build();
    let answer = context.enter(f);
    (answer, context.stats())
}

#[test]
fn arrays_are_values_like_others() {
    let folder = tempfile::tempdir().unwrap();
    let open = || Store::open(folder.path()).unwrap();
    let (first, _) = session(&open(), || total(table(1000)));
    let folders = std::fs::read_dir(folder.path().join("values")).unwrap();
    let files = folders.flat_map(|folder| std::fs::read_dir(folder.unwrap().path()).unwrap());
    assert_eq!(files.count(), 1);
    let store = open();
    let (second, stats) = session(&store, || (total(table(1000)), table(1000)[[3, 4]]));
    assert_eq!((second, stats.executions), ((first, 12.0), 0));
}

#[test]
fn arrays_are_arguments_like_others() {
    let folder = tempfile::tempdir().unwrap();
    let open = || Store::open(folder.path()).unwrap();
    let small = || Array2::from_shape_fn((2, 3), |(row, column)| (row + column) as f64);
    let (first, stats) = session(&open(), || doubled(small()));
    assert_eq!((first[[1, 2]], stats.executions), (6.0, 1));
    let (second, stats) = session(&open(), || (doubled(small()), doubled(small() + 1.0)));
    assert_eq!((second.0, stats.executions), (first, 1));
}
