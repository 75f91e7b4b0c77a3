//! Versions of a program that share a store.

use crate::child::{command, go, number_of};
use crate::program::VERSION;
use crate::together::all_at_once;
use std::path::Path;
use std::process::Child;

fn start(path: &Path, version: u64) -> Child {
    let mut command = command("ask a version", path, 0);
    command.env(VERSION, version.to_string()).spawn().unwrap()
}

fn run(path: &Path, version: u64) -> u64 {
    let mut child = start(path, version);
    go(&mut child);
    number_of(child)
}

pub fn in_turn() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    // The rate, whether it is round, and ten prices and labels.
    assert_eq!(run(path, 1), 22);
    // The labels stand, since what they asked for gives the same.
    assert_eq!(run(path, 2), 12);
    for _ in 0..2 {
        assert_eq!(run(path, 1), 0);
        assert_eq!(run(path, 2), 0);
    }
    assert_eq!(run(path, 3), 12);
    assert_eq!(run(path, 1), 0);
}

pub fn at_once() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    let children = (0..8).map(|n| start(path, 1 + n % 2));
    all_at_once(children.collect());
    assert_eq!((run(path, 1), run(path, 2)), (0, 0));
}
