//! Several processes on one store.

use crate::child::{command, go, number_of};
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
