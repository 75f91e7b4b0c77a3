//! Several processes on one store.

use crate::child::{TAGGED, command, go, number_of};
use dug::Store;
use std::process::Child;

/// The executions of each child.
pub fn all_at_once(mut children: Vec<Child>) -> Vec<u64> {
    children.iter_mut().for_each(go);
    children.into_iter().map(number_of).collect()
}

pub fn on_a_new_store() {
    for _ in 0..3 {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("not/made/yet");
        let start = || command("ask", &path, 8).spawn().unwrap();
        let ran = all_at_once((0..8).map(|_| start()).collect());
        assert!(ran.iter().sum::<u64>() > 0);
        assert_eq!(all_at_once(vec![start()]), [0]);
    }
}

/// What one process is about to rest on, another one may have found to be needed by nobody.
pub fn while_all_collect() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    let start = |n: u64| {
        let child = command("tag and collect", path, n * TAGGED).spawn();
        child.unwrap()
    };
    all_at_once((0..3).map(start).collect());
    let store = Store::open(path).unwrap();
    let verified = store.verify().unwrap();
    assert!(verified.damaged.is_empty(), "{verified:?}");
}
