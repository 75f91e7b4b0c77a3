//! `quick_cache`: a bounded concurrent cache, here with room for all keys.

use crate::hit::KEYS;
use quick_cache::Equivalent;
use quick_cache::sync::Cache;
use std::convert::Infallible;
use std::hash::Hash;

pub struct Quick<K>(Cache<K, u64>);

impl<K: Hash + Eq> Quick<K> {
    pub fn new() -> Self {
        Quick(Cache::new(10 * KEYS))
    }

    pub fn ask<Q>(&self, key: &Q, work: impl FnOnce(&Q) -> u64) -> u64
    where
        Q: Hash + Equivalent<K> + ToOwned<Owned = K> + ?Sized,
    {
        let value = self
            .0
            .get_or_insert_with(key, || Ok::<u64, Infallible>(work(key)));
        match value {
            Ok(value) => value,
        }
    }
}
