//! `cached`: a map behind a lock (`#[cached]`), and a sharded one (`#[concurrent_cached]`), both of
//! the process. Values only. A `&str` is copied into the key at every call.

use super::Chain;
use crate::bodies;
use cached::macros::{cached, concurrent_cached};
use cached::{Cached, ConcurrentCached};

#[cached]
pub fn number(key: u64) -> u64 {
    bodies::of_number(key)
}

#[cached(key = "String", convert = { key.to_owned() })]
pub fn text(key: &str) -> u64 {
    bodies::of_text(key)
}

#[concurrent_cached]
pub fn sharded_number(key: u64) -> u64 {
    bodies::of_number(key)
}

#[concurrent_cached(key = "String", convert = { key.to_owned() })]
pub fn sharded_text(key: &str) -> u64 {
    bodies::of_text(key)
}

#[cached]
fn link(i: u64) -> u64 {
    bodies::link(i, link)
}

#[concurrent_cached]
fn sharded_link(i: u64) -> u64 {
    bodies::link(i, sharded_link)
}

pub struct Locked;

impl Chain for Locked {
    const NAME: &'static str = "cached, `#[cached]`";

    fn fresh<R>(work: impl FnOnce(&Self) -> R) -> R {
        LINK.write().cache_reset();
        let result = work(&Locked);
        LINK.write().cache_reset();
        result
    }

    fn ask(&self, i: u64) -> u64 {
        link(i)
    }
}

pub struct Sharded;

impl Chain for Sharded {
    const NAME: &'static str = "cached, `#[concurrent_cached]` (keeps its tables)";

    fn fresh<R>(work: impl FnOnce(&Self) -> R) -> R {
        let reset = || SHARDED_LINK.cache_reset().expect("it cannot fail");
        reset();
        let result = work(&Sharded);
        reset();
        result
    }

    fn ask(&self, i: u64) -> u64 {
        sharded_link(i)
    }
}
