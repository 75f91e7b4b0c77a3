//! Processes that end by themselves without a flush: what they computed is there.

use crate::child::{ENDS, ROUNDS, command, written};
use crate::program::ask;
use dug::Store;
use std::time::{Duration, Instant};

pub fn in_all_ways() {
    let folder = tempfile::tempdir().unwrap();
    for (n, end) in (0..).zip(ENDS) {
        let path = folder.path().join(n.to_string());
        let first = n * ROUNDS;
        let ended = command(end, &path, first).output().unwrap();
        let stderr = String::from_utf8_lossy(&ended.stderr);
        assert_eq!(ended.status.success(), end != "panic", "{end}: {stderr}");

        let store = Store::open(&path).unwrap();
        for round in first..first + ROUNDS {
            let ran = ask(&store, round).executions;
            assert_eq!(ran, 0, "{end}: round {round}: {stderr}");
        }
    }
}

pub fn without_a_store() {
    let folder = tempfile::tempdir().unwrap();
    let started = Instant::now();
    let path = folder.path().join("store");
    let ended = command("removed", &path, 0).output().unwrap();
    written(&ended);
    assert!(started.elapsed() < Duration::from_secs(10));
}
