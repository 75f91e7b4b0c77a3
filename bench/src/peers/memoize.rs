//! `memoize`: a map of the thread, or, with `SharedCache`, one of the process behind a mutex. Values
//! only, and no references as arguments: who asks with a `&str` copies it.

use super::Chain;
use crate::bodies;
use memoize::memoize;

#[memoize]
pub fn number(key: u64) -> u64 {
    bodies::of_number(key)
}

#[memoize(SharedCache)]
pub fn shared_number(key: u64) -> u64 {
    bodies::of_number(key)
}

#[memoize]
pub fn text(key: String) -> u64 {
    bodies::of_text(&key)
}

#[memoize]
fn link(i: u64) -> u64 {
    bodies::link(i, link)
}

pub struct OfThread;

impl Chain for OfThread {
    const NAME: &'static str = "memoize (keeps its table)";

    fn fresh<R>(work: impl FnOnce(&Self) -> R) -> R {
        memoized_flush_link();
        let result = work(&OfThread);
        memoized_flush_link();
        result
    }

    fn ask(&self, i: u64) -> u64 {
        link(i)
    }
}
