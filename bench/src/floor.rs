//! The floor: a hash map of the thread, as one would write it by hand.

use crate::bodies;
use crate::peers::Chain;
use std::cell::RefCell;
use std::collections::HashMap;
use std::hash::Hash;

pub type Map<K, V> = HashMap<K, V, foldhash::fast::RandomState>;

thread_local! {
    static NUMBERS: RefCell<Map<u64, u64>> = RefCell::default();
    static TEXTS: RefCell<Map<String, u64>> = RefCell::default();
}

fn held<Q: Hash + Eq + ?Sized, K: std::borrow::Borrow<Q> + Hash + Eq>(
    map: &RefCell<Map<K, u64>>,
    key: &Q,
) -> Option<u64> {
    map.borrow().get(key).copied()
}

pub fn of_number(key: u64, work: impl FnOnce(u64) -> u64) -> u64 {
    if let Some(value) = NUMBERS.with(|map| held(map, &key)) {
        return value;
    }
    let value = work(key);
    NUMBERS.with(|map| map.borrow_mut().insert(key, value));
    value
}

pub fn of_text(key: &str, work: impl FnOnce(&str) -> u64) -> u64 {
    if let Some(value) = TEXTS.with(|map| held(map, key)) {
        return value;
    }
    let value = work(key);
    TEXTS.with(|map| map.borrow_mut().insert(key.to_owned(), value));
    value
}

fn link(i: u64) -> u64 {
    of_number(i, |i| bodies::link(i, link))
}

/// Links in the map of numbers.
pub struct Floor;

impl Chain for Floor {
    const NAME: &'static str = "HashMap of the thread (floor)";

    fn fresh<R>(work: impl FnOnce(&Self) -> R) -> R {
        // The table goes with what it held.
        let forget = || NUMBERS.with(|map| *map.borrow_mut() = Map::default());
        forget();
        let result = work(&Floor);
        forget();
        result
    }

    fn ask(&self, i: u64) -> u64 {
        link(i)
    }
}
