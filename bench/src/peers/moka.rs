//! `moka`: a bounded concurrent cache with an eviction policy, here with room for all keys.

use crate::hit::KEYS;
use moka::sync::Cache;
use std::borrow::Borrow;
use std::hash::Hash;

pub struct Moka<K>(Cache<K, u64>);

impl<K: Hash + Eq + Send + Sync + 'static> Moka<K> {
    pub fn new() -> Self {
        Moka(Cache::new(10 * KEYS as u64))
    }

    pub fn ask<Q>(&self, key: &Q, work: impl FnOnce(&Q) -> u64) -> u64
    where
        K: Borrow<Q>,
        Q: Hash + Eq + ToOwned<Owned = K> + ?Sized,
    {
        self.0.get_with_by_ref(key, || work(key))
    }
}
